/* SPDX-License-Identifier: ISC
 *
 * setup: `restante setup ADDRESS`, from an address to an account in the
 * configuration.
 *
 * Owns the order of steps: find, choose (without credentials), log in, settle,
 * write.  Nothing is written before a login has worked.
 */
#include "client/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include <jansson.h>

#include "base/text.h"

/* ---- what was given ---- */

/* local@domain, without blanks and control characters */
static int
take_address(struct setup *s, const char *address)
{
	const char *at = strrchr(address, '@');
	size_t n = strlen(address);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)address[i] <= ' ' || address[i] == 0x7f)
			at = NULL;
	if (at == NULL || at == address || n >= sizeof(s->address))
		return setup_fail(s, EX_USAGE, "\"%.200s\" is no mail address: "
		    "restante setup you@example.org", address);
	if (!discover_is_host(at + 1) || strchr(at + 1, '.') == NULL)
		return setup_fail(s, EX_USAGE, "\"%.200s\" is no mail domain "
		    "(one with other than English letters is written in its "
		    "xn-- form)", at + 1);
	memcpy(s->address, address, n + 1);
	memcpy(s->local, address, (size_t)(at - address));
	for (size_t i = 0; at[i + 1] != '\0'; i++)
		s->domain[i] = at[i + 1] >= 'A' && at[i + 1] <= 'Z' ?
		    (char)(at[i + 1] | 0x20) : at[i + 1];
	return 0;
}

static int
take_ca_file(struct setup *s)
{
	char *real;
	bool cut;

	if (s->args->ca_file == NULL)
		return 0;
	real = realpath(s->args->ca_file, NULL);
	if (real == NULL)
		return setup_fail(s, EX_NOINPUT, "%s: %s", s->args->ca_file,
		    strerror(errno));
	cut = text_format(s->ca_file, sizeof(s->ca_file), "%s", real);
	free(real);
	return cut ? setup_fail(s, EX_USAGE, "--ca-file is too long") : 0;
}

/* The path, absolute: what stands in the file must not depend on where setup
 * was run. */
static char *
absolute(const char *path)
{
	char *dir, *whole = NULL;

	if (path[0] == '/')
		return strdup(path);
	dir = getcwd(NULL, 0);
	if (dir != NULL && asprintf(&whole, "%s/%s", dir, path) < 0)
		whole = NULL;
	free(dir);
	return whole;
}

/* The configuration must be good before something is added to it. */
static int
look_at_file(struct setup *s)
{
	struct client_conf *conf = NULL;
	int r;

	if (access(s->path, F_OK) != 0 && errno == ENOENT)
		return setup_name(s, NULL);
	if (client_conf_read(s->path, stderr, &conf) != 0)
		return setup_fail(s, EX_CONFIG, "%s has mistakes: mend them "
		    "first, or write to another file by --output", s->path);
	r = setup_name(s, conf);
	client_conf_free(conf);
	return r;
}

static int
prepare(struct setup *s)
{
	const struct client_args *a = s->args;
	int r = take_address(s, a->nnames > 0 ? a->names[0] : "");

	if (r == 0)
		r = take_ca_file(s);
	if (r == 0 && !s->people && !a->yes)
		r = setup_fail(s, EX_USAGE, "there is no terminal to ask "
		    "questions: give --yes, and the password on standard input "
		    "or --password-command");
	if (r == 0)
		r = look_at_file(s);
	s->place = a->password_command != NULL ? SETUP_COMMAND :
	    SETUP_NOWHERE;
	return r;
}

/* ---- the end ---- */

static int
print_result(const struct setup *s)
{
	json_t *o = json_pack("{ss ss ss ss ss si ss ss ss sb}", "event",
	    "setup", "account", s->account, "config", s->path, "address",
	    s->address, "server", s->server.host, "port",
	    (int)s->server.port, "tls", discover_tls_name(s->server.tls),
	    "user", s->user, "destination", s->destination, "dry_run",
	    (int)s->args->dry_run);
	int r = o != NULL ? json_dumpf(o, stdout, JSON_COMPACT |
	    JSON_ENSURE_ASCII) : -1;

	json_decref(o);
	if (r != 0 || putchar('\n') == EOF || fflush(stdout) != 0)
		return setup_fail(s, EX_IOERR, "cannot write to standard "
		    "output");
	return 0;
}

static int
finish(struct setup *s)
{
	char *usual = client_conf_default_path();
	bool other = usual == NULL || strcmp(usual, s->path) != 0;

	free(usual);
	if (s->args->dry_run)
		setup_say(s, "\nNothing was written.\n");
	else
		setup_say(s, "The account %s is in %s. %s\n\n"
		    "    restante%s%s fetch %s\n\n", s->account, s->path,
		    s->oauth ? "Name a token_command there, then:" : "Next:",
		    other ? " --config " : "", other ? s->path : "",
		    s->account);
	return s->args->mode == REPORT_JSON ? print_result(s) : 0;
}

static int
run(struct setup *s)
{
	int r = prepare(s);

	if (r == 0)
		r = setup_find(s);
	if (r == 0)
		r = setup_choose(s);
	if (r == 0)
		r = setup_login(s);
	if (r == 0)
		r = setup_settle(s);
	if (r == 0)
		r = setup_keep_secret(s);
	if (r == 0)
		r = setup_write(s);
	/* a password that nothing refers to */
	if (r != 0 && s->password_file[0] != '\0')
		(void)!unlink(s->password_file);
	return r == 0 ? finish(s) : r;
}

int
client_setup(const struct client_args *args, const struct client_conf *conf)
{
	struct setup *s = calloc(1, sizeof(*s));
	char *path = absolute(args->output != NULL ? args->output :
	    args->config);
	int r = EX_OSERR;

	(void)conf;
	if (s != NULL && path != NULL)
		s->loop = loop_new();
	if (s != NULL && s->loop != NULL) {
		s->args = args;
		s->path = path;
		s->people = !args->yes && isatty(STDIN_FILENO) == 1;
		s->out = args->mode == REPORT_QUIET && !s->people ? NULL :
		    args->mode == REPORT_JSON ? stderr : stdout;
		r = run(s);
		if (s->has_secret)
			secret_done(&s->secret);
		loop_free(s->loop);
	} else
		(void)fprintf(stderr, "restante: %s\n", strerror(errno));
	free(s);
	free(path);
	return r;
}
