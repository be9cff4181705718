/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: an SMTP or LMTP session.  The first octet chooses the
 * configuration, the second how the input is cut and what the caller
 * answers; 0x01 in the rest is a point where the client waits for its
 * replies.  The session is played twice, the second time in small pieces
 * with little output.  Whatever is said: the machine keeps the promises of
 * pop.h, and both times the same happens.  Each message that is stored is
 * compared, octet for octet, with what a slow reader finds in the input, who
 * also says where it ends and whether it may be stored at all.
 */
#include <stdlib.h>
#include <strings.h>

#include "slow.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

enum { IS_LMTP = 1, HAS_TLS = 2, NEED_TLS = 4, NORMALIZE = 8, SMALL = 16,
	TLS_ON = 32, SPOOL_FAILS = 64, OUT_SIZE = 65536,
	RECEIVED_MAX = 3 };

struct play {
	struct pop_smtp *s;
	unsigned choice;
	uint32_t answers, cuts;		/* random states */
	struct buf log;			/* events, first digits of replies */
	struct buf spool;		/* the message at hand */
	struct buf fed;			/* all input that was used */
	size_t begin;			/* in fed: the message at hand */
	bool chunks;			/* by BDAT: begin is at its line */
	struct pop_out out;
	unsigned rcpts;
	bool small_pieces;
	bool in_message, failed, closed, violated;
};

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void
note(struct play *p, const char *word, struct pop_span s)
{
	must(buf_append_str(&p->log, word) == 0);
	must(buf_append(&p->log, s.p, s.n) == 0);
	must(buf_append_str(&p->log, "\n") == 0);
}

/* RFC 5321 section 4.2: whole lines, printable, at most 512 octets */
static unsigned
hear(struct play *p)
{
	unsigned replies = 0;
	size_t at = 0;

	must(p->out.n <= p->out.size);
	while (at < p->out.n) {
		const unsigned char *line = p->out.p + at;
		const unsigned char *lf = memchr(line, '\n', p->out.n - at);
		size_t len;

		must(lf != NULL);
		len = (size_t)(lf - line);
		must(len >= 5 && len < POP_REPLY_MAX && lf[-1] == '\r');
		must(line[0] >= '2' && line[0] <= '5');
		for (size_t i = 0; i < len - 1; i++)
			must(line[i] >= 0x20 && line[i] < 0x7f);
		must(line[3] == ' ' || line[3] == '-');
		if (line[3] == ' ') {
			replies++;
			note(p, "", span_of(line, 1));
		}
		if (memcmp(line, "554 5.5.0", 9) == 0)
			p->violated = true;
		at += len + 1;
	}
	p->out.n = 0;
	return replies;
}

static void
check_text(struct pop_span s, bool utf8)
{
	for (size_t i = 0; i < s.n; i++)
		must(s.p[i] >= 0x20 && s.p[i] != 0x7f &&
		    (utf8 || s.p[i] < 0x80));
}

/* ---- the slow reader ----------------------------------------------------- */

static void
put(struct buf *b, unsigned char c)
{
	must(buf_append(b, &c, 1) == 0);
}

/* BDAT lines with their octets, and what else was said between them. */
static void
read_chunks(struct pop_span s, struct buf *out)
{
	while (s.n > 0) {
		const unsigned char *lf = memchr(s.p, '\n', s.n);
		const char *line = (const char *)s.p;
		size_t n, size;

		must(lf != NULL);
		n = (size_t)(lf - s.p) + 1;
		span_skip(&s, n);
		if (n < 6 || strncasecmp(line, "BDAT ", 5) != 0)
			continue;
		size = strtoul(line + 5, NULL, 10);	/* ends at the LF */
		must(size <= s.n);
		must(buf_append(out, s.p, size) == 0);
		span_skip(&s, size);
	}
}

/* Line ends as a trusted peer's are repaired; 1 when nothing was to do. */
static bool
repair(struct pop_span s, struct buf *out)
{
	bool clean = true;

	for (size_t i = 0; i < s.n; i++) {
		bool behind_cr = i > 0 && s.p[i - 1] == '\r';
		bool before_lf = i + 1 < s.n && s.p[i + 1] == '\n';

		if (s.p[i] == '\n' && !behind_cr) {
			put(out, '\r');
			clean = false;
		}
		if (s.p[i] == '\r' && !before_lf) {
			put(out, ' ');
			clean = false;
		} else {
			put(out, s.p[i]);
		}
	}
	return clean;
}

static unsigned
count_received(struct pop_span s)
{
	unsigned count = 0;

	while (s.n > 0) {
		const unsigned char *lf = memchr(s.p, '\n', s.n);
		size_t n = lf == NULL ? s.n : (size_t)(lf - s.p) + 1, k = 8;

		if (n == 2 && lf != NULL)
			break;
		if (n > 8 && strncasecmp((const char *)s.p, "received",
		    8) == 0) {
			while (k < n && (s.p[k] == ' ' || s.p[k] == '\t'))
				k++;
			count += k < n && s.p[k] == ':';
		}
		span_skip(&s, n);
	}
	return count;
}

/* The message that lies between p->begin and the end of what was used, as it
 * shall be stored: false when it may not be. */
static bool
should_store(const struct play *p, struct buf *want)
{
	struct pop_span raw = buf_span(&p->fed);
	struct buf plain;
	bool clean;

	span_skip(&raw, p->begin);
	buf_init(&plain, 1 << 24);
	if (p->chunks) {
		read_chunks(raw, &plain);
	} else {
		must(slow_end(raw) == raw.n);
		raw.n -= 3;
		slow_unstuff(raw, &plain);
	}
	clean = repair(buf_span(&plain), want) || (p->choice & NORMALIZE);
	clean = clean && (want->n == 0 ||
	    memchr(want->p, '\0', want->n) == NULL);
	buf_release(&plain);
	return clean && (!(p->choice & SMALL) || want->n <= 200) &&
	    count_received(buf_span(want)) < RECEIVED_MAX;
}

static void
check_message(const struct play *p)
{
	struct buf want;

	buf_init(&want, 1 << 24);
	must(should_store(p, &want));
	must(span_eq(buf_span(&want), buf_span(&p->spool)));
	buf_release(&want);
}

/* A text that came to its end and is not stored: for a reason. */
static void
check_refused(const struct play *p)
{
	struct buf want;

	if (!p->in_message || p->chunks || p->failed)
		return;
	buf_init(&want, 1 << 24);
	must(!should_store(p, &want));
	buf_release(&want);
}

/* The client has gone in the middle: it was the middle. */
static void
check_unfinished(const struct play *p)
{
	struct pop_span raw = buf_span(&p->fed);

	if (!p->in_message || p->chunks || p->closed)
		return;
	span_skip(&raw, p->begin);
	must(slow_end(raw) == 0);
}

/* DATA or BDAT was accepted: its line is the last that was used. */
static void
message_begins(struct play *p)
{
	size_t at = p->fed.n - 1;

	while (at > 0 && p->fed.p[at - 1] != '\n')
		at--;
	p->chunks = strncasecmp((const char *)p->fed.p + at, "BDAT", 4) == 0;
	p->begin = p->chunks ? at : p->fed.n;
	p->in_message = true;
}

/* ---- the caller ---------------------------------------------------------- */

static void
forget(struct play *p)
{
	p->rcpts = 0;
	p->in_message = p->failed = false;
	p->spool.n = 0;
}

static void
answer_envelope(struct play *p, enum pop_smtp_event event)
{
	static const unsigned codes[] = { 250, 250, 250, 250, 250, 450, 550,
		354, 421 };
	unsigned code = codes[next_random(&p->answers) % 9];

	pop_smtp_answer(p->s, code, code == 250 ? "2.1.5" : NULL, "x\r\ny",
	    &p->out);
	if (code == 250 && event == POP_SMTP_RCPT)
		p->rcpts++;
	if (code == 250 && event == POP_SMTP_DATA)
		message_begins(p);
	must(event != POP_SMTP_DATA ||
	    pop_smtp_in_message(p->s) == p->in_message);
}

static void
answer_end(struct play *p)
{
	unsigned n = (p->choice & IS_LMTP) ? p->rcpts : 1;

	must(p->in_message && !p->failed && p->rcpts > 0);
	must(pop_smtp_in_message(p->s));
	check_message(p);
	note(p, "stored ", buf_span(&p->spool));
	hear(p);
	for (unsigned i = 0; i < n; i++) {
		pop_smtp_result(p->s, next_random(&p->answers) & 1 ? 250 :
		    452, NULL, "", &p->out);
		must(hear(p) == 1);
	}
	pop_smtp_result(p->s, 250, NULL, "one too many", &p->out);
	must(hear(p) == 0);
	must(!pop_smtp_in_message(p->s));
	forget(p);
}

static void
take_piece(struct play *p, struct pop_span piece)
{
	must(p->in_message && !p->failed && piece.n > 0);
	must(buf_append(&p->spool, piece.p, piece.n) == 0);
	if ((p->choice & SPOOL_FAILS) && p->spool.n > 20) {
		pop_smtp_spool_failed(p->s, 451, "4.3.0", "store error");
		p->failed = true;
	}
}

static void
handle(struct play *p, enum pop_smtp_event event,
    const struct pop_smtp_info *i)
{
	check_text(i->name, false);
	check_text(i->path, i->utf8);
	check_text(i->local, i->utf8);
	check_text(i->domain, i->utf8);
	switch (event) {
	case POP_SMTP_MORE:
	case POP_SMTP_FULL:
		break;
	case POP_SMTP_WAIT:
		must(false);
		break;
	case POP_SMTP_HELO:
		must(i->name.n > 0 && p->rcpts == 0);
		note(p, "helo ", i->name);
		break;
	case POP_SMTP_MAIL:
		must(p->rcpts == 0 && !p->in_message);
		note(p, "mail ", i->path);
		answer_envelope(p, event);
		break;
	case POP_SMTP_RCPT:
		must(!p->in_message && i->local.n > 0);
		note(p, "rcpt ", i->path);
		answer_envelope(p, event);
		break;
	case POP_SMTP_DATA:
		must(!p->in_message && p->rcpts > 0);
		note(p, "data", span_of("", 0));
		answer_envelope(p, event);
		break;
	case POP_SMTP_PIECE:
		take_piece(p, i->piece);
		break;
	case POP_SMTP_END:
		note(p, "end", span_of("", 0));
		answer_end(p);
		break;
	case POP_SMTP_ABORT:
		note(p, "abort", span_of("", 0));
		check_refused(p);
		must(!pop_smtp_in_message(p->s));
		forget(p);
		break;
	case POP_SMTP_TLS:
		must((p->choice & HAS_TLS) && !p->in_message);
		note(p, "tls", span_of("", 0));
		pop_smtp_tls_started(p->s);
		break;
	case POP_SMTP_CLOSE:
		note(p, "close", span_of("", 0));
		p->closed = true;
		break;
	}
}

/* Presents n octets until the machine wants more: how many it used. */
static size_t
present(struct play *p, const unsigned char *data, size_t n)
{
	size_t used = 0;
	enum pop_smtp_event event;

	do {
		unsigned char *copy = malloc(n - used + 1);
		struct pop_span in = { copy, n - used };
		struct pop_smtp_info info;

		must(copy != NULL);
		memcpy(copy, data + used, n - used);
		event = pop_smtp_step(p->s, &in, &p->out, &info);
		must(in.n <= n - used && in.p == copy + (n - used - in.n));
		must(event != POP_SMTP_FULL || p->out.n > 0);
		must(buf_append(&p->fed, data + used, n - in.n - used) == 0);
		used = n - in.n;
		hear(p);
		handle(p, event, &info);
		hear(p);
		free(copy);
	} while (event != POP_SMTP_MORE && !p->closed);
	must(p->closed || n - used <= pop_smtp_line_max(p->s));
	return used;
}

/* What the client says without waiting. */
static size_t
say(struct play *p, const unsigned char *data, size_t from, size_t n)
{
	size_t end = p->small_pieces ? from : n;

	while (end < n && !p->closed) {
		end += 1 + next_random(&p->cuts) % 13;
		if (end > n)
			end = n;
		from += present(p, data + from, end - from);
	}
	if (!p->closed && !p->small_pieces)
		from += present(p, data + from, end - from);
	return from;
}

static void
play(struct play *p, const unsigned char *data, size_t n)
{
	struct pop_smtp_config config = { .hostname = "pop.example.net",
		.size_max = (p->choice & SMALL) ? 200 : 0,
		.recipients_max = 5, .bad_commands_max = 30,
		.received_max = RECEIVED_MAX };
	void *mem = malloc(pop_smtp_size());
	size_t from = 0;

	config.flags = p->choice & 15;
	p->out.size = p->small_pieces ? POP_OUT_MIN : OUT_SIZE;
	p->out.p = malloc(p->out.size);
	must(mem != NULL && p->out.p != NULL);
	buf_init(&p->log, 1 << 24);
	buf_init(&p->spool, 1 << 24);
	buf_init(&p->fed, 1 << 24);
	p->s = pop_smtp_init(mem, &config, (p->choice & TLS_ON) != 0,
	    &p->out);
	hear(p);
	for (size_t i = 0; i <= n && !p->closed; i++) {
		if (i < n && data[i] != 1)
			continue;
		/* an unfinished line goes on behind the wait */
		from = say(p, data, from, i);
		if (from == i)
			from = i + 1;
		else
			break;
	}
	check_unfinished(p);
	free(mem);
	free(p->out.p);
	buf_release(&p->spool);
	buf_release(&p->fed);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct play whole = { 0 }, pieces = { .small_pieces = true };

	if (n < 2)
		return 0;
	whole.choice = pieces.choice = data[0];
	whole.answers = pieces.answers = pieces.cuts = data[1];
	play(&whole, data + 2, n - 2);
	play(&pieces, data + 2, n - 2);
	/* What is forbidden behind DATA and STARTTLS can only be seen when it
	 * comes at once; when the store fails depends on the pieces. */
	if (!whole.violated && !pieces.violated &&
	    !(whole.choice & SPOOL_FAILS))
		must(span_eq(buf_span(&whole.log), buf_span(&pieces.log)));
	buf_release(&whole.log);
	buf_release(&pieces.log);
	return 0;
}
