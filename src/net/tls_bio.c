/* SPDX-License-Identifier: ISC
 *
 * tls_bio: reads and writes a socket for OpenSSL, whose own socket BIO calls
 * write(2), which raises SIGPIPE.
 *
 * Owns nothing: the descriptor is conn's.
 */
#include <sys/socket.h>

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

#include "net/tls_bio.h"

static BIO_METHOD *method;	/* for ever */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int
sock_result(BIO *b, ssize_t n)
{
	BIO_clear_retry_flags(b);
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* the descriptor, and in the lowest bit whether more is about to follow */
static intptr_t
pack(int fd, bool more)
{
	return (intptr_t)fd * 2 + more;
}

static int
fd_of(BIO *b)
{
	return (int)((intptr_t)BIO_get_data(b) / 2);
}

void
tls_bio_more(BIO *b, bool more)
{
	BIO_set_data(b, (void *)pack(fd_of(b), more));
}

static int
sock_write(BIO *b, const char *p, int n)
{
	int flags = (intptr_t)BIO_get_data(b) & 1 ? MSG_MORE : 0;
	ssize_t put;

	do
		put = send(fd_of(b), p, (size_t)n, MSG_NOSIGNAL | flags);
	while (put < 0 && errno == EINTR);
	if (sock_result(b, put))
		BIO_set_retry_write(b);
	return (int)put;
}

static int
sock_read(BIO *b, char *p, int n)
{
	ssize_t got;

	do
		got = read(fd_of(b), p, (size_t)n);
	while (got < 0 && errno == EINTR);
	if (sock_result(b, got))
		BIO_set_retry_read(b);
	if (got == 0)
		BIO_set_flags(b, BIO_FLAGS_IN_EOF);
	return (int)got;
}

static long
sock_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)num;
	(void)ptr;
	if (cmd == BIO_CTRL_EOF)
		return BIO_test_flags(b, BIO_FLAGS_IN_EOF) != 0;
	return cmd == BIO_CTRL_FLUSH;
}

static void
make_method(void)
{
	BIO_METHOD *m;

	m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(),
	    "connection");
	if (m == NULL || !BIO_meth_set_write(m, sock_write) ||
	    !BIO_meth_set_read(m, sock_read) ||
	    !BIO_meth_set_ctrl(m, sock_ctrl)) {
		BIO_meth_free(m);
		return;
	}
	method = m;
}

BIO *
tls_bio(int fd)
{
	BIO *b;

	if (pthread_once(&once, make_method) != 0 || method == NULL)
		return NULL;
	b = BIO_new(method);
	if (b == NULL)
		return NULL;
	BIO_set_data(b, (void *)pack(fd, false));
	BIO_set_init(b, 1);
	return b;
}
