/* SPDX-License-Identifier: ISC
 *
 * maildir_make: making a maildrop that is not there.
 *
 * The calls, for a maildrop a/b, all but mkdirat of what exists:
 *   1 mkdirat a in the root, fsync the root
 *   2 mkdirat b in a, fsync a
 *   3 mkdirat new, mkdirat cur in b
 *   4 fsync b
 *   5 mkdirat tmp in b
 * tmp/ comes last: a delivery starts in tmp/, so when it finds one, every
 * directory above new/ is durable, even if whoever was making the maildrop
 * died half way.  Where tmp/ is missing all steps are done again, with their
 * fsyncs.
 */
#include "store/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "sys/os.h"

static void
close_keep_errno(int fd)
{
	int err = errno;

	(void)os_close(fd);
	errno = err;
}

static int
make_dir(int dir, const char *name)
{
	if (os_mkdirat(dir, name, 0700) != 0 && errno != EEXIST)
		return -1;
	return 0;
}

/* Makes the component, fsyncs where it stands; gives its descriptor. */
static int
make_component(int dir, const char *name)
{
	int sync;
	int r;

	if (make_dir(dir, name) != 0)
		return -1;
	/* `dir` may be O_PATH (the root), which cannot be fsynced */
	sync = os_openat(dir, ".", O_RDONLY | O_DIRECTORY, 0);
	if (sync < 0)
		return -1;
	r = os_fsync(sync);
	close_keep_errno(sync);
	if (r != 0)
		return -1;
	return os_openat(dir, name, O_RDONLY | O_DIRECTORY, 0);
}

static int
make_path(int root, const char *path)
{
	char name[NAME_MAX + 1];
	int at = root;

	for (;;) {
		size_t n = strcspn(path, "/");
		int next;

		memcpy(name, path, n);
		name[n] = '\0';
		next = make_component(at, name);
		if (at != root)
			close_keep_errno(at);
		if (next < 0 || path[n] == '\0')
			return next;
		at = next;
		path += n + 1;
	}
}

int
maildir_make(const struct maildir *md, const char *path)
{
	int fd = make_path(md->root, path);
	int r = -1;

	if (fd < 0)
		return -1;
	if (make_dir(fd, "new") == 0 && make_dir(fd, "cur") == 0 &&
	    os_fsync(fd) == 0)
		r = make_dir(fd, "tmp");
	close_keep_errno(fd);
	return r;
}

int
maildir_dir_open(const struct maildir *md, const char *path)
{
	int fd = os_open_beneath(md->root, path, O_RDONLY | O_DIRECTORY, 0);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (maildir_make(md, path) != 0)
		return -1;
	return os_open_beneath(md->root, path, O_RDONLY | O_DIRECTORY, 0);
}
