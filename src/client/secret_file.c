/* SPDX-License-Identifier: ISC
 *
 * secret_file: a file with a secret in it.  Refused when others could have
 * read it; a symbolic link is nobody's business, where it leads is looked at.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "client/secret_internal.h"

void
secret_first_line(struct buf *b)
{
	unsigned char *lf = b->n == 0 ? NULL : memchr(b->p, '\n', b->n);

	if (lf == NULL)
		return;
	b->n = (size_t)(lf - b->p);
	if (b->n > 0 && b->p[b->n - 1] == '\r')
		b->n--;
}

static void
look_at_mode(struct secret_file *f, const struct stat *st)
{
	f->exposed = true;
	if (st->st_uid != geteuid() && st->st_uid != 0)
		(void)text_format(f->why, sizeof(f->why), "%s belongs to "
		    "somebody else (user id %u)", f->path,
		    (unsigned)st->st_uid);
	else if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		(void)text_format(f->why, sizeof(f->why), "%s can be read or "
		    "changed by others (mode %04o); say: chmod 600 %s",
		    f->path, (unsigned)st->st_mode & 07777, f->path);
	else
		f->exposed = false;
}

/* 0 or an errno */
static int
read_all(int fd, struct buf *b)
{
	unsigned char extra;
	ssize_t got;

	do {
		if (b->n == b->max) {
			got = read(fd, &extra, 1);
			if (got > 0)
				return EFBIG;
		} else {
			size_t n = b->max - b->n < 4096 ? b->max - b->n : 4096;

			if (buf_reserve(b, n) != BUF_OK)
				return ENOMEM;
			got = read(fd, b->p + b->n, n);
			if (got > 0)
				b->n += (size_t)got;
		}
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? errno : 0;
}

enum secret_found
secret_read_file(struct secret_file *f, struct buf *b)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st = { 0 };
	int e;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return SECRET_NONE;
	e = fd < 0 || fstat(fd, &st) != 0 ? errno : 0;
	if (e == 0 && !S_ISREG(st.st_mode)) {
		(void)text_format(f->why, sizeof(f->why),
		    "%s is not a regular file", f->path);
		(void)close(fd);
		return SECRET_BAD;
	}
	if (e == 0)
		e = read_all(fd, b);
	if (fd >= 0)
		(void)close(fd);
	if (e != 0) {
		(void)text_format(f->why, sizeof(f->why), "%s: %s", f->path,
		    strerror(e));
		return SECRET_BAD;
	}
	look_at_mode(f, &st);
	return SECRET_FOUND;
}
