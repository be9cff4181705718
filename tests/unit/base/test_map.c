/* SPDX-License-Identifier: ISC
 *
 * map against an array: random puts and takes with few keys, so that they
 * collide, and a long life without decay.
 */
#include "../proto/check.h"

#include "base/map.h"

enum { KEYS = 300 };

static void
check_all(const struct map *m, void *const *model, const uint64_t *keys)
{
	size_t pos = 0, count = 0, seen = 0;
	const int *v;

	for (size_t i = 0; i < KEYS; i++) {
		assert_ptr_equal(map_get(m, keys[i]), model[i]);
		count += model[i] != NULL;
	}
	assert_int_equal(m->count, count);
	while ((v = map_next(m, &pos)) != NULL)
		seen++;
	assert_int_equal(seen, count);
}

static void
test_random(void **state)
{
	static int values[KEYS];
	void *model[KEYS] = { NULL };
	uint64_t keys[KEYS], seed = 7;
	struct map m = { 0 };

	(void)state;
	for (size_t i = 0; i < KEYS; i++)
		keys[i] = i % 3 == 0 ? i : i % 3 == 1 ? (uint64_t)i << 32 :
		    ((uint64_t)next_random(&seed) << 32) + i;
	for (int round = 0; round < 20000; round++) {
		size_t i = next_random(&seed) % KEYS;

		if (next_random(&seed) % 2) {
			void *v = &values[next_random(&seed) % KEYS];

			assert_int_equal(map_put(&m, keys[i], v), 0);
			model[i] = v;
		} else {
			assert_ptr_equal(map_take(&m, keys[i]), model[i]);
			model[i] = NULL;
		}
		if (round % 500 == 0)
			check_all(&m, model, keys);
	}
	check_all(&m, model, keys);
	assert_true(m.size <= 1024);
	map_release(&m);
	assert_int_equal(m.size, 0);
}

static void
test_empty(void **state)
{
	struct map m = { 0 };
	size_t pos = 0;

	(void)state;
	assert_null(map_get(&m, 0));
	assert_null(map_take(&m, 0));
	assert_null(map_next(&m, &pos));
	map_release(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
