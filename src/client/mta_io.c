/* SPDX-License-Identifier: ISC
 *
 * mta_io: octets between a mail server, its machine (lmtp_out) and a draft.
 * Must tell of an outcome as the last thing it does: whoever is told may hand
 * over the next message at once.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "client/mta_private.h"
#include "sys/os.h"

enum pumped { IDLE, AGAIN, ENDED };

static void
set_timer(struct mta *t)
{
	struct loop *loop = t->dest->world->loop;

	/* idle: the server may hang up when it likes */
	if (t->dest->talking == NULL) {
		if (t->timer_set)
			loop_timer_stop(loop, &t->timer);
		t->timer_set = false;
		return;
	}
	t->timer_set = loop_timer_set(loop, &t->timer, loop_now(loop) +
	    1000 * (uint64_t)lmtp_out_timeout(&t->machine)) == 0;
}

static void
lost(struct mta *t, const char *what)
{
	(void)dest_fail(&t->error, FAULT_DEST_TEMP, "%.200s: %s%s",
	    t->dest->text, what, mta_behind_dot(t) ?
	    ", behind the end of the message: nobody knows whether it was "
	    "taken" : "");
	mta_lost(t);
}

static void
why_lost(struct mta *t)
{
	(void)text_format(t->why, sizeof(t->why), "the connection was lost: "
	    "%s", t->conn.why != NULL ? t->conn.why : strerror(errno));
}

static void
lost_errno(struct mta *t)
{
	if (!t->deaf)
		why_lost(t);
	lost(t, t->why);
}

static void
on_timer(struct loop_timer *timer)
{
	struct mta *t = (struct mta *)((char *)timer -
	    offsetof(struct mta, timer));

	t->timer_set = false;
	t->kept = false;
	lost(t, "the server did not answer in time");
}

static void
on_io(struct loop_io *io, unsigned events)
{
	(void)events;
	mta_pump((struct mta *)((char *)io - offsetof(struct mta, io)));
}

void
mta_io_init(struct mta *t)
{
	t->io.fn = on_io;
	t->timer.fn = on_timer;
}

/* ---- TLS ----------------------------------------------------------------- */

static int
tls_begin(struct mta *t)
{
	struct tls_client_spec spec = {
		.ca_file = t->dest->world->account->ca_file,
		.name = t->host,
	};
	char why[300];

	if (t->tls == NULL)
		t->tls = tls_client_new(&spec, why, sizeof(why));
	if (t->tls == NULL)
		return dest_fail(&t->error, FAULT_DEST_TEMP, "%.150s: %s",
		    t->dest->text, why);
	if (conn_tls_connect(&t->conn, t->tls, span_of(NULL, 0)) != 0)
		return dest_fail_errno(&t->error, ENOMEM, "%s",
		    t->dest->text);
	t->handshake = true;
	return 0;
}

/* ENDED, IDLE, or AGAIN when it is done */
static enum pumped
shake_hands(struct mta *t)
{
	int r = conn_handshake(&t->conn);
	char why[300];

	if (r == CONN_AGAIN)
		return IDLE;
	if (r == 0) {
		t->handshake = false;
		t->in_n = 0;
		lmtp_out_tls_started(&t->machine, &t->out);
		return AGAIN;
	}
	if (tls_client_fault(&t->conn, why, sizeof(why)) == TLS_CLIENT_NONE)
		(void)text_format(why, sizeof(why), "TLS failed");
	(void)dest_fail(&t->error, FAULT_DEST_TEMP, "%.150s: %s",
	    t->dest->text, why);
	t->kept = false;
	mta_lost(t);
	return ENDED;
}

/* ---- out ----------------------------------------------------------------- */

/* 0, or -1: the draft cannot be read */
static int
fill_body(struct mta *t)
{
	/* room is left for what the machine may have to say to a reply */
	while (t->body && t->out.size - t->out.n > POP_OUT_MIN + 64) {
		ssize_t n;

		if (t->piece.n > 0) {
			pop_stuff(&t->stuff, &t->piece, &t->out);
			continue;
		}
		n = os_pread(t->fd, t->piece_mem, sizeof(t->piece_mem),
		    t->at);
		if (n < 0 || (n == 0 && t->at != t->dest->talking->octets))
			return -1;
		t->piece = span_of(t->piece_mem, (size_t)n);
		t->at += (uint64_t)n;
		if (n == 0 && pop_stuff_end(&t->stuff, &t->out) == 0) {
			t->body = false;
			lmtp_out_body_sent(&t->machine);
		}
	}
	return 0;
}

static enum pumped
write_some(struct mta *t)
{
	enum pumped r = IDLE;

	while (!t->deaf) {
		ssize_t n;

		if (t->body && fill_body(t) != 0) {
			(void)dest_fail_errno(&t->error, errno, "%s: cannot "
			    "read a draft", t->dest->text);
			/* the server must not take what it has for all */
			t->kept = false;
			mta_lost(t);
			return ENDED;
		}
		if (t->out.n == 0)
			return r;
		n = conn_write(&t->conn, t->out.p, t->out.n);
		if (n == CONN_AGAIN)
			return r;
		if (n == CONN_ERROR) {
			/* what it said before it stopped listening is still
			 * to be read */
			t->deaf = true;
			why_lost(t);
			break;
		}
		memmove(t->out.p, t->out.p + n, t->out.n - (size_t)n);
		t->out.n -= (size_t)n;
		r = AGAIN;
	}
	return r;
}

/* ---- in ------------------------------------------------------------------ */

static enum dest_outcome
outcome_of(unsigned code)
{
	if (code < 300)
		return DEST_DELIVERED;
	/* 530: it wants TLS or a login, from whomever, for whatever */
	return code >= 500 && code != 530 ? DEST_REFUSED : DEST_TEMPORARY;
}

static void
say_refused(struct mta *t, enum dest_outcome r)
{
	const struct lmtp_out *m = &t->machine;

	(void)dest_fail(&t->error, r == DEST_REFUSED ? FAULT_DEST :
	    FAULT_DEST_TEMP, "%.150s: the server answered %s with \"%u "
	    "%.250s\"", t->dest->text, m->what, m->code, m->text);
}

/* The machine is at its end; what it meant for the message. */
static enum pumped
on_over(struct mta *t, enum lmtp_out_state before)
{
	const struct lmtp_out *m = &t->machine;
	bool of_message = t->body && m->code >= 500;

	if (m->code == 0)
		(void)dest_fail(&t->error, FAULT_DEST_TEMP, "%.150s: the "
		    "server broke the protocol: %.250s", t->dest->text,
		    m->text);
	else
		say_refused(t, of_message ? DEST_REFUSED : DEST_TEMPORARY);
	if (t->dest->talking == NULL || (m->code == 421 && t->kept &&
	    !t->promised)) {
		mta_lost(t);
		return ENDED;
	}
	mta_hang_up(t);
	mta_finish(t, of_message ? DEST_REFUSED :
	    before == LMTP_OUT_S_END && m->code == 0 && !m->empty ?
	    DEST_UNKNOWN : DEST_TEMPORARY);
	return ENDED;
}

static enum pumped
on_result(struct mta *t)
{
	enum dest_outcome r = outcome_of(t->machine.code);

	if (r != DEST_DELIVERED)
		say_refused(t, r);
	if (t->machine.state == LMTP_OUT_S_BROKEN)
		mta_hang_up(t);
	mta_finish(t, r);
	return ENDED;
}

static enum pumped
on_event(struct mta *t, enum lmtp_out_event e, enum lmtp_out_state before)
{
	switch (e) {
	case LMTP_OUT_MORE:
		return IDLE;
	case LMTP_OUT_TLS:
		/* it is taken up when the output is written */
		if (tls_begin(t) == 0)
			return AGAIN;
		t->kept = false;
		mta_lost(t);
		return ENDED;
	case LMTP_OUT_READY:
		mta_send(t);
		return AGAIN;
	case LMTP_OUT_BODY:
		t->promised = true;
		t->body = true;
		return AGAIN;
	case LMTP_OUT_RESULT:
		return on_result(t);
	case LMTP_OUT_OVER:
		return on_over(t, before);
	}
	return ENDED;
}

static enum pumped
use_input(struct mta *t)
{
	struct pop_span in = span_of(t->in, t->in_n);
	enum lmtp_out_state before = t->machine.state;
	size_t out_before = t->out.n;
	enum lmtp_out_event e;

	e = lmtp_out_step(&t->machine, &in, &t->out);
	if (in.n > 0)
		memmove(t->in, in.p, in.n);
	t->in_n = in.n;
	if (e == LMTP_OUT_MORE && t->out.n > out_before)
		return AGAIN;
	return on_event(t, e, before);
}

static enum pumped
read_some(struct mta *t)
{
	enum pumped r = t->in_n > 0 ? use_input(t) : IDLE;
	ssize_t n;

	if (r != IDLE)
		return r;
	n = conn_read(&t->conn, t->in + t->in_n, MTA_IN - t->in_n);
	if (n == CONN_AGAIN && !t->deaf)
		return IDLE;
	if (n > 0) {
		t->in_n += (size_t)n;
		return AGAIN;
	}
	if (n == 0 && !t->deaf)
		lost(t, "the server hung up");
	else
		lost_errno(t);
	return ENDED;
}

static void
wait_for_more(struct mta *t)
{
	unsigned events = t->handshake ? t->conn.want :
	    LOOP_READ | (t->out.n > 0 ? LOOP_WRITE : 0);

	t->io.fd = t->conn.fd;
	if (loop_watch(t->dest->world->loop, &t->io, events) == 0) {
		set_timer(t);
		return;
	}
	t->kept = false;
	lost_errno(t);
}

void
mta_pump(struct mta *t)
{
	enum pumped r;

	do {
		if (t->conn.fd < 0 || t->has_later)
			return;
		r = t->handshake ? shake_hands(t) : write_some(t);
		if (r != ENDED && !t->handshake) {
			enum pumped more = read_some(t);

			r = more == IDLE ? r : more;
		}
	} while (r == AGAIN);
	if (r == IDLE)
		wait_for_more(t);
}
