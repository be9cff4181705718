/* SPDX-License-Identifier: ISC
 *
 * state_listing: a listing beside what is known.
 *
 * A cursor goes over the rows that the listing before had, in the order
 * in which they came: a server that lists in that order is answered by its next
 * row.  Any other message is looked up by UIDL; the cursor then goes on behind
 * it, unless that did not help lately.  So order is a matter of speed alone.
 *
 * The how-manieth of its UIDL a message is: a row (u, 1) that was not met yet
 * is the first.  Everything else is counted by fingerprint: new UIDLs, and
 * those that come again.
 *
 * Nothing is written here but by state_put_listing.
 */
#include <sys/random.h>

#include <string.h>

#include "client/state_private.h"
#include "sys/os.h"

enum {
	WAIT_MAX = 1024,	/* rows until the cursor is moved again */
	CHUNK = 256		/* ids read, then written */
};

void
state_listing_rest(struct state *s)
{
	state_reset(s, SQL_CURSOR);
	state_reset(s, SQL_FIND);
	state_reset(s, SQL_ROW);
	s->listing.active = false;
	s->listing.open = false;
}

void
state_listing_done(struct state *s)
{
	struct state_listing *l = &s->listing;

	state_listing_rest(s);
	seen_release(&l->seen);
	set_release(&l->prints);
	set_release(&l->held);
	state_lost_release(l);
	memset(l, 0, sizeof(*l));
}

/* ---- the beginning ------------------------------------------------------- */

static int
hold(void *arg, const struct state_intent *intent)
{
	struct state_set *held = arg;
	struct state_print print = set_print(held, intent->row.uidl,
	    intent->row.nth);

	print.count = 1;
	return set_find(held, &print) || set_add(held, &print) == 0 ? 0 : 1;
}

/* A trace for `status` and for whoever must not come too often. Not worth an
 * error, and no transaction: nothing else hangs on it. */
static void
leave_trace(const struct state *s)
{
	if (s->lock >= 0)
		(void)!os_pwrite_all(s->lock, "\n", 1, 0);
}

int
state_listing_begin(struct state *s)
{
	struct state_listing *l = &s->listing;
	uint64_t key[4];
	bool intents = false;
	int r;

	state_listing_done(s);
	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return state_refuse(s, "no random numbers");
	set_init(&l->prints, key);
	set_init(&l->held, key + 2);
	if (state_last_id(s, &l->last_id, &intents) != 0)
		return -1;
	r = intents ? state_intents(s, hold, &l->held) : 0;
	if (r != 0)
		return r < 0 ? -1 : state_refuse(s, "out of memory");
	l->begun = true;
	l->unbroken = true;
	leave_trace(s);
	return 0;
}

/* ---- the cursor ---------------------------------------------------------- */

/* On the next row that was not met yet, or at the end. */
static int
cursor_next(struct state *s)
{
	struct state_listing *l = &s->listing;
	sqlite3_stmt *st = s->stmt[SQL_CURSOR];

	if (!l->active) {
		st = STATE_BOUND(s, SQL_CURSOR, V_INT(l->passed));
		if (!st)
			return -1;
		l->active = true;
	}
	for (;;) {
		int r = state_step(s, st);
		int64_t id;

		if (r < 0) {
			l->active = false;
			return -1;
		}
		id = r == 1 ? sqlite3_column_int64(st, COL_ID) : 0;
		if (r == 0 || id > l->last_id) {
			state_reset(s, SQL_CURSOR);
			l->active = false;
			l->at_end = true;
			return 0;
		}
		if (!seen_has(&l->seen, id)) {
			l->open = true;
			return 0;
		}
		l->passed = id;
	}
}

/* A row was found elsewhere: is it a good idea to go on from there? */
static void
cursor_move(struct state *s, int64_t id)
{
	struct state_listing *l = &s->listing;

	if (l->waited < l->wait) {
		l->waited++;
		return;
	}
	l->waited = 0;
	l->wait = l->wait == 0 ? 1 : l->wait * 2;
	if (l->wait > WAIT_MAX)
		l->wait = WAIT_MAX;
	state_reset(s, SQL_CURSOR);
	l->active = false;
	l->open = false;
	l->at_end = false;
	l->unbroken = false;
	l->passed = id;
}

/* 1 when the cursor stands on it, 0, -1 */
static int
cursor_match(struct state *s, struct pop_span uidl, struct state_row *row_r)
{
	struct state_listing *l = &s->listing;
	sqlite3_stmt *st;

	if (!l->open && !l->at_end && cursor_next(s) != 0)
		return -1;
	if (!l->open)
		return 0;
	st = s->stmt[SQL_CURSOR];
	if (!span_eq(state_column_span(st, COL_UIDL), uidl) ||
	    sqlite3_column_int64(st, COL_NTH) != 1)
		return 0;
	state_row_read(st, row_r);
	if (seen_add(&l->seen, row_r->id) != 0)
		return state_refuse(s, "out of memory");
	/* the row stays readable until the next step */
	l->open = false;
	l->passed = row_r->id;
	l->wait = l->waited = 0;
	return 1;
}

/* ---- by UIDL ------------------------------------------------------------- */

static int
find(struct state *s, struct pop_span uidl, uint32_t nth)
{
	sqlite3_stmt *st = STATE_BOUND(s, SQL_FIND, V_BLOB(uidl), V_INT(nth));

	return st ? state_step(s, st) : -1;
}

/* *nth_r; 1 when SQL_FIND stands on its row, 0 when it is new, -1 */
static int
count_and_find(struct state *s, struct pop_span uidl, uint32_t *nth_r)
{
	struct state_listing *l = &s->listing;
	struct state_print print = set_print(&l->prints, uidl, 0);
	struct state_print *old = set_find(&l->prints, &print);
	int r;

	if (old) {
		l->tally.duplicates++;
		*nth_r = ++old->count;
		return find(s, uidl, *nth_r);
	}
	*nth_r = 1;
	r = find(s, uidl, 1);
	if (r == 0) {
		r = state_find_dashed(s, uidl);
		if (r == 1)
			return 1;
	}
	if (r < 0)
		return -1;
	if (r == 1 && !seen_has(&l->seen,
	    sqlite3_column_int64(s->stmt[SQL_FIND], COL_ID)))
		return 1;
	if (l->prints.n >= STATE_NEW_MAX) {
		*nth_r = 0;
		return 0;
	}
	print.count = r == 1 ? 2 : 1;
	if (set_add(&l->prints, &print) != 0)
		return state_refuse(s, "out of memory");
	if (r == 0)
		return 0;
	l->tally.duplicates++;
	*nth_r = 2;
	return find(s, uidl, 2);
}

static int
look_up(struct state *s, struct pop_span uidl, struct state_row *row_r)
{
	struct state_listing *l = &s->listing;
	uint32_t nth = 0;
	int r = count_and_find(s, uidl, &nth);

	if (r < 0)
		return -1;
	if (r == 0) {
		*row_r = (struct state_row){ .uidl = uidl, .nth = nth };
		return 0;
	}
	state_row_read(s->stmt[SQL_FIND], row_r);
	if (seen_add(&l->seen, row_r->id) != 0)
		return state_refuse(s, "out of memory");
	if (sqlite3_column_int64(s->stmt[SQL_FIND], COL_MISSING) != 0)
		l->came_back = true;
	else if (!l->ended)
		cursor_move(s, row_r->id);
	return 1;
}

/* A delivery of it is under way since an earlier session, and could not be
 * settled: neither fetched again nor deleted. */
static bool
is_held(struct state *s, const struct state_row *row)
{
	const struct state_set *held = &s->listing.held;
	struct state_print print;

	if (held->n == 0)
		return false;
	print = set_print(held, row->uidl, row->nth);
	return set_find(held, &print) != NULL;
}

int
state_listing_row(struct state *s, struct pop_span uidl,
    struct state_row *row_r)
{
	struct state_listing *l = &s->listing;
	struct state_row row;
	int r = 0;

	if (!l->begun)
		return state_refuse(s, "compared without a listing");
	state_reset(s, SQL_FIND);
	if (!l->ended)
		r = cursor_match(s, uidl, &row);
	if (r == 0)
		r = look_up(s, uidl, &row);
	if (r < 0)
		return -1;
	if (is_held(s, &row)) {
		row.kind = STATE_FAILED;
		row.not_before = INT64_MAX;
		r = 1;
	}
	l->tally.listed++;
	if (r == 1)
		l->tally.known++;
	else
		l->tally.fresh++;
	*row_r = row;
	return r;
}

/* ---- the end ------------------------------------------------------------- */

/* Rows that the listing before had and that were not met: up to n ids behind
 * *after. Returns how many, or -1. */
static int
read_missing(struct state *s, int64_t *after, int64_t *ids, int n)
{
	struct state_listing *l = &s->listing;
	sqlite3_stmt *st = STATE_BOUND(s, SQL_IDS, V_INT(0), V_INT(*after),
	    V_INT(l->last_id));
	int found = 0, r = st ? 1 : -1;

	while (r == 1 && found < n) {
		r = state_step(s, st);
		if (r != 1)
			break;
		*after = sqlite3_column_int64(st, 0);
		if (!seen_has(&l->seen, *after))
			ids[found++] = *after;
	}
	state_reset(s, SQL_IDS);
	return r < 0 ? -1 : found;
}

static int
count_missing(struct state *s)
{
	struct state_listing *l = &s->listing;
	int64_t ids[CHUNK], after = 0;
	int n;

	/* never moved, so no row was left out so far */
	if (l->unbroken && !l->open && !l->at_end && cursor_next(s) != 0)
		return -1;
	if (l->unbroken && l->at_end)
		return 0;
	do {
		n = read_missing(s, &after, ids, CHUNK);
		if (n < 0)
			return -1;
		l->tally.missing += (uint64_t)n;
	} while (n == CHUNK);
	return 0;
}

int
state_listing_end(struct state *s, struct state_tally *tally_r)
{
	struct state_listing *l = &s->listing;

	if (!l->begun || l->ended)
		return state_refuse(s, "an end without a listing");
	if (count_missing(s) != 0)
		return -1;
	l->ended = true;
	state_listing_rest(s);
	*tally_r = l->tally;
	return 0;
}

/* ---- what came of it ----------------------------------------------------- */

static int
mark(struct state *s, const int64_t *ids, int n, int64_t when, bool *wrote)
{
	if (n > 0 && state_writing(s) != 0)
		return -1;
	for (int i = 0; i < n; i++) {
		if (STATE_RUN(s, SQL_MARK, V_INT(ids[i]), V_INT(when)) != 0)
			return -1;
		*wrote = true;
	}
	return 0;
}

static int
put_missing(struct state *s, int64_t now, bool *wrote)
{
	int64_t ids[CHUNK], after = 0;
	int n;

	do {
		n = read_missing(s, &after, ids, CHUNK);
		if (n < 0 || mark(s, ids, n, now, wrote) != 0)
			return -1;
	} while (n == CHUNK);
	return 0;
}

/* Marked ones that were met: up to n ids behind at[], which is moved. */
static int
read_returned(struct state *s, int64_t at[2], int64_t *ids, int n)
{
	sqlite3_stmt *st = STATE_BOUND(s, SQL_IDS_MISSING, V_INT(at[0]),
	    V_INT(at[1]));
	int found = 0, r = st ? 1 : -1;

	while (r == 1 && found < n) {
		r = state_step(s, st);
		if (r != 1)
			break;
		at[0] = sqlite3_column_int64(st, 0);
		at[1] = sqlite3_column_int64(st, 1);
		if (seen_has(&s->listing.seen, at[1]))
			ids[found++] = at[1];
	}
	state_reset(s, SQL_IDS_MISSING);
	return r < 0 ? -1 : found;
}

static int
put_returned(struct state *s, bool *wrote)
{
	int64_t ids[CHUNK], at[2] = { 0, INT64_MAX };
	int n;

	do {
		n = read_returned(s, at, ids, CHUNK);
		if (n < 0 || mark(s, ids, n, 0, wrote) != 0)
			return -1;
	} while (n == CHUNK);
	return 0;
}

static int
read_old(struct state *s, int64_t until, int64_t *ids, int n)
{
	sqlite3_stmt *st = STATE_BOUND(s, SQL_IDS_OLD, V_INT(until));
	int found = 0, r = st ? 1 : -1;

	while (r == 1 && found < n) {
		r = state_step(s, st);
		if (r == 1)
			ids[found++] = sqlite3_column_int64(st, 0);
	}
	state_reset(s, SQL_IDS_OLD);
	return r < 0 ? -1 : found;
}

static int
forget_old(struct state *s, int64_t until, bool *wrote)
{
	int64_t ids[CHUNK];
	int n;

	do {
		n = read_old(s, until, ids, CHUNK);
		if (n < 0 || (n > 0 && state_writing(s) != 0))
			return -1;
		for (int i = 0; i < n; i++) {
			if (STATE_RUN(s, SQL_FORGET, V_INT(ids[i])) != 0)
				return -1;
			*wrote = true;
		}
	} while (n == CHUNK);
	return 0;
}

int
state_put_listing(struct state *s, int64_t now, bool *wrote_r)
{
	struct state_listing *l = &s->listing;
	const int64_t days = (int64_t)STATE_FORGET_DAYS * 24 * 3600;
	bool wrote = false;

	if (!l->ended)
		return state_refuse(s, "a listing that has no end");
	if (s->transaction == TRANSACTION_NONE)
		return state_refuse(s, "written to outside a transaction");
	if (now < 1)
		now = 1;
	if (l->tally.missing > 0 && put_missing(s, now, &wrote) != 0)
		return -1;
	if (l->came_back && put_returned(s, &wrote) != 0)
		return -1;
	if (forget_old(s, now - days, &wrote) != 0)
		return -1;
	l->marked = now;
	*wrote_r = wrote;
	return 0;
}
