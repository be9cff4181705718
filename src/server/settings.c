/* SPDX-License-Identifier: ISC
 *
 * settings: see settings.h.  The only place that turns configuration into
 * what libpop's machines want.
 */
#include "server/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/tls.h"

struct shared_conf *
shared_conf_new(struct conf *conf)
{
	struct shared_conf *sc = malloc(sizeof(*sc));

	if (sc != NULL)
		*sc = (struct shared_conf){ .refs = 1, .conf = conf };
	return sc;
}

void
shared_conf_unref(struct shared_conf *sc)
{
	if (sc == NULL || --sc->refs > 0)
		return;
	conf_free(sc->conf);
	free(sc);
}

static void
pop_config(struct settings *s, size_t i)
{
	const struct conf_listen *l = &s->conf->listens[i];
	unsigned flags = 0;

	if (l->tls == CONF_TLS_START && s->tls_pop != NULL)
		flags |= POP_SERVER_HAS_TLS;
	if (l->clear_login)
		flags |= POP_SERVER_CLEAR_OK;
	s->listen[i].pop = (struct pop_server_config){
		.flags = flags,
		.greeting = s->listen[i].greeting,
		.implementation = "Restante-" RESTANTE_VERSION,
		/* where clear logins are welcome, TLS adds nothing */
		.mechanisms_clear = l->clear_login ? s->mechanisms_tls :
		    s->mechanisms_clear,
		.mechanisms_tls = s->mechanisms_tls,
		.bad_commands_max = s->conf->bad_commands,
		.auth_failures_max = s->conf->auth_failures,
	};
}

static void
smtp_config(struct settings *s, size_t i)
{
	const struct conf_listen *l = &s->conf->listens[i];
	unsigned flags = 0;

	if (l->protocol == CONF_LMTP)
		flags |= POP_SMTP_LMTP;
	if (l->tls == CONF_TLS_START && s->tls_smtp != NULL)
		flags |= POP_SMTP_HAS_TLS;
	if (l->bare_newline == CONF_NEWLINE_NORMALIZE)
		flags |= POP_SMTP_NORMALIZE;
	s->listen[i].smtp = (struct pop_smtp_config){
		.flags = flags,
		.hostname = s->conf->hostname,
		.size_max = s->conf->message_size,
		.recipients_max = s->conf->recipients,
		.bad_commands_max = s->conf->bad_commands,
	};
}

static bool
fill(struct settings *s)
{
	for (size_t i = 0; i < s->conf->nlistens; i++) {
		if (asprintf(&s->listen[i].greeting, "%s POP3 ready",
		    s->conf->hostname) < 0) {
			s->listen[i].greeting = NULL;
			return false;
		}
		pop_config(s, i);
		smtp_config(s, i);
	}
	return true;
}

struct settings *
settings_new(struct shared_conf *sc, const char *mechanisms_clear,
    const char *mechanisms_tls, bool has_apop, struct tls_server *tls_pop,
    struct tls_server *tls_smtp)
{
	struct settings *s = calloc(1, sizeof(*s) +
	    sc->conf->nlistens * sizeof(s->listen[0]));

	if (s == NULL)
		return NULL;
	s->refs = 1;
	s->shared = sc;
	sc->refs++;
	s->conf = sc->conf;
	s->has_apop = has_apop;
	s->tls_pop = tls_pop ? tls_server_ref(tls_pop) : NULL;
	s->tls_smtp = tls_smtp ? tls_server_ref(tls_smtp) : NULL;
	s->mechanisms_clear = strdup(mechanisms_clear);
	s->mechanisms_tls = strdup(mechanisms_tls);
	if (s->mechanisms_clear == NULL || s->mechanisms_tls == NULL ||
	    !fill(s)) {
		settings_unref(s);
		return NULL;
	}
	return s;
}

struct settings *
settings_ref(struct settings *s)
{
	s->refs++;
	return s;
}

void
settings_unref(struct settings *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	for (size_t i = 0; i < s->conf->nlistens; i++)
		free(s->listen[i].greeting);
	if (s->tls_pop != NULL)
		tls_server_unref(s->tls_pop);
	if (s->tls_smtp != NULL)
		tls_server_unref(s->tls_smtp);
	free(s->mechanisms_clear);
	free(s->mechanisms_tls);
	shared_conf_unref(s->shared);
	free(s);
}
