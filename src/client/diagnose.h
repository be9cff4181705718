/* SPDX-License-Identifier: ISC
 *
 * diagnose: what is wrong with a POP3 server, for a person: one line for each
 * thing that was looked at, with what can be done about it.
 *
 * Nothing secret is sent but over a connection that restante fetch would send
 * it over; no message is ever deleted, and a session in which a message was
 * read ends without QUIT, so that no server has a reason to remove it.
 */
#ifndef RESTANTE_CLIENT_DIAGNOSE_H
#define RESTANTE_CLIENT_DIAGNOSE_H

#include "client/client.h"

struct diagnose_spec {
	const struct client_args *args;
	const struct client_conf *conf;	/* NULL: the account is made up */
	const struct account_conf *account;
	bool has_user;			/* somebody to log in as */
	unsigned tls_port, clear_port;	/* 0: not looked at */
};

/* Prints to standard output.  0, also with warnings; 1 when something is at
 * fault; or as in sysexits.h when nothing could be looked at. */
int diagnose_run(const struct diagnose_spec *spec);
/* the names of the checks */
int diagnose_list(const struct client_args *args);

#endif
