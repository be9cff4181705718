/* SPDX-License-Identifier: ISC
 *
 * control: the Unix socket on which restantectl asks who is there, ends
 * sessions and has the configuration loaded anew.
 *
 * One connection, one line of JSON, answers of one line each, the last one
 * with "ok".  Whoever may open the socket (mode 0600, the parent's user) may
 * ask anything.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/text.h"
#include "log/log.h"
#include "net/listener.h"
#include "server/parent.h"

enum {
	QUESTION_MAX = 4096,
	ANSWER_MAX = 64 * 1024 * 1024,
	QUESTIONS_MAX = 16,
	PATIENCE_MS = 5000
};

struct control {
	struct parent *p;
	struct loop_io io;		/* the listening socket */
	struct loop_timer again;	/* after descriptors ran out */
	struct question *first;
	size_t count;
	uint32_t last_id;
	char path[256];
};

/* one connection */
struct question {
	struct control *c;
	struct question *next;
	struct loop_io io;
	struct loop_timer timer;
	struct buf in, out;
	uint32_t id;			/* 0 until fronts are asked */
	unsigned long long waiting;	/* bit of each front's slot */
	uint64_t kicked;
	bool is_kick, answered;
};

static void
question_free(struct question *q)
{
	struct control *c = q->c;

	for (struct question **at = &c->first; *at != NULL;
	    at = &(*at)->next)
		if (*at == q) {
			*at = q->next;
			break;
		}
	c->count--;
	loop_timer_stop(c->p->loop, &q->timer);
	/* a child forked just now may hold a duplicate */
	loop_unwatch(c->p->loop, &q->io, false);
	(void)close(q->io.fd);
	buf_release(&q->in);
	buf_release(&q->out);
	free(q);
}

/* ---- answers ------------------------------------------------------------- */

/* takes the reference; false: the answer does not fit */
static bool
add_line(struct question *q, json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	bool ok = text != NULL && buf_append_str(&q->out, text) == BUF_OK &&
	    buf_append(&q->out, "\n", 1) == BUF_OK;

	free(text);
	json_decref(object);
	return ok;
}

static void
push_out(struct question *q)
{
	while (q->out.n > 0) {
		ssize_t n = send(q->io.fd, q->out.p, q->out.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (loop_watch(q->c->p->loop, &q->io,
			    LOOP_WRITE) != 0)
				question_free(q);
			return;
		}
		if (n <= 0)
			break;
		buf_consume(&q->out, (size_t)n);
	}
	question_free(q);
}

static void
answer(struct question *q, json_t *last)
{
	q->answered = true;
	if (add_line(q, last))
		push_out(q);
	else
		question_free(q);
}

static void
refuse(struct question *q, const char *why)
{
	answer(q, json_pack("{s:b, s:s}", "ok", 0, "error", why));
}

static void
maybe_done(struct question *q)
{
	if (q->waiting != 0)
		return;
	if (q->is_kick)
		answer(q, json_pack("{s:b, s:I}", "ok", 1, "kicked",
		    (json_int_t)q->kicked));
	else
		answer(q, json_pack("{s:b}", "ok", 1));
}

/* ---- fronts -------------------------------------------------------------- */

static void
ask_fronts(struct question *q, const char *user, uint32_t serial, int slot)
{
	struct parent *p = q->c->p;

	do
		q->id = ++q->c->last_id;
	while (q->id == 0);
	for (size_t i = 0; i < p->nchildren; i++) {
		struct child *c = &p->children[i];
		struct ipc_writer w;

		if (c->role != IPC_FRONT || c->control == NULL ||
		    c->slot >= 64 || (slot >= 0 && c->slot != (unsigned)slot))
			continue;
		ipc_writer_init(&w);
		if (q->is_kick) {
			ipc_put_str(&w, user);
			ipc_put_u32(&w, serial);
		}
		if (ipc_send(&c->control->chan, q->is_kick ? IPC_CTL_KICK :
		    IPC_CTL_WHO, q->id, &w, -1) == IPC_OK)
			q->waiting |= 1ULL << c->slot;
	}
	maybe_done(q);
}

static struct question *
question_of(struct control *c, uint32_t id)
{
	for (struct question *q = c ? c->first : NULL; q != NULL;
	    q = q->next)
		if (q->id == id && !q->answered)
			return q;
	return NULL;
}

/* text of a peer: JSON wants UTF-8 */
static json_t *
text(struct pop_span s)
{
	json_t *t = json_stringn((const char *)s.p, s.n);

	return t != NULL ? t : json_string("?");
}

static bool
who_row(struct question *q, const struct child *front, struct pop_span row)
{
	struct ipc_reader r;
	char session[32];
	struct pop_span service, user, peer, tls;
	uint64_t seconds;

	ipc_reader_init(&r, row);
	(void)text_format(session, sizeof(session), "%u.%u", front->slot,
	    ipc_get_u32(&r));
	service = ipc_get_span(&r);
	user = ipc_get_span(&r);
	peer = ipc_get_span(&r);
	tls = ipc_get_span(&r);
	seconds = ipc_get_u64(&r);
	if (!ipc_reader_end(&r))
		return false;
	return q == NULL || add_line(q, json_pack(
	    "{s:s, s:o, s:o, s:o, s:o, s:I, s:i}", "session", session,
	    "service", text(service), "user", text(user), "peer", text(peer),
	    "tls", text(tls), "seconds", (json_int_t)seconds, "front",
	    (int)front->slot));
}

bool
control_answer(struct parent *p, struct child *front, struct ipc_frame *f)
{
	struct question *q = question_of(p->control, f->id);
	struct ipc_reader r;
	uint32_t count;

	if (f->kind == IPC_CTL_WHO_ROW)
		return who_row(q, front, f->payload);
	if (f->kind != IPC_CTL_WHO_END && f->kind != IPC_CTL_KICKED)
		return false;
	ipc_reader_init(&r, f->payload);
	count = ipc_get_u32(&r);
	if (!ipc_reader_end(&r))
		return false;
	if (q != NULL) {
		if (q->is_kick)
			q->kicked += count;
		q->waiting &= ~(1ULL << front->slot);
		maybe_done(q);
	}
	return true;
}

void
control_front_gone(struct parent *p, struct child *front)
{
	struct question *q, *next;

	if (p->control == NULL || front->role != IPC_FRONT ||
	    front->slot >= 64)
		return;
	for (q = p->control->first; q != NULL; q = next) {
		next = q->next;
		if (q->waiting & 1ULL << front->slot) {
			q->waiting &= ~(1ULL << front->slot);
			maybe_done(q);
		}
	}
}

/* ---- questions ----------------------------------------------------------- */

static void
kick(struct question *q, const json_t *o)
{
	const char *user = json_string_value(json_object_get(o, "user"));
	const char *session = json_string_value(json_object_get(o,
	    "session"));
	unsigned slot, serial;
	char rest;

	q->is_kick = true;
	if (user != NULL && *user != '\0')
		ask_fronts(q, user, 0, -1);
	/* nine digits fit */
	else if (session != NULL &&
	    /* NOLINTNEXTLINE(cert-err34-c) */
	    sscanf(session, "%9u.%9u%c", &slot, &serial, &rest) == 2 &&
	    serial != 0)
		ask_fronts(q, "", serial, (int)slot);
	else
		refuse(q, "kick wants a user, or a session as `who' shows it");
}

static void
reload(struct question *q)
{
	const char *error;

	if (parent_reload(q->c->p, &error) == 0)
		answer(q, json_pack("{s:b}", "ok", 1));
	else
		refuse(q, error);
}

static void
understand(struct question *q, size_t line)
{
	json_t *o = json_loadb((const char *)q->in.p, line, 0, NULL);
	const char *command = json_string_value(json_object_get(o,
	    "command"));

	if (command == NULL)
		refuse(q, "not understood: one line of JSON with a "
		    "\"command\" is wanted");
	else if (strcmp(command, "who") == 0)
		ask_fronts(q, "", 0, -1);
	else if (strcmp(command, "kick") == 0)
		kick(q, o);
	else if (strcmp(command, "reload") == 0)
		reload(q);
	else
		refuse(q, "unknown command");
	json_decref(o);
}

static void
question_event(struct loop_io *io, unsigned events)
{
	struct question *q = (struct question *)(void *)((char *)io -
	    offsetof(struct question, io));
	unsigned char *end;
	ssize_t n;

	if (q->answered || (events & LOOP_WRITE)) {
		push_out(q);
		return;
	}
	if (buf_reserve(&q->in, 512) != BUF_OK) {
		refuse(q, "the line is too long");
		return;
	}
	n = recv(io->fd, q->in.p + q->in.n, 512, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		question_free(q);
		return;
	}
	q->in.n += (size_t)n;
	end = memchr(q->in.p, '\n', q->in.n);
	if (end == NULL)
		return;
	/* one question a connection: more input is not looked at */
	if (loop_watch(q->c->p->loop, io, 0) != 0)
		question_free(q);
	else
		understand(q, (size_t)(end - q->in.p));
}

static void
too_slow(struct loop_timer *t)
{
	question_free((struct question *)(void *)((char *)t -
	    offsetof(struct question, timer)));
}

static void
accept_again(struct loop_timer *t)
{
	struct control *c = (struct control *)(void *)((char *)t -
	    offsetof(struct control, again));

	if (loop_watch(c->p->loop, &c->io, LOOP_READ) != 0)
		log_msg(LOG_LEVEL_ERROR, "restantectl will not work: %s",
		    strerror(errno));
}

/* who waits goes on waiting: looking again at once would only spin */
static void
accept_later(struct control *c)
{
	if (errno != EAGAIN && loop_watch(c->p->loop, &c->io, 0) == 0 &&
	    loop_timer_set(c->p->loop, &c->again, loop_now(c->p->loop) +
	    PATIENCE_MS / 10) != 0)
		accept_again(&c->again);
}

static void
accept_event(struct loop_io *io, unsigned events)
{
	struct control *c = (struct control *)(void *)((char *)io -
	    offsetof(struct control, io));
	int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct question *q;

	(void)events;
	if (fd < 0) {
		accept_later(c);
		return;
	}
	q = c->count < QUESTIONS_MAX ? calloc(1, sizeof(*q)) : NULL;
	if (q == NULL) {
		(void)close(fd);
		return;
	}
	q->c = c;
	q->io = (struct loop_io){ .fd = fd, .fn = question_event };
	q->timer.fn = too_slow;
	buf_init(&q->in, QUESTION_MAX);
	buf_init(&q->out, ANSWER_MAX);
	q->next = c->first;
	c->first = q;
	c->count++;
	if (loop_watch(c->p->loop, &q->io, LOOP_READ) != 0 ||
	    loop_timer_set(c->p->loop, &q->timer, loop_now(c->p->loop) +
	    PATIENCE_MS) != 0)
		question_free(q);
}

struct control *
control_new(struct parent *p)
{
	struct control *c = calloc(1, sizeof(*c));
	int fds[LISTENER_MAX], n;
	const char *error;

	if (c == NULL)
		return NULL;
	c->p = p;
	c->again.fn = accept_again;
	n = snprintf(c->path, sizeof(c->path), "unix:%s/control",
	    p->conf->run_dir);
	if (n < 0 || (size_t)n >= sizeof(c->path)) {
		error = "run_dir is too long";
		n = -1;
	} else {
		mode_t old = umask(0177);

		n = listener_open(c->path, false, fds, &error);
		(void)umask(old);
	}
	if (n != 1) {
		log_msg(LOG_LEVEL_ERROR, "restantectl will not work: %s",
		    error);
		free(c);
		return NULL;
	}
	(void)chmod(c->path + 5, 0600);
	c->io = (struct loop_io){ .fd = fds[0], .fn = accept_event };
	if (loop_watch(p->loop, &c->io, LOOP_READ) != 0)
		log_msg(LOG_LEVEL_ERROR, "restantectl will not work: %s",
		    strerror(errno));
	return c;
}

void
control_free(struct control *c)
{
	if (c == NULL)
		return;
	while (c->first != NULL)
		/* which takes it out of the list:
		 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		question_free(c->first);
	loop_timer_stop(c->p->loop, &c->again);
	loop_unwatch(c->p->loop, &c->io, true);
	(void)close(c->io.fd);
	(void)unlink(c->path + 5);
	free(c);
}
