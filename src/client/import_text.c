/* SPDX-License-Identifier: ISC
 *
 * import_text: pieces of foreign files: lines, words, numbers, paths.  Knows
 * no format.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/num.h"
#include "client/import.h"
#include "sys/slurp.h"

char *
import_dup(const char *p, size_t n)
{
	char *copy = malloc(n + 1);

	if (!copy)
		abort();
	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}

/* up to a NUL, if there is one: it could not be written anyway */
char *
import_text(struct pop_span s)
{
	return import_dup((const char *)s.p,
	    s.n > 0 ? strnlen((const char *)s.p, s.n) : 0);
}

char *
import_printf(const char *fmt, ...)
{
	char *out = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&out, fmt, ap) < 0)
		abort();
	va_end(ap);
	return out;
}

bool
import_line(struct pop_span *rest, struct pop_span *line_r)
{
	const unsigned char *end;
	size_t n;

	if (rest->n == 0)
		return false;
	end = memchr(rest->p, '\n', rest->n);
	n = end ? (size_t)(end - rest->p) : rest->n;
	*line_r = span_of(rest->p, n > 0 && rest->p[n - 1] == '\r' ? n - 1 :
	    n);
	span_skip(rest, end ? n + 1 : n);
	return true;
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct pop_span
import_trim(struct pop_span s)
{
	while (s.n > 0 && is_blank(s.p[0]))
		span_skip(&s, 1);
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
import_split_last(struct pop_span s, char c, struct pop_span *head_r,
    struct pop_span *tail_r)
{
	const unsigned char *at = s.n > 0 ? memrchr(s.p, c, s.n) : NULL;
	size_t n;

	if (!at)
		return false;
	n = (size_t)(at - s.p);
	*head_r = span_of(s.p, n);
	*tail_r = span_of(at + 1, s.n - n - 1);
	return true;
}

bool
import_is(struct pop_span s, const char *word)
{
	return span_eq_nocase(s, span_str(word));
}

int
import_number(struct pop_span s, int64_t *v_r)
{
	uint64_t v;

	if (num_parse_u64(s, INT64_MAX, &v) != 0)
		return -1;
	*v_r = (int64_t)v;
	return 0;
}

/* ---- files --------------------------------------------------------------- */

int
import_read(struct import *im, const char *path, struct buf *out)
{
	if (slurp(path, out) == 0) {
		im->found = true;
		return 1;
	}
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	import_remark(im, "%s cannot be read: %s", path, strerror(errno));
	return -1;
}

void
import_read_uidls(struct import *im, struct import_account *a,
    const char *path, void (*parse)(struct import_account *a,
    struct pop_span text))
{
	struct buf text;
	int r;

	buf_init(&text, IMPORT_FILE_MAX);
	r = import_read(im, path, &text);
	if (r == 1) {
		parse(a, buf_span(&text));
		a->uidl_source = import_dup(path, strlen(path));
	} else if (r == 0) {
		a->missing = import_dup(path, strlen(path));
	}
	buf_release(&text);
}

bool
import_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *
import_path(const struct import *im, const char *dir, const char *name)
{
	const char *home = im->home ? im->home : "";

	if (name[0] == '/')
		return import_printf("%s", name);
	if (strncmp(name, "~/", 2) == 0)
		return import_printf("%s/%s", home, name + 2);
	if (strncmp(dir, "~/", 2) == 0)
		return import_printf("%s/%s/%s", home, dir + 2, name);
	return import_printf("%s/%s", dir, name);
}
