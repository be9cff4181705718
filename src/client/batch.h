/* SPDX-License-Identifier: ISC
 *
 * batch: messages that came whole, on their way to their destination and
 * into the state, together.  The order of the writes, which makes it exactly
 * once, stands at the head of batch.c.
 */
#ifndef RESTANTE_CLIENT_BATCH_H
#define RESTANTE_CLIENT_BATCH_H

#include "client/dest.h"
#include "client/state.h"
#include "client/work.h"

enum entry_what {
	ENTRY_DELIVER,		/* a draft of a local destination */
	ENTRY_LOOK,		/* will be handed over, unless it is known:
				 * only looked for */
	ENTRY_DELIVERED,	/* handed over already */
	ENTRY_RECORD,		/* only the row is written (SKIPPED...) */
	ENTRY_ADOPT		/* row.id gets row.uidl */
};

enum { ENTRY_UIDL = 80, ENTRY_REASON = 160 };

struct errand;

struct entry {
	struct entry *next;
	struct errand *owner;		/* whose it is, while it is handed
					 * over */
	enum entry_what what;
	struct state_row row;		/* as it shall be; uidl: see below */
	unsigned char uidl[ENTRY_UIDL];
	uint32_t number;		/* in the session */
	bool drop;			/* DELE when it is safe */
	bool by_content;		/* known already? look again */
	bool quarantined;
	struct dest *dest;
	struct draft *draft;		/* NULL: none */
	char reason[ENTRY_REASON];	/* why it was skipped, dropped */
	int64_t intent;			/* private */
	bool shown;			/* private: at its destination */
	/* outcome */
	bool safe;			/* recorded: it may be deleted */
	bool duplicate;			/* was known: not delivered */
	enum dest_outcome outcome;
};

struct batch {
	struct work_job job;
	struct state *state;
	struct entry *first;		/* in the order of their coming */
	struct entry **last;
	size_t n;
	uint64_t octets;
	/* outcome: FAULT_NONE, or what stops the whole account */
	enum fault fault;
	struct dest_error error;	/* of any entry */
};

struct entry *entry_new(void);
/* removes a draft that is left */
void entry_free(struct entry *e);
void entry_set_uidl(struct entry *e, struct pop_span uidl);

void batch_init(struct batch *b, struct state *state);
void batch_add(struct batch *b, struct entry *e);
/* for work_job: does all of it */
void batch_run(struct work_job *job);

#endif
