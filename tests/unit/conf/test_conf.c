/* SPDX-License-Identifier: ISC
 *
 * Tests of src/conf: what a file gives, what is a mistake and how it is
 * reported, and that a dump reads back.  Owns no fixture files: all
 * configurations are in here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "conf/conf.h"
#include "conf/schema.h"
#include "conf/syntax.h"

#define MAIL "[mail]\nroot = /m\n"
#define AUTH "[auth]\nusers = /u\n"
#define TLS "[tls]\ncertificate = /c\nkey = /k\n"
#define POP3 "[listen a]\nprotocol = pop3\naddress = *:110\n"
#define MINIMAL MAIL AUTH TLS POP3

static const struct conf_schema *const schema = &conf_server_schema;

/* Reads `text`; the report goes to *report_r (free it). NULL on mistakes. */
static struct conf *
read_text(const char *text, size_t n, char **report_r)
{
	struct conf *c = NULL;
	size_t len;
	FILE *f = open_memstream(report_r, &len);
	int r;

	assert_non_null(f);
	r = conf_read_text("F", text, n, f, &c);
	assert_int_equal(fclose(f), 0);
	assert_true((r == 0) == (c != NULL));
	assert_true((r == 0) == (len == 0));
	return c;
}

static struct conf *
read_good(const char *text)
{
	char *report;
	struct conf *c = read_text(text, strlen(text), &report);

	if (!c)
		print_message("%s", report);
	assert_non_null(c);
	free(report);
	return c;
}

static char *
dump(const struct conf *c)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	conf_dump(c, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* The defaults that a file of the four required settings gives. */
static void
minimal_file_has_defaults(void **state)
{
	struct conf *c = read_good(MINIMAL);

	(void)state;
	assert_string_equal(c->path, "F");
	assert_non_null(c->hostname);
	assert_string_equal(c->run_dir, "/run/restante");
	assert_int_equal(c->fronts, 0);
	assert_string_equal(c->front_user.user, "restante");
	assert_null(c->front_user.group);
	assert_int_equal(c->without_root, CONF_WITHOUT_ROOT_RUN);
	assert_string_equal(c->log, "stderr");
	assert_int_equal(c->drain_seconds, 30);
	assert_string_equal(c->engine, "maildir");
	assert_string_equal(c->maildrop, "%u");
	assert_string_equal(c->domains, "");
	assert_null(c->postmaster);
	assert_string_equal(c->recipient_delimiter, "+");
	assert_true(c->session_lock);
	assert_false(c->crlf);
	assert_int_equal(c->message_size, 50 << 20);
	assert_int_equal(c->recipients, 1000);
	assert_int_equal(c->failure_delay_ms, 2000);
	assert_int_equal(c->failure_delay_max_ms, 15000);
	assert_int_equal(c->sessions, 20000);
	assert_int_equal(c->sessions_per_user, 10);
	assert_int_equal(c->sessions_per_address, 100);
	assert_int_equal(c->login_timeout, 60);
	assert_int_equal(c->idle_timeout, 600);
	assert_int_equal(c->smtp_timeout, 300);
	assert_int_equal(c->bad_commands, 20);
	assert_int_equal(c->auth_failures, 5);
	assert_int_equal(c->ncerts, 1);
	assert_null(c->certs[0].name);
	assert_int_equal(c->nlistens, 1);
	assert_string_equal(c->listens[0].name, "a");
	assert_int_equal(c->listens[0].tls, CONF_TLS_START);
	assert_false(c->listens[0].clear_login);
	conf_free(c);
}

/* Every type, written in every way that is accepted. */
static void
values_are_read(void **state)
{
	struct conf *c = read_good(
	    "\xef\xbb\xbf# comment\r\n"
	    "[server]\r\n"
	    "  hostname : pop.example.org  \r\n"
	    "  drain_seconds = 5\n"
	    "; comment\n"
	    "front_user = 5000:5001\nfronts=3\n"
	    "log = /var/log/restanted\n"
	    "[mail]\nroot = /m\ndomains = a.example, b.example\n"
	    "  c.example\n# between\n\n\td.example\n"
	    "session_lock = shared\nline_ends = crlf\nmessage_size = 64k\n"
	    "recipient_delimiter =\n"
	    AUTH "failure_delay = 1500ms\nfailure_delay_max = 3\n"
	    "[limits]\nidle_timeout = 2h\nlogin_timeout = 90\n"
	    "smtp_timeout = 1d\n"
	    "[tls] \n certificate = /c\n key = /k\n"
	    "[listen  x-1]\naddress = 127.0.0.1:0\n"
	    "\t[::1]:110\n  [fe80::1%eth0]:110 unix:/s\n systemd:pop3\n"
	    "protocol = pop3\nclear_login = yes\n"
	    "[listen y]\n\tprotocol = lmtp\n\taddress = h.example:24\n"
	    "\tbare_newline = normalize");

	(void)state;
	assert_string_equal(c->hostname, "pop.example.org");
	assert_string_equal(c->front_user.user, "5000");
	assert_string_equal(c->front_user.group, "5001");
	assert_int_equal(c->fronts, 3);
	assert_string_equal(c->log, "/var/log/restanted");
	assert_string_equal(c->domains,
	    "a.example b.example c.example d.example");
	assert_false(c->session_lock);
	assert_true(c->crlf);
	assert_int_equal(c->message_size, 65536);
	assert_string_equal(c->recipient_delimiter, "");
	assert_int_equal(c->failure_delay_ms, 1500);
	assert_int_equal(c->failure_delay_max_ms, 3000);
	assert_int_equal(c->idle_timeout, 7200);
	assert_int_equal(c->login_timeout, 90);
	assert_int_equal(c->smtp_timeout, 86400);
	assert_string_equal(c->listens[0].name, "x-1");
	assert_int_equal(c->listens[0].naddresses, 5);
	assert_string_equal(c->listens[0].addresses[1], "[::1]:110");
	assert_string_equal(c->listens[0].addresses[4], "systemd:pop3");
	assert_true(c->listens[0].clear_login);
	assert_int_equal(c->listens[1].protocol, CONF_LMTP);
	assert_int_equal(c->listens[1].tls, CONF_TLS_NONE);
	assert_int_equal(c->listens[1].bare_newline, CONF_NEWLINE_NORMALIZE);
	conf_free(c);
}

static void
lines_are_kept(void **state)
{
	struct conf *c = read_good(MINIMAL "[tls b]\ncertificate = /d\n"
	    "key = /l\n");

	(void)state;
	assert_int_equal(conf_line(c, "mail", 0, "root"), 2);
	assert_int_equal(conf_line(c, "tls", 0, "key"), 7);
	assert_int_equal(conf_line(c, "tls", 1, "key"), 13);
	assert_int_equal(conf_line(c, "server", 0, "log"), 0);
	assert_int_equal(c->certs[1].line, 11);
	assert_int_equal(c->listens[0].line, 8);
	conf_free(c);
}

/*
 * Mistakes: a text and how the reports begin, one a line, in order.  A file
 * that has these has no others: the count of lines is compared too.
 */
struct bad {
	const char *text;
	const char *reports[6];
};

static const struct bad bads[] = {
	/* syntax of the file */
	{ "nonsense\n" MINIMAL, { "F:1: neither [section] nor key" } },
	{ MINIMAL "nonsense", { "F:11: neither [section] nor key" } },
	{ "a = b\n" MINIMAL, { "F:1: a setting before the first" } },
	{ MINIMAL "[server\n", { "F:11: a section is [WORD]" } },
	{ MINIMAL "[server] x\n", { "F:11: a section is [WORD]" } },
	{ MINIMAL "[serber]\nlog = x\n",
	    { "F:11: there is no section [serber]; accepted: [server]" } },
	{ MINIMAL "[]\n", { "F:11: there is no section []" } },
	{ MINIMAL "[listen]\n", { "F:11: [listen] needs a name" } },
	{ MINIMAL "[auth x]\n", { "F:11: [auth x]: this section has no" } },
	{ MINIMAL "[listen a/b]\n", { "F:11: [listen a/b]: a name of" } },
	{ MINIMAL "[listen a]\n", { "F:11: [listen a] begins again; it "
	    "began in line 8" } },
	{ MINIMAL "[mail]\n", { "F:11: [mail] begins again" } },
	{ MINIMAL "[tls]\n", { "F:11: [tls] begins again" } },
	{ MINIMAL "[server]\nlog = /a\001b\n",
	    { "F:12: a control character" } },
	{ MINIMAL "[server]\nlog = /a\n  /b\n",
	    { "F:13: a line that is indented deeper" } },
	/* keys */
	{ MINIMAL "[server]\nhostnam = x\n",
	    { "F:12: [server] has no hostnam; did you mean hostname?" } },
	{ MINIMAL "[server]\ndrain-second = 1\n",
	    { "F:12: [server] has no drain-second; did you mean "
	    "drain_seconds?" } },
	{ MINIMAL "[server]\nidle_timeout = 1\n",
	    { "F:12: [server] has no idle_timeout; it belongs to [limits]" } },
	{ MINIMAL "[server]\nxyzzy = 1\n",
	    { "F:12: [server] has no xyzzy; restanted.conf(5)" } },
	{ MINIMAL "[server]\n= 1\n", { "F:12: [server] has no ;" } },
	{ MINIMAL "[server]\nlog = /a\nfronts = 1\nlog = /b\n",
	    { "F:14: [server] log is set again; it was set in line 12" } },
	/* values */
	{ MINIMAL "[server]\nfronts = -1\n",
	    { "F:12: [server] fronts: \"-1\" is not accepted; accepted: 0 "
	    "to 256" } },
	{ MINIMAL "[server]\nfronts = 257\n", { "F:12: [server] fronts" } },
	{ MINIMAL "[server]\nfronts =\n", { "F:12: [server] fronts: \"\"" } },
	{ MINIMAL "[server]\nfronts = 99999999999999999999\n",
	    { "F:12: [server] fronts" } },
	{ MINIMAL "[server]\nfronts = 1s\n", { "F:12: [server] fronts" } },
	{ MINIMAL "[server]\nlog = syslog\n",
	    { "F:12: [server] log: \"syslog\" is not accepted; accepted: "
	    "stderr, or a path" } },
	{ MINIMAL "[server]\nlog = /l ; comment\n", { "F:12: [server] log" } },
	{ MINIMAL "[server]\nhostname = a b\n", { "F:12: [server] host" } },
	{ MINIMAL "[server]\nfront_user = root\n",
	    { "F:12: [server] front_user: \"root\" is not accepted; "
	    "accepted: anybody but root" } },
	{ MINIMAL "[server]\nfront_user = 0:5\n",
	    { "F:12: [server] front_user" } },
	{ MINIMAL "[server]\nfront_user = a:\n",
	    { "F:12: [server] front_user" } },
	{ MINIMAL "[server]\nfront_user = 4294967295:1\n",
	    { "F:12: [server] front_user" } },
	{ MINIMAL "[limits]\nidle_timeout = 10x\n",
	    { "F:12: [limits] idle_timeout: \"10x\" is not accepted; "
	    "accepted: 10m to 1d" } },
	{ MINIMAL "[limits]\nidle_timeout = 599\nlogin_timeout = 9\n"
	    "smtp_timeout = 4m\n",
	    { "F:12: [limits] idle_timeout: accepted: 10m to 1d",
	    "F:13: [limits] login_timeout: accepted: 10s to 1h",
	    "F:14: [limits] smtp_timeout: accepted: 5m to 1d" } },
	{ MINIMAL "[limits]\nunsafe_limits = yes\n"
	    "idle_timeout = 0\n", { "F:13: [limits] idle_timeout: \"0\"" } },
	{ MAIL "message_size = 65535\nrecipients = 99\nengine = mbox\n"
	    AUTH TLS POP3,
	    { "F:5: [mail] engine: \"mbox\" is not accepted; accepted: "
	    "maildir or mem",
	    "F:3: [mail] message_size: accepted: 64K to 2047M (tests",
	    "F:4: [mail] recipients: accepted: 100 to 100000" } },
	{ MAIL "message_size = 0\n" AUTH TLS POP3
	    "[limits]\nunsafe_limits = yes\n",
	    { "F:3: [mail] message_size: \"0\" is not accepted" } },
	{ MAIL "message_size = 18014398509481985K\n" AUTH TLS POP3,
	    { "F:3: [mail] message_size" } },
	{ MAIL "domains = ok.example -bad.example\n  worse..example\n"
	    AUTH TLS POP3,
	    { "F:3: [mail] domains: \"-bad.example\" is not accepted",
	    "F:4: [mail] domains: \"worse..example\" is not accepted" } },
	{ MAIL AUTH "failure_delay = 20s\n" TLS POP3,
	    { "F:5: [auth] failure_delay is longer" } },
	{ MAIL AUTH TLS "[listen a]\nprotocol = pop\naddress = *:1\n",
	    { "F:9: [listen] protocol: \"pop\" is not accepted; accepted: "
	    "pop3, lmtp or smtp; did you mean \"pop3\"?" } },
	{ MINIMAL "clear_login = true\n",
	    { "F:11: [listen] clear_login: \"true\" is not accepted; "
	    "accepted: no or yes" } },
	/* what is missing */
	{ "", { "F:1: [mail] root is missing", "F:1: [auth] users is missing",
	    "F:1: no [listen NAME]" } },
	{ "[mail]\nengine = mem\n" AUTH TLS POP3,
	    { "F:2: [mail] root is missing" } },
	{ MAIL AUTH "[tls]\nkey = /k\n" POP3,
	    { "F:5: [tls] certificate is missing" } },
	{ MAIL AUTH TLS "[listen a]\n",
	    { "F:8: [listen] protocol is missing",
	    "F:8: [listen] address is missing" } },
	{ MAIL AUTH TLS "[listen a]\nprotocol = pop3\naddress = ,\n",
	    { "F:10: [listen] address: \"\" is not accepted" } },
	/* what does not go together */
	{ MAIL AUTH POP3, { "F:5: [listen a] tls = start needs a certif" } },
	{ MAIL AUTH POP3 "tls = implicit\n",
	    { "F:8: [listen a] tls = implicit needs a certificate",
	    "F:7: [listen a] clients do not begin TLS at once on port 110" } },
	{ MAIL AUTH POP3 "tls = none\n",
	    { "F:8: [listen a] nobody could log in" } },
	{ MAIL AUTH POP3 "tls = non\n",
	    { "F:8: [listen] tls: \"non\" is not accepted; accepted: none, "
	    "start or implicit; did you mean \"none\"?" } },
	{ MINIMAL "bare_newline = reject\n",
	    { "F:11: [listen a] bare_newline is nothing for pop3" } },
	{ MINIMAL "[listen b]\nprotocol = lmtp\naddress = *:24\napop = yes\n"
	    "clear_login = no\n",
	    { "F:14: [listen b] apop is nothing for lmtp",
	    "F:15: [listen b] clear_login is nothing for lmtp" } },
	/* L-7, RFC 2033 section 5 */
	{ MINIMAL "[listen b]\nprotocol = lmtp\naddress = 127.0.0.1:25\n",
	    { "F:13: [listen b] LMTP must not be offered on port 25" } },
	{ MINIMAL "[listen b]\nprotocol = pop3\naddress = *:995\n",
	    { "F:13: [listen b] clients begin TLS at once on port 995" } },
	{ MINIMAL "[listen b]\nprotocol = smtp\naddress = *:25\n",
	    { "F:11: [listen b] smtp needs [mail] domains",
	    "F:11: [listen b] smtp needs [mail] postmaster" } },
	{ MINIMAL "[listen b]\nprotocol = lmtp\naddress = *:110\n",
	    { "F:13: [listen b] *:110 is taken by [listen a]" } },
	{ MINIMAL "[server]\nfront_user = 7:8\nauth_user = 7:9\n",
	    { "F:13: [server] auth_user and [server] front_user are the "
	    "same user, 7" } },
	{ MINIMAL "[server]\nauth_user = restante-mail\n",
	    { "F:12: [mail] store_user and [server] auth_user" } },
};

static void
check_bad(const struct bad *b, const char *report)
{
	const char *p = report, *end;

	for (size_t i = 0; i < 6; i++) {
		const char *wanted = b->reports[i];

		if (!wanted)
			break;
		if (strncmp(p, wanted, strlen(wanted)) != 0)
			fail_msg("wanted: %s\ngot: %s", wanted, p);
		end = strchr(p, '\n');
		if (!end) {
			fail_msg("no line end: %s", p);
			return;
		}
		p = end + 1;
	}
	if (*p)
		fail_msg("one report too many for \"%s\": %s", b->text, p);
}

static void
mistakes_are_reported(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		char *report;

		assert_null(read_text(bads[i].text, strlen(bads[i].text),
		    &report));
		check_bad(&bads[i], report);
		free(report);
	}
}

/* NUL is a control character like any other, and ends nothing. */
static void
nul_is_a_mistake(void **state)
{
	static const char text[] = MINIMAL "[server]\nlog = /a\0b\nfoo = 1\n";
	char *report;

	(void)state;
	assert_null(read_text(text, sizeof(text) - 1, &report));
	assert_non_null(strstr(report, "F:12: a control character"));
	assert_non_null(strstr(report, "F:13: [server] has no foo"));
	free(report);
}

static void
long_line_is_a_mistake(void **state)
{
	enum { N = 5000 };
	static const char tail[] = "\nfoo = 1\n";
	size_t n = strlen(MINIMAL "[server]\nlog = /");
	char *text = malloc(n + N + sizeof(tail)), *report;

	(void)state;
	assert_non_null(text);
	memcpy(text, MINIMAL "[server]\nlog = /", n);
	memset(text + n, 'a', N);
	memcpy(text + n + N, tail, sizeof(tail));
	assert_null(read_text(text, n + N + sizeof(tail) - 1, &report));
	assert_non_null(strstr(report, "F:12: a line of more than"));
	assert_non_null(strstr(report, "F:13: [server] has no foo"));
	free(report);
	free(text);
}

/* Every prefix of a good file is read without harm, whatever it says. */
static void
every_prefix_is_survived(void **state)
{
	static const char text[] = "[server]\nhostname = a.example\n" MINIMAL
	    "  [::1]:0\n[listen b]\nprotocol = lmtp\naddress = unix:/x\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = malloc(n + 1), *report;

		assert_non_null(copy);
		memcpy(copy, text, n);
		conf_free(read_text(copy, n, &report));
		free(report);
		free(copy);
	}
}

static void
dump_reads_back(void **state)
{
	static const char *const texts[] = {
		MINIMAL,
		"[server]\nhostname = h.example\nfronts = 2\n"
		    "front_user = a:b\nauth_user = 5:6\nwithout_root = refuse\n"
		    "log = /l\ndrain_seconds = 0\n"
		    MAIL "domains = a b\npostmaster = p\n"
		    "recipient_delimiter =\nmaildrop = %d/%n\n"
		    "message_size = 100000\nsession_lock = shared\n"
		    "line_ends = crlf\n"
		    AUTH "failure_delay = 1ms\nfailure_delay_max = 1ms\n"
		    "[limits]\nunsafe_limits = yes\n"
		    "idle_timeout = 1\n"
		    TLS "[tls x]\ncertificate = /1\nkey = /2\n"
		    POP3 "[listen s]\nprotocol = smtp\naddress = *:25\n"
		    "bare_newline = normalize\n"
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct conf *c = read_good(texts[i]), *again;
		char *first = dump(c), *second;

		again = read_good(first);
		second = dump(again);
		assert_string_equal(first, second);
		free(first);
		free(second);
		conf_free(c);
		conf_free(again);
	}
}

static void
missing_file_is_reported(void **state)
{
	struct conf *c = NULL;
	char *report;
	size_t n;
	FILE *f = open_memstream(&report, &n);

	(void)state;
	assert_non_null(f);
	assert_int_equal(conf_read("/nonexistent/restanted.conf", f, &c), -1);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(report, "/nonexistent/restanted.conf:0: cannot be "
	    "read: No such file or directory\n");
	assert_null(c);
	free(report);
}

/* The table itself: what a row promises. */
static void
schema_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < schema->nsettings; i++) {
		const struct conf_setting *s = &schema->settings[i];
		size_t n = strlen(s->doc);

		assert_non_null(schema_section(schema, s->section));
		assert_ptr_equal(schema_setting(schema, s->section, s->key),
		    s);
		assert_int_equal(s->doc[n - 1], '.');
		assert_true(s->min <= s->max);
		/* inih's limit for names */
		assert_true(strlen(s->key) < 50);
		/* a default, or a word about it, or required */
		assert_int_equal((s->fallback != NULL) +
		    (s->when_unset != NULL) +
		    ((s->flags & CONF_REQUIRED) != 0), 1);
		if (s->check)
			assert_non_null(s->check(" "));
	}
}

static void
man_page_has_every_setting(void **state)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	assert_non_null(f);
	conf_man(f);
	assert_int_equal(fclose(f), 0);
	for (size_t i = 0; i < schema->nsettings; i++) {
		char item[80];

		assert_in_range(snprintf(item, sizeof(item), ".It Ic %s\n",
		    schema->settings[i].key), 1, sizeof(item) - 1);
		assert_non_null(strstr(text, item));
	}
	free(text);
}

/* Words, and whether they are good. */
static void
words(void **state)
{
	static const struct {
		const char *(*check)(const char *);
		const char *good[12], *bad[16];
	} all[] = {
		{ syntax_hostname, { "a", "a-b.example", "127.0.0.1" },
		    { "", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a_b",
		    "b\xc3\xbc", "a b" } },
		{ syntax_domain, { "a.example", "b\xc3\xbc" "cher.example" },
		    { "", "a@b", "*.a" } },
		{ syntax_template, { "%u", "%d/%n", "a/%u/Maildir", "x%n" },
		    { "", "%d", "a", "/%u", "%u/", "%u//a", "../%u", "%u/..",
		    "./%u", "%x", "%", "%%u", "~%u" } },
		{ syntax_address, { "1.2.3.4:0", "*:65535", "[::]:1",
		    "[::ffff:1.2.3.4]:1", "pop.example.org:110", "unix:/a",
		    "systemd:pop3", "[fe80::1%eth0]:1", "localhost:1" },
		    { "", ":1", "a", "a:", "a:x", "a:65536", "a:-1", "[::1]",
		    "[::1]1", "[]:1", "[a]:1", "::1:110", "1.2.3:4",
		    "1.2.3.256:1", "unix:a", } },
		{ syntax_delimiter, { "", "+", "-" },
		    { "@", "/", "++", " ", "a" } },
		{ syntax_account, { "a", "5000", "restante-mail", "a.b_c" },
		    { "", "-a", "a b", "4294967295", "a:b", "a/b" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (size_t k = 0; k < 12 && all[i].good[k]; k++)
			if (all[i].check(all[i].good[k]))
				fail_msg("%s refused", all[i].good[k]);
		for (size_t k = 0; k < 16 && all[i].bad[k]; k++)
			if (!all[i].check(all[i].bad[k]))
				fail_msg("%s accepted", all[i].bad[k]);
	}
}

static void
identities_are_resolved(void **state)
{
	unsigned uid = 0, gid = 0;
	const char *error = NULL;

	(void)state;
	assert_int_equal(conf_identity_resolve(
	    &(struct conf_identity){ NULL, NULL }, &uid, &gid, &error), 1);
	assert_int_equal(conf_identity_resolve(
	    &(struct conf_identity){ (char[]){ "64001" },
	    (char[]){ "64002" } }, &uid, &gid, &error), 0);
	assert_int_equal(uid, 64001);
	assert_int_equal(gid, 64002);
	assert_int_equal(conf_identity_resolve(
	    &(struct conf_identity){ (char[]){ "no-such-user" }, NULL },
	    &uid, &gid, &error), -1);
	assert_string_equal(error, "no such user: \"no-such-user\"");
	assert_int_equal(conf_identity_resolve(
	    &(struct conf_identity){ (char[]){ "64001" },
	    (char[]){ "no-such-group" } }, &uid, &gid, &error), -1);
	assert_int_equal(conf_identity_resolve(
	    &(struct conf_identity){ (char[]){ "4011111111" }, NULL },
	    &uid, &gid, &error), -1);
	assert_int_equal(conf_identity_resolve(
	    &(struct conf_identity){ (char[]){ "root" }, NULL },
	    &uid, &gid, &error), -1);
	/* untouched by the failures */
	assert_int_equal(uid, 64001);
	assert_int_equal(gid, 64002);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minimal_file_has_defaults),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(lines_are_kept),
		cmocka_unit_test(mistakes_are_reported),
		cmocka_unit_test(nul_is_a_mistake),
		cmocka_unit_test(long_line_is_a_mistake),
		cmocka_unit_test(every_prefix_is_survived),
		cmocka_unit_test(dump_reads_back),
		cmocka_unit_test(missing_file_is_reported),
		cmocka_unit_test(schema_is_sound),
		cmocka_unit_test(man_page_has_every_setting),
		cmocka_unit_test(words),
		cmocka_unit_test(identities_are_resolved),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
