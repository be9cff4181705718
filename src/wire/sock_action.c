/* SPDX-License-Identifier: ISC
 *
 * sock_action.c: asks whoever listens on the --action socket to act on the
 * maildrops of the server under test.  One connection an action: the words
 * as netstrings (`5:hello,`), then our end is shut; the answer is `+` and
 * what was asked for, `-` and why not, or `?` and why such a thing can never
 * be done there.
 */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "wire/sock.h"
#include "wire/text.h"

static int
connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof a.sun_path)
		return -1;
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static int
put_word(struct buf *b, struct pop_span word)
{
	if (buf_printf(b, "%zu:", word.n) != 0 ||
	    buf_append(b, word.p, word.n) != 0)
		return -1;
	return buf_append(b, ",", 1);
}

static int
send_all(int fd, struct pop_span s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		if (n <= 0)
			return -1;
		span_skip(&s, (size_t)n);
	}
	return shutdown(fd, SHUT_WR);
}

static int
read_all(int fd, struct buf *out)
{
	ssize_t n;

	do {
		if (buf_reserve(out, 65536) != 0)
			return -1;
		n = read(fd, out->p + out->n, 65536);
		if (n > 0)
			out->n += (size_t)n;
	} while (n > 0);
	return n == 0 ? 0 : -1;
}

int
sock_action(const struct sock *s, const char *verb,
    const struct pop_span *words, size_t n, struct buf *out,
    struct buf *why)
{
	struct buf ask;
	int fd, rc;

	if (s->to.action == NULL)
		return peer_why(why, "no --action socket");
	fd = connect_to(s->to.action);
	if (fd < 0)
		return peer_why(why, "nobody listens on the --action socket");
	buf_init(&ask, TEXT_MAX);
	rc = put_word(&ask, span_str(verb));
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = put_word(&ask, words[i]);
	if (rc == 0)
		rc = send_all(fd, buf_span(&ask));
	if (rc == 0)
		rc = read_all(fd, out);
	buf_release(&ask);
	(void)close(fd);
	if (rc == 0 && out->n > 0 && out->p[0] == '+') {
		buf_consume(out, 1);
		return 0;
	}
	rc = rc == 0 && out->n > 0 && out->p[0] == '?' ? -2 : -1;
	if (rc == -2)
		buf_consume(out, 1);
	if (buf_append(why, out->p, out->n) != 0 || why->n == 0)
		return peer_why(why, "the action failed without a word");
	return rc;
}
