/* SPDX-License-Identifier: ISC
 *
 * scenarios: see scenarios.h.
 */
#include "scenarios.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "sync.h"
#include "sys/os.h"

#define TEXT_N (sizeof(OFFICE_TEXT) - 1)

static void
worse(struct office_run *run, enum store_result r)
{
	if (run->r == STORE_OK)
		run->r = r;
}

static void
path_in(const struct office_run *run, const char *drop, const char *name,
    char path[512])
{
	if (text_format(path, 512, "%s/%s/%s", run->root, drop, name))
		abort();
}

static void
rename_item(const struct office_run *run, const char *from, const char *to)
{
	char a[512], b[512];

	path_in(run, "a", from, a);
	path_in(run, "a", to, b);
	if (rename(a, b) != 0)
		abort();
}

/* ---- deliveries ---------------------------------------------------------- */

/* sync_told has no argument of its own */
static struct {
	struct office_run *run;
	unsigned item[SYNC_COPIES_MAX];
	bool possible[SYNC_COPIES_MAX];
} telling;

static void
told(unsigned i, enum store_result r)
{
	if (telling.possible[i])
		office_set_fate(telling.run, telling.item[i], r == STORE_OK ?
		    FATE_MUST : r == STORE_UNKNOWN ? FATE_MAY : FATE_NOT);
	else if (r == STORE_OK)
		abort();
}

static void
tell_begin(struct office_run *run, const char *const *to, unsigned n)
{
	telling.run = run;
	for (unsigned i = 0; i < n; i++) {
		telling.possible[i] = strchr(to[i], '!') == NULL;
		if (!telling.possible[i])
			continue;
		telling.item[i] = office_item_for(to[i], i);
		office_set_fate(run, telling.item[i], FATE_MAY);
	}
	sync_told = told;
}

static void
post(struct office_run *run, const char *const *to, unsigned n)
{
	struct sync_outcome o = sync_deliver(run->st, to, n, OFFICE_TEXT,
	    TEXT_N);

	worse(run, o.all);
	/* a delivery that did not come to its end left nothing */
	for (unsigned i = 0; o.told == 0 && i < n; i++)
		if (telling.possible[i])
			office_set_fate(run, telling.item[i], FATE_NOT);
	if (o.told != 0 && (o.told != n || o.in_order != n))
		abort();
}

static void
deliver_to(struct office_run *run, const char *const *to, unsigned n,
    void (*arm)(void), void (*disarm)(void))
{
	tell_begin(run, to, n);
	arm();
	post(run, to, n);
	disarm();
	sync_told = NULL;
}

static void
deliver_1(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	deliver_to(run, office_drops, 1, arm, disarm);
}

static void
deliver_3(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	deliver_to(run, office_drops, 3, arm, disarm);
}

static void
deliver_twice(struct office_run *run, void (*arm)(void),
    void (*disarm)(void))
{
	static const char *const to[] = { "a", "a", "d" };

	deliver_to(run, to, 3, arm, disarm);
}

/* SMTP: the same outcome for all, whatever fails */
static void
deliver_together(struct office_run *run, void (*arm)(void),
    void (*disarm)(void))
{
	unsigned first = office_item_for("a", 0);

	sync_together = true;
	deliver_to(run, office_drops, 3, arm, disarm);
	sync_together = false;
	if (run->fate[office_item_for("b/c", 1)] != run->fate[first] ||
	    run->fate[office_item_for("d", 2)] != run->fate[first])
		abort();
}

static void
deliver_new(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	deliver_to(run, office_drops + 3, 1, arm, disarm);
}

static void
deliver_half(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	deliver_to(run, office_drops + 4, 1, arm, disarm);
}

/* one of the maildrops cannot be there: a file stands in its place */
static void
deliver_some(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	static const char *const to[] = { "file/!", "d" };

	sync_file(run->root, "", "file", "x", 1);
	deliver_to(run, to, 2, arm, disarm);
	if (run->r == STORE_NO_MAILDROP)
		run->r = STORE_OK;
}

/* what crashed deliveries have left two days ago goes, and nothing else */
static void
deliver_sweep(struct office_run *run, void (*arm)(void),
    void (*disarm)(void))
{
	char path[512];

	sync_file(run->root, "a", "tmp/1.M1P1.crashed", "half a mess", 11);
	sync_file(run->root, "a", "tmp/2.M1P1.crashed", "", 0);
	sync_file(run->root, "a", "tmp/.hidden", "", 0);
	office_age(run);
	deliver_to(run, office_drops, 1, arm, disarm);
	path_in(run, "a", "tmp/.hidden", path);
	if (access(path, F_OK) != 0 || unlink(path) != 0)
		abort();
	/* sweeping may fail, and then it is done another day: not counted */
	path_in(run, "a", "tmp/1.M1P1.crashed", path);
	(void)!unlink(path);
	path_in(run, "a", "tmp/2.M1P1.crashed", path);
	(void)!unlink(path);
}

static void
abort_delivery(struct office_run *run, void (*arm)(void),
    void (*disarm)(void))
{
	struct sync_begin b;

	arm();
	b = sync_begin(run->st, office_drops, 3);
	if (b.r == STORE_OK) {
		close(b.fd);
		sync_abort(b.d);
	}
	disarm();
	run->r = b.r;
}

/* what the caller has written is not what it says: nobody gets it */
static void
deliver_wrong_length(struct office_run *run, void (*arm)(void),
    void (*disarm)(void))
{
	struct store_copy copies[3] = { { "", 0, 0 } };
	struct sync_begin b;

	arm();
	b = sync_begin(run->st, office_drops, 3);
	if (b.r == STORE_OK) {
		if (write(b.fd, "short", 5) != 5)
			abort();
		close(b.fd);
		b.r = sync_deliver_commit(b.d, copies, 6, 6).all;
		if (b.r == STORE_OK)
			abort();
		b.r = STORE_OK;
	}
	disarm();
	run->r = b.r;
}

/* ---- sessions ------------------------------------------------------------ */

static struct sync_open
visit(struct office_run *run, const char *drop, uint32_t count)
{
	struct sync_open s = sync_open(run->st, drop);

	worse(run, s.r);
	if (s.r == STORE_OK && !run->crowded && (s.snap->count > count ||
	    (s.snap->count < count && !run->unreadable))) {
		printf("%s: %u messages listed\n", drop, s.snap->count);
		abort();
	}
	return s;
}

/* which old item message i of maildrop a is (a session that does not see all
 * has other numbers), or OFFICE_ITEMS */
static unsigned
item_at(const struct sync_open *s, uint32_t i)
{
	uint32_t start = i > 0 ? s->snap->uidl_end[i - 1] : 0;
	const char *id = s->snap->uidls + start;

	if (s->snap->uidl_end[i] - start != sizeof("1.M1P1.h") - 1 ||
	    memcmp(id + 1, ".M1P1.h", sizeof(".M1P1.h") - 1) != 0)
		return OFFICE_ITEMS;
	return (unsigned)(id[0] - '1');
}

/* It is the one that was listed, or a whole one that others brought. */
static void
check_read(const struct office_run *run, int item, unsigned listed)
{
	if (item < 0 || (listed != OFFICE_ITEMS ? (unsigned)item != listed :
	    !run->crowded || (unsigned)item < office_old()))
		abort();
}

static void
read_all(struct office_run *run, const struct sync_open *s)
{
	for (uint32_t i = 0; i < s->snap->count; i++) {
		struct store_body body;
		enum store_result r = sync_body(s->s, i, &body);
		size_t n;
		char *text;

		if (r != STORE_OK) {
			worse(run, r);
			continue;
		}
		text = sync_read(&body, &n);
		check_read(run, office_item_of("a", text, n), item_at(s, i));
		free(text);
	}
}

/* The same, several at a time. */
static void
read_ahead(struct office_run *run, const struct sync_open *s)
{
	struct store_body bodies[STORE_BODIES_MAX];
	unsigned n;

	for (uint32_t i = 0; i < s->snap->count; i += n > 0 ? n : 1) {
		enum store_result r = sync_bodies(s->s, i, 3, bodies, &n);

		if (r != STORE_OK && n > 0)
			abort();
		worse(run, r);
		for (uint32_t k = 0; k < n; k++) {
			size_t len;
			char *text = sync_read(&bodies[k], &len);

			check_read(run, office_item_of("a", text, len),
			    item_at(s, i + k));
			free(text);
		}
	}
}

/* Removes those of the first n items that are listed. */
static void
remove_first(struct office_run *run, const struct sync_open *s, unsigned n)
{
	unsigned char marks[4] = { 0 };
	enum store_result r;
	bool marked[OFFICE_ITEMS] = { false };

	for (uint32_t i = 0; i < s->snap->count; i++) {
		unsigned item = item_at(s, i);

		if (item >= n)
			continue;
		marks[i / 8] |= (unsigned char)(1 << (i % 8));
		marked[item] = true;
		office_set_fate(run, item, FATE_MAY);
	}
	r = sync_commit(s->s, marks);
	worse(run, r);
	for (unsigned i = 0; i < n && r == STORE_OK; i++)
		if (marked[i])
			office_set_fate(run, i, FATE_NOT);
}

static void
open_old(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	struct sync_open s;

	arm();
	s = visit(run, "a", 5);
	sync_close(&s);
	disarm();
}

static void
open_new(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	struct sync_open s;

	arm();
	s = visit(run, "n/ew", 0);
	sync_close(&s);
	disarm();
}

static void
open_half(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	struct sync_open s;

	arm();
	s = visit(run, "half", 0);
	sync_close(&s);
	disarm();
}

static struct sync_open
must_open(struct office_run *run)
{
	struct sync_open s = sync_open(run->st, "a");

	if (s.r != STORE_OK)
		abort();
	return s;
}

/* some as they were listed, two that got other names */
static void
bodies(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	struct sync_open s = must_open(run);

	rename_item(run, "new/3.M1P1.h", "cur/3.M1P1.h:2,S");
	rename_item(run, "cur/2.M1P1.h,S=4,W=5:2,",
	    "cur/2.M1P1.h,S=4,W=5:2,FS");
	office_age(run);
	arm();
	read_all(run, &s);
	disarm();
	sync_close(&s);
}

static void
bodies_ahead(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	struct sync_open s = must_open(run);

	rename_item(run, "new/3.M1P1.h", "cur/3.M1P1.h:2,S");
	office_age(run);
	arm();
	read_ahead(run, &s);
	disarm();
	sync_close(&s);
}

/* Removes 0 and 1 as they were listed, 2 under its new name, and 4, which has
 * two names; 3 stays. */
static void
commit(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	struct sync_open s = must_open(run);
	enum store_result r;

	rename_item(run, "new/3.M1P1.h", "cur/3.M1P1.h:2,S");
	office_age(run);
	for (unsigned i = 0; i < 5; i++)
		if (i != 3)
			office_set_fate(run, i, FATE_MAY);
	arm();
	r = sync_commit(s.s, (const unsigned char *)"\27");
	for (unsigned i = 0; i < 5 && r == STORE_OK; i++)
		if (i != 3)
			office_set_fate(run, i, FATE_NOT);
	disarm();
	run->r = r;
	sync_close(&s);
}

/* a whole visit, broken off anywhere */
static void
whole_visit(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	struct sync_open s;

	arm();
	s = visit(run, "a", 5);
	if (s.r == STORE_OK) {
		read_all(run, &s);
		remove_first(run, &s, 2);
	}
	sync_close(&s);
	disarm();
}

/* mail comes in while a session is open, which must not see or touch it */
static void
deliver_and_commit(struct office_run *run, void (*arm)(void),
    void (*disarm)(void))
{
	struct sync_open s = must_open(run);

	tell_begin(run, office_drops, 1);
	arm();
	post(run, office_drops, 1);
	remove_first(run, &s, 3);
	disarm();
	sync_told = NULL;
	sync_close(&s);
}

void
scenario_recover(struct office_run *run, const char *drop, void (*arm)(void),
    void (*disarm)(void))
{
	const char *const to[] = { drop };
	unsigned item = office_item_for(drop, 0);
	bool taken = run->fate[item] != FATE_NOT;
	struct sync_open s;

	arm();
	s = sync_open(run->st, drop);
	worse(run, s.r);
	if (s.r == STORE_OK && s.snap->count > 0 &&
	    strcmp(drop, "a") == 0 && run->fate[0] == FATE_MUST)
		remove_first(run, &s, 1);
	sync_close(&s);
	/* a second one would not be known from the first */
	if (!taken) {
		tell_begin(run, to, 1);
		post(run, to, 1);
		sync_told = NULL;
	}
	disarm();
}

/* ---- the list ------------------------------------------------------------ */

const struct scenario scenarios[] = {
	{ "deliver to 1", deliver_1, "a" },
	{ "deliver to 3", deliver_3, "a" },
	{ "deliver to 3, all or none", deliver_together, "a" },
	{ "deliver twice to one maildrop", deliver_twice, "a" },
	{ "deliver to a maildrop that is not there", deliver_new, "n/ew" },
	{ "deliver to a half made maildrop", deliver_half, "half" },
	{ "deliver where one cannot be", deliver_some, "a" },
	{ "deliver and sweep tmp", deliver_sweep, "a" },
	{ "begin and abort", abort_delivery, "a" },
	{ "deliver with a wrong length", deliver_wrong_length, "a" },
	{ "open and close", open_old, "a" },
	{ "open a maildrop that is not there", open_new, "n/ew" },
	{ "open a half made maildrop", open_half, "half" },
	{ "bodies", bodies, "a" },
	{ "bodies, several at a time", bodies_ahead, "a" },
	{ "commit", commit, "a" },
	{ "a whole visit", whole_visit, "a" },
	{ "deliver during a session, then commit", deliver_and_commit, "a" },
};
const unsigned scenarios_n = sizeof(scenarios) / sizeof(scenarios[0]);

const struct scenario *
scenario_find(const char *name)
{
	for (unsigned i = 0; i < scenarios_n; i++)
		if (strcmp(scenarios[i].name, name) == 0)
			return &scenarios[i];
	abort();
}
