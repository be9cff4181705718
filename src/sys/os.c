/* SPDX-License-Identifier: ISC
 *
 * os: file-system calls, each made in exactly one place (os_raw), with the
 * hook of tests around it and EINTR handled.  Must not know what the calls
 * are for.
 */
#include "sys/os.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Atomic(const struct os_hook *) hook_now;
static atomic_bool no_openat2;

void
os_hook_set(const struct os_hook *hook)
{
	atomic_store(&hook_now, hook);
}

void
os_openat2_missing(int missing)
{
	atomic_store(&no_openat2, missing != 0);
}

static long
os_raw_openat2(const struct os_call *c)
{
	struct open_how how = {
		.flags = (unsigned)c->flags,
		.mode = c->mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS,
	};

	return syscall(SYS_openat2, c->fd, c->path, &how, sizeof(how));
}

static long
os_raw_lock(const struct os_call *c)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(c->fd, F_OFD_SETLK, &whole);
}

/* The one place where the system is called. */
static long
os_raw(const struct os_call *c)
{
	off_t off = (off_t)c->offset;

	switch (c->op) {
	case OS_OPENAT:
		return openat(c->fd, c->path, c->flags, (mode_t)c->mode);
	case OS_OPENAT2:
		return os_raw_openat2(c);
	case OS_CLOSE:
		return close(c->fd);
	case OS_DUP:
		return fcntl(c->fd, F_DUPFD_CLOEXEC, 3);
	case OS_READ:
		return read(c->fd, c->data, c->len);
	case OS_PREAD:
		return pread(c->fd, c->data, c->len, off);
	case OS_WRITE:
		return write(c->fd, c->data, c->len);
	case OS_COPY_FILE_RANGE:
		return copy_file_range(c->fd, &off, c->fd2, NULL, c->len, 0);
	case OS_FSYNC:
		return fsync(c->fd);
	case OS_FDATASYNC:
		return fdatasync(c->fd);
	case OS_FSTAT:
		return fstat(c->fd, c->data);
	case OS_FSTATAT:
		return fstatat(c->fd, c->path, c->data, AT_SYMLINK_NOFOLLOW);
	case OS_GETDENTS:
		return syscall(SYS_getdents64, c->fd, c->data, c->len);
	case OS_LSEEK:
		return lseek(c->fd, off, SEEK_SET);
	case OS_MKDIRAT:
		return mkdirat(c->fd, c->path, (mode_t)c->mode);
	case OS_LINKAT:
		return linkat(c->fd, c->path, c->fd2, c->path2, 0);
	case OS_RENAMEAT2:
		return renameat2(c->fd, c->path, c->fd2, c->path2,
		    RENAME_NOREPLACE);
	case OS_UNLINKAT:
		return unlinkat(c->fd, c->path, 0);
	case OS_FLOCK:
		return flock(c->fd, c->flags);
	case OS_PWRITE:
		return pwrite(c->fd, c->data, c->len, off);
	case OS_FTRUNCATE:
		return ftruncate(c->fd, off);
	case OS_SYNC_FILE_RANGE:
		return sync_file_range(c->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	case OS_LOCK:
		return os_raw_lock(c);
	case OS_OPS:
		break;
	}
	errno = ENOSYS;
	return -1;
}

static long
os_hooked(const struct os_hook *hook, struct os_call c)
{
	int verdict = hook->before(hook->arg, &c);
	long r;

	if (verdict == OS_HOOK_SHORT && c.len > 1 && c.op != OS_GETDENTS)
		c.len = 1;
	if (verdict > 0) {
		/* a descriptor must not leak because a test fails its close */
		if (c.op == OS_CLOSE)
			(void)os_raw(&c);
		errno = verdict;
		r = -1;
	} else {
		r = os_raw(&c);
	}
	if (hook->after != NULL) {
		int err = errno;

		hook->after(hook->arg, &c, r, r < 0 ? err : 0);
		errno = err;
	}
	return r;
}

static long
os_once(const struct os_call *c)
{
	const struct os_hook *hook = atomic_load_explicit(&hook_now,
	    memory_order_acquire);

	return hook == NULL ? os_raw(c) : os_hooked(hook, *c);
}

static long
os_do(const struct os_call *c)
{
	for (int tries = 0;; tries++) {
		long r = os_once(c);

		if (r >= 0 || errno != EINTR || tries == OS_EINTR_MAX)
			return r;
	}
}

static int
os_open_one(int dir, const char *name, int flags, mode_t mode)
{
	return (int)os_do(&(struct os_call){
	    .op = OS_OPENAT, .fd = dir, .path = name,
	    .flags = flags | O_CLOEXEC | O_NOFOLLOW, .mode = mode });
}

int
os_openat(int dir, const char *name, int flags, mode_t mode)
{
	return os_open_one(dir, name, flags, mode);
}

/* No component may be "", "." or "..", so nothing leads out of `dir`. */
static bool
component_ok(const char *p, size_t n)
{
	return n > 0 && n <= NAME_MAX && !(n == 1 && p[0] == '.') &&
	    !(n == 2 && p[0] == '.' && p[1] == '.');
}

static int
os_walk(int dir, const char *path, int flags, mode_t mode)
{
	char name[NAME_MAX + 1];
	int at = dir;

	for (;;) {
		size_t n = strcspn(path, "/");
		bool last = path[n] == '\0';
		int next, err;

		if (!component_ok(path, n)) {
			errno = EXDEV;
			next = -1;
		} else {
			memcpy(name, path, n);
			name[n] = '\0';
			next = os_open_one(at, name,
			    last ? flags : O_PATH | O_DIRECTORY,
			    last ? mode : 0);
		}
		err = errno;
		if (at != dir)
			(void)os_close(at);
		errno = err;
		if (next < 0 || last)
			return next;
		at = next;
		path += n + 1;
	}
}

int
os_open_beneath(int dir, const char *path, int flags, mode_t mode)
{
	if (!atomic_load_explicit(&no_openat2, memory_order_relaxed)) {
		long fd = os_do(&(struct os_call){
		    .op = OS_OPENAT2, .fd = dir, .path = path,
		    .flags = flags | O_CLOEXEC, .mode = mode });

		/* EPERM: what some seccomp filters say to a call they do not
		 * know. Walking is as safe, so trying it costs nothing. */
		if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
			return (int)fd;
		if (errno == ENOSYS)
			atomic_store(&no_openat2, true);
	}
	return os_walk(dir, path, flags, mode);
}

int
os_close(int fd)
{
	return (int)os_once(&(struct os_call){ .op = OS_CLOSE, .fd = fd });
}

int
os_dup(int fd)
{
	return (int)os_do(&(struct os_call){ .op = OS_DUP, .fd = fd });
}

ssize_t
os_read(int fd, void *p, size_t n)
{
	return os_do(&(struct os_call){
	    .op = OS_READ, .fd = fd, .data = p, .len = n });
}

ssize_t
os_pread(int fd, void *p, size_t n, uint64_t offset)
{
	return os_do(&(struct os_call){ .op = OS_PREAD, .fd = fd, .data = p,
	    .len = n, .offset = offset });
}

/* c.op: write, or pwrite from c.offset on */
static int
os_put_all(struct os_call c, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		long r;

		c.data = (void *)(uintptr_t)at;
		c.len = n;
		r = os_do(&c);
		if (r < 0)
			return -1;
		if (r == 0) {
			errno = EIO;
			return -1;
		}
		at += r;
		n -= (size_t)r;
		c.offset += c.op == OS_PWRITE ? (uint64_t)r : 0;
	}
	return 0;
}

int
os_write_all(int fd, const void *p, size_t n)
{
	return os_put_all((struct os_call){ .op = OS_WRITE, .fd = fd }, p, n);
}

int
os_pwrite_all(int fd, const void *p, size_t n, uint64_t offset)
{
	return os_put_all((struct os_call){ .op = OS_PWRITE, .fd = fd,
	    .offset = offset }, p, n);
}

int
os_ftruncate(int fd, uint64_t size)
{
	return (int)os_do(&(struct os_call){
	    .op = OS_FTRUNCATE, .fd = fd, .offset = size });
}

int
os_start_writing(int fd)
{
	return (int)os_do(&(struct os_call){
	    .op = OS_SYNC_FILE_RANGE, .fd = fd });
}

static int
os_copy_slowly(int in, uint64_t offset, int out, uint64_t n)
{
	char buf[16384];

	while (n > 0) {
		size_t want = n < sizeof(buf) ? (size_t)n : sizeof(buf);
		ssize_t r = os_pread(in, buf, want, offset);

		if (r == 0)
			errno = EIO;
		if (r <= 0 || os_write_all(out, buf, (size_t)r) != 0)
			return -1;
		offset += (uint64_t)r;
		n -= (uint64_t)r;
	}
	return 0;
}

/* Errors that mean "not between these files", not "it went wrong". */
static bool
copy_unsupported(int err)
{
	return err == EXDEV || err == EINVAL || err == ENOSYS ||
	    err == EOPNOTSUPP || err == EPERM || err == EBADF;
}

int
os_copy(int in, uint64_t offset, int out, uint64_t n)
{
	while (n > 0) {
		size_t want = n < (1U << 30) ? (size_t)n : 1U << 30;
		long r = os_do(&(struct os_call){ .op = OS_COPY_FILE_RANGE,
		    .fd = in, .fd2 = out, .len = want, .offset = offset });

		/* 0 is also what some kernels say when they cannot */
		if (r == 0 || (r < 0 && copy_unsupported(errno)))
			return os_copy_slowly(in, offset, out, n);
		if (r < 0)
			return -1;
		offset += (uint64_t)r;
		n -= (uint64_t)r;
	}
	return 0;
}

int
os_fsync(int fd)
{
	return (int)os_do(&(struct os_call){ .op = OS_FSYNC, .fd = fd });
}

int
os_fdatasync(int fd)
{
	return (int)os_do(&(struct os_call){ .op = OS_FDATASYNC, .fd = fd });
}

int
os_fstat(int fd, struct stat *st)
{
	return (int)os_do(&(struct os_call){
	    .op = OS_FSTAT, .fd = fd, .data = st });
}

int
os_fstatat(int dir, const char *name, struct stat *st)
{
	return (int)os_do(&(struct os_call){
	    .op = OS_FSTATAT, .fd = dir, .path = name, .data = st });
}

ssize_t
os_getdents(int fd, void *buf, size_t n)
{
	return os_do(&(struct os_call){
	    .op = OS_GETDENTS, .fd = fd, .data = buf, .len = n });
}

int
os_seek(int fd, uint64_t offset)
{
	/* only whether it worked: the position does not fit an int */
	return os_do(&(struct os_call){ .op = OS_LSEEK, .fd = fd,
	    .offset = offset }) < 0 ? -1 : 0;
}

int
os_rewind(int fd)
{
	return os_seek(fd, 0);
}

int
os_mkdirat(int dir, const char *name, mode_t mode)
{
	return (int)os_do(&(struct os_call){
	    .op = OS_MKDIRAT, .fd = dir, .path = name, .mode = mode });
}

/* Keeps errno. */
static bool
same_file(int dir, const char *name, int dir2, const char *name2)
{
	struct stat a, b;
	int err = errno;
	bool same = os_fstatat(dir, name, &a) == 0 &&
	    os_fstatat(dir2, name2, &b) == 0 && a.st_ino == b.st_ino &&
	    a.st_dev == b.st_dev;

	errno = err;
	return same;
}

int
os_rename_noreplace(int dir, const char *name, int newdir,
    const char *newname)
{
	struct os_call c = { .op = OS_RENAMEAT2, .fd = dir, .path = name,
		.fd2 = newdir, .path2 = newname };

	if (os_do(&c) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	c.op = OS_LINKAT;
	if (os_do(&c) != 0 && !(errno == EEXIST && same_file(dir, name, newdir,
	    newname)))
		return -1;
	/* On a network a link may be asked for a second time, because the reply
	 * to the first was lost: then the name that is taken is our own.
	 * The new name stands, which is what was asked for: an old name that
	 * stays is for the caller's spring cleaning. */
	(void)os_do(&(struct os_call){
	    .op = OS_UNLINKAT, .fd = dir, .path = name });
	return 0;
}

int
os_linkat(int dir, const char *name, int newdir, const char *newname)
{
	return (int)os_do(&(struct os_call){ .op = OS_LINKAT, .fd = dir,
	    .path = name, .fd2 = newdir, .path2 = newname });
}

int
os_unlinkat(int dir, const char *name)
{
	return (int)os_do(&(struct os_call){
	    .op = OS_UNLINKAT, .fd = dir, .path = name });
}

int
os_flock(int fd, int operation)
{
	return (int)os_do(&(struct os_call){
	    .op = OS_FLOCK, .fd = fd, .flags = operation });
}

int
os_lock(int fd)
{
	return (int)os_do(&(struct os_call){ .op = OS_LOCK, .fd = fd });
}
