/* SPDX-License-Identifier: ISC
 *
 * store: carries the operations of store.h to an engine over the thread pool.
 * Owns the handles and their one job each; must not do file work itself.
 */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/pool.h"
#include "store/store_backend.h"

enum {
	THREADS_DEFAULT = 4,
	THREADS_MAX = 256
};

struct store {
	const struct store_engine *engine;
	void *state;
	struct pool *pool;
};

/* The job is a member, as operations on one session never overlap. */
struct store_session {
	struct pool_job job;
	struct store *st;
	void *state;
	uint32_t count;
	enum store_lock lock;
	uint32_t index;		/* of body, bodies */
	unsigned max;		/* of bodies */
	char *path;		/* of open */
	unsigned char *marks;	/* of commit; NULL: no memory for it */
	void *arg;
	union {
		store_open_done *opened;
		store_body_done *body;
		store_bodies_done *bodies;
		store_done *done;
	} u;
};

struct store_delivery {
	struct pool_job job;
	struct store *st;
	void *state;
	unsigned n;
	void *block;		/* copies of what the caller passed, or NULL */
	uint64_t length;
	uint64_t message_wire;
	store_each_done *each;
	void *arg;
	union {
		store_begin_done *begun;
		store_done *done;
	} u;
	unsigned flags;			/* enum store_deliver_flag */
};

static struct store_session *
session_of(struct pool_job *job)
{
	return (struct store_session *)(void *)job;
}

static struct store_delivery *
delivery_of(struct pool_job *job)
{
	return (struct store_delivery *)(void *)job;
}

static const struct store_engine *
engine_find(const char *name)
{
	static const struct store_engine *const engines[] = {
		&store_maildir, &store_mem, &store_null
	};

	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
		if (strcmp(engines[i]->name, name) == 0)
			return engines[i];
	return NULL;
}

struct store *
store_new(const struct store_config *config, const char **error_r)
{
	const struct store_engine *engine = engine_find(config->engine);
	unsigned threads = config->threads == 0 ? THREADS_DEFAULT :
	    config->threads > THREADS_MAX ? THREADS_MAX : config->threads;
	struct store *st;

	if (engine == NULL) {
		*error_r = "no such store engine; there are maildir, mem, "
		    "null";
		return NULL;
	}
	st = calloc(1, sizeof(*st));
	if (st == NULL) {
		*error_r = "out of memory";
		return NULL;
	}
	st->engine = engine;
	st->state = engine->start(config, error_r);
	if (st->state == NULL) {
		free(st);
		return NULL;
	}
	st->pool = pool_new(threads);
	if (st->pool == NULL) {
		*error_r = "cannot start the threads of the store";
		engine->stop(st->state);
		free(st);
		return NULL;
	}
	return st;
}

void
store_free(struct store *st)
{
	if (st == NULL)
		return;
	pool_free(st->pool);
	st->engine->stop(st->state);
	free(st);
}

static void
run_open(struct pool_job *job)
{
	struct store_session *s = session_of(job);
	struct store_snapshot *snap = NULL;
	store_open_done *done = s->u.opened;
	void *arg = s->arg;
	enum store_result r = STORE_NO_MAILDROP;

	if (store_path_ok(s->path))
		r = s->st->engine->open(s->st->state, s->path, s->lock,
		    &s->state, &snap);
	free(s->path);
	s->path = NULL;
	if (r == STORE_OK) {
		s->count = snap->count;
	} else {
		free(s);
		s = NULL;
		snap = NULL;
	}
	done(arg, r, s, snap);
}

void
store_open(struct store *st, const char *path, enum store_lock lock,
    store_open_done *done, void *arg)
{
	struct store_session *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->path = strdup(path)) == NULL) {
		free(s);
		done(arg, STORE_TEMP, NULL, NULL);
		return;
	}
	s->job.run = run_open;
	s->st = st;
	s->lock = lock;
	s->u.opened = done;
	s->arg = arg;
	pool_add(st->pool, &s->job);
}

static void
run_body(struct pool_job *job)
{
	struct store_session *s = session_of(job);
	struct store_body body = { .fd = -1 };
	enum store_result r = STORE_GONE;
	store_body_done *done = s->u.body;
	void *arg = s->arg;

	if (s->index < s->count)
		r = s->st->engine->body(s->state, s->index, false, &body);
	if (r != STORE_OK)
		body = (struct store_body){ .fd = -1 };
	done(arg, r, &body);
}

void
store_body(struct store_session *s, uint32_t i, store_body_done *done,
    void *arg)
{
	s->job.run = run_body;
	s->index = i;
	s->u.body = done;
	s->arg = arg;
	pool_add(s->st->pool, &s->job);
}

/* as many bodies as `max` and the session allow, until one fails */
static unsigned
open_bodies(struct store_session *s, struct store_body *bodies,
    enum store_result *r_r)
{
	unsigned n = 0;

	*r_r = STORE_GONE;
	while (n < s->max && n < s->count - s->index) {
		enum store_result r = s->st->engine->body(s->state,
		    s->index + n, n > 0, &bodies[n]);

		if (n == 0)
			*r_r = r;
		if (r != STORE_OK)
			break;
		if (bodies[n++].changed == 0)
			break;
	}
	return n;
}

static void
run_bodies(struct pool_job *job)
{
	struct store_session *s = session_of(job);
	struct store_body bodies[STORE_BODIES_MAX];
	store_bodies_done *done = s->u.bodies;
	void *arg = s->arg;
	enum store_result r = STORE_GONE;
	unsigned n = 0;

	if (s->index < s->count)
		n = open_bodies(s, bodies, &r);
	done(arg, r, bodies, n);
}

void
store_bodies(struct store_session *s, uint32_t i, unsigned max,
    store_bodies_done *done, void *arg)
{
	s->job.run = run_bodies;
	s->index = i;
	s->max = max < 1 ? 1 : max > STORE_BODIES_MAX ? STORE_BODIES_MAX : max;
	s->u.bodies = done;
	s->arg = arg;
	pool_add(s->st->pool, &s->job);
}

static void
run_commit(struct pool_job *job)
{
	struct store_session *s = session_of(job);
	store_done *done = s->u.done;
	void *arg = s->arg;
	/* without memory nothing was removed, so some messages remain */
	enum store_result r = STORE_PARTIAL;

	if (s->marks != NULL)
		r = s->st->engine->commit(s->state, s->marks);
	free(s->marks);
	s->marks = NULL;
	done(arg, r);
}

void
store_commit(struct store_session *s, const unsigned char *marks,
    store_done *done, void *arg)
{
	size_t n = ((size_t)s->count + 7) / 8;

	s->marks = malloc(n + 1);
	if (s->marks != NULL && n > 0)
		memcpy(s->marks, marks, n);
	s->job.run = run_commit;
	s->u.done = done;
	s->arg = arg;
	pool_add(s->st->pool, &s->job);
}

static void
run_renew(struct pool_job *job)
{
	struct store_session *s = session_of(job);
	store_done *done = s->u.done;
	void *arg = s->arg;

	done(arg, s->st->engine->renew(s->state));
}

void
store_renew(struct store_session *s, store_done *done, void *arg)
{
	s->job.run = run_renew;
	s->u.done = done;
	s->arg = arg;
	pool_add(s->st->pool, &s->job);
}

static void
run_close(struct pool_job *job)
{
	struct store_session *s = session_of(job);
	store_done *done = s->u.done;
	void *arg = s->arg;

	s->st->engine->close(s->state);
	free(s);
	if (done != NULL)
		done(arg, STORE_OK);
}

void
store_close(struct store_session *s, store_done *done, void *arg)
{
	s->job.run = run_close;
	s->u.done = done;
	s->arg = arg;
	/* closing a descriptor is less work than waking a thread for it, and
	 * every visit ends so */
	if (s->st->engine->close_blocks)
		pool_add(s->st->pool, &s->job);
	else
		run_close(&s->job);
}

/* ---- delivery ------------------------------------------------------------ */

/* An array of pointers and the strings they point to, in one block. */
static const char **
paths_copy(const char *const *paths, unsigned n)
{
	size_t size = n * sizeof(char *);
	const char **out;
	char *p;

	for (unsigned i = 0; i < n; i++)
		size += strlen(paths[i]) + 1;
	out = malloc(size);
	if (out == NULL)
		return NULL;
	p = (char *)(out + n);
	for (unsigned i = 0; i < n; i++) {
		size_t len = strlen(paths[i]) + 1;

		memcpy(p, paths[i], len);
		out[i] = p;
		p += len;
	}
	return out;
}

/* STORE_OK when one of them may be asked for */
static enum store_result
paths_check(const char **paths, unsigned n)
{
	bool some = false;

	for (unsigned i = 0; i < n; i++) {
		if (store_path_ok(paths[i]))
			some = true;
		else
			paths[i] = NULL;
	}
	return some ? STORE_OK : STORE_NO_MAILDROP;
}

static void
run_begin(struct pool_job *job)
{
	struct store_delivery *d = delivery_of(job);
	const char **paths = d->block;
	store_begin_done *done = d->u.begun;
	void *arg = d->arg;
	unsigned carrier = 0;
	int fd = -1;
	enum store_result r = paths_check(paths, d->n);

	if (r == STORE_OK)
		r = d->st->engine->begin(d->st->state, paths, d->n,
		    &d->state, &fd, &carrier);
	free(paths);
	d->block = NULL;
	if (r != STORE_OK) {
		free(d);
		d = NULL;
		fd = -1;
	}
	done(arg, r, d, fd, carrier);
}

void
store_deliver_begin(struct store *st, const char *const *paths, unsigned n,
    store_begin_done *done, void *arg)
{
	struct store_delivery *d = calloc(1, sizeof(*d));

	if (d == NULL || n == 0 || (d->block = paths_copy(paths, n)) == NULL) {
		free(d);
		done(arg, STORE_TEMP, NULL, -1, 0);
		return;
	}
	d->job.run = run_begin;
	d->st = st;
	d->n = n;
	d->u.begun = done;
	d->arg = arg;
	pool_add(st->pool, &d->job);
}

/* An array of copies and the headers they point to, in one block. */
static struct store_copy *
copies_copy(const struct store_copy *copies, unsigned n)
{
	size_t size = n * sizeof(*copies);
	struct store_copy *out;
	char *p;

	for (unsigned i = 0; i < n; i++)
		size += copies[i].header_len;
	out = malloc(size);
	if (out == NULL)
		return NULL;
	p = (char *)(out + n);
	for (unsigned i = 0; i < n; i++) {
		out[i] = copies[i];
		out[i].header = p;
		if (copies[i].header_len > 0)
			memcpy(p, copies[i].header, copies[i].header_len);
		p += copies[i].header_len;
	}
	return out;
}

static void
run_deliver(struct pool_job *job)
{
	struct store_delivery *d = delivery_of(job);
	struct store *st = d->st;
	enum store_result r = STORE_TEMP;

	if (d->block != NULL) {
		r = st->engine->deliver(d->state, d->block, d->length,
		    d->message_wire, d->flags, d->each, d->arg);
	} else {
		for (unsigned i = 0; i < d->n; i++)
			d->each(d->arg, i, STORE_TEMP);
		st->engine->abort(d->state);
	}
	store_done *done = d->u.done;
	void *arg = d->arg;
	free(d->block);
	free(d);
	done(arg, r);
}

void
store_deliver_commit(struct store_delivery *d, const struct store_copy *copies,
    uint64_t length, uint64_t message_wire, store_each_done *each,
    store_done *done, void *arg)
{
	d->block = copies_copy(copies, d->n);
	d->job.run = run_deliver;
	d->length = length;
	d->message_wire = message_wire;
	d->each = each;
	d->u.done = done;
	d->arg = arg;
	pool_add(d->st->pool, &d->job);
}

void
store_deliver_flags(struct store_delivery *d, unsigned flags)
{
	d->flags = flags;
}

static void
run_abort(struct pool_job *job)
{
	struct store_delivery *d = delivery_of(job);
	store_done *done = d->u.done;
	void *arg = d->arg;

	d->st->engine->abort(d->state);
	free(d);
	if (done != NULL)
		done(arg, STORE_OK);
}

void
store_deliver_abort(struct store_delivery *d, store_done *done, void *arg)
{
	d->job.run = run_abort;
	d->u.done = done;
	d->arg = arg;
	pool_add(d->st->pool, &d->job);
}
