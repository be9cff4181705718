/* SPDX-License-Identifier: ISC
 *
 * The process is killed (SIGKILL) before and after each system call of each
 * scenario.  What it had acknowledged by then is there and whole, nothing
 * half is visible, nothing unmarked is gone, its lock is gone, and the next
 * session and delivery work.
 */
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "office.h"
#include "sync.h"
#include "sys/os.h"

static struct {
	atomic_uint calls;
	unsigned at;
	bool after;
} plan;

static int
on_before(void *arg, const struct os_call *call)
{
	unsigned n = atomic_fetch_add(&plan.calls, 1);

	(void)arg;
	(void)call;
	if (n == plan.at && !plan.after)
		kill(getpid(), SIGKILL);
	return 0;
}

static void
on_after(void *arg, const struct os_call *call, long result, int err)
{
	(void)arg;
	(void)call;
	(void)result;
	(void)err;
	/* one call at a time is under way in these scenarios */
	if (atomic_load(&plan.calls) == plan.at + 1 && plan.after)
		kill(getpid(), SIGKILL);
}

static void
arm(void)
{
	static const struct os_hook hook = { on_before, on_after, NULL };

	atomic_store(&plan.calls, 0);
	os_hook_set(&hook);
}

static void
disarm(void)
{
	os_hook_set(NULL);
}

/* What the child says by the pipe is what it has acknowledged. */
struct word {
	unsigned item;
	enum fate fate;
};

static void
tell(void *arg, unsigned item, enum fate fate)
{
	struct word w = { item, fate };

	if (write(*(int *)arg, &w, sizeof(w)) != sizeof(w))
		abort();
}

static void
child(const struct office_scenario *sc, struct office_run run, int pipe_fd)
{
	struct word end = { UINT_MAX, FATE_MAY };

	run.tell = tell;
	run.arg = &pipe_fd;
	run.st = sync_store("maildir", run.root);
	sc->act(&run, arm, disarm);
	end.item = UINT_MAX - atomic_load(&plan.calls);
	if (write(pipe_fd, &end, sizeof(end)) != sizeof(end))
		abort();
	_exit(run.r == STORE_OK ? 0 : 1);
}

/* NULL or what is wrong; *calls_r when the child came to its end */
static const char *
run_child(const struct office_scenario *sc, struct office_run *run,
    unsigned *calls_r)
{
	struct word w;
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) != 0)
		abort();
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		close(fds[0]);
		child(sc, *run, fds[1]);
	}
	close(fds[1]);
	while (read(fds[0], &w, sizeof(w)) == sizeof(w)) {
		if (w.item < OFFICE_ITEMS)
			run->fate[w.item] = w.fate;
		else
			*calls_r = UINT_MAX - w.item;
	}
	close(fds[0]);
	if (waitpid(pid, &status, 0) != pid)
		abort();
	if (plan.at == UINT_MAX)
		return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? NULL :
		    "it fails without a fault";
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? NULL :
	    "the child was not killed";
}

static const char *
run_once(const struct office_scenario *sc, unsigned *calls_r)
{
	struct office_run run = { .root = sync_tmpdir() };
	const char *wrong;

	office_prepare(&run);
	wrong = run_child(sc, &run, calls_r);
	if (wrong == NULL)
		wrong = office_check(&run);
	sync_rmdir((char *)(uintptr_t)run.root);
	return wrong;
}

static int
scenario(const struct office_scenario *sc, unsigned *points)
{
	unsigned calls = 0, ignore;
	const char *wrong;
	int failed = 0;

	plan.at = UINT_MAX;
	wrong = run_once(sc, &calls);
	if (wrong != NULL || calls == 0) {
		printf("%s: %s\n", sc->name, wrong != NULL ? wrong :
		    "no calls");
		failed++;
	}
	for (unsigned at = 0; at < calls; at++) {
		for (int after = 0; after < 2; after++) {
			plan.at = at;
			plan.after = after;
			wrong = run_once(sc, &ignore);
			if (wrong == NULL)
				continue;
			printf("%s: killed %s call %u: %s\n", sc->name,
			    after ? "after" : "before", at, wrong);
			failed++;
		}
	}
	printf("%-42s %3u calls, %4u kills, %d wrong\n", sc->name, calls,
	    2 * calls, failed);
	*points += 2 * calls;
	return failed;
}

int
main(void)
{
	unsigned points = 0;
	int failed = 0;

	for (unsigned i = 0; i < office_scenarios_n; i++)
		failed += scenario(&office_scenarios[i], &points);
	printf("%u kills in all, %d wrong\n", points, failed);
	return failed == 0 ? 0 : 1;
}
