/* SPDX-License-Identifier: ISC
 *
 * link: see link.h.  The loop's thread receives and ends; any thread may
 * send (ipc_send on link->chan) while it holds a reference.
 */
#include "server/link.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log/log.h"

#define LINK_OF(ptr, member) \
	((struct link *)(void *)((char *)(ptr) - offsetof(struct link, member)))

static void
watch(struct link *l, bool writing)
{
	if (loop_watch(l->set->loop, &l->io,
	    writing ? LOOP_READ | LOOP_WRITE : LOOP_READ) != 0)
		link_end(l, false);
}

static void
wake_event(struct loop_io *io, unsigned events)
{
	struct links *set = (struct links *)(void *)((char *)io -
	    offsetof(struct links, wake));
	struct link *next;
	uint64_t count;

	(void)events;
	if (read(io->fd, &count, sizeof(count)) < 0)
		return;
	for (struct link *l = set->first; l != NULL; l = next) {
		next = l->next;
		if (atomic_exchange(&l->stalled, false))
			watch(l, true);
	}
}

int
links_init(struct links *set, struct loop *loop)
{
	set->loop = loop;
	set->thread = pthread_self();
	set->first = NULL;
	set->wake = (struct loop_io){ .fn = wake_event };
	set->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (set->wake.fd < 0)
		return -1;
	return loop_watch(loop, &set->wake, LOOP_READ);
}

static void
stalled(struct ipc_chan *c)
{
	struct link *l = LINK_OF(c, chan);
	uint64_t one = 1;

	if (pthread_equal(pthread_self(), l->set->thread)) {
		if (!l->ended)
			watch(l, true);
		return;
	}
	atomic_store(&l->stalled, true);
	/* a full eventfd counter wakes the loop as well */
	if (write(l->set->wake.fd, &one, sizeof(one)) < 0)
		return;
}

/* one frame; false when there is none or the link ended */
static bool
receive(struct link *l, unsigned char *mem)
{
	struct ipc_frame f;
	int r = ipc_recv(&l->chan, mem, &f);

	if (r == IPC_AGAIN)
		return false;
	if (r != IPC_OK) {
		/* what could not be read is missing: the peer, which lives
		 * on, must not believe that all is well */
		link_end(l, r != IPC_EOF);
		return false;
	}
	r = l->frame(l, &f) ? IPC_OK : IPC_EBAD;
	ipc_frame_done(&f);
	if (r != IPC_OK && !l->ended)
		link_end(l, true);
	return !l->ended;
}

static void
io_event(struct loop_io *io, unsigned events)
{
	struct link *l = LINK_OF(io, io);

	link_ref(l);
	if (events & LOOP_WRITE) {
		int r = ipc_flush(&l->chan);

		if (r == IPC_OK)
			watch(l, false);
		else if (r == IPC_EOF)
			link_end(l, false);
	}
	/* one receive a wake-up when it is quiet: the second would only say
	 * that there is nothing */
	if (!l->ended && (events & (LOOP_READ | LOOP_HANGUP)))
		(void)receive(l, l->set->mem);
	link_unref(l);
}

struct link *
link_new(struct links *set, int fd, enum ipc_role self, enum ipc_role peer,
    uint32_t serial, link_frame_fn *frame, link_gone_fn *gone, void *owner)
{
	struct link *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)close(fd);
		return NULL;
	}
	ipc_chan_init(&l->chan, fd, self, peer, serial);
	l->chan.stalled = stalled;
	l->io = (struct loop_io){ .fd = fd, .fn = io_event };
	l->set = set;
	l->frame = frame;
	l->gone = gone;
	l->owner = owner;
	atomic_init(&l->refs, 1);
	if (loop_watch(set->loop, &l->io, LOOP_READ) != 0) {
		ipc_chan_done(&l->chan);
		free(l);
		return NULL;
	}
	l->next = set->first;
	set->first = l;
	return l;
}

struct link *
link_ref(struct link *l)
{
	atomic_fetch_add(&l->refs, 1);
	return l;
}

void
link_unref(struct link *l)
{
	if (atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	ipc_chan_done(&l->chan);
	free(l);
}

void
link_end(struct link *l, bool broke)
{
	struct link **at;

	if (l->ended)
		return;
	l->ended = true;
	for (at = &l->set->first; *at != NULL; at = &(*at)->next)
		if (*at == l) {
			*at = l->next;
			break;
		}
	/* a child that was forked a moment ago may still hold a duplicate:
	 * closing alone would leave the watcher in the kernel's set */
	loop_unwatch(l->set->loop, &l->io, false);
	ipc_chan_close(&l->chan);
	l->gone(l, broke);
}

void
link_drain_into(struct link *l)
{
	link_ref(l);
	while (!l->ended && receive(l, l->set->mem2))
		;
	link_unref(l);
}
