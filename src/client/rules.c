/* SPDX-License-Identifier: ISC
 *
 * rules: the rules of one account, compiled, and the first that holds.
 *
 * Owns the compiled regular expressions; borrows the configuration.  Must not
 * let a header cost more than its length: only its first HEADER_SEEN octets
 * are looked at, of each field FIELD_SEEN, and patterns that would try again
 * and again (references back) are refused.
 */
#include "client/rules.h"

#include <regex.h>
#include <stdlib.h>

#include "base/text.h"
#include "client/glob.h"
#include "client/header.h"

enum {
	HEADER_SEEN = 256 << 10,
	FIELD_SEEN = 8 << 10
};

struct match {
	const struct rule_match *conf;
	bool any;		/* field "*" */
	bool compiled;
	regex_t regex;		/* when compiled */
};

struct rule {
	const struct rule_conf *conf;
	struct match *matches;
	size_t nmatches;
};

struct rules {
	struct rule *rules;
	size_t count;
};

enum holds { HOLDS_NOT, HOLDS, HOLDS_UNKNOWN };

/* ---- making ---- */

/* Is `account` in the list of a rule? */
static bool
is_for(const struct rule_conf *rule, const struct account_conf *account)
{
	const char *p = rule->accounts;

	if (p == NULL)
		return true;
	while (*p != '\0') {
		size_t n = strcspn(p, " \t,");
		struct pop_span name = span_of(p, n);

		if (span_eq(name, span_str("*")) ||
		    span_eq(name, span_str(account->name)))
			return true;
		p += n;
		p += strspn(p, " \t,");
	}
	return false;
}

/* glibc takes \1 in extended expressions too, at any price in time */
static bool
refers_back(const char *pattern)
{
	for (const char *p = pattern; *p != '\0'; p++)
		if (*p == '\\') {
			p++;
			if (*p >= '1' && *p <= '9')
				return true;
			if (*p == '\0')
				break;
		}
	return false;
}

static int
match_make(struct match *m, const struct rule_match *conf, char *error,
    size_t error_size)
{
	int r;

	m->conf = conf;
	m->any = strcmp(conf->field, "*") == 0;
	if (!conf->regex)
		return 0;
	if (refers_back(conf->pattern)) {
		(void)text_format(error, error_size,
		    "%s: references back (\\1) cannot be used here",
		    conf->pattern);
		return -1;
	}
	r = regcomp(&m->regex, conf->pattern,
	    REG_EXTENDED | REG_ICASE | REG_NOSUB);
	if (r != 0) {
		char why[128] = "";

		(void)regerror(r, &m->regex, why, sizeof(why));
		(void)text_format(error, error_size, "%s: %s", conf->pattern,
		    why);
		return -1;
	}
	m->compiled = true;
	return 0;
}

static int
rule_make(struct rule *rule, const struct rule_conf *conf, char *error,
    size_t error_size)
{
	rule->conf = conf;
	if (conf->nmatches == 0)
		return 0;
	rule->matches = calloc(conf->nmatches, sizeof(*rule->matches));
	if (rule->matches == NULL) {
		(void)text_format(error, error_size, "out of memory");
		return -1;
	}
	for (size_t i = 0; i < conf->nmatches; i++) {
		rule->nmatches = i + 1;
		if (match_make(&rule->matches[i], &conf->matches[i], error,
		    error_size) != 0)
			return -1;
	}
	return 0;
}

struct rules *
rules_new(const struct client_conf *conf, const struct account_conf *account,
    char *error, size_t error_size)
{
	struct rules *r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->rules = calloc(conf->nrules + 1, sizeof(*r->rules));
	if (r == NULL || r->rules == NULL) {
		(void)text_format(error, error_size, "out of memory");
		rules_free(r);
		return NULL;
	}
	for (size_t i = 0; i < conf->nrules; i++) {
		if (!is_for(&conf->rules[i], account))
			continue;
		if (rule_make(&r->rules[r->count++], &conf->rules[i], error,
		    error_size) != 0) {
			rules_free(r);
			return NULL;
		}
	}
	return r;
}

static void
rule_done(struct rule *rule)
{
	for (size_t i = 0; i < rule->nmatches; i++)
		if (rule->matches[i].compiled)
			regfree(&rule->matches[i].regex);
	free(rule->matches);
}

void
rules_free(struct rules *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->count; i++)
		rule_done(&r->rules[i]);
	free(r->rules);
	free(r);
}

/* ---- matching ---- */

/* A text as regexec takes it: NUL cannot be looked for. `text` has one octet
 * more than n. */
static bool
regex_holds(const struct match *m, unsigned char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[n] = '\0';
	return regexec(&m->regex, (const char *)text, 0, NULL, 0) == 0;
}

static bool
field_holds(const struct match *m, struct pop_span body)
{
	unsigned char plain[FIELD_SEEN], text[FIELD_SEEN + 1];
	size_t n = header_unfold(body, plain, sizeof(plain));

	n = header_decode(span_of(plain, n), text, FIELD_SEEN);
	if (m->compiled)
		return regex_holds(m, text, n);
	return glob_match(span_str(m->conf->pattern), span_of(text, n));
}

/* Does any field of that name match? */
static bool
match_holds(const struct match *m, struct pop_span header)
{
	struct pop_span wanted = span_str(m->conf->field), name, body;

	while (header_next(&header, &name, &body))
		if ((m->any || span_eq_nocase(name, wanted)) &&
		    field_holds(m, body))
			return true;
	return false;
}

static bool
size_holds(const struct rule_conf *rule, uint64_t octets)
{
	return (rule->larger == 0 || octets > rule->larger) &&
	    (rule->smaller == 0 || octets < rule->smaller);
}

/* A message without a date that can be read has no age. */
static bool
age_holds(const struct rule_conf *rule, struct pop_span header, int64_t now)
{
	unsigned char text[256];
	ptrdiff_t n;
	int64_t date;

	if (rule->older == 0 && rule->newer == 0)
		return true;
	n = header_field(header, "Date", text, sizeof(text));
	if (n < 0 || header_date(span_of(text, (size_t)n), &date) != 0)
		return false;
	return (rule->older == 0 || now - date > (int64_t)rule->older) &&
	    (rule->newer == 0 || now - date < (int64_t)rule->newer);
}

static bool
wants_header(const struct rule_conf *rule)
{
	return rule->nmatches > 0 || rule->older > 0 || rule->newer > 0;
}

static enum holds
rule_holds(const struct rule *rule, const struct rules_message *m)
{
	struct pop_span header = m->header;

	if (!size_holds(rule->conf, m->octets))
		return HOLDS_NOT;
	if (!wants_header(rule->conf))
		return HOLDS;
	if (!m->has_header)
		return HOLDS_UNKNOWN;
	if (header.n > HEADER_SEEN)
		header.n = HEADER_SEEN;
	if (!age_holds(rule->conf, header, m->now))
		return HOLDS_NOT;
	for (size_t i = 0; i < rule->nmatches; i++)
		if (!match_holds(&rule->matches[i], header))
			return HOLDS_NOT;
	return HOLDS;
}

enum rules_verdict
rules_apply(const struct rules *r, const struct rules_message *m,
    const struct rule_conf **rule_r)
{
	for (size_t i = 0; i < r->count; i++)
		switch (rule_holds(&r->rules[i], m)) {
		case HOLDS_NOT:
			break;
		case HOLDS:
			*rule_r = r->rules[i].conf;
			return RULES_MATCH;
		case HOLDS_UNKNOWN:
			return RULES_NEED_HEADER;
		}
	return RULES_DEFAULT;
}

/* ---- what is asked ---- */

/* `all`: of messages of any size */
static bool
header_decides(const struct rules *r, bool all, uint64_t octets)
{
	bool header = false;

	for (size_t i = 0; i < r->count; i++) {
		const struct rule_conf *rule = r->rules[i].conf;

		if (!all && !size_holds(rule, octets))
			continue;
		header = header || wants_header(rule);
		if (header && rule->action != RULE_DELIVER)
			return true;
		/* it holds for each that came so far */
		if (!all && !wants_header(rule))
			return false;
	}
	return false;
}

bool
rules_want_header_first(const struct rules *r)
{
	return header_decides(r, true, 0);
}

bool
rules_want_header(const struct rules *r, uint64_t octets)
{
	return header_decides(r, false, octets);
}

bool
rules_any(const struct rules *r)
{
	return r->count > 0;
}
