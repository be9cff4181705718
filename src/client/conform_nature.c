/* SPDX-License-Identifier: ISC
 *
 * conform_nature: what a transcript does, as far as reading it tells: does it
 * remove mail, speak of TLS, tell a password?  It knows nothing of the server
 * that it will be played against.
 */
#include <string.h>
#include <strings.h>

#include "client/conform_internal.h"
#include "wire/fixture.h"

/* Does the line begin with this word? Patterns of octets count as well. */
static bool
has_word(struct pop_span text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.n; i++)
		if (strncasecmp((const char *)text.p + i, word, n) == 0)
			return true;
	return false;
}

static bool
is_send(const struct wire_stmt *s)
{
	return s->op == OP_SEND || s->op == OP_SEND_LINE ||
	    s->op == OP_SEND_RAW;
}

/* Strict: what is not known to be harmless is not. */
bool
conform_removes(const struct wire_case *w)
{
	bool marked[WIRE_CONNS + 1] = { false };
	uint64_t now = 1;

	for (size_t i = 0; i < w->stmts; i++) {
		const struct wire_stmt *s = &w->stmt[i];

		if (s->op == OP_CONNECT || s->op == OP_USE)
			now = s->number;
		if (s->op == OP_CONNECT || s->op == OP_DROP)
			marked[now] = false;
		if (!is_send(s))
			continue;
		if (has_word(s->text, "DELE"))
			marked[now] = true;
		else if (has_word(s->text, "RSET"))
			marked[now] = false;
		if (marked[now] && has_word(s->text, "QUIT"))
			return true;
	}
	return false;
}

/* The session that a statement belongs to: each `connect` begins one. */
static unsigned
session_of(const struct wire_case *w, size_t at)
{
	unsigned of[WIRE_CONNS + 1] = { 0 }, last = 0;
	uint64_t now = 1;

	for (size_t i = 0; i <= at; i++) {
		const struct wire_stmt *s = &w->stmt[i];

		if (s->op == OP_CONNECT || s->op == OP_USE)
			now = s->number;
		if (s->op == OP_CONNECT)
			of[now] = ++last;
	}
	return of[now];
}

/* Does it begin, announce or have TLS by itself? */
static bool
speaks_of_tls(const struct wire_stmt *s)
{
	if (s->op == OP_STARTTLS)
		return true;
	if (s->op == OP_CONNECT)
		return s->tls != WIRE_PLAIN;
	return (is_send(s) || s->op == OP_HAS || s->op == OP_LACKS) &&
	    has_word(s->text, "STLS");
}

static bool
is_about_tls(const struct wire_case *w, unsigned session)
{
	for (size_t i = 0; i < w->stmts; i++)
		if (speaks_of_tls(&w->stmt[i]) && session_of(w, i) == session)
			return true;
	return false;
}

bool
conform_wants_clear(const struct wire_case *w, unsigned line)
{
	for (size_t i = 0; i < w->stmts; i++)
		if (w->stmt[i].line == line)
			return is_about_tls(w, session_of(w, i));
	return false;
}

static bool
is_login(const struct wire_stmt *s)
{
	static const char *const words[] = { "USER ", "PASS ", "AUTH ",
	    "APOP " };

	if (s->op == OP_LOGIN)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_send(s) && has_word(s->text, words[i]))
			return true;
	return false;
}

bool
conform_logs_in_clear(const struct wire_case *w)
{
	bool tls = false;
	unsigned session = 0;

	for (size_t i = 0; i < w->stmts; i++) {
		const struct wire_stmt *s = &w->stmt[i];

		if (i == 0 || session_of(w, i) != session)
			tls = false;
		session = session_of(w, i);
		/* what comes behind STLS is not said to be in clear */
		if (s->op == OP_STARTTLS || (s->op == OP_CONNECT &&
		    s->tls != WIRE_PLAIN) ||
		    (is_send(s) && has_word(s->text, "STLS")))
			tls = true;
		if (!tls && is_login(s) && is_about_tls(w, session))
			return true;
	}
	return false;
}

/* Is this statement said inside of TLS? */
static bool
has_tls(const struct wire_case *w, size_t at)
{
	unsigned session = session_of(w, at);

	if (!w->setup.tls_only && !is_about_tls(w, session))
		return true;		/* there is some around it */
	for (size_t i = 0; i < at; i++) {
		const struct wire_stmt *s = &w->stmt[i];

		if (session_of(w, i) == session && (s->op == OP_STARTTLS ||
		    (s->op == OP_CONNECT && s->tls != WIRE_PLAIN &&
		    s->tls != WIRE_TLS_RAW)))
			return true;
	}
	return false;
}

bool
conform_tells_in_clear(const struct wire_case *w)
{
	for (size_t i = 0; i < w->stmts; i++) {
		const struct wire_stmt *s = &w->stmt[i];
		bool secret = s->op == OP_LOGIN || (is_send(s) &&
		    (has_word(s->text, "PASS") || has_word(s->text, "AUTH") ||
		    has_word(s->text, "APOP")));

		if (secret && !has_tls(w, i))
			return true;
	}
	return false;
}

bool
conform_marks(const struct wire_case *w)
{
	for (size_t i = 0; i < w->stmts; i++)
		if (is_send(&w->stmt[i]) && has_word(w->stmt[i].text, "DELE"))
			return true;
	return false;
}

bool
conform_is_base(const struct wire_case *w)
{
	if (w->mails != FIXTURE_MESSAGES)
		return false;
	for (unsigned i = 0; i < FIXTURE_MESSAGES; i++)
		if (!span_eq(buf_span(&w->mail[i]), fixture_message(i + 1)))
			return false;
	return true;
}
