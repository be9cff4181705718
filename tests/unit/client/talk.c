/* SPDX-License-Identifier: ISC
 *
 * talk: see talk.h.
 */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/text.h"

enum { OUT_SIZE = 32 << 10 };

void
talk_world(struct talk *t, const struct login_case *c, struct secret *secret)
{
	static char certificate[] = "x", exporter[] =
	    "0123456789abcdef0123456789abcdef";
	const char *text = c->secret != NULL ? c->secret :
	    c->flags & TOKEN ? "tok123" : "correct horse battery";
	union { const char *from; char *to; } u;

	memset(t, 0, sizeof(*t));
	u.from = c->server != NULL ? c->server : "pop.example.net";
	t->account.server = u.to;
	u.from = c->user != NULL ? c->user : "wren";
	t->account.user = u.to;
	u.from = c->auth;
	t->account.auth = u.to;
	t->account.clear_login = (c->flags & CLEAR) != 0;
	t->account.client_certificate = c->flags & CERT ? certificate : NULL;
	t->tls = (c->flags & TLS) != 0;
	t->stamp = c->stamp;
	t->capa = c->capa;
	if (c->flags & BOUND)
		t->binding.tls_exporter = span_of(exporter, 32);
	memset(secret, 0, sizeof(*secret));
	buf_init(&secret->value, SECRET_MAX);
	assert_int_equal(buf_append_str(&secret->value, text), BUF_OK);
	secret->is_token = (c->flags & TOKEN) != 0;
	secret->fresh = (c->flags & FRESH) != 0;
	secret->typed = (c->flags & TYPED) != 0;
	secret->again = (c->flags & AGAIN) != 0;
	t->secret = c->flags & NO_SECRET ? NULL : secret;
}

static void
add(struct talk *t, const char *p, size_t n)
{
	assert_true(t->in_n + n < sizeof(t->in));
	memcpy(t->in + t->in_n, p, n);
	t->in_n += n;
	t->told += n;
}

void
talk_say(struct talk *t, const char *line)
{
	add(t, line, strlen(line));
	add(t, "\r\n", 2);
}

void
talk_challenge(struct talk *t, const char *text)
{
	static char line[16 << 10];
	size_t n = strlen(text);

	assert_true(BASE64_ENCODED(n) + 3 < sizeof(line));
	memcpy(line, "+ ", 2);
	line[2 + base64_encode((unsigned char *)line + 2, text, n)] = '\0';
	talk_say(t, line);
}

/* how much of the input may be seen now */
static size_t
visible(const struct talk *t, size_t before)
{
	if (t->cut == TALK_OCTETS)
		return before + 1;
	if (t->cut > 0 && before < (size_t)t->cut &&
	    t->in_n > (size_t)t->cut)
		return (size_t)t->cut;
	return t->in_n;
}

static void
hear(struct talk *t, struct pop_out *out, bool in_login)
{
	char *p = (char *)out->p, *end;

	if (out->n == 0)
		return;
	t->writes += in_login;
	out->p[out->n] = '\0';
	for (; *p != '\0'; p = end + 2) {
		end = strstr(p, "\r\n");
		assert_non_null(end);
		*end = '\0';
		if (in_login) {
			assert_true(t->heard_n + strlen(p) + 2 <
			    sizeof(t->heard));
			t->heard_n += (size_t)(end - p) + 1;
			memcpy(t->heard + t->heard_n - (end - p) - 1, p,
			    (size_t)(end - p));
			t->heard[t->heard_n - 1] = '\n';
			t->heard[t->heard_n] = '\0';
			t->server(t, p);
		}
	}
	out->n = 0;
}

static void
say_capa(struct talk *t)
{
	const char *p = t->capa, *end;

	if (p == NULL) {
		talk_say(t, "-ERR what?");
		return;
	}
	talk_say(t, "+OK");
	for (; *p != '\0'; p = end + 1) {
		end = strchr(p, '\n');
		assert_non_null(end);
		add(t, p, (size_t)(end - p));
		add(t, "\r\n", 2);
	}
	talk_say(t, ".");
}

struct state {
	struct talk *t;
	struct pop_client *c;
	struct login *l;
	struct pop_out out;
	struct pop_span stamp;
	char stamp_text[256];
};

static void
begin_login(struct state *s)
{
	struct login_world world = { .account = &s->t->account,
		.secret = s->t->secret, .binding = &s->t->binding,
		.tls = s->t->tls, .stamp = s->stamp };

	s->l = login_new(&world);
	assert_non_null(s->l);
	assert_string_equal(login_mechanism(s->l), "");
	s->t->step = login_start(s->l, s->c, &s->out);
}

static void
on_event(struct state *s, enum pop_client_event event,
    const struct pop_client_info *info)
{
	struct pop_request capa = { .command = POP_CMD_CAPA };

	if (event == POP_CLIENT_GREETING) {
		s->stamp = span_of(s->stamp_text, info->stamp.n);
		if (info->stamp.n > 0)
			memcpy(s->stamp_text, info->stamp.p, info->stamp.n);
		assert_int_equal(pop_client_send(s->c, &capa, &s->out),
		    POP_SEND_OK);
		hear(s->t, &s->out, false);
		say_capa(s->t);
	} else if (s->l == NULL) {
		if (event == POP_CLIENT_END || event == POP_CLIENT_REPLY)
			begin_login(s);
	} else {
		s->t->step = login_event(s->l, event, info, s->c, &s->out);
	}
	if (s->l != NULL)
		hear(s->t, &s->out, true);
}

/* false: the end */
static bool
step(struct state *s, size_t upto)
{
	struct talk *t = s->t;
	struct pop_span in = span_of(t->in + t->in_at, upto - t->in_at);
	struct pop_client_info info;
	enum pop_client_event event;

	event = pop_client_step(s->c, &in, &s->out, &info);
	/* spans of info point there: consume only afterwards */
	if (event == POP_CLIENT_ERROR) {
		t->machine_error = true;
		return false;
	}
	if (event == POP_CLIENT_CLOSE) {
		t->machine_closed = true;
		return false;
	}
	t->in_at = upto - in.n;
	if (event == POP_CLIENT_MORE)
		return false;
	assert_int_not_equal(event, POP_CLIENT_FULL);
	assert_int_not_equal(event, POP_CLIENT_WAIT);
	on_event(s, event, &info);
	return t->step == LOGIN_GO_ON;
}

static void
finish(struct state *s)
{
	struct talk *t = s->t;
	struct pop_span said = { 0 };
	const char *why = "";

	t->logged_in = pop_client_logged_in(s->c);
	if (s->l != NULL) {
		t->fault = login_fault(s->l, &why, &said);
		text_format(t->mechanism, sizeof(t->mechanism), "%s",
		    login_mechanism(s->l));
	}
	text_format(t->why, sizeof(t->why), "%s", why);
	text_format(t->said, sizeof(t->said), "%.*s", (int)said.n,
	    said.n > 0 ? (const char *)said.p : "");
	login_free(s->l);
}

void
talk_run(struct talk *t)
{
	struct pop_client_config config = { .flags =
	    t->account.clear_login ? POP_CLIENT_CLEAR_OK : 0,
	    .pipeline_max = t->pipeline_max };
	static unsigned char room[OUT_SIZE + 1];
	struct state s = { .t = t, .out = { room, 0, OUT_SIZE } };
	size_t upto = 0;

	s.c = malloc(pop_client_size());
	assert_non_null(s.c);
	s.c = pop_client_init(s.c, &config, t->tls);
	add(t, "+OK hello ", 10);
	talk_say(t, t->stamp != NULL ? t->stamp : "");
	while (upto < t->in_n) {
		upto = visible(t, upto);
		while (step(&s, upto))
			continue;
		if (t->step != LOGIN_GO_ON || t->machine_error ||
		    t->machine_closed)
			break;
	}
	finish(&s);
	free(s.c);
}
