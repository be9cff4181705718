/* SPDX-License-Identifier: ISC
 *
 * utf8: one character off a text; only reads.
 */
#include "client/utf8.h"

/* how many octets a character that begins so has; *least_r: the smallest
 * code point for which that many are needed; *c_r: its first bits */
static size_t
length_of(unsigned char first, uint32_t *least_r, uint32_t *c_r)
{
	if (first < 0x80) {
		*least_r = 0;
		*c_r = first;
		return 1;
	}
	if ((first & 0xe0) == 0xc0) {
		*least_r = 0x80;
		*c_r = first & 0x1f;
		return 2;
	}
	if ((first & 0xf0) == 0xe0) {
		*least_r = 0x800;
		*c_r = first & 0x0f;
		return 3;
	}
	*least_r = 0x10000;
	*c_r = first & 0x07;
	return (first & 0xf8) == 0xf0 ? 4 : 0;
}

size_t
utf8_decode(struct pop_span text, uint32_t *c_r)
{
	uint32_t least = 0, c = 0;
	size_t n;

	if (text.n == 0)
		return 0;
	n = length_of(text.p[0], &least, &c);
	if (n == 0 || n > text.n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((text.p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text.p[i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*c_r = c;
	return n;
}
