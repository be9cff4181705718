/* SPDX-License-Identifier: ISC
 *
 * state_open: the directory, the lock, the file, and whether it is ours.
 *
 * The database is in WAL mode with normal locking: whoever only reads (`restante
 * status`, a database shell) can do so while a fetch runs.  Two fetches
 * are kept apart by the flock; a program that writes without it is waited for,
 * STATE_PATIENCE_MS at most.
 *
 * The lock is a file of its own that is never removed: a lock on a name that
 * comes and goes locks nothing.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "client/state_private.h"
#include "sys/os.h"

struct opening {
	struct state *s;
	const char *dir, *account;
	int fd;			/* of the directory */
	char *error;
	size_t error_size;
};

static enum state_open
failed(const struct opening *o, enum state_open r, const char *what,
    const char *why)
{
	text_format(o->error, o->error_size, "%s: %s", what, why);
	return r;
}

static enum state_open
failed_errno(const struct opening *o, const char *what)
{
	int err = errno;
	enum state_open r = failed(o, STATE_SYSTEM, what, strerror(err));

	errno = err;
	return r;
}

/* ---- the directory ------------------------------------------------------- */

/* The name of an account becomes a file name. */
static bool
good_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > 200 || name[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] == '/' || (unsigned char)name[i] < ' ' ||
		    name[i] == 0x7f)
			return false;
	return true;
}

static int
sync_directory(int fd, const char *name)
{
	int dir = os_openat(fd, name, O_RDONLY | O_DIRECTORY, 0), r;

	if (dir < 0)
		return -1;
	r = os_fsync(dir);
	(void)os_close(dir);
	return r;
}

/* Makes path[0..n) and what is missing above it; each new name is durable. */
static int
make_directories(char *path, size_t n)
{
	char *slash, kept;
	size_t up;
	int r;

	if (mkdir(path, 0700) == 0)
		goto made;
	if (errno == EEXIST)
		return 0;
	if (errno != ENOENT)
		return -1;
	slash = memrchr(path, '/', n);
	if (!slash || slash == path)
		return -1;
	up = (size_t)(slash - path);
	*slash = '\0';
	r = make_directories(path, up);
	*slash = '/';
	if (r != 0 || (mkdir(path, 0700) != 0 && errno != EEXIST))
		return -1;
made:
	slash = memrchr(path, '/', n);
	if (!slash)
		return sync_directory(AT_FDCWD, ".");
	kept = slash[1];
	slash[1] = '\0';
	r = sync_directory(AT_FDCWD, path);
	slash[1] = kept;
	return r;
}

static enum state_open
open_directory(struct opening *o)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	char *path;
	size_t n;

	o->fd = open(o->dir, flags);
	if (o->fd >= 0)
		return STATE_OK;
	if (errno != ENOENT || o->s->read_only)
		return failed_errno(o, o->dir);
	path = strdup(o->dir);
	if (!path)
		return failed_errno(o, o->dir);
	for (n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	if (make_directories(path, n) == 0)
		o->fd = open(o->dir, flags);
	if (o->fd < 0)
		(void)failed_errno(o, o->dir);
	free(path);
	return o->fd < 0 ? STATE_SYSTEM : STATE_OK;
}

/* ---- the lock ------------------------------------------------------------ */

/* Who holds the lock, as far as /proc tells; 0: nobody knows. */
static int
lock_holder(int fd)
{
	struct stat st;
	char line[256];
	FILE *f;
	int pid = 0;

	if (os_fstat(fd, &st) != 0)
		return 0;
	f = fopen("/proc/locks", "re");
	if (!f)
		return 0;
	while (pid <= 0 && fgets(line, sizeof(line), f)) {
		uint64_t inode;
		int p;

		/* 1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF */
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %*x:%*x:%" SCNu64,
		    &p, &inode) == 2 && inode == (uint64_t)st.st_ino)
			pid = p;
	}
	(void)fclose(f);
	return pid;
}

static enum state_open
busy(const struct opening *o)
{
	int pid = lock_holder(o->s->lock);

	if (pid > 0)
		text_format(o->error, o->error_size, "another restante "
		    "(process %d) is at work on account %s", pid, o->account);
	else
		text_format(o->error, o->error_size, "another restante "
		    "is at work on account %s", o->account);
	return STATE_BUSY;
}

static enum state_open
take_lock(struct opening *o)
{
	struct stat st;
	char name[256];
	bool there;

	text_format(name, sizeof(name), "%s.lock", o->account);
	there = os_fstatat(o->fd, name, &st) == 0;
	/* a visit gives it its time: state_listing_begin */
	if (there && st.st_size > 0)
		o->s->visited = st.st_mtim.tv_sec;
	if (o->s->read_only)
		return STATE_OK;
	o->s->lock = os_openat(o->fd, name, O_RDWR | O_CREAT, 0600);
	if (o->s->lock < 0)
		return failed_errno(o, name);
	if (os_flock(o->s->lock, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? busy(o) : failed_errno(o, name);
	return STATE_OK;
}

/* ---- the file ------------------------------------------------------------ */

/* SQLite gives its -wal and -shm the mode that this one has. */
static enum state_open
make_file(struct opening *o, const char *name)
{
	int fd = os_openat(o->fd, name, O_RDWR | O_CREAT | O_EXCL, 0600);

	if (fd < 0)
		return failed_errno(o, o->s->path);
	(void)os_close(fd);
	if (os_fsync(o->fd) != 0)
		return failed_errno(o, o->dir);
	return STATE_OK;
}

static enum state_open
find_file(struct opening *o)
{
	struct stat st;
	char name[256];

	text_format(name, sizeof(name), "%s.db", o->account);
	if (os_fstatat(o->fd, name, &st) != 0)
		return errno == ENOENT && !o->s->read_only ?
		    make_file(o, name) : failed_errno(o, o->s->path);
	if (!S_ISREG(st.st_mode))
		return failed(o, STATE_BROKEN, o->s->path,
		    "is not a regular file");
	if (o->s->read_only)
		return STATE_OK;
	if (st.st_uid != geteuid()) {
		errno = EPERM;
		return failed(o, STATE_SYSTEM, o->s->path,
		    "belongs to another user: run restante as that one");
	}
	if ((st.st_mode & 077) != 0 && fchmodat(o->fd, name, 0600, 0) != 0)
		return failed_errno(o, o->s->path);
	return STATE_OK;
}

/* ---- the database -------------------------------------------------------- */

/* after state_fail */
static enum state_open
failed_state(const struct opening *o)
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
failed_sqlite(const struct opening *o)
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
set_wal(struct opening *o)
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
		return failed(o, STATE_SYSTEM, o->s->path, "its file system "
		    "cannot share memory: set `state_dir' to a local disk");
	return STATE_OK;
}

/* Everything that a fetch writes has been synced when its commit returns. */
static enum state_open
configure(struct opening *o)
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
check_format(struct opening *o, int64_t application, int64_t version)
{
	char why[160];

	if (application != STATE_APPLICATION)
		return failed(o, STATE_BROKEN, o->s->path, "is not a state of "
		    "restante: it was made by another program. Move it away, "
		    "or set another `state_dir'");
	if (version == STATE_FORMAT)
		return STATE_OK;
	text_format(why, sizeof(why), "was written by a newer restante "
	    "(format %" PRId64 ", this one knows %d): use that one",
	    version, STATE_FORMAT);
	return failed(o, STATE_BROKEN, o->s->path, why);
}

/* Ours, empty, or something else.  Reading the schema finds a file that is cut
 * short or no database; a whole check would read it all. */
static enum state_open
check_tables(struct opening *o)
{
	int64_t v[3];

	if (ask(o->s, "SELECT a.application_id, u.user_version,"
	    " (SELECT count(*) FROM sqlite_schema)"
	    " FROM pragma_application_id a, pragma_user_version u", v, 3) != 0)
		return failed_sqlite(o);
	if (v[0] != 0 || v[1] != 0 || v[2] != 0)
		return check_format(o, v[0], v[1]);
	if (o->s->read_only) {
		errno = ENOENT;
		return failed_errno(o, o->s->path);
	}
	return state_make_tables(o->s) == 0 ? STATE_OK : failed_state(o);
}

static enum state_open
read_ident(struct opening *o)
{
	struct pop_span ident;
	int r = state_fact(o->s, "ident", &ident);

	if (r < 0)
		return failed_state(o);
	if (r == 0 || ident.n != STATE_IDENT)
		return failed(o, STATE_BROKEN, o->s->path, "is damaged (it has "
		    "lost its name). Move it away to begin a new one");
	memcpy(o->s->ident, ident.p, STATE_IDENT);
	return STATE_OK;
}

static enum state_open
open_database(struct opening *o)
{
	struct state *s = o->s;
	enum state_open r;

	/* Also for reading: a reader of a WAL needs its shared memory. */
	if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return failed_sqlite(o);
	r = configure(o);
	if (r == STATE_OK && !s->read_only)
		r = set_wal(o);
	if (r == STATE_OK)
		r = check_tables(o);
	if (r == STATE_OK)
		r = read_ident(o);
	return r;
}

static char *
path_of(const char *dir, const char *account)
{
	/* "./" so that SQLite takes no directory `file:...' for a URI */
	const char *here = dir[0] == '/' ? "" : "./";
	char *path;

	return asprintf(&path, "%s%s/%s.db", here, dir, account) < 0 ? NULL :
	    path;
}

enum state_open
state_open(const char *dir, const char *account, bool read_only, char *error,
    size_t error_size, struct state **s_r)
{
	struct opening o = { .dir = dir, .account = account, .fd = -1,
		.error = error, .error_size = error_size };
	enum state_open r;
	int err;

	if (!good_name(account)) {
		errno = EINVAL;
		return failed(&o, STATE_SYSTEM, account,
		    "this cannot be the name of an account's files");
	}
	o.s = calloc(1, sizeof(*o.s));
	if (!o.s)
		return failed_errno(&o, account);
	o.s->lock = -1;
	o.s->read_only = read_only;
	o.s->patience_ms = STATE_PATIENCE_MS;
	buf_init(&o.s->fact, STATE_FACT_MAX);
	o.s->path = path_of(dir, account);
	r = o.s->path ? open_directory(&o) : failed_errno(&o, account);
	if (r == STATE_OK)
		r = take_lock(&o);
	if (r == STATE_OK)
		r = find_file(&o);
	if (r == STATE_OK)
		r = open_database(&o);
	err = errno;
	if (o.fd >= 0)
		(void)os_close(o.fd);
	if (r == STATE_OK)
		*s_r = o.s;
	else
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

void
state_set_patience(struct state *s, unsigned ms)
{
	s->patience_ms = ms;
	if (sqlite3_busy_timeout(s->db, (int)ms) != SQLITE_OK)
		s->patience_ms = STATE_PATIENCE_MS;
}
