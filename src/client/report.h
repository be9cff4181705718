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
 *
 * Results go to `out` (the summary, -v's and dry run's messages), what needs
 * attention and the progress to `err`.  The last summary has what all visits
 * did; for the exit status an account counts by its last visit, and one that
 * ended well with messages that failed counts as FAULT_MESSAGE.
 */
#ifndef RESTANTE_CLIENT_REPORT_H
#define RESTANTE_CLIENT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "client/event.h"

enum report_mode { REPORT_PEOPLE, REPORT_QUIET, REPORT_VERBOSE, REPORT_JSON };

struct report;

/* The streams are borrowed. `progress`: `err` is a terminal, which is drawn on
 * when TERM says that it can take that. now_ms: a clock for rates
 * (CLOCK_MONOTONIC), so that tests can have their own. NULL: memory. */
struct report *report_new(enum report_mode mode, FILE *out, FILE *err,
    bool progress, uint64_t (*now_ms)(void));
struct event_sink *report_sink(struct report *r);
/* colours for faults and warnings; at first: when `progress`, unless NO_COLOR
 * is in the environment */
void report_color(struct report *r, bool color);
/* For one that works for ever: visits that found nothing new are not worth a
 * line, nor is the advice for a fault that the last visit had as well. */
void report_endless(struct report *r);
/* the screen, instead of asking the terminal each time: for tests */
void report_screen(struct report *r, unsigned columns, unsigned rows);
/* may be drawn on: a terminal, and no dumb one */
bool report_terminal(FILE *f);
/* the summary, after the last account; restores the terminal */
void report_finish(struct report *r);
/* Exit status for all that was told: 0; one account, or all that failed for
 * one reason: that of its fault; else 1. */
int report_exit_status(const struct report *r);
void report_free(struct report *r);

/* An error before there are accounts, as --json has it. */
void report_json_error(FILE *out, int exit_status, const char *text);

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
/* From now on nothing but ASCII is harmless: for a terminal that does not
 * speak UTF-8, where parts of a letter may be control characters. */
void escape_ascii(bool only);
/* "1.4 MB" */
void format_octets(uint64_t octets, char out[16]);

#endif
