/* SPDX-License-Identifier: ISC
 *
 * kick USER|SESSION: ends sessions; what was marked for removal stays.
 */
#include <stdio.h>
#include <string.h>

#include "admin/control.h"

/* Is there a session of this name at this moment? 1, 0, -1 (told). */
static int
is_session(const struct admin_args *args, const char *word)
{
	json_t *rows, *last, *row;
	const char *session;
	size_t i;
	int r = 0;

	if (control_ask(args, json_pack("{s:s}", "command", "who"), &rows,
	    &last) != 0)
		return -1;
	json_array_foreach(rows, i, row) {
		session = json_string_value(json_object_get(row, "session"));
		if (session != NULL && strcmp(session, word) == 0)
			r = 1;
	}
	json_decref(rows);
	json_decref(last);
	return r;
}

static enum admin_exit
kick(const struct admin_args *args, const char *key, const char *value)
{
	json_t *rows, *last;
	json_int_t n;

	if (control_ask(args, json_pack("{s:s, s:s}", "command", "kick", key,
	    value), &rows, &last) != 0)
		return ADMIN_FAILED;
	n = json_integer_value(json_object_get(last, "kicked"));
	json_decref(rows);
	json_decref(last);
	if (n == 0) {
		admin_error("no session %s \"%s\"; \"who\" shows which there "
		    "are", strcmp(key, "user") == 0 ? "of" : "called", value);
		return ADMIN_FAILED;
	}
	(void)printf("%lld session%s ended\n", (long long)n,
	    n == 1 ? "" : "s");
	return ADMIN_OK;
}

enum admin_exit
admin_kick(const struct admin_args *args)
{
	int r;

	if ((args->word != NULL) + (args->user != NULL) +
	    (args->session != NULL) != 1) {
		admin_error("kick whom? Give a user or a session, one of "
		    "them");
		return ADMIN_USAGE;
	}
	if (args->user != NULL)
		return kick(args, "user", args->user);
	if (args->session != NULL)
		return kick(args, "session", args->session);
	r = is_session(args, args->word);
	if (r < 0)
		return ADMIN_FAILED;
	return kick(args, r == 1 ? "session" : "user", args->word);
}
