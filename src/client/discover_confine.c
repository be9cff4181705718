/* SPDX-License-Identifier: ISC
 *
 * discover_confine: what restante-discover can no longer do once it talks to
 * strangers.
 *
 * Owns its limits.  Uses Landlock by number (see sys/sandbox_landlock.c for
 * the roles of the server); a kernel without it leaves the limits alone.
 */
#include "client/discover.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* linux/landlock.h: all of version 1 is forbidden, reading is given back */
#define FS_ALL ((1ull << 13) - 1)
#define FS_READ (1ull << 2)
#define FS_LIST (1ull << 3)
enum { RULE_PATH_BENEATH = 1 };

struct path_rule {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

static int
limit(int what, rlim_t most)
{
	struct rlimit l;

	if (getrlimit(what, &l) != 0)
		return -1;
	if (l.rlim_max != RLIM_INFINITY && l.rlim_max < most)
		most = l.rlim_max;
	l.rlim_cur = l.rlim_max = most;
	return setrlimit(what, &l);
}

static void
allow_reading(int rules, const char *path, uint64_t rights)
{
	struct path_rule rule = { .allowed = rights };

	rule.parent = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent < 0)
		return;
	/* what could not be given is missed later, as a file not there */
	(void)syscall(SYS_landlock_add_rule, rules, RULE_PATH_BENEATH, &rule,
	    0);
	(void)close(rule.parent);
}

static int
confine_paths(const char *ca_file)
{
	/* resolver, certificates, libraries */
	static const char *const readable[] = { "/etc", "/usr", "/lib",
		"/lib64", "/run", "/proc", "/sys", "/dev", "/nix", "/gnu",
		"/var/lib/ca-certificates" };
	uint64_t handled = FS_ALL;
	int rules = (int)syscall(SYS_landlock_create_ruleset, &handled,
	    sizeof(handled), 0);
	int r;

	if (rules < 0)	/* no Landlock here */
		return 0;
	for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
		allow_reading(rules, readable[i], FS_READ | FS_LIST);
	if (ca_file != NULL)
		allow_reading(rules, ca_file, FS_READ);
	r = (int)syscall(SYS_landlock_restrict_self, rules, 0);
	(void)close(rules);
	return r;
}

int
discover_confine(const char *ca_file)
{
	if (limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_CPU, 20) != 0 ||
	    limit(RLIMIT_NOFILE, 64) != 0 ||
	    limit(RLIMIT_FSIZE, 1 << 20) != 0)
		return -1;
#ifndef SANITIZED
	if (limit(RLIMIT_AS, (rlim_t)1 << 30) != 0)
		return -1;
#endif
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
#ifndef SANITIZED	/* the leak checker traces the process */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return -1;
#endif
	return confine_paths(ca_file);
}
