/* SPDX-License-Identifier: ISC
 *
 * office: maildrops with known contents, and what must be true of them after
 * whatever has happened (threats P1-P8, P10).  What is done to them stands in
 * scenarios.h.
 */
#ifndef RESTANTE_TESTS_FAULT_OFFICE_H
#define RESTANTE_TESTS_FAULT_OFFICE_H

#include <stdbool.h>

#include "store/store.h"

enum fate {
	FATE_MUST,	/* there, whole, once */
	FATE_MAY,	/* there, whole, once, or not at all */
	FATE_NOT	/* not there */
};

enum {
	OFFICE_ITEMS = 14,	/* all messages there are, old and new */
	OFFICE_DROPS = 5,
	OFFICE_UIDL = 71
};

/* what stands in every new message, behind a line "X: 0" and so on */
#define OFFICE_TEXT "Subject: new\n\n.one\ntwo\r\n..three, longer than others"

struct office_run {
	char *root;
	struct store *st;
	enum fate fate[OFFICE_ITEMS];
	/* "": not known yet; a message must keep the one it has */
	char uidl[OFFICE_ITEMS][OFFICE_UIDL];
	enum store_result r;	/* the worst that came out */
	bool unreadable;	/* some messages may not be listed */
	bool crowded;		/* others add and remove messages */
	/* tells somebody else of a change of fate; may be NULL */
	void (*tell)(void *arg, unsigned item, enum fate fate);
	void *arg;
};

extern const char *const office_drops[OFFICE_DROPS];

/* Makes a directory with the maildrops, sets all fates. */
void office_prepare(struct office_run *run);
/* The same without the maildrops. */
void office_prepare_empty(struct office_run *run);
void office_start(struct office_run *run);
void office_stop(struct office_run *run);
/* Removes the directory. */
void office_clear(struct office_run *run);

void office_set_fate(struct office_run *run, unsigned item, enum fate fate);
/* The message that the i-th recipient of a delivery gets in this maildrop;
 * aborts when there is none. */
unsigned office_item_for(const char *drop, unsigned i);
/* Which one the text is; -1: none, so a part of one or rubbish. */
int office_item_of(const char *drop, const char *text, size_t n);
/* The old messages are 0 to n - 1. */
unsigned office_old(void);

/*
 * NULL, or what is wrong (static text).  Opens all maildrops: each message
 * whole, of the size and with the unique-id it had, present as its fate says.
 * Then delivers to all, sees that this and nothing else came, and removes one
 * message of each, and sees that this and nothing else went.
 */
const char *office_check(struct office_run *run);
/* The first half of it: what there is now must be there, what is not must not,
 * from now on.  For what happens after a crash. */
const char *office_settle(struct office_run *run);
/* files in all tmp/ together */
int office_tmp_files(const struct office_run *run);
/* Makes all files in tmp/, and new/ and cur/ themselves, look two days old:
 * the first are swept then, and the others read without a second look. */
void office_age(const struct office_run *run);

#endif
