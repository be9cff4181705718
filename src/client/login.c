/* SPDX-License-Identifier: ISC
 *
 * login: the dialogue.  Tries one way after the other until one is accepted,
 * one is refused for a reason that the next would meet too, or none is left.
 *
 * Invariants:
 * - An acceptance counts only when the exchange was complete: with SCRAM the
 *   server has then proved that it knows the password (C-22, C24).
 * - Without TLS nothing that a listener can read follows something that he
 *   could not: whoever can refuse for the server would choose the way (C02).
 * - What is sent went through pop_client, which refuses CR, LF and NUL (C-32);
 *   it is refused here already, with a better sentence.
 *
 * Names and passwords go out as the octets they are.  RFC 6856 allows UTF-8 in
 * USER and PASS only behind "UTF8 USER", but servers without that compare
 * octets, and a password that is refused here would work with any other
 * client; SASL mechanisms are UTF-8 anyway.
 */
#include "client/login.h"

#include <stdlib.h>

#include "base/base64.h"
#include "client/login_internal.h"

enum {
	PASS_MAX = POP_COMMAND_MAX - (int)sizeof("PASS \r\n") + 1
};

struct login {
	struct login_world world;
	const struct login_way *ways[LOGIN_WAYS];
	size_t nways, at;
	bool in_exchange;
	struct exchange exchange;
	bool first_pending;	/* exchange.out waits for a challenge */
	bool cancelled;		/* a -ERR comes, `fault` is set */
	bool hidden_tried;	/* something that no listener can read */
	bool no_verifier;	/* the server seems to keep only a hash */
	bool pass_sent;
	bool user_refused;	/* with `fault` and `said` */
	enum fault fault;
	const char *why;
	struct buf said;
};

static enum login_step next_way(struct login *l, struct pop_client *c,
    struct pop_out *out);

struct login *
login_new(const struct login_world *world)
{
	struct login *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->world = *world;
	buf_init(&l->said, LOGIN_SAID_MAX);
	return l;
}

static void
end_exchange(struct login *l)
{
	if (l->in_exchange)
		exchange_done(&l->exchange);
	l->in_exchange = false;
	l->first_pending = false;
}

void
login_free(struct login *l)
{
	if (l == NULL)
		return;
	end_exchange(l);
	buf_release(&l->said);
	free(l);
}

const char *
login_mechanism(const struct login *l)
{
	return l->at < l->nways ? l->ways[l->at]->name : "";
}

enum fault
login_fault(const struct login *l, const char **why_r,
    struct pop_span *server_said_r)
{
	*why_r = l->why != NULL ? l->why : "";
	*server_said_r = buf_span(&l->said);
	return l->fault;
}

/* ---- how it ends --------------------------------------------------------- */

static void
keep_said(struct login *l, struct pop_span text)
{
	size_t room;

	if (text.n == 0)
		return;
	/* behind the identity provider's reason */
	if (l->said.n > 0 && buf_append_str(&l->said, "; ") != BUF_OK)
		return;
	room = l->said.max - l->said.n;
	if (buf_append(&l->said, text.p, text.n < room ? text.n : room) !=
	    BUF_OK)
		l->said.n = 0;	/* no memory: a worse message */
}

static enum login_step
failed(struct login *l, enum fault fault, const char *why)
{
	end_exchange(l);
	l->fault = fault;
	l->why = why;
	return LOGIN_FAILED;
}

/* A person can type another one, a command can get a newer token.  A password
 * that a command or a file gave would be the same again, and each refusal
 * brings the account nearer to being locked. */
static bool
may_get_another(const struct login *l)
{
	const struct secret *s = l->world.secret;
	bool token = (l->ways[l->at]->flags & WAY_TOKEN) != 0;

	return s != NULL && s->fresh && !s->again && (token || s->typed);
}

static enum login_step
refused_finally(struct login *l, enum fault fault)
{
	bool token = (l->ways[l->at]->flags & WAY_TOKEN) != 0;
	enum login_step step;

	step = failed(l, fault, fault == FAULT_AUTH && token ?
	    "the server did not accept the token" : login_refusal_words(fault));
	return fault == FAULT_AUTH && may_get_another(l) ? LOGIN_AGAIN : step;
}

/* Would the next way make sense after this refusal? */
static bool
is_about_the_way(const struct login *l, enum fault fault)
{
	const struct login_way *way = l->ways[l->at];
	/* what still waits for a challenge was not sent */
	bool proved = (way->flags & WAY_SASL) != 0 ?
	    l->exchange.proved && !l->first_pending :
	    l->pass_sent || (way->flags & WAY_GUESSABLE) != 0;

	if (fault == FAULT_NO_MECHANISM)
		return true;
	if (fault != FAULT_AUTH && fault != FAULT_WANTS_OAUTH)
		return false;
	/* a server that keeps only hashes greets with a stamp all the same */
	if (l->world.tls && strcmp(way->name, "APOP") == 0)
		return true;
	return !proved;
}

/* Microsoft's services offer PLAIN and USER, and refuse every password. */
static enum fault
known_better(const struct login *l, const struct pop_client *c,
    enum fault fault)
{
	const struct login_way *way = l->ways[l->at];

	if (fault == FAULT_AUTH && (way->flags & WAY_TOKEN) == 0 &&
	    login_is_microsoft(&l->world) &&
	    pop_capa_mechanism(pop_client_capa(c), "XOAUTH2"))
		return FAULT_WANTS_OAUTH;
	return fault;
}

static enum login_step
refused(struct login *l, enum fault fault, struct pop_client *c,
    struct pop_out *out)
{
	bool go_on = is_about_the_way(l, fault);
	size_t was = l->at;
	enum login_step step;

	fault = known_better(l, c, fault);
	if (!go_on)
		return refused_finally(l, fault);
	end_exchange(l);
	l->fault = fault;
	/* SCRAM that ends before it began: Dovecot offers it to all, and has
	 * what it needs for some.  CRAM-MD5 would need even more. */
	if (fault == FAULT_AUTH && (l->ways[was]->flags & WAY_SCRAM) != 0)
		l->no_verifier = true;
	step = next_way(l, c, out);
	if (l->at < l->nways)
		return step;
	l->at = was;	/* it was the last one */
	return refused_finally(l, fault);
}

/* ---- SASL ---------------------------------------------------------------- */

static enum login_step
cancel(struct login *l, struct pop_client *c, struct pop_out *out)
{
	l->fault = l->exchange.fault;
	l->why = l->exchange.why;
	l->cancelled = true;
	if (pop_client_cancel(c, out) != POP_SEND_OK)
		return failed(l, l->fault, l->why);
	return LOGIN_GO_ON;
}

static enum login_step
respond(struct login *l, struct pop_client *c, struct pop_out *out)
{
	if (pop_client_respond(c, buf_span(&l->exchange.out), out) ==
	    POP_SEND_OK)
		return LOGIN_GO_ON;
	(void)cancel(l, c, out);
	return failed(l, FAULT_SECRET, "the password or token is too long to "
	    "be sent");
}

static enum login_step
step_exchange(struct login *l, struct pop_span in, struct pop_client *c,
    struct pop_out *out)
{
	switch (exchange_step(&l->exchange, in)) {
	case EXCHANGE_SEND:
		keep_said(l, buf_span(&l->exchange.idp));
		l->exchange.idp.n = 0;
		return respond(l, c, out);
	case EXCHANGE_CANCEL:
		return cancel(l, c, out);
	case EXCHANGE_FAKE:
		break;
	}
	return failed(l, FAULT_SERVER_FAKE, "the server did not prove that it "
	    "knows the password: it is not the one it claims to be");
}

static enum login_step
on_challenge(struct login *l, struct pop_span data, struct pop_client *c,
    struct pop_out *out)
{
	enum login_step step;
	struct buf in;
	size_t n;

	if (!l->in_exchange)
		return failed(l, FAULT_PROTOCOL, "a challenge that belongs to "
		    "nothing");
	if (l->first_pending) {
		/* whatever is in it: this one only asks us to begin */
		l->first_pending = false;
		return respond(l, c, out);
	}
	buf_init(&in, BASE64_DECODED(data.n) + 1);
	if (buf_reserve(&in, BASE64_DECODED(data.n) + 1) != BUF_OK)
		return failed(l, FAULT_MEMORY, "out of memory");
	/* the machine has looked at it already */
	if (base64_decode(in.p, &n, data) != 0)
		n = 0;
	in.n = n;
	step = step_exchange(l, buf_span(&in), c, out);
	buf_wipe(&in);
	return step;
}

/* false: this way is not open to us, and nothing was sent */
static bool
start_exchange(struct login *l, const struct login_way *way,
    struct pop_client *c, struct pop_out *out)
{
	struct pop_request r = { .command = POP_CMD_AUTH };
	enum pop_send sent;

	if (exchange_init(&l->exchange, way, &l->world) != 0) {
		l->fault = l->exchange.fault;
		l->why = l->exchange.why;
		return false;
	}
	l->in_exchange = true;
	if ((way->flags & WAY_FIRST) != 0) {
		if (exchange_step(&l->exchange, span_of(NULL, 0)) !=
		    EXCHANGE_SEND) {
			l->fault = l->exchange.fault;
			l->why = l->exchange.why;
			end_exchange(l);
			return false;
		}
		r.has_response = !login_is_microsoft(&l->world);
		r.arg[1] = buf_span(&l->exchange.out);
		l->first_pending = !r.has_response;
	}
	r.arg[0] = span_str(way->name);
	sent = pop_client_send(c, &r, out);
	if (sent == POP_SEND_NO_RESPONSE)
		l->first_pending = true;
	else if (sent != POP_SEND_OK)
		end_exchange(l);
	return l->in_exchange;
}

/* ---- APOP, USER and PASS ------------------------------------------------- */

static bool
start_apop(struct login *l, struct pop_client *c, struct pop_out *out)
{
	struct pop_request r = { .command = POP_CMD_APOP };
	char hex[LOGIN_APOP_HEX];

	if (login_apop(l->world.stamp, buf_span(&l->world.secret->value),
	    hex) != 0)
		return false;
	r.arg[0] = span_str(l->world.account->user);
	r.arg[1] = span_str(hex);
	return pop_client_send(c, &r, out) == POP_SEND_OK;
}

static enum pop_send
send_pass(struct login *l, struct pop_client *c, struct pop_out *out)
{
	struct pop_request r = { .command = POP_CMD_PASS };
	enum pop_send sent;

	r.arg[0] = buf_span(&l->world.secret->value);
	sent = pop_client_send(c, &r, out);
	l->pass_sent = sent == POP_SEND_OK;
	return sent;
}

/* Both in one write when the server takes that (RFC 2449 section 6.6). */
static bool
start_user(struct login *l, struct pop_client *c, struct pop_out *out)
{
	struct pop_request r = { .command = POP_CMD_USER };
	enum pop_send sent;

	r.arg[0] = span_str(l->world.account->user);
	if (l->world.secret->value.n > PASS_MAX) {
		l->fault = FAULT_SECRET;
		l->why = "the password is too long for the PASS command, and "
		    "the server offers no other way";
		return false;
	}
	if (pop_client_send(c, &r, out) != POP_SEND_OK)
		return false;
	sent = send_pass(l, c, out);
	return sent == POP_SEND_OK || sent == POP_SEND_BUSY;
}

static enum login_step
on_user(struct login *l, const struct pop_client_info *info,
    struct pop_client *c, struct pop_out *out)
{
	if (!info->ok) {
		keep_said(l, info->text);
		l->fault = login_refusal(info->code, info->text);
		l->user_refused = true;
		return l->pass_sent ? LOGIN_GO_ON :
		    refused(l, l->fault, c, out);
	}
	if (!l->pass_sent && send_pass(l, c, out) != POP_SEND_OK)
		return failed(l, FAULT_SECRET, "the password cannot be sent");
	return LOGIN_GO_ON;
}

/* ---- from one way to the next -------------------------------------------- */

static bool
start_way(struct login *l, const struct login_way *way, struct pop_client *c,
    struct pop_out *out)
{
	l->user_refused = l->pass_sent = l->cancelled = false;
	l->exchange.proved = false;
	if ((way->flags & WAY_SASL) != 0)
		return start_exchange(l, way, c, out);
	if (strcmp(way->name, "APOP") == 0)
		return start_apop(l, c, out);
	return start_user(l, c, out);
}

static bool
readable_left(const struct login *l)
{
	for (size_t i = l->at; i < l->nways; i++)
		if ((l->ways[i]->flags & WAY_READABLE) != 0)
			return true;
	return false;
}

/* With nothing left, `at` is nways and the step FAILED. */
static enum login_step
next_way(struct login *l, struct pop_client *c, struct pop_out *out)
{
	while (++l->at < l->nways) {
		const struct login_way *way = l->ways[l->at];
		bool readable = (way->flags & WAY_READABLE) != 0;

		if (readable && l->hidden_tried && !l->world.tls)
			continue;
		if (!readable && l->no_verifier && l->world.tls &&
		    readable_left(l))
			continue;
		if (!start_way(l, way, c, out))
			continue;
		l->hidden_tried = l->hidden_tried || !readable;
		l->said.n = 0;
		return LOGIN_GO_ON;
	}
	return LOGIN_FAILED;
}

enum login_step
login_start(struct login *l, struct pop_client *c, struct pop_out *out)
{
	const struct pop_capa *capa = pop_client_capa(c);
	const char *why = login_check_user(l->world.account->user);
	enum fault fault = FAULT_NONE;
	enum login_step step;

	if (why != NULL)
		return failed(l, FAULT_SECRET, why);
	l->nways = login_choose(&l->world, capa, l->ways, &fault, &why);
	if (l->nways == 0) {
		keep_said(l, span_str(capa->mechanisms));
		return failed(l, fault, why);
	}
	why = login_check_secret(l->world.secret, l->ways, l->nways);
	if (why != NULL)
		return failed(l, FAULT_SECRET, why);
	l->at = (size_t)-1;
	step = next_way(l, c, out);
	if (l->at < l->nways)
		return step;
	if (l->fault != FAULT_NONE)
		return failed(l, l->fault, l->why);
	return failed(l, FAULT_NO_MECHANISM, "no way of logging in that the "
	    "server takes can be used with this name and password");
}

static enum login_step
on_reply(struct login *l, const struct pop_client_info *info,
    struct pop_client *c, struct pop_out *out)
{
	const struct login_way *way = l->ways[l->at];

	if (info->command == POP_CMD_USER)
		return on_user(l, info, c, out);
	if (info->ok) {
		if ((way->flags & WAY_SASL) != 0 && (!l->exchange.complete ||
		    l->first_pending || l->cancelled))
			return failed(l, FAULT_SERVER_FAKE, "the server let "
			    "us in before it could know who we are, and "
			    "without proving who it is");
		end_exchange(l);
		return LOGIN_DONE;
	}
	/* to the second of a pair: what was said to the first counts */
	if (l->user_refused)
		return refused(l, l->fault, c, out);
	keep_said(l, info->text);
	if (!l->cancelled)
		return refused(l, login_refusal(info->code, info->text), c,
		    out);
	/* e=... says no more than -ERR; what we disliked ourselves is final */
	if (l->fault == FAULT_AUTH || l->fault == FAULT_NO_MECHANISM)
		return refused(l, l->fault, c, out);
	return failed(l, l->fault, l->why);
}

enum login_step
login_event(struct login *l, enum pop_client_event event,
    const struct pop_client_info *info, struct pop_client *c,
    struct pop_out *out)
{
	if (l->at >= l->nways)
		return LOGIN_FAILED;
	if (event == POP_CLIENT_CHALLENGE)
		return on_challenge(l, info->data, c, out);
	if (event == POP_CLIENT_REPLY)
		return on_reply(l, info, c, out);
	if (event == POP_CLIENT_BAD) {	/* the machine sent "*" (C-21) */
		l->fault = FAULT_PROTOCOL;
		l->why = "the server sent a challenge that is not base64";
		l->cancelled = true;
		keep_said(l, info->text);
	}
	return LOGIN_GO_ON;
}
