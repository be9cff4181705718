/* SPDX-License-Identifier: ISC
 *
 * authd_internal: what the two halves of the auth process share: the process
 * (authd.c) and the fronts' questions (authd_exchange.c).
 */
#ifndef RESTANTE_SERVER_AUTHD_INTERNAL_H
#define RESTANTE_SERVER_AUTHD_INTERNAL_H

#include "auth/auth.h"
#include "base/map.h"
#include "server/control_link.h"

struct authd {
	struct loop *loop;
	struct links links;
	struct control_link control;
	struct link *store;
	struct auth *auth;
	struct conf *conf;
	struct loop_io work;		/* the auth module's descriptor */
	struct loop_timer timer;	/* its delays */
	size_t fronts;
	bool draining;
};

/* one front */
struct client {
	struct authd *d;
	struct link *link;
	struct map exchanges;		/* id -> struct exchange */
};

struct exchange {
	struct client *client;
	struct auth_exchange *ex;	/* the auth module's */
	uint32_t id;
	bool done;			/* answered within auth_request */
	bool stepping;
	bool challenged;		/* the client's next message may come */
};

/* authd.c */
/* after everything that may have read the user file */
void authd_log(struct authd *d);
/* the auth module wants to run again in so many milliseconds; -1: not */
void authd_schedule(struct authd *d, int ms);

/* authd_exchange.c: a front's frame */
bool authd_front_frame(struct link *l, struct ipc_frame *f);

#endif
