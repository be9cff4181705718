/* SPDX-License-Identifier: ISC
 *
 * maildir_commit: removing the marked messages of a session, durably (RFC
 * 1939 section 6: none but the marked).  The only code that removes messages;
 * the list of its calls stands in maildir_session.c.
 *
 * A message is removed when no file with its base name is left.  One that
 * another reader has removed counts as removed, and its directory is fsynced
 * with the others, as nobody else can be trusted to have done that.
 */
#include "store/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "sys/os.h"

enum {
	IDLE_ROUNDS_MAX = 5	/* scans in a row that led to no removal */
};

struct removal {
	struct maildir_session *s;
	int dir[MAILDIR_DIRS];	/* -1: not opened yet */
	unsigned char *open;	/* bits: messages to look for again */
	uint32_t n_open;
	bool failed;
};

static void
set_open(struct removal *rm, uint32_t i, bool open)
{
	unsigned char bit = (unsigned char)(1 << (i % 8));

	if (!open == !(rm->open[i / 8] & bit))
		return;
	rm->open[i / 8] ^= bit;
	rm->n_open += open ? 1 : UINT32_MAX;
}

/* 1 removed, 0 not there, -1 failed */
static int
remove_file(struct removal *rm, unsigned flags, const char *name)
{
	int which = flags & MAILDIR_IN_CUR ? MAILDIR_CUR : MAILDIR_NEW;

	if (rm->dir[which] < 0)
		rm->dir[which] = os_openat(rm->s->fd,
		    maildir_dir_name[which], O_RDONLY | O_DIRECTORY, 0);
	if (rm->dir[which] < 0)
		return -1;
	if (os_unlinkat(rm->dir[which], name) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}

/* A failure is final; a file that was not there, or was not the only one,
 * leaves the message open. 1 when something was removed */
static int
remove_message(struct removal *rm, uint32_t i, unsigned flags,
    const char *name)
{
	int r = remove_file(rm, flags, name);

	if (r < 0)
		rm->failed = true;
	set_open(rm, i, r == 0 || (r > 0 && flags & MAILDIR_TWICE));
	return r > 0;
}

/* One round over the messages that are still open. Gives how many files it
 * removed, or -1. */
static long
look_again(struct removal *rm)
{
	struct maildir_scan scan;
	long removed = 0;

	if (maildir_scan(&scan, rm->s->fd) != 0)
		return -1;
	for (uint32_t i = 0; i < rm->s->count && rm->n_open > 0; i++) {
		const char *name = maildir_record_of(rm->s, i).name;
		struct maildir_entry *e;

		if (!(rm->open[i / 8] & (1 << (i % 8))))
			continue;
		e = maildir_scan_find(&scan, name, strlen(name));
		if (e == NULL)
			set_open(rm, i, false);
		else
			removed += remove_message(rm, i, e->flags,
			    maildir_entry_text(&scan, e));
	}
	maildir_scan_done(&scan);
	return removed;
}

static void
remove_open(struct removal *rm)
{
	int idle = 0;

	while (rm->n_open > 0 && idle < IDLE_ROUNDS_MAX) {
		long removed = look_again(rm);

		if (removed < 0)
			break;
		idle = removed > 0 ? 0 : idle + 1;
	}
	if (rm->n_open > 0)
		rm->failed = true;
}

/* 0, or -1: what was removed may come back after a power cut */
static int
make_durable(struct removal *rm)
{
	int r = 0;

	for (int which = 0; which < MAILDIR_DIRS; which++) {
		if (rm->dir[which] < 0)
			continue;
		/* never again after a failure: a second fsync would succeed
		 * without having written what the first one lost */
		if (os_fsync(rm->dir[which]) != 0)
			r = -1;
		(void)os_close(rm->dir[which]);
	}
	return r;
}

enum store_result
maildir_commit(void *session, const unsigned char *marks)
{
	struct maildir_session *s = session;
	struct removal rm = { .s = s, .dir = { -1, -1 } };
	int r;

	rm.open = calloc(1, (size_t)s->count / 8 + 1);
	if (rm.open == NULL)
		return STORE_PARTIAL;
	for (uint32_t i = 0; i < s->count; i++) {
		if (marks[i / 8] & (1 << (i % 8))) {
			struct maildir_record rec = maildir_record_of(s, i);

			remove_message(&rm, i, rec.flags, rec.name);
		}
	}
	remove_open(&rm);
	r = make_durable(&rm);
	free(rm.open);
	if (rm.failed)
		return STORE_PARTIAL;
	return r == 0 ? STORE_OK : STORE_UNKNOWN;
}
