/* SPDX-License-Identifier: ISC
 *
 * mta_private: the connection to a mail server.  For dest_mta.c, which has
 * what begins and ends, and mta_io.c, which moves octets.
 */
#ifndef RESTANTE_CLIENT_MTA_PRIVATE_H
#define RESTANTE_CLIENT_MTA_PRIVATE_H

#include "client/dest_private.h"
#include "client/lmtp_out.h"
#include "net/conn.h"
#include "net/dial.h"
#include "net/tls_client.h"

enum { MTA_IN = 4096, MTA_OUT = 32 << 10, MTA_PIECE = 16 << 10 };

struct mta {
	struct dest *dest;
	bool lmtp;
	char *host;			/* NULL: dest->path is a local socket */
	unsigned port;
	struct tls_client *tls;
	/* the connection; conn.fd is -1 without one */
	struct dial *dial;
	struct conn conn;
	struct loop_io io;
	struct loop_timer timer;
	bool timer_set;
	bool handshake;			/* TLS is being started */
	bool deaf;			/* it takes no more octets */
	char why[200];			/* it was lost */
	struct lmtp_out machine;
	struct pop_out out;
	size_t in_n;
	/* the message: dest->talking */
	bool kept;			/* its connection served others */
	bool promised;			/* the server said 354 to it */
	bool body;			/* it is being sent */
	int fd;
	uint64_t at;
	struct pop_span piece;
	struct pop_stuff stuff;
	struct dest_error error;
	/* to do or tell in the next round */
	struct loop_task task;
	bool has_later;
	enum dest_outcome later;
	unsigned char in[MTA_IN], out_mem[MTA_OUT], piece_mem[MTA_PIECE];
};

/* for tests: STARTTLS also on this machine */
extern bool mta_tls_everywhere;

/* ---- mta_io.c ---- */
void mta_io_init(struct mta *t);
/* Writes, reads, does what the server says, waits for more.  `t` may be
 * finished, and used again, behind it. */
void mta_pump(struct mta *t);

/* ---- dest_mta.c ---- */
void mta_hang_up(struct mta *t);
void mta_drop_body(struct mta *t);
void mta_finish(struct mta *t, enum dest_outcome outcome);
/* the server has the message's end, and may have taken it */
bool mta_behind_dot(const struct mta *t);
void mta_lost(struct mta *t);
void mta_send(struct mta *t);
void mta_call(struct mta *t);

#endif
