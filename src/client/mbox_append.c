/* SPDX-License-Identifier: ISC
 *
 * mbox_append: octets into an mbox that is locked, and octets in it compared
 * with drafts.  Must leave the mbox as it was when it fails, and say so when
 * it could not.
 */
#include <errno.h>
#include <fcntl.h>

#include "client/mbox_private.h"
#include "sys/os.h"

enum { PIECE = 64 << 10, COMPARE = 8 << 10, HEAD = 256 };

/* all n octets; EIO when the file is shorter */
static int
read_at(int fd, void *p, size_t n, uint64_t offset)
{
	unsigned char *at = p;

	while (n > 0) {
		ssize_t r = os_pread(fd, at, n, offset);

		if (r == 0)
			errno = EIO;
		if (r <= 0)
			return -1;
		at += r;
		n -= (size_t)r;
		offset += (uint64_t)r;
	}
	return 0;
}

/* ---- appending ----------------------------------------------------------- */

int
mbox_missing_ends(const struct mbox_file *m)
{
	char last[2] = { '\n', '\n' };
	size_t n = m->size < 2 ? (size_t)m->size : 2;

	/* an mbox of one LF wants another: that is how a reader sees it too */
	if (n > 0 && read_at(m->fd, last + 2 - n, n, m->size - n) != 0)
		return -1;
	if (n == 0)
		return 0;
	if (last[1] != '\n')
		return 2;
	return n == 1 || last[0] != '\n' ? 1 : 0;
}

/* small messages go into one write */
struct appender {
	int fd;
	size_t n;
	unsigned char buf[PIECE];
};

static int
append_flush(struct appender *a)
{
	size_t n = a->n;

	a->n = 0;
	return n == 0 ? 0 : os_write_all(a->fd, a->buf, n);
}

static int
append_draft(struct appender *a, const struct mbox_entry *e, int spool)
{
	int fd = os_openat(spool, e->name, O_RDONLY, 0), r = 0, err;
	uint64_t at = 0;

	if (fd < 0)
		return -1;
	while (at < e->octets && r == 0) {
		size_t n = PIECE - a->n;

		if (n > e->octets - at)
			n = (size_t)(e->octets - at);
		r = read_at(fd, a->buf + a->n, n, at);
		at += n;
		a->n += r == 0 ? n : 0;
		if (r == 0 && a->n == PIECE)
			r = append_flush(a);
	}
	err = errno;
	(void)os_close(fd);
	errno = err;
	return r;
}

static int
append_all(const struct mbox_file *m, const struct mbox_place *p, int spool)
{
	struct appender a = { .fd = m->fd };

	a.n = (size_t)(p->start - p->old);
	memset(a.buf, '\n', a.n);
	for (size_t i = 0; i < p->n; i++)
		if (append_draft(&a, &p->entries[i], spool) != 0)
			return -1;
	/* somebody who does not care for locks may have appended meanwhile:
	 * then ours stand elsewhere, which is no harm once they are durable */
	return append_flush(&a) != 0 ? -1 : os_fsync(m->fd);
}

/* Only what we appended is taken away again. */
static bool
take_back(const struct mbox_file *m, const struct mbox_place *p)
{
	struct stat st;

	return os_fstat(m->fd, &st) == 0 &&
	    (uint64_t)st.st_size >= p->old &&
	    (uint64_t)st.st_size <= p->end &&
	    os_ftruncate(m->fd, p->old) == 0 && os_fsync(m->fd) == 0;
}

int
mbox_append(const struct mbox_file *m, const struct mbox_place *p, int spool,
    bool *clean_r)
{
	int r = append_all(m, p, spool), err = errno;

	*clean_r = false;
	if (r != 0)
		*clean_r = take_back(m, p);
	errno = err;
	return r;
}

/* ---- comparing ----------------------------------------------------------- */

static bool
same_piece(const unsigned char *in_mbox, const unsigned char *p, size_t n,
    bool holes)
{
	if (memcmp(in_mbox, p, n) == 0)
		return true;
	for (size_t i = 0; holes && i < n; i++)
		if (in_mbox[i] != p[i] && in_mbox[i] != 0)
			return false;
	return holes;
}

int
mbox_same(const struct mbox_file *m, uint64_t offset, int fd, uint64_t from,
    uint64_t n, bool holes)
{
	unsigned char a[COMPARE], b[COMPARE];

	while (n > 0) {
		size_t k = n < COMPARE ? (size_t)n : COMPARE;

		if (read_at(m->fd, a, k, offset) != 0 ||
		    read_at(fd, b, k, from) != 0)
			return -1;
		if (!same_piece(a, b, k, holes))
			return 0;
		offset += k;
		from += k;
		n -= k;
	}
	return 1;
}

/* A From_ line at `at`: is it that of this message, and all behind it? */
static int
found_at(const struct mbox_file *m, uint64_t at, int fd, uint64_t octets)
{
	uint64_t head = octets < HEAD ? octets : HEAD;
	int r;

	if (m->size - at < octets)
		return 0;
	r = mbox_same(m, at, fd, 0, head, false);
	return r != 1 ? r : mbox_same(m, at, fd, 0, octets, false);
}

int
mbox_find(const struct mbox_file *m, int fd, uint64_t octets)
{
	static const char from[] = "\nFrom ";
	enum { N = sizeof(from) - 1 };
	unsigned char buf[PIECE];
	uint64_t base = 0;
	int r = m->size == 0 ? 0 : found_at(m, 0, fd, octets);

	while (r == 0 && m->size - base >= N) {
		size_t n = m->size - base < PIECE ?
		    (size_t)(m->size - base) : PIECE, at = 0;
		const unsigned char *hit;

		if (read_at(m->fd, buf, n, base) != 0)
			return -1;
		while (r == 0 && (hit = memmem(buf + at, n - at, from,
		    N)) != NULL) {
			at = (size_t)(hit - buf) + 1;
			r = found_at(m, base + at, fd, octets);
		}
		base += n - (N - 1);
	}
	return r;
}
