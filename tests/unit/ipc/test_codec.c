/* SPDX-License-Identifier: ISC
 *
 * test_codec: fields of a frame, and the table of who may send what.  The
 * sender is taken to be hostile (S52: a front that was taken over).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipc/frame.h"

static void
writes_and_reads(void **state)
{
	struct ipc_writer w;
	struct ipc_reader r;
	char *s;

	(void)state;
	ipc_writer_init(&w);
	ipc_put_u8(&w, 200);
	ipc_put_u32(&w, 0xdeadbeef);
	ipc_put_u64(&w, UINT64_MAX - 1);
	ipc_put_bytes(&w, "a\0b", 3);
	ipc_put_str(&w, "wren");
	assert_false(w.failed);
	ipc_reader_init(&r, buf_span(&w.b));
	assert_int_equal(ipc_get_u8(&r), 200);
	assert_int_equal(ipc_get_u32(&r), 0xdeadbeef);
	assert_true(ipc_get_u64(&r) == UINT64_MAX - 1);
	assert_int_equal(ipc_get_span(&r).n, 3);
	s = ipc_get_str(&r, 255);
	assert_string_equal(s, "wren");
	free(s);
	assert_true(ipc_reader_end(&r));
	buf_release(&w.b);
}

/* every prefix of a good payload is short, every longer one has a rest */
static void
refuses_what_is_cut_or_too_long(void **state)
{
	struct ipc_writer w;

	(void)state;
	ipc_writer_init(&w);
	ipc_put_u32(&w, 7);
	ipc_put_str(&w, "wren");
	ipc_put_u8(&w, 1);
	for (size_t n = 0; n <= w.b.n; n++) {
		struct ipc_reader r;

		ipc_reader_init(&r, span_of(w.b.p, n));
		(void)ipc_get_u32(&r);
		(void)ipc_get_span(&r);
		(void)ipc_get_u8(&r);
		assert_int_equal(ipc_reader_end(&r), n == w.b.n);
	}
	ipc_put_u8(&w, 0);
	struct ipc_reader r;

	ipc_reader_init(&r, buf_span(&w.b));
	(void)ipc_get_u32(&r);
	(void)ipc_get_span(&r);
	(void)ipc_get_u8(&r);
	assert_false(ipc_reader_end(&r));
	buf_release(&w.b);
}

static void
trusts_no_length(void **state)
{
	static const unsigned char lies[][8] = {
		{ 0xff, 0xff, 0xff, 0xff, 'a', 'b', 'c', 'd' },
		{ 5, 0, 0, 0, 'a', 'b', 'c', 'd' },
		{ 0, 0, 0, 0x80, 'a', 'b', 'c', 'd' },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct ipc_reader r;

		ipc_reader_init(&r, span_of(lies[i], 8));
		assert_int_equal(ipc_get_span(&r).n, 0);
		assert_false(ipc_reader_end(&r));
		ipc_reader_init(&r, span_of(lies[i], 8));
		assert_null(ipc_get_str(&r, 255));
		assert_false(ipc_reader_end(&r));
	}
}

static void
makes_no_string_of_a_nul_or_too_much(void **state)
{
	struct ipc_writer w;
	struct ipc_reader r;

	(void)state;
	ipc_writer_init(&w);
	ipc_put_bytes(&w, "wren\0x", 6);
	ipc_reader_init(&r, buf_span(&w.b));
	assert_null(ipc_get_str(&r, 255));
	assert_true(r.failed);
	w.b.n = 0;
	ipc_put_str(&w, "wren");
	ipc_reader_init(&r, buf_span(&w.b));
	assert_null(ipc_get_str(&r, 3));
	assert_true(r.failed);
	buf_release(&w.b);
}

/* design: the front hears of maildrops from the store only; it has no say
 * in tickets */
static void
permits_what_the_table_says(void **state)
{
	static const struct {
		enum ipc_kind kind;
		enum ipc_role from, to;
		unsigned fd;
		bool ok;
	} cases[] = {
		{ IPC_AUTH_PASS, IPC_FRONT, IPC_AUTH, false, true },
		{ IPC_AUTH_PASS, IPC_FRONT, IPC_AUTH, true, false },
		{ IPC_AUTH_PASS, IPC_FRONT, IPC_STORE, false, false },
		{ IPC_AUTH_PASS, IPC_STORE, IPC_AUTH, false, false },
		{ IPC_TICKET_OPEN, IPC_AUTH, IPC_STORE, false, true },
		{ IPC_TICKET_OPEN, IPC_FRONT, IPC_STORE, false, false },
		{ IPC_TICKET_RCPT, IPC_FRONT, IPC_STORE, false, false },
		{ IPC_STORE_BODY_R, IPC_STORE, IPC_FRONT, true, true },
		{ IPC_STORE_BODY_R, IPC_STORE, IPC_FRONT, 0, true },
		{ IPC_STORE_BODY_R, IPC_STORE, IPC_FRONT, 32, true },
		{ IPC_STORE_BODY_R, IPC_STORE, IPC_FRONT, 33, false },
		{ IPC_STORE_BEGIN_R, IPC_STORE, IPC_FRONT, 1, true },
		{ IPC_STORE_BEGIN_R, IPC_STORE, IPC_FRONT, 2, false },
		{ IPC_CTL_PEER, IPC_PARENT, IPC_STORE, 2, false },
		{ IPC_STORE_BODY_R, IPC_FRONT, IPC_STORE, false, false },
		{ IPC_CTL_PEER, IPC_PARENT, IPC_STORE, true, true },
		{ IPC_CTL_PEER, IPC_PARENT, IPC_STORE, false, false },
		{ IPC_CTL_PEER, IPC_FRONT, IPC_STORE, true, false },
		{ IPC_CTL_CERTS, IPC_PARENT, IPC_FRONT, false, true },
		{ IPC_CTL_CERTS, IPC_PARENT, IPC_STORE, false, false },
		{ IPC_CTL_READY, IPC_STORE, IPC_PARENT, false, true },
		{ IPC_CTL_READY, IPC_STORE, IPC_FRONT, false, false },
		{ IPC_CTL_WHO_ROW, IPC_AUTH, IPC_PARENT, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (ipc_permitted(cases[i].kind, cases[i].from, cases[i].to,
		    cases[i].fd) != cases[i].ok)
			fail_msg("row %zu", i);
	assert_false(ipc_permitted(IPC_NONE, IPC_FRONT, IPC_AUTH, false));
	assert_false(ipc_permitted(IPC_KINDS, IPC_FRONT, IPC_AUTH, false));
	assert_false(ipc_permitted(255, IPC_PARENT, IPC_FRONT, false));
}

/* a kind without a row would be refused everywhere: none is forgotten */
static void
every_kind_has_a_row(void **state)
{
	(void)state;
	for (int kind = IPC_NONE + 1; kind < IPC_KINDS; kind++) {
		int ways = 0;

		for (int from = IPC_PARENT; from <= IPC_STORE; from++)
			for (int to = IPC_PARENT; to <= IPC_STORE; to++)
				for (int fd = 0; fd < 2; fd++)
					ways += ipc_permitted(kind, from, to,
					    fd);
		if (ways == 0)
			fail_msg("kind %d has no row", kind);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_and_reads),
		cmocka_unit_test(refuses_what_is_cut_or_too_long),
		cmocka_unit_test(trusts_no_length),
		cmocka_unit_test(makes_no_string_of_a_nul_or_too_much),
		cmocka_unit_test(permits_what_the_table_says),
		cmocka_unit_test(every_kind_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
