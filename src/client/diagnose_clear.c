/* SPDX-License-Identifier: ISC
 *
 * diagnose_clear: what the port that begins in clear offers: STLS, whether it
 * holds against somebody in between (RFC 2595), and whether people are let in
 * without it (RFC 8314, RFC 5034 section 4).  The name of no user is sent.
 */
#include "client/diagnose_internal.h"

#define NOBODY "restante-check"

void
diagnose_stls_offered(struct diagnose *d)
{
	const struct gate *g = &d->clear;
	bool told = (g->clear.parsed.has & POP_CAPA_STLS) != 0;
	bool knows = g->clear.parsed.known == 1;

	if (!g->stls_answered)
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_LOST)->
		    remedy, "behind the greeting: %s", g->stls_said);
	else if (told && g->stls_accepted)
		diagnose_say(d, DIAGNOSE_OK, NULL, "announced, and accepted");
	else if (g->stls_accepted)
		diagnose_say(d, knows ? DIAGNOSE_FAULT : DIAGNOSE_WARNING,
		    "A program that does not insist goes on in clear. Either "
		    "somebody in between takes STLS out of the list, or the "
		    "server forgets to announce it: RFC 2595 wants it in "
		    "CAPA.", "accepted, although %s", knows ?
		    "CAPA does not announce it" : "there is no CAPA");
	else if (told)
		diagnose_say(d, DIAGNOSE_FAULT, "STLS must not be announced "
		    "when it cannot work: look whether the server has its "
		    "certificate and key.", "announced, but refused: %s",
		    g->stls_said);
	else if (d->tls.tls.done)
		diagnose_say(d, DIAGNOSE_WARNING, "Use port 995. Whoever runs "
		    "the server should offer STLS on port 110 too, or close "
		    "that port (RFC 8314).", "not offered: this port has no "
		    "TLS");
	else
		diagnose_say(d, DIAGNOSE_FAULT, "Everybody on the way can "
		    "read passwords and mail: do not use this server but in "
		    "a network of your own. Whoever runs it needs a "
		    "certificate.", "not offered: there is no TLS at all");
}

void
diagnose_stls_works(struct diagnose *d)
{
	const struct gate *g = &d->clear;

	if (!g->stls_accepted)
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "STLS was not "
		    "accepted");
	else if (g->tls.done && g->problem[0] != '\0')
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_LOST)->
		    remedy, "%s, and then: %s", g->tls.version, g->problem);
	else if (g->tls.done) {
		diagnose_have(d, HAVE_STLS);
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s, %s", g->tls.version,
		    g->tls.cipher);
	} else
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_TLS)->
		    remedy, "after +OK to STLS: %s", g->tls.text);
}

/* ---- somebody in between ---- */

/*
 * CVE-2011-0411 and its kind: a command that came in clear, in one segment
 * with STLS, must not be executed behind the handshake.  CAPA is put in, and
 * inside TLS a command that nobody knows is sent: +OK is the answer to the
 * first.
 */
void
diagnose_stls_injection(struct diagnose *d)
{
	static const char both[] = "STLS\r\nCAPA\r\n";
	struct parley t;
	struct reply r;

	/* who is not talked to is not tried */
	if (parley_open(&t, d, &d->clear) != 0 || parley_greeting(&t) != 0)
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "could not be tried: "
		    "%s", t.error);
	else if (parley_send(&t, both, sizeof(both) - 1) != 0 ||
	    parley_reply(&t, &r) != 0)
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s", t.error);
	else if (!r.ok)
		diagnose_say(d, DIAGNOSE_OK, NULL, "STLS with something "
		    "behind it is refused: %s", r.text);
	else if (parley_tls_anyone(&t, 0) != 0)
		diagnose_say(d, DIAGNOSE_OK, NULL, "no TLS comes of it: %s",
		    t.error);
	else if (parley_ask(&t, "XRESTANTE", &r) != 0)
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s", t.error);
	else if (r.ok)
		diagnose_say(d, DIAGNOSE_FAULT, "Somebody in between can put "
		    "commands in front of a user's, and so read his mail: "
		    "the server must forget what came in clear behind STLS "
		    "(RFC 2595, the kind of CVE-2011-0411). Update it; until "
		    "then use port 995.", "what stands in clear behind STLS "
		    "is executed inside of TLS");
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "what stands in clear "
		    "behind STLS is forgotten");
	parley_close(&t);
}

/* ---- passwords in clear ---- */

/* +OK to USER, with a name that is nobody's: 1, 0, or -1 and why nobody could
 * be asked */
static int
takes_names(struct diagnose *d, char why[SAID_MAX])
{
	struct parley t;
	struct reply r, last;
	int result = -1;

	if (parley_open(&t, d, &d->clear) != 0 || parley_greeting(&t) != 0)
		(void)text_format(why, SAID_MAX, "%s", t.error);
	else
		result = parley_ask(&t, "USER " NOBODY, &r) == 0 && r.ok;
	if (t.open && t.error[0] == '\0')
		(void)!parley_ask(&t, "QUIT", &last);
	parley_close(&t);
	return result;
}

void
diagnose_clear_login(struct diagnose *d)
{
	const struct pop_capa *capa = &d->clear.clear.parsed;
	bool user = (capa->has & POP_CAPA_USER) != 0;
	bool sasl = pop_capa_mechanism(capa, "PLAIN") ||
	    pop_capa_mechanism(capa, "LOGIN");
	char why[SAID_MAX] = "";
	int asked = takes_names(d, why);
	bool takes = asked > 0;

	if (!user && !sasl && asked < 0) {
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "could not be tried: "
		    "%s", why);
		return;
	}
	if (!user && !sasl && !takes) {
		diagnose_say(d, DIAGNOSE_OK, NULL, "not offered");
		return;
	}
	diagnose_say(d, DIAGNOSE_WARNING, "Programs that are set so, or that "
	    "somebody in between talks out of STLS, send passwords for all "
	    "to read. Whoever runs the server should refuse them in clear "
	    "(RFC 5034, RFC 8314): in Dovecot auth_allow_cleartext = no, "
	    "before 2.4 disable_plaintext_auth = yes. restante sends none "
	    "unless it is told clear_login.",
	    "passwords are taken without encryption:%s%s%s",
	    user ? " USER is announced" : takes ?
	    " USER is answered with +OK" : "", (user || takes) && sasl ?
	    "," : "", sasl ? " SASL has PLAIN or LOGIN" : "");
}
