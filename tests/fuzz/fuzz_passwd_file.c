/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: a file of users.  Whatever the octets are, reading ends.  A
 * file that is refused has a message; in one that is accepted every user is
 * found by its name, has a name that may be part of a path, and is given
 * APOP only with a clear secret.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/maildrop.h"
#include "auth/passwd_file.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
check_user(const struct passwd_table *t, uint32_t i)
{
	struct passwd_user u = passwd_at(t, i), found;
	unsigned char secret[HASH_SECRET_MAX];
	char path[MAILDROP_MAX];
	const char *why;
	size_t n;

	if (!passwd_name_ok(span_str(u.name)) ||
	    !passwd_find(t, span_str(u.name), &found) ||
	    found.name != u.name || found.password.p != u.password.p)
		abort();
	if (u.password.p[u.password.n] != '\0' ||
	    hash_classify(u.password, &why) != u.kind ||
	    (u.kind == HASH_UNKNOWN) != (why != NULL))
		abort();
	if (u.apop && hash_clear(u.password, secret, &n) != 0)
		abort();
	if (maildrop_expand("%u", u.name, path, &why) != 0 ||
	    strcmp(path, u.name) != 0)
		abort();
	/* slow ones take their time: not here */
	if (!hash_is_slow(u.kind) && hash_check(u.password, span_str("")) ==
	    HASH_FITS && u.kind == HASH_PLAIN)
		abort();
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct passwd_table *t;
	struct passwd_user u;
	struct buf messages;
	uint32_t apop = 0;

	buf_init(&messages, PASSWD_MESSAGES_MAX);
	t = passwd_table_new("fuzz", span_of(data, n), &messages);
	if (t == NULL && messages.n == 0)
		abort();
	for (uint32_t i = 0; t != NULL && i < passwd_count(t); i++) {
		check_user(t, i);
		apop += passwd_at(t, i).apop;
	}
	if (t != NULL && (apop != passwd_count_apop(t) ||
	    passwd_find(t, span_of("", 0), &u) ||
	    passwd_find(t, span_of("a:b", 3), &u)))
		abort();
	passwd_table_free(t);
	buf_release(&messages);
	return 0;
}
