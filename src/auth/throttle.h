/* SPDX-License-Identifier: ISC
 *
 * throttle: how fast one address may guess.
 *
 * One attempt of an address is under way at a time; the others wait in line.
 * After a wrong guess the address is held until its delay is over, counted
 * from the start of the attempt, and the answer goes out only then.  So many
 * connections guess no faster than one.  Delays double: 2, 4, 8, 15, 15...
 * seconds with the defaults; each minute without a wrong one forgives one of
 * them.  A right one forgets them all, but only when every wrong one was for
 * the same name: or somebody with an account of his own would log in between
 * his guesses at others' and never wait longer than the first time.
 *
 * IPv6 counts by /64.  Times are arguments; the caller keeps the tickets and
 * the clock.
 */
#ifndef RESTANTE_AUTH_THROTTLE_H
#define RESTANTE_AUTH_THROTTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* attempts of an address that wait; a host of many users may bring
	 * them all at once, the limits of sessions come first */
	THROTTLE_LINE_MAX = 16384,
	THROTTLE_FORGIVE_MS = 60000
};

struct throttle;
struct throttle_address;

/* one attempt; lives in its owner's struct, zeroed before throttle_enter */
struct throttle_ticket {
	struct throttle_address *address;	/* NULL: not entered */
	struct throttle_ticket *prev, *next;	/* private: the line */
	uint32_t who;		/* the caller's: a hash of the name */
};

/* Remembers at most `addresses` of them; NULL: no memory. */
struct throttle *throttle_new(size_t addresses, uint64_t first_ms,
    uint64_t max_ms);
void throttle_free(struct throttle *t);
void throttle_set(struct throttle *t, uint64_t first_ms, uint64_t max_ms);

enum throttle_entry {
	THROTTLE_GO,	/* verify it now */
	THROTTLE_WAIT,	/* throttle_leave of another one will return it */
	THROTTLE_FULL	/* too many wait: refuse for now; not entered */
};

__attribute__((warn_unused_result))
enum throttle_entry throttle_enter(struct throttle *t,
    struct throttle_ticket *k, const unsigned char address[16],
    uint64_t now_ms);

/* The attempt, which may go, was wrong: returns the delay that its answer and
 * its throttle_leave must keep from its start.  It stays entered. */
__attribute__((warn_unused_result))
uint64_t throttle_wrong(struct throttle *t, struct throttle_ticket *k,
    uint64_t now_ms);
/* It was right: earlier failures of the address for that name are forgotten,
 * if there are no others. */
void throttle_right(struct throttle *t, struct throttle_ticket *k);

/* The attempt is over (or gives up waiting).  Returns the next one of that
 * address, which may go now, or NULL. */
__attribute__((warn_unused_result))
struct throttle_ticket *throttle_leave(struct throttle *t,
    struct throttle_ticket *k);

/* addresses in memory: for tests and the status page */
size_t throttle_count(const struct throttle *t);

#endif
