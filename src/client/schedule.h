/* SPDX-License-Identifier: ISC
 *
 * schedule: when the daemon visits an account next.
 *
 * Pure: time and randomness are arguments.  Waits are milliseconds from the
 * end of a visit, so whatever a server counts from (the login, the end), it
 * is kept.
 */
#ifndef RESTANTE_CLIENT_SCHEDULE_H
#define RESTANTE_CLIENT_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "client/event.h"

enum {
	SCHEDULE_MAX_S = 3600,		/* back-off, unless interval is more */
	SCHEDULE_DELAY_S = 300,		/* [LOGIN-DELAY] of unknown length */
	SCHEDULE_SPREAD_MS = 1000,	/* between two first visits */
	SCHEDULE_HOST_MS = 2000		/* between two visits to one host */
};

/* of one account; all zero at first */
struct schedule {
	enum fault fault;	/* how the last visit ended */
	unsigned failures;	/* in a row, that may go away */
	unsigned refusals;	/* since the last success, that need a person:
				 * each try may bring a mailbox nearer to being
				 * locked */
	unsigned login_delay_s;	/* announced last (RFC 2449 6.5); 0: none */
};

/* A visit ended. login_delay_s: what its CAPA said; 0: nothing, or it did not
 * come so far, then what was known still holds. */
void schedule_note(struct schedule *s, enum fault fault,
    unsigned login_delay_s);
/* How long to wait for the next one: the interval +-10 %, longer after
 * failures, and never less than the LOGIN-DELAY. random: any 32 bits */
uint64_t schedule_wait(const struct schedule *s, unsigned interval_s,
    uint32_t random);
/* How long the account at `index` of `count` waits at the start. */
uint64_t schedule_first(size_t index, size_t count, unsigned interval_s,
    uint32_t random);
/* When to call at a host that was last called at `last_ms` (0: never), wanted
 * for `at_ms`. */
uint64_t schedule_host(uint64_t at_ms, uint64_t last_ms);

#endif
