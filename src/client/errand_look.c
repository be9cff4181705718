/* SPDX-License-Identifier: ISC
 *
 * errand_look: between the listing and the fetching: limits, rules, and the
 * headers (TOP n 0) of messages that must be seen before it is known what to
 * do with them:
 * - those without a usable UIDL are known by the digest of their header;
 * - a rule may skip or delete them;
 * - known messages are gone and others of the same size are here: the server
 *   may have been moved, and these may be those (same size, same header).
 */
#include <string.h>

#include "base/text.h"
#include "client/errand_internal.h"

/* ---- without a header ---------------------------------------------------- */

static struct entry *
record_entry(struct errand *e, const struct plan_item *item,
    enum state_kind kind)
{
	struct entry *entry = entry_new();

	if (!entry) {
		errand_no_more(e, FAULT_MEMORY, "out of memory");
		return NULL;
	}
	entry->what = ENTRY_RECORD;
	entry->number = item->number;
	entry->row = (struct state_row){
		.id = item->row,
		.kind = kind,
		.nth = item->nth,
		.announced = item->announced,
		.first_seen = item->first_seen,
	};
	entry_set_uidl(entry, plan_uidl_of(&e->plan, item));
	return entry;
}

static void
leave_out(struct errand *e, struct plan_item *item, enum state_kind kind,
    const char *what, const char *name)
{
	struct entry *entry = record_entry(e, item, kind);

	item->what = PLAN_NOTHING;
	if (!entry)
		return;
	entry->drop = kind == STATE_DROPPED;
	text_format(entry->reason, sizeof(entry->reason), "%s%s", what, name);
	collect_ready(e, entry);
}

/* The rules' word. true: it is settled, or must be. */
static enum rules_verdict
apply_rules(struct errand *e, struct plan_item *item,
    const struct buf *header)
{
	struct rules_message m = {
		.header = header ? buf_span(header) : (struct pop_span){ 0 },
		.has_header = header != NULL,
		.octets = item->announced,
		.now = e->now,
	};
	const struct rule_conf *rule = NULL;
	enum rules_verdict v = rules_apply(e->rules, &m, &rule);

	if (v != RULES_MATCH || rule->action == RULE_DELIVER)
		return v;
	leave_out(e, item, rule->action == RULE_DELETE ? STATE_DROPPED :
	    STATE_SKIPPED, "rule ", rule->name);
	return v;
}

static void
judge(struct errand *e, struct plan_item *item)
{
	uint64_t limit = e->spec.account->skip_larger;
	enum rules_verdict v;

	if (limit != 0 && item->announced > limit) {
		leave_out(e, item, STATE_SKIPPED,
		    "larger than skip_larger", "");
		return;
	}
	v = apply_rules(e, item, NULL);
	item->look = v == RULES_NEED_HEADER && !e->without_top &&
	    rules_want_header_first(e->rules);
}

/* Could this be one of those that are missing? */
static void
suspect_move(struct errand *e, struct plan_item *item)
{
	struct state_row row = { 0 };

	if (!e->moved || item->row != 0 || item->what != PLAN_FETCH)
		return;
	if (state_missing(e->state, item->announced, NULL, &row) == 1)
		item->look = true;
}

/* ---- the end of the listing ---------------------------------------------- */

static bool
end_listing(struct errand *e)
{
	if (!e->listing_open)
		return true;
	e->listing_open = false;
	if (state_listing_end(e->state, &e->tally) != 0) {
		errand_no_more(e, FAULT_STATE, "%s", state_error(e->state));
		return false;
	}
	e->tallied = true;
	return true;
}

static size_t
count_identify(const struct plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->items[i].what == PLAN_IDENTIFY;
	return n;
}

void
errand_look(struct errand *e)
{
	bool identify = count_identify(&e->plan) > 0;
	const struct pop_capa *capa = session_capa(e->session);

	e->without_top = capa->known == 1 && (capa->has & POP_CAPA_TOP) == 0;
	/* a row that is asked for later needs the listing open */
	if (!identify && !end_listing(e)) {
		errand_list_done(e);
		return;
	}
	e->moved = e->tallied && e->tally.missing > 0 && e->tally.fresh > 0 &&
	    !e->without_top && 2 * e->tally.missing >= e->tally.known;
	for (size_t i = 0; i < e->plan.n && !e->no_more; i++) {
		struct plan_item *item = &e->plan.items[i];

		if (item->what == PLAN_IDENTIFY) {
			item->look = true;
			continue;
		}
		if (item->what == PLAN_FETCH)
			judge(e, item);
		suspect_move(e, item);
	}
	e->phase = ERRAND_LOOK;
	e->next_item = 0;
	e->depth = session_pipelines(e->session) ? DEPTH_FIRST : 1;
	session_wake(e->session);
}

/* ---- with the header ----------------------------------------------------- */

static void
adopt(struct errand *e, struct plan_item *item, const struct state_row *row)
{
	struct entry *entry = record_entry(e, item, row->kind);
	bool over = row->kind == STATE_FETCHED &&
	    e->spec.account->keep == ACCOUNT_KEEP_NOT;

	if (!entry)
		return;
	entry->what = ENTRY_ADOPT;
	entry->row.id = row->id;
	entry->drop = over;
	item->what = PLAN_NOTHING;
	collect_ready(e, entry);
	if (state_found(e->state, row->id) != 0)
		errand_no_more(e, FAULT_STATE, "%s", state_error(e->state));
}

static void
identify(struct errand *e, struct plan_item *item, bool got)
{
	unsigned char made[MADE_UIDL];

	if (!got) {
		/* the whole message will tell, when it is there */
		item->what = PLAN_FETCH;
		item->by_content = true;
		item->drop = e->spec.account->keep == ACCOUNT_KEEP_NOT;
		return;
	}
	intake_made_uidl(&e->intake, made);
	if (plan_identified(&e->plan, item, span_of(made, sizeof(made))) != 0)
		errand_no_more(e, FAULT_STATE, "%s", state_error(e->state));
}

void
errand_looked(struct errand *e, struct plan_item *item, bool got)
{
	struct state_row row = { 0 };

	item->look = false;
	if (item->what == PLAN_IDENTIFY) {
		identify(e, item, got);
		if (item->what == PLAN_FETCH)
			judge(e, item);
		item->look = false;
	}
	if (!got || item->what != PLAN_FETCH)
		return;
	if (e->moved && item->row == 0 && state_missing(e->state,
	    item->announced, e->intake.digest_r, &row) == 1) {
		adopt(e, item, &row);
		return;
	}
	(void)apply_rules(e, item, &e->intake.header);
}

/* ---- TOP ----------------------------------------------------------------- */

static void
finish(struct errand *e)
{
	/* messages that are known by their content keep it open */
	for (size_t i = 0; i < e->plan.n; i++)
		if (e->plan.items[i].what == PLAN_FETCH &&
		    e->plan.items[i].uidl_n == 0) {
			errand_list_done(e);
			return;
		}
	(void)end_listing(e);
	errand_list_done(e);
}

void
errand_look_idle(struct errand *e)
{
	struct plan *p = &e->plan;

	if (e->depth > 1 && e->retrs > e->depth / 2)
		return;
	while (!e->no_more && e->retrs < e->depth && e->next_item < p->n) {
		struct plan_item *item = &p->items[e->next_item];
		struct pop_request r = { .command = POP_CMD_TOP,
			.number = item->number };

		if (item->look && e->without_top)
			errand_looked(e, item, false);
		else if (item->look) {
			if (session_send(e->session, &r) != POP_SEND_OK)
				return;
			e->retrs++;
		}
		e->next_item++;
	}
	if (e->retrs == 0 && (e->no_more || e->next_item == p->n))
		finish(e);
}

void
errand_look_event(struct errand *e, enum pop_client_event event,
    const struct pop_client_info *info)
{
	struct plan_item *item;

	if (event == POP_CLIENT_PIECE) {
		if (e->intake.item)
			intake_piece(e, info->piece);
		return;
	}
	if (info->command != POP_CMD_TOP)
		return;
	item = plan_find(&e->plan, info->number);
	if (event == POP_CLIENT_BEGIN && item)
		intake_begin(e, item, true);
	if (event != POP_CLIENT_END && event != POP_CLIENT_REPLY)
		return;
	e->retrs--;
	if (event == POP_CLIENT_END && e->intake.item)
		intake_end(e);
	else if (item)
		errand_looked(e, item, false);
	if (e->depth > 1 && e->depth < DEPTH_MAX)
		e->depth++;
}

/* ---- what is left to do -------------------------------------------------- */

/* max_messages and max_octets: the rest waits for the next visit. */
static void
apply_limits(struct errand *e)
{
	const struct account_conf *a = e->spec.account;
	uint64_t messages = 0, octets = 0;
	bool full = false;

	for (size_t i = 0; i < e->plan.n; i++) {
		struct plan_item *item = &e->plan.items[i];

		if (item->what != PLAN_FETCH)
			continue;
		/* one message at least, or it would wait for ever */
		full = full || (a->max_messages != 0 &&
		    messages >= a->max_messages) || (a->max_octets != 0 &&
		    messages > 0 && octets + item->announced > a->max_octets);
		if (full) {
			item->what = PLAN_NOTHING;
			e->limited = true;
			continue;
		}
		messages++;
		octets += item->announced;
	}
	e->sum.fresh = messages;
	e->sum.octets = octets;
}

static void
tell_plan(struct errand *e)
{
	for (size_t i = 0; i < e->plan.n; i++) {
		struct plan_item *item = &e->plan.items[i];
		struct event event = { .kind = EVENT_MESSAGE, .dry = true,
			.fate = item->what == PLAN_DELETE ? FATE_DELETED :
			    FATE_FETCHED,
			.number = item->number,
			.uidl = plan_uidl_of(&e->plan, item),
			.octets = item->announced,
			.text = item->what == PLAN_DELETE ?
			    "its time on the server is over" :
			    e->spec.account->destination.text };

		if (item->what == PLAN_DELETE)
			e->sum.deleted++;
		else if (item->what == PLAN_FETCH)
			e->sum.fetched++;
		else
			continue;
		errand_tell(e, &event);
		item->what = PLAN_NOTHING;
	}
}

void
errand_list_done(struct errand *e)
{
	struct event event = { .kind = EVENT_LISTED, .sum = &e->sum };

	if (e->has_plan) {
		apply_limits(e);
		e->sum.messages = e->plan.rows > e->plan.listed ?
		    e->plan.rows : e->plan.listed;
	}
	errand_tell(e, &event);
	if (e->spec.dry_run)
		tell_plan(e);
	collect_begin(e);
}
