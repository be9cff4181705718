/* SPDX-License-Identifier: ISC
 *
 * session_connect: a session's socket and its TLS, from the dialled address to
 * a greeting that may be read.
 */
#include <errno.h>
#include <string.h>

#include "client/session_internal.h"

#define SESSION_OF(ptr, member) ((struct session *)(void *) \
	((char *)(ptr) - offsetof(struct session, member)))

static void
handshake_failed(struct session *s)
{
	static const enum fault faults[] = {
		[TLS_CLIENT_NONE] = FAULT_TLS,
		[TLS_CLIENT_HANDSHAKE] = FAULT_TLS,
		[TLS_CLIENT_NOT_TLS] = FAULT_TLS_PLAIN,
		[TLS_CLIENT_CERT] = FAULT_CERT,
		[TLS_CLIENT_NAME] = FAULT_CERT_NAME,
		[TLS_CLIENT_PIN] = FAULT_PIN,
	};
	char text[400] = "";
	enum tls_client_fault f = tls_client_fault(&s->conn, text,
	    sizeof(text));

	session_fail(s, faults[f], (struct pop_span){ 0 }, "%s: %s",
	    s->spec.account->server, text[0] ? text : "TLS failed");
}

static void
shake_hands(struct session *s)
{
	int r = conn_handshake(&s->conn);

	if (r == CONN_AGAIN) {
		session_watch(s);
		return;
	}
	if (r != 0) {
		handshake_failed(s);
		return;
	}
	session_progress(s);
	session_open_tls_done(s);
	if (s->phase != SESSION_OVER)
		session_pump(s);
}

void
session_begin_tls(struct session *s)
{
	const struct account_conf *a = s->spec.account;
	struct tls_client_spec spec = {
		.ca_file = a->ca_file,
		.name = a->tls_name ? a->tls_name : a->server,
		.mail_domain = a->mail_domain,
		.srv_service = a->tls == ACCOUNT_TLS_START ? "_pop3" :
		    "_pop3s",
		.pin = a->pin,
		.certificate = a->client_certificate,
		.key = a->client_key,
		.alpn = "pop3",
	};
	char error[400];

	s->phase = SESSION_TLS;
	s->tls = tls_client_new(&spec, error, sizeof(error));
	if (!s->tls) {
		session_fail(s, FAULT_TLS, (struct pop_span){ 0 }, "%s",
		    error);
		return;
	}
	if (conn_tls_connect(&s->conn, s->tls, buf_span(&s->tls_session))) {
		session_fail(s, FAULT_MEMORY, (struct pop_span){ 0 },
		    "out of memory");
		return;
	}
	shake_hands(s);
}

static void
on_io(struct loop_io *io, unsigned events)
{
	struct session *s = SESSION_OF(io, io);

	if (s->phase == SESSION_TLS) {
		shake_hands(s);
		return;
	}
	if ((events & LOOP_WRITE) != 0)
		session_flush(s);
	if (s->phase == SESSION_OVER || s->paused)
		return;
	if (session_read(s) != 0 && s->phase != SESSION_OVER)
		session_pump(s);
	else
		session_watch(s);
}

void
session_dialled(void *arg, const struct dial_result *r)
{
	static const enum fault faults[] = {
		[-DIAL_RESOLVE] = FAULT_RESOLVE,
		[-DIAL_CONNECT] = FAULT_CONNECT,
		[-DIAL_TIMEOUT] = FAULT_TIMEOUT,
		[-DIAL_MEMORY] = FAULT_MEMORY,
	};
	struct session *s = arg;
	struct event e = { .kind = EVENT_CONNECTED,
		.account = s->spec.account->name, .text = r->address };

	s->dial = NULL;
	if (r->error != DIAL_OK) {
		session_fail(s, faults[-r->error], (struct pop_span){ 0 },
		    "%s%s%s%s: %s", s->spec.account->server,
		    r->address[0] ? " (" : "", r->address,
		    r->address[0] ? ")" : "", r->text);
		return;
	}
	conn_init(&s->conn, r->fd);
	s->has_conn = true;
	s->io.fd = r->fd;
	s->io.fn = on_io;
	s->spec.sink->tell(s->spec.sink, &e);
	session_progress(s);
	if (s->spec.account->tls == ACCOUNT_TLS_IMPLICIT) {
		session_begin_tls(s);
		return;
	}
	s->phase = SESSION_GREETING;
	session_watch(s);
}
