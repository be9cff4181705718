/* SPDX-License-Identifier: ISC
 *
 * sandbox_mech: the mechanisms that sandbox.c puts together.  Each gives 0;
 * 1 when it is not to be had (kernel or build); -1 with errno.
 */
#ifndef RESTANTE_SYS_SANDBOX_MECH_H
#define RESTANTE_SYS_SANDBOX_MECH_H

#include "sys/sandbox.h"

/* what may be done to files, and where */
__attribute__((warn_unused_result))
int sandbox_landlock(enum sandbox_role role, const char *path);
/* which system calls there are; the last thing a process does to itself */
__attribute__((warn_unused_result))
int sandbox_seccomp(enum sandbox_role role);

#endif
