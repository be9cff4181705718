/* SPDX-License-Identifier: ISC
 *
 * meter: how many connections there are in total and from one address, over
 * all fronts.  Lives in memory that the fronts share; each writes its own
 * row only, so that a killed front's counts can be wiped as a whole.
 */
#ifndef RESTANTE_SERVER_METER_H
#define RESTANTE_SERVER_METER_H

#include <stdbool.h>

struct meter;

/* before the fronts are forked; NULL with errno */
struct meter *meter_new(unsigned fronts);
unsigned meter_fronts(const struct meter *m);
void meter_free(struct meter *m);
/* a front starts (again): its row becomes zero */
void meter_reset(struct meter *m, unsigned front);

enum meter_verdict { METER_OK, METER_TOTAL, METER_ADDRESS };

/* Counts one more unless a limit (0: none) is reached. IPv6 counts by /64;
 * an all-zero address (local) counts in total only.
 * METER_TOTAL: the address would have room. */
enum meter_verdict meter_enter(struct meter *m, unsigned front,
    const unsigned char address[16], unsigned total_max,
    unsigned address_max);
void meter_leave(struct meter *m, unsigned front,
    const unsigned char address[16]);

#endif
