/* SPDX-License-Identifier: ISC
 *
 * draft: one message on its way into the file that its destination makes
 * mail of.  Owns the file in dest->drafts until it is shown, and removes it in
 * every other case.
 *
 * The calls of a message of up to 64 KiB: openat O_CREAT | O_EXCL, write,
 * sync_file_range (the disk begins, nobody waits); then, in a batch, fsync
 * and close.  The file stays open between, so that an error of writing back is
 * reported to that fsync; only when a process has very many drafts it is
 * closed and opened again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "client/dest_private.h"
#include "client/rules.h"
#include "sys/os.h"

static atomic_int files_open;

/* ---- the file ------------------------------------------------------------ */

static int
file_fail(struct draft *dr, const char *what, struct dest_error *error_r)
{
	int err = errno;

	dr->state = DRAFT_FAILED;
	return dest_fail_errno(error_r, err, "%s: cannot %s a message",
	    dr->dest->text, what);
}

static void
file_close(struct draft *dr)
{
	if (dr->fd < 0)
		return;
	/* it was synced, or is not wanted: nothing can be lost by this */
	(void)os_close(dr->fd);
	dr->fd = -1;
	atomic_fetch_sub(&files_open, 1);
}

static int
file_make(struct draft *dr, struct dest_error *error_r)
{
	draft_name(dr->name, dr->dest->world);
	dr->fd = os_openat(dr->dest->drafts, dr->name,
	    O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (dr->fd < 0) {
		int err = errno;

		/* an open that failed has made no file of this name */
		dr->name[0] = '\0';
		errno = err;
		return file_fail(dr, "store", error_r);
	}
	atomic_fetch_add(&files_open, 1);
	return 0;
}

static int
file_flush(struct draft *dr)
{
	size_t n = dr->buffered;

	dr->buffered = 0;
	return n == 0 ? 0 : os_write_all(dr->fd, dr->buffer, n);
}

/* the sink of the text: 0, or -1 with errno */
static int
file_put(struct draft_sink *sink, struct pop_span piece)
{
	struct draft *dr = (struct draft *)sink;

	dr->octets += piece.n;
	if (!dr->dest->keeps_file)
		return 0;
	while (piece.n > 0) {
		size_t n = DRAFT_BUFFER - dr->buffered;

		if (n > piece.n)
			n = piece.n;
		memcpy(dr->buffer + dr->buffered, piece.p, n);
		dr->buffered += n;
		span_skip(&piece, n);
		if (dr->buffered == DRAFT_BUFFER && file_flush(dr) != 0)
			return -1;
	}
	return 0;
}

static void
file_remove(struct draft *dr)
{
	file_close(dr);
	/* what cannot be removed now is swept by a later run */
	if (dr->name[0] != '\0' && dr->state != DRAFT_SHOWN)
		dest_remove(dr->dest->drafts, dr->name);
	dr->name[0] = '\0';
}

/* ---- begin, write, end --------------------------------------------------- */

static void
draft_free(struct draft *dr)
{
	free(dr->buffer);
	buf_release(&dr->head);
	buf_release(&dr->ticket);
	free(dr);
}

static struct draft *
draft_new(struct dest *d)
{
	struct draft *dr = calloc(1, sizeof(*dr));

	if (dr == NULL)
		return NULL;
	dr->sink.put = file_put;
	dr->dest = d;
	dr->fd = -1;
	draft_text_init(&dr->text, d->form, &dr->sink);
	buf_init(&dr->head, DRAFT_PEEK);
	buf_init(&dr->ticket, STATE_TICKET_MAX);
	dr->peeked = !d->kind->peeks;
	dr->buffer = d->keeps_file ? malloc(DRAFT_BUFFER) : NULL;
	if (d->keeps_file && dr->buffer == NULL) {
		free(dr);
		return NULL;
	}
	return dr;
}

struct draft *
draft_begin(struct dest *d, struct pop_span received,
    struct dest_error *error_r)
{
	struct draft *dr = draft_new(d);

	if (dr == NULL) {
		(void)dest_fail_errno(error_r, ENOMEM, "%s", d->text);
		return NULL;
	}
	if ((!d->keeps_file || file_make(dr, error_r) == 0) &&
	    (received.n == 0 || draft_write(dr, received, error_r) == 0))
		return dr;
	draft_abort(dr);
	return NULL;
}

static bool
has_eight_bit(struct pop_span s)
{
	unsigned char all = 0;

	for (size_t i = 0; i < s.n; i++)
		all |= s.p[i];
	return all & 0x80;
}

/* of a message, what there is: up to and with the empty line */
static struct pop_span
header_of(struct pop_span s)
{
	static const char ends[2][5] = { "\r\n\r\n", "\n\n" };

	if (s.p == NULL)
		return s;
	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(ends[i]);
		const unsigned char *at = memmem(s.p, s.n, ends[i], n);

		if (at != NULL)
			return span_of(s.p, (size_t)(at - s.p) + n);
	}
	return s;
}

static bool
sender_octet(unsigned char c)
{
	return c > 0x20 && c < 0x7F && c != '<' && c != '>';
}

/*
 * RFC 5321 section 4.4: the server that delivered the message put the
 * envelope sender into Return-Path.  Whoever sent it may have put anything
 * there: what is no plain address is taken for none.
 */
static void
take_sender(struct draft *dr, struct pop_span header)
{
	unsigned char field[DRAFT_SENDER_MAX + 2];
	ptrdiff_t len = header_field(header, "Return-Path", field,
	    sizeof(field));
	size_t n = len > 0 ? (size_t)len : 0, from = 0;

	if (n >= sizeof(field))
		return;
	while (n > 0 && (field[n - 1] == ' ' || field[n - 1] == '\t'))
		n--;
	while (from < n && (field[from] == ' ' || field[from] == '\t'))
		from++;
	if (n - from < 3 || field[from] != '<' || field[n - 1] != '>')
		return;
	for (size_t i = from + 1; i < n - 1; i++)
		if (!sender_octet(field[i]))
			return;
	memcpy(dr->sender, field + from + 1, n - from - 2);
	dr->sender[n - from - 2] = '\0';
}

/* the octets that were held back */
static int
peek(struct draft *dr, struct dest_error *error_r)
{
	struct pop_span head = buf_span(&dr->head), header = header_of(head);

	dr->peeked = true;
	take_sender(dr, header);
	if (dr->dest->kind->header != NULL &&
	    dr->dest->kind->header(dr, header, error_r) != 0) {
		dr->state = DRAFT_FAILED;
		return -1;
	}
	if (draft_text_write(&dr->text, head) != 0)
		return file_fail(dr, "store", error_r);
	buf_release(&dr->head);
	return 0;
}

static int
hold_back(struct draft *dr, struct pop_span *piece)
{
	size_t n = DRAFT_PEEK - dr->head.n;

	if (n > piece->n)
		n = piece->n;
	if (buf_append(&dr->head, piece->p, n) != 0) {
		errno = ENOMEM;
		return -1;
	}
	span_skip(piece, n);
	return 0;
}

int
draft_write(struct draft *dr, struct pop_span piece,
    struct dest_error *error_r)
{
	if (dr->state != DRAFT_OPEN)
		return dest_fail(error_r, FAULT_DISK, "%s: the message could "
		    "not be stored", dr->dest->text);
	if (piece.n == 0)
		return 0;
	pop_measure(&dr->wire, piece);
	if (!dr->eight_bit)
		dr->eight_bit = has_eight_bit(piece);
	if (!dr->peeked) {
		if (hold_back(dr, &piece) != 0)
			return file_fail(dr, "store", error_r);
		if (dr->head.n < DRAFT_PEEK)
			return 0;
		if (peek(dr, error_r) != 0)
			return -1;
	}
	if (draft_text_write(&dr->text, piece) != 0)
		return file_fail(dr, "store", error_r);
	return 0;
}

int
draft_prefix(struct draft *dr, struct pop_span octets,
    struct dest_error *error_r)
{
	if (file_put(&dr->sink, octets) != 0)
		return file_fail(dr, "store", error_r);
	dr->skip += octets.n;
	return 0;
}

static int
make_ticket(struct draft *dr)
{
	const struct dest_kind *kind = dr->dest->kind;

	if (dest_put_field(&dr->ticket, kind->name) != 0)
		return -1;
	return kind->ticket == NULL ? 0 : kind->ticket(dr, &dr->ticket);
}

int
draft_end(struct draft *dr, struct dest_error *error_r)
{
	if (dr->state != DRAFT_OPEN)
		return dest_fail(error_r, FAULT_DISK, "%s: the message could "
		    "not be stored", dr->dest->text);
	if (!dr->peeked && peek(dr, error_r) != 0)
		return -1;
	if (draft_text_write_end(&dr->text) != 0 || file_flush(dr) != 0)
		return file_fail(dr, "store", error_r);
	free(dr->buffer);
	dr->buffer = NULL;
	if (make_ticket(dr) != 0) {
		errno = ENOMEM;
		return file_fail(dr, "store", error_r);
	}
	dr->state = DRAFT_WHOLE;
	if (dr->fd < 0)
		return 0;
	/* only a hint: its errors are those of the fsync too */
	(void)os_start_writing(dr->fd);
	if (atomic_load(&files_open) > DRAFT_FDS_MAX)
		file_close(dr);
	return 0;
}

void
draft_abort(struct draft *dr)
{
	if (dr == NULL)
		return;
	if (dr->dest->kind->forget != NULL)
		dr->dest->kind->forget(dr, false);
	file_remove(dr);
	draft_free(dr);
}

void
draft_done(struct draft *dr)
{
	/* the difference is what the state says by now */
	draft_abort(dr);
}

void
draft_leave(struct draft *dr)
{
	if (dr == NULL)
		return;
	if (dr->dest->kind->forget != NULL)
		dr->dest->kind->forget(dr, true);
	file_close(dr);
	draft_free(dr);
}

struct pop_span
draft_ticket(struct draft *dr)
{
	return buf_span(&dr->ticket);
}

/* ---- durable ------------------------------------------------------------- */

static int
sync_one(struct draft *dr, struct dest_error *error_r)
{
	int r;

	if (dr->state == DRAFT_SYNCED)
		return 0;
	if (dr->state != DRAFT_WHOLE)
		return dest_fail(error_r, FAULT_DISK, "%s: the message could "
		    "not be stored", dr->dest->text);
	if (dr->fd < 0) {
		dr->fd = os_openat(dr->dest->drafts, dr->name, O_WRONLY, 0);
		if (dr->fd < 0)
			return file_fail(dr, "store", error_r);
		atomic_fetch_add(&files_open, 1);
	}
	r = os_fsync(dr->fd);
	/* The kernel drops what it could not write, and says so once: an
	 * fsync that failed is not repeated. */
	if (r != 0)
		return file_fail(dr, "store", error_r);
	file_close(dr);
	dr->state = DRAFT_SYNCED;
	return 0;
}

int
dest_sync(struct dest *d, struct draft **drafts, size_t n,
    struct dest_error *error_r)
{
	if (!d->keeps_file) {
		for (size_t i = 0; i < n; i++)
			drafts[i]->state = DRAFT_SYNCED;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		if (sync_one(drafts[i], error_r) != 0)
			return -1;
	if (n == 0 || os_fsync(d->drafts) == 0)
		return 0;
	(void)dest_fail_errno(error_r, errno, "%s: cannot store messages",
	    d->text);
	for (size_t i = 0; i < n; i++)
		drafts[i]->state = DRAFT_FAILED;
	return -1;
}
