/* SPDX-License-Identifier: ISC
 *
 * sasl: the table of mechanisms and their sessions; see sasl.h.  Knows no
 * mechanism's messages and no user.
 */
#include "auth/sasl.h"

#include <gsasl.h>
#include <stdlib.h>

struct sasl {
	Gsasl *gsasl;
	char names[256];	/* what works without TLS */
	char names_tls[256];
};

struct sasl_session {
	const struct sasl_mech *mech;
	void *state;
	bool begun;
};

/* strongest first: clients take the first one they know */
static const struct sasl_mech *const mechs[] = {
	&sasl_mech_plain
};

static void
name_add(char *list, size_t size, const char *name)
{
	size_t have = strlen(list), n = strlen(name);

	if (have + n + 2 > size)
		return;
	if (have > 0)
		list[have++] = ' ';
	memcpy(list + have, name, n + 1);
}

struct sasl *
sasl_new(void)
{
	struct sasl *sasl = calloc(1, sizeof(*sasl));

	if (sasl == NULL || gsasl_init(&sasl->gsasl) != GSASL_OK) {
		free(sasl);
		return NULL;
	}
	for (size_t i = 0; i < sizeof(mechs) / sizeof(mechs[0]); i++) {
		name_add(sasl->names_tls, sizeof(sasl->names_tls),
		    mechs[i]->name);
		if ((mechs[i]->flags & SASL_NEEDS_TLS) == 0)
			name_add(sasl->names, sizeof(sasl->names),
			    mechs[i]->name);
	}
	return sasl;
}

void
sasl_free(struct sasl *sasl)
{
	if (sasl == NULL)
		return;
	gsasl_done(sasl->gsasl);
	free(sasl);
}

struct Gsasl *
sasl_gsasl(struct sasl *sasl)
{
	return sasl->gsasl;
}

const char *
sasl_names(const struct sasl *sasl, bool tls)
{
	return tls ? sasl->names_tls : sasl->names;
}

struct sasl_session *
sasl_session_new(struct sasl *sasl, struct pop_span mechanism)
{
	const struct sasl_mech *mech = NULL;
	struct sasl_session *s;

	for (size_t i = 0; i < sizeof(mechs) / sizeof(mechs[0]); i++)
		if (span_eq_nocase(mechanism, span_str(mechs[i]->name)))
			mech = mechs[i];
	if (mech == NULL)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->mech = mech;
	if (mech->start(sasl, &s->state) != 0) {
		free(s);
		return NULL;
	}
	return s;
}

void
sasl_session_free(struct sasl_session *s)
{
	if (s == NULL)
		return;
	s->mech->free(s->state);
	free(s);
}

enum sasl_result
sasl_step(struct sasl_session *s, struct pop_span in, bool has_data,
    struct sasl_claim *claim_r)
{
	bool first = !s->begun;

	*claim_r = (struct sasl_claim){ 0 };
	s->begun = true;
	if (first && (s->mech->flags & SASL_CLIENT_FIRST) != 0 && !has_data)
		return SASL_CHALLENGE;
	/* RFC 5034 section 4: an initial response where the server speaks
	 * first is an error */
	if (first && (s->mech->flags & SASL_CLIENT_FIRST) == 0 && has_data)
		return SASL_DENIED;
	return s->mech->step(s->state, in, claim_r);
}

static size_t
copy_cut(const void *p, size_t n, unsigned char out[SASL_PREPARED_MAX])
{
	if (n > SASL_PREPARED_MAX)
		n = SASL_PREPARED_MAX;
	if (n > 0)
		memcpy(out, p, n);
	return n;
}

size_t
sasl_prepare(struct pop_span secret, unsigned char out[SASL_PREPARED_MAX])
{
	char *text, *prepared = NULL;
	bool ascii = true;
	size_t n;

	for (size_t i = 0; i < secret.n; i++)
		ascii = ascii && secret.p[i] != 0 && secret.p[i] < 0x80;
	if (ascii || memchr(secret.p, 0, secret.n) != NULL ||
	    secret.n > SASL_PREPARED_MAX)
		return copy_cut(secret.p, secret.n, out);
	text = strndup((const char *)secret.p, secret.n);
	if (text == NULL)
		return copy_cut(secret.p, secret.n, out);
	if (gsasl_saslprep(text, GSASL_ALLOW_UNASSIGNED, &prepared, NULL) ==
	    GSASL_OK) {
		n = copy_cut(prepared, strlen(prepared), out);
		explicit_bzero(prepared, strlen(prepared));
	} else {
		n = copy_cut(secret.p, secret.n, out);
	}
	gsasl_free(prepared);
	explicit_bzero(text, secret.n);
	free(text);
	return n;
}
