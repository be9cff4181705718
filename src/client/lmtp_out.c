/* SPDX-License-Identifier: ISC
 *
 * lmtp_out: replies of a mail server in, commands out.  Owns nothing but its
 * struct; knows no socket, file or clock.
 *
 * With PIPELINING (RFC 2920) RSET, MAIL, RCPT and DATA leave in one write.  A
 * server that then refuses the recipient and still says 354 gets an empty
 * message, which has no recipient.
 */
#include "client/lmtp_out.h"

#include "base/num.h"
#include "base/text.h"

void
lmtp_out_init(struct lmtp_out *m, unsigned flags, const char *hostname)
{
	*m = (struct lmtp_out){
		.flags = flags,
		.hostname = hostname != NULL && lmtp_out_path_ok(hostname) &&
		    hostname[0] != '\0' ? hostname : "localhost",
	};
}

bool
lmtp_out_path_ok(const char *path)
{
	size_t n = strlen(path);

	if (n > LMTP_OUT_PATH_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (path[i] <= 0x20 || path[i] >= 0x7F || path[i] == '<' ||
		    path[i] == '>')
			return false;
	return true;
}

unsigned
lmtp_out_timeout(const struct lmtp_out *m)
{
	switch (m->state) {
	case LMTP_OUT_S_DATA:
		return 120;
	case LMTP_OUT_S_BODY:
		return 180;
	case LMTP_OUT_S_END:
		return 600;
	case LMTP_OUT_S_GREETING:
	case LMTP_OUT_S_HELLO:
	case LMTP_OUT_S_STARTTLS:
	case LMTP_OUT_S_HANDSHAKE:
	case LMTP_OUT_S_READY:
	case LMTP_OUT_S_RSET:
	case LMTP_OUT_S_MAIL:
	case LMTP_OUT_S_RCPT:
	case LMTP_OUT_S_QUIT:
	case LMTP_OUT_S_BROKEN:
		break;
	}
	return 300;
}

/* ---- commands ------------------------------------------------------------ */

static void
say(struct pop_out *out, const char *s)
{
	size_t n = strlen(s);

	/* POP_OUT_MIN is room for all that one call says */
	if (n > out->size - out->n)
		n = out->size - out->n;
	memcpy(out->p + out->n, s, n);
	out->n += n;
}

static void
say_number(struct pop_out *out, uint64_t v)
{
	unsigned char digits[NUM_U64_DIGITS + 1];

	digits[num_format_u64(digits, v)] = '\0';
	say(out, (const char *)digits);
}

static void
say_hello(struct lmtp_out *m, struct pop_out *out)
{
	m->pipelining = m->eight_bit = m->starttls = m->size = false;
	m->size_max = 0;
	say(out, m->flags & LMTP_OUT_LMTP ? "LHLO " : m->helo ? "HELO " :
	    "EHLO ");
	say(out, m->hostname);
	say(out, "\r\n");
	m->state = LMTP_OUT_S_HELLO;
}

static void
say_mail(const struct lmtp_out *m, struct pop_out *out)
{
	say(out, "MAIL FROM:<");
	say(out, m->message.sender);
	say(out, ">");
	if (m->size) {
		say(out, " SIZE=");
		say_number(out, m->message.octets);
	}
	say(out, m->eight_bit ? " BODY=8BITMIME\r\n" : "\r\n");
}

static void
say_rcpt(const struct lmtp_out *m, struct pop_out *out)
{
	say(out, "RCPT TO:<");
	say(out, m->message.recipient);
	say(out, ">\r\n");
}

int
lmtp_out_send(struct lmtp_out *m, const struct lmtp_out_message *message,
    struct pop_out *out)
{
	if (m->size && m->size_max > 0 && message->octets > m->size_max)
		return -1;
	m->message = *message;
	m->failed = 0;
	m->empty = false;
	m->ahead = 0;
	m->state = m->open ? LMTP_OUT_S_RSET : LMTP_OUT_S_MAIL;
	if (m->open)
		say(out, "RSET\r\n");
	if (m->open && !m->pipelining)
		return 0;
	say_mail(m, out);
	m->open = true;
	if (!m->pipelining)
		return 0;
	say_rcpt(m, out);
	say(out, "DATA\r\n");
	m->ahead = 3;
	return 0;
}

void
lmtp_out_body_sent(struct lmtp_out *m)
{
	m->state = LMTP_OUT_S_END;
}

void
lmtp_out_tls_started(struct lmtp_out *m, struct pop_out *out)
{
	m->tls = true;
	say_hello(m, out);
}

void
lmtp_out_quit(struct lmtp_out *m, struct pop_out *out)
{
	say(out, "QUIT\r\n");
	m->state = LMTP_OUT_S_QUIT;
}

/* ---- replies ------------------------------------------------------------- */

static enum lmtp_out_event
over(struct lmtp_out *m)
{
	m->state = LMTP_OUT_S_BROKEN;
	return LMTP_OUT_OVER;
}

static enum lmtp_out_event
broken(struct lmtp_out *m, const char *why)
{
	m->code = 0;
	(void)text_format(m->text, sizeof(m->text), "%s", why);
	return over(m);
}

static void
keep_text(struct lmtp_out *m, struct pop_span line)
{
	size_t n = strlen(m->text);

	if (n > 0 && n + 1 < sizeof(m->text))
		m->text[n++] = ' ';
	for (size_t i = 0; i < line.n && n + 1 < sizeof(m->text); i++)
		m->text[n++] = (char)(line.p[i] >= 0x20 && line.p[i] < 0x7F ?
		    line.p[i] : '?');
	m->text[n] = '\0';
}

/* The keywords of RFC 1869 have any case. */
static void
take_keyword(struct lmtp_out *m, struct pop_span line)
{
	const unsigned char *blank = memchr(line.p, ' ', line.n);
	struct pop_span word = line, rest = { NULL, 0 };

	if (blank != NULL) {
		word.n = (size_t)(blank - line.p);
		rest = span_of(blank + 1, line.n - word.n - 1);
	}
	if (span_eq_nocase(word, span_str("PIPELINING")))
		m->pipelining = true;
	else if (span_eq_nocase(word, span_str("8BITMIME")))
		m->eight_bit = true;
	else if (span_eq_nocase(word, span_str("STARTTLS")))
		m->starttls = true;
	else if (span_eq_nocase(word, span_str("SIZE"))) {
		m->size = true;
		if (num_parse_u64(rest, INT64_MAX, &m->size_max) != 0)
			m->size_max = 0;
	}
}

/* A line without its end: 1 when the reply is whole, 0, or -1: no reply */
static int
take_line(struct lmtp_out *m, struct pop_span line)
{
	unsigned code = 0;
	bool last;

	for (size_t i = 0; i < 3; i++) {
		if (i >= line.n || line.p[i] < '0' || line.p[i] > '9')
			return -1;
		code = code * 10 + (line.p[i] - '0');
	}
	if (code < 200 || code > 599 ||
	    (line.n > 3 && line.p[3] != ' ' && line.p[3] != '-'))
		return -1;
	if (m->lines == 0) {
		m->code = code;
		m->text[0] = '\0';
	} else if (code != m->code) {
		return -1;
	}
	if (++m->lines > LMTP_OUT_LINES_MAX)
		return -1;
	last = line.n <= 3 || line.p[3] == ' ';
	span_skip(&line, line.n < 4 ? line.n : 4);
	if (m->state == LMTP_OUT_S_HELLO && m->code == 250 && m->lines > 1)
		take_keyword(m, line);
	keep_text(m, line);
	if (last)
		m->lines = 0;
	return last;
}

/* 1 a reply, 0 more, -1 */
static int
take_reply(struct lmtp_out *m, struct pop_span *in)
{
	for (;;) {
		const unsigned char *lf = in->n == 0 ? NULL :
		    memchr(in->p, '\n', in->n);
		struct pop_span line;
		int r;

		if (lf == NULL)
			return in->n >= LMTP_OUT_LINE_MAX ? -1 : 0;
		line = span_of(in->p, (size_t)(lf - in->p));
		if (line.n >= LMTP_OUT_LINE_MAX)
			return -1;
		span_skip(in, line.n + 1);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		r = take_line(m, line);
		if (r != 0)
			return r;
	}
}

/* ---- what a reply means -------------------------------------------------- */

static enum lmtp_out_event
ready(struct lmtp_out *m)
{
	m->state = LMTP_OUT_S_READY;
	return LMTP_OUT_READY;
}

static enum lmtp_out_event
on_hello(struct lmtp_out *m, struct pop_out *out)
{
	m->what = m->flags & LMTP_OUT_LMTP ? "LHLO" : "EHLO";
	if (m->code == 250) {
		if (!m->starttls || m->tls ||
		    !(m->flags & LMTP_OUT_WANT_TLS))
			return ready(m);
		say(out, "STARTTLS\r\n");
		m->state = LMTP_OUT_S_STARTTLS;
		return LMTP_OUT_MORE;
	}
	/* a server that knows no extensions; after TLS it does know them */
	if (m->code >= 500 && !m->helo && !m->tls &&
	    !(m->flags & LMTP_OUT_LMTP)) {
		m->helo = true;
		say_hello(m, out);
		return LMTP_OUT_MORE;
	}
	return over(m);
}

/* Refused: what was sent ahead is answered too, then it is decided. */
static enum lmtp_out_event
decide(struct lmtp_out *m)
{
	if (m->failed != 0) {
		m->code = m->failed;
		memcpy(m->text, m->failed_text, sizeof(m->text));
	}
	m->state = LMTP_OUT_S_READY;
	return LMTP_OUT_RESULT;
}

static void
note_failure(struct lmtp_out *m, const char *what)
{
	if (m->failed != 0)
		return;
	m->failed = m->code;
	m->what = what;
	memcpy(m->failed_text, m->text, sizeof(m->failed_text));
}

static enum lmtp_out_event
on_mail(struct lmtp_out *m, struct pop_out *out)
{
	bool ahead = m->ahead > 0;

	m->ahead -= ahead;
	if (m->code >= 300 && m->code < 400)
		return broken(m, "an impossible reply to MAIL FROM");
	if (m->code >= 400) {
		note_failure(m, "MAIL FROM");
		if (!ahead)
			return decide(m);
	}
	if (!ahead)
		say_rcpt(m, out);
	m->state = LMTP_OUT_S_RCPT;
	return LMTP_OUT_MORE;
}

static enum lmtp_out_event
on_rcpt(struct lmtp_out *m, struct pop_out *out)
{
	bool ahead = m->ahead > 0;

	m->ahead -= ahead;
	if (m->code >= 300 && m->code < 400)
		return broken(m, "an impossible reply to RCPT TO");
	if (m->code >= 400) {
		note_failure(m, "RCPT TO");
		if (!ahead)
			return decide(m);
	}
	if (!ahead)
		say(out, "DATA\r\n");
	m->state = LMTP_OUT_S_DATA;
	return LMTP_OUT_MORE;
}

static enum lmtp_out_event
on_data(struct lmtp_out *m, struct pop_out *out)
{
	enum lmtp_out_event e;

	m->ahead = 0;
	if (m->code >= 400) {
		note_failure(m, "DATA");
		return decide(m);
	}
	if (m->code != 354)
		return broken(m, "an impossible reply to DATA");
	if (m->failed != 0) {
		/* It waits for a message that goes to nobody.  LMTP has
		 * no reply to that, and forbids what this server did
		 * (RFC 2033 section 4.2): no more of it. */
		say(out, ".\r\n");
		m->empty = true;
		m->state = LMTP_OUT_S_END;
		if (!(m->flags & LMTP_OUT_LMTP))
			return LMTP_OUT_MORE;
		e = decide(m);
		m->state = LMTP_OUT_S_BROKEN;
		return e;
	}
	m->state = LMTP_OUT_S_BODY;
	return LMTP_OUT_BODY;
}

static enum lmtp_out_event
on_end(struct lmtp_out *m)
{
	if (m->code >= 300 && m->code < 400)
		return broken(m, "an impossible reply to a message");
	if (!m->empty)
		m->what = "the message";
	/* RFC 5321 section 4.1.1.4: after it nothing is open; a refusal may
	 * have been of the message alone */
	m->open = m->code >= 300 || m->empty;
	return decide(m);
}

/* RFC 5321 section 3.8: a server may say it in place of any reply. */
static enum lmtp_out_event
on_closing(struct lmtp_out *m)
{
	if (m->what == NULL)
		m->what = "the connection";
	return over(m);
}

static enum lmtp_out_event
on_reply(struct lmtp_out *m, struct pop_out *out)
{
	if (m->code == 421 && m->state != LMTP_OUT_S_QUIT)
		return on_closing(m);
	switch (m->state) {
	case LMTP_OUT_S_GREETING:
		m->what = "the connection";
		if (m->code != 220)
			return over(m);
		say_hello(m, out);
		return LMTP_OUT_MORE;
	case LMTP_OUT_S_HELLO:
		return on_hello(m, out);
	case LMTP_OUT_S_STARTTLS:
		m->what = "STARTTLS";
		if (m->code != 220)
			return over(m);
		m->state = LMTP_OUT_S_HANDSHAKE;
		return LMTP_OUT_TLS;
	case LMTP_OUT_S_RSET:
		m->what = "RSET";
		if (m->code >= 300)
			return over(m);
		if (!m->pipelining)
			say_mail(m, out);
		m->state = LMTP_OUT_S_MAIL;
		return LMTP_OUT_MORE;
	case LMTP_OUT_S_MAIL:
		return on_mail(m, out);
	case LMTP_OUT_S_RCPT:
		return on_rcpt(m, out);
	case LMTP_OUT_S_DATA:
		return on_data(m, out);
	case LMTP_OUT_S_END:
		return on_end(m);
	case LMTP_OUT_S_QUIT:
		return over(m);
	case LMTP_OUT_S_BODY:
		/* refused before its end: what is still to come would be
		 * taken for commands */
		m->what = "the message";
		if (m->code >= 400)
			return over(m);
		break;
	case LMTP_OUT_S_HANDSHAKE:
	case LMTP_OUT_S_READY:
	case LMTP_OUT_S_BROKEN:
		break;
	}
	return broken(m, "a reply to no command");
}

enum lmtp_out_event
lmtp_out_step(struct lmtp_out *m, struct pop_span *in, struct pop_out *out)
{
	for (;;) {
		enum lmtp_out_event e;
		int r;

		if (m->state == LMTP_OUT_S_BROKEN)
			return LMTP_OUT_OVER;
		/* what follows the 220 to STARTTLS came in clear */
		if (m->state == LMTP_OUT_S_HANDSHAKE)
			return in->n > 0 ? broken(m, "octets behind the reply "
			    "to STARTTLS") : LMTP_OUT_TLS;
		r = take_reply(m, in);
		if (r < 0)
			return broken(m, "a reply that is none");
		if (r == 0)
			return LMTP_OUT_MORE;
		e = on_reply(m, out);
		if (e == LMTP_OUT_TLS && in->n > 0)
			return broken(m, "octets behind the reply to "
			    "STARTTLS");
		if (e != LMTP_OUT_MORE)
			return e;
	}
}
