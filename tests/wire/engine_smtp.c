/* SPDX-License-Identifier: ISC
 *
 * engine_smtp.c: answers the SMTP and LMTP machine's events out of the world
 * in memory: wren, finch and the case's users in example.net, postmaster is
 * wren.
 */
#include <stdlib.h>

#include "engine.h"
#include "wire/text.h"

static void
answer_rcpt(struct engine_conn *c, const struct pop_smtp_info *info)
{
	struct smtp_side *s = &c->smtp;
	struct world_user *u;

	if (info->domain.n > 0 &&
	    !span_eq_nocase(info->domain, span_str("example.net"))) {
		pop_smtp_answer(s->machine, 550, "5.7.1",
		    "Relaying is denied.", &c->out);
		return;
	}
	u = world_find(&c->e->world, span_eq_nocase(info->local,
	    span_str("postmaster")) ? span_str("wren") : info->local);
	if (u == NULL) {
		pop_smtp_answer(s->machine, 550, "5.1.1",
		    "No such mailbox.", &c->out);
		return;
	}
	if (s->rcpts == SMTP_RCPTS) {
		c->broken = "the machine lets too many recipients pass";
		return;
	}
	s->rcpt[s->rcpts++] = u;
	pop_smtp_answer(s->machine, 250, "2.1.5", "Recipient taken.",
	    &c->out);
}

static void
forget(struct smtp_side *s)
{
	s->rcpts = 0;
	s->message.n = 0;
}

static void
result(struct engine_conn *c, bool full)
{
	if (full)
		pop_smtp_result(c->smtp.machine, 452, "4.2.2",
		    "The mailbox is full.", &c->out);
	else
		pop_smtp_result(c->smtp.machine, 250, "2.0.0", "Stored.",
		    &c->out);
	engine_flush(c);
}

/* each recipient's copy; SMTP has one answer for all */
static void
store(struct engine_conn *c)
{
	struct smtp_side *s = &c->smtp;
	bool one_reply = c->proto == WIRE_SMTP, any_full = false;

	for (size_t i = 0; i < s->rcpts; i++)
		any_full = any_full || s->rcpt[i]->full;
	for (size_t i = 0; i < s->rcpts; i++) {
		if (one_reply ? any_full : s->rcpt[i]->full) {
			if (!one_reply)
				result(c, true);
			continue;
		}
		if (world_add(&c->e->world, s->rcpt[i],
		    buf_span(&s->message)) != 0)
			c->broken = "memory for a message";
		if (!one_reply)
			result(c, false);
	}
	if (one_reply)
		result(c, any_full);
	forget(s);
}

int
engine_smtp_open(struct engine_conn *c, bool tls)
{
	c->memory = malloc(pop_smtp_size());
	if (c->memory == NULL)
		return -1;
	buf_init(&c->smtp.message, TEXT_MAX);
	c->smtp.machine = pop_smtp_init(c->memory, &c->e->smtp, tls,
	    &c->out);
	return 0;
}

static bool
act(struct engine_conn *c, enum pop_smtp_event event,
    const struct pop_smtp_info *info, size_t left)
{
	struct smtp_side *s = &c->smtp;

	engine_flush(c);
	switch (event) {
	case POP_SMTP_MORE:
		return false;
	case POP_SMTP_FULL:
	case POP_SMTP_HELO:
		return true;
	case POP_SMTP_WAIT:
		c->broken = "the machine waits, and nothing was asked";
		return false;
	case POP_SMTP_MAIL:
		forget(s);
		pop_smtp_answer(s->machine, 250, "2.1.0", "Sender taken.",
		    &c->out);
		return true;
	case POP_SMTP_RCPT:
		answer_rcpt(c, info);
		return true;
	case POP_SMTP_DATA:
		s->message.n = 0;
		pop_smtp_answer(s->machine, 250, "2.0.0", "Ready.", &c->out);
		return true;
	case POP_SMTP_PIECE:
		if (buf_append(&s->message, info->piece.p,
		    info->piece.n) != 0)
			c->broken = "memory for a message";
		return true;
	case POP_SMTP_END:
		store(c);
		return true;
	case POP_SMTP_ABORT:
		forget(s);
		return true;
	case POP_SMTP_TLS:
		engine_want_tls(c, left);
		return false;
	case POP_SMTP_CLOSE:
		c->closed = true;
		return false;
	}
	return false;
}

bool
engine_smtp_step(struct engine_conn *c)
{
	struct pop_smtp_info info;
	struct pop_span in = buf_span(&c->in);
	enum pop_smtp_event event;
	bool more;

	memset(&info, 0, sizeof info);
	event = pop_smtp_step(c->smtp.machine, &in, &c->out, &info);
	if (event == POP_SMTP_FULL && c->out.n == 0)
		c->broken = "FULL, and the output is empty";
	more = act(c, event, &info, in.n);
	buf_consume(&c->in, c->in.n - in.n);
	return more && c->broken == NULL;
}

void
engine_smtp_close(struct engine_conn *c)
{
	buf_release(&c->smtp.message);
}
