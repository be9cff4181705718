/* SPDX-License-Identifier: ISC
 *
 * setup_file: files that setup makes and changes.
 *
 * A file is written beside its place, made durable, and only then renamed: a
 * reader, a crash and a full disk see the old one or the new one.  What stood
 * in it stays, octet for octet.  All calls go through sys/os.h.
 */
#include "client/setup.h"

#include <sys/random.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/os.h"

enum { FILE_MAX = 1 << 20 };

/* Closes without touching errno. */
static void
shut(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)os_close(fd);
	errno = saved;
}

/* The directory of a path, and the last part of it. */
static int
open_parent(const char *path, const char **name_r)
{
	char dir[SETUP_TEXT_MAX];
	const char *slash = strrchr(path, '/');

	if (slash == NULL || text_format(dir, sizeof(dir), "%.*s",
	    (int)(slash - path + 1), path)) {
		errno = slash == NULL ? EINVAL : ENAMETOOLONG;
		return -1;
	}
	*name_r = slash + 1;
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Makes the directories that are missing above a path. */
static int
make_parents(const char *path)
{
	char dir[SETUP_TEXT_MAX];
	char *slash;

	if (text_format(dir, sizeof(dir), "%s", path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (slash = strchr(dir + 1, '/'); slash != NULL;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (os_mkdirat(AT_FDCWD, dir, 0700) != 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return 0;
}

/* A new file in `dir` with these octets, durable: 0 or -1 and no file. */
static int
make_at(int dir, const char *name, const struct pop_span *parts, size_t n)
{
	int fd = os_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0600);
	int r = fd < 0 ? -1 : 0;

	if (r != 0)
		return -1;
	for (size_t i = 0; i < n && r == 0; i++)
		if (parts[i].n > 0)
			r = os_write_all(fd, parts[i].p, parts[i].n);
	if (r == 0)
		r = os_fsync(fd);
	if (r != 0) {
		int saved = errno;

		shut(fd);
		(void)!os_unlinkat(dir, name);
		errno = saved;
		return -1;
	}
	return os_close(fd);
}

int
setup_file_make(const char *path, const void *p, size_t n)
{
	const struct pop_span part = span_of(p, n);
	const char *name;
	int dir, r;

	if (make_parents(path) != 0)
		return -1;
	dir = open_parent(path, &name);
	if (dir < 0)
		return -1;
	r = make_at(dir, name, &part, 1);
	if (r == 0)
		r = os_fsync(dir);
	shut(dir);
	return r;
}

int
setup_file_read(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	do {
		if (buf_reserve(out, 4096) != BUF_OK) {
			errno = EFBIG;
			got = -1;
			break;
		}
		got = os_read(fd, out->p + out->n, 4096);
		if (got > 0)
			out->n += (size_t)got;
	} while (got > 0);
	shut(fd);
	return got < 0 ? -1 : 0;
}

/* Is the file still what was seen? */
static bool
is_same(const char *path, struct pop_span seen)
{
	struct buf now;
	bool same;

	buf_init(&now, FILE_MAX);
	same = setup_file_read(path, &now) == 0 &&
	    span_eq(buf_span(&now), seen);
	buf_wipe(&now);
	return same;
}

static int
replace(const char *path, struct pop_span seen, const char *text, size_t n)
{
	static const char gap[] = "\n\n";
	const struct pop_span parts[] = { seen, span_of(gap, seen.n == 0 ? 0 :
	    seen.p[seen.n - 1] == '\n' ? 1 : 2), span_of(text, n) };
	const char *name;
	char temporary[64];
	unsigned long long salt;
	int dir = open_parent(path, &name), r = -1;

	if (dir < 0)
		return -1;
	if (getrandom(&salt, sizeof(salt), 0) != sizeof(salt))
		salt = (unsigned long long)getpid();
	if (!text_format(temporary, sizeof(temporary), ".restante-%llx",
	    salt))
		r = make_at(dir, temporary, parts, 3);
	if (r == 0 && !is_same(path, seen)) {
		errno = ESTALE;
		r = -1;
	}
	if (r == 0)
		r = renameat(dir, temporary, dir, name);
	if (r == 0)
		r = os_fsync(dir) == 0 ? 0 : 1;
	else {
		int saved = errno;

		(void)!os_unlinkat(dir, temporary);
		errno = saved;
	}
	shut(dir);
	return r;
}

int
setup_file_append(const char *path, struct pop_span seen, const char *text,
    size_t n)
{
	char *real;
	int r;

	if (make_parents(path) != 0)
		return -1;
	/* a link to where the file really is stays one */
	real = realpath(path, NULL);
	if (real == NULL && errno != ENOENT)
		return -1;
	r = replace(real != NULL ? real : path, seen, text, n);
	free(real);
	return r;
}
