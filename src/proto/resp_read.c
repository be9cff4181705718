/* SPDX-License-Identifier: ISC
 *
 * resp_read: see resp_read.h.  Lenient where servers differ without harm (no
 * blank behind the status), strict where a hostile one could gain.
 */
#include "proto/resp_read.h"

static bool
starts_with(struct pop_span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

int
resp_status(struct pop_span line, struct pop_span *text_r)
{
	int ok = starts_with(line, "+OK");

	if (!ok && !starts_with(line, "-ERR"))
		return -1;
	span_skip(&line, ok ? 3 : 4);
	/* "+OKAY" is no status; "+OK" alone and "+OK: hello" are (RFC 1957) */
	if (line.n > 0 && ((line.p[0] | 0x20) >= 'a') &&
	    ((line.p[0] | 0x20) <= 'z'))
		return -1;
	if (line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
		span_skip(&line, 1);
	*text_r = line;
	return ok;
}

static const struct {
	const char *name;
	enum pop_code code;
} codes[] = {
	{ "AUTH", POP_CODE_AUTH },
	{ "IN-USE", POP_CODE_IN_USE },
	{ "LOGIN-DELAY", POP_CODE_LOGIN_DELAY },
	{ "SYS/TEMP", POP_CODE_SYS_TEMP },
	{ "SYS/PERM", POP_CODE_SYS_PERM },
	{ "UTF8", POP_CODE_UTF8 },
};

/* Deeper levels behind a known code are ignored (RFC 2449 section 8). */
static enum pop_code
find_code(struct pop_span inside)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct pop_span name = span_str(codes[i].name);
		struct pop_span head = inside;

		if (inside.n < name.n)
			continue;
		head.n = name.n;
		if (span_eq_nocase(head, name) &&
		    (inside.n == name.n || inside.p[name.n] == '/'))
			return codes[i].code;
	}
	return POP_CODE_OTHER;
}

enum pop_code
resp_code(struct pop_span *text)
{
	const unsigned char *end;
	enum pop_code code;
	size_t n;

	if (text->n == 0 || text->p[0] != '[')
		return POP_CODE_NONE;
	end = memchr(text->p, ']', text->n);
	if (end == NULL)
		return POP_CODE_NONE;
	n = (size_t)(end - text->p);
	code = find_code(span_of(text->p + 1, n - 1));
	if (code == POP_CODE_OTHER)
		return code;
	span_skip(text, n + 1);
	if (text->n > 0 && text->p[0] == ' ')
		span_skip(text, 1);
	return code;
}

static bool
is_atext(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != 0 && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* RFC 5322 dot-atom: atoms with single dots between them */
static bool
is_dot_atom(struct pop_span s)
{
	bool dot = true;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && dot)
			return false;
		if (s.p[i] != '.' && !is_atext(s.p[i]))
			return false;
		dot = s.p[i] == '.';
	}
	return !dot;
}

struct pop_span
resp_stamp(struct pop_span greeting)
{
	const struct pop_span none = { NULL, 0 };
	const unsigned char *open, *close, *at;
	size_t n;

	open = greeting.n == 0 ? NULL : memchr(greeting.p, '<', greeting.n);
	if (open == NULL)
		return none;
	n = greeting.n - (size_t)(open - greeting.p);
	close = memchr(open, '>', n);
	if (close == NULL)
		return none;
	n = (size_t)(close - open) + 1;
	at = memchr(open, '@', n);
	if (at == NULL ||
	    !is_dot_atom(span_of(open + 1, (size_t)(at - open) - 1)) ||
	    !is_dot_atom(span_of(at + 1, (size_t)(close - at) - 1)))
		return none;
	return span_of(open, n);
}
