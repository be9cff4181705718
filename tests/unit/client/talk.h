/* SPDX-License-Identifier: ISC
 *
 * talk: a login against a server in memory.  The server hears whole lines and
 * says octets, which reach the client whole, one by one, or cut at one place.
 */
#ifndef RESTANTE_TEST_TALK_H
#define RESTANTE_TEST_TALK_H

#include "client/login.h"

enum { TALK_WHOLE = -1, TALK_OCTETS = -2 };	/* else: cut there */

struct talk {
	/* to be set */
	struct account_conf account;
	struct secret *secret;
	struct login_binding binding;
	bool tls;
	const char *stamp;		/* "<...>" or NULL */
	const char *capa;		/* lines with "\n"; NULL: -ERR */
	unsigned pipeline_max;
	int cut;
	void (*server)(struct talk *t, const char *line);
	void *arg;
	/* seen */
	enum login_step step;
	enum fault fault;
	char why[512], said[2048], mechanism[32];
	char heard[64 << 10];		/* lines of the login, with "\n" */
	unsigned writes;		/* of the login */
	bool machine_error, machine_closed, logged_in;
	size_t told;			/* octets that the server said */
	/* private */
	char in[64 << 10];
	size_t in_n, in_at;
	size_t heard_n;
};

/* a world in short: flags, and what is NULL is the usual */
enum {
	TLS = 1 << 0,
	CLEAR = 1 << 1,		/* clear_login = yes */
	TOKEN = 1 << 2,
	FRESH = 1 << 3,
	TYPED = 1 << 4,
	AGAIN = 1 << 5,
	CERT = 1 << 6,
	BOUND = 1 << 7,		/* TLS 1.3: tls-exporter */
	NO_SECRET = 1 << 8
};

struct login_case {
	const char *name;
	unsigned flags;
	const char *auth;
	const char *server, *user, *secret;	/* NULL: the usual */
	const char *stamp, *capa;
	/* "C line", "C=text" (base64), "S line", "S=text" (challenge) */
	const char *script[18];
	enum login_step step;
	enum fault fault;
	const char *mechanism;
	const char *said;			/* must be in it */
};

/* zeroes `t` and sets what `c` says */
void talk_world(struct talk *t, const struct login_case *c,
    struct secret *secret);
/* From the greeting to the end of the login, or until nobody says anything
 * (`step` is LOGIN_GO_ON then). */
void talk_run(struct talk *t);
/* for `server`: a line, without its CRLF */
void talk_say(struct talk *t, const char *line);
/* the same as a challenge: "+ " and base64 */
void talk_challenge(struct talk *t, const char *text);

#endif
