/* SPDX-License-Identifier: ISC
 *
 * tls_client_name: the names in a certificate against the one that is wanted.
 *
 * Owns the rules of RFC 6125 and RFC 7817: DNS-ID for the host and for the
 * mail domain, `*` as the whole left-most label for exactly one label, SRV-ID
 * without wildcards, addresses octet by octet.  The common name is no name of a
 * server any more (RFC 9525 section 2): it is only shown to people.  Must not
 * judge chains or dates, nor know about connections.
 */
#include <arpa/inet.h>

#include <string.h>

#include <openssl/x509v3.h>

#include "base/span.h"
#include "base/text.h"
#include "net/tls_client_name.h"

enum { LIST_NAMES = 3 };

/* ---- what is wanted ---- */

/* "fe80::1%eth0": the zone is ours, no certificate has it */
static size_t
parse_address(const char *host, unsigned char ip[16])
{
	char text[INET6_ADDRSTRLEN];
	size_t n = strcspn(host, "%");

	if (n >= sizeof(text))
		return 0;
	memcpy(text, host, n);
	text[n] = '\0';
	if (inet_pton(AF_INET, host, ip) == 1)
		return 4;
	return inet_pton(AF_INET6, text, ip) == 1 ? 16 : 0;
}

/* a reference identifier is never a pattern */
static int
take_name(const char *name, char out[TLS_NAME_MAX + 1])
{
	if (tls_name_fold((const unsigned char *)name, strlen(name),
	    out) != 0 && strchr(out, '*') == NULL)
		return 0;
	out[0] = '\0';
	return -1;
}

int
tls_wanted_init(struct tls_wanted *w, const char *host, const char *domain,
    const char *service)
{
	memset(w, 0, sizeof(*w));
	w->ip_len = parse_address(host, w->ip);
	if (w->ip_len == 0 && take_name(host, w->host) != 0)
		return -1;
	if (domain == NULL)
		return 0;
	if (take_name(domain, w->domain) != 0)
		return -1;
	if (service != NULL && text_format(w->srv, sizeof(w->srv), "%s.%s",
	    service, w->domain))
		return -1;
	return 0;
}

/* ---- one name ---- */

static struct pop_span
octets(const ASN1_STRING *s)
{
	int n = s != NULL ? ASN1_STRING_length(s) : 0;

	return span_of(n > 0 ? ASN1_STRING_get0_data(s) : NULL,
	    n > 0 ? (size_t)n : 0);
}

/* `wanted` is folded, or empty and equal to nothing */
static bool
dns_matches(struct pop_span presented, const char *wanted)
{
	char name[TLS_NAME_MAX + 1];
	const char *rest = strchr(wanted, '.');

	/* NUL and other octets that no host name has: not a name (C06) */
	if (wanted[0] == '\0' ||
	    tls_name_fold(presented.p, presented.n, name) == 0)
		return false;
	if (strncmp(name, "*.", 2) != 0)
		return strcmp(name, wanted) == 0;
	/* one label, never none; and nobody owns all of "*.net" */
	return rest != NULL && rest != wanted &&
	    strchr(name + 2, '.') != NULL && strcmp(name + 1, rest) == 0;
}

static bool
is_srv(const GENERAL_NAME *g)
{
	return g->type == GEN_OTHERNAME &&
	    OBJ_obj2nid(g->d.otherName->type_id) == NID_SRVName;
}

/* RFC 4985 */
static bool
srv_matches(const GENERAL_NAME *g, const char *wanted)
{
	const ASN1_TYPE *value = g->d.otherName->value;

	return wanted[0] != '\0' && value->type == V_ASN1_IA5STRING &&
	    span_eq_nocase(octets(value->value.ia5string),
	    span_str(wanted));
}

static bool
ip_matches(const ASN1_STRING *s, const struct tls_wanted *w)
{
	return w->ip_len > 0 && span_eq(octets(s), span_of(w->ip, w->ip_len));
}

static bool
general_matches(const struct tls_wanted *w, const GENERAL_NAME *g)
{
	if (g->type == GEN_DNS)
		return dns_matches(octets(g->d.dNSName), w->host) ||
		    dns_matches(octets(g->d.dNSName), w->domain);
	if (g->type == GEN_IPADD)
		return ip_matches(g->d.iPAddress, w);
	return is_srv(g) && srv_matches(g, w->srv);
}

/* ---- the common name ---- */

/* the most specific one, which is the last; NULL: none */
static const ASN1_STRING *
common_name(const X509 *cert)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at, last = -1;

	while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName,
	    last)) >= 0)
		last = at;
	return last < 0 ? NULL :
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last));
}

/* ---- the certificate ---- */

/* *broken_r: there are names, but they cannot be read (or twice) */
static GENERAL_NAMES *
alternative_names(const X509 *cert, bool *broken_r)
{
	GENERAL_NAMES *names;
	int critical;

	names = X509_get_ext_d2i(cert, NID_subject_alt_name, &critical, NULL);
	*broken_r = names == NULL && critical != -1;
	return names;
}

bool
tls_client_name_matches(const struct tls_wanted *w, const X509 *cert)
{
	bool broken, ok = false;
	GENERAL_NAMES *names = alternative_names(cert, &broken);
	const GENERAL_NAME *g;
	int i;

	if (broken)
		return false;
	for (i = 0; !ok && i < sk_GENERAL_NAME_num(names); i++) {
		g = sk_GENERAL_NAME_value(names, i);
		ok = general_matches(w, g);
	}
	GENERAL_NAMES_free(names);
	return ok;
}

/* ---- for people ---- */

void
tls_client_printable(const void *p, size_t n, char *out, size_t size)
{
	const unsigned char *in = p;
	size_t i;

	for (i = 0; i < n && i + 1 < size; i++) {
		out[i] = '?';
		if (in[i] >= ' ' && in[i] < 0x7f)
			out[i] = (char)in[i];
	}
	out[i] = '\0';
}

/* the text of one name, or false for kinds that nobody reads */
static bool
name_text(const GENERAL_NAME *g, char *out, size_t size)
{
	struct pop_span s = { 0 };
	unsigned char ip[16];

	if (g->type == GEN_DNS)
		s = octets(g->d.dNSName);
	else if (is_srv(g) &&
	    g->d.otherName->value->type == V_ASN1_IA5STRING)
		s = octets(g->d.otherName->value->value.ia5string);
	if (s.n > 0) {
		tls_client_printable(s.p, s.n, out, size);
		return true;
	}
	if (g->type != GEN_IPADD)
		return false;
	s = octets(g->d.iPAddress);
	if (s.n != 4 && s.n != 16)
		return false;
	memcpy(ip, s.p, s.n);
	return inet_ntop(s.n == 4 ? AF_INET : AF_INET6, ip, out,
	    (socklen_t)size) != NULL;
}

static void
add_text(char *out, size_t size, const char *between, const char *name)
{
	size_t n = strlen(out);

	text_format(out + n, size - n, "%s%s", n > 0 ? between : "", name);
}

static void
list_common_name(const X509 *cert, char *out, size_t size)
{
	struct pop_span s = octets(common_name(cert));

	if (s.n == 0)
		text_format(out, size, "nobody");
	else {
		tls_client_printable(s.p, s.n, out, size);
		add_text(out, size, " ", "(a common name, which no longer "
		    "counts)");
	}
}

void
tls_client_name_list(const X509 *cert, char *out, size_t size)
{
	char name[TLS_NAME_MAX + 1], more[32];
	bool broken;
	GENERAL_NAMES *names = alternative_names(cert, &broken);
	int i, n = 0;

	out[0] = '\0';
	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		if (!name_text(sk_GENERAL_NAME_value(names, i), name,
		    sizeof(name)))
			continue;
		if (n++ < LIST_NAMES)
			add_text(out, size, ", ", name);
	}
	GENERAL_NAMES_free(names);
	if (n > LIST_NAMES) {
		text_format(more, sizeof(more), "%d more", n - LIST_NAMES);
		add_text(out, size, " and ", more);
	}
	if (broken)
		text_format(out, size, "names that cannot be read");
	else if (n == 0)
		list_common_name(cert, out, size);
}
