/* SPDX-License-Identifier: ISC
 *
 * The power goes between any two system calls of each scenario, on a new
 * kernel and on an old one; disk.h says what the disk may hold then.  What was
 * acknowledged by then must be there, whole, with its unique-id; nothing half
 * may be visible; nothing unmarked is gone; the next sessions and deliveries
 * work.
 *
 * Then a visitor comes after the cut, who opens, removes, delivers and sweeps
 * tmp/, and the power goes a second time while that is under way.  What was
 * there after the first cut is as sure then as anything else.
 *
 * The test proves that it can fail: with fsyncs taken for nothing, and with a
 * file's fsync moved behind its rename, it must find losses.
 *
 * Without RESTANTE_FULL every so-manieth disk is tried.
 * Threats: P1, P4, P5, P6.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "scenarios.h"
#include "sync.h"

enum {
	SAMPLE = 11,		/* of different disks */
	SAMPLE_FIRST = 13,	/* of first cuts that get a second one */
	SAMPLE_SECOND = 11,
	EXHAUSTIVE = 7,
	EXHAUSTIVE_FULL = 12
};

static const char *const mode_name[DISK_MODES] = { "ordered", "strict" };

static bool full;
static unsigned total_given, total_wrong;

/* the tape of the scenario, and of those who come afterwards */
static struct disk_tape *tape, *second;

struct trial {
	const struct scenario *sc;
	const struct office_run *like;	/* its unique-ids */
	bool quiet;
	unsigned wrong;
	unsigned cut_first;
	bool again;		/* this is a second cut */
	unsigned seconds;	/* of these */
};

/* arm() has no argument */
static struct office_run *recorded;

static void
arm(void)
{
	disk_record(tape, recorded);
}

static void
disarm(void)
{
	disk_record_end(tape);
}

static void
arm_second(void)
{
	disk_record(second, recorded);
}

static void
disarm_second(void)
{
	disk_record_end(second);
}

/* The disk under search, as maildrops. */
static void
office_of(struct office_run *run, const struct disk_tape *t,
    const struct disk_search *s, const struct office_run *like)
{
	office_prepare_empty(run);
	memcpy(run->fate, s->fate, sizeof(run->fate));
	memcpy(run->uidl, like->uidl, sizeof(run->uidl));
	disk_put(t, run->root);
}

static bool
complain(struct trial *tr, const struct disk_search *s, const char *wrong)
{
	if (wrong == NULL)
		return true;
	tr->wrong++;
	if (tr->quiet)
		return tr->wrong < 3;
	printf("%s, %s: cut after event %u", tr->sc->name,
	    mode_name[s->mode], tr->cut_first);
	if (tr->again)
		printf(", a second time after event %u of the next",
		    s->cut);
	printf(": %s\n", wrong);
	return tr->wrong < 20;
}

static bool
try_disk(void *arg, const struct disk_tape *t, const struct disk_search *s)
{
	struct trial *tr = arg;
	struct office_run run;
	const char *wrong;

	if (!tr->again)
		tr->cut_first = s->cut;
	office_of(&run, t, s, tr->like);
	wrong = office_check(&run);
	office_clear(&run);
	return complain(tr, s, wrong);
}

/* ---- the second cut ------------------------------------------------------ */

/* Somebody comes after the first cut, and the power goes again. */
static bool
try_again(void *arg, const struct disk_tape *t, const struct disk_search *s)
{
	static const enum disk_how hows[] = { DISK_DROPPED, DISK_KEPT,
		DISK_CUT, DISK_ZEROS };
	struct trial *tr = arg;
	struct disk_search again = { .mode = DISK_ORDERED, .hows = hows,
		.hows_n = 4, .sample = full ? 1 : SAMPLE_SECOND,
		.found = try_disk, .arg = tr };
	const struct office_run *like = tr->like;
	struct office_run run;
	const char *wrong;

	/* one visitor looks, and what he has seen is there from now on */
	office_of(&run, t, s, tr->like);
	wrong = office_settle(&run);
	tr->cut_first = s->cut;
	if (wrong != NULL) {
		office_clear(&run);
		return complain(tr, s, wrong);
	}
	sync_rmdir(run.root);
	/* the next one is cut off */
	run.root = sync_tmpdir();
	disk_put(t, run.root);
	office_age(&run);
	second = disk_tape_new();
	run.tell = disk_tell;
	run.arg = second;
	recorded = &run;
	office_start(&run);
	scenario_recover(&run, tr->sc->drop, arm_second, disarm_second);
	office_stop(&run);
	if (run.r != STORE_OK)
		complain(tr, s, "the next visit does not work");
	tr->like = &run;
	tr->again = true;
	disk_search(second, &again);
	tr->again = false;
	tr->like = like;
	tr->seconds += again.given;
	disk_tape_free(second);
	office_clear(&run);
	return tr->wrong < 20;
}

/* ---- scenarios ----------------------------------------------------------- */

/* Records the scenario on `tape`. */
static void
record(const struct scenario *sc, enum kernel_age age,
    struct office_run *run)
{
	tape = disk_tape_new();
	kernel_set(age);
	office_prepare(run);
	run->tell = disk_tell;
	run->arg = tape;
	recorded = run;
	office_start(run);
	sc->act(run, arm, disarm);
	office_stop(run);
	kernel_set(KERNEL_NEW);
	if (run->r != STORE_OK) {
		printf("%s: it fails\n", sc->name);
		exit(1);
	}
}

static void
first_cuts(struct trial *tr, enum kernel_age age, enum disk_mode mode)
{
	struct disk_search s = { .mode = mode,
		.exhaustive = full ? EXHAUSTIVE_FULL : EXHAUSTIVE,
		.sample = full ? 1 : SAMPLE, .found = try_disk, .arg = tr };

	disk_search(tape, &s);
	printf("%-40s %-4s %-8s %6u %5u%s %8u %7u %7u %5u\n", tr->sc->name,
	    kernel_age_name[age], mode_name[mode], disk_tape_length(tape),
	    s.widest, s.widest > s.exhaustive ? "+" : " ", s.states,
	    s.different, s.given, tr->wrong);
	fflush(stdout);
	total_given += s.given;
}

static void
second_cuts(struct trial *tr, enum kernel_age age)
{
	static const enum disk_how hows[] = { DISK_DROPPED, DISK_KEPT };
	struct disk_search s = { .mode = DISK_ORDERED, .hows = hows,
		.hows_n = 2, .sample = full ? 1 : SAMPLE_FIRST,
		.found = try_again, .arg = tr };

	disk_search(tape, &s);
	printf("%-40s %-4s %-8s %6s %6s %8s %7u %7u %5u\n", tr->sc->name,
	    kernel_age_name[age], "twice", "", "", "", s.given,
	    tr->seconds, tr->wrong);
	fflush(stdout);
	total_given += tr->seconds;
}

static void
scenario(const struct scenario *sc, enum kernel_age age)
{
	struct office_run run;

	record(sc, age, &run);
	for (int mode = 0; mode < DISK_MODES; mode++) {
		struct trial tr = { .sc = sc, .like = &run };

		first_cuts(&tr, age, mode);
		total_wrong += tr.wrong;
	}
	if (disk_tape_length(tape) > 0) {
		struct trial tr = { .sc = sc, .like = &run };

		second_cuts(&tr, age);
		total_wrong += tr.wrong;
	}
	disk_tape_free(tape);
	office_clear(&run);
}

/* ---- controls ------------------------------------------------------------ */

/* On a disk that breaks its word mail must be seen to be lost. */
static void
must_fail(const char *what, const char *name, enum disk_trust trust,
    enum disk_mode mode)
{
	struct office_run run;
	struct trial tr = { .sc = scenario_find(name), .like = &run,
		.quiet = true };
	struct disk_search s = { .mode = mode, .exhaustive = EXHAUSTIVE,
		.sample = 1, .found = try_disk, .arg = &tr };

	record(tr.sc, KERNEL_NEW, &run);
	disk_distrust(tape, trust);
	disk_search(tape, &s);
	printf("control, %s (%s, %s): %s\n", what, name, mode_name[mode],
	    tr.wrong > 0 ? "found" : "NOT FOUND: the test is blind");
	if (tr.wrong == 0)
		total_wrong++;
	disk_tape_free(tape);
	office_clear(&run);
}

static void
controls(void)
{
	static const struct {
		const char *what, *scenario;
		enum disk_trust trust;
		/* with a journal in order, new's fsync speaks for all before */
		bool strict_only;
	} c[] = {
		{ "no fsync of files", "deliver to 1",
		    DISK_NO_FILE_SYNC, false },
		{ "no fsync of directories", "deliver to 1",
		    DISK_NO_DIR_SYNC, false },
		{ "rename before fsync", "deliver to 1",
		    DISK_LATE_FILE_SYNC, false },
		{ "no fsync of files", "deliver to 3, all or none",
		    DISK_NO_FILE_SYNC, false },
		{ "no fsync of directories", "deliver to 3, all or none",
		    DISK_NO_DIR_SYNC, false },
		{ "no fsync of directories", "commit",
		    DISK_NO_DIR_SYNC, false },
		{ "no fsync above new", "deliver to a maildrop that is not "
		    "there", DISK_NO_PARENT_SYNC, true },
		{ "no fsync above new", "deliver to a half made maildrop",
		    DISK_NO_PARENT_SYNC, true },
	};

	for (unsigned i = 0; i < sizeof(c) / sizeof(c[0]); i++)
		for (int mode = c[i].strict_only ? DISK_STRICT :
		    DISK_ORDERED; mode < DISK_MODES; mode++)
			must_fail(c[i].what, c[i].scenario, c[i].trust,
			    mode);
}

int
main(int argc, char **argv)
{
	full = getenv("RESTANTE_FULL") != NULL;
	printf("%-40s %-4s %-8s %6s %6s %8s %7s %7s %5s\n", "scenario",
	    "kern", "cut", "events", "unsure", "states", "differ", "tried",
	    "wrong");
	for (unsigned i = 0; i < scenarios_n; i++)
		for (int age = 0; age < KERNEL_AGES; age++)
			if (argc < 2 ||
			    strcmp(argv[1], scenarios[i].name) == 0)
				scenario(&scenarios[i], age);
	if (argc < 2)
		controls();
	printf("power cuts: %u disks tried, %u wrong\n", total_given,
	    total_wrong);
	return total_wrong == 0 ? 0 : 1;
}
