/* SPDX-License-Identifier: ISC
 *
 * atcall: runs a command and does something to it at its N-th system call.
 *
 *	atcall [OPTIONS] -- COMMAND [ARGUMENT...]
 *	--kill before:N | after:N  SIGKILL for the whole tree of processes,
 *	                     before that call begins or when it has ended
 *	--fail NAME:ERRNO:N[+]     the N-th call of that name, or of that kind
 *	                     ("write": pwrite64, writev too), fails without
 *	                     having been made; +: and each later one
 *	--path PREFIX        --fail: counts calls about such files alone;
 *	                     --record: writes down what happens to these
 *	--from-call NAME     --kill, --list: counting begins at the first one
 *	--from-path PREFIX   ... or at the first call about such a file
 *	--list FILE          every counted call, one a line
 *	--record FILE        every change to a file: atcall_record.c
 *	--report FILE        "calls=N reached=1 status=0": status is the
 *	                     command's, 128+N after a signal
 *
 * Exit status: 0 when N was reached (or nothing was asked for), 3 when the
 * command came to its end before that, 64 wrong usage, 71 it did not work.
 *
 * Calls of all threads are counted together, in the order in which they are
 * entered.  Follows forks, threads and exec.
 */
#include "atcall.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

enum { TRACEES = 256, REACHED = 0, NOT_REACHED = 3, USAGE = 64, BROKEN = 71 };

struct plan {
	bool kill, after;	/* --kill */
	uint64_t at;		/* N of either */
	const char *fail;	/* --fail NAME, or NULL */
	int error;
	bool ever_after;	/* + */
	const char *path, *from_call, *from_path, *report;
	FILE *list;
	struct recorder recorder;	/* out NULL: none */
};

struct world {
	struct plan plan;
	struct tracee *tracees[TRACEES];
	size_t n;
	pid_t main_pid;
	int main_status;
	bool counting, reached;
	uint64_t calls, matching;
};

static void
die(const char *what)
{
	fprintf(stderr, "atcall: %s: %s\n", what, strerror(errno));
	exit(BROKEN);
}

/* ---- the registers of this machine ---- */

/* what was entered shall not be done */
static void
skip_call(pid_t tid)
{
#if defined(__x86_64__)
	if (ptrace(PTRACE_POKEUSER, tid,
	    offsetof(struct user_regs_struct, orig_rax), -1L) < 0)
		die("skip a call");
#elif defined(__aarch64__)
	int none = -1;
	struct iovec v = { &none, sizeof(none) };

	if (ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &v) < 0)
		die("skip a call");
#else
#error "atcall does not know the registers of this machine"
#endif
}

static void
set_result(pid_t tid, int64_t value)
{
#if defined(__x86_64__)
	if (ptrace(PTRACE_POKEUSER, tid,
	    offsetof(struct user_regs_struct, rax), value) < 0)
		die("set a result");
#elif defined(__aarch64__)
	struct user_regs_struct regs;
	struct iovec v = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &v) < 0)
		die("read registers");
	regs.regs[0] = (uint64_t)value;
	if (ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &v) < 0)
		die("set a result");
#endif
}

/* ---- the threads ---- */

static struct tracee *
tracee_of(struct world *w, pid_t tid)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->tracees[i]->tid == tid)
			return w->tracees[i];
	if (w->n == TRACEES) {
		fputs("atcall: too many threads\n", stderr);
		exit(BROKEN);
	}
	w->tracees[w->n] = calloc(1, sizeof(struct tracee));
	if (w->tracees[w->n] == NULL)
		die("memory");
	w->tracees[w->n]->tid = tid;
	w->tracees[w->n]->new = true;
	return w->tracees[w->n++];
}

static void
forget(struct world *w, pid_t tid)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->tracees[i]->tid != tid)
			continue;
		free(w->tracees[i]);
		w->tracees[i] = w->tracees[--w->n];
		return;
	}
}

static void
kill_all(struct world *w)
{
	/* a thread's id is as good as its process's */
	for (size_t i = 0; i < w->n; i++)
		if (kill(w->tracees[i]->tid, SIGKILL) < 0 && errno != ESRCH)
			die("kill");
	w->reached = true;
}

/* ---- one call ---- */

static bool
starts(const char *path, const char *prefix)
{
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

static void
decide_counting(struct world *w, const struct call_name *c,
    const struct tracee *t)
{
	const struct plan *p = &w->plan;

	if (w->counting)
		return;
	if (p->from_call == NULL && p->from_path == NULL)
		w->counting = true;
	if (p->from_call != NULL && call_is(c, p->from_call))
		w->counting = true;
	if (p->from_path != NULL && (starts(t->path, p->from_path) ||
	    starts(t->path2, p->from_path)))
		w->counting = true;
}

static void
decide_failure(struct world *w, const struct call_name *c, struct tracee *t)
{
	const struct plan *p = &w->plan;

	if (!call_is(c, p->fail))
		return;
	if (p->path != NULL && !starts(t->path, p->path) &&
	    !starts(t->path2, p->path))
		return;
	w->matching++;
	if (w->matching != p->at && !(p->ever_after && w->matching > p->at))
		return;
	w->reached = true;
	t->fail = p->error;
	skip_call(t->tid);
}

static void
enter(struct world *w, struct tracee *t, const struct ptrace_syscall_info *i)
{
	const struct plan *p = &w->plan;
	const struct call_name *c = call_find((long)i->entry.nr);

	t->inside = true;
	t->fail = 0;
	t->index = 0;
	t->nr = (long)i->entry.nr;
	for (size_t k = 0; k < 6; k++)
		t->args[k] = i->entry.args[k];
	if (p->fail != NULL || p->list != NULL || p->recorder.out != NULL ||
	    (!w->counting && p->from_path != NULL))
		call_paths(c, t);
	decide_counting(w, c, t);
	if (w->counting)
		t->index = ++w->calls;
	if (p->recorder.out != NULL)
		record_enter(&p->recorder, t);
	if (p->fail != NULL)
		decide_failure(w, c, t);
	if (p->kill && t->index == p->at && t->index != 0) {
		if (p->after) {
			t->kill_after = true;
		} else {
			skip_call(t->tid);
			kill_all(w);
		}
	}
}

static void
list_call(const struct plan *p, const struct tracee *t, int64_t result)
{
	const struct call_name *c = call_find(t->nr);

	if (c != NULL)
		fprintf(p->list, "%" PRIu64 "\t%s\t%s\t%s\t%" PRId64 "\n",
		    t->index, c->name, t->path, t->path2, result);
	else
		fprintf(p->list, "%" PRIu64 "\tcall %ld\t\t\t%" PRId64 "\n",
		    t->index, t->nr, result);
}

static void
leave(struct world *w, struct tracee *t, const struct ptrace_syscall_info *i)
{
	const struct plan *p = &w->plan;
	int64_t result = i->exit.rval;

	t->inside = false;
	if (t->fail != 0) {
		result = -t->fail;
		set_result(t->tid, result);
	}
	if (p->list != NULL && t->index != 0)
		list_call(p, t, result);
	if (p->recorder.out != NULL)
		record_exit(&p->recorder, t, result);
	if (t->kill_after) {
		t->kill_after = false;
		kill_all(w);
	}
}

static void
at_stop(struct world *w, struct tracee *t)
{
	struct ptrace_syscall_info info;

	memset(&info, 0, sizeof(info));
	if (ptrace((enum __ptrace_request)PTRACE_GET_SYSCALL_INFO, t->tid,
	    sizeof(info), &info) < 0) {
		if (errno == ESRCH)	/* it is being killed */
			return;
		die("PTRACE_GET_SYSCALL_INFO");
	}
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		enter(w, t, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT && t->inside)
		leave(w, t, &info);
}

/* ---- the loop ---- */

/* the signal to go on with */
static int
stopped(struct world *w, struct tracee *t, int status)
{
	int sig = WSTOPSIG(status);
	bool first = t->new;

	if (sig == (SIGTRAP | 0x80)) {
		t->new = false;
		at_stop(w, t);
		return 0;
	}
	if (status >> 16 != 0) {
		/* exec: whatever thread did it has the leader's id now */
		if (status >> 16 == PTRACE_EVENT_EXEC)
			t->inside = false;
		return 0;
	}
	if (sig == SIGSTOP && first) {
		t->new = false;
		return 0;
	}
	return sig == SIGTRAP ? 0 : sig;
}

static void
trace(struct world *w)
{
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);
		struct tracee *t;
		int sig;

		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			return;		/* ECHILD: all are gone */
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (tid == w->main_pid)
				w->main_status = status;
			forget(w, tid);
			continue;
		}
		t = tracee_of(w, tid);
		if (w->plan.kill && w->reached) {
			/* forked just before its parent was killed: it was
			 * not known then */
			if (kill(tid, SIGKILL) < 0 && errno != ESRCH)
				die("kill");
			sig = 0;
		} else {
			sig = stopped(w, t, status);
		}
		if (ptrace(PTRACE_SYSCALL, tid, 0, (long)sig) < 0 &&
		    errno != ESRCH)
			die("PTRACE_SYSCALL");
	}
}

static void
start(struct world *w, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL |
	    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	    PTRACE_O_TRACEEXEC;
	int status;

	w->main_pid = fork();
	if (w->main_pid < 0)
		die("fork");
	if (w->main_pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0 ||
		    raise(SIGSTOP) != 0)
			die("PTRACE_TRACEME");
		execvp(argv[0], argv);
		fprintf(stderr, "atcall: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	if (waitpid(w->main_pid, &status, __WALL) != w->main_pid ||
	    !WIFSTOPPED(status))
		die("waitpid");
	if (ptrace(PTRACE_SETOPTIONS, w->main_pid, 0, options) < 0)
		die("PTRACE_SETOPTIONS");
	tracee_of(w, w->main_pid)->new = false;
	if (ptrace(PTRACE_SYSCALL, w->main_pid, 0, 0) < 0)
		die("PTRACE_SYSCALL");
}

/* ---- options ---- */

static void
usage(const char *what)
{
	fprintf(stderr, "atcall: %s; see the head of atcall.c\n", what);
	exit(USAGE);
}

static uint64_t
number(const char *text, const char **end_r)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (end == text || n == 0)
		usage("a number from 1 on is missing");
	*end_r = end;
	return n;
}

static int
error_of(const char *text, size_t len)
{
	static const struct { const char *name; int value; } errors[] = {
		{ "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EINTR", EINTR },
		{ "EDQUOT", EDQUOT }, { "EROFS", EROFS },
		{ "EACCES", EACCES }, { "EMFILE", EMFILE },
		{ "ENOMEM", ENOMEM }, { "ECONNRESET", ECONNRESET },
		{ "EPIPE", EPIPE }, { "EAGAIN", EAGAIN },
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strlen(errors[i].name) == len &&
		    memcmp(errors[i].name, text, len) == 0)
			return errors[i].value;
	usage("an unknown errno");
	return 0;
}

static void
plan_kill(struct plan *p, const char *value)
{
	const char *end;

	p->kill = true;
	if (starts(value, "after:"))
		p->after = true;
	else if (!starts(value, "before:"))
		usage("--kill before:N or after:N");
	p->at = number(strchr(value, ':') + 1, &end);
	if (*end != '\0')
		usage("--kill before:N or after:N");
}

static void
plan_fail(struct plan *p, char *value)
{
	char *error = strchr(value, ':');
	char *count = error == NULL ? NULL : strchr(error + 1, ':');
	const char *end;

	if (count == NULL)
		usage("--fail NAME:ERRNO:N");
	*error++ = '\0';
	p->fail = value;
	if (!call_known(value))
		usage("--fail: no such call");
	p->error = error_of(error, (size_t)(count - error));
	p->at = number(count + 1, &end);
	p->ever_after = *end == '+';
}

static FILE *
output(const char *path)
{
	FILE *f = fopen(path, "we");

	if (f == NULL)
		die(path);
	return f;
}

static void
option(struct plan *p, const char *name, char *value)
{
	if (strcmp(name, "--kill") == 0)
		plan_kill(p, value);
	else if (strcmp(name, "--fail") == 0)
		plan_fail(p, value);
	else if (strcmp(name, "--path") == 0)
		p->path = value;
	else if (strcmp(name, "--from-call") == 0)
		p->from_call = value;
	else if (strcmp(name, "--from-path") == 0)
		p->from_path = value;
	else if (strcmp(name, "--list") == 0)
		p->list = output(value);
	else if (strcmp(name, "--record") == 0)
		p->recorder.out = output(value);
	else if (strcmp(name, "--report") == 0)
		p->report = value;
	else
		usage("an unknown option");
	if (p->from_call != NULL && !call_known(p->from_call))
		usage("--from-call: no such call");
}

static char **
options(struct plan *p, char **argv)
{
	while (*argv != NULL && strcmp(*argv, "--") != 0) {
		if (argv[1] == NULL)
			usage("an option without its value");
		option(p, argv[0], argv[1]);
		argv += 2;
	}
	if (*argv == NULL || argv[1] == NULL)
		usage("-- COMMAND is missing");
	if (p->kill && p->fail != NULL)
		usage("--kill and --fail together");
	if (p->recorder.out != NULL && p->path == NULL)
		usage("--record wants --path");
	p->recorder.root = p->path;
	return argv + 1;
}

/* ---- results ---- */

static void
report(const struct world *w)
{
	const struct plan *p = &w->plan;
	int s = w->main_status;
	FILE *f;

	if (p->list != NULL && fclose(p->list) != 0)
		die("--list");
	if (p->recorder.out != NULL && fclose(p->recorder.out) != 0)
		die("--record");
	if (p->report == NULL)
		return;
	f = output(p->report);
	fprintf(f, "calls=%" PRIu64 " reached=%d status=%d\n",
	    p->fail != NULL ? w->matching : w->calls, w->reached,
	    WIFEXITED(s) ? WEXITSTATUS(s) : 128 + WTERMSIG(s));
	if (fclose(f) != 0)
		die("--report");
}

int
main(int argc, char **argv)
{
	static struct world w;
	char **command;

	if (argc < 2)
		usage("no command");
	command = options(&w.plan, argv + 1);
	start(&w, command);
	trace(&w);
	report(&w);
	return w.reached || (!w.plan.kill && w.plan.fail == NULL) ?
	    REACHED : NOT_REACHED;
}
