/* SPDX-License-Identifier: ISC
 *
 * header_date: dates of mail (RFC 5322 sections 3.3 and 4.3) to seconds.
 *
 * Owns nothing, asks no clock and no time zone of the machine.  What is not
 * plainly a date is refused: a rule by age does not hold for it.
 */
#include "client/rules.h"

enum { YEAR_MIN = 1900, YEAR_MAX = 9999 };

struct date {
	unsigned day, month, year;	/* month: 0 to 11 */
	unsigned hour, minute, second;
	int zone;			/* seconds east */
};

static const struct {
	const char *name;
	int hours;
} zones[] = {
	{ "UT", 0 }, { "GMT", 0 }, { "UTC", 0 }, { "EST", -5 }, { "EDT", -4 },
	{ "CST", -6 }, { "CDT", -5 }, { "MST", -7 }, { "MDT", -6 },
	{ "PST", -8 }, { "PDT", -7 },
};

/* Skips blanks, line ends and comments, which may be nested. */
static void
skip_blanks(struct pop_span *s)
{
	unsigned depth = 0;

	while (s->n > 0) {
		unsigned char c = s->p[0];

		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0 && s->n > 1)
			span_skip(s, 1);
		else if (depth == 0 && c != ' ' && c != '\t' && c != '\r' &&
		    c != '\n')
			return;
		span_skip(s, 1);
	}
}

/* Takes a number of min to max digits: count of digits, or 0. */
static unsigned
take_number(struct pop_span *s, unsigned min, unsigned max, unsigned *v_r)
{
	unsigned n = 0, v = 0;

	skip_blanks(s);
	while (n < s->n && n <= max && s->p[n] >= '0' && s->p[n] <= '9')
		v = v * 10 + (unsigned)(s->p[n++] - '0');
	if (n < min || n > max)
		return 0;
	*v_r = v;
	span_skip(s, n);
	return n;
}

/* Takes a word of letters. */
static struct pop_span
take_word(struct pop_span *s)
{
	struct pop_span word;
	size_t n = 0;

	skip_blanks(s);
	while (n < s->n && (unsigned char)((s->p[n] | 0x20) - 'a') < 26)
		n++;
	word = span_of(s->p, n);
	span_skip(s, n);
	return word;
}

static bool
take_char(struct pop_span *s, unsigned char c)
{
	skip_blanks(s);
	if (s->n == 0 || s->p[0] != c)
		return false;
	span_skip(s, 1);
	return true;
}

static bool
take_month(struct pop_span *s, unsigned *month_r)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct pop_span word = take_word(s);

	if (word.n < 3)
		return false;
	word.n = 3;	/* "September" has been seen */
	for (unsigned i = 0; i < 12; i++)
		if (span_eq_nocase(word, span_of(names + i * 3, 3))) {
			*month_r = i;
			return true;
		}
	return false;
}

static bool
take_year(struct pop_span *s, unsigned *year_r)
{
	unsigned n = take_number(s, 2, 4, year_r);

	if (n == 2)	/* RFC 5322 section 4.3 */
		*year_r += *year_r < 50 ? 2000 : 1900;
	else if (n == 3)
		*year_r += 1900;
	return n > 0 && *year_r >= YEAR_MIN && *year_r <= YEAR_MAX;
}

static bool
take_time(struct pop_span *s, struct date *d)
{
	if (take_number(s, 1, 2, &d->hour) == 0 || !take_char(s, ':') ||
	    take_number(s, 1, 2, &d->minute) == 0)
		return false;
	d->second = 0;
	if (take_char(s, ':') && take_number(s, 1, 2, &d->second) == 0)
		return false;
	return d->hour < 24 && d->minute < 60 && d->second <= 60;
}

/* a zone by name; what is not known is 0 (RFC 5322 section 4.3) */
static int
named_zone(struct pop_span word)
{
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (span_eq_nocase(word, span_str(zones[i].name)))
			return zones[i].hours * 3600;
	return 0;
}

static bool
take_zone(struct pop_span *s, int *zone_r)
{
	unsigned v;
	bool minus;

	*zone_r = 0;
	skip_blanks(s);
	if (s->n == 0)
		return true;
	if (s->p[0] != '+' && s->p[0] != '-') {
		*zone_r = named_zone(take_word(s));
		return true;
	}
	minus = s->p[0] == '-';
	span_skip(s, 1);
	if (take_number(s, 4, 4, &v) == 0 || v % 100 >= 60)
		return false;
	*zone_r = (int)(v / 100 * 3600 + v % 100 * 60);
	if (minus)
		*zone_r = -*zone_r;
	return true;
}

static unsigned
days_of_month(unsigned month, unsigned year)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month] + (month == 1 && leap);
}

/* days from 1970-01-01, by counting leap days (Gregorian) */
static int64_t
days_since_epoch(const struct date *d)
{
	static const unsigned short before[] = { 0, 31, 59, 90, 120, 151, 181,
		212, 243, 273, 304, 334 };
	int64_t y = d->year, last = y - 1;
	int64_t days = (y - 1970) * 365 + last / 4 - last / 100 + last / 400 -
	    (1969 / 4 - 1969 / 100 + 1969 / 400);

	if (d->month > 1 && days_of_month(1, d->year) == 29)
		days++;
	return days + before[d->month] + d->day - 1;
}

int
header_date(struct pop_span text, int64_t *t_r)
{
	struct date d = { 0 };

	/* the day of the week is not compared: many are wrong */
	if (take_word(&text).n > 0)
		(void)take_char(&text, ',');
	if (take_number(&text, 1, 2, &d.day) == 0 ||
	    !take_month(&text, &d.month) || !take_year(&text, &d.year) ||
	    !take_time(&text, &d) || !take_zone(&text, &d.zone))
		return -1;
	if (d.day == 0 || d.day > days_of_month(d.month, d.year))
		return -1;
	*t_r = days_since_epoch(&d) * 86400 + d.hour * 3600 + d.minute * 60 +
	    d.second - d.zone;
	return 0;
}
