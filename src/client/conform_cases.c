/* SPDX-License-Identifier: ISC
 *
 * conform_cases: the transcripts: where they are, which were asked for, and
 * which of them can be played against the server that we have.
 */
#include <dirent.h>
#include <stdlib.h>
#include <strings.h>
#include <sysexits.h>

#include "base/text.h"
#include "client/conform_internal.h"
#include "client/glob.h"
#include "wire/fixture.h"
#include "wire/text.h"

static const char *const protos[CONFORM_PROTOS] = { "pop3", "smtp", "lmtp" };

/* ---- where they are ---- */

static const char *
directory(const struct client_args *a)
{
	const char *set = getenv("RESTANTE_TRANSCRIPTS");

	if (a->check.transcripts != NULL)
		return a->check.transcripts;
	return set != NULL && set[0] != '\0' ? set : RESTANTE_TRANSCRIPTS;
}

static int
is_case(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 2 && strcmp(d->d_name + n - 2, ".t") == 0;
}

/* "pop3/list", "list" or the id of a check */
static bool
is_called(struct pop_span pattern, const struct conform_case *k)
{
	struct pop_span checks = k->wire.checks, id;

	if (glob_match(pattern, span_str(k->name)) ||
	    glob_match(pattern, span_str(strchr(k->name, '/') + 1)))
		return true;
	while ((id = case_word(&checks)).n > 0)
		if (glob_match(pattern, id))
			return true;
	return false;
}

/* patterns with commas between */
static bool
was_asked_for(const char *patterns, const struct conform_case *k)
{
	if (patterns == NULL)
		return true;
	for (;;) {
		size_t n = strcspn(patterns, ",");

		if (n > 0 && is_called(span_of(patterns, n), k))
			return true;
		if (patterns[n] == '\0')
			return false;
		patterns += n + 1;
	}
}

static void
forget(struct conform_case *k)
{
	case_done(&k->wire);
	free(k->path);
	free(k->path_name);
}

static int
add(const struct client_args *a, struct conform_cases *all,
    const char *proto, const char *file)
{
	struct conform_case k = { .path = NULL };
	size_t n = strlen(proto) + strlen(file) + 2;

	if (all->n == all->room) {
		size_t room = all->room == 0 ? 64 : 2 * all->room;
		struct conform_case *more = realloc(all->at,
		    room * sizeof(*more));

		if (more == NULL)
			return EX_OSERR;
		all->at = more;
		all->room = room;
	}
	if (asprintf(&k.path, "%s/%s/%s", directory(a), proto, file) < 0)
		return EX_OSERR;
	k.path_name = malloc(n);
	if (k.path_name == NULL ||
	    text_format(k.path_name, n, "%s/%s", proto, file) ||
	    case_load(&k.wire, k.path) != 0) {
		free(k.path);
		free(k.path_name);
		return EX_DATAERR;
	}
	k.path_name[n - 3] = '\0';	/* ".t" */
	k.name = k.path_name;
	if (was_asked_for(a->check.only, &k))
		all->at[all->n++] = k;
	else
		forget(&k);
	return EX_OK;
}

static int
add_all(const struct client_args *a, struct conform_cases *all,
    const char *proto, bool *found)
{
	struct dirent **d;
	char path[4096];
	int n, status = EX_OK;

	if (text_format(path, sizeof(path), "%s/%s", directory(a), proto))
		return EX_NOINPUT;
	n = scandir(path, &d, is_case, alphasort);
	if (n < 0)
		return EX_OK;
	for (int i = 0; i < n; i++) {
		if (status == EX_OK)
			status = add(a, all, proto, d[i]->d_name);
		free(d[i]);
	}
	free(d);
	*found = *found || n > 0;
	return status;
}

int
conform_load(const struct client_args *a, struct conform_cases *all)
{
	bool found = false;
	int status = EX_OK;

	memset(all, 0, sizeof(*all));
	for (size_t i = 0; i < CONFORM_PROTOS && status == EX_OK; i++)
		status = add_all(a, all, protos[i], &found);
	if (status != EX_OK)
		return conform_complain(a, status, "%s: the transcripts "
		    "cannot be read", directory(a));
	if (!found)
		return conform_complain(a, EX_NOINPUT, "there are no "
		    "transcripts in %s: say where they are with "
		    "--transcripts DIRECTORY", directory(a));
	if (all->n == 0)
		return conform_complain(a, EX_USAGE, "no transcript and no "
		    "check is called %s: --list names them", a->check.only);
	return EX_OK;
}

void
conform_unload(struct conform_cases *all)
{
	for (size_t i = 0; i < all->n; i++)
		forget(&all->at[i]);
	free(all->at);
	memset(all, 0, sizeof(*all));
}

/* ---- what a server must have ---- */

static const char no_access[] = "needs access to the maildrops: --action";
static const char no_leave[] = "no password is said without TLS: "
    "--clear-login";

static const char *
about_word(struct pop_span word, enum wire_proto proto)
{
	static const struct { const char *word, *text; } words[] = {
		{ "tls", "the server has no TLS" },
		{ "no-tls", "the server has TLS" },
		{ "clear", "the server takes no password without TLS" },
		{ "tls-only", "the server takes passwords without TLS" },
		{ "pop3s", "no port with TLS from the start" },
		{ "apop", "the server does not offer APOP" },
		{ "no-apop", "the server offers APOP" },
		{ "last", "the server has no LAST" },
		{ "no-last", "the server has LAST" },
		{ "strict-crlf", "the server takes lines that end in LF" },
		{ "lenient-crlf",
		  "the server takes no lines that end in LF" },
		{ "normalize", "that line ends are repaired cannot be seen "
		  "from outside" },
		{ "blanks", "the password has no blanks in it" },
		{ "exact", "needs the messages exactly as the transcripts "
		  "have them" },
		{ "two-users", "needs a second mailbox" },
		{ "users", "needs mailboxes of its own" },
		{ "capa", "the server has no CAPA" },
		{ "top", "the server has no TOP" },
		{ "uidl", "the server has no UIDL" },
		{ "plain", "the server does not announce SASL PLAIN" },
		{ "pipelining", "the server does not announce PIPELINING" },
		{ "resp-codes", "the server does not announce RESP-CODES" },
		{ "auth-resp-code",
		  "the server does not announce AUTH-RESP-CODE" },
		{ "chunking", "the server does not announce CHUNKING" },
		{ "smtputf8", "the server does not announce SMTPUTF8" },
	};

	if (proto != WIRE_POP3 && span_eq(word, span_str("tls-only")))
		return "that TLS is demanded cannot be seen from outside";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (span_eq(word, span_str(words[i].word)))
			return words[i].text;
	return NULL;
}

/* 1, with the reason */
static int
no(struct buf *why, const char *reason)
{
	why->n = 0;
	return buf_append_str(why, reason) == 0 ? 1 : -1;
}

/* makes the reason of the word that is missing */
static int
no_word(const struct conform *c, struct buf *why, enum wire_proto proto)
{
	const char *text = about_word(buf_span(why), proto);

	/* nobody has tried */
	if (!c->may_clear && span_eq(buf_span(why), span_str("tls-only")))
		text = no_leave;
	if (text != NULL)
		return no(why, text);
	return buf_append_str(why, " cannot be seen from outside: if it is "
	    "so, say --have with it") == 0 ? 1 : -1;
}

static int
no_store(const struct conform *c, const struct wire_case *w, struct buf *why)
{
	for (size_t i = 0; i < w->stmts; i++) {
		const struct wire_stmt *s = &w->stmt[i];

		if (s->op == OP_STORE)
			return no(why, no_access);
		if (s->op != OP_STORED)
			continue;
		/* what POP3 itself can show */
		if (c->way != WAY_DELIVER || s->is_top ||
		    !span_eq(s->word[0], span_str("wren")))
			return no(why, no_access);
	}
	return 0;
}

/* What each of the three ways to have mail cannot do. */
static int
no_mail(const struct conform *c, const struct wire_case *w, struct buf *why)
{
	int r;

	if (c->way == WAY_ACTION)
		return 0;
	r = no_store(c, w, why);
	if (r != 0 || c->way == WAY_DELIVER)
		return r;
	if (!conform_is_base(w))
		return no(why, "needs mail of its own: --lmtp or --smtp");
	if (w->changes || conform_removes(w))
		return no(why, "removes mail: --lmtp or --smtp puts some "
		    "there");
	/* that they stay is what it tries */
	if (!c->may_mark && conform_marks(w))
		return no(why, "marks mail, which a server at fault removes: "
		    "--yes, or --lmtp or --smtp");
	return 0;
}

/* Sessions that say nothing of TLS can have it around them. */
static int
no_login(const struct conform *c, const struct wire_case *w, struct buf *why)
{
	if (!c->may_clear && conform_tells_in_clear(w))
		return no(why, no_leave);
	if (c->clear || w->setup.tls_only)
		return 0;
	if (c->secure != SOCK_CLEAR && !conform_logs_in_clear(w))
		return 0;
	return no(why, c->may_clear ? about_word(span_str("clear"),
	    w->proto) : no_leave);
}

int
conform_not_here(const struct conform *c, const struct wire_case *w,
    struct buf *why)
{
	struct buf have;
	int r;

	if (w->only == WIRE_ENGINE)
		return buf_append(why, w->reason.p, w->reason.n) == 0 ? 1 :
		    -1;
	if (w->proto != WIRE_POP3 && c->mta[w->proto] == NULL)
		return no(why, w->proto == WIRE_SMTP ? "no --smtp" :
		    "no --lmtp");
	r = w->proto == WIRE_POP3 ? no_login(c, w, why) : 0;
	if (r != 0)
		return r;
	/* `clear` has been looked at, the store will be */
	buf_init(&have, CONFORM_LINE_MAX);
	r = buf_append(&have, c->have[w->proto].p, c->have[w->proto].n) != 0 ||
	    buf_append(&have, "clear", 6) != 0 ? -1 :
	    case_missing(w, (const char *)have.p, true, why);
	buf_release(&have);
	if (r != 0)
		return r < 0 ? -1 : no_word(c, why, w->proto);
	return no_mail(c, w, why);
}
