/* SPDX-License-Identifier: ISC
 *
 * escape: texts of strangers as a terminal or a log can bear them.  Only
 * makes texts; knows no terminal and no locale.
 *
 * What could move a cursor, set a title or a clipboard, turn the direction of
 * what follows or hide in it becomes printable: an octet \xHH, a code point
 * \uHHHH or \UHHHHHHHH.  Doing it twice changes nothing more.
 */
#include "client/utf8.h"
#include "base/text.h"
#include "client/report.h"

static bool ascii_only;

void
escape_ascii(bool only)
{
	ascii_only = only;
}

/* Not printable, or not what it looks like (Unicode's categories Cc, Cf, Co,
 * Zl, Zp, noncharacters; the fillers of Hangul, which are blank letters). */
static const struct { uint32_t first, last; } harmful[] = {
	{ 0x0, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x600, 0x605 },
	{ 0x61c, 0x61c }, { 0x6dd, 0x6dd }, { 0x70f, 0x70f },
	{ 0x115f, 0x1160 }, { 0x180e, 0x180e }, { 0x200b, 0x200b },
	{ 0x200e, 0x200f },	/* between them: Persian and emoji need it */
	{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xe000, 0xf8ff }, { 0xfdd0, 0xfdef }, { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff }
};

static bool
is_harmful(uint32_t c)
{
	if (ascii_only && c > 0x7e)
		return true;
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (c >= harmful[i].first && c <= harmful[i].last)
			return true;
	/* the last two of every plane are no characters */
	return (c & 0xfffe) == 0xfffe;
}

/* Writes the first character of `text`, as it will be shown, into `piece`;
 * *n_r: how many octets of `text` that is. */
static void
show_one(struct pop_span text, char piece[16], size_t *n_r)
{
	uint32_t c = 0;
	size_t n = utf8_decode(text, &c);

	*n_r = n > 0 ? n : 1;
	if (n == 0)
		(void)text_format(piece, 16, "\\x%02x", text.p[0]);
	else if (!is_harmful(c))
		(void)text_format(piece, 16, "%.*s", (int)n,
		    (const char *)text.p);
	else if (c < 0x80)
		(void)text_format(piece, 16, "\\x%02x", (unsigned)c);
	else if (c < 0x10000)
		(void)text_format(piece, 16, "\\u%04x", (unsigned)c);
	else
		(void)text_format(piece, 16, "\\U%08x", (unsigned)c);
}

/*
 * The place of "..." is kept free until it is known that all fits, so a cut
 * text always says so (where `size` has room for that).
 */
void
escape_text(struct pop_span text, char *out, size_t size, size_t max)
{
	const char *end = "...";
	size_t n = 0, safe = 0, used = 0, step;
	char piece[16];

	if (size == 0)
		return;
	while (used < text.n) {
		size_t len;

		show_one((struct pop_span){ text.p + used, text.n - used },
		    piece, &step);
		len = strlen(piece);
		if (used + step > max || n + len >= size)
			break;
		memcpy(out + n, piece, len);
		n += len;
		used += step;
		if (n + strlen(end) < size)
			safe = n;
	}
	if (used == text.n) {
		out[n] = '\0';
		return;
	}
	(void)text_format(out + safe, size - safe, "%s", end);
}

/* Three digits and a unit, of thousands. */
void
format_octets(uint64_t octets, char out[16])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB",
		"PB", "EB" };
	uint64_t unit = 1, tenths;
	size_t i = 0;

	/* up to 99.9 with one decimal, then without; 999.5 is the next unit */
	while (octets / unit >= 1000 ||
	    (i > 0 && octets / unit == 999 && octets % unit >= unit / 2)) {
		unit *= 1000;
		i++;
	}
	if (i == 0) {
		(void)text_format(out, 16, "%u B", (unsigned)octets);
		return;
	}
	tenths = octets / (unit / 10) +
	    (octets % (unit / 10) >= unit / 20 ? 1 : 0);
	if (tenths < 1000)
		(void)text_format(out, 16, "%u.%u %s", (unsigned)(tenths / 10),
		    (unsigned)(tenths % 10), units[i]);
	else
		(void)text_format(out, 16, "%u %s",
		    (unsigned)(octets / unit +
		    (octets % unit >= unit / 2 ? 1 : 0)), units[i]);
}
