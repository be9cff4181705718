/* SPDX-License-Identifier: ISC
 *
 * office: maildrops with known contents, things to do with them that can be
 * broken off at any system call, and what must be true of the maildrops
 * afterwards (threats P1-P6, P10).
 */
#ifndef RESTANTE_TESTS_FAULT_OFFICE_H
#define RESTANTE_TESTS_FAULT_OFFICE_H

#include <stdbool.h>

#include "store/store.h"

enum fate {
	FATE_MUST,	/* there, whole, once */
	FATE_MAY,	/* there, whole, once, or not at all */
	FATE_NOT	/* not there */
};

/* All messages there are, old and to be delivered. */
enum { OFFICE_ITEMS = 9 };

struct office_run {
	const char *root;
	struct store *st;
	enum fate fate[OFFICE_ITEMS];
	/* what came out, for scenarios with one outcome */
	enum store_result r;
	/* tells somebody else of a change of fate; may be NULL */
	void (*tell)(void *arg, unsigned item, enum fate fate);
	void *arg;
};

struct office_scenario {
	const char *name;
	/* arm() is called before the calls that are to be broken off, disarm()
	 * behind them */
	void (*act)(struct office_run *run, void (*arm)(void),
	    void (*disarm)(void));
};

extern const struct office_scenario office_scenarios[];
extern const unsigned office_scenarios_n;

/* Makes the maildrops below run->root and sets all fates. */
void office_prepare(struct office_run *run);
/* NULL, or what is wrong (static text): opens all maildrops and compares. */
const char *office_check(const struct office_run *run);
/* files in all tmp/ together */
int office_tmp_files(const struct office_run *run);

#endif
