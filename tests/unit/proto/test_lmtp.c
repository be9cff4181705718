/* SPDX-License-Identifier: ISC
 *
 * test_lmtp: the receiving machine as LMTP (RFC 2033), each case played
 * whole, octet by octet and cut in two at every point.  The names L-n are
 * those of the table of conformance checks.
 */
#include "counter.h"

#define HI "LHLO c.example\r\n"
#define MAIL "MAIL FROM:<a@example.org>\r\n"
#define WREN "RCPT TO:<wren@example.net>\r\n"
#define FULL "RCPT TO:<full@example.net>\r\n"
#define NOBODY "RCPT TO:<nobody@example.net>\r\n"
#define HI_EVENTS "ehlo:c.example mail<a@example.org>"

static const struct counter_case cases[] = {
	{ .name = "L-1 EHLO and HELO", .says = { "EHLO x\r\nHELO x\r\n"
	    MAIL HI },
	  .replies = "220 500/5.5.2 500/5.5.2 503/5.5.1 250",
	  .events = "ehlo:c.example" },
	{ .name = "L-2 no good recipient", .says = { HI "DATA\r\n",
	    MAIL "DATA\r\n", NOBODY "DATA\r\n" },
	  .replies = "220 250 503/5.5.1 250/2.1.0 503/5.5.1 550/5.1.1"
	      " 503/5.5.1",
	  .events = HI_EVENTS " rcpt<nobody@example.net>" },
	{ .name = "L-3 one reply a recipient, duplicates too", .says = { HI,
	    MAIL WREN NOBODY WREN "DATA\r\n", "x\r\n.\r\nNOOP\r\n" },
	  .replies = "220 250 250/2.1.0 250/2.1.5 550/5.1.1 250/2.1.5 354"
	      " 250/2.0.0 250/2.0.0 250/2.0.0",
	  .events = HI_EVENTS " rcpt<wren@example.net>"
	      " rcpt<nobody@example.net> rcpt<wren@example.net> data end",
	  .stored = "x\r\n" },
	{ .name = "L-4 D05 one mailbox full", .says = { HI MAIL WREN FULL
	    WREN "DATA\r\n", "x\r\n.\r\n" MAIL },
	  .replies = "220 250 250/2.1.0 250/2.1.5 250/2.1.5 250/2.1.5 354"
	      " 250/2.0.0 452/4.2.2 250/2.0.0 250/2.1.0",
	  .events = HI_EVENTS " rcpt<wren@example.net>"
	      " rcpt<full@example.net> rcpt<wren@example.net> data end"
	      " mail<a@example.org>", .stored = "x\r\n" },
	{ .name = "L-5 BDAT with 2 recipients", .says = { HI MAIL WREN FULL
	    "BDAT 3\r\na\r\nBDAT 2\r\n..BDAT 2 LAST\r\n\r\nNOOP\r\n" },
	  .replies = "220 250 250/2.1.0 250/2.1.5 250/2.1.5 250/2.0.0"
	      " 250/2.0.0 250/2.0.0 452/4.2.2 250/2.0.0",
	  .events = HI_EVENTS " rcpt<wren@example.net>"
	      " rcpt<full@example.net> data end", .stored = "a\r\n..\r\n" },
	{ .name = "L-5 BDAT with no recipient", .says = { HI MAIL NOBODY
	    "BDAT 3\r\na\r\nBDAT 6 LAST\r\nQUIT\r\n" MAIL },
	  .replies = "220 250 250/2.1.0 550/5.1.1 503/5.5.1 250/2.1.0",
	  .events = HI_EVENTS " rcpt<nobody@example.net> abort"
	      " mail<a@example.org>" },
	{ .name = "L-5 BDAT LAST with no transaction", .says = { HI
	    "BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n" },
	  .replies = "220 250 250/2.0.0", .events = "ehlo:c.example" },
	{ .name = "a refused message is refused to each", .size_max = 5,
	  .says = { HI MAIL WREN FULL "DATA\r\n", "1234\r\n.\r\nNOOP\r\n" },
	  .replies = "220 250 250/2.1.0 250/2.1.5 250/2.1.5 354 552/5.3.4"
	      " 552/5.3.4 250/2.0.0",
	  .events = HI_EVENTS " rcpt<wren@example.net>"
	      " rcpt<full@example.net> data abort" },
	{ .name = "bare LF, to each", .says = { HI MAIL WREN WREN "DATA\r\n",
	    "x\n.\r\n" MAIL "\r\n.\r\nNOOP\r\n" },
	  .replies = "220 250 250/2.1.0 250/2.1.5 250/2.1.5 354 550/5.5.2"
	      " 550/5.5.2 250/2.0.0",
	  .events = HI_EVENTS " rcpt<wren@example.net>"
	      " rcpt<wren@example.net> data abort" },
	{ .name = "the store fails, to each", .spool_fails_at = 2, .says = {
	    HI MAIL WREN FULL "BDAT 3\r\na\r\nBDAT 1 LAST\r\nbNOOP\r\n" },
	  .replies = "220 250 250/2.1.0 250/2.1.5 250/2.1.5 451/4.3.0"
	      " 451/4.3.0 451/4.3.0 250/2.0.0",
	  .events = HI_EVENTS " rcpt<wren@example.net>"
	      " rcpt<full@example.net> data abort" },
	{ .name = "LHLO again", .says = { HI MAIL WREN HI WREN },
	  .replies = "220 250 250/2.1.0 250/2.1.5 250 503/5.5.1",
	  .events = HI_EVENTS " rcpt<wren@example.net> abort"
	      " ehlo:c.example" },
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct counter_case c = cases[i];

		c.flags |= POP_SMTP_LMTP;
		counter_check(&c);
	}
}

static void
test_lists(void **state)
{
	static const struct counter_case c = { .name = "L-6",
		.flags = POP_SMTP_LMTP };
	struct counter k;

	(void)state;
	counter_open(&k, &c);
	counter_say(&k, "LHLO x\r\n", 8);
	assert_string_equal((char *)k.wire,
	    "220 pop.example.net LMTP ready\r\n"
	    "250-pop.example.net\r\n250-PIPELINING\r\n250-SIZE 0\r\n"
	    "250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n"
	    "250 CHUNKING\r\n");
	counter_close(&k);
}

/* More recipients than replies fit into the output at once. */
static void
test_many_refusals(void **state)
{
	static const struct counter_case c = { .name = "many",
		.flags = POP_SMTP_LMTP };
	struct counter k;
	const char *at;
	unsigned n = 0;

	(void)state;
	counter_open(&k, &c);
	counter_say(&k, HI MAIL, strlen(HI MAIL));
	for (int i = 0; i < 1000; i++)
		counter_say(&k, WREN, strlen(WREN));
	assert_int_equal(k.rcpts, 1000);
	counter_say(&k, WREN, strlen(WREN));	/* the default limit */
	assert_int_equal(k.rcpts, 1000);
	counter_say(&k, "DATA\r\n", 6);
	counter_say(&k, "x\n\r\n.\r\n", 8);
	assert_int_equal(k.rcpts, 0);
	for (at = k.replies; (at = strstr(at, "550/5.5.2")) != NULL; at++)
		n++;
	assert_int_equal(n, 1000);
	assert_non_null(strstr(k.replies, "452/4.5.3"));
	counter_close(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_many_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
