/* SPDX-License-Identifier: ISC
 *
 * conform_words: the words of `needs:` (tests/wire/README.md) out of what a
 * server has said.  Only reads texts; conform_look asks for them.
 */
#include <strings.h>

#include "base/num.h"
#include "client/conform_internal.h"

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
		{ s->clear, "clear" },
		{ !s->clear && !s->clear_untried, "tls-only" },
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

