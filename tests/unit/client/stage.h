/* SPDX-License-Identifier: ISC
 *
 * stage: a report with a clock and streams of the test's own.
 */
#ifndef RESTANTE_TESTS_STAGE_H
#define RESTANTE_TESTS_STAGE_H

#include <stdbool.h>

#include "../proto/check.h"

#include "client/report.h"

static uint64_t clock_ms;

static inline uint64_t
own_clock(void)
{
	return clock_ms;
}

/* restante(1), whole; for the caller to free */
static inline char *
read_manual(void)
{
	enum { MAX = 1 << 20 };
	FILE *f = fopen(RESTANTE_MANUAL, "re");
	char *text = calloc(1, MAX);

	assert_non_null(f);
	assert_non_null(text);
	assert_in_range(fread(text, 1, MAX - 1, f), 1000, MAX - 2);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* Does a line begin with `macro`, and have `word` as a whole word? */
static inline bool
manual_has(const char *manual, const char *macro, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = strstr(manual, macro); p != NULL;
	    p = strstr(p + 1, macro)) {
		const char *end = p + strcspn(p, "\n"), *at = p;

		if (p != manual && p[-1] != '\n')
			continue;
		while ((at = strstr(at + 1, word)) != NULL && at < end)
			if ((at[-1] == ' ' || at[-1] == '-') &&
			    strchr(" ,;.\n", at[n]) != NULL)
				return true;
	}
	return false;
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
