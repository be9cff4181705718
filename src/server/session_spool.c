/* SPDX-License-Identifier: ISC
 *
 * session_spool: a message on its way from the SMTP machine into the file
 * that the store made for it.
 *
 * Puts the trace fields on top, takes old Return-Path fields out, turns CRLF
 * into LF if files are kept so, and counts the octets that RETR will send.
 * Makes nothing durable: that is the store's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "log/log.h"
#include "server/session_smtp.h"

enum { HEADER_MAX = 16 * 1024 };

/* "192.0.2.1" of "192.0.2.1:25", "2001:db8::1" of "[2001:db8::1]:25" */
static struct pop_span
address_part(const char *peer)
{
	const char *end = strrchr(peer, ':');

	if (end == NULL)
		return span_of("", 0);
	if (*peer == '[')
		return span_of(peer + 1, (size_t)(end - peer) - 2);
	return span_of(peer, (size_t)(end - peer));
}

static void
fill_info(const struct session *s, const struct recipient *to,
    const char *peer, struct trace_info *info)
{
	const struct smtp *p = smtp_of(s);
	unsigned flags = 0;

	if (s->ops == &session_lmtp_ops)
		flags |= TRACE_LMTP;
	if (p->extended)
		flags |= TRACE_EXTENDED;
	if (s->tls_on)
		flags |= TRACE_TLS;
	if (p->utf8)
		flags |= TRACE_UTF8;
	if (s->settings->conf->crlf)
		flags |= TRACE_CRLF;
	*info = (struct trace_info){
		.flags = flags,
		.return_path = span_str(p->sender),
		.delivered_to = span_str(to->address),
		.helo = span_str(p->helo ? p->helo : ""),
		.ip = address_part(peer),
		.host = span_str(s->settings->conf->hostname),
		.id = span_str(p->id),
		.time = p->time,
	};
	if (s->tls_on && conn_tls_cipher(&s->conn) != NULL)
		info->tls_cipher = span_str(conn_tls_cipher(&s->conn));
	if (p->n == 1)
		info->recipient = span_str(to->address);
}

/* the trace fields of one recipient's copy, with line ends as in files */
static bool
make_header(const struct session *s, unsigned i, struct buf *b)
{
	struct trace_info info;
	char peer[80];
	int r;

	session_peer(s, peer, sizeof(peer));
	fill_info(s, &smtp_of(s)->recipients[i], peer, &info);
	r = trace_fields(b, &info);
	if (r != TRACE_EINVAL)
		return r == TRACE_OK;
	/* a name that may not stand in a header: say less */
	info.helo = info.recipient = info.delivered_to = span_of("", 0);
	return trace_fields(b, &info) == TRACE_OK;
}

static void
failed(struct session *s, int err)
{
	struct smtp *p = smtp_of(s);

	if (p->spool_failed)
		return;
	p->spool_failed = true;
	if (err == ENOSPC || err == EDQUOT || err == EFBIG)
		pop_smtp_spool_failed(p->machine, 452, "4.3.1",
		    "no room for the message now, try again later");
	else
		pop_smtp_spool_failed(p->machine, 451, "4.3.0",
		    "the message cannot be stored now, try again later");
	log_msg(LOG_LEVEL_ERROR, "cannot write a message: %s", strerror(err));
}

static void
write_out(struct session *s, const unsigned char *data, size_t n)
{
	struct smtp *p = smtp_of(s);

	while (n > 0 && !p->spool_failed) {
		ssize_t w = write(p->fd, data, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0) {
			failed(s, w < 0 ? errno : EIO);
			return;
		}
		p->written += (uint64_t)w;
		data += w;
		n -= (size_t)w;
	}
}

void
spool_flush(struct session *s)
{
	struct smtp *p = smtp_of(s);

	if (p->pending > 0 && p->fd >= 0)
		write_out(s, s->front->file, p->pending);
	p->pending = 0;
}

bool
spool_begin(struct session *s, int fd, unsigned carrier)
{
	struct smtp *p = smtp_of(s);
	struct buf header;
	struct timespec ts;
	bool ok;

	p->fd = fd;
	p->carrier = carrier;
	p->written = 0;
	p->pending = 0;
	p->spool_failed = false;
	p->measure = (struct measure){ 0 };
	p->lf = (struct trace_lf){ 0 };
	p->guard = (struct loop_guard){ 0 };
	trace_strip_init(&p->strip);
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	p->time = ts.tv_sec;
	(void)text_format(p->id, sizeof(p->id), "%llx.%x.%x",
	    (unsigned long long)ts.tv_sec, s->serial, ++p->messages);
	buf_init(&header, HEADER_MAX);
	ok = carrier < p->n && make_header(s, carrier, &header);
	if (ok)
		write_out(s, header.p, header.n);
	buf_release(&header);
	return ok && !p->spool_failed;
}

/* `part`: with CRLF line ends, to the front's memory as files have them */
static void
keep_part(struct session *s, struct pop_span part)
{
	struct smtp *p = smtp_of(s);

	while (part.n > 0) {
		struct pop_span some = part;
		unsigned char *to;
		size_t n;

		if (FRONT_FILE - p->pending < 2)
			spool_flush(s);
		if (some.n > FRONT_FILE - p->pending - 1)
			some.n = FRONT_FILE - p->pending - 1;
		to = s->front->file + p->pending;
		if (s->settings->conf->crlf) {
			memcpy(to, some.p, some.n);
			n = some.n;
		} else {
			n = trace_lf(&p->lf, some, to);
		}
		measure_feed(&p->measure, to, n);
		p->pending += n;
		span_skip(&part, some.n);
	}
}

static void
delivered_before(void *arg, struct pop_span address)
{
	struct smtp *p = arg;

	for (unsigned i = 0; i < p->n; i++)
		if (span_eq_nocase(address,
		    span_str(p->recipients[i].address)))
			p->recipients[i].had_it = true;
}

/*
 * RFC 9228: a message that was delivered to all of these addresses before
 * runs in a circle.  To some of them: the others must get it, and the count
 * of Received fields ends the circle.
 */
static void
check_loop(struct session *s)
{
	struct smtp *p = smtp_of(s);

	for (unsigned i = 0; i < p->n; i++)
		if (!p->recipients[i].had_it)
			return;
	p->spool_failed = true;
	pop_smtp_spool_failed(p->machine, 554, "5.4.6",
	    "mail loop: this message was delivered here before");
}

static void
guard(struct session *s, struct pop_span piece)
{
	struct smtp *p = smtp_of(s);

	loop_guard(&p->guard, piece, delivered_before, p);
	if (p->guard.over)
		check_loop(s);
}

void
spool_piece(struct session *s, struct pop_span piece)
{
	struct smtp *p = smtp_of(s);

	if (p->fd >= 0 && !p->spool_failed && !p->guard.over)
		guard(s, piece);
	if (p->fd < 0 || p->spool_failed)
		return;
	while (piece.n > 0)
		keep_part(s, trace_strip(&p->strip, &piece));
}

static void
finish_file(struct session *s)
{
	struct smtp *p = smtp_of(s);
	unsigned char last;
	size_t n;

	keep_part(s, trace_strip_end(&p->strip));
	n = trace_lf_end(&p->lf, &last);
	measure_feed(&p->measure, &last, n);
	spool_flush(s);
	write_out(s, &last, n);
}

static uint64_t
wire_size(struct pop_span header)
{
	struct measure m = { 0 };

	measure_feed(&m, header.p, header.n);
	return measure_wire(&m);
}

bool
spool_deliver(struct session *s)
{
	struct smtp *p = smtp_of(s);
	struct ipc_writer w;
	struct buf header;

	finish_file(s);
	(void)close(p->fd);
	p->fd = -1;
	if (p->spool_failed || s->front->store == NULL)
		return false;
	ipc_writer_init(&w);
	ipc_put_u8(&w, (s->ops == &session_smtp_ops ? STORE_TOGETHER : 0) |
	    (p->measure.dots ? 0 : STORE_NO_DOTS));
	ipc_put_u64(&w, p->written);
	ipc_put_u64(&w, measure_wire(&p->measure));
	ipc_put_u32(&w, p->n);
	buf_init(&header, HEADER_MAX);
	for (unsigned i = 0; i < p->n; i++) {
		header.n = 0;
		if (!make_header(s, i, &header))
			w.failed = true;
		ipc_put_span(&w, buf_span(&header));
		ipc_put_u64(&w, wire_size(buf_span(&header)));
	}
	buf_release(&header);
	return ipc_send(&s->front->store->chan, IPC_STORE_DELIVER, s->id, &w,
	    -1) == IPC_OK;
}

void
spool_drop(struct smtp *p)
{
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
	p->pending = 0;
}

void
spool_log(struct session *s, unsigned i)
{
	struct smtp *p = smtp_of(s);
	struct recipient *r = &p->recipients[i];
	struct log_line line;
	char peer[80];

	log_begin(&line, r->result == STORE_OK ? LOG_LEVEL_INFO :
	    LOG_LEVEL_WARN, "delivery");
	log_str(&line, "service", s->ops->service);
	log_str(&line, "id", p->id);
	session_peer(s, peer, sizeof(peer));
	log_str(&line, "peer", peer);
	if (s->tls_on && conn_tls_version(&s->conn) != NULL)
		log_str(&line, "tls", conn_tls_version(&s->conn));
	log_str(&line, "from", p->sender);
	log_str(&line, "to", r->address);
	log_u64(&line, "octets", measure_wire(&p->measure));
	log_str(&line, "result", r->result == STORE_OK ? "stored" :
	    store_result_text(r->result));
	log_end(&line);
}
