/* SPDX-License-Identifier: ISC
 *
 * scenarios: what is done to the maildrops of office.h, through store.h, so
 * that it can be broken off at any system call.
 */
#ifndef RESTANTE_TESTS_FAULT_SCENARIOS_H
#define RESTANTE_TESTS_FAULT_SCENARIOS_H

#include "office.h"

struct scenario {
	const char *name;
	/* arm() is called before the calls that are to be broken off, disarm()
	 * behind them; sets the fates and run->r */
	void (*act)(struct office_run *run, void (*arm)(void),
	    void (*disarm)(void));
	/* who comes after a crash visits this one */
	const char *drop;
};

extern const struct scenario scenarios[];
extern const unsigned scenarios_n;

const struct scenario *scenario_find(const char *name);

/* After a crash: a visit to the maildrop, a delivery to it, which sweeps its
 * tmp/. What is removed and what has come is told as fates. */
void scenario_recover(struct office_run *run, const char *drop,
    void (*arm)(void), void (*disarm)(void));

#endif
