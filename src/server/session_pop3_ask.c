/* SPDX-License-Identifier: ISC
 *
 * session_pop3_ask: what a POP3 session asks of the auth and store
 * processes.  When there is nobody to ask, the answer is noted at once.
 */
#include "server/session_pop3.h"

#include <string.h>

void
pop3_fail(struct pop3 *p, enum pop3_answer answer, enum pop_failure code,
    const char *text)
{
	p->answer = answer;
	p->fail_code = code;
	p->fail_text = text;
}

void
pop3_auth_down(struct pop3 *p)
{
	p->wait = WAIT_NOTHING;
	pop3_fail(p, ANSWER_FAILED, POP_FAIL_SYS_TEMP,
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
void
pop3_ask_auth(struct session *s, enum pop_server_event ev,
    const struct pop_server_info *info)
{
	struct pop3 *p = pop3_of(s);
	enum ipc_kind kind = IPC_AUTH_PASS;
	struct ipc_writer w;

	if (s->front->auth == NULL || session_new_id(s) == 0) {
		pop3_auth_down(p);
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
		pop3_auth_down(p);
}

void
pop3_ask_auth_step(struct session *s, const struct pop_server_info *info)
{
	struct pop3 *p = pop3_of(s);
	struct ipc_writer w;

	if (s->front->auth == NULL || p->wait != WAIT_CLIENT) {
		pop3_auth_down(p);
		return;
	}
	ipc_writer_init(&w);
	put_sasl(&w, info);
	p->wait = WAIT_AUTH;
	if (ipc_send_secret(&s->front->auth->chan, IPC_AUTH_STEP, s->id,
	    &w) != IPC_OK)
		pop3_auth_down(p);
}

void
pop3_cancel_auth(struct session *s)
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

void
pop3_ask_body(struct session *s, const struct pop_server_info *info)
{
	struct pop3 *p = pop3_of(s);
	struct ipc_writer w;

	p->is_top = info->is_top;
	if (pop3_ahead_take(s, info->number - 1)) {
		p->answer = ANSWER_BODY;
		return;
	}
	p->wait = WAIT_BODY;
	ipc_writer_init(&w);
	ipc_put_u32(&w, info->number - 1);
	ipc_put_u32(&w, pop3_ahead_window(s, info->number - 1));
	if (s->front->store == NULL || ipc_send(&s->front->store->chan,
	    IPC_STORE_BODY, s->id, &w, -1) != IPC_OK) {
		p->wait = WAIT_NOTHING;
		pop3_ahead_answered(s);
		pop3_fail(p, ANSWER_NO_BODY, POP_FAIL_SYS_TEMP,
		    "the message cannot be read now, try again later");
	}
}

/*
 * The store reads this before a ticket for the next session of the same user
 * (stored.c), so that whoever comes again at once finds no lock.
 */
void
pop3_close(struct session *s)
{
	struct pop3 *p = pop3_of(s);

	if (p->opened && s->front->store != NULL)
		(void)ipc_send(&s->front->store->chan, IPC_STORE_CLOSE, s->id,
		    NULL, -1);
	session_drop_id(s);
	p->opened = false;
}

/* QUIT: remove what is marked, then let the maildrop go, then reply */
void
pop3_ask_commit(struct session *s)
{
	struct pop3 *p = pop3_of(s);
	struct ipc_writer w;

	p->quit = true;
	p->committed = POP_COMMIT_DONE;
	p->dele = listing_marked(p->listing);
	if (p->dele == 0) {
		pop3_close(s);
		p->answer = ANSWER_COMMITTED;
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
