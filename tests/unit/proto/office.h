/* SPDX-License-Identifier: ISC
 *
 * office: a server machine with a maildrop in memory and a caller that
 * answers its events, for tests.  It plays what a client says in pieces of
 * any size through an output of any size, and looks at each step whether the
 * machine keeps the promises of pop.h.
 */
#ifndef RESTANTE_TESTS_OFFICE_H
#define RESTANTE_TESTS_OFFICE_H

#include "check.h"

#include "base/span.h"

struct office_message {
	const char *octets;
	size_t n;		/* 0: strlen */
	const char *uidl;
};

struct office {
	/* set before office_open: */
	struct pop_server_config config;
	const char *stamp;
	int tls;
	int authenticated;		/* start in TRANSACTION */
	const char *user, *password;	/* "wren", "correct horse battery" */
	const struct office_message *messages;
	uint32_t count;
	enum pop_failure login_failure;	/* after right credentials */
	const char *login_text;
	enum pop_commit commit;
	size_t body_piece;		/* octets of a body per call; 0: all */

	/* to look at afterwards: */
	unsigned char *wire;		/* all that was sent, NUL behind it */
	size_t wire_n;
	int closed, committed, tls_asked, passes, cancels;
	char last_secret[300];
	unsigned char marks[64];

	/* private */
	struct pop_server *s;
	struct pop_listing listing;
	struct guarded held;
	size_t held_n;
	size_t wire_size;
	int challenged, scram;
};

/* three messages of 120, 200 and 451 octets */
void office_init(struct office *o);
void office_open(struct office *o);
/* The client says these octets, `piece` at a time (0: all at once), each time
 * with `room` octets of output (0: plenty). */
void office_say(struct office *o, const void *p, size_t n, size_t piece,
    size_t room);
/* What was sent since the last call; NUL-terminated. */
const char *office_heard(struct office *o);
void office_close(struct office *o);

uint64_t office_octets(void *ctx, uint32_t i);
struct pop_span office_uidl(void *ctx, uint32_t i);

#endif
