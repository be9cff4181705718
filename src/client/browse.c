/* SPDX-License-Identifier: ISC
 *
 * browse: secret, session and listing for the commands that look at one
 * account's mail.  Keeps the whole listing: a person asked for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "client/browse.h"

enum { ROWS_MAX = 2000000 };

static void on_secret(void *arg, struct secret *secret, const char *error);

static void
stop(struct engine *e)
{
	struct browse *b = (struct browse *)(void *)((char *)e -
	    offsetof(struct browse, engine));

	b->status = EX_TEMPFAIL;
	loop_stop(e->loop);
}

static void
tell_fault(struct browse *b, enum fault fault, const char *text,
    struct pop_span said)
{
	struct event_sink *sink = report_sink(b->engine.report);
	struct event_sum sum = { .fault = fault };
	struct event e = { .kind = EVENT_FAULT, .account = b->account->name,
		.fault = fault, .text = text, .server_said = said };
	struct event end = { .kind = EVENT_END, .account = b->account->name,
		.sum = &sum };

	sink->tell(sink, &e);
	sink->tell(sink, &end);
	b->status = advice_for(fault)->exit_status;
	loop_stop(b->engine.loop);
}

/* ---- the listing --------------------------------------------------------- */

static int
by_number(const void *a, const void *b)
{
	const struct browse_row *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static struct browse_row *
row_of(struct browse *b, uint32_t number)
{
	struct browse_row key = { .number = number };

	/* rows come in order */
	if (b->nrows == 0 || b->rows[b->nrows - 1].number < number) {
		if (b->nrows == b->cap) {
			size_t cap = b->cap ? 2 * b->cap : 256;
			struct browse_row *rows = cap > ROWS_MAX ? NULL :
			    reallocarray(b->rows, cap, sizeof(*rows));

			if (!rows)
				return NULL;
			b->rows = rows;
			b->cap = cap;
		}
		b->rows[b->nrows] = key;
		return &b->rows[b->nrows++];
	}
	return bsearch(&key, b->rows, b->nrows, sizeof(key), by_number);
}

static void
note_row(struct browse *b, const struct pop_client_info *info)
{
	struct browse_row *row = row_of(b, info->number);
	struct state_row known;

	if (!row)
		return;
	if (info->command == POP_CMD_LIST) {
		row->octets = info->octets;
		return;
	}
	if (info->uidl.n > POP_UIDL_MAX)
		return;
	memcpy(row->uidl, info->uidl.p, info->uidl.n);
	row->uidl[info->uidl.n] = '\0';
	row->known = b->state && state_listing_row(b->state, info->uidl,
	    &known) == 1;
}

static void
send_listing(struct browse *b)
{
	struct pop_request uidl = { .command = POP_CMD_UIDL };
	struct pop_request list = { .command = POP_CMD_LIST };

	if (!b->listed && session_send(b->session, &uidl) == POP_SEND_OK) {
		b->listed = true;
		b->answers = 2;
		if (session_send(b->session, &list) == POP_SEND_OK)
			b->answers = 3;
	}
}

static void
on_ready(void *arg)
{
	struct browse *b = arg;

	send_listing(b);
}

static void
on_event(void *arg, enum pop_client_event event,
    const struct pop_client_info *info)
{
	struct browse *b = arg;
	struct pop_request list = { .command = POP_CMD_LIST };
	bool listing = info->command == POP_CMD_UIDL ||
	    info->command == POP_CMD_LIST;

	if (!listing) {
		b->event(b, event, info);
		return;
	}
	if (event == POP_CLIENT_ROW)
		note_row(b, info);
	if (event != POP_CLIENT_END && event != POP_CLIENT_REPLY)
		return;
	/* without sizes or without UIDLs there is something to show yet */
	if (info->command == POP_CMD_LIST && event == POP_CLIENT_REPLY &&
	    !info->ok && b->nrows == 0) {
		tell_fault(b, session_code_fault(info->code,
		    FAULT_SERVER_TEMP), "the server refuses LIST", info->text);
		return;
	}
	/* answers: 2 = UIDL is out, LIST not yet asked; 3 = both are out */
	if (b->answers == 2 && info->command == POP_CMD_UIDL) {
		b->answers = 1;
		if (session_send(b->session, &list) != POP_SEND_OK)
			b->answers = 0;
	} else {
		b->answers = b->answers == 3 ? 1 : 0;
	}
	if (b->answers == 0)
		b->begin(b);
}

static void
on_idle(void *arg)
{
	struct browse *b = arg;

	if (b->listed && b->answers == 0 && !b->quit_sent)
		b->idle(b);
}

void
browse_quit(struct browse *b)
{
	struct pop_request quit = { .command = POP_CMD_QUIT };

	if (!b->quit_sent && session_send(b->session, &quit) == POP_SEND_OK)
		b->quit_sent = true;
}

/* ---- the session --------------------------------------------------------- */

static void
ask_secret(struct browse *b, bool again)
{
	b->ask = secret_ask(b->engine.loop, b->account, again,
	    isatty(0) == 1, on_secret, b);
	if (!b->ask)
		tell_fault(b, FAULT_MEMORY, "out of memory",
		    (struct pop_span){ 0 });
}

static void
on_over(void *arg, const struct session_end *end)
{
	struct browse *b = arg;

	if (end->secret_refused && !b->asked_again) {
		b->asked_again = true;
		session_free(b->session);
		b->session = NULL;
		secret_done(&b->secret);
		b->has_secret = false;
		ask_secret(b, true);
		return;
	}
	if (end->fault == FAULT_NONE || b->quit_sent)
		loop_stop(b->engine.loop);
	else
		tell_fault(b, end->fault, end->text, end->server_said);
}

static void
on_secret(void *arg, struct secret *secret, const char *error)
{
	struct browse *b = arg;
	struct session_spec spec = {
		.loop = b->engine.loop,
		.account = b->account,
		.sink = report_sink(b->engine.report),
		.owner = &b->owner,
		.secret = &b->secret,
		.pipelining = b->account->pipelining !=
		    ACCOUNT_PIPELINING_OFF,
		.pipelining_forced = b->account->pipelining ==
		    ACCOUNT_PIPELINING_ON,
		.debug = b->args->debug,
	};

	b->ask = NULL;
	if (!secret) {
		tell_fault(b, FAULT_SECRET, error, (struct pop_span){ 0 });
		return;
	}
	b->secret = *secret;
	b->has_secret = true;
	b->owner = (struct session_owner){ on_ready, on_event, on_idle,
		on_over, b };
	b->session = session_start(&spec);
	if (!b->session)
		tell_fault(b, FAULT_MEMORY, "out of memory",
		    (struct pop_span){ 0 });
}

static void
open_state(struct browse *b)
{
	char error[512];

	/* which messages are known is nice to see, and no more */
	if (state_open(b->conf->state_dir, b->account->name, true, error,
	    sizeof(error), &b->state) != STATE_OK)
		b->state = NULL;
	if (b->state && state_listing_begin(b->state) != 0) {
		state_close(b->state);
		b->state = NULL;
	}
}

static void
no_visit(void *arg, const struct account_conf *account,
    const struct errand_result *result)
{
	(void)arg;
	(void)account;
	(void)result;
}

int
browse_run(struct browse *b, const struct client_args *args,
    const struct client_conf *conf)
{
	b->args = args;
	b->conf = conf;
	b->account = args->nnames > 0 ? client_conf_account(conf,
	    args->names[0]) : NULL;
	if (!b->account) {
		fprintf(stderr, "%s: there is no account %s in %s\n",
		    args->program, args->nnames ? args->names[0] : "",
		    args->config);
		return EX_CONFIG;
	}
	if (engine_open(&b->engine, args, conf, stop, no_visit, NULL) != 0) {
		b->status = engine_trouble(args);
	} else {
		open_state(b);
		ask_secret(b, false);
		if (loop_run(b->engine.loop) != 0)
			b->status = EX_OSERR;
	}
	if (b->ask)
		secret_cancel(b->ask);
	session_free(b->session);
	if (b->has_secret)
		secret_done(&b->secret);
	if (b->state)
		state_close(b->state);
	engine_close(&b->engine);
	free(b->rows);
	return b->status;
}
