/* SPDX-License-Identifier: ISC
 *
 * client_check: what is missing, what is inherited, and what the settings of
 * restante.conf mean together.  Runs over a whole file, also over one with
 * mistakes, so it asks where a setting was given before it judges its value.
 * Each rule is a function of its own; a rule that needs other files, the
 * network or a password is not for here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/client_check.h"
#include "conf/client_file.h"
#include "conf/origin.h"
#include "conf/value.h"

static const struct conf_schema *const schema = &conf_client_schema;

enum { SETTINGS_MAX = 64 };	/* a unit test counts them */

struct check {
	struct mistakes *m;
	struct client_conf *c;
	unsigned last;		/* line of the file */
	/* what [defaults] sets, by the index of the setting */
	const struct conf_origin *defaults[SETTINGS_MAX];
};

/* ---- where a setting of an account was given ----------------------------- */

/* in the account itself, else in [defaults], else NULL */
static const struct conf_origin *
origin_of(const struct check *k, size_t i, const char *key)
{
	const struct conf_origin *o = origin_find(schema, k->c, "account", i,
	    key);

	return o ? o : k->defaults[schema_setting(schema, "account", key) -
	    schema->settings];
}

static bool
is_given(const struct check *k, size_t i, const char *key)
{
	return origin_of(k, i, key) != NULL;
}

/* false when its value was mistaken: what follows from it is not known */
static bool
is_known(const struct check *k, size_t i, const char *key)
{
	const struct conf_origin *o = origin_of(k, i, key);

	return !o || o->good;
}

/* its line when the account itself gives it, else that of the account */
static unsigned
line_of(const struct check *k, size_t i, const char *key)
{
	unsigned line = origin_line(schema, k->c, "account", i, key);

	return line ? line : k->c->accounts[i].line;
}

/* ---- [defaults] ---------------------------------------------------------- */

/* `keyring = no` says that there is no such source */
static bool
is_source(const struct conf_setting *s, const void *base)
{
	if (!(s->flags & CONF_ONE_SOURCE))
		return false;
	return s->type == CONF_TYPE_BOOL ?
	    *(const bool *)value_at_const(s, base) : value_is_set(s, base);
}

static bool
has_source(const void *base)
{
	for (size_t n = 0; n < schema->nsettings; n++)
		if (is_source(&schema->settings[n], base))
			return true;
	return false;
}

static void
find_defaults(struct check *k)
{
	const struct conf_section *defaults = schema_section(schema,
	    "defaults");

	for (size_t i = 0; i < k->c->norigins; i++) {
		const struct conf_origin *o = &k->c->origins[i];

		if (o->section == defaults)
			k->defaults[o->setting - schema->settings] = o;
	}
}

static void
inherit(struct check *k, size_t i)
{
	const struct conf_section *account = schema_section(schema, "account");
	struct account_conf *a = &k->c->accounts[i];
	bool source = has_source(a);

	for (size_t n = 0; n < schema->nsettings; n++) {
		const struct conf_setting *s = &schema->settings[n];
		const struct conf_origin *o;

		if (!schema_has(account, s) ||
		    origin_find(schema, k->c, "account", i, s->key) ||
		    (source && s->flags & CONF_ONE_SOURCE))
			continue;
		o = k->defaults[n];
		if (o && o->good)
			value_copy(s, &k->c->defaults, a);
	}
}

/* where the n-th setting was given, if it is a source of `base` */
static const struct conf_origin *
source_of(const struct check *k, const char *section, size_t i,
    const void *base, size_t n)
{
	const struct conf_setting *s = &schema->settings[n];

	return is_source(s, base) ?
	    origin_find(schema, k->c, section, i, s->key) : NULL;
}

/* Two passwords: which one would be meant? */
static void
check_sources(struct check *k, const char *section, size_t i,
    const char *label, const void *base)
{
	const struct conf_origin *first = NULL, *o;

	for (size_t n = 0; n < schema->nsettings; n++) {
		o = source_of(k, section, i, base, n);
		if (o && (!first || o->line < first->line))
			first = o;
	}
	for (size_t n = 0; first && n < schema->nsettings; n++) {
		o = source_of(k, section, i, base, n);
		if (o && o != first)
			mistake(k->m, o->line, "[%s] %s: line %u has %s "
			    "already; one of them is enough: remove the other",
			    label, o->setting->key, first->line,
			    first->setting->key);
	}
}

/* ---- accounts ------------------------------------------------------------ */

static void
check_required(struct check *k, size_t i)
{
	const struct account_conf *a = &k->c->accounts[i];
	const struct conf_section *account = schema_section(schema, "account");

	for (size_t n = 0; n < schema->nsettings; n++) {
		const struct conf_setting *s = &schema->settings[n];

		if (s->flags & CONF_REQUIRED && schema_has(account, s) &&
		    !is_given(k, i, s->key))
			mistake(k->m, a->line, "[account %s] %s is missing: "
			    "%s", a->name, s->key, s->doc);
	}
}

static void
check_clear(struct check *k, size_t i)
{
	const struct account_conf *a = &k->c->accounts[i];

	if (a->tls == ACCOUNT_TLS_NONE && !a->clear_login &&
	    is_known(k, i, "tls") && is_known(k, i, "clear_login"))
		mistake(k->m, line_of(k, i, "tls"), "[account %s] tls = none "
		    "sends the password and all mail so that everybody on "
		    "the way can read them; accepted: tls = implicit, tls = "
		    "start, or clear_login = yes if that is what you want",
		    a->name);
}

/* Ports where all servers have one idea of TLS. */
static void
check_port(struct check *k, size_t i)
{
	struct account_conf *a = &k->c->accounts[i];
	bool implicit = a->tls == ACCOUNT_TLS_IMPLICIT;
	unsigned line = line_of(k, i, "port");

	if (!is_known(k, i, "tls") || !is_known(k, i, "port"))
		return;
	if (a->port == 0)
		a->port = implicit ? 995 : 110;
	if (a->port == 995 && !implicit)
		mistake(k->m, line, "[account %s] servers begin TLS at once "
		    "on port 995; accepted: tls = implicit, or another port",
		    a->name);
	if (a->port == 110 && implicit)
		mistake(k->m, line, "[account %s] servers do not begin TLS at "
		    "once on port 110; accepted: tls = start, or port = 995",
		    a->name);
}

static void
check_auth(struct check *k, size_t i)
{
	const struct account_conf *a = &k->c->accounts[i];

	if (is_known(k, i, "auth") && strstr(a->auth, "auto") &&
	    strcmp(a->auth, "auto") != 0)
		mistake(k->m, line_of(k, i, "auth"), "[account %s] auth: auto "
		    "stands alone, or the names of mechanisms do", a->name);
}

static void
check_client_certificate(struct check *k, size_t i)
{
	const struct account_conf *a = &k->c->accounts[i];

	if (!is_known(k, i, "client_certificate") ||
	    !is_known(k, i, "client_key"))
		return;
	if (a->client_certificate && !a->client_key)
		mistake(k->m, line_of(k, i, "client_certificate"),
		    "[account %s] client_certificate needs client_key, its "
		    "private key", a->name);
	if (a->client_key && !a->client_certificate)
		mistake(k->m, line_of(k, i, "client_key"), "[account %s] "
		    "client_key needs client_certificate", a->name);
}

static bool
wants_recipient(const struct conf_dest *d)
{
	return d->set &&
	    (d->kind == CONF_DEST_LMTP || d->kind == CONF_DEST_SMTP);
}

static bool
rule_is_for(const struct rule_conf *r, const char *account)
{
	const char *p = r->accounts;
	size_t n = strlen(account);

	if (!p)
		return true;
	for (; *p; p += strspn(p, " ")) {
		size_t word = strcspn(p, " ");

		if ((word == 1 && *p == '*') ||
		    (word == n && strncmp(p, account, n) == 0))
			return true;
		p += word;
	}
	return false;
}

static void
check_recipient(struct check *k, size_t i)
{
	const struct account_conf *a = &k->c->accounts[i];
	const struct conf_dest *d = NULL;

	if (is_given(k, i, "recipient"))
		return;
	if (wants_recipient(&a->destination))
		d = &a->destination;
	else if (wants_recipient(&a->quarantine))
		d = &a->quarantine;
	for (size_t n = 0; !d && n < k->c->nrules; n++) {
		const struct rule_conf *r = &k->c->rules[n];

		if (wants_recipient(&r->destination) &&
		    rule_is_for(r, a->name))
			d = &r->destination;
	}
	if (d)
		mistake(k->m, a->line, "[account %s] %s needs recipient: the "
		    "address that mail is for", a->name, d->text);
}

static void
check_account(struct check *k, size_t i)
{
	char label[80];

	(void)text_format(label, sizeof(label), "account %s",
	    k->c->accounts[i].name);
	check_sources(k, "account", i, label, &k->c->accounts[i]);
	inherit(k, i);
	check_required(k, i);
	check_clear(k, i);
	check_port(k, i);
	check_auth(k, i);
	check_client_certificate(k, i);
	check_recipient(k, i);
}

/* ---- rules --------------------------------------------------------------- */

static unsigned
rule_line(const struct check *k, size_t i, const char *key)
{
	unsigned line = origin_line(schema, k->c, "rule", i, key);

	return line ? line : k->c->rules[i].line;
}

static bool
rule_known(const struct check *k, size_t i, const char *key)
{
	const struct conf_origin *o = origin_find(schema, k->c, "rule", i,
	    key);

	return !o || o->good;
}

static void
check_rule_accounts(struct check *k, size_t i)
{
	const struct rule_conf *r = &k->c->rules[i];
	const char *p = r->accounts ? r->accounts : "";

	for (; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " ");
		char *word = value_dup_or_end(p, n);

		if (strcmp(word, "*") != 0 &&
		    !client_conf_account(k->c, word))
			mistake(k->m, rule_line(k, i, "accounts"),
			    "[rule %s] there is no [account %s]", r->name,
			    word);
		free(word);
		p += n;
	}
}

static bool
has_condition(const struct check *k, size_t i)
{
	static const char *const keys[] = { "header", "header_regex",
		"larger", "smaller", "older", "newer" };

	for (size_t n = 0; n < sizeof(keys) / sizeof(keys[0]); n++)
		if (origin_line(schema, k->c, "rule", i, keys[n]))
			return true;
	return false;
}

static void
check_rule_action(struct check *k, size_t i)
{
	const struct rule_conf *r = &k->c->rules[i];

	if (!rule_known(k, i, "action"))
		return;
	if (r->action != RULE_DELIVER && r->destination.set)
		mistake(k->m, rule_line(k, i, "destination"), "[rule %s] "
		    "action = %s delivers nothing: remove destination, or "
		    "the action", r->name,
		    r->action == RULE_SKIP ? "skip" : "delete");
	if (r->action == RULE_DELETE && !has_condition(k, i))
		mistake(k->m, rule_line(k, i, "action"), "[rule %s] would "
		    "delete every message unread; say which (larger = 1 if "
		    "it is really all of them)", r->name);
}

/* Conditions that no message can meet. */
static void
check_rule_range(struct check *k, size_t i)
{
	const struct rule_conf *r = &k->c->rules[i];

	if (r->larger && r->smaller && r->larger + 1 >= r->smaller)
		mistake(k->m, rule_line(k, i, "smaller"), "[rule %s] no "
		    "message is larger than that and smaller than this",
		    r->name);
	if (r->older && r->newer && r->older >= r->newer)
		mistake(k->m, rule_line(k, i, "newer"), "[rule %s] no message "
		    "is older than that and newer than this", r->name);
}

/* ---- the whole ----------------------------------------------------------- */

static void
compute_state_dir(struct check *k)
{
	const char *xdg = getenv("XDG_STATE_HOME");
	char *home;

	if (k->c->state_dir ||
	    origin_line(schema, k->c, "restante", 0, "state_dir"))
		return;
	if (xdg && xdg[0] == '/') {
		k->c->state_dir = client_conf_join(xdg, "restante");
		return;
	}
	home = value_home();
	if (!home) {
		mistake(k->m, k->last, "[restante] state_dir is missing, and "
		    "HOME is not set");
		return;
	}
	k->c->state_dir = client_conf_join(home, ".local/state/restante");
	free(home);
}

void
client_check(struct mistakes *m, struct client_conf *c, unsigned last)
{
	struct check k = { .m = m, .c = c, .last = last };

	find_defaults(&k);
	compute_state_dir(&k);
	check_sources(&k, "defaults", 0, "defaults", &c->defaults);
	for (size_t i = 0; i < c->naccounts; i++)
		check_account(&k, i);
	for (size_t i = 0; i < c->nrules; i++) {
		check_rule_accounts(&k, i);
		check_rule_action(&k, i);
		check_rule_range(&k, i);
	}
}

void
client_check_mode(struct mistakes *m, const struct client_conf *c,
    const struct stat *st)
{
	unsigned mode = st->st_mode & 0777;
	const struct conf_origin *o = NULL;

	if (!S_ISREG(st->st_mode))
		return;
	/* it names programs that are run as whoever reads it */
	if (mode & 0002)
		mistake(m, 0, "everybody may write to this file (mode %04o): "
		    "run chmod %o %s", mode, mode & 0755, m->path);
	for (size_t i = 0; !o && i < c->norigins; i++)
		if (c->origins[i].setting->flags & CONF_SECRET)
			o = &c->origins[i];
	if (o && mode & 0044)
		mistake(m, o->line, "a password stands here, and others can "
		    "read this file (mode %04o): run chmod %o %s", mode,
		    mode & 0700, m->path);
}
