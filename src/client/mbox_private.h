/* SPDX-License-Identifier: ISC
 *
 * mbox_private: the mbox file under its locks, and the journal that says where
 * in it a batch stands.  For dest_mbox.c and mbox_*.c alone; the order of all
 * writes is at the head of dest_mbox.c.
 */
#ifndef RESTANTE_CLIENT_MBOX_PRIVATE_H
#define RESTANTE_CLIENT_MBOX_PRIVATE_H

#include <sys/stat.h>

#include "client/dest_private.h"

/* ---- mbox_lock.c ---- */

struct mbox_file {
	const char *path;
	const char *name;	/* last component of path */
	int dir;
	int fd;			/* O_APPEND, under an fcntl lock */
	bool dotlock;		/* name.lock is ours */
	uint64_t size;		/* when it was locked */
	uint64_t dev, ino;
};

/* Opens it, made with mode 0600 when it is missing, and locks it: name.lock,
 * then fcntl; waits mbox_wait_ms at most. 0, or -1 with errno and *error_r.
 * `path` must outlive it. */
__attribute__((warn_unused_result))
int mbox_lock(struct mbox_file *m, const char *path,
    const struct dest_world *world, struct dest_error *error_r);
void mbox_unlock(struct mbox_file *m);
/* Could it be opened? Without locks; a missing one is fine. 0, or -1 and
 * *error_r */
__attribute__((warn_unused_result))
int mbox_check(const char *path, struct dest_error *error_r);
/* what earlier runs left beside the mbox */
void mbox_lock_sweep(const char *path, const struct dest_world *world);

/* ---- mbox_place.c: the journal ---- */

enum { MBOX_PLACE_MAX = 8 << 20 };

struct mbox_entry {
	const char *name;	/* of the draft, in the spool */
	uint64_t offset, octets;
};

/* where a batch stands, or shall stand, in an mbox */
struct mbox_place {
	char file[DRAFT_NAME_MAX];	/* in the spool */
	struct buf text;
	uint64_t dev, ino;
	uint64_t old;		/* octets of the mbox before it */
	uint64_t start;		/* of the first message: behind line ends
				 * that were missing */
	uint64_t end;		/* of the last one */
	bool done;		/* all of it was durable */
	size_t n;
	struct mbox_entry *entries;
};

/* Prepares one for a locked mbox: then add, then write. */
void mbox_place_init(struct mbox_place *p, const struct mbox_file *m,
    uint64_t line_ends);
/* `name` must outlive it. 0 or -1 with errno */
__attribute__((warn_unused_result))
int mbox_place_add(struct mbox_place *p, const char *name, uint64_t octets);
/* makes it a file of the spool, durable; 0, or -1 with errno and no file is
 * left unless that failed too */
__attribute__((warn_unused_result))
int mbox_place_write(struct mbox_place *p, int spool,
    const struct dest_world *world);
/* What it says is durable now. Only a help: errors are ignored. */
void mbox_place_done(const struct mbox_place *p, int spool);
/* 0, or -1 with errno; EBADMSG: it is not whole, so that nothing was appended
 * by it */
__attribute__((warn_unused_result))
int mbox_place_read(struct mbox_place *p, int spool, const char *file);
void mbox_place_free(struct mbox_place *p);

/* ---- mbox_append.c: octets ---- */

/* line ends that are missing at the end of the mbox: 0 to 2; -1 with errno */
__attribute__((warn_unused_result))
int mbox_missing_ends(const struct mbox_file *m);
/* Appends what the journal says, from the drafts in the spool, and makes it
 * durable. 0, or -1 with errno; *clean_r then: the mbox is as it was, for
 * sure. */
__attribute__((warn_unused_result))
int mbox_append(const struct mbox_file *m, const struct mbox_place *p,
    int spool, bool *clean_r);
/* Are n octets the same? With `holes`, a NUL in the mbox is like any octet
 * (a power cut leaves such where octets were not written).  1, 0, or -1 with
 * errno */
__attribute__((warn_unused_result))
int mbox_same(const struct mbox_file *m, uint64_t offset, int fd,
    uint64_t from, uint64_t n, bool holes);
/* Does the message of fd stand anywhere in the mbox, at a From_ line? */
__attribute__((warn_unused_result))
int mbox_find(const struct mbox_file *m, int fd, uint64_t octets);

/* ---- mbox_recover.c ---- */

enum dest_outcome mbox_recover(const struct dest_world *world,
    struct pop_span ticket, int64_t made, struct dest_error *error_r);

#endif
