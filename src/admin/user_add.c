/* SPDX-License-Identifier: ISC
 *
 * user add NAME: a new line at the end of the file of users.
 */
#include <stdio.h>
#include <stdlib.h>

#include "admin/secret.h"
#include "admin/users_edit.h"
#include "auth/passwd_file.h"

static int
refuse_taken(char *taken)
{
	if (taken == NULL)
		return 0;
	admin_error("there is a user \"%s\" already; to give a new password "
	    "use \"user passwd\"", taken);
	free(taken);
	return -1;
}

static int
append(struct users_edit *e, const struct admin_args *args, const char *field)
{
	if (users_edit_put(e, span_of(e->text, e->n)) != 0)
		return -1;
	if (e->n > 0 && e->text[e->n - 1] != '\n' &&
	    users_edit_put_str(e, "\n") != 0)
		return -1;
	if (users_edit_put_str(e, args->word) != 0 ||
	    users_edit_put_str(e, ":") != 0 ||
	    users_edit_put_str(e, field) != 0 || (args->apop &&
	    users_edit_put_str(e, "::::::restante_apop=yes") != 0))
		return -1;
	return users_edit_put_str(e, "\n");
}

static int
add(const struct admin_args *args, const struct admin_place *place)
{
	char field[HASH_TEXT_MAX];
	struct users_edit e;
	int r;

	/* before asking for a password; it is asked again under the lock */
	if (refuse_taken(users_find(place, args->word)) != 0 ||
	    secret_field(args, args->word, field) != 0)
		return -1;
	r = users_edit_begin(&e, place, true);
	if (r == 0) {
		r = refuse_taken(users_edit_find(&e, args->word));
		if (r == 0)
			r = append(&e, args, field);
		if (r == 0)
			r = users_edit_commit(&e);
		users_edit_end(&e);
	}
	explicit_bzero(field, sizeof(field));
	return r;
}

enum admin_exit
admin_user_add(const struct admin_args *args)
{
	struct admin_place place;
	enum admin_exit e = secret_check(args);
	int r;

	if (e != ADMIN_OK)
		return e;
	if (!passwd_name_ok(span_str(args->word))) {
		admin_error("not a user name: 1 to 255 printable ASCII octets "
		    "without '/', ':' and blank, not beginning with '.', '-' "
		    "or '#'");
		return ADMIN_USAGE;
	}
	if (admin_users_place(args, &place) != 0)
		return ADMIN_FAILED;
	r = add(args, &place);
	free(place.path);
	if (r != 0)
		return ADMIN_FAILED;
	(void)printf("%s added\n", args->word);
	return ADMIN_OK;
}
