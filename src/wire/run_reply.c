/* SPDX-License-Identifier: ISC
 *
 * run_reply.c: single reply lines: reads them, holds each to what every
 * status line must be, and compares it with its statement.
 */
#include "wire/run.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "wire/text.h"

struct run_conn *
run_speaking(struct run *r)
{
	return &r->conn[r->now];
}

struct pop_span
run_unread(const struct run_conn *k)
{
	return span_of(k->in.p + k->used, k->in.n - k->used);
}

int64_t
run_now_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		abort();
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
run_allow(struct run *r, uint64_t seconds)
{
	if (r->end_ms > 0)
		r->end_ms += (int64_t)seconds * 1000;
}

/* An octet now and then must not keep us here for ever. */
enum peer_recv
run_receive(struct run *r, int timeout_ms)
{
	struct run_conn *k = run_speaking(r);
	enum peer_recv got;

	if (r->end_ms > 0 && run_now_ms() > r->end_ms)
		return PEER_SILENT;
	buf_consume(&k->in, k->used);
	k->used = 0;
	got = r->peer->ops->recv(k->conn, &k->in, timeout_ms);
	k->eof = got == PEER_CLOSED;
	return got;
}

int
run_reply_ms(struct run *r)
{
	const struct run_how *how = r->how;

	return run_speaking(r)->logs_in && how->login_ms > how->timeout_ms ?
	    how->login_ms : how->timeout_ms;
}

/* 1 there is a whole line, *n_r octets with its LF; 0 closed; -1 silence */
static int
have_line(struct run *r, size_t *n_r)
{
	struct run_conn *k = run_speaking(r);
	size_t searched = 0;

	for (;;) {
		struct pop_span in = run_unread(k);
		const unsigned char *lf = in.n == searched ? NULL :
		    memchr(in.p + searched, '\n', in.n - searched);

		if (lf != NULL) {
			*n_r = (size_t)(lf - in.p) + 1;
			return 1;
		}
		searched = in.n;
		if (k->conn == NULL || k->eof)
			return 0;
		if (run_receive(r, run_reply_ms(r)) == PEER_SILENT)
			return -1;
	}
}

int
run_peek_line(struct run *r)
{
	struct run_conn *k = run_speaking(r);
	struct pop_span in;
	size_t n = 0;
	int rc = have_line(r, &n);

	if (rc == -1)
		return run_fail(r, "a reply line", span_str("nothing (yet)"));
	in = run_unread(k);
	if (rc == 0 && in.n > 0)
		return run_fail(r, "a whole reply line", in);
	if (rc == 0)
		return 0;
	if (n < 2 || in.p[n - 2] != '\r')
		return run_fail(r, "a line that ends with CRLF",
		    span_of(in.p, n));
	r->line.n = 0;
	if (buf_append(&r->line, in.p, n - 2) != 0)
		return run_fail(r, "a shorter line", span_of(in.p, n));
	return 1;
}

void
run_take_line(struct run *r)
{
	run_speaking(r)->used += r->line.n + 2;
	run_log(r, "S:", buf_span(&r->line));
}

int
run_read_line(struct run *r)
{
	int rc = run_peek_line(r);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return run_fail(r, "a reply line",
		    span_str("the server has closed"));
	run_take_line(r);
	return 0;
}

int
run_read_eof(struct run *r, int timeout_ms)
{
	struct run_conn *k = run_speaking(r);
	enum peer_recv got = PEER_DATA;

	if (k->conn == NULL)
		return run_fail(r, "an open connection",
		    span_str("it is not open"));
	while (!k->eof && got == PEER_DATA)
		got = run_receive(r, timeout_ms);
	if (!k->eof)
		return run_fail(r, "that the server closes",
		    span_str("it is still open"));
	run_log(r, "S!", span_str("closed"));
	return 0;
}

/* `[CODE]` in front of a reply's text: only what IANA has registered, in any
 * case, with or without deeper levels (RFC 2449 section 8) */
static bool
code_ok(struct pop_span text, bool positive)
{
	static const char *const codes[] = { "LOGIN-DELAY", "IN-USE",
	    "SYS/TEMP", "SYS/PERM", "AUTH", "UTF8" };
	const unsigned char *end = memchr(text.p, ']', text.n);

	if (end == NULL || positive)
		return false;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		size_t n = strlen(codes[i]);

		if ((size_t)(end - text.p) > n && strncasecmp(codes[i],
		    (const char *)text.p + 1, n) == 0 &&
		    (text.p[n + 1] == ']' || text.p[n + 1] == '/'))
			return true;
	}
	return false;
}

static const char *
pop3_status_fault(struct pop_span line, bool has_codes)
{
	bool positive = line.n >= 3 && memcmp(line.p, "+OK", 3) == 0;

	if (!positive && (line.n < 4 || memcmp(line.p, "-ERR", 4) != 0))
		return NULL;
	if (line.n > POP_REPLY_MAX - 2)
		return "a status line of at most 512 octets";
	span_skip(&line, positive ? 3 : 4);
	if (line.n > 0 && line.p[0] != ' ')
		return "a space behind +OK or -ERR";
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] < 0x20 || line.p[i] == 0x7f)
			return "a status line without control characters";
	}
	if (has_codes && line.n > 1 && line.p[1] == '[') {
		span_skip(&line, 1);
		if (!code_ok(line, positive))
			return "[ only for a registered response code";
	}
	return NULL;
}

static const char *
smtp_status_fault(struct pop_span line)
{
	if (line.n > POP_REPLY_MAX - 2)
		return "a reply line of at most 512 octets";
	for (size_t i = 0; i < 3; i++) {
		if (line.n <= i || line.p[i] < '0' || line.p[i] > '9')
			return "three digits";
	}
	if (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-')
		return "a space or - behind the digits";
	return NULL;
}

int
run_status_ok(struct run *r, struct pop_span line)
{
	bool has_codes = r->how->world == NULL || !r->how->world->no_codes;
	const char *fault = run_speaking(r)->proto == WIRE_POP3 ?
	    pop3_status_fault(line, has_codes) : smtp_status_fault(line);

	return fault == NULL ? 0 : run_fail(r, fault, line);
}

int
run_line_fits(struct run *r, const struct wire_stmt *s)
{
	struct pop_span line = buf_span(&r->line);
	const char *why;
	struct buf b;
	int rc;

	if (s->op == OP_LINE)
		return span_eq(line, s->text);
	if (s->op == OP_GLOB)
		return text_match(s->text, line, r->vars);
	buf_init(&b, TEXT_MAX);
	if (text_expand(s->text, r->vars, &b, &why) != 0)
		rc = run_fail(r, why, s->text);
	else
		rc = span_eq(line, buf_span(&b));
	buf_release(&b);
	return rc;
}

int
run_expect_line(struct run *r)
{
	const struct wire_stmt *s = r->stmt;
	int rc;

	if (run_read_line(r) != 0 ||
	    run_status_ok(r, buf_span(&r->line)) != 0)
		return -1;
	rc = run_line_fits(r, s);
	if (rc == 0)
		return run_fail_text(r, s->op == OP_LINE ? "S: " :
		    s->op == OP_GLOB ? "S~ " : "S| ", s->text,
		    buf_span(&r->line));
	return rc > 0 ? 0 : -1;
}

int
run_expect_closed(struct run *r)
{
	struct run_conn *k = run_speaking(r);
	int ms = r->stmt->number > 0 ? (int)r->stmt->number * 1000 :
	    run_reply_ms(r);

	run_allow(r, r->stmt->number);
	if (run_read_eof(r, ms) != 0)
		return -1;
	if (run_unread(k).n > 0)
		return run_fail(r, "S! closed", run_unread(k));
	return 0;
}

/* a TLS alert (content type 21) or nothing at all */
int
run_expect_refused(struct run *r)
{
	struct run_conn *k = run_speaking(r);

	if (run_read_eof(r, r->how->timeout_ms) != 0)
		return -1;
	if (run_unread(k).n > 0 && run_unread(k).p[0] != 21)
		return run_fail(r, "S! refused", run_unread(k));
	k->used = k->in.n;
	return 0;
}
