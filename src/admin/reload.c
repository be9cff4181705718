/* SPDX-License-Identifier: ISC
 *
 * reload: restanted reads its configuration, certificates and users again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "admin/control.h"

enum admin_exit
admin_reload(const struct admin_args *args)
{
	json_t *rows, *last;

	if (control_ask(args, json_pack("{s:s}", "command", "reload"), &rows,
	    &last) != 0)
		return ADMIN_FAILED;
	json_decref(rows);
	json_decref(last);
	(void)puts("reloaded");
	return ADMIN_OK;
}
