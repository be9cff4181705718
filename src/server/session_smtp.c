/* SPDX-License-Identifier: ISC
 *
 * session_smtp: what an SMTP or LMTP session asks of the auth and store
 * processes.
 *
 * Owns the envelope.  A recipient is good when auth says so (which then has
 * told the store already); 250 to a message is said when the store has said
 * that the copy is durable, never earlier.  SMTP has one reply for all
 * recipients: the store is told to deliver to all of them or to none.
 */
#include "server/session_smtp.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth.h"
#include "log/log.h"

static bool
smtp_start(struct session *s, struct pop_out *out)
{
	struct smtp *p = calloc(1, sizeof(*p) + pop_smtp_size());

	if (p == NULL)
		return false;
	s->proto = p;
	p->fd = -1;
	p->machine = pop_smtp_init(p + 1,
	    &s->settings->listen[s->listen].smtp, s->tls_on, out);
	session_set_idle(s, s->settings->conf->smtp_timeout * 1000ULL);
	/* LMTP comes from a mail system of ours; on the other hand anybody
	 * can hold an SMTP connection open */
	if (s->ops == &session_lmtp_ops)
		session_settle(s);
	return true;
}

static char *
copy_span(struct pop_span v)
{
	return strndup((const char *)v.p, v.n);
}

/* ---- the envelope -------------------------------------------------------- */

static void
forget_recipients(struct smtp *p)
{
	for (unsigned i = 0; i < p->n; i++)
		free(p->recipients[i].address);
	free(p->recipients);
	free(p->asked);
	p->recipients = NULL;
	p->asked = NULL;
	p->n = p->results = p->given = 0;
}

/* also in the store: its tickets and its file */
static void
forget_message(struct session *s)
{
	struct smtp *p = smtp_of(s);

	spool_drop(p);
	if (s->id != 0 && s->front->store != NULL && (p->n > 0 ||
	    p->wait == SMTP_BEGIN || p->wait == SMTP_RCPT))
		(void)ipc_send(&s->front->store->chan, IPC_STORE_ABORT, s->id,
		    NULL, -1);
	forget_recipients(p);
}

void
smtp_note(struct smtp *p, enum smtp_answer answer, unsigned code,
    const char *enhanced, const char *text)
{
	p->answer = answer;
	p->code = code;
	p->enhanced = enhanced;
	p->text = text;
}

void
smtp_store_down(struct smtp *p, enum smtp_answer answer)
{
	p->wait = SMTP_NOTHING;
	smtp_note(p, answer, 451, "4.3.0",
	    "mail cannot be taken just now, try again later");
}

/* a new transaction has a new id, so that late answers to an earlier one
 * find nobody */
static void
mail(struct session *s, const struct pop_smtp_info *info,
    struct pop_out *out)
{
	struct smtp *p = smtp_of(s);

	forget_recipients(p);
	free(p->sender);
	p->sender = copy_span(info->path);
	p->utf8 = info->utf8 != 0;
	if (p->sender == NULL || session_new_id(s) == 0)
		pop_smtp_answer(p->machine, 451, "4.3.0",
		    "no memory just now, try again later", out);
	else
		pop_smtp_answer(p->machine, 250, "2.1.0", "sender ok", out);
}

static void
ask_recipient(struct session *s, const struct pop_smtp_info *info)
{
	struct smtp *p = smtp_of(s);
	struct ipc_writer w;

	p->asked = copy_span(info->path);
	ipc_writer_init(&w);
	ipc_put_u32(&w, p->n);
	ipc_put_span(&w, info->local);
	ipc_put_span(&w, info->domain);
	p->wait = SMTP_RCPT;
	if (p->asked == NULL)
		w.failed = true;
	if (s->front->auth != NULL && s->front->store != NULL &&
	    ipc_send(&s->front->auth->chan, IPC_AUTH_RCPT, s->id, &w, -1) ==
	    IPC_OK)
		return;
	if (s->front->auth == NULL || s->front->store == NULL)
		buf_release(&w.b);
	free(p->asked);
	p->asked = NULL;
	smtp_store_down(p, SMTP_ANSWER_RCPT);
}

static void
ask_begin(struct session *s)
{
	struct smtp *p = smtp_of(s);
	struct ipc_writer w;

	ipc_writer_init(&w);
	ipc_put_u32(&w, p->n);
	p->wait = SMTP_BEGIN;
	if (s->front->store == NULL)
		buf_release(&w.b);
	else if (ipc_send(&s->front->store->chan, IPC_STORE_BEGIN, s->id, &w,
	    -1) == IPC_OK)
		return;
	smtp_store_down(p, SMTP_ANSWER_DATA);
}

static void
ask_deliver(struct session *s)
{
	struct smtp *p = smtp_of(s);

	p->results = p->given = 0;
	p->wait = SMTP_RESULTS;
	if (spool_deliver(s))
		return;
	for (unsigned i = 0; i < p->n; i++)
		p->recipients[i].result = STORE_TEMP;
	p->results = p->n;
	p->wait = SMTP_NOTHING;
	p->answer = SMTP_ANSWER_END;
	if (s->front->store != NULL)
		(void)ipc_send(&s->front->store->chan, IPC_STORE_ABORT, s->id,
		    NULL, -1);
}

/* ---- results ------------------------------------------------------------- */

static void
give_result(struct smtp *p, enum store_result r, struct pop_out *out)
{
	switch (r) {
	case STORE_OK:
		pop_smtp_result(p->machine, 250, "2.0.0", "stored", out);
		return;
	case STORE_FULL:
		pop_smtp_result(p->machine, 452, "4.2.2",
		    "no room in the mailbox, try again later", out);
		return;
	case STORE_IN_USE:
	case STORE_GONE:
	case STORE_NO_MAILDROP:
	case STORE_TEMP:
	case STORE_CORRUPT:
	case STORE_PARTIAL:
	case STORE_UNKNOWN:
	case STORE_LEASE_LOST:
		pop_smtp_result(p->machine, 451, "4.3.0",
		    "the message cannot be stored now, try again later", out);
		return;
	}
}

/* the worst of all: SMTP's one reply */
static enum store_result
worst(const struct smtp *p)
{
	enum store_result r = STORE_OK;

	for (unsigned i = 0; i < p->n; i++)
		if (p->recipients[i].result != STORE_OK)
			r = p->recipients[i].result;
	return r;
}

/* LMTP: each reply as soon as it is known. false: `out` is full */
static bool
give_results(struct session *s, struct pop_out *out)
{
	struct smtp *p = smtp_of(s);

	while (p->given < p->results) {
		if (out->size - out->n < POP_OUT_MIN)
			return false;
		if (s->ops == &session_lmtp_ops)
			give_result(p, p->recipients[p->given].result, out);
		else if (p->given + 1 == p->n)
			give_result(p, worst(p), out);
		spool_log(s, p->given);
		if (p->recipients[p->given].result == STORE_OK)
			p->delivered++;
		p->given++;
	}
	if (p->given == p->n) {
		p->wait = SMTP_NOTHING;
		forget_recipients(p);
	}
	return true;
}

/* ---- the step ------------------------------------------------------------ */

/* false: `out` is full */
static bool
give_answer(struct session *s, struct pop_out *out)
{
	struct smtp *p = smtp_of(s);
	enum smtp_answer answer = p->answer;

	if (answer == SMTP_NO_ANSWER)
		return true;
	if (out->size - out->n < POP_OUT_MIN)
		return false;
	p->answer = SMTP_NO_ANSWER;
	if (answer != SMTP_ANSWER_END) {
		if (p->code >= 400)
			p->refused++;
		pop_smtp_answer(p->machine, p->code, p->enhanced, p->text,
		    out);
		return true;
	}
	if (give_results(s, out))
		return true;
	p->answer = SMTP_ANSWER_END;
	return false;
}

/* true: look for the next event at once */
static bool
smtp_event(struct session *s, enum pop_smtp_event ev,
    const struct pop_smtp_info *info, struct pop_out *out,
    enum session_step *step_r)
{
	struct smtp *p = smtp_of(s);

	*step_r = STEP_WAIT;
	switch (ev) {
	case POP_SMTP_MORE:
		*step_r = STEP_MORE;
		return false;
	case POP_SMTP_FULL:
		*step_r = STEP_FULL;
		return false;
	case POP_SMTP_WAIT:
		return p->answer != SMTP_NO_ANSWER;
	case POP_SMTP_HELO:
		free(p->helo);
		p->helo = copy_span(info->name);
		p->extended = info->extended != 0;
		return true;
	case POP_SMTP_MAIL:
		mail(s, info, out);
		return true;
	case POP_SMTP_RCPT:
		ask_recipient(s, info);
		return p->answer != SMTP_NO_ANSWER;
	case POP_SMTP_DATA:
		ask_begin(s);
		return p->answer != SMTP_NO_ANSWER;
	case POP_SMTP_PIECE:
		spool_piece(s, info->piece);
		return true;
	case POP_SMTP_END:
		ask_deliver(s);
		return p->answer != SMTP_NO_ANSWER;
	case POP_SMTP_ABORT:
		forget_message(s);
		return true;
	case POP_SMTP_TLS:
		*step_r = STEP_TLS;
		return false;
	case POP_SMTP_CLOSE:
		if (s->end == NULL)
			s->end = "quit";
		*step_r = STEP_CLOSE;
		return false;
	}
	return false;
}

static enum session_step
smtp_step(struct session *s, struct pop_span *in, struct pop_out *out)
{
	struct smtp *p = smtp_of(s);
	struct pop_smtp_info info;
	enum session_step what = STEP_FULL;
	enum pop_smtp_event ev;

	do {
		if (!give_answer(s, out))
			break;
		ev = pop_smtp_step(p->machine, in, out, &info);
	} while (smtp_event(s, ev, &info, out, &what));
	spool_flush(s);
	return what;
}

static bool
smtp_expired(struct session *s, struct pop_out *out)
{
	struct smtp *p = smtp_of(s);

	if (p->wait == SMTP_RESULTS)
		return false;
	if (p->wait == SMTP_NOTHING)
		pop_smtp_goodbye(p->machine, "4.4.2",
		    "you were silent for too long", out);
	return true;
}

static bool
smtp_drained(struct session *s, struct pop_out *out)
{
	struct smtp *p = smtp_of(s);

	if (pop_smtp_in_message(p->machine) || p->wait != SMTP_NOTHING ||
	    p->answer != SMTP_NO_ANSWER)
		return false;
	pop_smtp_goodbye(p->machine, "4.3.2",
	    "the server shuts down, try again later", out);
	return true;
}

static size_t
smtp_line_max(const struct session *s)
{
	return pop_smtp_line_max(smtp_of(s)->machine);
}

static void
smtp_tls_started(struct session *s)
{
	struct smtp *p = smtp_of(s);

	free(p->helo);
	p->helo = NULL;
	pop_smtp_tls_started(p->machine);
}

static const char *
smtp_user(const struct session *s)
{
	(void)s;
	return NULL;
}

static void
smtp_log(const struct session *s, struct log_line *line)
{
	const struct smtp *p = smtp_of(s);

	log_u64(line, "messages", p->messages);
	log_u64(line, "delivered", p->delivered);
	log_u64(line, "refused", p->refused);
}

static void
smtp_release(struct session *s)
{
	struct smtp *p = smtp_of(s);

	/* once DELIVER is sent the store goes on by itself */
	if (p->wait != SMTP_RESULTS)
		forget_message(s);
	forget_recipients(p);
	spool_drop(p);
	free(p->helo);
	free(p->sender);
	free(p);
	s->proto = NULL;
}

#define SMTP_OPS(name) { \
	.service = (name), \
	.start = smtp_start, \
	.step = smtp_step, \
	.line_max = smtp_line_max, \
	.tls_started = smtp_tls_started, \
	.frame = smtp_frame, \
	.lost = smtp_lost, \
	.expired = smtp_expired, \
	.drained = smtp_drained, \
	.user = smtp_user, \
	.log = smtp_log, \
	.release = smtp_release, \
}

const struct session_ops session_lmtp_ops = SMTP_OPS("lmtp");
const struct session_ops session_smtp_ops = SMTP_OPS("smtp");
