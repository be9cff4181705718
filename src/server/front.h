/* SPDX-License-Identifier: ISC
 *
 * front: the process that talks to clients.  It has sockets, TLS and the
 * protocol machines; no file system, no passwords, no maildrop but by the
 * descriptors that the store hands it for its own sessions.
 */
#ifndef RESTANTE_SERVER_FRONT_H
#define RESTANTE_SERVER_FRONT_H

#include "base/map.h"
#include "server/control_link.h"
#include "server/role.h"
#include "server/session.h"
#include "server/settings.h"

enum {
	FRONT_IN = 16 * 1024,
	FRONT_FILE = 70 * 1024,
	FRONT_TOP = 8 * 1024,	/* header and a few lines, most often */
	/* FRONT_FILE fits whatever the codec adds to it, and twice what it
	 * adds to most mail */
	FRONT_OUT = 2 * FRONT_FILE + 4 * 1024,
	/* Files in wire form that are at least that long go out without being
	 * read, but for TLS: below, the four calls more cost as much as
	 * copying. */
	FRONT_SENDFILE = 16 * 1024,
	FRONT_SENDFILE_MAX = 256 * 1024,	/* in one call */
	FRONT_AHEAD = 2048,	/* bodies that sessions may keep for later, */
	FRONT_AHEAD_PART = 8	/* or those of all fronts that part of the
				 * descriptors that a process may have */
};

struct front_listener {
	struct loop_io io;
	struct front *front;
	unsigned listen;
};

struct front {
	struct loop *loop;
	struct links links;
	struct control_link control;
	struct link *auth, *store;	/* NULL while there is none */
	struct meter *meter;
	unsigned slot;			/* its row in the meter */
	struct shared_conf *conf;
	struct settings *settings;	/* for new sessions */
	char *mechanisms_clear, *mechanisms_tls;
	bool has_apop;
	struct tls_server *tls_pop, *tls_smtp;
	struct map sessions;		/* id -> struct session */
	struct session *first;
	size_t count;
	uint32_t last_id, last_serial;
	unsigned ahead, ahead_max;	/* bodies that sessions keep */
	struct front_listener *listeners;
	size_t nlisteners;
	bool ready, draining;
	struct loop_timer drain_timer, accept_timer;
	unsigned char in[FRONT_IN], out[FRONT_OUT], file[FRONT_FILE];
};

/* never returns */
_Noreturn void front_main(const struct role_start *start);

/* front_ipc.c */
extern const struct control_ops front_control_ops;
/* builds settings anew; false: the old ones stay */
bool front_rebuild(struct front *f);
/* front.c */
/* begins to accept: certificates are there, or known to be missing */
void front_open(struct front *f);
void front_drain(struct front *f);
/* the same, at once */
void front_abandon(struct front *f);
/* a session has left the list */
void front_session_gone(struct front *f);

#endif
