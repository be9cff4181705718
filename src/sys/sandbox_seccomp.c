/* SPDX-License-Identifier: ISC
 *
 * sandbox_seccomp: which system calls a role may make (libseccomp).
 *
 * Owns the lists.  Whatever is in none of them ends the process, and the
 * audit log says which call it was.  A few calls that a library may make out
 * of habit are answered with an error instead.
 */
#include <sys/mman.h>
#include <sys/prctl.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <seccomp.h>

#include "sys/sandbox_mech.h"

#define N(list) (sizeof(list) / sizeof(*(list)))

/* descriptors one has, memory, time, and the process itself */
static const int common[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv),
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64),
	SCMP_SYS(pwritev), SCMP_SYS(sendfile), SCMP_SYS(lseek),
	SCMP_SYS(recvmsg), SCMP_SYS(recvfrom), SCMP_SYS(recvmmsg),
	SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(sendmmsg),
	SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(shutdown),
	SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(fcntl),
	SCMP_SYS(fstat), SCMP_SYS(fstatfs), SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
	SCMP_SYS(fadvise64), SCMP_SYS(flock), SCMP_SYS(pipe2),
	SCMP_SYS(eventfd2), SCMP_SYS(memfd_create),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
	SCMP_SYS(pselect6), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(munlock),
	SCMP_SYS(futex), SCMP_SYS(membarrier), SCMP_SYS(rseq),
	SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigsuspend), SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sigaltstack), SCMP_SYS(signalfd4), SCMP_SYS(restart_syscall),
	SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
	SCMP_SYS(getegid), SCMP_SYS(getresuid), SCMP_SYS(getresgid),
	SCMP_SYS(getgroups), SCMP_SYS(getrlimit), SCMP_SYS(getrusage),
	SCMP_SYS(umask), SCMP_SYS(uname), SCMP_SYS(sysinfo),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
};

static const int front[] = { SCMP_SYS(accept4), SCMP_SYS(accept) };

/* looking at paths; Landlock says at which ones */
static const int look[] = {
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
	SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(getdents64),
	SCMP_SYS(getdents), SCMP_SYS(chdir), SCMP_SYS(fchdir),
};

static const int change[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(rmdir), SCMP_SYS(truncate), SCMP_SYS(chmod),
	SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown),
	SCMP_SYS(fchown), SCMP_SYS(fchownat), SCMP_SYS(utimensat),
	SCMP_SYS(utimes), SCMP_SYS(syncfs), SCMP_SYS(sync_file_range),
	SCMP_SYS(copy_file_range), SCMP_SYS(splice),
	SCMP_SYS(sched_setscheduler), SCMP_SYS(ioprio_set),
};

/* what a C library does out of habit (time zones, locales, counting the
 * processors): the answer is that there is nothing */
static const int refused_paths[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(stat),
	SCMP_SYS(lstat), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(statx), SCMP_SYS(getcwd), SCMP_SYS(getdents64),
};

/* an int of the caller's fills half an argument; the rest is anything */
static const scmp_datum_t INT_BITS = 0xffffffff;

struct list { const int *calls; size_t n; };
#define LIST(l) { l, N(l) }

/* how many numbers behind the last one that libseccomp knows are taken for
 * system calls younger than this build */
enum { YOUNGER = 128, NUMBER_MAX = 1024 };

static int
add_list(scmp_filter_ctx f, uint32_t action, const struct list *l)
{
	size_t i;
	int e = 0;

	for (i = 0; i < l->n && e == 0; i++) {
		/* negative: this architecture never had the call */
		if (l->calls[i] >= 0)
			e = seccomp_rule_add(f, action, l->calls[i], 0);
	}
	return e;
}

/* allowed when these bits of an argument have this value */
static int
allow(scmp_filter_ctx f, int call, unsigned arg, scmp_datum_t mask,
    scmp_datum_t value)
{
	struct scmp_arg_cmp cmp = { .arg = arg, .op = SCMP_CMP_MASKED_EQ,
		.datum_a = mask, .datum_b = value };

	return seccomp_rule_add_array(f, SCMP_ACT_ALLOW, call, 1, &cmp);
}

static int
refuse(scmp_filter_ctx f, int error, int call)
{
	return seccomp_rule_add(f, SCMP_ACT_ERRNO((uint16_t)error), call, 0);
}

/* calls that are good with some arguments only */
static int
add_conditions(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp reading[2] = {
		{ .arg = 0, .op = SCMP_CMP_EQ },	/* own limits, */
		{ .arg = 2, .op = SCMP_CMP_EQ },	/* no new ones */
	};
	int e = 0;

	/* no memory that can be executed, no code from files */
	e |= allow(f, SCMP_SYS(mmap), 2, PROT_EXEC, 0);
	e |= allow(f, SCMP_SYS(mprotect), 2, PROT_EXEC, 0);
	e |= seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64),
	    N(reading), reading);
	/* abort(3) */
	e |= allow(f, SCMP_SYS(tgkill), 0, INT_BITS, (scmp_datum_t)getpid());
	e |= allow(f, SCMP_SYS(prctl), 0, INT_BITS, PR_SET_NAME);
	/* isatty(3), stdio: nothing here is a device */
	e |= refuse(f, ENOTTY, SCMP_SYS(ioctl));
	return e;
}

static int
add_threads(scmp_filter_ctx f)
{
	/* its flags are in memory, where a filter cannot see them; libc then
	 * falls back to clone */
	return refuse(f, ENOSYS, SCMP_SYS(clone3)) |
	    allow(f, SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD);
}

static int
add_front(scmp_filter_ctx f)
{
	static const struct list calls = LIST(front);
	static const struct list paths = LIST(refused_paths);

	/* fstat(3) is made of it */
	return add_list(f, SCMP_ACT_ALLOW, &calls) |
	    add_list(f, SCMP_ACT_ERRNO(EACCES), &paths) |
	    allow(f, SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH);
}

static int
add_auth(scmp_filter_ctx f)
{
	static const struct list calls = LIST(look);
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;

	/* no socket, but name services may ask for one */
	return add_list(f, SCMP_ACT_ALLOW, &calls) |
	    allow(f, SCMP_SYS(open), 1, writing, O_RDONLY) |
	    allow(f, SCMP_SYS(openat), 2, writing, O_RDONLY) |
	    refuse(f, EACCES, SCMP_SYS(socket)) |
	    add_threads(f);
}

static int
add_store(scmp_filter_ctx f)
{
	static const struct list calls[] = { LIST(look), LIST(change) };

	return add_list(f, SCMP_ACT_ALLOW, &calls[0]) |
	    add_list(f, SCMP_ACT_ALLOW, &calls[1]) |
	    add_threads(f);
}

static int
add_role(scmp_filter_ctx f, enum sandbox_role role)
{
	switch (role) {
	case SANDBOX_FRONT:
		return add_front(f);
	case SANDBOX_AUTH:
		return add_auth(f);
	case SANDBOX_STORE:
		return add_store(f);
	}
	return -EINVAL;
}

/* A newer C library tries newer calls and expects ENOSYS of an older kernel:
 * it must not be killed for it. */
static int
add_younger(scmp_filter_ctx f)
{
	char *name;
	int i, last = 0, e = 0;

	for (i = 0; i < NUMBER_MAX; i++) {
		name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);
		if (name != NULL)
			last = i;
		free(name);
	}
	for (i = last + 1; i <= last + YOUNGER && e == 0; i++)
		e = refuse(f, ENOSYS, i);
	return e;
}

int
sandbox_seccomp(enum sandbox_role role)
{
	static const struct list calls = LIST(common);
	scmp_filter_ctx f;
	int e;

	f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	if (f == NULL) {
		errno = ENOMEM;
		return -1;
	}
	/* all threads; and a binary search instead of a long list */
	e = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (e == 0)
		e = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (e == 0)
		e = add_list(f, SCMP_ACT_ALLOW, &calls);
	if (e == 0)
		e = add_conditions(f) | add_role(f, role) | add_younger(f);
	if (e == 0)
		e = seccomp_load(f);
	seccomp_release(f);
	if (e == 0)
		return 0;
	errno = EINVAL;
	return -1;
}
