/* SPDX-License-Identifier: ISC
 *
 * front_ipc: what the other processes tell a front.
 *
 * Frames of auth and store go to the session that has their id.  An answer
 * for a session that is gone is dropped, but what it has opened or promised
 * in the store is given back, so that no lock outlives its client.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"
#include "net/tls.h"
#include "server/front.h"
#include "store/store.h"

bool
front_rebuild(struct front *f)
{
	struct settings *s = settings_new(f->conf,
	    f->mechanisms_clear ? f->mechanisms_clear : "",
	    f->mechanisms_tls ? f->mechanisms_tls : "",
	    f->has_apop, f->tls_pop, f->tls_smtp);

	if (s == NULL) {
		log_msg(LOG_LEVEL_ERROR, "no memory for new settings");
		return false;
	}
	settings_unref(f->settings);
	f->settings = s;
	return true;
}

/* ---- auth and store ------------------------------------------------------ */

static bool
auth_offer(struct front *f, struct pop_span payload)
{
	struct ipc_reader r;
	char *clear, *tls;
	bool has_apop;

	ipc_reader_init(&r, payload);
	clear = ipc_get_str(&r, 1024);
	tls = ipc_get_str(&r, 1024);
	has_apop = ipc_get_u8(&r) != 0;
	if (!ipc_reader_end(&r)) {
		free(clear);
		free(tls);
		return false;
	}
	free(f->mechanisms_clear);
	free(f->mechanisms_tls);
	f->mechanisms_clear = clear;
	f->mechanisms_tls = tls;
	f->has_apop = has_apop;
	return front_rebuild(f);
}

/*
 * The store has handed over a descriptor, but this process has no room for
 * it: for the session that is a failure of the store.  A delivery is given
 * back here, a maildrop by the session.
 */
static void
make_failure(struct front *f, struct ipc_frame *frame)
{
	/* u8 result, and 0 for what follows: no name, carrier or body */
	static const unsigned char failure[1 + 4] = { STORE_TEMP };

	/* of several bodies the first are there: the session sees to it */
	if (frame->nfds > 0)
		return;
	if (frame->kind == IPC_STORE_BEGIN_R && f->store != NULL)
		(void)ipc_send(&f->store->chan, IPC_STORE_ABORT, frame->id,
		    NULL, -1);
	frame->payload = span_of(failure, sizeof(failure));
}

static bool
peer_frame(struct link *l, struct ipc_frame *frame)
{
	struct front *f = l->owner;
	struct session *s;

	if (frame->kind == IPC_AUTH_OFFER)
		return auth_offer(f, frame->payload);
	s = map_get(&f->sessions, frame->id);
	if (s != NULL && frame->fd_lost)
		make_failure(f, frame);
	if (s != NULL)
		return s->ops->frame(s, frame);
	if (f->store == NULL)
		return true;
	if (frame->kind == IPC_STORE_OPENED)
		(void)ipc_send(&f->store->chan, IPC_STORE_CLOSE, frame->id,
		    NULL, -1);
	else if (frame->kind == IPC_STORE_BEGIN_R ||
	    frame->kind == IPC_AUTH_RCPT_R)
		(void)ipc_send(&f->store->chan, IPC_STORE_ABORT, frame->id,
		    NULL, -1);
	return true;
}

/* the one that is told may end by it, and no other */
static void
tell_lost(struct front *f, bool store)
{
	struct session *s, *next;

	for (s = f->first; s != NULL; s = next) {
		next = s->next;
		if (s->proto != NULL && !s->ops->lost(s, store))
			session_end(s, store ? "store-lost" : "auth-lost");
	}
}

static void
peer_gone(struct link *l, bool broke)
{
	struct front *f = l->owner;
	bool store = l->chan.peer == IPC_STORE;

	if (broke)
		control_link_complain(&f->control, l);
	if (store && f->store == l)
		f->store = NULL;
	else if (!store && f->auth == l)
		f->auth = NULL;
	link_unref(l);
	tell_lost(f, store);
	/* the parent connects those that it starts: so it starts this one */
	if (broke)
		front_abandon(f);
}

/* ---- the parent ---------------------------------------------------------- */

static bool
new_peer(void *owner, enum ipc_role role, uint32_t serial, int fd)
{
	struct front *f = owner;
	struct link **at = role == IPC_AUTH ? &f->auth : &f->store;

	if (*at != NULL) {
		/* what it has said before its end counts */
		link_drain_into(*at);
		if (*at != NULL)
			link_end(*at, false);
	}
	*at = link_new(&f->links, fd, IPC_FRONT, role, serial, peer_frame,
	    peer_gone, f);
	return *at != NULL;
}

static bool
new_conf(void *owner, struct conf *conf)
{
	struct front *f = owner;
	struct shared_conf *sc = shared_conf_new(conf);

	if (sc == NULL) {
		conf_free(conf);
		return false;
	}
	/* listeners are bound once: their number must not change */
	if (conf->nlistens != f->conf->conf->nlistens) {
		log_msg(LOG_LEVEL_WARN, "listeners changed: restart for that");
		shared_conf_unref(sc);
		return true;
	}
	shared_conf_unref(f->conf);
	f->conf = sc;
	return front_rebuild(f);
}

enum { CERTS_MAX = 1000 };

static bool
load_certs(struct front *f, const struct tls_pem *pems, uint32_t n)
{
	struct tls_server *pop, *smtp;
	const char *error;

	if (n == 0)
		return true;
	pop = tls_server_new(pems, n, "pop3", &error);
	smtp = pop ? tls_server_new(pems, n, NULL, &error) : NULL;
	if (smtp == NULL) {
		log_msg(LOG_LEVEL_ERROR, "certificates not loaded: %s", error);
		if (pop != NULL)
			tls_server_unref(pop);
		return f->tls_pop != NULL;	/* the old ones go on */
	}
	if (f->tls_pop != NULL)
		tls_server_unref(f->tls_pop);
	if (f->tls_smtp != NULL)
		tls_server_unref(f->tls_smtp);
	f->tls_pop = pop;
	f->tls_smtp = smtp;
	return true;
}

static bool
new_certs(struct front *f, struct pop_span payload)
{
	struct tls_pem *pems;
	struct ipc_reader r;
	uint32_t n;
	bool ok;

	ipc_reader_init(&r, payload);
	n = ipc_get_u32(&r);
	if (n > CERTS_MAX)
		return false;
	pems = calloc(n + 1, sizeof(*pems));
	if (pems == NULL)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct pop_span part;

		pems[i].name = "certificate";
		part = ipc_get_span(&r);
		pems[i].certificate = (const char *)part.p;
		pems[i].certificate_len = part.n;
		part = ipc_get_span(&r);
		pems[i].key = (const char *)part.p;
		pems[i].key_len = part.n;
	}
	ok = ipc_reader_end(&r) && load_certs(f, pems, n);
	free(pems);
	/* the key must not stay in the receive buffer */
	buf_wipe_octets(f->links.mem, sizeof(f->links.mem));
	if (!ok || !front_rebuild(f))
		return false;
	if (!f->ready) {
		f->ready = true;
		front_open(f);
		control_link_ready(&f->control);
	}
	return true;
}

static void
who_row(struct front *f, struct session *s, uint32_t question)
{
	struct ipc_writer w;
	char peer[80];
	const char *user = s->ops->user(s);
	const char *tls = s->tls_on ? conn_tls_version(&s->conn) : NULL;

	session_peer(s, peer, sizeof(peer));
	ipc_writer_init(&w);
	ipc_put_u32(&w, s->serial);
	ipc_put_str(&w, s->ops->service);
	ipc_put_str(&w, user ? user : "");
	ipc_put_str(&w, peer);
	ipc_put_str(&w, tls ? tls : "");
	ipc_put_u64(&w, (loop_now(f->loop) - s->started_ms) / 1000);
	(void)ipc_send(&f->control.link->chan, IPC_CTL_WHO_ROW, question, &w,
	    -1);
}

static void
who(struct front *f, uint32_t question)
{
	struct ipc_writer w;

	for (struct session *s = f->first; s != NULL; s = s->next)
		who_row(f, s, question);
	ipc_writer_init(&w);
	ipc_put_u32(&w, (uint32_t)f->count);
	(void)ipc_send(&f->control.link->chan, IPC_CTL_WHO_END, question, &w,
	    -1);
}

static bool
kick(struct front *f, const struct ipc_frame *frame)
{
	struct session *s, *next;
	struct ipc_reader r;
	struct ipc_writer w;
	struct pop_span user;
	uint32_t serial, kicked = 0;

	ipc_reader_init(&r, frame->payload);
	user = ipc_get_span(&r);
	serial = ipc_get_u32(&r);
	if (!ipc_reader_end(&r))
		return false;
	for (s = f->first; s != NULL; s = next) {
		const char *name = s->ops->user(s);

		next = s->next;
		if ((serial != 0 && s->serial == serial) || (user.n > 0 &&
		    name != NULL && span_eq(user, span_str(name)))) {
			kicked++;
			session_end(s, "kicked");
		}
	}
	ipc_writer_init(&w);
	ipc_put_u32(&w, kicked);
	(void)ipc_send(&f->control.link->chan, IPC_CTL_KICKED, frame->id, &w,
	    -1);
	return true;
}

static bool
other(void *owner, struct ipc_frame *frame)
{
	struct front *f = owner;

	if (frame->kind == IPC_CTL_CERTS)
		return new_certs(f, frame->payload);
	if (frame->kind == IPC_CTL_KICK)
		return kick(f, frame);
	if (frame->kind == IPC_CTL_WHO)
		who(f, frame->id);
	return true;
}

static void
drain(void *owner)
{
	front_drain(owner);
}

const struct control_ops front_control_ops = {
	.peer = new_peer,
	.conf = new_conf,
	.drain = drain,
	.other = other,
};
