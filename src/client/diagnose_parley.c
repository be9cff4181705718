/* SPDX-License-Identifier: ISC
 *
 * diagnose_parley: one connection to the server, read line by line; each wait
 * has an end.  Owns the socket and its TLS.  Must not judge what is said, and
 * never decides that something secret may be sent: see parley_tls.
 */
#include "client/diagnose_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#include "net/loop.h"
#include "proto/capa_read.h"

enum { IN_OCTETS = 64 << 10, PIECE = 16384, ROWS_MAX = 2000000 };

uint64_t
diagnose_now_us(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		abort();
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- waiting ---- */

static int
fail(struct parley *t, const char *text)
{
	if (t->error[0] == '\0')
		(void)text_format(t->error, sizeof(t->error), "%s", text);
	return -1;
}

/* Until the socket is ready, `end` at most. */
static int
wait_until(struct parley *t, unsigned want, uint64_t end_ms)
{
	struct pollfd p = { .fd = t->conn.fd,
		.events = want == LOOP_WRITE ? POLLOUT : POLLIN };
	int r;

	do {
		uint64_t now = diagnose_now_us() / 1000;

		r = poll(&p, 1, now < end_ms ? (int)(end_ms - now) : 0);
	} while (r < 0 && errno == EINTR);
	return r > 0 ? 0 : fail(t, "the server does not answer in time");
}

uint64_t
diagnose_patience(const struct diagnose *d, uint64_t ms)
{
	uint64_t asked = (uint64_t)d->account.timeout * 1000;

	return asked > 0 && asked < ms ? asked : ms;
}

/* until when: an answer has its time, and the whole has one, which a server
 * that sends an octet now and then must not stretch */
static uint64_t
patience(const struct parley *t)
{
	uint64_t end = diagnose_now_us() / 1000 +
	    diagnose_patience(t->d, TALK_MS);

	return end < t->d->end_ms ? end : t->d->end_ms;
}

/* ---- connecting ---- */

static int
connect_to(struct parley *t, const struct place *place, unsigned port)
{
	struct sockaddr_storage addr = place->addr;
	int fd, one = 1, error = 0;
	socklen_t len = sizeof(error);

	if (addr.ss_family == AF_INET)
		((struct sockaddr_in *)(void *)&addr)->sin_port =
		    htons((uint16_t)port);
	else
		((struct sockaddr_in6 *)(void *)&addr)->sin6_port =
		    htons((uint16_t)port);
	fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(t, strerror(errno));
	conn_init(&t->conn, fd);
	t->open = true;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0)
		return fail(t, strerror(errno));
	if (connect(fd, (const struct sockaddr *)&addr, place->len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return fail(t, strerror(errno));
	if (wait_until(t, LOOP_WRITE, patience(t)) != 0)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	return error == 0 ? 0 : fail(t, strerror(error));
}

int
parley_open(struct parley *t, struct diagnose *d, struct gate *g)
{
	memset(t, 0, sizeof(*t));
	t->d = d;
	t->gate = g;
	t->conn.fd = -1;
	buf_init(&t->in, IN_OCTETS);
	if (g->place == NULL)
		return fail(t, "no connection");
	return connect_to(t, g->place, g->port);
}

void
parley_close(struct parley *t)
{
	if (t->open)
		conn_close(&t->conn);
	t->open = false;
	buf_wipe(&t->in);
	t->used = 0;
}

/* ---- TLS ---- */

static struct tls_client *
client_of(struct parley *t)
{
	const struct account_conf *a = &t->d->account;
	const struct tls_client_spec spec = {
		.ca_file = a->ca_file,
		.name = a->tls_name != NULL ? a->tls_name : a->server,
		.mail_domain = a->mail_domain,
		.srv_service = t->gate->implicit ? "_pop3s" : "_pop3",
		.pin = a->pin,
		.certificate = a->client_certificate,
		.key = a->client_key,
		.alpn = "pop3",
	};
	char error[400];

	if (t->gate->client == NULL)
		t->gate->client = tls_client_new(&spec, error,
		    sizeof(error));
	if (t->gate->client == NULL)
		(void)fail(t, error);
	return t->gate->client;
}

int
parley_tls(struct parley *t, struct pop_span session,
    enum tls_client_fault *fault_r)
{
	struct tls_client *client = client_of(t);
	uint64_t end = patience(t);
	char text[400];
	int r;

	*fault_r = TLS_CLIENT_HANDSHAKE;
	if (client == NULL)
		return -1;
	/* fetch does not go on then either: FAULT_STLS_INJECTED */
	if (t->in.n > t->used)
		return fail(t, "there are octets behind the +OK to STLS: "
		    "somebody may be tampering with the connection");
	/* what was said in clear is not heard any more */
	t->in.n = t->used = 0;
	if (conn_tls_connect(&t->conn, client, session) != 0)
		return fail(t, "out of memory");
	while ((r = conn_handshake(&t->conn)) == CONN_AGAIN)
		if (wait_until(t, t->conn.want, end) != 0)
			return -1;
	if (r == 0) {
		t->verified = true;
		return 0;
	}
	*fault_r = tls_client_fault(&t->conn, text, sizeof(text));
	return fail(t, text[0] != '\0' ? text : "the TLS handshake failed");
}

static SSL *
ssl_for_anyone(const struct parley *t, int version)
{
	const char *name = t->d->account.tls_name != NULL ?
	    t->d->account.tls_name : t->d->host;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = ctx != NULL ? SSL_new(ctx) : NULL;
	bool good = ssl != NULL && SSL_set_fd(ssl, t->conn.fd) == 1;

	if (good && version != 0) {
		/* 1.0 and 1.1 need SHA-1 signatures, which level 1 forbids */
		if (version < TLS1_2_VERSION)
			SSL_set_security_level(ssl, 0);
		good = SSL_set_min_proto_version(ssl, version) == 1 &&
		    SSL_set_max_proto_version(ssl, version) == 1 &&
		    (version >= TLS1_2_VERSION ||
		    SSL_set_cipher_list(ssl, "ALL:@SECLEVEL=0") == 1);
	}
	/* names only, never addresses (RFC 6066 section 3) */
	if (good && discover_is_host(name) &&
	    name[strspn(name, "0123456789.")] != '\0')
		good = SSL_set_tlsext_host_name(ssl, name) == 1;
	SSL_CTX_free(ctx);	/* ssl holds it */
	if (good) {
		SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
		SSL_set_connect_state(ssl);
		return ssl;
	}
	SSL_free(ssl);
	return NULL;
}

int
parley_tls_anyone(struct parley *t, int version)
{
	SSL *ssl = ssl_for_anyone(t, version);
	uint64_t end = patience(t);
	unsigned long e;
	int r, kind;

	t->in.n = t->used = 0;
	t->conn.ssl = ssl;
	if (ssl == NULL)
		return fail(t, "cannot set up TLS");
	for (;;) {
		ERR_clear_error();
		r = SSL_do_handshake(ssl);
		if (r == 1)
			return 0;
		kind = SSL_get_error(ssl, r);
		if (kind != SSL_ERROR_WANT_READ &&
		    kind != SSL_ERROR_WANT_WRITE)
			break;
		if (wait_until(t, kind == SSL_ERROR_WANT_READ ? LOOP_READ :
		    LOOP_WRITE, end) != 0)
			return -1;
	}
	e = ERR_peek_error();
	t->conn.broken = true;
	(void)fail(t, e != 0 && ERR_reason_error_string(e) != NULL ?
	    ERR_reason_error_string(e) : "the server closes the connection");
	ERR_clear_error();
	return -1;
}

/* ---- octets ---- */

int
parley_send(struct parley *t, const void *p, size_t n)
{
	const unsigned char *from = p;
	uint64_t end = patience(t);

	while (n > 0) {
		ssize_t r = conn_write(&t->conn, from, n);

		if (r >= 0) {
			from += r;
			n -= (size_t)r;
		} else if (r != CONN_AGAIN)
			return fail(t, "the server has closed the "
			    "connection");
		else if (wait_until(t, t->conn.want, end) != 0)
			return -1;
	}
	return 0;
}

int
parley_more(struct parley *t)
{
	uint64_t end = patience(t);

	if (diagnose_now_us() / 1000 > t->d->end_ms)
		return fail(t, "the server is too slow to look at all of "
		    "this");
	if (buf_reserve(&t->in, PIECE) != BUF_OK)
		return fail(t, "the server sends a line without end");
	for (;;) {
		ssize_t n = conn_read(&t->conn, t->in.p + t->in.n, PIECE);

		if (n > 0) {
			t->in.n += (size_t)n;
			return 0;
		}
		if (n != CONN_AGAIN)
			return fail(t, "the server has closed the "
			    "connection");
		if (wait_until(t, t->conn.want, end) != 0)
			return -1;
	}
}

int
parley_line(struct parley *t, struct pop_span *line_r)
{
	const unsigned char *lf = NULL;
	size_t n;

	buf_consume(&t->in, t->used);
	t->used = 0;
	while (t->in.n == 0 ||
	    (lf = memchr(t->in.p, '\n', t->in.n)) == NULL) {
		if (t->in.n > LINE_OCTETS)
			return fail(t, "the server sends a line without "
			    "end");
		if (parley_more(t) != 0)
			return -1;
	}
	n = (size_t)(lf - t->in.p);
	t->used = n + 1;
	*line_r = span_of(t->in.p, n > 0 && t->in.p[n - 1] == '\r' ? n - 1 :
	    n);
	return 0;
}

/* ---- POP3 ---- */

int
parley_reply(struct parley *t, struct reply *r)
{
	struct pop_span line, text;
	char shown[SAID_MAX];
	int status;

	if (parley_line(t, &line) != 0)
		return -1;
	status = resp_status(line, &text);
	if (status < 0) {
		escape_text(line, shown, sizeof(shown), 60);
		(void)text_format(t->error, sizeof(t->error), "the server "
		    "says \"%s\", which is neither +OK nor -ERR", shown);
		return -1;
	}
	r->ok = status == 1;
	escape_text(text, r->text, sizeof(r->text), 100);
	r->code = resp_code(&text);
	return 0;
}

int
parley_ask(struct parley *t, const char *command, struct reply *r)
{
	char line[300];

	if (text_format(line, sizeof(line), "%s\r\n", command))
		return fail(t, "too long a command");
	if (parley_send(t, line, strlen(line)) != 0)
		return -1;
	return parley_reply(t, r);
}

int
parley_rows(struct parley *t, void (*row)(void *arg, struct pop_span line),
    void *arg)
{
	struct pop_span line;

	for (size_t n = 0; n < ROWS_MAX; n++) {
		if (parley_line(t, &line) != 0)
			return -1;
		if (line.n == 1 && line.p[0] == '.')
			return 0;
		if (line.n > 0 && line.p[0] == '.')
			span_skip(&line, 1);
		if (row != NULL)
			row(arg, line);
	}
	return fail(t, "the server sends a list without end");
}

int
parley_greeting(struct parley *t)
{
	struct gate *g = t->gate;
	struct pop_span line, text, stamp;
	char shown[SAID_MAX];

	if (parley_line(t, &line) != 0)
		return -1;
	escape_text(line, shown, sizeof(shown), 80);
	switch (resp_status(line, &text)) {
	case 1:
		g->refuses = false;
		break;
	case 0:
		g->refuses = true;
		(void)text_format(t->error, sizeof(t->error), "the server "
		    "does not want to talk now: %s", shown);
		return -1;
	default:
		(void)text_format(t->error, sizeof(t->error), "no POP3 "
		    "server greets so: \"%s\"", shown);
		return -1;
	}
	stamp = resp_stamp(text);
	(void)text_format(g->greeting, sizeof(g->greeting), "%s", shown);
	/* of ASCII alone (resp_stamp); one that is too long is not used */
	(void)text_format(g->stamp, sizeof(g->stamp), "%.*s",
	    stamp.n < sizeof(g->stamp) ? (int)stamp.n : 0, stamp.n > 0 ?
	    (const char *)stamp.p : "");
	g->greeting_line.n = 0;
	if (buf_append(&g->greeting_line, line.p, line.n) != BUF_OK ||
	    buf_append_str(&g->greeting_line, "\r\n") != BUF_OK)
		return fail(t, "too long a greeting");
	return 0;
}

/* the first ones, if there are too many of them */
static void
take_capa(void *arg, struct pop_span line)
{
	struct capa_seen *c = arg;
	size_t before = c->lines.n;

	capa_read(&c->parsed, line);
	if (buf_append(&c->lines, line.p, line.n) != BUF_OK ||
	    buf_append_str(&c->lines, "\n") != BUF_OK)
		c->lines.n = before;
}

int
parley_capa(struct parley *t, struct capa_seen *c)
{
	struct reply r;

	if (parley_ask(t, "CAPA", &r) != 0)
		return -1;
	memset(&c->parsed, 0, sizeof(c->parsed));
	c->lines.n = 0;
	c->asked = true;
	c->parsed.known = r.ok ? 1 : -1;
	return r.ok ? parley_rows(t, take_capa, c) : 0;
}
