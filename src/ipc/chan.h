/* SPDX-License-Identifier: ISC
 *
 * chan: one end of a Unix SOCK_SEQPACKET pair between two processes.
 *
 * Sending is thread safe and never blocks: what the socket does not take
 * waits in a queue, and `stalled` tells the owner's loop to watch for
 * writability.  Receiving belongs to the owner's thread.
 */
#ifndef RESTANTE_IPC_CHAN_H
#define RESTANTE_IPC_CHAN_H

#include <pthread.h>
#include <stdbool.h>

#include "ipc/frame.h"

struct ipc_queued;

struct ipc_chan {
	int fd;				/* -1: closed */
	enum ipc_role self, peer;
	uint32_t serial;		/* of the peer process */
	pthread_mutex_t lock;		/* for what follows */
	struct ipc_queued *head, **tail;
	size_t queued;
	/* called, without the lock, when a queue begins; from any thread */
	void (*stalled)(struct ipc_chan *c);
};

enum { IPC_QUEUE_MAX = 1 << 20 };	/* frames; beyond: the peer is lost */

enum {
	IPC_OK = 0,
	IPC_AGAIN = -1,		/* nothing there */
	IPC_EOF = -2,		/* the peer is gone */
	IPC_EBAD = -3,		/* it broke the rules: end it */
	IPC_ENOMEM = -4
};

/* both ends, non-blocking, close-on-exec. 0 or -1 with errno */
__attribute__((warn_unused_result))
int ipc_pair(int fds_r[2]);

/* takes over fd */
void ipc_chan_init(struct ipc_chan *c, int fd, enum ipc_role self,
    enum ipc_role peer, uint32_t serial);
void ipc_chan_close(struct ipc_chan *c);
void ipc_chan_done(struct ipc_chan *c);

/*
 * Sends, or queues; takes over `fd` (-1: none) and the writer's memory in
 * any case.  0, or IPC_EOF when the peer is gone, IPC_ENOMEM.  w may be NULL.
 */
int ipc_send(struct ipc_chan *c, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w, int fd);
/* the same with n descriptors, at most IPC_FDS_MAX; for a payload that fits
 * into IPC_INLINE_MAX */
int ipc_send_fds(struct ipc_chan *c, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w, const int *fds, unsigned n);
/* the same; the payload is wiped behind it */
int ipc_send_secret(struct ipc_chan *c, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w);
/* When writable: sends what is queued. 0 (all gone), IPC_AGAIN, IPC_EOF */
int ipc_flush(struct ipc_chan *c);

enum { IPC_RECV_SIZE = IPC_INLINE_MAX + 64 };
/* One frame, its payload in `mem` (IPC_RECV_SIZE octets): IPC_OK, IPC_AGAIN,
 * IPC_EOF, IPC_EBAD, IPC_ENOMEM. */
__attribute__((warn_unused_result))
int ipc_recv(struct ipc_chan *c, unsigned char *mem, struct ipc_frame *f_r);

#endif
