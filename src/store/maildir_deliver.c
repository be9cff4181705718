/* SPDX-License-Identifier: ISC
 *
 * maildir_deliver: a new message into one or more maildrops.  Owns the
 * temporary files; must not say STORE_OK before file and directory are
 * durable, and must leave nothing in new/ when it says anything else (but
 * STORE_UNKNOWN).
 *
 * The calls, for the carrier:
 *   begin    1 openat2 maildrop/tmp/unique O_CREAT | O_EXCL 0600, handed out
 *            2 dup: the same open file, so that an error of writing back
 *              what the caller writes is reported to our fsync
 *   commit   3 fstat: is it as long as the caller says?
 *            4 fsync the file
 *            5 openat2 tmp, 6 openat2 new
 *            7 renameat2 tmp/unique new/unique,S=,W=[,D=0] RENAME_NOREPLACE
 *            8 fsync new/
 *            9 close new, tmp; STORE_OK is told now
 * and for each other recipient, in order, with a file of its own:
 *   begins with openat2 tmp/unique, write its header, copy_file_range the
 *   message from the carrier's file (opened once for reading), then 4 to 9.
 * A copy for the maildrop of the carrier is made like any other.
 *
 * What a crash leaves: before 7 a file in tmp/; after 7 a whole message in
 * new/ that was not acknowledged, so that it will come a second time.  No
 * failed fsync is repeated: the kernel drops what it could not write, and a
 * second fsync succeeds without it.
 */
#include "store/maildir_parcel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/os.h"

struct delivery {
	struct maildir *md;
	struct parcel carrier;	/* `path` is one of paths */
	unsigned carrier_i;
	unsigned n;
	bool no_dots;		/* in the message */
	const char *paths[];	/* NULL: not allowed; texts stand behind */
};

/* ---- the delivery -------------------------------------------------------- */

static struct delivery *
delivery_new(struct maildir *md, const char *const *paths, unsigned n)
{
	size_t text = 0, head = n * sizeof(char *);
	struct delivery *d;
	char *p;

	for (unsigned i = 0; i < n; i++)
		text += paths[i] != NULL ? strlen(paths[i]) + 1 : 0;
	d = malloc(sizeof(*d) + head + text);
	if (d == NULL)
		return NULL;
	d->md = md;
	d->n = n;
	d->carrier.fd = -1;
	d->carrier_i = 0;
	d->no_dots = false;
	p = (char *)d->paths + head;
	for (unsigned i = 0; i < n; i++) {
		size_t len = paths[i] != NULL ? strlen(paths[i]) + 1 : 0;

		d->paths[i] = paths[i] != NULL ? p : NULL;
		if (len > 0)
			memcpy(p, paths[i], len);
		p += len;
	}
	return d;
}

/* The first maildrop that takes a file carries the message. */
static enum store_result
choose_carrier(struct delivery *d)
{
	enum store_result r = STORE_NO_MAILDROP;

	for (unsigned i = 0; i < d->n; i++) {
		if (d->paths[i] == NULL)
			continue;
		if (parcel_create(d->md, &d->carrier, d->paths[i]) == 0) {
			d->carrier_i = i;
			return STORE_OK;
		}
		if (r == STORE_NO_MAILDROP)
			r = store_result_of(errno);
	}
	return r;
}

enum store_result
maildir_begin(void *engine, const char *const *paths, unsigned n,
    void **delivery_r, int *fd_r, unsigned *carrier_r)
{
	struct delivery *d = delivery_new(engine, paths, n);
	enum store_result r;

	if (d == NULL)
		return STORE_TEMP;
	r = choose_carrier(d);
	if (r == STORE_OK) {
		*fd_r = os_dup(d->carrier.fd);
		if (*fd_r < 0) {
			r = parcel_failure(errno);
			parcel_drop(d->md, &d->carrier);
		}
	}
	if (r != STORE_OK) {
		free(d);
		return r;
	}
	*delivery_r = d;
	*carrier_r = d->carrier_i;
	return STORE_OK;
}

/* Another open file of the carrier, for reading what is to be copied. */
static int
carrier_reopen(const struct delivery *d)
{
	int tmp = parcel_open_sub(d->md, d->carrier.path, "tmp", O_PATH);
	int fd;

	if (tmp < 0)
		return -1;
	fd = os_openat(tmp, d->carrier.unique, O_RDONLY, 0);
	(void)os_close(tmp);
	return fd;
}

static bool
length_right(const struct delivery *d, uint64_t length)
{
	struct stat st;

	return os_fstat(d->carrier.fd, &st) == 0 &&
	    (uint64_t)st.st_size == length;
}

static enum store_result
post_copy(const struct delivery *d, const char *path,
    const struct store_copy *copy, int from, uint64_t skip, uint64_t message,
    uint64_t wire)
{
	enum store_result r;
	struct parcel p;

	if (path == NULL)
		return STORE_NO_MAILDROP;
	if (from < 0)
		return STORE_TEMP;
	if (parcel_create(d->md, &p, path) != 0)
		return store_result_of(errno);
	p.no_dots = d->no_dots;
	if (os_write_all(p.fd, copy->header, copy->header_len) != 0 ||
	    os_copy(from, skip, p.fd, message) != 0)
		r = parcel_failure(errno);
	else
		r = parcel_post(d->md, &p, copy->header_len + message,
		    copy->header_wire + wire);
	parcel_drop(d->md, &p);
	return r;
}

static void
keep_worst(enum store_result *all, enum store_result r)
{
	if (*all == STORE_OK)
		*all = r;
}

/* All of them, in order; the message starts at `skip` in the carrier. */
static enum store_result
post_all(struct delivery *d, const struct store_copy *copies, uint64_t length,
    uint64_t message_wire, store_each_done *each, void *arg)
{
	uint64_t skip = copies[d->carrier_i].header_len;
	enum store_result all = STORE_OK;
	int from = d->n > 1 ? carrier_reopen(d) : -1;

	for (unsigned i = 0; i < d->n; i++) {
		enum store_result r;

		if (i == d->carrier_i)
			r = parcel_post(d->md, &d->carrier, length,
			    copies[i].header_wire + message_wire);
		else
			r = post_copy(d, d->paths[i], &copies[i], from, skip,
			    length - skip, message_wire);
		each(arg, i, r);
		keep_worst(&all, r);
	}
	if (from >= 0)
		(void)os_close(from);
	return all;
}

/* ---- all of them or none ------------------------------------------------- */

/*
 * What SMTP's one reply wants.  First every copy is made and made durable in
 * tmp/, where everything that usually fails does fail; then they are shown
 * one after the other.  When that fails, those that were shown are taken
 * back.
 */
struct batch {
	struct delivery *d;
	const struct store_copy *copies;
	struct parcel *parcels;		/* one a recipient */
	uint64_t message, wire;		/* octets of the message */
};

static enum store_result
batch_prepare(struct batch *b, unsigned i, int from, uint64_t skip)
{
	struct parcel *p = &b->parcels[i];
	const struct store_copy *copy = &b->copies[i];
	const struct delivery *d = b->d;

	if (d->paths[i] == NULL)
		return STORE_NO_MAILDROP;
	if (i == d->carrier_i) {
		*p = d->carrier;
		b->d->carrier.fd = -1;
	} else if (parcel_create(d->md, p, d->paths[i]) != 0) {
		return store_result_of(errno);
	} else if (os_write_all(p->fd, copy->header, copy->header_len) != 0 ||
	    os_copy(from, skip, p->fd, b->message) != 0) {
		return parcel_failure(errno);
	}
	p->no_dots = d->no_dots;
	return os_fsync(p->fd) != 0 ? parcel_failure(errno) : STORE_OK;
}

static enum store_result
batch_prepare_all(struct batch *b)
{
	struct delivery *d = b->d;
	uint64_t skip = b->copies[d->carrier_i].header_len;
	enum store_result r = STORE_OK;
	int from = carrier_reopen(d);

	if (from < 0)
		return parcel_failure(errno);
	for (unsigned i = 0; i < d->n && r == STORE_OK; i++)
		r = batch_prepare(b, i, from, skip);
	(void)os_close(from);
	return r;
}

static enum store_result
batch_show_all(struct batch *b)
{
	const struct delivery *d = b->d;
	enum store_result r = STORE_OK;
	unsigned i;

	for (i = 0; i < d->n && r == STORE_OK; i++)
		r = parcel_show(d->md, &b->parcels[i],
		    b->copies[i].header_len + b->message,
		    b->copies[i].header_wire + b->wire);
	if (r == STORE_OK)
		return r;
	for (i--; i-- > 0;)
		if (parcel_hide(d->md, &b->parcels[i],
		    b->copies[i].header_len + b->message,
		    b->copies[i].header_wire + b->wire) != STORE_OK)
			r = STORE_UNKNOWN;
	return r;
}

static enum store_result
post_together(struct delivery *d, const struct store_copy *copies,
    uint64_t length, uint64_t message_wire, store_each_done *each, void *arg)
{
	struct batch b = { d, copies, calloc(d->n, sizeof(*b.parcels)),
		length - copies[d->carrier_i].header_len, message_wire };
	enum store_result r = STORE_TEMP;

	for (unsigned i = 0; b.parcels != NULL && i < d->n; i++)
		b.parcels[i].fd = -1;
	if (b.parcels != NULL) {
		r = batch_prepare_all(&b);
		if (r == STORE_OK)
			r = batch_show_all(&b);
		for (unsigned i = 0; i < d->n; i++)
			parcel_drop(d->md, &b.parcels[i]);
	}
	free(b.parcels);
	for (unsigned i = 0; i < d->n; i++)
		each(arg, i, r);
	return r;
}

enum store_result
maildir_deliver(void *delivery, const struct store_copy *copies,
    uint64_t length, uint64_t message_wire, unsigned flags,
    store_each_done *each, void *arg)
{
	struct delivery *d = delivery;
	enum store_result all = STORE_TEMP;

	d->no_dots = d->carrier.no_dots = flags & STORE_NO_DOTS;
	if (length >= copies[d->carrier_i].header_len &&
	    length_right(d, length)) {
		all = flags & STORE_TOGETHER && d->n > 1 ?
		    post_together(d, copies, length, message_wire, each,
		    arg) :
		    post_all(d, copies, length, message_wire, each, arg);
	} else {
		for (unsigned i = 0; i < d->n; i++)
			each(arg, i, STORE_TEMP);
	}
	parcel_drop(d->md, &d->carrier);
	for (unsigned i = 0; i < d->n; i++)
		if (d->paths[i] != NULL)
			maildir_sweep(d->md, d->paths[i]);
	free(d);
	return all;
}

void
maildir_abort(void *delivery)
{
	struct delivery *d = delivery;

	parcel_drop(d->md, &d->carrier);
	free(d);
}
