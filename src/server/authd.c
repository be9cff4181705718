/* SPDX-License-Identifier: ISC
 *
 * authd: answers the fronts' questions "who is this?" and "whose mail is
 * this?", and hands the tickets for it to the store itself: a front can ask,
 * but never tell the store whose maildrop to open.
 *
 * One exchange at most for each session id of a front; a second request for
 * an id that has one ends that front.
 */
#include "server/authd.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "auth/auth.h"
#include "base/map.h"
#include "log/log.h"
#include "server/link.h"

enum {
	EXCHANGES_MAX = 20000	/* of one front; beyond: temporary failure */
};

struct authd {
	struct loop *loop;
	struct links links;
	struct link *control, *store;
	struct auth *auth;
	struct conf *conf;
	struct loop_io work;		/* the auth module's descriptor */
	struct loop_timer timer;	/* its delays */
	size_t fronts;
	bool draining;
};

/* one front */
struct client {
	struct authd *d;
	struct link *link;
	struct map exchanges;		/* id -> struct exchange */
};

struct exchange {
	struct client *client;
	struct auth_exchange *ex;	/* the auth module's */
	uint32_t id;
	unsigned char address[16];
	bool done;			/* answered within auth_request */
	bool stepping;
	bool challenged;		/* the client's next message may come */
};

static struct authd authd;

void
authd_config(const struct conf *c, struct auth_config *out)
{
	*out = (struct auth_config){
		.users = c->users,
		.maildrop = c->maildrop,
		.domains = c->domains ? c->domains : "",
		.recipient_delimiter = c->recipient_delimiter ?
		    c->recipient_delimiter : "",
		.postmaster = c->postmaster ? c->postmaster : "",
		.workers = c->hash_threads,
		.failure_delay_ms = c->failure_delay_ms,
		.failure_delay_max_ms = c->failure_delay_max_ms,
	};
}

/* ---- answers ------------------------------------------------------------- */

static void
exchange_gone(struct exchange *x)
{
	(void)map_take(&x->client->exchanges, x->id);
	if (x->stepping)
		x->done = true;		/* its starter frees it */
	else
		free(x);
}

static void
send_denied(struct link *front, uint32_t id, enum auth_result why)
{
	struct ipc_writer w;

	ipc_writer_init(&w);
	ipc_put_u8(&w, why);
	(void)ipc_send(&front->chan, IPC_AUTH_DENIED, id, &w, -1);
}

/* the ticket; false when the store cannot be reached */
static bool
send_ticket(struct authd *d, uint32_t serial, uint32_t id,
    const struct auth_user *user)
{
	struct ipc_writer w;

	if (d->store == NULL)
		return false;
	ipc_writer_init(&w);
	ipc_put_u32(&w, serial);
	ipc_put_str(&w, user->name);
	ipc_put_str(&w, user->maildrop);
	return ipc_send(&d->store->chan, IPC_TICKET_OPEN, id, &w, -1) ==
	    IPC_OK;
}

static void
auth_answer(void *arg, enum auth_result r, const struct auth_user *user,
    struct pop_span challenge)
{
	struct exchange *x = arg;
	struct link *front = x->client->link;
	struct ipc_writer w;

	switch (r) {
	case AUTH_OK:
		if (!send_ticket(x->client->d, front->chan.serial, x->id,
		    user))
			send_denied(front, x->id, AUTH_TEMP);
		break;
	case AUTH_DENIED:
	case AUTH_TEMP:
		send_denied(front, x->id, r);
		break;
	case AUTH_CHALLENGE:
		x->challenged = true;
		ipc_writer_init(&w);
		ipc_put_span(&w, challenge);
		(void)ipc_send(&front->chan, IPC_AUTH_CHALLENGE, x->id, &w,
		    -1);
		return;
	}
	exchange_gone(x);
}

/* ---- questions ----------------------------------------------------------- */

static void
read_peer(struct ipc_reader *r, struct auth_peer *peer)
{
	struct pop_span a = ipc_get_span(r);

	if (a.n != sizeof(peer->address))
		r->failed = true;
	else
		memcpy(peer->address, a.p, a.n);
	peer->tls = ipc_get_u8(r) != 0;
}

static bool
read_request(const struct ipc_frame *f, struct auth_req *req)
{
	struct ipc_reader r;

	ipc_reader_init(&r, f->payload);
	*req = (struct auth_req){ .kind = AUTH_PASSWORD };
	read_peer(&r, &req->peer);
	if (f->kind == IPC_AUTH_SASL) {
		req->kind = AUTH_SASL;
		req->mechanism = ipc_get_span(&r);
		req->has_data = ipc_get_u8(&r) != 0;
		req->data = ipc_get_span(&r);
		return ipc_reader_end(&r);
	}
	req->name = ipc_get_span(&r);
	if (f->kind == IPC_AUTH_APOP) {
		req->kind = AUTH_APOP;
		req->stamp = ipc_get_span(&r);
	}
	req->secret = ipc_get_span(&r);
	return ipc_reader_end(&r);
}

/* after everything that may have read the user file */
static void
log_messages(struct authd *d)
{
	const char *text;

	while ((text = auth_message(d->auth)) != NULL)
		log_msg(LOG_LEVEL_WARN, "%s", text);
}

static void
schedule(struct authd *d, int ms)
{
	log_messages(d);
	if (ms < 0)
		loop_timer_stop(d->loop, &d->timer);
	else if (loop_timer_set(d->loop, &d->timer, loop_now(d->loop) +
	    (uint64_t)ms) != 0)
		log_msg(LOG_LEVEL_ERROR, "no memory for a timer");
}

static bool
ask(struct client *c, const struct ipc_frame *f)
{
	struct authd *d = c->d;
	struct auth_req req;
	struct exchange *x;

	if (!read_request(f, &req) || map_get(&c->exchanges, f->id) != NULL)
		return false;
	x = c->exchanges.count < EXCHANGES_MAX ? calloc(1, sizeof(*x)) : NULL;
	if (x == NULL || map_put(&c->exchanges, f->id, x) != 0) {
		free(x);
		send_denied(c->link, f->id, AUTH_TEMP);
		return true;
	}
	x->client = c;
	x->id = f->id;
	x->stepping = true;
	auth_request(d->auth, &req, loop_now(d->loop), auth_answer, x,
	    &x->ex);
	x->stepping = false;
	if (x->done)
		free(x);
	else
		schedule(d, auth_run(d->auth, loop_now(d->loop)));
	log_messages(d);
	return true;
}

static bool
step_on(struct client *c, const struct ipc_frame *f)
{
	struct exchange *x = map_get(&c->exchanges, f->id);
	struct pop_span data;
	struct ipc_reader r;

	ipc_reader_init(&r, f->payload);
	data = ipc_get_span(&r);
	/* a front that answers what was not asked has been taken over */
	if (x == NULL || !x->challenged || !ipc_reader_end(&r))
		return false;
	x->challenged = false;
	x->stepping = true;
	auth_step(x->ex, data, loop_now(c->d->loop));
	x->stepping = false;
	if (x->done)
		free(x);
	else
		schedule(c->d, auth_run(c->d->auth, loop_now(c->d->loop)));
	return true;
}

static void
cancel(struct client *c, uint32_t id)
{
	struct exchange *x = map_take(&c->exchanges, id);

	if (x == NULL)
		return;		/* it was answered meanwhile */
	auth_cancel(x->ex);
	free(x);
}

/* a recipient: the ticket goes to the store before the answer to the front */
static bool
recipient(struct client *c, const struct ipc_frame *f)
{
	struct authd *d = c->d;
	struct auth_user user;
	struct pop_span local, domain;
	enum auth_lookup found;
	struct ipc_reader r;
	struct ipc_writer w;
	uint32_t index;

	ipc_reader_init(&r, f->payload);
	index = ipc_get_u32(&r);
	local = ipc_get_span(&r);
	domain = ipc_get_span(&r);
	if (!ipc_reader_end(&r))
		return false;
	found = auth_lookup(d->auth, local, domain, &user);
	log_messages(d);
	if (found == AUTH_USER) {
		ipc_writer_init(&w);
		ipc_put_u32(&w, c->link->chan.serial);
		ipc_put_u32(&w, index);
		ipc_put_str(&w, user.maildrop);
		if (d->store == NULL || ipc_send(&d->store->chan,
		    IPC_TICKET_RCPT, f->id, &w, -1) != IPC_OK)
			found = AUTH_LOOKUP_TEMP;
	}
	ipc_writer_init(&w);
	ipc_put_u32(&w, index);
	ipc_put_u8(&w, found);
	(void)ipc_send(&c->link->chan, IPC_AUTH_RCPT_R, f->id, &w, -1);
	return true;
}

static bool
front_frame(struct link *l, struct ipc_frame *f)
{
	struct client *c = l->owner;
	bool ok;

	if (f->kind == IPC_AUTH_STEP) {
		ok = step_on(c, f);
	} else if (f->kind == IPC_AUTH_CANCEL) {
		cancel(c, f->id);
		ok = true;
	} else if (f->kind == IPC_AUTH_RCPT) {
		return recipient(c, f);
	} else {
		ok = ask(c, f);
	}
	/* passwords came this way: in the set's memory, or in a blob */
	buf_wipe_octets((void *)(uintptr_t)f->payload.p, f->payload.n);
	return ok;
}

/* ---- the process --------------------------------------------------------- */

static void
maybe_exit(struct authd *d)
{
	if (d->draining && d->fronts == 0)
		loop_stop(d->loop);
}

static void
complain(struct authd *d, struct link *l)
{
	struct ipc_writer w;

	log_msg(LOG_LEVEL_ERROR, "a %s process broke the rules",
	    role_name(l->chan.peer));
	if (d->control == NULL)
		return;
	ipc_writer_init(&w);
	ipc_put_u8(&w, l->chan.peer);
	ipc_put_u32(&w, l->chan.serial);
	(void)ipc_send(&d->control->chan, IPC_CTL_COMPLAIN, 0, &w, -1);
}

static void
front_gone(struct link *l, bool broke)
{
	struct client *c = l->owner;
	struct authd *d = c->d;
	struct exchange *x;
	size_t pos = 0;

	if (broke)
		complain(d, l);
	while ((x = map_next(&c->exchanges, &pos)) != NULL) {
		auth_cancel(x->ex);
		free(x);
	}
	map_release(&c->exchanges);
	free(c);
	link_unref(l);
	d->fronts--;
	maybe_exit(d);
}

static void
send_offer(struct authd *d, struct link *front)
{
	struct ipc_writer w;

	ipc_writer_init(&w);
	ipc_put_str(&w, auth_mechanisms(d->auth, false));
	ipc_put_str(&w, auth_mechanisms(d->auth, true));
	ipc_put_u8(&w, auth_has_apop(d->auth));
	(void)ipc_send(&front->chan, IPC_AUTH_OFFER, 0, &w, -1);
}

static bool
add_front(struct authd *d, int fd, uint32_t serial)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return false;
	c->d = d;
	c->link = link_new(&d->links, fd, IPC_AUTH, IPC_FRONT, serial,
	    front_frame, front_gone, c);
	if (c->link == NULL) {
		free(c);
		return false;
	}
	d->fronts++;
	send_offer(d, c->link);
	return true;
}

static bool
store_frame(struct link *l, struct ipc_frame *f)
{
	(void)l;
	(void)f;
	return false;		/* the store tells us nothing */
}

static void
store_gone(struct link *l, bool broke)
{
	struct authd *d = l->owner;

	if (broke)
		complain(d, l);
	if (d->store == l)
		d->store = NULL;
	link_unref(l);
}

static bool
add_peer(struct authd *d, unsigned role, uint32_t serial, int fd)
{
	if (role == IPC_FRONT)
		return add_front(d, fd, serial);
	if (role != IPC_STORE)
		return false;
	if (d->store != NULL)
		link_end(d->store, false);
	d->store = link_new(&d->links, fd, IPC_AUTH, IPC_STORE, serial,
	    store_frame, store_gone, d);
	return d->store != NULL;
}

/* new settings, or a changed user file: the offer may be another */
static bool
reload(struct authd *d, struct pop_span payload)
{
	struct auth_config config;
	struct ipc_reader r;
	struct pop_span text;
	struct conf *conf;
	const char *error;

	ipc_reader_init(&r, payload);
	text = ipc_get_span(&r);
	if (!ipc_reader_end(&r) || conf_read_text(d->conf->path,
	    (const char *)text.p, text.n, stderr, &conf) != 0)
		return false;
	authd_config(conf, &config);
	if (auth_reload(d->auth, &config, &error) != 0) {
		log_msg(LOG_LEVEL_ERROR, "users not reloaded: %s", error);
		conf_free(conf);
		return true;
	}
	log_messages(d);
	conf_free(d->conf);
	d->conf = conf;
	for (struct link *l = d->links.first; l != NULL; l = l->next)
		if (l->chan.peer == IPC_FRONT)
			send_offer(d, l);
	return true;
}

static bool
control_frame(struct link *l, struct ipc_frame *f)
{
	struct authd *d = l->owner;
	struct ipc_reader r;
	unsigned role;
	uint32_t serial;

	if (f->kind == IPC_CTL_CONF)
		return reload(d, f->payload);
	if (f->kind == IPC_CTL_LOG && !f->fd_lost)
		log_adopt(ipc_frame_take_fd(f));
	if (f->kind == IPC_CTL_DRAIN) {
		d->draining = true;
		maybe_exit(d);
	}
	if (f->kind != IPC_CTL_PEER)
		return true;
	ipc_reader_init(&r, f->payload);
	role = ipc_get_u8(&r);
	serial = ipc_get_u32(&r);
	return ipc_reader_end(&r) &&
	    add_peer(d, role, serial, ipc_frame_take_fd(f));
}

static void
control_gone(struct link *l, bool broke)
{
	struct authd *d = l->owner;

	(void)broke;
	d->control = NULL;
	link_unref(l);
	d->draining = true;
	maybe_exit(d);
}

static void
work_event(struct loop_io *io, unsigned events)
{
	struct authd *d = (struct authd *)(void *)((char *)io -
	    offsetof(struct authd, work));

	(void)events;
	schedule(d, auth_run(d->auth, loop_now(d->loop)));
}

static void
timer_event(struct loop_timer *t)
{
	struct authd *d = (struct authd *)(void *)((char *)t -
	    offsetof(struct authd, timer));

	schedule(d, auth_run(d->auth, loop_now(d->loop)));
}

static bool
authd_init(struct authd *d, const struct role_start *start)
{
	struct auth_config config;
	const char *error;

	d->conf = start->conf;
	d->loop = loop_new();
	if (d->loop == NULL || links_init(&d->links, d->loop) != 0)
		return false;
	authd_config(d->conf, &config);
	d->auth = auth_new(&config, &error);
	if (d->auth == NULL) {
		log_msg(LOG_LEVEL_ERROR, "%s", error);
		exit(1);
	}
	log_messages(d);
	d->timer.fn = timer_event;
	d->work = (struct loop_io){ .fd = auth_fd(d->auth),
		.fn = work_event };
	if (loop_watch(d->loop, &d->work, LOOP_READ) != 0)
		return false;
	d->control = link_new(&d->links, start->control, IPC_AUTH, IPC_PARENT,
	    0, control_frame, control_gone, d);
	if (d->control == NULL)
		return false;
	for (size_t i = 0; i < start->npeers; i++)
		if (!add_peer(d, start->peers[i].role,
		    start->peers[i].serial, start->peers[i].fd))
			return false;
	return true;
}

void
authd_main(const struct role_start *start)
{
	struct authd *d = &authd;

	role_drop(start);
	/* before the first thread: Landlock binds only the calling one */
	role_sandbox(start);
	if (!authd_init(d, start)) {
		log_msg(LOG_LEVEL_ERROR, "cannot start: %s", strerror(errno));
		exit(1);
	}
	(void)ipc_send(&d->control->chan, IPC_CTL_READY, 0, NULL, -1);
	if (loop_run(d->loop) != 0)
		log_msg(LOG_LEVEL_ERROR, "event loop: %s", strerror(errno));
	loop_unwatch(d->loop, &d->work, false);
	auth_free(d->auth);
	conf_free(d->conf);
	exit(0);
}
