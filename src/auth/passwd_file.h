/* SPDX-License-Identifier: ISC
 *
 * passwd_file: the users, out of a file in Dovecot's passwd-file format:
 *
 *	user:password:uid:gid:gecos:home:shell:extra
 *
 * Fields may be missing from the end; empty lines and lines that begin with
 * "#" do not count.  Of the extra fields (separated by blanks) ours is
 * "restante_apop=yes"; the others are not looked at.
 *
 * A table is read whole and never changes.  struct passwd_file keeps the
 * table of one path fresh.  Not thread safe.
 */
#ifndef RESTANTE_AUTH_PASSWD_FILE_H
#define RESTANTE_AUTH_PASSWD_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/hash.h"
#include "base/buf.h"
#include "base/span.h"

enum {
	PASSWD_NAME_MAX = 255,
	PASSWD_FIELD_MAX = 1023,	/* of the password field */
	PASSWD_LINE_MAX = 8192,
	PASSWD_FILE_MAX = 256 << 20,
	PASSWD_MESSAGES_MAX = 16384	/* text of all messages */
};

/* one line, taken apart; spans borrow from it */
struct passwd_line {
	struct pop_span name;
	struct pop_span password;
	bool apop;		/* restante_apop=yes */
};

/* 1: a user; 0: a comment or empty line; -1: malformed, *error_r (static
 * text) says how.  `line` is without its LF; a CR before it is ignored. */
int passwd_line_parse(struct pop_span line, struct passwd_line *l_r,
    const char **error_r);

/* 1..255 printable ASCII octets without "/", ":" and blank, the first one
 * none of ". - #"; what else a mail name may need is allowed. */
bool passwd_name_ok(struct pop_span name);

struct passwd_user {
	const char *name;		/* as in the file */
	struct pop_span password;	/* NUL-terminated all the same */
	enum hash_kind kind;
	bool apop;
};

struct passwd_table;

/*
 * Reads a whole file's text.  Messages ("PATH:LINE: text", each with LF) are
 * appended to `messages` as far as they fit.  NULL when the text is broken:
 * then there is at least one message.  A doubled name (the first one
 * counts) and an unknown scheme give a message, but do not break it.
 */
struct passwd_table *passwd_table_new(const char *path, struct pop_span text,
    struct buf *messages);
/* wipes the hashes */
void passwd_table_free(struct passwd_table *t);

uint32_t passwd_count(const struct passwd_table *t);
uint32_t passwd_count_apop(const struct passwd_table *t);
/* user i in the order of the file, 0 <= i < count */
struct passwd_user passwd_at(const struct passwd_table *t, uint32_t i);
/*
 * The user of exactly this name; if there is none, one whose name differs in
 * the case of ASCII letters only: the all-lower-case one, else the first in
 * the file.  Valid until the table is gone.
 */
bool passwd_find(const struct passwd_table *t, struct pop_span name,
    struct passwd_user *u_r);
/* The password field to spend time on for a user who does not exist: of the
 * slow scheme that most users have, else of the cheap one; empty when
 * nobody has a password. */
struct pop_span passwd_decoy(const struct passwd_table *t);

struct passwd_file;

/* Reads it. NULL: `messages` says why. `path` is copied. */
struct passwd_file *passwd_file_new(const char *path, struct buf *messages);
void passwd_file_free(struct passwd_file *f);
/*
 * The table in force: one stat(2), and the file is read again only when that
 * shows a change.  A file that went away or broke leaves the old table in
 * force and gives its messages once.  Invalidates earlier tables.
 */
const struct passwd_table *passwd_file_table(struct passwd_file *f,
    struct buf *messages);
/* the table that the last call gave, without looking whether it changed */
const struct passwd_table *passwd_file_last(const struct passwd_file *f);
/* how often it was parsed: for tests and the status page */
unsigned long passwd_file_loads(const struct passwd_file *f);

#endif
