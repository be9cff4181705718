/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: restantectl's socket.  The first octet says how the octets
 * come, then two lengths and two texts: what somebody who may open the socket
 * writes, and the payload of what a front says to a question about sessions.
 * Whatever it is: the answer is lines of JSON, the last of which has "ok",
 * and nothing is left of the connection.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "base/text.h"
#include "conf/conf.h"
#include "log/log.h"
#include "server/parent.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static struct parent parent;
static struct child front;
static struct conf conf;
static struct ipc_chan front_end;	/* what the front hears */
static char directory[] = "/tmp/fuzz-control.XXXXXX";
static unsigned reloads;

static void
need(bool truth)
{
	if (!truth)
		abort();
}

/* in place of parent.c's */
int
parent_reload(struct parent *p, const char **error_r)
{
	need(p == &parent);
	*error_r = "not now";
	return reloads++ % 2 == 0 ? 0 : -1;
}

static void
stop(struct loop_task *t)
{
	(void)t;
	loop_stop(parent.loop);
}

static void
go_round(void)
{
	struct loop_task t = { .fn = stop };

	loop_later(parent.loop, &t);
	need(loop_run(parent.loop) == 0);
}

static bool
front_frame(struct link *l, struct ipc_frame *f)
{
	(void)l;
	(void)control_answer(&parent, &front, f);
	return true;
}

static void
front_gone(struct link *l, bool broke)
{
	(void)l;
	(void)broke;
	need(false);
}

static void
remove_directory(void)
{
	control_free(parent.control);
	(void)rmdir(directory);
}

static void
start(void)
{
	int fds[2];

	need(log_open("/dev/null", "fuzz") == 0);
	need(mkdtemp(directory) != NULL);
	conf.run_dir = directory;
	parent.conf = &conf;
	parent.loop = loop_new();
	need(parent.loop != NULL);
	need(links_init(&parent.links, parent.loop) == 0);
	need(ipc_pair(fds) == 0);
	ipc_chan_init(&front_end, fds[1], IPC_FRONT, IPC_PARENT, 1);
	front = (struct child){ .role = IPC_FRONT, .serial = 1 };
	front.control = link_new(&parent.links, fds[0], IPC_PARENT, IPC_FRONT,
	    1, front_frame, front_gone, &parent);
	need(front.control != NULL);
	parent.children = &front;
	parent.nchildren = 1;
	parent.control = control_new(&parent);
	need(parent.control != NULL);
	need(atexit(remove_directory) == 0);
}

static int
connect_to_it(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);

	need(fd >= 0);
	need(!text_format(a.sun_path, sizeof(a.sun_path), "%s/control",
	    directory));
	need(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	return fd;
}

/* The front is asked: a row, then the end, or the octets that it has. */
static void
answer_as_front(unsigned choice, struct pop_span payload)
{
	static unsigned char mem[IPC_RECV_SIZE];
	struct ipc_frame f;

	while (ipc_recv(&front_end, mem, &f) == IPC_OK) {
		static const enum ipc_kind ends[] = { IPC_CTL_WHO_END,
			IPC_CTL_KICKED };
		struct ipc_writer w;

		need(f.kind == IPC_CTL_WHO || f.kind == IPC_CTL_KICK);
		ipc_writer_init(&w);
		need(buf_append(&w.b, payload.p, payload.n) == BUF_OK);
		need(ipc_send(&front_end, IPC_CTL_WHO_ROW, f.id, &w, -1) ==
		    IPC_OK);
		ipc_writer_init(&w);
		ipc_put_u32(&w, choice);
		need(ipc_send(&front_end, ends[f.kind == IPC_CTL_KICK], f.id,
		    &w, -1) == IPC_OK);
		ipc_frame_done(&f);
		go_round();
		go_round();
	}
}

/* 1 when the connection has ended */
static int
hear(int fd, struct buf *answer)
{
	ssize_t n;

	need(buf_reserve(answer, 1 << 16) == BUF_OK);
	n = recv(fd, answer->p + answer->n, 1 << 16, 0);
	if (n > 0)
		answer->n += (size_t)n;
	return n == 0 || (n < 0 && errno != EAGAIN);
}

static void
check_answer(struct pop_span s)
{
	bool ok = false;

	need(s.n > 0 && s.p[s.n - 1] == '\n');
	while (s.n > 0) {
		const unsigned char *lf = memchr(s.p, '\n', s.n);
		size_t n = (size_t)(lf - s.p);
		json_t *line = json_loadb((const char *)s.p, n,
		    JSON_ALLOW_NUL, NULL);

		need(!ok && json_is_object(line));
		ok = json_is_boolean(json_object_get(line, "ok"));
		need(ok || json_is_string(json_object_get(line, "session")));
		for (size_t i = 0; i < n; i++)
			need(s.p[i] >= 0x20);
		json_decref(line);
		span_skip(&s, n + 1);
	}
	need(ok);
}

static void
ask(unsigned choice, struct pop_span question, struct pop_span row)
{
	struct pop_span left = question;
	size_t piece = choice & 1 ? question.n + 1 : 1 + choice / 2;
	struct buf answer;
	int fd = connect_to_it(), ended = 0;

	buf_init(&answer, 1 << 24);
	go_round();
	while (left.n > 0 && !ended) {
		size_t n = left.n < piece ? left.n : piece;

		if (send(fd, left.p, n, MSG_NOSIGNAL) < 0)
			break;
		span_skip(&left, n);
		go_round();
		answer_as_front(choice, row);
		ended = hear(fd, &answer);
	}
	/* it reads a little at a time */
	for (size_t i = 0; i < question.n / 512 + 4 && !ended; i++) {
		go_round();
		answer_as_front(choice, row);
		ended = hear(fd, &answer);
	}
	/* a whole line has an answer */
	if (ended && answer.n > 0)
		check_answer(buf_span(&answer));
	need(ended || question.n == 0 ||
	    memchr(question.p, '\n', question.n) == NULL);
	(void)close(fd);
	go_round();
	go_round();
	buf_release(&answer);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	size_t first;

	if (n < 2 || n > 20000)
		return 0;
	if (parent.loop == NULL)
		start();
	first = data[1] < n - 2 ? data[1] : n - 2;
	ask(data[0], span_of(data + 2 + first, n - 2 - first),
	    span_of(data + 2, first));
	return 0;
}
