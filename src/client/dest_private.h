/* SPDX-License-Identifier: ISC
 *
 * dest_private: what the kinds of destination share.  For dest*.c, draft*.c
 * and mbox*.c alone.
 *
 * Threads: a struct dest is not changed after dest_open but by its talker (on
 * the loop); a draft belongs to whoever works on it, the loop or one worker.
 * So a worker may sync and show drafts while the loop writes the next one.
 */
#ifndef RESTANTE_CLIENT_DEST_PRIVATE_H
#define RESTANTE_CLIENT_DEST_PRIVATE_H

#include "base/buf.h"
#include "client/dest.h"
#include "client/draft_text.h"
#include "client/state.h"

enum {
	DRAFT_NAME_MAX = 256,		/* with NUL */
	DRAFT_BUFFER = 64 << 10,	/* written at a time */
	DRAFT_PEEK = 8 << 10,		/* of the header, for its sender */
	DRAFT_SENDER_MAX = 256,		/* RFC 5321 section 4.5.3.1.3 */
	DEST_PATH_MAX = 3000,		/* fits into a ticket */
	/* drafts that keep their file open until it is synced, of the whole
	 * process; others are opened again */
	DRAFT_FDS_MAX = 192
};

/* What each kind does; dest.c and draft.c call it. NULL: nothing to do. */
struct dest_kind {
	const char *name;		/* first word of its tickets */
	bool local;
	bool peeks;			/* wants `header` */
	/* 0, or -1 and *error_r; close is called in either case */
	int (*open)(struct dest *d, const struct conf_dest *conf,
	    struct dest_error *error_r);
	void (*close)(struct dest *d);
	/* the first octets of a message (up to the end of its header or
	 * DRAFT_PEEK), before any of them is written */
	int (*header)(struct draft *dr, struct pop_span header,
	    struct dest_error *error_r);
	/* the file is whole: the ticket behind the kind's name */
	int (*ticket)(struct draft *dr, struct buf *out);
	int (*show)(struct dest *d, struct draft **drafts, size_t n,
	    enum dest_outcome *outcomes, struct dest_error *error_r);
	/* it ends; `left`: its file stays for recovery, and so must all that
	 * recovery needs; else the file is removed after this */
	void (*forget)(struct draft *dr, bool left);
	void (*hand_over)(struct draft *dr);
	void (*cancel)(struct dest *d);
	/* `ticket` behind the kind's name */
	enum dest_outcome (*recover)(const struct dest_world *world,
	    struct pop_span ticket, int64_t made,
	    struct dest_error *error_r);
	/* before drafts of earlier runs are removed from `drafts` */
	void (*sweep)(struct dest *d);
};

struct dest {
	const struct dest_kind *kind;
	const struct dest_world *world;
	char *text;		/* "maildir:~/Mail" */
	char *path;		/* absolute, without a "/" at the end */
	int drafts;		/* directory that drafts are made in; -1 */
	enum draft_form form;
	bool keeps_file;	/* false: drafts have no file (discard) */
	void *own;		/* of the kind */
	/* talkers: what is under way */
	struct draft *talking;
	void (*done)(void *arg, enum dest_outcome outcome,
	    const struct dest_error *why);
	void *arg;
};

enum draft_state {
	DRAFT_OPEN,	/* octets come */
	DRAFT_WHOLE,	/* ended */
	DRAFT_SYNCED,
	DRAFT_SHOWN,	/* nothing is left in `drafts` */
	DRAFT_FAILED	/* can only be aborted */
};

struct draft {
	struct draft_sink sink;		/* of `text`; first member */
	struct dest *dest;
	enum draft_state state;
	int fd;				/* -1: closed */
	char name[DRAFT_NAME_MAX];	/* in dest->drafts; "": no file */
	unsigned char *buffer;		/* while OPEN */
	size_t buffered;
	struct draft_text text;
	struct buf head;		/* held back until it is peeked at */
	bool peeked;
	uint64_t octets;		/* of the file */
	uint64_t skip;			/* in the file, before the message */
	struct pop_measure wire;	/* of the message */
	bool eight_bit;
	char sender[DRAFT_SENDER_MAX + 1];	/* from Return-Path; "" */
	struct buf ticket;
	void *own;			/* of the kind */
};

/* ---- dest.c ---- */

/* *error_r = fault and text; always -1; keeps errno */
__attribute__((format(printf, 3, 4)))
int dest_fail(struct dest_error *error_r, enum fault fault, const char *fmt,
    ...);
/* the same with ": " and the text of `err`; the fault is what err means,
 * which is left in errno */
__attribute__((format(printf, 3, 4)))
int dest_fail_errno(struct dest_error *error_r, int err, const char *fmt,
    ...);
/* Octets from elsewhere as plain text for an error: the last line of them, '?'
 * for what cannot be printed. */
void dest_quote(char *out, size_t size, struct pop_span said);
/* Ends what is under way with a talker. Called from the loop. */
void dest_tell(struct dest *d, enum dest_outcome outcome,
    const struct dest_error *why);
/* seconds since 1970 */
int64_t dest_now(void);
/* The next field of a ticket, without its NUL: a string. NULL: no more. */
const char *dest_field(struct pop_span *ticket);
/* appends a field */
__attribute__((warn_unused_result))
int dest_put_field(struct buf *out, const char *s);

/* ---- dest_place.c: files and directories of the user ---- */

/*
 * Opens the directory that holds `path` (absolute), which is followed through
 * links of other directories but must belong to us or to root. *name_r: the
 * last component. -1 and *error_r.
 */
__attribute__((warn_unused_result))
int dest_open_parent(const char *path, const char **name_r,
    struct dest_error *error_r);
/* A directory of ours in `dir`; `path` names it in errors. -1 with errno and
 * *error_r; ENOENT: there is none */
__attribute__((warn_unused_result))
int dest_open_dir(int dir, const char *name, const char *path,
    struct dest_error *error_r);
/* our spool */
__attribute__((warn_unused_result))
int dest_open_spool(const struct dest_world *world,
    struct dest_error *error_r);
/* Removes a file that is of no use any more, if it can be removed now; else
 * it is swept by a later run.  Keeps errno. */
void dest_remove(int dir, const char *name);
/* calls fn for each name in a directory (opened O_RDONLY); 0, or -1 with
 * errno. fn returns 0 to go on. */
__attribute__((warn_unused_result))
int dest_each_name(int dir, int (*fn)(void *arg, const char *name),
    void *arg);

/* ---- draft_name.c ---- */

/* A name of a draft of ours: "TIME.R<ident>P<run>Q<n>.HOST" */
void draft_name(char out[DRAFT_NAME_MAX], const struct dest_world *world);
/* made with this ident; *this_run_r: and by this process */
bool draft_name_ours(const char *name, const char *ident, bool *this_run_r);
/* for tests: as if another process went on */
void draft_name_new_run(void);

/* ---- draft.c ---- */

/* octets into the file as they are, before those of the message */
__attribute__((warn_unused_result))
int draft_prefix(struct draft *dr, struct pop_span octets,
    struct dest_error *error_r);

/* ---- mbox_place.c ---- */

/* is this the name of a journal? Whose, says draft_name_ours */
bool mbox_place_is(const char *file);

/* ---- dest_pipe.c: of all talkers ---- */

enum dest_outcome dest_recover_talker(const struct dest_world *world,
    struct pop_span ticket, int64_t made, struct dest_error *error_r);

extern const struct dest_kind dest_maildir, dest_mbox, dest_pipe, dest_lmtp,
    dest_smtp, dest_discard;

/* ---- mbox: for tests ---- */

extern unsigned mbox_wait_ms;	/* for a lock; 20 s */

#endif
