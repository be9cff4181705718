/* SPDX-License-Identifier: ISC
 *
 * conn: reading and writing one connection, plain or TLS.
 *
 * Owns the descriptor and the SSL object.  Must not know protocols, wait,
 * or keep octets of its own.
 */
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/conn.h"
#include "net/loop.h"
#include "net/tls.h"
#include "net/tls_bio.h"

void
conn_init(struct conn *c, int fd)
{
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->want = LOOP_READ;
}

/* ---- plain ---- */

/* CONN_AGAIN or CONN_ERROR out of errno */
static int
plain_result(struct conn *c, unsigned want)
{
	c->why = NULL;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return CONN_ERROR;
	c->want = want;
	return CONN_AGAIN;
}

static ssize_t
plain_read(struct conn *c, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(c->fd, p, n);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return plain_result(c, LOOP_READ);
	if (got == 0)
		c->eof_clean = true;
	return got;
}

static ssize_t
plain_write(struct conn *c, const void *p, size_t n)
{
	ssize_t put;

	do
		put = send(c->fd, p, n, MSG_NOSIGNAL);
	while (put < 0 && errno == EINTR);
	return put < 0 ? plain_result(c, LOOP_WRITE) : put;
}

/* ---- TLS ---- */

/* What an SSL call that did not succeed means: 0 for the end of the stream,
 * CONN_AGAIN or CONN_ERROR. */
static int
tls_result(struct conn *c, int ret)
{
	int saved = errno;
	unsigned long e = ERR_peek_error();

	c->why = NULL;
	switch (SSL_get_error(c->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
		c->want = LOOP_READ;
		return CONN_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		c->want = LOOP_WRITE;
		return CONN_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		c->eof_clean = true;
		return 0;
	default:
		break;
	}
	c->broken = true;	/* not even close_notify after this */
	if (e == 0 || ERR_GET_REASON(e) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		/* the stream ended, or the socket failed */
		errno = saved;
		return e == 0 && saved != 0 ? CONN_ERROR : 0;
	}
	c->why = ERR_reason_error_string(e);
	errno = EPROTO;
	return CONN_ERROR;
}

/* OpenSSL reports through a queue of the thread and through errno: both must
 * be empty before a call whose failure is to be understood */
static void
tls_clear(void)
{
	ERR_clear_error();
	errno = 0;
}

static ssize_t
tls_read(struct conn *c, void *p, size_t n)
{
	size_t got;
	int ret;

	if (c->broken)
		return CONN_ERROR;
	tls_clear();
	ret = SSL_read_ex(c->ssl, p, n, &got);
	c->drained = ret <= 0;
	return ret > 0 ? (ssize_t)got : tls_result(c, ret);
}

static ssize_t
tls_write(struct conn *c, const void *p, size_t n)
{
	size_t put;
	int ret;

	if (c->broken)
		return CONN_ERROR;
	tls_clear();
	/* it takes one record at a time: segments need not end with each */
	tls_bio_more(SSL_get_wbio(c->ssl), n > SSL3_RT_MAX_PLAIN_LENGTH);
	ret = SSL_write_ex(c->ssl, p, n, &put);
	if (ret > 0)
		return (ssize_t)put;
	ret = tls_result(c, ret);
	return ret == 0 ? CONN_ERROR : ret;
}

int
conn_tls_accept(struct conn *c, struct tls_server *tls)
{
	c->ssl = tls_server_accept(tls, c->fd);
	if (c->ssl == NULL) {
		ERR_clear_error();
		return -1;
	}
	c->tls = tls_server_ref(tls);
	c->eof_clean = false;
	return 0;
}

/* A client's verification has refused everything else already, also on
 * resumption; whoever changes that must not find an open door here. */
static bool
is_verified(const SSL *ssl)
{
	return SSL_is_server(ssl) ||
	    (SSL_get0_peer_certificate(ssl) != NULL &&
	    SSL_get_verify_result(ssl) == X509_V_OK);
}

int
conn_handshake(struct conn *c)
{
	int ret;

	if (c->broken)
		return CONN_ERROR;
	tls_clear();
	ret = SSL_do_handshake(c->ssl);
	if (ret == 1 && !is_verified(c->ssl)) {
		c->broken = true;
		c->why = "the server's certificate is not verified";
		return CONN_ERROR;
	}
	if (ret == 1) {
		tls_server_unref(c->tls);	/* NULL on the client's side */
		c->tls = NULL;
		return 0;
	}
	ret = tls_result(c, ret);
	if (ret != 0)
		return ret;
	c->broken = true;
	c->why = "connection closed during the handshake";
	return CONN_ERROR;
}

const char *
conn_tls_version(const struct conn *c)
{
	return c->ssl != NULL ? SSL_get_version(c->ssl) : NULL;
}

const char *
conn_tls_cipher(const struct conn *c)
{
	return c->ssl != NULL ? SSL_get_cipher_name(c->ssl) : NULL;
}

/* ---- either ---- */

ssize_t
conn_read(struct conn *c, void *p, size_t n)
{
	return c->ssl != NULL ? tls_read(c, p, n) : plain_read(c, p, n);
}

ssize_t
conn_write(struct conn *c, const void *p, size_t n)
{
	return c->ssl != NULL ? tls_write(c, p, n) : plain_write(c, p, n);
}

/* a matter of speed only: where it cannot be had, packets are more */
void
conn_cork(struct conn *c, bool on)
{
	int v = on;

	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_CORK, &v, sizeof(v));
}

/* SIGPIPE cannot be told off here, as with send: the process ignores it */
ssize_t
conn_send_file(struct conn *c, int file, off_t at, size_t n)
{
	ssize_t put;

	assert(c->ssl == NULL);
	do
		put = sendfile(c->fd, file, &at, n);
	while (put < 0 && errno == EINTR);
	return put < 0 ? plain_result(c, LOOP_WRITE) : put;
}

size_t
conn_pending(const struct conn *c)
{
	int n;

	if (c->ssl == NULL || c->broken || c->drained)
		return 0;
	n = SSL_pending(c->ssl);
	if (n > 0)
		return (size_t)n;
	return SSL_has_pending(c->ssl) ? 1 : 0;
}

void
conn_close(struct conn *c)
{
	if (c->ssl != NULL) {
		tls_clear();
		if (!c->broken && SSL_is_init_finished(c->ssl))
			(void)SSL_shutdown(c->ssl);	/* best effort */
		SSL_free(c->ssl);
		ERR_clear_error();
		c->ssl = NULL;
	}
	tls_server_unref(c->tls);
	c->tls = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}
