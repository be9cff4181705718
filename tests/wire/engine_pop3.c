/* SPDX-License-Identifier: ISC
 *
 * engine_pop3.c: answers the POP3 server machine's events out of the world
 * in memory, as a caller of pop.h has to.
 */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "engine.h"

enum { PLAIN_MAX = 16384 };

/* ---- the maildrop as the session sees it --------------------------------- */

static uint64_t
row_octets(void *ctx, uint32_t i)
{
	const struct pop3_row *row = ctx;

	return row[i].octets;
}

static struct pop_span
row_uidl(void *ctx, uint32_t i)
{
	const struct pop3_row *row = ctx;

	return span_str(row[i].uidl);
}

/* 0, -1 no memory */
static int
take_snapshot(struct pop3_side *s, const struct world_user *u)
{
	s->row = calloc(u->mails + 1, sizeof *s->row);
	s->listing.marks = calloc(u->mails / 8 + 1, 1);
	if (s->row == NULL || s->listing.marks == NULL)
		return -1;
	for (size_t i = 0; i < u->mails; i++) {
		struct pop_measure m = { 0 };

		pop_measure(&m, buf_span(&u->mail[i].text));
		s->row[i].octets = pop_measure_end(&m);
		s->row[i].id = u->mail[i].id;
		(void)snprintf(s->row[i].uidl, sizeof s->row[i].uidl,
		    "u%08llu", (unsigned long long)u->mail[i].id);
	}
	s->listing.count = (uint32_t)u->mails;
	s->listing.ctx = s->row;
	s->listing.octets = row_octets;
	s->listing.uidl = row_uidl;
	return 0;
}

static void
forget_snapshot(struct pop3_side *s)
{
	free(s->row);
	free(s->listing.marks);
	memset(&s->listing, 0, sizeof s->listing);
	s->row = NULL;
	if (s->user != NULL)
		s->user->locked_by = NULL;
	s->user = NULL;
}

/* ---- who is this? -------------------------------------------------------- */

static void
refuse(struct engine_conn *c, enum pop_failure code, const char *text)
{
	pop_server_auth_failed(c->pop3.machine, code, text, &c->out);
}

/* the credentials are right: open and lock the maildrop */
static void
let_in(struct engine_conn *c, struct world_user *u)
{
	struct pop3_side *s = &c->pop3;

	if (u->corrupt) {
		refuse(c, POP_FAIL_SYS_PERM, "The maildrop is broken.");
	} else if (u->down) {
		refuse(c, POP_FAIL_SYS_TEMP, "The store is down.");
	} else if (u->locked_by != NULL) {
		refuse(c, POP_FAIL_IN_USE, "The maildrop is in use.");
	} else if (take_snapshot(s, u) != 0) {
		forget_snapshot(s);
		refuse(c, POP_FAIL_SYS_TEMP, "No memory.");
	} else {
		u->locked_by = c;
		s->user = u;
		pop_server_auth_ok(s->machine, &s->listing, &c->out);
	}
}

static void
check_login(struct engine_conn *c, struct pop_span name,
    struct pop_span secret)
{
	struct world_user *u = world_find(&c->e->world, name);

	if (u == NULL || !span_eq(buf_span(&u->password), secret))
		refuse(c, POP_FAIL_AUTH, "Wrong name or password.");
	else
		let_in(c, u);
}

static void
check_apop(struct engine_conn *c, struct pop_span name,
    struct pop_span digest)
{
	struct world_user *u = world_find(&c->e->world, name);
	unsigned char md[EVP_MAX_MD_SIZE];
	struct buf b;
	unsigned n = 0;
	char hex[2 * EVP_MAX_MD_SIZE + 1] = "";

	buf_init(&b, PLAIN_MAX);
	if (u != NULL && buf_append_str(&b, c->pop3.stamp) == 0 &&
	    buf_append(&b, u->password.p, u->password.n) == 0 &&
	    EVP_Digest(b.p, b.n, md, &n, EVP_md5(), NULL) != 1)
		n = 0;
	buf_release(&b);
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", md[i]);
	if (n > 0 && span_eq(span_str(hex), digest))
		let_in(c, u);
	else
		refuse(c, POP_FAIL_AUTH, "Wrong name or digest.");
}

/* RFC 4616: [authzid] NUL authcid NUL passwd */
static void
check_plain(struct engine_conn *c, struct pop_span message)
{
	struct pop_span part[3];

	for (size_t i = 0; i < 3; i++) {
		const unsigned char *nul = i == 2 || message.n == 0 ? NULL :
		    memchr(message.p, '\0', message.n);

		part[i] = message;
		if (nul != NULL) {
			part[i].n = (size_t)(nul - message.p);
			span_skip(&message, part[i].n + 1);
		} else if (i < 2) {
			refuse(c, POP_FAIL_AUTH, "Malformed PLAIN.");
			return;
		}
	}
	if (part[1].n == 0 || part[2].n == 0 ||
	    memchr(part[2].p, '\0', part[2].n) != NULL)
		refuse(c, POP_FAIL_AUTH, "Malformed PLAIN.");
	else if (part[0].n > 0 && !span_eq(part[0], part[1]))
		refuse(c, POP_FAIL_AUTH, "You may not act for others.");
	else
		check_login(c, part[1], part[2]);
}

static void
take_sasl(struct engine_conn *c, const struct pop_server_info *info)
{
	unsigned char message[PLAIN_MAX];
	size_t n = 0;

	if (info->has_data == 0) {
		if (pop_server_sasl_challenge(c->pop3.machine,
		    span_of(NULL, 0), &c->out) != 0)
			c->broken = "an empty challenge does not fit";
		return;
	}
	if (info->data.n > sizeof message ||
	    pop_base64_decode(message, &n, info->data) != 0)
		c->broken = "the machine handed out bad base64";
	else
		check_plain(c, span_of(message, n));
}

/* ---- bodies and the end -------------------------------------------------- */

static void
begin_body(struct engine_conn *c, uint32_t number)
{
	struct pop3_side *s = &c->pop3;

	if (number == 0 || number > s->listing.count) {
		c->broken = "the machine asks for a message out of range";
	} else if (world_mail(s->user, s->row[number - 1].id) == NULL) {
		pop_server_body_failed(s->machine, POP_FAIL_SYS_TEMP,
		    "The message is gone.", &c->out);
	} else {
		s->body_id = s->row[number - 1].id;
		s->body_at = 0;
		s->body_seen = false;
		pop_server_body_begin(s->machine, &c->out);
	}
}

/* one piece of the message, or its end */
static void
continue_body(struct engine_conn *c)
{
	struct pop3_side *s = &c->pop3;
	const struct world_mail *m = world_mail(s->user, s->body_id);
	struct pop_span piece;
	size_t left;

	if (m == NULL) {	/* removed meanwhile: nothing to be said */
		c->closed = true;
		return;
	}
	left = m->text.n - s->body_at;
	if (left == 0 || s->body_seen) {
		if (pop_server_body_end(s->machine, &c->out) == 0)
			s->body_id = 0;
		else
			engine_flush(c);
		return;
	}
	piece = span_of(m->text.p + s->body_at,
	    engine_piece(c->e, left));
	while (piece.n > 0 && !s->body_seen) {
		size_t before = piece.n;

		s->body_seen = pop_server_body(s->machine, &piece,
		    &c->out) == 1;
		s->body_at += before - piece.n;
		if (before == piece.n && c->out.n == 0 && !s->body_seen) {
			c->broken = "the machine takes no body octets";
			return;
		}
		engine_flush(c);
	}
}

static void
commit(struct engine_conn *c)
{
	struct pop3_side *s = &c->pop3;
	enum pop_commit how = POP_COMMIT_DONE;

	for (uint32_t i = 0; i < s->listing.count; i++) {
		if (((s->listing.marks[i / 8] >> (i % 8)) & 1) == 0)
			continue;
		if (s->user->readonly)
			how = POP_COMMIT_PARTIAL;
		else
			world_remove(s->user, s->row[i].id);
	}
	s->user->locked_by = NULL;
	pop_server_committed(s->machine, how, &c->out);
}

/* ---- the machine --------------------------------------------------------- */

int
engine_pop3_open(struct engine_conn *c, bool tls)
{
	struct pop3_side *s = &c->pop3;
	struct engine *e = c->e;
	const char *stamp = NULL;

	c->memory = malloc(pop_server_size());
	if (c->memory == NULL)
		return -1;
	if (e->c->setup.apop) {
		(void)snprintf(s->stamp, sizeof s->stamp,
		    "<%llu.%zu@pop.example.net>",
		    (unsigned long long)++e->greetings,
		    engine_piece(e, 1000000));
		stamp = s->stamp;
	}
	s->machine = pop_server_init(c->memory, &e->pop3, stamp, tls,
	    &c->out);
	return 0;
}

/* false: nothing to do until there is more input */
static bool
act(struct engine_conn *c, enum pop_server_event event,
    const struct pop_server_info *info, size_t left)
{
	engine_flush(c);
	switch (event) {
	case POP_SERVER_MORE:
		return false;
	case POP_SERVER_FULL:
		return true;
	case POP_SERVER_WAIT:
		c->broken = "the machine waits, and nothing was asked";
		return false;
	case POP_SERVER_PASS:
		check_login(c, info->name, info->secret);
		return true;
	case POP_SERVER_APOP:
		check_apop(c, info->name, info->secret);
		return true;
	case POP_SERVER_SASL:
	case POP_SERVER_SASL_DATA:
		take_sasl(c, info);
		return true;
	case POP_SERVER_TLS:
		engine_want_tls(c, left);
		return false;
	case POP_SERVER_BODY:
		begin_body(c, info->number);
		return true;
	case POP_SERVER_COMMIT:
		commit(c);
		return true;
	case POP_SERVER_SASL_CANCEL:
		return true;
	case POP_SERVER_CLOSE:
		c->closed = true;
		return false;
	}
	return false;
}

bool
engine_pop3_step(struct engine_conn *c)
{
	struct pop_server_info info;
	struct pop_span in = buf_span(&c->in);
	enum pop_server_event event;
	bool more;

	if (c->pop3.body_id != 0) {
		engine_flush(c);
		continue_body(c);
		return true;
	}
	memset(&info, 0, sizeof info);
	event = pop_server_step(c->pop3.machine, &in, &c->out, &info);
	if (event == POP_SERVER_FULL && c->out.n == 0)
		c->broken = "FULL, and the output is empty";
	more = act(c, event, &info, in.n);
	buf_consume(&c->in, c->in.n - in.n);
	return more && c->broken == NULL;
}

void
engine_pop3_close(struct engine_conn *c)
{
	forget_snapshot(&c->pop3);
}
