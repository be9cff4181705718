/* SPDX-License-Identifier: ISC
 *
 * sandbox_landlock: which paths a role may use (landlock(7)).
 *
 * Owns the rights of each role below its one directory.  Uses system calls by
 * number and constants of its own: the headers at build time may be older
 * than the kernel at run time.
 */
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "sys/sandbox_mech.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

/* the kernel's interface, see linux/landlock.h */
enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

#define FS_EXECUTE (1ull << 0)
#define FS_WRITE_FILE (1ull << 1)
#define FS_READ_FILE (1ull << 2)
#define FS_READ_DIR (1ull << 3)
#define FS_REMOVE_DIR (1ull << 4)
#define FS_REMOVE_FILE (1ull << 5)
#define FS_MAKE_DIR (1ull << 7)
#define FS_MAKE_REG (1ull << 8)
#define FS_ABI_1 ((1ull << 13) - 1)
#define FS_REFER (1ull << 13)		/* since ABI 2 */
#define FS_TRUNCATE (1ull << 14)	/* since ABI 3 */
#define NET_ABI_4 3ull			/* bind and connect, TCP */
#define FS_IOCTL_DEV (1ull << 15)	/* since ABI 5 */
#define SCOPE_ABI_6 3ull		/* abstract sockets, signals */

struct ruleset_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

struct path_attr {
	uint64_t allowed_access;
	int32_t parent_fd;
} __attribute__((packed));

/* What this kernel can forbid: all of it is.  The size of the struct tells
 * the kernel which fields we know. */
static size_t
known_rights(long abi, struct ruleset_attr *attr)
{
	*attr = (struct ruleset_attr){ .handled_access_fs = FS_ABI_1 };
	if (abi >= 2)
		attr->handled_access_fs |= FS_REFER;
	if (abi >= 3)
		attr->handled_access_fs |= FS_TRUNCATE;
	if (abi >= 5)
		attr->handled_access_fs |= FS_IOCTL_DEV;
	if (abi >= 4)
		attr->handled_access_net = NET_ABI_4;
	if (abi >= 6) {
		attr->scoped = SCOPE_ABI_6;
		return sizeof(*attr);
	}
	return abi >= 4 ? offsetof(struct ruleset_attr, scoped) :
	    offsetof(struct ruleset_attr, handled_access_net);
}

static uint64_t
role_rights(enum sandbox_role role)
{
	switch (role) {
	case SANDBOX_FRONT:
		return 0;
	case SANDBOX_AUTH:
		return FS_READ_FILE | FS_READ_DIR;
	case SANDBOX_STORE:
		return FS_READ_FILE | FS_READ_DIR | FS_WRITE_FILE |
		    FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR |
		    FS_MAKE_REG | FS_REFER | FS_TRUNCATE;
	}
	return 0;
}

static int
allow_path(int ruleset, const char *path, uint64_t rights)
{
	struct path_attr rule = { .allowed_access = rights };
	long ret;
	int saved;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return -1;
	ret = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH,
	    &rule, 0);
	saved = errno;
	close(rule.parent_fd);
	errno = saved;
	return ret == 0 ? 0 : -1;
}

static int
restrict_self(int ruleset, const char *path, uint64_t rights)
{
	if (path != NULL && rights != 0 &&
	    allow_path(ruleset, path, rights) != 0)
		return -1;
#ifdef SYS_SANITIZED
	/* the leak checker reads the process's own maps at its end */
	if (allow_path(ruleset, "/proc", FS_READ_FILE | FS_READ_DIR) != 0 &&
	    errno != ENOENT)
		return -1;
#endif
	return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? 0 : -1;
}

int
sandbox_landlock(enum sandbox_role role, const char *path)
{
	struct ruleset_attr attr;
	long abi;
	int ruleset, ret, saved;
	size_t size;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    CREATE_RULESET_VERSION);
	if (abi < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? 1 : -1;
	/* before ABI 2 no file moves between directories, which is how a
	 * delivery becomes visible */
	if (abi < 2 && role == SANDBOX_STORE)
		return 1;
	size = known_rights(abi, &attr);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (ruleset < 0)
		return -1;
	ret = restrict_self(ruleset, path,
	    role_rights(role) & attr.handled_access_fs);
	saved = errno;
	close(ruleset);
	errno = saved;
	return ret;
}
