/* SPDX-License-Identifier: ISC
 *
 * mem: maildrops in memory, with locks and snapshots like the real thing, for
 * tests.  Owns messages by reference count: a snapshot keeps what it shows
 * until it is closed.  Bodies and deliveries are memfds.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/measure.h"
#include "store/snapshot.h"
#include "store/store_backend.h"
#include "sys/os.h"

struct mem_message {
	unsigned refs;
	bool gone;
	uint64_t id;
	struct measure size;
	size_t n;
	char data[];
};

struct mem_drop {
	struct mem_drop *next;
	bool locked;
	struct mem_message **v;
	uint32_t n, cap;
	char path[];
};

struct mem {
	pthread_mutex_t lock;	/* over everything below */
	struct mem_drop *drops;
	uint64_t next_id;
	uint32_t messages_max;
};

struct mem_session {
	struct mem *mem;
	struct mem_drop *drop;
	bool locks;
	uint32_t count;
	struct mem_message *v[];
};

struct mem_delivery {
	struct mem *mem;
	int fd;
	unsigned n, carrier;
	struct mem_drop *to[];	/* NULL: not allowed */
};

static void *
mem_start(const struct store_config *config, const char **error_r)
{
	struct mem *mem = calloc(1, sizeof(*mem));

	if (mem == NULL) {
		*error_r = "out of memory";
		return NULL;
	}
	pthread_mutex_init(&mem->lock, NULL);
	mem->messages_max = config->messages_max;
	return mem;
}

static void
message_unref(struct mem_message *m)
{
	if (--m->refs == 0)
		free(m);
}

static void
mem_stop(void *engine)
{
	struct mem *mem = engine;
	struct mem_drop *d;

	while ((d = mem->drops) != NULL) {
		mem->drops = d->next;
		for (uint32_t i = 0; i < d->n; i++)
			message_unref(d->v[i]);
		free(d->v);
		free(d);
	}
	pthread_mutex_destroy(&mem->lock);
	free(mem);
}

/* Locked. The maildrop, made when it is not there; NULL: no memory. */
static struct mem_drop *
drop_get(struct mem *mem, const char *path)
{
	size_t n = strlen(path) + 1;
	struct mem_drop *d;

	for (d = mem->drops; d != NULL; d = d->next)
		if (strcmp(d->path, path) == 0)
			return d;
	d = calloc(1, sizeof(*d) + n);
	if (d == NULL)
		return NULL;
	memcpy(d->path, path, n);
	d->next = mem->drops;
	mem->drops = d;
	return d;
}

static struct store_snapshot *
drop_snapshot(const struct mem_drop *d, uint32_t count)
{
	struct store_snapshot *snap = snapshot_new(count, (size_t)count * 17);

	for (uint32_t i = 0; snap != NULL && i < count; i++) {
		const struct mem_message *m = d->v[i];
		char id[18];
		int n = snprintf(id, sizeof(id), "m%016llx",
		    (unsigned long long)m->id);

		snapshot_add(snap, measure_wire(&m->size), id, (size_t)n);
	}
	return snap;
}

static enum store_result
open_locked(struct mem *mem, struct mem_drop *d, bool locks,
    struct mem_session **s_r, struct store_snapshot **snap_r)
{
	uint32_t count = d->n;
	struct mem_session *s;

	if (mem->messages_max > 0 && count > mem->messages_max)
		count = mem->messages_max;
	if (locks && d->locked)
		return STORE_IN_USE;
	s = malloc(sizeof(*s) + (size_t)count * sizeof(s->v[0]));
	*snap_r = drop_snapshot(d, count);
	if (s == NULL || *snap_r == NULL) {
		free(s);
		store_snapshot_free(*snap_r);
		return STORE_TEMP;
	}
	*s = (struct mem_session){ .mem = mem, .drop = d, .locks = locks,
		.count = count };
	for (uint32_t i = 0; i < count; i++) {
		s->v[i] = d->v[i];
		s->v[i]->refs++;
	}
	if (locks)
		d->locked = true;
	*s_r = s;
	return STORE_OK;
}

static enum store_result
mem_open(void *engine, const char *path, enum store_lock lock,
    void **session_r, struct store_snapshot **snap_r)
{
	enum store_result r = STORE_TEMP;
	struct mem *mem = engine;
	struct mem_session *s = NULL;
	struct mem_drop *d;

	pthread_mutex_lock(&mem->lock);
	d = drop_get(mem, path);
	if (d != NULL)
		r = open_locked(mem, d, lock == STORE_LOCK_EXCLUSIVE, &s,
		    snap_r);
	pthread_mutex_unlock(&mem->lock);
	if (r == STORE_OK)
		*session_r = s;
	return r;
}

static void
mem_close(void *session)
{
	struct mem_session *s = session;
	struct mem *mem = s->mem;

	pthread_mutex_lock(&mem->lock);
	for (uint32_t i = 0; i < s->count; i++)
		message_unref(s->v[i]);
	if (s->locks)
		s->drop->locked = false;
	pthread_mutex_unlock(&mem->lock);
	free(s);
}

/* A memfd with these octets, at its beginning; -1 with errno. */
static int
memfd_of(const char *p, size_t n)
{
	int fd = memfd_create("message", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (os_write_all(fd, p, n) != 0 || os_rewind(fd) != 0) {
		int err = errno;

		(void)os_close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

static enum store_result
mem_body(void *session, uint32_t i, bool quick, struct store_body *body_r)
{
	struct mem_session *s = session;
	struct mem_message *m = s->v[i];
	bool gone;
	int fd;

	(void)quick;
	pthread_mutex_lock(&s->mem->lock);
	gone = m->gone;
	pthread_mutex_unlock(&s->mem->lock);
	if (gone)
		return STORE_GONE;
	fd = memfd_of(m->data, m->n);
	if (fd < 0)
		return STORE_TEMP;
	*body_r = (struct store_body){ .fd = fd, .length = m->n,
		.flags = (measure_crlf(&m->size) ? STORE_BODY_CRLF : 0) |
		    (!m->size.dots ? STORE_BODY_NO_DOTS : 0) };
	return STORE_OK;
}

static enum store_result
mem_commit(void *session, const unsigned char *marks)
{
	struct mem_session *s = session;
	struct mem_drop *d = s->drop;
	uint32_t n = 0;

	pthread_mutex_lock(&s->mem->lock);
	for (uint32_t i = 0; i < s->count; i++)
		if (marks[i / 8] & (1 << (i % 8)))
			s->v[i]->gone = true;
	for (uint32_t i = 0; i < d->n; i++) {
		if (d->v[i]->gone)
			message_unref(d->v[i]);
		else
			d->v[n++] = d->v[i];
	}
	d->n = n;
	pthread_mutex_unlock(&s->mem->lock);
	return STORE_OK;
}

static enum store_result
mem_renew(void *session)
{
	(void)session;
	return STORE_OK;
}

/* ---- delivery ------------------------------------------------------------ */

static enum store_result
mem_begin(void *engine, const char *const *paths, unsigned n,
    void **delivery_r, int *fd_r, unsigned *carrier_r)
{
	struct mem *mem = engine;
	struct mem_delivery *d = calloc(1, sizeof(*d) +
	    n * sizeof(d->to[0]));
	bool no_memory = false;
	int fd = -1;

	if (d == NULL)
		return STORE_TEMP;
	d->mem = mem;
	d->n = d->carrier = n;
	pthread_mutex_lock(&mem->lock);
	for (unsigned i = 0; i < n; i++) {
		d->to[i] = paths[i] != NULL ? drop_get(mem, paths[i]) : NULL;
		if (d->to[i] != NULL && d->carrier == n)
			d->carrier = i;
		no_memory |= paths[i] != NULL && d->to[i] == NULL;
	}
	pthread_mutex_unlock(&mem->lock);
	d->fd = d->carrier < n && !no_memory ?
	    memfd_create("delivery", MFD_CLOEXEC) : -1;
	if (d->fd >= 0)
		fd = os_dup(d->fd);
	if (fd < 0) {
		if (d->fd >= 0)
			(void)os_close(d->fd);
		free(d);
		return STORE_TEMP;
	}
	*delivery_r = d;
	*fd_r = fd;
	*carrier_r = d->carrier;
	return STORE_OK;
}

static enum store_result
read_all(int fd, char *p, uint64_t n, uint64_t offset)
{
	while (n > 0) {
		ssize_t r = os_pread(fd, p, (size_t)n, offset);

		if (r <= 0)
			return STORE_TEMP;
		p += r;
		n -= (uint64_t)r;
		offset += (uint64_t)r;
	}
	return STORE_OK;
}

/* Locked. */
static enum store_result
drop_add(struct mem_drop *d, struct mem_message *m)
{
	if (d->n == d->cap) {
		uint32_t cap = d->cap * 2 + 8;
		void *v = reallocarray(d->v, cap, sizeof(d->v[0]));

		if (v == NULL)
			return STORE_TEMP;
		d->v = v;
		d->cap = cap;
	}
	d->v[d->n++] = m;
	return STORE_OK;
}

/* recipient i's copy, not yet in its drop */
static enum store_result
mem_copy(struct mem_delivery *d, unsigned i, const struct store_copy *copy,
    uint64_t skip, uint64_t message, struct mem_message **m_r)
{
	struct mem_message *m;
	enum store_result r;

	if (d->to[i] == NULL)
		return STORE_NO_MAILDROP;
	m = calloc(1, sizeof(*m) + copy->header_len + message);
	if (m == NULL)
		return STORE_TEMP;
	m->refs = 1;
	m->n = copy->header_len + message;
	if (copy->header_len > 0)
		memcpy(m->data, copy->header, copy->header_len);
	r = read_all(d->fd, m->data + copy->header_len, message, skip);
	if (r != STORE_OK) {
		free(m);
		return r;
	}
	measure_feed(&m->size, m->data, m->n);
	*m_r = m;
	return STORE_OK;
}

/* under the lock; takes over m in any case */
static enum store_result
mem_put(struct mem_delivery *d, unsigned i, struct mem_message *m)
{
	enum store_result r;

	m->id = ++d->mem->next_id;
	r = drop_add(d->to[i], m);
	if (r != STORE_OK)
		free(m);
	return r;
}

static enum store_result
mem_post(struct mem_delivery *d, unsigned i, const struct store_copy *copy,
    uint64_t skip, uint64_t message)
{
	struct mem_message *m;
	enum store_result r = mem_copy(d, i, copy, skip, message, &m);

	if (r != STORE_OK)
		return r;
	pthread_mutex_lock(&d->mem->lock);
	r = mem_put(d, i, m);
	pthread_mutex_unlock(&d->mem->lock);
	return r;
}

/* All or none: what was put is the newest of its drop, as long as the lock
 * is held, and is taken out again. */
static enum store_result
mem_post_together(struct mem_delivery *d, const struct store_copy *copies,
    uint64_t skip, uint64_t message)
{
	struct mem_message **m = calloc(d->n, sizeof(struct mem_message *));
	enum store_result r = m != NULL ? STORE_OK : STORE_TEMP;
	unsigned i;

	for (i = 0; i < d->n && r == STORE_OK; i++)
		r = mem_copy(d, i, &copies[i], skip, message, &m[i]);
	pthread_mutex_lock(&d->mem->lock);
	for (i = 0; i < d->n && r == STORE_OK; i++) {
		r = mem_put(d, i, m[i]);
		m[i] = NULL;
	}
	if (r != STORE_OK && i > 0)
		for (i--; i-- > 0;)
			message_unref(d->to[i]->v[--d->to[i]->n]);
	pthread_mutex_unlock(&d->mem->lock);
	for (i = 0; m != NULL && i < d->n; i++)
		free(m[i]);
	free(m);
	return r;
}

static void
mem_abort(void *delivery)
{
	struct mem_delivery *d = delivery;

	(void)os_close(d->fd);
	free(d);
}

static enum store_result
mem_deliver(void *delivery, const struct store_copy *copies, uint64_t length,
    uint64_t message_wire, unsigned flags, store_each_done *each, void *arg)
{
	struct mem_delivery *d = delivery;
	uint64_t skip = copies[d->carrier].header_len;
	enum store_result all = STORE_OK;
	bool together = flags & STORE_TOGETHER;
	struct stat st;
	bool right;

	(void)message_wire;
	right = fstat(d->fd, &st) == 0 && (uint64_t)st.st_size == length &&
	    length >= skip;
	if (right && together)
		all = mem_post_together(d, copies, skip, length - skip);
	for (unsigned i = 0; i < d->n; i++) {
		enum store_result r = STORE_TEMP;

		if (right)
			r = together ? all : mem_post(d, i, &copies[i], skip,
			    length - skip);
		each(arg, i, r);
		if (all == STORE_OK)
			all = r;
	}
	mem_abort(d);
	return all;
}

const struct store_engine store_mem = {
	.name = "mem",
	.start = mem_start,
	.stop = mem_stop,
	.open = mem_open,
	.body = mem_body,
	.commit = mem_commit,
	.renew = mem_renew,
	.close = mem_close,
	.begin = mem_begin,
	.deliver = mem_deliver,
	.abort = mem_abort,
};
