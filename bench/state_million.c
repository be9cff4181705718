/* SPDX-License-Identifier: ISC
 *
 * state_million: what it costs to compare a large listing with the state.
 *
 *     state_million DIRECTORY [MESSAGES]	1,000,000 by default
 *
 * Makes a state of that many messages in DIRECTORY, then compares listings
 * with it, each in a process of its own: seconds of CPU and of the clock,
 * system calls that read and write, peak memory.  Every count is checked.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/state.h"

enum { UIDL_MAX = 48, BATCH = 10000 };

struct job {
	const char *name;
	uint64_t (*at)(uint64_t i);	/* which message is listed as the ith */
	uint64_t listed, known, missing;
	bool write;			/* and record it */
};

static uint64_t messages = 1000000;

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "state_million: %s: %s\n", what, why);
	exit(1);
}

/* Numbers that count up, as many servers make them; by hand, so that what is
 * measured is not printf. */
static struct pop_span
uidl_of(uint64_t i, char out[UIDL_MAX])
{
	static const char tail[] = "5f3c2a91.mail";
	const size_t digits = 16;
	uint64_t n = i + 1;

	for (size_t at = digits; at-- > 0; n >>= 4)
		out[at] = "0123456789abcdef"[n & 15];
	memcpy(out + digits, tail, sizeof(tail));
	return span_of(out, digits + sizeof(tail) - 1);
}

static struct state *
open_state(const char *dir)
{
	struct state *s = NULL;
	char error[512];

	if (state_open(dir, "million", false, error, sizeof(error), &s) != 0)
		die(dir, error);
	return s;
}

static void
fill(const char *dir)
{
	struct state *s = open_state(dir);
	char uidl[UIDL_MAX];

	for (uint64_t i = 0; i < messages; i++) {
		struct state_row row = {
			.kind = STATE_FETCHED, .uidl = uidl_of(i, uidl),
			.nth = 1, .announced = 2000 + i % 5000,
			.octets = 2000 + i % 5000, .has_digest = true,
			.first_seen = 1790000000 + (int64_t)i / 100,
		};

		memset(row.digest, (int)(i % 251), sizeof(row.digest));
		if ((i % BATCH == 0 && state_begin(s) != 0) ||
		    state_put(s, &row) != 0 ||
		    ((i % BATCH == BATCH - 1 || i + 1 == messages) &&
		    state_commit(s) != 0))
			die("fill", state_error(s));
	}
	state_close(s);
}

/* ---- listings ------------------------------------------------------------ */

static uint64_t
same(uint64_t i)
{
	return i;
}

/* every number below `messages` once, far from the one before */
static uint64_t
shuffled(uint64_t i)
{
	const uint64_t prime = 611953;

	return i * prime % messages;
}

/* one of ten was never seen */
static uint64_t
tenth_new(uint64_t i)
{
	return i % 10 == 9 ? messages + i : i / 10 * 9 + i % 10;
}

static uint64_t
one_new(uint64_t i)
{
	return i;
}

static uint64_t
all_new(uint64_t i)
{
	return messages + i;
}

/* the first tenth has been deleted by somebody else */
static uint64_t
moved_up(uint64_t i)
{
	return i + messages / 10;
}

static void
compare(const char *dir, const struct job *job)
{
	struct state *s = open_state(dir);
	struct state_tally t;
	bool wrote = false;

	if (state_listing_begin(s) != 0)
		die("listing", state_error(s));
	for (uint64_t i = 0; i < job->listed; i++) {
		char uidl[UIDL_MAX];
		struct state_row row;

		if (state_listing_row(s, uidl_of(job->at(i), uidl), &row) < 0)
			die("listing", state_error(s));
	}
	if (state_listing_end(s, &t) != 0)
		die("listing", state_error(s));
	if (t.known != job->known || t.missing != job->missing)
		die(job->name, "counted wrongly");
	if (job->write && (state_begin(s) != 0 ||
	    state_put_listing(s, 1800000000, &wrote) != 0 ||
	    state_commit(s) != 0))
		die("put", state_error(s));
	if (job->write && wrote != (job->missing > 0))
		die(job->name, "wrote what had not changed");
	state_close(s);
}

/* ---- figures ------------------------------------------------------------- */

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static uint64_t
io_field(const char *name)
{
	char line[128];
	uint64_t v = 0;
	FILE *f = fopen("/proc/self/io", "re");

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			v = strtoull(line + strlen(name) + 1, NULL, 10);
	(void)fclose(f);
	return v;
}

static void
child(const char *dir, const struct job *job)
{
	struct rusage before, after;
	struct timespec a, b;
	uint64_t reads = io_field("syscr"), writes = io_field("syscw");

	getrusage(RUSAGE_SELF, &before);
	clock_gettime(CLOCK_MONOTONIC, &a);
	if (job)
		compare(dir, job);
	else
		fill(dir);
	clock_gettime(CLOCK_MONOTONIC, &b);
	getrusage(RUSAGE_SELF, &after);
	printf("%-24s %8.3f %8.3f %8.3f %10" PRIu64 " %9" PRIu64 " %9ld\n",
	    job ? job->name : "fill",
	    seconds(after.ru_utime) - seconds(before.ru_utime) +
	    seconds(after.ru_stime) - seconds(before.ru_stime),
	    seconds(after.ru_stime) - seconds(before.ru_stime),
	    (double)(b.tv_sec - a.tv_sec) +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e9,
	    io_field("syscr") - reads, io_field("syscw") - writes,
	    after.ru_maxrss);
	fflush(stdout);
}

static void
measure(const char *dir, const struct job *job)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork", "failed");
	if (pid == 0) {
		child(dir, job);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		die(job ? job->name : "fill", "failed");
}

int
main(int argc, char **argv)
{
	uint64_t n;

	if (argc < 2 || argc > 3)
		die("usage", "state_million DIRECTORY [MESSAGES]");
	if (argc == 3)
		messages = strtoull(argv[2], NULL, 10);
	n = messages = messages / 10 * 10;
	if (n == 0)
		die("usage", "at least 10 messages");
	const struct job jobs[] = {
		{ "empty", same, 0, 0, n, false },
		{ "unchanged", same, n, n, 0, true },
		{ "one new at the end", one_new, n + 1, n, 0, true },
		{ "a tenth new, spread", tenth_new, n, n / 10 * 9, n / 10,
		    false },
		{ "shuffled", shuffled, n, n, 0, true },
		{ "all new", all_new, n, 0, n, false },
		{ "first tenth gone", moved_up, n / 10 * 9, n / 10 * 9, n / 10,
		    true },
		{ "the same again", moved_up, n / 10 * 9, n / 10 * 9, 0,
		    true },
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%-24s %8s %8s %8s %10s %9s %9s\n", "", "CPU s", "of it sys",
	    "clock s", "reads", "writes", "peak KiB");
	measure(argv[1], NULL);
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		measure(argv[1], &jobs[i]);
	return 0;
}
