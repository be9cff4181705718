/* SPDX-License-Identifier: ISC
 *
 * pop_model: see pop_model.h.  Written from RFC 1939, 2449, 2595, 5034 and
 * the promises of pop.h, and from nothing in src/proto: it must go on being
 * another opinion.  Texts for people are not compared.
 */
#include "pop_model.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

struct model {
	const struct pop_case *c;
	struct pop_span in, wire;	/* what is left of them */
	struct buf events;
	uint32_t random;
	int transaction, tls, in_sasl, closing;
	unsigned bad, failures;
	char name[256];			/* of USER; "" for none */
	int deleted[POP_MESSAGES];
	unsigned last;
};

void
need(int truth)
{
	if (!truth)
		abort();
}

uint32_t
pop_random(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

void
pop_canonical(struct pop_span stored, struct buf *out)
{
	for (size_t i = 0; i < stored.n; i++) {
		if (stored.p[i] == '\n' && (i == 0 || stored.p[i - 1] != '\r'))
			need(buf_append_str(out, "\r") == BUF_OK);
		need(buf_append(out, stored.p + i, 1) == BUF_OK);
	}
	if (stored.n > 0 && stored.p[stored.n - 1] != '\n')
		need(buf_append_str(out, "\r\n") == BUF_OK);
}

void
pop_event(struct buf *out, char kind, struct pop_span a, struct pop_span b)
{
	need(buf_append(out, &kind, 1) == BUF_OK);
	need(buf_append(out, a.p, a.n) == BUF_OK);
	need(buf_append(out, "", 1) == BUF_OK);
	need(buf_append(out, b.p, b.n) == BUF_OK);
	need(buf_append(out, "", 1) == BUF_OK);
}

/* ---- what the server has sent -------------------------------------------- */

/* the next line of the wire, without its CRLF */
static struct pop_span
wire_line(struct model *m)
{
	struct pop_span line = m->wire;
	const unsigned char *lf = m->wire.n == 0 ? NULL :
	    memchr(m->wire.p, '\n', m->wire.n);

	need(lf != NULL && lf > line.p && lf[-1] == '\r');
	line.n = (size_t)(lf - line.p) - 1;
	span_skip(&m->wire, line.n + 2);
	return line;
}

static void
expect_octets(struct model *m, struct pop_span s)
{
	need(m->wire.n >= s.n);
	if (s.n > 0)
		need(memcmp(m->wire.p, s.p, s.n) == 0);
	span_skip(&m->wire, s.n);
}

/* A status line that begins so; `rest` says whether more may follow. */
static void
expect(struct model *m, const char *begin, int rest)
{
	struct pop_span line = wire_line(m);
	size_t n = strlen(begin);

	need(line.n + 2 <= POP_REPLY_MAX && line.n >= n);
	need(memcmp(line.p, begin, n) == 0 && (rest || line.n == n));
	for (size_t i = 0; i < line.n; i++)
		need(line.p[i] >= 0x20 && line.p[i] <= 0x7e);
	/* a code is there when it was asked for, and only then */
	if (rest && n == 5 && line.n > 5)
		need(line.p[5] != '[');
}

static void
expect_ok(struct model *m)
{
	expect(m, "+OK ", 1);
}

static void
expect_err(struct model *m)
{
	expect(m, "-ERR ", 1);
}

static void
expect_numbers(struct model *m, uint64_t a, uint64_t b)
{
	char text[80];

	need(text_format(text, sizeof(text), "+OK %llu %llu",
	    (unsigned long long)a, (unsigned long long)b) == 0);
	expect(m, text, 0);
}

static void
expect_failure(struct model *m, unsigned code)
{
	static const char *const codes[] = { "-ERR ", "-ERR [AUTH] ",
		"-ERR [IN-USE] ", "-ERR [LOGIN-DELAY] ", "-ERR [SYS/TEMP] ",
		"-ERR [SYS/PERM] " };

	expect(m, codes[code], 1);
}

/* ---- counting ------------------------------------------------------------ */

static void
bad(struct model *m)
{
	unsigned max = m->c->config.bad_commands_max;

	expect_err(m);
	if (++m->bad >= (max ? max : 20))
		m->closing = 1;
}

static void
count_failure(struct model *m)
{
	unsigned max = m->c->config.auth_failures_max;

	if (++m->failures >= (max ? max : 5))
		m->closing = 1;
}

/* an exchange is over before its end */
static void
cancel(struct model *m)
{
	m->in_sasl = 0;
	pop_event(&m->events, 'c', span_of("", 0), span_of("", 0));
	expect_err(m);
	count_failure(m);
}

static void
refuse(struct model *m)
{
	m->name[0] = '\0';
	if (m->in_sasl)
		cancel(m);
	else
		bad(m);
}

static uint64_t
alive(const struct model *m, unsigned *count_r)
{
	uint64_t octets = 0;

	*count_r = 0;
	for (unsigned i = 0; i < POP_MESSAGES; i++) {
		*count_r += !m->deleted[i];
		octets += m->deleted[i] ? 0 : m->c->octets[i];
	}
	return octets;
}

/* ---- AUTHORIZATION ------------------------------------------------------- */

static int
clear_ok(const struct model *m)
{
	return m->tls || (m->c->config.flags & POP_SERVER_CLEAR_OK);
}

/* The value of one base64 digit, or -1. */
static int
digit(unsigned char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* RFC 4648 sections 3.3 and 3.5: nothing foreign, unused bits zero */
static int
is_base64(struct pop_span s)
{
	size_t pad = 0;

	if (s.n % 4 != 0)
		return 0;
	while (pad < 2 && pad < s.n && s.p[s.n - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < s.n - pad; i++)
		if (digit(s.p[i]) < 0)
			return 0;
	if (pad == 1)
		return digit(s.p[s.n - 2]) % 4 == 0;
	if (pad == 2)
		return digit(s.p[s.n - 3]) % 16 == 0;
	return 1;
}

static int
is_clear_mechanism(const char *name)
{
	return strcasecmp(name, "PLAIN") == 0 ||
	    strcasecmp(name, "LOGIN") == 0 ||
	    strcasecmp(name, "XOAUTH2") == 0 ||
	    strcasecmp(name, "OAUTHBEARER") == 0;
}

enum { OFFERED_MAX = 100, NAME_SIZE = 21 };

/* the mechanisms that may be used now */
static unsigned
offered(const struct model *m, char names_r[OFFERED_MAX][NAME_SIZE])
{
	const char *s = m->tls ? m->c->config.mechanisms_tls :
	    m->c->config.mechanisms_clear;
	unsigned count = 0;

	while (s != NULL && *s != '\0') {
		size_t n = strcspn(s, " ");
		size_t good = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
		    "abcdefghijklmnopqrstuvwxyz0123456789");

		need(count < OFFERED_MAX);
		if (n > 0 && n < NAME_SIZE && good == n) {
			memcpy(names_r[count], s, n);
			names_r[count][n] = '\0';
			count += clear_ok(m) ||
			    !is_clear_mechanism(names_r[count]);
		}
		s += n + (s[n] == ' ');
	}
	return count;
}

static int
is_line(struct pop_span line, const char *text)
{
	return span_eq(line, span_str(text));
}

/* "SASL A B ..." in the order of the list, cut only by the line's limit */
static void
check_sasl(struct pop_span line, char names[OFFERED_MAX][NAME_SIZE],
    unsigned count)
{
	char text[OFFERED_MAX * NAME_SIZE + 8] = "SASL";
	size_t n = 4;

	for (unsigned i = 0; i < count; i++) {
		size_t more = 1 + strlen(names[i]);

		if (n + more + 2 > POP_REPLY_MAX)
			break;
		text[n] = ' ';
		memcpy(text + n + 1, names[i], more);
		n += more;
	}
	need(is_line(line, text));
}

static void
check_capa(struct model *m)
{
	char names[OFFERED_MAX][NAME_SIZE];
	unsigned count = offered(m, names), seen = 0, must = 31;
	const char *impl = m->c->config.implementation;

	must |= clear_ok(m) ? 32U : 0;
	must |= count > 0 ? 64U : 0;
	if (!m->transaction && !m->tls &&
	    (m->c->config.flags & POP_SERVER_HAS_TLS))
		must |= 128;
	must |= impl != NULL && *impl != '\0' ? 256U : 0;
	expect_ok(m);
	for (;;) {
		static const char *const words[] = { "TOP", "UIDL",
			"RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "USER" };
		struct pop_span line = wire_line(m);
		unsigned bit = 0;

		need(line.n + 2 <= POP_REPLY_MAX);
		if (is_line(line, "."))
			break;
		for (unsigned i = 0; i < 6; i++)
			bit |= (unsigned)is_line(line, words[i]) << i;
		if (line.n > 4 && memcmp(line.p, "SASL", 4) == 0) {
			check_sasl(line, names, count);
			bit = 64;
		} else if (is_line(line, "STLS")) {
			bit = 128;
		} else if (line.n > 15 &&
		    memcmp(line.p, "IMPLEMENTATION ", 15) == 0) {
			span_skip(&line, 15);
			need(impl != NULL && strlen(impl) >= line.n &&
			    memcmp(impl, line.p, line.n) == 0);
			bit = 256;
		}
		need(bit != 0 && (seen & bit) == 0);
		seen |= bit;
	}
	need(seen == must);
}

static void
list_mechanisms(struct model *m)
{
	char names[OFFERED_MAX][NAME_SIZE];
	unsigned count = offered(m, names);

	expect_ok(m);
	for (unsigned i = 0; i <= count; i++) {
		struct pop_span line = wire_line(m);

		if (is_line(line, "."))
			return;		/* cut for its length, or the end */
		need(i < count && is_line(line, names[i]));
	}
	need(0);
}

/* The caller's answer to a login, drawn as fuzz_pop_server.c draws it. */
static void
login(struct model *m, int sasl)
{
	uint32_t r = pop_random(&m->random) % 8;

	m->name[0] = '\0';
	if (sasl && r < 4) {
		size_t n = pop_random(&m->random) % 40;
		struct pop_span line = wire_line(m);

		need(line.n == 2 + (n + 2) / 3 * 4);
		need(memcmp(line.p, "+ ", 2) == 0);
		m->in_sasl = 1;
	} else if (r == 7) {
		expect_failure(m, pop_random(&m->random) % 6);
		count_failure(m);
	} else {
		expect_ok(m);
		m->transaction = 1;
		m->bad = 0;
	}
}

static void
auth(struct model *m, int words, struct pop_span word[2])
{
	char names[OFFERED_MAX][NAME_SIZE];
	unsigned count = offered(m, names), i = 0;
	char name[256];

	if (words == 0) {
		list_mechanisms(m);
		return;
	}
	need(word[0].n < POP_SASL_MAX);
	while (i < count && !span_eq_nocase(word[0], span_str(names[i])))
		i++;
	if (i == count) {
		size_t n = word[0].n < 255 ? word[0].n : 255;

		memcpy(name, word[0].p, n);
		name[n] = '\0';
		if (is_clear_mechanism(name) && !clear_ok(m))
			expect_err(m);
		else
			bad(m);
		return;
	}
	if (words == 2 && is_line(word[1], "="))
		word[1].n = 0;
	else if (words == 2 && !is_base64(word[1])) {
		bad(m);
		return;
	}
	pop_event(&m->events, words == 2 ? 'A' : 'a', span_str(names[i]),
	    words == 2 ? word[1] : span_of("", 0));
	login(m, 1);
}

static void
sasl_line(struct model *m, struct pop_span line)
{
	if (!is_base64(line)) {		/* "*", too */
		cancel(m);
		return;
	}
	m->in_sasl = 0;
	pop_event(&m->events, 'd', span_of("", 0), line);
	login(m, 1);
}

static void
stls(struct model *m)
{
	size_t at = m->c->input.n - m->in.n;
	size_t shown = (at + m->c->piece - 1) / m->c->piece * m->c->piece;

	if (m->tls || !(m->c->config.flags & POP_SERVER_HAS_TLS)) {
		bad(m);
	} else if (m->in.n > 0 && shown > at) {
		/* RFC 2595 section 4: it came in the clear */
		expect_err(m);
		m->closing = 1;
	} else {
		expect_ok(m);
		pop_event(&m->events, 't', span_of("", 0), span_of("", 0));
		m->tls = 1;
		m->bad = 0;
		m->name[0] = '\0';
	}
}

/* ---- TRANSACTION --------------------------------------------------------- */

/* 1..POP_MESSAGES, or 0 and the reply is seen */
static unsigned
message(struct model *m, uint64_t number)
{
	if (number >= 1 && number <= POP_MESSAGES && !m->deleted[number - 1])
		return (unsigned)number;
	expect_err(m);
	return 0;
}

static void
row(const struct model *m, int is_list, unsigned i, struct buf *out)
{
	char text[80];

	need(text_format(text, sizeof(text), "%u ", i + 1) == 0);
	need(buf_append_str(out, text) == BUF_OK);
	if (!is_list) {
		need(buf_append(out, m->c->uidl[i].p, m->c->uidl[i].n) ==
		    BUF_OK);
		return;
	}
	need(text_format(text, sizeof(text), "%llu",
	    (unsigned long long)m->c->octets[i]) == 0);
	need(buf_append_str(out, text) == BUF_OK);
}

static void
list(struct model *m, int is_list, int words, uint64_t number)
{
	struct buf text;
	unsigned i;

	buf_init(&text, 4096);
	if (words > 0) {
		i = message(m, number);
		if (i == 0)
			return;
		need(buf_append_str(&text, "+OK ") == BUF_OK);
		row(m, is_list, i - 1, &text);
	} else {
		expect_ok(m);
		for (i = 0; i < POP_MESSAGES; i++) {
			if (m->deleted[i])
				continue;
			row(m, is_list, i, &text);
			need(buf_append_str(&text, "\r\n") == BUF_OK);
		}
		need(buf_append_str(&text, ".") == BUF_OK);
	}
	need(buf_append_str(&text, "\r\n") == BUF_OK);
	expect_octets(m, buf_span(&text));
	buf_release(&text);
}

/* How much of a canonical message TOP shows: the header with its empty line,
 * then so many lines. */
static size_t
top_size(struct pop_span text, uint64_t lines)
{
	size_t start = 0;
	int in_body = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '\n')
			continue;
		if (in_body && lines-- == 1)
			return i + 1;
		if (!in_body && i - start == 1 && text.p[start] == '\r') {
			in_body = 1;
			if (lines == 0)
				return i + 1;
		}
		start = i + 1;
	}
	return text.n;
}

static void
expect_message(struct model *m, struct pop_span text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '.' && (i == 0 || text.p[i - 1] == '\n'))
			expect_octets(m, span_of(".", 1));
		expect_octets(m, span_of(text.p + i, 1));
	}
	expect_octets(m, span_of(".\r\n", 3));
}

static void
body(struct model *m, int is_top, uint64_t number, uint64_t lines)
{
	unsigned i = message(m, number);
	char text[80];
	struct buf whole;
	struct pop_span s;

	if (i == 0)
		return;
	need(text_format(text, sizeof(text), "%u", i) == 0);
	pop_event(&m->events, is_top ? 'T' : 'R', span_str(text),
	    span_of("", 0));
	if (pop_random(&m->random) % 8 == 0) {
		expect_failure(m, POP_FAIL_SYS_TEMP);
		return;
	}
	buf_init(&whole, 1 << 20);
	pop_canonical(m->c->message[i - 1], &whole);
	s = buf_span(&whole);
	need(s.n == m->c->octets[i - 1]);
	if (is_top) {
		expect_ok(m);
		s.n = top_size(s, lines);
	} else {
		need(text_format(text, sizeof(text), "+OK %zu octet", s.n) ==
		    0);
		expect(m, text, 1);
		m->last = i > m->last ? i : m->last;
	}
	expect_message(m, s);
	buf_release(&whole);
}

static void
dele(struct model *m, uint64_t number)
{
	unsigned i = message(m, number);

	if (i == 0)
		return;
	expect_ok(m);
	m->deleted[i - 1] = 1;
	m->last = i > m->last ? i : m->last;
}

static void
quit(struct model *m)
{
	char marks[POP_MESSAGES];

	m->closing = 1;
	if (!m->transaction) {
		expect_ok(m);
		return;
	}
	for (int i = 0; i < POP_MESSAGES; i++)
		marks[i] = m->deleted[i] ? 'x' : '-';
	pop_event(&m->events, 'C', span_of(marks, sizeof(marks)),
	    span_of("", 0));
	if (pop_random(&m->random) % 3 == POP_COMMIT_DONE)
		expect_ok(m);
	else
		expect_failure(m, POP_FAIL_SYS_TEMP);
}

static void
stat(struct model *m)
{
	unsigned count;
	uint64_t octets = alive(m, &count);

	expect_numbers(m, count, octets);
}

/* ---- commands ------------------------------------------------------------ */

static void
user(struct model *m, struct pop_span name)
{
	m->name[0] = '\0';
	if (!clear_ok(m)) {
		expect_err(m);
		return;
	}
	expect_ok(m);
	need(name.n < sizeof(m->name));
	memcpy(m->name, name.p, name.n);
	m->name[name.n] = '\0';
}

static void
pass(struct model *m, struct pop_span secret)
{
	if (!clear_ok(m)) {
		expect_err(m);
	} else if (m->name[0] == '\0') {
		bad(m);
	} else {
		pop_event(&m->events, 'P', span_str(m->name), secret);
		login(m, 0);
	}
}

/* no stamp, no APOP */
static void
apop(struct model *m, const struct pop_span word[2])
{
	if (m->c->stamp == NULL) {
		bad(m);
		return;
	}
	pop_event(&m->events, 'O', word[0], word[1]);
	login(m, 0);
}

static void
rset(struct model *m)
{
	expect_ok(m);
	memset(m->deleted, 0, sizeof(m->deleted));
	m->last = 0;
}

static void
last(struct model *m)
{
	char text[40];

	need(text_format(text, sizeof(text), "+OK %u", m->last) == 0);
	expect(m, text, 0);
}

enum verb { APOP, AUTH, CAPA, DELE, LAST, LIST, NOOP, PASS, QUIT, RETR, RSET,
	STAT, STLS, TOP, UIDL, USER };

/* min and max words; # for numbers, R for the untouched rest of the line */
static const struct command {
	enum verb verb;
	const char *name;
	int least, most;
	char kind;
	int authorization, transaction;
} commands[] = {
	{ APOP, "APOP", 2, 2, 'w', 1, 0 }, { AUTH, "AUTH", 0, 2, 'w', 1, 0 },
	{ CAPA, "CAPA", 0, 0, 'w', 1, 1 }, { DELE, "DELE", 1, 1, '#', 0, 1 },
	{ LAST, "LAST", 0, 0, 'w', 0, 1 }, { LIST, "LIST", 0, 1, '#', 0, 1 },
	{ NOOP, "NOOP", 0, 0, 'w', 0, 1 }, { PASS, "PASS", 1, 1, 'R', 1, 0 },
	{ QUIT, "QUIT", 0, 0, 'w', 1, 1 }, { RETR, "RETR", 1, 1, '#', 0, 1 },
	{ RSET, "RSET", 0, 0, 'w', 0, 1 }, { STAT, "STAT", 0, 0, 'w', 0, 1 },
	{ STLS, "STLS", 0, 0, 'w', 1, 0 }, { TOP, "TOP", 2, 2, '#', 0, 1 },
	{ UIDL, "UIDL", 0, 1, '#', 0, 1 }, { USER, "USER", 1, 1, 'w', 1, 0 },
};

/* Words with one blank before each, blanks at the end: their number or -1. */
static int
split(struct pop_span s, struct pop_span word[2])
{
	int count = 0;

	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	for (size_t i = 0; i < s.n; i++) {
		size_t start = ++i;

		while (i < s.n && s.p[i] != ' ')
			i++;
		if (i == start || count == 2)
			return -1;
		word[count++] = span_of(s.p + start, i - start);
		i--;
	}
	return count;
}

/* digits of a number below 2^64 */
static int
number(struct pop_span s, uint64_t *v_r)
{
	static const char max[] = "18446744073709551615";
	uint64_t v = 0;

	if (s.n == 0)
		return 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return 0;
	while (s.n > 1 && s.p[0] == '0')
		span_skip(&s, 1);
	if (s.n > 20 || (s.n == 20 && memcmp(s.p, max, 20) > 0))
		return 0;
	for (size_t i = 0; i < s.n; i++)
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	*v_r = v;
	return 1;
}

static void
run(struct model *m, enum verb verb, int words, struct pop_span word[2],
    const uint64_t v[2])
{
	switch (verb) {
	case APOP: apop(m, word); break;
	case AUTH: auth(m, words, word); break;
	case CAPA: check_capa(m); break;
	case DELE: dele(m, v[0]); break;
	case LAST: last(m); break;
	case LIST: case UIDL: list(m, verb == LIST, words, v[0]); break;
	case NOOP: expect_ok(m); break;
	case PASS: pass(m, word[0]); break;
	case QUIT: quit(m); break;
	case RETR: case TOP: body(m, verb == TOP, v[0], v[1]); break;
	case RSET: rset(m); break;
	case STAT: stat(m); break;
	case STLS: stls(m); break;
	case USER: user(m, word[0]); break;
	}
}

static const struct command *
find(const struct model *m, struct pop_span verb)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (span_eq_nocase(verb, span_str(commands[i].name)) &&
		    (commands[i].verb != LAST ||
		    (m->c->config.flags & POP_SERVER_HAS_LAST)))
			return &commands[i];
	return NULL;
}

static void
command(struct model *m, struct pop_span line)
{
	struct pop_span verb = line, rest = line, word[2] = { { 0 } };
	const struct command *c;
	uint64_t v[2] = { 0 };
	unsigned before = m->bad;
	int words;

	verb.n = 0;
	while (verb.n < line.n && line.p[verb.n] != ' ')
		verb.n++;
	span_skip(&rest, verb.n);
	c = find(m, verb);
	if (c == NULL || !(m->transaction ? c->transaction :
	    c->authorization)) {
		refuse(m);
		return;
	}
	if (c->kind == 'R') {
		words = rest.n > 0;
		span_skip(&rest, (size_t)words);
		word[0] = rest;
	} else {
		words = split(rest, word);
	}
	if (words < c->least || words > c->most) {
		refuse(m);
		return;
	}
	for (int i = 0; c->kind == '#' && i < words; i++)
		if (!number(word[i], &v[i])) {
			refuse(m);
			return;
		}
	run(m, c->verb, words, word, v);
	/* CAPA only asks: clients send it between USER and PASS */
	if (c->verb != USER && c->verb != CAPA)
		m->name[0] = '\0';
	if (m->bad == before)
		m->bad = 0;
}

/* ---- lines --------------------------------------------------------------- */

static size_t
line_max(const struct model *m)
{
	int auth_line = !m->transaction && m->in.n >= 5 &&
	    span_eq_nocase(span_of(m->in.p, 5), span_of("AUTH ", 5));

	return m->in_sasl || auth_line ? POP_SASL_MAX : POP_COMMAND_MAX;
}

/* A line of `n` octets with its LF. */
static void
one_line(struct model *m, size_t n)
{
	struct pop_span line = span_of(m->in.p, n - 1);
	int too_long = n > line_max(m), crlf, printable = 1;

	span_skip(&m->in, n);
	crlf = line.n > 0 && line.p[line.n - 1] == '\r';
	line.n -= (size_t)crlf;
	for (size_t i = 0; i < line.n; i++)
		printable = printable && line.p[i] >= 0x20 && line.p[i] < 0x7f;
	if (too_long || !printable ||
	    (!crlf && (m->c->config.flags & POP_SERVER_STRICT_CRLF)))
		refuse(m);
	else if (m->in_sasl)
		sasl_line(m, line);
	else
		command(m, line);
}

enum { FLOOD = 65536 };		/* octets of one line, then we hang up */

static void
lines(struct model *m)
{
	while (!m->closing && m->in.n > 0) {
		const unsigned char *lf = memchr(m->in.p, '\n', m->in.n);
		size_t n = lf == NULL ? m->in.n :
		    (size_t)(lf - m->in.p) + 1;

		if (n > FLOOD) {
			refuse(m);
			m->closing = 1;
		} else if (lf != NULL) {
			one_line(m, n);
		} else {
			/* of a line that is too long nothing is kept */
			if (n >= line_max(m))
				span_skip(&m->in, n);
			return;
		}
	}
}

static void
greeting(struct model *m)
{
	struct pop_span line, all = m->wire;
	size_t n;

	if (m->c->refused) {
		expect_failure(m, POP_FAIL_SYS_TEMP);
		m->closing = 1;
		return;
	}
	expect_ok(m);
	line = span_of(all.p, all.n - m->wire.n - 2);
	if (m->c->authenticated || m->c->stamp == NULL)
		return;
	n = strlen(m->c->stamp);
	need(line.n > n && memcmp(line.p + line.n - n, m->c->stamp, n) == 0);
}

void
pop_model_check(const struct pop_case *c, const struct pop_seen *seen)
{
	struct model m = { .c = c, .in = c->input, .random = c->random,
		.wire = buf_span(&seen->wire), .tls = c->tls,
		.transaction = c->authenticated };

	buf_init(&m.events, 1 << 28);
	greeting(&m);
	if (c->input.n > 0)
		lines(&m);
	need(m.wire.n == 0);
	need(span_eq(buf_span(&m.events), buf_span(&seen->events)));
	/* whoever is not shown anything cannot say that he closes */
	if (c->input.n > 0)
		need(m.closing == seen->closed);
	if (!m.closing)
		need(m.in.n == c->input.n - seen->used);
	buf_release(&m.events);
}
