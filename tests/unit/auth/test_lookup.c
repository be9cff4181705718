/* SPDX-License-Identifier: ISC
 *
 * Tests of src/auth/maildrop and lookup: which maildrop a name leads to,
 * which user an address means (L-4, L-5: recipients), and what of both could
 * lead somewhere else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <unistd.h>

#include "auth/auth.h"
#include "auth/maildrop.h"

static void
templates(void **state)
{
	static const struct { const char *template, *user, *want; } cases[] = {
		{ "%u", "wren", "wren" },
		{ "%u", "Wren@Example.NET", "Wren@Example.NET" },
		{ "%d/%n", "Wren@Example.NET", "example.net/Wren" },
		{ "%d/%n/Maildir", "a@b@c", "c/a@b/Maildir" },
		{ "%n", "wren", "wren" },
		{ "100%%/%u", "wren", "100%/wren" },
		{ "x-%n.y", "..", "x-...y" },
		{ "%d%n", "b@a", "ab" },
		/* NULL: must be refused */
		{ "%d/%n", "wren", NULL }, { "%d/%n", "wren@", NULL },
		{ "%n", "@example.net", NULL }, { "%u", "", NULL },
		{ "%u", ".", NULL }, { "%u", "..", NULL },
		{ "%d/%u", "x@..", NULL }, { "%d/%u", "x@.", NULL },
		{ "%d%n", ".@.", NULL },
		{ "%u", "a/b", NULL }, { "%u", "../b", NULL },
		{ "%d/%n", "x@a/b", NULL }, { "%u", "a\nb", NULL },
		{ "%u", "a b", NULL }, { "%u", "\x7f", NULL },
		{ "%u", "\xc3\xa9", NULL },
		{ "/%u", "a", NULL }, { "%u/", "a", NULL },
		{ "a//%u", "a", NULL }, { "../%u", "a", NULL },
		{ "./%u", "a", NULL }, { "a/../%u", "a", NULL },
		{ "%u/..", "a", NULL }, { "", "a", NULL },
		{ "%x", "a", NULL }, { "%u%", "a", NULL }
	};
	char out[MAILDROP_MAX];
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = maildrop_expand(cases[i].template, cases[i].user, out,
		    &why);

		print_message("%s\n", cases[i].template);
		assert_int_equal(r, cases[i].want == NULL ? -1 : 0);
		if (cases[i].want != NULL)
			assert_string_equal(out, cases[i].want);
		else
			assert_non_null(why);
	}
	assert_int_equal(maildrop_check("%d/%n", &why), 0);
	assert_int_equal(maildrop_check("%q", &why), -1);
	assert_int_equal(maildrop_check("/var/mail/%u", &why), -1);
}

static void
paths_have_an_end(void **state)
{
	char user[1200], out[MAILDROP_MAX], template[300];
	const char *why;

	(void)state;
	memset(user, 'x', sizeof(user));
	user[255] = '\0';
	assert_int_equal(maildrop_expand("%u", user, out, &why), 0);
	assert_int_equal(maildrop_expand("%u/%u/%u/%u", user, out, &why), 0);
	assert_int_equal(strlen(out), MAILDROP_MAX - 1);
	assert_int_equal(maildrop_expand("%u/%u/%u/%u/a", user, out, &why),
	    -1);
	/* one component more than a file name may have */
	assert_int_equal(maildrop_expand("%uy", user, out, &why), -1);
	memset(template, 'y', sizeof(template));
	template[256] = '\0';
	assert_int_equal(maildrop_expand(template, "u", out, &why), -1);
}

static char users[] = "/tmp/restante-lookup.XXXXXX";

static int
make_users(void **state)
{
	static const char text[] =
	    "wren:{PLAIN}x\nrobin+wood:{PLAIN}x\nRobin:{PLAIN}x\n"
	    "owl@example.org:{PLAIN}x\nwren@example.com:{PLAIN}x\n"
	    "jay@elsewhere.net:{PLAIN}x\nboss:{PLAIN}x\n"
	    "odd@..:{PLAIN}x\n";
	int fd = mkstemp(users);

	(void)state;
	if (fd < 0 || write(fd, text, sizeof(text) - 1) != sizeof(text) - 1)
		return -1;
	return close(fd);
}

static int
remove_users(void **state)
{
	(void)state;
	return unlink(users);
}

static struct auth *
fresh(const char *delimiter, const char *maildrop)
{
	struct auth_config c = {
		.users = users, .maildrop = maildrop,
		.domains = "example.org\texample.com  ..",
		.recipient_delimiter = delimiter, .postmaster = "boss",
		.workers = 1
	};
	const char *error = NULL;
	struct auth *a = auth_new(&c, &error);

	if (a == NULL)
		print_message("%s\n", error);
	assert_non_null(a);
	return a;
}

static void
recipients(void **state)
{
	static const struct {
		const char *local, *domain;
		enum auth_lookup want;
		const char *name;
	} cases[] = {
		{ "wren", "example.org", AUTH_USER, "wren" },
		{ "WREN", "EXAMPLE.ORG", AUTH_USER, "wren" },
		/* the whole address comes before the local part */
		{ "wren", "example.com", AUTH_USER, "wren@example.com" },
		{ "Wren", "Example.Com", AUTH_USER, "wren@example.com" },
		{ "owl", "example.org", AUTH_USER, "owl@example.org" },
		{ "owl", "example.com", AUTH_NO_USER, NULL },
		{ "robin", "example.org", AUTH_USER, "Robin" },
		/* what follows the delimiter, when nobody is called so */
		{ "robin+wood", "example.org", AUTH_USER, "robin+wood" },
		{ "robin+hood", "example.org", AUTH_USER, "Robin" },
		{ "robin+", "example.org", AUTH_USER, "Robin" },
		{ "robin+a+b", "example.org", AUTH_USER, "Robin" },
		{ "wren+x", "example.com", AUTH_USER, "wren@example.com" },
		{ "+wren", "example.org", AUTH_NO_USER, NULL },
		{ "nobody+x", "example.org", AUTH_NO_USER, NULL },
		/* RFC 5321 section 4.5.1 */
		{ "postmaster", "example.org", AUTH_USER, "boss" },
		{ "PostMaster", "example.com", AUTH_USER, "boss" },
		{ "Postmaster", "", AUTH_USER, "boss" },
		{ "postmaster", "elsewhere.net", AUTH_NOT_LOCAL, NULL },
		{ "wren", "elsewhere.net", AUTH_NOT_LOCAL, NULL },
		{ "wren", "example.or", AUTH_NOT_LOCAL, NULL },
		{ "wren", "example.orgx", AUTH_NOT_LOCAL, NULL },
		{ "wren", "org", AUTH_NOT_LOCAL, NULL },
		/* a whole address of the user file is local by itself */
		{ "jay", "elsewhere.net", AUTH_USER, "jay@elsewhere.net" },
		/* D01: no name of the file is like these */
		{ "", "example.org", AUTH_NO_USER, NULL },
		{ "../wren", "example.org", AUTH_NO_USER, NULL },
		{ "a/b", "example.org", AUTH_NO_USER, NULL },
		{ "wren@example.com", "", AUTH_USER, "wren@example.com" },
		{ "\xff\xfe", "example.org", AUTH_NO_USER, NULL },
		{ "%u", "example.org", AUTH_NO_USER, NULL }
	};
	struct auth *a = fresh("+", "%u");
	struct auth_user u;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s@%s\n", cases[i].local, cases[i].domain);
		assert_int_equal(auth_lookup(a, span_str(cases[i].local),
		    span_str(cases[i].domain), &u), cases[i].want);
		if (cases[i].name == NULL)
			continue;
		assert_string_equal(u.name, cases[i].name);
		assert_string_equal(u.maildrop, cases[i].name);
	}
	assert_null(auth_message(a));
	auth_free(a);
}

static void
long_and_nul_recipients(void **state)
{
	char big[5000];
	struct auth *a = fresh("+", "%u");
	struct auth_user u;

	(void)state;
	memset(big, 'a', sizeof(big));
	for (size_t n = 200; n <= sizeof(big); n += n < 300 ? 1 : 1000) {
		assert_int_equal(auth_lookup(a, span_of(big, n),
		    span_str("example.org"), &u), AUTH_NO_USER);
		assert_int_equal(auth_lookup(a, span_str("wren"),
		    span_of(big, n), &u), AUTH_NOT_LOCAL);
	}
	assert_int_equal(auth_lookup(a, span_of("wren\0", 5),
	    span_str("example.org"), &u), AUTH_NO_USER);
	assert_int_equal(auth_lookup(a, span_of("wren\0+x", 7),
	    span_str("example.org"), &u), AUTH_NO_USER);
	assert_int_equal(auth_lookup(a, span_str("wren"),
	    span_of("example.org\0", 12), &u), AUTH_NOT_LOCAL);
	auth_free(a);
}

static void
no_delimiter_and_several(void **state)
{
	struct auth *a = fresh("", "%u");
	struct auth_user u;

	(void)state;
	assert_int_equal(auth_lookup(a, span_str("robin+hood"),
	    span_str("example.org"), &u), AUTH_NO_USER);
	auth_free(a);
	a = fresh("-+", "%u");
	assert_int_equal(auth_lookup(a, span_str("robin-hood"),
	    span_str("example.org"), &u), AUTH_USER);
	assert_int_equal(auth_lookup(a, span_str("robin+hood-x"),
	    span_str("example.org"), &u), AUTH_USER);
	auth_free(a);
}

/* A user whose maildrop cannot be named: mail waits, and the log says why. */
static void
no_maildrop_is_temporary(void **state)
{
	struct auth *a = fresh("+", "%d/%n");
	struct auth_user u;

	(void)state;
	assert_int_equal(auth_lookup(a, span_str("wren"),
	    span_str("example.com"), &u), AUTH_USER);
	assert_string_equal(u.maildrop, "example.com/wren");
	assert_int_equal(auth_lookup(a, span_str("wren"),
	    span_str("example.org"), &u), AUTH_LOOKUP_TEMP);
	assert_non_null(strstr(auth_message(a),
	    "'wren' has no maildrop"));
	assert_null(auth_message(a));
	assert_int_equal(auth_lookup(a, span_str("odd"), span_str(".."), &u),
	    AUTH_LOOKUP_TEMP);
	assert_non_null(auth_message(a));
	auth_free(a);
}

static void
login_names(void **state)
{
	struct auth *a = fresh("+", "%u");
	struct auth_user u;

	(void)state;
	assert_int_equal(auth_find(a, span_str("WREN"), &u), AUTH_USER);
	assert_string_equal(u.name, "wren");
	assert_int_equal(auth_find(a, span_str("owl@example.org"), &u),
	    AUTH_USER);
	assert_int_equal(auth_find(a, span_str("owl"), &u), AUTH_NO_USER);
	assert_int_equal(auth_find(a, span_str("wren+x"), &u), AUTH_NO_USER);
	auth_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates),
		cmocka_unit_test(paths_have_an_end),
		cmocka_unit_test(recipients),
		cmocka_unit_test(long_and_nul_recipients),
		cmocka_unit_test(no_delimiter_and_several),
		cmocka_unit_test(no_maildrop_is_temporary),
		cmocka_unit_test(login_names)
	};

	return cmocka_run_group_tests(tests, make_users, remove_users);
}
