/* SPDX-License-Identifier: ISC
 *
 * buf: a growing byte buffer that is born with its maximum.  Heap memory is
 * taken on the first append and given back by buf_release, so that an idle
 * owner costs nothing but this struct.
 */
#ifndef RESTANTE_BASE_BUF_H
#define RESTANTE_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "base/span.h"

enum { BUF_OK = 0, BUF_EFULL = -1, BUF_ENOMEM = -2 };

struct buf {
	unsigned char *p;	/* NULL while empty and released */
	size_t n;		/* octets in use */
	size_t cap;
	size_t max;		/* n never exceeds this */
};

/* `max` octets at most, for ever */
void buf_init(struct buf *b, size_t max);
/* wipes nothing; see buf_wipe */
void buf_release(struct buf *b);
/* overwrites what it held, then releases: for secrets */
void buf_wipe(struct buf *b);

/* overwrites n octets, whatever the compiler thinks of it; p may be NULL
 * when n is 0 */
void buf_wipe_octets(void *p, size_t n);

/* All appends: 0, BUF_EFULL (nothing appended) or BUF_ENOMEM (same). */
__attribute__((warn_unused_result))
int buf_append(struct buf *b, const void *p, size_t n);
__attribute__((warn_unused_result))
int buf_append_str(struct buf *b, const char *s);
__attribute__((warn_unused_result, format(printf, 2, 3)))
int buf_printf(struct buf *b, const char *fmt, ...);
/* room for `n` more octets at b->p + b->n; the caller then adds to b->n */
__attribute__((warn_unused_result))
int buf_reserve(struct buf *b, size_t n);

/* drops the first `n` octets; n <= b->n */
void buf_consume(struct buf *b, size_t n);

static inline struct pop_span
buf_span(const struct buf *b)
{
	return span_of(b->p, b->n);
}

#endif
