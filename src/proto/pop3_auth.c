/* SPDX-License-Identifier: ISC
 *
 * pop3_auth: AUTHORIZATION (RFC 1939 sections 4 and 7, RFC 2595, RFC 5034).
 * It checks form and policy and hands credentials out; whether they are right
 * is for the caller to say.  A refusal by policy comes before anything was
 * looked at, so that it tells nothing about the credentials.
 */
#include "proto/pop3_server.h"

#include "base/base64.h"
#include "proto/put.h"
#include "proto/sasl.h"

enum { AUTH_FAILURES_MAX = 5 };

static void
count_failure(struct pop_server *s)
{
	unsigned max = s->config->auth_failures_max;

	if (max == 0)
		max = AUTH_FAILURES_MAX;
	if (++s->failures >= max)
		s->closing = 1;
}

static const char *
need_tls(const struct pop_server *s)
{
	return (s->config->flags & POP_SERVER_HAS_TLS) != 0 ?
	    "not without encryption: use STLS first" :
	    "not without encryption";
}

static enum pop_server_event
ask(struct pop_server *s, enum pop3_wait wait, enum pop_server_event ev)
{
	s->wait = wait;
	return ev;
}

static void
cmd_user(struct pop_server *s, struct pop_span name, struct pop_out *out)
{
	s->name_n = 0;
	if (!capa_clear_ok(s)) {
		pop3_err(s, out, POP_FAIL_PLAIN, need_tls(s));
		return;
	}
	memcpy(s->name, name.p, name.n);
	s->name_n = name.n;
	pop3_ok(s, out, "now PASS, please");
}

static enum pop_server_event
cmd_pass(struct pop_server *s, struct pop_span secret, struct pop_out *out,
    struct pop_server_info *info_r)
{
	if (!capa_clear_ok(s)) {
		pop3_err(s, out, POP_FAIL_PLAIN, need_tls(s));
		return POP_SERVER_MORE;
	}
	if (s->name_n == 0) {
		pop3_bad(s, out, "USER must come right before PASS");
		return POP_SERVER_MORE;
	}
	info_r->name = span_of(s->name, s->name_n);
	info_r->secret = secret;
	return ask(s, WAIT_PASS, POP_SERVER_PASS);
}

static enum pop_server_event
cmd_apop(struct pop_server *s, const struct verb_call *call,
    struct pop_out *out, struct pop_server_info *info_r)
{
	if (!s->has_apop) {
		pop3_bad(s, out, "APOP is not offered here");
		return POP_SERVER_MORE;
	}
	info_r->name = call->word[0];
	info_r->secret = call->word[1];
	return ask(s, WAIT_APOP, POP_SERVER_APOP);
}

/* Strict base64 into info->data; "=" alone stands for no octets at all in an
 * initial response only (RFC 5034 section 4). */
static int
take_data(struct pop_span text, struct pop_server_info *info)
{
	size_t n;

	if (base64_decode(NULL, &n, text) != 0)
		return -1;
	info->data = text;
	info->has_data = 1;
	return 0;
}

/* Whether AUTH may be used with `name` now; *mechanism_r is its name in the
 * configuration. */
static bool
find_mechanism(const struct pop_server *s, struct pop_span name,
    struct pop_span *mechanism_r)
{
	struct pop_span list = capa_mechanisms(s);

	while (capa_next_mechanism(s, &list, mechanism_r))
		if (span_eq_nocase(name, *mechanism_r))
			return true;
	return false;
}

static enum pop_server_event
cmd_auth(struct pop_server *s, const struct verb_call *call,
    struct pop_out *out, struct pop_server_info *info_r)
{
	if (call->words == 0) {
		capa_write_mechanisms(s, out);
		return POP_SERVER_MORE;
	}
	if (!find_mechanism(s, call->word[0], &info_r->mechanism)) {
		if (sasl_is_clear(call->word[0]) && !capa_clear_ok(s))
			pop3_err(s, out, POP_FAIL_PLAIN, need_tls(s));
		else
			pop3_bad(s, out, "this mechanism is not offered");
		return POP_SERVER_MORE;
	}
	if (call->words == 2) {
		struct pop_span ir = call->word[1];

		if (span_eq(ir, span_of("=", 1)))
			ir.n = 0;
		if (take_data(ir, info_r) != 0) {
			pop3_bad(s, out, "the response is not base64");
			return POP_SERVER_MORE;
		}
	}
	return ask(s, WAIT_SASL, POP_SERVER_SASL);
}

enum pop_server_event
pop3_auth_cancel(struct pop_server *s, const char *text, struct pop_out *out)
{
	s->in_sasl = 0;
	pop3_err(s, out, POP_FAIL_PLAIN, text);
	count_failure(s);
	return POP_SERVER_SASL_CANCEL;
}

enum pop_server_event
pop3_auth_line(struct pop_server *s, struct pop_span line,
    struct pop_out *out, struct pop_server_info *info_r)
{
	memset(info_r, 0, sizeof(*info_r));
	if (span_eq(line, span_of("*", 1)))
		return pop3_auth_cancel(s, "as you wish: cancelled", out);
	if (take_data(line, info_r) != 0)
		return pop3_auth_cancel(s, "the response is not base64", out);
	s->in_sasl = 0;
	return ask(s, WAIT_SASL, POP_SERVER_SASL_DATA);
}

/*
 * Octets behind STLS were put there before anybody could encrypt: by a client
 * that did not wait, or by somebody in between who wants them run inside TLS
 * (RFC 2595 section 4).  They are never looked at.
 */
static enum pop_server_event
cmd_stls(struct pop_server *s, const struct pop_span *in,
    struct pop_out *out)
{
	if (s->tls) {
		pop3_bad(s, out, "we are encrypted already");
		return POP_SERVER_MORE;
	}
	if ((s->config->flags & POP_SERVER_HAS_TLS) == 0) {
		pop3_bad(s, out, "encryption is not available");
		return POP_SERVER_MORE;
	}
	if (in->n > 0) {
		pop3_err(s, out, POP_FAIL_PLAIN,
		    "nothing may follow STLS before the handshake");
		s->closing = 1;
		return POP_SERVER_MORE;
	}
	pop3_ok(s, out, "begin TLS now");
	return ask(s, WAIT_TLS, POP_SERVER_TLS);
}

enum pop_server_event
pop3_auth_command(struct pop_server *s, const struct verb_call *call,
    const struct pop_span *in, struct pop_out *out,
    struct pop_server_info *info_r)
{
	memset(info_r, 0, sizeof(*info_r));
	switch (call->verb->id) {
	case VERB_APOP:
		return cmd_apop(s, call, out, info_r);
	case VERB_AUTH:
		return cmd_auth(s, call, out, info_r);
	case VERB_CAPA:
		capa_write(s, out);
		break;
	case VERB_PASS:
		return cmd_pass(s, call->word[0], out, info_r);
	case VERB_QUIT:
		pop3_ok(s, out, "goodbye");
		s->closing = 1;
		break;
	case VERB_STLS:
		return cmd_stls(s, in, out);
	case VERB_USER:
		cmd_user(s, call->word[0], out);
		break;
	case VERB_DELE:
	case VERB_LAST:
	case VERB_LIST:
	case VERB_NOOP:
	case VERB_RETR:
	case VERB_RSET:
	case VERB_STAT:
	case VERB_TOP:
	case VERB_UIDL:
	case VERB_UTF8:
		/* the verb table keeps them out */
		break;
	}
	return POP_SERVER_MORE;
}

static bool
waits_for_login(const struct pop_server *s)
{
	return s->wait == WAIT_PASS || s->wait == WAIT_APOP ||
	    s->wait == WAIT_SASL;
}

/* The name stays in memory no longer than it is needed. */
static void
end_login(struct pop_server *s)
{
	s->wait = WAIT_NOTHING;
	memset(s->name, 0, sizeof(s->name));
	s->name_n = 0;
}

void
pop_server_auth_ok(struct pop_server *s, const struct pop_listing *listing,
    struct pop_out *out)
{
	if (!waits_for_login(s))
		return;
	end_login(s);
	pop3_drop_open(s, listing, out);
}

void
pop_server_auth_failed(struct pop_server *s, enum pop_failure code,
    const char *text, struct pop_out *out)
{
	if (!waits_for_login(s))
		return;
	end_login(s);
	pop3_err(s, out, code, text);
	count_failure(s);
}

int
pop_server_sasl_challenge(struct pop_server *s, struct pop_span challenge,
    struct pop_out *out)
{
	/* BASE64_ENCODED must not wrap round */
	if (s->wait != WAIT_SASL || challenge.n > put_room(out) ||
	    BASE64_ENCODED(challenge.n) + 4 > put_room(out))
		return -1;
	put_str(out, "+ ");
	out->n += base64_encode(out->p + out->n, challenge.p, challenge.n);
	put_str(out, "\r\n");
	s->wait = WAIT_NOTHING;
	s->in_sasl = 1;
	return 0;
}

void
pop_server_tls_started(struct pop_server *s)
{
	if (s->wait != WAIT_TLS)
		return;
	end_login(s);
	s->tls = 1;
	s->bad = 0;
	s->line = (struct line){ 0 };
}
