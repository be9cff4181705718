/* SPDX-License-Identifier: ISC
 *
 * state_lost: messages that a listing lacks, to be found again by what they
 * are: a server that was moved gives the same messages other UIDLs.
 *
 * They are sorted in memory (24 octets each) when somebody first asks, which
 * only happens when a listing lacks messages and has new ones.
 */
#include <stdlib.h>
#include <string.h>

#include "client/state_private.h"

void
state_lost_release(struct state_listing *l)
{
	free(l->lost);
	l->lost = NULL;
	l->nlost = 0;
	l->sought = false;
}

static uint64_t
digest_start(const unsigned char *digest)
{
	uint64_t x;

	memcpy(&x, digest, sizeof(x));
	return x;
}

static int
compare(const void *a, const void *b)
{
	const struct state_lost *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	if (x->digest != y->digest)
		return x->digest < y->digest ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* ---- all of them --------------------------------------------------------- */

static int
add(struct state_listing *l, size_t *cap, uint64_t size,
    const struct state_row *row)
{
	struct state_lost *lost;

	if (l->nlost == *cap) {
		size_t n = *cap ? *cap * 2 : 64;

		lost = reallocarray(l->lost, n, sizeof(*lost));
		if (!lost)
			return -1;
		l->lost = lost;
		*cap = n;
	}
	l->lost[l->nlost++] = (struct state_lost){ size,
		digest_start(row->digest), row->id };
	return 0;
}

/* 1 and *row_r, 0 when there is none, -1 */
static int
read_row(struct state *s, int64_t id, struct state_row *row_r)
{
	sqlite3_stmt *st = STATE_BOUND(s, SQL_ROW, V_INT(id));
	int r = st ? state_step(s, st) : -1;

	if (r == 1)
		state_row_read(st, row_r);
	return r;
}

static int
add_row(struct state *s, size_t *cap, int64_t id)
{
	struct state_listing *l = &s->listing;
	struct state_row row = { 0 };
	int r = read_row(s, id, &row);

	if (r < 0)
		return -1;
	/* what we had deleted is not looked for */
	if (r == 0 || !row.has_digest || row.deleted != 0)
		return 0;
	if ((row.announced != 0 && add(l, cap, row.announced, &row) != 0) ||
	    (row.octets != 0 && row.octets != row.announced &&
	    add(l, cap, row.octets, &row) != 0))
		return state_refuse(s, "out of memory");
	return 0;
}

static int
add_rows(struct state *s, size_t *cap, int64_t missing)
{
	struct state_listing *l = &s->listing;
	sqlite3_stmt *st = STATE_BOUND(s, SQL_IDS, V_INT(missing), V_INT(0),
	    V_INT(l->last_id));
	int r = st ? 1 : -1;

	while (r == 1) {
		int64_t id;

		r = state_step(s, st);
		if (r != 1)
			break;
		id = sqlite3_column_int64(st, 0);
		if (!seen_has(&l->seen, id) && add_row(s, cap, id) != 0)
			r = -1;
	}
	state_reset(s, SQL_IDS);
	return r < 0 ? -1 : 0;
}

static int
seek_all(struct state *s)
{
	struct state_listing *l = &s->listing;
	size_t cap = 0;

	if (add_rows(s, &cap, 0) != 0 ||
	    (l->marked != 0 && add_rows(s, &cap, l->marked) != 0)) {
		state_lost_release(l);
		return -1;
	}
	if (l->nlost > 1)
		qsort(l->lost, l->nlost, sizeof(*l->lost), compare);
	l->sought = true;
	memset(l->memo, 0, sizeof(l->memo));
	return 0;
}

/* ---- one of them --------------------------------------------------------- */

/* the first that is not below (size, digest) */
static size_t
lower_bound(const struct state_listing *l, uint64_t size, uint64_t digest)
{
	struct state_lost key = { size, digest, INT64_MIN };
	size_t lo = 0, hi = l->nlost;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(&l->lost[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int
state_missing(struct state *s, uint64_t size, const unsigned char *digest,
    struct state_row *row_r)
{
	struct state_listing *l = &s->listing;
	uint64_t start = digest ? digest_start(digest) : 0;
	struct state_memo *memo = &l->memo[digest != NULL];
	size_t i;

	if (!l->ended)
		return state_refuse(s, "searched before the listing's end");
	if (size == 0 || l->tally.missing == 0)
		return 0;
	if (!l->sought && seek_all(s) != 0)
		return -1;
	i = lower_bound(l, size, start);
	/* those in front were taken before: asking for many messages of one
	 * size must not cost the square of their number */
	if (memo->at > i && memo->start == i)
		i = memo->at;
	else
		*memo = (struct state_memo){ i, i };
	for (; i < l->nlost && l->lost[i].size == size &&
	    (!digest || l->lost[i].digest == start); i++) {
		struct state_row row;
		int r;

		if (seen_has(&l->seen, l->lost[i].id)) {
			if (memo->at == i)
				memo->at = i + 1;
			continue;
		}
		r = read_row(s, l->lost[i].id, &row);
		if (r < 0)
			return -1;
		if (r == 0 || (digest && memcmp(row.digest, digest,
		    STATE_DIGEST) != 0))
			continue;
		*row_r = row;
		return 1;
	}
	return 0;
}

int
state_found(struct state *s, int64_t id)
{
	if (!s->listing.ended)
		return state_refuse(s, "found before the listing's end");
	return seen_add(&s->listing.seen, id) == 0 ? 0 :
	    state_refuse(s, "out of memory");
}
