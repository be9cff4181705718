/* SPDX-License-Identifier: ISC
 *
 * state_dashed: messages that were taken over from getmail, which writes `-`
 * for the `/` of a UIDL.  Which it was cannot be told when they are taken
 * over.  So a UIDL with `/` of which nothing else is known is looked up with
 * `-` too, and is such a row if that is no other message of the listing.
 * The row keeps its name: taking over twice finds it again.
 */
#include <string.h>

#include "client/state_facts.h"
#include "client/state_private.h"

/* 1 or 0: was anything taken over from getmail? -1 */
static int
has_dashed(struct state *s)
{
	struct state_listing *l = &s->listing;
	struct pop_span value;
	int r;

	if (!l->asked_dashed) {
		r = state_fact(s, FACT_DASHED, &value);
		if (r < 0)
			return -1;
		l->dashed = r == 1;
		l->asked_dashed = true;
	}
	return l->dashed;
}

int
state_find_dashed(struct state *s, struct pop_span uidl)
{
	struct state_listing *l = &s->listing;
	sqlite3_stmt *st;
	int r;

	if (uidl.n > sizeof(l->dashed_uidl) || !memchr(uidl.p, '/', uidl.n))
		return 0;
	r = has_dashed(s);
	if (r != 1)
		return r;
	for (size_t i = 0; i < uidl.n; i++)
		l->dashed_uidl[i] = uidl.p[i] == '/' ? '-' : uidl.p[i];
	st = STATE_BOUND(s, SQL_FIND, V_BLOB(span_of(l->dashed_uidl, uidl.n)),
	    V_INT(1));
	r = st ? state_step(s, st) : -1;
	/* those that we fetched ourselves have their octets */
	if (r == 1 && (sqlite3_column_int64(st, COL_OCTETS) != 0 ||
	    seen_has(&l->seen, sqlite3_column_int64(st, COL_ID)))) {
		state_reset(s, SQL_FIND);
		r = 0;
	}
	return r;
}
