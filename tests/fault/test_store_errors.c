/* SPDX-License-Identifier: ISC
 *
 * Each system call of each scenario fails with each error it can give, on a
 * new kernel and on an old one:
 *
 *   once   that call alone
 *   kind   that call and all later ones of its kind
 *   all    that call and all later ones, whatever they are
 *   lost   the call is done, and its reply says that it failed
 *   short  it moves one octet; and so do all later ones
 *
 * Whatever was acknowledged is there and whole with its unique-id, nothing
 * else is visible, nothing is removed that was not marked, nothing leaks, and
 * the next sessions and deliveries work.
 *
 * Without RESTANTE_FULL only every so-manieth point is tried, another one at
 * each call.
 * Threats: D05, D07, P1, P4, P5, P6, P10.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "office.h"
#include "scenarios.h"
#include "sys/os.h"

enum { CALLS_MAX = 400, SAMPLE = 37 };

enum mode { NONE, ONCE, KIND, ALL, LOST, SHORT, SHORT_ON, MODES };

static const char *const mode_name[MODES] = { "no fault", "once",
	"all of its kind", "all that follow", "done, reply lost", "short",
	"short for ever" };

/* the plan of the run, read by the hook on a thread of the pool */
static struct {
	enum kernel_age age;
	enum mode mode;
	int err;
	unsigned at;
	atomic_uint calls;
	enum os_op op;			/* that was hit */
	enum os_op seen[CALLS_MAX];	/* in the run without a fault */
} plan;

static bool
is_hit(unsigned n, enum os_op op)
{
	switch (plan.mode) {
	case NONE:
	case MODES:
		return false;
	case ONCE:
	case LOST:
	case SHORT:
		return n == plan.at;
	case KIND:
	case SHORT_ON:
		return n == plan.at || (n > plan.at && op == plan.op);
	case ALL:
		return n >= plan.at;
	}
	return false;
}

static int
before(void *arg, const struct os_call *call)
{
	unsigned n = atomic_fetch_add(&plan.calls, 1);

	(void)arg;
	if (plan.mode == NONE && n < CALLS_MAX)
		plan.seen[n] = call->op;
	if (n == plan.at)
		plan.op = call->op;
	if (!is_hit(n, call->op))
		return kernel_before(call);
	if (plan.mode == LOST)
		kernel_do(call);
	return plan.mode == SHORT || plan.mode == SHORT_ON ? OS_HOOK_SHORT :
	    plan.err;
}

static void
after(void *arg, const struct os_call *call, long result, int err)
{
	(void)arg;
	(void)err;
	kernel_after(call, result);
}

static void
arm(void)
{
	static const struct os_hook hook = { before, after, NULL };

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
		abort();
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* what says "it is not there" or "not yours", of which the store believes
 * that it is so */
static bool
says_absent(int err)
{
	return err == ENOENT || err == ENOTDIR || err == EACCES ||
	    err == EPERM || err == ELOOP || err == EXDEV || err == ENXIO ||
	    (err == EEXIST && plan.op == OS_MKDIRAT);
}

/* One error alone leaves nothing behind.  But where a rename is a link and an
 * unlink, the latter's failure is left to the next sweep. */
static bool
may_leave_tmp(void)
{
	return plan.mode != ONCE || plan.err == ENOENT ||
	    (plan.op == OS_UNLINKAT && plan.age == KERNEL_OLD);
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
		return plan.op == OS_FLOCK && plan.err == EWOULDBLOCK ? NULL :
		    "the maildrop is in use by nobody";
	case STORE_GONE:
		return says_absent(plan.err) ? NULL :
		    "a message vanished because of another error";
	case STORE_NO_MAILDROP:
		return says_absent(plan.err) ? NULL :
		    "a maildrop vanished because of another error";
	case STORE_CORRUPT:
	case STORE_LEASE_LOST:
		break;
	}
	return "an outcome that such errors do not give";
}

/* Errors that nobody may notice. */
static const char *
must_go_on(enum store_result r)
{
	if (r == STORE_OK)
		return NULL;
	if (plan.mode == NONE)
		return "it fails without a fault";
	if (plan.mode == SHORT || plan.mode == SHORT_ON)
		return "a short read or write was taken for an error";
	if (plan.err == EINTR && plan.mode == ONCE)
		return "one interruption was noticed";
	if (plan.op == OS_CLOSE && plan.mode == ONCE)
		return "a close was noticed";
	return NULL;
}

/* A file that was listed and then, says fstatat, is not there, was removed by
 * somebody else. */
static void
believe_removed(struct office_run *run)
{
	if (plan.op != OS_FSTATAT || plan.err != ENOENT)
		return;
	for (unsigned i = 0; i < office_old(); i++)
		if (run->fate[i] == FATE_NOT)
			run->fate[i] = FATE_MAY;
}

/* NULL or what is wrong */
static const char *
run_once(const struct scenario *sc)
{
	struct office_run run;
	unsigned files;
	const char *wrong;

	kernel_set(plan.age);
	office_prepare(&run);
	files = open_files();
	run.unreadable = says_absent(plan.err);
	office_start(&run);
	sc->act(&run, arm, disarm);
	office_stop(&run);
	kernel_set(KERNEL_NEW);
	believe_removed(&run);
	wrong = result_allowed(run.r);
	if (wrong == NULL)
		wrong = must_go_on(run.r);
	if (wrong == NULL && !may_leave_tmp() && office_tmp_files(&run) != 0)
		wrong = "a temporary file stays";
	if (wrong == NULL && open_files() != files)
		wrong = "a descriptor leaks";
	if (wrong == NULL)
		wrong = office_check(&run);
	office_clear(&run);
	return wrong;
}

/* ---- all points ---------------------------------------------------------- */

static struct {
	bool full;
	unsigned seen;		/* points there are */
	unsigned tried[MODES], wrong;
} count;

static void
try_point(const struct scenario *sc, unsigned at, enum mode mode, int err)
{
	const char *wrong;

	count.seen++;
	if (!count.full && count.seen % SAMPLE != 0)
		return;
	plan.at = at;
	plan.mode = mode;
	plan.err = err;
	plan.op = plan.seen[at];
	wrong = run_once(sc);
	count.tried[mode]++;
	if (wrong == NULL)
		return;
	count.wrong++;
	printf("%s, %s kernel: call %u (%s) gets %s, %s: %s\n", sc->name,
	    kernel_age_name[plan.age], at, os_op_name(plan.op),
	    err == OS_HOOK_SHORT ? "one octet" : kernel_error_name(err),
	    mode_name[mode], wrong);
}

static void
try_call(const struct scenario *sc, unsigned at)
{
	/* what a broken, full, read-only or forbidden disk says to all */
	static const int general[] = { EIO, ENOSPC, EDQUOT, EROFS, EMFILE,
		ENFILE, ENOMEM, EINTR, ESTALE, EACCES, 0 };
	enum os_op op = plan.seen[at];
	const int *lost = kernel_lost_replies(op);

	for (const int *e = kernel_errors(op); *e != 0; e++) {
		try_point(sc, at, ONCE, *e);
		try_point(sc, at, KIND, *e);
	}
	for (const int *e = general; *e != 0; e++)
		try_point(sc, at, ALL, *e);
	for (const int *e = lost; e != NULL && *e != 0; e++)
		try_point(sc, at, LOST, *e);
	if (!kernel_short(op))
		return;
	try_point(sc, at, SHORT, OS_HOOK_SHORT);
	try_point(sc, at, SHORT_ON, OS_HOOK_SHORT);
}

static void
scenario(const struct scenario *sc, enum kernel_age age)
{
	unsigned before_wrong = count.wrong, calls;
	unsigned tried[MODES];
	const char *wrong;

	memcpy(tried, count.tried, sizeof(tried));
	plan.age = age;
	plan.mode = NONE;
	plan.err = 0;
	plan.at = UINT_MAX;
	plan.op = OS_OPS;
	wrong = run_once(sc);
	calls = atomic_load(&plan.calls);
	if (wrong == NULL && calls > CALLS_MAX)
		wrong = "too many calls for this test";
	if (wrong != NULL) {
		printf("%s, %s kernel: %s\n", sc->name, kernel_age_name[age],
		    wrong);
		count.wrong++;
		return;
	}
	for (unsigned at = 0; at < calls; at++)
		try_call(sc, at);
	printf("%-40s %-4s %5u %6u %6u %6u %5u %6u %6u\n", sc->name,
	    kernel_age_name[age], calls, count.tried[ONCE] - tried[ONCE],
	    count.tried[KIND] - tried[KIND], count.tried[ALL] - tried[ALL],
	    count.tried[LOST] - tried[LOST],
	    count.tried[SHORT] + count.tried[SHORT_ON] - tried[SHORT] -
	    tried[SHORT_ON], count.wrong - before_wrong);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	unsigned tried = 0;

	count.full = getenv("RESTANTE_FULL") != NULL;
	printf("%-40s %-4s %5s %6s %6s %6s %5s %6s %6s\n", "scenario",
	    "kern", "calls", "once", "kind", "all", "lost", "short",
	    "wrong");
	for (unsigned i = 0; i < scenarios_n; i++)
		for (int age = 0; age < KERNEL_AGES; age++)
			if (argc < 2 ||
			    strcmp(argv[1], scenarios[i].name) == 0)
				scenario(&scenarios[i], age);
	for (int m = 0; m < MODES; m++)
		tried += count.tried[m];
	printf("errors: %u points of %u tried, %u wrong\n", tried, count.seen,
	    count.wrong);
	return count.wrong == 0 ? 0 : 1;
}
