/* SPDX-License-Identifier: ISC
 *
 * trace: the fields of final delivery, see trace.h.  Everything that comes
 * from a peer is checked here once more before it gets into a header: one
 * line end let through would be a forged field.
 */
#include "proto/trace.h"

enum {
	FOLD_AT = 78,		/* RFC 5322 section 2.1.1 */
	SECONDS_A_DAY = 86400
};

/* 0001-01-01 and 10000-01-01 */
#define TIME_MIN (-62135596800)
#define TIME_END 253402300800

/* A field under construction; `error` sticks. */
struct field {
	struct buf *out;
	const char *line_end;
	size_t column;
	int error;
};

static void
put(struct field *f, struct pop_span s)
{
	if (f->error == BUF_OK)
		f->error = buf_append(f->out, s.p, s.n);
	f->column += s.n;
}

static void
put_text(struct field *f, const char *text)
{
	put(f, span_str(text));
}

static void
new_line(struct field *f)
{
	put_text(f, f->line_end);
	f->column = 0;
}

/* One word that must not be torn, behind a space or on a line of its own. */
static void
put_word(struct field *f, const char *before, struct pop_span s,
    const char *behind)
{
	size_t n = strlen(before) + s.n + strlen(behind);

	if (f->column + 1 + n > FOLD_AT && f->column > 1) {
		new_line(f);
		put_text(f, "\t");
	} else {
		put_text(f, " ");
	}
	put_text(f, before);
	put(f, s);
	put_text(f, behind);
}

static bool
is_text(struct pop_span s, unsigned flags)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f ||
		    (s.p[i] >= 0x80 && !(flags & TRACE_UTF8)))
			return false;
	return true;
}

/* A word of the Received field outside a quoted string. */
static bool
is_word(struct pop_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f ||
		    strchr("()<>\\\";,", s.p[i]) != NULL)
			return false;
	return true;
}

static bool
info_valid(const struct trace_info *i)
{
	return is_text(i->return_path, i->flags) &&
	    is_text(i->delivered_to, i->flags) &&
	    is_text(i->recipient, i->flags) && is_word(i->helo) &&
	    is_word(i->rdns) && is_word(i->ip) && is_word(i->host) &&
	    i->host.n > 0 && is_word(i->id) && is_word(i->tls_cipher) &&
	    is_word(i->tls_group) && i->time >= TIME_MIN &&
	    i->time < TIME_END;
}

/* RFC 3848; RFC 6531 section 4.3 */
static const char *
with_protocol(unsigned flags)
{
	static const char *const names[2][2][2] = {
		{ { "ESMTP", "ESMTPS" }, { "UTF8SMTP", "UTF8SMTPS" } },
		{ { "LMTP", "LMTPS" }, { "UTF8LMTP", "UTF8LMTPS" } }
	};

	if ((flags & (TRACE_LMTP | TRACE_EXTENDED)) == 0)
		return "SMTP";
	return names[!!(flags & TRACE_LMTP)][!!(flags & TRACE_UTF8)]
	    [!!(flags & TRACE_TLS)];
}

/* The calendar of RFC 5322: proleptic Gregorian. `days` since 1970-01-01;
 * counted in years that begin in March, so that a leap day comes last. */
static void
civil_date(int64_t days, int *year_r, int *month_r, int *day_r)
{
	int64_t since = days + 719468;		/* 0000-03-01 */
	int64_t era = (since >= 0 ? since : since - 146096) / 146097;
	int64_t d = since - era * 146097;	/* 0..146096 */
	int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	int64_t in_year = d - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * in_year + 2) / 153;	/* 0 is March */

	*day_r = (int)(in_year - (153 * m + 2) / 5 + 1);
	*month_r = (int)(m < 10 ? m + 3 : m - 9);
	*year_r = (int)(y + era * 400 + (*month_r <= 2));
}

static void
put_date(struct field *f, int64_t time)
{
	static const char *const day_names[] = { "Thu", "Fri", "Sat", "Sun",
	    "Mon", "Tue", "Wed" };
	static const char *const month_names[] = { "Jan", "Feb", "Mar", "Apr",
	    "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int64_t second = ((time % SECONDS_A_DAY) + SECONDS_A_DAY) %
	    SECONDS_A_DAY;
	int64_t days = (time - second) / SECONDS_A_DAY;
	int year, month, day;

	civil_date(days, &year, &month, &day);
	if (f->column + 33 > FOLD_AT) {
		new_line(f);
		put_text(f, "\t");
	} else {
		put_text(f, " ");
	}
	if (f->error == BUF_OK)
		f->error = buf_printf(f->out,
		    "%s, %d %s %04d %02d:%02d:%02d +0000",
		    day_names[((days % 7) + 7) % 7], day,
		    month_names[month - 1], year, (int)(second / 3600),
		    (int)(second / 60 % 60), (int)(second % 60));
	new_line(f);
}

static void
put_from(struct field *f, const struct trace_info *i)
{
	bool v6 = i->ip.n > 0 && memchr(i->ip.p, ':', i->ip.n) != NULL;

	/* a field whose first line is empty, however long this is, is legal
	 * but not liked everywhere */
	put_text(f, " from ");
	put(f, i->helo.n > 0 ? i->helo : span_str("unknown"));
	if (i->ip.n == 0)
		return;
	if (i->rdns.n > 0) {
		put_word(f, "(", i->rdns, "");
		put_word(f, v6 ? "[IPv6:" : "[", i->ip, "])");
	} else {
		put_word(f, v6 ? "([IPv6:" : "([", i->ip, "])");
	}
}

static void
put_received(struct field *f, const struct trace_info *i)
{
	put_text(f, "Received:");
	put_from(f, i);
	put_word(f, "by ", i->host, "");
	put_word(f, "with ", span_str(with_protocol(i->flags)), "");
	if (i->id.n > 0)
		put_word(f, "id ", i->id, "");
	if (i->recipient.n > 0)
		put_word(f, "for <", i->recipient, ">");
	/* RFC 8314 section 4.3 */
	if (i->tls_cipher.n > 0) {
		put_word(f, "tls ", i->tls_cipher, "");
		if (i->tls_group.n > 0)
			put_word(f, "group ", i->tls_group, "");
	}
	put_text(f, ";");
	put_date(f, i->time);
}

int
trace_fields(struct buf *out, const struct trace_info *info)
{
	struct field f = { .out = out,
		.line_end = (info->flags & TRACE_CRLF) ? "\r\n" : "\n" };
	size_t before = out->n;

	if (!info_valid(info))
		return TRACE_EINVAL;
	put_text(&f, "Return-Path: <");
	put(&f, info->return_path);
	put_text(&f, ">");
	new_line(&f);
	if (info->delivered_to.n > 0) {
		put_text(&f, "Delivered-To: ");
		put(&f, info->delivered_to);
		new_line(&f);
	}
	put_received(&f, info);
	if (f.error != BUF_OK)
		out->n = before;
	return f.error;
}
