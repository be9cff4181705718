/* SPDX-License-Identifier: ISC
 *
 * session_smtp_hear: what the auth and store processes answer to an SMTP or
 * LMTP session.  Each answer is accepted in the one wait that it ends; it is
 * noted, and given to the machine in the next step.
 */
#include "server/session_smtp.h"

#include <stdlib.h>

#include "auth/auth.h"

static bool
add_recipient(struct smtp *p)
{
	struct recipient *bigger = reallocarray(p->recipients, p->n + 1,
	    sizeof(*bigger));

	if (bigger == NULL)
		return false;
	p->recipients = bigger;
	p->recipients[p->n++] = (struct recipient){ .address = p->asked,
		.result = STORE_TEMP };
	p->asked = NULL;
	return true;
}

static bool
recipient_came(struct session *s, struct pop_span payload)
{
	struct smtp *p = smtp_of(s);
	struct ipc_reader r;
	uint32_t index;
	unsigned found;

	ipc_reader_init(&r, payload);
	index = ipc_get_u32(&r);
	found = ipc_get_u8(&r);
	if (!ipc_reader_end(&r) || index != p->n)
		return false;
	p->wait = SMTP_NOTHING;
	if (found == AUTH_USER && add_recipient(p)) {
		session_settle(s);
		smtp_note(p, SMTP_ANSWER_RCPT, 250, "2.1.5", "recipient ok");
	} else if (found == AUTH_NO_USER) {
		smtp_note(p, SMTP_ANSWER_RCPT, 550, "5.1.1", "no such mailbox");
	} else if (found == AUTH_NOT_LOCAL) {
		smtp_note(p, SMTP_ANSWER_RCPT, 550, "5.7.1",
		    "no mail for that domain here, and no relaying");
	} else {
		smtp_store_down(p, SMTP_ANSWER_RCPT);
	}
	free(p->asked);
	p->asked = NULL;
	return true;
}

static bool
begin_came(struct session *s, struct ipc_frame *f)
{
	struct smtp *p = smtp_of(s);
	struct ipc_reader r;
	unsigned result;
	uint32_t carrier;

	ipc_reader_init(&r, f->payload);
	result = ipc_get_u8(&r);
	carrier = ipc_get_u32(&r);
	if (!ipc_reader_end(&r) || (result == STORE_OK) != (f->nfds > 0))
		return false;
	p->wait = SMTP_NOTHING;
	if (result == STORE_FULL) {
		smtp_note(p, SMTP_ANSWER_DATA, 452, "4.3.1",
		    "no room for the message now, try again later");
	} else if (result != STORE_OK) {
		smtp_store_down(p, SMTP_ANSWER_DATA);
	} else if (spool_begin(s, ipc_frame_take_fd(f), carrier)) {
		smtp_note(p, SMTP_ANSWER_DATA, 250, NULL, "");
	} else {
		spool_drop(p);
		(void)ipc_send(&s->front->store->chan, IPC_STORE_ABORT, s->id,
		    NULL, -1);
		smtp_store_down(p, SMTP_ANSWER_DATA);
	}
	return true;
}

static bool
result_came(struct smtp *p, struct pop_span payload)
{
	struct ipc_reader r;
	uint32_t i;
	unsigned result;

	ipc_reader_init(&r, payload);
	i = ipc_get_u32(&r);
	result = ipc_get_u8(&r);
	if (!ipc_reader_end(&r) || i != p->results || i >= p->n)
		return false;
	p->recipients[i].result = result;
	p->results++;
	p->answer = SMTP_ANSWER_END;
	return true;
}

bool
smtp_frame(struct session *s, struct ipc_frame *f)
{
	struct smtp *p = smtp_of(s);
	bool ok = false;

	if (p->wait == SMTP_RCPT && f->kind == IPC_AUTH_RCPT_R)
		ok = recipient_came(s, f->payload);
	else if (p->wait == SMTP_BEGIN && f->kind == IPC_STORE_BEGIN_R)
		ok = begin_came(s, f);
	else if (p->wait == SMTP_RESULTS && f->kind == IPC_STORE_EACH_R)
		ok = result_came(p, f->payload);
	if (ok && p->answer != SMTP_NO_ANSWER)
		session_resume(s);
	return ok;
}

/* Mail is not lost with a process: the client is told to come again. */
bool
smtp_lost(struct session *s, bool store)
{
	struct smtp *p = smtp_of(s);

	if (p->wait == SMTP_RCPT && !store) {
		free(p->asked);
		p->asked = NULL;
		smtp_store_down(p, SMTP_ANSWER_RCPT);
	} else if (!store || p->wait == SMTP_RCPT) {
		/* a ticket that the new store lacks is noticed at DATA */
		return true;
	} else if (p->wait == SMTP_BEGIN) {
		smtp_store_down(p, SMTP_ANSWER_DATA);
	} else if (p->wait == SMTP_RESULTS) {
		for (; p->results < p->n; p->results++)
			p->recipients[p->results].result = STORE_UNKNOWN;
		p->wait = SMTP_NOTHING;
		p->answer = SMTP_ANSWER_END;
	} else if (p->fd >= 0) {
		/* the file has lost its owner */
		p->spool_failed = true;
		pop_smtp_spool_failed(p->machine, 451, "4.3.0",
		    "the message cannot be stored now, try again later");
		return true;
	} else {
		return true;
	}
	session_resume(s);
	return true;
}
