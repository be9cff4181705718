/* SPDX-License-Identifier: ISC
 *
 * text: see text.h.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

bool
text_format(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, size, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < size)
		return false;
	if (n < 0 && size > 0)
		out[0] = '\0';
	return true;
}
