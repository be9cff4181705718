/* SPDX-License-Identifier: ISC
 *
 * import: `restante import`: what another program knows becomes accounts of
 * restante.conf, and what it has fetched becomes state.
 *
 * The state is written first: an account that is there without it would fetch
 * everything again.  Accounts that our configuration has already (the same
 * server and user) stay as they are and only learn UIDLs, so an import may be
 * done again at any time.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "client/client.h"
#include "client/import.h"
#include "client/near.h"
#include "client/setup.h"

static const struct format {
	const char *name;
	void (*read)(struct import *im, const char *path);
	const char *usual;
} formats[] = {
	{ "getmail", import_getmail, "~/.config/getmail or ~/.getmail" },
	{ "fetchmail", import_fetchmail, "~/.fetchmailrc" },
	{ "mpop", import_mpop, "~/.mpoprc or ~/.config/mpop/config" },
	{ "thunderbird", import_thunderbird, "~/.thunderbird" },
};
enum { FORMATS = sizeof(formats) / sizeof(formats[0]) };

struct work {
	const struct client_args *args;
	const char *path;		/* of our configuration */
	struct client_conf *conf;	/* never NULL while it works */
	struct import im;
	int64_t now;
};

/* ---- saying -------------------------------------------------------------- */

__attribute__((format(printf, 3, 4)))
static int
fail(const struct work *w, int status, const char *fmt, ...)
{
	char text[2000], shown[4000];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		text[0] = '\0';
	if (w->args->mode == REPORT_JSON)
		report_json_error(stdout, status, text);
	escape_text(span_str(text), shown, sizeof(shown), sizeof(text));
	(void)fprintf(stderr, "restante: %s\n", shown);
	return status;
}

/* ---- our configuration --------------------------------------------------- */

/* The file as it is, or an empty one. 0 or an exit status. */
static int
read_ours(struct work *w)
{
	char *mistakes = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&mistakes, &n);
	int r;

	if (!f)
		return fail(w, EX_OSERR, "%s", strerror(errno));
	if (access(w->path, F_OK) != 0 && errno == ENOENT)
		r = client_conf_read_text(w->path, "", 0, f, &w->conf);
	else
		r = client_conf_read(w->path, f, &w->conf);
	(void)fclose(f);
	if (r != 0) {
		(void)fputs(n > 0 ? mistakes : "", stderr);
		r = fail(w, EX_CONFIG, "%s has mistakes: nothing is taken "
		    "over before they are mended", w->path);
	}
	free(mistakes);
	return r;
}

static const struct account_conf *
same_account(const struct work *w, const struct import_account *a)
{
	const char *server = import_get(a, "server");
	const char *user = import_get(a, "user");

	for (size_t i = 0; server && user && i < w->conf->naccounts; i++) {
		const struct account_conf *c = &w->conf->accounts[i];

		if (import_is(span_str(c->server), server) &&
		    strcmp(c->user, user) == 0)
			return c;
	}
	return NULL;
}

static bool
is_taken(const struct work *w, size_t i, const char *name)
{
	if (client_conf_account(w->conf, name))
		return true;
	for (size_t k = 0; k < i; k++)
		if (strcmp(w->im.accounts[k]->name, name) == 0)
			return true;
	return false;
}

static void
find_name(struct work *w, size_t i)
{
	struct import_account *a = w->im.accounts[i];
	const struct account_conf *ours = same_account(w, a);
	char *base = a->name ? a->name : import_printf("account");

	a->exists = ours != NULL;
	a->name = ours ? import_printf("%s", ours->name) :
	    import_printf("%s", base);
	for (unsigned k = 2; !ours && is_taken(w, i, a->name); k++) {
		free(a->name);
		a->name = import_printf("%s-%u", base, k);
	}
	free(base);
}

/* Would the section be good? */
static void
check_section(struct import_account *a)
{
	struct client_conf *conf = NULL;
	char *text = NULL, *mistakes = NULL;
	size_t n = 0, m = 0;
	FILE *f = open_memstream(&text, &n);
	FILE *errors = open_memstream(&mistakes, &m);

	if (!f || !errors)
		abort();
	import_section(a, f);
	if (fflush(f) != 0)
		abort();
	if (client_conf_read_text(a->source, text, n, errors, &conf) != 0) {
		if (fflush(errors) != 0)
			abort();
		mistakes[strcspn(mistakes, "\n")] = '\0';
		import_note(a, "it cannot be written: %s", mistakes);
		a->broken = true;
	}
	client_conf_free(conf);
	(void)fclose(errors);
	(void)fclose(f);
	buf_wipe_octets(text, n);
	free(text);
	free(mistakes);
}

/* ---- writing ------------------------------------------------------------- */

static int
put_states(struct work *w)
{
	for (size_t i = 0; i < w->im.naccounts; i++) {
		struct import_account *a = w->im.accounts[i];
		char error[1200] = "";
		bool busy;

		if (a->broken)
			continue;
		import_settle(a);
		if (import_state(a, w->conf->state_dir, w->args->dry_run,
		    w->now, &a->known, &busy, error, sizeof(error)) != 0)
			return fail(w, busy ? EX_TEMPFAIL : EX_IOERR,
			    "%s: %s. Nothing was written into %s; run the "
			    "import again afterwards", a->name, error,
			    w->path);
	}
	return 0;
}

/* The new sections; *n_r of them. */
static char *
sections(const struct work *w, size_t *len_r, size_t *n_r)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len_r);

	if (!f)
		abort();
	*n_r = 0;
	for (size_t i = 0; i < w->im.naccounts; i++) {
		struct import_account *a = w->im.accounts[i];

		if (a->broken || a->exists)
			continue;
		if ((*n_r)++ > 0)
			(void)fputc('\n', f);
		import_section(a, f);
	}
	if (fclose(f) != 0)
		abort();
	return text;
}

/* Would the whole file be good? [defaults] may not go with an account. */
static int
check_whole(const struct work *w, struct pop_span old, const char *text,
    size_t len)
{
	struct client_conf *conf = NULL;
	char *whole = NULL, *mistakes = NULL;
	size_t n = 0, m = 0;
	FILE *f = open_memstream(&whole, &n);
	FILE *errors = open_memstream(&mistakes, &m);
	int r;

	if (!f || !errors)
		abort();
	if (old.n > 0)
		(void)fwrite(old.p, 1, old.n, f);
	(void)fputc('\n', f);
	(void)fwrite(text, 1, len, f);
	if (fflush(f) != 0)
		abort();
	r = client_conf_read_text(w->path, whole, n, errors, &conf);
	client_conf_free(conf);
	if (fclose(errors) != 0 || fclose(f) != 0)
		abort();
	if (r != 0) {
		(void)fputs(mistakes, stderr);
		r = fail(w, EX_CONFIG, "with the new accounts %s would not be "
		    "right: nothing was written there", w->path);
	}
	buf_wipe_octets(whole, n);
	free(whole);
	free(mistakes);
	return r;
}

static int
append(const struct work *w, struct pop_span old, const char *text,
    size_t len)
{
	if (setup_file_append(w->path, old, text, len) == 0)
		return 0;
	if (errno == ESTALE)
		return fail(w, EX_TEMPFAIL, "%s was changed meanwhile: nothing "
		    "was written there; run the import again", w->path);
	return fail(w, EX_CANTCREAT, "%s: %s; the import can be run again",
	    w->path, strerror(errno));
}

static int
put_sections(const struct work *w, const char *text, size_t len)
{
	struct buf old;
	int r;

	buf_init(&old, IMPORT_TEXT_MAX);
	if (setup_file_read(w->path, &old) != 0)
		r = fail(w, EX_NOINPUT, "%s: %s", w->path, strerror(errno));
	else
		r = check_whole(w, buf_span(&old), text, len);
	if (r == 0)
		r = append(w, buf_span(&old), text, len);
	buf_wipe(&old);
	return r;
}

static int
put_all(struct work *w)
{
	size_t len = 0, n = 0;
	char *text = sections(w, &len, &n);
	int r = n > 0 && !w->args->dry_run ? put_sections(w, text, len) : 0;

	buf_wipe_octets(text, len);
	free(text);
	if (r != 0)
		return r;
	if (w->args->dry_run)
		import_say(w->args, "Nothing was written (--dry-run).");
	else if (n > 0)
		import_say(w->args, "%zu new account%s in %s. See what they "
		    "would do: restante fetch --dry-run", n,
		    n == 1 ? " is" : "s are", w->path);
	else
		import_say(w->args, "There was no new account for %s.",
		    w->path);
	return 0;
}

/* ---- the whole ----------------------------------------------------------- */

static int
take_over(struct work *w, const struct format *format)
{
	const char *path = w->args->nnames > 0 ? w->args->names[0] : NULL;
	int r;

	format->read(&w->im, path);
	if (!w->im.found || w->im.naccounts == 0) {
		import_tell_remarks(w->args, &w->im);
		return fail(w, EX_NOINPUT, "there is no POP3 account of %s in "
		    "%s%s", format->name, path ? path : format->usual,
		    path ? "" : ": give the PATH of its configuration");
	}
	r = read_ours(w);
	if (r != 0)
		return r;
	for (size_t i = 0; i < w->im.naccounts; i++) {
		find_name(w, i);
		if (!w->im.accounts[i]->exists)
			check_section(w->im.accounts[i]);
	}
	r = put_states(w);
	if (r != 0)
		return r;
	for (size_t i = 0; i < w->im.naccounts; i++)
		import_tell(w->args, w->im.accounts[i]);
	import_tell_remarks(w->args, &w->im);
	return put_all(w);
}

static int
no_format(const struct work *w)
{
	struct near near = { w->args->from ? w->args->from : "", NULL, 0 };

	for (size_t i = 0; i < FORMATS; i++)
		near_try(&near, formats[i].name);
	if (!w->args->from)
		return fail(w, EX_USAGE, "import --from FORMAT: getmail, "
		    "fetchmail, mpop or thunderbird");
	return fail(w, EX_USAGE, "import --from %s: getmail, fetchmail, mpop "
	    "or thunderbird%s%s%s", w->args->from, near.best ?
	    "; did you mean `" : "", near.best ? near.best : "",
	    near.best ? "'?" : "");
}

int
client_import(const struct client_args *args, const struct client_conf *conf)
{
	const char *home = getenv("HOME");
	struct work w = { .args = args, .now = (int64_t)time(NULL),
		.path = args->output ? args->output : args->config };
	char *here = NULL;
	int r = -1;

	(void)conf;		/* read here: it may not be there yet */
	if (!strchr(w.path, '/'))
		w.path = here = import_printf("./%s", w.path);
	import_init(&w.im, home && home[0] == '/' ? home : "/");
	for (size_t i = 0; args->from && i < FORMATS; i++)
		if (strcmp(args->from, formats[i].name) == 0)
			r = take_over(&w, &formats[i]);
	if (r < 0)
		r = no_format(&w);
	client_conf_free(w.conf);
	import_done(&w.im);
	free(here);
	return r;
}
