/* SPDX-License-Identifier: ISC
 *
 * client_conf: restante.conf, the accounts that `restante` calls for.
 *
 * Same reader, same kind of table as restanted.conf: the table in
 * client_schema.c is the only list of settings; restante.conf(5) comes from
 * it.  A file that holds a password is refused when others can read it.
 */
#ifndef RESTANTE_CONF_CLIENT_CONF_H
#define RESTANTE_CONF_CLIENT_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum account_tls {
	ACCOUNT_TLS_IMPLICIT,	/* port 995, the default */
	ACCOUNT_TLS_START,	/* STLS, required */
	ACCOUNT_TLS_NONE	/* plain text: only when the account says so */
};
enum account_pipelining {
	ACCOUNT_PIPELINING_AUTO, ACCOUNT_PIPELINING_OFF, ACCOUNT_PIPELINING_ON
};
/* what becomes of fetched messages on the server */
enum account_keep {
	ACCOUNT_KEEP,		/* keep = yes (default) */
	ACCOUNT_KEEP_NOT,	/* keep = no: deleted once they are safe */
	ACCOUNT_KEEP_DAYS,	/* keep = 14d: deleted that long after they
				 * were first seen */
	ACCOUNT_KEEP_NEWEST	/* keep = newest 500 */
};
/* what identifies messages on a server without UIDL */
enum account_without_uidl {
	ACCOUNT_UIDL_HEADERS,	/* their header (TOP, or after RETR) */
	ACCOUNT_UIDL_FAIL	/* nothing: give up with an error */
};
enum account_line_ends {
	ACCOUNT_LINES_LF,	/* CRLF becomes LF (default) */
	ACCOUNT_LINES_CRLF	/* octets as they came */
};

/* an argument array: words, where "a b" and 'a b' are one word and a
 * backslash takes the next octet as it is (not inside ''); argv[argc] is
 * NULL.  Never given to a shell. */
struct conf_argv {
	char **argv;
	size_t argc;
};

enum conf_dest_kind {
	CONF_DEST_MAILDIR,	/* maildir:PATH */
	CONF_DEST_MBOX,		/* mbox:PATH */
	CONF_DEST_PIPE,		/* pipe:WORD... */
	CONF_DEST_LMTP,		/* lmtp:HOST:PORT, lmtp:unix:PATH */
	CONF_DEST_SMTP,		/* smtp:HOST:PORT */
	CONF_DEST_DISCARD	/* discard */
};
/* A setting that says where mail goes; `~/` is the home directory. */
struct conf_dest {
	bool set;
	enum conf_dest_kind kind;
	char *text;		/* as written: names it in messages, state */
	char *path;		/* MAILDIR, MBOX; LMTP: of a local socket */
	char *host, *port;	/* LMTP, SMTP by network */
	struct conf_argv command;	/* PIPE */
};

enum rule_action { RULE_DELIVER, RULE_SKIP, RULE_DELETE };

/* one `header = Name: pattern` (glob) or `header_regex = Name: regex`
 * (POSIX extended); letter case does not matter in either */
struct rule_match {
	char *field;		/* "List-Id", without the colon; "*": any */
	char *pattern;
	bool regex;
};

/* [rule NAME]: all that is set must hold */
struct rule_conf {
	char *name;
	unsigned line;
	char *accounts;		/* blank-separated; NULL or "*": all */
	struct rule_match *matches;
	size_t nmatches;
	uint64_t larger, smaller;	/* octets; 0: not asked */
	unsigned older, newer;	/* seconds, by its Date field; 0: not asked */
	enum rule_action action;	/* deliver (default), skip, delete */
	struct conf_dest destination;	/* DELIVER: not set: the account's */
};

/* [account NAME]; what is not said there comes from [defaults] */
struct account_conf {
	char *name;
	unsigned line;
	bool enabled;			/* no: only when it is named */

	char *server;			/* host name or address */
	unsigned port;			/* 0: 995 or 110 */
	enum account_tls tls;
	char *user;
	/* mechanisms in order, or "auto": SCRAM-SHA-256-PLUS ... PLAIN LOGIN
	 * XOAUTH2 OAUTHBEARER EXTERNAL APOP USER */
	char *auth;
	/* where the password comes from: one of these, else netrc, else a
	 * prompt when there is a terminal */
	char *password;
	char *password_file;		/* first line */
	struct conf_argv password_command;	/* first line of its output */
	struct conf_argv token_command;	/* the same: an OAuth access token */
	bool keyring;			/* secret-tool lookup */
	bool clear_login;		/* a login without TLS is allowed */

	char *ca_file;			/* PEM; NULL: the system's */
	char *tls_name;			/* name in the certificate; NULL:
					 * server */
	char *mail_domain;		/* SRV-ID is accepted for it */
	char *pin;			/* "sha256:BASE64" of the public key
					 * (SPKI), or "cert-sha256:HEX" */
	char *client_certificate, *client_key;

	enum account_keep keep;
	unsigned keep_seconds;		/* KEEP_DAYS */
	unsigned keep_newest;		/* KEEP_NEWEST */
	uint64_t skip_larger;		/* octets; 0: no limit */
	unsigned max_messages;		/* of one session; 0: no limit */
	uint64_t max_octets;		/* the same */
	enum account_without_uidl without_uidl;

	struct conf_dest destination;
	char *recipient, *sender;	/* LMTP, SMTP: envelope. sender NULL:
					 * from Return-Path, else <> */
	enum account_line_ends line_ends;
	bool received;			/* add a Received field */
	struct conf_argv scan;		/* verdict by its exit status */
	struct conf_dest quarantine;

	enum account_pipelining pipelining;
	unsigned interval;		/* daemon: seconds between visits */
	unsigned timeout;		/* seconds without an octet */
};

struct client_conf {
	char *path;
	/* [restante] */
	char *state_dir;	/* default $XDG_STATE_HOME/restante, else
				 * ~/.local/state/restante */
	unsigned connections;		/* at once; default 50 */
	unsigned connections_per_host;	/* default 4 */

	struct account_conf defaults;	/* private: [defaults] */
	struct account_conf *accounts;
	size_t naccounts;
	struct rule_conf *rules;	/* in the order of the file */
	size_t nrules;
	struct conf_origin *origins;	/* private */
	size_t norigins;
};

/* $XDG_CONFIG_HOME/restante/restante.conf, else ~/.config/...: for the caller
 * to free; NULL when there is no home */
char *client_conf_default_path(void);

/* As conf_read: every mistake is a line on `errors`; 0 or -1. */
__attribute__((warn_unused_result))
int client_conf_read(const char *path, FILE *errors,
    struct client_conf **conf_r);
__attribute__((warn_unused_result))
int client_conf_read_text(const char *path, const char *text, size_t len,
    FILE *errors, struct client_conf **conf_r);
void client_conf_free(struct client_conf *c);	/* wipes secrets */
/* NULL when there is none */
const struct account_conf *client_conf_account(const struct client_conf *c,
    const char *name);
/* the settings in force, in the file's own format; never a password */
void client_conf_dump(const struct client_conf *c, FILE *out);
/* the SETTINGS section of restante.conf(5), mdoc */
void client_conf_man(FILE *out);

/* For `setup` and `import`, which write such files: the line "key = value",
 * the value quoted where the format needs it (an argument array: with quotes
 * of its own, see client_conf_write_argv).  0, or -1 and nothing is written: a
 * control character, or too long. */
__attribute__((warn_unused_result))
int client_conf_write_value(FILE *out, const char *key, const char *value);
/* the same of an argument array, each word quoted where it needs it */
__attribute__((warn_unused_result))
int client_conf_write_argv(FILE *out, const char *key,
    const char *const *argv);
/* NULL when `name` may be one of an account, else what would be (static) */
const char *client_conf_check_name(const char *name);

#endif
