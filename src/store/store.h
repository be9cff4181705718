/* SPDX-License-Identifier: ISC
 *
 * store: maildrops behind one asynchronous, engine-neutral interface.
 *
 * A store knows octets and ids, not verbs.  Every operation is queued to a
 * small pool of threads, which do the blocking work, and ends with exactly
 * one call of its `done` function.  `done` runs on a thread of the pool, or
 * at once on the caller's: STORE_TEMP when there is no memory to queue an
 * open or a begin, and store_close.  It must be quick and thread safe.
 * Operations on one session (or one delivery) must not overlap: start the
 * next one from `done` or later.  Operations on different ones run at the
 * same time.
 *
 * An open session costs one descriptor (the maildrop's, with its lock; two on
 * a file system whose directories take no lock) and about 180 octets, and
 * 64 octets for each message; a delivery costs one descriptor beside the one
 * that is handed out.
 *
 * Engines: maildir (default), mem (tests), null (benches); mbox and rados
 * come later.  They implement store_backend.h.
 */
#ifndef RESTANTE_STORE_STORE_H
#define RESTANTE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_result {
	STORE_OK = 0,
	STORE_IN_USE,		/* another session holds the lock */
	STORE_GONE,		/* that message vanished meanwhile */
	STORE_NO_MAILDROP,	/* not there and cannot be made */
	STORE_FULL,		/* disk full or quota reached */
	STORE_TEMP,		/* try later: EIO, EMFILE, ENOMEM... */
	STORE_CORRUPT,		/* needs an administrator */
	STORE_PARTIAL,		/* commit: some marked messages remain */
	STORE_UNKNOWN,		/* commit, deliver: outcome not known */
	STORE_LEASE_LOST	/* somebody else took the lock over */
};

/* "disk full" and the like, for people; never NULL */
const char *store_result_text(enum store_result r);

enum store_lock {
	STORE_LOCK_EXCLUSIVE,	/* kernel lock, or STORE_IN_USE at once */
	STORE_LOCK_SHARED	/* no lock against other sessions */
};

/*
 * What a maildrop held when it was opened, in listing order.  One block of
 * memory (free it with store_snapshot_free); the three arrays are columns:
 * message i has octets[i] octets on the wire and the unique-id
 * uidls[i ? uidl_end[i - 1] : 0 .. uidl_end[i]).
 */
struct store_snapshot {
	uint32_t count;
	const uint64_t *octets;
	const uint32_t *uidl_end;
	const char *uidls;
};

void store_snapshot_free(struct store_snapshot *snap);

struct store;
struct store_session;
struct store_delivery;

struct store_config {
	const char *engine;	/* "maildir", "mem" or "null" */
	const char *root;	/* directory that holds all maildrops */
	const char *hostname;	/* for names of new files */
	unsigned threads;	/* of the pool; 0: 4 */
	/* cap on messages of one maildrop that a session shows; 0: 2^31 */
	uint32_t messages_max;
};

/* NULL: *error_r (static or heap text, never freed) says what and where. */
struct store *store_new(const struct store_config *config,
    const char **error_r);
/* Waits for queued operations; all sessions and deliveries must be closed. */
void store_free(struct store *st);

/*
 * Opens the maildrop `path`: relative to the root, components separated by
 * "/", no "." or ".." or empty ones; symbolic links are not followed.  A
 * maildrop that is not there is created empty.  On STORE_OK `done` owns
 * session and snapshot; else both are NULL.
 */
typedef void store_open_done(void *arg, enum store_result r,
    struct store_session *session, struct store_snapshot *snap);
void store_open(struct store *st, const char *path, enum store_lock lock,
    store_open_done *done, void *arg);

/* A message as a file: send `length` octets from `offset`.  The file is open
 * for this caller alone, at its beginning. */
struct store_body {
	int fd;			/* -1 unless STORE_OK; `done` owns it */
	uint64_t offset;
	uint64_t length;
	unsigned flags;		/* enum store_body_flag */
	/* when the file was changed last in any way, its name included
	 * (st_ctim, nanoseconds); 0: the engine cannot tell.  A body that is
	 * kept for later is still that message when this is unchanged. */
	uint64_t changed;
};

enum store_body_flag {
	STORE_BODY_CRLF = 1 << 0,	/* every line ends with CRLF */
	STORE_BODY_NO_DOTS = 1 << 1	/* no line begins with a dot; not set:
					 * not known */
};

/* message i, 0 <= i < count.  STORE_GONE: another program removed it;
 * STORE_CORRUPT: its file is not what was listed, so it is not shown. */
typedef void store_body_done(void *arg, enum store_result r,
    const struct store_body *body);
void store_body(struct store_session *s, uint32_t i, store_body_done *done,
    void *arg);

enum { STORE_BODIES_MAX = 32 };

/*
 * Message i and those behind it: at most `max`, and fewer when one of them is
 * trouble or the engine cannot tell when it changed.  n > 0 with STORE_OK, else
 * n is 0 and r is about message i; `done` owns all descriptors.
 */
typedef void store_bodies_done(void *arg, enum store_result r,
    const struct store_body *bodies, unsigned n);
void store_bodies(struct store_session *s, uint32_t i, unsigned max,
    store_bodies_done *done, void *arg);

/*
 * Removes the messages whose bits are set in marks ((count + 7) / 8 octets,
 * copied) and makes that durable.  STORE_OK: all of them are gone for good
 * (one that vanished before counts as gone).  STORE_PARTIAL: some may remain,
 * none but marked ones are gone.  STORE_UNKNOWN: they are out of sight, but
 * a power cut might bring them back.  The session stays open.
 */
typedef void store_done(void *arg, enum store_result r);
void store_commit(struct store_session *s, const unsigned char *marks,
    store_done *done, void *arg);

/* Keeps a lease alive, for engines that have one; else STORE_OK. */
void store_renew(struct store_session *s, store_done *done, void *arg);

/* Releases the lock, removes nothing.  Frees the session before `done`,
 * which may be NULL.  With an engine whose closing does not block, `done` runs
 * at once on the caller's thread. */
void store_close(struct store_session *s, store_done *done, void *arg);

/*
 * Delivery of one message to n >= 1 maildrops.  begin makes a temporary file
 * in the maildrop of one of them, the carrier, and hands out a descriptor
 * (write-only, owned by `done`).  The caller writes the carrier's header
 * octets, then the message, with LF or CRLF line ends.
 */
typedef void store_begin_done(void *arg, enum store_result r,
    struct store_delivery *d, int fd, unsigned carrier);
void store_deliver_begin(struct store *st, const char *const *paths,
    unsigned n, store_begin_done *done, void *arg);

struct store_copy {
	/* what stands before the message in this recipient's copy, whole
	 * lines, none of which begins with a dot; for the carrier: what the
	 * caller has written already */
	const char *header;
	size_t header_len;
	uint64_t header_wire;	/* its wire octets */
};

/*
 * Makes every copy durable and visible: the carrier's by renaming its file,
 * the others by copying the message behind the carrier's header.
 * `length` is what the caller has written into the file, all of it, and
 * `message_wire` the wire octets of the message without any header; a file
 * of another length is not delivered (STORE_TEMP).
 * each(arg, i, r) is called once for every recipient, in order, as soon as
 * its outcome is known; STORE_OK means durable.  STORE_UNKNOWN: a reader may
 * have seen the message, but it may not last; answer as for STORE_TEMP.
 * Anything else: the message is not in that maildrop.  Then the delivery is
 * gone, and `done` runs last, with STORE_OK or the first failure.  copies and
 * what they point to are copied.
 */
typedef void store_each_done(void *arg, unsigned i, enum store_result r);
void store_deliver_commit(struct store_delivery *d,
    const struct store_copy *copies, uint64_t length, uint64_t message_wire,
    store_each_done *each, store_done *done, void *arg);

enum store_deliver_flag {
	/* All recipients or none.  When one of them cannot have the message
	 * nobody gets it (what was visible already is taken back), and `each`
	 * says the same to all.  For peers that take only one answer. */
	STORE_TOGETHER = 1 << 0,
	/* No line of the message begins with a dot: an engine may note that,
	 * so that store_body can say it later. */
	STORE_NO_DOTS = 1 << 1
};

/* Before deliver_commit: enum store_deliver_flag. */
void store_deliver_flags(struct store_delivery *d, unsigned flags);

/* Removes the temporary file.  Frees the delivery before `done`, which may
 * be NULL. */
void store_deliver_abort(struct store_delivery *d, store_done *done,
    void *arg);

#endif
