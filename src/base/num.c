/* SPDX-License-Identifier: ISC
 *
 * num: see num.h.
 */
#include "base/num.h"

int
num_parse_u64(struct pop_span s, uint64_t max, uint64_t *v_r)
{
	uint64_t v = 0;

	if (s.n == 0)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return -1;
	}
	if (v > max)
		return -1;
	*v_r = v;
	return 0;
}

size_t
num_format_u64(unsigned char out[NUM_U64_DIGITS], uint64_t v)
{
	unsigned char tmp[NUM_U64_DIGITS];
	size_t n = 0;

	do {
		tmp[n++] = (unsigned char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	for (size_t i = 0; i < n; i++)
		out[i] = tmp[n - 1 - i];
	return n;
}
