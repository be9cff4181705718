/* SPDX-License-Identifier: ISC
 *
 * advice: for each reason why an account did not work out: its name, the exit
 * status (those of sysexits.h), what it means, and what a person can do.  The
 * table in restante(1) is made from this one.
 *
 * Only texts, no state.
 */
#include "client/advice.h"

#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include "base/text.h"

/*
 * `later` where time alone may mend it: a network, a server, a certificate
 * that its owner renews, a strange network between.  Not `later`: what a
 * person has to do something about, and where trying again could lock the
 * mailbox.
 */
static const struct advice table[FAULTS] = {
	[FAULT_NONE] = { "none", EX_OK, "it worked", "", false },
	[FAULT_RESOLVE] = { "resolve", EX_NOHOST,
	  "no address was found for the server's name",
	  "Look whether the network is up and whether `server' is spelled "
	  "right; `restante setup ADDRESS' looks for the right one.", true },
	[FAULT_CONNECT] = { "connect", EX_UNAVAILABLE,
	  "the server does not take connections on this port",
	  "Look whether the network is up, and at `server' and `port': POP "
	  "with TLS is port 995 (tls = implicit), or port 110 "
	  "(tls = start). A firewall may be in between.", true },
	[FAULT_TIMEOUT] = { "timeout", EX_TEMPFAIL,
	  "the server did not answer in time",
	  "Try again later, or set a larger `timeout'. A server that never "
	  "says anything on port 995 wants TLS at once: tls = implicit.",
	  true },
	[FAULT_LOST] = { "lost", EX_TEMPFAIL,
	  "the connection was lost",
	  "Run it again: what was fetched is safe, the rest follows. A "
	  "server that hangs up at once on port 995 wants TLS: "
	  "tls = implicit.", true },
	[FAULT_TLS] = { "tls", EX_PROTOCOL,
	  "TLS could not be agreed on",
	  "The server may be too old (TLS 1.2 is the least that is "
	  "accepted), or the port may be the wrong one: 995 is "
	  "tls = implicit, 110 is tls = start.", true },
	[FAULT_TLS_PLAIN] = { "wrong-port", EX_CONFIG,
	  "the server speaks plain text on this port",
	  "Use port 995 with tls = implicit; or, if the server wants it so, "
	  "port 110 with tls = start.", true },
	[FAULT_CERT] = { "certificate", EX_PROTOCOL,
	  "the server's certificate is not valid",
	  "No password was sent. An expired one is the provider's to renew; "
	  "one from a private authority needs `ca_file'; a self-signed one "
	  "is accepted by `pin', with the value above, once you have "
	  "compared it with the server's.", true },
	[FAULT_CERT_NAME] = { "certificate-name", EX_PROTOCOL,
	  "the server's certificate is for another name",
	  "No password was sent. Put the name of the certificate into "
	  "`server', if your provider says that this is its server; or "
	  "`tls_name' if the name in `server' must stay.", true },
	[FAULT_PIN] = { "pin", EX_PROTOCOL,
	  "the server's key is not the one of `pin'",
	  "No password was sent. If the server has got a new key, and "
	  "somebody who runs it says so, write the new value into `pin'; "
	  "otherwise somebody is in between.", true },
	[FAULT_NO_STLS] = { "no-stls", EX_PROTOCOL,
	  "the server does not offer TLS on this port",
	  "No password was sent. Use port 995 with tls = implicit. If it "
	  "did offer it before, somebody may be in between.", true },
	[FAULT_STLS_INJECTED] = { "stls-injected", EX_PROTOCOL,
	  "there was plain text behind the answer to STLS",
	  "No password was sent: somebody is in between, or the server is "
	  "broken. Use port 995 with tls = implicit.", true },
	[FAULT_NOT_POP] = { "not-pop", EX_PROTOCOL,
	  "this is no POP3 server",
	  "Look at `server' and `port': POP3 is port 995 with TLS, or 110. "
	  "In a hotel or on a train the network may first want to be "
	  "greeted in a browser.", true },
	[FAULT_REFUSED] = { "refused", EX_UNAVAILABLE,
	  "the server does not want to talk now",
	  "Try again later. Too many connections or visits from one address "
	  "are a common reason: see `connections_per_host' and `interval'.",
	  true },
	[FAULT_PROTOCOL] = { "protocol", EX_PROTOCOL,
	  "the server broke the protocol",
	  "Nothing was lost. Try once with pipelining = off; "
	  "`restante fetch --debug ACCOUNT' shows what was said.", true },
	[FAULT_AUTH] = { "auth", EX_NOPERM,
	  "the server does not accept this name and password",
	  "Check `user' (often the whole address) and the password. Many "
	  "providers want an app password, made in the settings of the "
	  "mailbox, and POP switched on there; some only take OAuth: "
	  "`token_command'.", false },
	[FAULT_WANTS_OAUTH] = { "wants-oauth", EX_NOPERM,
	  "the server takes OAuth tokens only, no passwords",
	  "Set `token_command' to a program that prints an access token, "
	  "instead of the password.", false },
	[FAULT_NO_MECHANISM] = { "no-mechanism", EX_CONFIG,
	  "there is no way to log in that both sides allow",
	  "Nothing secret was sent. Set auth = auto, or one that the server "
	  "offers. Without TLS nothing is sent unless the account says "
	  "clear_login = yes; better: tls = implicit.", false },
	[FAULT_SERVER_FAKE] = { "server-fake", EX_PROTOCOL,
	  "the server could not prove that it knows the password",
	  "Do not try again on this network: it may not be your server. "
	  "The password itself was not sent.", false },
	[FAULT_SECRET] = { "secret", EX_NOPERM,
	  "the password or token could not be had",
	  "Run the account's `password_command' or `token_command' by hand. "
	  "Files with passwords must be yours alone: chmod 600.", false },
	[FAULT_IN_USE] = { "in-use", EX_TEMPFAIL,
	  "the mailbox is open in another mail program",
	  "Try again in some minutes. When a connection was lost, servers "
	  "often keep the mailbox locked for ten.", true },
	[FAULT_LOGIN_DELAY] = { "login-delay", EX_TEMPFAIL,
	  "the server wants more time between two logins",
	  "Wait, and set a larger `interval'; the daemon keeps to what the "
	  "server announces.", true },
	[FAULT_SERVER_TEMP] = { "server-temporary", EX_TEMPFAIL,
	  "the server has a problem of its own for the moment",
	  "Try again later. Nothing was lost.", true },
	[FAULT_SERVER_PERM] = { "server-permanent", EX_UNAVAILABLE,
	  "the server says that this mailbox cannot be opened",
	  "Ask your provider; trying again does not help.", false },
	[FAULT_NO_UIDL] = { "no-uidl", EX_CONFIG,
	  "the server does not say which message is which (no UIDL)",
	  "Set without_uidl = headers: then their headers tell them "
	  "apart.", false },
	[FAULT_MESSAGE] = { "message", EX_TEMPFAIL,
	  "the server did not hand out a message",
	  "The others were fetched; this one is tried again later. "
	  "`restante status' shows which.", true },
	[FAULT_STATE] = { "state", EX_IOERR,
	  "the record of fetched messages cannot be used",
	  "See that `state_dir' is yours, on a disk that has room. A "
	  "damaged file is never overwritten: restore it, or move it away "
	  "and every message on the server counts as new.", true },
	[FAULT_BUSY] = { "busy", EX_TEMPFAIL,
	  "another restante works on this account",
	  "Wait until it is done; a daemon may be running.", true },
	[FAULT_DISK] = { "disk", EX_IOERR,
	  "a message could not be written",
	  "Make room on the disk, or mend it. The message is still on the "
	  "server.", true },
	[FAULT_DEST] = { "destination", EX_CANTCREAT,
	  "the destination does not take the message",
	  "Look at `destination', its owner and its permissions, or at what "
	  "the command or the server said. The message is still on the "
	  "server.", false },
	[FAULT_DEST_TEMP] = { "destination-temporary", EX_TEMPFAIL,
	  "the destination does not take the message now",
	  "Try again later. The message is still on the server.", true },
	[FAULT_QUIT] = { "quit", EX_TEMPFAIL,
	  "the server did not confirm its deletions",
	  "Nothing is lost, and nothing is fetched twice; they are deleted "
	  "at the next visit.", true },
	[FAULT_MEMORY] = { "memory", EX_OSERR,
	  "there was not enough memory",
	  "Lower `connections', or give it more.", true },
	[FAULT_STOPPED] = { "stopped", EX_TEMPFAIL,
	  "it was stopped",
	  "Run it again: what was fetched is safe, the rest follows.", true }
};

const struct advice *
advice_for(enum fault fault)
{
	return &table[fault];
}

/* ---- what fits this account ---- */

static unsigned
port_of(const struct account_conf *a)
{
	return a->port != 0 ? a->port : a->tls == ACCOUNT_TLS_IMPLICIT ?
	    995 : 110;
}

static bool
hint_port(enum fault fault, const struct account_conf *a, char *out,
    size_t size)
{
	unsigned port = port_of(a);
	bool silent = fault == FAULT_TIMEOUT || fault == FAULT_LOST ||
	    fault == FAULT_NOT_POP;

	if (silent && port == 995 && a->tls != ACCOUNT_TLS_IMPLICIT) {
		(void)text_format(out, size, "Port 995 wants TLS at once: "
		    "tls = implicit.");
		return true;
	}
	if (fault == FAULT_TLS_PLAIN && port == 110) {
		(void)text_format(out, size, "Port 110 begins in plain text: "
		    "leave `port' out (995), or set tls = start.");
		return true;
	}
	if (fault == FAULT_NOT_POP && (port == 143 || port == 993 ||
	    port == 25 || port == 465 || port == 587)) {
		(void)text_format(out, size, "Port %u is for %s: POP3 is 995 "
		    "with TLS, or 110.", port, port == 143 || port == 993 ?
		    "IMAP" : "sending mail");
		return true;
	}
	return false;
}

/* What providers want that their servers do not say. */
static const struct {
	const char *suffix;		/* of the server's name */
	const char *text;
} providers[] = {
	{ "gmail.com", "Google takes no account passwords: make an app "
	  "password (it needs 2-step verification), or set `token_command'; "
	  "and switch POP on in the settings of Gmail." },
	{ "googlemail.com", "Google takes no account passwords: make an app "
	  "password (it needs 2-step verification), or set `token_command'; "
	  "and switch POP on in the settings of Gmail." },
	{ "outlook.com", "Microsoft takes OAuth tokens only: set "
	  "`token_command'; and switch POP on in the settings of Outlook." },
	{ "office365.com", "Microsoft takes OAuth tokens only: set "
	  "`token_command'; POP must be allowed for the mailbox." },
	{ "yahoo.com", "Yahoo takes app passwords, made in the account's "
	  "security settings, or OAuth tokens (`token_command')." },
	{ "gmx.net", "GMX wants POP switched on in the settings of the "
	  "mailbox; with two-factor login an app password." },
	{ "web.de", "WEB.DE wants POP switched on in the settings of the "
	  "mailbox; with two-factor login an app password." }
};

static bool
is_within(const char *host, const char *domain)
{
	size_t hn = strlen(host), dn = strlen(domain);

	return hn >= dn && strcasecmp(host + hn - dn, domain) == 0 &&
	    (hn == dn || host[hn - dn - 1] == '.');
}

static bool
hint_login(enum fault fault, const struct account_conf *a, char *out,
    size_t size)
{
	if (fault != FAULT_AUTH && fault != FAULT_WANTS_OAUTH)
		return false;
	for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
		if (is_within(a->server, providers[i].suffix)) {
			(void)text_format(out, size, "%s", providers[i].text);
			return true;
		}
	if (fault == FAULT_AUTH && strchr(a->user, '@') == NULL) {
		(void)text_format(out, size, "Check the password, and whether "
		    "`user' should be the whole address: many servers want "
		    "that. Providers with two-factor login want an app "
		    "password.");
		return true;
	}
	return false;
}

bool
advice_hint(enum fault fault, const struct account_conf *account, char *out,
    size_t size)
{
	if (fault == FAULT_NO_MECHANISM &&
	    account->tls == ACCOUNT_TLS_NONE && !account->clear_login) {
		(void)text_format(out, size, "Without TLS nothing secret is "
		    "sent: set tls = implicit; or clear_login = yes where "
		    "nobody can listen.");
		return true;
	}
	return hint_port(fault, account, out, size) ||
	    hint_login(fault, account, out, size);
}
