/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: the alternative names of a certificate.  The octets are the
 * extension's value.  Whatever they are: the list for people can be printed,
 * a name with a NUL matches nothing, and no host is taken that OpenSSL's own
 * check would refuse (but for names with a final dot, which it does not
 * know).
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "net/tls_client_name.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
need(int truth)
{
	if (!truth)
		abort();
}

static X509 *
certificate(const unsigned char *data, size_t n)
{
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	X509 *x = X509_new();
	X509_EXTENSION *e;

	need(s != NULL && x != NULL);
	need(ASN1_OCTET_STRING_set(s, data, (int)n));
	e = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, s);
	need(e != NULL && X509_add_ext(x, e, -1));
	need(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN",
	    MBSTRING_ASC, (const unsigned char *)"pop.example.net", -1, -1,
	    0));
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(s);
	return x;
}

static void
check_list(const X509 *x)
{
	char text[100];
	size_t i;

	for (i = 1; i <= sizeof(text); i += 33) {
		memset(text, 0, sizeof(text));
		tls_client_name_list(x, text, i);
		need(strlen(text) < i);
	}
	for (i = 0; text[i] != '\0'; i++)
		need(text[i] >= ' ' && text[i] < 0x7f);
}

/* a dNSName that X509_check_host reads as another name than we do */
static int
has_final_dot(X509 *x)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL,
	    NULL);
	const GENERAL_NAME *g;
	int i, len, found = 0;

	for (i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		g = sk_GENERAL_NAME_value(names, i);
		if (g->type != GEN_DNS)
			continue;
		len = ASN1_STRING_length(g->d.dNSName);
		if (len > 0 && ASN1_STRING_get0_data(g->d.dNSName)[len - 1] ==
		    '.')
			found = 1;
	}
	GENERAL_NAMES_free(names);
	return found;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	static const char host[] = "pop.example.net";
	struct tls_wanted w;
	X509 *x;

	if (n > 65536)
		return 0;
	x = certificate(data, n);
	need(tls_wanted_init(&w, host, NULL, NULL) == 0);
	if (tls_client_name_matches(&w, x))
		need(X509_check_host(x, host, 0,
		    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1 ||
		    has_final_dot(x));
	need(tls_wanted_init(&w, "192.0.2.1", NULL, NULL) == 0);
	if (tls_client_name_matches(&w, x))
		need(X509_check_ip(x, w.ip, w.ip_len, 0) == 1);
	need(tls_wanted_init(&w, "x.example", "example.org", "_pop3s") == 0);
	(void)tls_client_name_matches(&w, x);
	check_list(x);
	X509_free(x);
	ERR_clear_error();
	return 0;
}
