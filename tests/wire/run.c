/* SPDX-License-Identifier: ISC
 *
 * run.c: walks through the statements of a transcript: sends, in the pieces
 * that the mode asks for, and compares single reply lines.  It knows the
 * server only through struct peer.
 */
#include "run.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "text.h"

enum { IN_MAX = 128 << 20, LOGIN_TRIES = 250, LOGIN_PAUSE_MS = 20 };

/* ---- reports ------------------------------------------------------------- */

/* a report that is too long loses its tail */
static void
say(struct buf *b, const char *s)
{
	if (buf_append_str(b, s) != 0)
		return;
}

void
run_log(struct run *r, const char *mark, struct pop_span text)
{
	if (r->log.n > RUN_LOG_MAX / 2)
		buf_consume(&r->log, r->log.n - RUN_LOG_MAX / 4);
	if (buf_printf(&r->log, "    %u %s ", r->now, mark) != 0)
		return;
	text_show(&r->log, text);
	say(&r->log, "\n");
}

int
run_fail(struct run *r, const char *expected, struct pop_span got)
{
	static const char *const modes[] = { "whole", "byte by byte",
	    "random" };
	struct buf *b = r->report;

	if (buf_printf(b, "%s:%u: played %s", r->c->path, r->stmt->line,
	    modes[r->how->mode]) != 0)
		return -1;
	if (r->how->mode == RUN_RANDOM &&
	    buf_printf(b, " with --seed %llu",
	    (unsigned long long)r->how->seed) != 0)
		return -1;
	say(b, "\n  expected: ");
	say(b, expected);
	say(b, "\n  got:      ");
	text_show(b, got);
	say(b, "\n  the dialogue so far:\n");
	if (buf_append(b, r->log.p, r->log.n) != 0)
		say(b, "    ...\n");
	return -1;
}

int
run_failf(struct run *r, struct pop_span got, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(what, sizeof what, fmt, ap) < 0)
		what[0] = '\0';
	va_end(ap);
	return run_fail(r, what, got);
}

static int
fail_text(struct run *r, const char *mark, struct pop_span text,
    struct pop_span got)
{
	struct buf b;
	int rc;

	buf_init(&b, RUN_LOG_MAX);
	say(&b, mark);
	text_show(&b, text);
	rc = buf_append(&b, "", 1) == 0 ? run_fail(r, (char *)b.p, got) :
	    run_fail(r, mark, got);
	buf_release(&b);
	return rc;
}

/* splitmix64: the same splits for the same seed on every machine */
uint64_t
run_random(struct run *r, uint64_t below)
{
	uint64_t z = r->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (z ^ (z >> 31)) % below;
}

/* ---- what the server says ------------------------------------------------ */

static struct run_conn *
speaking(struct run *r)
{
	return &r->conn[r->now];
}

/* 1 there is a whole line, *n_r octets with its LF; 0 closed; -1 silence */
static int
have_line(struct run *r, size_t *n_r)
{
	struct run_conn *k = speaking(r);
	size_t searched = 0;
	enum peer_recv got;

	for (;;) {
		const unsigned char *lf = k->in.n == searched ? NULL :
		    memchr(k->in.p + searched, '\n', k->in.n - searched);

		if (lf != NULL) {
			*n_r = (size_t)(lf - k->in.p) + 1;
			return 1;
		}
		searched = k->in.n;
		if (k->conn == NULL || k->eof)
			return 0;
		got = r->peer->ops->recv(k->conn, &k->in, r->how->timeout_ms);
		if (got == PEER_SILENT)
			return -1;
		k->eof = got == PEER_CLOSED;
	}
}

int
run_peek_line(struct run *r)
{
	struct run_conn *k = speaking(r);
	size_t n;
	int rc = have_line(r, &n);

	if (rc == -1)
		return run_fail(r, "a reply line", span_str("nothing (yet)"));
	if (rc == 0 && k->in.n > 0)
		return run_fail(r, "a whole reply line", buf_span(&k->in));
	if (rc == 0)
		return 0;
	if (n < 2 || k->in.p[n - 2] != '\r')
		return run_fail(r, "a line that ends with CRLF",
		    span_of(k->in.p, n));
	r->line.n = 0;
	if (buf_append(&r->line, k->in.p, n - 2) != 0)
		return run_fail(r, "a shorter line", span_of(k->in.p, n));
	return 1;
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
	buf_consume(&speaking(r)->in, r->line.n + 2);
	run_log(r, "S:", buf_span(&r->line));
	return 0;
}

int
run_read_eof(struct run *r, int timeout_ms)
{
	struct run_conn *k = speaking(r);
	enum peer_recv got = PEER_DATA;

	if (k->conn == NULL)
		return run_fail(r, "an open connection",
		    span_str("it is not open"));
	while (!k->eof && got == PEER_DATA) {
		got = r->peer->ops->recv(k->conn, &k->in, timeout_ms);
		k->eof = got == PEER_CLOSED;
	}
	if (!k->eof)
		return run_fail(r, "that the server closes",
		    span_str("it is still open"));
	run_log(r, "S!", span_str("closed"));
	return 0;
}

/* `[CODE]` in front of a reply's text: only what IANA has registered */
static bool
code_ok(struct pop_span text, bool positive)
{
	static const char *const codes[] = { "LOGIN-DELAY", "IN-USE",
	    "SYS/TEMP", "SYS/PERM", "AUTH", "UTF8" };
	const unsigned char *end = memchr(text.p, ']', text.n);
	size_t n;

	if (end == NULL || positive)
		return false;
	n = (size_t)(end - text.p) - 1;
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		if (strlen(codes[i]) == n &&
		    memcmp(codes[i], text.p + 1, n) == 0)
			return true;
	}
	return false;
}

static const char *
pop3_status_fault(struct pop_span line)
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
	if (line.n > 1 && line.p[1] == '[') {
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
	const char *fault = speaking(r)->proto == WIRE_POP3 ?
	    pop3_status_fault(line) : smtp_status_fault(line);

	return fault == NULL ? 0 : run_fail(r, fault, line);
}

/* 1 the line fits the statement, 0 it does not, -1 broken transcript */
static int
line_fits(struct run *r, const struct wire_stmt *s)
{
	struct pop_span line = buf_span(&r->line);
	const char *why;
	struct buf b;
	int rc;

	if (s->op == OP_LINE)
		return span_eq(line, s->text);
	if (s->op == OP_GLOB)
		return glob_match(s->text, line, r->vars);
	buf_init(&b, TEXT_MAX);
	if (text_expand(s->text, r->vars, &b, &why) != 0)
		rc = run_fail(r, why, s->text);
	else
		rc = span_eq(line, buf_span(&b));
	buf_release(&b);
	return rc;
}

static int
expect_line(struct run *r)
{
	const struct wire_stmt *s = r->stmt;
	int rc;

	if (run_read_line(r) != 0 ||
	    run_status_ok(r, buf_span(&r->line)) != 0)
		return -1;
	rc = line_fits(r, s);
	if (rc == 0)
		return fail_text(r, s->op == OP_LINE ? "S: " :
		    s->op == OP_GLOB ? "S~ " : "S| ", s->text,
		    buf_span(&r->line));
	return rc > 0 ? 0 : -1;
}

static int
expect_closed(struct run *r)
{
	struct run_conn *k = speaking(r);
	int ms = r->stmt->number > 0 ? (int)r->stmt->number * 1000 :
	    r->how->timeout_ms;

	if (run_read_eof(r, ms) != 0)
		return -1;
	if (k->in.n > 0)
		return run_fail(r, "S! closed", buf_span(&k->in));
	return 0;
}

/* a TLS alert (content type 21) or nothing at all */
static int
expect_refused(struct run *r)
{
	struct run_conn *k = speaking(r);

	if (run_read_eof(r, r->how->timeout_ms) != 0)
		return -1;
	if (k->in.n > 0 && k->in.p[0] != 21)
		return run_fail(r, "S! refused", buf_span(&k->in));
	k->in.n = 0;
	return 0;
}

/* ---- what the client sends ----------------------------------------------- */

static int
send_pieces(struct run *r, struct pop_span all)
{
	struct run_conn *k = speaking(r);
	struct buf why;
	int rc = 0;

	if (k->conn == NULL)
		return run_fail(r, "an open connection to send on",
		    span_str("it is not open"));
	buf_init(&why, RUN_LOG_MAX);
	while (all.n > 0 && rc == 0) {
		size_t n = all.n;

		if (r->how->mode == RUN_BYTES)
			n = 1;
		else if (r->how->mode == RUN_RANDOM)
			n = 1 + run_random(r, run_random(r, 8) == 0 ?
			    all.n : (all.n < 40 ? all.n : 40));
		rc = r->peer->ops->send(k->conn, span_of(all.p, n), &why);
		span_skip(&all, n);
	}
	if (rc != 0)
		rc = run_fail(r, "that octets can be sent", buf_span(&why));
	buf_release(&why);
	return rc;
}

static int
add_to_batch(struct run *r, const struct wire_stmt *s, struct buf *batch)
{
	const char *why = "the batch is too long";
	int rc;

	if (s->op == OP_SEND)
		rc = buf_append(batch, s->text.p, s->text.n);
	else
		rc = text_expand(s->text, r->vars, batch, &why);
	if (rc == 0 && s->op != OP_SEND_RAW)
		rc = buf_append(batch, "\r\n", 2);
	run_log(r, s->op == OP_SEND ? "C:" : s->op == OP_SEND_RAW ? "C|" :
	    "C~", s->text);
	return rc == 0 ? 0 : run_fail(r, why, s->text);
}

static bool
is_send(const struct wire_stmt *s)
{
	return s->op == OP_SEND || s->op == OP_SEND_LINE ||
	    s->op == OP_SEND_RAW;
}

/* all consecutive C lines; *at moves to the last of them */
static int
send_batch(struct run *r, size_t *at)
{
	struct buf batch;
	int rc;

	buf_init(&batch, TEXT_MAX);
	rc = add_to_batch(r, &r->c->stmt[*at], &batch);
	while (rc == 0 && *at + 1 < r->c->stmts &&
	    is_send(&r->c->stmt[*at + 1])) {
		++*at;
		rc = add_to_batch(r, &r->c->stmt[*at], &batch);
	}
	if (rc == 0)
		rc = send_pieces(r, buf_span(&batch));
	buf_release(&batch);
	return rc;
}

static int
send_line(struct run *r, const char *verb, struct pop_span raw)
{
	const char *why = "memory";
	struct buf b;
	int rc;

	buf_init(&b, TEXT_MAX);
	rc = buf_append_str(&b, verb);
	if (rc == 0)
		rc = text_expand(raw, r->vars, &b, &why);
	run_log(r, "C:", buf_span(&b));
	if (rc == 0)
		rc = buf_append(&b, "\r\n", 2);
	if (rc != 0)
		rc = run_fail(r, why, raw);
	else
		rc = send_pieces(r, buf_span(&b));
	buf_release(&b);
	return rc;
}

static bool
line_begins(const struct run *r, const char *s)
{
	return r->line.n >= strlen(s) &&
	    memcmp(r->line.p, s, strlen(s)) == 0;
}

static int
login(struct run *r)
{
	const struct wire_stmt *s = r->stmt;
	struct pop_span name = span_str("wren");
	struct pop_span secret = span_str("correct horse battery");
	const struct timespec moment = { 0, LOGIN_PAUSE_MS * 1000000 };

	if (s->words > 0) {
		name = s->word[0];
		secret = s->text;
	}
	for (unsigned i = 0; i < LOGIN_TRIES; i++) {
		if (send_line(r, "USER ", name) != 0 ||
		    run_read_line(r) != 0)
			return -1;
		if (!line_begins(r, "+OK"))
			break;
		if (send_line(r, "PASS ", secret) != 0 ||
		    run_read_line(r) != 0)
			return -1;
		if (!r->dropped || !r->peer->is_slow ||
		    !line_begins(r, "-ERR [IN-USE]"))
			break;
		(void)nanosleep(&moment, NULL);
	}
	return line_begins(r, "+OK") ? run_status_ok(r, buf_span(&r->line)) :
	    run_fail(r, "a login", buf_span(&r->line));
}

/* ---- connections --------------------------------------------------------- */

static void
hang_up(struct run *r, struct run_conn *k)
{
	if (k->conn != NULL)
		r->peer->ops->close(k->conn);
	buf_release(&k->in);
	memset(k, 0, sizeof *k);
}

static int
open_conn(struct run *r, unsigned number, enum wire_proto proto,
    enum wire_tls tls)
{
	struct run_conn *k = &r->conn[number];
	struct buf why;
	int rc = 0;

	if (k->conn != NULL && !k->eof)
		return run_fail(r, "a free connection number",
		    span_str("it is still open"));
	hang_up(r, k);
	r->now = number;
	buf_init(&k->in, IN_MAX);
	buf_init(&why, RUN_LOG_MAX);
	k->proto = proto;
	run_log(r, "--", span_str(tls == WIRE_TLS ? "connect tls" :
	    "connect"));
	k->conn = r->peer->ops->open(r->peer, proto, tls, &why);
	if (k->conn == NULL)
		rc = run_fail(r, "a connection", buf_span(&why));
	buf_release(&why);
	return rc;
}

static int
drop(struct run *r)
{
	struct run_conn *k = speaking(r);

	if (k->conn == NULL)
		return run_fail(r, "a connection to drop",
		    span_str("it is not open"));
	run_log(r, "--", span_str("drop"));
	hang_up(r, k);
	r->dropped = true;
	return 0;
}

/* *at: where to go on when a handshake that may fail has failed */
static void
skip_to_connect(struct run *r, size_t *at)
{
	while (*at + 1 < r->c->stmts &&
	    r->c->stmt[*at + 1].op != OP_CONNECT)
		++*at;
	hang_up(r, speaking(r));
}

static int
shake_hands(struct run *r, size_t *at)
{
	struct run_conn *k = speaking(r);
	const struct wire_stmt *s = r->stmt;
	struct buf why;
	int rc = -1;

	if (k->conn == NULL)
		return run_fail(r, "an open connection",
		    span_str("it is not open"));
	if (k->in.n > 0)
		return run_fail(r, "nothing before the handshake",
		    buf_span(&k->in));
	buf_init(&why, RUN_LOG_MAX);
	if (!k->eof)
		rc = r->peer->ops->tls(k->conn, s->tls, (unsigned)s->number,
		    &why);
	run_log(r, "--", span_str(rc == 0 ? "TLS" : "no TLS"));
	if (rc == -2)
		rc = run_fail(r, "a handshake", buf_span(&why));
	else if (s->tls == WIRE_TLS_OLD)
		rc = rc == 0 ? run_fail(r, "that this TLS is refused",
		    span_str("the server agreed")) : 0;
	else if (rc != 0 && !s->may_fail)
		rc = run_fail(r, "a TLS handshake", buf_span(&why));
	else if (rc != 0) {
		skip_to_connect(r, at);
		rc = 0;
	}
	buf_release(&why);
	return rc;
}

/* ---- the walk ------------------------------------------------------------ */

/* *at: EITHER; moves to the OR or EITHER in front of the branch that fits */
static int
choose(struct run *r, size_t *at)
{
	struct run_conn *k = speaking(r);
	int rc = run_peek_line(r), fits;

	if (rc < 0)
		return -1;
	for (size_t i = *at; r->c->stmt[i].op != OP_END;
	    i = r->c->stmt[i].next) {
		const struct wire_stmt *first = &r->c->stmt[i + 1];

		if (first->op == OP_CLOSED)
			fits = rc == 0;
		else
			fits = rc == 1 ? line_fits(r, first) : 0;
		if (fits < 0)
			return -1;
		if (fits > 0) {
			*at = i;
			return 0;
		}
	}
	return run_fail(r, "what begins one of the branches",
	    rc == 0 ? span_str("the server has closed") : buf_span(&k->in));
}

static int
differ(struct run *r)
{
	const struct buf *a = vars_get(r->vars, r->stmt->word[0]);
	const struct buf *b = vars_get(r->vars, r->stmt->word[1]);

	if (a == NULL || b == NULL)
		return run_fail(r, "two variables with values",
		    r->stmt->text);
	if (span_eq(buf_span(a), buf_span(b)))
		return run_fail(r, "two values that differ", buf_span(a));
	return 0;
}

static int
use(struct run *r)
{
	r->now = (unsigned)r->stmt->number;
	if (r->conn[r->now].conn == NULL)
		return run_fail(r, "an open connection",
		    span_str("it is not open"));
	return 0;
}

static int
pause_for(struct run *r)
{
	struct timespec t = { (time_t)r->stmt->number, 0 };

	while (nanosleep(&t, &t) != 0)
		continue;
	return 0;
}

static int
step(struct run *r, size_t *at)
{
	const struct wire_stmt *s = r->stmt;

	switch (s->op) {
	case OP_SEND:
	case OP_SEND_LINE:
	case OP_SEND_RAW:
		return send_batch(r, at);
	case OP_LINE:
	case OP_LINE_RAW:
	case OP_GLOB:
		return expect_line(r);
	case OP_REST:
		return run_rest(r);
	case OP_OCTETS:
	case OP_MAIL:
		return run_body(r);
	case OP_CAPA:
		return run_capa(r);
	case OP_EHLO:
		return run_ehlo(r);
	case OP_CLOSED:
		return expect_closed(r);
	case OP_REFUSED:
		return expect_refused(r);
	case OP_EITHER:
		return choose(r, at);
	case OP_OR:
		/* the end of the branch that was played */
		while (r->c->stmt[*at].op != OP_END)
			*at = r->c->stmt[*at].next;
		return 0;
	case OP_END:
		return 0;
	case OP_CONNECT:
		return open_conn(r, (unsigned)s->number, s->proto, s->tls);
	case OP_USE:
		return use(r);
	case OP_DROP:
		return drop(r);
	case OP_STARTTLS:
		return shake_hands(r, at);
	case OP_LOGIN:
		return login(r);
	case OP_PAUSE:
		return pause_for(r);
	case OP_DIFFER:
		return differ(r);
	case OP_HAS:
	case OP_LACKS:
		return run_has(r);
	case OP_WITHIN:
		return run_within(r);
	case OP_STORED:
		return run_stored(r, at);
	case OP_STORED_LINE:
		return run_fail(r, "stored USER N is", s->text);
	case OP_STORE:
		return run_store(r);
	}
	return -1;
}

/* what no line of the transcript has asked for */
static int
check_rest(struct run *r)
{
	for (unsigned i = 1; i <= WIRE_CONNS; i++) {
		struct run_conn *k = &r->conn[i];

		if (k->conn == NULL)
			continue;
		r->now = i;
		if (!k->eof)
			k->eof = r->peer->ops->recv(k->conn, &k->in, 0) ==
			    PEER_CLOSED;
		if (k->in.n > 0)
			return run_fail(r, "nothing more from the server",
			    buf_span(&k->in));
	}
	return 0;
}

static int
walk(struct run *r)
{
	int rc = 0;

	r->stmt = &r->c->stmt[0];
	if (r->stmt->op != OP_CONNECT && r->stmt->op != OP_STORE)
		rc = open_conn(r, 1, r->c->proto, WIRE_PLAIN);
	for (size_t i = 0; i < r->c->stmts && rc == 0; i++) {
		size_t at = i;

		r->stmt = &r->c->stmt[i];
		for (unsigned n = 0; n < r->stmt->repeat && rc == 0; n++)
			rc = step(r, &at);
		i = at;
	}
	return rc == 0 ? check_rest(r) : rc;
}

int
run_case(const struct wire_case *c, struct peer *p,
    const struct run_how *how, struct buf *report)
{
	struct vars vars;
	struct run r = { .c = c, .peer = p, .how = how, .now = 1,
	    .random = how->seed, .vars = &vars, .report = report };
	int rc;

	vars_init(&vars);
	buf_init(&r.log, RUN_LOG_MAX);
	buf_init(&r.line, IN_MAX);
	rc = p->ops->begin(p, c, how->seed, report);
	if (rc == 0)
		rc = walk(&r);
	for (unsigned i = 1; i <= WIRE_CONNS; i++)
		hang_up(&r, &r.conn[i]);
	p->ops->end(p);
	for (size_t i = 0; i < r.sets; i++)
		buf_release(&r.set[i].lines);
	vars_done(&vars);
	buf_release(&r.line);
	buf_release(&r.log);
	return rc;
}
