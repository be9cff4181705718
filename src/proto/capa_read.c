/* SPDX-License-Identifier: ISC
 *
 * capa_read: see capa_read.h.
 */
#include "proto/capa_read.h"

#include "base/num.h"
#include "proto/put.h"
#include "proto/sasl.h"

static const struct {
	const char *name;
	unsigned has;
} tags[] = {
	{ "AUTH-RESP-CODE", POP_CAPA_AUTH_RESP_CODE },
	{ "EXPIRE", POP_CAPA_EXPIRE },
	{ "IMPLEMENTATION", POP_CAPA_IMPLEMENTATION },
	{ "LANG", POP_CAPA_LANG },
	{ "LOGIN-DELAY", POP_CAPA_LOGIN_DELAY },
	{ "PIPELINING", POP_CAPA_PIPELINING },
	{ "RESP-CODES", POP_CAPA_RESP_CODES },
	{ "SASL", POP_CAPA_SASL },
	{ "STLS", POP_CAPA_STLS },
	{ "TOP", POP_CAPA_TOP },
	{ "UIDL", POP_CAPA_UIDL },
	{ "USER", POP_CAPA_USER },
	{ "UTF8", POP_CAPA_UTF8 },
};

static bool
is(struct pop_span word, const char *name)
{
	return span_eq_nocase(word, span_str(name));
}

static void
read_mechanisms(struct pop_capa *capa, struct pop_span list)
{
	struct pop_out text = { (unsigned char *)capa->mechanisms, 0,
		sizeof(capa->mechanisms) - 1 };
	struct pop_span name;

	while (sasl_next(&list, &name)) {
		if (!sasl_is_name(name) || put_room(&text) < name.n + 1)
			continue;
		if (text.n > 0)
			put_str(&text, " ");
		for (size_t i = 0; i < name.n; i++) {
			unsigned char c = name.p[i];

			text.p[text.n++] = c >= 'a' && c <= 'z' ?
			    (unsigned char)(c - 'a' + 'A') : c;
		}
	}
	text.p[text.n] = '\0';
}

static void
read_implementation(struct pop_capa *capa, struct pop_span text)
{
	size_t n = 0;

	while (text.n > 0 && text.p[0] == ' ')
		span_skip(&text, 1);
	for (; n < text.n && n < sizeof(capa->implementation) - 1; n++)
		capa->implementation[n] =
		    text.p[n] >= 0x20 && text.p[n] <= 0x7e ?
		    (char)text.p[n] : '?';
	capa->implementation[n] = '\0';
}

/* "LOGIN-DELAY 900 USER", "EXPIRE NEVER": without its number it is nothing. */
static void
read_number(struct pop_capa *capa, unsigned has, struct pop_span args)
{
	bool delay = has == POP_CAPA_LOGIN_DELAY;
	struct pop_span word;
	uint64_t n = 0;

	if (!sasl_next(&args, &word))
		return;
	if (!delay && is(word, "NEVER"))
		capa->has |= POP_CAPA_EXPIRE_NEVER;
	else if (num_parse_u64(word, UINT32_MAX, &n) != 0)
		return;
	capa->has |= has;
	*(delay ? &capa->login_delay : &capa->expire) = (uint32_t)n;
	if (sasl_next(&args, &word) && is(word, "USER"))
		capa->has |= delay ? POP_CAPA_LOGIN_DELAY_USER :
		    POP_CAPA_EXPIRE_USER;
}

void
capa_read(struct pop_capa *capa, struct pop_span line)
{
	struct pop_span args = line, tag, word;
	unsigned has = 0;

	if (!sasl_next(&args, &tag))
		return;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (is(tag, tags[i].name))
			has = tags[i].has;
	if (has == POP_CAPA_LOGIN_DELAY || has == POP_CAPA_EXPIRE) {
		read_number(capa, has, args);
		return;
	}
	capa->has |= has;
	if (has == POP_CAPA_SASL)
		read_mechanisms(capa, args);
	if (has == POP_CAPA_IMPLEMENTATION)
		read_implementation(capa, args);
	if (has == POP_CAPA_UTF8 && sasl_next(&args, &word) &&
	    is(word, "USER"))
		capa->has |= POP_CAPA_UTF8_USER;
}

int
pop_capa_mechanism(const struct pop_capa *capa, const char *name)
{
	struct pop_span list = span_str(capa->mechanisms), word;

	while (sasl_next(&list, &word))
		if (is(word, name))
			return 1;
	return 0;
}
