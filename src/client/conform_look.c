/* SPDX-License-Identifier: ISC
 *
 * conform_look: finds out what a server has, before the first case: the words
 * of `needs:` in tests/wire/README.md.  What cannot be seen from outside
 * (limits, timeouts) is never a word here.
 */
#include <stdlib.h>
#include <strings.h>
#include <sysexits.h>

#include "base/num.h"
#include "client/conform_internal.h"

enum { LF_MS = 3000 };		/* for an answer to a line without CR */

static bool
next_line(struct pop_span *rest, struct pop_span *line_r)
{
	const unsigned char *lf;

	if (rest->n == 0)
		return false;
	lf = memchr(rest->p, '\n', rest->n);
	*line_r = span_of(rest->p, lf == NULL ? rest->n :
	    (size_t)(lf - rest->p));
	span_skip(rest, lf == NULL ? rest->n : line_r->n + 1);
	if (line_r->n > 0 && line_r->p[line_r->n - 1] == '\r')
		line_r->n--;
	return true;
}

static bool
word_is(struct pop_span w, const char *s)
{
	return w.n == strlen(s) && strncasecmp((const char *)w.p, s,
	    w.n) == 0;
}

/* a capability, NULL or with one of its parameters */
bool
conform_line_has(struct pop_span lines, const char *tag,
    const char *parameter)
{
	struct pop_span line, w;

	while (next_line(&lines, &line)) {
		if (!word_is(case_word(&line), tag))
			continue;
		if (parameter == NULL)
			return true;
		while ((w = case_word(&line)).n > 0)
			if (word_is(w, parameter))
				return true;
	}
	return false;
}

static int
add(struct buf *have, bool is_so, const char *word)
{
	if (!is_so)
		return 0;
	return buf_append_str(have, word) != 0 ||
	    buf_append(have, ",", 1) != 0 ? -1 : 0;
}

/* <...@...> in a greeting (RFC 1939 section 7, APOP) */
static bool
has_stamp(struct pop_span greeting)
{
	const unsigned char *open = memchr(greeting.p, '<', greeting.n);
	const unsigned char *close;

	if (open == NULL)
		return false;
	span_skip(&greeting, (size_t)(open - greeting.p));
	close = memchr(greeting.p, '>', greeting.n);
	return close != NULL &&
	    memchr(open, '@', (size_t)(close - open)) != NULL;
}

int
conform_words(const struct conform_seen *s, struct buf *have)
{
	const struct { bool is_so; const char *word; } words[] = {
		{ s->tls, "tls" }, { !s->tls, "no-tls" },
		{ s->clear, "clear" }, { !s->clear, "tls-only" },
		{ s->pop3s, "pop3s" },
		{ has_stamp(s->greeting), "apop" },
		{ !has_stamp(s->greeting), "no-apop" },
		{ s->last == 1, "last" }, { s->last == 0, "no-last" },
		{ s->bare_lf == 1, "lenient-crlf" },
		{ s->bare_lf == 0, "strict-crlf" },
		{ s->has_capa, "capa" }, { s->top, "top" },
		{ s->uidl, "uidl" },
		{ conform_line_has(s->capa, "SASL", "PLAIN"), "plain" },
		{ conform_line_has(s->capa, "PIPELINING", NULL),
		  "pipelining" },
		{ conform_line_has(s->capa, "RESP-CODES", NULL),
		  "resp-codes" },
		{ conform_line_has(s->capa, "AUTH-RESP-CODE", NULL),
		  "auth-resp-code" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (add(have, words[i].is_so, words[i].word) != 0)
			return -1;
	return 0;
}

/* SIZE=N for `size=N` */
static int
add_size(struct pop_span lines, struct buf *have)
{
	struct pop_span line, w;
	uint64_t n;

	while (next_line(&lines, &line)) {
		if (!word_is(case_word(&line), "SIZE"))
			continue;
		w = case_word(&line);
		if (num_parse_u64(w, UINT64_MAX, &n) == 0)
			return buf_printf(have, "size=%llu,",
			    (unsigned long long)n);
	}
	return 0;
}

int
conform_mta_words(struct pop_span reply, struct buf *have)
{
	struct pop_span line;
	struct buf lines;
	bool tls;
	int r = 0;

	buf_init(&lines, CONFORM_LINE_MAX);
	while (r == 0 && next_line(&reply, &line)) {
		if (line.n < 4 || memcmp(line.p, "250", 3) != 0)
			continue;
		span_skip(&line, 4);
		r = buf_append(&lines, line.p, line.n) != 0 ||
		    buf_append(&lines, "\n", 1) != 0 ? -1 : 0;
	}
	tls = conform_line_has(buf_span(&lines), "STARTTLS", NULL);
	if (r == 0)
		r = add(have, true, tls ? "tls" : "no-tls");
	if (r == 0)
		r = add(have, conform_line_has(buf_span(&lines), "CHUNKING",
		    NULL), "chunking");
	if (r == 0)
		r = add(have, conform_line_has(buf_span(&lines), "SMTPUTF8",
		    NULL), "smtputf8");
	if (r == 0)
		r = add_size(buf_span(&lines), have);
	buf_release(&lines);
	return r;
}

/* ---- looking ---- */

struct look {
	struct conform *c;
	struct conform_seen seen;
	struct buf greeting, before, after;	/* CAPA: without and with
						 * login */
};

/* CAPA on a connection; 1, 0 there is none, -1 */
static int
ask_capa(struct conform_talk *t, struct buf *lines)
{
	int r;

	lines->n = 0;
	r = talk_ask(t, "CAPA");
	if (r == 1)
		r = talk_text(t, lines) == 0 ? 1 : -1;
	return r;
}

static int
unreachable(struct conform *c, const struct conform_talk *t)
{
	return conform_complain(c->args, EX_UNAVAILABLE, "%s: %.*s", c->host,
	    (int)t->why.n, (const char *)t->why.p);
}

/* the greeting and what is said before login */
static int
look_first(struct look *l)
{
	struct conform_talk t;
	int status = EX_OK, r;

	if (talk_open(&t, l->c, WIRE_POP3, SOCK_CLEAR) != 0 ||
	    buf_append(&l->greeting, t.line.p, t.line.n) != 0)
		status = unreachable(l->c, &t);
	else {
		r = ask_capa(&t, &l->before);
		l->seen.has_capa = r == 1;
		l->seen.tls = r == 1 && conform_line_has(
		    buf_span(&l->before), "STLS", NULL);
		/* without CAPA, STLS itself says it */
		if (r == 0)
			l->seen.tls = talk_ask(&t, "STLS") == 1;
	}
	talk_close(&t);
	return status;
}

static bool
opens(struct conform *c, enum sock_wrap wrap)
{
	struct conform_talk t;
	bool good = talk_open(&t, c, WIRE_POP3, wrap) == 0;

	talk_close(&t);
	return good;
}

/* 1 logged in, 0 refused, -1 broken; *said_r: the refusal */
static int
logs_in(struct conform *c, enum sock_wrap wrap, struct buf *said)
{
	struct conform_talk t;
	int r = talk_open(&t, c, WIRE_POP3, wrap);

	if (r == 0)
		r = talk_login(&t);
	said->n = 0;
	if (r < 1 && buf_append(said, r < 0 ? t.why.p : t.line.p,
	    r < 0 ? t.why.n : t.line.n) != 0)
		r = -1;
	if (r == 1)
		(void)talk_quit(&t);
	talk_close(&t);
	return r;
}

/* a login in clear is announced, or nothing is */
static bool
may_be_clear(const struct look *l)
{
	struct pop_span lines = buf_span(&l->before);

	return !l->seen.has_capa || l->c->secure == SOCK_CLEAR ||
	    conform_line_has(lines, "USER", NULL) ||
	    conform_line_has(lines, "SASL", "PLAIN");
}

/* Tells a wrong password from one that must not be said. */
static int
look_at_login(struct look *l)
{
	struct conform *c = l->c;
	struct buf said;
	int r = 0, status = EX_OK;

	buf_init(&said, CONFORM_LINE_MAX);
	if (c->secure != SOCK_CLEAR)
		r = logs_in(c, c->secure, &said);
	if (c->secure != SOCK_CLEAR && r != 1)
		status = r == 0 ? EX_NOPERM : EX_UNAVAILABLE;
	else if (may_be_clear(l))
		c->clear = logs_in(c, SOCK_CLEAR, &said) == 1;
	if (status == EX_OK && c->secure == SOCK_CLEAR && !c->clear)
		status = EX_NOPERM;
	if (status != EX_OK)
		status = conform_complain(c->args, status, "%s: login as %s: "
		    "%.*s", c->host, c->user, (int)said.n,
		    (const char *)said.p);
	l->seen.clear = c->clear;
	buf_release(&said);
	return status;
}

/* An optional command: known, when it is not refused in the words that an
 * unknown one is refused in. */
static bool
knows(struct conform_talk *t, const char *command, struct buf *unknown)
{
	int r;

	if (unknown->n == 0 && talk_ask(t, "XYZZY") == 0 &&
	    buf_append(unknown, t->line.p, t->line.n) != 0)
		return false;
	r = talk_ask(t, "%s", command);
	return r == 1 || (r == 0 && !span_eq(buf_span(&t->line),
	    buf_span(unknown)));
}

static int
bare_lf(struct conform_talk *t)
{
	if (talk_send(t, span_str("NOOP\n")) != 0 ||
	    t->peer->ops->recv(t->conn, &t->in, LF_MS) != PEER_DATA ||
	    talk_line(t) != 0)
		return -1;
	return t->line.n >= 3 && memcmp(t->line.p, "+OK", 3) == 0;
}

static int
look_inside(struct look *l)
{
	struct conform_talk t;
	struct buf unknown;
	struct pop_span capa;
	int r = talk_settle(&t, l->c), status = EX_OK;

	buf_init(&unknown, CONFORM_LINE_MAX);
	if (r != 0)
		status = unreachable(l->c, &t);
	else {
		if (l->seen.has_capa && ask_capa(&t, &l->after) != 1)
			l->after.n = 0;
		capa = buf_span(&l->after);
		l->seen.top = l->seen.has_capa && capa.n > 0 ?
		    conform_line_has(capa, "TOP", NULL) :
		    knows(&t, "TOP 1 x", &unknown);
		l->seen.uidl = l->seen.has_capa && capa.n > 0 ?
		    conform_line_has(capa, "UIDL", NULL) :
		    knows(&t, "UIDL 9999", &unknown);
		r = talk_ask(&t, "LAST");
		l->seen.last = r;
		l->seen.bare_lf = r < 0 ? -1 : bare_lf(&t);
		if (l->seen.bare_lf >= 0)
			(void)talk_quit(&t);
	}
	buf_release(&unknown);
	talk_close(&t);
	return status;
}

static void
name_server(struct look *l)
{
	struct pop_span text = buf_span(&l->greeting);

	if (text.n > 3)
		span_skip(&text, 3);
	while (text.n > 0 && text.p[0] == ' ')
		span_skip(&text, 1);
	escape_text(text, l->c->server, sizeof(l->c->server), ESCAPE_MAX);
}

/* the next of words with commas between, off the front */
static struct pop_span
take_word(struct pop_span *all)
{
	const unsigned char *comma = memchr(all->p, ',', all->n);
	struct pop_span w = span_of(all->p, comma == NULL ? all->n :
	    (size_t)(comma - all->p));

	span_skip(all, comma == NULL ? w.n : w.n + 1);
	return w;
}

/* Is "-word" among them? */
static bool
is_denied(struct pop_span given, struct pop_span word)
{
	while (given.n > 0) {
		struct pop_span w = take_word(&given);

		if (w.n == 0 || w.p[0] != '-')
			continue;
		span_skip(&w, 1);
		if (span_eq(w, word))
			return true;
	}
	return false;
}

static int
keep_word(struct buf *out, struct pop_span w)
{
	return buf_append(out, w.p, w.n) != 0 ||
	    buf_append(out, ",", 1) != 0 ? -1 : 0;
}

/* `given` is --have: "word,-word": what is so besides, what is not so */
int
conform_add_words(struct buf *have, struct pop_span given)
{
	struct pop_span all = buf_span(have), w;
	struct buf out;
	int r = 0;

	buf_init(&out, CONFORM_LINE_MAX);
	while (r == 0 && all.n > 0) {
		w = take_word(&all);
		if (!is_denied(given, w))
			r = keep_word(&out, w);
	}
	while (r == 0 && given.n > 0) {
		w = take_word(&given);
		if (w.n > 0 && w.p[0] != '-')
			r = keep_word(&out, w);
	}
	if (r != 0) {
		buf_release(&out);
		return -1;
	}
	buf_release(have);
	*have = out;
	return 0;
}

static int
look_at_mta(struct conform *c, enum wire_proto proto)
{
	struct conform_talk t;
	struct buf reply;
	int r, status = EX_OK;

	if (c->mta[proto] == NULL)
		return EX_OK;
	buf_init(&reply, CONFORM_LINE_MAX);
	r = talk_open(&t, c, proto, SOCK_CLEAR);
	if (r == 0)
		r = talk_send(&t, span_str(proto == WIRE_SMTP ?
		    "EHLO client.invalid\r\n" : "LHLO client.invalid\r\n"));
	if (r != 0 || talk_reply(&t, &reply) != 250)
		status = conform_complain(c->args, EX_UNAVAILABLE,
		    "%s (%s): %.*s", c->mta_host[proto], proto == WIRE_SMTP ?
		    "SMTP" : "LMTP", (int)t.why.n, (const char *)t.why.p);
	else if (conform_mta_words(buf_span(&reply), &c->have[proto]) != 0)
		status = EX_OSERR;
	talk_close(&t);
	buf_release(&reply);
	return status;
}

static int
add_words(struct look *l)
{
	struct conform *c = l->c;
	const char *given = c->args->check.have;

	l->seen.greeting = buf_span(&l->greeting);
	l->seen.capa = buf_span(l->after.n > 0 ? &l->after : &l->before);
	if (conform_words(&l->seen, &c->have[WIRE_POP3]) != 0)
		return EX_OSERR;
	for (int i = 0; i < CONFORM_PROTOS; i++) {
		if (memchr(c->password.p, ' ', c->password.n) != NULL &&
		    buf_append_str(&c->have[i], "blanks,") != 0)
			return EX_OSERR;
		if (c->way == WAY_ACTION && buf_append_str(&c->have[i],
		    "exact,two-users,users,") != 0)
			return EX_OSERR;
		if (given != NULL &&
		    conform_add_words(&c->have[i], span_str(given)) != 0)
			return EX_OSERR;
	}
	return EX_OK;
}

int
conform_look(struct conform *c)
{
	struct look l = { .c = c };
	int status;

	buf_init(&l.greeting, CONFORM_LINE_MAX);
	buf_init(&l.before, CONFORM_LINE_MAX);
	buf_init(&l.after, CONFORM_LINE_MAX);
	status = look_first(&l);
	if (status == EX_OK) {
		name_server(&l);
		l.seen.pop3s = opens(c, SOCK_TLS_PORT);
		l.seen.tls = l.seen.tls && opens(c, SOCK_STLS);
		c->secure = l.seen.tls ? SOCK_STLS : l.seen.pop3s ?
		    SOCK_TLS_PORT : SOCK_CLEAR;
		status = look_at_login(&l);
	}
	if (status == EX_OK)
		status = look_inside(&l);
	if (status == EX_OK)
		status = look_at_mta(c, WIRE_SMTP);
	if (status == EX_OK)
		status = look_at_mta(c, WIRE_LMTP);
	if (status == EX_OK)
		status = add_words(&l);
	buf_release(&l.greeting);
	buf_release(&l.before);
	buf_release(&l.after);
	return status;
}
