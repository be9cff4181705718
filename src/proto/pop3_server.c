/* SPDX-License-Identifier: ISC
 *
 * pop3_server: the POP3 server machine's life, its lines and its dispatch
 * (RFC 1939 sections 3 and 4).  It decides whether a line is a command at
 * all and whether its state allows the command; what a command does is in
 * pop3_auth.c and pop3_drop.c.  One event at a time leaves it, and nothing
 * more is read before that event has its answer.
 */
#include "proto/pop3_server.h"
#include "proto/put.h"
#include "proto/resp.h"

enum { BAD_COMMANDS_MAX = 20 };

void
pop3_ok(struct pop_server *s, struct pop_out *out, const char *text)
{
	if (resp_ok(out, span_str(text)) != 0)
		s->closing = 1;
}

void
pop3_err(struct pop_server *s, struct pop_out *out, enum pop_failure code,
    const char *text)
{
	if (resp_err(out, code, span_str(text == NULL ? "" : text)) != 0)
		s->closing = 1;
}

void
pop3_bad(struct pop_server *s, struct pop_out *out, const char *text)
{
	unsigned max = s->config->bad_commands_max;

	if (max == 0)
		max = BAD_COMMANDS_MAX;
	if (++s->bad >= max) {
		text = "too many commands that I do not understand, goodbye";
		s->closing = 1;
	}
	pop3_err(s, out, POP_FAIL_PLAIN, text);
}

size_t
pop_server_size(void)
{
	return sizeof(struct pop_server);
}

static struct pop_server *
server_new(void *mem, const struct pop_server_config *config)
{
	struct pop_server *s = mem;

	memset(s, 0, sizeof(*s));
	s->config = config;
	s->state = IN_AUTHORIZATION;
	return s;
}

/* The stamp must arrive whole, or no digest would ever fit: a long text in
 * front of it is cut instead. */
static void
greet(struct pop_server *s, const char *stamp, struct pop_out *out)
{
	unsigned char room[POP_REPLY_MAX - sizeof("+OK ") + 1 - 2];
	struct pop_out text = { room, 0, sizeof(room) };
	const char *words = s->config->greeting;
	size_t stamp_n = stamp == NULL ? 0 : strlen(stamp) + 1;

	if (words == NULL || *words == '\0')
		words = "ready";
	if (stamp_n >= sizeof(room))
		stamp_n = 0;
	text.size -= stamp_n;
	put_str(&text, words);
	text.size += stamp_n;
	if (stamp_n > 0) {
		put_str(&text, " ");
		put_str(&text, stamp);
		s->has_apop = 1;
	}
	if (resp_ok(out, put_span(&text)) != 0)
		s->closing = 1;
}

struct pop_server *
pop_server_init(void *mem, const struct pop_server_config *config,
    const char *stamp, int tls_on, struct pop_out *out)
{
	struct pop_server *s = server_new(mem, config);

	s->tls = tls_on != 0;
	greet(s, stamp, out);
	return s;
}

struct pop_server *
pop_server_init_authenticated(void *mem,
    const struct pop_server_config *config, const struct pop_listing *listing,
    struct pop_out *out)
{
	struct pop_server *s = server_new(mem, config);

	pop3_drop_open(s, listing, out);
	return s;
}

struct pop_server *
pop_server_init_refused(void *mem, const struct pop_server_config *config,
    enum pop_failure code, const char *text, struct pop_out *out)
{
	struct pop_server *s = server_new(mem, config);

	pop3_err(s, out, code, text);
	s->closing = 1;
	return s;
}

size_t
pop_server_line_max(const struct pop_server *s)
{
	return s->in_sasl || s->long_ok ? POP_SASL_MAX : POP_COMMAND_MAX;
}

int
pop_server_logged_in(const struct pop_server *s)
{
	return s->state == IN_TRANSACTION;
}

/* RFC 2449 gives a command 255 octets, but initial responses are longer in
 * real life: an AUTH line may be as long as a line of its exchange. */
static void
allow_long_auth(struct pop_server *s, struct pop_span in)
{
	s->long_ok = s->state == IN_AUTHORIZATION && s->line.skipped == 0 &&
	    in.n >= 5 &&
	    span_eq_nocase(span_of(in.p, 5), span_of("AUTH ", 5));
}

/* Refuses a line that no handler shall see. */
static enum pop_server_event
refuse_line(struct pop_server *s, struct pop_out *out, const char *text)
{
	s->name_n = 0;
	if (s->in_sasl)
		return pop3_auth_cancel(s, text, out);
	pop3_bad(s, out, text);
	return POP_SERVER_MORE;
}

static const char *
wrong_state(const struct pop_server *s)
{
	return s->state == IN_AUTHORIZATION ? "please log in first" :
	    "you are logged in already";
}

static enum pop_server_event
run_command(struct pop_server *s, struct pop_span line,
    const struct pop_span *in, struct pop_out *out,
    struct pop_server_info *info_r)
{
	struct verb_call call = { .words = 0 };
	struct pop_span rest;
	enum pop_server_event ev;
	unsigned bad = s->bad;

	call.verb = verb_find(line, &rest);
	if (call.verb == NULL || call.verb->id == VERB_UTF8 ||
	    (call.verb->id == VERB_LAST &&
	    (s->config->flags & POP_SERVER_HAS_LAST) == 0))
		return refuse_line(s, out, "unknown command");
	if ((call.verb->states & s->state) == 0)
		return refuse_line(s, out, wrong_state(s));
	if (verb_args(rest, &call) != 0) {
		unsigned char room[80];
		struct pop_out text = { room, 0, sizeof(room) - 1 };

		put_str(&text, "usage: ");
		put_str(&text, call.verb->usage);
		room[text.n] = '\0';
		return refuse_line(s, out, (const char *)room);
	}
	ev = s->state == IN_AUTHORIZATION ?
	    pop3_auth_command(s, &call, in, out, info_r) :
	    pop3_drop_command(s, &call, out, info_r);
	/* "immediately after" (RFC 1939 section 7, PASS), but CAPA asks and
	 * does not act, and clients behind proxies send it there; while PASS
	 * itself waits for its answer the event still borrows the name */
	if (call.verb->id != VERB_USER && call.verb->id != VERB_CAPA &&
	    s->wait != WAIT_PASS)
		s->name_n = 0;
	if (s->bad == bad)
		s->bad = 0;
	return ev;
}

static enum pop_server_event
run_line(struct pop_server *s, enum line_result how, struct pop_span line,
    const struct pop_span *in, struct pop_out *out,
    struct pop_server_info *info_r)
{
	if (how == LINE_FLOOD) {
		enum pop_server_event ev =
		    refuse_line(s, out, "line far too long, goodbye");

		s->closing = 1;
		return ev;
	}
	if (how == LINE_LONG)
		return refuse_line(s, out, "line too long");
	if (how == LINE_BARE_LF &&
	    (s->config->flags & POP_SERVER_STRICT_CRLF) != 0)
		return refuse_line(s, out, "a line must end with CRLF");
	if (!verb_printable(line))
		return refuse_line(s, out, "only printable ASCII, please");
	if (s->in_sasl)
		return pop3_auth_line(s, line, out, info_r);
	return run_command(s, line, in, out, info_r);
}

enum pop_server_event
pop_server_step(struct pop_server *s, struct pop_span *in,
    struct pop_out *out, struct pop_server_info *info_r)
{
	for (;;) {
		enum pop_server_event ev;
		enum line_result how;
		struct pop_span line;

		if (s->closing)
			return POP_SERVER_CLOSE;
		if (s->wait != WAIT_NOTHING)
			return POP_SERVER_WAIT;
		if (in->n == 0 && s->rows == NULL)
			return POP_SERVER_MORE;
		if (put_room(out) < POP_OUT_MIN)
			return POP_SERVER_FULL;
		if (s->rows != NULL) {
			if (pop3_drop_rows(s, out) != 0)
				return POP_SERVER_FULL;
			continue;
		}
		if (!s->in_sasl)
			allow_long_auth(s, *in);
		how = line_take(&s->line, in, pop_server_line_max(s), &line);
		if (how == LINE_MORE)
			return POP_SERVER_MORE;
		s->long_ok = 0;
		ev = run_line(s, how, line, in, out, info_r);
		if (ev != POP_SERVER_MORE)
			return ev;
	}
}
