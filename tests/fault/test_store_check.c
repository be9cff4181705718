/* SPDX-License-Identifier: ISC
 *
 * That the check of the other fault tests sees what it must see: mail that is
 * lost, cut, doubled, renamed, or comes back, a lock that stays.  And that the
 * other tests see a store that does what it must not: the hook does it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "office.h"
#include "sync.h"

static struct office_run run;
static int lock_fd = -1;

static void
path_of(const char *name, char out[512])
{
	if (text_format(out, 512, "%s/%s", run.root, name))
		abort();
}

static void
move(const char *from, const char *to)
{
	char a[512], b[512];

	path_of(from, a);
	path_of(to, b);
	if (rename(a, b) != 0)
		abort();
}

static void
nothing(void)
{
}

static void
lose(void)
{
	char a[512];

	path_of("a/new/3.M1P1.h", a);
	if (unlink(a) != 0)
		abort();
}

static void
cut(void)
{
	char a[512];

	path_of("a/new/3.M1P1.h", a);
	if (truncate(a, 3) != 0)
		abort();
}

/* what a name promises and the file is not */
static void
cut_named(void)
{
	char a[512];

	path_of("a/new/1.M1P1.h,S=4,W=5", a);
	if (truncate(a, 2) != 0)
		abort();
}

static void
zero(void)
{
	char a[512];
	int fd;

	path_of("a/new/1.M1P1.h,S=4,W=5", a);
	fd = open(a, O_WRONLY | O_TRUNC);
	if (fd < 0 || write(fd, "\0\0\0", 4) != 4)
		abort();
	close(fd);
}

static void
wrong_size(void)
{
	move("a/new/1.M1P1.h,S=4,W=5", "a/new/1.M1P1.h,S=4,W=6");
}

static void
other_uidl(void)
{
	move("a/cur/4.M1P1.h:2,S", "a/cur/7.M1P1.h:2,S");
}

static void
twice(void)
{
	sync_file(run.root, "a", "new/8.M1P1.h", "one\n", 4);
}

static void
come_back(void)
{
	run.fate[1] = FATE_NOT;
}

static void
half_delivered(void)
{
	sync_file(run.root, "d", "new/8.M1P1.h", "X: 2\nSubject", 12);
}

static void
unlocked_not(void)
{
	char a[512];

	path_of("a", a);
	lock_fd = open(a, O_RDONLY | O_DIRECTORY);
	if (lock_fd < 0 || flock(lock_fd, LOCK_EX) != 0)
		abort();
}

static void
no_directory(void)
{
	char a[512];

	path_of("b/c/tmp", a);
	if (rmdir(a) != 0)
		abort();
	sync_file(run.root, "b/c", "tmp", "", 0);
}

static const struct {
	const char *name;
	void (*do_it)(void);
	const char *wrong;	/* NULL: nothing is */
} cases[] = {
	{ "as it was", nothing, NULL },
	{ "a file is gone", lose, "a message is lost" },
	{ "a file is short", cut, "a part of a message is visible" },
	{ "a file is shorter than its name says", cut_named,
	    "a listed message cannot be had" },
	{ "a file is full of zeros", zero, "a part of a message is visible" },
	{ "a name tells a wrong size", wrong_size, "a size is wrong" },
	{ "a file has another base name", other_uidl,
	    "a unique-id has changed" },
	{ "a message came a second time", twice, "a message is there twice" },
	{ "a removed message is there", come_back,
	    "a message is there that must not be" },
	{ "half of a message was delivered", half_delivered,
	    "a part of a message is visible" },
	{ "somebody holds the lock", unlocked_not,
	    "the lock was left behind" },
	{ "nothing can be delivered", no_directory,
	    "the next delivery does not work" },
};

int
main(void)
{
	int failed = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got, *want = cases[i].wrong;

		office_prepare(&run);
		cases[i].do_it();
		got = office_check(&run);
		if (lock_fd >= 0)
			close(lock_fd);
		lock_fd = -1;
		office_clear(&run);
		if (got == want || (got != NULL && want != NULL &&
		    strcmp(got, want) == 0))
			continue;
		printf("%s: %s, not %s\n", cases[i].name,
		    got != NULL ? got : "nothing is wrong",
		    want != NULL ? want : "nothing");
		failed = 1;
	}
	printf("%zu things are seen\n", sizeof(cases) / sizeof(cases[0]));
	return failed;
}
