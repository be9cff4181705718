/* SPDX-License-Identifier: ISC
 *
 * Maildir and mbox when system calls fail and when the process is killed, at
 * every call (P14, P15, P12; facts D07; the acceptance list's item 1).  A
 * batch of three messages is staged, synced, its tickets are recorded, it is
 * shown, recorded delivered, and done, as batch.c does it.  Then recovery by
 * the tickets, then what was not delivered comes again.  In the end each
 * message is there once and whole, and no file is left.
 *
 * The recovery itself is killed at each of its calls too.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/mbox_private.h"
#include "dest_run.h"
#include "sys/os.h"

/* where two faults meet, the first is at every fifth call */
enum { STEP = 5 };

/* ---- the hook ------------------------------------------------------------ */

static struct {
	atomic_uint calls;
	unsigned at;
	enum { COUNT, KILL_BEFORE, KILL_AFTER, FAIL_ONCE, FAIL_ON,
		FULL } how;
	int err;			/* or OS_HOOK_SHORT */
} plan;

/* the mbox, of which the quota is used up */
static bool
is_full(const struct os_call *call)
{
	struct stat mbox, st;

	return call->op == OS_WRITE && stat(run_fix.mbox, &mbox) == 0 &&
	    fstat(call->fd, &st) == 0 && st.st_ino == mbox.st_ino;
}

static int
on_before(void *arg, const struct os_call *call)
{
	unsigned n = atomic_fetch_add(&plan.calls, 1);

	(void)arg;
	if (plan.how == FULL)
		return is_full(call) ? plan.err : 0;
	if (plan.how == KILL_BEFORE && n == plan.at)
		kill(getpid(), SIGKILL);
	if ((plan.how == FAIL_ONCE && n == plan.at) ||
	    (plan.how == FAIL_ON && n >= plan.at))
		return plan.err;
	return 0;
}

static void
on_after(void *arg, const struct os_call *call, long result, int err)
{
	(void)arg;
	(void)call;
	(void)result;
	(void)err;
	if (plan.how == KILL_AFTER && atomic_load(&plan.calls) == plan.at + 1)
		kill(getpid(), SIGKILL);
}

static void
arm(void)
{
	static const struct os_hook hook = { on_before, on_after, NULL };

	atomic_store(&plan.calls, 0);
	os_hook_set(&hook);
}

/* ---- killed -------------------------------------------------------------- */

/* fn in a child that is killed at plan.at; false: it came to its end */
static bool
killed_in(void (*fn)(void))
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		draft_name_new_run();
		arm();
		fn();
		run_memory->calls = atomic_load(&plan.calls);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		abort();
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return true;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		printf("the child failed\n");
		exit(1);
	}
	return false;
}

static int
complain(const char *what, unsigned a, int b, const char *wrong)
{
	if (wrong == NULL)
		return 0;
	printf("%s: call %u, %d: %s\n", what, a, b, wrong);
	return 1;
}

/* the batch killed before and after each call */
static int
kills(enum conf_dest_kind kind, const char *name, unsigned *points)
{
	int failed = 0;

	for (unsigned at = 0;; at++)
		for (int how = KILL_BEFORE; how <= KILL_AFTER; how++) {
			bool killed;

			run_prepare(kind);
			plan.at = at;
			plan.how = how;
			killed = killed_in(run_batch);
			failed += complain(name, at, how, run_check_next());
			if (!killed)
				return failed;
			++*points;
		}
}

/* and the recovery of what is left killed again, at each of its calls */
static int
kills_twice(enum conf_dest_kind kind, const char *name, unsigned *points)
{
	int failed = 0;
	bool first = true;

	for (unsigned at = 0; first; at += STEP)
		for (unsigned again = 0;; again++) {
			bool second;

			run_prepare(kind);
			plan.at = at;
			plan.how = KILL_AFTER;
			first = killed_in(run_batch);
			if (!run_open_intents())
				break;
			plan.at = again;
			plan.how = again % 2 ? KILL_BEFORE : KILL_AFTER;
			second = killed_in(run_recover);
			failed += complain(name, at, (int)again,
			    run_check_next());
			if (!second)
				break;
			++*points;
		}
	return failed;
}

/* ---- failing ------------------------------------------------------------- */

static int
failures(enum conf_dest_kind kind, const char *name, int err, int how,
    unsigned *points)
{
	int failed = 0;

	for (unsigned at = 0;; at++) {
		unsigned calls;

		run_prepare(kind);
		draft_name_new_run();
		plan.at = at;
		plan.how = how;
		plan.err = err;
		arm();
		run_batch();
		os_hook_set(NULL);
		calls = atomic_load(&plan.calls);
		failed += complain(name, at, err, run_check_next());
		if (calls <= at)
			return failed;
		++*points;
	}
}

/* the recovery of a batch that was killed in the middle fails */
static int
recovery_failures(enum conf_dest_kind kind, const char *name, int err,
    unsigned *points)
{
	int failed = 0;
	bool killed = true;

	for (unsigned first = 1; killed; first += STEP)
		for (unsigned at = 0;; at++) {
			unsigned calls;

			run_prepare(kind);
			plan.at = first;
			plan.how = KILL_AFTER;
			killed = killed_in(run_batch);
			if (!run_open_intents())
				break;
			draft_name_new_run();
			plan.at = at;
			plan.how = FAIL_ONCE;
			plan.err = err;
			arm();
			run_recover();
			os_hook_set(NULL);
			calls = atomic_load(&plan.calls);
			failed += complain(name, at, err, run_check_next());
			if (calls <= at)
				break;
			++*points;
		}
	return failed;
}

/* However often it could not be finished, it is once there is room. */
static int
full_for_long(unsigned *points)
{
	for (unsigned at = 1; !run_open_intents(); at++) {
		run_prepare(CONF_DEST_MBOX);
		plan.at = at;
		plan.how = KILL_AFTER;
		if (!killed_in(run_batch))
			return complain("full", at, 0, "no intent was open");
	}
	plan.how = FULL;
	plan.err = EDQUOT;
	for (*points = 0; *points < 200; ++*points) {
		draft_name_new_run();
		arm();
		run_recover();
		os_hook_set(NULL);
	}
	return complain("full", 0, EDQUOT, run_open_intents() ?
	    run_check_next() : "something was written");
}

/* ---- all ----------------------------------------------------------------- */

static int
all_of(enum conf_dest_kind kind, const char *name)
{
	static const int errs[] = { EIO, ENOSPC, EDQUOT, EINTR, EACCES };
	unsigned killed = 0, twice = 0, failed_calls = 0, cut = 0, late = 0;
	int wrong = 0;

	wrong += kills(kind, name, &killed);
	wrong += kills_twice(kind, name, &twice);
	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		wrong += failures(kind, name, errs[i], FAIL_ONCE,
		    &failed_calls);
		wrong += failures(kind, name, errs[i], FAIL_ON,
		    &failed_calls);
	}
	wrong += failures(kind, name, OS_HOOK_SHORT, FAIL_ONCE, &cut);
	wrong += recovery_failures(kind, name, EIO, &late);
	printf("%s: %u kills, %u kills of the recovery, %u calls failed, %u "
	    "cut short, %u failed in the recovery; %d wrong\n", name, killed,
	    twice, failed_calls, cut, late, wrong);
	return wrong + (killed == 0 || twice == 0 || late == 0);
}

int
main(void)
{
	int wrong = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	run_memory = mmap(NULL, sizeof(*run_memory), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run_memory == MAP_FAILED)
		abort();
	mbox_wait_ms = 0;
	fix_init_in_memory(&run_fix);
	wrong += all_of(CONF_DEST_MAILDIR, "Maildir");
	wrong += all_of(CONF_DEST_MBOX, "mbox");
	/* a message larger than all buffers: writes in the middle of it */
	run_large = true;
	{
		unsigned points = 0;

		wrong += kills(CONF_DEST_MBOX, "mbox, large", &points);
		wrong += kills(CONF_DEST_MAILDIR, "Maildir, large", &points);
		wrong += failures(CONF_DEST_MBOX, "mbox, large", ENOSPC,
		    FAIL_ONCE, &points);
		printf("large messages: %u points\n", points);
		run_large = false;
		memset(run_memory, 0, sizeof(*run_memory));
		wrong += full_for_long(&points);
		printf("full for long: %u recoveries\n", points);
	}
	fix_done(&run_fix);
	printf("%d wrong\n", wrong);
	return wrong == 0 ? 0 : 1;
}
