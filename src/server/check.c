/* SPDX-License-Identifier: ISC
 *
 * check: the mistakes that only a look at the system shows.  Changes
 * nothing.
 */
#include "server/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/auth.h"
#include "base/buf.h"
#include "base/text.h"
#include "conf/conf.h"
#include "net/tls.h"
#include "server/authd.h"
#include "sys/slurp.h"

enum { PEM_MAX = 1 << 20 };

struct report {
	const struct conf *conf;
	unsigned mistakes, warnings;
};

static void
say(struct report *r, const char *section, size_t index, const char *key,
    const char *kind, const char *what)
{
	(void)fprintf(stderr, "%s:%u: %s%s\n", r->conf->path,
	    conf_line(r->conf, section, index, key), kind, what);
	if (*kind == '\0')
		r->mistakes++;
	else
		r->warnings++;
}

static void
check_cert(struct report *r, size_t i)
{
	const struct conf_cert *c = &r->conf->certs[i];
	const char *error = NULL, *warning = NULL;
	struct buf certificate, key;
	struct tls_pem pem;
	char text[1100];
	int got;

	buf_init(&certificate, PEM_MAX);
	buf_init(&key, PEM_MAX);
	if (slurp(c->certificate, &certificate) != 0) {
		(void)text_format(text, sizeof(text), "certificate %s: %s",
		    c->certificate, strerror(errno));
		say(r, "tls", i, "certificate", "", text);
	} else if ((got = slurp_secret(c->key, &key)) != 0) {
		(void)text_format(text, sizeof(text), "key %s: %s", c->key,
		    got == -2 ? SLURP_IS_PUBLIC : strerror(errno));
		say(r, "tls", i, "key", "", text);
	} else {
		pem = (struct tls_pem){ c->certificate,
			(const char *)certificate.p, certificate.n,
			(const char *)key.p, key.n };
		if (tls_check(&pem, &error, &warning) != 0)
			say(r, "tls", i, "certificate", "", error);
		else if (warning != NULL)
			say(r, "tls", i, "certificate", "warning: ", warning);
	}
	buf_wipe(&certificate);
	buf_wipe(&key);
}

static void
check_identity(struct report *r, const char *section, const char *key,
    const struct conf_identity *id)
{
	const char *error = NULL;
	unsigned uid, gid;
	int found;

	/* nobody else becomes anybody */
	if (geteuid() != 0)
		return;
	found = conf_identity_resolve(id, &uid, &gid, &error);
	if (found < 0)
		say(r, section, 0, key, "", error);
	else if (found > 0)
		say(r, section, 0, key, "", "not set, but restanted that is "
		    "started by root must know whom to become");
}

static void
check_directory(struct report *r, const char *section, const char *key,
    const char *path)
{
	struct stat st;
	char text[1100];

	if (stat(path, &st) != 0)
		(void)text_format(text, sizeof(text), "%s %s: %s; make it, "
		    "owned by the user of the store process", key, path,
		    strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		(void)text_format(text, sizeof(text), "%s %s is no directory",
		    key, path);
	else
		return;
	say(r, section, 0, key, "", text);
}

static void
check_users(struct report *r)
{
	struct auth_config config;
	const char *text = NULL;
	struct auth *a;

	authd_config(r->conf, &config);
	a = auth_new(&config, &text);
	if (a == NULL) {
		say(r, "auth", 0, "users", "", text);
		return;
	}
	while ((text = auth_message(a)) != NULL)
		say(r, "auth", 0, "users", "warning: ", text);
	auth_free(a);
}

int
check_main(const struct conf *conf)
{
	struct report r = { .conf = conf };

	for (size_t i = 0; i < conf->ncerts; i++)
		check_cert(&r, i);
	check_identity(&r, "server", "front_user", &conf->front_user);
	check_identity(&r, "server", "auth_user", &conf->auth_user);
	check_identity(&r, "mail", "store_user", &conf->store_user);
	if (strcmp(conf->engine, "maildir") == 0)
		check_directory(&r, "mail", "root", conf->root);
	check_users(&r);
	if (r.mistakes > 0) {
		(void)fprintf(stderr, "%s: %u mistake%s\n", conf->path,
		    r.mistakes, r.mistakes == 1 ? "" : "s");
		return 1;
	}
	(void)printf("%s: ok%s\n", conf->path, r.warnings > 0 ?
	    ", with warnings" : "");
	return 0;
}
