/* SPDX-License-Identifier: ISC
 *
 * conform_mail: sees to it that the maildrop holds what a case wants, by POP3
 * and LMTP or SMTP alone, and learns what it holds then.
 *
 * Sizes are counted from what RETR sends, never taken from LIST: LIST is what
 * the cases judge.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <sysexits.h>

#include "client/conform_internal.h"
#include "wire/fixture.h"

enum { POLL_MS = 100, SECOND_MS = 1100 };

static int
fail(struct conform *c, enum conform_begun how, struct buf *why,
    const char *what, struct pop_span detail)
{
	c->begun = how;
	if (buf_append_str(why, what) != 0 ||
	    buf_append(why, detail.p, detail.n) != 0)
		why->n = 0;
	return -1;
}

__attribute__((format(printf, 3, 4)))
static int
failf(struct conform *c, struct buf *why, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return fail(c, BEGUN_BROKEN, why, n < 0 ? "memory" : text,
	    span_str(""));
}

static int
fail_talk(struct conform *c, struct buf *why, const char *what,
    const struct conform_talk *t)
{
	return fail(c, BEGUN_BROKEN, why, what,
	    buf_span(t->why.n > 0 ? &t->why : &t->line));
}

/* ---- delivery ---- */

static int
send_stuffed(struct conform_talk *t, struct pop_span wire)
{
	struct buf out;
	bool start = true;
	int r;

	buf_init(&out, CONFORM_TEXT_MAX);
	r = buf_reserve(&out, 2 * wire.n + 8);
	for (size_t i = 0; i < wire.n && r == 0; i++) {
		if (start && wire.p[i] == '.')
			out.p[out.n++] = '.';
		out.p[out.n++] = wire.p[i];
		start = wire.p[i] == '\n';
	}
	if (r == 0)
		r = buf_append(&out, ".\r\n", 3);
	if (r == 0)
		r = talk_send(t, buf_span(&out));
	buf_release(&out);
	return r == 0 ? 0 : -1;
}

static int
deliver_one(struct conform_talk *t, struct pop_span wire)
{
	int r = talk_command(t, "MAIL FROM:<>");

	if (r / 100 == 2)
		r = talk_command(t, "RCPT TO:<%s>", t->c->recipient);
	if (r / 100 == 2)
		r = talk_command(t, "DATA");
	if (r == 354)
		r = send_stuffed(t, wire) == 0 ? talk_reply(t, NULL) : -1;
	if (r < 0)
		return DELIVER_BROKEN;
	if (r / 100 == 2)
		return DELIVERED;
	return DELIVER_REFUSED;
}

int
conform_deliver(struct conform *c, const struct buf *mail, size_t n,
    struct buf *why)
{
	enum wire_proto proto = c->mta[WIRE_LMTP] != NULL ? WIRE_LMTP :
	    WIRE_SMTP;
	struct conform_talk t;
	struct pop_span said;
	int r;

	if (n == 0)
		return DELIVERED;
	r = talk_open(&t, c, proto, SOCK_CLEAR);
	if (r == 0 && talk_command(&t, "%s client.invalid",
	    proto == WIRE_LMTP ? "LHLO" : "EHLO") != 250)
		r = DELIVER_BROKEN;
	for (size_t i = 0; i < n && r == DELIVERED; i++) {
		if (i > 0 && c->slowly)
			conform_sleep(SECOND_MS);
		r = deliver_one(&t, buf_span(&mail[i]));
	}
	said = buf_span(t.why.n > 0 ? &t.why : &t.line);
	if (r == DELIVER_REFUSED)
		(void)fail_talk(c, why, "the server does not take such mail: ",
		    &t);
	else if (r != DELIVERED)
		(void)failf(c, why, "delivery of mail by %s to %s: %.*s",
		    proto == WIRE_LMTP ? "LMTP" : "SMTP", c->mta_host[proto],
		    (int)said.n, (const char *)said.p);
	else
		(void)talk_command(&t, "QUIT");
	talk_close(&t);
	return r;
}

/* ---- what lies there ---- */

static int
count(struct conform_talk *t, uint64_t *n_r)
{
	struct buf list;
	int r;

	buf_init(&list, CONFORM_LIST_MAX);
	*n_r = 0;
	r = talk_ask(t, "LIST");
	if (r == 1 && talk_text(t, &list) != 0)
		r = -1;
	for (size_t i = 0; r == 1 && i < list.n; i++)
		*n_r += list.p[i] == '\n';
	buf_release(&list);
	return r == 1 ? 0 : -1;
}

int
conform_count_mail(struct conform *c, uint64_t *n_r, struct buf *why)
{
	struct conform_talk t;
	int r = talk_settle(&t, c);

	if (r == 0)
		r = count(&t, n_r);
	if (r == 0 && talk_quit(&t) < 0)
		r = -1;
	if (r != 0 && buf_append(why, t.why.p, t.why.n) != 0)
		why->n = 0;
	talk_close(&t);
	return r;
}

int
conform_read_mail(struct conform *c, uint64_t number, struct buf *out,
    struct buf *why)
{
	struct conform_talk t;
	struct pop_span text;
	struct buf all;
	int r = talk_settle(&t, c);

	buf_init(&all, CONFORM_TEXT_MAX);
	if (r == 0 && (talk_ask(&t, "RETR %llu",
	    (unsigned long long)number) != 1 || talk_text(&t, &all) != 0 ||
	    talk_quit(&t) < 0))
		r = -1;
	text = buf_span(&all);
	conform_skip_fields(&text, c->fields);
	if (r == 0)
		r = buf_append(out, text.p, text.n);
	if (r != 0 && buf_append(why, t.why.p, t.why.n) != 0)
		why->n = 0;
	buf_release(&all);
	talk_close(&t);
	return r;
}

/* ---- what is known ---- */

void
conform_drop_done(struct conform_drop *d)
{
	for (size_t i = 0; i < WIRE_MAILS; i++) {
		buf_release(&d->sent[i]);
		buf_release(&d->text[i]);
	}
	buf_release(&d->mark);
	buf_release(&d->fault);
	memset(d, 0, sizeof(*d));
}

static void
forget(struct conform_drop *d)
{
	conform_drop_done(d);
	for (size_t i = 0; i < WIRE_MAILS; i++) {
		buf_init(&d->sent[i], CONFORM_TEXT_MAX);
		buf_init(&d->text[i], CONFORM_TEXT_MAX);
	}
	buf_init(&d->mark, CONFORM_LIST_MAX);
	buf_init(&d->fault, CONFORM_LINE_MAX);
}

/* What tells one content of a maildrop from another: UIDL, or else LIST. */
static int
take_mark(struct conform_talk *t, struct buf *mark)
{
	int r;

	mark->n = 0;
	r = talk_ask(t, "UIDL");
	if (r == 0)
		r = talk_ask(t, "LIST");
	return r == 1 ? talk_text(t, mark) : -1;
}

/* ---- emptying and filling ---- */

static int
remove_all(struct conform_talk *t)
{
	uint64_t n;

	if (count(t, &n) != 0)
		return -1;
	for (uint64_t i = 1; i <= n; i++)
		if (talk_ask(t, "DELE %llu", (unsigned long long)i) != 1)
			return -1;
	return talk_quit(t) == 1 ? 0 : -1;
}

static int
empty(struct conform *c, struct buf *why)
{
	struct conform_talk t;
	int r = talk_settle(&t, c);

	if (r == 0)
		r = remove_all(&t);
	if (r != 0)
		r = fail_talk(c, why, "emptying the account: ", &t);
	talk_close(&t);
	return r;
}

/* A session with exactly `n` messages in it: delivery may take a moment. */
static int
await(struct conform *c, struct conform_talk *t, size_t n, struct buf *why)
{
	int64_t end = conform_now_ms() + CONFORM_WAIT_MS;
	uint64_t there = 0;

	for (;;) {
		if (talk_settle(t, c) != 0 || count(t, &there) != 0)
			return fail_talk(c, why, "looking for the mail: ", t);
		if (there == n)
			return 0;
		if (there > n || conform_now_ms() > end)
			break;
		(void)talk_quit(t);
		talk_close(t);
		conform_sleep(POLL_MS);
	}
	return failf(c, why, "%zu messages went to %s, %llu are in the "
	    "maildrop of %s: is that its address, and does nobody else write "
	    "to it?", n, c->recipient, (unsigned long long)there, c->user);
}

/* ---- learning ---- */

/* 0, or the other message that it is, or -1 */
static int
which(const struct conform_drop *d, const struct buf *text)
{
	unsigned fields;

	for (size_t i = 0; i < d->n; i++)
		if (conform_same(buf_span(&d->sent[i]), buf_span(text),
		    &fields) == NULL)
			return (int)i;
	return -1;
}

static void
judge(struct conform *c, size_t i, bool bad_stuffing)
{
	struct conform_drop *d = &c->drop;
	unsigned fields = 0;
	const char *what = bad_stuffing ? "a line of it begins with one dot" :
	    conform_same(buf_span(&d->sent[i]), buf_span(&d->text[i]),
	    &fields);

	if (what == NULL) {
		c->fields = fields;
		return;
	}
	if (which(d, &d->text[i]) >= 0)
		what = "messages are not in the order in which they came";
	if (d->fault.n == 0 && buf_printf(&d->fault, "message %zu: %s",
	    i + 1, what) != 0)
		d->fault.n = 0;
}

static int
learn(struct conform *c, struct conform_talk *t, size_t n)
{
	struct conform_drop *d = &c->drop;

	for (size_t i = 0; i < n; i++) {
		t->bad_stuffing = false;
		d->text[i].n = 0;
		if (talk_ask(t, "RETR %zu", i + 1) != 1 ||
		    talk_text(t, &d->text[i]) != 0)
			return -1;
		if (c->way == WAY_DELIVER)
			judge(c, i, t->bad_stuffing);
	}
	if (take_mark(t, &d->mark) != 0 || talk_quit(t) != 1)
		return -1;
	d->n = n;
	d->known = true;
	return 0;
}

static void
set_world(struct conform *c)
{
	for (size_t i = 0; i < c->drop.n; i++)
		c->message[i] = buf_span(&c->drop.text[i]);
	c->world.message = c->message;
	c->world.messages = c->drop.n;
}

/* ---- a case begins ---- */

/* Is what we know of still there, and what the case wants? */
static bool
wants_the_same(const struct conform_drop *d, const struct buf *wire, size_t n)
{
	if (!d->known || d->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!span_eq(buf_span(&d->sent[i]), buf_span(&wire[i])))
			return false;
	return true;
}

static int
still_there(struct conform *c, struct buf *why)
{
	struct conform_talk t;
	struct buf mark;
	int r = talk_settle(&t, c);

	buf_init(&mark, CONFORM_LIST_MAX);
	if (r == 0)
		r = take_mark(&t, &mark);
	if (r == 0 && talk_quit(&t) < 0)
		r = -1;
	if (r != 0)
		r = fail_talk(c, why, "between two cases: ", &t);
	else
		r = span_eq(buf_span(&mark), buf_span(&c->drop.mark));
	talk_close(&t);
	buf_release(&mark);
	return r;
}

static int
fill(struct conform *c, const struct buf *wire, size_t n, struct buf *why)
{
	struct conform_drop *d = &c->drop;
	struct conform_talk t;
	int r;

	forget(d);
	for (size_t i = 0; i < n; i++)
		if (buf_append(&d->sent[i], wire[i].p, wire[i].n) != 0)
			return fail(c, BEGUN_BROKEN, why, "memory",
			    span_str(""));
	d->n = n;
	if (empty(c, why) != 0)
		return -1;
	r = conform_deliver(c, wire, n, why);
	if (r != DELIVERED) {
		c->begun = r == DELIVER_REFUSED ? BEGUN_NOT_HERE :
		    BEGUN_BROKEN;
		return -1;
	}
	r = await(c, &t, n, why);
	if (r == 0 && learn(c, &t, n) != 0)
		r = fail_talk(c, why, "reading the mail: ", &t);
	talk_close(&t);
	return r;
}

/* Mail that arrives within one second may have no order. */
static int
fill_in_order(struct conform *c, const struct buf *wire, size_t n,
    struct buf *why)
{
	int r = fill(c, wire, n, why);

	if (r == 0 && !c->slowly && c->drop.fault.n > 0 &&
	    memmem(c->drop.fault.p, c->drop.fault.n, "in the order", 12) !=
	    NULL) {
		c->slowly = true;
		r = fill(c, wire, n, why);
	}
	return r;
}

static int
begin_delivered(struct conform *c, const struct wire_case *w,
    const struct buf *wire, struct buf *why)
{
	int r = wants_the_same(&c->drop, wire, w->mails) ?
	    still_there(c, why) : 0;
	bool odd = false;

	if (r == 0)
		r = fill_in_order(c, wire, w->mails, why);
	if (r < 0) {
		c->drop.known = false;
		return -1;
	}
	set_world(c);
	for (size_t i = 0; i < w->mails; i++)
		odd = odd || conform_is_odd(buf_span(&wire[i]));
	if (c->drop.fault.n == 0 || conform_is_base(w))
		return 0;	/* the base has a line of its own */
	return fail(c, odd ? BEGUN_NOT_HERE : BEGUN_BROKEN, why,
	    "delivery changes such mail: ", buf_span(&c->drop.fault));
}

static int
begin_as_is(struct conform *c, struct buf *why)
{
	struct conform_talk t;
	uint64_t n = 0;
	int r;

	if (c->drop.known) {
		r = still_there(c, why);
		return r == 1 ? 0 : r < 0 ? -1 : fail(c, BEGUN_BROKEN, why,
		    "the maildrop is not what it was", span_str(""));
	}
	forget(&c->drop);
	r = talk_settle(&t, c);
	if (r == 0)
		r = count(&t, &n);
	if (r == 0 && n != FIXTURE_MESSAGES)
		r = failf(c, why, "the account must hold exactly three "
		    "messages, and it holds %llu: send it some (or remove "
		    "some), or let --lmtp or --smtp put them there",
		    (unsigned long long)n);
	else if (r != 0 || learn(c, &t, (size_t)n) != 0)
		r = fail_talk(c, why, "reading the mail: ", &t);
	talk_close(&t);
	if (r == 0)
		set_world(c);
	return r;
}

int
conform_begin(struct conform *c, const struct wire_case *w, struct buf *why)
{
	struct buf wire[WIRE_MAILS];
	int r = 0;

	c->begun = BEGUN;
	if (c->way == WAY_AS_IS)
		return begin_as_is(c, why);
	for (size_t i = 0; i < w->mails; i++) {
		buf_init(&wire[i], CONFORM_TEXT_MAX);
		if (r == 0 && fixture_wire(buf_span(&w->mail[i]),
		    &wire[i]) != 0)
			r = fail(c, BEGUN_BROKEN, why, "memory",
			    span_str(""));
		conform_bare(&wire[i]);
	}
	if (r == 0)
		r = begin_delivered(c, w, wire, why);
	for (size_t i = 0; i < w->mails; i++)
		buf_release(&wire[i]);
	return r;
}
