/* SPDX-License-Identifier: ISC
 *
 * batch: how a message gets from the server to its destination exactly once.
 * This is the order of the writes; each is durable before the next begins.
 *
 *  1. The message has come whole (its final dot was seen) as a draft: a file
 *     that nobody takes for mail.
 *  2. All drafts of the batch are fsynced, and their directory.  [dest_sync]
 *  3. The state records an intent for each: who it is, where it goes, the
 *     ticket by which it is found again.  One commit.
 *  4. The drafts are shown: renamed into new/, appended to the mbox; that
 *     too is fsynced.  [dest_show]
 *  5. The state turns the intents into fetched messages.  One commit.
 *  6. DELE is sent.                                        [collect.c]
 *  7. QUIT is answered +OK, then the deletions are recorded. [errand.c]
 *
 * Stopped before 3: the draft is removed, the message is fetched again; nobody
 * has seen it.  Stopped between 3 and 5: recovery finds the draft and shows it,
 * or finds it gone, so it was shown.  Stopped after 5: it is known, and if the
 * server still lists it, it is not fetched again, only deleted again.
 *
 * A failure between 3 and 5 leaves intents and drafts as they are: recovery
 * sorts them out, as after a crash.  What was handed to a command or a mail
 * server enters at 5.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "client/batch.h"

struct entry *
entry_new(void)
{
	return calloc(1, sizeof(struct entry));
}

void
entry_free(struct entry *e)
{
	if (!e)
		return;
	if (e->draft)
		draft_abort(e->draft);
	free(e);
}

void
entry_set_uidl(struct entry *e, struct pop_span uidl)
{
	if (uidl.n > sizeof(e->uidl))
		uidl.n = sizeof(e->uidl);
	if (uidl.n > 0)
		memcpy(e->uidl, uidl.p, uidl.n);
	e->row.uidl = span_of(e->uidl, uidl.n);
}

void
batch_init(struct batch *b, struct state *state)
{
	memset(b, 0, sizeof(*b));
	b->state = state;
	b->last = &b->first;
}

void
batch_add(struct batch *b, struct entry *e)
{
	e->next = NULL;
	*b->last = e;
	b->last = &e->next;
	b->n++;
	b->octets += e->row.octets;
}

/* ---- steps --------------------------------------------------------------- */

static void
state_failed(struct batch *b)
{
	state_rollback(b->state);
	b->fault = FAULT_STATE;
	b->error.fault = FAULT_STATE;
	text_format(b->error.text, sizeof(b->error.text), "%s",
	    state_error(b->state));
}

/* A message without a UIDL is known by its content only now. */
static int
look_again(struct batch *b)
{
	for (struct entry *e = b->first; e; e = e->next) {
		struct state_row row = { 0 };
		int r;

		if (!e->by_content || (e->what != ENTRY_DELIVER &&
		    e->what != ENTRY_LOOK))
			continue;
		r = state_listing_row(b->state, e->row.uidl, &row);
		if (r < 0)
			return -1;
		e->row.nth = row.nth > 0 ? row.nth : 1;
		/* one that failed may be tried again, but not before its
		 * time: the message of an open intent looks like that */
		if (r == 0 || (row.kind == STATE_FAILED &&
		    row.not_before <= e->row.first_seen))
			continue;
		e->duplicate = true;
		e->row.id = row.id;
	}
	return 0;
}

static bool
wants_delivery(const struct entry *e)
{
	return e->what == ENTRY_DELIVER && !e->duplicate && !e->shown &&
	    e->draft && e->outcome == DEST_DELIVERED;
}

/* Those of one destination that are still to be shown, in order. */
static size_t
group(const struct batch *b, const struct dest *d, struct draft **drafts,
    struct entry **entries)
{
	size_t n = 0;

	for (struct entry *e = b->first; e; e = e->next)
		if (wants_delivery(e) && e->dest == d) {
			drafts[n] = e->draft;
			entries[n++] = e;
		}
	return n;
}

static bool
is_first_of_its_dest(const struct batch *b, const struct entry *entry)
{
	if (!wants_delivery(entry))
		return false;
	for (const struct entry *e = b->first; e != entry; e = e->next)
		if (wants_delivery(e) && e->dest == entry->dest)
			return false;
	return true;
}

struct groups {
	struct draft **drafts;
	struct entry **entries;
	enum dest_outcome *outcomes;
};

/* step 2; a destination that fails takes its own messages out */
static void
sync_all(struct batch *b, const struct groups *g)
{
	for (struct entry *e = b->first; e; e = e->next) {
		size_t n;

		if (!is_first_of_its_dest(b, e))
			continue;
		n = group(b, e->dest, g->drafts, g->entries);
		if (dest_sync(e->dest, g->drafts, n, &b->error) == 0)
			continue;
		b->fault = b->error.fault;
		for (size_t i = 0; i < n; i++)
			g->entries[i]->outcome = DEST_TEMPORARY;
	}
}

/* step 3 */
static int
put_intents(struct batch *b)
{
	int64_t now = (int64_t)time(NULL);
	bool begun = false;

	for (struct entry *e = b->first; e; e = e->next) {
		if (!wants_delivery(e))
			continue;
		if (!begun && state_begin(b->state) != 0)
			return -1;
		begun = true;
		if (state_put_intent(b->state, &e->row, dest_text(e->dest),
		    draft_ticket(e->draft), now, &e->intent) != 0)
			return -1;
	}
	return begun ? state_commit(b->state) : 0;
}

/* step 4 */
static void
show_all(struct batch *b, const struct groups *g)
{
	for (struct entry *e = b->first; e; e = e->next) {
		size_t n;

		if (e->intent == 0 || !is_first_of_its_dest(b, e))
			continue;
		n = group(b, e->dest, g->drafts, g->entries);
		memset(g->outcomes, 0, n * sizeof(*g->outcomes));
		if (dest_show(e->dest, g->drafts, n, g->outcomes,
		    &b->error) != 0)
			b->fault = b->error.fault;
		for (size_t i = 0; i < n; i++) {
			g->entries[i]->outcome = g->outcomes[i];
			g->entries[i]->shown =
			    g->outcomes[i] == DEST_DELIVERED;
		}
	}
}

/* step 5, and whatever else is to be written */
static int
record(struct batch *b, struct entry *e)
{
	int64_t id = e->row.id;

	if (e->duplicate)
		return 0;
	if (e->what == ENTRY_ADOPT)
		return state_adopt(b->state, id, e->row.uidl, e->row.nth,
		    e->row.announced);
	if (e->what == ENTRY_RECORD || e->what == ENTRY_DELIVERED)
		return e->outcome == DEST_DELIVERED ?
		    state_put(b->state, &e->row) : 0;
	if (e->intent == 0)
		return 0;
	/* UNKNOWN stays an intent: recovery looks */
	if (e->outcome == DEST_UNKNOWN)
		return 0;
	if (!e->shown)
		return state_drop_intent(b->state, e->intent);
	if (state_put_delivered(b->state, e->intent, &id) != 0)
		return -1;
	e->row.id = id;
	return 0;
}

static int
record_all(struct batch *b)
{
	if (state_begin(b->state) != 0)
		return -1;
	for (struct entry *e = b->first; e; e = e->next)
		if (record(b, e) != 0)
			return -1;
	return state_commit(b->state);
}

static void
all_safe(struct batch *b)
{
	for (struct entry *e = b->first; e; e = e->next) {
		e->safe = e->duplicate || e->outcome == DEST_DELIVERED;
		if (e->shown) {
			draft_done(e->draft);
			e->draft = NULL;
		} else if (e->intent != 0 && e->outcome == DEST_UNKNOWN) {
			draft_leave(e->draft);
			e->draft = NULL;
		}
	}
}

/* The intents may stand, even after a commit that failed: one whose fsync
 * failed may be found in the file later.  So the drafts are not touched any
 * more: recovery will show them, or sweep them away. */
static void
leave_drafts(struct batch *b)
{
	for (struct entry *e = b->first; e; e = e->next) {
		e->safe = false;
		if (e->intent != 0 && e->draft) {
			draft_leave(e->draft);
			e->draft = NULL;
		}
	}
}

void
batch_run(struct work_job *job)
{
	struct batch *b = (struct batch *)job;
	struct groups g = {
		.drafts = calloc(b->n, sizeof(*g.drafts)),
		.entries = calloc(b->n, sizeof(*g.entries)),
		.outcomes = calloc(b->n, sizeof(*g.outcomes)),
	};

	if (!g.drafts || !g.entries || !g.outcomes) {
		b->fault = FAULT_MEMORY;
	} else if (look_again(b) != 0) {
		state_failed(b);
	} else {
		sync_all(b, &g);
		if (put_intents(b) != 0) {
			state_failed(b);
			leave_drafts(b);
		} else {
			show_all(b, &g);
			if (record_all(b) == 0) {
				all_safe(b);
			} else {
				state_failed(b);
				leave_drafts(b);
			}
		}
	}
	free(g.drafts);
	free(g.entries);
	free(g.outcomes);
}
