/* SPDX-License-Identifier: ISC
 *
 * base64: see base64.h.
 */
#include "base/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_encode(unsigned char *out, const void *p, size_t n)
{
	const unsigned char *in = p;
	unsigned char *o = out;

	for (; n >= 3; n -= 3, in += 3) {
		*o++ = (unsigned char)alphabet[in[0] >> 2];
		*o++ = (unsigned char)alphabet[(in[0] & 3) << 4 | in[1] >> 4];
		*o++ = (unsigned char)alphabet[(in[1] & 15) << 2 | in[2] >> 6];
		*o++ = (unsigned char)alphabet[in[2] & 63];
	}
	if (n > 0) {
		unsigned second = n == 2 ? in[1] : 0;

		*o++ = (unsigned char)alphabet[in[0] >> 2];
		*o++ = (unsigned char)alphabet[(in[0] & 3U) << 4 | second >> 4];
		*o++ = n == 2 ? (unsigned char)alphabet[(second & 15) << 2]
			      : '=';
		*o++ = '=';
	}
	return (size_t)(o - out);
}

static int
sextet(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int
base64_decode(unsigned char *out, size_t *n_r, struct pop_span text)
{
	size_t pad = 0, n = 0;

	if (text.n % 4 != 0)
		return -1;
	while (pad < 2 && pad < text.n && text.p[text.n - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < text.n; i += 4) {
		size_t digits = i + 4 == text.n ? 4 - pad : 4;
		unsigned long v = 0;

		for (size_t k = 0; k < 4; k++) {
			int d = k < digits ? sextet(text.p[i + k]) : 0;

			if (d < 0)
				return -1;
			v = v << 6 | (unsigned long)d;
		}
		if ((digits == 2 && (v & 0xffff) != 0) ||
		    (digits == 3 && (v & 0xff) != 0))
			return -1;
		for (size_t k = 0; k + 1 < digits; k++, n++)
			if (out != NULL)
				out[n] = (unsigned char)(v >> (16 - 8 * k));
	}
	*n_r = n;
	return 0;
}
