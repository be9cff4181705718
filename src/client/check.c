/* SPDX-License-Identifier: ISC
 *
 * check: `restante check HOST` and `restante check ACCOUNT`: what is looked
 * at, with which settings; with --conformance it is the business of conform.c.
 *
 * An account of restante.conf is looked at as it is; for a host, an account is
 * made up that has the same defaults.  The looking is done in diagnose.c.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/num.h"
#include "base/text.h"
#include "client/conform.h"
#include "client/diagnose.h"

__attribute__((format(printf, 3, 4)))
static int
complain(const struct client_args *a, int status, const char *fmt, ...)
{
	char text[1024], shown[4096];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		text[0] = '\0';
	if (a->mode == REPORT_JSON)
		report_json_error(stdout, status, text);
	escape_text(span_str(text), shown, sizeof(shown), sizeof(text));
	(void)fprintf(stderr, "restante: %s\n", shown);
	return status;
}

/* ---- the settings for a host ---- */

/* The names of servers have a dot or colon in them, or none at all is there
 * to be confused with. */
static bool
looks_like_host(const char *word)
{
	return strpbrk(word, ".:") != NULL || strcmp(word, "localhost") == 0;
}

static int
read_port(const struct client_args *a, const char *option, const char *text,
    unsigned *port_r)
{
	uint64_t port = 0;

	if (text == NULL)
		return EX_OK;
	if (num_parse_u64(span_str(text), 65535, &port) != 0 || port == 0)
		return complain(a, EX_USAGE, "%s %.40s: that is no port",
		    option, text);
	*port_r = (unsigned)port;
	return EX_OK;
}

static int
write_settings(const struct client_args *a, FILE *f)
{
	const struct {
		const char *key, *value;
	} rows[] = {
		{ "server", a->names[0] },
		{ "user", a->user != NULL ? a->user : "nobody" },
		{ "password_command", a->password_command },
		{ "ca_file", a->ca_file },
		{ "tls_name", a->check.tls_name },
		{ "destination", "discard" },
	};

	if (fputs("[account check]\n", f) == EOF)
		return -1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].value != NULL && client_conf_write_value(f,
		    rows[i].key, rows[i].value) != 0)
			return -1;
	return fflush(f) == 0 ? 0 : -1;
}

/* NULL after an error message */
static struct client_conf *
make_account(const struct client_args *a)
{
	char *text = NULL, *mistakes = NULL;
	struct client_conf *conf = NULL;
	size_t n = 0, m = 0;
	FILE *f = open_memstream(&text, &n);
	FILE *errors = open_memstream(&mistakes, &m);
	bool good = f != NULL && errors != NULL && write_settings(a, f) == 0;

	if (good && client_conf_read_text("the command line", text, n, errors,
	    &conf) != 0)
		conf = NULL;
	if (f != NULL)
		(void)fclose(f);
	if (errors != NULL)
		(void)fclose(errors);
	if (conf == NULL)
		(void)complain(a, EX_USAGE, "%s", m > 0 ? mistakes :
		    "a word has control characters in it");
	free(text);
	free(mistakes);
	return conf;
}

/* What people write in place of a host, and is none. */
static int
check_word(const struct client_args *a)
{
	const char *word = a->names[0], *colon = strchr(word, ':');

	if (strchr(word, '@') != NULL)
		return complain(a, EX_USAGE, "%.100s is an address: give the "
		    "name of the server, and --user %.100s; `restante setup "
		    "%.100s' finds out the name", word, word, word);
	if (colon != NULL && strchr(colon + 1, ':') == NULL)
		return complain(a, EX_USAGE, "%.100s: give the port by "
		    "--tls-port %.5s if it has TLS from the start, else by "
		    "--port %.5s", word, colon + 1, colon + 1);
	return EX_OK;
}

static int
check_host(const struct client_args *a)
{
	struct diagnose_spec spec = { .args = a,
		.has_user = a->user != NULL };
	bool given = a->check.port != NULL || a->check.tls_port != NULL;
	struct client_conf *conf;
	int status;

	if (!given) {
		spec.tls_port = 995;
		spec.clear_port = 110;
	}
	status = check_word(a);
	if (status == EX_OK)
		status = read_port(a, "--port", a->check.port,
		    &spec.clear_port);
	if (status == EX_OK)
		status = read_port(a, "--tls-port", a->check.tls_port,
		    &spec.tls_port);
	if (status != EX_OK)
		return status;
	conf = make_account(a);
	if (conf == NULL)
		return EX_USAGE;
	spec.account = &conf->accounts[0];
	status = diagnose_run(&spec);
	client_conf_free(conf);
	return status;
}

/* ---- an account ---- */

static int
check_account(const struct client_args *a, const struct client_conf *conf,
    const struct account_conf *account)
{
	struct diagnose_spec spec = { .args = a, .conf = conf,
		.account = account, .has_user = true };
	bool implicit = account->tls == ACCOUNT_TLS_IMPLICIT;

	if (a->user != NULL || a->password_command != NULL ||
	    a->ca_file != NULL || a->check.tls_name != NULL ||
	    a->check.port != NULL || a->check.tls_port != NULL)
		return complain(a, EX_USAGE, "%.64s is an account: its "
		    "settings are those of %s; give a host to have others",
		    account->name, conf->path);
	*(implicit ? &spec.tls_port : &spec.clear_port) = account->port;
	/* beside an ordinary port the other ordinary one is worth a look */
	if (implicit && account->port == 995)
		spec.clear_port = 110;
	else if (!implicit && account->port == 110)
		spec.tls_port = 995;
	return diagnose_run(&spec);
}

/* 0 and the configuration, or NULL in its place when there is none; -1 when it
 * has mistakes, which were told. */
static int
read_configuration(const struct client_args *a, struct client_conf **conf_r)
{
	char *mistakes = NULL;
	size_t n = 0;
	FILE *f;
	int r;

	*conf_r = NULL;
	if (access(a->config, F_OK) != 0)
		return 0;
	f = open_memstream(&mistakes, &n);
	if (f == NULL)
		return -1;
	r = client_conf_read(a->config, f, conf_r);
	(void)fclose(f);
	if (r != 0) {
		*conf_r = NULL;
		(void)fputs(mistakes != NULL ? mistakes : "", stderr);
	}
	free(mistakes);
	return r;
}

int
client_diagnose(const struct client_args *a, const struct client_conf *none)
{
	const struct account_conf *account;
	struct client_conf *conf;
	int r, status;

	(void)none;
	if (a->check.conformance)
		return conform_run(a);
	if (a->check.list)
		return diagnose_list(a);
	r = read_configuration(a, &conf);
	account = conf != NULL ? client_conf_account(conf, a->names[0]) :
	    NULL;
	if (account != NULL)
		status = check_account(a, conf, account);
	else if (looks_like_host(a->names[0]))
		status = check_host(a);
	else if (r != 0)
		status = complain(a, EX_CONFIG, "%s has mistakes", a->config);
	else
		status = complain(a, EX_USAGE, "there is no account "
		    "\"%.100s\" in %s, and the name of a server has a dot",
		    a->names[0], a->config);
	client_conf_free(conf);
	return status;
}
