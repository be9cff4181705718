/* SPDX-License-Identifier: ISC
 *
 * test_state: the file, what is written into it and read again.  C22 of the
 * checks for clients; P15, P16.
 */
#include "state_help.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "client/state_private.h"
#include "sys/os.h"

/* ---- opening ------------------------------------------------------------- */

static unsigned
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* C22: 0600 in a 0700 directory from the beginning, also when the umask would
 * allow more and when directories above are missing. */
static void
test_made_private(void **arg)
{
	struct state *s = NULL;
	struct state_row row = help_row("a", 1, STATE_FETCHED);
	char dir[512], error[512];
	mode_t old = umask(0);

	(void)arg;
	text_format(dir, sizeof(dir), "%s/.local/state/restante/", help_dir());
	assert_int_equal(state_open(dir, "work", false, error, sizeof(error),
	    &s), STATE_OK);
	help_put(s, &row, 1);
	assert_int_equal(mode_of(help_path(".local")), 0700);
	assert_int_equal(mode_of(help_path(".local/state/restante")), 0700);
	assert_int_equal(mode_of(help_path(
	    ".local/state/restante/work.db")), 0600);
	assert_int_equal(mode_of(help_path(
	    ".local/state/restante/work.db-wal")), 0600);
	assert_int_equal(mode_of(help_path(
	    ".local/state/restante/work.db-shm")), 0600);
	assert_int_equal(mode_of(help_path(
	    ".local/state/restante/work.lock")), 0600);
	umask(old);
	assert_int_equal(strlen(state_ident(s)), STATE_IDENT);
	state_close(s);
	assert_int_equal(access(help_path(
	    ".local/state/restante/work.db-wal"), F_OK), -1);
}

static int
count_sync(void *arg, const struct os_call *call)
{
	*(int *)arg += call->op == OS_FSYNC;
	return 0;
}

/* Each new name is synced in its directory: those of three directories, and
 * that of the file. */
static void
test_made_durable(void **arg)
{
	int syncs = 0;
	const struct os_hook hook = { count_sync, NULL, &syncs };
	struct state *s = NULL;
	char dir[512], error[512];

	(void)arg;
	text_format(dir, sizeof(dir), "%s/a/b/c", help_dir());
	os_hook_set(&hook);
	assert_int_equal(state_open(dir, "work", false, error, sizeof(error),
	    &s), STATE_OK);
	assert_int_equal(syncs, 4);
	state_close(s);
	assert_int_equal(state_open(dir, "work", false, error, sizeof(error),
	    &s), STATE_OK);
	os_hook_set(NULL);
	assert_int_equal(syncs, 4);
	state_close(s);
}

static void
test_made_private_again(void **arg)
{
	struct state *s = help_open(false);

	(void)arg;
	state_close(s);
	assert_int_equal(chmod(help_path("work.db"), 0644), 0);
	state_close(help_open(false));
	assert_int_equal(mode_of(help_path("work.db")), 0600);
}

static void
test_ident_stays(void **arg)
{
	struct state *s = help_open(false);
	char ident[STATE_IDENT + 1], error[512];
	struct state *other = NULL;

	(void)arg;
	memcpy(ident, state_ident(s), sizeof(ident));
	assert_int_equal(strspn(ident, "0123456789abcdef"), STATE_IDENT);
	state_close(s);
	s = help_open(false);
	assert_string_equal(state_ident(s), ident);
	assert_int_equal(state_open(help_dir(), "other", false, error,
	    sizeof(error), &other), STATE_OK);
	assert_string_not_equal(state_ident(other), ident);
	state_close(other);
	state_close(s);
}

/* an account's name becomes a file's */
static void
test_bad_names(void **arg)
{
	static const char *const names[] = { "", ".", "..", "../x", "a/b",
		".hidden", "a\nb", "a\x7f", NULL };
	char error[512];
	struct state *s = NULL;

	(void)arg;
	for (size_t i = 0; names[i]; i++) {
		errno = 0;
		assert_int_equal(state_open(help_dir(), names[i], false,
		    error, sizeof(error), &s), STATE_SYSTEM);
		assert_int_equal(errno, EINVAL);
	}
	assert_null(s);
}

static void
test_directory_is_a_file(void **arg)
{
	char error[512] = "";
	struct state *s = NULL;
	int fd = open(help_path("file"), O_WRONLY | O_CREAT, 0600);

	(void)arg;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(state_open(help_path("file"), "work", false, error,
	    sizeof(error), &s), STATE_SYSTEM);
	assert_non_null(strstr(error, "/file"));
	assert_int_equal(state_open(help_path("file/under"), "work", false,
	    error, sizeof(error), &s), STATE_SYSTEM);
	assert_non_null(strstr(error, "Not a directory"));
}

static void
test_read_only_makes_nothing(void **arg)
{
	char error[512], dir[512];
	struct state *s = NULL;

	(void)arg;
	text_format(dir, sizeof(dir), "%s/none", help_dir());
	assert_int_equal(state_open(dir, "work", true, error, sizeof(error),
	    &s), STATE_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(access(dir, F_OK), -1);
	assert_int_equal(state_open(help_dir(), "work", true, error,
	    sizeof(error), &s), STATE_SYSTEM);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(access(help_path("work.db"), F_OK), -1);
	assert_int_equal(access(help_path("work.lock"), F_OK), -1);
}

/* Stopped between the making of the file and of its tables. */
static void
test_empty_file(void **arg)
{
	char error[512];
	struct state *s = NULL;
	int fd = open(help_path("work.db"), O_WRONLY | O_CREAT, 0600);

	(void)arg;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(state_open(help_dir(), "work", true, error,
	    sizeof(error), &s), STATE_SYSTEM);
	assert_int_equal(errno, ENOENT);
	s = help_open(false);
	assert_int_equal(strlen(state_ident(s)), STATE_IDENT);
	state_close(s);
}

/* ---- not ours, newer, damaged -------------------------------------------- */

static void
with_sqlite(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	char *why = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static char *
read_file(const char *path, size_t *n_r)
{
	FILE *f = fopen(path, "rb");
	char *p;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	*n_r = (size_t)ftell(f);
	rewind(f);
	p = malloc(*n_r + 1);
	assert_non_null(p);
	assert_int_equal(fread(p, 1, *n_r, f), *n_r);
	fclose(f);
	return p;
}

static void
write_file(const char *path, const char *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* It is refused with these words, whether for reading or for writing, and
 * stays as it is, octet for octet. */
static void
assert_broken(const char *words)
{
	size_t n, n2;
	char *before = read_file(help_path("work.db"), &n), *after;

	for (int read_only = 0; read_only < 2; read_only++) {
		struct state *s = NULL;
		char error[1024] = "";

		assert_int_equal(state_open(help_dir(), "work",
		    read_only == 1, error, sizeof(error), &s), STATE_BROKEN);
		assert_null(s);
		if (!strstr(error, words) ||
		    !strstr(error, help_path("work.db")))
			fail_msg("\"%s\" is not in \"%s\"", words, error);
	}
	after = read_file(help_path("work.db"), &n2);
	assert_int_equal(n, n2);
	assert_memory_equal(before, after, n);
	free(before);
	free(after);
}

static void
test_newer(void **arg)
{
	(void)arg;
	state_close(help_open(false));
	with_sqlite(help_path("work.db"), "PRAGMA user_version = 2");
	assert_broken("newer restante (format 2, this one knows 1)");
}

static void
test_not_ours(void **arg)
{
	(void)arg;
	with_sqlite(help_path("work.db"), "PRAGMA journal_mode = WAL;"
	    "CREATE TABLE other(x);");
	assert_broken("another program");
}

static void
fill(size_t n)
{
	struct state *s = help_open(false);
	char uidl[32] = "";

	help_done(s, state_begin(s));
	for (size_t i = 0; i < n; i++) {
		struct state_row row = help_row(uidl, 1, STATE_FETCHED);

		text_format(uidl, sizeof(uidl), "uidl-%06zu", i);
		row.uidl = span_str(uidl);
		help_done(s, state_put(s, &row));
	}
	help_done(s, state_commit(s));
	state_close(s);
}

/* C22: it had been used, and has nothing in it now */
static void
test_emptied(void **arg)
{
	struct state *s = help_open(false);

	(void)arg;
	help_done(s, state_listing_begin(s));
	state_close(s);
	assert_int_equal(truncate(help_path("work.db"), 0), 0);
	assert_broken("it is empty, and was not");
	/* moved away, as the text says */
	assert_int_equal(unlink(help_path("work.db")), 0);
	state_close(help_open(false));
}

/* C22: random octets, cut short at every size that matters */
static void
test_damaged(void **arg)
{
	static const size_t sizes[] = { 1, 15, 16, 99, 100, 511, 512, 1000,
		4095, 4096, 4097, 8192, 20480 };
	struct help_random random = { 22 };
	size_t n;
	char *p;

	(void)arg;
	fill(2000);
	p = read_file(help_path("work.db"), &n);
	assert_true(n > 100000);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		write_file(help_path("work.db"), p, sizes[i]);
		assert_broken("is damaged");
	}
	for (size_t i = 0; i < 4096; i++)
		p[i] = (char)help_next(&random, 256);
	write_file(help_path("work.db"), p, n);
	assert_broken("Move it away");
	free(p);
}

/* whatever it comes to: it has words when it fails */
static void
may_fail(struct state *s, int r)
{
	if (r < 0)
		assert_true(strlen(state_error(s)) > 0);
}

/* What a visit does, with a file of which nobody knows what is in it. */
static void
use(struct state *s)
{
	struct state_row row = help_row("another", 1, STATE_FETCHED);
	struct state_tally tally;
	struct pop_span value;
	bool wrote;
	int r;

	may_fail(s, state_fact(s, "listing", &value));
	may_fail(s, state_has_more_than(s, 100));
	r = state_listing_begin(s);
	may_fail(s, r);
	for (unsigned i = 0; r == 0 && i < 200; i += 40) {
		char uidl[32] = "";
		struct state_row found;

		text_format(uidl, sizeof(uidl), "uidl-%06u", i);
		r = state_listing_row(s, span_str(uidl), &found);
		may_fail(s, r);
		r = r < 0 ? r : 0;
	}
	if (r == 0)
		r = state_listing_end(s, &tally);
	may_fail(s, r);
	if (state_begin(s) != 0)
		return;
	r = state_put_listing(s, HELP_NOW, &wrote);
	may_fail(s, r);
	if (r >= 0)
		may_fail(s, r = state_put(s, &row));
	if (r >= 0)
		may_fail(s, state_commit(s));
	else
		state_rollback(s);
}

/* C22: some octets of a file that is ours are others */
static void
test_changed_octets(void **arg)
{
	struct help_random random = { 23 };
	size_t n;
	char *p, *changed;

	(void)arg;
	fill(200);
	p = read_file(help_path("work.db"), &n);
	changed = malloc(n);
	assert_non_null(changed);
	for (unsigned i = 0; i < 150; i++) {
		struct state *s = NULL;
		char error[1024] = "";

		memcpy(changed, p, n);
		for (unsigned k = 0; k <= i % 4; k++) {
			/* half of them where a page begins */
			size_t at = help_next(&random, n);

			if (i % 2 == 0)
				at = at / 4096 * 4096 + at % 120;
			changed[at % n] = (char)help_next(&random, 256);
		}
		write_file(help_path("work.db"), changed, n);
		(void)unlink(help_path("work.db-wal"));
		(void)unlink(help_path("work.db-shm"));
		if (state_open(help_dir(), "work", false, error,
		    sizeof(error), &s) == STATE_OK) {
			use(s);
			state_close(s);
		} else {
			assert_true(strlen(error) > 0);
		}
	}
	free(changed);
	free(p);
}

static int
count_row(void *arg, const struct state_row *row)
{
	size_t *n = arg;

	(void)row;
	++*n;
	return 0;
}

/* A page in the middle: found when it is read, and said so; nothing is taken
 * for new because of it. */
static void
test_damaged_inside(void **arg)
{
	size_t n, seen = 0;
	char *p, *page;
	struct state *s;
	int found = 0;

	(void)arg;
	fill(2000);
	p = read_file(help_path("work.db"), &n);
	for (size_t at = 4096; at + 4096 <= n; at += 4096) {
		struct state_tally tally;
		struct state *opened = NULL;
		char error[1024];
		int r = 0;

		page = malloc(n);
		assert_non_null(page);
		memcpy(page, p, n);
		memset(page + at, 0xa5, 4096);
		write_file(help_path("work.db"), page, n);
		free(page);
		if (state_open(help_dir(), "work", false, error,
		    sizeof(error), &opened) != STATE_OK) {
			assert_non_null(strstr(error, "damaged"));
			found++;
			continue;
		}
		r = state_listing_begin(opened);
		for (size_t i = 0; i < 2000 && r >= 0; i++) {
			struct state_row row;
			char uidl[32] = "";

			text_format(uidl, sizeof(uidl), "uidl-%06zu", i);
			r = state_listing_row(opened, span_str(uidl), &row);
			assert_int_not_equal(r, 0);
		}
		if (r >= 0)
			r = state_listing_end(opened, &tally);
		if (r < 0) {
			help_failed(opened, r, "is damaged");
			found++;
		}
		state_close(opened);
	}
	/* pages of the other index are not looked at */
	assert_true(found * 2 > (int)(n / 4096));
	write_file(help_path("work.db"), p, n);
	free(p);
	s = help_open(false);
	assert_int_equal(state_rows(s, 0, count_row, &seen), 0);
	assert_int_equal(seen, 2000);
	state_close(s);
}

static void
test_symbolic_link(void **arg)
{
	char error[512];
	struct state *s = NULL;

	(void)arg;
	assert_int_equal(symlink("elsewhere", help_path("work.db")), 0);
	assert_int_equal(state_open(help_dir(), "work", false, error,
	    sizeof(error), &s), STATE_BROKEN);
	assert_non_null(strstr(error, "regular file"));
	assert_int_equal(access(help_path("elsewhere"), F_OK), -1);
}

/* ---- rows ---------------------------------------------------------------- */

static void
assert_row(const struct state_row *a, const struct state_row *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_true(span_eq(a->uidl, b->uidl));
	assert_int_equal(a->nth, b->nth);
	assert_true(a->announced == b->announced);
	assert_true(a->octets == b->octets);
	assert_int_equal(a->has_digest, b->has_digest);
	if (a->has_digest)
		assert_memory_equal(a->digest, b->digest, STATE_DIGEST);
	assert_true(a->first_seen == b->first_seen);
	assert_true(a->deleted == b->deleted);
	assert_int_equal(a->tries, b->tries);
	assert_true(a->not_before == b->not_before);
}

struct all_rows {
	const struct state_row *rows;
	size_t n, at;
};

static int
next_row(void *arg, const struct state_row *row)
{
	struct all_rows *all = arg;

	assert_true(all->at < all->n);
	assert_true(row->id > 0);
	assert_row(row, &all->rows[all->at++]);
	return 0;
}

/* Every octet and the ends of every range come back. */
static void
test_rows(void **arg)
{
	struct state_row rows[] = {
		help_row("plain", 1, STATE_FETCHED),
		help_row("plain", 2, STATE_SKIPPED),
		help_row(" made of a header", 1, STATE_DROPPED),
		{ .kind = STATE_FAILED, .uidl = { (const unsigned char *)
		    "\0\xff'\n", 4 }, .nth = UINT32_MAX, .announced =
		    UINT64_MAX, .octets = (uint64_t)INT64_MAX + 1,
		    .has_digest = true, .digest = "\0\x01\x02", .first_seen =
		    INT64_MIN, .deleted = INT64_MAX, .tries = UINT32_MAX,
		    .not_before = INT64_MAX },
		{ .kind = STATE_FETCHED, .uidl = { NULL, 0 }, .nth = 1 },
	};
	const size_t n = sizeof(rows) / sizeof(rows[0]);
	struct all_rows all = { rows, n, 0 };
	struct state *s = help_open(false);

	(void)arg;
	help_put(s, rows, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rows[i].id, i + 1);
	state_close(s);
	s = help_open(false);
	assert_int_equal(state_rows(s, 0, next_row, &all), 0);
	assert_int_equal(all.at, n);
	all = (struct all_rows){ &rows[3], 1, 0 };
	assert_int_equal(state_rows(s, STATE_FAILED, next_row, &all), 0);
	assert_int_equal(all.at, 1);
	state_close(s);
}

static void
test_replace(void **arg)
{
	struct state_row row = help_row("a", 1, STATE_FAILED), again, found;
	struct state *s = help_open(false);
	struct state_counts c;

	(void)arg;
	row.tries = 1;
	row.not_before = HELP_NOW + 60;
	help_put(s, &row, 1);
	/* by its id */
	row.tries = 2;
	help_put(s, &row, 1);
	assert_int_equal(help_find(s, "a", 1, &found), 1);
	assert_int_equal(found.tries, 2);
	/* by its name */
	again = help_row("a", 1, STATE_FETCHED);
	help_put(s, &again, 1);
	assert_int_equal(again.id, row.id);
	assert_int_equal(help_find(s, "a", 1, &found), 1);
	assert_int_equal(found.kind, STATE_FETCHED);
	assert_int_equal(found.tries, 0);
	help_done(s, state_counts(s, &c));
	assert_int_equal(c.fetched, 1);
	assert_int_equal(c.failed, 0);
	/* one that has been forgotten meanwhile comes anew */
	row = help_row("b", 1, STATE_FETCHED);
	row.id = 77;
	help_put(s, &row, 1);
	assert_int_not_equal(row.id, 77);
	assert_int_equal(help_find(s, "b", 1, &found), 1);
	state_close(s);
}

static void
test_refused(void **arg)
{
	struct state *s = help_open(false);
	struct state_row row = help_row("a", 1, STATE_FETCHED), bad = row;
	struct state_row other = help_row("b", 1, STATE_FETCHED), found;
	bool wrote;
	int64_t id;

	(void)arg;
	help_failed(s, state_put(s, &row), "outside a transaction");
	help_failed(s, state_commit(s), "without a beginning");
	help_failed(s, state_put_listing(s, 1, &wrote), "no end");
	help_done(s, state_begin(s));
	help_failed(s, state_begin(s), "inside another");
	bad.kind = 0;
	help_done(s, state_begin(s));
	help_failed(s, state_put(s, &bad), "means nothing");
	bad = row;
	bad.nth = 0;
	help_done(s, state_begin(s));
	help_failed(s, state_put(s, &bad), "means nothing");
	help_done(s, state_begin(s));
	help_failed(s, state_put_intent(s, &bad, "d", span_str("t"), 1, &id),
	    "means nothing");
	help_done(s, state_begin(s));
	help_failed(s, state_adopt(s, 5, span_str("x"), 1, 1), "no such");
	help_done(s, state_begin(s));
	help_failed(s, state_put_delivered(s, 5, &id), "no such delivery");
	/* two rows of one name: the whole transaction is undone */
	help_put(s, &row, 1);
	help_put(s, &other, 1);
	help_done(s, state_begin(s));
	bad = help_row("c", 1, STATE_FETCHED);
	help_done(s, state_put(s, &bad));
	other.uidl = span_str("a");
	help_failed(s, state_put(s, &other), "UNIQUE");
	assert_int_equal(help_find(s, "c", 1, &found), 0);
	state_close(s);
}

static void
test_rollback(void **arg)
{
	struct state *s = help_open(false);
	struct state_row row = help_row("a", 1, STATE_FETCHED), found;

	(void)arg;
	state_rollback(s);
	help_done(s, state_begin(s));
	state_rollback(s);
	help_done(s, state_begin(s));
	help_done(s, state_put(s, &row));
	state_rollback(s);
	assert_int_equal(help_find(s, "a", 1, &found), 0);
	/* closing undoes too */
	help_done(s, state_begin(s));
	row.id = 0;
	help_done(s, state_put(s, &row));
	state_close(s);
	s = help_open(false);
	assert_int_equal(help_find(s, "a", 1, &found), 0);
	state_close(s);
}

/* ---- facts --------------------------------------------------------------- */

static void
set(struct state *s, const char *name, const char *value)
{
	help_done(s, state_begin(s));
	help_done(s, state_set_fact(s, name, span_str(value)));
	help_done(s, state_commit(s));
}

static void
test_facts(void **arg)
{
	struct state *s = help_open(false);
	struct pop_span v;

	(void)arg;
	assert_int_equal(state_fact(s, "capa", &v), 0);
	set(s, "capa", "PIPELINING");
	set(s, "other", "x");
	set(s, "capa", "UIDL");
	assert_int_equal(state_fact(s, "capa", &v), 1);
	assert_true(span_eq(v, span_str("UIDL")));
	set(s, "capa", "");
	set(s, "never", "");
	assert_int_equal(state_fact(s, "capa", &v), 0);
	assert_int_equal(state_fact(s, "other", &v), 1);
	help_failed(s, state_set_fact(s, "other", span_str("y")),
	    "outside a transaction");
	help_done(s, state_begin(s));
	help_failed(s, state_set_fact(s, "ident", span_str("y")), "no fact");
	state_close(s);
}

/* ---- intents ------------------------------------------------------------- */

struct seen_intents {
	struct state *s;
	size_t n, stop;
	struct state_intent first;
	char destination[64], uidl[64], ticket[64];
};

static int
see_intent(void *arg, const struct state_intent *intent)
{
	struct seen_intents *seen = arg;
	int64_t id;

	if (seen->n++ == 0) {
		seen->first = *intent;
		text_format(seen->destination, sizeof(seen->destination),
		    "%s", intent->destination);
		text_format(seen->uidl, sizeof(seen->uidl), "%.*s",
		    (int)intent->row.uidl.n, intent->row.uidl.p);
		text_format(seen->ticket, sizeof(seen->ticket), "%.*s",
		    (int)intent->ticket.n, intent->ticket.p);
		/* it may not write */
		help_failed(seen->s, state_put_delivered(seen->s, intent->id,
		    &id), "while it is read");
	}
	return seen->n == seen->stop ? 7 : 0;
}

/* P15: what is left after a crash has all that recovery needs. */
static void
test_intents(void **arg)
{
	struct state *s = help_open(false);
	struct state_row row = help_row("a", 1, STATE_FETCHED), found;
	struct state_row failed = help_row("b", 1, STATE_FAILED);
	struct seen_intents seen = { 0 };
	struct state_counts c;
	int64_t first, second, id = 0;

	(void)arg;
	help_put(s, &failed, 1);
	row.has_digest = true;
	memset(row.digest, 7, sizeof(row.digest));
	help_done(s, state_begin(s));
	help_done(s, state_put_intent(s, &row, "maildir:~/Mail",
	    span_str("ticket"), HELP_NOW, &first));
	failed.kind = STATE_FETCHED;
	help_done(s, state_put_intent(s, &failed, "mbox:x", span_str("t2"),
	    HELP_NOW, &second));
	help_done(s, state_commit(s));
	assert_true(first < second);
	state_close(s);

	s = help_open(false);
	seen.s = s;
	assert_int_equal(state_intents(s, see_intent, &seen), 0);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.first.id, first);
	assert_string_equal(seen.destination, "maildir:~/Mail");
	assert_string_equal(seen.ticket, "ticket");
	assert_true(seen.first.made == HELP_NOW);
	seen.first.row.uidl = span_str(seen.uidl);
	assert_row(&seen.first.row, &row);
	seen = (struct seen_intents){ .s = s, .stop = 1 };
	assert_int_equal(state_intents(s, see_intent, &seen), 7);
	help_done(s, state_counts(s, &c));
	assert_int_equal(c.intents, 2);
	assert_int_equal(c.fetched, 0);
	assert_int_equal(c.failed, 1);

	/* delivered: a new row, and the one that had failed before */
	help_done(s, state_begin(s));
	help_done(s, state_put_delivered(s, first, &id));
	help_done(s, state_put_delivered(s, second, &id));
	help_done(s, state_commit(s));
	assert_int_equal(id, failed.id);
	assert_int_equal(help_find(s, "a", 1, &found), 1);
	row.id = found.id;
	assert_row(&found, &row);
	help_done(s, state_counts(s, &c));
	assert_int_equal(c.intents, 0);
	assert_int_equal(c.fetched, 2);
	assert_int_equal(c.failed, 0);
	state_close(s);
}

static void
test_intent_dropped(void **arg)
{
	static unsigned char ticket[STATE_TICKET_MAX + 1];
	struct state *s = help_open(false);
	struct state_row row = help_row("a", 1, STATE_FETCHED), found;
	struct state_counts c;
	int64_t intent;

	(void)arg;
	help_done(s, state_begin(s));
	help_done(s, state_put_intent(s, &row, "d", span_of(ticket,
	    STATE_TICKET_MAX), HELP_NOW, &intent));
	help_done(s, state_commit(s));
	help_done(s, state_begin(s));
	help_done(s, state_drop_intent(s, intent));
	help_done(s, state_commit(s));
	help_done(s, state_counts(s, &c));
	assert_int_equal(c.intents, 0);
	assert_int_equal(help_find(s, "a", 1, &found), 0);
	help_done(s, state_begin(s));
	help_failed(s, state_put_intent(s, &row, "d", span_of(ticket,
	    STATE_TICKET_MAX + 1), HELP_NOW, &intent), "too long");
	state_close(s);
}

/* A message whose row was forgotten while its delivery was under way. */
static void
test_intent_without_row(void **arg)
{
	struct state *s = help_open(false);
	struct state_row row = help_row("a", 1, STATE_FETCHED), found;
	int64_t intent, id = 0;

	(void)arg;
	row.id = 12345;
	help_done(s, state_begin(s));
	help_done(s, state_put_intent(s, &row, "d", span_str("t"), HELP_NOW,
	    &intent));
	help_done(s, state_put_delivered(s, intent, &id));
	help_done(s, state_commit(s));
	assert_int_equal(help_find(s, "a", 1, &found), 1);
	assert_int_equal(found.id, id);
	state_close(s);
}

/* ---- the trace of a visit ------------------------------------------------ */

static void
test_visited(void **arg)
{
	struct state *s = help_open(false);
	struct timespec times[2] = { { 1000, 0 }, { 1000, 0 } };

	(void)arg;
	assert_true(state_visited(s) == 0);
	state_close(s);
	s = help_open(false);
	/* it was opened, nothing more */
	assert_true(state_visited(s) == 0);
	help_done(s, state_listing_begin(s));
	state_close(s);
	assert_int_equal(utimensat(AT_FDCWD, help_path("work.lock"), times,
	    0), 0);
	s = help_open(true);
	assert_true(state_visited(s) == 1000);
	help_done(s, state_listing_begin(s));
	state_close(s);
	s = help_open(false);
	assert_true(state_visited(s) == 1000);
	help_done(s, state_listing_begin(s));
	state_close(s);
	s = help_open(true);
	assert_true(state_visited(s) > 1000);
	state_close(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, help_setup, help_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_made_private), TEST(test_made_durable),
		TEST(test_made_private_again),
		TEST(test_ident_stays), TEST(test_bad_names),
		TEST(test_directory_is_a_file),
		TEST(test_read_only_makes_nothing), TEST(test_empty_file),
		TEST(test_newer), TEST(test_not_ours), TEST(test_emptied),
		TEST(test_damaged), TEST(test_changed_octets),
		TEST(test_damaged_inside), TEST(test_symbolic_link),
		TEST(test_rows), TEST(test_replace),
		TEST(test_refused), TEST(test_rollback), TEST(test_facts),
		TEST(test_intents), TEST(test_intent_dropped),
		TEST(test_intent_without_row), TEST(test_visited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
