/* SPDX-License-Identifier: ISC
 *
 * tls_names: the sorted list of names that the certificates answer to.
 *
 * Owns the rules of RFC 6125 that a server needs: a wildcard is a whole first
 * label and stands for exactly one.  Must not know about connections.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "net/tls_names.h"

size_t
tls_name_fold(const unsigned char *in, size_t n, char out[TLS_NAME_MAX + 1])
{
	size_t i;

	if (n > 0 && in[n - 1] == '.')
		n--;
	if (n == 0 || n > TLS_NAME_MAX)
		return 0;
	for (i = 0; i < n; i++) {
		if (in[i] <= ' ' || in[i] >= 0x7f)
			return 0;
		/* an empty label */
		if (in[i] == '.' && (i == 0 || i + 1 == n || in[i - 1] == '.'))
			return 0;
		out[i] = (char)in[i];
		if (in[i] >= 'A' && in[i] <= 'Z')
			out[i] = (char)(in[i] + ('a' - 'A'));
	}
	out[n] = '\0';
	return n;
}

static int
add_name(struct tls_names *t, const ASN1_STRING *s, size_t index)
{
	char name[TLS_NAME_MAX + 1];
	struct tls_name *list;
	int len = ASN1_STRING_length(s);

	if (tls_name_fold(ASN1_STRING_get0_data(s), len > 0 ? (size_t)len : 0,
	    name) == 0)
		return 0;
	if (t->n == t->cap) {
		list = reallocarray(t->list, t->cap + 8, sizeof(*list));
		if (list == NULL)
			return -1;
		t->list = list;
		t->cap += 8;
	}
	t->list[t->n].name = strdup(name);
	if (t->list[t->n].name == NULL)
		return -1;
	t->list[t->n++].index = index;
	return 0;
}

/* *found_r: whether there was a dNSName, usable or not */
static int
add_dns_names(struct tls_names *t, X509 *cert, size_t index, int *found_r)
{
	GENERAL_NAMES *names;
	const GENERAL_NAME *g;
	int i, ret = 0;

	*found_r = 0;
	names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	for (i = 0; ret == 0 && i < sk_GENERAL_NAME_num(names); i++) {
		g = sk_GENERAL_NAME_value(names, i);
		if (g->type != GEN_DNS)
			continue;
		*found_r = 1;
		ret = add_name(t, g->d.dNSName, index);
	}
	GENERAL_NAMES_free(names);
	return ret;
}

int
tls_names_add(struct tls_names *t, X509 *cert, size_t index)
{
	X509_NAME *subject = X509_get_subject_name(cert);
	int found, at;

	if (add_dns_names(t, cert, index, &found) != 0)
		return -1;
	if (found)
		return 0;
	at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (at < 0)
		return 0;
	return add_name(t, X509_NAME_ENTRY_get_data(
	    X509_NAME_get_entry(subject, at)), index);
}

/* by name; of equal names the earlier certificate first */
static int
compare(const void *a, const void *b)
{
	const struct tls_name *x = a, *y = b;
	int d = strcmp(x->name, y->name);

	if (d != 0)
		return d;
	return (x->index > y->index) - (x->index < y->index);
}

void
tls_names_sort(struct tls_names *t)
{
	if (t->n > 1)
		qsort(t->list, t->n, sizeof(*t->list), compare);
}

/* the first of the equal ones */
static long
find_exact(const struct tls_names *t, const char *name)
{
	size_t low = 0, high = t->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strcmp(t->list[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == t->n || strcmp(t->list[low].name, name) != 0)
		return -1;
	return (long)t->list[low].index;
}

long
tls_names_find(const struct tls_names *t, const char *host)
{
	const unsigned char *octets = (const unsigned char *)host;
	char name[TLS_NAME_MAX + 1], *dot;
	long index;

	if (tls_name_fold(octets, strlen(host), name) == 0 || name[0] == '*')
		return -1;
	index = find_exact(t, name);
	dot = strchr(name, '.');
	if (index >= 0 || dot == NULL || dot == name)
		return index;
	*--dot = '*';	/* the first label is at least one octet long */
	return find_exact(t, dot);
}

void
tls_names_done(struct tls_names *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		free(t->list[i].name);
	free(t->list);
	memset(t, 0, sizeof(*t));
}
