/* SPDX-License-Identifier: ISC
 *
 * draft_move: a whole draft read again: for a scan, and into a draft of
 * another destination.  Must not change the one it reads before the other is
 * whole.
 */
#include <errno.h>
#include <fcntl.h>

#include "client/dest_private.h"
#include "sys/os.h"

static int
file_reopen(struct draft *dr)
{
	if (dr->name[0] == '\0' || dr->state == DRAFT_OPEN ||
	    dr->state == DRAFT_SHOWN || dr->state == DRAFT_FAILED) {
		errno = EBADF;
		return -1;
	}
	return os_openat(dr->dest->drafts, dr->name, O_RDONLY, 0);
}

int
draft_open(struct draft *dr)
{
	int fd = file_reopen(dr), err;

	if (fd < 0 || dr->skip == 0)
		return fd;
	if (os_seek(fd, dr->skip) == 0)
		return fd;
	err = errno;
	(void)os_close(fd);
	errno = err;
	return -1;
}

/* where the octets of a moved message go */
struct mover {
	struct draft_sink sink;
	struct draft *to;
	struct dest_error *error_r;
	bool told;		/* *error_r is set */
};

static int
move_put(struct draft_sink *sink, struct pop_span piece)
{
	struct mover *m = (struct mover *)sink;

	if (draft_write(m->to, piece, m->error_r) == 0)
		return 0;
	m->told = true;
	return -1;
}

static int
move_octets(struct draft *dr, int fd, struct mover *m)
{
	/* MBOX: the empty line behind the message is not of it */
	uint64_t at = dr->skip, end = dr->octets -
	    (dr->dest->form == DRAFT_MBOX);
	unsigned char buf[16384];
	struct draft_text text;

	draft_text_init(&text, dr->dest->form, &m->sink);
	while (at < end) {
		size_t want = end - at < sizeof(buf) ? (size_t)(end - at) :
		    sizeof(buf);
		ssize_t n = os_pread(fd, buf, want, at);

		if (n == 0)
			errno = EIO;
		if (n <= 0 || draft_text_read(&text, span_of(buf,
		    (size_t)n)) != 0)
			return -1;
		at += (uint64_t)n;
	}
	return draft_text_read_end(&text);
}

struct draft *
draft_move(struct draft *dr, struct dest *to, struct dest_error *error_r)
{
	struct mover m = { .sink = { move_put }, .error_r = error_r };
	int fd = file_reopen(dr), r;

	if (fd < 0) {
		(void)dest_fail_errno(error_r, errno, "%s: cannot read a "
		    "message again", dr->dest->text);
		return NULL;
	}
	m.to = draft_begin(to, span_of(NULL, 0), error_r);
	r = m.to == NULL ? -1 : move_octets(dr, fd, &m);
	if (r != 0 && m.to != NULL && !m.told)
		(void)dest_fail_errno(error_r, errno, "%s: cannot read a "
		    "message again", dr->dest->text);
	(void)os_close(fd);
	if (r == 0 && draft_end(m.to, error_r) == 0) {
		draft_abort(dr);
		return m.to;
	}
	if (m.to != NULL)
		draft_abort(m.to);
	return NULL;
}
