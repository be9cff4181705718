/* SPDX-License-Identifier: ISC
 *
 * errand_dest: the destinations of one visit: opened when they are first
 * needed, closed at its end.
 */
#include <stdlib.h>
#include <string.h>

#include "client/errand_internal.h"

struct dest *
errand_dest(struct errand *e, const struct conf_dest *conf)
{
	struct dest_error error = { 0 };
	struct dest_slot *slot;
	struct dest *d;

	for (size_t i = 0; i < e->ndests; i++)
		if (strcmp(e->dests[i].conf->text, conf->text) == 0)
			return e->dests[i].dest;
	if (e->ndests == DESTS_MAX) {
		errand_no_more(e, FAULT_DEST, "more than %d destinations",
		    DESTS_MAX);
		return NULL;
	}
	d = dest_open(conf, &e->world, &error);
	if (!d) {
		errand_no_more(e, error.fault, "%s", error.text);
		return NULL;
	}
	slot = &e->dests[e->ndests++];
	*slot = (struct dest_slot){ .conf = conf, .dest = d };
	slot->queue_last = &slot->queue;
	return d;
}

struct dest_slot *
errand_slot(struct errand *e, const struct dest *d)
{
	for (size_t i = 0; i < e->ndests; i++)
		if (e->dests[i].dest == d)
			return &e->dests[i];
	abort();	/* every destination was opened by errand_dest */
}
