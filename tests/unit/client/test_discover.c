/* SPDX-License-Identifier: ISC
 *
 * discover: which host names, answers of name servers and documents are
 * believed, and which candidate comes first (RFC 6186, 2782, 8314; C-30,
 * C-31).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/discover.h"

static unsigned char *
exact(struct pop_span s)
{
	unsigned char *p = malloc(s.n ? s.n : 1);

	assert_non_null(p);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

/* ---- names ---- */

static void
test_names(void **state)
{
	static const char long_label[] = "a123456789012345678901234567890123"
	    "456789012345678901234567890123.example";
	const char *good[] = { "a", "pop.example.org", "POP.Example.ORG",
		"1and1.com", "a-b.c", "192.0.2.1", "xn--bcher-kva.example" };
	const char *bad[] = { "", ".", "a.", ".a", "a..b", "-a.b", "a-.b",
		"a.b-", "a b", "a_b", "a/b", "a\nb", "a%b", "b\xc3\xbc.de",
		"a@b", "[::1]", "a:1", long_label };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(discover_is_host(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (discover_is_host(bad[i]))
			fail_msg("\"%s\"", bad[i]);
	assert_true(discover_is_host(long_label + 1));
	assert_true(discover_in_domain("pop.example.org", "example.org"));
	assert_true(discover_in_domain("POP.example.ORG", "example.org"));
	assert_true(discover_in_domain("example.org", "example.org"));
	assert_false(discover_in_domain("badexample.org", "example.org"));
	assert_false(discover_in_domain("example.org.evil", "example.org"));
	assert_false(discover_in_domain("org", "example.org"));
	assert_false(discover_in_domain("", "example.org"));
}

/* ---- answers of name servers ---- */

struct packet {
	unsigned char p[2048];
	size_t n;
};

static void
put16(struct packet *k, unsigned v)
{
	k->p[k->n++] = (unsigned char)(v >> 8);
	k->p[k->n++] = (unsigned char)v;
}

static void
put_name(struct packet *k, const char *name)
{
	while (*name != '\0') {
		size_t n = strcspn(name, ".");

		k->p[k->n++] = (unsigned char)n;
		memcpy(k->p + k->n, name, n);
		k->n += n;
		name += n + (name[n] == '.');
	}
	k->p[k->n++] = 0;
}

/* header and question */
static void
begin(struct packet *k, unsigned flags, unsigned count)
{
	k->n = 0;
	put16(k, 1);
	put16(k, flags);
	put16(k, 1);
	put16(k, count);
	put16(k, 0);
	put16(k, 0);
	put_name(k, "_pop3s._tcp.example.org");
	put16(k, 33);
	put16(k, 1);
}

/* a record of that type; numbers, then a name; `extra` octets too many */
static void
record(struct packet *k, unsigned type, const unsigned *numbers, size_t n,
    const char *name, size_t extra)
{
	size_t length;

	put16(k, 0xc00c);	/* the name in the question */
	put16(k, type);
	put16(k, 1);
	put16(k, 0);
	put16(k, 60);
	length = k->n;
	put16(k, 0);
	for (size_t i = 0; i < n; i++)
		put16(k, numbers[i]);
	put_name(k, name);
	memset(k->p + k->n, 0, extra);
	k->n += extra;
	k->p[length] = (unsigned char)((k->n - length - 2) >> 8);
	k->p[length + 1] = (unsigned char)(k->n - length - 2);
}

static void
srv(struct packet *k, unsigned priority, unsigned weight, unsigned port,
    const char *target)
{
	record(k, 33, (unsigned[]){ priority, weight, port }, 3, target, 0);
}

enum { ANSWER = 0x8180 };

static ptrdiff_t
read_srv(const struct packet *k, struct discover_srv *out, size_t max)
{
	unsigned char *copy = exact(span_of(k->p, k->n));
	ptrdiff_t n = discover_srv_read(span_of(copy, k->n), out, max);

	free(copy);
	return n;
}

static void
test_srv(void **state)
{
	struct discover_srv s[4];
	struct packet k;

	(void)state;
	begin(&k, ANSWER, 2);
	srv(&k, 10, 5, 995, "pop.example.org");
	srv(&k, 20, 0, 1995, "pop2.example.org");
	assert_int_equal(read_srv(&k, s, 4), 2);
	assert_int_equal(s[0].priority, 10);
	assert_int_equal(s[0].weight, 5);
	assert_int_equal(s[0].port, 995);
	assert_string_equal(s[0].target, "pop.example.org");
	assert_int_equal(s[1].port, 1995);
	assert_int_equal(read_srv(&k, s, 1), 1);
	/* every cut: what came before it, or no answer; never more */
	for (size_t n = 0; n < k.n; n++) {
		struct packet cut = k;

		cut.n = n;
		assert_true(read_srv(&cut, s, 4) < 2);
	}
	/* C-31: the service is not offered */
	begin(&k, ANSWER, 1);
	srv(&k, 0, 0, 0, "");
	assert_int_equal(read_srv(&k, s, 4), 1);
	assert_string_equal(s[0].target, "");
}

/* Records that cannot be are left out, and the others stay. */
static void
test_srv_bad(void **state)
{
	const unsigned numbers[] = { 1, 1, 995 };
	struct discover_srv s[4];
	struct packet k;

	(void)state;
	begin(&k, ANSWER, 6);
	srv(&k, 1, 1, 995, "bad_name.example.org");
	srv(&k, 1, 1, 995, "with blank.example.org");
	srv(&k, 1, 1, 0, "port.example.org");
	record(&k, 33, numbers, 3, "long.example.org", 1);
	record(&k, 1, numbers, 1, "", 1);	/* an A record */
	srv(&k, 1, 1, 995, "good.example.org");
	assert_int_equal(read_srv(&k, s, 4), 1);
	assert_string_equal(s[0].target, "good.example.org");
	begin(&k, ANSWER, 1);
	record(&k, 33, numbers, 2, "", 0);	/* too short */
	assert_int_equal(read_srv(&k, s, 4), 0);
	/* a name that points at itself */
	begin(&k, ANSWER, 1);
	srv(&k, 1, 1, 995, "a");
	k.p[k.n - 3] = 0xc0;
	k.p[k.n - 2] = (unsigned char)(k.n - 3);
	assert_int_equal(read_srv(&k, s, 4), 0);
	/* a question is no answer, nor is an error */
	begin(&k, 0x0100, 1);
	srv(&k, 1, 1, 995, "good.example.org");
	assert_int_equal(read_srv(&k, s, 4), -1);
	begin(&k, ANSWER | 3, 1);
	srv(&k, 1, 1, 995, "good.example.org");
	assert_int_equal(read_srv(&k, s, 4), -1);
	/* more announced than there is */
	begin(&k, ANSWER, 9);
	srv(&k, 1, 1, 995, "good.example.org");
	assert_true(read_srv(&k, s, 4) <= 1);
}

static void
test_mx(void **state)
{
	char host[DISCOVER_NAME_MAX];
	struct packet k;
	unsigned char *copy;

	(void)state;
	begin(&k, ANSWER, 3);
	record(&k, 15, (unsigned[]){ 20 }, 1, "mx2.example.net", 0);
	record(&k, 15, (unsigned[]){ 10 }, 1, "mx1.example.net", 0);
	record(&k, 15, (unsigned[]){ 5 }, 1, "no host.example", 0);
	copy = exact(span_of(k.p, k.n));
	assert_int_equal(discover_mx_read(span_of(copy, k.n), host), 1);
	assert_string_equal(host, "mx1.example.net");
	free(copy);
	begin(&k, ANSWER, 1);	/* RFC 7505 */
	record(&k, 15, (unsigned[]){ 0 }, 1, "", 0);
	assert_int_equal(discover_mx_read(span_of(k.p, k.n), host), 0);
	assert_int_equal(discover_mx_read(span_of(k.p, 5), host), -1);
}

/* ---- order of SRV ---- */

static uint32_t
given(void *arg, uint32_t n)
{
	uint32_t **next = arg;
	uint32_t v = *(*next)++;

	assert_true(v <= n);
	return v;
}

static void
order(const char *wanted, uint32_t *numbers)
{
	struct discover_srv s[] = {
		{ 20, 0, 5, "e" }, { 10, 60, 1, "b" }, { 10, 0, 2, "a" },
		{ 10, 40, 3, "c" }, { 5, 100, 4, "d" },
	};
	char got[6] = "";

	discover_srv_order(s, 5, given, &numbers);
	for (size_t i = 0; i < 5; i++)
		got[i] = s[i].target[0];
	assert_string_equal(got, wanted);
}

/* RFC 2782: the first whose running sum reaches the number; weight 0 stands
 * first, and is chosen by 0 alone */
static void
test_srv_order(void **state)
{
	(void)state;
	order("dabce", (uint32_t[]){ 0, 1 });
	order("dacbe", (uint32_t[]){ 0, 61 });
	order("dbace", (uint32_t[]){ 60, 0 });
	order("dbcae", (uint32_t[]){ 60, 1 });
	order("dcbae", (uint32_t[]){ 100, 1 });
	order("dcabe", (uint32_t[]){ 61, 0 });
}

/* ---- documents ---- */

#define DOC(x) "<?xml version=\"1.0\"?><clientConfig version=\"1.1\">" \
	"<emailProvider id=\"example.org\">" x "</emailProvider>" \
	"</clientConfig>"
#define SERVER(x) DOC("<incomingServer type=\"pop3\">" x "</incomingServer>")
#define HOST "<hostname>pop.example.org</hostname>"
#define PORT "<port>995</port>"
#define SSL "<socketType>SSL</socketType>"
#define TENFOLD(x) x x x x x x x x x x

static const struct {
	const char *xml;
	int count;		/* of servers; -1: no document */
	const char *host, *user;	/* of the first one */
	unsigned port;
	enum discover_tls tls;
	unsigned auth;
} documents[] = {
	{ SERVER(HOST PORT SSL "<username>%EMAILADDRESS%</username>"
	    "<authentication>password-cleartext</authentication>"),
	    1, "pop.example.org", "%EMAILADDRESS%", 995, DISCOVER_IMPLICIT,
	    DISCOVER_PASSWORD },
	{ SERVER("\n<hostname>\n pop.example.org </hostname>"
	    "<port> 110 </port><socketType>STARTTLS</socketType>"
	    "<authentication>OAuth2</authentication>"
	    "<authentication>password-encrypted</authentication>"),
	    1, "pop.example.org", "", 110, DISCOVER_START,
	    DISCOVER_OAUTH2 | DISCOVER_ENCRYPTED },
	{ SERVER("<hostname>pop.%EMAILDOMAIN%</hostname>" PORT SSL), 1,
	    "pop.example.org", "", 995, DISCOVER_IMPLICIT, 0 },
	{ SERVER("<hostname>%EMAILDOMAIN%</hostname>" PORT SSL), 1,
	    "example.org", "", 995, DISCOVER_IMPLICIT, 0 },
	{ SERVER(HOST "<port>110</port><socketType>plain</socketType>"), 1,
	    "pop.example.org", "", 110, DISCOVER_NONE, 0 },
	{ SERVER("<hostname>p&#111;p.x.org</hostname>" PORT SSL
	    "<pop3><leaveMessagesOnServer>true</leaveMessagesOnServer>"
	    "<hostname>evil.org</hostname></pop3>"), 1, "pop.x.org", "", 995,
	    DISCOVER_IMPLICIT, 0 },
	/* other servers are not ours */
	{ DOC("<incomingServer type=\"imap\">" HOST PORT SSL
	    "</incomingServer><outgoingServer type=\"smtp\">" HOST PORT SSL
	    "</outgoingServer>"), 0, NULL, NULL, 0, 0, 0 },
	{ DOC("<incomingServer>" HOST PORT SSL "</incomingServer>"), 0, NULL,
	    NULL, 0, 0, 0 },
	{ DOC("<x><incomingServer type=\"pop3\">" HOST PORT SSL
	    "</incomingServer></x>"), 0, NULL, NULL, 0, 0, 0 },
	/* what is missing or impossible makes no server */
	{ SERVER(PORT SSL), 0, NULL, NULL, 0, 0, 0 },
	{ SERVER(HOST SSL), 0, NULL, NULL, 0, 0, 0 },
	{ SERVER(HOST PORT), 0, NULL, NULL, 0, 0, 0 },
	{ SERVER(HOST PORT "<socketType>ssl</socketType>"), 0, NULL, NULL, 0,
	    0, 0 },
	{ SERVER(HOST "<port>0</port>" SSL), 0, NULL, NULL, 0, 0, 0 },
	{ SERVER(HOST "<port>65536</port>" SSL), 0, NULL, NULL, 0, 0, 0 },
	{ SERVER(HOST "<port>-1</port>" SSL), 0, NULL, NULL, 0, 0, 0 },
	{ SERVER("<hostname>a b</hostname>" PORT SSL), 0, NULL, NULL, 0, 0,
	    0 },
	{ SERVER("<hostname>a/../b</hostname>" PORT SSL), 0, NULL, NULL, 0,
	    0, 0 },
	{ SERVER("<hostname>a&#10;b</hostname>" PORT SSL), 0, NULL, NULL, 0,
	    0, 0 },
	{ SERVER("<hostname>a<b/>c</hostname>" PORT SSL), 0, NULL, NULL, 0,
	    0, 0 },
	{ SERVER("<hostname>" TENFOLD(TENFOLD("abcd.")) "org</hostname>"
	    PORT SSL), 0, NULL, NULL, 0, 0, 0 },
	/* a user name that is too long, or has control characters, is not
	 * said */
	{ SERVER(HOST PORT SSL "<username>a&#9;b</username>"), 1,
	    "pop.example.org", "", 995, DISCOVER_IMPLICIT, 0 },
	{ SERVER(HOST PORT SSL "<username>" TENFOLD(TENFOLD("abcd"))
	    "</username>"), 1, "pop.example.org", "", 995, DISCOVER_IMPLICIT,
	    0 },
	/* no more than DISCOVER_SERVERS_MAX */
	{ DOC(TENFOLD("<incomingServer type=\"pop3\">" HOST PORT SSL
	    "</incomingServer>")), DISCOVER_SERVERS_MAX, "pop.example.org",
	    "", 995, DISCOVER_IMPLICIT, 0 },
	/* no documents */
	{ "", -1, NULL, NULL, 0, 0, 0 },
	{ "<html><body>Not found</body></html>", -1, NULL, NULL, 0, 0, 0 },
	{ "<clientConfig>", -1, NULL, NULL, 0, 0, 0 },
	{ "{\"json\": true}", -1, NULL, NULL, 0, 0, 0 },
	{ "<clientConfig/>x", -1, NULL, NULL, 0, 0, 0 },
	/* a good server in a document with a mistake is not used */
	{ "<clientConfig><emailProvider><incomingServer type=\"pop3\">" HOST
	    PORT SSL "</incomingServer></emailProvider>", -1, NULL, NULL, 0,
	    0, 0 },
	/* entities, of any kind */
	{ "<!DOCTYPE c [<!ENTITY a \"b\">]><clientConfig/>", -1, NULL, NULL,
	    0, 0, 0 },
	{ "<!DOCTYPE clientConfig SYSTEM \"file:///etc/passwd\">"
	    "<clientConfig/>", -1, NULL, NULL, 0, 0, 0 },
	{ SERVER("<hostname>&xxe;</hostname>"), -1, NULL, NULL, 0, 0, 0 },
	/* nested too deeply */
	{ DOC(TENFOLD("<a>") TENFOLD("<a>") TENFOLD("</a>")
	    TENFOLD("</a>")), -1, NULL, NULL, 0, 0, 0 },
	{ DOC(TENFOLD("<a>") TENFOLD("</a>")), 0, NULL, NULL, 0, 0, 0 },
};

static void
test_documents(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]);
	    i++) {
		struct pop_span x = span_str(documents[i].xml);
		unsigned char *copy = exact(x);
		struct discover_document doc = { 0 };
		int r = discover_xml_read(span_of(copy, x.n), "example.org",
		    &doc);

		free(copy);
		if ((r == 0 ? (int)doc.n : -1) != documents[i].count)
			fail_msg("document %zu: %d, %zu", i, r, doc.n);
		if (documents[i].count < 1)
			continue;
		assert_string_equal(doc.servers[0].host, documents[i].host);
		assert_string_equal(doc.servers[0].user, documents[i].user);
		assert_int_equal(doc.servers[0].port, documents[i].port);
		assert_int_equal(doc.servers[0].tls, documents[i].tls);
		assert_int_equal(doc.servers[0].auth, documents[i].auth);
	}
}

/* cut anywhere it is no document */
static void
test_documents_cut(void **state)
{
	struct pop_span x = span_str(documents[0].xml);
	struct discover_document doc;

	(void)state;
	for (size_t n = 0; n < x.n; n++) {
		unsigned char *copy = exact(span_of(x.p, n));

		assert_int_equal(discover_xml_read(span_of(copy, n),
		    "example.org", &doc), -1);
		free(copy);
	}
}

/* ---- candidates ---- */

static void
add(struct discover_list *l, enum discover_source source, const char *host,
    unsigned port, enum discover_tls tls, const char *user)
{
	struct discover_candidate c = { .source = source, .port = port,
		.tls = tls };

	memcpy(c.host, host, strlen(host) + 1);
	memcpy(c.user, user, strlen(user) + 1);
	discover_add(l, &c);
}

/* From the worst to the best, sorted: the other way around. */
static void
test_order(void **state)
{
	static const struct {
		enum discover_source source;
		const char *host;
		enum discover_tls tls;
	} wanted[] = {
		{ DISCOVER_SRV, "a.example.org", DISCOVER_IMPLICIT },
		{ DISCOVER_AUTOCONFIG, "b.example.org", DISCOVER_START },
		{ DISCOVER_WELL_KNOWN, "c.example.org", DISCOVER_IMPLICIT },
		{ DISCOVER_ISPDB, "d.example.net", DISCOVER_IMPLICIT },
		{ DISCOVER_SRV, "e.example.org", DISCOVER_START },
		/* C-30: DNS alone cannot name a host of somebody else */
		{ DISCOVER_SRV, "f.example.net", DISCOVER_IMPLICIT },
		{ DISCOVER_SRV, "g.example.net", DISCOVER_START },
		{ DISCOVER_MX_ISPDB, "h.example.net", DISCOVER_IMPLICIT },
		{ DISCOVER_GUESS, "i.example.org", DISCOVER_IMPLICIT },
		{ DISCOVER_GUESS, "j.example.org", DISCOVER_START },
		/* in clear: the last resort, whoever says so */
		{ DISCOVER_AUTOCONFIG, "k.example.org", DISCOVER_NONE },
	};
	const size_t n = sizeof(wanted) / sizeof(wanted[0]);
	struct discover_list l;

	(void)state;
	assert_int_equal(discover_list_init(&l, "Example.ORG"), 0);
	for (size_t i = n; i-- > 0;)
		add(&l, wanted[i].source, wanted[i].host, 1, wanted[i].tls,
		    "");
	discover_sort(&l);
	assert_int_equal(l.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(l.all[i].host, wanted[i].host);
		assert_int_equal(l.all[i].in_domain,
		    strstr(wanted[i].host, ".org") != NULL);
		assert_int_equal(l.all[i].vouched,
		    wanted[i].source == DISCOVER_AUTOCONFIG ||
		    wanted[i].source == DISCOVER_WELL_KNOWN ||
		    wanted[i].source == DISCOVER_ISPDB);
	}
}

static void
test_join(void **state)
{
	struct discover_list l;

	(void)state;
	assert_int_equal(discover_list_init(&l, "example.org"), 0);
	add(&l, DISCOVER_SRV, "Pop.Example.net", 995, DISCOVER_IMPLICIT, "");
	add(&l, DISCOVER_AUTOCONFIG, "pop.example.net", 995,
	    DISCOVER_IMPLICIT, "%EMAILLOCALPART%");
	add(&l, DISCOVER_AUTOCONFIG, "pop.example.net", 110, DISCOVER_START,
	    "");
	/* no hosts, no ports */
	add(&l, DISCOVER_SRV, "a b", 995, DISCOVER_IMPLICIT, "");
	add(&l, DISCOVER_SRV, "a", 0, DISCOVER_IMPLICIT, "");
	add(&l, DISCOVER_SRV, "a", 65536, DISCOVER_IMPLICIT, "");
	assert_int_equal(l.n, 2);
	assert_string_equal(l.all[0].host, "pop.example.net");
	assert_string_equal(l.all[0].user, "%EMAILLOCALPART%");
	assert_true(l.all[0].vouched);
	for (unsigned i = 1; i < 1000; i++)
		add(&l, DISCOVER_SRV, "a", i, DISCOVER_IMPLICIT, "");
	assert_int_equal(l.n, DISCOVER_MAX);
}

/* C-31: nobody guesses a service that is said to be absent */
static void
test_guesses(void **state)
{
	struct discover_list l;

	(void)state;
	assert_int_equal(discover_list_init(&l, "example.org"), 0);
	discover_add_guesses(&l);
	assert_int_equal(l.n, 8);
	assert_string_equal(l.all[0].host, "pop.example.org");
	assert_int_equal(l.all[0].port, 995);
	assert_int_equal(discover_list_init(&l, "example.org"), 0);
	l.no_pop3s = true;
	discover_add_guesses(&l);
	assert_int_equal(l.n, 4);
	assert_int_equal(l.all[0].port, 110);
	l.no_pop3 = true;
	l.n = 0;
	discover_add_guesses(&l);
	assert_int_equal(l.n, 0);
	assert_int_equal(discover_list_init(&l, "localhost"), -1);
	assert_int_equal(discover_list_init(&l, "a b.org"), -1);
	assert_int_equal(discover_list_init(&l, ""), -1);
}

static void
test_print(void **state)
{
	struct discover_list l;
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	assert_non_null(f);
	assert_int_equal(discover_list_init(&l, "example.org"), 0);
	add(&l, DISCOVER_ISPDB, "pop.example.org", 995, DISCOVER_IMPLICIT,
	    "a\"b\xc3\xbc");
	l.all[0].auth = DISCOVER_PASSWORD | DISCOVER_OAUTH2;
	l.no_pop3 = true;
	assert_int_equal(discover_print(&l, f), 0);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, "{\"kind\":\"candidate\",\"source\":"
	    "\"ispdb\",\"host\":\"pop.example.org\",\"port\":995,\"tls\":"
	    "\"implicit\",\"user\":\"a\\\"b\\u00FC\",\"auth\":[\"password\","
	    "\"oauth2\"],\"in_domain\":true,\"vouched\":true}\n"
	    "{\"kind\":\"note\",\"note\":\"no-pop3\"}\n");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_srv),
		cmocka_unit_test(test_srv_bad),
		cmocka_unit_test(test_mx),
		cmocka_unit_test(test_srv_order),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_documents_cut),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_guesses),
		cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
