/* SPDX-License-Identifier: ISC
 *
 * diagnose_capa: what the server says of itself before anybody has logged in:
 * greeting, capabilities (RFC 2449), mechanisms; and what its policies mean
 * for the account.  Sends nothing; compares what others have heard.
 */
#include "client/diagnose_internal.h"
#include "client/login_internal.h"
#include "client/advice.h"

enum { DAY = 24 * 3600, TAGS_OCTETS = 400 };

/* the capabilities that count: inside TLS where there is TLS */
static const struct capa_seen *
best(const struct diagnose *d)
{
	return d->account.tls != ACCOUNT_TLS_NONE ? &d->way->encrypted :
	    &d->way->clear;
}

/* ---- lists of tags ---- */

/* The next tag of a list, upper case does not matter; n 0 at the end. */
static struct pop_span
next_tag(struct pop_span *rest)
{
	struct pop_span line = *rest;
	const unsigned char *lf = rest->n > 0 ?
	    memchr(rest->p, '\n', rest->n) : NULL;
	size_t n = 0;

	if (lf == NULL)
		return span_of(NULL, 0);
	line.n = (size_t)(lf - rest->p);
	span_skip(rest, line.n + 1);
	while (n < line.n && line.p[n] != ' ')
		n++;
	line.n = n;
	return line;
}

bool
capa_seen_has(const struct capa_seen *c, const char *tag)
{
	struct pop_span rest = buf_span(&c->lines), name;

	while (rest.n > 0) {
		name = next_tag(&rest);
		if (name.n > 0 && span_eq_nocase(name, span_str(tag)))
			return true;
	}
	return false;
}

/* Tags of `a` that `b` lacks, blank-separated and escaped; not `except`. */
static void
missing_tags(const struct capa_seen *a, const struct capa_seen *b,
    const char *except, char *out, size_t size)
{
	struct pop_span rest = buf_span(&a->lines), name;
	char shown[200], plain[64];

	out[0] = '\0';
	while (rest.n > 0) {
		size_t n = strlen(out);

		name = next_tag(&rest);
		if (name.n == 0 || span_eq_nocase(name, span_str(except)) ||
		    text_format(plain, sizeof(plain), "%.*s",
		    (int)name.n, (const char *)name.p) ||
		    capa_seen_has(b, plain))
			continue;
		escape_text(name, shown, sizeof(shown), 40);
		(void)text_format(out + n, size - n, "%s%s", n > 0 ? " " : "",
		    shown);
	}
}

static void
all_tags(const struct capa_seen *c, char *out, size_t size)
{
	static const struct capa_seen none = { .asked = true };

	missing_tags(c, &none, "", out, size);
}

/* ---- what is said without a login ---- */

void
diagnose_capabilities(struct diagnose *d)
{
	const struct capa_seen *c = best(d);
	char tags[TAGS_OCTETS];

	all_tags(c, tags, sizeof(tags));
	if (c->parsed.known != 1)
		diagnose_say(d, DIAGNOSE_WARNING, "Programs have to find out "
		    "by trying what the server can (RFC 2449 is from 1998): "
		    "an update would help.", "the server does not know CAPA");
	else if ((c->parsed.has & POP_CAPA_UIDL) == 0)
		diagnose_say(d, DIAGNOSE_WARNING, "Without UIDL nobody can "
		    "tell which messages he has already: if it works all the "
		    "same, it should be announced.", "%s: no UIDL", tags);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s", tags);
}

/* RFC 2595 section 4: after STLS the list may be another one. */
void
diagnose_capa_change(struct diagnose *d)
{
	const struct gate *g = &d->clear;
	char lost[TAGS_OCTETS], gained[TAGS_OCTETS];
	bool still = capa_seen_has(&g->encrypted, "STLS");

	missing_tags(&g->clear, &g->encrypted, "STLS", lost, sizeof(lost));
	missing_tags(&g->encrypted, &g->clear, "", gained, sizeof(gained));
	if (still)
		diagnose_say(d, DIAGNOSE_WARNING, "TLS cannot be begun twice: "
		    "the announcement is wrong, though harmless.",
		    "STLS is still announced inside of TLS");
	else if (lost[0] != '\0')
		diagnose_say(d, DIAGNOSE_WARNING, "Only STLS has a reason to "
		    "go: a program inside of TLS can do less than one "
		    "outside.", "inside of TLS these are missing: %s", lost);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, gained[0] != '\0' ?
		    "inside of TLS there are also: %s" : "the same inside of "
		    "TLS%s", gained);
}

void
diagnose_apop(struct diagnose *d)
{
	if (d->way->stamp[0] == '\0')
		diagnose_say(d, DIAGNOSE_OK, NULL, "not offered");
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "offered (%s); it rests on "
		    "MD5, and is not used in clear by itself",
		    d->way->stamp);
}

void
diagnose_implementation(struct diagnose *d)
{
	const char *inside = d->inside.parsed.implementation;
	const char *text = inside[0] != '\0' ? inside :
	    best(d)->parsed.implementation;
	char shown[SAID_MAX];

	escape_text(span_str(text), shown, sizeof(shown), 100);
	diagnose_say(d, DIAGNOSE_OK, NULL, "%s", text[0] != '\0' ? shown :
	    "the server does not say");
}

/* ---- mechanisms ---- */

static bool
only_oauth(const struct pop_capa *capa)
{
	static const char *const passwords[] = { "PLAIN", "LOGIN", "CRAM-MD5",
		"SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS",
		"SCRAM-SHA-256-PLUS" };

	if (capa->known != 1 || (capa->has & POP_CAPA_USER) != 0)
		return false;
	for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++)
		if (pop_capa_mechanism(capa, passwords[i]))
			return false;
	return pop_capa_mechanism(capa, "XOAUTH2") ||
	    pop_capa_mechanism(capa, "OAUTHBEARER");
}

/* What login.c would do, told nothing secret. */
static size_t
choose(struct diagnose *d, const struct pop_capa *capa,
    const struct login_way *ways[LOGIN_WAYS], const char **why_r)
{
	const bool token = d->account.token_command.argc > 0;
	unsigned char octet = 'x';
	struct secret secret = { .value = { &octet, 1, 1, 1 },
		.is_token = token };
	const struct login_binding binding = {
		.tls_exporter = span_of(&octet, 1) };
	const struct login_world world = { .account = &d->account,
		.secret = &secret, .binding = &binding,
		.tls = d->account.tls != ACCOUNT_TLS_NONE,
		.stamp = span_str(d->way->stamp) };
	enum fault fault;

	return login_choose(&world, capa, ways, &fault, why_r);
}

void
diagnose_mechanisms(struct diagnose *d)
{
	const struct pop_capa *capa = &best(d)->parsed;
	const struct login_way *ways[LOGIN_WAYS];
	bool user = (capa->has & POP_CAPA_USER) != 0;
	const char *why = "", *remedy = advice_for(FAULT_NO_MECHANISM)->
	    remedy;
	char hint[ADVICE_HINT_MAX], offered[SAID_MAX];
	size_t n = choose(d, capa, ways, &why);

	escape_text(span_str(capa->mechanisms), offered, sizeof(offered),
	    200);
	if (n > 0) {
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s%s%s; restante would "
		    "use %s", offered, offered[0] != '\0' && user ? " " : "",
		    user ? "USER" : offered[0] == '\0' ?
		    "nothing is announced" : "", ways[0]->name);
		return;
	}
	if (only_oauth(capa)) {
		remedy = advice_for(FAULT_WANTS_OAUTH)->remedy;
		if (advice_hint(FAULT_WANTS_OAUTH, &d->account, hint,
		    sizeof(hint)))
			remedy = hint;
		/* of a host nobody has said yet how to log in */
		diagnose_say(d, d->spec->conf != NULL ? DIAGNOSE_FAULT :
		    DIAGNOSE_WARNING, remedy, "%s: tokens (OAuth) alone, no "
		    "passwords", offered);
		return;
	}
	diagnose_say(d, DIAGNOSE_FAULT, remedy, "%s%s%s", offered,
	    offered[0] != '\0' ? ": " : "", why);
}

/* ---- policies ---- */

/* What some do that no capability tells. */
void
diagnose_customs(struct diagnose *d)
{
	static const struct {
		const char *domain, *text;
	} known[] = {
		{ "gmail.com", "Gmail shows some 250 of the oldest messages "
		  "at a time, and each to one program alone, until a visit "
		  "ends with QUIT: fetch again until nothing is new. As user "
		  "recent:ADDRESS a program sees the last 30 days, whatever "
		  "others have fetched. What becomes of fetched mail is set "
		  "on its web page, not by `keep'." },
		{ "googlemail.com", "as Gmail: some 250 messages at a time" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (discover_in_domain(d->host, known[i].domain)) {
			diagnose_say(d, DIAGNOSE_OK, NULL, "%s",
			    known[i].text);
			return;
		}
	diagnose_say(d, DIAGNOSE_OK, NULL, "none are known");
}

/* what is valid for this user, once that is known */
static const struct pop_capa *
latest(const struct diagnose *d)
{
	return d->inside.asked && d->inside.parsed.known == 1 ?
	    &d->inside.parsed : &best(d)->parsed;
}

void
diagnose_expire(struct diagnose *d)
{
	const struct pop_capa *c = latest(d);
	const struct account_conf *a = &d->account;
	bool named = d->spec->conf != NULL;
	unsigned days = a->keep == ACCOUNT_KEEP_DAYS ?
	    a->keep_seconds / DAY : 0;

	if ((c->has & POP_CAPA_EXPIRE) == 0)
		diagnose_say(d, DIAGNOSE_OK, NULL, "nothing is said about how "
		    "long mail stays");
	else if ((c->has & POP_CAPA_EXPIRE_NEVER) != 0)
		diagnose_say(d, DIAGNOSE_OK, NULL, "mail stays (EXPIRE "
		    "NEVER)");
	else if (c->expire == 0)
		diagnose_say(d, named && a->keep == ACCOUNT_KEEP_NOT ?
		    DIAGNOSE_OK : DIAGNOSE_WARNING, "What was fetched may be "
		    "removed by the server itself: have it all fetched to "
		    "one place, which is backed up.", "nothing may be left "
		    "on the server (EXPIRE 0)");
	else if (named && a->keep != ACCOUNT_KEEP_NOT && (days == 0 ||
	    days > c->expire))
		diagnose_say(d, DIAGNOSE_WARNING, "The server may remove mail "
		    "before `keep' says: fetch it more often than that, and "
		    "do not count on the server as a copy.", "mail is kept "
		    "for %u days at least (EXPIRE), the account counts on "
		    "more", (unsigned)c->expire);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "mail is kept for %u days "
		    "at least (EXPIRE)", (unsigned)c->expire);
}

void
diagnose_login_delay(struct diagnose *d)
{
	const struct pop_capa *c = latest(d);
	unsigned delay = (unsigned)c->login_delay;

	if ((c->has & POP_CAPA_LOGIN_DELAY) == 0 || delay == 0)
		diagnose_say(d, DIAGNOSE_OK, NULL, "none is announced");
	else if (d->spec->conf != NULL && d->account.interval < delay)
		diagnose_say(d, DIAGNOSE_WARNING, "Set `interval' to that or "
		    "more; the daemon waits that long in any case.",
		    "%u seconds between two logins, and the account's "
		    "interval is %u", delay, d->account.interval);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "%u seconds between two "
		    "logins", delay);
}

/* RFC 2449 section 5: what is there in both states is announced in both;
 * behind a login only what can be used there matters. */
void
diagnose_capa_inside(struct diagnose *d)
{
	static const char *const matter[] = { "TOP", "UIDL", "PIPELINING",
		"RESP-CODES", "EXPIRE", "LOGIN-DELAY" };
	char lost[100] = "", tags[TAGS_OCTETS];

	for (size_t i = 0; i < sizeof(matter) / sizeof(matter[0]); i++) {
		size_t n = strlen(lost);

		if (capa_seen_has(best(d), matter[i]) &&
		    !capa_seen_has(&d->inside, matter[i]))
			(void)text_format(lost + n, sizeof(lost) - n, "%s%s",
			    n > 0 ? " " : "", matter[i]);
	}
	all_tags(&d->inside, tags, sizeof(tags));
	if (d->inside.parsed.known != 1)
		diagnose_say(d, best(d)->parsed.known == 1 ?
		    DIAGNOSE_WARNING : DIAGNOSE_OK, NULL, "CAPA is refused "
		    "behind the login");
	else if (lost[0] != '\0')
		diagnose_say(d, DIAGNOSE_WARNING, "What works in both states "
		    "is to be announced in both (RFC 2449 section 5): "
		    "programs that ask again may stop using it.",
		    "not announced any more behind the login: %s", lost);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s", tags);
}
