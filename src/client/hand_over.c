/* SPDX-License-Identifier: ISC
 *
 * hand_over: what happens to a message between its last octet and the batch:
 * the scan, quarantine, and destinations that talk (a command, a mail server).
 *
 * A scan is a command that reads the message.  Exit status 0: keep it, 1:
 * quarantine, 99: drop it; anything else: no verdict, the message stays on
 * the server and is tried again later.
 */
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "client/errand_internal.h"

enum { SCAN_SECONDS = 300, VERDICT_KEEP = 0, VERDICT_QUARANTINE = 1,
	VERDICT_DROP = 99, TALKS_IN_A_ROW = 3 };

static void scan_next(struct errand *e);

/* Not delivered this time. */
static void
failed(struct errand *e, struct entry *entry, enum fault fault,
    const char *why)
{
	struct event event = { .kind = EVENT_MESSAGE, .fate = FATE_FAILED,
		.number = entry->number, .uidl = entry->row.uidl,
		.octets = entry->row.octets, .fault = fault, .text = why };

	e->sum.failed++;
	errand_tell(e, &event);
	entry_free(entry);
}

/* The message itself is refused, for ever as far as anybody knows: it is tried
 * again, less and less often. */
static void
refused(struct errand *e, struct entry *entry, enum fault fault,
    const char *why)
{
	struct plan_item *item = plan_find(&e->plan, entry->number);
	struct pop_span said = span_str(why);

	if (item)
		collect_message_failed(e, item, fault, said);
	entry_free(entry);
}

/* ---- talkers ------------------------------------------------------------- */

static void talk_next(struct errand *e, struct dest_slot *slot);

static void
talked(void *arg, enum dest_outcome outcome, const struct dest_error *why)
{
	struct entry *entry = arg;
	struct errand *e = entry->owner;
	struct dest_slot *slot = errand_slot(e, entry->dest);

	slot->busy = false;
	e->held--;
	if (outcome == DEST_DELIVERED) {
		draft_done(entry->draft);
		entry->draft = NULL;
		entry->what = ENTRY_DELIVERED;
		slot->refusals = 0;
		collect_ready(e, entry);
	} else if (outcome == DEST_REFUSED) {
		refused(e, entry, why->fault, why->text);
	} else {
		/* the destination, not the message: after some of these it
		 * is left in peace */
		if (++slot->refusals >= TALKS_IN_A_ROW)
			errand_no_more(e, why->fault, "%s", why->text);
		failed(e, entry, why->fault, why->text);
	}
	talk_next(e, slot);
	errand_wake(e);
}

static void
talk_next(struct errand *e, struct dest_slot *slot)
{
	struct entry *entry = slot->queue;

	if (slot->busy || !entry)
		return;
	slot->queue = entry->next;
	if (!slot->queue)
		slot->queue_last = &slot->queue;
	if (slot->refusals >= TALKS_IN_A_ROW || e->stopping) {
		e->held--;
		entry_free(entry);
		talk_next(e, slot);
		return;
	}
	slot->busy = true;
	slot->talking = entry;
	draft_hand_over(entry->draft, talked, entry);
}

static void
talk(struct errand *e, struct entry *entry)
{
	struct dest_slot *slot = errand_slot(e, entry->dest);

	e->held++;
	entry->next = NULL;
	*slot->queue_last = entry;
	slot->queue_last = &entry->next;
	talk_next(e, slot);
	collect_throttle(e);
}

static void
deliver(struct errand *e, struct entry *entry)
{
	if (dest_is_local(entry->dest))
		collect_ready(e, entry);
	else
		talk(e, entry);
}

/* ---- scans --------------------------------------------------------------- */

static void
quarantine(struct errand *e, struct entry *entry)
{
	const struct conf_dest *conf = &e->spec.account->quarantine;
	struct dest_error error = { 0 };
	struct dest *to;
	struct draft *moved;

	if (!conf->set) {
		failed(e, entry, FAULT_DEST, "the scan says quarantine, but "
		    "there is none: set quarantine");
		return;
	}
	to = errand_dest(e, conf);
	if (!to) {
		failed(e, entry, e->stop_fault, e->stop_text);
		return;
	}
	moved = draft_move(entry->draft, to, &error);
	if (!moved) {
		failed(e, entry, error.fault, error.text);
		return;
	}
	entry->draft = moved;
	entry->dest = to;
	entry->quarantined = true;
	deliver(e, entry);
}

static void
drop(struct errand *e, struct entry *entry)
{
	draft_abort(entry->draft);
	entry->draft = NULL;
	entry->what = ENTRY_RECORD;
	entry->row.kind = STATE_DROPPED;
	entry->drop = true;
	text_format(entry->reason, sizeof(entry->reason), "%s",
	    "the scan says so");
	collect_ready(e, entry);
}

static void
scanned(void *arg, const struct run_result *result)
{
	struct scan *s = arg;
	struct errand *e = s->errand;
	struct entry *entry = s->entry;
	char what[160], why[480];

	close(s->fd);
	*s = (struct scan){ .errand = e };
	e->nscans--;
	e->held--;
	if (result->exited && result->status == VERDICT_KEEP) {
		deliver(e, entry);
	} else if (result->exited && result->status == VERDICT_QUARANTINE) {
		quarantine(e, entry);
	} else if (result->exited && result->status == VERDICT_DROP) {
		drop(e, entry);
	} else {
		run_explain(result, what, sizeof(what));
		text_format(why, sizeof(why), "no verdict: %s %s",
		    e->spec.account->scan.argv[0], what);
		if (result->exec_errno != 0)
			errand_no_more(e, FAULT_DEST, "%s", why);
		failed(e, entry, FAULT_DEST_TEMP, why);
	}
	scan_next(e);
	errand_wake(e);
}

static void
scan_one(struct errand *e, struct scan *s, struct entry *entry)
{
	struct run_spec spec = {
		.argv = e->spec.account->scan.argv,
		.timeout_s = SCAN_SECONDS,
		.done = scanned,
		.arg = s,
	};

	s->errand = e;
	s->entry = entry;
	s->fd = draft_open(entry->draft);
	spec.input = s->fd;
	s->run = s->fd >= 0 ? run_start(e->spec.loop, &spec) : NULL;
	if (s->run) {
		e->nscans++;
		return;
	}
	if (s->fd >= 0)
		close(s->fd);
	s->entry = NULL;
	e->held--;
	failed(e, entry, FAULT_MEMORY, "the scan could not be started");
}

static void
scan_next(struct errand *e)
{
	for (size_t i = 0; i < SCANS_MAX && e->to_scan; i++) {
		struct entry *entry = e->to_scan;

		if (e->scans[i].entry)
			continue;
		e->to_scan = entry->next;
		if (!e->to_scan)
			e->to_scan_last = &e->to_scan;
		scan_one(e, &e->scans[i], entry);
	}
}

void
hand_over(struct errand *e, struct entry *entry)
{
	bool scans = e->spec.account->scan.argc > 0;

	entry->owner = e;
	/* nothing begins now that takes its time */
	if (e->stopping && (scans || !dest_is_local(entry->dest))) {
		entry_free(entry);
		return;
	}
	/* what scans and talkers do cannot be taken back */
	if (entry->by_content && (scans || !dest_is_local(entry->dest))) {
		entry->what = ENTRY_LOOK;
		collect_ready(e, entry);
		return;
	}
	if (!scans) {
		deliver(e, entry);
		return;
	}
	e->held++;
	entry->next = NULL;
	*e->to_scan_last = entry;
	e->to_scan_last = &entry->next;
	scan_next(e);
	collect_throttle(e);
}

static void
free_queue(struct errand *e, struct entry **queue, struct entry ***last)
{
	while (*queue) {
		struct entry *entry = *queue;

		*queue = entry->next;
		entry_free(entry);
		e->held--;
	}
	*last = queue;
}

void
hand_over_cancel(struct errand *e)
{
	for (size_t i = 0; i < SCANS_MAX; i++) {
		struct scan *s = &e->scans[i];

		if (!s->entry)
			continue;
		run_cancel(s->run);
		close(s->fd);
		entry_free(s->entry);
		*s = (struct scan){ .errand = e };
		e->nscans--;
		e->held--;
	}
	free_queue(e, &e->to_scan, &e->to_scan_last);
	for (size_t i = 0; i < e->ndests; i++) {
		struct dest_slot *slot = &e->dests[i];

		free_queue(e, &slot->queue, &slot->queue_last);
		if (!slot->busy)
			continue;
		dest_cancel(slot->dest);
		slot->busy = false;
		entry_free(slot->talking);
		e->held--;
	}
}
