/* SPDX-License-Identifier: ISC
 *
 * user del NAME: every line of that name goes, so that no older one comes
 * into force.  Mail is not touched.
 */
#include <stdio.h>
#include <stdlib.h>

#include "admin/users_edit.h"

/* The number of lines that were left out, or -1. */
static int
leave_out(struct users_edit *e, const char *name)
{
	struct pop_span rest = span_of(e->text, e->n), line;
	int gone = 0;

	while (rest.n > 0) {
		if (users_edit_line(&rest, name, &line))
			gone++;
		else if (users_edit_put(e, line) != 0)
			return -1;
	}
	return gone;
}

static int
del(const struct admin_args *args, const struct admin_place *place)
{
	struct users_edit e;
	int r;

	if (users_edit_begin(&e, place, false) != 0)
		return -1;
	r = leave_out(&e, args->word);
	if (r == 0)
		admin_error("there is no user \"%s\"; \"user list\" shows "
		    "who is there", args->word);
	if (r > 0)
		r = users_edit_commit(&e) == 0;
	users_edit_end(&e);
	return r > 0 ? 0 : -1;
}

enum admin_exit
admin_user_del(const struct admin_args *args)
{
	struct admin_place place;
	int r;

	if (admin_users_place(args, &place) != 0)
		return ADMIN_FAILED;
	r = del(args, &place);
	free(place.path);
	if (r != 0)
		return ADMIN_FAILED;
	(void)printf("%s deleted; the mail stays where it is\n", args->word);
	return ADMIN_OK;
}
