/* SPDX-License-Identifier: ISC
 *
 * smtp_command: one command line, from the framer to a reply or an event
 * (RFC 5321 section 4.1, RFC 2033 for LMTP).  A command that is refused here
 * changes nothing.  Whoever pipelines where it is not allowed is cut off
 * instead of understood: what stands behind DATA or STARTTLS must never be
 * executed as commands.
 */
#include "proto/smtp_command.h"

#include "base/num.h"

int
smtp_close_with(struct pop_smtp *s, struct pop_out *out, unsigned code,
    const char *enhanced, const char *text)
{
	smtp_reply(out, code, enhanced, text);
	s->mode = SMTP_CLOSED;
	return SMTP_GO_ON;
}

static unsigned
bad_max(const struct pop_smtp *s)
{
	return s->config->bad_commands_max > 0 ?
	    s->config->bad_commands_max : 20;
}

int
smtp_bad(struct pop_smtp *s, struct pop_out *out, unsigned code,
    const char *enhanced, const char *text)
{
	if (++s->bad_commands > bad_max(s))
		return smtp_close_with(s, out, 421, "4.7.0", "too many errors");
	smtp_reply(out, code, enhanced, text);
	return SMTP_GO_ON;
}

int
smtp_bad_sequence(struct pop_smtp *s, struct pop_out *out, const char *text)
{
	return smtp_bad(s, out, 503, "5.5.1", text);
}

bool
smtp_in_transaction(const struct pop_smtp *s)
{
	return s->phase == SMTP_MAIL || s->phase == SMTP_BDAT;
}

int
smtp_wait_for(struct pop_smtp *s, enum smtp_wait wait,
    enum pop_smtp_event event)
{
	s->mode = SMTP_WAITING;
	s->wait = wait;
	return (int)event;
}

int
smtp_next_word(struct pop_span *s, struct pop_span *word_r)
{
	const unsigned char *sp;

	while (s->n > 0 && s->p[0] == ' ')
		span_skip(s, 1);
	if (s->n == 0)
		return 0;
	sp = memchr(s->p, ' ', s->n);
	*word_r = span_of(s->p, sp != NULL ? (size_t)(sp - s->p) : s->n);
	span_skip(s, word_r->n);
	return 1;
}

/* ---- greetings ----------------------------------------------------------- */

/*
 * What a client calls itself is not checked against anything (RFC 5321
 * section 4.1.4 forbids to refuse mail for it); it only has to be harmless
 * in a trace field.
 */
static bool
is_client_name(struct pop_span s)
{
	if (s.n == 0 || s.n > SMTP_DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') ||
		    (c != '\0' && strchr("-._:[]", c) != NULL)))
			return false;
	}
	return true;
}

static int
greet(struct pop_smtp *s, struct smtp_command *c, bool extended)
{
	if (!is_client_name(c->args))
		return smtp_bad(s, c->out, 501, NULL, "a host name is needed");
	/* Two events cannot be told at once: first the end of the
	 * transaction, then, of the same line, the greeting. */
	if (smtp_in_transaction(s)) {
		c->again = true;
		return smtp_transaction_drop(s);
	}
	if (extended)
		smtp_reply_extensions(s, c->out);
	else
		smtp_reply(c->out, 250, NULL, s->config->hostname);
	s->phase = SMTP_READY;
	c->info->name = c->args;
	c->info->extended = extended;
	return POP_SMTP_HELO;
}

static int
run_ehlo(struct pop_smtp *s, struct smtp_command *c)
{
	return greet(s, c, true);
}

static int
run_helo(struct pop_smtp *s, struct smtp_command *c)
{
	return greet(s, c, false);
}

/* ---- DATA and BDAT ------------------------------------------------------- */

static int
run_data(struct pop_smtp *s, struct smtp_command *c)
{
	if (s->phase == SMTP_BDAT) {
		/* RFC 3030 section 2: only RSET helps now */
		smtp_message_fail(s, 503, "5.5.1", "DATA after BDAT");
		return smtp_bad_sequence(s, c->out, "DATA after BDAT");
	}
	if (s->phase != SMTP_MAIL)
		return smtp_bad_sequence(s, c->out, "MAIL first");
	if (s->recipients == 0 && smtp_is_lmtp(s))
		return smtp_bad_sequence(s, c->out, "no valid recipients");
	if (s->recipients == 0)
		return smtp_bad(s, c->out, 554, "5.5.1", "no valid recipients");
	s->in_message = true;
	smtp_message_begin(s);
	return smtp_wait_for(s, SMTP_WAIT_DATA, POP_SMTP_DATA);
}

/* "size" or "size LAST" */
static int
parse_bdat(struct pop_span args, uint64_t *size_r, bool *last_r)
{
	struct pop_span word;

	if (!smtp_next_word(&args, &word) ||
	    num_parse_u64(word, UINT64_MAX, size_r) != 0)
		return -1;
	*last_r = false;
	if (!smtp_next_word(&args, &word))
		return 0;
	if (!span_eq_nocase(word, span_str("LAST")))
		return -1;
	*last_r = true;
	return smtp_next_word(&args, &word) ? -1 : 0;
}

/* Would the message be too big with this chunk? */
static bool
chunk_too_big(const struct pop_smtp *s, uint64_t size)
{
	uint64_t max = s->config->size_max;

	return max > 0 && (size > max || s->text.octets > max - size);
}

/* Whether any reader may take this line for BDAT. */
static bool
is_bdat(struct pop_span line)
{
	unsigned char next = line.n > 4 ? line.p[4] | 0x20 : ' ';

	return line.n >= 4 && (next < 'a' || next > 'z') &&
	    span_eq_nocase(span_of(line.p, 4), span_str("BDAT"));
}

/* How much text follows is unknown: it must not be executed. */
static int
refuse_bdat(struct pop_smtp *s, struct pop_out *out)
{
	return smtp_close_with(s, out, 501, "5.5.4",
	    "BDAT size, or BDAT size LAST");
}

static int
run_bdat(struct pop_smtp *s, struct smtp_command *c)
{
	bool first = s->phase != SMTP_BDAT;

	if (parse_bdat(c->args, &s->chunk_left, &s->chunk_last) != 0)
		return refuse_bdat(s, c->out);
	if (s->recipients == 0 && ++s->bad_commands > bad_max(s))
		return smtp_close_with(s, c->out, 421, "4.7.0",
		    "too many errors");
	s->mode = SMTP_IN_CHUNK;
	if (first)
		smtp_message_begin(s);
	if (s->recipients == 0) {
		smtp_message_fail(s, 503, "5.5.1",
		    s->phase == SMTP_START || s->phase == SMTP_READY ?
		    "MAIL first" : "no valid recipients");
	} else if (chunk_too_big(s, s->chunk_left)) {
		smtp_message_fail(s, 552, "5.3.4",
		    "message exceeds the size limit");
	}
	if (s->phase == SMTP_MAIL && s->fail.code == 0) {
		s->in_message = true;
		return smtp_wait_for(s, SMTP_WAIT_BDAT, POP_SMTP_DATA);
	}
	if (s->phase == SMTP_MAIL)
		s->phase = SMTP_BDAT;
	return SMTP_GO_ON;
}

/* ---- the others ---------------------------------------------------------- */

static int
run_rset(struct pop_smtp *s, struct smtp_command *c)
{
	smtp_reply(c->out, 250, "2.0.0", "ok");
	return smtp_transaction_drop(s);
}

static int
run_noop(struct pop_smtp *s, struct smtp_command *c)
{
	(void)s;
	smtp_reply(c->out, 250, "2.0.0", "ok");
	return SMTP_GO_ON;
}

static int
run_vrfy(struct pop_smtp *s, struct smtp_command *c)
{
	(void)s;
	smtp_reply(c->out, 252, "2.0.0", "send mail and see");
	return SMTP_GO_ON;
}

static int
run_help(struct pop_smtp *s, struct smtp_command *c)
{
	(void)s;
	smtp_reply(c->out, 214, "2.0.0", "see RFC 5321 and RFC 2033");
	return SMTP_GO_ON;
}

static int
run_quit(struct pop_smtp *s, struct smtp_command *c)
{
	return smtp_close_with(s, c->out, 221, "2.0.0", "goodbye");
}

static int
run_starttls(struct pop_smtp *s, struct smtp_command *c)
{
	if (!(s->config->flags & POP_SMTP_HAS_TLS))
		return smtp_bad(s, c->out, 502, "5.5.1", "no TLS here");
	if (s->tls_on)
		return smtp_bad_sequence(s, c->out, "TLS is on already");
	if (s->phase == SMTP_START)
		return smtp_bad_sequence(s, c->out, "greet first");
	if (smtp_in_transaction(s))
		return smtp_bad_sequence(s, c->out, "not within a transaction");
	smtp_reply(c->out, 220, "2.0.0", "ready to start TLS");
	return smtp_wait_for(s, SMTP_WAIT_TLS, POP_SMTP_TLS);
}

static int
run_unimplemented(struct pop_smtp *s, struct smtp_command *c)
{
	return smtp_bad(s, c->out, 502, "5.5.1", "command not implemented");
}

static int
run_xclient(struct pop_smtp *s, struct smtp_command *c)
{
	return smtp_bad(s, c->out, 550, "5.7.0", "not authorized");
}

/* ---- the table ----------------------------------------------------------- */

enum { FOR_SMTP = 1, FOR_LMTP = 2, FOR_BOTH = 3 };

static const struct verb {
	const char *name;
	unsigned protocols;
	bool takes_args;
	bool ends_batch;	/* nothing may be buffered behind it */
	int (*run)(struct pop_smtp *, struct smtp_command *);
} verbs[] = {
	{ "MAIL", FOR_BOTH, true, false, smtp_run_mail },
	{ "RCPT", FOR_BOTH, true, false, smtp_run_rcpt },
	{ "DATA", FOR_BOTH, false, true, run_data },
	{ "BDAT", FOR_BOTH, true, false, run_bdat },
	{ "EHLO", FOR_SMTP, true, false, run_ehlo },
	{ "HELO", FOR_SMTP, true, false, run_helo },
	{ "LHLO", FOR_LMTP, true, false, run_ehlo },
	{ "RSET", FOR_BOTH, false, false, run_rset },
	{ "NOOP", FOR_BOTH, true, false, run_noop },
	{ "QUIT", FOR_BOTH, false, false, run_quit },
	{ "STARTTLS", FOR_BOTH, false, true, run_starttls },
	{ "VRFY", FOR_BOTH, true, false, run_vrfy },
	{ "HELP", FOR_BOTH, true, false, run_help },
	{ "EXPN", FOR_BOTH, true, false, run_unimplemented },
	{ "AUTH", FOR_BOTH, true, false, run_unimplemented },
	{ "ETRN", FOR_BOTH, true, false, run_unimplemented },
	{ "SEND", FOR_BOTH, true, false, run_unimplemented },
	{ "SOML", FOR_BOTH, true, false, run_unimplemented },
	{ "SAML", FOR_BOTH, true, false, run_unimplemented },
	{ "TURN", FOR_BOTH, true, false, run_unimplemented },
	{ "XCLIENT", FOR_BOTH, true, false, run_xclient },
};

static const struct verb *
find_verb(const struct pop_smtp *s, struct pop_span name)
{
	unsigned protocol = smtp_is_lmtp(s) ? FOR_LMTP : FOR_SMTP;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if ((verbs[i].protocols & protocol) &&
		    span_eq_nocase(name, span_str(verbs[i].name)))
			return &verbs[i];
	return NULL;
}

/* RFC 5321 section 4.1.1: blanks at the end are tolerated. */
static struct pop_span
trim_end(struct pop_span s)
{
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static bool
has_control(struct pop_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

static int
run_line(struct pop_smtp *s, struct pop_span line, struct smtp_command *c)
{
	const struct verb *verb;
	struct pop_span name = { line.p, 0 };

	line = trim_end(line);
	c->args = line;
	if (line.n > 0 && line.p[0] != ' ')
		(void)smtp_next_word(&c->args, &name);
	while (c->args.n > 0 && c->args.p[0] == ' ')
		span_skip(&c->args, 1);
	verb = find_verb(s, name);
	if (verb != NULL && verb->ends_batch && c->in->n > 0)
		return smtp_close_with(s, c->out, 554, "5.5.0",
		    "nothing may be sent behind this command yet");
	if (is_bdat(line) && (verb == NULL || has_control(line)))
		return refuse_bdat(s, c->out);
	if (has_control(line))
		return smtp_bad(s, c->out, 500, "5.5.2", "control character");
	if (verb == NULL)
		return smtp_bad(s, c->out, 500, "5.5.2", "command unknown");
	if (!verb->takes_args && c->args.n > 0)
		return smtp_bad(s, c->out, 501, "5.5.4", "takes no argument");
	return verb->run(s, c);
}

/*
 * line_take for a protocol in which only CRLF ends a line: an over-long line
 * that ended with a bare LF is LINE_BARE_LF too.
 */
static enum line_result
take_line(struct pop_smtp *s, struct pop_span *in, struct pop_span *line_r)
{
	const unsigned char *start = in->p;
	bool whole = s->line.skipped == 0;
	enum line_result r = line_take(&s->line, in, SMTP_COMMAND_MAX, line_r);
	size_t n = (size_t)(in->p - start);

	if (whole)	/* the line is here from its beginning */
		s->skip_bdat = is_bdat(span_of(start, n));
	if (r == LINE_MORE && n > 0)
		s->skip_cr = in->p[-1] == '\r';
	if (r == LINE_LONG && !(n > 1 ? in->p[-2] == '\r' : s->skip_cr) &&
	    !(s->config->flags & POP_SMTP_NORMALIZE))
		return LINE_BARE_LF;
	return r;
}

int
smtp_step_command(struct pop_smtp *s, struct pop_span *in,
    struct pop_out *out, struct pop_smtp_info *info)
{
	struct pop_span start = *in, line = { 0 };
	struct smtp_command c = { .in = in, .out = out, .info = info };
	int event = SMTP_GO_ON;

	switch (take_line(s, in, &line)) {
	case LINE_MORE:
		return POP_SMTP_MORE;
	case LINE_LONG:
		if (s->skip_bdat)
			return refuse_bdat(s, out);
		return smtp_bad(s, out, 500, "5.5.2", "line too long");
	case LINE_FLOOD:
		return smtp_close_with(s, out, 421, "4.7.0", "line too long");
	case LINE_BARE_LF:
		/* RFC 5321 section 2.3.8. Two readers of one stream must not
		 * see different commands in it, so nothing more is read. */
		if (!(s->config->flags & POP_SMTP_NORMALIZE))
			return smtp_close_with(s, out, 500, "5.5.2",
			    "bare <LF> received");
		event = run_line(s, line, &c);
		break;
	case LINE_DONE:
		event = run_line(s, line, &c);
		break;
	}
	if (c.again)
		*in = start;
	return event;
}
