/* SPDX-License-Identifier: ISC
 *
 * maildir_parcel: see maildir_parcel.h.  Owns the temporary file from its
 * creation to its end; the order of the calls is told in maildir_deliver.c.
 */
#include "store/maildir_parcel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "sys/os.h"

enum { NAME_TRIES = 8 };

/* Of a maildrop that is there: never STORE_NO_MAILDROP. */
enum store_result
parcel_failure(int err)
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

int
parcel_open_sub(const struct maildir *md, const char *path, const char *sub,
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
int
parcel_create(const struct maildir *md, struct parcel *p, const char *path)
{
	bool made = false;

	*p = (struct parcel){ .path = path, .fd = -1 };
	for (int tries = 0; tries < NAME_TRIES; tries++) {
		if (create_once(md, p) == 0)
			return 0;
		if (errno == ENOENT && !made) {
			if (maildir_make(md, path) != 0)
				return -1;
			made = true;
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
	int tmp = parcel_open_sub(md, p->path, "tmp", O_PATH);
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
void
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

/* The rename failed, with errno.  On a network it may have happened in spite
 * of that, and a reader may have moved the message on to cur/ meanwhile: only
 * what is in tmp/ still was surely not shown. */
static enum store_result
not_shown(const struct parcel *p, int tmp, int new, const char *name)
{
	struct stat st;
	int err = errno;

	/* the name is ours alone: what has it has not come by this rename */
	if (err == EEXIST || os_unlinkat(new, name) == 0 ||
	    (errno == ENOENT && os_fstatat(tmp, p->unique, &st) == 0))
		return parcel_failure(err);
	return STORE_UNKNOWN;
}

static enum store_result
show(const struct parcel *p, int tmp, int new, const char *name)
{
	int err;

	if (os_rename_noreplace(tmp, p->unique, new, name) != 0)
		return not_shown(p, tmp, new, name);
	if (os_fsync(new) == 0)
		return STORE_OK;
	err = errno;
	/* Visible, but it may not last: take it back. When it is not there a
	 * reader has moved it to cur/ already, so it is out. */
	return os_unlinkat(new, name) == 0 ? parcel_failure(err) :
	    STORE_UNKNOWN;
}

enum store_result
parcel_show(const struct maildir *md, struct parcel *p, uint64_t disk,
    uint64_t wire)
{
	char name[MAILDIR_NAME_MAX];
	enum store_result r;
	int tmp, new;

	if (maildir_final_name(name, p->unique, disk, wire, p->no_dots) != 0)
		return parcel_failure(errno);
	tmp = parcel_open_sub(md, p->path, "tmp", O_PATH);
	if (tmp < 0)
		return parcel_failure(errno);
	new = parcel_open_sub(md, p->path, "new", O_RDONLY);
	r = new < 0 ? parcel_failure(errno) : show(p, tmp, new, name);
	if (new >= 0)
		(void)os_close(new);
	(void)os_close(tmp);
	if (r == STORE_OK) {
		(void)os_close(p->fd);
		p->fd = -1;
	}
	return r;
}

enum store_result
parcel_post(const struct maildir *md, struct parcel *p, uint64_t disk,
    uint64_t wire)
{
	if (os_fsync(p->fd) != 0)
		return parcel_failure(errno);
	return parcel_show(md, p, disk, wire);
}

enum store_result
parcel_hide(const struct maildir *md, const struct parcel *p, uint64_t disk,
    uint64_t wire)
{
	char name[MAILDIR_NAME_MAX];
	enum store_result r = STORE_UNKNOWN;
	int new;

	if (maildir_final_name(name, p->unique, disk, wire, p->no_dots) != 0)
		return STORE_UNKNOWN;
	new = parcel_open_sub(md, p->path, "new", O_RDONLY);
	if (new < 0)
		return STORE_UNKNOWN;
	if (os_unlinkat(new, name) == 0 && os_fsync(new) == 0)
		r = STORE_OK;
	(void)os_close(new);
	return r;
}
