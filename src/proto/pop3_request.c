/* SPDX-License-Identifier: ISC
 *
 * pop3_request: commands of the client machine.  Whatever would put an octet
 * on the wire that ends a line early, a secret on a wire that is open, or more
 * commands on the way than can be answered is refused here, before anything
 * is written.
 */
#include "proto/pop3_client.h"

#include "base/base64.h"
#include "proto/put.h"
#include "proto/sasl.h"

enum { PIPELINE_MAX = 32 };

_Static_assert(POP_CMD_APOP == (int)VERB_APOP + 1 &&
    POP_CMD_UTF8 == (int)VERB_UTF8 + 1,
    "enum pop_command is enum verb_id behind NONE");

const struct verb *
client_verb(enum pop_command command)
{
	return verb_get((enum verb_id)(command - 1));
}

/* AUTH with a mechanism, not the question for a list */
static bool
is_auth(const struct pop_request *r)
{
	return r->command == POP_CMD_AUTH && r->arg[0].n > 0;
}

static bool
clean(struct pop_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == '\0')
			return false;
	return true;
}

static enum pop_send
check_state(const struct pop_client *c, const struct pop_request *r)
{
	if ((client_verb(r->command)->states & c->states) == 0 ||
	    (r->command == POP_CMD_STLS && c->tls) ||
	    (r->command == POP_CMD_APOP && !c->has_stamp))
		return POP_SEND_STATE;
	return POP_SEND_OK;
}

static enum pop_send
check_order(const struct pop_client *c, const struct pop_request *r)
{
	unsigned max = c->config->pipeline_max;
	bool alone = is_auth(r) || r->command == POP_CMD_STLS;

	if (max == 0)
		max = PIPELINE_MAX;
	if (max > POP_CLIENT_UNDER_WAY_MAX)
		max = POP_CLIENT_UNDER_WAY_MAX;
	if ((c->capa.has & POP_CAPA_PIPELINING) == 0 &&
	    (c->config->flags & POP_CLIENT_PIPELINE) == 0)
		max = 1;
	if (c->mode == CLIENT_GREETING || c->mode == CLIENT_TLS ||
	    c->alone || c->n >= max || (alone && c->n > 0))
		return POP_SEND_BUSY;
	return POP_SEND_OK;
}

static enum pop_send
check_tls(const struct pop_client *c, const struct pop_request *r)
{
	bool secret = r->command == POP_CMD_USER || r->command == POP_CMD_PASS;
	bool login = secret || r->command == POP_CMD_APOP || is_auth(r);

	if (is_auth(r) && sasl_is_clear(r->arg[0]))
		secret = true;
	if (c->tls)
		return POP_SEND_OK;
	if ((login && (c->config->flags & POP_CLIENT_NEED_TLS) != 0) ||
	    (secret && (c->config->flags & POP_CLIENT_CLEAR_OK) == 0))
		return POP_SEND_NEED_TLS;
	return POP_SEND_OK;
}

static enum pop_send
check_arguments(const struct pop_request *r)
{
	enum verb_args args = client_verb(r->command)->args;
	bool number = args == ARGS_NUMBER || args == ARGS_NUMBER_LINES;

	if (number && r->number == 0)
		return POP_SEND_ARGUMENT;
	if ((args == ARGS_WORD || args == ARGS_WORD_WORD) &&
	    (r->arg[0].n == 0 || !clean(r->arg[0])))
		return POP_SEND_ARGUMENT;
	if (args == ARGS_WORD_WORD && (r->arg[1].n == 0 || !clean(r->arg[1])))
		return POP_SEND_ARGUMENT;
	if (args == ARGS_REST && !clean(r->arg[0]))
		return POP_SEND_ARGUMENT;
	if (is_auth(r) && !sasl_is_name(r->arg[0]))
		return POP_SEND_ARGUMENT;
	return POP_SEND_OK;
}

/* The initial response, when it fits into 255 octets (RFC 5034 section 4) and
 * the server announced SASL (a server of RFC 1734 knows of none). */
static enum pop_send
put_response(const struct pop_client *c, const struct pop_request *r,
    struct pop_out *text)
{
	if (!r->has_response)
		return POP_SEND_OK;
	if ((c->capa.has & POP_CAPA_SASL) == 0 ||
	    r->arg[1].n > POP_COMMAND_MAX ||
	    text->n + 1 + BASE64_ENCODED(r->arg[1].n) + 2 > POP_COMMAND_MAX)
		return POP_SEND_NO_RESPONSE;
	put_str(text, r->arg[1].n > 0 ? " " : " =");
	text->n += base64_encode(text->p + text->n, r->arg[1].p,
	    r->arg[1].n);
	return POP_SEND_OK;
}

static enum pop_send
put_command(const struct pop_client *c, const struct pop_request *r,
    struct pop_out *text)
{
	const struct verb *verb = client_verb(r->command);
	unsigned words = 0;

	put_str(text, verb->name);
	switch (verb->args) {
	case ARGS_NONE:
		break;
	case ARGS_NUMBER:
	case ARGS_MAYBE_NUMBER:
	case ARGS_NUMBER_LINES:
		if (r->number == 0)
			break;
		put_str(text, " ");
		put_u64(text, r->number);
		if (verb->args != ARGS_NUMBER_LINES)
			break;
		put_str(text, " ");
		put_u64(text, r->lines);
		break;
	case ARGS_REST:
	case ARGS_WORD:
		words = 1;
		break;
	case ARGS_WORD_WORD:
		words = 2;
		break;
	case ARGS_UP_TO_TWO:
		words = is_auth(r);
		break;
	}
	for (unsigned i = 0; i < words; i++) {
		put_str(text, " ");
		put_octets(text, r->arg[i]);
	}
	return is_auth(r) ? put_response(c, r, text) : POP_SEND_OK;
}

static void
remember(struct pop_client *c, const struct pop_request *r)
{
	const struct verb *verb = client_verb(r->command);
	struct client_asked *a =
	    &c->ring[(c->head + c->n++) % POP_CLIENT_UNDER_WAY_MAX];
	bool bare = r->number == 0 && r->arg[0].n == 0;

	a->command = (unsigned char)r->command;
	a->number = r->number;
	a->lines = verb->reply == REPLY_LINES ||
	    (verb->reply == REPLY_LINES_BARE && bare);
	if (r->command == POP_CMD_PASS || r->command == POP_CMD_APOP)
		c->states = IN_TRANSACTION;
	if (r->command == POP_CMD_QUIT)
		c->states = 0;
	c->alone = is_auth(r) || r->command == POP_CMD_STLS;
	c->cancelled = 0;
}

/* All that is checked before a command is written: POP_SEND_OK or why not. */
static enum pop_send
check(const struct pop_client *c, const struct pop_request *r)
{
	enum pop_send e;

	if (r->command <= POP_CMD_NONE || r->command > POP_CMD_UTF8)
		return POP_SEND_ARGUMENT;
	if (c->mode == CLIENT_BROKEN || c->mode == CLIENT_CLOSED)
		return POP_SEND_STATE;
	e = check_order(c, r);
	if (e == POP_SEND_OK)
		e = check_state(c, r);
	if (e == POP_SEND_OK)
		e = check_tls(c, r);
	if (e == POP_SEND_OK)
		e = check_arguments(r);
	return e;
}

enum pop_send
pop_client_send(struct pop_client *c, const struct pop_request *request,
    struct pop_out *out)
{
	/* one octet more than a command may have, to see that it has */
	unsigned char room[POP_COMMAND_MAX + 1];
	struct pop_out text = { room, 0, sizeof(room) };
	enum pop_send e = check(c, request);

	if (e != POP_SEND_OK)
		return e;
	e = put_command(c, request, &text);
	if (text.n + 2 > POP_COMMAND_MAX) {
		e = POP_SEND_ARGUMENT;
	} else if (text.n + 2 > put_room(out)) {
		e = POP_SEND_FULL;
	} else {
		put_octets(out, put_span(&text));
		put_str(out, "\r\n");
		remember(c, request);
	}
	explicit_bzero(room, sizeof(room));
	return e;
}

enum pop_send
pop_client_respond(struct pop_client *c, struct pop_span response,
    struct pop_out *out)
{
	if (c->mode != CLIENT_CHALLENGED)
		return POP_SEND_STATE;
	/* BASE64_ENCODED must not wrap round */
	if (response.n > put_room(out) ||
	    BASE64_ENCODED(response.n) + 2 > put_room(out))
		return POP_SEND_FULL;
	out->n += base64_encode(out->p + out->n, response.p, response.n);
	put_str(out, "\r\n");
	c->mode = CLIENT_REPLY;
	return POP_SEND_OK;
}

enum pop_send
pop_client_cancel(struct pop_client *c, struct pop_out *out)
{
	if (c->mode != CLIENT_CHALLENGED)
		return POP_SEND_STATE;
	if (put_room(out) < 3)
		return POP_SEND_FULL;
	put_str(out, "*\r\n");
	c->cancelled = 1;
	c->mode = CLIENT_REPLY;
	return POP_SEND_OK;
}
