/* SPDX-License-Identifier: ISC
 *
 * browse: a session that only looks: for `list` and `show`.  Deletes nothing,
 * records nothing.
 */
#ifndef RESTANTE_CLIENT_BROWSE_H
#define RESTANTE_CLIENT_BROWSE_H

#include "client/client.h"
#include "client/fetch.h"
#include "client/session.h"
#include "client/state.h"

struct browse_row {
	uint32_t number;
	uint64_t octets;
	char uidl[POP_UIDL_MAX + 1];	/* "" : none */
	bool known;			/* the state has it */
};

struct browse {
	struct engine engine;
	const struct client_args *args;
	const struct client_conf *conf;
	const struct account_conf *account;
	struct secret secret;
	bool has_secret, asked_again;
	struct secret_ask *ask;
	struct session *session;
	struct session_owner owner;
	struct state *state;		/* NULL: none yet */
	struct browse_row *rows;	/* by their number */
	size_t nrows, cap;
	bool listed;
	unsigned answers;		/* of UIDL and LIST, to come */
	int status;
	bool quit_sent;
	/* the command's own: all is listed; then events and idle moments */
	void (*begin)(struct browse *b);
	void (*event)(struct browse *b, enum pop_client_event event,
	    const struct pop_client_info *info);
	void (*idle)(struct browse *b);
};

/* runs it to its end; an exit status.  `b` has begin, event and idle set. */
int browse_run(struct browse *b, const struct client_args *args,
    const struct client_conf *conf);
void browse_quit(struct browse *b);

#endif
