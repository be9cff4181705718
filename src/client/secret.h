/* SPDX-License-Identifier: ISC
 *
 * secret: the password or token of an account, from where the account says:
 * a command, the keyring, a file, the configuration, netrc, or a prompt.
 *
 * Sources: the one that the account sets (token_command, password_command,
 * password_file, password, keyring), else $NETRC or ~/.netrc, else a prompt.
 * Of files and commands only the first line counts.  The keyring is asked by
 * secret-tool(1); this is how a password gets there:
 *     secret-tool store --label=restante service pop3 server HOST user USER
 *
 * Refused with an explanation: a file that others can read, a secret with CR,
 * LF or NUL in it (it would become a command), an empty one.  With `auth =
 * EXTERNAL`, or a client certificate and no source, the secret is empty.
 */
#ifndef RESTANTE_CLIENT_SECRET_H
#define RESTANTE_CLIENT_SECRET_H

#include "base/buf.h"
#include "conf/client_conf.h"
#include "net/loop.h"

enum { SECRET_MAX = 64 << 10 };		/* tokens are long */

struct secret {
	struct buf value;	/* wiped by secret_done */
	bool is_token;		/* an OAuth access token, no password */
	bool fresh;		/* had from a command or a person just now:
				 * asking again may give another */
	bool typed;		/* by a person */
	bool again;		/* had after another one was refused: there is
				 * no third try */
};

struct secret_ask;

/*
 * Begins to get it; `done` is called from the loop, never from inside, with
 * NULL on failure and `error` (text for people, says what to do).  The
 * receiver takes *secret over (secret_done).  `again`: the last one was
 * refused; commands are told by RESTANTE_REFUSED=1, a prompt says so.
 * `may_prompt`: there is a person at the terminal.  NULL with `done` not to be
 * called: no memory.
 */
struct secret_ask *secret_ask(struct loop *loop,
    const struct account_conf *account, bool again, bool may_prompt,
    void (*done)(void *arg, struct secret *secret, const char *error),
    void *arg);
void secret_cancel(struct secret_ask *ask);
void secret_done(struct secret *s);

#endif
