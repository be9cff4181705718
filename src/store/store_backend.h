/* SPDX-License-Identifier: ISC
 *
 * store_backend: what an engine implements.  All functions block and are
 * called on threads of the pool: those of one session or delivery one after
 * the other, those of different ones at the same time.
 */
#ifndef RESTANTE_STORE_STORE_BACKEND_H
#define RESTANTE_STORE_STORE_BACKEND_H

#include "store/store.h"

struct store_engine {
	const char *name;

	/* the engine's own state; NULL and *error_r */
	void *(*start)(const struct store_config *config,
	    const char **error_r);
	void (*stop)(void *engine);

	/* Paths have been checked (store_path_ok). Outputs only on OK. */
	enum store_result (*open)(void *engine, const char *path,
	    enum store_lock lock, void **session_r,
	    struct store_snapshot **snap_r);
	/* i < count of the snapshot.  quick: any failure will do when the
	 * message is not where it was, or must be read to be believed */
	enum store_result (*body)(void *session, uint32_t i, bool quick,
	    struct store_body *body_r);
	enum store_result (*commit)(void *session,
	    const unsigned char *marks);
	enum store_result (*renew)(void *session);
	void (*close)(void *session);
	bool close_blocks;	/* else it is called on the caller's thread */

	enum store_result (*begin)(void *engine, const char *const *paths,
	    unsigned n, void **delivery_r, int *fd_r, unsigned *carrier_r);
	/* calls each() n times, then frees the delivery; flags: enum
	 * store_deliver_flag */
	enum store_result (*deliver)(void *delivery,
	    const struct store_copy *copies, uint64_t length,
	    uint64_t message_wire, unsigned flags, store_each_done *each,
	    void *arg);
	void (*abort)(void *delivery);
};

extern const struct store_engine store_maildir;
extern const struct store_engine store_mem;
extern const struct store_engine store_null;

/* what an errno means for the other side of the interface */
enum store_result store_result_of(int err);

/* relative, no empty, "." or ".." component, at most PATH_MAX / 4 octets */
bool store_path_ok(const char *path);

#endif
