/* SPDX-License-Identifier: ISC
 *
 * header: the fields of a message's header, one by one, as strangers wrote
 * them.
 *
 * Lines end with CRLF or LF; what is no field (no colon, a name with blanks
 * in it) is passed over.  All functions take time linear in what they are
 * given and write no more than `size` octets.  See rules.h for header_field
 * and header_date.
 */
#ifndef RESTANTE_CLIENT_HEADER_H
#define RESTANTE_CLIENT_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* Takes the next field off *rest: true, its name and its body as written
 * (with folds); false at the empty line or the end. */
bool header_next(struct pop_span *rest, struct pop_span *name_r,
    struct pop_span *body_r);
/* The body on one line, without blanks around it: folds lose their line end
 * (RFC 5322 section 2.2.3). Octets written. */
size_t header_unfold(struct pop_span body, unsigned char *out, size_t size);
/* Encoded words of RFC 2047 (UTF-8, ISO-8859-1, US-ASCII) become UTF-8, all
 * else stays. Octets written; `out` must not overlap `text`. */
size_t header_decode(struct pop_span text, unsigned char *out, size_t size);

#endif
