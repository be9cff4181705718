/* SPDX-License-Identifier: ISC
 *
 * Octets of a server on their way to a terminal and into JSON: no control
 * character arrives, what arrives is UTF-8, and an object stays an object.
 * The first octet says how much room there is.
 */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "client/report.h"
#include "client/utf8.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static uint64_t
no_clock(void)
{
	return 0;
}

static void
check_shown(const char *shown)
{
	struct pop_span rest = span_str(shown);
	uint32_t c;

	while (rest.n > 0) {
		size_t n = utf8_decode(rest, &c);

		if (n == 0 || c < 0x20 || (c >= 0x7f && c <= 0x9f))
			abort();
		span_skip(&rest, n);
	}
}

static void
check_json(struct pop_span text)
{
	struct event e = { .kind = EVENT_FAULT, .account = "a",
		.fault = FAULT_AUTH, .server_said = text, .uidl = text };
	char *line = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&line, &n);
	struct report *r = f != NULL ? report_new(REPORT_JSON, f, f, false,
	    no_clock) : NULL;
	json_t *o;

	if (r == NULL)
		abort();
	report_sink(r)->tell(report_sink(r), &e);
	report_free(r);
	if (fclose(f) != 0)
		abort();
	o = json_loadb(line, n, JSON_ALLOW_NUL, NULL);
	if (o == NULL || n < 2 || line[n - 1] != '\n')
		abort();
	for (size_t i = 0; i + 1 < n; i++)
		if ((unsigned char)line[i] < 0x20 ||
		    (unsigned char)line[i] > 0x7f)
			abort();
	json_decref(o);
	free(line);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char shown[300], again[300];
	size_t room;

	if (size == 0)
		return 0;
	room = (size_t)data[0] + 1;
	escape_text(span_of(data + 1, size - 1), shown, room, ESCAPE_MAX);
	if (strlen(shown) >= room)
		abort();
	check_shown(shown);
	escape_text(span_str(shown), again, sizeof(again), sizeof(again));
	if (strcmp(shown, again) != 0)
		abort();
	check_json(span_of(data + 1, size - 1));
	return 0;
}
