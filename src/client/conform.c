/* SPDX-License-Identifier: ISC
 *
 * conform: plays the transcripts, one after the other, against one server:
 * where it is, what must be there before the first, and what a result means.
 */
#include "client/conform_internal.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/text.h"

/* LOGIN_MS: who was refused before is left waiting for a while, by many */
enum { REPLY_MS = 10000, LOGIN_MS = 30000, CASE_MS = 120000,
	PATIENCE_MS = 10000, BROKEN_MAX = 3, TEXT_MAX_OCTETS = 1 << 20 };

__attribute__((format(printf, 3, 4)))
int
conform_complain(const struct client_args *a, int status, const char *fmt,
    ...)
{
	char text[1024], shown[4096];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		text[0] = '\0';
	if (a->mode == REPORT_JSON)
		report_json_error(stdout, status, text);
	escape_text(span_str(text), shown, sizeof(shown), sizeof(text));
	(void)fprintf(stderr, "restante: %s\n", shown);
	return status;
}

/* ---- what the runner plays against ---- */

static struct conform *
conform_of(struct peer *p)
{
	return (struct conform *)(void *)((char *)p -
	    offsetof(struct conform, peer));
}

static int
peer_begin(struct peer *p, const struct wire_case *w, uint64_t seed,
    struct buf *why)
{
	struct conform *c = conform_of(p);
	int r;

	c->begun = BEGUN;
	c->playing = w;
	if (c->way != WAY_ACTION)
		return conform_begin(c, w, why);
	r = c->pop->ops->begin(c->pop, w, seed, why);
	if (r != 0)
		c->begun = r == -2 ? BEGUN_NOT_HERE : BEGUN_BROKEN;
	return r;
}

static void
peer_end(struct peer *p)
{
	struct conform *c = conform_of(p);

	if (c->way == WAY_ACTION)
		c->pop->ops->end(c->pop);
}

static void *
peer_open(struct peer *p, enum wire_proto proto, enum wire_tls tls,
    struct buf *why)
{
	struct conform *c = conform_of(p);
	struct peer *at = proto == WIRE_POP3 || c->mta[proto] == NULL ?
	    c->pop : c->mta[proto];

	if (proto == WIRE_POP3)
		sock_wrap(c->pop, c->clear || c->playing->setup.tls_only ||
		    conform_wants_clear(c->playing, p->line) ? SOCK_CLEAR :
		    c->secure);
	return at->ops->open(at, proto, tls, why);
}

static int
peer_store(struct peer *p, const struct pop_span *words, size_t n,
    struct buf *why)
{
	struct conform *c = conform_of(p);
	int r = c->pop->ops->store(c->pop, words, n, why);

	if (r == -2) {
		c->begun = BEGUN_NOT_HERE;
		c->not_here.n = 0;
		if (buf_append(&c->not_here, why->p, why->n) != 0)
			return -1;
	}
	return r;
}

/* by a session, where nobody else can tell */
static int
peer_count(struct peer *p, struct pop_span user, uint64_t *n_r,
    struct buf *why)
{
	struct conform *c = conform_of(p);

	if (c->way == WAY_ACTION)
		return c->pop->ops->count(c->pop, user, n_r, why);
	return conform_count_mail(c, n_r, why);
}

static int
peer_text(struct peer *p, struct pop_span user, uint64_t number,
    struct buf *out, struct buf *why)
{
	struct conform *c = conform_of(p);

	if (c->way == WAY_ACTION)
		return c->pop->ops->text(c->pop, user, number, out, why);
	return conform_read_mail(c, number, out, why);
}

/* ---- one case ---- */

struct result {
	struct run_failure failure;
	struct buf report;
};

static void
result_init(struct result *r)
{
	buf_init(&r->failure.expected, TEXT_MAX_OCTETS);
	buf_init(&r->failure.got, TEXT_MAX_OCTETS);
	buf_init(&r->failure.dialogue, TEXT_MAX_OCTETS);
	buf_init(&r->report, TEXT_MAX_OCTETS);
	r->failure.line = 0;
}

static void
result_done(struct result *r)
{
	buf_release(&r->failure.expected);
	buf_release(&r->failure.got);
	buf_release(&r->failure.dialogue);
	buf_release(&r->report);
}

static void
hide_password(const struct conform *c, struct result *r)
{
	conform_hide(c, &r->failure.expected);
	conform_hide(c, &r->failure.got);
	conform_hide(c, &r->failure.dialogue);
	conform_hide(c, &r->report);
}

static const char *
text_of(struct buf *b)
{
	return buf_append(b, "", 1) == 0 ? (const char *)b->p : "memory";
}

static void
tell_failure(struct conform *c, const struct conform_case *k,
    struct result *r)
{
	struct buf choice;

	hide_password(c, r);
	if (c->not_here.n > 0) {
		conform_tell(c, k, VERDICT_NOT_HERE, text_of(&c->not_here),
		    NULL);
		c->not_here.n = 0;
		return;
	}
	if (c->begun != BEGUN) {
		conform_tell(c, k, c->begun == BEGUN_NOT_HERE ?
		    VERDICT_NOT_HERE : VERDICT_FAILED, text_of(&r->report),
		    NULL);
		return;
	}
	buf_init(&choice, TEXT_MAX_OCTETS);
	if (k->wire.choice.n == 0)
		conform_tell(c, k, VERDICT_FAILED, NULL, &r->failure);
	else if (buf_append(&choice, k->wire.choice.p,
	    k->wire.choice.n) == 0)
		conform_tell(c, k, VERDICT_DIFFERS, text_of(&choice),
		    &r->failure);
	buf_release(&choice);
}

/* Where mail was delivered, the first case that has it judges delivery. */
static void
judge_delivery(struct conform *c, const struct conform_case *k, bool *judged)
{
	if (*judged || c->way != WAY_DELIVER || c->begun != BEGUN ||
	    !conform_is_base(&k->wire))
		return;
	*judged = true;
	conform_tell_delivery(c, c->drop.fault.n > 0 ?
	    text_of(&c->drop.fault) : NULL);
}

/* EX_OK, or the account could not be made ready */
static int
play(struct conform *c, const struct conform_case *k, bool *judged)
{
	struct result r;
	struct run_how how = { .mode = RUN_WHOLE, .timeout_ms = REPLY_MS,
	    .login_ms = LOGIN_MS, .limit_ms = CASE_MS,
	    .patience_ms = PATIENCE_MS, .world = &c->world,
	    .failure = &r.failure };
	int rc, status = EX_OK;

	result_init(&r);
	c->began_ms = conform_now_ms();
	rc = conform_not_here(c, &k->wire, &r.report);
	if (rc != 0) {
		conform_tell(c, k, VERDICT_NOT_HERE, text_of(&r.report),
		    NULL);
	} else {
		rc = run_case(&k->wire, &c->peer, &how, &r.report);
		judge_delivery(c, k, judged);
		if (rc == 0)
			conform_tell(c, k, VERDICT_PASSED, NULL, NULL);
		else
			tell_failure(c, k, &r);
		if (c->begun == BEGUN_BROKEN)
			status = EX_TEMPFAIL;
	}
	result_done(&r);
	return status;
}

static int
play_all(struct conform *c)
{
	unsigned broken = 0;
	bool judged = false;

	for (size_t i = 0; i < c->cases.n; i++) {
		if (play(c, &c->cases.at[i], &judged) == EX_OK) {
			broken = 0;
			continue;
		}
		/* one may be the fault of the case before it */
		if (++broken == BROKEN_MAX || c->way == WAY_AS_IS)
			return conform_complain(c->args, EX_TEMPFAIL, "the "
			    "account could not be made ready for %s; the "
			    "rest was not played", c->cases.at[i].name);
	}
	return c->count.n[VERDICT_FAILED] > 0 ? CLIENT_SOME : EX_OK;
}

/* ---- the start ---- */

/* "host", "host:port" or "[address]:port"; *port_r points into `text` or is
 * what it was */
static int
split(const char *text, char *host, size_t size, const char **port_r)
{
	const char *colon = strrchr(text, ':');
	struct pop_span h = span_str(text);

	if (colon != NULL && (colon == strchr(text, ':') ||
	    (colon > text && colon[-1] == ']'))) {
		h.n = (size_t)(colon - text);
		*port_r = colon + 1;
	}
	if (h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = span_of(h.p + 1, h.n - 2);
	return h.n == 0 || text_format(host, size, "%.*s", (int)h.n,
	    (const char *)h.p) ? -1 : 0;
}

static int
set_recipient(struct conform *c)
{
	const char *r = c->args->check.recipient, *at;

	if (r == NULL)
		r = c->user;
	at = strrchr(r, '@');
	if (at == NULL || text_format(c->recipient, sizeof(c->recipient),
	    "%s", r) || text_format(c->domain, sizeof(c->domain), "%s",
	    at + 1) || text_format(c->stranger, sizeof(c->stranger),
	    "no-such-mailbox@%s", at + 1))
		return conform_complain(c->args, EX_USAGE, "where does mail "
		    "for %s go? say --recipient ADDRESS", c->user);
	c->world.recipient = c->recipient;
	c->world.domain = c->domain;
	c->world.stranger = c->stranger;
	return EX_OK;
}

static bool
is_this_machine(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, host, &six) == 1)
		return IN6_IS_ADDR_LOOPBACK(&six);
	return strcmp(host, "localhost") == 0;
}

static int
open_mta(struct conform *c, enum wire_proto proto, const char *at)
{
	struct sock_target to = { .host = c->mta_host[proto] };

	if (at == NULL)
		return EX_OK;
	to.port[proto] = proto == WIRE_SMTP ? "25" : "24";
	if (split(at, c->mta_host[proto], sizeof(c->mta_host[proto]),
	    &to.port[proto]) != 0)
		return conform_complain(c->args, EX_USAGE, "%s: HOST:PORT",
		    at);
	c->mta[proto] = sock_new(&to);
	return c->mta[proto] != NULL ? EX_OK : EX_OSERR;
}

static int
open_pop(struct conform *c)
{
	const struct client_args *a = c->args;
	struct sock_target to = { .host = c->host, .tls_port = "995",
	    .port = { [WIRE_POP3] = "110" }, .action = a->check.action,
	    .tls_name = a->check.tls_name, .ca_file = a->ca_file };

	if (split(a->names[0], c->host, sizeof(c->host),
	    &to.port[WIRE_POP3]) != 0)
		return conform_complain(a, EX_USAGE, "%.200s: that is no "
		    "host", a->names[0]);
	if (a->check.port != NULL)
		to.port[WIRE_POP3] = a->check.port;
	if (a->check.tls_port != NULL)
		to.tls_port = a->check.tls_port;
	else if (strcmp(to.port[WIRE_POP3], "110") != 0)
		to.tls_port = NULL;
	if (to.tls_name == NULL)
		to.tls_name = c->host;
	c->port = to.port[WIRE_POP3];
	c->pop = sock_new(&to);
	return c->pop != NULL ? EX_OK : conform_complain(a, EX_USAGE,
	    "--ca-file %s cannot be read", to.ca_file);
}

static int
prepare(struct conform *c)
{
	const struct client_args *a = c->args;
	bool delivers = a->check.smtp != NULL || a->check.lmtp != NULL;
	int status = open_pop(c);

	c->way = a->check.action != NULL ? WAY_ACTION :
	    delivers ? WAY_DELIVER : WAY_AS_IS;
	c->user = a->user != NULL ? a->user : "wren";
	/* the passwords of the transcripts are known to all */
	c->may_clear = a->check.clear_login || c->way == WAY_ACTION ||
	    is_this_machine(c->host);
	c->may_mark = a->yes;
	if (a->user == NULL && c->way != WAY_ACTION)
		return conform_complain(a, EX_USAGE, "--user NAME: whose "
		    "maildrop are the checks for?");
	if (status == EX_OK)
		status = open_mta(c, WIRE_SMTP, a->check.smtp);
	if (status == EX_OK)
		status = open_mta(c, WIRE_LMTP, a->check.lmtp);
	if (status == EX_OK && c->way == WAY_DELIVER)
		status = set_recipient(c);
	if (status == EX_OK && c->way == WAY_DELIVER)
		status = conform_consent(c);
	if (status != EX_OK)
		return status;
	if (c->way == WAY_ACTION)
		return buf_append(&c->password, "correct horse battery",
		    22) == 0 ? EX_OK : EX_OSERR;
	status = conform_password(c);
	c->world.user = c->user;
	c->world.password = (const char *)c->password.p;
	return status;
}

/* --action: the maildrops of some case, to look at the server with */
static int
begin_any(struct conform *c)
{
	struct buf why;
	size_t i = 0;
	int status = EX_OK;

	if (c->way != WAY_ACTION)
		return EX_OK;
	while (i + 1 < c->cases.n && !conform_is_base(&c->cases.at[i].wire))
		i++;
	buf_init(&why, TEXT_MAX_OCTETS);
	if (c->pop->ops->begin(c->pop, &c->cases.at[i].wire, 1, &why) != 0)
		status = conform_complain(c->args, EX_TEMPFAIL, "--action: "
		    "%.*s", (int)why.n, (const char *)why.p);
	else
		c->pop->ops->end(c->pop);
	buf_release(&why);
	return status;
}

static void
done(struct conform *c)
{
	for (int i = 0; i < CONFORM_PROTOS; i++) {
		if (c->mta[i] != NULL)
			sock_free(c->mta[i]);
		buf_release(&c->have[i]);
	}
	if (c->pop != NULL)
		sock_free(c->pop);
	buf_wipe(&c->password);
	buf_release(&c->not_here);
	buf_release(&c->count.failed);
	conform_drop_done(&c->drop);
	conform_unload(&c->cases);
}

static int
run(struct conform *c)
{
	int status = conform_load(c->args, &c->cases);

	if (status == EX_OK && c->args->check.list)
		return conform_list(c->args, &c->cases);
	if (status == EX_OK)
		status = prepare(c);
	if (status == EX_OK)
		status = begin_any(c);
	if (status == EX_OK)
		status = conform_look(c);
	if (status != EX_OK)
		return status;
	conform_tell_server(c);
	return EX_OK;
}

int
conform_run(const struct client_args *args)
{
	static struct peer_ops ops = { .begin = peer_begin,
	    .end = peer_end, .open = peer_open, .store = peer_store,
	    .count = peer_count, .text = peer_text };
	struct conform c = { .args = args };
	int status;

	for (int i = 0; i < CONFORM_PROTOS; i++)
		buf_init(&c.have[i], CONFORM_LINE_MAX);
	buf_init(&c.password, TEXT_MAX_OCTETS);
	buf_init(&c.not_here, TEXT_MAX_OCTETS);
	buf_init(&c.count.failed, TEXT_MAX_OCTETS);
	status = run(&c);
	if (status == EX_OK && !args->check.list) {
		ops.send = c.pop->ops->send;
		ops.recv = c.pop->ops->recv;
		ops.tls = c.pop->ops->tls;
		ops.close = c.pop->ops->close;
		c.peer = (struct peer){ .ops = &ops, .is_slow = true,
		    .adds_trace = c.way == WAY_ACTION };
		status = play_all(&c);
		conform_tell_end(&c, status);
	}
	done(&c);
	return status;
}
