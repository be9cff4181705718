/* SPDX-License-Identifier: ISC
 *
 * mbox_recover: was a message appended to an mbox before we were stopped?  And
 * if it was not, it is now.  The reasoning stands at the head of dest_mbox.c.
 * Must not remove drafts, nor journals but one whose octets are all taken back
 * again: the state does not know yet, and we may be stopped again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/num.h"
#include "client/mbox_private.h"
#include "sys/os.h"

enum { JOURNALS_MAX = 64 };

/* one interrupted delivery */
struct recovery {
	const struct dest_world *world;
	int spool;
	const char *path;		/* of the mbox */
	const char *name;		/* of the draft */
	uint64_t octets;
	int fd;				/* of the draft */
	/* journals that name it */
	struct mbox_place places[JOURNALS_MAX];
	size_t mine[JOURNALS_MAX];	/* which entry */
	size_t n;
	struct mbox_file m;
	bool changed;			/* by somebody else, since */
};

/* ---- journals ------------------------------------------------------------ */

/* -1 with errno when it cannot be known what a journal says */
static int
take_journal(struct recovery *v, const char *file)
{
	struct mbox_place *p = &v->places[v->n];

	if (v->n == JOURNALS_MAX) {
		errno = EMFILE;
		return -1;
	}
	if (mbox_place_read(p, v->spool, file) != 0)
		return errno == EBADMSG ? 0 : -1;
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->entries[i].name, v->name) == 0) {
			v->mine[v->n++] = i;
			return 0;
		}
	mbox_place_free(p);
	return 0;
}

struct journals {
	const struct dest_world *world;
	struct buf names;
	int r;
};

static int
note_journal(void *arg, const char *name)
{
	struct journals *j = arg;
	bool this_run;

	if (mbox_place_is(name) && draft_name_ours(name, j->world->ident,
	    &this_run))
		j->r = dest_put_field(&j->names, name);
	return j->r;
}

static int
find_journals(struct recovery *v)
{
	struct journals j = { .world = v->world };
	struct pop_span names;
	const char *name;
	int r;

	buf_init(&j.names, 1 << 20);
	r = dest_each_name(v->spool, note_journal, &j);
	if (r == 0 && j.r != 0) {
		errno = ENOMEM;
		r = -1;
	}
	names = buf_span(&j.names);
	while (r == 0 && (name = dest_field(&names)) != NULL)
		r = take_journal(v, name);
	buf_release(&j.names);
	return r;
}

static bool
any_done(const struct recovery *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->places[i].done)
			return true;
	return false;
}

/* ---- in the mbox --------------------------------------------------------- */

static bool
same_file(const struct mbox_file *m, const struct mbox_place *p)
{
	return m->dev == p->dev && m->ino == p->ino;
}

/* 1, 0, or -1 with errno */
static int
whole_at_place(const struct recovery *v)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct mbox_entry *e = &v->places[i].entries[v->mine[i]];
		int r;

		if (!same_file(&v->m, &v->places[i]) ||
		    v->m.size < e->offset + e->octets)
			continue;
		r = mbox_same(&v->m, e->offset, v->fd, 0, v->octets, false);
		if (r != 0)
			return r;
	}
	return 0;
}

/* Octets of an entry that are in the mbox: are they its own? */
static int
entry_is_ours(const struct recovery *v, const struct mbox_entry *e,
    bool holes)
{
	uint64_t n = v->m.size - e->offset;
	int fd = os_openat(v->spool, e->name, O_RDONLY, 0), r, err;

	if (n > e->octets)
		n = e->octets;
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	r = mbox_same(&v->m, e->offset, fd, 0, n, holes);
	err = errno;
	(void)os_close(fd);
	errno = err;
	return r;
}

/* the line ends before the first message; the same */
static int
ends_are_ours(const struct recovery *v, const struct mbox_place *p)
{
	uint64_t n = v->m.size < p->start ? v->m.size - p->old :
	    p->start - p->old;
	unsigned char ends[2];

	if (n > sizeof(ends))
		return 0;
	if (n > 0 && os_pread(v->m.fd, ends, (size_t)n, p->old) != (ssize_t)n)
		return -1;
	for (uint64_t i = 0; i < n; i++)
		if (ends[i] != '\n' && ends[i] != 0)
			return 0;
	return 1;
}

/*
 * Is all behind the old end of the mbox a beginning of this batch?  Then
 * *keep_r is where its last whole message ends.  1, 0, -1.
 */
static int
tail_is_ours(const struct recovery *v, const struct mbox_place *p,
    uint64_t *keep_r)
{
	bool whole = true;
	int r;

	if (!same_file(&v->m, p) || v->m.size < p->old || v->m.size > p->end)
		return 0;
	*keep_r = p->old;
	r = ends_are_ours(v, p);
	for (size_t i = 0; i < p->n && r == 1; i++) {
		const struct mbox_entry *e = &p->entries[i];

		if (v->m.size <= e->offset)
			break;
		if (whole && v->m.size - e->offset >= e->octets) {
			r = entry_is_ours(v, e, false);
			if (r == 1)
				*keep_r = e->offset + e->octets;
			if (r != 0)
				continue;
		}
		whole = false;
		r = entry_is_ours(v, e, true);
	}
	return r;
}

/* Cuts a part of us off its end. 0, or -1 with errno. */
static int
cut_tail(struct recovery *v)
{
	bool explained = v->n == 0;

	for (size_t i = 0; i < v->n; i++) {
		uint64_t keep = 0;
		int r = tail_is_ours(v, &v->places[i], &keep);

		if (r < 0)
			return -1;
		if (r == 0)
			continue;
		explained = true;
		if (keep == v->m.size)
			continue;
		if (os_ftruncate(v->m.fd, keep) != 0 ||
		    os_fsync(v->m.fd) != 0)
			return -1;
		v->m.size = keep;
	}
	v->changed = !explained;
	return 0;
}

static int
append_now(struct recovery *v)
{
	int ends = mbox_missing_ends(&v->m), r = -1, err;
	struct mbox_place p;
	bool clean;

	mbox_place_init(&p, &v->m, ends > 0 ? (uint64_t)ends : 0);
	if (ends >= 0 && mbox_place_add(&p, v->name, v->octets) == 0 &&
	    mbox_place_write(&p, v->spool, v->world) == 0) {
		r = mbox_append(&v->m, &p, v->spool, &clean);
		if (r == 0)
			mbox_place_done(&p, v->spool);
		else if (clean)
			dest_remove(v->spool, p.file);
		/* else the next recovery cuts off what this one left */
	}
	err = errno;
	mbox_place_free(&p);
	errno = err;
	return r;
}

/* under the locks: 0 when it is there now, durable; -1 with errno */
static int
settle(struct recovery *v, struct dest_error *note)
{
	int r = whole_at_place(v);

	if (r == 1)
		return os_fsync(v->m.fd);
	if (r < 0 || cut_tail(v) != 0)
		return -1;
	if (v->changed) {
		r = mbox_find(&v->m, v->fd, v->octets);
		if (r != 0)
			return r < 0 ? -1 : os_fsync(v->m.fd);
	}
	if (append_now(v) != 0)
		return -1;
	if (v->changed)
		(void)dest_fail(note, FAULT_NONE, "mbox:%.300s was changed "
		    "while a delivery was interrupted: one message may be in "
		    "it twice", v->path);
	return 0;
}

/* ---- all ----------------------------------------------------------------- */

static enum dest_outcome
settle_locked(struct recovery *v, struct dest_error *error_r)
{
	int r, err;

	if (mbox_lock(&v->m, v->path, v->world, error_r) != 0)
		return DEST_TEMPORARY;
	r = settle(v, error_r);
	err = errno;
	mbox_unlock(&v->m);
	if (r == 0)
		return DEST_DELIVERED;
	(void)dest_fail_errno(error_r, err, "mbox:%.300s: cannot finish a "
	    "delivery that was interrupted", v->path);
	return DEST_TEMPORARY;
}

/* the draft is gone, or is not what it was */
static enum dest_outcome
refuse(const struct recovery *v, struct dest_error *error_r)
{
	(void)dest_fail(error_r, FAULT_DEST, "mbox:%.300s: a delivery was "
	    "interrupted and its draft is gone; the message is fetched again",
	    v->path);
	return DEST_REFUSED;
}

static enum dest_outcome
recover_draft(struct recovery *v, struct dest_error *error_r)
{
	enum dest_outcome r = DEST_TEMPORARY;
	struct stat st;

	v->fd = os_openat(v->spool, v->name, O_RDONLY, 0);
	if (v->fd < 0 && errno == ENOENT)
		return refuse(v, error_r);
	if (v->fd < 0 || os_fstat(v->fd, &st) != 0)
		(void)dest_fail_errno(error_r, errno, "cannot read a draft "
		    "in %.300s", v->world->spool);
	else if ((uint64_t)st.st_size != v->octets)
		r = refuse(v, error_r);
	else
		r = settle_locked(v, error_r);
	if (v->fd >= 0)
		(void)os_close(v->fd);
	return r;
}

static bool
read_ticket(struct recovery *v, struct pop_span ticket)
{
	const char *octets;

	v->path = dest_field(&ticket);
	v->name = dest_field(&ticket);
	octets = dest_field(&ticket);
	return octets != NULL && v->path[0] == '/' && v->name[0] != '\0' &&
	    strchr(v->name, '/') == NULL &&
	    num_parse_u64(span_str(octets), INT64_MAX, &v->octets) == 0;
}

enum dest_outcome
mbox_recover(const struct dest_world *world, struct pop_span ticket,
    int64_t made, struct dest_error *error_r)
{
	struct recovery *v = calloc(1, sizeof(*v));
	enum dest_outcome r = DEST_TEMPORARY;

	(void)made;
	if (v == NULL) {
		(void)dest_fail_errno(error_r, ENOMEM, "recovery");
		return r;
	}
	v->world = world;
	if (!read_ticket(v, ticket)) {
		(void)dest_fail(error_r, FAULT_DEST, "a delivery that was "
		    "interrupted cannot be understood; the message is "
		    "fetched again");
		free(v);
		return DEST_REFUSED;
	}
	v->spool = dest_open_spool(world, error_r);
	if (v->spool >= 0 && find_journals(v) != 0)
		(void)dest_fail_errno(error_r, errno, "cannot read the "
		    "journals in %.300s", world->spool);
	else if (v->spool >= 0)
		r = any_done(v) ? DEST_DELIVERED : recover_draft(v, error_r);
	for (size_t i = 0; i < v->n; i++)
		mbox_place_free(&v->places[i]);
	if (v->spool >= 0)
		(void)os_close(v->spool);
	free(v);
	return r;
}
