/* SPDX-License-Identifier: ISC
 *
 * test_login: which way is taken, what is said on it, and what is made of the
 * answer.  Each dialogue is played whole, octet by octet and cut at every
 * place.  Names of checks: C-12 and the like of the client's list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "talk.h"

struct script {
	const struct login_case *c;
	size_t at;
};

static void
say_on(struct talk *t)
{
	struct script *s = t->arg;
	const char *line;

	while ((line = s->c->script[s->at]) != NULL && line[0] == 'S') {
		if (line[1] == '=')
			talk_challenge(t, line + 2);
		else
			talk_say(t, line + 2);
		s->at++;
	}
}

/* "AUTH SCRAM-SHA-1 *": whatever follows */
static bool
is_wanted(const char *want, const char *line)
{
	size_t n = strlen(want);

	if (n > 1 && want[n - 1] == '*')
		return strncmp(want, line, n - 1) == 0;
	return strcmp(want, line) == 0;
}

static void
script_server(struct talk *t, const char *line)
{
	struct script *s = t->arg;
	const char *want = s->c->script[s->at];
	char coded[4096];

	if (want == NULL)
		fail_msg("%s: nothing more was expected, but: %s",
		    s->c->name, line);
	if (want[1] == '=') {
		coded[base64_encode((unsigned char *)coded, want + 2,
		    strlen(want + 2))] = '\0';
		want = coded;
	} else {
		want += 2;
	}
	if (!is_wanted(want, line))
		fail_msg("%s: \"%s\" instead of \"%s\"", s->c->name, line,
		    want);
	s->at++;
	say_on(t);
}

/* returns the count of octets that the server said */
static size_t
play(const struct login_case *c, int cut)
{
	static struct talk t;
	struct script s = { .c = c };
	struct secret secret;

	talk_world(&t, c, &secret);
	t.cut = cut;
	t.server = script_server;
	t.arg = &s;
	talk_run(&t);
	if (c->script[s.at] != NULL)
		fail_msg("%s: did not come to \"%s\"", c->name,
		    c->script[s.at]);
	if (t.step != c->step || (c->step != LOGIN_DONE &&
	    t.fault != c->fault))
		fail_msg("%s: step %d, fault %d: %s (%s)", c->name, t.step,
		    t.fault, t.why, t.said);
	if (c->mechanism != NULL)
		assert_string_equal(t.mechanism, c->mechanism);
	if (c->said != NULL && strstr(t.said, c->said) == NULL)
		fail_msg("%s: said \"%s\"", c->name, t.said);
	if (t.step == LOGIN_FAILED)
		assert_true(strlen(t.why) > 0);
	assert_true(t.step != LOGIN_DONE || t.logged_in);
	buf_wipe(&secret.value);
	return t.told;
}

static void
play_all(const struct login_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int told = (int)play(&cases[i], TALK_WHOLE);

		(void)play(&cases[i], TALK_OCTETS);
		for (int cut = 1; cut < told; cut++)
			(void)play(&cases[i], cut);
	}
}

#define PLAY(cases) play_all(cases, sizeof(cases) / sizeof(cases[0]))

#define PLAIN64 "AHdyZW4AY29ycmVjdCBob3JzZSBiYXR0ZXJ5"

/* ---- the vectors of the RFCs and of our notes ---- */

static const struct login_case vectors[] = {
	{ .name = "PLAIN (RFC 4616)", .flags = TLS,
	  .capa = "SASL LOGIN PLAIN\nUSER\n",
	  .script = { "C AUTH PLAIN " PLAIN64, "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "PLAIN" },
	{ .name = "PLAIN, two lines (RFC 5034 section 4)", .flags = TLS,
	  .server = "outlook.office365.com", .capa = "SASL PLAIN\n",
	  .script = { "C AUTH PLAIN", "S + ", "C " PLAIN64, "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "PLAIN" },
	{ .name = "LOGIN", .flags = TLS, .capa = "SASL LOGIN\n",
	  .script = { "C AUTH LOGIN", "S=Username:", "C=wren",
	    "S=Password:", "C=correct horse battery", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "LOGIN" },
	{ .name = "LOGIN, other prompts", .flags = TLS,
	  .capa = "SASL LOGIN\n",
	  .script = { "C AUTH LOGIN", "S=User Name", "C=wren", "S + ",
	    "C=correct horse battery", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "LOGIN" },
	{ .name = "CRAM-MD5 (RFC 2195)", .flags = TLS, .user = "tim",
	  .secret = "tanstaaftanstaaf", .capa = "SASL CRAM-MD5 PLAIN\n",
	  .script = { "C AUTH CRAM-MD5",
	    "S=<1896.697170952@postoffice.reston.mci.net>",
	    "C=tim b913a602c7eda7a495b4e6e7334d3890", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "CRAM-MD5" },
	{ .name = "CRAM-MD5", .flags = TLS, .capa = "SASL CRAM-MD5\n",
	  .script = { "C AUTH CRAM-MD5", "S + PDQ3MTEuMTcwMDAwMDAwMC5hMWIy"
	    "YzNAcG9wLmV4YW1wbGUubmV0Pg==", "C d3JlbiBlYWYwMTFmMWQ2YmVhM"
	    "GE2ZDFkOTQyMmI3NWUzZjZlMg==", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "CRAM-MD5" },
	{ .name = "EXTERNAL (RFC 4422)", .flags = TLS | CERT,
	  .capa = "SASL EXTERNAL PLAIN\n",
	  .script = { "C AUTH EXTERNAL =", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "EXTERNAL" },
	{ .name = "EXTERNAL without a secret", .flags = TLS | CERT |
	  NO_SECRET, .capa = "SASL EXTERNAL\n",
	  .script = { "C AUTH EXTERNAL =", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "EXTERNAL" },
	{ .name = "XOAUTH2", .flags = TLS | TOKEN,
	  .user = "wren@example.net", .capa = "SASL PLAIN XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2 dXNlcj13cmVuQGV4YW1wbGUubmV0AWF1dGg9"
	    "QmVhcmVyIHRvazEyMwEB", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "XOAUTH2" },
	{ .name = "OAUTHBEARER (RFC 7628)", .flags = TLS | TOKEN,
	  .user = "wren@example.net",
	  .capa = "SASL XOAUTH2 OAUTHBEARER\n",
	  .script = { "C AUTH OAUTHBEARER bixhPXdyZW5AZXhhbXBsZS5uZXQsAWhv"
	    "c3Q9cG9wLmV4YW1wbGUubmV0AXBvcnQ9OTk1AWF1dGg9QmVhcmVyIHRvazEy"
	    "MwEB", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "OAUTHBEARER" },
	{ .name = "OAUTHBEARER, a name with , and = (RFC 5801 section 4)",
	  .flags = TLS | TOKEN, .user = "a,b=c", .server = "h",
	  .capa = "SASL OAUTHBEARER\n",
	  .script = { "C AUTH OAUTHBEARER bixhPWE9MkNiPTNEYywBaG9zdD1oAXBv"
	    "cnQ9OTk1AWF1dGg9QmVhcmVyIHRvazEyMwEB", "S +OK" },
	  .step = LOGIN_DONE },
	{ .name = "APOP (RFC 1939 section 7)", .flags = TLS, .user = "mrose",
	  .secret = "tanstaaf", .auth = "APOP",
	  .stamp = "<1896.697170952@dbc.mtview.ca.us>", .capa = "UIDL\n",
	  .script = { "C APOP mrose c4c9334bac560ecc979e58001b3e22fb",
	    "S +OK" }, .step = LOGIN_DONE, .mechanism = "APOP" },
	{ .name = "USER", .flags = TLS, .capa = "USER\n",
	  .script = { "C USER wren", "S +OK",
	    "C PASS correct horse battery", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "USER" },
};

static void
test_vectors(void **state)
{
	(void)state;
	PLAY(vectors);
}

/* ---- which way ---- */

static const struct login_case choices[] = {
	{ .name = "no TLS, not allowed (C02)",
	  .capa = "USER\nSASL PLAIN SCRAM-SHA-256 CRAM-MD5\n",
	  .stamp = "<1.2@example.net>",
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM },
	{ .name = "no TLS, not allowed, named", .auth = "USER",
	  .capa = "USER\n",
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM },
	{ .name = "no TLS, allowed: never APOP or CRAM-MD5 of itself (C07)",
	  .flags = CLEAR, .capa = "USER\nSASL CRAM-MD5\n",
	  .stamp = "<1.2@example.net>",
	  .script = { "C USER wren", "S +OK",
	    "C PASS correct horse battery", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "USER" },
	{ .name = "no TLS, only a stamp", .flags = CLEAR,
	  .capa = "SASL CRAM-MD5\n", .stamp = "<1.2@example.net>",
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM,
	  .said = "CRAM-MD5" },
	{ .name = "no TLS, CRAM-MD5 named", .flags = CLEAR,
	  .auth = "cram-md5 USER", .user = "tim",
	  .secret = "tanstaaftanstaaf", .capa = "USER\nSASL CRAM-MD5\n",
	  .script = { "C AUTH CRAM-MD5",
	    "S=<1896.697170952@postoffice.reston.mci.net>",
	    "C=tim b913a602c7eda7a495b4e6e7334d3890", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "CRAM-MD5" },
	{ .name = "no TLS: a refusal does not open what can be read",
	  .flags = CLEAR, .auth = "CRAM-MD5 PLAIN USER",
	  .capa = "USER\nSASL CRAM-MD5 PLAIN\n",
	  .script = { "C AUTH CRAM-MD5", "S -ERR unknown mechanism" },
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM,
	  .mechanism = "CRAM-MD5", .said = "unknown mechanism" },
	{ .name = "TLS: a refusal opens the next", .flags = TLS,
	  .capa = "USER\nSASL CRAM-MD5 PLAIN\n",
	  .script = { "C AUTH CRAM-MD5", "S -ERR unknown mechanism",
	    "C AUTH PLAIN " PLAIN64, "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "PLAIN" },
	{ .name = "refused at once, without an exchange", .flags = TLS,
	  .capa = "SASL CRAM-MD5 LOGIN\n",
	  .script = { "C AUTH CRAM-MD5", "S -ERR no", "C AUTH LOGIN",
	    "S -ERR no" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH, .mechanism = "LOGIN" },
	{ .name = "the password was refused: no other way", .flags = TLS,
	  .capa = "USER\nSASL PLAIN LOGIN\n",
	  .script = { "C AUTH PLAIN " PLAIN64, "S -ERR [AUTH] wrong" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH, .said = "wrong" },
	{ .name = "the same without a code", .flags = TLS,
	  .capa = "USER\nSASL PLAIN LOGIN\n",
	  .script = { "C AUTH PLAIN " PLAIN64, "S -ERR sorry" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH, .said = "sorry" },
	{ .name = "PLAIN announced and unknown", .flags = TLS,
	  .capa = "USER\nSASL PLAIN\n",
	  .script = { "C AUTH PLAIN " PLAIN64,
	    "S -ERR Unsupported authentication mechanism", "C USER wren",
	    "S +OK", "C PASS correct horse battery", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "USER" },
	{ .name = "CAPA refused (C-12)", .flags = TLS,
	  .script = { "C USER wren", "S +OK",
	    "C PASS correct horse battery", "S +OK" },
	  .step = LOGIN_DONE },
	{ .name = "CAPA without USER and SASL", .flags = TLS,
	  .capa = "UIDL\nTOP\n",
	  .script = { "C USER wren", "S +OK",
	    "C PASS correct horse battery", "S +OK" },
	  .step = LOGIN_DONE },
	{ .name = "a stamp over TLS, and a user without APOP", .flags = TLS,
	  .capa = "USER\n", .stamp = "<1.2@example.net>",
	  .script = { "C APOP wren e3cd230f66e85f8a3f5d889ce19278d9",
	    "S -ERR [AUTH] no", "C USER wren", "S +OK",
	    "C PASS correct horse battery", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "USER" },
	{ .name = "only a hash is kept: not all of SCRAM and CRAM-MD5",
	  .flags = TLS,
	  .capa = "SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN\n",
	  .script = { "C AUTH SCRAM-SHA-256 *", "S -ERR [AUTH] no",
	    "C AUTH PLAIN " PLAIN64, "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "PLAIN" },
	{ .name = "SCRAM refused, and nothing that sends the password",
	  .flags = TLS, .capa = "SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5\n",
	  .script = { "C AUTH SCRAM-SHA-256 *", "S -ERR [AUTH] no",
	    "C AUTH SCRAM-SHA-1 *", "S -ERR [AUTH] no", "C AUTH CRAM-MD5",
	    "S -ERR [AUTH] no" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH,
	  .mechanism = "CRAM-MD5" },
	{ .name = "SCRAM unknown: the next one may be known",
	  .flags = TLS, .capa = "SASL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN\n",
	  .script = { "C AUTH SCRAM-SHA-256 *", "S -ERR unknown mechanism",
	    "C AUTH SCRAM-SHA-1 *", "S -ERR unknown mechanism",
	    "C AUTH PLAIN " PLAIN64, "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "PLAIN" },
	{ .name = "SCRAM refused in clear", .flags = CLEAR,
	  .capa = "SASL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN\nUSER\n",
	  .script = { "C AUTH SCRAM-SHA-256 *", "S -ERR [AUTH] no",
	    "C AUTH SCRAM-SHA-1 *", "S -ERR [AUTH] no" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH },
	{ .name = "a stamp with odd octets (C-26)", .flags = TLS,
	  .auth = "APOP", .capa = "UIDL\n", .stamp = "<1.2@a b>",
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM },
	{ .name = "only tokens", .flags = TLS,
	  .capa = "SASL XOAUTH2 OAUTHBEARER\n",
	  .step = LOGIN_FAILED, .fault = FAULT_WANTS_OAUTH,
	  .said = "XOAUTH2" },
	{ .name = "a token for a server without", .flags = TLS | TOKEN,
	  .capa = "SASL PLAIN\nUSER\n",
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM },
	{ .name = "a token is never a password", .flags = TLS | TOKEN,
	  .capa = "USER\n", .user = "wren@example.net",
	  .script = { "C AUTH XOAUTH2", "S -ERR unknown command" },
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM },
	{ .name = "no secret", .flags = TLS | NO_SECRET,
	  .capa = "SASL PLAIN\nUSER\n",
	  .step = LOGIN_FAILED, .fault = FAULT_SECRET },
	{ .name = "nothing in common", .flags = TLS, .capa =
	  "SASL GSSAPI NTLM\n",
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM,
	  .said = "GSSAPI NTLM" },
	{ .name = "the account's order", .flags = TLS,
	  .auth = "USER, PLAIN", .capa = "SASL PLAIN SCRAM-SHA-256\nUSER\n",
	  .script = { "C USER wren", "S +OK",
	    "C PASS correct horse battery", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "USER" },
	{ .name = "the account's list, nothing of it announced",
	  .flags = TLS, .auth = "SCRAM-SHA-256",
	  .capa = "SASL PLAIN\nUSER\n",
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM },
	{ .name = "the account's list, no SASL announced (RFC 1734)",
	  .flags = TLS, .auth = "PLAIN", .capa = "USER\n",
	  .script = { "C AUTH PLAIN", "S +", "C " PLAIN64, "S +OK" },
	  .step = LOGIN_DONE },
	{ .name = "refused before anything was sent", .flags = TLS,
	  .auth = "PLAIN USER",
	  .script = { "C AUTH PLAIN", "S -ERR", "C USER wren", "S +OK",
	    "C PASS correct horse battery", "S +OK" },
	  .step = LOGIN_DONE, .mechanism = "USER" },
	{ .name = "refused after it was sent", .flags = TLS,
	  .auth = "PLAIN USER",
	  .script = { "C AUTH PLAIN", "S + ", "C " PLAIN64, "S -ERR" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH, .mechanism = "PLAIN" },
	{ .name = "STLS and no login offered (RFC 2595 section 2.4)",
	  .flags = CLEAR, .capa = "UIDL\nSTLS\n",
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM },
	{ .name = "the same with a list that is empty",
	  .flags = CLEAR, .capa = "SASL\nSTLS\n",
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM },
	{ .name = "the same, and the account insists", .flags = CLEAR,
	  .auth = "USER", .capa = "UIDL\nSTLS\n",
	  .script = { "C USER wren", "S -ERR use STLS first" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH },
	{ .name = "binding needs a channel", .flags = TLS,
	  .auth = "SCRAM-SHA-256-PLUS", .capa = "SASL SCRAM-SHA-256-PLUS\n",
	  .step = LOGIN_FAILED, .fault = FAULT_NO_MECHANISM },
};

static void
test_choices(void **state)
{
	(void)state;
	PLAY(choices);
}

/* ---- tokens ---- */

#define JSON401 "{\"status\":\"401\",\"schemes\":\"bearer\"," \
	"\"error_description\":\"AADSTS700082: expired\"}"
#define XO64 "dXNlcj13cmVuAWF1dGg9QmVhcmVyIHRvazEyMwEB"
/* 8 KiB, 255 octets' limit by one and by none */
static char token_long[8193], token_fits[256], token_over[256];
static char plain_fits[256], plain_over[256];

static const struct login_case tokens[] = {
	{ .name = "refused with a reason", .flags = TLS | TOKEN,
	  .capa = "SASL XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2 " XO64, "S=" JSON401, "C ",
	    "S -ERR [AUTH] no" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH,
	  .said = "status 401, error_description AADSTS700082: expired; no" },
	{ .name = "expired, from a command (clients.md 6.10)",
	  .flags = TLS | TOKEN | FRESH, .capa = "SASL XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2 " XO64, "S=" JSON401, "C ",
	    "S -ERR no" },
	  .step = LOGIN_AGAIN, .fault = FAULT_AUTH },
	{ .name = "only once", .flags = TLS | TOKEN | FRESH | AGAIN,
	  .capa = "SASL XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2 " XO64, "S=" JSON401, "C ",
	    "S -ERR no" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH },
	{ .name = "not for a lock", .flags = TLS | TOKEN | FRESH,
	  .capa = "SASL XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2 " XO64, "S -ERR [IN-USE] no" },
	  .step = LOGIN_FAILED, .fault = FAULT_IN_USE },
	{ .name = "OAUTHBEARER's refusal (RFC 7628 section 3.2.3)",
	  .flags = TLS | TOKEN | FRESH, .server = "h",
	  .capa = "SASL OAUTHBEARER XOAUTH2\n",
	  .script = { "C AUTH OAUTHBEARER bixhPXdyZW4sAWhvc3Q9aAFwb3J0PTk5"
	    "NQFhdXRoPUJlYXJlciB0b2sxMjMBAQ==",
	    "S={\"status\":\"invalid_token\"}", "C AQ==", "S -ERR no" },
	  .step = LOGIN_AGAIN, .fault = FAULT_AUTH,
	  .said = "status invalid_token; no" },
	{ .name = "no JSON", .flags = TLS | TOKEN, .capa = "SASL XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2 " XO64, "S=go away", "C ",
	    "S -ERR no" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH, .said = "go away; no" },
	{ .name = "asks for ever (C24)", .flags = TLS | TOKEN,
	  .capa = "SASL XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2 " XO64, "S=" JSON401, "C ",
	    "S=" JSON401, "C *", "S -ERR no" },
	  .step = LOGIN_FAILED, .fault = FAULT_PROTOCOL },
	{ .name = "refuses and accepts", .flags = TLS | TOKEN,
	  .capa = "SASL XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2 " XO64, "S=" JSON401, "C ", "S +OK" },
	  .step = LOGIN_FAILED, .fault = FAULT_SERVER_FAKE },
	{ .name = "Microsoft: always two lines", .flags = TLS | TOKEN,
	  .server = "Outlook.Office365.com.", .capa = "SASL PLAIN XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2", "S +", "C " XO64, "S +OK" },
	  .step = LOGIN_DONE },
	{ .name = "Microsoft by another name", .flags = TLS | TOKEN,
	  .server = "pop-mail.outlook.com", .capa = "SASL XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2", "S + ", "C " XO64, "S +OK" },
	  .step = LOGIN_DONE },
	{ .name = "not Microsoft", .flags = TLS | TOKEN,
	  .server = "notoutlook.com", .capa = "SASL XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2 " XO64, "S +OK" },
	  .step = LOGIN_DONE },
	{ .name = "Microsoft refuses a password", .flags = TLS,
	  .server = "outlook.office365.com",
	  .capa = "SASL PLAIN XOAUTH2\nUSER\n",
	  .script = { "C AUTH PLAIN", "S +", "C " PLAIN64,
	    "S -ERR Authentication failure: unknown user name or bad "
	    "password." },
	  .step = LOGIN_FAILED, .fault = FAULT_WANTS_OAUTH },
	{ .name = "a password command that gives tokens", .flags = TLS |
	  FRESH, .secret = "tok123", .auth = "XOAUTH2",
	  .capa = "SASL XOAUTH2\n",
	  .script = { "C AUTH XOAUTH2 " XO64, "S -ERR [AUTH] no" },
	  .step = LOGIN_AGAIN, .fault = FAULT_AUTH },
	{ .name = "a token with a blank", .flags = TLS | TOKEN,
	  .secret = "tok 123", .capa = "SASL XOAUTH2\n",
	  .step = LOGIN_FAILED, .fault = FAULT_SECRET },
	{ .name = "a token with 0x01", .flags = TLS | TOKEN,
	  .secret = "tok\001x=y", .capa = "SASL XOAUTH2\n",
	  .step = LOGIN_FAILED, .fault = FAULT_SECRET },
};

static void
test_tokens(void **state)
{
	(void)state;
	PLAY(tokens);
}

static void
long_server(struct talk *t, const char *line)
{
	unsigned *lines = t->arg;

	++*lines;
	if (strncmp(line, "AUTH ", 5) == 0)
		assert_true(strlen(line) + 2 <= 255);
	if (strcmp(line, "AUTH XOAUTH2") == 0 ||
	    strcmp(line, "AUTH PLAIN") == 0)
		talk_say(t, "+");
	else
		talk_say(t, "+OK");
}

/* C-25: what does not fit into 255 octets goes in a line of its own */
static void
test_long(void **state)
{
	static const struct {
		unsigned flags;
		const char *secret;
		unsigned lines;
	} cases[] = {
		{ TLS | TOKEN, token_long, 2 },
		{ TLS | TOKEN, token_fits, 1 },
		{ TLS | TOKEN, token_over, 2 },
		{ TLS, plain_fits, 1 },
		{ TLS, plain_over, 2 },
	};
	static struct talk t;
	struct login_case c = { .capa = "SASL PLAIN XOAUTH2\n" };
	struct secret secret;
	unsigned lines;

	(void)state;
	memset(token_long, 'x', 8192);
	/* "AUTH XOAUTH2 " takes 13 octets, CRLF 2: 240 of base64, 180 octets
	 * of which 24 are not the token's */
	memset(token_fits, 'x', 180 - 24);
	memset(token_over, 'x', 180 - 24 + 1);
	/* "AUTH PLAIN " takes 11: 240 again, and 6 octets with the name */
	memset(plain_fits, 'p', 180 - 6);
	memset(plain_over, 'p', 180 - 6 + 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c.flags = cases[i].flags;
		c.secret = cases[i].secret;
		lines = 0;
		talk_world(&t, &c, &secret);
		t.cut = TALK_WHOLE;
		t.server = long_server;
		t.arg = &lines;
		talk_run(&t);
		assert_int_equal(t.step, LOGIN_DONE);
		assert_int_equal(lines, cases[i].lines);
		buf_wipe(&secret.value);
	}
}

/* ---- what cannot be right ---- */

static const struct login_case odd[] = {
	{ .name = "a challenge that is not base64 (C-21)", .flags = TLS,
	  .capa = "SASL CRAM-MD5 PLAIN\n",
	  .script = { "C AUTH CRAM-MD5", "S + <not base64>", "C *",
	    "S -ERR cancelled" },
	  .step = LOGIN_FAILED, .fault = FAULT_PROTOCOL,
	  .said = "<not base64>" },
	{ .name = "no blank in an empty challenge (C-24)", .flags = TLS,
	  .capa = "SASL LOGIN\n",
	  .script = { "C AUTH LOGIN", "S +", "C=wren", "S +",
	    "C=correct horse battery", "S +OK" },
	  .step = LOGIN_DONE },
	{ .name = "a challenge too many: PLAIN (C24)", .flags = TLS,
	  .capa = "SASL PLAIN\n",
	  .script = { "C AUTH PLAIN " PLAIN64, "S=again", "C *", "S -ERR" },
	  .step = LOGIN_FAILED, .fault = FAULT_PROTOCOL },
	{ .name = "a challenge too many: LOGIN", .flags = TLS,
	  .capa = "SASL LOGIN\n",
	  .script = { "C AUTH LOGIN", "S +", "C=wren", "S +",
	    "C=correct horse battery", "S=new password", "C *", "S -ERR" },
	  .step = LOGIN_FAILED, .fault = FAULT_PROTOCOL },
	{ .name = "empty challenges for ever: CRAM-MD5", .flags = TLS,
	  .capa = "SASL CRAM-MD5\n",
	  .script = { "C AUTH CRAM-MD5", "S +", "C ", "S +", "C ", "S +",
	    "C ", "S +", "C ", "S +", "C ", "S +", "C *", "S -ERR" },
	  .step = LOGIN_FAILED, .fault = FAULT_PROTOCOL },
	{ .name = "+OK before anything was proved: CRAM-MD5 (C24)",
	  .flags = TLS, .capa = "SASL CRAM-MD5\n",
	  .script = { "C AUTH CRAM-MD5", "S +OK welcome" },
	  .step = LOGIN_FAILED, .fault = FAULT_SERVER_FAKE },
	{ .name = "+OK before the password: LOGIN", .flags = TLS,
	  .capa = "SASL LOGIN\n",
	  .script = { "C AUTH LOGIN", "S +", "C=wren", "S +OK" },
	  .step = LOGIN_FAILED, .fault = FAULT_SERVER_FAKE },
	{ .name = "+OK before the response: PLAIN", .flags = TLS,
	  .auth = "PLAIN", .capa = "USER\n",
	  .script = { "C AUTH PLAIN", "S +OK" },
	  .step = LOGIN_FAILED, .fault = FAULT_SERVER_FAKE },
	{ .name = "USER refused", .flags = TLS, .capa = "USER\n",
	  .script = { "C USER wren", "S -ERR never heard of" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH,
	  .said = "never heard of" },
	{ .name = "both refused, in one write", .flags = TLS,
	  .capa = "USER\nPIPELINING\n",
	  .script = { "C USER wren", "C PASS correct horse battery",
	    "S -ERR never heard of", "S -ERR USER first" },
	  .step = LOGIN_FAILED, .fault = FAULT_AUTH,
	  .said = "never heard of" },
	{ .name = "password refused, in one write", .flags = TLS,
	  .capa = "USER\nPIPELINING\n",
	  .script = { "C USER wren", "C PASS correct horse battery",
	    "S +OK", "S -ERR [IN-USE] wait" },
	  .step = LOGIN_FAILED, .fault = FAULT_IN_USE, .said = "wait" },
};

static void
test_odd(void **state)
{
	(void)state;
	PLAY(odd);
}

/* C-32: nothing of it may reach the wire */
static const struct login_case unclean[] = {
	{ .name = "CR", .secret = "a\rb" }, { .name = "LF", .secret = "a\nb" },
	{ .name = "CRLF", .secret = "x\r\nDELE 1" },
	{ .name = "CR in the name", .user = "a\rb" },
	{ .name = "LF in the name", .user = "a\nb" },
	{ .name = "0x01 in the name", .user = "a\001auth=Bearer x" },
	{ .name = "no name", .user = "" },
};

static void
test_unclean(void **state)
{
	static const char *const capas[] = { "USER\n", "SASL PLAIN\n",
		"SASL SCRAM-SHA-256\n", "SASL XOAUTH2\n", NULL };
	static struct talk t;
	struct secret secret;
	struct login_case c;

	(void)state;
	for (size_t i = 0; i < sizeof(unclean) / sizeof(unclean[0]); i++)
		for (size_t j = 0; j < 5; j++) {
			c = unclean[i];
			c.flags = TLS | (j == 3 ? TOKEN : 0);
			c.capa = capas[j];
			c.step = LOGIN_FAILED;
			c.fault = FAULT_SECRET;
			(void)play(&c, TALK_WHOLE);
		}
	/* a NUL does not fit into the table */
	c = (struct login_case){ .name = "NUL", .flags = TLS,
		.capa = "USER\n" };
	talk_world(&t, &c, &secret);
	assert_int_equal(buf_append(&secret.value, "\0x", 2), BUF_OK);
	t.cut = TALK_WHOLE;
	talk_run(&t);
	assert_int_equal(t.step, LOGIN_FAILED);
	assert_int_equal(t.fault, FAULT_SECRET);
	assert_int_equal(t.writes, 0);
	buf_wipe(&secret.value);
}

/* longer than PASS can be: another mechanism, or a sentence */
static void
test_long_password(void **state)
{
	char password[260];
	struct login_case c = { .name = "long", .flags = TLS,
		.secret = password, .capa = "USER\n", .step = LOGIN_FAILED,
		.fault = FAULT_SECRET };
	char line[300] = "C PASS ";

	(void)state;
	memset(password, 'p', 249);
	password[249] = '\0';
	(void)play(&c, TALK_WHOLE);
	password[248] = '\0';	/* "PASS " and CRLF make 255 */
	memcpy(line + 7, password, 249);
	c.script[0] = "C USER wren";
	c.script[1] = "S +OK";
	c.script[2] = line;
	c.script[3] = "S +OK";
	c.step = LOGIN_DONE;
	(void)play(&c, TALK_WHOLE);
}

/* ---- what a refusal means (C-14) ---- */

static void
test_refusals(void **state)
{
	static const struct {
		const char *reply;
		enum fault fault;
	} cases[] = {
		{ "S -ERR", FAULT_AUTH },
		{ "S -ERR invalid password", FAULT_AUTH },
		{ "S -ERR Password incorrect, please try again", FAULT_AUTH },
		{ "S -ERR [AUTH] no", FAULT_AUTH },
		{ "S -ERR [AUTH/FOO] no", FAULT_AUTH },
		{ "S -ERR [auth] no", FAULT_AUTH },
		{ "S -ERR [AUTHENTIC] no", FAULT_AUTH },
		{ "S -ERR [AUTH] mailbox is locked by x", FAULT_AUTH },
		{ "S -ERR [IN-USE] x", FAULT_IN_USE },
		{ "S -ERR [LOGIN-DELAY] x", FAULT_LOGIN_DELAY },
		{ "S -ERR [SYS/TEMP] x", FAULT_SERVER_TEMP },
		{ "S -ERR [SYS/TEMP/x] x", FAULT_SERVER_TEMP },
		{ "S -ERR [SYS/PERM] x", FAULT_SERVER_PERM },
		{ "S -ERR [UTF8] x", FAULT_SERVER_PERM },
		{ "S -ERR maildrop already locked", FAULT_IN_USE },
		{ "S -ERR Unable to lock maildrop: Mailbox is locked by POP "
		  "server", FAULT_IN_USE },
		{ "S -ERR wren lock busy!  Is another session active? (10)",
		  FAULT_IN_USE },
		{ "S -ERR Login rate limit reached", FAULT_LOGIN_DELAY },
		{ "S -ERR Temporary authentication failure.",
		  FAULT_SERVER_TEMP },
		{ "S -ERR Service unavailable", FAULT_SERVER_TEMP },
		{ "S -ERR [AUTH] Application-specific password required: "
		  "https://example.net/", FAULT_WANTS_OAUTH },
		{ "S -ERR [AUTH] Web login required", FAULT_WANTS_OAUTH },
		{ "S -ERR Basic authentication is disabled",
		  FAULT_WANTS_OAUTH },
		{ "S -ERR Plaintext authentication disallowed on non-secure "
		  "(SSL/TLS) connections.", FAULT_NO_MECHANISM },
	};
	struct login_case c = { .flags = TLS, .capa = "SASL PLAIN\n",
		.step = LOGIN_FAILED,
		.script = { "C AUTH PLAIN " PLAIN64 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		c.name = c.script[1] = cases[i].reply;
		c.fault = cases[i].fault;
		play_all(&c, 1);
	}
}

/* A wrong password from a file or a command would be wrong again; a person
 * may have mistyped. */
static void
test_again(void **state)
{
	static const struct {
		unsigned flags;
		enum login_step step;
	} cases[] = {
		{ 0, LOGIN_FAILED },
		{ FRESH, LOGIN_FAILED },
		{ FRESH | TYPED, LOGIN_AGAIN },
		{ FRESH | TYPED | AGAIN, LOGIN_FAILED },
	};
	struct login_case c = { .name = "again", .capa = "SASL PLAIN\n",
		.fault = FAULT_AUTH, .script = { "C AUTH PLAIN " PLAIN64,
		"S -ERR [AUTH] no" } };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		c.flags = TLS | cases[i].flags;
		c.step = cases[i].step;
		(void)play(&c, TALK_WHOLE);
	}
}

/* RFC 2449 section 6.6: one write when PIPELINING is announced, unless the
 * session does not want it */
static void
pair_server(struct talk *t, const char *line)
{
	(void)line;
	talk_say(t, "+OK");
}

static void
test_pair(void **state)
{
	static const struct {
		const char *capa;
		unsigned max, writes;
	} cases[] = {
		{ "USER\nPIPELINING\n", 0, 1 },
		{ "USER\nPIPELINING\n", 1, 2 },
		{ "USER\n", 0, 2 },
	};
	static struct talk t;
	struct login_case c = { .flags = TLS };
	struct secret secret;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		c.capa = cases[i].capa;
		talk_world(&t, &c, &secret);
		t.cut = TALK_WHOLE;
		t.server = pair_server;
		t.pipeline_max = cases[i].max;
		talk_run(&t);
		assert_int_equal(t.step, LOGIN_DONE);
		assert_int_equal(t.writes, cases[i].writes);
		assert_string_equal(t.heard,
		    "USER wren\nPASS correct horse battery\n");
		buf_wipe(&secret.value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_unclean),
		cmocka_unit_test(test_long_password),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_pair),
	};

	return cmocka_run_group_tests_name("login", tests, NULL, NULL);
}
