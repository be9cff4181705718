/* SPDX-License-Identifier: ISC
 *
 * collect: brings what the plan says: RETR in a pipeline whose depth grows
 * while the server answers well, batches, DELE for what is safe, QUIT.
 *
 * The order of things on the wire follows the order of writes in batch.c: no
 * DELE before its message is recorded (P14, C-7), always a QUIT (C-8).
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/errand_internal.h"

enum { RETRY_FIRST_S = 15 * 60, RETRY_MAX_S = 24 * 3600 };

#define ERRAND_OF(ptr, member) ((struct errand *)(void *) \
	((char *)(ptr) - offsetof(struct errand, member)))

/* ---- what became of a message -------------------------------------------- */

static void
tell_entry(struct errand *e, const struct entry *entry)
{
	struct event event = { .kind = EVENT_MESSAGE,
		.number = entry->number, .uidl = entry->row.uidl,
		.octets = entry->row.octets ? entry->row.octets :
		    entry->row.announced,
		.text = entry->reason, .dry = e->spec.dry_run };
	struct event_sum *sum = &e->sum;

	if (entry->what == ENTRY_ADOPT) {
		event.fate = FATE_ADOPTED;
		sum->adopted++;
	} else if (entry->duplicate) {
		event.fate = FATE_SKIPPED;
		event.text = "it is here already";
		sum->skipped++;
	} else if (entry->row.kind == STATE_SKIPPED) {
		event.fate = FATE_SKIPPED;
		sum->skipped++;
	} else if (entry->row.kind == STATE_DROPPED) {
		event.fate = FATE_DROPPED;
		sum->dropped++;
	} else if (entry->row.kind == STATE_FAILED) {
		return;		/* told when it failed */
	} else {
		event.text = dest_text(entry->dest);
		event.fate = entry->quarantined ? FATE_QUARANTINED :
		    FATE_FETCHED;
		sum->fetched++;
		sum->quarantined += entry->quarantined;
		sum->fetched_octets += entry->row.octets;
	}
	errand_tell(e, &event);
}

static bool
add_deletion(struct errand *e, uint32_t number, int64_t row)
{
	if (e->ndeletions == e->deletions_cap) {
		size_t cap = e->deletions_cap ? 2 * e->deletions_cap : 64;
		struct deletion *d = reallocarray(e->deletions, cap,
		    sizeof(*d));

		if (!d) {
			errand_no_more(e, FAULT_MEMORY, "out of memory");
			return false;
		}
		e->deletions = d;
		e->deletions_cap = cap;
	}
	e->deletions[e->ndeletions++] = (struct deletion){ number, row };
	return true;
}

void
collect_message_failed(struct errand *e, struct plan_item *item,
    enum fault fault, struct pop_span said)
{
	struct event event = { .kind = EVENT_MESSAGE, .fate = FATE_FAILED,
		.number = item->number, .uidl = plan_uidl_of(&e->plan, item),
		.octets = item->announced, .fault = fault,
		.server_said = said };
	struct entry *entry = entry_new();
	unsigned shift = item->tries < 8 ? item->tries : 8;
	int64_t wait = (int64_t)RETRY_FIRST_S << shift;

	e->sum.failed++;
	errand_tell(e, &event);
	if (!entry) {
		errand_no_more(e, FAULT_MEMORY, "out of memory");
		return;
	}
	if (item->uidl_n == 0) {	/* nothing to know it by */
		entry_free(entry);
		return;
	}
	entry->what = ENTRY_RECORD;
	entry->number = item->number;
	entry->row = (struct state_row){
		.id = item->row,
		.kind = STATE_FAILED,
		.nth = item->nth,
		.announced = item->announced,
		.first_seen = item->first_seen,
		.tries = item->tries + 1,
		.not_before = e->now + (wait < RETRY_MAX_S ? wait :
		    RETRY_MAX_S),
	};
	entry_set_uidl(entry, plan_uidl_of(&e->plan, item));
	collect_ready(e, entry);
}

/* ---- batches ------------------------------------------------------------- */

void
collect_throttle(struct errand *e)
{
	bool full = e->waiting.n + e->held > WAITING_ENTRIES ||
	    e->waiting.octets > WAITING_OCTETS;

	if (!e->session)
		return;
	if (full)
		session_pause(e->session);
	else
		session_resume(e->session);
}

static void
batch_failed(struct errand *e)
{
	const struct batch *b = &e->working;

	errand_no_more(e, b->fault, "%s", b->error.text[0] ? b->error.text :
	    "out of memory");
}

static void
entry_outcome(struct errand *e, struct entry *entry)
{
	struct dest_error *error = &e->working.error;

	if (!entry->safe) {
		struct event event = { .kind = EVENT_MESSAGE,
			.fate = FATE_FAILED, .number = entry->number,
			.uidl = entry->row.uidl, .octets = entry->row.octets,
			.fault = error->fault, .text = error->text };

		e->sum.failed++;
		errand_tell(e, &event);
		return;
	}
	tell_entry(e, entry);
	if (entry->drop && !e->quit_sent)
		(void)add_deletion(e, entry->number, entry->row.id);
}

/* It was looked for, and is not known: now it is handed over. */
static bool
is_new(const struct entry *entry)
{
	return entry->what == ENTRY_LOOK && entry->safe && !entry->duplicate;
}

static void
on_batch(struct work_job *job)
{
	struct errand *e = ERRAND_OF(job, working.job);
	struct entry *next;

	for (struct entry *entry = e->working.first; entry; entry = next) {
		next = entry->next;
		if (is_new(entry)) {
			entry->what = ENTRY_DELIVER;
			entry->by_content = false;
			hand_over(e, entry);
			continue;
		}
		entry_outcome(e, entry);
		entry_free(entry);
	}
	e->batch_busy = false;
	if (e->working.fault != FAULT_NONE)
		batch_failed(e);
	e->working.first = NULL;
	collect_throttle(e);
	collect_flush(e, false);
	errand_wake(e);
}

void
collect_flush(struct errand *e, bool now)
{
	if (e->batch_busy || e->waiting.n == 0 ||
	    e->phase < ERRAND_COLLECT || e->phase > ERRAND_QUIT)
		return;
	if (!now && e->waiting.n < BATCH_ENTRIES &&
	    e->waiting.octets < BATCH_OCTETS)
		return;
	loop_timer_stop(e->spec.loop, &e->batch_timer);
	e->working = e->waiting;
	e->working.job.run = batch_run;
	e->working.job.done = on_batch;
	batch_init(&e->waiting, e->state);
	e->batch_busy = true;
	work_add(e->spec.work, &e->working.job);
	collect_throttle(e);
}

static void
on_batch_timer(struct loop_timer *t)
{
	collect_flush(ERRAND_OF(t, batch_timer), true);
}

void
collect_ready(struct errand *e, struct entry *entry)
{
	if (e->spec.dry_run) {
		tell_entry(e, entry);
		entry_free(entry);
		return;
	}
	batch_add(&e->waiting, entry);
	/* until then the state is the listing's alone, and these are few
	 * enough: a plan has an end (collect_begin sends them on) */
	if (e->phase < ERRAND_COLLECT)
		return;
	collect_throttle(e);
	collect_flush(e, false);
	if (e->waiting.n > 0 && !e->batch_busy &&
	    e->batch_timer.slot == 0 && loop_timer_set(e->spec.loop,
	    &e->batch_timer, loop_now(e->spec.loop) + BATCH_WAIT_MS) != 0)
		collect_flush(e, true);
}

bool
collect_settled(const struct errand *e)
{
	return !e->batch_busy && e->waiting.n == 0 && e->held == 0 &&
	    !e->unproven;
}

/* ---- the pipeline -------------------------------------------------------- */

void
collect_begin(struct errand *e)
{
	e->phase = ERRAND_COLLECT;
	e->next_item = 0;
	e->batch_timer.fn = on_batch_timer;
	e->depth = session_pipelines(e->session) ? DEPTH_FIRST : 1;
	collect_flush(e, true);
	session_wake(e->session);
}

static bool
room_for(const struct errand *e, const struct plan_item *item)
{
	return e->retrs == 0 ||
	    (e->retrs < e->depth &&
	    e->outstanding + item->announced <= OUTSTANDING_MAX);
}

static void
send_retrs(struct errand *e)
{
	/* Refilled by the quarter: many commands in one segment, and never
	 * so few under way that the line is empty for a round trip. */
	if (e->retrs > e->depth - e->depth / 4)
		return;
	while (e->next_item < e->plan.n && !e->no_more) {
		struct plan_item *item = &e->plan.items[e->next_item];
		struct pop_request r = { .command = POP_CMD_RETR,
			.number = item->number };

		if (item->what == PLAN_FETCH) {
			if (!room_for(e, item) ||
			    session_send(e->session, &r) != POP_SEND_OK)
				return;
			e->retrs++;
			e->outstanding += item->announced;
		} else if (item->what == PLAN_DELETE) {
			(void)add_deletion(e, item->number, item->row);
		}
		e->next_item++;
	}
}

static void
send_deles(struct errand *e)
{
	while (e->delete_at < e->ndeletions) {
		struct pop_request r = { .command = POP_CMD_DELE,
			.number = e->deletions[e->delete_at].number };

		if (session_send(e->session, &r) != POP_SEND_OK)
			return;
		e->delete_at++;
		e->deles++;
	}
}

static void
send_quit(struct errand *e)
{
	struct pop_request r = { .command = POP_CMD_QUIT };

	if (session_send(e->session, &r) != POP_SEND_OK)
		return;
	e->quit_sent = true;
	e->phase = ERRAND_QUIT;
}

void
collect_idle(struct errand *e)
{
	bool fetched_all;

	if (e->quit_sent)
		return;
	send_retrs(e);
	fetched_all = e->retrs == 0 && (e->no_more ||
	    e->next_item >= e->plan.n);
	if (fetched_all)
		collect_flush(e, true);
	send_deles(e);
	if (fetched_all && collect_settled(e) &&
	    e->delete_at == e->ndeletions)
		send_quit(e);
}

/* ---- answers ------------------------------------------------------------- */

static void
retr_over(struct errand *e, const struct plan_item *item)
{
	struct event event = { .kind = EVENT_PROGRESS, .sum = &e->sum };

	e->retrs--;
	if (item)
		e->outstanding -= item->announced < e->outstanding ?
		    item->announced : e->outstanding;
	/* one more for each clean answer: twice as many each round trip */
	if (e->depth > 1 && e->depth < DEPTH_MAX)
		e->depth++;
	errand_tell(e, &event);
}

static void
retr_event(struct errand *e, enum pop_client_event event,
    const struct pop_client_info *info)
{
	struct plan_item *item = plan_find(&e->plan, info->number);

	if (event == POP_CLIENT_BEGIN && item) {
		intake_begin(e, item, false);
	} else if (event == POP_CLIENT_END) {
		if (e->intake.item)
			intake_end(e);
		retr_over(e, item);
		if (session_under_way(e->session) == 0)
			collect_proven(e);
	} else if (event == POP_CLIENT_REPLY) {
		if (item && !e->no_more)
			collect_message_failed(e, item,
			    session_code_fault(info->code, FAULT_MESSAGE),
			    info->text);
		retr_over(e, item);
	}
}

/* Replies to DELE come in the order of the commands. */
static void
dele_reply(struct errand *e, const struct pop_client_info *info)
{
	const struct deletion *d = &e->deletions[e->delete_at - e->deles];

	e->deles--;
	if (!info->ok) {
		errand_say(e, EVENT_WARNING, "%s does not delete message %u",
		    e->spec.account->server, info->number);
		return;
	}
	if (e->ndeleted == e->deleted_cap) {
		size_t cap = e->deleted_cap ? 2 * e->deleted_cap : 64;
		int64_t *rows = reallocarray(e->deleted, cap, sizeof(*rows));

		if (!rows)
			return;	/* it is deleted again next time */
		e->deleted = rows;
		e->deleted_cap = cap;
	}
	e->deleted[e->ndeleted++] = d->row;
}

/* Progress within a large message, too. */
static void
came(struct errand *e, size_t octets)
{
	enum { STEP = 256 << 10 };
	struct event event = { .kind = EVENT_PROGRESS, .sum = &e->sum };
	uint64_t before = e->sum.came_octets / STEP;

	e->sum.came_octets += octets;
	if (e->sum.came_octets / STEP != before)
		errand_tell(e, &event);
}

void
collect_proven(struct errand *e)
{
	struct entry *entry = e->unproven;

	e->unproven = NULL;
	if (entry)
		hand_over(e, entry);
}

void
collect_event(struct errand *e, enum pop_client_event event,
    const struct pop_client_info *info)
{
	if (event == POP_CLIENT_BEGIN || event == POP_CLIENT_REPLY)
		collect_proven(e);
	if (event == POP_CLIENT_PIECE) {
		if (e->intake.item)
			intake_piece(e, info->piece);
		came(e, info->piece.n);
	} else if (info->command == POP_CMD_RETR) {
		retr_event(e, event, info);
	} else if (info->command == POP_CMD_DELE && e->deles > 0 &&
	    event == POP_CLIENT_REPLY) {
		dele_reply(e, info);
	}
}
