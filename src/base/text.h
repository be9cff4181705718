/* SPDX-License-Identifier: ISC
 *
 * text: small texts in fixed memory, for people's eyes and for names of our
 * own making.
 */
#ifndef RESTANTE_BASE_TEXT_H
#define RESTANTE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Formats into `out`, which is always terminated.  What does not fit is cut:
 * true when it was.  Where a cut text would be wrong and not only short, the
 * result must be looked at.
 */
__attribute__((format(printf, 3, 4)))
bool text_format(char *out, size_t size, const char *fmt, ...);

#endif
