/* SPDX-License-Identifier: ISC
 *
 * session_smtp: what the files of an SMTP or LMTP session share: the dialogue
 * (session_smtp.c), the answers of other processes (session_smtp_hear.c) and
 * the message on its way into the store's file (session_spool.c).
 */
#ifndef RESTANTE_SERVER_SESSION_SMTP_H
#define RESTANTE_SERVER_SESSION_SMTP_H

#include "proto/trace.h"
#include "server/front.h"
#include "server/loop_guard.h"
#include "store/measure.h"
#include "store/store.h"

enum smtp_wait {
	SMTP_NOTHING,
	SMTP_RCPT,		/* auth looks the recipient up */
	SMTP_BEGIN,		/* the store makes a file */
	SMTP_RESULTS		/* the store delivers */
};

enum smtp_answer {
	SMTP_NO_ANSWER,
	SMTP_ANSWER_RCPT,	/* code, enhanced, text */
	SMTP_ANSWER_DATA,
	SMTP_ANSWER_END
};

struct recipient {
	char *address;		/* as the client wrote it, without <> */
	enum store_result result;
	bool had_it;		/* a Delivered-To of the message names it */
};

struct smtp {
	struct pop_smtp *machine;	/* behind this struct */
	char *helo;
	bool extended, utf8;
	char *sender;
	struct recipient *recipients;
	unsigned n;			/* accepted ones */
	char *asked;			/* address of SMTP_RCPT */
	enum smtp_wait wait;
	enum smtp_answer answer;
	unsigned code;
	const char *enhanced, *text;	/* static */
	unsigned results, given;	/* that came, that were answered */

	/* the message, see session_spool.c */
	int fd;				/* -1: none */
	unsigned carrier;
	uint64_t written;		/* octets in the file */
	struct measure measure;		/* of the message alone */
	struct trace_strip strip;
	struct trace_lf lf;
	struct loop_guard guard;
	size_t pending;			/* octets in the front's file memory */
	bool spool_failed;
	int64_t time;
	char id[48];

	uint32_t messages, delivered, refused;
};

static inline struct smtp *
smtp_of(const struct session *s)
{
	return s->proto;
}

/* session_smtp.c: notes the answer; enhanced and text are static */
void smtp_note(struct smtp *p, enum smtp_answer answer, unsigned code,
    const char *enhanced, const char *text);
/* notes 451: auth or store cannot be reached */
void smtp_store_down(struct smtp *p, enum smtp_answer answer);

/* session_smtp_hear.c: see struct session_ops */
bool smtp_frame(struct session *s, struct ipc_frame *f);
bool smtp_lost(struct session *s, bool store);

/* session_spool.c */
/* the store's file has come: its header goes in; false: could not */
bool spool_begin(struct session *s, int fd, unsigned carrier);
/* a piece of the message; failures are told to the machine */
void spool_piece(struct session *s, struct pop_span piece);
/* what is pending goes into the file: at the end of every step, because its
 * memory is the front's */
void spool_flush(struct session *s);
/* the message is whole: asks the store to deliver; false: the store is gone
 * or the spool failed */
bool spool_deliver(struct session *s);
/* closes the file; the store removes it */
void spool_drop(struct smtp *p);
/* a line in the log for recipient i */
void spool_log(struct session *s, unsigned i);

#endif
