/* SPDX-License-Identifier: ISC
 *
 * report_private: what the files report*.c share, and nobody else sees.
 */
#ifndef RESTANTE_CLIENT_REPORT_PRIVATE_H
#define RESTANTE_CLIENT_REPORT_PRIVATE_H

#include "client/report.h"

enum {
	REPORT_DRAW_MS = 100,		/* between two pictures */
	REPORT_PLAIN_MS = 10000,	/* between two lines of progress */
	REPORT_SAMPLE_MS = 500, REPORT_SAMPLES = 8	/* of a rate */
};

/* octets a second over the last seconds */
struct rate {
	uint64_t ms[REPORT_SAMPLES], octets[REPORT_SAMPLES];
	unsigned n;		/* samples taken, ever */
};

enum report_phase { PHASE_CONNECT, PHASE_LOGIN, PHASE_LIST, PHASE_FETCH };

/* an account since the first event about it; `shown` is fit for a terminal */
struct report_account {
	struct report_account *next;
	char *name, *shown;
	bool active;
	enum report_phase phase;
	struct event_sum sum;	/* of this visit or the last */
	struct event_sum past;	/* what the visits before it did */
	uint64_t started_ms, json_progress_ms;
	struct rate rate;
	enum fault fault;	/* how it ended; while active: told so far */
	enum fault before;	/* how the visit before ended */
	uint64_t advised;	/* faults whose remedy was said, as bits */
	/* dry run: what would be */
	bool dry;
	uint64_t dry_fetched, dry_octets, dry_deleted, dry_left;
};

struct report {
	struct event_sink sink;	/* first */
	enum report_mode mode;
	FILE *out, *err;
	bool progress, color, endless;
	bool broken;		/* no memory for an account */
	uint64_t (*now_ms)(void);
	uint64_t began_ms, drawn_ms, plain_ms;
	unsigned columns, rows;	/* 0: ask the terminal */
	unsigned drawn;		/* lines on the screen now */
	struct report_account *accounts, **last, *recent;
	unsigned active;
};

/* what all accounts did together */
struct report_total {
	uint64_t accounts, failed;
	struct event_sum sum;
	uint64_t dry_fetched, dry_octets;
	bool dry;
};
void report_total(const struct report *r, struct report_total *total_r);
/* of the messages to fetch, whether they are delivered already or not */
uint64_t report_received(const struct event_sum *sum);

void rate_note(struct rate *rate, uint64_t now_ms, uint64_t octets);
/* octets a second, now */
uint64_t rate_get(const struct rate *rate, uint64_t now_ms, uint64_t octets);

/* ---- report_lines.c: lines for people ---- */

void report_line(struct report *r, struct report_account *a,
    const struct event *e);
void report_line_finish(struct report *r, const struct report_total *total);

/* ---- report_text.c ---- */

/* "12 new of 340 messages fetched, 1.4 MB in 2.1 s, 3 deleted" */
void report_summary(const struct report_account *a, char *out, size_t size);
void report_total_summary(const struct report_total *total, uint64_t ms,
    char *out, size_t size);
/* "2.1 s", "1 min 5 s" */
void report_duration(uint64_t ms, char out[32]);
/* "0:27", "1:02:03" */
void report_clock(uint64_t seconds, char out[32]);

/* ---- report_progress.c: the picture at the foot of a terminal ---- */

/* now, or not if the last one was just before; or a plain line */
void progress_draw(struct report *r);
/* takes it away, so that a line can be written */
void progress_clear(struct report *r);

/* ---- report_json.c ---- */

void report_json(struct report *r, struct report_account *a,
    const struct event *e);
void report_json_finish(struct report *r, const struct report_total *total);

#endif
