/* SPDX-License-Identifier: ISC
 *
 * dial: the race of RFC 8305 between the addresses of a host.
 *
 * Owns the attempts and their timers until one of them has won or all have
 * lost.  Must not resolve names (dial_lookup.c) nor speak on the connection.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "net/dial.h"
#include "net/dial_lookup.h"

#define OF(ptr, member) ((struct dial *)((char *)(ptr) - \
	offsetof(struct dial, member)))

enum {
	STAGGER_MS = 250,	/* RFC 8305 section 5 */
	ADDRESSES = 16		/* of a host that has more */
};

struct attempt {
	struct loop_io io;	/* fd is -1 before and after */
	struct dial *dial;
};

struct dial {
	struct loop *loop;
	void (*done)(void *arg, const struct dial_result *result);
	void *arg;
	struct loop_task begin;
	struct loop_timer limit, stagger;
	unsigned timeout_ms;
	struct dial_lookup *lookup;	/* NULL: not a name, or known */
	struct loop_io lookup_io;
	struct addrinfo *list;
	const struct addrinfo *order[ADDRESSES];
	size_t order_n, next, racing;
	struct attempt attempt[ADDRESSES];
	int failed;		/* errno that result.text tells, or 0 */
	struct dial_result result;
};

/* ---- the end ---- */

static void
drop_lookup(struct dial *d)
{
	if (d->lookup == NULL)
		return;
	loop_unwatch(d->loop, &d->lookup_io, false);
	dial_lookup_drop(d->lookup);
	d->lookup = NULL;
}

static void
drop_attempt(struct dial *d, struct attempt *a)
{
	if (a->io.fd < 0)
		return;
	loop_unwatch(d->loop, &a->io, true);
	close(a->io.fd);
	a->io.fd = -1;
	d->racing--;
}

static void
release(struct dial *d)
{
	size_t i;

	loop_cancel(d->loop, &d->begin);
	loop_timer_stop(d->loop, &d->limit);
	loop_timer_stop(d->loop, &d->stagger);
	drop_lookup(d);
	for (i = 0; i < ADDRESSES; i++)
		drop_attempt(d, &d->attempt[i]);
	if (d->list != NULL)
		freeaddrinfo(d->list);
	free(d);
}

/* from a callback of the loop only */
static void
finish(struct dial *d, enum dial_error error)
{
	void (*done)(void *, const struct dial_result *) = d->done;
	struct dial_result result = d->result;
	void *arg = d->arg;

	result.error = error;
	if (error == DIAL_OK)
		result.text[0] = '\0';
	release(d);
	done(arg, &result);
}

void
dial_cancel(struct dial *d)
{
	if (d == NULL)
		return;
	if (d->result.fd >= 0)	/* a local one, not told of yet */
		close(d->result.fd);
	release(d);
}

/* ---- one attempt ---- */

static void
address_text(const struct addrinfo *a, char *out, size_t size)
{
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof(host), port,
	    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		out[0] = '\0';
	else
		text_format(out, size, a->ai_family == AF_INET6 ?
		    "[%s]:%s" : "%s:%s", host, port);
}

/* says more about this machine than about the server */
static bool
no_way_there(int err)
{
	return err == ENETUNREACH || err == EHOSTUNREACH ||
	    err == EADDRNOTAVAIL || err == EAFNOSUPPORT || err == EACCES;
}

/* Of several failures the last one is told, but "no IPv6 here" never hides
 * "refused". */
static void
note_failure(struct dial *d, size_t i, int err)
{
	if (d->failed != 0 && no_way_there(err) && !no_way_there(d->failed))
		return;
	d->failed = err;
	address_text(d->order[i], d->result.address,
	    sizeof(d->result.address));
	text_format(d->result.text, sizeof(d->result.text), "%s",
	    strerror(err));
}

static void
race(struct dial *d);

static void
on_attempt(struct loop_io *io, unsigned events)
{
	struct attempt *a = (struct attempt *)((char *)io -
	    offsetof(struct attempt, io));
	struct dial *d = a->dial;
	size_t i = (size_t)(a - d->attempt);
	socklen_t len = sizeof(int);
	int err = 0;

	(void)events;
	if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
		err = errno;
	if (err != 0) {
		drop_attempt(d, a);
		note_failure(d, i, err);
		loop_timer_stop(d->loop, &d->stagger);
		race(d);	/* the next one at once */
		return;
	}
	loop_unwatch(d->loop, io, false);
	address_text(d->order[i], d->result.address,
	    sizeof(d->result.address));
	d->result.fd = io->fd;
	io->fd = -1;
	d->racing--;
	finish(d, DIAL_OK);
}

static int
begin_attempt(struct dial *d, size_t i)
{
	const struct addrinfo *ai = d->order[i];
	struct attempt *a = &d->attempt[i];
	int one = 1, err;

	a->io.fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK |
	    SOCK_CLOEXEC, 0);
	if (a->io.fd < 0) {
		note_failure(d, i, errno);
		return -1;
	}
	d->racing++;
	if (setsockopt(a->io.fd, IPPROTO_TCP, TCP_NODELAY, &one,
	    sizeof(one)) == 0 &&
	    (connect(a->io.fd, ai->ai_addr, ai->ai_addrlen) == 0 ||
	    errno == EINPROGRESS || errno == EINTR) &&
	    loop_watch(d->loop, &a->io, LOOP_WRITE) == 0)
		return 0;
	err = errno;
	drop_attempt(d, a);
	note_failure(d, i, err);
	return -1;
}

/* the next address that can be tried; when there is none and none is under
 * way, that was all */
static void
race(struct dial *d)
{
	while (d->next < d->order_n) {
		if (begin_attempt(d, d->next++) != 0)
			continue;
		if (d->next == d->order_n || loop_timer_set(d->loop,
		    &d->stagger, loop_now(d->loop) + STAGGER_MS) == 0)
			return;
		/* no memory for a timer: do not wait */
	}
	if (d->racing == 0)
		finish(d, DIAL_CONNECT);
}

static void
on_stagger(struct loop_timer *t)
{
	race(OF(t, stagger));
}

static void
on_limit(struct loop_timer *t)
{
	struct dial *d = OF(t, limit);
	size_t i;

	for (i = 0; i < d->order_n; i++) {
		if (d->attempt[i].io.fd >= 0) {
			address_text(d->order[i], d->result.address,
			    sizeof(d->result.address));
			break;
		}
	}
	text_format(d->result.text, sizeof(d->result.text), d->lookup ?
	    "the name servers do not answer within %g s" :
	    "no answer within %g s", d->timeout_ms / 1000.0);
	finish(d, DIAL_TIMEOUT);
}

/* ---- the addresses ---- */

static const struct addrinfo *
next_of(const struct addrinfo *a, int family, bool same)
{
	while (a != NULL && (a->ai_family == family) != same)
		a = a->ai_next;
	return a;
}

/* the system's order (RFC 6724), families in turn (RFC 8305 section 4) */
static void
put_in_order(struct dial *d)
{
	int family = d->list->ai_family;
	const struct addrinfo *first = d->list;
	const struct addrinfo *other = next_of(d->list, family, false);
	bool turn = true;

	while ((first != NULL || other != NULL) && d->order_n < ADDRESSES) {
		if (first != NULL && (turn || other == NULL)) {
			d->order[d->order_n++] = first;
			first = next_of(first->ai_next, family, true);
		} else {
			d->order[d->order_n++] = other;
			other = next_of(other->ai_next, family, false);
		}
		turn = !turn;
	}
}

static void
on_lookup(struct loop_io *io, unsigned events)
{
	struct dial *d = OF(io, lookup_io);
	int ret;

	(void)events;
	ret = dial_lookup_result(d->lookup, &d->list, d->result.text,
	    sizeof(d->result.text));
	drop_lookup(d);
	if (ret != 0) {
		finish(d, DIAL_RESOLVE);
		return;
	}
	put_in_order(d);
	race(d);
}

/* ---- the beginning ---- */

static void
on_begin(struct loop_task *t)
{
	race(OF(t, begin));
}

static struct dial *
new_dial(struct loop *loop, void (*done)(void *arg,
    const struct dial_result *result), void *arg)
{
	struct dial *d = calloc(1, sizeof(*d));
	size_t i;

	if (d == NULL)
		return NULL;
	d->loop = loop;
	d->done = done;
	d->arg = arg;
	d->result.fd = -1;
	d->lookup_io.fn = on_lookup;
	d->limit.fn = on_limit;
	d->stagger.fn = on_stagger;
	for (i = 0; i < ADDRESSES; i++) {
		d->attempt[i].dial = d;
		d->attempt[i].io.fd = -1;
		d->attempt[i].io.fn = on_attempt;
	}
	return d;
}

/* an address needs no thread */
static int
find_addresses(struct dial *d, const char *host, unsigned port)
{
	if (dial_lookup_numeric(host, port, &d->list) == 0) {
		put_in_order(d);
		d->begin.fn = on_begin;
		loop_later(d->loop, &d->begin);
		return 0;
	}
	d->lookup = dial_lookup_start(host, port);
	if (d->lookup == NULL)
		return -1;
	d->lookup_io.fd = dial_lookup_fd(d->lookup);
	return loop_watch(d->loop, &d->lookup_io, LOOP_READ);
}

struct dial *
dial_start(struct loop *loop, const char *host, unsigned port,
    unsigned timeout_ms, void (*done)(void *arg,
    const struct dial_result *result), void *arg)
{
	struct dial *d = new_dial(loop, done, arg);

	if (d == NULL)
		return NULL;
	d->timeout_ms = timeout_ms;
	if (timeout_ms > 0 && loop_timer_set(loop, &d->limit,
	    loop_now(loop) + timeout_ms) != 0) {
		release(d);
		return NULL;
	}
	if (find_addresses(d, host, port) != 0) {
		release(d);
		return NULL;
	}
	return d;
}

static void
on_begin_local(struct loop_task *t)
{
	struct dial *d = OF(t, begin);

	finish(d, d->result.fd >= 0 ? DIAL_OK : DIAL_CONNECT);
}

static int
connect_local(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	int fd, err;

	if (n >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, n + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

struct dial *
dial_start_local(struct loop *loop, const char *path,
    void (*done)(void *arg, const struct dial_result *result), void *arg)
{
	struct dial *d = new_dial(loop, done, arg);

	if (d == NULL)
		return NULL;
	text_format(d->result.address, sizeof(d->result.address), "%s", path);
	d->result.fd = connect_local(path);
	if (d->result.fd < 0)
		text_format(d->result.text, sizeof(d->result.text), "%s",
		    errno == EAGAIN ? "too many wait for it already" :
		    strerror(errno));
	d->begin.fn = on_begin_local;
	loop_later(loop, &d->begin);
	return d;
}
