/* SPDX-License-Identifier: ISC
 *
 * span: borrowed bytes with a length.  Bytes that came from a peer travel as
 * spans; nobody makes a NUL-terminated string of them without checking.
 * The type itself is public (libpop hands spans out), so it lives in pop.h.
 */
#ifndef RESTANTE_BASE_SPAN_H
#define RESTANTE_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <pop.h>

static inline struct pop_span
span_of(const void *p, size_t n)
{
	return (struct pop_span){ p, n };
}

static inline struct pop_span
span_str(const char *s)
{
	return (struct pop_span){ (const unsigned char *)s, strlen(s) };
}

static inline bool
span_eq(struct pop_span a, struct pop_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* ASCII case only, whatever the locale */
bool span_eq_nocase(struct pop_span a, struct pop_span b);

/* drops the first `n` octets; n <= s->n */
static inline void
span_skip(struct pop_span *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

#endif
