/* SPDX-License-Identifier: ISC
 *
 * report --json: each event is one line, one valid object, in ASCII, whatever
 * octets a server says (C14); the members are those that restante(1) lists.
 */
#include <jansson.h>

#include "stage.h"

static const struct event_sum listed = {
	.messages = 340, .octets = 1400000, .fresh = 12
};
static const struct event_sum done = {
	.messages = 340, .octets = 1400000, .fresh = 12, .fetched = 12,
	.fetched_octets = 1400321, .deleted = 3, .milliseconds = 2130
};
static const struct event_sum lost = { .fault = FAULT_LOST };

#define WORK .account = "work"
#define SPAN(s) { (const unsigned char *)(s), sizeof(s) - 1 }

static const struct {
	struct event event;
	const char *line;
} rows[] = {
	{ { .kind = EVENT_START, WORK, .text = "wren@pop.example.net" },
	  "{\"event\":\"start\",\"account\":\"work\","
	  "\"login\":\"wren@pop.example.net\"}\n" },
	{ { .kind = EVENT_CONNECTED, WORK, .text = "192.0.2.1:110" },
	  "{\"event\":\"connected\",\"account\":\"work\","
	  "\"address\":\"192.0.2.1:110\"}\n" },
	{ { .kind = EVENT_LOGIN, WORK, .text = "SCRAM-SHA-256",
	  .detail = "TLSv1.3" },
	  "{\"event\":\"login\",\"account\":\"work\","
	  "\"mechanism\":\"SCRAM-SHA-256\",\"tls\":\"TLSv1.3\"}\n" },
	{ { .kind = EVENT_LOGIN, WORK, .text = "USER" },
	  "{\"event\":\"login\",\"account\":\"work\","
	  "\"mechanism\":\"USER\"}\n" },
	{ { .kind = EVENT_LISTED, WORK, .sum = &listed },
	  "{\"event\":\"listed\",\"account\":\"work\",\"messages\":340,"
	  "\"fresh\":12,\"octets\":1400000}\n" },
	{ { .kind = EVENT_PROGRESS, WORK, .sum = &done },
	  "{\"event\":\"progress\",\"account\":\"work\",\"fetched\":12,"
	  "\"received_octets\":1400321,\"fresh\":12,"
	  "\"octets\":1400000}\n" },
	{ { .kind = EVENT_MESSAGE, WORK, .fate = FATE_FETCHED,
	  .number = 329, .uidl = SPAN("aB3"), .octets = 4321,
	  .text = "maildir:~/Mail" },
	  "{\"event\":\"message\",\"account\":\"work\","
	  "\"fate\":\"fetched\",\"number\":329,\"uidl\":\"aB3\","
	  "\"octets\":4321,\"destination\":\"maildir:~/Mail\"}\n" },
	{ { .kind = EVENT_MESSAGE, WORK, .fate = FATE_SKIPPED,
	  .number = 330, .octets = 5, .text = "rule big", .dry = true },
	  "{\"event\":\"message\",\"account\":\"work\","
	  "\"fate\":\"skipped\",\"number\":330,\"octets\":5,\"dry\":true,"
	  "\"text\":\"rule big\"}\n" },
	{ { .kind = EVENT_MESSAGE, WORK, .fate = FATE_FAILED, .number = 331,
	  .uidl = SPAN("x\xff\""), .octets = 9, .fault = FAULT_QUIT,
	  .detail = "R.", .server_said = SPAN("-ERR poison") },
	  "{\"event\":\"message\",\"account\":\"work\",\"fate\":\"failed\","
	  "\"number\":331,\"uidl\":\"x\\uFFFD\\\"\","
	  "\"uidl_base64\":\"eP8i\",\"octets\":9,\"fault\":\"quit\","
	  "\"exit_status\":75,\"later\":true,\"meaning\":\"the server did "
	  "not confirm its deletions\",\"remedy\":\"R.\","
	  "\"server_said\":\"-ERR poison\"}\n" },
	{ { .kind = EVENT_NOTE, WORK, .text = "gr\xc3\xbc\xc3\x9f" },
	  "{\"event\":\"note\",\"account\":\"work\","
	  "\"text\":\"gr\\u00FC\\u00DF\"}\n" },
	{ { .kind = EVENT_WARNING, WORK, .text = "" },
	  "{\"event\":\"warning\",\"account\":\"work\",\"text\":\"\"}\n" },
	{ { .kind = EVENT_FAULT, WORK, .fault = FAULT_AUTH, .text = "t",
	  .detail = "R.", .server_said = SPAN("\033[2J\x9b\0\n\xc2\x9b") },
	  "{\"event\":\"fault\",\"account\":\"work\",\"fault\":\"auth\","
	  "\"exit_status\":77,\"later\":false,\"meaning\":\"the server does "
	  "not accept this name and password\",\"remedy\":\"R.\","
	  "\"text\":\"t\",\"server_said\":"
	  "\"\\u001B[2J\\uFFFD\\u0000\\n\\u009B\","
	  "\"server_said_base64\":\"G1sySpsACsKb\"}\n" },
	{ { .kind = EVENT_END, WORK, .sum = &done },
	  "{\"event\":\"end\",\"account\":\"work\",\"messages\":340,"
	  "\"fresh\":12,\"octets\":1400000,\"fetched\":12,"
	  "\"fetched_octets\":1400321,\"skipped\":0,\"dropped\":0,"
	  "\"quarantined\":0,\"deleted\":3,\"adopted\":0,\"failed\":0,"
	  "\"milliseconds\":2130}\n" },
	{ { .kind = EVENT_END, WORK, .sum = &lost },
	  "{\"event\":\"end\",\"account\":\"work\",\"messages\":0,"
	  "\"fresh\":0,\"octets\":0,\"fetched\":0,"
	  "\"fetched_octets\":0,\"skipped\":0,\"dropped\":0,"
	  "\"quarantined\":0,\"deleted\":0,\"adopted\":0,\"failed\":0,"
	  "\"milliseconds\":0,\"fault\":\"lost\"}\n" },
};

static void
test_rows(void **state)
{
	struct stage s;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *o;

		/* progress, colours and screens are not for programs */
		stage_open(&s, REPORT_JSON, true);
		report_color(s.r, true);
		tell(&s, &rows[i].event);
		assert_int_equal(fflush(s.out), 0);
		/* \u0000 is valid, but not for every reader */
		o = json_loads(s.out_text, JSON_ALLOW_NUL, NULL);
		assert_non_null(o);
		json_decref(o);
		expect(&s, rows[i].line, "");
		stage_close(&s, report_exit_status(s.r));
	}
}

static void
test_summary(void **state)
{
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_JSON, false);
	tell(&s, &(struct event){ .kind = EVENT_START, WORK });
	tell(&s, &(struct event){ .kind = EVENT_END, WORK, .sum = &done });
	tell(&s, &(struct event){ .kind = EVENT_START, .account = "home" });
	tell(&s, &(struct event){ .kind = EVENT_END, .account = "home",
	    .sum = &lost });
	(void)new_out(&s);
	clock_ms += 77;
	report_finish(s.r);
	expect(&s, "{\"event\":\"summary\",\"accounts\":2,"
	    "\"accounts_failed\":1,\"messages\":340,"
	    "\"fresh\":12,\"octets\":1400000,\"fetched\":12,"
	    "\"fetched_octets\":1400321,\"skipped\":0,\"dropped\":0,"
	    "\"quarantined\":0,\"deleted\":3,\"adopted\":0,\"failed\":0,"
	    "\"milliseconds\":77,\"exit_status\":1}\n", "");
	report_json_error(s.out, 64, "there is no command \"x\033\"");
	expect(&s, "{\"event\":\"error\",\"exit_status\":64,"
	    "\"text\":\"there is no command \\\"x\\u001B\\\"\"}\n", "");
	stage_close(&s, 1);
}

/* restante(1) has every member of every object, and every kind. */
static void
check_object(const char *manual, const char *line)
{
	json_t *o = json_loads(line, JSON_ALLOW_NUL, NULL), *value;
	const char *key, *event;

	assert_non_null(o);
	event = json_string_value(json_object_get(o, "event"));
	if (!manual_has(manual, ".It Li", event))
		fail_msg("%s is missing", event);
	json_object_foreach(o, key, value)
		if (!manual_has(manual, ".Va", key))
			fail_msg("%s of %s is missing", key, event);
	json_decref(o);
}

static void
test_manual(void **state)
{
	char *manual = read_manual();
	struct stage s;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_object(manual, rows[i].line);
	stage_open(&s, REPORT_JSON, false);
	report_finish(s.r);
	check_object(manual, new_out(&s));
	report_json_error(s.out, 64, "x");
	check_object(manual, new_out(&s));
	stage_close(&s, 0);
	free(manual);
}

/* Progress comes often: ten lines a second of it for an account. */
static void
test_progress(void **state)
{
	static const struct event e = { .kind = EVENT_PROGRESS, WORK,
		.sum = &done };
	struct stage s;
	unsigned lines = 0;

	(void)state;
	stage_open(&s, REPORT_JSON, false);
	for (int i = 0; i < 1000; i++) {
		tell(&s, &e);
		clock_ms++;
	}
	for (const char *p = new_out(&s); *p != '\0'; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 10);
	stage_close(&s, 0);
}

/* Every pair of octets, and long ones: always one line of ASCII, always an
 * object, and base64 exactly when something was replaced. */
static void
check_hostile(struct stage *s, struct pop_span said)
{
	struct event e = { .kind = EVENT_FAULT, WORK, .fault = FAULT_AUTH };
	json_t *o, *text;
	const char *line;
	size_t n;

	e.server_said = said;
	tell(s, &e);
	line = new_out(s);
	n = strlen(line);
	assert_in_range(n, 10, 12000);
	assert_int_equal(line[n - 1], '\n');
	for (size_t i = 0; i + 1 < n; i++)
		assert_true(line[i] >= 0x20 && line[i] < 0x7f);
	o = json_loadb(line, n, JSON_ALLOW_NUL, NULL);
	assert_non_null(o);
	text = json_object_get(o, "server_said");
	assert_non_null(text);
	if (json_object_get(o, "server_said_base64") == NULL)
		assert_memory_equal(json_string_value(text), said.p,
		    json_string_length(text));
	else
		assert_non_null(strstr(json_string_value(text),
		    "\xef\xbf\xbd"));
	json_decref(o);
}

static void
test_hostile(void **state)
{
	static unsigned char big[64 << 10];
	struct stage s;

	(void)state;
	stage_open(&s, REPORT_JSON, false);
	for (unsigned i = 0x100; i < 65536; i++) {
		unsigned char two[2] = { (unsigned char)(i >> 8),
			(unsigned char)i };

		/* DEL alone is ASCII that jansson leaves as it is */
		if (two[0] != 0x7f && two[1] != 0x7f && two[0] != 0)
			check_hostile(&s, span_of(two, 2));
	}
	/* 64 KB are cut, where a letter ends */
	for (unsigned i = 0; i < 4; i++) {
		memset(big, 'x', i);
		for (size_t j = i; j + 1 < sizeof(big); j += 2) {
			big[j] = 0xc3;
			big[j + 1] = 0xbc;
		}
		check_hostile(&s, span_of(big, sizeof(big)));
		memset(big, 0xff, sizeof(big));
		check_hostile(&s, span_of(big, sizeof(big)));
	}
	stage_close(&s, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_hostile),
	};

	if (setenv("TERM", "xterm", 1) != 0)
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
