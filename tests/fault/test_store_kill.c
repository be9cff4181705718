/* SPDX-License-Identifier: ISC
 *
 * The process is killed (SIGKILL) before and after each system call of each
 * scenario, on a new kernel and on an old one.  What it had acknowledged by
 * then is there and whole with its unique-id, nothing half is visible, nothing
 * unmarked is gone, its lock is gone, and the next sessions and deliveries
 * work.
 *
 * Without RESTANTE_FULL every so-manieth kill is tried.
 * Threats: D06, P1, P4, P5, P6, P8, P10.
 */
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel.h"
#include "office.h"
#include "scenarios.h"
#include "sys/os.h"

enum { SAMPLE = 19 };

static struct {
	enum kernel_age age;
	atomic_uint calls;
	unsigned at;
	bool after;
} plan;

static int
on_before(void *arg, const struct os_call *call)
{
	unsigned n = atomic_fetch_add(&plan.calls, 1);

	(void)arg;
	if (n == plan.at && !plan.after)
		kill(getpid(), SIGKILL);
	return kernel_before(call);
}

static void
on_after(void *arg, const struct os_call *call, long result, int err)
{
	(void)arg;
	(void)err;
	kernel_after(call, result);
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
child(const struct scenario *sc, struct office_run run, int pipe_fd)
{
	struct word end = { UINT_MAX, FATE_MAY };

	run.tell = tell;
	run.arg = &pipe_fd;
	kernel_set(plan.age);
	office_start(&run);
	sc->act(&run, arm, disarm);
	end.item = UINT_MAX - atomic_load(&plan.calls);
	if (write(pipe_fd, &end, sizeof(end)) != sizeof(end))
		abort();
	_exit(run.r == STORE_OK ? 0 : 1);
}

/* NULL or what is wrong; *calls_r when the child came to its end */
static const char *
run_child(const struct scenario *sc, struct office_run *run,
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
run_once(const struct scenario *sc, unsigned *calls_r)
{
	struct office_run run;
	const char *wrong;

	office_prepare(&run);
	wrong = run_child(sc, &run, calls_r);
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
try_point(const struct scenario *sc, unsigned at, bool after)
{
	const char *wrong;
	unsigned ignore;

	count.seen++;
	if (!count.full && count.seen % SAMPLE != 0)
		return;
	plan.at = at;
	plan.after = after;
	wrong = run_once(sc, &ignore);
	count.tried++;
	if (wrong == NULL)
		return;
	printf("%s, %s kernel: killed %s call %u: %s\n", sc->name,
	    kernel_age_name[plan.age], after ? "after" : "before", at, wrong);
	count.wrong++;
}

static void
scenario(const struct scenario *sc, enum kernel_age age)
{
	unsigned calls = 0, tried = count.tried, bad = count.wrong;
	const char *wrong;

	plan.age = age;
	plan.at = UINT_MAX;
	wrong = run_once(sc, &calls);
	if (wrong != NULL || calls == 0) {
		printf("%s, %s kernel: %s\n", sc->name, kernel_age_name[age],
		    wrong != NULL ? wrong : "no calls");
		count.wrong++;
	}
	for (unsigned at = 0; at < calls; at++) {
		try_point(sc, at, false);
		try_point(sc, at, true);
	}
	printf("%-40s %-4s %5u %6u %6u\n", sc->name, kernel_age_name[age],
	    calls, count.tried - tried, count.wrong - bad);
}

int
main(int argc, char **argv)
{
	count.full = getenv("RESTANTE_FULL") != NULL;
	printf("%-40s %-4s %5s %6s %6s\n", "scenario", "kern", "calls",
	    "kills", "wrong");
	for (unsigned i = 0; i < scenarios_n; i++)
		for (int age = 0; age < KERNEL_AGES; age++)
			if (argc < 2 ||
			    strcmp(argv[1], scenarios[i].name) == 0)
				scenario(&scenarios[i], age);
	printf("kills: %u points of %u tried, %u wrong\n", count.tried,
	    count.seen, count.wrong);
	return count.wrong == 0 ? 0 : 1;
}
