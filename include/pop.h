/* SPDX-License-Identifier: ISC
 *
 * pop.h: libpop, the Post Office Protocol without input and output.
 *
 * libpop performs no I/O.  It owns no socket, clock, lock, thread, log or
 * heap memory; it turns octets that a peer sent into events, and answers to
 * those events into octets for the peer.  A program that uses it reads from
 * its socket into a buffer, calls one `step` function, does what the event
 * asks, and writes what was put into the output.
 *
 * Conventions
 * - Input is a struct pop_span.  A step takes octets off its front as it uses
 *   them.  What it leaves is the start of an incomplete line: keep those
 *   octets, append what the peer sends next, present the whole again.  What
 *   has to be kept never exceeds the line limit of the machine's
 *   configuration; a longer line is swallowed and answered with an error.
 * - Output is a struct pop_out, memory of the caller.  A step wants at least
 *   POP_OUT_MIN octets of room and says POP_..._FULL when there is less:
 *   empty it and call again.  Nothing is ever cut or lost for lack of room.
 * - Machines live in memory of the caller: ask the ..._size function, give
 *   that many suitably aligned octets (malloc's are) to ..._init.  There is
 *   nothing to free.
 * - Functions of one machine may be called from one thread at a time and
 *   never from inside a callback.
 * - Spans in an event borrow from the input (or from configuration) and are
 *   valid until the input's memory changes or the next call on the machine.
 */
#ifndef POP_H
#define POP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define POP_API __attribute__((visibility("default")))
#define POP_MUST_USE __attribute__((warn_unused_result))
#else
#define POP_API
#define POP_MUST_USE
#endif

struct pop_span {
	const unsigned char *p;
	size_t n;
};

struct pop_out {
	unsigned char *p;	/* memory of the caller */
	size_t n;		/* octets in use; the library adds to it */
	size_t size;		/* octets of memory */
};

enum {
	POP_OUT_MIN = 2048,	/* room that a step wants in a pop_out */
	POP_COMMAND_MAX = 255,	/* RFC 2449 section 4, with CRLF */
	POP_REPLY_MAX = 512,	/* RFC 1939 section 3, with CRLF */
	POP_UIDL_MAX = 70,	/* RFC 1939 section 7 */
	POP_SASL_MAX = 16384	/* a line of a SASL exchange (RFC 4954: 12288) */
};

/* The library's version, "0.1.0". */
POP_API const char *pop_version(void);

/* ---- The dot codec (RFC 1939 section 3, RFC 5321 section 4.5.2) ---------- */

/*
 * Stored octets -> wire octets of a multi-line response.
 *
 * The wire form of a message is: each bare LF becomes CRLF, each CRLF stays,
 * a bare CR stays, and a last line without an end gets CRLF; so an empty
 * message is empty.  Its size, which LIST announces, counts those octets
 * and no stuffing.  pop_measure gives exactly that size.
 */
struct pop_stuff {
	unsigned char state;	/* private */
	uint64_t octets;	/* wire octets so far, without stuffing */
};

POP_API void pop_stuff_init(struct pop_stuff *c);
/* Encodes as much of *in as fits into out; takes it off *in. */
POP_API void pop_stuff(struct pop_stuff *c, struct pop_span *in,
    struct pop_out *out);
/* Ends the last line if need be and appends ".CRLF": wants 5 octets of
 * room. 0, or -1 when there is less room (call again). */
POP_MUST_USE POP_API int pop_stuff_end(struct pop_stuff *c,
    struct pop_out *out);

/* Wire size of a message that is given piece by piece: start with a zeroed
 * struct, feed every piece, ask the end. */
struct pop_measure {
	unsigned char last;	/* private */
	uint64_t octets;	/* private: see pop_measure_end */
};

POP_API void pop_measure(struct pop_measure *m, struct pop_span piece);
POP_API uint64_t pop_measure_end(const struct pop_measure *m);

/*
 * Wire octets -> message octets.  Only CRLF "." CRLF ends the message (and
 * "." CRLF at its very start); nothing else does, whatever LF, CR and NUL
 * stand around a dot.
 */
struct pop_unstuff {
	unsigned char state;	/* private */
};

POP_API void pop_unstuff_init(struct pop_unstuff *c);
/*
 * Takes octets off *in and gives the message octets found among them as one
 * piece, *piece_r (it borrows from *in or from static memory; may be empty).
 * Returns 1 when the end was reached (the octets behind it stay in *in), else
 * 0; call again until *in is empty.
 */
POP_MUST_USE POP_API int pop_unstuff(struct pop_unstuff *c,
    struct pop_span *in, struct pop_span *piece_r);

/* ---- POP3, the server side (RFC 1939, 2449, 2595, 3206, 5034) ------------ */

struct pop_server;

enum pop_server_flag {
	/* STLS can be done: announce and accept it */
	POP_SERVER_HAS_TLS = 1 << 0,
	/* USER, PASS and clear mechanisms are welcome without TLS */
	POP_SERVER_CLEAR_OK = 1 << 1,
	/* a command line must end with CRLF; a bare LF is refused */
	POP_SERVER_STRICT_CRLF = 1 << 2,
	/* LAST (RFC 1460) is answered */
	POP_SERVER_HAS_LAST = 1 << 3
};

/* Shared by any number of machines; must outlive them. */
struct pop_server_config {
	unsigned flags;			/* enum pop_server_flag */
	const char *greeting;		/* text after "+OK ", no CR, LF */
	const char *implementation;	/* CAPA IMPLEMENTATION; NULL: none */
	/* SASL mechanisms, separated by one space; "" for none. The first
	 * list holds while TLS is off, the other while it is on. */
	const char *mechanisms_clear;
	const char *mechanisms_tls;
	unsigned bad_commands_max;	/* then -ERR and close; 0: 20 */
	unsigned auth_failures_max;	/* then close; 0: 5 */
};

enum pop_server_event {
	POP_SERVER_MORE = 0,	/* input used up: bring more */
	POP_SERVER_FULL,	/* output full: empty it, call again */
	POP_SERVER_WAIT,	/* an earlier event waits for its answer */
	/* ask for an answer: */
	POP_SERVER_PASS,	/* USER and PASS: `name`, `secret` */
	POP_SERVER_APOP,	/* APOP: `name`, `secret` is the hex digest */
	POP_SERVER_SASL,	/* AUTH: `mechanism`, maybe `data` */
	POP_SERVER_SASL_DATA,	/* the client's next `data` */
	POP_SERVER_TLS,		/* write the output, then shake hands */
	POP_SERVER_BODY,	/* RETR or TOP: bring message `number` */
	POP_SERVER_COMMIT,	/* QUIT: remove what is marked */
	/* the end: */
	POP_SERVER_SASL_CANCEL,	/* the client gave up an exchange; no answer */
	POP_SERVER_CLOSE	/* write the output, then close */
};

struct pop_server_info {
	struct pop_span name;		/* PASS, APOP */
	struct pop_span secret;		/* PASS: the password; APOP: digest */
	struct pop_span mechanism;	/* SASL: upper case */
	/* SASL, SASL_DATA: strict base64, already checked; decode it with
	 * pop_base64_decode. has_data is 0 when AUTH came without an initial
	 * response; an empty one ("=") has has_data 1 and data.n 0. */
	struct pop_span data;
	int has_data;
	uint32_t number;		/* BODY: 1..count */
	int is_top;			/* BODY: the command was TOP */
};

/*
 * What the maildrop holds, as the session sees it.  The caller keeps the
 * memory behind it until the machine is done.
 */
struct pop_listing {
	uint32_t count;
	void *ctx;
	/* wire octets of message i, 0 <= i < count */
	uint64_t (*octets)(void *ctx, uint32_t i);
	/* its unique-id: 1..70 octets of 0x21..0x7e */
	struct pop_span (*uidl)(void *ctx, uint32_t i);
	/* one bit a message, (count + 7) / 8 octets, zeroed by the caller:
	 * bit i % 8 of octet i / 8 is set while message i is marked */
	unsigned char *marks;
};

/* How a login or a command failed: the response code of the reply. */
enum pop_failure {
	POP_FAIL_PLAIN = 0,	/* no code */
	POP_FAIL_AUTH,		/* [AUTH] (RFC 3206): credentials */
	POP_FAIL_IN_USE,	/* [IN-USE]: the maildrop is locked */
	POP_FAIL_LOGIN_DELAY,	/* [LOGIN-DELAY] */
	POP_FAIL_SYS_TEMP,	/* [SYS/TEMP] */
	POP_FAIL_SYS_PERM	/* [SYS/PERM] */
};

enum pop_commit {
	POP_COMMIT_DONE = 0,	/* all marked messages are gone for good */
	POP_COMMIT_PARTIAL,	/* some or all of them are still there */
	POP_COMMIT_UNKNOWN	/* nobody can say */
};

POP_API size_t pop_server_size(void);
/*
 * `stamp` is the APOP timestamp "<...>" of this greeting or NULL when APOP is
 * not offered; it is only put into the greeting and not kept. `tls_on`: the
 * connection is encrypted already (port 995). Appends the greeting to `out`.
 */
POP_API struct pop_server *pop_server_init(void *mem,
    const struct pop_server_config *config, const char *stamp, int tls_on,
    struct pop_out *out);
/* Starts in TRANSACTION instead, after some other kind of login. */
POP_API struct pop_server *pop_server_init_authenticated(void *mem,
    const struct pop_server_config *config, const struct pop_listing *listing,
    struct pop_out *out);
/* Greets with -ERR; the next step says CLOSE. */
POP_API struct pop_server *pop_server_init_refused(void *mem,
    const struct pop_server_config *config, enum pop_failure code,
    const char *text, struct pop_out *out);

/* The longest line that the machine takes in its present state: what the
 * caller must be able to keep of an incomplete line. */
POP_API size_t pop_server_line_max(const struct pop_server *s);

/*
 * Uses input until there is something to do.  *info_r is set for the events
 * that say so.  One event at a time: after PASS, APOP, SASL, SASL_DATA, TLS,
 * BODY and COMMIT each step says WAIT, and uses no input, until the answer is
 * given with one of the functions below.
 */
POP_MUST_USE POP_API enum pop_server_event pop_server_step(
    struct pop_server *s, struct pop_span *in, struct pop_out *out,
    struct pop_server_info *info_r);

/* Answers to PASS, APOP, SASL, SASL_DATA. They want POP_OUT_MIN octets of
 * room, as all answers do. */
POP_API void pop_server_auth_ok(struct pop_server *s,
    const struct pop_listing *listing, struct pop_out *out);
/* text: for people, no CR or LF, may not begin with "[" */
POP_API void pop_server_auth_failed(struct pop_server *s,
    enum pop_failure code, const char *text, struct pop_out *out);
/* SASL only: raw octets, sent as base64. -1 when they do not fit. */
POP_MUST_USE POP_API int pop_server_sasl_challenge(struct pop_server *s,
    struct pop_span challenge, struct pop_out *out);

/* Answer to TLS after a finished handshake: everything learned before is
 * forgotten. (After a failed one, just close.) */
POP_API void pop_server_tls_started(struct pop_server *s);

/*
 * Answers to BODY.  body_begin sends the +OK line; body encodes message
 * octets as stored (see pop_stuff) until *piece is used up or out is full,
 * and returns 1 when it has seen enough (TOP), else 0; body_end finishes:
 * 0, or -1 when out is too full (call again).  body_failed instead of
 * body_begin answers -ERR.  Once body_begin was called there is no way to
 * report an error but closing the connection.
 */
POP_API void pop_server_body_begin(struct pop_server *s, struct pop_out *out);
POP_MUST_USE POP_API int pop_server_body(struct pop_server *s,
    struct pop_span *piece, struct pop_out *out);
POP_MUST_USE POP_API int pop_server_body_end(struct pop_server *s,
    struct pop_out *out);
POP_API void pop_server_body_failed(struct pop_server *s,
    enum pop_failure code, const char *text, struct pop_out *out);

/* Answer to COMMIT. The next step says CLOSE. */
POP_API void pop_server_committed(struct pop_server *s, enum pop_commit how,
    struct pop_out *out);

/* 1 in TRANSACTION (and while a COMMIT is under way), else 0 */
POP_API int pop_server_logged_in(const struct pop_server *s);

/* ---- SMTP and LMTP, the receiving side (RFC 5321, 2033 and others) ------- */

struct pop_smtp;

enum pop_smtp_flag {
	POP_SMTP_LMTP = 1 << 0,		/* LMTP instead of SMTP */
	POP_SMTP_HAS_TLS = 1 << 1,	/* offer STARTTLS */
	POP_SMTP_NEED_TLS = 1 << 2,	/* 530 to MAIL without TLS */
	/* trusted peer: bare LF becomes CRLF, stray CR a space (else 550) */
	POP_SMTP_NORMALIZE = 1 << 3
};

struct pop_smtp_config {
	unsigned flags;			/* enum pop_smtp_flag */
	const char *hostname;
	const char *greeting;		/* text behind "220 hostname "; NULL:
					 * "ESMTP ready" or "LMTP ready" */
	uint64_t size_max;		/* octets of a message; 0: no limit */
	unsigned recipients_max;	/* of one message; 0: 1000 */
	unsigned bad_commands_max;	/* then 421 and close; 0: 20 */
	unsigned received_max;		/* Received fields; 0: 100 */
};

enum pop_smtp_event {
	POP_SMTP_MORE = 0,
	POP_SMTP_FULL,
	POP_SMTP_WAIT,
	POP_SMTP_HELO,		/* greeted: `name`, `extended`; no answer */
	/* ask for an answer with pop_smtp_answer: */
	POP_SMTP_MAIL,		/* `path` (empty: "<>"), `size`, `utf8`... */
	POP_SMTP_RCPT,		/* `path`: local part and domain apart */
	POP_SMTP_DATA,		/* a message begins: be ready to store */
	/* message octets, no answer: */
	POP_SMTP_PIECE,		/* `piece`: as they shall be stored, CRLF */
	/* ask for an answer with pop_smtp_result: */
	POP_SMTP_END,		/* the message is whole: store it */
	/* no answer: */
	POP_SMTP_ABORT,		/* forget the message and its recipients */
	POP_SMTP_TLS,		/* write, shake hands, pop_smtp_tls_started */
	POP_SMTP_CLOSE
};

struct pop_smtp_info {
	struct pop_span name;		/* HELO: what the client calls itself */
	int extended;			/* HELO: EHLO or LHLO */
	/* MAIL, RCPT: the path without <>, source route and quotes removed
	 * from the local part where they are not needed. A local part in
	 * `local` has its backslashes and quotes resolved. `domain` is empty
	 * for <> and <Postmaster>. */
	struct pop_span path;
	struct pop_span local;
	struct pop_span domain;
	uint64_t size;			/* MAIL SIZE=, 0 when not given */
	int utf8;			/* MAIL SMTPUTF8 */
	int eight_bit;			/* MAIL BODY=8BITMIME */
	struct pop_span piece;
};

POP_API size_t pop_smtp_size(void);
POP_API struct pop_smtp *pop_smtp_init(void *mem,
    const struct pop_smtp_config *config, int tls_on, struct pop_out *out);
/* Greets with `code` (421, 554...) and text; the next step says CLOSE. */
POP_API struct pop_smtp *pop_smtp_init_refused(void *mem,
    const struct pop_smtp_config *config, unsigned code, const char *text,
    struct pop_out *out);
POP_API size_t pop_smtp_line_max(const struct pop_smtp *s);

/* As pop_server_step. */
POP_MUST_USE POP_API enum pop_smtp_event pop_smtp_step(struct pop_smtp *s,
    struct pop_span *in, struct pop_out *out, struct pop_smtp_info *info_r);

/*
 * Answers MAIL, RCPT and DATA with a reply.  code: three digits; enhanced:
 * "2.1.5" or NULL; text: no CR or LF.  2yz accepts (for DATA, 250 means
 * "ready": the machine sends 354, or nothing for BDAT); 4yz and 5yz refuse.
 * A refused BDAT is read and thrown away before its reply.
 */
POP_API void pop_smtp_answer(struct pop_smtp *s, unsigned code,
    const char *enhanced, const char *text, struct pop_out *out);

/*
 * Answers END.  SMTP: called once.  LMTP: once for each accepted recipient,
 * in the order in which they were accepted.
 */
POP_API void pop_smtp_result(struct pop_smtp *s, unsigned code,
    const char *enhanced, const char *text, struct pop_out *out);

/* For use between DATA and END: what the caller could not store is answered
 * so at the end, and PIECE events cease; for LMTP to each recipient. */
POP_API void pop_smtp_spool_failed(struct pop_smtp *s, unsigned code,
    const char *enhanced, const char *text);

POP_API void pop_smtp_tls_started(struct pop_smtp *s);
/* Appends "421 4.4.2 text" or the like; the next step says CLOSE. Only for
 * use between events (idle time-out, shutdown). */
POP_API void pop_smtp_goodbye(struct pop_smtp *s, const char *enhanced,
    const char *text, struct pop_out *out);
/* 1 between DATA and the answer to END */
POP_API int pop_smtp_in_message(const struct pop_smtp *s);

/* ---- base64 (RFC 4648 section 4, strict) --------------------------------- */

/* 0 and *n_r, or -1. `out` has text.n / 4 * 3 octets; may be text.p. */
POP_MUST_USE POP_API int pop_base64_decode(unsigned char *out, size_t *n_r,
    struct pop_span text);
/* `out` has (n + 2) / 3 * 4 octets; returns that number. */
POP_API size_t pop_base64_encode(unsigned char *out, const void *p, size_t n);

#ifdef __cplusplus
}
#endif

#endif
