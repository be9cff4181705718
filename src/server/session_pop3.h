/* SPDX-License-Identifier: ISC
 *
 * session_pop3: what the files of a POP3 session share: the session itself
 * (session_pop3.c), what it asks of other processes (session_pop3_ask.c),
 * what they answer (session_pop3_hear.c) and the messages that were opened
 * before they were asked for (session_pop3_ahead.c).
 */
#ifndef RESTANTE_SERVER_SESSION_POP3_H
#define RESTANTE_SERVER_SESSION_POP3_H

#include "server/front.h"
#include "server/listing.h"

enum pop3_wait {
	WAIT_NOTHING,
	WAIT_AUTH,		/* DENIED, CHALLENGE, or the store's OPENED */
	WAIT_CLIENT,		/* a SASL exchange goes on: client's turn */
	WAIT_BODY,
	WAIT_COMMIT
};

enum pop3_answer {
	ANSWER_NONE,
	ANSWER_LOGIN,
	ANSWER_FAILED,		/* login: fail_code, fail_text */
	ANSWER_CHALLENGE,
	ANSWER_BODY,
	ANSWER_NO_BODY,		/* fail_code, fail_text */
	ANSWER_COMMITTED
};

/* a message as a file */
struct pop3_body {
	int fd;
	uint64_t offset, length;
	uint64_t changed;		/* os_changed() when it was opened */
	bool wire_form;			/* its octets can be sent as they are */
};

enum { POP3_LAST = 2 };	/* octets that end a message: CRLF */

struct pop3_ahead;

struct pop3 {
	struct pop_server *machine;	/* behind this struct */
	char *user;
	char *stamp;			/* APOP, until login */
	struct listing *listing;
	enum pop3_wait wait;
	enum pop3_answer answer;
	enum pop_failure fail_code;
	const char *fail_text;		/* static */
	struct buf challenge;
	enum pop_commit committed;
	bool opened;			/* the store holds a session for it */
	bool is_top;
	bool sending;			/* a body, from fd */
	bool ending;			/* its terminator is still to come */
	bool quit;
	int fd;				/* of the body */
	bool copying;			/* sendfile has failed */
	unsigned window;		/* bodies that were asked for last */
	unsigned asked;			/* those that are still to come, but
					 * for the one that is sent next */
	uint32_t next;			/* index that a client asks for next
					 * if it fetches in order */
	uint64_t offset, end;		/* of what is still to be sent */
	uint64_t wire_end;		/* of what can be sent as it is */
	struct pop3_ahead *ahead;	/* NULL: none */
	uint32_t retr, top, dele, failures;
};

static inline struct pop3 *
pop3_of(const struct session *s)
{
	return s->proto;
}

/* ---- session_pop3_ask.c ---- */

/* notes a refusal as the answer; text is static */
void pop3_fail(struct pop3 *p, enum pop3_answer answer, enum pop_failure code,
    const char *text);
/* notes that there is nobody to ask about a login */
void pop3_auth_down(struct pop3 *p);
void pop3_ask_auth(struct session *s, enum pop_server_event ev,
    const struct pop_server_info *info);
void pop3_ask_auth_step(struct session *s,
    const struct pop_server_info *info);
/* gives up a login, whatever was asked: late answers find nobody */
void pop3_cancel_auth(struct session *s);
void pop3_ask_body(struct session *s, const struct pop_server_info *info);
/* the maildrop is let go; there is no answer to wait for */
void pop3_close(struct session *s);
void pop3_ask_commit(struct session *s);

/* ---- session_pop3_ahead.c ---- */

/* the body that is sent next */
void pop3_body_set(struct pop3 *p, const struct pop3_body *b);
/* message i is asked for: true when it was opened before and is still what
 * it was then; now it is the session's body */
bool pop3_ahead_take(struct session *s, uint32_t i);
/* for how many messages from i on the store is asked now */
unsigned pop3_ahead_window(struct session *s, uint32_t i);
/* the store has answered, or will not */
void pop3_ahead_answered(struct session *s);
/* keeps n messages of the answer, those behind the one that was asked for;
 * takes over their descriptors */
void pop3_ahead_keep(struct session *s, const struct pop3_body *v, unsigned n);
/* the session ends: nothing is kept, nothing is waited for */
void pop3_ahead_done(struct session *s);

/* ---- session_pop3_hear.c: see struct session_ops ---- */

bool pop3_frame(struct session *s, struct ipc_frame *f);
bool pop3_lost(struct session *s, bool store);

#endif
