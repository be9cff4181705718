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
#include "dest_fixture.h"
#include "sys/os.h"

/* What the state would hold; shared with children. */
struct memory {
	bool intent[FIX_MESSAGES], delivered[FIX_MESSAGES];
	unsigned char ticket[FIX_MESSAGES][STATE_TICKET_MAX];
	size_t ticket_n[FIX_MESSAGES];
	unsigned calls;			/* of what came to its end */
};

static struct memory *memory;
static struct fix fix;
static bool large;			/* the second message is */

/* where two faults meet, the first is at every fifth call */
enum { STEP = 5 };

/* ---- the hook ------------------------------------------------------------ */

static struct {
	atomic_uint calls;
	unsigned at;
	enum { COUNT, KILL_BEFORE, KILL_AFTER, FAIL_ONCE, FAIL_ON } how;
	int err;			/* or OS_HOOK_SHORT */
} plan;

static int
on_before(void *arg, const struct os_call *call)
{
	unsigned n = atomic_fetch_add(&plan.calls, 1);

	(void)arg;
	(void)call;
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

/* ---- the client ---------------------------------------------------------- */

static void
record_intents(struct draft **drafts)
{
	for (unsigned i = 0; i < FIX_MESSAGES; i++) {
		struct pop_span t;

		if (drafts[i] == NULL)
			continue;
		t = draft_ticket(drafts[i]);
		if (t.n == 0 || t.n > STATE_TICKET_MAX)
			abort();
		memcpy(memory->ticket[i], t.p, t.n);
		memory->ticket_n[i] = t.n;
		memory->intent[i] = true;
	}
}

/* what becomes of each, as in batch.c */
static void
record_outcomes(struct draft **drafts, unsigned *which,
    const enum dest_outcome *outcomes, unsigned n)
{
	for (unsigned k = 0; k < n; k++) {
		unsigned i = which[k];

		memory->delivered[i] = outcomes[k] == DEST_DELIVERED;
		if (outcomes[k] != DEST_UNKNOWN)
			memory->intent[i] = false;
	}
	for (unsigned k = 0; k < n; k++) {
		if (outcomes[k] == DEST_DELIVERED)
			draft_done(drafts[k]);
		else if (outcomes[k] == DEST_UNKNOWN)
			draft_leave(drafts[k]);
		else
			draft_abort(drafts[k]);
	}
}

/* NULL where a call failed; nothing of it is recorded then */
static struct draft *
stage(struct dest *d, unsigned i)
{
	struct dest_error error = { .fault = FAULT_NONE };
	struct draft *dr;

	if (memory->delivered[i])
		return NULL;
	dr = fix_stage(d, fix_message(i, large), large ? 40000 : 30, &error);
	if (dr == NULL && error.text[0] == '\0')
		abort();
	return dr;
}

static void
batch(void)
{
	enum dest_outcome outcomes[FIX_MESSAGES];
	struct draft *drafts[FIX_MESSAGES], *some[FIX_MESSAGES];
	struct dest_error error = { .fault = FAULT_NONE };
	unsigned which[FIX_MESSAGES], n = 0;
	struct dest *d = dest_open(&fix.conf, &fix.world, &error);

	if (d == NULL) {
		if (error.text[0] == '\0')
			abort();
		return;
	}
	for (unsigned i = 0; i < FIX_MESSAGES; i++) {
		drafts[i] = stage(d, i);
		if (drafts[i] == NULL)
			continue;
		which[n] = i;
		some[n++] = drafts[i];
	}
	if (dest_sync(d, some, n, &error) != 0) {
		for (unsigned k = 0; k < n; k++)
			draft_abort(some[k]);
	} else {
		record_intents(drafts);
		if (dest_show(d, some, n, outcomes, &error) != 0 &&
		    error.text[0] == '\0')
			abort();
		record_outcomes(some, which, outcomes, n);
	}
	dest_close(d);
}

/* What an intent is left of. */
static void
recover(void)
{
	struct dest_error error;

	for (unsigned i = 0; i < FIX_MESSAGES; i++) {
		enum dest_outcome r;

		if (!memory->intent[i])
			continue;
		r = dest_recover(&fix.world, span_of(memory->ticket[i],
		    memory->ticket_n[i]), dest_now(), &error);
		if (r == DEST_TEMPORARY && error.text[0] == '\0')
			abort();
		if (r == DEST_TEMPORARY)
			continue;
		memory->delivered[i] = r == DEST_DELIVERED;
		memory->intent[i] = false;
	}
}

static bool
open_intents(void)
{
	return memory->intent[0] || memory->intent[1] || memory->intent[2];
}

static void
sweep(void)
{
	struct dest_error error;
	struct dest *d;

	if (open_intents())
		return;
	d = dest_open(&fix.conf, &fix.world, &error);
	if (d != NULL)
		dest_sweep(d);
	dest_close(d);
}

/* ---- before and afterwards ----------------------------------------------- */

static void
prepare(enum conf_dest_kind kind)
{
	memset(memory, 0, sizeof(*memory));
	fix_clear(&fix);
	fix_use(&fix, kind);
	if (kind == CONF_DEST_MBOX)
		fix_older(&fix);
}

/* At any time: nothing half, nothing twice, and what is recorded is there. */
static const char *
check_now(bool healed)
{
	unsigned seen[FIX_MESSAGES];
	const char *wrong = fix_seen(&fix, large, seen);

	/* a part may be at the end of an mbox until recovery cut it off */
	if (wrong != NULL && !healed && open_intents())
		return NULL;
	for (unsigned i = 0; i < FIX_MESSAGES && wrong == NULL; i++) {
		if (seen[i] > 1)
			wrong = "a message is there twice";
		else if (memory->delivered[i] && seen[i] == 0)
			wrong = "a message is lost";
		else if (!memory->delivered[i] && !memory->intent[i] &&
		    seen[i] != 0)
			wrong = "a message is there that will come again";
	}
	return wrong;
}

/* another run: recovery, sweep, what is still missing */
static const char *
check_next_run(void)
{
	const char *wrong = check_now(false);

	draft_name_new_run();
	recover();
	if (wrong == NULL && open_intents())
		wrong = "recovery does not come to an end";
	if (wrong == NULL)
		wrong = check_now(true);
	sweep();
	if (wrong == NULL && fix_left(&fix) != 0)
		wrong = "files are left";
	batch();
	if (wrong == NULL)
		wrong = check_now(true);
	for (unsigned i = 0; i < FIX_MESSAGES && wrong == NULL; i++)
		if (!memory->delivered[i])
			wrong = "the next run does not work";
	if (wrong == NULL && fix_left(&fix) != 0)
		wrong = "the next run leaves files";
	return wrong;
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
		memory->calls = atomic_load(&plan.calls);
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

			prepare(kind);
			plan.at = at;
			plan.how = how;
			killed = killed_in(batch);
			failed += complain(name, at, how, check_next_run());
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

			prepare(kind);
			plan.at = at;
			plan.how = KILL_AFTER;
			first = killed_in(batch);
			if (!open_intents())
				break;
			plan.at = again;
			plan.how = again % 2 ? KILL_BEFORE : KILL_AFTER;
			second = killed_in(recover);
			failed += complain(name, at, (int)again,
			    check_next_run());
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

		prepare(kind);
		draft_name_new_run();
		plan.at = at;
		plan.how = how;
		plan.err = err;
		arm();
		batch();
		os_hook_set(NULL);
		calls = atomic_load(&plan.calls);
		failed += complain(name, at, err, check_next_run());
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

			prepare(kind);
			plan.at = first;
			plan.how = KILL_AFTER;
			killed = killed_in(batch);
			if (!open_intents())
				break;
			draft_name_new_run();
			plan.at = at;
			plan.how = FAIL_ONCE;
			plan.err = err;
			arm();
			recover();
			os_hook_set(NULL);
			calls = atomic_load(&plan.calls);
			failed += complain(name, at, err, check_next_run());
			if (calls <= at)
				break;
			++*points;
		}
	return failed;
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
	memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		abort();
	mbox_wait_ms = 0;
	fix_init_in_memory(&fix);
	wrong += all_of(CONF_DEST_MAILDIR, "Maildir");
	wrong += all_of(CONF_DEST_MBOX, "mbox");
	/* a message larger than all buffers: writes in the middle of it */
	large = true;
	{
		unsigned points = 0;

		wrong += kills(CONF_DEST_MBOX, "mbox, large", &points);
		wrong += kills(CONF_DEST_MAILDIR, "Maildir, large", &points);
		wrong += failures(CONF_DEST_MBOX, "mbox, large", ENOSPC,
		    FAIL_ONCE, &points);
		printf("large messages: %u points\n", points);
	}
	fix_done(&fix);
	printf("%d wrong\n", wrong);
	return wrong == 0 ? 0 : 1;
}
