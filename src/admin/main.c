/* SPDX-License-Identifier: ISC
 *
 * restantectl: the administrator's tool; see restantectl(8).  This file owns
 * the table of commands, the options and the exit status; each command is in
 * a file of its own.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"

#define DEFAULT_CONFIG "/etc/restante/restanted.conf"

/* bits of the options that only some commands take */
enum {
	TAKES_USERS = 1 << 0,
	TAKES_SOCKET = 1 << 1,
	TAKES_PASSWORD = 1 << 2,	/* --password-stdin --scheme --apop */
	TAKES_JSON = 1 << 3,
	TAKES_WHOM = 1 << 4		/* --user --session */
};

enum word { WORD_NONE, WORD_WANTED, WORD_MAYBE };

static const struct command {
	const char *group;		/* first word, or NULL */
	const char *name;
	enum word word;
	unsigned takes;
	enum admin_exit (*run)(const struct admin_args *args);
	const char *usage, *text;
} commands[] = {
	{ "user", "add", WORD_WANTED, TAKES_USERS | TAKES_PASSWORD,
	  admin_user_add, "user add NAME",
	  "add a user; asks for the password" },
	{ "user", "passwd", WORD_WANTED, TAKES_USERS | TAKES_PASSWORD,
	  admin_user_passwd, "user passwd NAME", "give a new password" },
	{ "user", "del", WORD_WANTED, TAKES_USERS, admin_user_del,
	  "user del NAME", "delete a user, not the mail" },
	{ "user", "list", WORD_NONE, TAKES_USERS | TAKES_JSON,
	  admin_user_list, "user list", "show the users" },
	{ NULL, "who", WORD_NONE, TAKES_SOCKET | TAKES_JSON, admin_who,
	  "who", "show who is connected" },
	{ NULL, "kick", WORD_MAYBE, TAKES_SOCKET | TAKES_WHOM, admin_kick,
	  "kick USER|SESSION", "end sessions, without removing mail" },
	{ NULL, "reload", WORD_NONE, TAKES_SOCKET, admin_reload, "reload",
	  "read configuration and certificates again" }
};

enum { NCOMMANDS = sizeof(commands) / sizeof(commands[0]) };

enum option_code {
	OPT_CONFIG = 256, OPT_USERS, OPT_SOCKET, OPT_SCHEME, OPT_APOP,
	OPT_PASSWORD_STDIN, OPT_JSON, OPT_USER, OPT_SESSION, OPT_HELP,
	OPT_VERSION
};

static const struct option options[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "users", required_argument, NULL, OPT_USERS },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "scheme", required_argument, NULL, OPT_SCHEME },
	{ "apop", no_argument, NULL, OPT_APOP },
	{ "password-stdin", no_argument, NULL, OPT_PASSWORD_STDIN },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "user", required_argument, NULL, OPT_USER },
	{ "session", required_argument, NULL, OPT_SESSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

/* one line of --help for each option, for the commands that take it */
static const struct {
	unsigned for_takes;		/* 0: all */
	const char *usage, *text;
} option_help[] = {
	{ 0, "--config FILE", "restanted's configuration ("
	  DEFAULT_CONFIG ")" },
	{ TAKES_USERS, "--users FILE", "the file of users, instead of the "
	  "configuration's" },
	{ TAKES_SOCKET, "--socket PATH", "the control socket, instead of the "
	  "configuration's" },
	{ TAKES_PASSWORD, "--password-stdin", "read the password from "
	  "standard input, one line" },
	{ TAKES_PASSWORD, "--scheme NAME", "YESCRYPT (default), SHA512-CRYPT, "
	  "SHA256-CRYPT, BLF-CRYPT" },
	{ TAKES_PASSWORD, "--apop", "keep the password in clear, so that APOP "
	  "works" },
	{ TAKES_JSON, "--json", "for programs" },
	{ TAKES_WHOM, "--user NAME", "all sessions of this user" },
	{ TAKES_WHOM, "--session ID", "this session" }
};

void
admin_error(const char *fmt, ...)
{
	va_list ap;

	(void)!fputs("restantectl: ", stderr);
	va_start(ap, fmt);
	(void)!vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)!fputc('\n', stderr);
}

static void
print_option_help(unsigned takes)
{
	for (size_t i = 0; i < sizeof(option_help) / sizeof(option_help[0]);
	    i++)
		if (option_help[i].for_takes == 0 ||
		    (option_help[i].for_takes & takes) != 0)
			(void)printf("  %-18s %s\n", option_help[i].usage,
			    option_help[i].text);
}

/* `c` NULL: of all commands */
static void
print_help(const struct command *c)
{
	if (c != NULL) {
		(void)printf("usage: restantectl %s [options]\n\n%s\n\n",
		    c->usage, c->text);
		print_option_help(c->takes);
		return;
	}
	(void)printf("usage: restantectl [options] command\n\n");
	for (int i = 0; i < NCOMMANDS; i++)
		(void)printf("  %-18s %s\n", commands[i].usage,
		    commands[i].text);
	(void)printf("\n");
	print_option_help(~0u);
	(void)printf("  %-18s %s\n  %-18s %s\n\nSee restantectl(8).\n",
	    "--help", "this text; behind a command, what it takes",
	    "--version", "the version");
}

static enum admin_exit
usage(void)
{
	(void)!fputs("restantectl --help shows what there is\n", stderr);
	return ADMIN_USAGE;
}

/* The options that each command takes, as bits. */
static unsigned
takes_of(int code)
{
	switch (code) {
	case OPT_USERS:
		return TAKES_USERS;
	case OPT_SOCKET:
		return TAKES_SOCKET;
	case OPT_SCHEME:
	case OPT_APOP:
	case OPT_PASSWORD_STDIN:
		return TAKES_PASSWORD;
	case OPT_JSON:
		return TAKES_JSON;
	case OPT_USER:
	case OPT_SESSION:
		return TAKES_WHOM;
	default:
		return 0;
	}
}

struct parsed {
	struct admin_args args;
	bool given[OPT_VERSION - OPT_CONFIG + 1];
	bool help, version;
};

static void
take_option(struct parsed *p, int code)
{
	struct admin_args *a = &p->args;

	p->given[code - OPT_CONFIG] = true;
	switch (code) {
	case OPT_CONFIG:
		a->config = optarg;
		break;
	case OPT_USERS:
		a->users = optarg;
		break;
	case OPT_SOCKET:
		a->socket = optarg;
		break;
	case OPT_SCHEME:
		a->scheme = optarg;
		break;
	case OPT_APOP:
		a->apop = true;
		break;
	case OPT_PASSWORD_STDIN:
		a->password_stdin = true;
		break;
	case OPT_JSON:
		a->json = true;
		break;
	case OPT_USER:
		a->user = optarg;
		break;
	case OPT_SESSION:
		a->session = optarg;
		break;
	case OPT_HELP:
		p->help = true;
		break;
	default:
		p->version = true;
		break;
	}
}

/* Options may stand anywhere; getopt_long moves the words to the end. */
static int
parse_options(int argc, char **argv, struct parsed *p)
{
	int code;

	while ((code = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (code == '?')
			return -1;	/* getopt_long has said why */
		take_option(p, code);
	}
	return 0;
}

/* The command that the words mean; *words_r counts those that name it. */
static const struct command *
find_command(int n, char **words, int *words_r)
{
	for (int i = 0; i < NCOMMANDS; i++) {
		const struct command *c = &commands[i];
		int skip = c->group != NULL;

		if (n <= skip || strcmp(words[skip], c->name) != 0 ||
		    (skip == 1 && strcmp(words[0], c->group) != 0))
			continue;
		*words_r = skip + 1;
		return c;
	}
	return NULL;
}

static enum admin_exit
check_words(const struct command *c, const struct parsed *p, int n)
{
	for (int code = OPT_CONFIG; code <= OPT_VERSION; code++) {
		if (!p->given[code - OPT_CONFIG] ||
		    (takes_of(code) & ~c->takes) == 0)
			continue;
		/* options[] is in the order of their codes */
		admin_error("\"%s\" does not take --%s", c->usage,
		    options[code - OPT_CONFIG].name);
		return usage();
	}
	if ((c->word == WORD_WANTED && n != 1) ||
	    (c->word == WORD_NONE && n != 0) || n > 1) {
		admin_error("usage: restantectl %s", c->usage);
		return usage();
	}
	return ADMIN_OK;
}

static enum admin_exit
run(struct parsed *p, int n, char **words)
{
	const struct command *c;
	enum admin_exit e;
	int used = 0;

	c = find_command(n, words, &used);
	if (p->help || p->version) {
		if (p->version)
			(void)puts("restantectl " RESTANTE_VERSION);
		else
			print_help(c);
		return ADMIN_OK;
	}
	if (n == 0) {
		admin_error("what shall be done?");
		return usage();
	}
	if (c == NULL) {
		admin_error("there is no command \"%s%s%s\"", words[0],
		    n > 1 ? " " : "", n > 1 ? words[1] : "");
		return usage();
	}
	e = check_words(c, p, n - used);
	if (e != ADMIN_OK)
		return e;
	p->args.word = n > used ? words[used] : NULL;
	return c->run(&p->args);
}

int
main(int argc, char **argv)
{
	struct parsed p = { .args.config = DEFAULT_CONFIG };
	enum admin_exit e;

	if (parse_options(argc, argv, &p) != 0)
		return usage();
	e = run(&p, argc - optind, argv + optind);
	/* "done" that nobody could read is not done */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		admin_error("cannot write: %s", strerror(errno));
		return ADMIN_FAILED;
	}
	return e;
}
