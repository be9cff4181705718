/* SPDX-License-Identifier: ISC
 *
 * login: from a greeting to TRANSACTION: which way of proving who we are, and
 * the exchange itself.  Works on libpop's client machine and does no I/O.
 *
 * Strongest first: EXTERNAL (with a client certificate), SCRAM-SHA-256-PLUS,
 * SCRAM-SHA-1-PLUS, SCRAM-SHA-256, SCRAM-SHA-1, OAUTHBEARER and XOAUTH2 (with
 * a token), CRAM-MD5, PLAIN, LOGIN, APOP, USER.  Without TLS nothing is sent
 * unless the account says clear_login.  APOP and CRAM-MD5 in clear are never
 * chosen by themselves (CVE-2007-1558).  A refused mechanism is followed by
 * the next one only when the refusal was not about the password (or, with TLS,
 * when it was APOP: many servers greet with a stamp and keep only hashes), and
 * in clear never by one that a listener can read.
 */
#ifndef RESTANTE_CLIENT_LOGIN_H
#define RESTANTE_CLIENT_LOGIN_H

#include <pop.h>

#include "client/event.h"
#include "client/secret.h"

struct login;

/* what TLS gives to bind to; all empty without TLS */
struct login_binding {
	struct pop_span tls_exporter;
	struct pop_span tls_unique;
	struct pop_span tls_server_end_point;
};

struct login_world {
	const struct account_conf *account;
	struct secret *secret;		/* borrowed while the login lives; NULL
					 * will do for EXTERNAL */
	const struct login_binding *binding;
	bool tls;			/* the connection is encrypted */
	struct pop_span stamp;		/* of the greeting, or empty */
};

enum login_step {
	LOGIN_GO_ON = 0,	/* commands were sent: bring events */
	LOGIN_DONE,		/* in TRANSACTION */
	LOGIN_FAILED,		/* see login_fault; the session may end with
				 * QUIT unless the fault is SERVER_FAKE */
	LOGIN_AGAIN		/* the secret was refused and could be had
				 * anew: close, ask for it again (`again`); a
				 * token or what a person typed, and once */
};

/* copies `world`, not what it points to; NULL: memory */
struct login *login_new(const struct login_world *world);
void login_free(struct login *l);	/* wipes */

/* CAPA is known (pop_client_capa) when this is called.  `out` wants room for
 * the secret in base64 and 2 KiB; a secret that does not fit fails. */
enum login_step login_start(struct login *l, struct pop_client *c,
    struct pop_out *out);
/* Every event of the machine until the login is over: REPLY, CHALLENGE, BAD.
 * Others are none of its business. */
enum login_step login_event(struct login *l, enum pop_client_event event,
    const struct pop_client_info *info, struct pop_client *c,
    struct pop_out *out);

/* "SCRAM-SHA-256", "USER": the one in use or used last; "" before */
const char *login_mechanism(const struct login *l);
/* after FAILED: why, in our words (static) and in the server's (valid until
 * the next step; may be empty) */
enum fault login_fault(const struct login *l, const char **why_r,
    struct pop_span *server_said_r);

#endif
