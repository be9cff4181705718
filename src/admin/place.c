/* SPDX-License-Identifier: ISC
 *
 * place: finds the file of users and the control socket, by an option or by
 * restanted's own configuration.
 */
#include "admin/admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

/* Its mistakes go to standard error, with file and line. */
static struct conf *
read_config(const struct admin_args *args, const char *instead)
{
	struct conf *c;

	if (conf_read(args->config, stderr, &c) == 0)
		return c;
	admin_error("cannot use the configuration %s; name another one with "
	    "--config, or use %s", args->config, instead);
	return NULL;
}

int
admin_users_place(const struct admin_args *args, struct admin_place *place_r)
{
	struct admin_place place = { .group = -1 };
	unsigned uid, gid;
	const char *error;
	struct conf *c;

	if (args->users != NULL) {
		place.path = strdup(args->users);
	} else {
		c = read_config(args, "--users FILE");
		if (c == NULL)
			return -1;
		place.path = strdup(c->users);
		if (conf_identity_resolve(&c->auth_user, &uid, &gid,
		    &error) == 0)
			place.group = (int)gid;
		conf_free(c);
	}
	if (place.path == NULL) {
		admin_error("out of memory");
		return -1;
	}
	*place_r = place;
	return 0;
}

char *
admin_socket_path(const struct admin_args *args)
{
	struct conf *c;
	char *path = NULL;

	if (args->socket != NULL) {
		path = strdup(args->socket);
	} else {
		c = read_config(args, "--socket PATH");
		if (c == NULL)
			return NULL;
		if (asprintf(&path, "%s/control", c->run_dir) < 0)
			path = NULL;
		conf_free(c);
	}
	if (path == NULL)
		admin_error("out of memory");
	return path;
}
