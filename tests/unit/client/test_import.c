/* SPDX-License-Identifier: ISC
 *
 * Tests of `restante import`: files that getmail 6.18, fetchmail 6.4.37 and
 * mpop 1.4.18 have written against one server (tests/unit/client/import), and
 * Thunderbird's by their format.  IMPORT_FILES is that directory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "client/client.h"
#include "client/import.h"
#include "sys/slurp.h"

static char home[] = "/tmp/restante-import-XXXXXX";

/* the UIDLs that the server gave, in its order */
static const char *const uidls[] = { "AAA/bc-1", "000001f45e3a2b10",
	"UID7-1622", "x!y\"z'q", "+AOH/9k==" };
enum { UIDLS = 5 };

static const char *
file(const char *name)
{
	static char path[4096];

	assert_non_null(getenv("IMPORT_FILES"));
	assert_in_range(snprintf(path, sizeof(path), "%s/%s",
	    getenv("IMPORT_FILES"), name), 1, sizeof(path) - 1);
	return path;
}

static struct buf
read_file(const char *path)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	assert_int_equal(slurp(path, &b), 0);
	return b;
}

static void
check_section(struct import_account *a, const char *wanted)
{
	char *text, *report = NULL;
	size_t n, m;
	FILE *f = open_memstream(&text, &n);
	struct client_conf *c = NULL;

	assert_non_null(f);
	import_section(a, f);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, wanted);
	f = open_memstream(&report, &m);
	assert_non_null(f);
	if (client_conf_read_text("F", text, n, f, &c) != 0) {
		(void)fflush(f);
		fail_msg("%s", report);
	}
	assert_int_equal(fclose(f), 0);
	client_conf_free(c);
	free(report);
	free(text);
}

static void
check_note(const struct import_account *a, const char *wanted)
{
	for (size_t i = 0; i < a->nnotes; i++)
		if (strncmp(a->notes[i], wanted, strlen(wanted)) == 0)
			return;
	for (size_t i = 0; i < a->nnotes; i++)
		print_message("%s\n", a->notes[i]);
	fail_msg("no note \"%s\"", wanted);
}

static bool
has_uidl(const struct import_account *a, const char *uidl)
{
	for (size_t i = 0; i < a->nuidls; i++)
		if (span_eq(import_uidl_of(a, i), span_str(uidl)))
			return true;
	return false;
}

static void
parse(struct import *im, const char *text, void (*fn)(struct import *im,
    const char *path, struct pop_span text))
{
	import_init(im, home);
	fn(im, "RC", span_str(text));
}

/* ---- getmail ------------------------------------------------------------- */

static void
getmail_of_its_own(void **state)
{
	struct import im;
	struct buf rc = read_file(file("getmailrc"));
	struct buf old = read_file(file("oldmail"));
	struct import_account *a;
	char *name;

	(void)state;
	import_init(&im, home);
	import_getmail_rc(&im, "RC", buf_span(&rc));
	assert_int_equal(im.naccounts, 1);
	a = im.accounts[0];
	check_section(a, "# from RC\n[account wren__smith_x@example.org]\n"
	    "server = 127.0.0.1\nport = 43823\ntls = none\n"
	    "clear_login = yes\nuser = wren: smith\\x@example.org\n"
	    "password = secret\nkeep = 14d\ndestination = maildir:~/Mail/in\n"
	    "received = yes\n");
	assert_false(a->off);
	/* as getmail has named it: `\` stays, `:` does not */
	name = import_getmail_name(a);
	assert_string_equal(name, "oldmail-127.0.0.1-43823-wren- "
	    "smith\\x@example.org");
	import_getmail_oldmail(a, buf_span(&old));
	assert_int_equal(a->nuidls, UIDLS);
	assert_int_equal(a->odd_lines, 0);
	assert_true(a->dashed);
	assert_true(has_uidl(a, "AAA-bc-1"));
	assert_true(has_uidl(a, "x!y\"z'q"));
	assert_int_equal(a->uidls[0].first_seen, 1795311312);
	free(name);
	import_done(&im);
	buf_release(&rc);
	buf_release(&old);
}

#define GETMAIL(retriever, destination, options) \
	"[retriever]\n" retriever "server = pop.example.net\n" \
	"username = wren\n[destination]\n" destination "[options]\n" options
#define SSL "type = SimplePOP3SSLRetriever\n"
#define MAILDIR "type = Maildir\npath = $HOME/in/\n"
#define HEAD "# from RC\n[account wren@pop.example.net]\n"
#define SERVER "server = pop.example.net\n"

static void
getmail_settings(void **state)
{
	static const struct {
		const char *text, *section, *note;
		bool off;
	} all[] = {
		{ GETMAIL(SSL "password_command = (\"/usr/bin/pass\", "
		    "'show',\n    \"mail/it's\")\n", MAILDIR,
		    "delete = true\nread_all: no\nreceived = off\n"
		    "max_message_size = 1000\n"),
		    HEAD SERVER "tls = implicit\nuser = wren\n"
		    "password_command = /usr/bin/pass show \"mail/it's\"\n"
		    "keep = no\ndestination = maildir:~/in\n"
		    "skip_larger = 1000\nreceived = no\n",
		    "getmail did not look at the certificate", false },
		{ GETMAIL(SSL "use_xoauth2 = true\nca_certs = ~/ca.pem\n"
		    "password_command = (\"token\",)\n",
		    "type = MDA_external\npath = /usr/bin/procmail\n"
		    "arguments = (\"-d\", \"a \\\"b\")\n",
		    "delete_bigger_than = 5\n"),
		    HEAD SERVER "tls = implicit\nuser = wren\n"
		    "token_command = token\nkeep = yes\n"
		    "destination = pipe:\"/usr/bin/procmail\" \"-d\" "
		    "\"a \\\"b\"\nca_file = ~/ca.pem\nreceived = yes\n",
		    "delete_bigger_than: there is no such setting", false },
		/* without TLS: STLS, but on this machine */
		{ GETMAIL("type = SimplePOP3Retriever\n",
		    "type = Mboxrd\npath = /m\n", ""),
		    HEAD SERVER "port = 110\ntls = start\nuser = wren\n"
		    "keep = yes\ndestination = mbox:/m\nreceived = yes\n",
		    "getmail sent the password without TLS", false },
		{ GETMAIL(SSL, "type = MultiSorter\n", ""),
		    HEAD "# not visited before you have seen to this:\n"
		    "# getmail did not look at the certificate of "
		    "pop.example.net; now it must be right\n"
		    "# there is no password in it: ~/.netrc is searched, and "
		    "then a terminal is asked\n"
		    "# its destination (MultiSorter) has no counterpart: mail "
		    "would go to a new Maildir; rules may do what it did\n"
		    "# read_all: every message is fetched once now, and not "
		    "at each visit\n"
		    "# no Delivered-To and Return-Path is added to messages "
		    "now\n"
		    "enabled = no\n"
		    SERVER "tls = implicit\nuser = wren\nkeep = yes\n"
		    "destination = maildir:~/Mail/wren@pop.example.net\n"
		    "received = yes\n", "its destination (MultiSorter)",
		    true },
		{ GETMAIL(SSL "ssl_fingerprints = (\"e3:b0:c4:42:98:fc:1c:14:"
		    "9a:fb:f4:c8:99:6f:b9:24:27:ae:41:e4:64:9b:93:4c:a4:95:"
		    "99:1b:78:52:b8:55\",)\nca_certs = /ca\npassword = p\n",
		    MAILDIR, "delivered_to = false\nread_all = 0\n"),
		    HEAD SERVER "tls = implicit\nuser = wren\npassword = p\n"
		    "keep = yes\ndestination = maildir:~/in\nca_file = /ca\n"
		    "pin = cert-sha256:e3:b0:c4:42:98:fc:1c:14:9a:fb:f4:c8:"
		    "99:6f:b9:24:27:ae:41:e4:64:9b:93:4c:a4:95:99:1b:78:52:"
		    "b8:55\nreceived = yes\n", "the password stands", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct import im;

		parse(&im, all[i].text, import_getmail_rc);
		assert_int_equal(im.naccounts, 1);
		check_section(im.accounts[0], all[i].section);
		check_note(im.accounts[0], all[i].note);
		assert_int_equal(im.accounts[0]->off, all[i].off);
		import_done(&im);
	}
}

static void
others_than_pop_are_left_out(void **state)
{
	struct import im;

	(void)state;
	parse(&im, "[retriever]\ntype = SimpleIMAPSSLRetriever\n",
	    import_getmail_rc);
	assert_int_equal(im.naccounts, 0);
	assert_string_equal(im.notes[0], "RC: SimpleIMAPSSLRetriever is not "
	    "POP3: left out");
	import_done(&im);
	parse(&im, "poll a proto imap user b pass c\npoll d proto pop3\n",
	    import_fetchmail_rc);
	assert_int_equal(im.naccounts, 0);
	assert_int_equal(im.nnotes, 2);
	assert_string_equal(im.notes[0], "RC: poll a is not said to be POP3: "
	    "left out");
	assert_string_equal(im.notes[1], "RC: poll d names no user: left "
	    "out");
	import_done(&im);
}

static void
odd_lines_are_counted(void **state)
{
	static const char text[] = "no nul\nu1\0" "17\nu2\0x\n\0" "5\n"
	    "a b\0" "7\nu1\0" "18\nlast\0" "19";
	struct import im;
	struct import_account *a;

	(void)state;
	import_init(&im, home);
	a = import_add(&im, "RC");
	import_getmail_oldmail(a, span_of(text, sizeof(text) - 1));
	import_settle(a);
	assert_int_equal(a->nuidls, 2);
	assert_int_equal(a->uidls[0].first_seen, 17);
	assert_true(has_uidl(a, "u1"));
	assert_true(has_uidl(a, "last"));
	assert_int_equal(a->odd_lines, 3);
	assert_false(a->dashed);
	import_done(&im);
}

/* ---- fetchmail ----------------------------------------------------------- */

static void
fetchmail_of_its_own(void **state)
{
	struct import im;
	struct buf rc = read_file(file("fetchmailrc"));
	struct buf ids = read_file(file("fetchids"));

	(void)state;
	import_init(&im, home);
	import_fetchmail_rc(&im, "RC", buf_span(&rc));
	assert_int_equal(im.naccounts, 2);
	check_section(im.accounts[0], "# from RC\n"
	    "[account wren_smith@example.org]\nserver = 127.0.0.1\n"
	    "port = 43823\ntls = none\nclear_login = yes\n"
	    "user = wren smith@example.org\npassword = sec\"ret\n"
	    "keep = yes\ndestination = pipe:sh -c \"cat > /dev/null\"\n"
	    "received = yes\ninterval = 300s\n");
	check_section(im.accounts[1], "# from RC\n"
	    "[account robin@office]\nserver = 127.0.0.1\n"
	    "port = 43823\ntls = none\nclear_login = yes\n"
	    "user = robin\npassword = x\n"
	    "keep = yes\ndestination = pipe:sh -c \"cat > /dev/null\"\n"
	    "received = yes\ninterval = 300s\n");
	import_fetchmail_ids(&im, "IDS", buf_span(&ids));
	for (size_t k = 0; k < 2; k++) {
		assert_int_equal(im.accounts[k]->nuidls, UIDLS);
		for (size_t i = 0; i < UIDLS; i++)
			assert_true(has_uidl(im.accounts[k], uidls[i]));
	}
	assert_int_equal(im.nnotes, 0);
	import_done(&im);
	buf_release(&rc);
	buf_release(&ids);
}

static void
fetchmail_settings(void **state)
{
	static const struct {
		const char *text, *section, *note;
		bool off;
	} all[] = {
		{ "# c\nset postmaster x\nset no bouncemail\n"
		    "poll pop.example.net with protocol pop3:\n"
		    "\tusername wren, password = 'p w', is robin here;\n"
		    "\toptions ssl, limit 5000, nokeep fetchall\n",
		    HEAD SERVER "tls = implicit\nuser = wren\n"
		    "password = p w\nkeep = no\n"
		    "destination = smtp:localhost:25\nskip_larger = 5000\n"
		    "received = yes\nrecipient = robin@localhost\n",
		    "fetchall: every message is fetched once", false },
		{ "defaults proto pop3 keep timeout 90 smtphost mx/2525\n"
		    "poll pop.example.net user wren is a@b.example here "
		    "no rewrite invisible no sslcertck sslproto tls1.2+\n",
		    HEAD SERVER "tls = start\nuser = wren\nkeep = yes\n"
		    "destination = smtp:mx:2525\nreceived = no\n"
		    "timeout = 90\nrecipient = a@b.example\n",
		    "fetchmail did not insist on the certificate", false },
		{ "set invisible\npoll pop.example.net proto pop3 ssl "
		    "user wren is a@b.example here\n",
		    HEAD SERVER "tls = implicit\nuser = wren\nkeep = no\n"
		    "destination = smtp:localhost:25\nreceived = no\n"
		    "recipient = a@b.example\n",
		    "there is no password in it", false },
		{ "skip pop.example.net proto pop3 user wren pass p ssl "
		    "smtp /run/lmtp lmtp is a@b.example here\n",
		    HEAD "# not visited before you have seen to this:\n"
		    "# the password stands in the configuration now too, "
		    "which nobody else may read; password_command would keep "
		    "it elsewhere\n# fetchmail passed it over (skip)\n"
		    "enabled = no\n" SERVER "tls = implicit\nuser = wren\n"
		    "password = p\nkeep = no\n"
		    "destination = lmtp:unix:/run/lmtp\nreceived = yes\n"
		    "recipient = a@b.example\n",
		    "fetchmail passed it over", true },
	};
	static const struct {
		const char *words, *note;
	} stops[] = {
		{ "plugin 'ssh %h'", "plugin: the server is reached "
		    "directly" },
		{ "mda 'x -d %T'", "its mda is \"x -d %T\"" },
		{ "to * here", "mail is not sorted by recipient" },
		{ "frobnicate", "\"frobnicate\" is not understood" },
		{ "auth gssapi", "auth gssapi: there is no such way" },
		{ "sslfingerprint 'AA:BB'", "sslfingerprint AA:BB is not" },
		{ "preconnect x", "preconnect: no command" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct import im;

		parse(&im, all[i].text, import_fetchmail_rc);
		assert_int_equal(im.naccounts, 1);
		check_section(im.accounts[0], all[i].section);
		check_note(im.accounts[0], all[i].note);
		assert_int_equal(im.accounts[0]->off, all[i].off);
		import_done(&im);
	}
	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		char text[200];
		struct import im;

		assert_in_range(snprintf(text, sizeof(text), "poll h proto "
		    "pop3 user u pass p %s\n", stops[i].words), 1,
		    sizeof(text) - 1);
		parse(&im, text, import_fetchmail_rc);
		check_note(im.accounts[0], stops[i].note);
		assert_true(im.accounts[0]->off);
		import_done(&im);
	}
}

/* Lines of accounts that are not there, and lines that are none. */
static void
strange_ids_are_told(void **state)
{
	struct import im;

	(void)state;
	parse(&im, "poll h proto pop3 user u pass p", import_fetchmail_rc);
	import_fetchmail_ids(&im, "IDS", span_str("u@h one\nv@h two\nno\n\n"
	    "u@H three  \n"));
	assert_int_equal(im.accounts[0]->nuidls, 2);
	assert_true(has_uidl(im.accounts[0], "three"));
	assert_string_equal(im.notes[0], "IDS: 2 lines are about no account "
	    "that was found: left out");
	import_done(&im);
}

/* ---- mpop ---------------------------------------------------------------- */

static void
mpop_of_its_own(void **state)
{
	struct import im;
	struct buf rc = read_file(file("mpoprc"));
	struct buf ids = read_file(file("mpop_uidls"));
	struct import_account *a;

	(void)state;
	import_init(&im, home);
	import_mpop_rc(&im, "RC", buf_span(&rc));
	assert_int_equal(im.naccounts, 2);
	a = im.accounts[0];
	check_section(a, "# from RC\n[account office]\n"
	    "server = 127.0.0.1\nport = 43823\ntls = none\n"
	    "clear_login = yes\nuser = wren smith@example.org\nauth = USER\n"
	    "password = secret\nkeep = yes\ndestination = maildir:~/Mail/in\n"
	    "received = yes\n");
	check_section(im.accounts[1], "# from RC\n[account other]\n"
	    "server = 127.0.0.1\nport = 43823\ntls = none\n"
	    "clear_login = yes\nuser = robin\nauth = USER\n"
	    "password = secret\nkeep = yes\n"
	    "destination = pipe:sh -c \"cat > /dev/null\"\n"
	    "received = yes\n");
	import_mpop_uidls(a, buf_span(&ids));
	assert_int_equal(a->nuidls, UIDLS);
	for (size_t i = 0; i < UIDLS; i++)
		assert_true(has_uidl(a, uidls[i]));
	/* the list is not of this one */
	import_mpop_uidls(im.accounts[1], buf_span(&ids));
	assert_int_equal(im.accounts[1]->nuidls, 0);
	import_done(&im);
	buf_release(&rc);
	buf_release(&ids);
}

static void
mpop_settings(void **state)
{
	static const struct {
		const char *text, *section, *note;
		bool off;
	} all[] = {
		{ "account wren@pop.example.net\nhost pop.example.net\n"
		    "user wren\ntls\n"
		    "tls_starttls off\npasswordeval gpg -d 'a b' | head -1\n"
		    "delivery mbox ~/m\nskipsize 5m\nkeep 14d\n",
		    HEAD SERVER "tls = implicit\nuser = wren\n"
		    "password_command = sh -c \"gpg -d 'a b' | head -1\"\n"
		    "keep = 14d\ndestination = mbox:~/m\nskip_larger = 5m\n"
		    "received = yes\n",
		    "passwordeval was a line for the shell", false },
		{ "account wren@pop.example.net\nhost pop.example.net\n"
		    "user wren\ntls on\nauth xoauth2\npasswordeval token\n"
		    "delivery mda \"x -f '%F'\"\nkillsize 9k\n",
		    HEAD "# not visited before you have seen to this:\n"
		    "# delivery mda \"x -f '%F'\": write what it did as "
		    "destination; nobody fills in %F now\n"
		    "# killsize 9k: large messages are not deleted unread; a "
		    "rule with larger = 9k and action = delete would do it\n"
		    "# passwordeval was a line for the shell, so "
		    "token_command calls sh with it\n"
		    "# its delivery has no counterpart: mail would go to a "
		    "new Maildir\n"
		    "enabled = no\n" SERVER "tls = start\nuser = wren\n"
		    "auth = XOAUTH2\ntoken_command = sh -c token\nkeep = no\n"
		    "destination = maildir:~/Mail/wren@pop.example.net\n"
		    "received = yes\n", "killsize 9k", true },
		/* the account's own line wins over what it inherits */
		{ "defaults\nkeep\ndelivery maildir /d\ntls on\n"
		    "account x\nuser a\nhost x.example\npassword p\n"
		    "account wren@pop.example.net : x\nuser wren\n"
		    "host pop.example.net\nkeep off\n"
		    "account default : x\n",
		    HEAD SERVER "tls = start\nuser = wren\npassword = p\n"
		    "keep = no\ndestination = maildir:/d\nreceived = yes\n",
		    "the password stands", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct import im;
		struct import_account *a;

		parse(&im, all[i].text, import_mpop_rc);
		assert_int_equal(im.naccounts, i == 2 ? 2 : 1);
		a = im.accounts[im.naccounts - 1];
		check_section(a, all[i].section);
		check_note(a, all[i].note);
		assert_int_equal(a->off, all[i].off);
		import_done(&im);
	}
}

/* Without TLS silently to this machine alone: a name that begins like its
 * address is somebody else's. */
static void
mpop_this_machine(void **state)
{
	static const struct {
		const char *host, *tls;
	} all[] = { { "127.0.0.1", "none" }, { "localhost", "none" },
		{ "::1", "none" }, { "127.0.0.1.example.net", "start" },
		{ "127.example.net", "start" }, { "128.0.0.1", "start" } };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct import im;
		char text[100];

		snprintf(text, sizeof(text), "account a\nhost %s\nuser u\n",
		    all[i].host);
		parse(&im, text, import_mpop_rc);
		assert_string_equal(import_get(im.accounts[0], "tls"),
		    all[i].tls);
		import_done(&im);
	}
}

/* as many names behind the colon as a file has room for; the last wins */
static void
mpop_many_names(void **state)
{
	static const char head[] = "account a\nhost h\n\naccount b\nhost g\n"
	    "account c : a";
	enum { NAMES = 500000 };
	struct import im;
	char *text = malloc(sizeof(head) + 2 * NAMES + 4);

	(void)state;
	memcpy(text, head, sizeof(head));
	for (size_t i = 0; i < NAMES; i++)
		memcpy(text + sizeof(head) - 1 + 2 * i, ",x", 2);
	memcpy(text + sizeof(head) - 1 + 2 * NAMES, ",b\n", 4);
	parse(&im, text, import_mpop_rc);
	assert_int_equal(im.naccounts, 3);
	assert_string_equal(import_get(im.accounts[2], "server"), "g");
	import_done(&im);
	free(text);
}

/* mpop 1.4.23: with times; several lists in a file */
static void
mpop_times(void **state)
{
	struct import im;
	struct import_account *a;

	(void)state;
	parse(&im, "account a\nhost h\nuser u\n", import_mpop_rc);
	a = im.accounts[0];
	import_mpop_uidls(a, span_str("# c\n 1 h v\nother 5\n 2 h u\n"
	    "one 1795311312\ntwo 1795311313\n 1 g u\nlast\n"));
	assert_int_equal(a->nuidls, 2);
	assert_int_equal(a->uidls[1].first_seen, 1795311313);
	assert_true(has_uidl(a, "two"));
	import_done(&im);
}

/* ---- Thunderbird --------------------------------------------------------- */

static void
thunderbird_profile(void **state)
{
	struct import im;
	struct buf prefs = read_file(file("prefs.js"));
	struct buf pop = read_file(file("popstate.dat"));
	struct import_account *a;

	(void)state;
	import_init(&im, home);
	import_thunderbird_prefs(&im, "/p/prefs.js", buf_span(&prefs));
	/* not Local Folders, and not the account that was removed */
	assert_int_equal(im.naccounts, 2);
	a = im.accounts[0];
	check_section(a, "# from /p/prefs.js\n"
	    "[account robin@pop.isp.example]\nserver = pop.isp.example\n"
	    "port = 995\ntls = implicit\nuser = robin\nkeep = 14d\n"
	    "destination = maildir:~/Mail/robin@pop.isp.example\n"
	    "interval = 20m\n");
	assert_string_equal(a->file, "/p/Mail/pop.isp.example/popstate.dat");
	check_note(a, "the password stays in Thunderbird");
	check_note(im.accounts[1], "it logs in by OAuth");
	assert_true(im.accounts[1]->off);
	/* b and f were not fetched */
	import_thunderbird_popstate(a, buf_span(&pop));
	assert_int_equal(a->nuidls, 3);
	assert_true(has_uidl(a, uidls[0]));
	assert_true(has_uidl(a, uidls[1]));
	assert_true(has_uidl(a, uidls[3]));
	assert_int_equal(a->uidls[2].first_seen, 1795300005);
	import_done(&im);
	buf_release(&prefs);
	buf_release(&pop);
}

/* ---- hostile values ------------------------------------------------------ */

/* C-32: what would be another line of the configuration is left out. */
static void
lines_do_not_get_in(void **state)
{
	struct import im;

	(void)state;
	parse(&im, "poll h proto pop3 user u pass 'x\\n[account evil]' mda "
	    "'a\\nb'\n", import_fetchmail_rc);
	check_note(im.accounts[0], "password has control characters in it");
	check_section(im.accounts[0], "# from RC\n[account u@h]\n"
	    "# not visited before you have seen to this:\n"
	    "# password has control characters in it, or is too long: left "
	    "out\n"
	    "# mda has control characters in it, or is too long: left out\n"
	    "# there is no password in it: ~/.netrc is searched, and then a "
	    "terminal is asked\n"
	    "enabled = no\nserver = h\ntls = start\nuser = u\nkeep = no\n"
	    "destination = smtp:localhost:25\nreceived = yes\n"
	    "recipient = wren@localhost\n");
	import_done(&im);
}

/* ---- the command --------------------------------------------------------- */

static void
put(const char *name, const char *text, size_t n)
{
	char path[4096];
	FILE *f;

	assert_in_range(snprintf(path, sizeof(path), "%s/%s", home, name), 1,
	    sizeof(path) - 1);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void
put_file(const char *name, const char *from)
{
	struct buf b = read_file(file(from));

	put(name, (const char *)b.p, b.n);
	buf_release(&b);
}

static int
import(const char *format, const char *path, bool dry)
{
	char config[4096], *names[] = { (char *)(uintptr_t)path };
	struct client_args args = { .program = "restante", .config = config,
		.from = format, .dry_run = dry, .mode = REPORT_QUIET,
		.names = names, .nnames = path ? 1 : 0 };

	assert_in_range(snprintf(config, sizeof(config), "%s/c/r.conf", home),
	    1, sizeof(config) - 1);
	return client_import(&args, NULL);
}

static char *
config(void)
{
	char path[4096], *text;
	struct buf b;
	struct stat st;

	assert_in_range(snprintf(path, sizeof(path), "%s/c/r.conf", home), 1,
	    sizeof(path) - 1);
	if (stat(path, &st) != 0)
		return NULL;
	/* it has passwords in it */
	assert_int_equal(st.st_mode & 0777, 0600);
	b = read_file(path);
	text = import_text(buf_span(&b));
	buf_release(&b);
	return text;
}

/* What a visit would call new: the server's own UIDLs. */
static void
check_state(const char *account, uint64_t fresh, uint64_t missing)
{
	char dir[4096], error[1200];
	struct state *s;
	struct state_tally tally;
	struct state_row row;

	assert_in_range(snprintf(dir, sizeof(dir), "%s/s/restante", home), 1,
	    sizeof(dir) - 1);
	assert_int_equal(state_open(dir, account, false, error,
	    sizeof(error), &s), STATE_OK);
	assert_int_equal(state_listing_begin(s), 0);
	for (size_t i = 0; i < UIDLS; i++)
		assert_in_range(state_listing_row(s, span_str(uidls[i]),
		    &row), 0, 1);
	assert_int_equal(state_listing_end(s, &tally), 0);
	assert_int_equal(tally.listed, UIDLS);
	assert_int_equal(tally.fresh, fresh);
	assert_int_equal(tally.missing, missing);
	state_close(s);
}

static int
prepare(void **state)
{
	char dir[4096];
	static const char *const dirs[] = { "s", ".getmail", ".mpop_uidls" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_in_range(snprintf(dir, sizeof(dir), "%s/%s", home,
		    dirs[i]), 1, sizeof(dir) - 1);
		if (mkdir(dir, 0700) != 0)
			return -1;
	}
	assert_in_range(snprintf(dir, sizeof(dir), "%s/s", home), 1,
	    sizeof(dir) - 1);
	return setenv("XDG_STATE_HOME", dir, 1);
}

/* Each program's own files, then nothing is new on that server. Acceptance 12
 * of issue 3. */
static void
nothing_is_fetched_again(void **state)
{
	char *first, *second;

	(void)state;
	put_file(".getmail/getmailrc", "getmailrc");
	put_file(".getmail/oldmail-127.0.0.1-43823-wren- "
	    "smith\\x@example.org", "oldmail");
	put_file(".mpoprc", "mpoprc");
	put_file(".mpop_uidls/wren smith@example.org_at_127.0.0.1",
	    "mpop_uidls");
	put_file(".fetchmailrc", "fetchmailrc");
	put_file(".fetchids", "fetchids");

	/* a dry run writes nothing at all */
	assert_int_equal(import("getmail", NULL, true), 0);
	assert_null(config());

	assert_int_equal(import("getmail", NULL, false), 0);
	check_state("wren__smith_x@example.org", 0, 0);
	first = config();
	assert_non_null(first);
	/* again: nothing changes */
	assert_int_equal(import("getmail", NULL, false), 0);
	second = config();
	assert_string_equal(first, second);
	check_state("wren__smith_x@example.org", 0, 0);
	free(first);
	free(second);

	/* robin's UIDLs of mpop are in no file; fetchmail knows them */
	assert_int_equal(import("mpop", NULL, false), 0);
	check_state("office", 0, 0);
	check_state("other", UIDLS, 0);
	first = config();
	assert_int_equal(import("fetchmail", NULL, false), 0);
	second = config();
	/* the same server and user are the same account */
	assert_string_equal(first, second);
	check_state("office", 0, 0);
	check_state("other", 0, 0);
	free(first);
	free(second);
}

/* What stands in the configuration stays, octet for octet; a name that is
 * taken by another account gets a number. */
static void
our_own_accounts_stay(void **state)
{
	static const char ours[] = "# mine\n[account office]\n"
	    "server = other.example\nuser = x\ndestination = discard";
	char *text;

	(void)state;
	put("c/r.conf", ours, sizeof(ours) - 1);
	put_file(".mpoprc", "mpoprc");
	assert_int_equal(import("mpop", NULL, false), 0);
	text = config();
	assert_int_equal(strncmp(text, ours, sizeof(ours) - 1), 0);
	assert_non_null(strstr(text, "\n[account office-2]\n"));
	assert_non_null(strstr(text, "\n[account other]\n"));
	free(text);
}

static void
refusals(void **state)
{
	static const char bad[] = "[account office]\n";
	char *text;

	(void)state;
	assert_int_equal(import(NULL, NULL, false), 64);
	assert_int_equal(import("getmial", NULL, false), 64);
	assert_int_equal(import("thunderbird", NULL, false), 66);
	assert_int_equal(import("mpop", "/nonexistent", false), 66);
	/* one with mistakes is not added to */
	put("c/r.conf", bad, sizeof(bad) - 1);
	assert_int_equal(import("mpop", NULL, false), 78);
	text = config();
	assert_string_equal(text, bad);
	free(text);
}

/*
 * A UIDL with `-` that getmail has written: what it meant wins, whatever
 * came first; no message is lost, and a second one is new.
 */
static void
dashes_lose_nothing(void **state)
{
	static const struct {
		const char *listed[3];
		uint64_t fresh;
	} all[] = {
		{ { "a-b" }, 0 },
		{ { "a/b" }, 0 },
		{ { "a-b", "a/b" }, 1 },
		{ { "a/b", "a/b" }, 1 },
		{ { "a/b/c" }, 1 },
		{ { "x", "a/b" }, 1 },
	};
	char dir[4096], error[1200];
	struct import im;
	struct import_account *a;
	size_t known;
	bool busy;

	(void)state;
	import_init(&im, home);
	a = import_add(&im, "RC");
	a->name = import_dup("dash", 4);
	import_getmail_oldmail(a, span_of("a-b\0" "17\n", 7));
	assert_in_range(snprintf(dir, sizeof(dir), "%s/d", home), 1,
	    sizeof(dir) - 1);
	assert_int_equal(import_state(a, dir, false, 1000, &known, &busy,
	    error, sizeof(error)), 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct state *s;
		struct state_tally tally;
		struct state_row row;

		assert_int_equal(state_open(dir, "dash", false, error,
		    sizeof(error), &s), STATE_OK);
		assert_int_equal(state_listing_begin(s), 0);
		for (size_t k = 0; k < 3 && all[i].listed[k]; k++) {
			int r = state_listing_row(s,
			    span_str(all[i].listed[k]), &row);

			assert_in_range(r, 0, 1);
			if (r == 1)
				assert_int_equal(row.first_seen, 17);
		}
		assert_int_equal(state_listing_end(s, &tally), 0);
		assert_int_equal(tally.fresh, all[i].fresh);
		state_close(s);
	}
	import_done(&im);
}

static int
clean(void **state)
{
	char command[4096];
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		(void)snprintf(command, sizeof(command), "%s", home);
		(void)execlp("rm", "rm", "-r", "-f", command, NULL);
		_exit(1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ?
	    0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(getmail_of_its_own),
		cmocka_unit_test(getmail_settings),
		cmocka_unit_test(others_than_pop_are_left_out),
		cmocka_unit_test(odd_lines_are_counted),
		cmocka_unit_test(fetchmail_of_its_own),
		cmocka_unit_test(fetchmail_settings),
		cmocka_unit_test(strange_ids_are_told),
		cmocka_unit_test(mpop_of_its_own),
		cmocka_unit_test(mpop_settings),
		cmocka_unit_test(mpop_times),
		cmocka_unit_test(mpop_this_machine),
		cmocka_unit_test(mpop_many_names),
		cmocka_unit_test(thunderbird_profile),
		cmocka_unit_test(lines_do_not_get_in),
		cmocka_unit_test(nothing_is_fetched_again),
		cmocka_unit_test(our_own_accounts_stay),
		cmocka_unit_test(refusals),
		cmocka_unit_test(dashes_lose_nothing),
	};

	if (!mkdtemp(home) || setenv("HOME", home, 1) != 0 ||
	    setenv("USER", "wren", 1) != 0 ||
	    unsetenv("XDG_CONFIG_HOME") != 0 ||
	    unsetenv("FETCHMAILHOME") != 0)
		return 2;
	return cmocka_run_group_tests_name("import", tests, prepare, clean);
}
