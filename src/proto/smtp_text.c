/* SPDX-License-Identifier: ISC
 *
 * smtp_text: see smtp_text.h.  It must not look at dots: where a message
 * ends was decided before it gets here, by the one dot codec and by it
 * alone.
 */
#include "proto/smtp_text.h"

static const char received_name[] = "received";

enum {
	/* values of match: 0..8 octets of the name are there, then */
	MATCH_NAME = sizeof(received_name) - 1,
	MATCH_BLANK,		/* the name and blanks; a colon may follow */
	MATCH_NONE		/* not that field: wait for the line's end */
};

void
smtp_text_init(struct smtp_text *t)
{
	*t = (struct smtp_text){ 0 };
}

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

/* One octet of a header line, no LF, which may still be a Received field. */
static void
header_octet(struct smtp_text *t, unsigned char c)
{
	if (t->match < MATCH_NAME) {
		if (lower(c) == (unsigned char)received_name[t->match])
			t->match++;
		else if (c != '\r' || t->match > 0)
			t->match = MATCH_NONE;
		return;
	}
	if (c == ' ' || c == '\t') {
		t->match = MATCH_BLANK;
		return;
	}
	if (c == ':' && t->received < UINT32_MAX)
		t->received++;
	t->match = MATCH_NONE;
}

/*
 * Counts Received fields up to the first empty line.  Lines end with LF
 * here: whatever precedes it was checked or repaired.
 */
static void
count_received(struct smtp_text *t, struct pop_span s)
{
	while (s.n > 0 && !t->body) {
		if (t->match == MATCH_NONE) {
			const unsigned char *lf = memchr(s.p, '\n', s.n);
			if (lf == NULL)
				return;
			span_skip(&s, (size_t)(lf - s.p) + 1);
			t->match = 0;
			continue;
		}
		if (s.p[0] != '\n')
			header_octet(t, s.p[0]);
		else if (t->match == 0)
			t->body = 1;
		else
			t->match = 0;
		span_skip(&s, 1);
	}
}

static void
passed(struct smtp_text *t, struct pop_span s)
{
	t->octets += s.n;
	if (!t->body)
		count_received(t, s);
}

/* The first fault of the line ends in s, which is not empty; *cr_io: the octet
 * before was a CR. */
static enum smtp_fault
find_fault(struct pop_span s, unsigned char *cr_io)
{
	const unsigned char *p = s.p;
	const unsigned char *end = s.p + s.n;

	if (*cr_io && *p++ != '\n')
		return SMTP_FAULT_CR;
	*cr_io = 0;
	while (p < end) {
		const unsigned char *cr = memchr(p, '\r', (size_t)(end - p));
		const unsigned char *stop = cr != NULL ? cr : end;

		if (memchr(p, '\n', (size_t)(stop - p)) != NULL)
			return SMTP_FAULT_LF;
		if (cr == NULL)
			break;
		if (cr + 1 == end) {
			*cr_io = 1;
			break;
		}
		if (cr[1] != '\n')
			return SMTP_FAULT_CR;
		p = cr + 2;
	}
	return SMTP_FAULT_NONE;
}

enum smtp_fault
smtp_text_check(struct smtp_text *t, struct pop_span piece)
{
	enum smtp_fault fault;

	if (piece.n == 0)
		return SMTP_FAULT_NONE;
	if (memchr(piece.p, 0, piece.n) != NULL)
		return SMTP_FAULT_NUL;
	fault = find_fault(piece, &t->cr);
	if (fault == SMTP_FAULT_NONE)
		passed(t, piece);
	return fault;
}

enum smtp_fault
smtp_text_check_end(const struct smtp_text *t)
{
	return t->cr ? SMTP_FAULT_CR : SMTP_FAULT_NONE;
}

int
smtp_text_clean(const struct smtp_text *t, struct pop_span piece)
{
	unsigned char cr = 0;

	if (piece.n == 0)
		return 1;
	if (t->cr || memchr(piece.p, 0, piece.n) != NULL)
		return 0;
	return find_fault(piece, &cr) == SMTP_FAULT_NONE && !cr;
}

size_t
smtp_text_repair(struct smtp_text *t, struct pop_span piece,
    unsigned char *out, enum smtp_fault *fault_r)
{
	size_t n = 0;

	*fault_r = SMTP_FAULT_NONE;
	for (size_t i = 0; i < piece.n; i++) {
		unsigned char c = piece.p[i];

		if (c == '\0')
			*fault_r = SMTP_FAULT_NUL;
		if (c == '\n') {
			out[n++] = '\r';
			out[n++] = '\n';
			t->cr = 0;
			continue;
		}
		if (t->cr)
			out[n++] = ' ';
		t->cr = c == '\r';
		if (c != '\r')
			out[n++] = c;
	}
	passed(t, span_of(out, n));
	return n;
}

int
smtp_text_repair_end(struct smtp_text *t)
{
	if (!t->cr)
		return 0;
	t->cr = 0;
	passed(t, span_of(" ", 1));
	return 1;
}
