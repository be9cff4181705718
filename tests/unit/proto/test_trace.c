/* SPDX-License-Identifier: ISC
 *
 * test_trace: the fields of final delivery (M-23, M-24, D08), old
 * Return-Path fields out, CRLF to LF; the streams at every split.
 */
#include "check.h"

#include "proto/trace.h"

#define S(text) { (const unsigned char *)(text), sizeof(text) - 1 }
enum { DATE = 1795300196 };	/* Sat, 21 Nov 2026 22:29:56 +0000 */
#define DATE_TEXT "Sat, 21 Nov 2026 22:29:56 +0000\n"

static const struct {
	struct trace_info info;
	const char *text;
} fields[] = {
	{ { .return_path = S("a@example.org"),
	    .delivered_to = S("wren@example.net"), .helo = S("c.example"),
	    .rdns = S("mx.example.org"), .ip = S("192.0.2.1"),
	    .host = S("pop.example.net"), .id = S("x1"),
	    .recipient = S("wren@example.net"),
	    .tls_cipher = S("TLS_AES_128_GCM_SHA256"),
	    .tls_group = S("x25519"),
	    .flags = TRACE_EXTENDED | TRACE_TLS, .time = DATE },
	  "Return-Path: <a@example.org>\n"
	  "Delivered-To: wren@example.net\n"
	  "Received: from c.example (mx.example.org [192.0.2.1])"
	  " by pop.example.net\n"
	  "\twith ESMTPS id x1 for <wren@example.net>"
	  " tls TLS_AES_128_GCM_SHA256\n"
	  "\tgroup x25519; " DATE_TEXT },
	/* M-23 */
	{ { .helo = S("c"), .ip = S("2001:db8::1"), .host = S("h"),
	    .time = DATE },
	  "Return-Path: <>\n"
	  "Received: from c ([IPv6:2001:db8::1]) by h with SMTP;\n\t"
	  DATE_TEXT },
	{ { .host = S("h"), .flags = TRACE_LMTP, .time = 0 },
	  "Return-Path: <>\n"
	  "Received: from unknown by h with LMTP;"
	  " Thu, 1 Jan 1970 00:00:00 +0000\n" },
	{ { .return_path = S("\"a b\"@c"), .host = S("h"), .time = 951827696,
	    .flags = TRACE_CRLF | TRACE_EXTENDED },
	  "Return-Path: <\"a b\"@c>\r\n"
	  "Received: from unknown by h with ESMTP;"
	  " Tue, 29 Feb 2000 12:34:56 +0000\r\n" },
	{ { .return_path = S("\xc3\xa4@c"), .host = S("h"), .time = -1,
	    .flags = TRACE_UTF8 | TRACE_EXTENDED | TRACE_TLS },
	  "Return-Path: <\xc3\xa4@c>\n"
	  "Received: from unknown by h with UTF8SMTPS;"
	  " Wed, 31 Dec 1969 23:59:59 +0000\n" },
	{ { .host = S("h"), .time = 253402300799,
	    .flags = TRACE_UTF8 | TRACE_LMTP | TRACE_TLS },
	  "Return-Path: <>\n"
	  "Received: from unknown by h with UTF8LMTPS;"
	  " Fri, 31 Dec 9999 23:59:59 +0000\n" },
	{ { .host = S("h"), .time = -62135596800,
	    .flags = TRACE_UTF8 | TRACE_LMTP },
	  "Return-Path: <>\n"
	  "Received: from unknown by h with UTF8LMTP;"
	  " Mon, 1 Jan 0001 00:00:00 +0000\n" },
	{ { .host = S("h"), .time = 4107542400,
	    .flags = TRACE_UTF8 | TRACE_EXTENDED },
	  "Return-Path: <>\n"
	  "Received: from unknown by h with UTF8SMTP;"
	  " Mon, 1 Mar 2100 00:00:00 +0000\n" },
	{ { .host = S("h"), .time = 4107456000,
	    .flags = TRACE_LMTP | TRACE_TLS },
	  "Return-Path: <>\n"
	  "Received: from unknown by h with LMTPS;"
	  " Sun, 28 Feb 2100 00:00:00 +0000\n" },
};

static void
test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++) {
		struct buf b;

		buf_init(&b, 4096);
		assert_int_equal(trace_fields(&b, &fields[i].info), TRACE_OK);
		assert_int_equal(buf_append(&b, "", 1), BUF_OK);
		assert_string_equal((char *)b.p, fields[i].text);
		buf_release(&b);
	}
}

/* D08: nothing of a peer's can begin another field. */
static void
test_injection(void **state)
{
	static const struct pop_span evil[] = { S("a\r\nX: y"), S("a\nb"),
		S("a\rb"), S("a\0b"), S("a\x7f"), S("\t") };
	/* these may stand in a quoted local part, but not in a word */
	static const struct pop_span words[] = { S("a b"), S("a(b"), S("a)"),
		S("<a"), S("a>"), S("a\\"), S("a;b"), S("\""), S("a,") };

	(void)state;
	for (size_t i = 0; i < COUNT(evil) + COUNT(words); i++) {
		struct pop_span s = i < COUNT(evil) ? evil[i] :
		    words[i - COUNT(evil)];

		for (size_t at = i < COUNT(evil) ? 0 : 3; at < 10; at++) {
			struct trace_info info = { .host = S("h") };
			struct pop_span *const spans[] = { &info.return_path,
				&info.delivered_to, &info.recipient,
				&info.helo, &info.rdns, &info.ip, &info.host,
				&info.id, &info.tls_cipher,
				&info.tls_group };
			struct buf b;

			*spans[at] = s;
			buf_init(&b, 4096);
			assert_int_equal(trace_fields(&b, &info),
			    TRACE_EINVAL);
			assert_int_equal(b.n, 0);
			buf_release(&b);
		}
	}
}

static void
test_refusals(void **state)
{
	struct trace_info info = { .host = S("h") };
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	info.return_path = span_of("\xc3\xa4", 2);
	assert_int_equal(trace_fields(&b, &info), TRACE_EINVAL);
	info.return_path.n = 0;
	info.time = 253402300800;
	assert_int_equal(trace_fields(&b, &info), TRACE_EINVAL);
	info.time = INT64_MAX;
	assert_int_equal(trace_fields(&b, &info), TRACE_EINVAL);
	info.time = INT64_MIN;
	assert_int_equal(trace_fields(&b, &info), TRACE_EINVAL);
	info.time = 0;
	info.host.n = 0;
	assert_int_equal(trace_fields(&b, &info), TRACE_EINVAL);
	assert_int_equal(b.n, 0);
	buf_release(&b);
}

/* What does not fit leaves nothing behind. */
static void
test_full(void **state)
{
	(void)state;
	for (size_t max = 1; max <= 100; max++) {
		struct trace_info info = { .host = S("h") };
		struct buf b;
		int r;

		buf_init(&b, max);
		assert_int_equal(buf_append(&b, "x", 1), BUF_OK);
		r = trace_fields(&b, &info);
		assert_int_equal(r, max < 87 ? TRACE_EFULL : TRACE_OK);
		assert_int_equal(b.n, r == TRACE_OK ? 87 : 1);
		buf_release(&b);
	}
}

/* Long words get lines of their own, and no line is empty. */
static void
test_folding(void **state)
{
	char name[256];
	struct trace_info info = { .ip = S("192.0.2.1"),
		.flags = TRACE_EXTENDED };
	struct buf b;
	char *line;

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t n = 1; n <= 255; n++) {
		info.helo = info.rdns = info.host = info.recipient =
		    span_of(name, n);
		buf_init(&b, 4096);
		assert_int_equal(trace_fields(&b, &info), TRACE_OK);
		assert_int_equal(buf_append(&b, "", 1), BUF_OK);
		line = strstr((char *)b.p, "Received:");
		for (int first = 1; *line != '\0'; first = 0) {
			size_t len = strcspn(line, "\n");

			assert_true(first || line[0] == '\t');
			assert_true(len > 1 && line[len - 1] != ' ');
			/* nor is the first one but for its name */
			assert_true(!first || line[len - 1] != ':');
			assert_true(len <= 78 || n > 60);
			assert_true(len <= 998);
			line += len + 1;
		}
		buf_release(&b);
	}
}

static const struct {
	const char *in, *out;
} strips[] = {
	{ "", "" },
	{ "Return-Path: <a>\r\nSubject: x\r\n\r\nReturn-Path: b\r\n",
	    "Subject: x\r\n\r\nReturn-Path: b\r\n" },
	{ "A: b\nreturn-path:\n c\n\td\nRETURN-PATH : e\nF: g\n\nh",
	    "A: b\nF: g\n\nh" },
	{ "Return-Path: a\r\n\r\nReturn-Path: b", "\r\nReturn-Path: b" },
	{ "Return-Path \t : a\nB: c\n", "B: c\n" },
	{ "Return-Path", "Return-Path" },
	{ "Return-Path:", "" },
	{ "Return-Path:x\r\n", "" },
	{ "Return-Path:x\r\n y", "" },
	{ "Return-Path x: y\nReturn-Pathx: y\nReturn-Pat: h\nReturn\n",
	    "Return-Path x: y\nReturn-Pathx: y\nReturn-Pat: h\nReturn\n" },
	{ "A: b\n Return-Path: c\n", "A: b\n Return-Path: c\n" },
	{ "return\rpath: x\nrReturn-Path: x\n",
	    "return\rpath: x\nrReturn-Path: x\n" },
	{ "\r\nReturn-Path: x\r\n", "\r\nReturn-Path: x\r\n" },
	{ "\nReturn-Path: x\n", "\nReturn-Path: x\n" },
	{ "\rReturn-Path: x\nReturn-Path: y\nz", "\rReturn-Path: x\nz" },
	{ "Return-Path                                : a\nB: c\n",
	    "Return-Path                                : a\nB: c\n" },
	{ "Return-Path: a\nReturn-Path: b\n c\n\n", "\n" },
};

static size_t
strip(struct trace_strip *t, const char *p, size_t n, char *out)
{
	unsigned char *copy = malloc(n ? n : 1);
	struct pop_span in = span_of(copy, n), piece;
	size_t len = 0;

	assert_non_null(copy);
	memcpy(copy, p, n);
	while (in.n > 0) {
		piece = trace_strip(t, &in);
		memcpy(out + len, piece.p, piece.n);
		len += piece.n;
	}
	free(copy);
	return len;
}

static void
check_strip(size_t i, size_t piece, size_t cut)
{
	const char *in = strips[i].in;
	char out[512];
	struct trace_strip t;
	struct pop_span rest;
	size_t n = 0, m;

	trace_strip_init(&t);
	for (size_t at = 0; at < strlen(in); at += m) {
		m = strlen(in) - at < piece ? strlen(in) - at : piece;
		if (at < cut && cut < at + m)
			m = cut - at;
		n += strip(&t, in + at, m, out + n);
	}
	rest = trace_strip_end(&t);
	memcpy(out + n, rest.p, rest.n);
	out[n + rest.n] = '\0';
	assert_string_equal(out, strips[i].out);
}

/* M-24 */
static void
test_strip(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(strips); i++) {
		check_strip(i, SIZE_MAX, 0);
		check_strip(i, 1, 0);
		for (size_t cut = 1; cut < strlen(strips[i].in); cut++)
			check_strip(i, SIZE_MAX, cut);
	}
}

static void
test_lf(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" }, { "a\r\nb\r\n", "a\nb\n" }, { "\r\n\r\n", "\n\n" },
		{ "a\rb\r\r\nc\nd\r", "a\rb\r\nc\nd\r" }, { "\r", "\r" },
		{ "\n", "\n" }, { "\r\r", "\r\r" }, { "abc", "abc" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = strlen(cases[i].in);

		for (size_t cut = 0; cut <= n; cut++) {
			struct trace_lf t = { 0 };
			unsigned char *a = malloc(cut + 1);
			unsigned char *b = malloc(n - cut + 1);
			char all[64];
			size_t na, nb, len = 0;

			na = trace_lf(&t, span_of(cases[i].in, cut), a);
			nb = trace_lf(&t, span_of(cases[i].in + cut, n - cut),
			    b);
			memcpy(all, a, na);
			memcpy(all + na, b, nb);
			len = na + nb;
			len += trace_lf_end(&t, (unsigned char *)all + len);
			all[len] = '\0';
			assert_string_equal(all, cases[i].out);
			free(a);
			free(b);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_injection),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_lf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
