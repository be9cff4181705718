/* SPDX-License-Identifier: ISC
 *
 * popbox USER PASSWORD FILE...: a POP3 server for one mailbox, whose messages
 * are the files, on standard input and output.  QUIT removes the files that
 * the client deleted.  To put it on a port:
 *
 *	socat TCP-LISTEN:1100,bind=127.0.0.1,fork EXEC:'popbox wren x 1 2 3'
 *
 * What to look at is the loop in serve(): read, step, answer the event,
 * write.  Everything POP3 is in libpop; what is here is files.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pop.h>

struct message {
	const char *path;
	uint64_t octets;
	char uidl[POP_UIDL_MAX + 1];
};

struct box {
	const char *user, *password;
	struct message *messages;
	struct pop_listing listing;
	struct pop_server *server;
	struct pop_out out;
};

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the mailbox --------------------------------------------------------- */

static uint64_t
box_octets(void *ctx, uint32_t i)
{
	const struct box *b = ctx;

	return b->messages[i].octets;
}

static struct pop_span
box_uidl(void *ctx, uint32_t i)
{
	const struct box *b = ctx;
	struct pop_span s = { (const unsigned char *)b->messages[i].uidl,
		strlen(b->messages[i].uidl) };

	return s;
}

/* The size that LIST shows, and an id that stays with the file. */
static void
look_at(struct message *m, const char *path)
{
	unsigned char octets[65536];
	struct pop_measure measure = { 0 };
	struct pop_span piece = { octets, 0 };
	FILE *f = fopen(path, "rb");
	struct stat st;
	int n;

	if (f == NULL || fstat(fileno(f), &st) != 0)
		fail(path);
	while ((piece.n = fread(octets, 1, sizeof(octets), f)) > 0)
		pop_measure(&measure, piece);
	if (ferror(f) || fclose(f) != 0)
		fail(path);
	m->path = path;
	m->octets = pop_measure_end(&measure);
	n = snprintf(m->uidl, sizeof(m->uidl), "%jx.%jx.%jx",
	    (uintmax_t)st.st_dev, (uintmax_t)st.st_ino,
	    (uintmax_t)st.st_mtime);
	if (n < 0 || (size_t)n >= sizeof(m->uidl))
		fail(path);
}

static enum pop_commit
remove_marked(const struct box *b)
{
	enum pop_commit how = POP_COMMIT_DONE;

	for (uint32_t i = 0; i < b->listing.count; i++)
		if (b->listing.marks[i / 8] >> i % 8 & 1)
			if (unlink(b->messages[i].path) != 0)
				how = POP_COMMIT_PARTIAL;
	return how;
}

/* ---- answers to events --------------------------------------------------- */

static void
flush(struct box *b)
{
	size_t done = 0;

	while (done < b->out.n) {
		ssize_t n = write(STDOUT_FILENO, b->out.p + done,
		    b->out.n - done);

		if (n < 0 && errno != EINTR)
			fail("write");
		done += n > 0 ? (size_t)n : 0;
	}
	b->out.n = 0;
}

static int
same(struct pop_span s, const char *want)
{
	return s.n == strlen(want) && memcmp(s.p, want, s.n) == 0;
}

static void
answer_login(struct box *b, int good)
{
	if (good)
		pop_server_auth_ok(b->server, &b->listing, &b->out);
	else
		pop_server_auth_failed(b->server, POP_FAIL_AUTH,
		    "wrong name or password", &b->out);
}

static void
answer_body(struct box *b, uint32_t number)
{
	unsigned char octets[65536];
	struct pop_span piece = { octets, 0 };
	FILE *f = fopen(b->messages[number - 1].path, "rb");
	int enough = 0;

	if (f == NULL) {
		pop_server_body_failed(b->server, POP_FAIL_SYS_TEMP,
		    "the message cannot be opened", &b->out);
		return;
	}
	pop_server_body_begin(b->server, &b->out);
	while (!enough && (piece.n = fread(octets, 1, sizeof(octets), f)) > 0)
		for (piece.p = octets; piece.n > 0 && !enough; flush(b))
			enough = pop_server_body(b->server, &piece, &b->out);
	/* half a message must not look like a whole one */
	if (ferror(f) || fclose(f) != 0)
		fail(b->messages[number - 1].path);
	if (pop_server_body_end(b->server, &b->out) != 0)
		abort();	/* there was room */
}

/* 0 when the session is over */
static int
answer(struct box *b, enum pop_server_event event,
    const struct pop_server_info *info)
{
	switch (event) {
	case POP_SERVER_PASS:
		answer_login(b, same(info->name, b->user) &&
		    same(info->secret, b->password));
		return 1;
	case POP_SERVER_BODY:
		answer_body(b, info->number);
		return 1;
	case POP_SERVER_COMMIT:
		pop_server_committed(b->server, remove_marked(b), &b->out);
		return 1;
	case POP_SERVER_CLOSE:
		return 0;
	case POP_SERVER_MORE:
	case POP_SERVER_FULL:
	case POP_SERVER_WAIT:
	case POP_SERVER_APOP:
	case POP_SERVER_SASL:
	case POP_SERVER_SASL_DATA:
	case POP_SERVER_SASL_CANCEL:
	case POP_SERVER_TLS:
		/* asks for nothing, or for what was not configured */
		return 1;
	}
	return 0;
}

static void
serve(struct box *b)
{
	static unsigned char input[65536];
	struct pop_span in = { input, 0 };
	enum pop_server_event event;
	ssize_t n;

	for (;;) {
		do {
			struct pop_server_info info;

			event = pop_server_step(b->server, &in, &b->out,
			    &info);
			if (!answer(b, event, &info)) {
				flush(b);
				return;
			}
			flush(b);
		} while (event != POP_SERVER_MORE);

		/* keep the beginning of a line, read on behind it */
		memmove(input, in.p, in.n);
		in.p = input;
		n = read(STDIN_FILENO, input + in.n, sizeof(input) - in.n);
		if (n < 0 && errno != EINTR)
			fail("read");
		if (n == 0)
			return;		/* gone without QUIT: nothing removed */
		in.n += n > 0 ? (size_t)n : 0;
	}
}

int
main(int argc, char **argv)
{
	static const struct pop_server_config config = {
		/* whoever reads this wire is somebody we trust */
		.flags = POP_SERVER_CLEAR_OK,
		.greeting = "popbox ready",
		.implementation = "popbox",
		.mechanisms_clear = "",
		.mechanisms_tls = "",
	};
	static unsigned char output[65536];
	struct box b = { .out = { output, 0, sizeof(output) } };
	uint32_t count;
	void *mem;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: popbox USER PASSWORD FILE...\n");
		return 2;
	}
	count = (uint32_t)(argc - 3);
	b.user = argv[1];
	b.password = argv[2];
	b.messages = calloc(count + 1, sizeof(*b.messages));
	b.listing = (struct pop_listing){ count, &b, box_octets, box_uidl,
		calloc(count / 8 + 1, 1) };
	mem = malloc(pop_server_size());
	if (b.messages == NULL || b.listing.marks == NULL || mem == NULL)
		fail("memory");
	for (uint32_t i = 0; i < count; i++)
		look_at(&b.messages[i], argv[i + 3]);
	b.server = pop_server_init(mem, &config, NULL, 0, &b.out);
	serve(&b);
	free(mem);
	free(b.listing.marks);
	free(b.messages);
	return 0;
}
