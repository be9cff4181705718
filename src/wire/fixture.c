/* SPDX-License-Identifier: ISC
 *
 * fixture.c: the fixture's messages and the plain, slow way to their wire
 * form.  It must not use libpop: it is what libpop is measured by.
 */
#include "wire/fixture.h"

#define E10 "eeeeeeeeee"
#define Y10 "yyyyyyyyyy"
#define Z10 "zzzzzzzzzz"

/* LF alone, as a Maildir usually has it; dots in all places */
static const char first[] =
    "From: ada@example.org\nTo: wren@example.net\nSubject: dots\n\n"
    ".a\nsecond line\n..\n.\n.x\nlast " E10 E10 "eee\n";

/* CRLF, octets above 127 */
static const char second[] =
    "From: ada@example.org\r\nTo: wren@example.net\r\n"
    "Subject: =?utf-8?q?caf=C3=A9?=\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    "caf\xc3\xa9, stored with CRLF\r\n\r\n"
    Y10 Y10 Y10 Y10 Y10 "y\r\n";

/* no line end at its end */
static const char third[] =
    "Return-Path: <ada@example.org>\nDelivered-To: wren@example.net\n"
    "Received: from mx.example.org ([192.0.2.7])\n"
    "\tby pop.example.net with ESMTP; Sat, 1 Mar 2025 10:00:00 +0000\n"
    "From: Ada <ada@example.org>\nTo: Wren <wren@example.net>\n"
    "Subject: no line end at the end\nMessage-ID: <3@example.org>\n\n"
    "The first line.\n\n...\nA long line: "
    Z10 Z10 Z10 Z10 Z10 Z10 Z10 Z10 Z10 "zzzzzzz\n\nno line end here";

struct pop_span
fixture_message(unsigned n)
{
	if (n == 1)
		return span_of(first, sizeof first - 1);
	if (n == 2)
		return span_of(second, sizeof second - 1);
	return span_of(third, sizeof third - 1);
}

int
fixture_wire(struct pop_span m, struct buf *out)
{
	int rc = buf_reserve(out, 2 * m.n + 2);

	for (size_t i = 0; i < m.n && rc == 0; i++) {
		if (m.p[i] == '\n' && (i == 0 || m.p[i - 1] != '\r'))
			out->p[out->n++] = '\r';
		out->p[out->n++] = m.p[i];
	}
	if (rc == 0 && m.n > 0 && m.p[m.n - 1] != '\n')
		rc = buf_append(out, "\r\n", 2);
	return rc;
}

int
fixture_top(struct pop_span m, uint64_t lines, struct buf *out)
{
	struct buf all;
	size_t at = 0, from;
	bool body = false;
	int rc;

	buf_init(&all, (size_t)64 << 20);
	rc = fixture_wire(m, &all);
	while (rc == 0 && at < all.n && (!body || lines > 0)) {
		from = at;
		while (all.p[at] != '\n')
			at++;
		at++;
		rc = buf_append(out, all.p + from, at - from);
		if (body)
			lines--;
		else
			body = at - from == 2 && all.p[from] == '\r';
	}
	buf_release(&all);
	return rc;
}
