/* SPDX-License-Identifier: ISC
 *
 * listener: listening sockets from the addresses of the configuration, and
 * what systemd hands over.
 */
#ifndef RESTANTE_NET_LISTENER_H
#define RESTANTE_NET_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum { LISTENER_MAX = 16 };	/* sockets that one address may resolve to */

/*
 * TCP sockets get TCP_NODELAY and keepalive here, because accepted sockets
 * inherit both from their listener on Linux: nothing to set per connection.
 *
 * Opens listening sockets (close-on-exec, non-blocking) for "host:port",
 * "[v6]:port", "*:port" (both families) or "unix:/path" (mode 0660, a stale
 * one is replaced, a live one is an error).  With `reuseport` SO_REUSEPORT is
 * set, so that several fronts may each have one.  Port 0 takes a free one,
 * the same for all addresses.  A family that this machine lacks is passed
 * over as long as another one works.
 * Returns how many fds were set, or -1 with *error_r ("address: reason",
 * valid until the next call).
 */
int listener_open(const char *address, bool reuseport,
    int fds_r[LISTENER_MAX], const char **error_r);

/* "127.0.0.1:110", "[::1]:110", "unix:/path" of a socket's own end (or the
 * peer's); `out` is always terminated */
void listener_name(const struct sockaddr_storage *sa, socklen_t len,
    char *out, size_t size);
/* 16 octets, IPv4 mapped; all zero for AF_UNIX */
void listener_address16(const struct sockaddr_storage *sa,
    unsigned char out[16]);

/* Socket activation (sd_listen_fds(3)): calls fn for each inherited fd and
 * its FileDescriptorName ("unknown" without one), sets close-on-exec and
 * non-blocking, unsets the variables. Ignores fds meant for another pid.
 * Returns the count, or -1 when what was announced is not there (then fn was
 * not called). */
int listener_inherited(void (*fn)(void *arg, int fd, const char *name),
    void *arg);
/* One datagram to $NOTIFY_SOCKET: "READY=1" and the like. Nothing when it is
 * not set. */
void listener_notify(const char *state);

#endif
