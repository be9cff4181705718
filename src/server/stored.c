/* SPDX-License-Identifier: ISC
 *
 * stored: the loop of the process that sees the mail.
 *
 * Takes tickets from auth and requests from the fronts; the work is done by
 * the store's threads (stored_session.c, stored_delivery.c).  Runs as the
 * mail's owner, confined to the mail root.
 */
#include "server/stored.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "log/log.h"
#include "server/stored_internal.h"
#include "sys/drop.h"

static struct stored stored;

void
stored_config(const struct conf *c, struct store_config *out)
{
	*out = (struct store_config){
		.engine = c->engine,
		.root = c->root,
		.hostname = c->hostname,
		.threads = c->store_threads,
	};
}

void
stored_reply_fds(struct link *front, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w, const int *fds, unsigned n)
{
	int r = ipc_send_fds(&front->chan, kind, id, w, fds, n);

	if (r == IPC_ENOMEM)
		log_msg(LOG_LEVEL_ERROR, "no memory to answer a front");
	link_unref(front);
}

void
stored_reply(struct link *front, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w, int fd)
{
	stored_reply_fds(front, kind, id, w, &fd, fd >= 0);
}

static void
maybe_exit(struct stored *d)
{
	if (d->draining && d->fronts.count == 0)
		loop_stop(d->loop);
}

/* ---- fronts -------------------------------------------------------------- */

/* Tickets are sent before the front can know of them, but on another
 * channel.  false: one of them ended this front; its client is freed. */
static bool
take_tickets(struct link *l)
{
	struct stored *d = ((struct client *)l->owner)->d;

	if (d->auth != NULL && !d->taking_tickets) {
		d->taking_tickets = true;
		link_drain_into(d->auth);
		d->taking_tickets = false;
	}
	return !l->ended;
}

static bool
front_frame(struct link *l, struct ipc_frame *f)
{
	struct client *c = l->owner;

	switch ((int)f->kind) {
	case IPC_STORE_BODY:
		return session_body(c, f);
	case IPC_STORE_COMMIT:
		return session_commit(c, f);
	case IPC_STORE_CLOSE:
		session_close(c, f->id);
		return true;
	case IPC_STORE_BEGIN:
		return !take_tickets(l) || delivery_begin(c, f);
	case IPC_STORE_DELIVER:
		return delivery_deliver(c, f);
	case IPC_STORE_ABORT:
		if (take_tickets(l))
			delivery_abort(c, f->id);
		return true;
	default:
		return false;
	}
}

static void
front_gone(struct link *l, bool broke)
{
	struct client *c = l->owner;
	struct stored *d = c->d;

	if (broke)
		control_link_complain(&d->control, l);
	(void)map_take(&d->fronts, l->chan.serial);
	sessions_close_all(c);
	deliveries_abort_all(c);
	free(c);
	link_unref(l);
	maybe_exit(d);
}

static bool
add_front(struct stored *d, int fd, uint32_t serial)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return false;
	c->d = d;
	c->link = link_new(&d->links, fd, IPC_STORE, IPC_FRONT, serial,
	    front_frame, front_gone, c);
	if (c->link == NULL) {
		free(c);
		return false;
	}
	if (map_put(&d->fronts, serial, c) != 0) {
		link_end(c->link, false);
		return false;
	}
	return true;
}

/* ---- auth ---------------------------------------------------------------- */

enum { NAME_MAX_OCTETS = 255, PATH_MAX_OCTETS = 1024, DRAIN_MAX = 256 };

/* whatever the fronts have sent by now */
static void
drain_fronts(struct stored *d)
{
	struct link *fronts[DRAIN_MAX];
	size_t n = 0;

	/* a frame that is read here may want the same: once is enough, and
	 * the stack must not grow with what peers have queued */
	if (d->taking_fronts)
		return;
	d->taking_fronts = true;
	for (struct link *l = d->links.first; l != NULL && n < DRAIN_MAX;
	    l = l->next)
		if (l->chan.peer == IPC_FRONT)
			fronts[n++] = link_ref(l);
	for (size_t i = 0; i < n; i++) {
		if (!fronts[i]->ended)
			link_drain_into(fronts[i]);
		link_unref(fronts[i]);
	}
	d->taking_fronts = false;
}

/*
 * The front that a ticket is for.  Its own channel may still be on its way
 * from the parent; and when the user has a session, its end may be on its way
 * from any front: the client had its reply to QUIT and is back already.
 */
static struct client *
client_of(struct stored *d, uint32_t serial, const char *user)
{
	if (map_get(&d->fronts, serial) == NULL && d->control.link != NULL)
		link_drain_into(d->control.link);
	if (user != NULL && session_user_present(d, user))
		drain_fronts(d);
	return map_get(&d->fronts, serial);
}

static bool
auth_frame(struct link *l, struct ipc_frame *f)
{
	struct stored *d = l->owner;
	struct client *c;
	struct ipc_reader r;
	char *user = NULL, *maildrop;
	uint32_t serial, index = 0;
	bool ok;

	ipc_reader_init(&r, f->payload);
	serial = ipc_get_u32(&r);
	if (f->kind == IPC_TICKET_OPEN)
		user = ipc_get_str(&r, NAME_MAX_OCTETS);
	else
		index = ipc_get_u32(&r);
	maildrop = ipc_get_str(&r, PATH_MAX_OCTETS);
	ok = ipc_reader_end(&r);
	/* what follows may read other frames: this one has been read */
	c = ok ? client_of(d, serial, user) : NULL;
	/* a front that has gone meanwhile needs no ticket */
	if (c != NULL) {
		if (f->kind == IPC_TICKET_OPEN)
			session_open(c, f->id, user, maildrop);
		else
			delivery_ticket(c, f->id, index, maildrop);
	}
	free(user);
	free(maildrop);
	return ok;
}

static void
auth_gone(struct link *l, bool broke)
{
	struct stored *d = l->owner;

	if (broke)
		control_link_complain(&d->control, l);
	if (d->auth == l)
		d->auth = NULL;
	link_unref(l);
}

/* ---- the parent ---------------------------------------------------------- */

static bool
add_peer(void *owner, enum ipc_role role, uint32_t serial, int fd)
{
	struct stored *d = owner;

	if (role == IPC_FRONT)
		return add_front(d, fd, serial);
	if (d->auth != NULL)
		link_end(d->auth, false);
	d->auth = link_new(&d->links, fd, IPC_STORE, IPC_AUTH, serial,
	    auth_frame, auth_gone, d);
	return d->auth != NULL;
}

/* limits take effect; engine, root and threads want a restart */
static bool
new_conf(void *owner, struct conf *conf)
{
	struct stored *d = owner;

	pthread_mutex_lock(&d->lock);
	conf_free(d->conf);
	d->conf = conf;
	pthread_mutex_unlock(&d->lock);
	return true;
}

static void
drain(void *owner)
{
	struct stored *d = owner;

	d->draining = true;
	maybe_exit(d);
}

static const struct control_ops control_ops = {
	.peer = add_peer,
	.conf = new_conf,
	.drain = drain,
};

/* ---- the process --------------------------------------------------------- */

static bool
stored_init(struct stored *d, const struct role_start *start)
{
	struct store_config config;
	const char *error;

	d->conf = start->conf;
	(void)pthread_mutex_init(&d->lock, NULL);
	if (getrandom(&d->hash_key, sizeof(d->hash_key), 0) !=
	    sizeof(d->hash_key))
		return false;
	d->loop = loop_new();
	if (d->loop == NULL || links_init(&d->links, d->loop) != 0)
		return false;
	stored_config(d->conf, &config);
	d->store = store_new(&config, &error);
	if (d->store == NULL) {
		log_msg(LOG_LEVEL_ERROR, "%s", error);
		exit(1);
	}
	return control_link_init(&d->control, &d->links, start, &control_ops,
	    d);
}

void
stored_main(const struct role_start *start)
{
	struct stored *d = &stored;

	(void)drop_raise_files(65536);
	role_drop(start);
	/* before the first thread: Landlock binds only the calling one */
	role_sandbox(start);
	if (!stored_init(d, start)) {
		log_msg(LOG_LEVEL_ERROR, "cannot start: %s", strerror(errno));
		exit(1);
	}
	control_link_ready(&d->control);
	if (loop_run(d->loop) != 0)
		log_msg(LOG_LEVEL_ERROR, "event loop: %s", strerror(errno));
	/* queued operations end first: nothing is half done */
	store_free(d->store);
	map_release(&d->fronts);
	map_release(&d->users);
	control_link_done(&d->control);
	conf_free(d->conf);
	exit(0);
}
