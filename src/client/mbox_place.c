/* SPDX-License-Identifier: ISC
 *
 * mbox_place: the journal: a small file in the spool that says, before
 * anything is appended, where in the mbox which draft will stand.  Owns the
 * file's form; must not touch the mbox.
 *
 * Fields, each ended by NUL: a mark, device, inode, old size, start, number of
 * messages, then for each its draft's name and octets, then "end" and one
 * octet: '-', or '+' once all of it was durable.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/text.h"
#include "client/mbox_private.h"
#include "sys/os.h"

static const char mark[] = "restante mbox 1";
/* a host name in a draft's name has no comma */
static const char suffix[] = ",place";

void
mbox_place_init(struct mbox_place *p, const struct mbox_file *m,
    uint64_t line_ends)
{
	*p = (struct mbox_place){ .dev = m->dev, .ino = m->ino,
		.old = m->size };
	p->start = p->end = p->old + line_ends;
	buf_init(&p->text, MBOX_PLACE_MAX);
}

int
mbox_place_add(struct mbox_place *p, const char *name, uint64_t octets)
{
	/* doubled whenever it is a power of two */
	if ((p->n & (p->n - 1)) == 0) {
		size_t room = p->n == 0 ? 1 : 2 * p->n;
		struct mbox_entry *more = realloc(p->entries,
		    room * sizeof(*more));

		if (more == NULL)
			return -1;
		p->entries = more;
	}
	p->entries[p->n++] = (struct mbox_entry){ name, p->end, octets };
	p->end += octets;
	return 0;
}

void
mbox_place_free(struct mbox_place *p)
{
	buf_release(&p->text);
	free(p->entries);
	p->entries = NULL;
	p->n = 0;
}

bool
mbox_place_is(const char *file)
{
	size_t n = strlen(file), tail = sizeof(suffix) - 1;

	return n > tail && strcmp(file + n - tail, suffix) == 0;
}

/* ---- writing ------------------------------------------------------------- */

static int
put_number(struct buf *out, uint64_t v)
{
	if (buf_printf(out, "%" PRIu64, v) != 0)
		return -1;
	return buf_append(out, "", 1);
}

static int
make_text(struct mbox_place *p)
{
	const uint64_t numbers[] = { p->dev, p->ino, p->old, p->start, p->n };
	struct buf *out = &p->text;

	if (dest_put_field(out, mark) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (put_number(out, numbers[i]) != 0)
			return -1;
	for (size_t i = 0; i < p->n; i++)
		if (dest_put_field(out, p->entries[i].name) != 0 ||
		    put_number(out, p->entries[i].octets) != 0)
			return -1;
	if (dest_put_field(out, "end") != 0)
		return -1;
	return buf_append(out, "-", 1);
}

int
mbox_place_write(struct mbox_place *p, int spool,
    const struct dest_world *world)
{
	char unique[DRAFT_NAME_MAX];
	int fd, r, err;

	draft_name(unique, world);
	if (make_text(p) != 0 || text_format(p->file, sizeof(p->file), "%s%s",
	    unique, suffix)) {
		errno = ENOMEM;
		return -1;
	}
	fd = os_openat(spool, p->file, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return -1;
	r = os_write_all(fd, p->text.p, p->text.n);
	if (r == 0)
		r = os_fsync(fd);
	if (r == 0)
		r = os_fsync(spool);
	err = errno;
	(void)os_close(fd);
	if (r != 0)
		dest_remove(spool, p->file);
	errno = err;
	return r;
}

void
mbox_place_done(const struct mbox_place *p, int spool)
{
	int fd = os_openat(spool, p->file, O_WRONLY, 0);

	if (fd < 0)
		return;
	if (os_pwrite_all(fd, "+", 1, p->text.n - 1) != 0) {
		/* then recovery looks into the mbox */
	}
	(void)os_close(fd);
}

/* ---- reading ------------------------------------------------------------- */

static int
read_file(struct buf *out, int spool, const char *file)
{
	int fd = os_openat(spool, file, O_RDONLY | O_NONBLOCK, 0);
	ssize_t n;
	int err;

	if (fd < 0)
		return -1;
	do {
		n = -1;
		errno = ENOMEM;
		if (buf_reserve(out, 4096) == 0)
			n = os_read(fd, out->p + out->n, 4096);
		out->n += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	err = errno;
	(void)os_close(fd);
	errno = err;
	return n < 0 ? -1 : 0;
}

static int
get_number(struct pop_span *in, uint64_t *v_r)
{
	const char *field = dest_field(in);

	return field == NULL ? -1 : num_parse_u64(span_str(field),
	    INT64_MAX, v_r);
}

static int
get_entries(struct mbox_place *p, struct pop_span *in, uint64_t n)
{
	while (n-- > 0) {
		const char *name = dest_field(in);
		uint64_t octets;

		if (name == NULL || get_number(in, &octets) != 0 ||
		    octets > INT64_MAX - p->end)
			return -1;
		if (mbox_place_add(p, name, octets) != 0)
			return -1;
	}
	return 0;
}

static int
parse(struct mbox_place *p)
{
	struct pop_span in = buf_span(&p->text);
	const char *field = dest_field(&in);
	uint64_t n;

	if (field == NULL || strcmp(field, mark) != 0 ||
	    get_number(&in, &p->dev) != 0 || get_number(&in, &p->ino) != 0 ||
	    get_number(&in, &p->old) != 0 ||
	    get_number(&in, &p->start) != 0 || get_number(&in, &n) != 0 ||
	    p->start < p->old)
		return -1;
	p->end = p->start;
	if (get_entries(p, &in, n) != 0)
		return -1;
	field = dest_field(&in);
	if (field == NULL || strcmp(field, "end") != 0 || in.n != 1)
		return -1;
	p->done = in.p[0] == '+';
	return 0;
}

int
mbox_place_read(struct mbox_place *p, int spool, const char *file)
{
	int err;

	*p = (struct mbox_place){ .n = 0 };
	buf_init(&p->text, MBOX_PLACE_MAX);
	if (text_format(p->file, sizeof(p->file), "%s", file)) {
		errno = EBADMSG;
	} else if (read_file(&p->text, spool, file) == 0) {
		errno = EBADMSG;
		if (parse(p) == 0)
			return 0;
	}
	err = errno;
	mbox_place_free(p);
	errno = err;
	return -1;
}
