/* SPDX-License-Identifier: ISC
 *
 * counter: the post office's counter for incoming mail: an SMTP or LMTP
 * machine with a caller that answers its events, for tests.  It plays what a
 * client says in pieces of any size through little output, keeps what would
 * be stored, and looks at each step whether the machine keeps the promises
 * of pop.h.
 *
 * Its world: wren, finch, full and postmaster live in example.net; full's
 * mailbox is full; other domains are not ours.
 */
#ifndef RESTANTE_TESTS_COUNTER_H
#define RESTANTE_TESTS_COUNTER_H

#include "check.h"

#include "base/span.h"

enum { COUNTER_BATCHES = 12 };

/* What shall happen; batches are said when the one before was answered. */
struct counter_case {
	const char *name;	/* with its check or RFC section */
	unsigned flags;		/* enum pop_smtp_flag */
	unsigned recipients_max, bad_max, received_max;
	uint64_t size_max;
	int tls_on;
	int whole_only;		/* the outcome depends on what came at once */
	unsigned data_code;	/* answer to DATA; 0: 250 */
	char nul;		/* this octet of `says` stands for a NUL */
	size_t spool_fails_at;	/* after so many octets: 451; 0: never */
	const char *says[COUNTER_BATCHES];
	/* "220 250/2.1.0 ...": code and enhanced code of each reply */
	const char *replies;
	/* "mail<a@b> rcpt<c@d> data end abort tls helo:x ehlo:x close" */
	const char *events;
	const char *stored;	/* message octets of each END; NULL: none */
};

struct counter {
	const struct counter_case *c;
	struct pop_smtp_config config;
	struct pop_smtp *s;
	unsigned char *kept;	/* input that was not used yet */
	size_t kept_n, kept_size;
	char *replies, *events;
	unsigned char *spool;	/* the message at hand */
	size_t spool_n, spool_size;
	unsigned char *stored;
	size_t stored_n, stored_size;
	unsigned char *wire;
	size_t wire_n, wire_size;
	size_t log_n[2], log_size[2];	/* replies, events */
	char rcpt[1100][64];	/* accepted */
	unsigned rcpts;
	int in_message, closed, more;
};

void counter_open(struct counter *k, const struct counter_case *c);
/* Says n octets at once and lets the machine do what it can. */
void counter_say(struct counter *k, const void *p, size_t n);
void counter_close(struct counter *k);

/* Plays a case whole, octet by octet and cut in two at every point. */
void counter_check(const struct counter_case *c);

#endif
