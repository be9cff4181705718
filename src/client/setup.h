/* SPDX-License-Identifier: ISC
 *
 * setup: the parts of `restante setup`: finding, trying, asking, writing.
 *
 * The order is what protects the password: a host outside of the domain is
 * used only when the person says so (RFC 8314 section 5.1, C-30); a server is
 * tried without credentials first; and a password goes over a verified TLS
 * connection or not at all.
 */
#ifndef RESTANTE_CLIENT_SETUP_H
#define RESTANTE_CLIENT_SETUP_H

#include "client/client.h"
#include "client/discover.h"
#include "client/secret.h"

enum {
	SETUP_ADDRESS_MAX = 512,
	SETUP_TEXT_MAX = 4096		/* a path, a command, an answer */
};

enum setup_place {
	SETUP_FILE,		/* password_file, made here */
	SETUP_KEYRING,
	SETUP_COMMAND,		/* --password-command */
	SETUP_NOWHERE		/* netrc, or a prompt each time */
};

struct setup {
	const struct client_args *args;
	struct loop *loop;
	const char *path;		/* of the configuration */
	bool people;			/* somebody is there to be asked */
	FILE *out;			/* texts for people; NULL: none */

	char address[SETUP_ADDRESS_MAX];	/* wren@example.org */
	char local[SETUP_ADDRESS_MAX];
	char domain[DISCOVER_NAME_MAX];		/* lower case */
	char account[65];

	struct discover_candidate list[DISCOVER_MAX];
	size_t n;
	bool no_pop3, imap_only;	/* what the domain says of itself */

	struct discover_candidate server;	/* the one that works */
	bool given;			/* by --server */
	bool oauth;			/* tokens alone are accepted */
	char user[SETUP_ADDRESS_MAX];
	char destination[SETUP_TEXT_MAX];
	char keep[64];
	enum setup_place place;
	char password_file[SETUP_TEXT_MAX];
	char ca_file[SETUP_TEXT_MAX];
	struct secret secret;		/* wiped at the end */
	bool has_secret;
};

/* ---- setup_ask.c: words to and from people ---- */

__attribute__((format(printf, 2, 3)))
void setup_say(const struct setup *s, const char *fmt, ...);
/* An error, also as JSON when that is wanted; returns `status`. */
__attribute__((format(printf, 3, 4)))
int setup_fail(const struct setup *s, int status, const char *fmt, ...);
/* One line: the answer, or `otherwise` when it is empty. 0, or -1 at the end
 * of the input or when it is too long. */
__attribute__((warn_unused_result))
int setup_ask(const struct setup *s, const char *question,
    const char *otherwise, char *answer, size_t size);
/* yes or no */
bool setup_confirm(const struct setup *s, const char *question,
    bool otherwise);

/* ---- setup_find.c ---- */

/* Fills s->list by restante-discover, or by --server. 0, or an exit status
 * after an error message. */
__attribute__((warn_unused_result))
int setup_find(struct setup *s);
/* restante-discover: beside this program, as it was built; else where it is
 * installed. 0 or -1 */
__attribute__((warn_unused_result))
int setup_find_program(char *path, size_t size);
/* One line of restante-discover: 1 and *c_r for a candidate, 0 for a note
 * (taken into s) or what is not understood. */
__attribute__((warn_unused_result))
int setup_read_line(struct setup *s, struct pop_span line,
    struct discover_candidate *c_r);
/* "HOST", "HOST:PORT", "[ADDRESS]:PORT": 0 or -1; *port_r 0: not said */
__attribute__((warn_unused_result))
int setup_read_server(const char *text, char host[DISCOVER_NAME_MAX],
    unsigned *port_r);
/* "an autoconfig file of example.org" */
void setup_source_text(const struct setup *s,
    const struct discover_candidate *c, char *out, size_t size);

/* "%EMAILLOCALPART%" and such: 0, or -1 when it does not fit */
__attribute__((warn_unused_result))
int setup_expand(const struct setup *s, const char *pattern, char *out,
    size_t size);

/* ---- setup_try.c ---- */

struct setup_try {
	bool greeted;		/* verified TLS, greeting, capabilities */
	bool logged_in;
	enum fault fault;
	char text[640];		/* why not */
	char said[512];		/* by the server, escaped */
	struct pop_capa capa;
	uint64_t messages, octets;
};

/* The settings as fetch would read them; NULL after an error message. See
 * setup_section. */
struct client_conf *setup_settings(const struct setup *s,
    const struct discover_candidate *c, const char *user,
    const char *destination);
/* One session, to its end: with `secret` NULL only up to the capabilities,
 * else a login and STAT. 0 and *try_r, or -1 after an error message. */
__attribute__((warn_unused_result))
int setup_try(struct setup *s, const struct discover_candidate *c,
    const char *user, struct secret *secret, struct setup_try *try_r);
/* Finds the first server of s->list that can be used: 0 and s->server, or an
 * exit status. */
__attribute__((warn_unused_result))
int setup_choose(struct setup *s);

/* ---- setup_login.c ---- */

/* Gets the password and logs in; sets s->user. 0 or an exit status. */
__attribute__((warn_unused_result))
int setup_login(struct setup *s);
/* The secret by the ways that fetch has, as s->place says. 0 and *secret_r, or
 * an exit status. */
__attribute__((warn_unused_result))
int setup_ask_secret(struct setup *s, const char *user, bool again,
    bool may_prompt, struct secret *secret_r);

/* ---- setup_write.c ---- */

/* The section of the account as it is to be written: 0, or -1 (control
 * characters). */
__attribute__((warn_unused_result))
int setup_section(const struct setup *s, const struct discover_candidate *c,
    const char *user, const char *destination, FILE *out);
/* A name that the configuration does not have yet. 0 or an exit status. */
__attribute__((warn_unused_result))
int setup_name(struct setup *s, const struct client_conf *conf);
/* Adds the section to the file, or with --dry-run prints it. 0 or an exit
 * status. */
__attribute__((warn_unused_result))
int setup_write(struct setup *s);

/* ---- setup_settle.c ---- */

/* Asks where mail shall go and what becomes of it on the server. 0 or an exit
 * status. */
__attribute__((warn_unused_result))
int setup_settle(struct setup *s);
/* Puts the password where it shall be kept, after asking. 0 or an exit
 * status. */
__attribute__((warn_unused_result))
int setup_keep_secret(struct setup *s);

/* ---- setup_file.c ---- */

/* A new file of our own: 0600, fsynced. 0 or -1 with errno (EEXIST). */
__attribute__((warn_unused_result))
int setup_file_make(const char *path, const void *p, size_t n);
/* Puts `text` at the end of a file, or makes it and its directories (0700):
 * at any moment it is the old or the new one.  0; 1 when it is done, but a
 * power cut may bring the old one back; or -1 with errno and the old one:
 * ESTALE when somebody else has written to it since `seen` (its octets) was
 * read. */
__attribute__((warn_unused_result))
int setup_file_append(const char *path, struct pop_span seen,
    const char *text, size_t n);
/* All of a file: 0 (also when there is none: empty) or -1 with errno */
__attribute__((warn_unused_result))
int setup_file_read(const char *path, struct buf *out);

#endif
