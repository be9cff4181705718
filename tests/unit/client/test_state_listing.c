/* SPDX-License-Identifier: ISC
 *
 * test_state_listing: listings beside what is known: a table of cases, then
 * long random histories beside a model that does it the slow way.
 * C-10, C11 (duplicates), P16, P18; RFC 1939 section 7.
 */
#include "state_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "client/state_private.h"

/* ---- sets ---------------------------------------------------------------- */

/* Key 00..0f, text 00, 01, ...: what OpenSSL's SipHash gives. */
static void
test_siphash(void **arg)
{
	static const struct {
		size_t n;
		unsigned char out[16];
	} cases[] = {
		{ 0, { 0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d,
		    0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93 } },
		{ 1, { 0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34,
		    0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45 } },
		{ 7, { 0xa1, 0xf1, 0xeb, 0xbe, 0xd8, 0xdb, 0xc1, 0x53,
		    0xc0, 0xb8, 0x4a, 0xa6, 0x1f, 0xf0, 0x82, 0x39 } },
		{ 8, { 0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61,
		    0x0f, 0x83, 0xe2, 0x64, 0xf3, 0x14, 0x97, 0xb4 } },
		{ 15, { 0x54, 0x93, 0xe9, 0x99, 0x33, 0xb0, 0xa8, 0x11,
		    0x7e, 0x08, 0xec, 0x0f, 0x97, 0xcf, 0xc3, 0xd9 } },
		{ 16, { 0x6e, 0xe2, 0xa4, 0xca, 0x67, 0xb0, 0x54, 0xbb,
		    0xfd, 0x33, 0x15, 0xbf, 0x85, 0x23, 0x05, 0x77 } },
		{ 63, { 0x51, 0x50, 0xd1, 0x77, 0x2f, 0x50, 0x83, 0x4a,
		    0x50, 0x3e, 0x06, 0x9a, 0x97, 0x3f, 0xbd, 0x7c } },
	};
	const uint64_t key[2] = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
	unsigned char text[64];
	uint64_t out[2];

	(void)arg;
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)i;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		state_siphash(key, text, cases[i].n, out);
		for (size_t j = 0; j < 16; j++)
			assert_int_equal(out[j / 8] >> (8 * (j % 8)) & 0xff,
			    cases[i].out[j]);
	}
}

static void
test_seen(void **arg)
{
	static const int64_t ids[] = { 1, 63, 64, 4095, 4096, 4097, 1000000,
		INT64_MAX };
	const size_t n = sizeof(ids) / sizeof(ids[0]);
	struct state_seen seen = { 0 };

	(void)arg;
	for (size_t i = 0; i < n; i++) {
		assert_false(seen_has(&seen, ids[i]));
		assert_int_equal(seen_add(&seen, ids[i]), 0);
		for (size_t j = 0; j < n; j++)
			assert_int_equal(seen_has(&seen, ids[j]), j <= i);
	}
	assert_false(seen_has(&seen, 2));
	seen_take(&seen, 64);
	seen_take(&seen, 500000);
	assert_false(seen_has(&seen, 64));
	assert_true(seen_has(&seen, 63));
	seen_release(&seen);
}

static void
test_set(void **arg)
{
	const uint64_t key[2] = { 1, 2 };
	struct state_set set;
	char uidl[32] = "";

	(void)arg;
	set_init(&set, key);
	for (uint32_t i = 0; i < 20000; i++) {
		struct state_print p;

		text_format(uidl, sizeof(uidl), "%u", i);
		p = set_print(&set, span_str(uidl), 0);
		assert_null(set_find(&set, &p));
		p.count = i + 1;
		assert_int_equal(set_add(&set, &p), 0);
	}
	for (uint32_t i = 0; i < 20000; i++) {
		struct state_print p, *found;

		text_format(uidl, sizeof(uidl), "%u", i);
		p = set_print(&set, span_str(uidl), 0);
		found = set_find(&set, &p);
		assert_non_null(found);
		assert_int_equal(found->count, i + 1);
		p = set_print(&set, span_str(uidl), 1);
		assert_null(set_find(&set, &p));
	}
	set_release(&set);
}

/* ---- a table ------------------------------------------------------------- */

struct listing_case {
	const char *name;
	const char *known;	/* UIDLs, put in this order */
	const char *listed;
	const char *answers;	/* "+": known, "-": new, and nth */
	unsigned missing, duplicates;
};

static const struct listing_case cases[] = {
	{ "nothing at all", "", "", "", 0, 0 },
	{ "first visit", "", "a b c", "-1 -1 -1", 0, 0 },
	{ "unchanged", "a b c", "a b c", "+1 +1 +1", 0, 0 },
	{ "empty listing", "a b c", "", "", 3, 0 },
	{ "new at the end", "a b", "a b c d", "+1 +1 -1 -1", 0, 0 },
	{ "new in the middle", "a b", "a x b", "+1 -1 +1", 0, 0 },
	{ "new at the beginning", "a b", "x a b", "-1 +1 +1", 0, 0 },
	{ "first gone", "a b c", "b c", "+1 +1", 1, 0 },
	{ "middle gone", "a b c d", "a d", "+1 +1", 2, 0 },
	{ "last gone", "a b c", "a b", "+1 +1", 1, 0 },
	{ "all but the last gone", "a b c d e", "e", "+1", 4, 0 },
	{ "reversed", "a b c d", "d c b a", "+1 +1 +1 +1", 0, 0 },
	{ "rotated", "a b c d e", "c d e a b", "+1 +1 +1 +1 +1", 0, 0 },
	{ "pairs swapped", "a b c d", "b a d c", "+1 +1 +1 +1", 0, 0 },
	{ "reordered with new and gone", "a b c d", "d x b y",
	    "+1 -1 +1 -1", 2, 0 },
	{ "all UIDLs changed", "a b c", "x y z", "-1 -1 -1", 3, 0 },
	{ "duplicates, new", "", "a a a", "-1 -2 -3", 0, 2 },
	{ "duplicates, new, apart", "", "a b a b a", "-1 -1 -2 -2 -3", 0, 3 },
	{ "duplicates, unchanged", "a a a", "a a a", "+1 +2 +3", 0, 2 },
	{ "duplicates grow", "a a", "a a a b", "+1 +2 -3 -1", 0, 2 },
	{ "duplicates grow from one", "a b", "a b a", "+1 +1 -2", 0, 1 },
	{ "duplicates shrink", "a a a b", "a b", "+1 +1", 2, 0 },
	{ "duplicates, last first", "b a a", "a a b", "+1 +2 +1", 0, 1 },
	{ "duplicates, all the same and new", "a b", "c c a c b",
	    "-1 -2 +1 -3 +1", 0, 2 },
	{ "case matters", "Ab", "aB Ab", "-1 +1", 0, 0 },
	{ "one is the other's beginning", "abc", "ab abc abcd", "-1 +1 -1",
	    0, 0 },
};

/* The next word of a text, or false. */
static bool
next_word(const char **text, struct pop_span *word)
{
	size_t n;

	*text += strspn(*text, " ");
	n = strcspn(*text, " ");
	*word = span_of(*text, n);
	*text += n;
	return n > 0;
}

/* The nth of its UIDL in the words before `word`. */
static uint32_t
nth_of(const char *words, struct pop_span word)
{
	struct pop_span w;
	uint32_t n = 0;

	while (next_word(&words, &w)) {
		n += span_eq(w, word);
		if (w.p == word.p)
			break;
	}
	return n;
}

static void
put_known(struct state *s, const char *known)
{
	const char *rest = known;
	struct pop_span word;

	help_done(s, state_begin(s));
	while (next_word(&rest, &word)) {
		struct state_row row = { .kind = STATE_FETCHED, .uidl = word,
			.nth = nth_of(known, word), .first_seen = HELP_NOW };

		help_done(s, state_put(s, &row));
	}
	help_done(s, state_commit(s));
}

static struct state_tally
list(struct state *s, const char *listed, const char *answers)
{
	struct pop_span word, answer;
	struct state_tally tally;

	help_done(s, state_listing_begin(s));
	while (next_word(&listed, &word)) {
		struct state_row row;
		int r = state_listing_row(s, word, &row);

		if (answers) {
			assert_true(next_word(&answers, &answer));
			assert_int_equal(r, answer.p[0] == '+');
			assert_int_equal(row.nth, answer.p[1] - '0');
		}
		assert_true(r >= 0);
		assert_true(span_eq(row.uidl, word));
		assert_int_equal(row.id != 0, r);
	}
	help_done(s, state_listing_end(s, &tally));
	return tally;
}

static bool
put_listing(struct state *s, int64_t now)
{
	bool wrote = true;

	help_done(s, state_begin(s));
	help_done(s, state_put_listing(s, now, &wrote));
	help_done(s, state_commit(s));
	return wrote;
}

static void
test_cases(void **arg)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct listing_case *c = &cases[i];
		struct state *s;
		struct state_tally tally;

		print_message("%s\n", c->name);
		assert_int_equal(help_setup(NULL), 0);
		s = help_open(false);
		put_known(s, c->known);
		/* also when it is opened again, and a second time */
		for (int round = 0; round < 3; round++) {
			tally = list(s, c->listed, c->answers);
			assert_int_equal(tally.missing, c->missing);
			assert_int_equal(tally.duplicates, c->duplicates);
			assert_int_equal(tally.listed, tally.known +
			    tally.fresh);
			if (round == 0) {
				state_close(s);
				s = help_open(false);
			}
		}
		assert_int_equal(put_listing(s, HELP_NOW), c->missing > 0);
		tally = list(s, c->listed, c->answers);
		/* the listing before lacked them as well */
		assert_int_equal(tally.missing, 0);
		assert_false(put_listing(s, HELP_NOW + 1));
		state_close(s);
		help_teardown(NULL);
	}
}

/* ---- forgetting ---------------------------------------------------------- */

static int64_t
missing_since(struct state *s, const char *uidl)
{
	struct state_row row;
	sqlite3_stmt *st;
	int64_t since;

	if (help_find(s, uidl, 1, &row) == 0)
		return -1;
	st = STATE_BOUND(s, SQL_ROW, V_INT(row.id));
	assert_int_equal(state_step(s, st), 1);
	since = sqlite3_column_int64(st, COL_MISSING);
	state_reset(s, SQL_ROW);
	return since;
}

/* P16: not because of one listing, nor of many, but after thirty days. */
static void
test_forget(void **arg)
{
	const int64_t days = STATE_FORGET_DAYS * (int64_t)HELP_DAY;
	struct state *s = help_open(false);

	(void)arg;
	put_known(s, "a b c");
	list(s, "a c", "+1 +1");
	assert_true(put_listing(s, HELP_NOW));
	assert_true(missing_since(s, "b") == HELP_NOW);
	assert_true(missing_since(s, "a") == 0);
	/* still known */
	for (int day = 1; day < STATE_FORGET_DAYS; day++) {
		list(s, "a c", "+1 +1");
		assert_false(put_listing(s, HELP_NOW + day * HELP_DAY));
	}
	list(s, "a c", "+1 +1");
	assert_false(put_listing(s, HELP_NOW + days - 1));
	list(s, "a c", "+1 +1");
	assert_true(put_listing(s, HELP_NOW + days));
	assert_true(missing_since(s, "b") == -1);
	list(s, "a b c", "+1 -1 +1");
	state_close(s);
}

/* One that comes back begins anew. */
static void
test_back(void **arg)
{
	const int64_t days = STATE_FORGET_DAYS * (int64_t)HELP_DAY;
	struct state *s = help_open(false);
	struct state_tally tally;

	(void)arg;
	put_known(s, "a b c d");
	list(s, "", "");
	assert_true(put_listing(s, HELP_NOW));
	tally = list(s, "d b", "+1 +1");
	assert_int_equal(tally.known, 2);
	assert_int_equal(tally.missing, 0);
	assert_true(put_listing(s, HELP_NOW + days - 1));
	assert_true(missing_since(s, "b") == 0);
	assert_true(missing_since(s, "a") == HELP_NOW);
	tally = list(s, "d", "+1");
	assert_int_equal(tally.missing, 1);
	assert_true(put_listing(s, HELP_NOW + days));
	assert_true(missing_since(s, "a") == -1);
	assert_true(missing_since(s, "c") == -1);
	assert_true(missing_since(s, "b") == HELP_NOW + days);
	/* one that comes back on the very day is not forgotten */
	list(s, "b", "+1");
	assert_true(put_listing(s, HELP_NOW + 2 * days));
	assert_true(missing_since(s, "b") == 0);
	assert_true(missing_since(s, "d") == HELP_NOW + 2 * days);
	state_close(s);
}

static void
delete_one(struct state *s, const char *uidl, int64_t now)
{
	struct state_row row;

	assert_int_equal(help_find(s, uidl, 1, &row), 1);
	help_done(s, state_begin(s));
	help_done(s, state_put_deleted(s, &row.id, 1, now));
	help_done(s, state_commit(s));
}

/* QUIT was answered +OK: the next listings without them change nothing; a
 * server that kept one all the same does not get it fetched again. */
static void
test_deleted(void **arg)
{
	const int64_t days = STATE_FORGET_DAYS * (int64_t)HELP_DAY;
	struct state *s = help_open(false);
	struct state_tally tally;
	struct state_counts c;
	struct state_row row;

	(void)arg;
	put_known(s, "a b c");
	list(s, "a b c", "+1 +1 +1");
	/* the listing is recorded before or after: it is the same */
	assert_false(put_listing(s, HELP_NOW));
	delete_one(s, "a", HELP_NOW);
	delete_one(s, "b", HELP_NOW);
	assert_false(put_listing(s, HELP_NOW));
	tally = list(s, "c", "+1");
	assert_int_equal(tally.missing, 0);
	assert_false(put_listing(s, HELP_NOW + 1));
	help_done(s, state_counts(s, &c));
	assert_int_equal(c.fetched, 3);
	assert_int_equal(c.deleted, 2);
	assert_int_equal(c.missing, 0);

	/* +OK, and it is still there: known, and known as deleted */
	help_done(s, state_listing_begin(s));
	assert_int_equal(state_listing_row(s, span_str("b"), &row), 1);
	assert_true(row.deleted == HELP_NOW);
	assert_int_equal(state_listing_row(s, span_str("c"), &row), 1);
	assert_true(row.deleted == 0);
	help_done(s, state_listing_end(s, &tally));
	assert_true(put_listing(s, HELP_NOW + days));
	assert_true(missing_since(s, "a") == -1);
	assert_true(missing_since(s, "b") == 0);
	assert_int_equal(help_find(s, "b", 1, &row), 1);
	assert_true(row.deleted == HELP_NOW);

	/* gone, back, and deleted before its coming back was recorded */
	delete_one(s, "c", HELP_NOW);
	list(s, "c", "+1");
	delete_one(s, "c", HELP_NOW + 5);
	put_listing(s, HELP_NOW + 6);
	assert_true(missing_since(s, "c") == HELP_NOW + 5);
	state_close(s);
}

/* A bad clock: nothing is lost that is listed, marks stay marks. */
static void
test_clock(void **arg)
{
	struct state *s = help_open(false);

	(void)arg;
	put_known(s, "a b");
	list(s, "a", "+1");
	assert_true(put_listing(s, 0));
	assert_true(missing_since(s, "b") == 1);
	list(s, "a", "+1");
	assert_false(put_listing(s, -5));
	list(s, "a", "+1");
	assert_true(put_listing(s, INT64_MAX));
	assert_true(missing_since(s, "a") == 0);
	state_close(s);
}

/* ---- rows that are being worked on --------------------------------------- */

/* Messages are put, renamed and deleted while a listing still comes in. */
static void
test_writing_meanwhile(void **arg)
{
	struct state *s = help_open(false);
	struct state_row row, put = help_row("x", 1, STATE_FETCHED);
	struct state_tally tally;
	bool wrote;

	(void)arg;
	put_known(s, "a b c d");
	help_done(s, state_listing_begin(s));
	assert_int_equal(state_listing_row(s, span_str("a"), &row), 1);
	assert_int_equal(state_listing_row(s, span_str("x"), &row), 0);
	assert_int_equal(row.nth, 1);
	help_put(s, &put, 1);
	assert_int_equal(state_listing_row(s, span_str("b"), &row), 1);
	/* a second one of that name, though the first is known by now */
	assert_int_equal(state_listing_row(s, span_str("x"), &row), 0);
	assert_int_equal(row.nth, 2);
	/* c is renamed before its row comes */
	assert_int_equal(help_find(s, "c", 1, &row), 1);
	help_done(s, state_begin(s));
	help_done(s, state_adopt(s, row.id, span_str("new"), 1, 5));
	help_done(s, state_commit(s));
	assert_int_equal(state_listing_row(s, span_str("d"), &row), 1);
	/* behind the last row that the listing began with */
	assert_int_equal(state_listing_row(s, span_str("x"), &row), 0);
	assert_int_equal(row.nth, 3);
	help_done(s, state_listing_end(s, &tally));
	assert_int_equal(tally.missing, 0);
	/* a late one: it had to be looked at first */
	assert_int_equal(state_listing_row(s, span_str("late"), &row), 0);
	help_done(s, state_begin(s));
	help_done(s, state_put_listing(s, HELP_NOW, &wrote));
	assert_false(wrote);
	help_done(s, state_commit(s));
	assert_true(missing_since(s, "x") == 0);
	state_close(s);
}

/* Another program writes between two rows: what is written afterwards does
 * not stand on an old view of the file. */
static void
test_others_writing_meanwhile(void **arg)
{
	struct state *s = help_open(false);
	struct state_row row, put = help_row("x", 1, STATE_FETCHED);
	struct state_tally tally;
	sqlite3 *shell = NULL;

	(void)arg;
	put_known(s, "a b c");
	help_done(s, state_listing_begin(s));
	assert_int_equal(state_listing_row(s, span_str("a"), &row), 1);
	assert_int_equal(sqlite3_open(help_path("work.db"), &shell), 0);
	assert_int_equal(sqlite3_exec(shell, "UPDATE message SET octets = 1",
	    NULL, NULL, NULL), 0);
	assert_int_equal(sqlite3_close(shell), 0);
	help_put(s, &put, 1);
	assert_int_equal(state_listing_row(s, span_str("b"), &row), 1);
	assert_true(row.octets == 1);
	assert_int_equal(state_listing_row(s, span_str("c"), &row), 1);
	help_done(s, state_listing_end(s, &tally));
	assert_int_equal(tally.missing, 0);
	state_close(s);
}

/* Also in a state that is only read: a dry run. */
static void
test_read_only(void **arg)
{
	struct state *s = help_open(false);

	(void)arg;
	put_known(s, "a b c");
	state_close(s);
	s = help_open(true);
	list(s, "c x a", "+1 -1 +1");
	state_close(s);
}

static void
put_intent(struct state *s, struct state_row row)
{
	int64_t intent;

	help_done(s, state_begin(s));
	help_done(s, state_put_intent(s, &row, "d", span_str("t"), HELP_NOW,
	    &intent));
	help_done(s, state_commit(s));
}

/* P15: what is under way since before is neither new nor due, whether it
 * has a row or not; nor may it be deleted. */
static void
test_held(void **arg)
{
	struct state *s = help_open(false);
	struct state_row row, failed = help_row("b", 1, STATE_FAILED);
	struct state_tally tally;

	(void)arg;
	put_known(s, "a");
	help_put(s, &failed, 1);
	put_intent(s, failed);
	put_intent(s, help_row("c", 2, STATE_FETCHED));
	help_done(s, state_listing_begin(s));
	assert_int_equal(state_listing_row(s, span_str("a"), &row), 1);
	assert_int_equal(row.kind, STATE_FETCHED);
	assert_int_equal(state_listing_row(s, span_str("b"), &row), 1);
	assert_int_equal(row.kind, STATE_FAILED);
	assert_true(row.not_before == INT64_MAX);
	assert_int_equal(state_listing_row(s, span_str("c"), &row), 0);
	assert_int_equal(state_listing_row(s, span_str("c"), &row), 1);
	assert_int_equal(row.kind, STATE_FAILED);
	assert_int_equal(row.nth, 2);
	assert_true(row.id == 0);
	assert_true(row.not_before == INT64_MAX);
	help_done(s, state_listing_end(s, &tally));
	assert_int_equal(tally.known, 3);
	assert_int_equal(tally.fresh, 1);
	state_close(s);
}

static void
test_failed_are_known(void **arg)
{
	struct state *s = help_open(false);
	struct state_row row, rows[] = { help_row("a", 1, STATE_FAILED),
		help_row("b", 1, STATE_SKIPPED),
		help_row("c", 1, STATE_DROPPED) };

	(void)arg;
	rows[0].tries = 3;
	rows[0].not_before = HELP_NOW + 60;
	help_put(s, rows, 3);
	help_done(s, state_listing_begin(s));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(state_listing_row(s, rows[i].uidl, &row), 1);
		assert_int_equal(row.kind, rows[i].kind);
	}
	assert_int_equal(state_has_more_than(s, 2), 1);
	assert_int_equal(state_has_more_than(s, 3), 0);
	assert_int_equal(state_has_more_than(s, UINT64_MAX), 0);
	state_close(s);
}

/* ---- a server that was moved --------------------------------------------- */

static struct state_row
lost_row(const char *uidl, uint64_t announced, uint64_t octets, int digest)
{
	struct state_row row = help_row(uidl, 1, STATE_FETCHED);

	row.announced = announced;
	row.octets = octets;
	row.has_digest = digest >= 0;
	memset(row.digest, digest, sizeof(row.digest));
	return row;
}

static const unsigned char *
digest_of(int c)
{
	static unsigned char digest[STATE_DIGEST];

	memset(digest, c, sizeof(digest));
	return digest;
}

static void
adopt(struct state *s, int64_t id, const char *uidl)
{
	help_done(s, state_begin(s));
	help_done(s, state_adopt(s, id, span_str(uidl), 1, 4711));
	help_done(s, state_commit(s));
}

static void
test_moved(void **arg)
{
	struct state_row rows[] = {
		lost_row("a", 100, 101, 1), lost_row("b", 100, 100, 2),
		lost_row("c", 0, 300, 3), lost_row("d", 400, 400, -1),
		lost_row("e", 500, 500, 5), lost_row("f", 600, 600, 6),
		lost_row("g", 700, 700, 7),
	}, row;
	struct state *s = help_open(false);
	struct state_tally tally;

	(void)arg;
	help_put(s, rows, 7);
	list(s, "a b c d e f", NULL);
	put_listing(s, HELP_NOW);	/* g is missing since before */
	/* +OK to its DELE, and listed once more */
	delete_one(s, "f", HELP_NOW);
	list(s, "a b c d e f", NULL);
	put_listing(s, HELP_NOW);
	help_done(s, state_listing_begin(s));
	assert_int_equal(state_listing_row(s, span_str("A"), &row), 0);
	help_failed(s, state_missing(s, 100, NULL, &row), "before the");
	assert_int_equal(state_listing_row(s, span_str("e"), &row), 1);
	help_done(s, state_listing_end(s, &tally));
	assert_int_equal(tally.missing, 5);

	/* before and after the listing is recorded */
	for (int round = 0; round < 2; round++) {
		assert_int_equal(state_missing(s, 0, NULL, &row), 0);
		assert_int_equal(state_missing(s, 99, NULL, &row), 0);
		assert_int_equal(state_missing(s, 100, NULL, &row), 1);
		assert_int_equal(state_missing(s, 101, digest_of(1), &row), 1);
		assert_true(row.id == rows[0].id);
		assert_true(span_eq(row.uidl, span_str("a")));
		assert_int_equal(state_missing(s, 100, digest_of(2), &row), 1);
		assert_true(row.id == rows[1].id);
		assert_int_equal(state_missing(s, 100, digest_of(3), &row), 0);
		assert_int_equal(state_missing(s, 300, digest_of(3), &row), 1);
		/* no digest, listed, deleted, missing since before */
		assert_int_equal(state_missing(s, 400, NULL, &row), 0);
		assert_int_equal(state_missing(s, 500, NULL, &row), 0);
		assert_int_equal(state_missing(s, 600, NULL, &row), 0);
		assert_int_equal(state_missing(s, 700, NULL, &row), 0);
		if (round == 0)
			assert_true(put_listing(s, HELP_NOW + 1));
	}
	/* each is found once */
	adopt(s, rows[0].id, "A");
	assert_int_equal(state_missing(s, 101, NULL, &row), 0);
	assert_int_equal(state_missing(s, 100, digest_of(1), &row), 0);
	assert_int_equal(state_missing(s, 100, NULL, &row), 1);
	assert_true(row.id == rows[1].id);
	assert_true(missing_since(s, "A") == 0);
	assert_int_equal(help_find(s, "A", 1, &row), 1);
	assert_true(row.id == rows[0].id && row.announced == 4711);
	assert_true(row.first_seen == rows[0].first_seen);
	assert_int_equal(row.octets, 101);
	list(s, "A e", "+1 +1");
	state_close(s);
}

/* The row of a new name that had FAILED gives way to the one renamed to it. */
static void
test_adopt_over_failed(void **arg)
{
	struct state_row rows[] = { lost_row("old", 100, 100, 1),
		help_row("new", 1, STATE_FAILED) }, row;
	struct state *s = help_open(false);
	struct state_counts c;

	(void)arg;
	help_put(s, rows, 2);
	list(s, "new", "+1");
	assert_int_equal(state_missing(s, 100, digest_of(1), &row), 1);
	adopt(s, row.id, "new");
	help_done(s, state_counts(s, &c));
	assert_int_equal(c.fetched, 1);
	assert_int_equal(c.failed, 0);
	assert_false(put_listing(s, HELP_NOW));
	list(s, "new", "+1");
	state_close(s);
}

/* New rows with ids of forgotten ones are nobody's lost messages. */
static void
test_no_id_twice(void **arg)
{
	struct state_row old = lost_row("old", 100, 100, 1);
	struct state_row fresh = lost_row("fresh", 100, 100, 1), row;
	struct state *s = help_open(false);

	(void)arg;
	put_known(s, "z a");
	help_put(s, &old, 1);
	list(s, "z a", "+1 +1");
	put_listing(s, HELP_NOW);
	list(s, "a fresh", NULL);	/* z is missing */
	put_listing(s, HELP_NOW + 31 * HELP_DAY);
	assert_true(missing_since(s, "old") == -1);
	help_put(s, &fresh, 1);
	assert_true(fresh.id > old.id);
	assert_int_equal(state_missing(s, 100, digest_of(1), &row), 0);
	state_close(s);
}

/* Ten thousand messages of one size and one header: each is found once, and
 * not in the square of the time. */
static void
test_moved_alike(void **arg)
{
	enum { MANY = 10000 };
	struct state *s = help_open(false);
	struct state_tally tally;
	char uidl[32] = "";

	(void)arg;
	help_done(s, state_begin(s));
	for (int i = 0; i < MANY; i++) {
		struct state_row row = lost_row(uidl, 100, 100, 1);

		text_format(uidl, sizeof(uidl), "old%d", i);
		row.uidl = span_str(uidl);
		help_done(s, state_put(s, &row));
	}
	help_done(s, state_commit(s));
	help_done(s, state_listing_begin(s));
	for (int i = 0; i < MANY; i++) {
		struct state_row row;

		text_format(uidl, sizeof(uidl), "new%d", i);
		assert_int_equal(state_listing_row(s, span_str(uidl), &row),
		    0);
	}
	help_done(s, state_listing_end(s, &tally));
	assert_int_equal(tally.missing, MANY);
	help_done(s, state_begin(s));
	for (int i = 0; i < MANY; i++) {
		struct state_row row, other;

		assert_int_equal(state_missing(s, 100, NULL, &row), 1);
		assert_int_equal(state_missing(s, 100, digest_of(1), &row), 1);
		/* found, and not adopted yet: the next one is another */
		help_done(s, state_found(s, row.id));
		assert_int_equal(state_missing(s, 100, digest_of(1), &other),
		    i < MANY - 1);
		assert_true(i == MANY - 1 || other.id != row.id);
		text_format(uidl, sizeof(uidl), "new%d", i);
		help_done(s, state_adopt(s, row.id, span_str(uidl), 1, 100));
	}
	help_done(s, state_commit(s));
	assert_int_equal(state_missing(s, 100, NULL,
	    &(struct state_row){ 0 }), 0);
	state_close(s);
}

/* C08: a listing of new messages without an end takes memory to a limit only;
 * what is known stays known. */
static void
test_too_many_new(void **arg)
{
	struct state *s = help_open(false);
	struct state_tally tally;
	struct state_row row;
	char uidl[32] = "";

	(void)arg;
	put_known(s, "a b c");
	help_done(s, state_listing_begin(s));
	assert_int_equal(state_listing_row(s, span_str("a"), &row), 1);
	for (unsigned i = 0; i < STATE_NEW_MAX; i++) {
		text_format(uidl, sizeof(uidl), "%u", i);
		assert_int_equal(state_listing_row(s, span_str(uidl), &row),
		    0);
		assert_int_equal(row.nth, 1);
	}
	for (unsigned i = 0; i < 1000; i++) {
		text_format(uidl, sizeof(uidl), "more %u", i);
		assert_int_equal(state_listing_row(s, span_str(uidl), &row),
		    0);
		assert_int_equal(row.nth, 0);
	}
	assert_int_equal(state_listing_row(s, span_str("c"), &row), 1);
	assert_int_equal(state_listing_row(s, span_str("0"), &row), 0);
	assert_int_equal(row.nth, 2);
	assert_int_equal(state_listing_row(s, span_str("a"), &row), 0);
	assert_int_equal(row.nth, 0);
	assert_int_equal(s->listing.prints.n, STATE_NEW_MAX);
	/* which cannot be written down */
	help_done(s, state_begin(s));
	row.kind = STATE_FETCHED;
	help_failed(s, state_put(s, &row), "means nothing");
	help_done(s, state_listing_end(s, &tally));
	assert_int_equal(tally.missing, 1);
	assert_int_equal(tally.fresh, STATE_NEW_MAX + 1002);
	state_close(s);
}

/* Far more marks than are read at once. */
static void
test_many_marks(void **arg)
{
	enum { MANY = 3000 };
	struct state *s = help_open(false);
	struct state_counts c;
	char uidl[32] = "";

	(void)arg;
	help_done(s, state_begin(s));
	for (int i = 0; i < MANY; i++) {
		struct state_row row = help_row(uidl, 1, STATE_FETCHED);

		text_format(uidl, sizeof(uidl), "u%d", i);
		row.uidl = span_str(uidl);
		help_done(s, state_put(s, &row));
	}
	help_done(s, state_commit(s));
	for (int round = 0; round < 3; round++) {
		struct state_tally tally;

		help_done(s, state_listing_begin(s));
		for (int i = round == 1 ? 0 : MANY; i < MANY; i++) {
			struct state_row row;

			text_format(uidl, sizeof(uidl), "u%d", i);
			assert_int_equal(state_listing_row(s, span_str(uidl),
			    &row), 1);
		}
		help_done(s, state_listing_end(s, &tally));
		assert_int_equal(tally.missing, round == 1 ? 0 : MANY);
		assert_true(put_listing(s, HELP_NOW));
		help_done(s, state_counts(s, &c));
		assert_int_equal(c.missing, round == 1 ? 0 : MANY);
	}
	list(s, "", "");
	assert_true(put_listing(s, HELP_NOW + 30 * HELP_DAY));
	help_done(s, state_counts(s, &c));
	assert_int_equal(c.fetched, 0);
	state_close(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash), cmocka_unit_test(test_seen),
		cmocka_unit_test(test_set), cmocka_unit_test(test_cases),
		TEST(test_forget), TEST(test_back), TEST(test_deleted),
		TEST(test_clock), TEST(test_writing_meanwhile),
		TEST(test_read_only), TEST(test_held),
		TEST(test_failed_are_known), TEST(test_moved),
		TEST(test_adopt_over_failed), TEST(test_no_id_twice),
		TEST(test_moved_alike), TEST(test_many_marks),
		TEST(test_too_many_new),
		TEST(test_others_writing_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
