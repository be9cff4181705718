/* SPDX-License-Identifier: ISC
 *
 * run_lists.c: multi-line replies: message bodies against the fixture, CAPA
 * and EHLO lists and what is asked of them afterwards.
 */
#include "wire/run.h"

#include <stdio.h>

#include "base/num.h"
#include "wire/fixture.h"
#include "wire/text.h"

static bool
is_dot(const struct run *r)
{
	return r->line.n == 1 && r->line.p[0] == '.';
}

int
run_rest(struct run *r)
{
	struct pop_span glob = r->stmt->text;

	for (;;) {
		if (run_read_line(r) != 0)
			return -1;
		if (is_dot(r))
			return 0;
		if (glob.n > 0 &&
		    !text_match(glob, buf_span(&r->line), r->vars))
			return run_failf(r, buf_span(&r->line),
			    "each line: %.*s", (int)glob.n,
			    (const char *)glob.p);
	}
}

/* lines up to the dot, each freed of one leading dot and with its CRLF */
static int
read_body(struct run *r, struct buf *body)
{
	struct pop_span line;

	for (;;) {
		if (run_read_line(r) != 0)
			return -1;
		if (is_dot(r))
			return 0;
		line = buf_span(&r->line);
		if (line.n > 0 && line.p[0] == '.') {
			if (line.n < 2 || line.p[1] != '.')
				return run_fail(r, "a stuffed dot", line);
			span_skip(&line, 1);
		}
		if (buf_append(body, line.p, line.n) != 0 ||
		    buf_append(body, "\r\n", 2) != 0)
			return run_fail(r, "a shorter body", line);
	}
}

static int
octets_wanted(struct run *r, uint64_t *n_r)
{
	struct pop_span w = r->stmt->word[0];
	const struct buf *value;

	if (w.n > 0 && w.p[0] == '{') {
		value = vars_get(r->vars, span_of(w.p + 1, w.n - 2));
		if (value == NULL)
			return run_fail(r, "a variable with a value", w);
		w = buf_span(value);
	}
	if (num_parse_u64(w, UINT64_MAX, n_r) != 0)
		return run_fail(r, "a number of octets", w);
	return 0;
}

static int
compare_body(struct run *r, const struct buf *body)
{
	const struct wire_stmt *s = r->stmt;
	struct buf mail, want;
	size_t at = 0;
	int rc;

	buf_init(&mail, TEXT_MAX);
	buf_init(&want, TEXT_MAX);
	rc = run_world_message(r, s->number, &mail);
	if (rc == 0)
		rc = s->is_top ? fixture_top(buf_span(&mail), s->lines,
		    &want) : buf_append(&want, mail.p, mail.n);
	if (rc != 0)
		rc = run_fail(r, "memory", s->text);
	else if (!span_eq(buf_span(&want), buf_span(body))) {
		while (at < want.n && at < body->n &&
		    want.p[at] == body->p[at])
			at++;
		rc = run_failf(r, span_of(body->p + at, body->n - at),
		    "%.*s: %zu octets (got %zu), here from octet %zu",
		    (int)s->text.n, (const char *)s->text.p, want.n,
		    body->n, at);
	}
	buf_release(&want);
	buf_release(&mail);
	return rc;
}

int
run_body(struct run *r)
{
	struct buf body;
	uint64_t want = 0;
	int rc;

	buf_init(&body, (size_t)TEXT_MAX * 2);
	rc = read_body(r, &body);
	if (rc == 0 && r->stmt->op == OP_MAIL)
		rc = compare_body(r, &body);
	else if (rc == 0 && (rc = octets_wanted(r, &want)) == 0 &&
	    want != body.n)
		rc = run_failf(r, buf_span(&body),
		    "%llu octets (got %zu)", (unsigned long long)want,
		    body.n);
	buf_release(&body);
	return rc;
}

/* RFC 1939 section 7: "n uid", the uid 1 to 70 octets of 0x21 to 0x7e, and
 * nothing behind it; numbers rise */
static const char *
uidl_fault(struct pop_span line, uint64_t *last)
{
	struct pop_span number = case_word(&line);
	uint64_t n;

	if (num_parse_u64(number, UINT64_MAX, &n) != 0 || n <= *last)
		return "a number larger than the one before";
	*last = n;
	if (line.n < 2 || line.p[0] != ' ' || line.n - 1 > POP_UIDL_MAX)
		return "one space and a unique-id of 1 to 70 octets";
	span_skip(&line, 1);
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] < 0x21 || line.p[i] > 0x7e)
			return "a unique-id of octets 0x21 to 0x7e alone";
	}
	return NULL;
}

int
run_uidl(struct run *r)
{
	uint64_t last = 0;
	const char *fault;

	for (;;) {
		if (run_read_line(r) != 0)
			return -1;
		if (is_dot(r))
			return 0;
		fault = uidl_fault(buf_span(&r->line), &last);
		if (fault != NULL)
			return run_fail(r, fault, buf_span(&r->line));
	}
}

/* ---- kept lists ---------------------------------------------------------- */

static struct tag_set *
find_set(struct run *r, struct pop_span name)
{
	for (size_t i = 0; i < r->sets; i++) {
		if (span_eq(span_str(r->set[i].name), name))
			return &r->set[i];
	}
	return NULL;
}

/* an empty list of this name, replacing an older one */
static struct tag_set *
new_set(struct run *r, struct pop_span name)
{
	struct tag_set *s = find_set(r, name);

	if (s == NULL && r->sets < RUN_SETS && name.n < sizeof s->name) {
		s = &r->set[r->sets++];
		buf_init(&s->lines, RUN_LOG_MAX);
		memcpy(s->name, name.p, name.n);
		s->name[name.n] = '\0';
	}
	if (s != NULL)
		s->lines.n = 0;
	return s;
}

static int
keep_line(struct run *r, struct tag_set *s, struct pop_span line)
{
	if (buf_append(&s->lines, line.p, line.n) != 0 ||
	    buf_append(&s->lines, "\n", 1) != 0)
		return run_fail(r, "a shorter list", line);
	return 0;
}

/* RFC 2449 section 3: tag characters 0x21-0x7f without the dot */
static const char *
capa_fault(struct pop_span line)
{
	if (line.n == 0 || line.n > POP_REPLY_MAX - 2)
		return "a capability line of 1 to 512 octets";
	if (line.p[0] == ' ')
		return "a tag at the start";
	for (size_t i = 0; i < line.n && line.p[i] != ' '; i++) {
		if (line.p[i] < 0x21 || line.p[i] > 0x7f || line.p[i] == '.')
			return "a tag without dots and odd characters";
	}
	return NULL;
}

int
run_capa(struct run *r)
{
	struct tag_set *s = new_set(r, r->stmt->word[1]);
	const char *fault;

	if (s == NULL)
		return run_fail(r, "fewer lists", r->stmt->text);
	for (;;) {
		if (run_read_line(r) != 0)
			return -1;
		if (is_dot(r))
			return 0;
		fault = capa_fault(buf_span(&r->line));
		if (fault != NULL)
			return run_fail(r, fault, buf_span(&r->line));
		if (keep_line(r, s, buf_span(&r->line)) != 0)
			return -1;
	}
}

int
run_ehlo(struct run *r)
{
	struct tag_set *s = new_set(r, r->stmt->word[1]);
	struct pop_span line;
	bool more, first = true;

	if (s == NULL)
		return run_fail(r, "fewer lists", r->stmt->text);
	do {
		if (run_read_line(r) != 0)
			return -1;
		line = buf_span(&r->line);
		if (run_status_ok(r, line) != 0)
			return -1;
		if (line.n < 4 || memcmp(line.p, "250", 3) != 0)
			return run_fail(r, "250- or 250", line);
		more = line.p[3] == '-';
		span_skip(&line, 4);
		/* the first line is the name of the host */
		if (!first && keep_line(r, s, line) != 0)
			return -1;
		first = false;
	} while (more);
	return 0;
}

static bool
line_has(struct pop_span line, struct pop_span tag, struct pop_span parameter)
{
	struct pop_span w = case_word(&line);

	if (w.n != tag.n || strncasecmp((const char *)w.p,
	    (const char *)tag.p, w.n) != 0)
		return false;
	if (parameter.n == 0)
		return true;
	while ((w = case_word(&line)).n > 0) {
		if (span_eq(w, parameter))
			return true;
	}
	return false;
}

static bool
next_line(struct pop_span *rest, struct pop_span *line_r)
{
	const unsigned char *lf;

	if (rest->n == 0)
		return false;
	lf = memchr(rest->p, '\n', rest->n);
	*line_r = span_of(rest->p, (size_t)(lf - rest->p));
	span_skip(rest, line_r->n + 1);
	return true;
}

/* TAG/N: the tag with exactly N parameters */
static bool
line_has_count(struct pop_span line, struct pop_span tag, uint64_t want)
{
	uint64_t n = 0;

	if (!line_has(line, tag, span_of(tag.p, 0)))
		return false;
	(void)case_word(&line);
	while (case_word(&line).n > 0)
		n++;
	return n == want;
}

/* `want` is TAG, TAG=PARAMETER or TAG/N */
static bool
set_has_tag(const struct tag_set *s, struct pop_span want)
{
	struct pop_span rest = buf_span(&s->lines), line, tag = want;
	struct pop_span behind = { want.p, 0 };
	bool counted = false, has = false;
	uint64_t n = 0;

	for (size_t i = 0; i < want.n && behind.n == 0; i++) {
		if (want.p[i] != '=' && want.p[i] != '/')
			continue;
		tag.n = i;
		behind = span_of(want.p + i + 1, want.n - i - 1);
		counted = want.p[i] == '/' &&
		    num_parse_u64(behind, 1000, &n) == 0;
	}
	while (!has && next_line(&rest, &line))
		has = counted ? line_has_count(line, tag, n) :
		    line_has(line, tag, behind);
	return has;
}

int
run_has(struct run *r)
{
	const struct wire_stmt *s = r->stmt;
	const struct tag_set *set = find_set(r, s->word[0]);

	if (set == NULL)
		return run_fail(r, "a list of this name", s->word[0]);
	for (size_t i = 2; i < s->words; i++) {
		if (set_has_tag(set, s->word[i]) != (s->op == OP_HAS))
			return run_failf(r, buf_span(&set->lines),
			    "%s %.*s", s->op == OP_HAS ? "with" : "without",
			    (int)s->word[i].n, (const char *)s->word[i].p);
	}
	return 0;
}

static bool
excepted(const struct wire_stmt *s, struct pop_span tag)
{
	for (size_t i = 4; i < s->words; i++) {
		if (span_eq(s->word[i], tag))
			return true;
	}
	return false;
}

int
run_within(struct run *r)
{
	const struct wire_stmt *s = r->stmt;
	const struct tag_set *a = find_set(r, s->word[0]);
	const struct tag_set *b = find_set(r, s->word[2]);
	struct pop_span rest, line, tag;

	if (a == NULL || b == NULL)
		return run_fail(r, "two lists", s->text);
	rest = buf_span(&a->lines);
	while (next_line(&rest, &line)) {
		tag = case_word(&line);
		if (!excepted(s, tag) && !set_has_tag(b, tag))
			return run_failf(r, buf_span(&b->lines),
			    "with %.*s", (int)tag.n, (const char *)tag.p);
	}
	return 0;
}
