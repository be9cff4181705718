/* SPDX-License-Identifier: ISC
 *
 * num: decimal numbers out of spans, exactly: digits only, no sign, no blank,
 * no overflow.
 */
#ifndef RESTANTE_BASE_NUM_H
#define RESTANTE_BASE_NUM_H

#include <stdint.h>

#include "base/span.h"

/* 0 and *v_r, or -1 (empty, anything but digits, or above `max`). Leading
 * zeros are accepted. */
__attribute__((warn_unused_result))
int num_parse_u64(struct pop_span s, uint64_t max, uint64_t *v_r);

enum { NUM_U64_DIGITS = 20 };

/* writes `v` in decimal, returns the count of octets (at most 20) */
size_t num_format_u64(unsigned char out[NUM_U64_DIGITS], uint64_t v);

#endif
