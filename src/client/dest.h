/* SPDX-License-Identifier: ISC
 *
 * dest: where mail goes, and how it gets there exactly once.
 *
 * A message is first a *draft*: octets in a file that nobody takes for mail
 * (Maildir: in its tmp/; others: in the account's spool directory).  A draft
 * that is whole is made durable, the state records the *ticket* of its
 * delivery, and only then it is shown: renamed into new/, appended to the
 * mbox, handed to a command or a mail server.
 *
 * After a crash dest_recover finds out by the ticket whether the message was
 * shown, and shows it if it was not.  Exactly once holds for Maildir and mbox.
 * A command or a mail server that was killed between taking the message and
 * our noting it gets it again: nobody can know better.
 *
 * A destination, its drafts and its functions belong to one account.  Functions
 * marked (W) may block on the disk: they are made for a worker thread, one at
 * a time for each account.  All file-system calls go through sys/os.h.
 */
#ifndef RESTANTE_CLIENT_DEST_H
#define RESTANTE_CLIENT_DEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "client/event.h"
#include "conf/client_conf.h"
#include "net/loop.h"

struct dest;
struct draft;

enum dest_outcome {
	DEST_DELIVERED = 0,
	DEST_TEMPORARY = -1,	/* not delivered; try again later */
	DEST_REFUSED = -2,	/* not delivered; it never will be */
	DEST_UNKNOWN = -3	/* nobody can say (a connection lost behind
				 * the final dot): try again later */
};

/* Shared by the destinations of an account; must outlive them. */
struct dest_world {
	struct loop *loop;
	const struct account_conf *account;
	const char *ident;	/* state_ident */
	const char *spool;	/* directory for drafts, exists, 0700 */
	const char *hostname;
};

/* the failure of a call: `text` is for people and names the path or peer */
struct dest_error {
	enum fault fault;	/* DISK, DEST, DEST_TEMP, MEMORY */
	char text[512];
};

/* (W) Makes a Maildir that is missing (0700, its parent must exist), opens,
 * refuses what is no such thing (symbolic link, FIFO, somebody else's). NULL
 * and *error_r. */
struct dest *dest_open(const struct conf_dest *conf,
    const struct dest_world *world, struct dest_error *error_r);
void dest_close(struct dest *d);
/* "maildir:~/Mail" */
const char *dest_text(const struct dest *d);
/* 1: shown by dest_show, in a worker; 0: by draft_hand_over, on the loop */
bool dest_is_local(const struct dest *d);

/* ---- drafts: on the loop's thread ---- */

/* NULL and *error_r. One draft of a destination is open (begun, not ended) at
 * a time.  `received`: a whole header field with CRLF to be put on top, or
 * empty. */
struct draft *draft_begin(struct dest *d, struct pop_span received,
    struct dest_error *error_r);
/* wire octets, unstuffed, any split. 0 or -1 and *error_r; the draft can then
 * only be aborted. */
__attribute__((warn_unused_result))
int draft_write(struct draft *dr, struct pop_span piece,
    struct dest_error *error_r);
/* whole: nothing more is written; starts write-back, waits for nothing */
__attribute__((warn_unused_result))
int draft_end(struct draft *dr, struct dest_error *error_r);
/* removes its file, frees it; in any state but shown */
void draft_abort(struct draft *dr);
/* frees one that was delivered, and what is left of its file */
void draft_done(struct draft *dr);
/* frees it and leaves its file where it is, for dest_recover */
void draft_leave(struct draft *dr);
/* For a scan: an open file, at the first octet of the message; the caller
 * closes it. -1 with errno. */
__attribute__((warn_unused_result))
int draft_open(struct draft *dr);
/* (W) The same message as a draft of another destination; the old one is gone.
 * NULL and *error_r: the old one is still there. */
struct draft *draft_move(struct draft *dr, struct dest *to,
    struct dest_error *error_r);

/* ---- a batch of local drafts, all of one destination ---- */

/* (W) All of them durable; the fsyncs are shared. */
__attribute__((warn_unused_result))
int dest_sync(struct dest *d, struct draft **drafts, size_t n,
    struct dest_error *error_r);
/* What dest_recover needs: self-contained, at most STATE_TICKET_MAX octets,
 * valid while the draft lives.  After dest_sync for local ones. */
struct pop_span draft_ticket(struct draft *dr);
/* (W) Shows them, durably, in this order; the call may take a lock.
 * outcomes[i] for each. 0, or -1 and *error_r when any was not delivered. */
__attribute__((warn_unused_result))
int dest_show(struct dest *d, struct draft **drafts, size_t n,
    enum dest_outcome *outcomes, struct dest_error *error_r);

/* ---- talkers: pipe, LMTP, SMTP ---- */

/* `done` from the loop, never from inside; `why` (NULL when delivered) names
 * the command or server and what it said.  One at a time for a destination. */
void draft_hand_over(struct draft *dr, void (*done)(void *arg,
    enum dest_outcome outcome, const struct dest_error *why), void *arg);
/* ends what is under way (killing a command); `done` is not called */
void dest_cancel(struct dest *d);

/* ---- after a crash ---- */

/* (W) DEST_DELIVERED: it is there (maybe since just now). DEST_TEMPORARY: could
 * not be found out now. DEST_REFUSED: it is not there, and the draft is gone:
 * fetch it again. DEST_UNKNOWN: a talker: nobody can say; fetch it again.
 * `made`: when the intent was recorded.  error_r->text may hold a warning for
 * people with DELIVERED too ("may be in it twice"), else it is "". */
enum dest_outcome dest_recover(const struct dest_world *world,
    struct pop_span ticket, int64_t made, struct dest_error *error_r);
/* (W) Removes what earlier runs of this ident left: drafts, journals, a lock
 * of an mbox.  Call when no intent is open any more and nothing is being
 * shown. */
void dest_sweep(struct dest *d);

#endif
