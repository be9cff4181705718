/* SPDX-License-Identifier: ISC
 *
 * plan: from a listing to what is to be done.  Decides nothing that needs the
 * message itself; forgets nothing because a listing is odd.
 */
#include <stdlib.h>
#include <string.h>

#include "client/plan.h"

struct plan_recent {
	uint32_t number;
	int64_t row;		/* FETCHED: may be deleted; 0: may not */
	int64_t first_seen;
	bool fresh;		/* an item that is to be fetched: */
	size_t item;		/* its index, while the plan is not sorted */
};

int
plan_begin(struct plan *p, const struct account_conf *account,
    struct state *state, bool reconsider, int64_t now)
{
	memset(p, 0, sizeof(*p));
	p->account = account;
	p->state = state;
	p->reconsider = reconsider;
	p->now = now;
	p->sorted = true;
	if (account->keep != ACCOUNT_KEEP_NEWEST)
		return 0;
	p->recent = calloc(account->keep_newest ? account->keep_newest : 1,
	    sizeof(*p->recent));
	return p->recent ? 0 : -1;
}

void
plan_done(struct plan *p)
{
	free(p->items);
	free(p->text);
	free(p->recent);
	memset(p, 0, sizeof(*p));
}

/* ---- memory -------------------------------------------------------------- */

static int
grow(void **memory, size_t *cap, size_t wanted, size_t unit)
{
	size_t n = *cap ? *cap : 64;
	void *m;

	if (wanted <= *cap)
		return 0;
	while (n < wanted)
		n *= 2;
	m = reallocarray(*memory, n, unit);
	if (!m)
		return -1;
	*memory = m;
	*cap = n;
	return 0;
}

static int
keep_uidl(struct plan *p, struct plan_item *item, struct pop_span uidl)
{
	if (grow((void **)&p->text, &p->text_cap, p->text_n + uidl.n, 1) != 0)
		return -1;
	if (uidl.n > 0)
		memcpy(p->text + p->text_n, uidl.p, uidl.n);
	item->uidl_at = (uint32_t)p->text_n;
	item->uidl_n = (uint8_t)uidl.n;
	p->text_n += uidl.n;
	return 0;
}

struct pop_span
plan_uidl_of(const struct plan *p, const struct plan_item *item)
{
	return span_of(p->text + item->uidl_at, item->uidl_n);
}

/* 1 and *item_r, 0 when the plan is full, -1 */
static int
add(struct plan *p, uint32_t number, enum plan_what what,
    struct plan_item **item_r)
{
	struct plan_item *item;

	if (p->n >= PLAN_MAX) {
		p->more = true;
		return 0;
	}
	if (grow((void **)&p->items, &p->cap, p->n + 1, sizeof(*p->items)))
		return -1;
	if (p->n > 0 && p->items[p->n - 1].number >= number)
		p->sorted = false;
	item = &p->items[p->n++];
	memset(item, 0, sizeof(*item));
	item->number = number;
	item->what = (uint8_t)what;
	item->nth = 1;
	item->first_seen = p->now;
	*item_r = item;
	return 1;
}

/* ---- known messages ------------------------------------------------------ */

static int
add_deletion(struct plan *p, uint32_t number, int64_t row, int64_t seen)
{
	struct plan_item *item = NULL;
	int r = add(p, number, PLAN_DELETE, &item);

	if (r == 1) {
		item->row = row;
		item->first_seen = seen;
	}
	return r < 0 ? -1 : 0;
}

/* A place among the newest N; what falls out of it has had its time. */
static int
remember_recent(struct plan *p, const struct plan_recent *now)
{
	size_t max = p->account->keep_newest;
	struct plan_recent old = { 0 };

	if (max == 0)
		old = *now;
	else if (p->recent_n < max)
		p->recent[p->recent_n++] = *now;
	else {
		old = p->recent[p->recent_at];
		p->recent[p->recent_at] = *now;
		p->recent_at = (p->recent_at + 1) % max;
	}
	if (old.fresh) {
		if (old.item < p->n && p->items[old.item].number ==
		    old.number)
			p->items[old.item].drop = true;
	} else if (old.row != 0) {
		return add_deletion(p, old.number, old.row, old.first_seen);
	}
	return 0;
}

/* Should a message that we have leave the server now? */
static bool
time_is_over(const struct plan *p, const struct state_row *row)
{
	const struct account_conf *a = p->account;

	if (row->kind == STATE_DROPPED)
		return true;
	if (row->kind != STATE_FETCHED)
		return false;
	switch (a->keep) {
	case ACCOUNT_KEEP_NOT:
		return true;
	case ACCOUNT_KEEP_DAYS:
		return p->now >= row->first_seen &&
		    (uint64_t)(p->now - row->first_seen) >= a->keep_seconds;
	case ACCOUNT_KEEP:
	case ACCOUNT_KEEP_NEWEST:
		break;
	}
	return false;
}

static bool
fetch_again(const struct plan *p, const struct state_row *row)
{
	if (row->kind == STATE_FAILED)
		return p->now >= row->not_before;
	return row->kind == STATE_SKIPPED && p->reconsider;
}

static int
add_fetch(struct plan *p, uint32_t number, struct pop_span uidl,
    const struct state_row *row)
{
	struct plan_item *item = NULL;
	int r = add(p, number, PLAN_FETCH, &item);

	if (r <= 0)
		return r;
	item->nth = row->nth;
	item->row = row->id;
	item->tries = row->kind == STATE_FAILED ? row->tries : 0;
	if (row->id != 0)
		item->first_seen = row->first_seen;
	item->drop = p->account->keep == ACCOUNT_KEEP_NOT;
	return keep_uidl(p, item, uidl);
}

static int
known(struct plan *p, uint32_t number, struct pop_span uidl,
    const struct state_row *row)
{
	bool newest = p->account->keep == ACCOUNT_KEEP_NEWEST;
	struct plan_recent place = { .number = number };

	if (fetch_again(p, row)) {
		place.fresh = true;
		place.item = p->n;
		if (add_fetch(p, number, uidl, row) != 0)
			return -1;
	} else if (time_is_over(p, row)) {
		return add_deletion(p, number, row->id, row->first_seen);
	} else if (row->kind == STATE_FETCHED) {
		place.row = row->id;
		place.first_seen = row->first_seen;
	}
	return newest ? remember_recent(p, &place) : 0;
}

static int
decide(struct plan *p, uint32_t number, struct pop_span uidl)
{
	struct plan_recent place = { .number = number, .fresh = true,
		.item = p->n };
	struct state_row row = { 0 };
	int r = state_listing_row(p->state, uidl, &row);

	if (r < 0)
		return -1;
	if (r == 1)
		return known(p, number, uidl, &row);
	if (row.nth == 0) {	/* more new ones than the state can count */
		p->more = true;
		return 0;
	}
	row.id = 0;
	row.kind = STATE_FETCHED;
	if (add_fetch(p, number, uidl, &row) != 0)
		return -1;
	return p->account->keep == ACCOUNT_KEEP_NEWEST ?
	    remember_recent(p, &place) : 0;
}

/* ---- rows ---------------------------------------------------------------- */

int
plan_uidl(struct plan *p, uint32_t number, struct pop_span uidl)
{
	struct plan_item *item = NULL;

	if (number == 0)
		return 0;
	p->rows++;
	if (uidl.n > 0)
		return decide(p, number, uidl);
	p->rows_bad++;
	return add(p, number, PLAN_IDENTIFY, &item) < 0 ? -1 : 0;
}

static int
by_number(const void *a, const void *b)
{
	const struct plan_item *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static void
sort(struct plan *p)
{
	if (!p->sorted && p->n > 1)
		qsort(p->items, p->n, sizeof(*p->items), by_number);
	p->sorted = true;
}

struct plan_item *
plan_find(struct plan *p, uint32_t number)
{
	struct plan_item key = { .number = number };

	sort(p);
	/* rows come in order, nearly always */
	if (p->cursor < p->n && p->items[p->cursor].number == number)
		return &p->items[p->cursor++];
	return p->n == 0 ? NULL : bsearch(&key, p->items, p->n,
	    sizeof(*p->items), by_number);
}

int
plan_list(struct plan *p, uint32_t number, uint64_t octets,
    bool without_uidl)
{
	struct plan_item *item = NULL;

	p->listed++;
	p->octets = p->octets + octets < octets ? UINT64_MAX :
	    p->octets + octets;
	if (number == 0)
		return 0;
	item = plan_find(p, number);
	if (!item && without_uidl) {
		int r = add(p, number, PLAN_IDENTIFY, &item);

		if (r <= 0)
			return r;
	}
	if (item)
		item->announced = octets;
	return 0;
}

int
plan_identified(struct plan *p, struct plan_item *item, struct pop_span uidl)
{
	struct state_row row = { 0 };
	int r = state_listing_row(p->state, uidl, &row);

	if (r < 0)
		return -1;
	item->by_content = true;
	item->what = PLAN_FETCH;
	item->drop = p->account->keep == ACCOUNT_KEEP_NOT;
	item->nth = r == 1 || row.nth > 0 ? row.nth : 1;
	if (r == 1) {
		item->row = row.id;
		item->first_seen = row.first_seen;
		item->tries = row.kind == STATE_FAILED ? row.tries : 0;
		if (!fetch_again(p, &row))
			item->what = time_is_over(p, &row) ? PLAN_DELETE :
			    PLAN_NOTHING;
	}
	return keep_uidl(p, item, uidl);
}

void
plan_listed(struct plan *p)
{
	sort(p);
	p->cursor = 0;
	/* a server that gives one number twice: the first counts */
	for (size_t i = 1; i < p->n; i++)
		if (p->items[i].number == p->items[i - 1].number)
			p->items[i].what = PLAN_NOTHING;
}
