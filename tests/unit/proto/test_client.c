/* SPDX-License-Identifier: ISC
 *
 * The POP3 client machine against scripted servers, good and hostile.  What
 * the server says arrives whole, octet by octet and split at every point;
 * the events must be the same each time.  Names like C-16 are conformance
 * checks.
 */
#include "check.h"

#include "base/span.h"

enum kind {
	END_OF_SCRIPT = 0,
	ASK,			/* send `request`; expect `result`, `wire` */
	HEAR,			/* the server says `wire`; expect `trace` */
	RESPOND,		/* answer a challenge with `wire` */
	CANCEL,
	TLS_UP,
	STEP			/* a step without input; expect `trace` */
};

struct act {
	enum kind kind;
	const char *wire;
	const char *trace;
	struct pop_request request;
	int result;
};

struct script {
	const char *name;
	unsigned flags;
	int tls;
	struct act acts[16];
};

/* ---- events as text ------------------------------------------------------ */

struct trace {
	char text[8192];
	size_t n;
	bool in_piece;
};

static void
add(struct trace *t, const char *s, struct pop_span octets)
{
	size_t n = strlen(s);

	assert_true(t->n + n + octets.n + 1 < sizeof(t->text));
	memcpy(t->text + t->n, s, n);
	t->n += n;
	if (octets.n > 0)
		memcpy(t->text + t->n, octets.p, octets.n);
	t->n += octets.n;
	t->text[t->n] = '\0';
}

static void
add_number(struct trace *t, const char *s, uint64_t v)
{
	char digits[32];

	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v);
	add(t, s, span_str(digits));
}

static const char *const names[] = {
	"-", "APOP", "AUTH", "CAPA", "DELE", "LAST", "LIST", "NOOP", "PASS",
	"QUIT", "RETR", "RSET", "STAT", "STLS", "TOP", "UIDL", "USER",
};

static const char *const code_names[] = {
	"", " AUTH", " IN-USE", " LOGIN-DELAY", " SYS/TEMP", " SYS/PERM",
	" UTF8", " other",
};

static void
add_reply(struct trace *t, const struct pop_client_info *i)
{
	add(t, i->ok ? " ok" : " err", span_str(code_names[i->code]));
	if (i->ok && (i->command == POP_CMD_STAT ||
	    i->command == POP_CMD_LAST))
		add_number(t, " count ", i->count);
	if (i->ok && (i->command == POP_CMD_STAT ||
	    i->command == POP_CMD_LIST))
		add_number(t, " octets ", i->octets);
	if (i->ok && i->command == POP_CMD_UIDL)
		add(t, " uidl ", i->uidl);
	add(t, ": ", i->text);
}

static void
add_row(struct trace *t, const struct pop_client_info *i)
{
	if (i->command == POP_CMD_LIST) {
		add_number(t, "row ", i->number);
		add_number(t, " ", i->octets);
	} else if (i->command == POP_CMD_UIDL) {
		add_number(t, "row ", i->number);
		add(t, " ", i->uidl);
	} else {
		add(t, "row ", i->text);
	}
}

static void
end_piece(struct trace *t)
{
	if (t->in_piece)
		add(t, "|\n", span_of("", 0));
	t->in_piece = false;
}

static void
add_event(struct trace *t, enum pop_client_event ev,
    const struct pop_client_info *i)
{
	if (ev == POP_CLIENT_MORE || ev == POP_CLIENT_FULL)
		return;
	if (ev == POP_CLIENT_PIECE) {
		add(t, t->in_piece ? "" : "piece ", i->piece);
		t->in_piece = true;
		return;
	}
	end_piece(t);
	switch (ev) {
	case POP_CLIENT_MORE:
	case POP_CLIENT_FULL:
	case POP_CLIENT_PIECE:
		return;
	case POP_CLIENT_WAIT:
		add(t, "wait", span_of("", 0));
		break;
	case POP_CLIENT_GREETING:
		add(t, "greeting", span_of("", 0));
		add_reply(t, i);
		add(t, " stamp ", i->stamp);
		break;
	case POP_CLIENT_REPLY:
		add(t, "reply ", span_str(names[i->command]));
		add_number(t, " ", i->number);
		add_reply(t, i);
		break;
	case POP_CLIENT_BEGIN:
		add(t, "begin ", span_str(names[i->command]));
		add_number(t, " ", i->number);
		break;
	case POP_CLIENT_ROW:
		add_row(t, i);
		break;
	case POP_CLIENT_END:
		add(t, "end ", span_str(names[i->command]));
		add_number(t, " ", i->octets);
		break;
	case POP_CLIENT_BAD:
		add_number(t, "bad ", i->error);
		add_number(t, " ", i->number);
		break;
	case POP_CLIENT_CHALLENGE:
		add(t, "challenge ", i->data);
		break;
	case POP_CLIENT_TLS:
		add(t, "tls", span_of("", 0));
		break;
	case POP_CLIENT_ERROR:
		add_number(t, "error ", i->error);
		break;
	case POP_CLIENT_CLOSE:
		add(t, "close", span_of("", 0));
		break;
	}
	add(t, "\n", span_of("", 0));
}

/* ---- playing a script ---------------------------------------------------- */

struct player {
	struct pop_client *c;
	struct pop_client_config config;
	unsigned char wire[65536];	/* what the client said */
	size_t wire_n;
	unsigned char held[65536];	/* what it has not taken */
	size_t held_n;
	struct trace trace;
};

/* Steps until nothing more comes of what is held. */
static void
pump(struct player *p)
{
	for (;;) {
		struct guarded g = guarded_new(p->held_n);
		struct pop_span in = span_of(g.p, p->held_n);
		struct pop_out out = { p->wire, p->wire_n, sizeof(p->wire) };
		struct pop_client_info info;
		enum pop_client_event ev;

		memcpy(g.p, p->held, p->held_n);
		ev = pop_client_step(p->c, &in, &out, &info);
		assert_in_range(in.n, 0, p->held_n);
		add_event(&p->trace, ev, &info);
		p->wire_n = out.n;
		memmove(p->held, p->held + (p->held_n - in.n), in.n);
		p->held_n = in.n;
		guarded_free(g);
		if (ev == POP_CLIENT_MORE)
			assert_true(in.n < pop_client_line_max(p->c));
		if (ev == POP_CLIENT_TLS || ev == POP_CLIENT_CHALLENGE ||
		    ev == POP_CLIENT_MORE || ev == POP_CLIENT_WAIT ||
		    ev == POP_CLIENT_ERROR || ev == POP_CLIENT_CLOSE)
			return;
	}
}

static void
hear(struct player *p, struct pop_span s, size_t piece, size_t split)
{
	while (s.n > 0) {
		size_t k = split > 0 ? split : piece;

		if (k == 0 || k > s.n)
			k = s.n;
		split = 0;
		memcpy(p->held + p->held_n, s.p, k);
		p->held_n += k;
		span_skip(&s, k);
		pump(p);
	}
}

static void
act(struct player *p, const struct act *a, const char *name, size_t piece,
    size_t split)
{
	struct pop_out out = { p->wire, 0, sizeof(p->wire) };
	int r = 0;

	p->trace.n = 0;
	p->trace.text[0] = '\0';
	p->trace.in_piece = false;
	switch (a->kind) {
	case END_OF_SCRIPT:
		return;
	case HEAR:
		hear(p, span_str(a->wire), piece, split);
		break;
	case STEP:
		pump(p);
		break;
	case ASK:
		r = pop_client_send(p->c, &a->request, &out);
		break;
	case RESPOND:
		r = pop_client_respond(p->c, span_str(a->wire), &out);
		break;
	case CANCEL:
		r = pop_client_cancel(p->c, &out);
		break;
	case TLS_UP:
		p->held_n = 0;
		pop_client_tls_started(p->c);
		break;
	}
	end_piece(&p->trace);
	if (r != a->result)
		fail_msg("%s: result %d instead of %d", name, r, a->result);
	if (a->trace != NULL && strcmp(p->trace.text, a->trace) != 0)
		fail_msg("%s: piece %zu split %zu: events\n%s-- not --\n%s",
		    name, piece, split, p->trace.text, a->trace);
	if (a->kind == ASK && a->wire != NULL && (out.n != strlen(a->wire) ||
	    memcmp(p->wire, a->wire, out.n) != 0))
		fail_msg("%s: sent %.*s", name, (int)out.n, p->wire);
	if (a->kind == ASK && r < 0)
		assert_int_equal(out.n, 0);
	if (a->kind == HEAR)
		p->wire_n = 0;
}

static void
play(const struct script *s, size_t piece, size_t split)
{
	struct player *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->config.flags = s->flags;
	p->c = pop_client_init(memset(malloc(pop_client_size()), 0xaa,
	    pop_client_size()), &p->config, s->tls);
	for (size_t i = 0; i < COUNT(s->acts); i++)
		act(p, &s->acts[i], s->name, piece, split);
	free(p->c);
	free(p);
}

/* an act has the fields that its kind needs */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* ---- scripts ------------------------------------------------------------- */

#define T(s) { (const unsigned char *)(s), sizeof(s) - 1 }
#define REQ(...) .request = { __VA_ARGS__ }
#define HELLO { HEAR, "+OK hi\r\n", "greeting ok: hi stamp \n" }
#define AA50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AA250 AA50 AA50 AA50 AA50 AA50
#define CLEAR POP_CLIENT_CLEAR_OK
#define PIPE (CLEAR | POP_CLIENT_PIPELINE)

#define LOGIN \
	{ ASK, "USER wren\r\n", REQ(POP_CMD_USER, .arg = { T("wren") }) }, \
	{ ASK, "PASS a b\r\n", REQ(POP_CMD_PASS, .arg = { T("a b") }) }

static const struct script scripts[] = {
	{ "C-1 bare +OK", PIPE, 0, {
		{ HEAR, "+OK\r\n", "greeting ok:  stamp \n" },
		LOGIN,
		{ HEAR, "+OK\r\n+OK\r\n",
		    "reply USER 0 ok: \nreply PASS 0 ok: \n" },
		{ ASK, "NOOP\r\n", REQ(POP_CMD_NOOP) },
		{ HEAR, "+OK\n", "reply NOOP 0 ok: \n" } } },
	{ "C-2 rows with more text", PIPE, 0, {
		HELLO, LOGIN,
		{ ASK, "LIST\r\n", REQ(POP_CMD_LIST) },
		{ ASK, "LIST 7\r\n", REQ(POP_CMD_LIST, 7) },
		{ ASK, "STAT\r\n", REQ(POP_CMD_STAT) },
		{ HEAR, "+OK\r\n+OK\r\n+OK\r\n1 120 extra\r\n2  200\r\n.\r\n"
		    "+OK 7 451 octets\r\n+OK 3 771 more\r\n",
		    "reply USER 0 ok: \nreply PASS 0 ok: \nbegin LIST 0\n"
		    "row 1 120\nrow 2 200\nend LIST 0\n"
		    "reply LIST 7 ok octets 451: 7 451 octets\n"
		    "reply STAT 0 ok count 3 octets 771: 3 771 more\n" } } },
	{ "C-3 C-4 C-27 unstuffing, in order", PIPE, 0, {
		HELLO, LOGIN,
		{ ASK, "RETR 1\r\n", REQ(POP_CMD_RETR, 1) },
		{ ASK, "TOP 2 0\r\n", REQ(POP_CMD_TOP, 2) },
		{ ASK, "RETR 3\r\n", REQ(POP_CMD_RETR, 3) },
		{ ASK, "DELE 1\r\n", REQ(POP_CMD_DELE, 1) },
		{ HEAR, "+OK\r\n+OK\r\n"
		    "+OK 9 octets\r\n..\r\n..x\r\na\n.\nb\r\n.\r\n"
		    "+OK\r\n.\r\n-ERR gone\r\n+OK\r\n",
		    "reply USER 0 ok: \nreply PASS 0 ok: \n"
		    "begin RETR 1\npiece .\r\n.x\r\na\n.\nb\r\n|\n"
		    "end RETR 14\nbegin TOP 2\nend TOP 0\n"
		    "reply RETR 3 err: gone\nreply DELE 1 ok: \n" } } },
	{ "C-5 lost in RETR", PIPE, 0, {
		HELLO, LOGIN,
		{ ASK, "RETR 1\r\n", REQ(POP_CMD_RETR, 1) },
		{ HEAR, "+OK\r\n+OK\r\n+OK\r\nhalf\r\n.\r",
		    "reply USER 0 ok: \nreply PASS 0 ok: \nbegin RETR 1\n"
		    "piece half\r\n|\n" } } },
	{ "C-10 C-11 UIDL", PIPE, 0, {
		HELLO, LOGIN,
		{ ASK, "UIDL\r\n", REQ(POP_CMD_UIDL) },
		{ ASK, "UIDL 2\r\n", REQ(POP_CMD_UIDL, 2) },
		{ HEAR, "+OK\r\n+OK\r\n+OK\r\n1 same\r\n2 same\r\n3 " AA50
		    "12345678901234567890\r\n4 " AA50 "123456789012345678901"
		    "\r\n5\r\n6 \x01\r\n7 \xc3\xa9\r\n8 a b\r\n9 a \r\n"
		    "..x\r\n0 a\r\nx a\r\n.\r\n+OK 3 no\r\n",
		    "reply USER 0 ok: \nreply PASS 0 ok: \nbegin UIDL 0\n"
		    "row 1 same\nrow 2 same\nrow 3 " AA50
		    "12345678901234567890\nbad 8 4\nbad 8 5\nbad 8 6\n"
		    "bad 8 7\nbad 8 8\nrow 9 a\nbad 7 0\nbad 7 0\nbad 7 0\n"
		    "end UIDL 0\nbad 7 2\n" } } },
	{ "hostile numbers", PIPE, 0, {
		HELLO, LOGIN,
		{ ASK, "LIST\r\n", REQ(POP_CMD_LIST) },
		{ ASK, "STAT\r\n", REQ(POP_CMD_STAT) },
		{ ASK, "STAT\r\n", REQ(POP_CMD_STAT) },
		{ ASK, "LAST\r\n", REQ(POP_CMD_LAST) },
		{ HEAR, "+OK\r\n+OK\r\n+OK\r\n-1 5\r\n4294967296 5\r\n1 x\r\n"
		    "1 18446744073709551616\r\n1 18446744073709551615\r\n\r\n"
		    "1\r\n.\r\n+OK 3\r\n+OK 99999999999 1\r\n+OK 2\r\n",
		    "reply USER 0 ok: \nreply PASS 0 ok: \nbegin LIST 0\n"
		    "bad 7 0\nbad 7 0\nbad 7 1\nbad 7 1\n"
		    "row 1 18446744073709551615\nbad 7 0\nbad 7 1\n"
		    "end LIST 0\nbad 7 0\nbad 7 0\n"
		    "reply LAST 0 ok count 2: 2\n" } } },
	{ "C-12 CAPA refused", CLEAR, 0, {
		HELLO,
		{ ASK, "CAPA\r\n", REQ(POP_CMD_CAPA) },
		{ HEAR, "-ERR what?\r\n", "reply CAPA 0 err: what?\n" },
		{ ASK, "USER wren\r\n",
		    REQ(POP_CMD_USER, .arg = { T("wren") }) },
		{ HEAR, "+OK\r\n", "reply USER 0 ok: \n" } } },
	{ "C-14 codes", CLEAR, 0, {
		HELLO,
		{ ASK, .wire = NULL, REQ(POP_CMD_USER, .arg = { T("x") }) },
		{ HEAR, "-ERR [IN-USE] locked\r\n",
		    "reply USER 0 err IN-USE: locked\n" },
		{ ASK, .wire = NULL, REQ(POP_CMD_USER, .arg = { T("x") }) },
		{ HEAR, "-ERR [auth/foo] no\r\n",
		    "reply USER 0 err AUTH: no\n" },
		{ ASK, .wire = NULL, REQ(POP_CMD_USER, .arg = { T("x") }) },
		{ HEAR, "-ERR [SYS/TEMP]\r\n",
		    "reply USER 0 err SYS/TEMP: \n" },
		{ ASK, .wire = NULL, REQ(POP_CMD_USER, .arg = { T("x") }) },
		{ HEAR, "-ERR [SYS/PERM/x]y\r\n",
		    "reply USER 0 err SYS/PERM: y\n" },
		{ ASK, .wire = NULL, REQ(POP_CMD_USER, .arg = { T("x") }) },
		{ HEAR, "-ERR [LOGIN-DELAY] [SYS] z\r\n",
		    "reply USER 0 err LOGIN-DELAY: [SYS] z\n" },
		{ ASK, .wire = NULL, REQ(POP_CMD_USER, .arg = { T("x") }) },
		{ HEAR, "-ERR [SYS] z\r\n",
		    "reply USER 0 err other: [SYS] z\n" },
		{ ASK, .wire = NULL, REQ(POP_CMD_USER, .arg = { T("x") }) },
		{ HEAR, "-ERR [AUTHOR z\r\n",
		    "reply USER 0 err: [AUTHOR z\n" } } },
	{ "C-16 octets behind STLS", 0, 0, {
		HELLO,
		{ ASK, "STLS\r\n", REQ(POP_CMD_STLS) },
		{ HEAR, "+OK\r\n+OK\r\n", NULL },
		{ STEP, NULL, "error 4\n" },
		{ ASK, .result = POP_SEND_STATE, REQ(POP_CMD_CAPA) } } },
	{ "C-20 STLS", 0, 0, {
		HELLO,
		{ ASK, "STLS\r\n", REQ(POP_CMD_STLS) },
		{ ASK, .result = POP_SEND_BUSY, REQ(POP_CMD_CAPA) },
		{ HEAR, "+OK go\r\n", "tls\n" },
		{ STEP, NULL, "wait\n" },
		{ ASK, .result = POP_SEND_BUSY, REQ(POP_CMD_CAPA) },
		{ TLS_UP },
		{ ASK, .result = POP_SEND_STATE, REQ(POP_CMD_STLS) },
		{ ASK, "USER a\r\n", REQ(POP_CMD_USER, .arg = { T("a") }) },
		{ HEAR, "+OK\r\n", "reply USER 0 ok: \n" } } },
	{ "STLS refused", 0, 0, {
		HELLO,
		{ ASK, "STLS\r\n", REQ(POP_CMD_STLS) },
		{ HEAR, "-ERR no\r\n", "reply STLS 0 err: no\n" },
		{ ASK, .result = POP_SEND_NEED_TLS,
		    REQ(POP_CMD_USER, .arg = { T("a") }) },
		{ ASK, .result = POP_SEND_NEED_TLS,
		    REQ(POP_CMD_AUTH, .arg = { T("plain") }) },
		{ ASK, "AUTH CRAM-MD5\r\n",
		    REQ(POP_CMD_AUTH, .arg = { T("CRAM-MD5") }) } } },
	{ "C-17 no login without TLS", POP_CLIENT_NEED_TLS | CLEAR, 0, {
		{ HEAR, "+OK <1.2@h>\r\n", NULL },
		{ ASK, .result = POP_SEND_NEED_TLS,
		    REQ(POP_CMD_APOP, .arg = { T("a"), T("b") }) },
		{ ASK, .result = POP_SEND_NEED_TLS,
		    REQ(POP_CMD_USER, .arg = { T("a") }) },
		{ ASK, .result = POP_SEND_NEED_TLS,
		    REQ(POP_CMD_AUTH, .arg = { T("CRAM-MD5") }) },
		{ ASK, "AUTH\r\n", REQ(POP_CMD_AUTH) },
		{ HEAR, "+OK\r\nPLAIN\r\nX\r\n.\r\n",
		    "begin AUTH 0\nrow PLAIN\nrow X\nend AUTH 0\n" },
		{ ASK, .result = POP_SEND_STATE, REQ(POP_CMD_STAT) } } },
	{ "C-21 challenge is not base64", 0, 1, {
		HELLO,
		{ ASK, "AUTH PLAIN\r\n",
		    REQ(POP_CMD_AUTH, .arg = { T("PLAIN") }) },
		{ HEAR, "+ ====\r\n", "bad 5 0\n" },
		{ HEAR, "-ERR as you wish\r\n",
		    "reply AUTH 0 err: as you wish\n" },
		{ ASK, "AUTH PLAIN\r\n",
		    REQ(POP_CMD_AUTH, .arg = { T("PLAIN") }) },
		{ HEAR, "+ AAA\r\n", "bad 5 0\n" },
		{ HEAR, "+OK\r\n", "error 6\n" } } },
	{ "C-24 challenges", 0, 1, {
		HELLO,
		{ ASK, "AUTH SCRAM-SHA-256\r\n",
		    REQ(POP_CMD_AUTH, .arg = { T("SCRAM-SHA-256") }) },
		{ HEAR, "+\r\n", "challenge \n" },
		{ STEP, NULL, "wait\n" },
		{ ASK, .result = POP_SEND_BUSY, REQ(POP_CMD_CAPA) },
		{ RESPOND, "n,,n=wren" },
		{ HEAR, "+ cj0x\r\n", "challenge cj0x\n" },
		{ RESPOND, "" },
		{ HEAR, "+ \r\n", "challenge \n" },
		{ CANCEL },
		{ HEAR, "-ERR [AUTH] so\r\n", "reply AUTH 0 err AUTH: so\n" },
		{ RESPOND, "late", .result = POP_SEND_STATE },
		{ CANCEL, .result = POP_SEND_STATE } } },
	{ "AUTH accepted", 0, 1, {
		HELLO,
		{ ASK, "AUTH PLAIN\r\n",
		    REQ(POP_CMD_AUTH, .arg = { T("PLAIN"), T("\0a\0b") },
		    .has_response = 1), .result = POP_SEND_NO_RESPONSE },
		{ HEAR, "+ \r\n", "challenge \n" },
		{ RESPOND, "x" },
		{ HEAR, "+OK in\r\n", "reply AUTH 0 ok: in\n" },
		{ ASK, "STAT\r\n", REQ(POP_CMD_STAT) },
		{ HEAR, "+ AAAA\r\n", "error 2\n" } } },
	{ "C-26 odd stamps: none", CLEAR, 0, {
		{ HEAR, "+OK <a\x80@b>\r\n",
		    "greeting ok: <a\x80@b> stamp \n" },
		{ ASK, .result = POP_SEND_STATE,
		    REQ(POP_CMD_APOP, .arg = { T("a"), T("b") }) } } },
	{ "C-26 a good stamp", CLEAR, 0, {
		{ HEAR, "+OK [XCLIENT] ready <1896.697170952@dbc.mtview.ca.us>"
		    "\r\n", "greeting ok other: [XCLIENT] ready "
		    "<1896.697170952@dbc.mtview.ca.us> stamp "
		    "<1896.697170952@dbc.mtview.ca.us>\n" },
		{ ASK, "APOP a b\r\n",
		    REQ(POP_CMD_APOP, .arg = { T("a"), T("b") }) },
		{ HEAR, "+OK\r\n", "reply APOP 0 ok: \n" },
		{ ASK, "STAT\r\n", REQ(POP_CMD_STAT) } } },
	{ "C-27 no pipelining unless announced", CLEAR, 0, {
		HELLO,
		{ ASK, "USER a\r\n", REQ(POP_CMD_USER, .arg = { T("a") }) },
		{ ASK, .result = POP_SEND_BUSY,
		    REQ(POP_CMD_PASS, .arg = { T("a") }) },
		{ HEAR, "+OK\r\n", NULL },
		{ ASK, "PASS \r\n", REQ(POP_CMD_PASS) } } },
	{ "C-28 a reply without end", CLEAR, 0, {
		{ HEAR, AA250 AA250 AA250 AA250 AA250 AA250 AA250 AA250 AA250,
		    NULL },
		{ STEP, NULL, "error 1\n" } } },
	{ "C-28 a row without end", PIPE, 0, {
		HELLO, LOGIN,
		{ ASK, .wire = NULL, REQ(POP_CMD_LIST) },
		{ HEAR, "+OK\r\n+OK\r\n+OK\r\n" AA250 AA250 AA250 AA250 AA250
		    AA250 AA250 AA250 AA250 "\r\n", NULL },
		{ STEP, NULL, "error 1\n" } } },
	{ "C-32 injection", PIPE, 0, {
		HELLO,
		{ ASK, .result = POP_SEND_ARGUMENT,
		    REQ(POP_CMD_USER, .arg = { T("a\r\nDELE 1") }) },
		{ ASK, .result = POP_SEND_ARGUMENT,
		    REQ(POP_CMD_USER, .arg = { T("a\n") }) },
		{ ASK, .result = POP_SEND_ARGUMENT,
		    REQ(POP_CMD_PASS, .arg = { T("a\r") }) },
		{ ASK, .result = POP_SEND_ARGUMENT,
		    REQ(POP_CMD_PASS, .arg = { T("a\0b") }) },
		{ ASK, .result = POP_SEND_ARGUMENT, REQ(POP_CMD_USER) },
		{ ASK, .result = POP_SEND_ARGUMENT,
		    REQ(POP_CMD_AUTH, .arg = { T("PL\r\n") }) },
		{ ASK, .result = POP_SEND_ARGUMENT,
		    REQ(POP_CMD_AUTH, .arg = { T("A B") }) },
		{ ASK, .result = POP_SEND_ARGUMENT, REQ(POP_CMD_NONE) },
		{ ASK, .result = POP_SEND_ARGUMENT,
		    REQ(POP_CMD_PASS, .arg = { T(AA250) }) },
		LOGIN,
		{ ASK, .result = POP_SEND_ARGUMENT, REQ(POP_CMD_RETR) },
		{ ASK, .result = POP_SEND_STATE,
		    REQ(POP_CMD_USER, .arg = { T("a") }) } } },
	{ "C-33 service refused", CLEAR, 0, {
		{ HEAR, "-ERR [SYS/TEMP] full\r\n",
		    "greeting err SYS/TEMP: full stamp \nclose\n" },
		{ STEP, NULL, "close\n" },
		{ ASK, .result = POP_SEND_STATE, REQ(POP_CMD_CAPA) } } },
	{ "no POP server", CLEAR, 0, {
		{ HEAR, "220 smtp\r\n", "error 2\n" } } },
	{ "no status", CLEAR, 0, {
		HELLO,
		{ ASK, .wire = NULL, REQ(POP_CMD_CAPA) },
		{ HEAR, "+OKAY\r\n", "error 2\n" } } },
	{ "lower case status", CLEAR, 0, {
		{ HEAR, "+ok\r\n", "error 2\n" } } },
	{ "said without being asked", CLEAR, 0, {
		HELLO,
		{ HEAR, "-ERR autologout\r\n", "error 3\n" } } },
	{ "commands before the greeting", CLEAR, 0, {
		{ ASK, .result = POP_SEND_BUSY, REQ(POP_CMD_CAPA) } } },
	{ "a failed login", PIPE, 0, {
		HELLO, LOGIN,
		{ ASK, "STAT\r\n", REQ(POP_CMD_STAT) },
		{ HEAR, "+OK\r\n-ERR [AUTH] no\r\n-ERR log in\r\n",
		    "reply USER 0 ok: \nreply PASS 0 err AUTH: no\n"
		    "reply STAT 0 err: log in\n" },
		{ ASK, .result = POP_SEND_STATE, REQ(POP_CMD_STAT) },
		LOGIN,
		{ ASK, "QUIT\r\n", REQ(POP_CMD_QUIT) },
		{ ASK, .result = POP_SEND_STATE, REQ(POP_CMD_NOOP) },
		{ HEAR, "+OK\r\n+OK\r\n-ERR [SYS/TEMP] kept\r\n",
		    "reply USER 0 ok: \nreply PASS 0 ok: \n"
		    "reply QUIT 0 err SYS/TEMP: kept\nclose\n" } } },
};

static void
test_scripts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(scripts); i++) {
		play(&scripts[i], 0, 0);
		for (size_t k = 1; k < 150; k++)
			play(&scripts[i], 0, k);
		play(&scripts[i], 1, 0);
	}
}

/* ---- what does not fit into a script ------------------------------------- */

static struct pop_client *
client(const struct pop_client_config *config, int tls, const char *greeting)
{
	struct pop_client *c = pop_client_init(malloc(pop_client_size()),
	    config, tls);
	struct pop_span in = span_str(greeting);
	struct pop_out out = { NULL, 0, 0 };
	struct pop_client_info info;

	assert_int_equal(pop_client_step(c, &in, &out, &info),
	    POP_CLIENT_GREETING);
	return c;
}

static void
tell_capa(struct pop_client *c, const char *reply)
{
	struct pop_request r = { .command = POP_CMD_CAPA };
	unsigned char room[64];
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_span in = span_str(reply);
	struct pop_client_info info;
	enum pop_client_event ev;

	assert_int_equal(pop_client_send(c, &r, &out), POP_SEND_OK);
	do {
		ev = pop_client_step(c, &in, &out, &info);
		assert_true(ev == POP_CLIENT_BEGIN || ev == POP_CLIENT_ROW ||
		    ev == POP_CLIENT_END || ev == POP_CLIENT_REPLY);
	} while (in.n > 0);
}

/* C-12 C-13 C-20 and the whole of RFC 2449 section 6 */
static void
test_capa(void **state)
{
	struct pop_client_config config = { 0 };
	struct pop_client *c = client(&config, 0, "+OK\r\n");
	const struct pop_capa *capa = pop_client_capa(c);

	(void)state;
	assert_int_equal(capa->known, 0);
	tell_capa(c, "+OK\r\ntop\r\nUSER\r\nSasl plain SCRAM-SHA-256 b@d\r\n"
	    "RESP-CODES\r\nLOGIN-DELAY 900 USER\r\nPIPELINING\r\n"
	    "EXPIRE 60\r\nUIDL\r\nIMPLEMENTATION A b\tc\r\nSTLS\r\n"
	    "AUTH-RESP-CODE\r\nUTF8 USER\r\nLANG\r\nX-MANGLE 1\r\n\r\n"
	    "UIDLX\r\n..hidden\r\n.\r\n");
	assert_int_equal(capa->known, 1);
	assert_int_equal(capa->has, POP_CAPA_TOP | POP_CAPA_USER |
	    POP_CAPA_SASL | POP_CAPA_RESP_CODES | POP_CAPA_LOGIN_DELAY |
	    POP_CAPA_LOGIN_DELAY_USER | POP_CAPA_PIPELINING |
	    POP_CAPA_EXPIRE | POP_CAPA_UIDL | POP_CAPA_IMPLEMENTATION |
	    POP_CAPA_STLS | POP_CAPA_AUTH_RESP_CODE | POP_CAPA_UTF8 |
	    POP_CAPA_UTF8_USER | POP_CAPA_LANG);
	assert_int_equal(capa->login_delay, 900);
	assert_int_equal(capa->expire, 60);
	assert_string_equal(capa->mechanisms, "PLAIN SCRAM-SHA-256");
	assert_string_equal(capa->implementation, "A b?c");
	assert_true(pop_capa_mechanism(capa, "scram-sha-256"));
	assert_false(pop_capa_mechanism(capa, "SCRAM-SHA"));
	tell_capa(c, "+OK\r\nEXPIRE NEVER USER\r\nLOGIN-DELAY\r\n"
	    "LOGIN-DELAY -5\r\nTOP\r\n.\r\n");
	assert_int_equal(capa->has, POP_CAPA_EXPIRE | POP_CAPA_EXPIRE_NEVER |
	    POP_CAPA_EXPIRE_USER | POP_CAPA_TOP);
	assert_string_equal(capa->mechanisms, "");
	tell_capa(c, "-ERR no\r\n");
	assert_int_equal(capa->known, -1);
	assert_int_equal(capa->has, 0);
	free(c);
}

/* C-20: nothing that was said in clear counts behind TLS. */
static void
test_tls_forgets(void **state)
{
	struct pop_client_config config = { 0 };
	struct pop_client *c = client(&config, 0, "+OK\r\n");
	struct pop_request r = { .command = POP_CMD_STLS };
	unsigned char room[64];
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_span in = span_str("+OK\r\n");
	struct pop_client_info info;

	(void)state;
	tell_capa(c, "+OK\r\nSASL PLAIN\r\nSTLS\r\n.\r\n");
	assert_int_equal(pop_client_send(c, &r, &out), POP_SEND_OK);
	assert_int_equal(pop_client_step(c, &in, &out, &info),
	    POP_CLIENT_TLS);
	assert_int_equal(pop_client_capa(c)->known, 1);
	pop_client_tls_started(c);
	assert_int_equal(pop_client_capa(c)->known, 0);
	assert_int_equal(pop_client_capa(c)->has, 0);
	assert_false(pop_capa_mechanism(pop_client_capa(c), "PLAIN"));
	free(c);
}

/* C-16: octets that came along with the +OK are an error at once, before
 * anybody could shake hands. */
static void
test_stls_injection(void **state)
{
	struct pop_client_config config = { 0 };
	struct pop_client *c = client(&config, 0, "+OK\r\n");
	struct pop_request r = { .command = POP_CMD_STLS };
	unsigned char room[64];
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_span in = span_str("+OK\r\n+");
	struct pop_client_info info;

	(void)state;
	assert_int_equal(pop_client_send(c, &r, &out), POP_SEND_OK);
	assert_int_equal(pop_client_step(c, &in, &out, &info),
	    POP_CLIENT_ERROR);
	assert_int_equal(info.error, POP_CLIENT_E_STLS);
	pop_client_tls_started(c);
	assert_int_equal(pop_client_step(c, &in, &out, &info),
	    POP_CLIENT_ERROR);
	free(c);
}

/* C-25: an initial response only when the line stays within 255 octets. */
static void
test_initial_response(void **state)
{
	struct pop_client_config config = { 0 };
	unsigned char raw[400] = { 0 };

	(void)state;
	for (size_t n = 0; n < sizeof(raw); n++) {
		struct pop_client *c = client(&config, 1, "+OK\r\n");
		struct pop_request r = { .command = POP_CMD_AUTH,
			.arg = { T("PLAIN"), { raw, n } }, .has_response = 1 };
		unsigned char room[300];
		struct pop_out out = { room, 0, sizeof(room) };
		size_t full = 11 + (n == 0 ? 1 : (n + 2) / 3 * 4) + 2;

		tell_capa(c, "+OK\r\nSASL PLAIN\r\n.\r\n");
		assert_int_equal(pop_client_send(c, &r, &out), full <= 255 ?
		    POP_SEND_OK : POP_SEND_NO_RESPONSE);
		assert_int_equal(out.n, full <= 255 ? full : 12);
		if (n == 0)
			assert_memory_equal(room, "AUTH PLAIN =\r\n", 14);
		if (n == 1)
			assert_memory_equal(room, "AUTH PLAIN AA==\r\n", 17);
		free(c);
	}
}

/* C-26, many stamps */
static void
test_stamps(void **state)
{
	static const struct {
		const char *greeting;
		const char *stamp;
	} cases[] = {
		{ "<a@b>", "<a@b>" },
		{ "x<a.b@c.d-e>y", "<a.b@c.d-e>" },
		{ "<1b7c.1.4f5e+m/g==@host>", "<1b7c.1.4f5e+m/g==@host>" },
		{ "<a@b", "" }, { "a@b>", "" }, { "<ab>", "" }, { "<@b>", "" },
		{ "<a@>", "" }, { "<a..b@c>", "" }, { "<.a@c>", "" },
		{ "<a@c.>", "" }, { "<a b@c>", "" }, { "<a@b@c>", "" },
		{ "<a\"@c>", "" }, { "<a@[c]>", "" }, { "<<a@c>", "" },
		{ "<a(x)@c>", "" }, { "<a\x01@c>", "" }, { "<a\\@c>", "" },
		{ ">a@c<", "" }, { "<>", "" }, { "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pop_client_config config = { 0 };
		struct pop_client *c = pop_client_init(
		    malloc(pop_client_size()), &config, 0);
		char line[200];
		int n = snprintf(line, sizeof(line), "+OK %s\r\n",
		    cases[i].greeting);
		struct guarded g = guarded_new((size_t)n);
		struct pop_span in = span_of(g.p, (size_t)n);
		struct pop_out out = { NULL, 0, 0 };
		struct pop_client_info info;

		memcpy(g.p, line, (size_t)n);
		assert_int_equal(pop_client_step(c, &in, &out, &info),
		    POP_CLIENT_GREETING);
		if (!span_eq(info.stamp, span_str(cases[i].stamp)))
			fail_msg("%s", cases[i].greeting);
		guarded_free(g);
		free(c);
	}
}

/* C-27: never more under way than allowed, whatever the ring has seen. */
static void
test_pipeline_bound(void **state)
{
	struct pop_client_config config = { POP_CLIENT_PIPELINE, 1000 };
	struct pop_client *c = client(&config, 1, "+OK\r\n");
	struct pop_request user = { .command = POP_CMD_USER,
		.arg = { T("a") } };
	unsigned char room[64];
	uint32_t asked = 0, got = 0;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct pop_out out = { room, 0, sizeof(room) };
		struct pop_span in = span_str("+OK\r\n");
		struct pop_client_info info;

		user.number = asked;
		while (pop_client_send(c, &user, &out) == POP_SEND_OK) {
			user.number = ++asked;
			out.n = 0;
		}
		assert_int_equal(pop_client_under_way(c),
		    POP_CLIENT_UNDER_WAY_MAX);
		assert_int_equal(pop_client_send(c, &user, &out),
		    POP_SEND_BUSY);
		assert_int_equal(pop_client_step(c, &in, &out, &info),
		    POP_CLIENT_REPLY);
		assert_int_equal(info.number, got++);
	}
	free(c);
}

/* No room: nothing is written, nothing remembered, and it works later. */
static void
test_no_room(void **state)
{
	struct pop_client_config config = { 0 };
	struct pop_client *c = client(&config, 1, "+OK\r\n");
	struct pop_request r = { .command = POP_CMD_AUTH,
		.arg = { T("PLAIN") } };
	unsigned char room[12];
	struct pop_client_info info;
	struct pop_span in = span_str("+ =\r\n-ERR\r\n");
	struct pop_out out = { room, 0, 11 };

	(void)state;
	assert_int_equal(pop_client_send(c, &r, &out), POP_SEND_FULL);
	assert_int_equal(out.n, 0);
	assert_int_equal(pop_client_under_way(c), 0);
	out.size = 12;
	assert_int_equal(pop_client_send(c, &r, &out), POP_SEND_OK);
	assert_int_equal(pop_client_step(c, &in, &out, &info),
	    POP_CLIENT_FULL);
	assert_int_equal(in.n, 11);
	out.n = 0;
	assert_int_equal(pop_client_step(c, &in, &out, &info),
	    POP_CLIENT_BAD);
	assert_memory_equal(room, "*\r\n", 3);
	assert_int_equal(out.n, 3);
	out.n = 0;
	assert_int_equal(pop_client_step(c, &in, &out, &info),
	    POP_CLIENT_REPLY);
	assert_int_equal(pop_client_send(c, &r, &out), POP_SEND_OK);
	in = span_str("+ \r\n");
	out.n = 0;
	assert_int_equal(pop_client_step(c, &in, &out, &info),
	    POP_CLIENT_CHALLENGE);
	out.n = 10;
	assert_int_equal(pop_client_cancel(c, &out), POP_SEND_FULL);
	assert_int_equal(pop_client_respond(c, span_str("a"), &out),
	    POP_SEND_FULL);
	assert_int_equal(out.n, 10);
	out.n = 6;
	assert_int_equal(pop_client_respond(c, span_str("a"), &out),
	    POP_SEND_OK);
	assert_memory_equal(room + 6, "YQ==\r\n", 6);
	free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_capa),
		cmocka_unit_test(test_tls_forgets),
		cmocka_unit_test(test_stls_injection),
		cmocka_unit_test(test_initial_response),
		cmocka_unit_test(test_stamps),
		cmocka_unit_test(test_pipeline_bound),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
