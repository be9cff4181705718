/* SPDX-License-Identifier: ISC
 *
 * poplist HOST PORT USER: what a POP3 server holds for a user: one line a
 * message with number, octets and unique-id.  The password is the first line
 * of standard input.  Plain TCP, so for one's own machine only.
 *
 * What to look at is run(): it asks as much as the machine takes, whether the
 * server announced pipelining or not, and matches nothing itself.
 */
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <pop.h>

struct visit {
	struct pop_client *client;
	int fd;
	struct pop_out out;
	struct pop_request plan[6];
	size_t next, count;
	struct row {
		uint64_t octets;
		char uidl[POP_UIDL_MAX + 1];
	} *rows;
	uint32_t rows_n;
	int failed;
};

enum { ROWS_MAX = 1000000 };

static void
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "poplist: %s: %s\n", what, why);
	exit(1);
}

static int
connect_to(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	int fd = -1, e = getaddrinfo(host, port, &hints, &list);

	if (e != 0)
		die(host, gai_strerror(e));
	for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			(void)close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd < 0)
		die(host, strerror(errno));
	return fd;
}

/* Messages are numbered from 1; a server may say any number. */
static struct row *
row_of(struct visit *v, uint32_t number)
{
	if (number == 0 || number > ROWS_MAX)
		die("server", "a message number beyond reason");
	if (number > v->rows_n) {
		struct row *rows = realloc(v->rows, number * sizeof(*rows));

		if (rows == NULL)
			die("memory", strerror(errno));
		memset(rows + v->rows_n, 0,
		    (number - v->rows_n) * sizeof(*rows));
		v->rows = rows;
		v->rows_n = number;
	}
	return &v->rows[number - 1];
}

static void
print_rows(const struct visit *v)
{
	for (uint32_t i = 0; i < v->rows_n; i++)
		if (v->rows[i].octets > 0 || v->rows[i].uidl[0] != '\0')
			(void)printf("%" PRIu32 " %" PRIu64 " %s\n", i + 1,
			    v->rows[i].octets, v->rows[i].uidl);
}

static void
take_row(struct visit *v, const struct pop_client_info *info)
{
	struct row *row;

	if (info->command == POP_CMD_LIST) {
		row_of(v, info->number)->octets = info->octets;
	} else if (info->command == POP_CMD_UIDL) {
		row = row_of(v, info->number);
		/* libpop made sure of the length */
		memcpy(row->uidl, info->uidl.p, info->uidl.n);
		row->uidl[info->uidl.n] = '\0';
	}
}

static void
take_reply(struct visit *v, const struct pop_client_info *info)
{
	/* no CAPA and no UIDL is no misfortune */
	if (info->ok || info->command == POP_CMD_CAPA ||
	    info->command == POP_CMD_UIDL)
		return;
	(void)fprintf(stderr, "poplist: the server says: %.*s\n",
	    (int)info->text.n, (const char *)info->text.p);
	v->failed = 1;
}

/* Asks what can be asked now. */
static void
ask(struct visit *v)
{
	while (v->next < v->count) {
		enum pop_send e = pop_client_send(v->client,
		    &v->plan[v->next], &v->out);

		if (e == POP_SEND_BUSY || e == POP_SEND_FULL)
			return;
		if (e == POP_SEND_STATE && v->failed)
			return;		/* the login was refused */
		if (e != POP_SEND_OK)
			die("cannot ask", "is there a control character in "
			    "name or password, or are they too long?");
		v->next++;
	}
}

static void
flush(struct visit *v)
{
	size_t done = 0;

	while (done < v->out.n) {
		ssize_t n = send(v->fd, v->out.p + done, v->out.n - done,
		    MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			die("send", strerror(errno));
		done += n > 0 ? (size_t)n : 0;
	}
	v->out.n = 0;
}

/* 0 when the visit is over */
static int
take(struct visit *v, enum pop_client_event event,
    const struct pop_client_info *info)
{
	switch (event) {
	case POP_CLIENT_GREETING:
	case POP_CLIENT_REPLY:
		take_reply(v, info);
		break;
	case POP_CLIENT_ROW:
		take_row(v, info);
		break;
	case POP_CLIENT_BAD:
		(void)fprintf(stderr, "poplist: not understood: %.*s\n",
		    (int)info->text.n, (const char *)info->text.p);
		v->failed = 1;
		break;
	case POP_CLIENT_ERROR:
		die("server", "it does not speak POP3");
		break;
	case POP_CLIENT_CLOSE:
		return 0;
	case POP_CLIENT_MORE:
	case POP_CLIENT_FULL:
	case POP_CLIENT_WAIT:
	case POP_CLIENT_BEGIN:
	case POP_CLIENT_PIECE:
	case POP_CLIENT_END:
	case POP_CLIENT_CHALLENGE:
	case POP_CLIENT_TLS:
		break;
	}
	return 1;
}

static void
run(struct visit *v)
{
	static unsigned char input[65536];
	struct pop_span in = { input, 0 };
	struct pop_client_info info;
	enum pop_client_event event;

	for (;;) {
		ssize_t n;

		do {
			event = pop_client_step(v->client, &in, &v->out,
			    &info);
			if (!take(v, event, &info))
				return;
			ask(v);
			flush(v);
		} while (event != POP_CLIENT_MORE);
		if (v->failed && pop_client_under_way(v->client) == 0)
			return;
		memmove(input, in.p, in.n);
		in.p = input;
		n = recv(v->fd, input + in.n, sizeof(input) - in.n, 0);
		if (n < 0 && errno != EINTR)
			die("recv", strerror(errno));
		if (n == 0)
			die("server", "it hung up");
		in.n += n > 0 ? (size_t)n : 0;
	}
}

static struct pop_span
span(const char *s)
{
	struct pop_span r = { (const unsigned char *)s, strlen(s) };

	return r;
}

int
main(int argc, char **argv)
{
	static const struct pop_client_config config = {
		.flags = POP_CLIENT_CLEAR_OK
	};
	static unsigned char output[4096];
	char password[256] = "";
	struct visit v = { .out = { output, 0, sizeof(output) } };
	void *mem;

	if (argc != 4) {
		(void)fprintf(stderr, "usage: poplist HOST PORT USER\n");
		return 2;
	}
	mem = malloc(pop_client_size());
	if (mem == NULL || fgets(password, sizeof(password), stdin) == NULL)
		die("password", "the first line of standard input");
	password[strcspn(password, "\n")] = '\0';
	v.fd = connect_to(argv[1], argv[2]);
	v.client = pop_client_init(mem, &config, 0);
	v.plan[v.count++].command = POP_CMD_CAPA;
	v.plan[v.count].arg[0] = span(argv[3]);
	v.plan[v.count++].command = POP_CMD_USER;
	v.plan[v.count].arg[0] = span(password);
	v.plan[v.count++].command = POP_CMD_PASS;
	v.plan[v.count++].command = POP_CMD_LIST;
	v.plan[v.count++].command = POP_CMD_UIDL;
	v.plan[v.count++].command = POP_CMD_QUIT;
	run(&v);
	print_rows(&v);
	(void)close(v.fd);
	free(v.rows);
	free(mem);
	return v.failed;
}
