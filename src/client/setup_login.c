/* SPDX-License-Identifier: ISC
 *
 * setup_login: the password, and the user name that goes with it.
 *
 * The address is tried first, then its local part, each only after the one
 * before was refused (RFC 6186 section 4); then a person is asked.  Goes to
 * no server but s->server, which was tried without credentials.
 */
#include "client/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text.h"

enum { NAMES_MAX = 3, ROUNDS = 3, LINE_MAX_OCTETS = 1024 };

struct names {
	char all[NAMES_MAX][SETUP_ADDRESS_MAX];
	size_t n;
};

/* ---- user names ---- */

static void
add_name(struct names *names, const char *name)
{
	if (name[0] == '\0' || names->n == NAMES_MAX)
		return;
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->all[i], name) == 0)
			return;
	if (!text_format(names->all[names->n], sizeof(names->all[0]), "%s",
	    name))
		names->n++;
}

static void
find_names(const struct setup *s, struct names *names)
{
	char name[SETUP_ADDRESS_MAX];

	if (s->args->user != NULL) {
		add_name(names, s->args->user);
		return;
	}
	if (setup_expand(s, s->server.user, name, sizeof(name)) == 0)
		add_name(names, name);
	add_name(names, s->address);
	add_name(names, s->local);
}

/* ---- the password ---- */

struct asking {
	struct setup *s;
	struct secret *secret;
	int status;
};

static void
on_secret(void *arg, struct secret *secret, const char *error)
{
	struct asking *a = arg;

	if (secret != NULL)
		*a->secret = *secret;
	else
		a->status = setup_fail(a->s, EX_NOPERM, "%s", error);
	loop_stop(a->s->loop);
}

int
setup_ask_secret(struct setup *s, const char *user, bool again,
    bool may_prompt, struct secret *secret_r)
{
	struct asking a = { s, secret_r, 0 };
	struct client_conf *conf = setup_settings(s, &s->server, user,
	    "discard");

	if (conf == NULL)
		return EX_USAGE;
	if (secret_ask(s->loop, &conf->accounts[0], again, may_prompt,
	    on_secret, &a) == NULL || loop_run(s->loop) != 0)
		a.status = setup_fail(s, EX_OSERR, "%s", strerror(errno));
	client_conf_free(conf);
	return a.status;
}

/* The first line of standard input, octet by octet: what follows is not
 * ours. */
static int
read_secret(struct setup *s)
{
	unsigned char line[LINE_MAX_OCTETS];
	size_t n = 0;
	ssize_t got;
	int r = 0;

	while ((got = read(STDIN_FILENO, line + n, 1)) == 1 &&
	    line[n] != '\n' && n < sizeof(line) - 1)
		n++;
	if (n > 0 && line[n - 1] == '\r')
		n--;
	if (got < 0 || n == 0 || n == sizeof(line) - 1 ||
	    memchr(line, '\0', n) != NULL || memchr(line, '\r', n) != NULL)
		r = setup_fail(s, EX_NOPERM, "the first line of standard input "
		    "is no password: with --yes it is read there, unless "
		    "--password-command is given");
	buf_init(&s->secret.value, SECRET_MAX);
	if (r == 0 && buf_append(&s->secret.value, line, n) != BUF_OK)
		r = setup_fail(s, EX_OSERR, "out of memory");
	s->has_secret = true;
	buf_wipe_octets(line, sizeof(line));
	return r;
}

static int
get_secret(struct setup *s, const char *user, bool again)
{
	int r;

	if (s->has_secret)
		secret_done(&s->secret);
	s->has_secret = false;
	if (!s->people && s->place != SETUP_COMMAND)
		return read_secret(s);
	r = setup_ask_secret(s, user, again, s->people, &s->secret);
	s->has_secret = r == 0;
	return r;
}

/* ---- logging in ---- */

static int
logged_in(struct setup *s, const char *user, const struct setup_try *t)
{
	char octets[16];

	if (text_format(s->user, sizeof(s->user), "%s", user))
		return setup_fail(s, EX_USAGE, "the user name is too long");
	format_octets(t->octets, octets);
	setup_say(s, "Logged in as %s: %llu message%s (%s) on the server.\n",
	    user, (unsigned long long)t->messages,
	    t->messages == 1 ? "" : "s", octets);
	return 0;
}

static int
refused(const struct setup *s, const struct setup_try *t)
{
	const struct advice *advice = advice_for(t->fault);

	return setup_fail(s, advice->exit_status, "%s%s%s%s. %s", t->text,
	    t->said[0] != '\0' ? " (\"" : "", t->said,
	    t->said[0] != '\0' ? "\")" : "", advice->remedy);
}

/* Every name with one password: 0, an exit status, or -1: all were refused,
 * *t says how. */
static int
try_names(struct setup *s, const struct names *names, struct setup_try *t)
{
	for (size_t i = 0; i < names->n; i++) {
		setup_say(s, "Logging in as %s... ", names->all[i]);
		if (setup_try(s, &s->server, names->all[i], &s->secret,
		    t) != 0)
			return EX_OSERR;
		if (t->logged_in) {
			setup_say(s, "good.\n");
			return logged_in(s, names->all[i], t);
		}
		setup_say(s, "no.\n");
		if (t->fault == FAULT_WANTS_OAUTH) {
			s->oauth = true;
			return 0;
		}
		if (t->fault != FAULT_AUTH)
			return refused(s, t);
	}
	return -1;
}

static void
tell_oauth(struct setup *s)
{
	setup_say(s, "This server takes no passwords, but tokens (OAuth 2.0). "
	    "A program of\nyour choice must get them: put it into "
	    "token_command, see restante.conf(5).\n");
}

/* Another name, and then another password. */
static int
ask_name(struct setup *s, struct names *names, const struct setup_try *t)
{
	char name[SETUP_ADDRESS_MAX];

	setup_say(s, "%s%s%s%s.\n", t->text, t->said[0] != '\0' ? " (\"" :
	    "", t->said, t->said[0] != '\0' ? "\")" : "");
	if (setup_ask(s, "User name?", names->all[0], name, sizeof(name)))
		return refused(s, t);
	names->n = 0;
	add_name(names, name);
	return 0;
}

static int
login(struct setup *s, struct names *names)
{
	struct setup_try t = { .fault = FAULT_NONE };
	int r = 0;

	for (int round = 0; round < ROUNDS; round++) {
		if (round > 0)
			r = ask_name(s, names, &t);
		if (r == 0)
			r = get_secret(s, names->all[0], round > 0);
		if (r == 0)
			r = try_names(s, names, &t);
		if (r >= 0)
			return r;
		if (!s->people)
			break;
		r = 0;
	}
	return refused(s, &t);
}

int
setup_login(struct setup *s)
{
	struct names names = { .n = 0 };
	int r = 0;

	find_names(s, &names);
	if (names.n == 0)
		return setup_fail(s, EX_USAGE, "the user name is too long");
	memcpy(s->user, names.all[0], sizeof(s->user));
	if (!s->oauth)
		r = login(s, &names);
	if (r == 0 && s->oauth)
		tell_oauth(s);
	return r;
}
