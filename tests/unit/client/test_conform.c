/* SPDX-License-Identifier: ISC
 *
 * What `restante check --conformance` concludes from octets alone: what
 * delivery has done to a message, what a server has, which cases can be
 * played.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/conform_internal.h"
#include "client/mask.h"

/* ---- what delivery has done ---- */

#define SENT "From: a\r\nSubject: b\r\n c\r\n\r\n.body\r\n\r\nend\r\n"

static const char *
same(const char *sent, const char *got, unsigned *fields_r)
{
	return conform_same(span_str(sent), span_str(got), fields_r);
}

static void
test_same(void **state)
{
	unsigned n = 99;

	(void)state;
	assert_null(same(SENT, SENT, &n));
	assert_int_equal(n, 0);
	assert_null(same(SENT, "Return-Path: <>\r\nReceived: x\r\n\ty\r\n"
	    SENT, &n));
	assert_int_equal(n, 2);
	/* a field behind the old ones, or between them, is no harm either */
	assert_null(same(SENT, "From: a\r\nX-UIDL: 1\r\nSubject: b\r\n c\r\n"
	    "\r\n.body\r\n\r\nend\r\n", &n));
	assert_int_equal(n, 0);
	/* no header at all, an empty message */
	assert_null(same("\r\nbody\r\n", "X: y\r\n\r\nbody\r\n", &n));
	assert_null(same("", "X: y\r\n", &n));
}

static void
test_not_same(void **state)
{
	static const char *const bad[] = {
		"", "From: a\r\nSubject: b\r\n c\r\n",
		/* the body: a dot, a line, the end, a line end */
		"From: a\r\nSubject: b\r\n c\r\n\r\nbody\r\n\r\nend\r\n",
		"From: a\r\nSubject: b\r\n c\r\n\r\n.body\r\nend\r\n",
		"From: a\r\nSubject: b\r\n c\r\n\r\n.body\r\n\r\nend",
		"From: a\r\nSubject: b\r\n c\r\n\r\n.body\r\n\r\nend\r\n\r\n",
		/* the header: folded anew, a field less, another case */
		"From: a\r\nSubject: b c\r\n\r\n.body\r\n\r\nend\r\n",
		"Subject: b\r\n c\r\n\r\n.body\r\n\r\nend\r\n",
		"FROM: a\r\nSubject: b\r\n c\r\n\r\n.body\r\n\r\nend\r\n",
	};
	unsigned n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(same(SENT, bad[i], &n));
}

/* RFC 5321 section 4.4: the last delivery replaces it */
static void
test_trace_may_go(void **state)
{
	unsigned n = 99;

	(void)state;
	assert_null(same("Return-Path: <a>\r\ndelivered-to: b\r\n" SENT,
	    "Return-Path: <>\r\n" SENT, &n));
	assert_int_equal(n, 1);
	assert_non_null(same("Received: x\r\n" SENT, SENT, &n));
}

static void
test_bare(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(buf_append_str(&b, "Return-Path: <a>\r\n b\r\n"
	    "Delivered-To: c\r\nFrom: d\r\nDelivered-To: e\r\n\r\n"
	    "Return-Path: <a>\r\n"), 0);
	conform_bare(&b);
	assert_int_equal(b.n, 29);
	assert_memory_equal(b.p, "From: d\r\n\r\nReturn-Path: <a>\r\n", 29);
	b.n = 0;
	conform_bare(&b);
	assert_int_equal(b.n, 0);
	buf_release(&b);
}

static void
test_odd(void **state)
{
	static const char *const odd[] = { "", "x\r\n", "\r\nx\r\n",
	    "A: b\r\n\r\nbare\rCR\r\n", "A: b\r\n\r\nbare\nLF\r\n",
	    "A: b\r\n\r\nno end", "A: \xc3\xa9\r\n\r\n" };
	char line[1100];

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_true(conform_is_odd(span_str(odd[i])));
	assert_true(conform_is_odd(span_of("A: b\r\n\r\n\0\r\n", 11)));
	assert_false(conform_is_odd(span_str(SENT)));
	/* 8-bit in the body is fine (RFC 6152) */
	assert_false(conform_is_odd(span_str("A: b\r\n\r\n\xc3\xa9\r\n")));
	/* 998 octets a line, RFC 5322 section 2.1.1 */
	memset(line, 'x', sizeof(line));
	memcpy(line, "A: b\r\n\r\n", 8);
	memcpy(line + 8 + 998, "\r\n", 2);
	assert_false(conform_is_odd(span_of(line, 8 + 998 + 2)));
	memcpy(line + 8 + 998, "x\r\n", 3);
	assert_true(conform_is_odd(span_of(line, 8 + 998 + 3)));
}

static void
test_skip_fields(void **state)
{
	struct pop_span s = span_str("A: b\r\n c\r\nD: e\r\nF: g\r\n");

	(void)state;
	conform_skip_fields(&s, 2);
	assert_true(span_eq(s, span_str("F: g\r\n")));
	conform_skip_fields(&s, 9);
	assert_int_equal(s.n, 0);
}

/* ---- what a server has ---- */

static bool
has(const struct buf *have, const char *word)
{
	struct pop_span w = span_str(word);

	for (size_t i = 0; i + w.n < have->n; i++)
		if ((i == 0 || have->p[i - 1] == ',') &&
		    memcmp(have->p + i, w.p, w.n) == 0 &&
		    have->p[i + w.n] == ',')
			return true;
	return false;
}

static void
test_words(void **state)
{
	struct conform_seen s = {
		.greeting = span_str("+OK hello <1.2@example.org>"),
		.capa = span_str("TOP\r\nuidl\r\nSASL LOGIN PLAIN\r\n"
		    "RESP-CODES\r\nX-AUTH-RESP-CODE\r\n"),
		.has_capa = true, .tls = true, .uidl = true,
		.last = 0, .bare_lf = -1 };
	struct buf have;

	(void)state;
	buf_init(&have, 1000);
	assert_int_equal(conform_words(&s, &have), 0);
	assert_true(has(&have, "tls"));
	assert_false(has(&have, "no-tls"));
	assert_true(has(&have, "tls-only"));
	assert_false(has(&have, "clear"));
	assert_true(has(&have, "apop"));
	assert_false(has(&have, "no-apop"));
	assert_true(has(&have, "plain"));
	assert_true(has(&have, "no-last"));
	assert_true(has(&have, "resp-codes"));
	assert_false(has(&have, "auth-resp-code"));
	assert_false(has(&have, "pipelining"));
	/* not known is neither */
	assert_false(has(&have, "lenient-crlf"));
	assert_false(has(&have, "strict-crlf"));
	buf_release(&have);
}

static void
test_no_stamp(void **state)
{
	static const char *const greetings[] = { "+OK", "+OK <x>",
	    "+OK a@b <", "+OK >a@b<" };
	struct buf have;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct conform_seen s = { .greeting = span_str(greetings[i]),
			.clear = true };

		buf_init(&have, 1000);
		assert_int_equal(conform_words(&s, &have), 0);
		assert_true(has(&have, "no-apop"));
		assert_false(has(&have, "apop"));
		assert_true(has(&have, "clear"));
		assert_false(has(&have, "plain"));
		buf_release(&have);
	}
}

static void
test_mta_words(void **state)
{
	struct buf have;

	(void)state;
	buf_init(&have, 1000);
	assert_int_equal(conform_mta_words(span_str("250-mx.example.org\n"
	    "250-SIZE 65536\n250-STARTTLS\n250 CHUNKING\n"), &have), 0);
	assert_true(has(&have, "tls"));
	assert_true(has(&have, "chunking"));
	assert_true(has(&have, "size=65536"));
	assert_false(has(&have, "smtputf8"));
	buf_release(&have);
}

static void
test_own_words(void **state)
{
	struct buf have;

	(void)state;
	buf_init(&have, 1000);
	assert_int_equal(buf_append_str(&have, "tls,no-last,apop,"), 0);
	assert_int_equal(conform_add_words(&have,
	    span_str("idle=600,-apop,-last,bad=3")), 0);
	assert_true(span_eq(buf_span(&have),
	    span_str("tls,no-last,idle=600,bad=3,")));
	assert_int_equal(conform_add_words(&have, span_str("")), 0);
	assert_true(has(&have, "bad=3"));
	buf_release(&have);
}

/* ---- which cases can be played ---- */

static void
load(struct wire_case *w, const char *dialogue)
{
	char path[] = "/tmp/restante-conform-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	assert_non_null(f);
	assert_true(fprintf(f, "# title\nchecks: B-1\nref: x\n"
	    "protocol: pop3\n\n%s", dialogue) > 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(case_load(w, path), 0);
	assert_int_equal(unlink(path), 0);
}

static bool
removes(const char *dialogue)
{
	struct wire_case w;
	bool so;

	load(&w, dialogue);
	so = conform_removes(&w);
	case_done(&w);
	return so;
}

static void
test_removes(void **state)
{
	(void)state;
	assert_true(removes("login\nC: DELE 1\nC: QUIT\n"));
	assert_true(removes("login\nC: dele 1\nS~ +OK*\nC: qUIT\n"));
	assert_true(removes("login\nC| DELE 1\\r\\nQUIT\\r\\n\n"));
	assert_true(removes("login\nC: DELE 1\nconnect 2\nlogin\nuse 1\n"
	    "C: QUIT\n"));
	assert_false(removes("login\nC: DELE 1\nC: RSET\nC: QUIT\n"));
	assert_false(removes("login\nC: DELE 1\ndrop\nconnect\nC: QUIT\n"));
	assert_false(removes("login\nC: DELE 1\nconnect 2\nC: QUIT\n"));
	assert_false(removes("login\nC: QUIT\n"));
}

static bool
in_clear(const char *dialogue)
{
	struct wire_case w;
	bool so;

	load(&w, dialogue);
	so = conform_logs_in_clear(&w);
	case_done(&w);
	return so;
}

static void
test_logs_in_clear(void **state)
{
	(void)state;
	/* sessions that say nothing of TLS can be put inside of it */
	assert_false(in_clear("login\nC: QUIT\n"));
	assert_true(in_clear("login\nC: STLS\nS~ -ERR*\n"));
	assert_true(in_clear("C: USER x\nC: STLS\ntls\n"));
	assert_false(in_clear("C: STLS\ntls\nlogin\n"));
	assert_false(in_clear("C: STLS\ntls\nlogin\nconnect 2\nlogin\n"));
	assert_false(in_clear("connect tls\nlogin\n"));
}

static bool
tells_in_clear(const char *dialogue, bool tls_only)
{
	struct wire_case w;
	bool so;

	load(&w, dialogue);
	w.setup.tls_only = tls_only;
	so = conform_tells_in_clear(&w);
	case_done(&w);
	return so;
}

/* RFC 8314 section 4.1: whoever listens has it, though it be refused */
static void
test_tells_in_clear(void **state)
{
	(void)state;
	assert_false(tells_in_clear("login\nC: QUIT\n", false));
	assert_true(tells_in_clear("login\nC: QUIT\n", true));
	assert_false(tells_in_clear("C: STLS\ntls\nlogin\n", false));
	/* in front of the handshake, or without one */
	assert_true(tells_in_clear("C: STLS\nC~ PASS {password}\ntls\n",
	    false));
	assert_true(tells_in_clear("C: STLS\nS~ +OK*\nC~ APOP x y\n",
	    false));
	assert_false(tells_in_clear("connect tls\nC~ PASS {password}\n",
	    true));
	/* a name is no secret */
	assert_false(tells_in_clear("C~ USER {user}\nC: STLS\ntls\n",
	    false));
}

static void
test_marks(void **state)
{
	struct wire_case w;

	(void)state;
	load(&w, "login\nC: dele 1\nC: RSET\n");
	assert_true(conform_marks(&w));
	case_done(&w);
	load(&w, "login\nC: RETR 1\nS: DELE\n");
	assert_false(conform_marks(&w));
	case_done(&w);
}

static void
test_wants_clear(void **state)
{
	struct wire_case w;

	(void)state;
	load(&w, "C: STLS\ntls\nlogin\nconnect 2\nlogin\nuse 1\nC: NOOP\n");
	assert_true(conform_wants_clear(&w, 6));
	assert_true(conform_wants_clear(&w, 8));
	assert_false(conform_wants_clear(&w, 9));
	assert_false(conform_wants_clear(&w, 10));
	assert_true(conform_wants_clear(&w, 12));
	case_done(&w);
}

static void
test_not_here(void **state)
{
	struct conform c = { .way = WAY_AS_IS, .clear = true,
		.may_clear = true };
	struct wire_case w;
	struct buf why;

	(void)state;
	buf_init(&why, 1000);
	load(&w, "login\nC: DELE 1\nC: QUIT\n");
	assert_int_equal(conform_not_here(&c, &w, &why), 1);
	assert_non_null(memmem(why.p, why.n, "removes mail", 12));
	why.n = 0;
	c.way = WAY_DELIVER;
	assert_int_equal(conform_not_here(&c, &w, &why), 0);
	/* no password without TLS, and no TLS */
	c.clear = false;
	assert_int_equal(conform_not_here(&c, &w, &why), 1);
	why.n = 0;
	c.secure = SOCK_STLS;
	assert_int_equal(conform_not_here(&c, &w, &why), 0);
	case_done(&w);
	load(&w, "store deliver wren x\nlogin\n");
	assert_int_equal(conform_not_here(&c, &w, &why), 1);
	assert_non_null(memmem(why.p, why.n, "--action", 8));
	case_done(&w);
	buf_release(&why);
}

/* ---- a server that sends an octet now and then ---- */

static int
drip_begin(struct peer *p, const struct wire_case *c, uint64_t seed,
    struct buf *why)
{
	(void)p, (void)c, (void)seed, (void)why;
	return 0;
}

static void
drip_end(struct peer *p)
{
	(void)p;
}

static void *
drip_open(struct peer *p, enum wire_proto proto, enum wire_tls tls,
    struct buf *why)
{
	(void)proto, (void)tls, (void)why;
	return p;
}

static enum peer_recv
drip_recv(void *conn, struct buf *in, int timeout_ms)
{
	(void)conn;
	conform_sleep(timeout_ms);
	return buf_append_str(in, "+") == 0 ? PEER_DATA : PEER_SILENT;
}

static void
drip_close(void *conn)
{
	(void)conn;
}

/* what one octet may take does not add up to hours */
static void
test_limit(void **state)
{
	static const struct peer_ops ops = { .begin = drip_begin,
	    .end = drip_end, .open = drip_open, .recv = drip_recv,
	    .close = drip_close };
	struct peer peer = { .ops = &ops, .is_slow = true };
	struct run_how how = { .timeout_ms = 2, .limit_ms = 30 };
	struct wire_case w;
	struct buf report;

	(void)state;
	load(&w, "S~ +OK*\n");
	w.path = "drip.t";
	buf_init(&report, 1 << 20);
	assert_int_equal(run_case(&w, &peer, &how, &report), -1);
	assert_non_null(memmem(report.p, report.n, "nothing (yet)", 13));
	buf_release(&report);
	case_done(&w);
}

/* ---- a server that lets a login wait ---- */

struct slow {
	struct peer peer;
	int waited_ms;		/* what the runner wanted to, at most */
	bool asked, greeted;
};

static void *
slow_open(struct peer *p, enum wire_proto proto, enum wire_tls tls,
    struct buf *why)
{
	(void)proto, (void)tls, (void)why;
	return p;
}

static int
slow_send(void *conn, struct pop_span octets, struct buf *why)
{
	struct slow *s = conn;

	(void)octets, (void)why;
	s->asked = true;
	return 0;
}

static enum peer_recv
slow_recv(void *conn, struct buf *in, int timeout_ms)
{
	struct slow *s = conn;
	bool says = s->asked || !s->greeted;

	if (!says)
		return PEER_SILENT;
	if (s->asked)
		s->waited_ms = timeout_ms;
	s->greeted = true;
	s->asked = false;
	return buf_append_str(in, "+OK\r\n") == 0 ? PEER_DATA : PEER_SILENT;
}

static int
waits_for(const char *dialogue)
{
	static const struct peer_ops ops = { .begin = drip_begin,
	    .end = drip_end, .open = slow_open, .send = slow_send,
	    .recv = slow_recv, .close = drip_close };
	struct slow s = { .peer = { .ops = &ops, .is_slow = true } };
	struct run_how how = { .timeout_ms = 10, .login_ms = 30 };
	struct wire_case w;
	struct buf report;

	load(&w, dialogue);
	w.path = "slow.t";
	buf_init(&report, 1 << 20);
	assert_int_equal(run_case(&w, &s.peer, &how, &report), 0);
	buf_release(&report);
	case_done(&w);
	return s.waited_ms;
}

/* who was refused before waits longer: that is no silence */
static void
test_patience(void **state)
{
	(void)state;
	assert_int_equal(waits_for("S~ +OK*\nC: PASS x\nS~ +OK*\n"), 30);
	assert_int_equal(waits_for("S~ +OK*\nC: auth x\nS~ +OK*\n"), 30);
	assert_int_equal(waits_for("S~ +OK*\nlogin\n"), 30);
	assert_int_equal(waits_for("S~ +OK*\nC: STAT\nS~ +OK*\n"), 10);
	assert_int_equal(waits_for("S~ +OK*\nlogin\nC: STAT\nS~ +OK*\n"),
	    10);
}

/* ---- reports ---- */

static void
test_mask(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(buf_append_str(&b, "PASS secret\nsecretsecre"), 0);
	assert_int_equal(mask_octets(&b, span_str("secret")), 0);
	assert_true(span_eq(buf_span(&b), span_str("PASS ***\n***secre")));
	assert_int_equal(mask_octets(&b, span_str("")), 0);
	assert_int_equal(b.n, 17);
	buf_release(&b);
}

static void
test_mask_forms(void **state)
{
	/* hush-4711 as it is, as AUTH LOGIN and as AUTH PLAIN have it */
	static const char said[] = "a hush-4711 b aHVzaC00NzEx c "
	    "AHdyZW4AaHVzaC00NzEx d";
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	assert_int_equal(buf_append_str(&b, said), 0);
	assert_int_equal(mask_secret(&b, "wren", span_str("hush-4711")), 0);
	assert_true(span_eq(buf_span(&b), span_str("a *** b *** c *** d")));
	/* three letters stand in many words */
	assert_int_equal(mask_secret(&b, "wren", span_str("***")), 0);
	assert_int_equal(b.n, 19);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_not_same),
		cmocka_unit_test(test_trace_may_go),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_skip_fields),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_no_stamp),
		cmocka_unit_test(test_mta_words),
		cmocka_unit_test(test_own_words),
		cmocka_unit_test(test_removes),
		cmocka_unit_test(test_logs_in_clear),
		cmocka_unit_test(test_tells_in_clear),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_wants_clear),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_not_here),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_mask_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
