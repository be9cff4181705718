/* SPDX-License-Identifier: ISC
 *
 * case: one transcript, read and checked.  README.md describes the language.
 */
#ifndef WIRE_CASE_H
#define WIRE_CASE_H

#include <stdbool.h>

#include "base/buf.h"

enum wire_proto { WIRE_POP3, WIRE_SMTP, WIRE_LMTP };
enum wire_only { WIRE_ANYWHERE, WIRE_ENGINE, WIRE_SOCKET };
enum wire_tls {
	WIRE_PLAIN,		/* connect: no TLS */
	WIRE_TLS,
	WIRE_TLS_CERT,		/* with a client certificate */
	WIRE_TLS_OLD,		/* nothing newer than `number` (10 or 11) */
	WIRE_TLS_RAW		/* connect: the TLS port, no handshake */
};

enum wire_op {
	OP_SEND,		/* C: */
	OP_SEND_LINE,		/* C~ */
	OP_SEND_RAW,		/* C| */
	OP_LINE,		/* S: */
	OP_LINE_RAW,		/* S| */
	OP_GLOB,		/* S~ */
	OP_REST,		/* S... [glob] */
	OP_OCTETS,		/* S= N octets */
	OP_MAIL,		/* S= mail N [top K] */
	OP_UIDL,		/* S= uidl */
	OP_CAPA,		/* S= capa NAME */
	OP_EHLO,		/* S= ehlo NAME */
	OP_CLOSED,		/* S! closed */
	OP_REFUSED,		/* S! refused */
	OP_EITHER,
	OP_OR,
	OP_END,
	OP_CONNECT,
	OP_USE,
	OP_DROP,
	OP_STARTTLS,
	OP_LOGIN,
	OP_PAUSE,
	OP_DIFFER,
	OP_HAS,
	OP_LACKS,
	OP_WITHIN,
	OP_STORED,
	OP_STORED_LINE,		/* | text */
	OP_STORE
};

enum { WIRE_WORDS = 16, WIRE_CONNS = 9, WIRE_MAILS = 16, WIRE_USERS = 8 };

struct wire_stmt {
	enum wire_op op;
	unsigned line;
	unsigned repeat;	/* at least 1 */
	struct pop_span text;	/* what stands behind the mark or verb */
	struct pop_span word[WIRE_WORDS];
	size_t words;
	uint64_t number;	/* octets, message, connection, seconds */
	uint64_t lines;		/* TOP's count */
	bool is_top;		/* OP_MAIL; OP_STORED: with trace fields */
	bool may_fail;		/* try tls */
	enum wire_tls tls;
	enum wire_proto proto;	/* OP_CONNECT */
	size_t next;		/* EITHER, OR: where the next OR or END is */
};

struct wire_user {
	struct buf name, password;
};

/* how the server must be set up; 0: its default */
struct wire_setup {
	bool no_tls, tls_only, pop3s, apop, last, strict_crlf, normalize;
	unsigned idle, bad, failures, recipients, received;
	uint64_t size;
};

struct wire_case {
	const char *path;
	struct buf file;
	struct pop_span title, checks, ref, needs, reason;
	struct pop_span choice;		/* why we do it so; no RFC asks it */
	bool changes;			/* the maildrop is not as before */
	enum wire_proto proto;
	enum wire_only only;
	struct wire_setup setup;
	struct buf mail[WIRE_MAILS];	/* wren's, as stored */
	size_t mails;
	struct wire_user user[WIRE_USERS];
	size_t users;
	struct wire_stmt *stmt;
	size_t stmts;
	/* what the dialogue itself needs */
	bool uses_tls, uses_pop3s, uses_store;
};

/* 0, or -1 after one line "file:line: what" on standard error */
__attribute__((warn_unused_result))
int case_load(struct wire_case *c, const char *path);
void case_done(struct wire_case *c);

/* the next word of *s, taken off it with the blanks in front; empty: none */
struct pop_span case_word(struct pop_span *s);

/*
 * Appends the first thing that the case needs and that is not among the
 * words of `have` (separated by commas). 1 when something is missing, else 0.
 */
int case_missing(const struct wire_case *c, const char *have, bool has_store,
    struct buf *out);

#endif
