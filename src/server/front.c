/* SPDX-License-Identifier: ISC
 *
 * front: the event loop that accepts connections.
 *
 * Owns the listeners, the beginning and the draining of the process.  Runs
 * as its own user in an empty chroot, without any path, from before the
 * first connection on.
 */
#include "server/front.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log/log.h"
#include "net/listener.h"
#include "net/tls.h"
#include "server/meter.h"
#include "sys/drop.h"

enum {
	ACCEPT_PAUSE_MS = 100	/* when descriptors have run out */
};

static struct front front;	/* one a process; too large for the stack */

_Noreturn static void
front_exit(int status)
{
	/* what a leak checker would otherwise report */
	settings_unref(front.settings);
	shared_conf_unref(front.conf);
	if (front.tls_pop != NULL)
		tls_server_unref(front.tls_pop);
	if (front.tls_smtp != NULL)
		tls_server_unref(front.tls_smtp);
	free(front.mechanisms_clear);
	free(front.mechanisms_tls);
	control_link_done(&front.control);
	map_release(&front.sessions);
	free(front.listeners);
	exit(status);
}

/* ---- accepting ----------------------------------------------------------- */

static void
listen_all(struct front *f, bool on)
{
	for (size_t i = 0; i < f->nlisteners; i++)
		if (loop_watch(f->loop, &f->listeners[i].io,
		    on ? LOOP_READ : 0) != 0)
			log_msg(LOG_LEVEL_ERROR, "a listener was lost: %s",
			    strerror(errno));
}

static void
accept_again(struct loop_timer *t)
{
	struct front *f = (struct front *)(void *)((char *)t -
	    offsetof(struct front, accept_timer));

	if (!f->draining)
		listen_all(f, true);
}

static uint16_t
port_of(const struct sockaddr_storage *sa)
{
	if (sa->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)sa)->sin_port);
	if (sa->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)sa)->sin6_port);
	return 0;
}

static void
accept_failed(struct front *f)
{
	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
	    errno != ENOMEM)
		return;		/* a connection that died meanwhile */
	log_msg(LOG_LEVEL_ERROR, "cannot accept connections: %s",
	    strerror(errno));
	listen_all(f, false);
	if (loop_timer_set(f->loop, &f->accept_timer,
	    loop_now(f->loop) + ACCEPT_PAUSE_MS) != 0)
		listen_all(f, true);
}

static void
accept_event(struct loop_io *io, unsigned events)
{
	struct front_listener *l = (struct front_listener *)(void *)
	    ((char *)io - offsetof(struct front_listener, io));
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	unsigned char address[16];
	int fd;

	(void)events;
	memset(&sa, 0, sizeof(sa));
	fd = accept4(io->fd, (struct sockaddr *)&sa, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		accept_failed(l->front);
		return;
	}
	listener_address16(&sa, address);
	session_accept(l->front, fd, l->listen, address, port_of(&sa));
}

static bool
listeners_init(struct front *f, const struct role_start *start)
{
	f->listeners = calloc(start->nendpoints + 1, sizeof(*f->listeners));
	if (f->listeners == NULL)
		return false;
	for (size_t i = 0; i < start->nendpoints; i++) {
		struct front_listener *l = &f->listeners[f->nlisteners++];

		*l = (struct front_listener){ .front = f,
			.listen = start->endpoints[i].listen,
			.io = { .fd = start->endpoints[i].fd,
				.fn = accept_event } };
	}
	return true;
}

void
front_open(struct front *f)
{
	if (!f->draining)
		listen_all(f, true);
}

/* ---- draining ------------------------------------------------------------ */

void
front_abandon(struct front *f)
{
	while (f->first != NULL)
		session_end(f->first, "shutdown");
	loop_stop(f->loop);
}

static void
drain_over(struct loop_timer *t)
{
	front_abandon((struct front *)(void *)((char *)t -
	    offsetof(struct front, drain_timer)));
}

void
front_session_gone(struct front *f)
{
	if (f->draining && f->count == 0)
		loop_stop(f->loop);
}

void
front_drain(struct front *f)
{
	struct session *s, *next;

	if (f->draining)
		return;
	f->draining = true;
	for (size_t i = 0; i < f->nlisteners; i++) {
		loop_unwatch(f->loop, &f->listeners[i].io, false);
		(void)close(f->listeners[i].io.fd);
	}
	f->nlisteners = 0;
	for (s = f->first; s != NULL; s = next) {
		next = s->next;
		session_drain(s);
	}
	if (f->count == 0 || loop_timer_set(f->loop, &f->drain_timer,
	    loop_now(f->loop) + f->conf->conf->drain_seconds * 1000ULL) != 0)
		loop_stop(f->loop);
}

/* ---- the process --------------------------------------------------------- */

/* The store holds what the sessions of all fronts are about to get. */
static unsigned
ahead_max(unsigned long files, unsigned fronts)
{
	unsigned long max = files / FRONT_AHEAD_PART / fronts;

	return max < FRONT_AHEAD ? (unsigned)max : FRONT_AHEAD;
}

static bool
front_init(struct front *f, const struct role_start *start,
    unsigned long files)
{
	f->loop = loop_new();
	if (f->loop == NULL || links_init(&f->links, f->loop) != 0)
		return false;
	f->meter = start->meter;
	f->ahead_max = ahead_max(files, meter_fronts(f->meter));
	f->slot = start->slot;
	meter_reset(f->meter, f->slot);
	f->drain_timer.fn = drain_over;
	f->accept_timer.fn = accept_again;
	f->conf = shared_conf_new(start->conf);
	if (f->conf == NULL || !front_rebuild(f))
		return false;
	if (!control_link_init(&f->control, &f->links, start,
	    &front_control_ops, f))
		return false;
	return listeners_init(f, start);
}

void
front_main(const struct role_start *start)
{
	struct front *f = &front;
	unsigned long files = drop_raise_files(65536);

	role_drop(start);
	if (!front_init(f, start, files)) {
		log_msg(LOG_LEVEL_ERROR, "cannot start: %s", strerror(errno));
		front_exit(1);
	}
	role_sandbox(start);
	/* certificates come first, then READY; see front_ipc.c */
	if (loop_run(f->loop) != 0)
		log_msg(LOG_LEVEL_ERROR, "event loop: %s", strerror(errno));
	front_exit(0);
}
