/* SPDX-License-Identifier: ISC
 *
 * loop_guard: has this message been delivered to that address before?  Reads
 * the header of a message as it streams by (RFC 9228: Delivered-To).
 */
#ifndef RESTANTE_SERVER_LOOP_GUARD_H
#define RESTANTE_SERVER_LOOP_GUARD_H

#include <stdbool.h>

#include "base/span.h"

enum { LOOP_GUARD_LINE = 320 };	/* "Delivered-To: " and a path */

struct loop_guard {
	bool over;			/* the header has ended */
	size_t n;			/* of line; more are passed over */
	unsigned char line[LOOP_GUARD_LINE];
};

/* zero it to begin; `found` is called for the address of each Delivered-To
 * field */
void loop_guard(struct loop_guard *g, struct pop_span piece,
    void (*found)(void *arg, struct pop_span address), void *arg);

#endif
