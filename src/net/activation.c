/* SPDX-License-Identifier: ISC
 *
 * activation: what a service manager hands over and wants to hear, by the
 * protocol of sd_listen_fds(3) and sd_notify(3).
 *
 * Owns the environment variables LISTEN_* and NOTIFY_SOCKET.  Needs no
 * library of the service manager.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/listener.h"
#include "base/num.h"

enum { FIRST_FD = 3, NAME_MAX_OCTETS = 255, INHERITED_MAX = 4096 };

/* an environment variable as a number, or -1 */
static long
number(const char *variable)
{
	const char *s = getenv(variable);
	uint64_t v;

	if (s == NULL || num_parse_u64(span_str(s), 0x7fffffff, &v) != 0)
		return -1;
	return (long)v;
}

static int
prepare(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -1;
	return fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* the next of a list with colons between; "unknown" behind its end */
static void
next_name(const char **list, char *name)
{
	size_t n, keep;

	memcpy(name, "unknown", sizeof("unknown"));
	if (*list == NULL)
		return;
	n = keep = strcspn(*list, ":");
	if (keep > NAME_MAX_OCTETS)
		keep = NAME_MAX_OCTETS;
	memcpy(name, *list, keep);
	name[keep] = '\0';
	*list = (*list)[n] == ':' ? *list + n + 1 : NULL;
}

static int
hand_over(long n, void (*fn)(void *, int, const char *), void *arg)
{
	const char *names = getenv("LISTEN_FDNAMES");
	char name[NAME_MAX_OCTETS + 1];
	long i;

	for (i = 0; i < n; i++)
		if (prepare(FIRST_FD + (int)i) != 0)
			return -1;
	for (i = 0; i < n; i++) {
		next_name(&names, name);
		fn(arg, FIRST_FD + (int)i, name);
	}
	return (int)n;
}

int
listener_inherited(void (*fn)(void *, int, const char *), void *arg)
{
	long n = number("LISTEN_FDS");
	int count = 0;

	if (number("LISTEN_PID") == (long)getpid()) {
		if (n < 0 || n > INHERITED_MAX)
			count = -1;
		else
			count = hand_over(n, fn, arg);
	}
	/* children must not believe that these are theirs */
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return count;
}

void
listener_notify(const char *state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t n = path != NULL ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(sun.sun_path) ||
	    (*path != '/' && *path != '@'))
		return;
	memcpy(sun.sun_path, path, n);
	if (*path == '@')
		sun.sun_path[0] = '\0';		/* abstract: length counts */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* nobody to tell when the service manager does not listen */
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (const struct sockaddr *)&sun, (socklen_t)(offsetof(
	    struct sockaddr_un, sun_path) + n));
	close(fd);
}
