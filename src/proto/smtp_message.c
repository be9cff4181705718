/* SPDX-License-Identifier: ISC
 *
 * smtp_message: the octets behind DATA and BDAT, on their way to PIECE
 * events.  No line is kept; a piece is what the dot codec found in the
 * input, checked and passed on without a copy.  A message that is refused
 * half way is read to its true end, because what comes behind must never be
 * taken for commands.
 */
#include "proto/smtp_machine.h"

void
smtp_message_begin(struct pop_smtp *s)
{
	pop_unstuff_init(&s->unstuff);
	smtp_text_init(&s->text);
}

void
smtp_message_fail(struct pop_smtp *s, unsigned code, const char *enhanced,
    const char *text)
{
	if (s->fail.code == 0)
		smtp_verdict_set(&s->fail, code, enhanced, text);
}

static bool
repairs(const struct pop_smtp *s)
{
	return (s->config->flags & POP_SMTP_NORMALIZE) != 0;
}

static void
fail_fault(struct pop_smtp *s, enum smtp_fault fault)
{
	switch (fault) {
	case SMTP_FAULT_NONE:
		break;
	case SMTP_FAULT_LF:
		smtp_message_fail(s, 550, "5.5.2", "bare <LF> received");
		break;
	case SMTP_FAULT_CR:
		smtp_message_fail(s, 550, "5.5.2", "bare <CR> received");
		break;
	case SMTP_FAULT_NUL:
		smtp_message_fail(s, 550, "5.6.0", "NUL in the message");
		break;
	}
}

/* What a whole message must not exceed can be known half way. */
static void
check_limits(struct pop_smtp *s)
{
	unsigned received_max = s->config->received_max > 0 ?
	    s->config->received_max : 100;

	if (s->config->size_max > 0 && s->text.octets > s->config->size_max)
		smtp_message_fail(s, 552, "5.3.4",
		    "message exceeds the size limit");
	/* RFC 5321 section 6.3 */
	if (s->text.received >= received_max)
		smtp_message_fail(s, 554, "5.4.6", "too many hops");
}

/*
 * Takes message octets off *in, where they are or, without the dot codec,
 * from a chunk: 1 at the end of the message.
 */
static int
take_octets(struct pop_smtp *s, struct pop_span *in, struct pop_span *piece_r)
{
	if (s->mode == SMTP_IN_TEXT)
		return pop_unstuff(&s->unstuff, in, piece_r);
	*piece_r = *in;
	span_skip(in, in->n);
	return 0;
}

static struct pop_span
view_of(struct pop_span in, size_t max)
{
	return span_of(in.p, in.n < max ? in.n : max);
}

/*
 * A trusted peer's line ends are repaired.  Most input is clean and goes
 * through as it is; the rest goes through s->repaired, a bit at a time.  The
 * dot codec has seen the octets as they came, so that a dot means something
 * only behind a real CRLF.
 */
static int
take_repaired(struct pop_smtp *s, struct pop_span *in,
    struct pop_span *piece_r)
{
	struct pop_unstuff unstuff = s->unstuff;
	struct pop_span view = view_of(*in, SMTP_CLEAN_VIEW);
	enum smtp_fault fault;
	size_t n = view.n;
	int end = take_octets(s, &view, piece_r);

	if (smtp_text_clean(&s->text, *piece_r)) {
		fail_fault(s, smtp_text_check(&s->text, *piece_r));
		span_skip(in, n - view.n);
		return end;
	}
	s->unstuff = unstuff;
	view = view_of(*in, SMTP_REPAIR_VIEW);
	n = view.n;
	end = take_octets(s, &view, piece_r);
	span_skip(in, n - view.n);
	*piece_r = span_of(s->repaired, smtp_text_repair(&s->text, *piece_r,
	    s->repaired, &fault));
	fail_fault(s, fault);
	return end;
}

/* Takes a piece that may be passed on, or an empty one: 1 at the end. */
static int
take_piece(struct pop_smtp *s, struct pop_span *in, struct pop_span *piece_r)
{
	int end;

	if (s->fail.code != 0) {
		end = take_octets(s, in, piece_r);
		piece_r->n = 0;
		return end;
	}
	if (repairs(s)) {
		end = take_repaired(s, in, piece_r);
	} else {
		end = take_octets(s, in, piece_r);
		fail_fault(s, smtp_text_check(&s->text, *piece_r));
	}
	check_limits(s);
	if (s->fail.code != 0)
		piece_r->n = 0;
	return end;
}

int
smtp_step_text(struct pop_smtp *s, struct pop_span *in,
    struct pop_smtp_info *info)
{
	while (in->n > 0) {
		int end = take_piece(s, in, &info->piece);

		if (end)
			s->mode = SMTP_AT_END;
		if (info->piece.n > 0)
			return POP_SMTP_PIECE;
		if (end)
			return SMTP_GO_ON;
	}
	return POP_SMTP_MORE;
}

/* All octets of a chunk are there. */
static int
chunk_end(struct pop_smtp *s, struct pop_out *out)
{
	if (s->chunk_last) {
		s->mode = SMTP_AT_END;
		return SMTP_GO_ON;
	}
	s->mode = s->fail.code == 421 ? SMTP_CLOSED : SMTP_IN_COMMAND;
	if (s->fail.code != 0)
		smtp_reply_verdict(out, &s->fail);
	else
		smtp_reply(out, 250, "2.0.0", "chunk received");
	if (s->phase != SMTP_BDAT)
		s->fail.code = 0;	/* there was no transaction to fail */
	return SMTP_GO_ON;
}

int
smtp_step_chunk(struct pop_smtp *s, struct pop_span *in, struct pop_out *out,
    struct pop_smtp_info *info)
{
	while (s->chunk_left > 0 && in->n > 0) {
		size_t n = in->n < s->chunk_left ? in->n :
		    (size_t)s->chunk_left;
		struct pop_span chunk = span_of(in->p, n);

		(void)take_piece(s, &chunk, &info->piece);
		n -= chunk.n;
		span_skip(in, n);
		s->chunk_left -= n;
		if (info->piece.n > 0)
			return POP_SMTP_PIECE;
	}
	if (s->chunk_left > 0)
		return POP_SMTP_MORE;
	return chunk_end(s, out);
}

int
smtp_transaction_drop(struct pop_smtp *s)
{
	bool open = s->phase == SMTP_MAIL || s->phase == SMTP_BDAT;

	s->phase = s->phase == SMTP_START ? SMTP_START : SMTP_READY;
	s->mode = SMTP_IN_COMMAND;
	s->in_message = false;
	s->utf8 = false;
	s->recipients = 0;
	s->replies_due = 0;
	s->fail.code = 0;
	return open ? POP_SMTP_ABORT : SMTP_GO_ON;
}

/* The message is whole: END, or the refusal that was decided before. */
int
smtp_step_end(struct pop_smtp *s, struct pop_out *out,
    struct pop_smtp_info *info)
{
	if (s->fail.code == 0 && repairs(s) &&
	    smtp_text_repair_end(&s->text)) {
		check_limits(s);
		info->piece = span_of(" ", 1);
		if (s->fail.code == 0)
			return POP_SMTP_PIECE;
	}
	if (s->fail.code == 0)
		fail_fault(s, smtp_text_check_end(&s->text));
	s->replies_due = smtp_is_lmtp(s) ? s->recipients : 1;
	if (s->fail.code != 0) {
		s->mode = SMTP_REFUSING;
		return smtp_step_refusing(s, out);
	}
	s->mode = SMTP_WAITING;
	s->wait = SMTP_WAIT_END;
	return POP_SMTP_END;
}

/* RFC 2033 section 4.2: one reply for each recipient. */
int
smtp_step_refusing(struct pop_smtp *s, struct pop_out *out)
{
	bool close = s->fail.code == 421;
	int event;

	while (s->replies_due > 0) {
		if (out->size - out->n < POP_OUT_MIN)
			return POP_SMTP_FULL;
		smtp_reply_verdict(out, &s->fail);
		s->replies_due--;
	}
	event = smtp_transaction_drop(s);
	if (close)
		s->mode = SMTP_CLOSED;
	return event;
}
