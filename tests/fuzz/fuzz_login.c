/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: a login against a server that says anything.  Four octets
 * choose the account; the rest is what the server says from its greeting on.
 * The client's nonce is always the same, so that seeds can be real.
 *
 * What must hold: nothing but CAPA in clear without leave; no secret where it
 * does not belong; every line one line; an end after few of them; no server is
 * believed that does not know the password; the same however it arrives.
 */
#include <stdlib.h>
#include <string.h>

#include "client/login.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);
int gsasl_nonce(char *data, size_t n);

/* in place of libgsasl's own */
int
gsasl_nonce(char *data, size_t n)
{
	memset(data, 'A', n);
	return 0;
}

static void
need(int truth)
{
	if (!truth)
		abort();
}

static const char password[] = "correct horse battery";

struct world {
	struct pop_client *c;
	struct login *l;
	struct account_conf account;
	struct secret secret;
	struct login_binding binding;
	unsigned char stamp[POP_CLIENT_LINE_MAX];
	size_t stamp_n;
	int tls, over;
	unsigned lines;
	enum login_step step;
};

static const char *const lists[] = { NULL, "auto", "EXTERNAL",
	"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS",
	"SCRAM-SHA-1", "OAUTHBEARER", "XOAUTH2", "CRAM-MD5", "PLAIN", "LOGIN",
	"APOP", "USER", "SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN APOP USER",
	"XOAUTH2 OAUTHBEARER" };

static void
set_up(struct world *w, const unsigned char head[4])
{
	static char server[] = "pop.example.net", other[] = "x.outlook.com",
	    user[] = "wren", bound[] = "0123456789abcdef0123456789abcdef",
	    certificate[] = "c";
	union { const char *from; char *to; } auth;

	auth.from = lists[head[1] % 16U];
	w->account.auth = auth.to;
	w->account.server = head[0] & 1 ? other : server;
	w->account.user = user;
	w->account.clear_login = (head[0] & 2) != 0;
	w->account.client_certificate = head[0] & 4 ? certificate : NULL;
	w->tls = (head[0] & 8) == 0;
	if (head[0] & 16)
		w->binding.tls_exporter = span_of(bound, 32);
	buf_init(&w->secret.value, SECRET_MAX);
	w->secret.is_token = (head[0] & 32) != 0;
	w->secret.fresh = (head[0] & 64) != 0;
	w->secret.typed = (head[0] & 128) != 0;
	need(buf_append_str(&w->secret.value, w->secret.is_token ?
	    "tok123" : password) == BUF_OK);
}

static void
check_sent(struct world *w, struct pop_out *out)
{
	need(out->n <= out->size);
	if (out->n == 0)
		return;
	need(out->n >= 2 && out->p[out->n - 1] == '\n');
	for (size_t i = 0; i < out->n; i++) {
		if (out->p[i] == '\r') {
			need(out->p[i + 1] == '\n');
			w->lines++;
			i++;
			continue;
		}
		need(out->p[i] >= 0x20 && out->p[i] <= 0x7e);
	}
	if (!w->tls && !w->account.clear_login)
		need(w->l == NULL);
	/* twelve ways of at most eight lines */
	need(w->lines <= 100);
	out->n = 0;
}

static void
begin(struct world *w, struct pop_out *out)
{
	struct login_world world = { .account = &w->account,
		.secret = &w->secret, .binding = &w->binding,
		.tls = w->tls != 0,
		.stamp = span_of(w->stamp, w->stamp_n) };

	check_sent(w, out);
	w->l = login_new(&world);
	need(w->l != NULL);
	w->step = login_start(w->l, w->c, out);
}

static void
act(struct world *w, enum pop_client_event ev,
    const struct pop_client_info *info, struct pop_out *out)
{
	struct pop_request capa = { .command = POP_CMD_CAPA };

	if (ev == POP_CLIENT_ERROR || ev == POP_CLIENT_CLOSE) {
		w->over = 1;
	} else if (ev == POP_CLIENT_GREETING) {
		w->stamp_n = info->stamp.n;
		if (info->stamp.n > 0)
			memcpy(w->stamp, info->stamp.p, info->stamp.n);
		if (info->ok)
			need(pop_client_send(w->c, &capa, out) ==
			    POP_SEND_OK);
	} else if (w->l == NULL) {
		if (ev == POP_CLIENT_END || ev == POP_CLIENT_REPLY)
			begin(w, out);
	} else {
		w->step = login_event(w->l, ev, info, w->c, out);
	}
	check_sent(w, out);
	if (w->step != LOGIN_GO_ON)
		w->over = 1;
}

static size_t
present(struct world *w, const unsigned char *data, size_t n)
{
	static unsigned char room[32 << 10];
	struct pop_out out = { room, 0, sizeof(room) };
	unsigned char *copy = malloc(n > 0 ? n : 1);
	struct pop_span in = { copy, n };
	enum pop_client_event ev;

	need(copy != NULL);
	memcpy(copy, data, n);
	do {
		struct pop_client_info info;

		ev = pop_client_step(w->c, &in, &out, &info);
		if (ev != POP_CLIENT_MORE)
			act(w, ev, &info, &out);
	} while (ev != POP_CLIENT_MORE && !w->over);
	free(copy);
	return n - in.n;
}

struct outcome {
	enum login_step step;
	enum fault fault;
	const char *mechanism;	/* static */
};

static struct outcome
finish(struct world *w)
{
	struct outcome o = { .step = w->step, .mechanism = "" };
	struct pop_span said;
	const char *why;

	if (w->l == NULL)
		return o;
	o.fault = login_fault(w->l, &why, &said);
	o.mechanism = login_mechanism(w->l);
	need(why != NULL);
	if (w->step == LOGIN_FAILED || w->step == LOGIN_AGAIN)
		need(o.fault != FAULT_NONE && why[0] != '\0');
	if (w->step == LOGIN_AGAIN)
		need(w->secret.fresh);
	if (w->step == LOGIN_DONE) {
		need(pop_client_logged_in(w->c));
		need(strncmp(o.mechanism, "SCRAM", 5) != 0);
	}
	login_free(w->l);
	return o;
}

static struct outcome
play(const unsigned char *data, size_t n, size_t piece)
{
	struct world w = { .step = LOGIN_GO_ON };
	struct pop_client_config config = { 0 };
	void *mem = malloc(pop_client_size());
	size_t used = 4, shown = 4;
	struct outcome o;

	need(mem != NULL);
	set_up(&w, data);
	if (w.account.clear_login)
		config.flags = POP_CLIENT_CLEAR_OK;
	w.c = pop_client_init(mem, &config, w.tls);
	while (shown < n && !w.over) {
		shown = n - shown < piece ? n : shown + piece;
		used += present(&w, data + used, shown - used);
	}
	o = finish(&w);
	buf_wipe(&w.secret.value);
	free(mem);
	return o;
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct outcome whole, pieces;
	unsigned sum = 0;

	if (n < 5)
		return 0;
	whole = play(data, n, n);
	/* libgsasl is slow: one in four is also played in pieces */
	for (size_t i = 3; i < n; i++)
		sum += data[i];
	if (sum % 4 != 0)
		return 0;
	pieces = play(data, n, 1 + data[2] % 7U);
	need(whole.step == pieces.step && whole.fault == pieces.fault &&
	    strcmp(whole.mechanism, pieces.mechanism) == 0);
	return 0;
}
