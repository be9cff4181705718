/* SPDX-License-Identifier: ISC
 *
 * verbs: the one table of POP3 commands.  The server half reads from it what
 * to accept, the client half what to send and whether an answer has more than
 * one line.
 */
#ifndef RESTANTE_PROTO_VERBS_H
#define RESTANTE_PROTO_VERBS_H

#include "base/span.h"

enum verb_id {
	VERB_APOP,
	VERB_AUTH,
	VERB_CAPA,
	VERB_DELE,
	VERB_LAST,
	VERB_LIST,
	VERB_NOOP,
	VERB_PASS,
	VERB_QUIT,
	VERB_RETR,
	VERB_RSET,
	VERB_STAT,
	VERB_STLS,
	VERB_TOP,
	VERB_UIDL,
	VERB_USER,
	VERB_UTF8		/* the client's alone, as yet */
};

enum verb_args {
	ARGS_NONE,
	ARGS_REST,		/* everything behind the first SP, untrimmed */
	ARGS_WORD,
	ARGS_WORD_WORD,
	ARGS_UP_TO_TWO,		/* no, one or two words */
	ARGS_NUMBER,
	ARGS_MAYBE_NUMBER,
	ARGS_NUMBER_LINES
};

enum verb_state {		/* RFC 1939 sections 4 and 5 */
	IN_AUTHORIZATION = 1 << 0,
	IN_TRANSACTION = 1 << 1
};

enum verb_reply {
	REPLY_LINE,
	REPLY_LINES,		/* +OK is followed by lines and a dot */
	REPLY_LINES_BARE	/* ... when the command had no argument */
};

struct verb {
	enum verb_id id;
	const char *name;
	const char *usage;	/* for people */
	enum verb_args args;
	unsigned states;	/* enum verb_state */
	enum verb_reply reply;
};

struct verb_call {
	const struct verb *verb;
	unsigned words;		/* 0..2 */
	struct pop_span word[2];
	uint64_t number;	/* a message, when words > 0 */
	uint64_t lines;		/* ARGS_NUMBER_LINES */
};

const struct verb *verb_get(enum verb_id id);

/* The verb that `line` begins with, NULL for none. *rest_r is what stands
 * behind the verb, its SP included. */
const struct verb *verb_find(struct pop_span line, struct pop_span *rest_r);

/* Reads the arguments of call_r->verb: 0, or -1 when they are not what the
 * verb takes. */
__attribute__((warn_unused_result))
int verb_args(struct pop_span rest, struct verb_call *call_r);

/* RFC 1939 section 3: printable ASCII only */
bool verb_printable(struct pop_span line);

#endif
