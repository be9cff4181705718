/* SPDX-License-Identifier: ISC
 *
 * oom: see oom.h.  The method of SQLite's tests: fail the N-th allocation,
 * N = 1, 2, ... until nothing fails any more, once as a passing trouble, once
 * as a lasting one.
 */
#include "oom.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE_ABOVE = 150 };

static struct {
	atomic_bool armed;
	atomic_uint calls;
	unsigned at;
	bool for_ever;
	atomic_uint refused;
} heap;

static struct {
	unsigned at;
	bool for_ever;
	bool begun;
	unsigned calls;
} sweep;

static unsigned total_points, total_wrong;

/* ---- the heap ------------------------------------------------------------ */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
int __real_vasprintf(char **out, const char *fmt, va_list ap);
FILE *__real_open_memstream(char **text, size_t *n);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_vasprintf(char **out, const char *fmt, va_list ap);
int __wrap_asprintf(char **out, const char *fmt, ...);
FILE *__wrap_open_memstream(char **text, size_t *n);
int __real_pthread_create(pthread_t *t, const pthread_attr_t *attr,
    void *(*fn)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr,
    void *(*fn)(void *), void *arg);

static bool
refuse(void)
{
	unsigned n;

	if (!atomic_load(&heap.armed))
		return false;
	n = atomic_fetch_add(&heap.calls, 1);
	if (n != heap.at && !(heap.for_ever && n > heap.at))
		return false;
	atomic_fetch_add(&heap.refused, 1);
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return refuse() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return refuse() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return refuse() ? NULL : __real_realloc(p, n);
}

void *
__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return refuse() ? NULL : __real_reallocarray(p, n, size);
}

char *
__wrap_strdup(const char *s)
{
	return refuse() ? NULL : __real_strdup(s);
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return refuse() ? NULL : __real_strndup(s, n);
}

int
__wrap_vasprintf(char **out, const char *fmt, va_list ap)
{
	return refuse() ? -1 : __real_vasprintf(out, fmt, ap);
}

int
__wrap_asprintf(char **out, const char *fmt, ...)
{
	va_list ap;
	int r;

	if (refuse())
		return -1;
	va_start(ap, fmt);
	r = __real_vasprintf(out, fmt, ap);
	va_end(ap);
	return r;
}

FILE *
__wrap_open_memstream(char **text, size_t *n)
{
	return refuse() ? NULL : __real_open_memstream(text, n);
}

/* a thread wants memory, too */
int
__wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr,
    void *(*fn)(void *), void *arg)
{
	return refuse() ? EAGAIN : __real_pthread_create(t, attr, fn, arg);
}

void *
oom_exempt_malloc(size_t n)
{
	return __real_malloc(n);
}

void
oom_arm(unsigned at, bool for_ever)
{
	heap.at = at;
	heap.for_ever = for_ever;
	atomic_store(&heap.calls, 0);
	atomic_store(&heap.refused, 0);
	atomic_store(&heap.armed, true);
}

void
oom_count(void)
{
	oom_arm(UINT_MAX, false);
}

unsigned
oom_disarm(void)
{
	atomic_store(&heap.armed, false);
	return atomic_load(&heap.calls);
}

bool
oom_refused(void)
{
	return atomic_load(&heap.refused) > 0;
}

/* ---- sweeps -------------------------------------------------------------- */

void
oom_begin(void)
{
	sweep.begun = true;
	oom_arm(sweep.at, sweep.for_ever);
}

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static bool
leaks(void)
{
	return __lsan_do_recoverable_leak_check != NULL &&
	    __lsan_do_recoverable_leak_check() != 0;
}

/* NULL or what is wrong */
static const char *
run_at(oom_run *run, unsigned at, bool for_ever)
{
	const char *wrong;

	sweep.at = at;
	sweep.for_ever = for_ever;
	sweep.begun = false;
	atomic_store(&heap.refused, 0);
	wrong = run();
	sweep.calls = oom_disarm();
	if (wrong == NULL && !sweep.begun)
		wrong = "the test refuses nothing";
	return wrong;
}

static unsigned
complain(const char *name, const char *wrong)
{
	if (wrong == NULL)
		return 0;
	printf("%s: allocation %u refused%s: %s\n", name, sweep.at,
	    sweep.for_ever ? " and all that follow" : "", wrong);
	return 1;
}

unsigned
oom_sweep(const char *name, oom_run *run)
{
	bool full = getenv("RESTANTE_FULL") != NULL;
	const char *wrong = run_at(run, UINT_MAX, false);
	unsigned calls = sweep.calls, points = 0, bad = 0, step;

	if (wrong != NULL)
		bad = complain(name, wrong);
	step = !full && calls > SAMPLE_ABOVE ? calls / SAMPLE_ABOVE + 1 : 1;
	for (int for_ever = 0; for_ever < 2 && bad < 20; for_ever++) {
		/* how many there are may change with what is refused */
		for (unsigned at = 0; bad < 20; at += step) {
			bad += complain(name, run_at(run, at, for_ever));
			if (!oom_refused())
				break;
			points++;
		}
	}
	if (leaks())
		bad += complain(name, "memory leaks");
	printf("%-44s %6u %6u %6u\n", name, calls, points, bad);
	fflush(stdout);
	total_points += points;
	total_wrong += bad;
	return bad;
}

void
oom_table(void)
{
	printf("%-44s %6s %6s %6s\n", "memory is refused to", "allocs",
	    "points", "wrong");
}

int
oom_result(const char *what)
{
	printf("%s: %u points tried, %u wrong\n", what, total_points,
	    total_wrong);
	return total_wrong == 0 ? 0 : 1;
}
