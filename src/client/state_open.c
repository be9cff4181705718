/* SPDX-License-Identifier: ISC
 *
 * state_open: the database as it is opened: how SQLite is to work, and whether
 * the file is ours.
 *
 * It is in WAL mode with normal locking: whoever only reads (`restante status`,
 * a database shell) can do so while a fetch runs.  Without shared memory
 * (exclusive locking) a visit would cost half the system calls, but
 * status would have to wait for a fetch of hours.  Two fetches are kept apart
 * by the flock; a program that writes without it is waited for, not for long.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/state_private.h"
#include "sys/os.h"

unsigned state_patience_ms = 5000;

/* ---- the database -------------------------------------------------------- */

/* after state_fail */
static enum state_open
failed_state(const struct state_opening *o)
{
	text_format(o->error, o->error_size, "%s", o->s->error);
	errno = o->s->failed_errno;
	switch (o->s->failed & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return STATE_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return STATE_BROKEN;
	default:
		return STATE_SYSTEM;
	}
}

static enum state_open
failed_sqlite(const struct state_opening *o)
{
	(void)state_fail(o->s);
	return failed_state(o);
}

/* One row of integers; 0 or -1. */
static int
ask(struct state *s, const char *sql, int64_t *values, int n)
{
	sqlite3_stmt *st;
	int r;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
		return -1;
	r = sqlite3_step(st);
	for (int i = 0; r == SQLITE_ROW && i < n; i++)
		values[i] = sqlite3_column_int64(st, i);
	/* for its error code, which belongs to the connection then */
	return sqlite3_finalize(st) == SQLITE_OK && r == SQLITE_ROW ? 0 : -1;
}

static enum state_open
set_wal(struct state_opening *o)
{
	sqlite3_stmt *st;
	bool wal = false;

	if (sqlite3_prepare_v2(o->s->db, "PRAGMA journal_mode = WAL", -1, &st,
	    NULL) != SQLITE_OK)
		return failed_sqlite(o);
	if (sqlite3_step(st) == SQLITE_ROW)
		wal = span_eq(state_column_span(st, 0), span_str("wal"));
	if (sqlite3_finalize(st) != SQLITE_OK)
		return failed_sqlite(o);
	if (!wal)
		return state_open_failed(o, STATE_SYSTEM, o->s->path, "its "
		    "file system cannot share memory: set `state_dir' to a "
		    "local disk");
	return STATE_OK;
}

/* Everything that a fetch writes has been synced when its commit returns. */
static enum state_open
configure(struct state_opening *o)
{
	struct state *s = o->s;
	char sql[192];

	if (sqlite3_extended_result_codes(s->db, 1) != SQLITE_OK ||
	    sqlite3_busy_timeout(s->db, (int)s->patience_ms) != SQLITE_OK)
		return failed_sqlite(o);
	text_format(sql, sizeof(sql), "PRAGMA cache_size = -%d;"
	    "PRAGMA temp_store = MEMORY;PRAGMA mmap_size = 0;"
	    "PRAGMA cell_size_check = ON;PRAGMA synchronous = FULL%s",
	    STATE_CACHE_KIB, s->read_only ? ";PRAGMA query_only = ON" : "");
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return failed_sqlite(o);
	return STATE_OK;
}

static enum state_open
check_format(struct state_opening *o, int64_t application, int64_t version)
{
	char why[160];

	if (application != STATE_APPLICATION)
		return state_open_failed(o, STATE_BROKEN, o->s->path, "this "
		    "database was made by another program than restante. "
		    "Move it away, or set another `state_dir'");
	if (version == STATE_FORMAT)
		return STATE_OK;
	text_format(why, sizeof(why), "was written by a newer restante "
	    "(format %" PRId64 ", this one knows %d): use that one",
	    version, STATE_FORMAT);
	return state_open_failed(o, STATE_BROKEN, o->s->path, why);
}

/* Ours, empty (*empty_r), or something else.  Reading the schema finds a file
 * that is cut short or no database; a whole check would read it all. */
static enum state_open
check_owner(struct state_opening *o, bool *empty_r)
{
	int64_t v[3];

	*empty_r = false;
	if (ask(o->s, "SELECT a.application_id, u.user_version,"
	    " (SELECT count(*) FROM sqlite_schema)"
	    " FROM pragma_application_id a, pragma_user_version u", v, 3) != 0)
		return failed_sqlite(o);
	*empty_r = v[0] == 0 && v[1] == 0 && v[2] == 0;
	return *empty_r ? STATE_OK : check_format(o, v[0], v[1]);
}

static enum state_open
check_tables(struct state_opening *o)
{
	bool empty;
	enum state_open r = check_owner(o, &empty);

	/* not before: it writes, and the file may be somebody else's */
	if (r == STATE_OK && !o->s->read_only)
		r = set_wal(o);
	if (r != STATE_OK || !empty)
		return r;
	if (o->s->read_only) {
		errno = ENOENT;
		return state_open_errno(o, o->s->path);
	}
	return state_make_tables(o->s) == 0 ? STATE_OK : failed_state(o);
}

static enum state_open
read_ident(struct state_opening *o)
{
	struct pop_span ident;
	int r = state_fact(o->s, "ident", &ident);

	if (r < 0)
		return failed_state(o);
	if (r == 0 || ident.n != STATE_IDENT)
		return state_open_failed(o, STATE_BROKEN, o->s->path, "is "
		    "damaged (it has lost its name). Move it away to begin a "
		    "new one");
	memcpy(o->s->ident, ident.p, STATE_IDENT);
	return STATE_OK;
}

static enum state_open
open_database(struct state_opening *o)
{
	struct state *s = o->s;
	enum state_open r;

	/* Also for reading: a reader of a WAL needs its shared memory. */
	if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return failed_sqlite(o);
	r = configure(o);
	if (r == STATE_OK)
		r = check_tables(o);
	if (r == STATE_OK)
		r = read_ident(o);
	return r;
}

enum state_open
state_open(const char *dir, const char *account, bool read_only, char *error,
    size_t error_size, struct state **s_r)
{
	struct state_opening o = { .dir = dir, .account = account,
		.error = error, .error_size = error_size };
	enum state_open r;
	int err;

	o.s = calloc(1, sizeof(*o.s));
	if (!o.s)
		return state_open_errno(&o, account);
	o.s->lock = -1;
	o.s->read_only = read_only;
	o.s->patience_ms = state_patience_ms;
	buf_init(&o.s->fact, STATE_FACT_MAX);
	r = state_place(&o);
	if (r == STATE_OK)
		r = open_database(&o);
	if (r == STATE_OK) {
		*s_r = o.s;
		return r;
	}
	err = errno;
	state_close(o.s);
	errno = err;
	return r;
}

void
state_close(struct state *s)
{
	if (!s)
		return;
	state_rollback(s);
	state_listing_done(s);
	state_finalize(s);
	/* What SQLite could not fold into the file now, it folds in when it
	 * is opened again. */
	(void)sqlite3_close(s->db);
	if (s->lock >= 0)
		(void)os_close(s->lock);
	buf_release(&s->fact);
	free(s->path);
	free(s);
}

/* ---- what there is to say ------------------------------------------------ */

const char *
state_error(const struct state *s)
{
	return s->error;
}

const char *
state_ident(const struct state *s)
{
	return s->ident;
}

int64_t
state_visited(const struct state *s)
{
	return s->visited;
}

int
state_holder(const struct state *s)
{
	return s->holder;
}
