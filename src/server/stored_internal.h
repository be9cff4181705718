/* SPDX-License-Identifier: ISC
 *
 * stored_internal: what the two halves of the store process share: sessions
 * (stored_session.c) and deliveries (stored_delivery.c).
 *
 * Store operations end on threads of the store's pool.  Everything below
 * that both sides touch is under `lock`, which is never held over a store
 * operation or a send.
 */
#ifndef RESTANTE_SERVER_STORED_INTERNAL_H
#define RESTANTE_SERVER_STORED_INTERNAL_H

#include <pthread.h>

#include "base/map.h"
#include "server/control_link.h"
#include "store/store.h"

struct stored {
	struct loop *loop;
	struct links links;
	struct control_link control;
	struct link *auth;
	struct store *store;
	struct conf *conf;
	struct map fronts;		/* serial -> struct client */
	pthread_mutex_t lock;
	struct map users;		/* hash of a name -> user_count */
	uint64_t hash_key;
	bool draining;
	bool taking_tickets, taking_fronts;	/* out of turn: stored.c */
};

/* one front; freed when its link is gone and no operation holds it */
struct client {
	struct stored *d;
	struct link *link;
	struct map sessions;		/* id -> struct held */
	struct map deliveries;		/* id -> struct delivery */
};

/* stored_session.c: each returns false when the front broke the rules */
/* whether some front has a session of that user */
bool session_user_present(struct stored *d, const char *user);
void session_open(struct client *c, uint32_t id, const char *user,
    const char *maildrop);
bool session_body(struct client *c, const struct ipc_frame *f);
bool session_commit(struct client *c, const struct ipc_frame *f);
void session_close(struct client *c, uint32_t id);
/* the front is gone: close them all */
void sessions_close_all(struct client *c);

/* stored_delivery.c */
void delivery_ticket(struct client *c, uint32_t id, uint32_t index,
    const char *maildrop);
bool delivery_begin(struct client *c, const struct ipc_frame *f);
bool delivery_deliver(struct client *c, const struct ipc_frame *f);
void delivery_abort(struct client *c, uint32_t id);
void deliveries_abort_all(struct client *c);

/* send a frame to a front from any thread; drops the reference */
void stored_reply(struct link *front, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w, int fd);
void stored_reply_fds(struct link *front, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w, const int *fds, unsigned n);

#endif
