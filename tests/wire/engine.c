/* SPDX-License-Identifier: ISC
 *
 * engine.c: the peer in memory.  Carries octets between a transcript and a
 * machine the way pop.h tells its callers to, with an output that is as
 * small as allowed, and holds the machine to its part of the contract.  TLS
 * is only played: the client's handshake answers the machine's event, and
 * clear octets instead of it are a failed handshake.
 */
#include "engine.h"

#include <stdlib.h>

#include "wire/text.h"

static struct engine *
engine_of(struct peer *p)
{
	return (struct engine *)p;
}

size_t
engine_piece(struct engine *e, size_t most)
{
	uint64_t z = e->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z ^= z >> 27;
	if (z % 4 == 0 || most == 1)
		return most;
	return 1 + (size_t)((z >> 8) % most);
}

void
engine_flush(struct engine_conn *c)
{
	if (buf_append(&c->wire, c->out.p, c->out.n) != 0)
		c->broken = "memory for the output";
	c->out.n = 0;
}

void
engine_want_tls(struct engine_conn *c, size_t left)
{
	engine_flush(c);
	c->want_tls = true;
	/* a caller may keep them, and would find them inside of TLS */
	if (left > 0)
		c->broken = "the machine leaves octets behind STLS";
}

static bool
step(struct engine_conn *c)
{
	return c->proto == WIRE_POP3 ? engine_pop3_step(c) :
	    engine_smtp_step(c);
}

static size_t
line_max(const struct engine_conn *c)
{
	return c->proto == WIRE_POP3 ? pop_server_line_max(c->pop3.machine) :
	    pop_smtp_line_max(c->smtp.machine);
}

/* until the machine has nothing more to do, or the client has too much to
 * read */
static void
pump(struct engine_conn *c)
{
	while (!c->closed && !c->want_tls && c->broken == NULL) {
		if (c->wire.n > ENGINE_HIGH_WATER)
			return;
		if (!step(c)) {
			if (!c->closed && !c->want_tls &&
			    c->in.n > line_max(c))
				c->broken = "the machine keeps more than "
				    "its line limit";
			break;
		}
	}
	engine_flush(c);
}

static void
configure(struct engine *e, const struct wire_setup *s, enum wire_proto proto)
{
	struct pop_server_config *p = &e->pop3;
	struct pop_smtp_config *m = &e->smtp;

	*p = (struct pop_server_config){ .greeting = "pop.example.net ready",
	    .implementation = "Restante", .mechanisms_tls = "PLAIN",
	    .mechanisms_clear = s->tls_only ? "" : "PLAIN",
	    .bad_commands_max = s->bad, .auth_failures_max = s->failures };
	p->flags = (s->no_tls ? 0u : POP_SERVER_HAS_TLS) |
	    (s->tls_only ? 0u : POP_SERVER_CLEAR_OK) |
	    (s->strict_crlf ? POP_SERVER_STRICT_CRLF : 0u) |
	    (s->last ? POP_SERVER_HAS_LAST : 0u);
	*m = (struct pop_smtp_config){ .hostname = "pop.example.net",
	    .size_max = s->size, .recipients_max = s->recipients,
	    .bad_commands_max = s->bad, .received_max = s->received };
	m->flags = (proto == WIRE_LMTP ? POP_SMTP_LMTP : 0u) |
	    (s->no_tls ? 0u : POP_SMTP_HAS_TLS) |
	    (s->tls_only ? POP_SMTP_NEED_TLS : 0u) |
	    (s->normalize ? POP_SMTP_NORMALIZE : 0u);
}

static int
engine_begin(struct peer *p, const struct wire_case *c, uint64_t seed,
    struct buf *why)
{
	struct engine *e = engine_of(p);

	e->c = c;
	e->random = seed;
	e->greetings = 0;
	if (world_init(&e->world, c) == 0)
		return 0;
	return peer_why(why, "no memory");
}

static void
engine_end(struct peer *p)
{
	world_done(&engine_of(p)->world);
}

static void
engine_close(void *conn)
{
	struct engine_conn *c = conn;

	if (c->pop3.machine != NULL)
		engine_pop3_close(c);
	if (c->smtp.machine != NULL)
		engine_smtp_close(c);
	buf_release(&c->in);
	buf_release(&c->wire);
	free(c->out.p);
	free(c->memory);
	free(c);
}

static void *
engine_open(struct peer *p, enum wire_proto proto, enum wire_tls tls,
    struct buf *why)
{
	struct engine *e = engine_of(p);
	struct engine_conn *c = calloc(1, sizeof *c);
	int rc = -1;

	if (c == NULL)
		return NULL;
	configure(e, &e->c->setup, proto);
	c->e = e;
	c->proto = proto;
	buf_init(&c->in, (size_t)TEXT_MAX * 2);
	buf_init(&c->wire, (size_t)TEXT_MAX * 2);
	c->out.size = POP_OUT_MIN + engine_piece(e, ENGINE_SLACK);
	c->out.p = malloc(c->out.size);
	if (c->out.p != NULL)
		rc = proto == WIRE_POP3 ?
		    engine_pop3_open(c, tls != WIRE_PLAIN) :
		    engine_smtp_open(c, tls != WIRE_PLAIN);
	if (rc == 0) {
		engine_flush(c);
		return c;
	}
	engine_close(c);
	(void)peer_why(why, "no memory");
	return NULL;
}

static int
engine_send(void *conn, struct pop_span piece, struct buf *why)
{
	struct engine_conn *c = conn;

	if (c->want_tls)
		c->closed = true;
	if (c->closed)
		return 0;
	if (buf_append(&c->in, piece.p, piece.n) != 0)
		c->broken = "memory for the input";
	pump(c);
	if (c->broken == NULL)
		return 0;
	return peer_why(why, c->broken);
}

static enum peer_recv
engine_recv(void *conn, struct buf *in, int timeout_ms)
{
	struct engine_conn *c = conn;

	(void)timeout_ms;
	if (c->wire.n == 0)
		pump(c);
	if (c->wire.n == 0)
		return c->closed ? PEER_CLOSED : PEER_SILENT;
	if (buf_append(in, c->wire.p, c->wire.n) != 0)
		return PEER_SILENT;
	c->wire.n = 0;
	pump(c);
	return PEER_DATA;
}

static int
engine_tls(void *conn, enum wire_tls kind, unsigned version, struct buf *why)
{
	struct engine_conn *c = conn;

	(void)kind;
	(void)version;
	if (c->closed || !c->want_tls)
		return peer_why(why, "no TLS is under way");
	c->want_tls = false;
	if (c->proto == WIRE_POP3)
		pop_server_tls_started(c->pop3.machine);
	else
		pop_smtp_tls_started(c->smtp.machine);
	return 0;
}

static int
engine_store(struct peer *p, const struct pop_span *words, size_t n,
    struct buf *why)
{
	return world_store(&engine_of(p)->world, words, n, why);
}

static int
engine_count(struct peer *p, struct pop_span user, uint64_t *n_r,
    struct buf *why)
{
	const struct world_user *u = world_find(&engine_of(p)->world, user);

	if (u == NULL)
		return peer_why(why, "no such user");
	*n_r = u->mails;
	return 0;
}

static int
engine_text(struct peer *p, struct pop_span user, uint64_t number,
    struct buf *out, struct buf *why)
{
	const struct world_user *u = world_find(&engine_of(p)->world, user);

	if (u == NULL || number > u->mails)
		return peer_why(why, "no such message");
	return buf_append(out, u->mail[number - 1].text.p,
	    u->mail[number - 1].text.n);
}

struct peer *
engine_new(void)
{
	static const struct peer_ops ops = {
		.begin = engine_begin, .end = engine_end,
		.open = engine_open, .send = engine_send,
		.recv = engine_recv, .tls = engine_tls,
		.close = engine_close, .store = engine_store,
		.count = engine_count, .text = engine_text,
	};
	struct engine *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->peer.ops = &ops;
	return &e->peer;
}

void
engine_free(struct peer *p)
{
	free(engine_of(p));
}
