/* SPDX-License-Identifier: ISC
 *
 * setup_try: one session with a candidate, and the first candidate that can
 * be used.
 *
 * The sessions are those of `restante fetch`, with settings read as fetch
 * will read them.  Must not send credentials to a server that has not been
 * seen to be good, nor use a host of another domain unasked.
 */
#include "client/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/text.h"
#include "client/session.h"

struct trial {
	struct setup *s;
	struct setup_try *result;
	struct session *session;
	bool with_login;
};

/* ---- one session ---- */

static void
send_command(struct trial *t, enum pop_command command)
{
	struct pop_request r = { .command = command };

	/* what cannot be sent ends the session, which is told there */
	if (session_send(t->session, &r) != POP_SEND_OK)
		loop_stop(t->s->loop);
}

static void
on_ready(void *arg)
{
	struct trial *t = arg;

	t->result->greeted = true;
	t->result->capa = *session_capa(t->session);
	send_command(t, t->with_login ? POP_CMD_STAT : POP_CMD_QUIT);
}

static void
on_event(void *arg, enum pop_client_event event,
    const struct pop_client_info *info)
{
	struct trial *t = arg;

	if (event != POP_CLIENT_REPLY || info->command != POP_CMD_STAT)
		return;
	t->result->logged_in = true;
	if (info->ok) {
		t->result->messages = info->count;
		t->result->octets = info->octets;
	}
	send_command(t, POP_CMD_QUIT);
}

static void
on_idle(void *arg)
{
	(void)arg;
}

static void
on_over(void *arg, const struct session_end *end)
{
	struct trial *t = arg;

	t->result->fault = end->fault;
	(void)text_format(t->result->text, sizeof(t->result->text), "%s",
	    end->text != NULL ? end->text : "");
	escape_text(end->server_said, t->result->said,
	    sizeof(t->result->said), ESCAPE_MAX);
	loop_stop(t->s->loop);
}

static void
hear_nothing(struct event_sink *sink, const struct event *event)
{
	(void)sink;
	(void)event;
}

static int
run_session(struct trial *t, const struct account_conf *account,
    struct secret *secret)
{
	const struct session_owner owner = { on_ready, on_event, on_idle,
		on_over, t };
	struct event_sink sink = { hear_nothing };
	struct session_spec spec = { .loop = t->s->loop, .account = account,
		.sink = &sink, .owner = &owner, .secret = secret,
		.look_only = secret == NULL, .debug = t->s->args->debug };
	int r;

	t->session = session_start(&spec);
	if (t->session == NULL)
		return setup_fail(t->s, EX_OSERR, "out of memory");
	r = loop_run(t->s->loop);
	session_free(t->session);
	return r == 0 ? 0 : setup_fail(t->s, EX_OSERR, "%s",
	    strerror(errno));
}

struct client_conf *
setup_settings(const struct setup *s, const struct discover_candidate *c,
    const char *user, const char *destination)
{
	struct client_conf *conf = NULL;
	char *text = NULL, *mistakes = NULL;
	size_t n = 0, m = 0;
	FILE *f = open_memstream(&text, &n);
	FILE *errors = open_memstream(&mistakes, &m);
	int r = -1;

	if (f != NULL && errors != NULL && setup_section(s, c, user,
	    destination, f) == 0 && fputs("timeout = 15s\n", f) != EOF &&
	    fflush(f) == 0)
		r = client_conf_read_text("these settings", text, n, errors,
		    &conf);
	if (f != NULL)
		(void)fclose(f);
	if (errors != NULL)
		(void)fclose(errors);
	if (r != 0)
		(void)setup_fail(s, EX_USAGE, "%s", m > 0 ? mistakes :
		    "a value has control characters in it");
	free(text);
	free(mistakes);
	return conf;
}

int
setup_try(struct setup *s, const struct discover_candidate *c,
    const char *user, struct secret *secret, struct setup_try *try_r)
{
	struct discover_candidate secure = *c;
	struct trial t = { .s = s, .result = try_r,
		.with_login = secret != NULL };
	struct client_conf *conf;
	int r;

	memset(try_r, 0, sizeof(*try_r));
	/* never in clear, whatever was found */
	if (secure.tls == DISCOVER_NONE)
		secure.tls = DISCOVER_START;
	conf = setup_settings(s, &secure, user, "discard");
	if (conf == NULL)
		return -1;
	r = run_session(&t, &conf->accounts[0], secret);
	client_conf_free(conf);
	return r == 0 ? 0 : -1;
}

/* ---- which one ---- */

/* What was found; guesses only when there is nothing better. */
static void
show(struct setup *s)
{
	char source[400];
	size_t guesses = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct discover_candidate *c = &s->list[i];

		if (c->source == DISCOVER_GUESS) {
			guesses++;
			continue;
		}
		setup_source_text(s, c, source, sizeof(source));
		setup_say(s, "  %s:%u (%s), named by %s%s\n", c->host,
		    c->port, c->tls == DISCOVER_IMPLICIT ? "TLS" :
		    c->tls == DISCOVER_START ? "STLS" : "no TLS", source,
		    c->in_domain ? "" : "; of another domain");
	}
	if (guesses == s->n)
		setup_say(s, "Nobody names one. These are guesses:\n");
}

/* Has this host been spoken about? */
static bool
is_refused(const struct setup *s, size_t at, const bool *refused)
{
	for (size_t i = 0; i < at; i++)
		if (refused[i] && strcmp(s->list[i].host,
		    s->list[at].host) == 0)
			return true;
	return false;
}

/* C-30: a host of somebody else gets the password only when the person says
 * so. */
static bool
may_use(struct setup *s, size_t at, bool *asked)
{
	const struct discover_candidate *c = &s->list[at];
	char question[1024], source[400];

	if (c->in_domain || s->given)
		return true;
	for (size_t i = 0; i < at; i++)
		if (asked[i] && strcmp(s->list[i].host, c->host) == 0)
			return true;
	setup_source_text(s, c, source, sizeof(source));
	if (!s->people) {
		setup_say(s, "%s is not part of %s: not used unasked. If it is "
		    "the right one, run this again with --server %s:%u%s\n",
		    c->host, s->domain, c->host, c->port,
		    c->tls == DISCOVER_IMPLICIT ? "" : " --tls start");
		return false;
	}
	(void)text_format(question, sizeof(question), "%s is not part of %s. "
	    "It is named by %s.\n%sMay it get the password?", c->host,
	    s->domain, source, c->vouched ? "" : "Nobody who can be believed "
	    "says so: compare it with your provider's help pages.\n");
	asked[at] = setup_confirm(s, question, false);
	return asked[at];
}

static void
tell_failure(struct setup *s, const struct discover_candidate *c,
    const struct setup_try *t)
{
	if (s->given) {		/* the error message says it */
		setup_say(s, "no.\n");
		return;
	}
	setup_say(s, "no: %s%s%s%s\n", t->text, t->said[0] != '\0' ?
	    " (\"" : "", t->said, t->said[0] != '\0' ? "\")" : "");
	/* of one that was named it is worth a line what to do */
	if (c->source != DISCOVER_GUESS)
		setup_say(s, "  %s\n", advice_for(t->fault)->remedy);
}

/* Tokens alone? */
static bool
wants_oauth(const struct pop_capa *capa)
{
	static const char *const passwords[] = { "PLAIN", "LOGIN", "CRAM-MD5",
		"SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS",
		"SCRAM-SHA-256-PLUS" };

	if (capa->known != 1 || (capa->has & POP_CAPA_USER) != 0)
		return false;
	for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++)
		if (pop_capa_mechanism(capa, passwords[i]))
			return false;
	return pop_capa_mechanism(capa, "XOAUTH2") ||
	    pop_capa_mechanism(capa, "OAUTHBEARER");
}

static int
none_is_good(struct setup *s, const struct setup_try *last, bool skipped)
{
	if (s->given)
		return setup_fail(s, advice_for(last->fault)->exit_status,
		    "%s%s%s%s. %s", last->text, last->said[0] != '\0' ?
		    " (\"" : "", last->said, last->said[0] != '\0' ? "\")" :
		    "", advice_for(last->fault)->remedy);
	return setup_fail(s, EX_UNAVAILABLE, "no POP3 server of %s could be "
	    "used%s; give --server HOST, which your provider's help pages "
	    "name%s", s->domain, skipped ? " without asking you" : "",
	    s->imap_only ? " (it may have IMAP alone)" : "");
}

int
setup_choose(struct setup *s)
{
	struct setup_try t = { .fault = FAULT_NONE };
	bool asked[DISCOVER_MAX] = { false };
	bool refused[DISCOVER_MAX] = { false };
	bool skipped = false;

	if (!s->given)
		show(s);
	for (size_t i = 0; i < s->n; i++) {
		struct discover_candidate *c = &s->list[i];

		refused[i] = is_refused(s, i, refused) ||
		    !may_use(s, i, asked);
		skipped = skipped || refused[i];
		if (refused[i])
			continue;
		setup_say(s, "Trying %s:%u... ", c->host, c->port);
		if (setup_try(s, c, s->address, NULL, &t) != 0)
			return EX_OSERR;
		if (t.greeted) {
			setup_say(s, "good, with a certificate that is "
			    "valid.\n");
			s->server = *c;
			if (c->tls == DISCOVER_NONE)
				s->server.tls = DISCOVER_START;
			s->oauth = wants_oauth(&t.capa);
			return 0;
		}
		tell_failure(s, c, &t);
	}
	return none_is_good(s, &t, skipped);
}
