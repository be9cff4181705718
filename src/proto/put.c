/* SPDX-License-Identifier: ISC
 *
 * put: see put.h.
 */
#include "proto/put.h"

#include "base/num.h"

void
put_octets(struct pop_out *out, struct pop_span s)
{
	size_t n = s.n < put_room(out) ? s.n : put_room(out);

	if (n > 0)
		memcpy(out->p + out->n, s.p, n);
	out->n += n;
}

void
put_str(struct pop_out *out, const char *s)
{
	put_octets(out, span_str(s));
}

void
put_u64(struct pop_out *out, uint64_t v)
{
	unsigned char digits[NUM_U64_DIGITS];

	put_octets(out, span_of(digits, num_format_u64(digits, v)));
}
