/* SPDX-License-Identifier: ISC
 *
 * tls: the OpenSSL contexts of a server, one a certificate.
 *
 * Owns the policy: versions, ciphers, groups, ALPN, tickets, and what a new
 * connection's SSL object looks like.  Must not open files (PEM contents are
 * handed in) nor run a connection (conn.c).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "net/tls.h"
#include "net/tls_bio.h"
#include "net/tls_names.h"
#include "net/tls_pem.h"

/* Mozilla's "intermediate" list: forward secret AEAD suites only */
#define CIPHERS_TLS12 \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:" \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:" \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
/* the first needs OpenSSL 3.5 */
#define GROUPS_PQ "X25519MLKEM768:X25519:P-256:P-384"
#define GROUPS "X25519:P-256:P-384"

enum { TICKET_KEY_MAX = 128 };

struct tls_server {
	unsigned refs;
	size_t n;
	SSL_CTX **ctx;		/* [0] answers unknown names, owns tickets */
	struct tls_names names;
	unsigned char alpn[32];	/* one ProtocolName with its length octet */
	size_t alpn_len;	/* 0: ALPN is ignored */
	time_t ticket_due;	/* when the ticket key is replaced */
};

static char error_text[512];

/* *error_r = "name: what"; always returns NULL */
static void *
fail(const char **error_r, const char *name, const char *what)
{
	if (snprintf(error_text, sizeof(error_text), "%s: %s", name, what) < 0)
		error_text[0] = '\0';
	*error_r = error_text;
	ERR_clear_error();
	return NULL;
}

/* ---- what the handshake asks ---- */

static int
choose_certificate(SSL *ssl, int *alert, void *arg)
{
	struct tls_server *t = arg;
	const char *host;
	long i;

	(void)alert;
	host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	if (host == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	i = tls_names_find(&t->names, host);
	if (i < 0)
		return SSL_TLSEXT_ERR_NOACK;
	if (i > 0 && SSL_set_SSL_CTX(ssl, t->ctx[i]) == NULL)
		return SSL_TLSEXT_ERR_NOACK;
	return SSL_TLSEXT_ERR_OK;
}

/* RFC 7301: a client that speaks only other protocols is refused, so that
 * nobody's HTTP request is answered under our name */
static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned inlen, void *arg)
{
	struct tls_server *t = arg;
	unsigned i;

	(void)ssl;
	for (i = 0; i < inlen; i += 1u + in[i]) {
		if (in[i] + 1u > inlen - i)
			break;
		if (in[i] + 1u != t->alpn_len ||
		    memcmp(in + i, t->alpn, t->alpn_len) != 0)
			continue;
		*out = in + i + 1;
		*outlen = in[i];
		return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* ---- building ---- */

static int
set_policy(SSL_CTX *ctx)
{
	static const unsigned char id[] = "restante";

	/* records are decrypted where they were read: what was handed over is
	 * wiped there, since it may be a password */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	/* a record's header and body with one read(2) instead of two */
	SSL_CTX_set_read_ahead(ctx, 1);
	if (!SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
	    !SSL_CTX_set_cipher_list(ctx, CIPHERS_TLS12) ||
	    !SSL_CTX_set_num_tickets(ctx, 1) ||
	    !SSL_CTX_set_max_early_data(ctx, 0) ||
	    !SSL_CTX_set_recv_max_early_data(ctx, 0) ||
	    !SSL_CTX_set_session_id_context(ctx, id, sizeof(id) - 1))
		return -1;
	SSL_CTX_set_timeout(ctx, TLS_TICKET_HOURS * 3600);
	if (!SSL_CTX_set1_groups_list(ctx, GROUPS_PQ) &&
	    !SSL_CTX_set1_groups_list(ctx, GROUPS))
		return -1;
	ERR_clear_error();
	return 0;
}

static int
add_certificate(struct tls_server *t, const struct tls_pem *pem,
    const char **error_r)
{
	SSL_CTX *ctx;
	const char *what;

	ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL || set_policy(ctx) != 0) {
		SSL_CTX_free(ctx);
		fail(error_r, pem->name, "cannot set up TLS");
		return -1;
	}
	t->ctx[t->n++] = ctx;
	what = tls_pem_load(ctx, pem);
	if (what != NULL) {
		fail(error_r, pem->name, what);
		return -1;
	}
	if (tls_names_add(&t->names, SSL_CTX_get0_certificate(ctx),
	    t->n - 1) != 0) {
		fail(error_r, pem->name, "out of memory");
		return -1;
	}
	SSL_CTX_set_tlsext_servername_callback(ctx, choose_certificate);
	SSL_CTX_set_tlsext_servername_arg(ctx, t);
	if (t->alpn_len > 0)
		SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, t);
	return 0;
}

static int
set_alpn(struct tls_server *t, const char *alpn)
{
	size_t n = alpn != NULL ? strlen(alpn) : 0;

	if (n + 1 > sizeof(t->alpn))
		return -1;
	if (n == 0)
		return 0;
	t->alpn[0] = (unsigned char)n;
	memcpy(t->alpn + 1, alpn, n);
	t->alpn_len = n + 1;
	return 0;
}

struct tls_server *
tls_server_new(const struct tls_pem *pems, size_t n, const char *alpn,
    const char **error_r)
{
	struct tls_server *t;
	size_t i;

	if (n == 0)
		return fail(error_r, "tls", "no certificate");
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return fail(error_r, "tls", "out of memory");
	t->refs = 1;
	t->ctx = calloc(n, sizeof(SSL_CTX *));
	if (t->ctx == NULL || set_alpn(t, alpn) != 0) {
		tls_server_unref(t);
		return fail(error_r, "tls", "out of memory");
	}
	for (i = 0; i < n; i++) {
		if (add_certificate(t, &pems[i], error_r) != 0) {
			tls_server_unref(t);
			return NULL;
		}
	}
	tls_names_sort(&t->names);
	return t;
}

struct tls_server *
tls_server_ref(struct tls_server *t)
{
	t->refs++;
	return t;
}

void
tls_server_unref(struct tls_server *t)
{
	size_t i;

	if (t == NULL || --t->refs > 0)
		return;
	for (i = 0; i < t->n; i++)
		SSL_CTX_free(t->ctx[i]);
	free(t->ctx);
	tls_names_done(&t->names);
	free(t);
}

/* ---- connections ---- */

/* OpenSSL keeps one ticket key as long as the context lives; whoever learns
 * it reads every TLS 1.2 session resumed by it, so it must not live long.
 * Tickets are sealed and opened by the context a connection begins with. */
static int
rotate_ticket_key(struct tls_server *t)
{
	unsigned char key[TICKET_KEY_MAX];
	time_t now = time(NULL);
	long n;
	int ok;

	if (now < t->ticket_due && t->ticket_due - now <=
	    TLS_TICKET_HOURS * 3600)
		return 0;
	n = SSL_CTX_get_tlsext_ticket_keys(t->ctx[0], NULL, 0);
	if (n <= 0 || n > (long)sizeof(key))
		return -1;
	ok = RAND_priv_bytes(key, (int)n) == 1 &&
	    SSL_CTX_set_tlsext_ticket_keys(t->ctx[0], key, n) == 1;
	OPENSSL_cleanse(key, sizeof(key));
	if (!ok)
		return -1;
	t->ticket_due = now + TLS_TICKET_HOURS * 3600;
	return 0;
}

struct ssl_st *
tls_server_accept(struct tls_server *t, int fd)
{
	SSL *ssl;
	BIO *bio;

	if (rotate_ticket_key(t) != 0)
		return NULL;
	ssl = SSL_new(t->ctx[0]);
	bio = tls_bio(fd);
	if (ssl == NULL || bio == NULL) {
		SSL_free(ssl);
		BIO_free(bio);
		return NULL;
	}
	SSL_set_bio(ssl, bio, bio);
	SSL_set_accept_state(ssl);
	return ssl;
}
