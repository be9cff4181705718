/* SPDX-License-Identifier: ISC
 *
 * mbox_lock: an mbox file that belongs to the user, opened and locked for
 * appending.  Owns NAME.lock while it is locked; must never break a lock of
 * somebody else, however old.
 *
 * NAME.lock first, then an fcntl lock.  Who holds the first never waits for
 * the second: it gives up the first and tries again, so that no order of
 * another program can deadlock.  Where the directory lets us make no file
 * (a mail spool) the fcntl lock alone must do.
 *
 * NAME.lock is made as a link to a file that is already durable and says whose
 * it is, so that also after a power cut one that we left is known as ours: the
 * state, from which the ident comes, is held by one process at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "client/mbox_private.h"
#include "sys/os.h"

unsigned mbox_wait_ms = 20000;

enum { WAIT_MS = 100 };

static const char temporary[] = ".restante.";

enum lock_result { LOCKED, BUSY, NOT_ALLOWED, LOCK_FAILED };

/* ---- the mbox ------------------------------------------------------------ */

static int
refuse(const char *path, const struct stat *st, struct dest_error *error_r)
{
	const char *why = !S_ISREG(st->st_mode) ? "is not a regular file" :
	    st->st_uid != geteuid() ? "belongs to another user" :
	    "has a second name (hard link)";

	errno = EPERM;
	return dest_fail(error_r, FAULT_DEST, "%.300s %s: mail is not put "
	    "there", path, why);
}

static bool
acceptable(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	    st->st_nlink <= 1;
}

/* -1 with errno; ENOENT: there is none */
static int
open_mbox(int dir, const char *name, const char *path, struct stat *st,
    struct dest_error *error_r)
{
	int fd = os_openat(dir, name, O_RDWR | O_APPEND | O_NONBLOCK |
	    O_NOCTTY, 0), err;

	if (fd < 0) {
		if (errno == ELOOP)
			return dest_fail(error_r, FAULT_DEST, "%.300s is a "
			    "symbolic link: write the path of the file that "
			    "it means", path);
		return dest_fail_errno(error_r, errno, "cannot open %.300s",
		    path);
	}
	if (os_fstat(fd, st) != 0)
		(void)dest_fail_errno(error_r, errno, "cannot open %.300s",
		    path);
	else if (acceptable(st))
		return fd;
	else
		(void)refuse(path, st, error_r);
	err = errno;
	(void)os_close(fd);
	errno = err;
	return -1;
}

/* Makes an empty one, durable; somebody else may be faster. */
static int
make_mbox(const struct mbox_file *m, struct dest_error *error_r)
{
	int fd = os_openat(m->dir, m->name, O_WRONLY | O_CREAT | O_EXCL,
	    0600);

	if (fd >= 0)
		(void)os_close(fd);
	if ((fd >= 0 || errno == EEXIST) && os_fsync(m->dir) == 0)
		return 0;
	return dest_fail_errno(error_r, errno, "cannot make %.300s", m->path);
}

int
mbox_check(const char *path, struct dest_error *error_r)
{
	const char *name;
	int dir = dest_open_parent(path, &name, error_r), fd, err;
	struct stat st;

	if (dir < 0)
		return -1;
	fd = open_mbox(dir, name, path, &st, error_r);
	err = errno;
	if (fd >= 0)
		(void)os_close(fd);
	(void)os_close(dir);
	return fd >= 0 || err == ENOENT ? 0 : -1;
}

/* ---- NAME.lock ----------------------------------------------------------- */

static int
lock_name(char out[NAME_MAX + 1], const char *name)
{
	if (!text_format(out, NAME_MAX + 1, "%s.lock", name))
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* does NAME.lock say that it is ours, left by a run that is over? */
static bool
lock_is_ours(int fd, const struct dest_world *world)
{
	char text[512];
	ssize_t n = os_pread(fd, text, sizeof(text), 0);

	return n > 0 && world->ident[0] != '\0' && memmem(text, (size_t)n,
	    world->ident, strlen(world->ident)) != NULL;
}

/* LOCKED here: there is no NAME.lock (any more); one of ours is removed */
static enum lock_result
lock_look(const struct mbox_file *m, const char *lock,
    const struct dest_world *world)
{
	int fd = os_openat(m->dir, lock, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	bool ours;

	if (fd < 0)
		return errno == ENOENT ? LOCKED : BUSY;
	ours = lock_is_ours(fd, world);
	(void)os_close(fd);
	if (!ours)
		return BUSY;
	return os_unlinkat(m->dir, lock) == 0 || errno == ENOENT ? LOCKED :
	    BUSY;
}

/* a durable file that says whose it is; -1 with errno, and no file */
static int
make_temporary(const struct mbox_file *m, char name[NAME_MAX + 1],
    const struct dest_world *world)
{
	char unique[DRAFT_NAME_MAX], text[512];
	int fd, r, err;

	draft_name(unique, world);
	if (text_format(name, NAME_MAX + 1, "%s%s", temporary, unique)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)text_format(text, sizeof(text), "%ld:%.200s\n%s\n",
	    (long)getpid(), world->hostname != NULL ? world->hostname : "",
	    world->ident);
	fd = os_openat(m->dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return -1;
	r = os_write_all(fd, text, strlen(text));
	if (r == 0)
		r = os_fsync(fd);
	err = errno;
	(void)os_close(fd);
	if (r != 0)
		dest_remove(m->dir, name);
	errno = err;
	return r;
}

/* where there are no hard links */
static int
lock_without_link(const struct mbox_file *m, const char *temp,
    const char *lock)
{
	return os_rename_noreplace(m->dir, temp, m->dir, lock);
}

static enum lock_result
dotlock(struct mbox_file *m, const struct dest_world *world)
{
	char lock[NAME_MAX + 1], temp[NAME_MAX + 1];
	enum lock_result look;
	int r, err;

	if (lock_name(lock, m->name) != 0)
		return NOT_ALLOWED;
	look = lock_look(m, lock, world);
	if (look != LOCKED)
		return look;
	if (make_temporary(m, temp, world) != 0)
		return errno == EACCES || errno == EPERM ||
		    errno == ENAMETOOLONG ? NOT_ALLOWED : LOCK_FAILED;
	r = os_linkat(m->dir, temp, m->dir, lock);
	if (r != 0 && errno != EEXIST)
		r = lock_without_link(m, temp, lock);
	err = errno;
	dest_remove(m->dir, temp);
	errno = err;
	m->dotlock = r == 0;
	return r == 0 ? LOCKED : err == EEXIST ? BUSY : LOCK_FAILED;
}

static void
dotlock_end(struct mbox_file *m)
{
	char lock[NAME_MAX + 1];

	if (m->dotlock && lock_name(lock, m->name) == 0)
		dest_remove(m->dir, lock);
	m->dotlock = false;
}

struct sweep {
	const struct dest_world *world;
	struct buf names;
};

static int
sweep_temporary(void *arg, const char *name)
{
	struct sweep *s = arg;
	size_t n = sizeof(temporary) - 1;
	bool this_run;

	if (strncmp(name, temporary, n) != 0 || !draft_name_ours(name + n,
	    s->world->ident, &this_run) || this_run)
		return 0;
	return dest_put_field(&s->names, name);
}

void
mbox_lock_sweep(const char *path, const struct dest_world *world)
{
	struct mbox_file m = { .path = path, .fd = -1 };
	struct sweep s = { .world = world };
	char lock[NAME_MAX + 1];
	struct dest_error ignored;
	struct pop_span names;
	const char *name;

	m.dir = dest_open_parent(path, &m.name, &ignored);
	if (m.dir < 0)
		return;
	/* others would wait for it for ever */
	if (lock_name(lock, m.name) == 0)
		(void)lock_look(&m, lock, world);
	buf_init(&s.names, 1 << 16);
	if (dest_each_name(m.dir, sweep_temporary, &s) == 0) {
		names = buf_span(&s.names);
		while ((name = dest_field(&names)) != NULL)
			dest_remove(m.dir, name);
	}
	buf_release(&s.names);
	(void)os_close(m.dir);
}

/* ---- both ---------------------------------------------------------------- */

/* m->fd, locked and still the file of that name */
static enum lock_result
lock_file(struct mbox_file *m, struct dest_error *error_r)
{
	struct stat st, named;

	m->fd = open_mbox(m->dir, m->name, m->path, &st, error_r);
	if (m->fd < 0 && errno == ENOENT && make_mbox(m, error_r) == 0)
		m->fd = open_mbox(m->dir, m->name, m->path, &st, error_r);
	if (m->fd < 0)
		return LOCK_FAILED;
	if (os_lock(m->fd) != 0) {
		if (errno == EAGAIN || errno == EACCES)
			return BUSY;
		(void)dest_fail_errno(error_r, errno, "cannot lock %.300s",
		    m->path);
		return LOCK_FAILED;
	}
	/* a program that rewrites mailboxes may have put another there */
	if (os_fstat(m->fd, &st) != 0) {
		(void)dest_fail_errno(error_r, errno, "cannot lock %.300s",
		    m->path);
		return LOCK_FAILED;
	}
	if (os_fstatat(m->dir, m->name, &named) != 0 ||
	    named.st_ino != st.st_ino || named.st_dev != st.st_dev)
		return BUSY;
	m->size = (uint64_t)st.st_size;
	m->dev = (uint64_t)st.st_dev;
	m->ino = (uint64_t)st.st_ino;
	return LOCKED;
}

static enum lock_result
lock_once(struct mbox_file *m, const struct dest_world *world,
    struct dest_error *error_r)
{
	enum lock_result r = dotlock(m, world);
	int err;

	if (r == LOCK_FAILED)
		(void)dest_fail_errno(error_r, errno, "cannot make "
		    "%.300s.lock", m->path);
	if (r == LOCKED || r == NOT_ALLOWED)
		r = lock_file(m, error_r);
	if (r == LOCKED)
		return r;
	err = errno;
	if (m->fd >= 0)
		(void)os_close(m->fd);
	m->fd = -1;
	dotlock_end(m);
	errno = err;
	return r;
}

int
mbox_lock(struct mbox_file *m, const char *path,
    const struct dest_world *world, struct dest_error *error_r)
{
	struct timespec pause = { 0, WAIT_MS * 1000000L };
	enum lock_result r;
	int err;

	*m = (struct mbox_file){ .path = path, .fd = -1 };
	m->dir = dest_open_parent(path, &m->name, error_r);
	if (m->dir < 0)
		return -1;
	for (unsigned waited = 0;; waited += WAIT_MS) {
		r = lock_once(m, world, error_r);
		if (r != BUSY || waited >= mbox_wait_ms)
			break;
		/* an early return only looks once more */
		(void)nanosleep(&pause, NULL);
	}
	if (r == LOCKED)
		return 0;
	if (r == BUSY) {
		errno = EAGAIN;
		(void)dest_fail(error_r, FAULT_DEST_TEMP, "%.300s is locked "
		    "by another program; if none uses it, remove %.100s.lock",
		    path, m->name);
	}
	err = errno;
	(void)os_close(m->dir);
	errno = err;
	return -1;
}

void
mbox_unlock(struct mbox_file *m)
{
	/* closing ends the fcntl lock; what was to be durable is */
	(void)os_close(m->fd);
	dotlock_end(m);
	(void)os_close(m->dir);
}
