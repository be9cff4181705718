/* SPDX-License-Identifier: ISC
 *
 * Others are at work in the same maildrop: at each system call of a scenario
 * somebody else does something in between, and at each of them a call fails
 * as well.  Nobody's mail is lost, doubled or half visible, unique-ids stay,
 * and without a fault nobody notices the other.
 *
 * Without RESTANTE_FULL every so-manieth point is tried.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "kernel.h"
#include "office.h"
#include "scenarios.h"
#include "sync.h"
#include "sys/os.h"

enum { SAMPLE = 131 };

#define LETTER "X: 9\n" OFFICE_TEXT

/* what scenarios do to maildrop a */
static const char *const victims[] = { "deliver to 1", "deliver to 3",
	"deliver to 3, all or none", "deliver twice to one maildrop",
	"deliver and sweep tmp", "open and close", "bodies",
	"bodies, several at a time", "commit", "a whole visit",
	"deliver during a session, then commit" };

enum { VICTIMS = sizeof(victims) / sizeof(victims[0]) };

static struct {
	struct office_run *run;
	struct store *other;
	void (*meddle)(void);
	unsigned meddle_at, fail_at;	/* UINT_MAX: never */
	bool lost;			/* the call that fails is done */
	atomic_uint calls;
	bool inside;			/* the other's calls are not counted */
} plan;

/* ---- the others ---------------------------------------------------------- */

static void
each_file(const char *sub, void (*fn)(int dir, const char *name))
{
	char path[512];
	struct dirent *e;
	DIR *d;

	if (text_format(path, sizeof(path), "%s/a/%s", plan.run->root, sub))
		abort();
	d = opendir(path);
	if (d == NULL)
		abort();
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			fn(dirfd(d), e->d_name);
	closedir(d);
}

static void
to_cur(int dir, const char *name)
{
	char to[512];

	if (text_format(to, sizeof(to), "../cur/%s%s", name,
	    strstr(name, ":2,") != NULL ? "" : ":2,") ||
	    renameat(dir, name, dir, to) != 0)
		abort();
}

/* another reader takes note of what is new */
static void
reader_takes(void)
{
	each_file("new", to_cur);
}

static void
flag(int dir, const char *name)
{
	const char *info = strstr(name, ":2,");
	char to[512];

	if (text_format(to, sizeof(to), "%.*s:2,FS", info != NULL ?
	    (int)(info - name) : (int)strlen(name), name))
		abort();
	if (renameat(dir, name, dir, to) != 0)
		abort();
}

static void
reader_flags(void)
{
	each_file("cur", flag);
}

static void
remove_item_0(int dir, const char *name)
{
	if (strncmp(name, "1.M1P1.h", 8) != 0 || name[8] != ',')
		return;
	if (unlinkat(dir, name, 0) != 0)
		abort();
	plan.run->fate[0] = FATE_NOT;
}

static void
reader_removes(void)
{
	each_file("new", remove_item_0);
	each_file("cur", remove_item_0);
}

/* another program brings mail */
static void
other_delivers(void)
{
	static unsigned n;
	char a[600], b[600], name[40];

	if (text_format(name, sizeof(name), "tmp/9.M1P%u.other", ++n))
		abort();
	sync_file(plan.run->root, "a", name, LETTER, sizeof(LETTER) - 1);
	if (text_format(a, sizeof(a), "%s/a/%s", plan.run->root, name) ||
	    text_format(b, sizeof(b), "%s/a/new/%s", plan.run->root,
	    name + 4) || link(a, b) != 0 || unlink(a) != 0)
		abort();
	plan.run->fate[office_item_for("a", 9)] = FATE_MUST;
}

/* a process like ours brings mail */
static void
we_deliver(void)
{
	void (*told)(unsigned, enum store_result) = sync_told;
	bool together = sync_together;
	struct store_copy copy = { "X: 9\n", 5, 6 };
	struct sync_begin b;

	sync_told = NULL;
	sync_together = false;
	b = sync_begin(plan.other, office_drops, 1);
	if (b.r != STORE_OK ||
	    write(b.fd, LETTER, sizeof(LETTER) - 1) != sizeof(LETTER) - 1)
		abort();
	close(b.fd);
	/* one line has its CR already, and the last has no end */
	if (sync_deliver_commit(b.d, &copy, sizeof(LETTER) - 1,
	    sizeof(LETTER) - 1 - 5 + 3 + 2).all != STORE_OK)
		abort();
	sync_told = told;
	sync_together = together;
	plan.run->fate[office_item_for("a", 9)] = FATE_MUST;
}

/* a second session: it is locked out, or sees whole messages and goes */
static void
we_visit(void)
{
	struct sync_open s = sync_open(plan.other, "a");
	struct store_body body;

	if (s.r == STORE_IN_USE)
		return;
	if (s.r != STORE_OK)
		abort();
	for (uint32_t i = 0; i < s.snap->count; i++) {
		size_t n;
		char *text;

		if (sync_body(s.s, i, &body) != STORE_OK)
			abort();
		text = sync_read(&body, &n);
		if (office_item_of("a", text, n) < 0)
			abort();
		free(text);
	}
	sync_close(&s);
}

static const struct other {
	const char *name;
	void (*meddle)(void);
} others[] = {
	{ "a reader moves new to cur", reader_takes },
	{ "a reader sets flags", reader_flags },
	{ "a reader removes a message", reader_removes },
	{ "another program delivers", other_delivers },
	{ "restanted delivers", we_deliver },
	{ "a second session", we_visit },
};

enum { OTHERS = sizeof(others) / sizeof(others[0]) };

/* ---- the hook ------------------------------------------------------------ */

static int
before(void *arg, const struct os_call *call)
{
	unsigned n;

	(void)arg;
	if (plan.inside)
		return 0;
	n = atomic_fetch_add(&plan.calls, 1);
	if (n == plan.meddle_at) {
		/* one call at a time is under way in these scenarios */
		plan.inside = true;
		plan.meddle();
		plan.inside = false;
	}
	if (n != plan.fail_at)
		return 0;
	if (plan.lost)
		kernel_do(call);
	return EIO;
}

static void
arm(void)
{
	static const struct os_hook hook = { .before = before };

	atomic_store(&plan.calls, 0);
	os_hook_set(&hook);
}

static void
disarm(void)
{
	os_hook_set(NULL);
}

/* ---- runs ---------------------------------------------------------------- */

static const char *
result_wrong(enum store_result r)
{
	switch (r) {
	case STORE_OK:
		return NULL;
	case STORE_GONE:
		return plan.meddle == reader_removes ? NULL :
		    "a message vanished that nobody removed";
	case STORE_TEMP:
	case STORE_PARTIAL:
	case STORE_UNKNOWN:
		return plan.fail_at != UINT_MAX ? NULL :
		    "the other was noticed";
	case STORE_FULL:
	case STORE_IN_USE:
	case STORE_NO_MAILDROP:
	case STORE_CORRUPT:
	case STORE_LEASE_LOST:
		break;
	}
	return "an outcome that this does not give";
}

static const char *
run_once(const struct scenario *sc)
{
	struct office_run run;
	const char *wrong;

	office_prepare(&run);
	run.crowded = true;
	plan.run = &run;
	office_start(&run);
	plan.other = run.st;
	office_start(&run);
	sc->act(&run, arm, disarm);
	office_stop(&run);
	store_free(plan.other);
	wrong = result_wrong(run.r);
	if (wrong == NULL)
		wrong = office_check(&run);
	office_clear(&run);
	return wrong;
}

static struct {
	bool full;
	unsigned seen, tried, wrong;
} count;

static void
try_point(const struct scenario *sc, const struct other *other,
    unsigned meddle_at, unsigned fail_at, bool lost)
{
	const char *wrong;

	count.seen++;
	if (!count.full && count.seen % SAMPLE != 0)
		return;
	plan.meddle = other->meddle;
	plan.meddle_at = meddle_at;
	plan.fail_at = fail_at;
	plan.lost = lost;
	wrong = run_once(sc);
	count.tried++;
	if (wrong == NULL)
		return;
	printf("%s, %s before call %u", sc->name, other->name, meddle_at);
	if (fail_at != UINT_MAX)
		printf(", call %u fails%s", fail_at, lost ?
		    ", though done" : "");
	printf(": %s\n", wrong);
	count.wrong++;
}

static unsigned
calls_of(const struct scenario *sc)
{
	const char *wrong;

	plan.meddle = NULL;
	plan.meddle_at = plan.fail_at = UINT_MAX;
	wrong = run_once(sc);
	if (wrong == NULL)
		return atomic_load(&plan.calls);
	printf("%s: %s\n", sc->name, wrong);
	count.wrong++;
	return 0;
}

static void
scenario(const struct scenario *sc)
{
	unsigned calls = calls_of(sc);

	for (int o = 0; o < OTHERS; o++) {
		unsigned tried = count.tried, bad = count.wrong;

		for (unsigned at = 0; at < calls; at++) {
			try_point(sc, &others[o], at, UINT_MAX, false);
			for (unsigned f = 0; f < calls; f++) {
				try_point(sc, &others[o], at, f, false);
				try_point(sc, &others[o], at, f, true);
			}
		}
		printf("%-40s %-27s %5u %6u %6u\n", sc->name, others[o].name,
		    calls, count.tried - tried, count.wrong - bad);
		fflush(stdout);
	}
}

int
main(int argc, char **argv)
{
	count.full = getenv("RESTANTE_FULL") != NULL;
	printf("%-40s %-27s %5s %6s %6s\n", "scenario", "the other", "calls",
	    "points", "wrong");
	for (int i = 0; i < VICTIMS; i++)
		if (argc < 2 || strcmp(argv[1], victims[i]) == 0)
			scenario(scenario_find(victims[i]));
	printf("crowd: %u points of %u tried, %u wrong\n", count.tried,
	    count.seen, count.wrong);
	return count.wrong == 0 ? 0 : 1;
}
