/* SPDX-License-Identifier: ISC
 *
 * maildir: the engine for Maildir, as store_backend.h wants it.  Owns the
 * descriptor of the mail root; what a maildrop is, the other maildir_ files
 * know.
 */
#include "store/maildir.h"

#include <fcntl.h>
#include <stdlib.h>

#include "sys/os.h"

const char *const maildir_dir_name[MAILDIR_DIRS] = { "new", "cur" };

static void *
maildir_start(const struct store_config *config, const char **error_r)
{
	struct maildir *md;

	if (config->root == NULL) {
		*error_r = "the maildir engine needs a root directory";
		return NULL;
	}
	md = calloc(1, sizeof(*md));
	if (md == NULL) {
		*error_r = "out of memory";
		return NULL;
	}
	/* the one path that is not opened beneath another directory: it comes
	 * from the administrator and may lead through symbolic links */
	md->root = open(config->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (md->root < 0) {
		*error_r = "cannot open the root directory of the mail";
		free(md);
		return NULL;
	}
	md->messages_max = config->messages_max;
	maildir_host_escape(md->host, config->hostname);
	return md;
}

static void
maildir_stop(void *engine)
{
	struct maildir *md = engine;

	(void)os_close(md->root);
	free(md);
}

static enum store_result
maildir_renew(void *session)
{
	(void)session;
	return STORE_OK;
}

const struct store_engine store_maildir = {
	.name = "maildir",
	.start = maildir_start,
	.stop = maildir_stop,
	.open = maildir_open,
	.body = maildir_body,
	.commit = maildir_commit,
	.renew = maildir_renew,
	.close = maildir_close,
	.begin = maildir_begin,
	.deliver = maildir_deliver,
	.abort = maildir_abort,
};
