/* SPDX-License-Identifier: ISC
 *
 * text_show.c: octets of any kind in a report that a person reads.
 */
#include <stdio.h>

#include "wire/text.h"

enum { SHOW_MAX = 300 };	/* octets of a line */

static size_t
show_octet(char *out, size_t room, unsigned char c)
{
	int n;

	if (c == '\r')
		n = snprintf(out, room, "\\r");
	else if (c == '\n')
		n = snprintf(out, room, "\\n");
	else if (c >= 0x20 && c < 0x7f)
		n = (*out = (char)c, 1);
	else
		n = snprintf(out, room, "\\x%02x", c);
	return n > 0 ? (size_t)n : 0;
}

void
text_show(struct buf *out, struct pop_span s)
{
	char shown[4 * SHOW_MAX + 8] = "";
	size_t n = 0;

	for (size_t i = 0; i < s.n && i < SHOW_MAX; i++)
		n += show_octet(shown + n, sizeof shown - n, s.p[i]);
	if (buf_append(out, shown, n) != 0)
		return;
	if (s.n > SHOW_MAX && buf_printf(out, "... (%zu octets)", s.n) != 0)
		return;
}
