/* SPDX-License-Identifier: ISC
 *
 * mask: see mask.h.  Looks at octets alone; a server that wants the secret to
 * be seen can always write it in a way of its own.
 */
#include "client/mask.h"

#include "base/base64.h"

enum { SHORTEST = 4 };

int
mask_octets(struct buf *text, struct pop_span secret)
{
	struct pop_span rest = buf_span(text);
	struct buf out;
	int r = BUF_OK;

	if (secret.n < SHORTEST)
		return 0;
	/* what is put in is shorter than what it stands for */
	buf_init(&out, text->n);
	while (r == BUF_OK && rest.n > 0) {
		const unsigned char *at = memmem(rest.p, rest.n, secret.p,
		    secret.n);
		size_t n = at == NULL ? rest.n : (size_t)(at - rest.p);

		r = buf_append(&out, rest.p, n);
		if (r == BUF_OK && at != NULL)
			r = buf_append_str(&out, "***");
		span_skip(&rest, at == NULL ? n : n + secret.n);
	}
	buf_wipe_octets(text->p, text->n);
	text->n = 0;
	if (r == BUF_OK)
		r = buf_append(text, out.p, out.n);
	buf_wipe(&out);
	return r == BUF_OK ? 0 : -1;
}

/* `user` NULL: the secret alone */
static int
mask_base64(struct buf *text, const char *user, struct pop_span secret)
{
	size_t n = user != NULL ? strlen(user) + 2 : 0;
	struct buf plain, coded;
	int r = -1;

	buf_init(&plain, n + secret.n);
	buf_init(&coded, BASE64_ENCODED(n + secret.n));
	if ((user == NULL || (buf_append(&plain, "", 1) == BUF_OK &&
	    buf_append(&plain, user, n - 1) == BUF_OK)) &&
	    buf_append(&plain, secret.p, secret.n) == BUF_OK &&
	    buf_reserve(&coded, BASE64_ENCODED(plain.n)) == BUF_OK) {
		coded.n = base64_encode(coded.p, plain.p, plain.n);
		r = mask_octets(text, buf_span(&coded));
	} else {
		buf_wipe_octets(text->p, text->n);
		text->n = 0;
	}
	buf_wipe(&plain);
	buf_wipe(&coded);
	return r;
}

int
mask_secret(struct buf *text, const char *user, struct pop_span secret)
{
	if (secret.n < SHORTEST)
		return 0;
	if (mask_octets(text, secret) != 0 ||
	    mask_base64(text, user, secret) != 0)
		return -1;
	return mask_base64(text, NULL, secret);
}

struct pop_span
mask_said(struct pop_span said, const char *user, struct pop_span secret,
    struct buf *out)
{
	buf_init(out, said.n);
	if (buf_append(out, said.p, said.n) != BUF_OK ||
	    mask_secret(out, user, secret) != 0)
		out->n = 0;
	return buf_span(out);
}
