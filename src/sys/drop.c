/* SPDX-License-Identifier: ISC
 *
 * drop: gives away root, groups, capabilities and the file system.
 *
 * Owns the order in which that must happen and the proof that it cannot be
 * undone.  Must not decide who becomes what: the parent does.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <linux/capability.h>

#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "sys/drop.h"

#ifdef SYS_SANITIZED
/* The leak checker needs /proc at the end of a process, which an empty
 * directory does not have: it has its say now, and only now. */
void __lsan_do_leak_check(void) __attribute__((weak));

static void
last_leak_check(void)
{
	if (__lsan_do_leak_check != NULL)
		__lsan_do_leak_check();
}
#else
static void
last_leak_check(void)
{
}
#endif

int
drop_chroot(const char *dir)
{
	last_leak_check();
	if (chdir(dir) != 0 || chroot(".") != 0)
		return -1;
	return chdir("/");	/* a working directory outside is a way out */
}

static bool
is_identity(uid_t uid, gid_t gid)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	return getresuid(&r, &e, &s) == 0 && getresgid(&rg, &eg, &sg) == 0 &&
	    r == uid && e == uid && s == uid &&
	    rg == gid && eg == gid && sg == gid;
}

/* whether the process can still become somebody else */
static bool
can_return(uid_t uid, gid_t gid)
{
	if (uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		return true;
	return uid != 0 && gid != 0 && (setgid(0) == 0 || setegid(0) == 0);
}

int
drop_identity(uid_t uid, gid_t gid)
{
	gid_t group;
	int n;

	if (geteuid() != 0 && is_identity(uid, gid))
		return 0;	/* started as that user: nothing to give */
	if (setgroups(1, &gid) != 0 || setresgid(gid, gid, gid) != 0 ||
	    setresuid(uid, uid, uid) != 0)
		return -1;
	n = getgroups(1, &group);
	if (n != 1 || group != gid || !is_identity(uid, gid) ||
	    can_return(uid, gid)) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

int
drop_common(void)
{
	struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
#ifndef SYS_SANITIZED	/* whose leak checker is a kind of ptrace */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return -1;
#endif
	return setrlimit(RLIMIT_CORE, &none);
}

/* the mask of capabilities of this kernel that prctl knows a place for */
static int
drop_bounding(unsigned long long keep)
{
	unsigned long cap;

	for (cap = 0; cap < 64; cap++) {
		if ((keep >> cap) & 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL)
			return 0;	/* beyond the kernel's last one */
		return -1;
	}
	return 0;
}

int
drop_capabilities(unsigned long long keep)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct now[2], set[2];
	int i;

	if (syscall(SYS_capget, &head, now) != 0)
		return -1;
	/* the bounding set decides what an exec could give back; who lacks
	 * CAP_SETPCAP cannot change it and gains nothing by exec either,
	 * after no_new_privs */
	if ((now[0].effective >> CAP_SETPCAP) & 1 && drop_bounding(keep) != 0)
		return -1;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	memset(set, 0, sizeof(set));
	for (i = 0; i < 2; i++) {
		set[i].permitted = now[i].permitted &
		    (uint32_t)(keep >> (32 * i));
		set[i].effective = set[i].permitted;
	}
	if (syscall(SYS_capset, &head, set) != 0 ||
	    syscall(SYS_capget, &head, now) != 0)
		return -1;
	if (memcmp(now, set, sizeof(set)) != 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

unsigned long
drop_raise_files(unsigned long want)
{
	struct rlimit now, more;

	if (getrlimit(RLIMIT_NOFILE, &now) != 0)
		return 0;
	more = now;
	if (more.rlim_max != RLIM_INFINITY && more.rlim_max < want) {
		more.rlim_cur = more.rlim_max = want;
		if (setrlimit(RLIMIT_NOFILE, &more) == 0)
			return want;
		more = now;	/* not root, or above fs.nr_open */
	}
	more.rlim_cur = more.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &more) == 0)
		return (unsigned long)more.rlim_cur;
	return (unsigned long)now.rlim_cur;
}
