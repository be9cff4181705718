/* SPDX-License-Identifier: ISC
 *
 * test_tls_session: a TLS client's connections beyond the certificate:
 * sessions and when they must not be resumed, channel bindings (RFC 9266, RFC
 * 5929), peers that speak no TLS or stop in the middle, the system's
 * authorities.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#include <cmocka.h>

#include "base/text.h"
#include "net/loop.h"
#include "net/tls_client_impl.h"
#include "tls_client_fixture.h"

#define HOST "pop.example.net"

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static struct issued root, other_root, leaf;
static struct tls_server *office;
static struct tls_client_spec usual;
static const struct pop_span no_session;

static struct tls_client *
client(const struct tls_client_spec *spec)
{
	char error[400];
	struct tls_client *t = tls_client_new(spec, error, sizeof(error));

	if (t == NULL)
		fail_msg("%s", error);
	return t;
}

static void
begin(struct pair *p, struct tls_client *t, struct tls_server *s, int version,
    struct pop_span session)
{
	pair_start(p, t, s, session);
	assert_true(SSL_set_max_proto_version(p->c.ssl, version));
}

/* One visit; its session is put into `out` (if not NULL) in place of what
 * was there.  Was it resumed? */
static bool
visit(struct tls_client *t, struct tls_server *s, int version,
    struct buf *out)
{
	struct pop_span session = out != NULL ? buf_span(out) : no_session;
	struct pair p;
	bool resumed;

	begin(&p, t, s, version, session);
	assert_int_equal(pair_handshake(&p), 0);
	assert_int_equal(SSL_version(p.c.ssl), version);
	pair_say(&p, "+OK POP3\r\n");
	resumed = tls_client_resumed(&p.c);
	assert_int_equal(resumed, SSL_session_reused(p.s.ssl));
	if (out != NULL) {
		buf_consume(out, out->n);
		assert_int_equal(tls_client_session(&p.c, out), 0);
	}
	pair_close(&p);
	return resumed;
}

/* ---- resumption ---- */

static void
test_resume(void **state)
{
	struct tls_client *t, *again;
	struct buf session;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < 2; i++) {
		buf_init(&session, 65536);
		t = client(&usual);
		assert_false(visit(t, office, versions[i], &session));
		for (n = 0; n < 3; n++)
			assert_true(visit(t, office, versions[i], &session));
		/* another process with the same settings */
		again = client(&usual);
		tls_client_unref(t);
		assert_true(visit(again, office, versions[i], &session));
		tls_client_unref(again);
		buf_wipe(&session);
	}
}

/* TLS 1.3: there is nothing to keep before the ticket has come */
static void
test_session_too_early(void **state)
{
	struct tls_client *t = client(&usual);
	struct buf out, small;
	struct pair p;

	(void)state;
	buf_init(&out, 65536);
	buf_init(&small, 100);
	pair_open(&p);
	assert_int_equal(tls_client_session(&p.c, &out), -1);
	assert_false(tls_client_resumed(&p.c));
	pair_close(&p);
	begin(&p, t, office, TLS1_3_VERSION, no_session);
	assert_int_equal(tls_client_session(&p.c, &out), -1);
	assert_int_equal(pair_handshake(&p), 0);
	assert_int_equal(tls_client_session(&p.c, &out), -1);
	assert_int_equal(out.n, 0);
	pair_say(&p, "+OK\r\n");
	assert_int_equal(tls_client_session(&p.c, &small), -1);
	assert_int_equal(small.n, 0);
	assert_int_equal(tls_client_session(&p.c, &out), 0);
	pair_close(&p);
	assert_int_equal(tls_client_session(&p.c, &out), -1);
	buf_wipe(&out);
	buf_wipe(&small);
	tls_client_unref(t);
}

/* ticket and octets in one go: one read gives the octets */
static void
test_ticket_before_octets(void **state)
{
	struct tls_client *t = client(&usual);
	struct pair p;
	char buf[8];
	int i;

	(void)state;
	begin(&p, t, office, TLS1_3_VERSION, no_session);
	for (i = 0; i < 10 && conn_handshake(&p.c) != 0; i++)
		assert_int_not_equal(conn_handshake(&p.s), CONN_ERROR);
	assert_int_equal(conn_handshake(&p.s), 0);
	assert_int_equal(conn_write(&p.s, "+OK\r\n", 5), 5);
	assert_int_equal(conn_write(&p.s, "-ERR\r\n", 6), 6);
	assert_int_equal(conn_read(&p.c, buf, sizeof(buf)), 5);
	assert_true(conn_pending(&p.c) > 0);
	assert_int_equal(conn_read(&p.c, buf, sizeof(buf)), 6);
	assert_int_equal(conn_read(&p.c, buf, sizeof(buf)), CONN_AGAIN);
	assert_int_equal(p.c.want, LOOP_READ);
	pair_close(&p);
	tls_client_unref(t);
}

/* a session ends with what it was accepted under */
static void
test_other_settings(void **state)
{
	const struct issued *both[2] = { &root, &other_root };
	const struct issued *me[1] = { &leaf };
	struct tls_client_spec other[8];
	struct tls_client *t = client(&usual), *u;
	struct buf session;
	char pin[80];
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++)
		other[i] = usual;
	assert_false(text_format(pin, sizeof(pin), "%s", pin_of_key(&leaf)));
	other[0].name = "imap.example.net";
	other[1].mail_domain = "example.net";
	other[2].mail_domain = "example.net";
	other[2].srv_service = "_pop3s";
	other[3].pin = pin;
	other[4].pin = pin_of_certificate(&leaf, false);
	other[5].alpn = NULL;
	other[6].ca_file = pem_file("both.pem", both, 2, false);
	other[7].certificate = pem_file("me.pem", me, 1, true);
	buf_init(&session, 65536);
	assert_false(visit(t, office, TLS1_3_VERSION, &session));
	for (i = 0; i < 8; i++) {
		u = client(&other[i]);
		assert_false(visit(u, office, TLS1_3_VERSION, &session));
		/* it is this one's now, and not the first one's */
		assert_true(visit(u, office, TLS1_3_VERSION, &session));
		assert_false(visit(t, office, TLS1_3_VERSION, &session));
		tls_client_unref(u);
	}
	buf_wipe(&session);
	tls_client_unref(t);
}

/* the same path with other certificates in it */
static void
test_changed_authorities(void **state)
{
	const struct issued *good[1] = { &root }, *both[2] = { &root,
		&other_root };
	struct tls_client_spec spec = usual;
	struct buf session;
	struct tls_client *t;

	(void)state;
	buf_init(&session, 65536);
	spec.ca_file = pem_file("ca.pem", good, 1, false);
	t = client(&spec);
	assert_false(visit(t, office, TLS1_2_VERSION, &session));
	assert_true(visit(t, office, TLS1_2_VERSION, &session));
	tls_client_unref(t);
	spec.ca_file = pem_file("ca.pem", both, 2, false);
	t = client(&spec);
	assert_false(visit(t, office, TLS1_2_VERSION, &session));
	tls_client_unref(t);
	buf_wipe(&session);
}

/* offered? (nothing is sent) */
static bool
offers(struct tls_client *t, struct pop_span session)
{
	struct pair p;
	bool yes;

	pair_open(&p);
	assert_int_equal(conn_tls_connect(&p.c, t, session), 0);
	yes = SSL_get_session(p.c.ssl) != NULL;
	pair_close(&p);
	return yes;
}

/* what the disk gives back may be anything */
static void
test_damaged_sessions(void **state)
{
	struct tls_client *t = client(&usual);
	struct buf session;
	unsigned char *copy;
	unsigned used = 0;
	struct pair p;
	size_t i;

	(void)state;
	buf_init(&session, 65536);
	assert_false(visit(t, office, TLS1_3_VERSION, &session));
	assert_true(offers(t, buf_span(&session)));
	for (i = 0; i < session.n; i++) {
		copy = malloc(i > 0 ? i : 1);	/* ends where it ends */
		assert_non_null(copy);
		memcpy(copy, session.p, i);
		assert_false(offers(t, span_of(copy, i)));
		free(copy);
	}
	assert_int_equal(buf_append(&session, "x", 1), BUF_OK);
	assert_false(offers(t, buf_span(&session)));
	session.n--;
	for (i = 0; i < session.n; i++) {
		session.p[i] ^= 0x20;
		if (offers(t, buf_span(&session))) {
			/* whatever it is now: no wrong server, no crash */
			used++;
			begin(&p, t, office, TLS1_3_VERSION,
			    buf_span(&session));
			if (pair_handshake(&p) == 0)
				assert_int_equal(SSL_get_verify_result(
				    p.c.ssl), X509_V_OK);
			pair_close(&p);
		}
		session.p[i] ^= 0x20;
	}
	assert_true(used > 0 && used < session.n - TLS_MARK);
	assert_true(visit(t, office, TLS1_3_VERSION, &session));
	buf_wipe(&session);
	tls_client_unref(t);
}

/* The session of a certificate that would be refused today, under a mark
 * that is right: time and the name are looked at again. */
static void
test_certificate_of_session(void **state)
{
	struct order orders[] = {
		{ .by = &root, .san = "DNS:" HOST },
		{ .by = &root, .san = "DNS:" HOST, .from = -9, .to = -1 },
		{ .by = &root, .san = "DNS:" HOST, .from = 1, .to = 9 },
		{ .by = &root, .san = "DNS:imap.example.net" },
	};
	struct tls_client *t = client(&usual), *pinned;
	struct tls_client_spec spec = usual;
	enum { MARK_AT = 8 };
	struct tls_server *s;
	struct buf session;
	struct issued odd;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		buf_init(&session, 65536);
		odd = issue(&orders[i]);
		s = serve(&odd, NULL, NULL);
		spec.pin = pin_of_key(&odd);
		pinned = client(&spec);
		assert_false(visit(pinned, s, TLS1_2_VERSION, &session));
		assert_true(visit(pinned, s, TLS1_2_VERSION, &session));
		assert_false(offers(t, buf_span(&session)));
		memcpy(session.p + MARK_AT, t->mark, TLS_MARK);
		assert_int_equal(offers(t, buf_span(&session)), i == 0);
		/* and a pin is compared again */
		tls_client_unref(pinned);
		spec.pin = pin_of_key(&leaf);
		pinned = client(&spec);
		memcpy(session.p + MARK_AT, pinned->mark, TLS_MARK);
		assert_false(offers(pinned, buf_span(&session)));
		tls_client_unref(pinned);
		tls_server_unref(s);
		issued_done(&odd);
		buf_wipe(&session);
	}
	tls_client_unref(t);
}

/* ---- channel bindings ---- */

static size_t
server_exporter(struct pair *p, unsigned char out[32])
{
	static const char label[] = "EXPORTER-Channel-Binding";

	assert_int_equal(SSL_export_keying_material(p->s.ssl, out, 32, label,
	    sizeof(label) - 1, (const unsigned char *)"", 0, 1), 1);
	return 32;
}

static void
test_exporter(void **state)
{
	unsigned char seen[4][64], mine[64], theirs[64];
	struct tls_client *t = client(&usual);
	struct buf session;
	struct pair p;
	size_t i, j;

	(void)state;
	for (i = 0; i < 4; i++) {	/* full, resumed; 1.2, 1.3 */
		if (i % 2 == 0)
			buf_init(&session, 65536);
		begin(&p, t, office, versions[i / 2], buf_span(&session));
		assert_int_equal(tls_client_exporter(&p.c, mine), 0);
		assert_int_equal(pair_handshake(&p), 0);
		assert_int_equal(tls_client_resumed(&p.c), i % 2);
		assert_int_equal(tls_client_exporter(&p.c, mine), 32);
		assert_int_equal(server_exporter(&p, theirs), 32);
		assert_memory_equal(mine, theirs, 32);
		memcpy(seen[i], mine, 32);
		for (j = 0; j < i; j++)
			assert_memory_not_equal(seen[j], mine, 32);
		pair_say(&p, "+OK\r\n");
		if (i % 2 == 0)
			assert_int_equal(tls_client_session(&p.c, &session),
			    0);
		else
			buf_wipe(&session);
		pair_close(&p);
	}
	tls_client_unref(t);
}

/* RFC 5929 section 3: the first Finished message of the handshake */
static size_t
server_unique(struct pair *p, unsigned char out[64])
{
	return SSL_session_reused(p->s.ssl) ?
	    SSL_get_finished(p->s.ssl, out, 64) :
	    SSL_get_peer_finished(p->s.ssl, out, 64);
}

static void
test_unique(void **state)
{
	unsigned char mine[64], theirs[64], first[64];
	struct tls_client *t = client(&usual);
	struct buf session;
	struct pair p;
	int i;

	(void)state;
	buf_init(&session, 65536);
	for (i = 0; i < 2; i++) {
		begin(&p, t, office, TLS1_2_VERSION, buf_span(&session));
		assert_int_equal(pair_handshake(&p), 0);
		assert_int_equal(tls_client_resumed(&p.c), i);
		assert_int_equal(tls_client_unique(&p.c, mine), 12);
		assert_int_equal(server_unique(&p, theirs), 12);
		assert_memory_equal(mine, theirs, 12);
		if (i == 0) {
			memcpy(first, mine, 12);
			assert_int_equal(tls_client_session(&p.c, &session),
			    0);
		} else {
			assert_memory_not_equal(mine, first, 12);
		}
		pair_close(&p);
	}
	buf_wipe(&session);
	begin(&p, t, office, TLS1_3_VERSION, no_session);
	assert_int_equal(pair_handshake(&p), 0);
	assert_int_equal(tls_client_unique(&p.c, mine), 0);
	pair_close(&p);
	tls_client_unref(t);
}

/* RFC 9266 section 3, RFC 7677 section 4: without RFC 7627 no exporter, and
 * nothing unique when resumed */
static void
test_no_extended_secret(void **state)
{
	struct tls_client *t = client(&usual);
	unsigned char out[64];
	struct buf session;
	struct pair p;
	int i;

	(void)state;
	buf_init(&session, 65536);
	for (i = 0; i < 2; i++) {
		begin(&p, t, office, TLS1_2_VERSION, buf_span(&session));
		SSL_set_options(p.s.ssl, SSL_OP_NO_EXTENDED_MASTER_SECRET);
		assert_int_equal(pair_handshake(&p), 0);
		assert_int_equal(tls_client_resumed(&p.c), i);
		assert_int_equal(tls_client_exporter(&p.c, out), 0);
		assert_int_equal(tls_client_unique(&p.c, out), i ? 0 : 12);
		assert_int_equal(tls_client_end_point(&p.c, out), 32);
		if (i == 0)
			assert_int_equal(tls_client_session(&p.c, &session),
			    0);
		pair_close(&p);
	}
	buf_wipe(&session);
	tls_client_unref(t);
}

/* RFC 5929 section 4.1 */
static void
test_end_point(void **state)
{
	static const struct {
		const char *key, *digest, *hash;
		size_t n;
	} cases[] = {
		{ NULL, "SHA256", "SHA256", 32 },
		{ NULL, "SHA384", "SHA384", 48 },
		{ NULL, "SHA512", "SHA512", 64 },
		{ NULL, "SHA1", "SHA256", 32 },
		{ "ED25519", NULL, NULL, 0 },
	};
	unsigned char out[64], want[64];
	struct tls_client_spec spec = usual;
	struct tls_client *t;
	struct tls_server *s;
	struct issued self;
	struct order o;
	struct pair p;
	size_t i;
	int v;

	(void)state;
	for (i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		v = versions[i % 2];
		o = (struct order){ .cn = "x", .key = cases[i / 2].key,
			.digest = cases[i / 2].digest };
		self = issue(&o);
		spec.pin = pin_of_key(&self);
		t = client(&spec);
		s = serve(&self, NULL, NULL);
		begin(&p, t, s, v, no_session);
		assert_int_equal(tls_client_end_point(&p.c, out), 0);
		assert_int_equal(pair_handshake(&p), 0);
		assert_int_equal(tls_client_end_point(&p.c, out),
		    cases[i / 2].n);
		if (cases[i / 2].n > 0) {
			assert_true(X509_digest(self.x, EVP_get_digestbyname(
			    cases[i / 2].hash), want, NULL));
			assert_memory_equal(out, want, cases[i / 2].n);
		}
		pair_close(&p);
		tls_client_unref(t);
		tls_server_unref(s);
		issued_done(&self);
	}
}

/* also when no certificate was shown, as in a resumed handshake */
static void
test_pin_and_expiry(void **state)
{
	struct tls_client *t = client(&usual);
	unsigned char a[64], b[64];
	struct buf session;
	char pin[52];
	struct pair p;
	long long end;
	int i;

	(void)state;
	buf_init(&session, 65536);
	pair_open(&p);
	assert_int_equal(tls_client_pin(&p.c, pin, sizeof(pin)), -1);
	assert_true(tls_client_expiry(&p.c) == 0);
	assert_int_equal(tls_client_fault(&p.c, pin, sizeof(pin)),
	    TLS_CLIENT_NONE);
	pair_close(&p);
	for (i = 0; i < 2; i++) {
		begin(&p, t, office, TLS1_3_VERSION, buf_span(&session));
		assert_int_equal(tls_client_pin(&p.c, pin, 52), -1);
		assert_true(tls_client_expiry(&p.c) == 0);
		assert_int_equal(pair_handshake(&p), 0);
		assert_int_equal(tls_client_resumed(&p.c), i);
		assert_int_equal(tls_client_pin(&p.c, pin, 51), -1);
		assert_int_equal(tls_client_pin(&p.c, pin, 52), 0);
		assert_string_equal(pin, pin_of_key(&leaf));
		end = tls_client_expiry(&p.c) - (long long)time(NULL);
		assert_true(end > 8 * 86400 && end < 10 * 86400);
		assert_int_equal(tls_client_end_point(&p.c, i ? b : a), 32);
		pair_say(&p, "+OK\r\n");
		if (i == 0)
			assert_int_equal(tls_client_session(&p.c, &session),
			    0);
		pair_close(&p);
	}
	assert_memory_equal(a, b, 32);
	buf_wipe(&session);
	tls_client_unref(t);
}

/* ---- peers that are none ---- */

/* the client's side of a handshake with fixed octets, in pieces */
static enum tls_client_fault
against(const char *octets, size_t n, size_t piece, bool then_close,
    char *text, size_t size)
{
	struct tls_client *t = client(&usual);
	enum tls_client_fault fault;
	struct pair p;
	size_t at, m;
	int ret;

	pair_open(&p);
	assert_int_equal(conn_tls_connect(&p.c, t, no_session), 0);
	tls_client_unref(t);	/* the connection holds it */
	ret = conn_handshake(&p.c);
	assert_int_equal(ret, CONN_AGAIN);
	for (at = 0; at < n && ret == CONN_AGAIN; at += m) {
		m = n - at < piece ? n - at : piece;
		assert_int_equal(send(p.s.fd, octets + at, m, MSG_NOSIGNAL),
		    m);
		ret = conn_handshake(&p.c);
	}
	if (ret == CONN_AGAIN && then_close) {
		assert_int_equal(shutdown(p.s.fd, SHUT_WR), 0);
		ret = conn_handshake(&p.c);
	}
	assert_int_equal(ret, CONN_ERROR);
	fault = tls_client_fault(&p.c, text, size);
	pair_close(&p);
	return fault;
}

static void
test_plain_peer(void **state)
{
	static const struct {
		const char *octets, *said;
	} cases[] = {
		{ "+OK POP3 ready <1.2@x>\r\n", "\"+OK POP3 ready <1.2@x>\"" },
		{ "+OK\r\n", "\"+OK\"" },
		{ "-ERR what?\r\nmore\r\n", "\"-ERR what?\"" },
		{ "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",
		    "\"HTTP/1.1 400 Bad Request\"" },
		{ "220 mx.example ESMTP\r\n", "\"220 mx.example ESMTP\"" },
		{ "* OK IMAP4rev1\r\n", "\"* OK IMAP4rev1\"" },
		{ "SSH-2.0-OpenSSH\r\n", "SSH-2.0" },
		{ "+OK \033]52;x\a\233\r\n", "\"+OK ?]52;x??\"" },
		{ "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<"
		    "<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", "\"<<<<" },
	};
	size_t i, piece, n;
	char text[400];

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		n = strlen(cases[i].octets);
		for (piece = 1; piece <= n; piece++) {
			assert_int_equal(against(cases[i].octets, n, piece,
			    true, text, sizeof(text)), TLS_CLIENT_NOT_TLS);
			assert_non_null(strstr(text, "there is no TLS on "
			    "this port"));
		}
		if (strstr(text, cases[i].said) == NULL)
			fail_msg("%s is not in %s", cases[i].said, text);
	}
}

static void
test_no_tls_either(void **state)
{
	static const struct {
		const char *octets;
		size_t n;
		const char *text;
	} cases[] = {
		{ "", 0, "connection closed during the handshake" },
		{ "\0\0\0\0\0\0\0\0", 8, "the TLS handshake failed" },
		{ "\377\377\377\377\377\377", 6, "the TLS handshake failed" },
		{ "\x16\x03\x01\xff\xff", 5, "the TLS handshake failed" },
		{ "\x15\x03\x01\x00\x02\x02\x46", 7,
		    "neither TLS 1.2 nor TLS 1.3" },
		{ "\x15\x03\x03\x00\x02\x02\x70", 7,
		    "does not go by this name" },
		{ "\x15\x03\x03\x00\x02\x02\x78", 7, "another protocol" },
		{ "\x15\x03\x03\x00\x02\x02\x28", 7, "found no cipher" },
		{ "\x15\x03\x03\x00\x02\x02\x50", 7, "internal error" },
	};
	char text[400];
	size_t i, piece;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (piece = 1; piece <= cases[i].n + 1; piece++) {
			assert_int_equal(against(cases[i].octets, cases[i].n,
			    piece, true, text, sizeof(text)),
			    TLS_CLIENT_HANDSHAKE);
			if (strstr(text, cases[i].text) == NULL)
				fail_msg("%zu: %s", i, text);
		}
	}
}

/* RFC 8996 */
static void
test_old_versions(void **state)
{
	static const int old[] = { TLS1_VERSION, TLS1_1_VERSION };
	struct tls_client *t = client(&usual);
	char text[400];
	struct pair p;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		pair_start(&p, t, office, no_session);
		assert_true(SSL_set_cipher_list(p.s.ssl,
		    "DEFAULT:@SECLEVEL=0"));
		assert_true(SSL_set_min_proto_version(p.s.ssl, old[i]));
		assert_true(SSL_set_max_proto_version(p.s.ssl, old[i]));
		assert_int_equal(pair_handshake(&p), CONN_ERROR);
		assert_int_equal(tls_client_fault(&p.c, text, sizeof(text)),
		    TLS_CLIENT_HANDSHAKE);
		if (strstr(text, "neither TLS 1.2 nor TLS 1.3") == NULL)
			fail_msg("%s", text);
		pair_close(&p);
	}
	tls_client_unref(t);
}

/* octets from one descriptor to another, at most *left; false: nothing */
static bool
carry(int from, int to, size_t *left)
{
	char buf[4096];
	size_t n = sizeof(buf) < *left ? sizeof(buf) : *left;
	ssize_t got = n > 0 ? recv(from, buf, n, 0) : 0;

	if (got <= 0)
		return false;
	assert_int_equal(send(to, buf, (size_t)got, MSG_NOSIGNAL), got);
	*left -= (size_t)got;
	return true;
}

/* A handshake whose server is cut off after `limit` octets.  0 or CONN_ERROR
 * of the client; *sent_r: what the server's side sent. */
static int
cut_handshake(struct tls_client *t, int version, size_t limit,
    size_t *sent_r)
{
	struct pair a, b;	/* client and a relay, a relay and server */
	size_t left = limit, plenty = SIZE_MAX;
	int c = CONN_AGAIN, i;

	pair_open(&a);
	pair_open(&b);
	assert_int_equal(conn_tls_connect(&a.c, t, no_session), 0);
	assert_true(SSL_set_max_proto_version(a.c.ssl, version));
	assert_int_equal(conn_tls_accept(&b.s, office), 0);
	for (i = 0; i < 20 && c == CONN_AGAIN; i++) {
		c = conn_handshake(&a.c);
		while (carry(a.s.fd, b.c.fd, &plenty))
			;
		(void)conn_handshake(&b.s);	/* it will miss the end */
		while (carry(b.c.fd, a.s.fd, &left))
			;
		if (left == 0)
			assert_int_equal(shutdown(a.s.fd, SHUT_WR), 0);
	}
	*sent_r = limit - left;
	pair_close(&a);
	pair_close(&b);
	return c;
}

static void
test_cut_handshake(void **state)
{
	struct tls_client *t = client(&usual);
	size_t i, n, whole, sent, done = 0;
	int ret;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(cut_handshake(t, versions[i], SIZE_MAX / 2,
		    &whole), 0);
		assert_true(whole > 500);
		for (n = 0; n < whole; n++) {
			ret = cut_handshake(t, versions[i], n, &sent);
			/* signatures differ in length by some octets; and
			 * the ticket of TLS 1.3 may be missed */
			if (ret == 0) {
				done++;
				assert_true(versions[i] == TLS1_3_VERSION ||
				    n + 10 > whole);
			} else {
				assert_int_equal(ret, CONN_ERROR);
			}
		}
		print_message("[   INFO   ] %s: cut at %zu places\n",
		    i ? "TLS 1.3" : "TLS 1.2", whole);
	}
	/* nearly all of them must have failed */
	assert_true(done < 400);
	tls_client_unref(t);
}

/* ---- the system's authorities ---- */

static char place[] = "/tmp/restante-ca-XXXXXX";

static void
write_certificate(const char *path, const struct issued *c)
{
	const struct issued *list[1] = { c };
	const char *from = pem_file("one.pem", list, 1, false);
	char octets[4096];
	FILE *in = fopen(from, "re"), *out = fopen(path, "we");
	size_t n;

	assert_true(in != NULL && out != NULL);
	n = fread(octets, 1, sizeof(octets), in);
	assert_true(n > 0 && fwrite(octets, 1, n, out) == n);
	assert_int_equal(fclose(in), 0);
	assert_int_equal(fclose(out), 0);
}

static const char *
in_place(const char *name, char out[128])
{
	assert_false(text_format(out, 128, "%s/%s", place, name));
	return out;
}

/* "1f58a078.0" */
static const char *
hashed(const struct issued *c, char out[128])
{
	char name[16];

	assert_false(text_format(name, sizeof(name), "%08lx.0",
	    X509_NAME_hash_ex(X509_get_subject_name(c->x), NULL, NULL,
	    NULL)));
	return in_place(name, out);
}

static int
held(const struct tls_client *t)
{
	return sk_X509_OBJECT_num(X509_STORE_get0_objects(
	    SSL_CTX_get_cert_store(t->ctx)));
}

/* 0, or the fault */
static enum tls_client_fault
try_system(struct tls_client *t)
{
	enum tls_client_fault fault;
	char text[400];
	struct pair p;

	begin(&p, t, office, TLS1_3_VERSION, no_session);
	(void)pair_handshake(&p);
	fault = tls_client_fault(&p.c, text, sizeof(text));
	pair_close(&p);
	return fault;
}

/* one certificate is read, when it is asked for; the bundle is not */
static void
system_by_hash(const struct tls_client_spec *spec)
{
	struct tls_client *t = client(spec), *u;

	assert_int_equal(held(t), 0);
	assert_int_equal(try_system(t), TLS_CLIENT_NONE);
	assert_int_equal(held(t), 1);
	u = client(spec);	/* shared */
	assert_ptr_equal(SSL_CTX_get_cert_store(t->ctx),
	    SSL_CTX_get_cert_store(u->ctx));
	assert_memory_equal(t->mark, u->mark, TLS_MARK);
	tls_client_unref(t);
	assert_int_equal(try_system(u), TLS_CLIENT_NONE);
	tls_client_unref(u);
}

static void
test_system(void **state)
{
	char hash[128], hash2[128], bundle[128], error[400];
	struct tls_client_spec spec = usual;
	struct tls_client *t, *u;

	(void)state;
	spec.ca_file = NULL;
	assert_non_null(mkdtemp(place));
	in_place("bundle", bundle);
	assert_int_equal(setenv("SSL_CERT_DIR", place, 1), 0);
	assert_int_equal(setenv("SSL_CERT_FILE", bundle, 1), 0);
	/* nothing there at all */
	assert_null(tls_client_new(&spec, error, sizeof(error)));
	assert_non_null(strstr(error, "install ca-certificates"));
	/* no hashed names: the bundle */
	write_certificate(bundle, &root);
	t = client(&spec);
	assert_int_equal(held(t), 1);
	assert_int_equal(try_system(t), TLS_CLIENT_NONE);
	/* it changes under us: a new store, and no old session */
	assert_int_equal(unlink(bundle), 0);
	write_certificate(hashed(&root, hash), &root);
	write_certificate(hashed(&other_root, hash2), &other_root);
	u = client(&spec);
	assert_memory_not_equal(t->mark, u->mark, TLS_MARK);
	tls_client_unref(t);
	tls_client_unref(u);
	system_by_hash(&spec);
	unsetenv("SSL_CERT_FILE");	/* nor the system's own bundle */
	system_by_hash(&spec);
	/* no longer trusted */
	assert_int_equal(unlink(hash), 0);
	t = client(&spec);
	assert_int_equal(try_system(t), TLS_CLIENT_CERT);
	tls_client_unref(t);
	assert_int_equal(unlink(hash2), 0);
	assert_int_equal(rmdir(place), 0);
	unsetenv("SSL_CERT_DIR");
}

static int
set_up(void **state)
{
	struct order o = { .cn = "Root", .ca = true };
	const struct issued *list[1] = { &root };

	(void)state;
	root = issue(&o);
	o.cn = "Other Root";
	other_root = issue(&o);
	o = (struct order){ .by = &root, .cn = "x",
		.san = "DNS:*.example.net" };
	leaf = issue(&o);
	office = serve(&leaf, NULL, NULL);
	usual = (struct tls_client_spec){ .name = HOST, .alpn = "pop3",
		.ca_file = pem_file("root.pem", list, 1, false) };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	pem_files_done();
	tls_server_unref(office);
	issued_done(&leaf);
	issued_done(&root);
	issued_done(&other_root);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_session_too_early),
		cmocka_unit_test(test_ticket_before_octets),
		cmocka_unit_test(test_other_settings),
		cmocka_unit_test(test_changed_authorities),
		cmocka_unit_test(test_damaged_sessions),
		cmocka_unit_test(test_certificate_of_session),
		cmocka_unit_test(test_exporter),
		cmocka_unit_test(test_unique),
		cmocka_unit_test(test_no_extended_secret),
		cmocka_unit_test(test_end_point),
		cmocka_unit_test(test_pin_and_expiry),
		cmocka_unit_test(test_plain_peer),
		cmocka_unit_test(test_no_tls_either),
		cmocka_unit_test(test_old_versions),
		cmocka_unit_test(test_cut_handshake),
		cmocka_unit_test(test_system),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
