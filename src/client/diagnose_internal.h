/* SPDX-License-Identifier: ISC
 *
 * diagnose_internal: what the files of the diagnosis share.
 *   diagnose.c           the table of checks, running it, printing
 *   diagnose_names.c     addresses, SRV records
 *   diagnose_ports.c     connecting to each address
 *   diagnose_parley.c      a connection: lines, deadlines, TLS
 *   diagnose_look.c      what is seen of each port without logging in
 *   diagnose_tls.c       versions, certificate
 *   diagnose_clear.c     STLS, and what is offered without it
 *   diagnose_capa.c      greeting, capabilities, mechanisms
 *   diagnose_login.c     logging in, by login.c
 *   diagnose_drop.c      what the sessions behind a login show
 *   diagnose_mail.c      messages
 *   diagnose_local.c     this machine's side of an account
 */
#ifndef RESTANTE_CLIENT_DIAGNOSE_INTERNAL_H
#define RESTANTE_CLIENT_DIAGNOSE_INTERNAL_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "base/buf.h"
#include "base/text.h"
#include "client/diagnose.h"
#include "client/discover.h"
#include "client/secret.h"
#include "net/conn.h"
#include "net/tls_client.h"
#include "proto/resp_read.h"

struct diagnose;

/* ---- results: diagnose.c ---- */

enum diagnose_status {
	DIAGNOSE_OK, DIAGNOSE_WARNING, DIAGNOSE_FAULT, DIAGNOSE_SKIPPED,
	DIAGNOSE_STATES
};

/* What checks stand on: made known by an earlier check (diagnose_have), or the
 * reason why it is not there (diagnose_lack). */
enum diagnose_need {
	HAVE_DOMAIN,
	HAVE_ADDRESS,
	HAVE_TLS_PORT,		/* somebody takes connections there */
	HAVE_CLEAR_PORT,
	HAVE_CLEAR,		/* a POP3 server greeted there */
	HAVE_STLS,		/* a handshake there, with whoever it was */
	HAVE_TLS,		/* a certificate was seen, on either port */
	HAVE_SESSION,		/* capabilities were asked for over TLS, or
				 * in clear if the account has no TLS */
	HAVE_SAFE,		/* a password may be sent */
	HAVE_SECRET,
	HAVE_LOGIN,
	HAVE_SECOND,		/* a second session */
	HAVE_LISTING,
	HAVE_MESSAGE,
	HAVE_READ,		/* mail.size has read some */
	HAVE_ACCOUNT,		/* of restante.conf */
	HAVES
};
#define NEED(what) (1u << HAVE_##what)

struct diagnose_check {
	const char *name;	/* "tls.expiry"; NULL: only runs */
	unsigned needs;
	unsigned gives;		/* what it may make known */
	/* says one thing, by diagnose_say */
	void (*run)(struct diagnose *d);
};

void diagnose_have(struct diagnose *d, enum diagnose_need what);
/* the first reason stays */
__attribute__((format(printf, 3, 4)))
void diagnose_lack(struct diagnose *d, enum diagnose_need what,
    const char *fmt, ...);

/* `what` and all that would come behind it, for one reason */
void diagnose_lack_all(struct diagnose *d, enum diagnose_need what,
    const char *why);

/* The result of the check that is running; once.  `remedy` NULL: none. What
 * peers said must have been through escape_text. */
__attribute__((format(printf, 4, 5)))
void diagnose_say(struct diagnose *d, enum diagnose_status status,
    const char *remedy, const char *fmt, ...);

/* ---- what is known ---- */

enum {
	PLACES_MAX = 8,		/* addresses that are tried */
	TALK_MS = 10000,	/* for one answer */
	CONNECT_MS = 8000,
	TOTAL_MS = 180000,
	LINE_OCTETS = 8192,
	DROP_ROWS = 500000,
	CAPA_OCTETS = 8192,
	HEAD_OCTETS = 64 << 10,	/* of a message, to compare TOP with */
	SAID_MAX = 320		/* escaped text of a server */
};

struct place {
	struct sockaddr_storage addr;
	socklen_t len;
	char text[64];
};

/* CAPA as it was answered */
struct capa_seen {
	bool asked;
	struct pop_capa parsed;
	struct buf lines;	/* each with a '\n' */
};

enum touch { TOUCH_NOT, TOUCH_OPEN, TOUCH_REFUSED, TOUCH_SILENT,
	TOUCH_NO_ROUTE };

/* what the handshakes with one port showed */
struct tls_seen {
	bool done;		/* one, with whoever it was */
	bool verified;		/* one that fetch would have accepted */
	enum tls_client_fault fault;
	char text[400];		/* about the fault */
	char version[16], cipher[64];
	X509 *cert;
	bool resumes;
	char not_again[SAID_MAX];	/* why there was no second one */
};

/* one of the two ports */
struct gate {
	unsigned port;		/* 0: not looked at */
	bool implicit;
	enum touch touch[PLACES_MAX];
	int error[PLACES_MAX];	/* errno */
	unsigned ms[PLACES_MAX];
	const struct place *place;	/* the first that is open */
	struct tls_client *client;
	struct tls_seen tls;
	char greeting[SAID_MAX];	/* escaped */
	struct buf greeting_line;	/* as it came, with CRLF */
	char stamp[SAID_MAX];
	char problem[SAID_MAX];	/* why there was no greeting */
	struct capa_seen clear, encrypted;
	bool greeted;
	bool refuses;		/* its greeting was -ERR */
	bool stls_accepted;	/* +OK to STLS */
	bool stls_answered;
	char stls_said[SAID_MAX];	/* its answer, escaped, or why there
					 * was none */
};

/* the maildrop as one session shows it; what is beyond DROP_ROWS messages is
 * counted and not kept */
struct drop_seen {
	uint64_t count, octets;	/* STAT */
	struct buf sizes;	/* LIST: uint64_t each, in its order */
	size_t nrows;		/* rows of LIST, all of them */
	uint64_t sum;
	size_t odd_rows;	/* no number and size, or out of order */
	struct buf ids;		/* UIDL: each with a '\0' */
	size_t nids, odd_ids;
	char odd[SAID_MAX];	/* the first such row, escaped */
	char odd_id[SAID_MAX];
};

/* what RETR of some messages showed */
struct mail_seen {
	size_t read;		/* messages */
	size_t wrong;		/* that had another size than LIST says, or
				 * were refused */
	bool refused;		/* the first of them was */
	char first_wrong[SAID_MAX];
	char broken[SAID_MAX];	/* how the answers lost their step */
	size_t stray_dots, bare_lf;	/* messages with such */
	uint64_t number;	/* the one whose beginning is kept */
	struct buf head;
	bool top_works;
};

struct diagnose {
	const struct diagnose_spec *spec;
	struct account_conf account;	/* a copy that borrows */
	const char *host;
	char domain[DISCOVER_NAME_MAX];
	struct loop *loop;
	uint64_t begun_ms, end_ms;

	const struct diagnose_check *check;	/* that is running */
	bool said;
	unsigned have;
	char lacks[HAVES][SAID_MAX];
	size_t counts[DIAGNOSE_STATES];
	bool lost;		/* a line could not be printed */

	struct place places[PLACES_MAX];
	size_t nplaces, nv4, nv6;
	bool touched;
	struct gate tls, clear;
	struct gate *way;	/* the one to log in by, or NULL */

	struct secret secret;
	bool has_secret;
	struct capa_seen inside;	/* CAPA after the login */
	struct parley *first, *second;
	struct drop_seen drop, again;
	struct mail_seen mail;
};

/* ---- diagnose_parley.c ---- */

struct parley {
	struct diagnose *d;
	struct gate *gate;
	struct conn conn;
	bool open, verified;
	struct buf in;
	size_t used;		/* octets of `in` that a caller has seen */
	char error[SAID_MAX];
};

struct reply {
	bool ok;
	enum pop_code code;
	char text[SAID_MAX];	/* escaped */
};

uint64_t diagnose_now_us(void);
/* `ms`, or the account's `timeout` when that is less */
uint64_t diagnose_patience(const struct diagnose *d, uint64_t ms);

/* A connection to the open address of a gate.  0, or -1 and t->error; then
 * parley_close does no harm. */
__attribute__((warn_unused_result))
int parley_open(struct parley *t, struct diagnose *d, struct gate *g);
void parley_close(struct parley *t);
/* As fetch would do it: 0, or -1 and *fault_r and t->error. `session`: to be
 * resumed, or empty. */
__attribute__((warn_unused_result))
int parley_tls(struct parley *t, struct pop_span session,
    enum tls_client_fault *fault_r);
/* With whoever it is, nothing secret may follow. `version`: TLS1_3_VERSION or
 * 0 for any.  0 or -1. */
__attribute__((warn_unused_result))
int parley_tls_anyone(struct parley *t, int version);
__attribute__((warn_unused_result))
int parley_send(struct parley *t, const void *p, size_t n);
/* a line without its end, valid until the next call. 0, or -1 and t->error */
__attribute__((warn_unused_result))
int parley_line(struct parley *t, struct pop_span *line_r);
/* more octets into t->in: 0, or -1 and t->error */
__attribute__((warn_unused_result))
int parley_more(struct parley *t);
/* the next status line; 0 or -1 */
__attribute__((warn_unused_result))
int parley_reply(struct parley *t, struct reply *r);
/* sends the command and takes its status line */
__attribute__((warn_unused_result))
int parley_ask(struct parley *t, const char *command, struct reply *r);
/* the lines behind +OK, to the dot; `row` may be NULL. 0 or -1 */
__attribute__((warn_unused_result))
int parley_rows(struct parley *t, void (*row)(void *arg, struct pop_span line),
    void *arg);
/* the greeting, noted in the gate: 0, or -1 and t->error */
__attribute__((warn_unused_result))
int parley_greeting(struct parley *t);
/* 0, or -1: the connection is of no more use */
__attribute__((warn_unused_result))
int parley_capa(struct parley *t, struct capa_seen *c);

/* ---- what other files look up ---- */

/* diagnose_ports.c: connects to all addresses, once */
void diagnose_touch(struct diagnose *d);
/* diagnose_look.c: the way to log in by, when both ports were looked at */
void diagnose_choose_way(struct diagnose *d);
/* diagnose_capa.c: is TAG among them? */
bool capa_seen_has(const struct capa_seen *c, const char *tag);
/* diagnose_login.c: a session of its own, logged in as fetch would do it.
 * FAULT_NONE and *t_r; else t->error.  parley_close and free. */
enum fault diagnose_enter(struct diagnose *d, struct parley **t_r,
    const char **mechanism_r, char said[SAID_MAX]);
void diagnose_leave(struct parley **t);

/* ---- the checks ---- */

void diagnose_ipv4(struct diagnose *d);
void diagnose_ipv6(struct diagnose *d);
void diagnose_srv(struct diagnose *d);

void diagnose_tls_ipv4(struct diagnose *d);
void diagnose_tls_ipv6(struct diagnose *d);
void diagnose_clear_ipv4(struct diagnose *d);
void diagnose_clear_ipv6(struct diagnose *d);

void diagnose_tls_port(struct diagnose *d);
void diagnose_clear_port(struct diagnose *d);
void diagnose_stls_offered(struct diagnose *d);
void diagnose_stls_works(struct diagnose *d);

void diagnose_versions(struct diagnose *d);
void diagnose_certificate(struct diagnose *d);
void diagnose_name(struct diagnose *d);
void diagnose_expiry(struct diagnose *d);
void diagnose_key(struct diagnose *d);
void diagnose_pin(struct diagnose *d);
void diagnose_both(struct diagnose *d);
void diagnose_resumption(struct diagnose *d);

void diagnose_stls_injection(struct diagnose *d);
void diagnose_clear_login(struct diagnose *d);

void diagnose_capabilities(struct diagnose *d);
void diagnose_capa_change(struct diagnose *d);
void diagnose_mechanisms(struct diagnose *d);
void diagnose_apop(struct diagnose *d);
void diagnose_implementation(struct diagnose *d);
void diagnose_customs(struct diagnose *d);
void diagnose_expire(struct diagnose *d);
void diagnose_login_delay(struct diagnose *d);

void diagnose_secret(struct diagnose *d);
void diagnose_login(struct diagnose *d);
void diagnose_capa_inside(struct diagnose *d);
void diagnose_round_trip(struct diagnose *d);
void diagnose_stat(struct diagnose *d);
void diagnose_uidl(struct diagnose *d);
void diagnose_unique(struct diagnose *d);
void diagnose_stable(struct diagnose *d);
void diagnose_two_sessions(struct diagnose *d);

void diagnose_top(struct diagnose *d);
void diagnose_size(struct diagnose *d);
void diagnose_framing(struct diagnose *d);
void diagnose_pipelining(struct diagnose *d);

void diagnose_config(struct diagnose *d);
void diagnose_state(struct diagnose *d);
void diagnose_destination(struct diagnose *d);
void diagnose_disk(struct diagnose *d);

#endif
