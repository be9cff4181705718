/* SPDX-License-Identifier: ISC
 *
 * pop3_server: the machine's state and what its three files share.
 *   pop3_server.c  life, lines, dispatch
 *   pop3_auth.c    AUTHORIZATION: CAPA, USER ... AUTH, STLS
 *   pop3_drop.c    TRANSACTION and UPDATE
 */
#ifndef RESTANTE_PROTO_POP3_SERVER_H
#define RESTANTE_PROTO_POP3_SERVER_H

#include "proto/line.h"
#include "proto/verbs.h"

enum pop3_wait {		/* whose answer the machine waits for */
	WAIT_NOTHING = 0,
	WAIT_PASS,
	WAIT_APOP,
	WAIT_SASL,
	WAIT_TLS,
	WAIT_BODY,
	WAIT_BODY_END,		/* body_begin was called */
	WAIT_COMMIT
};

struct pop3_top {		/* how much of a message TOP has seen */
	unsigned char in_body;
	unsigned char column;	/* 0, 1 behind one CR, else 2 */
	uint64_t lines;		/* still to send */
};

struct pop_server {
	const struct pop_server_config *config;
	struct line line;
	enum verb_state state;
	enum pop3_wait wait;
	unsigned char closing;		/* the next step says CLOSE */
	unsigned char tls;
	unsigned char has_apop;
	unsigned char in_sasl;		/* the next line is not a command */
	unsigned char long_ok;		/* an AUTH line may be long */
	unsigned char is_top;
	unsigned bad;			/* refused commands in a row */
	unsigned failures;		/* refused logins */

	struct pop_listing drop;
	uint64_t octets;		/* of all messages */
	uint32_t live;			/* messages that are not marked */
	uint64_t live_octets;
	uint32_t last;			/* LAST (RFC 1460) */
	const struct verb *rows;	/* LIST or UIDL under way, or NULL */
	uint32_t next_row;
	uint32_t number;		/* BODY: 1..count */
	struct pop_stuff stuff;
	struct pop3_top top;

	size_t name_n;			/* 0: no USER before this command */
	unsigned char name[POP_COMMAND_MAX];
};

/* Status lines. When there is no room, which breaks the contract, the
 * machine closes: going on would put replies out of step. */
void pop3_ok(struct pop_server *s, struct pop_out *out, const char *text);
void pop3_err(struct pop_server *s, struct pop_out *out,
    enum pop_failure code, const char *text);
/* refuses a command that the client had no business to send */
void pop3_bad(struct pop_server *s, struct pop_out *out, const char *text);

/* Handlers: the event to give to the caller, or POP_SERVER_MORE to go on. */
enum pop_server_event pop3_auth_command(struct pop_server *s,
    const struct verb_call *call, const struct pop_span *in,
    struct pop_out *out, struct pop_server_info *info_r);
enum pop_server_event pop3_auth_line(struct pop_server *s,
    struct pop_span line, struct pop_out *out, struct pop_server_info *info_r);
/* ends a SASL exchange from this side */
enum pop_server_event pop3_auth_cancel(struct pop_server *s,
    const char *text, struct pop_out *out);
enum pop_server_event pop3_drop_command(struct pop_server *s,
    const struct verb_call *call, struct pop_out *out,
    struct pop_server_info *info_r);

/* Enters TRANSACTION. */
void pop3_drop_open(struct pop_server *s, const struct pop_listing *listing,
    struct pop_out *out);
/* Goes on with LIST or UIDL: 0 finished, -1 out is full. */
__attribute__((warn_unused_result))
int pop3_drop_rows(struct pop_server *s, struct pop_out *out);

/* capa.c: the CAPA reply, "." included */
void capa_write(const struct pop_server *s, struct pop_out *out);
/* the reply to AUTH without argument */
void capa_write_mechanisms(const struct pop_server *s, struct pop_out *out);
/* the mechanisms that may be used now; false at the end. Start with
 * capa_mechanisms. */
struct pop_span capa_mechanisms(const struct pop_server *s);
bool capa_next_mechanism(const struct pop_server *s, struct pop_span *list,
    struct pop_span *name_r);
/* may passwords travel in clear now? */
bool capa_clear_ok(const struct pop_server *s);

#endif
