/* SPDX-License-Identifier: ISC
 *
 * os: the one seam through which every file-system call of the store goes.
 * In production each function is a thin call.  Tests install a hook that
 * sees each call before and after it happens and may fail it, cut it short
 * or end the process there.
 *
 * All functions return what the system call returns, -1 with errno on
 * failure.  A call that is interrupted (EINTR) is repeated, up to
 * OS_EINTR_MAX times; a call that stays interrupted fails with EINTR.
 * Every descriptor made here is close-on-exec.
 */
#ifndef RESTANTE_SYS_OS_H
#define RESTANTE_SYS_OS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum os_op {
	OS_OPENAT,
	OS_OPENAT2,
	OS_CLOSE,
	OS_DUP,
	OS_READ,
	OS_PREAD,
	OS_WRITE,
	OS_COPY_FILE_RANGE,
	OS_FSYNC,
	OS_FDATASYNC,
	OS_FSTAT,
	OS_FSTATAT,
	OS_GETDENTS,
	OS_LSEEK,
	OS_MKDIRAT,
	OS_LINKAT,
	OS_RENAMEAT2,
	OS_UNLINKAT,
	OS_FLOCK,
	OS_PWRITE,
	OS_FTRUNCATE,
	OS_SYNC_FILE_RANGE,
	OS_LOCK,
	OS_OPS
};

/* "openat2" and so on */
const char *os_op_name(enum os_op op);

/* One call, as the hook sees it; members a call has no use for are 0. */
struct os_call {
	enum os_op op;
	int fd;			/* or the directory of `path` */
	int fd2;		/* the directory of `path2`; output of a copy */
	const char *path;
	const char *path2;
	void *data;
	size_t len;
	uint64_t offset;
	int flags;
	unsigned mode;
};

enum {
	OS_EINTR_MAX = 100,
	OS_HOOK_SHORT = -1	/* move one octet at most (read, write...) */
};

struct os_hook {
	/* 0: go on; > 0: do not do it, fail with this errno (a close is done
	 * nevertheless); OS_HOOK_SHORT */
	int (*before)(void *arg, const struct os_call *call);
	/* result of the call, and errno when it is -1; may be NULL */
	void (*after)(void *arg, const struct os_call *call, long result,
	    int err);
	void *arg;
};

/* For tests alone. NULL: no hook. Calls of all threads pass through it. */
void os_hook_set(const struct os_hook *hook);

/*
 * Opens `path` beneath the directory `dir`: never outside of it, never
 * through a symbolic link.  By openat2, or component by component where that
 * is missing.
 */
__attribute__((warn_unused_result))
int os_open_beneath(int dir, const char *path, int flags, mode_t mode);
/* Tests: pretend that there is no openat2 (true), or look again (false). */
void os_openat2_missing(int missing);

/* One component; O_NOFOLLOW is added. */
__attribute__((warn_unused_result))
int os_openat(int dir, const char *name, int flags, mode_t mode);
/* Closed whatever it returns, and never repeated. */
int os_close(int fd);
__attribute__((warn_unused_result))
int os_dup(int fd);

/* At most n octets; 0 at the end of the file. */
__attribute__((warn_unused_result))
ssize_t os_read(int fd, void *p, size_t n);
__attribute__((warn_unused_result))
ssize_t os_pread(int fd, void *p, size_t n, uint64_t offset);
/* All n octets, or -1. */
__attribute__((warn_unused_result))
int os_write_all(int fd, const void *p, size_t n);
/* Copies n octets of `in` from `offset` to the position of `out`; EIO when
 * `in` is shorter. */
__attribute__((warn_unused_result))
int os_copy(int in, uint64_t offset, int out, uint64_t n);

/* All n octets at `offset`, or -1. Not for files opened with O_APPEND. */
__attribute__((warn_unused_result))
int os_pwrite_all(int fd, const void *p, size_t n, uint64_t offset);
__attribute__((warn_unused_result))
int os_ftruncate(int fd, uint64_t size);
/* Starts writing the file's octets to the disk, and does not wait for it.
 * It makes nothing durable; a later fsync has less to wait for. */
int os_start_writing(int fd);

__attribute__((warn_unused_result))
int os_fsync(int fd);
__attribute__((warn_unused_result))
int os_fdatasync(int fd);
__attribute__((warn_unused_result))
int os_fstat(int fd, struct stat *st);
/* When the file was changed last in any way, its name included: a rename or
 * an unlink shows here on every file system that keeps such times
 * (nanoseconds of st_ctim, never 0). */
static inline uint64_t
os_changed(const struct stat *st)
{
	uint64_t ns = (uint64_t)st->st_ctim.tv_sec * 1000000000 +
	    (uint64_t)st->st_ctim.tv_nsec;

	return ns != 0 ? ns : 1;
}

/* never follows a symbolic link */
__attribute__((warn_unused_result))
int os_fstatat(int dir, const char *name, struct stat *st);

/* As the kernel gives it; read it with this. */
struct os_dirent {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;	/* DT_REG... */
	char name[];
};

__attribute__((warn_unused_result))
ssize_t os_getdents(int fd, void *buf, size_t n);
/* the next os_read and os_write of a file are at `offset` */
__attribute__((warn_unused_result))
int os_seek(int fd, uint64_t offset);
/* back to the first entry or octet */
__attribute__((warn_unused_result))
int os_rewind(int fd);

__attribute__((warn_unused_result))
int os_mkdirat(int dir, const char *name, mode_t mode);
/* EEXIST when the new name is taken.  By renameat2, or linkat and unlinkat
 * where the file system cannot do that. */
__attribute__((warn_unused_result))
int os_rename_noreplace(int dir, const char *name, int newdir,
    const char *newname);
/* a second name for a file; EEXIST when it is taken */
__attribute__((warn_unused_result))
int os_linkat(int dir, const char *name, int newdir, const char *newname);
__attribute__((warn_unused_result))
int os_unlinkat(int dir, const char *name);
/* operation: LOCK_EX and so on */
__attribute__((warn_unused_result))
int os_flock(int fd, int operation);
/* An exclusive fcntl lock on the whole file, which must be open for writing:
 * -1 with EAGAIN when others hold one.  It belongs to the open file, not to
 * the process (F_OFD_SETLK), and ends when that is closed. */
__attribute__((warn_unused_result))
int os_lock(int fd);

#endif
