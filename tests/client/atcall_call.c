/* SPDX-License-Identifier: ISC
 *
 * atcall_call: the names of system calls, and which files one of them is
 * about.  Reads the traced process, changes nothing in it.
 */
#include "atcall.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FD(n, k, f) { SYS_ ## n, #n, k, f, -1, -1, -1, -1 }
#define AT(n, k, d, p) { SYS_ ## n, #n, k, -1, d, p, -1, -1 }
#define TWO(n, k, d, p, d2, p2) { SYS_ ## n, #n, k, -1, d, p, d2, p2 }
#define ANY(n, k) { SYS_ ## n, #n, k, -1, -1, -1, -1, -1 }

static const struct call_name calls[] = {
	FD(write, "write", 0), FD(pwrite64, "write", 0),
	FD(writev, "write", 0), FD(pwritev, "write", 0),
	FD(pwritev2, "write", 0), FD(copy_file_range, "copy", 2),
	FD(sendfile, "copy", 0), FD(splice, "copy", 2),
	FD(read, "read", 0), FD(pread64, "read", 0), FD(readv, "read", 0),
	FD(sendto, "send", 0), FD(sendmsg, "send", 0),
	FD(recvfrom, "recv", 0), FD(recvmsg, "recv", 0),
	FD(connect, "connect", 0), FD(shutdown, "shutdown", 0),
	FD(fsync, "fsync", 0), FD(fdatasync, "fsync", 0),
	FD(syncfs, "fsync", 0), FD(sync_file_range, "sync_file_range", 0),
	FD(ftruncate, "truncate", 0), FD(fallocate, "fallocate", 0),
	FD(close, "close", 0), FD(lseek, "lseek", 0), FD(fcntl, "fcntl", 0),
	FD(flock, "flock", 0), FD(fstat, "stat", 0), FD(fchmod, "chmod", 0),
	FD(getdents64, "getdents", 0), FD(mmap, "mmap", 4),
	AT(openat, "open", 0, 1), AT(openat2, "open", 0, 1),
	AT(truncate, "truncate", -1, 0), AT(mkdirat, "mkdir", 0, 1),
	AT(unlinkat, "unlink", 0, 1), AT(newfstatat, "stat", 0, 1),
	AT(statx, "stat", 0, 1), AT(faccessat, "access", 0, 1),
	AT(chdir, "chdir", -1, 0),
	TWO(renameat, "rename", 0, 1, 2, 3),
	TWO(renameat2, "rename", 0, 1, 2, 3), TWO(linkat, "link", 0, 1, 2, 3),
	TWO(symlinkat, "symlink", 1, 2, -1, -1),
#ifdef SYS_open	/* the old calls: not on every machine */
	AT(open, "open", -1, 0), AT(creat, "open", -1, 0),
	AT(mkdir, "mkdir", -1, 0), AT(rmdir, "unlink", -1, 0),
	AT(unlink, "unlink", -1, 0), AT(stat, "stat", -1, 0),
	AT(lstat, "stat", -1, 0), AT(access, "access", -1, 0),
	TWO(rename, "rename", -1, 0, -1, 1), TWO(link, "link", -1, 0, -1, 1),
#endif
	ANY(socket, "socket"), ANY(setsockopt, "setsockopt"),
	ANY(getsockopt, "getsockopt"), ANY(futex, "futex"),
	ANY(epoll_pwait, "epoll_wait"), ANY(epoll_ctl, "epoll_ctl"),
#ifdef SYS_epoll_wait
	ANY(epoll_wait, "epoll_wait"), ANY(poll, "poll"),
#endif
	ANY(ppoll, "poll"), ANY(munmap, "munmap"), ANY(brk, "brk"),
	ANY(clone, "clone"), ANY(clone3, "clone"), ANY(execve, "execve"),
	ANY(exit, "exit"), ANY(exit_group, "exit"),
	ANY(getrandom, "getrandom"), ANY(rt_sigaction, "sigaction"),
	ANY(rt_sigprocmask, "sigprocmask"), ANY(mprotect, "mprotect"),
	ANY(madvise, "madvise"), ANY(eventfd2, "eventfd"),
	ANY(timerfd_settime, "timerfd_settime"), ANY(getpid, "getpid"),
	ANY(wait4, "wait"),
};

const struct call_name *
call_find(long nr)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == nr)
			return &calls[i];
	return NULL;
}

bool
call_is(const struct call_name *c, const char *name)
{
	return c != NULL && (strcmp(c->kind, name) == 0 ||
	    strcmp(c->name, name) == 0);
}

bool
call_known(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (call_is(&calls[i], name))
			return true;
	return false;
}

int
memory_read(pid_t tid, uint64_t from, void *to, size_t size)
{
	struct iovec local = { to, size };
	struct iovec remote = { (void *)(uintptr_t)from, size };

	if (size == 0)
		return 0;
	return process_vm_readv(tid, &local, 1, &remote, 1, 0) ==
	    (ssize_t)size ? 0 : -1;
}

/* Octet by octet near the end of a page: what lies behind it may not be
 * readable. */
static void
string_read(pid_t tid, uint64_t from, char out[PATH_SIZE])
{
	size_t have = 0;

	while (have < PATH_SIZE - 1) {
		size_t n = 256 - (size_t)((from + have) % 256);

		if (n > PATH_SIZE - 1 - have)
			n = PATH_SIZE - 1 - have;
		if (memory_read(tid, from + have, out + have, n) < 0)
			break;
		if (memchr(out + have, '\0', n) != NULL)
			return;
		have += n;
	}
	out[have] = '\0';
}

static void
proc_link(pid_t tid, const char *what, char out[PATH_SIZE])
{
	char name[64];
	ssize_t n;

	out[0] = '\0';
	if (snprintf(name, sizeof(name), "/proc/%d/%s", (int)tid, what) >=
	    (int)sizeof(name))
		return;
	n = readlink(name, out, PATH_SIZE - 1);
	out[n < 0 ? 0 : n] = '\0';
}

void
fd_path(pid_t tid, int fd, char out[PATH_SIZE])
{
	char what[32];

	out[0] = '\0';
	if (fd >= 0 && snprintf(what, sizeof(what), "fd/%d", fd) > 0)
		proc_link(tid, what, out);
}

/* a path as the process means it, from the root */
static void
path_read(const struct tracee *t, int dir, int path, char out[PATH_SIZE])
{
	char name[PATH_SIZE], base[PATH_SIZE];
	int fd = dir < 0 ? AT_FDCWD : (int)t->args[dir];
	int n;

	string_read(t->tid, t->args[path], name);
	if (name[0] == '/')
		base[0] = '\0';
	else if (fd == AT_FDCWD)
		proc_link(t->tid, "cwd", base);
	else
		fd_path(t->tid, fd, base);
	n = snprintf(out, PATH_SIZE, "%s%s%s", base,
	    base[0] != '\0' && name[0] != '\0' ? "/" : "", name);
	if (n >= PATH_SIZE)
		out[0] = '\0';
}

void
call_paths(const struct call_name *c, struct tracee *t)
{
	t->path[0] = t->path2[0] = '\0';
	if (c == NULL)
		return;
	if (c->fd >= 0)
		fd_path(t->tid, (int)t->args[c->fd], t->path);
	else if (c->path >= 0)
		path_read(t, c->dir, c->path, t->path);
	if (c->path2 >= 0)
		path_read(t, c->dir2, c->path2, t->path2);
}
