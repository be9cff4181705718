/* SPDX-License-Identifier: ISC
 *
 * peer: the server under test, as the runner of a transcript sees it: in
 * memory (engine.c) or behind sockets (sock.c).
 */
#ifndef WIRE_PEER_H
#define WIRE_PEER_H

#include "wire/case.h"

enum peer_recv { PEER_SILENT = -1, PEER_CLOSED = 0, PEER_DATA = 1 };

struct peer {
	const struct peer_ops *ops;
	bool adds_trace;	/* Return-Path... on top of what is stored */
	bool is_slow;		/* what a peer does takes a moment */
	unsigned line;		/* of the case, that opens a connection */
};

/* `why` collects what a person should read when -1 or NULL is returned */
struct peer_ops {
	/* makes the world of this case anew */
	int (*begin)(struct peer *p, const struct wire_case *c, uint64_t seed,
	    struct buf *why);
	void (*end)(struct peer *p);
	void *(*open)(struct peer *p, enum wire_proto proto,
	    enum wire_tls tls, struct buf *why);
	/* one piece; a server that has closed already is no error here */
	int (*send)(void *conn, struct pop_span piece, struct buf *why);
	/* appends to `in`; waits for at most timeout_ms */
	enum peer_recv (*recv)(void *conn, struct buf *in, int timeout_ms);
	/* version: 10 or 11 for WIRE_TLS_OLD. 0, or -1 not agreed, or -2 the
	 * handshake could not even be tried */
	int (*tls)(void *conn, enum wire_tls kind, unsigned version,
	    struct buf *why);
	/* aborts and frees */
	void (*close)(void *conn);
	/* -2 as begin: nobody can do that here */
	int (*store)(struct peer *p, const struct pop_span *words, size_t n,
	    struct buf *why);
	int (*count)(struct peer *p, struct pop_span user, uint64_t *n_r,
	    struct buf *why);
	int (*text)(struct peer *p, struct pop_span user, uint64_t number,
	    struct buf *out, struct buf *why);
};

/* says why and returns -1 */
static inline int
peer_why(struct buf *why, const char *what)
{
	/* without memory the failure stays, its reason is lost */
	if (buf_append_str(why, what) != 0)
		why->n = 0;
	return -1;
}

/* what a POP3 connection is, where a case just says `connect` */
enum sock_wrap {
	SOCK_CLEAR,
	SOCK_STLS,		/* STLS comes before the case's first line */
	SOCK_TLS_PORT
};

struct sock_target {
	const char *host;
	const char *port[3];		/* by enum wire_proto, or NULL */
	const char *tls_port;		/* POP3 with TLS at once, or NULL */
	const char *from;		/* address to connect from, or NULL */
	const char *action;		/* socket for store and stored */
	/* Who must be behind TLS. tls_name NULL: nobody in particular */
	const char *tls_name;
	const char *ca_file;		/* NULL: the system's */
	enum sock_wrap wrap;
};

/* NULL: no memory, or the ca_file cannot be read */
struct peer *sock_new(const struct sock_target *t);
void sock_wrap(struct peer *p, enum sock_wrap wrap);
void sock_free(struct peer *p);

#endif
