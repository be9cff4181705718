/* SPDX-License-Identifier: ISC
 *
 * users_edit: one change of the file of users, whole or not at all.
 *
 * The file is locked (flock on the file itself), its new text goes to a
 * temporary file beside it, with the same owner and mode, is made durable and
 * renamed over it.  All lines that are not changed stay as they are.
 */
#ifndef RESTANTE_ADMIN_USERS_EDIT_H
#define RESTANTE_ADMIN_USERS_EDIT_H

#include <sys/stat.h>

#include "admin/admin.h"
#include "base/buf.h"

struct users_edit {
	char *path;		/* without symbolic links */
	int fd;			/* locked */
	struct stat st;		/* when it was read */
	unsigned char *text;	/* as it was */
	size_t n;
	struct buf out;		/* as it shall be */
};

/* Waits for the lock and reads.  With `create` a missing file is made, empty.
 * A file with a broken line is refused: restanted would not read it.  0, or
 * -1 after an error message. */
__attribute__((warn_unused_result))
int users_edit_begin(struct users_edit *e, const struct admin_place *place,
    bool create);
/* Puts e->out in the file's place. 0, or -1 after an error message: then the
 * file is what it was. */
__attribute__((warn_unused_result))
int users_edit_commit(struct users_edit *e);
/* unlocks; after begin, whether it was committed or not */
void users_edit_end(struct users_edit *e);

/* Is there a user of this name (by ASCII case, too)? Then the name as the
 * file has it, to be freed. */
char *users_edit_find(const struct users_edit *e, const char *name);
/* The same question without a lock; NULL also for an unreadable file. */
char *users_find(const struct admin_place *place, const char *name);

/* Takes one line, with its LF, off *rest; true when it is exactly this
 * user's. */
bool users_edit_line(struct pop_span *rest, const char *name,
    struct pop_span *line_r);

/* Appends to e->out. 0, or -1 after an error message. */
__attribute__((warn_unused_result))
int users_edit_put(struct users_edit *e, struct pop_span text);
__attribute__((warn_unused_result))
int users_edit_put_str(struct users_edit *e, const char *text);

#endif
