/* SPDX-License-Identifier: ISC
 *
 * smtp_machine: the state of the SMTP and LMTP receiving machine and what
 * its three files say to each other: smtp.c (the public functions, the step
 * loop, the answers), smtp_command.c (command lines) and smtp_message.c
 * (message octets).  For src/proto/smtp*.c alone.
 */
#ifndef RESTANTE_PROTO_SMTP_MACHINE_H
#define RESTANTE_PROTO_SMTP_MACHINE_H

#include <stdbool.h>

#include "base/span.h"
#include "proto/line.h"
#include "proto/smtp_path.h"
#include "proto/smtp_text.h"

enum {
	/* RFC 5321 section 4.5.3.1.4 demands 512; parameters make it longer */
	SMTP_COMMAND_MAX = 4096,
	/* octets of one view when line ends have to be repaired, and when
	 * they may have to: bounds what is looked at twice */
	SMTP_REPAIR_VIEW = 256,
	SMTP_CLEAN_VIEW = 4096,
	SMTP_ENHANCED_MAX = 12,
	SMTP_TEXT_MAX = 200
};

/* How far the mail transaction is (RFC 5321 section 4.1.4). */
enum smtp_phase {
	SMTP_START,		/* no EHLO yet */
	SMTP_READY,
	SMTP_MAIL,		/* MAIL accepted, maybe RCPTs too */
	SMTP_BDAT		/* a BDAT came: no more RCPT, no DATA */
};

/* What the next octets of input are. */
enum smtp_mode {
	SMTP_IN_COMMAND,
	SMTP_IN_TEXT,		/* behind 354 */
	SMTP_IN_CHUNK,		/* behind BDAT */
	SMTP_AT_END,		/* the message is whole; no input is used */
	SMTP_REFUSING,		/* LMTP: replies to each recipient go out */
	SMTP_WAITING,		/* an event waits for its answer */
	SMTP_CLOSED
};

enum smtp_wait {
	SMTP_WAIT_MAIL,
	SMTP_WAIT_RCPT,
	SMTP_WAIT_DATA,
	SMTP_WAIT_BDAT,
	SMTP_WAIT_END,
	SMTP_WAIT_TLS
};

/* A reply that is decided before it can be sent; code 0: there is none. */
struct smtp_verdict {
	unsigned code;
	char enhanced[SMTP_ENHANCED_MAX];
	char text[SMTP_TEXT_MAX];
};

struct pop_smtp {
	const struct pop_smtp_config *config;
	enum smtp_phase phase;
	enum smtp_mode mode;
	enum smtp_wait wait;	/* SMTP_WAITING */
	bool tls_on;
	bool in_message;	/* see pop_smtp_in_message */
	bool utf8;		/* MAIL came with SMTPUTF8 */
	bool skip_cr;		/* an over-long line: last octet was a CR */
	bool skip_bdat;		/* it begins like BDAT */
	unsigned bad_commands;
	unsigned recipients;	/* accepted ones */
	unsigned replies_due;	/* of LMTP, to the message at hand */
	struct line line;

	/* the message at hand */
	struct smtp_verdict fail;	/* what it will be answered */
	struct pop_unstuff unstuff;
	struct smtp_text text;
	uint64_t chunk_left;	/* SMTP_IN_CHUNK */
	bool chunk_last;

	/* what spans of an event point to */
	struct smtp_path path;
	unsigned char repaired[SMTP_REPAIRED_MAX(SMTP_REPAIR_VIEW)];
};

/* What a part of the step returns when there is no event and the step goes
 * on; any other value is an enum pop_smtp_event. */
enum { SMTP_GO_ON = -1 };

static inline bool
smtp_is_lmtp(const struct pop_smtp *s)
{
	return (s->config->flags & POP_SMTP_LMTP) != 0;
}

/* smtp_reply.c */
/* One reply line; enhanced may be NULL. Text is cut to what a reply line
 * may hold, and octets that are not printable ASCII are replaced. */
void smtp_reply(struct pop_out *out, unsigned code, const char *enhanced,
    const char *text);
void smtp_reply_verdict(struct pop_out *out, const struct smtp_verdict *v);
void smtp_greet(struct pop_out *out, unsigned code, const char *hostname,
    const char *text);
/* The answer to EHLO and LHLO. */
void smtp_reply_extensions(const struct pop_smtp *s, struct pop_out *out);
void smtp_verdict_set(struct smtp_verdict *v, unsigned code,
    const char *enhanced, const char *text);

/* smtp_command.c: takes one command off *in; POP_SMTP_MORE when there is
 * none */
int smtp_step_command(struct pop_smtp *s, struct pop_span *in,
    struct pop_out *out, struct pop_smtp_info *info);

/* smtp_message.c: modes IN_TEXT, IN_CHUNK, AT_END and REFUSING */
int smtp_step_text(struct pop_smtp *s, struct pop_span *in,
    struct pop_smtp_info *info);
int smtp_step_chunk(struct pop_smtp *s, struct pop_span *in,
    struct pop_out *out, struct pop_smtp_info *info);
int smtp_step_end(struct pop_smtp *s, struct pop_out *out,
    struct pop_smtp_info *info);
int smtp_step_refusing(struct pop_smtp *s, struct pop_out *out);
/* The first octet of a message comes next. */
void smtp_message_begin(struct pop_smtp *s);
/* The first reason to refuse the message at hand counts. */
void smtp_message_fail(struct pop_smtp *s, unsigned code,
    const char *enhanced, const char *text);

/* Ends the transaction and goes back to SMTP_READY: POP_SMTP_ABORT when
 * there was one, else SMTP_GO_ON. */
int smtp_transaction_drop(struct pop_smtp *s);

#endif
