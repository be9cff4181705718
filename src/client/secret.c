/* SPDX-License-Identifier: ISC
 *
 * secret: from which source the secret of an account comes, and what a person
 * is told when it does not.  Owns the octets until they are handed over, and
 * wipes them whatever happens.  Must not log, and must not put a secret into
 * an error.
 */
#include "client/secret.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/run.h"
#include "client/secret_internal.h"

enum {
	COMMAND_SECONDS = 60,
	/* a person looks for a token, or types a long passphrase */
	PERSON_SECONDS = 300,
	COMPLAINT_MAX = 300,	/* of a command's errors */
	FILE_MAX_OCTETS = 1 << 20
};

struct secret_ask {
	struct loop *loop;
	const struct account_conf *account;
	bool again, may_prompt;
	void (*done)(void *arg, struct secret *secret, const char *error);
	void *arg;
	struct loop_task task;
	struct run *run;
	const char *source;	/* the setting, for errors */
	const char *program;
	bool prompting;
	struct secret_prompt prompt;
	struct secret secret;
	char error[SECRET_ERROR];
};

/* ---- the end ------------------------------------------------------------- */

void
secret_done(struct secret *s)
{
	buf_wipe(&s->value);
	buf_init(&s->value, SECRET_MAX);
	s->is_token = s->fresh = s->typed = s->again = false;
}

static void
release(struct secret_ask *a)
{
	loop_cancel(a->loop, &a->task);
	if (a->run != NULL)
		run_cancel(a->run);
	if (a->prompting)
		secret_prompt_stop(&a->prompt);
	secret_done(&a->secret);
	free(a);
}

void
secret_cancel(struct secret_ask *a)
{
	if (a != NULL)
		release(a);
}

__attribute__((format(printf, 2, 3)))
static void
fail(struct secret_ask *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(a->error, sizeof(a->error), fmt, ap) < 0)
		a->error[0] = '\0';
	va_end(ap);
	a->done(a->arg, NULL, a->error);
	release(a);
}

static void
succeed(struct secret_ask *a)
{
	struct secret s = a->secret;

	buf_init(&a->secret.value, SECRET_MAX);
	a->done(a->arg, &s, NULL);
	release(a);
}

static bool
is_clean(const struct buf *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->p[i] == '\r' || b->p[i] == '\n' || b->p[i] == '\0')
			return false;
	return true;
}

/* What `source` gave: handed over, or refused. */
static void
check(struct secret_ask *a, const char *source)
{
	if (a->secret.value.n == 0)
		fail(a, "%s: the first line is empty", source);
	else if (!is_clean(&a->secret.value))
		fail(a, "%s: there is a line end or a NUL within the "
		    "password; no server could be told that", source);
	else
		succeed(a);
}

/* ---- files --------------------------------------------------------------- */

/* moves what fits; false: longer than a secret may be */
static bool
take(struct secret_ask *a, const struct buf *from)
{
	return buf_append(&a->secret.value, from->p, from->n) == BUF_OK;
}

static void
read_password_file(struct secret_ask *a)
{
	struct secret_file f = { .path = a->account->password_file };
	enum secret_found found;
	struct buf b;
	bool fits;

	buf_init(&b, FILE_MAX_OCTETS);
	found = secret_read_file(&f, &b);
	if (found == SECRET_NONE)
		fail(a, "password_file: %s does not exist", f.path);
	else if (found == SECRET_BAD || f.exposed)
		fail(a, "password_file: %s", f.why);
	if (found != SECRET_FOUND || f.exposed) {
		buf_wipe(&b);
		return;
	}
	secret_first_line(&b);
	fits = take(a, &b);
	buf_wipe(&b);
	if (fits)
		check(a, f.path);
	else
		fail(a, "%s: the first line is longer than %d octets",
		    f.path, SECRET_MAX);
}

/* false: no home */
static bool
netrc_path(char *out, size_t size)
{
	const char *path = getenv("NETRC"), *home = getenv("HOME");

	if (path != NULL && path[0] != '\0')
		return !text_format(out, size, "%s", path);
	return home != NULL && home[0] != '\0' &&
	    !text_format(out, size, "%s/.netrc", home);
}

/* true: the end was told, one way or the other */
static bool
try_netrc(struct secret_ask *a)
{
	char path[4096];
	struct secret_file f = { .path = path };
	enum secret_found found;
	unsigned line = 0;
	struct buf b;

	if (!netrc_path(path, sizeof(path)))
		return false;
	buf_init(&b, FILE_MAX_OCTETS);
	found = secret_read_file(&f, &b);
	if (found == SECRET_BAD)
		fail(a, "netrc: %s", f.why);
	if (found != SECRET_FOUND) {
		buf_wipe(&b);
		return found == SECRET_BAD;
	}
	found = secret_netrc(buf_span(&b), a->account->server,
	    a->account->user, &a->secret.value, &line);
	buf_wipe(&b);
	if (found == SECRET_BAD)
		fail(a, "%s, line %u: a quote that is not closed, or a word "
		    "that is too long", path, line);
	else if (found == SECRET_FOUND && f.exposed)
		fail(a, "netrc: %s", f.why);
	else if (found == SECRET_FOUND)
		check(a, path);
	return found != SECRET_NONE;
}

/* ---- commands ------------------------------------------------------------ */

/* The end of what a command complained of, on one line and without control
 * characters: it goes to a terminal. */
static void
complaint(struct pop_span errors, char *out, size_t size)
{
	size_t n = 0;

	while (errors.n > 0 && errors.p[errors.n - 1] <= ' ')
		errors.n--;
	if (errors.n > size - 1)
		span_skip(&errors, errors.n - (size - 1));
	for (size_t i = 0; i < errors.n; i++) {
		unsigned char c = errors.p[i];

		if (c == '\n')
			c = '|';
		out[n++] = c < ' ' || c == 0x7f ? ' ' : (char)c;
	}
	out[n] = '\0';
}

static void
command_failed(struct secret_ask *a, const struct run_result *result)
{
	char why[200], said[COMPLAINT_MAX];
	const char *hint = "";

	run_explain(result, why, sizeof(why));
	complaint(result->errors, said, sizeof(said));
	if (a->account->keyring && result->exec_errno == ENOENT &&
	    strcmp(a->program, "secret-tool") == 0)
		hint = "; it comes with the package libsecret-tools";
	fail(a, "%s (%s) %s%s%s%s", a->source, a->program, why, hint,
	    said[0] != '\0' ? ": " : "", said);
}

/* secret-tool says nothing and exits with 1 */
static void
keyring_is_empty(struct secret_ask *a)
{
	fail(a, "the keyring has no password of %s at %s; store it with: "
	    "secret-tool store --label=restante service pop3 server %s "
	    "user %s", a->account->user, a->account->server,
	    a->account->server, a->account->user);
}

static void
on_run(void *arg, const struct run_result *result)
{
	struct secret_ask *a = arg;
	bool keyring = strcmp(a->program, "secret-tool") == 0 &&
	    a->account->keyring;

	a->run = NULL;
	if (result->exec_errno != 0 || !result->exited ||
	    result->timed_out || result->status != 0) {
		if (keyring && result->exited && result->status == 1 &&
		    result->errors.n == 0)
			keyring_is_empty(a);
		else
			command_failed(a, result);
		return;
	}
	/* only then is the first line known to be whole */
	secret_first_line(result->output);
	if (result->output->n == 0 && keyring)
		keyring_is_empty(a);
	else if (!take(a, result->output))
		fail(a, "%s (%s): the first line is longer than %d octets",
		    a->source, a->program, SECRET_MAX);
	else
		check(a, a->source);
}

static void
run(struct secret_ask *a, char *const *argv, const char *source)
{
	static char refused[] = "RESTANTE_REFUSED=1";
	char *const environment[] = { refused, NULL };
	struct run_spec spec = { .argv = argv, .input = -1,
		.environment = a->again ? environment : NULL,
		.want_output = true, .keep_terminal = a->may_prompt,
		.timeout_s = a->may_prompt ? PERSON_SECONDS :
		COMMAND_SECONDS, .done = on_run, .arg = a };

	a->source = source;
	a->program = argv[0];
	a->secret.fresh = true;
	a->run = run_start(a->loop, &spec);
	if (a->run == NULL)
		fail(a, "%s (%s) could not be started: %s", source, argv[0],
		    strerror(errno));
}

static void
ask_keyring(struct secret_ask *a)
{
	static char tool[] = "secret-tool", lookup[] = "lookup",
	    service[] = "service", pop3[] = "pop3", server[] = "server",
	    user[] = "user";
	char *const argv[] = { tool, lookup, service, pop3, server,
		a->account->server, user, a->account->user, NULL };

	run(a, argv, "keyring");
}

/* ---- a person ------------------------------------------------------------ */

static void
on_typed(struct secret_prompt *p, int error)
{
	struct secret_ask *a = (struct secret_ask *)(void *)((char *)p -
	    offsetof(struct secret_ask, prompt));

	a->prompting = false;
	if (error != 0) {
		fail(a, "the password of account %s could not be read from "
		    "the terminal: %s", a->account->name, strerror(error));
		return;
	}
	a->secret.fresh = a->secret.typed = true;
	check(a, "the terminal");
}

static void
ask_person(struct secret_ask *a)
{
	struct secret_prompt *p = &a->prompt;

	(void)text_format(p->question, sizeof(p->question), "%sPassword of "
	    "%s at %s: ", a->again ? "It was refused. " : "",
	    a->account->user, a->account->server);
	p->loop = a->loop;
	p->answer = &a->secret.value;
	p->done = on_typed;
	a->prompting = true;
	secret_prompt_start(p);
}

/* ---- which source -------------------------------------------------------- */

/* What a certificate proves needs no secret. */
static bool
needs_none(const struct account_conf *c)
{
	return c->auth != NULL && span_eq_nocase(span_str(c->auth),
	    span_str("EXTERNAL"));
}

static void
without_setting(struct secret_ask *a)
{
	const struct account_conf *c = a->account;

	if (try_netrc(a))
		return;
	if (c->client_certificate != NULL)
		succeed(a);
	else if (a->may_prompt)
		ask_person(a);
	else
		fail(a, "there is no password for account %s: set "
		    "password_command, password_file or keyring, give it a "
		    "line in ~/.netrc, or call restante from a terminal",
		    c->name);
}

static void
on_task(struct loop_task *t)
{
	struct secret_ask *a = (struct secret_ask *)(void *)((char *)t -
	    offsetof(struct secret_ask, task));
	const struct account_conf *c = a->account;

	a->secret.again = a->again;
	if (needs_none(c)) {
		succeed(a);
	} else if (c->token_command.argc > 0) {
		a->secret.is_token = true;
		run(a, c->token_command.argv, "token_command");
	} else if (c->password_command.argc > 0) {
		run(a, c->password_command.argv, "password_command");
	} else if (c->password_file != NULL) {
		read_password_file(a);
	} else if (c->password != NULL) {
		if (buf_append_str(&a->secret.value, c->password) == BUF_OK)
			check(a, "password");
		else
			fail(a, "password: longer than %d octets",
			    SECRET_MAX);
	} else if (c->keyring) {
		ask_keyring(a);
	} else {
		without_setting(a);
	}
}

struct secret_ask *
secret_ask(struct loop *loop, const struct account_conf *account, bool again,
    bool may_prompt,
    void (*done)(void *arg, struct secret *secret, const char *error),
    void *arg)
{
	struct secret_ask *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	*a = (struct secret_ask){ .loop = loop, .account = account,
		.again = again, .may_prompt = may_prompt, .done = done,
		.arg = arg, .task = { .fn = on_task } };
	buf_init(&a->secret.value, SECRET_MAX);
	loop_later(loop, &a->task);
	return a;
}
