/* SPDX-License-Identifier: ISC
 *
 * span: the one comparison that is too long for the header.
 */
#include "base/span.h"

static unsigned char
ascii_lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

bool
span_eq_nocase(struct pop_span a, struct pop_span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}
