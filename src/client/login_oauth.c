/* SPDX-License-Identifier: ISC
 *
 * login_oauth: OAUTHBEARER (RFC 7628) and XOAUTH2 (as Google wrote it down):
 * one message with a bearer token, and the JSON by which a server says why it
 * did not take it.  Must not decide what follows from that.
 */
#include <jansson.h>

#include "base/num.h"
#include "client/login_internal.h"

enum { PART_MAX = 300 };	/* of a text of the identity provider */

/* saslname of RFC 5801: "," and "=" would end the GS2 header */
static int
append_name(struct buf *out, const char *name)
{
	int e = BUF_OK;

	for (; *name != '\0' && e == BUF_OK; name++) {
		if (*name == ',')
			e = buf_append_str(out, "=2C");
		else if (*name == '=')
			e = buf_append_str(out, "=3D");
		else
			e = buf_append(out, name, 1);
	}
	return e;
}

static unsigned
port_of(const struct account_conf *a)
{
	if (a->port != 0)
		return a->port;
	return a->tls == ACCOUNT_TLS_IMPLICIT ? 995 : 110;
}

static int
append_host(struct buf *out, const struct account_conf *a)
{
	unsigned char digits[NUM_U64_DIGITS];
	size_t n = num_format_u64(digits, port_of(a));
	int e;

	e = buf_append_str(out, ",\001host=");
	if (e == BUF_OK)
		e = buf_append_str(out, a->server);
	if (e == BUF_OK)
		e = buf_append_str(out, "\001port=");
	if (e == BUF_OK)
		e = buf_append(out, digits, n);
	return e;
}

int
oauth_message(const struct login_way *way, const struct login_world *w,
    struct buf *out)
{
	const struct account_conf *a = w->account;
	bool bearer = way->name[0] == 'O';
	int e;

	e = buf_append_str(out, bearer ? "n,a=" : "user=");
	if (e == BUF_OK)
		e = bearer ? append_name(out, a->user) :
		    buf_append_str(out, a->user);
	if (e == BUF_OK && bearer)
		e = append_host(out, a);
	if (e == BUF_OK)
		e = buf_append_str(out, "\001auth=Bearer ");
	if (e == BUF_OK)
		e = buf_append(out, w->secret->value.p, w->secret->value.n);
	if (e == BUF_OK)
		e = buf_append_str(out, "\001\001");
	return e == BUF_OK ? 0 : -1;
}

/* Appends one member, when it is a string or a number and there is room. */
static void
append_member(const json_t *object, const char *name, struct buf *out)
{
	const json_t *v = json_object_get(object, name);
	unsigned char digits[NUM_U64_DIGITS];
	struct pop_span text = { NULL, 0 };
	size_t before = out->n;
	int e = BUF_OK;

	if (json_is_string(v)) {
		text = span_of(json_string_value(v), json_string_length(v));
	} else if (json_is_integer(v) && json_integer_value(v) >= 0) {
		text = span_of(digits, num_format_u64(digits,
		    (uint64_t)json_integer_value(v)));
	}
	if (text.n == 0)
		return;
	if (text.n > PART_MAX)
		text.n = PART_MAX;
	if (before > 0)
		e = buf_append_str(out, ", ");
	if (e == BUF_OK)
		e = buf_append_str(out, name);
	if (e == BUF_OK)
		e = buf_append_str(out, " ");
	if (e == BUF_OK)
		e = buf_append(out, text.p, text.n);
	if (e != BUF_OK)
		out->n = before;	/* whole or not at all */
}

void
oauth_reason(struct pop_span message, struct buf *out)
{
	static const char *const members[] = { "status", "error",
		"error_description", "scope", "openid-configuration" };
	size_t room = out->max - out->n;
	json_t *json;

	json = json_loadb((const char *)message.p, message.n, 0, NULL);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_is_object(json))
			append_member(json, members[i], out);
	json_decref(json);
	/* no JSON, or one that says nothing: as it is.  No room: a worse
	 * message */
	if (out->n == 0 && buf_append(out, message.p,
	    message.n < room ? message.n : room) != BUF_OK)
		out->n = 0;
}
