/* SPDX-License-Identifier: ISC
 *
 * conf: restanted's configuration: one INI file, one schema table.
 *
 * The table in schema.c is the only list of settings: name, type, default,
 * limits, text.  Reader, --check, the dump and restanted.conf(5) come from
 * it.  Reading never stops at the first mistake: it reports them all.
 */
#ifndef RESTANTE_CONF_CONF_H
#define RESTANTE_CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_protocol { CONF_POP3, CONF_LMTP, CONF_SMTP };
enum conf_tls { CONF_TLS_NONE, CONF_TLS_START, CONF_TLS_IMPLICIT };
enum conf_bare_newline { CONF_NEWLINE_REJECT, CONF_NEWLINE_NORMALIZE };
/* what becomes of a start by somebody who is not root: all processes run as
 * that user and the identities are ignored, or nothing starts */
enum conf_without_root { CONF_WITHOUT_ROOT_RUN, CONF_WITHOUT_ROOT_REFUSE };

/* [listen NAME] */
struct conf_listen {
	char *name;
	enum conf_protocol protocol;
	char **addresses;		/* "host:port", "[::]:110",
					 * "unix:/path", "systemd:NAME" */
	size_t naddresses;
	enum conf_tls tls;		/* none, start, implicit */
	bool clear_login;		/* passwords without TLS: no, yes */
	bool apop;			/* offer APOP */
	enum conf_bare_newline bare_newline;
	unsigned line;			/* of [listen NAME] */
};

/* [tls] or [tls NAME] */
struct conf_cert {
	char *certificate;		/* PEM, chain included */
	char *key;			/* PEM */
	char *name;			/* of [tls NAME]; NULL: [tls] */
	unsigned line;			/* of the section */
};

/* one of user:group; numbers or names, resolved when needed */
struct conf_identity {
	char *user;			/* NULL: not set */
	char *group;			/* NULL: the user's own */
};

struct conf {
	char *path;			/* where it came from */

	/* [server] */
	char *hostname;			/* default: the machine's */
	char *run_dir;			/* control socket, empty chroot */
	unsigned fronts;		/* 0: one a core */
	struct conf_identity front_user, auth_user;
	char *log;			/* "stderr" or a file */
	unsigned drain_seconds;		/* SIGTERM: how long to wait */
	enum conf_without_root without_root;

	/* [mail] */
	char *root;
	char *engine;			/* "maildir" */
	char *maildrop;			/* template, default "%u" */
	struct conf_identity store_user;
	char *domains;			/* blank-separated */
	char *postmaster;
	char *recipient_delimiter;
	bool session_lock;		/* exclusive (default) or shared */
	bool crlf;			/* line ends of delivered files */
	uint64_t message_size;		/* octets */
	unsigned recipients;
	unsigned store_threads;

	/* [auth] */
	char *users;
	unsigned hash_threads;
	unsigned failure_delay_ms, failure_delay_max_ms;

	/* [limits] */
	unsigned sessions, sessions_per_user, sessions_per_address;
	unsigned login_timeout, idle_timeout, smtp_timeout;	/* seconds */
	unsigned bad_commands, auth_failures;
	bool unsafe_limits;		/* tests only: below the RFCs' */

	/* [tls...] */
	struct conf_cert *certs;
	size_t ncerts;

	struct conf_listen *listens;
	size_t nlistens;

	struct conf_origin *origins;	/* private: see conf_line */
	size_t norigins;
};

/*
 * Reads `path`.  Every mistake goes to `errors` as a line
 * "FILE:LINE: what is wrong; what is accepted".  0, or -1 when there was any
 * mistake (*conf_r untouched).
 */
__attribute__((warn_unused_result))
int conf_read(const char *path, FILE *errors, struct conf **conf_r);
/* The same from memory; `path` is only for the messages. */
__attribute__((warn_unused_result))
int conf_read_text(const char *path, const char *text, size_t len,
    FILE *errors, struct conf **conf_r);
void conf_free(struct conf *c);

/*
 * The line of the file that sets `key` of `section`, for messages about a
 * value that reading could not judge (no such user, bad certificate).
 * `index`: which of listens or certs, else 0.  0 when it is a default.
 */
unsigned conf_line(const struct conf *c, const char *section, size_t index,
    const char *key);

/* all settings in force, in the file's own format */
void conf_dump(const struct conf *c, FILE *out);
/* the SETTINGS section of restanted.conf(5), mdoc */
void conf_man(FILE *out);

/* Resolves names to numbers. 0; 1 when none is set; -1 with *error_r (static
 * text, valid until the next call). */
__attribute__((warn_unused_result))
int conf_identity_resolve(const struct conf_identity *id, unsigned *uid_r,
    unsigned *gid_r, const char **error_r);

#endif
