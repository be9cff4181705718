/* SPDX-License-Identifier: ISC
 *
 * run: a command as a child process, watched by the event loop.
 *
 * The argument array goes to execvp as it is; there is never a shell.  The
 * child gets no descriptor but 0, 1 and 2, default signals, and its own
 * process group, which is killed as a whole at the time limit or by
 * run_cancel.
 */
#ifndef RESTANTE_CLIENT_RUN_H
#define RESTANTE_CLIENT_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "net/loop.h"

enum { RUN_OUTPUT_MAX = 256 << 10, RUN_ERRORS_MAX = 2048 };

struct run;

/* what became of it */
struct run_result {
	bool exited;		/* with `status`; else by `signal` */
	int status;
	int signal;
	bool timed_out;		/* it was killed after `timeout_s` */
	unsigned timeout_s;	/* that of the spec */
	int exec_errno;		/* not 0: it could not be started */
	bool output_cut;	/* more than RUN_OUTPUT_MAX */
	struct buf *output;	/* standard output, when it was asked for */
	struct pop_span errors;	/* the last octets of standard error */
};

struct run_spec {
	char *const *argv;		/* ends with NULL */
	char *const *environment;	/* "NAME=value", added to ours; NULL */
	int input;			/* fd, read from its position on (the
					 * caller keeps it); -1: /dev/null */
	bool want_output;		/* else it goes to standard error */
	bool keep_terminal;		/* may ask the person (pinentry); its
					 * standard input is ours when that is
					 * a terminal and `input` is -1 */
	unsigned timeout_s;		/* 0: none */
	/* `result` is valid during the call; the run is freed after it */
	void (*done)(void *arg, const struct run_result *result);
	void *arg;
};

/* NULL with errno when not even a process could be made. `done` is never
 * called from inside. */
struct run *run_start(struct loop *loop, const struct run_spec *spec);
/* kills the group and waits for it; `done` is not called */
void run_cancel(struct run *r);

/* "exited with status 75 (temporary failure)", "was killed by SIGSEGV", "ran
 * longer than 60 seconds", "could not be started: No such file..." */
void run_explain(const struct run_result *result, char *out, size_t size);

#endif
