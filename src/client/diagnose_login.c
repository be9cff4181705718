/* SPDX-License-Identifier: ISC
 *
 * diagnose_login: the password, and logging in with it, by the same code as
 * fetch (secret.c, login.c).
 *
 * The password goes over a connection that tls_client has accepted, or in
 * clear only where the account itself says clear_login; it is never shown.
 */
#include "client/diagnose_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/advice.h"
#include "client/login.h"
#include "client/mask.h"
#include "client/session.h"
#include "net/loop.h"

enum { OUT_OCTETS = 2 * POP_SASL_MAX + 2 * SECRET_MAX };

/* ---- the password ---- */

struct asking {
	struct diagnose *d;
	char error[SAID_MAX];
};

static void
on_secret(void *arg, struct secret *secret, const char *error)
{
	struct asking *a = arg;

	if (secret != NULL) {
		a->d->secret = *secret;
		a->d->has_secret = true;
	} else
		(void)text_format(a->error, sizeof(a->error), "%s", error);
	loop_stop(a->d->loop);
}

static const char *
source_of(const struct diagnose *d)
{
	const struct account_conf *a = &d->account;

	return a->token_command.argc > 0 ? "by token_command" :
	    a->password_command.argc > 0 ? "by password_command" :
	    a->password_file != NULL ? "from password_file" :
	    a->password != NULL ? "from restante.conf" :
	    a->keyring ? "from the keyring" :
	    d->secret.typed ? "typed" : "from netrc";
}

void
diagnose_secret(struct diagnose *d)
{
	bool person = isatty(STDIN_FILENO) == 1 &&
	    d->spec->args->mode != REPORT_JSON;
	struct asking a = { .d = d };

	if (secret_ask(d->loop, &d->account, false, person, on_secret, &a) ==
	    NULL || loop_run(d->loop) != 0)
		(void)text_format(a.error, sizeof(a.error), "%s",
		    strerror(errno));
	if (d->has_secret) {
		diagnose_have(d, HAVE_SECRET);
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s there, %s",
		    d->secret.is_token ? "a token is" : "a password is",
		    source_of(d));
		return;
	}
	diagnose_lack_all(d, HAVE_SECRET, "there is no password");
	diagnose_say(d, DIAGNOSE_FAULT, d->spec->conf != NULL ?
	    advice_for(FAULT_SECRET)->remedy : "Give --password-command, or "
	    "put it into ~/.netrc, or run this at a terminal, where it is "
	    "asked for.", "%s", a.error);
}

/* ---- a session ---- */

/* what one login needs, for its time */
struct entry {
	struct diagnose *d;
	struct parley *t;
	struct login *login;
	struct pop_client *machine;
	struct pop_client_config config;	/* read by the machine */
	struct login_binding binding;
	unsigned char octets[3][64];
	unsigned char *memory;
	struct pop_out out;
	const char *mechanism;
	enum fault fault;
};

static int
flush(struct entry *e)
{
	int r = e->out.n == 0 ? 0 : parley_send(e->t, e->out.p, e->out.n);

	e->out.n = 0;
	return r;
}

/* The next event that is not about input or output; -1: t->error. */
static int
next_event(struct entry *e, enum pop_client_event *event_r,
    struct pop_client_info *info_r)
{
	for (;;) {
		struct pop_span in = span_of(e->t->in.p + e->t->used,
		    e->t->in.n - e->t->used);
		size_t before = in.n;

		*event_r = pop_client_step(e->machine, &in, &e->out, info_r);
		e->t->used += before - in.n;
		if (*event_r == POP_CLIENT_ERROR) {
			(void)text_format(e->t->error, sizeof(e->t->error),
			    "the server broke the protocol");
			return -1;
		}
		if (*event_r != POP_CLIENT_MORE &&
		    *event_r != POP_CLIENT_FULL &&
		    *event_r != POP_CLIENT_WAIT)
			return 0;
		if (flush(e) != 0)
			return -1;
		/* what was used stays until here: info points into it */
		if (*event_r == POP_CLIENT_MORE) {
			buf_consume(&e->t->in, e->t->used);
			e->t->used = 0;
			if (parley_more(e->t) != 0)
				return -1;
		}
	}
}

static int
ask_capa(struct entry *e)
{
	const struct pop_request r = { .command = POP_CMD_CAPA };
	struct pop_client_info info;
	enum pop_client_event event;

	if (pop_client_send(e->machine, &r, &e->out) != POP_SEND_OK ||
	    flush(e) != 0)
		return -1;
	do {
		if (next_event(e, &event, &info) != 0)
			return -1;
	} while (event != POP_CLIENT_END && event != POP_CLIENT_REPLY);
	return 0;
}

static void
bind_channel(struct entry *e)
{
	const struct conn *c = &e->t->conn;

	e->binding.tls_exporter = span_of(e->octets[0],
	    tls_client_exporter(c, e->octets[0]));
	e->binding.tls_unique = span_of(e->octets[1],
	    tls_client_unique(c, e->octets[1]));
	e->binding.tls_server_end_point = span_of(e->octets[2],
	    tls_client_end_point(c, e->octets[2]));
}

static enum fault
fault_of_login(struct entry *e, char said[SAID_MAX])
{
	struct pop_span server = { 0 };
	const char *why = NULL;
	enum fault fault = login_fault(e->login, &why, &server);
	struct buf text;

	server = mask_said(server, e->d->account.user,
	    buf_span(&e->d->secret.value), &text);
	escape_text(server, said, SAID_MAX, 100);
	buf_wipe(&text);
	(void)text_format(e->t->error, sizeof(e->t->error), "%s",
	    why != NULL ? why : "");
	return fault != FAULT_NONE ? fault : FAULT_AUTH;
}

static enum fault
log_in(struct entry *e, char said[SAID_MAX])
{
	struct pop_span stamp = span_str(e->t->gate->stamp);
	const struct login_world world = { .account = &e->d->account,
		.secret = &e->d->secret, .binding = &e->binding,
		.tls = e->t->verified, .stamp = stamp };
	struct pop_client_info info;
	enum pop_client_event event;
	enum login_step step;

	bind_channel(e);
	e->login = login_new(&world);
	if (e->login == NULL)
		return FAULT_MEMORY;
	step = login_start(e->login, e->machine, &e->out);
	while (step == LOGIN_GO_ON) {
		if (flush(e) != 0 || next_event(e, &event, &info) != 0)
			return FAULT_LOST;
		step = login_event(e->login, event, &info, e->machine,
		    &e->out);
	}
	if (flush(e) != 0)
		return FAULT_LOST;
	if (step != LOGIN_DONE)
		return fault_of_login(e, said);
	/* a name from login.c's own table */
	e->mechanism = login_mechanism(e->login);
	return FAULT_NONE;
}

/* Up to TLS by hand; then the machine hears the greeting as if for the first
 * time. */
static enum fault
connect_safely(struct diagnose *d, struct parley *t)
{
	enum tls_client_fault fault;
	struct reply r;
	bool in_clear = d->account.tls == ACCOUNT_TLS_NONE &&
	    d->account.clear_login;

	if (parley_open(t, d, d->way) != 0)
		return FAULT_CONNECT;
	if (!d->way->implicit) {
		if (parley_greeting(t) != 0)
			return d->way->refuses ? FAULT_REFUSED : FAULT_LOST;
		if (in_clear)
			return FAULT_NONE;
		if (parley_ask(t, "STLS", &r) != 0 || !r.ok)
			return FAULT_NO_STLS;
	}
	if (parley_tls(t, span_of(NULL, 0), &fault) != 0)
		return FAULT_TLS;
	if (d->way->implicit && parley_greeting(t) != 0)
		return d->way->refuses ? FAULT_REFUSED : FAULT_LOST;
	return FAULT_NONE;
}

static enum fault
begin_machine(struct entry *e)
{
	bool tls = e->t->verified;
	const struct buf *line = &e->t->gate->greeting_line;
	struct pop_span greeting = buf_span(line);
	struct pop_client_info info;

	e->machine = malloc(pop_client_size());
	e->memory = malloc(OUT_OCTETS);
	if (e->machine == NULL || e->memory == NULL)
		return FAULT_MEMORY;
	e->out = (struct pop_out){ .p = e->memory, .size = OUT_OCTETS };
	e->config.flags = tls ? POP_CLIENT_NEED_TLS : POP_CLIENT_CLEAR_OK;
	(void)pop_client_init(e->machine, &e->config, tls);
	if (pop_client_step(e->machine, &greeting, &e->out, &info) !=
	    POP_CLIENT_GREETING)
		return FAULT_NOT_POP;
	return ask_capa(e) == 0 ? FAULT_NONE : FAULT_LOST;
}

enum fault
diagnose_enter(struct diagnose *d, struct parley **t_r,
    const char **mechanism_r, char said[SAID_MAX])
{
	struct entry e = { .d = d, .mechanism = "",
		.t = calloc(1, sizeof(*e.t)) };
	enum fault fault = FAULT_MEMORY;

	said[0] = '\0';
	*t_r = e.t;
	if (e.t == NULL)
		return fault;
	fault = connect_safely(d, e.t);
	/* whatever the way, nothing secret goes to one that is not safe */
	if (fault == FAULT_NONE && !e.t->verified &&
	    (d->account.tls != ACCOUNT_TLS_NONE || !d->account.clear_login))
		fault = FAULT_TLS;
	if (fault == FAULT_NONE)
		fault = begin_machine(&e);
	if (fault == FAULT_NONE)
		fault = log_in(&e, said);
	*mechanism_r = e.mechanism;
	login_free(e.login);
	free(e.machine);
	if (e.memory != NULL)
		buf_wipe_octets(e.memory, OUT_OCTETS);
	free(e.memory);
	return fault;
}

void
diagnose_leave(struct parley **t)
{
	if (*t == NULL)
		return;
	parley_close(*t);
	free(*t);
	*t = NULL;
}

/* ---- the check ---- */

void
diagnose_login(struct diagnose *d)
{
	const char *mechanism = "", *remedy;
	char said[SAID_MAX], hint[ADVICE_HINT_MAX];
	enum fault fault = diagnose_enter(d, &d->first, &mechanism, said);

	if (fault == FAULT_NONE) {
		diagnose_have(d, HAVE_LOGIN);
		if (parley_capa(d->first, &d->inside) != 0)
			diagnose_lack_all(d, HAVE_LISTING,
			    d->first->error);
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s is logged in by %s",
		    d->account.user, mechanism);
		return;
	}
	remedy = advice_for(fault)->remedy;
	if (advice_hint(fault, &d->account, hint, sizeof(hint)))
		remedy = hint;
	/* busy for the moment is no fault of the server */
	diagnose_say(d, fault == FAULT_IN_USE || fault == FAULT_LOGIN_DELAY ?
	    DIAGNOSE_WARNING : DIAGNOSE_FAULT, remedy, "%s%s%s%s%s",
	    advice_for(fault)->meaning, d->first != NULL &&
	    d->first->error[0] != '\0' ? ": " : "", d->first != NULL ?
	    d->first->error : "", said[0] != '\0' ? "; the server says: " :
	    "", said);
	diagnose_lack_all(d, HAVE_LOGIN, advice_for(fault)->meaning);
	diagnose_leave(&d->first);
}
