/* SPDX-License-Identifier: ISC
 *
 * secret_netrc: the password of a server and a user in a netrc file, read as
 * curl reads it: words between blanks, or in double quotes with \n \r \t and a
 * backslash before anything else; `#` where a word could begin starts a
 * comment; a macdef lasts until an empty line; the first entry that fits wins,
 * and `default` fits every server.  An entry without login fits every user.
 */
#include <string.h>

#include "base/span.h"
#include "client/secret_internal.h"

enum { WORD_MAX = 4096 };

struct reader {
	struct pop_span in;
	unsigned line;
	struct buf *word;	/* holds passwords: wiped by its owner */
};

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
skip_octet(struct reader *r)
{
	if (r->in.p[0] == '\n')
		r->line++;
	span_skip(&r->in, 1);
}

static void
skip_line(struct reader *r)
{
	while (r->in.n > 0 && r->in.p[0] != '\n')
		skip_octet(r);
}

static void
skip_blanks(struct reader *r)
{
	for (;;) {
		while (r->in.n > 0 && is_blank(r->in.p[0]))
			skip_octet(r);
		if (r->in.n == 0 || r->in.p[0] != '#')
			return;
		skip_line(r);
	}
}

/* up to and with an empty line */
static void
skip_macro(struct reader *r)
{
	bool empty = false;

	while (r->in.n > 0 && !empty) {
		skip_line(r);
		if (r->in.n > 0)
			skip_octet(r);
		empty = r->in.n == 0 || r->in.p[0] == '\n' ||
		    (r->in.n > 1 && r->in.p[0] == '\r' && r->in.p[1] == '\n');
	}
}

static unsigned char
unescape(unsigned char c)
{
	switch (c) {
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	default: return c;
	}
}

/* FOUND, or BAD: the quote is not closed in its line, or too long */
static enum secret_found
read_quoted(struct reader *r)
{
	unsigned char c;

	skip_octet(r);
	while (r->in.n > 0 && r->in.p[0] != '"') {
		c = r->in.p[0];
		if (c == '\n')
			return SECRET_BAD;
		skip_octet(r);
		if (c == '\\') {
			if (r->in.n == 0 || r->in.p[0] == '\n')
				return SECRET_BAD;
			c = unescape(r->in.p[0]);
			skip_octet(r);
		}
		if (buf_append(r->word, &c, 1) != BUF_OK)
			return SECRET_BAD;
	}
	if (r->in.n == 0)
		return SECRET_BAD;
	skip_octet(r);
	return SECRET_FOUND;
}

/* the next word into r->word; NONE at the end */
static enum secret_found
read_word(struct reader *r)
{
	buf_wipe_octets(r->word->p, r->word->n);
	r->word->n = 0;
	skip_blanks(r);
	if (r->in.n == 0)
		return SECRET_NONE;
	if (r->in.p[0] == '"')
		return read_quoted(r);
	while (r->in.n > 0 && !is_blank(r->in.p[0])) {
		if (buf_append(r->word, r->in.p, 1) != BUF_OK)
			return SECRET_BAD;
		skip_octet(r);
	}
	return SECRET_FOUND;
}

static bool
word_is(const struct reader *r, const char *text)
{
	return span_eq_nocase(buf_span(r->word), span_str(text));
}

struct entry {
	bool fits_server, fits_user, has_password;
};

static bool
is_whole(const struct entry *e)
{
	return e->fits_server && e->fits_user && e->has_password;
}

/* `login` and `password` of an entry that fits the server */
static enum secret_found
read_value(struct reader *r, struct entry *e, bool login, const char *user,
    struct buf *password)
{
	enum secret_found f = read_word(r);

	if (f != SECRET_FOUND || !e->fits_server)
		return f;
	if (login) {
		e->fits_user = span_eq(buf_span(r->word), span_str(user));
		return f;
	}
	buf_wipe(password);
	e->has_password = true;
	return buf_append(password, r->word->p, r->word->n) == BUF_OK ? f :
	    SECRET_BAD;
}

static enum secret_found
read_keyword(struct reader *r, struct entry *e, const char *server,
    const char *user, struct buf *password)
{
	enum secret_found f = SECRET_FOUND;

	if (word_is(r, "machine")) {
		f = read_word(r);
		*e = (struct entry){ .fits_server = word_is(r, server),
			.fits_user = true };
	} else if (word_is(r, "default")) {
		*e = (struct entry){ .fits_server = true, .fits_user = true };
	} else if (word_is(r, "login") || word_is(r, "password")) {
		f = read_value(r, e, word_is(r, "login"), user, password);
	} else if (word_is(r, "account")) {
		f = read_word(r);
	} else if (word_is(r, "macdef")) {
		skip_macro(r);
	}
	/* a keyword without its value is the end of the file */
	return f;
}

enum secret_found
secret_netrc(struct pop_span text, const char *server, const char *user,
    struct buf *password, unsigned *line_r)
{
	enum secret_found f;
	struct entry e = { 0 };
	struct reader r = { .in = text, .line = 1 };
	struct buf word;

	buf_init(&word, WORD_MAX);
	r.word = &word;
	while ((f = read_word(&r)) == SECRET_FOUND) {
		/* an entry ends where the next begins */
		if ((word_is(&r, "machine") || word_is(&r, "default")) &&
		    is_whole(&e))
			break;
		f = read_keyword(&r, &e, server, user, password);
		if (f != SECRET_FOUND)
			break;
	}
	buf_wipe(&word);
	if (f != SECRET_BAD)
		f = is_whole(&e) ? SECRET_FOUND : SECRET_NONE;
	if (f != SECRET_FOUND)
		buf_wipe(password);
	*line_r = r.line;
	return f;
}
