/* SPDX-License-Identifier: ISC
 *
 * capa: what the server announces (RFC 2449 section 5).  The list is the same
 * before and after login; only STLS is for AUTHORIZATION without TLS alone
 * (RFC 2595 section 4).  What is announced here is what the handlers accept:
 * they ask the same functions.
 */
#include "proto/pop3_server.h"
#include "proto/put.h"
#include "proto/sasl.h"

bool
capa_clear_ok(const struct pop_server *s)
{
	return s->tls || (s->config->flags & POP_SERVER_CLEAR_OK) != 0;
}

struct pop_span
capa_mechanisms(const struct pop_server *s)
{
	const char *list = s->tls ? s->config->mechanisms_tls
				  : s->config->mechanisms_clear;

	return list == NULL ? span_of("", 0) : span_str(list);
}

bool
capa_next_mechanism(const struct pop_server *s, struct pop_span *list,
    struct pop_span *name_r)
{
	while (sasl_next(list, name_r))
		if (sasl_is_name(*name_r) &&
		    (capa_clear_ok(s) || !sasl_is_clear(*name_r)))
			return true;
	return false;
}

/* "SASL A B C", as many as fit into a line */
static void
write_sasl(const struct pop_server *s, struct pop_out *out)
{
	struct pop_span list = capa_mechanisms(s), name;
	size_t n = 4 + 2;

	if (!capa_next_mechanism(s, &list, &name))
		return;
	put_str(out, "SASL");
	do {
		n += 1 + name.n;
		if (n > POP_REPLY_MAX)
			break;
		put_str(out, " ");
		put_octets(out, name);
	} while (capa_next_mechanism(s, &list, &name));
	put_str(out, "\r\n");
}

/* A text that stands behind "IMPLEMENTATION ": one line, printable. */
static void
write_implementation(const struct pop_server *s, struct pop_out *out)
{
	static const char tag[] = "IMPLEMENTATION ";
	struct pop_span text;

	if (s->config->implementation == NULL)
		return;
	text = span_str(s->config->implementation);
	if (text.n > POP_REPLY_MAX - 2 - (sizeof(tag) - 1))
		text.n = POP_REPLY_MAX - 2 - (sizeof(tag) - 1);
	if (text.n == 0 || !verb_printable(text))
		return;
	put_str(out, tag);
	put_octets(out, text);
	put_str(out, "\r\n");
}

void
capa_write(const struct pop_server *s, struct pop_out *out)
{
	put_str(out, "+OK capabilities follow\r\nTOP\r\nUIDL\r\n");
	if (capa_clear_ok(s))
		put_str(out, "USER\r\n");
	write_sasl(s, out);
	put_str(out, "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n");
	if (s->state == IN_AUTHORIZATION && !s->tls &&
	    (s->config->flags & POP_SERVER_HAS_TLS) != 0)
		put_str(out, "STLS\r\n");
	write_implementation(s, out);
	put_str(out, ".\r\n");
}

void
capa_write_mechanisms(const struct pop_server *s, struct pop_out *out)
{
	struct pop_span list = capa_mechanisms(s), name;
	size_t n = 0;

	put_str(out, "+OK mechanisms follow\r\n");
	while (capa_next_mechanism(s, &list, &name)) {
		n += name.n + 2;
		if (n > POP_REPLY_MAX)
			break;
		put_octets(out, name);
		put_str(out, "\r\n");
	}
	put_str(out, ".\r\n");
}
