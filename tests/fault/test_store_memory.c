/* SPDX-License-Identifier: ISC
 *
 * Each allocation of each scenario of the store is refused, once and from
 * then on for ever.  What was acknowledged is there, nothing else is visible,
 * nothing unmarked is gone, nothing leaks, no descriptor stays open, and the
 * next sessions and deliveries work.  Then the making of a store, and the other
 * engines.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "kernel.h"
#include "oom.h"
#include "scenarios.h"
#include "sync.h"
#include "sys/os.h"

static const struct scenario *now;
static enum kernel_age age;

/* what somebody else does when the first message is opened, once */
static void (*meddle)(void);

static int
before(void *arg, const struct os_call *call)
{
	void (*now_meddle)(void) = meddle;

	(void)arg;
	if (now_meddle != NULL && call->path != NULL &&
	    strncmp(call->path, "new/", 4) == 0) {
		meddle = NULL;
		now_meddle();
	}
	return kernel_before(call);
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

	os_hook_set(&hook);
	oom_begin();
}

static void
disarm(void)
{
	oom_disarm();
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

static const char *
result_wrong(enum store_result r)
{
	switch (r) {
	case STORE_OK:
		return NULL;
	case STORE_TEMP:
	case STORE_PARTIAL:
		return oom_refused() ? NULL : "it fails without a fault";
	case STORE_UNKNOWN:
	case STORE_FULL:
	case STORE_GONE:
	case STORE_IN_USE:
	case STORE_NO_MAILDROP:
	case STORE_CORRUPT:
	case STORE_LEASE_LOST:
		break;
	}
	return "an outcome that this does not give";
}

static const char *
run_scenario(void)
{
	struct office_run run;
	const char *wrong;
	unsigned files;

	kernel_set(age);
	office_prepare(&run);
	files = open_files();
	office_start(&run);
	now->act(&run, arm, disarm);
	office_stop(&run);
	kernel_set(KERNEL_NEW);
	wrong = result_wrong(run.r);
	if (wrong == NULL && office_tmp_files(&run) != 0)
		wrong = "a temporary file stays";
	if (wrong == NULL && open_files() != files)
		wrong = "a descriptor leaks";
	if (wrong == NULL)
		wrong = office_check(&run);
	office_clear(&run);
	return wrong;
}

/* ---- a listing under the hands of a reader ------------------------------- */

#define LONG "a-name-that-fills-the-list-of-names-soon-so-that-it-must-grow"

static const char *root_now;

static void
path_of(char out[512], const char *dir, int i, const char *info)
{
	if (text_format(out, 512, "%s/b/c/%s/1.M1P%02d." LONG "%s", root_now,
	    dir, i, info))
		abort();
}

static void
all_to_cur(void)
{
	char a[512], b[512];

	for (int i = 0; i < 40; i++) {
		path_of(a, "new", i, "");
		path_of(b, "cur", i, ":2,S");
		if (rename(a, b) != 0)
			abort();
	}
}

/* Messages of one instant, which get other names while they are listed. */
static const char *
run_renamed(void)
{
	struct office_run run;
	struct sync_open s;
	const char *wrong;
	char path[512];

	office_prepare(&run);
	root_now = run.root;
	for (int i = 0; i < 40; i++) {
		path_of(path, "new", i, "");
		sync_file(run.root, "b/c", path + strlen(run.root) + 5,
		    "x\n", 2);
	}
	office_start(&run);
	meddle = all_to_cur;
	arm();
	s = sync_open(run.st, "b/c");
	disarm();
	wrong = result_wrong(s.r);
	if (wrong == NULL && s.r == STORE_OK && s.snap->count != 40)
		wrong = "a listing lacks messages, and nobody says so";
	sync_close(&s);
	office_stop(&run);
	office_clear(&run);
	return wrong;
}

/* ---- a store and its threads --------------------------------------------- */

static const char *engine_now;

static const char *
run_start(void)
{
	struct store_config config = { .engine = engine_now, .root = "/",
		.threads = 2 };
	const char *error = NULL;
	struct store *st;

	oom_begin();
	st = store_new(&config, &error);
	oom_disarm();
	if (st == NULL && (error == NULL || error[0] == '\0'))
		return "no store and no reason";
	if ((st == NULL) != oom_refused())
		return "a refusal was not noticed, or something else was";
	store_free(st);
	return NULL;
}

/* ---- the other engines --------------------------------------------------- */

/* Delivery to two of an engine that keeps nothing on a disk; then a session
 * that reads and removes. */
static const char *
run_engine(void)
{
	static const char *const to[] = { "a", "b/c" };
	static const char text[] = "Subject: x\n\nbody\n";
	struct store *st = sync_store(engine_now, "/");
	struct sync_outcome o;
	struct sync_open s;
	const char *wrong = NULL;

	oom_begin();
	o = sync_deliver(st, to, 2, text, sizeof(text) - 1);
	s = sync_open(st, "a");
	if (s.r == STORE_OK) {
		for (uint32_t i = 0; i < s.snap->count; i++) {
			struct store_body body;

			if (sync_body(s.s, i, &body) == STORE_OK)
				close(body.fd);
		}
		if (s.snap->count > 0 &&
		    sync_commit(s.s, (const unsigned char *)"\1") !=
		    STORE_OK &&
		    !oom_refused())
			wrong = "nothing can be removed";
	}
	oom_disarm();
	wrong = wrong != NULL ? wrong : result_wrong(o.all);
	wrong = wrong != NULL ? wrong : result_wrong(s.r);
	sync_close(&s);
	/* a delivery that did not come to an end leaves nothing */
	s = sync_open(st, "b/c");
	if (wrong == NULL && strcmp(engine_now, "mem") == 0 &&
	    s.snap->count != (o.told == 2 && o.each[1] == STORE_OK))
		wrong = "a message is there that must not be, or is lost";
	sync_close(&s);
	store_free(st);
	return wrong;
}

static const char *
run_engine_together(void)
{
	const char *wrong;

	sync_together = true;
	wrong = run_engine();
	sync_together = false;
	return wrong;
}

int
main(void)
{
	static const char *const engines[] = { "maildir", "mem", "null" };

	oom_table();
	for (unsigned i = 0; i < scenarios_n; i++) {
		for (age = KERNEL_NEW; age < KERNEL_AGES; age++) {
			char name[80];

			now = &scenarios[i];
			if (snprintf(name, sizeof(name), "%s, %s", now->name,
			    kernel_age_name[age]) < 0)
				abort();
			(void)!oom_sweep(name, run_scenario);
		}
	}
	(void)!oom_sweep("open while a reader renames all", run_renamed);
	for (int i = 0; i < 3; i++) {
		engine_now = engines[i];
		(void)!oom_sweep("store_new", run_start);
	}
	for (int i = 1; i < 3; i++) {
		engine_now = engines[i];
		(void)!oom_sweep(engine_now, run_engine);
		(void)!oom_sweep("the same, all or none",
		    run_engine_together);
	}
	return oom_result("memory for the store");
}
