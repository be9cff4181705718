/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: what one of our processes hears from another that somebody
 * has taken over.  The first octet says who talks to whom and how many
 * descriptors come along, the second how many fields are read, then one octet
 * a field; the rest is a frame as it is on the socket.  Fields are compared
 * with a second reader, whatever was read is written again to the same octets,
 * a frame that is let in is one that this sender may send, and no descriptor
 * stays open.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/chan.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

enum { HEAD = 2, FRAME_HEAD = 8 };

static void
need(int truth)
{
	if (!truth)
		abort();
}

/* ---- fields -------------------------------------------------------------- */

struct slow {
	struct pop_span in;
	bool failed;
};

static uint64_t
slow_number(struct slow *s, size_t octets)
{
	uint64_t v = 0;

	s->failed = s->failed || s->in.n < octets;
	for (size_t i = octets; !s->failed && i > 0; i--)
		v = v << 8 | s->in.p[i - 1];
	if (!s->failed)
		span_skip(&s->in, octets);
	return v;
}

static struct pop_span
slow_octets(struct slow *s)
{
	size_t size = (size_t)slow_number(s, 4);
	struct pop_span v = span_of(s->in.p, size);

	s->failed = s->failed || size > s->in.n;
	if (s->failed)
		return span_of("", 0);
	span_skip(&s->in, size);
	return v;
}

/* One field, read twice and written again. */
static void
field(unsigned kind, struct ipc_reader *r, struct slow *s,
    struct ipc_writer *w)
{
	struct pop_span a, b;
	uint64_t v;
	char *str;

	switch (kind % 5) {
	case 0:
		v = ipc_get_u8(r);
		need(v == slow_number(s, 1));
		ipc_put_u8(w, (unsigned)v);
		break;
	case 1:
		v = ipc_get_u32(r);
		need(v == slow_number(s, 4));
		ipc_put_u32(w, (uint32_t)v);
		break;
	case 2:
		v = ipc_get_u64(r);
		need(v == slow_number(s, 8));
		ipc_put_u64(w, v);
		break;
	case 3:
		a = ipc_get_span(r);
		b = slow_octets(s);
		need(span_eq(a, b));
		ipc_put_span(w, a);
		break;
	default:
		str = ipc_get_str(r, 40);
		b = slow_octets(s);
		s->failed = s->failed || b.n > 40 ||
		    memchr(b.p, '\0', b.n) != NULL;
		need((str == NULL) == s->failed);
		need(str == NULL || span_eq(span_str(str), b));
		ipc_put_str(w, str == NULL ? "" : str);
		free(str);
	}
	need(r->failed == s->failed);
}

static void
check_fields(const unsigned char *kinds, size_t count, struct pop_span payload)
{
	unsigned char *copy = malloc(payload.n > 0 ? payload.n : 1);
	struct ipc_reader r;
	struct ipc_writer w;
	struct slow s = { payload, false };

	need(copy != NULL);
	if (payload.n > 0)
		memcpy(copy, payload.p, payload.n);
	ipc_reader_init(&r, span_of(copy, payload.n));
	ipc_writer_init(&w);
	for (size_t i = 0; i < count && !s.failed; i++)
		field(kinds[i], &r, &s, &w);
	need(ipc_reader_end(&r) == (!s.failed && s.in.n == 0));
	if (!s.failed) {
		need(!w.failed && w.b.n == payload.n - s.in.n);
		need(w.b.n == 0 || memcmp(w.b.p, payload.p, w.b.n) == 0);
	}
	buf_release(&w.b);
	free(copy);
}

/* ---- frames -------------------------------------------------------------- */

/* DESIGN.md: who may say what to whom, by the groups of frame.h */
static bool
may_say(enum ipc_kind k, enum ipc_role from, enum ipc_role to)
{
	if (k >= IPC_CTL_PEER && k <= IPC_CTL_LOG)
		return from == IPC_PARENT && to != IPC_PARENT;
	if (k >= IPC_CTL_READY && k <= IPC_CTL_KICKED)
		return from != IPC_PARENT && to == IPC_PARENT;
	if (k >= IPC_AUTH_PASS && k <= IPC_AUTH_RCPT)
		return from == IPC_FRONT && to == IPC_AUTH;
	if (k >= IPC_AUTH_OFFER && k <= IPC_AUTH_RCPT_R)
		return from == IPC_AUTH && to == IPC_FRONT;
	if (k == IPC_TICKET_OPEN || k == IPC_TICKET_RCPT)
		return from == IPC_AUTH && to == IPC_STORE;
	if (k >= IPC_STORE_BODY && k <= IPC_STORE_ABORT)
		return from == IPC_FRONT && to == IPC_STORE;
	if (k >= IPC_STORE_OPENED && k <= IPC_STORE_EACH_R)
		return from == IPC_STORE && to == IPC_FRONT;
	return false;
}

enum { COUNTS = IPC_FDS_MAX + 2 };

/* the whole table, once */
static void
check_permits(void)
{
	static bool done;

	for (unsigned i = 0; !done && i < (IPC_KINDS + 4) * 16 * COUNTS; i++) {
		enum ipc_kind k = (enum ipc_kind)(i / (16 * COUNTS));
		enum ipc_role from = i / COUNTS & 3, to = i / COUNTS >> 2 & 3;

		if (ipc_permitted(k, from, to, i % COUNTS))
			need(may_say(k, from, to) && from != to &&
			    i % COUNTS <= IPC_FDS_MAX);
	}
	done = true;
}

/* what comes along: so many descriptors, of which one may be the payload */
enum { FDS_SENT_MAX = IPC_FDS_MAX + 2, BLOB = 15 };

static unsigned
count_of(unsigned choice)
{
	static const unsigned char counts[] = { 0, 1, 2, 3, 4, 8,
		IPC_FDS_MAX - 1, IPC_FDS_MAX, IPC_FDS_MAX + 1, FDS_SENT_MAX,
		0, 0, 1, 1, 2, 1 };

	return counts[choice >> 4];
}

static int
companion(unsigned choice, struct pop_span frame)
{
	int fd;

	if (count_of(choice) == 0)
		return -1;
	fd = memfd_create("fuzz", MFD_CLOEXEC);
	need(fd >= 0);
	/* a large payload repeats what there is */
	while (choice >> 4 == BLOB && lseek(fd, 0, SEEK_END) <= IPC_INLINE_MAX)
		need(write(fd, frame.p, frame.n) == (ssize_t)frame.n);
	return fd;
}

static void
send_raw(int sock, struct pop_span frame, int fd, unsigned count)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(FDS_SENT_MAX * sizeof(int))];
	} control;
	struct iovec iov = { (void *)(uintptr_t)frame.p, frame.n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fds[FDS_SENT_MAX];

	for (unsigned i = 0; i < FDS_SENT_MAX; i++)
		fds[i] = fd;
	if (count > 0) {
		memset(&control, 0, sizeof(control));
		m.msg_control = control.space;
		m.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.align), fds, count * sizeof(int));
	}
	need(sendmsg(sock, &m, MSG_NOSIGNAL) >= 0);
}

static int
lowest_free(void)
{
	int fd = fcntl(0, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	need(fd >= 0);
	(void)close(fd);
	return fd;
}

static void
check_taken(const struct ipc_frame *f, const struct ipc_chan *c,
    struct pop_span frame, unsigned choice)
{
	bool blob = frame.p[1] == 1;
	unsigned count = count_of(choice);

	need(frame.n >= FRAME_HEAD && frame.p[1] <= 1 && !frame.p[2] &&
	    !frame.p[3]);
	need(f->kind == frame.p[0] && may_say(f->kind, c->peer, c->self));
	need(count <= IPC_FDS_MAX && !f->fd_lost);
	if (!blob) {
		span_skip(&frame, FRAME_HEAD);
		need(span_eq(f->payload, frame));
		need(f->nfds == count && f->taken == 0);
		return;
	}
	need(choice >> 4 == BLOB && frame.n == FRAME_HEAD);
	need(f->nfds == f->taken && f->payload.n > IPC_INLINE_MAX);
	for (size_t i = 0; i < f->payload.n; i++)
		need(f->payload.p[i] == frame.p[i % frame.n]);
}

static void
check_frame(unsigned choice, struct pop_span frame)
{
	static unsigned char mem[IPC_RECV_SIZE];
	struct ipc_chan c;
	struct ipc_frame f;
	int fds[2], along, before = lowest_free(), r;

	if (frame.n == 0)
		return;		/* nobody can send that */
	need(ipc_pair(fds) == 0);
	ipc_chan_init(&c, fds[0], choice & 3, choice >> 2 & 3, 1);
	along = companion(choice, frame);
	send_raw(fds[1], frame, along, count_of(choice));
	r = ipc_recv(&c, mem, &f);
	need(r == IPC_OK || r == IPC_EBAD);
	if (r == IPC_OK) {
		check_taken(&f, &c, frame, choice);
		ipc_frame_done(&f);
	}
	need(ipc_recv(&c, mem, &f) == IPC_AGAIN);
	(void)close(fds[1]);
	need(ipc_recv(&c, mem, &f) == IPC_EOF);
	if (along >= 0)
		(void)close(along);
	ipc_chan_done(&c);
	need(lowest_free() == before);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	size_t count;

	check_permits();
	if (n < HEAD)
		return 0;
	count = data[1] < n - HEAD ? data[1] : n - HEAD;
	check_fields(data + HEAD, count,
	    span_of(data + HEAD + count, n - HEAD - count));
	n -= HEAD + count;
	if (n <= IPC_RECV_SIZE)
		check_frame(data[0], span_of(data + HEAD + count, n));
	return 0;
}
