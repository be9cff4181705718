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

struct fd_list {
	unsigned n;
	const int *v;
};

struct ipc_queued {
	struct ipc_queued *next;
	unsigned nfds;
	int fds[IPC_FDS_MAX];
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
close_all(struct fd_list fds)
{
	for (unsigned i = 0; i < fds.n; i++)
		(void)close(fds.v[i]);
}

static void
queued_free(struct ipc_queued *q)
{
	close_all((struct fd_list){ q->nfds, q->fds });
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
	char space[CMSG_SPACE(IPC_FDS_MAX * sizeof(int))];
};

static void
control_put(struct msghdr *m, union fd_control *control, struct fd_list fds)
{
	size_t n = fds.n * sizeof(int);
	struct cmsghdr *h;

	memset(control, 0, CMSG_SPACE(n));
	m->msg_control = control->space;
	m->msg_controllen = CMSG_SPACE(n);
	h = CMSG_FIRSTHDR(m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(h), fds.v, n);
}

/* one sendmsg; 0, IPC_AGAIN or IPC_EOF */
static int
send_one(int sock, const void *head, size_t head_n, const void *body,
    size_t body_n, struct fd_list fds)
{
	struct iovec iov[2] = {
		{ (void *)(uintptr_t)head, head_n },
		{ (void *)(uintptr_t)body, body_n },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = body_n ? 2 : 1 };
	union fd_control control;
	ssize_t n;

	if (fds.n > 0)
		control_put(&m, &control, fds);
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
    struct pop_span payload, struct fd_list fds, bool secret)
{
	struct ipc_queued *q;

	if (c->queued >= IPC_QUEUE_MAX)
		return IPC_EOF;
	q = malloc(sizeof(*q) + HEAD + payload.n);
	if (q == NULL)
		return IPC_ENOMEM;
	*q = (struct ipc_queued){ .nfds = fds.n, .secret = secret,
		.n = HEAD + payload.n };
	if (fds.n > 0)
		memcpy(q->fds, fds.v, fds.n * sizeof(int));
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
    struct pop_span payload, struct fd_list fds, bool secret)
{
	unsigned char head[HEAD] = { (unsigned char)kind, 0, 0, 0,
		(unsigned char)id, (unsigned char)(id >> 8),
		(unsigned char)(id >> 16), (unsigned char)(id >> 24) };
	bool begins = false;
	int r, blob = -1;

	if (payload.n > IPC_INLINE_MAX) {
		if (fds.n == 0)
			blob = blob_make(payload);
		if (blob < 0) {
			close_all(fds);
			return IPC_ENOMEM;
		}
		fds = (struct fd_list){ 1, &blob };
		head[1] = FLAG_BLOB;
		payload.n = 0;
	}
	pthread_mutex_lock(&c->lock);
	if (c->fd < 0)
		r = IPC_EOF;
	else if (c->head != NULL)
		r = IPC_AGAIN;		/* keep the order */
	else
		r = send_one(c->fd, head, HEAD, payload.p, payload.n, fds);
	if (r == IPC_AGAIN) {
		begins = c->head == NULL;
		r = enqueue(c, head, payload, fds, secret);
		if (r == IPC_OK)
			fds.n = 0;	/* the queue's now */
	}
	pthread_mutex_unlock(&c->lock);
	close_all(fds);
	if (begins && r == IPC_OK && c->stalled != NULL)
		c->stalled(c);
	return r;
}

static int
send_writer(struct ipc_chan *c, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w, struct fd_list fds, bool secret)
{
	struct pop_span payload = w ? buf_span(&w->b) : span_of("", 0);
	int r;

	if (w != NULL && w->failed) {
		close_all(fds);
		r = IPC_ENOMEM;
	} else {
		r = send_frame(c, kind, id, payload, fds, secret);
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
	return send_writer(c, kind, id, w,
	    (struct fd_list){ fd >= 0, &fd }, false);
}

int
ipc_send_fds(struct ipc_chan *c, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w, const int *fds, unsigned n)
{
	return send_writer(c, kind, id, w, (struct fd_list){ n, fds }, false);
}

int
ipc_send_secret(struct ipc_chan *c, enum ipc_kind kind, uint32_t id,
    struct ipc_writer *w)
{
	return send_writer(c, kind, id, w, (struct fd_list){ 0, NULL }, true);
}

int
ipc_flush(struct ipc_chan *c)
{
	struct ipc_queued *q;
	int r = IPC_OK;

	pthread_mutex_lock(&c->lock);
	while (r == IPC_OK && (q = c->head) != NULL) {
		r = c->fd < 0 ? IPC_EOF :
		    send_one(c->fd, q->frame, q->n, NULL, 0,
		    (struct fd_list){ q->nfds, q->fds });
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
 * The descriptors that came along.  Fewer than were sent are the first of
 * them: there was no room for more here, or the sender has sent more than a
 * frame may carry; frame_parse knows which.
 */
static int
received_fds(struct msghdr *m, struct ipc_frame *f)
{
	struct cmsghdr *h = CMSG_FIRSTHDR(m);

	f->fd_lost = (m->msg_flags & MSG_CTRUNC) != 0;
	if (h == NULL)
		return IPC_OK;
	if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
		return IPC_EBAD;
	f->nfds = (unsigned)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(f->fds, CMSG_DATA(h), f->nfds * sizeof(int));
	return IPC_OK;
}

static int
blob_read(struct ipc_frame *f)
{
	struct stat st;
	size_t done = 0;
	int fd = f->fds[0];

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size <= IPC_INLINE_MAX || st.st_size > IPC_PAYLOAD_MAX)
		return IPC_EBAD;
	f->blob = malloc((size_t)st.st_size);
	if (f->blob == NULL)
		return IPC_ENOMEM;
	while (done < (size_t)st.st_size) {
		ssize_t n = pread(fd, (char *)f->blob + done,
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
	unsigned nfds = f->nfds + f->fd_lost;	/* at least */
	bool blob;
	int r;

	if (n < HEAD || (mem[1] & ~FLAG_BLOB) || mem[2] || mem[3])
		return IPC_EBAD;
	blob = mem[1] & FLAG_BLOB;
	f->kind = mem[0];
	f->id = (uint32_t)mem[4] | (uint32_t)mem[5] << 8 |
	    (uint32_t)mem[6] << 16 | (uint32_t)mem[7] << 24;
	f->payload = span_of(mem + HEAD, n - HEAD);
	if (blob && (f->payload.n != 0 || nfds != 1))
		return IPC_EBAD;
	if (blob && !f->fd_lost) {
		r = blob_read(f);
		if (r != IPC_OK)
			return r;
	}
	return ipc_permitted(f->kind, c->peer, c->self, blob ? 0 : nfds) ?
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
	struct ipc_frame f = { .nfds = 0 };
	ssize_t n;
	int r;

	do
		n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? IPC_AGAIN : IPC_EOF;
	if (n == 0)
		return IPC_EOF;
	r = received_fds(&m, &f);
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
