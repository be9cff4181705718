/* SPDX-License-Identifier: ISC
 *
 * disk: what a disk may hold when the power goes.
 *
 * A tape records what passes the seam of os.h: entries made and removed in
 * directories, octets written, fsyncs, and what was acknowledged.  From any
 * beginning of it disks are made:
 *
 *   directories  ordered: a journal with ordered metadata.  The operations
 *                up to some point have reached the disk, the later ones have
 *                not; a rename is one operation.  Each point that leaves
 *                everything there that was fsynced.
 *                strict: what POSIX promises and no more.  Of the entries
 *                made or removed since their directory's last fsync any
 *                subset is there; the two halves of a rename are two.
 *   files        of what was written since the last fsync of the file: see
 *                enum disk_how.  When two files are unsure each has its own
 *                of these, when there are more they share one.
 *
 * Subsets of more than `exhaustive` entries are not tried one by one but:
 * none, all, each alone, all but one, each two, and SAMPLES more by chance
 * that is always the same.
 */
#ifndef RESTANTE_TESTS_FAULT_DISK_H
#define RESTANTE_TESTS_FAULT_DISK_H

#include <stdint.h>

#include "kernel.h"
#include "office.h"

enum {
	DISK_NODES = 192,
	DISK_SLOTS = 256,
	DISK_EVENTS = 768,
	DISK_NAME = 160,
	DISK_DATA = 160,
	DISK_SECTOR = 16	/* messages are small, so sectors are, too */
};

enum disk_how {
	DISK_DROPPED,		/* size and octets of the last fsync */
	DISK_KEPT,		/* all there */
	DISK_CUT,		/* up to the middle, to the octet */
	DISK_CUT_SECTOR,	/* up to the middle, whole sectors */
	DISK_ZEROS,		/* the size, and zeros */
	DISK_TAIL_ZEROS,	/* up to a middle sector, then zeros */
	DISK_HOLES,		/* every second sector, zeros between */
	DISK_GARBAGE,		/* the size, and what was on the disk before */
	DISK_HOWS
};

enum disk_mode { DISK_ORDERED, DISK_STRICT, DISK_MODES };

/* Which fsyncs count: the negative controls turn them off. */
enum disk_trust {
	DISK_TRUST_ALL,
	DISK_NO_FILE_SYNC,
	DISK_NO_DIR_SYNC,
	DISK_NO_PARENT_SYNC,	/* of directories that are not new or cur */
	DISK_LATE_FILE_SYNC	/* the file's fsync behind its rename */
};

struct disk_tape;

struct disk_tape *disk_tape_new(void);
void disk_tape_free(struct disk_tape *t);
/* Takes in what is below run->root, as if it had been synced, and records
 * from here on. One tape at a time. */
void disk_record(struct disk_tape *t, const struct office_run *run);
void disk_record_end(struct disk_tape *t);
/* to be run->tell, with the tape as its argument */
void disk_tell(void *tape, unsigned item, enum fate fate);
/* events recorded behind disk_record */
unsigned disk_tape_length(const struct disk_tape *t);
/* Plays tricks with the record, once. */
void disk_distrust(struct disk_tape *t, enum disk_trust trust);

struct disk_search {
	enum disk_mode mode;
	unsigned exhaustive;
	/* NULL: all of them */
	const enum disk_how *hows;
	unsigned hows_n;
	/* one of so many different disks is given out */
	unsigned sample;
	/* gives false to stop */
	bool (*found)(void *arg, const struct disk_tape *t,
	    const struct disk_search *s);
	void *arg;
	/* what came out */
	unsigned states;	/* looked at */
	unsigned different;	/* of them */
	unsigned given;		/* of these to found() */
	unsigned widest;	/* entries that were unsure at once */
	unsigned cut;		/* events before the power went */
	const enum fate *fate;	/* as of then */
};

/* All disks of all beginnings of the tape. */
void disk_search(struct disk_tape *t, struct disk_search *s);
/* Within found(): makes that disk below root, which is an empty directory. */
void disk_put(const struct disk_tape *t, const char *root);

#endif
