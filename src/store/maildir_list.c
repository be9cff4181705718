/* SPDX-License-Identifier: ISC
 *
 * maildir_list: from a scan to what a session shows: the exact wire size and
 * the unique-id of each message.  Must not change anything in the maildrop.
 *
 * The size is what the name says (",W="), else it is measured by reading the
 * file: openat2, fstat, read until 0, close.  A file that vanished meanwhile
 * is looked for under another name (one more scan), then left out.  One that
 * may not be read at all is left out too: it cannot be retrieved, and it is
 * not in the way of the others.
 *
 * The unique-id is the base name without its sizes and mark, or a hash of the
 * whole base name when that is not a legal unique-id (RFC 1939 section 7).
 * When two bases differ in these only, all of them get hashes: better one
 * message fetched twice than one that is taken for another.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "store/maildir.h"
#include "store/measure.h"
#include "sys/os.h"

enum {
	RETRIES_MAX = 4,
	/* keeps uidl_end within 32 bits */
	MESSAGES_LIMIT = 1 << 25
};

struct row {
	struct maildir_entry *e;
	uint64_t wire;
	uint32_t at;		/* of its unique-id in rows.text */
	uint8_t n;
};

struct rows {
	struct row *v;
	uint32_t n;
	char *text;		/* STORE_UIDL_MAX octets a row */
};

int
maildir_file_open(int fd, unsigned flags, const char *name, struct stat *st_r)
{
	char path[4 + MAILDIR_NAME_MAX];
	size_t n = strlen(name);
	struct stat st;
	int file, err;

	if (n >= MAILDIR_NAME_MAX) {
		errno = ENOENT;
		return -1;
	}
	memcpy(path, flags & MAILDIR_IN_CUR ? "cur/" : "new/", 4);
	memcpy(path + 4, name, n + 1);
	/* NONBLOCK: somebody may have put a FIFO in the file's place */
	file = os_open_beneath(fd, path, O_RDONLY | O_NONBLOCK, 0);
	if (file < 0) {
		if (errno == ELOOP || errno == ENXIO)
			errno = ENOENT;
		return -1;
	}
	if (os_fstat(file, &st) == 0) {
		if (S_ISREG(st.st_mode)) {
			*st_r = st;
			return file;
		}
		errno = ENOENT;
	}
	err = errno;
	(void)os_close(file);
	errno = err;
	return -1;
}

/* 0, or -1 with errno */
static int
measure_entry(int fd, const char *name, struct maildir_entry *e,
    uint64_t *wire_r)
{
	struct measure m = { 0 };
	struct stat st;
	int file = maildir_file_open(fd, e->flags, name, &st);
	int r, err;

	if (file < 0)
		return -1;
	r = measure_fd(&m, file);
	err = errno;
	(void)os_close(file);
	errno = err;
	if (r != 0)
		return -1;
	*wire_r = measure_wire(&m);
	e->name.disk = m.stored;
	e->flags |= MAILDIR_SIZED;
	/* not that it has no dots: it may be written to before it is sent */
	if (measure_crlf(&m))
		e->flags |= MAILDIR_CRLF;
	return 0;
}

/* The entry got another name: into its scan with it. */
static int
rename_entry(struct maildir_scan *scan, struct maildir_entry *e,
    const struct maildir_scan *fresh, const struct maildir_entry *now)
{
	size_t need = scan->text_n + now->n + 1;

	if (need > scan->text_cap) {
		char *p = realloc(scan->text, need + 4096);

		if (p == NULL || need + 4096 > UINT32_MAX) {
			scan->text = p != NULL ? p : scan->text;
			errno = ENOMEM;
			return -1;
		}
		scan->text = p;
		scan->text_cap = need + 4096;
	}
	memcpy(scan->text + scan->text_n, maildir_entry_text(fresh, now),
	    (size_t)now->n + 1);
	e->at = (uint32_t)scan->text_n;
	e->n = now->n;
	e->flags = now->flags;
	scan->text_n = need;
	return 0;
}

/* Measures a message whose file may be renamed at any time. 0; 1: no longer
 * there or not ours to read; -1 with errno */
static int
measure_message(int fd, struct maildir_scan *scan, struct maildir_entry *e,
    struct maildir_scan *fresh, uint64_t *wire_r)
{
	for (int tries = 0; tries < RETRIES_MAX; tries++) {
		const char *name = maildir_entry_text(scan, e);
		struct maildir_entry *now;

		if (measure_entry(fd, name, e, wire_r) == 0)
			return 0;
		if (errno == EACCES || errno == EPERM)
			return 1;
		if (errno != ENOENT)
			return -1;
		/* an older fresh scan may know the new name already */
		now = maildir_scan_find(fresh, name, e->n);
		if (now == NULL || strcmp(maildir_entry_text(fresh, now),
		    name) == 0) {
			maildir_scan_done(fresh);
			if (maildir_scan(fresh, fd) != 0)
				return -1;
			now = maildir_scan_find(fresh, name, e->n);
		}
		if (now == NULL)
			return 1;
		if (rename_entry(scan, e, fresh, now) != 0)
			return -1;
	}
	return 1;
}

/* Wire sizes of all messages; leaves out those that cannot be read. */
static int
fill_sizes(struct rows *rows, int fd, struct maildir_scan *scan,
    uint32_t limit)
{
	struct maildir_scan fresh = { 0 };
	int r = 0;

	for (size_t i = 0; i < scan->n && rows->n < limit && r >= 0; i++) {
		struct maildir_entry *e = &scan->v[i];
		struct row *row = &rows->v[rows->n];

		*row = (struct row){ .e = e };
		r = 0;
		if (e->name.has_wire)
			row->wire = e->name.wire;
		else
			r = measure_message(fd, scan, e, &fresh, &row->wire);
		if (e->name.has_wire && e->name.has_disk &&
		    e->name.disk == e->name.wire)
			e->flags |= MAILDIR_CRLF |
			    (e->name.no_dots ? MAILDIR_NO_DOTS : 0);
		if (r == 0)
			rows->n++;
	}
	maildir_scan_done(&fresh);
	return r < 0 ? -1 : 0;
}

static void
hash_uidl(struct rows *rows, struct row *row, const char *base)
{
	/* room for the longest was made for each row */
	snapshot_hash(rows->text + row->at, base, row->e->name.base_n);
	row->n = STORE_UIDL_HASHED;
}

static int
compare_uidls(const void *pa, const void *pb, void *arg)
{
	const struct row *a = *(struct row *const *)pa;
	const struct row *b = *(struct row *const *)pb;
	const char *text = arg;
	int r = memcmp(text + a->at, text + b->at, a->n < b->n ? a->n : b->n);

	return r != 0 ? r : a->n - b->n;
}

/* Rows v[0..n) have one timestamp: hashes for those whose ids are alike. */
static void
part_equals(struct rows *rows, const struct maildir_scan *scan,
    struct row **v, size_t n)
{
	qsort_r(v, n, sizeof(v[0]), compare_uidls, rows->text);
	for (size_t i = 0; i < n;) {
		size_t end = i + 1;

		while (end < n && compare_uidls(&v[i], &v[end],
		    rows->text) == 0)
			end++;
		for (size_t k = i; end - i > 1 && k < end; k++)
			hash_uidl(rows, v[k],
			    maildir_entry_text(scan, v[k]->e));
		i = end;
	}
}

static bool
same_instant(const struct row *a, const struct row *b)
{
	return a->e->name.secs == b->e->name.secs &&
	    a->e->name.usec == b->e->name.usec;
}

/* Equal ids come from equal beginnings of names, so from equal timestamps;
 * hashes cannot be equal, as the bases are not. */
static int
make_unique(struct rows *rows, const struct maildir_scan *scan)
{
	struct row **v = NULL;

	for (size_t i = 0; i < rows->n;) {
		size_t end = i + 1;

		while (end < rows->n && same_instant(&rows->v[i],
		    &rows->v[end]))
			end++;
		if (end - i > 1) {
			if (v == NULL)
				v = calloc(rows->n, sizeof(v[0]));
			if (v == NULL)
				return -1;
			for (size_t k = i; k < end; k++)
				v[k - i] = &rows->v[k];
			part_equals(rows, scan, v, end - i);
		}
		i = end;
	}
	free(v);
	return 0;
}

static int
fill_uidls(struct rows *rows, const struct maildir_scan *scan)
{
	rows->text = malloc((size_t)rows->n * STORE_UIDL_MAX + 1);
	if (rows->text == NULL)
		return -1;
	for (uint32_t i = 0; i < rows->n; i++) {
		struct row *row = &rows->v[i];
		const char *base = maildir_entry_text(scan, row->e);
		char id[MAILDIR_NAME_MAX];
		size_t n = maildir_name_strip(id, base, row->e->name.base_n);

		row->at = i * STORE_UIDL_MAX;
		if (snapshot_uidl_ok(id, n)) {
			memcpy(rows->text + row->at, id, n);
			row->n = (uint8_t)n;
		} else {
			hash_uidl(rows, row, base);
		}
	}
	return make_unique(rows, scan);
}

static int
rows_hand_out(struct maildir_session *s, const struct maildir_scan *scan,
    struct rows *rows, struct store_snapshot **snap_r)
{
	struct maildir_entry **pick = malloc(((size_t)rows->n + 1) *
	    sizeof(pick[0]));
	size_t uidl_octets = 0;
	struct store_snapshot *snap;

	for (uint32_t i = 0; i < rows->n; i++)
		uidl_octets += rows->v[i].n;
	snap = snapshot_new(rows->n, uidl_octets);
	if (pick == NULL || snap == NULL)
		goto fail;
	for (uint32_t i = 0; i < rows->n; i++) {
		const struct row *row = &rows->v[i];

		snapshot_add(snap, row->wire, rows->text + row->at, row->n);
		pick[i] = row->e;
	}
	if (maildir_session_pack(s, scan, pick, rows->n) != 0)
		goto fail;
	free(pick);
	*snap_r = snap;
	return 0;
fail:
	free(pick);
	store_snapshot_free(snap);
	errno = ENOMEM;
	return -1;
}

int
maildir_list(struct maildir_session *s, struct maildir_scan *scan,
    struct store_snapshot **snap_r)
{
	uint32_t limit = MESSAGES_LIMIT;
	struct rows rows = { 0 };
	int r = -1, err;

	if (s->md->messages_max > 0 && s->md->messages_max < limit)
		limit = s->md->messages_max;
	rows.v = calloc(scan->n + 1, sizeof(rows.v[0]));
	if (rows.v != NULL && fill_sizes(&rows, s->fd, scan, limit) == 0 &&
	    fill_uidls(&rows, scan) == 0)
		r = rows_hand_out(s, scan, &rows, snap_r);
	err = errno;
	free(rows.v);
	free(rows.text);
	errno = err;
	return r;
}
