/* SPDX-License-Identifier: ISC
 *
 * auth: birth, settings, reload and end of struct auth; see auth.h.  Must not
 * decide anything about a login (exchange.c) or a recipient (lookup.c).
 */
#include "auth/auth_private.h"

#include <stdio.h>
#include <stdlib.h>

/* errors of auth_new and auth_reload; replaced by the next one */
static char error_text[4096];

static char *
copy_text(const char *s, const char *otherwise)
{
	return strdup(s != NULL ? s : otherwise);
}

static void
settings_done(struct auth_settings *s)
{
	free(s->users);
	free(s->maildrop);
	free(s->domains);
	free(s->delimiter);
	free(s->postmaster);
}

/* 0, or -1 with *error_r; *s is then empty. */
static int
settings_init(struct auth_settings *s, const struct auth_config *c,
    const char **error_r)
{
	const char *why;
	int n;

	*s = (struct auth_settings){
		.users = copy_text(c->users, ""),
		.maildrop = copy_text(c->maildrop, "%u"),
		.domains = copy_text(c->domains, ""),
		.delimiter = copy_text(c->recipient_delimiter, ""),
		.postmaster = copy_text(c->postmaster, ""),
		.workers = c->workers > 0 ? c->workers : AUTH_WORKERS,
		.delay_ms = c->failure_delay_ms > 0 ? c->failure_delay_ms :
		    AUTH_DELAY_MS,
		.delay_max_ms = c->failure_delay_max_ms > 0 ?
		    c->failure_delay_max_ms : AUTH_DELAY_MAX_MS
	};
	if (s->users == NULL || s->maildrop == NULL || s->domains == NULL ||
	    s->delimiter == NULL || s->postmaster == NULL) {
		*error_r = "out of memory";
	} else if (s->users[0] == '\0') {
		*error_r = "no user file is set";
	} else if (maildrop_check(s->maildrop, &why) != 0) {
		n = snprintf(error_text, sizeof(error_text),
		    "maildrop = %.1024s: %s", s->maildrop, why);
		*error_r = n < 0 ? why : error_text;
	} else {
		return 0;
	}
	settings_done(s);
	*s = (struct auth_settings){ 0 };
	return -1;
}

/* The messages of a failed load, as one text. */
static const char *
take_error(struct buf *messages)
{
	size_t n = messages->n;

	if (n >= sizeof(error_text))
		n = sizeof(error_text) - 1;
	while (n > 0 && messages->p[n - 1] == '\n')
		n--;
	if (n == 0)
		return "out of memory";
	memcpy(error_text, messages->p, n);
	error_text[n] = '\0';
	return error_text;
}

/* Everything that auth_new makes behind the settings. */
static int
start(struct auth *a, const char **error_r)
{
	*error_r = "out of memory";
	a->throttle = throttle_new(AUTH_ADDRESSES, a->set.delay_ms,
	    a->set.delay_max_ms);
	a->sasl = sasl_new();
	if (a->throttle == NULL || a->sasl == NULL)
		return -1;
	a->users = passwd_file_new(a->set.users, &a->messages);
	if (a->users == NULL) {
		*error_r = take_error(&a->messages);
		return -1;
	}
	a->pool = worker_pool_new(a->set.workers, AUTH_QUEUE, error_r);
	return a->pool == NULL ? -1 : 0;
}

struct auth *
auth_new(const struct auth_config *config, const char **error_r)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		*error_r = "out of memory";
		return NULL;
	}
	a->ready_end = &a->ready;
	buf_init(&a->messages, PASSWD_MESSAGES_MAX);
	if (settings_init(&a->set, config, error_r) != 0 ||
	    start(a, error_r) != 0) {
		auth_free(a);
		return NULL;
	}
	return a;
}

void
auth_free(struct auth *a)
{
	if (a == NULL)
		return;
	/* the threads first: they hold pointers to exchanges */
	worker_pool_free(a->pool);
	auth_exchanges_drop(a);
	throttle_free(a->throttle);
	sasl_free(a->sasl);
	passwd_file_free(a->users);
	settings_done(&a->set);
	buf_release(&a->messages);
	due_done(&a->due);
	free(a);
}

int
auth_reload(struct auth *a, const struct auth_config *config,
    const char **error_r)
{
	struct auth_settings set;
	struct passwd_file *users;
	struct buf messages;

	if (settings_init(&set, config, error_r) != 0)
		return -1;
	buf_init(&messages, PASSWD_MESSAGES_MAX);
	users = passwd_file_new(set.users, &messages);
	if (users == NULL) {
		*error_r = take_error(&messages);
		buf_release(&messages);
		settings_done(&set);
		return -1;
	}
	/* warnings; what does not fit is said again by --check */
	(void)!buf_append(&a->messages, messages.p, messages.n);
	buf_release(&messages);
	passwd_file_free(a->users);
	a->users = users;
	settings_done(&a->set);
	a->set = set;
	throttle_set(a->throttle, set.delay_ms, set.delay_max_ms);
	return 0;
}

int
auth_fd(const struct auth *a)
{
	return worker_fd(a->pool);
}

unsigned
auth_hashing(const struct auth *a)
{
	return worker_pending(a->pool);
}

const struct passwd_table *
auth_table(struct auth *a)
{
	return passwd_file_table(a->users, &a->messages);
}

void
auth_report(struct auth *a, const char *fmt, ...)
{
	char text[sizeof(a->message)];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	/* a message that is cut is still a message */
	/* the first ones are kept: they say how it began */
	(void)!buf_printf(&a->messages, "%s\n", text);
}

const char *
auth_message(struct auth *a)
{
	const unsigned char *end;
	size_t n, keep;

	if (a->messages.n == 0)
		return NULL;
	end = memchr(a->messages.p, '\n', a->messages.n);
	n = end == NULL ? a->messages.n : (size_t)(end - a->messages.p);
	keep = n < sizeof(a->message) ? n : sizeof(a->message) - 1;
	memcpy(a->message, a->messages.p, keep);
	a->message[keep] = '\0';
	buf_consume(&a->messages, end == NULL ? n : n + 1);
	return a->message;
}

int
auth_set_user(struct auth *a, const char *name, struct auth_user *user_r)
{
	const char *why;

	if (maildrop_expand(a->set.maildrop, name, a->user_maildrop,
	    &why) != 0) {
		auth_report(a, "user '%s' has no maildrop: %s", name, why);
		return -1;
	}
	/* names of the user file are at most PASSWD_NAME_MAX long */
	memcpy(a->user_name, name, strlen(name) + 1);
	user_r->name = a->user_name;
	user_r->maildrop = a->user_maildrop;
	return 0;
}

const char *
auth_mechanisms(const struct auth *a, bool tls)
{
	return sasl_names(a->sasl, tls);
}

bool
auth_has_apop(const struct auth *a)
{
	return passwd_count_apop(passwd_file_last(a->users)) > 0;
}
