/* SPDX-License-Identifier: ISC
 *
 * run: plays one transcript once against a peer.
 */
#ifndef WIRE_RUN_H
#define WIRE_RUN_H

#include "wire/peer.h"

enum run_mode { RUN_WHOLE, RUN_BYTES, RUN_RANDOM };

struct run_how {
	enum run_mode mode;
	uint64_t seed;		/* RUN_RANDOM */
	int timeout_ms;		/* for each thing the server must say */
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
	bool eof;
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
/* r->line; 0, or -1 with a report */
int run_read_line(struct run *r);
/* 1 and r->line, without taking it; 0 the server has closed; -1 */
int run_peek_line(struct run *r);
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

/* maildrops (run_store.c) */
int run_store(struct run *r);
/* *at: index of the statement, moved over its `| ` lines */
int run_stored(struct run *r, size_t *at);

#endif
