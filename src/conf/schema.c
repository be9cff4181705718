/* SPDX-License-Identifier: ISC
 *
 * schema: the one list of sections and settings.  Reader, --check, dump and
 * restanted.conf(5) are made from it; a setting that is not here does not
 * exist.  It must not read files or know where values come from.
 */
#include <string.h>

#include "conf/schema.h"
#include "conf/syntax.h"

#define IN_CONF(field) offsetof(struct conf, field)
#define IN_LISTEN(field) offsetof(struct conf_listen, field)
#define IN_CERT(field) offsetof(struct conf_cert, field)

static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const locks[] = { "shared", "exclusive", NULL };
static const char *const engines[] = { "maildir", "mem", NULL };
static const char *const without_root[] = { "run", "refuse", NULL };
static const char *const protocols[] = { "pop3", "lmtp", "smtp", NULL };
static const char *const tls_modes[] = { "none", "start", "implicit", NULL };
static const char *const newlines[] = { "reject", "normalize", NULL };

const struct conf_section conf_sections[] = {
	{ "server", CONF_IN_CONF, false, false,
	    "The daemon itself: its name, its directory, its processes." },
	{ "mail", CONF_IN_CONF, false, false,
	    "Where mail is held and for whom it is taken." },
	{ "auth", CONF_IN_CONF, false, false,
	    "Who may collect mail, and what a wrong password costs." },
	{ "limits", CONF_IN_CONF, false, false,
	    "How much of everything one daemon, user or address may take." },
	{ "tls", CONF_IN_CERT, true, false,
	    "A certificate.  The first one is for clients that name no "
	    "server; further ones, [tls NAME], are chosen by the names they "
	    "hold.  A changed file is noticed and read again." },
	{ "listen", CONF_IN_LISTEN, true, true,
	    "A door: one protocol on one or more addresses.  At least one "
	    "is needed; NAME is any short word and appears in the log." },
};
const size_t conf_nsections =
    sizeof(conf_sections) / sizeof(conf_sections[0]);

const struct conf_setting conf_settings[] = {
{ "server", "hostname", CONF_TYPE_TEXT, 0, NULL, 0, 0, NULL,
  syntax_hostname, IN_CONF(hostname),
  "The name by which the server greets and which it writes into Received "
  "fields and names of files.",
  "the name of the machine" },
{ "server", "run_dir", CONF_TYPE_PATH, 0, "/run/restante", 0, 0, NULL,
  syntax_short_path, IN_CONF(run_dir),
  "The directory for the control socket and the empty root of the front "
  "processes.", NULL },
{ "server", "fronts", CONF_TYPE_COUNT, 0, "0", 0, 256, NULL, NULL,
  IN_CONF(fronts),
  "How many processes serve connections; 0 means one for each processor.",
  NULL },
{ "server", "front_user", CONF_TYPE_IDENTITY, 0, "restante", 0, 0, NULL,
  NULL, IN_CONF(front_user),
  "As whom the fronts run when restanted is started as root; they need no "
  "access to anything.", NULL },
{ "server", "auth_user", CONF_TYPE_IDENTITY, 0, "restante-auth", 0, 0, NULL,
  NULL, IN_CONF(auth_user),
  "As whom the process runs that checks passwords; it must be able to read "
  "the file of users.", NULL },
{ "server", "without_root", CONF_TYPE_CHOICE, 0, "run", 0, 0, without_root,
  NULL, IN_CONF(without_root),
  "What to do when somebody other than root starts restanted: run every "
  "process as that user and ignore the three identities, or refuse.", NULL },
{ "server", "log", CONF_TYPE_PATH, 0, "stderr", 0, 0, NULL,
  syntax_log, IN_CONF(log),
  "A file, opened again on SIGUSR1, or the word stderr.", NULL },
{ "server", "drain_seconds", CONF_TYPE_COUNT, 0, "30", 0, 3600, NULL, NULL,
  IN_CONF(drain_seconds),
  "How many seconds sessions may go on after SIGTERM before they are closed.",
  NULL },

{ "mail", "root", CONF_TYPE_PATH, CONF_REQUIRED, NULL, 0, 0, NULL, NULL,
  IN_CONF(root),
  "The directory that holds all maildrops.", NULL },
{ "mail", "engine", CONF_TYPE_TEXT, 0, "maildir", 0, 0, engines, NULL,
  IN_CONF(engine),
  "How maildrops are stored; mem keeps them in memory, for tests, and "
  "forgets them at the end.", NULL },
{ "mail", "maildrop", CONF_TYPE_TEXT, 0, "%u", 0, 0, NULL,
  syntax_template, IN_CONF(maildrop),
  "Where the maildrop of a user is, below root: %u stands for the whole "
  "name, %n for what is before its @, %d for the domain.", NULL },
{ "mail", "store_user", CONF_TYPE_IDENTITY, 0, "restante-mail", 0, 0, NULL,
  NULL, IN_CONF(store_user),
  "As whom the process runs that reads and writes mail; root must belong to "
  "it.", NULL },
{ "mail", "domains", CONF_TYPE_WORDS, CONF_MAY_BE_EMPTY, "", 0, 0, NULL,
  syntax_domain, IN_CONF(domains),
  "The domains whose mail is accepted; mail to any other is refused.",
  NULL },
{ "mail", "postmaster", CONF_TYPE_TEXT, 0, NULL, 0, 0, NULL, syntax_user,
  IN_CONF(postmaster),
  "The user who gets what is sent to postmaster; an SMTP listener needs one.",
  "none" },
{ "mail", "recipient_delimiter", CONF_TYPE_TEXT, CONF_MAY_BE_EMPTY, "+",
  0, 0, NULL, syntax_delimiter, IN_CONF(recipient_delimiter),
  "What separates a user from a detail in a recipient address, as in "
  "wren+list@example.org; empty for nothing.", NULL },
{ "mail", "session_lock", CONF_TYPE_BOOL, 0, "exclusive", 0, 0, locks, NULL,
  IN_CONF(session_lock),
  "Whether a session locks its maildrop against further sessions, which are "
  "told [IN-USE].", NULL },
{ "mail", "message_size", CONF_TYPE_SIZE, CONF_MIN_IS_SAFETY, "50M",
  64 << 10, 2047u << 20, NULL, NULL, IN_CONF(message_size),
  "The largest message that is accepted.", NULL },
{ "mail", "recipients", CONF_TYPE_COUNT, CONF_MIN_IS_SAFETY, "1000", 100,
  100000, NULL, NULL, IN_CONF(recipients),
  "The most recipients of one message.", NULL },
{ "mail", "store_threads", CONF_TYPE_COUNT, 0, "4", 1, 256, NULL, NULL,
  IN_CONF(store_threads),
  "How many threads do file work.", NULL },

{ "auth", "users", CONF_TYPE_PATH, CONF_REQUIRED, NULL, 0, 0, NULL, NULL,
  IN_CONF(users),
  "The file of users and password hashes, which restantectl(8) edits.",
  NULL },
{ "auth", "hash_threads", CONF_TYPE_COUNT, 0, "2", 1, 64, NULL, NULL,
  IN_CONF(hash_threads),
  "How many passwords are verified at the same time.", NULL },
{ "auth", "failure_delay", CONF_TYPE_MILLISECONDS, 0, "2s", 1, 60000, NULL,
  NULL, IN_CONF(failure_delay_ms),
  "How long the first wrong password of an address is left waiting; each "
  "further one waits longer.", NULL },
{ "auth", "failure_delay_max", CONF_TYPE_MILLISECONDS, 0, "15s", 1, 300000,
  NULL, NULL, IN_CONF(failure_delay_max_ms),
  "The longest such wait.", NULL },

{ "limits", "sessions", CONF_TYPE_COUNT, 0, "20000", 1, 10000000, NULL,
  NULL, IN_CONF(sessions),
  "The most connections at one time.", NULL },
{ "limits", "sessions_per_user", CONF_TYPE_COUNT, 0, "10", 1, 1000000, NULL,
  NULL, IN_CONF(sessions_per_user),
  "The most sessions of one user at one time.", NULL },
{ "limits", "sessions_per_address", CONF_TYPE_COUNT, 0, "100", 1, 10000000,
  NULL, NULL, IN_CONF(sessions_per_address),
  "The most connections of one client address (of IPv6, of one /64) at one "
  "time.", NULL },
{ "limits", "login_timeout", CONF_TYPE_SECONDS, CONF_MIN_IS_SAFETY, "60s", 10,
  3600, NULL, NULL, IN_CONF(login_timeout),
  "How long a client may take to log in, TLS handshake included.", NULL },
{ "limits", "idle_timeout", CONF_TYPE_SECONDS, CONF_MIN_IS_SAFETY, "10m", 600,
  86400, NULL, NULL, IN_CONF(idle_timeout),
  "How long a logged in POP3 client may be silent; RFC 1939 wants 10 "
  "minutes at least.", NULL },
{ "limits", "smtp_timeout", CONF_TYPE_SECONDS, CONF_MIN_IS_SAFETY, "5m", 300,
  86400, NULL, NULL, IN_CONF(smtp_timeout),
  "How long an SMTP or LMTP client may be silent; RFC 5321 wants 5 minutes "
  "at least.", NULL },
{ "limits", "bad_commands", CONF_TYPE_COUNT, 0, "20", 1, 1000, NULL, NULL,
  IN_CONF(bad_commands),
  "After how many commands that do not exist a connection is closed.", NULL },
{ "limits", "auth_failures", CONF_TYPE_COUNT, 0, "5", 1, 100, NULL, NULL,
  IN_CONF(auth_failures),
  "After how many wrong passwords a connection is closed.", NULL },
{ "limits", "unsafe_limits", CONF_TYPE_BOOL, 0, "no", 0, 0, no_yes, NULL,
  IN_CONF(unsafe_limits),
  "For tests only: lets the three time-outs, message_size and recipients "
  "go below what the protocols promise.", NULL },

{ "tls", "certificate", CONF_TYPE_PATH, CONF_REQUIRED, NULL, 0, 0, NULL,
  NULL, IN_CERT(certificate),
  "A PEM file with the certificate and, behind it, its chain.", NULL },
{ "tls", "key", CONF_TYPE_PATH, CONF_REQUIRED, NULL, 0, 0, NULL, NULL,
  IN_CERT(key),
  "A PEM file with the private key.", NULL },

{ "listen", "protocol", CONF_TYPE_CHOICE, CONF_REQUIRED, NULL, 0, 0,
  protocols, NULL, IN_LISTEN(protocol),
  "What is spoken: mail goes out by pop3 and comes in by lmtp (from a mail "
  "server of yours) or smtp (from anybody).", NULL },
{ "listen", "address", CONF_TYPE_ADDRESSES, CONF_REQUIRED, NULL, 0, 0, NULL,
  syntax_address, IN_LISTEN(addresses),
  "Where: host:port, [IPv6]:port, *:port for every address of the machine, "
  "unix:/path, or systemd:NAME for a socket that systemd has opened.",
  NULL },
{ "listen", "tls", CONF_TYPE_CHOICE, 0, NULL, 0, 0, tls_modes, NULL,
  IN_LISTEN(tls),
  "Not at all, when the client asks for it (STLS, STARTTLS), or from the "
  "first octet on.",
  "start, and none for lmtp" },
{ "listen", "clear_login", CONF_TYPE_BOOL, CONF_FOR_POP3, "no", 0, 0, no_yes,
  NULL, IN_LISTEN(clear_login),
  "Whether passwords are accepted without TLS.", NULL },
{ "listen", "apop", CONF_TYPE_BOOL, CONF_FOR_POP3, "no", 0, 0, no_yes, NULL,
  IN_LISTEN(apop),
  "Whether APOP is offered, to users whose password is stored in clear.",
  NULL },
{ "listen", "bare_newline", CONF_TYPE_CHOICE, CONF_FOR_LMTP | CONF_FOR_SMTP,
  "reject", 0, 0, newlines, NULL, IN_LISTEN(bare_newline),
  "Whether a message with line ends other than CRLF is rejected, or "
  "repaired, which is for trusted peers alone.", NULL },
};
const size_t conf_nsettings =
    sizeof(conf_settings) / sizeof(conf_settings[0]);

const struct conf_section *
schema_section(const char *name)
{
	for (size_t i = 0; i < conf_nsections; i++)
		if (strcmp(conf_sections[i].name, name) == 0)
			return &conf_sections[i];
	return NULL;
}

const struct conf_setting *
schema_setting(const char *section, const char *key)
{
	for (size_t i = 0; i < conf_nsettings; i++) {
		const struct conf_setting *s = &conf_settings[i];

		if (strcmp(s->section, section) == 0 &&
		    strcmp(s->key, key) == 0)
			return s;
	}
	return NULL;
}

/*
 * The edit distance of two words (insert, remove, replace, swap two
 * neighbours), with '-' equal to '_' and case ignored; at most `cap`.
 */
enum { WORD_MAX = 40 };

static int
fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 'a';
	return c == '-' ? '_' : c;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned
distance(const char *a, const char *b)
{
	unsigned row[3][WORD_MAX + 1] = { { 0 } };
	size_t an = strlen(a), bn = strlen(b);

	if (an > WORD_MAX || bn > WORD_MAX)
		return WORD_MAX;
	for (unsigned j = 0; j <= bn; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= an; i++) {
		unsigned *cur = row[i % 3], *prev = row[(i + 2) % 3];

		cur[0] = i;
		for (unsigned j = 1; j <= bn; j++) {
			bool same = fold(a[i - 1]) == fold(b[j - 1]);

			cur[j] = least(least(prev[j], cur[j - 1]) + 1,
			    prev[j - 1] + (same ? 0 : 1));
			if (i > 1 && j > 1 &&
			    fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]))
				cur[j] = least(cur[j],
				    row[(i + 1) % 3][j - 2] + 1);
		}
	}
	return row[an % 3][bn];
}

/* keeps in *best_r the candidate that is nearer than all before */
static void
consider(const char *word, const char *candidate, unsigned *d_r,
    const char **best_r)
{
	unsigned d = distance(word, candidate);
	size_t n = strlen(candidate);

	/* a third of the word may be wrong, and three letters at most */
	if (d > 3 || d > (n + 2) / 3 || d >= *d_r)
		return;
	*d_r = d;
	*best_r = candidate;
}

const char *
schema_near_section(const char *name)
{
	const char *best = NULL;
	unsigned d = WORD_MAX;

	for (size_t i = 0; i < conf_nsections; i++)
		consider(name, conf_sections[i].name, &d, &best);
	return best;
}

const char *
schema_near_key(const char *section, const char *key)
{
	const char *best = NULL;
	unsigned d = WORD_MAX;

	for (size_t i = 0; i < conf_nsettings; i++)
		if (strcmp(conf_settings[i].section, section) == 0)
			consider(key, conf_settings[i].key, &d, &best);
	return best;
}

const char *
schema_near_choice(const struct conf_setting *s, const char *word)
{
	const char *best = NULL;
	unsigned d = WORD_MAX;

	for (const char *const *c = s->choices; c && *c; c++)
		consider(word, *c, &d, &best);
	return best;
}

const char *
schema_elsewhere(const char *section, const char *key)
{
	for (size_t i = 0; i < conf_nsettings; i++)
		if (strcmp(conf_settings[i].section, section) != 0 &&
		    strcmp(conf_settings[i].key, key) == 0)
			return conf_settings[i].section;
	return NULL;
}
