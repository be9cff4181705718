/* SPDX-License-Identifier: ISC
 *
 * test_smtp_limits: what is large, what is cut, and what a caller can do
 * to the receiving machine: everything that does not fit a table of
 * sessions.
 */
#include "counter.h"

#define ENV "EHLO c\r\nMAIL FROM:<a@example.org>\r\n" \
    "RCPT TO:<wren@example.net>\r\n"

static const struct counter_case plain = { .name = "plain" };

static void
say(struct counter *k, const char *text)
{
	counter_say(k, text, strlen(text));
}

static void
say_many(struct counter *k, const char *what, size_t n)
{
	size_t m = strlen(what);
	char *p = malloc(n * m);

	assert_non_null(p);
	for (size_t i = 0; i < n; i++)
		memcpy(p + i * m, what, m);
	counter_say(k, p, n * m);
	free(p);
}

static const char *
last_reply(const struct counter *k)
{
	const char *sp = strrchr(k->replies, ' ');

	return sp != NULL ? sp + 1 : k->replies;
}

/* M-1, M-2 */
static void
test_lists(void **state)
{
	static const struct counter_case tls = { .name = "tls",
		.flags = POP_SMTP_HAS_TLS, .size_max = 1000000 };
	struct counter k;

	(void)state;
	counter_open(&k, &tls);
	say(&k, "EHLO x\r\n");
	assert_string_equal((char *)k.wire,
	    "220 pop.example.net ESMTP ready\r\n"
	    "250-pop.example.net\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n"
	    "250-8BITMIME\r\n250-SMTPUTF8\r\n250-STARTTLS\r\n"
	    "250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n");
	say(&k, "STARTTLS\r\n");
	k.wire_n = 0;
	/* RFC 3207 section 4.2: not listed once it is active */
	say(&k, "EHLO x\r\n");
	assert_null(strstr((char *)k.wire, "STARTTLS"));
	k.wire_n = 0;
	say(&k, "HELO x\r\n");
	assert_string_equal((char *)k.wire, "250 pop.example.net\r\n");
	counter_close(&k);
}

/* Appends a text so many times. */
static size_t
add(char *p, size_t n, size_t size, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++, n += strlen(text)) {
		assert_true(n + strlen(text) < size);
		memcpy(p + n, text, strlen(text) + 1);
	}
	return n;
}

/* RFC 5321 section 4.5.3.1.4; the tail of a long line is never a command */
static void
test_command_length(void **state)
{
	struct counter k;
	size_t pieces[] = { 1, 7, 4095, 4096, 4097, 100000 };

	(void)state;
	for (size_t i = 0; i < COUNT(pieces); i++) {
		char *p = malloc(10000);
		size_t n = 0;

		counter_open(&k, &plain);
		/* 4096 octets are a line, 4097 are not */
		n = add(p, n, 10000, "NOOP", 1);
		n = add(p, n, 10000, " ", 4090);
		n = add(p, n, 10000, "\r\nNOOP", 1);
		n = add(p, n, 10000, " ", 4087);
		n = add(p, n, 10000, "QUIT\r\nQUIT\r\n", 1);
		for (size_t at = 0, m; at < n; at += m) {
			m = n - at < pieces[i] ? n - at : pieces[i];
			counter_say(&k, p + at, m);
		}
		assert_string_equal(k.replies,
		    "220 250/2.0.0 500/5.5.2 221/2.0.0");
		counter_close(&k);
		free(p);
	}
}

/* A long line that ends with a bare LF: what follows is not executed. */
static void
test_long_line_bare_lf(void **state)
{
	static const struct counter_case trusted = { .name = "trusted",
		.flags = POP_SMTP_NORMALIZE };
	struct counter k;

	(void)state;
	for (size_t cut = 5000; cut <= 5003; cut++) {
		char p[5100];

		memset(p, 'x', sizeof(p));
		memcpy(p + 5000, "\nQUIT\r\n", 7);
		counter_open(&k, &plain);
		counter_say(&k, p, cut);
		counter_say(&k, p + cut, 5007 - cut);
		assert_string_equal(k.replies, "220 500/5.5.2");
		assert_string_equal(k.events, "close");
		counter_close(&k);

		counter_open(&k, &trusted);
		counter_say(&k, p, cut);
		counter_say(&k, p + cut, 5007 - cut);
		assert_string_equal(k.replies, "220 500/5.5.2 221/2.0.0");
		counter_close(&k);

		memcpy(p + 4999, "\r\nQUIT\r\n", 8);
		counter_open(&k, &plain);
		counter_say(&k, p, cut);
		counter_say(&k, p + cut, 5007 - cut);
		assert_string_equal(k.replies, "220 500/5.5.2 221/2.0.0");
		counter_close(&k);
	}
}

/* A chunk may follow, however far behind BDAT its size stands. */
static void
test_long_bdat(void **state)
{
	struct counter k;
	char p[5100];

	(void)state;
	memset(p, ' ', sizeof(p));
	memcpy(p, "bdat", 4);
	memcpy(p + 5000, "9 LAST\r\nRSET\r\nx\r\n", 17);
	for (size_t cut = 1; cut < 5017; cut += cut < 10 ? 1 : 501) {
		counter_open(&k, &plain);
		say(&k, ENV);
		counter_say(&k, p, cut);
		counter_say(&k, p + cut, 5017 - cut);
		assert_string_equal(last_reply(&k), "501/5.5.4");
		assert_true(k.closed);
		counter_close(&k);
	}
}

static void
test_line_flood(void **state)
{
	struct counter k;

	(void)state;
	counter_open(&k, &plain);
	for (int i = 0; i < 100 && !k.closed; i++)
		say_many(&k, "x", 1000);
	assert_string_equal(k.replies, "220 421/4.7.0");
	counter_close(&k);
}

/* M-9, D04: text lines of any length stream; nothing is kept */
static void
test_long_text(void **state)
{
	struct counter k;

	(void)state;
	counter_open(&k, &plain);
	say(&k, ENV "DATA\r\n");
	say_many(&k, "x", 998);
	say(&k, "\r\n");
	say_many(&k, "0123456789abcdef", 65536);
	assert_int_equal(k.kept_n, 0);
	say(&k, "\r\n.\r\n");
	assert_string_equal(last_reply(&k), "250/2.0.0");
	assert_int_equal(k.stored_n, 1000 + 1048576 + 2);
	counter_close(&k);
}

/* Repairing, told without streams: LF ends a line, CR else is a space. */
static size_t
repaired(const char *p, size_t n, char *out)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n')
			out[m++] = '\r';
		if (p[i] == '\r' && i + 1 < n && p[i + 1] == '\n')
			continue;
		out[m++] = p[i] == '\r' ? ' ' : p[i];
	}
	return m;
}

/* M-11: a long text with line ends of all kinds, in chunks of any size */
static void
test_long_repair(void **state)
{
	static const struct counter_case c = { .name = "repair",
		.flags = POP_SMTP_NORMALIZE };
	enum { SIZE = 200000 };
	char *text = malloc(SIZE), *want = malloc(2 * SIZE);
	uint64_t seed = 1;

	(void)state;
	assert_true(text != NULL && want != NULL);
	for (unsigned often = 2; often < 20000; often *= 10) {
		struct counter k;
		size_t n, piece;

		for (size_t i = 0; i < SIZE; i++)
			text[i] = next_random(&seed) % often ? 'x' :
			    "\r\n"[next_random(&seed) % 2];
		for (size_t i = 0; i + 1 < SIZE; i += 79)
			memcpy(text + i, "\r\n", 2);
		counter_open(&k, &c);
		say(&k, ENV);
		for (size_t at = 0; at < SIZE; at += n) {
			char line[32];

			n = 1 + next_random(&seed) % 50000;
			n = n < SIZE - at ? n : SIZE - at;
			assert_true(snprintf(line, sizeof(line), "BDAT %zu%s"
			    "\r\n", n, at + n < SIZE ? "" : " LAST") > 0);
			say(&k, line);
			for (size_t i = 0; i < n; i += piece) {
				piece = 1 + next_random(&seed) % 20000;
				piece = piece < n - i ? piece : n - i;
				counter_say(&k, text + at + i, piece);
			}
		}
		assert_int_equal(k.stored_n, repaired(text, SIZE, want));
		assert_memory_equal(k.stored, want, k.stored_n);
		counter_close(&k);
	}
	free(text);
	free(want);
}

/* M-25, D04: the default of 100 hops, in a header of any size */
static void
test_received(void **state)
{
	struct counter k;

	(void)state;
	for (size_t n = 99; n <= 100; n++) {
		counter_open(&k, &plain);
		say(&k, ENV "DATA\r\n");
		say_many(&k, "X-Long: x\r\n", 100000);
		say_many(&k, "Received: x\r\n", n);
		say(&k, "\r\n.\r\n");
		assert_string_equal(last_reply(&k), n < 100 ? "250/2.0.0" :
		    "554/5.4.6");
		counter_close(&k);
	}
}

/* M-8: RFC 5321 section 4.5.3.1.8 */
static void
test_hundred_recipients(void **state)
{
	struct counter k;

	(void)state;
	counter_open(&k, &plain);
	say(&k, ENV);
	say_many(&k, "RCPT TO:<finch@example.net>\r\n", 99);
	assert_int_equal(k.rcpts, 100);
	say(&k, "DATA\r\n");
	say(&k, "x\r\n.\r\n");
	assert_string_equal(last_reply(&k), "250/2.0.0");
	counter_close(&k);
}

/* One local part or domain of so many octets: the reply's first digit. */
static int
path_reply(size_t local, const char *unit, size_t domain)
{
	struct counter k;
	char line[2048] = "MAIL FROM:<";
	size_t n = strlen(line), m = strlen(unit);
	int c;

	for (size_t i = 0; i < local; i++, n += m)
		memcpy(line + n, unit, m);
	line[n++] = '@';
	for (size_t i = 0; i < domain; i++)
		line[n++] = i % 10 == 9 && i + 1 < domain ? '.' : 'd';
	memcpy(line + n, ">\r\n", 4);
	counter_open(&k, &plain);
	say(&k, "EHLO c\r\n");
	say(&k, line);
	c = last_reply(&k)[0];
	counter_close(&k);
	return c;
}

/* RFC 5321 section 4.5.3.1: 64, 255 and 256 must do; D01: no more than fits */
static void
test_path_length(void **state)
{
	(void)state;
	assert_int_equal(path_reply(64, "a", 191), '2');
	assert_int_equal(path_reply(1, "a", 254), '2');
	assert_int_equal(path_reply(255, "a", 255), '2');
	assert_int_equal(path_reply(256, "a", 10), '5');
	assert_int_equal(path_reply(300, "a", 10), '5');
	assert_int_equal(path_reply(1, "a", 256), '5');
	assert_int_equal(path_reply(1, "a", 300), '5');
}

/* The longest canonical path: everything has to be quoted again. */
static void
test_path_quoted(void **state)
{
	struct counter k;
	char line[2048];

	(void)state;
	for (size_t local = 255; local <= 256; local++) {
		size_t n = add(line, 0, sizeof(line), "MAIL FROM:<\"", 1);

		n = add(line, n, sizeof(line), "\\\"", local);
		n = add(line, n, sizeof(line), "\"@", 1);
		for (size_t i = 0; i < 255; i++)
			line[n++] = i % 10 == 9 ? '.' : 'd';
		memcpy(line + n, ">\r\n", 4);
		counter_open(&k, &plain);
		say(&k, "EHLO c\r\n");
		say(&k, line);
		assert_string_equal(last_reply(&k), local == 255 ?
		    "250/2.1.0" : "501/5.1.7");
		if (local == 255)
			assert_int_equal(strlen(k.events), strlen("ehlo:c "
			    "mail<>") + 2 * 255 + 2 + 1 + 255);
		counter_close(&k);
	}
}

/* A machine by hand, for what counter.h answers in its own way. */
struct bare {
	struct pop_smtp_config config;
	struct pop_smtp *s;
	struct pop_out out;
	unsigned char mem[8192];
};

static void
bare_open(struct bare *b, unsigned flags)
{
	memset(b, 0, sizeof(*b));
	b->config.hostname = "pop.example.net";
	b->config.flags = flags;
	b->out = (struct pop_out){ b->mem, 0, sizeof(b->mem) };
	b->s = pop_smtp_init(malloc(pop_smtp_size()), &b->config, 0, &b->out);
}

static enum pop_smtp_event
bare_say(struct bare *b, const char *text)
{
	struct pop_span in = span_str(text);
	struct pop_smtp_info info;
	enum pop_smtp_event event = pop_smtp_step(b->s, &in, &b->out, &info);

	assert_int_equal(in.n, 0);
	return event;
}

static const char *
bare_heard(struct bare *b)
{
	b->mem[b->out.n] = '\0';
	b->out.n = 0;
	return (const char *)b->mem;
}

static void
bare_close(struct bare *b)
{
	free(b->s);
}

/* The caller's texts cannot break a reply. */
static void
test_hostile_texts(void **state)
{
	struct bare b;
	char text[2000];
	const char *heard;

	(void)state;
	bare_open(&b, 0);
	bare_heard(&b);
	assert_int_equal(bare_say(&b, "EHLO c\r\n"), POP_SMTP_HELO);
	assert_int_equal(bare_say(&b, "MAIL FROM:<>\r\n"), POP_SMTP_MAIL);
	bare_heard(&b);
	pop_smtp_answer(b.s, 550, "5.1.0", "a\r\n250 b\tc\x7f\xc3\xa4",
	    &b.out);
	assert_string_equal(bare_heard(&b), "550 5.1.0 a  250 b c ??\r\n");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(bare_say(&b, "MAIL FROM:<>\r\n"), POP_SMTP_MAIL);
	pop_smtp_answer(b.s, 450, NULL, text, &b.out);
	heard = bare_heard(&b);
	assert_int_equal(strlen(heard), POP_REPLY_MAX);
	assert_string_equal(heard + POP_REPLY_MAX - 3, "x\r\n");
	/* no final code */
	assert_int_equal(bare_say(&b, "MAIL FROM:<>\r\n"), POP_SMTP_MAIL);
	pop_smtp_answer(b.s, 354, NULL, "x", &b.out);
	assert_string_equal(bare_heard(&b), "451 x\r\n");
	bare_close(&b);
}

/* Output that is full is never lost, whatever the order of calls. */
static void
test_full(void **state)
{
	struct bare b;
	struct pop_smtp_info info;
	struct pop_span in = span_str("NOOP\r\n");

	(void)state;
	bare_open(&b, 0);
	b.out.n = b.out.size - POP_OUT_MIN + 1;
	assert_int_equal(pop_smtp_step(b.s, &in, &b.out, &info),
	    POP_SMTP_FULL);
	assert_int_equal(in.n, 6);
	b.out.n = 0;
	assert_int_equal(pop_smtp_step(b.s, &in, &b.out, &info),
	    POP_SMTP_MORE);
	assert_string_equal(bare_heard(&b), "250 2.0.0 ok\r\n");
	bare_close(&b);
}

static void
test_wait(void **state)
{
	struct bare b;

	(void)state;
	bare_open(&b, 0);
	assert_int_equal(bare_say(&b, "EHLO c\r\n"), POP_SMTP_HELO);
	assert_int_equal(bare_say(&b, "MAIL FROM:<>\r\n"), POP_SMTP_MAIL);
	b.out.n = b.out.size;	/* WAIT wants no room */
	assert_int_equal(bare_say(&b, ""), POP_SMTP_WAIT);
	b.out.n = 0;
	/* the wrong answer changes nothing */
	pop_smtp_result(b.s, 250, "2.0.0", "stored", &b.out);
	pop_smtp_tls_started(b.s);
	assert_int_equal(b.out.n, 0);
	assert_int_equal(bare_say(&b, ""), POP_SMTP_WAIT);
	pop_smtp_answer(b.s, 421, "4.3.0", "down", &b.out);
	pop_smtp_answer(b.s, 250, "2.1.0", "twice", &b.out);
	assert_string_equal(bare_heard(&b), "421 4.3.0 down\r\n");
	assert_int_equal(bare_say(&b, ""), POP_SMTP_CLOSE);
	bare_close(&b);
}

static void
test_spool_failed(void **state)
{
	struct bare b;

	(void)state;
	bare_open(&b, 0);
	/* outside a message it does nothing */
	pop_smtp_spool_failed(b.s, 451, "4.3.0", "store error");
	assert_int_equal(bare_say(&b, "EHLO c\r\n"), POP_SMTP_HELO);
	assert_int_equal(bare_say(&b, "MAIL FROM:<>\r\n"), POP_SMTP_MAIL);
	pop_smtp_answer(b.s, 250, NULL, "ok", &b.out);
	assert_int_equal(bare_say(&b, "RCPT TO:<a@b>\r\n"), POP_SMTP_RCPT);
	pop_smtp_answer(b.s, 250, NULL, "ok", &b.out);
	assert_int_equal(bare_say(&b, "DATA\r\n"), POP_SMTP_DATA);
	pop_smtp_answer(b.s, 250, NULL, "ok", &b.out);
	assert_int_equal(bare_say(&b, "x\r\n"), POP_SMTP_PIECE);
	bare_heard(&b);
	pop_smtp_spool_failed(b.s, 452, "4.3.1", "disk full");
	pop_smtp_spool_failed(b.s, 451, "4.3.0", "the first one counts");
	assert_int_equal(bare_say(&b, "x\r\n"), POP_SMTP_MORE);
	assert_true(pop_smtp_in_message(b.s));
	assert_int_equal(bare_say(&b, ".\r\n"), POP_SMTP_ABORT);
	assert_false(pop_smtp_in_message(b.s));
	assert_string_equal(bare_heard(&b), "452 4.3.1 disk full\r\n");
	bare_close(&b);
}

static void
test_ends(void **state)
{
	struct bare b;

	(void)state;
	bare_open(&b, 0);
	bare_heard(&b);
	pop_smtp_goodbye(b.s, "4.4.2", "too slow", &b.out);
	pop_smtp_goodbye(b.s, "4.4.2", "twice", &b.out);
	assert_string_equal(bare_heard(&b), "421 4.4.2 too slow\r\n");
	assert_int_equal(bare_say(&b, ""), POP_SMTP_CLOSE);

	b.s = pop_smtp_init_refused(b.s, &b.config, 554, "no mail here",
	    &b.out);
	assert_string_equal(bare_heard(&b),
	    "554 pop.example.net no mail here\r\n");
	assert_int_equal(bare_say(&b, ""), POP_SMTP_CLOSE);
	bare_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_command_length),
		cmocka_unit_test(test_long_line_bare_lf),
		cmocka_unit_test(test_long_bdat),
		cmocka_unit_test(test_line_flood),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_long_repair),
		cmocka_unit_test(test_received),
		cmocka_unit_test(test_hundred_recipients),
		cmocka_unit_test(test_path_length),
		cmocka_unit_test(test_path_quoted),
		cmocka_unit_test(test_hostile_texts),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_spool_failed),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
