/* SPDX-License-Identifier: ISC
 *
 * Each system call of each scenario fails, with each of these errors, once
 * and from then on for ever.  Whatever was acknowledged is there and whole,
 * nothing else is visible, nothing is removed that was not marked, nothing
 * leaks, and the next session and delivery work.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "office.h"
#include "sync.h"
#include "sys/os.h"

static const int errnos[] = { EIO, ENOSPC, EDQUOT, EROFS, EMFILE, ENOMEM,
	EINTR };

/* the plan of the run, read by the hook on threads of the pool */
static struct {
	bool armed;
	atomic_uint calls;
	unsigned at;
	bool for_ever;
	int err;
	enum os_op op;		/* that was hit */
} plan;

static int
before(void *arg, const struct os_call *call)
{
	unsigned n = atomic_fetch_add(&plan.calls, 1);

	(void)arg;
	if (n == plan.at)
		plan.op = call->op;
	return n == plan.at || (plan.for_ever && n > plan.at) ? plan.err : 0;
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

static unsigned
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static const char *
result_allowed(enum store_result r)
{
	switch (r) {
	case STORE_OK:
	case STORE_FULL:
	case STORE_TEMP:
	case STORE_PARTIAL:
	case STORE_UNKNOWN:
		return NULL;
	case STORE_IN_USE:
	case STORE_GONE:
	case STORE_NO_MAILDROP:
	case STORE_CORRUPT:
	case STORE_LEASE_LOST:
		break;
	}
	return "an outcome that such errors do not give";
}

/* NULL or what is wrong */
static const char *
run_once(const struct office_scenario *sc)
{
	struct office_run run = { .root = sync_tmpdir() };
	unsigned files = open_files();
	const char *wrong;

	office_prepare(&run);
	run.st = sync_store("maildir", run.root);
	sc->act(&run, arm, disarm);
	store_free(run.st);
	wrong = result_allowed(run.r);
	if (wrong == NULL && plan.err == EINTR && !plan.for_ever &&
	    run.r != STORE_OK)
		wrong = "one interruption was noticed";
	if (wrong == NULL && plan.err == 0 && run.r != STORE_OK)
		wrong = "it fails without a fault";
	/* one error at a time leaves nothing behind */
	if (wrong == NULL && !plan.for_ever && office_tmp_files(&run) != 0)
		wrong = "a temporary file stays";
	if (wrong == NULL && open_files() != files)
		wrong = "a descriptor leaks";
	if (wrong == NULL)
		wrong = office_check(&run);
	sync_rmdir((char *)(uintptr_t)run.root);
	return wrong;
}

static int
report(const struct office_scenario *sc, const char *wrong)
{
	if (wrong == NULL)
		return 0;
	printf("%s: call %u (%s) gets \"%s\"%s: %s\n", sc->name, plan.at,
	    os_op_name(plan.op), strerror(plan.err),
	    plan.for_ever ? " for ever" : "", wrong);
	return 1;
}

static int
all_errors_at(const struct office_scenario *sc, unsigned at)
{
	int failed = 0;

	for (size_t e = 0; e < sizeof(errnos) / sizeof(errnos[0]); e++) {
		for (int ever = 0; ever < 2; ever++) {
			plan.at = at;
			plan.for_ever = ever;
			plan.err = errnos[e];
			plan.op = OS_OPS;
			failed += report(sc, run_once(sc));
		}
	}
	return failed;
}

static int
scenario(const struct office_scenario *sc, unsigned *points)
{
	unsigned calls;
	int failed;

	/* first without a fault, to count */
	plan.at = UINT_MAX;
	plan.for_ever = false;
	plan.err = 0;
	plan.op = OS_OPS;
	failed = report(sc, run_once(sc));
	calls = atomic_load(&plan.calls);
	for (unsigned at = 0; at < calls; at++)
		failed += all_errors_at(sc, at);
	printf("%-42s %3u calls, %4zu faults, %d wrong\n", sc->name, calls,
	    calls * 2 * sizeof(errnos) / sizeof(errnos[0]), failed);
	*points += (unsigned)(calls * 2 * sizeof(errnos) / sizeof(errnos[0]));
	return failed;
}

int
main(void)
{
	unsigned points = 0;
	int failed = 0;

	for (unsigned i = 0; i < office_scenarios_n; i++)
		failed += scenario(&office_scenarios[i], &points);
	printf("%u faults in all, %d wrong\n", points, failed);
	return failed == 0 ? 0 : 1;
}
