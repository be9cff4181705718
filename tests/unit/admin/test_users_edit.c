/* SPDX-License-Identifier: ISC
 *
 * Tests of src/admin/users_edit: what an edit leaves on the disk, and when it
 * leaves the file alone.  What the commands do with it is tested end to end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/users_edit.h"

static char dir[] = "/tmp/restante-edit.XXXXXX";
static char path[80], link_path[80], temporary[100];
static struct admin_place place = { .path = path, .group = -1 };

void
admin_error(const char *fmt, ...)
{
	va_list ap;
	char text[512];

	va_start(ap, fmt);
	(void)!vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_message("%s\n", text);
}

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)!snprintf(path, sizeof(path), "%s/users", dir);
	(void)!snprintf(link_path, sizeof(link_path), "%s/link", dir);
	(void)!snprintf(temporary, sizeof(temporary), "%s.restantectl", path);
	return 0;
}

static int
empty_dir(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink(link_path);
	(void)unlink(temporary);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)empty_dir(state);
	return rmdir(dir);
}

static void
put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static void
holds(const char *file, const char *text)
{
	char have[4096];
	int fd = open(file, O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, have, sizeof(have) - 1);
	assert_true(n >= 0);
	have[n] = '\0';
	assert_int_equal(close(fd), 0);
	assert_string_equal(have, text);
}

static void
an_edit_replaces_the_file(void **state)
{
	struct users_edit e;
	struct stat before, after;

	(void)state;
	put(path, "# one\nwren:{PLAIN}x\n");
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(stat(path, &before), 0);
	/* what a killed program left */
	put(temporary, "half a li");
	assert_int_equal(users_edit_begin(&e, &place, false), 0);
	assert_int_equal(users_edit_put(&e, span_of(e.text, e.n)), 0);
	assert_int_equal(users_edit_put_str(&e, "jay:\n"), 0);
	holds(path, "# one\nwren:{PLAIN}x\n");
	assert_int_equal(users_edit_commit(&e), 0);
	users_edit_end(&e);
	holds(path, "# one\nwren:{PLAIN}x\njay:\n");
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_mode, before.st_mode);
	assert_int_equal(after.st_uid, before.st_uid);
	assert_int_equal(after.st_gid, before.st_gid);
	assert_int_not_equal(after.st_ino, before.st_ino);
	assert_int_equal(access(temporary, F_OK), -1);
}

static void
without_commit_nothing_happens(void **state)
{
	struct users_edit e;

	(void)state;
	put(path, "wren:\n");
	assert_int_equal(users_edit_begin(&e, &place, false), 0);
	assert_int_equal(users_edit_put_str(&e, "jay:\n"), 0);
	users_edit_end(&e);
	holds(path, "wren:\n");
}

/* An editor that does not lock saved the file meanwhile. */
static void
a_change_by_others_is_not_lost(void **state)
{
	struct users_edit e;

	(void)state;
	put(path, "wren:\n");
	assert_int_equal(users_edit_begin(&e, &place, false), 0);
	assert_int_equal(users_edit_put_str(&e, "jay:\n"), 0);
	put(path, "wren:\nowl:\n");
	assert_int_equal(users_edit_commit(&e), -1);
	users_edit_end(&e);
	holds(path, "wren:\nowl:\n");
	assert_int_equal(access(temporary, F_OK), -1);
}

static void
a_symbolic_link_stays_one(void **state)
{
	struct admin_place by_link = { .path = link_path, .group = -1 };
	struct users_edit e;
	struct stat st;

	(void)state;
	put(path, "wren:\n");
	assert_int_equal(symlink("users", link_path), 0);
	assert_int_equal(users_edit_begin(&e, &by_link, false), 0);
	assert_int_equal(users_edit_put_str(&e, "jay:\n"), 0);
	assert_int_equal(users_edit_commit(&e), 0);
	users_edit_end(&e);
	assert_int_equal(lstat(link_path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	holds(path, "jay:\n");
}

static void
what_cannot_be_edited(void **state)
{
	struct users_edit e;

	(void)state;
	assert_int_equal(users_edit_begin(&e, &place, false), -1);
	assert_int_equal(access(path, F_OK), -1);
	put(path, "wren:\na b:\n");
	assert_int_equal(users_edit_begin(&e, &place, false), -1);
	holds(path, "wren:\na b:\n");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(users_edit_begin(&e, &place, true), -1);
	assert_int_equal(rmdir(path), 0);
}

static void
a_missing_file_is_made(void **state)
{
	struct admin_place mine = { .path = path, .group = (int)getegid() };
	struct users_edit e;
	struct stat st;

	(void)state;
	assert_int_equal(users_edit_begin(&e, &mine, true), 0);
	assert_int_equal(users_edit_put_str(&e, "jay:\n"), 0);
	assert_int_equal(users_edit_commit(&e), 0);
	users_edit_end(&e);
	holds(path, "jay:\n");
	assert_int_equal(stat(path, &st), 0);
	/* only root gives files away */
	assert_int_equal(st.st_mode & 07777, geteuid() == 0 ? 0640 : 0600);
}

static void
names_and_lines(void **state)
{
	struct pop_span rest = span_str("#wren:\nwren:a\r\nwrens:b\nwren"),
	    line;
	static const bool want[] = { false, true, false, true };
	struct users_edit e;
	char *found;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(users_edit_line(&rest, "wren", &line),
		    want[i]);
	assert_int_equal(rest.n, 0);
	put(path, "Wren:\n");
	assert_int_equal(users_edit_begin(&e, &place, false), 0);
	found = users_edit_find(&e, "wREN");
	assert_non_null(found);
	assert_string_equal(found, "Wren");
	free(found);
	assert_null(users_edit_find(&e, "wre"));
	users_edit_end(&e);
	found = users_find(&place, "wren");
	assert_non_null(found);
	assert_string_equal(found, "Wren");
	free(found);
}

#define CASE(f) cmocka_unit_test_setup(f, empty_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_edit_replaces_the_file),
		CASE(without_commit_nothing_happens),
		CASE(a_change_by_others_is_not_lost),
		CASE(a_symbolic_link_stays_one),
		CASE(what_cannot_be_edited),
		CASE(a_missing_file_is_made),
		CASE(names_and_lines)
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
