/* SPDX-License-Identifier: ISC
 *
 * session: the wire of a session: dialling, TLS, reading, stepping, writing,
 * time-outs, and the end.
 *
 * Reading never waits for writing, so that a server which answers before it
 * has read everything is never blocked by us (C-27).  What the session is
 * about before the login stands in session_open.c.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/report.h"
#include "client/session_internal.h"

enum {
	READS_MAX = 16,			/* in a row, then others get a turn */
	SLOW_FACTOR = 5,		/* times `timeout` */
	SLOW_OCTETS = 1024		/* in that time, at least */
};

#define SESSION_OF(ptr, member) ((struct session *)(void *) \
	((char *)(ptr) - offsetof(struct session, member)))

/* ---- the end ------------------------------------------------------------- */

static void
tell_over(struct loop_task *t)
{
	struct session *s = SESSION_OF(t, over_task);

	s->spec.owner->over(s->spec.owner->arg, &s->end);
}

static void
hang_up(struct session *s)
{
	if (s->dial)
		dial_cancel(s->dial);
	s->dial = NULL;
	loop_timer_stop(s->spec.loop, &s->quiet);
	loop_timer_stop(s->spec.loop, &s->slow);
	loop_cancel(s->spec.loop, &s->wake);
	if (!s->has_conn)
		return;
	loop_unwatch(s->spec.loop, &s->io, true);
}

void
session_fail(struct session *s, enum fault fault, struct pop_span said,
    const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	if (s->phase == SESSION_OVER)
		return;
	s->phase = SESSION_OVER;
	va_start(ap, fmt);
	if (vsnprintf(s->end_text, sizeof(s->end_text), fmt, ap) < 0)
		s->end_text[0] = '\0';
	va_end(ap);
	said = session_hide(s, said, &text);
	if (said.n > sizeof(s->end_said))
		said.n = sizeof(s->end_said);
	if (said.n > 0)
		memcpy(s->end_said, said.p, said.n);
	buf_wipe(&text);
	s->end.fault = fault;
	s->end.text = s->end_text;
	s->end.server_said = span_of(s->end_said, said.n);
	hang_up(s);
	loop_later(s->spec.loop, &s->over_task);
}

void
session_free(struct session *s)
{
	if (!s)
		return;
	hang_up(s);
	loop_cancel(s->spec.loop, &s->over_task);
	if (s->has_conn)
		conn_close(&s->conn);
	tls_client_unref(s->tls);
	login_free(s->login);
	buf_wipe(&s->tls_session);
	if (s->in)
		buf_wipe_octets(s->in, SESSION_IN);
	if (s->out.p)
		buf_wipe_octets(s->out.p, SESSION_OUT);
	free(s->in);
	free(s->out.p);
	if (s->machine)
		buf_wipe_octets(s->machine, pop_client_size());
	free(s->machine);
	free(s);
}

/* ---- time ---------------------------------------------------------------- */

void
session_progress(struct session *s)
{
	uint64_t now = loop_now(s->spec.loop);

	if (loop_timer_set(s->spec.loop, &s->quiet,
	    now + 1000ull * s->spec.account->timeout) != 0)
		session_fail(s, FAULT_MEMORY, (struct pop_span){ 0 },
		    "out of memory");
}

static bool
awaited(const struct session *s)
{
	return s->phase != SESSION_OPEN || s->out_sent < s->out.n ||
	    pop_client_under_way(s->machine) > 0;
}

static void
on_quiet(struct loop_timer *t)
{
	struct session *s = SESSION_OF(t, quiet);
	struct pop_request noop = { .command = POP_CMD_NOOP };

	if (s->paused || (s->phase == SESSION_OPEN && !awaited(s))) {
		/* We are the ones who are busy: servers close connections on
		 * which nothing is said (RFC 1939 section 3). */
		if (!s->paused && session_send(s, &noop) != POP_SEND_OK)
			session_lost(s, "NOOP cannot be sent");
		else
			session_progress(s);
		return;
	}
	session_fail(s, FAULT_TIMEOUT, (struct pop_span){ 0 },
	    s->phase == SESSION_TLS ? "%s: nothing came for %u seconds during "
	    "the TLS handshake" : "%s: nothing came for %u seconds",
	    s->spec.account->server, s->spec.account->timeout);
}

static void
slow_start(struct session *s)
{
	s->slow_mark = s->octets_in;
	s->answered = false;
	if (loop_timer_set(s->spec.loop, &s->slow, loop_now(s->spec.loop) +
	    1000ull * SLOW_FACTOR * s->spec.account->timeout) != 0)
		session_fail(s, FAULT_MEMORY, (struct pop_span){ 0 },
		    "out of memory");
}

/* One octet now and then keeps `quiet` away but brings no mail. */
static void
on_slow(struct loop_timer *t)
{
	struct session *s = SESSION_OF(t, slow);
	bool idle = s->phase == SESSION_OPEN && (!awaited(s) || s->paused);

	if (!idle && !s->answered &&
	    s->octets_in - s->slow_mark < SLOW_OCTETS) {
		session_fail(s, FAULT_TIMEOUT, (struct pop_span){ 0 },
		    "%s: the server sends next to nothing",
		    s->spec.account->server);
		return;
	}
	slow_start(s);
}

/* ---- writing ------------------------------------------------------------- */

void
session_watch(struct session *s)
{
	unsigned events = s->paused ? 0 : LOOP_READ;

	if (s->phase == SESSION_OVER || !s->has_conn)
		return;
	if (s->phase == SESSION_TLS)
		events = s->conn.want;
	else if (s->out_sent < s->out.n)
		events |= LOOP_WRITE;
	if (loop_watch(s->spec.loop, &s->io, events) != 0)
		session_fail(s, FAULT_MEMORY, (struct pop_span){ 0 },
		    "epoll: %s", strerror(errno));
}

void
session_lost(struct session *s, const char *what)
{
	session_fail(s, FAULT_LOST, (struct pop_span){ 0 }, "%s: %s",
	    s->spec.account->server, what);
}

void
session_flush(struct session *s)
{
	while (s->phase != SESSION_OVER && s->out_sent < s->out.n) {
		ssize_t w = conn_write(&s->conn, s->out.p + s->out_sent,
		    s->out.n - s->out_sent);

		if (w == CONN_AGAIN)
			break;
		if (w < 0) {
			/* What the server said before it closed may still be
			 * there to be read: the reader finds the end. */
			s->out.n = s->out_sent = 0;
			break;
		}
		s->out_sent += (size_t)w;
	}
	if (s->out_sent == s->out.n) {
		buf_wipe_octets(s->out.p, s->out.n);
		s->out.n = s->out_sent = 0;
	}
	session_watch(s);
}

/* Room for `out`, as much as can be had. */
static void
make_room(struct session *s)
{
	if (s->out_sent == 0)
		return;
	memmove(s->out.p, s->out.p + s->out_sent, s->out.n - s->out_sent);
	s->out.n -= s->out_sent;
	s->out_sent = 0;
}

static void
debug_request(const struct session *s, const struct pop_request *r)
{
	static const char *const names[] = { "", "APOP", "AUTH", "CAPA",
	    "DELE", "LAST", "LIST", "NOOP", "PASS", "QUIT", "RETR", "RSET",
	    "STAT", "STLS", "TOP", "UIDL", "USER", "UTF8" };

	if (!s->spec.debug)
		return;
	if (r->number != 0)
		fprintf(stderr, "%s C: %s %u\n", s->spec.account->name,
		    names[r->command], r->number);
	else
		fprintf(stderr, "%s C: %s\n", s->spec.account->name,
		    names[r->command]);
}

enum pop_send
session_send(struct session *s, const struct pop_request *request)
{
	enum pop_send r;

	if (s->phase == SESSION_OVER)
		return POP_SEND_STATE;
	make_room(s);
	r = pop_client_send(s->machine, request, &s->out);
	if (r == POP_SEND_OK || r == POP_SEND_NO_RESPONSE)
		debug_request(s, request);
	/* written when the pump has come to its end: many in one segment */
	if (!s->pumping)
		loop_later(s->spec.loop, &s->wake);
	return r;
}

/* ---- reading ------------------------------------------------------------- */

/* A server that writes an answer in small pieces waits for our acknowledgement
 * of one before it sends the next (Nagle), and we would wait 40 ms for
 * something to send along with it: one message at a time, that is all the time
 * there is.  The kernel forgets the wish, so it is said again and again. */
static void
acknowledge(const struct session *s)
{
	int one = 1;

	if (s->phase == SESSION_OPEN && !session_pipelines(s))
		(void)setsockopt(s->conn.fd, IPPROTO_TCP, TCP_QUICKACK, &one,
		    sizeof(one));
}

/* 1: something came, 0: nothing now, -1: over */
int
session_read(struct session *s)
{
	ssize_t n;

	if (s->in_start > 0) {
		memmove(s->in, s->in + s->in_start, s->in_end - s->in_start);
		s->in_end -= s->in_start;
		s->in_start = 0;
	}
	n = conn_read(&s->conn, s->in + s->in_end, SESSION_IN - s->in_end);
	if (n == CONN_AGAIN)
		return 0;
	if (n <= 0) {
		/* Answers that are missing: a server may hang up because it
		 * was sent several commands at once. */
		s->end.pipelining_suspect = s->phase == SESSION_OPEN &&
		    pop_client_under_way(s->machine) > 1;
		session_lost(s, n == 0 ? "the server closed the connection" :
		    s->conn.why ? s->conn.why : strerror(errno));
		return -1;
	}
	acknowledge(s);
	s->in_end += (size_t)n;
	s->octets_in += (uint64_t)n;
	session_progress(s);
	return 1;
}

/* Steps through what is there. true: all used up, bring more. */
static bool
step_all(struct session *s)
{
	while (s->phase != SESSION_OVER && s->phase != SESSION_TLS &&
	    !s->paused) {
		struct pop_span in = span_of(s->in + s->in_start,
		    s->in_end - s->in_start);
		struct pop_client_info info = { 0 };
		enum pop_client_event event;

		make_room(s);
		event = pop_client_step(s->machine, &in, &s->out, &info);
		s->in_start = s->in_end - in.n;
		if (event == POP_CLIENT_MORE)
			return true;
		if (event == POP_CLIENT_FULL || event == POP_CLIENT_WAIT) {
			session_flush(s);
			return false;
		}
		if (event == POP_CLIENT_CLOSE) {
			session_lost(s, "the server ended the session");
			return false;
		}
		session_hear(s, event, &info);
	}
	return false;
}

void
session_pump(struct session *s)
{
	int reads = 0;

	s->pumping = true;
	while (step_all(s)) {
		/* The pipeline is filled before the wait for the socket. */
		if (s->phase == SESSION_OPEN)
			s->spec.owner->idle(s->spec.owner->arg);
		if (s->phase == SESSION_OVER || s->paused ||
		    ++reads > READS_MAX)
			break;
		if (s->out_sent < s->out.n)
			session_flush(s);
		if (s->phase == SESSION_OVER || session_read(s) <= 0)
			break;
	}
	s->pumping = false;
	if (s->phase == SESSION_OVER)
		return;
	session_flush(s);
	/* decrypted octets wake nobody */
	if (s->phase != SESSION_OVER && !s->paused && s->has_conn &&
	    s->phase != SESSION_TLS && conn_pending(&s->conn) > 0)
		loop_later(s->spec.loop, &s->wake);
}

static void
on_wake(struct loop_task *t)
{
	struct session *s = SESSION_OF(t, wake);

	session_pump(s);
}

void
session_wake(struct session *s)
{
	if (s->phase != SESSION_OVER)
		loop_later(s->spec.loop, &s->wake);
}

void
session_pause(struct session *s)
{
	s->paused = true;
	session_watch(s);
}

void
session_resume(struct session *s)
{
	if (!s->paused)
		return;
	s->paused = false;
	session_progress(s);
	session_wake(s);
}

/* ---- birth --------------------------------------------------------------- */

static bool
take_memory(struct session *s)
{
	s->in = malloc(SESSION_IN);
	s->out.p = malloc(SESSION_OUT);
	s->out.size = SESSION_OUT;
	s->machine = malloc(pop_client_size());
	return s->in && s->out.p && s->machine &&
	    buf_append(&s->tls_session, s->spec.tls_session.p,
	    s->spec.tls_session.n) == BUF_OK;
}

struct session *
session_start(const struct session_spec *spec)
{
	const struct account_conf *a = spec->account;
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->spec = *spec;
	s->quiet.fn = on_quiet;
	s->slow.fn = on_slow;
	s->wake.fn = on_wake;
	s->over_task.fn = tell_over;
	buf_init(&s->tls_session, 64 << 10);
	s->config.flags = (a->clear_login ? POP_CLIENT_CLEAR_OK :
	    POP_CLIENT_NEED_TLS);
	if (spec->pipelining && spec->pipelining_forced)
		s->config.flags |= POP_CLIENT_PIPELINE;
	s->config.pipeline_max = spec->pipelining ? SESSION_PIPELINE_MAX : 1;
	if (take_memory(s)) {
		pop_client_init(s->machine, &s->config,
		    a->tls == ACCOUNT_TLS_IMPLICIT);
		s->dial = dial_start(spec->loop, a->server, a->port ? a->port :
		    a->tls == ACCOUNT_TLS_IMPLICIT ? 995 : 110,
		    1000 * a->timeout, session_dialled, s);
		slow_start(s);
	}
	if (s->dial && s->phase != SESSION_OVER)
		return s;
	session_free(s);
	return NULL;
}

/* ---- questions ----------------------------------------------------------- */

const struct pop_capa *
session_capa(const struct session *s)
{
	return pop_client_capa(s->machine);
}

unsigned
session_under_way(const struct session *s)
{
	return pop_client_under_way(s->machine);
}

bool
session_pipelines(const struct session *s)
{
	return s->spec.pipelining && (s->spec.pipelining_forced ||
	    (session_capa(s)->has & POP_CAPA_PIPELINING) != 0);
}

int
session_tls(const struct session *s, struct buf *out)
{
	if (!s->has_tls || tls_client_resumed(&s->conn))
		return -1;
	return tls_client_session(&s->conn, out);
}
