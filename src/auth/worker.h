/* SPDX-License-Identifier: ISC
 *
 * worker: threads that do the slow hashes.
 *
 * A worker sees copies only: a password field and a secret, which it wipes.
 * Submitting and taking happen on one thread, the caller's.
 */
#ifndef RESTANTE_AUTH_WORKER_H
#define RESTANTE_AUTH_WORKER_H

#include "auth/hash.h"

struct worker_pool;

/* n threads, at most `queue` jobs not begun. NULL: *error_r. */
struct worker_pool *worker_pool_new(unsigned n, unsigned queue,
    const char **error_r);
/* Waits for the hashes under way; drops what was not begun or taken. */
void worker_pool_free(struct worker_pool *p);

/* becomes readable when worker_take has something */
int worker_fd(const struct worker_pool *p);

/* 0, or -1 when the queue is full (or memory is). Copies both spans. */
__attribute__((warn_unused_result))
int worker_submit(struct worker_pool *p, struct pop_span field,
    struct pop_span secret, void *owner);
/* A finished job: its owner and *result_r; NULL when there is none. */
void *worker_take(struct worker_pool *p, enum hash_result *result_r);
/* submitted and not yet taken */
unsigned worker_pending(const struct worker_pool *p);

#endif
