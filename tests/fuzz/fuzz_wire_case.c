/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: a transcript, as `restante check --conformance` and the player
 * read it.  Reading ends; one that is accepted has statements that make sense;
 * its texts expand, its patterns match what they should, by a second matcher.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "wire/case.h"
#include "wire/text.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

enum { MATCH_MAX = 40, STARS_MAX = 4 };

static void
need(int truth)
{
	if (!truth)
		abort();
}

/* ---- patterns ------------------------------------------------------------ */

static bool
in_set(struct pop_span set, unsigned char c)
{
	bool negated = set.n > 0 && set.p[0] == '!', found = false;

	for (size_t i = negated; i < set.n; i++) {
		if (i + 2 < set.n && set.p[i + 1] == '-') {
			found |= c >= set.p[i] && c <= set.p[i + 2];
			i += 2;
		} else {
			found |= c == set.p[i];
		}
	}
	return found != negated;
}

/* the length of a set behind its "[", which is closed */
static size_t
set_length(struct pop_span g)
{
	size_t n = g.p[0] == '!';

	do
		n++;
	while (g.p[n] != ']');
	return n;
}

/* One element at a time, all positions of the text that it can lead to. */
static bool
slow_match(struct pop_span g, struct pop_span s)
{
	bool at[MATCH_MAX + 1] = { true }, next[MATCH_MAX + 1];

	while (g.n > 0) {
		unsigned char c = g.p[0];
		size_t set = c == '[' ? set_length(span_of(g.p + 1,
		    g.n - 1)) : 0;

		memset(next, 0, sizeof(next));
		for (size_t i = 0; i <= s.n; i++) {
			bool fits = i < s.n && (c == '?' || (c == '\\' ?
			    g.p[1] == s.p[i] : c == '[' ?
			    in_set(span_of(g.p + 1, set), s.p[i]) :
			    c == s.p[i]));

			if (c == '*')
				next[i] = at[i] || (i > 0 && next[i - 1]);
			else if (at[i] && fits)
				next[i + 1] = true;
		}
		memcpy(at, next, sizeof(at));
		span_skip(&g, c == '\\' ? 2 : c == '[' ? set + 2 : 1);
	}
	return at[s.n];
}

static void
check_match(struct pop_span g, struct pop_span s)
{
	struct vars vars;
	size_t stars = 0;
	bool is, variables = g.n > 0 && memchr(g.p, '{', g.n) != NULL;

	for (size_t i = 0; i < g.n; i++)
		stars += g.p[i] == '*' || g.p[i] == '{';
	if (text_match_fault(g) != NULL || stars > STARS_MAX)
		return;
	s.n = s.n < MATCH_MAX ? s.n : MATCH_MAX;
	vars_init(&vars);
	is = text_match(g, s, &vars);
	need(variables || is == slow_match(g, s));
	for (size_t i = 0; i < vars.n; i++)
		need(vars.v[i].name[0] != '\0');
	/* what was found out is what fits now */
	if (is)
		need(text_match(g, s, &vars));
	else
		need(vars.n == 0);
	vars_done(&vars);
}

/* ---- texts --------------------------------------------------------------- */

static void
check_text(struct pop_span raw)
{
	struct buf out, shown;
	const char *why = NULL;

	buf_init(&out, TEXT_MAX);
	buf_init(&shown, 1 << 20);
	if (text_expand(raw, NULL, &out, &why) != 0)
		need(why != NULL);
	if (out.n < 1 << 16)
		text_show(&shown, buf_span(&out));
	for (size_t i = 0; i < shown.n; i++)
		need(shown.p[i] >= 0x20 && shown.p[i] < 0x7f);
	buf_release(&out);
	buf_release(&shown);
}

/* ---- the file ------------------------------------------------------------ */

static void
check_case(const struct wire_case *c)
{
	need(c->title.n > 0 && c->checks.n > 0 && c->ref.n > 0);
	need(c->mails <= WIRE_MAILS && c->users <= WIRE_USERS);
	for (size_t i = 0; i < c->stmts; i++) {
		const struct wire_stmt *s = &c->stmt[i];

		need(s->repeat >= 1 && s->words <= WIRE_WORDS);
		need(s->line > 0);
		if (s->op == OP_EITHER || s->op == OP_OR)
			need(s->next > i && s->next < c->stmts &&
			    (c->stmt[s->next].op == OP_OR ||
			    c->stmt[s->next].op == OP_END));
		if (s->op == OP_GLOB)
			need(text_match_fault(s->text) == NULL);
		check_match(s->text, c->title);
		check_match(s->text, s->text);
	}
}

/* Every text may be repeated, and what is repeated, too: legal, but slow. */
static bool
is_heavy(const unsigned char *data, size_t n)
{
	unsigned repeats = 0;

	for (size_t i = 0; i + 5 < n; i++) {
		if (memcmp(data + i, "\\{", 2) != 0)
			continue;
		repeats++;
		for (size_t k = i + 2; k < n && data[k] >= '0' &&
		    data[k] <= '9'; k++)
			if (k > i + 4)
				return true;
	}
	return repeats > 8;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	static FILE *nowhere;
	FILE *saved = stderr;
	struct wire_case c;
	char path[40];
	int fd;

	if (is_heavy(data, n))
		return 0;
	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "we");
	fd = memfd_create("case", MFD_CLOEXEC);
	need(nowhere != NULL && fd >= 0);
	need(write(fd, data, n) == (ssize_t)n);
	need(!text_format(path, sizeof(path), "/proc/self/fd/%d", fd));
	/* mistakes are told there */
	stderr = nowhere;
	if (case_load(&c, path) == 0) {
		check_case(&c);
		case_done(&c);
	}
	stderr = saved;
	(void)close(fd);
	check_text(span_of(data, n < 200 ? n : 200));
	check_match(span_of(data, n / 2), span_of(data + n / 2, n - n / 2));
	return 0;
}
