/* SPDX-License-Identifier: ISC
 *
 * settings: what a front's sessions go by: one configuration, one offer of
 * the auth process, one set of certificates.  Reference counted: a session
 * keeps what it began with, also over a reload.
 */
#ifndef RESTANTE_SERVER_SETTINGS_H
#define RESTANTE_SERVER_SETTINGS_H

#include <pop.h>

#include "conf/conf.h"

struct tls_server;

/* a configuration that several settings share */
struct shared_conf {
	unsigned refs;
	struct conf *conf;
};

struct shared_conf *shared_conf_new(struct conf *conf);	/* takes over */
void shared_conf_unref(struct shared_conf *sc);

struct settings {
	unsigned refs;
	struct shared_conf *shared;
	const struct conf *conf;
	char *mechanisms_clear, *mechanisms_tls;
	bool has_apop;
	struct tls_server *tls_pop, *tls_smtp;	/* NULL: no certificates */
	struct {
		struct pop_server_config pop;
		struct pop_smtp_config smtp;
		char *greeting;
	} listen[];				/* as conf->listens */
};

/* All arguments are copied or referenced. NULL for lack of memory. */
struct settings *settings_new(struct shared_conf *sc,
    const char *mechanisms_clear, const char *mechanisms_tls, bool has_apop,
    struct tls_server *tls_pop, struct tls_server *tls_smtp);
struct settings *settings_ref(struct settings *s);
void settings_unref(struct settings *s);

#endif
