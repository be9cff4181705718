/* SPDX-License-Identifier: ISC
 *
 * schema: the one list of sections and settings of restanted.conf.  Reader,
 * --check, dump and restanted.conf(5) are made from it; a setting that is not
 * here does not exist.  It must not read files or know where values come from.
 */
#include <assert.h>

#include "conf/schema.h"
#include "conf/syntax.h"

#define IN_CONF(field) offsetof(struct conf, field)
#define IN_LISTEN(field) offsetof(struct conf_listen, field)
#define IN_CERT(field) offsetof(struct conf_cert, field)

static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const locks[] = { "shared", "exclusive", NULL };
static const char *const line_ends[] = { "lf", "crlf", NULL };
static const char *const engines[] = { "maildir", "mem", NULL };
static const char *const without_root[] = { "run", "refuse", NULL };
static const char *const protocols[] = { "pop3", "lmtp", "smtp", NULL };
static const char *const tls_modes[] = { "none", "start", "implicit", NULL };
static const char *const newlines[] = { "reject", "normalize", NULL };

#define LIST_OF(type, array, count) { \
	offsetof(struct conf, array), offsetof(struct conf, count), \
	sizeof(struct type), offsetof(struct type, name), \
	offsetof(struct type, line) }

static const struct conf_section sections[] = {
	{ .name = "server",
	    .doc = "The daemon itself: its name, its directory, its "
	    "processes." },
	{ .name = "mail",
	    .doc = "Where mail is held and for whom it is taken." },
	{ .name = "auth",
	    .doc = "Who may collect mail, and what a wrong password costs." },
	{ .name = "limits",
	    .doc = "How much of everything one daemon, user or address may "
	    "take." },
	{ .name = "tls", .may_have_name = true, .example = "inbox",
	    .check_name = syntax_name,
	    .list = LIST_OF(conf_cert, certs, ncerts),
	    .doc = "A certificate.  The first one is for clients that name no "
	    "server; further ones, [tls NAME], are chosen by the names they "
	    "hold.  A changed file is noticed and read again." },
	{ .name = "listen", .may_have_name = true, .must_have_name = true,
	    .example = "inbox", .check_name = syntax_name,
	    .list = LIST_OF(conf_listen, listens, nlistens),
	    .doc = "A door: one protocol on one or more addresses.  At least "
	    "one is needed; NAME is any short word and appears in the log." },
};

static const struct conf_setting settings[] = {
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
{ "mail", "line_ends", CONF_TYPE_BOOL, 0, "lf", 0, 0, line_ends, NULL,
  IN_CONF(crlf),
  "How lines end in the files of delivered messages.  lf is what other "
  "programs expect in a Maildir; crlf is what POP3 sends, so that most "
  "files go out as they are, for less CPU: for maildrops that nobody else "
  "reads, or only Dovecot, which knows both (Courier adds a CR to each line).  "
  "Files of both kinds are read with either setting.", NULL },
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
  "The most connections at one time.  When all are taken, the oldest that has "
  "not logged in, nor brings mail, gives way to a new one.", NULL },
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
  "A PEM file with the private key, for owner and group alone.", NULL },

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

/* A setting of another protocol would not be read back. */
static bool
is_foreign(const struct conf_setting *s, const void *base)
{
	const struct conf_listen *l = base;
	unsigned for_whom = s->flags & CONF_FOR_ANY;

	if (!for_whom)
		return false;
	switch (l->protocol) {
	case CONF_POP3:
		return !(for_whom & CONF_FOR_POP3);
	case CONF_LMTP:
		return !(for_whom & CONF_FOR_LMTP);
	case CONF_SMTP:
		return !(for_whom & CONF_FOR_SMTP);
	}
	return false;
}

static_assert(offsetof(struct conf, norigins) ==
    offsetof(struct conf, origins) + sizeof(void *),
    "the count follows the list");

const struct conf_schema conf_server_schema = {
	.page = "restanted.conf(5)",
	.sections = sections,
	.nsections = sizeof(sections) / sizeof(sections[0]),
	.settings = settings,
	.nsettings = sizeof(settings) / sizeof(settings[0]),
	.max_instances = 1000,
	.origins = offsetof(struct conf, origins),
	.is_foreign = is_foreign,
};
