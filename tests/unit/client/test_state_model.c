/* SPDX-License-Identifier: ISC
 *
 * test_state_model: long random histories of a maildrop, visited again and
 * again, beside a model that keeps everything in an array and searches it
 * from one end to the other.  The numbers are the same in every run; a failure
 * names its seed.
 */
#include "state_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/state_private.h"

enum { SEEDS = 24, VISITS = 120, LISTED_MAX = 90, ROWS_MAX = 8000 };

struct model_row {
	unsigned uidl;
	uint32_t nth;
	enum state_kind kind;
	int64_t missing, deleted, id;
};

struct model {
	struct help_random random;
	uint64_t seed;
	unsigned visit;
	int64_t now;
	/* the server */
	unsigned listed[LISTED_MAX];
	size_t n;
	unsigned next_uidl;
	/* what the state should know */
	struct model_row rows[ROWS_MAX];
	size_t nrows;
	struct state *s;
};

#define CHECK(m, x) do { \
	if (!(x)) \
		fail_msg("seed %u, visit %u: " #x, (unsigned)(m)->seed, \
		    (m)->visit); \
} while (0)

static uint64_t
chance(struct model *m, uint64_t below)
{
	return help_next(&m->random, below);
}

static struct pop_span
uidl_text(unsigned uidl, char out[32])
{
	text_format(out, 32, "%s%u", uidl % 3 == 0 ? "UID" : "", uidl);
	return span_str(out);
}

/* ---- the server ---------------------------------------------------------- */

static void
server_remove(struct model *m, size_t at)
{
	memmove(&m->listed[at], &m->listed[at + 1], (m->n - at - 1) *
	    sizeof(*m->listed));
	m->n--;
}

static void
server_insert(struct model *m, size_t at, unsigned uidl)
{
	if (m->n == LISTED_MAX)
		return;
	memmove(&m->listed[at + 1], &m->listed[at], (m->n - at) *
	    sizeof(*m->listed));
	m->listed[at] = uidl;
	m->n++;
}

static void
server_shuffle(struct model *m)
{
	for (size_t i = m->n; i > 1; i--) {
		size_t j = (size_t)chance(m, i);
		unsigned u = m->listed[i - 1];

		m->listed[i - 1] = m->listed[j];
		m->listed[j] = u;
	}
}

static void
server_rotate(struct model *m)
{
	size_t by = m->n > 0 ? (size_t)chance(m, m->n) : 0;

	while (by-- > 0) {
		unsigned u = m->listed[0];

		server_remove(m, 0);
		server_insert(m, m->n, u);
	}
}

static void
server_changes(struct model *m)
{
	size_t new = (size_t)chance(m, 6);

	switch (chance(m, 12)) {
	case 0:
		server_shuffle(m);
		break;
	case 1:
		server_rotate(m);
		break;
	case 2:			/* an empty listing, once */
		m->n = 0;
		break;
	case 3:			/* all UIDLs change */
		for (size_t i = 0; i < m->n; i++)
			m->listed[i] = m->next_uidl++;
		break;
	case 4:			/* a UIDL of long ago is back */
	case 5:			/* or one more of a UIDL there is */
		if (m->nrows > 0)
			server_insert(m, (size_t)chance(m, m->n + 1),
			    m->rows[chance(m, m->nrows)].uidl);
		break;
	case 6:			/* some go */
	case 7:
		for (size_t i = 0; i < 5 && m->n > 0; i++)
			server_remove(m, (size_t)chance(m, m->n));
		break;
	case 8:			/* new ones in the middle */
		for (; new > 0; new--)
			server_insert(m, (size_t)chance(m, m->n + 1),
			    m->next_uidl++);
		break;
	case 9:			/* nothing happens */
		return;
	default:		/* new ones at the end */
		for (; new > 0; new--)
			server_insert(m, m->n, m->next_uidl++);
		break;
	}
}

/* ---- the model ----------------------------------------------------------- */

static struct model_row *
model_find(struct model *m, unsigned uidl, uint32_t nth)
{
	for (size_t i = 0; i < m->nrows; i++)
		if (m->rows[i].uidl == uidl && m->rows[i].nth == nth)
			return &m->rows[i];
	return NULL;
}

static uint32_t
model_nth(const struct model *m, size_t at)
{
	uint32_t n = 1;

	for (size_t i = 0; i < at; i++)
		n += m->listed[i] == m->listed[at];
	return n;
}

static bool
model_is_listed(const struct model *m, const struct model_row *row)
{
	uint32_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += m->listed[i] == row->uidl;
	return row->nth <= n;
}

static struct state_tally
model_tally(struct model *m)
{
	struct state_tally t = { .listed = m->n };

	for (size_t i = 0; i < m->n; i++) {
		uint32_t nth = model_nth(m, i);

		t.duplicates += nth > 1;
		if (model_find(m, m->listed[i], nth))
			t.known++;
		else
			t.fresh++;
	}
	for (size_t i = 0; i < m->nrows; i++)
		t.missing += m->rows[i].missing == 0 &&
		    !model_is_listed(m, &m->rows[i]);
	return t;
}

/* true when it changed anything */
static bool
model_put_listing(struct model *m)
{
	const int64_t days = STATE_FORGET_DAYS * (int64_t)HELP_DAY;
	size_t kept = 0;
	bool wrote = false;

	for (size_t i = 0; i < m->nrows; i++) {
		struct model_row *row = &m->rows[i];
		int64_t missing = model_is_listed(m, row) ? 0 :
		    row->missing != 0 ? row->missing : m->now;

		wrote = wrote || missing != row->missing;
		row->missing = missing;
		if (missing != 0 && missing <= m->now - days)
			wrote = true;
		else
			m->rows[kept++] = *row;
	}
	m->nrows = kept;
	return wrote;
}

/* ---- a visit ------------------------------------------------------------- */

static void
compare_listing(struct model *m)
{
	struct state_tally t, wanted = model_tally(m);
	char text[32];

	CHECK(m, state_listing_begin(m->s) == 0);
	for (size_t i = 0; i < m->n; i++) {
		uint32_t nth = model_nth(m, i);
		struct model_row *known = model_find(m, m->listed[i], nth);
		struct state_row row;
		int r = state_listing_row(m->s, uidl_text(m->listed[i],
		    text), &row);

		CHECK(m, r == (known != NULL));
		CHECK(m, row.nth == nth);
		CHECK(m, span_eq(row.uidl, uidl_text(m->listed[i], text)));
		if (!known)
			continue;
		CHECK(m, row.id == known->id);
		CHECK(m, row.kind == known->kind);
		CHECK(m, row.deleted == known->deleted);
	}
	CHECK(m, state_listing_end(m->s, &t) == 0);
	CHECK(m, t.listed == wanted.listed);
	CHECK(m, t.known == wanted.known);
	CHECK(m, t.fresh == wanted.fresh);
	CHECK(m, t.duplicates == wanted.duplicates);
	CHECK(m, t.missing == wanted.missing);
}

static void
record_listing(struct model *m)
{
	bool wrote = false;

	CHECK(m, state_begin(m->s) == 0);
	CHECK(m, state_put_listing(m->s, m->now, &wrote) == 0);
	CHECK(m, state_commit(m->s) == 0);
	CHECK(m, wrote == model_put_listing(m));
}

/* Most new messages are fetched, by one way or the other. */
static void
fetch(struct model *m)
{
	char text[32];

	CHECK(m, state_begin(m->s) == 0);
	for (size_t i = 0; i < m->n; i++) {
		struct state_row row = { .uidl = uidl_text(m->listed[i],
		    text), .nth = model_nth(m, i),
		    .kind = (enum state_kind)(1 + chance(m, 4)) };
		int64_t intent;

		if (model_find(m, m->listed[i], row.nth) ||
		    chance(m, 8) == 0)
			continue;
		if (chance(m, 2) == 0) {
			CHECK(m, state_put(m->s, &row) == 0);
		} else {
			CHECK(m, state_put_intent(m->s, &row, "d",
			    span_str("t"), m->now, &intent) == 0);
			CHECK(m, state_put_delivered(m->s, intent,
			    &row.id) == 0);
		}
		CHECK(m, m->nrows < ROWS_MAX);
		m->rows[m->nrows++] = (struct model_row){ m->listed[i],
			row.nth, row.kind, 0, 0, row.id };
	}
	CHECK(m, state_commit(m->s) == 0);
}

/* Some are deleted; a server that does not do it keeps listing them. */
static void
delete_some(struct model *m)
{
	int64_t ids[LISTED_MAX];
	size_t n = 0;

	for (size_t i = m->n; i-- > 0; ) {
		struct model_row *row = model_find(m, m->listed[i],
		    model_nth(m, i));

		if (!row || chance(m, 6) != 0)
			continue;
		ids[n++] = row->id;
		row->deleted = row->missing = m->now;
		if (chance(m, 5) != 0)
			server_remove(m, i);
	}
	CHECK(m, state_begin(m->s) == 0);
	CHECK(m, state_put_deleted(m->s, ids, n, m->now) == 0);
	CHECK(m, state_commit(m->s) == 0);
}

/* A server move: rows that are missing get the names of new messages. */
static void
rename_some(struct model *m)
{
	char text[32];

	CHECK(m, state_begin(m->s) == 0);
	for (size_t i = 0; i < m->nrows; i++) {
		struct model_row *row = &m->rows[i];

		if (row->missing == 0 || chance(m, 10) != 0 || m->n == 0)
			continue;
		for (size_t j = 0; j < m->n; j++) {
			uint32_t nth = model_nth(m, j);

			if (model_find(m, m->listed[j], nth))
				continue;
			CHECK(m, state_adopt(m->s, row->id, uidl_text(
			    m->listed[j], text), nth, 1) == 0);
			row->uidl = m->listed[j];
			row->nth = nth;
			row->missing = 0;
			break;
		}
	}
	CHECK(m, state_commit(m->s) == 0);
}

struct all {
	struct model *m;
	size_t n;
};

static int
compare_row(void *arg, const struct state_row *row)
{
	struct all *all = arg;
	struct model *m = all->m;
	char text[32];

	for (size_t i = 0; i < m->nrows; i++) {
		struct model_row *r = &m->rows[i];

		if (r->id != row->id)
			continue;
		CHECK(m, span_eq(row->uidl, uidl_text(r->uidl, text)));
		CHECK(m, row->nth == r->nth && row->kind == r->kind);
		CHECK(m, row->deleted == r->deleted);
		all->n++;
		return 0;
	}
	fail_msg("a row that should not be there");
	return -1;
}

static void
compare_all(struct model *m)
{
	struct all all = { m, 0 };
	struct state_counts c, wanted = { 0 };

	CHECK(m, state_rows(m->s, 0, compare_row, &all) == 0);
	CHECK(m, all.n == m->nrows);
	for (size_t i = 0; i < m->nrows; i++) {
		const struct model_row *r = &m->rows[i];

		wanted.fetched += r->kind == STATE_FETCHED;
		wanted.skipped += r->kind == STATE_SKIPPED;
		wanted.failed += r->kind == STATE_FAILED;
		wanted.dropped += r->kind == STATE_DROPPED;
		wanted.deleted += r->deleted != 0;
		wanted.missing += r->deleted == 0 && r->missing != 0;
	}
	CHECK(m, state_counts(m->s, &c) == 0);
	CHECK(m, memcmp(&c, &wanted, sizeof(c)) == 0);
}

static void
visit(struct model *m)
{
	compare_listing(m);
	switch (chance(m, 4)) {
	case 0:			/* it was cut short: nothing is recorded */
		break;
	case 1:
		rename_some(m);
		record_listing(m);
		break;
	default:
		record_listing(m);
		break;
	}
	fetch(m);
	delete_some(m);
	compare_all(m);
}

static void
history(uint64_t seed)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->seed = seed;
	m->random.x = seed * 0x9e3779b97f4a7c15u;
	m->now = HELP_NOW;
	m->s = help_open(false);
	for (m->visit = 0; m->visit < VISITS; m->visit++) {
		server_changes(m);
		visit(m);
		m->now += (int64_t)chance(m, 6 * HELP_DAY);
		if (chance(m, 5) == 0) {
			state_close(m->s);
			m->s = help_open(false);
		}
	}
	state_close(m->s);
	free(m);
}

static void
test_histories(void **arg)
{
	(void)arg;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		assert_int_equal(help_setup(NULL), 0);
		history(seed);
		help_teardown(NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_histories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
