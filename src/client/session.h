/* SPDX-License-Identifier: ISC
 *
 * session: one connection to a POP3 server, from its name to QUIT.
 *
 * Dials, shakes hands, reads the greeting and the capabilities, logs in; then
 * its owner asks with session_send and hears the machine's events.  Knows the
 * wire, not mail: what is fetched and why is the owner's business.
 *
 * The owner is called from the loop, never from inside session_start or
 * session_send.  It may free the session from `over` or outside of all calls.
 */
#ifndef RESTANTE_CLIENT_SESSION_H
#define RESTANTE_CLIENT_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <pop.h>

#include "client/event.h"
#include "client/secret.h"
#include "conf/client_conf.h"
#include "net/loop.h"

struct session;

/* commands under way at most */
enum { SESSION_DEPTH_MAX = 500 };

/* how it ended; texts are valid during the call */
struct session_end {
	enum fault fault;		/* NONE: QUIT was answered +OK */
	const char *text;		/* our words */
	struct pop_span server_said;
	bool secret_refused;		/* a newer secret may help */
	/* the end came while answers to several commands were awaited, in
	 * a way that fits a server which cannot pipeline */
	bool pipelining_suspect;
};

struct session_owner {
	/* in TRANSACTION: send something */
	void (*ready)(void *arg);
	/* REPLY, BEGIN, ROW, PIECE, END, BAD to what was sent since */
	void (*event)(void *arg, enum pop_client_event event,
	    const struct pop_client_info *info);
	/* all octets that came are used up and there is room to send: the
	 * place to refill a pipeline */
	void (*idle)(void *arg);
	/* it is over; the session is still there for questions, free it
	 * from here or later */
	void (*over)(void *arg, const struct session_end *end);
	void *arg;
};

struct session_spec {
	struct loop *loop;
	const struct account_conf *account;
	struct event_sink *sink;
	const struct session_owner *owner;	/* must outlive it */
	struct secret *secret;			/* the same */
	bool look_only;			/* no login, no secret: `ready` when
					 * the capabilities are known */
	bool pipelining;		/* false: one command at a time */
	bool pipelining_forced;		/* even when not announced */
	/* last time it announced UTF8 and PIPELINING: UTF8 goes out together
	 * with CAPA, which saves a round trip */
	bool utf8_expected;
	struct pop_span tls_session;	/* of an earlier one, copied */
	bool debug;			/* dialogue to standard error */
};

/* NULL: memory */
struct session *session_start(const struct session_spec *spec);
/* closes without a word, whatever goes on */
void session_free(struct session *s);

/* As pop_client_send. */
__attribute__((warn_unused_result))
enum pop_send session_send(struct session *s,
    const struct pop_request *request);
/* no more reading until resume: the owner cannot keep up */
void session_pause(struct session *s);
void session_resume(struct session *s);
/* calls `idle` from the loop, soon: the owner has something to send */
void session_wake(struct session *s);

/* the fault that a reply's code tells of, else `otherwise` */
enum fault session_code_fault(enum pop_code code, enum fault otherwise);
const struct pop_capa *session_capa(const struct session *s);
unsigned session_under_way(const struct session *s);
/* true when several commands may be under way */
bool session_pipelines(const struct session *s);
/* for later resumption; 0, or -1 when there is nothing new to keep */
__attribute__((warn_unused_result))
int session_tls(const struct session *s, struct buf *out);

#endif
