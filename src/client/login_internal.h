/* SPDX-License-Identifier: ISC
 *
 * login_internal: what the files of login share.
 *   login.c           the dialogue: from one way to the next, to the end
 *   login_choose.c    which ways there are, in which order
 *   login_exchange.c  the messages of SASL mechanisms
 *   login_oauth.c     those with tokens
 *   login_refusal.c   what a -ERR means
 *   login_check.c     what may be sent at all
 */
#ifndef RESTANTE_CLIENT_LOGIN_INTERNAL_H
#define RESTANTE_CLIENT_LOGIN_INTERNAL_H

#include "base/buf.h"
#include "client/login.h"

enum login_way_flag {
	WAY_SASL = 1 << 0,	/* AUTH; else APOP or USER */
	WAY_FIRST = 1 << 1,	/* the client speaks first */
	WAY_TOKEN = 1 << 2,	/* wants a token, not a password */
	WAY_NO_SECRET = 1 << 3,	/* wants neither */
	WAY_READABLE = 1 << 4,	/* who hears it can log in */
	WAY_GUESSABLE = 1 << 5,	/* who hears it can try passwords, or trick
				 * them out of us (CVE-2007-1558) */
	WAY_BINDS = 1 << 6,	/* to the TLS channel */
	WAY_SCRAM = 1 << 7
};

struct login_way {
	const char *name;
	unsigned flags;
};

enum { LOGIN_WAYS = 13, LOGIN_SAID_MAX = 1024, LOGIN_APOP_HEX = 33 };

/* ---- login_choose.c ---- */

/* strongest first */
extern const struct login_way login_ways[LOGIN_WAYS];

/* Fills `out` with what may be tried, in order; returns the count. When 0,
 * *fault_r and *why_r say why. */
size_t login_choose(const struct login_world *w, const struct pop_capa *capa,
    const struct login_way *out[LOGIN_WAYS], enum fault *fault_r,
    const char **why_r);
/* the channel binding in use, and its name; empty when there is none */
struct pop_span login_binding_of(const struct login_world *w,
    const char **name_r);
/* whether this server is known to want XOAUTH2 in two lines */
bool login_is_microsoft(const struct login_world *w);

/* ---- login_exchange.c ---- */

enum exchange_result {
	EXCHANGE_SEND = 0,	/* answer with `out` */
	EXCHANGE_CANCEL = -1,	/* give up: `fault`, `why` */
	EXCHANGE_FAKE = -2	/* the server does not know the password */
};

struct exchange {
	const struct login_way *way;
	const struct login_world *world;
	struct Gsasl *gsasl;
	struct Gsasl_session *session;
	unsigned steps;
	bool proved;		/* what was answered proves who we are */
	bool complete;		/* +OK is right now, and only now */
	struct buf out;		/* wiped */
	enum fault fault;
	const char *why;
	struct buf idp;		/* what came with an OAuth refusal */
};

/* 0, or -1 when this mechanism cannot be had: `fault` and `why`; there is
 * nothing to be done with it then */
__attribute__((warn_unused_result))
int exchange_init(struct exchange *x, const struct login_way *way,
    const struct login_world *world);
void exchange_done(struct exchange *x);
/* `in`: the server's message (for a client that speaks first: NULL and 0) */
__attribute__((warn_unused_result))
enum exchange_result exchange_step(struct exchange *x, struct pop_span in);

/* ---- login_oauth.c ---- */

/* the first message; 0 or -1 (memory) */
__attribute__((warn_unused_result))
int oauth_message(const struct login_way *way, const struct login_world *w,
    struct buf *out);
/* the server's reason, for people, appended to `out` */
void oauth_reason(struct pop_span message, struct buf *out);

/* ---- login_refusal.c ---- */

/* FAULT_NO_MECHANISM: this way is not open, whoever asks */
enum fault login_refusal(enum pop_code code, struct pop_span text);
/* the same in a sentence */
const char *login_refusal_words(enum fault fault);

/* ---- login_check.c ---- */

/* NULL, or why it may not be sent */
const char *login_check_user(const char *user);
const char *login_check_secret(const struct secret *s,
    const struct login_way *const ways[], size_t n);
/* 0 or -1 */
__attribute__((warn_unused_result))
int login_apop(struct pop_span stamp, struct pop_span secret,
    char hex_r[LOGIN_APOP_HEX]);

#endif
