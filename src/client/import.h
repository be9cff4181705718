/* SPDX-License-Identifier: ISC
 *
 * import: what another POP client knows, as accounts of ours.  For import*.c
 * and their tests alone.
 *
 * import_FORMAT.c read foreign files into a struct import; import.c compares
 * it with our configuration and says it; import_write.c writes it.  A reader
 * never fails as a whole: what it does not understand becomes a note.
 */
#ifndef RESTANTE_CLIENT_IMPORT_H
#define RESTANTE_CLIENT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "client/client.h"
#include "client/state.h"

enum {
	IMPORT_FILE_MAX = 256 << 20,
	IMPORT_TEXT_MAX = 1 << 20,	/* of a configuration */
	IMPORT_ACCOUNTS_MAX = 1000,
	IMPORT_UIDL_MAX = 255,
	IMPORT_NOTES_MAX = 100
};

struct import_uidl {
	size_t at;		/* in the account's text */
	unsigned n;
	int64_t first_seen;	/* 0: not known */
};

/* a line of the new section */
struct import_setting {
	char *key;
	char *value;		/* or */
	char **argv;		/* ends with NULL */
};

struct import_account {
	char *name;		/* proposed; import.c makes it unique */
	char *source;		/* the file it comes from */
	char *uidl_source;	/* where its UIDLs come from; NULL: none */
	char *missing;		/* where they should be, and are not */
	struct import_setting *settings;
	size_t nsettings;
	char **notes;		/* what is not as it was, and why */
	size_t nnotes;
	bool off;		/* enabled = no: a person must look first */

	struct import_uidl *uidls;	/* none twice after import_settle */
	size_t nuidls, uidls_cap;
	struct buf text;
	size_t odd_lines;	/* that are no UIDL */
	bool dashed;		/* `-` may stand for `/` */

	/* for whoever looks up more about it; not written */
	char *label;		/* fetchmail: name behind `poll` */
	char *file;		/* mpop: uidls_file */

	/* import.c: */
	bool exists;		/* our configuration has it already */
	bool broken;		/* its section would not be good */
	size_t known;		/* UIDLs that our state had */
};

struct import {
	const char *home;	/* of the person */
	struct import_account **accounts;
	size_t naccounts;
	char **notes;		/* about no account */
	size_t nnotes;
	bool found;		/* there was a file to be read */
};

/* ---- import_list.c ---- */

/* running out of memory ends the program: nothing is written yet */
void import_init(struct import *im, const char *home);
void import_done(struct import *im);	/* wipes */
/* NULL when there are too many (a note says so) */
struct import_account *import_add(struct import *im, const char *source);
__attribute__((format(printf, 2, 3)))
void import_remark(struct import *im, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
void import_note(struct import_account *a, const char *fmt, ...);
/* the same, and the account is not visited before a person has looked */
__attribute__((format(printf, 2, 3)))
void import_stop(struct import_account *a, const char *fmt, ...);
/* replaces what was set before; `value` NULL: takes it out */
void import_set(struct import_account *a, const char *key,
    const char *value);
__attribute__((format(printf, 3, 4)))
void import_setf(struct import_account *a, const char *key,
    const char *fmt, ...);
void import_set_argv(struct import_account *a, const char *key,
    const char *const *argv);
/* { "sh", "-c", line } */
void import_set_shell(struct import_account *a, const char *key,
    const char *line);
/* NULL when it is not set, or an argument array */
const char *import_get(const struct import_account *a, const char *key);
bool import_has(const struct import_account *a, const char *key);
/* in the order in which a person would write them */
void import_sort(struct import_account *a);
/* settings of `from` that `to` has not set (accounts that inherit) */
void import_inherit(struct import_account *to,
    const struct import_account *from);
/* whatever is no UIDL is counted */
void import_uidl(struct import_account *a, struct pop_span uidl,
    int64_t first_seen);
struct pop_span import_uidl_of(const struct import_account *a, size_t i);
/* drops UIDLs that came before */
void import_settle(struct import_account *a);
/* indices by the octets of UIDLs, for import_find; for the caller to free */
size_t *import_order(struct import_account *a);
bool import_find(const struct import_account *a, const size_t *order,
    struct pop_span uidl);
/* "user@server", or the user when it is an address */
void import_name(struct import_account *a, const char *user,
    const char *server);

/* ---- import_text.c: pieces of foreign files ---- */

char *import_dup(const char *p, size_t n);
char *import_text(struct pop_span s);
__attribute__((format(printf, 1, 2)))
char *import_printf(const char *fmt, ...);
/* The next line without its end, CRLF or LF; 0 at the end. */
bool import_line(struct pop_span *rest, struct pop_span *line_r);
struct pop_span import_trim(struct pop_span s);
/* the part before the last `c`, and the part behind it; false: no such */
bool import_split_last(struct pop_span s, char c, struct pop_span *head_r,
    struct pop_span *tail_r);
bool import_is(struct pop_span s, const char *word);	/* case ignored */
/* decimal, not negative; 0 or -1 */
__attribute__((warn_unused_result))
int import_number(struct pop_span s, int64_t *v_r);
/* 1 and *out (which its caller has given a maximum), 0: there is none, -1:
 * im has a note */
int import_read(struct import *im, const char *path, struct buf *out);
/* The UIDLs of an account, by `parse`, or a note that there are none. */
void import_read_uidls(struct import *im, struct import_account *a,
    const char *path, void (*parse)(struct import_account *a,
    struct pop_span text));
bool import_is_dir(const char *path);
/* "DIR/NAME", for the caller to free; `~/` in front of either is home */
char *import_path(const struct import *im, const char *dir,
    const char *name);

/* ---- import_common.c: settings that several have ---- */

/* A server without TLS: asked for STLS now, but on this machine. */
void import_plain(struct import_account *a, const char *server,
    const char *who);
/* "01:23:..." of SHA-256 as a pin; anything else is a note */
void import_fingerprint(struct import_account *a, const char *text);
/* PATH with `~/` or $HOME in front, or a note and NULL; for the caller */
char *import_home_path(struct import_account *a, const char *what,
    const char *path);
/* "maildir:" + a path */
void import_destination(struct import_account *a, const char *kind,
    const char *path);
/* a word of an argument array, in quotes */
void import_quote(const char *word, FILE *out);
/* a line for the shell: pipe:sh -c "LINE" */
void import_pipe_shell(struct import_account *a, const char *line);
/* a password of their file */
void import_password(struct import_account *a, const char *password);

/* ---- the formats: parsers of one text each, and finding the files ---- */

void import_getmail_rc(struct import *im, const char *path,
    struct pop_span text);
void import_getmail_oldmail(struct import_account *a, struct pop_span text);
/* where it is, below getmail's directory; for the caller to free */
char *import_getmail_name(const struct import_account *a);
void import_getmail(struct import *im, const char *path);

void import_fetchmail_rc(struct import *im, const char *path,
    struct pop_span text);
void import_fetchmail_ids(struct import *im, const char *path,
    struct pop_span text);
void import_fetchmail(struct import *im, const char *path);

void import_mpop_rc(struct import *im, const char *path,
    struct pop_span text);
void import_mpop_uidls(struct import_account *a, struct pop_span text);
void import_mpop(struct import *im, const char *path);

void import_thunderbird_prefs(struct import *im, const char *path,
    struct pop_span text);
void import_thunderbird_popstate(struct import_account *a,
    struct pop_span text);
void import_thunderbird(struct import *im, const char *path);

/* ---- import_tell.c ---- */

/* a line for people; whatever is in it is harmless then */
__attribute__((format(printf, 2, 3)))
void import_say(const struct client_args *args, const char *fmt, ...);
void import_tell(const struct client_args *args,
    const struct import_account *a);
void import_tell_remarks(const struct client_args *args,
    const struct import *im);

/* ---- import_write.c ---- */

/* the section of the account, as the file shall have it */
void import_section(struct import_account *a, FILE *out);
/* UIDLs that the state does not know yet, in one transaction; *known_r: those
 * it knew. 0, or -1 and *error (*busy_r: another restante is at it). `dry`:
 * only counts. */
__attribute__((warn_unused_result))
int import_state(const struct import_account *a, const char *dir, bool dry,
    int64_t now, size_t *known_r, bool *busy_r, char *error,
    size_t error_size);

#endif
