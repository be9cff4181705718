/* SPDX-License-Identifier: ISC
 *
 * run.c: walks through the statements of a transcript and reports what does
 * not fit.  It knows the server only through struct peer.
 */
#include "wire/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "wire/text.h"

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

static void
tell_failure(struct run *r, const char *expected, struct pop_span got)
{
	struct run_failure *f = r->how->failure;

	if (f == NULL)
		return;
	f->line = r->stmt->line;
	f->expected.n = f->got.n = f->dialogue.n = 0;
	say(&f->expected, expected);
	text_show(&f->got, got);
	if (buf_append(&f->dialogue, r->log.p, r->log.n) != 0)
		say(&f->dialogue, "    ...\n");
}

int
run_fail(struct run *r, const char *expected, struct pop_span got)
{
	static const char *const modes[] = { "whole", "byte by byte",
	    "random" };
	struct buf *b = r->report;

	tell_failure(r, expected, got);
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

int
run_fail_text(struct run *r, const char *mark, struct pop_span text,
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

/* ---- the walk ------------------------------------------------------------ */

/* *at: EITHER; moves to the OR or EITHER in front of the branch that fits */
static int
choose(struct run *r, size_t *at)
{
	int rc = run_peek_line(r), fits;

	if (rc < 0)
		return -1;
	/* globs go back and forth over it */
	if (rc > 0 && r->line.n > POP_REPLY_MAX)
		return run_fail(r, "a reply line of at most 512 octets",
		    buf_span(&r->line));
	for (size_t i = *at; r->c->stmt[i].op != OP_END;
	    i = r->c->stmt[i].next) {
		const struct wire_stmt *first = &r->c->stmt[i + 1];

		if (first->op == OP_CLOSED)
			fits = rc == 0;
		else
			fits = rc == 1 ? run_line_fits(r, first) : 0;
		if (fits < 0)
			return -1;
		if (fits > 0) {
			*at = i;
			return 0;
		}
	}
	return run_fail(r, "what begins one of the branches",
	    rc == 0 ? span_str("the server has closed") :
	    buf_span(&r->line));
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

	run_allow(r, r->stmt->number);
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
		return run_send_batch(r, at);
	case OP_LINE:
	case OP_LINE_RAW:
	case OP_GLOB:
		return run_expect_line(r);
	case OP_REST:
		return run_rest(r);
	case OP_OCTETS:
	case OP_MAIL:
		return run_body(r);
	case OP_UIDL:
		return run_uidl(r);
	case OP_CAPA:
		return run_capa(r);
	case OP_EHLO:
		return run_ehlo(r);
	case OP_CLOSED:
		return run_expect_closed(r);
	case OP_REFUSED:
		return run_expect_refused(r);
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
		return run_open_conn(r, (unsigned)s->number, s->proto, s->tls);
	case OP_USE:
		return use(r);
	case OP_DROP:
		return run_drop(r);
	case OP_STARTTLS:
		return run_shake_hands(r, at);
	case OP_LOGIN:
		return run_login(r);
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
			(void)run_receive(r, 0);
		if (run_unread(k).n > 0)
			return run_fail(r, "nothing more from the server",
			    run_unread(k));
	}
	return 0;
}

static int
walk(struct run *r)
{
	int rc = 0;

	if (r->stmt->op != OP_CONNECT && r->stmt->op != OP_STORE)
		rc = run_open_conn(r, 1, r->c->proto, WIRE_PLAIN);
	for (size_t i = 0; i < r->c->stmts && rc == 0; i++) {
		size_t at = i;

		r->stmt = &r->c->stmt[i];
		for (unsigned n = 0; n < r->stmt->repeat && rc == 0; n++)
			rc = step(r, &at);
		i = at;
	}
	return rc == 0 ? check_rest(r) : rc;
}

/* how many messages there are, where that is known at once: in memory */
static uint64_t
main_messages(struct run *r)
{
	uint64_t n = 0;
	struct buf why;

	buf_init(&why, RUN_LOG_MAX);
	if (r->peer->is_slow || r->peer->ops->count(r->peer,
	    span_str("wren"), &n, &why) != 0)
		n = 0;
	buf_release(&why);
	return n;
}

/* a header that does not say that the case removes mail would mislead who
 * plays it against a real mailbox */
static int
check_changes(struct run *r, uint64_t before)
{
	if (r->c->proto != WIRE_POP3 || r->c->changes ||
	    main_messages(r) == before)
		return 0;
	return run_fail(r, "the header line `changes: maildrop`",
	    span_str("the case adds or removes messages"));
}

int
run_case(const struct wire_case *c, struct peer *p,
    const struct run_how *how, struct buf *report)
{
	struct vars vars;
	struct run r = { .c = c, .peer = p, .how = how, .now = 1,
	    .random = how->seed, .vars = &vars, .report = report };
	uint64_t before = 0;
	int rc;

	vars_init(&vars);
	buf_init(&r.log, RUN_LOG_MAX);
	buf_init(&r.line, RUN_IN_MAX);
	rc = p->ops->begin(p, c, how->seed, report);
	if (how->limit_ms > 0)
		r.end_ms = run_now_ms() + how->limit_ms;
	r.stmt = &c->stmt[0];
	if (rc == 0)
		rc = run_world_vars(&r);
	if (rc == 0) {
		before = main_messages(&r);
		rc = walk(&r);
	}
	if (rc == 0)
		rc = check_changes(&r, before);
	for (unsigned i = 1; i <= WIRE_CONNS; i++)
		run_hang_up(&r, &r.conn[i]);
	p->ops->end(p);
	for (size_t i = 0; i < r.sets; i++)
		buf_release(&r.set[i].lines);
	vars_done(&vars);
	buf_release(&r.line);
	buf_release(&r.log);
	return rc;
}
