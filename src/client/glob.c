/* SPDX-License-Identifier: ISC
 *
 * glob: matching without recursion.
 *
 * Only the last `*` is ever tried again: what stood before it has matched the
 * shortest text that it could, and a longer one would leave less for the
 * rest.  So many stars cost no more than one.
 */
#include "client/glob.h"

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

/* Octets of the character at text[at]: a lead octet and what continues it. */
static size_t
character(struct pop_span text, size_t at)
{
	size_t n = 1;

	if (text.p[at] >= 0xc0)
		while (n < 4 && at + n < text.n &&
		    (text.p[at + n] & 0xc0) == 0x80)
			n++;
	return n;
}

/* One step of the pattern that is no star: true when it takes something off
 * the text. */
static bool
step(struct pop_span pattern, size_t *p, struct pop_span text, size_t *t)
{
	unsigned char c = pattern.p[*p];

	if (c == '?') {
		*t += character(text, *t);
		++*p;
		return true;
	}
	if (c == '\\' && *p + 1 < pattern.n)
		c = pattern.p[*p + 1];
	if (lower(c) != lower(text.p[*t]))
		return false;
	*p += pattern.p[*p] == '\\' && *p + 1 < pattern.n ? 2 : 1;
	++*t;
	return true;
}

bool
glob_match(struct pop_span pattern, struct pop_span text)
{
	size_t p = 0, t = 0;
	size_t behind_star = 0, tried = 0;
	bool star = false;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = true;
			behind_star = ++p;
			tried = t;
		} else if (p < pattern.n && step(pattern, &p, text, &t)) {
			continue;
		} else if (star) {
			/* the star takes one character more */
			tried += character(text, tried);
			t = tried;
			p = behind_star;
		} else
			return false;
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}
