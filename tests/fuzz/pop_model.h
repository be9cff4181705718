/* SPDX-License-Identifier: ISC
 *
 * pop_model: what a POP3 server must answer, said a second time and in
 * another way: a whole session is at hand, nothing streams, nothing is fast.
 * For fuzz_pop_server.c.
 */
#ifndef FUZZ_POP_MODEL_H
#define FUZZ_POP_MODEL_H

#include "base/buf.h"

enum { POP_MESSAGES = 12 };

/* everything that decides what a session looks like */
struct pop_case {
	struct pop_server_config config;
	int authenticated, refused, tls;
	const char *stamp;		/* or NULL */
	uint32_t random;		/* of the caller's answers */
	struct pop_span message[POP_MESSAGES];	/* as stored */
	struct pop_span uidl[POP_MESSAGES];
	uint64_t octets[POP_MESSAGES];	/* announced: canonical octets */
	struct pop_span input;
	size_t piece;			/* the input arrives in such pieces */
};

/* what was seen of it */
struct pop_seen {
	struct buf wire;		/* all output */
	struct buf events;		/* see pop_event */
	size_t used;			/* of the input */
	int closed;
};

void need(int truth);
uint32_t pop_random(uint32_t *state);
/* Appends the canonical form of a message: CRLF everywhere. */
void pop_canonical(struct pop_span stored, struct buf *out);
/* Appends one event: a letter, then two texts. */
void pop_event(struct buf *out, char kind, struct pop_span a,
    struct pop_span b);
/* aborts when the session cannot have looked like that */
void pop_model_check(const struct pop_case *c, const struct pop_seen *seen);

#endif
