/* SPDX-License-Identifier: ISC
 *
 * dial: a host name and a port to a connected socket, without blocking.
 *
 * Names are resolved by a thread (getaddrinfo blocks); addresses are tried as
 * RFC 8305 says: families in turn, the next one 250 ms after the one before,
 * the first that connects wins.  One that fails makes room for the next at
 * once.  A numeric address asks nobody and takes no thread.
 */
#ifndef RESTANTE_NET_DIAL_H
#define RESTANTE_NET_DIAL_H

#include <stddef.h>

#include "net/loop.h"

enum dial_error {
	DIAL_OK = 0,
	DIAL_RESOLVE = -1,	/* no such name, or no answer */
	DIAL_CONNECT = -2,	/* no address took the connection */
	DIAL_TIMEOUT = -3,
	DIAL_MEMORY = -4
};

struct dial;

struct dial_result {
	enum dial_error error;
	int fd;			/* non-blocking, TCP_NODELAY; -1 */
	char address[64];	/* "192.0.2.1:995", "[2001:db8::1]:995": the
				 * one connected, or the one that `text` is
				 * about; "" when there was none */
	char text[160];		/* why not, for people: "Connection refused" */
};

/* `done` from the loop, never from inside; after it the dial is gone. `host`
 * may be an address.  The limit is for all of it; 0: none.  NULL: memory, or
 * no thread. */
struct dial *dial_start(struct loop *loop, const char *host, unsigned port,
    unsigned timeout_ms, void (*done)(void *arg,
    const struct dial_result *result), void *arg);
/* At any time before `done`, which then never comes; NULL is ignored.  A
 * thread that still waits for a name ends by itself. */
void dial_cancel(struct dial *d);
/* the same for a local socket; connects at once or fails with errno in text */
struct dial *dial_start_local(struct loop *loop, const char *path,
    void (*done)(void *arg, const struct dial_result *result), void *arg);

#endif
