/* SPDX-License-Identifier: ISC
 *
 * smtp_envelope: MAIL and RCPT with their parameters (RFC 5321 sections
 * 4.1.1.2 and 4.1.1.3, RFC 1870, 6152, 6531).  Whether a mailbox exists is
 * for the caller to say; what comes here is only whether the command can be
 * understood and the limits allow it.
 */
#include "proto/smtp_command.h"

#include "base/num.h"

/* Why a command is refused; code 0: it is not. */
struct refusal {
	unsigned code;
	const char *enhanced;
	const char *text;
};

struct mail_params {
	uint64_t size;
	bool has_size, has_body, eight_bit, utf8;
};

static const struct refusal no_refusal = { 0 };
static const struct refusal bad_params = { 501, "5.5.4",
    "parameter not understood" };
static const struct refusal unknown_param = { 555, "5.5.4",
    "parameter not supported" };

/* 1*20DIGIT (RFC 1870 section 3); what no integer holds is just too much */
static int
parse_size(struct pop_span s, uint64_t *size_r)
{
	if (s.n == 0 || s.n > 20)
		return -1;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
	if (num_parse_u64(s, UINT64_MAX, size_r) != 0)
		*size_r = UINT64_MAX;
	return 0;
}

static struct refusal
mail_body(struct pop_span value, struct mail_params *p)
{
	if (p->has_body)
		return bad_params;
	p->has_body = true;
	if (span_eq_nocase(value, span_str("8BITMIME")))
		p->eight_bit = true;
	else if (span_eq_nocase(value, span_str("BINARYMIME")))
		return unknown_param;
	else if (!span_eq_nocase(value, span_str("7BIT")))
		return bad_params;
	return no_refusal;
}

static struct refusal
mail_param(struct pop_span name, struct pop_span value, bool has_value,
    struct mail_params *p)
{
	if (span_eq_nocase(name, span_str("SIZE"))) {
		if (p->has_size || parse_size(value, &p->size) != 0)
			return bad_params;
		p->has_size = true;
	} else if (span_eq_nocase(name, span_str("BODY"))) {
		return mail_body(value, p);
	} else if (span_eq_nocase(name, span_str("SMTPUTF8"))) {
		if (has_value || p->utf8)
			return bad_params;
		p->utf8 = true;
	} else {
		return unknown_param;
	}
	return no_refusal;
}

static struct refusal
mail_params(struct pop_span args, struct mail_params *p)
{
	struct pop_span word, value;

	while (smtp_next_word(&args, &word)) {
		const unsigned char *eq = memchr(word.p, '=', word.n);
		struct refusal r;

		value = span_of(word.p, 0);
		if (eq != NULL) {
			size_t n = (size_t)(eq - word.p);

			value = span_of(eq + 1, word.n - n - 1);
			word.n = n;
		}
		r = mail_param(word, value, eq != NULL, p);
		if (r.code != 0)
			return r;
	}
	return no_refusal;
}

/* "FROM:<...>" or "TO:<...>"; one space behind the colon is common. What
 * follows the path must be a space or nothing. */
static int
parse_path(struct pop_smtp *s, struct pop_span *args, const char *word,
    enum smtp_path_kind kind)
{
	struct pop_span w = span_str(word);

	if (args->n < w.n || !span_eq_nocase(span_of(args->p, w.n), w))
		return -1;
	span_skip(args, w.n);
	if (args->n > 0 && args->p[0] == ' ')
		span_skip(args, 1);
	if (smtp_path_parse(args, kind, &s->path) != 0)
		return -1;
	return args->n == 0 || args->p[0] == ' ' ? 0 : -1;
}

static void
tell_path(const struct pop_smtp *s, struct pop_smtp_info *info)
{
	info->path = smtp_path_text(&s->path);
	info->local = smtp_path_local(&s->path);
	info->domain = smtp_path_domain(&s->path);
}

int
smtp_run_mail(struct pop_smtp *s, struct smtp_command *c)
{
	struct mail_params p = { 0 };
	struct pop_span args = c->args;
	struct refusal r;

	if (s->phase == SMTP_START)
		return smtp_bad_sequence(s, c->out, "greet first");
	if (smtp_in_transaction(s))
		return smtp_bad_sequence(s, c->out, "MAIL was given already");
	if ((s->config->flags & POP_SMTP_NEED_TLS) && !s->tls_on)
		return smtp_bad(s, c->out, 530, "5.7.0", "STARTTLS first");
	if (parse_path(s, &args, "FROM:", SMTP_PATH_REVERSE) != 0)
		return smtp_bad(s, c->out, 501, "5.1.7", "MAIL FROM:<address>");
	r = mail_params(args, &p);
	if (r.code != 0)
		return smtp_bad(s, c->out, r.code, r.enhanced, r.text);
	if (s->path.non_ascii && !p.utf8) {
		smtp_reply(c->out, 550, "5.6.7", "SMTPUTF8 was not asked for");
		return SMTP_GO_ON;
	}
	if (s->config->size_max > 0 && p.size > s->config->size_max) {
		smtp_reply(c->out, 552, "5.3.4",
		    "message exceeds the size limit");
		return SMTP_GO_ON;
	}
	s->utf8 = p.utf8;
	tell_path(s, c->info);
	c->info->size = p.size;
	c->info->utf8 = p.utf8;
	c->info->eight_bit = p.eight_bit;
	return smtp_wait_for(s, SMTP_WAIT_MAIL, POP_SMTP_MAIL);
}

int
smtp_run_rcpt(struct pop_smtp *s, struct smtp_command *c)
{
	unsigned max = s->config->recipients_max > 0 ?
	    s->config->recipients_max : 1000;
	struct pop_span args = c->args, word;

	if (s->phase != SMTP_MAIL)
		return smtp_bad_sequence(s, c->out, s->phase == SMTP_BDAT ?
		    "the message has begun" : "MAIL first");
	if (parse_path(s, &args, "TO:", SMTP_PATH_FORWARD) != 0)
		return smtp_bad(s, c->out, 501, "5.1.3", "RCPT TO:<address>");
	if (smtp_next_word(&args, &word))
		return smtp_bad(s, c->out, unknown_param.code,
		    unknown_param.enhanced, unknown_param.text);
	if (s->path.non_ascii && !s->utf8) {
		smtp_reply(c->out, 553, "5.6.7", "SMTPUTF8 was not asked for");
		return SMTP_GO_ON;
	}
	if (s->recipients >= max) {
		smtp_reply(c->out, 452, "4.5.3", "too many recipients");
		return SMTP_GO_ON;
	}
	tell_path(s, c->info);
	c->info->utf8 = s->utf8;
	return smtp_wait_for(s, SMTP_WAIT_RCPT, POP_SMTP_RCPT);
}
