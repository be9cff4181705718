/* SPDX-License-Identifier: ISC
 *
 * micro: what libpop costs without any system: the dot codec, base64, the
 * server machine's commands and listings, the client's reading of listings.
 * Each is repeated for a while; the best run counts, beside the time of a
 * memcpy of the same octets in the same run.  It prints and asserts nothing
 * about speed, but ends with 1 when a result is wrong.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pop.h>

#include "base/base64.h"

enum {
	TEXT = 1 << 20,		/* octets of each text */
	ROOM = 3 << 20,		/* the worst text doubles */
	ROWS = 100000,
	COMMANDS = 20000,
	RUNS = 25
};

struct bench {
	const char *name;
	const char *unit;	/* what `units` counts */
	/* one run: how many units it did; 0: the result is wrong */
	size_t (*run)(void);
	void (*prepare)(void);
};

static unsigned char text[TEXT], wire[ROOM], back[ROOM];
static size_t wire_n;

static double
seconds(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
		abort();
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- texts --------------------------------------------------------------- */

/* lines of 1 to 76 octets that look like mail, with this line end */
static void
fill(const char *end, int dots)
{
	static const char words[] = "the post office holds mail until called ";
	uint32_t random = 7;
	size_t n = 0, len = strlen(end);

	while (n < TEXT) {
		size_t line;

		random = random * 1664525 + 1013904223;
		line = dots ? 1 : 1 + (random >> 16) % 76;
		for (size_t i = 0; i < line && n < TEXT; i++)
			text[n++] = dots ? '.' :
			    (unsigned char)words[(i + line) % 40];
		for (size_t i = 0; i < len && n < TEXT; i++)
			text[n++] = (unsigned char)end[i];
	}
	text[TEXT - 1] = 'x';
}

static void prepare_lf(void) { fill("\n", 0); }
static void prepare_crlf(void) { fill("\r\n", 0); }
static void prepare_dots(void) { fill("\n", 1); }

static size_t
run_copy(void)
{
	memcpy(back, text, TEXT);
	/* or the compiler sees that nobody reads it */
	__asm__ volatile("" : : "r"(back) : "memory");
	return TEXT;
}

/* ---- the codec ----------------------------------------------------------- */

static size_t
run_stuff(void)
{
	struct pop_span in = span_of(text, TEXT);
	struct pop_out out = { wire, 0, sizeof(wire) };
	struct pop_stuff c;

	pop_stuff_init(&c);
	pop_stuff(&c, &in, &out);
	if (in.n != 0 || pop_stuff_end(&c, &out) != 0)
		return 0;
	wire_n = out.n;
	return TEXT;
}

static void
prepare_wire(void)
{
	prepare_lf();
	if (run_stuff() == 0)
		wire_n = 0;
}

static size_t
run_unstuff(void)
{
	struct pop_span in = span_of(wire, wire_n), piece;
	struct pop_unstuff c;
	size_t n = 0;
	int end = 0;

	pop_unstuff_init(&c);
	while (!end && in.n > 0) {
		end = pop_unstuff(&c, &in, &piece);
		n += piece.n;
	}
	return end && in.n == 0 ? n : 0;
}

static size_t
run_measure(void)
{
	struct pop_measure m = { 0 };

	pop_measure(&m, span_of(text, TEXT));
	return pop_measure_end(&m) >= TEXT ? TEXT : 0;
}

static size_t
run_encode(void)
{
	wire_n = base64_encode(wire, text, TEXT);
	return wire_n > TEXT ? TEXT : 0;
}

static size_t
run_decode(void)
{
	size_t n;

	if (base64_decode(back, &n, span_of(wire, wire_n)) != 0)
		return 0;
	return n == TEXT ? wire_n : 0;
}

static void
prepare_base64(void)
{
	prepare_lf();
	(void)run_encode();
}

/* ---- the server ---------------------------------------------------------- */

static const struct pop_server_config server_config = {
	.flags = POP_SERVER_CLEAR_OK, .greeting = "ready",
	.mechanisms_clear = "PLAIN", .mechanisms_tls = "PLAIN",
};
static unsigned char marks[(ROWS + 7) / 8];
static unsigned char *script;
static size_t script_n;

static uint64_t
octets_of(void *ctx, uint32_t i)
{
	(void)ctx;
	return 1000 + i % 50000;
}

static struct pop_span
uidl_of(void *ctx, uint32_t i)
{
	static char name[64];
	int n = snprintf(name, sizeof(name), "1795319910.M%06uP4711.host", i);

	(void)ctx;
	return span_of(name, n > 0 ? (size_t)n : 0);
}

/* how many octets the server says to the script */
static size_t
converse(void)
{
	struct pop_listing listing = { ROWS, NULL, octets_of, uidl_of, marks };
	struct pop_out out = { wire, 0, 1 << 16 };
	struct pop_span in = span_of(script, script_n);
	struct pop_server_info info;
	void *mem = malloc(pop_server_size());
	struct pop_server *s;
	enum pop_server_event e;
	size_t said = 0;

	if (mem == NULL)
		return 0;
	s = pop_server_init_authenticated(mem, &server_config, &listing,
	    &out);
	do {
		e = pop_server_step(s, &in, &out, &info);
		said += out.n;
		if (e == POP_SERVER_FULL || e == POP_SERVER_MORE)
			out.n = 0;
	} while (e == POP_SERVER_FULL);
	free(mem);
	return e == POP_SERVER_MORE && in.n == 0 ? said : 0;
}

static void
prepare_script(const char *command, size_t times)
{
	size_t len = strlen(command);

	free(script);
	script_n = 0;
	script = malloc(len * times);
	if (script == NULL)
		return;
	for (size_t i = 0; i < times; i++) {
		memcpy(script + script_n, command, len);
		script_n += len;
	}
}

static void prepare_noop(void) { prepare_script("NOOP\r\n", COMMANDS); }
static void prepare_list(void) { prepare_script("LIST 4711\r\n", COMMANDS); }
static void prepare_lists(void) { prepare_script("LIST\r\n", 1); }
static void prepare_uidls(void) { prepare_script("UIDL\r\n", 1); }

static size_t
run_commands(void)
{
	return converse() > COMMANDS ? COMMANDS : 0;
}

static size_t
run_rows(void)
{
	return converse() > ROWS ? ROWS : 0;
}

/* ---- the client ---------------------------------------------------------- */

static unsigned char *listing;
static size_t listing_n;

static void
prepare_listing(void)
{
	char row[96];
	int n = snprintf(row, sizeof(row), "+OK listing follows\r\n");

	free(listing);
	listing = malloc((size_t)ROWS * sizeof(row));
	listing_n = 0;
	for (uint32_t i = 0; listing != NULL && i <= ROWS; i++) {
		memcpy(listing + listing_n, row, (size_t)n);
		listing_n += (size_t)n;
		n = i < ROWS ? snprintf(row, sizeof(row),
		    "%u 1795319910.M%06uP4711.host\r\n", i + 1, i) : 0;
	}
	if (listing != NULL) {
		memcpy(listing + listing_n, ".\r\n", 3);
		listing_n += 3;
	}
}

static size_t
run_listing(void)
{
	static const struct pop_client_config config = {
		.flags = POP_CLIENT_CLEAR_OK
	};
	static const char hello[] = "+OK\r\n+OK\r\n+OK\r\n";
	struct pop_request user = { .command = POP_CMD_USER },
	    pass = { .command = POP_CMD_PASS },
	    uidl = { .command = POP_CMD_UIDL };
	const struct pop_request *const ask[] = { &user, &pass, &uidl };
	struct pop_out out = { wire, 0, 1 << 16 };
	struct pop_span in = span_of(hello, sizeof(hello) - 1);
	struct pop_client_info info;
	void *mem = malloc(pop_client_size());
	struct pop_client *c;
	enum pop_client_event e;
	size_t rows = 0, asked = 0;

	if (mem == NULL || listing == NULL)
		return 0;
	user.arg[0] = span_of("wren", 4);
	pass.arg[0] = span_of("secret", 6);
	c = pop_client_init(mem, &config, 0);
	do {
		e = pop_client_step(c, &in, &out, &info);
		rows += e == POP_CLIENT_ROW;
		if ((e == POP_CLIENT_GREETING || e == POP_CLIENT_REPLY) &&
		    asked < 3 && pop_client_send(c, ask[asked++], &out) !=
		    POP_SEND_OK)
			break;
		if (asked == 3 && in.n == 0 && rows == 0)
			in = span_of(listing, listing_n);
	} while (e != POP_CLIENT_ERROR && rows < ROWS &&
	    !(e == POP_CLIENT_MORE && in.n == 0));
	free(mem);
	return rows;
}

/* ---- the table ----------------------------------------------------------- */

static const struct bench benches[] = {
	{ "memcpy", "octets", run_copy, prepare_lf },
	{ "stuff, LF", "octets", run_stuff, prepare_lf },
	{ "stuff, CRLF", "octets", run_stuff, prepare_crlf },
	{ "stuff, only dots", "octets", run_stuff, prepare_dots },
	{ "unstuff", "octets", run_unstuff, prepare_wire },
	{ "measure, LF", "octets", run_measure, prepare_lf },
	{ "base64, encode", "octets", run_encode, prepare_lf },
	{ "base64, decode", "octets", run_decode, prepare_base64 },
	{ "server: NOOP", "commands", run_commands, prepare_noop },
	{ "server: LIST n", "commands", run_commands, prepare_list },
	{ "server: LIST", "rows", run_rows, prepare_lists },
	{ "server: UIDL", "rows", run_rows, prepare_uidls },
	{ "client: UIDL", "rows", run_listing, prepare_listing },
};

int
main(void)
{
	double copy = 0;
	int wrong = 0;

	printf("| what | ns a unit | unit | millions/s | x memcpy |\n");
	printf("|---|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		const struct bench *b = &benches[i];
		double best = 1e9;
		size_t units = 0;

		b->prepare();
		for (int run = 0; run < RUNS; run++) {
			double t = seconds();

			units = b->run();
			t = seconds() - t;
			best = t < best ? t : best;
		}
		if (units == 0) {
			fprintf(stderr, "micro: %s: a wrong result\n",
			    b->name);
			wrong = 1;
			continue;
		}
		best /= (double)units;
		if (i == 0)
			copy = best;
		printf("| %s | %.3f | %s | %.0f |", b->name, best * 1e9,
		    b->unit, 1e-6 / best);
		if (strcmp(b->unit, "octets") == 0)
			printf(" %.1f |\n", best / copy);
		else
			printf(" |\n");
		(void)fflush(stdout);
	}
	free(script);
	free(listing);
	return wrong;
}
