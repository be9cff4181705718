/* SPDX-License-Identifier: ISC
 *
 * tls_client_fault: will this certificate do, and if not, why not.
 *
 * Owns the decision (chain and name, or the pin alone) and the words for
 * people about it and about handshakes that failed otherwise.  What a peer
 * sent is printed without its control characters.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "base/text.h"
#include "net/tls_client_impl.h"

enum { NAME_TEXT = 200 };

/* ---- words about a certificate ---- */

static void
date_text(const ASN1_TIME *t, char *out, size_t size)
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(t, &tm) ||
	    strftime(out, size, "%Y-%m-%d", &tm) == 0)
		text_format(out, size, "an unreadable date");
}

/* the common name, or what else the name ends with */
static void
subject_text(const X509_NAME *name, char *out, size_t size)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_STRING *s;

	if (at < 0)
		at = X509_NAME_entry_count(name) - 1;
	text_format(out, size, "nobody");
	if (at < 0)
		return;
	s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	tls_client_printable(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s), out, size);
}

static void
pin_text(const X509 *cert, enum tls_pin_kind kind, char out[TLS_PIN_TEXT])
{
	struct tls_pin pin;

	out[0] = '\0';
	if (tls_pin_of(&pin, kind == TLS_PIN_NONE ? TLS_PIN_KEY : kind,
	    cert) == 0)
		tls_pin_text(&pin, out);
}

/* "the certificate", or of an authority "the certificate of NAME" */
static void
whose_text(X509_STORE_CTX *sc, char *out, size_t size)
{
	const X509 *cert = X509_STORE_CTX_get_current_cert(sc);
	char name[NAME_TEXT];

	text_format(out, size, "the certificate");
	if (cert == NULL || X509_STORE_CTX_get_error_depth(sc) == 0)
		return;
	subject_text(X509_get_subject_name(cert), name, sizeof(name));
	text_format(out, size, "the certificate of its authority \"%s\"",
	    name);
}

static void
date_fault(X509_STORE_CTX *sc, int error, char *out, size_t size)
{
	const X509 *cert = X509_STORE_CTX_get_current_cert(sc);
	char whose[NAME_TEXT + 50], date[32];
	bool expired = error == X509_V_ERR_CERT_HAS_EXPIRED;

	if (cert == NULL)
		cert = X509_STORE_CTX_get0_cert(sc);
	whose_text(sc, whose, sizeof(whose));
	date_text(expired ? X509_get0_notAfter(cert) :
	    X509_get0_notBefore(cert), date, sizeof(date));
	text_format(out, size, expired ? "%s expired on %s" :
	    "%s is not valid before %s: is this machine's clock right?",
	    whose, date);
}

static void
issuer_fault(const X509 *leaf, char *out, size_t size)
{
	char name[NAME_TEXT], pin[TLS_PIN_TEXT];

	subject_text(X509_get_issuer_name(leaf), name, sizeof(name));
	pin_text(leaf, TLS_PIN_KEY, pin);
	text_format(out, size, "the certificate is from \"%s\", and no way "
	    "leads from there to an authority that is trusted here; its pin "
	    "is %s", name, pin);
}

static void
chain_fault(X509_STORE_CTX *sc, char *out, size_t size)
{
	const X509 *leaf = X509_STORE_CTX_get0_cert(sc);
	char text[NAME_TEXT + 50];
	int error = X509_STORE_CTX_get_error(sc);

	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		date_fault(sc, error, out, size);
		return;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		pin_text(leaf, TLS_PIN_KEY, text);
		text_format(out, size, "the certificate is self-signed; its "
		    "pin is %s", text);
		return;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		issuer_fault(leaf, out, size);
		return;
	default:
		break;
	}
	whose_text(sc, text, sizeof(text));
	if (error == X509_V_ERR_INVALID_PURPOSE)
		text_format(out, size, "%s is not for %s", text,
		    X509_STORE_CTX_get_error_depth(sc) == 0 ?
		    "a server" : "signing those of servers");
	else
		text_format(out, size, "%s is refused: %s", text,
		    X509_verify_cert_error_string(error));
}

static void
name_fault(const struct tls_wanted *w, const X509 *leaf, const char *host,
    char *out, size_t size)
{
	char names[NAME_TEXT];

	tls_client_name_list(leaf, names, sizeof(names));
	text_format(out, size, "the certificate is for %s, not %s%s%s", names,
	    host, w->domain[0] != '\0' ? " or " : "", w->domain);
}

static void
pin_fault(const struct tls_pin *pin, const X509 *leaf, char *out,
    size_t size)
{
	char text[TLS_PIN_TEXT];

	pin_text(leaf, pin->kind, text);
	text_format(out, size, "the server's %s is not the pinned one; its "
	    "pin is %s: set it only if you know why it changed",
	    pin->kind == TLS_PIN_KEY ? "key" : "certificate", text);
}

/* ---- the decision ---- */

/* returns what the callback returns for "no" */
static int
refuse(X509_STORE_CTX *sc, struct tls_peer *peer,
    enum tls_client_fault fault, int error)
{
	const struct tls_client *t = peer->client;
	const X509 *leaf = X509_STORE_CTX_get0_cert(sc);
	char text[TLS_FAULT_TEXT] = "";

	if (fault == TLS_CLIENT_CERT)
		chain_fault(sc, text, sizeof(text));
	else if (fault == TLS_CLIENT_NAME)
		name_fault(&t->wanted, leaf, t->wanted.ip_len > 0 ?
		    "this address" : t->wanted.host, text, sizeof(text));
	else
		pin_fault(&t->pin, leaf, text, sizeof(text));
	X509_STORE_CTX_set_error(sc, error);
	peer->fault = fault;
	free(peer->text);
	peer->text = strdup(text);	/* NULL: there is no text then */
	return 0;
}

int
tls_client_verify(X509_STORE_CTX *sc, void *arg)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(sc,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_peer *peer = tls_client_peer(ssl);
	const struct tls_client *t = arg;
	const X509 *leaf = X509_STORE_CTX_get0_cert(sc);
	int error;

	if (peer == NULL || leaf == NULL)
		return 0;
	if (t->pin.kind != TLS_PIN_NONE) {
		if (!tls_pin_holds(&t->pin, leaf))
			return refuse(sc, peer, TLS_CLIENT_PIN,
			    X509_V_ERR_CERT_REJECTED);
		X509_STORE_CTX_set_error(sc, X509_V_OK);
		return 1;
	}
	if (X509_verify_cert(sc) != 1) {
		error = X509_STORE_CTX_get_error(sc);
		return refuse(sc, peer, TLS_CLIENT_CERT, error != X509_V_OK ?
		    error : X509_V_ERR_UNSPECIFIED);
	}
	if (!tls_client_name_matches(&t->wanted, leaf))
		return refuse(sc, peer, TLS_CLIENT_NAME,
		    X509_V_ERR_HOSTNAME_MISMATCH);
	return 1;
}

/* ---- other failures ---- */

static const char *
alert_text(const struct tls_peer *peer)
{
	if (peer->alert == SSL_AD_PROTOCOL_VERSION)
		return "the server has neither TLS 1.2 nor TLS 1.3";
	if (!peer->alert_is_theirs)
		return NULL;
	switch (peer->alert) {
	case SSL_AD_HANDSHAKE_FAILURE:
	case SSL_AD_INSUFFICIENT_SECURITY:
		return "the server found no cipher, or a client certificate "
		    "missing: it refused the handshake";
	case SSL_AD_UNRECOGNIZED_NAME:
		return "the server does not go by this name";
	case SSL_AD_NO_APPLICATION_PROTOCOL:
		return "the server speaks another protocol on this port "
		    "(ALPN)";
	case SSL_AD_CERTIFICATE_REQUIRED:
		return "the server wants a client certificate";
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
	case SSL_AD_CERTIFICATE_REVOKED:
	case SSL_AD_CERTIFICATE_EXPIRED:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_UNKNOWN_CA:
	case SSL_AD_ACCESS_DENIED:
		return "the server does not accept the client's certificate";
	default:
		return NULL;
	}
}

static void
handshake_text(const struct conn *c, const struct tls_peer *peer, char *out,
    size_t size)
{
	const char *text = alert_text(peer);

	if (text != NULL)
		text_format(out, size, "%s", text);
	else if (c->why != NULL)
		text_format(out, size, "the TLS handshake failed: %s",
		    c->why);
	else
		text_format(out, size, "the connection failed during the "
		    "TLS handshake");
}

static bool
spoke_plainly(const struct tls_peer *peer)
{
	unsigned char first = peer->said_n > 0 ? peer->said[0] : 0;

	return first >= ' ' && first < 0x7f;
}

static void
plain_text(const struct tls_peer *peer, char *out, size_t size)
{
	char said[TLS_SAID + 1];
	size_t n = 0;

	while (n < peer->said_n && peer->said[n] != '\r' &&
	    peer->said[n] != '\n')
		n++;
	tls_client_printable(peer->said, n, said, sizeof(said));
	text_format(out, size, "there is no TLS on this port: the server "
	    "answered in plain text, \"%s\"", said);
}

enum tls_client_fault
tls_client_fault(const struct conn *c, char *text, size_t size)
{
	const struct tls_peer *peer = tls_client_peer(c->ssl);

	if (size > 0)
		text[0] = '\0';
	if (peer == NULL || !c->broken)
		return TLS_CLIENT_NONE;
	if (peer->fault != TLS_CLIENT_NONE) {
		text_format(text, size, "%s", peer->text != NULL ?
		    peer->text : "the certificate is refused");
		return peer->fault;
	}
	if (spoke_plainly(peer)) {
		plain_text(peer, text, size);
		return TLS_CLIENT_NOT_TLS;
	}
	handshake_text(c, peer, text, size);
	return TLS_CLIENT_HANDSHAKE;
}
