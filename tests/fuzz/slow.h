/* SPDX-License-Identifier: ISC
 *
 * slow: dot-stuffed texts read the slow way: whole, octet by octet, as RFC
 * 1939 section 3 and RFC 5321 section 4.5.2 say it.  What the targets compare
 * the one codec with.
 */
#ifndef FUZZ_SLOW_H
#define FUZZ_SLOW_H

#include "base/buf.h"

/* Octets up to and with the "." CRLF that ends the text, or 0: it has no
 * end. */
size_t slow_end(struct pop_span s);
/* Appends the text without the dots that were put in. */
void slow_unstuff(struct pop_span s, struct buf *out);

#endif
