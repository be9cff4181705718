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
 *            7 renameat2 tmp/unique new/unique,S=,W= RENAME_NOREPLACE
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
#include "store/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/os.h"

enum { NAME_TRIES = 8 };

/* A temporary file on its way into new/ of one maildrop. */
struct parcel {
	const char *path;	/* of the maildrop */
	int fd;			/* -1: there is none */
	char unique[MAILDIR_UNIQUE_MAX];
};

struct delivery {
	struct maildir *md;
	struct parcel carrier;	/* `path` is one of paths */
	unsigned carrier_i;
	unsigned n;
	const char *paths[];	/* NULL: not allowed; texts stand behind */
};

/* ---- one file ------------------------------------------------------------ */

/* Of a maildrop that is there: never STORE_NO_MAILDROP. */
static enum store_result
failure(int err)
{
	return store_result_of(err) == STORE_FULL ? STORE_FULL : STORE_TEMP;
}

/* "maildrop/name", or -1 when it does not fit */
static int
join(char *out, size_t size, const char *path, const char *sub,
    const char *name)
{
	int n = snprintf(out, size, "%s/%s%s%s", path, sub,
	    name[0] != '\0' ? "/" : "", name);

	if (n > 0 && (size_t)n < size)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static int
open_sub(const struct maildir *md, const char *path, const char *sub,
    int flags)
{
	char full[PATH_MAX];

	if (join(full, sizeof(full), path, sub, "") != 0)
		return -1;
	return os_open_beneath(md->root, full, flags | O_DIRECTORY, 0);
}

static int
create_once(const struct maildir *md, struct parcel *p)
{
	char full[PATH_MAX];

	if (maildir_unique(p->unique, md->host) != 0 ||
	    join(full, sizeof(full), p->path, "tmp", p->unique) != 0)
		return -1;
	p->fd = os_open_beneath(md->root, full,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	return p->fd < 0 ? -1 : 0;
}

/* Makes tmp/unique, and the maildrop if that is missing. 0 or -1 with errno;
 * p->fd is -1 then */
static int
parcel_create(const struct maildir *md, struct parcel *p, const char *path)
{
	*p = (struct parcel){ .path = path, .fd = -1 };
	for (int tries = 0; tries < NAME_TRIES; tries++) {
		if (create_once(md, p) == 0)
			return 0;
		if (errno == ENOENT && tries == 0) {
			if (maildir_make(md, path) != 0)
				return -1;
		} else if (errno != EEXIST) {
			return -1;
		}
	}
	return -1;
}

/* 0: tmp/unique is not there any more */
static int
parcel_unlink(const struct maildir *md, const struct parcel *p)
{
	int tmp = open_sub(md, p->path, "tmp", O_PATH);
	int r;

	if (tmp < 0)
		return errno == ENOENT ? 0 : -1;
	r = os_unlinkat(tmp, p->unique);
	if (r != 0 && errno == ENOENT)
		r = 0;
	(void)os_close(tmp);
	return r;
}

/* Removes the temporary file and keeps errno. What cannot be removed, at the
 * second try, is swept after 36 hours. */
static void
parcel_drop(const struct maildir *md, struct parcel *p)
{
	int err = errno;

	if (p->fd < 0)
		return;
	(void)os_close(p->fd);
	p->fd = -1;
	if (parcel_unlink(md, p) != 0)
		(void)!parcel_unlink(md, p);
	errno = err;
}

static enum store_result
show(const struct parcel *p, int tmp, int new, const char *name)
{
	int err;

	if (os_rename_noreplace(tmp, p->unique, new, name) != 0) {
		err = errno;
		/* the name is ours alone; on a network the rename may have
		 * happened in spite of the error */
		if (err == EEXIST || os_unlinkat(new, name) == 0 ||
		    errno == ENOENT)
			return failure(err);
		return STORE_UNKNOWN;
	}
	if (os_fsync(new) == 0)
		return STORE_OK;
	err = errno;
	/* Visible, but it may not last: take it back. When it is not there a
	 * reader has moved it to cur/ already, so it is out. */
	return os_unlinkat(new, name) == 0 ? failure(err) : STORE_UNKNOWN;
}

/* Makes the file durable, then visible, then that durable. */
static enum store_result
parcel_post(const struct maildir *md, struct parcel *p, uint64_t disk,
    uint64_t wire)
{
	char name[MAILDIR_NAME_MAX];
	enum store_result r;
	int tmp, new;

	if (os_fsync(p->fd) != 0 ||
	    maildir_final_name(name, p->unique, disk, wire) != 0)
		return failure(errno);
	tmp = open_sub(md, p->path, "tmp", O_PATH);
	if (tmp < 0)
		return failure(errno);
	new = open_sub(md, p->path, "new", O_RDONLY);
	r = new < 0 ? failure(errno) : show(p, tmp, new, name);
	if (new >= 0)
		(void)os_close(new);
	(void)os_close(tmp);
	if (r == STORE_OK) {
		(void)os_close(p->fd);
		p->fd = -1;
	}
	return r;
}

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
			r = failure(errno);
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
	int tmp = open_sub(d->md, d->carrier.path, "tmp", O_PATH);
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
	if (os_write_all(p.fd, copy->header, copy->header_len) != 0 ||
	    os_copy(from, skip, p.fd, message) != 0)
		r = failure(errno);
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

enum store_result
maildir_deliver(void *delivery, const struct store_copy *copies,
    uint64_t length, uint64_t message_wire, store_each_done *each, void *arg)
{
	struct delivery *d = delivery;
	enum store_result all = STORE_TEMP;

	if (length >= copies[d->carrier_i].header_len &&
	    length_right(d, length)) {
		all = post_all(d, copies, length, message_wire, each, arg);
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
