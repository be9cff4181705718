/* SPDX-License-Identifier: ISC
 *
 * The contract of store.h, the same for each engine that keeps mail; and the
 * things that need many threads or processes: the lock, its end with its
 * holder, deliveries while sessions come and go.
 */
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/pool.h"
#include "store/store_backend.h"
#include "sync.h"

static const char *const keepers[] = { "maildir", "mem" };
static const char *const one[] = { "a" };
static const char *const two[] = { "a", "b/c" };

static void
with_each_keeper(void (*fn)(struct store *st, char *root))
{
	for (size_t i = 0; i < 2; i++) {
		char *root = sync_tmpdir();
		struct store *st = sync_store(keepers[i], root);

		print_message("%s\n", keepers[i]);
		fn(st, root);
		store_free(st);
		sync_rmdir(root);
	}
}

static void
check_text(struct sync_open *s, uint32_t i, const char *text)
{
	struct store_body body;
	size_t n, wire_n;
	char *got;

	assert_int_equal(sync_body(s->s, i, &body), STORE_OK);
	got = sync_read(&body, &n);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(got, text, n);
	free(sync_wire(got, n, &wire_n));
	assert_int_equal(s->snap->octets[i], wire_n);
	free(got);
}

static void
life(struct store *st, char *root)
{
	struct sync_open s, again;
	struct store_body body;
	struct sync_outcome r;

	(void)root;
	s = sync_open(st, "a");
	assert_int_equal(s.r, STORE_OK);
	assert_int_equal(s.snap->count, 0);
	assert_int_equal(sync_body(s.s, 0, &body), STORE_GONE);
	assert_int_equal(sync_commit(s.s, (const unsigned char *)""),
	    STORE_OK);
	sync_close(&s);

	r = sync_deliver(st, two, 2, "first\n", 6);
	assert_int_equal(r.all, STORE_OK);
	assert_int_equal(r.in_order, 2);
	assert_int_equal(sync_deliver(st, one, 1, "second", 6).all, STORE_OK);
	s = sync_open(st, "a");
	assert_int_equal(s.snap->count, 2);
	check_text(&s, 0, "X: 0\nfirst\n");
	check_text(&s, 1, "X: 0\nsecond");
	/* one session a maildrop; deliveries go on and stay unseen */
	again = sync_open(st, "a");
	assert_int_equal(again.r, STORE_IN_USE);
	assert_int_equal(sync_deliver(st, one, 1, "third\n", 6).all,
	    STORE_OK);
	assert_int_equal(sync_body(s.s, 2, &body), STORE_GONE);
	assert_int_equal(sync_commit_one(s.s, 2, 0), STORE_OK);
	assert_int_equal(sync_body(s.s, 0, &body), STORE_GONE);
	check_text(&s, 1, "X: 0\nsecond");
	sync_close(&s);

	s = sync_open(st, "a");
	assert_int_equal(s.snap->count, 2);
	check_text(&s, 0, "X: 0\nsecond");
	check_text(&s, 1, "X: 0\nthird\n");
	sync_close(&s);
	s = sync_open(st, "b/c");
	check_text(&s, 0, "X: 1\nfirst\n");
	sync_close(&s);
}

static void
test_life(void **state)
{
	(void)state;
	with_each_keeper(life);
}

static void
paths(struct store *st, char *root)
{
	static const char *const bad[] = {
		"", "/", "/a", "a/", "a//b", ".", "..", "./a", "a/.", "a/..",
		"../a", "a/../b", "a/./b",
	};
	char huge[2000];
	struct sync_open s;

	(void)root;
	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	for (size_t i = 0; i <= sizeof(bad) / sizeof(bad[0]); i++) {
		const char *path = i < sizeof(bad) / sizeof(bad[0]) ?
		    bad[i] : huge;

		s = sync_open(st, path);
		assert_int_equal(s.r, STORE_NO_MAILDROP);
		assert_null(s.s);
		assert_null(s.snap);
		assert_int_equal(sync_begin(st, &path, 1).r,
		    STORE_NO_MAILDROP);
	}
	s = sync_open(st, "...");
	assert_int_equal(s.r, STORE_OK);
	sync_close(&s);
}

static void
test_paths(void **state)
{
	(void)state;
	with_each_keeper(paths);
}

static void
test_null(void **state)
{
	struct store *st = sync_store("null", NULL);
	struct sync_open s, t;

	(void)state;
	assert_int_equal(sync_deliver(st, two, 2, "x\n", 2).all, STORE_OK);
	s = sync_open(st, "a");
	t = sync_open(st, "a");
	assert_int_equal(s.r, STORE_OK);
	assert_int_equal(t.r, STORE_OK);
	assert_int_equal(s.snap->count, 0);
	sync_close(&s);
	sync_close(&t);
	store_free(st);
}

static void
test_bad_config(void **state)
{
	static const struct store_config configs[] = {
		{ .engine = "nonesuch" },
		{ .engine = "maildir" },
		{ .engine = "maildir", .root = "/nonexistent/nowhere" },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const char *error = NULL;

		assert_null(store_new(&configs[i], &error));
		assert_non_null(error);
	}
}

static void
test_texts(void **state)
{
	(void)state;
	for (int r = STORE_OK; r <= STORE_LEASE_LOST + 1; r++)
		assert_true(strlen(store_result_text(
		    (enum store_result)r)) > 3);
}

/* ---- the lock and its holder --------------------------------------------- */

/* A process that holds the maildrop until it is killed; tells by a pipe. */
static pid_t
hold_in_child(const char *root, int tell)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct store *st = sync_store("maildir", root);
		struct sync_open s = sync_open(st, "a");
		unsigned char r = (unsigned char)s.r;

		if (write(tell, &r, 1) == 1)
			pause();
		_exit(1);
	}
	return pid;
}

/* S48, P8: A-16, Z-8: no stale lock is ever left behind */
static void
test_killed_holder(void **state)
{
	char *root = sync_tmpdir();

	(void)state;
	for (int round = 0; round < 3; round++) {
		struct store *st;
		struct sync_open s;
		unsigned char r;
		int tell[2];
		pid_t pid;

		assert_int_equal(pipe(tell), 0);
		pid = hold_in_child(root, tell[1]);
		assert_true(pid > 0);
		assert_int_equal(read(tell[0], &r, 1), 1);
		assert_int_equal(r, STORE_OK);
		st = sync_store("maildir", root);
		s = sync_open(st, "a");
		assert_int_equal(s.r, STORE_IN_USE);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		s = sync_open(st, "a");
		assert_int_equal(s.r, STORE_OK);
		sync_close(&s);
		store_free(st);
		close(tell[0]);
		close(tell[1]);
	}
	sync_rmdir(root);
}

/* ---- many at once -------------------------------------------------------- */

enum { DELIVERERS = 16, EACH = 25 };

struct crowd {
	struct store *st;
	atomic_uint left;	/* deliverers at work */
	atomic_uint next;
	unsigned seen[DELIVERERS * EACH];
	unsigned sessions;
};

static void *
deliver_many(void *arg)
{
	struct crowd *c = arg;

	for (unsigned i = 0; i < EACH; i++) {
		char text[64];
		unsigned id = atomic_fetch_add(&c->next, 1);

		snprintf(text, sizeof(text), "Id: %u\n\nhello\n", id);
		if (sync_deliver(c->st, one, 1, text, strlen(text)).all !=
		    STORE_OK)
			abort();
	}
	atomic_fetch_sub(&c->left, 1);
	return NULL;
}

/* Takes every second message of what it sees away, or all. */
static void
visit(struct crowd *c, bool all)
{
	struct sync_open s = sync_open(c->st, "a");
	unsigned char *marks;

	assert_int_equal(s.r, STORE_OK);
	marks = calloc(1, s.snap->count / 8 + 1);
	for (uint32_t i = 0; i < s.snap->count; i++) {
		struct store_body body;
		unsigned id = DELIVERERS * EACH;
		size_t n;
		char *text;

		if (!all && i % 2)
			continue;
		assert_int_equal(sync_body(s.s, i, &body), STORE_OK);
		text = sync_read(&body, &n);
		text = realloc(text, n + 1);
		text[n] = '\0';
		assert_int_equal(sscanf(text, "X: 0\nId: %u\n\nhello\n", &id),
		    1);
		assert_true(id < DELIVERERS * EACH);
		assert_int_equal(text[n - 1], '\n');
		c->seen[id]++;
		marks[i / 8] |= (unsigned char)(1 << (i % 8));
		free(text);
	}
	assert_int_equal(sync_commit(s.s, marks), STORE_OK);
	free(marks);
	sync_close(&s);
	c->sessions++;
}

static void
crowd(struct store *st, char *root)
{
	struct crowd *c = calloc(1, sizeof(*c));
	pthread_t t[DELIVERERS];

	(void)root;
	c->st = st;
	atomic_store(&c->left, DELIVERERS);
	for (size_t i = 0; i < DELIVERERS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, deliver_many,
		    c), 0);
	while (atomic_load(&c->left) > 0)
		visit(c, false);
	for (size_t i = 0; i < DELIVERERS; i++)
		pthread_join(t[i], NULL);
	visit(c, true);
	for (size_t i = 0; i < DELIVERERS * EACH; i++)
		assert_int_equal(c->seen[i], 1);
	print_message("%u deliveries, %u sessions\n", DELIVERERS * EACH,
	    c->sessions);
	free(c);
}

static void
test_crowd(void **state)
{
	(void)state;
	with_each_keeper(crowd);
}

/* ---- many sessions want one maildrop ------------------------------------- */

struct rivals {
	struct store *st;
	atomic_int inside;
	atomic_uint entered, refused;
};

static void *
rival(void *arg)
{
	struct rivals *v = arg;

	for (int i = 0; i < 100; i++) {
		struct sync_open s = sync_open(v->st, "a");

		if (s.r == STORE_OK) {
			if (atomic_fetch_add(&v->inside, 1) != 0)
				abort();
			atomic_fetch_add(&v->entered, 1);
			atomic_fetch_sub(&v->inside, 1);
			sync_close(&s);
		} else if (s.r == STORE_IN_USE) {
			atomic_fetch_add(&v->refused, 1);
		} else {
			abort();
		}
	}
	return NULL;
}

static void
rivals(struct store *st, char *root)
{
	struct rivals v = { .st = st };
	pthread_t t[4];

	(void)root;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, rival, &v), 0);
	for (size_t i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(v.entered + v.refused, 400);
	assert_true(v.entered > 0);
}

static void
test_rivals(void **state)
{
	(void)state;
	with_each_keeper(rivals);
}

/* ---- the pool ------------------------------------------------------------ */

struct counted {
	struct pool_job job;
	atomic_uint *n;
};

static void
count_up(struct pool_job *job)
{
	atomic_fetch_add(((struct counted *)(void *)job)->n, 1);
	free(job);
}

static void
test_pool_runs_all(void **state)
{
	struct pool *p = pool_new(3);
	atomic_uint n = 0;

	(void)state;
	assert_non_null(p);
	for (int i = 0; i < 1000; i++) {
		struct counted *c = calloc(1, sizeof(*c));

		c->job.run = count_up;
		c->n = &n;
		pool_add(p, &c->job);
	}
	pool_free(p);
	assert_int_equal(n, 1000);
	pool_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_bad_config),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_killed_holder),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_rivals),
		cmocka_unit_test(test_pool_runs_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
