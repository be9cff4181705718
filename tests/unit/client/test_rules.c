/* SPDX-License-Identifier: ISC
 *
 * rules: patterns, the first rule that holds, and what hostile headers may
 * cost (C18 of the threats: a header of 10 MB).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/glob.h"
#include "client/rules.h"

static const struct {
	const char *pattern, *text;
	bool match;
} globs[] = {
	{ "", "", true }, { "", "a", false }, { "a", "", false },
	{ "a", "a", true }, { "a", "A", true }, { "A", "a", true },
	{ "a", "ab", false }, { "ab", "a", false },
	{ "*", "", true }, { "*", "abc", true }, { "**", "abc", true },
	{ "a*", "abc", true }, { "*c", "abc", true }, { "*b*", "abc", true },
	{ "*d*", "abc", false }, { "a*c", "abc", true },
	{ "a*c*", "abcd", true }, { "a*b*c", "axxbyyc", true },
	{ "a*b*c", "axxcyyb", false }, { "*ab", "aab", true },
	{ "*aab", "aaaab", true }, { "*ab*ab", "abab", true },
	{ "*ab*ab", "aba", false }, { "*<x@y>*", "N <x@y>", true },
	{ "?", "a", true }, { "?", "", false }, { "?", "ab", false },
	{ "a?c", "abc", true }, { "?*?", "a", false }, { "?*?", "ab", true },
	/* one character, not one octet */
	{ "caf?", "caf\xc3\xa9", true }, { "caf??", "caf\xc3\xa9", false },
	{ "*?", "\xc3\xa9", true }, { "?", "\xc3", true },
	{ "?", "\x80", true }, { "??", "\x80\x80", true },
	{ "\\*", "*", true }, { "\\*", "a", false }, { "\\?", "?", true },
	{ "a\\*b", "a*b", true }, { "a\\*b", "axb", false },
	{ "\\\\", "\\", true }, { "\\", "\\", true }, { "a\\", "a\\", true },
	{ "\\a", "A", true }, { "[a]", "a", false }, { "[a]", "[a]", true },
};

static void
test_glob(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++)
		if (glob_match(span_str(globs[i].pattern),
		    span_str(globs[i].text)) != globs[i].match)
			fail_msg("\"%s\" and \"%s\"", globs[i].pattern,
			    globs[i].text);
}

/* ---- rules ---- */

enum { MANY = 6 };

/* a configuration with rules 0 to MANY - 1, each given by a row */
struct row {
	const char *accounts;
	const char *field, *pattern;
	bool regex;
	const char *field2, *pattern2;
	uint64_t larger, smaller;
	unsigned older, newer;
	enum rule_action action;
};

struct world {
	struct client_conf conf;
	struct account_conf account;
	struct rule_conf rules[MANY];
	struct rule_match matches[MANY][2];
	struct rules *r;
	char error[200];
};

static struct rules *
make(struct world *w, const struct row *rows, size_t n)
{
	memset(w, 0, sizeof(*w));
	w->account.name = (char *)(uintptr_t)"work";
	w->conf.rules = w->rules;
	w->conf.nrules = n;
	for (size_t i = 0; i < n; i++) {
		struct rule_conf *c = &w->rules[i];
		struct rule_match *m = w->matches[i];

		c->accounts = (char *)(uintptr_t)rows[i].accounts;
		c->larger = rows[i].larger;
		c->smaller = rows[i].smaller;
		c->older = rows[i].older;
		c->newer = rows[i].newer;
		c->action = rows[i].action;
		c->matches = m;
		if (rows[i].field != NULL)
			m[c->nmatches++] = (struct rule_match){
				(char *)(uintptr_t)rows[i].field,
				(char *)(uintptr_t)rows[i].pattern,
				rows[i].regex };
		if (rows[i].field2 != NULL)
			m[c->nmatches++] = (struct rule_match){
				(char *)(uintptr_t)rows[i].field2,
				(char *)(uintptr_t)rows[i].pattern2, false };
	}
	w->r = rules_new(&w->conf, &w->account, w->error, sizeof(w->error));
	return w->r;
}

static const char header[] = "List-Id: A list <dev.restante.example>\r\n"
    "Received: from a\r\nReceived: from b.example\r\n"
    "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_von_mir?=\r\n"
    "Date: Thu, 1 Jan 1970 00:01:40 +0000\r\n\r\n";

enum { NO_HEADER = -2, NEED = -1, DEFAULT = 99, AT = 1000 };

/* What becomes of it: the number of the rule, or one of the above. */
static int
outcome(const struct world *w, const char *text, uint64_t octets)
{
	struct rules_message m = { .octets = octets, .now = 100 + AT };
	const struct rule_conf *rule = NULL;

	if (text != NULL) {
		m.has_header = true;
		m.header = span_str(text);
	}
	switch (rules_apply(w->r, &m, &rule)) {
	case RULES_DEFAULT:
		return DEFAULT;
	case RULES_NEED_HEADER:
		return NEED;
	case RULES_MATCH:
		return (int)(rule - w->rules);
	}
	return NO_HEADER;
}

static const struct {
	struct row row;
	uint64_t octets;
	int with, without;	/* header: 0 or DEFAULT; without: also NEED */
} singles[] = {
	{ { .field = "List-Id", .pattern = "*restante*" }, 1, 0, NEED },
	{ { .field = "list-id", .pattern = "*RESTANTE*" }, 1, 0, NEED },
	{ { .field = "List-Id", .pattern = "restante" }, 1, DEFAULT, NEED },
	{ { .field = "List-Id", .pattern = "^a.*example>$", .regex = true },
	    1, 0, NEED },
	{ { .field = "List-Id", .pattern = "RESTANTE", .regex = true }, 1, 0,
	    NEED },
	{ { .field = "List-Id", .pattern = "^$", .regex = true }, 1, DEFAULT,
	    NEED },
	{ { .field = "X-None", .pattern = "*" }, 1, DEFAULT, NEED },
	/* any of several fields of one name */
	{ { .field = "Received", .pattern = "*b.example" }, 1, 0, NEED },
	{ { .field = "*", .pattern = "*b.example" }, 1, 0, NEED },
	{ { .field = "*", .pattern = "*c.example" }, 1, DEFAULT, NEED },
	/* folded, encoded */
	{ { .field = "Subject", .pattern = "gr\xc3\xbc\xc3\x9f"
	    "e von mir" }, 1, 0, NEED },
	{ { .field = "Subject", .pattern = "Gr.*von mir", .regex = true }, 1,
	    0, NEED },
	/* all must hold */
	{ { .field = "List-Id", .pattern = "*restante*", .field2 = "Subject",
	    .pattern2 = "*mir" }, 1, 0, NEED },
	{ { .field = "List-Id", .pattern = "*restante*", .field2 = "Subject",
	    .pattern2 = "*dir" }, 1, DEFAULT, NEED },
	{ { .larger = 1000 }, 1001, 0, 0 },
	{ { .larger = 1000 }, 1000, DEFAULT, DEFAULT },
	{ { .smaller = 1000 }, 999, 0, 0 },
	{ { .smaller = 1000 }, 1000, DEFAULT, DEFAULT },
	{ { .larger = 1, .smaller = 3 }, 2, 0, 0 },
	/* of another size: no header is needed to know */
	{ { .larger = 1000, .field = "*", .pattern = "*" }, 1, DEFAULT,
	    DEFAULT },
	/* the message is AT seconds old */
	{ { .older = AT - 1 }, 1, 0, NEED },
	{ { .older = AT }, 1, DEFAULT, NEED },
	{ { .newer = AT + 1 }, 1, 0, NEED },
	{ { .newer = AT }, 1, DEFAULT, NEED },
	/* whose rule is it? */
	{ { .accounts = "*", .larger = 1 }, 2, 0, 0 },
	{ { .accounts = "home work", .larger = 1 }, 2, 0, 0 },
	{ { .accounts = "home workshop wor", .larger = 1 }, 2, DEFAULT,
	    DEFAULT },
	{ { .accounts = "", .larger = 1 }, 2, DEFAULT, DEFAULT },
	/* nothing is asked: it always holds */
	{ { 0 }, 1, 0, 0 },
};

static void
test_singles(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
		struct world w;
		int with, without;

		assert_non_null(make(&w, &singles[i].row, 1));
		with = outcome(&w, header, singles[i].octets);
		without = outcome(&w, NULL, singles[i].octets);
		rules_free(w.r);
		if (with != singles[i].with || without != singles[i].without)
			fail_msg("row %zu: %d, %d", i, with, without);
	}
}

static void
test_order(void **state)
{
	const struct row rows[] = {
		{ .accounts = "home" },
		{ .larger = 1000, .action = RULE_SKIP },
		{ .field = "List-Id", .pattern = "*restante*" },
		{ .field = "Subject", .pattern = "*" },
	};
	struct world w;

	(void)state;
	assert_non_null(make(&w, rows, 4));
	assert_true(rules_any(w.r));
	assert_int_equal(outcome(&w, header, 2000), 1);
	assert_int_equal(outcome(&w, NULL, 2000), 1);
	assert_int_equal(outcome(&w, header, 10), 2);
	assert_int_equal(outcome(&w, "Subject: x\r\n\r\n", 10), 3);
	assert_int_equal(outcome(&w, "\r\n", 10), DEFAULT);
	assert_int_equal(outcome(&w, NULL, 10), NEED);
	rules_free(w.r);
	assert_non_null(make(&w, rows, 0));
	assert_false(rules_any(w.r));
	assert_int_equal(outcome(&w, header, 1), DEFAULT);
	rules_free(w.r);
}

/* a message without a date, or with none that can be read, has no age */
static void
test_no_age(void **state)
{
	struct world w;

	(void)state;
	assert_non_null(make(&w, &(struct row){ .newer = 1u << 30 }, 1));
	assert_int_equal(outcome(&w, "A: b\r\n\r\n", 1), DEFAULT);
	assert_int_equal(outcome(&w, "Date: never\r\n\r\n", 1), DEFAULT);
	assert_int_equal(outcome(&w, header, 1), 0);
	rules_free(w.r);
}

/* When is TOP worth its round trip? */
static void
test_header_first(void **state)
{
	static const struct row list = { .field = "A", .pattern = "*" };
	static const struct row big = { .larger = 1000, .action = RULE_SKIP };
	static const struct row junk = { .field = "A", .pattern = "*",
		.action = RULE_DELETE };
	static const struct row all = { .accounts = "*" };
	const struct {
		struct row rows[3];
		size_t n;
		bool first, small, large;
	} table[] = {
		{ { list }, 1, false, false, false },
		{ { big }, 1, false, false, false },
		{ { junk }, 1, true, true, true },
		{ { { .older = 1, .action = RULE_SKIP } }, 1, true, true,
		    true },
		/* who is big, but on the list? */
		{ { list, big }, 2, true, false, true },
		{ { big, list }, 2, false, false, false },
		{ { big, junk }, 2, true, true, false },
		/* behind a rule that always holds */
		{ { all, junk }, 2, true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct world w;

		assert_non_null(make(&w, table[i].rows, table[i].n));
		if (rules_want_header_first(w.r) != table[i].first ||
		    rules_want_header(w.r, 1) != table[i].small ||
		    rules_want_header(w.r, 2000) != table[i].large)
			fail_msg("row %zu", i);
		rules_free(w.r);
	}
}

static void
test_bad_regex(void **state)
{
	struct world w;

	(void)state;
	assert_null(make(&w, &(struct row){ .field = "A", .pattern = "a(",
	    .regex = true }, 1));
	assert_non_null(strstr(w.error, "a("));
	/* at any price in time: refused */
	assert_null(make(&w, &(struct row){ .field = "A",
	    .pattern = "(.*)\\1\\1x", .regex = true }, 1));
	assert_non_null(strstr(w.error, "references back"));
	assert_non_null(make(&w, &(struct row){ .field = "A",
	    .pattern = "a\\\\1", .regex = true }, 1));
	rules_free(w.r);
}

/* one look at a header of n octets, made of `unit` */
static int
look(const struct world *w, const char *unit, size_t n)
{
	size_t each = strlen(unit);
	char *text = malloc(n + each + 1);
	int r;

	assert_non_null(text);
	for (size_t i = 0; i < n; i += each)
		memcpy(text + i, unit, each + 1);
	memcpy(text, "A: ", 3);
	r = outcome(w, text, 1);
	free(text);
	return r;
}

/* C18: no header is so long or so odd that it holds up the rest: this
 * takes moments; trying again and again would take hours. */
static void
test_hostile(void **state)
{
	static const char *const units[] = { "a", "a: a\r\n", "A: aaaa\r\n",
		"\r\n ", "A\r\n", "=?utf-8?q?", "=?", "=?utf-8?q?=61?= ",
		" ", ":", "A: =?utf-8?b?\r\n" };
	const struct row rows[] = {
		{ .field = "*", .pattern = "*a*a*a*a*a*a*a*a*a*b" },
		{ .field = "*", .pattern = "(a|aa|a*)*(a*)*b$",
		    .regex = true },
		{ .older = 1 },
	};
	struct world w;

	(void)state;
	assert_non_null(make(&w, rows, 3));
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		assert_int_equal(look(&w, units[i], 10u << 20), DEFAULT);
	rules_free(w.r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_glob),
		cmocka_unit_test(test_singles),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_no_age),
		cmocka_unit_test(test_header_first),
		cmocka_unit_test(test_bad_regex),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
