/* SPDX-License-Identifier: ISC
 *
 * link: a channel to another process, watched by this process's loop.
 */
#ifndef RESTANTE_SERVER_LINK_H
#define RESTANTE_SERVER_LINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "ipc/chan.h"
#include "net/loop.h"

struct link;

/* false: the frame broke the rules; the link is ended */
typedef bool link_frame_fn(struct link *l, struct ipc_frame *f);
/* The link has ended and is out of the set; the last thing that is called.
 * `broke`: because the peer broke the rules.  Must drop the owner's
 * reference. */
typedef void link_gone_fn(struct link *l, bool broke);

/* all links of a process */
struct links {
	struct loop *loop;
	void *owner;			/* whatever the process wants */
	pthread_t thread;
	struct loop_io wake;		/* eventfd, for other threads */
	struct link *first;
	unsigned char mem[IPC_RECV_SIZE];
	unsigned char mem2[IPC_RECV_SIZE];	/* for link_drain_into */
};

struct link {
	struct ipc_chan chan;
	struct loop_io io;
	struct links *set;
	struct link *next;
	link_frame_fn *frame;
	link_gone_fn *gone;
	void *owner;			/* whatever the functions want */
	atomic_uint refs;
	bool ended;
	atomic_bool stalled;		/* a queue began in another thread */
};

__attribute__((warn_unused_result))
int links_init(struct links *set, struct loop *loop);

/* Takes over fd. NULL for lack of memory (fd is closed). One reference is
 * the caller's. */
struct link *link_new(struct links *set, int fd, enum ipc_role self,
    enum ipc_role peer, uint32_t serial, link_frame_fn *frame,
    link_gone_fn *gone, void *owner);
struct link *link_ref(struct link *l);
void link_unref(struct link *l);
/* ends it and calls `gone` */
void link_end(struct link *l, bool broke);
/*
 * Receives what is there now, until nothing is: for when frames of this link
 * must come before one of another that is just being handled (whose payload
 * therefore stays untouched).
 */
void link_drain_into(struct link *l);

#endif
