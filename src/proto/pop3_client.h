/* SPDX-License-Identifier: ISC
 *
 * pop3_client: the client machine's state and what its files share.
 *   pop3_client.c   life, replies, challenges
 *   pop3_request.c  commands
 *   pop3_rows.c     what replies and rows hold
 */
#ifndef RESTANTE_PROTO_POP3_CLIENT_H
#define RESTANTE_PROTO_POP3_CLIENT_H

#include "proto/line.h"
#include "proto/verbs.h"

enum client_mode {
	CLIENT_GREETING,	/* nothing heard yet */
	CLIENT_REPLY,		/* the next line is a status line */
	CLIENT_ROWS,		/* within CAPA, LIST, UIDL or bare AUTH */
	CLIENT_BODY,		/* within RETR or TOP */
	CLIENT_CHALLENGED,	/* the caller owes an answer */
	CLIENT_TLS,		/* the caller shakes hands */
	CLIENT_BROKEN,		/* `error` */
	CLIENT_CLOSED
};

struct client_asked {		/* a command under way */
	uint32_t number;
	unsigned char command;	/* enum pop_command */
	unsigned char lines;	/* +OK is followed by lines */
};

struct pop_client {
	const struct pop_client_config *config;
	struct line line;
	enum client_mode mode;
	enum pop_client_error error;
	unsigned char tls;
	unsigned char has_stamp;
	unsigned char alone;		/* AUTH or STLS is under way */
	unsigned char cancelled;	/* "*" was sent */
	unsigned char logged_in;
	unsigned states;		/* enum verb_state, as if all that is
					 * under way will be accepted; 0 behind
					 * QUIT */
	unsigned head, n;		/* of the ring */
	struct client_asked ring[POP_CLIENT_UNDER_WAY_MAX];
	struct pop_unstuff unstuff;
	uint64_t octets;		/* of the body so far */
	struct pop_capa capa;
};

const struct verb *client_verb(enum pop_command command);

/* Reads numbers and unique-ids of a reply to STAT, LAST, LIST n, UIDL n (in
 * `text`) into *info: REPLY or BAD. */
enum pop_client_event client_read_reply(enum pop_command command,
    struct pop_span text, struct pop_client_info *info);
/* The same for a row: ROW or BAD. */
enum pop_client_event client_read_row(enum pop_command command,
    struct pop_span line, struct pop_client_info *info);

#endif
