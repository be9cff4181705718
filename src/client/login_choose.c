/* SPDX-License-Identifier: ISC
 *
 * login_choose: which ways of logging in may be tried, strongest first.  The
 * only place that weighs them; must not send anything.
 *
 * Rules: without TLS nothing, unless the account says clear_login; then still
 * nothing of itself that lets a listener try passwords at leisure.  Only what
 * the server announces, unless it announces nothing.
 */
#include "client/login_internal.h"

const struct login_way login_ways[LOGIN_WAYS] = {
	{ "EXTERNAL", WAY_SASL | WAY_FIRST | WAY_NO_SECRET },
	{ "SCRAM-SHA-256-PLUS", WAY_SASL | WAY_FIRST | WAY_SCRAM |
	    WAY_BINDS },
	{ "SCRAM-SHA-1-PLUS", WAY_SASL | WAY_FIRST | WAY_SCRAM | WAY_BINDS },
	{ "SCRAM-SHA-256", WAY_SASL | WAY_FIRST | WAY_SCRAM },
	{ "SCRAM-SHA-1", WAY_SASL | WAY_FIRST | WAY_SCRAM },
	{ "OAUTHBEARER", WAY_SASL | WAY_FIRST | WAY_TOKEN | WAY_READABLE },
	{ "XOAUTH2", WAY_SASL | WAY_FIRST | WAY_TOKEN | WAY_READABLE },
	{ "CRAM-MD5", WAY_SASL | WAY_GUESSABLE },
	{ "PLAIN", WAY_SASL | WAY_FIRST | WAY_READABLE },
	{ "LOGIN", WAY_SASL | WAY_READABLE },
	{ "APOP", WAY_GUESSABLE },
	{ "USER", WAY_READABLE },
	{ NULL, 0 }
};

static bool
is_auto(const char *auth)
{
	return auth == NULL || auth[0] == '\0' ||
	    span_eq_nocase(span_str(auth), span_str("auto"));
}

struct pop_span
login_binding_of(const struct login_world *w, const char **name_r)
{
	const struct login_binding *b = w->binding;

	if (!w->tls || b == NULL)
		return span_of(NULL, 0);
	/* each is the default of its TLS version (RFC 9266 section 3), and
	 * tls-unique does not exist in 1.3.  libgsasl has no
	 * tls-server-end-point. */
	if (b->tls_unique.n > 0) {
		*name_r = "tls-unique";
		return b->tls_unique;
	}
	*name_r = "tls-exporter";
	return b->tls_exporter;
}

/* RFC 1123 names; the Microsoft services that take XOAUTH2 only as two lines
 * and answer others with "Protocol error" */
bool
login_is_microsoft(const struct login_world *w)
{
	static const char *const ends[] = { "outlook.office365.com",
		"outlook.office.com", "outlook.com", "office365.us",
		"hotmail.com", "live.com", "partner.outlook.cn" };
	struct pop_span host = span_str(w->account->server), tail;

	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct pop_span end = span_str(ends[i]);

		if (host.n < end.n)
			continue;
		tail = span_of(host.p + host.n - end.n, end.n);
		if (span_eq_nocase(tail, end) && (host.n == end.n ||
		    host.p[host.n - end.n - 1] == '.'))
			return true;
	}
	return false;
}

static bool
has_secret(const struct login_world *w, bool token)
{
	return w->secret != NULL && w->secret->value.n > 0 &&
	    w->secret->is_token == token;
}

/* Can it work at all, whatever anybody wants? */
static bool
is_possible(const struct login_world *w, const struct login_way *way)
{
	const char *name;

	if ((way->flags & WAY_BINDS) != 0 &&
	    login_binding_of(w, &name).n == 0)
		return false;
	/* a stamp with odd octets is none (C-26) */
	if (strcmp(way->name, "APOP") == 0 && w->stamp.n == 0)
		return false;
	return (way->flags & WAY_NO_SECRET) != 0 ||
	    (w->secret != NULL && w->secret->value.n > 0);
}

static bool
is_announced(const struct pop_capa *capa, const struct login_way *way)
{
	if ((way->flags & WAY_SASL) != 0)
		return capa->known == 1 &&
		    pop_capa_mechanism(capa, way->name);
	if (strcmp(way->name, "USER") == 0)
		return capa->known == 1 && (capa->has & POP_CAPA_USER) != 0;
	return true;	/* APOP: by its stamp */
}

/* May it be used without the account naming it? */
static bool
is_automatic(const struct login_world *w, const struct login_way *way)
{
	if (!w->tls && (way->flags & WAY_GUESSABLE) != 0)
		return false;
	if ((way->flags & WAY_NO_SECRET) != 0)
		return w->tls && w->account->client_certificate != NULL;
	return has_secret(w, (way->flags & WAY_TOKEN) != 0);
}

static const struct login_way *
find(struct pop_span name)
{
	for (const struct login_way *way = login_ways; way->name; way++)
		if (span_eq_nocase(name, span_str(way->name)))
			return way;
	return NULL;
}

/* Who offers STLS and no login wants STLS first (RFC 2595 section 2.4). */
static bool
wants_stls(const struct login_world *w, const struct pop_capa *capa)
{
	return !w->tls && capa->known == 1 &&
	    (capa->has & POP_CAPA_STLS) != 0 &&
	    (capa->has & POP_CAPA_USER) == 0 && capa->mechanisms[0] == '\0';
}

/* A server that says nothing of its ways, or nothing that we know. */
static const struct login_way *
last_resort(const struct login_world *w, const struct pop_capa *capa)
{
	if (has_secret(w, true))
		return capa->known == 1 && (capa->has & POP_CAPA_SASL) != 0 ?
		    NULL : find(span_str("XOAUTH2"));
	if (!has_secret(w, false) || wants_stls(w, capa))
		return NULL;
	/* USER is often there and not announced; but who announces other
	 * ways and not this one means it */
	return capa->known == 1 && (capa->has & POP_CAPA_SASL) != 0 &&
	    capa->mechanisms[0] != '\0' ? NULL : find(span_str("USER"));
}

static size_t
choose_automatic(const struct login_world *w, const struct pop_capa *capa,
    const struct login_way *out[LOGIN_WAYS])
{
	const struct login_way *last = last_resort(w, capa);
	bool has_last = last == NULL;
	size_t n = 0;

	for (const struct login_way *way = login_ways; way->name; way++) {
		if (!is_possible(w, way) || !is_announced(capa, way) ||
		    !is_automatic(w, way))
			continue;
		out[n++] = way;
		has_last = has_last || way == last;
	}
	if (!has_last)
		out[n++] = last;
	return n;
}

static bool
is_chosen(const struct login_way *way, const struct login_way *const *out,
    size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (out[i] == way)
			return true;
	return false;
}

/* The account's own list and order.  What the server does not announce is
 * left out, when it announces mechanisms at all. */
static size_t
choose_listed(const struct login_world *w, const struct pop_capa *capa,
    const struct login_way *out[LOGIN_WAYS])
{
	bool told = capa->known == 1 && (capa->has & POP_CAPA_SASL) != 0;
	const char *p = w->account->auth;
	const struct login_way *way;
	size_t n = 0, len;

	for (; *p != '\0'; p += len) {
		len = strcspn(p, " ,\t");
		way = find(span_of(p, len));
		if (len == 0)
			len = 1;
		if (way == NULL || !is_possible(w, way) ||
		    is_chosen(way, out, n))
			continue;
		if ((way->flags & WAY_SASL) != 0 && told &&
		    !is_announced(capa, way))
			continue;
		out[n++] = way;
	}
	return n;
}

static bool
only_tokens(const struct pop_capa *capa)
{
	struct pop_span list = span_str(capa->mechanisms);
	bool any = false;

	while (list.n > 0) {
		const unsigned char *sp = memchr(list.p, ' ', list.n);
		struct pop_span name = list;
		const struct login_way *way;

		if (sp != NULL)
			name.n = (size_t)(sp - list.p);
		span_skip(&list, name.n + (sp != NULL ? 1 : 0));
		if (name.n == 0)
			continue;
		way = find(name);
		if (way == NULL || (way->flags & WAY_TOKEN) == 0)
			return false;
		any = true;
	}
	return any;
}

static void
explain_nothing(const struct login_world *w, const struct pop_capa *capa,
    enum fault *fault_r, const char **why_r)
{
	bool none = w->secret == NULL || w->secret->value.n == 0;

	*fault_r = none ? FAULT_SECRET : FAULT_NO_MECHANISM;
	if (none) {
		*why_r = "there is no password to log in with";
	} else if (!is_auto(w->account->auth)) {
		*why_r = "the server offers none of the ways of logging in "
		    "that `auth` allows";
	} else if (wants_stls(w, capa)) {
		*why_r = "the server lets nobody log in without encryption: "
		    "say tls = start";
	} else if (has_secret(w, true)) {
		*why_r = "the server takes no tokens (OAUTHBEARER, XOAUTH2)";
	} else if (only_tokens(capa)) {
		*fault_r = FAULT_WANTS_OAUTH;
		*why_r = "the server takes tokens (OAuth) only, no passwords";
	} else {
		*why_r = "the server offers no way of logging in that can be "
		    "used here";
	}
}

size_t
login_choose(const struct login_world *w, const struct pop_capa *capa,
    const struct login_way *out[LOGIN_WAYS], enum fault *fault_r,
    const char **why_r)
{
	size_t n;

	if (!w->tls && !w->account->clear_login) {
		*fault_r = FAULT_NO_MECHANISM;
		*why_r = "the connection is not encrypted, so nothing was "
		    "sent; use TLS, or allow it with clear_login = yes";
		return 0;
	}
	if (is_auto(w->account->auth))
		n = choose_automatic(w, capa, out);
	else
		n = choose_listed(w, capa, out);
	if (n == 0)
		explain_nothing(w, capa, fault_r, why_r);
	return n;
}
