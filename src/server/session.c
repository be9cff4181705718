/* SPDX-License-Identifier: ISC
 *
 * session: the pump between a connection and its protocol machine.
 *
 * Owns the order of reading, stepping and writing, back-pressure, time-outs
 * and the end of a session.  Reads into and encodes out of the front's
 * scratch memory; only what cannot be used up at once is kept, so that an
 * idle session owns no buffer.  Input is not read while output waits or
 * while another process was asked: a peer that pipelines for ever fills its
 * own socket.
 */
#include "server/session.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"
#include "net/tls.h"
#include "server/front.h"
#include "server/meter.h"

enum {
	ROUNDS_MAX = 16,	/* of the pump before others get a turn */
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

void
session_peer(const struct session *s, char *out, size_t size)
{
	static const unsigned char v4[12] = { [10] = 0xff, [11] = 0xff };
	static const unsigned char none[16];
	char text[INET6_ADDRSTRLEN];

	if (memcmp(s->address, none, sizeof(none)) == 0)
		(void)snprintf(out, size, "local");
	else if (memcmp(s->address, v4, sizeof(v4)) == 0)
		(void)snprintf(out, size, "%s:%u", inet_ntop(AF_INET,
		    s->address + 12, text, sizeof(text)), s->port);
	else
		(void)snprintf(out, size, "[%s]:%u", inet_ntop(AF_INET6,
		    s->address, text, sizeof(text)), s->port);
}

void
session_drop_id(struct session *s)
{
	if (s->id != 0)
		(void)map_take(&s->front->sessions, s->id);
	s->id = 0;
}

uint32_t
session_new_id(struct session *s)
{
	struct front *f = s->front;

	session_drop_id(s);
	do
		f->last_id++;
	while (f->last_id == 0 || map_get(&f->sessions, f->last_id) != NULL);
	if (map_put(&f->sessions, f->last_id, s) != 0)
		return 0;
	s->id = f->last_id;
	return s->id;
}

/* ---- the end ------------------------------------------------------------- */

static void
log_end_of(struct session *s)
{
	struct log_line line;
	char peer[80];

	log_begin(&line, LOG_LEVEL_INFO, "session");
	log_str(&line, "service", s->ops->service);
	session_peer(s, peer, sizeof(peer));
	log_str(&line, "peer", peer);
	if (s->ops->user(s) != NULL)
		log_str(&line, "user", s->ops->user(s));
	if (s->tls_on && conn_tls_version(&s->conn) != NULL) {
		log_str(&line, "tls", conn_tls_version(&s->conn));
		log_str(&line, "cipher", conn_tls_cipher(&s->conn));
	}
	if (s->proto != NULL)
		s->ops->log(s, &line);
	log_u64(&line, "in", s->octets_in);
	log_u64(&line, "out", s->octets_out);
	log_u64(&line, "ms", now(s) - s->started_ms);
	log_str(&line, "end", s->end);
	log_end(&line);
}

void
session_end(struct session *s, const char *why)
{
	struct front *f = s->front;

	if (s->end == NULL)
		s->end = why;
	/* before the log says so: whoever reads that may come again */
	meter_leave(f->meter, f->slot, s->address);
	log_end_of(s);
	if (s->proto != NULL)
		s->ops->release(s);
	session_drop_id(s);
	loop_timer_stop(f->loop, &s->timer);
	loop_cancel(f->loop, &s->again);
	loop_unwatch(f->loop, &s->io, true);
	conn_close(&s->conn);
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		f->first = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	f->count--;
	settings_unref(s->settings);
	buf_wipe(&s->in);
	buf_release(&s->out);
	free(s);
	front_session_gone(f);
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
	if (n == 0)
		return true;
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
	return 1;
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
		buf_release(&s->in);
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
	if (!send_out(s, out.p, out.n))
		return -1;
	if (s->out.n > 0)
		return 0;
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
		if (r > 0 && what == STEP_FULL)
			continue;
		if (!keep(s, in, scratch))
			return;
		scratch = 0;
		in = buf_span(&s->in);
		if (r == 0) {
			if (s->out.n == 0)
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
	if (s->out.n == 0 && !s->handshaking)
		session_pump(s, false);
}

void
session_resume(struct session *s)
{
	s->waiting = false;
	/* output still under way: it goes on when that is written */
	if (s->out.n == 0)
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
	if (s->out.n > 0) {
		if (send_kept(s) == 1 && !finish(s)) {
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
	if (out->n > 0 && s->out.n == 0 && !s->handshaking &&
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

static const struct session_ops *
ops_of(const struct conf_listen *l)
{
	switch (l->protocol) {
	case CONF_POP3:
		return &session_pop3_ops;
	case CONF_LMTP:
		return &session_lmtp_ops;
	case CONF_SMTP:
		return &session_smtp_ops;
	}
	return NULL;
}

/* one too many: says so (in the clear only) and closes; costs no session */
static void
refuse(struct front *f, int fd, unsigned listen, enum meter_verdict why)
{
	const struct conf_listen *l = &f->conf->conf->listens[listen];
	struct pop_out out = { f->out, 0, FRONT_OUT };
	const char *text = why == METER_TOTAL ?
	    "too many connections, try again later" :
	    "too many connections from your address";
	size_t size = pop_server_size() > pop_smtp_size() ?
	    pop_server_size() : pop_smtp_size();
	void *mem = malloc(size);
	struct conn c;

	conn_init(&c, fd);
	if (mem != NULL && l->tls != CONF_TLS_IMPLICIT) {
		if (l->protocol == CONF_POP3)
			(void)pop_server_init_refused(mem,
			    &f->settings->listen[listen].pop,
			    POP_FAIL_SYS_TEMP, text, &out);
		else
			(void)pop_smtp_init_refused(mem,
			    &f->settings->listen[listen].smtp, 421, text,
			    &out);
		(void)conn_write(&c, out.p, out.n);
	}
	free(mem);
	conn_close(&c);
	log_msg(LOG_LEVEL_WARN, "refused a connection to %s: %s", l->name,
	    text);
}

static struct session *
session_new(struct front *f, int fd, unsigned listen)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->front = f;
	s->serial = ++f->last_serial;
	s->settings = settings_ref(f->settings);
	s->listen = listen;
	s->ops = ops_of(&f->conf->conf->listens[listen]);
	s->started_ms = loop_now(f->loop);
	s->io = (struct loop_io){ .fd = fd, .fn = io_event };
	s->timer.fn = timer_event;
	s->again.fn = again_event;
	conn_init(&s->conn, fd);
	buf_init(&s->in, IN_MAX);
	buf_init(&s->out, FRONT_OUT);
	s->next = f->first;
	if (f->first != NULL)
		f->first->prev = s;
	f->first = s;
	f->count++;
	return s;
}

void
session_accept(struct front *f, int fd, unsigned listen,
    const unsigned char address[16], uint16_t port)
{
	const struct conf *conf = f->conf->conf;
	enum meter_verdict v = meter_enter(f->meter, f->slot, address,
	    conf->sessions, conf->sessions_per_address);
	struct session *s;

	if (v != METER_OK) {
		refuse(f, fd, listen, v);
		return;
	}
	s = session_new(f, fd, listen);
	if (s == NULL) {
		meter_leave(f->meter, f->slot, address);
		(void)close(fd);
		return;
	}
	memcpy(s->address, address, 16);
	s->port = port;
	if (loop_timer_set(f->loop, &s->timer, loop_now(f->loop) +
	    conf->login_timeout * 1000ULL) != 0) {
		session_end(s, "no-memory");
		return;
	}
	if (conf->listens[listen].tls == CONF_TLS_IMPLICIT)
		begin_tls(s, is_smtp(s));
	else
		start_talking(s);
}
