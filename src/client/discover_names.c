/* SPDX-License-Identifier: ISC
 *
 * discover_names: what restante-discover and `restante setup` call things, and
 * what is a host name.
 *
 * Owns nothing.  Both programs check names: neither believes the other.
 */
#include "client/discover.h"

static const char *const sources[] = {
	[DISCOVER_SRV] = "srv",
	[DISCOVER_AUTOCONFIG] = "autoconfig",
	[DISCOVER_WELL_KNOWN] = "well-known",
	[DISCOVER_ISPDB] = "ispdb",
	[DISCOVER_MX_AUTOCONFIG] = "mx-autoconfig",
	[DISCOVER_MX_WELL_KNOWN] = "mx-well-known",
	[DISCOVER_MX_ISPDB] = "mx-ispdb",
	[DISCOVER_GUESS] = "guess",
};

static const struct {
	enum discover_auth auth;
	const char *name;
} auths[] = {
	{ DISCOVER_PASSWORD, "password" },
	{ DISCOVER_ENCRYPTED, "password-encrypted" },
	{ DISCOVER_OAUTH2, "oauth2" },
	{ DISCOVER_GSSAPI, "gssapi" },
	{ DISCOVER_NTLM, "ntlm" },
	{ DISCOVER_CERTIFICATE, "client-certificate" },
	{ DISCOVER_NO_LOGIN, "none" },
};
enum { AUTHS = sizeof(auths) / sizeof(auths[0]) };

static const char *const channels[] = { "implicit", "start", "none" };

const char *
discover_source_name(enum discover_source source)
{
	return sources[source];
}

const char *
discover_tls_name(enum discover_tls tls)
{
	return channels[tls];
}

const char *
discover_auth_name(unsigned bit)
{
	for (size_t i = 0; i < AUTHS; i++)
		if (auths[i].auth == bit)
			return auths[i].name;
	return "unknown";
}

int
discover_source_find(const char *name, enum discover_source *source_r)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (strcmp(sources[i], name) == 0) {
			*source_r = (enum discover_source)i;
			return 0;
		}
	return -1;
}

int
discover_tls_find(const char *name, enum discover_tls *tls_r)
{
	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
		if (strcmp(channels[i], name) == 0) {
			*tls_r = (enum discover_tls)i;
			return 0;
		}
	return -1;
}

unsigned
discover_auth_find(const char *name)
{
	for (size_t i = 0; i < AUTHS; i++)
		if (strcmp(auths[i].name, name) == 0)
			return auths[i].auth;
	return 0;
}

static bool
is_ldh(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-';
}

/* RFC 1123 section 2.1: labels of 1 to 63, no hyphen at either end */
bool
discover_is_host(const char *name)
{
	size_t label = 0, n = 0;

	for (; name[n] != '\0'; n++) {
		bool hyphen = name[n] == '-';

		if (name[n] == '.') {
			if (label == 0 || name[n - 1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!is_ldh(name[n]) || (hyphen && label == 0) || ++label > 63)
			return false;
	}
	return label > 0 && n < DISCOVER_NAME_MAX && name[n - 1] != '-';
}

bool
discover_in_domain(const char *host, const char *domain)
{
	struct pop_span h = span_str(host), d = span_str(domain);

	if (h.n < d.n || d.n == 0)
		return false;
	if (!span_eq_nocase(span_of(h.p + (h.n - d.n), d.n), d))
		return false;
	return h.n == d.n || h.p[h.n - d.n - 1] == '.';
}
