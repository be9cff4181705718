/* SPDX-License-Identifier: ISC
 *
 * dest_pipe: a command that takes the message on its standard input.  Owns the
 * run while the command works; must never let a shell see anything, nor hand
 * over anything that a stranger wrote but the message itself.
 *
 * What its exit status means (sysexits.h).  0: delivered.  What blames this
 * message or its recipient, so that trying again would end the same, refuses
 * it: 64 usage, 65 data, 66 no input, 67 no user, 68 no host, 76 protocol, 77
 * permission, 78 configuration.  All else is tried again later: 69
 * unavailable, 70 software, 71 system, 72 missing system file, 73 cannot make
 * a file, 74 I/O, 75 temporary, statuses that sysexits.h does not know (a
 * command that crashes says 1, one that is missing 127), a signal, the time
 * limit.  When in doubt the message stays where it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/text.h"
#include "client/dest_private.h"
#include "client/run.h"
#include "sys/os.h"

enum { PIPE_TIMEOUT_S = 300 };

struct pipe_own {
	struct dest *dest;
	char **argv;			/* the configuration's */
	char *environment[2];		/* ours */
	struct run *run;		/* NULL: none */
	struct loop_task task;		/* when there is none to wait for */
	struct dest_error error;
};

static void tell_error(struct loop_task *task);

static int
pipe_open(struct dest *d, const struct conf_dest *conf,
    struct dest_error *error_r)
{
	struct pipe_own *p = calloc(1, sizeof(*p));
	struct buf b;

	if (p == NULL)
		return dest_fail_errno(error_r, ENOMEM, "%s", d->text);
	d->own = p;
	p->dest = d;
	p->argv = conf->command.argv;
	p->task.fn = tell_error;
	if (conf->command.argc == 0)
		return dest_fail(error_r, FAULT_DEST, "%s: no command",
		    d->text);
	buf_init(&b, 4096);
	if (buf_printf(&b, "RESTANTE_ACCOUNT=%s", d->world->account->name) ==
	    0)
		p->environment[0] = strndup((const char *)b.p, b.n);
	buf_release(&b);
	if (p->environment[0] == NULL)
		return dest_fail_errno(error_r, ENOMEM, "%s", d->text);
	d->form = d->world->account->line_ends == ACCOUNT_LINES_CRLF ?
	    DRAFT_WIRE : DRAFT_LF;
	d->drafts = dest_open_spool(d->world, error_r);
	return d->drafts < 0 ? -1 : 0;
}

static void
pipe_cancel(struct dest *d)
{
	struct pipe_own *p = d->own;

	loop_cancel(d->world->loop, &p->task);
	if (p->run != NULL)
		run_cancel(p->run);
	p->run = NULL;
}

static void
pipe_close(struct dest *d)
{
	struct pipe_own *p = d->own;

	if (p != NULL)
		free(p->environment[0]);
	free(p);
}

/* ---- the command --------------------------------------------------------- */

static bool
blames_message(int status)
{
	switch (status) {
	case EX_USAGE:
	case EX_DATAERR:
	case EX_NOINPUT:
	case EX_NOUSER:
	case EX_NOHOST:
	case EX_PROTOCOL:
	case EX_NOPERM:
	case EX_CONFIG:
		return true;
	default:
		return false;
	}
}

static void
on_exit_of(void *arg, const struct run_result *result)
{
	enum dest_outcome r = DEST_TEMPORARY;
	struct pipe_own *p = arg;
	char why[120], said[200];
	struct dest_error error;

	p->run = NULL;
	if (result->exited && result->status == 0) {
		dest_tell(p->dest, DEST_DELIVERED, NULL);
		return;
	}
	if (result->exited && result->exec_errno == 0 &&
	    blames_message(result->status))
		r = DEST_REFUSED;
	run_explain(result, why, sizeof(why));
	dest_quote(said, sizeof(said), result->errors);
	(void)dest_fail(&error, r == DEST_REFUSED ? FAULT_DEST :
	    FAULT_DEST_TEMP, "%.120s %s%s%s%s", p->argv[0], why,
	    said[0] != '\0' ? " and said \"" : "", said,
	    said[0] != '\0' ? "\"" : "");
	dest_tell(p->dest, r, &error);
}

static void
tell_error(struct loop_task *task)
{
	struct pipe_own *p = (struct pipe_own *)((char *)task -
	    offsetof(struct pipe_own, task));
	struct dest_error error = p->error;

	dest_tell(p->dest, DEST_TEMPORARY, &error);
}

static void
pipe_hand_over(struct draft *dr)
{
	struct pipe_own *p = dr->dest->own;
	struct run_spec spec = {
		.argv = p->argv, .environment = p->environment,
		.timeout_s = PIPE_TIMEOUT_S, .done = on_exit_of, .arg = p,
	};

	spec.input = draft_open(dr);
	if (spec.input >= 0)
		p->run = run_start(dr->dest->world->loop, &spec);
	if (p->run == NULL) {
		(void)dest_fail_errno(&p->error, errno, "cannot start %.200s",
		    p->argv[0]);
		p->error.fault = FAULT_DEST_TEMP;
		loop_later(dr->dest->world->loop, &p->task);
	}
	if (spec.input >= 0)
		(void)os_close(spec.input);
}

enum dest_outcome
dest_recover_talker(const struct dest_world *world, struct pop_span ticket,
    int64_t made, struct dest_error *error_r)
{
	(void)world;
	(void)ticket;
	(void)made;
	(void)dest_fail(error_r, FAULT_DEST_TEMP, "a message was being "
	    "handed over when restante was stopped; it is fetched again and "
	    "may come twice");
	return DEST_UNKNOWN;
}

const struct dest_kind dest_pipe = {
	.name = "pipe",
	.local = false,
	.open = pipe_open,
	.close = pipe_close,
	.hand_over = pipe_hand_over,
	.cancel = pipe_cancel,
	.recover = dest_recover_talker,
};
