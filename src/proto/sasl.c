/* SPDX-License-Identifier: ISC
 *
 * sasl: see sasl.h.
 */
#include "proto/sasl.h"

bool
sasl_next(struct pop_span *list, struct pop_span *name_r)
{
	const unsigned char *sp;

	while (list->n > 0 && list->p[0] == ' ')
		span_skip(list, 1);
	if (list->n == 0)
		return false;
	*name_r = *list;
	sp = memchr(list->p, ' ', list->n);
	if (sp != NULL)
		name_r->n = (size_t)(sp - list->p);
	span_skip(list, name_r->n);
	return true;
}

bool
sasl_is_clear(struct pop_span name)
{
	static const char *const clear[] = {
		"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"
	};

	for (size_t i = 0; i < sizeof(clear) / sizeof(clear[0]); i++)
		if (span_eq_nocase(name, span_str(clear[i])))
			return true;
	return false;
}

bool
sasl_is_name(struct pop_span name)
{
	if (name.n < 1 || name.n > 20)
		return false;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = name.p[i];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		bool digit = c >= '0' && c <= '9';

		if (!letter && !digit && c != '-' && c != '_')
			return false;
	}
	return true;
}
