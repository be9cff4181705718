/* SPDX-License-Identifier: ISC
 *
 * What session.c (the wire) and session_open.c (from greeting to login) share.
 */
#ifndef RESTANTE_CLIENT_SESSION_INTERNAL_H
#define RESTANTE_CLIENT_SESSION_INTERNAL_H

#include "client/login.h"
#include "client/session.h"
#include "net/conn.h"
#include "net/dial.h"
#include "net/tls_client.h"

enum session_phase {
	SESSION_DIAL,
	SESSION_TLS,		/* a handshake is going on */
	SESSION_GREETING,
	SESSION_CAPA,
	SESSION_STLS,
	SESSION_UTF8,
	SESSION_LOGIN,
	SESSION_OPEN,		/* the owner's */
	SESSION_OVER
};

enum {
	SESSION_IN = 64 << 10,
	/* a line of SASL and whatever commands go with it */
	SESSION_OUT = 2 * POP_SASL_MAX,
	SESSION_PIPELINE_MAX = SESSION_DEPTH_MAX
};

struct session {
	struct session_spec spec;
	enum session_phase phase;
	struct dial *dial;
	struct conn conn;
	struct loop_io io;
	bool has_conn;
	bool has_tls;			/* encrypted now */
	struct tls_client *tls;
	struct buf tls_session;		/* what to resume */
	struct loop_timer quiet;	/* no octet for too long */
	struct loop_timer slow;		/* too few octets for very long */
	uint64_t slow_mark;		/* octets_in when it was set */
	bool answered;			/* a whole reply came since then */
	uint32_t rows;			/* of the answer that is coming */
	uint32_t highest_row;		/* the highest number in them */
	struct loop_task wake;

	struct pop_client *machine;
	struct pop_client_config config;
	unsigned char *in;		/* SESSION_IN octets */
	size_t in_start, in_end;	/* what is not used up yet */
	struct pop_out out;		/* SESSION_OUT octets */
	size_t out_sent;		/* of out, already written */
	bool paused;
	bool pumping;
	bool utf8_early;		/* UTF8 was sent behind CAPA */
	uint64_t octets_in;

	unsigned char stamp[POP_REPLY_MAX];
	size_t stamp_n;
	struct login *login;
	struct login_binding binding;
	unsigned char binding_octets[3][64];

	struct loop_task over_task;	/* tells the owner */
	struct session_end end;
	char end_text[640];
	unsigned char end_said[512];
};

/* The session is over; the owner is told from the loop. The first one counts;
 * `said` is copied. */
__attribute__((format(printf, 4, 5)))
void session_fail(struct session *s, enum fault fault, struct pop_span said,
    const char *fmt, ...);
/* STLS was accepted, or the port is one of TLS */
void session_begin_tls(struct session *s);
/* writes what is in `out`, as far as it goes */
void session_flush(struct session *s);

/* something came: time-outs begin anew */
void session_progress(struct session *s);
/* the socket is watched for what the phase needs */
void session_watch(struct session *s);
/* 1: something came, 0: nothing now, -1: over */
int session_read(struct session *s);
/* steps, lets the owner send, writes, reads, until nothing is there */
void session_pump(struct session *s);
void session_lost(struct session *s, const char *what);
/* session_hear.c: an event of the machine */
void session_hear(struct session *s, enum pop_client_event event,
    const struct pop_client_info *info);
/* `said` without the secret: see mask_said */
struct pop_span session_hide(const struct session *s, struct pop_span said,
    struct buf *out);
/* session_connect.c: dial's answer */
void session_dialled(void *arg, const struct dial_result *r);

/* session_open.c: events of the machine before the owner's turn */
void session_open_event(struct session *s, enum pop_client_event event,
    const struct pop_client_info *info);
/* the handshake after STLS is done */
void session_open_tls_done(struct session *s);

#endif
