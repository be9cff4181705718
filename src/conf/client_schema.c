/* SPDX-License-Identifier: ISC
 *
 * client_schema: the one list of sections and settings of restante.conf.
 * Reader, `restante config` and restante.conf(5) are made from it; a setting
 * that is not here does not exist.  It must not read files or know where
 * values come from.
 */
#include <assert.h>

#include "conf/client_conf.h"
#include "conf/syntax.h"
#include "conf/value.h"

#define IN_CONF(field) offsetof(struct client_conf, field)
#define IN_ACCOUNT(field) offsetof(struct account_conf, field)
#define IN_RULE(field) offsetof(struct rule_conf, field)

/* how value.c keeps what takes several fields */
static_assert(
    IN_ACCOUNT(keep_seconds) - IN_ACCOUNT(keep) ==
	offsetof(struct value_keep, seconds) &&
    IN_ACCOUNT(keep_newest) - IN_ACCOUNT(keep) ==
	offsetof(struct value_keep, newest) &&
    IN_RULE(nmatches) - IN_RULE(matches) ==
	offsetof(struct value_matches, n) &&
    IN_CONF(norigins) - IN_CONF(origins) == sizeof(void *),
    "fields that belong together stand together");

static const char *const no_yes[] = { "no", "yes", NULL };
static const char *const tls_modes[] = { "implicit", "start", "none", NULL };
static const char *const pipelinings[] = { "auto", "off", "on", NULL };
static const char *const without_uidl[] = { "headers", "fail", NULL };
static const char *const line_ends[] = { "lf", "crlf", NULL };
static const char *const actions[] = { "deliver", "skip", "delete", NULL };
static const char *const mechanisms[] = { "auto", "EXTERNAL",
	"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256",
	"SCRAM-SHA-1", "OAUTHBEARER", "XOAUTH2", "CRAM-MD5", "PLAIN", "LOGIN",
	"APOP", "USER", NULL };

static const struct conf_section sections[] = {
	{ .name = "restante",
	    .doc = "The program itself." },
	{ .name = "defaults", .is_template = true, .rows = "account",
	    .base = IN_CONF(defaults),
	    .doc = "What holds for every account that does not say "
	    "otherwise, wherever in the file it stands: the settings of "
	    "[account NAME].  An account that names a source of its password "
	    "has none of those that stand here." },
	{ .name = "account", .may_have_name = true, .must_have_name = true,
	    .example = "work", .check_name = syntax_client_name,
	    .list = { IN_CONF(accounts), IN_CONF(naccounts),
		sizeof(struct account_conf), IN_ACCOUNT(name),
		IN_ACCOUNT(line) },
	    .doc = "A maildrop that mail is fetched from.  NAME is yours to "
	    "choose and names the account on the command line and its "
	    "state." },
	{ .name = "rule", .may_have_name = true, .must_have_name = true,
	    .example = "lists", .check_name = syntax_client_name,
	    .list = { IN_CONF(rules), IN_CONF(nrules),
		sizeof(struct rule_conf), IN_RULE(name), IN_RULE(line) },
	    .doc = "What becomes of certain messages.  The rules are tried in "
	    "the order of the file; the first one whose conditions all hold "
	    "decides." },
};

static const struct conf_setting settings[] = {
{ .section = "restante", .key = "state_dir", .type = CONF_TYPE_PATH,
  .flags = CONF_HOME,
  .when_unset = "$XDG_STATE_HOME/restante, else ~/.local/state/restante",
  .offset = IN_CONF(state_dir),
  .doc =
  "Where is remembered which messages were fetched: one small database an "
  "account, and the drafts of messages under way." },
{ .section = "restante", .key = "connections", .type = CONF_TYPE_COUNT,
  .fallback = "50",
  .min = 1, .max = 1000,
  .offset = IN_CONF(connections),
  .doc = "How many accounts are visited at the same time." },
{ .section = "restante", .key = "connections_per_host", .type = CONF_TYPE_COUNT,
  .fallback = "4",
  .min = 1, .max = 1000,
  .offset = IN_CONF(connections_per_host),
  .doc = "How many of them may be at one server; many servers refuse more." },

{ .section = "account", .key = "enabled", .type = CONF_TYPE_BOOL,
  .fallback = "yes",
  .choices = no_yes,
  .offset = IN_ACCOUNT(enabled),
  .doc =
  "Whether the account is visited when none is named; one that is not is "
  "visited by its name alone." },
{ .section = "account", .key = "server", .type = CONF_TYPE_TEXT,
  .flags = CONF_REQUIRED,
  .check = syntax_server,
  .offset = IN_ACCOUNT(server),
  .doc = "The POP3 server, by name or address." },
{ .section = "account", .key = "port", .type = CONF_TYPE_COUNT,
  .flags = CONF_ZERO_IS_UNSET,
  .min = 1, .max = 65535,
  .when_unset = "995 with tls = implicit, else 110",
  .offset = IN_ACCOUNT(port),
  .doc = "Its port." },
{ .section = "account", .key = "tls", .type = CONF_TYPE_CHOICE,
  .fallback = "implicit",
  .choices = tls_modes,
  .offset = IN_ACCOUNT(tls),
  .doc = "TLS from the first octet on (implicit), after STLS, without which "
  "there is no login (start), or none: everybody on the way can read the "
  "password and the mail, so that it needs clear_login too." },
{ .section = "account", .key = "user", .type = CONF_TYPE_TEXT,
  .flags = CONF_REQUIRED,
  .check = syntax_login,
  .offset = IN_ACCOUNT(user),
  .doc = "The name to log in with, often the whole address." },
{ .section = "account", .key = "auth", .type = CONF_TYPE_WORDS,
  .fallback = "auto",
  .choices = mechanisms,
  .offset = IN_ACCOUNT(auth),
  .doc =
  "How to log in: auto for the strongest way that server and account have "
  "in common, or the ways to be tried, in this order." },
{ .section = "account", .key = "password", .type = CONF_TYPE_TEXT,
  .flags = CONF_SECRET | CONF_ONE_SOURCE,
  .check = syntax_secret,
  .when_unset = "~/.netrc is looked at, and then a terminal is asked",
  .offset = IN_ACCOUNT(password),
  .doc =
  "The password itself.  Nobody but you may be able to read the file then "
  "(mode 600); it is not shown by restante config." },
{ .section = "account", .key = "password_file", .type = CONF_TYPE_PATH,
  .flags = CONF_HOME | CONF_ONE_SOURCE,
  .when_unset = "none",
  .offset = IN_ACCOUNT(password_file),
  .doc = "A file whose first line is the password." },
{ .section = "account", .key = "password_command", .type = CONF_TYPE_ARGV,
  .flags = CONF_ONE_SOURCE,
  .when_unset = "none",
  .offset = IN_ACCOUNT(password_command),
  .doc = "A program that prints the password in the first line of its output, "
  "such as pass show mail/work." },
{ .section = "account", .key = "token_command", .type = CONF_TYPE_ARGV,
  .flags = CONF_ONE_SOURCE,
  .when_unset = "none",
  .offset = IN_ACCOUNT(token_command),
  .doc = "A program that prints an OAuth access token in the first line of its "
  "output.  It is called with RESTANTE_REFUSED=1 in its environment when "
  "the last token was refused." },
{ .section = "account", .key = "keyring", .type = CONF_TYPE_BOOL,
  .flags = CONF_ONE_SOURCE,
  .fallback = "no",
  .choices = no_yes,
  .offset = IN_ACCOUNT(keyring),
  .doc = "Whether the keyring of the desktop is asked, by secret-tool(1)." },
{ .section = "account", .key = "clear_login", .type = CONF_TYPE_BOOL,
  .fallback = "no",
  .choices = no_yes,
  .offset = IN_ACCOUNT(clear_login),
  .doc = "Whether to log in without TLS." },
{ .section = "account", .key = "ca_file", .type = CONF_TYPE_PATH,
  .flags = CONF_HOME,
  .when_unset = "those of the system",
  .offset = IN_ACCOUNT(ca_file),
  .doc = "A PEM file with the authorities that may vouch for the server." },
{ .section = "account", .key = "tls_name", .type = CONF_TYPE_TEXT,
  .check = syntax_server,
  .when_unset = "server",
  .offset = IN_ACCOUNT(tls_name),
  .doc = "The name that the certificate must have." },
{ .section = "account", .key = "mail_domain", .type = CONF_TYPE_TEXT,
  .check = syntax_mail_domain,
  .when_unset = "none",
  .offset = IN_ACCOUNT(mail_domain),
  .doc = "The mail domain for which the certificate may be instead of for the "
  "server (an SRV-ID, RFC 6186)." },
{ .section = "account", .key = "pin", .type = CONF_TYPE_TEXT,
  .check = syntax_pin,
  .when_unset = "none",
  .offset = IN_ACCOUNT(pin),
  .doc = "The digest of the key or certificate that the server must have; no "
  "authority is asked then." },
{ .section = "account", .key = "client_certificate", .type = CONF_TYPE_PATH,
  .flags = CONF_HOME,
  .when_unset = "none",
  .offset = IN_ACCOUNT(client_certificate),
  .doc = "A PEM file with a certificate of yours, for servers that want one." },
{ .section = "account", .key = "client_key", .type = CONF_TYPE_PATH,
  .flags = CONF_HOME,
  .when_unset = "none",
  .offset = IN_ACCOUNT(client_key),
  .doc = "Its private key, a PEM file." },
{ .section = "account", .key = "keep", .type = CONF_TYPE_KEEP,
  .fallback = "yes",
  .offset = IN_ACCOUNT(keep),
  .doc =
  "What becomes of fetched messages on the server: they stay (yes), they "
  "are deleted once they are safely delivered (no), that long after they "
  "were first seen (14d), or when they are not among the newest so many "
  "(newest 500)." },
{ .section = "account", .key = "skip_larger", .type = CONF_TYPE_SIZE,
  .fallback = "0",
  .min = 0, .max = (uint64_t)1 << 40,
  .offset = IN_ACCOUNT(skip_larger),
  .doc = "Messages larger than this are left on the server; 0 for no limit." },
{ .section = "account", .key = "max_messages", .type = CONF_TYPE_COUNT,
  .fallback = "0",
  .min = 0, .max = 1000000000,
  .offset = IN_ACCOUNT(max_messages),
  .doc = "The most messages fetched in one visit; 0 for no limit." },
{ .section = "account", .key = "max_octets", .type = CONF_TYPE_SIZE,
  .fallback = "0",
  .min = 0, .max = (uint64_t)1 << 40,
  .offset = IN_ACCOUNT(max_octets),
  .doc = "The most octets fetched in one visit; 0 for no limit." },
{ .section = "account", .key = "without_uidl", .type = CONF_TYPE_CHOICE,
  .fallback = "headers",
  .choices = without_uidl,
  .offset = IN_ACCOUNT(without_uidl),
  .doc = "How messages are recognised on a server without UIDL: by their "
  "headers, or not at all, so that the visit fails." },
{ .section = "account", .key = "destination", .type = CONF_TYPE_DEST,
  .flags = CONF_REQUIRED,
  .offset = IN_ACCOUNT(destination),
  .doc =
  "Where mail goes.  ~/ is the home directory; a Maildir is made when it "
  "is missing." },
{ .section = "account", .key = "recipient", .type = CONF_TYPE_TEXT,
  .check = syntax_mail_address,
  .when_unset = "none",
  .offset = IN_ACCOUNT(recipient),
  .doc = "For whom mail is handed to lmtp or smtp." },
{ .section = "account", .key = "sender", .type = CONF_TYPE_TEXT,
  .check = syntax_mail_address,
  .when_unset = "the Return-Path of each message",
  .offset = IN_ACCOUNT(sender),
  .doc = "From whom mail is handed to lmtp or smtp." },
{ .section = "account", .key = "line_ends", .type = CONF_TYPE_CHOICE,
  .fallback = "lf",
  .choices = line_ends,
  .offset = IN_ACCOUNT(line_ends),
  .doc = "How lines end in files: LF, as programs on this machine want it, or "
  "CRLF, so that every octet is as the server sent it." },
{ .section = "account", .key = "received", .type = CONF_TYPE_BOOL,
  .fallback = "no",
  .choices = no_yes,
  .offset = IN_ACCOUNT(received),
  .doc = "Whether a Received field is put on top of each message." },
{ .section = "account", .key = "scan", .type = CONF_TYPE_ARGV,
  .when_unset = "none",
  .offset = IN_ACCOUNT(scan),
  .doc = "A program that gets each message on its standard input before it "
  "is delivered, and judges it by its exit status: 0 keeps it, 1 puts it into "
  "quarantine, 99 drops it, and with any other it stays on the server until "
  "the next visit." },
{ .section = "account", .key = "quarantine", .type = CONF_TYPE_DEST,
  .when_unset = "none",
  .offset = IN_ACCOUNT(quarantine),
  .doc = "Where messages go that scan wants apart." },
{ .section = "account", .key = "pipelining", .type = CONF_TYPE_CHOICE,
  .fallback = "auto",
  .choices = pipelinings,
  .offset = IN_ACCOUNT(pipelining),
  .doc = "Whether several commands are sent without waiting for each answer; "
  "auto does so when the server says that it can, and remembers when it "
  "could not." },
{ .section = "account", .key = "interval", .type = CONF_TYPE_SECONDS,
  .fallback = "5m",
  .min = 1, .max = 30 * 86400,
  .offset = IN_ACCOUNT(interval),
  .doc = "How long restante daemon waits between two visits." },
{ .section = "account", .key = "timeout", .type = CONF_TYPE_SECONDS,
  .fallback = "60s",
  .min = 1, .max = 3600,
  .offset = IN_ACCOUNT(timeout),
  .doc = "How long the server may be silent." },

{ .section = "rule", .key = "accounts", .type = CONF_TYPE_WORDS,
  .check = syntax_client_names,
  .when_unset = "all",
  .offset = IN_RULE(accounts),
  .doc = "For which accounts; * for all." },
{ .section = "rule", .key = "header", .type = CONF_TYPE_GLOB,
  .flags = CONF_REPEATS,
  .when_unset = "none",
  .offset = IN_RULE(matches),
  .doc = "A field of the header and what it is like, where * stands for "
  "anything, ? for one character, and a backslash takes the character behind "
  "it as it is; letter case does not matter.  May stand several times: all "
  "of them must hold." },
{ .section = "rule", .key = "header_regex", .type = CONF_TYPE_REGEX,
  .flags = CONF_REPEATS,
  .when_unset = "none",
  .offset = IN_RULE(matches),
  .doc = "The same with a POSIX extended regular expression, which may match "
  "anywhere in the field." },
{ .section = "rule", .key = "larger", .type = CONF_TYPE_SIZE,
  .flags = CONF_ZERO_IS_UNSET,
  .min = 1, .max = (uint64_t)1 << 40,
  .when_unset = "any",
  .offset = IN_RULE(larger),
  .doc = "Messages larger than this." },
{ .section = "rule", .key = "smaller", .type = CONF_TYPE_SIZE,
  .flags = CONF_ZERO_IS_UNSET,
  .min = 1, .max = (uint64_t)1 << 40,
  .when_unset = "any",
  .offset = IN_RULE(smaller),
  .doc = "Messages smaller than this." },
{ .section = "rule", .key = "older", .type = CONF_TYPE_SECONDS,
  .flags = CONF_ZERO_IS_UNSET,
  .min = 1, .max = 36500u * 86400,
  .when_unset = "any",
  .offset = IN_RULE(older),
  .doc = "Messages older than this, by their Date." },
{ .section = "rule", .key = "newer", .type = CONF_TYPE_SECONDS,
  .flags = CONF_ZERO_IS_UNSET,
  .min = 1, .max = 36500u * 86400,
  .when_unset = "any",
  .offset = IN_RULE(newer),
  .doc = "Messages not as old as this, by their Date." },
{ .section = "rule", .key = "action", .type = CONF_TYPE_CHOICE,
  .fallback = "deliver",
  .choices = actions,
  .offset = IN_RULE(action),
  .doc = "What to do with a message for which all of this holds: fetch and "
  "deliver it, leave it on the server (skip), or delete it there unread." },
{ .section = "rule", .key = "destination", .type = CONF_TYPE_DEST,
  .when_unset = "the account's",
  .offset = IN_RULE(destination),
  .doc = "Where it is delivered." },
};

const struct conf_schema conf_client_schema = {
	.page = "restante.conf(5)",
	.sections = sections,
	.nsections = sizeof(sections) / sizeof(sections[0]),
	.settings = settings,
	.nsettings = sizeof(settings) / sizeof(settings[0]),
	.max_instances = 10000,
	.origins = IN_CONF(origins),
	.names_in_reports = true,
	.quotes = true,
};
