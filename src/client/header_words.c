/* SPDX-License-Identifier: ISC
 *
 * header_words: encoded words (RFC 2047) in header fields, decoded so that
 * rules can look for what a person reads.
 *
 * Owns nothing.  A word that is not well formed, or in a character set that
 * is not known here, stays as it is written.  Linear: no word is searched for
 * its end beyond the next `?` or blank.
 */
#include "client/header.h"

#include "base/base64.h"

enum { WORD_MAX = 1024 };	/* RFC 2047 says 75; many write more */

enum charset { CHARSET_UTF8, CHARSET_LATIN1 };

struct word {
	enum charset charset;
	bool base64;
	struct pop_span text;
	size_t n;		/* octets of the whole word */
};

static bool
word_charset(struct pop_span name, enum charset *charset_r)
{
	static const struct {
		const char *name;
		enum charset charset;
	} known[] = {
		{ "utf-8", CHARSET_UTF8 }, { "utf8", CHARSET_UTF8 },
		{ "us-ascii", CHARSET_UTF8 }, { "ascii", CHARSET_UTF8 },
		{ "iso-8859-1", CHARSET_LATIN1 },
		{ "iso8859-1", CHARSET_LATIN1 }, { "latin1", CHARSET_LATIN1 },
	};
	const unsigned char *star = memchr(name.p, '*', name.n);

	/* "utf-8*en": a language (RFC 2231 section 5) */
	if (star)
		name.n = (size_t)(star - name.p);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_eq_nocase(name, span_str(known[i].name))) {
			*charset_r = known[i].charset;
			return true;
		}
	return false;
}

/* octets up to the next `?`, or -1 when a blank or the end comes first */
static ptrdiff_t
up_to_mark(struct pop_span s)
{
	for (size_t i = 0; i < s.n && i < WORD_MAX; i++) {
		if (s.p[i] == '?')
			return (ptrdiff_t)i;
		if (s.p[i] <= ' ')
			return -1;
	}
	return -1;
}

/* Is there an encoded word at the beginning of s? */
static bool
word_at(struct pop_span s, struct word *w)
{
	struct pop_span rest = s;
	ptrdiff_t n;

	if (s.n < 8 || s.p[0] != '=' || s.p[1] != '?')
		return false;
	span_skip(&rest, 2);
	n = up_to_mark(rest);
	if (n <= 0 || !word_charset(span_of(rest.p, (size_t)n), &w->charset))
		return false;
	span_skip(&rest, (size_t)n + 1);
	n = up_to_mark(rest);
	if (n != 1 || memchr("bBqQ", rest.p[0], 4) == NULL)
		return false;
	w->base64 = rest.p[0] == 'b' || rest.p[0] == 'B';
	span_skip(&rest, 2);
	n = up_to_mark(rest);
	if (n < 0 || rest.n < (size_t)n + 2 || rest.p[n + 1] != '=')
		return false;
	w->text = span_of(rest.p, (size_t)n);
	w->n = s.n - rest.n + (size_t)n + 2;
	return true;
}

static int
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* the Q encoding (RFC 2047 section 4.2); 0 or -1 */
static int
q_decode(struct pop_span text, unsigned char *out, size_t *n_r)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = text.p[i];

		if (c == '=') {
			int high = i + 2 < text.n ?
			    hex_digit(text.p[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(text.p[i + 2]) : -1;

			if (low < 0)
				return -1;
			c = (unsigned char)(high << 4 | low);
			i += 2;
		} else if (c == '_')
			c = ' ';
		out[n++] = c;
	}
	*n_r = n;
	return 0;
}

/* the octets of a word: 0 and *n_r, or -1 */
static int
word_octets(const struct word *w, unsigned char *out, size_t *n_r)
{
	if (w->text.n == 0) {
		*n_r = 0;
		return 0;
	}
	if (w->base64)
		return base64_decode(out, n_r, w->text);
	return q_decode(w->text, out, n_r);
}

/* one octet in a character set, as UTF-8; false when there is no room */
static bool
put_octet(enum charset charset, unsigned char c, unsigned char *out,
    size_t *n, size_t size)
{
	if (charset == CHARSET_UTF8 || c < 0x80) {
		if (*n == size)
			return false;
		out[(*n)++] = c;
		return true;
	}
	if (size - *n < 2)
		return false;
	out[(*n)++] = (unsigned char)(0xc0 | c >> 6);
	out[(*n)++] = (unsigned char)(0x80 | (c & 0x3f));
	return true;
}

/* Decodes a word into `out`; false when it is none after all. */
static bool
put_word(const struct word *w, unsigned char *out, size_t *n, size_t size)
{
	unsigned char octets[WORD_MAX];
	size_t count = 0;

	if (word_octets(w, octets, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!put_octet(w->charset, octets[i], out, n, size))
			break;
	return true;
}

size_t
header_decode(struct pop_span text, unsigned char *out, size_t size)
{
	size_t n = 0, behind_word = 0;
	bool after_word = false;	/* only blanks since the last word */
	struct word w;

	while (text.n > 0 && n < size) {
		unsigned char c = text.p[0];

		if (c == '=' && word_at(text, &w)) {
			size_t at = n;

			/* blanks between two words are not text */
			if (after_word)
				n = behind_word;
			if (put_word(&w, out, &n, size)) {
				span_skip(&text, w.n);
				behind_word = n;
				after_word = true;
				continue;
			}
			n = at;
		}
		after_word = after_word && (c == ' ' || c == '\t');
		out[n++] = c;
		span_skip(&text, 1);
	}
	return n;
}
