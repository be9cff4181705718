/* SPDX-License-Identifier: ISC
 *
 * What the other tests of libpop and of trace lines come by never: callers
 * that keep no promise, peers that repeat themselves, empty pieces.
 */
#include "check.h"

#include <pop.h>

#include "base/span.h"
#include "proto/trace.h"

static unsigned char room[8192];

/* ---- the server ---------------------------------------------------------- */

/* A caller that gives no room for a reply has a session that ends, instead of
 * a client that waits for one reply and takes the next for it. */
static void
test_server_without_room(void **state)
{
	static const struct pop_server_config config = { .greeting = "hi" };
	struct pop_server *s = malloc(pop_server_size());
	struct pop_out small = { room, 0, 3 }, out = { room, 0, sizeof(room) };
	struct pop_server_info info;
	struct pop_span none = span_of("", 0);

	(void)state;
	assert_non_null(s);
	assert_ptr_equal(pop_server_init(s, &config, NULL, 0, &small), s);
	assert_int_equal(small.n, 0);
	assert_int_equal(pop_server_step(s, &none, &out, &info),
	    POP_SERVER_CLOSE);
	free(s);
}

static void
log_in(struct pop_server *s, const struct pop_server_config *config)
{
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_span in = span_str("USER wren\r\nPASS x\r\n");
	struct pop_server_info info;
	int event;

	assert_ptr_equal(pop_server_init(s, config, NULL, 1, &out), s);
	do {
		event = (int)pop_server_step(s, &in, &out, &info);
	} while (event == POP_SERVER_MORE && in.n > 0);
	assert_int_equal(event, POP_SERVER_PASS);
}

static void
test_server_answers_without_room(void **state)
{
	static const struct pop_server_config config = { .greeting = "hi" };
	static const struct pop_listing empty = { 0 };
	struct pop_server *s = malloc(pop_server_size());
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_span none = span_of("", 0);
	struct pop_server_info info;

	(void)state;
	assert_non_null(s);
	for (int good = 0; good < 2; good++) {
		struct pop_out small = { room, 0, 3 };

		log_in(s, &config);
		if (good)
			pop_server_auth_ok(s, &empty, &small);
		else
			pop_server_auth_failed(s, POP_FAIL_AUTH, "no",
			    &small);
		assert_int_equal(small.n, 0);
		out.n = 0;
		assert_int_equal(pop_server_step(s, &none, &out, &info),
		    POP_SERVER_CLOSE);
	}
	free(s);
}

/* A stamp that no reply can hold is left out, and APOP with it. */
static void
test_server_long_stamp(void **state)
{
	static const struct pop_server_config config = { .greeting = "hi" };
	struct pop_server *s = malloc(pop_server_size());
	struct pop_out out = { room, 0, sizeof(room) };
	char stamp[POP_REPLY_MAX + 1];

	(void)state;
	assert_non_null(s);
	memset(stamp, 's', sizeof(stamp) - 1);
	stamp[0] = '<';
	stamp[sizeof(stamp) - 2] = '>';
	stamp[sizeof(stamp) - 1] = '\0';
	assert_ptr_equal(pop_server_init(s, &config, stamp, 0, &out), s);
	assert_int_equal(out.n, sizeof("+OK hi\r\n") - 1);
	assert_memory_equal(out.p, "+OK hi\r\n", out.n);
	free(s);
}

/* ---- the client ---------------------------------------------------------- */

static enum pop_client_event
hear(struct pop_client *c, const char *text, struct pop_client_info *info)
{
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_span in = span_str(text);
	enum pop_client_event e;

	do {
		e = pop_client_step(c, &in, &out, info);
	} while (e == POP_CLIENT_MORE && in.n > 0);
	return e;
}

/* RFC 5034 section 4: "*" ends the exchange. A server that goes on is not
 * followed. */
static void
test_client_challenged_again(void **state)
{
	static const struct pop_client_config config = { 0 };
	struct pop_client *c = malloc(pop_client_size());
	struct pop_request auth = { .command = POP_CMD_AUTH,
		.arg = { span_str("PLAIN") } };
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_client_info info;

	(void)state;
	assert_non_null(c);
	assert_ptr_equal(pop_client_init(c, &config, 1), c);
	assert_int_equal(hear(c, "+OK hi\r\n", &info), POP_CLIENT_GREETING);
	assert_false(pop_client_logged_in(c));
	assert_int_equal(pop_client_send(c, &auth, &out), POP_SEND_OK);
	assert_int_equal(hear(c, "+ \r\n", &info), POP_CLIENT_CHALLENGE);
	assert_int_equal(pop_client_cancel(c, &out), POP_SEND_OK);
	assert_int_equal(hear(c, "+ \r\n", &info), POP_CLIENT_ERROR);
	assert_int_equal(info.error, POP_CLIENT_E_STATUS);
	/* and it stays so */
	assert_int_equal(hear(c, "+OK\r\n", &info), POP_CLIENT_ERROR);
	free(c);
}

static void
test_client_logged_in(void **state)
{
	static const struct pop_client_config config = { 0 };
	struct pop_client *c = malloc(pop_client_size());
	struct pop_request user = { .command = POP_CMD_USER,
		.arg = { span_str("wren") } };
	struct pop_request pass = { .command = POP_CMD_PASS,
		.arg = { span_str("x") } };
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_client_info info;

	(void)state;
	assert_non_null(c);
	assert_ptr_equal(pop_client_init(c, &config, 1), c);
	assert_int_equal(hear(c, "+OK hi\r\n", &info), POP_CLIENT_GREETING);
	assert_int_equal(pop_client_send(c, &user, &out), POP_SEND_OK);
	assert_int_equal(hear(c, "+OK\r\n", &info), POP_CLIENT_REPLY);
	assert_false(pop_client_logged_in(c));
	assert_int_equal(pop_client_send(c, &pass, &out), POP_SEND_OK);
	assert_int_equal(hear(c, "+OK\r\n", &info), POP_CLIENT_REPLY);
	assert_true(pop_client_logged_in(c));
	free(c);
}

/* ---- SMTP ---------------------------------------------------------------- */

static struct pop_smtp *smtp;
static struct pop_out smtp_out;

static int
say(const char *text)
{
	struct pop_span in = span_str(text);
	struct pop_smtp_info info;
	int event;

	do {
		event = (int)pop_smtp_step(smtp, &in, &smtp_out, &info);
	} while (event == POP_SMTP_MORE && in.n > 0);
	return event;
}

static void
answer(const char *text, int event)
{
	assert_int_equal(say(text), event);
	pop_smtp_answer(smtp, 250, NULL, "ok", &smtp_out);
}

/* up to the message's first octets; the event of these */
static int
begin_message(const char *header)
{
	static const struct pop_smtp_config config = { .hostname = "mx.example",
		.size_max = 1000, .received_max = 3 };

	smtp_out = (struct pop_out){ room, 0, sizeof(room) };
	assert_ptr_equal(pop_smtp_init(smtp, &config, 0, &smtp_out), smtp);
	assert_int_equal(say("EHLO c\r\n"), POP_SMTP_HELO);
	answer("MAIL FROM:<>\r\n", POP_SMTP_MAIL);
	answer("RCPT TO:<a@b>\r\n", POP_SMTP_RCPT);
	answer("DATA\r\n", POP_SMTP_DATA);
	smtp_out.n = 0;
	return say(header);
}

static void
heard(const char *want)
{
	assert_int_equal(smtp_out.n, strlen(want));
	assert_memory_equal(smtp_out.p, want, smtp_out.n);
}

/* RFC 5321 section 3.8: 421 says that the connection is closed */
static void
test_smtp_421(void **state)
{
	(void)state;
	smtp = malloc(pop_smtp_size());
	assert_non_null(smtp);
	assert_int_equal(begin_message("x\r\n"), POP_SMTP_PIECE);
	assert_int_equal(say(".\r\n"), POP_SMTP_END);
	pop_smtp_result(smtp, 421, "4.3.0", "down", &smtp_out);
	heard("421 4.3.0 down\r\n");
	assert_int_equal(say("NOOP\r\n"), POP_SMTP_CLOSE);

	assert_int_equal(begin_message("x\r\n"), POP_SMTP_PIECE);
	pop_smtp_spool_failed(smtp, 421, "4.3.0", "down");
	assert_int_equal(say(".\r\n"), POP_SMTP_ABORT);
	heard("421 4.3.0 down\r\n");
	assert_int_equal(say("NOOP\r\n"), POP_SMTP_CLOSE);
	free(smtp);
}

/* Lines that begin like a Received field, and are none: no loop (RFC 5321
 * section 6.3). */
static void
test_smtp_almost_received(void **state)
{
	(void)state;
	smtp = malloc(pop_smtp_size());
	assert_non_null(smtp);
	assert_int_equal(begin_message("Rec\r\nreceive\r\nreceived\r\n"
	    "received \r\nReceived-SPF: x\r\n\r\nx\r\n"), POP_SMTP_PIECE);
	assert_int_equal(say(".\r\n"), POP_SMTP_END);
	/* and four that are, where three may be */
	assert_int_equal(begin_message("Received: 1\r\nreceived : 2\r\n"
	    "RECEIVED\t:3\r\nReceived:4\r\n\r\n"), POP_SMTP_MORE);
	assert_int_equal(say(".\r\n"), POP_SMTP_ABORT);
	heard("554 5.4.6 too many hops\r\n");
	free(smtp);
}

/* RFC 5321 section 4.1.2: a path ends with ">" */
static void
test_smtp_open_path(void **state)
{
	static const struct pop_smtp_config config = { .hostname = "mx" };

	(void)state;
	smtp = malloc(pop_smtp_size());
	assert_non_null(smtp);
	smtp_out = (struct pop_out){ room, 0, sizeof(room) };
	assert_ptr_equal(pop_smtp_init(smtp, &config, 0, &smtp_out), smtp);
	assert_int_equal(say("EHLO c\r\n"), POP_SMTP_HELO);
	smtp_out.n = 0;
	assert_int_equal(say("MAIL FROM:<a@b\r\nMAIL FROM:<a@b x>\r\n"),
	    POP_SMTP_MORE);
	assert_memory_equal(smtp_out.p, "501 ", 4);
	answer("MAIL FROM:<>\r\n", POP_SMTP_MAIL);
	smtp_out.n = 0;
	assert_int_equal(say("RCPT TO:<postmaster x>\r\n"), POP_SMTP_MORE);
	assert_memory_equal(smtp_out.p, "501 ", 4);
	free(smtp);
}

/* ---- the rest ------------------------------------------------------------ */

static void
test_trace_empty_piece(void **state)
{
	struct trace_strip t;
	struct pop_span none = span_of("", 0);

	(void)state;
	trace_strip_init(&t);
	assert_int_equal(trace_strip(&t, &none).n, 0);
}

static void
test_version(void **state)
{
	(void)state;
	assert_string_equal(pop_version(), RESTANTE_VERSION);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_without_room),
		cmocka_unit_test(test_server_answers_without_room),
		cmocka_unit_test(test_server_long_stamp),
		cmocka_unit_test(test_client_challenged_again),
		cmocka_unit_test(test_client_logged_in),
		cmocka_unit_test(test_smtp_421),
		cmocka_unit_test(test_smtp_almost_received),
		cmocka_unit_test(test_smtp_open_path),
		cmocka_unit_test(test_trace_empty_piece),
		cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
