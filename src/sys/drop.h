/* SPDX-License-Identifier: ISC
 *
 * drop: giving power away for good.
 */
#ifndef RESTANTE_SYS_DROP_H
#define RESTANTE_SYS_DROP_H

#include <stdbool.h>
#include <sys/types.h>

/* chroot(dir) and chdir("/"). 0 or -1 with errno. */
__attribute__((warn_unused_result))
int drop_chroot(const char *dir);
/* No groups but gid, then uid, in a way that cannot be undone, and verified
 * so. 0 or -1 with errno. */
__attribute__((warn_unused_result))
int drop_identity(uid_t uid, gid_t gid);
/* no_new_privs, not dumpable (no core, no ptrace by the same uid) */
__attribute__((warn_unused_result))
int drop_common(void);
/* Keeps only these of root's capabilities (bit mask of 1 << CAP_...). */
__attribute__((warn_unused_result))
int drop_capabilities(unsigned long long keep);
/* Soft limit of open files to the hard one; as root, at least `want`.
 * Returns the limit in force. */
unsigned long drop_raise_files(unsigned long want);

#endif
