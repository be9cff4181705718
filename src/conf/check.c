/* SPDX-License-Identifier: ISC
 *
 * check: what is missing, what is computed, and what settings mean together.
 * Runs over a whole file, also over one with mistakes, so it asks where a
 * setting was given before it judges its value.  Each rule is a function of
 * its own; a rule that needs files, users or certificates is not for here.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/origin.h"
#include "conf/server_conf.h"
#include "conf/syntax.h"
#include "conf/value.h"

static const struct conf_schema *const schema = &conf_server_schema;

struct check {
	struct mistakes *m;
	struct conf *c;
	unsigned last;		/* line of the file */
};

/* ---- what is missing, what is computed ----------------------------------- */

static unsigned
section_line(const struct check *k, const struct conf_section *sec,
    size_t index)
{
	const struct conf *c = k->c;

	if (sec->list.size != 0)
		return origin_section_line(sec, origin_base(sec, c, index));
	for (size_t i = 0; i < c->norigins; i++)
		if (c->origins[i].section == sec)
			return c->origins[i].line;
	return k->last;
}

static void
check_required(struct check *k, const struct conf_section *sec, size_t index)
{
	for (size_t i = 0; i < schema->nsettings; i++) {
		const struct conf_setting *s = &schema->settings[i];

		if (!(s->flags & CONF_REQUIRED) || !schema_has(sec, s) ||
		    conf_line(k->c, s->section, index, s->key) != 0)
			continue;
		mistake(k->m, section_line(k, sec, index),
		    "[%s] %s is missing: %s", s->section, s->key, s->doc);
	}
}

static void
check_all_required(struct check *k)
{
	for (size_t i = 0; i < schema->nsections; i++)
		for (size_t n = 0;
		    origin_base(&schema->sections[i], k->c, n); n++)
			check_required(k, &schema->sections[i], n);
}

static void
compute_hostname(struct check *k)
{
	char name[256];

	if (k->c->hostname)
		return;
	if (gethostname(name, sizeof(name) - 1) != 0)
		name[0] = '\0';
	name[sizeof(name) - 1] = '\0';
	if (syntax_hostname(name)) {
		if (conf_line(k->c, "server", 0, "hostname") == 0)
			mistake(k->m, k->last, "[server] hostname is missing, "
			    "and the name of this machine is no host name");
		return;
	}
	k->c->hostname = value_dup(name, strlen(name));
	if (!k->c->hostname)
		mistake_memory(k->m, k->last);
}

/* ---- listeners ----------------------------------------------------------- */

/* where a setting of a listener stands, or its section when nowhere */
static unsigned
listen_line(const struct check *k, size_t i, const char *key)
{
	unsigned line = conf_line(k->c, "listen", i, key);

	return line ? line : k->c->listens[i].line;
}

static bool
listen_has(const struct check *k, size_t i, const char *key)
{
	return conf_line(k->c, "listen", i, key) != 0;
}

/* false when its value was mistaken: what follows from it is not known */
static bool
listen_known(const struct check *k, size_t i, const char *key)
{
	const struct conf_origin *o = origin_find(schema, k->c,
	    "listen", i, key);

	return !o || o->good;
}

static unsigned
protocol_flag(enum conf_protocol p)
{
	switch (p) {
	case CONF_POP3:
		return CONF_FOR_POP3;
	case CONF_LMTP:
		return CONF_FOR_LMTP;
	case CONF_SMTP:
		return CONF_FOR_SMTP;
	}
	return 0;
}

static const char *
protocol_name(enum conf_protocol p)
{
	return schema_setting(schema, "listen", "protocol")->choices[p];
}

/* settings that this protocol does not know */
static void
check_foreign(struct check *k, size_t i)
{
	const struct conf_listen *l = &k->c->listens[i];

	for (size_t n = 0; n < k->c->norigins; n++) {
		const struct conf_origin *o = &k->c->origins[n];
		unsigned for_whom = o->setting->flags & CONF_FOR_ANY;

		if (o->index != i || !for_whom ||
		    for_whom & protocol_flag(l->protocol))
			continue;
		mistake(k->m, o->line, "[listen %s] %s is nothing for %s",
		    l->name, o->setting->key, protocol_name(l->protocol));
	}
}

static void
check_tls(struct check *k, size_t i)
{
	const struct conf_listen *l = &k->c->listens[i];
	const struct conf_setting *tls = schema_setting(schema, "listen",
	    "tls");

	if (!listen_known(k, i, "tls"))
		return;
	if (l->tls != CONF_TLS_NONE && k->c->ncerts == 0)
		mistake(k->m, listen_line(k, i, "tls"), "[listen %s] tls = %s "
		    "needs a certificate: add [tls] with certificate and key%s",
		    l->name, tls->choices[l->tls],
		    listen_has(k, i, "tls") ? "" : ", or set tls = none");
	if (l->protocol == CONF_POP3 && l->tls == CONF_TLS_NONE &&
	    !l->clear_login && listen_known(k, i, "clear_login") &&
	    !l->apop && listen_known(k, i, "apop"))
		mistake(k->m, listen_line(k, i, "tls"), "[listen %s] nobody "
		    "could log in: without TLS, and without passwords in "
		    "clear; accepted: tls = start, tls = implicit, or "
		    "clear_login = yes (or apop = yes)", l->name);
}

/* Ports that the world connects to with one idea of TLS only. */
static void
check_port(struct check *k, size_t i, int port)
{
	const struct conf_listen *l = &k->c->listens[i];
	unsigned line = listen_line(k, i, "address");
	bool implicit = l->tls == CONF_TLS_IMPLICIT;
	bool known = listen_known(k, i, "tls");

	if (l->protocol == CONF_LMTP && port == 25)
		mistake(k->m, line, "[listen %s] LMTP must not be offered on "
		    "port 25 (RFC 2033 section 5); accepted: another port, or "
		    "unix:/path", l->name);
	if (l->protocol == CONF_POP3 && port == 995 && known &&
	    !implicit)
		mistake(k->m, line, "[listen %s] clients begin TLS at once on "
		    "port 995; accepted: tls = implicit", l->name);
	if (l->protocol == CONF_POP3 && port == 110 && implicit)
		mistake(k->m, line, "[listen %s] clients do not begin TLS at "
		    "once on port 110; accepted: tls = start", l->name);
	if (l->protocol == CONF_SMTP && port == 25 && implicit)
		mistake(k->m, line, "[listen %s] mail servers do not begin "
		    "TLS at once on port 25; accepted: tls = start", l->name);
}

static void
check_smtp(struct check *k, size_t i)
{
	const struct conf_listen *l = &k->c->listens[i];

	if (conf_line(k->c, "mail", 0, "domains") == 0)
		mistake(k->m, l->line, "[listen %s] smtp needs [mail] "
		    "domains: whose mail is accepted", l->name);
	if (conf_line(k->c, "mail", 0, "postmaster") == 0)
		mistake(k->m, l->line, "[listen %s] smtp needs [mail] "
		    "postmaster: mail to it must be accepted (RFC 5321 "
		    "section 4.5.1)", l->name);
}

/* Port 0 is a free one each time: twice is two sockets. */
static void
check_same_address(struct check *k, size_t i, const char *address)
{
	for (size_t j = 0; j < i; j++) {
		const struct conf_listen *other = &k->c->listens[j];

		for (size_t n = 0; n < other->naddresses; n++) {
			if (strcmp(other->addresses[n], address) != 0)
				continue;
			mistake(k->m, listen_line(k, i, "address"),
			    "[listen %s] %s is taken by [listen %s]",
			    k->c->listens[i].name, address, other->name);
		}
	}
}

static void
check_listen(struct check *k, size_t i)
{
	struct conf_listen *l = &k->c->listens[i];

	if (!listen_has(k, i, "protocol") || !listen_known(k, i, "protocol"))
		return;		/* reported, and what follows depends on it */
	if (!listen_has(k, i, "tls"))
		l->tls = l->protocol == CONF_LMTP ? CONF_TLS_NONE :
		    CONF_TLS_START;
	check_foreign(k, i);
	check_tls(k, i);
	if (l->protocol == CONF_SMTP)
		check_smtp(k, i);
	for (size_t n = 0; n < l->naddresses; n++) {
		int port = syntax_port(l->addresses[n]);

		check_port(k, i, port);
		if (port != 0)
			check_same_address(k, i, l->addresses[n]);
	}
}

/* ---- the rest ------------------------------------------------------------ */

static void
check_safety(struct check *k, const struct conf_origin *o)
{
	const struct conf_setting *s = o->setting;
	const void *at = (const char *)k->c + s->offset;
	uint64_t value = s->type == CONF_TYPE_SIZE ? *(const uint64_t *)at :
	    *(const unsigned *)at;
	char *accepted;

	if (!o->good || value >= s->min)
		return;
	accepted = value_accepted(s);
	if (!accepted) {
		mistake_memory(k->m, o->line);
		return;
	}
	mistake(k->m, o->line, "[%s] %s: accepted: %s (tests may go below "
	    "with [limits] unsafe_limits = yes)", s->section, s->key,
	    accepted);
	free(accepted);
}

/* The minima that value_read has let pass. */
static void
check_minima(struct check *k)
{
	if (k->c->unsafe_limits)
		return;
	for (size_t i = 0; i < k->c->norigins; i++)
		if (k->c->origins[i].setting->flags & CONF_MIN_IS_SAFETY)
			check_safety(k, &k->c->origins[i]);
}

static void
check_delays(struct check *k)
{
	const struct conf *c = k->c;
	unsigned line = conf_line(c, "auth", 0, "failure_delay");

	if (line == 0)
		line = conf_line(c, "auth", 0, "failure_delay_max");
	if (c->failure_delay_ms > c->failure_delay_max_ms)
		mistake(k->m, line, "[auth] failure_delay is longer than "
		    "failure_delay_max");
}

static bool
same_user(const struct conf_identity *a, const struct conf_identity *b)
{
	return a->user && b->user && strcmp(a->user, b->user) == 0;
}

/* Processes of one user can reach into each other: the division would be
 * for show. */
static void
check_identities(struct check *k)
{
	const struct conf *c = k->c;
	const struct {
		const struct conf_identity *id;
		const char *section, *key;
	} all[] = {
		{ &c->front_user, "server", "front_user" },
		{ &c->auth_user, "server", "auth_user" },
		{ &c->store_user, "mail", "store_user" },
	};

	for (size_t i = 0; i < 3; i++)
		for (size_t j = 0; j < i; j++) {
			unsigned line = conf_line(c, all[i].section, 0,
			    all[i].key);

			if (!same_user(all[i].id, all[j].id))
				continue;
			if (line == 0)
				line = conf_line(c, all[j].section, 0,
				    all[j].key);
			mistake(k->m, line, "[%s] %s and [%s] %s are the same "
			    "user, %s; accepted: different ones",
			    all[i].section, all[i].key, all[j].section,
			    all[j].key, all[i].id->user);
		}
}

void
server_check(struct mistakes *m, struct conf *c, unsigned last)
{
	struct check k = { m, c, last };

	compute_hostname(&k);
	check_all_required(&k);
	if (c->nlistens == 0)
		mistake(m, last, "no [listen NAME]: at least one is needed, "
		    "with protocol and address");
	for (size_t i = 0; i < c->nlistens; i++)
		check_listen(&k, i);
	check_minima(&k);
	check_delays(&k);
	check_identities(&k);
}
