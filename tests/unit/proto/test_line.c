/* SPDX-License-Identifier: ISC
 *
 * The line framer against a model, at all splits, with the limit at every
 * length; and that an incomplete line is searched once only.
 */
#include "check.h"

#include "proto/line.h"

struct found {
	char text[256];		/* "D:abc|" done, "B:" bare LF, "L|" too long */
	size_t n;
	size_t left;
};

static void
note(struct found *f, enum line_result r, struct pop_span line)
{
	f->text[f->n++] = r == LINE_DONE ? 'D' : r == LINE_BARE_LF ? 'B' : 'L';
	if (r != LINE_LONG)
		for (size_t i = 0; i < line.n; i++)
			f->text[f->n++] = (char)line.p[i];
	f->text[f->n++] = '|';
	f->text[f->n] = '\0';
	assert_true(f->n < 200);
}

/* Feeds `s` so that it becomes visible octet by octet in steps of `piece`. */
static void
feed(struct pop_span s, size_t max, size_t piece, struct found *f)
{
	struct line l = { 0 };
	struct pop_span in = span_of(s.p, 0), line;
	size_t shown = 0;

	memset(f, 0, sizeof(*f));
	while (shown < s.n) {
		size_t k = piece == 0 || piece > s.n - shown ? s.n - shown :
		    piece;
		enum line_result r;

		shown += k;
		in.n += k;
		while ((r = line_take(&l, &in, max, &line)) != LINE_MORE)
			note(f, r, line);
		assert_true(in.n < max);
	}
	f->left = in.n;
}

static void
model(struct pop_span s, size_t max, struct found *f)
{
	size_t start = 0;

	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < s.n; i++) {
		size_t n = i - start;
		bool crlf = n > 0 && s.p[i - 1] == '\r';

		if (s.p[i] != '\n')
			continue;
		note(f, n + 1 > max ? LINE_LONG : crlf ? LINE_DONE :
		    LINE_BARE_LF, span_of(s.p + start, crlf ? n - 1 : n));
		start = i + 1;
	}
	f->left = s.n - start >= max ? 0 : s.n - start;
}

static void
test_all_short(void **state)
{
	static const char alphabet[] = "\r\nab";

	(void)state;
	for (size_t n = 0; n <= 8; n++) {
		struct guarded g = guarded_new(n);

		for (size_t code = 0; code < (size_t)1 << 2 * n; code++) {
			struct pop_span s = span_of(g.p, n);

			for (size_t i = 0; i < n; i++)
				g.p[i] = (unsigned char)
				    alphabet[code >> 2 * i & 3];
			for (size_t max = 1; max <= 5; max += 2) {
				struct found want, have;

				model(s, max, &want);
				for (size_t k = 0; k < 4; k++) {
					feed(s, max, k, &have);
					assert_string_equal(have.text,
					    want.text);
					assert_int_equal(have.left,
					    want.left);
				}
			}
		}
		guarded_free(g);
	}
}

/* What was searched once is remembered: an LF put there later is not seen.
 * (Nobody may change presented input; here it is the proof.) */
static void
test_no_second_search(void **state)
{
	unsigned char mem[16] = "abcdefgh";
	struct line l = { 0 };
	struct pop_span in = span_of(mem, 4), line;

	(void)state;
	assert_int_equal(line_take(&l, &in, 100, &line), LINE_MORE);
	mem[1] = '\n';
	mem[5] = '\n';
	in = span_of(mem, 8);
	assert_int_equal(line_take(&l, &in, 100, &line), LINE_BARE_LF);
	assert_int_equal(line.n, 5);
	assert_int_equal(in.n, 2);
}

static void
test_flood(void **state)
{
	unsigned char mem[1000];
	struct line l = { 0 };
	size_t sent = 0;

	(void)state;
	memset(mem, 'x', sizeof(mem));
	for (;;) {
		struct pop_span in = span_of(mem, sizeof(mem)), line;
		enum line_result r = line_take(&l, &in, 255, &line);

		assert_int_equal(in.n, 0);
		sent += sizeof(mem);
		if (r == LINE_FLOOD)
			break;
		assert_int_equal(r, LINE_MORE);
		assert_true(sent <= LINE_FLOOD_MAX);
	}
	assert_true(sent > LINE_FLOOD_MAX);
}

/* The limit may grow while a line is incomplete. */
static void
test_growing_limit(void **state)
{
	struct line l = { 0 };
	struct pop_span in = span_of("AUTH ", 5), line;

	(void)state;
	assert_int_equal(line_take(&l, &in, 8, &line), LINE_MORE);
	in = span_of("AUTH long\r\n", 11);
	assert_int_equal(line_take(&l, &in, 20, &line), LINE_DONE);
	assert_int_equal(line.n, 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_short),
		cmocka_unit_test(test_no_second_search),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_growing_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
