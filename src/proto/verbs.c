/* SPDX-License-Identifier: ISC
 *
 * verbs: see verbs.h.  Reads syntax alone: whether a message exists or a
 * login is welcome is not decided here.
 */
#include "proto/verbs.h"

#include "base/num.h"

enum {
	A = IN_AUTHORIZATION,
	T = IN_TRANSACTION
};

/* in the order of enum verb_id */
static const struct verb verbs[] = {
	{ VERB_APOP, "APOP", "APOP name digest", ARGS_WORD_WORD, A,
	    REPLY_LINE },
	{ VERB_AUTH, "AUTH", "AUTH [mechanism [response]]", ARGS_UP_TO_TWO, A,
	    REPLY_LINES_BARE },
	{ VERB_CAPA, "CAPA", "CAPA", ARGS_NONE, A | T, REPLY_LINES },
	{ VERB_DELE, "DELE", "DELE message", ARGS_NUMBER, T, REPLY_LINE },
	{ VERB_LAST, "LAST", "LAST", ARGS_NONE, T, REPLY_LINE },
	{ VERB_LIST, "LIST", "LIST [message]", ARGS_MAYBE_NUMBER, T,
	    REPLY_LINES_BARE },
	{ VERB_NOOP, "NOOP", "NOOP", ARGS_NONE, T, REPLY_LINE },
	{ VERB_PASS, "PASS", "PASS password", ARGS_REST, A, REPLY_LINE },
	{ VERB_QUIT, "QUIT", "QUIT", ARGS_NONE, A | T, REPLY_LINE },
	{ VERB_RETR, "RETR", "RETR message", ARGS_NUMBER, T, REPLY_LINES },
	{ VERB_RSET, "RSET", "RSET", ARGS_NONE, T, REPLY_LINE },
	{ VERB_STAT, "STAT", "STAT", ARGS_NONE, T, REPLY_LINE },
	{ VERB_STLS, "STLS", "STLS", ARGS_NONE, A, REPLY_LINE },
	{ VERB_TOP, "TOP", "TOP message lines", ARGS_NUMBER_LINES, T,
	    REPLY_LINES },
	{ VERB_UIDL, "UIDL", "UIDL [message]", ARGS_MAYBE_NUMBER, T,
	    REPLY_LINES_BARE },
	{ VERB_USER, "USER", "USER name", ARGS_WORD, A, REPLY_LINE },
	{ VERB_UTF8, "UTF8", "UTF8", ARGS_NONE, A, REPLY_LINE },
};

const struct verb *
verb_get(enum verb_id id)
{
	return &verbs[id];
}

const struct verb *
verb_find(struct pop_span line, struct pop_span *rest_r)
{
	const unsigned char *sp = NULL;
	struct pop_span name = line;

	if (line.n > 0)
		sp = memchr(line.p, ' ', line.n);
	if (sp != NULL)
		name.n = (size_t)(sp - line.p);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!span_eq_nocase(name, span_str(verbs[i].name)))
			continue;
		span_skip(&line, name.n);
		*rest_r = line;
		return &verbs[i];
	}
	return NULL;
}

/* Splits " one two": -1 for more than two words or SP where a word should
 * be. SP at the end is forgiven. */
static int
split_words(struct pop_span rest, struct verb_call *call)
{
	while (rest.n > 0 && rest.p[rest.n - 1] == ' ')
		rest.n--;
	call->words = 0;
	while (rest.n > 0) {
		const unsigned char *sp;
		struct pop_span word;

		span_skip(&rest, 1);
		word = rest;
		sp = memchr(rest.p, ' ', rest.n);
		if (sp != NULL)
			word.n = (size_t)(sp - rest.p);
		if (word.n == 0 || call->words == 2)
			return -1;
		call->word[call->words++] = word;
		span_skip(&rest, word.n);
	}
	return 0;
}

static int
read_numbers(struct verb_call *call)
{
	if (call->words > 0 &&
	    num_parse_u64(call->word[0], UINT64_MAX, &call->number) != 0)
		return -1;
	if (call->words > 1 &&
	    num_parse_u64(call->word[1], UINT64_MAX, &call->lines) != 0)
		return -1;
	return 0;
}

int
verb_args(struct pop_span rest, struct verb_call *call_r)
{
	static const struct {
		unsigned char least, most, numbers;
	} rules[] = {
		[ARGS_NONE] = { 0, 0, 0 },
		[ARGS_REST] = { 1, 1, 0 },
		[ARGS_WORD] = { 1, 1, 0 },
		[ARGS_WORD_WORD] = { 2, 2, 0 },
		[ARGS_UP_TO_TWO] = { 0, 2, 0 },
		[ARGS_NUMBER] = { 1, 1, 1 },
		[ARGS_MAYBE_NUMBER] = { 0, 1, 1 },
		[ARGS_NUMBER_LINES] = { 2, 2, 1 },
	};
	enum verb_args args = call_r->verb->args;

	if (args == ARGS_REST) {
		if (rest.n == 0)
			return -1;
		span_skip(&rest, 1);
		call_r->words = 1;
		call_r->word[0] = rest;
		return 0;
	}
	if (split_words(rest, call_r) != 0 ||
	    call_r->words < rules[args].least ||
	    call_r->words > rules[args].most)
		return -1;
	return rules[args].numbers ? read_numbers(call_r) : 0;
}

bool
verb_printable(struct pop_span line)
{
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] < 0x20 || line.p[i] > 0x7e)
			return false;
	return true;
}
