/* SPDX-License-Identifier: ISC
 *
 * sock.c: the peer behind sockets: connects, writes pieces as they are
 * given, reads what comes.  It waits for sockets, never for time.
 */
#include "wire/sock.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/num.h"
#include "wire/text.h"

enum { GREETING_MAX = 1 << 16 };

static struct sock *
sock_of(struct peer *p)
{
	return (struct sock *)p;
}

int64_t
sock_now_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		abort();
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
sock_wait(int fd, short events, int timeout_ms)
{
	int64_t end = sock_now_ms() + timeout_ms;
	struct pollfd p = { .fd = fd, .events = events };
	int rc;

	do {
		int64_t left = end - sock_now_ms();

		rc = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (rc < 0 && errno == EINTR);
	return rc > 0;
}

/* ---- connecting ---------------------------------------------------------- */

static int
bind_from(int fd, const char *from, int family)
{
	struct addrinfo hints = { .ai_family = family,
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST }, *a;
	int rc;

	if (from == NULL)
		return 0;
	if (getaddrinfo(from, NULL, &hints, &a) != 0)
		return -1;
	rc = bind(fd, a->ai_addr, a->ai_addrlen);
	freeaddrinfo(a);
	return rc;
}

/* 0, or errno */
static int
connect_one(int fd, const struct addrinfo *a)
{
	socklen_t n = sizeof(int);
	int e = 0;

	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS && errno != EAGAIN)
		return errno;
	if (!sock_wait(fd, POLLOUT, SOCK_CONNECT_MS))
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) == 0 ? e : errno;
}

static int
connect_to(const struct sock_target *to, const char *port, struct buf *why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all, *a;
	int fd = -1, one = 1, e;

	e = getaddrinfo(to->host, port, &hints, &all);
	if (e != 0)
		return peer_why(why, gai_strerror(e));
	for (a = all; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family,
		    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0 || bind_from(fd, to->from, a->ai_family) != 0)
			e = errno;
		else
			e = connect_one(fd, a);
		if (e == 0 && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof one) == 0)
			break;
		if (fd >= 0)
			(void)close(fd);
		fd = -1;
	}
	freeaddrinfo(all);
	return fd >= 0 ? fd : peer_why(why, strerror(e));
}

static void
conn_close(void *conn)
{
	const struct linger abort_it = { .l_onoff = 1, .l_linger = 0 };
	struct sock_conn *k = conn;

	/* an ordinary end is an ordinary close; anything else is an abort */
	if (!k->eof)
		(void)setsockopt(k->fd, SOL_SOCKET, SO_LINGER, &abort_it,
		    sizeof abort_it);
	SSL_free(k->ssl);
	if (k->fd >= 0)
		(void)close(k->fd);
	buf_release(&k->early);
	free(k);
}

/* ---- octets -------------------------------------------------------------- */

/* what one read gave: > 0 octets, 0 the end, -1 nothing now */
static int
read_some(struct sock_conn *k, unsigned char *p, int size)
{
	ssize_t n;
	int rc;

	if (k->ssl == NULL) {
		n = recv(k->fd, p, (size_t)size, MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return -1;
		return n > 0 ? (int)n : 0;
	}
	ERR_clear_error();
	rc = SSL_read(k->ssl, p, size);
	if (rc > 0)
		return rc;
	switch (SSL_get_error(k->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		k->broken_end = true;
		return 0;
	}
}

static enum peer_recv
read_into(struct sock_conn *k, struct buf *in)
{
	unsigned char piece[16384];
	int n = read_some(k, piece, sizeof piece);

	if (n < 0)
		return PEER_SILENT;
	if (n == 0) {
		k->eof = true;
		return PEER_CLOSED;
	}
	return buf_append(in, piece, (size_t)n) == 0 ? PEER_DATA :
	    PEER_SILENT;
}

static enum peer_recv
sock_recv(void *conn, struct buf *in, int timeout_ms)
{
	struct sock_conn *k = conn;
	int64_t end = sock_now_ms() + timeout_ms;
	enum peer_recv got;

	if (k->early.n > 0) {
		if (buf_append(in, k->early.p, k->early.n) != 0)
			return PEER_SILENT;
		k->early.n = 0;
		return PEER_DATA;
	}
	if (k->eof)
		return PEER_CLOSED;
	for (;;) {
		int64_t left = end - sock_now_ms();

		got = read_into(k, in);
		if (got != PEER_SILENT)
			return got;
		if (left <= 0 || !sock_wait(k->fd, POLLIN, (int)left))
			return PEER_SILENT;
	}
}

/* 0 nothing went out now, < 0 never will */
static int
write_some(struct sock_conn *k, struct pop_span piece)
{
	ssize_t n;
	int rc;

	if (k->ssl == NULL) {
		n = send(k->fd, piece.p, piece.n,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		return n > 1 << 30 ? 1 << 30 : (int)n;
	}
	ERR_clear_error();
	rc = SSL_write(k->ssl, piece.p,
	    piece.n > 1 << 30 ? 1 << 30 : (int)piece.n);
	if (rc > 0)
		return rc;
	rc = SSL_get_error(k->ssl, rc);
	return rc == SSL_ERROR_WANT_WRITE || rc == SSL_ERROR_WANT_READ ? 0 :
	    -1;
}

/*
 * Does not read while it can write: a client that pipelines need not either
 * .  Only when the server takes nothing more for a while it reads, as
 * RFC 2449 section 6.6 expects of it.
 */
static int
sock_send(void *conn, struct pop_span piece, struct buf *why)
{
	struct sock_conn *k = conn;
	int64_t end = sock_now_ms() + SOCK_SEND_MS;

	while (piece.n > 0 && !k->eof) {
		int n = write_some(k, piece);

		if (n < 0)	/* it has closed: what it said can be read */
			return 0;
		span_skip(&piece, (size_t)n);
		if (n > 0)
			continue;
		/* TLS may wait for the server though the socket is ready */
		if (sock_now_ms() > end)
			return peer_why(why, "the server takes nothing");
		if (!sock_wait(k->fd, POLLOUT, SOCK_STUCK_MS))
			(void)read_into(k, &k->early);
	}
	return 0;
}

/* a line into `in`, which was empty; nothing may stand behind it */
static int
read_line(struct sock_conn *k, struct buf *in, struct buf *why)
{
	while (in->n == 0 || in->p[in->n - 1] != '\n') {
		if (in->n > POP_REPLY_MAX)
			return peer_why(why, "a line that is too long");
		if (sock_recv(k, in, SOCK_CONNECT_MS) != PEER_DATA)
			return peer_why(why, "no greeting");
	}
	/* what came in clear must not be heard as if TLS were around it */
	if (memchr(in->p, '\n', in->n) != in->p + in->n - 1)
		return peer_why(why, "octets nobody asked for, before TLS");
	return 0;
}

/* The greeting, STLS, the handshake; the greeting will be read once more. */
static int
open_stls(struct sock_conn *k, struct buf *why)
{
	struct buf greeting, reply;
	int rc;

	buf_init(&greeting, GREETING_MAX);
	buf_init(&reply, GREETING_MAX);
	rc = read_line(k, &greeting, why);
	if (rc == 0)
		rc = sock_send(k, span_str("STLS\r\n"), why);
	if (rc == 0)
		rc = read_line(k, &reply, why);
	if (rc == 0 && (reply.n < 3 || memcmp(reply.p, "+OK", 3) != 0))
		rc = peer_why(why, "STLS is refused");
	if (rc == 0)
		rc = sock_tls_start(k, WIRE_TLS, 0, why) == 0 ? 0 : -1;
	if (rc == 0)
		rc = buf_append(&k->early, greeting.p, greeting.n);
	buf_release(&greeting);
	buf_release(&reply);
	return rc;
}

static void *
sock_open(struct peer *p, enum wire_proto proto, enum wire_tls tls,
    struct buf *why)
{
	struct sock *s = sock_of(p);
	enum sock_wrap wrap = proto == WIRE_POP3 && tls == WIRE_PLAIN ?
	    s->to.wrap : SOCK_CLEAR;
	const char *port = tls == WIRE_PLAIN && wrap != SOCK_TLS_PORT ?
	    s->to.port[proto] : s->to.tls_port;
	struct sock_conn *k = calloc(1, sizeof *k);
	int rc = 0;

	if (k == NULL || port == NULL) {
		(void)peer_why(why, "no port for this");
		free(k);
		return NULL;
	}
	k->s = s;
	buf_init(&k->early, (size_t)TEXT_MAX * 2);
	k->fd = connect_to(&s->to, port, why);
	if (k->fd < 0) {
		free(k);
		return NULL;
	}
	if (wrap == SOCK_TLS_PORT)
		tls = WIRE_TLS;
	if (tls == WIRE_TLS || tls == WIRE_TLS_CERT)
		rc = sock_tls_start(k, tls, 0, why);
	else if (wrap == SOCK_STLS)
		rc = open_stls(k, why);
	if (rc == 0)
		return k;
	conn_close(k);
	return NULL;
}

static int
sock_tls(void *conn, enum wire_tls kind, unsigned version, struct buf *why)
{
	struct sock_conn *k = conn;

	if (k->ssl != NULL)
		return peer_why(why, "TLS is on already");
	return sock_tls_start(k, kind, version, why);
}

/* ---- the world ----------------------------------------------------------- */

/* Fresh maildrops are the business of whoever runs us: `begin FILE`. */
static int
sock_begin(struct peer *p, const struct wire_case *c, uint64_t seed,
    struct buf *why)
{
	struct sock *s = sock_of(p);
	struct pop_span path = span_str(c->path);
	struct buf out;
	int rc;

	(void)seed;
	s->c = c;
	if (s->to.action == NULL)
		return 0;
	buf_init(&out, TEXT_MAX);
	rc = sock_action(s, "begin", &path, 1, &out, why);
	buf_release(&out);
	return rc;
}

static void
sock_end(struct peer *p)
{
	sock_of(p)->c = NULL;
}

static int
sock_store(struct peer *p, const struct pop_span *words, size_t n,
    struct buf *why)
{
	struct buf out, verb;
	int rc = -1;

	buf_init(&out, TEXT_MAX);
	buf_init(&verb, 64);
	if (buf_append(&verb, words[0].p, words[0].n) == 0 &&
	    buf_append(&verb, "", 1) == 0)
		rc = sock_action(sock_of(p), (char *)verb.p, words + 1,
		    n - 1, &out, why);
	buf_release(&verb);
	buf_release(&out);
	return rc;
}

static int
sock_count(struct peer *p, struct pop_span user, uint64_t *n_r,
    struct buf *why)
{
	struct buf out;
	int rc;

	buf_init(&out, TEXT_MAX);
	rc = sock_action(sock_of(p), "count", &user, 1, &out, why);
	if (rc == 0 && out.n > 0 && out.p[out.n - 1] == '\n')
		out.n--;
	if (rc == 0 && num_parse_u64(buf_span(&out), UINT64_MAX, n_r) != 0)
		rc = peer_why(why, "`count` did not print a number");
	buf_release(&out);
	return rc;
}

static int
sock_text(struct peer *p, struct pop_span user, uint64_t number,
    struct buf *out, struct buf *why)
{
	unsigned char digits[NUM_U64_DIGITS];
	struct pop_span words[2] = { user,
	    { digits, num_format_u64(digits, number) } };

	return sock_action(sock_of(p), "text", words, 2, out, why);
}

struct peer *
sock_new(const struct sock_target *t)
{
	static const struct peer_ops ops = {
		.begin = sock_begin, .end = sock_end, .open = sock_open,
		.send = sock_send, .recv = sock_recv, .tls = sock_tls,
		.close = conn_close, .store = sock_store,
		.count = sock_count, .text = sock_text,
	};
	struct sock *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->peer = (struct peer){ .ops = &ops, .adds_trace = true,
	    .is_slow = true };
	s->to = *t;
	s->tls = sock_tls_context(t);
	if (s->tls == NULL) {
		free(s);
		return NULL;
	}
	return &s->peer;
}

void
sock_wrap(struct peer *p, enum sock_wrap wrap)
{
	sock_of(p)->to.wrap = wrap;
}

void
sock_free(struct peer *p)
{
	SSL_CTX_free(sock_of(p)->tls);
	free(sock_of(p));
}
