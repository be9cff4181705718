/* SPDX-License-Identifier: ISC
 *
 * session: one client's connection in a front, whatever it speaks.
 *
 * session_life.c begins and ends it; session.c moves octets between the
 * connection and a protocol machine; session_pop3.c and session_smtp.c do
 * what their machine's events ask, with the help of the auth and store
 * processes.
 */
#ifndef RESTANTE_SERVER_SESSION_H
#define RESTANTE_SERVER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <pop.h>

#include "base/buf.h"
#include "net/conn.h"
#include "net/loop.h"

struct front;
struct ipc_frame;
struct log_line;
struct session;
struct settings;

enum session_step {
	STEP_MORE,		/* input used up */
	STEP_FULL,		/* output full */
	STEP_FILE,		/* a file behind the output: see send_file */
	STEP_WAIT,		/* another process was asked */
	STEP_TLS,		/* hand-shake after the output is written */
	STEP_CLOSE		/* close after the output is written */
};

/* what a protocol does for the pump */
struct session_ops {
	const char *service;		/* "pop3", "lmtp", "smtp" */
	/* puts the greeting into `out`; false for lack of memory */
	bool (*start)(struct session *s, struct pop_out *out);
	enum session_step (*step)(struct session *s, struct pop_span *in,
	    struct pop_out *out);
	/* After STEP_FILE, when the output is written, and until it gives 0: a
	 * part of the file.  Octets, 0: all is sent, CONN_AGAIN, CONN_ERROR.
	 * NULL where no step says STEP_FILE. */
	ssize_t (*send_file)(struct session *s);
	size_t (*line_max)(const struct session *s);
	void (*tls_started)(struct session *s);
	/* a frame of the auth or store process with this session's id;
	 * false: it was out of order */
	bool (*frame)(struct session *s, struct ipc_frame *f);
	/* the auth or the store process has gone: answer what waits for it;
	 * false: the session cannot go on without */
	bool (*lost)(struct session *s, bool store);
	/* its time is up; may say a last word. false: not yet, it waits for
	 * the store */
	bool (*expired)(struct session *s, struct pop_out *out);
	/* a shutdown begins; may say a last word. false: let it finish */
	bool (*drained)(struct session *s, struct pop_out *out);
	/* user's name or NULL, for logs and `who` */
	const char *(*user)(const struct session *s);
	void (*log)(const struct session *s, struct log_line *line);
	/* lets go of all it has in other processes, and of its memory */
	void (*release)(struct session *s);
};

struct session {
	struct loop_io io;
	struct conn conn;
	struct loop_timer timer;
	struct loop_task again;		/* gave way to others */
	struct front *front;
	struct settings *settings;
	const struct session_ops *ops;
	void *proto;			/* struct pop3, struct smtp */
	struct session *prev, *next;	/* all of the front's */
	struct session *older, *newer;	/* those that are newcomers */
	struct buf in, out;		/* what did not fit; empty when idle */
	const char *end;		/* how it ended, for the log */
	uint64_t started_ms;
	uint64_t octets_in, octets_out;
	uint64_t idle_ms;		/* time-out, pushed by progress; 0: the
					 * timer stands where it is */
	uint32_t serial;		/* of this process: for people */
	uint32_t id;			/* for other processes; 0: none */
	unsigned listen;		/* index into the configuration */
	uint16_t port;
	unsigned char address[16];
	bool newcomer;			/* no login yet, and no mail */
	bool handshaking;
	bool waiting;			/* for another process */
	bool filing;			/* a file is to be sent behind `out` */
	bool corked;			/* packets wait until they are full */
	bool unread;			/* readable, but not wanted just now */
	bool closing;			/* when the output is written */
	bool tls_next;			/* the same: then shake hands */
	bool tls_on;
};

/* a new connection of listener `listen`; takes over fd */
void session_accept(struct front *f, int fd, unsigned listen,
    const unsigned char address[16], uint16_t port);
/* session.c, for session_life.c: the parts that move octets */
void session_init(struct session *s, int fd);
/* hand-shake or greeting; the session may have ended behind it */
void session_begin(struct session *s, bool tls);
/* an answer was noted in proto: go on with it */
void session_resume(struct session *s);
/* ends it now; `why` is for the log (static) */
void session_end(struct session *s, const char *why);
/* says its last words, then ends */
void session_drain(struct session *s);
/* a new id, known to the front; 0 for lack of memory */
uint32_t session_new_id(struct session *s);
/* no other process reaches it any more */
void session_drop_id(struct session *s);
/* it has logged in, or brings mail for somebody here: no newcomer any more */
void session_settle(struct session *s);
/* the client's address as text */
void session_peer(const struct session *s, char *out, size_t size);
/* the idle time-out from now on, milliseconds */
void session_set_idle(struct session *s, uint64_t ms);

extern const struct session_ops session_pop3_ops;
extern const struct session_ops session_lmtp_ops;
extern const struct session_ops session_smtp_ops;

#endif
