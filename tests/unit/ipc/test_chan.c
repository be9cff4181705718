/* SPDX-License-Identifier: ISC
 *
 * test_chan: frames over a real socket pair: order, descriptors, large
 * payloads, a full socket, and a peer that breaks the rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/chan.h"
#include "../valgrind.h"

static struct ipc_chan front, auth;
static unsigned char mem[IPC_RECV_SIZE];

static int
set_up(void **state)
{
	int fds[2];

	(void)state;
	if (ipc_pair(fds) != 0)
		return -1;
	ipc_chan_init(&front, fds[0], IPC_FRONT, IPC_AUTH, 1);
	ipc_chan_init(&auth, fds[1], IPC_AUTH, IPC_FRONT, 2);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	ipc_chan_done(&front);
	ipc_chan_done(&auth);
	return 0;
}

static int
open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

static void
send_name(uint32_t id, const char *name)
{
	struct ipc_writer w;

	ipc_writer_init(&w);
	ipc_put_str(&w, name);
	assert_int_equal(ipc_send(&front, IPC_AUTH_PASS, id, &w, -1), IPC_OK);
}

static void
keeps_frames_whole_and_in_order(void **state)
{
	struct ipc_frame f;

	(void)state;
	send_name(1, "wren");
	send_name(2, "");
	assert_int_equal(ipc_recv(&auth, mem, &f), IPC_OK);
	assert_int_equal(f.kind, IPC_AUTH_PASS);
	assert_int_equal(f.id, 1);
	assert_int_equal(f.payload.n, 8);
	ipc_frame_done(&f);
	assert_int_equal(ipc_recv(&auth, mem, &f), IPC_OK);
	assert_int_equal(f.id, 2);
	ipc_frame_done(&f);
	assert_int_equal(ipc_recv(&auth, mem, &f), IPC_AGAIN);
	ipc_chan_close(&front);
	assert_int_equal(ipc_recv(&auth, mem, &f), IPC_EOF);
}

static void
carries_large_payloads(void **state)
{
	size_t n = 3 * 1024 * 1024;
	char *big = malloc(n);
	struct ipc_writer w;
	struct ipc_reader r;
	struct ipc_frame f;
	int before = open_fds();

	(void)state;
	memset(big, 'x', n);
	big[n - 1] = 'y';
	ipc_writer_init(&w);
	ipc_put_bytes(&w, big, n);
	assert_int_equal(ipc_send(&front, IPC_AUTH_PASS, 9, &w, -1), IPC_OK);
	assert_int_equal(ipc_recv(&auth, mem, &f), IPC_OK);
	ipc_reader_init(&r, f.payload);
	struct pop_span got = ipc_get_span(&r);

	assert_true(ipc_reader_end(&r));
	assert_int_equal(got.n, n);
	assert_memory_equal(got.p, big, n);
	ipc_frame_done(&f);
	free(big);
	assert_int_equal(open_fds(), before);
}

/* what the socket does not take waits, and nothing is lost or reordered */
static int stalls;

static void
count_stall(struct ipc_chan *c)
{
	(void)c;
	stalls++;
}

static void
queues_when_the_peer_is_slow(void **state)
{
	enum { N = 20000 };
	struct ipc_frame f;
	uint32_t got = 0;
	int r;

	(void)state;
	stalls = 0;
	front.stalled = count_stall;
	for (uint32_t i = 1; i <= N; i++)
		send_name(i, "a name that takes some room in the socket");
	assert_int_equal(stalls, 1);
	while (got < N) {
		r = ipc_recv(&auth, mem, &f);
		if (r == IPC_AGAIN) {
			r = ipc_flush(&front);
			assert_true(r == IPC_OK || r == IPC_AGAIN);
			continue;
		}
		assert_int_equal(r, IPC_OK);
		assert_int_equal(f.id, ++got);
		ipc_frame_done(&f);
	}
	assert_int_equal(ipc_flush(&front), IPC_OK);
}

static void
passes_a_descriptor(void **state)
{
	int fds[2], pair[2], fd;
	struct ipc_chan parent, child;
	struct ipc_writer w;
	struct ipc_frame f;
	char c;

	(void)state;
	assert_int_equal(ipc_pair(pair), 0);
	ipc_chan_init(&parent, pair[0], IPC_PARENT, IPC_STORE, 0);
	ipc_chan_init(&child, pair[1], IPC_STORE, IPC_PARENT, 0);
	assert_int_equal(pipe(fds), 0);
	ipc_writer_init(&w);
	ipc_put_u8(&w, IPC_FRONT);
	assert_int_equal(ipc_send(&parent, IPC_CTL_PEER, 0, &w, fds[1]),
	    IPC_OK);
	assert_int_equal(ipc_recv(&child, mem, &f), IPC_OK);
	fd = ipc_frame_take_fd(&f);
	ipc_frame_done(&f);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(write(fd, "!", 1), 1);
	assert_int_equal(read(fds[0], &c, 1), 1);
	assert_int_equal(c, '!');
	(void)close(fd);
	(void)close(fds[0]);
	ipc_chan_done(&parent);
	ipc_chan_done(&child);
}

/* raw octets of a peer that was taken over (S52) */
static void
refuses_raw(const void *octets, size_t n)
{
	struct ipc_frame f;

	assert_int_equal(send(front.fd, octets, n, 0), (ssize_t)n);
	assert_int_equal(ipc_recv(&auth, mem, &f), IPC_EBAD);
}

static void
ends_a_peer_that_breaks_the_rules(void **state)
{
	static const unsigned char wrong_kind[8] = { IPC_TICKET_OPEN };
	static const unsigned char no_kind[8] = { 0 };
	static const unsigned char high_kind[8] = { 250 };
	static const unsigned char flags[8] = { IPC_AUTH_PASS, 0x82 };
	static const unsigned char reserved[8] = { IPC_AUTH_PASS, 0, 1, 0 };
	static const unsigned char no_blob[8] = { IPC_AUTH_PASS, 1 };
	unsigned char *huge = calloc(1, IPC_RECV_SIZE + 1);

	(void)state;
	refuses_raw(wrong_kind, 8);
	refuses_raw(no_kind, 8);
	refuses_raw(high_kind, 8);
	refuses_raw(flags, 8);
	refuses_raw(reserved, 8);
	refuses_raw(no_blob, 8);
	refuses_raw(wrong_kind, 1);
	huge[0] = IPC_AUTH_PASS;
	refuses_raw(huge, IPC_RECV_SIZE + 1);
	free(huge);
}

static void
send_fds(int sock, const unsigned char *head, const int *fds, size_t n)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE((IPC_FDS_MAX + 1) * sizeof(int))];
	} control;
	struct iovec iov = { (void *)(uintptr_t)head, 8 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *h;

	memset(&control, 0, sizeof(control));
	h = CMSG_FIRSTHDR(&m);
	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(h), fds, n * sizeof(int));
	assert_int_equal(sendmsg(sock, &m, 0), 8);
}

static void
leaks_no_descriptor_of_a_bad_frame(void **state)
{
	static const unsigned char head[8] = { IPC_AUTH_PASS };
	static const unsigned char blob[8] = { IPC_AUTH_PASS, 1 };
	int fds[4] = { 0, 0, 0, 0 }, before = open_fds();
	struct ipc_frame f;

	(void)state;
	for (size_t n = 1; n <= 4; n++) {
		send_fds(front.fd, head, fds, n);
		assert_int_equal(ipc_recv(&auth, mem, &f), IPC_EBAD);
		assert_int_equal(open_fds(), before);
	}
	/* "the payload is in this descriptor": it is no file */
	send_fds(front.fd, blob, &front.fd, 1);
	assert_int_equal(ipc_recv(&auth, mem, &f), IPC_EBAD);
	assert_int_equal(open_fds(), before);
}

/* ---- several descriptors ------------------------------------------------- */

static struct ipc_chan store, front_end;

static void
bodies_set_up(void)
{
	int fds[2];

	assert_int_equal(ipc_pair(fds), 0);
	ipc_chan_init(&store, fds[0], IPC_STORE, IPC_FRONT, 0);
	ipc_chan_init(&front_end, fds[1], IPC_FRONT, IPC_STORE, 0);
}

static void
bodies_tear_down(void)
{
	ipc_chan_done(&store);
	ipc_chan_done(&front_end);
}

/* n files, file i of i octets */
static void
send_bodies(unsigned n)
{
	struct ipc_writer w;
	int fds[IPC_FDS_MAX];

	for (unsigned i = 0; i < n; i++) {
		fds[i] = memfd_create("body", MFD_CLOEXEC);
		assert_true(fds[i] >= 0);
		assert_int_equal(ftruncate(fds[i], (off_t)i), 0);
	}
	ipc_writer_init(&w);
	ipc_put_u32(&w, n);
	assert_int_equal(ipc_send_fds(&store, IPC_STORE_BODY_R, 7, &w, fds,
	    n), IPC_OK);
}

static void
check_bodies(struct ipc_frame *f, unsigned n)
{
	struct stat st;
	int fd;

	assert_int_equal(f->nfds, n);
	for (unsigned i = 0; i < n / 2; i++) {
		fd = ipc_frame_take_fd(f);
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_size, i);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		(void)close(fd);
	}
	/* the others are the frame's */
	ipc_frame_done(f);
	assert_int_equal(ipc_frame_take_fd(f), -1);
}

static void
passes_several_descriptors(void **state)
{
	struct ipc_frame f;
	int before;

	(void)state;
	bodies_set_up();
	before = open_fds();
	for (unsigned n = 0; n <= IPC_FDS_MAX; n++) {
		send_bodies(n);
		assert_int_equal(ipc_recv(&front_end, mem, &f), IPC_OK);
		assert_false(f.fd_lost);
		check_bodies(&f, n);
		assert_int_equal(open_fds(), before);
	}
	bodies_tear_down();
}

static void
queues_several_descriptors(void **state)
{
	enum { N = 60, EACH = 4 };	/* not more than may be in flight */
	unsigned char filler[8] = { IPC_STORE_COMMIT_R };
	struct ipc_frame f;
	unsigned sent = 0, got = 0;
	int before, r;

	(void)state;
	bodies_set_up();
	before = open_fds();
	/* a full socket: the rest waits in the queue */
	while (send(store.fd, filler, 8, MSG_DONTWAIT) == 8)
		sent++;
	for (unsigned i = 0; i < N; i++)
		send_bodies(EACH);
	assert_int_equal(open_fds(), before + N * EACH);
	while (got < sent + N) {
		r = ipc_recv(&front_end, mem, &f);
		if (r == IPC_AGAIN) {
			r = ipc_flush(&store);
			assert_true(r == IPC_OK || r == IPC_AGAIN);
			continue;
		}
		assert_int_equal(r, IPC_OK);
		check_bodies(&f, got++ < sent ? 0 : EACH);
	}
	assert_int_equal(open_fds(), before);
	/* and what is never sent is closed with the channel */
	while (send(store.fd, filler, 8, MSG_DONTWAIT) == 8)
		;
	send_bodies(EACH);
	bodies_tear_down();
	assert_int_equal(open_fds(), before - 2);
}

/* one more than a frame may carry (S52) */
static void
refuses_too_many_descriptors(void **state)
{
	static const unsigned char head[8] = { IPC_STORE_BODY_R };
	int fds[IPC_FDS_MAX + 1] = { 0 }, before;
	struct ipc_frame f;

	(void)state;
	bodies_set_up();
	before = open_fds();
	send_fds(store.fd, head, fds, IPC_FDS_MAX);
	assert_int_equal(ipc_recv(&front_end, mem, &f), IPC_OK);
	ipc_frame_done(&f);
	send_fds(store.fd, head, fds, IPC_FDS_MAX + 1);
	assert_int_equal(ipc_recv(&front_end, mem, &f), IPC_EBAD);
	assert_int_equal(open_fds(), before);
	bodies_tear_down();
}

/* whoever has no room for all of them gets the first ones, and knows */
static void
loses_the_last_descriptors(void **state)
{
	struct rlimit old, few;
	struct ipc_frame f;
	int next;

	(void)state;
	NOT_UNDER_VALGRIND("keeps descriptors for itself");
	bodies_set_up();
	send_bodies(5);
	next = dup(0);
	(void)close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){ (rlim_t)next + 2, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(ipc_recv(&front_end, mem, &f), IPC_OK);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(f.fd_lost);
	check_bodies(&f, 2);
	bodies_tear_down();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(keeps_frames_whole_and_in_order),
		T(carries_large_payloads),
		T(queues_when_the_peer_is_slow),
		T(passes_a_descriptor),
		T(ends_a_peer_that_breaks_the_rules),
		T(leaks_no_descriptor_of_a_bad_frame),
		T(passes_several_descriptors),
		T(queues_several_descriptors),
		T(refuses_too_many_descriptors),
		T(loses_the_last_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
