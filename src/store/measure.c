/* SPDX-License-Identifier: ISC
 *
 * measure: wire size of stored text.  Owns nothing; must give what the dot
 * codec gives when the message is sent (RFC 1939 section 11).
 */
#include "store/measure.h"

#include <string.h>

#include "sys/os.h"

void
measure_feed(struct measure *m, const void *p, size_t n)
{
	const unsigned char *at = p, *end = at + n, *lf;

	if (n == 0)
		return;
	if (*at == '.' && (m->stored == 0 || m->last == '\n'))
		m->dots = true;
	while ((lf = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		unsigned char before = m->last;

		if (lf > (const unsigned char *)p)
			before = lf[-1];
		if (before != '\r')
			m->added++;
		at = lf + 1;
		if (at < end && *at == '.')
			m->dots = true;
		if (at == end)
			break;
	}
	m->last = end[-1];
	m->stored += n;
}

uint64_t
measure_wire(const struct measure *m)
{
	uint64_t tail = m->stored > 0 && m->last != '\n' ? 2 : 0;

	return m->stored + m->added + tail;
}

bool
measure_crlf(const struct measure *m)
{
	return measure_wire(m) == m->stored;
}

int
measure_fd(struct measure *m, int fd)
{
	unsigned char buf[16384];
	ssize_t n;

	while ((n = os_read(fd, buf, sizeof(buf))) > 0)
		measure_feed(m, buf, (size_t)n);
	return n < 0 ? -1 : 0;
}
