/* SPDX-License-Identifier: ISC
 *
 * case.c: reads a transcript's file and header and says what the case needs
 * of a server.  The dialogue is read in dialogue.c.
 */
#include "wire/case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "wire/case_parse.h"
#include "wire/fixture.h"
#include "wire/text.h"

enum { FILE_MAX = 1 << 20 };

struct field {
	const char *name;
	int (*parse)(struct parse *p, struct pop_span value);
};

int
parse_fail(const struct parse *p, const char *what, struct pop_span where)
{
	(void)fprintf(stderr, "%s:%u: %s%s%.*s\n", p->c->path, p->line, what,
	    where.n > 0 ? ": " : "", (int)where.n, (const char *)where.p);
	return -1;
}

struct pop_span
case_word(struct pop_span *s)
{
	struct pop_span w;

	while (s->n > 0 && s->p[0] == ' ')
		span_skip(s, 1);
	w = span_of(s->p, 0);
	while (w.n < s->n && s->p[w.n] != ' ')
		w.n++;
	span_skip(s, w.n);
	return w;
}

bool
parse_line(struct parse *p, struct pop_span *line_r)
{
	const unsigned char *lf;
	size_t n;

	if (p->rest.n == 0)
		return false;
	p->line++;
	lf = memchr(p->rest.p, '\n', p->rest.n);
	n = lf == NULL ? p->rest.n : (size_t)(lf - p->rest.p);
	*line_r = span_of(p->rest.p, n);
	span_skip(&p->rest, lf == NULL ? n : n + 1);
	return true;
}

int
parse_raw(struct parse *p, struct pop_span raw, struct buf *out)
{
	const char *why;

	if (text_expand(raw, NULL, out, &why) != 0)
		return parse_fail(p, why, raw);
	return 0;
}

/* ---- the header --------------------------------------------------------- */

static int
parse_checks(struct parse *p, struct pop_span v)
{
	p->c->checks = v;
	return v.n == 0 ? parse_fail(p, "no checks", v) : 0;
}

static int
parse_ref(struct parse *p, struct pop_span v)
{
	p->c->ref = v;
	return v.n == 0 ? parse_fail(p, "no reference", v) : 0;
}

static int
parse_choice(struct parse *p, struct pop_span v)
{
	p->c->choice = v;
	return v.n == 0 ? parse_fail(p, "choice: wants a reason", v) : 0;
}

static int
parse_changes(struct parse *p, struct pop_span v)
{
	p->c->changes = true;
	return span_eq(v, span_str("maildrop")) ? 0 :
	    parse_fail(p, "changes: maildrop", v);
}

int
parse_proto(struct pop_span w, enum wire_proto *proto_r)
{
	if (span_eq(w, span_str("pop3")))
		*proto_r = WIRE_POP3;
	else if (span_eq(w, span_str("smtp")))
		*proto_r = WIRE_SMTP;
	else if (span_eq(w, span_str("lmtp")))
		*proto_r = WIRE_LMTP;
	else
		return -1;
	return 0;
}

static int
parse_protocol(struct parse *p, struct pop_span v)
{
	if (parse_proto(v, &p->c->proto) != 0)
		return parse_fail(p, "protocol: pop3, smtp or lmtp", v);
	p->has_proto = true;
	return 0;
}

static int
parse_only(struct parse *p, struct pop_span v)
{
	struct pop_span w = case_word(&v);

	if (span_eq(w, span_str("engine")))
		p->c->only = WIRE_ENGINE;
	else if (span_eq(w, span_str("socket")))
		p->c->only = WIRE_SOCKET;
	else
		return parse_fail(p, "only: engine or socket", w);
	while (v.n > 0 && v.p[0] == ' ')
		span_skip(&v, 1);
	p->c->reason = v;
	return v.n == 0 ? parse_fail(p, "only: wants a reason", v) : 0;
}

static int
add_mail(struct parse *p, struct pop_span raw, bool escaped)
{
	struct wire_case *c = p->c;
	struct buf *m = &c->mail[c->mails];

	if (c->mails == WIRE_MAILS)
		return parse_fail(p, "too many messages", raw);
	buf_init(m, TEXT_MAX);
	c->mails++;
	if (escaped)
		return parse_raw(p, raw, m);
	return buf_append(m, raw.p, raw.n);
}

static int
parse_mail(struct parse *p, struct pop_span v)
{
	if (p->has_fixture)
		return parse_fail(p, "mail: and fixture: together", v);
	p->has_mail = true;
	return add_mail(p, v, true);
}

static int
parse_fixture(struct parse *p, struct pop_span v)
{
	if (p->has_mail || p->has_fixture)
		return parse_fail(p, "a second fixture", v);
	p->has_fixture = true;
	if (span_eq(v, span_str("empty")))
		return 0;
	if (!span_eq(v, span_str("base")))
		return parse_fail(p, "fixture: base or empty", v);
	for (unsigned i = 1; i <= FIXTURE_MESSAGES; i++) {
		if (add_mail(p, fixture_message(i), false) != 0)
			return -1;
	}
	return 0;
}

static int
parse_user(struct parse *p, struct pop_span v)
{
	struct wire_case *c = p->c;
	struct wire_user *u = &c->user[c->users];
	struct pop_span name = case_word(&v);

	if (c->users == WIRE_USERS)
		return parse_fail(p, "too many users", v);
	if (v.n < 2)
		return parse_fail(p, "user: NAME PASSWORD", v);
	span_skip(&v, 1);
	buf_init(&u->name, TEXT_MAX);
	buf_init(&u->password, TEXT_MAX);
	c->users++;
	if (parse_raw(p, name, &u->name) != 0)
		return -1;
	return parse_raw(p, v, &u->password);
}

/* ---- needs -------------------------------------------------------------- */

static int
need_number(struct wire_setup *s, struct pop_span key, uint64_t n)
{
	unsigned *at = NULL;

	if (span_eq(key, span_str("size"))) {
		s->size = n;
		return 0;
	}
	if (span_eq(key, span_str("idle")))
		at = &s->idle;
	else if (span_eq(key, span_str("bad")))
		at = &s->bad;
	else if (span_eq(key, span_str("failures")))
		at = &s->failures;
	else if (span_eq(key, span_str("recipients")))
		at = &s->recipients;
	else if (span_eq(key, span_str("received")))
		at = &s->received;
	if (at == NULL)
		return -1;
	*at = (unsigned)n;
	return 0;
}

static int
need_word(struct wire_setup *s, struct pop_span w)
{
	const struct { const char *name; bool *at; bool value; } words[] = {
		{ "tls", &s->no_tls, false }, { "no-tls", &s->no_tls, true },
		{ "clear", &s->tls_only, false },
		{ "tls-only", &s->tls_only, true },
		{ "pop3s", &s->pop3s, true }, { "apop", &s->apop, true },
		{ "no-apop", &s->apop, false }, { "last", &s->last, true },
		{ "no-last", &s->last, false },
		{ "strict-crlf", &s->strict_crlf, true },
		{ "lenient-crlf", &s->strict_crlf, false },
		{ "normalize", &s->normalize, true },
	};
	/* what our servers always have */
	static const char *const given[] = { "exact", "two-users", "capa",
		"top", "uidl", "plain", "pipelining", "resp-codes",
		"auth-resp-code", "blanks", "chunking", "smtputf8" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (span_eq(w, span_str(words[i].name))) {
			*words[i].at = words[i].value;
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		if (span_eq(w, span_str(given[i])))
			return 0;
	}
	return -1;
}

static int
parse_needs(struct parse *p, struct pop_span v)
{
	struct pop_span w, key;
	uint64_t n;

	p->c->needs = v;
	while ((w = case_word(&v)).n > 0) {
		key = span_of(w.p, 0);
		while (key.n < w.n && w.p[key.n] != '=')
			key.n++;
		if (key.n < w.n) {
			span_skip(&w, key.n + 1);
			if (num_parse_u64(w, 1 << 30, &n) != 0 ||
			    need_number(&p->c->setup, key, n) != 0)
				return parse_fail(p, "needs: what?", key);
		} else if (need_word(&p->c->setup, w) != 0) {
			return parse_fail(p, "needs: what?", w);
		}
	}
	return 0;
}

static bool
have_word(const char *have, struct pop_span w)
{
	for (const char *at = have; at != NULL; at = strchr(at, ',')) {
		if (*at == ',')
			at++;
		if (span_eq(span_of(at, strcspn(at, ",")), w))
			return true;
	}
	return false;
}

/* 1; without memory for the word the case is skipped all the same */
static int
missing(struct buf *out, struct pop_span word)
{
	if (buf_append(out, word.p, word.n) != 0)
		out->n = 0;
	return 1;
}

static int
lacks(const char *have, const char *word, struct buf *out)
{
	if (have_word(have, span_str(word)))
		return 0;
	return missing(out, span_str(word));
}

int
case_missing(const struct wire_case *c, const char *have, bool has_store,
    struct buf *out)
{
	struct pop_span needs = c->needs, w;

	while ((w = case_word(&needs)).n > 0) {
		if (!have_word(have, w))
			return missing(out, w);
	}
	if (c->proto == WIRE_POP3 && !c->setup.tls_only &&
	    lacks(have, "clear", out))
		return 1;
	if (c->users > 0 && lacks(have, "users", out))
		return 1;
	if (c->uses_tls && lacks(have, "tls", out))
		return 1;
	if (c->uses_pop3s && lacks(have, "pop3s", out))
		return 1;
	if (c->uses_store && !has_store)
		return missing(out, span_str("access to the store"));
	return 0;
}

/* ---- the file ----------------------------------------------------------- */

static int
parse_field(struct parse *p, struct pop_span line)
{
	static const struct field fields[] = {
		{ "checks", parse_checks }, { "ref", parse_ref },
		{ "protocol", parse_protocol }, { "needs", parse_needs },
		{ "only", parse_only }, { "fixture", parse_fixture },
		{ "mail", parse_mail }, { "user", parse_user },
		{ "choice", parse_choice }, { "changes", parse_changes },
	};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		size_t n = strlen(fields[i].name);

		if (line.n < n + 2 || line.p[n] != ':' ||
		    line.p[n + 1] != ' ' ||
		    memcmp(line.p, fields[i].name, n) != 0)
			continue;
		span_skip(&line, n + 2);
		return fields[i].parse(p, line);
	}
	return parse_fail(p, "a header line that nobody knows", line);
}

static int
parse_header(struct parse *p)
{
	struct pop_span line = span_of("", 0);

	if (!parse_line(p, &line) || line.n < 3 || line.p[0] != '#' ||
	    line.p[1] != ' ')
		return parse_fail(p, "the first line is `# title`", line);
	span_skip(&line, 2);
	p->c->title = line;
	while (parse_line(p, &line) && line.n > 0) {
		if (line.p[0] != ';' && parse_field(p, line) != 0)
			return -1;
	}
	if (p->c->checks.n == 0 || p->c->ref.n == 0 || !p->has_proto)
		return parse_fail(p, "checks:, ref: or protocol: is missing",
		    span_str(""));
	if (!p->has_mail && !p->has_fixture && p->c->proto == WIRE_POP3)
		return parse_fixture(p, span_str("base"));
	return 0;
}

static int
read_file(struct wire_case *c)
{
	FILE *f = fopen(c->path, "rb");
	size_t n;
	int rc = 0;

	if (f == NULL) {
		(void)fprintf(stderr, "%s: %s\n", c->path, strerror(errno));
		return -1;
	}
	do {
		if ((rc = buf_reserve(&c->file, 4096)) != 0)
			break;
		n = fread(c->file.p + c->file.n, 1, 4096, f);
		c->file.n += n;
	} while (n > 0);
	if (rc != 0 || ferror(f)) {
		(void)fprintf(stderr, "%s: cannot be read\n", c->path);
		rc = -1;
	}
	(void)fclose(f);
	return rc;
}

int
case_load(struct wire_case *c, const char *path)
{
	struct parse p = { .c = c };

	memset(c, 0, sizeof *c);
	c->path = path;
	buf_init(&c->file, FILE_MAX);
	if (read_file(c) == 0) {
		p.rest = buf_span(&c->file);
		if (parse_header(&p) == 0 && parse_dialogue(&p) == 0)
			return 0;
	}
	case_done(c);
	return -1;
}

void
case_done(struct wire_case *c)
{
	for (size_t i = 0; i < c->mails; i++)
		buf_release(&c->mail[i]);
	for (size_t i = 0; i < c->users; i++) {
		buf_release(&c->user[i].name);
		buf_release(&c->user[i].password);
	}
	free(c->stmt);
	buf_release(&c->file);
	memset(c, 0, sizeof *c);
}
