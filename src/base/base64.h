/* SPDX-License-Identifier: ISC
 *
 * base64: RFC 4648 section 4, strictly: no octet outside the alphabet, `=`
 * only at the end, padding required, unused bits zero.  A lenient decoder
 * has let peers smuggle separators into other processes.
 */
#ifndef RESTANTE_BASE_BASE64_H
#define RESTANTE_BASE_BASE64_H

#include "base/span.h"

/* octets that the encoding of `n` octets takes, without a NUL */
#define BASE64_ENCODED(n) (((n) + 2) / 3 * 4)
/* octets that decoding `n` octets of text may give at most */
#define BASE64_DECODED(n) ((n) / 4 * 3)

/* out: at least BASE64_ENCODED(n); returns that number */
size_t base64_encode(unsigned char *out, const void *p, size_t n);

/* 0 and *n_r, or -1 for anything but strict base64. `out` may be NULL to
 * check only; otherwise at least BASE64_DECODED(text.n). May decode in place
 * (out == text.p). On error `out` may have been written to. */
__attribute__((warn_unused_result))
int base64_decode(unsigned char *out, size_t *n_r, struct pop_span text);

#endif
