/* SPDX-License-Identifier: ISC
 *
 * login_exchange: the messages of one SASL exchange, decoded: libgsasl's for
 * the mechanisms it knows, ours for tokens.  Checks what libgsasl does not:
 * the rounds of hashing that a server may ask for, its e= errors, and that it
 * stops asking.  Knows no POP3.
 *
 * libgsasl 2.2 cannot say "y" in SCRAM ("I could bind, but you do not offer
 * it"): without -PLUS it says "n".
 */
#include <gsasl.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/num.h"
#include "client/login_internal.h"

enum {
	/* RFC 5802 section 9: a server could keep us busy for hours (C-23) */
	SCRAM_ROUNDS_MAX = 1000 * 1000,	/* about a second of ours */
	STEPS_MAX = 5		/* SCRAM has three */
};

static const char strange_characters[] = "the name or the password has "
	"characters that this mechanism does not allow";

/* ---- libgsasl ---- */

/* Property values are libgsasl's own memory, which it does not wipe. */
static void
wipe_property(Gsasl_session *session, Gsasl_property property)
{
	const char *p = gsasl_property_fast(session, property);
	union { const char *from; char *to; } u = { .from = p };

	if (p != NULL)
		buf_wipe_octets(u.to, strlen(p));
}

static int
set_binding(struct exchange *x)
{
	char text[BASE64_ENCODED(64) + 1];
	struct pop_span data;
	const char *name = "";

	if ((x->way->flags & WAY_BINDS) == 0)
		return 0;
	data = login_binding_of(x->world, &name);
	if (data.n == 0 || data.n > 64)
		return -1;
	text[base64_encode((unsigned char *)text, data.p, data.n)] = '\0';
	return gsasl_property_set(x->session, strcmp(name, "tls-unique") == 0
	    ? GSASL_CB_TLS_UNIQUE : GSASL_CB_TLS_EXPORTER, text) == GSASL_OK ?
	    0 : -1;
}

static int
set_properties(struct exchange *x)
{
	const struct secret *s = x->world->secret;

	if ((x->way->flags & WAY_NO_SECRET) != 0)
		return 0;
	if (gsasl_property_set(x->session, GSASL_AUTHID,
	    x->world->account->user) != GSASL_OK ||
	    gsasl_property_set_raw(x->session, GSASL_PASSWORD,
	    (const char *)s->value.p, s->value.n) != GSASL_OK)
		return -1;
	return set_binding(x);
}

/* libgsasl finds out in the middle of SCRAM, and then loses memory. */
static bool
is_preparable(struct exchange *x)
{
	char *prepared = NULL;
	int e;

	if ((x->way->flags & WAY_SCRAM) == 0)
		return true;
	e = gsasl_saslprep(gsasl_property_fast(x->session, GSASL_PASSWORD),
	    GSASL_ALLOW_UNASSIGNED, &prepared, NULL);
	if (prepared != NULL)
		buf_wipe_octets(prepared, strlen(prepared));
	gsasl_free(prepared);
	return e == GSASL_OK;
}

int
exchange_init(struct exchange *x, const struct login_way *way,
    const struct login_world *world)
{
	size_t secret = world->secret != NULL ? world->secret->value.n : 0;
	bool strange = false;

	*x = (struct exchange){ .way = way, .world = world };
	buf_init(&x->out, secret + strlen(world->account->user) * 3 +
	    strlen(world->account->server) + POP_SASL_MAX);
	buf_init(&x->idp, LOGIN_SAID_MAX / 2);
	if ((way->flags & WAY_TOKEN) != 0)
		return 0;
	if (gsasl_init(&x->gsasl) == GSASL_OK &&
	    gsasl_client_start(x->gsasl, way->name, &x->session) ==
	    GSASL_OK && set_properties(x) == 0) {
		if (is_preparable(x))
			return 0;
		strange = true;
	}
	exchange_done(x);
	x->fault = strange ? FAULT_SECRET : FAULT_NO_MECHANISM;
	x->why = strange ? strange_characters : "this mechanism cannot be "
	    "had here";
	return -1;
}

void
exchange_done(struct exchange *x)
{
	if (x->session != NULL) {
		wipe_property(x->session, GSASL_PASSWORD);
		wipe_property(x->session, GSASL_SCRAM_SALTED_PASSWORD);
		gsasl_finish(x->session);
	}
	if (x->gsasl != NULL)
		gsasl_done(x->gsasl);
	buf_wipe(&x->out);
	buf_wipe(&x->idp);
	*x = (struct exchange){ 0 };
}

static enum exchange_result
cancel(struct exchange *x, enum fault fault, const char *why)
{
	x->fault = fault;
	x->why = why;
	return EXCHANGE_CANCEL;
}

/* ---- SCRAM: what is looked at before libgsasl ---- */

/* The value of attribute `name` ("i") in "r=...,s=...,i=..."; false at its
 * end. */
static bool
next_attribute(struct pop_span *message, struct pop_span *one_r)
{
	const unsigned char *comma;

	if (message->n == 0)
		return false;
	comma = memchr(message->p, ',', message->n);
	*one_r = *message;
	if (comma != NULL)
		one_r->n = (size_t)(comma - message->p);
	span_skip(message, one_r->n + (comma != NULL ? 1 : 0));
	return true;
}

static bool
is_attribute(struct pop_span one, char name)
{
	return one.n >= 2 && one.p[0] == (unsigned char)name &&
	    one.p[1] == '=';
}

static bool
rounds_are_too_many(struct pop_span message)
{
	struct pop_span one;
	uint64_t rounds;

	while (next_attribute(&message, &one)) {
		if (!is_attribute(one, 'i'))
			continue;
		span_skip(&one, 2);
		if (num_parse_u64(one, SCRAM_ROUNDS_MAX, &rounds) != 0)
			return true;
	}
	return false;
}

/* RFC 5802 section 7, server-error-value */
static enum exchange_result
scram_refused(struct exchange *x, struct pop_span value)
{
	static const char *const about_us[] = { "invalid-proof",
		"unknown-user", "invalid-username-encoding" };

	for (size_t i = 0; i < sizeof(about_us) / sizeof(about_us[0]); i++)
		if (span_eq(value, span_str(about_us[i])))
			return cancel(x, FAULT_AUTH,
			    "the server did not accept name and password");
	if (span_eq(value, span_str("no-resources")))
		return cancel(x, FAULT_SERVER_TEMP,
		    "the server has no resources for this login");
	return cancel(x, FAULT_NO_MECHANISM,
	    "the server ended the SCRAM exchange with an error");
}

static enum exchange_result
check_scram(struct exchange *x, struct pop_span in)
{
	if (x->steps > 0 && is_attribute(in, 'e')) {
		span_skip(&in, 2);
		if (in.n > 0 && memchr(in.p, ',', in.n) != NULL)
			in.n = (size_t)((const unsigned char *)memchr(in.p,
			    ',', in.n) - in.p);
		return scram_refused(x, in);
	}
	if (x->steps == 1 && rounds_are_too_many(in))
		return cancel(x, FAULT_PROTOCOL, "the server asks for more "
		    "than a million rounds of hashing: it is broken, or "
		    "wants to keep this machine busy");
	return EXCHANGE_SEND;
}

/* ---- steps ---- */

static enum exchange_result
gsasl_failed(struct exchange *x, int error)
{
	bool scram = (x->way->flags & WAY_SCRAM) != 0;

	if (error == GSASL_MALLOC_ERROR)
		return cancel(x, FAULT_MEMORY, "out of memory");
	if (error == GSASL_SASLPREP_ERROR)
		return cancel(x, FAULT_SECRET, strange_characters);
	/* it has had our proof: what came back must be its own */
	if (scram && x->steps == 2)
		return EXCHANGE_FAKE;
	return cancel(x, FAULT_PROTOCOL, "the server sent something that is "
	    "no part of this exchange");
}

static enum exchange_result
gsasl_message(struct exchange *x, struct pop_span in)
{
	enum exchange_result result = EXCHANGE_SEND;
	char *out = NULL;
	size_t n = 0;
	int e;

	if ((x->way->flags & WAY_SCRAM) != 0)
		result = check_scram(x, in);
	if (result != EXCHANGE_SEND)
		return result;
	e = gsasl_step(x->session, (const char *)in.p, in.n, &out, &n);
	if (e != GSASL_OK && e != GSASL_NEEDS_MORE) {
		gsasl_free(out);
		return gsasl_failed(x, e);
	}
	if (buf_append(&x->out, out, n) != BUF_OK)
		result = cancel(x, FAULT_MEMORY, "out of memory");
	buf_wipe_octets(out, n);
	gsasl_free(out);
	x->complete = e == GSASL_OK;
	x->proved = x->complete ||
	    ((x->way->flags & WAY_SCRAM) != 0 && x->steps == 1);
	return result;
}

static enum exchange_result
oauth_step(struct exchange *x, struct pop_span in)
{
	if (x->steps == 0) {
		if (oauth_message(x->way, x->world, &x->out) != 0)
			return cancel(x, FAULT_MEMORY, "out of memory");
		x->proved = x->complete = true;
		return EXCHANGE_SEND;
	}
	/* a refusal, whose -ERR wants an answer first: 0x01 (RFC 7628 section
	 * 3.2.3), or nothing to XOAUTH2 */
	x->complete = false;
	oauth_reason(in, &x->idp);
	if (x->way->name[0] == 'O' && buf_append(&x->out, "\001", 1) !=
	    BUF_OK)
		return cancel(x, FAULT_MEMORY, "out of memory");
	return EXCHANGE_SEND;
}

enum exchange_result
exchange_step(struct exchange *x, struct pop_span in)
{
	bool token = (x->way->flags & WAY_TOKEN) != 0;
	enum exchange_result result;

	buf_wipe_octets(x->out.p, x->out.n);
	x->out.n = 0;
	/* whatever it wants, it has had all there is */
	if ((x->complete && !token) || x->steps >= (token ? 2 : STEPS_MAX)) {
		x->complete = false;
		return cancel(x, FAULT_PROTOCOL, "the server asks for more "
		    "than this exchange has");
	}
	result = token ? oauth_step(x, in) : gsasl_message(x, in);
	x->steps++;
	return result;
}
