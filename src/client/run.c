/* SPDX-License-Identifier: ISC
 *
 * run: the life of a child process, from its start to its `done`.
 *
 * Owns the process until it is reaped, its two pipes and its time limit.  It
 * is over when the process itself has ended: what is in the pipes by then is
 * read, but a descendant that keeps them open is not waited for.  No SIGCHLD
 * handler: a pidfd says when it ended, or, on a kernel without them, a timer
 * asks.  Must not interpret what the child says.
 */
#include "client/run.h"

#include <sys/pidfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "client/run_spawn.h"

enum {
	READ_SIZE = 16 << 10,
	/* reads of a pipe whose writer is gone: more than a pipe holds */
	LAST_READS = 256,
	KILL_GRACE_MS = 2000,	/* from SIGTERM to SIGKILL */
	ASK_FIRST_MS = 2,	/* without a pidfd: how often to look */
	ASK_LAST_MS = 100,
	UNKNOWN = -1		/* a status */
};

struct run {
	struct loop *loop;
	void (*done)(void *arg, const struct run_result *result);
	void *arg;
	pid_t pid;		/* 0: never started, or reaped */
	bool own_group;
	bool terminated;	/* SIGTERM was sent */
	bool want_output;
	uint64_t ask_ms;
	struct loop_io ended;	/* pidfd, or -1 */
	struct loop_io out, err;	/* pipes, or -1 */
	struct loop_timer limit;
	struct loop_timer ask;
	struct loop_task failed;	/* could not be started */
	struct buf output;
	size_t errors_n;
	unsigned char errors[2 * RUN_ERRORS_MAX];
	struct run_result result;
};

#define RUN_OF(member_p, member) \
	((struct run *)(void *)((char *)(member_p) - \
	offsetof(struct run, member)))

/* ---- pipes ---- */

static void
close_io(struct run *r, struct loop_io *io)
{
	if (io->fd < 0)
		return;
	/* a child that is being made may have a copy for a moment: so the
	 * kernel is told, and not only the descriptor closed */
	loop_unwatch(r->loop, io, false);
	(void)close(io->fd);
	io->fd = -1;
}

static void
keep_errors(struct run *r, const unsigned char *p, size_t n)
{
	size_t keep;

	if (n > RUN_ERRORS_MAX) {
		p += n - RUN_ERRORS_MAX;
		n = RUN_ERRORS_MAX;
	}
	if (r->errors_n + n > sizeof(r->errors)) {
		keep = RUN_ERRORS_MAX;
		memmove(r->errors, r->errors + r->errors_n - keep, keep);
		r->errors_n = keep;
	}
	memcpy(r->errors + r->errors_n, p, n);
	r->errors_n += n;
}

static void
keep_output(struct run *r, const unsigned char *p, size_t n)
{
	size_t room = r->output.max - r->output.n;

	if (n > room) {
		r->result.output_cut = true;
		n = room;
	}
	/* no memory: what is kept is not all, and that is said */
	if (buf_append(&r->output, p, n) != BUF_OK)
		r->result.output_cut = true;
}

/* true: there may be more */
static bool
read_pipe(struct run *r, struct loop_io *io)
{
	unsigned char room[READ_SIZE];
	ssize_t got;

	if (io->fd < 0)
		return false;
	do
		got = read(io->fd, room, sizeof(room));
	while (got < 0 && errno == EINTR);
	if (got > 0) {
		if (io == &r->out)
			keep_output(r, room, (size_t)got);
		else
			keep_errors(r, room, (size_t)got);
		buf_wipe_octets(room, (size_t)got);
		return true;
	}
	if (got == 0 || errno != EAGAIN)
		close_io(r, io);
	return false;
}

static void
on_output(struct loop_io *io, unsigned events)
{
	(void)events;
	(void)read_pipe(RUN_OF(io, out), io);
}

static void
on_errors(struct loop_io *io, unsigned events)
{
	(void)events;
	(void)read_pipe(RUN_OF(io, err), io);
}

static void
read_rest(struct run *r, struct loop_io *io)
{
	for (int i = 0; i < LAST_READS && read_pipe(r, io); i++)
		continue;
}

/* ---- the end ---- */

/* Only before it is reaped: as long as it is a zombie, its number and that of
 * its group belong to nobody else. */
static void
send_signal(const struct run *r, int sig)
{
	if (r->pid > 0)
		(void)kill(r->own_group ? -r->pid : r->pid, sig);
}

static void
release(struct run *r)
{
	close_io(r, &r->ended);
	close_io(r, &r->out);
	close_io(r, &r->err);
	loop_timer_stop(r->loop, &r->limit);
	loop_timer_stop(r->loop, &r->ask);
	loop_cancel(r->loop, &r->failed);
	buf_wipe(&r->output);
	buf_wipe_octets(r->errors, sizeof(r->errors));
	free(r);
}

static void
tell(struct run *r)
{
	size_t n = r->errors_n < RUN_ERRORS_MAX ? r->errors_n :
	    RUN_ERRORS_MAX;

	r->result.output = r->want_output ? &r->output : NULL;
	r->result.errors = span_of(r->errors + r->errors_n - n, n);
	r->done(r->arg, &r->result);
	release(r);
}

/* The process ended; `status` as waitpid gives it, or UNKNOWN. */
static void
over(struct run *r, int status)
{
	r->pid = 0;
	if (status != UNKNOWN && WIFEXITED(status)) {
		r->result.exited = true;
		r->result.status = WEXITSTATUS(status);
	} else if (status != UNKNOWN) {
		r->result.signal = WTERMSIG(status);
	}
	read_rest(r, &r->out);
	read_rest(r, &r->err);
	tell(r);
}

/* true: it is over, and `r` is gone */
static bool
look(struct run *r)
{
	siginfo_t info = { 0 };
	int status;

	/* it is left a zombie until its group has been killed */
	if (waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT)
	    == 0) {
		if (info.si_pid == 0)
			return false;
		if (r->terminated)
			send_signal(r, SIGKILL);
	}
	/* fails only when somebody else has taken the status */
	if (waitpid(r->pid, &status, 0) != r->pid)
		status = UNKNOWN;
	over(r, status);
	return true;
}

static void
on_ended(struct loop_io *io, unsigned events)
{
	(void)events;
	(void)look(RUN_OF(io, ended));
}

static void
on_ask(struct loop_timer *t)
{
	struct run *r = RUN_OF(t, ask);

	if (look(r))
		return;
	r->ask_ms = r->ask_ms * 2 < ASK_LAST_MS ? r->ask_ms * 2 : ASK_LAST_MS;
	/* the place in the heap that it just left is still there */
	if (loop_timer_set(r->loop, t, loop_now(r->loop) + r->ask_ms) != 0)
		abort();
}

static void
on_limit(struct loop_timer *t)
{
	struct run *r = RUN_OF(t, limit);

	r->result.timed_out = true;
	if (r->terminated) {
		send_signal(r, SIGKILL);
		return;
	}
	send_signal(r, SIGTERM);
	r->terminated = true;
	if (loop_timer_set(r->loop, t, loop_now(r->loop) + KILL_GRACE_MS)
	    != 0)
		send_signal(r, SIGKILL);
}

static void
on_failed(struct loop_task *t)
{
	tell(RUN_OF(t, failed));
}

void
run_cancel(struct run *r)
{
	int status;

	if (r == NULL)
		return;
	send_signal(r, SIGKILL);
	while (r->pid > 0 && waitpid(r->pid, &status, 0) < 0 &&
	    errno == EINTR)
		continue;
	release(r);
}

/* ---- the start ---- */

/* our end does not block, the child's does; never 0, 1 or 2 */
static int
make_pipe(struct loop_io *ours, int *childs_r)
{
	int p[2], high[2];

	if (pipe2(p, O_CLOEXEC) != 0)
		return -1;
	high[0] = fcntl(p[0], F_DUPFD_CLOEXEC, 3);
	high[1] = fcntl(p[1], F_DUPFD_CLOEXEC, 3);
	(void)close(p[0]);
	(void)close(p[1]);
	if (high[0] >= 0 && high[1] >= 0 &&
	    fcntl(high[0], F_SETFL, O_NONBLOCK) == 0) {
		ours->fd = high[0];
		*childs_r = high[1];
		return 0;
	}
	if (high[0] >= 0)
		(void)close(high[0]);
	if (high[1] >= 0)
		(void)close(high[1]);
	return -1;
}

/* A parent that ignored SIGCHLD leaves us so: then children vanish without a
 * status. */
static void
keep_statuses(void)
{
	struct sigaction act;

	if (sigaction(SIGCHLD, NULL, &act) == 0 &&
	    act.sa_handler == SIG_IGN)
		(void)signal(SIGCHLD, SIG_DFL);
}

static int
watch_end(struct run *r)
{
	r->ended.fd = pidfd_open(r->pid, 0);
	if (r->ended.fd >= 0) {
		if (loop_watch(r->loop, &r->ended, LOOP_READ) == 0)
			return 0;
		(void)close(r->ended.fd);
		r->ended.fd = -1;
	}
	r->ask_ms = ASK_FIRST_MS;
	return loop_timer_set(r->loop, &r->ask,
	    loop_now(r->loop) + ASK_FIRST_MS);
}

/* 0, also when only the program could not be started; -1 with errno */
static int
spawn(struct run *r, const struct run_spec *spec, int output, int errors)
{
	struct spawn s = {
		.argv = spec->argv, .environment = spec->environment,
		.input = spec->input, .output = output, .errors = errors,
		.own_group = r->own_group,
	};
	int e;

	/* gpg looks at standard input to find the terminal */
	if (spec->keep_terminal && spec->input < 0 && isatty(0))
		s.input = 0;
	e = spawn_child(&s, &r->pid);
	if (e == EAGAIN || e == ENOMEM || e == EMFILE || e == ENFILE) {
		errno = e;
		return -1;
	}
	if (e != 0) {
		r->result.exec_errno = e;
		loop_later(r->loop, &r->failed);
		return 0;
	}
	if (watch_end(r) == 0)
		return 0;
	errno = ENOMEM;
	return -1;
}

static int
start(struct run *r, const struct run_spec *spec)
{
	int output = -1, errors = -1, e, result = -1;

	if (spec->want_output && make_pipe(&r->out, &output) != 0)
		goto out;
	if (make_pipe(&r->err, &errors) != 0)
		goto out;
	if ((r->out.fd >= 0 && loop_watch(r->loop, &r->out, LOOP_READ) != 0) ||
	    loop_watch(r->loop, &r->err, LOOP_READ) != 0)
		goto out;
	if (spec->timeout_s > 0 && loop_timer_set(r->loop, &r->limit,
	    loop_now(r->loop) + spec->timeout_s * UINT64_C(1000)) != 0) {
		errno = ENOMEM;
		goto out;
	}
	result = spawn(r, spec, output >= 0 ? output : errors, errors);
out:
	e = errno;
	if (output >= 0)
		(void)close(output);
	if (errors >= 0)
		(void)close(errors);
	errno = e;
	return result;
}

struct run *
run_start(struct loop *loop, const struct run_spec *spec)
{
	struct run *r = calloc(1, sizeof(*r));
	int e;

	if (r == NULL)
		return NULL;
	r->loop = loop;
	r->done = spec->done;
	r->arg = spec->arg;
	r->want_output = spec->want_output;
	/* a group in the background may not talk to the terminal */
	r->own_group = !spec->keep_terminal;
	r->ended = (struct loop_io){ .fd = -1, .fn = on_ended };
	r->out = (struct loop_io){ .fd = -1, .fn = on_output };
	r->err = (struct loop_io){ .fd = -1, .fn = on_errors };
	r->limit.fn = on_limit;
	r->ask.fn = on_ask;
	r->failed.fn = on_failed;
	r->result.timeout_s = spec->timeout_s;
	buf_init(&r->output, RUN_OUTPUT_MAX);
	keep_statuses();
	if (start(r, spec) == 0)
		return r;
	e = errno;
	run_cancel(r);
	errno = e;
	return NULL;
}

/* ---- in words ---- */

/* sysexits.h, and what shells say when they could not start something */
static const char *
status_name(int status)
{
	static const char *const names[] = {
		"wrong usage", "bad data", "no input", "no such user",
		"no such host", "service unavailable", "internal error",
		"operating system error", "system file missing",
		"cannot create its output", "input/output error",
		"temporary failure", "protocol error", "permission denied",
		"configuration error",
	};

	if (status >= 64 && status < 64 + (int)(sizeof(names) /
	    sizeof(names[0])))
		return names[status - 64];
	if (status == 126)
		return "a command that cannot be executed";
	if (status == 127)
		return "a command that was not found";
	return NULL;
}

void
run_explain(const struct run_result *result, char *out, size_t size)
{
	const char *name;

	if (result->exec_errno != 0) {
		(void)text_format(out, size, "could not be started: %s",
		    strerror(result->exec_errno));
	} else if (result->timed_out) {
		(void)text_format(out, size, "ran longer than %u second%s",
		    result->timeout_s, result->timeout_s == 1 ? "" : "s");
	} else if (result->exited) {
		name = status_name(result->status);
		(void)text_format(out, size, "exited with status %d%s%s%s",
		    result->status, name != NULL ? " (" : "",
		    name != NULL ? name : "", name != NULL ? ")" : "");
	} else if (result->signal == 0) {
		(void)text_format(out, size, "ended, and its status was "
		    "lost");
	} else {
		name = sigabbrev_np(result->signal);
		if (name != NULL)
			(void)text_format(out, size, "was killed by SIG%s",
			    name);
		else
			(void)text_format(out, size, "was killed by signal "
			    "%d", result->signal);
	}
}
