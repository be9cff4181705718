/* SPDX-License-Identifier: ISC
 *
 * world: mailboxes and maildrops of one case, in memory.
 */
#ifndef WIRE_WORLD_H
#define WIRE_WORLD_H

#include "wire/case.h"

struct world_mail {
	uint64_t id;		/* never used again */
	struct buf text;	/* as stored */
};

struct world_user {
	struct buf name, password;
	struct world_mail *mail;
	size_t mails, room;
	const void *locked_by;	/* a session, or NULL */
	bool readonly, corrupt, down, full;
};

struct world {
	struct world_user user[WIRE_USERS + 2];
	size_t users;
	uint64_t next_id;
};

/* 0 or -1 (no memory): wren with the case's mail, finch, the case's users */
int world_init(struct world *w, const struct wire_case *c);
void world_done(struct world *w);
/* NULL: nobody of that name */
struct world_user *world_find(struct world *w, struct pop_span name);
/* 0, -1 no memory */
int world_add(struct world *w, struct world_user *u, struct pop_span text);
/* NULL when it is gone */
const struct world_mail *world_mail(const struct world_user *u, uint64_t id);
void world_remove(struct world_user *u, uint64_t id);
/* does what a `store` line says; words[0] is the verb */
int world_store(struct world *w, const struct pop_span *words, size_t n,
    struct buf *why);

#endif
