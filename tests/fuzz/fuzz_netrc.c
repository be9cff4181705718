/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: a netrc file.  What is found is never longer than a secret may
 * be, nothing is left behind when there is none, and a first entry that fits
 * wins over whatever follows.
 */
#include <stdlib.h>
#include <string.h>

#include "client/secret.h"
#include "client/secret_internal.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
need(int truth)
{
	if (!truth)
		abort();
}

static enum secret_found
look(const unsigned char *p, size_t n, struct buf *password)
{
	enum secret_found f;
	unsigned line = 0;

	buf_init(password, SECRET_MAX);
	f = secret_netrc((struct pop_span){ p, n }, "pop.example.net", "wren",
	    password, &line);
	need(line >= 1 && line <= n + 1);
	need(f == SECRET_FOUND || password->n == 0);
	return f;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	static const char first[] = "machine pop.example.net password x\n"
	    "machine other ";
	size_t head = sizeof(first) - 1;
	unsigned char *both = malloc(head + n);
	struct buf password;

	need(both != NULL);
	(void)look(data, n, &password);
	buf_wipe(&password);
	memcpy(both, first, head);
	memcpy(both + head, data, n);
	need(look(both, head + n, &password) == SECRET_FOUND &&
	    password.n == 1 && password.p[0] == 'x');
	buf_wipe(&password);
	free(both);
	return 0;
}
