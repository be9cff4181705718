/* SPDX-License-Identifier: ISC
 *
 * state_private: the inside of state, for state*.c and their tests alone.
 */
#ifndef RESTANTE_CLIENT_STATE_PRIVATE_H
#define RESTANTE_CLIENT_STATE_PRIVATE_H

#include <sqlite3.h>

#include "base/buf.h"
#include "client/state.h"
#include "client/state_seen.h"

enum {
	STATE_APPLICATION = 0x52737465,	/* "Rste" in the file's header */
	STATE_FORMAT = 1,		/* PRAGMA user_version */
	STATE_CACHE_KIB = 1024,
	STATE_ERROR_MAX = 1024,
	STATE_FACT_MAX = 1 << 20
};

/* The statements, each prepared when it is first needed; state_sql.c. */
enum state_sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_FACT_GET,
	SQL_FACT_PUT,
	SQL_FACT_DROP,
	SQL_LAST_ID,
	SQL_CURSOR,		/* listed rows behind an id */
	SQL_FIND,		/* by UIDL and nth */
	SQL_ROW,		/* by id */
	SQL_IDS,		/* with that `missing` */
	SQL_IDS_MISSING,	/* with any but 0 */
	SQL_IDS_OLD,		/* missing since or before */
	SQL_MARK,
	SQL_FORGET,
	SQL_INSERT,
	SQL_UPDATE,
	SQL_DELETED,
	SQL_ADOPT,
	SQL_MAKE_ROOM,
	SQL_INTENT_PUT,
	SQL_INTENT_GET,
	SQL_INTENT_DROP,
	SQL_INTENTS,
	SQL_COUNTS,
	SQL_MORE_THAN,
	SQL_ROWS,
	STATE_SQLS
};

/* Columns of every statement that gives rows, in the order of this list. */
enum state_column {
	COL_ID, COL_KIND, COL_UIDL, COL_NTH, COL_ANNOUNCED, COL_OCTETS,
	COL_DIGEST, COL_FIRST_SEEN, COL_DELETED, COL_TRIES, COL_NOT_BEFORE,
	COL_MISSING,	/* not of SQL_CURSOR, where it is 0 */
	/* of intents only */
	COL_INTENT, COL_DESTINATION, COL_TICKET, COL_MADE
};

enum state_transaction {
	TRANSACTION_NONE,
	TRANSACTION_WANTED,	/* state_begin: nothing written yet */
	TRANSACTION_OPEN
};

/* a candidate of state_missing */
struct state_lost {
	uint64_t size;
	uint64_t digest;	/* its first eight octets */
	int64_t id;
};

/* lost[start..at) are taken */
struct state_memo {
	size_t start, at;
};

struct state_listing {
	bool begun, ended;
	struct state_tally tally;
	int64_t last_id;	/* rows behind it came after the beginning */
	struct state_seen seen;	/* ids of rows that were listed */
	struct state_set prints;	/* UIDLs that were new, or came twice */
	struct state_set held;	/* messages of open intents */
	bool came_back;		/* some row that was marked missing */
	int64_t marked;		/* by state_put_listing; 0: not yet */
	bool asked_dashed, dashed;	/* FACT_DASHED */
	unsigned char dashed_uidl[255];	/* what SQL_FIND looks for then */

	/* SQL_CURSOR */
	bool active;		/* it is in the middle of the table */
	bool open;		/* on a row that is not used up */
	bool at_end;
	bool unbroken;		/* never moved but to the next row */
	int64_t passed;		/* all before and with this id are dealt with */
	unsigned wait, waited;	/* rows until moving it is tried again */

	/* state_missing */
	struct state_lost *lost;
	size_t nlost;
	bool sought;
	struct state_memo memo[2];	/* of searches without, with digest */
};

struct state {
	sqlite3 *db;
	sqlite3_stmt *stmt[STATE_SQLS];
	int lock;		/* -1 when read only */
	bool read_only;
	bool calling;		/* a function of the caller: no writing */
	enum state_transaction transaction;
	int64_t next_id;	/* 0: not looked up yet */
	int64_t visited;
	int holder;
	unsigned patience_ms;
	char *path;
	char ident[STATE_IDENT + 1];
	struct buf fact;
	struct state_listing listing;
	int failed, failed_errno;	/* SQLite's code of the last failure */
	char error[STATE_ERROR_MAX];
};

/* ---- state_sql.c ---- */

struct state_value {
	enum { VALUE_INT, VALUE_BLOB, VALUE_TEXT, VALUE_NULL } type;
	int64_t i;
	struct pop_span b;
};

#define V_INT(x) { VALUE_INT, (int64_t)(x), { NULL, 0 } }
#define V_BLOB(x) { VALUE_BLOB, 0, x }
#define V_TEXT(x) { VALUE_TEXT, 0, x }
#define V_NULL { VALUE_NULL, 0, { NULL, 0 } }

/* Why it failed, from SQLite, into s->error; the transaction is undone.
 * Returns -1. */
int state_fail(struct state *s);
/* the same in our words */
int state_refuse(struct state *s, const char *why);
/* What a result code of SQLite means for a person. */
void state_explain(const struct state *s, int code, int system_errno,
    const char *message, char *out, size_t size);
/* Ready to be stepped, with these values bound (borrowed until it is reset).
 * NULL after state_fail. */
sqlite3_stmt *state_bound(struct state *s, enum state_sql which,
    const struct state_value *values, size_t n);
#define STATE_BOUND(s, which, ...) \
	state_bound(s, which, (const struct state_value[]){ __VA_ARGS__ }, \
	    sizeof((struct state_value[]){ __VA_ARGS__ }) / \
	    sizeof(struct state_value))
/* 1: a row. 0: the end, and it is reset. -1: failed, and it is reset. */
int state_step(struct state *s, sqlite3_stmt *st);
/* 0 or -1: all of a statement that gives no rows; st may be NULL (-1) */
int state_run(struct state *s, sqlite3_stmt *st);
#define STATE_RUN(s, which, ...) \
	state_run(s, STATE_BOUND(s, which, __VA_ARGS__))
void state_reset(struct state *s, enum state_sql which);
void state_row_read(sqlite3_stmt *st, struct state_row *row_r);
struct pop_span state_column_span(sqlite3_stmt *st, int column);
void state_finalize(struct state *s);
/* Makes the tables of a new file, in one transaction. */
int state_make_tables(struct state *s);

/* ---- state_write.c ---- */

/* The transaction that state_begin announced has really begun. 0 or -1 */
int state_writing(struct state *s);
int state_write_row(struct state *s, const struct state_row *row,
    int64_t *id_r);
/* the highest id so far, and whether any delivery is under way; 0 or -1 */
int state_last_id(struct state *s, int64_t *id_r, bool *intents_r);

/* ---- state_listing.c ---- */

/* no statement of it is in the middle of something */
void state_listing_rest(struct state *s);
void state_listing_done(struct state *s);

/* ---- state_dashed.c ---- */

/* 1 when SQL_FIND stands on the row, 0, -1 */
int state_find_dashed(struct state *s, struct pop_span uidl);

/* ---- state_lost.c ---- */

void state_lost_release(struct state_listing *l);

/* ---- state_place.c ---- */

struct state_opening {
	struct state *s;
	const char *dir, *account;
	int fd;			/* of the directory */
	char *error;
	size_t error_size;
};

enum state_open state_place(struct state_opening *o);
/* `what`: `why`, for people; returns r */
enum state_open state_open_failed(const struct state_opening *o,
    enum state_open r, const char *what, const char *why);
/* the same by errno, which stays as it is: STATE_SYSTEM */
enum state_open state_open_errno(const struct state_opening *o,
    const char *what);

/* ---- state_open.c ---- */

/* how long other programs' locks are waited for; tests have less patience */
extern unsigned state_patience_ms;

#endif
