/* SPDX-License-Identifier: ISC
 *
 * buf: see buf.h.  Never grows past its maximum; a failed append leaves the
 * buffer as it was.
 */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST = 256 };

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max };
}

void
buf_release(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}

void
buf_wipe_octets(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

void
buf_wipe(struct buf *b)
{
	buf_wipe_octets(b->p, b->p != NULL ? b->cap : 0);
	buf_release(b);
}

int
buf_reserve(struct buf *b, size_t n)
{
	size_t need, cap;
	unsigned char *p;

	if (n > b->max - b->n)
		return BUF_EFULL;
	need = b->n + n;
	if (need <= b->cap)
		return BUF_OK;
	cap = b->cap < BUF_FIRST ? BUF_FIRST : b->cap;
	while (cap < need)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	if (cap > b->max)
		cap = b->max;
	p = malloc(cap);
	if (p == NULL)
		return BUF_ENOMEM;
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	/* not realloc: the old copy may hold a secret */
	if (b->p != NULL)
		explicit_bzero(b->p, b->n);
	free(b->p);
	b->p = p;
	b->cap = cap;
	return BUF_OK;
}

int
buf_append(struct buf *b, const void *p, size_t n)
{
	int r;

	if (n == 0)
		return BUF_OK;
	r = buf_reserve(b, n);
	if (r != BUF_OK)
		return r;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return BUF_OK;
}

int
buf_append_str(struct buf *b, const char *s)
{
	return buf_append(b, s, strlen(s));
}

int
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int len, r;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return BUF_EFULL;
	/* vsnprintf needs one octet more for its NUL; it is not counted */
	r = buf_reserve(b, (size_t)len + 1);
	if (r != BUF_OK)
		return r;
	va_start(ap, fmt);
	r = vsnprintf((char *)b->p + b->n, (size_t)len + 1, fmt, ap);
	va_end(ap);
	if (r != len)
		return BUF_EFULL;
	b->n += (size_t)len;
	return BUF_OK;
}

void
buf_consume(struct buf *b, size_t n)
{
	b->n -= n;
	if (b->n > 0)
		memmove(b->p, b->p + n, b->n);
}
