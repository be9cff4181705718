/* SPDX-License-Identifier: ISC
 *
 * import_fetchmail_option: the words of a fetchmailrc, and what its options
 * become.  A word that is not known becomes a note: it may be one that
 * matters, or begin what we take for something else.
 */
#include <stdlib.h>
#include <string.h>

#include "client/import_fetchmail.h"

/* ---- words --------------------------------------------------------------- */

static void
skip_space(struct fetchmail *r)
{
	struct pop_span *s = &r->rest;
	struct pop_span line;

	/* , ; : are blanks to it, and so is = */
	while (s->n > 0) {
		if (s->p[0] == '#')
			(void)import_line(s, &line);
		else if (strchr(" \t\r\n,;:=", s->p[0]) && s->p[0] != '\0')
			span_skip(s, 1);
		else
			return;
	}
}

static unsigned char
escaped(struct pop_span *s)
{
	static const char from[] = "ntrb", to[] = "\n\t\r\b";
	unsigned char c = s->p[0];
	const char *at = c ? strchr(from, c) : NULL;

	span_skip(s, 1);
	return at ? (unsigned char)to[at - from] : c;
}

/* at least as many octets as the next word has */
static size_t
extent(struct pop_span s)
{
	unsigned char quote = s.p[0] == '"' || s.p[0] == '\'' ? s.p[0] : 0;
	size_t n = 1;

	for (; n < s.n; n++) {
		unsigned char c = s.p[n];

		if (quote ? c == quote : c == '\0' ||
		    strchr(" \t\r\n,;:=", c) != NULL)
			break;
		if (quote && c == '\\')
			n++;
	}
	return n < s.n ? n : s.n;
}

static size_t
read_quoted(struct pop_span *s, char *out)
{
	unsigned char quote = s->p[0];
	size_t n = 0;

	span_skip(s, 1);
	while (s->n > 0 && s->p[0] != quote) {
		unsigned char c = s->p[0];

		span_skip(s, 1);
		if (c == '\\' && s->n > 0)
			c = escaped(s);
		out[n++] = (char)c;
	}
	if (s->n > 0)
		span_skip(s, 1);
	return n;
}

bool
fetchmail_next(struct fetchmail *r)
{
	struct pop_span *s = &r->rest;
	size_t n = 0;

	if (r->word)
		buf_wipe_octets(r->word, strlen(r->word));
	free(r->word);
	r->word = NULL;
	skip_space(r);
	if (s->n == 0)
		return false;
	r->quoted = s->p[0] == '"' || s->p[0] == '\'';
	r->word = import_dup((const char *)s->p, extent(*s));
	if (r->quoted) {
		n = read_quoted(s, r->word);
	} else {
		while (s->n > 0 && s->p[0] != '\0' &&
		    !strchr(" \t\r\n,;:=", s->p[0])) {
			r->word[n++] = (char)s->p[0];
			span_skip(s, 1);
		}
		if (n == 0)		/* NUL */
			span_skip(s, 1);
	}
	r->word[n] = '\0';
	return true;
}

bool
fetchmail_is(const struct fetchmail *r, const char *word)
{
	return !r->quoted && r->word && import_is(span_str(r->word), word);
}

/* ---- options ------------------------------------------------------------- */

/* Options with one argument: what becomes of it. */
enum what {
	SET,		/* our key, as it is */
	SET_PATH,
	NOTHING,	/* no harm in leaving it out */
	SAY,		/* a note */
	STOP		/* a note, and a person must look */
};
struct option {
	const char *word;
	enum what what;
	const char *key;	/* ours, or why there is none */
};

static const struct option with_argument[] = {
	{ "via", SET, "server" },
	{ "port", SET, "port" },
	{ "service", SET, "port" },
	{ "timeout", SET, "timeout" },
	{ "sslproto", SET, "=sslproto" },
	{ "sslcertfile", SET_PATH, "ca_file" },
	{ "sslcommonname", SET, "tls_name" },
	{ "sslcert", SET_PATH, "client_certificate" },
	{ "sslkey", SET_PATH, "client_key" },
	{ "is", SET, "=here" },
	{ "mda", SET, "=mda" },
	{ "smtphost", SET, "=smtp" },
	{ "smtp", SET, "=smtp" },
	{ "limit", SET, "=limit" },
	{ "fetchlimit", SET, "max_messages" },
	{ "sslcertpath", SAY, "give one file as ca_file" },
	{ "warnings", NOTHING, NULL },
	{ "batchlimit", NOTHING, NULL },
	{ "fetchsizelimit", NOTHING, NULL },
	{ "fastuidl", NOTHING, NULL },
	{ "expunge", NOTHING, NULL },
	{ "interface", STOP, "fetchmail polled only when that interface was "
	    "up" },
	{ "monitor", NOTHING, NULL },
	{ "envelope", STOP, "mail is not sorted by recipient here" },
	{ "qvirtual", STOP, "mail is not sorted by recipient here" },
	{ "aka", NOTHING, NULL },
	{ "localdomains", STOP, "mail is not sorted by recipient here" },
	{ "smtpaddress", SAY, "the recipient has its domain now" },
	{ "smtpname", SET, "=here" },
	{ "antispam", SAY, "a refusal of the mail server is told" },
	{ "folder", STOP, "POP3 has no folders" },
	{ "bsmtp", STOP, "there is no such destination" },
	{ "preconnect", STOP, "no command is run before a visit" },
	{ "postconnect", STOP, "no command is run after a visit" },
	{ "plugin", STOP, "the server is reached directly" },
	{ "plugout", STOP, "the mail server is reached directly" },
	{ "principal", STOP, "there is no Kerberos" },
	{ "properties", NOTHING, NULL },
	{ "badheader", NOTHING, NULL },
	{ "esmtpname", STOP, "the mail server is not logged in to" },
	{ "esmtppassword", STOP, "the mail server is not logged in to" },
};

/* words alone; `no` may stand in front, together or apart */
static const struct option without_argument[] = {
	{ "keep", SET, NULL }, { "ssl", SET, NULL }, { "lmtp", SET, NULL },
	{ "sslcertck", SET, NULL }, { "flush", SET, NULL },
	{ "limitflush", SET, NULL }, { "fetchall", SET, NULL },
	{ "invisible", SET, NULL }, { "rewrite", SET, NULL },
	{ "stripcr", NOTHING, NULL }, { "forcecr", NOTHING, NULL },
	{ "pass8bits", NOTHING, NULL }, { "dropstatus", NOTHING, NULL },
	{ "dropdelivered", NOTHING, NULL }, { "mimedecode", NOTHING, NULL },
	{ "idle", NOTHING, NULL }, { "uidl", NOTHING, NULL },
	{ "dns", NOTHING, NULL }, { "checkalias", NOTHING, NULL },
	{ "tracepolls", NOTHING, NULL },
	/* words that only help reading */
	{ "and", NOTHING, NULL }, { "with", NOTHING, NULL },
	{ "has", NOTHING, NULL }, { "wants", NOTHING, NULL },
	{ "options", NOTHING, NULL }, { "here", NOTHING, NULL },
	{ "there", NOTHING, NULL },
};

static const struct option *
find_option(const struct fetchmail *r, const struct option *all, size_t n,
    const char *word)
{
	for (size_t i = 0; !r->quoted && i < n; i++)
		if (import_is(span_str(word), all[i].word))
			return &all[i];
	return NULL;
}

static void
set_flag(struct import_account *a, const char *word, bool on)
{
	if (strcmp(word, "keep") == 0)
		import_set(a, "keep", on ? "yes" : "no");
	else if (strcmp(word, "ssl") == 0)
		import_set(a, "=ssl", on ? "yes" : NULL);
	else if (strcmp(word, "lmtp") == 0)
		import_set(a, "=lmtp", on ? "yes" : NULL);
	else if (strcmp(word, "sslcertck") == 0)
		import_set(a, "=nocertck", on ? NULL : "yes");
	else if (strcmp(word, "invisible") == 0)
		import_set(a, "received", on ? "no" : "yes");
	else if (strcmp(word, "flush") == 0 && on)
		import_note(a, "flush: what was fetched before this import is "
		    "deleted only as keep says");
	else if (strcmp(word, "limitflush") == 0 && on)
		import_note(a, "limitflush: messages that are too large stay "
		    "on the server; a rule with larger and action = delete "
		    "would delete them unread");
	else if (strcmp(word, "fetchall") == 0 && on)
		import_note(a, "fetchall: every message is fetched once, "
		    "whatever else has read it");
	else if (strcmp(word, "rewrite") == 0 && on)
		import_note(a, "rewrite: addresses are not changed");
}

static void
set_argument(struct import_account *a, const struct option *o,
    const char *value)
{
	int64_t limit;
	char *path;

	switch (o->what) {
	case SET:
		if (strcmp(o->key, "=limit") != 0)
			import_set(a, o->key, value);
		else if (import_number(span_str(value), &limit) == 0 &&
		    limit > 0)
			import_set(a, "skip_larger", value);
		break;
	case SET_PATH:
		path = import_home_path(a, o->word, value);
		import_set(a, o->key, path);
		free(path);
		break;
	case NOTHING:
		break;
	case SAY:
		import_note(a, "%s: %s", o->word, o->key);
		break;
	case STOP:
		import_stop(a, "%s: %s", o->word, o->key);
		break;
	}
}

static void
read_protocol(struct fetchmail *r, struct import_account *a)
{
	if (!fetchmail_next(r))
		return;
	if (import_is(span_str(r->word), "pop3") ||
	    import_is(span_str(r->word), "apop")) {
		r->is_pop = true;
		if (a == r->defaults)
			import_set(a, "=pop", "yes");
	}
	if (import_is(span_str(r->word), "apop"))
		import_set(a, "auth", "APOP");
}

static void
read_auth(struct fetchmail *r, struct import_account *a)
{
	static const struct {
		const char *theirs, *ours;
	} all[] = { { "any", "auto" }, { "password", "auto" },
		{ "cram-md5", "CRAM-MD5" }, { "external", "EXTERNAL" },
		{ "oauthbearer", "OAUTHBEARER" }, { "xoauth2", "XOAUTH2" } };

	if (!fetchmail_next(r))
		return;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (import_is(span_str(r->word), all[i].theirs)) {
			import_set(a, "auth", all[i].ours);
			return;
		}
	import_stop(a, "auth %s: there is no such way to log in", r->word);
}

/* {SHA256}01:23... */
static void
read_fingerprint(struct fetchmail *r, struct import_account *a)
{
	if (!fetchmail_next(r))
		return;
	if (strncmp(r->word, "{SHA256}", 8) == 0)
		import_fingerprint(a, r->word + 8);
	else
		import_stop(a, "sslfingerprint %s is not one of {SHA256}: "
		    "give the server's as pin", r->word);
}

static void
read_unknown(struct fetchmail *r, struct import_account *a)
{
	if (strcmp(r->word, "*") == 0)
		import_stop(a, "mail is not sorted by recipient here");
	else
		import_stop(a, "\"%s\" is not understood",
		    r->quoted ? "a text in quotes" : r->word);
}

static void
read_option(struct fetchmail *r, struct import_account *a)
{
	const size_t flags = sizeof(without_argument) /
	    sizeof(without_argument[0]);
	const struct option *o;
	bool no = fetchmail_is(r, "no") && fetchmail_next(r);
	const char *word = r->word ? r->word : "";

	o = find_option(r, without_argument, flags, word);
	if (!o && strncasecmp(word, "no", 2) == 0) {
		o = find_option(r, without_argument, flags, word + 2);
		no = o ? true : no;
	}
	if (o) {
		if (o->what == SET)
			set_flag(a, o->word, !no);
		return;
	}
	o = find_option(r, with_argument,
	    sizeof(with_argument) / sizeof(with_argument[0]), word);
	if (o && fetchmail_next(r))
		set_argument(a, o, r->word);
	else if (!o && r->word)
		read_unknown(r, a);
}

void
fetchmail_option(struct fetchmail *r, struct import_account *a)
{
	int64_t n;

	if (fetchmail_is(r, "proto") || fetchmail_is(r, "protocol"))
		read_protocol(r, a);
	else if (fetchmail_is(r, "auth") || fetchmail_is(r, "authenticate"))
		read_auth(r, a);
	else if (fetchmail_is(r, "sslfingerprint"))
		read_fingerprint(r, a);
	else if ((fetchmail_is(r, "pass") ||
	    fetchmail_is(r, "password")) && fetchmail_next(r))
		import_password(a, r->word);
	else if (fetchmail_is(r, "to") && fetchmail_next(r))
		*r->word == '*' ? read_unknown(r, a) :
		    import_set(a, "=here", r->word);
	else if (fetchmail_is(r, "interval") && fetchmail_next(r))
		r->interval = import_number(span_str(r->word), &n) == 0 &&
		    n < 1000 ? n : 0;
	else if (r->word)
		read_option(r, a);
}
