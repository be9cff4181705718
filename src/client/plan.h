/* SPDX-License-Identifier: ISC
 *
 * plan: what shall become of each message of a listing.
 *
 * Fed with the rows of UIDL and LIST, it asks the state and the account's
 * settings and keeps only messages that something must be done with:
 * an unchanged maildrop of a million messages costs no memory here.  At most
 * PLAN_MAX items: when there are more, another session follows (`more`).
 * No I/O but the state's.
 */
#ifndef RESTANTE_CLIENT_PLAN_H
#define RESTANTE_CLIENT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "client/rules.h"
#include "client/state.h"

enum { PLAN_MAX = 50000 };

enum plan_what {
	PLAN_NOTHING = 0,	/* decided otherwise meanwhile */
	PLAN_FETCH,
	PLAN_IDENTIFY,		/* has no (usable) UIDL: look at its header,
				 * or at all of it */
	PLAN_DELETE		/* known, and its time on the server is over */
};

struct plan_item {
	uint32_t number;	/* in this session */
	uint8_t what;		/* enum plan_what */
	bool drop;		/* FETCH: delete it afterwards */
	bool by_content;	/* UIDL is made of the header */
	bool look;		/* its header is wanted before anything else */
	uint8_t uidl_n;		/* 0: none yet */
	uint32_t uidl_at;	/* in the plan's memory */
	uint32_t nth;
	uint32_t tries;
	int64_t row;		/* of the state, 0: new */
	int64_t first_seen;
	uint64_t announced;	/* octets by LIST; 0: unknown */
};

struct plan {
	struct plan_item *items;	/* by ascending number */
	size_t n, cap;
	unsigned char *text;
	size_t text_n, text_cap;
	bool more;			/* there was no room for all */
	bool sorted;

	uint64_t rows;			/* of UIDL */
	uint64_t rows_bad;		/* of them not usable */
	uint64_t listed;		/* rows of LIST */
	uint64_t octets;		/* announced, of all */
	size_t cursor;			/* where the last LIST row was */

	/* keep = newest N: the last N rows, a ring */
	struct plan_recent *recent;
	size_t recent_n, recent_at;

	const struct account_conf *account;
	struct state *state;
	bool reconsider;	/* rules have changed: SKIPPED is no answer */
	int64_t now;
};

/* `now`: seconds since 1970. 0 or -1 (memory) */
__attribute__((warn_unused_result))
int plan_begin(struct plan *p, const struct account_conf *account,
    struct state *state, bool reconsider, int64_t now);
void plan_done(struct plan *p);

/* A row of UIDL; `uidl` empty: it could not be used. 0, or -1: see
 * state_error, or memory when that is empty. */
__attribute__((warn_unused_result))
int plan_uidl(struct plan *p, uint32_t number, struct pop_span uidl);
/* A row of LIST, after all of UIDL (or alone, when there is no UIDL: then
 * every message must be identified). */
__attribute__((warn_unused_result))
int plan_list(struct plan *p, uint32_t number, uint64_t octets,
    bool without_uidl);
/* A message that was identified by `uidl`, of our own making. */
__attribute__((warn_unused_result))
int plan_identified(struct plan *p, struct plan_item *item,
    struct pop_span uidl);
/* All rows are there. */
void plan_listed(struct plan *p);

struct pop_span plan_uidl_of(const struct plan *p,
    const struct plan_item *item);
/* NULL when nothing is planned for it */
struct plan_item *plan_find(struct plan *p, uint32_t number);

#endif
