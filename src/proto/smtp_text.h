/* SPDX-License-Identifier: ISC
 *
 * smtp_text: what the line ends of a message may be (RFC 5321 section
 * 2.3.8), and how many Received fields its header has.  It sees the octets
 * of one message after the dot codec (or the octets of BDAT chunks), in
 * pieces of any size, keeps no line and costs a few octets of state.
 */
#ifndef RESTANTE_PROTO_SMTP_TEXT_H
#define RESTANTE_PROTO_SMTP_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum smtp_fault {
	SMTP_FAULT_NONE = 0,
	SMTP_FAULT_LF,		/* an LF without CR */
	SMTP_FAULT_CR,		/* a CR without LF */
	SMTP_FAULT_NUL
};

struct smtp_text {
	uint64_t octets;	/* that passed: what is stored */
	uint32_t received;	/* Received fields seen */
	unsigned char cr;	/* the last octet was a CR */
	unsigned char body;	/* the header is over */
	unsigned char match;	/* where in a line of the header we are */
};

void smtp_text_init(struct smtp_text *t);

/* Looks at a piece that is stored as it is. After a fault the rest of the
 * message is not worth looking at. */
enum smtp_fault smtp_text_check(struct smtp_text *t, struct pop_span piece);
/* The message ends here: a fault if its last octet is a CR. */
enum smtp_fault smtp_text_check_end(const struct smtp_text *t);

/* octets that smtp_text_repair makes of n at most */
#define SMTP_REPAIRED_MAX(n) (2 * (n) + 1)

/* 1 when smtp_text_repair would not change this piece: no CR is held back
 * and each line end in it is a whole CRLF. */
int smtp_text_clean(const struct smtp_text *t, struct pop_span piece);
/*
 * Writes the piece to `out` with CRLF for each bare LF and a space for each
 * stray CR; a CR at the end of the piece is held back. NUL is a fault.
 * Returns the number of octets written.
 */
size_t smtp_text_repair(struct smtp_text *t, struct pop_span piece,
    unsigned char *out, enum smtp_fault *fault_r);
/* The message ends: 1 when a CR was held back, which became one space. */
int smtp_text_repair_end(struct smtp_text *t);

#endif
