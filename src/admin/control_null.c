/* SPDX-License-Identifier: ISC
 *
 * control_null: who, kick and reload in a build without jansson, where
 * restanted has no control socket either.
 */
#include "admin/admin.h"

static enum admin_exit
not_built(const char *instead)
{
	admin_error("built without the control socket (jansson); %s", instead);
	return ADMIN_FAILED;
}

enum admin_exit
admin_who(const struct admin_args *args)
{
	(void)args;
	return not_built("the log says who comes and goes");
}

enum admin_exit
admin_kick(const struct admin_args *args)
{
	(void)args;
	return not_built("sessions end when they log out");
}

enum admin_exit
admin_reload(const struct admin_args *args)
{
	(void)args;
	return not_built("send SIGHUP to restanted instead");
}
