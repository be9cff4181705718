/* SPDX-License-Identifier: ISC
 *
 * authd_exchange: the fronts' questions "who is this?" and "whose mail is
 * this?".  One exchange at most for each session id of a front; a second
 * request for an id that has one ends that front.
 */
#include "server/authd_internal.h"

#include <stdlib.h>
#include <string.h>

#include "log/log.h"

enum {
	EXCHANGES_MAX = 20000	/* of one front; beyond: temporary failure */
};

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
		authd_schedule(d, auth_run(d->auth, loop_now(d->loop)));
	authd_log(d);
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
		authd_schedule(c->d, auth_run(c->d->auth,
		    loop_now(c->d->loop)));
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
	authd_log(d);
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

bool
authd_front_frame(struct link *l, struct ipc_frame *f)
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
