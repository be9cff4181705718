/* SPDX-License-Identifier: ISC
 *
 * The POP3 server machine against dialogues.  Each is played whole, octet by
 * octet, split at every point, and through the smallest output; the answer
 * must be the same each time.  Names like B-12 are conformance checks.
 */
#include "office.h"

struct dialogue {
	const char *name;
	const char *say;
	const char *hear;	/* behind the greeting; "*" is any run without
				 * CR, LF */
	void (*change)(struct office *o);
	int closed;
	int logged_in;		/* begin behind the login */
};

/* `*` in `want` stands for any octets of one line. */
static int
matches(const char *want, const char *have)
{
	for (; *want != '\0'; want++, have++) {
		if (*want == '*') {
			size_t n = strcspn(have, "\r\n");

			for (size_t i = 0; i <= n; i++)
				if (matches(want + 1, have + i))
					return 1;
			return 0;
		}
		if (*want != *have)
			return 0;
	}
	return *have == '\0';
}

/* ---- ways to change the office ------------------------------------------ */

static void
with_tls(struct office *o)
{
	o->tls = 1;
}

static void
no_clear(struct office *o)
{
	o->config.flags = POP_SERVER_HAS_TLS;
	o->config.mechanisms_clear =
	    "LOGIN SCRAM-SHA-256 PLAIN XOAUTH2 OAUTHBEARER";
}

static void
no_clear_no_tls(struct office *o)
{
	o->config.flags = 0;
}

static void
with_last(struct office *o)
{
	o->config.flags |= POP_SERVER_HAS_LAST;
}

static void
strict(struct office *o)
{
	o->config.flags |= POP_SERVER_STRICT_CRLF;
}

static void
empty_drop(struct office *o)
{
	o->count = 0;
}

static void
with_stamp(struct office *o)
{
	o->stamp = "<1896.697170952@dbc.mtview.ca.us>";
}

static void
locked(struct office *o)
{
	o->login_failure = POP_FAIL_IN_USE;
	o->login_text = "[somebody] else is reading";
}

static void
store_down(struct office *o)
{
	o->login_failure = POP_FAIL_SYS_TEMP;
	o->login_text = "try later";
}

static void
partial(struct office *o)
{
	o->commit = POP_COMMIT_PARTIAL;
}

static void
unknown(struct office *o)
{
	o->commit = POP_COMMIT_UNKNOWN;
}

static void
two_bad(struct office *o)
{
	o->config.bad_commands_max = 2;
	o->config.auth_failures_max = 2;
}

static void
spaced(struct office *o)
{
	o->password = "  two  words ";
}

static const struct office_message nasty[] = {
	{ "Subject: dots\r\n\r\n.\r\n..\r\n.x\r\nend\r\n", 0, "dots" },
	{ ".lead\n\nbare\nlf\n.\n", 0, "lf" },
	{ "A: b\r\n\r\n.a\r\nb\r\nno end", 0, "no-end" },
	{ "Only: header\r\nNo: blank\r\n", 0, "header" },
	{ "", 0, "empty" },
	{ "A: b\r\n\r\n", 0, "no-body" },
};

static void
with_nasty(struct office *o)
{
	o->messages = nasty;
	o->count = COUNT(nasty);
}

static void
nasty_small(struct office *o)
{
	with_nasty(o);
	o->body_piece = 1;
}

/* ---- the dialogues ------------------------------------------------------- */

#define LOGIN "USER wren\r\nPASS correct horse battery\r\n"
#define LOGIN_OK "+OK *\r\n+OK 3 messages, 771 octets\r\n"
#define AA10 "aaaaaaaaaa"
#define AA50 AA10 AA10 AA10 AA10 AA10
#define AA250 AA50 AA50 AA50 AA50 AA50

static const struct dialogue dialogues[] = {
	{ "B-2 case", "user wren\r\nPaSs correct horse battery\r\n",
	    LOGIN_OK, NULL, 0, 0 },
	{ "B-3 unknown", "FOO\r\n\r\n \r\nUSERwren\r\nST\r\nSTATS\r\n",
	    "-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n",
	    NULL, 0, 0 },
	{ "B-4 B-42 wrong state", "STAT\r\nNOOP\r\nRSET\r\nLIST\r\nRETR 1\r\n",
	    "-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n", NULL, 0, 0 },
	{ "B-5 A-7 login twice", "USER wren\r\nPASS x\r\nAPOP a b\r\n"
	    "AUTH PLAIN\r\nAUTH\r\nSTLS\r\nSTAT\r\n",
	    "-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n"
	    "+OK 3 771\r\n", NULL, 0, 1 },
	{ "B-6 PASS alone", "PASS x\r\n", "-ERR *\r\n", NULL, 0, 0 },
	{ "B-7 STAT between", "USER wren\r\nSTAT\r\n"
	    "PASS correct horse battery\r\n",
	    "+OK *\r\n-ERR *\r\n-ERR *\r\n", NULL, 0, 0 },
	{ "B-7 CAPA between, unknown between", "USER wren\r\nAUTH\r\n"
	    "PASS correct horse battery\r\nUSER wren\r\nBLAH\r\n"
	    "PASS correct horse battery\r\n",
	    "+OK *\r\n+OK *\r\nSCRAM-SHA-256\r\nPLAIN\r\n.\r\n-ERR *\r\n"
	    "+OK *\r\n-ERR *\r\n-ERR *\r\n", NULL, 0, 0 },
	{ "B-7 a refused USER forgets the first", "USER wren\r\nUSER\r\n"
	    "PASS correct horse battery\r\n",
	    "+OK *\r\n-ERR *\r\n-ERR *\r\n", NULL, 0, 0 },
	{ "second USER replaces", "USER robin\r\n" LOGIN,
	    "+OK *\r\n" LOGIN_OK, NULL, 0, 0 },
	{ "B-8 X-6 X-7 unknown user", "USER nobody\r\nPASS x\r\n"
	    "USER wren\r\nPASS x\r\n",
	    "+OK now PASS, please\r\n-ERR [AUTH] wrong user or password\r\n"
	    "+OK now PASS, please\r\n-ERR [AUTH] wrong user or password\r\n",
	    NULL, 0, 0 },
	{ "B-9 PASS untrimmed", "USER wren\r\nPASS   two  words \r\n",
	    LOGIN_OK, spaced, 0, 0 },
	{ "B-9 not trimmed", "USER wren\r\nPASS two  words\r\n",
	    "+OK *\r\n-ERR [AUTH] *\r\n", spaced, 0, 0 },
	{ "PASS without blank", "USER wren\r\nPASS\r\nPASS a\r\n",
	    "+OK *\r\n-ERR *\r\n-ERR *\r\n", NULL, 0, 0 },
	{ "empty password", "USER wren\r\nPASS \r\n",
	    "+OK *\r\n-ERR [AUTH] *\r\n", NULL, 0, 0 },
	{ "B-10 second try", "USER wren\r\nPASS no\r\n" LOGIN,
	    "+OK *\r\n-ERR [AUTH] *\r\n" LOGIN_OK, NULL, 0, 0 },
	{ "a failed PASS forgets USER", "USER wren\r\nPASS no\r\n"
	    "PASS correct horse battery\r\n",
	    "+OK *\r\n-ERR [AUTH] *\r\n-ERR *\r\n", NULL, 0, 0 },
	{ "B-11 STAT", "STAT\r\n", "+OK 3 771\r\n", NULL, 0, 1 },
	{ "B-12 LIST", "LIST\r\n",
	    "+OK *\r\n1 120\r\n2 200\r\n3 451\r\n.\r\n", NULL, 0, 1 },
	{ "B-13 LIST n", "LIST 2\r\nLIST 4\r\nLIST 0\r\nLIST -1\r\nLIST x\r\n"
	    "LIST 99999999999999999999\r\nLIST +2\r\nLIST 2x\r\nLIST 1 2\r\n"
	    "LIST 002\r\nLIST 2 \r\nLIST  2\r\nLIST 4294967298\r\n",
	    "+OK 2 200\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n"
	    "-ERR *\r\n-ERR *\r\n-ERR *\r\n+OK 2 200\r\n+OK 2 200\r\n"
	    "-ERR *\r\n-ERR *\r\n", NULL, 0, 1 },
	{ "B-14 empty drop", LOGIN "STAT\r\nLIST\r\nUIDL\r\nLIST 1\r\n",
	    "+OK *\r\n+OK 0 messages, 0 octets\r\n+OK 0 0\r\n"
	    "+OK *\r\n.\r\n+OK *\r\n.\r\n-ERR *\r\n", empty_drop, 0, 0 },
	{ "B-16 dots", LOGIN "LIST 1\r\nRETR 1\r\n",
	    "+OK *\r\n+OK *\r\n+OK 1 33\r\n+OK 33 octets\r\n"
	    "Subject: dots\r\n\r\n..\r\n...\r\n..x\r\nend\r\n.\r\n",
	    with_nasty, 0, 0 },
	{ "B-17 bare LF", LOGIN "LIST 2\r\nRETR 2\r\n",
	    "+OK *\r\n+OK *\r\n+OK 2 22\r\n+OK 22 octets\r\n"
	    "..lead\r\n\r\nbare\r\nlf\r\n..\r\n.\r\n", with_nasty, 0, 0 },
	{ "B-18 no final line end", LOGIN "LIST 3\r\nRETR 3\r\n",
	    "+OK *\r\n+OK *\r\n+OK 3 23\r\n+OK 23 octets\r\n"
	    "A: b\r\n\r\n..a\r\nb\r\nno end\r\n.\r\n", nasty_small, 0, 0 },
	{ "empty message", LOGIN "RETR 5\r\nTOP 5 9\r\n",
	    "+OK *\r\n+OK *\r\n+OK 0 octets\r\n.\r\n+OK *\r\n.\r\n",
	    with_nasty, 0, 0 },
	{ "B-19 RETR", "RETR\r\nRETR 4\r\nRETR 1 2\r\nRETR 0\r\nRETR x\r\n",
	    "-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n", NULL, 0, 1 },
	{ "B-20 DELE", "DELE 2\r\nLIST\r\nSTAT\r\nRETR 2\r\nDELE 2\r\n"
	    "UIDL 2\r\nTOP 2 0\r\nLIST 2\r\nUIDL\r\n",
	    "+OK *\r\n+OK *\r\n1 120\r\n3 451\r\n.\r\n+OK 2 571\r\n"
	    "-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n"
	    "+OK *\r\n1 uid-one\r\n3 uid-three\r\n.\r\n", NULL, 0, 1 },
	{ "B-21 no renumbering", "DELE 1\r\nLIST 3\r\nUIDL 3\r\n",
	    "+OK *\r\n+OK 3 451\r\n+OK 3 uid-three\r\n", NULL, 0, 1 },
	{ "B-22 RSET", "DELE 2\r\nDELE 3\r\nRSET\r\nSTAT\r\nLIST 2\r\n",
	    "+OK *\r\n+OK *\r\n+OK *\r\n+OK 3 771\r\n+OK 2 200\r\n", NULL,
	    0, 1 },
	{ "B-23 QUIT", "DELE 1\r\nQUIT\r\nNOOP\r\n",
	    "+OK *\r\n+OK *\r\n", NULL, 1, 1 },
	{ "B-27 partial", "DELE 1\r\nQUIT\r\n",
	    "+OK *\r\n-ERR [SYS/TEMP] *\r\n", partial, 1, 1 },
	{ "B-27 unknown outcome", "QUIT\r\n", "-ERR [SYS/TEMP] *\r\n",
	    unknown, 1, 1 },
	{ "B-28 QUIT before login", "QUIT\r\nCAPA\r\n", "+OK *\r\n", NULL,
	    1, 0 },
	{ "B-29 X-6 A-19 locked", LOGIN
	    "AUTH PLAIN AHdyZW4AY29ycmVjdCBob3JzZSBiYXR0ZXJ5\r\nSTAT\r\n",
	    "+OK *\r\n-ERR [IN-USE] (somebody] else is reading\r\n"
	    "-ERR [IN-USE] *\r\n-ERR *\r\n", locked, 0, 0 },
	{ "X-6 store down", LOGIN, "+OK *\r\n-ERR [SYS/TEMP] try later\r\n",
	    store_down, 0, 0 },
	{ "B-32 TOP 0", LOGIN "TOP 1 0\r\nTOP 4 0\r\nTOP 6 0\r\n",
	    "+OK *\r\n+OK *\r\n+OK *\r\nSubject: dots\r\n\r\n.\r\n"
	    "+OK *\r\nOnly: header\r\nNo: blank\r\n.\r\n"
	    "+OK *\r\nA: b\r\n\r\n.\r\n", with_nasty, 0, 0 },
	{ "B-33 TOP 2", LOGIN "TOP 3 2\r\nTOP 2 1\r\nTOP 1 1\r\n",
	    "+OK *\r\n+OK *\r\n+OK *\r\nA: b\r\n\r\n..a\r\nb\r\n.\r\n"
	    "+OK *\r\n..lead\r\n\r\nbare\r\n.\r\n"
	    "+OK *\r\nSubject: dots\r\n\r\n..\r\n.\r\n", nasty_small, 0, 0 },
	{ "B-34 TOP many", LOGIN "TOP 3 1000000\r\n"
	    "TOP 3 18446744073709551615\r\n",
	    "+OK *\r\n+OK *\r\n"
	    "+OK *\r\nA: b\r\n\r\n..a\r\nb\r\nno end\r\n.\r\n"
	    "+OK *\r\nA: b\r\n\r\n..a\r\nb\r\nno end\r\n.\r\n",
	    with_nasty, 0, 0 },
	{ "B-35 TOP", "TOP 1\r\nTOP 1 -1\r\nTOP 1 x\r\nTOP\r\nTOP 0 0\r\n"
	    "TOP 4 0\r\nTOP 1 1 1\r\nTOP 1 18446744073709551616\r\n",
	    "-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n"
	    "-ERR *\r\n-ERR *\r\n", NULL, 0, 1 },
	{ "B-36 UIDL", "UIDL\r\nUIDL 2\r\nUIDL 4\r\n",
	    "+OK *\r\n1 uid-one\r\n2 uid-two\r\n3 uid-three\r\n.\r\n"
	    "+OK 2 uid-two\r\n-ERR *\r\n", NULL, 0, 1 },
	{ "B-39 APOP", "APOP mrose C4C9334BAC560ECC979E58001B3E22FB\r\n"
	    "APOP mrose c4c9334bac560ecc979e58001b3e22fc\r\nAPOP mrose\r\n"
	    "APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n",
	    "-ERR [AUTH] *\r\n-ERR [AUTH] *\r\n-ERR *\r\n+OK 3 *\r\n",
	    with_stamp, 0, 0 },
	{ "B-41 no APOP", "APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n",
	    "-ERR *\r\n", NULL, 0, 0 },
	{ "APOP stays valid in TLS", "STLS\r\n", "+OK *\r\n", with_stamp,
	    0, 0 },
	{ "B-43 255 octets", "USER " AA50 AA50 AA50 AA50 AA10 AA10 AA10 AA10
	    "aaaaaaaa\r\nUSER " AA50 AA50 AA50 AA50 AA10 AA10 AA10 AA10
	    "aaaaaaaaa\r\nUSER wren\r\n",
	    "+OK *\r\n-ERR *\r\n+OK *\r\n", NULL, 0, 0 },
	{ "B-43 the tail is no command", AA250 "QUIT\r\n" AA250 AA250
	    "QUIT\nUSER wren\r\n",
	    "-ERR *\r\n-ERR *\r\n+OK *\r\n", NULL, 0, 0 },
	{ "B-43 B-7 a long line forgets USER", "USER wren\r\n" AA250 AA10
	    "\r\nPASS correct horse battery\r\n",
	    "+OK *\r\n-ERR *\r\n-ERR *\r\n", NULL, 0, 0 },
	{ "B-44 eight bit", "USER w\xc3\xa9\r\nUSER a\x01" "b\r\nUS\rER a\r\n",
	    "-ERR *\r\n-ERR *\r\n-ERR *\r\n", NULL, 0, 0 },
	{ "B-46 LAST", "LAST\r\nTOP 3 0\r\nLAST\r\nRETR 2\r\nLAST\r\n"
	    "DELE 3\r\nLAST\r\nRETR 1\r\nLAST\r\nRSET\r\nLAST\r\n",
	    "+OK 0\r\n*\r\n*\r\n*\r\n.\r\n+OK 0\r\n+OK 200 octets\r\n"
	    "*\r\n\r\n*\r\n.\r\n+OK 2\r\n+OK *\r\n+OK 3\r\n+OK *\r\n*\r\n\r\n"
	    "*\r\n.\r\n+OK 3\r\n+OK *\r\n+OK 0\r\n", with_last, 0, 1 },
	{ "B-47 LAST RPOP XTND", "LAST\r\nXTND BBOARDS\r\nRPOP x\r\n",
	    "-ERR *\r\n-ERR *\r\n-ERR *\r\n", NULL, 0, 1 },
	{ "B-47 RPOP", "USER wren\r\nRPOP x\r\n", "+OK *\r\n-ERR *\r\n", NULL,
	    0, 0 },
	{ "B-48 LF lines", "USER wren\nPASS correct horse battery\nSTAT\n",
	    LOGIN_OK "+OK 3 771\r\n", NULL, 0, 0 },
	{ "B-48 strict", "USER wren\nUSER wren\r\nPASS correct horse "
	    "battery\r\nSTAT\nSTAT\r\n",
	    "-ERR *\r\n" LOGIN_OK "-ERR *\r\n+OK 3 771\r\n", strict, 0, 0 },
	{ "X-1 X-2 CAPA", "capa\r\n" LOGIN "CAPA\r\nCAPA x\r\nCAPA \r\n",
	    "+OK *\r\nTOP\r\nUIDL\r\nUSER\r\nSASL SCRAM-SHA-256 PLAIN\r\n"
	    "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nSTLS\r\n"
	    "IMPLEMENTATION Restante\r\n.\r\n" LOGIN_OK
	    "+OK *\r\nTOP\r\nUIDL\r\nUSER\r\nSASL SCRAM-SHA-256 PLAIN\r\n"
	    "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n"
	    "IMPLEMENTATION Restante\r\n.\r\n-ERR *\r\n"
	    "+OK *\r\nTOP\r\nUIDL\r\nUSER\r\nSASL SCRAM-SHA-256 PLAIN\r\n"
	    "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n"
	    "IMPLEMENTATION Restante\r\n.\r\n", NULL, 0, 0 },
	{ "X-5 no clear text", "CAPA\r\nUSER wren\r\n"
	    "PASS correct horse battery\r\nAUTH PLAIN\r\n"
	    "AUTH PLAIN AHdyZW4AY29ycmVjdCBob3JzZSBiYXR0ZXJ5\r\nAUTH\r\n",
	    "+OK *\r\nTOP\r\nUIDL\r\nSASL SCRAM-SHA-256\r\n"
	    "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nSTLS\r\n"
	    "IMPLEMENTATION Restante\r\n.\r\n"
	    "-ERR not without encryption: use STLS first\r\n"
	    "-ERR not without encryption: use STLS first\r\n"
	    "-ERR not without encryption: use STLS first\r\n"
	    "-ERR not without encryption: use STLS first\r\n"
	    "+OK *\r\nSCRAM-SHA-256\r\n.\r\n", no_clear, 0, 0 },
	{ "X-5 no TLS either", "USER wren\r\nSTLS\r\n",
	    "-ERR not without encryption\r\n-ERR *\r\n", no_clear_no_tls,
	    0, 0 },
	{ "X-12 pipelined", LOGIN "STAT\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n",
	    LOGIN_OK "+OK 3 771\r\n+OK 120 octets\r\nSubject: one\r\n\r\n"
	    "*\r\n.\r\n+OK *\r\n+OK *\r\n", NULL, 1, 0 },
	{ "T-2 STLS when encrypted", "STLS\r\n", "-ERR *\r\n", with_tls,
	    0, 0 },
	{ "T-2 STLS with argument", "STLS now\r\n", "-ERR *\r\n", NULL, 0, 0 },
	{ "A-1 PLAIN", "AUTH PLAIN AHdyZW4AY29ycmVjdCBob3JzZSBiYXR0ZXJ5\r\n",
	    "+OK 3 *\r\n", NULL, 0, 0 },
	{ "A-1 PLAIN later", "auth plain\r\n"
	    "AHdyZW4AY29ycmVjdCBob3JzZSBiYXR0ZXJ5\r\nSTAT\r\n",
	    "+ \r\n+OK 3 *\r\n+OK 3 771\r\n", NULL, 0, 0 },
	{ "A-2 PLAIN empty", "AUTH PLAIN =\r\n", "-ERR [AUTH] *\r\n", NULL,
	    0, 0 },
	{ "A-3 unknown mechanism", "AUTH FOO\r\nAUTH A B C\r\n",
	    "-ERR *\r\n-ERR *\r\n", NULL, 0, 0 },
	{ "A-5 cancel", "AUTH PLAIN\r\n*\r\n" LOGIN,
	    "+ \r\n-ERR *\r\n" LOGIN_OK, NULL, 0, 0 },
	{ "A-6 base64", "AUTH PLAIN AAA=BBB\r\nAUTH PLAIN =AAA\r\n"
	    "AUTH PLAIN\r\nAAAA*\r\nAUTH PLAIN\r\nA A=\r\n"
	    "AUTH PLAIN AAA\r\nAUTH PLAIN A A=\r\nAUTH PLAIN\r\n=\r\n",
	    "-ERR *\r\n-ERR *\r\n+ \r\n-ERR *\r\n+ \r\n-ERR *\r\n"
	    "-ERR *\r\n-ERR *\r\n+ \r\n-ERR *\r\n", NULL, 0, 0 },
	{ "a line of an exchange is no command", "AUTH SCRAM-SHA-256\r\n"
	    "biws\r\nQUIT\r\nUSER wren\r\n",
	    "+ \r\n+ cj14eXo=\r\n-ERR [AUTH] *\r\n+OK *\r\n", NULL, 0, 0 },
	{ "an empty line is an answer", "AUTH PLAIN\r\n\r\n",
	    "+ \r\n-ERR [AUTH] *\r\n", NULL, 0, 0 },
	{ "A-20 bare AUTH", "AUTH\r\nAUTH \r\n",
	    "+OK *\r\nSCRAM-SHA-256\r\nPLAIN\r\n.\r\n"
	    "+OK *\r\nSCRAM-SHA-256\r\nPLAIN\r\n.\r\n", NULL, 0, 0 },
	{ "bad commands", "A\r\nCAP\r\nUSER wren\r\n",
	    "-ERR *\r\n-ERR *goodbye\r\n", two_bad, 1, 0 },
	{ "bad commands of many kinds", "PASS x\r\nAPOP a b\r\nAUTH\r\n",
	    "-ERR *\r\n-ERR *goodbye\r\n", two_bad, 1, 0 },
	{ "one blank between words", "APOP  b\r\nAPOP a  b\r\n APOP a b\r\n"
	    "AUTH  AAAA\r\n", "-ERR usage: *\r\n-ERR usage: *\r\n"
	    "-ERR unknown command\r\n-ERR usage: *\r\n", with_stamp, 0, 0 },
	{ "bad commands in a row only", "A\r\nAUTH\r\nA\r\nAUTH\r\nA\r\n",
	    "-ERR *\r\n+OK *\r\nSCRAM-SHA-256\r\nPLAIN\r\n.\r\n-ERR *\r\n"
	    "+OK *\r\nSCRAM-SHA-256\r\nPLAIN\r\n.\r\n-ERR *\r\n", two_bad,
	    0, 0 },
	{ "failed logins", "USER wren\r\nPASS a\r\nUSER wren\r\nPASS b\r\n"
	    LOGIN, "+OK *\r\n-ERR [AUTH] *\r\n+OK *\r\n-ERR [AUTH] *\r\n",
	    two_bad, 1, 0 },
	{ "cancelled logins count", "AUTH PLAIN\r\n*\r\nAUTH PLAIN\r\n*\r\n"
	    LOGIN, "+ \r\n-ERR *\r\n+ \r\n-ERR *\r\n", two_bad, 1, 0 },
	{ "arguments where none belong", "STAT 1\r\nNOOP x\r\nRSET x\r\n"
	    "QUIT x\r\nDELE\r\nDELE 1 2\r\nSTAT \r\n",
	    "-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n-ERR *\r\n"
	    "+OK 3 771\r\n", NULL, 0, 1 },
};

static void
play(const struct dialogue *d, size_t piece, size_t split, size_t room)
{
	struct office o;
	const char *heard;
	size_t n = strlen(d->say);

	office_init(&o);
	o.authenticated = d->logged_in;
	if (d->change != NULL)
		d->change(&o);
	office_open(&o);
	if (split > 0) {
		office_say(&o, d->say, split, 0, room);
		office_say(&o, d->say + split, n - split, 0, room);
	} else {
		office_say(&o, d->say, n, piece, room);
	}
	heard = office_heard(&o);
	assert_true(strncmp(heard, "+OK ", 4) == 0);
	heard = strstr(heard, "\r\n") + 2;
	if (!matches(d->hear, heard))
		fail_msg("%s: piece %zu split %zu room %zu: heard\n%s",
		    d->name, piece, split, room, heard);
	assert_int_equal(o.closed, d->closed);
	office_close(&o);
}

static void
test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dialogues); i++) {
		const struct dialogue *d = &dialogues[i];

		play(d, 0, 0, 0);
		play(d, 1, 0, 0);
		play(d, 1, 0, 1);
		play(d, 0, 0, 1);
		play(d, 7, 0, 100);
		for (size_t k = 1; k < strlen(d->say); k++)
			play(d, 0, k, k);
	}
}

/* B-1 B-40: the greeting is one line of at most 512 octets; the stamp is
 * never cut. X-8: no text begins with a bracket. */
static void
test_greeting(void **state)
{
	char words[2000];
	struct office o;

	(void)state;
	memset(words, '[', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	for (int with = 0; with < 2; with++) {
		const char *heard;

		office_init(&o);
		o.config.greeting = words;
		o.stamp = with ? "<1.2@host>" : NULL;
		office_open(&o);
		heard = office_heard(&o);
		assert_int_equal(strlen(heard), POP_REPLY_MAX);
		assert_true(strncmp(heard, "+OK ([", 6) == 0);
		assert_ptr_equal(strstr(heard, "\r\n"), heard + 510);
		if (with)
			assert_memory_equal(heard + 500, "<1.2@host>", 10);
		office_close(&o);
	}
}

/* S01, S02, T-3: what stands behind STLS in the same input is not executed. */
static void
test_stls_injection(void **state)
{
	static const char *const says[] = {
		"STLS\r\nCAPA\r\n", "STLS\r\n\r\n", "STLS\r\nC", "STLS\n\n",
	};
	struct office o;

	(void)state;
	for (size_t i = 0; i < COUNT(says); i++) {
		const char *heard;

		office_init(&o);
		office_open(&o);
		office_say(&o, says[i], strlen(says[i]), 0, 0);
		heard = strstr(office_heard(&o), "\r\n") + 2;
		assert_true(matches("-ERR *\r\n", heard));
		assert_true(o.closed);
		assert_int_equal(o.tls_asked, 0);
		office_close(&o);
	}
}

/* T-1 T-4 T-5: the name of before is forgotten, STLS is gone from CAPA,
 * passwords are welcome; APOP (RFC 2595 section 4) stays valid. */
static void
test_stls(void **state)
{
	struct office o;

	(void)state;
	office_init(&o);
	no_clear(&o);
	o.config.flags |= POP_SERVER_CLEAR_OK;
	with_stamp(&o);
	office_open(&o);
	office_say(&o, "USER wren\r\n", 11, 0, 0);
	office_say(&o, "STLS\r\n", 6, 0, 0);
	assert_int_equal(o.tls_asked, 1);
	office_say(&o, "PASS correct horse battery\r\n", 28, 0, 0);
	office_say(&o, "STLS\r\nCAPA\r\n", 12, 0, 0);
	office_say(&o, "APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n", 45,
	    1, 0);
	assert_true(matches("+OK *\r\n+OK *\r\n+OK *\r\n-ERR *\r\n-ERR *\r\n"
	    "+OK *\r\nTOP\r\nUIDL\r\nUSER\r\nSASL SCRAM-SHA-256 PLAIN\r\n"
	    "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n"
	    "IMPLEMENTATION Restante\r\n.\r\n+OK 3 *\r\n", office_heard(&o)));
	office_close(&o);
}

/* S16, B-44: NUL, which no string literal above can hold. */
static void
test_nul(void **state)
{
	static const char say[] = "USER wren\0\r\nUSER wren\r\nPASS correct "
	    "horse battery\0\r\nAUTH PLAIN\r\nAAAA\0AAA\r\nQUIT\r\n";
	struct office o;

	(void)state;
	for (size_t piece = 0; piece < 3; piece++) {
		office_init(&o);
		office_open(&o);
		office_say(&o, say, sizeof(say) - 1, piece, 0);
		assert_true(matches("+OK *\r\n-ERR *\r\n+OK *\r\n-ERR *\r\n"
		    "+ \r\n-ERR *\r\n+OK *\r\n", office_heard(&o)));
		assert_int_equal(o.passes, 0);
		assert_int_equal(o.cancels, 1);
		office_close(&o);
	}
}

/* A line of `n` octets in all, made of `head` and the letter A. */
static char *
long_line(const char *head, size_t n)
{
	char *p = malloc(n + 1);
	int used;

	assert_non_null(p);
	memset(p, 'A', n);
	used = snprintf(p, n, "%s", head);
	assert_true(used >= 0 && (size_t)used < n - 2);
	if (used > 0 || *head == '\0')
		p[used] = 'A';
	memcpy(p + n - 2, "\r\n", 3);
	return p;
}

static void
say_long(const char *before, const char *head, size_t n, size_t piece,
    const char *hear, int closed)
{
	struct office o;
	char *line = long_line(head, n);
	const char *heard;

	office_init(&o);
	office_open(&o);
	office_say(&o, before, strlen(before), 0, 0);
	office_say(&o, line, n, piece, 0);
	office_say(&o, "USER wren\r\n", 11, 0, 0);
	heard = strstr(office_heard(&o), "\r\n") + 2;
	if (!matches(hear, heard))
		fail_msg("%zu octets of %s in pieces of %zu: heard\n%s", n,
		    head, piece, heard);
	assert_int_equal(o.closed, closed);
	office_close(&o);
	free(line);
}

/* S12, A-8, A-9: long lines of SASL are taken, others are not; a flood
 * closes. */
static void
test_long_lines(void **state)
{
	static const size_t pieces[] = { 0, 4096, 100 };

	(void)state;
	for (size_t i = 0; i < COUNT(pieces); i++) {
		size_t k = pieces[i];

		say_long("AUTH PLAIN\r\n", "", 8002, k,
		    "+ \r\n-ERR [AUTH] *\r\n+OK *\r\n", 0);
		say_long("AUTH PLAIN\r\n", "", POP_SASL_MAX - 2, k,
		    "+ \r\n-ERR [AUTH] *\r\n+OK *\r\n", 0);
		say_long("AUTH PLAIN\r\n", "", POP_SASL_MAX + 1, k,
		    "+ \r\n-ERR line too long\r\n+OK *\r\n", 0);
		say_long("", "AUTH PLAIN ", 11 + 400 + 2, k,
		    "-ERR [AUTH] *\r\n+OK *\r\n", 0);
		say_long("", "AUTH PLAIN ", POP_SASL_MAX + 1, k,
		    "-ERR line too long\r\n+OK *\r\n", 0);
		say_long("", "STAT ", 60000, k,
		    "-ERR line too long\r\n+OK *\r\n", 0);
		say_long("", "STAT ", 70000, k, "-ERR *goodbye\r\n", 1);
		say_long("AUTH PLAIN\r\n", "", 70000, k,
		    "+ \r\n-ERR *goodbye\r\n", 1);
	}
	say_long("AUTH PLAIN\r\n", "", 8002, 1,
	    "+ \r\n-ERR [AUTH] *\r\n+OK *\r\n", 0);
}

/* B-45: the caller's texts are cut and cleaned. */
static void
test_texts(void **state)
{
	unsigned char room[POP_OUT_MIN];
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_server_config config = { .greeting = NULL };
	void *mem = malloc(pop_server_size());
	struct pop_server_info info;
	struct pop_span in = span_of("NOOP\r\n", 6);
	struct pop_server *s;
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	text[0] = '\r';
	text[1] = '\n';
	s = pop_server_init_refused(mem, &config, POP_FAIL_SYS_PERM, text,
	    &out);
	assert_int_equal(out.n, POP_REPLY_MAX);
	assert_memory_equal(room, "-ERR [SYS/PERM] ??xxx", 21);
	assert_memory_equal(room + POP_REPLY_MAX - 3, "x\r\n", 3);
	assert_int_equal(pop_server_step(s, &in, &out, &info),
	    POP_SERVER_CLOSE);
	assert_int_equal(in.n, 6);
	free(mem);
}

/* Answers nobody asked for change nothing: least of all do they log in. */
static void
test_unasked_answers(void **state)
{
	unsigned char room[POP_OUT_MIN];
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_span piece = span_of("x", 1);
	struct office o;

	(void)state;
	office_init(&o);
	office_open(&o);
	pop_server_auth_ok(o.s, &o.listing, &out);
	pop_server_auth_failed(o.s, POP_FAIL_AUTH, "no", &out);
	pop_server_committed(o.s, POP_COMMIT_DONE, &out);
	pop_server_body_begin(o.s, &out);
	pop_server_body_failed(o.s, POP_FAIL_PLAIN, "no", &out);
	pop_server_tls_started(o.s);
	assert_int_equal(pop_server_sasl_challenge(o.s, piece, &out), -1);
	assert_int_equal(pop_server_body(o.s, &piece, &out), 1);
	assert_int_equal(pop_server_body_end(o.s, &out), 0);
	assert_int_equal(out.n, 0);
	assert_false(pop_server_logged_in(o.s));
	office_say(&o, "STLS\r\n", 6, 0, 0);
	assert_int_equal(o.tls_asked, 1);
	office_close(&o);
}

static uint64_t
many_octets(void *ctx, uint32_t i)
{
	(void)ctx;
	return i == 7 ? UINT64_C(1) << 62 : 3;
}

static struct pop_span
many_uidl(void *ctx, uint32_t i)
{
	static const char uid[POP_UIDL_MAX + 1] = "0123456789012345678901234567"
	    "890123456789012345678901234567890123456789";

	(void)ctx;
	(void)i;
	return span_of(uid, POP_UIDL_MAX);
}

/* S54: A million messages leave through an output of POP_OUT_MIN octets. */
static void
test_million(void **state)
{
	enum { MANY = 1000000 };
	struct guarded g = guarded_new(POP_OUT_MIN);
	struct pop_server_config config = { .greeting = "x" };
	struct pop_listing listing = { MANY, NULL, many_octets, many_uidl,
	    calloc(MANY / 8 + 1, 1) };
	struct pop_out out = { g.p, 0, POP_OUT_MIN };
	struct pop_server *s = pop_server_init_authenticated(
	    malloc(pop_server_size()), &config, &listing, &out);
	struct pop_span in = span_of("LIST\r\nUIDL\r\nSTAT\r\n", 18);
	struct pop_server_info info;
	size_t lines = 0, steps = 0;
	enum pop_server_event ev;

	(void)state;
	do {
		out.n = 0;
		ev = pop_server_step(s, &in, &out, &info);
		assert_true(ev == POP_SERVER_FULL || ev == POP_SERVER_MORE);
		for (size_t i = 0; i < out.n; i++)
			lines += out.p[i] == '\n';
		steps++;
	} while (ev != POP_SERVER_MORE);
	assert_int_equal(lines, 2 * (MANY + 2) + 1);
	assert_true(steps > 10000);
	/* 999999 * 3 + 2^62 */
	assert_memory_equal(out.p + out.n - 33,
	    "+OK 1000000 4611686018430387901\r\n", 33);
	guarded_free(g);
	free(listing.marks);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_greeting),
		cmocka_unit_test(test_stls_injection),
		cmocka_unit_test(test_stls),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_unasked_answers),
		cmocka_unit_test(test_million),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
