/* SPDX-License-Identifier: ISC
 *
 * import_fetchmail: between the two files that read a fetchmailrc.
 */
#ifndef RESTANTE_CLIENT_IMPORT_FETCHMAIL_H
#define RESTANTE_CLIENT_IMPORT_FETCHMAIL_H

#include "client/import.h"

struct fetchmail {
	struct import *im;
	const char *path;
	struct pop_span rest;
	char *word;		/* the one looked at; NULL: the end */
	bool quoted;
	struct import_account *defaults;	/* in no list */
	struct import_account *server;		/* of `poll`, in no list */
	struct import_account *user;		/* in the list, or server */
	bool skipped;		/* `skip`, not `poll` */
	bool is_pop, silent;	/* silent: it was said that it is not */
	bool any_user;
	bool invisible;		/* `set invisible`: no Received field */
	int64_t daemon, interval;
};

/* the next word, false at the end */
bool fetchmail_next(struct fetchmail *r);
/* is it this one, and not in quotes? */
bool fetchmail_is(const struct fetchmail *r, const char *word);

/* The option of `a` that the word begins, its arguments read.  Keys that
 * begin with `=` are for the end of the account. */
void fetchmail_option(struct fetchmail *r, struct import_account *a);

#endif
