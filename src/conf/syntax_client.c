/* SPDX-License-Identifier: ISC
 *
 * syntax_client: what single words of restante.conf must look like.  Looks at
 * the word alone: never at files, the network or the user database.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/base64.h"
#include "conf/syntax.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

const char *
syntax_home_path(const char *word)
{
	const char *path = strncmp(word, "~/", 2) == 0 ? word + 1 : word;

	if (path[0] != '/' || strlen(path) >= 4096)
		return "a path that begins with / or ~/";
	return syntax_path(path) ? "a path without \" #\" and \" ;\" "
	    "(comments stand on lines of their own)" : NULL;
}

const char *
syntax_client_name(const char *word)
{
	size_t n = strlen(word);

	return n > 0 && n <= 64 && word[0] != '.' && word[0] != '-' &&
	    strspn(word, LETTERS DIGITS "-_.@") == n ? NULL :
	    "a name of 1 to 64 letters, digits and - _ . @, that does not "
	    "begin with a dot or hyphen";
}

const char *
syntax_client_names(const char *word)
{
	if (strcmp(word, "*") == 0)
		return NULL;
	return syntax_client_name(word) ? "names of accounts, separated by "
	    "blanks, or * for all" : NULL;
}

bool
syntax_is_ip(const char *word)
{
	unsigned char out[sizeof(struct in6_addr)];
	char address[64];
	size_t n = strcspn(word, "%");	/* a zone: fe80::1%eth0 */

	if (n >= sizeof(address) || (word[n] && !word[n + 1]))
		return false;
	memcpy(address, word, n);
	address[n] = '\0';
	return inet_pton(AF_INET6, address, out) == 1 ||
	    (!word[n] && inet_pton(AF_INET, address, out) == 1);
}

const char *
syntax_server(const char *word)
{
	size_t n = strlen(word);

	if (syntax_is_ip(word))
		return NULL;
	/* of digits and dots alone it is no name, and it was no address */
	return !syntax_hostname(word) && strspn(word, DIGITS ".") < n ? NULL :
	    "a host name or an address, without brackets; a port other than "
	    "the usual one goes into port";
}

const char *
syntax_login(const char *word)
{
	size_t n = strlen(word);

	return n > 0 && n <= 255 && strspn(word, " \t") < n ? NULL :
	    "the name to log in with, at most 255 octets";
}

const char *
syntax_secret(const char *word)
{
	size_t n = strlen(word);

	return n > 0 && strspn(word, " \t") < n ? NULL : "a password";
}

const char *
syntax_mail_domain(const char *word)
{
	return syntax_domain(word) ? "a domain such as example.org" : NULL;
}

const char *
syntax_mail_address(const char *word)
{
	const char *at = strrchr(word, '@');
	size_t n = strlen(word);

	return at && at != word && n <= 254 && !strpbrk(word, " \t<>\"\\,;") &&
	    !syntax_domain(at + 1) ? NULL :
	    "an address such as wren@example.org";
}

/* 44 characters */
static bool
is_digest(const char *text)
{
	unsigned char out[BASE64_DECODED(44)];
	size_t n;

	return base64_decode(out, &n, span_of(text, 44)) == 0 && n == 32;
}

static bool
is_hex_digest(const char *text)
{
	size_t digits = 0;

	for (; *text; text++) {
		if (*text == ':' && digits > 0 && digits % 2 == 0 && text[1])
			continue;
		if (!strchr(DIGITS "abcdefABCDEF", *text))
			return false;
		digits++;
	}
	return digits == 64;
}

const char *
syntax_pin(const char *word)
{
	if (strlen(word) == 7 + 44 && strncmp(word, "sha256:", 7) == 0 &&
	    is_digest(word + 7))
		return NULL;
	if (strncmp(word, "cert-sha256:", 12) == 0 && is_hex_digest(word + 12))
		return NULL;
	return "sha256: and 44 characters of base64 (of the public key), or "
	    "cert-sha256: and 64 hex digits (of the certificate)";
}

const char *
syntax_field(const char *word)
{
	size_t n = strlen(word);

	if (n == 0 || n > 200)
		return "the name of a header field";
	for (const char *p = word; *p; p++)	/* RFC 5322 section 2.2 */
		if (*p <= 32 || *p >= 127 || *p == ':')
			return "the name of a header field";
	return NULL;
}
