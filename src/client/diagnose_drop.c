/* SPDX-License-Identifier: ISC
 *
 * diagnose_drop: the maildrop behind a login: numbers and sizes, UIDLs and
 * whether they stay, two sessions at once.  Reads no message.
 */
#include "client/diagnose_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"

enum { ROUNDS = 5, TRIES = 4, RETRY_MS = 500 };

/* ---- lists ---- */

static void
note_odd(char odd[SAID_MAX], struct pop_span line)
{
	if (odd[0] == '\0')
		escape_text(line, odd, SAID_MAX, 80);
}

/* "NUMBER REST": the number, and what is left; false when it has not that
 * form */
static bool
take_number(struct pop_span *line, uint64_t *number_r)
{
	const unsigned char *blank = line->n > 0 ?
	    memchr(line->p, ' ', line->n) : NULL;
	size_t n = blank != NULL ? (size_t)(blank - line->p) : 0;

	if (blank == NULL || num_parse_u64(span_of(line->p, n), UINT32_MAX,
	    number_r) != 0)
		return false;
	span_skip(line, n + 1);
	return true;
}

static void
take_size(void *arg, struct pop_span line)
{
	struct drop_seen *s = arg;
	struct pop_span rest = line;
	uint64_t number = 0, octets = 0;
	bool good = take_number(&rest, &number);
	const unsigned char *blank;

	/* behind the size there may be more (RFC 1939 section 5) */
	blank = good && rest.n > 0 ? memchr(rest.p, ' ', rest.n) : NULL;
	if (blank != NULL)
		rest.n = (size_t)(blank - rest.p);
	s->nrows++;
	if (!good || num_parse_u64(rest, UINT64_MAX / 2, &octets) != 0 ||
	    number != s->nrows) {
		s->odd_rows++;
		note_odd(s->odd, line);
	}
	s->sum += octets;
	if (buf_append(&s->sizes, &octets, sizeof(octets)) != BUF_OK)
		return;		/* enough of them */
}

/* 1 to 70 octets of 0x21 to 0x7e (RFC 1939 section 7) */
static bool
is_id(struct pop_span id)
{
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] < 0x21 || id.p[i] > 0x7e)
			return false;
	return id.n > 0 && id.n <= POP_UIDL_MAX;
}

static void
take_id(void *arg, struct pop_span line)
{
	struct drop_seen *s = arg;
	struct pop_span rest = line;
	uint64_t number = 0;

	s->nids++;
	if (!take_number(&rest, &number) || number != s->nids ||
	    !is_id(rest)) {
		s->odd_ids++;
		note_odd(s->odd_id, line);
		rest.n = 0;
	}
	if (s->ids.max - s->ids.n <= rest.n ||
	    buf_append(&s->ids, rest.p, rest.n) != BUF_OK ||
	    buf_append(&s->ids, "", 1) != BUF_OK)
		return;		/* enough of them */
}

/* ---- how long an answer takes ---- */

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void
diagnose_round_trip(struct diagnose *d)
{
	uint64_t us[ROUNDS], median;
	struct reply r;

	for (size_t i = 0; i < ROUNDS; i++) {
		uint64_t begun = diagnose_now_us();

		if (parley_ask(d->first, "NOOP", &r) != 0) {
			diagnose_say(d, DIAGNOSE_FAULT, advice_for(
			    FAULT_LOST)->remedy, "NOOP: %s",
			    d->first->error);
			return;
		}
		us[i] = diagnose_now_us() - begun;
		if (r.ok)
			continue;
		diagnose_say(d, DIAGNOSE_FAULT, "NOOP is the least that a "
		    "server must know (RFC 1939): programs that keep a "
		    "session alive by it will fail.", "NOOP is refused: %s",
		    r.text);
		return;
	}
	qsort(us, ROUNDS, sizeof(us[0]), by_size);
	median = us[ROUNDS / 2];
	diagnose_say(d, DIAGNOSE_OK, NULL, "%u.%u ms; 1000 messages one by "
	    "one wait %u.%u s for answers, with pipelining next to nothing",
	    (unsigned)(median / 1000), (unsigned)(median / 100 % 10),
	    (unsigned)(median / 1000), (unsigned)(median / 100 % 10));
}

/* ---- STAT and LIST ---- */

static int
ask_stat(struct parley *t, struct drop_seen *s)
{
	struct pop_span line, text, rest;
	const unsigned char *blank;

	if (parley_send(t, "STAT\r\n", 6) != 0 || parley_line(t, &line) != 0)
		return -1;
	rest = line;
	if (resp_status(line, &text) != 1)
		goto odd;
	rest = text;
	if (!take_number(&rest, &s->count))
		goto odd;
	blank = rest.n > 0 ? memchr(rest.p, ' ', rest.n) : NULL;
	if (blank != NULL)
		rest.n = (size_t)(blank - rest.p);
	if (num_parse_u64(rest, UINT64_MAX / 2, &s->octets) == 0)
		return 0;
odd:
	note_odd(s->odd, line);
	(void)text_format(t->error, sizeof(t->error), "STAT is answered "
	    "with \"%s\"", s->odd);
	return -1;
}

static int
ask_list(struct parley *t, struct drop_seen *s)
{
	struct reply r;

	if (parley_ask(t, "LIST", &r) != 0)
		return -1;
	if (r.ok)
		return parley_rows(t, take_size, s);
	(void)text_format(t->error, sizeof(t->error), "LIST is refused: %s",
	    r.text);
	return -1;
}

static void
say_sizes(struct diagnose *d, const struct drop_seen *s)
{
	char all[16];

	if (s->odd_rows > 0)
		diagnose_say(d, DIAGNOSE_FAULT, "LIST must have one row for "
		    "each message, in order (RFC 1939 section 5): programs "
		    "may fetch the wrong ones.", "LIST has %zu odd row%s, as "
		    "\"%s\"", s->odd_rows, s->odd_rows == 1 ? "" : "s",
		    s->odd);
	else if (s->nrows != s->count)
		diagnose_say(d, DIAGNOSE_FAULT, "One of them is wrong: "
		    "programs that count on it miss mail. Whoever runs the "
		    "server should rebuild its index of this mailbox.",
		    "STAT says %" PRIu64 " messages, LIST has %zu", s->count,
		    s->nrows);
	else if (s->sum != s->octets)
		diagnose_say(d, DIAGNOSE_WARNING, "STAT is to give the sum of "
		    "the sizes (RFC 1939 section 5): times and shares that "
		    "programs show will be wrong.", "STAT says %" PRIu64
		    " octets, LIST adds up to %" PRIu64, s->octets, s->sum);
	else {
		format_octets(s->sum, all);
		diagnose_say(d, DIAGNOSE_OK, NULL, "%zu message%s, %s",
		    s->nrows, s->nrows == 1 ? "" : "s", all);
	}
}

void
diagnose_stat(struct diagnose *d)
{
	struct drop_seen *s = &d->drop;
	struct reply r;

	if (ask_stat(d->first, s) != 0 || ask_list(d->first, s) != 0) {
		diagnose_lack_all(d, HAVE_LISTING, d->first->error);
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_PROTOCOL)->
		    remedy, "%s", d->first->error);
		return;
	}
	diagnose_have(d, HAVE_LISTING);
	if (s->nrows > 0)
		diagnose_have(d, HAVE_MESSAGE);
	/* UIDL belongs to the same look at the maildrop */
	if (parley_ask(d->first, "UIDL", &r) == 0 && r.ok &&
	    parley_rows(d->first, take_id, s) != 0)
		s->nids = 0;
	say_sizes(d, s);
}

/* ---- UIDL ---- */

void
diagnose_uidl(struct diagnose *d)
{
	const struct drop_seen *s = &d->drop;
	bool told = capa_seen_has(&d->inside, "UIDL");
	size_t odd = s->odd_ids;

	if (s->nids == 0 && s->nrows > 0)
		diagnose_say(d, told ? DIAGNOSE_FAULT : DIAGNOSE_WARNING,
		    advice_for(FAULT_NO_UIDL)->remedy, "UIDL %s",
		    told ? "is announced, and does not work" :
		    "does not work");
	else if (s->nids != s->nrows)
		diagnose_say(d, DIAGNOSE_FAULT, "Programs that count on it "
		    "miss mail, or fetch it twice: whoever runs the server "
		    "should rebuild its index of this mailbox.", "LIST has "
		    "%zu messages, UIDL %zu", s->nrows, s->nids);
	else if (odd > 0)
		diagnose_say(d, DIAGNOSE_FAULT, "A UIDL has 1 to 70 octets "
		    "between 0x21 and 0x7e (RFC 1939 section 7): some "
		    "programs will fetch these messages at each visit.",
		    "%zu of %zu are none, as \"%s\"", odd, s->nids,
		    s->odd_id);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, s->nids == 0 ? "there is "
		    "no message to have one" : "all %zu messages have one",
		    s->nids);
}

/* Pointers to the ids that were kept, in order of their octets; NULL and 0
 * when there are none. */
static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **
sorted(const struct drop_seen *s, size_t *n_r)
{
	const char *p = (const char *)s->ids.p;
	const char **ids = NULL;
	size_t n = 0;

	*n_r = 0;
	for (size_t at = 0; at < s->ids.n; at++)
		n += p[at] == '\0';
	if (n > 0)
		ids = calloc(n, sizeof(ids[0]));
	if (ids == NULL)
		return NULL;
	for (size_t at = 0, i = 0; i < n; at += strlen(p + at) + 1)
		ids[i++] = p + at;
	qsort(ids, n, sizeof(ids[0]), by_text);
	*n_r = n;
	return ids;
}

void
diagnose_unique(struct diagnose *d)
{
	char shown[SAID_MAX] = "";
	size_t n, twice = 0;
	const char **ids = sorted(&d->drop, &n);

	for (size_t i = 1; i < n; i++)
		if (ids[i][0] != '\0' && strcmp(ids[i], ids[i - 1]) == 0 &&
		    twice++ == 0)
			escape_text(span_str(ids[i]), shown, sizeof(shown),
			    POP_UIDL_MAX);
	free(ids);
	if (n == 0)
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "there are none");
	else if (twice > 0)
		diagnose_say(d, DIAGNOSE_FAULT, "Messages of one UIDL look "
		    "like one: most programs fetch only the first. restante "
		    "counts them; whoever runs the server should look "
		    "whether the messages are true copies.", "%zu message%s "
		    "with the UIDL of another one, as \"%s\"", twice,
		    twice == 1 ? "" : "s", shown);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "no two are the same");
}

/* ---- a second session ---- */

static void
pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)!nanosleep(&t, NULL);
}

/* The lock of the first session may outlive it a little. */
static enum fault
enter_again(struct diagnose *d, struct parley **t, char said[SAID_MAX])
{
	const char *mechanism;
	enum fault fault = FAULT_NONE;

	for (int i = 0; i < TRIES; i++) {
		fault = diagnose_enter(d, t, &mechanism, said);
		if (fault != FAULT_IN_USE)
			break;
		diagnose_leave(t);
		pause_ms(RETRY_MS);
	}
	return fault;
}

/* How many ids of `a` are not in `b`; both sorted. */
static size_t
count_lost(const char **a, size_t na, const char **b, size_t nb)
{
	size_t lost = 0, j = 0;

	for (size_t i = 0; i < na; i++) {
		while (j < nb && strcmp(b[j], a[i]) < 0)
			j++;
		if (j == nb || strcmp(b[j], a[i]) != 0)
			lost++;
	}
	return lost;
}

static void
compare(struct diagnose *d)
{
	size_t na, nb, lost;
	const char **a = sorted(&d->drop, &na);
	const char **b = sorted(&d->again, &nb);

	lost = count_lost(a, na, b, nb);
	free(a);
	free(b);
	if (lost == 0)
		diagnose_say(d, DIAGNOSE_OK, NULL, na == 0 ? "there is no "
		    "message to have one" : "the same in a second session");
	else if (nb >= na)
		diagnose_say(d, DIAGNOSE_FAULT, "A UIDL must stay as long as "
		    "its message (RFC 1939 section 7): programs will fetch "
		    "everything again. Set without_uidl = headers; whoever "
		    "runs the server should see why they change.", "%zu of "
		    "%zu are others in a second session", lost, na);
	else
		diagnose_say(d, DIAGNOSE_WARNING, "Another program may have "
		    "fetched them: run this again.", "%zu of %zu are gone in "
		    "a second session, and the messages with them", lost,
		    na);
}

void
diagnose_stable(struct diagnose *d)
{
	char said[SAID_MAX];
	enum fault fault;
	struct reply r;

	/* nothing was read in it: it may end as it should */
	if (d->first->error[0] == '\0')
		(void)!parley_ask(d->first, "QUIT", &r);
	diagnose_leave(&d->first);
	fault = enter_again(d, &d->second, said);
	if (fault != FAULT_NONE) {
		diagnose_lack(d, HAVE_SECOND, "there was no second session: "
		    "%s", advice_for(fault)->meaning);
		diagnose_say(d, fault == FAULT_LOGIN_DELAY ?
		    DIAGNOSE_SKIPPED : DIAGNOSE_WARNING, fault ==
		    FAULT_LOGIN_DELAY ? NULL : advice_for(fault)->remedy,
		    "a second session: %s%s%s", advice_for(fault)->meaning,
		    said[0] != '\0' ? "; the server says: " : "", said);
		diagnose_leave(&d->second);
		return;
	}
	diagnose_have(d, HAVE_SECOND);
	if (d->drop.nids == 0)
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "there are none");
	else if (parley_ask(d->second, "UIDL", &r) == 0 && r.ok &&
	    parley_rows(d->second, take_id, &d->again) == 0)
		compare(d);
	else
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_PROTOCOL)->
		    remedy, "UIDL does not work in a second session");
}

void
diagnose_two_sessions(struct diagnose *d)
{
	struct parley *third = NULL;
	const char *mechanism = "";
	char said[SAID_MAX];
	struct reply r;
	enum fault fault = diagnose_enter(d, &third, &mechanism, said);

	if (fault == FAULT_NONE) {
		(void)!parley_ask(third, "QUIT", &r);
		diagnose_say(d, DIAGNOSE_OK, NULL, "two at a time are "
		    "allowed");
	} else if (fault == FAULT_CONNECT || fault == FAULT_REFUSED ||
	    fault == FAULT_TLS || fault == FAULT_NO_STLS)
		/* it was no login that was refused */
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "could not be tried: "
		    "%s", third->error[0] != '\0' ? third->error :
		    advice_for(fault)->meaning);
	else if (fault == FAULT_IN_USE)
		diagnose_say(d, DIAGNOSE_OK, NULL, "one at a time; the second "
		    "is refused, and told why: %s", said);
	else if (fault == FAULT_LOGIN_DELAY)
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "%s",
		    advice_for(fault)->meaning);
	else if (fault == FAULT_AUTH)
		diagnose_say(d, DIAGNOSE_WARNING, "Programs will ask people "
		    "for a new password while the mailbox is only busy: the "
		    "server should answer -ERR [IN-USE] (RFC 2449 section "
		    "8.1.2).", "a second one at the same time is refused as "
		    "if the password were wrong: %s", said);
	else
		diagnose_say(d, DIAGNOSE_WARNING, "Programs cannot tell that "
		    "the mailbox is only busy: the server should answer "
		    "-ERR [IN-USE] (RFC 2449 section 8.1.2).", "a second one "
		    "at the same time: %s%s%s", advice_for(fault)->meaning,
		    said[0] != '\0' ? "; the server says: " : "", said);
	diagnose_leave(&third);
}
