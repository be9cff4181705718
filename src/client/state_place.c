/* SPDX-License-Identifier: ISC
 *
 * state_place: where a state lies: its directory, its lock, and the file itself
 * before SQLite sees it.
 *
 * The lock is a file of its own that is never removed: a lock on a name that
 * comes and goes locks nothing.  The database is never opened here: to
 * close it would drop the locks that SQLite has on it (POSIX, fcntl).
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

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

enum { SHORTEST = 512 };	/* of all databases of SQLite */

enum state_open
state_open_failed(const struct state_opening *o, enum state_open r,
    const char *what, const char *why)
{
	text_format(o->error, o->error_size, "%s: %s", what, why);
	return r;
}

enum state_open
state_open_errno(const struct state_opening *o, const char *what)
{
	int err = errno;

	(void)state_open_failed(o, STATE_SYSTEM, what, strerror(err));
	errno = err;
	return STATE_SYSTEM;
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
open_directory(struct state_opening *o)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	char *path;
	size_t n;

	o->fd = open(o->dir, flags);
	if (o->fd >= 0)
		return STATE_OK;
	if (errno != ENOENT || o->s->read_only)
		return state_open_errno(o, o->dir);
	path = strdup(o->dir);
	if (!path)
		return state_open_errno(o, o->dir);
	for (n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	if (make_directories(path, n) == 0)
		o->fd = open(o->dir, flags);
	if (o->fd < 0)
		(void)state_open_errno(o, o->dir);
	free(path);
	return o->fd < 0 ? STATE_SYSTEM : STATE_OK;
}

/* ---- the lock ------------------------------------------------------------ */

/* Who holds the lock, as far as /proc tells; 0: nobody knows. */
static int
lock_holder(const struct stat *st)
{
	char line[256];
	FILE *f = fopen("/proc/locks", "re");
	int pid = 0;

	if (!f)
		return 0;
	while (pid <= 0 && fgets(line, sizeof(line), f)) {
		unsigned major, minor;
		uint64_t inode;
		int p;

		/* 1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF */
		/* the kernel's own numbers fit */
		/* NOLINTNEXTLINE(cert-err34-c) */
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%" SCNu64, &p,
		    &major, &minor, &inode) == 4 &&
		    inode == (uint64_t)st->st_ino &&
		    makedev(major, minor) == st->st_dev)
			pid = p;
	}
	(void)fclose(f);
	return pid;
}

static enum state_open
busy(const struct state_opening *o)
{
	struct stat st;
	int pid = os_fstat(o->s->lock, &st) == 0 ? lock_holder(&st) : 0;

	if (pid > 0)
		text_format(o->error, o->error_size, "another restante "
		    "(process %d) is at work on account %s", pid, o->account);
	else
		text_format(o->error, o->error_size, "another restante "
		    "is at work on account %s", o->account);
	return STATE_BUSY;
}

static enum state_open
take_lock(struct state_opening *o)
{
	struct stat st;
	char name[256], path[STATE_ERROR_MAX];
	bool there;
	int err;

	text_format(name, sizeof(name), "%s.lock", o->account);
	there = os_fstatat(o->fd, name, &st) == 0;
	/* a visit gives it its time: state_listing_begin */
	if (there && st.st_size > 0)
		o->s->visited = st.st_mtim.tv_sec;
	if (o->s->read_only) {
		o->s->holder = there ? lock_holder(&st) : 0;
		return STATE_OK;
	}
	o->s->lock = os_openat(o->fd, name, O_RDWR | O_CREAT, 0600);
	if (o->s->lock >= 0 && os_flock(o->s->lock, LOCK_EX | LOCK_NB) == 0)
		return STATE_OK;
	if (o->s->lock >= 0 && errno == EWOULDBLOCK)
		return busy(o);
	err = errno;
	text_format(path, sizeof(path), "%s/%s", o->dir, name);
	errno = err;
	return state_open_errno(o, path);
}

/* ---- the file ------------------------------------------------------------ */

/* SQLite gives its -wal and -shm the mode that this one has. */
static enum state_open
make_file(struct state_opening *o, const char *name)
{
	int fd = os_openat(o->fd, name, O_RDWR | O_CREAT | O_EXCL, 0600);

	if (fd < 0)
		return state_open_errno(o, o->s->path);
	(void)os_close(fd);
	if (os_fsync(o->fd) != 0)
		return state_open_errno(o, o->dir);
	return STATE_OK;
}

/* SQLite takes a file that has not even a header for an empty one, and would
 * begin anew in it. */
static enum state_open
check_size(const struct state_opening *o, off_t size)
{
	if (size >= SHORTEST || (size == 0 && o->s->visited == 0))
		return STATE_OK;
	state_explain(o->s, SQLITE_CORRUPT, 0, size == 0 ? "it is empty, and "
	    "was not" : "it is cut short", o->error, o->error_size);
	return STATE_BROKEN;
}

static enum state_open
find_file(struct state_opening *o)
{
	struct stat st;
	char name[256];

	text_format(name, sizeof(name), "%s.db", o->account);
	if (os_fstatat(o->fd, name, &st) != 0)
		return errno == ENOENT && !o->s->read_only ?
		    make_file(o, name) : state_open_errno(o, o->s->path);
	if (!S_ISREG(st.st_mode))
		return state_open_failed(o, STATE_BROKEN, o->s->path,
		    "is not a regular file");
	if (check_size(o, st.st_size) != STATE_OK)
		return STATE_BROKEN;
	if (o->s->read_only)
		return STATE_OK;
	if (st.st_uid != geteuid()) {
		errno = EPERM;
		return state_open_failed(o, STATE_SYSTEM, o->s->path,
		    "belongs to another user: run restante as that one");
	}
	if ((st.st_mode & 077) != 0 && fchmodat(o->fd, name, 0600, 0) != 0)
		return state_open_errno(o, o->s->path);
	return STATE_OK;
}

/* ---- all of it ----------------------------------------------------------- */

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
state_place(struct state_opening *o)
{
	enum state_open r;
	int err;

	if (!good_name(o->account)) {
		errno = EINVAL;
		return state_open_failed(o, STATE_SYSTEM, o->account,
		    "this cannot be the name of an account's files");
	}
	o->fd = -1;
	o->s->path = path_of(o->dir, o->account);
	r = o->s->path ? open_directory(o) : state_open_errno(o, o->account);
	if (r == STATE_OK)
		r = take_lock(o);
	if (r == STATE_OK)
		r = find_file(o);
	err = errno;
	if (o->fd >= 0)
		(void)os_close(o->fd);
	errno = err;
	return r;
}
