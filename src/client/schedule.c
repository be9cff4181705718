/* SPDX-License-Identifier: ISC
 *
 * schedule: arithmetic of waiting; see schedule.h.  Knows no clock, no
 * account and no server.
 */
#include "client/schedule.h"

#include <stdbool.h>

#include "client/report.h"

/* Waits after what needs a person: long enough that no server takes us for
 * somebody who guesses. */
static const unsigned patience_s[] = { 15 * 60, 3600, 6 * 3600, 24 * 3600 };
enum { PATIENCE = sizeof(patience_s) / sizeof(patience_s[0]) };

/* The server and the mailbox work, whatever became of one message. */
static bool
is_success(enum fault fault)
{
	return fault == FAULT_NONE || fault == FAULT_MESSAGE ||
	    fault == FAULT_STOPPED;
}

void
schedule_note(struct schedule *s, enum fault fault, unsigned login_delay_s)
{
	s->fault = fault;
	if (login_delay_s > 0)
		s->login_delay_s = login_delay_s;
	if (is_success(fault)) {
		s->failures = s->refusals = 0;
		if (fault != FAULT_STOPPED)
			s->login_delay_s = login_delay_s;
	} else if (advice_for(fault)->later) {
		s->failures++;
	} else {
		s->failures = 0;
		s->refusals++;
	}
}

/* seconds, before the jitter */
static uint64_t
plain_wait(const struct schedule *s, unsigned interval_s)
{
	uint64_t wait = interval_s, most = SCHEDULE_MAX_S;
	unsigned step;

	if (is_success(s->fault))
		return wait;
	if (!advice_for(s->fault)->later) {
		step = s->refusals > PATIENCE ? PATIENCE : s->refusals;
		if (step > 0 && patience_s[step - 1] > wait)
			wait = patience_s[step - 1];
		return wait;
	}
	if (s->fault == FAULT_LOGIN_DELAY && wait < SCHEDULE_DELAY_S)
		wait = SCHEDULE_DELAY_S;
	if (most < wait)
		most = wait;
	for (step = 1; step < s->failures && wait < most; step++)
		wait *= 2;
	return wait < most ? wait : most;
}

uint64_t
schedule_wait(const struct schedule *s, unsigned interval_s, uint32_t random)
{
	uint64_t wait = plain_wait(s, interval_s) * 1000;
	uint64_t least = (uint64_t)s->login_delay_s * 1000;

	/* 90 % and up to 20 % more */
	wait = wait * 9 / 10 + (wait / 5 * (random >> 12) >> 20);
	return wait > least ? wait : least;
}

uint64_t
schedule_first(size_t index, size_t count, unsigned interval_s,
    uint32_t random)
{
	uint64_t gap = SCHEDULE_SPREAD_MS;

	/* all of them within one interval */
	if (count > 0 && (uint64_t)interval_s * 1000 / count < gap)
		gap = (uint64_t)interval_s * 1000 / count;
	if (index == 0)
		return 0;
	return index * gap + (gap * random >> 32);
}

uint64_t
schedule_host(uint64_t at_ms, uint64_t last_ms)
{
	uint64_t least = last_ms + SCHEDULE_HOST_MS;

	return last_ms == 0 || at_ms >= least ? at_ms : least;
}
