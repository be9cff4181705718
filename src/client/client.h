/* SPDX-License-Identifier: ISC
 *
 * client: the commands of `restante`, as main.c finds them.
 */
#ifndef RESTANTE_CLIENT_CLIENT_H
#define RESTANTE_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "client/report.h"
#include "conf/client_conf.h"

/* exit status: 0, or as in sysexits.h; CLIENT_SOME: several accounts, which
 * failed for several reasons or not all of them */
enum client_exit { CLIENT_OK = 0, CLIENT_SOME = 1, CLIENT_USAGE = 64 };

/* what `check` alone has; NULL where nothing was said */
struct check_args {
	bool conformance;		/* the transcripts, not the diagnosis */
	bool list;			/* only say what would be checked */
	const char *only;		/* glob of names of checks */
	const char *port, *tls_port;	/* decimal */
	const char *tls_name;
	/* conformance: see conform.h */
	const char *smtp, *lmtp;	/* HOST:PORT */
	const char *recipient;
	const char *transcripts;	/* directory */
	const char *action;		/* socket */
	const char *have;		/* words */
	bool clear_login;		/* the password may go without TLS */
};

struct client_args {
	const char *program;		/* "restante" */
	const char *config;		/* path in use */
	enum report_mode mode;
	bool dry_run;
	bool color;			/* NO_COLOR and terminals considered */
	bool debug;			/* the dialogue on standard error,
					 * without secrets and bodies */
	bool once;			/* daemon: one round, then the end */
	char *const *names;		/* what follows the options */
	size_t nnames;
	/* setup, import */
	const char *from;		/* import --from FORMAT */
	const char *output;		/* --output FILE */
	bool yes;			/* --yes: no questions */
	/* setup: NULL when they are not given */
	const char *server;		/* HOST[:PORT] */
	const char *tls;		/* implicit, start */
	const char *user;
	const char *account;		/* name of the new one */
	const char *destination;
	const char *keep;
	const char *password_command;
	const char *ca_file;
	bool tell_address;		/* to the domain's own web servers */
	bool all;			/* fetch --all: also disabled accounts;
					 * list --all: also known messages */
	struct check_args check;
};

/* Each is a file of its own; the configuration is read by main.c where the
 * command wants one (`conf` NULL otherwise). */
int client_fetch(const struct client_args *args,
    const struct client_conf *conf);
int client_daemon(const struct client_args *args,
    const struct client_conf *conf);
int client_list(const struct client_args *args,
    const struct client_conf *conf);
int client_show(const struct client_args *args,
    const struct client_conf *conf);
int client_status(const struct client_args *args,
    const struct client_conf *conf);
int client_config(const struct client_args *args,
    const struct client_conf *conf);
int client_setup(const struct client_args *args,
    const struct client_conf *conf);
int client_import(const struct client_args *args,
    const struct client_conf *conf);
int client_diagnose(const struct client_args *args,
    const struct client_conf *conf);

#endif
