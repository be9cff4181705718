/* SPDX-License-Identifier: ISC
 *
 * test_tls_client: who the server must be.  C-18, C-19, C06; RFC 6125, RFC
 * 7817, RFC 4985, RFC 5280.  Each case is a whole handshake with a server
 * that has exactly that certificate.
 */
#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include <cmocka.h>

#include "base/text.h"
#include "net/tls_client_name.h"
#include "tls_client_fixture.h"

#define HOST "pop.example.net"
#define SRV "otherName:1.3.6.1.5.5.7.8.7;IA5STRING:"

static struct issued root, other_root;
static const char *root_file;
static struct tls_client_spec usual;
static char fault_text[400];
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

/* one handshake: NONE, or the fault (and fault_text) */
static enum tls_client_fault
visit(const struct tls_client_spec *spec, const struct issued *leaf,
    const struct issued *middle)
{
	struct tls_client *t = client(spec);
	struct tls_server *s = serve(leaf, middle, NULL);
	enum tls_client_fault fault;
	struct pair p;
	int ret;

	pair_start(&p, t, s, no_session);
	ret = pair_handshake(&p);
	fault = tls_client_fault(&p.c, fault_text, sizeof(fault_text));
	assert_int_equal(ret, fault == TLS_CLIENT_NONE ? 0 : CONN_ERROR);
	assert_int_equal(fault_text[0] != '\0', ret != 0);
	if (ret != 0) {
		assert_int_equal(conn_write(&p.c, "USER", 4), CONN_ERROR);
		assert_int_equal(conn_handshake(&p.c), CONN_ERROR);
	}
	pair_close(&p);
	tls_client_unref(t);
	tls_server_unref(s);
	return fault;
}

static void
need_text(const char *part)
{
	if (strstr(fault_text, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, fault_text);
}

/* ---- names ---- */

struct name_case {
	const char *host, *domain, *service, *san, *cn;
	bool ok;
};

static void
check_name(const struct name_case *n)
{
	struct order o = { .by = &root, .cn = n->cn, .san = n->san };
	struct tls_client_spec spec = usual;
	struct issued leaf = issue(&o);
	enum tls_client_fault fault;

	spec.name = n->host;
	spec.mail_domain = n->domain;
	spec.srv_service = n->service;
	fault = visit(&spec, &leaf, NULL);
	if (fault != (n->ok ? TLS_CLIENT_NONE : TLS_CLIENT_NAME))
		fail_msg("%s, %s for %s: %d %s", n->san ? n->san : "-",
		    n->cn ? n->cn : "-", n->host, (int)fault, fault_text);
	issued_done(&leaf);
}

static void
check_names(const struct name_case *cases, size_t n)
{
	while (n-- > 0)
		check_name(cases++);
}

static void
test_host_names(void **state)
{
	static const struct name_case cases[] = {
		{ HOST, NULL, NULL, "DNS:" HOST, NULL, true },
		{ "POP.Example.NET.", NULL, NULL, "DNS:" HOST, NULL, true },
		{ HOST, NULL, NULL, "DNS:POP.EXAMPLE.NET", NULL, true },
		{ HOST, NULL, NULL, "DNS:a.example,DNS:" HOST, "x", true },
		{ HOST, NULL, NULL, "DNS:imap.example.net", NULL, false },
		{ HOST, NULL, NULL, "DNS:example.net", NULL, false },
		{ "example.net", NULL, NULL, "DNS:" HOST, NULL, false },
		{ HOST, NULL, NULL, "DNS:pop.example.net.evil.example", NULL,
		    false },
		{ HOST, NULL, NULL, "DNS:xpop.example.net", NULL, false },
		{ "localhost", NULL, NULL, "DNS:localhost", NULL, true },
		{ HOST, NULL, NULL, "email:a@pop.example.net", NULL, false },
		{ HOST, NULL, NULL, "URI:pop3://pop.example.net", NULL,
		    false },
	};

	(void)state;
	check_names(cases, sizeof(cases) / sizeof(*cases));
}

/* C-19, RFC 7817 section 3, RFC 6125 section 6.4.3 */
static void
test_wildcards(void **state)
{
	static const struct name_case cases[] = {
		{ HOST, NULL, NULL, "DNS:*.example.net", NULL, true },
		{ "example.net", NULL, NULL, "DNS:*.example.net", NULL,
		    false },
		{ "a.b.example.net", NULL, NULL, "DNS:*.example.net", NULL,
		    false },
		{ HOST, NULL, NULL, "DNS:p*.example.net", NULL, false },
		{ HOST, NULL, NULL, "DNS:*p.example.net", NULL, false },
		{ HOST, NULL, NULL, "DNS:p*p.example.net", NULL, false },
		{ HOST, NULL, NULL, "DNS:pop.*.net", NULL, false },
		{ HOST, NULL, NULL, "DNS:*.*.net", NULL, false },
		{ HOST, NULL, NULL, "DNS:**.example.net", NULL, false },
		{ HOST, NULL, NULL, "DNS:*", NULL, false },
		{ "localhost", NULL, NULL, "DNS:*", NULL, false },
		{ "example.net", NULL, NULL, "DNS:*.net", NULL, false },
		{ "a.b.example.net", NULL, NULL, "DNS:*.b.example.net", NULL,
		    true },
		{ "192.0.2.1", NULL, NULL, "DNS:*.0.2.1", NULL, false },
	};

	(void)state;
	check_names(cases, sizeof(cases) / sizeof(*cases));
}

/* RFC 9525 section 2: it is no name of a server (C06) */
static void
test_common_names(void **state)
{
	static const struct name_case cases[] = {
		{ HOST, NULL, NULL, NULL, HOST, false },
		{ HOST, NULL, NULL, NULL, "*.example.net", false },
		{ HOST, NULL, NULL, NULL, "imap.example.net", false },
		{ HOST, NULL, NULL, NULL, NULL, false },
		{ HOST, NULL, NULL, "DNS:imap.example.net", HOST, false },
		{ HOST, NULL, NULL, SRV "_imap.example.net", HOST, false },
		{ HOST, NULL, NULL, "URI:pop3://x.example", HOST, false },
		{ HOST, NULL, NULL, "email:a@example.net", HOST, false },
		/* never for an address, nor for the mail domain */
		{ "192.0.2.1", NULL, NULL, NULL, "192.0.2.1", false },
		{ HOST, "example.net", "_pop3s", NULL, "example.net", false },
	};

	(void)state;
	check_names(cases, sizeof(cases) / sizeof(*cases));
}

/* RFC 7817 section 3, RFC 4985 */
static void
test_mail_domain(void **state)
{
	static const struct name_case cases[] = {
		{ HOST, "example.org", "_pop3s", SRV "_pop3s.example.org",
		    NULL, true },
		{ HOST, "Example.ORG", "_pop3s", SRV "_POP3S.example.org",
		    NULL, true },
		{ HOST, "example.org", "_pop3", SRV "_pop3.example.org",
		    NULL, true },
		{ HOST, "example.org", "_pop3s", SRV "_pop3.example.org",
		    NULL, false },
		{ HOST, "example.org", "_pop3s", SRV "_imaps.example.org",
		    NULL, false },
		{ HOST, "example.org", "_pop3s", SRV "_pop3s.example.net",
		    NULL, false },
		{ HOST, "example.org", "_pop3s", SRV "*.example.org", NULL,
		    false },
		{ HOST, "example.org", "_pop3s", "DNS:_pop3s.example.org",
		    NULL, false },
		{ HOST, "example.org", "_pop3s", "DNS:example.org", NULL,
		    true },
		{ HOST, "example.org", NULL, "DNS:example.org", NULL, true },
		{ HOST, "example.org", "_pop3s", "DNS:" HOST, NULL, true },
		/* nobody asked for it */
		{ HOST, NULL, "_pop3s", SRV "_pop3s.example.org", NULL,
		    false },
		{ HOST, NULL, "_pop3s", SRV "_pop3s.", NULL, false },
		{ HOST, NULL, "_pop3s", SRV, NULL, false },
		{ HOST, NULL, NULL, "DNS:example.org", NULL, false },
	};

	(void)state;
	check_names(cases, sizeof(cases) / sizeof(*cases));
}

static void
test_addresses(void **state)
{
	static const struct name_case cases[] = {
		{ "192.0.2.1", NULL, NULL, "IP:192.0.2.1", NULL, true },
		{ "192.0.2.1", NULL, NULL, "IP:192.0.2.2", NULL, false },
		{ "192.0.2.1", NULL, NULL, "DNS:192.0.2.1", NULL, false },
		{ "2001:db8::1", NULL, NULL, "IP:2001:db8:0::1", NULL, true },
		{ "2001:db8::1", NULL, NULL, "IP:2001:db8::2", NULL, false },
		{ "fe80::1%lo", NULL, NULL, "IP:fe80::1", NULL, true },
		{ "::ffff:192.0.2.1", NULL, NULL, "IP:192.0.2.1", NULL,
		    false },
		{ HOST, NULL, NULL, "IP:192.0.2.1", NULL, false },
	};

	(void)state;
	check_names(cases, sizeof(cases) / sizeof(*cases));
}

/* C06: what the authority saw ends at the NUL for some readers */
static void
test_nul(void **state)
{
	static const char dns[] = HOST "\0.evil.example";
	static const char wild[] = "*.example.net\0x";
	struct order o[] = {
		{ .by = &root, .raw_dns = dns, .raw_len = sizeof(dns) - 1 },
		{ .by = &root, .raw_dns = HOST "\0", .raw_len = 16 },
		{ .by = &root, .raw_dns = "\0" HOST, .raw_len = 16 },
		{ .by = &root, .raw_dns = wild, .raw_len = sizeof(wild) - 1 },
		{ .by = &root, .cn = dns, .cn_len = sizeof(dns) - 1 },
		/* no name, and yet the common name is not asked */
		{ .by = &root, .raw_dns = "", .cn = HOST },
		{ .by = &root, .raw_dns = dns, .raw_len = sizeof(dns) - 1,
		    .cn = HOST },
	};
	struct issued leaf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(o) / sizeof(*o); i++) {
		leaf = issue(&o[i]);
		assert_int_equal(visit(&usual, &leaf, NULL),
		    TLS_CLIENT_NAME);
		issued_done(&leaf);
	}
}

/* two lists of names, or one that cannot be read: nobody's, and the common
 * name is no way out (OpenSSL refuses such a chain as well) */
static void
test_broken_names(void **state)
{
	static const unsigned char junk[] = { 0x30, 0x05, 0x82, 0x7f, 'x' };
	struct order o = { .by = &root, .cn = HOST, .san = "DNS:" HOST };
	struct issued twice = issue(&o), broken;
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	struct tls_wanted wanted;
	X509_EXTENSION *e;

	(void)state;
	assert_int_equal(tls_wanted_init(&wanted, HOST, NULL, NULL), 0);
	e = X509_get_ext(twice.x, X509_get_ext_by_NID(twice.x,
	    NID_subject_alt_name, -1));
	assert_true(X509_add_ext(twice.x, e, -1));
	assert_true(X509_sign(twice.x, root.key, EVP_sha256()) > 0);
	assert_false(tls_client_name_matches(&wanted, twice.x));
	assert_int_not_equal(visit(&usual, &twice, NULL), TLS_CLIENT_NONE);
	o.san = NULL;
	broken = issue(&o);
	assert_true(ASN1_OCTET_STRING_set(s, junk, sizeof(junk)));
	e = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, s);
	assert_true(X509_add_ext(broken.x, e, -1));
	assert_true(X509_sign(broken.x, root.key, EVP_sha256()) > 0);
	assert_false(tls_client_name_matches(&wanted, broken.x));
	assert_int_not_equal(visit(&usual, &broken, NULL), TLS_CLIENT_NONE);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(s);
	issued_done(&twice);
	issued_done(&broken);
}

static void
test_name_texts(void **state)
{
	static const struct {
		const char *host, *domain, *san, *cn, *text;
	} cases[] = {
		{ HOST, NULL, "DNS:mail.example.org", NULL, "the certificate "
		    "is for mail.example.org, not pop.example.net" },
		{ HOST, NULL, NULL, "mail.example.org",
		    "is for mail.example.org (a common name" },
		{ HOST, NULL, NULL, NULL, "is for nobody, not" },
		{ HOST, NULL, "DNS:a.example,IP:192.0.2.1,IP:2001:db8::1,"
		    "DNS:d.example," SRV "_pop3.e.example", NULL,
		    "is for a.example, 192.0.2.1, 2001:db8::1 and 2 more, "
		    "not" },
		{ HOST, "example.org", SRV "_imap.e.example", NULL,
		    "for _imap.e.example, not pop.example.net or "
		    "example.org" },
		{ "192.0.2.7", NULL, "DNS:x.example", NULL,
		    "x.example, not this address" },
		/* C14: nothing that moves a cursor */
		{ HOST, NULL, "DNS:\033[2Jx\tz", NULL, "for ?[2Jx?z, not" },
	};
	struct tls_client_spec spec = usual;
	struct issued leaf;
	struct order o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		o = (struct order){ .by = &root, .cn = cases[i].cn,
			.san = cases[i].san };
		leaf = issue(&o);
		spec.name = cases[i].host;
		spec.mail_domain = cases[i].domain;
		assert_int_equal(visit(&spec, &leaf, NULL), TLS_CLIENT_NAME);
		need_text(cases[i].text);
		issued_done(&leaf);
	}
}

/* ---- chains: C-18, C06 ---- */

static void
test_dates(void **state)
{
	static const struct {
		int from, to;
		enum tls_client_fault fault;
		const char *text;
	} cases[] = {
		{ -1, 1, TLS_CLIENT_NONE, "" },
		{ -9, -1, TLS_CLIENT_CERT, "the certificate expired on 20" },
		{ 1, 9, TLS_CLIENT_CERT, "is not valid before 20" },
	};
	struct issued leaf;
	struct order o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		o = (struct order){ .by = &root, .san = "DNS:" HOST,
			.from = cases[i].from, .to = cases[i].to };
		leaf = issue(&o);
		assert_int_equal(visit(&usual, &leaf, NULL), cases[i].fault);
		need_text(cases[i].text);
		issued_done(&leaf);
	}
}

static void
test_authorities(void **state)
{
	struct order unknown = { .by = &other_root, .san = "DNS:" HOST };
	struct order own = { .san = "DNS:" HOST, .cn = "me" };
	struct order forged = { .by = &root, .san = "DNS:" HOST };
	struct issued leaf = issue(&unknown), self = issue(&own), fake;

	(void)state;
	assert_int_equal(visit(&usual, &leaf, NULL), TLS_CLIENT_CERT);
	need_text("the certificate is from \"Other Root\"");
	need_text(pin_of_key(&leaf));
	assert_int_equal(visit(&usual, &leaf, &other_root), TLS_CLIENT_CERT);
	need_text("the certificate is from \"Other Root\"");
	assert_int_equal(visit(&usual, &self, NULL), TLS_CLIENT_CERT);
	need_text("the certificate is self-signed; its pin is ");
	need_text(pin_of_key(&self));
	/* the root's name with another's signature */
	fake = issue(&forged);
	assert_true(X509_sign(fake.x, other_root.key, EVP_sha256()) > 0);
	assert_int_equal(visit(&usual, &fake, NULL), TLS_CLIENT_CERT);
	issued_done(&leaf);
	issued_done(&self);
	issued_done(&fake);
}

static void
test_purpose(void **state)
{
	static const struct {
		const char *eku;
		enum tls_client_fault fault;
	} cases[] = {
		{ "serverAuth", TLS_CLIENT_NONE },
		{ "clientAuth,serverAuth", TLS_CLIENT_NONE },
		{ "clientAuth", TLS_CLIENT_CERT },
		{ "emailProtection", TLS_CLIENT_CERT },
	};
	struct issued leaf;
	struct order o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		o = (struct order){ .by = &root, .san = "DNS:" HOST,
			.eku = cases[i].eku };
		leaf = issue(&o);
		assert_int_equal(visit(&usual, &leaf, NULL), cases[i].fault);
		if (cases[i].fault != TLS_CLIENT_NONE)
			need_text("the certificate is not for a server");
		issued_done(&leaf);
	}
}

static void
test_intermediates(void **state)
{
	static const struct {
		bool ca, sent;
		int from, to;
		enum tls_client_fault fault;
		const char *text;
	} cases[] = {
		{ true, true, 0, 0, TLS_CLIENT_NONE, "" },
		{ true, false, 0, 0, TLS_CLIENT_CERT, "from \"Middle\"" },
		{ true, true, -9, -1, TLS_CLIENT_CERT, "the certificate of "
		    "its authority \"Middle\" expired on" },
		/* anybody with a certificate could sign another */
		{ false, true, 0, 0, TLS_CLIENT_CERT, "\"Middle\"" },
	};
	struct issued leaf, middle;
	struct order o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		o = (struct order){ .by = &root, .cn = "Middle",
			.ca = cases[i].ca, .from = cases[i].from,
			.to = cases[i].to };
		middle = issue(&o);
		o = (struct order){ .by = &middle, .san = "DNS:" HOST };
		leaf = issue(&o);
		assert_int_equal(visit(&usual, &leaf, cases[i].sent ?
		    &middle : NULL), cases[i].fault);
		need_text(cases[i].text);
		issued_done(&leaf);
		issued_done(&middle);
	}
}

/* what the user has put into ca_file is trusted as it is */
static void
test_ca_file(void **state)
{
	struct order m = { .by = &root, .cn = "Middle", .ca = true };
	struct order l = { .san = "DNS:" HOST };
	struct tls_client_spec spec = usual;
	struct issued middle = issue(&m), leaf, self;
	const struct issued *both[2] = { &other_root, &middle };

	(void)state;
	l.by = &middle;
	leaf = issue(&l);
	l.by = NULL;
	self = issue(&l);
	both[1] = &middle;
	spec.ca_file = pem_file("both.pem", both, 2, false);
	assert_int_equal(visit(&spec, &leaf, NULL), TLS_CLIENT_NONE);
	assert_int_equal(visit(&spec, &self, NULL), TLS_CLIENT_CERT);
	both[0] = &self;
	spec.ca_file = pem_file("self.pem", both, 1, true);
	assert_int_equal(visit(&spec, &self, NULL), TLS_CLIENT_NONE);
	assert_int_equal(visit(&spec, &leaf, NULL), TLS_CLIENT_CERT);
	spec.name = "imap.example.net";
	assert_int_equal(visit(&spec, &self, NULL), TLS_CLIENT_NAME);
	issued_done(&leaf);
	issued_done(&self);
	issued_done(&middle);
}

/* ---- pins ---- */

/* a pin is a statement by the user: neither chain nor name nor date counts */
static void
test_pins(void **state)
{
	struct order o = { .cn = "box", .san = "DNS:box.example", .from = -9,
		.to = -1, .eku = "clientAuth" };
	struct order g = { .by = &root, .san = "DNS:" HOST };
	struct tls_client_spec spec = usual;
	struct issued odd = issue(&o), good = issue(&g);

	(void)state;
	spec.ca_file = "/nonexistent";	/* it is not even looked at */
	spec.pin = pin_of_key(&odd);
	assert_int_equal(visit(&spec, &odd, NULL), TLS_CLIENT_NONE);
	assert_int_equal(visit(&spec, &good, NULL), TLS_CLIENT_PIN);
	need_text("the server's key is not the pinned one; its pin is "
	    "sha256:");
	need_text(pin_of_key(&good));
	spec.pin = pin_of_certificate(&odd, false);
	assert_int_equal(visit(&spec, &odd, NULL), TLS_CLIENT_NONE);
	spec.pin = pin_of_certificate(&odd, true);
	assert_int_equal(visit(&spec, &odd, NULL), TLS_CLIENT_NONE);
	assert_int_equal(visit(&spec, &good, NULL), TLS_CLIENT_PIN);
	need_text(pin_of_certificate(&good, false));
	/* the same key in a new certificate */
	spec.pin = pin_of_key(&odd);
	assert_true(X509_gmtime_adj(X509_getm_notAfter(odd.x), 86400));
	assert_true(X509_sign(odd.x, odd.key, EVP_sha256()) > 0);
	assert_int_equal(visit(&spec, &odd, NULL), TLS_CLIENT_NONE);
	issued_done(&odd);
	issued_done(&good);
}

/* what the text proposes is what works */
static void
test_pin_from_text(void **state)
{
	struct order o = { .cn = "box" };
	struct tls_client_spec spec = usual;
	struct issued box = issue(&o);
	char pin[64] = "";
	const char *at;

	(void)state;
	assert_int_equal(visit(&spec, &box, NULL), TLS_CLIENT_CERT);
	at = strstr(fault_text, "sha256:");
	assert_non_null(at);
	assert_false(text_format(pin, sizeof(pin), "%s", at));
	spec.pin = pin;
	assert_int_equal(visit(&spec, &box, NULL), TLS_CLIENT_NONE);
	issued_done(&box);
}

/* ---- settings that cannot be ---- */

static void
test_settings(void **state)
{
	static const char k44[] =
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	static const char h64[] = "00000000000000000000000000000000"
	    "00000000000000000000000000000000";
	static const struct {
		const char *name, *domain, *ca, *pin, *certificate, *text;
	} cases[] = {
		{ NULL, NULL, NULL, NULL, NULL, "\"\"" },
		{ "", NULL, NULL, NULL, NULL, "\"\"" },
		{ "a b", NULL, NULL, NULL, NULL, "\"a b\"" },
		{ "*.example.net", NULL, NULL, NULL, NULL, "\"*.ex" },
		{ ".example.net", NULL, NULL, NULL, NULL, "\".ex" },
		{ "pop..example.net", NULL, NULL, NULL, NULL, "\"pop..ex" },
		{ "m\303\244il.example", NULL, NULL, NULL, NULL, "xn--" },
		{ HOST, "*.org", NULL, NULL, NULL, "\"*.org\"" },
		{ HOST, NULL, "/nonexistent/ca", NULL, NULL,
		    "/nonexistent/ca: No such file" },
		{ HOST, NULL, "/dev/null", NULL, NULL, "/dev/null: no cert" },
		{ HOST, NULL, "/tmp", NULL, NULL, "/tmp: Is a directory" },
		{ HOST, NULL, NULL, "", NULL, "pin \"\": give" },
		{ HOST, NULL, NULL, k44, NULL, "pin \"AAA" },
		{ HOST, NULL, NULL, "sha256:", NULL, "pin \"sha256:\"" },
		{ HOST, NULL, NULL, "sha256:AAAA", NULL, "pin" },
		{ HOST, NULL, NULL, "cert-sha256:", NULL, "pin" },
		{ HOST, NULL, NULL, "cert-sha256:00:", NULL, "pin" },
		{ HOST, NULL, NULL, "cert-sha256:0", NULL, "pin" },
		{ HOST, NULL, NULL, h64, NULL, "pin" },
		{ HOST, NULL, NULL, NULL, "/nonexistent/me",
		    "/nonexistent/me: No such file" },
		{ HOST, NULL, NULL, NULL, "/dev/null",
		    "/dev/null: no certificate" },
	};
	struct tls_client_spec spec;
	char error[400];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		spec = (struct tls_client_spec){ .name = cases[i].name,
			.mail_domain = cases[i].domain,
			.ca_file = cases[i].ca ? cases[i].ca : root_file,
			.pin = cases[i].pin,
			.certificate = cases[i].certificate };
		assert_null(tls_client_new(&spec, error, sizeof(error)));
		if (strstr(error, cases[i].text) == NULL)
			fail_msg("%zu: %s", i, error);
	}
	tls_client_unref(NULL);
}

/* every octet of a pin matters, and nothing may stand behind it */
static void
test_pin_forms(void **state)
{
	struct tls_client_spec spec = usual;
	char pin[128], error[400];
	struct order o = { .cn = "box" };
	struct issued box = issue(&o);
	size_t i, n;
	int form;

	(void)state;
	spec.pin = pin;
	for (form = 0; form < 3; form++) {
		assert_false(text_format(pin, sizeof(pin) - 1, "%s",
		    form == 0 ? pin_of_key(&box) :
		    pin_of_certificate(&box, form == 1)));
		n = strlen(pin);
		pin[n] = '0';
		pin[n + 1] = '\0';
		assert_null(tls_client_new(&spec, error, sizeof(error)));
		pin[n] = '\0';
		for (i = 0; i < n; i++) {
			pin[n - i - 1] = '\0';
			assert_null(tls_client_new(&spec, error,
			    sizeof(error)));
		}
	}
	issued_done(&box);
}

/* ---- what the server is told ---- */

static const char *
shown_name(const char *host, char out[64])
{
	struct order o = { .by = &root, .san = "DNS:pop.example.net,"
	    "IP:192.0.2.1,IP:2001:db8::1" };
	struct issued leaf = issue(&o);
	struct tls_server *s = serve(&leaf, NULL, NULL);
	struct tls_client_spec spec = usual;
	struct tls_client *t;
	const unsigned char *alpn;
	const char *name;
	struct pair p;
	unsigned n;

	spec.name = host;
	t = client(&spec);
	pair_start(&p, t, s, no_session);
	assert_int_equal(pair_handshake(&p), 0);
	name = SSL_get_servername(p.s.ssl, TLSEXT_NAMETYPE_host_name);
	assert_false(text_format(out, 64, "%s", name ? name : "none"));
	SSL_get0_alpn_selected(p.s.ssl, &alpn, &n);
	assert_true(n == 4 && memcmp(alpn, "pop3", 4) == 0);
	pair_close(&p);
	tls_client_unref(t);
	tls_server_unref(s);
	issued_done(&leaf);
	return out;
}

/* RFC 6066 section 3: no final dot, no addresses */
static void
test_sni(void **state)
{
	char name[64];

	(void)state;
	assert_string_equal(shown_name("POP.example.net.", name), HOST);
	assert_string_equal(shown_name("192.0.2.1", name), "none");
	assert_string_equal(shown_name("2001:db8::1", name), "none");
}

static void
test_alpn(void **state)
{
	static const struct { const char *alpn; bool ok; } cases[] = {
		{ "pop3", true }, { NULL, true }, { "imap", false },
	};
	struct order o = { .by = &root, .san = "DNS:" HOST };
	struct issued leaf = issue(&o);
	struct tls_server *s = serve(&leaf, NULL, "pop3");
	struct tls_client_spec spec = usual;
	struct tls_client *t;
	struct pair p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		spec.alpn = cases[i].alpn;
		t = client(&spec);
		pair_start(&p, t, s, no_session);
		assert_int_equal(pair_handshake(&p), cases[i].ok ? 0 :
		    CONN_ERROR);
		if (!cases[i].ok) {
			assert_int_equal(tls_client_fault(&p.c, fault_text,
			    sizeof(fault_text)), TLS_CLIENT_HANDSHAKE);
			need_text("another protocol on this port");
		}
		pair_close(&p);
		tls_client_unref(t);
	}
	tls_server_unref(s);
	issued_done(&leaf);
}

static int
accept_any(int ok, X509_STORE_CTX *sc)
{
	(void)ok;
	(void)sc;
	return 1;
}

static void
test_client_certificate(void **state)
{
	struct order so = { .by = &root, .san = "DNS:" HOST };
	struct order co = { .by = &root, .cn = "wren", .eku = "clientAuth" };
	struct issued leaf = issue(&so), me = issue(&co);
	const struct issued *list[1] = { &me };
	struct tls_server *s = serve(&leaf, NULL, NULL);
	struct tls_client_spec spec = usual;
	struct tls_client *t;
	struct pair p;
	int with, version;

	(void)state;
	for (with = 0; with < 4; with++) {
		version = with & 2 ? TLS1_3_VERSION : TLS1_2_VERSION;
		spec.certificate = with & 1 ? pem_file("me.pem", list, 1,
		    true) : NULL;
		t = client(&spec);
		pair_start(&p, t, s, no_session);
		assert_true(SSL_set_max_proto_version(p.c.ssl, version));
		SSL_set_verify(p.s.ssl, SSL_VERIFY_PEER |
		    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
		if (with & 1) {
			assert_int_equal(pair_handshake(&p), 0);
			assert_int_equal(X509_cmp(me.x,
			    SSL_get0_peer_certificate(p.s.ssl)), 0);
		} else if (version == TLS1_2_VERSION) {
			assert_int_equal(pair_handshake(&p), CONN_ERROR);
			assert_int_equal(tls_client_fault(&p.c, fault_text,
			    sizeof(fault_text)), TLS_CLIENT_HANDSHAKE);
			need_text("client certificate");
		}
		pair_close(&p);
		tls_client_unref(t);
	}
	tls_server_unref(s);
	issued_done(&leaf);
	issued_done(&me);
}

/* ---- the last door ---- */

/* should verification ever be switched off, the handshake still fails */
static void
test_unverified(void **state)
{
	struct order o = { .by = &root, .san = "DNS:imap.example.net" };
	struct issued leaf = issue(&o);
	struct tls_server *s = serve(&leaf, NULL, NULL);
	struct tls_client *t = client(&usual);
	struct pair p;

	(void)state;
	pair_start(&p, t, s, no_session);
	SSL_set_verify(p.c.ssl, SSL_VERIFY_NONE, NULL);
	assert_int_equal(pair_handshake(&p), CONN_ERROR);
	assert_non_null(strstr(p.c.why, "not verified"));
	assert_int_equal(tls_client_fault(&p.c, fault_text,
	    sizeof(fault_text)), TLS_CLIENT_NAME);
	pair_close(&p);
	tls_client_unref(t);
	tls_server_unref(s);
	issued_done(&leaf);
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
	root_file = pem_file("root.pem", list, 1, false);
	usual = (struct tls_client_spec){ .ca_file = root_file, .name = HOST,
		.alpn = "pop3" };
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	pem_files_done();
	issued_done(&root);
	issued_done(&other_root);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_names),
		cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_common_names),
		cmocka_unit_test(test_mail_domain),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_broken_names),
		cmocka_unit_test(test_name_texts),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_authorities),
		cmocka_unit_test(test_purpose),
		cmocka_unit_test(test_intermediates),
		cmocka_unit_test(test_ca_file),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_pin_from_text),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_pin_forms),
		cmocka_unit_test(test_sni),
		cmocka_unit_test(test_alpn),
		cmocka_unit_test(test_client_certificate),
		cmocka_unit_test(test_unverified),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
