/* SPDX-License-Identifier: ISC
 *
 * sandbox: enters all the mechanisms there are, in their order.
 *
 * Owns nothing but that order: seccomp last, because it forbids the calls
 * that the others need.
 */
#include <sys/prctl.h>

#include <stddef.h>

#include "sys/sandbox_mech.h"

int
sandbox_enter(enum sandbox_role role, const char *path)
{
	int paths, calls;

	/* both mechanisms demand it of a process without privilege */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	paths = sandbox_landlock(role, path);
	if (paths < 0)
		return -1;
	calls = sandbox_seccomp(role);
	if (calls < 0)
		return -1;
	return paths | calls;
}
