/* SPDX-License-Identifier: ISC
 *
 * import_fetchmail: ~/.fetchmailrc, the part of its grammar that is about
 * POP3, and ~/.fetchids.
 */
#include <stdlib.h>
#include <string.h>

#include "client/import_fetchmail.h"

/* ---- one account after another ------------------------------------------- */

static struct import_account *
blank_account(const char *source)
{
	struct import one;
	struct import_account *a;

	import_init(&one, NULL);
	a = import_add(&one, source);
	free(one.accounts);
	return a;
}

static void
free_blank(struct import_account *a)
{
	struct import one;
	struct import_account **list = malloc(sizeof(*list));

	if (!list)
		abort();
	import_init(&one, NULL);
	list[0] = a;
	one.accounts = list;
	one.naccounts = a ? 1 : 0;
	import_done(&one);
}

static void
set_transport(struct import_account *a)
{
	const char *server = import_get(a, "server");
	const char *ssl = import_get(a, "=ssl");
	const char *proto = import_get(a, "=sslproto");

	if (ssl)
		import_set(a, "tls", "implicit");
	else if (proto && !*proto)
		import_plain(a, server ? server : "", "fetchmail");
	else
		import_set(a, "tls", "start");
	if (import_has(a, "=nocertck"))
		import_note(a, "fetchmail did not insist on the certificate "
		    "of the server; now it must be right");
}

/* Where fetchmail hands mail to: a program, or the mail server here. */
static void
set_destination(struct import_account *a)
{
	const char *mda = import_get(a, "=mda");
	const char *smtp = import_get(a, "=smtp");
	const char *slash = smtp ? strchr(smtp, '/') : NULL;
	bool lmtp = import_has(a, "=lmtp");
	const char *here = import_get(a, "=here");

	if (mda && (strstr(mda, "%T") || strstr(mda, "%F"))) {
		import_stop(a, "its mda is \"%s\": write that as destination "
		    "= pipe:..., with the addresses in place of %%T and %%F",
		    mda);
	} else if (mda) {
		import_pipe_shell(a, mda);
	} else if (smtp && smtp[0] == '/') {
		import_setf(a, "destination", "lmtp:unix:%s", smtp);
	} else {
		import_setf(a, "destination", "%s:%.*s:%s",
		    lmtp ? "lmtp" : "smtp",
		    slash ? (int)(slash - smtp) : 255,
		    smtp ? smtp : "localhost", slash ? slash + 1 :
		    lmtp ? "24" : "25");
	}
	if (!import_has(a, "destination"))
		import_setf(a, "destination", "maildir:~/Mail/%s", a->name);
	if (strncmp(import_get(a, "destination"), "lmtp:", 5) != 0 &&
	    strncmp(import_get(a, "destination"), "smtp:", 5) != 0)
		return;
	if (!here)
		here = getenv("USER");
	import_setf(a, "recipient", "%s%s", here ? here : "postmaster",
	    here && strchr(here, '@') ? "" : "@localhost");
}

/* what was only noted for here */
static void
drop_marks(struct import_account *a)
{
	static const char *const marks[] = { "=ssl", "=sslproto",
		"=nocertck", "=mda", "=smtp", "=lmtp", "=here", "=pop" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		import_set(a, marks[i], NULL);
}

static void
finish_user(struct fetchmail *r)
{
	struct import_account *a = r->user;
	int64_t wait = r->daemon * (r->interval ? r->interval : 1);

	if (!a || a == r->server || a == r->defaults)
		return;
	r->user = NULL;
	import_inherit(a, r->server);
	if (r->defaults)
		import_inherit(a, r->defaults);
	if (!import_has(a, "server"))
		import_set(a, "server", a->label);
	if (!import_has(a, "keep"))
		import_set(a, "keep", "no");
	if (!import_has(a, "received"))
		import_set(a, "received", r->invisible ? "no" : "yes");
	if (!import_has(a, "password") && !import_has(a, "auth"))
		import_note(a, "there is no password in it: ~/.netrc is "
		    "searched, and then a terminal is asked");
	set_transport(a);
	set_destination(a);
	drop_marks(a);
	if (wait > 0 && wait <= 30 * 86400)
		import_setf(a, "interval", "%llds", (long long)wait);
	if (r->skipped)
		import_stop(a, "fetchmail passed it over (skip)");
}

static void
end_poll(struct fetchmail *r)
{
	finish_user(r);
	if (r->server && !r->any_user)
		import_remark(r->im, "%s: poll %s names no user: left out",
		    r->path, r->server->label);
	free_blank(r->server);
	r->server = r->user = NULL;
	r->any_user = false;
}

static void
begin_poll(struct fetchmail *r, bool skipped)
{
	end_poll(r);
	r->skipped = skipped;
	r->is_pop = false;
	r->silent = false;
	r->interval = 0;
	if (!fetchmail_next(r))
		return;
	r->server = r->user = blank_account(r->path);
	r->server->label = import_dup(r->word, strlen(r->word));
}

static void
begin_user(struct fetchmail *r)
{
	struct import_account *a;

	finish_user(r);
	if (!fetchmail_next(r) || !r->server)
		return;
	r->any_user = true;
	if (!r->is_pop && !(r->defaults &&
	    import_has(r->defaults, "=pop"))) {
		if (!r->silent)
			import_remark(r->im, "%s: poll %s is not said to be "
			    "POP3: left out", r->path, r->server->label);
		r->silent = true;
		r->user = r->server;
		return;
	}
	a = import_add(r->im, r->path);
	if (!a)
		return;
	a->label = import_dup(r->server->label, strlen(r->server->label));
	import_name(a, r->word, a->label);
	import_set(a, "user", r->word);
	r->user = a;
}

/* ---- statements ---------------------------------------------------------- */

static void
read_set(struct fetchmail *r)
{
	static const char *const alone[] = { "bouncemail", "spambounce",
		"softbounce", "syslog", "invisible", "showdots" };
	int64_t seconds;
	bool no;

	if (!fetchmail_next(r))
		return;
	no = fetchmail_is(r, "no");
	if (no && !fetchmail_next(r))
		return;
	if (fetchmail_is(r, "invisible"))
		r->invisible = !no;
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (fetchmail_is(r, alone[i]))
			return;
	if (!fetchmail_is(r, "daemon")) {
		(void)fetchmail_next(r);	/* postmaster, logfile... */
		return;
	}
	if (fetchmail_next(r) &&
	    import_number(span_str(r->word), &seconds) == 0)
		r->daemon = seconds <= 86400 ? seconds : 86400;
}

static void
begin_defaults(struct fetchmail *r)
{
	end_poll(r);
	free_blank(r->defaults);
	r->defaults = r->user = blank_account(r->path);
}

void
import_fetchmail_rc(struct import *im, const char *path, struct pop_span text)
{
	struct fetchmail r = { .im = im, .path = path, .rest = text };

	while (fetchmail_next(&r)) {
		if (fetchmail_is(&r, "set"))
			read_set(&r);
		else if (fetchmail_is(&r, "poll") ||
		    fetchmail_is(&r, "server") || fetchmail_is(&r, "skip"))
			begin_poll(&r, fetchmail_is(&r, "skip"));
		else if (fetchmail_is(&r, "defaults"))
			begin_defaults(&r);
		else if (r.server && (fetchmail_is(&r, "user") ||
		    fetchmail_is(&r, "username")))
			begin_user(&r);
		else if (r.user)
			fetchmail_option(&r, r.user);
		else
			import_remark(im, "%s: \"%s\" is not understood", path,
			    r.quoted ? "a text in quotes" : r.word);
	}
	end_poll(&r);
	free_blank(r.defaults);
}

/* ---- .fetchids ----------------------------------------------------------- */

/*
 * "USER@SERVER UIDL", where the server is that of `via`, or the name behind
 * `poll` (versions differ).  A user may contain blanks and `@`: the first `@`,
 * the first blank behind it, and of what is before that, the last `@`.
 */
static bool
split_id(struct pop_span line, struct pop_span *user, struct pop_span *poll,
    struct pop_span *uidl)
{
	const unsigned char *at = line.n > 0 ? memchr(line.p, '@', line.n) :
	    NULL, *blank;
	size_t n;

	if (!at)
		return false;
	blank = memchr(at, ' ', line.n - (size_t)(at - line.p));
	if (!blank)
		return false;
	n = (size_t)(blank - line.p);
	*uidl = import_trim(span_of(blank + 1, line.n - n - 1));
	for (n = 0; n < uidl->n && uidl->p[n] != ' ' && uidl->p[n] != '\t';)
		n++;
	uidl->n = n;		/* it ends at a blank */
	return import_split_last(span_of(line.p, (size_t)(blank - line.p)),
	    '@', user, poll);
}

static struct import_account *
account_of(const struct import *im, struct pop_span user,
    struct pop_span poll)
{
	for (size_t i = 0; i < im->naccounts; i++) {
		struct import_account *a = im->accounts[i];
		const char *name = import_get(a, "user");
		const char *server = import_get(a, "server");

		if (name && a->label && span_eq(user, span_str(name)) &&
		    (import_is(poll, a->label) ||
		    (server && import_is(poll, server))))
			return a;
	}
	return NULL;
}

void
import_fetchmail_ids(struct import *im, const char *path,
    struct pop_span text)
{
	struct pop_span line, user, poll, uidl;
	size_t strangers = 0;

	while (import_line(&text, &line)) {
		struct import_account *a;

		if (import_trim(line).n == 0)
			continue;
		a = split_id(line, &user, &poll, &uidl) ?
		    account_of(im, user, poll) : NULL;
		if (!a) {
			strangers++;
			continue;
		}
		if (!a->uidl_source)
			a->uidl_source = import_dup(path, strlen(path));
		/* fetchmail keeps no times */
		import_uidl(a, uidl, 0);
	}
	if (strangers > 0)
		import_remark(im, "%s: %zu lines are about no account that "
		    "was found: left out", path, strangers);
}

/* ---- finding the files --------------------------------------------------- */

static void
read_ids(struct import *im, const char *home)
{
	char *path = import_path(im, home, ".fetchids");
	struct buf text;

	buf_init(&text, IMPORT_FILE_MAX);
	if (import_read(im, path, &text) == 1)
		import_fetchmail_ids(im, path, buf_span(&text));
	for (size_t i = 0; i < im->naccounts; i++)
		if (!im->accounts[i]->uidl_source)
			im->accounts[i]->missing = import_dup(path,
			    strlen(path));
	buf_release(&text);
	free(path);
}

void
import_fetchmail(struct import *im, const char *path)
{
	const char *home = getenv("FETCHMAILHOME");
	const char *dir = home && *home ? home : im->home;
	bool is_dir = path && import_is_dir(path);
	char *rc = path && !is_dir ? import_printf("%s", path) :
	    import_path(im, is_dir ? path : dir,
	    home && *home && !path ? "fetchmailrc" : ".fetchmailrc");
	struct buf text;
	int r;

	buf_init(&text, IMPORT_TEXT_MAX);
	r = import_read(im, rc, &text);
	if (r == 1)
		import_fetchmail_rc(im, rc, buf_span(&text));
	buf_wipe(&text);
	if (r == 1 && path && !is_dir && strchr(path, '/')) {
		char *beside = import_dup(path,
		    (size_t)(strrchr(path, '/') - path));

		read_ids(im, *beside ? beside : "/");
		free(beside);
	} else if (r == 1) {
		read_ids(im, is_dir ? path : path ? "." : dir);
	}
	free(rc);
}
