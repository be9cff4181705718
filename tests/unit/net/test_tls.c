/* SPDX-License-Identifier: ISC
 *
 * test_tls: the policy of the server's handshake, against a real client in
 * the same process.  T-6, T-8, S07 to S10, S53; RFC 6066, RFC 7301, RFC 8314.
 * The clock that tickets age by is wrapped (time).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cmocka.h>

#include "net/loop.h"
#include "net/tls_names.h"
#include "tls_fixture.h"

static time_t clock_offset;

time_t __real_time(time_t *);
time_t __wrap_time(time_t *);

time_t
__wrap_time(time_t *t)
{
	time_t now = __real_time(NULL) + clock_offset;

	if (t != NULL)
		*t = now;
	return now;
}

enum { FIRST, SECOND, WILD, OLD_STYLE, SHADOWED, CERTS };
static struct fixture_cert certs[CERTS];
static struct tls_server *office;	/* all certificates, "pop3" */
static SSL_CTX *any, *tls12, *tls13;

static struct tls_server *
new_server(const char *alpn)
{
	struct tls_pem pems[CERTS];
	const char *error = "";
	struct tls_server *t;
	size_t i;

	for (i = 0; i < CERTS; i++)
		pems[i] = fixture_pem(&certs[i]);
	t = tls_server_new(pems, CERTS, alpn, &error);
	if (t == NULL)
		fail_msg("%s", error);
	return t;
}

/* the common name of the certificate that the client was shown */
static const char *
shown(struct client *c)
{
	static char cn[64];
	X509 *x = SSL_get1_peer_certificate(c->ssl);

	assert_non_null(x);
	assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(x),
	    NID_commonName, cn, sizeof(cn)) > 0);
	X509_free(x);
	return cn;
}

static void
finish(struct client *c, struct conn *s)
{
	conn_close(s);
	client_drop(c);
}

/* ---- versions, ciphers, groups ---- */

static void
test_versions(void **state)
{
	static const struct { int version; const char *name; } cases[] = {
		{ TLS1_VERSION, NULL },		/* T-8 */
		{ TLS1_1_VERSION, NULL },
		{ TLS1_2_VERSION, "TLSv1.2" },
		{ TLS1_3_VERSION, "TLSv1.3" },
	};
	struct client c;
	struct conn s;
	SSL_CTX *ctx;
	size_t i;
	bool ok;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ctx = client_ctx(cases[i].version, cases[i].version);
		client_start(&c, ctx, NULL, &s, office);
		ok = client_handshake(&c, &s);
		assert_int_equal(ok, cases[i].name != NULL);
		if (ok) {
			assert_string_equal(conn_tls_version(&s),
			    cases[i].name);
			assert_string_equal(conn_tls_cipher(&s),
			    SSL_get_cipher_name(c.ssl));
		} else {
			assert_non_null(s.why);
		}
		finish(&c, &s);
		SSL_CTX_free(ctx);
	}
}

static void
test_ciphers(void **state)
{
	static const struct { const char *list; bool ok; } cases[] = {
		{ "ECDHE-ECDSA-AES128-GCM-SHA256", true },
		{ "ECDHE-ECDSA-AES256-GCM-SHA384", true },
		{ "ECDHE-ECDSA-CHACHA20-POLY1305", true },
		{ "ECDHE-ECDSA-AES128-SHA256", false },	/* CBC */
		{ "ECDHE-ECDSA-AES256-SHA", false },
		{ "ECDHE-ECDSA-AES128-CCM", false },
		{ "AES128-GCM-SHA256", false },	/* no forward secrecy */
		{ "DHE-RSA-AES128-GCM-SHA256", false },
	};
	struct client c;
	struct conn s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		client_start(&c, tls12, NULL, &s, office);
		assert_true(SSL_set_cipher_list(c.ssl, cases[i].list));
		assert_int_equal(client_handshake(&c, &s), cases[i].ok);
		finish(&c, &s);
	}
}

static void
test_groups(void **state)
{
	static const struct { const char *list; bool ok; } cases[] = {
		{ "X25519", true }, { "P-256", true }, { "P-384", true },
		{ "P-521", false }, { "X448", false },
		{ "P-521:P-256", true },	/* by HelloRetryRequest */
	};
	struct client c;
	struct conn s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		client_start(&c, tls13, NULL, &s, office);
		assert_true(SSL_set1_groups_list(c.ssl, cases[i].list));
		assert_int_equal(client_handshake(&c, &s), cases[i].ok);
		finish(&c, &s);
	}
}

/* ---- names ---- */

static void
test_server_names(void **state)
{
	static const struct { const char *sni, *cn; } cases[] = {
		{ NULL, "first" },
		{ "mail.example.org", "first" },
		{ "pop.example.org", "second" },
		{ "POP.Example.ORG", "second" },
		{ "a.wild.example", "wild" },
		{ "*.wild.example", "first" },	/* not a name */
		{ "wild.example", "first" },	/* one label, not none */
		{ "a.b.wild.example", "first" },	/* nor two */
		{ "exact.wild.example", "second" },	/* before a wildcard */
		{ "old.example", "old.example" },	/* common name alone */
		{ "shadowed", "first" },	/* CN counts for nothing */
		{ "seen.example", "shadowed" },	/* beside a dNSName */
		{ "unknown.example", "first" },
		{ "localhost", "first" },
		{ ".", "first" },
	};
	struct client c;
	struct conn s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		client_start(&c, i % 2 ? tls12 : tls13, cases[i].sni, &s,
		    office);
		assert_true(client_handshake(&c, &s));
		assert_string_equal(shown(&c), cases[i].cn);
		finish(&c, &s);
	}
}

/* S08: names that nobody knows leave nothing behind */
static void
test_random_names(void **state)
{
	struct heap before = { 0, 0 };
	struct client c;
	struct conn s;
	char name[64];
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		assert_true(snprintf(name, sizeof(name), "n%d.%x.example", i,
		    (unsigned)i * 2654435761u) > 0);
		client_start(&c, tls13, name, &s, office);
		assert_true(client_handshake(&c, &s));
		finish(&c, &s);
		if (i == 100)
			before = fixture_heap;
	}
	assert_int_equal(fixture_heap.blocks, before.blocks);
	assert_int_equal(fixture_heap.octets, before.octets);
}

static void
test_names_find(void **state)
{
	static const struct { const char *host; long index; } cases[] = {
		{ "pop.example.org", SECOND }, { "pop.example.org.", SECOND },
		{ "x.wild.example", WILD }, { ".wild.example", -1 },
		{ "", -1 }, { ".", -1 }, { "..", -1 }, { "*", -1 },
		{ "a b.wild.example", -1 }, { "\xc3\xa9.wild.example", -1 },
		{ "x\n.wild.example", -1 }, { "wild", -1 },
	};
	struct tls_names names = { NULL, 0, 0 };
	char longest[400];
	size_t i;
	BIO *b;
	X509 *x;

	(void)state;
	assert_int_equal(tls_names_find(&names, "a"), -1);
	for (i = 0; i < CERTS; i++) {
		b = BIO_new_mem_buf(certs[i].certificate, -1);
		x = PEM_read_bio_X509(b, NULL, NULL, NULL);
		assert_non_null(x);
		assert_int_equal(tls_names_add(&names, x, i), 0);
		X509_free(x);
		BIO_free(b);
	}
	tls_names_sort(&names);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(tls_names_find(&names, cases[i].host),
		    cases[i].index);
	memset(longest, 'a', sizeof(longest));
	memcpy(longest + 300, ".wild.example", 14);
	assert_int_equal(tls_names_find(&names, longest), -1);
	tls_names_done(&names);
}

/* ---- ALPN ---- */

#define A(s) (const unsigned char *)s, sizeof(s) - 1

static void
test_alpn(void **state)
{
	static const struct {
		const unsigned char *list;
		unsigned n;
		bool ok;
		const char *chosen;	/* "": none */
	} cases[] = {
		{ NULL, 0, true, "" },
		{ A("\4pop3"), true, "pop3" },
		{ A("\10http/1.1\4pop3"), true, "pop3" },
		{ A("\4pop3\2h2"), true, "pop3" },
		{ A("\10http/1.1"), false, NULL },
		{ A("\2h2\10http/1.1"), false, NULL },
		{ A("\4POP3"), false, NULL },
		{ A("\5pop3s"), false, NULL },
		{ A("\3pop"), false, NULL },
		{ A("\4imap"), false, NULL },
	};
	const unsigned char *got;
	struct tls_server *free_for_all = new_server(NULL);
	struct client c;
	struct conn s;
	unsigned n;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		/* with a name, so that also the context chosen by it asks */
		client_start(&c, i % 2 ? tls12 : tls13, i % 2 ?
		    "pop.example.org" : NULL, &s, office);
		assert_int_equal(SSL_set_alpn_protos(c.ssl,
		    cases[i / 2].list, cases[i / 2].n), 0);
		assert_int_equal(client_handshake(&c, &s), cases[i / 2].ok);
		if (cases[i / 2].ok) {
			SSL_get0_alpn_selected(c.ssl, &got, &n);
			assert_int_equal(n, strlen(cases[i / 2].chosen));
			assert_memory_equal(got != NULL ? (const void *)got :
			    "", cases[i / 2].chosen, n);
		} else {
			assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()),
			    SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
		}
		finish(&c, &s);
	}
	client_start(&c, any, NULL, &s, free_for_all);
	assert_int_equal(SSL_set_alpn_protos(c.ssl, A("\2h2")), 0);
	assert_true(client_handshake(&c, &s));
	finish(&c, &s);
	tls_server_unref(free_for_all);
}

/* ---- tickets, early data, renegotiation ---- */

static SSL_SESSION *ticket;
static unsigned tickets;

static int
keep_ticket(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	tickets++;
	SSL_SESSION_free(ticket);
	ticket = session;
	return 1;
}

/* one visit with or without a ticket: was it resumed? */
static bool
visit(SSL_CTX *ctx, const char *sni, SSL_SESSION *with)
{
	struct client c;
	struct conn s;
	char buf[16];
	bool resumed;

	client_start(&c, ctx, sni, &s, office);
	if (with != NULL)
		assert_true(SSL_set_session(c.ssl, with));
	assert_true(client_handshake(&c, &s));
	/* tickets of TLS 1.3 come with the first octets */
	assert_int_equal(conn_write(&s, "+OK\r\n", 5), 5);
	assert_int_equal(SSL_read(c.ssl, buf, sizeof(buf)), 5);
	resumed = SSL_session_reused(c.ssl);
	finish(&c, &s);
	return resumed;
}

/* S09 (no early data), S10 */
static void
test_tickets(void **state)
{
	static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	SSL_SESSION *old;
	SSL_CTX *ctx;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		ctx = client_ctx(versions[i], versions[i]);
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT |
		    SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(ctx, keep_ticket);
		tickets = 0;
		assert_false(visit(ctx, "pop.example.org", NULL));
		assert_int_equal(tickets, 1);
		assert_int_equal(SSL_SESSION_get_max_early_data(ticket), 0);
		old = ticket;
		assert_true(SSL_SESSION_up_ref(old));
		assert_true(visit(ctx, "pop.example.org", old));
		/* the key is replaced: full handshake, new ticket */
		clock_offset += TLS_TICKET_HOURS * 3600;
		assert_false(visit(ctx, "pop.example.org", old));
		assert_true(visit(ctx, "pop.example.org", ticket));
		/* a clock set back by years does not keep it for years */
		clock_offset -= 100000000;
		assert_false(visit(ctx, "pop.example.org", ticket));
		clock_offset = 0;
		SSL_SESSION_free(old);
		SSL_SESSION_free(ticket);
		ticket = NULL;
		SSL_CTX_free(ctx);
	}
}

/* S09: no renegotiation, and the connection survives the attempt */
static void
test_renegotiation(void **state)
{
	struct client c;
	struct conn s;
	char buf[16];

	(void)state;
	client_start(&c, tls12, NULL, &s, office);
	assert_true(client_handshake(&c, &s));
	assert_int_equal(SSL_renegotiate(c.ssl), 1);
	assert_int_equal(SSL_do_handshake(c.ssl), -1);	/* hello is out */
	assert_int_equal(conn_read(&s, buf, sizeof(buf)), CONN_AGAIN);
	ERR_clear_error();
	assert_int_equal(SSL_do_handshake(c.ssl), -1);
	assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()),
	    SSL_R_NO_RENEGOTIATION);
	assert_int_equal(conn_write(&s, "+OK\r\n", 5), 5);
	finish(&c, &s);
}

/* ---- hostile beginnings ---- */

static void
test_not_tls(void **state)
{
	static const struct { const char *text; size_t n; } cases[] = {
		{ "USER bob\r\n", 10 },			/* T-6 */
		{ "GET / HTTP/1.1\r\n\r\n", 18 },
		{ "\0\0\0\0\0\0\0\0", 8 },
		{ "\x16\x03\x01\xff\xff\x01\x00\x00", 8 },	/* too long */
		{ "\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9 },
		{ "\x15\x03\x01\x00\x02\x02\x28", 7 },	/* alert */
	};
	struct client c;
	struct conn s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		client_start(&c, any, NULL, &s, office);
		assert_int_equal(write(c.fd, cases[i].text, cases[i].n),
		    cases[i].n);
		assert_int_equal(conn_handshake(&s), CONN_ERROR);
		assert_non_null(s.why);
		/* and it stays so, whatever the caller tries */
		assert_int_equal(conn_handshake(&s), CONN_ERROR);
		assert_int_equal(conn_read(&s, (char[1]){ 0 }, 1),
		    CONN_ERROR);
		assert_int_equal(conn_write(&s, "x", 1), CONN_ERROR);
		assert_int_equal(conn_pending(&s), 0);
		finish(&c, &s);
	}
}

/* S07: cut after every octet of a ClientHello */
static void
test_cut_hello(void **state)
{
	struct client c, cut;
	struct conn s, unused;
	char hello[1024];
	ssize_t n, i;

	(void)state;
	client_start(&c, any, "mail.example.org", &unused, office);
	assert_int_equal(SSL_do_handshake(c.ssl), -1);
	n = read(unused.fd, hello, sizeof(hello));
	assert_true(n > 100);
	for (i = 0; i < n; i += i < 16 ? 1 : 13) {
		client_start(&cut, any, NULL, &s, office);
		assert_int_equal(write(cut.fd, hello, (size_t)i), i);
		assert_int_equal(conn_handshake(&s), CONN_AGAIN);
		assert_int_equal(s.want, LOOP_READ);
		client_drop(&cut);
		assert_int_equal(conn_handshake(&s), CONN_ERROR);
		assert_non_null(s.why);
		conn_close(&s);
	}
	finish(&c, &unused);
}

/* the client's octets arrive one by one */
static void
test_byte_by_byte(void **state)
{
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	struct client c;
	struct conn s;
	char buf[4096], octet;
	ssize_t n;
	int r = 0, h = CONN_AGAIN, rounds;

	(void)state;
	client_start(&c, any, NULL, &s, office);
	SSL_set_bio(c.ssl, in, out);
	for (rounds = 0; rounds < 20 && (r != 1 || h != 0); rounds++) {
		if (r != 1)
			r = SSL_do_handshake(c.ssl);
		while (BIO_read(out, &octet, 1) == 1) {
			assert_int_equal(write(c.fd, &octet, 1), 1);
			if (h == CONN_AGAIN)
				h = conn_handshake(&s);
			assert_int_not_equal(h, CONN_ERROR);
		}
		n = read(c.fd, buf, sizeof(buf));
		if (n > 0)
			assert_int_equal(BIO_write(in, buf, (int)n), n);
	}
	assert_int_equal(r, 1);
	assert_int_equal(h, 0);
	/* then a record, too */
	assert_int_equal(SSL_write(c.ssl, "STAT\r\n", 6), 6);
	while (BIO_read(out, &octet, 1) == 1) {
		assert_int_equal(conn_read(&s, buf, sizeof(buf)),
		    CONN_AGAIN);
		assert_int_equal(conn_pending(&s), 0);
		assert_int_equal(write(c.fd, &octet, 1), 1);
	}
	assert_int_equal(conn_read(&s, buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "STAT\r\n", 6);
	finish(&c, &s);
}

/* ---- memory, references ---- */

static void
measure_idle(SSL_CTX *ctx, const char *what)
{
	enum { N = 50 };
	static struct conn s[N];
	struct heap before;
	struct client c;
	char buf[64];
	size_t each;
	int i;

	visit(ctx, NULL, NULL);		/* what is built once */
	before = fixture_heap;
	for (i = 0; i < N; i++) {
		client_start(&c, ctx, "pop.example.org", &s[i], office);
		assert_true(client_handshake(&c, &s[i]));
		assert_int_equal(conn_write(&s[i], "+OK hello\r\n", 11), 11);
		assert_int_equal(SSL_write(c.ssl, "CAPA\r\n", 6), 6);
		assert_int_equal(conn_read(&s[i], buf, sizeof(buf)), 6);
		assert_int_equal(conn_read(&s[i], buf, sizeof(buf)),
		    CONN_AGAIN);
		client_drop(&c);
	}
	each = (fixture_heap.octets - before.octets) / N;
	print_message("an idle connection over %s holds %zu octets\n", what,
	    each);
	assert_true(each > 1000 && each < (size_t)16 * 1024);
	for (i = 0; i < N; i++)
		conn_close(&s[i]);
	assert_int_equal(fixture_heap.octets, before.octets);
}

static void
test_idle_memory(void **state)
{
	(void)state;
	measure_idle(tls13, "TLS 1.3");
	measure_idle(tls12, "TLS 1.2");
}

/* a reload in the middle of a handshake, and after it */
static void
test_references(void **state)
{
	struct tls_server *t = new_server("pop3");
	struct client c, d;
	struct conn s, u;

	(void)state;
	client_start(&c, any, "pop.example.org", &s, t);
	client_start(&d, any, "a.wild.example", &u, t);
	assert_int_equal(conn_handshake(&u), CONN_AGAIN);
	assert_ptr_equal(tls_server_ref(t), t);
	tls_server_unref(t);
	tls_server_unref(t);
	assert_true(client_handshake(&c, &s));
	assert_string_equal(shown(&c), "second");
	assert_int_equal(conn_write(&s, "+OK\r\n", 5), 5);
	conn_close(&u);		/* the last one, unfinished */
	client_drop(&d);
	finish(&c, &s);
	tls_server_unref(NULL);
}

/* ---- PEM and --check ---- */

static void
test_check(void **state)
{
	struct fixture_cert good = fixture_cert("a", NULL, -1, 1, NULL),
	    other = fixture_cert("b", NULL, -1, 1, NULL),
	    locked = fixture_cert("c", NULL, -1, 1, "secret"),
	    expired = fixture_cert("d", NULL, -9, -1, NULL),
	    early = fixture_cert("e", NULL, 1, 9, NULL);
	char chain[8192], both[8192], broken[8192], cut[8192];
	const struct {
		const char *certificate, *key;
		const char *error, *warning;	/* a part of it, or NULL */
	} cases[] = {
		{ good.certificate, good.key, NULL, NULL },
		{ chain, good.key, NULL, NULL },
		{ both, both, NULL, NULL },	/* one file for both */
		{ good.certificate, other.key, "does not belong", NULL },
		{ good.certificate, locked.key, "does not belong", NULL },
		{ locked.certificate, locked.key, "encrypted", NULL },
		{ expired.certificate, expired.key, NULL, "expired" },
		{ early.certificate, early.key, NULL, "not valid before" },
		{ "", good.key, "empty", NULL },
		{ good.certificate, "", "empty", NULL },
		{ "hello\n", good.key, "BEGIN CERTIFICATE", NULL },
		{ good.key, good.key, "BEGIN CERTIFICATE", NULL },
		{ good.certificate, good.certificate, "BEGIN PRIVATE KEY",
		    NULL },
		{ good.certificate, "hello\n", "BEGIN PRIVATE KEY", NULL },
		{ broken, good.key, "chain", NULL },
		{ cut, good.key, "unreadable", NULL },
	};
	const char *error, *warning;
	struct tls_pem pem;
	struct tls_server *t;
	size_t i;
	int r;

	(void)state;
	assert_true(snprintf(chain, sizeof(chain), "%s%s", good.certificate,
	    other.certificate) > 0);
	assert_true(snprintf(both, sizeof(both), "%s%s", good.key,
	    good.certificate) > 0);
	assert_true(snprintf(broken, sizeof(broken),
	    "%s-----BEGIN CERTIFICATE-----\nAAAA\n"
	    "-----END CERTIFICATE-----\n", good.certificate) > 0);
	assert_true(snprintf(cut, sizeof(cut), "%.200s\n",
	    good.certificate) > 0);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		pem = (struct tls_pem){ "some.pem", cases[i].certificate,
			strlen(cases[i].certificate), cases[i].key,
			strlen(cases[i].key) };
		error = NULL;
		warning = "untouched";
		r = tls_check(&pem, &error, &warning);
		if (i == 4) {	/* which is said first is not promised */
			assert_int_equal(r, -1);
			continue;
		}
		if (r != (cases[i].error != NULL ? -1 : 0))
			fail_msg("case %zu: %d %s", i, r, error);
		if (r != 0) {
			assert_memory_equal(error, "some.pem: ", 10);
			if (strstr(error, cases[i].error) == NULL)
				fail_msg("case %zu: %s", i, error);
		}
		if (cases[i].warning == NULL)
			assert_null(warning);
		else
			assert_non_null(strstr(warning, cases[i].warning));
		/* the server itself sees the same */
		t = tls_server_new(&pem, 1, "pop3", &error);
		assert_int_equal(t != NULL, r == 0);
		if (t == NULL && strstr(error, cases[i].error) == NULL)
			fail_msg("case %zu: %s", i, error);
		tls_server_unref(t);
	}
	assert_null(tls_server_new(NULL, 0, NULL, &error));
	assert_int_equal(ERR_peek_error(), 0);
	fixture_cert_done(&good);
	fixture_cert_done(&other);
	fixture_cert_done(&locked);
	fixture_cert_done(&expired);
	fixture_cert_done(&early);
}

/* ---- set up ---- */

static int
set_up(void **state)
{
	(void)state;
	fixture_count_heap();
	certs[FIRST] = fixture_cert("first", "DNS:mail.example.org", -1, 9,
	    NULL);
	certs[SECOND] = fixture_cert("second",
	    "DNS:Pop.example.org,DNS:exact.wild.example,IP:127.0.0.1", -1, 9,
	    NULL);
	certs[WILD] = fixture_cert("wild", "DNS:*.wild.example", -1, 9, NULL);
	certs[OLD_STYLE] = fixture_cert("old.example", NULL, -1, 9, NULL);
	certs[SHADOWED] = fixture_cert("shadowed",
	    "DNS:seen.example,DNS:mail.example.org", -1, 9, NULL);
	office = new_server("pop3");
	any = client_ctx(TLS1_2_VERSION, TLS1_3_VERSION);
	tls12 = client_ctx(TLS1_2_VERSION, TLS1_2_VERSION);
	tls13 = client_ctx(TLS1_3_VERSION, TLS1_3_VERSION);
	return 0;
}

static int
tear_down(void **state)
{
	size_t i;

	(void)state;
	tls_server_unref(office);
	SSL_CTX_free(any);
	SSL_CTX_free(tls12);
	SSL_CTX_free(tls13);
	for (i = 0; i < CERTS; i++)
		fixture_cert_done(&certs[i]);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_ciphers),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_server_names),
		cmocka_unit_test(test_random_names),
		cmocka_unit_test(test_names_find),
		cmocka_unit_test(test_alpn),
		cmocka_unit_test(test_tickets),
		cmocka_unit_test(test_renegotiation),
		cmocka_unit_test(test_not_tls),
		cmocka_unit_test(test_cut_hello),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_idle_memory),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
