/* SPDX-License-Identifier: ISC
 *
 * auth: who may open which maildrop.
 *
 * Owns the user database, the SASL mechanisms, password hashing on worker
 * threads and the throttle against guessing.  It does not know sockets or
 * processes: the caller (server/authd) brings requests and the time, and gets
 * answers by callback.  All callbacks run on the caller's thread, from
 * within auth_request/auth_step or from auth_run, never on a worker.
 */
#ifndef RESTANTE_AUTH_AUTH_H
#define RESTANTE_AUTH_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum auth_result {
	AUTH_OK = 0,
	AUTH_DENIED,		/* wrong password, no such user, ...: alike */
	AUTH_TEMP,		/* the user database cannot be read now */
	AUTH_CHALLENGE		/* SASL: send `challenge`, then auth_step */
};

struct auth_config {
	const char *users;		/* path of the passwd-file */
	const char *maildrop;		/* template: %u %n %d; relative */
	const char *domains;		/* served ones, separated by blanks */
	const char *recipient_delimiter;/* "+" or "" */
	const char *postmaster;		/* user that gets postmaster's mail */
	unsigned workers;		/* hashing threads; 0: 2; fixed by
					 * auth_new */
	uint64_t failure_delay_ms;	/* first delay; 0: 2000 */
	uint64_t failure_delay_max_ms;	/* 0: 15000 */
};

struct auth;

/* Reads the user file. NULL: *error_r says what, with file and line (maybe
 * several lines; valid until the next auth_new or auth_reload).  The file is
 * read again by itself whenever it has changed.  Starts threads: not before
 * fork. */
struct auth *auth_new(const struct auth_config *config, const char **error_r);
void auth_free(struct auth *a);
/* New settings (SIGHUP); hashes under way end by the old ones.  0, or -1:
 * nothing has changed then. */
__attribute__((warn_unused_result))
int auth_reload(struct auth *a, const struct auth_config *config,
    const char **error_r);

/* becomes readable when auth_run has something to do */
int auth_fd(const struct auth *a);
/* Runs finished work and due delays; returns the milliseconds until it wants
 * to be called again although nothing becomes readable, or -1. */
int auth_run(struct auth *a, uint64_t now_ms);
/* hashes under way, for the status page and the tests */
unsigned auth_hashing(const struct auth *a);

struct auth_peer {
	/* the client's address, 16 octets (IPv4 as ::ffff:a.b.c.d); the
	 * throttle counts IPv6 by /64. All zero: not throttled (local). */
	unsigned char address[16];
	bool tls;
};

struct auth_user {
	const char *name;	/* as in the user file */
	const char *maildrop;	/* relative path, checked: see store_open */
};

enum auth_kind {
	AUTH_PASSWORD,		/* name and password */
	AUTH_APOP,		/* name, stamp "<...>" and hex digest */
	AUTH_SASL		/* mechanism and maybe an initial response */
};

struct auth_req {
	enum auth_kind kind;
	struct auth_peer peer;
	struct pop_span name;		/* PASSWORD, APOP */
	struct pop_span secret;		/* password, or digest */
	struct pop_span stamp;		/* APOP */
	struct pop_span mechanism;	/* SASL */
	struct pop_span data;		/* SASL: decoded initial response */
	bool has_data;
};

/* user is set for AUTH_OK, challenge for AUTH_CHALLENGE; both only until
 * the callback returns. */
typedef void auth_done(void *arg, enum auth_result r,
    const struct auth_user *user, struct pop_span challenge);

struct auth_exchange;

/*
 * One attempt of an address is verified at a time, others wait (throttle.h).
 * Starts; everything in `req` is copied.  `done` is called exactly once for
 * each auth_request and each auth_step, maybe at once, maybe later (after
 * the hash, after the delay of a failure), unless auth_cancel comes first.
 * Sets *ex_r before the first call of `done`; the exchange is gone after any
 * result but AUTH_CHALLENGE.
 */
void auth_request(struct auth *a, const struct auth_req *req,
    uint64_t now_ms, auth_done *done, void *arg,
    struct auth_exchange **ex_r);
void auth_step(struct auth_exchange *ex, struct pop_span data,
    uint64_t now_ms);
/* `done` will not be called again; a wrong guess still counts. */
void auth_cancel(struct auth_exchange *ex);

/*
 * Who gets mail for local@domain (domain empty: <Postmaster>)?  Tries
 * local@domain, then local when domain is served; then both without what
 * follows the delimiter.  local and domain compare without regard to case.
 */
enum auth_lookup {
	AUTH_USER,		/* *user_r is set, until the next call */
	AUTH_NO_USER,		/* domain is served, nobody of that name */
	AUTH_NOT_LOCAL,		/* domain is not served: relaying */
	AUTH_LOOKUP_TEMP
};
enum auth_lookup auth_lookup(struct auth *a, struct pop_span local,
    struct pop_span domain, struct auth_user *user_r);
/* The same by login name (for restanted --stdio): AUTH_USER or AUTH_NO_USER */
enum auth_lookup auth_find(struct auth *a, struct pop_span name,
    struct auth_user *user_r);

/*
 * The next message for the log ("users: line 7 ..."), or NULL when there is
 * none: ask after auth_new, auth_reload, auth_request, auth_lookup, auth_run.
 * A user file that became unreadable or broken keeps the old users in force
 * and is told here, once.  Valid until the next call.
 */
const char *auth_message(struct auth *a);

/* SASL mechanisms that can work now, separated by one blank: for CAPA.
 * Whether those that show the secret may be used without TLS is not decided
 * here, but by the listener (POP_SERVER_CLEAR_OK): both lists have them. */
const char *auth_mechanisms(const struct auth *a, bool tls);
/* whether some user has a clear secret for APOP */
bool auth_has_apop(const struct auth *a);

#endif
