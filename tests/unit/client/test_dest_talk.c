/* SPDX-License-Identifier: ISC
 *
 * Destinations that talk: a command (C19, C20) and mail servers (LMTP, SMTP).
 * The server is a thread that plays a script on 127.0.0.1: it checks each
 * line that it is sent and answers as it is written there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "../net/tls_client_fixture.h"
#include "client/mta_private.h"
#include "dest_fixture.h"
#include "../valgrind.h"

/* ---- a server ------------------------------------------------------------ */

/* What is to come, then what is answered.  want NULL: nothing is waited for;
 * "BODY": a message up to its final dot, "HALF": octets of one; "EOF": the
 * end; "TLS": a handshake with the certificate that `say` names. say NULL:
 * hang up. */
struct step {
	const char *want, *say;
};

enum { SERVER_BODY = 300000 };

struct server {
	pthread_t thread;
	int listener;
	unsigned port;
	const struct step *steps;
	const struct issued *leaf;	/* its certificate */
	SSL_CTX *ctx;
	SSL *ssl;
	char buf[4096];
	size_t n;
	/* what was seen */
	char wrong[300];
	char *body;
	size_t body_n;
	unsigned connections;
	bool joined;
};

static bool
more(struct server *s, int fd)
{
	size_t room = sizeof(s->buf) - s->n;
	ssize_t n = s->ssl != NULL ? SSL_read(s->ssl, s->buf + s->n,
	    (int)room) : read(fd, s->buf + s->n, room);

	s->n += n > 0 ? (size_t)n : 0;
	return n > 0;
}

static bool
want_line(struct server *s, int fd, const char *want)
{
	char *lf;
	size_t n;

	while ((lf = memchr(s->buf, '\n', s->n)) == NULL)
		if (!more(s, fd)) {
			snprintf(s->wrong, sizeof(s->wrong),
			    "hung up before \"%s\"", want);
			return false;
		}
	n = (size_t)(lf - s->buf) + 1;
	if (n < 2 || n - 2 != strlen(want) || lf[-1] != '\r' ||
	    memcmp(s->buf, want, n - 2) != 0) {
		snprintf(s->wrong, sizeof(s->wrong), "\"%.*s\" for \"%s\"",
		    (int)(n < 100 ? n : 100), s->buf, want);
		return false;
	}
	s->n -= n;
	memmove(s->buf, s->buf + n, s->n);
	return true;
}

static bool
want_body(struct server *s, int fd)
{
	size_t from = s->body_n;

	for (;;) {
		char *p = s->body;

		if (s->n + s->body_n > SERVER_BODY)
			return false;
		memcpy(p + s->body_n, s->buf, s->n);
		s->body_n += s->n;
		s->n = 0;
		if ((s->body_n - from >= 5 && memcmp(p + s->body_n - 5,
		    "\r\n.\r\n", 5) == 0) || (s->body_n - from == 3 &&
		    memcmp(p + from, ".\r\n", 3) == 0))
			return true;
		if (!more(s, fd)) {
			snprintf(s->wrong, sizeof(s->wrong),
			    "hung up in a body");
			return false;
		}
	}
}

static bool
shake_hands(struct server *s, int fd)
{
	s->ctx = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(s->ctx, s->leaf->x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(s->ctx, s->leaf->key), 1);
	s->ssl = SSL_new(s->ctx);
	assert_int_equal(SSL_set_fd(s->ssl, fd), 1);
	return SSL_accept(s->ssl) == 1;
}

static void
tls_end(struct server *s)
{
	SSL_free(s->ssl);
	SSL_CTX_free(s->ctx);
	s->ssl = NULL;
	s->ctx = NULL;
}

static bool
one_step(struct server *s, int fd, const struct step *step)
{
	if (step->want != NULL && strcmp(step->want, "TLS") == 0)
		return shake_hands(s, fd);
	if (step->want != NULL) {
		bool ok = strcmp(step->want, "BODY") == 0 ?
		    want_body(s, fd) : strcmp(step->want, "HALF") == 0 ?
		    more(s, fd) : strcmp(step->want, "EOF") == 0 ?
		    !more(s, fd) : want_line(s, fd, step->want);

		if (!ok)
			return false;
	}
	if (step->say == NULL)
		return false;
	if (s->ssl != NULL)
		return SSL_write(s->ssl, step->say,
		    (int)strlen(step->say)) > 0;
	return write(fd, step->say, strlen(step->say)) >= 0;
}

/* A connection after each NULL; the script ends with { "END" }. */
static void *
play_script(void *arg)
{
	struct server *s = arg;
	const struct step *step = s->steps;

	while (step->want == NULL || strcmp(step->want, "END") != 0) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			break;
		s->connections++;
		s->n = 0;
		while (step->want == NULL || strcmp(step->want, "END") != 0) {
			bool go_on = one_step(s, fd, step++);

			if (!go_on)
				break;
		}
		tls_end(s);
		close(fd);
		if (s->wrong[0] != '\0')
			break;
	}
	return NULL;
}

/* what the next server shows */
static const struct issued *server_leaf;

static void
server_start(struct server *s, const struct step *steps, const char *path)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(in);

	const struct issued *leaf = server_leaf;

	memset(s, 0, sizeof(*s));
	s->leaf = leaf;
	s->steps = steps;
	s->body = malloc(SERVER_BODY);
	s->listener = socket(path != NULL ? AF_UNIX : AF_INET,
	    SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (path != NULL) {
		snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
		assert_int_equal(bind(s->listener, (struct sockaddr *)&un,
		    sizeof(un)), 0);
	} else {
		assert_int_equal(bind(s->listener, (struct sockaddr *)&in,
		    sizeof(in)), 0);
		assert_int_equal(getsockname(s->listener,
		    (struct sockaddr *)&in, &len), 0);
		s->port = ntohs(in.sin_port);
	}
	assert_int_equal(listen(s->listener, 5), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, play_script, s), 0);
}

/* until it has come to the end of its script */
static void
server_wait(struct server *s)
{
	pthread_join(s->thread, NULL);
	s->joined = true;
	if (s->wrong[0] != '\0')
		fail_msg("server: %s", s->wrong);
}

/* a script that was not played to its end is over too */
static void
server_end(struct server *s)
{
	shutdown(s->listener, SHUT_RDWR);
	if (!s->joined)
		server_wait(s);
	close(s->listener);
	free(s->body);
}

/* ---- the client ---------------------------------------------------------- */

struct talk {
	struct fix fix;
	struct loop *loop;
	char host[16], port[8], path[128], recipient[32];
	struct dest *dest;
	struct draft *draft;
	bool told;
	enum dest_outcome outcome;
	struct dest_error error;
	struct pop_span message;
	unsigned left;
};

static int
setup(void **state)
{
	struct talk *t = calloc(1, sizeof(*t));

	fix_init(&t->fix);
	t->loop = loop_new();
	t->fix.world.loop = t->loop;
	t->fix.world.hostname = "me.example";
	memcpy(t->host, "127.0.0.1", 10);
	memcpy(t->recipient, "c@d", 4);
	t->fix.account.recipient = t->recipient;
	*state = t;
	mta_tls_everywhere = false;
	return 0;
}

static int
teardown(void **state)
{
	struct talk *t = *state;

	dest_close(t->dest);
	loop_free(t->loop);
	fix_done(&t->fix);
	free(t);
	return 0;
}

static void
open_mta(struct talk *t, const struct server *s, enum conf_dest_kind kind)
{
	fix_use(&t->fix, kind);
	snprintf(t->port, sizeof(t->port), "%u", s->port);
	t->fix.conf.host = t->host;
	t->fix.conf.port = t->port;
	t->dest = fix_open(&t->fix);
	assert_non_null(t->dest);
	assert_false(dest_is_local(t->dest));
}

static void hand_over(struct talk *t);

static void
on_done(void *arg, enum dest_outcome outcome, const struct dest_error *why)
{
	struct talk *t = arg;

	t->told = true;
	t->outcome = outcome;
	if (why != NULL)
		t->error = *why;
	assert_true((outcome == DEST_DELIVERED) == (why == NULL));
	draft_done(t->draft);
	t->draft = NULL;
	/* the next one at once, from inside */
	if (t->left > 0) {
		t->left--;
		hand_over(t);
		return;
	}
	loop_stop(t->loop);
}

static void
hand_over(struct talk *t)
{
	struct dest_error error;

	t->draft = fix_stage(t->dest, t->message, 1000, &error);
	assert_non_null(t->draft);
	t->told = false;
	draft_hand_over(t->draft, on_done, t);
	assert_false(t->told);
}

static enum dest_outcome
talk(struct talk *t, const char *message)
{
	t->message = span_str(message);
	hand_over(t);
	assert_int_equal(loop_run(t->loop), 0);
	assert_true(t->told);
	assert_int_equal(fix_left(&t->fix), 0);
	return t->outcome;
}

static enum dest_outcome
talk_with(struct talk *t, const struct step *steps,
    enum conf_dest_kind kind, const char *message)
{
	enum dest_outcome r;
	struct server s;

	server_start(&s, steps, NULL);
	open_mta(t, &s, kind);
	r = talk(t, message);
	dest_close(t->dest);
	t->dest = NULL;
	server_end(&s);
	return r;
}

#define MESSAGE "Return-Path: <a@b>\r\n\r\n.x\r\nbare\nlf\rcr\r\n"
#define EHLO "250-x\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000000\r\n"
#define FROM "MAIL FROM:<a@b> SIZE=39 BODY=8BITMIME"
#define FROM0 "MAIL FROM:<a@b>"
#define TO "RCPT TO:<c@d>"

/* what is on the wire; the next message goes over the same connection */
static void
test_lmtp(void **state)
{
	static const struct step steps[] = {
		{ NULL, "220 x\r\n" }, { "LHLO me.example", EHLO },
		{ FROM, "250 a\r\n" }, { TO, "250 b\r\n" },
		{ "DATA", "354 c\r\n" }, { "BODY", "250 d\r\n" },
		{ FROM, "250 a\r\n" }, { TO, "250 b\r\n" },
		{ "DATA", "354 c\r\n" }, { "BODY", "250 d\r\n" },
		{ "QUIT", NULL }, { "END", NULL },
	};
	static const char wire[] = "Return-Path: <a@b>\r\n\r\n..x\r\nbare\r\n"
	    "lf cr\r\n.\r\n";
	struct talk *t = *state;
	struct server s;

	server_start(&s, steps, NULL);
	open_mta(t, &s, CONF_DEST_LMTP);
	t->left = 1;
	assert_int_equal(talk(t, MESSAGE), DEST_DELIVERED);
	dest_close(t->dest);
	t->dest = NULL;
	server_wait(&s);
	assert_int_equal(s.connections, 1);
	assert_int_equal(s.body_n, 2 * (sizeof(wire) - 1));
	assert_memory_equal(s.body, wire, sizeof(wire) - 1);
	assert_memory_equal(s.body + sizeof(wire) - 1, wire,
	    sizeof(wire) - 1);
	server_end(&s);
}

/* larger than all buffers, by a local socket, without PIPELINING; a sender
 * of the configuration */
static void
test_lmtp_local(void **state)
{
	static const struct step steps[] = {
		{ NULL, "220 x\r\n" }, { "LHLO me.example", "250 x\r\n" },
		{ "MAIL FROM:<>", "250 a\r\n" }, { TO, "250 b\r\n" },
		{ "DATA", "354 c\r\n" }, { "BODY", "250 d\r\n" },
		{ "QUIT", NULL }, { "END", NULL },
	};
	struct talk *t = *state;
	char sender[] = "<>";
	struct server s;

	snprintf(t->path, sizeof(t->path), "%s/socket", t->fix.root);
	server_start(&s, steps, t->path);
	fix_use(&t->fix, CONF_DEST_LMTP);
	t->fix.conf.path = t->path;
	t->fix.account.sender = sender;
	t->dest = fix_open(&t->fix);
	t->message = fix_message(1, true);
	hand_over(t);
	assert_int_equal(loop_run(t->loop), 0);
	assert_int_equal(t->outcome, DEST_DELIVERED);
	dest_close(t->dest);
	t->dest = NULL;
	server_wait(&s);
	assert_int_equal(s.body_n, t->message.n + 3);
	assert_memory_equal(s.body, t->message.p, t->message.n);
	assert_int_equal(unlink(t->path), 0);
	server_end(&s);
}

#define HELLO { NULL, "220 x\r\n" }, { "EHLO me.example", "250 x\r\n" }

/* 4yz and 5yz to each command; the text is handed on */
static void
test_refusals(void **state)
{
	static const struct {
		enum dest_outcome outcome;
		const char *word;
		struct step steps[8];
	} cases[] = {
		{ DEST_TEMPORARY, "451 later", { HELLO,
		    { FROM0, "451 later\r\n" }, { "QUIT", NULL } } },
		{ DEST_REFUSED, "MAIL FROM with \"550 never", { HELLO,
		    { FROM0, "550 never\r\n" }, { "QUIT", NULL } } },
		{ DEST_TEMPORARY, "530", { HELLO,
		    { FROM0, "530 log in\r\n" }, { "QUIT", NULL } } },
		{ DEST_REFUSED, "RCPT TO with \"550 5.1.1 who\"", { HELLO,
		    { FROM0, "250 a\r\n" }, { TO, "550 5.1.1 who\r\n" },
		    { "QUIT", NULL } } },
		{ DEST_TEMPORARY, "452", { HELLO, { FROM0, "250 a\r\n" },
		    { TO, "250 b\r\n" }, { "DATA", "452 full\r\n" },
		    { "QUIT", NULL } } },
		{ DEST_REFUSED, "the message with \"554 spam", { HELLO,
		    { FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		    { "DATA", "354 c\r\n" }, { "BODY", "554 spam\r\n" },
		    { "QUIT", NULL } } },
		{ DEST_TEMPORARY, "554", { { NULL, "554 no\r\n" },
		    { "EOF", NULL } } },
		{ DEST_TEMPORARY, "421", { HELLO, { FROM0, "421 bye\r\n" },
		    { "EOF", NULL } } },
		{ DEST_TEMPORARY, "broke the protocol", {
		    { NULL, "hello\r\n" }, { "EOF", NULL } } },
		/* hung up: at once, before the message, in it */
		{ DEST_TEMPORARY, "hung up", { { NULL, NULL } } },
		{ DEST_TEMPORARY, "", { HELLO, { FROM0, NULL } } },
		{ DEST_TEMPORARY, "", { HELLO, { FROM0, "250 a\r\n" },
		    { TO, "250 b\r\n" }, { "DATA", NULL } } },
		/* behind its end: nobody knows */
		{ DEST_UNKNOWN, "nobody knows", { HELLO,
		    { FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		    { "DATA", "354 c\r\n" }, { "BODY", NULL } } },
		{ DEST_UNKNOWN, "", { HELLO,
		    { FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		    { "DATA", "354 c\r\n" }, { "BODY", "what?\r\n" },
		    { "EOF", NULL } } },
		{ DEST_TEMPORARY, "421", { HELLO,
		    { FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		    { "DATA", "354 c\r\n" }, { "BODY", "421 bye\r\n" },
		    { "EOF", NULL } } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct step steps[10];
		struct talk *t = *state;
		enum dest_outcome r;
		size_t n = 0;

		while (n < 8 && (cases[i].steps[n].want != NULL ||
		    cases[i].steps[n].say != NULL || n == 0)) {
			steps[n] = cases[i].steps[n];
			n++;
		}
		steps[n] = (struct step){ "END", NULL };
		memset(&t->error, 0, sizeof(t->error));
		r = talk_with(t, steps, CONF_DEST_SMTP, MESSAGE);
		if (r != cases[i].outcome ||
		    strstr(t->error.text, cases[i].word) == NULL)
			fail_msg("case %zu: %d, %s", i, r, t->error.text);
		assert_int_equal(t->error.fault, r == DEST_REFUSED ?
		    FAULT_DEST : FAULT_DEST_TEMP);
	}
}

/* a refused one, then one that is taken: RSET, the same connection */
static void
test_after_refusal(void **state)
{
	static const struct step steps[] = { HELLO,
		{ FROM0, "250 a\r\n" }, { TO, "550 no\r\n" },
		{ "RSET", "250 ok\r\n" }, { FROM0, "250 a\r\n" },
		{ TO, "250 b\r\n" }, { "DATA", "354 c\r\n" },
		{ "BODY", "250 d\r\n" }, { "QUIT", NULL }, { "END", NULL },
	};
	struct talk *t = *state;

	t->left = 1;
	assert_int_equal(talk_with(t, steps, CONF_DEST_SMTP, MESSAGE),
	    DEST_DELIVERED);
}

/* A connection that was kept and is dead by then is made again, once. */
static void
test_kept_connection(void **state)
{
	static const struct step dead[] = { HELLO,
		{ FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		{ "DATA", "354 c\r\n" }, { "BODY", "250 d\r\n" },
		{ FROM0, NULL },
		HELLO, { FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		{ "DATA", "354 c\r\n" }, { "BODY", "250 d\r\n" },
		{ "QUIT", NULL }, { "END", NULL },
	};
	static const struct step tired[] = { HELLO,
		{ FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		{ "DATA", "354 c\r\n" }, { "BODY", "250 d\r\n" },
		{ FROM0, "421 idle for too long\r\n" }, { "EOF", NULL },
		HELLO, { FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		{ "DATA", "354 c\r\n" }, { "BODY", "250 d\r\n" },
		{ "QUIT", NULL }, { "END", NULL },
	};
	/* but not behind a message that may have been taken */
	static const struct step late[] = { HELLO,
		{ FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		{ "DATA", "354 c\r\n" }, { "BODY", "250 d\r\n" },
		{ FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		{ "DATA", "354 c\r\n" }, { "BODY", NULL },
		{ "END", NULL },
	};
	struct talk *t = *state;

	t->left = 1;
	assert_int_equal(talk_with(t, dead, CONF_DEST_SMTP, MESSAGE),
	    DEST_DELIVERED);
	t->left = 1;
	assert_int_equal(talk_with(t, tired, CONF_DEST_SMTP, MESSAGE),
	    DEST_DELIVERED);
	t->left = 1;
	assert_int_equal(talk_with(t, late, CONF_DEST_SMTP, MESSAGE),
	    DEST_UNKNOWN);
}

/* refused before its end, while a lot of it is still to be sent */
static void
test_refused_in_the_middle(void **state)
{
	static const struct step steps[] = { HELLO,
		{ FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		{ "DATA", "354 c\r\n" }, { "HALF", "552 too much\r\n" },
		{ "HALF", NULL }, { "END", NULL },
	};
	struct talk *t = *state;
	size_t n = 20 << 20;
	char *text = malloc(n + 1);

	memset(text, 'x', n);
	memcpy(text, "Return-Path: <a@b>\r\n\r\n", 22);
	text[n] = '\0';
	assert_int_equal(talk_with(t, steps, CONF_DEST_SMTP, text),
	    DEST_REFUSED);
	assert_non_null(strstr(t->error.text, "552 too much"));
	free(text);
}

static void
test_size(void **state)
{
	static const struct step steps[] = { { NULL, "220 x\r\n" },
		{ "EHLO me.example", "250-x\r\n250 SIZE 38\r\n" },
		{ "QUIT", NULL }, { "END", NULL },
	};
	struct talk *t = *state;

	assert_int_equal(talk_with(t, steps, CONF_DEST_SMTP, MESSAGE),
	    DEST_REFUSED);
	assert_non_null(strstr(t->error.text, "larger"));
}

static void
test_nobody_there(void **state)
{
	struct talk *t = *state;
	struct server s = { .port = 1 };

	open_mta(t, &s, CONF_DEST_SMTP);
	assert_int_equal(talk(t, MESSAGE), DEST_TEMPORARY);
	assert_non_null(strstr(t->error.text, "refused"));
	dest_close(t->dest);
	snprintf(t->path, sizeof(t->path), "%s/none", t->fix.root);
	fix_use(&t->fix, CONF_DEST_LMTP);
	t->fix.conf.path = t->path;
	t->dest = fix_open(&t->fix);
	assert_int_equal(talk(t, MESSAGE), DEST_TEMPORARY);
	assert_non_null(strstr(t->error.text, "No such file"));
}

/* STARTTLS that cannot be verified: nothing of the message in clear (C06) */
static void
test_starttls(void **state)
{
	static const struct step steps[] = { { NULL, "220 x\r\n" },
		{ "EHLO me.example", "250-x\r\n250 STARTTLS\r\n" },
		{ "STARTTLS", "220 go\r\n" }, { "HALF", "500 what?\r\n" },
		{ "EOF", NULL }, { "END", NULL },
	};
	static const struct step refused[] = { { NULL, "220 x\r\n" },
		{ "EHLO me.example", "250-x\r\n250 STARTTLS\r\n" },
		{ "STARTTLS", "454 not now\r\n" }, { "EOF", NULL },
		{ "END", NULL },
	};
	static const struct step injected[] = { { NULL, "220 x\r\n" },
		{ "EHLO me.example", "250-x\r\n250 STARTTLS\r\n" },
		{ "STARTTLS", "220 go\r\n250 x\r\n" }, { "EOF", NULL },
		{ "END", NULL },
	};
	/* on this machine it is not asked for */
	static const struct step loopback[] = { { NULL, "220 x\r\n" },
		{ "EHLO me.example", "250-x\r\n250 STARTTLS\r\n" },
		{ FROM0, "450 x\r\n" }, { "QUIT", NULL }, { "END", NULL },
	};
	struct talk *t = *state;

	assert_int_equal(talk_with(t, loopback, CONF_DEST_SMTP, MESSAGE),
	    DEST_TEMPORARY);
	mta_tls_everywhere = true;
	assert_int_equal(talk_with(t, refused, CONF_DEST_SMTP, MESSAGE),
	    DEST_TEMPORARY);
	assert_int_equal(talk_with(t, injected, CONF_DEST_SMTP, MESSAGE),
	    DEST_TEMPORARY);
	assert_non_null(strstr(t->error.text, "behind the reply"));
	assert_int_equal(talk_with(t, steps, CONF_DEST_SMTP, MESSAGE),
	    DEST_TEMPORARY);
	assert_true(strlen(t->error.text) > 20);
}

/* the whole of it by TLS, when the certificate is good; else nothing */
static void
test_starttls_good(void **state)
{
	static const struct step steps[] = { { NULL, "220 x\r\n" },
		{ "EHLO me.example", "250-x\r\n250 STARTTLS\r\n" },
		{ "STARTTLS", "220 go\r\n" }, { "TLS", "" },
		{ "EHLO me.example", "250-x\r\n250 STARTTLS\r\n" },
		{ FROM0, "250 a\r\n" }, { TO, "250 b\r\n" },
		{ "DATA", "354 c\r\n" }, { "BODY", "250 d\r\n" },
		{ "QUIT", NULL }, { "END", NULL },
	};
	static const struct step refused[] = { { NULL, "220 x\r\n" },
		{ "EHLO me.example", "250-x\r\n250 STARTTLS\r\n" },
		{ "STARTTLS", "220 go\r\n" }, { "TLS", "" },
		{ "EOF", NULL }, { "END", NULL },
	};
	struct issued ca = issue(&(struct order){ .cn = "ca", .ca = true });
	struct issued good = issue(&(struct order){ .by = &ca, .cn = "x",
		.san = "IP:127.0.0.1" });
	struct issued other = issue(&(struct order){ .by = &ca, .cn = "x",
		.san = "IP:127.0.0.2" });
	const struct issued *list[] = { &ca };
	struct talk *t = *state;
	char file[256];

	snprintf(file, sizeof(file), "%s", pem_file("ca", list, 1, false));
	mta_tls_everywhere = true;
	t->fix.account.ca_file = file;
	server_leaf = &good;
	assert_int_equal(talk_with(t, steps, CONF_DEST_SMTP, MESSAGE),
	    DEST_DELIVERED);
	server_leaf = &other;
	assert_int_equal(talk_with(t, refused, CONF_DEST_SMTP, MESSAGE),
	    DEST_TEMPORARY);
	assert_non_null(strstr(t->error.text, "127.0.0.2"));
	t->fix.account.ca_file = NULL;
	server_leaf = &good;
	assert_int_equal(talk_with(t, refused, CONF_DEST_SMTP, MESSAGE),
	    DEST_TEMPORARY);
	server_leaf = NULL;
	issued_done(&ca);
	issued_done(&good);
	issued_done(&other);
	pem_files_done();
}

/* C16: what would leave its brackets is refused before anything is sent */
static void
test_bad_configuration(void **state)
{
	static const struct { const char *to, *from, *port, *word; } cases[] =
	{
		{ "", NULL, "26", "recipient" },
		{ "a b@c", NULL, "26", "recipient" },
		{ "a@c>\r\nDATA", NULL, "26", "recipient" },
		{ "a@c", "x\r\ny", "26", "sender" },
		{ "a@c", "<a@b>", "26", "sender" },
		{ "a@c", NULL, "0", "HOST:PORT" },
		{ "a@c", NULL, "65536", "HOST:PORT" },
		{ "a@c", NULL, "25", "port 25" },
	};
	struct talk *t = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dest_error error;
		char sender[32];

		fix_use(&t->fix, CONF_DEST_LMTP);
		t->fix.conf.host = t->host;
		snprintf(t->port, sizeof(t->port), "%s", cases[i].port);
		t->fix.conf.port = t->port;
		snprintf(t->recipient, sizeof(t->recipient), "%s",
		    cases[i].to);
		snprintf(sender, sizeof(sender), "%s", cases[i].from != NULL ?
		    cases[i].from : "");
		t->fix.account.sender = cases[i].from != NULL ? sender : NULL;
		assert_null(dest_open(&t->fix.conf, &t->fix.world, &error));
		assert_int_equal(error.fault, FAULT_DEST);
		if (strstr(error.text, cases[i].word) == NULL)
			fail_msg("case %zu: %s", i, error.text);
	}
	t->fix.account.sender = NULL;
}

static void
stop_now(struct loop_task *task)
{
	struct talk *t = *(struct talk **)(void *)(task + 1);

	loop_stop(t->loop);
}

/* given up while the server thinks: `done` never comes */
static void
test_cancel(void **state)
{
	static const struct step steps[] = { { NULL, "220 x\r\n" },
		{ "EOF", NULL }, { "END", NULL },
	};
	struct { struct loop_task task; struct talk *t; } later = {
		.task = { .fn = stop_now }, .t = *state };
	struct talk *t = *state;
	struct server s;

	server_start(&s, steps, NULL);
	open_mta(t, &s, CONF_DEST_SMTP);
	t->message = span_str(MESSAGE);
	hand_over(t);
	loop_later(t->loop, &later.task);
	assert_int_equal(loop_run(t->loop), 0);
	dest_cancel(t->dest);
	assert_false(t->told);
	draft_abort(t->draft);
	assert_int_equal(fix_left(&t->fix), 0);
	dest_close(t->dest);
	t->dest = NULL;
	server_end(&s);
}

/* ---- commands ------------------------------------------------------------ */

static enum dest_outcome
pipe_to(struct talk *t, const char *const *words, const char *message)
{
	char *argv[8] = { NULL };
	enum dest_outcome r;
	size_t n = 0;

	for (; words[n] != NULL; n++)
		argv[n] = strdup(words[n]);
	fix_use(&t->fix, CONF_DEST_PIPE);
	t->fix.conf.command = (struct conf_argv){ argv, n };
	t->dest = fix_open(&t->fix);
	memset(&t->error, 0, sizeof(t->error));
	r = talk(t, message);
	dest_close(t->dest);
	t->dest = NULL;
	while (n > 0)
		free(argv[--n]);
	return r;
}

static enum dest_outcome
shell(struct talk *t, const char *script)
{
	const char *const words[] = { "/bin/sh", "-c", script, "sh",
		t->path, NULL };

	return pipe_to(t, words, MESSAGE);
}

static void
test_pipe(void **state)
{
	struct talk *t = *state;

	/* the whole message on standard input, the account's name beside it;
	 * two in a row */
	snprintf(t->path, sizeof(t->path), "%s", "work\nReturn-Path: <a@b>\n"
	    "\n.x\nbare\nlf\rcr");
	t->left = 1;
	assert_int_equal(shell(t, "test \"$(printf '%s\\n%s' "
	    "\"$RESTANTE_ACCOUNT\" \"$(cat)\")\" = \"$1\""),
	    DEST_DELIVERED);
	/* and the same test can fail */
	snprintf(t->path, sizeof(t->path), "work\nother");
	assert_int_equal(shell(t, "test \"$(printf '%s\\n%s' "
	    "\"$RESTANTE_ACCOUNT\" \"$(cat)\")\" = \"$1\""),
	    DEST_TEMPORARY);
	/* CRLF where it is wanted */
	t->fix.account.line_ends = ACCOUNT_LINES_CRLF;
	assert_int_equal(shell(t, "test $(wc -c) = 38"), DEST_DELIVERED);
	t->fix.account.line_ends = ACCOUNT_LINES_LF;
	assert_int_equal(shell(t, "test $(wc -c) = 34"), DEST_DELIVERED);
}

static void
test_pipe_statuses(void **state)
{
	static const int refused[] = { 64, 65, 66, 67, 68, 76, 77, 78 };
	struct talk *t = *state;

	NOT_UNDER_VALGRIND("hides that an exec has failed");
	for (int status = 1; status < 256; status++) {
		enum dest_outcome r, want = DEST_TEMPORARY;
		char script[64];

		/* all of sysexits.h, and some others */
		if (status > 2 && (status < 62 || status > 80) &&
		    status != 99 && status != 126 && status != 127 &&
		    status != 255)
			continue;
		for (size_t i = 0; i < 8; i++)
			if (refused[i] == status)
				want = DEST_REFUSED;
		snprintf(script, sizeof(script), "exit %d", status);
		r = shell(t, script);
		if (r != want)
			fail_msg("status %d: %d", status, r);
		assert_int_equal(t->error.fault, want == DEST_REFUSED ?
		    FAULT_DEST : FAULT_DEST_TEMP);
		assert_non_null(strstr(t->error.text, "/bin/sh "));
	}
	assert_int_equal(shell(t, "kill -9 $$"), DEST_TEMPORARY);
	assert_non_null(strstr(t->error.text, "SIGKILL"));
	assert_int_equal(shell(t, "printf 'a\\033[2Jb\\n' >&2; exit 67"),
	    DEST_REFUSED);
	assert_non_null(strstr(t->error.text, "said \"a?[2Jb\""));
	/* it need not read (EPIPE is nobody's business) */
	assert_int_equal(shell(t, "exec 0<&-; exit 0"), DEST_DELIVERED);
	{
		const char *const words[] = { "/nonexistent/command", NULL };

		assert_int_equal(pipe_to(t, words, MESSAGE), DEST_TEMPORARY);
		assert_non_null(strstr(t->error.text, "No such file"));
	}
}

static void
test_pipe_cancel(void **state)
{
	char sh[] = "/bin/sleep", forever[] = "1000";
	char *argv[] = { sh, forever, NULL };
	struct talk *t = *state;

	fix_use(&t->fix, CONF_DEST_PIPE);
	t->fix.conf.command = (struct conf_argv){ argv, 2 };
	t->dest = fix_open(&t->fix);
	t->message = span_str(MESSAGE);
	hand_over(t);
	dest_cancel(t->dest);
	assert_false(t->told);
	draft_abort(t->draft);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lmtp),
		TEST(test_lmtp_local),
		TEST(test_refusals),
		TEST(test_after_refusal),
		TEST(test_kept_connection),
		TEST(test_refused_in_the_middle),
		TEST(test_size),
		TEST(test_nobody_there),
		TEST(test_starttls),
		TEST(test_starttls_good),
		TEST(test_bad_configuration),
		TEST(test_cancel),
		TEST(test_pipe),
		TEST(test_pipe_statuses),
		TEST(test_pipe_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
