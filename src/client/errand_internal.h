/* SPDX-License-Identifier: ISC
 *
 * What the parts of an errand share: errand.c (its life), errand_list.c (what
 * is on the server), errand_look.c (what to do with it), collect.c (bringing
 * it), intake.c (one message as it comes), hand_over.c (scans and talkers).
 */
#ifndef RESTANTE_CLIENT_ERRAND_INTERNAL_H
#define RESTANTE_CLIENT_ERRAND_INTERNAL_H

#include "client/batch.h"
#include "client/digest.h"
#include "client/errand.h"
#include "client/plan.h"
#include "client/rules.h"
#include "client/run.h"
#include "client/secret.h"
#include "client/session.h"

enum {
	HEADER_MAX = 256 << 10,		/* octets of a header that are kept */
	DEPTH_FIRST = 16,		/* commands under way, to begin with */
	DEPTH_MAX = SESSION_DEPTH_MAX,
	OUTSTANDING_MAX = 16 << 20,	/* announced octets under way */
	BATCH_ENTRIES = 64,		/* these, or */
	BATCH_OCTETS = 4 << 20,		/* these, or */
	BATCH_WAIT_MS = 200,		/* this: then a batch begins */
	WAITING_ENTRIES = 512,		/* then the network waits */
	WAITING_OCTETS = 48 << 20,
	SCANS_MAX = 4,			/* at once, of one account */
	BIG_LISTING = 5000,		/* known messages: ask for UIDL first */
	DESTS_MAX = 64
};

enum errand_phase {
	ERRAND_RECOVER,		/* a worker has the state */
	ERRAND_SECRET,
	ERRAND_CONNECT,
	ERRAND_LIST,		/* UIDL and LIST */
	ERRAND_LOOK,		/* TOP */
	ERRAND_COLLECT,		/* RETR, DELE */
	ERRAND_QUIT,
	ERRAND_RECORD,		/* a worker has the state */
	ERRAND_OVER
};

/* where one message is while its octets come */
struct intake {
	struct plan_item *item;		/* NULL: none is coming */
	bool unwanted;			/* read, and thrown away */
	bool is_top;			/* the header alone */
	uint64_t octets;
	/* the header: */
	bool in_header;
	unsigned line_octets;		/* of the line so far, up to 2 */
	bool last_cr;
	bool cr_held;			/* not digested yet */
	bool keep_header;		/* the rules want to see it */
	struct buf header;
	struct digest digest;
	unsigned char digest_r[DIGEST_OCTETS];
	/* where it goes */
	const struct rule_conf *rule;
	struct dest *dest;
	struct draft *draft;
};

struct scan {
	struct errand *errand;
	struct entry *entry;
	struct run *run;
	int fd;
};

struct deletion {
	uint32_t number;
	int64_t row;
};

struct dest_slot {
	const struct conf_dest *conf;
	struct dest *dest;
	bool busy;			/* a talker is talking, about: */
	struct entry *talking;
	unsigned refusals;		/* temporary ones, in a row */
	struct entry *queue, **queue_last;
};

struct errand {
	struct errand_spec spec;
	enum errand_phase phase;
	struct event_sum sum;
	uint64_t began_ms;
	int64_t now;			/* seconds since 1970, at its start */

	struct state *state;
	char *temporary;		/* a dry run's own state directory */
	struct rules *rules;
	unsigned char rules_digest[16];
	bool reconsider;
	struct dest_world world;
	char *spool;
	char hostname[256];
	struct dest_slot dests[DESTS_MAX];
	size_t ndests;

	struct secret secret;
	bool has_secret;
	struct secret_ask *ask;
	bool asked_again;
	struct session *session;
	struct session_owner owner;
	bool pipelining;		/* false: remembered, or just failed */
	bool pipelining_failed;		/* in this visit */
	bool utf8_expected, utf8;	/* UTF8 and PIPELINING: were announced
					 * last time, are announced now */
	bool was_ready;			/* a session came to its listing */
	bool stopping;
	bool session_over;
	bool retry;			/* once more, without pipelining */
	unsigned login_delay;
	unsigned recovered, in_doubt;	/* of an interrupted visit */
	bool dirty;			/* drafts were begun */

	/* the listing */
	struct plan plan;
	bool has_plan;
	bool listing_open;		/* between listing_begin and _end */
	bool uidl_failed, list_failed;	/* -ERR */
	bool uidl_done, list_done;	/* answered, one way or the other */
	bool list_asked;
	bool without_uidl, without_top;
	unsigned odd_rows;		/* of UIDL and LIST */
	bool moved;			/* known messages may be here under
					 * other UIDLs */
	struct state_tally tally;
	bool tallied;
	bool limited;			/* max_messages, max_octets: some wait
					 * for the next visit */

	/* collecting */
	size_t next_item;		/* of the plan: to be looked at */
	unsigned depth;
	unsigned retrs;			/* RETR and TOP under way */
	uint64_t outstanding;		/* their announced octets */
	struct intake intake;
	/* Came whole, but the reply behind it has not begun yet: a server that
	 * cannot pipeline may have mixed the two (then the next thing is no
	 * reply). */
	struct entry *unproven;
	bool no_more;			/* nothing further is fetched */
	enum fault stop_fault;		/* why */
	char stop_text[512];

	struct batch waiting;		/* being filled */
	struct batch working;		/* a worker's */
	bool batch_busy;
	struct loop_timer batch_timer;
	struct scan scans[SCANS_MAX];
	unsigned nscans;
	struct entry *to_scan, **to_scan_last;
	size_t held;			/* entries in scans and talkers */

	struct deletion *deletions;	/* to be sent: from delete_at on */
	size_t ndeletions, deletions_cap, delete_at;
	unsigned deles;			/* under way */
	int64_t *deleted;		/* rows whose DELE was accepted */
	size_t ndeleted, deleted_cap;
	bool quit_sent;

	struct work_job job;		/* recovery, record */
	enum fault job_fault;
	char job_text[640];
	struct session_end end;
	char end_text[700];
	unsigned char end_said[512];
	size_t end_said_n;
	const char *final_text;		/* for the record */
};

/* ---- errand.c ---- */
void errand_tell(struct errand *e, const struct event *event);
__attribute__((format(printf, 3, 4)))
void errand_say(struct errand *e, enum event_kind kind, const char *fmt, ...);
/* Nothing further is fetched, because of this; what came is recorded, QUIT is
 * said. The first one counts. */
__attribute__((format(printf, 3, 4)))
void errand_no_more(struct errand *e, enum fault fault, const char *fmt, ...);
/* a destination, opened when it is first needed; NULL after no_more */
struct dest *errand_dest(struct errand *e, const struct conf_dest *conf);
struct dest_slot *errand_slot(struct errand *e, const struct dest *d);
/* what was under way when the session ended is settled */
void errand_settled(struct errand *e);
/* the visit may go on now: what it waited for is there */
void errand_wake(struct errand *e);

/* ---- errand_list.c: the session is open ---- */
void errand_list_ready(struct errand *e);
void errand_list_event(struct errand *e, enum pop_client_event event,
    const struct pop_client_info *info);
/* nothing is to be fetched: the visit goes on behind the listing */
void errand_list_done(struct errand *e);

/* ---- errand_look.c ---- */
/* the listing is there: whose header must be seen before anything else? */
void errand_look(struct errand *e);
void errand_look_event(struct errand *e, enum pop_client_event event,
    const struct pop_client_info *info);
/* sends TOP; ends when all are seen */
void errand_look_idle(struct errand *e);
/* TOP: the header of an item is there, or could not be had */
void errand_looked(struct errand *e, struct plan_item *item, bool got);

/* ---- collect.c ---- */
void collect_begin(struct errand *e);
void collect_event(struct errand *e, enum pop_client_event event,
    const struct pop_client_info *info);
/* fills the pipeline; says QUIT when nothing is left to do */
void collect_idle(struct errand *e);
/* an entry is ready for the batch */
void collect_ready(struct errand *e, struct entry *entry);
/* begins a batch if it is time, or in any case */
void collect_flush(struct errand *e, bool now);
/* the network waits while too much waits here, and no longer */
void collect_throttle(struct errand *e);
/* nothing is under way any more: no scan, talker or batch */
bool collect_settled(const struct errand *e);
/* the reply behind it has begun as a reply: it is handed over */
void collect_proven(struct errand *e);
/* one message is not fetched: tried again later */
void collect_message_failed(struct errand *e, struct plan_item *item,
    enum fault fault, struct pop_span said);

/* ---- intake.c ---- */
void intake_begin(struct errand *e, struct plan_item *item, bool is_top);
void intake_piece(struct errand *e, struct pop_span piece);
void intake_end(struct errand *e);
void intake_abort(struct errand *e);
void intake_free(struct intake *in);
/* the UIDL that we make for a message without one */
enum { MADE_UIDL = 34 };
void intake_made_uidl(const struct intake *in, unsigned char out[MADE_UIDL]);

/* ---- hand_over.c ---- */
/* a message that came whole: scan, then its destination */
void hand_over(struct errand *e, struct entry *entry);
void hand_over_cancel(struct errand *e);

#endif
