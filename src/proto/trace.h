/* SPDX-License-Identifier: ISC
 *
 * trace: what final delivery puts on top of a message (RFC 5321 section
 * 4.4, RFC 9228) and takes out of it.  Pure functions: the time is an
 * argument.  Whoever delivers writes trace_fields(), then the message
 * through trace_strip(), then, when files are kept with LF, both through
 * trace_lf() (trace_fields can write LF itself).
 */
#ifndef RESTANTE_PROTO_TRACE_H
#define RESTANTE_PROTO_TRACE_H

#include "base/buf.h"
#include "base/span.h"

enum {
	TRACE_OK = 0,
	TRACE_EFULL = BUF_EFULL,
	TRACE_ENOMEM = BUF_ENOMEM,
	TRACE_EINVAL = -3	/* a span that must not go into a header */
};

enum trace_flag {
	TRACE_LMTP = 1 << 0,
	TRACE_EXTENDED = 1 << 1,	/* EHLO; LMTP always is */
	TRACE_TLS = 1 << 2,
	TRACE_UTF8 = 1 << 3,		/* MAIL had SMTPUTF8 */
	TRACE_CRLF = 1 << 4		/* lines end with CRLF, not LF */
};

/* An empty span: that part is left out, unless said otherwise. */
struct trace_info {
	unsigned flags;			/* enum trace_flag */
	struct pop_span return_path;	/* without <>; empty is "<>" */
	struct pop_span delivered_to;	/* no such field when empty */
	struct pop_span helo;		/* empty: "unknown" */
	struct pop_span rdns;		/* the peer's name in the DNS */
	struct pop_span ip;		/* 192.0.2.1 or 2001:db8::1 */
	struct pop_span host;		/* our name; must not be empty */
	struct pop_span id;
	struct pop_span recipient;	/* only when there is just one */
	struct pop_span tls_cipher;	/* TLS_AES_128_GCM_SHA256 */
	struct pop_span tls_group;	/* x25519; only with tls_cipher */
	int64_t time;			/* seconds since 1970, UTC */
};

/*
 * Appends Return-Path, Delivered-To and Received.  On an error nothing is
 * appended.  EINVAL: a control character anywhere; a blank, a bracket or the
 * like where one word stands; octets beyond ASCII without TRACE_UTF8; a time
 * before the year 1 or behind 9999.
 */
__attribute__((warn_unused_result))
int trace_fields(struct buf *out, const struct trace_info *info);

/* ---- taking old Return-Path fields out of a header ----------------------- */

enum { TRACE_HELD_MAX = 32 };

struct trace_strip {
	unsigned char state;	/* private */
	unsigned char held_n;
	unsigned char held[TRACE_HELD_MAX];
};

void trace_strip_init(struct trace_strip *t);
/*
 * Takes octets off *in and returns the next piece to keep, which may be
 * empty; call again until *in is empty.  The piece borrows from *in or from
 * *t, until the next call.
 */
struct pop_span trace_strip(struct trace_strip *t, struct pop_span *in);
/* The message is over: what was held back, maybe empty. */
struct pop_span trace_strip_end(struct trace_strip *t);

/* ---- CRLF to LF ---------------------------------------------------------- */

/* zero it to begin */
struct trace_lf {
	unsigned char cr;	/* private: a CR is held back */
};

/* Writes the piece to `out`, which has room for piece.n + 1 octets and is
 * other memory, with LF for each CRLF; returns the count of octets. */
size_t trace_lf(struct trace_lf *t, struct pop_span piece,
    unsigned char *out);
/* The message is over: writes at most one octet. */
size_t trace_lf_end(struct trace_lf *t, unsigned char *out);

#endif
