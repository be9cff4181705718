/* SPDX-License-Identifier: ISC
 *
 * slurp: see slurp.h.  For configuration, certificates and keys: files of an
 * administrator, not of a peer.
 */
#include "sys/slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 4096 };

/* octets read, 0 at the end, -1 with errno */
static ssize_t
read_piece(int fd, struct buf *b)
{
	size_t room = b->max - b->n < PIECE ? b->max - b->n : PIECE;
	unsigned char extra;
	ssize_t n;

	/* at the maximum only the end may follow */
	if (room == 0) {
		n = read(fd, &extra, 1);
		if (n <= 0)
			return n;
		errno = EFBIG;
		return -1;
	}
	if (buf_reserve(b, room) != BUF_OK) {
		errno = ENOMEM;
		return -1;
	}
	n = read(fd, b->p + b->n, room);
	if (n > 0)
		b->n += (size_t)n;
	return n;
}

/* all that is left; closes fd */
static int
slurp_fd(int fd, struct buf *b)
{
	ssize_t n;
	int err;

	do
		n = read_piece(fd, b);
	while (n > 0 || (n < 0 && errno == EINTR));
	err = errno;
	(void)close(fd);
	errno = err;
	return n < 0 ? -1 : 0;
}

int
slurp(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : slurp_fd(fd, b);
}

int
slurp_secret(const char *path, struct buf *b)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && (st.st_mode & (S_IROTH | S_IWOTH)) != 0) {
		(void)close(fd);
		return -2;
	}
	return slurp_fd(fd, b);
}
