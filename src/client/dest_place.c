/* SPDX-License-Identifier: ISC
 *
 * dest_place: opening what belongs to the user, and nothing else (C21).  The
 * last component of a path is never followed when it is a symbolic link, and
 * what is opened must belong to the user who runs us; what is checked is the
 * descriptor, so nothing can be put in its place afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "client/dest_private.h"
#include "sys/os.h"

static bool
safe_parent(const struct stat *st)
{
	return st->st_uid == geteuid() || st->st_uid == 0;
}

int
dest_open_parent(const char *path, const char **name_r,
    struct dest_error *error_r)
{
	const char *slash = strrchr(path, '/');
	char dir[DEST_PATH_MAX + 1];
	struct stat st;
	int fd;

	errno = EINVAL;
	if (slash == NULL || slash[1] == '\0' || strcmp(slash, "/.") == 0 ||
	    strcmp(slash, "/..") == 0 || strlen(path) > DEST_PATH_MAX)
		return dest_fail(error_r, FAULT_DEST, "%.200s: not a path "
		    "that mail can be put to", path);
	/* its own slash stays: "/x" is in "/". The rest of the path is the
	 * user's business, links and all. */
	memcpy(dir, path, (size_t)(slash - path) + 1);
	dir[slash - path + 1] = '\0';
	fd = os_openat(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return dest_fail_errno(error_r, errno, "cannot open the "
		    "directory %.300s", dir);
	if (os_fstat(fd, &st) == 0 && safe_parent(&st)) {
		*name_r = slash + 1;
		return fd;
	}
	(void)os_close(fd);
	errno = EPERM;
	return dest_fail(error_r, FAULT_DEST, "the directory %.300s belongs "
	    "to somebody else, who could put anything in the place of your "
	    "mail: use a directory of your own, or run restante as the user "
	    "it belongs to", dir);
}

static int
refuse_dir(const struct stat *st, const char *path,
    struct dest_error *error_r)
{
	if (S_ISLNK(st->st_mode))
		return dest_fail(error_r, FAULT_DEST, "%.300s is a symbolic "
		    "link: write the path of the directory that it means",
		    path);
	if (!S_ISDIR(st->st_mode))
		return dest_fail(error_r, FAULT_DEST, "%.300s is not a "
		    "directory", path);
	return dest_fail(error_r, FAULT_DEST, "%.300s belongs to another "
	    "user: run restante as that user, or choose a directory of your "
	    "own", path);
}

int
dest_open_dir(int dir, const char *name, const char *path,
    struct dest_error *error_r)
{
	int fd = os_openat(dir, name, O_RDONLY | O_DIRECTORY, 0), err;
	struct stat st;

	if (fd >= 0) {
		bool known = os_fstat(fd, &st) == 0;

		if (known && st.st_uid == geteuid())
			return fd;
		err = known ? EPERM : errno;
		(void)os_close(fd);
		if (known) {
			(void)refuse_dir(&st, path, error_r);
			errno = err;
			return -1;
		}
	} else {
		err = errno;
	}
	if (fd < 0 && (err == ELOOP || err == ENOTDIR) &&
	    os_fstatat(dir, name, &st) == 0)
		(void)refuse_dir(&st, path, error_r);
	else
		(void)dest_fail_errno(error_r, err, "cannot open %.300s",
		    path);
	errno = err;
	return -1;
}

int
dest_open_spool(const struct dest_world *world, struct dest_error *error_r)
{
	int fd = os_openat(AT_FDCWD, world->spool, O_RDONLY | O_DIRECTORY, 0);

	return fd >= 0 ? fd : dest_fail_errno(error_r, errno, "cannot open "
	    "the spool %.300s", world->spool);
}

void
dest_remove(int dir, const char *name)
{
	int err = errno;

	if (os_unlinkat(dir, name) != 0) {
		/* the sweep of a later run finds it by its name */
	}
	errno = err;
}

int
dest_each_name(int dir, int (*fn)(void *arg, const char *name), void *arg)
{
	_Alignas(8) char buf[8192];

	if (os_rewind(dir) != 0)
		return -1;
	for (;;) {
		ssize_t n = os_getdents(dir, buf, sizeof(buf));

		if (n <= 0)
			return n < 0 ? -1 : 0;
		for (ssize_t at = 0; at < n;) {
			const struct os_dirent *e = (void *)(buf + at);

			if (fn(arg, e->name) != 0)
				return 0;
			at += e->reclen;
		}
	}
}
