/* SPDX-License-Identifier: ISC
 *
 * event: what happens while the client works, as it is told to whoever
 * watches: a terminal, a file of JSON lines, nobody.
 *
 * The working parts tell; report.c decides what a person or a program sees.
 * Texts that come from a server are spans: report.c escapes them.
 */
#ifndef RESTANTE_CLIENT_EVENT_H
#define RESTANTE_CLIENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* Why an account, or one message, did not work out.  advice.c has a row for
 * each: the short name in JSON, the exit status, what to do next. */
enum fault {
	FAULT_NONE = 0,
	FAULT_RESOLVE,		/* no address for the name */
	FAULT_CONNECT,		/* refused, unreachable */
	FAULT_TIMEOUT,
	FAULT_LOST,		/* the connection ended in the middle */
	FAULT_TLS,		/* handshake failed */
	FAULT_TLS_PLAIN,	/* the server speaks plain text on this port */
	FAULT_CERT,		/* chain, expiry, purpose */
	FAULT_CERT_NAME,	/* a certificate of another name */
	FAULT_PIN,
	FAULT_NO_STLS,		/* not offered, or refused */
	FAULT_STLS_INJECTED,	/* octets behind the +OK to STLS */
	FAULT_NOT_POP,		/* the greeting is no POP3 server's */
	FAULT_REFUSED,		/* greeting -ERR */
	FAULT_PROTOCOL,		/* the server broke the protocol */
	FAULT_AUTH,		/* name or password are wrong */
	FAULT_WANTS_OAUTH,	/* only mechanisms with tokens are offered */
	FAULT_NO_MECHANISM,	/* nothing in common, or only in clear */
	FAULT_SERVER_FAKE,	/* the server did not prove that it knows the
				 * password (SCRAM) */
	FAULT_SECRET,		/* no password or token to be had */
	FAULT_IN_USE,		/* [IN-USE] */
	FAULT_LOGIN_DELAY,	/* [LOGIN-DELAY] */
	FAULT_SERVER_TEMP,	/* [SYS/TEMP], -ERR to UIDL... */
	FAULT_SERVER_PERM,	/* [SYS/PERM] */
	FAULT_NO_UIDL,		/* no UIDL, and without_uidl = fail */
	FAULT_MESSAGE,		/* -ERR to RETR or TOP of one message */
	FAULT_STATE,		/* the state cannot be read or written */
	FAULT_BUSY,		/* another restante works on this account */
	FAULT_DISK,		/* no room, or I/O error at a destination */
	FAULT_DEST,		/* the destination refused for ever */
	FAULT_DEST_TEMP,	/* the destination asks to try later */
	FAULT_QUIT,		/* QUIT failed: deletions are uncertain */
	FAULT_MEMORY,
	FAULT_STOPPED,		/* by a signal */
	FAULTS
};

enum event_kind {
	EVENT_START,		/* an account begins; `text`: user@host */
	EVENT_CONNECTED,	/* `text`: address; TLS may follow */
	EVENT_LOGIN,		/* `text`: mechanism; TLS: `detail` */
	EVENT_LISTED,		/* messages, octets; fresh, fresh_octets */
	EVENT_PROGRESS,		/* octets and messages so far: often */
	EVENT_MESSAGE,		/* one message is done: see `fate` */
	EVENT_NOTE,		/* `text` for people */
	EVENT_WARNING,		/* `text` for people */
	EVENT_FAULT,		/* `fault`, `text`, maybe `server_said`;
				 * `detail`: what to do, when more is known
				 * than advice_for says (advice_hint) */
	EVENT_END		/* an account ends: `sum` */
};

enum fate {
	FATE_FETCHED,		/* delivered to `text` */
	FATE_SKIPPED,		/* stays on the server: `text` says why */
	FATE_DROPPED,		/* deleted without delivery: `text` why */
	FATE_QUARANTINED,
	FATE_DELETED,		/* an earlier one, deleted on the server */
	FATE_ADOPTED,		/* known under another UIDL */
	FATE_FAILED		/* `fault`; it is tried again later */
};

/* what a session of one account did */
struct event_sum {
	uint64_t messages;	/* on the server */
	uint64_t octets;	/* of the messages to fetch, announced */
	uint64_t fresh;		/* to fetch */
	uint64_t came_octets;		/* of messages, so far */
	uint64_t fetched, fetched_octets;
	uint64_t skipped, dropped, quarantined, deleted, adopted, failed;
	uint64_t milliseconds;
	enum fault fault;	/* FAULT_NONE: it worked */
};

struct event {
	enum event_kind kind;
	const char *account;
	const char *text;		/* our own words, or NULL */
	const char *detail;		/* the same */
	struct pop_span server_said;	/* hostile octets; may be empty */
	enum fault fault;
	enum fate fate;
	uint32_t number;		/* MESSAGE */
	struct pop_span uidl;		/* MESSAGE; may be empty */
	uint64_t octets;		/* MESSAGE: received or announced */
	bool dry;			/* MESSAGE: only would be */
	const struct event_sum *sum;	/* LISTED, PROGRESS, END */
};

/* whoever wants to hear; `event` and all in it are valid during the call */
struct event_sink {
	void (*tell)(struct event_sink *sink, const struct event *event);
};

#endif
