/* SPDX-License-Identifier: ISC
 *
 * put: appending to a pop_out.  What does not fit is cut: the caller has made
 * sure of the room, or writes into a scratch text that may be cut.
 */
#ifndef RESTANTE_PROTO_PUT_H
#define RESTANTE_PROTO_PUT_H

#include "base/span.h"

static inline size_t
put_room(const struct pop_out *out)
{
	return out->size - out->n;
}

void put_octets(struct pop_out *out, struct pop_span s);
void put_str(struct pop_out *out, const char *s);
void put_u64(struct pop_out *out, uint64_t v);

/* what `out` holds */
static inline struct pop_span
put_span(const struct pop_out *out)
{
	return span_of(out->p, out->n);
}

#endif
