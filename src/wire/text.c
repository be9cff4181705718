/* SPDX-License-Identifier: ISC
 *
 * text.c: the small languages inside a transcript line: escapes and
 * substitutions of RAW texts, globs.  It knows nothing of cases and
 * connections.
 */
#include "wire/text.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "base/base64.h"
#include "base/num.h"
#include "base/text.h"

struct reader {
	struct pop_span in;
	const struct vars *vars;	/* NULL: check only */
	const char *why;
	unsigned depth;
};

static int expand(struct reader *r, bool nested, struct buf *out);

void
vars_init(struct vars *v)
{
	v->n = 0;
}

void
vars_done(struct vars *v)
{
	for (size_t i = 0; i < v->n; i++)
		buf_wipe(&v->v[i].value);	/* maybe a password */
	v->n = 0;
}

const struct buf *
vars_get(const struct vars *v, struct pop_span name)
{
	for (size_t i = 0; i < v->n; i++) {
		if (span_eq(span_str(v->v[i].name), name))
			return &v->v[i].value;
	}
	return NULL;
}

static bool
vars_push(struct vars *v, struct pop_span name, struct pop_span value)
{
	struct var *x;

	if (v->n == VARS_MAX || name.n > VAR_NAME_MAX)
		return false;
	x = &v->v[v->n];
	memcpy(x->name, name.p, name.n);
	x->name[name.n] = '\0';
	buf_init(&x->value, TEXT_MAX);
	if (buf_append(&x->value, value.p, value.n) != 0) {
		buf_release(&x->value);
		return false;
	}
	v->n++;
	return true;
}

int
vars_add(struct vars *v, const char *name, struct pop_span value)
{
	return vars_push(v, span_str(name), value) ? 0 : -1;
}

static void
vars_pop(struct vars *v)
{
	v->n--;
	buf_release(&v->v[v->n].value);
}

static int
fail(struct reader *r, const char *why)
{
	if (r->why == NULL)
		r->why = why;
	return -1;
}

static int
put(struct reader *r, struct buf *out, const void *p, size_t n)
{
	if (buf_append(out, p, n) != 0)
		return fail(r, "the text is too long");
	return 0;
}

static int
hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* `\{N*RAW}`; the reader stands behind the brace */
static int
expand_repeat(struct reader *r, struct buf *out)
{
	struct pop_span digits = { r->in.p, 0 };
	struct buf piece;
	uint64_t n;
	int rc = 0;

	while (digits.n < r->in.n && r->in.p[digits.n] != '*')
		digits.n++;
	if (digits.n == r->in.n || num_parse_u64(digits, 1 << 24, &n) != 0)
		return fail(r, "\\{ wants a count and a `*`");
	span_skip(&r->in, digits.n + 1);
	buf_init(&piece, TEXT_MAX);
	if (expand(r, true, &piece) != 0)
		rc = -1;
	for (uint64_t i = 0; i < n && rc == 0; i++)
		rc = put(r, out, piece.p, piece.n);
	buf_release(&piece);
	return rc;
}

static int
expand_escape(struct reader *r, struct buf *out)
{
	static const char from[] = "rnt0s\\}", to[] = "\r\n\t\0 \\}";
	const char *at;
	unsigned char c;

	if (r->in.n == 0)
		return fail(r, "a lone backslash at the end");
	c = r->in.p[0];
	span_skip(&r->in, 1);
	if (c == '{')
		return expand_repeat(r, out);
	if (c == 'x') {
		int hi = r->in.n > 1 ? hex_digit(r->in.p[0]) : -1;
		int lo = r->in.n > 1 ? hex_digit(r->in.p[1]) : -1;

		if (hi < 0 || lo < 0)
			return fail(r, "\\x wants two hex digits");
		span_skip(&r->in, 2);
		c = (unsigned char)(hi * 16 + lo);
		return put(r, out, &c, 1);
	}
	at = c == '\0' ? NULL : strchr(from, c);
	if (at == NULL)
		return fail(r, "unknown escape");
	return put(r, out, to + (at - from), 1);
}

static int
put_base64(struct reader *r, struct buf *out, const struct buf *in)
{
	if (buf_reserve(out, BASE64_ENCODED(in->n)) != 0)
		return fail(r, "the text is too long");
	out->n += base64_encode(out->p + out->n, in->p, in->n);
	return 0;
}

static int
put_md5(struct reader *r, struct buf *out, const struct buf *in,
    bool upper)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n;
	char hex[3];

	if (EVP_Digest(in->p, in->n, md, &n, EVP_md5(), NULL) != 1)
		return fail(r, "no MD5 in this OpenSSL");
	for (unsigned i = 0; i < n; i++) {
		if (text_format(hex, sizeof hex, upper ? "%02X" :
		    "%02x", md[i]) || put(r, out, hex, 2) != 0)
			return -1;
	}
	return 0;
}

static int
expand_function(struct reader *r, struct pop_span name, struct buf *out)
{
	struct buf piece;
	int rc;

	buf_init(&piece, TEXT_MAX);
	rc = expand(r, true, &piece);
	if (rc == 0 && span_eq(name, span_str("base64")))
		rc = put_base64(r, out, &piece);
	else if (rc == 0 && span_eq(name, span_str("md5")))
		rc = put_md5(r, out, &piece, false);
	else if (rc == 0 && span_eq(name, span_str("md5upper")))
		rc = put_md5(r, out, &piece, true);
	else
		rc = fail(r, "a function that nobody knows");
	buf_wipe(&piece);
	return rc;
}

static bool
name_char(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* the length of a variable's name at the start of `s`, 0 for none */
static size_t
name_length(struct pop_span s)
{
	size_t n = 0;

	while (n < s.n && n < VAR_NAME_MAX && name_char(s.p[n]))
		n++;
	return n;
}

/* `{name}` and `{function:RAW}`; the reader stands behind the brace */
static int
expand_brace(struct reader *r, struct buf *out)
{
	struct pop_span name = { r->in.p, name_length(r->in) };
	const struct buf *value;
	int end;

	if (name.n == 0 || name.n == r->in.n)
		return fail(r, "{ begins a substitution; write \\x7b for it");
	end = r->in.p[name.n];
	span_skip(&r->in, name.n + 1);
	if (end == ':')
		return expand_function(r, name, out);
	if (end != '}')
		return fail(r, "{ begins a substitution; write \\x7b for it");
	if (r->vars == NULL)
		return 0;
	value = vars_get(r->vars, name);
	if (value == NULL)
		return fail(r, "a variable without a value");
	return put(r, out, value->p, value->n);
}

/* to the end of the text, or, nested, to its closing brace */
static int
expand(struct reader *r, bool nested, struct buf *out)
{
	int rc = 0;

	if (++r->depth > 8)
		return fail(r, "nested too deeply");
	while (rc == 0 && r->in.n > 0) {
		unsigned char c = r->in.p[0];

		span_skip(&r->in, 1);
		if (c == '\\')
			rc = expand_escape(r, out);
		else if (c == '{')
			rc = expand_brace(r, out);
		else if (c == '}' && nested)
			break;
		else
			rc = put(r, out, &c, 1);
		if (nested && rc == 0 && r->in.n == 0)
			rc = fail(r, "a brace is not closed");
	}
	r->depth--;
	return rc;
}

int
text_expand(struct pop_span raw, const struct vars *vars, struct buf *out,
    const char **why_r)
{
	struct reader r = { .in = raw, .vars = vars };

	if (expand(&r, false, out) == 0)
		return 0;
	*why_r = r.why;
	return -1;
}

/* ---- globs -------------------------------------------------------------- */

/* `s` begins behind "["; the length up to the closing bracket or 0 */
static size_t
set_length(struct pop_span s)
{
	size_t n = 0;

	if (n < s.n && s.p[n] == '!')
		n++;
	if (n < s.n && s.p[n] == ']')
		n++;
	while (n < s.n && s.p[n] != ']')
		n++;
	return n < s.n ? n : 0;
}

static bool
set_has(struct pop_span set, unsigned char c)
{
	bool negated = set.n > 0 && set.p[0] == '!', found = false;

	if (negated)
		span_skip(&set, 1);
	while (set.n > 0) {
		if (set.n > 2 && set.p[1] == '-') {
			found = found || (c >= set.p[0] && c <= set.p[2]);
			span_skip(&set, 3);
		} else {
			found = found || c == set.p[0];
			span_skip(&set, 1);
		}
	}
	return found != negated;
}

enum capture { CAPTURE_WORD, CAPTURE_ANGLE, CAPTURE_ALL };

/* `s` begins behind "{": the name inside "{name}", "{<name>}" or "{name*}";
 * the length of all up to and with "}" or 0 */
static size_t
capture_parse(struct pop_span s, struct pop_span *name_r, enum capture *how_r)
{
	size_t n = 0, skipped = 0;

	*how_r = CAPTURE_WORD;
	if (s.n > 0 && s.p[0] == '<') {
		*how_r = CAPTURE_ANGLE;
		span_skip(&s, 1);
		skipped = 1;
	}
	n = name_length(s);
	*name_r = span_of(s.p, n);
	if (n == 0)
		return 0;
	if (*how_r == CAPTURE_ANGLE && (n == s.n || s.p[n++] != '>'))
		return 0;
	if (*how_r == CAPTURE_WORD && n < s.n && s.p[n] == '*') {
		*how_r = CAPTURE_ALL;
		n++;
	}
	if (n == s.n || s.p[n] != '}')
		return 0;
	return skipped + n + 1;
}

/* `{...}` at the end of a glob, `g` behind its brace: nothing, or a space
 * and anything */
static bool
is_tail(struct pop_span g)
{
	return span_eq(g, span_str("...}"));
}

const char *
text_match_fault(struct pop_span g)
{
	struct pop_span name;
	enum capture how;
	size_t n;

	while (g.n > 0) {
		unsigned char c = g.p[0];

		span_skip(&g, 1);
		if (c == '\\') {
			if (g.n == 0)
				return "a lone backslash at the end";
			span_skip(&g, 1);
		} else if (c == '[') {
			if ((n = set_length(g)) == 0)
				return "[ begins a set; write \\[ for it";
			span_skip(&g, n + 1);
		} else if (c == '{' && is_tail(g)) {
			return NULL;
		} else if (c == '{') {
			if ((n = capture_parse(g, &name, &how)) == 0)
				return "{ begins a variable; write \\{ for it";
			span_skip(&g, n);
		}
	}
	return NULL;
}

static bool
match_star(struct pop_span g, struct pop_span s, struct vars *vars)
{
	if (g.n == 0)
		return true;
	for (;;) {
		if (text_match(g, s, vars))
			return true;
		if (s.n == 0)
			return false;
		span_skip(&s, 1);
	}
}

static size_t
capture_run(struct pop_span s, enum capture how)
{
	const unsigned char *end;
	size_t n = 0;

	if (how == CAPTURE_ALL)
		return s.n;
	while (n < s.n && s.p[n] != ' ')
		n++;
	if (how == CAPTURE_WORD)
		return n;
	end = n > 0 && s.p[0] == '<' ? memchr(s.p, '>', n) : NULL;
	return end == NULL ? 0 : (size_t)(end - s.p) + 1;
}

static bool
match_capture(struct pop_span g, struct pop_span s, struct vars *vars)
{
	struct pop_span name, rest;
	const struct buf *value;
	enum capture how;

	span_skip(&g, capture_parse(g, &name, &how));
	value = vars_get(vars, name);
	if (value != NULL) {
		if (s.n < value->n || memcmp(s.p, value->p, value->n) != 0)
			return false;
		span_skip(&s, value->n);
		return text_match(g, s, vars);
	}
	for (size_t n = capture_run(s, how); n > 0; n--) {
		if (!vars_push(vars, name, span_of(s.p, n)))
			return false;
		rest = s;
		span_skip(&rest, n);
		if (text_match(g, rest, vars))
			return true;
		vars_pop(vars);
		if (how == CAPTURE_ANGLE)
			break;
	}
	return false;
}

bool
text_match(struct pop_span g, struct pop_span s, struct vars *vars)
{
	while (g.n > 0) {
		unsigned char c = g.p[0];
		size_t n;

		span_skip(&g, 1);
		if (c == '*')
			return match_star(g, s, vars);
		if (c == '{' && is_tail(g))
			return s.n == 0 || s.p[0] == ' ';
		if (c == '{')
			return match_capture(g, s, vars);
		if (s.n == 0)
			return false;
		if (c == '[') {
			n = set_length(g);
			if (!set_has(span_of(g.p, n), s.p[0]))
				return false;
			span_skip(&g, n + 1);
		} else if (c == '\\') {
			if (g.p[0] != s.p[0])
				return false;
			span_skip(&g, 1);
		} else if (c != '?' && c != s.p[0]) {
			return false;
		}
		span_skip(&s, 1);
	}
	return s.n == 0;
}
