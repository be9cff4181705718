/* SPDX-License-Identifier: ISC
 *
 * listener: opens the listening sockets and names addresses.
 *
 * Owns the syntax of addresses in the configuration and the socket options.
 * Must not accept anything: that is the front's work.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/listener.h"
#include "base/num.h"

/* a peer that vanished is noticed after about 10 minutes */
enum { BACKLOG = 4096, KEEP_IDLE = 300, KEEP_INTERVAL = 60, KEEP_COUNT = 5,
	PORT_TRIES = 8 };

static char error_text[512];

static int
fail(const char **error_r, const char *address, const char *reason)
{
	if (snprintf(error_text, sizeof(error_text), "%s: %s", address,
	    reason) < 0)
		error_text[0] = '\0';
	*error_r = error_text;
	return -1;
}

static int
set_on(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/* ---- TCP ---- */

static int
set_options(int fd, int family, bool reuseport)
{
	if (set_on(fd, SOL_SOCKET, SO_REUSEADDR, 1) != 0 ||
	    (reuseport && set_on(fd, SOL_SOCKET, SO_REUSEPORT, 1) != 0))
		return -1;
	if (family == AF_INET6 &&
	    set_on(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0)
		return -1;
	if (set_on(fd, IPPROTO_TCP, TCP_NODELAY, 1) != 0 ||
	    set_on(fd, SOL_SOCKET, SO_KEEPALIVE, 1) != 0 ||
	    set_on(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE) != 0 ||
	    set_on(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL) != 0 ||
	    set_on(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT) != 0)
		return -1;
	return 0;
}

/* the socket, or -1 with errno */
static int
open_tcp(const struct sockaddr *sa, socklen_t len, bool reuseport)
{
	int fd, saved;

	fd = socket(sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, IPPROTO_TCP);
	if (fd < 0)
		return -1;
	if (set_options(fd, sa->sa_family, reuseport) == 0 &&
	    bind(fd, sa, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static in_port_t *
port_of(struct sockaddr *sa)
{
	return sa->sa_family == AF_INET6 ?
	    &((struct sockaddr_in6 *)(void *)sa)->sin6_port :
	    &((struct sockaddr_in *)(void *)sa)->sin_port;
}

/* the port that fd was given, in network order */
static in_port_t
bound_port(int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return 0;
	/* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn) */
	return *port_of((struct sockaddr *)&ss);
}

static void
close_all(int *fds, int n)
{
	while (n > 0)
		close(fds[--n]);
}

/* whether the family or address is merely not to be had on this machine */
static bool
is_absent(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL ||
	    error == EPROTONOSUPPORT;
}

/* a name may list one address twice: in /etc/hosts it often does */
static bool
is_repeated(const struct addrinfo *list, const struct addrinfo *ai)
{
	for (; list != ai; list = list->ai_next)
		if (list->ai_addrlen == ai->ai_addrlen &&
		    memcmp(list->ai_addr, ai->ai_addr, ai->ai_addrlen) == 0)
			return true;
	return false;
}

/* One socket an address, all with one port: the count, or -1 with errno. */
static int
open_each(struct addrinfo *list, bool reuseport, int *fds)
{
	struct addrinfo *ai;
	in_port_t port = 0;
	int n = 0, fd, saved = EADDRNOTAVAIL;

	for (ai = list; ai != NULL && n < LISTENER_MAX; ai = ai->ai_next) {
		if (ai->ai_family != AF_INET && ai->ai_family != AF_INET6)
			continue;
		if (port != 0)
			*port_of(ai->ai_addr) = port;
		if (is_repeated(list, ai))
			continue;
		fd = open_tcp(ai->ai_addr, ai->ai_addrlen, reuseport);
		if (fd < 0) {
			saved = errno;
			if (is_absent(saved))
				continue;
			close_all(fds, n);
			errno = saved;
			return -1;
		}
		if (n == 0)
			port = bound_port(fd);
		fds[n++] = fd;
	}
	errno = saved;
	return n > 0 ? n : -1;
}

/* As open_each, for any port that all the addresses have free. */
static int
open_free(struct addrinfo *list, bool reuseport, int *fds)
{
	struct addrinfo *ai;
	int n, tries;

	for (tries = 0; tries < PORT_TRIES; tries++) {
		for (ai = list; ai != NULL; ai = ai->ai_next)
			*port_of(ai->ai_addr) = 0;
		n = open_each(list, reuseport, fds);
		if (n > 0 || errno != EADDRINUSE)
			return n;
	}
	return -1;
}

/* Splits "host:port" or "[v6]:port": 0 or -1.  Host "*" becomes "". */
static int
split(const char *address, char *host, size_t size, const char **port_r)
{
	const char *from = address, *end, *colon;
	size_t n;

	if (*address == '[') {
		from = address + 1;
		end = strchr(from, ']');
		if (end == NULL || end[1] != ':')
			return -1;
		colon = end + 1;
	} else {
		end = colon = strrchr(address, ':');
		/* a bare IPv6 address is ambiguous */
		if (colon == NULL || colon != strchr(address, ':'))
			return -1;
	}
	n = (size_t)(end - from);
	if (n == 0 || n >= size)
		return -1;
	memcpy(host, from, n);
	host[n] = '\0';
	if (strcmp(host, "*") == 0)
		host[0] = '\0';
	*port_r = colon + 1;
	return 0;
}

/* a number up to 65535, or the name of a service */
static bool
is_port(const char *port)
{
	uint64_t v;

	if (*port == '\0')
		return false;
	if (strspn(port, "0123456789") != strlen(port))
		return strchr("+- ", *port) == NULL;
	return num_parse_u64(span_str(port), 65535, &v) == 0;
}

static int
listen_tcp(const char *address, bool reuseport, int *fds,
    const char **error_r)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE,
		.ai_socktype = SOCK_STREAM }, *list;
	const char *port;
	char host[NI_MAXHOST];
	int e, n;

	if (split(address, host, sizeof(host), &port) != 0)
		return fail(error_r, address, "expected host:port, "
		    "[ipv6]:port, *:port or unix:/path");
	if (!is_port(port))
		return fail(error_r, address, "the port is not one of 0 to "
		    "65535");
	if (*address == '[')
		hints.ai_flags |= AI_NUMERICHOST;
	e = getaddrinfo(*host != '\0' ? host : NULL, port, &hints, &list);
	if (e != 0)
		return fail(error_r, address, e == EAI_SYSTEM ?
		    strerror(errno) : gai_strerror(e));
	if (*port_of(list->ai_addr) == 0)
		n = open_free(list, reuseport, fds);
	else
		n = open_each(list, reuseport, fds);
	e = errno;
	freeaddrinfo(list);
	return n > 0 ? n : fail(error_r, address, strerror(e));
}

/* ---- unix ---- */

/* Removes the socket file of a server that is gone.  0, or -1 with errno:
 * EADDRINUSE when somebody answers or it is no socket. */
static int
remove_stale(int fd, const struct sockaddr_un *sun)
{
	struct stat st;
	int e;

	if (lstat(sun->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -1;
	e = EADDRINUSE;
	if (S_ISSOCK(st.st_mode) && connect(fd,
	    (const struct sockaddr *)sun, sizeof(*sun)) != 0)
		e = errno;
	if (e == ECONNREFUSED)
		return unlink(sun->sun_path);
	errno = e == EAGAIN ? EADDRINUSE : e;
	return -1;
}

static int
open_unix(const struct sockaddr_un *sun)
{
	int probe, fd, saved;

	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (probe < 0)
		return -1;
	saved = remove_stale(probe, sun) != 0 ? errno : 0;
	close(probe);
	errno = saved;
	if (saved != 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* nobody can connect before listen, so the mode is right in time */
	if (bind(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 &&
	    chmod(sun->sun_path, 0660) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int
listen_unix(const char *address, const char *path, int *fds,
    const char **error_r)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (*path != '/')
		return fail(error_r, address, "the path must begin with /");
	if (n >= sizeof(sun.sun_path))
		return fail(error_r, address, "the path is too long for a "
		    "socket");
	memcpy(sun.sun_path, path, n);
	fds[0] = open_unix(&sun);
	return fds[0] >= 0 ? 1 : fail(error_r, address, strerror(errno));
}

int
listener_open(const char *address, bool reuseport, int fds_r[LISTENER_MAX],
    const char **error_r)
{
	int fds[LISTENER_MAX], n;

	if (strncmp(address, "unix:", 5) == 0)
		n = listen_unix(address, address + 5, fds, error_r);
	else
		n = listen_tcp(address, reuseport, fds, error_r);
	if (n > 0)
		memcpy(fds_r, fds, (size_t)n * sizeof(*fds));
	return n;
}

/* ---- names of addresses ---- */

static bool
is_mapped(const struct sockaddr_in6 *sin6)
{
	return IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr);
}

void
listener_name(const struct sockaddr_storage *sa, socklen_t len, char *out,
    size_t size)
{
	const struct sockaddr_in *sin = (const void *)sa;
	const struct sockaddr_in6 *sin6 = (const void *)sa;
	const struct sockaddr_un *sun = (const void *)sa;
	size_t path = offsetof(struct sockaddr_un, sun_path);
	char ip[INET6_ADDRSTRLEN] = "?";
	int n = -1;

	if (size == 0)
		return;
	if (sa->ss_family == AF_INET) {
		(void)inet_ntop(AF_INET, &sin->sin_addr, ip, sizeof(ip));
		n = snprintf(out, size, "%s:%u", ip, ntohs(sin->sin_port));
	} else if (sa->ss_family == AF_INET6 && is_mapped(sin6)) {
		(void)inet_ntop(AF_INET, &sin6->sin6_addr.s6_addr[12], ip,
		    sizeof(ip));
		n = snprintf(out, size, "%s:%u", ip, ntohs(sin6->sin6_port));
	} else if (sa->ss_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &sin6->sin6_addr, ip, sizeof(ip));
		n = snprintf(out, size, "[%s]:%u", ip,
		    ntohs(sin6->sin6_port));
	} else if (sa->ss_family == AF_UNIX) {
		/* no path: the unnamed end of a client; sun_path need not
		 * be terminated */
		n = snprintf(out, size, "unix:%.*s", len > path ?
		    (int)(len - path) : 0, sun->sun_path);
	}
	if (n < 0)
		out[0] = '\0';
}

void
listener_address16(const struct sockaddr_storage *sa, unsigned char out[16])
{
	const struct sockaddr_in *sin = (const void *)sa;
	const struct sockaddr_in6 *sin6 = (const void *)sa;

	memset(out, 0, 16);
	if (sa->ss_family == AF_INET) {
		out[10] = out[11] = 0xff;
		memcpy(out + 12, &sin->sin_addr, 4);
	} else if (sa->ss_family == AF_INET6) {
		memcpy(out, &sin6->sin6_addr, 16);
	}
}
