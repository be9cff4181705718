/* SPDX-License-Identifier: ISC
 *
 * lmtp_out: dialogues of a mail client, each played whole, octet by octet and
 * cut at every point (RFC 5321, 2033, 2920, 1870, 3207).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/lmtp_out.h"

enum { OUT = 8192, SAID = 4096 };

struct dialogue {
	const char *what;
	unsigned flags;
	unsigned messages;	/* to send, one after the other */
	uint64_t octets;
	const char *in;		/* all that the server says; each line is said
				 * when it is its turn: what comes ahead is
				 * no worse */
	const char *out;	/* all that is said to it; "B" for a body */
	const char *events;	/* R ready, B body, 2/4/5 result, T TLS, O
				 * over, X too large */
};

#define E8 "250-x\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000\r\n"
#define MAIL8 "MAIL FROM:<a@b> SIZE=7 BODY=8BITMIME\r\nRCPT TO:<c@d>\r\n" \
	"DATA\r\n"
#define MAIL0 "MAIL FROM:<a@b>\r\n"
#define RCPT0 "RCPT TO:<c@d>\r\n"

static const struct dialogue dialogues[] = {
	{ "LMTP, pipelined", LMTP_OUT_LMTP, 1, 7,
	    "220 x\r\n" E8 "250 a\r\n250 b\r\n354 c\r\n250 d\r\n",
	    "LHLO me\r\n" MAIL8 "B", "RB2" },
	{ "SMTP, one after the other", 0, 1, 7,
	    "220 x\r\n250 x\r\n250 a\r\n250 b\r\n354 c\r\n250 d\r\n",
	    "EHLO me\r\n" MAIL0 RCPT0 "DATA\r\nB", "RB2" },
	{ "replies without text, LF alone", 0, 1, 7,
	    "220\n250\n250\n250\n354\n250\n",
	    "EHLO me\r\n" MAIL0 RCPT0 "DATA\r\nB", "RB2" },
	{ "two messages: no RSET behind a good one", LMTP_OUT_LMTP, 2, 7,
	    "220 x\r\n" E8 "250 a\r\n250 b\r\n354 c\r\n250 d\r\n"
	    "250 a\r\n250 b\r\n354 c\r\n250 d\r\n",
	    "LHLO me\r\n" MAIL8 "B" MAIL8 "B", "RB2B2" },
	{ "recipient refused, pipelined; RSET", LMTP_OUT_LMTP, 2, 7,
	    "220 x\r\n" E8 "250 a\r\n550 5.1.1 no\r\n503 b\r\n"
	    "250 reset\r\n250 a\r\n250 b\r\n354 c\r\n250 d\r\n",
	    "LHLO me\r\n" MAIL8 "RSET\r\n" MAIL8 "B", "R5B2" },
	{ "the same, and 354 all the same: an empty message", 0, 2, 7,
	    "220 x\r\n" E8 "250 a\r\n450 no\r\n354 b\r\n554 none\r\n"
	    "250 reset\r\n250 a\r\n250 b\r\n354 c\r\n250 d\r\n",
	    "EHLO me\r\n" MAIL8 ".\r\nRSET\r\n" MAIL8 "B", "R4B2" },
	{ "the same, by LMTP: over", LMTP_OUT_LMTP, 1, 7,
	    "220 x\r\n" E8 "250 a\r\n450 no\r\n354 b\r\n",
	    "LHLO me\r\n" MAIL8 ".\r\n", "R4O" },
	{ "recipient refused, one after the other; RSET", 0, 2, 7,
	    "220 x\r\n250 x\r\n250 a\r\n550 no\r\n250 reset\r\n250 a\r\n"
	    "250 b\r\n354 c\r\n250 d\r\n",
	    "EHLO me\r\n" MAIL0 RCPT0 "RSET\r\n" MAIL0 RCPT0 "DATA\r\nB",
	    "R5B2" },
	{ "sender refused", 0, 1, 7, "220 x\r\n250 x\r\n450 later\r\n",
	    "EHLO me\r\n" MAIL0, "R4" },
	{ "DATA refused", 0, 1, 7,
	    "220 x\r\n250 x\r\n250 a\r\n250 b\r\n452 full\r\n",
	    "EHLO me\r\n" MAIL0 RCPT0 "DATA\r\n", "R4" },
	{ "message refused", 0, 1, 7,
	    "220 x\r\n" E8 "250 a\r\n250 b\r\n354 c\r\n554-virus\r\n"
	    "554 found\r\n",
	    "EHLO me\r\n" MAIL8 "B", "RB5" },
	{ "too large for the server", 0, 1, 1001, "220 x\r\n" E8,
	    "EHLO me\r\n", "RX" },
	{ "SIZE without a limit", 0, 1, 7,
	    "220 x\r\n250-x\r\n250 size\r\n250 a\r\n",
	    "EHLO me\r\nMAIL FROM:<a@b> SIZE=7\r\n" RCPT0, "R" },
	{ "no EHLO", 0, 1, 7,
	    "220 x\r\n502 what\r\n250 x\r\n250 a\r\n250 b\r\n354 c\r\n"
	    "250 d\r\n",
	    "EHLO me\r\nHELO me\r\n" MAIL0 RCPT0 "DATA\r\nB", "RB2" },
	{ "no LHLO", LMTP_OUT_LMTP, 1, 7, "220 x\r\n500 what\r\n",
	    "LHLO me\r\n", "O" },
	{ "greeting 554", 0, 1, 7, "554 no\r\n", "", "O" },
	{ "greeting of several lines", 0, 1, 7, "220-a\r\n220 b\r\n250 x\r\n",
	    "EHLO me\r\n" MAIL0, "R" },
	{ "STARTTLS", LMTP_OUT_WANT_TLS, 1, 7,
	    "220 x\r\n250-x\r\n250-PIPELINING\r\n250 STARTTLS\r\n220 go\r\n",
	    "EHLO me\r\nSTARTTLS\r\n", "T" },
	{ "STARTTLS not wanted", 0, 1, 7, "220 x\r\n250-x\r\n250 STARTTLS\r\n",
	    "EHLO me\r\n" MAIL0, "R" },
	{ "STARTTLS refused", LMTP_OUT_WANT_TLS, 1, 7,
	    "220 x\r\n250-x\r\n250 STARTTLS\r\n454 not now\r\n",
	    "EHLO me\r\nSTARTTLS\r\n", "O" },
	{ "421 instead of a reply", 0, 1, 7,
	    "220 x\r\n250 x\r\n250 a\r\n421 bye\r\n",
	    "EHLO me\r\n" MAIL0 RCPT0, "RO" },
	{ "no reply at all", 0, 1, 7, "hello\r\n", "", "O" },
	{ "codes that differ", 0, 1, 7, "220-x\r\n221 x\r\n", "", "O" },
	{ "a code of four digits", 0, 1, 7, "2200 x\r\n", "", "O" },
	{ "1yz", 0, 1, 7, "120 x\r\n", "", "O" },
	{ "354 to MAIL", 0, 1, 7, "220 x\r\n250 x\r\n354 x\r\n",
	    "EHLO me\r\n" MAIL0, "RO" },
	{ "250 to DATA", 0, 1, 7,
	    "220 x\r\n250 x\r\n250 a\r\n250 b\r\n250 c\r\n",
	    "EHLO me\r\n" MAIL0 RCPT0 "DATA\r\n", "RO" },
	{ "a reply to nothing", 0, 1, 7,
	    "220 x\r\n" E8 "250 a\r\n250 b\r\n354 c\r\n250 d\r\n250 e\r\n",
	    "EHLO me\r\n" MAIL8 "B", "RB2O" },
};

enum { DIALOGUES = sizeof(dialogues) / sizeof(dialogues[0]) };

struct play {
	const struct dialogue *d;
	struct lmtp_out m;
	unsigned char mem[OUT];
	struct pop_out out;
	char said[SAID], events[32];
	size_t said_n, events_n;
	unsigned sent;
	bool over;
};

static void
event(struct play *p, char c)
{
	assert_true(p->events_n + 1 < sizeof(p->events));
	p->events[p->events_n++] = c;
}

static void
send_one(struct play *p)
{
	struct lmtp_out_message message = { "a@b", "c@d", p->d->octets };

	if (p->sent == p->d->messages)
		return;
	p->sent++;
	if (lmtp_out_send(&p->m, &message, &p->out) != 0)
		event(p, 'X');
}

static void
collect(struct play *p)
{
	assert_true(p->said_n + p->out.n + 1 < SAID);
	memcpy(p->said + p->said_n, p->out.p, p->out.n);
	p->said_n += p->out.n;
	p->out.n = 0;
}

static void
happened(struct play *p, enum lmtp_out_event e)
{
	switch (e) {
	case LMTP_OUT_MORE:
		break;
	case LMTP_OUT_TLS:
		event(p, 'T');
		p->over = true;
		break;
	case LMTP_OUT_READY:
		event(p, 'R');
		send_one(p);
		break;
	case LMTP_OUT_BODY:
		event(p, 'B');
		collect(p);
		p->said[p->said_n++] = 'B';
		lmtp_out_body_sent(&p->m);
		break;
	case LMTP_OUT_RESULT:
		event(p, (char)('0' + p->m.code / 100));
		if (p->m.state == LMTP_OUT_S_READY)
			send_one(p);
		break;
	case LMTP_OUT_OVER:
		event(p, 'O');
		p->over = true;
		break;
	}
}

/* `n` octets more of the input are there */
static void
feed(struct play *p, struct pop_span *in)
{
	enum lmtp_out_event e;

	do {
		e = lmtp_out_step(&p->m, in, &p->out);
		happened(p, e);
		collect(p);
	} while (e != LMTP_OUT_MORE && !p->over);
}

static void
play(const struct dialogue *d, size_t first, size_t then)
{
	size_t n = strlen(d->in), have = first;
	struct play *p = calloc(1, sizeof(*p));
	struct pop_span in = span_of(d->in, 0);

	p->d = d;
	p->out = (struct pop_out){ p->mem, 0, OUT };
	lmtp_out_init(&p->m, d->flags, "me");
	for (;;) {
		in.n = (size_t)((const unsigned char *)d->in + have - in.p);
		feed(p, &in);
		if (have >= n || p->over)
			break;
		have = have + then < n ? have + then : n;
	}
	/* BROKEN stays so */
	if (p->m.state == LMTP_OUT_S_BROKEN && !p->over)
		happened(p, lmtp_out_step(&p->m, &in, &p->out));
	if (strcmp(p->said, d->out) != 0 || strcmp(p->events, d->events) != 0)
		fail_msg("%s, cut at %zu, %zu: \"%s\", said \"%s\" %s",
		    d->what, first, then, p->events, p->said, p->m.text);
	free(p);
}

/* Whole: a server may even answer before it is asked. */
static void
test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < DIALOGUES; i++) {
		size_t n = strlen(dialogues[i].in);

		play(&dialogues[i], n, n);
		play(&dialogues[i], 0, 1);
		for (size_t cut = 0; cut < n; cut++)
			play(&dialogues[i], cut, n);
	}
}

/* NO STARTTLS: what came behind the 220 in clear is never executed */
static void
test_injection(void **state)
{
	static const char in[] = "220 x\r\n250-x\r\n250 STARTTLS\r\n"
	    "220 go\r\n250 injected\r\n";
	struct dialogue d = { .what = "injected",
		.flags = LMTP_OUT_WANT_TLS, .messages = 1, .octets = 7,
		.in = in, .out = "EHLO me\r\nSTARTTLS\r\n", .events = "O" };

	(void)state;
	play(&d, sizeof(in) - 1, 1);
}

/* after TLS nothing is known of what was said in clear */
static void
test_after_tls(void **state)
{
	static const char clear[] = "220 x\r\n250-x\r\n250-PIPELINING\r\n"
	    "250-SIZE 5\r\n250 STARTTLS\r\n220 go\r\n";
	static const char inside[] = "250-x\r\n250 STARTTLS\r\n";
	struct lmtp_out_message message = { "", "c@d", 100 };
	struct pop_span in = span_str(clear);
	unsigned char mem[OUT];
	struct pop_out out = { mem, 0, OUT };
	struct lmtp_out m;

	(void)state;
	lmtp_out_init(&m, LMTP_OUT_WANT_TLS, "me");
	assert_int_equal(lmtp_out_step(&m, &in, &out), LMTP_OUT_TLS);
	out.n = 0;
	lmtp_out_tls_started(&m, &out);
	in = span_str(inside);
	assert_int_equal(lmtp_out_step(&m, &in, &out), LMTP_OUT_READY);
	assert_int_equal(out.n, 9);
	out.n = 0;
	assert_int_equal(lmtp_out_send(&m, &message, &out), 0);
	assert_int_equal(out.n, 14);
	assert_memory_equal(out.p, "MAIL FROM:<>\r\n", 14);
	out.n = 0;
	lmtp_out_quit(&m, &out);
	assert_memory_equal(out.p, "QUIT\r\n", 6);
}

/* C-28: memory is bounded against any server */
static void
test_limits(void **state)
{
	enum { N = LMTP_OUT_LINE_MAX };
	char *text = malloc(N + 10);
	unsigned char mem[OUT];
	struct pop_out out = { mem, 0, OUT };
	struct pop_span in;
	struct lmtp_out m;

	(void)state;
	memset(text, 'x', N + 10);
	memcpy(text, "220 ", 4);
	/* a line without an end */
	lmtp_out_init(&m, 0, "me");
	in = span_of(text, N - 1);
	assert_int_equal(lmtp_out_step(&m, &in, &out), LMTP_OUT_MORE);
	assert_int_equal(in.n, N - 1);
	in = span_of(text, N);
	assert_int_equal(lmtp_out_step(&m, &in, &out), LMTP_OUT_OVER);
	/* the longest there may be; its text is cut and fit to be shown */
	lmtp_out_init(&m, 0, "me");
	memcpy(text + 4, "\x1b]\x80", 3);
	text[N - 1] = '\n';
	in = span_of(text, N);
	assert_int_equal(lmtp_out_step(&m, &in, &out), LMTP_OUT_MORE);
	assert_int_equal(in.n, 0);
	assert_int_equal(strlen(m.text), LMTP_OUT_TEXT_MAX - 1);
	assert_memory_equal(m.text, "?]?xxx", 6);
	/* a reply of lines without an end */
	lmtp_out_init(&m, 0, "me");
	for (int i = 0; i < LMTP_OUT_LINES_MAX; i++) {
		in = span_str("220-x\r\n");
		assert_int_equal(lmtp_out_step(&m, &in, &out), LMTP_OUT_MORE);
	}
	in = span_str("220-x\r\n");
	assert_int_equal(lmtp_out_step(&m, &in, &out), LMTP_OUT_OVER);
	assert_int_equal(m.code, 0);
	free(text);
}

/* C16: nothing gets out of the brackets */
static void
test_paths(void **state)
{
	static const char *const bad[] = { "a b@c", "a\r\nDATA", "a\nb", "a>b",
		"<a@b>", "a\tb", "a\x7f", "\x80@b", "a\x01" };
	char text[LMTP_OUT_PATH_MAX + 2];
	struct lmtp_out m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (lmtp_out_path_ok(bad[i]))
			fail_msg("\"%s\" is taken", bad[i]);
	assert_true(lmtp_out_path_ok(""));
	assert_true(lmtp_out_path_ok("a+b=c!%\"x\"@[1.2.3.4]"));
	memset(text, 'a', sizeof(text));
	text[LMTP_OUT_PATH_MAX + 1] = '\0';
	assert_false(lmtp_out_path_ok(text));
	text[LMTP_OUT_PATH_MAX] = '\0';
	assert_true(lmtp_out_path_ok(text));
	lmtp_out_init(&m, 0, "a\r\nb");
	assert_string_equal(m.hostname, "localhost");
}

/* RFC 5321 section 4.5.3.2 */
static void
test_timeouts(void **state)
{
	static const struct { enum lmtp_out_state s; unsigned minutes; } t[] = {
		{ LMTP_OUT_S_GREETING, 5 }, { LMTP_OUT_S_MAIL, 5 },
		{ LMTP_OUT_S_RCPT, 5 }, { LMTP_OUT_S_DATA, 2 },
		{ LMTP_OUT_S_BODY, 3 }, { LMTP_OUT_S_END, 10 },
	};
	struct lmtp_out m;

	(void)state;
	lmtp_out_init(&m, 0, "me");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		m.state = t[i].s;
		assert_int_equal(lmtp_out_timeout(&m), 60 * t[i].minutes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_after_tls),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_timeouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
