/* SPDX-License-Identifier: ISC
 *
 * result: outcomes of the store in words, and what an errno comes to.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "store/store_backend.h"

const char *
store_result_text(enum store_result r)
{
	switch (r) {
	case STORE_OK:
		return "done";
	case STORE_IN_USE:
		return "maildrop is in use by another session";
	case STORE_GONE:
		return "message is no longer there";
	case STORE_NO_MAILDROP:
		return "no such maildrop, and it cannot be made";
	case STORE_FULL:
		return "disk full or quota reached";
	case STORE_TEMP:
		return "storage fails for now";
	case STORE_CORRUPT:
		return "stored message is damaged";
	case STORE_PARTIAL:
		return "some deleted messages not removed";
	case STORE_UNKNOWN:
		return "outcome is not known";
	case STORE_LEASE_LOST:
		return "another session took the maildrop over";
	}
	return "unknown result";
}

enum store_result
store_result_of(int err)
{
	switch (err) {
	case 0:
		return STORE_OK;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return STORE_FULL;
	case ENOENT:
	case ENOTDIR:
	case EACCES:
	case EPERM:
	case ELOOP:
	case EXDEV:
	case ENAMETOOLONG:
		return STORE_NO_MAILDROP;
	default:
		return STORE_TEMP;
	}
}

bool
store_path_ok(const char *path)
{
	if (path == NULL || strlen(path) > PATH_MAX / 4)
		return false;
	for (;;) {
		size_t n = strcspn(path, "/");

		if (n == 0 || n > NAME_MAX || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
}
