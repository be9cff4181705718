/* SPDX-License-Identifier: ISC
 *
 * import_mpop: mpoprc.  Its files of UIDLs are for import_mpop_uidls.c.
 */
#include <stdlib.h>
#include <string.h>

#include "client/import.h"

struct rc {
	struct import *im;
	const char *path;
	struct import_account *defaults;	/* in a list of its own */
	struct import lone;
	struct import_account *now;	/* whose lines these are */
	size_t first;			/* of our accounts in im */
};

/* what is only for the end of an account */
#define TLS "=tls"
#define STARTTLS "=starttls"
#define TOKEN "=token"
#define EVAL "=eval"

/* ---- lines --------------------------------------------------------------- */

/* "WORD REST"; REST without the quotes around it */
static void
split(struct pop_span line, struct pop_span *word, char **rest_r)
{
	size_t n = 0;
	struct pop_span rest;

	while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t')
		n++;
	*word = span_of(line.p, n);
	rest = import_trim(span_of(line.p + n, line.n - n));
	if (rest.n >= 2 && rest.p[0] == '"' && rest.p[rest.n - 1] == '"')
		rest = span_of(rest.p + 1, rest.n - 2);
	*rest_r = import_text(rest);
}

/* a flag without a word is on */
static bool
is_on(const char *value)
{
	return !*value || strcmp(value, "on") == 0;
}

static void
set_flag(struct import_account *a, const char *key, const char *value)
{
	import_set(a, key, is_on(value) ? "on" : "off");
}

/* ---- settings ------------------------------------------------------------ */

static void
set_path(struct import_account *a, const char *key, const char *value)
{
	char *path;

	if (!*value || strcmp(value, "system") == 0) {
		import_set(a, key, NULL);
		return;
	}
	path = import_home_path(a, key, value);
	import_set(a, key, path);
	free(path);
}

static void
set_auth(struct import_account *a, const char *value)
{
	static const struct {
		const char *theirs, *ours;
	} all[] = { { "plain", "PLAIN" }, { "login", "LOGIN" },
		{ "user", "USER" }, { "apop", "APOP" },
		{ "cram-md5", "CRAM-MD5" }, { "external", "EXTERNAL" },
		{ "scram-sha-1", "SCRAM-SHA-1" },
		{ "scram-sha-1-plus", "SCRAM-SHA-1-PLUS" },
		{ "scram-sha-256", "SCRAM-SHA-256" },
		{ "scram-sha-256-plus", "SCRAM-SHA-256-PLUS" },
		{ "oauthbearer", "OAUTHBEARER" }, { "xoauth2", "XOAUTH2" } };

	import_set(a, "auth", NULL);
	import_set(a, TOKEN, NULL);
	if (is_on(value))
		return;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].theirs, value) == 0)
			import_set(a, "auth", all[i].ours);
	if (!import_has(a, "auth"))
		import_stop(a, "auth %s: there is no such way to log in",
		    value);
	else if (strstr(value, "oauth"))
		import_set(a, TOKEN, "on");
}

static void
set_delivery(struct import_account *a, const char *value)
{
	size_t n = strcspn(value, " \t");
	const char *rest = value + n + strspn(value + n, " \t");
	struct pop_span s = import_trim(span_str(rest));
	char *argument;

	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		s = span_of(s.p + 1, s.n - 2);
	argument = import_text(s);
	if (strncmp(value, "maildir", n) == 0)
		import_destination(a, "maildir", argument);
	else if (strncmp(value, "mbox", n) == 0)
		import_destination(a, "mbox", argument);
	else if (strncmp(value, "mda", n) == 0 && !strstr(argument, "%F"))
		import_pipe_shell(a, argument);
	else
		import_stop(a, "delivery %s: write what it did as "
		    "destination; nobody fills in %%F now", value);
	free(argument);
}

static void
set_keep(struct import_account *a, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	int64_t n;

	if (is_on(value) || strcmp(value, "off") == 0) {
		import_set(a, "keep", is_on(value) ? "yes" : "no");
	} else if (digits > 0 && strchr("dh", value[digits]) &&
	    value[digits] && !value[digits + 1]) {
		import_set(a, "keep", value);
	} else if (digits > 0 && strcmp(value + digits, "w") == 0 &&
	    import_number(span_of(value, digits), &n) == 0 && n < 5000) {
		import_setf(a, "keep", "%lldd", (long long)n * 7);
	} else {
		import_set(a, "keep", "yes");
		import_stop(a, "keep %s: say it as 14d or 36h; all is kept "
		    "until then", value);
	}
}

/* "10m": octets, k, m; 0 is not "no limit" to it */
static void
set_size(struct import_account *a, const char *key, const char *value)
{
	if (strcmp(value, "off") == 0 || !*value)
		import_set(a, key, NULL);
	else
		import_set(a, key, strcmp(value, "0") == 0 ? "1" : value);
}

static void
kill_size(struct import_account *a, const char *value)
{
	if (strcmp(value, "off") != 0)
		import_note(a, "killsize %s: large messages are not deleted "
		    "unread; a rule with larger = %s and action = delete "
		    "would do it", value, value);
}

/* ---- words --------------------------------------------------------------- */

static const struct {
	const char *word;
	void (*set)(struct import_account *a, const char *key,
	    const char *value);
	const char *key;
} words[] = {
	{ "host", import_set, "server" },
	{ "port", import_set, "port" },
	{ "user", import_set, "user" },
	{ "timeout", import_set, "timeout" },
	{ "tls", set_flag, TLS },
	{ "tls_starttls", set_flag, STARTTLS },
	{ "tls_trust_file", set_path, "ca_file" },
	{ "tls_key_file", set_path, "client_key" },
	{ "tls_cert_file", set_path, "client_certificate" },
	{ "tls_host_override", import_set, "tls_name" },
	{ "skipsize", set_size, "skip_larger" },
	{ "passwordeval", import_set, EVAL },
};

/* words that change nothing for us */
static const char *const harmless[] = { "only_new", "tls_crl_file",
	"tls_priorities", "tls_min_dh_prime_bits", "tls_force_sslv3",
	"tls_nocertcheck", "tls_nostarttls", "ntlmdomain", "remove_bcc_headers",
	NULL };
/* words that somebody must look at */
static const struct {
	const char *word, *why;
} strange[] = {
	{ "proxy_host", "the server is reached directly" },
	{ "source_ip", "the system chooses the address" },
	{ "socket", "the server is reached directly" },
	{ "filter", "rules with header and action = skip or delete may do "
	    "what it did" },
};

static bool
set_special(struct import_account *a, struct pop_span word,
    const char *value)
{
	if (import_is(word, "password"))
		import_password(a, value);
	else if (import_is(word, "auth"))
		set_auth(a, value);
	else if (import_is(word, "delivery"))
		set_delivery(a, value);
	else if (import_is(word, "keep"))
		set_keep(a, value);
	else if (import_is(word, "killsize"))
		kill_size(a, value);
	else if (import_is(word, "received_header"))
		import_set(a, "received", is_on(value) ? "yes" : "no");
	else if (import_is(word, "pipelining"))
		import_set(a, "pipelining", *value ? value : "on");
	else if (import_is(word, "tls_fingerprint") && *value)
		import_fingerprint(a, value);
	else if (import_is(word, "tls_certcheck") && !is_on(value))
		import_note(a, "mpop did not look at the certificate of the "
		    "server; now it must be right");
	else if (import_is(word, "uidls_file")) {
		free(a->file);
		a->file = import_dup(value, strlen(value));
	} else
		return import_is(word, "tls_fingerprint") ||
		    import_is(word, "tls_certcheck");
	return true;
}

static void
set_word(struct import_account *a, struct pop_span word, const char *value)
{
	char *text;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (import_is(word, words[i].word)) {
			words[i].set(a, words[i].key, value);
			return;
		}
	if (set_special(a, word, value))
		return;
	for (const char *const *h = harmless; *h; h++)
		if (import_is(word, *h))
			return;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++)
		if (import_is(word, strange[i].word) && *value) {
			import_stop(a, "%s %s: %s", strange[i].word, value,
			    strange[i].why);
			return;
		} else if (import_is(word, strange[i].word)) {
			return;
		}
	if (import_is(word, "proxy_port"))
		return;
	text = import_text(word);
	import_stop(a, "\"%s\" is not understood", text);
	free(text);
}

/* ---- accounts ------------------------------------------------------------ */

/* our account of that name, of those of this file */
static struct import_account *
find(const struct rc *r, struct pop_span name)
{
	for (size_t i = r->first; i < r->im->naccounts; i++)
		if (span_eq(name, span_str(r->im->accounts[i]->label)))
			return r->im->accounts[i];
	return NULL;
}

static void
inherit_one(const struct rc *r, struct import_account *a,
    struct pop_span name)
{
	const struct import_account *from = find(r, import_trim(name));

	if (!from || from == a)
		return;
	import_inherit(a, from);
	if (!a->file && from->file)
		a->file = import_dup(from->file, strlen(from->file));
}

/* The last one that is named wins, so it is taken first. */
static void
inherit_all(const struct rc *r, struct import_account *a, const char *names)
{
	struct pop_span rest = span_str(names), last;

	while (import_split_last(rest, ',', &rest, &last))
		inherit_one(r, a, last);
	inherit_one(r, a, rest);
}

/* "NAME [: OTHER[, OTHER]]" */
static void
begin_account(struct rc *r, const char *value)
{
	size_t n = strcspn(value, ":");
	struct pop_span name = import_trim(span_of(value, n));
	const char *p = value[n] ? value + n + 1 : value + n;
	struct import_account *a;

	if (import_is(name, "default") && *p) {
		r->now = NULL;		/* another name of one we have */
		return;
	}
	a = import_add(r->im, r->path);
	r->now = a;
	if (!a)
		return;
	a->label = import_text(name);
	import_name(a, a->label, "");
	inherit_all(r, a, p);
	import_inherit(a, r->defaults);
	if (!a->file && r->defaults->file)
		a->file = import_dup(r->defaults->file,
		    strlen(r->defaults->file));
}

static void
set_transport(struct import_account *a)
{
	const char *tls = import_get(a, TLS);
	const char *start = import_get(a, STARTTLS);
	const char *server = import_get(a, "server");

	if (!tls || strcmp(tls, "on") != 0)
		import_plain(a, server ? server : "", "mpop");
	else
		import_set(a, "tls", start && strcmp(start, "off") == 0 ?
		    "implicit" : "start");
}

static void
set_secret(struct import_account *a)
{
	const char *line = import_get(a, EVAL);
	const char *key = import_has(a, TOKEN) ? "token_command" :
	    "password_command";

	if (line && !import_has(a, "password")) {
		import_set_shell(a, key, line);
		import_note(a, "passwordeval was a line for the shell, so %s "
		    "calls sh with it", key);
	} else if (!import_has(a, "password")) {
		import_note(a, "there is no password in it: ~/.netrc is "
		    "searched, and then a terminal is asked (mpop's entry in "
		    "a keyring is another than ours)");
	}
}

static void
finish(struct import_account *a)
{
	set_transport(a);
	set_secret(a);
	if (!import_has(a, "keep"))
		import_set(a, "keep", "no");
	if (!import_has(a, "received"))
		import_set(a, "received", "yes");
	if (!import_has(a, "destination")) {
		import_setf(a, "destination", "maildir:~/Mail/%s", a->name);
		import_stop(a, "its delivery has no counterpart: mail would "
		    "go to a new Maildir");
	}
	import_set(a, TLS, NULL);
	import_set(a, STARTTLS, NULL);
	import_set(a, TOKEN, NULL);
	import_set(a, EVAL, NULL);
}

void
import_mpop_rc(struct import *im, const char *path, struct pop_span text)
{
	struct rc r = { .im = im, .path = path, .first = im->naccounts };
	struct pop_span line, word;
	char *value;

	import_init(&r.lone, im->home);
	r.defaults = import_add(&r.lone, path);
	while (import_line(&text, &line)) {
		line = import_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		split(line, &word, &value);
		if (import_is(word, "account"))
			begin_account(&r, value);
		else if (import_is(word, "defaults"))
			r.now = r.defaults;
		else if (import_is(word, "eval"))
			import_remark(im, "%s: eval is not understood: what "
			    "it prints is left out", path);
		else if (r.now)
			set_word(r.now, word, value);
		buf_wipe_octets(value, strlen(value));
		free(value);
	}
	for (size_t i = r.first; i < im->naccounts; i++)
		finish(im->accounts[i]);
	import_done(&r.lone);
}
