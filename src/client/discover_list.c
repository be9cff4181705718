/* SPDX-License-Identifier: ISC
 *
 * discover_list: candidates, who of them is better, and how they are printed.
 *
 * Owns the order: what the domain says in a way that can be believed comes
 * first, guesses last (RFC 6186 section 3, RFC 8314 section 5.1).  Only what
 * is a host name gets in.
 */
#include "client/discover.h"

#include <jansson.h>

#include "base/text.h"

/* Copies in lower case. */
static void
copy_name(char out[DISCOVER_NAME_MAX], const char *name)
{
	size_t i;

	for (i = 0; i < DISCOVER_NAME_MAX - 1 && name[i] != '\0'; i++)
		out[i] = name[i] >= 'A' && name[i] <= 'Z' ?
		    (char)(name[i] | 0x20) : name[i];
	out[i] = '\0';
}

int
discover_list_init(struct discover_list *l, const char *domain)
{
	memset(l, 0, sizeof(*l));
	if (!discover_is_host(domain) || strchr(domain, '.') == NULL)
		return -1;
	copy_name(l->domain, domain);
	return 0;
}

/* Who says so, over a connection that proves it? */
static bool
is_vouched(enum discover_source source)
{
	return source == DISCOVER_AUTOCONFIG ||
	    source == DISCOVER_WELL_KNOWN || source == DISCOVER_ISPDB;
}

/* ---- adding ---- */

static void
join(struct discover_candidate *old, const struct discover_candidate *c)
{
	old->vouched = old->vouched || c->vouched;
	if (old->user[0] == '\0')
		memcpy(old->user, c->user, sizeof(old->user));
	if (old->auth == 0)
		old->auth = c->auth;
}

void
discover_add(struct discover_list *l, const struct discover_candidate *c)
{
	struct discover_candidate new = *c;

	if (!discover_is_host(c->host) || c->port == 0 || c->port > 65535)
		return;
	copy_name(new.host, c->host);
	new.in_domain = discover_in_domain(new.host, l->domain);
	new.vouched = is_vouched(c->source);
	for (size_t i = 0; i < l->n; i++) {
		struct discover_candidate *old = &l->all[i];

		if (strcmp(old->host, new.host) == 0 &&
		    old->port == new.port && old->tls == new.tls) {
			join(old, &new);
			return;
		}
	}
	if (l->n < DISCOVER_MAX)
		l->all[l->n++] = new;
}

void
discover_add_guesses(struct discover_list *l)
{
	static const char *const names[] = { "pop.", "pop3.", "mail.", "" };
	struct discover_candidate c = { .source = DISCOVER_GUESS };

	for (int start = 0; start < 2; start++) {
		if (start ? l->no_pop3 : l->no_pop3s)
			continue;
		c.tls = start ? DISCOVER_START : DISCOVER_IMPLICIT;
		c.port = start ? 110 : 995;
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (!text_format(c.host, sizeof(c.host), "%s%s",
			    names[i], l->domain))
				discover_add(l, &c);
	}
}

/* ---- order ---- */

/* small is good */
static unsigned
rank(const struct discover_candidate *c)
{
	bool start = c->tls == DISCOVER_START;

	if (c->tls == DISCOVER_NONE)
		return 10;
	switch (c->source) {
	case DISCOVER_SRV:
		if (c->in_domain || c->vouched)
			return start ? 4 : 0;
		return start ? 6 : 5;
	case DISCOVER_AUTOCONFIG:
		return 1;
	case DISCOVER_WELL_KNOWN:
		return 2;
	case DISCOVER_ISPDB:
		return 3;
	case DISCOVER_MX_AUTOCONFIG:
	case DISCOVER_MX_WELL_KNOWN:
	case DISCOVER_MX_ISPDB:
		return 7;
	case DISCOVER_GUESS:
		return start ? 9 : 8;
	}
	return 10;
}

/* by insertion: stable, and there are few */
void
discover_sort(struct discover_list *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct discover_candidate c = l->all[i];
		size_t at = i;

		while (at > 0 && rank(&l->all[at - 1]) > rank(&c)) {
			l->all[at] = l->all[at - 1];
			at--;
		}
		l->all[at] = c;
	}
}

/* ---- printing ---- */

static int
print_object(json_t *object, FILE *out)
{
	int r = -1;

	if (object != NULL) {
		r = json_dumpf(object, out, JSON_COMPACT | JSON_ENSURE_ASCII);
		if (fputc('\n', out) == EOF)
			r = -1;
	}
	json_decref(object);
	return r;
}

static json_t *
auth_array(unsigned auth)
{
	json_t *a = json_array();

	for (unsigned bit = 1; bit <= DISCOVER_NO_LOGIN; bit <<= 1)
		if ((auth & bit) != 0 && json_array_append_new(a,
		    json_string(discover_auth_name(bit))) != 0) {
			json_decref(a);
			return NULL;
		}
	return a;
}

static int
print_candidate(const struct discover_candidate *c, FILE *out)
{
	return print_object(json_pack("{ss ss ss si ss ss so sb sb}",
	    "kind", "candidate", "source", discover_source_name(c->source),
	    "host", c->host, "port", (int)c->port,
	    "tls", discover_tls_name(c->tls), "user", c->user,
	    "auth", auth_array(c->auth), "in_domain", (int)c->in_domain,
	    "vouched", (int)c->vouched), out);
}

static int
print_note(const char *note, FILE *out)
{
	return print_object(json_pack("{ss ss}", "kind", "note", "note",
	    note), out);
}

int
discover_print_srv(const char *service, const struct discover_srv *srv,
    const char *domain, FILE *out)
{
	const char *target = srv->target[0] != '\0' ? srv->target : ".";

	return print_object(json_pack("{ss ss ss si si si sb}",
	    "kind", "srv", "service", service, "target", target,
	    "port", (int)srv->port, "priority", (int)srv->priority,
	    "weight", (int)srv->weight,
	    "in_domain", (int)discover_in_domain(target, domain)), out);
}

int
discover_print(const struct discover_list *l, FILE *out)
{
	for (size_t i = 0; i < l->n; i++)
		if (print_candidate(&l->all[i], out) != 0)
			return -1;
	if (l->no_pop3s && print_note("no-pop3s", out) != 0)
		return -1;
	if (l->no_pop3 && print_note("no-pop3", out) != 0)
		return -1;
	if (l->imap_only && print_note("imap-only", out) != 0)
		return -1;
	return fflush(out) == 0 ? 0 : -1;
}
