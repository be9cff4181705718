/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: the file of users as restantectl changes it.  The first octet
 * is the length of a user's name.  Taken apart into lines the text is what it
 * was; a user has lines when the file's own reader finds him; without them
 * the reader finds all others, unchanged, and him no more.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/users_edit.h"
#include "auth/passwd_file.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
need(int truth)
{
	if (!truth)
		abort();
}

static struct passwd_table *
read_it(struct pop_span text)
{
	struct buf messages;
	struct passwd_table *t;

	buf_init(&messages, PASSWD_MESSAGES_MAX);
	t = passwd_table_new("fuzz", text, &messages);
	buf_release(&messages);
	return t;
}

/* in place of the program's own */
void
admin_error(const char *fmt, ...)
{
	(void)fmt;
}

/* Copies all lines but the user's; how many are the user's. */
static unsigned
without(struct pop_span text, const char *name, struct buf *out)
{
	struct pop_span rest = text, line;
	const unsigned char *at = text.p;
	unsigned count = 0;

	while (rest.n > 0) {
		bool is = users_edit_line(&rest, name, &line);

		need(line.n > 0 && line.p == at && rest.p == at + line.n);
		need(memchr(line.p, '\n', line.n - 1) == NULL);
		at += line.n;
		count += is;
		if (!is)
			need(buf_append(out, line.p, line.n) == BUF_OK);
	}
	need(at == text.p + text.n);
	return count;
}

static void
check(const struct passwd_table *t, struct pop_span text, const char *name)
{
	struct passwd_user u, v;
	struct passwd_table *less;
	struct buf out;
	unsigned count;
	bool there = passwd_find(t, span_str(name), &u) &&
	    strcmp(u.name, name) == 0;

	buf_init(&out, 1 << 24);
	count = without(text, name, &out);
	/* of a name that is there twice all lines go: none comes to life */
	need((count > 0) == there);
	less = read_it(buf_span(&out));
	need(less != NULL && passwd_count(less) == passwd_count(t) - there);
	/* one that differs by case may be meant from now on */
	need(!passwd_find(less, span_str(name), &v) ||
	    strcmp(v.name, name) != 0);
	for (uint32_t i = 0; i < passwd_count(less); i++) {
		v = passwd_at(less, i);
		need(passwd_find(t, span_str(v.name), &u));
		need(strcmp(u.name, v.name) == 0 && u.kind == v.kind &&
		    span_eq(u.password, v.password));
	}
	passwd_table_free(less);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct pop_span text;
	struct passwd_table *t;
	char name[256] = "";
	size_t len;

	if (n < 1)
		return 0;
	len = data[0] < n - 1 ? data[0] : n - 1;
	memcpy(name, data + 1, len);
	text = span_of(data + 1 + len, n - 1 - len);
	t = read_it(text);
	if (t == NULL)
		return 0;	/* restantectl refuses to touch it */
	check(t, text, name);
	for (uint32_t i = 0; i < passwd_count(t) && i < 5; i++)
		check(t, text, passwd_at(t, i).name);
	passwd_table_free(t);
	return 0;
}
