/* SPDX-License-Identifier: ISC
 *
 * diagnose_look: one look at each of the two ports, as far as it goes without
 * logging in: greeting, capabilities, STLS, handshake.
 *
 * First the handshake that fetch would do; where that refuses the server's
 * certificate, one with whoever it is, so that more can be said about it.
 * Nothing secret is sent here on any of them.
 */
#include "client/diagnose_internal.h"

#include <openssl/err.h>

enum { TICKET_OCTETS = 16 << 10 };

/* ---- one connection with TLS ---- */

static void
take_facts(struct gate *g, const struct parley *t)
{
	struct tls_seen *seen = &g->tls;
	const SSL *ssl = t->conn.ssl;
	X509 *cert = SSL_get0_peer_certificate(ssl);

	seen->done = true;
	seen->verified = t->verified;
	(void)text_format(seen->version, sizeof(seen->version), "%s",
	    SSL_get_version(ssl));
	(void)text_format(seen->cipher, sizeof(seen->cipher), "%s",
	    SSL_get_cipher_name(ssl));
	if (cert != NULL && X509_up_ref(cert) == 1) {
		X509_free(seen->cert);
		seen->cert = cert;
	}
}

/* greeting and capabilities inside TLS */
static void
look_inside(struct gate *g, struct parley *t)
{
	take_facts(g, t);
	if (g->implicit && parley_greeting(t) != 0) {
		(void)text_format(g->problem, sizeof(g->problem), "%s",
		    t->error);
		return;
	}
	g->greeted = true;
	if (parley_capa(t, &g->encrypted) != 0)
		(void)text_format(g->problem, sizeof(g->problem), "%s",
		    t->error);
}

/* From a connection to where a handshake may begin. */
static int
up_to_tls(struct diagnose *d, struct gate *g, struct parley *t)
{
	struct reply r;

	if (parley_open(t, d, g) != 0)
		return -1;
	if (g->implicit)
		return 0;
	if (parley_greeting(t) != 0 || parley_ask(t, "STLS", &r) != 0)
		return -1;
	return r.ok ? 0 : -1;
}

/* Does a second visit get by with half a handshake? */
static void
look_resumed(struct diagnose *d, struct gate *g, struct pop_span session)
{
	enum tls_client_fault fault;
	struct parley t;
	struct reply r;

	if (up_to_tls(d, g, &t) == 0 && parley_tls(&t, session, &fault) == 0) {
		g->tls.resumes = tls_client_resumed(&t.conn);
		if (!g->implicit || parley_greeting(&t) == 0)
			(void)!parley_ask(&t, "QUIT", &r);
	} else
		(void)text_format(g->tls.not_again, sizeof(g->tls.not_again),
		    "%s", t.error[0] != '\0' ? t.error : "STLS was refused");
	parley_close(&t);
}

static void
look_verified(struct diagnose *d, struct gate *g, struct parley *t)
{
	struct buf session;
	struct reply r;
	bool has_session;

	buf_init(&session, TICKET_OCTETS);
	look_inside(g, t);
	/* a ticket of TLS 1.3 comes behind the handshake */
	has_session = tls_client_session(&t->conn, &session) == 0;
	if (g->problem[0] == '\0')
		(void)!parley_ask(t, "QUIT", &r);
	parley_close(t);
	if (has_session)
		look_resumed(d, g, buf_span(&session));
	buf_wipe(&session);
}

static void
look_at_stranger(struct diagnose *d, struct gate *g)
{
	struct parley t;
	struct reply r;

	if (up_to_tls(d, g, &t) == 0 && parley_tls_anyone(&t, 0) == 0) {
		look_inside(g, &t);
		if (g->problem[0] == '\0')
			(void)!parley_ask(&t, "QUIT", &r);
	}
	parley_close(&t);
}

/* `t` is where a handshake may begin, and is closed here. */
static void
look_encrypted(struct diagnose *d, struct gate *g, struct parley *t)
{
	struct tls_seen *seen = &g->tls;

	if (parley_tls(t, span_of(NULL, 0), &seen->fault) == 0) {
		seen->fault = TLS_CLIENT_NONE;
		look_verified(d, g, t);
	} else {
		(void)text_format(seen->text, sizeof(seen->text), "%s",
		    t->error);
		parley_close(t);
		if (seen->fault == TLS_CLIENT_CERT ||
		    seen->fault == TLS_CLIENT_NAME ||
		    seen->fault == TLS_CLIENT_PIN)
			look_at_stranger(d, g);
	}
	if (seen->cert != NULL)
		diagnose_have(d, HAVE_TLS);
}

/* there was no greeting as it should be */
static const char *
remedy_of(const struct gate *g)
{
	return advice_for(g->refuses ? FAULT_REFUSED : FAULT_NOT_POP)->
	    remedy;
}

/* ---- the port with TLS from the start ---- */

void
diagnose_tls_port(struct diagnose *d)
{
	struct gate *g = &d->tls;
	struct parley t;

	if (parley_open(&t, d, g) != 0) {
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_LOST)->
		    remedy, "port %u: %s", g->port, t.error);
		parley_close(&t);
		return;
	}
	look_encrypted(d, g, &t);
	if (g->tls.fault == TLS_CLIENT_NOT_TLS)
		diagnose_say(d, DIAGNOSE_FAULT, "Whoever runs the server "
		    "must switch TLS on for this port; programs that expect "
		    "it there cannot connect.", "port %u: %s", g->port,
		    g->tls.text);
	else if (!g->tls.done)
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_TLS)->
		    remedy, "port %u: %s", g->port, g->tls.text);
	else if (!g->greeted)
		diagnose_say(d, DIAGNOSE_FAULT, remedy_of(g), "port %u, %s: "
		    "%s", g->port, g->tls.version, g->problem);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "port %u: %s, %s; %s",
		    g->port, g->tls.version, g->tls.cipher, g->greeting);
}

/* ---- the port that begins in clear ---- */

/* Nobody greets: is it waiting for TLS? */
static void
explain_silence(struct diagnose *d, const char *error)
{
	struct gate *g = &d->clear;
	struct parley t;
	bool tls = false;

	if (!g->refuses) {
		tls = parley_open(&t, d, g) == 0 &&
		    parley_tls_anyone(&t, 0) == 0;
		parley_close(&t);
	}
	diagnose_lack(d, HAVE_CLEAR, "port %u: %s", g->port, error);
	if (tls)
		diagnose_say(d, DIAGNOSE_FAULT, "Port 110 begins in clear, "
		    "port 995 with TLS: whoever runs the server has mixed "
		    "them up. An account for this port needs tls = implicit.",
		    "port %u wants TLS from the start, and says nothing "
		    "without", g->port);
	else
		diagnose_say(d, DIAGNOSE_FAULT, remedy_of(g), "port %u: %s",
		    g->port, error);
}

void
diagnose_clear_port(struct diagnose *d)
{
	struct gate *g = &d->clear;
	struct parley t;
	struct reply r;

	if (parley_open(&t, d, g) != 0 || parley_greeting(&t) != 0) {
		char error[SAID_MAX];

		(void)text_format(error, sizeof(error), "%s", t.error);
		parley_close(&t);
		explain_silence(d, error);
		return;
	}
	g->greeted = true;
	diagnose_have(d, HAVE_CLEAR);
	diagnose_say(d, DIAGNOSE_OK, NULL, "port %u: %s", g->port,
	    g->greeting);
	if (parley_capa(&t, &g->clear) == 0 &&
	    parley_ask(&t, "STLS", &r) == 0) {
		g->stls_answered = true;
		g->stls_accepted = r.ok;
		(void)text_format(g->stls_said, sizeof(g->stls_said), "%s",
		    r.text);
		if (r.ok) {
			look_encrypted(d, g, &t);
			return;
		}
		(void)!parley_ask(&t, "QUIT", &r);
	} else {
		(void)text_format(g->stls_said, sizeof(g->stls_said), "%s",
		    t.error);
	}
	parley_close(&t);
}

/* ---- which of them to log in by ---- */

static const char *
why_no_login(const struct diagnose *d)
{
	if (!d->spec->has_user)
		return "nobody to log in as: give --user NAME";
	if (d->way != NULL && d->way->tls.fault != TLS_CLIENT_NONE)
		return "no password is sent to a server whose certificate is "
		    "not accepted";
	return "there is no connection that a password may be sent over";
}

static bool
is_good(const struct gate *g)
{
	return g->tls.verified && g->greeted;
}

void
diagnose_choose_way(struct diagnose *d)
{
	struct account_conf *a = &d->account;
	bool in_clear;

	if (d->spec->conf != NULL)
		d->way = a->tls == ACCOUNT_TLS_IMPLICIT ? &d->tls : &d->clear;
	else if (is_good(&d->tls) || (d->tls.tls.done &&
	    !is_good(&d->clear)))
		d->way = &d->tls;
	else if (d->clear.tls.done)
		d->way = &d->clear;
	if (d->spec->conf == NULL && d->way != NULL) {
		a->tls = d->way->implicit ? ACCOUNT_TLS_IMPLICIT :
		    ACCOUNT_TLS_START;
		a->port = d->way->port;
	}
	in_clear = a->tls == ACCOUNT_TLS_NONE && a->clear_login;
	if (d->way != NULL && (in_clear ? d->way->clear.asked :
	    d->way->encrypted.asked))
		diagnose_have(d, HAVE_SESSION);
	if (d->spec->has_user && d->way != NULL && (in_clear ?
	    d->way->greeted : is_good(d->way)))
		diagnose_have(d, HAVE_SAFE);
	else
		diagnose_lack_all(d, HAVE_SAFE, why_no_login(d));
}
