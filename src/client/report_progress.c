/* SPDX-License-Identifier: ISC
 *
 * report_progress: the lines at the foot of a terminal, one for each account
 * at work and one for all; elsewhere a plain line now and then.
 *
 * The cursor rests at the beginning of the line below the picture, so the
 * picture has one line less than the screen at most, and each line one column
 * less than the screen: then the terminal never scrolls or wraps by itself,
 * and going up that many lines always finds the first.  A picture is one
 * write.
 */
#include <inttypes.h>
#include <sys/ioctl.h>

#include "base/buf.h"
#include "base/text.h"
#include "client/report_private.h"
#include "client/utf8.h"

enum { PICTURE_MAX = 64 << 10, LINE_MAX_SHOWN = 600, NAME_COLUMNS = 20 };

void
progress_clear(struct report *r)
{
	if (r->drawn == 0)
		return;
	(void)fprintf(r->err, "\r\033[%uA\033[J", r->drawn);
	(void)fflush(r->err);
	r->drawn = 0;
}

static void
screen_size(const struct report *r, unsigned *columns_r, unsigned *rows_r)
{
	struct winsize w = { 0 };
	int fd = fileno(r->err);

	*columns_r = 80;
	*rows_r = 24;
	if (r->columns != 0) {
		*columns_r = r->columns;
		*rows_r = r->rows;
	} else if (fd >= 0 && ioctl(fd, TIOCGWINSZ, &w) == 0 &&
	    w.ws_col > 0 && w.ws_row > 0) {
		*columns_r = w.ws_col;
		*rows_r = w.ws_row;
	}
}

/* How many octets of `text` fit into `columns`, and *used_r. From U+1100 on,
 * where letters of two columns begin, each counts for two: less than the line
 * never wraps. */
static size_t
fit(const char *text, unsigned columns, unsigned *used_r)
{
	struct pop_span rest = span_str(text);
	unsigned used = 0, width;
	uint32_t c = 0;
	size_t n;

	while (rest.n > 0) {
		n = utf8_decode(rest, &c);
		width = n > 0 && c >= 0x1100 ? 2 : 1;
		if (used + width > columns)
			break;
		used += width;
		span_skip(&rest, n > 0 ? n : 1);
	}
	*used_r = used;
	return strlen(text) - rest.n;
}

/* ---- lines ---- */

/* "  120/340   12.3 MB/45.1 MB   1.2 MB/s   0:27 left" */
static void
numbers(char *out, size_t size, const struct event_sum *s, uint64_t rate)
{
	uint64_t done = s->fetched + s->quarantined + s->failed, rest;
	uint64_t received = report_received(s);
	char got[16], all[16], speed[16], left[32] = "-:--", count[48];
	char octets[40];

	if (done > s->fresh)
		done = s->fresh;
	rest = s->octets > received ? s->octets - received : 0;
	if (rate > 0 || rest == 0)
		report_clock(rate > 0 ? (rest + rate - 1) / rate : 0, left);
	format_octets(received, got);
	format_octets(s->octets, all);
	format_octets(rate, speed);
	(void)text_format(count, sizeof(count), "%" PRIu64 "/%" PRIu64, done,
	    s->fresh);
	(void)text_format(octets, sizeof(octets), "%s/%s", got, all);
	(void)text_format(out, size, "%11s  %17s  %7s/s  %6s left", count,
	    octets, speed, left);
}

static void
account_line(const struct report *r, const struct report_account *a,
    char *out, size_t size)
{
	switch (a->phase) {
	case PHASE_CONNECT:
		(void)text_format(out, size, "connecting");
		break;
	case PHASE_LOGIN:
		(void)text_format(out, size, "logging in");
		break;
	case PHASE_LIST:
		(void)text_format(out, size, "asking what is there");
		break;
	case PHASE_FETCH:
		numbers(out, size, &a->sum, rate_get(&a->rate, r->now_ms(),
		    report_received(&a->sum)));
		break;
	}
}

/* accounts that have ended count, but not those of earlier rounds */
static void
total_line(const struct report *r, char *out, size_t size)
{
	struct event_sum sum = { 0 };
	unsigned done = 0;
	uint64_t rate = 0;
	char text[200];

	for (const struct report_account *a = r->accounts; a != NULL;
	    a = a->next) {
		if (!a->active && r->endless)
			continue;
		done += !a->active;
		sum.fetched += a->sum.fetched;
		sum.quarantined += a->sum.quarantined;
		sum.failed += a->sum.failed;
		sum.came_octets += report_received(&a->sum);
		sum.fresh += a->sum.fresh;
		/* what an ended one left behind is not waited for */
		sum.octets += a->active ? a->sum.octets :
		    report_received(&a->sum);
		if (a->active)
			rate += rate_get(&a->rate, r->now_ms(),
			    report_received(&a->sum));
	}
	numbers(text, sizeof(text), &sum, rate);
	if (r->endless)
		(void)text_format(out, size, "%s", text);
	else
		(void)text_format(out, size, "%s  %u of %u done", text, done,
		    done + r->active);
}

static unsigned
name_columns(const struct report *r)
{
	unsigned widest = 3, used;	/* "all" */

	for (const struct report_account *a = r->accounts; a != NULL;
	    a = a->next) {
		if (!a->active)
			continue;
		(void)fit(a->shown, NAME_COLUMNS, &used);
		if (used > widest)
			widest = used;
	}
	return widest;
}

/* ---- the picture ---- */

struct picture {
	struct buf octets;
	unsigned columns, lines, name;
};

static int
picture_line(struct picture *p, const char *name, const char *text)
{
	unsigned name_used, used;
	size_t name_n = fit(name, p->name, &name_used), n;
	char line[LINE_MAX_SHOWN];

	(void)text_format(line, sizeof(line), "%.*s%*s  %s", (int)name_n,
	    name, (int)(p->name - name_used), "", text);
	n = fit(line, p->columns - 1, &used);
	p->lines++;
	return buf_printf(&p->octets, "%.*s\033[K\n", (int)n, line);
}

static int
picture_accounts(const struct report *r, struct picture *p, unsigned room)
{
	unsigned shown = 0;
	char text[LINE_MAX_SHOWN];

	for (const struct report_account *a = r->accounts;
	    a != NULL && shown < room; a = a->next) {
		if (!a->active)
			continue;
		/* the last line that there is room for speaks of the rest */
		if (shown + 1 == room && r->active > room) {
			(void)text_format(text, sizeof(text), "%u more",
			    r->active - shown);
			return picture_line(p, "...", text);
		}
		account_line(r, a, text, sizeof(text));
		if (picture_line(p, a->shown, text) != 0)
			return -1;
		shown++;
	}
	return 0;
}

static int
picture_make(const struct report *r, struct picture *p, unsigned rows)
{
	bool total = r->accounts != NULL && r->accounts->next != NULL;
	char text[LINE_MAX_SHOWN];
	unsigned room = rows - 1;

	if (r->drawn > 0 &&
	    buf_printf(&p->octets, "\r\033[%uA", r->drawn) != 0)
		return -1;
	p->name = name_columns(r);
	if (total && room > 1)
		room--;
	else
		total = false;
	if (picture_accounts(r, p, room) != 0)
		return -1;
	if (total) {
		total_line(r, text, sizeof(text));
		if (picture_line(p, "all", text) != 0)
			return -1;
	}
	return buf_append_str(&p->octets, "\033[J");
}

static void
draw(struct report *r, uint64_t now)
{
	struct picture p = { .lines = 0 };
	unsigned rows;

	screen_size(r, &p.columns, &rows);
	if (rows < 2 || p.columns < 2)
		return;
	buf_init(&p.octets, PICTURE_MAX);
	if (picture_make(r, &p, rows) == 0) {
		(void)!fwrite(p.octets.p, 1, p.octets.n, r->err);
		(void)fflush(r->err);
		r->drawn = p.lines;
	}
	buf_release(&p.octets);
	r->drawn_ms = now;
}

/* ---- plain lines ---- */

static void
plain(struct report *r)
{
	const struct report_account *only = NULL;
	struct event_sum sum = { 0 };
	char got[16], all[16];

	for (const struct report_account *a = r->accounts; a != NULL;
	    a = a->next) {
		if (!a->active)
			continue;
		only = a;
		sum.fetched += a->sum.fetched;
		sum.fresh += a->sum.fresh;
		sum.came_octets += report_received(&a->sum);
		sum.octets += a->sum.octets;
	}
	format_octets(sum.came_octets, got);
	format_octets(sum.octets, all);
	if (r->active == 1 && only != NULL)
		(void)fprintf(r->err, "%s: ", only->shown);
	else
		(void)fprintf(r->err, "all: %u at work, ", r->active);
	(void)fprintf(r->err, "%" PRIu64 " of %" PRIu64 " messages, %s of "
	    "%s\n", sum.fetched, sum.fresh, got, all);
	(void)fflush(r->err);
}

void
progress_draw(struct report *r)
{
	uint64_t now = r->now_ms();

	if (r->active == 0)
		return;
	if (r->progress) {
		if (r->drawn_ms == 0 || now - r->drawn_ms >= REPORT_DRAW_MS)
			draw(r, now);
	} else if (now - r->plain_ms >= REPORT_PLAIN_MS) {
		plain(r);
		r->plain_ms = now;
	}
}
