/* SPDX-License-Identifier: ISC
 *
 * diagnose_tls: versions of TLS (RFC 8997, RFC 9325), and the certificate.
 *
 * Whether it is accepted is decided by net/tls_client, as for fetch; this file
 * only says more about it.
 */
#include "client/diagnose_internal.h"

#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "net/tls_client_name.h"
#include "net/tls_client_pin.h"

enum { DAY = 24 * 3600, SOON_DAYS = 21, RSA_LEAST = 2048, EC_LEAST = 224 };

/* the port with TLS from the start, or else the one with STLS */
static struct gate *
gate_with_tls(struct diagnose *d)
{
	return d->tls.tls.cert != NULL ? &d->tls : &d->clear;
}

/* ---- versions ---- */

/* 1 agreed, 0 refused, -1 could not be tried */
static int
try_version(struct diagnose *d, struct gate *g, int version)
{
	struct parley t;
	struct reply r;
	int result = -1;

	/* who does not answer at all has not refused this version */
	if (parley_open(&t, d, g) == 0 && (g->implicit ||
	    (parley_greeting(&t) == 0 && parley_ask(&t, "STLS", &r) == 0 &&
	    r.ok)))
		result = parley_tls_anyone(&t, version) == 0 ? 1 :
		    t.conn.broken ? 0 : -1;
	parley_close(&t);
	return result;
}

static void
add_word(char list[64], const char *word)
{
	size_t n = strlen(list);

	(void)text_format(list + n, 64 - n, "%s%s", n > 0 ? ", " : "", word);
}

void
diagnose_versions(struct diagnose *d)
{
	static const struct {
		int version;
		const char *name;
	} all[] = {
		{ TLS1_3_VERSION, "1.3" }, { TLS1_2_VERSION, "1.2" },
		{ TLS1_1_VERSION, "1.1" }, { TLS1_VERSION, "1.0" }
	};
	struct gate *g = gate_with_tls(d);
	bool offered[4];
	char text[64] = "", untried[64] = "";

	for (size_t i = 0; i < 4; i++) {
		int r = try_version(d, g, all[i].version);

		offered[i] = r == 1;
		if (r == 1)
			add_word(text, all[i].name);
		else if (r < 0)
			add_word(untried, all[i].name);
	}
	if (offered[2] || offered[3])
		diagnose_say(d, DIAGNOSE_WARNING, "TLS 1.0 and 1.1 must not "
		    "be used any more (RFC 8997): whoever runs the server "
		    "should switch them off. Nothing is sent by them here.",
		    "TLS %s", text);
	else if (untried[0] != '\0')
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "TLS %s could not be "
		    "tried: the server does not take so many connections",
		    untried);
	else if (!offered[0] && !offered[1])
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "the server does not "
		    "take so many connections");
	else if (!offered[0])
		diagnose_say(d, DIAGNOSE_WARNING, "It is safe, but TLS 1.3 "
		    "should be there (RFC 9325 section 3.1): whoever runs "
		    "the server should update its TLS.", "TLS %s", text);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "TLS %s", text);
}

/* ---- the certificate ---- */

static void
name_of(const X509_NAME *name, char *out, size_t size)
{
	char text[200] = "";

	(void)X509_NAME_oneline(name, text, sizeof(text));
	escape_text(span_str(text), out, size, 120);
}

void
diagnose_certificate(struct diagnose *d)
{
	struct gate *gates[] = { &d->tls, &d->clear };
	char issuer[SAID_MAX];

	for (size_t i = 0; i < 2; i++) {
		const struct tls_seen *seen = &gates[i]->tls;

		if (!seen->done || seen->fault != TLS_CLIENT_CERT)
			continue;
		diagnose_say(d, DIAGNOSE_FAULT, "No password is sent to it. "
		    "An expired one is the provider's to renew; one from a "
		    "private authority needs --ca-file or `ca_file'; a "
		    "server that leaves out the certificates in between must "
		    "be given the whole chain; a self-signed one is accepted "
		    "by `pin', once the value was compared with the "
		    "server's.", "port %u: %s", gates[i]->port, seen->text);
		return;
	}
	name_of(X509_get_issuer_name(gate_with_tls(d)->tls.cert), issuer,
	    sizeof(issuer));
	if (d->account.pin != NULL)
		diagnose_say(d, DIAGNOSE_OK, NULL, "not verified, since the "
		    "account has a pin; from %s", issuer);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "verified, from %s",
		    issuer);
}

void
diagnose_name(struct diagnose *d)
{
	const struct account_conf *a = &d->account;
	const char *host = a->tls_name != NULL ? a->tls_name : a->server;
	struct gate *gates[] = { &d->tls, &d->clear };
	struct tls_wanted wanted;
	char names[SAID_MAX];

	for (size_t i = 0; i < 2; i++) {
		const X509 *cert = gates[i]->tls.cert;

		if (!gates[i]->tls.done || cert == NULL)
			continue;
		tls_client_name_list(cert, names, sizeof(names));
		if (tls_wanted_init(&wanted, host, a->mail_domain,
		    gates[i]->implicit ? "_pop3s" : "_pop3") == 0 &&
		    tls_client_name_matches(&wanted, cert))
			continue;
		diagnose_say(d, a->pin != NULL ? DIAGNOSE_WARNING :
		    DIAGNOSE_FAULT, "Use the name that the certificate has, "
		    "if the provider says that it is its server; otherwise "
		    "the provider must get one for this name, in its subject "
		    "alternative names (RFC 7817).", "port %u: it is for %s, "
		    "not for %s", gates[i]->port, names, host);
		return;
	}
	tls_client_name_list(gate_with_tls(d)->tls.cert, names,
	    sizeof(names));
	diagnose_say(d, DIAGNOSE_OK, NULL, "it is for %s", names);
}

/* days that are left, rounded down; the date */
static long
days_left(const X509 *cert, char date[32])
{
	struct tm tm;
	int days = 0, seconds = 0;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1 ||
	    strftime(date, 32, "%Y-%m-%d", &tm) == 0)
		(void)text_format(date, 32, "an unreadable date");
	if (ASN1_TIME_diff(&days, &seconds, NULL,
	    X509_get0_notAfter(cert)) != 1)
		return -1;
	/* both have the sign of the whole */
	return days < 0 || seconds < 0 ? days - 1 : days;
}

void
diagnose_expiry(struct diagnose *d)
{
	struct gate *gates[] = { &d->tls, &d->clear };
	char date[32], first_date[32] = "";
	long least = 0;
	unsigned port = 0;

	for (size_t i = 0; i < 2; i++) {
		long days;

		if (!gates[i]->tls.done || gates[i]->tls.cert == NULL)
			continue;
		days = days_left(gates[i]->tls.cert, date);
		if (port != 0 && days >= least)
			continue;
		port = gates[i]->port;
		least = days;
		memcpy(first_date, date, sizeof(date));
	}
	if (least < 0)
		diagnose_say(d, DIAGNOSE_FAULT, "Whoever runs the server must "
		    "renew it; or this machine's clock is wrong.",
		    "port %u: it expired on %s", port, first_date);
	else if (least < SOON_DAYS)
		diagnose_say(d, DIAGNOSE_WARNING, "Whoever runs the server "
		    "should renew it now, and see why that did not happen by "
		    "itself.", "port %u: it expires on %s, in %ld day%s",
		    port, first_date, least, least == 1 ? "" : "s");
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "it expires on %s, in %ld "
		    "days", first_date, least);
}

void
diagnose_key(struct diagnose *d)
{
	const X509 *cert = gate_with_tls(d)->tls.cert;
	EVP_PKEY *key = X509_get0_pubkey(cert);
	int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;
	int id = key != NULL ? EVP_PKEY_get_base_id(key) : 0, hash = 0;
	const char *kind = id == EVP_PKEY_RSA ? "RSA" :
	    id == EVP_PKEY_EC ? "EC" : key != NULL ?
	    OBJ_nid2sn(id) : "unknown";
	const char *signature = "an unknown hash";

	if (X509_get_signature_info((X509 *)(uintptr_t)cert, &hash, NULL,
	    NULL, NULL) == 1 && hash != NID_undef)
		signature = OBJ_nid2sn(hash);
	if ((id == EVP_PKEY_RSA && bits < RSA_LEAST) ||
	    (id == EVP_PKEY_EC && bits < EC_LEAST))
		diagnose_say(d, DIAGNOSE_FAULT, "The next certificate needs a "
		    "new key: EC P-256, or RSA of 2048 bits at least (RFC "
		    "9325 section 4.5).", "%s of %d bits is too small a key",
		    kind, bits);
	else if (hash == NID_sha1 || hash == NID_md5)
		diagnose_say(d, DIAGNOSE_WARNING, "The next certificate must "
		    "be signed with SHA-256.", "%s of %d bits, signed with "
		    "%s", kind, bits, signature);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s of %d bits, signed "
		    "with %s", kind, bits, signature);
}

void
diagnose_pin(struct diagnose *d)
{
	struct gate *gates[] = { &d->tls, &d->clear };
	struct tls_pin pin;
	char text[TLS_PIN_TEXT] = "";

	for (size_t i = 0; i < 2; i++)
		if (gates[i]->tls.fault == TLS_CLIENT_PIN) {
			diagnose_say(d, DIAGNOSE_FAULT, advice_for(
			    FAULT_PIN)->remedy, "port %u: %s",
			    gates[i]->port, gates[i]->tls.text);
			return;
		}
	if (tls_pin_of(&pin, TLS_PIN_KEY, gate_with_tls(d)->tls.cert) != 0) {
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "out of memory");
		return;
	}
	tls_pin_text(&pin, text);
	diagnose_say(d, DIAGNOSE_OK, NULL, d->account.pin != NULL ?
	    "the key is that of `pin' (%s)" : "none is needed; it would be "
	    "pin = %s", text);
}

void
diagnose_both(struct diagnose *d)
{
	const X509 *one = d->tls.tls.cert, *other = d->clear.tls.cert;

	if (one == NULL || other == NULL)
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "only one of the two "
		    "ports has TLS");
	else if (X509_cmp(one, other) == 0)
		diagnose_say(d, DIAGNOSE_OK, NULL, "ports %u and %u have the "
		    "same certificate", d->tls.port, d->clear.port);
	else
		diagnose_say(d, DIAGNOSE_WARNING, "If that is not on purpose, "
		    "one of them was forgotten when the other was renewed; a "
		    "`pin' holds for one port alone.", "ports %u and %u have "
		    "different certificates", d->tls.port, d->clear.port);
}

void
diagnose_resumption(struct diagnose *d)
{
	const struct gate *g = gate_with_tls(d);

	if (!g->tls.verified)
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "only tried with a "
		    "certificate that is accepted");
	else if (g->tls.not_again[0] != '\0')
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "could not be tried: "
		    "%s", g->tls.not_again);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, g->tls.resumes ?
		    "a second visit needs half a handshake" :
		    "none: each visit has a whole handshake");
}
