/* SPDX-License-Identifier: ISC
 *
 * smtp_path: see smtp_path.h.  Grammar alone: whether an address is ours is
 * the caller's business.
 */
#include "proto/smtp_path.h"

static int
is_alnum(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/* RFC 5322 section 3.2.3 */
static int
is_atext(unsigned char c)
{
	return is_alnum(c) ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static int
is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

size_t
smtp_utf8_length(struct pop_span s)
{
	/* the least second octet that is neither overlong nor C1 */
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (s.n == 0)
		return 0;
	if (s.p[0] >= 0xc2 && s.p[0] <= 0xdf)
		n = 2;
	else if (s.p[0] >= 0xe0 && s.p[0] <= 0xef)
		n = 3;
	else if (s.p[0] >= 0xf0 && s.p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (s.p[0] == 0xc2 || s.p[0] == 0xe0)
		low = 0xa0;
	else if (s.p[0] == 0xf0)
		low = 0x90;
	if (s.p[0] == 0xed)		/* surrogates */
		high = 0x9f;
	else if (s.p[0] == 0xf4)	/* beyond U+10FFFF */
		high = 0x8f;
	if (s.n < n || s.p[1] < low || s.p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (!is_continuation(s.p[i]))
			return 0;
	return n;
}

/* 1..4 for a character that is_plain or beyond ASCII, else 0 */
static size_t
char_length(struct pop_span s, int (*is_plain)(unsigned char))
{
	if (s.n > 0 && s.p[0] < 0x80)
		return is_plain(s.p[0]) ? 1 : 0;
	return smtp_utf8_length(s);
}

static int
add_local(struct smtp_path *p, const unsigned char *c, size_t n)
{
	if (n > sizeof(p->local) - p->local_n)
		return -1;
	memcpy(p->local + p->local_n, c, n);
	p->local_n += n;
	if (c[0] >= 0x80)
		p->non_ascii = 1;
	return 0;
}

static int
parse_dot_atom(struct pop_span *s, struct smtp_path *p)
{
	size_t atom = 0, n;

	for (;;) {
		n = char_length(*s, is_atext);
		if (n == 0 && (s->n == 0 || s->p[0] != '.' || atom == 0))
			break;
		atom = n;
		if (n == 0)
			n = 1;		/* the dot between two atoms */
		if (add_local(p, s->p, n) != 0)
			return -1;
		span_skip(s, n);
	}
	return atom > 0 ? 0 : -1;
}

static int
is_quotable(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

static int
parse_quoted(struct pop_span *s, struct smtp_path *p)
{
	size_t n;

	span_skip(s, 1);
	while (s->n > 0 && s->p[0] != '"') {
		if (s->p[0] == '\\') {
			span_skip(s, 1);
			if (s->n == 0 || !is_quotable(s->p[0]))
				return -1;
		}
		n = char_length(*s, is_quotable);
		if (n == 0 || add_local(p, s->p, n) != 0)
			return -1;
		span_skip(s, n);
	}
	if (s->n == 0 || p->local_n == 0)
		return -1;
	span_skip(s, 1);
	return 0;
}

static int
is_let_dig_hyp(unsigned char c)
{
	return is_alnum(c) || c == '-';
}

static int
host_valid(struct pop_span s, int utf8)
{
	size_t label = 0, n;

	for (size_t i = 0; i < s.n; i += n) {
		struct pop_span rest = span_of(s.p + i, s.n - i);

		n = 1;
		if (s.p[i] == '.') {
			if (label == 0 || s.p[i - 1] == '-')
				return 0;
			label = 0;
			continue;
		}
		if (s.p[i] == '-' && label == 0)
			return 0;
		n = char_length(rest, is_let_dig_hyp);
		if (n == 0 || (n > 1 && !utf8))
			return 0;
		/* 63 octets of the form in the DNS, which for letters
		 * beyond ASCII is not known here */
		label++;
		if (label > 63)
			return 0;
	}
	return label > 0 && s.p[s.n - 1] != '-';
}

static int
ipv4_valid(struct pop_span s)
{
	unsigned parts = 0, value = 0, digits = 0;

	for (size_t i = 0; i <= s.n; i++) {
		if (i == s.n || s.p[i] == '.') {
			if (digits == 0 || value > 255)
				return 0;
			parts++;
			value = digits = 0;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9' || ++digits > 3)
			return 0;
		value = value * 10 + (unsigned)(s.p[i] - '0');
	}
	return parts == 4;
}

static int
is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

static size_t
hex_run(struct pop_span s)
{
	size_t n = 0;

	while (n < s.n && is_hex(s.p[n]))
		n++;
	return n;
}

/* RFC 4291 section 2.2, without a zone */
static int
ipv6_valid(struct pop_span s)
{
	unsigned groups = 0;
	int gap = 0;

	while (s.n > 0) {
		size_t n = hex_run(s);

		if (n > 0 && n < s.n && s.p[n] == '.') {
			if (!ipv4_valid(s))
				return 0;
			groups += 2;
			break;
		}
		if (n > 4)
			return 0;
		if (n > 0)
			groups++;
		else if (groups > 0 || s.n < 2 || s.p[1] != ':')
			return 0;	/* only "::" begins with a colon */
		span_skip(&s, n);
		if (s.n == 0)
			break;
		if (s.p[0] != ':')
			return 0;
		span_skip(&s, 1);
		if (s.n == 0)
			return 0;	/* a single colon at the end */
		if (s.p[0] != ':')
			continue;
		if (gap++)
			return 0;
		span_skip(&s, 1);
	}
	return gap ? groups < 8 : groups == 8;
}

static int
literal_valid(struct pop_span s)
{
	static const char tag[] = "IPv6:";
	const size_t n = sizeof(tag) - 1;

	if (s.n < 2 || s.p[0] != '[' || s.p[s.n - 1] != ']')
		return 0;
	s = span_of(s.p + 1, s.n - 2);
	if (s.n > n && span_eq_nocase(span_of(s.p, n), span_of(tag, n)))
		return ipv6_valid(span_of(s.p + n, s.n - n));
	return ipv4_valid(s);
}

int
smtp_domain_valid(struct pop_span s, int utf8)
{
	if (s.n == 0 || s.n > SMTP_DOMAIN_MAX)
		return 0;
	return s.p[0] == '[' ? literal_valid(s) : host_valid(s, utf8);
}

static int
has_non_ascii(struct pop_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0x80)
			return 1;
	return 0;
}

/* "@a,@b:" is checked and forgotten (RFC 5321 appendix C) */
static int
skip_route(struct pop_span *s)
{
	while (s->n > 0 && s->p[0] == '@') {
		size_t n = 1;
		int in_literal = 0;

		while (n < s->n && (in_literal ||
		    (s->p[n] != ',' && s->p[n] != ':'))) {
			if (s->p[n] == '[')
				in_literal = 1;
			else if (s->p[n] == ']')
				in_literal = 0;
			n++;
		}
		if (n == s->n ||
		    !smtp_domain_valid(span_of(s->p + 1, n - 1), 1))
			return -1;
		if (s->p[n] == ':') {
			span_skip(s, n + 1);
			return 0;
		}
		span_skip(s, n + 1);
		if (s->n == 0 || s->p[0] != '@')
			return -1;
	}
	return 0;
}

/* Can the local part stand without quotes? */
static int
is_dot_atom(struct pop_span s)
{
	struct smtp_path scratch = { .text_n = 0 };

	return parse_dot_atom(&s, &scratch) == 0 && s.n == 0;
}

/* The canonical text: quoted only where it must be. */
static void
write_local(struct smtp_path *p)
{
	unsigned char *out = p->text;

	if (is_dot_atom(smtp_path_local(p))) {
		memcpy(out, p->local, p->local_n);
		p->text_n = p->local_n;
		return;
	}
	*out++ = '"';
	for (size_t i = 0; i < p->local_n; i++) {
		if (p->local[i] == '"' || p->local[i] == '\\')
			*out++ = '\\';
		*out++ = p->local[i];
	}
	*out++ = '"';
	p->text_n = (size_t)(out - p->text);
}

/* What stands between "@" and ">" */
static int
parse_domain(struct pop_span *s, struct smtp_path *p)
{
	const unsigned char *close = memchr(s->p, '>', s->n);
	struct pop_span domain;

	if (close == NULL)
		return -1;
	domain = span_of(s->p, (size_t)(close - s->p));
	if (!smtp_domain_valid(domain, 1))
		return -1;
	if (has_non_ascii(domain))
		p->non_ascii = 1;
	p->text[p->text_n++] = '@';
	p->domain_at = p->text_n;
	memcpy(p->text + p->text_n, domain.p, domain.n);
	p->text_n += domain.n;
	p->has_domain = 1;
	span_skip(s, domain.n);
	return 0;
}

static int
parse_mailbox(struct pop_span *s, enum smtp_path_kind kind,
    struct smtp_path *p)
{
	int quoted = s->n > 0 && s->p[0] == '"';

	if ((quoted ? parse_quoted(s, p) : parse_dot_atom(s, p)) != 0)
		return -1;
	write_local(p);
	if (s->n > 0 && s->p[0] == '@') {
		span_skip(s, 1);
		return parse_domain(s, p);
	}
	/* RFC 5321 section 4.1.1.3: <Postmaster> alone has no domain */
	if (kind == SMTP_PATH_FORWARD &&
	    span_eq_nocase(smtp_path_local(p), span_str("postmaster")))
		return 0;
	return -1;
}

int
smtp_path_parse(struct pop_span *s, enum smtp_path_kind kind,
    struct smtp_path *path_r)
{
	path_r->text_n = path_r->local_n = path_r->domain_at = 0;
	path_r->has_domain = path_r->non_ascii = 0;
	if (s->n == 0 || s->p[0] != '<')
		return -1;
	span_skip(s, 1);
	if (s->n > 0 && s->p[0] == '>' && kind == SMTP_PATH_REVERSE) {
		span_skip(s, 1);
		return 0;
	}
	if (skip_route(s) != 0 || parse_mailbox(s, kind, path_r) != 0)
		return -1;
	if (s->n == 0 || s->p[0] != '>')
		return -1;
	span_skip(s, 1);
	return 0;
}
