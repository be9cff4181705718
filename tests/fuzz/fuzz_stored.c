/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: the store process between fronts that somebody has taken over
 * and an auth process that says anything.  The input is frames, each with two
 * octets in front: who sends (front 1, front 2, auth; or somebody hangs up),
 * and whether a descriptor comes along, more frames are on their way already,
 * and the store is slow; then kind, session, length and payload.
 *
 * What must hold: no answer without a ticket of auth for just that front and
 * session, and none that it has not asked for; no octet of a maildrop that the
 * ticket does not name; every answer a legal frame; no memory, lock or
 * descriptor that is left at the end.
 */
#include "server/stored.c"	/* its dispatch is what is tested */

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

enum { PEERS = 3, IDS = 256, FRAMES_MAX = 200, PATH_SIZE = 1025 };

struct known {			/* of one session of one front */
	bool open_ticket, rcpt_ticket;
	unsigned bodies, commits, begins;	/* asked for */
	struct buf maildrops;	/* of tickets to open, each behind a NUL and
				 * with one behind it */
};

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t turned;
	int open;
	struct store_delivery *delivery;
	int fd;
};

struct world {
	struct stored d;
	struct gate *slow;		/* the store's thread waits for it */
	struct ipc_chan peer[PEERS];	/* our ends */
	struct known known[2][IDS];
};

static void
need(bool truth)
{
	if (!truth)
		abort();
}

/* ---- waiting ------------------------------------------------------------- */

static void
open_gate(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->open++;
	pthread_cond_signal(&g->turned);
	pthread_mutex_unlock(&g->lock);
}

static void
wait_for(struct gate *g, int count)
{
	pthread_mutex_lock(&g->lock);
	while (g->open < count)
		pthread_cond_wait(&g->turned, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void
flushed(void *arg, enum store_result r, struct store_session *session,
    struct store_snapshot *snap)
{
	need(r == STORE_OK);
	store_snapshot_free(snap);
	store_close(session, NULL, NULL);
	open_gate(arg);
}

/* Until the store's one thread has done what was asked before. */
static void
flush(struct world *w)
{
	struct gate g = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.turned = PTHREAD_COND_INITIALIZER };

	store_open(w->d.store, "flush", STORE_LOCK_SHARED, flushed, &g);
	wait_for(&g, 1);
}

static void
waits(void *arg, enum store_result r, struct store_session *session,
    struct store_snapshot *snap)
{
	wait_for(arg, 1);
	flushed(arg, r, session, snap);
}

/* What is asked from now on begins when the loop has gone round. */
static void
slow_down(struct world *w)
{
	struct gate *g;

	if (w->slow != NULL)
		return;
	g = calloc(1, sizeof(*g));
	need(g != NULL && pthread_mutex_init(&g->lock, NULL) == 0 &&
	    pthread_cond_init(&g->turned, NULL) == 0);
	w->slow = g;
	store_open(w->d.store, "flush", STORE_LOCK_SHARED, waits, g);
}

static struct loop *turning;

static void
stop(struct loop_task *t)
{
	(void)t;
	loop_stop(turning);
}

static void
go_round(struct world *w)
{
	struct loop_task t = { .fn = stop };

	turning = w->d.loop;
	loop_later(w->d.loop, &t);
	need(loop_run(w->d.loop) == 0);
}

/* the loop, until it has nothing more to do */
static void
turn(struct world *w)
{
	for (int i = 0; i < 3 && w->slow != NULL; i++)
		go_round(w);
	if (w->slow != NULL) {
		open_gate(w->slow);
		wait_for(w->slow, 2);
		pthread_mutex_destroy(&w->slow->lock);
		pthread_cond_destroy(&w->slow->turned);
		free(w->slow);
		w->slow = NULL;
	}
	for (int i = 0; i < 3; i++) {
		go_round(w);
		flush(w);
	}
}

/* ---- mail that is there -------------------------------------------------- */

static void
begun(void *arg, enum store_result r, struct store_delivery *delivery, int fd,
    unsigned carrier)
{
	struct gate *g = arg;

	need(r == STORE_OK && carrier == 0);
	g->delivery = delivery;
	g->fd = fd;
	open_gate(g);
}

static void
delivered(void *arg, enum store_result r)
{
	need(r == STORE_OK);
	open_gate(arg);
}

static void
each(void *arg, unsigned i, enum store_result r)
{
	(void)arg;
	need(i == 0 && r == STORE_OK);
}

/* One message, which says whose it is. */
static void
deliver(struct world *w, const char *maildrop)
{
	struct gate g = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.turned = PTHREAD_COND_INITIALIZER };
	struct store_copy copy = { .header = "", .header_len = 0 };
	char text[40];
	size_t n;

	store_deliver_begin(w->d.store, &maildrop, 1, begun, &g);
	wait_for(&g, 1);
	need(!text_format(text, sizeof(text), "of %s\n", maildrop));
	n = strlen(text);
	need(write(g.fd, text, n) == (ssize_t)n);
	(void)close(g.fd);
	store_deliver_commit(g.delivery, &copy, n, n + 1, each, delivered,
	    &g);
	wait_for(&g, 2);
}

/* ---- what the peers say -------------------------------------------------- */

static struct known *
known_of(struct world *w, uint32_t serial, uint32_t id)
{
	return serial >= 1 && serial <= 2 && id < IDS ?
	    &w->known[serial - 1][id] : NULL;
}

/* Notes a ticket, if the frame is one. */
static void
note_ticket(struct world *w, enum ipc_kind kind, uint32_t id,
    struct pop_span payload)
{
	struct ipc_reader r;
	struct known *k;
	char *user = NULL, *maildrop;

	if (kind != IPC_TICKET_OPEN && kind != IPC_TICKET_RCPT)
		return;
	ipc_reader_init(&r, payload);
	k = known_of(w, ipc_get_u32(&r), id);
	if (kind == IPC_TICKET_OPEN)
		user = ipc_get_str(&r, 255);
	else
		(void)ipc_get_u32(&r);
	maildrop = ipc_get_str(&r, PATH_SIZE - 1);
	if (ipc_reader_end(&r) && k != NULL) {
		k->open_ticket |= kind == IPC_TICKET_OPEN;
		k->rcpt_ticket |= kind == IPC_TICKET_RCPT;
		if (kind == IPC_TICKET_OPEN) {
			need(buf_append(&k->maildrops, "", 1) == BUF_OK);
			need(buf_append(&k->maildrops, maildrop,
			    strlen(maildrop) + 1) == BUF_OK);
		}
	}
	free(user);
	free(maildrop);
}

static void
note_question(struct world *w, unsigned who, enum ipc_kind kind, uint32_t id)
{
	struct known *k = known_of(w, who + 1, id);

	if (k == NULL)
		return;
	k->bodies += kind == IPC_STORE_BODY;
	k->commits += kind == IPC_STORE_COMMIT;
	k->begins += kind == IPC_STORE_BEGIN;
}

static void
say(struct world *w, unsigned who, const unsigned char head[8],
    struct pop_span payload, bool with_fd)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov[2] = { { (void *)(uintptr_t)head, 8 },
		{ (void *)(uintptr_t)payload.p, payload.n } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	int fd = -1;

	if (w->peer[who].fd < 0)
		return;
	if (with_fd) {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		need(fd >= 0);
		memset(&control, 0, sizeof(control));
		m.msg_control = control.space;
		m.msg_controllen = sizeof(control.space);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.align), &fd, sizeof(int));
	}
	/* it may have been ended */
	if (sendmsg(w->peer[who].fd, &m, MSG_NOSIGNAL) < 0)
		ipc_chan_close(&w->peer[who]);
	if (fd >= 0)
		(void)close(fd);
}

/* ---- what they hear ------------------------------------------------------ */

/* What may be read through it is of a maildrop that a ticket names, or was
 * delivered by a peer. */
static void
check_body(const struct known *k, int fd)
{
	char text[64];
	ssize_t n = pread(fd, text, sizeof(text), 0);

	need(n >= 0 && k->maildrops.n > 0);
	if (n < 5 || memcmp(text, "of ", 3) != 0)
		return;
	text[2] = text[n - 1] = '\0';
	need(memmem(k->maildrops.p, k->maildrops.n, text + 2,
	    (size_t)n - 2) != NULL);
}

/* A front that was handed a file writes a message into it. */
static void
write_message(int fd)
{
	static const char text[] = "by hand\n";

	need(write(fd, text, 8) == 8 || fd < 0);
}

static void
check_answer(struct world *w, unsigned who, struct ipc_frame *f)
{
	struct known *k = known_of(w, who + 1, f->id);
	bool ok = f->payload.n > 0 && f->payload.p[0] == STORE_OK;
	int fd;

	need(who < 2 && k != NULL);
	switch ((int)f->kind) {
	case IPC_STORE_OPENED:
		need(k->open_ticket);
		break;
	case IPC_STORE_BODY_R:
		need(k->open_ticket && k->bodies-- > 0);
		while ((fd = ipc_frame_take_fd(f)) >= 0) {
			check_body(k, fd);
			(void)close(fd);
		}
		break;
	case IPC_STORE_COMMIT_R:
		need(k->open_ticket && k->commits-- > 0);
		break;
	case IPC_STORE_BEGIN_R:
		fd = ipc_frame_take_fd(f);
		need((fd >= 0) == ok && (!ok || k->rcpt_ticket));
		need(k->begins-- > 0);
		if (fd >= 0) {
			write_message(fd);
			(void)close(fd);
		}
		break;
	case IPC_STORE_EACH_R:
		need(k->rcpt_ticket);
		break;
	default:
		need(false);
	}
}

static void
hear(struct world *w)
{
	static unsigned char mem[IPC_RECV_SIZE];

	for (unsigned i = 0; i < PEERS; i++) {
		int r = IPC_OK;

		while (w->peer[i].fd >= 0 && r == IPC_OK) {
			struct ipc_frame f;

			r = ipc_recv(&w->peer[i], mem, &f);
			need(r != IPC_EBAD && r != IPC_ENOMEM);
			if (r == IPC_OK) {
				check_answer(w, i, &f);
				ipc_frame_done(&f);
			}
		}
		if (r == IPC_EOF)
			ipc_chan_close(&w->peer[i]);
	}
}

/* ---- a session ----------------------------------------------------------- */

static void
connect_peer(struct world *w, unsigned i)
{
	enum ipc_role role = i < 2 ? IPC_FRONT : IPC_AUTH;
	int fds[2];

	need(ipc_pair(fds) == 0);
	ipc_chan_init(&w->peer[i], fds[0], role, IPC_STORE, 1);
	need(add_peer(&w->d, role, i + 1, fds[1]));
}

static int
lowest_free(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	need(fd >= 0);
	(void)close(fd);
	return fd;
}

static struct world *
world_new(void)
{
	static struct conf conf = { .sessions_per_user = 2 };
	struct store_config config = { .engine = "mem", .root = "/",
		.hostname = "fuzz", .threads = 1 };
	struct world *w = calloc(1, sizeof(*w));
	const char *error;

	need(w != NULL);
	w->d.conf = &conf;
	need(pthread_mutex_init(&w->d.lock, NULL) == 0);
	w->d.loop = loop_new();
	need(w->d.loop != NULL);
	need(links_init(&w->d.links, w->d.loop) == 0);
	w->d.store = store_new(&config, &error);
	need(w->d.store != NULL);
	deliver(w, "a");
	deliver(w, "a");
	deliver(w, "b");
	for (unsigned i = 0; i < PEERS; i++)
		connect_peer(w, i);
	for (unsigned i = 0; i < 2 * IDS; i++)
		buf_init(&w->known[i / IDS][i % IDS].maildrops, 1 << 20);
	return w;
}

static void
world_free(struct world *w)
{
	for (unsigned i = 0; i < PEERS; i++)
		ipc_chan_close(&w->peer[i]);
	turn(w);
	need(w->d.fronts.count == 0 && w->d.auth == NULL);
	need(w->d.links.first == NULL);
	store_free(w->d.store);
	/* what was under way has ended now */
	need(w->d.users.count == 0);
	map_release(&w->d.fronts);
	map_release(&w->d.users);
	loop_unwatch(w->d.loop, &w->d.links.wake, false);
	(void)close(w->d.links.wake.fd);
	loop_free(w->d.loop);
	for (unsigned i = 0; i < PEERS; i++)
		ipc_chan_done(&w->peer[i]);
	for (unsigned i = 0; i < 2 * IDS; i++)
		buf_release(&w->known[i / IDS][i % IDS].maildrops);
	pthread_mutex_destroy(&w->d.lock);
	free(w);
}

/* the log is not looked at */
static void
be_quiet(void)
{
	static bool quiet;

	if (!quiet)
		need(log_open("/dev/null", "fuzz") == 0);
	quiet = true;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct world *w;
	int before;

	be_quiet();
	before = lowest_free();
	w = world_new();
	for (int i = 0; i < FRAMES_MAX && n >= 5; i++) {
		unsigned who = data[0] % 4U;
		unsigned char head[8] = { data[2], 0, 0, 0, data[3] };
		size_t size = data[4] < n - 5 ? data[4] : n - 5;
		struct pop_span payload = span_of(data + 5, size);

		if (who == 3) {
			ipc_chan_close(&w->peer[data[2] % PEERS]);
		} else {
			if (data[1] & 4)
				slow_down(w);
			if (who == 2 && (data[1] & 1) == 0)
				note_ticket(w, data[2], data[3], payload);
			note_question(w, who, data[2], data[3]);
			say(w, who, head, payload, data[1] & 1);
		}
		/* now and then several are on their way at once */
		if ((data[1] & 2) == 0) {
			turn(w);
			hear(w);
		}
		data += 5 + size;
		n -= 5 + size;
	}
	turn(w);
	hear(w);
	world_free(w);
	need(lowest_free() == before);
	return 0;
}
