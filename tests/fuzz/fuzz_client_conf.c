/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: restante.conf.  Whatever the octets are, reading ends;
 * a file that is accepted is dumped, read again and dumped to the same text.
 * Passwords are not in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/client_conf.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static FILE *
memory(char **text, size_t *n)
{
	FILE *f = open_memstream(text, n);

	if (!f)
		abort();
	return f;
}

/* NULL when it is mistaken; then there must be a report */
static struct client_conf *
read_it(const char *text, size_t n)
{
	struct client_conf *c = NULL;
	char *report;
	size_t len;
	FILE *errors = memory(&report, &len);
	int r = client_conf_read_text("fuzz", text, n, errors, &c);

	if (fclose(errors) != 0)
		abort();
	if ((r == 0) != (c != NULL) || (r == 0) != (len == 0))
		abort();
	free(report);
	return c;
}

static char *
dump(const struct client_conf *c, size_t *n_r)
{
	char *text;
	FILE *f = memory(&text, n_r);

	client_conf_dump(c, f);
	if (fclose(f) != 0)
		abort();
	return text;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct client_conf *c, *again;
	char *first, *second;
	size_t first_n, second_n;

	if (setenv("HOME", "/home/wren", 1) != 0)
		abort();
	c = read_it((const char *)data, n);
	if (!c)
		return 0;
	first = dump(c, &first_n);
	again = read_it(first, first_n);
	if (!again)
		abort();
	second = dump(again, &second_n);
	if (first_n != second_n || memcmp(first, second, first_n) != 0)
		abort();
	free(first);
	free(second);
	client_conf_free(c);
	client_conf_free(again);
	return 0;
}
