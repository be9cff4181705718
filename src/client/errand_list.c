/* SPDX-License-Identifier: ISC
 *
 * errand_list: what is on the server, and what is to be done with it: UIDL
 * and LIST, then TOP for those whose header must be seen first (no UIDL; a
 * rule; a server that was moved).
 *
 * A listing is never a reason to forget or to fetch everything again: a UIDL
 * command that fails on a server that could do it before ends the visit, an
 * empty listing proves nothing, a short one only delays.
 */
#include <string.h>

#include "client/errand_internal.h"

/* ---- asking -------------------------------------------------------------- */

static bool
send(struct errand *e, enum pop_command command, uint32_t number)
{
	struct pop_request r = { .command = command, .number = number };

	return session_send(e->session, &r) == POP_SEND_OK;
}

void
errand_list_ready(struct errand *e)
{
	int many = state_has_more_than(e->state, BIG_LISTING);

	e->phase = ERRAND_LIST;
	if (many < 0 || state_listing_begin(e->state) != 0 ||
	    plan_begin(&e->plan, e->spec.account, e->state, e->reconsider,
	    e->now) != 0) {
		errand_no_more(e, FAULT_STATE, "%s", state_error(e->state));
		errand_list_done(e);
		return;
	}
	e->has_plan = e->listing_open = true;
	if (!send(e, POP_CMD_UIDL, 0)) {
		errand_no_more(e, FAULT_PROTOCOL, "UIDL cannot be sent");
		errand_list_done(e);
		return;
	}
	/* One write for both, where the server takes it.  For a maildrop that
	 * is known to be large, sizes are asked for when there is need. */
	if (!many && session_pipelines(e->session))
		e->list_asked = send(e, POP_CMD_LIST, 0);
}

/* ---- the answers --------------------------------------------------------- */

static void
state_trouble(struct errand *e)
{
	const char *why = state_error(e->state);

	if (why && why[0])
		errand_no_more(e, FAULT_STATE, "%s", why);
	else
		errand_no_more(e, FAULT_MEMORY, "out of memory");
}

/* Did UIDL ever work here? Then its failure is for now only. */
static bool
had_uidl(struct errand *e)
{
	struct pop_span value;

	return state_fact(e->state, "uidl", &value) == 1;
}

static void
uidl_refused(struct errand *e, const struct pop_client_info *info)
{
	enum fault fault = session_code_fault(info->code, FAULT_NONE);

	e->uidl_failed = e->uidl_done = true;
	if (fault != FAULT_NONE || had_uidl(e)) {
		errand_no_more(e, fault != FAULT_NONE ? fault :
		    FAULT_SERVER_TEMP, "%s refuses UIDL, which it had before: "
		    "nothing is fetched this time", e->spec.account->server);
		return;
	}
	if (e->spec.account->without_uidl == ACCOUNT_UIDL_FAIL) {
		errand_no_more(e, FAULT_NO_UIDL, "%s has no UIDL",
		    e->spec.account->server);
		return;
	}
	e->without_uidl = true;
	errand_say(e, EVENT_NOTE, "%s has no UIDL: messages are known by "
	    "their headers", e->spec.account->server);
}

/* sizes for a few, one by one, or for all at once */
static void
ask_sizes(struct errand *e)
{
	enum { FEW = 50 };
	bool few = !e->without_uidl && e->plan.n <= FEW &&
	    e->plan.rows > 4 * FEW && session_pipelines(e->session);

	e->list_asked = true;
	if (!few) {
		if (!send(e, POP_CMD_LIST, 0))
			e->list_done = true;
		return;
	}
	e->list_done = true;
	for (size_t i = 0; i < e->plan.n; i++)
		if (e->plan.items[i].what != PLAN_DELETE &&
		    !send(e, POP_CMD_LIST, e->plan.items[i].number))
			break;	/* without a size then: it is only a hint */
}

static void
judge_listing(struct errand *e)
{
	struct plan *p = &e->plan;

	plan_listed(p);
	if (e->uidl_failed && !e->without_uidl)
		return;
	if (p->rows_bad > 0)
		errand_say(e, EVENT_WARNING, "%s gives no usable UIDL for "
		    "%llu messages: they are known by their headers",
		    e->spec.account->server, (unsigned long long)p->rows_bad);
	if (e->odd_rows > 0)
		errand_say(e, EVENT_WARNING, "%s sent %u rows that are no "
		    "rows of a listing", e->spec.account->server,
		    e->odd_rows);
	if (!e->without_uidl && p->listed > p->rows && !e->list_failed)
		errand_say(e, EVENT_WARNING, "%s lists %llu messages, but "
		    "UIDLs for %llu of them: the others have to wait",
		    e->spec.account->server, (unsigned long long)p->listed,
		    (unsigned long long)p->rows);
}

/* Both answers are there? */
static void
listing_went(struct errand *e)
{
	if (!e->uidl_done || session_under_way(e->session) > 0)
		return;
	if (e->no_more) {
		plan_listed(&e->plan);
		errand_list_done(e);
		return;
	}
	if (!e->list_asked && (e->plan.n > 0 || e->without_uidl)) {
		plan_listed(&e->plan);
		ask_sizes(e);
		if (session_under_way(e->session) > 0)
			return;
	}
	judge_listing(e);
	errand_look(e);
}

static void
uidl_row(struct errand *e, const struct pop_client_info *info, bool bad)
{
	if (e->no_more)
		return;
	if (plan_uidl(&e->plan, info->number, bad ? (struct pop_span){ 0 } :
	    info->uidl) != 0)
		state_trouble(e);
}

static void
list_row(struct errand *e, const struct pop_client_info *info)
{
	if (!e->no_more && plan_list(&e->plan, info->number, info->octets,
	    e->without_uidl) != 0)
		state_trouble(e);
}

static void
list_refused(struct errand *e, const struct pop_client_info *info)
{
	/* -ERR to LIST n is about that message */
	if (info->number != 0)
		return;
	e->list_failed = e->list_done = true;
	if (e->without_uidl)
		errand_no_more(e, session_code_fault(info->code,
		    FAULT_SERVER_TEMP), "%s refuses LIST",
		    e->spec.account->server);
}

void
errand_list_event(struct errand *e, enum pop_client_event event,
    const struct pop_client_info *info)
{
	bool uidl = info->command == POP_CMD_UIDL;

	if (event == POP_CLIENT_ROW)
		uidl ? uidl_row(e, info, false) : list_row(e, info);
	else if (event == POP_CLIENT_BAD && uidl &&
	    info->error == POP_CLIENT_E_UIDL)
		uidl_row(e, info, true);
	else if (event == POP_CLIENT_END && uidl)
		e->uidl_done = true;
	else if (event == POP_CLIENT_END)
		e->list_done = true;
	else if (event == POP_CLIENT_REPLY && !info->ok && uidl)
		uidl_refused(e, info);
	else if (event == POP_CLIENT_REPLY && !info->ok)
		list_refused(e, info);
	else if (event == POP_CLIENT_REPLY)
		list_row(e, info);
	else if (event == POP_CLIENT_BAD)
		e->odd_rows++;
	if (event == POP_CLIENT_END || event == POP_CLIENT_REPLY)
		listing_went(e);
}
