/* SPDX-License-Identifier: ISC
 *
 * test_run: commands as children: what they get, what comes back, how they
 * end, and that nothing of them stays behind.  The program is its own child
 * ("self MODE ..."); what depends on a moment waits for an event.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "client/run.h"
#include "../valgrind.h"

#define SELF "/proc/self/exe"

static bool no_pidfd;		/* pretend that the kernel is old */

int __real_pidfd_open(pid_t, unsigned);
int __wrap_pidfd_open(pid_t, unsigned);

int
__wrap_pidfd_open(pid_t pid, unsigned flags)
{
	if (no_pidfd) {
		errno = ENOSYS;
		return -1;
	}
	return __real_pidfd_open(pid, flags);
}

/* ---- the children ---- */

static void
child_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	const struct dirent *e;

	if (d == NULL)
		exit(1);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' &&
		    strtol(e->d_name, NULL, 10) != dirfd(d))
			printf("%s ", e->d_name);
	closedir(d);
}

/* 32 and 33 are glibc's own, which no program can see */
static void
child_signals(void)
{
	static const char *const wanted[] = { "SigBlk:", "SigIgn:" };
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];

	if (f == NULL)
		exit(1);
	while (fgets(line, sizeof(line), f) != NULL)
		for (int i = 0; i < 2; i++)
			if (strncmp(line, wanted[i], 7) == 0)
				printf("%s %llx\n", wanted[i], strtoull(line +
				    8, NULL, 16) & ~(3ULL << 31));
	fclose(f);
}

static void
child_flood(size_t n, int fd)
{
	char room[4096];

	memset(room, 'x', sizeof(room));
	while (n > 0) {
		size_t part = n < sizeof(room) ? n : sizeof(room);
		ssize_t put = write(fd, room, part);

		if (put <= 0)
			exit(3);
		n -= (size_t)put;
	}
}

static int
child(int argc, char **argv)
{
	const char *mode = argv[1];
	long n = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

	if (strcmp(mode, "fds") == 0)
		child_fds();
	else if (strcmp(mode, "signals") == 0)
		child_signals();
	else if (strcmp(mode, "flood") == 0)
		child_flood((size_t)n, 1);
	else if (strcmp(mode, "flood-errors") == 0)
		child_flood((size_t)n, 2);
	else if (strcmp(mode, "group") == 0)
		printf("%d %d", getpgrp() == getpid(), getpid());
	else
		return 99;
	return 0;
}

/* ---- a run and what became of it ---- */

struct seen {
	unsigned calls;
	struct run_result result;
	char output[RUN_OUTPUT_MAX + 1];
	size_t output_n;
	char errors[RUN_ERRORS_MAX + 1];
	char words[200];
	unsigned *left;		/* runs until the loop stops */
};

static struct loop *loop;
static struct seen seen;
static unsigned left;

static void
on_done(void *arg, const struct run_result *result)
{
	struct seen *s = arg;

	s->calls++;
	s->result = *result;
	if (result->output != NULL) {
		s->output_n = result->output->n;
		if (result->output->n > 0)
			memcpy(s->output, result->output->p,
			    result->output->n);
	}
	s->output[s->output_n] = '\0';
	if (result->errors.n > 0)
		memcpy(s->errors, result->errors.p, result->errors.n);
	s->errors[result->errors.n] = '\0';
	run_explain(result, s->words, sizeof(s->words));
	if (--left == 0)
		loop_stop(loop);
}

static struct run *
begin(struct run_spec *spec, char *const *argv)
{
	struct run *r;

	memset(&seen, 0, sizeof(seen));
	spec->argv = argv;
	spec->done = on_done;
	spec->arg = &seen;
	left = 1;
	r = run_start(loop, spec);
	assert_non_null(r);
	/* never from inside */
	assert_int_equal(seen.calls, 0);
	return r;
}

static void
finish(struct run_spec *spec, char *const *argv)
{
	(void)begin(spec, argv);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(seen.calls, 1);
}

/* execve does not change them */
#define ARGV(...) \
	((char *const *)(uintptr_t)(const char *const []){ __VA_ARGS__, NULL })
#define SHELL(script) ARGV("sh", "-c", script)

static void
one_round_fn(struct loop_task *t)
{
	(void)t;
	loop_stop(loop);
}

static void
one_round(void)
{
	struct loop_task t = { .fn = one_round_fn };

	loop_later(loop, &t);
	assert_int_equal(loop_run(loop), 0);
}

/* descriptors of this process: none may be lost */
static unsigned
open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static unsigned fds_before;

static int
setup(void **state)
{
	(void)state;
	no_pidfd = false;
	fds_before = open_fds();
	loop = loop_new();
	return loop == NULL;
}

static int
setup_old_kernel(void **state)
{
	int r = setup(state);

	no_pidfd = true;
	return r;
}

static int
teardown(void **state)
{
	(void)state;
	loop_free(loop);
	assert_int_equal(open_fds(), fds_before);
	/* no zombie, no child */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return 0;
}

/* ---- output and input ---- */

static void
test_output(void **state)
{
	struct run_spec spec = { .input = -1, .want_output = true };

	(void)state;
	finish(&spec, ARGV("printf", "%s|", "a b", "$x", "*"));
	assert_string_equal(seen.output, "a b|$x|*|");
	assert_true(seen.result.exited);
	assert_int_equal(seen.result.status, 0);
	assert_string_equal(seen.errors, "");
	assert_false(seen.result.output_cut);
}

static void
test_streams_apart(void **state)
{
	struct run_spec spec = { .input = -1, .want_output = true };

	(void)state;
	finish(&spec, SHELL("echo out; echo err >&2"));
	assert_string_equal(seen.output, "out\n");
	assert_string_equal(seen.errors, "err\n");
	spec.want_output = false;
	finish(&spec, SHELL("echo out; echo err >&2"));
	assert_null(seen.result.output);
	assert_string_equal(seen.errors, "out\nerr\n");
}

static int
temporary(const char *text)
{
	char name[] = "/tmp/restante-run-XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(write(fd, text, strlen(text)),
	    (ssize_t)strlen(text));
	return fd;
}

/* standard input begins where the descriptor stands, which stays open */
static void
test_input_position(void **state)
{
	struct run_spec spec = { .want_output = true };

	(void)state;
	spec.input = temporary("head:the rest");
	assert_int_equal(lseek(spec.input, 5, SEEK_SET), 5);
	finish(&spec, ARGV("cat"));
	assert_string_equal(seen.output, "the rest");
	assert_int_equal(lseek(spec.input, 0, SEEK_CUR), 13);
	close(spec.input);
}

static void
test_no_input(void **state)
{
	struct run_spec spec = { .input = -1, .want_output = true };

	(void)state;
	finish(&spec, ARGV("readlink", "/proc/self/fd/0"));
	assert_string_equal(seen.output, "/dev/null\n");
}

/* our own 0 may be closed: then a pipe would get that number */
static void
test_low_descriptors(void **state)
{
	struct run_spec spec = { .want_output = true };
	int saved[3];

	(void)state;
	spec.input = temporary("abc");
	assert_int_equal(lseek(spec.input, 0, SEEK_SET), 0);
	for (int i = 0; i < 3; i++) {
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
		close(i);
	}
	(void)begin(&spec, SHELL("cat; echo err >&2"));
	(void)loop_run(loop);
	for (int i = 0; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}
	assert_string_equal(seen.output, "abc");
	assert_string_equal(seen.errors, "err\n");
	close(spec.input);
}

static void
test_big_output(void **state)
{
	static const size_t sizes[] = { RUN_OUTPUT_MAX - 1, RUN_OUTPUT_MAX,
	    RUN_OUTPUT_MAX + 1, 3 << 20 };
	struct run_spec spec = { .input = -1, .want_output = true };
	char count[32];

	(void)state;
	NOT_UNDER_VALGRIND("is /proc/self/exe");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		text_format(count, sizeof(count), "%zu", sizes[i]);
		finish(&spec, ARGV(SELF, "flood", count));
		/* the child is not stopped by our being full */
		assert_true(seen.result.exited);
		assert_int_equal(seen.result.status, 0);
		assert_int_equal(seen.output_n, sizes[i] < RUN_OUTPUT_MAX ?
		    sizes[i] : RUN_OUTPUT_MAX);
		assert_int_equal(seen.result.output_cut,
		    sizes[i] > RUN_OUTPUT_MAX);
	}
}

static void
test_last_errors(void **state)
{
	static const char *const sizes[] = { "1", "2047", "2048", "2049",
	    "4096", "4097", "1000000" };
	struct run_spec spec = { .input = -1 };
	size_t n;

	(void)state;
	NOT_UNDER_VALGRIND("is /proc/self/exe");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		finish(&spec, ARGV("sh", "-c", "head -c $1 /dev/zero | "
		    "tr '\\0' x; printf END", "sh", sizes[i]));
		n = strlen(seen.errors);
		assert_true(n >= 4 && n <= RUN_ERRORS_MAX);
		assert_string_equal(seen.errors + n - 4, "xEND");
		if (i > 1)
			assert_int_equal(n, RUN_ERRORS_MAX);
	}
	finish(&spec, ARGV(SELF, "flood-errors", "3000000"));
	assert_int_equal(seen.result.status, 0);
}

/* what a descendant keeps open is not waited for */
static void
test_pipe_kept_open(void **state)
{
	struct run_spec spec = { .want_output = true };
	int sv[2];
	char c;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    sv), 0);
	spec.input = sv[1];
	/* it lives until our end of its standard input is closed */
	finish(&spec, SHELL("(read x <&0; exit) <&0 & echo said"));
	assert_string_equal(seen.output, "said\n");
	close(sv[1]);
	assert_int_equal(shutdown(sv[0], SHUT_WR), 0);
	assert_int_equal(read(sv[0], &c, 1), 0);
	close(sv[0]);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

/* ---- how it ends ---- */

static void
test_status(void **state)
{
	static const struct {
		const char *script;
		int status, signal;
		const char *words;
	} cases[] = {
		{ "exit 0", 0, 0, "exited with status 0" },
		{ "exit 1", 1, 0, "exited with status 1" },
		{ "exit 64", 64, 0, "exited with status 64 (wrong usage)" },
		{ "exit 75", 75, 0,
		  "exited with status 75 (temporary failure)" },
		{ "exit 78", 78, 0,
		  "exited with status 78 (configuration error)" },
		{ "exit 79", 79, 0, "exited with status 79" },
		{ "exit 127", 127, 0,
		  "exited with status 127 (a command that was not found)" },
		{ "exit 255", 255, 0, "exited with status 255" },
		{ "kill -SEGV $$", 0, SIGSEGV, "was killed by SIGSEGV" },
		{ "kill -KILL $$", 0, SIGKILL, "was killed by SIGKILL" },
		{ "kill -PIPE $$", 0, SIGPIPE, "was killed by SIGPIPE" },
	};
	struct run_spec spec = { .input = -1, .timeout_s = 600 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		finish(&spec, SHELL(cases[i].script));
		assert_int_equal(seen.result.exited, cases[i].signal == 0);
		assert_int_equal(seen.result.status, cases[i].status);
		assert_int_equal(seen.result.signal, cases[i].signal);
		assert_false(seen.result.timed_out);
		assert_string_equal(seen.words, cases[i].words);
	}
}

static void
test_cannot_start(void **state)
{
	struct run_spec spec = { .input = -1, .want_output = true };
	char name[] = "/tmp/restante-run-XXXXXX";
	int fd;

	(void)state;
	NOT_UNDER_VALGRIND("hides that an exec has failed");
	finish(&spec, ARGV("/nonexistent/command"));
	assert_int_equal(seen.result.exec_errno, ENOENT);
	assert_string_equal(seen.words,
	    "could not be started: No such file or directory");
	finish(&spec, ARGV("no-such-command-of-restante"));
	assert_int_equal(seen.result.exec_errno, ENOENT);
	finish(&spec, ARGV(""));
	assert_int_equal(seen.result.exec_errno, ENOENT);
	finish(&spec, ARGV("/tmp"));
	assert_int_equal(seen.result.exec_errno, EACCES);
	fd = mkostemp(name, O_CLOEXEC);
	assert_true(fd >= 0);
	close(fd);
	finish(&spec, ARGV(name));
	assert_int_equal(seen.result.exec_errno, EACCES);
	assert_int_equal(chmod(name, 0700), 0);
	finish(&spec, ARGV(name));	/* empty: no program, no script */
	assert_int_equal(seen.result.exec_errno, ENOEXEC);
	unlink(name);
	assert_false(seen.result.exited);
}

/* a process that cannot be made at all */
static void
test_no_descriptors(void **state)
{
	struct run_spec spec = { .input = -1, .want_output = true,
		.argv = ARGV("true"), .done = on_done, .arg = &seen };
	int fds[4096], n = 0;

	(void)state;
	while (n < 4096 && (fds[n] = fcntl(0, F_DUPFD_CLOEXEC, 3)) >= 0)
		n++;
	/* with 0 to 4 left it must fail, and leave nothing behind */
	if (errno == EMFILE) {
		for (int spare = 0; spare < 5; spare++) {
			assert_null(run_start(loop, &spec));
			assert_int_equal(errno, EMFILE);
			close(fds[--n]);
		}
	}
	while (n > 0)
		close(fds[--n]);
}

static void
test_timeout(void **state)
{
	struct run_spec spec = { .input = -1, .want_output = true,
		.timeout_s = 1 };

	(void)state;
	finish(&spec, SHELL("echo before; exec sleep 1000"));
	assert_true(seen.result.timed_out);
	assert_false(seen.result.exited);
	assert_int_equal(seen.result.signal, SIGTERM);
	assert_string_equal(seen.output, "before\n");
	assert_string_equal(seen.words, "ran longer than 1 second");
}

/* none of the group outlives its leader's time limit */
static void
test_timeout_stubborn(void **state)
{
	static const struct {
		const char *script;
		int signal;
	} cases[] = {
		{ "trap '' TERM; sleep 1000 & echo $!; "
		  "while :; do wait; done", SIGKILL },
		{ "(trap '' TERM; exec sleep 1000) & echo $!; "
		  "trap 'exit 5' TERM; wait; wait", 0 },
	};
	struct run_spec spec = { .input = -1, .want_output = true,
		.timeout_s = 1 };
	int status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		finish(&spec, SHELL(cases[i].script));
		assert_true(seen.result.timed_out);
		assert_int_equal(seen.result.signal, cases[i].signal);
		/* we are its reaper now */
		pid = (pid_t)strtol(seen.output, NULL, 10);
		assert_true(pid > 1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
	}
}

/* ---- cancelling ---- */

static void
test_cancel_at_once(void **state)
{
	struct run_spec spec = { .input = -1, .want_output = true,
		.timeout_s = 1 };

	(void)state;
	run_cancel(begin(&spec, ARGV("sleep", "1000")));
	run_cancel(begin(&spec, ARGV("/nonexistent")));
	run_cancel(begin(&spec, SHELL("trap '' TERM INT HUP; sleep 1000")));
	run_cancel(NULL);
	one_round();
	assert_int_equal(seen.calls, 0);
	/* the shell's own child, which died with its group */
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

static void
cancel_when(const char *script, bool at_end)
{
	struct run_spec spec = { .want_output = true };
	struct run *r;
	int sv[2];
	char c = 0;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    sv), 0);
	spec.input = sv[1];
	r = begin(&spec, SHELL(script));
	close(sv[1]);
	assert_int_equal(read(sv[0], &c, 1), at_end ? 0 : 1);
	run_cancel(r);
	/* the group is gone, and with it its end */
	if (!at_end)
		assert_true(read(sv[0], &c, 1) <= 0);
	close(sv[0]);
	one_round();
	assert_int_equal(seen.calls, 0);
}

static void
test_cancel_later(void **state)
{
	(void)state;
	/* in the middle, with output in the pipe, with a child of its own */
	cancel_when("echo some; printf x >&0; exec sleep 1000", false);
	cancel_when("head -c 60000 /dev/zero; printf x >&0; sleep 1000",
	    false);
	/* ended, but nobody looked yet */
	cancel_when("echo some", true);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

struct canceller {
	struct loop_task task;
	struct run *run;
};

static void
cancel_fn(struct loop_task *t)
{
	run_cancel(((struct canceller *)(void *)t)->run);
	loop_stop(loop);
}

/* from the loop itself, in the round that would call done */
static void
test_cancel_from_loop(void **state)
{
	struct canceller c = { .task = { .fn = cancel_fn } };
	struct run_spec spec = { .input = -1 };

	(void)state;
	NOT_UNDER_VALGRIND("hides that an exec has failed");
	loop_later(loop, &c.task);	/* before the failure is told */
	c.run = begin(&spec, ARGV("/nonexistent"));
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(seen.calls, 0);
	one_round();
	assert_int_equal(seen.calls, 0);
}

/* ---- what the child has ---- */

static void
test_child_descriptors(void **state)
{
	struct run_spec spec = { .input = -1, .want_output = true };
	int leaky;

	(void)state;
	NOT_UNDER_VALGRIND("is /proc/self/exe");
	leaky = open("/dev/null", O_RDONLY);	/* no O_CLOEXEC */
	assert_true(leaky > 2);
	finish(&spec, ARGV(SELF, "fds"));
	assert_string_equal(seen.output, "0 1 2 ");
	spec.input = leaky;
	finish(&spec, ARGV(SELF, "fds"));
	assert_string_equal(seen.output, "0 1 2 ");
	close(leaky);
}

static void
test_child_signals(void **state)
{
	struct run_spec spec = { .input = -1, .want_output = true };
	sigset_t some, before;

	(void)state;
	NOT_UNDER_VALGRIND("is /proc/self/exe");
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGUSR1);
	sigprocmask(SIG_BLOCK, &some, &before);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	finish(&spec, ARGV(SELF, "signals"));
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_string_equal(seen.output, "SigBlk: 0\nSigIgn: 0\n");
}

/* inherited from a careless parent */
static void
test_sigchld_ignored(void **state)
{
	struct run_spec spec = { .input = -1 };

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	finish(&spec, SHELL("exit 9"));
	signal(SIGCHLD, SIG_DFL);
	assert_true(seen.result.exited);
	assert_int_equal(seen.result.status, 9);
}

static void
test_group(void **state)
{
	struct run_spec spec = { .input = -1, .want_output = true };

	(void)state;
	NOT_UNDER_VALGRIND("is /proc/self/exe");
	finish(&spec, ARGV(SELF, "group"));
	assert_int_equal(seen.output[0], '1');
	spec.keep_terminal = true;
	finish(&spec, ARGV(SELF, "group"));
	assert_int_equal(seen.output[0], '0');
}

static void
test_environment(void **state)
{
	char *const *added = ARGV("RUN_NEW=1 2", "RUN_OLD=new",
	    "RUN_EMPTY=");
	struct run_spec spec = { .input = -1, .want_output = true,
		.environment = added };

	(void)state;
	setenv("RUN_OLD", "old", 1);
	setenv("RUN_OLDER", "older", 1);
	finish(&spec, SHELL("echo \"$RUN_NEW,$RUN_OLD,$RUN_OLDER,"
	    "${RUN_EMPTY-unset}\"; env | grep -c '^RUN_OLD='"));
	assert_string_equal(seen.output, "1 2,new,older,\n1\n");
	spec.environment = NULL;
	finish(&spec, SHELL("echo \"$RUN_NEW,$RUN_OLD\""));
	assert_string_equal(seen.output, ",old\n");
	unsetenv("RUN_OLD");
	unsetenv("RUN_OLDER");
}

/* ---- many ---- */

static void
test_hundred(void **state)
{
	enum { MANY = 100 };
	static struct seen all[MANY];
	struct run_spec spec = { .input = -1, .want_output = true,
		.done = on_done };
	char number[8];

	(void)state;
	memset(all, 0, sizeof(all));
	left = MANY;
	for (int i = 0; i < MANY; i++) {
		text_format(number, sizeof(number), "%d", i);
		spec.argv = ARGV("sh", "-c", "echo $1; exit $1", "sh",
		    number);
		spec.arg = &all[i];
		assert_non_null(run_start(loop, &spec));
	}
	assert_int_equal(loop_run(loop), 0);
	for (int i = 0; i < MANY; i++) {
		text_format(number, sizeof(number), "%d\n", i);
		assert_int_equal(all[i].calls, 1);
		assert_string_equal(all[i].output, number);
		assert_int_equal(all[i].result.status, i);
	}
}

#define BOTH(test) \
	cmocka_unit_test_setup_teardown(test, setup, teardown), \
	cmocka_unit_test_setup_teardown(test, setup_old_kernel, teardown)
#define ONCE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_output),
		ONCE(test_streams_apart),
		ONCE(test_input_position),
		ONCE(test_no_input),
		ONCE(test_low_descriptors),
		ONCE(test_big_output),
		ONCE(test_last_errors),
		BOTH(test_pipe_kept_open),
		BOTH(test_status),
		BOTH(test_cannot_start),
		ONCE(test_no_descriptors),
		BOTH(test_timeout),
		BOTH(test_timeout_stubborn),
		BOTH(test_cancel_at_once),
		BOTH(test_cancel_later),
		ONCE(test_cancel_from_loop),
		ONCE(test_child_descriptors),
		ONCE(test_child_signals),
		ONCE(test_sigchld_ignored),
		BOTH(test_group),
		ONCE(test_environment),
		BOTH(test_hundred),
	};

	if (argc > 1)
		return child(argc, argv);
	/* children of children become ours, so that the end of each is seen */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return 1;
	return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
