/* SPDX-License-Identifier: ISC
 *
 * pop3_client: the POP3 client machine.  It matches what a server says with
 * what was asked, in order, and believes nothing of it: lengths, numbers and
 * status are checked, and a server that says something nobody asked for is
 * not listened to any longer.
 */
#include "proto/pop3_client.h"

#include "base/base64.h"
#include "proto/capa_read.h"
#include "proto/put.h"
#include "proto/resp_read.h"

size_t
pop_client_size(void)
{
	return sizeof(struct pop_client);
}

struct pop_client *
pop_client_init(void *mem, const struct pop_client_config *config, int tls_on)
{
	struct pop_client *c = mem;

	memset(c, 0, sizeof(*c));
	c->config = config;
	c->tls = tls_on != 0;
	c->states = IN_AUTHORIZATION;
	return c;
}

size_t
pop_client_line_max(const struct pop_client *c)
{
	return c->alone ? POP_SASL_MAX : POP_CLIENT_LINE_MAX;
}

unsigned
pop_client_under_way(const struct pop_client *c)
{
	return c->n;
}

const struct pop_capa *
pop_client_capa(const struct pop_client *c)
{
	return &c->capa;
}

int
pop_client_logged_in(const struct pop_client *c)
{
	return c->logged_in;
}

void
pop_client_tls_started(struct pop_client *c)
{
	if (c->mode != CLIENT_TLS)
		return;
	c->tls = 1;
	c->mode = CLIENT_REPLY;
	c->line = (struct line){ 0 };
	memset(&c->capa, 0, sizeof(c->capa));
}

static enum pop_client_event
fail(struct pop_client *c, enum pop_client_error error, struct pop_span text,
    struct pop_client_info *info_r)
{
	c->mode = CLIENT_BROKEN;
	c->error = error;
	info_r->error = error;
	info_r->text = text;
	return POP_CLIENT_ERROR;
}

static const struct client_asked *
asked(const struct pop_client *c)
{
	return &c->ring[c->head];
}

/* The command at the head of the ring has its whole answer. */
static void
answered(struct pop_client *c)
{
	c->head = (c->head + 1) % POP_CLIENT_UNDER_WAY_MAX;
	c->n--;
	c->alone = 0;
	if (c->mode != CLIENT_CLOSED)
		c->mode = CLIENT_REPLY;
}

static enum pop_client_event
take_greeting(struct pop_client *c, struct pop_span line,
    struct pop_client_info *info_r)
{
	int ok = resp_status(line, &info_r->text);

	if (ok < 0)
		return fail(c, POP_CLIENT_E_STATUS, line, info_r);
	info_r->ok = ok;
	if (ok)
		info_r->stamp = resp_stamp(info_r->text);
	c->has_stamp = info_r->stamp.n > 0;
	info_r->code = resp_code(&info_r->text);
	c->mode = ok ? CLIENT_REPLY : CLIENT_CLOSED;
	return POP_CLIENT_GREETING;
}

/* A line of an exchange that begins with "+ ", or "+" alone, which some
 * servers send for an empty challenge. */
static bool
is_challenge(const struct pop_client *c, struct pop_span line)
{
	return c->alone && asked(c)->command == POP_CMD_AUTH && line.n > 0 &&
	    line.p[0] == '+' && (line.n == 1 || line.p[1] == ' ');
}

static enum pop_client_event
take_challenge(struct pop_client *c, struct pop_span line,
    struct pop_out *out, struct pop_client_info *info_r)
{
	struct pop_span data = line;
	size_t n;

	if (c->cancelled)
		return fail(c, POP_CLIENT_E_STATUS, line, info_r);
	span_skip(&data, line.n == 1 ? 1 : 2);
	if (base64_decode(NULL, &n, data) == 0) {
		info_r->data = data;
		c->mode = CLIENT_CHALLENGED;
		return POP_CLIENT_CHALLENGE;
	}
	put_str(out, "*\r\n");
	c->cancelled = 1;
	info_r->error = POP_CLIENT_E_CHALLENGE;
	info_r->text = line;
	return POP_CLIENT_BAD;
}

static void
logged_in(struct pop_client *c)
{
	c->logged_in = 1;
	if (c->states == IN_AUTHORIZATION)
		c->states = IN_TRANSACTION;
}

static enum pop_client_event
take_ok(struct pop_client *c, const struct pop_span *in,
    struct pop_client_info *info_r)
{
	enum pop_command command = info_r->command;

	if (asked(c)->lines) {
		bool body = command == POP_CMD_RETR || command == POP_CMD_TOP;

		c->mode = body ? CLIENT_BODY : CLIENT_ROWS;
		c->octets = 0;
		pop_unstuff_init(&c->unstuff);
		if (command == POP_CMD_CAPA)
			memset(&c->capa, 0, sizeof(c->capa));
		return POP_CLIENT_BEGIN;
	}
	if (command == POP_CMD_AUTH && c->cancelled)
		return fail(c, POP_CLIENT_E_CANCEL, info_r->text, info_r);
	if (command == POP_CMD_PASS || command == POP_CMD_APOP ||
	    command == POP_CMD_AUTH)
		logged_in(c);
	if (command == POP_CMD_QUIT)
		c->mode = CLIENT_CLOSED;
	answered(c);
	if (command != POP_CMD_STLS)
		return client_read_reply(command, info_r->text, info_r);
	/* written before anybody could encrypt (RFC 2595 section 4) */
	if (in->n > 0)
		return fail(c, POP_CLIENT_E_STLS, *in, info_r);
	c->mode = CLIENT_TLS;
	return POP_CLIENT_TLS;
}

static enum pop_client_event
take_err(struct pop_client *c, struct pop_client_info *info_r)
{
	enum pop_command command = info_r->command;

	info_r->code = resp_code(&info_r->text);
	if (command == POP_CMD_CAPA) {
		memset(&c->capa, 0, sizeof(c->capa));
		c->capa.known = -1;
	}
	if ((command == POP_CMD_PASS || command == POP_CMD_APOP) &&
	    c->states == IN_TRANSACTION)
		c->states = IN_AUTHORIZATION;
	if (command == POP_CMD_QUIT)
		c->mode = CLIENT_CLOSED;
	answered(c);
	return POP_CLIENT_REPLY;
}

static enum pop_client_event
take_status(struct pop_client *c, struct pop_span line,
    const struct pop_span *in, struct pop_out *out,
    struct pop_client_info *info_r)
{
	int ok;

	if (c->n == 0)
		return fail(c, POP_CLIENT_E_UNASKED, line, info_r);
	if (is_challenge(c, line))
		return take_challenge(c, line, out, info_r);
	ok = resp_status(line, &info_r->text);
	if (ok < 0)
		return fail(c, POP_CLIENT_E_STATUS, line, info_r);
	info_r->ok = ok;
	return ok ? take_ok(c, in, info_r) : take_err(c, info_r);
}

static enum pop_client_event
take_row(struct pop_client *c, struct pop_span line,
    struct pop_client_info *info_r)
{
	info_r->ok = 1;
	if (line.n == 1 && line.p[0] == '.') {
		if (info_r->command == POP_CMD_CAPA)
			c->capa.known = 1;
		answered(c);
		return POP_CLIENT_END;
	}
	if (line.n > 0 && line.p[0] == '.')
		span_skip(&line, 1);
	if (info_r->command == POP_CMD_CAPA)
		capa_read(&c->capa, line);
	return client_read_row(info_r->command, line, info_r);
}

static enum pop_client_event
take_body(struct pop_client *c, struct pop_span *in,
    struct pop_client_info *info_r)
{
	info_r->ok = 1;
	while (in->n > 0) {
		int end = pop_unstuff(&c->unstuff, in, &info_r->piece);

		c->octets += info_r->piece.n;
		if (end) {
			info_r->octets = c->octets;
			answered(c);
			return POP_CLIENT_END;
		}
		if (info_r->piece.n > 0)
			return POP_CLIENT_PIECE;
	}
	return POP_CLIENT_MORE;
}

static enum pop_client_event
take_line(struct pop_client *c, struct pop_span *in, struct pop_out *out,
    struct pop_client_info *info_r)
{
	enum line_result how;
	struct pop_span line;

	/* a challenge that is none must be cancelled */
	if (c->alone && put_room(out) < 3)
		return POP_CLIENT_FULL;
	how = line_take(&c->line, in, pop_client_line_max(c), &line);
	if (c->line.skipped > 0 || how == LINE_LONG || how == LINE_FLOOD)
		return fail(c, POP_CLIENT_E_LONG, span_of("", 0), info_r);
	if (how == LINE_MORE)
		return POP_CLIENT_MORE;
	if (c->mode == CLIENT_GREETING)
		return take_greeting(c, line, info_r);
	if (c->mode == CLIENT_ROWS)
		return take_row(c, line, info_r);
	return take_status(c, line, in, out, info_r);
}

enum pop_client_event
pop_client_step(struct pop_client *c, struct pop_span *in,
    struct pop_out *out, struct pop_client_info *info_r)
{
	memset(info_r, 0, sizeof(*info_r));
	if (c->n > 0) {
		info_r->command = (enum pop_command)asked(c)->command;
		info_r->number = asked(c)->number;
	}
	switch (c->mode) {
	case CLIENT_GREETING:
	case CLIENT_REPLY:
	case CLIENT_ROWS:
		return take_line(c, in, out, info_r);
	case CLIENT_BODY:
		return take_body(c, in, info_r);
	case CLIENT_CHALLENGED:
		return POP_CLIENT_WAIT;
	case CLIENT_TLS:
		if (in->n > 0)
			return fail(c, POP_CLIENT_E_STLS, *in, info_r);
		return POP_CLIENT_WAIT;
	case CLIENT_BROKEN:
		info_r->error = c->error;
		return POP_CLIENT_ERROR;
	case CLIENT_CLOSED:
		return POP_CLIENT_CLOSE;
	}
	return POP_CLIENT_ERROR;
}
