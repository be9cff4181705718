/* SPDX-License-Identifier: ISC
 *
 * setup: what is taken from a command line and from restante-discover, user
 * names, and the file that an account is added to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "client/setup.h"
#include "sys/os.h"

static const struct client_args no_args = { .program = "restante" };

static struct setup *
make(const struct client_args *args)
{
	static struct setup s;

	memset(&s, 0, sizeof(s));
	s.args = args;
	s.place = SETUP_NOWHERE;
	memcpy(s.address, "wren@example.org", 17);
	memcpy(s.local, "wren", 5);
	memcpy(s.domain, "example.org", 12);
	return &s;
}

/* ---- --server ---- */

static void
test_server(void **state)
{
	static const struct {
		const char *text, *host;	/* NULL: refused */
		unsigned port;
	} table[] = {
		{ "pop.example.org", "pop.example.org", 0 },
		{ "pop.example.org:1995", "pop.example.org", 1995 },
		{ "127.0.0.1:1", "127.0.0.1", 1 },
		{ "[::1]:995", "::1", 995 }, { "[::1]", "::1", 0 },
		{ "", NULL, 0 }, { ":995", NULL, 0 }, { "a:", NULL, 0 },
		{ "a:0", NULL, 0 }, { "a:65536", NULL, 0 },
		{ "a:b", NULL, 0 }, { "a:1:2", NULL, 0 }, { "::1", NULL, 0 },
		{ "[::1", NULL, 0 }, { "[]", NULL, 0 }, { "[::1]x", NULL, 0 },
		{ "[pop]", NULL, 0 }, { "a b", NULL, 0 },
		{ "[1...]", NULL, 0 }, { "[12345::1]:995", NULL, 0 },
		{ "pop3://a", NULL, 0 }, { "a/b", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char host[DISCOVER_NAME_MAX];
		unsigned port = 7;
		int r = setup_read_server(table[i].text, host, &port);

		if (r != (table[i].host == NULL ? -1 : 0))
			fail_msg("\"%s\": %d", table[i].text, r);
		if (r == 0) {
			assert_string_equal(host, table[i].host);
			assert_int_equal(port, table[i].port);
		}
	}
}

/* ---- lines of restante-discover ---- */

#define LINE "{\"kind\":\"candidate\",\"source\":\"srv\",\"host\":\"%s\"," \
	"\"port\":%s,\"tls\":\"%s\",\"user\":\"%s\",\"auth\":[\"password\"]," \
	"\"in_domain\":true,\"vouched\":false}"

static void
test_lines(void **state)
{
	static const struct {
		const char *host, *port, *tls, *user;
		int good;
		bool in_domain;
	} table[] = {
		{ "pop.example.org", "995", "implicit", "", 1, true },
		/* C-30: it is we who say what is in the domain */
		{ "pop.evil.org", "995", "start", "%EMAILADDRESS%", 1,
		    false },
		{ "example.org.evil", "995", "none", "", 1, false },
		{ "", "995", "implicit", "", 0, false },
		{ "a b", "995", "implicit", "", 0, false },
		{ "a\\nb", "995", "implicit", "", 0, false },
		{ "a\\u0000b", "995", "implicit", "", 0, false },
		{ "a", "0", "implicit", "", 0, false },
		{ "a", "-1", "implicit", "", 0, false },
		{ "a", "65536", "implicit", "", 0, false },
		{ "a", "\"995\"", "implicit", "", 0, false },
		{ "a", "995", "tls", "", 0, false },
		{ "a", "995", "implicit", "x\\ry", 0, false },
	};
	struct setup *s = make(&no_args);

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct discover_candidate c;
		char line[512];

		assert_false(text_format(line, sizeof(line), LINE,
		    table[i].host, table[i].port, table[i].tls,
		    table[i].user));
		if (setup_read_line(s, span_str(line), &c) != table[i].good)
			fail_msg("%s", line);
		if (table[i].good == 0)
			continue;
		assert_string_equal(c.host, table[i].host);
		assert_string_equal(c.user, table[i].user);
		assert_int_equal(c.auth, DISCOVER_PASSWORD);
		assert_int_equal(c.in_domain, table[i].in_domain);
	}
}

static void
test_odd_lines(void **state)
{
	static const char *const lines[] = { "", "{", "[]", "null", "1",
		"{\"kind\":1}", "{\"kind\":\"candidate\"}", "{\"kind\":\"x\"}",
		"{\"kind\":\"note\"}", "{\"kind\":\"note\",\"note\":3}",
		"{\"kind\":\"candidate\",\"auth\":3,\"host\":[]}" };
	struct setup *s = make(&no_args);
	struct discover_candidate c;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(setup_read_line(s, span_str(lines[i]), &c),
		    0);
	assert_false(s->no_pop3 || s->imap_only);
	assert_int_equal(setup_read_line(s, span_str(
	    "{\"kind\":\"note\",\"note\":\"imap-only\"}"), &c), 0);
	assert_true(s->imap_only);
}

/* ---- user names ---- */

static void
test_expand(void **state)
{
	static const struct {
		const char *pattern, *name;
	} table[] = {
		{ "", "" }, { "wren7", "wren7" },
		{ "%EMAILADDRESS%", "wren@example.org" },
		{ "%EMAILLOCALPART%", "wren" },
		{ "%EMAILLOCALPART%.%EMAILDOMAIN%", "wren.example.org" },
		{ "%", "%" }, { "%EMAIL%", "%EMAIL%" },
		{ "%EMAILADDRESS", "%EMAILADDRESS" },
		{ "%EMAILLOCALPART%%EMAILLOCALPART%", "wrenwren" },
	};
	const struct setup *s = make(&no_args);
	char out[32];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(setup_expand(s, table[i].pattern, out,
		    sizeof(out)), 0);
		assert_string_equal(out, table[i].name);
	}
	assert_int_equal(setup_expand(s, "%EMAILADDRESS%", out, 17), 0);
	assert_int_equal(setup_expand(s, "%EMAILADDRESS%", out, 16), -1);
	assert_int_equal(setup_expand(s, "abcd", out, 4), -1);
}

/* ---- the section ---- */

static void
section(const struct setup *s, const struct discover_candidate *c,
    const char *wanted)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	assert_int_equal(setup_section(s, c, "wren", "maildir:~/Mail", f), 0);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, wanted);
	free(text);
}

static void
test_section(void **state)
{
	const struct client_args args = { .program = "restante",
		.password_command = "pass show 'a b'" };
	struct discover_candidate c = { .source = DISCOVER_SRV,
		.host = "pop.example.org", .port = 995, .in_domain = true };
	struct setup *s = make(&args);
	FILE *f = fopen("/dev/null", "w");

	(void)state;
	memcpy(s->account, "work", 5);
	section(s, &c, "[account work]\nserver = pop.example.org\n"
	    "tls = implicit\nmail_domain = example.org\nuser = wren\n"
	    "destination = maildir:~/Mail\n");
	/* the service of a domain is its own host, or it is not */
	c.in_domain = false;
	c.port = 1110;
	c.tls = DISCOVER_START;
	s->place = SETUP_COMMAND;
	memcpy(s->keep, "14d", 4);
	section(s, &c, "[account work]\nserver = pop.example.org\n"
	    "port = 1110\ntls = start\nuser = wren\n"
	    "password_command = pass show 'a b'\n"
	    "destination = maildir:~/Mail\nkeep = 14d\n");
	s->place = SETUP_FILE;
	memcpy(s->password_file, "/x/p", 5);
	s->given = true;
	section(s, &c, "[account work]\nserver = pop.example.org\n"
	    "port = 1110\ntls = start\nuser = wren\n"
	    "password_file = /x/p\n"
	    "destination = maildir:~/Mail\nkeep = 14d\n");
	/* nothing that would be another line */
	assert_non_null(f);
	assert_int_equal(setup_section(s, &c, "wren\nx = y", "discard", f),
	    -1);
	assert_int_equal(fclose(f), 0);
}

static void
test_names(void **state)
{
	static const char taken[] = "[account example]\nserver = a.b\n"
	    "user = u\ndestination = discard\n"
	    "[account wren@example.org]\nserver = a.b\nuser = u\n"
	    "destination = discard\n";
	struct setup *s = make(&no_args);
	struct client_conf *conf;

	(void)state;
	assert_int_equal(setup_name(s, NULL), 0);
	assert_string_equal(s->account, "example");
	assert_int_equal(client_conf_read_text("x", taken,
	    sizeof(taken) - 1, stderr, &conf), 0);
	assert_int_equal(setup_name(s, conf), 0);
	assert_string_equal(s->account, "wren@example.org-2");
	memcpy(s->domain, "other.org", 10);
	assert_int_equal(setup_name(s, conf), 0);
	assert_string_equal(s->account, "other");
	client_conf_free(conf);
}

/* ---- the file ---- */

static char directory[] = "/tmp/restante-setup-XXXXXX";

static const char *
path_of(const char *name)
{
	static char path[256];

	assert_false(text_format(path, sizeof(path), "%s/%s", directory,
	    name));
	return path;
}

static void
is_file(const char *name, const char *wanted)
{
	struct buf b;
	struct stat st;

	buf_init(&b, 1 << 20);
	assert_int_equal(setup_file_read(path_of(name), &b), 0);
	assert_true(span_eq(buf_span(&b), span_str(wanted)));
	assert_int_equal(stat(path_of(name), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	buf_release(&b);
}

static int
append(const char *name, const char *seen, const char *text)
{
	return setup_file_append(path_of(name), span_str(seen), text,
	    strlen(text));
}

static void
test_file(void **state)
{
	(void)state;
	/* made with its directories; never a second time */
	assert_int_equal(setup_file_make(path_of("a/b/secret"), "pw", 2), 0);
	is_file("a/b/secret", "pw");
	assert_int_equal(setup_file_make(path_of("a/b/secret"), "xx", 2), -1);
	assert_int_equal(errno, EEXIST);
	is_file("a/b/secret", "pw");
	/* what stood there stays */
	assert_int_equal(append("c/conf", "", "[a]\n"), 0);
	is_file("c/conf", "[a]\n");
	assert_int_equal(append("c/conf", "[a]\n", "[b]"), 0);
	is_file("c/conf", "[a]\n\n[b]");
	assert_int_equal(append("c/conf", "[a]\n\n[b]", "[c]\n"), 0);
	is_file("c/conf", "[a]\n\n[b]\n\n[c]\n");
	/* somebody else has been there */
	assert_int_equal(append("c/conf", "[a]\n", "[d]\n"), -1);
	assert_int_equal(errno, ESTALE);
	is_file("c/conf", "[a]\n\n[b]\n\n[c]\n");
	/* a link stays one */
	assert_int_equal(symlink("conf", path_of("c/link")), 0);
	assert_int_equal(append("c/link", "[a]\n\n[b]\n\n[c]\n", "[d]\n"), 0);
	is_file("c/conf", "[a]\n\n[b]\n\n[c]\n\n[d]\n");
}

struct faults {
	int countdown;		/* calls until one fails */
	bool failed;
};

static int
fail_one(void *arg, const struct os_call *call)
{
	struct faults *f = arg;

	if (call->op == OS_CLOSE || call->op == OS_UNLINKAT ||
	    f->countdown-- != 0)
		return 0;
	f->failed = true;
	return ENOSPC;
}

/* Every call that can fail, fails once: the old file is there, whole.  That
 * nothing is left beside it is seen when the directory is removed. */
static void
test_faults(void **state)
{
	struct faults f = { 0, false };
	const struct os_hook hook = { fail_one, NULL, &f };

	(void)state;
	assert_int_equal(append("f/conf", "", "[a]\n"), 0);
	for (int i = 0;; i++) {
		int r;

		f = (struct faults){ i, false };
		os_hook_set(&hook);
		r = append("f/conf", "[a]\n", "[b]\n");
		os_hook_set(NULL);
		is_file("f/conf", r < 0 ? "[a]\n" : "[a]\n\n[b]\n");
		/* the last call but closing: it is written all the same */
		if (r >= 0) {
			assert_true(f.failed && r == 1 && i > 3);
			break;
		}
	}
}

static int
set_up(void **state)
{
	(void)state;
	(void)umask(022);
	return mkdtemp(directory) != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "a/b/secret", "a/b", "a",
		"c/link", "c/conf", "c", "f/conf", "f" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (remove(path_of(names[i])) != 0)
			return -1;
	return rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_odd_lines),
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_section),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
