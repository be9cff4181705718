/* SPDX-License-Identifier: ISC
 *
 * maildir_session: an opened maildrop: lock, names, bodies, removal.  Owns
 * the descriptor of the maildrop and the memory of its names.  Only commit
 * removes anything, and nothing here ever renames.
 *
 * The calls of a visit without surprises (names carry ",W="):
 *   open    1 openat2 the maildrop
 *           2 flock LOCK_EX | LOCK_NB
 *           3..6 openat, getdents, getdents, close of new/
 *           7..10 the same of cur/
 *   body    1 openat2 new/name or cur/name
 *           2 fstat
 *   commit, for each of new/ and cur/ that holds a marked message:
 *           1 openat the directory
 *           2 unlinkat for each message
 *           3 fsync, before the caller hears of it
 *           4 close
 *           a name that is not there: a scan, then the same under the name
 *           that the message has now
 *   close   1 close, which drops the lock
 */
#include "store/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "store/measure.h"
#include "sys/os.h"

enum {
	RETRIES_MAX = 5
};

/* made only where a directory cannot carry a lock */
static const char lock_name[] = "restante.lock";

/* ---- names --------------------------------------------------------------- */

static char *
record_at(const struct maildir_session *s, uint32_t i)
{
	return (char *)(s->block + s->count) + s->block[i];
}

struct maildir_record
maildir_record_of(const struct maildir_session *s, uint32_t i)
{
	const char *p = record_at(s, i);
	struct maildir_record rec = { .flags = (unsigned char)*p++ };

	if (rec.flags & MAILDIR_SIZED) {
		memcpy(&rec.disk, p, sizeof(rec.disk));
		p += sizeof(rec.disk);
	}
	rec.name = p;
	return rec;
}

static size_t
record_size(const struct maildir_record *rec)
{
	return 1 + (rec->flags & MAILDIR_SIZED ? sizeof(rec->disk) : 0) +
	    strlen(rec->name) + 1;
}

static char *
record_put(char *p, const struct maildir_record *rec)
{
	size_t n = strlen(rec->name) + 1;

	*p++ = (char)rec->flags;
	if (rec->flags & MAILDIR_SIZED) {
		memcpy(p, &rec->disk, sizeof(rec->disk));
		p += sizeof(rec->disk);
	}
	memcpy(p, rec->name, n);
	return p + n;
}

/* What message i is called from now on. */
static struct maildir_record
record_pick(const struct maildir_session *s, const struct maildir_scan *scan,
    struct maildir_entry *const *pick, uint32_t i)
{
	const unsigned place = MAILDIR_IN_CUR | MAILDIR_TWICE;
	struct maildir_record rec = { 0 };

	if (s->block != NULL)
		rec = maildir_record_of(s, i);
	if (pick[i] == NULL) {
		rec.flags |= MAILDIR_LOST;
		return rec;
	}
	if (s->block == NULL) {
		rec.flags = pick[i]->flags;
		rec.disk = pick[i]->name.disk;
	} else {
		/* what was measured at the beginning stays what it was */
		rec.flags = (rec.flags & ~(place | MAILDIR_LOST)) |
		    (pick[i]->flags & place);
	}
	rec.name = maildir_entry_text(scan, pick[i]);
	return rec;
}

int
maildir_session_pack(struct maildir_session *s,
    const struct maildir_scan *scan, struct maildir_entry *const *pick,
    uint32_t count)
{
	size_t size = 0;
	uint32_t *block;
	char *start, *p;

	for (uint32_t i = 0; i < count; i++) {
		struct maildir_record rec = record_pick(s, scan, pick, i);

		size += record_size(&rec);
	}
	block = malloc((size_t)count * sizeof(block[0]) + size + 1);
	if (block == NULL || size > UINT32_MAX) {
		free(block);
		errno = ENOMEM;
		return -1;
	}
	p = start = (char *)(block + count);
	for (uint32_t i = 0; i < count; i++) {
		struct maildir_record rec = record_pick(s, scan, pick, i);

		block[i] = (uint32_t)(p - start);
		p = record_put(p, &rec);
	}
	free(s->block);
	s->block = block;
	s->count = count;
	return 0;
}

int
maildir_refresh(struct maildir_session *s)
{
	struct maildir_scan scan;
	struct maildir_entry **pick;
	int r = -1, err;

	if (maildir_scan(&scan, s->fd) != 0)
		return -1;
	pick = calloc((size_t)s->count + 1, sizeof(pick[0]));
	if (pick != NULL) {
		for (uint32_t i = 0; i < s->count; i++) {
			const char *name = maildir_record_of(s, i).name;

			pick[i] = maildir_scan_find(&scan, name,
			    strlen(name));
		}
		r = maildir_session_pack(s, &scan, pick, s->count);
	}
	err = errno;
	free(pick);
	maildir_scan_done(&scan);
	errno = err;
	return r;
}

/* ---- open and close ------------------------------------------------------ */

/* A directory cannot carry a lock on every file system (NFS, FUSE). */
static bool
lock_unsupported(int err)
{
	return err == EBADF || err == EINVAL || err == EOPNOTSUPP ||
	    err == ENOLCK || err == ENOSYS;
}

static enum store_result
lock_result(int r)
{
	if (r == 0)
		return STORE_OK;
	if (errno == EWOULDBLOCK)
		return STORE_IN_USE;
	return STORE_TEMP;
}

static enum store_result
lock_take(struct maildir_session *s)
{
	int r = os_flock(s->fd, LOCK_EX | LOCK_NB);

	if (r == 0 || !lock_unsupported(errno))
		return lock_result(r);
	s->lock_fd = os_openat(s->fd, lock_name, O_RDWR | O_CREAT, 0600);
	if (s->lock_fd < 0)
		return store_result_of(errno) == STORE_FULL ? STORE_FULL :
		    STORE_TEMP;
	return lock_result(os_flock(s->lock_fd, LOCK_EX | LOCK_NB));
}

static enum store_result
open_list(struct maildir_session *s, const char *path,
    struct store_snapshot **snap_r)
{
	struct maildir_scan scan;
	int r = maildir_scan(&scan, s->fd);

	if (r != 0 && errno == ENOENT && maildir_make(s->md, path) == 0)
		r = maildir_scan(&scan, s->fd);
	if (r != 0)
		return store_result_of(errno);
	r = maildir_list(s, &scan, snap_r);
	maildir_scan_done(&scan);
	return r == 0 ? STORE_OK : STORE_TEMP;
}

enum store_result
maildir_open(void *engine, const char *path, enum store_lock lock,
    void **session_r, struct store_snapshot **snap_r)
{
	struct maildir_session *s = calloc(1, sizeof(*s));
	enum store_result r = STORE_OK;

	if (s == NULL)
		return STORE_TEMP;
	s->md = engine;
	s->lock_fd = -1;
	s->fd = maildir_dir_open(s->md, path);
	if (s->fd < 0) {
		r = store_result_of(errno);
		free(s);
		return r;
	}
	if (lock == STORE_LOCK_EXCLUSIVE)
		r = lock_take(s);
	if (r == STORE_OK)
		r = open_list(s, path, snap_r);
	if (r == STORE_OK)
		*session_r = s;
	else
		maildir_close(s);
	return r;
}

void
maildir_close(void *session)
{
	struct maildir_session *s = session;

	if (s->lock_fd >= 0)
		(void)os_close(s->lock_fd);
	(void)os_close(s->fd);
	free(s->block);
	free(s);
}

/* ---- body ---------------------------------------------------------------- */

/* The file is not as its name or the listing says: is it still what was
 * announced? */
static enum store_result
body_verify(const struct maildir_name *name, unsigned *flags, int fd)
{
	struct measure m = { 0 };

	if (!name->has_wire)
		return STORE_CORRUPT;
	if (measure_fd(&m, fd) != 0 || os_rewind(fd) != 0)
		return STORE_TEMP;
	if (measure_wire(&m) != name->wire)
		return STORE_CORRUPT;
	*flags &= ~(unsigned)(MAILDIR_CRLF | MAILDIR_NO_DOTS);
	if (measure_crlf(&m))
		*flags |= MAILDIR_CRLF;
	return STORE_OK;
}

static enum store_result
body_check(struct maildir_record *rec, int fd, uint64_t disk, bool quick)
{
	struct maildir_name name;

	maildir_name_parse(&name, rec->name, strlen(rec->name));
	if (rec->flags & MAILDIR_SIZED)
		return rec->disk == disk ? STORE_OK : STORE_CORRUPT;
	if (name.has_disk && name.disk == disk)
		return STORE_OK;
	if (quick)
		return STORE_TEMP;
	return body_verify(&name, &rec->flags, fd);
}

/* Opens message i under the name it has; learns a new name if need be. */
static enum store_result
body_find(struct maildir_session *s, uint32_t i, bool quick, int *fd_r,
    struct stat *st_r)
{
	for (int tries = 0;; tries++) {
		struct maildir_record rec = maildir_record_of(s, i);

		*fd_r = maildir_file_open(s->fd, rec.flags, rec.name, st_r);
		if (*fd_r >= 0)
			return STORE_OK;
		if (errno != ENOENT || quick)
			return STORE_TEMP;
		if (tries == RETRIES_MAX)
			return STORE_GONE;
		if (maildir_refresh(s) != 0)
			return STORE_TEMP;
		if (maildir_record_of(s, i).flags & MAILDIR_LOST)
			return STORE_GONE;
	}
}

enum store_result
maildir_body(void *session, uint32_t i, bool quick, struct store_body *body_r)
{
	struct maildir_session *s = session;
	struct maildir_record rec;
	enum store_result r;
	struct stat st;
	int fd;

	r = body_find(s, i, quick, &fd, &st);
	if (r != STORE_OK)
		return r;
	rec = maildir_record_of(s, i);
	r = body_check(&rec, fd, (uint64_t)st.st_size, quick);
	if (r != STORE_OK) {
		(void)os_close(fd);
		return r;
	}
	*body_r = (struct store_body){ .fd = fd,
		.length = (uint64_t)st.st_size, .changed = os_changed(&st),
		.flags = (rec.flags & MAILDIR_CRLF ? STORE_BODY_CRLF : 0) |
		    (rec.flags & MAILDIR_NO_DOTS ? STORE_BODY_NO_DOTS : 0) };
	return STORE_OK;
}
