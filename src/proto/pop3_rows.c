/* SPDX-License-Identifier: ISC
 *
 * pop3_rows: the numbers and unique-ids in what a server says.  A hostile one
 * may say anything; whatever is not exactly what it should be becomes BAD.
 */
#include "proto/pop3_client.h"

#include "base/num.h"

/* Takes the next word, behind any number of blanks; empty at the end. */
static struct pop_span
next_word(struct pop_span *s)
{
	struct pop_span word;

	while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
		span_skip(s, 1);
	word = span_of(s->p, 0);
	while (s->n > 0 && s->p[0] != ' ' && s->p[0] != '\t') {
		span_skip(s, 1);
		word.n++;
	}
	return word;
}

static enum pop_client_event
bad(struct pop_client_info *info, enum pop_client_error error)
{
	info->error = error;
	return POP_CLIENT_BAD;
}

static int
read_u32(struct pop_span word, uint32_t *v_r)
{
	uint64_t v;

	if (num_parse_u64(word, UINT32_MAX, &v) != 0)
		return -1;
	*v_r = (uint32_t)v;
	return 0;
}

static bool
is_uidl(struct pop_span s)
{
	if (s.n < 1 || s.n > POP_UIDL_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e)
			return false;
	return true;
}

/* "n size" or "n unique-id"; what follows a size is ignored (RFC 1939
 * section 5), nothing but blanks may follow a unique-id. */
static enum pop_client_event
read_pair(struct pop_span text, bool uidl, struct pop_client_info *info)
{
	struct pop_span number = next_word(&text);
	struct pop_span value = next_word(&text);

	if (read_u32(number, &info->number) != 0 || info->number == 0)
		return bad(info, POP_CLIENT_E_NUMBER);
	if (!uidl)
		return num_parse_u64(value, UINT64_MAX, &info->octets) == 0 ?
		    POP_CLIENT_ROW : bad(info, POP_CLIENT_E_NUMBER);
	if (!is_uidl(value) || next_word(&text).n > 0)
		return bad(info, POP_CLIENT_E_UIDL);
	info->uidl = value;
	return POP_CLIENT_ROW;
}

enum pop_client_event
client_read_row(enum pop_command command, struct pop_span line,
    struct pop_client_info *info)
{
	info->text = line;
	if (command != POP_CMD_LIST && command != POP_CMD_UIDL)
		return POP_CLIENT_ROW;
	info->number = 0;
	return read_pair(line, command == POP_CMD_UIDL, info);
}

enum pop_client_event
client_read_reply(enum pop_command command, struct pop_span text,
    struct pop_client_info *info)
{
	uint32_t asked = info->number;

	if (command == POP_CMD_STAT || command == POP_CMD_LAST) {
		if (read_u32(next_word(&text), &info->count) != 0)
			return bad(info, POP_CLIENT_E_NUMBER);
		if (command == POP_CMD_STAT && num_parse_u64(next_word(&text),
		    UINT64_MAX, &info->octets) != 0)
			return bad(info, POP_CLIENT_E_NUMBER);
	}
	if (command == POP_CMD_LIST || command == POP_CMD_UIDL) {
		enum pop_client_event ev = read_pair(text,
		    command == POP_CMD_UIDL, info);
		bool other = info->number != asked;

		info->number = asked;
		if (ev == POP_CLIENT_BAD)
			return ev;
		if (other)
			return bad(info, POP_CLIENT_E_NUMBER);
	}
	return POP_CLIENT_REPLY;
}
