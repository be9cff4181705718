/* SPDX-License-Identifier: ISC
 *
 * dial_lookup: a host name to its addresses, in a thread.  For dial.c.
 */
#ifndef RESTANTE_NET_DIAL_LOOKUP_H
#define RESTANTE_NET_DIAL_LOOKUP_H

#include <stddef.h>

struct addrinfo;
struct dial_lookup;

/* NULL: memory, descriptors or threads have run out */
struct dial_lookup *dial_lookup_start(const char *host, unsigned port);
/* becomes readable when there is a result */
int dial_lookup_fd(const struct dial_lookup *l);
/* After fd was readable: 0 and the list, which is the caller's now; or -1
 * and a text for people. */
__attribute__((warn_unused_result))
int dial_lookup_result(struct dial_lookup *l, struct addrinfo **list_r,
    char *text, size_t size);
/* Nobody waits any more; the thread may still run, and cleans up at its end.
 * Unwatch the descriptor before: it may stay open. */
void dial_lookup_drop(struct dial_lookup *l);

/* 0 and the list when `host` is an address: asks nobody.  Else -1. */
__attribute__((warn_unused_result))
int dial_lookup_numeric(const char *host, unsigned port,
    struct addrinfo **list_r);

#endif
