/* SPDX-License-Identifier: ISC
 *
 * advice: every fault has a row that helps, names are unique; what depends on
 * the account's settings; C-14: response codes that mean "later" are tried
 * again, those about the password are not.
 */
#include "../proto/check.h"

#include <ctype.h>

#include "client/advice.h"

static void
test_rows(void **state)
{
	(void)state;
	for (int i = 0; i < FAULTS; i++) {
		const struct advice *a = advice_for((enum fault)i);

		assert_non_null(a->name);
		assert_non_null(a->meaning);
		assert_non_null(a->remedy);
		assert_true(strlen(a->name) >= 3);
		for (const char *p = a->name; *p != '\0'; p++)
			assert_true(islower((unsigned char)*p) || *p == '-');
		assert_true(strlen(a->meaning) >= 6);
		for (int j = 0; j < i; j++) {
			const struct advice *b = advice_for((enum fault)j);

			assert_string_not_equal(a->name, b->name);
			assert_string_not_equal(a->meaning, b->meaning);
		}
		if (i == FAULT_NONE) {
			assert_int_equal(a->exit_status, 0);
			continue;
		}
		/* sysexits.h: what scripts may expect */
		assert_in_range(a->exit_status, 64, 78);
		assert_true(strlen(a->remedy) >= 20);
		assert_int_equal(a->remedy[strlen(a->remedy) - 1], '.');
		assert_true(isupper((unsigned char)a->remedy[0]));
	}
}

static const struct {
	enum fault fault;
	const char *name;
	int exit_status;
	bool later;
} rows[] = {
	{ FAULT_RESOLVE, "resolve", 68, true },
	{ FAULT_CONNECT, "connect", 69, true },
	{ FAULT_TLS_PLAIN, "wrong-port", 78, true },
	{ FAULT_CERT, "certificate", 76, true },
	{ FAULT_PROTOCOL, "protocol", 76, true },
	{ FAULT_AUTH, "auth", 77, false },
	{ FAULT_WANTS_OAUTH, "wants-oauth", 77, false },
	{ FAULT_SERVER_FAKE, "server-fake", 76, false },
	{ FAULT_SECRET, "secret", 77, false },
	{ FAULT_IN_USE, "in-use", 75, true },
	{ FAULT_LOGIN_DELAY, "login-delay", 75, true },
	{ FAULT_SERVER_TEMP, "server-temporary", 75, true },
	{ FAULT_SERVER_PERM, "server-permanent", 69, false },
	{ FAULT_STATE, "state", 74, true },
	{ FAULT_DISK, "disk", 74, true },
	{ FAULT_DEST, "destination", 73, false },
	{ FAULT_MEMORY, "memory", 71, true },
};

static void
test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct advice *a = advice_for(rows[i].fault);

		assert_string_equal(a->name, rows[i].name);
		assert_int_equal(a->exit_status, rows[i].exit_status);
		assert_int_equal(a->later, rows[i].later);
	}
}

static const struct {
	enum fault fault;
	const char *server, *user;
	unsigned port;
	enum account_tls tls;
	bool clear_login;
	const char *says;	/* part of it; NULL: nothing better */
} hints[] = {
	{ FAULT_TIMEOUT, "pop.example.net", "w@x", 995, ACCOUNT_TLS_NONE,
	  false, "Port 995 wants TLS at once: tls = implicit" },
	{ FAULT_LOST, "pop.example.net", "w@x", 995, ACCOUNT_TLS_START,
	  false, "Port 995 wants TLS" },
	{ FAULT_TIMEOUT, "pop.example.net", "w@x", 0, ACCOUNT_TLS_IMPLICIT,
	  false, NULL },
	{ FAULT_TIMEOUT, "pop.example.net", "w@x", 0, ACCOUNT_TLS_START,
	  false, NULL },
	{ FAULT_CONNECT, "pop.example.net", "w@x", 995, ACCOUNT_TLS_NONE,
	  false, NULL },
	{ FAULT_TLS_PLAIN, "pop.example.net", "w@x", 110,
	  ACCOUNT_TLS_IMPLICIT, false, "tls = start" },
	{ FAULT_TLS_PLAIN, "pop.example.net", "w@x", 9950,
	  ACCOUNT_TLS_IMPLICIT, false, NULL },
	{ FAULT_NOT_POP, "mail.example.net", "w@x", 993,
	  ACCOUNT_TLS_IMPLICIT, false, "993 is for IMAP" },
	{ FAULT_NOT_POP, "mail.example.net", "w@x", 587,
	  ACCOUNT_TLS_START, false, "587 is for sending" },
	{ FAULT_NOT_POP, "mail.example.net", "w@x", 0,
	  ACCOUNT_TLS_IMPLICIT, false, NULL },
	{ FAULT_AUTH, "pop.gmail.com", "w@x", 0, ACCOUNT_TLS_IMPLICIT, false,
	  "app password" },
	{ FAULT_WANTS_OAUTH, "Outlook.Office365.COM", "w@x", 0,
	  ACCOUNT_TLS_IMPLICIT, false, "token_command" },
	{ FAULT_AUTH, "notgmail.com", "w@x", 0, ACCOUNT_TLS_IMPLICIT, false,
	  NULL },
	{ FAULT_AUTH, "gmail.com.example.net", "w@x", 0,
	  ACCOUNT_TLS_IMPLICIT, false, NULL },
	{ FAULT_AUTH, "pop.example.net", "wren", 0, ACCOUNT_TLS_IMPLICIT,
	  false, "whole address" },
	{ FAULT_TIMEOUT, "pop.gmail.com", "wren", 0, ACCOUNT_TLS_IMPLICIT,
	  false, NULL },
	{ FAULT_NO_MECHANISM, "pop.example.net", "wren", 0, ACCOUNT_TLS_NONE,
	  false, "clear_login" },
	{ FAULT_NO_MECHANISM, "pop.example.net", "wren", 0, ACCOUNT_TLS_NONE,
	  true, NULL },
};

static void
test_hints(void **state)
{
	char text[ADVICE_HINT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(hints); i++) {
		struct account_conf a = { .port = hints[i].port,
			.tls = hints[i].tls,
			.clear_login = hints[i].clear_login };
		bool any;

		a.server = (char *)(uintptr_t)hints[i].server;
		a.user = (char *)(uintptr_t)hints[i].user;
		any = advice_hint(hints[i].fault, &a, text, sizeof(text));
		if (any != (hints[i].says != NULL) ||
		    (any && strstr(text, hints[i].says) == NULL))
			fail_msg("case %zu: %s", i, any ? text : "nothing");
		if (any)	/* nothing of it was cut */
			assert_int_equal(text[strlen(text) - 1], '.');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
