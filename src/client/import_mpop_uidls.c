/* SPDX-License-Identifier: ISC
 *
 * import_mpop_uidls: mpop's files of UIDLs, with times (1.4.23) and without,
 * and where they and mpoprc are.
 */
#include <stdlib.h>
#include <string.h>

#include "client/import.h"

/* ---- files of UIDLs ------------------------------------------------------ */

/* " N HOST USER": the lists are of several accounts */
static bool
is_list(struct pop_span line, const struct import_account *a)
{
	const char *server = import_get(a, "server");
	const char *user = import_get(a, "user");
	char *wanted = import_printf(" %s %s", server ? server : "",
	    user ? user : "");
	size_t n = 1;
	bool is;

	while (n < line.n && line.p[n] >= '0' && line.p[n] <= '9')
		n++;
	is = n > 1 && span_eq(span_of(line.p + n, line.n - n),
	    span_str(wanted));
	free(wanted);
	return is;
}

void
import_mpop_uidls(struct import_account *a, struct pop_span text)
{
	struct pop_span line, uidl, when;
	bool ours = false;

	while (import_line(&text, &line)) {
		int64_t first_seen = 0;

		if (line.n > 0 && line.p[0] == ' ') {
			ours = is_list(line, a);
			continue;
		}
		if (!ours || line.n == 0)
			continue;	/* comments stand before the first */
		/* with a time behind its last blank, or without */
		if (!import_split_last(line, ' ', &uidl, &when) ||
		    import_number(when, &first_seen) != 0)
			uidl = line;
		import_uidl(a, uidl, first_seen);
	}
}

/* %U and %H stand for the user and the host */
static char *
uidls_name(const struct import_account *a)
{
	const char *p = a->file ? a->file : "~/.mpop_uidls/%U_at_%H";
	const char *server = import_get(a, "server");
	const char *user = import_get(a, "user");
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		abort();
	for (; *p; p++) {
		if (p[0] == '%' && p[1] == 'U')
			(void)fputs(user ? user : "", f);
		else if (p[0] == '%' && p[1] == 'H')
			(void)fputs(server ? server : "", f);
		else {
			(void)fputc(*p, f);
			continue;
		}
		p++;
	}
	if (fclose(f) != 0)
		abort();
	return text;
}

static void
read_uidls(struct import *im, struct import_account *a)
{
	char *name = uidls_name(a), *path = import_path(im, ".", name);

	import_read_uidls(im, a, path, import_mpop_uidls);
	free(path);
	free(name);
}

void
import_mpop(struct import *im, const char *path)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	size_t first = im->naccounts;
	char *rc = path ? import_printf("%s", path) :
	    import_path(im, "~", "~/.mpoprc");
	struct buf text;
	int r;

	buf_init(&text, IMPORT_TEXT_MAX);
	r = import_read(im, rc, &text);
	if (r == 0 && !path) {
		free(rc);
		rc = import_path(im, xdg && xdg[0] == '/' ? xdg : "~/.config",
		    "mpop/config");
		r = import_read(im, rc, &text);
	}
	if (r == 1)
		import_mpop_rc(im, rc, buf_span(&text));
	buf_wipe(&text);
	free(rc);
	for (size_t i = first; i < im->naccounts; i++)
		read_uidls(im, im->accounts[i]);
}
