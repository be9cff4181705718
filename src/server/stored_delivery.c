/* SPDX-License-Identifier: ISC
 *
 * stored_delivery: mail on its way into maildrops.
 *
 * A delivery begins with the auth process's tickets, one for each recipient
 * in order; the front never names a maildrop.  BEGIN makes the file that the
 * front writes into, DELIVER makes it durable in every maildrop, ABORT (or
 * the front's death) leaves nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/stored_internal.h"

enum {
	TICKETS_MAX = 10000
};

enum delivery_state { TICKETS, BEGINNING, OPEN, ABORTED };

struct delivery {
	struct stored *d;
	struct link *front;
	uint32_t id;
	enum delivery_state state;
	char **paths;
	unsigned n;
	struct store_delivery *delivery;
};

static void
delivery_free(struct delivery *x)
{
	for (unsigned i = 0; i < x->n; i++)
		free(x->paths[i]);
	free(x->paths);
	link_unref(x->front);
	free(x);
}

static struct delivery *
delivery_new(struct client *c, uint32_t id)
{
	struct delivery *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->d = c->d;
	x->id = id;
	if (map_put(&c->deliveries, id, x) != 0) {
		free(x);
		return NULL;
	}
	x->front = link_ref(c->link);
	return x;
}

static void
drop_tickets(struct delivery *x, unsigned from)
{
	while (x->n > from)
		free(x->paths[--x->n]);
}

/*
 * A ticket that cannot be kept is noticed at BEGIN: the counts differ.  One
 * for a place that is taken means that the front has never heard of the
 * first (auth died before it answered): only the last one is good.
 */
void
delivery_ticket(struct client *c, uint32_t id, uint32_t index,
    const char *maildrop)
{
	struct delivery *x = map_get(&c->deliveries, id);
	char **bigger;

	if (x == NULL)
		x = delivery_new(c, id);
	if (x == NULL || x->state != TICKETS || x->n < index ||
	    index >= TICKETS_MAX)
		return;
	drop_tickets(x, index);
	bigger = reallocarray(x->paths, x->n + 1, sizeof(*bigger));
	if (bigger == NULL)
		return;
	x->paths = bigger;
	x->paths[x->n] = strdup(maildrop);
	if (x->paths[x->n] != NULL)
		x->n++;
}

static void
send_begun(struct link *front, uint32_t id, enum store_result r,
    unsigned carrier, int fd)
{
	struct ipc_writer w;

	ipc_writer_init(&w);
	ipc_put_u8(&w, r);
	ipc_put_u32(&w, carrier);
	stored_reply(front, IPC_STORE_BEGIN_R, id, &w, fd);
}

static void
begin_done(void *arg, enum store_result r, struct store_delivery *delivery,
    int fd, unsigned carrier)
{
	struct delivery *x = arg;
	struct link *front = link_ref(x->front);
	uint32_t id = x->id;
	bool aborted;

	pthread_mutex_lock(&x->d->lock);
	aborted = x->state == ABORTED;
	x->delivery = delivery;
	if (!aborted)
		x->state = r == STORE_OK ? OPEN : TICKETS;
	pthread_mutex_unlock(&x->d->lock);
	if (aborted) {
		if (delivery != NULL)
			store_deliver_abort(delivery, NULL, NULL);
		delivery_free(x);
		r = STORE_TEMP;
	}
	if (r != STORE_OK && fd >= 0)
		(void)close(fd);
	send_begun(front, id, r, carrier, r == STORE_OK ? fd : -1);
}

bool
delivery_begin(struct client *c, const struct ipc_frame *f)
{
	struct delivery *x = map_get(&c->deliveries, f->id);
	struct ipc_reader r;
	uint32_t count;

	ipc_reader_init(&r, f->payload);
	count = ipc_get_u32(&r);
	if (!ipc_reader_end(&r) || count == 0)
		return false;
	if (x == NULL || x->n != count) {
		/* a ticket was lost on the way (auth restarted, no memory) */
		send_begun(link_ref(c->link), f->id, STORE_TEMP, 0, -1);
		return true;
	}
	pthread_mutex_lock(&c->d->lock);
	if (x->state == TICKETS)
		x->state = BEGINNING;
	else
		x = NULL;
	pthread_mutex_unlock(&c->d->lock);
	if (x == NULL)
		return false;
	store_deliver_begin(c->d->store, (const char *const *)x->paths, x->n,
	    begin_done, x);
	return true;
}

/* ---- deliver ------------------------------------------------------------- */

static void
each_done(void *arg, unsigned i, enum store_result r)
{
	struct delivery *x = arg;
	struct ipc_writer w;

	ipc_writer_init(&w);
	ipc_put_u32(&w, i);
	ipc_put_u8(&w, r);
	stored_reply(link_ref(x->front), IPC_STORE_EACH_R, x->id, &w, -1);
}

static void
deliver_done(void *arg, enum store_result r)
{
	(void)r;
	delivery_free(arg);
}

static bool
read_copies(struct ipc_reader *r, struct store_copy *copies, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct pop_span header = ipc_get_span(r);

		copies[i].header = (const char *)header.p;
		copies[i].header_len = header.n;
		copies[i].header_wire = ipc_get_u64(r);
	}
	return ipc_reader_end(r);
}

bool
delivery_deliver(struct client *c, const struct ipc_frame *f)
{
	struct delivery *x = map_get(&c->deliveries, f->id);
	struct store_copy *copies;
	struct ipc_reader r;
	uint64_t length, wire;
	uint32_t n;
	unsigned flags;
	bool is_open;

	ipc_reader_init(&r, f->payload);
	flags = ipc_get_u8(&r);
	length = ipc_get_u64(&r);
	wire = ipc_get_u64(&r);
	n = ipc_get_u32(&r);
	if (x == NULL || r.failed || n != x->n ||
	    (flags & ~(unsigned)(STORE_TOGETHER | STORE_NO_DOTS)) != 0)
		return false;
	pthread_mutex_lock(&c->d->lock);
	is_open = x->state == OPEN;
	pthread_mutex_unlock(&c->d->lock);
	copies = is_open ? calloc(n, sizeof(*copies)) : NULL;
	if (copies == NULL || !read_copies(&r, copies, n)) {
		free(copies);
		return false;
	}
	/* the next message of this connection has tickets of its own */
	(void)map_take(&c->deliveries, f->id);
	store_deliver_flags(x->delivery, flags);
	store_deliver_commit(x->delivery, copies, length, wire,
	    each_done, deliver_done, x);
	free(copies);
	return true;
}

/* ---- abort --------------------------------------------------------------- */

static void
abort_one(struct delivery *x)
{
	enum delivery_state was;

	pthread_mutex_lock(&x->d->lock);
	was = x->state;
	x->state = ABORTED;
	pthread_mutex_unlock(&x->d->lock);
	if (was == BEGINNING)
		return;			/* begin_done does it */
	if (was == OPEN)
		store_deliver_abort(x->delivery, NULL, NULL);
	delivery_free(x);
}

void
delivery_abort(struct client *c, uint32_t id)
{
	struct delivery *x = map_take(&c->deliveries, id);

	if (x != NULL)
		abort_one(x);
}

void
deliveries_abort_all(struct client *c)
{
	struct delivery *x;
	size_t pos = 0;

	while ((x = map_next(&c->deliveries, &pos)) != NULL)
		abort_one(x);
	map_release(&c->deliveries);
}
