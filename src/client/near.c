/* SPDX-License-Identifier: ISC
 *
 * near: edit distance (insert, remove, replace, swap two neighbours) of short
 * words.
 */
#include "client/near.h"

#include <string.h>

enum { WORD_MAX = 40 };

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* three rows of the table are enough: of i - 2, i - 1 and i */
static unsigned
distance(const char *a, size_t an, const char *b, size_t bn)
{
	unsigned row[3][WORD_MAX + 1];

	for (unsigned j = 0; j <= bn; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= an; i++) {
		unsigned *now = row[i % 3], *up = row[(i + 2) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= bn; j++) {
			now[j] = least(least(up[j], now[j - 1]) + 1,
			    up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j],
				    row[(i + 1) % 3][j - 2] + 1);
		}
	}
	return row[an % 3][bn];
}

void
near_try(struct near *n, const char *candidate)
{
	size_t wn = strlen(n->word), cn = strlen(candidate);
	unsigned d;

	if (wn == 0 || wn > WORD_MAX || cn > WORD_MAX)
		return;
	/* the beginning of a command is near enough */
	d = cn > wn && wn >= 2 && memcmp(candidate, n->word, wn) == 0 ? 1 :
	    distance(n->word, wn, candidate, cn);
	/* a third of the word may be wrong, and three letters at most */
	if (d > 3 || d > (cn + 2) / 3 || (n->best != NULL && d >= n->distance))
		return;
	n->best = candidate;
	n->distance = d;
}
