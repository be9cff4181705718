/* SPDX-License-Identifier: ISC
 *
 * dest_discard: counts and forgets, for measuring.  Keeps a file of a message
 * only where somebody wants to read it: a scan.
 */
#include "client/dest_private.h"

static int
discard_open(struct dest *d, const struct conf_dest *conf,
    struct dest_error *error_r)
{
	(void)conf;
	d->form = DRAFT_WIRE;
	d->keeps_file = d->world->account->scan.argc > 0;
	if (!d->keeps_file)
		return 0;
	d->drafts = dest_open_spool(d->world, error_r);
	return d->drafts < 0 ? -1 : 0;
}

static int
discard_show(struct dest *d, struct draft **drafts, size_t n,
    enum dest_outcome *outcomes, struct dest_error *error_r)
{
	(void)d;
	(void)drafts;
	(void)error_r;
	for (size_t i = 0; i < n; i++)
		outcomes[i] = DEST_DELIVERED;
	return 0;
}

/* whatever happened, it would not be kept */
static enum dest_outcome
discard_recover(const struct dest_world *world, struct pop_span ticket,
    int64_t made, struct dest_error *error_r)
{
	(void)world;
	(void)ticket;
	(void)made;
	(void)error_r;
	return DEST_DELIVERED;
}

const struct dest_kind dest_discard = {
	.name = "discard",
	.local = true,
	.open = discard_open,
	.show = discard_show,
	.recover = discard_recover,
};
