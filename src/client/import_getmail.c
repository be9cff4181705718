/* SPDX-License-Identifier: ISC
 *
 * import_getmail: getmail 4, 5 and 6: getmailrc (INI as Python reads it) and
 * its oldmail files.
 *
 * getmail writes `-` for `/` in a UIDL.  Which it was cannot be told, so the
 * account is marked (`dashed`): the state then takes a UIDL with `/` for one
 * of these when it knows nothing else of it.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "client/import_ini.h"

/* as Python's configparser */
static bool
is_true(const char *value, bool fallback)
{
	if (!value)
		return fallback;
	return import_is(span_str(value), "true") ||
	    import_is(span_str(value), "yes") ||
	    import_is(span_str(value), "on") || strcmp(value, "1") == 0;
}

static int64_t
number(const char *value)
{
	int64_t v;

	return value && import_number(span_str(value), &v) == 0 ? v : 0;
}

static void
set_command(struct import_account *a, const char *key, const char *tuple)
{
	char *words[IMPORT_WORDS_MAX] = { NULL };
	int n = import_tuple(tuple, words);

	if (n <= 0)
		import_stop(a, "password_command is \"%s\", which is no list "
		    "of words", tuple);
	else
		import_set_argv(a, key, (const char *const *)words);
	for (int i = 0; i < n; i++)
		free(words[i]);
}

/* ---- sections ------------------------------------------------------------ */

static void
read_tls(struct import_account *a, const struct import_ini *ini,
    const char *server)
{
	const char *v = import_ini_get(ini, "retriever", "ca_certs");
	char *words[IMPORT_WORDS_MAX] = { NULL }, *path;
	int n;

	import_set(a, "tls", "implicit");
	if (v) {
		path = import_home_path(a, "ca_certs", v);
		import_set(a, "ca_file", path);
		free(path);
	} else {
		import_note(a, "getmail did not look at the certificate of "
		    "%s; now it must be right", server);
	}
	import_set(a, "tls_name", import_ini_get(ini, "retriever",
	    "ssl_cert_hostname"));
	v = import_ini_get(ini, "retriever", "certfile");
	path = v ? import_home_path(a, "certfile", v) : NULL;
	import_set(a, "client_certificate", path);
	free(path);
	v = import_ini_get(ini, "retriever", "keyfile");
	path = v ? import_home_path(a, "keyfile", v) : NULL;
	import_set(a, "client_key", path);
	free(path);
	v = import_ini_get(ini, "retriever", "ssl_fingerprints");
	n = v ? import_tuple(v, words) : 0;
	if (n == 1)
		import_fingerprint(a, words[0]);
	else if (v)
		import_stop(a, "ssl_fingerprints has other than one: give the "
		    "server's as pin");
	for (int i = 0; i < n; i++)
		free(words[i]);
}

static void
read_secret(struct import_account *a, const struct import_ini *ini)
{
	bool token = is_true(import_ini_get(ini, "retriever", "use_xoauth2"),
	    false);
	const char *v = import_ini_get(ini, "retriever", "password_command");

	if (v)
		set_command(a, token ? "token_command" : "password_command",
		    v);
	else if ((v = import_ini_get(ini, "retriever", "password")))
		import_password(a, v);
	else if (is_true(import_ini_get(ini, "retriever", "use_netrc"), false))
		import_note(a, "the password is searched in ~/.netrc, as "
		    "before");
	else
		import_note(a, "there is no password in it: ~/.netrc is "
		    "searched, and then a terminal is asked");
	if (is_true(import_ini_get(ini, "retriever", "use_apop"), false)) {
		import_set(a, "auth", "APOP");
		import_note(a, "APOP is as good as no protection; remove auth "
		    "to use what the server has best");
	}
}

static void
read_retriever(struct import_account *a, const struct import_ini *ini, bool tls)
{
	const char *server = import_ini_get(ini, "retriever", "server");
	const char *user = import_ini_get(ini, "retriever", "username");
	const char *port = import_ini_get(ini, "retriever", "port");

	import_set(a, "server", server ? server : "");
	import_set(a, "user", user ? user : "");
	if (port)
		import_set(a, "port", port);
	if (tls)
		read_tls(a, ini, server ? server : "the server");
	else
		import_plain(a, server ? server : "", "getmail");
	read_secret(a, ini);
	if (!port && !tls)
		import_set(a, "port", "110");
}

static void
read_pipe(struct import_account *a, const struct import_ini *ini)
{
	const char *path = import_ini_get(ini, "destination", "path");
	const char *arguments = import_ini_get(ini, "destination", "arguments");
	char *words[IMPORT_WORDS_MAX] = { NULL }, *text = NULL;
	int n = arguments ? import_tuple(arguments, words) : 0;
	FILE *f;
	size_t size;

	f = open_memstream(&text, &size);
	if (!f)
		abort();
	(void)fputs("pipe:", f);
	for (int i = -1; i < n; i++) {
		const char *word = i < 0 ? path ? path : "" : words[i];

		if (strstr(word, "%("))
			import_stop(a, "%s gets \"%s\" from getmail, which "
			    "nobody fills in now", path ? path : "it", word);
		if (i >= 0)
			(void)fputc(' ', f);
		import_quote(word, f);
	}
	if (fclose(f) != 0)
		abort();
	if (n < 0 || !path)
		import_stop(a, "the arguments of its destination are \"%s\", "
		    "which is no list of words", arguments ? arguments : "");
	else
		import_set(a, "destination", text);
	while (n > 0)
		free(words[--n]);
	free(text);
}

static void
read_destination(struct import_account *a, const struct import_ini *ini)
{
	const char *type = import_ini_get(ini, "destination", "type");
	const char *path = import_ini_get(ini, "destination", "path");

	if (type && path && strcmp(type, "Maildir") == 0)
		import_destination(a, "maildir", path);
	else if (type && path && strcmp(type, "Mboxrd") == 0)
		import_destination(a, "mbox", path);
	else if (type && strcmp(type, "MDA_external") == 0)
		read_pipe(a, ini);
	if (import_has(a, "destination"))
		return;
	import_setf(a, "destination", "maildir:~/Mail/%s", a->name);
	import_stop(a, "its destination (%s) has no counterpart: mail would "
	    "go to a new Maildir; rules may do what it did",
	    type ? type : "none");
}

static void
read_keep(struct import_account *a, const struct import_ini *ini)
{
	int64_t days = number(import_ini_get(ini, "options", "delete_after"));

	if (is_true(import_ini_get(ini, "options", "delete"), false))
		import_set(a, "keep", "no");
	else if (days > 0)
		import_setf(a, "keep", "%lldd", (long long)days);
	else
		import_set(a, "keep", "yes");
	if (number(import_ini_get(ini, "options", "delete_bigger_than")) > 0)
		import_note(a, "delete_bigger_than: there is no such setting; "
		    "large messages stay on the server as long as others");
	if (is_true(import_ini_get(ini, "options", "read_all"), true) &&
	    !is_true(import_ini_get(ini, "options", "delete"), false))
		import_note(a, "read_all: every message is fetched once now, "
		    "and not at each visit");
}

static void
read_options(struct import_account *a, const struct import_ini *ini)
{
	static const struct {
		const char *theirs, *ours;
	} limits[] = {
		{ "max_message_size", "skip_larger" },
		{ "max_messages_per_session", "max_messages" },
		{ "max_bytes_per_session", "max_octets" },
	};

	read_keep(a, ini);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		int64_t v = number(import_ini_get(ini, "options",
		    limits[i].theirs));

		if (v > 0)
			import_setf(a, limits[i].ours, "%lld", (long long)v);
	}
	import_set(a, "received", is_true(import_ini_get(ini, "options",
	    "received"), true) ? "yes" : "no");
	if (is_true(import_ini_get(ini, "options", "delivered_to"), true))
		import_note(a, "no Delivered-To and Return-Path is added to "
		    "messages now");
	for (size_t i = 0; i < ini->n; i++)
		if (strncmp(ini->pairs[i].section, "filter", 6) == 0)
			import_stop(a, "[%s] has no counterpart; scan and "
			    "rules may do what it did",
			    ini->pairs[i].section);
}

static bool
has_suffix(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n >= m && strcmp(text + n - m, suffix) == 0;
}

void
import_getmail_rc(struct import *im, const char *path, struct pop_span text)
{
	struct import_ini ini = { NULL, 0 };
	const char *type, *user, *server;
	struct import_account *a;

	import_ini_read(&ini, text);
	type = import_ini_get(&ini, "retriever", "type");
	if (!type || !strstr(type, "POP3")) {
		import_remark(im, "%s: %s is not POP3: left out", path,
		    type ? type : "what it fetches");
	} else if ((a = import_add(im, path))) {
		user = import_ini_get(&ini, "retriever", "username");
		server = import_ini_get(&ini, "retriever", "server");
		import_name(a, user ? user : "", server ? server : "");
		if (!user || !server)
			import_stop(a, "it has no server or no username");
		read_retriever(a, &ini, has_suffix(type, "SSLRetriever"));
		read_destination(a, &ini);
		read_options(a, &ini);
		if (strncmp(type, "BrokenUIDL", 10) == 0)
			import_note(a, "getmail knew messages of this server "
			    "by their headers; what it has fetched is "
			    "unknown");
		if (strncmp(type, "Multidrop", 9) == 0 ||
		    strncmp(type, "SDPS", 4) == 0)
			import_stop(a, "%s: mail is not sorted by recipient "
			    "here; rules may do it", type);
	}
	import_ini_done(&ini);
}

/* ---- oldmail ------------------------------------------------------------- */

/* lines UIDL NUL time; lines without NUL mean nothing, to getmail too */
void
import_getmail_oldmail(struct import_account *a, struct pop_span text)
{
	struct pop_span line, uidl, when;

	while (import_line(&text, &line)) {
		int64_t first_seen = 0;

		if (!import_split_last(line, '\0', &uidl, &when))
			continue;
		if (import_number(import_trim(when), &first_seen) != 0) {
			a->odd_lines++;
			continue;
		}
		if (uidl.n > 0 && memchr(uidl.p, '-', uidl.n))
			a->dashed = true;
		import_uidl(a, uidl, first_seen);
	}
}

/* "oldmail-SERVER-PORT-USER", where runs of some characters became one `-` */
char *
import_getmail_name(const struct import_account *a)
{
	const char *server = import_get(a, "server");
	const char *port = import_get(a, "port");
	const char *user = import_get(a, "user");
	char *name = import_printf("oldmail-%s-%s-%s", server ? server : "",
	    port ? port : "995", user ? user : ""), *out = name;

	for (const char *p = name; *p; p++) {
		if (!strchr("/:;<>|", *p)) {
			*out++ = *p;
			continue;
		}
		while (p[1] && strchr("/:;<>|", p[1]))
			p++;
		*out++ = '-';
	}
	*out = '\0';
	return name;
}

static void
read_oldmail(struct import *im, struct import_account *a, const char *dir)
{
	char *name = import_getmail_name(a);
	char *path = import_path(im, dir, name);

	import_read_uidls(im, a, path, import_getmail_oldmail);
	free(path);
	free(name);
}

/* ---- finding the files --------------------------------------------------- */

static void
read_rc(struct import *im, const char *dir, const char *path)
{
	size_t first = im->naccounts;
	struct buf text;

	buf_init(&text, IMPORT_TEXT_MAX);
	if (import_read(im, path, &text) == 1)
		import_getmail_rc(im, path, buf_span(&text));
	buf_wipe(&text);
	for (size_t i = first; i < im->naccounts; i++)
		read_oldmail(im, im->accounts[i], dir);
}

/* Any file of getmail's directory may be an rc file: those that say
 * [retriever] are. */
static bool
looks_right(struct import *im, const char *path)
{
	struct buf text;
	bool found = im->found, right = false;

	buf_init(&text, IMPORT_TEXT_MAX);
	if (import_read(im, path, &text) == 1)
		right = memmem(text.p, text.n, "[retriever]", 11) != NULL;
	buf_wipe(&text);
	im->found = found;
	return right;
}

static int
choose(const struct dirent *e)
{
	return e->d_name[0] != '.' && strncmp(e->d_name, "oldmail-", 8) != 0 &&
	    !has_suffix(e->d_name, "~") && e->d_type != DT_DIR;
}

static void
read_dir(struct import *im, const char *dir)
{
	struct dirent **names;
	int n = scandir(dir, &names, choose, alphasort);

	for (int i = 0; i < n; i++) {
		char *path = import_path(im, dir, names[i]->d_name);

		if (looks_right(im, path))
			read_rc(im, dir, path);
		free(path);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static void
read_dir_of(struct import *im, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? import_dup(path, (size_t)(slash - path)) :
	    import_dup(".", 1);

	read_rc(im, dir, path);
	free(dir);
}

void
import_getmail(struct import *im, const char *path)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	char *dir;

	if (path && import_is_dir(path)) {
		read_dir(im, path);
		return;
	}
	if (path) {
		read_dir_of(im, path);
		return;
	}
	dir = import_path(im, xdg && xdg[0] == '/' ? xdg : "~/.config",
	    "getmail");
	if (!import_is_dir(dir)) {
		free(dir);
		dir = import_path(im, "~", "~/.getmail");
	}
	read_dir(im, dir);
	free(dir);
}
