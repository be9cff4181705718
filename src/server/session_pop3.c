/* SPDX-License-Identifier: ISC
 *
 * session_pop3: what a POP3 session asks of the auth and store processes.
 *
 * Owns the listing, the marks and the descriptor of the message that is
 * being sent.  An answer from another process is noted in `answer` and
 * given to the machine in the next step, so that reply, body and terminator
 * leave in one write.  Removes nothing by itself: the machine's COMMIT, which
 * only QUIT brings about, is the one way to the store's commit.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "auth/auth.h"
#include "base/num.h"
#include "log/log.h"
#include "server/front.h"
#include "server/listing.h"
#include "store/store.h"

enum pop3_wait {
	WAIT_NOTHING,
	WAIT_AUTH,		/* DENIED, CHALLENGE, or the store's OPENED */
	WAIT_CLIENT,		/* a SASL exchange goes on: client's turn */
	WAIT_BODY,
	WAIT_COMMIT,
	WAIT_CLOSED		/* the commit is done: the lock's release */
};

enum pop3_answer {
	ANSWER_NONE,
	ANSWER_LOGIN,
	ANSWER_FAILED,		/* login: fail_code, fail_text */
	ANSWER_CHALLENGE,
	ANSWER_BODY,
	ANSWER_NO_BODY,		/* fail_code, fail_text */
	ANSWER_COMMITTED
};

struct pop3 {
	struct pop_server *machine;	/* behind this struct */
	char *user;
	char *stamp;			/* APOP, until login */
	struct listing *listing;
	enum pop3_wait wait;
	enum pop3_answer answer;
	enum pop_failure fail_code;
	const char *fail_text;		/* static */
	struct buf challenge;
	enum pop_commit committed;
	bool opened;			/* the store holds a session for it */
	bool is_top;
	bool sending;			/* a body, from fd */
	bool ending;			/* its terminator is still to come */
	bool quit;
	int fd;				/* of the body */
	uint64_t offset, end;		/* of what is still to be sent */
	uint32_t retr, top, dele;
};

static struct pop3 *
pop3_of(const struct session *s)
{
	return s->proto;
}

static bool
make_stamp(struct session *s, struct pop3 *p)
{
	uint64_t random[2];
	struct timespec ts;

	if (getrandom(random, sizeof(random), 0) != sizeof(random) ||
	    clock_gettime(CLOCK_REALTIME, &ts) != 0)
		return false;
	if (asprintf(&p->stamp, "<%llx%llx.%lld@%s>",
	    (unsigned long long)random[0], (unsigned long long)random[1],
	    (long long)ts.tv_sec, s->settings->conf->hostname) < 0) {
		p->stamp = NULL;
		return false;
	}
	return true;
}

static bool
pop3_start(struct session *s, struct pop_out *out)
{
	struct pop3 *p = calloc(1, sizeof(*p) + pop_server_size());
	const struct conf_listen *l = &s->settings->conf->listens[s->listen];

	if (p == NULL)
		return false;
	s->proto = p;
	p->fd = -1;
	buf_init(&p->challenge, POP_SASL_MAX);
	if (l->apop && s->settings->has_apop && !make_stamp(s, p))
		return false;
	p->machine = pop_server_init(p + 1,
	    &s->settings->listen[s->listen].pop, p->stamp, s->tls_on, out);
	return true;
}

/* ---- requests ------------------------------------------------------------ */

static void
fail(struct pop3 *p, enum pop3_answer answer, enum pop_failure code,
    const char *text)
{
	p->answer = answer;
	p->fail_code = code;
	p->fail_text = text;
}

static void
auth_down(struct pop3 *p)
{
	p->wait = WAIT_NOTHING;
	fail(p, ANSWER_FAILED, POP_FAIL_SYS_TEMP,
	    "logins are not possible just now, try again later");
}

static void
put_peer(struct ipc_writer *w, const struct session *s)
{
	ipc_put_bytes(w, s->address, sizeof(s->address));
	ipc_put_u8(w, s->tls_on);
}

static void
put_sasl(struct ipc_writer *w, const struct pop_server_info *info)
{
	unsigned char data[POP_SASL_MAX];
	size_t n = 0;

	if (info->data.n > sizeof(data) ||
	    pop_base64_decode(data, &n, info->data) != 0)
		w->failed = true;
	ipc_put_bytes(w, data, n);
	explicit_bzero(data, sizeof(data));
}

/* PASS, APOP and SASL: a fresh id for every attempt, so that a late answer
 * to an earlier one finds nobody */
static void
ask_auth(struct session *s, enum pop_server_event ev,
    const struct pop_server_info *info)
{
	struct pop3 *p = pop3_of(s);
	enum ipc_kind kind = IPC_AUTH_PASS;
	struct ipc_writer w;

	if (s->front->auth == NULL || session_new_id(s) == 0) {
		auth_down(p);
		return;
	}
	ipc_writer_init(&w);
	put_peer(&w, s);
	if (ev == POP_SERVER_SASL) {
		kind = IPC_AUTH_SASL;
		ipc_put_span(&w, info->mechanism);
		ipc_put_u8(&w, info->has_data != 0);
		put_sasl(&w, info);
	} else {
		ipc_put_span(&w, info->name);
		if (ev == POP_SERVER_APOP) {
			kind = IPC_AUTH_APOP;
			ipc_put_str(&w, p->stamp != NULL ? p->stamp : "");
		}
		ipc_put_span(&w, info->secret);
	}
	p->wait = WAIT_AUTH;
	if (ipc_send_secret(&s->front->auth->chan, kind, s->id, &w) != IPC_OK)
		auth_down(p);
}

static void
ask_auth_step(struct session *s, const struct pop_server_info *info)
{
	struct pop3 *p = pop3_of(s);
	struct ipc_writer w;

	if (s->front->auth == NULL || p->wait != WAIT_CLIENT) {
		auth_down(p);
		return;
	}
	ipc_writer_init(&w);
	put_sasl(&w, info);
	p->wait = WAIT_AUTH;
	if (ipc_send_secret(&s->front->auth->chan, IPC_AUTH_STEP, s->id,
	    &w) != IPC_OK)
		auth_down(p);
}

static void
cancel_auth(struct session *s)
{
	struct pop3 *p = pop3_of(s);

	if (s->front->auth != NULL &&
	    (p->wait == WAIT_CLIENT || p->wait == WAIT_AUTH))
		(void)ipc_send(&s->front->auth->chan, IPC_AUTH_CANCEL, s->id,
		    NULL, -1);
	/* an answer that is on its way finds nobody */
	session_drop_id(s);
	p->wait = WAIT_NOTHING;
}

static void
ask_body(struct session *s, const struct pop_server_info *info)
{
	struct pop3 *p = pop3_of(s);
	struct ipc_writer w;

	p->is_top = info->is_top;
	p->wait = WAIT_BODY;
	ipc_writer_init(&w);
	ipc_put_u32(&w, info->number - 1);
	if (s->front->store == NULL || ipc_send(&s->front->store->chan,
	    IPC_STORE_BODY, s->id, &w, -1) != IPC_OK) {
		p->wait = WAIT_NOTHING;
		fail(p, ANSWER_NO_BODY, POP_FAIL_SYS_TEMP,
		    "the message cannot be read now, try again later");
	}
}

static void
ask_close(struct session *s)
{
	struct pop3 *p = pop3_of(s);

	p->wait = WAIT_CLOSED;
	p->opened = false;
	if (s->front->store == NULL || ipc_send(&s->front->store->chan,
	    IPC_STORE_CLOSE, s->id, NULL, -1) != IPC_OK) {
		p->wait = WAIT_NOTHING;
		p->answer = ANSWER_COMMITTED;
	}
}

/* QUIT: remove what is marked, then give the lock back, then reply */
static void
ask_commit(struct session *s)
{
	struct pop3 *p = pop3_of(s);
	struct ipc_writer w;

	p->quit = true;
	p->committed = POP_COMMIT_DONE;
	p->dele = listing_marked(p->listing);
	if (p->dele == 0) {
		ask_close(s);
		return;
	}
	ipc_writer_init(&w);
	ipc_put_bytes(&w, p->listing->view.marks,
	    listing_marks_size(p->listing));
	p->wait = WAIT_COMMIT;
	if (s->front->store == NULL || ipc_send(&s->front->store->chan,
	    IPC_STORE_COMMIT, s->id, &w, -1) != IPC_OK) {
		p->wait = WAIT_NOTHING;
		p->committed = POP_COMMIT_UNKNOWN;
		p->answer = ANSWER_COMMITTED;
	}
}

/* ---- the step ------------------------------------------------------------ */

static void
give_body(struct pop3 *p, struct pop_out *out)
{
	pop_server_body_begin(p->machine, out);
	p->sending = true;
	p->ending = false;
	if (p->is_top)
		p->top++;
	else
		p->retr++;
}

static void
give_answer(struct session *s, struct pop_out *out)
{
	struct pop3 *p = pop3_of(s);
	enum pop3_answer answer = p->answer;

	p->answer = ANSWER_NONE;
	switch (answer) {
	case ANSWER_NONE:
		break;
	case ANSWER_LOGIN:
		free(p->stamp);
		p->stamp = NULL;
		session_set_idle(s, s->settings->conf->idle_timeout * 1000ULL);
		pop_server_auth_ok(p->machine, &p->listing->view, out);
		break;
	case ANSWER_FAILED:
		pop_server_auth_failed(p->machine, p->fail_code,
		    p->fail_text, out);
		break;
	case ANSWER_CHALLENGE:
		p->wait = WAIT_CLIENT;
		if (pop_server_sasl_challenge(p->machine,
		    buf_span(&p->challenge), out) != 0) {
			cancel_auth(s);
			pop_server_auth_failed(p->machine, POP_FAIL_SYS_TEMP,
			    "challenge too long", out);
		}
		buf_wipe(&p->challenge);
		break;
	case ANSWER_BODY:
		give_body(p, out);
		break;
	case ANSWER_NO_BODY:
		pop_server_body_failed(p->machine, p->fail_code,
		    p->fail_text, out);
		break;
	case ANSWER_COMMITTED:
		pop_server_committed(p->machine, p->committed, out);
		break;
	}
}

static void
body_close(struct pop3 *p)
{
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
}

/* what the file holds at p->offset: octets, 0 when it was cut short, -1 */
static ssize_t
body_read(struct session *s, struct pop3 *p)
{
	uint64_t left = p->end - p->offset;
	size_t want = left < FRONT_FILE ? (size_t)left : FRONT_FILE;
	ssize_t n;

	do
		n = pread(p->fd, s->front->file, want, (off_t)p->offset);
	while (n < 0 && errno == EINTR);
	return n;
}

/* STEP_MORE: the body is sent; STEP_FULL; STEP_CLOSE: it cannot be */
static enum session_step
send_body(struct session *s, struct pop_out *out)
{
	struct pop3 *p = pop3_of(s);

	while (!p->ending && p->offset < p->end) {
		struct pop_span piece;
		ssize_t n;
		size_t had;
		int enough;

		if (out->size - out->n < POP_OUT_MIN)
			return STEP_FULL;
		n = body_read(s, p);
		if (n <= 0) {
			s->end = "body-lost";
			return STEP_CLOSE;
		}
		piece = span_of(s->front->file, (size_t)n);
		had = piece.n;
		enough = pop_server_body(p->machine, &piece, out);
		p->offset += had - piece.n;
		if (enough)
			break;
		if (piece.n > 0)
			return STEP_FULL;
	}
	p->ending = true;
	body_close(p);
	if (pop_server_body_end(p->machine, out) != 0)
		return STEP_FULL;
	p->sending = false;
	return STEP_MORE;
}

/* one event of the machine; true: look for the next one at once */
static bool
pop3_event(struct session *s, enum pop_server_event ev,
    const struct pop_server_info *info, enum session_step *step_r)
{
	struct pop3 *p = pop3_of(s);

	switch (ev) {
	case POP_SERVER_MORE:
		*step_r = STEP_MORE;
		return false;
	case POP_SERVER_FULL:
		*step_r = STEP_FULL;
		return false;
	case POP_SERVER_WAIT:
		break;
	case POP_SERVER_PASS:
	case POP_SERVER_APOP:
	case POP_SERVER_SASL:
		ask_auth(s, ev, info);
		break;
	case POP_SERVER_SASL_DATA:
		ask_auth_step(s, info);
		break;
	case POP_SERVER_SASL_CANCEL:
		cancel_auth(s);
		return true;
	case POP_SERVER_TLS:
		*step_r = STEP_TLS;
		return false;
	case POP_SERVER_BODY:
		ask_body(s, info);
		break;
	case POP_SERVER_COMMIT:
		ask_commit(s);
		break;
	case POP_SERVER_CLOSE:
		if (s->end == NULL)
			s->end = p->quit ? "quit" : "closed";
		*step_r = STEP_CLOSE;
		return false;
	}
	*step_r = STEP_WAIT;
	return p->answer != ANSWER_NONE;	/* refused at once */
}

static enum session_step
pop3_step(struct session *s, struct pop_span *in, struct pop_out *out)
{
	struct pop3 *p = pop3_of(s);
	struct pop_server_info info;
	enum session_step what;

	do {
		if (p->answer != ANSWER_NONE) {
			if (out->size - out->n < POP_OUT_MIN)
				return STEP_FULL;
			give_answer(s, out);
		}
		if (p->sending) {
			what = send_body(s, out);
			if (what != STEP_MORE)
				return what;
		}
	} while (pop3_event(s, pop_server_step(p->machine, in, out, &info),
	    &info, &what));
	return what;
}

/* ---- answers of other processes ------------------------------------------ */

static void
denied(struct pop3 *p, struct pop_span payload, bool *ok)
{
	struct ipc_reader r;
	unsigned why;

	ipc_reader_init(&r, payload);
	why = ipc_get_u8(&r);
	*ok = ipc_reader_end(&r);
	if (why == AUTH_DENIED)
		fail(p, ANSWER_FAILED, POP_FAIL_AUTH,
		    "user name or password is wrong");
	else
		fail(p, ANSWER_FAILED, POP_FAIL_SYS_TEMP,
		    "logins are not possible just now, try again later");
}

static void
open_failed(struct pop3 *p, enum store_result r)
{
	switch (r) {
	case STORE_IN_USE:
		fail(p, ANSWER_FAILED, POP_FAIL_IN_USE,
		    "the maildrop is locked by another session, wait and "
		    "try again");
		break;
	case STORE_CORRUPT:
	case STORE_NO_MAILDROP:
		fail(p, ANSWER_FAILED, POP_FAIL_SYS_PERM,
		    "the maildrop cannot be opened, ask your postmaster");
		break;
	case STORE_OK:
	case STORE_GONE:
	case STORE_FULL:
	case STORE_TEMP:
	case STORE_PARTIAL:
	case STORE_UNKNOWN:
	case STORE_LEASE_LOST:
		fail(p, ANSWER_FAILED, POP_FAIL_SYS_TEMP,
		    "the maildrop is unavailable just now, try again later");
		break;
	}
}

/* the login comes to nothing: whatever the store holds for it is let go */
static void
give_back(struct session *s)
{
	struct pop3 *p = pop3_of(s);

	(void)ipc_send(&s->front->store->chan, IPC_STORE_CLOSE, s->id, NULL,
	    -1);
	session_drop_id(s);
	p->opened = false;
}

static bool
opened(struct session *s, struct pop_span payload)
{
	struct pop3 *p = pop3_of(s);
	struct ipc_reader r;
	unsigned result;

	ipc_reader_init(&r, payload);
	result = ipc_get_u8(&r);
	free(p->user);
	p->user = ipc_get_str(&r, 255);
	if (result != STORE_OK) {
		if (!ipc_reader_end(&r))
			return false;
		give_back(s);
		open_failed(p, (enum store_result)result);
		return true;
	}
	p->opened = true;
	p->listing = listing_new(ipc_get_span(&r));
	if (!ipc_reader_end(&r))
		return false;
	if (p->listing != NULL) {
		p->answer = ANSWER_LOGIN;
		return true;
	}
	/* no memory, or an illegal listing */
	give_back(s);
	open_failed(p, STORE_TEMP);
	return true;
}

static bool
body_came(struct pop3 *p, struct ipc_frame *f)
{
	struct ipc_reader r;
	unsigned result;
	uint64_t length;

	ipc_reader_init(&r, f->payload);
	result = ipc_get_u8(&r);
	p->offset = ipc_get_u64(&r);
	length = ipc_get_u64(&r);
	(void)ipc_get_u32(&r);
	if (!ipc_reader_end(&r) || (result == STORE_OK) != (f->fd >= 0) ||
	    __builtin_add_overflow(p->offset, length, &p->end))
		return false;
	if (result == STORE_OK) {
		p->fd = ipc_frame_take_fd(f);
		p->answer = ANSWER_BODY;
	} else if (result == STORE_GONE) {
		fail(p, ANSWER_NO_BODY, POP_FAIL_SYS_TEMP,
		    "the message was removed by another program");
	} else {
		fail(p, ANSWER_NO_BODY, POP_FAIL_SYS_TEMP,
		    "the message cannot be read now, try again later");
	}
	return true;
}

static bool
commit_came(struct session *s, struct pop_span payload)
{
	struct pop3 *p = pop3_of(s);
	struct ipc_reader r;
	unsigned result;

	ipc_reader_init(&r, payload);
	result = ipc_get_u8(&r);
	if (!ipc_reader_end(&r))
		return false;
	if (result == STORE_OK)
		p->committed = POP_COMMIT_DONE;
	else if (result == STORE_UNKNOWN)
		p->committed = POP_COMMIT_UNKNOWN;
	else
		p->committed = POP_COMMIT_PARTIAL;
	ask_close(s);
	return true;
}

static bool
challenged(struct pop3 *p, struct pop_span payload)
{
	struct ipc_reader r;
	struct pop_span data;

	ipc_reader_init(&r, payload);
	data = ipc_get_span(&r);
	if (buf_append(&p->challenge, data.p, data.n) != BUF_OK)
		return false;
	p->answer = ANSWER_CHALLENGE;
	return ipc_reader_end(&r);
}

static bool
pop3_frame(struct session *s, struct ipc_frame *f)
{
	struct pop3 *p = pop3_of(s);
	enum pop3_wait wait = p->wait;
	bool ok;

	/* which answers each wait accepts */
	if (wait == WAIT_AUTH && f->kind == IPC_AUTH_DENIED) {
		p->wait = WAIT_NOTHING;
		denied(p, f->payload, &ok);
	} else if (wait == WAIT_AUTH && f->kind == IPC_AUTH_CHALLENGE) {
		ok = challenged(p, f->payload);
	} else if (wait == WAIT_AUTH && f->kind == IPC_STORE_OPENED) {
		p->wait = WAIT_NOTHING;
		ok = opened(s, f->payload);
	} else if (wait == WAIT_BODY && f->kind == IPC_STORE_BODY_R) {
		p->wait = WAIT_NOTHING;
		ok = body_came(p, f);
	} else if (wait == WAIT_COMMIT && f->kind == IPC_STORE_COMMIT_R) {
		ok = commit_came(s, f->payload);
	} else if (wait == WAIT_CLOSED && f->kind == IPC_STORE_CLOSED) {
		p->wait = WAIT_NOTHING;
		p->answer = ANSWER_COMMITTED;
		ok = true;
	} else {
		ok = false;
	}
	if (ok && p->answer != ANSWER_NONE)
		session_resume(s);
	return ok;
}

static bool
pop3_lost(struct session *s, bool store)
{
	struct pop3 *p = pop3_of(s);

	if (p->wait == WAIT_AUTH || p->wait == WAIT_CLIENT) {
		if (p->wait == WAIT_CLIENT)
			return false;
		cancel_auth(s);
		auth_down(p);
		session_resume(s);
		return true;
	}
	if (!store || (!p->opened && p->wait != WAIT_CLOSED))
		return true;
	p->opened = false;
	if (p->wait == WAIT_COMMIT || p->wait == WAIT_CLOSED) {
		if (p->wait == WAIT_COMMIT)
			p->committed = POP_COMMIT_UNKNOWN;
		p->wait = WAIT_NOTHING;
		p->answer = ANSWER_COMMITTED;
		session_resume(s);
		return true;
	}
	return false;		/* its lock is gone: it cannot go on */
}

/* RFC 1939 section 3: closes without a reply and without removing. After
 * QUIT the removal goes on and gets its reply. */
static bool
pop3_expired(struct session *s, struct pop_out *out)
{
	struct pop3 *p = pop3_of(s);

	(void)out;
	return p->wait != WAIT_COMMIT && p->wait != WAIT_CLOSED;
}

static bool
pop3_drained(struct session *s, struct pop_out *out)
{
	struct pop3 *p = pop3_of(s);
	static const char bye[] =
	    "-ERR [SYS/TEMP] the server shuts down, try again later\r\n";

	if (pop_server_logged_in(p->machine) || p->wait != WAIT_NOTHING ||
	    p->answer != ANSWER_NONE)
		return false;
	memcpy(out->p, bye, sizeof(bye) - 1);
	out->n = sizeof(bye) - 1;
	return true;
}

static size_t
pop3_line_max(const struct session *s)
{
	return pop_server_line_max(pop3_of(s)->machine);
}

static void
pop3_tls_started(struct session *s)
{
	pop_server_tls_started(pop3_of(s)->machine);
}

static const char *
pop3_user(const struct session *s)
{
	return s->proto != NULL ? pop3_of(s)->user : NULL;
}

static void
pop3_log(const struct session *s, struct log_line *line)
{
	const struct pop3 *p = pop3_of(s);

	if (p->listing == NULL)
		return;
	log_u64(line, "messages", p->listing->view.count);
	log_u64(line, "retr", p->retr);
	log_u64(line, "top", p->top);
	log_u64(line, "dele", p->dele);
	if (p->quit && p->committed != POP_COMMIT_DONE)
		log_str(line, "removal", p->committed == POP_COMMIT_PARTIAL ?
		    "partial" : "unknown");
}

static void
pop3_release(struct session *s)
{
	struct pop3 *p = pop3_of(s);

	if (p->wait == WAIT_AUTH || p->wait == WAIT_CLIENT)
		cancel_auth(s);
	if (p->opened && s->front->store != NULL)
		(void)ipc_send(&s->front->store->chan, IPC_STORE_CLOSE, s->id,
		    NULL, -1);
	body_close(p);
	listing_free(p->listing);
	buf_wipe(&p->challenge);
	free(p->user);
	free(p->stamp);
	/* the machine lies behind it; it may not have been born */
	explicit_bzero(p + 1, pop_server_size());
	free(p);
	s->proto = NULL;
}

const struct session_ops session_pop3_ops = {
	.service = "pop3",
	.start = pop3_start,
	.step = pop3_step,
	.line_max = pop3_line_max,
	.tls_started = pop3_tls_started,
	.frame = pop3_frame,
	.lost = pop3_lost,
	.expired = pop3_expired,
	.drained = pop3_drained,
	.user = pop3_user,
	.log = pop3_log,
	.release = pop3_release,
};
