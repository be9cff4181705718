/* SPDX-License-Identifier: ISC
 *
 * glob: patterns with `*` (any text), `?` (one character) and `\` (the next
 * octet as it is).  ASCII letters match in either case, UTF-8 characters count
 * as one.
 */
#ifndef RESTANTE_CLIENT_GLOB_H
#define RESTANTE_CLIENT_GLOB_H

#include <stdbool.h>

#include "base/span.h"

/* Does the whole text match?  At most pattern.n * text.n steps. */
bool glob_match(struct pop_span pattern, struct pop_span text);

#endif
