/* SPDX-License-Identifier: ISC
 *
 * auth_private: what auth.c, exchange.c and lookup.c share.  Nobody else
 * includes this.
 */
#ifndef RESTANTE_AUTH_PRIVATE_H
#define RESTANTE_AUTH_PRIVATE_H

#include "auth/auth.h"
#include "auth/due.h"
#include "auth/maildrop.h"
#include "auth/passwd_file.h"
#include "auth/sasl.h"
#include "auth/throttle.h"
#include "auth/worker.h"

enum {
	AUTH_WORKERS = 2,
	AUTH_QUEUE = 256,	/* hashes that wait for a worker */
	AUTH_ADDRESSES = 8192,	/* that the throttle remembers */
	AUTH_DELAY_MS = 2000,
	AUTH_DELAY_MAX_MS = 15000
};

/* auth_config, copied, with its defaults filled in */
struct auth_settings {
	char *users, *maildrop, *domains, *delimiter, *postmaster;
	unsigned workers;
	uint64_t delay_ms, delay_max_ms;
};

struct auth {
	struct auth_settings set;
	struct passwd_file *users;
	struct throttle *throttle;
	struct worker_pool *pool;
	struct sasl *sasl;
	uint64_t now_ms;		/* the latest time we were told */

	/* exchange.c's */
	struct auth_exchange *all;	/* doubly linked */
	struct auth_exchange *ready, **ready_end;	/* may be verified */
	bool pumping;
	struct due_heap due;		/* delayed answers */

	struct buf messages;		/* lines for auth_message */
	char message[1024];
	/* what struct auth_user points to */
	char user_name[PASSWD_NAME_MAX + 1];
	char user_maildrop[MAILDROP_MAX];
};

/* the table in force now; one stat(2) */
const struct passwd_table *auth_table(struct auth *a);
/* Sets *user_r for this name of the user file: 0, or -1 when it has no
 * maildrop (a message says why). */
__attribute__((warn_unused_result))
int auth_set_user(struct auth *a, const char *name, struct auth_user *user_r);
__attribute__((format(printf, 2, 3)))
void auth_report(struct auth *a, const char *fmt, ...);

/* exchange.c: forgets all of them, without calling anybody */
void auth_exchanges_drop(struct auth *a);

#endif
