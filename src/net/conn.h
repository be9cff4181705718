/* SPDX-License-Identifier: ISC
 *
 * conn: a byte stream to a peer, plain or TLS, without buffers of its own.
 *
 * Never blocks.  An idle connection costs this struct (and, with TLS, what
 * OpenSSL 3.0 keeps when its buffers are released: 13 to 14 KiB).  A plain
 * read is one read(2), a plain write one send(2).
 */
#ifndef RESTANTE_NET_CONN_H
#define RESTANTE_NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ssl_st;
struct tls_server;

enum { CONN_AGAIN = -1, CONN_ERROR = -2 };

struct conn {
	int fd;
	struct ssl_st *ssl;	/* NULL: plain */
	unsigned want;		/* LOOP_READ or LOOP_WRITE: what the last
				 * CONN_AGAIN waits for */
	bool eof_clean;		/* a read gave 0 after close_notify or FIN */
	bool broken;		/* private: TLS state is unusable */
	bool drained;		/* private: the last read gave CONN_AGAIN */
	struct tls_server *tls;	/* private: held during the handshake */
	const char *why;	/* static text for the last CONN_ERROR of TLS,
				 * or NULL: see errno */
};

/* takes over fd, which must be non-blocking */
void conn_init(struct conn *c, int fd);
/* octets > 0, 0 for the end, CONN_AGAIN, CONN_ERROR */
ssize_t conn_read(struct conn *c, void *p, size_t n);
/* octets > 0, CONN_AGAIN, CONN_ERROR; may take less than n (n > 0).  After
 * CONN_AGAIN the next call must offer the same octets again (at any address)
 * and may offer more behind them: a part may be encrypted already. */
ssize_t conn_write(struct conn *c, const void *p, size_t n);
/* Whether what does not fill a packet waits for more: until it is told
 * otherwise, or the kernel loses patience (200 ms).  Only without TLS. */
void conn_cork(struct conn *c, bool on);
/* Sends up to n > 0 octets of a file from `at` on, without reading them.  Only
 * without TLS.  Octets > 0, 0 when the file has no more, CONN_AGAIN,
 * CONN_ERROR. */
ssize_t conn_send_file(struct conn *c, int file, off_t at, size_t n);
/* Octets that conn_read may give without the socket being readable: not 0
 * after a read means read again before waiting.  TLS says 1 for a record it
 * has not opened yet.  Always 0 after conn_read gave CONN_AGAIN. */
size_t conn_pending(const struct conn *c);
/* TLS from now on. 0 or -1 (memory). Then conn_handshake until it is not
 * CONN_AGAIN: 0 done, CONN_ERROR.  The client's side begins with
 * conn_tls_connect (tls_client.h) and goes on in the same way. */
__attribute__((warn_unused_result))
int conn_tls_accept(struct conn *c, struct tls_server *tls);
int conn_handshake(struct conn *c);
/* close_notify when TLS is on (best effort, not waited for), then close */
void conn_close(struct conn *c);
/* "TLSv1.3" and cipher, or NULL */
const char *conn_tls_version(const struct conn *c);
const char *conn_tls_cipher(const struct conn *c);

#endif
