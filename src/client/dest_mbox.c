/* SPDX-License-Identifier: ISC
 *
 * dest_mbox: mail into an mbox file (mboxrd, LF).  Owns the drafts and
 * journals of a batch; the mbox itself belongs to many, and is touched under
 * its locks alone.
 *
 * The order of the writes; each is durable before the next, but 7:
 *  1. A draft in the spool holds exactly what will be appended: From_ line,
 *     quoted message, an empty line.                         [draft.c]
 *  2. The drafts are fsynced, then the spool.                [dest_sync]
 *  3. The state records the intents: mbox, name of the draft, octets.
 *  4. The mbox is locked: NAME.lock, then fcntl.  Its size is known now.
 *  5. A journal in the spool says which draft will stand where, in which file
 *     (device, inode), and how long that was before; file and spool are
 *     fsynced.
 *  6. The messages are appended, and the mbox is fsynced.  When anything
 *     fails it is cut to its old length, that is fsynced, the journal
 *     removed, and nothing was delivered.  When that fails too nobody knows:
 *     DEST_UNKNOWN, journal and drafts stay for recovery.
 *  7. The journal is marked: all of it was durable.  (Not fsynced itself.)
 *  8. The locks end.
 *  9. The state records the deliveries.
 * 10. Journal and drafts are removed.                        [draft_done]
 *
 * Stopped between 3 and 10, recovery (mbox_recover.c) goes by the journal:
 * none: it was never appended, so it is now.  Marked: it was.  Else under the
 * locks: whole at its place: it was.  A part of the batch at the end of the
 * mbox: that part is cut off, then it is appended.  Nothing there: it is
 * appended.  Other octets there: somebody has changed the mbox since; the
 * message is searched for at all From_ lines, and when it is not found,
 * appended, with a note: rather twice than never.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"
#include "client/mbox_private.h"
#include "sys/os.h"

/* what the drafts of one dest_show share, until the last of them ends */
struct mbox_batch {
	size_t users;
	bool left;			/* recovery will need the journal */
	char journal[DRAFT_NAME_MAX];	/* "": there is none */
};

static int
mbox_open(struct dest *d, const struct conf_dest *conf,
    struct dest_error *error_r)
{
	(void)conf;
	d->form = DRAFT_MBOX;
	if (mbox_check(d->path, error_r) != 0)
		return -1;
	d->drafts = dest_open_spool(d->world, error_r);
	return d->drafts < 0 ? -1 : 0;
}

/* ---- a draft ------------------------------------------------------------- */

/* As asctime(3), in English whatever the locale. */
static bool
date_text(char out[32], int64_t now)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t t = (time_t)now;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return false;
	return !text_format(out, 32, "%.3s %.3s %2d %02d:%02d:%02d %d",
	    days + 3 * tm.tm_wday, months + 3 * tm.tm_mon, tm.tm_mday,
	    tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
}

/* RFC 4155: the envelope sender, and when it came, in UTC. */
static int
mbox_header(struct draft *dr, struct pop_span header,
    struct dest_error *error_r)
{
	char line[DRAFT_SENDER_MAX + 64], date[32];

	(void)header;
	if (!date_text(date, dest_now()) || text_format(line, sizeof(line),
	    "From %s %s\n", dr->sender[0] != '\0' ? dr->sender :
	    "MAILER-DAEMON", date))
		return dest_fail(error_r, FAULT_DISK, "%s: no date",
		    dr->dest->text);
	return draft_prefix(dr, span_str(line), error_r);
}

/* behind the kind's name: mbox, draft, its octets */
static int
mbox_ticket(struct draft *dr, struct buf *out)
{
	char octets[24];

	(void)text_format(octets, sizeof(octets), "%" PRIu64, dr->octets);
	if (dest_put_field(out, dr->dest->path) != 0 ||
	    dest_put_field(out, dr->name) != 0)
		return -1;
	return dest_put_field(out, octets);
}

static void
mbox_forget(struct draft *dr, bool left)
{
	struct mbox_batch *b = dr->own;

	dr->own = NULL;
	if (b == NULL)
		return;
	b->left |= left;
	if (--b->users > 0)
		return;
	/* what cannot be removed now is swept by a later run */
	if (!b->left && b->journal[0] != '\0')
		dest_remove(dr->dest->drafts, b->journal);
	free(b);
}

/* ---- showing ------------------------------------------------------------- */

static int
show_fail(struct dest *d, struct dest_error *error_r)
{
	return dest_fail_errno(error_r, errno, "%s: cannot append messages",
	    d->text);
}

static int
make_place(struct mbox_place *p, const struct mbox_file *m, int spool,
    const struct dest_world *world, struct draft **drafts, size_t n)
{
	int ends = mbox_missing_ends(m);

	mbox_place_init(p, m, ends > 0 ? (uint64_t)ends : 0);
	if (ends < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (mbox_place_add(p, drafts[i]->name,
		    drafts[i]->octets) != 0)
			return -1;
	return mbox_place_write(p, spool, world);
}

/* steps 5 to 7 */
static enum dest_outcome
append_batch(struct dest *d, const struct mbox_file *m, struct draft **drafts,
    size_t n, struct mbox_batch *b, struct dest_error *error_r)
{
	enum dest_outcome r = DEST_DELIVERED;
	struct mbox_place place;
	bool clean;

	if (make_place(&place, m, d->drafts, d->world, drafts, n) != 0) {
		(void)show_fail(d, error_r);
		mbox_place_free(&place);
		return DEST_TEMPORARY;
	}
	memcpy(b->journal, place.file, sizeof(b->journal));
	if (mbox_append(m, &place, d->drafts, &clean) == 0) {
		mbox_place_done(&place, d->drafts);
	} else {
		(void)show_fail(d, error_r);
		r = clean ? DEST_TEMPORARY : DEST_UNKNOWN;
	}
	mbox_place_free(&place);
	return r;
}

static int
mbox_show(struct dest *d, struct draft **drafts, size_t n,
    enum dest_outcome *outcomes, struct dest_error *error_r)
{
	struct mbox_batch *b = calloc(1, sizeof(*b));
	enum dest_outcome r = DEST_TEMPORARY;
	struct mbox_file m;

	if (b == NULL) {
		errno = ENOMEM;
		(void)show_fail(d, error_r);
	} else if (mbox_lock(&m, d->path, d->world, error_r) == 0) {
		r = append_batch(d, &m, drafts, n, b, error_r);
		mbox_unlock(&m);
	}
	for (size_t i = 0; i < n; i++) {
		outcomes[i] = r;
		/* of an earlier try that failed */
		mbox_forget(drafts[i], false);
		drafts[i]->own = b;
	}
	if (b != NULL)
		b->users = n;
	/* the drafts have it: NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	return r == DEST_DELIVERED ? 0 : -1;
}

static void
mbox_sweep(struct dest *d)
{
	mbox_lock_sweep(d->path, d->world);
}

const struct dest_kind dest_mbox = {
	.name = "mbox",
	.local = true,
	.peeks = true,
	.open = mbox_open,
	.header = mbox_header,
	.ticket = mbox_ticket,
	.show = mbox_show,
	.forget = mbox_forget,
	.recover = mbox_recover,
	.sweep = mbox_sweep,
};
