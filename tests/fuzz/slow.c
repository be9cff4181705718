/* SPDX-License-Identifier: ISC
 *
 * slow: see slow.h.
 */
#include "slow.h"

#include <stdlib.h>

static bool
is_start(struct pop_span s, size_t i)
{
	return i == 0 || (i >= 2 && memcmp(s.p + i - 2, "\r\n", 2) == 0);
}

size_t
slow_end(struct pop_span s)
{
	for (size_t i = 0; i + 3 <= s.n; i++)
		if (is_start(s, i) && memcmp(s.p + i, ".\r\n", 3) == 0)
			return i + 3;
	return 0;
}

void
slow_unstuff(struct pop_span s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (is_start(s, i) && s.p[i] == '.')
			continue;
		if (buf_append(out, s.p + i, 1) != BUF_OK)
			abort();
	}
}
