/* SPDX-License-Identifier: ISC
 *
 * engine: a connection to a protocol machine in memory; what engine.c and
 * the two callers, engine_pop3.c and engine_smtp.c, share.
 */
#ifndef WIRE_ENGINE_H
#define WIRE_ENGINE_H

#include "wire/peer.h"
#include "world.h"

enum { ENGINE_HIGH_WATER = 1 << 16, ENGINE_SLACK = 2048 };

struct engine {
	struct peer peer;
	struct world world;
	const struct wire_case *c;
	uint64_t random;
	uint64_t greetings;
	struct pop_server_config pop3;
	struct pop_smtp_config smtp;
};

struct pop3_row {
	uint64_t id, octets;
	char uidl[24];
};

struct pop3_side {
	struct pop_server *machine;
	char stamp[80];
	struct world_user *user;	/* logged in, or NULL */
	struct pop_listing listing;
	struct pop3_row *row;
	uint64_t body_id;		/* 0: no body under way */
	size_t body_at;
	bool body_seen;			/* TOP wants no more */
};

enum { SMTP_RCPTS = 2000 };

struct smtp_side {
	struct pop_smtp *machine;
	struct world_user *rcpt[SMTP_RCPTS];
	size_t rcpts;
	struct buf message;
};

struct engine_conn {
	struct engine *e;
	enum wire_proto proto;
	void *memory;			/* the machine's */
	struct buf in;			/* sent by the client, not used yet */
	struct buf wire;		/* said by the server, not read yet */
	struct pop_out out;
	bool closed;
	bool want_tls;			/* the machine waits for a handshake */
	const char *broken;		/* the machine broke its contract */
	struct pop3_side pop3;
	struct smtp_side smtp;
};

/* between 1 and `most` */
size_t engine_piece(struct engine *e, size_t most);
/* empties the machine's output into c->wire */
void engine_flush(struct engine_conn *c);
/* the event TLS came, with `left` octets behind it */
void engine_want_tls(struct engine_conn *c, size_t left);

int engine_pop3_open(struct engine_conn *c, bool tls);
/* steps once; false when the machine wants more input or has ended */
bool engine_pop3_step(struct engine_conn *c);
void engine_pop3_close(struct engine_conn *c);

int engine_smtp_open(struct engine_conn *c, bool tls);
bool engine_smtp_step(struct engine_conn *c);
void engine_smtp_close(struct engine_conn *c);

/* NULL: no memory */
struct peer *engine_new(void);
void engine_free(struct peer *p);

#endif
