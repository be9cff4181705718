/* SPDX-License-Identifier: ISC
 *
 * atcall_record: what a process did to its files, in a form from which the
 * directory can be built again as it was at any moment (powercut.py).
 *
 * Fields of a line are separated by tabs: what, inode (of the file that it
 * happened to), path, and what else there is.  Data is in hexadecimal.
 */
#include "atcall.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static bool
below(const struct recorder *r, const char *path)
{
	return strncmp(path, r->root, strlen(r->root)) == 0;
}

/* inode of an open file; 0 when it is none */
static uint64_t
fd_inode(pid_t tid, int fd, bool *directory_r)
{
	char name[64];
	struct stat st;

	if (snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)tid, fd) >=
	    (int)sizeof(name) || stat(name, &st) < 0)
		return 0;
	*directory_r = S_ISDIR(st.st_mode);
	return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? st.st_ino : 0;
}

static uint64_t
path_inode(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ? 0 : st.st_ino;
}

static int64_t
fd_position(pid_t tid, int fd)
{
	char name[64], line[128];
	long long pos = -1;
	FILE *f;

	if (snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", (int)tid, fd) >=
	    (int)sizeof(name))
		return -1;
	f = fopen(name, "r");
	if (f == NULL)
		return -1;
	if (fgets(line, sizeof(line), f) != NULL &&
	    sscanf(line, "pos:%lld", &pos) != 1)
		pos = -1;
	if (fclose(f) != 0)
		return -1;
	return pos;
}

static void
put_hex(FILE *out, pid_t tid, uint64_t from, uint64_t size)
{
	unsigned char piece[4096];

	while (size > 0) {
		size_t n = size < sizeof(piece) ? (size_t)size : sizeof(piece);

		if (memory_read(tid, from, piece, n) < 0) {
			fputs("!", out);	/* the reader stops at it */
			return;
		}
		for (size_t i = 0; i < n; i++)
			fprintf(out, "%02x", piece[i]);
		from += n;
		size -= n;
	}
}

static void
put_vector(FILE *out, pid_t tid, uint64_t vector, uint64_t count,
    uint64_t size)
{
	for (uint64_t i = 0; i < count && size > 0; i++) {
		struct iovec v;
		uint64_t n;

		if (memory_read(tid, vector + i * sizeof(v), &v, sizeof(v)) <
		    0) {
			fputs("!", out);
			return;
		}
		n = v.iov_len < size ? v.iov_len : size;
		put_hex(out, tid, (uint64_t)(uintptr_t)v.iov_base, n);
		size -= n;
	}
}

static void
put_data(FILE *out, const struct tracee *t, uint64_t size)
{
	struct msghdr m;

	switch (t->nr) {
	case SYS_writev:
	case SYS_pwritev:
	case SYS_pwritev2:
		put_vector(out, t->tid, t->args[1], t->args[2], size);
		return;
	case SYS_sendmsg:
		if (memory_read(t->tid, t->args[1], &m, sizeof(m)) < 0)
			fputs("!", out);
		else
			put_vector(out, t->tid,
			    (uint64_t)(uintptr_t)m.msg_iov, m.msg_iovlen,
			    size);
		return;
	default:
		put_hex(out, t->tid, t->args[1], size);
	}
}

static void
record_write(const struct recorder *r, const struct tracee *t, int64_t n)
{
	int fd = (int)t->args[0];
	bool directory, placed;
	uint64_t inode;
	int64_t at;

	if (strncmp(t->path, "socket:", 7) == 0) {
		fprintf(r->out, "net\t0\t%s\t", t->path);
		put_data(r->out, t, (uint64_t)n);
		fputc('\n', r->out);
		return;
	}
	if (!below(r, t->path) || (inode = fd_inode(t->tid, fd,
	    &directory)) == 0)
		return;
	placed = t->nr == SYS_pwrite64 || t->nr == SYS_pwritev ||
	    (t->nr == SYS_pwritev2 && t->args[3] != UINT64_MAX);
	at = placed ? (int64_t)t->args[3] : fd_position(t->tid, fd) - n;
	fprintf(r->out, "write\t%" PRIu64 "\t%s\t%" PRId64 "\t", inode,
	    t->path, at);
	put_data(r->out, t, (uint64_t)n);
	fputc('\n', r->out);
}

/* these are read back: the file holds now what they put there */
static void
record_copy(const struct recorder *r, const struct tracee *t, int64_t n)
{
	int fd = (int)t->args[t->nr == SYS_sendfile ? 0 : 2];
	char name[64], piece[4096];
	bool directory;
	uint64_t inode = fd_inode(t->tid, fd, &directory);
	int64_t at = fd_position(t->tid, fd) - n;
	FILE *f;

	if (!below(r, t->path) || inode == 0)
		return;
	if (t->nr == SYS_copy_file_range && t->args[3] != 0) {
		if (memory_read(t->tid, t->args[3], &at, sizeof(at)) < 0)
			at = 0;
		at -= n;
	}
	fprintf(r->out, "write\t%" PRIu64 "\t%s\t%" PRId64 "\t", inode,
	    t->path, at);
	if (snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)t->tid, fd) >=
	    (int)sizeof(name) || (f = fopen(name, "r")) == NULL) {
		fputs("!\n", r->out);
		return;
	}
	if (fseeko(f, at, SEEK_SET) < 0)
		n = 0;
	while (n > 0) {
		size_t got = fread(piece, 1, n < (int64_t)sizeof(piece) ?
		    (size_t)n : sizeof(piece), f);

		if (got == 0) {
			fputs("!", r->out);
			break;
		}
		for (size_t i = 0; i < got; i++)
			fprintf(r->out, "%02x", (unsigned char)piece[i]);
		n -= (int64_t)got;
	}
	fputc('\n', r->out);
	if (fclose(f) != 0)
		perror(name);
}

static void
record_open(const struct recorder *r, const struct tracee *t, int64_t fd)
{
	bool directory = false;
	uint64_t inode = fd_inode(t->tid, (int)fd, &directory);
	uint64_t flags = t->args[1];

	if (t->nr == SYS_openat)
		flags = t->args[2];
	if (t->nr == SYS_openat2 && memory_read(t->tid, t->args[2], &flags,
	    sizeof(flags)) < 0)
		flags = 0;
	if (!below(r, t->path) || inode == 0 || directory)
		return;
	if ((flags & O_TMPFILE) == O_TMPFILE)
		fprintf(r->out, "tmpfile\t%" PRIu64 "\t\n", inode);
	else if ((flags & O_CREAT) && !t->existed)
		fprintf(r->out, "create\t%" PRIu64 "\t%s\n", inode, t->path);
	else if (flags & O_TRUNC)
		fprintf(r->out, "truncate\t%" PRIu64 "\t%s\t0\n", inode,
		    t->path);
}

static void
record_names(const struct recorder *r, const struct tracee *t,
    const char *kind)
{
	if (strcmp(kind, "mkdir") == 0 && below(r, t->path))
		fprintf(r->out, "mkdir\t%" PRIu64 "\t%s\n",
		    path_inode(t->path), t->path);
	else if (strcmp(kind, "unlink") == 0 && below(r, t->path))
		fprintf(r->out, "unlink\t0\t%s\n", t->path);
	else if (strcmp(kind, "rename") == 0 && below(r, t->path2))
		fprintf(r->out, "rename\t%" PRIu64 "\t%s\t%s\n",
		    path_inode(t->path2), t->path, t->path2);
	else if (strcmp(kind, "link") == 0 && below(r, t->path2))
		fprintf(r->out, "link\t%" PRIu64 "\t%s\n",
		    path_inode(t->path2), t->path2);
	else if (strcmp(kind, "symlink") == 0 && below(r, t->path))
		fprintf(r->out, "strange\t0\t%s\tsymlink\n", t->path);
}

static void
record_fd(const struct recorder *r, const struct tracee *t, const char *kind)
{
	int fd = (int)t->args[0];
	bool directory = false;
	uint64_t inode = fd_inode(t->tid, fd, &directory);

	if (!below(r, t->path) || inode == 0)
		return;
	if (t->nr == SYS_syncfs)
		fprintf(r->out, "syncfs\t0\t%s\n", t->path);
	else if (strcmp(kind, "fsync") == 0)
		fprintf(r->out, "%s\t%" PRIu64 "\t%s\n",
		    directory ? "syncdir" : "sync", inode, t->path);
	else if (t->nr == SYS_ftruncate)
		fprintf(r->out, "truncate\t%" PRIu64 "\t%s\t%" PRIu64 "\n",
		    inode, t->path, t->args[1]);
	else if (t->nr == SYS_fallocate && t->args[1] == 0)
		fprintf(r->out, "extend\t%" PRIu64 "\t%s\t%" PRIu64 "\n",
		    inode, t->path, t->args[2] + t->args[3]);
}

void
record_enter(const struct recorder *r, struct tracee *t)
{
	const struct call_name *c = call_find(t->nr);

	t->existed = call_is(c, "open") && below(r, t->path) &&
	    path_inode(t->path) != 0;
}

void
record_exit(const struct recorder *r, const struct tracee *t, int64_t result)
{
	const struct call_name *c = call_find(t->nr);

	if (c == NULL || result < 0)
		return;
	if (t->nr == SYS_mmap) {
		if (below(r, t->path) && (t->args[2] & PROT_WRITE) &&
		    (t->args[3] & MAP_SHARED))
			fprintf(r->out, "strange\t0\t%s\tmmap\n", t->path);
	} else if (call_is(c, "write") || call_is(c, "send")) {
		if (result > 0)
			record_write(r, t, result);
	} else if (call_is(c, "copy")) {
		if (result > 0)
			record_copy(r, t, result);
	} else if (call_is(c, "open")) {
		record_open(r, t, result);
	} else if (t->nr == SYS_truncate) {
		if (below(r, t->path))
			fprintf(r->out, "truncate\t%" PRIu64 "\t%s\t%" PRIu64
			    "\n", path_inode(t->path), t->path, t->args[1]);
	} else if (c->fd >= 0) {
		record_fd(r, t, c->kind);
	} else {
		record_names(r, t, c->kind);
	}
}
