/* SPDX-License-Identifier: ISC
 *
 * sandbox_null: stands in for sandbox_seccomp.c where there is no libseccomp,
 * and in builds with sanitizers, whose run-time library makes system calls of
 * its own.
 */
#include "sys/sandbox_mech.h"

int
sandbox_seccomp(enum sandbox_role role)
{
	(void)role;
	return 1;
}
