/* SPDX-License-Identifier: ISC
 *
 * fuzz_rules: a message's header against a fixed set of rules, and the field
 * reader by itself.  What must hold for every header is checked.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/header.h"
#include "client/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { \
	if (!(x)) \
		abort(); \
} while (0)
#define TEXT(x) ((char *)(uintptr_t)(x))

static struct rule_match matches[] = {
	{ TEXT("Subject"), TEXT("*a*a*?b"), false },
	{ TEXT("*"), TEXT("[a-z]+@(x|y)*z$"), true },
	{ TEXT("From"), TEXT("\\**<*@*>"), false },
};
static struct rule_conf rules[] = {
	{ .matches = &matches[0], .nmatches = 1 },
	{ .matches = &matches[1], .nmatches = 2, .action = RULE_DELETE },
	{ .older = 86400, .action = RULE_SKIP },
	{ .newer = 60 },
};
static struct account_conf account = { .name = TEXT("a") };
static const struct client_conf conf = { .rules = rules,
	.nrules = sizeof(rules) / sizeof(rules[0]) };

static void
fields(struct pop_span header)
{
	struct pop_span rest = header, name, body;
	unsigned char text[64], plain[64];
	size_t n;

	while (header_next(&rest, &name, &body)) {
		MUST(name.n > 0 && name.p >= header.p &&
		    body.p + body.n <= header.p + header.n);
		MUST(memchr(name.p, ':', name.n) == NULL);
		n = header_unfold(body, text, sizeof(text));
		MUST(n <= sizeof(text) && n <= body.n);
		MUST(memchr(text, '\n', n) == NULL);
		MUST(header_decode(span_of(text, n), plain, sizeof(plain)) <=
		    sizeof(plain));
		MUST(header_decode(span_of(text, n), plain, 5) <= 5);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rules *r;
	char error[200];
	struct rules_message m = { span_of(data, size), true, size, 1 << 30 };
	const struct rule_conf *rule = NULL;
	unsigned char text[8];
	int64_t t;

	if (r == NULL)
		r = rules_new(&conf, &account, error, sizeof(error));
	MUST(r != NULL);
	MUST((rules_apply(r, &m, &rule) == RULES_MATCH) == (rule != NULL));
	fields(m.header);
	MUST(header_field(m.header, "Date", text, sizeof(text)) <=
	    (ptrdiff_t)sizeof(text));
	(void)!header_date(m.header, &t);
	return 0;
}
