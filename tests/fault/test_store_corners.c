/* SPDX-License-Identifier: ISC
 *
 * Ways through the store that its other tests come by never: the engines
 * beside maildir when their calls fail, leases, sizes that only a name with
 * ",W=" tells, names that change for all messages at once, limits.
 */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "office.h"
#include "store/maildir_parcel.h"
#include "store/snapshot.h"
#include "sync.h"
#include "sys/os.h"

static int failed;

static void
expect(bool good, const char *what)
{
	if (good)
		return;
	printf("not so: %s\n", what);
	failed = 1;
}

/* ---- calls that fail ----------------------------------------------------- */

static struct {
	enum os_op op;
	unsigned at;		/* of calls of that kind */
	unsigned n;
	void (*meddle)(void);
	bool armed;
} plan;

static int
before(void *arg, const struct os_call *call)
{
	(void)arg;
	if (!plan.armed || call->op != plan.op || plan.n++ != plan.at)
		return 0;
	if (plan.meddle == NULL)
		return EIO;
	plan.armed = false;
	plan.meddle();
	return 0;
}

static void
fail_at(enum os_op op, unsigned at, void (*meddle)(void))
{
	static const struct os_hook hook = { .before = before };

	plan.op = op;
	plan.at = at;
	plan.n = 0;
	plan.meddle = meddle;
	plan.armed = true;
	os_hook_set(&hook);
}

static void
fail_end(void)
{
	os_hook_set(NULL);
}

/* ---- mem and null -------------------------------------------------------- */

struct renewal {
	sem_t done;
	enum store_result r;
};

static void
on_done(void *arg, enum store_result r)
{
	struct renewal *w = arg;

	w->r = r;
	sem_post(&w->done);
}

static void
renew(const char *engine, const char *root)
{
	struct store *st = sync_store(engine, root);
	struct sync_open s = sync_open(st, "a");
	struct renewal w;

	expect(s.r == STORE_OK, "a maildrop opens");
	sem_init(&w.done, 0, 0);
	store_renew(s.s, on_done, &w);
	while (sem_wait(&w.done) != 0)
		;
	sem_destroy(&w.done);
	expect(w.r == STORE_OK, "nobody else has the lease");
	expect(sync_commit(s.s, (const unsigned char *)"\0") == STORE_OK,
	    "nothing to remove is done at once");
	sync_close(&s);
	store_free(st);
}

static void
test_renew(void)
{
	struct office_run run;

	office_prepare(&run);
	renew("maildir", run.root);
	renew("mem", run.root);
	renew("null", run.root);
	office_clear(&run);
}

static void
test_mem_fails(void)
{
	static const char *const to[] = { "a", "../b" };
	struct store *st = sync_store("mem", "/");
	struct sync_outcome o;
	struct store_body body;
	struct sync_open s;

	fail_at(OS_DUP, 0, NULL);
	expect(sync_deliver(st, to, 1, "x\n", 2).all == STORE_TEMP,
	    "mem: no descriptor to hand out");
	fail_at(OS_PREAD, 0, NULL);
	expect(sync_deliver(st, to, 1, "x\n", 2).all == STORE_TEMP,
	    "mem: what was written cannot be read");
	fail_end();
	o = sync_deliver(st, to, 2, "x\n", 2);
	expect(o.each[0] == STORE_OK && o.each[1] == STORE_NO_MAILDROP,
	    "mem: a path that leads out is nobody's");
	sync_together = true;
	o = sync_deliver(st, to, 2, "x\n", 2);
	sync_together = false;
	expect(o.each[0] == STORE_NO_MAILDROP && o.each[0] == o.each[1],
	    "mem: all or none");
	s = sync_open(st, "a");
	expect(s.r == STORE_OK && s.snap->count == 1, "mem: one came");
	fail_at(OS_WRITE, 0, NULL);
	expect(sync_body(s.s, 0, &body) == STORE_TEMP && body.fd == -1,
	    "mem: no body when it cannot be written");
	fail_at(OS_LSEEK, 0, NULL);
	expect(sync_body(s.s, 0, &body) == STORE_TEMP && body.fd == -1,
	    "mem: no body when it cannot be rewound");
	fail_end();
	sync_close(&s);
	store_free(st);
}

/* no descriptor is left */
static void
test_no_descriptors(void)
{
	static const char *const to[] = { "a" };
	struct store *mem = sync_store("mem", "/");
	struct store *null = sync_store("null", "/");
	struct rlimit old, none;
	struct store_body body;
	struct sync_open s;

	expect(sync_deliver(mem, to, 1, "x\n", 2).all == STORE_OK,
	    "mem takes mail");
	s = sync_open(mem, "a");
	if (getrlimit(RLIMIT_NOFILE, &old) != 0)
		abort();
	none = old;
	none.rlim_cur = 0;
	if (setrlimit(RLIMIT_NOFILE, &none) != 0)
		abort();
	expect(sync_body(s.s, 0, &body) == STORE_TEMP, "mem: no body then");
	expect(sync_begin(mem, to, 1).r == STORE_TEMP,
	    "mem: no delivery then");
	expect(sync_begin(null, to, 1).r == STORE_TEMP,
	    "null: no delivery then");
	if (setrlimit(RLIMIT_NOFILE, &old) != 0)
		abort();
	sync_close(&s);
	store_free(null);
	store_free(mem);
}

static void
test_mem_limit(void)
{
	static const char *const to[] = { "a" };
	const char *error;
	struct store *st = store_new(&(struct store_config){ .engine = "mem",
	    .messages_max = 2, .threads = 1000 }, &error);
	struct sync_open s;

	for (int i = 0; i < 3; i++)
		expect(sync_deliver(st, to, 1, "x\n", 2).all == STORE_OK,
		    "mem takes mail");
	s = sync_open(st, "a");
	expect(s.r == STORE_OK && s.snap->count == 2,
	    "mem: a session shows so many and no more");
	sync_close(&s);
	store_free(st);
	store_free(NULL);
}

/* ---- maildir ------------------------------------------------------------- */

static struct office_run run;

static void
all_to_cur(void)
{
	char a[512], b[512];

	for (int i = 0; i < 40; i++) {
		if (text_format(a, sizeof(a), "%s/b/c/new/1.M1P%02d.%s",
		    run.root, i, "a-name-that-fills-the-list-of-names-soon-"
		    "so-that-it-must-grow-once-more") ||
		    text_format(b, sizeof(b), "%s/b/c/cur/1.M1P%02d.%s:2,S",
		    run.root, i, "a-name-that-fills-the-list-of-names-soon-"
		    "so-that-it-must-grow-once-more") || rename(a, b) != 0)
			abort();
	}
}

/* while the first of them is opened to be measured, all get other names */
static void
test_all_renamed(void)
{
	struct store *st;
	struct sync_open s;
	char name[128];

	office_prepare(&run);
	for (int i = 0; i < 40; i++) {
		if (text_format(name, sizeof(name), "new/1.M1P%02d.%s", i,
		    "a-name-that-fills-the-list-of-names-soon-"
		    "so-that-it-must-grow-once-more"))
			abort();
		sync_file(run.root, "b/c", name, "x\n", 2);
	}
	st = sync_store("maildir", run.root);
	/* the first is the maildrop itself */
	fail_at(OS_OPENAT2, 1, all_to_cur);
	s = sync_open(st, "b/c");
	fail_end();
	expect(s.r == STORE_OK && s.snap->count == 40,
	    "messages that are renamed meanwhile are all listed");
	for (uint32_t i = 0; s.r == STORE_OK && i < s.snap->count; i++) {
		struct store_body body;

		expect(sync_body(s.s, i, &body) == STORE_OK && body.length ==
		    2, "and can be had");
		close(body.fd);
	}
	sync_close(&s);
	store_free(st);
	office_clear(&run);
}

static void
remove_third(void)
{
	char path[512];

	if (text_format(path, sizeof(path), "%s/a/new/3.M1P1.h", run.root) ||
	    unlink(path) != 0)
		abort();
}

/* one that is removed before it can be measured is left out */
static void
test_removed_before_measured(void)
{
	struct sync_open s;

	office_prepare(&run);
	office_start(&run);
	fail_at(OS_OPENAT2, 1, remove_third);
	s = sync_open(run.st, "a");
	fail_end();
	expect(s.r == STORE_OK && s.snap->count == 4,
	    "a message that vanished is not listed");
	sync_close(&s);
	office_stop(&run);
	office_clear(&run);
}

static unsigned renamed;

/* another name each time that somebody wants to open it */
static void
rename_again(void)
{
	char a[512], b[512];
	bool cut = renamed == 0 ?
	    text_format(a, sizeof(a), "%s/a/new/3.M1P1.h", run.root) :
	    text_format(a, sizeof(a), "%s/a/cur/3.M1P1.h:2,%u", run.root,
	    renamed);

	if (cut || text_format(b, sizeof(b), "%s/a/cur/3.M1P1.h:2,%u",
	    run.root, renamed + 1) || rename(a, b) != 0)
		abort();
	renamed++;
	plan.n = 0;
	plan.armed = true;
}

/* A reader who renames a message whenever it is asked for: there is an end to
 * looking for it, and the session goes on. */
static void
test_renamed_for_ever(void)
{
	struct store_body body;
	struct sync_open s;

	office_prepare(&run);
	office_start(&run);
	s = sync_open(run.st, "a");
	expect(s.r == STORE_OK && s.snap->count == 5, "all are listed");
	renamed = 0;
	fail_at(OS_OPENAT2, 0, rename_again);
	expect(sync_body(s.s, 2, &body) == STORE_GONE,
	    "a message that runs away is given up");
	fail_end();
	expect(renamed > 2 && renamed < 20, "after some tries");
	expect(sync_body(s.s, 2, &body) == STORE_OK, "and found later");
	close(body.fd);
	sync_close(&s);
	office_stop(&run);
	office_clear(&run);
}

/* ",W=" without ",S=": the file is measured when it is sent */
static void
test_wire_size_only(void)
{
	struct store_body body;
	struct sync_open s;

	office_prepare(&run);
	sync_file(run.root, "b/c", "new/1.M1P1.h,W=4", "ab\r\n", 4);
	sync_file(run.root, "b/c", "new/2.M1P1.h,W=9", "ab\r\n", 4);
	office_start(&run);
	s = sync_open(run.st, "b/c");
	expect(s.r == STORE_OK && s.snap->count == 2, "both are listed");
	expect(sync_body(s.s, 0, &body) == STORE_OK &&
	    body.flags & STORE_BODY_CRLF, "line ends that are whole are told");
	close(body.fd);
	expect(sync_body(s.s, 1, &body) == STORE_CORRUPT,
	    "a size that is not true is not sent");
	fail_at(OS_READ, 0, NULL);
	expect(sync_body(s.s, 0, &body) == STORE_TEMP,
	    "a file that cannot be read is not sent");
	fail_end();
	sync_close(&s);
	office_stop(&run);
	office_clear(&run);
}

static void
test_together_impossible(void)
{
	static const char *const to[] = { "a", "../b" };
	struct sync_outcome o;

	office_prepare(&run);
	office_start(&run);
	sync_together = true;
	o = sync_deliver(run.st, to, 2, "x\n", 2);
	sync_together = false;
	expect(o.each[0] == STORE_NO_MAILDROP && o.each[0] == o.each[1],
	    "nobody gets what one cannot have");
	office_stop(&run);
	expect(office_check(&run) == NULL, "and nothing is left of it");
	office_clear(&run);
}

/* Names that no caller gives: all is checked all the same. */
static void
test_too_long(void)
{
	struct maildir md = { .root = -1 };
	struct parcel p = { .fd = -1 };
	char path[5000], unique[MAILDIR_NAME_MAX], name[MAILDIR_NAME_MAX];

	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	expect(parcel_create(&md, &p, path) == -1 && errno == ENAMETOOLONG,
	    "a path is too long to make a file");
	expect(parcel_open_sub(&md, path, "tmp", O_PATH) == -1,
	    "or to open a directory");
	maildir_sweep(&md, path);
	memset(unique, 'n', sizeof(unique) - 1);
	unique[sizeof(unique) - 1] = '\0';
	expect(maildir_final_name(name, unique, 1, 2, false) == -1 &&
	    errno == ENAMETOOLONG, "a name is too long to get its sizes");
}

static void
test_pieces(void)
{
	char id[STORE_UIDL_HASHED + 1];

	expect(snapshot_new(1, (size_t)UINT32_MAX + 1) == NULL,
	    "unique-ids of four gigabytes");
	memset(id, 'g', sizeof(id));
	expect(snapshot_uidl_ok(id, STORE_UIDL_HASHED),
	    "as long as a hash, and none");
	memset(id, 'f', sizeof(id));
	expect(!snapshot_uidl_ok(id, STORE_UIDL_HASHED),
	    "what looks like a hash is none of a file's");
	expect(store_result_of(0) == STORE_OK, "no error");
}

int
main(void)
{
	test_renew();
	test_mem_fails();
	test_no_descriptors();
	test_mem_limit();
	test_all_renamed();
	test_removed_before_measured();
	test_renamed_for_ever();
	test_wire_size_only();
	test_together_impossible();
	test_too_long();
	test_pieces();
	return failed;
}
