/* SPDX-License-Identifier: ISC
 *
 * session_life: how a session begins and ends, its ids and its name in the
 * log.  Nothing of what is said in between.
 */
#include "server/session.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "log/log.h"
#include "server/front.h"
#include "server/meter.h"

void
session_peer(const struct session *s, char *out, size_t size)
{
	static const unsigned char v4[12] = { [10] = 0xff, [11] = 0xff };
	static const unsigned char none[16];
	char text[INET6_ADDRSTRLEN];

	if (memcmp(s->address, none, sizeof(none)) == 0)
		(void)text_format(out, size, "local");
	else if (memcmp(s->address, v4, sizeof(v4)) == 0)
		(void)text_format(out, size, "%s:%u", inet_ntop(AF_INET,
		    s->address + 12, text, sizeof(text)), s->port);
	else
		(void)text_format(out, size, "[%s]:%u", inet_ntop(AF_INET6,
		    s->address, text, sizeof(text)), s->port);
}

/* ---- ids ----------------------------------------------------------------- */

void
session_drop_id(struct session *s)
{
	if (s->id != 0)
		(void)map_take(&s->front->sessions, s->id);
	s->id = 0;
}

uint32_t
session_new_id(struct session *s)
{
	struct front *f = s->front;

	session_drop_id(s);
	do
		f->last_id++;
	while (f->last_id == 0 || map_get(&f->sessions, f->last_id) != NULL);
	if (map_put(&f->sessions, f->last_id, s) != 0)
		return 0;
	s->id = f->last_id;
	return s->id;
}

/* ---- newcomers ----------------------------------------------------------- */

/*
 * When all places are taken, who has neither logged in nor named somebody here
 * to bring mail for gives way to the next one, the oldest first: whoever fills
 * the places with silence must be faster than everybody else logs in.  One
 * front a process: see front.c.
 */
static struct {
	struct session *oldest, *newest;
} newcomers;

static void
add_newcomer(struct session *s)
{
	s->newcomer = true;
	s->older = newcomers.newest;
	if (s->older != NULL)
		s->older->newer = s;
	else
		newcomers.oldest = s;
	newcomers.newest = s;
}

void
session_settle(struct session *s)
{
	if (!s->newcomer)
		return;
	s->newcomer = false;
	if (s->older != NULL)
		s->older->newer = s->newer;
	else
		newcomers.oldest = s->newer;
	if (s->newer != NULL)
		s->newer->older = s->older;
	else
		newcomers.newest = s->older;
	s->older = s->newer = NULL;
}

/* ---- the end ------------------------------------------------------------- */

static void
log_end_of(struct session *s)
{
	struct log_line line;
	char peer[80];

	log_begin(&line, LOG_LEVEL_INFO, "session");
	log_str(&line, "service", s->ops->service);
	session_peer(s, peer, sizeof(peer));
	log_str(&line, "peer", peer);
	if (s->ops->user(s) != NULL)
		log_str(&line, "user", s->ops->user(s));
	if (s->tls_on && conn_tls_version(&s->conn) != NULL) {
		log_str(&line, "tls", conn_tls_version(&s->conn));
		log_str(&line, "cipher", conn_tls_cipher(&s->conn));
	}
	if (s->proto != NULL)
		s->ops->log(s, &line);
	log_u64(&line, "in", s->octets_in);
	log_u64(&line, "out", s->octets_out);
	log_u64(&line, "ms", loop_now(s->front->loop) - s->started_ms);
	log_str(&line, "end", s->end);
	log_end(&line);
}

void
session_end(struct session *s, const char *why)
{
	struct front *f = s->front;

	if (s->end == NULL)
		s->end = why;
	/* before the log says so: whoever reads that may come again */
	meter_leave(f->meter, f->slot, s->address);
	log_end_of(s);
	if (s->proto != NULL)
		s->ops->release(s);
	session_drop_id(s);
	session_settle(s);
	loop_timer_stop(f->loop, &s->timer);
	loop_cancel(f->loop, &s->again);
	loop_unwatch(f->loop, &s->io, true);
	conn_close(&s->conn);
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		f->first = s->next;
	if (s->next != NULL)
		s->next->prev = s->prev;
	f->count--;
	settings_unref(s->settings);
	buf_wipe(&s->in);
	buf_release(&s->out);
	free(s);
	front_session_gone(f);
}

/* ---- the beginning ------------------------------------------------------- */

static const struct session_ops *
ops_of(const struct conf_listen *l)
{
	switch (l->protocol) {
	case CONF_POP3:
		return &session_pop3_ops;
	case CONF_LMTP:
		return &session_lmtp_ops;
	case CONF_SMTP:
		return &session_smtp_ops;
	}
	return NULL;
}

/* one too many: says so (in the clear only) and closes; costs no session */
static void
refuse(struct front *f, int fd, unsigned listen, enum meter_verdict why)
{
	const struct conf_listen *l = &f->conf->conf->listens[listen];
	struct pop_out out = { f->out, 0, FRONT_OUT };
	const char *text = why == METER_TOTAL ?
	    "too many connections, try again later" :
	    "too many connections from your address";
	size_t size = pop_server_size() > pop_smtp_size() ?
	    pop_server_size() : pop_smtp_size();
	void *mem = malloc(size);
	struct conn c;

	conn_init(&c, fd);
	if (mem != NULL && l->tls != CONF_TLS_IMPLICIT) {
		if (l->protocol == CONF_POP3)
			(void)pop_server_init_refused(mem,
			    &f->settings->listen[listen].pop,
			    POP_FAIL_SYS_TEMP, text, &out);
		else
			(void)pop_smtp_init_refused(mem,
			    &f->settings->listen[listen].smtp, 421, text,
			    &out);
		(void)conn_write(&c, out.p, out.n);
	}
	free(mem);
	conn_close(&c);
	log_msg(LOG_LEVEL_WARN, "refused a connection to %s: %s", l->name,
	    text);
}

static struct session *
session_new(struct front *f, int fd, unsigned listen)
{
	struct session *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->front = f;
	s->serial = ++f->last_serial;
	s->settings = settings_ref(f->settings);
	s->listen = listen;
	s->ops = ops_of(&f->conf->conf->listens[listen]);
	s->started_ms = loop_now(f->loop);
	session_init(s, fd);
	s->next = f->first;
	if (f->first != NULL)
		f->first->prev = s;
	f->first = s;
	f->count++;
	add_newcomer(s);
	return s;
}

void
session_accept(struct front *f, int fd, unsigned listen,
    const unsigned char address[16], uint16_t port)
{
	const struct conf *conf = f->conf->conf;
	enum meter_verdict v = meter_enter(f->meter, f->slot, address,
	    conf->sessions, conf->sessions_per_address);
	struct session *s;

	if (v == METER_TOTAL && newcomers.oldest != NULL) {
		session_end(newcomers.oldest, "crowded");
		v = meter_enter(f->meter, f->slot, address, conf->sessions,
		    conf->sessions_per_address);
	}
	if (v != METER_OK) {
		refuse(f, fd, listen, v);
		return;
	}
	s = session_new(f, fd, listen);
	if (s == NULL) {
		meter_leave(f->meter, f->slot, address);
		(void)close(fd);
		return;
	}
	memcpy(s->address, address, 16);
	s->port = port;
	if (loop_timer_set(f->loop, &s->timer, loop_now(f->loop) +
	    conf->login_timeout * 1000ULL) != 0) {
		session_end(s, "no-memory");
		return;
	}
	session_begin(s, conf->listens[listen].tls == CONF_TLS_IMPLICIT);
}
