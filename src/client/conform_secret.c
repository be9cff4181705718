/* SPDX-License-Identifier: ISC
 *
 * conform_secret: what only a person can give: the password, when no command
 * prints it, and leave to remove an account's mail.
 */
#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/conform_internal.h"
#include "client/mask.h"
#include "client/secret.h"
#include "wire/text.h"

struct asking {
	struct conform *c;
	struct loop *loop;
	int status;
};

static void
on_secret(void *arg, struct secret *secret, const char *error)
{
	struct asking *a = arg;

	if (secret == NULL)
		a->status = conform_complain(a->c->args, EX_NOPERM, "%s%s",
		    error, a->c->args->password_command != NULL ? "" :
		    "; on this command line it is --password-command COMMAND");
	else {
		if (buf_append(&a->c->password, secret->value.p,
		    secret->value.n) != 0 ||
		    buf_append(&a->c->password, "", 1) != 0)
			a->status = EX_OSERR;
		secret_done(secret);
	}
	loop_stop(a->loop);
}

/* the account as restante.conf would have it; NULL after a message */
static struct client_conf *
make_account(const struct conform *c)
{
	const struct { const char *key, *value; } rows[] = {
		{ "server", c->host }, { "user", c->user },
		{ "password_command", c->args->password_command },
		{ "destination", "discard" },
	};
	char *text = NULL;
	struct client_conf *conf = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	bool good = f != NULL && fputs("[account check]\n", f) >= 0;

	for (size_t i = 0; good && i < sizeof(rows) / sizeof(rows[0]); i++)
		good = rows[i].value == NULL || client_conf_write_value(f,
		    rows[i].key, rows[i].value) == 0;
	if (f != NULL && fclose(f) != 0)
		good = false;
	if (!good || client_conf_read_text("the command line", text, n,
	    stderr, &conf) != 0)
		conf = NULL;
	free(text);
	return conf;
}

int
conform_password(struct conform *c)
{
	struct asking a = { c, loop_new(), EX_OK };
	struct client_conf *conf = make_account(c);

	if (a.loop == NULL || conf == NULL)
		a.status = EX_USAGE;
	else if (secret_ask(a.loop, &conf->accounts[0], false,
	    isatty(STDERR_FILENO) == 1, on_secret, &a) == NULL ||
	    loop_run(a.loop) != 0)
		a.status = conform_complain(c->args, EX_OSERR, "%s",
		    strerror(errno));
	client_conf_free(conf);
	if (a.loop != NULL)
		loop_free(a.loop);
	return a.status;
}

/* ---- not to be shown ---- */

void
conform_hide(const struct conform *c, struct buf *text)
{
	struct pop_span password;
	struct buf shown;

	/* those of the transcripts are known */
	if (c->way == WAY_ACTION || c->password.n < 2)
		return;
	password = span_of(c->password.p, c->password.n - 1);
	buf_init(&shown, CONFORM_LINE_MAX);
	text_show(&shown, password);
	if (mask_secret(text, c->user, password) != 0 ||
	    mask_octets(text, buf_span(&shown)) != 0)
		text->n = 0;
	buf_wipe(&shown);
}

/* ---- leave to remove ---- */

int
conform_consent(const struct conform *c)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	bool yes;

	if (c->args->yes)
		return EX_OK;
	if (isatty(STDIN_FILENO) != 1)
		return conform_complain(c->args, EX_USAGE, "all mail of %s on "
		    "%s would be removed, and removed again: for a test "
		    "account, say so with --yes", c->user, c->host);
	(void)fprintf(stderr, "All mail of %s on %s will be removed, again "
	    "and again.\nIs it an account for tests, and may that be? "
	    "[no] ", c->user, c->host);
	n = getline(&line, &room, stdin);
	yes = n >= 2 && (strcmp(line, "yes\n") == 0 ||
	    strcmp(line, "y\n") == 0);
	free(line);
	return yes ? EX_OK : conform_complain(c->args, EX_USAGE,
	    "nothing was done");
}
