/* SPDX-License-Identifier: ISC
 *
 * sock: a server behind sockets; what sock.c, sock_tls.c and sock_action.c
 * share.
 */
#ifndef WIRE_SOCK_H
#define WIRE_SOCK_H

#include <openssl/ssl.h>

#include "wire/peer.h"

struct sock {
	struct peer peer;
	struct sock_target to;
	const struct wire_case *c;
	SSL_CTX *tls;
};

struct sock_conn {
	struct sock *s;
	int fd;
	SSL *ssl;		/* NULL: clear text */
	struct buf early;	/* read while a write was stuck */
	bool eof;
	bool broken_end;	/* TLS ended without close_notify */
};

enum {
	SOCK_STUCK_MS = 300, SOCK_SEND_MS = 30000, SOCK_CONNECT_MS = 10000
};

/* 1 ready, 0 not in time */
int sock_wait(int fd, short events, int timeout_ms);
int64_t sock_now_ms(void);

/* sock_tls.c */
/* NULL: memory, or no ca_file */
SSL_CTX *sock_tls_context(const struct sock_target *to);
int sock_tls_start(struct sock_conn *k, enum wire_tls kind, unsigned version,
    struct buf *why);

/* sock_action.c: has somebody do it; appends what he answers. 0, -1, or -2:
 * such a thing cannot be done there */
int sock_action(const struct sock *s, const char *verb,
    const struct pop_span *words, size_t n, struct buf *out,
    struct buf *why);

#endif
