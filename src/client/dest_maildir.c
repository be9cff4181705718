/* SPDX-License-Identifier: ISC
 *
 * dest_maildir: mail into a Maildir.  Owns three open directories; must not
 * leave anything in new/ that is not a whole, durable message.
 *
 * The order of the writes; what the state does stands in batch.c:
 *  1. tmp/NAME is made (O_EXCL) and written; the disk begins.   [draft.c]
 *  2. Each draft is fsynced, then tmp/ once.                    [dest_sync]
 *  3. The state records the intents: Maildir, NAME, NAME,S=n.
 *  4. Each is renamed to new/NAME,S=n, never replacing anything.
 *  5. new/ is fsynced once; then they are delivered.
 *  6. The state records the deliveries.
 *
 * Stopped between 3 and 6: a draft that is still in tmp/ was not seen by
 * anybody and is shown then.  One that is not there was renamed: a file system
 * renames whole or not at all (all journalling ones do, over a power cut
 * too), and a mail reader may have moved it anywhere since.  After 30 hours
 * that is no proof any more, for readers clean tmp/ of what is older than 36:
 * then it must be found in new/ or cur/, or is fetched again.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "client/dest_private.h"
#include "sys/os.h"

enum { TMP_TRUSTED_S = 30 * 3600 };

struct maildir_dirs {
	int tmp, new;
};

/* ---- the directories ----------------------------------------------------- */

static int
is_entry(void *arg, const char *name)
{
	bool *found = arg;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	*found = true;
	return 1;
}

/* Missing parts are made in a directory that is empty, or has others of
 * them: one that holds something else was not meant. */
static int
make_parts(int dir, const char *path, struct dest_error *error_r)
{
	static const char *const parts[] = { "tmp", "new", "cur" };
	bool missing[3], any = false, all = true, made = false, other = false;
	struct stat st;

	for (size_t i = 0; i < 3; i++) {
		missing[i] = os_fstatat(dir, parts[i], &st) != 0;
		if (missing[i] && errno != ENOENT)
			return dest_fail_errno(error_r, errno,
			    "cannot look at %.300s/%s", path, parts[i]);
		any |= missing[i];
		all &= missing[i];
	}
	if (!any)
		return 0;
	if (all && (dest_each_name(dir, is_entry, &other) != 0 || other))
		return dest_fail(error_r, FAULT_DEST, "%.300s is a directory, "
		    "but no Maildir: it has no tmp, new and cur, and is not "
		    "empty", path);
	for (size_t i = 0; i < 3; i++) {
		if (!missing[i])
			continue;
		if (os_mkdirat(dir, parts[i], 0700) != 0 && errno != EEXIST)
			return dest_fail_errno(error_r, errno,
			    "cannot make %.300s/%s", path, parts[i]);
		made = true;
	}
	if (made && os_fsync(dir) != 0)
		return dest_fail_errno(error_r, errno, "cannot make %.300s",
		    path);
	return 0;
}

static int
open_part(int dir, const char *path, const char *part,
    struct dest_error *error_r)
{
	char full[DEST_PATH_MAX + 8];

	if (text_format(full, sizeof(full), "%s/%s", path, part))
		return dest_fail(error_r, FAULT_DEST, "%.200s: too long",
		    path);
	return dest_open_dir(dir, part, full, error_r);
}

/* The Maildir itself, made when that is wanted. -1 with errno. */
static int
open_top(const char *path, bool make, struct dest_error *error_r)
{
	const char *name;
	int parent = dest_open_parent(path, &name, error_r), dir, err;

	if (parent < 0)
		return -1;
	dir = dest_open_dir(parent, name, path, error_r);
	if (dir < 0 && errno == ENOENT && make) {
		if (os_mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
			(void)dest_fail_errno(error_r, errno, "cannot make "
			    "the Maildir %.300s", path);
		else if (os_fsync(parent) != 0)
			(void)dest_fail_errno(error_r, errno, "cannot make "
			    "the Maildir %.300s", path);
		else
			dir = dest_open_dir(parent, name, path, error_r);
	}
	err = errno;
	(void)os_close(parent);
	errno = err;
	return dir;
}

static void
dirs_close(struct maildir_dirs *dirs)
{
	if (dirs->tmp >= 0)
		(void)os_close(dirs->tmp);
	if (dirs->new >= 0)
		(void)os_close(dirs->new);
}

/* *cur_r may be NULL */
static int
dirs_open(struct maildir_dirs *dirs, const char *path, bool make, int *cur_r,
    struct dest_error *error_r)
{
	int top = open_top(path, make, error_r), r = -1, err = errno;

	*dirs = (struct maildir_dirs){ -1, -1 };
	if (cur_r != NULL)
		*cur_r = -1;
	if (top >= 0 && (!make || make_parts(top, path, error_r) == 0)) {
		dirs->tmp = open_part(top, path, "tmp", error_r);
		if (dirs->tmp >= 0)
			dirs->new = open_part(top, path, "new", error_r);
		if (dirs->new >= 0 && cur_r != NULL)
			*cur_r = open_part(top, path, "cur", error_r);
		r = dirs->new < 0 || (cur_r != NULL && *cur_r < 0) ? -1 : 0;
		err = errno;
	}
	if (top >= 0)
		(void)os_close(top);
	if (r != 0)
		dirs_close(dirs);
	errno = err;
	return r;
}

static int
maildir_open(struct dest *d, const struct conf_dest *conf,
    struct dest_error *error_r)
{
	const struct account_conf *account = d->world->account;
	struct maildir_dirs *dirs = malloc(sizeof(*dirs));

	(void)conf;
	if (dirs == NULL)
		return dest_fail_errno(error_r, ENOMEM, "%s", d->text);
	if (dirs_open(dirs, d->path, true, NULL, error_r) != 0) {
		free(dirs);
		return -1;
	}
	d->own = dirs;
	d->drafts = dirs->tmp;
	d->form = account->line_ends == ACCOUNT_LINES_CRLF ? DRAFT_WIRE :
	    DRAFT_LF;
	return 0;
}

static void
maildir_close(struct dest *d)
{
	struct maildir_dirs *dirs = d->own;

	if (dirs != NULL)
		(void)os_close(dirs->new);
	free(dirs);
}

/* ---- showing ------------------------------------------------------------- */

static bool
final_name(char out[DRAFT_NAME_MAX], const char *name, uint64_t octets)
{
	return !text_format(out, DRAFT_NAME_MAX, "%s,S=%" PRIu64, name,
	    octets);
}

/* behind the kind's name: Maildir, name in tmp/, name in new/ */
static int
maildir_ticket(struct draft *dr, struct buf *out)
{
	char name[DRAFT_NAME_MAX];

	if (!final_name(name, dr->name, dr->octets) ||
	    dest_put_field(out, dr->dest->path) != 0 ||
	    dest_put_field(out, dr->name) != 0)
		return -1;
	return dest_put_field(out, name);
}

/* A rename that failed and did it nevertheless (network file systems): then
 * nobody can say, and recovery looks. */
static enum dest_outcome
after_failed_rename(const struct maildir_dirs *dirs, const char *name)
{
	struct stat st;

	if (os_fstatat(dirs->tmp, name, &st) == 0)
		return DEST_TEMPORARY;
	return DEST_UNKNOWN;
}

static int
maildir_show(struct dest *d, struct draft **drafts, size_t n,
    enum dest_outcome *outcomes, struct dest_error *error_r)
{
	const struct maildir_dirs *dirs = d->own;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		struct draft *dr = drafts[i];
		char name[DRAFT_NAME_MAX];

		outcomes[i] = DEST_DELIVERED;
		if (final_name(name, dr->name, dr->octets) &&
		    os_rename_noreplace(dirs->tmp, dr->name, dirs->new,
		    name) == 0) {
			dr->state = DRAFT_SHOWN;
			continue;
		}
		r = dest_fail_errno(error_r, errno, "%s: cannot put a message "
		    "into new/", d->text);
		outcomes[i] = after_failed_rename(dirs, dr->name);
	}
	if (os_fsync(dirs->new) == 0)
		return r;
	r = dest_fail_errno(error_r, errno, "%s: cannot make sure that "
	    "messages are stored", d->text);
	for (size_t i = 0; i < n; i++)
		if (outcomes[i] == DEST_DELIVERED)
			outcomes[i] = DEST_UNKNOWN;
	return r;
}

/* ---- recovery ------------------------------------------------------------ */

struct find {
	const char *name;	/* in tmp/, the part that never changes */
	bool found;
};

static int
find_name(void *arg, const char *name)
{
	struct find *f = arg;
	size_t n = strlen(f->name);

	f->found = strncmp(name, f->name, n) == 0 &&
	    (name[n] == ',' || name[n] == ':' || name[n] == '\0');
	return f->found;
}

/* 1 found in new/ or cur/, 0 not there, -1 with errno. Twice, as a reader may
 * move it from one to the other while we look. */
static int
look_for(const struct maildir_dirs *dirs, int cur, const char *name)
{
	const int where[] = { dirs->new, cur, dirs->new, cur };
	struct find f = { name, false };

	for (size_t i = 0; i < 4 && !f.found; i++)
		if (dest_each_name(where[i], find_name, &f) != 0)
			return -1;
	return f.found;
}

/* still in tmp/: shown now, unless another name says that it was */
static int
show_late(const struct maildir_dirs *dirs, const char *name,
    const char *final, const struct stat *st)
{
	struct stat other;
	bool shown = st->st_nlink > 1;

	if (!shown) {
		if (os_rename_noreplace(dirs->tmp, name, dirs->new,
		    final) == 0)
			return 0;
		shown = errno == EEXIST &&
		    os_fstatat(dirs->new, final, &other) == 0 &&
		    other.st_ino == st->st_ino;
		if (!shown)
			return -1;
	}
	/* link and unlink on a file system that cannot rename so */
	dest_remove(dirs->tmp, name);
	return 0;
}

static enum dest_outcome
recover_in(const struct maildir_dirs *dirs, int cur, const char *const f[3],
    int64_t made, struct dest_error *error_r)
{
	struct stat st;

	if (os_fstatat(dirs->tmp, f[1], &st) == 0) {
		if (show_late(dirs, f[1], f[2], &st) == 0 &&
		    os_fsync(dirs->new) == 0)
			return DEST_DELIVERED;
	} else if (errno == ENOENT) {
		int found = look_for(dirs, cur, f[1]);

		if (found == 0 && dest_now() - made > TMP_TRUSTED_S)
			return DEST_REFUSED;
		if (found >= 0 && os_fsync(dirs->new) == 0)
			return DEST_DELIVERED;
	}
	(void)dest_fail_errno(error_r, errno, "maildir:%.300s: cannot finish "
	    "a delivery that was interrupted", f[0]);
	return DEST_TEMPORARY;
}

static enum dest_outcome
maildir_recover(const struct dest_world *world, struct pop_span ticket,
    int64_t made, struct dest_error *error_r)
{
	struct maildir_dirs dirs;
	enum dest_outcome r;
	const char *f[3];
	int cur;

	(void)world;
	for (size_t i = 0; i < 3; i++) {
		f[i] = dest_field(&ticket);
		/* a path, and two names */
		if (f[i] == NULL || f[i][0] == '\0' ||
		    (i == 0) != (strchr(f[i], '/') != NULL)) {
			(void)dest_fail(error_r, FAULT_DEST, "a delivery "
			    "that was interrupted cannot be understood; the "
			    "message is fetched again");
			return DEST_REFUSED;
		}
	}
	if (dirs_open(&dirs, f[0], false, &cur, error_r) != 0)
		/* it may be on a disk that is not there today; after that
		 * time it may as well have been removed */
		return errno == ENOENT && dest_now() - made > TMP_TRUSTED_S ?
		    DEST_REFUSED : DEST_TEMPORARY;
	r = recover_in(&dirs, cur, f, made, error_r);
	(void)os_close(cur);
	dirs_close(&dirs);
	return r;
}

const struct dest_kind dest_maildir = {
	.name = "maildir",
	.local = true,
	.open = maildir_open,
	.close = maildir_close,
	.ticket = maildir_ticket,
	.show = maildir_show,
	.recover = maildir_recover,
};
