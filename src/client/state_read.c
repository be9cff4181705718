/* SPDX-License-Identifier: ISC
 *
 * state_read: going through what is there, for recovery, status and import.
 * Writes nothing, and lets nobody write meanwhile.
 */
#include "client/state_private.h"

static struct pop_span
column_text(sqlite3_stmt *st, int column)
{
	const unsigned char *p = sqlite3_column_text(st, column);

	return span_of(p, (size_t)sqlite3_column_bytes(st, column));
}

int
state_intents(struct state *s,
    int (*fn)(void *arg, const struct state_intent *intent), void *arg)
{
	sqlite3_stmt *st = state_bound(s, SQL_INTENTS, NULL, 0);
	int r = st ? 1 : -1, stop = 0;

	while (stop == 0 && r == 1) {
		struct state_intent intent = { 0 };
		struct pop_span destination;

		r = state_step(s, st);
		if (r != 1)
			break;
		state_row_read(st, &intent.row);
		intent.id = sqlite3_column_int64(st, COL_INTENT);
		intent.ticket = state_column_span(st, COL_TICKET);
		intent.made = sqlite3_column_int64(st, COL_MADE);
		destination = column_text(st, COL_DESTINATION);
		if (!destination.p) {
			r = state_refuse(s, "out of memory");
			break;
		}
		intent.destination = (const char *)destination.p;
		s->calling = true;
		stop = fn(arg, &intent);
		s->calling = false;
	}
	state_reset(s, SQL_INTENTS);
	return r < 0 ? -1 : stop;
}

int
state_rows(struct state *s, enum state_kind kind,
    int (*fn)(void *arg, const struct state_row *row), void *arg)
{
	sqlite3_stmt *st = STATE_BOUND(s, SQL_ROWS, V_INT(kind));
	int r = st ? 1 : -1, stop = 0;

	while (stop == 0 && r == 1) {
		struct state_row row;

		r = state_step(s, st);
		if (r != 1)
			break;
		state_row_read(st, &row);
		s->calling = true;
		stop = fn(arg, &row);
		s->calling = false;
	}
	state_reset(s, SQL_ROWS);
	return r < 0 ? -1 : stop;
}

int
state_counts(struct state *s, struct state_counts *counts_r)
{
	sqlite3_stmt *st = state_bound(s, SQL_COUNTS, NULL, 0);
	int r = st ? state_step(s, st) : -1;

	if (r < 0)
		return -1;
	if (r == 0)
		return state_refuse(s, "a count without a result");
	*counts_r = (struct state_counts){
		.fetched = (uint64_t)sqlite3_column_int64(st, 0),
		.skipped = (uint64_t)sqlite3_column_int64(st, 1),
		.failed = (uint64_t)sqlite3_column_int64(st, 2),
		.dropped = (uint64_t)sqlite3_column_int64(st, 3),
		.deleted = (uint64_t)sqlite3_column_int64(st, 4),
		.missing = (uint64_t)sqlite3_column_int64(st, 5),
		.intents = (uint64_t)sqlite3_column_int64(st, 6),
	};
	state_reset(s, SQL_COUNTS);
	return 0;
}

int
state_has_more_than(struct state *s, uint64_t n)
{
	sqlite3_stmt *st = STATE_BOUND(s, SQL_MORE_THAN,
	    V_INT(n <= INT64_MAX ? n : INT64_MAX));
	int r = st ? state_step(s, st) : -1;

	state_reset(s, SQL_MORE_THAN);
	return r;
}
