/* SPDX-License-Identifier: ISC
 *
 * lookup: which user a recipient's address means; see auth_lookup in auth.h.
 * Touches no password.
 */
#include "auth/auth_private.h"

struct address {
	struct pop_span local, domain;
	bool served;
};

static bool
is_served(const char *domains, struct pop_span domain)
{
	const char *p = domains;
	size_t n;

	while (*p != '\0') {
		n = strcspn(p, " \t");
		if (span_eq_nocase(domain, span_of(p, n)))
			return true;
		p += n;
		p += strspn(p, " \t");
	}
	return false;
}

static bool
find_full(const struct passwd_table *t, const struct address *r,
    struct passwd_user *u_r)
{
	unsigned char name[PASSWD_NAME_MAX];
	size_t n = r->local.n + 1 + r->domain.n;

	if (r->domain.n == 0 || r->local.n > sizeof(name) ||
	    r->domain.n > sizeof(name) || n > sizeof(name))
		return false;
	if (r->local.n > 0)
		memcpy(name, r->local.p, r->local.n);
	name[r->local.n] = '@';
	memcpy(name + r->local.n + 1, r->domain.p, r->domain.n);
	return passwd_find(t, span_of(name, n), u_r);
}

/* local@domain, then local alone where we are that domain */
static bool
find_either(const struct passwd_table *t, const struct address *r,
    struct passwd_user *u_r)
{
	return find_full(t, r, u_r) ||
	    (r->served && passwd_find(t, r->local, u_r));
}

/* What stands before the first delimiter; a leading one does not count. */
static bool
cut_detail(const char *delimiters, struct pop_span *local)
{
	for (size_t i = 1; i < local->n; i++)
		if (local->p[i] != '\0' &&
		    strchr(delimiters, local->p[i]) != NULL) {
			local->n = i;
			return true;
		}
	return false;
}

static bool
find_recipient(struct auth *a, const struct passwd_table *t,
    struct address r, struct passwd_user *u_r)
{
	if (find_either(t, &r, u_r))
		return true;
	if (cut_detail(a->set.delimiter, &r.local) && find_either(t, &r, u_r))
		return true;
	/* RFC 5321 section 4.5.1: postmaster exists in any case of letters,
	 * with our domains and with none */
	return r.served &&
	    span_eq_nocase(r.local, span_str("postmaster")) &&
	    passwd_find(t, span_str(a->set.postmaster), u_r);
}

enum auth_lookup
auth_lookup(struct auth *a, struct pop_span local, struct pop_span domain,
    struct auth_user *user_r)
{
	struct address r = { .local = local, .domain = domain };
	struct passwd_user u;

	/* no domain: <Postmaster> means us */
	r.served = domain.n == 0 || is_served(a->set.domains, domain);
	if (!find_recipient(a, auth_table(a), r, &u))
		return r.served ? AUTH_NO_USER : AUTH_NOT_LOCAL;
	if (auth_set_user(a, u.name, user_r) != 0)
		return AUTH_LOOKUP_TEMP;
	return AUTH_USER;
}

enum auth_lookup
auth_find(struct auth *a, struct pop_span name, struct auth_user *user_r)
{
	struct passwd_user u;

	if (!passwd_find(auth_table(a), name, &u))
		return AUTH_NO_USER;
	if (auth_set_user(a, u.name, user_r) != 0)
		return AUTH_LOOKUP_TEMP;
	return AUTH_USER;
}
