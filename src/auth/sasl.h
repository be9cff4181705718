/* SPDX-License-Identifier: ISC
 *
 * sasl: the server side of SASL mechanisms (RFC 4422, RFC 5034).
 *
 * A mechanism is a row of the table in sasl.c and a file sasl_NAME.c.  It
 * finds out who the client claims to be and what proves it; whether the proof
 * holds is decided by auth.c, in its own time, with its throttle.
 */
#ifndef RESTANTE_AUTH_SASL_H
#define RESTANTE_AUTH_SASL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum sasl_result {
	SASL_CHALLENGE,		/* send `challenge`, then the next step */
	SASL_PASSWORD,		/* claim: `name` and `secret`; verify them */
	SASL_DENIED,		/* malformed, or not allowed to anybody */
	SASL_TEMP		/* out of memory and the like */
};

/* What a step found; spans are valid until the session is freed. */
struct sasl_claim {
	struct pop_span challenge;
	struct pop_span name, secret;
};

struct sasl;			/* shared by all sessions of an auth */
struct sasl_session;

enum sasl_flag {
	/* cannot work without TLS (channel binding, certificates) */
	SASL_NEEDS_TLS = 1 << 0,
	/* the client speaks first: without an initial response the first
	 * challenge is empty */
	SASL_CLIENT_FIRST = 1 << 1
};

struct sasl_mech {
	const char *name;
	unsigned flags;
	/* 0 and *state_r, or -1 (memory) */
	int (*start)(struct sasl *sasl, void **state_r);
	enum sasl_result (*step)(void *state, struct pop_span in,
	    struct sasl_claim *claim_r);
	void (*free)(void *state);	/* wipes secrets */
};

struct sasl *sasl_new(void);
void sasl_free(struct sasl *sasl);

/* names separated by one blank; without `tls` not those that need it */
const char *sasl_names(const struct sasl *sasl, bool tls);

/* NULL: no such mechanism (case does not matter), or no memory */
struct sasl_session *sasl_session_new(struct sasl *sasl,
    struct pop_span mechanism);
void sasl_session_free(struct sasl_session *s);
/* The first step, and every other one. `in` has no meaning without
 * `has_data`, which only the first may lack. */
enum sasl_result sasl_step(struct sasl_session *s, struct pop_span in,
    bool has_data, struct sasl_claim *claim_r);

/*
 * SASLprep (RFC 4013) of a password, as PLAIN does it, so that PASS and AUTH
 * and restantectl mean the same one.  Octets that it does not take (no UTF-8)
 * stay as they are.  out: SASL_PREPARED_MAX octets; returns their number,
 * never more than that (what is longer is cut: it fits nothing anyway).
 */
enum { SASL_PREPARED_MAX = 1024 };
size_t sasl_prepare(struct pop_span secret,
    unsigned char out[SASL_PREPARED_MAX]);

/* ---- for sasl.c and the mechanisms --------------------------------------- */

struct Gsasl;
struct Gsasl *sasl_gsasl(struct sasl *sasl);

extern const struct sasl_mech sasl_mech_plain;

#endif
