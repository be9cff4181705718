/* SPDX-License-Identifier: ISC
 *
 * sasl_plain: PLAIN (RFC 4616), whose message libgsasl takes apart.
 *
 * libgsasl asks for the verdict by a callback and wants it at once; ours
 * comes later.  So the callback only copies what was claimed and says yes:
 * that yes means "well formed" and goes no further than this file.
 */
#include "auth/sasl.h"

#include <gsasl.h>
#include <stdlib.h>

enum { PART_MAX = 511 };	/* RFC 4616 section 2 wants 255 */

struct plain {
	Gsasl_session *session;
	bool claimed;
	char name[PART_MAX + 1];
	char secret[PART_MAX + 1];
};

/* Property values are libgsasl's own memory, which it does not wipe. */
static void
wipe_property(Gsasl_session *session, Gsasl_property prop)
{
	const char *p = gsasl_property_fast(session, prop);
	union { const char *from; char *to; } u = { .from = p };

	if (p != NULL)
		explicit_bzero(u.to, strlen(p));
}

static int
keep(char out[PART_MAX + 1], const char *part)
{
	size_t n = part == NULL ? 0 : strlen(part);

	if (n == 0 || n > PART_MAX)
		return -1;
	memcpy(out, part, n + 1);
	return 0;
}

static int
plain_callback(Gsasl *ctx, Gsasl_session *session, Gsasl_property prop)
{
	struct plain *s = gsasl_session_hook_get(session);
	const char *name, *act_as;

	(void)ctx;
	if (prop != GSASL_VALIDATE_SIMPLE || s == NULL)
		return GSASL_NO_CALLBACK;
	name = gsasl_property_fast(session, GSASL_AUTHID);
	act_as = gsasl_property_fast(session, GSASL_AUTHZID);
	/* nobody may act as somebody else */
	if (act_as != NULL && *act_as != '\0' &&
	    (name == NULL || strcmp(act_as, name) != 0))
		return GSASL_AUTHENTICATION_ERROR;
	if (keep(s->name, name) != 0 || keep(s->secret,
	    gsasl_property_fast(session, GSASL_PASSWORD)) != 0)
		return GSASL_AUTHENTICATION_ERROR;
	s->claimed = true;
	return GSASL_OK;
}

static int
plain_start(struct sasl *sasl, void **state_r)
{
	struct plain *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -1;
	if (gsasl_server_start(sasl_gsasl(sasl), "PLAIN", &s->session) !=
	    GSASL_OK) {
		free(s);
		return -1;
	}
	gsasl_session_hook_set(s->session, s);
	/* PLAIN is the only mechanism that asks the callback */
	gsasl_callback_set(sasl_gsasl(sasl), plain_callback);
	*state_r = s;
	return 0;
}

static enum sasl_result
plain_step(void *state, struct pop_span in, struct sasl_claim *claim_r)
{
	struct plain *s = state;
	char *out = NULL;
	size_t outn = 0;
	int r;

	r = gsasl_step(s->session, (const char *)in.p, in.n, &out, &outn);
	gsasl_free(out);
	wipe_property(s->session, GSASL_PASSWORD);
	if (r == GSASL_MALLOC_ERROR)
		return SASL_TEMP;
	if (r != GSASL_OK || !s->claimed)
		return SASL_DENIED;
	claim_r->name = span_str(s->name);
	claim_r->secret = span_str(s->secret);
	return SASL_PASSWORD;
}

static void
plain_free(void *state)
{
	struct plain *s = state;

	gsasl_finish(s->session);
	explicit_bzero(s, sizeof(*s));
	free(s);
}

const struct sasl_mech sasl_mech_plain = {
	.name = "PLAIN",
	.flags = SASL_CLIENT_FIRST,
	.start = plain_start,
	.step = plain_step,
	.free = plain_free
};
