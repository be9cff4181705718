/* SPDX-License-Identifier: ISC
 *
 * maildir_sweep: what crashed deliveries left in tmp/ goes after 36 hours
 * (maildir(5)).  Runs behind a delivery whose outcome has been told, at most
 * once a day for a maildrop in one process.  Its failures are nobody's
 * business: the next day comes.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/maildir.h"
#include "sys/os.h"

enum {
	HOUR = 3600,
	EVERY_HOURS = 24,
	OLD_HOURS = 36,
	BUFFER = 32 * 1024
};

static unsigned
slot_of(const char *path)
{
	uint32_t h = 2166136261U;

	for (; *path != '\0'; path++)
		h = (h ^ (unsigned char)*path) * 16777619U;
	return (h ^ h >> 16) % MAILDIR_PURGE_SLOTS;
}

/* Maildrops that share a slot take turns by chance, one a day. */
static bool
due(struct maildir *md, const char *path, time_t now)
{
	_Atomic uint32_t *slot = &md->swept[slot_of(path)];
	uint32_t hour = (uint32_t)(now / HOUR);
	uint32_t last = atomic_load_explicit(slot, memory_order_relaxed);

	if (last != 0 && hour >= last && hour - last < EVERY_HOURS)
		return false;
	return atomic_compare_exchange_strong(slot, &last, hour);
}

static void
sweep_file(int tmp, const char *name, time_t now)
{
	const time_t old = now - (time_t)OLD_HOURS * HOUR;
	struct stat st;

	if (os_fstatat(tmp, name, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_mtime < old && st.st_atime < old)
		(void)!os_unlinkat(tmp, name);
}

static void
sweep_dir(int tmp, char *buf, time_t now)
{
	ssize_t n;

	while ((n = os_getdents(tmp, buf, BUFFER)) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct os_dirent *d = (const void *)(buf + at);

			if (d->name[0] != '.')
				sweep_file(tmp, d->name, now);
			at += d->reclen;
		}
	}
}

void
maildir_sweep(struct maildir *md, const char *path)
{
	time_t now = time(NULL);
	char full[PATH_MAX];
	char *buf;
	int tmp, n;

	if (!due(md, path, now))
		return;
	n = snprintf(full, sizeof(full), "%s/tmp", path);
	if (n < 0 || (size_t)n >= sizeof(full))
		return;
	tmp = os_open_beneath(md->root, full, O_RDONLY | O_DIRECTORY, 0);
	if (tmp < 0)
		return;
	buf = malloc(BUFFER);
	if (buf != NULL)
		sweep_dir(tmp, buf, now);
	free(buf);
	(void)os_close(tmp);
}
