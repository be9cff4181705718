/* SPDX-License-Identifier: ISC
 *
 * conform_talk: sessions of our own with the server under test, one command
 * after the other: to look at it, and to put mail where a case wants it.
 *
 * Bounded against any server: each reply must come in time and end somewhere.
 */
#include "client/conform_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

enum { PAUSE_MS = 50, PAUSE_MAX_MS = 1000 };

int64_t
conform_now_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		abort();
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
conform_sleep(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) != 0)
		continue;
}

static int
broken(struct conform_talk *t, const char *why)
{
	return t->why.n > 0 ? -1 : peer_why(&t->why, why);
}

int
talk_open(struct conform_talk *t, struct conform *c, enum wire_proto proto,
    enum sock_wrap wrap)
{
	memset(t, 0, sizeof(*t));
	t->c = c;
	t->end_ms = conform_now_ms() + CONFORM_ANSWER_MS;
	buf_init(&t->in, CONFORM_TEXT_MAX);
	buf_init(&t->line, CONFORM_LINE_MAX);
	buf_init(&t->why, CONFORM_LINE_MAX);
	t->peer = proto == WIRE_POP3 ? c->pop : c->mta[proto];
	sock_wrap(t->peer, proto == WIRE_POP3 ? wrap : SOCK_CLEAR);
	t->conn = t->peer->ops->open(t->peer, proto, WIRE_PLAIN, &t->why);
	if (t->conn == NULL)
		return broken(t, "no connection");
	if (proto != WIRE_POP3)
		return talk_reply(t, NULL) == 220 ? 0 :
		    broken(t, "no greeting");
	if (talk_line(t) != 0)
		return -1;
	if (t->line.n >= 3 && memcmp(t->line.p, "+OK", 3) == 0)
		return 0;
	if (buf_printf(&t->why, "its greeting is none of a POP3 server that "
	    "is open: %.*s", (int)t->line.n, (const char *)t->line.p) != 0)
		return broken(t, "no greeting");
	return -1;
}

void
talk_close(struct conform_talk *t)
{
	if (t->conn != NULL)
		t->peer->ops->close(t->conn);
	t->conn = NULL;
	buf_release(&t->in);
	buf_release(&t->line);
	buf_release(&t->why);
}

static enum peer_recv
hear(struct conform_talk *t)
{
	int64_t left = t->end_ms - conform_now_ms();

	if (left <= 0)
		return PEER_SILENT;
	return t->peer->ops->recv(t->conn, &t->in, left < CONFORM_REPLY_MS ?
	    (int)left : CONFORM_REPLY_MS);
}

int
talk_line(struct conform_talk *t)
{
	const unsigned char *lf;
	size_t n;

	while ((lf = t->in.n == t->used ? NULL : memchr(t->in.p + t->used,
	    '\n', t->in.n - t->used)) == NULL) {
		buf_consume(&t->in, t->used);
		t->used = 0;
		/* it is searched again with each piece */
		if (t->in.n > CONFORM_LINE_MAX)
			return broken(t, "a line without end");
		switch (hear(t)) {
		case PEER_DATA:
			break;
		case PEER_CLOSED:
			return broken(t, "the server has closed");
		case PEER_SILENT:
			t->silent = true;
			return broken(t, "the server is silent");
		}
	}
	n = (size_t)(lf - (t->in.p + t->used));
	t->line.n = 0;
	if (buf_append(&t->line, t->in.p + t->used, n) != 0)
		return broken(t, "a line without end");
	t->used += n + 1;
	if (t->line.n > 0 && t->line.p[t->line.n - 1] == '\r')
		t->line.n--;
	return 0;
}

int
talk_send(struct conform_talk *t, struct pop_span octets)
{
	t->end_ms = conform_now_ms() + CONFORM_ANSWER_MS;
	return t->peer->ops->send(t->conn, octets, &t->why);
}

__attribute__((format(printf, 2, 0)))
static int
send_format(struct conform_talk *t, const char *fmt, va_list ap)
{
	char line[1024];
	int n = vsnprintf(line, sizeof(line) - 2, fmt, ap), r;

	if (n < 0 || n >= (int)sizeof(line) - 2)
		return broken(t, "a name is too long");
	memcpy(line + n, "\r\n", 2);
	r = talk_send(t, span_of(line, (size_t)n + 2));
	buf_wipe_octets(line, sizeof(line));
	return r;
}

int
talk_ask(struct conform_talk *t, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = send_format(t, fmt, ap);
	va_end(ap);
	if (r != 0 || talk_line(t) != 0)
		return -1;
	return t->line.n >= 3 && memcmp(t->line.p, "+OK", 3) == 0;
}

int
talk_text(struct conform_talk *t, struct buf *out)
{
	struct pop_span line;

	for (;;) {
		if (talk_line(t) != 0)
			return -1;
		line = buf_span(&t->line);
		if (line.n == 1 && line.p[0] == '.')
			return 0;
		if (line.n > 0 && line.p[0] == '.') {
			if (line.p[1] != '.')
				t->bad_stuffing = true;
			span_skip(&line, 1);
		}
		if (buf_append(out, line.p, line.n) != 0 ||
		    buf_append(out, "\r\n", 2) != 0)
			return broken(t, "a text without end");
	}
}

int
talk_login(struct conform_talk *t)
{
	int r = talk_ask(t, "USER %s", t->c->user);

	return r == 1 ? talk_ask(t, "PASS %s",
	    (const char *)t->c->password.p) : r;
}

int
talk_settle(struct conform_talk *t, struct conform *c)
{
	int64_t end = conform_now_ms() + CONFORM_WAIT_MS;
	int pause = PAUSE_MS;
	enum sock_wrap wrap = c->clear ? SOCK_CLEAR : c->secure;

	for (;;) {
		int r = talk_open(t, c, WIRE_POP3, wrap);

		if (r == 0)
			r = talk_login(t);
		if (r == 1)
			return 0;
		if (conform_now_ms() > end) {
			if (r == 0 && buf_printf(&t->why, "the login is "
			    "refused: %.*s", (int)t->line.n,
			    (const char *)t->line.p) != 0)
				return broken(t, "the login is refused");
			return -1;
		}
		talk_close(t);
		conform_sleep(pause);
		pause = 2 * pause < PAUSE_MAX_MS ? 2 * pause : PAUSE_MAX_MS;
	}
}

int
talk_quit(struct conform_talk *t)
{
	int r = talk_ask(t, "QUIT");
	enum peer_recv got = PEER_DATA;

	/* the end of the connection: most servers free the maildrop first */
	while (r >= 0 && got == PEER_DATA)
		got = hear(t);
	return r;
}

int
talk_reply(struct conform_talk *t, struct buf *all)
{
	int code;

	do {
		if (talk_line(t) != 0)
			return -1;
		if (t->line.n < 3)
			return broken(t, "no reply code");
		if (all != NULL && (buf_append(all, t->line.p, t->line.n) ||
		    buf_append(all, "\n", 1)))
			return broken(t, "a long reply");
		code = (t->line.p[0] - '0') * 100 + (t->line.p[1] - '0') * 10 +
		    t->line.p[2] - '0';
	} while (t->line.n > 3 && t->line.p[3] == '-');
	return code;
}

int
talk_command(struct conform_talk *t, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = send_format(t, fmt, ap);
	va_end(ap);
	return r != 0 ? -1 : talk_reply(t, NULL);
}
