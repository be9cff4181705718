/* SPDX-License-Identifier: ISC
 *
 * options: the tables of commands and options, and reading a command line by
 * them.  Options may stand before and behind the command.  Runs nothing,
 * reads no file.
 */
#include "client/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "client/near.h"

/* bits of the options that only some commands take */
enum {
	TAKES_DRY_RUN = 1 << 0,
	TAKES_ALL = 1 << 1,
	TAKES_ONCE = 1 << 2,
	TAKES_FROM = 1 << 3,
	TAKES_OUTPUT = 1 << 4,		/* --output --yes */
	TAKES_DEBUG = 1 << 5,
	TAKES_SETUP = 1 << 6,		/* what else would be asked */
	TAKES_CHECK = 1 << 7
};

static const struct command commands[COMMANDS] = {
	[COMMAND_FETCH] = { "fetch", WORDS_ACCOUNTS, true,
	  TAKES_DRY_RUN | TAKES_ALL | TAKES_DEBUG,
	  "fetch [ACCOUNT...]", "fetch new mail" },
	[COMMAND_LIST] = { "list", WORDS_ACCOUNT, true,
	  TAKES_ALL | TAKES_DEBUG, "list ACCOUNT",
	  "show what is new on the server" },
	[COMMAND_SHOW] = { "show", WORDS_ACCOUNT_NUMBER, true, TAKES_DEBUG,
	  "show ACCOUNT N", "print message N of the server" },
	[COMMAND_STATUS] = { "status", WORDS_ACCOUNTS, true, 0,
	  "status [ACCOUNT...]", "show what was done, and what went wrong" },
	[COMMAND_DAEMON] = { "daemon", WORDS_ACCOUNTS, true,
	  TAKES_ONCE | TAKES_DEBUG, "daemon [ACCOUNT...]",
	  "fetch now and then, for ever" },
	[COMMAND_CONFIG] = { "config", WORDS_NONE, true, 0, "config",
	  "show the settings in force" },
	[COMMAND_SETUP] = { "setup", WORDS_ADDRESS, false,
	  TAKES_OUTPUT | TAKES_DRY_RUN | TAKES_DEBUG | TAKES_SETUP,
	  "setup ADDRESS",
	  "find the server, write the configuration" },
	[COMMAND_CHECK] = { "check", WORDS_HOST, false, TAKES_CHECK,
	  "check HOST|ACCOUNT", "find out what is wrong with a server" },
	[COMMAND_IMPORT] = { "import", WORDS_PATH, false,
	  TAKES_FROM | TAKES_OUTPUT | TAKES_DRY_RUN,
	  "import --from FORMAT [PATH]",
	  "take over another program's accounts and memory" },
	[COMMAND_HELP] = { "help", WORDS_COMMAND, false, 0,
	  "help [COMMAND]", "say more about a command" }
};

enum option_code {
	OPT_CONFIG = 256, OPT_JSON, OPT_DRY_RUN, OPT_ALL, OPT_ONCE, OPT_FROM,
	OPT_OUTPUT, OPT_YES, OPT_SERVER, OPT_TLS, OPT_USER, OPT_ACCOUNT,
	OPT_DESTINATION, OPT_KEEP, OPT_PASSWORD_COMMAND, OPT_CA_FILE,
	OPT_TELL_ADDRESS, OPT_PORT, OPT_TLS_PORT, OPT_TLS_NAME, OPT_ONLY,
	OPT_LIST, OPT_CONFORMANCE, OPT_SMTP, OPT_LMTP, OPT_RECIPIENT,
	OPT_TRANSCRIPTS, OPT_ACTION, OPT_HAVE, OPT_CLEAR_LOGIN, OPT_DEBUG,
	OPT_VERSION,
	OPT_QUIET = 'q', OPT_VERBOSE = 'v', OPT_HELP = 'h'
};

static const struct option_row {
	const char *name;
	int code;
	unsigned takes;			/* 0: every command */
	const char *value;		/* name of its value, or NULL */
	const char *text;
} rows[] = {
	{ "config", OPT_CONFIG, 0, "FILE", "in place of "
	  "~/.config/restante/restante.conf" },
	{ "quiet", OPT_QUIET, 0, NULL, "say nothing but what went wrong" },
	{ "verbose", OPT_VERBOSE, 0, NULL, "say every step and message" },
	{ "json", OPT_JSON, 0, NULL, "for programs: an object a line" },
	{ "dry-run", OPT_DRY_RUN, TAKES_DRY_RUN, NULL,
	  "only say what would be done" },
	{ "all", OPT_ALL, TAKES_ALL, NULL, "disabled accounts too; "
	  "list: known messages" },
	{ "once", OPT_ONCE, TAKES_ONCE, NULL, "visit each account once, then "
	  "end" },
	{ "from", OPT_FROM, TAKES_FROM, "FORMAT",
	  "getmail, fetchmail, mpop or thunderbird" },
	{ "output", OPT_OUTPUT, TAKES_OUTPUT, "FILE",
	  "write the configuration there" },
	{ "yes", OPT_YES, TAKES_OUTPUT | TAKES_CHECK, NULL, "ask nothing" },
	{ "server", OPT_SERVER, TAKES_SETUP, "HOST[:PORT]",
	  "this server; look for no other" },
	{ "tls", OPT_TLS, TAKES_SETUP, "HOW", "implicit (port 995) or start "
	  "(STLS, 110)" },
	{ "user", OPT_USER, TAKES_SETUP | TAKES_CHECK, "NAME",
	  "log in by this name" },
	{ "account", OPT_ACCOUNT, TAKES_SETUP, "NAME", "what to call the "
	  "account" },
	{ "destination", OPT_DESTINATION, TAKES_SETUP, "WHERE",
	  "where mail goes (maildir:~/Mail)" },
	{ "keep", OPT_KEEP, TAKES_SETUP, "HOW", "what stays there: yes, no, "
	  "14d, newest 500" },
	{ "password-command", OPT_PASSWORD_COMMAND, TAKES_SETUP | TAKES_CHECK,
	  "CMD", "prints the password" },
	{ "ca-file", OPT_CA_FILE, TAKES_SETUP | TAKES_CHECK, "FILE",
	  "who signs the server's certificate" },
	{ "tell-address", OPT_TELL_ADDRESS, TAKES_SETUP, NULL,
	  "tell the domain's web server the address" },
	{ "tls-name", OPT_TLS_NAME, TAKES_CHECK, "NAME",
	  "its name in the certificate" },
	{ "tls-port", OPT_TLS_PORT, TAKES_CHECK, "PORT",
	  "with TLS at once; instead of 995" },
	{ "port", OPT_PORT, TAKES_CHECK, "PORT",
	  "that begins in clear; instead of 110" },
	{ "only", OPT_ONLY, TAKES_CHECK, "PATTERN",
	  "the checks of these names (tls.*)" },
	{ "list", OPT_LIST, TAKES_CHECK, NULL, "only name the checks" },
	{ "conformance", OPT_CONFORMANCE, TAKES_CHECK, NULL,
	  "does it keep to the standards?" },
	{ "smtp", OPT_SMTP, TAKES_CHECK, "HOST:PORT",
	  "conformance: delivers test mail" },
	{ "lmtp", OPT_LMTP, TAKES_CHECK, "HOST:PORT", "the same" },
	{ "recipient", OPT_RECIPIENT, TAKES_CHECK, "ADDRESS",
	  "conformance: of the test account" },
	{ "transcripts", OPT_TRANSCRIPTS, TAKES_CHECK, "DIR",
	  "conformance: other ones" },
	{ "action", OPT_ACTION, TAKES_CHECK, "SOCKET",
	  "conformance: who makes maildrops" },
	{ "have", OPT_HAVE, TAKES_CHECK, "WORDS",
	  "conformance: what it can besides" },
	{ "clear-login", OPT_CLEAR_LOGIN, TAKES_CHECK, NULL,
	  "conformance: password without TLS" },
	{ "debug", OPT_DEBUG, TAKES_DEBUG, NULL,
	  "show the dialogue, without secrets" },
	{ "help", OPT_HELP, 0, NULL, "this; behind a command, more about it" },
	{ "version", OPT_VERSION, 0, NULL, "the version" }
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
_Static_assert(ROWS <= 64, "read_options has a bit for each");

int
command_find(const char *name, const char **near_r)
{
	struct near near = { name, NULL, 0 };

	for (int i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return i;
		near_try(&near, commands[i].name);
	}
	*near_r = near.best;
	return -1;
}

/* ---- help ---- */

static void
help_options(FILE *out, unsigned takes)
{
	for (int i = 0; i < ROWS; i++) {
		const struct option_row *o = &rows[i];
		char name[40];

		if (o->takes != 0 && (o->takes & takes) == 0)
			continue;
		(void)text_format(name, sizeof(name), "%s%c%s--%s%s%s",
		    o->code < 256 ? "-" : "",
		    o->code < 256 ? o->code : ' ',
		    o->code < 256 ? ", " : "   ", o->name,
		    o->value != NULL ? " " : "",
		    o->value != NULL ? o->value : "");
		(void)fprintf(out, "  %-28s %s\n", name, o->text);
	}
}

const char *
options_name(size_t i)
{
	return i < ROWS ? rows[i].name : NULL;
}

const struct command *
options_command(enum command_id id)
{
	return &commands[id];
}

void
options_help(FILE *out, enum command_id id)
{
	if (id != COMMANDS) {
		(void)fprintf(out, "usage: restante [options] %s\n\n%s\n\n",
		    commands[id].usage, commands[id].text);
		help_options(out, commands[id].takes);
		return;
	}
	(void)fprintf(out, "usage: restante [options] command\n\n");
	for (int i = 0; i < COMMANDS; i++)
		(void)fprintf(out, "  %-28s %s\n", commands[i].usage,
		    commands[i].text);
	(void)fprintf(out, "\n");
	help_options(out, 0);
	(void)fprintf(out, "\nBegin with: restante setup you@example.org\n"
	    "See restante(1), restante.conf(5).\n");
}

/* ---- reading ---- */

/* the first mistake counts */
__attribute__((format(printf, 2, 3)))
static void
mistake(struct options *o, const char *fmt, ...)
{
	va_list ap;

	if (o->error[0] != '\0')
		return;
	va_start(ap, fmt);
	/* cut is short, not wrong; nothing must still be something */
	if (vsnprintf(o->error, sizeof(o->error), fmt, ap) < 0)
		o->error[0] = '?';
	va_end(ap);
}

static const struct option_row *
row_of(int code)
{
	for (int i = 0; i < ROWS; i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

static void
set_mode(struct options *o, enum report_mode mode)
{
	/* `value_of' and `flag_of' give addresses inside of *o, never NULL */
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	if (o->args.mode != REPORT_PEOPLE && o->args.mode != mode) {
		mistake(o, "-q, -v and --json: only one of them");
		/* a program reads on */
		if (o->args.mode == REPORT_JSON)
			return;
	}
	o->args.mode = mode;
}

/* where the value of an option goes, or NULL: it has none */
static const char **
value_of(struct client_args *a, int code)
{
	switch (code) {
	case OPT_CONFIG:
		return &a->config;
	case OPT_FROM:
		return &a->from;
	case OPT_OUTPUT:
		return &a->output;
	case OPT_SERVER:
		return &a->server;
	case OPT_TLS:
		return &a->tls;
	case OPT_USER:
		return &a->user;
	case OPT_ACCOUNT:
		return &a->account;
	case OPT_DESTINATION:
		return &a->destination;
	case OPT_KEEP:
		return &a->keep;
	case OPT_PASSWORD_COMMAND:
		return &a->password_command;
	case OPT_CA_FILE:
		return &a->ca_file;
	case OPT_PORT:
		return &a->check.port;
	case OPT_TLS_PORT:
		return &a->check.tls_port;
	case OPT_TLS_NAME:
		return &a->check.tls_name;
	case OPT_ONLY:
		return &a->check.only;
	case OPT_SMTP:
		return &a->check.smtp;
	case OPT_LMTP:
		return &a->check.lmtp;
	case OPT_RECIPIENT:
		return &a->check.recipient;
	case OPT_TRANSCRIPTS:
		return &a->check.transcripts;
	case OPT_ACTION:
		return &a->check.action;
	case OPT_HAVE:
		return &a->check.have;
	default:
		return NULL;
	}
}

/* where it is noted that an option was there, or NULL: it is a mode */
static bool *
flag_of(struct options *o, int code)
{
	switch (code) {
	case OPT_DRY_RUN:
		return &o->args.dry_run;
	case OPT_ALL:
		return &o->args.all;
	case OPT_ONCE:
		return &o->args.once;
	case OPT_YES:
		return &o->args.yes;
	case OPT_TELL_ADDRESS:
		return &o->args.tell_address;
	case OPT_LIST:
		return &o->args.check.list;
	case OPT_CONFORMANCE:
		return &o->args.check.conformance;
	case OPT_CLEAR_LOGIN:
		return &o->args.check.clear_login;
	case OPT_DEBUG:
		return &o->args.debug;
	case OPT_HELP:
		return &o->help;
	case OPT_VERSION:
		return &o->version;
	default:
		return NULL;
	}
}

static void
take_option(struct options *o, int code)
{
	const char **value = value_of(&o->args, code);
	bool *flag = flag_of(o, code);

	if (value != NULL)
		*value = optarg;
	else if (flag != NULL)
		*flag = true;
	else
		set_mode(o, code == OPT_QUIET ? REPORT_QUIET :
		    code == OPT_VERBOSE ? REPORT_VERBOSE : REPORT_JSON);
}

/* what getopt did not understand; `word`: as it was written */
static void
wrong_option(struct options *o, int code, const char *word)
{
	struct near near = { NULL, NULL, 0 };
	char name[64];

	if (strncmp(word, "--", 2) != 0) {
		mistake(o, "there is no option -%c", optopt);
		return;
	}
	(void)text_format(name, sizeof(name), "%.*s",
	    (int)strcspn(word + 2, "="), word + 2);
	near.word = name;
	for (int i = 0; i < ROWS; i++)
		near_try(&near, rows[i].name);
	if (code == ':' && row_of(optopt) != NULL)
		mistake(o, "--%s wants a value: --%s %s", row_of(optopt)->name,
		    row_of(optopt)->name, row_of(optopt)->value);
	else if (optopt != 0 && row_of(optopt) != NULL)
		mistake(o, "--%s takes no value", row_of(optopt)->name);
	else if (near.best != NULL && strcmp(near.best, name) != 0)
		mistake(o, "there is no option --%s; did you mean --%s?",
		    name, near.best);
	else
		mistake(o, "there is no option --%s", name);
}

/* *given_r: which rows were used, as bits */
static void
read_options(int argc, char **argv, struct options *o, uint64_t *given_r)
{
	struct option longs[ROWS + 1] = { { NULL, 0, NULL, 0 } };
	int code;

	for (int i = 0; i < ROWS; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = rows[i].value != NULL ?
		    required_argument : no_argument;
		longs[i].val = rows[i].code;
	}
	opterr = 0;
	optind = 0;	/* from the start, also for a second command line */
	while ((code = getopt_long(argc, argv, ":qvh", longs, NULL)) != -1) {
		if (code == '?' || code == ':') {
			wrong_option(o, code, argv[optind - 1]);
			continue;
		}
		take_option(o, code);
		for (unsigned i = 0; i < ROWS; i++)
			if (rows[i].code == code)
				*given_r |= UINT64_C(1) << i;
	}
}

/* the options of one half of `check` with the other one */
static void
check_halves(struct options *o)
{
	const struct check_args *c = &o->args.check;

	if (!c->conformance && (c->smtp != NULL || c->lmtp != NULL ||
	    c->recipient != NULL || c->transcripts != NULL ||
	    c->action != NULL || c->have != NULL || c->clear_login ||
	    o->args.yes))
		mistake(o, "--smtp, --lmtp, --recipient, --transcripts, "
		    "--action, --have, --clear-login and --yes go with "
		    "--conformance");
}

static void
check_given(struct options *o, uint64_t given)
{
	for (unsigned i = 0; i < ROWS; i++)
		if ((given & UINT64_C(1) << i) != 0 && rows[i].takes != 0 &&
		    (rows[i].takes & o->command->takes) == 0)
			mistake(o, "`%s' does not take --%s",
			    o->command->name, rows[i].name);
	if (o->id == COMMAND_CHECK)
		check_halves(o);
	if (o->id == COMMAND_IMPORT && o->args.from == NULL)
		mistake(o, "from what? --from getmail, fetchmail, mpop or "
		    "thunderbird");
}

/* How many words may follow. */
static void
check_words(struct options *o)
{
	static const struct { size_t least, most; } counts[] = {
		[WORDS_NONE] = { 0, 0 }, [WORDS_ACCOUNTS] = { 0, SIZE_MAX },
		[WORDS_ACCOUNT] = { 1, 1 }, [WORDS_ACCOUNT_NUMBER] = { 2, 2 },
		[WORDS_ADDRESS] = { 1, 1 }, [WORDS_HOST] = { 1, 1 },
		[WORDS_PATH] = { 0, 1 }, [WORDS_COMMAND] = { 0, 1 }
	};
	enum command_words words = o->command->words;
	size_t n = o->args.nnames;

	if (words == WORDS_HOST && o->args.check.list && n == 0)
		return;
	if (n < counts[words].least || n > counts[words].most)
		mistake(o, "usage: restante %s", o->command->usage);
}

static void
read_command(struct options *o, const char *word)
{
	const char *near = NULL;
	int id = command_find(word, &near);

	if (id >= 0) {
		o->id = (enum command_id)id;
		o->command = &commands[id];
	} else if (near != NULL)
		mistake(o, "there is no command \"%.40s\"; did you mean "
		    "`%s'?", word, near);
	else
		mistake(o, "there is no command \"%.40s\"", word);
}

int
options_parse(int argc, char **argv, struct options *o_r)
{
	struct options *o = o_r;
	uint64_t given = 0;

	memset(o, 0, sizeof(*o));
	o->args.program = "restante";
	o->id = COMMANDS;
	read_options(argc, argv, o, &given);
	if (optind < argc)
		read_command(o, argv[optind]);
	if (o->command != NULL) {
		o->args.names = argv + optind + 1;
		o->args.nnames = (size_t)(argc - optind - 1);
	}
	if (o->command != NULL && !o->help && !o->version) {
		check_given(o, given);
		check_words(o);
	}
	return o->error[0] == '\0' ? 0 : -1;
}
