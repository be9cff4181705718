/* SPDX-License-Identifier: ISC
 *
 * state_sql: the SQL of the state, and the one way in which statements are
 * prepared, run and fail.  What they mean is the business of the other
 * state_*.c files.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "client/state_private.h"

/*
 * message.missing: 0 for those that the last listing had, else since when
 * it is gone.  The index on it gives the ones that are listed in the order in
 * which they came, and the missing ones oldest first: a cursor never passes
 * over the tombstones of deleted messages.
 */
#define COLUMNS "kind, uidl, nth, announced, octets, digest, first_seen, " \
	"deleted, tries, not_before"

static const char tables[] =
    "CREATE TABLE message("
    " id INTEGER PRIMARY KEY,"
    " kind INTEGER NOT NULL,"
    " uidl BLOB NOT NULL,"
    " nth INTEGER NOT NULL,"
    " announced INTEGER NOT NULL,"
    " octets INTEGER NOT NULL,"
    " digest BLOB,"
    " first_seen INTEGER NOT NULL,"
    " deleted INTEGER NOT NULL,"
    " tries INTEGER NOT NULL,"
    " not_before INTEGER NOT NULL,"
    " missing INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX message_uidl ON message(uidl, nth);"
    "CREATE INDEX message_missing ON message(missing);"
    "CREATE TABLE intent("
    " id INTEGER PRIMARY KEY,"
    " row INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " uidl BLOB NOT NULL,"
    " nth INTEGER NOT NULL,"
    " announced INTEGER NOT NULL,"
    " octets INTEGER NOT NULL,"
    " digest BLOB,"
    " first_seen INTEGER NOT NULL,"
    " deleted INTEGER NOT NULL,"
    " tries INTEGER NOT NULL,"
    " not_before INTEGER NOT NULL,"
    " destination TEXT NOT NULL,"
    " ticket BLOB NOT NULL,"
    " made INTEGER NOT NULL) STRICT;"
    "CREATE TABLE fact("
    " name TEXT PRIMARY KEY,"
    " value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO fact VALUES('ident',"
    " CAST(lower(hex(randomblob(8))) AS BLOB));";

static const char *const sqls[STATE_SQLS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_FACT_GET] = "SELECT value FROM fact WHERE name = ?1",
	[SQL_FACT_PUT] = "INSERT INTO fact VALUES(?1, ?2)"
	    " ON CONFLICT DO UPDATE SET value = excluded.value",
	[SQL_FACT_DROP] = "DELETE FROM fact WHERE name = ?1",
	[SQL_LAST_ID] = "SELECT coalesce(max(id), 0),"
	    " EXISTS(SELECT 1 FROM intent) FROM message",
	[SQL_CURSOR] = "SELECT id, " COLUMNS " FROM message"
	    " INDEXED BY message_missing"
	    " WHERE missing = 0 AND id > ?1 ORDER BY id",
	[SQL_FIND] = "SELECT id, " COLUMNS ", missing FROM message"
	    " WHERE uidl = ?1 AND nth = ?2",
	[SQL_ROW] = "SELECT id, " COLUMNS ", missing FROM message"
	    " WHERE id = ?1",
	[SQL_IDS] = "SELECT id FROM message INDEXED BY message_missing"
	    " WHERE missing = ?1 AND id > ?2 AND id <= ?3 ORDER BY id",
	[SQL_IDS_MISSING] = "SELECT missing, id FROM message"
	    " INDEXED BY message_missing"
	    " WHERE (missing, id) > (?1, ?2) ORDER BY missing, id",
	[SQL_IDS_OLD] = "SELECT id FROM message INDEXED BY message_missing"
	    " WHERE missing > 0 AND missing <= ?1",
	[SQL_MARK] = "UPDATE message SET missing = ?2 WHERE id = ?1",
	[SQL_FORGET] = "DELETE FROM message WHERE id = ?1",
	[SQL_INSERT] = "INSERT INTO message(id, " COLUMNS ", missing)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0)"
	    " ON CONFLICT(uidl, nth) DO UPDATE SET kind = excluded.kind,"
	    " announced = excluded.announced, octets = excluded.octets,"
	    " digest = excluded.digest, first_seen = excluded.first_seen,"
	    " deleted = excluded.deleted, tries = excluded.tries,"
	    " not_before = excluded.not_before",
	[SQL_UPDATE] = "UPDATE message SET kind = ?2, uidl = ?3, nth = ?4,"
	    " announced = ?5, octets = ?6, digest = ?7, first_seen = ?8,"
	    " deleted = ?9, tries = ?10, not_before = ?11 WHERE id = ?1",
	[SQL_DELETED] = "UPDATE message SET deleted = ?2, missing = ?2"
	    " WHERE id = ?1",
	[SQL_ADOPT] = "UPDATE message SET uidl = ?2, nth = ?3,"
	    " announced = ?4, missing = 0 WHERE id = ?1",
	[SQL_MAKE_ROOM] = "DELETE FROM message"
	    " WHERE uidl = ?2 AND nth = ?3 AND id != ?1",
	[SQL_INTENT_PUT] = "INSERT INTO intent(row, " COLUMNS ", destination,"
	    " ticket, made) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
	    " ?11, ?12, ?13, ?14)",
	[SQL_INTENT_GET] = "SELECT row, " COLUMNS " FROM intent WHERE id = ?1",
	[SQL_INTENT_DROP] = "DELETE FROM intent WHERE id = ?1",
	[SQL_INTENTS] = "SELECT row, " COLUMNS ", 0, id, destination, ticket,"
	    " made FROM intent ORDER BY id",
	/* one pass, no sorting: a million rows must not need memory */
	[SQL_COUNTS] = "SELECT total(kind = 1), total(kind = 2),"
	    " total(kind = 3), total(kind = 4), total(deleted != 0),"
	    " total(missing != 0 AND deleted = 0),"
	    " (SELECT count(*) FROM intent) FROM message",
	[SQL_MORE_THAN] = "SELECT 1 FROM message INDEXED BY message_missing"
	    " WHERE missing = 0 LIMIT 1 OFFSET ?1",
	[SQL_ROWS] = "SELECT id, " COLUMNS ", missing FROM message"
	    " WHERE ?1 IN (0, kind) ORDER BY id",
};

/* ---- failing ------------------------------------------------------------- */

void
state_explain(const struct state *s, int code, int system_errno,
    const char *message, char *out, size_t size)
{
	const char *why = system_errno != 0 ? strerror(system_errno) : message;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		text_format(out, size, "%s is in use by another program (a "
		    "database shell?): waited %u seconds for it. Close it "
		    "there, then start again; nothing is lost", s->path,
		    (s->patience_ms + 999) / 1000);
		break;
	case SQLITE_FULL:
		text_format(out, size, "%s: the disk is full, or a quota: "
		    "make room, then start again; nothing is lost", s->path);
		break;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		text_format(out, size, "%s cannot be read or written: %s. "
		    "Nothing is lost; see to the disk or its permissions, "
		    "then start again", s->path, why);
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		text_format(out, size, "%s is damaged (%s). Move it away, with "
		    "its -wal file, to begin a new one: every message that is "
		    "on the server then counts as new and is fetched again",
		    s->path, message);
		break;
	default:
		text_format(out, size, "%s: %s", s->path, message);
		break;
	}
}

static void
undo(struct state *s)
{
	if (s->db && !sqlite3_get_autocommit(s->db))
		/* it fails only when there is nothing left to be undone */
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->transaction = TRANSACTION_NONE;
}

/* What the system said about the database or its log; 0: nothing. */
static int
last_errno(sqlite3 *db)
{
	sqlite3_file *log = NULL;
	int err = 0;

	if (!db)
		return 0;
	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO,
	    &err) == SQLITE_OK && err != 0)
		return err;
	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
	    &log) == SQLITE_OK && log && log->pMethods &&
	    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO,
	    &err) == SQLITE_OK && err != 0)
		return err;
	return sqlite3_system_errno(db);
}

int
state_fail(struct state *s)
{
	s->failed = sqlite3_extended_errcode(s->db);
	s->failed_errno = last_errno(s->db);
	/* A disk that cannot be read is a damaged file for SQLite.  Nobody
	 * should throw one away because of a cable. */
	if ((s->failed & 0xff) == SQLITE_CORRUPT &&
	    (s->failed_errno == EIO || s->failed_errno == ENXIO))
		s->failed = SQLITE_IOERR_READ;
	state_explain(s, s->failed, s->failed_errno, sqlite3_errmsg(s->db),
	    s->error, sizeof(s->error));
	undo(s);
	return -1;
}

int
state_refuse(struct state *s, const char *why)
{
	s->failed = SQLITE_ERROR;
	s->failed_errno = 0;
	text_format(s->error, sizeof(s->error), "%s: %s", s->path, why);
	undo(s);
	return -1;
}

/* ---- statements ---------------------------------------------------------- */

static int
bind(sqlite3_stmt *st, int at, const struct state_value *v)
{
	/* an empty span is an empty value, not NULL */
	const void *p = v->b.n > 0 ? (const void *)v->b.p : "";

	switch (v->type) {
	case VALUE_INT:
		return sqlite3_bind_int64(st, at, v->i);
	case VALUE_BLOB:
		return sqlite3_bind_blob64(st, at, p, v->b.n, SQLITE_STATIC);
	case VALUE_TEXT:
		return sqlite3_bind_text64(st, at, p, v->b.n, SQLITE_STATIC,
		    SQLITE_UTF8);
	case VALUE_NULL:
		break;
	}
	return sqlite3_bind_null(st, at);
}

sqlite3_stmt *
state_bound(struct state *s, enum state_sql which,
    const struct state_value *values, size_t n)
{
	sqlite3_stmt *st = s->stmt[which];

	if (!st && sqlite3_prepare_v3(s->db, sqls[which], -1,
	    SQLITE_PREPARE_PERSISTENT, &s->stmt[which], NULL) != SQLITE_OK) {
		state_fail(s);
		return NULL;
	}
	st = s->stmt[which];
	/* the result of a reset is that of the last step: heard then */
	(void)sqlite3_reset(st);
	for (size_t i = 0; i < n; i++)
		if (bind(st, (int)i + 1, &values[i]) != SQLITE_OK) {
			state_fail(s);
			return NULL;
		}
	return st;
}

int
state_step(struct state *s, sqlite3_stmt *st)
{
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		(void)sqlite3_reset(st);
		return 0;
	default:
		state_fail(s);
		(void)sqlite3_reset(st);
		return -1;
	}
}

int
state_run(struct state *s, sqlite3_stmt *st)
{
	int r = st ? state_step(s, st) : -1;

	if (r == 1) {
		(void)sqlite3_reset(st);
		return state_refuse(s, "a statement gave rows");
	}
	return r;
}

void
state_reset(struct state *s, enum state_sql which)
{
	if (s->stmt[which])
		(void)sqlite3_reset(s->stmt[which]);
}

void
state_finalize(struct state *s)
{
	for (size_t i = 0; i < STATE_SQLS; i++) {
		(void)sqlite3_finalize(s->stmt[i]);
		s->stmt[i] = NULL;
	}
}

/* ---- rows ---------------------------------------------------------------- */

struct pop_span
state_column_span(sqlite3_stmt *st, int column)
{
	/* in this order, says SQLite */
	const void *p = sqlite3_column_blob(st, column);

	return span_of(p, (size_t)sqlite3_column_bytes(st, column));
}

void
state_row_read(sqlite3_stmt *st, struct state_row *row_r)
{
	struct pop_span digest = state_column_span(st, COL_DIGEST);

	*row_r = (struct state_row){
		.id = sqlite3_column_int64(st, COL_ID),
		.kind = (enum state_kind)sqlite3_column_int(st, COL_KIND),
		.uidl = state_column_span(st, COL_UIDL),
		.nth = (uint32_t)sqlite3_column_int64(st, COL_NTH),
		.announced = (uint64_t)sqlite3_column_int64(st, COL_ANNOUNCED),
		.octets = (uint64_t)sqlite3_column_int64(st, COL_OCTETS),
		.has_digest = digest.n == STATE_DIGEST,
		.first_seen = sqlite3_column_int64(st, COL_FIRST_SEEN),
		.deleted = sqlite3_column_int64(st, COL_DELETED),
		.tries = (uint32_t)sqlite3_column_int64(st, COL_TRIES),
		.not_before = sqlite3_column_int64(st, COL_NOT_BEFORE),
	};
	if (row_r->has_digest)
		memcpy(row_r->digest, digest.p, STATE_DIGEST);
}

/* ---- a new file ---------------------------------------------------------- */

int
state_make_tables(struct state *s)
{
	char pragmas[96];

	text_format(pragmas, sizeof(pragmas), "PRAGMA application_id = %d;"
	    "PRAGMA user_version = %d", STATE_APPLICATION, STATE_FORMAT);
	if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ||
	    sqlite3_exec(s->db, tables, NULL, NULL, NULL) ||
	    sqlite3_exec(s->db, pragmas, NULL, NULL, NULL) ||
	    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL))
		return state_fail(s);
	return 0;
}
