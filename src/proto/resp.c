/* SPDX-License-Identifier: ISC
 *
 * resp: see resp.h.  The one place that writes a status line, so that its
 * length and its characters are right everywhere.
 */
#include "proto/resp.h"

#include "proto/put.h"

static const char *const codes[] = {
	[POP_FAIL_PLAIN] = "",
	[POP_FAIL_AUTH] = "[AUTH] ",
	[POP_FAIL_IN_USE] = "[IN-USE] ",
	[POP_FAIL_LOGIN_DELAY] = "[LOGIN-DELAY] ",
	[POP_FAIL_SYS_TEMP] = "[SYS/TEMP] ",
	[POP_FAIL_SYS_PERM] = "[SYS/PERM] ",
};

static int
resp_line(struct pop_out *out, const char *status, const char *code,
    struct pop_span text)
{
	size_t prefix = strlen(status) + strlen(code);
	unsigned char *p;

	if (text.n > POP_REPLY_MAX - 2 - prefix)
		text.n = POP_REPLY_MAX - 2 - prefix;
	if (put_room(out) < prefix + text.n + 2)
		return -1;
	put_str(out, status);
	put_str(out, code);
	p = out->p + out->n;
	for (size_t i = 0; i < text.n; i++) {
		bool good = text.p[i] >= 0x20 && text.p[i] <= 0x7e;

		p[i] = good ? text.p[i] : '?';
	}
	if (text.n > 0 && p[0] == '[')
		p[0] = '(';
	out->n += text.n;
	put_str(out, "\r\n");
	return 0;
}

int
resp_ok(struct pop_out *out, struct pop_span text)
{
	return resp_line(out, "+OK ", "", text);
}

int
resp_err(struct pop_out *out, enum pop_failure code, struct pop_span text)
{
	return resp_line(out, "-ERR ", codes[code], text);
}
