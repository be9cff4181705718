/* SPDX-License-Identifier: ISC
 *
 * diagnose_mail: some messages as they come, against what was announced, and
 * PIPELINING.  Never deletes; the session ends without QUIT, so that a server
 * that removes what was read has no reason to (RFC 1939 section 6), except
 * that some mark messages as seen.
 */
#include "client/diagnose_internal.h"

#include <inttypes.h>

enum {
	SAMPLES = 4,
	SAMPLE_OCTETS = 1 << 20,	/* of one message */
	NOOPS = 4
};

/* One message on its way: the codec says what it is, and the octets in front
 * of the codec whether they were stuffed. */
struct pull {
	struct pop_unstuff codec;
	uint64_t octets;
	bool line_begins, behind_dot, behind_cr;
	bool stray_dot, bare_lf;
	struct buf *head;	/* NULL: not kept */
	uint64_t most;		/* then it is given up */
};

static void
look_at_octets(struct pull *p, struct pop_span raw)
{
	for (size_t i = 0; i < raw.n; i++) {
		unsigned char c = raw.p[i];

		if (p->behind_dot && c != '.' && c != '\r')
			p->stray_dot = true;
		if (c == '\n' && !p->behind_cr)
			p->bare_lf = true;
		p->behind_dot = p->line_begins && c == '.';
		p->line_begins = c == '\n' && p->behind_cr;
		p->behind_cr = c == '\r';
	}
}

/* As far as there is room: a beginning is enough. */
static void
keep(struct buf *head, struct pop_span piece)
{
	size_t room = head->max - head->n;

	if (piece.n > room)
		piece.n = room;
	if (piece.n > 0 && buf_append(head, piece.p, piece.n) != BUF_OK)
		head->n = 0;
}

static int
too_long(struct parley *t)
{
	(void)text_format(t->error, sizeof(t->error), "it is far longer than "
	    "announced");
	return -1;
}

/* The lines behind +OK to RETR or TOP: 0, or -1 and t->error. */
static int
pull_message(struct parley *t, struct pull *p)
{
	bool done = false;

	pop_unstuff_init(&p->codec);
	p->line_begins = true;
	buf_consume(&t->in, t->used);
	t->used = 0;
	while (!done) {
		struct pop_span in = buf_span(&t->in), before, piece;

		while (!done && in.n > 0) {
			before = in;
			done = pop_unstuff(&p->codec, &in, &piece) == 1;
			before.n -= in.n;
			look_at_octets(p, before);
			p->octets += piece.n;
			if (p->head != NULL)
				keep(p->head, piece);
		}
		t->used = t->in.n - in.n;
		buf_consume(&t->in, t->used);
		t->used = 0;
		if (!done && p->octets > p->most)
			return too_long(t);
		if (!done && parley_more(t) != 0)
			return -1;
	}
	return 0;
}

/* ---- which messages ---- */

static uint64_t
size_of(const struct drop_seen *s, size_t i)
{
	uint64_t octets;

	memcpy(&octets, s->sizes.p + i * sizeof(octets), sizeof(octets));
	return octets;
}

static void
add_sample(const struct drop_seen *s, size_t i, size_t samples[SAMPLES],
    size_t *n)
{
	for (size_t j = 0; j < *n; j++)
		if (samples[j] == i)
			return;
	if (*n < SAMPLES && size_of(s, i) <= SAMPLE_OCTETS)
		samples[(*n)++] = i;
}

/* The first, the last, the smallest, and the biggest that is not too big:
 * their indexes. */
static size_t
choose_samples(const struct drop_seen *s, size_t samples[SAMPLES])
{
	size_t all = s->sizes.n / sizeof(uint64_t), n = 0;
	size_t small = 0, big = all;

	for (size_t i = 0; i < all; i++) {
		uint64_t octets = size_of(s, i);

		if (octets < size_of(s, small))
			small = i;
		if (octets <= SAMPLE_OCTETS && (big == all ||
		    octets > size_of(s, big)))
			big = i;
	}
	if (all > 0) {
		add_sample(s, 0, samples, &n);
		add_sample(s, all - 1, samples, &n);
		add_sample(s, small, samples, &n);
	}
	if (big < all)
		add_sample(s, big, samples, &n);
	return n;
}

/* ---- RETR ---- */

static void
broken(struct mail_seen *m, size_t number, const char *what)
{
	(void)text_format(m->broken, sizeof(m->broken), "message %zu: %s",
	    number, what);
}

/* 0, or -1: the session is of no more use, or refuses */
static int
read_message(struct diagnose *d, size_t number)
{
	struct mail_seen *m = &d->mail;
	uint64_t announced = size_of(&d->drop, number - 1);
	struct pull p = { .head = m->read == 0 ? &m->head : NULL,
		.most = 2 * announced + SAMPLE_OCTETS };
	char command[40];
	struct reply r;

	(void)text_format(command, sizeof(command), "RETR %zu", number);
	if (parley_ask(d->second, command, &r) != 0) {
		broken(m, number, d->second->error);
		return -1;
	}
	if (!r.ok) {
		if (m->wrong++ > 0)
			return 0;
		m->refused = true;
		(void)text_format(m->first_wrong, sizeof(m->first_wrong),
		    "message %zu is refused: %s", number, r.text);
		return 0;
	}
	/* a status line, whichever, shows that we are still in step */
	if (pull_message(d->second, &p) != 0 ||
	    parley_ask(d->second, "NOOP", &r) != 0) {
		broken(m, number, d->second->error);
		return -1;
	}
	if (m->read++ == 0)
		m->number = number;
	m->stray_dots += p.stray_dot;
	m->bare_lf += p.bare_lf;
	if (p.octets != announced && m->wrong++ == 0)
		(void)text_format(m->first_wrong, sizeof(m->first_wrong),
		    "message %zu: LIST says %" PRIu64 " octets, RETR sends %"
		    PRIu64, number, announced, p.octets);
	return 0;
}

/* RFC 2449 section 6.7 */
static bool
removes_what_is_read(const struct pop_capa *capa)
{
	return (capa->has & POP_CAPA_EXPIRE) != 0 && capa->expire == 0 &&
	    (capa->has & POP_CAPA_EXPIRE_NEVER) == 0;
}

void
diagnose_size(struct diagnose *d)
{
	struct mail_seen *m = &d->mail;
	size_t samples[SAMPLES], n = choose_samples(&d->drop, samples);

	/* some say it before login alone */
	if (removes_what_is_read(&d->inside.parsed) ||
	    removes_what_is_read(&d->way->clear.parsed) ||
	    removes_what_is_read(&d->way->encrypted.parsed)) {
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "this server may "
		    "remove what is read (EXPIRE 0): nothing is read");
		return;
	}
	if (n == 0) {
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "all messages are "
		    "bigger than 1 MiB");
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (read_message(d, samples[i] + 1) != 0)
			break;
	if (m->read > 0 || m->broken[0] != '\0')
		diagnose_have(d, HAVE_READ);
	if (m->refused)
		diagnose_say(d, DIAGNOSE_FAULT, "What LIST names must be "
		    "there until the session ends (RFC 1939 section 4): "
		    "programs try such a message again at each visit. "
		    "Whoever runs the server should look whether its file "
		    "can be read.", "%s", m->first_wrong);
	else if (m->wrong > 0)
		diagnose_say(d, DIAGNOSE_FAULT, "Some programs cut messages "
		    "off, or wait for octets that never come. The size is "
		    "that of the message with CRLF at each line (RFC 1939 "
		    "section 11): whoever runs the server should have its "
		    "index of sizes rebuilt.", "%s", m->first_wrong);
	else if (m->read > 0)
		diagnose_say(d, DIAGNOSE_OK, NULL, "%zu message%s read: as "
		    "long as LIST says", m->read, m->read == 1 ? "" : "s");
	else
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_MESSAGE)->
		    remedy, "%s", m->broken);
}

void
diagnose_framing(struct diagnose *d)
{
	const struct mail_seen *m = &d->mail;

	if (m->broken[0] != '\0')
		diagnose_say(d, DIAGNOSE_FAULT, "A line that begins with a "
		    "dot must get a second one (RFC 1939 section 3): without "
		    "it, mail is cut off, and what is in it is taken for the "
		    "server's answers. Do not delete mail from this server "
		    "before it was read here.", "%s", m->broken);
	else if (m->stray_dots > 0)
		diagnose_say(d, DIAGNOSE_FAULT, "A line that begins with a "
		    "dot must get a second one (RFC 1939 section 3): the "
		    "first is lost here, and a line with nothing else would "
		    "end the message.", "dots at the beginning of lines are "
		    "not doubled in %zu message%s", m->stray_dots,
		    m->stray_dots == 1 ? "" : "s");
	else if (m->bare_lf > 0)
		diagnose_say(d, DIAGNOSE_WARNING, "Lines must end with CRLF "
		    "(RFC 1939 section 3): programs do not agree on where a "
		    "line is over.", "lines without CR in %zu message%s",
		    m->bare_lf, m->bare_lf == 1 ? "" : "s");
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "dots, line ends and the "
		    "end are as they should be");
}

/* ---- TOP ---- */

static bool
announces(const struct diagnose *d, const char *tag)
{
	const struct capa_seen *before = d->account.tls != ACCOUNT_TLS_NONE ?
	    &d->way->encrypted : &d->way->clear;

	return capa_seen_has(&d->inside, tag) || capa_seen_has(before, tag);
}

/* as far as both were kept */
static bool
begins_with(const struct buf *message, const struct buf *top)
{
	size_t n = top->n < message->n ? top->n : message->n;

	if (top->n > message->n && message->n < message->max)
		return false;
	return n == 0 || memcmp(top->p, message->p, n) == 0;
}

void
diagnose_top(struct diagnose *d)
{
	struct mail_seen *m = &d->mail;
	uint64_t number = m->read > 0 ? m->number : 1;
	struct pull p = { .most = SAMPLE_OCTETS };
	bool told = announces(d, "TOP");
	struct reply r;
	struct buf top;
	char command[40];

	if (m->broken[0] != '\0') {
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "the session is out "
		    "of step");
		return;
	}
	buf_init(&top, HEAD_OCTETS);
	p.head = &top;
	(void)text_format(command, sizeof(command), "TOP %" PRIu64 " 0",
	    number);
	if (parley_ask(d->second, command, &r) != 0 || (r.ok &&
	    pull_message(d->second, &p) != 0))
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_PROTOCOL)->
		    remedy, "TOP: %s", d->second->error);
	else if (!r.ok)
		diagnose_say(d, told ? DIAGNOSE_FAULT : DIAGNOSE_OK, told ?
		    "It must not be announced when it does not work; "
		    "programs that show headers first will fail." : NULL,
		    "TOP is %s%s", told ? "announced, and refused: " :
		    "not there: ", r.text);
	else {
		m->top_works = true;
		if (m->read > 0 && !begins_with(&m->head, &top))
			diagnose_say(d, DIAGNOSE_WARNING, "Rules that look "
			    "at headers first will see other ones than those "
			    "of the message.", "TOP shows a header that is "
			    "not the one of RETR");
		else
			diagnose_say(d, DIAGNOSE_OK, NULL, "it works%s%s",
			    m->read > 0 ? ", and is the beginning of RETR" :
			    "", told ? "" : ", though it is not announced");
	}
	buf_wipe(&top);
}

/* ---- PIPELINING ---- */

/* 0 all answers came, in order; -1 */
static int
ask_many(struct parley *t, const char *commands, size_t n, bool multi)
{
	struct reply r;

	if (parley_send(t, commands, strlen(commands)) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct pull p = { .most = SAMPLE_OCTETS };

		if (parley_reply(t, &r) != 0)
			return -1;
		/* NOOP may be refused: its answer came all the same */
		if (multi && !r.ok) {
			(void)text_format(t->error, sizeof(t->error), "the "
			    "answer to number %zu is -ERR %s", i + 1, r.text);
			return -1;
		}
		if (multi && pull_message(t, &p) != 0)
			return -1;
	}
	return 0;
}

void
diagnose_pipelining(struct diagnose *d)
{
	bool told = announces(d, "PIPELINING"), works;

	if (d->mail.broken[0] != '\0' || d->second->error[0] != '\0') {
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "the session is out "
		    "of step");
		return;
	}
	works = ask_many(d->second, "NOOP\r\nNOOP\r\nNOOP\r\nNOOP\r\n",
	    NOOPS, false) == 0 && (!d->mail.top_works ||
	    ask_many(d->second, "TOP 1 0\r\nTOP 1 0\r\n", 2, true) == 0);
	if (works)
		diagnose_say(d, DIAGNOSE_OK, NULL, told ? "announced, and it "
		    "works" : "it works, though it is not announced: "
		    "pipelining = on would make fetching quicker");
	else if (told)
		diagnose_say(d, DIAGNOSE_FAULT, "Set pipelining = off; "
		    "restante finds that out by itself, other programs hang "
		    "or lose mail. The server must not announce what it "
		    "cannot do (RFC 2449 section 6.6).", "announced, and it "
		    "does not work: %s", d->second->error);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "not offered: each message "
		    "waits for the answer to the one before");
}
