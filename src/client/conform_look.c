/* SPDX-License-Identifier: ISC
 *
 * conform_look: finds out what a server has, before the first case: the words
 * of `needs:` in tests/wire/README.md.  What cannot be seen from outside
 * (limits, timeouts) is never a word here.
 */
#include <sysexits.h>

#include "client/conform_internal.h"
#include "wire/fixture.h"

enum { LF_MS = 3000 };		/* for an answer to a line without CR */

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
unreachable(struct conform *c, struct conform_talk *t)
{
	conform_hide(c, &t->why);
	return conform_complain(c->args, EX_UNAVAILABLE, "%s, port %s: %.*s%s",
	    c->host, c->port, (int)t->why.n, (const char *)t->why.p,
	    t->silent ? "; where TLS comes first, the port is for --tls-port" :
	    "");
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

/* Who cannot be believed is not talked to; who cannot be reached so may be
 * reached in another way. */
static int
look_at_tls(struct conform *c, enum sock_wrap wrap, bool *good_r)
{
	static const char about[] = "the certificate";
	struct conform_talk t;
	int status = EX_OK;

	*good_r = talk_open(&t, c, WIRE_POP3, wrap) == 0;
	if (!*good_r && t.why.n >= sizeof(about) - 1 &&
	    memcmp(t.why.p, about, sizeof(about) - 1) == 0)
		status = conform_complain(c->args, EX_UNAVAILABLE,
		    "%s: %.*s; --ca-file says who signs it, --tls-name whose "
		    "it is", c->host, (int)t.why.n, (const char *)t.why.p);
	talk_close(&t);
	return status;
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
	else if (!c->may_clear)
		(void)!buf_append_str(&said, "no TLS that works, and no "
		    "password is said without: --clear-login says that it "
		    "may be");
	else if (may_be_clear(l))
		c->clear = logs_in(c, SOCK_CLEAR, &said) == 1;
	if (status == EX_OK && c->secure == SOCK_CLEAR && !c->clear)
		status = EX_NOPERM;
	conform_hide(c, &said);
	if (status != EX_OK)
		status = conform_complain(c->args, status, "%s: login as %s: "
		    "%.*s", c->host, c->user, (int)said.n,
		    (const char *)said.p);
	l->seen.clear = c->clear;
	l->seen.clear_untried = !c->may_clear;
	buf_release(&said);
	return status;
}

/* An optional command, on a server without CAPA. The maildrop has mail. */
static bool
knows(struct conform_talk *t, const char *command)
{
	struct buf text;
	bool known;

	buf_init(&text, CONFORM_TEXT_MAX);
	known = talk_ask(t, "%s", command) == 1 && talk_text(t, &text) == 0;
	buf_release(&text);
	return known;
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

/* What is announced inside of TLS alone */
static int
look_in_tls(struct look *l)
{
	struct conform_talk t;
	int status = EX_OK;

	if (l->c->secure == SOCK_CLEAR || !l->seen.has_capa)
		return EX_OK;
	if (talk_open(&t, l->c, WIRE_POP3, l->c->secure) != 0 ||
	    ask_capa(&t, &l->before) < 0)
		status = unreachable(l->c, &t);
	talk_close(&t);
	return status;
}

static int
look_inside(struct look *l)
{
	struct conform_talk t;
	struct pop_span capa;
	int r = talk_settle(&t, l->c), status = EX_OK;

	if (r != 0)
		status = unreachable(l->c, &t);
	else {
		if (l->seen.has_capa && ask_capa(&t, &l->after) != 1)
			l->after.n = 0;
		capa = buf_span(&l->after);
		l->seen.top = l->seen.has_capa && capa.n > 0 ?
		    conform_line_has(capa, "TOP", NULL) :
		    knows(&t, "TOP 1 0");
		l->seen.uidl = l->seen.has_capa && capa.n > 0 ?
		    conform_line_has(capa, "UIDL", NULL) :
		    knows(&t, "UIDL");
		r = talk_ask(&t, "LAST");
		l->seen.last = r;
		l->seen.bare_lf = r < 0 ? -1 : bare_lf(&t);
		if (l->seen.bare_lf >= 0)
			(void)talk_quit(&t);
	}
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

static int
look_at_mta(struct conform *c, enum wire_proto proto)
{
	struct conform_talk t;
	struct pop_span said;
	struct buf reply;
	int r, status = EX_OK;

	if (c->mta[proto] == NULL)
		return EX_OK;
	buf_init(&reply, CONFORM_LINE_MAX);
	r = talk_open(&t, c, proto, SOCK_CLEAR);
	if (r == 0)
		r = talk_send(&t, span_str(proto == WIRE_SMTP ?
		    "EHLO client.invalid\r\n" : "LHLO client.invalid\r\n"));
	if (r != 0 || talk_reply(&t, &reply) != 250) {
		said = buf_span(t.why.n > 0 ? &t.why : &t.line);
		status = conform_complain(c->args, EX_UNAVAILABLE,
		    "%s (%s): %.*s", c->mta_host[proto], proto == WIRE_SMTP ?
		    "SMTP" : "LMTP", (int)said.n, (const char *)said.p);
	} else if (conform_mta_words(buf_span(&reply), &c->have[proto]) != 0)
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
	if (buf_append(&l->before, l->after.p, l->after.n) != 0)
		return EX_OSERR;
	l->seen.capa = buf_span(&l->before);
	c->world.no_codes = !conform_line_has(l->seen.capa, "RESP-CODES",
	    NULL);
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

static bool
wants_fixture(const struct conform *c)
{
	for (size_t i = 0; i < c->cases.n; i++)
		if (conform_is_base(&c->cases.at[i].wire))
			return true;
	return false;
}

/* The three messages: it is the time to say that there can be none, where a
 * case wants them, and to see what delivery puts on top of them. */
static int
put_mail(struct conform *c)
{
	struct wire_case w = { .mails = FIXTURE_MESSAGES };
	bool wanted = wants_fixture(c);
	struct buf why;
	int r = 0, status = EX_OK;

	if (c->way == WAY_AS_IS && !wanted)
		return EX_OK;
	buf_init(&why, CONFORM_LINE_MAX);
	for (unsigned i = 0; i < FIXTURE_MESSAGES; i++) {
		struct pop_span text = fixture_message(i + 1);

		buf_init(&w.mail[i], text.n);
		r |= buf_append(&w.mail[i], text.p, text.n);
	}
	if (r != 0 || (conform_begin(c, &w, &why) != 0 && wanted)) {
		conform_hide(c, &why);
		status = conform_complain(c->args, r != 0 ? EX_OSERR :
		    EX_TEMPFAIL, "%.*s", (int)why.n, (const char *)why.p);
	}
	for (unsigned i = 0; i < FIXTURE_MESSAGES; i++)
		buf_release(&w.mail[i]);
	buf_release(&why);
	return status;
}

/* Mail that must stay is not read where reading removes it (RFC 2449 section
 * 6.7). */
static int
look_at_expire(const struct look *l)
{
	const struct conform *c = l->c;

	if (c->way != WAY_AS_IS || c->may_mark ||
	    (!conform_line_has(buf_span(&l->before), "EXPIRE", "0") &&
	    !conform_line_has(buf_span(&l->after), "EXPIRE", "0")))
		return EX_OK;
	return conform_complain(c->args, EX_USAGE, "%s removes what was read "
	    "(EXPIRE 0): if the mail of %s may go, say --yes", c->host,
	    c->user);
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
		status = look_at_tls(c, SOCK_TLS_PORT, &l.seen.pop3s);
	}
	if (status == EX_OK && l.seen.tls)
		status = look_at_tls(c, SOCK_STLS, &l.seen.tls);
	if (status == EX_OK) {
		c->secure = l.seen.tls ? SOCK_STLS : l.seen.pop3s ?
		    SOCK_TLS_PORT : SOCK_CLEAR;
		status = look_at_login(&l);
	}
	if (status == EX_OK && c->way == WAY_DELIVER)
		status = put_mail(c);
	if (status == EX_OK)
		status = look_inside(&l);
	if (status == EX_OK)
		status = look_at_expire(&l);
	if (status == EX_OK && c->way == WAY_AS_IS)
		status = put_mail(c);
	if (status == EX_OK && !c->clear)
		status = look_in_tls(&l);
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
