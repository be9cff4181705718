/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: messages on their way into an mbox and back (mboxrd).  Any
 * split gives the same octets; no line of what is stored begins a message;
 * what is read back is the canonical message.  Then the same for LF.
 */
#include <stdlib.h>
#include <string.h>

#include "client/draft_text.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

struct text {
	struct draft_sink sink;
	unsigned char *p;
	size_t n, size;
};

static void
need(int truth)
{
	if (!truth)
		abort();
}

static int
keep(struct draft_sink *sink, struct pop_span piece)
{
	struct text *t = (struct text *)sink;

	need(piece.n > 0 && piece.n <= t->size - t->n);
	memcpy(t->p + t->n, piece.p, piece.n);
	t->n += piece.n;
	return 0;
}

static struct text
text_new(size_t size)
{
	struct text t = { { keep }, malloc(size), 0, size };

	need(t.p != NULL);
	return t;
}

static void
run(enum draft_form form, const unsigned char *p, size_t n, size_t piece,
    int reading, struct text *out)
{
	struct draft_text t;

	draft_text_init(&t, form, &out->sink);
	for (size_t i = 0; i < n; i += piece) {
		struct pop_span s = { p + i, n - i < piece ? n - i : piece };

		need((reading ? draft_text_read(&t, s) :
		    draft_text_write(&t, s)) == 0);
	}
	need((reading ? draft_text_read_end(&t) :
	    draft_text_write_end(&t)) == 0);
}

static void
canonical(const unsigned char *p, size_t n, int ends, struct text *t)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n' && (i == 0 || p[i - 1] != '\r'))
			(void)keep(&t->sink, span_of("\r", 1));
		(void)keep(&t->sink, span_of(p + i, 1));
	}
	if (ends && n > 0 && p[n - 1] != '\n')
		(void)keep(&t->sink, span_of("\r\n", 2));
}

static void
same(const struct text *a, const struct text *b)
{
	need(a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0));
}

static void
no_from_line(const struct text *t)
{
	for (size_t i = 0; i + 5 <= t->n; i++)
		need((i > 0 && t->p[i - 1] != '\n') ||
		    memcmp(t->p + i, "From ", 5) != 0);
	need(t->n > 0 && t->p[t->n - 1] == '\n');
	need(t->n == 1 || t->p[t->n - 2] == '\n');
}

static void
check(enum draft_form form, const unsigned char *p, size_t n, size_t piece)
{
	int mbox = form == DRAFT_MBOX;
	struct text whole = text_new(2 * n + 8), cut = text_new(2 * n + 8);
	struct text back = text_new(3 * n + 8), want = text_new(3 * n + 8);

	run(form, p, n, n + 1, 0, &whole);
	run(form, p, n, piece, 0, &cut);
	same(&whole, &cut);
	if (mbox)
		no_from_line(&whole);
	run(form, whole.p, whole.n - (size_t)mbox, piece, 1, &back);
	canonical(p, n, mbox, &want);
	same(&back, &want);
	free(whole.p);
	free(cut.p);
	free(back.p);
	free(want.p);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	if (n < 1)
		return 0;
	check(DRAFT_MBOX, data + 1, n - 1, 1 + data[0] % 9);
	check(DRAFT_LF, data + 1, n - 1, 1 + data[0] % 9);
	return 0;
}
