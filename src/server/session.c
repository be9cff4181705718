/* SPDX-License-Identifier: ISC
 *
 * session: the pump between a connection and its protocol machine.
 *
 * Owns the order of reading, stepping and writing, back-pressure and
 * time-outs.  Reads into and encodes out of the front's
 * scratch memory; only what cannot be used up at once is kept, so that an
 * idle session owns no buffer.  Input is not read while output waits or
 * while another process was asked: a peer that pipelines for ever fills its
 * own socket.
 */
#include "server/session.h"

#include <assert.h>
#include <stddef.h>

#include "log/log.h"
#include "net/tls.h"
#include "server/front.h"

enum {
	ROUNDS_MAX = 16,	/* of the pump before others get a turn */
	FILE_ROUNDS_MAX = 8,	/* the same, of parts of a file */
	IN_MAX = 64 * 1024	/* kept input: a line and what was read */
};

#define SESSION_OF(ptr, member) ((struct session *)(void *) \
	((char *)(ptr) - offsetof(struct session, member)))

static void session_pump(struct session *s, bool readable);

static uint64_t
now(const struct session *s)
{
	return loop_now(s->front->loop);
}

/* The timer was queued when the session began: moving it needs no memory
 * and cannot fail. */
static void
set_timer(struct session *s, uint64_t ms)
{
	if (loop_timer_set(s->front->loop, &s->timer, now(s) + ms) != 0)
		log_msg(LOG_LEVEL_ERROR, "a session's timer was lost");
}

void
session_set_idle(struct session *s, uint64_t ms)
{
	s->idle_ms = ms;
	set_timer(s, ms);
}

/* the client did something, or took something */
static void
progress(struct session *s)
{
	if (s->idle_ms != 0)
		set_timer(s, s->idle_ms);
}

/* ---- output -------------------------------------------------------------- */

/* false: the session has ended */
static bool
watch(struct session *s, unsigned events)
{
	if (loop_watch(s->front->loop, &s->io, events) == 0)
		return true;
	session_end(s, "no-memory");
	return false;
}

/* something is still to be sent */
static bool
unsent(const struct session *s)
{
	return s->out.n > 0 || s->filing;
}

/* Reply, file and last line leave in as few packets as if they were one. */
static void
cork(struct session *s)
{
	if (s->corked == s->filing)
		return;
	s->corked = s->filing;
	conn_cork(&s->conn, s->corked);
}

/* Sends p; what the socket does not take is kept: nothing may be kept
 * already. false: the session has ended. */
static bool
send_out(struct session *s, const unsigned char *p, size_t n)
{
	assert(s->out.n == 0);
	while (n > 0) {
		ssize_t w = conn_write(&s->conn, p, n);

		if (w == CONN_AGAIN)
			break;
		if (w < 0) {
			session_end(s, "drop");
			return false;
		}
		s->octets_out += (uint64_t)w;
		p += w;
		n -= (size_t)w;
		progress(s);
	}
	if (n == 0) {
		cork(s);
		return true;
	}
	if (buf_append(&s->out, p, n) != BUF_OK) {
		session_end(s, "no-memory");
		return false;
	}
	return watch(s, s->conn.want);
}

/* 1: all is written, 0: not yet, -1: the session has ended */
static int
send_kept(struct session *s)
{
	while (s->out.n > 0) {
		ssize_t w = conn_write(&s->conn, s->out.p, s->out.n);

		if (w == CONN_AGAIN)
			return watch(s, s->conn.want) ? 0 : -1;
		if (w < 0) {
			session_end(s, "drop");
			return -1;
		}
		s->octets_out += (uint64_t)w;
		buf_consume(&s->out, (size_t)w);
		progress(s);
	}
	buf_release(&s->out);
	cork(s);
	return 1;
}

/* 1: all is written, 0: not yet, -1: the session has ended */
static int
send_file(struct session *s)
{
	for (unsigned round = 0; round < FILE_ROUNDS_MAX; round++) {
		ssize_t w = s->ops->send_file(s);

		if (w == 0) {
			s->filing = false;
			return 1;
		}
		if (w == CONN_AGAIN)
			break;
		if (w < 0) {
			session_end(s, "drop");
			return -1;
		}
		s->octets_out += (uint64_t)w;
		progress(s);
	}
	return watch(s, LOOP_WRITE) ? 0 : -1;
}

/* what is unsent: 1: all is written, 0: not yet, -1: the session has ended */
static int
send_rest(struct session *s)
{
	int r = send_kept(s);

	return r == 1 && s->filing ? send_file(s) : r;
}

/* ---- TLS ----------------------------------------------------------------- */

static void
start_talking(struct session *s)
{
	struct pop_out out = { s->front->out, 0, FRONT_OUT };

	if (!s->ops->start(s, &out)) {
		session_end(s, "no-memory");
		return;
	}
	if (!send_out(s, out.p, out.n) || s->out.n > 0)
		return;
	/* a client in a hurry has sent something behind its handshake: that
	 * has been read with it, and nothing else may come */
	if (conn_pending(&s->conn) > 0)
		session_pump(s, true);
	else
		(void)watch(s, LOOP_READ);
}

static void
shake_hands(struct session *s)
{
	int r = conn_handshake(&s->conn);

	if (r == CONN_AGAIN) {
		(void)watch(s, s->conn.want);
		return;
	}
	if (r != 0) {
		session_end(s, "tls-failed");
		return;
	}
	s->handshaking = false;
	s->tls_on = true;
	if (s->proto == NULL) {
		start_talking(s);
		return;
	}
	s->ops->tls_started(s);
	session_pump(s, true);
}

static void
begin_tls(struct session *s, bool smtp)
{
	struct tls_server *tls = smtp ? s->settings->tls_smtp :
	    s->settings->tls_pop;

	s->tls_next = false;
	if (tls == NULL || conn_tls_accept(&s->conn, tls) != 0) {
		session_end(s, "tls-unavailable");
		return;
	}
	s->handshaking = true;
	shake_hands(s);
}

static bool
is_smtp(const struct session *s)
{
	return s->ops != &session_pop3_ops;
}

/* ---- the pump ------------------------------------------------------------ */

/* Reads behind what is kept, or into the front's memory. 1: *in_r is set, 0:
 * nothing there now, -1: the session has ended. */
static int
read_in(struct session *s, struct pop_span *in_r, size_t *scratch_r)
{
	size_t room = FRONT_IN;
	unsigned char *to = s->front->in;
	ssize_t n;

	if (s->in.n > 0) {
		size_t line = s->ops->line_max(s);

		/* an incomplete line is kept: grow by no more than it needs */
		room = line > s->in.n ? line - s->in.n : 1;
		if (room < 512)
			room = 512;
		if (buf_reserve(&s->in, room) != BUF_OK) {
			session_end(s, "no-memory");
			return -1;
		}
		to = s->in.p + s->in.n;
	}
	n = conn_read(&s->conn, to, room);
	if (n == CONN_AGAIN)
		return watch(s, s->conn.want) ? 0 : -1;
	if (n <= 0) {
		session_end(s, "drop");
		return -1;
	}
	s->octets_in += (uint64_t)n;
	if (s->in.n == 0) {
		*scratch_r = (size_t)n;
		*in_r = span_of(to, (size_t)n);
	} else {
		s->in.n += (size_t)n;
		*in_r = buf_span(&s->in);
	}
	return 1;
}

/*
 * What the machine left of the input is kept.  `scratch` octets of the
 * front's memory were read into; they may hold a password.  false: the
 * session has ended.
 */
static bool
keep(struct session *s, struct pop_span in, size_t scratch)
{
	bool kept = true;

	if (scratch == 0)
		buf_consume(&s->in, s->in.n - in.n);
	else if (in.n > 0)
		kept = buf_append(&s->in, in.p, in.n) == BUF_OK;
	buf_wipe_octets(s->front->in, scratch);
	if (!kept) {
		session_end(s, "no-memory");
		return false;
	}
	if (s->in.n == 0)
		buf_wipe(&s->in);	/* it may have held a password */
	return true;
}

/*
 * One step and what it wrote.  1: go on with another, 0: the session waits
 * for something, -1: it has ended.
 */
static int
step(struct session *s, struct pop_span *in, enum session_step *step_r)
{
	struct pop_out out = { s->front->out, 0, FRONT_OUT };
	size_t had = in->n;

	*step_r = s->ops->step(s, in, &out);
	if (in->n < had)
		progress(s);
	s->waiting = *step_r == STEP_WAIT;
	s->closing = *step_r == STEP_CLOSE;
	s->tls_next = *step_r == STEP_TLS;
	s->filing = *step_r == STEP_FILE;
	if (s->filing)
		cork(s);
	if (!send_out(s, out.p, out.n))
		return -1;
	if (s->out.n > 0)
		return 0;
	if (s->filing)
		return send_file(s);
	return *step_r == STEP_MORE || *step_r == STEP_FULL;
}

/* after the output is written */
static bool
finish(struct session *s)
{
	if (s->closing) {
		session_end(s, "done");
		return true;
	}
	if (s->tls_next) {
		begin_tls(s, is_smtp(s));
		return true;
	}
	return false;
}

static void
session_pump(struct session *s, bool readable)
{
	struct pop_span in = buf_span(&s->in);
	enum session_step what;
	size_t scratch = 0;	/* octets of the front's memory in use */

	loop_cancel(s->front->loop, &s->again);
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		int r = step(s, &in, &what);

		if (r < 0)
			return;
		if (r > 0 && what != STEP_MORE)
			continue;
		if (!keep(s, in, scratch))
			return;
		scratch = 0;
		in = buf_span(&s->in);
		if (r == 0) {
			if (!unsent(s))
				(void)finish(s);
			return;
		}
		if (!readable && !s->unread && conn_pending(&s->conn) == 0) {
			(void)watch(s, LOOP_READ);
			return;
		}
		s->unread = false;
		r = read_in(s, &in, &scratch);
		if (r <= 0)
			return;
		/* a short read: the socket is empty */
		readable = scratch == FRONT_IN;
	}
	if (!keep(s, in, scratch))
		return;
	s->unread = s->unread || readable;
	loop_later(s->front->loop, &s->again);
}

static void
again_event(struct loop_task *t)
{
	struct session *s = SESSION_OF(t, again);

	/* what an event meanwhile left unsent comes before anything else */
	if (!unsent(s) && !s->handshaking)
		session_pump(s, false);
}

void
session_resume(struct session *s)
{
	s->waiting = false;
	/* output still under way: it goes on when that is written */
	if (!unsent(s))
		session_pump(s, false);
}

static void
io_event(struct loop_io *io, unsigned events)
{
	struct session *s = SESSION_OF(io, io);

	if (s->handshaking) {
		shake_hands(s);
		return;
	}
	if (unsent(s)) {
		if (send_rest(s) == 1 && !finish(s)) {
			if (s->waiting)
				(void)watch(s, LOOP_READ);
			else
				session_pump(s, false);
		}
		return;
	}
	if (s->waiting) {
		/* it pipelines, or it is dead: that waits for the answer */
		s->unread = true;
		(void)watch(s, 0);
		return;
	}
	session_pump(s, (events & LOOP_READ) != 0);
}

/* Last words are sent as far as the socket takes them at once. */
static void
last_words(struct session *s, const struct pop_out *out)
{
	if (out->n > 0 && !unsent(s) && !s->handshaking &&
	    conn_write(&s->conn, out->p, out->n) > 0)
		s->octets_out += out->n;
}

static void
timer_event(struct loop_timer *t)
{
	struct session *s = SESSION_OF(t, timer);
	struct pop_out out = { s->front->out, 0, FRONT_OUT };

	if (s->proto != NULL && !s->handshaking &&
	    !s->ops->expired(s, &out)) {
		set_timer(s, 1000);
		return;
	}
	last_words(s, &out);
	session_end(s, "timeout");
}

void
session_drain(struct session *s)
{
	struct pop_out out = { s->front->out, 0, FRONT_OUT };

	if (s->proto != NULL && !s->handshaking &&
	    !s->ops->drained(s, &out))
		return;
	last_words(s, &out);
	session_end(s, "shutdown");
}

/* ---- the beginning ------------------------------------------------------- */

void
session_init(struct session *s, int fd)
{
	s->io = (struct loop_io){ .fd = fd, .fn = io_event };
	s->timer.fn = timer_event;
	s->again.fn = again_event;
	conn_init(&s->conn, fd);
	buf_init(&s->in, IN_MAX);
	buf_init(&s->out, FRONT_OUT);
}

void
session_begin(struct session *s, bool tls)
{
	if (tls)
		begin_tls(s, is_smtp(s));
	else
		start_talking(s);
}
