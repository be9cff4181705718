/* SPDX-License-Identifier: ISC
 *
 * state_write: transactions, messages, facts, and deliveries under way.
 *
 * A transaction begins in the file when the first thing is written, not
 * before: one that changes nothing takes no lock and syncs nothing.
 *
 * A commit whose fsync fails is undone for this process; killed right then,
 * the next one may find it done after all.  So a transaction that failed may
 * not be taken as one that never was: what it says must be true already.
 */
#include <string.h>

#include "client/state_private.h"

/* in the order of COLUMNS in state_sql.c */
#define ROW_VALUES(row) \
	V_INT((row)->kind), V_BLOB((row)->uidl), V_INT((row)->nth), \
	V_INT((row)->announced), V_INT((row)->octets), \
	{ (row)->has_digest ? VALUE_BLOB : VALUE_NULL, 0, \
	    { (row)->digest, STATE_DIGEST } }, \
	V_INT((row)->first_seen), V_INT((row)->deleted), \
	V_INT((row)->tries), V_INT((row)->not_before)

/* ---- transactions -------------------------------------------------------- */

int
state_begin(struct state *s)
{
	if (s->read_only)
		return state_refuse(s, "was opened for reading only");
	if (s->transaction != TRANSACTION_NONE)
		return state_refuse(s, "a transaction inside another one");
	s->transaction = TRANSACTION_WANTED;
	return 0;
}

int
state_writing(struct state *s)
{
	if (s->calling)
		return state_refuse(s, "written to while it is read");
	if (s->transaction == TRANSACTION_NONE)
		return state_refuse(s, "written to outside a transaction");
	if (s->transaction == TRANSACTION_OPEN)
		return 0;
	state_listing_rest(s);
	if (state_run(s, state_bound(s, SQL_BEGIN, NULL, 0)) != 0)
		return -1;
	s->transaction = TRANSACTION_OPEN;
	return 0;
}

int
state_commit(struct state *s)
{
	if (s->transaction == TRANSACTION_NONE)
		return state_refuse(s, "a commit without a beginning");
	if (s->calling)
		return state_refuse(s, "written to while it is read");
	if (s->transaction == TRANSACTION_OPEN &&
	    state_run(s, state_bound(s, SQL_COMMIT, NULL, 0)) != 0)
		return -1;
	s->transaction = TRANSACTION_NONE;
	return 0;
}

void
state_rollback(struct state *s)
{
	if (s->transaction != TRANSACTION_OPEN) {
		s->transaction = TRANSACTION_NONE;
		return;
	}
	/* what it says is nobody's error */
	(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->transaction = TRANSACTION_NONE;
}

/* ---- messages ------------------------------------------------------------ */

/* Ids are not used again while the file is open: one above
 * state_listing.last_id belongs to a row that came later. */
int
state_last_id(struct state *s, int64_t *id_r, bool *intents_r)
{
	sqlite3_stmt *st = state_bound(s, SQL_LAST_ID, NULL, 0);
	int r = st ? state_step(s, st) : -1;

	if (r < 0)
		return -1;
	if (r == 0)
		return state_refuse(s, "a maximum without a result");
	*id_r = sqlite3_column_int64(st, 0);
	*intents_r = sqlite3_column_int(st, 1) != 0;
	state_reset(s, SQL_LAST_ID);
	if (s->next_id <= *id_r)
		s->next_id = *id_r + 1;
	*id_r = s->next_id - 1;
	return 0;
}

static int
new_id(struct state *s, int64_t *id_r)
{
	int64_t last;
	bool intents;

	if (s->next_id == 0 && state_last_id(s, &last, &intents) != 0)
		return -1;
	*id_r = s->next_id++;
	return 0;
}

/* There was one of that name: it has been replaced. */
static int
find_id(struct state *s, const struct state_row *row, int64_t *id_r)
{
	sqlite3_stmt *st = STATE_BOUND(s, SQL_FIND, V_BLOB(row->uidl),
	    V_INT(row->nth));
	int r = st ? state_step(s, st) : -1;

	if (r < 0)
		return -1;
	if (r == 0)
		return state_refuse(s, "a row that was written is not there");
	*id_r = sqlite3_column_int64(st, COL_ID);
	state_reset(s, SQL_FIND);
	return 0;
}

static int
insert_row(struct state *s, const struct state_row *row, int64_t *id_r)
{
	int64_t id;

	if (new_id(s, &id) != 0)
		return -1;
	sqlite3_set_last_insert_rowid(s->db, 0);
	if (STATE_RUN(s, SQL_INSERT, V_INT(id), ROW_VALUES(row)) != 0)
		return -1;
	if (sqlite3_last_insert_rowid(s->db) != id)
		return find_id(s, row, id_r);
	*id_r = id;
	return 0;
}

static bool
means_something(const struct state_row *row)
{
	return row->nth > 0 && row->kind >= STATE_FETCHED &&
	    row->kind <= STATE_DROPPED;
}

int
state_write_row(struct state *s, const struct state_row *row, int64_t *id_r)
{
	int64_t id = row->id;

	if (!means_something(row))
		return state_refuse(s, "a row that means nothing");
	if (id != 0) {
		if (STATE_RUN(s, SQL_UPDATE, V_INT(id), ROW_VALUES(row)) != 0)
			return -1;
		if (sqlite3_changes(s->db) == 0)
			id = 0;		/* it was forgotten meanwhile */
	}
	if (id == 0 && insert_row(s, row, &id) != 0)
		return -1;
	*id_r = id;
	return 0;
}

int
state_put(struct state *s, struct state_row *row)
{
	if (state_writing(s) != 0)
		return -1;
	return state_write_row(s, row, &row->id);
}

int
state_adopt(struct state *s, int64_t id, struct pop_span uidl, uint32_t nth,
    uint64_t announced)
{
	if (state_writing(s) != 0)
		return -1;
	/* a row of that name (it FAILED before) is about the same message */
	if (STATE_RUN(s, SQL_MAKE_ROOM, V_INT(id), V_BLOB(uidl),
	    V_INT(nth)) != 0 ||
	    STATE_RUN(s, SQL_ADOPT, V_INT(id), V_BLOB(uidl), V_INT(nth),
	    V_INT(announced)) != 0)
		return -1;
	if (sqlite3_changes(s->db) != 1)
		return state_refuse(s, "no such message to be renamed");
	if (s->listing.begun && seen_add(&s->listing.seen, id) != 0)
		return state_refuse(s, "out of memory");
	return 0;
}

int
state_put_deleted(struct state *s, const int64_t *ids, size_t n, int64_t now)
{
	if (n == 0)
		return 0;
	if (state_writing(s) != 0)
		return -1;
	/* Gone from the server, as it says itself: so nothing is written when
	 * the next listing is without them. */
	for (size_t i = 0; i < n; i++) {
		if (STATE_RUN(s, SQL_DELETED, V_INT(ids[i]),
		    V_INT(now > 0 ? now : 1)) != 0)
			return -1;
		seen_take(&s->listing.seen, ids[i]);
	}
	return 0;
}

/* ---- facts --------------------------------------------------------------- */

int
state_fact(struct state *s, const char *name, struct pop_span *value_r)
{
	sqlite3_stmt *st = STATE_BOUND(s, SQL_FACT_GET,
	    V_TEXT(span_str(name)));
	struct pop_span value;
	int r = st ? state_step(s, st) : -1;

	if (r <= 0)
		return r;
	value = state_column_span(st, 0);
	s->fact.n = 0;
	r = buf_append(&s->fact, value.p, value.n);
	state_reset(s, SQL_FACT_GET);
	if (r != BUF_OK)
		return state_refuse(s, r == BUF_EFULL ?
		    "a fact that is far too long" : "out of memory");
	*value_r = buf_span(&s->fact);
	return 1;
}

int
state_set_fact(struct state *s, const char *name, struct pop_span value)
{
	struct pop_span old = { NULL, 0 };

	if (strcmp(name, "ident") == 0 || value.n > STATE_FACT_MAX)
		return state_refuse(s, "no fact that can be kept");
	if (state_fact(s, name, &old) < 0)
		return -1;
	if (span_eq(old, value))
		return s->transaction != TRANSACTION_NONE ? 0 :
		    state_writing(s);
	if (state_writing(s) != 0)
		return -1;
	if (value.n == 0)
		return STATE_RUN(s, SQL_FACT_DROP, V_TEXT(span_str(name)));
	return STATE_RUN(s, SQL_FACT_PUT, V_TEXT(span_str(name)),
	    V_BLOB(value));
}

/* ---- deliveries under way ------------------------------------------------ */

int
state_put_intent(struct state *s, const struct state_row *row,
    const char *destination, struct pop_span ticket, int64_t now,
    int64_t *id_r)
{
	if (ticket.n > STATE_TICKET_MAX)
		return state_refuse(s, "a ticket that is too long");
	/* or it could not be recorded when it has been delivered */
	if (!means_something(row))
		return state_refuse(s, "a row that means nothing");
	if (state_writing(s) != 0)
		return -1;
	if (STATE_RUN(s, SQL_INTENT_PUT, V_INT(row->id), ROW_VALUES(row),
	    V_TEXT(span_str(destination)), V_BLOB(ticket), V_INT(now)) != 0)
		return -1;
	*id_r = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int
state_put_delivered(struct state *s, int64_t intent, int64_t *row_id_r)
{
	struct state_row row;
	sqlite3_stmt *st;
	int64_t id = 0;
	int r;

	if (state_writing(s) != 0)
		return -1;
	st = STATE_BOUND(s, SQL_INTENT_GET, V_INT(intent));
	r = st ? state_step(s, st) : -1;
	if (r < 0)
		return -1;
	if (r == 0)
		return state_refuse(s, "no such delivery");
	state_row_read(st, &row);
	r = state_write_row(s, &row, &id);
	state_reset(s, SQL_INTENT_GET);
	if (r != 0 || state_drop_intent(s, intent) != 0)
		return -1;
	*row_id_r = id;
	return 0;
}

int
state_drop_intent(struct state *s, int64_t intent)
{
	if (state_writing(s) != 0)
		return -1;
	return STATE_RUN(s, SQL_INTENT_DROP, V_INT(intent));
}
