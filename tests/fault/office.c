/* SPDX-License-Identifier: ISC
 *
 * office: see office.h.
 */
#include "office.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "sync.h"

static const struct item {
	const char *drop;
	const char *name;	/* NULL: not there at the beginning */
	const char *name2;	/* a second link to it */
	const char *text;
	unsigned copy;		/* of new ones: for which recipient */
} items[OFFICE_ITEMS] = {
	{ "a", "new/1.M1P1.h,S=4,W=5", NULL, "one\n", 0 },
	{ "a", "cur/2.M1P1.h,S=4,W=5:2,", NULL, "two\n", 0 },
	{ "a", "new/3.M1P1.h", NULL, "three\n", 0 },
	{ "a", "cur/4.M1P1.h:2,S", NULL, "four", 0 },
	{ "a", "new/5.M1P1.h,S=5,W=6", "cur/5.M1P1.h,S=5,W=6:2,S", "five\n",
	    0 },
	{ "d", "new/1.M1P1.h", NULL, "of d\n", 0 },
	{ "a", NULL, NULL, "X: 0\n" OFFICE_TEXT, 0 },
	{ "b/c", NULL, NULL, "X: 1\n" OFFICE_TEXT, 1 },
	{ "d", NULL, NULL, "X: 2\n" OFFICE_TEXT, 2 },
	{ "n/ew", NULL, NULL, "X: 0\n" OFFICE_TEXT, 0 },
	{ "a", NULL, NULL, "X: 1\n" OFFICE_TEXT, 1 },
	{ "half", NULL, NULL, "X: 0\n" OFFICE_TEXT, 0 },
	/* brought by another program, not by us */
	{ "a", NULL, NULL, "X: 9\n" OFFICE_TEXT, 9 },
	{ "d", NULL, NULL, "X: 1\n" OFFICE_TEXT, 1 },
};

enum { OLD = 6, AGE = 48 * 3600, EXTRA = -2 };

static const char extra_text[] = "X: 0\nx\n";

const char *const office_drops[OFFICE_DROPS] = { "a", "b/c", "d", "n/ew",
	"half" };

void
office_set_fate(struct office_run *run, unsigned item, enum fate fate)
{
	run->fate[item] = fate;
	if (run->tell != NULL)
		run->tell(run->arg, item, fate);
}

unsigned
office_old(void)
{
	return OLD;
}

static void
make_dir(const char *root, const char *name)
{
	char path[512];

	if (text_format(path, sizeof(path), "%s/%s", root, name) ||
	    mkdir(path, 0700) != 0)
		abort();
}

static void
put_item(const char *root, const struct item *it)
{
	char a[512], b[512];

	sync_file(root, it->drop, it->name, it->text, strlen(it->text));
	if (it->name2 == NULL)
		return;
	if (text_format(a, sizeof(a), "%s/%s/%s", root, it->drop,
	    it->name) || text_format(b, sizeof(b), "%s/%s/%s", root,
	    it->drop, it->name2) || link(a, b) != 0)
		abort();
}

void
office_prepare_empty(struct office_run *run)
{
	*run = (struct office_run){ .root = sync_tmpdir() };
	for (unsigned i = 0; i < OFFICE_ITEMS; i++) {
		char id[] = "0.M1P1.h";

		run->fate[i] = i < OLD ? FATE_MUST : FATE_NOT;
		if (i >= OLD)
			continue;
		id[0] = strchr(items[i].name, '/')[1];
		memcpy(run->uidl[i], id, sizeof(id));
	}
}

void
office_prepare(struct office_run *run)
{
	office_prepare_empty(run);
	sync_maildir(run->root, "a");
	make_dir(run->root, "b");
	sync_maildir(run->root, "b/c");
	sync_maildir(run->root, "d");
	make_dir(run->root, "half");
	for (unsigned i = 0; i < OLD; i++)
		put_item(run->root, &items[i]);
	office_age(run);
}

void
office_start(struct office_run *run)
{
	const char *error = NULL;

	run->st = store_new(&(struct store_config){ .engine = "maildir",
	    .root = run->root, .hostname = "test.example", .threads = 1 },
	    &error);
	if (run->st == NULL)
		abort();
}

void
office_stop(struct office_run *run)
{
	store_free(run->st);
	run->st = NULL;
}

void
office_clear(struct office_run *run)
{
	sync_rmdir(run->root);
	run->root = NULL;
}

unsigned
office_item_for(const char *drop, unsigned i)
{
	for (unsigned k = OLD; k < OFFICE_ITEMS; k++)
		if (strcmp(items[k].drop, drop) == 0 && items[k].copy == i)
			return k;
	abort();
}

int
office_item_of(const char *drop, const char *text, size_t n)
{
	for (int i = 0; i < OFFICE_ITEMS; i++)
		if (strcmp(items[i].drop, drop) == 0 &&
		    strlen(items[i].text) == n &&
		    memcmp(items[i].text, text, n) == 0)
			return i;
	return -1;
}

/* ---- looking ------------------------------------------------------------- */

/* What one session of one maildrop has shown. */
struct view {
	int item[OFFICE_ITEMS + 2];
	char uidl[OFFICE_ITEMS + 2][OFFICE_UIDL];
	unsigned n;
};

static const char *
desk_open(struct sync_open *k, struct store *st, const char *drop)
{
	*k = sync_open(st, drop);
	if (k->r == STORE_IN_USE)
		return "the lock was left behind";
	return k->r == STORE_OK ? NULL : "the next session does not work";
}

static int
item_or_extra(const char *drop, const char *text, size_t n)
{
	size_t head = sizeof("X: 0\n") - 1;

	/* whichever recipient this maildrop was */
	if (n == sizeof(extra_text) - 1 && memcmp(text, "X: ", 3) == 0 &&
	    memcmp(text + head, extra_text + head, n - head) == 0)
		return EXTRA;
	return office_item_of(drop, text, n);
}

static const char *
look_at(struct sync_open *k, uint32_t i, const char *drop, struct view *v)
{
	uint32_t start = i > 0 ? k->snap->uidl_end[i - 1] : 0;
	size_t len = k->snap->uidl_end[i] - start;
	struct store_body body;
	size_t n, wire_n;
	char *text;

	if (sync_body(k->s, i, &body) != STORE_OK)
		return "a listed message cannot be had";
	text = sync_read(&body, &n);
	free(sync_wire(text, n, &wire_n));
	v->item[i] = item_or_extra(drop, text, n);
	free(text);
	if (v->item[i] == -1)
		return "a part of a message is visible";
	if (wire_n != k->snap->octets[i])
		return "a size is wrong";
	if (len == 0 || len >= OFFICE_UIDL)
		return "a unique-id is too long";
	memcpy(v->uidl[i], k->snap->uidls + start, len);
	v->uidl[i][len] = '\0';
	for (uint32_t other = 0; other < i; other++)
		if (strcmp(v->uidl[other], v->uidl[i]) == 0)
			return "a unique-id is there twice";
	return NULL;
}

/* The unique-id is the one that this message has had. */
static const char *
look_uidls(struct office_run *run, const struct view *v)
{
	for (unsigned i = 0; i < v->n; i++) {
		char *known;

		if (v->item[i] == EXTRA)
			continue;
		for (unsigned k = 0; k < i; k++)
			if (v->item[k] == v->item[i])
				return "a message is there twice";
		known = run->uidl[v->item[i]];
		if (known[0] == '\0')
			memcpy(known, v->uidl[i], OFFICE_UIDL);
		else if (strcmp(known, v->uidl[i]) != 0)
			return "a unique-id has changed";
	}
	return NULL;
}

static const char *
look(struct office_run *run, struct sync_open *k, const char *drop,
    struct view *v)
{
	const char *wrong = desk_open(k, run->st, drop);

	memset(v, 0, sizeof(*v));
	if (wrong != NULL)
		return wrong;
	if (k->snap->count > OFFICE_ITEMS + 2)
		wrong = "more messages than there can be";
	for (uint32_t i = 0; wrong == NULL && i < k->snap->count; i++)
		wrong = look_at(k, i, drop, v);
	if (wrong == NULL) {
		v->n = k->snap->count;
		wrong = look_uidls(run, v);
	}
	if (wrong != NULL)
		sync_close(k);
	return wrong;
}

static const char *
look_at_fates(const struct office_run *run, const struct view views[])
{
	unsigned seen[OFFICE_ITEMS] = { 0 };

	for (unsigned d = 0; d < OFFICE_DROPS; d++)
		for (unsigned i = 0; i < views[d].n; i++)
			if (views[d].item[i] >= 0)
				seen[views[d].item[i]]++;
	for (unsigned i = 0; i < OFFICE_ITEMS; i++) {
		if (seen[i] > 1)
			return "a message is there twice";
		if (run->fate[i] == FATE_MUST && seen[i] == 0)
			return "a message is lost";
		if (run->fate[i] == FATE_NOT && seen[i] != 0)
			return "a message is there that must not be";
	}
	return NULL;
}

static const char *
look_at_all(struct office_run *run, struct view views[])
{
	const char *wrong = NULL;
	struct sync_open k;

	for (unsigned d = 0; d < OFFICE_DROPS && wrong == NULL; d++) {
		wrong = look(run, &k, office_drops[d], &views[d]);
		if (wrong == NULL)
			sync_close(&k);
	}
	return wrong != NULL ? wrong : look_at_fates(run, views);
}

/* ---- the next visitors --------------------------------------------------- */

/* Mail comes in as ever. */
static const char *
deliver_extra(struct store *st)
{
	return sync_deliver(st, office_drops, OFFICE_DROPS, "x\n", 2).all ==
	    STORE_OK ? NULL : "the next delivery does not work";
}

/* All of `old` but `gone`, and nothing else but EXTRA. */
static const char *
compare_views(const struct view *old, const struct view *now, unsigned gone,
    unsigned extras)
{
	unsigned n = old->n - (gone < old->n) + extras;

	if (now->n != n)
		return "the next session sees other messages";
	for (unsigned i = 0; i < old->n; i++) {
		bool found = false;

		for (unsigned k = 0; k < now->n; k++)
			found |= old->item[i] == now->item[k] &&
			    strcmp(old->uidl[i], now->uidl[k]) == 0;
		if (found != (i != gone))
			return "the next session sees other messages";
	}
	return NULL;
}

/* One more session: the same and the new message, of which the first listed
 * one is removed; and another one, which sees that. */
static const char *
visit(struct office_run *run, const char *drop, const struct view *before)
{
	const unsigned char first[4] = { 1 };
	struct view v, last;
	struct sync_open k;
	const char *wrong = look(run, &k, drop, &v);

	if (wrong != NULL)
		return wrong;
	wrong = compare_views(before, &v, UINT32_MAX, 1);
	if (wrong == NULL && sync_commit(k.s, first) != STORE_OK)
		wrong = "the next session cannot remove messages";
	sync_close(&k);
	if (wrong == NULL)
		wrong = look(run, &k, drop, &last);
	if (wrong != NULL)
		return wrong;
	sync_close(&k);
	return compare_views(&v, &last, 0, 0);
}

static const char *
check(struct office_run *run, bool all)
{
	struct view views[OFFICE_DROPS];
	const char *wrong;

	office_start(run);
	wrong = look_at_all(run, views);
	if (all && wrong == NULL)
		wrong = deliver_extra(run->st);
	for (unsigned d = 0; all && d < OFFICE_DROPS && wrong == NULL; d++)
		wrong = visit(run, office_drops[d], &views[d]);
	office_stop(run);
	if (all || wrong != NULL)
		return wrong;
	for (unsigned i = 0; i < OFFICE_ITEMS; i++)
		run->fate[i] = FATE_NOT;
	for (unsigned d = 0; d < OFFICE_DROPS; d++)
		for (unsigned i = 0; i < views[d].n; i++)
			run->fate[views[d].item[i]] = FATE_MUST;
	return NULL;
}

const char *
office_check(struct office_run *run)
{
	return check(run, true);
}

const char *
office_settle(struct office_run *run)
{
	return check(run, false);
}

/* ---- tmp/ ---------------------------------------------------------------- */

int
office_tmp_files(const struct office_run *run)
{
	int n = 0;

	for (int i = 0; i < OFFICE_DROPS; i++) {
		int k = sync_count(run->root, office_drops[i], "tmp");

		n += k > 0 ? k : 0;
	}
	return n;
}

static void
age_files(DIR *d, const struct timespec old[2])
{
	struct dirent *e;

	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 &&
		    utimensat(dirfd(d), e->d_name, old, 0) != 0)
			abort();
}

void
office_age(const struct office_run *run)
{
	static const char *const subs[] = { "tmp", "new", "cur" };
	struct timespec old[2];

	clock_gettime(CLOCK_REALTIME, &old[0]);
	old[0].tv_sec -= AGE;
	old[1] = old[0];
	for (unsigned i = 0; i < OFFICE_DROPS * 3; i++) {
		char path[512];
		DIR *d;

		if (text_format(path, sizeof(path), "%s/%s/%s", run->root,
		    office_drops[i / 3], subs[i % 3]))
			abort();
		d = opendir(path);
		if (d == NULL)
			continue;
		if (i % 3 == 0)
			age_files(d, old);
		if (futimens(dirfd(d), old) != 0)
			abort();
		closedir(d);
	}
}
