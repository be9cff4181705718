/* SPDX-License-Identifier: ISC
 *
 * maildir_parcel: one file on its way from tmp/ to new/ of one maildrop.
 * For maildir_deliver.c.
 */
#ifndef RESTANTE_STORE_MAILDIR_PARCEL_H
#define RESTANTE_STORE_MAILDIR_PARCEL_H

#include "store/maildir.h"

/* A temporary file on its way into new/ of one maildrop. */
struct parcel {
	const char *path;	/* of the maildrop */
	int fd;			/* -1: there is none */
	char unique[MAILDIR_UNIQUE_MAX];
	bool no_dots;		/* no line in it begins with a dot: to be set
				 * before it is shown */
};

/* what an errno means for a maildrop that is there: never NO_MAILDROP */
enum store_result parcel_failure(int err);

/* a directory of a maildrop, by its path beneath the root; -1 with errno */
int parcel_open_sub(const struct maildir *md, const char *path,
    const char *sub, int flags);

/* Makes tmp/unique, and the maildrop if that is missing. 0 or -1 with errno;
 * p->fd is -1 then */
__attribute__((warn_unused_result))
int parcel_create(const struct maildir *md, struct parcel *p,
    const char *path);
/* Removes the temporary file, if there is one, and keeps errno. */
void parcel_drop(const struct maildir *md, struct parcel *p);

/* Makes a durable file visible in new/, and that durable. On STORE_OK the
 * file is closed and there is nothing to drop. */
enum store_result parcel_show(const struct maildir *md, struct parcel *p,
    uint64_t disk, uint64_t wire);
/* Makes the file durable, then shows it. */
enum store_result parcel_post(const struct maildir *md, struct parcel *p,
    uint64_t disk, uint64_t wire);
/* Takes back what was shown: STORE_OK, or STORE_UNKNOWN when a reader has
 * it already. */
enum store_result parcel_hide(const struct maildir *md,
    const struct parcel *p, uint64_t disk, uint64_t wire);

#endif
