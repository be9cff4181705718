/* SPDX-License-Identifier: ISC
 *
 * utf8: RFC 3629, strictly: no overlong form, no surrogate, nothing above
 * U+10FFFF.
 */
#ifndef RESTANTE_CLIENT_UTF8_H
#define RESTANTE_CLIENT_UTF8_H

#include <stdint.h>

#include "base/span.h"

/* How many octets (1 to 4) the first character of `text` has, and *c_r; 0
 * when it does not begin with a whole one. */
size_t utf8_decode(struct pop_span text, uint32_t *c_r);

#endif
