/* SPDX-License-Identifier: ISC
 *
 * The dot codec against a plain octet-by-octet model of what pop.h says, on
 * all short strings of the octets that matter and on random long ones, at
 * every or at random splits, through outputs as small as allowed (B-15 to
 * B-18, C-3, C-4).
 */
#include "check.h"

#include "base/span.h"

enum { ROOM_MAX = 1024 };

struct text {
	unsigned char p[8192];
	size_t n;
};

static void
text_add(struct text *t, unsigned char c)
{
	assert_true(t->n < sizeof(t->p));
	t->p[t->n++] = c;
}

/* the wire form without stuffing */
static void
model_canonical(struct pop_span in, struct text *t)
{
	t->n = 0;
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] == '\n' && (i == 0 || in.p[i - 1] != '\r'))
			text_add(t, '\r');
		text_add(t, in.p[i]);
	}
	if (in.n > 0 && in.p[in.n - 1] != '\n') {
		text_add(t, '\r');
		text_add(t, '\n');
	}
}

static void
model_stuff(const struct text *canonical, struct text *t)
{
	t->n = 0;
	for (size_t i = 0; i < canonical->n; i++) {
		if (canonical->p[i] == '.' &&
		    (i == 0 || canonical->p[i - 1] == '\n'))
			text_add(t, '.');
		text_add(t, canonical->p[i]);
	}
	text_add(t, '.');
	text_add(t, '\r');
	text_add(t, '\n');
}

/* The message in `wire` and how many octets it took; 0 when the end is not
 * there. A line begins at the start and behind CRLF. */
static size_t
model_unstuff(struct pop_span wire, struct text *t)
{
	t->n = 0;
	for (size_t i = 0; i < wire.n; i++) {
		bool start = i == 0 || (i >= 2 && wire.p[i - 1] == '\n' &&
		    wire.p[i - 2] == '\r');

		if (start && wire.p[i] == '.') {
			if (wire.n - i >= 3 && wire.p[i + 1] == '\r' &&
			    wire.p[i + 2] == '\n')
				return i + 3;
			continue;
		}
		text_add(t, wire.p[i]);
	}
	return 0;
}

/* pieces: 0 is all at once, else up to that many octets at a time, in a way
 * that `seed` decides */
static size_t
pick(size_t left, size_t pieces, uint64_t *seed)
{
	size_t n = pieces == 0 ? left : 1 + next_random(seed) % pieces;

	return n < left ? n : left;
}

static uint64_t
stuff_all(struct pop_span in, size_t pieces, size_t room, uint64_t seed,
    struct text *wire)
{
	unsigned char mem[ROOM_MAX];
	struct pop_stuff c;

	pop_stuff_init(&c);
	wire->n = 0;
	while (in.n > 0) {
		struct pop_span piece = in;
		size_t given;

		piece.n = given = pick(in.n, pieces, &seed);
		while (piece.n > 0) {
			/* behind it nothing may be written */
			struct pop_out out = { mem + ROOM_MAX - room, 0,
				room };
			size_t before = piece.n;

			pop_stuff(&c, &piece, &out);
			assert_true(out.n <= room);
			assert_true(piece.n < before);
			for (size_t i = 0; i < out.n; i++)
				text_add(wire, out.p[i]);
		}
		span_skip(&in, given);
	}
	for (size_t small = 0; small < 5; small++) {
		struct pop_out out = { mem, 0, small };

		assert_int_equal(pop_stuff_end(&c, &out), -1);
		assert_int_equal(out.n, 0);
	}
	{
		struct pop_out out = { mem, 0, 5 };

		assert_int_equal(pop_stuff_end(&c, &out), 0);
		for (size_t i = 0; i < out.n; i++)
			text_add(wire, mem[i]);
	}
	return c.octets;
}

static uint64_t
measure_all(struct pop_span in, size_t pieces, uint64_t seed)
{
	struct pop_measure m = { 0 };

	while (in.n > 0) {
		struct pop_span piece = in;

		piece.n = pick(in.n, pieces, &seed);
		pop_measure(&m, piece);
		pop_measure(&m, span_of(in.p, 0));
		span_skip(&in, piece.n);
	}
	return pop_measure_end(&m);
}

/* how much of `in` was taken until the end came; 0 when it did not */
static size_t
unstuff_all(struct pop_span in, size_t pieces, uint64_t seed,
    struct text *t)
{
	struct pop_unstuff c;
	size_t taken = 0;

	pop_unstuff_init(&c);
	t->n = 0;
	while (in.n > 0) {
		struct pop_span piece = in, found;
		size_t given;
		int end = 0;

		piece.n = given = pick(in.n, pieces, &seed);
		while (!end && piece.n > 0) {
			end = pop_unstuff(&c, &piece, &found);
			for (size_t i = 0; i < found.n; i++)
				text_add(t, found.p[i]);
		}
		taken += given - piece.n;
		if (end)
			return taken;
		span_skip(&in, given);
	}
	return 0;
}

static void
same_text(const struct text *a, const struct text *b)
{
	assert_int_equal(a->n, b->n);
	if (a->n > 0)
		assert_memory_equal(a->p, b->p, a->n);
}

static void
check_message(struct pop_span in, size_t pieces, size_t room, uint64_t seed)
{
	struct text canonical, want, wire, back;

	model_canonical(in, &canonical);
	model_stuff(&canonical, &want);
	assert_int_equal(stuff_all(in, pieces, room, seed, &wire),
	    canonical.n);
	same_text(&wire, &want);
	assert_int_equal(measure_all(in, pieces, seed + 1), canonical.n);
	assert_int_equal(unstuff_all(span_of(wire.p, wire.n), pieces,
	    seed + 2, &back), wire.n);
	same_text(&back, &canonical);
}

static void
check_wire(struct pop_span in, size_t pieces, uint64_t seed)
{
	struct text want, have;
	size_t end = model_unstuff(in, &want);

	assert_int_equal(unstuff_all(in, pieces, seed, &have), end);
	if (end != 0) {
		same_text(&have, &want);
		return;
	}
	/* no end: a CR that may be half of one can still be held back */
	assert_true(have.n == want.n || have.n + 1 == want.n);
	assert_memory_equal(have.p, want.p, have.n);
}

/* Calls `check` for all strings of `n` octets of the alphabet, each in memory
 * behind which nothing may be read. */
static void
all_strings(size_t n, void (*check)(struct pop_span s))
{
	static const unsigned char alphabet[] = { '\r', '\n', '.', 0 };
	struct guarded g = guarded_new(n);

	for (size_t code = 0; code < (size_t)1 << 2 * n; code++) {
		for (size_t i = 0; i < n; i++)
			g.p[i] = alphabet[code >> 2 * i & 3];
		check(span_of(g.p, n));
	}
	guarded_free(g);
}

static void
check_short_message(struct pop_span s)
{
	check_message(s, 0, 64, 1);
	check_message(s, 1, 2, 1);
	check_message(s, 2, 3, s.n);
}

static void
check_short_wire(struct pop_span s)
{
	check_wire(s, 0, 1);
	check_wire(s, 1, 1);
	check_wire(s, 3, s.n);
}

/* S39, P3 */
static void
test_all_short_messages(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 7; n++)
		all_strings(n, check_short_message);
}

static void
test_all_short_wires(void **state)
{
	(void)state;
	for (size_t n = 0; n <= 8; n++)
		all_strings(n, check_short_wire);
}

/* Random messages: lines of many lengths with rare nasty octets. */
static void
test_random(void **state)
{
	struct guarded g = guarded_new(3000);
	uint64_t seed = 42;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		static const char nasty[] = "\r\n.\r\n.\n\r.";
		size_t n = next_random(&seed) % 3000;
		uint32_t rare = 1 + next_random(&seed) % 80;
		unsigned char *p = g.p + 3000 - n;

		for (size_t i = 0; i < n; i++) {
			uint32_t r = next_random(&seed);

			p[i] = r % rare == 0 ?
			    (unsigned char)nasty[r / rare % 9] :
			    (unsigned char)(r >> 8);
		}
		check_message(span_of(p, n), 1 + next_random(&seed) % 200,
		    2 + next_random(&seed) % 63, seed);
		check_message(span_of(p, n), 1 + next_random(&seed) % 3000,
		    ROOM_MAX - next_random(&seed) % 1000, seed);
		check_wire(span_of(p, n), 1 + next_random(&seed) % 200,
		    seed);
	}
	guarded_free(g);
}

/*
 * What the codec takes in blocks of 64 octets: lines that end at, before and
 * behind their borders, lines of nothing, and dots, in outputs that end
 * anywhere.  A block of line ends with a dot behind it grows most.
 */
static void
test_blocks(void **state)
{
	enum { N = 400 };
	static const char *const lines[] = { "\n", "\r\n", ".\n", "\n.",
		".\r\n", "..\n", "\r", "\r\r\n" };
	struct guarded g = guarded_new(N);
	uint64_t seed = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (size_t line = 0; line < 140; line += 3) {
			struct pop_span in = span_of(g.p, N);
			size_t end = strlen(lines[i]);

			for (size_t k = 0; k < N; k++)
				g.p[k] = k % (line + end) < line ? 'x' :
				    (unsigned char)
				    lines[i][k % (line + end) - line];
			for (int round = 0; round < 6; round++) {
				check_message(in, 0, ROOM_MAX -
				    next_random(&seed) % 900, seed);
				span_skip(&in, next_random(&seed) % 9);
			}
		}
	for (size_t room = 128; room < 520; room++)
		for (size_t k = 63; k < 196; k += k % 64 == 1 ? 62 : 1) {
			memset(g.p, '\n', N);
			g.p[0] = 'x';
			g.p[k] = '.';
			check_message(span_of(g.p, N), 0, room, 1);
		}
	guarded_free(g);
}

/* CRLF text, of which whole blocks leave as they are, with a dot, a bare LF or
 * a bare CR now and then, which must be seen wherever in a block it stands. */
static void
test_blocks_of_crlf(void **state)
{
	enum { N = 2000 };
	static const char *const ends[] = { "\r\n.", "\n", "\r", "\n.",
		"\r\r\n" };
	struct guarded g = guarded_new(N);
	uint64_t seed = 11;

	(void)state;
	for (int round = 0; round < 400; round++) {
		size_t n = 0;

		while (n < N) {
			uint32_t r = next_random(&seed);
			size_t run = r % 90, which = (r >> 8) % 60;
			const char *end = which < 5 && n > 70 ? ends[which] :
			    "\r\n";

			while (run-- > 0 && n < N)
				g.p[n++] = 'x';
			while (*end != '\0' && n < N)
				g.p[n++] = (unsigned char)*end++;
		}
		check_message(span_of(g.p, N), round % 2 ? 0 :
		    1 + next_random(&seed) % 700, ROOM_MAX -
		    next_random(&seed) % 900, seed);
	}
	guarded_free(g);
}

/* The common case, a whole message at once, is one piece of memory on the
 * way in, and what is behind the end is left alone. */
static void
test_one_piece(void **state)
{
	static const unsigned char wire[] =
	    "Subject: x\r\n\r\nline\r\nline\r\n.\r\n+OK next\r\n";
	struct pop_span in = span_of(wire, sizeof(wire) - 1), piece;
	struct pop_unstuff c;

	(void)state;
	pop_unstuff_init(&c);
	assert_int_equal(pop_unstuff(&c, &in, &piece), 0);
	assert_ptr_equal(piece.p, wire);
	assert_int_equal(piece.n, 26);
	assert_int_equal(pop_unstuff(&c, &in, &piece), 1);
	assert_int_equal(piece.n, 0);
	assert_int_equal(in.n, 10);
	assert_memory_equal(in.p, "+OK next\r\n", 10);
	/* and the codec is ready for the next message */
	in = span_of(".\r\n", 3);
	assert_int_equal(pop_unstuff(&c, &in, &piece), 1);
}

/* A piece is what it is, whatever stands in front of it in memory. */
static void
test_pieces_apart(void **state)
{
	static const unsigned char one[] = "the end of a line\r";
	static const unsigned char two[] = "x\n.and another line\nx";
	static const unsigned char want[] =
	    "the end of a line\r\n..and another line\r\nx";
	struct pop_span in = span_of(one, sizeof(one) - 1);
	unsigned char room[200];
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_stuff c;

	(void)state;
	pop_stuff_init(&c);
	pop_stuff(&c, &in, &out);
	in = span_of(two + 1, sizeof(two) - 2);
	pop_stuff(&c, &in, &out);
	assert_int_equal(out.n, sizeof(want) - 1);
	assert_memory_equal(room, want, out.n);
	assert_int_equal(c.octets, out.n - 1);
}

/* What would smuggle an end past other implementations. */
static void
test_false_ends(void **state)
{
	static const char *const wires[] = {
		"a\n.\n", "a\n.\r\n", "a\r\n.\n", "a\r.\r\n", "a\r\n.\r",
		"a\r.\r", "a\r\n.\r\r\n", "a\r\n..\r\n", "a\r\n. \r\n",
		"\n.\r\n", ".\n", ".\r.\r\n", "..\r\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wires); i++) {
		struct text t;

		assert_int_equal(unstuff_all(span_str(wires[i]), 0, 1, &t),
		    0);
		assert_int_equal(unstuff_all(span_str(wires[i]), 1, 1, &t),
		    0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_short_messages),
		cmocka_unit_test(test_all_short_wires),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_blocks_of_crlf),
		cmocka_unit_test(test_one_piece),
		cmocka_unit_test(test_pieces_apart),
		cmocka_unit_test(test_false_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
