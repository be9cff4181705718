/* SPDX-License-Identifier: ISC
 *
 * stage: a report with a clock and streams of the test's own.
 */
#ifndef RESTANTE_TESTS_STAGE_H
#define RESTANTE_TESTS_STAGE_H

#include "../proto/check.h"

#include "client/report.h"

static uint64_t clock_ms;

static inline uint64_t
own_clock(void)
{
	return clock_ms;
}

/* a report with its two streams */
struct stage {
	struct report *r;
	FILE *out, *err;
	char *out_text, *err_text;
	size_t out_n, err_n;
	size_t out_seen, err_seen;
};

static inline void
stage_open(struct stage *s, enum report_mode mode, bool progress)
{
	memset(s, 0, sizeof(*s));
	clock_ms = 1000000;
	s->out = open_memstream(&s->out_text, &s->out_n);
	s->err = open_memstream(&s->err_text, &s->err_n);
	assert_non_null(s->out);
	assert_non_null(s->err);
	s->r = report_new(mode, s->out, s->err, progress, own_clock);
	assert_non_null(s->r);
	report_color(s->r, false);
}

static inline void
tell(struct stage *s, const struct event *e)
{
	struct event_sink *sink = report_sink(s->r);

	sink->tell(sink, e);
}

/* what was written since the last time */
static inline const char *
new_out(struct stage *s)
{
	const char *text;

	assert_int_equal(fflush(s->out), 0);
	text = s->out_text + s->out_seen;
	s->out_seen = s->out_n;
	return text;
}

static inline const char *
new_err(struct stage *s)
{
	const char *text;

	assert_int_equal(fflush(s->err), 0);
	text = s->err_text + s->err_seen;
	s->err_seen = s->err_n;
	return text;
}

static inline void
expect(struct stage *s, const char *out, const char *err)
{
	assert_string_equal(new_out(s), out);
	assert_string_equal(new_err(s), err);
}

static inline void
stage_close(struct stage *s, int exit_status)
{
	assert_int_equal(report_exit_status(s->r), exit_status);
	report_free(s->r);
	assert_int_equal(fclose(s->out), 0);
	assert_int_equal(fclose(s->err), 0);
	free(s->out_text);
	free(s->err_text);
}

#endif
