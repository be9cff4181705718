/* SPDX-License-Identifier: ISC
 *
 * listing: a maildrop's snapshot on its way from the store to a machine:
 * written into a frame there, read out of it here.
 */
#ifndef RESTANTE_SERVER_LISTING_H
#define RESTANTE_SERVER_LISTING_H

#include <stdint.h>

#include <pop.h>

struct store_snapshot;

struct listing {
	struct pop_listing view;	/* what the machine reads; its ctx is
					 * this struct */
	const uint64_t *octets;		/* columns, behind this struct */
	const uint32_t *uidl_end;
	const unsigned char *uidls;
};

/* octets of the frame field */
size_t listing_encoded_size(const struct store_snapshot *snap);
void listing_encode(const struct store_snapshot *snap, unsigned char *out);

/* checks everything (the counts add up, every unique-id is a legal one);
 * NULL when something is wrong or memory is short */
struct listing *listing_new(struct pop_span field);
/* the same without the way through a frame */
struct listing *listing_of_snapshot(const struct store_snapshot *snap);
void listing_free(struct listing *l);

uint32_t listing_marked(const struct listing *l);
size_t listing_marks_size(const struct listing *l);

#endif
