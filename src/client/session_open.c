/* SPDX-License-Identifier: ISC
 *
 * session_open: from the greeting to TRANSACTION: capabilities, STLS, login.
 *
 * Nothing that was learned in clear is believed after STLS (RFC 2595 section
 * 4); without the TLS that the account asks for no login is tried (C-17).
 */
#include <string.h>

#include "client/report.h"
#include "client/session_internal.h"

static void
ask(struct session *s, enum pop_command command, enum session_phase phase)
{
	struct pop_request r = { .command = command };

	s->phase = phase;
	if (session_send(s, &r) != POP_SEND_OK)
		session_fail(s, FAULT_PROTOCOL, (struct pop_span){ 0 },
		    "%s: the session is in a state where nothing can be asked",
		    s->spec.account->server);
}

/* CAPA, where it counts: not in clear in front of STLS */
static void
ask_capa(struct session *s)
{
	struct pop_request utf8 = { .command = POP_CMD_UTF8 };
	unsigned flags = s->config.flags;
	bool in_clear = s->spec.account->tls == ACCOUNT_TLS_START &&
	    !s->has_tls;

	ask(s, POP_CMD_CAPA, SESSION_CAPA);
	if (!s->spec.utf8_expected || !s->spec.pipelining || in_clear ||
	    s->spec.look_only || s->phase != SESSION_CAPA)
		return;
	s->config.flags |= POP_CLIENT_PIPELINE;
	s->utf8_early = session_send(s, &utf8) == POP_SEND_OK;
	s->config.flags = flags;
}

enum fault
session_code_fault(enum pop_code code, enum fault otherwise)
{
	switch (code) {
	case POP_CODE_AUTH: return FAULT_AUTH;
	case POP_CODE_IN_USE: return FAULT_IN_USE;
	case POP_CODE_LOGIN_DELAY: return FAULT_LOGIN_DELAY;
	case POP_CODE_SYS_TEMP: return FAULT_SERVER_TEMP;
	case POP_CODE_SYS_PERM: return FAULT_SERVER_PERM;
	case POP_CODE_NONE:
	case POP_CODE_UTF8:
	case POP_CODE_OTHER: break;
	}
	return otherwise;
}

static void
on_greeting(struct session *s, const struct pop_client_info *info)
{
	if (!info->ok) {
		session_fail(s, session_code_fault(info->code, FAULT_REFUSED),
		    info->text, "%s refuses service",
		    s->spec.account->server);
		return;
	}
	if (info->stamp.n <= sizeof(s->stamp)) {
		memcpy(s->stamp, info->stamp.n ? info->stamp.p :
		    (const unsigned char *)"", info->stamp.n);
		s->stamp_n = info->stamp.n;
	}
	ask_capa(s);
}

/* ---- login --------------------------------------------------------------- */

static void
bind_channel(struct session *s)
{
	size_t n[3];

	n[0] = tls_client_exporter(&s->conn, s->binding_octets[0]);
	n[1] = tls_client_unique(&s->conn, s->binding_octets[1]);
	n[2] = tls_client_end_point(&s->conn, s->binding_octets[2]);
	s->binding.tls_exporter = span_of(s->binding_octets[0], n[0]);
	s->binding.tls_unique = span_of(s->binding_octets[1], n[1]);
	s->binding.tls_server_end_point = span_of(s->binding_octets[2], n[2]);
}

static void
logged_in(struct session *s)
{
	struct event e = { .kind = EVENT_LOGIN,
		.account = s->spec.account->name,
		.text = login_mechanism(s->login) };

	if (s->has_tls)
		e.detail = conn_tls_version(&s->conn);
	s->spec.sink->tell(s->spec.sink, &e);
	login_free(s->login);
	s->login = NULL;
	s->phase = SESSION_OPEN;
	s->spec.owner->ready(s->spec.owner->arg);
}

static void
login_went(struct session *s, enum login_step step)
{
	struct pop_span said = { 0 };
	const char *why = NULL;
	enum fault fault;

	switch (step) {
	case LOGIN_GO_ON:
		return;
	case LOGIN_DONE:
		logged_in(s);
		return;
	case LOGIN_AGAIN:
		s->end.secret_refused = true;
		break;
	case LOGIN_FAILED:
		break;
	}
	fault = login_fault(s->login, &why, &said);
	session_fail(s, fault, said, "%s%s%s", s->spec.account->server,
	    why ? ": " : "", why ? why : "");
}

static void
begin_login(struct session *s)
{
	struct login_world world = {
		.account = s->spec.account,
		.secret = s->spec.secret,
		.binding = &s->binding,
		.tls = s->has_tls,
		.stamp = span_of(s->stamp, s->stamp_n),
	};

	if (s->spec.look_only) {
		s->phase = SESSION_OPEN;
		s->spec.owner->ready(s->spec.owner->arg);
		return;
	}
	if (s->has_tls)
		bind_channel(s);
	s->phase = SESSION_LOGIN;
	s->login = login_new(&world);
	if (s->login)
		login_went(s, login_start(s->login, s->machine, &s->out));
	else
		session_fail(s, FAULT_MEMORY, (struct pop_span){ 0 },
		    "out of memory");
}

/* ---- capabilities and STLS ----------------------------------------------- */

static void
capabilities_known(struct session *s)
{
	const struct pop_capa *capa = pop_client_capa(s->machine);
	bool wants_tls = s->spec.account->tls == ACCOUNT_TLS_START;

	if (!wants_tls || s->has_tls) {
		/* Without it some servers send a letter of their own in place
		 * of a message with raw UTF-8 in its header (RFC 6856). */
		if (s->utf8_early)
			s->phase = SESSION_UTF8;	/* its answer follows */
		else if ((capa->has & POP_CAPA_UTF8) != 0 &&
		    !s->spec.look_only)
			ask(s, POP_CMD_UTF8, SESSION_UTF8);
		else
			begin_login(s);
		return;
	}
	/* refused CAPA: an old server may know STLS all the same */
	if (capa->known == 1 && (capa->has & POP_CAPA_STLS) == 0) {
		session_fail(s, FAULT_NO_STLS, (struct pop_span){ 0 },
		    "%s does not offer STLS", s->spec.account->server);
		return;
	}
	ask(s, POP_CMD_STLS, SESSION_STLS);
}

void
session_open_tls_done(struct session *s)
{
	bool stls = s->spec.account->tls == ACCOUNT_TLS_START;

	s->has_tls = true;
	s->in_start = s->in_end = 0;
	if (stls) {
		pop_client_tls_started(s->machine);
		ask_capa(s);
	} else {
		s->phase = SESSION_GREETING;
	}
}

static void
on_stls_refused(struct session *s, const struct pop_client_info *info)
{
	session_fail(s, FAULT_NO_STLS, info->text, "%s refuses STLS",
	    s->spec.account->server);
}

void
session_open_event(struct session *s, enum pop_client_event event,
    const struct pop_client_info *info)
{
	bool reply = event == POP_CLIENT_REPLY;

	if (event == POP_CLIENT_GREETING)
		on_greeting(s, info);
	else if (event == POP_CLIENT_TLS)
		session_begin_tls(s);
	else if (s->phase == SESSION_CAPA && (event == POP_CLIENT_END ||
	    (reply && !info->ok)))
		capabilities_known(s);
	else if (s->phase == SESSION_STLS && reply)
		on_stls_refused(s, info);
	else if (s->phase == SESSION_UTF8 && reply)
		begin_login(s);
	else if (s->phase == SESSION_LOGIN && (reply ||
	    event == POP_CLIENT_CHALLENGE || event == POP_CLIENT_BAD))
		login_went(s, login_event(s->login, event, info, s->machine,
		    &s->out));
}
