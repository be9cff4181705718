/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: patterns of the client's rules.  The first octet says where
 * the pattern ends and the text begins.  A second matcher, which tries
 * everything at once, must come to the same; and the steps taken stay below
 * what glob.h promises, or this would be seen as slowness.
 */
#include <stdlib.h>
#include <string.h>

#include "client/glob.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

enum { TEXT_MAX = 4000 };

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

/* Where the character that begins at text[i] ends: `?` takes it whole. */
static size_t
behind(struct pop_span text, size_t i)
{
	size_t end = i + 1;

	if (text.p[i] >= 0xc0)
		while (end < i + 4 && end < text.n &&
		    (text.p[end] & 0xc0) == 0x80)
			end++;
	return end;
}

/* reach[i]: the pattern so far may end at text[i]. A star moves by whole
 * characters from where it began. */
static bool
slow(struct pop_span g, struct pop_span text)
{
	static bool at[TEXT_MAX + 1], next[TEXT_MAX + 1];

	memset(at, 0, sizeof(at));
	at[0] = true;
	for (size_t k = 0; k < g.n; k++) {
		unsigned char c = g.p[k];
		bool literal = c != '*' && c != '?';

		if (c == '\\' && k + 1 < g.n)
			c = g.p[++k];
		memset(next, 0, sizeof(next));
		for (size_t i = 0; i <= text.n; i++) {
			if (!literal && c == '*') {
				next[i] = next[i] || at[i];
				if (next[i] && i < text.n)
					next[behind(text, i)] = true;
			} else if (i < text.n && at[i] && !literal) {
				next[behind(text, i)] = true;
			} else if (i < text.n && at[i] &&
			    lower(c) == lower(text.p[i])) {
				next[i + 1] = true;
			}
		}
		memcpy(at, next, sizeof(at));
	}
	return at[text.n];
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct pop_span pattern, text;
	size_t first;

	if (n < 1)
		return 0;
	first = data[0] < n - 1 ? data[0] : n - 1;
	pattern = span_of(data + 1, first);
	text = span_of(data + 1 + first, n - 1 - first);
	if (text.n > TEXT_MAX)
		return 0;
	if (glob_match(pattern, text) != slow(pattern, text))
		abort();
	return 0;
}
