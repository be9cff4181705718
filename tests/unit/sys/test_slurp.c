/* SPDX-License-Identifier: ISC
 *
 * test_slurp: whole files, and those that are too large.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/slurp.h"

static char path[] = "/tmp/restante-slurp-XXXXXX";

static void
make(size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(fputc((int)(i % 251), f), EOF);
	assert_int_equal(fclose(f), 0);
}

static void
reads_up_to_the_maximum(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 9999, 10000 };
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		make(sizes[i]);
		buf_init(&b, 10000);
		assert_int_equal(slurp(path, &b), 0);
		assert_int_equal(b.n, sizes[i]);
		for (size_t k = 0; k < b.n; k++)
			assert_int_equal(b.p[k], k % 251);
		buf_release(&b);
	}
}

static void
says_what_is_wrong(void **state)
{
	struct buf b;

	(void)state;
	make(10001);
	buf_init(&b, 10000);
	assert_int_equal(slurp(path, &b), -1);
	assert_int_equal(errno, EFBIG);
	buf_release(&b);
	buf_init(&b, 10000);
	assert_int_equal(slurp("/tmp", &b), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(slurp("/tmp/restante-none-such", &b), -1);
	assert_int_equal(errno, ENOENT);
	buf_release(&b);
}

/* threats S53: owner and group alone, whoever runs this */
static void
a_secret_is_not_for_everybody(void **state)
{
	static const struct { mode_t mode; int want; } cases[] = {
		{ 0600, 0 }, { 0400, 0 }, { 0640, 0 }, { 0660, 0 },
		{ 0644, -2 }, { 0604, -2 }, { 0602, -2 }, { 0666, -2 },
	};
	struct buf b;

	(void)state;
	make(10);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(chmod(path, cases[i].mode), 0);
		buf_init(&b, 100);
		assert_int_equal(slurp_secret(path, &b), cases[i].want);
		assert_int_equal(b.n, cases[i].want == 0 ? 10 : 0);
		buf_release(&b);
	}
	buf_init(&b, 100);
	assert_int_equal(slurp_secret("/tmp/restante-none-such", &b), -1);
	assert_int_equal(errno, ENOENT);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_up_to_the_maximum),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(a_secret_is_not_for_everybody),
	};
	int failed, fd = mkstemp(path);

	if (fd < 0)
		return 1;
	(void)close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	return failed;
}
