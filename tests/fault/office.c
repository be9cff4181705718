/* SPDX-License-Identifier: ISC
 *
 * office: the scenarios of the fault tests and their check.
 */
#include "office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync.h"
#include "sys/os.h"

#define TEXT "Subject: new\n\n.one\ntwo\r\nthree"

static const struct item {
	const char *drop;
	const char *name;	/* NULL: not there at the beginning */
	const char *text;
} items[OFFICE_ITEMS] = {
	{ "a", "new/1.M1P1.h,S=4,W=5", "one\n" },
	{ "a", "cur/2.M1P1.h,S=4,W=5:2,", "two\n" },
	{ "a", "new/3.M1P1.h", "three\n" },
	{ "a", "cur/4.M1P1.h:2,S", "four" },
	{ "d", "new/1.M1P1.h", "of d\n" },
	{ "a", NULL, "X: 0\n" TEXT },
	{ "b/c", NULL, "X: 1\n" TEXT },
	{ "d", NULL, "X: 2\n" TEXT },
	{ "n/ew", NULL, "X: 0\n" TEXT },
};

enum { FIRST_NEW = 5, NEW_DROP = 8 };

static const char *const drops[] = { "a", "b/c", "d", "n/ew" };

enum { DROPS = sizeof(drops) / sizeof(drops[0]) };

static void
set_fate(struct office_run *run, unsigned item, enum fate fate)
{
	run->fate[item] = fate;
	if (run->tell != NULL)
		run->tell(run->arg, item, fate);
}

void
office_prepare(struct office_run *run)
{
	char b[512];

	sync_maildir(run->root, "a");
	snprintf(b, sizeof(b), "%s/b", run->root);
	if (mkdir(b, 0700) != 0)
		abort();
	sync_maildir(run->root, "b/c");
	sync_maildir(run->root, "d");
	for (unsigned i = 0; i < OFFICE_ITEMS; i++) {
		run->fate[i] = items[i].name != NULL ? FATE_MUST : FATE_NOT;
		if (items[i].name != NULL)
			sync_file(run->root, items[i].drop, items[i].name,
			    items[i].text, strlen(items[i].text));
	}
}

static void
rename_item(struct office_run *run, const char *from, const char *to)
{
	char a[512], b[512];

	snprintf(a, sizeof(a), "%s/a/%s", run->root, from);
	snprintf(b, sizeof(b), "%s/a/%s", run->root, to);
	if (rename(a, b) != 0)
		abort();
}

/* ---- check --------------------------------------------------------------- */

/* which item the text is; -1: none, so a part of one or rubbish */
static int
item_of(const char *drop, const char *text, size_t n)
{
	for (int i = 0; i < OFFICE_ITEMS; i++)
		if (strcmp(items[i].drop, drop) == 0 &&
		    strlen(items[i].text) == n &&
		    memcmp(items[i].text, text, n) == 0)
			return i;
	return -1;
}

static const char *
check_message(struct sync_open *s, uint32_t i, const char *drop,
    unsigned *seen)
{
	struct store_body body;
	size_t n, wire_n;
	char *text;
	int item;

	if (sync_body(s->s, i, &body) != STORE_OK)
		return "a listed message cannot be had";
	text = sync_read(&body, &n);
	free(sync_wire(text, n, &wire_n));
	item = item_of(drop, text, n);
	free(text);
	if (item < 0)
		return "a part of a message is visible";
	if (wire_n != s->snap->octets[i])
		return "a size is wrong";
	seen[item]++;
	return NULL;
}

static const char *
check_drop(struct store *st, const char *drop, unsigned *seen)
{
	struct sync_open s = sync_open(st, drop);
	const char *wrong = NULL;

	if (s.r == STORE_IN_USE)
		return "the lock was left behind";
	if (s.r != STORE_OK)
		return "the next session does not work";
	for (uint32_t i = 0; i < s.snap->count && wrong == NULL; i++)
		wrong = check_message(&s, i, drop, seen);
	sync_close(&s);
	return wrong;
}

const char *
office_check(const struct office_run *run)
{
	struct store *st = sync_store("maildir", run->root);
	unsigned seen[OFFICE_ITEMS] = { 0 };
	const char *wrong = NULL;

	for (int i = 0; i < DROPS && wrong == NULL; i++)
		wrong = check_drop(st, drops[i], seen);
	for (int i = 0; i < OFFICE_ITEMS && wrong == NULL; i++) {
		if (seen[i] > 1)
			wrong = "a message is there twice";
		else if (run->fate[i] == FATE_MUST && seen[i] == 0)
			wrong = "a message is lost";
		else if (run->fate[i] == FATE_NOT && seen[i] != 0)
			wrong = "a message is there that must not be";
	}
	/* and mail comes in as ever */
	if (wrong == NULL && sync_deliver(st, drops, DROPS, "x\n", 2).all !=
	    STORE_OK)
		wrong = "the next delivery does not work";
	store_free(st);
	return wrong;
}

int
office_tmp_files(const struct office_run *run)
{
	int n = 0;

	for (int i = 0; i < DROPS; i++) {
		int k = sync_count(run->root, drops[i], "tmp");

		n += k > 0 ? k : 0;
	}
	return n;
}

/* ---- scenarios ----------------------------------------------------------- */

/* sync_told has no argument of its own */
static struct office_run *told_run;
static unsigned told_first;

static void
told(unsigned i, enum store_result r)
{
	set_fate(told_run, told_first + i, r == STORE_OK ? FATE_MUST :
	    r == STORE_UNKNOWN ? FATE_MAY : FATE_NOT);
}

static void
deliver_to(struct office_run *run, const char *const *to, unsigned n,
    unsigned first, void (*arm)(void), void (*disarm)(void))
{
	for (unsigned i = 0; i < n; i++)
		set_fate(run, first + i, FATE_MAY);
	told_run = run;
	told_first = first;
	sync_told = told;
	arm();
	struct sync_outcome o = sync_deliver(run->st, to, n, TEXT,
	    sizeof(TEXT) - 1);
	disarm();
	sync_told = NULL;
	run->r = o.all;
	/* a delivery that did not come to its end left nothing */
	for (unsigned i = 0; o.told == 0 && i < n; i++)
		set_fate(run, first + i, FATE_NOT);
	if (o.told != 0 && (o.told != n || o.in_order != n))
		abort();
}

static void
deliver_1(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	deliver_to(run, drops, 1, FIRST_NEW, arm, disarm);
}

static void
deliver_3(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	deliver_to(run, drops, 3, FIRST_NEW, arm, disarm);
}

/* SMTP: the same outcome for all, whatever fails */
static void
deliver_together(struct office_run *run, void (*arm)(void),
    void (*disarm)(void))
{
	sync_together = true;
	deliver_to(run, drops, 3, FIRST_NEW, arm, disarm);
	sync_together = false;
	for (unsigned i = 1; i < 3; i++)
		if (run->fate[FIRST_NEW + i] != run->fate[FIRST_NEW])
			abort();
}

static void
deliver_new(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	deliver_to(run, drops + 3, 1, NEW_DROP, arm, disarm);
}

static void
abort_delivery(struct office_run *run, void (*arm)(void),
    void (*disarm)(void))
{
	struct sync_begin b;

	arm();
	b = sync_begin(run->st, drops, 3);
	if (b.r == STORE_OK) {
		close(b.fd);
		sync_abort(b.d);
	}
	disarm();
	run->r = b.r;
}

static void
open_drop(struct office_run *run, const char *drop, uint32_t count,
    void (*arm)(void), void (*disarm)(void))
{
	struct sync_open s;

	arm();
	s = sync_open(run->st, drop);
	run->r = s.r;
	if (s.r == STORE_OK && s.snap->count != count) {
		fprintf(stderr, "%s: %u messages listed\n", drop,
		    s.snap->count);
		abort();
	}
	sync_close(&s);
	disarm();
}

static void
open_old(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	open_drop(run, "a", 4, arm, disarm);
}

static void
open_new(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	open_drop(run, "n/ew", 0, arm, disarm);
}

/* two as they were listed, two that got other names */
static void
bodies(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	struct sync_open s = sync_open(run->st, "a");

	if (s.r != STORE_OK)
		abort();
	rename_item(run, "new/3.M1P1.h", "cur/3.M1P1.h:2,S");
	rename_item(run, "cur/2.M1P1.h,S=4,W=5:2,",
	    "cur/2.M1P1.h,S=4,W=5:2,FS");
	run->r = STORE_OK;
	arm();
	for (uint32_t i = 0; i < 4; i++) {
		struct store_body body;
		enum store_result r = sync_body(s.s, i, &body);
		size_t n;
		char *text;

		if (r != STORE_OK) {
			run->r = r;
			continue;
		}
		text = sync_read(&body, &n);
		if (item_of("a", text, n) != (int)i)
			abort();
		free(text);
	}
	disarm();
	sync_close(&s);
}

/* removes 0 and 1 as they were listed, 2 under its new name; 3 stays */
static void
commit(struct office_run *run, void (*arm)(void), void (*disarm)(void))
{
	struct sync_open s = sync_open(run->st, "a");

	if (s.r != STORE_OK)
		abort();
	rename_item(run, "new/3.M1P1.h", "cur/3.M1P1.h:2,S");
	for (unsigned i = 0; i < 3; i++)
		set_fate(run, i, FATE_MAY);
	arm();
	run->r = sync_commit(s.s, (const unsigned char *)"\7");
	for (unsigned i = 0; i < 3 && run->r == STORE_OK; i++)
		set_fate(run, i, FATE_NOT);
	disarm();
	sync_close(&s);
}

const struct office_scenario office_scenarios[] = {
	{ "deliver to 1", deliver_1 },
	{ "deliver to 3", deliver_3 },
	{ "deliver to 3, all or none", deliver_together },
	{ "deliver to a maildrop that is not there", deliver_new },
	{ "begin and abort", abort_delivery },
	{ "open and close", open_old },
	{ "open a maildrop that is not there", open_new },
	{ "bodies", bodies },
	{ "commit", commit },
};
const unsigned office_scenarios_n =
    sizeof(office_scenarios) / sizeof(office_scenarios[0]);
