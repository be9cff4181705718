/* SPDX-License-Identifier: ISC
 *
 * restante: calls for the mail of a person's accounts; see restante(1).  This
 * file owns the start, the configuration, and the exit status; each command
 * is in a file of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text.h"
#include "client/near.h"
#include "client/options.h"

static int (*const runs[COMMANDS])(const struct client_args *args,
    const struct client_conf *conf) = {
	[COMMAND_FETCH] = client_fetch,
	[COMMAND_LIST] = client_list,
	[COMMAND_SHOW] = client_show,
	[COMMAND_STATUS] = client_status,
	[COMMAND_DAEMON] = client_daemon,
	[COMMAND_CONFIG] = client_config,
	[COMMAND_SETUP] = client_setup,
	[COMMAND_CHECK] = client_diagnose,
	[COMMAND_IMPORT] = client_import
};

/* One thing that is wrong, for whoever watches. Returns `status`. */
__attribute__((format(printf, 3, 4)))
static int
complain(enum report_mode mode, int status, const char *fmt, ...)
{
	char text[1024], shown[4096];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		text[0] = '\0';
	if (mode == REPORT_JSON)
		report_json_error(stdout, status, text);
	escape_text(span_str(text), shown, sizeof(shown), sizeof(text));
	(void)fprintf(stderr, "restante: %s\n", shown);
	return status;
}

/* ---- the start ---- */

/* A file that we open must not become somebody's standard output. */
static int
open_missing(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null",
		    fd == 0 ? O_RDONLY : O_WRONLY) != fd)
			return -1;
	return 0;
}

static void
ignore_sigpipe(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)sigemptyset(&ignore.sa_mask);
	(void)!sigaction(SIGPIPE, &ignore, NULL);
}

/* Does a terminal take UTF-8? The locale itself is not set: comparisons stay
 * what they are. */
static void
look_at_locale(void)
{
	locale_t l;

	if (isatty(STDOUT_FILENO) != 1 && isatty(STDERR_FILENO) != 1)
		return;
	l = newlocale(LC_CTYPE_MASK, "", NULL);
	escape_ascii(l == NULL ||
	    strcmp(nl_langinfo_l(CODESET, l), "UTF-8") != 0);
	if (l != NULL)
		freelocale(l);
}

static bool
wants_color(void)
{
	const char *no = getenv("NO_COLOR");

	return report_terminal(stdout) && (no == NULL || *no == '\0');
}

/* ---- the configuration ---- */

static int
no_configuration(const struct client_args *a)
{
	return complain(a->mode, EX_CONFIG, "there is no configuration %s: "
	    "`restante setup you@example.org' makes one, `restante import' "
	    "takes over another program's", a->config);
}

/* The mistakes go to standard error, and for programs into an object. */
static int
read_configuration(const struct client_args *a, struct client_conf **conf_r)
{
	char *mistakes = NULL;
	size_t n = 0;
	FILE *f;
	int r;

	if (access(a->config, F_OK) != 0 && errno == ENOENT)
		return no_configuration(a);
	f = open_memstream(&mistakes, &n);
	if (f == NULL)
		return complain(a->mode, EX_OSERR, "%s", strerror(errno));
	r = client_conf_read(a->config, f, conf_r);
	if (fclose(f) != 0 && r == 0) {
		client_conf_free(*conf_r);
		r = -1;
	}
	if (mistakes != NULL && n > 0)
		(void)fputs(mistakes, stderr);
	if (r != 0 && a->mode == REPORT_JSON)
		report_json_error(stdout, EX_CONFIG,
		    mistakes != NULL ? mistakes : "");
	free(mistakes);
	return r == 0 ? EX_OK : EX_CONFIG;
}

/* The accounts that words name must be there. */
static int
check_accounts(const struct options *o, const struct client_conf *conf)
{
	size_t n = o->command->words == WORDS_ACCOUNTS ? o->args.nnames :
	    o->command->words == WORDS_ACCOUNT ||
	    o->command->words == WORDS_ACCOUNT_NUMBER ? 1 : 0;

	for (size_t i = 0; i < n; i++) {
		struct near near = { o->args.names[i], NULL, 0 };

		if (client_conf_account(conf, near.word) != NULL)
			continue;
		/* commands with accounts have a configuration */
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		for (size_t j = 0; j < conf->naccounts; j++)
			near_try(&near, conf->accounts[j].name);
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		return complain(o->args.mode, EX_USAGE, "there is no account "
		    "\"%.100s\" in %s%s%s%s", near.word, conf->path,
		    near.best != NULL ? "; did you mean `" : "",
		    near.best != NULL ? near.best : "",
		    near.best != NULL ? "'?" : "");
	}
	return EX_OK;
}

static int
run(struct options *o)
{
	struct client_conf *conf = NULL;
	char *path = NULL;
	int status = EX_OK;

	if (o->args.config == NULL) {
		path = client_conf_default_path();
		if (path == NULL)
			return complain(o->args.mode, EX_CONFIG, "there is no "
			    "home directory: set HOME, or give --config FILE");
		o->args.config = path;
	}
	if (o->command->wants_conf) {
		status = read_configuration(&o->args, &conf);
		if (status == EX_OK)
			status = check_accounts(o, conf);
	}
	if (status == EX_OK)
		status = runs[o->id](&o->args, conf);
	client_conf_free(conf);
	free(path);
	return status;
}

/* ---- what needs no account ---- */

static int
help(const struct options *o)
{
	const char *near = NULL;
	int id = (int)o->id;

	if (o->id == COMMAND_HELP && o->args.nnames == 1) {
		id = command_find(o->args.names[0], &near);
		if (id < 0)
			return complain(o->args.mode, EX_USAGE, "there is no "
			    "command \"%.40s\"%s%s%s", o->args.names[0],
			    near != NULL ? "; did you mean `" : "",
			    near != NULL ? near : "",
			    near != NULL ? "'?" : "");
	} else if (o->id == COMMAND_HELP)
		id = COMMANDS;
	options_help(stdout, (enum command_id)id);
	return EX_OK;
}

static int
dispatch(struct options *o)
{
	if (o->version) {
		(void)puts("restante " RESTANTE_VERSION);
		return EX_OK;
	}
	if (o->help || o->id == COMMAND_HELP)
		return help(o);
	if (o->command == NULL) {
		options_help(stderr, COMMANDS);
		return EX_USAGE;
	}
	return run(o);
}

int
main(int argc, char **argv)
{
	struct options o;
	int status;

	if (open_missing() != 0)
		return EX_OSERR;
	(void)umask(077);
	ignore_sigpipe();
	look_at_locale();
	if (options_parse(argc, argv, &o) != 0)
		return complain(o.args.mode, EX_USAGE, "%s (restante --help "
		    "shows what there is)", o.error);
	o.args.color = wants_color();
	status = dispatch(&o);
	/* what nobody could read was not said */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == EX_OK)
		status = complain(REPORT_PEOPLE, EX_IOERR, "cannot write to "
		    "standard output: %s", strerror(errno));
	return status;
}
