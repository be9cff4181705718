/* SPDX-License-Identifier: ISC
 *
 * user list: who is in the file of users, and how their passwords are kept.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin/admin.h"
#include "auth/passwd_file.h"

static int
list_json(const struct passwd_table *t)
{
	json_t *all = json_array(), *row;
	struct passwd_user u;
	int r = 0;

	for (uint32_t i = 0; all != NULL && i < passwd_count(t); i++) {
		u = passwd_at(t, i);
		row = json_pack("{s:s, s:s, s:b}", "user", u.name,
		    "scheme", hash_kind_name(u.kind), "apop", u.apop);
		if (json_array_append_new(all, row) != 0)
			r = -1;
	}
	if (all == NULL || r != 0 || json_dumpf(all, stdout,
	    JSON_INDENT(2)) != 0 || putchar('\n') == EOF)
		r = -1;
	json_decref(all);
	return r;
}

static int
list_text(const struct passwd_table *t)
{
	int width = 4, n;
	struct passwd_user u;

	for (uint32_t i = 0; i < passwd_count(t); i++) {
		n = (int)strlen(passwd_at(t, i).name);
		if (n > width && n <= 40)
			width = n;
	}
	for (uint32_t i = 0; i < passwd_count(t); i++) {
		u = passwd_at(t, i);
		if (printf("%-*s  %s%s\n", width, u.name,
		    hash_kind_name(u.kind), u.apop ? " apop" : "") < 0)
			return -1;
	}
	return 0;
}

enum admin_exit
admin_user_list(const struct admin_args *args)
{
	struct admin_place place;
	struct passwd_file *f;
	struct buf messages;
	int r = -1;

	if (admin_users_place(args, &place) != 0)
		return ADMIN_FAILED;
	buf_init(&messages, PASSWD_MESSAGES_MAX);
	f = passwd_file_new(place.path, &messages);
	if (messages.n > 0)
		(void)!fwrite(messages.p, 1, messages.n, stderr);
	if (f != NULL) {
		r = args->json ? list_json(passwd_file_last(f)) :
		    list_text(passwd_file_last(f));
		if (r != 0)
			admin_error("cannot write the list");
	}
	passwd_file_free(f);
	buf_release(&messages);
	free(place.path);
	return r == 0 ? ADMIN_OK : ADMIN_FAILED;
}
