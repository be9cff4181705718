/* SPDX-License-Identifier: ISC
 *
 * dest_run: a client's batch, its recovery and its check.
 */
#include "dest_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run_memory *run_memory;
struct fix run_fix;
bool run_large;
void (*run_tell)(void);

static void
tell(void)
{
	if (run_tell != NULL)
		run_tell();
}

/* ---- the client ---------------------------------------------------------- */

static void
record_intents(struct draft **drafts)
{
	for (unsigned i = 0; i < FIX_MESSAGES; i++) {
		struct pop_span t;

		if (drafts[i] == NULL)
			continue;
		t = draft_ticket(drafts[i]);
		if (t.n == 0 || t.n > STATE_TICKET_MAX)
			abort();
		memcpy(run_memory->ticket[i], t.p, t.n);
		run_memory->ticket_n[i] = t.n;
		run_memory->intent[i] = true;
	}
	tell();
}

/* what becomes of each, as in batch.c */
static void
record_outcomes(struct draft **drafts, unsigned *which,
    const enum dest_outcome *outcomes, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		unsigned i = which[k];

		run_memory->delivered[i] = outcomes[k] == DEST_DELIVERED;
		if (outcomes[k] != DEST_UNKNOWN)
			run_memory->intent[i] = false;
	}
	tell();
	for (unsigned k = 0; k < n; k++) {
		if (outcomes[k] == DEST_DELIVERED)
			draft_done(drafts[k]);
		else if (outcomes[k] == DEST_UNKNOWN)
			draft_leave(drafts[k]);
		else
			draft_abort(drafts[k]);
	}
}

/* NULL where a call failed; nothing of it is recorded then */
static struct draft *
stage(struct dest *d, unsigned i)
{
	struct dest_error error = { .fault = FAULT_NONE };
	struct draft *dr;

	if (run_memory->delivered[i])
		return NULL;
	dr = fix_stage(d, fix_message(i, run_large),
	    run_large ? 40000 : 30, &error);
	if (dr == NULL && error.text[0] == '\0')
		abort();
	return dr;
}

void
run_batch(void)
{
	enum dest_outcome outcomes[FIX_MESSAGES];
	struct draft *drafts[FIX_MESSAGES], *some[FIX_MESSAGES];
	struct dest_error error = { .fault = FAULT_NONE };
	unsigned which[FIX_MESSAGES], n = 0;
	struct dest *d = dest_open(&run_fix.conf, &run_fix.world, &error);

	if (d == NULL) {
		if (error.text[0] == '\0')
			abort();
		return;
	}
	for (unsigned i = 0; i < FIX_MESSAGES; i++) {
		drafts[i] = stage(d, i);
		if (drafts[i] == NULL)
			continue;
		which[n] = i;
		some[n++] = drafts[i];
	}
	if (dest_sync(d, some, n, &error) != 0) {
		for (unsigned k = 0; k < n; k++)
			draft_abort(some[k]);
	} else {
		record_intents(drafts);
		if (dest_show(d, some, n, outcomes, &error) != 0 &&
		    error.text[0] == '\0')
			abort();
		record_outcomes(some, which, outcomes, n);
	}
	dest_close(d);
}

/* What an intent is left of. */
void
run_recover(void)
{
	struct dest_error error;

	for (unsigned i = 0; i < FIX_MESSAGES; i++) {
		enum dest_outcome r;

		if (!run_memory->intent[i])
			continue;
		r = dest_recover(&run_fix.world,
		    span_of(run_memory->ticket[i], run_memory->ticket_n[i]),
		    dest_now(), &error);
		if (r == DEST_TEMPORARY && error.text[0] == '\0')
			abort();
		if (r == DEST_TEMPORARY)
			continue;
		run_memory->delivered[i] = r == DEST_DELIVERED;
		run_memory->intent[i] = false;
	}
}

bool
run_open_intents(void)
{
	const bool *intent = run_memory->intent;

	return intent[0] || intent[1] || intent[2];
}

static void
sweep(void)
{
	struct dest_error error;
	struct dest *d;

	if (run_open_intents())
		return;
	d = dest_open(&run_fix.conf, &run_fix.world, &error);
	if (d != NULL)
		dest_sweep(d);
	dest_close(d);
}

/* ---- before and afterwards ----------------------------------------------- */

void
run_prepare(enum conf_dest_kind kind)
{
	memset(run_memory, 0, sizeof(*run_memory));
	fix_clear(&run_fix);
	fix_use(&run_fix, kind);
	if (kind == CONF_DEST_MBOX)
		fix_older(&run_fix);
}

/* At any time: nothing half, nothing twice, and what is recorded is there. */
static const char *
check_now(bool healed)
{
	unsigned seen[FIX_MESSAGES];
	const char *wrong = fix_seen(&run_fix, run_large, seen);

	/* a part may be at the end of an mbox until recovery cut it off */
	if (wrong != NULL && !healed && run_open_intents())
		return NULL;
	for (unsigned i = 0; i < FIX_MESSAGES && wrong == NULL; i++) {
		if (seen[i] > 1)
			wrong = "a message is there twice";
		else if (run_memory->delivered[i] && seen[i] == 0)
			wrong = "a message is lost";
		else if (!run_memory->delivered[i] && !run_memory->intent[i] &&
		    seen[i] != 0)
			wrong = "a message is there that will come again";
	}
	return wrong;
}

/* another run: recovery, sweep, what is still missing */
const char *
run_check_next(void)
{
	const char *wrong = check_now(false);

	draft_name_new_run();
	run_recover();
	if (wrong == NULL && run_open_intents())
		wrong = "recovery does not come to an end";
	if (wrong == NULL)
		wrong = check_now(true);
	sweep();
	if (wrong == NULL && fix_left(&run_fix) != 0)
		wrong = "files are left";
	run_batch();
	if (wrong == NULL)
		wrong = check_now(true);
	for (unsigned i = 0; i < FIX_MESSAGES && wrong == NULL; i++)
		if (!run_memory->delivered[i])
			wrong = "the next run does not work";
	if (wrong == NULL && fix_left(&run_fix) != 0)
		wrong = "the next run leaves files";
	return wrong;
}
