/* SPDX-License-Identifier: ISC
 *
 * mistake: writes reports, one line each.  The words of a mistaken file are
 * quoted in them; reading refuses control characters first, so that they
 * cannot break the lines.
 */
#include <stdarg.h>

#include "conf/mistake.h"

void
mistake(struct mistakes *m, unsigned line, const char *fmt, ...)
{
	va_list ap;

	m->count++;
	/* a report that cannot be written is still counted: that is what
	 * the caller acts on */
	(void)fprintf(m->out, "%s:%u: ", m->path, line);
	va_start(ap, fmt);
	(void)vfprintf(m->out, fmt, ap);
	va_end(ap);
	(void)fputc('\n', m->out);
}

int
mistake_memory(struct mistakes *m, unsigned line)
{
	if (!m->no_memory)
		mistake(m, line, "there is not enough memory to read this");
	m->no_memory = true;
	return -1;
}
