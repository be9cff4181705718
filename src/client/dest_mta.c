/* SPDX-License-Identifier: ISC
 *
 * dest_mta: a mail server that takes messages by LMTP or SMTP.  Owns the
 * connection, which is kept for the next message and ended with QUIT; what is
 * said on it is lmtp_out.c's.
 *
 * SMTP uses STARTTLS when it is offered and the server is not on this machine,
 * and then insists on a certificate that is good; there is no AUTH.  LMTP is
 * for this machine and its neighbours: plain.
 *
 * A connection that was kept and turns out to be dead is made once more.  One
 * that is lost behind the final dot leaves it open whether the message was
 * taken: DEST_UNKNOWN.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/text.h"
#include "client/dest_private.h"
#include "client/mta_private.h"
#include "sys/os.h"

enum { MTA_DIAL_MS = 60000 };

bool mta_tls_everywhere;

static void on_dialled(void *arg, const struct dial_result *result);

/* ---- open, close --------------------------------------------------------- */

static int
check_envelope(const struct dest *d, struct dest_error *error_r)
{
	const struct account_conf *a = d->world->account;

	if (a->recipient == NULL || a->recipient[0] == '\0')
		return dest_fail(error_r, FAULT_DEST, "%s: to whom? Set "
		    "recipient = ADDRESS in [account %s]", d->text, a->name);
	if (!lmtp_out_path_ok(a->recipient))
		return dest_fail(error_r, FAULT_DEST, "%s: recipient is not "
		    "an address: blanks, <, > and control characters cannot "
		    "be in it", d->text);
	if (a->sender != NULL && strcmp(a->sender, "<>") != 0 &&
	    !lmtp_out_path_ok(a->sender))
		return dest_fail(error_r, FAULT_DEST, "%s: sender is not an "
		    "address: blanks, <, > and control characters cannot be "
		    "in it", d->text);
	return 0;
}

static int
take_address(struct mta *t, const struct conf_dest *conf,
    struct dest_error *error_r)
{
	uint64_t port = 0;

	if (conf->path != NULL)
		return 0;
	if (conf->host == NULL || conf->port == NULL ||
	    num_parse_u64(span_str(conf->port), 65535, &port) != 0 ||
	    port == 0)
		return dest_fail(error_r, FAULT_DEST, "%s: write HOST:PORT",
		    t->dest->text);
	/* RFC 2033 section 5 */
	if (t->lmtp && port == 25)
		return dest_fail(error_r, FAULT_DEST, "%s: LMTP is never "
		    "spoken on port 25, which is SMTP's", t->dest->text);
	t->host = strdup(conf->host);
	t->port = (unsigned)port;
	return t->host != NULL ? 0 : dest_fail_errno(error_r, ENOMEM, "%s",
	    t->dest->text);
}

static int
mta_open(struct dest *d, const struct conf_dest *conf,
    struct dest_error *error_r)
{
	struct mta *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return dest_fail_errno(error_r, ENOMEM, "%s", d->text);
	d->own = t;
	d->form = DRAFT_MAIL;
	t->dest = d;
	t->lmtp = conf->kind == CONF_DEST_LMTP;
	t->fd = -1;
	t->conn.fd = -1;
	t->out = (struct pop_out){ t->out_mem, 0, sizeof(t->out_mem) };
	mta_io_init(t);
	if (take_address(t, conf, error_r) != 0 ||
	    check_envelope(d, error_r) != 0)
		return -1;
	d->drafts = dest_open_spool(d->world, error_r);
	return d->drafts < 0 ? -1 : 0;
}

/* Politely when nothing is under way; nobody waits for the answer. */
void
mta_hang_up(struct mta *t)
{
	struct loop *loop = t->dest->world->loop;

	dial_cancel(t->dial);
	t->dial = NULL;
	if (t->timer_set)
		loop_timer_stop(loop, &t->timer);
	t->timer_set = false;
	if (t->conn.fd < 0)
		return;
	if (t->machine.state == LMTP_OUT_S_READY && t->out.n == 0 &&
	    !t->deaf) {
		lmtp_out_quit(&t->machine, &t->out);
		/* a server that does not take it sees us go */
		(void)conn_write(&t->conn, t->out.p, t->out.n);
	}
	loop_unwatch(loop, &t->io, true);
	conn_close(&t->conn);
	t->conn.fd = -1;
	t->out.n = t->in_n = 0;
	t->handshake = t->deaf = false;
}

void
mta_drop_body(struct mta *t)
{
	if (t->fd >= 0)
		(void)os_close(t->fd);
	t->fd = -1;
	t->body = false;
}

static void
mta_cancel(struct dest *d)
{
	struct mta *t = d->own;

	loop_cancel(d->world->loop, &t->task);
	mta_drop_body(t);
	/* not READY, or out of step: no QUIT */
	t->machine.state = LMTP_OUT_S_BROKEN;
	mta_hang_up(t);
}

static void
mta_close(struct dest *d)
{
	struct mta *t = d->own;

	if (t == NULL)
		return;
	loop_cancel(d->world->loop, &t->task);
	mta_drop_body(t);
	mta_hang_up(t);
	tls_client_unref(t->tls);
	free(t->host);
	free(t);
}

/* ---- outcomes ------------------------------------------------------------ */

/* Tells; nothing of `t` may be touched behind it. */
void
mta_finish(struct mta *t, enum dest_outcome outcome)
{
	struct dest_error error = t->error;

	if (t->timer_set)
		loop_timer_stop(t->dest->world->loop, &t->timer);
	t->timer_set = false;
	mta_drop_body(t);
	dest_tell(t->dest, outcome, &error);
}

/* the same in the next round of the loop */
static void
finish_later(struct mta *t, enum dest_outcome outcome)
{
	t->later = outcome;
	t->has_later = true;
	loop_later(t->dest->world->loop, &t->task);
}

bool
mta_behind_dot(const struct mta *t)
{
	return t->machine.state == LMTP_OUT_S_END && !t->machine.empty &&
	    t->out.n == 0;
}

/* The connection is of no more use; t->error says why. */
void
mta_lost(struct mta *t)
{
	bool behind_dot = mta_behind_dot(t);
	bool again = t->kept && !t->promised;

	t->machine.state = LMTP_OUT_S_BROKEN;
	mta_hang_up(t);
	if (t->dest->talking == NULL)
		return;
	if (!again) {
		mta_finish(t, behind_dot ? DEST_UNKNOWN : DEST_TEMPORARY);
		return;
	}
	mta_drop_body(t);
	mta_call(t);
}

/* ---- a message ----------------------------------------------------------- */

static const char *
sender_of(const struct draft *dr)
{
	const char *sender = dr->dest->world->account->sender;

	if (sender == NULL)
		return dr->sender;
	return strcmp(sender, "<>") == 0 ? "" : sender;
}

/* on a connection that is READY */
void
mta_send(struct mta *t)
{
	struct draft *dr = t->dest->talking;
	struct lmtp_out_message message = {
		.sender = sender_of(dr),
		.recipient = dr->dest->world->account->recipient,
		.octets = pop_measure_end(&dr->wire),
	};

	t->promised = false;
	t->fd = draft_open(dr);
	if (t->fd < 0) {
		(void)dest_fail_errno(&t->error, errno, "%s: cannot read a "
		    "draft", t->dest->text);
		finish_later(t, DEST_TEMPORARY);
		return;
	}
	t->at = 0;
	t->piece = span_of(t->piece_mem, 0);
	pop_stuff_init(&t->stuff);
	if (lmtp_out_send(&t->machine, &message, &t->out) == 0)
		return;
	(void)dest_fail(&t->error, FAULT_DEST, "%s: the message is larger "
	    "than the server takes", t->dest->text);
	finish_later(t, DEST_REFUSED);
}

/* a new connection for the message */
void
mta_call(struct mta *t)
{
	struct loop *loop = t->dest->world->loop;

	t->kept = false;
	t->promised = false;
	t->dial = t->dest->path != NULL ?
	    dial_start_local(loop, t->dest->path, on_dialled, t) :
	    dial_start(loop, t->host, t->port, MTA_DIAL_MS, on_dialled, t);
	if (t->dial != NULL)
		return;
	(void)dest_fail_errno(&t->error, ENOMEM, "%s", t->dest->text);
	finish_later(t, DEST_TEMPORARY);
}

static bool
on_this_machine(const struct mta *t, const struct dial_result *result)
{
	return t->dest->path != NULL ||
	    strncmp(result->address, "127.", 4) == 0 ||
	    strncmp(result->address, "[::1]", 5) == 0;
}

static void
on_dialled(void *arg, const struct dial_result *result)
{
	struct mta *t = arg;
	unsigned flags = t->lmtp ? LMTP_OUT_LMTP : 0;

	t->dial = NULL;
	if (result->error != DIAL_OK) {
		(void)dest_fail(&t->error, FAULT_DEST_TEMP, "%.200s: %s",
		    t->dest->text, result->text);
		mta_finish(t, DEST_TEMPORARY);
		return;
	}
	if (!t->lmtp && (mta_tls_everywhere || !on_this_machine(t, result)))
		flags |= LMTP_OUT_WANT_TLS;
	lmtp_out_init(&t->machine, flags, t->dest->world->hostname);
	conn_init(&t->conn, result->fd);
	mta_pump(t);
}

static void
on_task(struct loop_task *task)
{
	struct mta *t = (struct mta *)((char *)task -
	    offsetof(struct mta, task));

	if (t->has_later) {
		t->has_later = false;
		mta_finish(t, t->later);
		return;
	}
	mta_pump(t);
}

static void
mta_hand_over(struct draft *dr)
{
	struct mta *t = dr->dest->own;

	t->task.fn = on_task;
	t->has_later = false;
	if (t->conn.fd < 0 || t->machine.state != LMTP_OUT_S_READY) {
		if (t->conn.fd >= 0)
			mta_hang_up(t);
		mta_call(t);
		return;
	}
	t->kept = true;
	mta_send(t);
	loop_later(dr->dest->world->loop, &t->task);
}

const struct dest_kind dest_lmtp = {
	.name = "lmtp",
	.local = false,
	.peeks = true,
	.open = mta_open,
	.close = mta_close,
	.hand_over = mta_hand_over,
	.cancel = mta_cancel,
	.recover = dest_recover_talker,
};

const struct dest_kind dest_smtp = {
	.name = "smtp",
	.local = false,
	.peeks = true,
	.open = mta_open,
	.close = mta_close,
	.hand_over = mta_hand_over,
	.cancel = mta_cancel,
	.recover = dest_recover_talker,
};
