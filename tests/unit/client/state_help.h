/* SPDX-License-Identifier: ISC
 *
 * state_help: what the tests of the state have in common.
 */
#ifndef TESTS_UNIT_CLIENT_STATE_HELP_H
#define TESTS_UNIT_CLIENT_STATE_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/state.h"

enum { HELP_DAY = 24 * 3600, HELP_NOW = 1790000000 };

/* A new empty directory; one at a time. */
const char *help_dir(void);
/* "DIR/NAME", until the next call */
const char *help_path(const char *name);
/* cmocka fixtures */
int help_setup(void **arg);
int help_teardown(void **arg);
void help_remove(const char *dir);

/* account "work" of the directory; fails the test when it cannot */
struct state *help_open(bool read_only);
/* the call failed, and its text has this in it */
void help_failed(struct state *s, int r, const char *text);
#define help_done(s, call) help_check(s, call, #call, __FILE__, __LINE__)
void help_check(struct state *s, int r, const char *call, const char *file,
    int line);

struct state_row help_row(const char *uidl, uint32_t nth,
    enum state_kind kind);
/* puts rows in a transaction of their own */
void help_put(struct state *s, struct state_row *rows, size_t n);
/* 1 and *row_r (its uidl is the argument's), or 0 */
int help_find(struct state *s, const char *uidl, uint32_t nth,
    struct state_row *row_r);

/* a small generator of numbers: the same ones in every run */
struct help_random {
	uint64_t x;
};
uint64_t help_next(struct help_random *r, uint64_t below);

#endif
