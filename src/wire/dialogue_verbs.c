/* SPDX-License-Identifier: ISC
 *
 * dialogue_verbs.c: reads the lines of a dialogue that begin with a verb:
 * connections, lists that were kept, the store.  dialogue.c has the lines
 * that begin with C and S, and branches.
 */
#include "wire/case_parse.h"

/* ---- connections --------------------------------------------------------- */

static int
connection_number(struct pop_span w, uint64_t *n_r)
{
	if (parse_number(w, n_r) != 0 || *n_r == 0 || *n_r > WIRE_CONNS)
		return -1;
	return 0;
}

int
parse_connect(struct parse *p, struct wire_stmt *s)
{
	s->op = OP_CONNECT;
	s->number = 1;
	s->proto = p->c->proto;
	if (parse_words(p, s) != 0)
		return -1;
	for (size_t i = 0; i < s->words; i++) {
		if (i == 0 && connection_number(s->word[0], &s->number) == 0)
			continue;
		if (parse_word_is(s, i, "tls"))
			s->tls = WIRE_TLS;
		else if (parse_word_is(s, i, "cert") && s->tls == WIRE_TLS)
			s->tls = WIRE_TLS_CERT;
		else if (parse_word_is(s, i, "tls-raw"))
			s->tls = WIRE_TLS_RAW;
		else if (parse_proto(s->word[i], &s->proto) != 0)
			return parse_usage(p, s,
			    "connect [N] [tls] [protocol]");
	}
	p->c->uses_pop3s = p->c->uses_pop3s || s->tls != WIRE_PLAIN;
	if (s->tls == WIRE_TLS_RAW && p->c->only != WIRE_SOCKET)
		return parse_usage(p, s, "tls-raw is `only: socket`");
	return 0;
}

int
parse_use(struct parse *p, struct wire_stmt *s)
{
	s->op = OP_USE;
	if (parse_words(p, s) != 0 || s->words != 1 ||
	    connection_number(s->word[0], &s->number) != 0)
		return parse_usage(p, s, "use N");
	return 0;
}

int
parse_drop(struct parse *p, struct wire_stmt *s)
{
	s->op = OP_DROP;
	return s->text.n == 0 ? 0 : parse_usage(p, s, "drop");
}

int
parse_tls(struct parse *p, struct wire_stmt *s)
{
	s->op = OP_STARTTLS;
	s->tls = WIRE_TLS;
	p->c->uses_tls = true;
	if (parse_words(p, s) != 0)
		return -1;
	if (s->words == 0)
		return 0;
	if (s->words == 1 && parse_word_is(s, 0, "cert")) {
		s->tls = WIRE_TLS_CERT;
		return 0;
	}
	s->tls = WIRE_TLS_OLD;
	s->number = parse_word_is(s, 0, "1.0") ? 10 : 11;
	if (s->words != 2 || !parse_word_is(s, 1, "refused") ||
	    (s->number == 11 && !parse_word_is(s, 0, "1.1")))
		return parse_usage(p, s,
		    "`tls`, `tls cert`, `tls 1.1 refused`");
	if (p->c->only != WIRE_SOCKET)
		return parse_usage(p, s, "old TLS is `only: socket`");
	return 0;
}

int
parse_try(struct parse *p, struct wire_stmt *s)
{
	if (!span_eq(s->text, span_str("tls")))
		return parse_usage(p, s, "try tls");
	s->text.n = 0;
	s->may_fail = true;
	return parse_tls(p, s);
}

int
parse_login(struct parse *p, struct wire_stmt *s)
{
	struct pop_span raw = s->text;

	s->op = OP_LOGIN;
	if (raw.n == 0)
		return 0;
	s->word[0] = case_word(&raw);
	s->words = 1;
	if (raw.n < 2)
		return parse_usage(p, s, "login [NAME PASSWORD]");
	span_skip(&raw, 1);
	s->text = raw;
	return parse_check_raw(p, raw);
}

int
parse_pause(struct parse *p, struct wire_stmt *s)
{
	s->op = OP_PAUSE;
	if (p->c->only != WIRE_SOCKET)
		return parse_usage(p, s, "pause is `only: socket`");
	return parse_number(s->text, &s->number) == 0 ? 0 :
	    parse_usage(p, s, "pause SECONDS");
}

/* ---- variables, sets, the store ------------------------------------------ */

int
parse_differ(struct parse *p, struct wire_stmt *s)
{
	s->op = OP_DIFFER;
	if (parse_words(p, s) != 0 || s->words != 2)
		return parse_usage(p, s, "differ A B");
	return 0;
}

int
parse_capa(struct parse *p, struct wire_stmt *s)
{
	if (parse_words(p, s) != 0)
		return -1;
	if (s->words >= 3 && parse_word_is(s, 1, "has"))
		s->op = OP_HAS;
	else if (s->words >= 3 && parse_word_is(s, 1, "lacks"))
		s->op = OP_LACKS;
	else if (parse_word_is(s, 1, "within") && (s->words == 3 ||
	    (s->words > 4 && parse_word_is(s, 3, "except"))))
		s->op = OP_WITHIN;
	else
		return parse_usage(p, s, "capa NAME has, lacks or within");
	return 0;
}

int
parse_store(struct parse *p, struct wire_stmt *s)
{
	static const struct { const char *word; size_t args; } kinds[] = {
		{ "deliver", 2 }, { "remove", 2 }, { "flags", 3 },
		{ "readonly", 1 }, { "writable", 1 }, { "corrupt", 1 },
		{ "down", 1 }, { "full", 1 }, { "names", 2 },
	};
	struct pop_span rest = s->text;
	size_t i;

	s->op = OP_STORE;
	p->c->uses_store = true;
	s->word[0] = case_word(&rest);
	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (span_eq(s->word[0], span_str(kinds[i].word)))
			break;
	}
	if (i == sizeof kinds / sizeof *kinds)
		return parse_usage(p, s, "store what?");
	if (i > 0) {
		if (parse_words(p, s) != 0 || s->words != kinds[i].args + 1)
			return parse_usage(p, s, "store: count of words");
		return 0;
	}
	s->word[1] = case_word(&rest);
	if (s->word[1].n == 0 || rest.n < 2)
		return parse_usage(p, s, "store deliver USER RAW");
	span_skip(&rest, 1);
	s->word[2] = rest;
	s->words = 3;
	return parse_check_raw(p, rest);
}

static int
stored_line(struct parse *p, struct pop_span line, bool is_glob)
{
	struct wire_stmt s = { .op = OP_STORED_LINE, .line = p->line,
	    .repeat = 1 };

	span_skip(&line, line.n > 1 ? 2 : 1);
	s.text = line;
	if ((is_glob ? parse_check_glob(p, line) :
	    parse_check_raw(p, line)) != 0)
		return -1;
	return parse_add(p, &s);
}

/* `stored USER COUNT`, `stored USER N is|trace` and its `| ` lines */
int
parse_stored(struct parse *p, struct wire_stmt *s)
{
	struct pop_span line;

	s->op = OP_STORED;
	p->c->uses_store = true;
	if (parse_words(p, s) != 0 || s->words < 2 || s->words > 3 ||
	    parse_number(s->word[1], &s->number) != 0)
		return parse_usage(p, s, "stored USER N [is|trace]");
	if (s->words == 2)
		return parse_add(p, s);
	s->is_top = parse_word_is(s, 2, "trace");
	if ((!s->is_top && !parse_word_is(s, 2, "is")) || s->number == 0)
		return parse_usage(p, s, "stored USER N [is|trace]");
	if (s->is_top && p->c->only != WIRE_SOCKET)
		return parse_usage(p, s, "trace is `only: socket`");
	if (parse_add(p, s) != 0)
		return -1;
	while (p->rest.n > 0 && p->rest.p[0] == '|' && parse_line(p, &line)) {
		if (line.n > 1 && line.p[1] != ' ')
			return parse_fail(p, "a space behind the mark", line);
		if (stored_line(p, line, s->is_top) != 0)
			return -1;
	}
	return 0;
}

