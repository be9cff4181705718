/* SPDX-License-Identifier: ISC
 *
 * run_conn.c: the client's side: opens and drops connections, sends batches
 * in the pieces that the mode asks for, shakes hands, logs in.
 */
#include "wire/run.h"

#include <stdlib.h>
#include <time.h>

#include "wire/text.h"

enum { LOGIN_MS = 5000, LOGIN_PAUSE_MS = 20, LOGIN_PAUSE_LONG_MS = 250 };

/* ---- what the client sends ----------------------------------------------- */

static int
send_pieces(struct run *r, struct pop_span all)
{
	struct run_conn *k = run_speaking(r);
	struct buf why;
	int rc = 0;

	if (k->conn == NULL)
		return run_fail(r, "an open connection to send on",
		    span_str("it is not open"));
	k->spoke = true;
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

/* Does a line of it say something secret? */
static bool
has_login(struct pop_span batch)
{
	static const char *const verbs[] = { "PASS ", "APOP ", "AUTH " };

	while (batch.n > 0) {
		const unsigned char *lf = memchr(batch.p, '\n', batch.n);

		for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
			if (batch.n >= 5 && span_eq_nocase(
			    span_of(batch.p, 5), span_str(verbs[i])))
				return true;
		span_skip(&batch, lf == NULL ? batch.n :
		    (size_t)(lf - batch.p) + 1);
	}
	return false;
}

static bool
line_begins(const struct run *r, const char *s)
{
	return r->line.n >= strlen(s) &&
	    memcmp(r->line.p, s, strlen(s)) == 0;
}

/* all consecutive C lines; *at moves to the last of them */
int
run_send_batch(struct run *r, size_t *at)
{
	struct run_conn *k = run_speaking(r);
	struct buf batch;
	int rc;

	buf_init(&batch, TEXT_MAX);
	rc = add_to_batch(r, &r->c->stmt[*at], &batch);
	while (rc == 0 && *at + 1 < r->c->stmts &&
	    is_send(&r->c->stmt[*at + 1])) {
		++*at;
		rc = add_to_batch(r, &r->c->stmt[*at], &batch);
	}
	/* what follows "+ " goes on with it */
	k->logs_in = has_login(buf_span(&batch)) ||
	    (k->logs_in && line_begins(r, "+ "));
	if (rc == 0)
		rc = send_pieces(r, buf_span(&batch));
	buf_wipe(&batch);	/* maybe a password */
	return rc;
}

/* mark and verb: "C~ USER" */
static int
send_line(struct run *r, const char *verb, struct pop_span raw)
{
	const char *why = "memory";
	struct buf b;
	int rc;

	buf_init(&b, TEXT_MAX);
	rc = buf_append_str(&b, verb + 3);
	if (rc == 0)
		rc = buf_append(&b, " ", 1);
	if (rc == 0)
		rc = text_expand(raw, r->vars, &b, &why);
	/* unexpanded: a report is shown to others, a password is not */
	run_log(r, verb, raw);
	if (rc == 0)
		rc = buf_append(&b, "\r\n", 2);
	if (rc != 0)
		rc = run_fail(r, why, raw);
	else
		rc = send_pieces(r, buf_span(&b));
	buf_wipe(&b);
	return rc;
}

static void
pause_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&t, &t) != 0)
		continue;
}

/* 1 a reply line, in r->line; 0 the server has closed; -1 */
static int
hear(struct run *r)
{
	int rc = run_peek_line(r);

	if (rc == 1)
		run_take_line(r);
	else if (rc == 0)
		r->line.n = 0;
	return rc;
}

/* 1 logged in, 0 refused, -1 */
static int
try_login(struct run *r, struct pop_span name, struct pop_span secret)
{
	if (send_line(r, "C~ USER", name) != 0 || hear(r) < 0)
		return -1;
	if (!line_begins(r, "+OK"))
		return 0;
	run_speaking(r)->logs_in = true;
	if (send_line(r, "C~ PASS", secret) != 0 || hear(r) < 0)
		return -1;
	run_speaking(r)->logs_in = false;
	return line_begins(r, "+OK");
}

/* The same from the start: some servers close when a login fails. */
static int
greet_again(struct run *r)
{
	struct run_conn *k = run_speaking(r);
	enum wire_proto proto = k->proto;
	enum wire_tls tls = k->tls;

	run_hang_up(r, k);
	if (run_open_conn(r, r->now, proto, tls) != 0 || hear(r) < 0)
		return -1;
	return 0;
}

/* May it be that a session that has ended still holds the maildrop? */
static bool
worth_another_try(struct run *r, bool fresh)
{
	if (r->how->patience_ms > 0)
		return fresh || (!run_speaking(r)->eof &&
		    line_begins(r, "-ERR"));
	return r->dropped && r->peer->is_slow &&
	    line_begins(r, "-ERR [IN-USE]");
}

static int
login_as(struct run *r, struct pop_span name, struct pop_span secret)
{
	bool patient = r->how->patience_ms > 0;
	bool fresh = patient && !run_speaking(r)->spoke;
	int64_t end = run_now_ms() + (patient ? r->how->patience_ms : LOGIN_MS);
	int rc = try_login(r, name, secret);

	while (rc == 0 && worth_another_try(r, fresh) && run_now_ms() < end) {
		pause_ms(patient ? LOGIN_PAUSE_LONG_MS : LOGIN_PAUSE_MS);
		if (fresh && greet_again(r) != 0)
			return -1;
		rc = try_login(r, name, secret);
	}
	if (rc < 0)
		return -1;
	return rc == 1 ? run_status_ok(r, buf_span(&r->line)) :
	    run_fail(r, "a login", r->line.n > 0 ? buf_span(&r->line) :
	    span_str("the server has closed"));
}

int
run_login(struct run *r)
{
	const struct wire_stmt *s = r->stmt;

	if (s->words > 0)
		return login_as(r, s->word[0], s->text);
	return login_as(r, span_str("{user}"), span_str("{password}"));
}

/* ---- connections --------------------------------------------------------- */

void
run_hang_up(struct run *r, struct run_conn *k)
{
	if (k->conn != NULL)
		r->peer->ops->close(k->conn);
	buf_release(&k->in);
	memset(k, 0, sizeof *k);
}

int
run_open_conn(struct run *r, unsigned number, enum wire_proto proto,
    enum wire_tls tls)
{
	struct run_conn *k = &r->conn[number];
	struct buf why;
	int rc = 0;

	if (k->conn != NULL && !k->eof)
		return run_fail(r, "a free connection number",
		    span_str("it is still open"));
	run_hang_up(r, k);
	r->now = number;
	buf_init(&k->in, RUN_IN_MAX);
	buf_init(&why, RUN_LOG_MAX);
	k->proto = proto;
	k->tls = tls;
	run_log(r, "--", span_str(tls == WIRE_PLAIN ? "connect" :
	    "connect to the TLS port"));
	r->peer->line = r->stmt->line;
	k->conn = r->peer->ops->open(r->peer, proto, tls, &why);
	if (k->conn == NULL)
		rc = run_fail(r, "a connection", buf_span(&why));
	buf_release(&why);
	return rc;
}

int
run_drop(struct run *r)
{
	struct run_conn *k = run_speaking(r);

	if (k->conn == NULL)
		return run_fail(r, "a connection to drop",
		    span_str("it is not open"));
	run_log(r, "--", span_str("drop"));
	run_hang_up(r, k);
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
	run_hang_up(r, run_speaking(r));
}

int
run_shake_hands(struct run *r, size_t *at)
{
	struct run_conn *k = run_speaking(r);
	const struct wire_stmt *s = r->stmt;
	struct buf why;
	int rc = -1;

	if (k->conn == NULL)
		return run_fail(r, "an open connection",
		    span_str("it is not open"));
	if (run_unread(k).n > 0)
		return run_fail(r, "nothing before the handshake",
		    run_unread(k));
	buf_init(&why, RUN_LOG_MAX);
	k->spoke = true;
	if (!k->eof)
		rc = r->peer->ops->tls(k->conn, s->tls, (unsigned)s->number,
		    &why);
	run_log(r, "--", span_str(rc == 0 ? "TLS" : "no TLS"));
	if (rc == -2 && s->tls == WIRE_TLS_OLD)
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
