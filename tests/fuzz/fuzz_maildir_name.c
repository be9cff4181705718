/* SPDX-License-Identifier: ISC
 *
 * fuzz_maildir_name: names that other programs, or somebody hostile, gave to
 * files of a Maildir.  A name is parsed, stripped, compared with itself and
 * with its other half; what must hold for every name is checked.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/maildir_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { \
	if (!(x)) \
		abort(); \
} while (0)

static void
one_name(const char *p, size_t n, struct maildir_name *v)
{
	char out[256];
	size_t stripped;

	maildir_name_parse(v, p, n);
	MUST(v->base_n <= n);
	MUST(v->base_n > 0 || n == 0);
	MUST(v->base_n == n || (p[v->base_n] == ':' && n - v->base_n >= 3 &&
	    p[v->base_n + 2] == ','));
	MUST(!v->has_disk || !v->has_wire ||
	    maildir_wire_possible(v->disk, v->wire));
	MUST(maildir_name_compare(v, p, v, p) == 0);
	stripped = maildir_name_strip(out, p, v->base_n);
	MUST(stripped <= v->base_n);
	/* nothing that says a size is left */
	if (v->has_disk || v->has_wire || v->no_dots) {
		struct maildir_name again;

		MUST(stripped < v->base_n);
		maildir_name_parse(&again, out, stripped);
		MUST(!again.has_disk && !again.has_wire && !again.no_dots);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct maildir_name a, b;
	char *p, *q;
	size_t half;

	/* names are at most 255 octets, without NUL; exact allocations show a
	 * read too far */
	if (size > 255 || memchr(data, '\0', size) != NULL)
		return 0;
	half = size / 2;
	p = malloc(size + (size == 0));
	q = malloc(half + (half == 0));
	MUST(p != NULL && q != NULL);
	if (size > 0)
		memcpy(p, data, size);
	if (half > 0)
		memcpy(q, data + size - half, half);
	one_name(p, size, &a);
	one_name(q, half, &b);
	MUST((maildir_name_compare(&a, p, &b, q) < 0) ==
	    (maildir_name_compare(&b, q, &a, p) > 0));
	free(p);
	free(q);
	return 0;
}
