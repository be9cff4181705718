/* SPDX-License-Identifier: ISC
 *
 * login_refusal: what a server means by -ERR to a login.  Response codes (RFC
 * 2449 section 8, RFC 3206) are believed; where there is none, the words that
 * servers in use are known to say are looked for.  A wrong guess makes a worse
 * sentence, never a login with less protection.
 */
#include "client/login_internal.h"

/* lower case; a reply that holds one of them means that */
static const struct {
	const char *words;
	enum fault fault;
} meanings[] = {
	/* before others: "Basic authentication is disabled" */
	{ "basicauthblocked", FAULT_WANTS_OAUTH },
	{ "basic auth", FAULT_WANTS_OAUTH },
	{ "modern auth", FAULT_WANTS_OAUTH },
	{ "oauth", FAULT_WANTS_OAUTH },
	{ "application-specific password", FAULT_WANTS_OAUTH },
	{ "app password", FAULT_WANTS_OAUTH },
	{ "web login required", FAULT_WANTS_OAUTH },
	{ "log in via your web browser", FAULT_WANTS_OAUTH },
	{ "in use", FAULT_IN_USE },
	{ "is busy", FAULT_IN_USE },
	{ "already locked", FAULT_IN_USE },
	{ "is locked by", FAULT_IN_USE },
	{ "unable to lock", FAULT_IN_USE },
	{ "cannot lock", FAULT_IN_USE },
	{ "could not lock", FAULT_IN_USE },
	{ "can't lock", FAULT_IN_USE },
	{ "couldn't lock", FAULT_IN_USE },
	{ "lock busy", FAULT_IN_USE },
	{ "mailbox locked", FAULT_IN_USE },
	{ "maildrop locked", FAULT_IN_USE },
	{ "another session", FAULT_IN_USE },
	{ "another pop", FAULT_IN_USE },
	{ "already logged in", FAULT_IN_USE },
	{ "frequency", FAULT_LOGIN_DELAY },
	{ "too soon", FAULT_LOGIN_DELAY },
	{ "too often", FAULT_LOGIN_DELAY },
	{ "too frequent", FAULT_LOGIN_DELAY },
	{ "login delay", FAULT_LOGIN_DELAY },
	{ "minimum interval", FAULT_LOGIN_DELAY },
	{ "rate limit", FAULT_LOGIN_DELAY },
	{ "too many", FAULT_LOGIN_DELAY },
	{ "temporar", FAULT_SERVER_TEMP },
	{ "try again later", FAULT_SERVER_TEMP },
	{ "try again in", FAULT_SERVER_TEMP },
	{ "try later", FAULT_SERVER_TEMP },
	{ "unavailable", FAULT_SERVER_TEMP },
	{ "internal error", FAULT_SERVER_TEMP },
	{ "internal server error", FAULT_SERVER_TEMP },
	{ "system error", FAULT_SERVER_TEMP },
	{ "timeout", FAULT_SERVER_TEMP },
	{ "mechanism", FAULT_NO_MECHANISM },
	{ "unsupported", FAULT_NO_MECHANISM },
	{ "not supported", FAULT_NO_MECHANISM },
	{ "not implemented", FAULT_NO_MECHANISM },
	{ "unrecognized", FAULT_NO_MECHANISM },
	{ "unrecognised", FAULT_NO_MECHANISM },
	{ "unknown auth", FAULT_NO_MECHANISM },
	{ "unknown command", FAULT_NO_MECHANISM },
	{ "invalid command", FAULT_NO_MECHANISM },
	{ "bad command", FAULT_NO_MECHANISM },
	{ "syntax", FAULT_NO_MECHANISM },
	{ "plaintext auth", FAULT_NO_MECHANISM },
	{ "encryption required", FAULT_NO_MECHANISM },
	{ "must use tls", FAULT_NO_MECHANISM },
	{ "requires tls", FAULT_NO_MECHANISM },
	{ "requires ssl", FAULT_NO_MECHANISM },
	{ "starttls", FAULT_NO_MECHANISM },
};

static bool
holds(struct pop_span text, const char *words)
{
	size_t n = strlen(words);

	for (; text.n >= n; span_skip(&text, 1))
		if (span_eq_nocase(span_of(text.p, n), span_str(words)))
			return true;
	return false;
}

static enum fault
by_words(struct pop_span text)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (holds(text, meanings[i].words))
			return meanings[i].fault;
	return FAULT_AUTH;
}

enum fault
login_refusal(enum pop_code code, struct pop_span text)
{
	switch (code) {
	case POP_CODE_AUTH:
		/* Gmail: "[AUTH] Application-specific password required" */
		return by_words(text) == FAULT_WANTS_OAUTH ?
		    FAULT_WANTS_OAUTH : FAULT_AUTH;
	case POP_CODE_IN_USE:
		return FAULT_IN_USE;
	case POP_CODE_LOGIN_DELAY:
		return FAULT_LOGIN_DELAY;
	case POP_CODE_SYS_TEMP:
		return FAULT_SERVER_TEMP;
	case POP_CODE_SYS_PERM:
	case POP_CODE_UTF8:
		return FAULT_SERVER_PERM;
	case POP_CODE_NONE:
	case POP_CODE_OTHER:
		break;
	}
	return by_words(text);
}

const char *
login_refusal_words(enum fault fault)
{
	switch ((unsigned)fault) {
	case FAULT_AUTH:
		return "the server did not accept name and password";
	case FAULT_WANTS_OAUTH:
		return "the server does not take the account's password; it "
		    "wants a token (OAuth) or an application password";
	case FAULT_IN_USE:
		return "the mailbox is in use by another session";
	case FAULT_LOGIN_DELAY:
		return "the server wants more time between logins";
	case FAULT_SERVER_TEMP:
		return "the server has a problem that will pass";
	case FAULT_SERVER_PERM:
		return "the server has a problem that somebody must solve";
	default:
		return "the server does not take this way of logging in";
	}
}
