/* SPDX-License-Identifier: ISC
 *
 * session_hear: what a server says, and who is to hear it: before the login
 * session_open.c, then the owner; QUIT and what breaks the protocol is dealt
 * with here.
 */
#include <stdio.h>

#include "client/mask.h"
#include "client/report.h"
#include "client/session_internal.h"

enum {
	/* rows of one answer: servers that have a limit have none above */
	ROWS_MAX = 2 << 20,
	/* rows that no message stands for: of CAPA, empty, or said twice */
	ROWS_ODD = 1000
};

struct pop_span
session_hide(const struct session *s, struct pop_span said, struct buf *out)
{
	struct pop_span secret = s->spec.secret != NULL ?
	    buf_span(&s->spec.secret->value) : span_of("", 0);

	return mask_said(said, s->spec.account->user, secret, out);
}

static void
debug_reply(const struct session *s, enum pop_client_event event,
    const struct pop_client_info *info)
{
	char text[256];
	struct buf said;

	if (!s->spec.debug || (event != POP_CLIENT_REPLY &&
	    event != POP_CLIENT_BEGIN && event != POP_CLIENT_GREETING &&
	    event != POP_CLIENT_BAD && event != POP_CLIENT_ERROR))
		return;
	escape_text(session_hide(s, info->text, &said), text, sizeof(text),
	    ESCAPE_MAX);
	buf_wipe(&said);
	fprintf(stderr, "%s S: %s %s\n", s->spec.account->name,
	    info->ok ? "+OK" : "-ERR", text);
}

static void
broken(struct session *s, const struct pop_client_info *info)
{
	static const char *const why[] = {
		[POP_CLIENT_E_LONG] = "sent a line that never ends",
		[POP_CLIENT_E_STATUS] = "sent neither +OK nor -ERR",
		[POP_CLIENT_E_UNASKED] = "said something nobody asked for",
		[POP_CLIENT_E_STLS] = ("sent octets behind its +OK to STLS: "
		    "somebody may be tampering with the connection"),
		[POP_CLIENT_E_CANCEL] = "accepted a login that was cancelled",
	};
	const char *text = info->error <= POP_CLIENT_E_CANCEL &&
	    why[info->error] ? why[info->error] : "broke the protocol";

	s->end.pipelining_suspect = s->phase == SESSION_OPEN &&
	    session_pipelines(s);
	session_fail(s, info->error == POP_CLIENT_E_STLS ?
	    FAULT_STLS_INJECTED : s->phase == SESSION_GREETING ?
	    FAULT_NOT_POP : FAULT_PROTOCOL, info->text, "%s %s",
	    s->spec.account->server, text);
}

/* Numbers are not used twice, so that there are no more rows than the highest
 * number says: a listing that goes on all the same has no end. */
static bool
never_ends(struct session *s, enum pop_client_event event,
    const struct pop_client_info *info)
{
	if (event == POP_CLIENT_BEGIN || event == POP_CLIENT_END)
		s->rows = s->highest_row = 0;
	if (event != POP_CLIENT_ROW && event != POP_CLIENT_BAD)
		return false;
	s->rows++;
	if (event == POP_CLIENT_ROW && info->number > s->highest_row)
		s->highest_row = info->number;
	if (s->rows <= ROWS_MAX &&
	    s->rows <= (uint64_t)s->highest_row + ROWS_ODD)
		return false;
	session_fail(s, FAULT_PROTOCOL, (struct pop_span){ 0 },
	    "%s sent a listing that never ends", s->spec.account->server);
	return true;
}

static void
quit_answered(struct session *s, const struct pop_client_info *info)
{
	if (info->ok)
		session_fail(s, FAULT_NONE, (struct pop_span){ 0 }, "%s", "");
	else
		session_fail(s, FAULT_QUIT, info->text, "%s could not delete "
		    "all that was to be deleted", s->spec.account->server);
}

void
session_hear(struct session *s, enum pop_client_event event,
    const struct pop_client_info *info)
{
	debug_reply(s, event, info);
	s->answered = s->answered || event == POP_CLIENT_REPLY;
	if (event == POP_CLIENT_ERROR)
		broken(s, info);
	else if (never_ends(s, event, info))
		return;
	else if (s->phase != SESSION_OPEN)
		session_open_event(s, event, info);
	else if (event == POP_CLIENT_REPLY && info->command == POP_CMD_QUIT)
		quit_answered(s, info);
	else if (info->command != POP_CMD_NOOP)		/* our own */
		s->spec.owner->event(s->spec.owner->arg, event, info);
}
