/* SPDX-License-Identifier: ISC
 *
 * dialogue.c: reads the lines of a transcript's dialogue into statements,
 * and refuses whatever README.md does not describe.
 */
#include <stdlib.h>

#include "base/num.h"
#include "wire/case_parse.h"
#include "wire/text.h"

enum { NUMBER_MAX = 1 << 30 };

struct verb {
	const char *word;
	int (*parse)(struct parse *p, struct wire_stmt *s);
};

int
parse_usage(const struct parse *p, const struct wire_stmt *s, const char *how)
{
	return parse_fail(p, how, s->text);
}

int
parse_number(struct pop_span w, uint64_t *n_r)
{
	return num_parse_u64(w, NUMBER_MAX, n_r);
}

bool
parse_word_is(const struct wire_stmt *s, size_t i, const char *w)
{
	return i < s->words && span_eq(s->word[i], span_str(w));
}

int
parse_words(struct parse *p, struct wire_stmt *s)
{
	struct pop_span rest = s->text, w;

	s->words = 0;
	while ((w = case_word(&rest)).n > 0) {
		if (s->words == WIRE_WORDS)
			return parse_usage(p, s, "too many words");
		s->word[s->words++] = w;
	}
	return 0;
}

int
parse_check_raw(struct parse *p, struct pop_span raw)
{
	struct buf sink;
	int rc;

	buf_init(&sink, TEXT_MAX);
	rc = parse_raw(p, raw, &sink);
	buf_release(&sink);
	return rc;
}

int
parse_check_glob(struct parse *p, struct pop_span glob)
{
	const char *why = text_match_fault(glob);

	return why == NULL ? 0 : parse_fail(p, why, glob);
}

/* ---- what the server must say -------------------------------------------- */

static int
parse_rest(struct parse *p, struct wire_stmt *s)
{
	s->op = OP_REST;
	if (s->text.n == 0)
		return 0;
	if (s->text.p[0] != ' ' || s->text.n == 1)
		return parse_usage(p, s, "`S...` or `S... glob`");
	span_skip(&s->text, 1);
	return parse_check_glob(p, s->text);
}

/* `{name}` or a number */
static bool
number_or_variable(struct pop_span w)
{
	uint64_t n;

	if (parse_number(w, &n) == 0)
		return true;
	return w.n > 2 && w.p[0] == '{' && w.p[w.n - 1] == '}' &&
	    text_match_fault(w) == NULL;
}

static int
parse_mail_words(struct parse *p, struct wire_stmt *s)
{
	s->op = OP_MAIL;
	if (parse_number(s->word[1], &s->number) != 0 || s->number == 0 ||
	    s->number > p->c->mails)
		return parse_usage(p, s, "no such message in this case");
	if (s->words == 2)
		return 0;
	if (s->words != 4 || !parse_word_is(s, 2, "top") ||
	    parse_number(s->word[3], &s->lines) != 0)
		return parse_usage(p, s, "`S= mail N` or `S= mail N top K`");
	s->is_top = true;
	return 0;
}

static int
parse_content(struct parse *p, struct wire_stmt *s)
{
	if (parse_words(p, s) != 0)
		return -1;
	if (s->words == 2 && parse_word_is(s, 1, "octets")) {
		s->op = OP_OCTETS;
		if (number_or_variable(s->word[0]))
			return 0;
	} else if (s->words >= 2 && parse_word_is(s, 0, "mail")) {
		return parse_mail_words(p, s);
	} else if (s->words == 1 && parse_word_is(s, 0, "uidl")) {
		s->op = OP_UIDL;
		return 0;
	} else if (s->words == 2 && parse_word_is(s, 0, "capa")) {
		s->op = OP_CAPA;
		return 0;
	} else if (s->words == 2 && parse_word_is(s, 0, "ehlo")) {
		s->op = OP_EHLO;
		return 0;
	}
	return parse_usage(p, s, "S= what?");
}

static int
parse_end_of_line(struct parse *p, struct wire_stmt *s)
{
	if (parse_words(p, s) != 0)
		return -1;
	if (s->words == 1 && parse_word_is(s, 0, "refused")) {
		s->op = OP_REFUSED;
		return 0;
	}
	s->op = OP_CLOSED;
	if (parse_word_is(s, 0, "closed") && (s->words == 1 ||
	    (s->words == 3 && parse_word_is(s, 1, "within") &&
	    parse_number(s->word[2], &s->number) == 0)))
		return 0;
	return parse_usage(p, s, "`S! closed`, `S! closed within N`, "
	    "`S! refused`");
}

/* `line` begins with "C" or "S" and a mark. 1 parsed, 0 not of this kind */
static int
parse_marked(struct parse *p, struct pop_span line, struct wire_stmt *s)
{
	static const struct { char mark[5]; enum wire_op op; } marks[] = {
		{ "C:", OP_SEND }, { "C~", OP_SEND_LINE },
		{ "C|", OP_SEND_RAW }, { "S:", OP_LINE },
		{ "S|", OP_LINE_RAW }, { "S~", OP_GLOB }, { "S=", OP_MAIL },
		{ "S!", OP_CLOSED },
	};
	size_t i;

	if (line.n >= 4 && memcmp(line.p, "S...", 4) == 0) {
		span_skip(&line, 4);
		s->text = line;
		return parse_rest(p, s) == 0 ? 1 : -1;
	}
	for (i = 0; i < sizeof marks / sizeof *marks; i++) {
		if (line.n >= 2 && memcmp(line.p, marks[i].mark, 2) == 0)
			break;
	}
	if (i == sizeof marks / sizeof *marks)
		return 0;
	span_skip(&line, 2);
	if (line.n > 0 && line.p[0] != ' ')
		return parse_fail(p, "a space behind the mark", line);
	if (line.n > 0)
		span_skip(&line, 1);
	s->op = marks[i].op;
	s->text = line;
	if (s->op == OP_GLOB)
		return parse_check_glob(p, line) == 0 ? 1 : -1;
	if (s->op == OP_SEND_LINE || s->op == OP_SEND_RAW ||
	    s->op == OP_LINE_RAW)
		return parse_check_raw(p, line) == 0 ? 1 : -1;
	if (s->op == OP_MAIL)
		return parse_content(p, s) == 0 ? 1 : -1;
	if (s->op == OP_CLOSED)
		return parse_end_of_line(p, s) == 0 ? 1 : -1;
	return 1;
}

static int
parse_repeat(struct parse *p, struct wire_stmt *s)
{
	struct pop_span rest = s->text, count = case_word(&rest);
	uint64_t n;

	if (parse_number(count, &n) != 0 || n == 0 || rest.n < 2)
		return parse_usage(p, s, "repeat N S...");
	span_skip(&rest, 1);
	if (rest.p[0] != 'S' || parse_marked(p, rest, s) != 1)
		return parse_usage(p, s, "repeat N S...");
	s->repeat = (unsigned)n;
	return 0;
}

/* ---- branches ------------------------------------------------------------ */

static int
parse_either(struct parse *p, struct wire_stmt *s)
{
	s->op = OP_EITHER;
	if (s->text.n > 0 || p->opens == sizeof p->open / sizeof *p->open)
		return parse_usage(p, s, "either");
	p->open[p->opens++] = p->c->stmts;
	return 0;
}

static int
parse_or(struct parse *p, struct wire_stmt *s)
{
	s->op = OP_OR;
	if (s->text.n > 0 || p->opens == 0)
		return parse_usage(p, s, "`or` without `either`");
	p->c->stmt[p->open[p->opens - 1]].next = p->c->stmts;
	p->open[p->opens - 1] = p->c->stmts;
	return 0;
}

static int
parse_end(struct parse *p, struct wire_stmt *s)
{
	s->op = OP_END;
	if (s->text.n > 0 || p->opens == 0)
		return parse_usage(p, s, "`end` without `either`");
	p->c->stmt[p->open[--p->opens]].next = p->c->stmts;
	return 0;
}

/* the first line of a branch is one that can be tried */
static int
check_branches(struct parse *p)
{
	for (size_t i = 0; i < p->c->stmts; i++) {
		const struct wire_stmt *s = &p->c->stmt[i];

		if (s->op != OP_EITHER && s->op != OP_OR)
			continue;
		p->line = s->line;
		if (s[1].repeat != 1 || (s[1].op != OP_LINE &&
		    s[1].op != OP_LINE_RAW && s[1].op != OP_GLOB &&
		    s[1].op != OP_CLOSED))
			return parse_fail(p, "a branch begins with S:, S|, S~ "
			    "or S! closed", s->text);
	}
	return 0;
}

int
parse_add(struct parse *p, const struct wire_stmt *s)
{
	struct wire_case *c = p->c;

	if (c->stmts == p->room) {
		size_t room = p->room == 0 ? 64 : 2 * p->room;
		struct wire_stmt *more = realloc(c->stmt,
		    room * sizeof *more);

		if (more == NULL)
			return parse_fail(p, "no memory", s->text);
		c->stmt = more;
		p->room = room;
	}
	c->stmt[c->stmts++] = *s;
	return 0;
}

static int
parse_stmt(struct parse *p, struct pop_span line, struct wire_stmt *s)
{
	static const struct verb verbs[] = {
		{ "repeat", parse_repeat }, { "either", parse_either },
		{ "or", parse_or }, { "end", parse_end },
		{ "connect", parse_connect }, { "use", parse_use },
		{ "drop", parse_drop }, { "tls", parse_tls },
		{ "try", parse_try }, { "login", parse_login },
		{ "pause", parse_pause }, { "differ", parse_differ },
		{ "capa", parse_capa }, { "stored", parse_stored },
		{ "store", parse_store },
	};
	struct pop_span rest = line, word = case_word(&rest);
	int rc = parse_marked(p, line, s);

	if (rc != 0)
		return rc > 0 ? 0 : -1;
	if (rest.n > 0)
		span_skip(&rest, 1);
	s->text = rest;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (line.p[0] != ' ' &&
		    span_eq(word, span_str(verbs[i].word)))
			return verbs[i].parse(p, s);
	}
	return parse_fail(p, "a line that nobody knows", line);
}

int
parse_dialogue(struct parse *p)
{
	struct pop_span line;

	while (parse_line(p, &line)) {
		struct wire_stmt s = { .line = p->line, .repeat = 1 };

		if (line.n == 0 || line.p[0] == ';')
			continue;
		if (parse_stmt(p, line, &s) != 0)
			return -1;
		if (s.op != OP_STORED && parse_add(p, &s) != 0)
			return -1;
	}
	if (p->opens > 0)
		return parse_fail(p, "`either` without `end`",
		    span_str(""));
	if (p->c->stmts == 0)
		return parse_fail(p, "no dialogue", span_str(""));
	return check_branches(p);
}
