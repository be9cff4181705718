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
 *   them; keep what it leaves and present it again.  Behind MORE that is the
 *   start of an incomplete line: append what the peer sends next.  It never
 *   exceeds what the machine's ..._line_max function says; a longer line is
 *   swallowed and answered with an error (a client gives up instead).
 *   Behind any other event it may be whole lines that were sent ahead: do
 *   what the event asks first, and read no more meanwhile than fits.
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
	POP_SASL_MAX = 16384	/* a line of SASL (RFC 4954: 12288) */
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
/* Encodes as much of *in as fits into out; takes it off *in. With 2 octets of
 * room it always goes on. */
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
	/* no answer, the session goes on: */
	POP_SERVER_SASL_CANCEL,	/* an exchange was given up: forget it */
	/* the end: */
	POP_SERVER_CLOSE	/* write the output, then close */
};

struct pop_server_info {
	struct pop_span name;		/* PASS, APOP */
	struct pop_span secret;		/* PASS: the password; APOP: digest */
	struct pop_span mechanism;	/* SASL: as the configuration has it */
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
 * caller must be able to keep of an incomplete line. Ask again after each
 * step: it is POP_COMMAND_MAX except within AUTH, where it is POP_SASL_MAX. */
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
 * A caller who knows that the stored octets are wire octets (CRLF everywhere,
 * also at the end, and no line that begins with a dot) may answer RETR by
 * sending them itself, instead of body, between body_begin's output and
 * body_end's.
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

/* ---- POP3, the client side ----------------------------------------------- */

struct pop_client;

enum pop_client_flag {
	/* USER, PASS and clear mechanisms may be sent without TLS */
	POP_CLIENT_CLEAR_OK = 1 << 0,
	/* no login of any kind without TLS (RFC 8314) */
	POP_CLIENT_NEED_TLS = 1 << 1,
	/* pipeline even when the server did not announce PIPELINING */
	POP_CLIENT_PIPELINE = 1 << 2
};

struct pop_client_config {
	unsigned flags;			/* enum pop_client_flag */
	/* commands under way at most; 0: 32; never more than
	 * POP_CLIENT_UNDER_WAY_MAX */
	unsigned pipeline_max;
};

enum {
	POP_CLIENT_UNDER_WAY_MAX = 512,
	POP_CLIENT_LINE_MAX = 2048,	/* of replies and rows, CRLF included;
					 * challenges: POP_SASL_MAX */
	POP_CAPA_TEXT_MAX = 512
};

enum pop_command {
	POP_CMD_NONE = 0,
	POP_CMD_APOP,		/* arg[0] name, arg[1] the hex digest */
	POP_CMD_AUTH,		/* arg[0] mechanism, arg[1] raw response */
	POP_CMD_CAPA,
	POP_CMD_DELE,		/* number */
	POP_CMD_LAST,
	POP_CMD_LIST,		/* number, or 0 for all */
	POP_CMD_NOOP,
	POP_CMD_PASS,		/* arg[0] password */
	POP_CMD_QUIT,
	POP_CMD_RETR,		/* number */
	POP_CMD_RSET,
	POP_CMD_STAT,
	POP_CMD_STLS,
	POP_CMD_TOP,		/* number, lines */
	POP_CMD_UIDL,		/* number, or 0 for all */
	POP_CMD_USER,		/* arg[0] name */
	POP_CMD_UTF8		/* RFC 6856: messages as they are */
};

/* Zero what a command does not use. */
struct pop_request {
	enum pop_command command;
	uint32_t number;
	uint64_t lines;
	struct pop_span arg[2];
	int has_response;	/* AUTH: arg[1] is an initial response, which
				 * may be empty */
};

enum pop_send {
	POP_SEND_OK = 0,
	/* AUTH was sent without the initial response, which did not fit or
	 * which this server may not know: give it as answer to the first
	 * challenge, which will be empty */
	POP_SEND_NO_RESPONSE = 1,
	POP_SEND_FULL = -1,	/* too little room in out: empty it */
	POP_SEND_BUSY = -2,	/* too many under way, or one that must be
				 * alone: take replies first */
	POP_SEND_ARGUMENT = -3,	/* CR, LF or NUL in it, or too long; or a
				 * message 0 */
	POP_SEND_STATE = -4,	/* not a command for this state */
	POP_SEND_NEED_TLS = -5	/* the configuration forbids it in clear */
};

enum pop_client_event {
	POP_CLIENT_MORE = 0,	/* input used up: bring more */
	POP_CLIENT_FULL,	/* output full: empty it, call again */
	POP_CLIENT_WAIT,	/* TLS or a challenge waits for its answer */
	POP_CLIENT_GREETING,	/* `ok`, `text`, `code`, `stamp` */
	/* The reply to `command`; with STAT: `count`, `octets`; LIST n:
	 * `number`, `octets`; UIDL n: `number`, `uidl`; LAST: `count`. */
	POP_CLIENT_REPLY,
	/* "+OK" to a command with many lines: then come ROW (CAPA, LIST,
	 * UIDL) or PIECE (RETR, TOP), then END. */
	POP_CLIENT_BEGIN,
	POP_CLIENT_ROW,		/* LIST: `number`, `octets`; UIDL: `number`,
				 * `uidl`; CAPA and AUTH: `text` */
	POP_CLIENT_PIECE,	/* `piece`: octets of a message */
	POP_CLIENT_END,		/* RETR, TOP: `octets` in all */
	/* in place of ROW or REPLY: the server sent `text`, which cannot be
	 * (`error` says why). The session goes on. */
	POP_CLIENT_BAD,
	POP_CLIENT_CHALLENGE,	/* AUTH: `data`, strict base64; answer it */
	POP_CLIENT_TLS,		/* shake hands, then pop_client_tls_started */
	/* The server broke the protocol: `error`, maybe `text`. Close; each
	 * further step says the same. */
	POP_CLIENT_ERROR,
	POP_CLIENT_CLOSE	/* QUIT was answered, or service refused */
};

enum pop_client_error {
	POP_CLIENT_E_NONE = 0,
	POP_CLIENT_E_LONG,	/* a line longer than the limit */
	POP_CLIENT_E_STATUS,	/* neither +OK nor -ERR */
	POP_CLIENT_E_UNASKED,	/* octets that answer no command */
	POP_CLIENT_E_STLS,	/* octets behind the +OK to STLS */
	POP_CLIENT_E_CHALLENGE,	/* BAD: a challenge that is not base64; the
				 * exchange was cancelled, a REPLY follows */
	POP_CLIENT_E_CANCEL,	/* +OK to a cancelled exchange */
	POP_CLIENT_E_NUMBER,	/* BAD: not the numbers it should have */
	POP_CLIENT_E_UIDL	/* BAD: no unique-id of 1..70 octets of
				 * 0x21..0x7e; `number` is right */
};

/* Response codes (RFC 2449 section 8, RFC 3206, RFC 6856). */
enum pop_code {
	POP_CODE_NONE = 0,
	POP_CODE_AUTH,		/* credentials: ask the user */
	POP_CODE_IN_USE,	/* locked: later */
	POP_CODE_LOGIN_DELAY,	/* too soon: later */
	POP_CODE_SYS_TEMP,	/* later */
	POP_CODE_SYS_PERM,	/* tell somebody */
	POP_CODE_UTF8,		/* needs UTF8 */
	POP_CODE_OTHER		/* unknown: see the text */
};

struct pop_client_info {
	enum pop_command command;	/* the command that this belongs to */
	int ok;				/* +OK */
	enum pop_code code;
	struct pop_span text;		/* for people, without a known code */
	struct pop_span stamp;		/* GREETING: "<...>", only if it is a
					 * strict msg-id; else empty */
	uint32_t number;		/* message; in REPLY, BEGIN, PIECE and
					 * END that of the request */
	uint32_t count;
	uint64_t octets;
	struct pop_span uidl;
	struct pop_span piece;
	struct pop_span data;
	enum pop_client_error error;
};

enum pop_capa_has {		/* RFC 2449, 2595, 3206, 5034, 6856 */
	POP_CAPA_TOP = 1 << 0,
	POP_CAPA_USER = 1 << 1,
	POP_CAPA_SASL = 1 << 2,
	POP_CAPA_RESP_CODES = 1 << 3,
	POP_CAPA_LOGIN_DELAY = 1 << 4,
	POP_CAPA_LOGIN_DELAY_USER = 1 << 5,	/* may differ after login */
	POP_CAPA_PIPELINING = 1 << 6,
	POP_CAPA_EXPIRE = 1 << 7,
	POP_CAPA_EXPIRE_NEVER = 1 << 8,
	POP_CAPA_EXPIRE_USER = 1 << 9,
	POP_CAPA_UIDL = 1 << 10,
	POP_CAPA_IMPLEMENTATION = 1 << 11,
	POP_CAPA_STLS = 1 << 12,
	POP_CAPA_AUTH_RESP_CODE = 1 << 13,
	POP_CAPA_UTF8 = 1 << 14,
	POP_CAPA_UTF8_USER = 1 << 15,
	POP_CAPA_LANG = 1 << 16
};

struct pop_capa {
	/* 0: not asked (or forgotten), 1: listed, -1: CAPA was refused, so
	 * that nothing is known to be there or not */
	int known;
	unsigned has;			/* enum pop_capa_has */
	uint32_t login_delay;		/* seconds */
	uint32_t expire;		/* days */
	char mechanisms[POP_CAPA_TEXT_MAX];	/* "PLAIN LOGIN", upper case */
	char implementation[POP_CAPA_TEXT_MAX];
};

POP_API size_t pop_client_size(void);
/* `tls_on`: the connection is encrypted already (port 995). */
POP_API struct pop_client *pop_client_init(void *mem,
    const struct pop_client_config *config, int tls_on);
/* What the caller must be able to keep of an incomplete line, in the present
 * state. */
POP_API size_t pop_client_line_max(const struct pop_client *c);

/*
 * Appends a command to `out` and remembers that its reply will come.  Nothing
 * is sent and nothing remembered unless the result is POP_SEND_OK or
 * POP_SEND_NO_RESPONSE.  Without PIPELINING (see pop_client_capa and
 * POP_CLIENT_PIPELINE) one command is under way at a time.  AUTH and STLS are
 * always alone.  With pipelining, commands for after the login may follow PASS
 * or APOP at once.
 *
 * Whoever pipelines must read while it writes: a server may stop reading until
 * its replies are taken.
 */
POP_MUST_USE POP_API enum pop_send pop_client_send(struct pop_client *c,
    const struct pop_request *request, struct pop_out *out);
/* commands that have no complete answer yet */
POP_API unsigned pop_client_under_way(const struct pop_client *c);

/*
 * Uses input until something is to be told.  `out` is needed only to cancel
 * an exchange; it wants 3 octets of room.  A connection that ends before END
 * has not delivered the message.
 */
POP_MUST_USE POP_API enum pop_client_event pop_client_step(
    struct pop_client *c, struct pop_span *in, struct pop_out *out,
    struct pop_client_info *info_r);

/* Answers to CHALLENGE: raw octets, sent as base64 (POP_SEND_OK or
 * POP_SEND_FULL), or giving up; then the REPLY to AUTH comes. */
POP_MUST_USE POP_API enum pop_send pop_client_respond(struct pop_client *c,
    struct pop_span response, struct pop_out *out);
POP_MUST_USE POP_API enum pop_send pop_client_cancel(struct pop_client *c,
    struct pop_out *out);

/* Answer to TLS after a finished handshake: what the server said in clear
 * about its capabilities is forgotten. Octets that were read before the
 * handshake may not be presented after it. */
POP_API void pop_client_tls_started(struct pop_client *c);

/* never NULL */
POP_API const struct pop_capa *pop_client_capa(const struct pop_client *c);
/* is `name` among the announced SASL mechanisms? */
POP_API int pop_capa_mechanism(const struct pop_capa *capa,
    const char *name);
/* 1 once a login was accepted */
POP_API int pop_client_logged_in(const struct pop_client *c);

/* ---- SMTP and LMTP, the receiving side (RFC 5321, 2033 and others) ------- */

/*
 * What the machine decides by itself, so that two readers of one stream can
 * never see different messages or commands in it:
 * - A message ends with CRLF "." CRLF alone.  A message with a bare LF, a
 *   bare CR (550 5.5.2) or a NUL (550 5.6.0) is read to its true end and then
 *   refused.  With POP_SMTP_NORMALIZE line ends are repaired instead, and
 *   a dot means something only behind a CRLF that came as one.
 * - A command ends with CRLF.  One that ends with a bare LF is answered 500
 *   and the connection closed; with NORMALIZE it is taken.
 * - Octets that came in the same input behind DATA or STARTTLS are not
 *   executed: 554 5.5.0 and CLOSE.  BDAT without a size that can be read: 501
 *   and CLOSE, for nobody knows where its octets end.
 * - A message that is too large (552 5.3.4) or has too many Received fields
 *   (554 5.4.6) is read to its end too.  Its lines may be of any length.
 */
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
	/* Write the output, shake hands, call pop_smtp_tls_started; what
	 * came in the clear until then must not be presented afterwards. */
	POP_SMTP_TLS,
	/* Write the output, then close. A transaction that is open is over,
	 * without an ABORT. */
	POP_SMTP_CLOSE
};

struct pop_smtp_info {
	struct pop_span name;		/* HELO: what the client calls itself */
	int extended;			/* HELO: EHLO or LHLO */
	/* MAIL, RCPT: the path without <>, source route and quotes removed
	 * from the local part where they are not needed. A local part in
	 * `local` has its backslashes and quotes resolved. `domain` is empty
	 * for <> and <Postmaster>. No control characters; beyond ASCII only
	 * well-formed UTF-8, and only when `utf8`. They lie in the machine:
	 * valid until the next call of pop_smtp_step. */
	struct pop_span path;
	struct pop_span local;
	struct pop_span domain;
	uint64_t size;			/* MAIL SIZE=, 0 when not given */
	int utf8;			/* MAIL, RCPT: SMTPUTF8 was given */
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
/* As pop_server_line_max; text lines of a message do not count. */
POP_API size_t pop_smtp_line_max(const struct pop_smtp *s);

/* As pop_server_step. */
POP_MUST_USE POP_API enum pop_smtp_event pop_smtp_step(struct pop_smtp *s,
    struct pop_span *in, struct pop_out *out, struct pop_smtp_info *info_r);

/*
 * Answers MAIL, RCPT and DATA with a reply.  code: three digits; enhanced:
 * "2.1.5" or NULL; text: no CR or LF.  2yz accepts (for DATA, 250 means
 * "ready": the machine sends 354, or nothing for BDAT); 4yz and 5yz refuse.
 * A refused BDAT is read and thrown away before its reply.  After 421 comes
 * CLOSE.
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
