/* SPDX-License-Identifier: ISC
 *
 * smtp_reply: reply lines (RFC 5321 section 4.2, RFC 2034).  The only place
 * that writes SMTP octets, so that no text of a caller or a peer can break
 * a line in two or make it longer than 512 octets.
 */
#include "proto/smtp_machine.h"

#include "proto/put.h"

static void
put_clean(struct pop_out *line, const char *text)
{
	for (; *text != '\0' && put_room(line) > 2; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			c = ' ';
		else if (c >= 0x80)
			c = '?';
		put_octets(line, span_of(&c, 1));
	}
}

static void
reply_line(struct pop_out *out, unsigned code, char separator,
    const char *enhanced, const char *text)
{
	unsigned char mem[POP_REPLY_MAX];
	struct pop_out line = { mem, 0, sizeof(mem) };

	put_u64(&line, code);
	put_octets(&line, span_of(&separator, 1));
	if (enhanced != NULL) {
		put_clean(&line, enhanced);
		put_octets(&line, span_of(" ", 1));
	}
	put_clean(&line, text);
	put_str(&line, "\r\n");
	/* A caller who gave less room than POP_OUT_MIN loses the line, not
	 * half of it. */
	if (line.n <= put_room(out))
		put_octets(out, put_span(&line));
}

void
smtp_reply(struct pop_out *out, unsigned code, const char *enhanced,
    const char *text)
{
	reply_line(out, code, ' ', enhanced, text);
}

void
smtp_reply_verdict(struct pop_out *out, const struct smtp_verdict *v)
{
	smtp_reply(out, v->code, v->enhanced[0] != '\0' ? v->enhanced : NULL,
	    v->text);
}

void
smtp_greet(struct pop_out *out, unsigned code, const char *hostname,
    const char *text)
{
	unsigned char mem[POP_REPLY_MAX];
	struct pop_out joined = { mem, 0, sizeof(mem) - 1 };

	put_str(&joined, hostname);
	put_str(&joined, " ");
	put_str(&joined, text);
	mem[joined.n] = '\0';
	smtp_reply(out, code, NULL, (const char *)mem);
}

void
smtp_reply_extensions(const struct pop_smtp *s, struct pop_out *out)
{
	unsigned char mem[32];
	struct pop_out size = { mem, 0, sizeof(mem) - 1 };

	put_str(&size, "SIZE ");
	put_u64(&size, s->config->size_max);
	mem[size.n] = '\0';

	reply_line(out, 250, '-', NULL, s->config->hostname);
	reply_line(out, 250, '-', NULL, "PIPELINING");
	reply_line(out, 250, '-', NULL, (const char *)mem);
	reply_line(out, 250, '-', NULL, "8BITMIME");
	reply_line(out, 250, '-', NULL, "SMTPUTF8");
	if ((s->config->flags & POP_SMTP_HAS_TLS) && !s->tls_on)
		reply_line(out, 250, '-', NULL, "STARTTLS");
	reply_line(out, 250, '-', NULL, "ENHANCEDSTATUSCODES");
	reply_line(out, 250, ' ', NULL, "CHUNKING");
}

/* Copies what fits, always with a NUL. */
static void
copy_text(char *to, size_t size, const char *from)
{
	struct pop_out text = { (unsigned char *)to, 0, size - 1 };

	if (from != NULL)
		put_str(&text, from);
	to[text.n] = '\0';
}

void
smtp_verdict_set(struct smtp_verdict *v, unsigned code,
    const char *enhanced, const char *text)
{
	v->code = code;
	copy_text(v->enhanced, sizeof(v->enhanced), enhanced);
	copy_text(v->text, sizeof(v->text), text);
}
