/* SPDX-License-Identifier: ISC
 *
 * codec: fields of a frame's payload, little-endian, bytes with a 32-bit
 * length in front.  The sender may be hostile: nothing here trusts a length.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/frame.h"

void
ipc_writer_init(struct ipc_writer *w)
{
	buf_init(&w->b, IPC_PAYLOAD_MAX);
	w->failed = false;
}

static void
put(struct ipc_writer *w, const void *p, size_t n)
{
	if (!w->failed && buf_append(&w->b, p, n) != BUF_OK)
		w->failed = true;
}

static void
put_le(struct ipc_writer *w, uint64_t v, size_t octets)
{
	unsigned char le[8];

	for (size_t i = 0; i < octets; i++)
		le[i] = (unsigned char)(v >> (8 * i));
	put(w, le, octets);
}

void
ipc_put_u8(struct ipc_writer *w, unsigned v)
{
	put_le(w, v, 1);
}

void
ipc_put_u32(struct ipc_writer *w, uint32_t v)
{
	put_le(w, v, 4);
}

void
ipc_put_u64(struct ipc_writer *w, uint64_t v)
{
	put_le(w, v, 8);
}

void
ipc_put_bytes(struct ipc_writer *w, const void *p, size_t n)
{
	if (n > IPC_PAYLOAD_MAX) {
		w->failed = true;
		return;
	}
	ipc_put_u32(w, (uint32_t)n);
	put(w, p, n);
}

void
ipc_put_span(struct ipc_writer *w, struct pop_span s)
{
	ipc_put_bytes(w, s.p, s.n);
}

void
ipc_put_str(struct ipc_writer *w, const char *s)
{
	ipc_put_bytes(w, s, strlen(s));
}

void
ipc_reader_init(struct ipc_reader *r, struct pop_span payload)
{
	r->in = payload;
	r->failed = false;
}

static uint64_t
get_le(struct ipc_reader *r, size_t octets)
{
	uint64_t v = 0;

	if (r->failed || r->in.n < octets) {
		r->failed = true;
		return 0;
	}
	for (size_t i = 0; i < octets; i++)
		v |= (uint64_t)r->in.p[i] << (8 * i);
	span_skip(&r->in, octets);
	return v;
}

unsigned
ipc_get_u8(struct ipc_reader *r)
{
	return (unsigned)get_le(r, 1);
}

uint32_t
ipc_get_u32(struct ipc_reader *r)
{
	return (uint32_t)get_le(r, 4);
}

uint64_t
ipc_get_u64(struct ipc_reader *r)
{
	return get_le(r, 8);
}

struct pop_span
ipc_get_span(struct ipc_reader *r)
{
	size_t n = ipc_get_u32(r);
	struct pop_span s;

	if (r->failed || n > r->in.n) {
		r->failed = true;
		return span_of("", 0);
	}
	s = span_of(r->in.p, n);
	span_skip(&r->in, n);
	return s;
}

char *
ipc_get_str(struct ipc_reader *r, size_t max)
{
	struct pop_span s = ipc_get_span(r);
	char *copy;

	if (r->failed || s.n > max || memchr(s.p, '\0', s.n) != NULL) {
		r->failed = true;
		return NULL;
	}
	copy = malloc(s.n + 1);
	if (copy == NULL) {
		r->failed = true;
		return NULL;
	}
	memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

bool
ipc_reader_end(const struct ipc_reader *r)
{
	return !r->failed && r->in.n == 0;
}

int
ipc_frame_take_fd(struct ipc_frame *f)
{
	return f->taken < f->nfds ? f->fds[f->taken++] : -1;
}

void
ipc_frame_done(struct ipc_frame *f)
{
	int fd;

	while ((fd = ipc_frame_take_fd(f)) >= 0)
		(void)close(fd);
	if (f->blob != NULL) {
		explicit_bzero(f->blob, f->payload.n);
		free(f->blob);
	}
	f->blob = NULL;
}
