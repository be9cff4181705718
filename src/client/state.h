/* SPDX-License-Identifier: ISC
 *
 * state: what one account remembers: which messages of the server it has, and
 * what it was doing when it was last stopped.  One SQLite file an account,
 * STATE_DIR/ACCOUNT.db (mode 0600, WAL, synchronous=FULL), beside a lock that
 * dies with its holder.
 *
 * A message is known by its UIDL and, when a server gives one UIDL to several,
 * by the how-manieth of them it is.  Nothing is ever forgotten because of one
 * listing: a message that is no longer listed is marked missing, and
 * dropped STATE_FORGET_DAYS later.
 *
 * A listing is compared row by row, in the server's order, against a cursor
 * over the table in its own order: for an unchanged maildrop that is one
 * sequential read.  Memory: one bit a row, SQLite's page cache (1 MiB), and
 * some 24 octets for each message that is new or whose UIDL came twice, up to
 * STATE_NEW_MAX of them: a server cannot make it grow without end.
 *
 * Used by one thread at a time (any).  Writes happen between
 * state_begin and state_commit alone; state_commit returns when they are
 * durable.  A transaction that changes nothing takes no lock and syncs nothing.
 * After any -1, state_error says why; the transaction is undone.  (When a
 * commit failed because of fsync and the process is then killed, the next one
 * may find it done: so a transaction only says what is true already.)
 *
 * A reader (`restante status`, a database shell) never waits for a fetch, nor a
 * fetch for it.  Another program that writes is waited for some seconds;
 * then the call fails, and nothing is lost.
 */
#ifndef RESTANTE_CLIENT_STATE_H
#define RESTANTE_CLIENT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum { STATE_FORGET_DAYS = 30, STATE_DIGEST = 16, STATE_IDENT = 16,
	STATE_TICKET_MAX = 4096, STATE_NEW_MAX = 3 << 16 };

/* What is kept of a message; numbers are stored in the file. */
enum state_kind {
	STATE_FETCHED = 1,	/* delivered, or taken over by import */
	STATE_SKIPPED = 2,	/* a rule or limit left it on the server */
	STATE_FAILED = 3,	/* not fetched yet: tries, not_before */
	STATE_DROPPED = 4	/* a rule wants it deleted without delivery */
};

struct state_row {
	int64_t id;		/* 0: none yet */
	enum state_kind kind;
	struct pop_span uidl;	/* RESTANTE's own, for messages without one,
				 * begin with a blank */
	uint32_t nth;		/* 1, 2...: among messages of this UIDL */
	uint64_t announced;	/* octets by LIST; 0: unknown */
	uint64_t octets;	/* octets received; 0: never fetched */
	bool has_digest;
	unsigned char digest[STATE_DIGEST];	/* of the header, as received */
	int64_t first_seen;	/* seconds since 1970 */
	int64_t deleted;	/* when its DELE was confirmed by QUIT; 0 */
	uint32_t tries;		/* FAILED */
	int64_t not_before;	/* FAILED */
};

struct state;

enum state_open {
	STATE_OK = 0,
	STATE_BUSY = -1,	/* another process holds the lock, or the
				 * database itself */
	STATE_BROKEN = -2,	/* not a database of ours, damaged, newer */
	STATE_SYSTEM = -3	/* see `error` */
};

/*
 * Opens or makes it (and the directory, 0700).  `read_only`: for `status`,
 * dry runs: no lock, no file is made but SQLite's own beside it, which go
 * again; STATE_SYSTEM with ENOENT in errno when there is none.  `error`: for
 * people.  A damaged file is never thrown away.
 */
__attribute__((warn_unused_result))
enum state_open state_open(const char *dir, const char *account,
    bool read_only, char *error, size_t error_size, struct state **s_r);
void state_close(struct state *s);
const char *state_error(const struct state *s);

/* Sixteen hex digits, random, made with the file: they are in the names of
 * all files that this state's deliveries make. */
const char *state_ident(const struct state *s);
/* When a listing was last begun before this state was opened, seconds since
 * 1970; 0: never.  Kept without a transaction, as the lock file's time: a
 * visit that found nothing new writes nothing else. */
int64_t state_visited(const struct state *s);
/* Read only: the process that was at work on the account when this was opened,
 * as far as the system tells; 0: none. */
int state_holder(const struct state *s);

/* ---- small facts ("capa", "pipelining", "last_fault"...) ---- */

/* 1 and *value_r (valid until the next call), 0 when there is none, or -1 */
__attribute__((warn_unused_result))
int state_fact(struct state *s, const char *name, struct pop_span *value_r);
/* within begin and commit; an empty value removes it; one that it has already
 * writes nothing */
__attribute__((warn_unused_result))
int state_set_fact(struct state *s, const char *name, struct pop_span value);

/* ---- comparing a listing ---- */

/* Messages, of the whole listing. */
struct state_tally {
	uint64_t listed, known, fresh;
	uint64_t missing;	/* known ones that this listing lacks and the
				 * one before had */
	uint64_t duplicates;	/* rows whose UIDL came before */
};

/* Did the last listing have more than n messages that are known?  Cheap: reads
 * n small entries at most.  1, 0, or -1. */
__attribute__((warn_unused_result))
int state_has_more_than(struct state *s, uint64_t n);

__attribute__((warn_unused_result))
int state_listing_begin(struct state *s);
/*
 * 1 and *row_r when it is known (uidl in it is borrowed from the state until
 * the next call), 0 and row_r->nth when it is new, -1.  nth 0: it is one more
 * than STATE_NEW_MAX new ones, and its turn is another time; it cannot be
 * recorded now.
 *
 * Writing between two rows is allowed; so is a row after the end (a message
 * that had to be looked at first): each call is one more message.
 *
 * A message whose delivery is under way since an earlier session, because
 * recovery could not settle it, is known as FAILED, not_before the end of time.
 */
__attribute__((warn_unused_result))
int state_listing_row(struct state *s, struct pop_span uidl,
    struct state_row *row_r);
__attribute__((warn_unused_result))
int state_listing_end(struct state *s, struct state_tally *tally_r);
/*
 * Known messages that were in the listing before and are not in this one, and
 * that have a digest: the same messages may be there under other UIDLs
 * (the server was moved).  `announced`, `octets`: either may equal
 * `size`.  1 when there is such a message of that size; with `digest` not
 * NULL, its header must also be that.  *row_r as above.  Valid after
 * state_listing_end, until the next begin.
 */
__attribute__((warn_unused_result))
int state_missing(struct state *s, uint64_t size,
    const unsigned char *digest, struct state_row *row_r);
/* It was found, and will be adopted: it is missing no more, and another
 * message that looks the same is another one. */
__attribute__((warn_unused_result))
int state_found(struct state *s, int64_t id);

/* ---- writing ---- */

__attribute__((warn_unused_result))
int state_begin(struct state *s);
__attribute__((warn_unused_result))
int state_commit(struct state *s);
void state_rollback(struct state *s);

/* Marks what the last listing lacked, unmarks what has come back, forgets what
 * has been missing for long.  Writes nothing when nothing changed: *wrote_r.
 * Only after a listing that was complete and clean. */
__attribute__((warn_unused_result))
int state_put_listing(struct state *s, int64_t now, bool *wrote_r);
/* Inserts (id 0) or replaces a row: that of its id, or of its UIDL and nth. */
__attribute__((warn_unused_result))
int state_put(struct state *s, struct state_row *row);
/* the row keeps everything but its UIDL (the server was moved) */
__attribute__((warn_unused_result))
int state_adopt(struct state *s, int64_t id, struct pop_span uidl,
    uint32_t nth, uint64_t announced);
/* DELE of these was confirmed: they count as missing from now on, so that a
 * listing without them changes nothing */
__attribute__((warn_unused_result))
int state_put_deleted(struct state *s, const int64_t *ids, size_t n,
    int64_t now);

/* ---- deliveries under way ---- */

/*
 * An intent says: the message of this row is durable as a draft, and from now
 * on may be visible at its destination.  It is turned into FETCHED by
 * state_put_delivered, or taken back by state_drop_intent; what is left after
 * a crash is given to state_intents' fn, oldest first.
 */
struct state_intent {
	int64_t id;
	struct state_row row;		/* as it will be when delivered */
	const char *destination;	/* as in the configuration */
	struct pop_span ticket;		/* the destination's own */
	int64_t made;			/* when */
};

/* row->id 0: a new one, and *id_r is the intent's; STATE_TICKET_MAX */
__attribute__((warn_unused_result))
int state_put_intent(struct state *s, const struct state_row *row,
    const char *destination, struct pop_span ticket, int64_t now,
    int64_t *id_r);
__attribute__((warn_unused_result))
int state_put_delivered(struct state *s, int64_t intent, int64_t *row_id_r);
__attribute__((warn_unused_result))
int state_drop_intent(struct state *s, int64_t intent);
/* fn returns 0 to go on, anything else is returned; it may not write */
__attribute__((warn_unused_result))
int state_intents(struct state *s,
    int (*fn)(void *arg, const struct state_intent *intent), void *arg);

/* ---- for status and import ---- */

/* of all rows by kind; deleted: those whose DELE was confirmed; missing: not
 * deleted, and not listed any more */
struct state_counts {
	uint64_t fetched, skipped, failed, dropped, deleted, missing, intents;
};
__attribute__((warn_unused_result))
int state_counts(struct state *s, struct state_counts *counts_r);
/* Every row of a kind (0: all), in the order of the table.  fn returns 0 to go
 * on, anything else is returned; it may not write. */
__attribute__((warn_unused_result))
int state_rows(struct state *s, enum state_kind kind,
    int (*fn)(void *arg, const struct state_row *row), void *arg);

#endif
