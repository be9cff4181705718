/* SPDX-License-Identifier: ISC
 *
 * dest_fixture: a temporary directory with a spool, a Maildir and an mbox,
 * messages, and what must be true of them.
 */
#ifndef RESTANTE_TESTS_CLIENT_DEST_FIXTURE_H
#define RESTANTE_TESTS_CLIENT_DEST_FIXTURE_H

#include <stdbool.h>

#include "client/dest_private.h"

enum { FIX_MESSAGES = 3 };

struct fix {
	char name[8], text[32], root[64];
	char spool[96], maildir[96], mbox[96];
	struct account_conf account;
	struct dest_world world;
	struct conf_dest conf;
};

/* wire octets of message i: a small one, one with a From line and dots, one
 * larger than a write buffer if `large` */
struct pop_span fix_message(unsigned i, bool large);

void fix_init(struct fix *f);
/* for what is done thousands of times: on a file system without a disk */
void fix_init_in_memory(struct fix *f);
void fix_done(struct fix *f);
/* empties it: as after fix_init */
void fix_clear(struct fix *f);
void fix_use(struct fix *f, enum conf_dest_kind kind);
struct dest *fix_open(struct fix *f);
/* a whole draft, written in pieces of `piece` octets; NULL */
struct draft *fix_stage(struct dest *d, struct pop_span message, size_t piece,
    struct dest_error *error_r);

/* a whole file; *n_r; for free(); NULL when there is none */
char *fix_read(const char *path, size_t *n_r);
void fix_write(const char *path, const char *text, size_t n);
/* names in a directory but "." and ".."; -1: there is none */
int fix_count(const char *path);
/* the first name in it */
bool fix_first(const char *path, char *out, size_t size);

/* How many times each of the three messages is at the destination of f->conf,
 * whole; NULL, or what is wrong (a part of one, an older one lost). */
const char *fix_seen(const struct fix *f, bool large,
    unsigned seen[FIX_MESSAGES]);
/* Puts a message without a last line end into the mbox, beforehand. */
void fix_older(const struct fix *f);
/* Files that are left of drafts, journals, locks. */
int fix_left(const struct fix *f);

#endif
