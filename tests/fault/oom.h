/* SPDX-License-Identifier: ISC
 *
 * oom: a heap that refuses.  Linked with --wrap for each of the functions of
 * oom_wrapped in meson.build: what our own code allocates passes here.  Other
 * people's libraries have a heap of their own (oom_load.c refuses them, too).
 */
#ifndef RESTANTE_TESTS_FAULT_OOM_H
#define RESTANTE_TESTS_FAULT_OOM_H

#include <stdbool.h>
#include <stddef.h>

/* The allocation number `at` from now on (from 0) fails, and with for_ever
 * all that follow. */
void oom_arm(unsigned at, bool for_ever);
/* Never fail; only count. */
void oom_count(void);
/* No more; gives how many there were. */
unsigned oom_disarm(void);

/* For the tests' own memory. */
void *oom_exempt_malloc(size_t n);

/*
 * Runs `run` with each allocation refused, once and for ever, until it comes
 * to its end without a refusal.  It calls oom_begin where refusing begins and
 * oom_disarm where it ends, and gives NULL or what is wrong.  Looks for leaks
 * behind it.  Prints a row; gives the number of wrong points.
 */
typedef const char *oom_run(void);
unsigned oom_sweep(const char *name, oom_run *run);
/* within `run` */
void oom_begin(void);
/* was something refused in this run? */
bool oom_refused(void);
/* The first row, and the last: status for main. */
void oom_table(void);
int oom_result(const char *what);

#endif
