/* SPDX-License-Identifier: ISC
 *
 * sock_action.c: runs the program that acts on the maildrops of the server
 * under test, with an argument array, and takes what it prints.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sock.h"
#include "text.h"

enum { WORD_MAX = WIRE_WORDS + 3 };

static _Noreturn void
be_the_action(const char *program, char **argv, int out)
{
	if (dup2(out, STDOUT_FILENO) >= 0 && dup2(out, STDERR_FILENO) >= 0)
		(void)execv(program, argv);
	_exit(127);
}

static int
read_all(int fd, struct buf *out)
{
	ssize_t n;

	for (;;) {
		if (buf_reserve(out, 65536) != 0)
			return -1;
		n = read(fd, out->p + out->n, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? 0 : -1;
		out->n += (size_t)n;
	}
}

static int
run(const char *program, char **argv, struct buf *out)
{
	int ends[2], status = -1, rc = -1;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0)
		be_the_action(program, argv, ends[1]);
	(void)close(ends[1]);
	if (pid > 0) {
		rc = read_all(ends[0], out);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
	}
	(void)close(ends[0]);
	return rc == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ?
	    0 : -1;
}

int
sock_action(const struct sock *s, const char *verb,
    const struct pop_span *words, size_t n, struct buf *out,
    struct buf *why)
{
	char *argv[WORD_MAX] = { NULL };
	size_t i, count = 0;
	int rc = -1;

	if (s->to.action == NULL)
		return peer_why(why, "no --action program");
	for (i = 0; i < n; i++) {
		if (words[i].n > 0 && memchr(words[i].p, '\0', words[i].n))
			return peer_why(why, "NUL cannot be an argument");
	}
	argv[count++] = strdup(s->to.action);
	argv[count++] = strdup(verb);
	for (i = 0; i < n && count + 1 < WORD_MAX; i++)
		argv[count++] = strndup((const char *)words[i].p, words[i].n);
	for (i = 0; i < count; i++) {
		if (argv[i] == NULL)
			break;
	}
	if (i == count)
		rc = run(s->to.action, argv, out);
	if (rc != 0 && buf_append(why, out->p, out->n) != 0)
		why->n = 0;
	if (rc != 0 && why->n == 0)
		rc = peer_why(why, "the action program failed");
	for (i = 0; i < count; i++)
		free(argv[i]);
	return rc;
}
