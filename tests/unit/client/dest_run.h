/* SPDX-License-Identifier: ISC
 *
 * dest_run: what a client does with a batch of three messages, what it keeps in
 * its state meanwhile, and what must be true whenever it is stopped.  For the
 * tests that kill it, fail its calls and cut its power.
 */
#ifndef RESTANTE_TESTS_CLIENT_DEST_RUN_H
#define RESTANTE_TESTS_CLIENT_DEST_RUN_H

#include "dest_fixture.h"

/* What the state would hold. */
struct run_memory {
	bool intent[FIX_MESSAGES], delivered[FIX_MESSAGES];
	unsigned char ticket[FIX_MESSAGES][STATE_TICKET_MAX];
	size_t ticket_n[FIX_MESSAGES];
	unsigned calls;			/* of what came to its end */
};

extern struct run_memory *run_memory;	/* may be shared with children */
extern struct fix run_fix;
extern bool run_large;			/* the second message is */
extern void (*run_tell)(void);		/* something was committed; or NULL */

/* empty places, an empty state; an older message in an mbox */
void run_prepare(enum conf_dest_kind kind);
/* what is not delivered yet: staged, synced, recorded, shown, recorded */
void run_batch(void);
/* what an intent is left of */
void run_recover(void);
bool run_open_intents(void);
/* Another run: recovery, sweep, what is missing.  NULL, or what is wrong. */
const char *run_check_next(void);

#endif
