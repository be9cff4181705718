/* SPDX-License-Identifier: ISC
 *
 * session_pop3_hear: what the auth and store processes answer to a POP3
 * session.  Each answer is accepted in the one wait that it ends; it is
 * noted, and given to the machine in the next step.
 */
#include "server/session_pop3.h"

#include <stdlib.h>

#include "auth/auth.h"
#include "log/log.h"
#include "store/store.h"

/* one line a failure, for those who watch for guessing */
static void
log_denied(const struct session *s)
{
	struct log_line line;
	char peer[80];

	log_begin(&line, LOG_LEVEL_WARN, "login-failed");
	log_str(&line, "service", s->ops->service);
	session_peer(s, peer, sizeof(peer));
	log_str(&line, "peer", peer);
	log_end(&line);
}

static void
denied(struct session *s, struct pop_span payload, bool *ok)
{
	struct pop3 *p = pop3_of(s);
	struct ipc_reader r;
	unsigned why;

	ipc_reader_init(&r, payload);
	why = ipc_get_u8(&r);
	*ok = ipc_reader_end(&r);
	if (why == AUTH_DENIED) {
		p->failures++;
		log_denied(s);
		pop3_fail(p, ANSWER_FAILED, POP_FAIL_AUTH,
		    "user name or password is wrong");
	} else {
		pop3_fail(p, ANSWER_FAILED, POP_FAIL_SYS_TEMP,
		    "logins are not possible just now, try again later");
	}
}

static void
open_failed(struct pop3 *p, enum store_result r)
{
	switch (r) {
	case STORE_IN_USE:
		pop3_fail(p, ANSWER_FAILED, POP_FAIL_IN_USE,
		    "the maildrop is locked by another session, wait and "
		    "try again");
		break;
	case STORE_CORRUPT:
	case STORE_NO_MAILDROP:
		pop3_fail(p, ANSWER_FAILED, POP_FAIL_SYS_PERM,
		    "the maildrop cannot be opened, ask your postmaster");
		break;
	case STORE_OK:
	case STORE_GONE:
	case STORE_FULL:
	case STORE_TEMP:
	case STORE_PARTIAL:
	case STORE_UNKNOWN:
	case STORE_LEASE_LOST:
		pop3_fail(p, ANSWER_FAILED, POP_FAIL_SYS_TEMP,
		    "the maildrop is unavailable just now, try again later");
		break;
	}
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
		/* the store keeps an entry for the login that failed */
		p->opened = true;
		pop3_close(s);
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
	pop3_close(s);
	open_failed(p, STORE_TEMP);
	return true;
}

/* As many bodies as there are descriptors, at most `max`; false: that does
 * not add up. */
static bool
bodies_read(struct ipc_reader *r, struct ipc_frame *f, struct pop3_body *v,
    unsigned max)
{
	const unsigned wire_form = STORE_BODY_CRLF | STORE_BODY_NO_DOTS;
	uint32_t n = ipc_get_u32(r);
	uint64_t end;

	if (n > max || f->nfds > n || (f->nfds < n && !f->fd_lost))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		v[i].offset = ipc_get_u64(r);
		v[i].length = ipc_get_u64(r);
		v[i].changed = ipc_get_u64(r);
		v[i].wire_form = ipc_get_u8(r) == wire_form;
		if (__builtin_add_overflow(v[i].offset, v[i].length, &end))
			return false;
	}
	return ipc_reader_end(r);
}

static void
bodies_take(struct session *s, struct ipc_frame *f, struct pop3_body *v)
{
	for (unsigned i = 0; i < f->nfds; i++)
		v[i].fd = ipc_frame_take_fd(f);
	pop3_body_set(pop3_of(s), &v[0]);
	pop3_ahead_keep(s, v + 1, f->nfds - 1);
}

static bool
body_came(struct session *s, struct ipc_frame *f)
{
	struct pop3 *p = pop3_of(s);
	struct pop3_body v[IPC_FDS_MAX];
	struct ipc_reader r;
	unsigned result, max = p->asked + 1;

	pop3_ahead_answered(s);
	ipc_reader_init(&r, f->payload);
	result = ipc_get_u8(&r);
	if (!bodies_read(&r, f, v, max) ||
	    (result == STORE_OK) != (f->nfds > 0))
		return false;
	if (result == STORE_OK) {
		bodies_take(s, f, v);
		p->answer = ANSWER_BODY;
	} else if (result == STORE_GONE) {
		pop3_fail(p, ANSWER_NO_BODY, POP_FAIL_SYS_TEMP,
		    "the message was removed by another program");
	} else if (result == STORE_CORRUPT) {
		pop3_fail(p, ANSWER_NO_BODY, POP_FAIL_SYS_PERM,
		    "the message is damaged, ask your postmaster");
	} else {
		pop3_fail(p, ANSWER_NO_BODY, POP_FAIL_SYS_TEMP,
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
	p->wait = WAIT_NOTHING;
	pop3_close(s);
	p->answer = ANSWER_COMMITTED;
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

bool
pop3_frame(struct session *s, struct ipc_frame *f)
{
	struct pop3 *p = pop3_of(s);
	enum pop3_wait wait = p->wait;
	bool ok;

	/* which answers each wait accepts */
	if (wait == WAIT_AUTH && f->kind == IPC_AUTH_DENIED) {
		p->wait = WAIT_NOTHING;
		denied(s, f->payload, &ok);
	} else if (wait == WAIT_AUTH && f->kind == IPC_AUTH_CHALLENGE) {
		ok = challenged(p, f->payload);
	} else if (wait == WAIT_AUTH && f->kind == IPC_STORE_OPENED) {
		p->wait = WAIT_NOTHING;
		ok = opened(s, f->payload);
	} else if (wait == WAIT_BODY && f->kind == IPC_STORE_BODY_R) {
		p->wait = WAIT_NOTHING;
		ok = body_came(s, f);
	} else if (wait == WAIT_COMMIT && f->kind == IPC_STORE_COMMIT_R) {
		ok = commit_came(s, f->payload);
	} else {
		ok = false;
	}
	if (ok && p->answer != ANSWER_NONE)
		session_resume(s);
	return ok;
}

bool
pop3_lost(struct session *s, bool store)
{
	struct pop3 *p = pop3_of(s);

	if (p->wait == WAIT_AUTH || p->wait == WAIT_CLIENT) {
		if (p->wait == WAIT_CLIENT)
			return false;
		pop3_cancel_auth(s);
		pop3_auth_down(p);
		session_resume(s);
		return true;
	}
	if (!store || !p->opened)
		return true;
	p->opened = false;
	if (p->wait == WAIT_COMMIT) {
		p->committed = POP_COMMIT_UNKNOWN;
		p->wait = WAIT_NOTHING;
		p->answer = ANSWER_COMMITTED;
		session_resume(s);
		return true;
	}
	return false;		/* its lock is gone: it cannot go on */
}
