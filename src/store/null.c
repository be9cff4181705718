/* SPDX-License-Identifier: ISC
 *
 * null: an engine whose maildrops are always empty and into which mail
 * vanishes: for measuring everything else.  Owns nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/snapshot.h"
#include "store/store_backend.h"

struct null_delivery {
	unsigned n;
};

static char null_state;

static void *
null_start(const struct store_config *config, const char **error_r)
{
	(void)config;
	(void)error_r;
	return &null_state;
}

static void
null_nothing(void *any)
{
	(void)any;
}

static enum store_result
null_open(void *engine, const char *path, enum store_lock lock,
    void **session_r, struct store_snapshot **snap_r)
{
	struct store_snapshot *snap = snapshot_new(0, 0);

	(void)path;
	(void)lock;
	if (snap == NULL)
		return STORE_TEMP;
	*session_r = engine;
	*snap_r = snap;
	return STORE_OK;
}

static enum store_result
null_body(void *session, uint32_t i, bool quick, struct store_body *body_r)
{
	(void)session;
	(void)i;
	(void)quick;
	(void)body_r;
	return STORE_GONE;
}

static enum store_result
null_commit(void *session, const unsigned char *marks)
{
	(void)session;
	(void)marks;
	return STORE_OK;
}

static enum store_result
null_renew(void *session)
{
	(void)session;
	return STORE_OK;
}

static enum store_result
null_begin(void *engine, const char *const *paths, unsigned n,
    void **delivery_r, int *fd_r, unsigned *carrier_r)
{
	struct null_delivery *d = malloc(sizeof(*d));
	int fd;

	(void)engine;
	(void)paths;
	if (d == NULL)
		return STORE_TEMP;
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		free(d);
		return store_result_of(errno);
	}
	d->n = n;
	*delivery_r = d;
	*fd_r = fd;
	*carrier_r = 0;
	return STORE_OK;
}

static enum store_result
null_deliver(void *delivery, const struct store_copy *copies, uint64_t length,
    uint64_t message_wire, unsigned flags, store_each_done *each,
    void *arg)
{
	struct null_delivery *d = delivery;

	(void)copies;
	(void)length;
	(void)message_wire;
	(void)flags;
	for (unsigned i = 0; i < d->n; i++)
		each(arg, i, STORE_OK);
	free(d);
	return STORE_OK;
}

static void
null_abort(void *delivery)
{
	free(delivery);
}

const struct store_engine store_null = {
	.name = "null",
	.start = null_start,
	.stop = null_nothing,
	.open = null_open,
	.body = null_body,
	.commit = null_commit,
	.renew = null_renew,
	.close = null_nothing,
	.begin = null_begin,
	.deliver = null_deliver,
	.abort = null_abort,
};
