/* SPDX-License-Identifier: ISC
 *
 * user passwd NAME: a new password field in the user's line; the fields
 * behind it stay, but for restante_apop, which says what the new field is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "admin/secret.h"
#include "admin/users_edit.h"
#include "auth/passwd_file.h"

#define APOP_KEY "restante_apop="

enum { EXTRA = 5 };	/* fields between the password and the extra ones */

/* What stands before the next `sep`, which is taken off, too. */
static struct pop_span
take(struct pop_span *rest, unsigned char sep, bool *found_r)
{
	const unsigned char *end = rest->n == 0 ? NULL :
	    memchr(rest->p, sep, rest->n);
	struct pop_span s = *rest;

	*found_r = end != NULL;
	if (end != NULL)
		s.n = (size_t)(end - rest->p);
	span_skip(rest, end != NULL ? s.n + 1 : s.n);
	return s;
}

/* The extra fields without restante_apop, then ours. */
static int
put_extra(struct users_edit *e, struct pop_span extra, bool apop)
{
	bool more = true, first = true;
	struct pop_span word;

	while (more) {
		word = take(&extra, ' ', &more);
		if (word.n >= sizeof(APOP_KEY) - 1 && memcmp(word.p, APOP_KEY,
		    sizeof(APOP_KEY) - 1) == 0)
			continue;
		if ((!first && users_edit_put_str(e, " ") != 0) ||
		    users_edit_put(e, word) != 0)
			return -1;
		first = first && word.n == 0;
	}
	if (!apop)
		return 0;
	return users_edit_put_str(e, first ? APOP_KEY "yes" :
	    " " APOP_KEY "yes");
}

/* `line` without its line end. */
static int
put_line(struct users_edit *e, struct pop_span line, const char *field,
    bool apop)
{
	struct pop_span name, middle;
	unsigned colons = 0;
	bool found;

	name = take(&line, ':', &found);
	if (users_edit_put(e, name) != 0 || users_edit_put_str(e, ":") != 0 ||
	    users_edit_put_str(e, field) != 0)
		return -1;
	(void)take(&line, ':', &found);
	for (; found && colons < EXTRA; colons++) {
		middle = take(&line, ':', &found);
		if (users_edit_put_str(e, ":") != 0 ||
		    users_edit_put(e, middle) != 0)
			return -1;
	}
	if (!found && !apop)
		return 0;
	for (; colons < EXTRA + 1; colons++)
		if (users_edit_put_str(e, ":") != 0)
			return -1;
	return put_extra(e, found ? line : span_of("", 0), apop);
}

static int
put_changed(struct users_edit *e, struct pop_span line, const char *field,
    bool apop)
{
	const char *end = "";

	if (line.n > 0 && line.p[line.n - 1] == '\n') {
		end = "\n";
		line.n--;
	}
	if (line.n > 0 && line.p[line.n - 1] == '\r') {
		end = *end != '\0' ? "\r\n" : "\r";
		line.n--;
	}
	if (put_line(e, line, field, apop) != 0)
		return -1;
	return users_edit_put_str(e, end);
}

static bool
line_has_apop(struct pop_span line)
{
	struct passwd_line l;
	const char *error;

	if (line.n > 0 && line.p[line.n - 1] == '\n')
		line.n--;
	return passwd_line_parse(line, &l, &error) == 1 && l.apop;
}

/* Only the first line of a name counts; others stay as they are. */
static int
change(struct users_edit *e, const struct admin_args *args, const char *field,
    bool *had_apop_r)
{
	struct pop_span rest = span_of(e->text, e->n), line;
	bool done = false;
	int r;

	while (rest.n > 0) {
		if (users_edit_line(&rest, args->word, &line) && !done) {
			done = true;
			*had_apop_r = line_has_apop(line);
			r = put_changed(e, line, field, args->apop);
		} else {
			r = users_edit_put(e, line);
		}
		if (r != 0)
			return -1;
	}
	return 0;
}

/* Exactly this name must be there. Frees `found`. */
static int
check_found(char *found, const char *name)
{
	int r = found != NULL && strcmp(found, name) == 0 ? 0 : -1;

	if (found == NULL)
		admin_error("there is no user \"%s\"; \"user list\" shows "
		    "who is there", name);
	else if (r != 0)
		admin_error("the user is called \"%s\", not \"%s\"", found,
		    name);
	free(found);
	return r;
}

static int
passwd(const struct admin_args *args, const struct admin_place *place,
    bool *had_apop_r)
{
	char field[HASH_TEXT_MAX];
	struct users_edit e;
	char *found = users_find(place, args->word);
	int r;

	/* asked before the password; an unreadable file is told below */
	if (found != NULL && check_found(found, args->word) != 0)
		return -1;
	if (secret_field(args, args->word, field) != 0)
		return -1;
	r = users_edit_begin(&e, place, false);
	if (r == 0) {
		r = check_found(users_edit_find(&e, args->word), args->word);
		if (r == 0)
			r = change(&e, args, field, had_apop_r);
		if (r == 0)
			r = users_edit_commit(&e);
		users_edit_end(&e);
	}
	explicit_bzero(field, sizeof(field));
	return r;
}

enum admin_exit
admin_user_passwd(const struct admin_args *args)
{
	struct admin_place place;
	enum admin_exit e = secret_check(args);
	bool had_apop = false;
	int r;

	if (e != ADMIN_OK)
		return e;
	if (admin_users_place(args, &place) != 0)
		return ADMIN_FAILED;
	r = passwd(args, &place, &had_apop);
	free(place.path);
	if (r != 0)
		return ADMIN_FAILED;
	(void)printf("%s has a new password%s\n", args->word,
	    had_apop && !args->apop ?
	    ", and cannot use APOP any more (see --apop)" : "");
	return ADMIN_OK;
}
