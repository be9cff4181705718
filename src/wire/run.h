/* SPDX-License-Identifier: ISC
 *
 * run: plays one transcript once against a peer.
 */
#ifndef WIRE_RUN_H
#define WIRE_RUN_H

#include "wire/peer.h"

enum run_mode { RUN_WHOLE, RUN_BYTES, RUN_RANDOM };

/*
 * What the server under test holds: the values of the built-in variables.
 * NULL and 0 stand for what README.md says of the world of each case.
 */
struct run_world {
	const char *user, *password;		/* the main mailbox */
	const char *other, *other_password;	/* the second one */
	const char *nobody;			/* a name without a mailbox */
	/* SMTP and LMTP: addresses of the two mailboxes, one that does not
	 * exist in their domain, one in a domain that is not the server's */
	const char *recipient, *other_recipient, *stranger, *abroad;
	const char *domain;
	/* the messages of the main mailbox in wire form, without stuffing:
	 * what RETR has to give; they stand for the case's own */
	const struct pop_span *message;
	size_t messages;
	bool no_codes;	/* RESP-CODES is not announced: [ is a text as any
			 * other (RFC 2449 section 6.4) */
};

/* the parts of a report, for who shows them in a way of his own */
struct run_failure {
	unsigned line;		/* of the transcript */
	struct buf expected, got, dialogue;
};

struct run_how {
	enum run_mode mode;
	uint64_t seed;		/* RUN_RANDOM */
	int timeout_ms;		/* for each thing the server must say */
	int login_ms;		/* where that answers a login, which a server
				 * may delay after wrong ones; 0: the same */
	int limit_ms;		/* for all of it, besides the pauses that the
				 * case itself makes; 0: none */
	const struct run_world *world;	/* NULL: that of README.md */
	int patience_ms;	/* how long `login` tries again: a server may
				 * notice late that a session has ended */
	struct run_failure *failure;	/* or NULL */
};

/* 0, or -1 and `report` says what was expected, what came instead and the
 * dialogue up to there */
int run_case(const struct wire_case *c, struct peer *p,
    const struct run_how *how, struct buf *report);

/* ---- inside: what the files of the runner share ------------------------- */

struct run_conn {
	void *conn;		/* NULL: not open */
	struct buf in;		/* came */
	size_t used;		/* octets of it that have been asked for */
	enum wire_proto proto;
	enum wire_tls tls;	/* as it was opened */
	bool eof;
	bool spoke;		/* something was sent on it */
	bool logs_in;		/* ... last that is part of a login */
};

struct tag_set {
	char name[32];
	struct buf lines;	/* LF between them */
};

enum { RUN_SETS = 8, RUN_LOG_MAX = 1 << 16, RUN_IN_MAX = 128 << 20 };

struct run {
	const struct wire_case *c;
	struct peer *peer;
	const struct run_how *how;
	uint64_t random;
	int64_t end_ms;		/* by the clock; 0: never */
	struct run_conn conn[WIRE_CONNS + 1];
	unsigned now;		/* the connection that speaks */
	const struct wire_stmt *stmt;
	struct vars *vars;
	struct tag_set set[RUN_SETS];
	size_t sets;
	bool dropped;
	struct buf log;
	struct buf *report;
	struct buf line;	/* the last reply line, without CRLF */
};

/* reports "expected, got" and returns -1 */
int run_fail(struct run *r, const char *expected, struct pop_span got);
int run_failf(struct run *r, struct pop_span got, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int run_fail_text(struct run *r, const char *mark, struct pop_span text,
    struct pop_span got);
void run_log(struct run *r, const char *mark, struct pop_span text);
uint64_t run_random(struct run *r, uint64_t below);

/* reply lines (run_reply.c) */
struct run_conn *run_speaking(struct run *r);
/* what came and was not asked for yet */
struct pop_span run_unread(const struct run_conn *k);
enum peer_recv run_receive(struct run *r, int timeout_ms);
/* how long the next reply may take */
int run_reply_ms(struct run *r);
int64_t run_now_ms(void);
/* the case itself waits for so long: that is not the server's time */
void run_allow(struct run *r, uint64_t seconds);
/* r->line; 0, or -1 with a report */
int run_read_line(struct run *r);
/* 1 and r->line, without taking it; 0 the server has closed; -1 */
int run_peek_line(struct run *r);
/* what run_peek_line has shown */
void run_take_line(struct run *r);
int run_status_ok(struct run *r, struct pop_span line);
/* waits for the end of the connection */
int run_read_eof(struct run *r, int timeout_ms);

/* 1 r->line fits the statement, 0 it does not, -1 a broken transcript */
int run_line_fits(struct run *r, const struct wire_stmt *s);
int run_expect_line(struct run *r);
int run_expect_closed(struct run *r);
int run_expect_refused(struct run *r);

/* the client (run_conn.c) */
/* all consecutive C lines; *at moves to the last of them */
int run_send_batch(struct run *r, size_t *at);
int run_login(struct run *r);
void run_hang_up(struct run *r, struct run_conn *k);
int run_open_conn(struct run *r, unsigned number, enum wire_proto proto,
    enum wire_tls tls);
int run_drop(struct run *r);
/* *at: where to go on when a handshake that may fail has failed */
int run_shake_hands(struct run *r, size_t *at);

/* multi-line replies and kept lists (run_lists.c) */
int run_rest(struct run *r);
int run_body(struct run *r);
int run_uidl(struct run *r);
int run_capa(struct run *r);
int run_ehlo(struct run *r);
int run_has(struct run *r);
int run_within(struct run *r);

/* what the server holds (run_world.c) */
/* gives the built-in variables their values; 0, or -1 without memory */
int run_world_vars(struct run *r);
/* message n >= 1 in wire form; 0, or -1 with a report */
int run_world_message(struct run *r, uint64_t n, struct buf *out);

/* maildrops (run_store.c) */
int run_store(struct run *r);
/* *at: index of the statement, moved over its `| ` lines */
int run_stored(struct run *r, size_t *at);

#endif
