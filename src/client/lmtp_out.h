/* SPDX-License-Identifier: ISC
 *
 * lmtp_out: a client of LMTP (RFC 2033) or SMTP (RFC 5321) for one message to
 * one recipient at a time, without input and output.
 *
 * As the machines of <pop.h>: input is a span, octets are taken off its front
 * as they are used, what is left is presented again with more behind it (never
 * more than LMTP_OUT_LINE_MAX of an incomplete line).  Output is appended to a
 * pop_out, which has room for POP_OUT_MIN octets at each call.
 */
#ifndef RESTANTE_CLIENT_LMTP_OUT_H
#define RESTANTE_CLIENT_LMTP_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum {
	/* RFC 5321 section 4.5.3.1.5 says 512; servers send more */
	LMTP_OUT_LINE_MAX = 2048,
	LMTP_OUT_LINES_MAX = 200,	/* of one reply */
	LMTP_OUT_TEXT_MAX = 300,
	LMTP_OUT_PATH_MAX = 256
};

enum lmtp_out_state {
	LMTP_OUT_S_GREETING, LMTP_OUT_S_HELLO, LMTP_OUT_S_STARTTLS,
	LMTP_OUT_S_HANDSHAKE, LMTP_OUT_S_READY, LMTP_OUT_S_RSET,
	LMTP_OUT_S_MAIL, LMTP_OUT_S_RCPT, LMTP_OUT_S_DATA,
	LMTP_OUT_S_BODY, LMTP_OUT_S_END, LMTP_OUT_S_QUIT, LMTP_OUT_S_BROKEN
};

enum lmtp_out_event {
	LMTP_OUT_MORE = 0,	/* bring more input */
	/* write the output, shake hands, then lmtp_out_tls_started; input
	 * that is left must not be presented afterwards */
	LMTP_OUT_TLS,
	LMTP_OUT_READY,		/* a message may be sent: lmtp_out_send */
	LMTP_OUT_BODY,		/* send the body (dot codec), with its end,
				 * and say lmtp_out_body_sent */
	/* the message is decided: `code`, `text`. 2yz: taken. The connection
	 * is READY again, or BROKEN */
	LMTP_OUT_RESULT,
	/* the server does not want to talk, or not any more: `code`, or 0
	 * when it broke the protocol; `text`. Close. */
	LMTP_OUT_OVER
};

enum lmtp_out_flag {
	LMTP_OUT_LMTP = 1 << 0,		/* LHLO; else EHLO, HELO */
	LMTP_OUT_WANT_TLS = 1 << 1	/* STARTTLS when it is offered */
};

struct lmtp_out_message {
	const char *sender;	/* "": <> */
	const char *recipient;
	uint64_t octets;	/* on the wire, without stuffing */
};

/* zeroed by lmtp_out_init; read only what is said to be for reading */
struct lmtp_out {
	enum lmtp_out_state state;	/* for reading */
	unsigned flags;
	const char *hostname;
	bool helo;			/* EHLO was refused */
	bool tls;
	/* announced, since the last hello */
	bool pipelining, eight_bit, starttls, size;
	uint64_t size_max;		/* 0: no limit */
	/* this message */
	struct lmtp_out_message message;
	bool open;		/* a transaction may be open: RSET first */
	unsigned ahead;		/* replies still to come for what was sent
				 * ahead: MAIL 3, RCPT 2, DATA 1 */
	unsigned failed;	/* code of the first refusal of it */
	bool empty;		/* 354 for nothing: the end was sent */
	/* the reply that is being read */
	unsigned code;		/* for reading, in RESULT and OVER */
	unsigned lines;
	char text[LMTP_OUT_TEXT_MAX];	/* for reading: printable */
	const char *what;	/* for reading: "MAIL FROM"...: what was
				 * answered so */
	char failed_text[LMTP_OUT_TEXT_MAX];
};

void lmtp_out_init(struct lmtp_out *m, unsigned flags, const char *hostname);
/* Is it an address that can be put between < and >? No control characters,
 * blanks, <, >, nothing beyond ASCII; not too long. */
bool lmtp_out_path_ok(const char *path);

__attribute__((warn_unused_result))
enum lmtp_out_event lmtp_out_step(struct lmtp_out *m, struct pop_span *in,
    struct pop_out *out);
void lmtp_out_tls_started(struct lmtp_out *m, struct pop_out *out);
/* In READY. What the message points to must stay until RESULT. 0, or -1 when
 * the server has announced that it takes none so large: nothing was sent. */
__attribute__((warn_unused_result))
int lmtp_out_send(struct lmtp_out *m, const struct lmtp_out_message *message,
    struct pop_out *out);
void lmtp_out_body_sent(struct lmtp_out *m);
void lmtp_out_quit(struct lmtp_out *m, struct pop_out *out);
/* seconds to wait for the next reply (RFC 5321 section 4.5.3.2) */
unsigned lmtp_out_timeout(const struct lmtp_out *m);

#endif
