/* SPDX-License-Identifier: ISC
 *
 * test_smtp: the receiving machine as SMTP: sessions as tables, each played
 * whole, octet by octet and cut in two at every point.  The names M-n are
 * those of the table of conformance checks.
 */
#include "counter.h"

#define HI "EHLO c.example\r\n"
#define MAIL "MAIL FROM:<a@example.org>\r\n"
#define RCPT "RCPT TO:<wren@example.net>\r\n"
#define ENV HI MAIL RCPT
#define ENV_REPLIES "220 250 250/2.1.0 250/2.1.5"
#define ENV_EVENTS "ehlo:c.example mail<a@example.org> rcpt<wren@example.net>"
#define STORED_REPLIES ENV_REPLIES " 354 250/2.0.0"
#define STORED_EVENTS ENV_EVENTS " data end"

static const struct counter_case commands[] = {
	{ .name = "M-1 greeting", .says = { "" },
	  .replies = "220", .events = "" },
	{ .name = "M-2 EHLO", .says = { "ehlo x\r\n" },
	  .replies = "220 250", .events = "ehlo:x" },
	{ .name = "M-2 HELO", .says = { "HeLo x\r\n" },
	  .replies = "220 250", .events = "helo:x" },
	{ .name = "address literals greet", .says = {
	    "EHLO [192.0.2.1]\r\nEHLO [IPv6:2001:db8::1]\r\n" },
	  .replies = "220 250 250",
	  .events = "ehlo:[192.0.2.1] ehlo:[IPv6:2001:db8::1]" },
	{ .name = "bad EHLO leaves the state", .says = {
	    "MAIL FROM:<>\r\nEHLO\r\nEHLO a b\r\nHELO a(b\r\nHELO \xc3\xa4\r\n"
	    MAIL HI "EHLO\r\n" MAIL "HELO a,b\r\n" RCPT },
	  .replies = "220 503/5.5.1 501 501 501 501 503/5.5.1 250 501"
	      " 250/2.1.0 501 250/2.1.5",
	  .events = ENV_EVENTS },
	{ .name = "M-3 order", .says = {
	    MAIL RCPT, "DATA\r\n", HI RCPT, "DATA\r\n",
	    MAIL, "DATA\r\n", MAIL RCPT MAIL },
	  .replies = "220 503/5.5.1 503/5.5.1 503/5.5.1 250 503/5.5.1"
	      " 503/5.5.1 250/2.1.0 554/5.5.1 503/5.5.1 250/2.1.5"
	      " 503/5.5.1",
	  .events = ENV_EVENTS },
	{ .name = "what needs no greeting", .says = {
	    "RSET\r\nNOOP\r\nNOOP a b\r\nVRFY wren\r\nHELP\r\nHELP x\r\n"
	    "EXPN staff\r\nQUIT\r\n" },
	  .replies = "220 250/2.0.0 250/2.0.0 250/2.0.0 252/2.0.0 214/2.0.0"
	      " 214/2.0.0 502/5.5.1 221/2.0.0", .events = "close" },
	{ .name = "arguments where there are none", .says = {
	    HI "RSET x\r\nQUIT x\r\n", "DATA x\r\n", "STARTTLS x\r\n" },
	  .replies = "220 250 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4",
	  .events = "ehlo:c.example" },
	{ .name = "blanks at the end", .says = {
	    "EHLO c.example \t\r\nNOOP  \r\nQUIT \r\n" },
	  .replies = "220 250 250/2.0.0 221/2.0.0",
	  .events = "ehlo:c.example close" },
	{ .name = "M-26 unknown commands", .bad_max = 4, .says = {
	    "XYZZY\r\n\r\n NOOP\r\nNOO\r\n" HI "NOOPX\r\nNOOP\r\n" },
	  .replies = "220 500/5.5.2 500/5.5.2 500/5.5.2 500/5.5.2 250"
	      " 421/4.7.0", .events = "ehlo:c.example close" },
	{ .name = "M-26 BDAT counts too", .bad_max = 2, .says = {
	    "BDAT 0\r\nBDAT 0\r\nBDAT 0\r\nNOOP\r\n" },
	  .replies = "220 503/5.5.1 503/5.5.1 421/4.7.0",
	  .events = "close" },
	{ .name = "M-27 XCLIENT", .says = { HI "XCLIENT NAME=a\r\n" },
	  .replies = "220 250 550/5.7.0", .events = "ehlo:c.example" },
	{ .name = "LHLO is LMTP's", .says = { "LHLO x\r\n" },
	  .replies = "220 500/5.5.2", .events = "" },
	{ .name = "RSET and EHLO drop the transaction", .says = {
	    ENV "RSET\r\n" RCPT MAIL RCPT "EHLO b\r\n" RCPT "RSET\r\n"
	    MAIL "HELO d\r\nNOOP\r\n" },
	  .replies = ENV_REPLIES " 250/2.0.0 503/5.5.1 250/2.1.0 250/2.1.5"
	      " 250 503/5.5.1 250/2.0.0 250/2.1.0 250 250/2.0.0",
	  .events = ENV_EVENTS " abort mail<a@example.org>"
	      " rcpt<wren@example.net> abort ehlo:b mail<a@example.org>"
	      " abort helo:d" },
	{ .name = "control characters", .nul = '~', .says = {
	    HI "NO\x01OP\r\nNOOP\rNOOP\r\nNOOP~QUIT\r\nNOOP\x7f\r\n\r\r\n"
	    "MAIL FROM:<a\tb@example.org>\r\nMAIL FROM:<\"a\rb\"@c.d>\r\n"
	    "MAIL FROM:<\"a~b\"@c.d>\r\n" },
	  .replies = "220 250 500/5.5.2 500/5.5.2 500/5.5.2 500/5.5.2"
	      " 500/5.5.2 500/5.5.2 500/5.5.2 500/5.5.2",
	  .events = "ehlo:c.example" },
	/* RFC 5321 section 2.3.8: nothing behind it is executed */
	{ .name = "bare LF ends a command", .says = { HI "NOOP\nQUIT\r\n" },
	  .replies = "220 250 500/5.5.2", .events = "ehlo:c.example close" },
	{ .name = "bare LF, trusted peer", .flags = POP_SMTP_NORMALIZE,
	  .says = { "EHLO c.example\nNOOP\nQUIT\n" },
	  .replies = "220 250 250/2.0.0 221/2.0.0",
	  .events = "ehlo:c.example close" },
	{ .name = "too large a greeting name", .says = { "EHLO "
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "\r\n" }, .replies = "220 501", .events = "" },
};

static const struct counter_case envelope[] = {
	{ .name = "M-4 postmaster", .says = { HI MAIL
	    "RCPT TO:<postmaster@example.net>\r\nRCPT TO:<Postmaster>\r\n"
	    "RCPT TO:<POSTMASTER@EXAMPLE.NET>\r\n"
	    "RCPT TO:<\"postmaster\">\r\nRCPT TO:<wren>\r\n"
	    "RCPT TO:<postmaster@>\r\n" },
	  .replies = "220 250 250/2.1.0 250/2.1.5 250/2.1.5 250/2.1.5"
	      " 250/2.1.5 501/5.1.3 501/5.1.3",
	  .events = "ehlo:c.example mail<a@example.org>"
	      " rcpt<postmaster@example.net> rcpt<Postmaster>"
	      " rcpt<POSTMASTER@EXAMPLE.NET> rcpt<postmaster>" },
	{ .name = "M-5 another's domain", .says = {
	    HI MAIL "RCPT TO:<wren@example.org>\r\n" },
	  .replies = "220 250 250/2.1.0 550/5.7.1",
	  .events = "ehlo:c.example mail<a@example.org>"
	      " rcpt<wren@example.org>" },
	{ .name = "M-6 source routes", .says = {
	    HI "MAIL FROM:<@x.y:a@example.org>\r\n"
	    "RCPT TO:<@a,@b.c,@[IPv6:::1]:wren@example.net>\r\n"
	    "RCPT TO:<@a,b:wren@example.net>\r\n"
	    "RCPT TO:<@a:>\r\nRCPT TO:<@a>\r\nRCPT TO:<@:wren@example.net>"
	    "\r\n" },
	  .replies = ENV_REPLIES " 501/5.1.3 501/5.1.3 501/5.1.3 501/5.1.3",
	  .events = ENV_EVENTS },
	{ .name = "M-7 quoted local part", .says = { HI MAIL
	    "RCPT TO:<\"wren\"@example.net>\r\n"
	    "RCPT TO:<\"w\\r\\en\"@example.net>\r\n"
	    "RCPT TO:<\"w ren\"@example.net>\r\n"
	    "RCPT TO:<\"w\\\"r\\\\en\"@example.net>\r\n"
	    "RCPT TO:<\"wren@example.net>\r\n"
	    "RCPT TO:<\"wren\"x@example.net>\r\n" },
	  .replies = "220 250 250/2.1.0 250/2.1.5 250/2.1.5 250/2.1.5"
	      " 550/5.1.1 501/5.1.3 501/5.1.3",
	  .events = "ehlo:c.example mail<a@example.org>"
	      " rcpt<wren@example.net> rcpt<wren@example.net>"
	      " rcpt<\"w ren\"@example.net>"
	      " rcpt<\"w\\\"r\\\\en\"@example.net>" },
	{ .name = "M-8 too many recipients", .recipients_max = 2, .says = {
	    ENV RCPT "RCPT TO:<nobody@example.net>\r\n" RCPT },
	  .replies = ENV_REPLIES " 250/2.1.5 452/4.5.3 452/4.5.3",
	  .events = ENV_EVENTS " rcpt<wren@example.net>" },
	{ .name = "M-13 SIZE", .size_max = 1000, .says = {
	    HI "MAIL FROM:<> SIZE=1001\r\nMAIL FROM:<> SIZE=x\r\n"
	    "MAIL FROM:<> SIZE=\r\nMAIL FROM:<> SIZE\r\n"
	    "MAIL FROM:<> SIZE=123456789012345678901\r\n"
	    "MAIL FROM:<> SIZE=99999999999999999999\r\n"
	    "MAIL FROM:<> SIZE=-1\r\nMAIL FROM:<> SIZE=1 SIZE=1\r\n"
	    "MAIL FROM:<> size=1000\r\n" },
	  .replies = "220 250 552/5.3.4 501/5.5.4 501/5.5.4 501/5.5.4"
	      " 501/5.5.4 552/5.3.4 501/5.5.4 501/5.5.4 250/2.1.0",
	  .events = "ehlo:c.example mail<>" },
	{ .name = "SIZE without a limit", .says = {
	    HI "MAIL FROM:<> SIZE=99999999999999999999\r\n" },
	  .replies = "220 250 250/2.1.0", .events = "ehlo:c.example mail<>" },
	{ .name = "M-15 parameters", .says = { HI
	    "MAIL FROM:<> FOO=1\r\nMAIL FROM:<> FOO\r\n"
	    "MAIL FROM:<> AUTH=<>\r\nMAIL FROM:<> BODY=BINARYMIME\r\n"
	    "MAIL FROM:<> BODY=9BIT\r\nMAIL FROM:<> BODY\r\n"
	    "MAIL FROM:<> BODY=7BIT BODY=7BIT\r\n"
	    "MAIL FROM:<> SMTPUTF8=1\r\nMAIL FROM:<>SIZE=1\r\n"
	    "MAIL FROM:<> body=7bit  SIZE=5\r\n"
	    "RCPT TO:<wren@example.net> NOTIFY=NEVER\r\n" },
	  .replies = "220 250 555/5.5.4 555/5.5.4 555/5.5.4 555/5.5.4"
	      " 501/5.5.4 501/5.5.4 501/5.5.4 501/5.5.4 501/5.1.7 250/2.1.0"
	      " 555/5.5.4",
	  .events = "ehlo:c.example mail<>" },
	{ .name = "M-17 SMTPUTF8", .says = { HI
	    "MAIL FROM:<\xc3\xa4@example.org>\r\n"
	    "MAIL FROM:<a@example.org>\r\n"
	    "RCPT TO:<\xc3\xa4@example.net>\r\nRSET\r\n"
	    "MAIL FROM:<\xc3\xa4@b\xc3\xbc.example> SMTPUTF8\r\n"
	    "RCPT TO:<\xc3\xa4@example.net>\r\n"
	    "RCPT TO:<\"\xc3\xa4\"@example.net>\r\n"
	    "RCPT TO:<\xc3\xb6@example.net>\r\n"
	    "RCPT TO:<\xff@example.net>\r\n"
	    "RCPT TO:<\xc0\xafwren@example.net>\r\n"
	    "RCPT TO:<\xed\xa0\x80@example.net>\r\n"
	    "RCPT TO:<\xf4\x90\x80\x80@example.net>\r\n"
	    "RCPT TO:<\xc2\x85@example.net>\r\n"
	    "RCPT TO:<\xc3@example.net>\r\nRSET\r\n" MAIL
	    "RCPT TO:<\xc3\xa4@example.net>\r\n" },
	  .replies = "220 250 550/5.6.7 250/2.1.0 553/5.6.7 250/2.0.0"
	      " 250/2.1.0 250/2.1.5 250/2.1.5 550/5.1.1 501/5.1.3 501/5.1.3"
	      " 501/5.1.3 501/5.1.3 501/5.1.3 501/5.1.3 250/2.0.0 250/2.1.0"
	      " 553/5.6.7",
	  .events = "ehlo:c.example mail<a@example.org> abort"
	      " mail8<\xc3\xa4@b\xc3\xbc.example> rcpt<\xc3\xa4@example.net>"
	      " rcpt<\xc3\xa4@example.net> rcpt<\xc3\xb6@example.net> abort"
	      " mail<a@example.org>" },
	{ .name = "M-23 the null path", .says = {
	    HI "MAIL FROM:<>\r\nRCPT TO:<>\r\n" },
	  .replies = "220 250 250/2.1.0 501/5.1.3",
	  .events = "ehlo:c.example mail<>" },
	{ .name = "one space behind the colon", .says = {
	    "EHLO c.example\r\nmail from: <a@example.org>\r\n"
	    "rcpt to: <wren@example.net>\r\n" },
	  .replies = ENV_REPLIES, .events = ENV_EVENTS },
	{ .name = "MAIL that cannot be read", .bad_max = 100, .says = { HI
	    "MAIL\r\nMAIL FROM\r\nMAIL FROM:\r\nMAIL FROM:a@b\r\n"
	    "MAIL FROM :<a@b>\r\nMAIL FROM:  <a@b>\r\nMAIL FROM:<a@b\r\n"
	    "MAIL FROM:<a@b>x\r\nMAIL FROM:<<a@b>>\r\nMAIL FROM:<a>\r\n"
	    "MAIL FROM:< >\r\nMAIL FROM:<a b@c>\r\nMAIL FROM:<a@b c>\r\n"
	    "MAIL FROM:<a@@b>\r\nMAIL FROM:<@b>\r\nMAIL TO:<a@b>\r\n" },
	  .replies = "220 250 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7"
	      " 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7"
	      " 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7 501/5.1.7",
	  .events = "ehlo:c.example" },
	{ .name = "D01 hostile recipients", .bad_max = 100, .says = { HI MAIL
	    "RCPT TO:<\"\"@example.net>\r\nRCPT TO:<../x@example.net>\r\n"
	    "RCPT TO:<a/b@example.net>\r\nRCPT TO:<%2f@example.net>\r\n"
	    "RCPT TO:<a..b@example.net>\r\nRCPT TO:<.a@example.net>\r\n"
	    "RCPT TO:<a.@example.net>\r\nRCPT TO:<\xfe@example.net>\r\n"
	    "RCPT TO:<\"\\\"@example.net>\r\nRCPT TO:<@example.net>\r\n" },
	  .replies = "220 250 250/2.1.0 501/5.1.3 501/5.1.3 550/5.1.1"
	      " 550/5.1.1 501/5.1.3 501/5.1.3 501/5.1.3 501/5.1.3"
	      " 501/5.1.3 501/5.1.3",
	  .events = "ehlo:c.example mail<a@example.org>"
	      " rcpt<a/b@example.net> rcpt<%2f@example.net>" },
	{ .name = "TLS is demanded", .flags = POP_SMTP_HAS_TLS |
	    POP_SMTP_NEED_TLS, .says = { HI MAIL, "STARTTLS\r\n", MAIL HI
	    MAIL },
	  .replies = "220 250 530/5.7.0 220/2.0.0 503/5.5.1 250 250/2.1.0",
	  .events = "ehlo:c.example tls ehlo:c.example"
	      " mail<a@example.org>" },
};

static const struct counter_case data[] = {
	{ .name = "a message", .says = { ENV "DATA\r\n",
	    "Subject: x\r\n\r\nhello\r\n.\r\n", "QUIT\r\n" },
	  .replies = STORED_REPLIES " 221/2.0.0",
	  .events = STORED_EVENTS " close",
	  .stored = "Subject: x\r\n\r\nhello\r\n" },
	{ .name = "M-21 pipelined", .says = {
	    HI, MAIL RCPT "RCPT TO:<nobody@example.net>\r\n"
	    "RCPT TO:<finch@example.net>\r\nDATA\r\n", "a\r\n.\r\n"
	    MAIL RCPT "DATA\r\n", "b\r\n.\r\nQUIT\r\n" },
	  .replies = ENV_REPLIES " 550/5.1.1 250/2.1.5 354 250/2.0.0"
	      " 250/2.1.0 250/2.1.5 354 250/2.0.0 221/2.0.0",
	  .events = ENV_EVENTS " rcpt<nobody@example.net>"
	      " rcpt<finch@example.net> data end mail<a@example.org>"
	      " rcpt<wren@example.net> data end close",
	  .stored = "a\r\nb\r\n" },
	{ .name = "empty message", .says = { ENV "DATA\r\n", ".\r\n" },
	  .replies = STORED_REPLIES, .events = STORED_EVENTS },
	{ .name = "M-10 dots", .says = { ENV "DATA\r\n",
	    "..x\r\n..\r\n...\r\n.y\r\nz.\r\n.\r\n" },
	  .replies = STORED_REPLIES, .events = STORED_EVENTS,
	  .stored = ".x\r\n.\r\n..\r\ny\r\nz.\r\n" },
	{ .name = "M-14 too large", .size_max = 16, .says = { ENV "DATA\r\n",
	    "Subject: x\r\n\r\nhello\r\n.\r\nNOOP\r\n" },
	  .replies = ENV_REPLIES " 354 552/5.3.4 250/2.0.0",
	  .events = ENV_EVENTS " data abort" },
	{ .name = "M-14 just not too large", .size_max = 20, .says = {
	    ENV "DATA\r\n", "Subject: x\r\n\r\n..llo\r\n.\r\nNOOP\r\n" },
	  .replies = STORED_REPLIES " 250/2.0.0", .events = STORED_EVENTS,
	  .stored = "Subject: x\r\n\r\n.llo\r\n" },
	{ .name = "M-16 8 bits", .says = { HI
	    "MAIL FROM:<a@example.org> BODY=8BITMIME\r\n" RCPT "DATA\r\n",
	    "\xe4\xff\x80\r\n.\r\n" },
	  .replies = STORED_REPLIES, .events = STORED_EVENTS,
	  .stored = "\xe4\xff\x80\r\n" },
	{ .name = "M-25 hops", .received_max = 3, .says = { ENV "DATA\r\n",
	    "Received: a\r\n\tb\r\nSubject: c\r\nRECEIVED \t: d\r\n"
	    "received:\r\n\r\nx\r\n.\r\nNOOP\r\n" },
	  .replies = ENV_REPLIES " 354 554/5.4.6 250/2.0.0",
	  .events = ENV_EVENTS " data abort" },
	{ .name = "M-25 one hop less", .received_max = 3, .says = {
	    ENV "DATA\r\n", "Received: a\r\n received: b\r\nReceived-X: c\r\n"
	    "xReceived: c\r\nReceive: d\r\nReceived x: d\r\nreceived:\r\n"
	    "\r\nReceived: x\r\n.\r\nNOOP\r\n" },
	  .replies = STORED_REPLIES " 250/2.0.0", .events = STORED_EVENTS,
	  .stored = "Received: a\r\n received: b\r\nReceived-X: c\r\n"
	      "xReceived: c\r\nReceive: d\r\nReceived x: d\r\nreceived:\r\n"
	      "\r\nReceived: x\r\n" },
	{ .name = "the store is full", .spool_fails_at = 4, .says = {
	    ENV "DATA\r\n", "Subject: x\r\n\r\nhello\r\n.\r\nNOOP\r\n" },
	  .replies = ENV_REPLIES " 354 451/4.3.0 250/2.0.0",
	  .events = ENV_EVENTS " data abort" },
	{ .name = "DATA refused", .data_code = 452, .says = { ENV "DATA\r\n",
	    "DATA\r\n", "RSET\r\n" },
	  .replies = ENV_REPLIES " 452/4.3.1 452/4.3.1 250/2.0.0",
	  .events = ENV_EVENTS " data data abort" },
	{ .name = "DATA refused for good", .data_code = 421, .says = {
	    ENV "DATA\r\n", "RSET\r\n" },
	  .replies = ENV_REPLIES " 421/4.3.1",
	  .events = ENV_EVENTS " data close" },
	/* section 12.5: text before 354 is never executed */
	{ .name = "text behind DATA", .whole_only = 1, .says = {
	    ENV "DATA\r\nNOOP\r\n", ".\r\nNOOP\r\n" },
	  .replies = ENV_REPLIES " 554/5.5.0",
	  .events = ENV_EVENTS " close" },
	{ .name = "text behind a DATA that is refused", .whole_only = 1,
	  .says = { HI "DATA\r\nNOOP\r\n" },
	  .replies = "220 250 554/5.5.0", .events = "ehlo:c.example close" },
};

/* M-11: each of these, then a smuggled transaction, then the true end. */
#define SMUGGLED "MAIL FROM:<evil@example.org>\r\n" RCPT "DATA\r\nevil\r\n"
static const char *const ends[] = {
	"text\n.\n", "text\n.\r\n", "text\r\n.\n", "text\r.\r",
	"text\r.\r\n", "text\r\n.\r", "text\r\n~.\r\n", "text\r\n.~\r\n",
	"text\n\r.\r\n", "text\r\n.\r\r\n", "text\r\r\n.\n",
	"text\r\n.\n.\r\n", "text\r\n.\r.\r\n", "\n.\r\n", ".\n", ".\r",
	"text\r\n\n.\r\n", "text\r\n\r.\r\n", "~\r\n", "\r", "\n",
};

static void
test_smuggling(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		char text[400];
		struct counter_case c = { .name = text, .nul = '~',
			.replies = ENV_REPLIES " 354 550/5.5.2 250/2.0.0",
			.events = ENV_EVENTS " data abort" };

		if (strchr(ends[i], '~') != NULL)
			c.replies = ENV_REPLIES " 354 550/5.6.0 250/2.0.0";
		snprintf(text, sizeof(text), "%s" SMUGGLED ".\r\nNOOP\r\n",
		    ends[i]);
		c.says[0] = ENV "DATA\r\n";
		c.says[1] = text;
		counter_check(&c);
	}
}

/* The same from a trusted peer: one message, with whole line ends. */
static const struct counter_case repaired[] = {
	{ .name = "LF . LF", .says = { "a\n.\nb\n.\r\n.\r\n" },
	  .stored = "a\r\n.\r\nb\r\n.\r\n" },
	{ .name = "CRLF . LF", .says = { "a\r\n.\nb\r\n..c\n..d\r\n.\r\n" },
	  .stored = "a\r\n\r\nb\r\n.c\r\n..d\r\n" },
	{ .name = "CR . CR", .says = { "a\r.\r\r\nb\rc\r\r\r\n.\rd\r\n.\r\n" },
	  .stored = "a . \r\nb c  \r\n d\r\n" },
	{ .name = "CRLF . CR", .says = { "a\r\n.\r.\r\n.\r\r\n.\r\n" },
	  .stored = "a\r\n .\r\n \r\n" },
	{ .name = "clean", .says = { "a\r\n..b\r\n\r\n.\r\n" },
	  .stored = "a\r\n.b\r\n\r\n" },
	{ .name = "the first octet", .says = { "\n.\r\n.\r\n" },
	  .stored = "\r\n.\r\n" },
};

static void
test_normalize(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(repaired); i++) {
		struct counter_case c = repaired[i];

		c.flags = POP_SMTP_NORMALIZE;
		c.says[1] = c.says[0];
		c.says[0] = ENV "DATA\r\n";
		c.says[2] = "NOOP\r\n";
		c.replies = STORED_REPLIES " 250/2.0.0";
		c.events = STORED_EVENTS;
		counter_check(&c);
	}
}

static const struct counter_case bdat[] = {
	{ .name = "M-18 no stuffing", .says = { ENV
	    "BDAT 10\r\n..a\r\n.\r\n..BDAT 0 LAST\r\nQUIT\r\n" },
	  .replies = ENV_REPLIES " 250/2.0.0 250/2.0.0 221/2.0.0",
	  .events = ENV_EVENTS " data end close",
	  .stored = "..a\r\n.\r\n.." },
	{ .name = "a line end between chunks", .says = { ENV
	    "bdat 2\r\na\rBDAT 1\r\n\nBDAT 1 last\r\nb" },
	  .replies = ENV_REPLIES " 250/2.0.0 250/2.0.0 250/2.0.0",
	  .events = ENV_EVENTS " data end", .stored = "a\r\nb" },
	{ .name = "a size behind a control character", .says = { ENV
	    "BDAT 2 \x01\r\nMAIL FROM:<b@example.org>\r\n" },
	  .replies = ENV_REPLIES " 501/5.5.4", .events = ENV_EVENTS " close" },
	{ .name = "a size behind a tab", .says = { ENV
	    "BDAT\t2\r\nMAIL FROM:<b@example.org>\r\n" },
	  .replies = ENV_REPLIES " 501/5.5.4", .events = ENV_EVENTS " close" },
	{ .name = "BDATA is another word", .says = { ENV "BDATA 2\r\n" RCPT },
	  .replies = ENV_REPLIES " 500/5.5.2 250/2.1.5",
	  .events = ENV_EVENTS " rcpt<wren@example.net>" },
	{ .name = "half a line end at the end", .says = { ENV
	    "BDAT 2 LAST\r\na\rNOOP\r\n" },
	  .replies = ENV_REPLIES " 550/5.5.2 250/2.0.0",
	  .events = ENV_EVENTS " data abort" },
	{ .name = "the same repaired", .flags = POP_SMTP_NORMALIZE, .says = {
	    ENV "BDAT 4 LAST\r\na\nb\rNOOP\r\n" },
	  .replies = ENV_REPLIES " 250/2.0.0 250/2.0.0",
	  .events = ENV_EVENTS " data end", .stored = "a\r\nb " },
	{ .name = "M-19 DATA after BDAT", .says = { ENV "BDAT 1\r\na",
	    "DATA\r\n", "BDAT 1 LAST\r\nb" MAIL },
	  .replies = ENV_REPLIES " 250/2.0.0 503/5.5.1 503/5.5.1 250/2.1.0",
	  .events = ENV_EVENTS " data abort mail<a@example.org>" },
	{ .name = "M-20 in a bad state", .says = {
	    "BDAT 6\r\nQUIT\r\n" HI "BDAT 6 LAST\r\nQUIT\r\n" MAIL
	    "BDAT 6\r\nQUIT\r\n" RCPT "BDAT 6 LAST\r\nQUIT\r\n"
	    ENV },
	  .replies = "220 503/5.5.1 250 503/5.5.1 250/2.1.0 503/5.5.1"
	      " 503/5.5.1 503/5.5.1 250 250/2.1.0 250/2.1.5",
	  .events = "ehlo:c.example mail<a@example.org> abort "
	      ENV_EVENTS },
	{ .name = "a chunk out of place spoils nothing", .says = { HI
	    "BDAT 6\r\nQUIT\r\n" MAIL RCPT "BDAT 1 LAST\r\na" },
	  .replies = "220 250 503/5.5.1 250/2.1.0 250/2.1.5 250/2.0.0",
	  .events = ENV_EVENTS " data end", .stored = "a" },
	{ .name = "no RCPT nor MAIL behind BDAT", .says = { ENV
	    "BDAT 1\r\na" RCPT MAIL "RSET\r\n" MAIL },
	  .replies = ENV_REPLIES " 250/2.0.0 503/5.5.1 503/5.5.1 250/2.0.0"
	      " 250/2.1.0",
	  .events = ENV_EVENTS " data abort mail<a@example.org>" },
	{ .name = "BDAT refused", .data_code = 452, .says = { ENV
	    "BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n" },
	  .replies = ENV_REPLIES " 452/4.3.1 452/4.3.1 250/2.0.0",
	  .events = ENV_EVENTS " data abort" },
	{ .name = "BDAT refused for good", .data_code = 421, .says = { ENV
	    "BDAT 6\r\nQUIT\r\nNOOP\r\n" },
	  .replies = ENV_REPLIES " 421/4.3.1",
	  .events = ENV_EVENTS " data close" },
	{ .name = "bare LF in a chunk", .says = { ENV
	    "BDAT 2\r\na\nBDAT 3\r\nb\r\nBDAT 0 LAST\r\nNOOP\r\n" },
	  .replies = ENV_REPLIES " 550/5.5.2 550/5.5.2 550/5.5.2 250/2.0.0",
	  .events = ENV_EVENTS " data abort" },
	{ .name = "too large", .size_max = 5, .says = { ENV
	    "BDAT 5\r\nQUI\r\rBDAT 6\r\nQUIT\r\nBDAT 0 LAST\r\n" ENV
	    "BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n" },
	  .replies = ENV_REPLIES " 550/5.5.2 550/5.5.2 550/5.5.2 250"
	      " 250/2.1.0 250/2.1.5 552/5.3.4 250/2.0.0",
	  .events = ENV_EVENTS " data abort " ENV_EVENTS " abort" },
	{ .name = "too large in sum", .size_max = 5, .says = { ENV
	    "BDAT 3\r\nQUIBDAT 3\r\nQUIBDAT 0 LAST\r\nNOOP\r\n" },
	  .replies = ENV_REPLIES " 250/2.0.0 552/5.3.4 552/5.3.4 250/2.0.0",
	  .events = ENV_EVENTS " data abort" },
	/* D03: what follows cannot be told from commands */
	{ .name = "BDAT 2^64", .says = { ENV
	    "BDAT 18446744073709551616\r\nQUIT\r\n" },
	  .replies = ENV_REPLIES " 501/5.5.4",
	  .events = ENV_EVENTS " close" },
	{ .name = "BDAT x", .says = { ENV "BDAT x\r\nQUIT\r\n" },
	  .replies = ENV_REPLIES " 501/5.5.4",
	  .events = ENV_EVENTS " close" },
	{ .name = "BDAT", .says = { "BDAT\r\nQUIT\r\n" },
	  .replies = "220 501/5.5.4", .events = "close" },
	{ .name = "BDAT 1 FIRST", .says = { "BDAT 1 FIRST\r\nQUIT\r\n" },
	  .replies = "220 501/5.5.4", .events = "close" },
	{ .name = "BDAT 1 LAST 1", .says = { "BDAT 1 LAST 1\r\nQUIT\r\n" },
	  .replies = "220 501/5.5.4", .events = "close" },
};

static const struct counter_case starttls[] = {
	{ .name = "STARTTLS", .flags = POP_SMTP_HAS_TLS, .says = {
	    "STARTTLS\r\n", HI "STARTTLS\r\n", MAIL "STARTTLS\r\n",
	    HI "STARTTLS\r\n" },
	  .replies = "220 503/5.5.1 250 220/2.0.0 503/5.5.1 503/5.5.1 250"
	      " 503/5.5.1",
	  .events = "ehlo:c.example tls ehlo:c.example" },
	{ .name = "in a transaction", .flags = POP_SMTP_HAS_TLS, .says = {
	    ENV "STARTTLS\r\n" },
	  .replies = ENV_REPLIES " 503/5.5.1", .events = ENV_EVENTS },
	{ .name = "not offered", .says = { HI "STARTTLS\r\n" },
	  .replies = "220 250 502/5.5.1", .events = "ehlo:c.example" },
	{ .name = "already on", .flags = POP_SMTP_HAS_TLS, .tls_on = 1,
	  .says = { HI "STARTTLS\r\n" },
	  .replies = "220 250 503/5.5.1", .events = "ehlo:c.example" },
	{ .name = "M-22 D03 commands behind it", .whole_only = 1,
	  .flags = POP_SMTP_HAS_TLS,
	  .says = { HI, "STARTTLS\r\n" MAIL, RCPT },
	  .replies = "220 250 554/5.5.0", .events = "ehlo:c.example close" },
	{ .name = "M-22 half a command behind it", .whole_only = 1,
	  .flags = POP_SMTP_HAS_TLS,
	  .says = { HI, "STARTTLS\r\nM", RCPT },
	  .replies = "220 250 554/5.5.0", .events = "ehlo:c.example close" },
};

static void
check_all(const struct counter_case *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		counter_check(&c[i]);
}

static void
test_commands(void **state)
{
	(void)state;
	check_all(commands, COUNT(commands));
}

static void
test_envelope(void **state)
{
	(void)state;
	check_all(envelope, COUNT(envelope));
}

static void
test_data(void **state)
{
	(void)state;
	check_all(data, COUNT(data));
}

static void
test_bdat(void **state)
{
	(void)state;
	check_all(bdat, COUNT(bdat));
}

static void
test_starttls(void **state)
{
	(void)state;
	check_all(starttls, COUNT(starttls));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_envelope),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_smuggling),
		cmocka_unit_test(test_normalize),
		cmocka_unit_test(test_bdat),
		cmocka_unit_test(test_starttls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
