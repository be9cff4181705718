/* SPDX-License-Identifier: ISC
 *
 * test_conn: octets through plain and TLS connections: none lost at any
 * split, the kinds of end told apart, and no system call in vain (read and
 * send are counted by wrappers).
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>

#include <cmocka.h>

#include "net/loop.h"
#include "tls_fixture.h"

static unsigned reads, sends, interrupts;

ssize_t __real_read(int, void *, size_t);
ssize_t __wrap_read(int, void *, size_t);
ssize_t __real_send(int, const void *, size_t, int);
ssize_t __wrap_send(int, const void *, size_t, int);

ssize_t
__wrap_read(int fd, void *p, size_t n)
{
	reads++;
	if (interrupts > 0) {
		interrupts--;
		errno = EINTR;
		return -1;
	}
	return __real_read(fd, p, n);
}

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags)
{
	sends++;
	assert_true(flags & MSG_NOSIGNAL);
	if (interrupts > 0) {
		interrupts--;
		errno = EINTR;
		return -1;
	}
	return __real_send(fd, p, n, flags);
}

static struct fixture_cert cert;
static struct tls_server *tls;
static SSL_CTX *ctx[2];		/* TLS 1.2, TLS 1.3 */

/* ---- plain ---- */

static void
test_plain(void **state)
{
	struct conn s;
	char buf[16];
	int sv[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0, sv), 0);
	conn_init(&s, sv[0]);
	reads = sends = 0;
	assert_int_equal(conn_read(&s, buf, sizeof(buf)), CONN_AGAIN);
	assert_int_equal(s.want, LOOP_READ);
	assert_int_equal(send(sv[1], "STAT\r\n", 6, MSG_NOSIGNAL), 6);
	sends = 0;
	assert_int_equal(conn_read(&s, buf, sizeof(buf)), 6);
	assert_int_equal(conn_pending(&s), 0);
	assert_int_equal(conn_write(&s, "+OK\r\n", 5), 5);
	assert_int_equal(reads, 2);
	assert_int_equal(sends, 1);
	assert_null(conn_tls_version(&s));
	assert_null(conn_tls_cipher(&s));
	interrupts = 2;
	assert_int_equal(conn_write(&s, "+OK\r\n", 5), 5);
	interrupts = 2;
	assert_int_equal(shutdown(sv[1], SHUT_WR), 0);
	assert_int_equal(conn_read(&s, buf, sizeof(buf)), 0);
	assert_true(s.eof_clean);
	/* nobody reads any more: an error, not a signal */
	close(sv[1]);
	assert_int_equal(conn_write(&s, "x", 1), CONN_ERROR);
	assert_int_equal(errno, EPIPE);
	conn_close(&s);
	assert_int_equal(s.fd, -1);
	assert_int_equal(fcntl(sv[0], F_GETFD), -1);
	conn_close(&s);
}

static void
test_plain_full(void **state)
{
	static char block[65536];
	struct conn s;
	ssize_t n;
	int sv[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0, sv), 0);
	conn_init(&s, sv[0]);
	while ((n = conn_write(&s, block, sizeof(block))) > 0)
		;
	assert_int_equal(n, CONN_AGAIN);
	assert_int_equal(s.want, LOOP_WRITE);
	close(sv[1]);
	conn_close(&s);
}

/* A file by parts: each octet once, whatever the peer takes; its end is told
 * from a full socket, and nobody there is an error. */
static void
test_send_file(void **state)
{
	enum { SIZE = 400000, AT = 7 };
	struct conn s;
	unsigned char *octets = malloc(SIZE), *got = malloc(SIZE);
	int sv[2], file = memfd_create("file", MFD_CLOEXEC);
	off_t at = AT;
	size_t n = 0;
	ssize_t r;

	(void)state;
	assert_true(file >= 0 && octets != NULL && got != NULL);
	for (size_t i = 0; i < SIZE; i++)
		octets[i] = (unsigned char)(i * 7 + i / 251);
	assert_int_equal(write(file, octets, SIZE), SIZE);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0, sv), 0);
	conn_init(&s, sv[0]);
	conn_cork(&s, true);		/* this socket cannot: no matter */
	assert_int_equal(conn_write(&s, "+OK\r\n", 5), 5);
	assert_int_equal(read(sv[1], got, 5), 5);
	while ((r = conn_send_file(&s, file, at, SIZE)) != 0) {
		if (r == CONN_AGAIN) {
			assert_int_equal(s.want, LOOP_WRITE);
			r = read(sv[1], got + n, SIZE - n);
			assert_true(r > 0);
			n += (size_t)r;
		} else {
			assert_true(r > 0);
			at += r;
		}
	}
	conn_cork(&s, false);
	assert_int_equal(at, SIZE);
	while (n < SIZE - AT && (r = read(sv[1], got + n, SIZE - n)) > 0)
		n += (size_t)r;
	assert_int_equal(n, SIZE - AT);
	assert_memory_equal(got, octets + AT, n);
	assert_int_equal(read(sv[1], got, 1), -1);
	close(sv[1]);
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(conn_send_file(&s, file, 0, SIZE), CONN_ERROR);
	assert_int_equal(errno, EPIPE);
	(void)signal(SIGPIPE, SIG_DFL);
	conn_close(&s);
	close(file);
	free(octets);
	free(got);
}

/* a reset is no end */
static void
test_reset(void **state)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct linger none = { 1, 0 };
	socklen_t len = sizeof(sin);
	struct conn s;
	char buf[8];
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    c = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(bind(l, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&sin, &len), 0);
	assert_int_equal(connect(c, (struct sockaddr *)&sin, len), 0);
	conn_init(&s, accept(l, NULL, NULL));
	assert_int_equal(setsockopt(c, SOL_SOCKET, SO_LINGER, &none,
	    sizeof(none)), 0);
	close(c);
	assert_int_equal(conn_read(&s, buf, sizeof(buf)), CONN_ERROR);
	assert_int_equal(errno, ECONNRESET);
	assert_false(s.eof_clean);
	conn_close(&s);
	close(l);
}

/* ---- TLS ---- */

static void
meet(int version, struct client *c, struct conn *s)
{
	char buf[1];

	client_start(c, ctx[version], NULL, s, tls);
	assert_true(client_handshake(c, s));
	/* the client takes the ticket */
	assert_int_equal(SSL_read(c->ssl, buf, 1), -1);
}

static void
test_tls_calls(void **state)
{
	struct client c;
	struct conn s;
	char buf[64];
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		client_start(&c, ctx[v], NULL, &s, tls);
		reads = sends = 0;
		assert_int_equal(SSL_do_handshake(c.ssl), -1);
		assert_int_equal(conn_handshake(&s), CONN_AGAIN);
		assert_int_equal(sends, 1);	/* the whole flight */
		(void)SSL_do_handshake(c.ssl);
		assert_int_equal(conn_handshake(&s), 0);
		assert_int_equal(sends, 2);	/* Finished or the ticket */
		(void)SSL_do_handshake(c.ssl);
		/* hello, "no more", and one for each record that follows */
		assert_true(reads <= 4);
		/* a command and its answer: one call each */
		assert_int_equal(SSL_write(c.ssl, "STAT\r\n", 6), 6);
		reads = sends = 0;
		assert_int_equal(conn_read(&s, buf, sizeof(buf)), 6);
		assert_int_equal(conn_pending(&s), 0);
		assert_int_equal(conn_write(&s, "+OK 0 0\r\n", 9), 9);
		assert_int_equal(reads, 1);
		assert_int_equal(sends, 1);
		conn_close(&s);
		client_drop(&c);
	}
}

/* two records in one segment: the second one must not wait for the socket */
static void
test_pending(void **state)
{
	struct client c;
	struct conn s;
	char buf[64];
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		meet(v, &c, &s);
		assert_int_equal(conn_pending(&s), 0);
		assert_int_equal(SSL_write(c.ssl, "USER a\r\n", 8), 8);
		assert_int_equal(SSL_write(c.ssl, "PASS b\r\n", 8), 8);
		assert_int_equal(conn_read(&s, buf, 5), 5);
		assert_int_equal(conn_pending(&s), 3);
		assert_int_equal(conn_read(&s, buf, sizeof(buf)), 3);
		assert_true(conn_pending(&s) > 0);
		reads = 0;
		assert_int_equal(conn_read(&s, buf, sizeof(buf)), 8);
		assert_int_equal(reads, 0);
		assert_memory_equal(buf, "PASS b\r\n", 8);
		assert_int_equal(conn_pending(&s), 0);
		conn_close(&s);
		client_drop(&c);
	}
}

/* half a record behind a whole one: pending says read, the read says wait,
 * and then pending does not say read again for ever */
static void
test_pending_half(void **state)
{
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	struct client c;
	struct conn s;
	char buf[512];
	int n;

	(void)state;
	meet(1, &c, &s);
	SSL_set_bio(c.ssl, in, out);
	assert_int_equal(SSL_write(c.ssl, "USER a\r\n", 8), 8);
	assert_int_equal(SSL_write(c.ssl, "PASS b\r\n", 8), 8);
	n = BIO_read(out, buf, sizeof(buf));
	assert_true(n > 20);
	assert_int_equal(send(c.fd, buf, (size_t)n - 4, MSG_NOSIGNAL), n - 4);
	assert_int_equal(conn_read(&s, (char[64]){ 0 }, 64), 8);
	assert_true(conn_pending(&s) > 0);
	assert_int_equal(conn_read(&s, (char[64]){ 0 }, 64), CONN_AGAIN);
	assert_int_equal(conn_pending(&s), 0);
	assert_int_equal(send(c.fd, buf + n - 4, 4, MSG_NOSIGNAL), 4);
	assert_int_equal(conn_read(&s, (char[64]){ 0 }, 64), 8);
	assert_int_equal(conn_pending(&s), 0);
	conn_close(&s);
	client_drop(&c);
}

/* A megabyte against a client that reads late: after CONN_AGAIN the same
 * octets come again from another address, with more behind them. */
static void
test_tls_stream(void **state)
{
	enum { TOTAL = 1 << 20 };
	unsigned char *out = malloc(TOTAL), *in = malloc(TOTAL), *copy;
	size_t sent = 0, got = 0, n, i;
	struct client c;
	struct conn s;
	ssize_t put;
	int v, r;

	(void)state;
	assert_non_null(out);
	assert_non_null(in);
	for (i = 0; i < TOTAL; i++)
		out[i] = (unsigned char)(i * 31 + (i >> 8));
	for (v = 0; v < 2; v++) {
		meet(v, &c, &s);
		for (sent = got = 0, n = 1000; got < TOTAL;) {
			if (n > TOTAL - sent)
				n = TOTAL - sent;
			copy = n > 0 ? malloc(n) : NULL;
			if (copy != NULL)
				memcpy(copy, out + sent, n);
			put = n > 0 ? conn_write(&s, copy, n) : CONN_AGAIN;
			free(copy);
			assert_int_not_equal(put, CONN_ERROR);
			if (put > 0) {
				sent += (size_t)put;
				n = 1 + (sent * 7) % 50000;
				continue;
			}
			if (n > 0)
				assert_int_equal(s.want, LOOP_WRITE);
			n += 100;
			r = SSL_read(c.ssl, in + got, 30000);
			if (r > 0)
				got += (size_t)r;
		}
		assert_memory_equal(in, out, TOTAL);
		/* and the other way */
		for (sent = got = 0; got < TOTAL;) {
			r = SSL_write(c.ssl, out + sent, (int)(TOTAL - sent >
			    5000 ? 5000 : TOTAL - sent));
			if (r > 0)
				sent += (size_t)r;
			do {
				put = conn_read(&s, in + got, 777);
				if (put > 0)
					got += (size_t)put;
			} while (put > 0 && got + 777 < TOTAL);
			assert_int_not_equal(put, CONN_ERROR);
			if (got + 777 >= TOTAL && got < TOTAL) {
				put = conn_read(&s, in + got, TOTAL - got);
				if (put > 0)
					got += (size_t)put;
			}
		}
		assert_memory_equal(in, out, TOTAL);
		conn_close(&s);
		client_drop(&c);
	}
	free(out);
	free(in);
}

/* ---- ends ---- */

static void
test_tls_clean_end(void **state)
{
	struct client c;
	struct conn s;
	char buf[8];
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		meet(v, &c, &s);
		assert_int_equal(SSL_write(c.ssl, "QUIT\r\n", 6), 6);
		assert_int_equal(SSL_shutdown(c.ssl), 0);
		assert_int_equal(conn_read(&s, buf, sizeof(buf)), 6);
		assert_int_equal(conn_read(&s, buf, sizeof(buf)), 0);
		assert_true(s.eof_clean);
		/* we may still answer */
		assert_int_equal(conn_write(&s, "+OK\r\n", 5), 5);
		conn_close(&s);
		assert_int_equal(SSL_read(c.ssl, buf, sizeof(buf)), 5);
		/* and say goodbye ourselves */
		assert_int_equal(SSL_read(c.ssl, buf, sizeof(buf)), 0);
		assert_int_equal(SSL_get_error(c.ssl, 0),
		    SSL_ERROR_ZERO_RETURN);
		client_drop(&c);
	}
}

/* cut off: an end, but not a clean one (what was read may be truncated) */
static void
test_tls_cut(void **state)
{
	struct client c;
	struct conn s;
	char buf[8];
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		meet(v, &c, &s);
		assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
		assert_int_equal(conn_read(&s, buf, sizeof(buf)), 0);
		assert_false(s.eof_clean);
		assert_int_equal(conn_pending(&s), 0);
		conn_close(&s);
		client_drop(&c);
	}
}

static void
test_tls_write_to_nobody(void **state)
{
	struct client c;
	struct conn s;
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		meet(v, &c, &s);
		client_drop(&c);
		assert_int_equal(conn_write(&s, "x", 1), CONN_ERROR);
		assert_int_equal(errno, EPIPE);
		assert_null(s.why);
		conn_close(&s);
	}
}

/* a record that was changed on its way */
static void
test_tls_forged(void **state)
{
	static const char record[] = "\x17\x03\x03\0\x20"
	    "0123456789abcdef0123456789abcdef";
	struct client c;
	struct conn s;
	char buf[8];
	int v;

	(void)state;
	for (v = 0; v < 2; v++) {
		meet(v, &c, &s);
		assert_int_equal(send(c.fd, record, sizeof(record) - 1,
		    MSG_NOSIGNAL), sizeof(record) - 1);
		assert_int_equal(conn_read(&s, buf, sizeof(buf)),
		    CONN_ERROR);
		assert_non_null(s.why);
		assert_int_equal(ERR_peek_error() != 0 &&
		    conn_read(&s, buf, sizeof(buf)) != CONN_ERROR, 0);
		conn_close(&s);
		assert_int_equal(ERR_peek_error(), 0);
		client_drop(&c);
	}
}

/* an error of one connection is not taken for one of the next: OpenSSL's
 * queue of errors belongs to the thread */
static void
test_errors_stay_apart(void **state)
{
	struct client c, d;
	struct conn s, u;
	char buf[8];

	(void)state;
	meet(0, &c, &s);
	meet(1, &d, &u);
	assert_int_equal(send(c.fd, "nonsense", 8, MSG_NOSIGNAL), 8);
	assert_int_equal(conn_read(&s, buf, sizeof(buf)), CONN_ERROR);
	assert_int_equal(conn_read(&u, buf, sizeof(buf)), CONN_AGAIN);
	assert_int_equal(SSL_write(d.ssl, "NOOP\r\n", 6), 6);
	assert_int_equal(conn_read(&u, buf, sizeof(buf)), 6);
	conn_close(&s);
	conn_close(&u);
	client_drop(&c);
	client_drop(&d);
}

static int
set_up(void **state)
{
	const char *error = "";
	struct tls_pem pem;

	(void)state;
	cert = fixture_cert("localhost", NULL, -1, 9, NULL);
	pem = fixture_pem(&cert);
	tls = tls_server_new(&pem, 1, "pop3", &error);
	ctx[0] = client_ctx(TLS1_2_VERSION, TLS1_2_VERSION);
	ctx[1] = client_ctx(TLS1_3_VERSION, TLS1_3_VERSION);
	return tls != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	tls_server_unref(tls);
	SSL_CTX_free(ctx[0]);
	SSL_CTX_free(ctx[1]);
	fixture_cert_done(&cert);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_plain_full),
		cmocka_unit_test(test_send_file),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_tls_calls),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_pending_half),
		cmocka_unit_test(test_tls_stream),
		cmocka_unit_test(test_tls_clean_end),
		cmocka_unit_test(test_tls_cut),
		cmocka_unit_test(test_tls_write_to_nobody),
		cmocka_unit_test(test_tls_forged),
		cmocka_unit_test(test_errors_stay_apart),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
