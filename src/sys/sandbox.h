/* SPDX-License-Identifier: ISC
 *
 * sandbox: system calls and paths a process may still use, by its role.
 * One file a mechanism: sandbox_seccomp.c, sandbox_landlock.c,
 * sandbox_null.c.
 */
#ifndef RESTANTE_SYS_SANDBOX_H
#define RESTANTE_SYS_SANDBOX_H

enum sandbox_role { SANDBOX_FRONT, SANDBOX_AUTH, SANDBOX_STORE };

/*
 * Enters the sandbox of a role.  `path`: for STORE the mail root, for AUTH
 * the directory of the user file (read only), for FRONT NULL (no path at
 * all).  0; 1 when the kernel lacks a mechanism (what there is was used);
 * -1 with errno.
 */
__attribute__((warn_unused_result))
int sandbox_enter(enum sandbox_role role, const char *path);

#endif
