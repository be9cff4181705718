/* SPDX-License-Identifier: ISC
 *
 * Tests of restante.conf: what every setting takes and refuses, word for
 * word, what accounts have from [defaults], and what others may read.
 * HOME is /home/wren in here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "conf/client_conf.h"
#include "conf/schema.h"

static const struct conf_schema *const schema = &conf_client_schema;

/* line 1 to 4; a setting that is tried stands in line 5 */
#define A "[account a]\nserver = pop.example.net\nuser = wren\n" \
	"destination = maildir:/m\n"
#define RULE A "[rule r]\n"			/* and in line 6 */
#define MAIN A "[restante]\n"

/* Reads `text`; the report goes to *report_r (free it). NULL on mistakes. */
static struct client_conf *
read_text(const char *text, size_t n, char **report_r)
{
	struct client_conf *c = NULL;
	size_t len;
	FILE *f = open_memstream(report_r, &len);
	int r;

	assert_non_null(f);
	r = client_conf_read_text("F", text, n, f, &c);
	assert_int_equal(fclose(f), 0);
	assert_true((r == 0) == (c != NULL));
	assert_true((r == 0) == (len == 0));
	return c;
}

static struct client_conf *
read_good(const char *text)
{
	char *report;
	struct client_conf *c = read_text(text, strlen(text), &report);

	if (!c)
		print_message("%s\n%s", text, report);
	assert_non_null(c);
	free(report);
	return c;
}

static char *
dump(const struct client_conf *c)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	client_conf_dump(c, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* ---- every setting, good ------------------------------------------------- */

struct good {
	const char *head;	/* A, RULE or MAIN */
	const char *line;
	const char *dumped;	/* NULL: as written */
};

static const struct good goods[] = {
	{ MAIN, "state_dir = /s", NULL },
	{ MAIN, "state_dir = ~/s", "state_dir = /home/wren/s" },
	{ MAIN, "connections = 1", NULL },
	{ MAIN, "connections_per_host = 1000", NULL },
	{ A, "enabled = no", NULL },
	{ "[account b]\nuser = u\ndestination = discard\n",
	    "server = 192.0.2.1", NULL },
	{ "[account b]\nuser = u\ndestination = discard\n",
	    "server = 2001:db8::1", NULL },
	{ "[account b]\nuser = u\ndestination = discard\n",
	    "server = fe80::1%eth0", NULL },
	{ A, "port = 1", NULL },
	{ A, "port = 65535", NULL },
	{ A, "tls = implicit\nport = 995", NULL },
	{ A, "tls = start", NULL },
	{ A "clear_login = yes\n", "tls = none", NULL },
	{ "[account b]\nserver = h\ndestination = discard\n",
	    "user = recent:a b@example.org", NULL },
	{ A, "auth = auto", NULL },
	{ A, "auth = SCRAM-SHA-256-PLUS, XOAUTH2  USER",
	    "auth = SCRAM-SHA-256-PLUS XOAUTH2 USER" },
	{ A, "password = it's \"so\" \\ # ; =", "password = (hidden)" },
	{ A, "password_file = ~/.pw", "password_file = /home/wren/.pw" },
	{ A, "password_command = pass show mail/work", NULL },
	{ A, "password_command = 'a b'\t\"c \\\" d\" \\'e '\\' \"\" f\"g\"h",
	    "password_command = \"a b\" \"c \\\" d\" \"'e\" \"\\\\\" \"\" "
	    "fgh" },
	{ A, "token_command = oauth2token", NULL },
	{ A, "keyring = yes", NULL },
	{ A, "clear_login = yes", NULL },
	{ A, "ca_file = /c", NULL },
	{ A, "tls_name = a.example", NULL },
	{ A, "mail_domain = example.org", NULL },
	{ A, "pin = sha256:"
	    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", NULL },
	{ A, "pin = cert-sha256:"
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	    NULL },
	{ A, "pin = cert-sha256:"
	    "e3:b0:c4:42:98:FC:1c:14:9a:fb:f4:c8:99:6f:b9:24:"
	    "27:ae:41:e4:64:9b:93:4c:a4:95:99:1b:78:52:b8:55", NULL },
	{ A "client_key = /k\n", "client_certificate = /c", NULL },
	{ A "client_certificate = /c\n", "client_key = ~/k",
	    "client_key = /home/wren/k" },
	{ A, "keep = yes", NULL },
	{ A, "keep = no", NULL },
	{ A, "keep = 14d", NULL },
	{ A, "keep = 36h", NULL },
	{ A, "keep = 48h", "keep = 2d" },
	{ A, "keep = newest 500", NULL },
	{ A, "skip_larger = 20M", NULL },
	{ A, "skip_larger = 0", NULL },
	{ A, "max_messages = 1000", NULL },
	{ A, "max_octets = 1G", NULL },
	{ A, "without_uidl = fail", NULL },
	{ "[account b]\nserver = h\nuser = u\n",
	    "destination = mbox:~/x y", NULL },
	{ "[account b]\nserver = h\nuser = u\n",
	    "destination = pipe:procmail -d 'a b'", NULL },
	{ "[account b]\nserver = h\nuser = u\n", "destination = discard",
	    NULL },
	{ "[account b]\nserver = h\nuser = u\nrecipient = u@h\n",
	    "destination = lmtp:unix:/run/l", NULL },
	{ "[account b]\nserver = h\nuser = u\nrecipient = u@h\n",
	    "destination = lmtp:[::1]:24", NULL },
	{ "[account b]\nserver = h\nuser = u\nrecipient = u@h\n",
	    "destination = smtp:mx.example:25", NULL },
	{ A, "recipient = wren@example.org", NULL },
	{ A, "sender = a+b@example.org", NULL },
	{ A, "line_ends = crlf", NULL },
	{ A, "received = yes", NULL },
	{ A, "scan = clamdscan -", NULL },
	{ A, "quarantine = maildir:~/bad", NULL },
	{ A, "pipelining = off", NULL },
	{ A, "pipelining = on", NULL },
	{ A, "interval = 90", "interval = 90s" },
	{ A, "timeout = 2m", NULL },
	{ RULE, "accounts = a", NULL },
	{ RULE, "accounts = *", NULL },
	{ RULE, "header = *: *x*", NULL },
	{ RULE, "header =  Subject:\ta b", "header = Subject: a b" },
	{ RULE, "header_regex = Subject: ^(re|aw):", NULL },
	{ RULE, "larger = 20M", NULL },
	{ RULE, "smaller = 1", NULL },
	{ RULE, "older = 365d", NULL },
	{ RULE, "newer = 1h", NULL },
	{ RULE, "action = skip", NULL },
	{ RULE "larger = 1K\n", "action = delete", NULL },
	{ RULE, "destination = maildir:~/l", NULL },
};

static void
check_dump(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (const char *p = text; *p; p = strchr(p, '\n') + 1)
		if (strncmp(p, line, n) == 0 && p[n] == '\n')
			return;
	fail_msg("no \"%s\" in:\n%s", line, text);
}

static void
every_setting_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		const struct good *g = &goods[i];
		char text[1000], *first, *second, *line;
		struct client_conf *c, *again;

		assert_in_range(snprintf(text, sizeof(text), "%s%s\n", g->head,
		    g->line), 1, sizeof(text) - 1);
		c = read_good(text);
		first = dump(c);
		line = strdup(g->dumped ? g->dumped : g->line);
		assert_non_null(line);
		line[strcspn(line, "\n")] = '\0';
		check_dump(first, line);
		again = read_good(first);
		second = dump(again);
		assert_string_equal(first, second);
		client_conf_free(c);
		client_conf_free(again);
		free(first);
		free(second);
		free(line);
	}
}

/* ---- every setting, bad -------------------------------------------------- */

struct bad {
	const char *head;
	const char *line;
	const char *report;	/* after "F:LINE: [...] " and its line end */
};
#define NOT " is not accepted; accepted: "
#define NO_YES NOT "no or yes\n"
#define HOMEPATH NOT "a path that begins with / or ~/\n"
#define NAMES "a name of 1 to 64 letters, digits and - _ . @, that does " \
	"not begin with a dot or hyphen\n"
#define PIN NOT "sha256: and 44 characters of base64 (of the public key), " \
	"or cert-sha256: and 64 hex digits (of the certificate)\n"
#define KEEP NOT "yes, no, a time such as 14d, or newest and a number, " \
	"such as newest 500\n"
#define DEST NOT "maildir:PATH, mbox:PATH, pipe:PROGRAM ARGUMENTS, " \
	"lmtp:HOST:PORT, lmtp:unix:PATH, smtp:HOST:PORT or discard\n"
#define PEER NOT "HOST:PORT or [IPv6]:PORT behind lmtp: or smtp:, with a " \
	"port of 1 to 65535\n"
#define ADDRESS NOT "an address such as wren@example.org\n"
#define GLOB NOT "NAME: PATTERN, such as Subject: *invoice*, where * as a " \
	"NAME stands for every field\n"
#define SERVER NOT "a host name or an address, without brackets; a port " \
	"other than the usual one goes into port\n"
#define OPEN NOT "a quote that is opened must be closed\n"

static const struct bad bads[] = {
	{ MAIN, "state_dir = s", "state_dir: \"s\"" HOMEPATH },
	{ MAIN, "state_dir = ~wren/s", "state_dir: \"~wren/s\"" HOMEPATH },
	{ MAIN, "state_dir = /s # here", "state_dir: \"/s # here\"" NOT
	    "a path without \" #\" and \" ;\" (comments stand on lines of "
	    "their own)\n" },
	{ MAIN, "connections = 0", "connections: \"0\"" NOT "1 to 1000\n" },
	{ MAIN, "connections_per_host = many",
	    "connections_per_host: \"many\"" NOT "1 to 1000\n" },
	{ A, "enabled = true", "enabled: \"true\"" NO_YES },
	{ "[account b]\n\nuser = u\ndestination = discard\n",
	    "server = [::1]", "server: \"[::1]\"" SERVER },
	{ "[account b]\n\nuser = u\ndestination = discard\n",
	    "server = h:995", "server: \"h:995\"" SERVER },
	{ "[account b]\n\nuser = u\ndestination = discard\n",
	    "server = 1.2.3", "server: \"1.2.3\"" SERVER },
	{ A, "port = 0", "port: \"0\"" NOT "1 to 65535\n" },
	{ A, "port = 65536", "port: \"65536\"" NOT "1 to 65535\n" },
	{ A, "tls = strat", "tls: \"strat\"" NOT "implicit, start or "
	    "none; did you mean \"start\"?\n" },
	{ "[account b]\nserver = h\ndestination = discard\n\n",
	    "user = \" \"", "user: \" \"" NOT "the name to log in with, at "
	    "most 255 octets\n" },
	{ A, "auth = scram-sha-256", "auth: \"scram-sha-256\"" NOT "auto, "
	    "EXTERNAL, SCRAM-SHA-256-PLUS, SCRAM-SHA-1-PLUS, SCRAM-SHA-256, "
	    "SCRAM-SHA-1, OAUTHBEARER, XOAUTH2, CRAM-MD5, PLAIN, LOGIN, APOP "
	    "or USER; did you mean \"SCRAM-SHA-256\"?\n" },
	{ A, "auth = auto USER", "auth: auto stands alone, or the names of "
	    "mechanisms do\n" },
	{ A, "password =", "password: \"(hidden)\"" NOT "a password\n" },
	{ A, "password = \"  \"", "password: \"(hidden)\"" NOT
	    "a password\n" },
	{ A, "password_file = pw", "password_file: \"pw\"" HOMEPATH },
	{ A, "password_command = pass 'x", "password_command: \"pass 'x\""
	    OPEN },
	{ A, "password_command = pass x\\", "password_command: \"pass x\\\""
	    NOT "a backslash needs something behind it\n" },
	{ A, "password_command = \"\" x", "password_command: \"\"\" x\"" NOT
	    "a program and its arguments\n" },
	{ A, "token_command = \"x", "token_command: \"\"x\"" OPEN },
	{ A, "keyring = gnome", "keyring: \"gnome\"" NO_YES },
	{ A, "clear_login = 1", "clear_login: \"1\"" NO_YES },
	{ A, "ca_file = c", "ca_file: \"c\"" HOMEPATH },
	{ A, "tls_name = *.example", "tls_name: \"*.example\"" SERVER },
	{ A, "mail_domain = a b", "mail_domain: \"a b\"" NOT
	    "a domain such as example.org\n" },
	{ A, "pin = sha256:AAAA", "pin: \"sha256:AAAA\"" PIN },
	/* base64, but with bits that are not used */
	{ A, "pin = sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
	    "pin: \"sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\""
	    PIN },
	{ A, "pin = cert-sha256:e3b0", "pin: \"cert-sha256:e3b0\"" PIN },
	{ A, "client_certificate = c", "client_certificate: \"c\""
	    HOMEPATH },
	{ A, "client_certificate = /c", "client_certificate needs "
	    "client_key, its private key\n" },
	{ A, "client_key = k", "client_key: \"k\"" HOMEPATH },
	{ A, "client_key = /k", "client_key needs client_certificate\n" },
	{ A, "keep = 14", "keep: \"14\"" KEEP },
	{ A, "keep = 0d", "keep: \"0d\"" KEEP },
	{ A, "keep = newest", "keep: \"newest\"" KEEP },
	{ A, "keep = newest 0", "keep: \"newest 0\"" KEEP },
	{ A, "keep = newest many", "keep: \"newest many\"" KEEP },
	{ A, "skip_larger = 20MB", "skip_larger: \"20MB\"" NOT
	    "0 to 1024G\n" },
	{ A, "max_messages = -1", "max_messages: \"-1\"" NOT
	    "0 to 1000000000\n" },
	{ A, "max_octets = 1T", "max_octets: \"1T\"" NOT "0 to 1024G\n" },
	{ A, "without_uidl = no", "without_uidl: \"no\"" NOT
	    "headers or fail\n" },
	{ "[account b]\nserver = h\nuser = u\n\n", "destination = Maildir",
	    "destination: \"Maildir\"" DEST },
	{ "[account b]\nserver = h\nuser = u\n\n",
	    "destination = maildir:Mail", "destination: \"maildir:Mail\""
	    HOMEPATH },
	{ "[account b]\nserver = h\nuser = u\n\n", "destination = mbox:",
	    "destination: \"mbox:\"" HOMEPATH },
	{ "[account b]\nserver = h\nuser = u\n\n", "destination = pipe:",
	    "destination: \"pipe:\"" NOT "a program and its arguments\n" },
	{ "[account b]\nserver = h\nuser = u\n\n", "destination = lmtp:h",
	    "destination: \"lmtp:h\"" PEER },
	{ "[account b]\nserver = h\nuser = u\n\n", "destination = lmtp:h:0",
	    "destination: \"lmtp:h:0\"" PEER },
	{ "[account b]\nserver = h\nuser = u\n\n", "destination = smtp:*:25",
	    "destination: \"smtp:*:25\"" PEER },
	{ "[account b]\nserver = h\nuser = u\n\n",
	    "destination = smtp:unix:/s", "destination: \"smtp:unix:/s\""
	    PEER },
	{ A, "recipient = wren", "recipient: \"wren\"" ADDRESS },
	{ A, "sender = <>", "sender: \"<>\"" ADDRESS },
	{ A, "line_ends = unix", "line_ends: \"unix\"" NOT "lf or crlf\n" },
	{ A, "received = maybe", "received: \"maybe\"" NO_YES },
	{ A, "scan = 'x", "scan: \"'x\"" OPEN },
	{ A, "quarantine = /x", "quarantine: \"/x\"" DEST },
	{ A, "pipelining = yes", "pipelining: \"yes\"" NOT
	    "auto, off or on\n" },
	{ A, "interval = 0", "interval: \"0\"" NOT "1s to 30d\n" },
	{ A, "timeout = 2h", "timeout: \"2h\"" NOT "1s to 1h\n" },
	{ RULE, "accounts = b", "there is no [account b]\n" },
	{ RULE, "accounts = a/b", "accounts: \"a/b\"" NOT
	    "names of accounts, separated by blanks, or * for all\n" },
	{ RULE, "header = Subject", "header: \"Subject\"" GLOB },
	{ RULE, "header = Sub ject: x", "header: \"Sub ject: x\"" GLOB },
	{ RULE, "header = Subject:", "header: \"Subject:\"" GLOB },
	{ RULE, "header_regex = Subject: (", "header_regex: \"(\" is no "
	    "regular expression (POSIX extended): Unmatched ( or \\(\n" },
	{ RULE, "header_regex = S: (a{100}){100}", "header_regex: \"S: "
	    "(a{100}){100}\"" NOT "an expression of at most 1000 octets, "
	    "whose counts in braces multiply to at most 1000\n" },
	{ RULE, "larger = 0", "larger: \"0\"" NOT "1 to 1024G\n" },
	{ RULE, "smaller = x", "smaller: \"x\"" NOT "1 to 1024G\n" },
	{ RULE, "older = 0d", "older: \"0d\"" NOT "1s to 36500d\n" },
	{ RULE, "newer = 1y", "newer: \"1y\"" NOT "1s to 36500d\n" },
	{ RULE, "action = drop", "action: \"drop\"" NOT
	    "deliver, skip or delete\n" },
	{ RULE, "destination = x", "destination: \"x\"" DEST },
};

static void
every_setting_is_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		const struct bad *b = &bads[i];
		const char *label = strcmp(b->head, MAIN) == 0 ||
		    strstr(b->head, "[restante]") ? "restante" :
		    strstr(b->head, "[rule") ? "rule r" :
		    strstr(b->head, "[account b]") ? "account b" :
		    "account a";
		unsigned line = strstr(b->head, "[re") ||
		    strstr(b->head, "[rule") ? 6 : 5;
		char text[1000], wanted[1000], *report;

		assert_in_range(snprintf(text, sizeof(text), "%s%s\n", b->head,
		    b->line), 1, sizeof(text) - 1);
		assert_in_range(snprintf(wanted, sizeof(wanted),
		    "F:%u: [%s] %s", line, label, b->report), 1,
		    sizeof(wanted) - 1);
		assert_null(read_text(text, strlen(text), &report));
		assert_string_equal(report, wanted);
		free(report);
	}
}

/* The tables above forget nothing. */
static void
every_setting_has_its_cases(void **state)
{
	(void)state;
	assert_in_range(schema->nsettings, 30, 64);	/* SETTINGS_MAX */
	for (size_t i = 0; i < schema->nsettings; i++) {
		const struct conf_setting *s = &schema->settings[i];
		size_t n = strlen(s->key);
		bool good = false, bad = false;

		for (size_t k = 0; k < sizeof(goods) / sizeof(goods[0]); k++)
			good |= strncmp(goods[k].line, s->key, n) == 0 &&
			    goods[k].line[n] == ' ';
		for (size_t k = 0; k < sizeof(bads) / sizeof(bads[0]); k++)
			bad |= strncmp(bads[k].line, s->key, n) == 0 &&
			    bads[k].line[n] == ' ';
		if (!good || !bad)
			fail_msg("%s is not tried", s->key);
		assert_int_equal(s->doc[strlen(s->doc) - 1], '.');
		assert_int_equal((s->fallback != NULL) +
		    (s->when_unset != NULL) +
		    ((s->flags & CONF_REQUIRED) != 0), 1);
		assert_true(s->min <= s->max);
		assert_true(n < 50);		/* inih's limit */
	}
}

/* ---- what does not go together ------------------------------------------- */

static const struct {
	const char *text;
	const char *report;
} wholes[] = {
	{ "[acount x]\n", "F:1: there is no section [acount]; accepted: "
	    "[restante], [defaults], [account NAME], [rule NAME]; did you "
	    "mean [account]?\n" },
	{ "[account]\n", "F:1: [account] needs a name, as in [account "
	    "work]\n" },
	{ "[account .x]\n", "F:1: [account .x]: " NAMES },
	{ "[account -x]\n", "F:1: [account -x]: " NAMES },
	{ "[account a/b]\n", "F:1: [account a/b]: " NAMES },
	{ "[account a b]\n", "F:1: [account a b]: " NAMES },
	{ "[account 12345678901234567890123456789012345678901234567890123456"
	    "789012345]\n", "F:1: [account 1234567890123456789012345678901234"
	    "5678901234567890123456789012345]: " NAMES },
	{ "[defaults x]\n", "F:1: [defaults x]: this section has no name of "
	    "its own\n" },
	{ A A, "F:5: [account a] begins again; it began in line 1\n" },
	{ A "passwort = x\n", "F:5: [account a] has no passwort; did you mean "
	    "password?\n" },
	{ A "keep_days = x\n", "F:5: [account a] has no keep_days; "
	    "restante.conf(5) lists what it has\n" },
	{ A "larger = 5\n", "F:5: [account a] has no larger; it belongs to "
	    "[rule]\n" },
	{ "[defaults]\nheader = x: y\n", "F:2: [defaults] has no header; it "
	    "belongs to [rule]\n" },
	{ A "keep = no\nkeep = yes\n", "F:6: [account a] keep is set again; "
	    "it was set in line 5\n" },
	{ "[account x]\n", "F:1: [account x] server is missing: The POP3 "
	    "server, by name or address.\n"
	    "F:1: [account x] user is missing: The name to log in with, often "
	    "the whole address.\n"
	    "F:1: [account x] destination is missing: Where mail goes.  ~/ is "
	    "the home directory; a Maildir is made when it is missing.\n" },
	{ A "tls = none\n", "F:5: [account a] tls = none sends the password "
	    "and all mail so that everybody on the way can read them; "
	    "accepted: tls = implicit, tls = start, or clear_login = yes if "
	    "that is what you want\n" },
	/* the account has it from there */
	{ "[defaults]\ntls = none\n" A, "F:3: [account a] tls = none sends the "
	    "password and all mail so that everybody on the way can read "
	    "them; accepted: tls = implicit, tls = start, or clear_login = "
	    "yes if that is what you want\n" },
	{ A "tls = start\nport = 995\n", "F:6: [account a] servers begin TLS "
	    "at once on port 995; accepted: tls = implicit, or another "
	    "port\n" },
	{ A "port = 110\n", "F:5: [account a] servers do not begin TLS at once "
	    "on port 110; accepted: tls = start, or port = 995\n" },
	{ A "password = x\npassword_command = y\n", "F:6: [account a] "
	    "password_command: line 5 has password already; one of them is "
	    "enough: remove the other\n" },
	{ A "token_command = x\nkeyring = yes\n", "F:6: [account a] keyring: "
	    "line 5 has token_command already; one of them is enough: remove "
	    "the other\n" },
	{ "[defaults]\npassword_file = /x\npassword = y\n" A, "F:3: [defaults] "
	    "password: line 2 has password_file already; one of them is "
	    "enough: remove the other\n" },
	{ "[account a]\nserver = h\nuser = u\ndestination = lmtp:h:24\n",
	    "F:1: [account a] lmtp:h:24 needs recipient: the address that "
	    "mail is for\n" },
	{ A "quarantine = smtp:h:25\n", "F:1: [account a] smtp:h:25 needs "
	    "recipient: the address that mail is for\n" },
	{ RULE "destination = lmtp:unix:/l\n", "F:1: [account a] lmtp:unix:/l "
	    "needs recipient: the address that mail is for\n" },
	{ RULE "action = skip\ndestination = discard\n", "F:7: [rule r] action "
	    "= skip delivers nothing: remove destination, or the action\n" },
	{ RULE "action = delete\nlarger = 1\ndestination = discard\n", "F:8: "
	    "[rule r] action = delete delivers nothing: remove destination, "
	    "or the action\n" },
	{ RULE "accounts = a\naction = delete\n", "F:7: [rule r] would delete "
	    "every message unread; say which (larger = 1 if it is really all "
	    "of them)\n" },
	{ RULE "larger = 9\nsmaller = 10\n", "F:7: [rule r] no message is "
	    "larger than that and smaller than this\n" },
	{ RULE "newer = 5d\nolder = 5d\n", "F:6: [rule r] no message is older "
	    "than that and newer than this\n" },
	{ "[rule r]\naccounts = a b *\n" A, "F:2: [rule r] there is no "
	    "[account b]\n" },
	/* C-32, C16: they would be commands */
	{ A "password = a\rDELE 1\n", "F:5: a control character in the "
	    "line\n" },
	{ A "password = a\033\n", "F:5: a control character in the line\n" },
};

static void
mistakes_are_reported(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
		const char *text = wholes[i].text;
		char *report;

		assert_null(read_text(text, strlen(text), &report));
		assert_string_equal(report, wholes[i].report);
		free(report);
	}
}

/* C-32: NUL ends nothing */
static void
nul_is_a_mistake(void **state)
{
	static const char text[] = A "password = a\0b\nfoo = 1\n";
	char *report;

	(void)state;
	assert_null(read_text(text, sizeof(text) - 1, &report));
	assert_string_equal(report, "F:5: a control character in the line\n"
	    "F:6: [account a] has no foo; restante.conf(5) lists what it "
	    "has\n");
	free(report);
}

/* ---- [defaults] ---------------------------------------------------------- */

#define DEFAULTS "[defaults]\npassword_command = d\nkeep = newest 5\n" \
	"destination = pipe:p 'q r'\ntls = start\nskip_larger = 7\n" \
	"received = yes\ninterval = 9\nuser = u\nca_file = ~/ca\n"
#define ONE "[account one]\nserver = h\n"
#define TWO "[account two]\nserver = h\npassword = secret\nkeep = yes\n" \
	"tls = implicit\nreceived = no\nuser = v\n"

static void
defaults_are_handed_on(void **state)
{
	static const char *const texts[] = {	/* whatever the order */
		DEFAULTS ONE TWO, ONE DEFAULTS TWO, ONE TWO DEFAULTS
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct client_conf *c = read_good(texts[i]);
		const struct account_conf *a = client_conf_account(c, "one");
		const struct account_conf *b = client_conf_account(c, "two");

		assert_int_equal(c->naccounts, 2);
		assert_null(client_conf_account(c, "three"));
		assert_string_equal(a->password_command.argv[0], "d");
		assert_null(a->password_command.argv[1]);
		assert_int_equal(a->keep, ACCOUNT_KEEP_NEWEST);
		assert_int_equal(a->keep_newest, 5);
		assert_int_equal(a->destination.kind, CONF_DEST_PIPE);
		assert_string_equal(a->destination.command.argv[1], "q r");
		assert_string_equal(a->destination.text, "pipe:p 'q r'");
		assert_int_equal(a->tls, ACCOUNT_TLS_START);
		assert_int_equal(a->port, 110);
		assert_int_equal(a->skip_larger, 7);
		assert_true(a->received);
		assert_int_equal(a->interval, 9);
		assert_string_equal(a->user, "u");
		assert_string_equal(a->ca_file, "/home/wren/ca");
		/* its own source replaces that of [defaults] */
		assert_int_equal(b->password_command.argc, 0);
		assert_string_equal(b->password, "secret");
		assert_int_equal(b->keep, ACCOUNT_KEEP);
		assert_int_equal(b->tls, ACCOUNT_TLS_IMPLICIT);
		assert_int_equal(b->port, 995);
		assert_false(b->received);
		assert_string_equal(b->user, "v");
		assert_int_equal(b->interval, 9);
		client_conf_free(c);
	}
}

/* `keyring = no` is no source: that of [defaults] holds. */
static void
no_keyring_is_no_source(void **state)
{
	struct client_conf *c = read_good("[defaults]\npassword = x\n" A
	    "keyring = no\n");

	(void)state;
	assert_string_equal(c->accounts[0].password, "x");
	client_conf_free(c);
	c = read_good("[defaults]\nkeyring = yes\n" A "password = x\n");
	assert_false(c->accounts[0].keyring);
	client_conf_free(c);
}

static void
minimal_file_has_defaults(void **state)
{
	struct client_conf *c = read_good(A);
	const struct account_conf *a = &c->accounts[0];

	(void)state;
	assert_string_equal(c->path, "F");
	assert_string_equal(c->state_dir, "/home/wren/.local/state/restante");
	assert_int_equal(c->connections, 50);
	assert_int_equal(c->connections_per_host, 4);
	assert_int_equal(c->nrules, 0);
	assert_true(a->enabled);
	assert_int_equal(a->line, 1);
	assert_int_equal(a->port, 995);
	assert_int_equal(a->tls, ACCOUNT_TLS_IMPLICIT);
	assert_string_equal(a->auth, "auto");
	assert_null(a->password);
	assert_false(a->keyring);
	assert_false(a->clear_login);
	assert_null(a->pin);
	assert_int_equal(a->keep, ACCOUNT_KEEP);
	assert_int_equal(a->skip_larger, 0);
	assert_int_equal(a->max_messages, 0);
	assert_int_equal(a->without_uidl, ACCOUNT_UIDL_HEADERS);
	assert_int_equal(a->line_ends, ACCOUNT_LINES_LF);
	assert_false(a->received);
	assert_false(a->quarantine.set);
	assert_int_equal(a->pipelining, ACCOUNT_PIPELINING_AUTO);
	assert_int_equal(a->interval, 300);
	assert_int_equal(a->timeout, 60);
	client_conf_free(c);
}

static void
destinations_are_taken_apart(void **state)
{
	struct client_conf *c = read_good("[defaults]\nserver = h\nuser = u\n"
	    "recipient = u@h\n"
	    "[account 1]\ndestination = maildir:~/M\n"
	    "[account 2]\ndestination = lmtp:[2001:db8::1]:24\n"
	    "[account 3]\ndestination = lmtp:unix:~/l\n"
	    "[account 4]\ndestination = smtp:mx.example:25\n"
	    "[account 5]\ndestination = discard\n");

	(void)state;
	assert_string_equal(c->accounts[0].destination.path, "/home/wren/M");
	assert_string_equal(c->accounts[0].destination.text, "maildir:~/M");
	assert_string_equal(c->accounts[1].destination.host, "2001:db8::1");
	assert_string_equal(c->accounts[1].destination.port, "24");
	assert_null(c->accounts[1].destination.path);
	assert_string_equal(c->accounts[2].destination.path, "/home/wren/l");
	assert_null(c->accounts[2].destination.host);
	assert_int_equal(c->accounts[3].destination.kind, CONF_DEST_SMTP);
	assert_string_equal(c->accounts[3].destination.host, "mx.example");
	assert_int_equal(c->accounts[4].destination.kind, CONF_DEST_DISCARD);
	client_conf_free(c);
}

/* Patterns of both kinds keep the order of the file. */
static void
rules_are_read(void **state)
{
	struct client_conf *c = read_good(RULE "header = List-Id: *a*\n"
	    "header_regex = Subject: ^x\nheader = *: b\naction = delete\n"
	    "[rule s]\naccounts = a\nlarger = 20M\nsmaller = 1G\n"
	    "older = 1d\nnewer = 2d\n");
	const struct rule_conf *r = &c->rules[0];

	(void)state;
	assert_int_equal(c->nrules, 2);
	assert_null(r->accounts);
	assert_int_equal(r->nmatches, 3);
	assert_string_equal(r->matches[0].field, "List-Id");
	assert_string_equal(r->matches[0].pattern, "*a*");
	assert_false(r->matches[0].regex);
	assert_string_equal(r->matches[1].pattern, "^x");
	assert_true(r->matches[1].regex);
	assert_string_equal(r->matches[2].field, "*");
	assert_int_equal(r->action, RULE_DELETE);
	assert_false(r->destination.set);
	r = &c->rules[1];
	assert_string_equal(r->name, "s");
	assert_string_equal(r->accounts, "a");
	assert_int_equal(r->larger, 20 << 20);
	assert_int_equal(r->smaller, 1 << 30);
	assert_int_equal(r->older, 86400);
	assert_int_equal(r->newer, 2 * 86400);
	client_conf_free(c);
}

/* ---- writing ------------------------------------------------------------- */

/* What is written reads back, whatever octets a password has. */
static void
written_values_read_back(void **state)
{
	static const char *const values[] = { "x", " x", "x ", "\"x\"", "\"",
		"\"\"", "a\\b", "\\\"", "\" \\", "' x", "#", "; x", "[x]",
		"a = b", "\ta\t", "\\", "\xc3\xa4", "\" \\\" \"" };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char *text, *report;
		size_t n;
		FILE *f = open_memstream(&text, &n);
		struct client_conf *c;

		assert_non_null(f);
		(void)fputs(A, f);
		assert_int_equal(client_conf_write_value(f, "password",
		    values[i]), 0);
		assert_int_equal(client_conf_write_argv(f, "scan",
		    (const char *[]){ "p", values[i], "", NULL }), 0);
		assert_int_equal(fclose(f), 0);
		c = read_text(text, n, &report);
		if (!c)
			fail_msg("%s: %s", text, report);
		else
			assert_string_equal(c->accounts[0].password,
			    values[i]);
		assert_int_equal(c->accounts[0].scan.argc, 3);
		assert_string_equal(c->accounts[0].scan.argv[1], values[i]);
		assert_string_equal(c->accounts[0].scan.argv[2], "");
		client_conf_free(c);
		free(report);
		free(text);
	}
}

/* C-32 */
static void
lines_are_not_written_into_values(void **state)
{
	char *text, longest[4001];
	size_t n;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	assert_non_null(f);
	memset(longest, 'x', 4000);
	longest[4000] = '\0';
	assert_int_equal(client_conf_write_value(f, "user", "a\nb"), -1);
	assert_int_equal(client_conf_write_value(f, "user", "a\rb"), -1);
	assert_int_equal(client_conf_write_value(f, "user", longest), -1);
	assert_int_equal(client_conf_write_argv(f, "scan",
	    (const char *[]){ "a", "b\n", NULL }), -1);
	assert_int_equal(client_conf_write_argv(f, "scan",
	    (const char *[]){ longest, NULL }), -1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(n, 0);
	free(text);
	assert_null(client_conf_check_name("a@b.example"));
	assert_non_null(client_conf_check_name("../x"));
}

/* ---- files --------------------------------------------------------------- */

static int
read_file(const char *text, mode_t mode, char **report_r)
{
	char path[] = "/tmp/restante-test-XXXXXX", *at;
	struct client_conf *c = NULL;
	int fd = mkstemp(path), r;
	size_t n;
	FILE *f = open_memstream(report_r, &n);

	assert_non_null(f);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
	r = client_conf_read(path, f, &c);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(unlink(path), 0);
	client_conf_free(c);
	/* the name of the file is not the same every time */
	while ((at = strstr(*report_r, path)))
		memmove(at, at + strlen(path), strlen(at + strlen(path)) + 1);
	return r;
}

static void
passwords_are_for_nobody_else(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *report;
	} files[] = {
		{ A "password = x\n", 0600, "" },
		{ A "password = x\n", 0400, "" },
		{ A, 0644, "" },
		{ A "password = x\n", 0640, ":5: a password stands here, and "
		    "others can read this file (mode 0640): run chmod 600 \n" },
		{ A "[defaults]\npassword = x\n", 0604, ":6: a password "
		    "stands here, and others can read this file (mode 0604): "
		    "run chmod 600 \n" },
		{ A, 0666, ":0: everybody may write to this file (mode 0666): "
		    "run chmod 644 \n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *report;
		int r = read_file(files[i].text, files[i].mode, &report);

		assert_string_equal(report, files[i].report);
		assert_int_equal(r, files[i].report[0] ? -1 : 0);
		free(report);
	}
}

static void
missing_file_is_reported(void **state)
{
	struct client_conf *c = NULL;
	char *report;
	size_t n;
	FILE *f = open_memstream(&report, &n);

	(void)state;
	assert_non_null(f);
	assert_int_equal(client_conf_read("/nonexistent/x", f, &c), -1);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(report, "/nonexistent/x:0: cannot be read: No "
	    "such file or directory\n");
	assert_null(c);
	free(report);
}

static void
check_path(const char *wanted)
{
	char *path = client_conf_default_path();

	assert_non_null(path);
	assert_string_equal(path, wanted);
	free(path);
}

static void
paths_follow_the_environment(void **state)
{
	struct client_conf *c;

	(void)state;
	check_path("/home/wren/.config/restante/restante.conf");
	assert_int_equal(setenv("XDG_CONFIG_HOME", "/c/", 1), 0);
	assert_int_equal(setenv("XDG_STATE_HOME", "/s", 1), 0);
	check_path("/c/restante/restante.conf");
	c = read_good(A);
	assert_string_equal(c->state_dir, "/s/restante");
	client_conf_free(c);
	/* the specification wants others ignored */
	assert_int_equal(setenv("XDG_CONFIG_HOME", "c", 1), 0);
	assert_int_equal(setenv("XDG_STATE_HOME", "s", 1), 0);
	check_path("/home/wren/.config/restante/restante.conf");
	c = read_good(A);
	assert_string_equal(c->state_dir, "/home/wren/.local/state/restante");
	client_conf_free(c);
	assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
	assert_int_equal(unsetenv("XDG_STATE_HOME"), 0);
}

/* Every prefix of a good file is read without harm, whatever it says. */
static void
every_prefix_is_survived(void **state)
{
	static const char text[] = DEFAULTS ONE TWO "[rule r]\nheader_regex = "
	    "Subject: ^(re|aw)[[:blank:]]*:\ndestination = lmtp:[::1]:24\n"
	    "scan = a 'b c' \"d\"\n";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = malloc(n + 1), *report;

		assert_non_null(copy);
		memcpy(copy, text, n);
		client_conf_free(read_text(copy, n, &report));
		free(report);
		free(copy);
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
	client_conf_man(f);
	assert_int_equal(fclose(f), 0);
	for (size_t i = 0; i < schema->nsettings; i++) {
		char item[80];

		assert_in_range(snprintf(item, sizeof(item), ".It Ic %s\n",
		    schema->settings[i].key), 1, sizeof(item) - 1);
		assert_non_null(strstr(text, item));
	}
	free(text);
}

/* The file that this project hands out. */
static void
example_is_good(void **state)
{
	struct client_conf *c = NULL;

	(void)state;
	assert_non_null(getenv("EXAMPLE"));
	assert_int_equal(client_conf_read(getenv("EXAMPLE"), stderr, &c), 0);
	assert_int_equal(c->naccounts, 3);
	assert_int_equal(c->nrules, 2);
	client_conf_free(c);
}

/* What stands between .Bd and .Ed in the page, as mandoc would show it. */
static char *
page_examples(const char *page)
{
	char *text, line[500];
	FILE *f = fopen(page, "re"), *out;
	bool inside = false;
	size_t n;

	assert_non_null(f);
	out = open_memstream(&text, &n);
	assert_non_null(out);
	while (fgets(line, sizeof(line), f)) {
		if (line[0] == '.') {
			inside = strncmp(line, ".Bd -literal", 12) == 0;
			continue;
		}
		assert_null(inside ? strchr(line, '\\') : NULL);
		if (inside)
			(void)fputs(line, out);
	}
	assert_int_equal(fclose(f), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
page_examples_are_good(void **state)
{
	struct client_conf *c;
	char *text;

	(void)state;
	assert_non_null(getenv("PAGE"));
	text = page_examples(getenv("PAGE"));
	c = read_good(text);
	assert_int_equal(c->naccounts, 2);
	assert_int_equal(c->nrules, 3);
	assert_int_equal(client_conf_account(c, "robin")->keep_seconds,
	    14 * 86400);
	client_conf_free(c);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_setting_is_read),
		cmocka_unit_test(every_setting_is_checked),
		cmocka_unit_test(every_setting_has_its_cases),
		cmocka_unit_test(mistakes_are_reported),
		cmocka_unit_test(nul_is_a_mistake),
		cmocka_unit_test(defaults_are_handed_on),
		cmocka_unit_test(no_keyring_is_no_source),
		cmocka_unit_test(minimal_file_has_defaults),
		cmocka_unit_test(destinations_are_taken_apart),
		cmocka_unit_test(rules_are_read),
		cmocka_unit_test(written_values_read_back),
		cmocka_unit_test(lines_are_not_written_into_values),
		cmocka_unit_test(passwords_are_for_nobody_else),
		cmocka_unit_test(missing_file_is_reported),
		cmocka_unit_test(paths_follow_the_environment),
		cmocka_unit_test(every_prefix_is_survived),
		cmocka_unit_test(man_page_has_every_setting),
		cmocka_unit_test(example_is_good),
		cmocka_unit_test(page_examples_are_good),
	};

	if (setenv("HOME", "/home/wren", 1) != 0 ||
	    unsetenv("XDG_CONFIG_HOME") != 0 ||
	    unsetenv("XDG_STATE_HOME") != 0)
		return 2;
	return cmocka_run_group_tests_name("client_conf", tests, NULL, NULL);
}
