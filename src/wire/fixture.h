/* SPDX-License-Identifier: ISC
 *
 * fixture: the three messages of the checks (120, 200 and 451 octets on the
 * wire), and a second opinion, independent of libpop, on what a stored
 * message looks like on the wire.
 */
#ifndef WIRE_FIXTURE_H
#define WIRE_FIXTURE_H

#include "base/buf.h"

enum { FIXTURE_MESSAGES = 3 };

/* message n as it is stored, 1 <= n <= FIXTURE_MESSAGES */
struct pop_span fixture_message(unsigned n);

/* Appends the wire form of a stored message, without dot-stuffing. */
__attribute__((warn_unused_result))
int fixture_wire(struct pop_span stored, struct buf *out);
/* Appends what TOP with `lines` gives of it, without dot-stuffing. */
__attribute__((warn_unused_result))
int fixture_top(struct pop_span stored, uint64_t lines, struct buf *out);

#endif
