/* SPDX-License-Identifier: ISC
 *
 * report: events to what a person or a program sees.
 *
 * A terminal: one line for each account at work (messages, octets, rate, time
 * left) and one for all, drawn again at most ten times a second; above them
 * what is worth a line.  No terminal: such lines only, and one of summary.
 * -q: faults alone.  --json: one JSON object a line on standard output, every
 * event and every fault, people's text on standard error only.  What a peer
 * said is escaped (no control characters, no C1, no bidi, at most
 * 200 octets).
 */
#ifndef RESTANTE_CLIENT_REPORT_H
#define RESTANTE_CLIENT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "client/event.h"

enum report_mode { REPORT_PEOPLE, REPORT_QUIET, REPORT_VERBOSE, REPORT_JSON };

struct report;

/* The streams are borrowed. `progress`: `err` is a terminal and may be drawn
 * on. now_ms: a clock for rates (CLOCK_MONOTONIC), so that tests can have
 * their own. NULL: memory. */
struct report *report_new(enum report_mode mode, FILE *out, FILE *err,
    bool progress, uint64_t (*now_ms)(void));
struct event_sink *report_sink(struct report *r);
/* the summary, after the last account; restores the terminal */
void report_finish(struct report *r);
/* Exit status for all that was told: 0; one account, or all that failed for
 * one reason: that of its fault; else 1. */
int report_exit_status(const struct report *r);
void report_free(struct report *r);

/* ---- advice.c ---- */

struct advice {
	const char *name;	/* "wrong-port": in JSON, in the manual */
	int exit_status;	/* sysexits */
	const char *meaning;	/* "the server asks for a token" */
	const char *remedy;	/* what to do next */
	bool later;		/* it may go away by itself: daemon backs off
				 * and tries again */
};
const struct advice *advice_for(enum fault fault);

/* ---- escape.c: texts of strangers, for a terminal or a log ---- */

enum { ESCAPE_MAX = 200 };
/* At most `max` octets of text (then "..."), UTF-8 kept where it is printable
 * and harmless; always terminated. */
void escape_text(struct pop_span text, char *out, size_t size, size_t max);
/* "1.4 MB" */
void format_octets(uint64_t octets, char out[16]);

#endif
