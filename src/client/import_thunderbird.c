/* SPDX-License-Identifier: ISC
 *
 * import_thunderbird: prefs.js of a profile and popstate.dat of each account.
 * Passwords are locked in Thunderbird's own store and stay there.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "client/import.h"

/* ---- prefs.js ------------------------------------------------------------ */

struct pref {
	char *key, *value;
};

struct prefs {
	struct pref *list;
	size_t n;
};

enum { PREFS_MAX = 100000 };

/* what is read; servers of accounts that were removed are still there */
static const char *const heads[] = { "mail.server.server",
	"mail.account.account", "mail.accountmanager.accounts" };

static void
prefs_done(struct prefs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->list[i].key);
		free(p->list[i].value);
	}
	free(p->list);
}

/* "text", of JavaScript, behind the quote; moves *s behind the closing one */
static char *
read_string(struct pop_span *s)
{
	char *out = import_dup((const char *)s->p, s->n);
	size_t n = 0;

	while (s->n > 0 && s->p[0] != '"') {
		unsigned char c = s->p[0];

		span_skip(s, 1);
		if (c == '\\' && s->n > 0) {
			c = s->p[0] == 'n' ? '\n' : s->p[0] == 'r' ? '\r' :
			    s->p[0];
			span_skip(s, 1);
		}
		out[n++] = (char)c;
	}
	if (s->n > 0)
		span_skip(s, 1);
	out[n] = '\0';
	return out;
}

static bool
is_wanted(struct pop_span key)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		size_t n = strlen(heads[i]);

		if (key.n > n && memcmp(key.p, heads[i], n) == 0)
			return true;
	}
	return false;
}

/* user_pref("KEY", VALUE); one a line */
static void
read_pref(struct prefs *p, struct pop_span line)
{
	static const char start[] = "user_pref(\"";
	char *key, *value;
	size_t n = sizeof(start) - 1;

	if (line.n < n || memcmp(line.p, start, n) != 0 || p->n >= PREFS_MAX)
		return;
	span_skip(&line, n);
	if (!is_wanted(line))
		return;
	key = read_string(&line);
	while (line.n > 0 && (line.p[0] == ',' || line.p[0] == ' '))
		span_skip(&line, 1);
	if (line.n > 0 && line.p[0] == '"') {
		span_skip(&line, 1);
		value = read_string(&line);
	} else {
		for (n = 0; n < line.n && line.p[n] != ')';)
			n++;
		value = import_text(import_trim(span_of(line.p, n)));
	}
	p->list = reallocarray(p->list, p->n + 1, sizeof(*p->list));
	if (!p->list)
		abort();
	p->list[p->n++] = (struct pref){ key, value };
}

/* mail.server.serverN.NAME; the last one holds */
static const char *
get(const struct prefs *p, const char *server, const char *name)
{
	const char *value = NULL;
	size_t n = strlen(server);

	for (size_t i = 0; i < p->n; i++)
		if (strncmp(p->list[i].key, server, n) == 0 &&
		    p->list[i].key[n] == '.' &&
		    strcmp(p->list[i].key + n + 1, name) == 0)
			value = p->list[i].value;
	return value;
}

static bool
is_true(const char *value)
{
	return value && strcmp(value, "true") == 0;
}

static int64_t
number(const char *value, int64_t fallback)
{
	int64_t v;

	return value && import_number(span_str(value), &v) == 0 ? v :
	    fallback;
}

/* ---- settings ------------------------------------------------------------ */

static void
read_server(struct import_account *a, const struct prefs *p, const char *s)
{
	/* what it was changed to later, as Thunderbird has it */
	const char *host = get(p, s, "realhostname");
	const char *user = get(p, s, "realuserName");
	int64_t socket = number(get(p, s, "socketType"), 0);

	if (!host || !*host)
		host = get(p, s, "hostname");
	if (!user || !*user)
		user = get(p, s, "userName");
	import_name(a, user ? user : "", host ? host : "");
	if (!host || !user)
		import_stop(a, "it has no server or no user name");
	import_set(a, "server", host ? host : "");
	import_set(a, "user", user ? user : "");
	import_set(a, "port", get(p, s, "port"));
	if (socket == 3)
		import_set(a, "tls", "implicit");
	else if (socket == 2)
		import_set(a, "tls", "start");
	else
		import_plain(a, host ? host : "", "Thunderbird");
}

static void
read_login(struct import_account *a, const struct prefs *p, const char *s)
{
	switch (number(get(p, s, "authMethod"), 3)) {
	case 10:
		import_set(a, "auth", "XOAUTH2 OAUTHBEARER");
		import_stop(a, "it logs in by OAuth: name a program that "
		    "prints an access token as token_command");
		return;
	case 5:
	case 6:
		import_stop(a, "it logs in by Kerberos or NTLM, which is not "
		    "there");
		return;
	case 7:
		import_stop(a, "it logs in by a certificate: give it as "
		    "client_certificate and client_key");
		return;
	default:
		import_note(a, "the password stays in Thunderbird: name "
		    "a password_command, a password_file or keyring = yes, "
		    "or a terminal is asked");
	}
}

static void
read_keep(struct import_account *a, const struct prefs *p, const char *s)
{
	int64_t days = number(get(p, s, "num_days_to_leave_on_server"), 7);

	if (!is_true(get(p, s, "leave_on_server")))
		import_set(a, "keep", "no");
	else if (is_true(get(p, s, "delete_by_age_from_server")) &&
	    days > 0 && days <= 36500)
		import_setf(a, "keep", "%lldd", (long long)days);
	else
		import_set(a, "keep", "yes");
	if (is_true(get(p, s, "leave_on_server")) &&
	    is_true(get(p, s, "delete_mail_left_on_server")))
		import_note(a, "what is deleted in Thunderbird stays on the "
		    "server now");
	if (is_true(get(p, s, "headers_only")))
		import_note(a, "whole messages are fetched, and not only "
		    "headers");
}

static void
read_limits(struct import_account *a, const struct prefs *p, const char *s)
{
	int64_t size = number(get(p, s, "max_size"), 50);
	int64_t minutes = number(get(p, s, "check_time"), 0);

	if (is_true(get(p, s, "limit_offline_message_size")) && size > 0 &&
	    size <= 1 << 30)
		import_setf(a, "skip_larger", "%lldK", (long long)size);
	if (minutes > 0 && minutes <= 30 * 24 * 60)
		import_setf(a, "interval", "%lldm", (long long)minutes);
}

/* where its popstate.dat is: below the profile, or anywhere */
static void
find_directory(struct import_account *a, const struct prefs *p, const char *s,
    const char *profile)
{
	const char *relative = get(p, s, "directory-rel");
	const char *absolute = get(p, s, "directory");
	const char *host = get(p, s, "hostname");

	if (relative && strncmp(relative, "[ProfD]", 7) == 0)
		a->file = import_printf("%s/%s/popstate.dat", profile,
		    relative + 7);
	else if (absolute)
		a->file = import_printf("%s/popstate.dat", absolute);
	else
		a->file = import_printf("%s/Mail/%s/popstate.dat", profile,
		    host ? host : "");
}

static void
read_account(struct import *im, const struct prefs *p, const char *server,
    const char *path)
{
	const char *slash = strrchr(path, '/');
	char *profile = slash ? import_dup(path, (size_t)(slash - path)) :
	    import_dup(".", 1);
	struct import_account *a = import_add(im, path);

	if (a) {
		read_server(a, p, server);
		read_login(a, p, server);
		read_keep(a, p, server);
		read_limits(a, p, server);
		import_setf(a, "destination", "maildir:~/Mail/%s", a->name);
		import_note(a, "mail goes to a Maildir of its own, and not "
		    "into Thunderbird's folders");
		find_directory(a, p, server, profile);
	}
	free(profile);
}

/* is the word one of a list with commas? */
static bool
is_listed(const char *list, const char *word, size_t n)
{
	while (*list) {
		size_t len = strcspn(list, ",");

		if (len == n && strncmp(list, word, n) == 0)
			return true;
		list += len;
		list += *list == ',';
	}
	return false;
}

/* mail.account.accountN.server = serverM, and accountN is listed; a file
 * without that list is no real one, and all of it is taken */
static bool
is_used(const struct prefs *p, const char *server)
{
	static const char account[] = "mail.account.";
	const char *list = NULL, *name = strrchr(server, '.') + 1;

	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->list[i].key, heads[2]) == 0)
			list = p->list[i].value;
	if (!list)
		return true;
	for (size_t i = 0; i < p->n; i++) {
		const char *key = p->list[i].key;
		const char *dot = strrchr(key, '.');
		size_t n = sizeof(account) - 1;

		if (strncmp(key, account, n) == 0 && dot &&
		    dot > key + n && strcmp(dot, ".server") == 0 &&
		    strcmp(p->list[i].value, name) == 0 &&
		    is_listed(list, key + n, (size_t)(dot - key) - n))
			return true;
	}
	return false;
}

void
import_thunderbird_prefs(struct import *im, const char *path,
    struct pop_span text)
{
	struct prefs p = { NULL, 0 };
	struct pop_span line;

	while (import_line(&text, &line))
		read_pref(&p, import_trim(line));
	for (size_t i = 0; i < p.n; i++) {
		const char *key = p.list[i].key;
		size_t n = strlen(key);
		char *server;

		if (strncmp(key, heads[0], strlen(heads[0])) != 0 ||
		    strcmp(key + n - 5, ".type") != 0)
			continue;
		server = import_dup(key, n - 5);
		if (strcmp(p.list[i].value, "pop3") == 0 &&
		    is_used(&p, server))
			read_account(im, &p, server, path);
		free(server);
	}
	prefs_done(&p);
}

/* ---- popstate.dat -------------------------------------------------------- */

/*
 * "*HOST USER", then "<k|d|b|f> UIDL TIME".  k and d have been fetched; b (too
 * big: the beginning was) and f (to be fetched) have not.
 */
void
import_thunderbird_popstate(struct import_account *a, struct pop_span text)
{
	struct pop_span line, uidl, when;

	while (import_line(&text, &line)) {
		int64_t first_seen = 0;

		if (line.n < 3 || line.p[1] != ' ' ||
		    !strchr("kdbf", line.p[0]) || line.p[0] == '\0')
			continue;
		if (line.p[0] == 'b' || line.p[0] == 'f')
			continue;
		span_skip(&line, 2);
		if (!import_split_last(line, ' ', &uidl, &when) ||
		    import_number(when, &first_seen) != 0)
			uidl = line;
		import_uidl(a, uidl, first_seen);
	}
}

/* ---- finding the files --------------------------------------------------- */

static void
read_prefs(struct import *im, const char *path)
{
	size_t first = im->naccounts;
	struct buf text;

	buf_init(&text, IMPORT_FILE_MAX);
	if (import_read(im, path, &text) == 1)
		import_thunderbird_prefs(im, path, buf_span(&text));
	buf_release(&text);
	for (size_t i = first; i < im->naccounts; i++)
		import_read_uidls(im, im->accounts[i],
		    im->accounts[i]->file, import_thunderbird_popstate);
}

static int
choose(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* a profile, or the directory of all profiles */
static void
read_dir(struct import *im, const char *dir)
{
	char *path = import_path(im, dir, "prefs.js");
	struct dirent **names;
	bool before = im->found;
	int n;

	im->found = false;
	read_prefs(im, path);
	free(path);
	n = im->found ? -1 : scandir(dir, &names, choose, alphasort);
	for (int i = 0; i < n; i++) {
		path = import_printf("%s/%s/prefs.js", dir, names[i]->d_name);
		read_prefs(im, path);
		free(path);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	im->found = im->found || before;
}

void
import_thunderbird(struct import *im, const char *path)
{
	static const char *const places[] = { "~/.thunderbird",
		"~/snap/thunderbird/common/.thunderbird",
		"~/.var/app/org.mozilla.Thunderbird/.thunderbird",
		"~/.icedove" };

	if (path && !import_is_dir(path)) {
		read_prefs(im, path);
	} else if (path) {
		read_dir(im, path);
	} else {
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]);
		    i++) {
			char *dir = import_path(im, "~", places[i]);

			read_dir(im, dir);
			free(dir);
		}
	}
}
