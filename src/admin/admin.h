/* SPDX-License-Identifier: ISC
 *
 * admin: what the commands of restantectl share: their arguments, where they
 * find things, how they fail.  One file a command; main.c has the table.
 */
#ifndef RESTANTE_ADMIN_ADMIN_H
#define RESTANTE_ADMIN_ADMIN_H

#include <stdbool.h>

enum admin_exit {
	ADMIN_OK = 0,
	ADMIN_FAILED = 1,
	ADMIN_USAGE = 2
};

/* options and words of the command line; strings are argv's */
struct admin_args {
	const char *config;		/* --config */
	const char *users;		/* --users; NULL: the config's */
	const char *socket;		/* --socket; NULL: the config's */
	const char *scheme;		/* --scheme; NULL: the default */
	const char *user, *session;	/* --user, --session */
	bool apop, password_stdin, json;
	const char *word;		/* what follows the command, or NULL */
};

enum admin_exit admin_user_add(const struct admin_args *args);
enum admin_exit admin_user_passwd(const struct admin_args *args);
enum admin_exit admin_user_del(const struct admin_args *args);
enum admin_exit admin_user_list(const struct admin_args *args);
enum admin_exit admin_who(const struct admin_args *args);
enum admin_exit admin_kick(const struct admin_args *args);
enum admin_exit admin_reload(const struct admin_args *args);

/* "restantectl: ..." and a line end on standard error */
__attribute__((format(printf, 1, 2)))
void admin_error(const char *fmt, ...);

/* Where the file of users is, and the group that must be able to read it
 * (-1: not known).  NULL after an error message; else free it. */
struct admin_place {
	char *path;
	int group;
};
__attribute__((warn_unused_result))
int admin_users_place(const struct admin_args *args,
    struct admin_place *place_r);
/* The path of the control socket; NULL after an error message. */
char *admin_socket_path(const struct admin_args *args);

#endif
