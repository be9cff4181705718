/* SPDX-License-Identifier: ISC
 *
 * stored_session: the maildrops that are open for sessions of the fronts.
 *
 * A held session is idle, busy with one store operation, or to be closed
 * when that ends.  A front may ask for one thing at a time; asking for more,
 * or for a session that it does not have, breaks the rules.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "server/listing.h"
#include "server/stored_internal.h"

_Static_assert((int)STORE_BODIES_MAX <= (int)IPC_FDS_MAX, "one frame");

enum held_state { HELD_IDLE, HELD_BUSY, HELD_CLOSING };

struct user_count {
	unsigned sessions;
};

struct held {
	struct stored *d;
	struct link *front;		/* a reference of its own */
	struct store_session *session;	/* NULL while it is being opened */
	uint64_t user_key;
	uint32_t id, count;
	enum held_state state;
	char *user;			/* until it is open */
};

/* ---- sessions of one user ------------------------------------------------ */

/* FNV-1a with a random start: names are chosen by administrators, but cost
 * must not depend on that */
static uint64_t
hash_name(uint64_t key, const char *name)
{
	uint64_t h = 0xcbf29ce484222325U ^ key;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3U;
	return h;
}

/* under the lock */
static bool
user_enter(struct stored *d, uint64_t key)
{
	struct user_count *u = map_get(&d->users, key);
	unsigned max = d->conf->sessions_per_user;

	if (u == NULL) {
		u = calloc(1, sizeof(*u));
		if (u == NULL || map_put(&d->users, key, u) != 0) {
			free(u);
			return false;
		}
	}
	if (max != 0 && u->sessions >= max)
		return false;
	u->sessions++;
	return true;
}

static void
user_leave(struct stored *d, uint64_t key)
{
	struct user_count *u = map_get(&d->users, key);

	if (u != NULL && --u->sessions == 0) {
		(void)map_take(&d->users, key);
		free(u);
	}
}

bool
session_user_present(struct stored *d, const char *user)
{
	bool present;

	pthread_mutex_lock(&d->lock);
	present = map_get(&d->users, hash_name(d->hash_key, user)) != NULL;
	pthread_mutex_unlock(&d->lock);
	return present;
}

static void
held_free(struct held *h)
{
	pthread_mutex_lock(&h->d->lock);
	user_leave(h->d, h->user_key);
	pthread_mutex_unlock(&h->d->lock);
	link_unref(h->front);
	free(h->user);
	free(h);
}

/* ---- the end of an operation --------------------------------------------- */

/*
 * The operation is over: idle again, before the front can know it.  false
 * when the session was to be closed meanwhile: then the caller closes it.
 */
static bool
operation_over(struct held *h)
{
	bool go_on;

	pthread_mutex_lock(&h->d->lock);
	go_on = h->state == HELD_BUSY;
	if (go_on)
		h->state = HELD_IDLE;
	pthread_mutex_unlock(&h->d->lock);
	return go_on;
}

static void
closed(void *arg, enum store_result r)
{
	(void)r;
	held_free(arg);
}

static void
close_held(struct held *h)
{
	if (h->session != NULL)
		store_close(h->session, closed, h);
	else
		held_free(h);
}

/* ---- open ---------------------------------------------------------------- */

/*
 * A listing for which there is no memory or descriptor just now becomes a
 * failure, so that the front closes the session: without an answer it would
 * keep its lock.
 */
static void
send_opened(struct link *front, uint32_t id, enum store_result r,
    const char *user, const struct store_snapshot *snap)
{
	struct ipc_writer w;
	size_t n;

	ipc_writer_init(&w);
	ipc_put_u8(&w, r);
	ipc_put_str(&w, user);
	if (snap != NULL) {
		n = listing_encoded_size(snap);
		ipc_put_u32(&w, (uint32_t)n);
		if (!w.failed && buf_reserve(&w.b, n) == BUF_OK) {
			listing_encode(snap, w.b.p + w.b.n);
			w.b.n += n;
		} else {
			w.failed = true;
		}
	}
	if (snap == NULL)
		stored_reply(front, IPC_STORE_OPENED, id, &w, -1);
	else if (ipc_send(&front->chan, IPC_STORE_OPENED, id, &w, -1) ==
	    IPC_ENOMEM)
		send_opened(front, id, STORE_TEMP, user, NULL);
	else
		link_unref(front);
}

static struct held *
session_of(struct client *c, uint32_t id)
{
	return map_get(&c->sessions, id);
}

static void
open_done(void *arg, enum store_result r, struct store_session *session,
    struct store_snapshot *snap)
{
	struct held *h = arg;
	struct link *front = link_ref(h->front);
	uint32_t id = h->id;
	char *user = h->user;
	bool go_on;

	h->user = NULL;
	h->session = session;
	h->count = snap ? snap->count : 0;
	go_on = operation_over(h);
	if (!go_on) {
		link_unref(front);
		close_held(h);
	} else {
		send_opened(front, id, r, user, snap);
	}
	free(user);
	if (snap != NULL)
		store_snapshot_free(snap);
}

/*
 * A held session whose opening failed stays in the table, without a store
 * session, until the front closes it, as it does with every answer.
 */
void
session_open(struct client *c, uint32_t id, const char *user,
    const char *maildrop)
{
	struct stored *d = c->d;
	struct held *h;
	bool may;

	if (map_get(&c->sessions, id) != NULL) {
		link_end(c->link, true);	/* an id is used once */
		return;
	}
	h = calloc(1, sizeof(*h));
	if (h == NULL || (h->user = strdup(user)) == NULL) {
		free(h);
		send_opened(link_ref(c->link), id, STORE_TEMP, user, NULL);
		return;
	}
	h->d = d;
	h->id = id;
	h->state = HELD_BUSY;
	h->user_key = hash_name(d->hash_key, user);
	pthread_mutex_lock(&d->lock);
	may = user_enter(d, h->user_key);
	pthread_mutex_unlock(&d->lock);
	if (!may || map_put(&c->sessions, id, h) != 0) {
		send_opened(link_ref(c->link), id,
		    may ? STORE_TEMP : STORE_IN_USE, user, NULL);
		if (may) {
			pthread_mutex_lock(&d->lock);
			user_leave(d, h->user_key);
			pthread_mutex_unlock(&d->lock);
		}
		free(h->user);
		free(h);
		return;
	}
	h->front = link_ref(c->link);
	store_open(d->store, maildrop, d->conf->session_lock ?
	    STORE_LOCK_EXCLUSIVE : STORE_LOCK_SHARED, open_done, h);
}

/* ---- body and commit ----------------------------------------------------- */

/* the session, now busy; NULL when that is against the rules */
static struct held *
begin_operation(struct client *c, uint32_t id)
{
	struct held *h = session_of(c, id);

	if (h == NULL)
		return NULL;
	pthread_mutex_lock(&c->d->lock);
	if (h->state != HELD_IDLE || h->session == NULL)
		h = NULL;
	else
		h->state = HELD_BUSY;
	pthread_mutex_unlock(&c->d->lock);
	return h;
}

static void
bodies_done(void *arg, enum store_result r, const struct store_body *bodies,
    unsigned n)
{
	struct held *h = arg;
	struct link *front = link_ref(h->front);
	uint32_t id = h->id;
	struct ipc_writer w;
	int fds[STORE_BODIES_MAX];

	ipc_writer_init(&w);
	ipc_put_u8(&w, r);
	ipc_put_u32(&w, n);
	for (unsigned i = 0; i < n; i++) {
		ipc_put_u64(&w, bodies[i].offset);
		ipc_put_u64(&w, bodies[i].length);
		ipc_put_u64(&w, bodies[i].changed);
		ipc_put_u8(&w, bodies[i].flags);
		fds[i] = bodies[i].fd;
	}
	if (!operation_over(h))
		close_held(h);
	stored_reply_fds(front, IPC_STORE_BODY_R, id, &w, fds, n);
}

bool
session_body(struct client *c, const struct ipc_frame *f)
{
	struct held *h;
	struct ipc_reader r;
	uint32_t i, n;

	ipc_reader_init(&r, f->payload);
	i = ipc_get_u32(&r);
	n = ipc_get_u32(&r);
	if (!ipc_reader_end(&r) || n < 1 || n > STORE_BODIES_MAX)
		return false;
	h = begin_operation(c, f->id);
	if (h == NULL)
		return false;
	if (i >= h->count) {
		(void)operation_over(h);
		return false;
	}
	store_bodies(h->session, i, n, bodies_done, h);
	return true;
}

static void
commit_done(void *arg, enum store_result r)
{
	struct held *h = arg;
	struct link *front = link_ref(h->front);
	uint32_t id = h->id;
	struct ipc_writer w;

	ipc_writer_init(&w);
	ipc_put_u8(&w, r);
	if (!operation_over(h))
		close_held(h);
	stored_reply(front, IPC_STORE_COMMIT_R, id, &w, -1);
}

bool
session_commit(struct client *c, const struct ipc_frame *f)
{
	struct held *h;
	struct ipc_reader r;
	struct pop_span marks;

	ipc_reader_init(&r, f->payload);
	marks = ipc_get_span(&r);
	if (!ipc_reader_end(&r))
		return false;
	h = begin_operation(c, f->id);
	if (h == NULL)
		return false;
	/* not before: while it is being opened a thread sets the count */
	if (marks.n != ((size_t)h->count + 7) / 8) {
		(void)operation_over(h);
		return false;
	}
	store_commit(h->session, marks.p, commit_done, h);
	return true;
}

/* ---- close --------------------------------------------------------------- */

/* out of the table; true when the caller must close it */
static bool
let_go(struct stored *d, struct held *h)
{
	bool idle;

	pthread_mutex_lock(&d->lock);
	idle = h->state == HELD_IDLE;
	h->state = HELD_CLOSING;
	pthread_mutex_unlock(&d->lock);
	return idle;
}

/* allowed at any time: the client may vanish during an operation */
void
session_close(struct client *c, uint32_t id)
{
	struct held *h = map_take(&c->sessions, id);

	if (h != NULL && let_go(c->d, h))
		close_held(h);
}

void
sessions_close_all(struct client *c)
{
	struct held *h;
	size_t pos = 0;

	while ((h = map_next(&c->sessions, &pos)) != NULL)
		if (let_go(c->d, h))
			close_held(h);
	map_release(&c->sessions);
}
