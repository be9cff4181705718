/* SPDX-License-Identifier: ISC
 *
 * state_help: directories, rows and numbers for the tests of the state.
 */
#include "state_help.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static char dir_now[256];

const char *
help_dir(void)
{
	return dir_now;
}

const char *
help_path(const char *name)
{
	static char path[512];

	text_format(path, sizeof(path), "%s/%s", dir_now, name);
	return path;
}

int
help_setup(void **arg)
{
	const char *base = getenv("TMPDIR");

	(void)arg;
	/* many small transactions: memory is as good as a disk for them */
	if (!base)
		base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	text_format(dir_now, sizeof(dir_now), "%s/restante-state-XXXXXX",
	    base);
	return mkdtemp(dir_now) ? 0 : -1;
}

static int
remove_one(const char *path, const struct stat *st, int type,
    struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void
help_remove(const char *dir)
{
	(void)!nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int
help_teardown(void **arg)
{
	(void)arg;
	help_remove(dir_now);
	return 0;
}

struct state *
help_open(bool read_only)
{
	struct state *s = NULL;
	char error[512] = "";

	if (state_open(dir_now, "work", read_only, error, sizeof(error),
	    &s) != STATE_OK)
		fail_msg("state_open: %s", error);
	assert_non_null(s);
	return s;
}

void
help_failed(struct state *s, int r, const char *text)
{
	assert_int_equal(r, -1);
	if (!strstr(state_error(s), text))
		fail_msg("\"%s\" is not in \"%s\"", text, state_error(s));
}

void
help_check(struct state *s, int r, const char *call, const char *file,
    int line)
{
	if (r == 0)
		return;
	print_error("%s:%d: %s: %s\n", file, line, call, state_error(s));
	_fail(file, line);
}

struct state_row
help_row(const char *uidl, uint32_t nth, enum state_kind kind)
{
	return (struct state_row){ .kind = kind, .uidl = span_str(uidl),
		.nth = nth, .announced = 1000, .octets = 1001,
		.first_seen = HELP_NOW };
}

void
help_put(struct state *s, struct state_row *rows, size_t n)
{
	help_done(s, state_begin(s));
	for (size_t i = 0; i < n; i++)
		help_done(s, state_put(s, &rows[i]));
	help_done(s, state_commit(s));
}

struct search {
	struct pop_span uidl;
	uint32_t nth;
	struct state_row *row;
};

static int
compare(void *arg, const struct state_row *row)
{
	struct search *search = arg;

	if (!span_eq(row->uidl, search->uidl) || row->nth != search->nth)
		return 0;
	*search->row = *row;
	search->row->uidl = search->uidl;	/* outlives the call */
	return 1;
}

int
help_find(struct state *s, const char *uidl, uint32_t nth,
    struct state_row *row_r)
{
	struct search search = { span_str(uidl), nth, row_r };
	int r = state_rows(s, 0, compare, &search);

	assert_true(r >= 0);
	return r;
}

/* xorshift64* (Vigna, 2016) */
uint64_t
help_next(struct help_random *r, uint64_t below)
{
	r->x ^= r->x >> 12;
	r->x ^= r->x << 25;
	r->x ^= r->x >> 27;
	return (r->x * 0x2545f4914f6cdd1du >> 11) % below;
}
