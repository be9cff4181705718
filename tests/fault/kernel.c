/* SPDX-License-Identifier: ISC
 *
 * kernel: see kernel.h.  The lists are those of the manual pages (section 2)
 * of Linux, without the errors that only a wrong program gets (EBADF, EFAULT,
 * EINVAL where it is no way of saying "not here").
 */
#include "kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ERRORS_MAX = 24 };

static const int errors_of[OS_OPS][ERRORS_MAX] = {
	[OS_OPENAT] = { EIO, ENOSPC, EDQUOT, EROFS, EMFILE, ENFILE, ENOMEM,
	    EINTR, EACCES, EPERM, ENOENT, EEXIST, ENOTDIR, ELOOP, ENXIO,
	    ESTALE, EAGAIN, EBUSY, EOVERFLOW },
	[OS_OPENAT2] = { EIO, ENOSPC, EDQUOT, EROFS, EMFILE, ENFILE, ENOMEM,
	    EINTR, EACCES, EPERM, ENOENT, EEXIST, ENOTDIR, ELOOP, ENXIO,
	    ESTALE, EAGAIN, EBUSY, EOVERFLOW, EXDEV, ENOSYS },
	[OS_CLOSE] = { EIO, EINTR, ENOSPC, EDQUOT },
	[OS_DUP] = { EMFILE, ENOMEM },
	[OS_READ] = { EIO, EINTR, EISDIR, ENOMEM, ESTALE },
	[OS_PREAD] = { EIO, EINTR, EISDIR, ENOMEM, ESTALE },
	[OS_WRITE] = { EIO, ENOSPC, EDQUOT, EFBIG, EINTR, EPERM, EROFS,
	    ENOMEM, ESTALE },
	[OS_COPY_FILE_RANGE] = { EIO, ENOSPC, EDQUOT, EFBIG, EINTR, ENOMEM,
	    EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, ETXTBSY, EOVERFLOW,
	    ESTALE },
	[OS_FSYNC] = { EIO, ENOSPC, EDQUOT, EROFS, EINTR, EINVAL, ESTALE },
	[OS_FDATASYNC] = { EIO, ENOSPC, EDQUOT, EROFS, EINTR, EINVAL,
	    ESTALE },
	[OS_FSTAT] = { EIO, ENOMEM, EOVERFLOW, ESTALE, EACCES },
	[OS_FSTATAT] = { EIO, ENOMEM, EOVERFLOW, ESTALE, EACCES, ENOENT,
	    ENOTDIR, ELOOP },
	[OS_GETDENTS] = { EIO, EINTR, ENOENT, ENOTDIR, ENOMEM, EINVAL,
	    ESTALE, EACCES },
	[OS_LSEEK] = { EIO, EINVAL, EOVERFLOW, ESTALE },
	[OS_MKDIRAT] = { EIO, ENOSPC, EDQUOT, EROFS, EACCES, EPERM, ENOENT,
	    EEXIST, ENOTDIR, ELOOP, EMLINK, ENOMEM, EINTR, ESTALE },
	[OS_LINKAT] = { EIO, ENOSPC, EDQUOT, EROFS, EACCES, EPERM, ENOENT,
	    EEXIST, ENOTDIR, EMLINK, ENOMEM, EXDEV, EINTR, ESTALE },
	[OS_RENAMEAT2] = { EIO, ENOSPC, EDQUOT, EROFS, EACCES, EPERM, ENOENT,
	    EEXIST, ENOTDIR, EMLINK, ENOMEM, EXDEV, EBUSY, EINVAL, ENOSYS,
	    EINTR, ESTALE },
	[OS_UNLINKAT] = { EIO, EROFS, EACCES, EPERM, ENOENT, EBUSY, EISDIR,
	    ENOTDIR, ENOMEM, ENOSPC, EINTR, ESTALE },
	[OS_FLOCK] = { EINTR, ENOLCK, EWOULDBLOCK, EBADF, EINVAL, EIO,
	    EOPNOTSUPP, ENOSYS },
	[OS_PWRITE] = { EIO, ENOSPC, EDQUOT, EFBIG, EINTR, EPERM, ESTALE },
	[OS_FTRUNCATE] = { EIO, EINTR, EPERM, EFBIG, EROFS, ESTALE },
	[OS_SYNC_FILE_RANGE] = { EIO, ENOSPC, ENOMEM, EINVAL },
	[OS_LOCK] = { EAGAIN, EACCES, ENOLCK, EINTR, EIO },
};

const int *
kernel_errors(enum os_op op)
{
	static const int any[] = { EIO, 0 };

	return errors_of[op][0] != 0 ? errors_of[op] : any;
}

const int *
kernel_lost_replies(enum os_op op)
{
	static const int all[] = { EIO, ESTALE, ETIMEDOUT, 0 };
	/* a request that was sent again finds what it has done itself */
	static const int made[] = { EIO, EEXIST, ETIMEDOUT, 0 };
	static const int gone[] = { EIO, ENOENT, ETIMEDOUT, 0 };

	switch ((int)op) {
	case OS_RENAMEAT2:
	case OS_UNLINKAT:
		return gone;
	case OS_OPENAT:
	case OS_OPENAT2:
	case OS_MKDIRAT:
	case OS_LINKAT:
		return made;
	case OS_WRITE:
	case OS_COPY_FILE_RANGE:
	case OS_FSYNC:
		return all;
	}
	return NULL;
}

bool
kernel_short(enum os_op op)
{
	return op == OS_READ || op == OS_PREAD || op == OS_WRITE ||
	    op == OS_COPY_FILE_RANGE;
}

/* ---- an old kernel ------------------------------------------------------- */

const char *const kernel_age_name[KERNEL_AGES] = { "new", "old" };
static enum kernel_age now;

void
kernel_set(enum kernel_age age)
{
	now = age;
	os_openat2_missing(age == KERNEL_OLD);
}

static bool
is_directory(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
}

int
kernel_before(const struct os_call *call)
{
	if (now == KERNEL_NEW)
		return 0;
	switch ((int)call->op) {
	case OS_OPENAT2:
		return ENOSYS;
	case OS_RENAMEAT2:
		return EINVAL;
	case OS_COPY_FILE_RANGE:
		return EXDEV;
	case OS_FLOCK:
		return is_directory(call->fd) ? EBADF : 0;
	case OS_READ:
	case OS_PREAD:
		((struct os_call *)(uintptr_t)call)->len = call->len < 7 ?
		    call->len : 7;
		return 0;
	case OS_GETDENTS:
		/* two names or so */
		((struct os_call *)(uintptr_t)call)->len = 96;
		return 0;
	}
	return 0;
}

void
kernel_after(const struct os_call *call, long result)
{
	if (now == KERNEL_NEW || call->op != OS_GETDENTS)
		return;
	for (long at = 0; at < result;) {
		struct os_dirent *d = (void *)((char *)call->data + at);

		d->type = DT_UNKNOWN;
		at += d->reclen;
	}
}

/* ---- lost replies -------------------------------------------------------- */

static long
do_open(const struct os_call *c)
{
	struct open_how how = { .flags = (unsigned)c->flags,
		.mode = c->mode, .resolve = RESOLVE_BENEATH };

	if (c->op == OS_OPENAT)
		return openat(c->fd, c->path, c->flags, (mode_t)c->mode);
	return syscall(SYS_openat2, c->fd, c->path, &how, sizeof(how));
}

void
kernel_do(const struct os_call *c)
{
	long r = -1;

	switch ((int)c->op) {
	case OS_OPENAT:
	case OS_OPENAT2:
		r = do_open(c);
		if (r >= 0)
			close((int)r);
		break;
	case OS_MKDIRAT:
		r = mkdirat(c->fd, c->path, (mode_t)c->mode);
		break;
	case OS_LINKAT:
		r = linkat(c->fd, c->path, c->fd2, c->path2, 0);
		break;
	case OS_RENAMEAT2:
		r = renameat2(c->fd, c->path, c->fd2, c->path2,
		    RENAME_NOREPLACE);
		break;
	case OS_UNLINKAT:
		r = unlinkat(c->fd, c->path, 0);
		break;
	case OS_WRITE:
		r = write(c->fd, c->data, c->len);
		break;
	case OS_COPY_FILE_RANGE: {
		off_t off = (off_t)c->offset;

		r = copy_file_range(c->fd, &off, c->fd2, NULL, c->len, 0);
		break;
	}
	case OS_FSYNC:
		r = fsync(c->fd);
		break;
	}
	/* nobody hears of it: that is what is tested */
	if (r < 0)
		errno = 0;
}

const char *
kernel_error_name(int err)
{
	const char *name = strerrorname_np(err);

	return name != NULL ? name : "?";
}
