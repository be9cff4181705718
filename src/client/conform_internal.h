/* SPDX-License-Identifier: ISC
 *
 * conform_internal: what the files conform*.c share; nobody else includes it.
 */
#ifndef RESTANTE_CLIENT_CONFORM_INTERNAL_H
#define RESTANTE_CLIENT_CONFORM_INTERNAL_H

#include "client/conform.h"
#include "wire/run.h"

enum { CONFORM_PROTOS = 3, CONFORM_TEXT_MAX = 64 << 20,
	CONFORM_WAIT_MS = 120000, CONFORM_REPLY_MS = 30000,
	CONFORM_ANSWER_MS = 300000,	/* with all of its text */
	/* a transcript has lines of one megabyte, and CRLF behind them */
	CONFORM_LINE_MAX = 2 << 20, CONFORM_LIST_MAX = 4 << 20 };

enum conform_way { WAY_ACTION, WAY_DELIVER, WAY_AS_IS };

/* what became of the maildrop that a case wants */
enum conform_begun {
	BEGUN,
	BEGUN_NOT_HERE,		/* such mail cannot be had here */
	BEGUN_BROKEN		/* it should have been possible */
};

enum conform_verdict {
	VERDICT_PASSED, VERDICT_FAILED,
	VERDICT_DIFFERS,	/* no RFC asks for it */
	VERDICT_NOT_HERE, VERDICTS
};

struct conform_case {
	struct wire_case wire;
	char *path;		/* borrowed by wire */
	const char *name;	/* "pop3/list"; points into `path_name` */
	char *path_name;
};

struct conform_cases {
	struct conform_case *at;
	size_t n, room;
};

/* what lies in the account's maildrop, as far as we know */
struct conform_drop {
	bool known;
	struct buf sent[WIRE_MAILS];	/* as we delivered it, wire form */
	struct buf text[WIRE_MAILS];	/* as it comes, wire form */
	size_t n;
	struct buf mark;	/* UIDL or LIST: is it still the same? */
	struct buf fault;	/* what delivery has changed; empty: nothing */
};

struct conform_count {
	unsigned n[VERDICTS];
	struct buf failed;	/* ids of checks, blanks between */
};

struct conform {
	const struct client_args *args;
	enum conform_way way;
	struct conform_cases cases;
	char host[256], mta_host[CONFORM_PROTOS][256];
	const char *port;		/* that begins in clear */
	struct peer peer;		/* what the runner plays against */
	struct peer *pop;
	struct peer *mta[CONFORM_PROTOS];
	struct buf have[CONFORM_PROTOS];	/* words, with commas */
	bool may_clear;			/* to say a password without TLS */
	bool may_mark;			/* to DELE what lies there */
	bool clear;			/* logs in without TLS */
	enum sock_wrap secure;		/* the way to TLS; SOCK_CLEAR: none */
	const struct wire_case *playing;
	int64_t began_ms;
	struct buf not_here;		/* a `store` that nobody can do */
	const char *user;
	struct buf password;		/* with a NUL at its end */
	char recipient[256], domain[256], stranger[280];
	struct run_world world;
	struct pop_span message[WIRE_MAILS];
	struct conform_drop drop;
	bool slowly;			/* a second between deliveries */
	unsigned fields;		/* that delivery puts on top */
	enum conform_begun begun;
	struct conform_count count;
	char server[256];		/* who it says it is */
};

/* one line on standard error, or an object; returns `status` */
__attribute__((format(printf, 3, 4)))
int conform_complain(const struct client_args *a, int status,
    const char *fmt, ...);

/* ---- conform_cases.c: the transcripts ---- */

/* EX_OK or an exit status, after a message */
int conform_load(const struct client_args *a, struct conform_cases *all);
void conform_unload(struct conform_cases *all);
/* 1 and why it cannot be played, else 0; < 0 memory */
int conform_not_here(const struct conform *c, const struct wire_case *w,
    struct buf *why);

/* ---- conform_nature.c: what a transcript does ---- */

/* Are there three messages, those of the fixture? */
bool conform_is_base(const struct wire_case *w);
/* Does a session of it end with QUIT while a message is marked? */
bool conform_removes(const struct wire_case *w);
/* Is the session of this line about how TLS begins? */
bool conform_wants_clear(const struct wire_case *w, unsigned line);
/* Does such a session send a name or a password without TLS? */
bool conform_logs_in_clear(const struct wire_case *w);
/* Does it say something secret without TLS, though only to be refused? */
bool conform_tells_in_clear(const struct wire_case *w);
/* Does it mark mail, whatever becomes of that? */
bool conform_marks(const struct wire_case *w);

/* ---- conform_talk.c: sessions of our own ---- */

struct conform_talk {
	struct conform *c;
	struct peer *peer;
	void *conn;
	struct buf in, line;	/* line: the last one, without CRLF */
	size_t used;
	int64_t end_ms;		/* for all of an answer */
	struct buf why;		/* after -1: for people */
	bool silent;		/* after -1: nothing came in time */
	bool bad_stuffing;
};

/* 0, or -1; talk_close in any case */
int talk_open(struct conform_talk *t, struct conform *c,
    enum wire_proto proto, enum sock_wrap wrap);
void talk_close(struct conform_talk *t);
int talk_line(struct conform_talk *t);
int talk_send(struct conform_talk *t, struct pop_span octets);
/* 1 +OK, 0 -ERR, -1 broken */
__attribute__((format(printf, 2, 3)))
int talk_ask(struct conform_talk *t, const char *fmt, ...);
/* lines up to the dot, unstuffed, with CRLF */
int talk_text(struct conform_talk *t, struct buf *out);
/* 1, 0 refused, -1 */
int talk_login(struct conform_talk *t);
/* the whole session up to the login, however late a lock is released */
int talk_settle(struct conform_talk *t, struct conform *c);
/* QUIT and the end of the connection: 1, 0, -1 as talk_ask */
int talk_quit(struct conform_talk *t);
/* SMTP: the code of the reply, also of one of several lines, or -1 */
__attribute__((format(printf, 2, 3)))
int talk_command(struct conform_talk *t, const char *fmt, ...);
int talk_reply(struct conform_talk *t, struct buf *all);
void conform_sleep(int ms);
int64_t conform_now_ms(void);

/* ---- conform_look.c: what the server has ---- */

struct conform_seen {
	struct pop_span greeting;
	struct pop_span capa;	/* CAPA before and after login */
	bool has_capa, tls, pop3s, clear, top, uidl;
	bool clear_untried;
	int last, bare_lf;	/* 1, 0, -1: not known */
};

/* EX_OK or an exit status, after a message */
int conform_look(struct conform *c);

/* ---- conform_words.c: what that is called ---- */

/* the words for `needs:`, with commas; 0, or -1 */
int conform_words(const struct conform_seen *s, struct buf *have);
/* the words of an EHLO or LHLO reply */
int conform_mta_words(struct pop_span reply, struct buf *have);
/* more words, and -words that are none */
int conform_add_words(struct buf *have, struct pop_span given);
bool conform_line_has(struct pop_span lines, const char *tag,
    const char *parameter);

/* ---- conform_mail.c: mail for a case ---- */

enum { DELIVERED = 0, DELIVER_BROKEN = -1, DELIVER_REFUSED = -2 };

/* 0, or -1, with c->begun and why */
int conform_begin(struct conform *c, const struct wire_case *w,
    struct buf *why);
/* how many lie there, and the N-th without what delivery puts on top */
int conform_count_mail(struct conform *c, uint64_t *n_r, struct buf *why);
int conform_read_mail(struct conform *c, uint64_t number, struct buf *out,
    struct buf *why);
int conform_deliver(struct conform *c, const struct buf *mail, size_t n,
    struct buf *why);
void conform_drop_done(struct conform_drop *d);

/* ---- conform_learn.c: what delivery did to it ---- */

/* NULL when `got` is `sent` below more header fields (*fields_r of them),
 * else what is wrong. Both in wire form. */
const char *conform_same(struct pop_span sent, struct pop_span got,
    unsigned *fields_r);
/* What nobody has to deliver as it is: NUL, bare CR, long lines, octets above
 * 127 in the header, no header (RFC 5322 section 2, RFC 6532). */
bool conform_is_odd(struct pop_span wire);
/* without the fields that the last delivery writes: Delivered-To is taken for
 * a loop */
void conform_bare(struct buf *wire);
/* takes `fields` header fields off the front */
void conform_skip_fields(struct pop_span *text, unsigned fields);

/* ---- conform_report.c ---- */

int conform_list(const struct client_args *a,
    const struct conform_cases *all);
void conform_tell_server(const struct conform *c);
void conform_tell(struct conform *c, const struct conform_case *k,
    enum conform_verdict v, const char *why, const struct run_failure *f);
/* the delivered mail, where we have delivered it */
void conform_tell_delivery(struct conform *c, const char *fault);
void conform_tell_end(struct conform *c, int status);
/* replaces the password, in each form in which it is sent or shown; what
 * cannot be done so is emptied */
void conform_hide(const struct conform *c, struct buf *text);

/* ---- conform_secret.c ---- */

/* EX_OK or an exit status, after a message */
int conform_password(struct conform *c);
/* Does the person agree that the account's mail is removed? */
int conform_consent(const struct conform *c);

#endif
