/* SPDX-License-Identifier: ISC
 *
 * user list: who is in the file of users, and how their passwords are kept.
 */
#include <stdio.h>
#include <stdlib.h>

#include "admin/admin.h"
#include "auth/passwd_file.h"

/* Names are printable ASCII: two octets of it need a backslash in JSON. */
static int
put_name(const char *name)
{
	for (; *name != '\0'; name++) {
		if ((*name == '"' || *name == '\\') && putchar('\\') == EOF)
			return -1;
		if (putchar(*name) == EOF)
			return -1;
	}
	return 0;
}

/* By hand: users must be seen in a build without the control socket, too,
 * which is all that wants a JSON library. */
static int
list_json(const struct passwd_table *t)
{
	struct passwd_user u;

	for (uint32_t i = 0; i < passwd_count(t); i++) {
		u = passwd_at(t, i);
		if (printf("%s{\"user\": \"", i == 0 ? "[\n  " : ",\n  ") < 0 ||
		    put_name(u.name) != 0 ||
		    printf("\", \"scheme\": \"%s\", \"apop\": %s}",
		    hash_kind_name(u.kind), u.apop ? "true" : "false") < 0)
			return -1;
	}
	return printf(passwd_count(t) > 0 ? "\n]\n" : "[]\n") < 0 ? -1 : 0;
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
