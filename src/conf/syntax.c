/* SPDX-License-Identifier: ISC
 *
 * syntax: what single words of a configuration must look like.  Looks at the
 * word alone: never at files, the network or the user database.
 */
#include <string.h>
#include <sys/un.h>

#include "base/num.h"
#include "conf/syntax.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Only octets that are letters, digits, in `others`, or (maybe) 8-bit. */
static bool
made_of(const char *word, const char *others, bool eight_bit)
{
	for (const char *p = word; *p; p++)
		if (!is_alnum(*p) && !strchr(others, *p) &&
		    !(eight_bit && (unsigned char)*p >= 0x80))
			return false;
	return true;
}

/* labels of 1 to 63 octets between dots, no hyphen at their ends */
static bool
is_host(const char *word, size_t n, bool eight_bit)
{
	size_t label = 0;

	if (n == 0 || n > 253)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = word[i];
		bool edge = label == 0 || i + 1 == n || word[i + 1] == '.';

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!is_alnum(c) && !(c == '-' && !edge) &&
		    !(eight_bit && (unsigned char)c >= 0x80))
			return false;
		if (++label > 63)
			return false;
	}
	return label > 0;
}

const char *
syntax_hostname(const char *word)
{
	return is_host(word, strlen(word), false) ? NULL :
	    "a host name: letters, digits, hyphens and dots";
}

const char *
syntax_domain(const char *word)
{
	return is_host(word, strlen(word), true) ? NULL :
	    "domains such as example.org, separated by blanks";
}

const char *
syntax_user(const char *word)
{
	size_t n = strlen(word);

	return n > 0 && n <= 255 && !strpbrk(word, ": \t/") ? NULL :
	    "the name of a user, without blank, colon or slash";
}

const char *
syntax_delimiter(const char *word)
{
	return word[0] == '\0' ||
	    (word[1] == '\0' && strchr("+-_=#!$^~", word[0])) ? NULL :
	    "nothing, or one of + - _ = # ! $ ^ ~";
}

const char *
syntax_path(const char *word)
{
	/* " #" and " ;" would be comments in other dialects: not silently
	 * a part of the name here */
	return word[0] == '/' && strlen(word) < 4096 &&
	    !strstr(word, " #") && !strstr(word, " ;") ? NULL :
	    "a path that begins with / (no quotes; comments stand on lines "
	    "of their own)";
}

const char *
syntax_short_path(const char *word)
{
	enum { ROOM = 24 };	/* for /NAME of a socket */

	if (strlen(word) + ROOM > sizeof(((struct sockaddr_un *)0)->sun_path))
		return "a path of at most 84 octets";
	return word[0] == '/' ? syntax_path(word) :
	    "a path that begins with /, at most 84 octets";
}

const char *
syntax_log(const char *word)
{
	if (strcmp(word, "stderr") == 0)
		return NULL;
	return syntax_path(word) ? "stderr, or a path that begins with /" :
	    NULL;
}

/* no "", "." or ".." between slashes, nor a leading or trailing slash */
static bool
is_relative_path(const char *word)
{
	for (const char *p = word;; p++) {
		size_t n = strcspn(p, "/");

		if (n == 0 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		p += n;
		if (*p == '\0')
			return true;
	}
}

const char *
syntax_template(const char *word)
{
	bool user = false;

	if (!is_relative_path(word) || strlen(word) > 255)
		return "a path below root, without \"..\", such as %u or %d/%n";
	for (const char *p = word; *p; p++) {
		if (*p != '%') {
			if (!is_alnum(*p) && !strchr("._-/+=@", *p))
				return "%u, %n, %d, letters, digits and . _ "
				    "- + = @ /";
			continue;
		}
		p++;
		if (*p != 'u' && *p != 'n' && *p != 'd')
			return "after % only u (user), n (its name part) or "
			    "d (its domain)";
		user = user || *p != 'd';
	}
	return user ? NULL :
	    "a template with %u or %n, or all users would share one maildrop";
}

/* the number behind a colon: 0..65535 */
static bool
is_port(const char *text)
{
	uint64_t port;

	return strlen(text) <= 5 &&
	    num_parse_u64(span_str(text), 65535, &port) == 0;
}

static bool
is_ipv6(const char *word, size_t n)
{
	size_t colons = 0;

	for (size_t i = 0; i < n; i++) {
		char c = word[i];

		if (c == '%')	/* a zone: fe80::1%eth0 */
			return i > 0 && colons >= 2 && i + 1 < n;
		if (c == ':')
			colons++;
		else if (!is_digit(c) && !(c >= 'a' && c <= 'f') &&
		    !(c >= 'A' && c <= 'F') && c != '.')
			return false;
	}
	return colons >= 2;
}

/* of digits and dots alone: then it must be a whole IPv4 address */
static bool
is_bad_ipv4(const char *word, size_t n)
{
	size_t parts = 0;

	for (size_t i = 0; i < n;) {
		size_t digits = 0;
		unsigned value = 0;

		while (i < n && is_digit(word[i]) && digits < 4) {
			value = value * 10 + (unsigned)(word[i] - '0');
			digits++;
			i++;
		}
		if (i < n && !is_digit(word[i]) && word[i] != '.')
			return false;	/* a name */
		if (digits == 0 || digits > 3 || value > 255)
			return true;
		parts++;
		if (i < n && ++i == n)
			return true;	/* ends with a dot */
	}
	return parts != 4;
}

static const char *
check_unix(const char *path)
{
	if (path[0] != '/' ||
	    strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return "unix: and a path that begins with /, at most 107 "
		    "octets";
	return NULL;
}

const char *
syntax_address(const char *word)
{
	static const char form[] = "host:port, [IPv6]:port, *:port, "
	    "unix:/path or systemd:NAME";
	const char *colon;
	size_t n;

	if (strncmp(word, "unix:", 5) == 0)
		return check_unix(word + 5);
	if (strncmp(word, "systemd:", 8) == 0)
		return syntax_name(word + 8) ? form : NULL;
	if (word[0] == '[') {
		n = strcspn(word, "]");
		if (word[n] != ']' || !is_ipv6(word + 1, n - 1) ||
		    word[n + 1] != ':')
			return form;
		return is_port(word + n + 2) ? NULL : "a port: 0 to 65535";
	}
	colon = strchr(word, ':');
	if (!colon)
		return form;
	if (strchr(colon + 1, ':'))
		return "an IPv6 address in brackets: [::1]:110";
	n = (size_t)(colon - word);
	if (!(n == 1 && word[0] == '*') &&
	    (!is_host(word, n, false) || is_bad_ipv4(word, n)))
		return form;
	return is_port(colon + 1) ? NULL : "a port: 0 to 65535";
}

int
syntax_port(const char *address)
{
	const char *colon = strrchr(address, ':');
	uint64_t port;

	if (strncmp(address, "unix:", 5) == 0 ||
	    strncmp(address, "systemd:", 8) == 0 || !colon ||
	    num_parse_u64(span_str(colon + 1), 65535, &port) != 0)
		return -1;
	return (int)port;
}

const char *
syntax_name(const char *word)
{
	size_t n = strlen(word);

	return n > 0 && n <= 32 && made_of(word, "_-.", false) ? NULL :
	    "a name of 1 to 32 letters, digits, hyphens, dots and underscores";
}

const char *
syntax_account(const char *word)
{
	uint64_t id;
	size_t n = strlen(word);

	/* 4294967295 means "no change" to the system calls */
	if (n > 0 && strspn(word, "0123456789") == n)
		return num_parse_u64(span_str(word), 4294967294u, &id) == 0 ?
		    NULL : "a number below 4294967295";
	return n > 0 && n <= 64 && word[0] != '-' &&
	    made_of(word, "_-.", false) ? NULL :
	    "user or user:group, names or numbers";
}
