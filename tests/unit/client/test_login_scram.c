/* SPDX-License-Identifier: ISC
 *
 * test_login_scram: SCRAM against a server that is ours and can lie: whether
 * libgsasl computes what the RFCs print, and that nobody is believed who has
 * not proved to know the password (C-22, C-23, C24).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/text.h"
#include "scram_server.h"
#include "talk.h"

/* The server of these tests computes what our notes and the RFCs print. */
static void
test_scram_vectors(void **state)
{
	static const struct {
		struct scram_server s;
		const char *auth, *proof, *v;
	} cases[] = {
#define POP_AUTH(gs2) "n=wren,r=cNonceAAAA1111,r=cNonceAAAA1111" \
	"sNonceBBBB2222,s=cG9wc2FsdC0wMDAxLXh5eg==,i=4096,c=" gs2 \
	",r=cNonceAAAA1111sNonceBBBB2222"
		{ { .digest = "SHA256", .password = "correct horse battery",
		    .salt64 = "cG9wc2FsdC0wMDAxLXh5eg==", .rounds = 4096 },
		  POP_AUTH("biws"),
		  "AgNnJyNmB91onU+YZdu0XxuXjIFlSEdnOkl0iYNVUuQ=",
		  "mOyyXwJ0/gxCa7RrSs1FTY6sBQq+xPOxosIl5FWpnm4=" },
		{ { .digest = "SHA1", .password = "correct horse battery",
		    .salt64 = "cG9wc2FsdC0wMDAxLXh5eg==", .rounds = 4096 },
		  POP_AUTH("biws"), "rx56LZL62bWAkXRedyqeJ6DVQl8=",
		  "LyeQHeql8SCcr7WaBLd2Ii8opss=" },
		{ { .digest = "SHA256", .password = "correct horse battery",
		    .salt64 = "cG9wc2FsdC0wMDAxLXh5eg==", .rounds = 4096 },
		  POP_AUTH("cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERI"
		  "TFBUWFxgZGhscHR4f"),
		  "cUtdVTZZrYhsUtAzF2kgcVdYVeg2K9eJoVs6zJQGQPU=",
		  "MOH3DogNyVKDPjfknfnCSyrYqhaccOTVLt4jJVxG0a0=" },
		/* RFC 5802 section 5, RFC 7677 section 3 */
		{ { .digest = "SHA1", .password = "pencil",
		    .salt64 = "QSXCR+Q6sek8bf92", .rounds = 4096 },
		  "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxd"
		  "awL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,c=biws,"
		  "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
		  "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
		  "rmF9pqV8S7suAoZWja4dJRkFsKQ=" },
		{ { .digest = "SHA256", .password = "pencil",
		    .salt64 = "W22ZaJ0SNY7soEsUEjb6gQ==", .rounds = 4096 },
		  "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYD"
		  "pWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,"
		  "i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIl"
		  "j)hNlF$k0",
		  "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
		  "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" },
	};
	char proof[64], v[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scram_compute(&cases[i].s, cases[i].auth, proof, v);
		assert_string_equal(proof, cases[i].proof);
		assert_string_equal(v, cases[i].v);
	}
}

enum scram_mood {
	MOOD_GOOD,
	MOOD_OK_AT_ONCE,	/* +OK to the first message */
	MOOD_OK_BEFORE_V,	/* +OK to the second */
	MOOD_WRONG_V,
	MOOD_NO_V,		/* an empty challenge instead */
	MOOD_REFUSES,		/* -ERR to the proof */
	MOOD_E,			/* e=invalid-proof */
	MOOD_E_OTHER,
	MOOD_ROUNDS,		/* i=4294967295 */
	MOOD_ROUNDS_BIG,	/* i=1000001 */
	MOOD_ROUNDS_ODD,	/* i=4096x */
	MOOD_ROUNDS_TWICE,	/* one behind the other */
	MOOD_NONCE,		/* not ours in it */
	MOOD_GARBAGE,
	MOOD_MORE,		/* a challenge behind v= */
	MOODS
};

struct scram_talk {
	struct scram_server server;
	enum scram_mood mood;
	const char *mechanism;
	unsigned line;
	bool proof_was_right, two_lines;
};

static void
from_base64(char *out, const char *text)
{
	size_t n = 0;

	assert_int_equal(base64_decode((unsigned char *)out, &n,
	    span_str(text)), 0);
	out[n] = '\0';
}

static void
scram_say_first(struct talk *t, const char *client)
{
	static const char *const lies[MOODS] = {
		[MOOD_ROUNDS] = "4294967295",
		[MOOD_ROUNDS_BIG] = "1000001",
		[MOOD_ROUNDS_ODD] = "4096x",
		[MOOD_ROUNDS_TWICE] = "64,i=99999999",
	};
	struct scram_talk *s = t->arg;
	char in[SCRAM_TEXT], out[SCRAM_TEXT], *rounds;

	from_base64(in, client);
	assert_true(scram_first(&s->server, in, out, sizeof(out)));
	rounds = strstr(out, ",i=") + 3;
	if (lies[s->mood] != NULL)
		text_format(rounds, sizeof(out) - (size_t)(rounds - out),
		    "%s", lies[s->mood]);
	if (s->mood == MOOD_NONCE)
		out[2] = out[2] == 'x' ? 'y' : 'x';
	if (s->mood == MOOD_OK_AT_ONCE)
		talk_say(t, "+OK");
	else
		talk_challenge(t, s->mood == MOOD_GARBAGE ? "\x80\xff,=," :
		    out);
}

static void
scram_say_final(struct talk *t, const char *client)
{
	struct scram_talk *s = t->arg;
	char in[SCRAM_TEXT], out[SCRAM_TEXT];

	from_base64(in, client);
	s->proof_was_right = scram_final(&s->server, in, out, sizeof(out));
	if (s->mood == MOOD_OK_BEFORE_V)
		talk_say(t, "+OK");
	else if (s->mood == MOOD_NO_V)
		talk_say(t, "+ ");
	else if (s->mood == MOOD_REFUSES || (!s->proof_was_right &&
	    s->mood == MOOD_GOOD))
		talk_say(t, "-ERR [AUTH] no");
	else if (s->mood == MOOD_E)
		talk_challenge(t, "e=invalid-proof,x=y");
	else if (s->mood == MOOD_E_OTHER)
		talk_challenge(t, "e=channel-bindings-dont-match");
	else if (s->mood == MOOD_WRONG_V)
		talk_challenge(t, "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAA=");
	else
		talk_challenge(t, out);
}

static void
scram_say(struct talk *t, const char *line)
{
	struct scram_talk *s = t->arg;
	size_t name = strlen(s->mechanism);

	if (strcmp(line, "*") == 0) {
		talk_say(t, "-ERR as you like");
		return;
	}
	/* two lines: the first is still to come */
	if (strncmp(line, "AUTH ", 5) == 0 &&
	    strcmp(line + 5, s->mechanism) == 0) {
		talk_say(t, "+");
		s->two_lines = true;
		return;
	}
	switch (s->line++) {
	case 0:
		if (s->two_lines) {
			scram_say_first(t, line);
			return;
		}
		assert_int_equal(strncmp(line, "AUTH ", 5), 0);
		assert_int_equal(strncmp(line + 5, s->mechanism, name), 0);
		assert_int_equal(line[5 + name], ' ');
		scram_say_first(t, line + 6 + name);
		return;
	case 1:
		scram_say_final(t, line);
		return;
	default:
		assert_string_equal(line, "");
		if (s->mood == MOOD_MORE && s->line == 3)
			talk_challenge(t, "more");
		else
			talk_say(t, "+OK");
	}
}

static const char exporter[] = "0123456789abcdef0123456789abcdef";

/* returns the count of octets that the server said */
static size_t
play_scram(struct scram_talk *s, const struct login_case *c, int cut)
{
	static struct talk t;
	struct secret secret;

	s->line = 0;
	s->two_lines = s->proof_was_right = false;
	s->server.nonce = "server";
	s->server.salt64 = "cG9wc2FsdC0wMDAxLXh5eg==";
	if (s->server.rounds == 0)
		s->server.rounds = 64;
	if (s->server.password == NULL)
		s->server.password = "correct horse battery";
	s->server.digest = strstr(s->mechanism, "256") != NULL ? "SHA256" :
	    "SHA1";
	s->server.binding = exporter;
	s->server.binding_n = 32;
	talk_world(&t, c, &secret);
	t.cut = cut;
	t.server = scram_say;
	t.arg = s;
	talk_run(&t);
	if (t.step != c->step || (c->step != LOGIN_DONE &&
	    t.fault != c->fault))
		fail_msg("%s, mood %d: step %d, fault %d: %s (%s)",
		    s->mechanism, s->mood, t.step, t.fault, t.why, t.said);
	buf_wipe(&secret.value);
	return t.told;
}

static void
test_scram(void **state)
{
	static const struct {
		const char *mechanism, *capa, *gs2;
		unsigned flags;
	} cases[] = {
		{ "SCRAM-SHA-256", "SASL PLAIN SCRAM-SHA-1 SCRAM-SHA-256\n",
		  "n,,", TLS },
		{ "SCRAM-SHA-256", "SASL PLAIN SCRAM-SHA-256\nUSER\n", "n,,",
		  CLEAR },
		{ "SCRAM-SHA-1", "SASL PLAIN SCRAM-SHA-1\n", "n,,", TLS },
		{ "SCRAM-SHA-256", "SASL SCRAM-SHA-256 SCRAM-SHA-256-PLUS\n",
		  "n,,", TLS },
		{ "SCRAM-SHA-256-PLUS",
		  "SASL SCRAM-SHA-256 SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS\n",
		  "p=tls-exporter,,", TLS | BOUND },
		{ "SCRAM-SHA-1-PLUS", "SASL SCRAM-SHA-256 SCRAM-SHA-1-PLUS\n",
		  "p=tls-exporter,,", TLS | BOUND },
	};
	struct login_case c = { .step = LOGIN_DONE };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scram_talk s = { .mechanism = cases[i].mechanism };
		int told;

		c.capa = cases[i].capa;
		c.flags = cases[i].flags;
		told = (int)play_scram(&s, &c, TALK_WHOLE);
		assert_true(s.proof_was_right);
		assert_string_equal(s.server.gs2, cases[i].gs2);
		assert_string_equal(s.server.name, "wren");
		(void)play_scram(&s, &c, TALK_OCTETS);
		for (int cut = 1; cut < told; cut++)
			(void)play_scram(&s, &c, cut);
		c.server = "x.outlook.com";	/* two lines */
		(void)play_scram(&s, &c, TALK_WHOLE);
		assert_true(s.two_lines);
		c.server = NULL;
	}
}

/* tls-unique is TLS 1.2's own (RFC 9266 section 3) */
static void
test_scram_unique(void **state)
{
	static struct talk t;
	struct scram_talk s = { .mechanism = "SCRAM-SHA-256-PLUS",
		.server = { .digest = "SHA256", .nonce = "server",
		.password = "correct horse battery", .rounds = 64,
		.salt64 = "cG9wc2FsdC0wMDAxLXh5eg==",
		.binding = "unique-12-oc", .binding_n = 12 } };
	struct login_case c = { .flags = TLS | BOUND,
		.capa = "SASL SCRAM-SHA-256-PLUS\n" };
	struct secret secret;

	(void)state;
	talk_world(&t, &c, &secret);
	t.binding.tls_unique = span_of("unique-12-oc", 12);
	t.cut = TALK_WHOLE;
	t.server = scram_say;
	t.arg = &s;
	talk_run(&t);
	assert_int_equal(t.step, LOGIN_DONE);
	assert_string_equal(s.server.gs2, "p=tls-unique,,");
	buf_wipe(&secret.value);
}

static void
test_scram_moods(void **state)
{
	static const struct {
		enum scram_mood mood;
		enum fault fault;
	} cases[] = {
		{ MOOD_OK_AT_ONCE, FAULT_SERVER_FAKE },		/* C24 */
		{ MOOD_OK_BEFORE_V, FAULT_SERVER_FAKE },
		{ MOOD_WRONG_V, FAULT_SERVER_FAKE },		/* C-22 */
		{ MOOD_NO_V, FAULT_SERVER_FAKE },
		{ MOOD_REFUSES, FAULT_AUTH },
		{ MOOD_E, FAULT_AUTH },
		{ MOOD_E_OTHER, FAULT_NO_MECHANISM },
		{ MOOD_ROUNDS, FAULT_PROTOCOL },		/* C-23 */
		{ MOOD_ROUNDS_BIG, FAULT_PROTOCOL },
		{ MOOD_ROUNDS_ODD, FAULT_PROTOCOL },
		{ MOOD_ROUNDS_TWICE, FAULT_PROTOCOL },
		{ MOOD_NONCE, FAULT_PROTOCOL },
		{ MOOD_GARBAGE, FAULT_PROTOCOL },
		{ MOOD_MORE, FAULT_PROTOCOL },
	};
	struct login_case c = { .flags = TLS, .step = LOGIN_FAILED,
		.capa = "SASL SCRAM-SHA-256\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scram_talk s = { .mechanism = "SCRAM-SHA-256",
			.mood = cases[i].mood };
		int told;

		c.fault = cases[i].fault;
		told = (int)play_scram(&s, &c, TALK_WHOLE);
		(void)play_scram(&s, &c, TALK_OCTETS);
		for (int cut = 1; cut < told; cut++)
			(void)play_scram(&s, &c, cut);
	}
}

static void
test_scram_passwords(void **state)
{
	static const struct {
		const char *ours, *theirs;
		enum login_step step;
		enum fault fault;
	} cases[] = {
		{ "wrong", "right", LOGIN_FAILED, FAULT_AUTH },
		/* SASLprep (RFC 4013 section 3) */
		{ "I\xc2\xadX", "IX", LOGIN_DONE, FAULT_NONE },
		{ "\xc2\xaa", "a", LOGIN_DONE, FAULT_NONE },
		{ "\xe2\x85\xa8", "IX", LOGIN_DONE, FAULT_NONE },
		/* a bell: nothing but the name may have been sent */
		{ "a\ab", "a\ab", LOGIN_FAILED, FAULT_SECRET },
	};
	struct login_case c = { .flags = TLS,
		.capa = "SASL SCRAM-SHA-256\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scram_talk s = { .mechanism = "SCRAM-SHA-256",
			.server.password = cases[i].theirs };

		c.secret = cases[i].ours;
		c.step = cases[i].step;
		c.fault = cases[i].fault;
		(void)play_scram(&s, &c, TALK_WHOLE);
	}
}

/* no two logins may have the same nonce */
static void
test_scram_nonce(void **state)
{
	struct login_case c = { .flags = TLS, .step = LOGIN_DONE,
		.capa = "SASL SCRAM-SHA-256\n" };
	struct scram_talk a = { .mechanism = "SCRAM-SHA-256" }, b = a;

	(void)state;
	(void)play_scram(&a, &c, TALK_WHOLE);
	(void)play_scram(&b, &c, TALK_WHOLE);
	assert_true(strlen(a.server.bare) >= strlen("n=wren,r=") + 16);
	assert_string_not_equal(a.server.bare, b.server.bare);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scram_vectors),
		cmocka_unit_test(test_scram),
		cmocka_unit_test(test_scram_unique),
		cmocka_unit_test(test_scram_moods),
		cmocka_unit_test(test_scram_passwords),
		cmocka_unit_test(test_scram_nonce),
	};

	return cmocka_run_group_tests_name("login_scram", tests, NULL, NULL);
}
