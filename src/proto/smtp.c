/* SPDX-License-Identifier: ISC
 *
 * smtp: the public face of the receiving machine for SMTP and LMTP: birth,
 * the step loop and the answers to its events.  Commands are in
 * smtp_command.c, message octets in smtp_message.c.
 */
#include "proto/smtp_machine.h"

#include "proto/put.h"

size_t
pop_smtp_size(void)
{
	return sizeof(struct pop_smtp);
}

static struct pop_smtp *
smtp_new(void *mem, const struct pop_smtp_config *config)
{
	struct pop_smtp *s = mem;

	memset(s, 0, sizeof(*s));
	s->config = config;
	s->phase = SMTP_START;
	s->mode = SMTP_IN_COMMAND;
	return s;
}

struct pop_smtp *
pop_smtp_init(void *mem, const struct pop_smtp_config *config, int tls_on,
    struct pop_out *out)
{
	struct pop_smtp *s = smtp_new(mem, config);
	const char *text = config->greeting;

	if (text == NULL)
		text = smtp_is_lmtp(s) ? "LMTP ready" : "ESMTP ready";
	s->tls_on = tls_on != 0;
	smtp_greet(out, 220, config->hostname, text);
	return s;
}

struct pop_smtp *
pop_smtp_init_refused(void *mem, const struct pop_smtp_config *config,
    unsigned code, const char *text, struct pop_out *out)
{
	struct pop_smtp *s = smtp_new(mem, config);

	smtp_greet(out, code, config->hostname, text);
	s->mode = SMTP_CLOSED;
	return s;
}

size_t
pop_smtp_line_max(const struct pop_smtp *s)
{
	(void)s;
	return SMTP_COMMAND_MAX;
}

static int
step_mode(struct pop_smtp *s, struct pop_span *in, struct pop_out *out,
    struct pop_smtp_info *info)
{
	switch (s->mode) {
	case SMTP_IN_COMMAND:
		return smtp_step_command(s, in, out, info);
	case SMTP_IN_TEXT:
		return smtp_step_text(s, in, info);
	case SMTP_IN_CHUNK:
		return smtp_step_chunk(s, in, out, info);
	case SMTP_AT_END:
		return smtp_step_end(s, out, info);
	case SMTP_REFUSING:
		return smtp_step_refusing(s, out);
	case SMTP_WAITING:
		return POP_SMTP_WAIT;
	case SMTP_CLOSED:
		break;
	}
	return POP_SMTP_CLOSE;
}

enum pop_smtp_event
pop_smtp_step(struct pop_smtp *s, struct pop_span *in, struct pop_out *out,
    struct pop_smtp_info *info_r)
{
	int event = SMTP_GO_ON;

	memset(info_r, 0, sizeof(*info_r));
	while (event == SMTP_GO_ON) {
		if (s->mode != SMTP_WAITING && s->mode != SMTP_CLOSED &&
		    put_room(out) < POP_OUT_MIN)
			return POP_SMTP_FULL;
		event = step_mode(s, in, out, info_r);
	}
	return (enum pop_smtp_event)event;
}

/* What is no final reply code must not reach the peer. */
static unsigned
final_code(unsigned code)
{
	return (code >= 200 && code < 300) || (code >= 400 && code < 600) ?
	    code : 451;
}

static void
answer_data(struct pop_smtp *s, unsigned code, const char *enhanced,
    const char *text, struct pop_out *out)
{
	if (code / 100 == 2) {
		s->mode = SMTP_IN_TEXT;
		smtp_reply(out, 354, NULL, "end with <CRLF>.<CRLF>");
		return;
	}
	s->in_message = false;
	smtp_reply(out, code, enhanced, text);
}

/* The reply to a chunk comes when its octets have been read. */
static void
answer_bdat(struct pop_smtp *s, unsigned code, const char *enhanced,
    const char *text)
{
	s->phase = SMTP_BDAT;
	s->mode = SMTP_IN_CHUNK;
	if (code / 100 != 2) {
		s->in_message = false;
		smtp_message_fail(s, code, enhanced, text);
	}
}

void
pop_smtp_answer(struct pop_smtp *s, unsigned code, const char *enhanced,
    const char *text, struct pop_out *out)
{
	bool ok;

	if (s->mode != SMTP_WAITING || s->wait == SMTP_WAIT_END ||
	    s->wait == SMTP_WAIT_TLS)
		return;
	code = final_code(code);
	ok = code / 100 == 2;
	s->mode = SMTP_IN_COMMAND;
	if (s->wait == SMTP_WAIT_BDAT) {
		answer_bdat(s, code, enhanced, text);
		return;
	}
	if (s->wait == SMTP_WAIT_DATA) {
		answer_data(s, code, enhanced, text, out);
	} else {
		smtp_reply(out, code, enhanced, text);
		if (ok && s->wait == SMTP_WAIT_MAIL)
			s->phase = SMTP_MAIL;
		if (ok && s->wait == SMTP_WAIT_RCPT)
			s->recipients++;
	}
	if (code == 421)
		s->mode = SMTP_CLOSED;
}

void
pop_smtp_result(struct pop_smtp *s, unsigned code, const char *enhanced,
    const char *text, struct pop_out *out)
{
	if (s->mode != SMTP_WAITING || s->wait != SMTP_WAIT_END ||
	    s->replies_due == 0)
		return;
	code = final_code(code);
	smtp_reply(out, code, enhanced, text);
	if (--s->replies_due > 0)
		return;
	(void)smtp_transaction_drop(s);
	if (code == 421)
		s->mode = SMTP_CLOSED;
}

void
pop_smtp_spool_failed(struct pop_smtp *s, unsigned code,
    const char *enhanced, const char *text)
{
	code = final_code(code);
	if (s->in_message && code / 100 != 2)
		smtp_message_fail(s, code, enhanced, text);
}

void
pop_smtp_tls_started(struct pop_smtp *s)
{
	if (s->mode != SMTP_WAITING || s->wait != SMTP_WAIT_TLS)
		return;
	s->tls_on = true;
	s->phase = SMTP_START;
	s->mode = SMTP_IN_COMMAND;
	s->line = (struct line){ 0 };
}

void
pop_smtp_goodbye(struct pop_smtp *s, const char *enhanced, const char *text,
    struct pop_out *out)
{
	if (s->mode == SMTP_CLOSED)
		return;
	smtp_reply(out, 421, enhanced, text);
	s->mode = SMTP_CLOSED;
}

int
pop_smtp_in_message(const struct pop_smtp *s)
{
	return s->in_message;
}
