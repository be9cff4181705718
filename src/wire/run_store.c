/* SPDX-License-Identifier: ISC
 *
 * run_store.c: what a transcript does to maildrops behind the server's back
 * and what it finds in them.
 */
#include "wire/run.h"

#include "wire/text.h"

int
run_store(struct run *r)
{
	const struct wire_stmt *s = r->stmt;
	struct pop_span words[WIRE_WORDS];
	struct buf raw, why;
	const char *fault = "memory";
	int rc = 0;

	memcpy(words, s->word, sizeof words);
	buf_init(&raw, TEXT_MAX);
	buf_init(&why, RUN_LOG_MAX);
	run_log(r, "--", s->text);
	if (span_eq(words[0], span_str("deliver"))) {
		rc = text_expand(words[2], r->vars, &raw, &fault);
		words[2] = buf_span(&raw);
	}
	if (rc != 0)
		rc = run_fail(r, fault, s->text);
	else if (r->peer->ops->store(r->peer, words, s->words, &why) != 0)
		rc = run_fail(r, "that the store can do this",
		    buf_span(&why));
	buf_release(&why);
	buf_release(&raw);
	return rc;
}

/* line ends of any kind become LF, the last line gets one */
static int
normalize(const struct buf *in, struct buf *out)
{
	int rc = 0;

	for (size_t i = 0; i < in->n && rc == 0; i++) {
		if (in->p[i] == '\r' && i + 1 < in->n &&
		    in->p[i + 1] == '\n')
			continue;
		rc = buf_append(out, in->p + i, 1);
	}
	if (rc == 0 && in->n > 0 && in->p[in->n - 1] != '\n')
		rc = buf_append(out, "\n", 1);
	return rc;
}

/* takes the field `name` with its folded lines off the front */
static void
skip_field(struct pop_span *text, const char *name)
{
	size_t n = strlen(name);

	if (text->n < n || memcmp(text->p, name, n) != 0)
		return;
	do {
		const unsigned char *lf = memchr(text->p, '\n', text->n);

		if (lf == NULL)
			return;
		span_skip(text, (size_t)(lf - text->p) + 1);
	} while (text->n > 0 &&
	    (text->p[0] == ' ' || text->p[0] == '\t'));
}

static bool
take_line(struct pop_span *rest, struct pop_span *line_r)
{
	const unsigned char *lf;

	if (rest->n == 0)
		return false;
	lf = memchr(rest->p, '\n', rest->n);
	*line_r = span_of(rest->p, (size_t)(lf - rest->p));
	span_skip(rest, line_r->n + 1);
	return true;
}

static int
same_line(struct run *r, const struct wire_stmt *want, struct pop_span got,
    bool is_glob)
{
	const char *why = "memory";
	struct buf b;
	int rc;

	if (is_glob)
		return text_match(want->text, got, r->vars);
	buf_init(&b, TEXT_MAX);
	rc = text_expand(want->text, r->vars, &b, &why);
	rc = rc == 0 ? span_eq(buf_span(&b), got) :
	    run_fail(r, why, want->text);
	buf_release(&b);
	return rc;
}

static int
compare(struct run *r, struct pop_span text, size_t *at)
{
	bool is_glob = r->stmt->is_top;
	struct pop_span line;
	int rc;

	while (*at + 1 < r->c->stmts &&
	    r->c->stmt[*at + 1].op == OP_STORED_LINE) {
		r->stmt = &r->c->stmt[++*at];
		if (!take_line(&text, &line))
			return run_failf(r, text, "| %.*s",
			    (int)r->stmt->text.n,
			    (const char *)r->stmt->text.p);
		rc = same_line(r, r->stmt, line, is_glob);
		if (rc == 0)
			rc = run_failf(r, line, "| %.*s",
			    (int)r->stmt->text.n,
			    (const char *)r->stmt->text.p);
		if (rc < 0)
			return -1;
	}
	if (text.n > 0)
		return run_fail(r, "the end of the message", text);
	return 0;
}

static int
stored_text(struct run *r, size_t *at, struct buf *why)
{
	const struct wire_stmt *s = r->stmt;
	struct buf raw, text;
	struct pop_span rest;
	int rc;

	buf_init(&raw, TEXT_MAX);
	buf_init(&text, TEXT_MAX);
	rc = r->peer->ops->text(r->peer, s->word[0], s->number, &raw, why);
	if (rc == 0)
		rc = normalize(&raw, &text);
	if (rc != 0) {
		rc = run_fail(r, "a message that can be read",
		    buf_span(why));
	} else {
		rest = buf_span(&text);
		if (!s->is_top && r->peer->adds_trace) {
			skip_field(&rest, "Return-Path:");
			skip_field(&rest, "Delivered-To:");
			skip_field(&rest, "Received:");
		}
		rc = compare(r, rest, at);
	}
	buf_release(&text);
	buf_release(&raw);
	return rc;
}

int
run_stored(struct run *r, size_t *at)
{
	const struct wire_stmt *s = r->stmt;
	struct buf why;
	uint64_t n = 0;
	int rc = 0;

	buf_init(&why, RUN_LOG_MAX);
	if (s->words == 3)
		rc = stored_text(r, at, &why);
	else if (r->peer->ops->count(r->peer, s->word[0], &n, &why) != 0)
		rc = run_fail(r, "a maildrop that can be counted",
		    buf_span(&why));
	else if (n != s->number)
		rc = run_failf(r, span_of(NULL, 0),
		    "%llu messages (there are %llu)",
		    (unsigned long long)s->number, (unsigned long long)n);
	buf_release(&why);
	return rc;
}
