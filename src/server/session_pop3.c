/* SPDX-License-Identifier: ISC
 *
 * session_pop3: a POP3 session, between its machine and the other processes.
 *
 * Owns the listing, the marks and the descriptor of the message that is
 * being sent.  An answer from another process is noted in `answer` and
 * given to the machine in the next step, so that reply, body and terminator
 * leave in one write, unless the body leaves as a file.  Removes nothing by
 * itself: the machine's COMMIT, which only QUIT brings about, is the one way
 * to the store's commit.
 */
#include "server/session_pop3.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "log/log.h"

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
		session_settle(s);
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
			pop3_cancel_auth(s);
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

/* What the file holds at p->offset, at most `want` octets: how many, 0 when
 * it was cut short, -1. */
static ssize_t
body_read(const struct pop3 *p, void *to, size_t want)
{
	uint64_t left = p->end - p->offset;
	ssize_t n;

	if (want > left)
		want = (size_t)left;
	do
		n = pread(p->fd, to, want, (off_t)p->offset);
	while (n < 0 && errno == EINTR);
	return n;
}

/* rather a whole piece next time than a small one now */
static bool
too_full(const struct pop3 *p, const struct pop_out *out)
{
	size_t room = out->size - out->n;

	return room < POP_OUT_MIN || (room < FRONT_FILE / 2 &&
	    room < p->end - p->offset);
}

static enum session_step
body_lost(struct session *s)
{
	s->end = "body-lost";
	return STEP_CLOSE;
}

/* The last octets, which stand in `out` already, go through the codec. */
static void
encode_last(struct pop3 *p, struct pop_out *out)
{
	unsigned char last[POP3_LAST];
	struct pop_span piece = span_of(last, sizeof(last));

	out->n -= sizeof(last);
	memcpy(last, out->p + out->n, sizeof(last));
	(void)!pop_server_body(p->machine, &piece, out);
	p->offset -= piece.n;		/* there was no room for that */
}

/*
 * Octets that the client gets as they are, by way of `out` or straight from
 * the file: all but the last ones.  Those go through the codec like any
 * others, so that the answer ends where the client looks for its end even if
 * somebody has written to the file.  STEP_MORE: only those are left, if any
 */
static enum session_step
send_wire_form(struct session *s, struct pop_out *out)
{
	struct pop3 *p = pop3_of(s);

	while (p->offset < p->wire_end) {
		ssize_t n;

		if (!s->tls_on && !p->copying &&
		    p->end - p->offset >= FRONT_SENDFILE)
			return STEP_FILE;
		if (too_full(p, out))
			return STEP_FULL;
		n = body_read(p, out->p + out->n, out->size - out->n);
		if (n <= 0)
			return body_lost(s);
		p->offset += (uint64_t)n;
		out->n += (size_t)n;
		if (p->offset == p->end) {
			encode_last(p, out);
		} else if (p->offset > p->wire_end) {
			out->n -= (size_t)(p->offset - p->wire_end);
			p->offset = p->wire_end;
		}
	}
	return STEP_MORE;
}

/* the same, through the codec */
static enum session_step
send_encoded(struct session *s, struct pop_out *out)
{
	struct pop3 *p = pop3_of(s);

	while (p->offset < p->end) {
		size_t want = p->is_top ? FRONT_TOP : FRONT_FILE;
		size_t room = out->size - out->n;
		struct pop_span piece;
		ssize_t n;
		int enough;

		if (too_full(p, out))
			return STEP_FULL;
		/* what is read and does not fit is read again */
		n = body_read(p, s->front->file, want < room ? want : room);
		if (n <= 0)
			return body_lost(s);
		piece = span_of(s->front->file, (size_t)n);
		enough = pop_server_body(p->machine, &piece, out);
		p->offset += (size_t)n - piece.n;
		if (enough)
			break;
		if (piece.n > 0)
			return STEP_FULL;
	}
	return STEP_MORE;
}

/* STEP_MORE: the body is sent; STEP_FULL; STEP_FILE; STEP_CLOSE: it cannot
 * be */
static enum session_step
send_body(struct session *s, struct pop_out *out)
{
	struct pop3 *p = pop3_of(s);
	enum session_step what = STEP_MORE;

	if (!p->ending && !p->is_top)
		what = send_wire_form(s, out);
	if (!p->ending && what == STEP_MORE)
		what = send_encoded(s, out);
	if (what != STEP_MORE)
		return what;
	p->ending = true;
	body_close(p);
	if (pop_server_body_end(p->machine, out) != 0)
		return STEP_FULL;
	p->sending = false;
	return STEP_MORE;
}

static ssize_t
pop3_send_file(struct session *s)
{
	struct pop3 *p = pop3_of(s);
	uint64_t left = p->wire_end - p->offset;
	ssize_t n;

	if (left == 0)
		return 0;
	if (left > FRONT_SENDFILE_MAX)
		left = FRONT_SENDFILE_MAX;
	n = conn_send_file(&s->conn, p->fd, (off_t)p->offset, (size_t)left);
	if (n > 0)
		p->offset += (uint64_t)n;
	if (n == 0) {
		s->end = "body-lost";
		return CONN_ERROR;
	}
	/* Not every file system or sandbox can do it: the step that follows
	 * reads.  If it is the socket's fault, writing to it says so. */
	if (n == CONN_ERROR) {
		p->copying = true;
		return 0;
	}
	return n;
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
		pop3_ask_auth(s, ev, info);
		break;
	case POP_SERVER_SASL_DATA:
		pop3_ask_auth_step(s, info);
		break;
	case POP_SERVER_SASL_CANCEL:
		pop3_cancel_auth(s);
		return true;
	case POP_SERVER_TLS:
		*step_r = STEP_TLS;
		return false;
	case POP_SERVER_BODY:
		pop3_ask_body(s, info);
		break;
	case POP_SERVER_COMMIT:
		pop3_ask_commit(s);
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

/* RFC 1939 section 3: closes without a reply and without removing. After
 * QUIT the removal goes on and gets its reply. */
static bool
pop3_expired(struct session *s, struct pop_out *out)
{
	struct pop3 *p = pop3_of(s);

	(void)out;
	return p->wait != WAIT_COMMIT;
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

	if (p->failures > 0)
		log_u64(line, "failures", p->failures);
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
		pop3_cancel_auth(s);
	pop3_close(s);
	body_close(p);
	pop3_ahead_done(s);
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
	.send_file = pop3_send_file,
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
