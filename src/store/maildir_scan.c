/* SPDX-License-Identifier: ISC
 *
 * maildir_scan: reading new/ and cur/ into a sorted list in which each
 * message stands once.  Owns the rules by which a message that another reader
 * renames meanwhile is neither lost nor doubled; must not open messages.
 *
 * new/ is read to its end before cur/ is opened, and a message moves from
 * new/ to cur/ only, so that move is seen in one of them at least.  A rename
 * inside of cur/ (flags) can hide a message from a directory that is read in
 * several calls; one call alone sees the directory at one instant (the
 * kernel holds the directory's lock, which a rename needs).  So a directory
 * that does not fit into the first buffer is read again from the start, in
 * passes, until one pass saw no change of the directory's times.  What any
 * pass saw counts: a name too many is found out when it is opened.
 *
 * The calls, for each of new, cur: openat, getdents until 0, close; for a
 * big directory also, per pass: fstat, lseek, getdents until 0, fstat; and
 * fstatat for an entry whose type the file system does not tell.
 */
#include "store/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sys/os.h"

enum {
	FIRST_BUFFER = 32 * 1024,
	BIG_BUFFER = 256 * 1024,
	PASSES_MAX = 4,
	/* times of files are only as fine as the kernel's tick */
	TICK_NS = 20 * 1000 * 1000
};

void
maildir_scan_done(struct maildir_scan *scan)
{
	free(scan->text);
	free(scan->v);
	*scan = (struct maildir_scan){ 0 };
}

static int
scan_reserve(struct maildir_scan *scan, size_t text)
{
	if (scan->text_n + text > scan->text_cap) {
		size_t cap = scan->text_cap * 2 + text + 1024;
		char *p = realloc(scan->text, cap);

		if (p == NULL || cap > UINT32_MAX) {
			scan->text = p != NULL ? p : scan->text;
			errno = ENOMEM;
			return -1;
		}
		scan->text = p;
		scan->text_cap = cap;
	}
	if (scan->n == scan->cap) {
		size_t cap = scan->cap * 2 + 16;
		void *p = reallocarray(scan->v, cap, sizeof(scan->v[0]));

		if (p == NULL)
			return -1;
		scan->v = p;
		scan->cap = cap;
	}
	return 0;
}

static int
scan_add(struct maildir_scan *scan, enum maildir_dir which, const char *name)
{
	size_t n = strlen(name);
	struct maildir_entry *e;

	if (scan_reserve(scan, n + 1) != 0)
		return -1;
	e = &scan->v[scan->n++];
	*e = (struct maildir_entry){ .at = (uint32_t)scan->text_n,
		.n = (uint16_t)n,
		.flags = which == MAILDIR_CUR ? MAILDIR_IN_CUR : 0 };
	maildir_name_parse(&e->name, name, n);
	memcpy(scan->text + scan->text_n, name, n + 1);
	scan->text_n += n + 1;
	return 0;
}

/* 1: a message; 0: not one; -1 with errno */
static int
is_message(int dir, const struct os_dirent *d)
{
	struct stat st;

	if (d->name[0] == '.')
		return 0;
	if (d->type != DT_UNKNOWN)
		return d->type == DT_REG;
	if (os_fstatat(dir, d->name, &st) != 0)
		return errno == ENOENT ? 0 : -1;
	return S_ISREG(st.st_mode);
}

static int
take_entries(struct maildir_scan *scan, int dir, enum maildir_dir which,
    const char *buf, size_t n)
{
	for (size_t at = 0; at < n;) {
		const struct os_dirent *d = (const void *)(buf + at);
		int r = is_message(dir, d);

		if (r < 0 || (r > 0 && scan_add(scan, which, d->name) != 0))
			return -1;
		at += d->reclen;
	}
	return 0;
}

/* From the descriptor's position to the end. */
static int
read_pass(struct maildir_scan *scan, int dir, enum maildir_dir which,
    char *buf, size_t size)
{
	ssize_t n;

	while ((n = os_getdents(dir, buf, size)) > 0)
		if (take_entries(scan, dir, which, buf, (size_t)n) != 0)
			return -1;
	return n < 0 ? -1 : 0;
}

static bool
same_times(const struct stat *a, const struct stat *b)
{
	return a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* A change in the tick of the last one would leave the times as they are. */
static bool
changed_just_now(const struct stat *st)
{
	struct timespec now;
	int64_t ns;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return true;
	if (st->st_mtim.tv_sec < now.tv_sec - 1)
		return false;
	ns = (int64_t)(now.tv_sec - st->st_mtim.tv_sec) * 1000000000 +
	    (now.tv_nsec - st->st_mtim.tv_nsec);
	return ns < TICK_NS;
}

static int
read_big(struct maildir_scan *scan, int dir, enum maildir_dir which)
{
	char *buf = malloc(BIG_BUFFER);
	struct stat before, after;
	int r = -1;

	if (buf == NULL)
		return -1;
	for (int pass = 0; pass < PASSES_MAX; pass++) {
		r = -1;
		if (os_fstat(dir, &before) != 0 || os_rewind(dir) != 0 ||
		    read_pass(scan, dir, which, buf, BIG_BUFFER) != 0 ||
		    os_fstat(dir, &after) != 0)
			break;
		r = 0;
		if (same_times(&before, &after) && !changed_just_now(&before))
			break;
	}
	free(buf);
	return r;
}

static int
read_dir(struct maildir_scan *scan, int dir, enum maildir_dir which, char *buf)
{
	ssize_t n = os_getdents(dir, buf, FIRST_BUFFER);

	if (n <= 0)
		return n < 0 ? -1 : 0;
	if (take_entries(scan, dir, which, buf, (size_t)n) != 0)
		return -1;
	n = os_getdents(dir, buf, FIRST_BUFFER);
	if (n > 0)
		return read_big(scan, dir, which);
	return n < 0 ? -1 : 0;
}

static int
scan_dir(struct maildir_scan *scan, int fd, enum maildir_dir which, char *buf)
{
	int dir = os_openat(fd, maildir_dir_name[which],
	    O_RDONLY | O_DIRECTORY, 0);
	int r, err;

	if (dir < 0)
		return -1;
	r = read_dir(scan, dir, which, buf);
	err = errno;
	(void)os_close(dir);
	errno = err;
	return r;
}

/* By listing order; files of one message stand together, the one in cur/
 * first, as cur/ was read later. */
static int
compare_entries(const void *pa, const void *pb, void *arg)
{
	const struct maildir_entry *a = pa, *b = pb;
	const char *text = arg;
	int r = maildir_name_compare(&a->name, text + a->at, &b->name,
	    text + b->at);

	if (r != 0)
		return r;
	r = (b->flags & MAILDIR_IN_CUR) - (a->flags & MAILDIR_IN_CUR);
	return r != 0 ? r : strcmp(text + a->at, text + b->at);
}

static void
sort_unique(struct maildir_scan *scan)
{
	size_t n = 0;

	if (scan->n > 1)
		qsort_r(scan->v, scan->n, sizeof(scan->v[0]), compare_entries,
		    scan->text);
	for (size_t i = 0; i < scan->n; i++) {
		struct maildir_entry *e = &scan->v[i];
		struct maildir_entry *last = n > 0 ? &scan->v[n - 1] : NULL;

		if (last == NULL || maildir_name_compare(&last->name,
		    scan->text + last->at, &e->name, scan->text + e->at) != 0)
			scan->v[n++] = *e;
		else if (e->flags != (last->flags & MAILDIR_IN_CUR) ||
		    strcmp(scan->text + last->at, scan->text + e->at) != 0)
			last->flags |= MAILDIR_TWICE;
	}
	scan->n = n;
}

int
maildir_scan(struct maildir_scan *scan, int fd)
{
	char *buf = malloc(FIRST_BUFFER);
	int r = -1;

	*scan = (struct maildir_scan){ 0 };
	if (buf == NULL)
		return -1;
	if (scan_dir(scan, fd, MAILDIR_NEW, buf) == 0)
		r = scan_dir(scan, fd, MAILDIR_CUR, buf);
	free(buf);
	if (r == 0) {
		sort_unique(scan);
	} else {
		int err = errno;

		maildir_scan_done(scan);
		errno = err;
	}
	return r;
}

struct maildir_entry *
maildir_scan_find(const struct maildir_scan *scan, const char *name, size_t n)
{
	struct maildir_name key;
	size_t low = 0, high = scan->n;

	maildir_name_parse(&key, name, n);
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct maildir_entry *e = &scan->v[mid];
		int r = maildir_name_compare(&key, name, &e->name,
		    scan->text + e->at);

		if (r == 0)
			return e;
		if (r < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}
