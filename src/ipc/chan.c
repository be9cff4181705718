/* SPDX-License-Identifier: ISC
 *
 * chan: see chan.h.  Wire form of a frame: kind u8, flags u8, two zero
 * octets, id u32, payload.  With FLAG_BLOB the payload is in a memfd that
 * comes along; it is read, never mapped, so that a sender who shrinks it
 * cannot hurt.
 */
#include "ipc/chan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 8, FLAG_BLOB = 1 };

struct ipc_queued {
	struct ipc_queued *next;
	int fd;
	bool secret;
	size_t n;
	unsigned char frame[];
};

int
ipc_pair(int fds_r[2])
{
	int fds[2], size = 1 << 20;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, fds) != 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		/* best effort: the default holds a few frames too */
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size,
		    sizeof(size)) != 0)
			(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size,
			    sizeof(size));
		fds_r[i] = fds[i];
	}
	return 0;
}

void
ipc_chan_init(struct ipc_chan *c, int fd, enum ipc_role self,
    enum ipc_role peer, uint32_t serial)
{
	*c = (struct ipc_chan){ .fd = fd, .self = self, .peer = peer,
		.serial = serial };
	(void)pthread_mutex_init(&c->lock, NULL);
	c->tail = &c->head;
}

static void
queued_free(struct ipc_queued *q)
{
	if (q->fd >= 0)
		(void)close(q->fd);
	if (q->secret)
		explicit_bzero(q->frame, q->n);
	free(q);
}

void
ipc_chan_close(struct ipc_chan *c)
{
	struct ipc_queued *q;

	pthread_mutex_lock(&c->lock);
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	while ((q = c->head) != NULL) {
		c->head = q->next;
		queued_free(q);
	}
	c->tail = &c->head;
	c->queued = 0;
	pthread_mutex_unlock(&c->lock);
}

void
ipc_chan_done(struct ipc_chan *c)
{
	ipc_chan_close(c);
	(void)pthread_mutex_destroy(&c->lock);
}

union fd_control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int))];
};

/* one sendmsg; 0, IPC_AGAIN or IPC_EOF */
static int
send_one(int sock, const void *head, size_t head_n, const void *body,
    size_t body_n, int fd)
{
	struct iovec iov[2] = {
		{ (void *)(uintptr_t)head, head_n },
		{ (void *)(uintptr_t)body, body_n },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = body_n ? 2 : 1 };
	union fd_control control;
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *h;

		memset(&control, 0, sizeof(control));
		m.msg_control = control.space;
		m.msg_controllen = sizeof(control.space);
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &fd, sizeof(int));
	}
	do
		n = sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return IPC_OK;
	/* ETOOMANYREFS: descriptors in flight; the receiver will catch up */
	if (errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS)
		return IPC_AGAIN;
	return IPC_EOF;
}

static int
write_all(int fd, const unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return -1;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

static int
blob_make(struct pop_span payload)
{
	int fd = memfd_create("restante-ipc", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (write_all(fd, payload.p, payload.n) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int
enqueue(struct ipc_chan *c, const unsigned char *head,
    struct pop_span payload, int fd, bool secret)
{
	struct ipc_queued *q;

	if (c->queued >= IPC_QUEUE_MAX)
		return IPC_EOF;
	q = malloc(sizeof(*q) + HEAD + payload.n);
	if (q == NULL)
		return IPC_ENOMEM;
	*q = (struct ipc_queued){ .fd = fd, .secret = secret,
		.n = HEAD + payload.n };
	memcpy(q->frame, head, HEAD);
	if (payload.n > 0)
		memcpy(q->frame + HEAD, payload.p, payload.n);
	*c->tail = q;
	c->tail = &q->next;
	c->queued++;
	return IPC_OK;
}

static int
send_frame(struct ipc_chan *c, enum ipc_kind kind, uint32_t id,
    struct pop_span payload, int fd, bool secret)
{
	unsigned char head[HEAD] = { (unsigned char)kind, 0, 0, 0,
		(unsigned char)id, (unsigned char)(id >> 8),
		(unsigned char)(id >> 16), (unsigned char)(id >> 24) };
	bool begins = false;
	int r;

	if (payload.n > IPC_INLINE_MAX) {
		fd = fd < 0 ? blob_make(payload) : -1;
		if (fd < 0)
			return IPC_ENOMEM;
		head[1] = FLAG_BLOB;
		payload.n = 0;
	}
	pthread_mutex_lock(&c->lock);
	if (c->fd < 0)
		r = IPC_EOF;
	else if (c->head != NULL)
		r = IPC_AGAIN;		/* keep the order */
	else
		r = send_one(c->fd, head, HEAD, payload.p, payload.n, fd);
	if (r == IPC_AGAIN) {
		begins = c->head == NULL;
		r = enqueue(c, head, payload, fd, secret);
		if (r == IPC_OK)
			fd = -1;	/* the queue's now */
	}
	pthread_mutex_unlock(&c->lock);
	if (fd >= 0)
		(void)close(fd);
	if (begins && r == IPC_OK && c->stalled != NULL)
		c->stalled(c);
	return r;
}

static int
send_writer(struct ipc_chan *c, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w, int fd, bool secret)
{
	struct pop_span payload = w ? buf_span(&w->b) : span_of("", 0);
	int r;

	if (w != NULL && w->failed) {
		if (fd >= 0)
			(void)close(fd);
		r = IPC_ENOMEM;
	} else {
		r = send_frame(c, kind, id, payload, fd, secret);
	}
	if (w != NULL && secret)
		buf_wipe(&w->b);
	else if (w != NULL)
		buf_release(&w->b);
	return r;
}

int
ipc_send(struct ipc_chan *c, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w, int fd)
{
	return send_writer(c, kind, id, w, fd, false);
}

int
ipc_send_secret(struct ipc_chan *c, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w)
{
	return send_writer(c, kind, id, w, -1, true);
}

int
ipc_flush(struct ipc_chan *c)
{
	struct ipc_queued *q;
	int r = IPC_OK;

	pthread_mutex_lock(&c->lock);
	while (r == IPC_OK && (q = c->head) != NULL) {
		r = c->fd < 0 ? IPC_EOF :
		    send_one(c->fd, q->frame, q->n, NULL, 0, q->fd);
		if (r != IPC_OK)
			break;
		c->head = q->next;
		if (c->head == NULL)
			c->tail = &c->head;
		c->queued--;
		queued_free(q);
	}
	pthread_mutex_unlock(&c->lock);
	return r;
}

/*
 * The descriptor that came along, or -1.  The padding of a control message
 * has room for a second one: a sender who tries that is ended, and what it
 * sent is closed.
 */
static int
received_fd(struct msghdr *m, struct ipc_frame *f)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	int fds[sizeof(union fd_control) / sizeof(int)];
	size_t n;

	if (h == NULL) {
		/* the sender did nothing wrong: there was no room here */
		f->fd_lost = (m->msg_flags & MSG_CTRUNC) != 0;
		return IPC_OK;
	}
	if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
		return IPC_EBAD;
	n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(h), n * sizeof(int));
	if (n == 1 && !(m->msg_flags & MSG_CTRUNC)) {
		f->fd = fds[0];
		return IPC_OK;
	}
	for (size_t i = 0; i < n; i++)
		(void)close(fds[i]);
	return IPC_EBAD;
}

static int
blob_read(struct ipc_frame *f)
{
	struct stat st;
	size_t done = 0;

	if (fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size <= IPC_INLINE_MAX || st.st_size > IPC_PAYLOAD_MAX)
		return IPC_EBAD;
	f->blob = malloc((size_t)st.st_size);
	if (f->blob == NULL)
		return IPC_ENOMEM;
	while (done < (size_t)st.st_size) {
		ssize_t n = pread(f->fd, (char *)f->blob + done,
		    (size_t)st.st_size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return IPC_EBAD;
		done += (size_t)n;
	}
	(void)close(ipc_frame_take_fd(f));
	f->payload = span_of(f->blob, done);
	return IPC_OK;
}

static int
frame_parse(struct ipc_chan *c, const unsigned char *mem, size_t n,
    struct ipc_frame *f)
{
	bool blob, has_fd;
	int r;

	if (n < HEAD || (mem[1] & ~FLAG_BLOB) || mem[2] || mem[3])
		return IPC_EBAD;
	blob = mem[1] & FLAG_BLOB;
	f->kind = mem[0];
	f->id = (uint32_t)mem[4] | (uint32_t)mem[5] << 8 |
	    (uint32_t)mem[6] << 16 | (uint32_t)mem[7] << 24;
	f->payload = span_of(mem + HEAD, n - HEAD);
	if (blob && (f->payload.n != 0 || (f->fd < 0 && !f->fd_lost)))
		return IPC_EBAD;
	if (blob && !f->fd_lost) {
		r = blob_read(f);
		if (r != IPC_OK)
			return r;
	}
	has_fd = f->fd >= 0 || (f->fd_lost && !blob);
	return ipc_permitted(f->kind, c->peer, c->self, has_fd) ?
	    IPC_OK : IPC_EBAD;
}

int
ipc_recv(struct ipc_chan *c, unsigned char *mem, struct ipc_frame *f_r)
{
	struct iovec iov = { mem, IPC_RECV_SIZE };
	union fd_control control;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space) };
	struct ipc_frame f = { .fd = -1 };
	ssize_t n;
	int r;

	do
		n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? IPC_AGAIN : IPC_EOF;
	if (n == 0)
		return IPC_EOF;
	r = received_fd(&m, &f);
	if (r == IPC_OK)
		r = m.msg_flags & MSG_TRUNC ? IPC_EBAD :
		    frame_parse(c, mem, (size_t)n, &f);
	if (r != IPC_OK) {
		ipc_frame_done(&f);
		return r;
	}
	*f_r = f;
	return IPC_OK;
}
