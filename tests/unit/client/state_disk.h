/* SPDX-License-Identifier: ISC
 *
 * state_disk: a disk that fails, and one whose power goes.  The system calls
 * by which SQLite and the state use files pass through here: any of them can be
 * made to fail; all are recorded, so that the disk can be had as it might be
 * after a power cut between any two of them.
 */
#ifndef TESTS_UNIT_CLIENT_STATE_DISK_H
#define TESTS_UNIT_CLIENT_STATE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disk_call {
	DISK_OPEN, DISK_READ, DISK_WRITE, DISK_TRUNCATE, DISK_SYNC,
	DISK_UNLINK, DISK_MAP, DISK_LOCK, DISK_MKDIR, DISK_CALLS
};

/* Watches files in this directory and below, which must be empty; NULL: none
 * any more. Forgets what was recorded. */
void disk_watch(const char *dir);

/* ---- failing ---- */

/* The call number `at` (from 1) of those in `calls` (bits by 1 << DISK_OPEN and
 * so on) fails with `error`; with `lasting`, all after it, too. 0: none. */
void disk_fail(unsigned calls, uint64_t at, int error, bool lasting);
/* has any failed since? */
bool disk_failed(void);
/* calls seen since disk_watch or disk_fail */
uint64_t disk_count(enum disk_call call);

/* ---- power ---- */

void disk_record(bool on);
/* `value` is what had happened when the record was this long */
void disk_note(int value);
size_t disk_length(void);
/* the last disk_note at or before `at`; -1: none */
int disk_noted(size_t at);

enum disk_cut {
	DISK_CUT_SYNCED,	/* only what was synced is there */
	DISK_CUT_ALL,		/* all of it, as if only the process had died */
	DISK_CUT_SOME		/* of the rest some writes, some in part */
};
/* Makes the files in `dir`, as they are after the first `at` calls. */
void disk_restore(size_t at, enum disk_cut cut, uint64_t seed,
    const char *dir);

#endif
