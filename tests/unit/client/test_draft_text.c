/* SPDX-License-Identifier: ISC
 *
 * draft_text: octets stored are octets sent (facts C12, C17; item 6 of the
 * acceptance list), whatever the split: line ends, mboxrd, and back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/draft_text.h"

struct memory {
	struct draft_sink sink;
	unsigned char *p;
	size_t n, size;
};

static int
keep(struct draft_sink *sink, struct pop_span piece)
{
	struct memory *m = (struct memory *)sink;

	if (piece.n > m->size - m->n)
		return -7;
	memcpy(m->p + m->n, piece.p, piece.n);
	m->n += piece.n;
	return 0;
}

static struct memory
memory_new(size_t size)
{
	struct memory m = { .sink = { keep }, .size = size };

	m.p = malloc(size ? size : 1);
	assert_non_null(m.p);
	return m;
}

/* in two pieces cut at `cut`, or octet by octet (cut > n) */
static void
encode(enum draft_form form, struct pop_span s, size_t cut, struct memory *m)
{
	struct draft_text t;

	draft_text_init(&t, form, &m->sink);
	if (cut > s.n) {
		for (size_t i = 0; i < s.n; i++)
			assert_int_equal(draft_text_write(&t,
			    span_of(s.p + i, 1)), 0);
	} else {
		assert_int_equal(draft_text_write(&t, span_of(s.p, cut)), 0);
		assert_int_equal(draft_text_write(&t, span_of(s.p + cut,
		    s.n - cut)), 0);
	}
	assert_int_equal(draft_text_write_end(&t), 0);
}

static void
decode(enum draft_form form, struct pop_span s, size_t cut, struct memory *m)
{
	struct draft_text t;

	draft_text_init(&t, form, &m->sink);
	if (cut > s.n)
		for (size_t i = 0; i < s.n; i++)
			assert_int_equal(draft_text_read(&t,
			    span_of(s.p + i, 1)), 0);
	else
		assert_true(draft_text_read(&t, span_of(s.p, cut)) == 0 &&
		    draft_text_read(&t, span_of(s.p + cut, s.n - cut)) == 0);
	assert_int_equal(draft_text_read_end(&t), 0);
}

static void
same(const char *what, const struct memory *m, const char *want, size_t n,
    size_t cut)
{
	if (m->n == n && memcmp(m->p, want, n) == 0)
		return;
	fail_msg("%s, cut at %zu: %zu octets \"%.*s\" for %zu \"%.*s\"", what,
	    cut, m->n, (int)m->n, (const char *)m->p, n, (int)n, want);
}

struct row {
	const char *what;
	const char *wire;
	size_t wire_n;
	const char *lf;		/* LF */
	size_t lf_n;
	const char *mbox;	/* MBOX without the last LF of it, the empty
				 * line */
	size_t mbox_n;
	const char *mail;	/* MAIL; NULL: as wire */
};

#define S(s) s, sizeof(s) - 1

static const struct row rows[] = {
	{ "empty", S(""), S(""), S(""), NULL },
	{ "one line", S("a\r\n"), S("a\n"), S("a\n"), NULL },
	{ "leading dots", S(".a\r\n..\r\n.\r\n"), S(".a\n..\n.\n"),
	    S(".a\n..\n.\n"), NULL },
	{ "From lines", S("From a\r\n>From b\r\n>>From c\r\nFrom\r\n"
	    "from d\r\n>Fromage\r\n> From\r\n"),
	    S("From a\n>From b\n>>From c\nFrom\nfrom d\n>Fromage\n> From\n"),
	    S(">From a\n>>From b\n>>>From c\nFrom\nfrom d\n>Fromage\n"
	    "> From\n"), NULL },
	{ "From at the end", S("a\r\nFrom "), S("a\nFrom "),
	    S("a\n>From \n"), NULL },
	{ "From begun at the end", S("a\r\nFro"), S("a\nFro"), S("a\nFro\n"),
	    NULL },
	{ "quotes at the end", S("a\r\n>>"), S("a\n>>"), S("a\n>>\n"), NULL },
	{ "From behind a bare LF", S("a\nFrom b\r\n"), S("a\nFrom b\n"),
	    S("a\n>From b\n"), NULL },
	{ "From behind a bare CR", S("a\rFrom b\r\n"), S("a\rFrom b\n"),
	    S("a\rFrom b\n"), "a From b\r\n" },
	{ "From within", S("a From b\r\n"), S("a From b\n"), S("a From b\n"),
	    NULL },
	{ "NUL", S("a\0b\r\n\0\r\n"), S("a\0b\n\0\n"), S("a\0b\n\0\n"),
	    NULL },
	{ "bare CR", S("a\rb\r\r\n\r"), S("a\rb\r\n\r"), S("a\rb\r\n\r\n"),
	    "a b \r\n " },
	{ "bare LF", S("a\nb\n\n\r\n"), S("a\nb\n\n\n"), S("a\nb\n\n\n"),
	    NULL },
	{ "LF CR", S("a\n\rb\r\n"), S("a\n\rb\n"), S("a\n\rb\n"),
	    "a\n b\r\n" },
	{ "8-bit", S("\xc3\xa4\xff\x80\r\n"), S("\xc3\xa4\xff\x80\n"),
	    S("\xc3\xa4\xff\x80\n"), NULL },
	{ "no final newline", S("a\r\nb"), S("a\nb"), S("a\nb\n"), NULL },
	{ "trailing blanks", S("a \t \r\n \r\n"), S("a \t \n \n"),
	    S("a \t \n \n"), NULL },
	{ "empty lines", S("\r\n\r\n\r\n"), S("\n\n\n"), S("\n\n\n"), NULL },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* every row, whole, cut at every point and octet by octet */
static void
test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (size_t cut = 0; cut <= rows[i].wire_n + 1; cut++) {
			const struct row *r = &rows[i];
			struct pop_span wire = span_of(r->wire, r->wire_n);
			struct memory m = memory_new(2 * r->wire_n + 8);

			encode(DRAFT_WIRE, wire, cut, &m);
			same(r->what, &m, r->wire, r->wire_n, cut);
			m.n = 0;
			encode(DRAFT_LF, wire, cut, &m);
			same(r->what, &m, r->lf, r->lf_n, cut);
			m.n = 0;
			encode(DRAFT_MBOX, wire, cut, &m);
			assert_true(m.n > 0 && m.p[m.n - 1] == '\n');
			m.n--;
			same(r->what, &m, r->mbox, r->mbox_n, cut);
			m.n = 0;
			encode(DRAFT_MAIL, wire, cut, &m);
			same(r->what, &m, r->mail != NULL ? r->mail : r->wire,
			    r->wire_n, cut);
			free(m.p);
		}
}

/* What is read back is what was written, but for bare LF, which become CRLF,
 * and in an mbox the last line end. */
static void
canonical(struct pop_span s, bool ends, struct memory *m)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r'))
			assert_int_equal(keep(&m->sink, span_str("\r")), 0);
		assert_int_equal(keep(&m->sink, span_of(s.p + i, 1)), 0);
	}
	if (ends && s.n > 0 && s.p[s.n - 1] != '\n')
		assert_int_equal(keep(&m->sink, span_str("\r\n")), 0);
}

static void
there_and_back(struct pop_span wire, size_t cut)
{
	static const enum draft_form forms[] = { DRAFT_LF, DRAFT_MBOX };

	for (size_t k = 0; k < 2; k++) {
		size_t size = 3 * wire.n + 16;
		struct memory stored = memory_new(size);
		struct memory back = memory_new(size);
		struct memory want = memory_new(size);

		encode(forms[k], wire, cut, &stored);
		canonical(wire, forms[k] == DRAFT_MBOX, &want);
		decode(forms[k], span_of(stored.p, stored.n -
		    (forms[k] == DRAFT_MBOX)), cut, &back);
		same("back", &back, (char *)want.p, want.n, cut);
		free(stored.p);
		free(back.p);
		free(want.p);
	}
}

static void
test_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (size_t cut = 0; cut <= rows[i].wire_n + 1; cut++)
			there_and_back(span_of(rows[i].wire, rows[i].wire_n),
			    cut);
}

/* a line of 9,000 octets; a dot and a From_ line behind every size around the
 * buffers */
static void
test_long(void **state)
{
	static const size_t around[] = { 9000, 8190, 8191, 8192, 8193, 16384,
		65534, 65535, 65536, 65537, 70000 };
	enum { MAX = 70100 };
	char *text = malloc(MAX);

	(void)state;
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		size_t n = around[i];

		memset(text, 'x', n);
		memcpy(text + n, "\r\n.\r\nFrom x\r\n", 13);
		there_and_back(span_of(text, n + 13), n);
		there_and_back(span_of(text, n + 13), n + 1);
		there_and_back(span_of(text, n + 13), n + 7);
	}
	free(text);
}

static int
refuse(struct draft_sink *sink, struct pop_span piece)
{
	(void)sink;
	(void)piece;
	return -5;
}

/* what the sink says is handed on, at every place it is called from */
static void
test_sink_fails(void **state)
{
	(void)state;
	for (size_t i = 1; i < ROWS; i++)
		for (size_t room = 0; room < rows[i].lf_n; room++) {
			struct memory m = memory_new(room);
			struct draft_text t;
			int r;

			draft_text_init(&t, DRAFT_MBOX, &m.sink);
			r = draft_text_write(&t, span_of(rows[i].wire,
			    rows[i].wire_n));
			if (r == 0)
				r = draft_text_write_end(&t);
			assert_int_equal(r, -7);
			free(m.p);
		}
	struct draft_sink none = { refuse };
	struct draft_text t;

	draft_text_init(&t, DRAFT_LF, &none);
	assert_int_equal(draft_text_read(&t, span_str("a\n")), -5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_sink_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
