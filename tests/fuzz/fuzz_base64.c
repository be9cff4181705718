/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: base64.  What is accepted is exactly what encoding gives back;
 * whatever is encoded decodes to itself, also in place.
 */
#include <stdlib.h>
#include <string.h>

#include <pop.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
need(int truth)
{
	if (!truth)
		abort();
}

static unsigned char *
memory(size_t n)
{
	unsigned char *p = malloc(n > 0 ? n : 1);

	need(p != NULL);
	return p;
}

static void
decode_encode(const unsigned char *data, size_t n)
{
	struct pop_span text = { data, n };
	unsigned char *raw = memory(n / 4 * 3), *again = memory(n);
	size_t raw_n = 0, check_n = 0;
	int r = pop_base64_decode(raw, &raw_n, text);

	need(pop_base64_decode(NULL, &check_n, text) == r);
	if (r == 0) {
		need(raw_n <= n / 4 * 3 && check_n == raw_n);
		need(pop_base64_encode(again, raw, raw_n) == n);
		need(n == 0 || memcmp(again, data, n) == 0);
	}
	free(raw);
	free(again);
}

static void
encode_decode(const unsigned char *data, size_t n)
{
	size_t want = (n + 2) / 3 * 4, raw_n = 0;
	unsigned char *text = memory(want);
	struct pop_span span = { text, want };

	need(pop_base64_encode(text, data, n) == want);
	need(pop_base64_decode(text, &raw_n, span) == 0);
	need(raw_n == n && (n == 0 || memcmp(text, data, n) == 0));
	free(text);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	decode_encode(data, n);
	encode_decode(data, n);
	return 0;
}
