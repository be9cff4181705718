/* SPDX-License-Identifier: ISC
 *
 * state_disk: the functions of the C library that change files, replaced for
 * the whole program, libsqlite3 included.  Files of the watched directory only;
 * memory that is mapped (the -shm file) is no part of what survives.
 *
 * A file is what was synced, and writes since then that may or may not have
 * come through, in any order and in parts of 512 octets.  A name is made or
 * removed for good when its directory is synced, not before.
 */
#include "state_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "state_help.h"

enum { FDS = 64, FILES = 128, DIRECTORY = -1, SECTOR = 512 };

enum event_kind {
	EVENT_CREATE, EVENT_WRITE, EVENT_TRUNCATE, EVENT_SYNC, EVENT_UNLINK,
	EVENT_SYNC_DIRECTORY
};

struct event {
	enum event_kind kind;
	int file;
	uint64_t offset;	/* TRUNCATE: the length */
	size_t n;
	unsigned char *data;
};

struct note {
	size_t at;
	int value;
};

static struct {
	char dir[PATH_MAX];
	bool recording;
	int fds[FDS];		/* 0: not ours, else a file + 1, DIRECTORY */
	char names[FILES][64];	/* of every file there ever was */
	bool there[FILES];
	int nfiles;
	struct event *events;
	size_t n, cap;
	struct note notes[256];
	size_t nnotes;

	unsigned calls;
	uint64_t at, seen;
	int error;
	bool lasting, failed;
	uint64_t counts[DISK_CALLS];
} disk;

/* ---- what the tests say -------------------------------------------------- */

static void
forget_events(void)
{
	for (size_t i = 0; i < disk.n; i++)
		free(disk.events[i].data);
	free(disk.events);
	disk.events = NULL;
	disk.n = disk.cap = disk.nnotes = 0;
}

void
disk_watch(const char *dir)
{
	forget_events();
	memset(&disk, 0, sizeof(disk));
	if (dir && snprintf(disk.dir, sizeof(disk.dir), "%s", dir) >= PATH_MAX)
		abort();
}

void
disk_fail(unsigned calls, uint64_t at, int error, bool lasting)
{
	disk.calls = calls;
	disk.at = at;
	disk.error = error;
	disk.lasting = lasting;
	disk.seen = 0;
	disk.failed = false;
	memset(disk.counts, 0, sizeof(disk.counts));
}

bool
disk_failed(void)
{
	return disk.failed;
}

uint64_t
disk_count(enum disk_call call)
{
	return disk.counts[call];
}

void
disk_record(bool on)
{
	disk.recording = on;
}

void
disk_note(int value)
{
	if (disk.nnotes == sizeof(disk.notes) / sizeof(disk.notes[0]))
		abort();
	disk.notes[disk.nnotes++] = (struct note){ disk.n, value };
}

size_t
disk_length(void)
{
	return disk.n;
}

int
disk_noted(size_t at)
{
	int value = -1;

	for (size_t i = 0; i < disk.nnotes && disk.notes[i].at <= at; i++)
		value = disk.notes[i].value;
	return value;
}

/* ---- calls --------------------------------------------------------------- */

/* true: this one fails, errno is set */
static bool
trip(enum disk_call call)
{
	disk.counts[call]++;
	if (disk.at == 0 || (disk.calls & 1u << call) == 0)
		return false;
	disk.seen++;
	if (disk.seen < disk.at || (disk.seen > disk.at && !disk.lasting))
		return false;
	disk.failed = true;
	errno = disk.error;
	return true;
}

static void
record(struct event e, const void *data)
{
	if (!disk.recording)
		return;
	if (disk.n == disk.cap) {
		disk.cap = disk.cap ? disk.cap * 2 : 256;
		disk.events = reallocarray(disk.events, disk.cap, sizeof(e));
		if (!disk.events)
			abort();
	}
	if (data) {
		e.data = malloc(e.n > 0 ? e.n : 1);
		if (!e.data)
			abort();
		memcpy(e.data, data, e.n);
	}
	disk.events[disk.n++] = e;
}

static int
ours(int fd)
{
	return disk.dir[0] != '\0' && fd >= 0 && fd < FDS ? disk.fds[fd] : 0;
}

/* The name within the directory; "" is the directory itself, NULL elsewhere */
static const char *
name_of(int at, const char *path)
{
	size_t n = strlen(disk.dir);

	if (n == 0)
		return NULL;
	if (path[0] != '/')
		return ours(at) == DIRECTORY ? path : NULL;
	if (strncmp(path, disk.dir, n) != 0)
		return NULL;
	if (path[n] == '\0')
		return "";
	return path[n] == '/' ? path + n + 1 : NULL;
}

static int
file_of(const char *name)
{
	for (int i = disk.nfiles; i-- > 0; )
		if (disk.there[i] && strcmp(disk.names[i], name) == 0)
			return i;
	return -1;
}

static int
new_file(const char *name)
{
	if (disk.nfiles == FILES || strlen(name) >= sizeof(disk.names[0]))
		abort();
	memcpy(disk.names[disk.nfiles], name, strlen(name) + 1);
	disk.there[disk.nfiles] = true;
	record((struct event){ EVENT_CREATE, disk.nfiles, 0, 0, NULL }, NULL);
	return disk.nfiles++;
}

static int
do_open(int at, const char *path, int flags, mode_t mode)
{
	const char *name = name_of(at, path);
	int fd, file;

	if (name && trip(DISK_OPEN))
		return -1;
	fd = (int)syscall(SYS_openat, at, path, flags, mode);
	if (!name || fd < 0)
		return fd;
	if (fd >= FDS)
		abort();
	if (*name == '\0') {
		disk.fds[fd] = DIRECTORY;
		return fd;
	}
	file = file_of(name);
	if (file < 0)
		file = new_file(name);
	disk.fds[fd] = file + 1;
	return fd;
}

static mode_t
mode_of(int flags, va_list ap)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ?
	    (mode_t)va_arg(ap, unsigned) : 0;
}

/* By these names for the linker, so that headers do not mind. */
int disk_open(const char *, int, ...) __asm__("open");
int disk_open64(const char *, int, ...) __asm__("open64");
int disk_openat(int, const char *, int, ...) __asm__("openat");
int disk_openat64(int, const char *, int, ...) __asm__("openat64");
int disk_close(int) __asm__("close");
ssize_t disk_pwrite(int, const void *, size_t, off_t) __asm__("pwrite");
ssize_t disk_pwrite64(int, const void *, size_t, off_t) __asm__("pwrite64");
ssize_t disk_pread64(int, void *, size_t, off_t) __asm__("pread64");
int disk_ftruncate64(int, off_t) __asm__("ftruncate64");
int disk_fsync(int) __asm__("fsync");
int disk_fdatasync(int) __asm__("fdatasync");
int disk_unlink(const char *) __asm__("unlink");
int disk_mkdir(const char *, mode_t) __asm__("mkdir");
void *disk_mmap64(void *, size_t, int, int, int, off_t) __asm__("mmap64");
int disk_fcntl64(int, int, ...) __asm__("fcntl64");

int
disk_open(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = do_open(AT_FDCWD, path, flags, mode_of(flags, ap));
	va_end(ap);
	return fd;
}

int
disk_open64(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = do_open(AT_FDCWD, path, flags, mode_of(flags, ap));
	va_end(ap);
	return fd;
}

int
disk_openat(int at, const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = do_open(at, path, flags, mode_of(flags, ap));
	va_end(ap);
	return fd;
}

int
disk_openat64(int at, const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = do_open(at, path, flags, mode_of(flags, ap));
	va_end(ap);
	return fd;
}

int
disk_close(int fd)
{
	if (ours(fd) != 0)
		disk.fds[fd] = 0;
	return (int)syscall(SYS_close, fd);
}

ssize_t
disk_pwrite64(int fd, const void *p, size_t n, off_t offset)
{
	ssize_t r;

	if (ours(fd) != 0 && trip(DISK_WRITE))
		return -1;
	r = syscall(SYS_pwrite64, fd, p, n, offset);
	if (ours(fd) != 0 && r > 0)
		record((struct event){ EVENT_WRITE, ours(fd) - 1,
		    (uint64_t)offset, (size_t)r, NULL }, p);
	return r;
}

ssize_t
disk_pwrite(int fd, const void *p, size_t n, off_t offset)
{
	return disk_pwrite64(fd, p, n, offset);
}

ssize_t
disk_pread64(int fd, void *p, size_t n, off_t offset)
{
	if (ours(fd) != 0 && trip(DISK_READ))
		return -1;
	return syscall(SYS_pread64, fd, p, n, offset);
}

int
disk_ftruncate64(int fd, off_t n)
{
	int r;

	if (ours(fd) != 0 && trip(DISK_TRUNCATE))
		return -1;
	r = (int)syscall(SYS_ftruncate, fd, n);
	if (ours(fd) != 0 && r == 0)
		record((struct event){ EVENT_TRUNCATE, ours(fd) - 1,
		    (uint64_t)n, 0, NULL }, NULL);
	return r;
}

/* The disk is this record: the real one need not be waited for. */
int
disk_fsync(int fd)
{
	if (ours(fd) == 0)
		return (int)syscall(SYS_fsync, fd);
	if (trip(DISK_SYNC))
		return -1;
	record((struct event){ ours(fd) == DIRECTORY ? EVENT_SYNC_DIRECTORY :
	    EVENT_SYNC, ours(fd) - 1, 0, 0, NULL }, NULL);
	return 0;
}

int
disk_fdatasync(int fd)
{
	return disk_fsync(fd);
}

int
disk_unlink(const char *path)
{
	const char *name = name_of(AT_FDCWD, path);
	int file = name ? file_of(name) : -1;

	if (name && trip(DISK_UNLINK))
		return -1;
	if (file >= 0) {
		disk.there[file] = false;
		record((struct event){ EVENT_UNLINK, file, 0, 0, NULL }, NULL);
	}
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int
disk_mkdir(const char *path, mode_t mode)
{
	if (name_of(AT_FDCWD, path) && trip(DISK_MKDIR))
		return -1;
	return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

void *
disk_mmap64(void *p, size_t n, int protection, int flags, int fd, off_t offset)
{
	if (ours(fd) != 0 && trip(DISK_MAP))
		return (void *)-1;
	/* the address, or -1 with errno */
	return (void *)syscall(SYS_mmap, p, n, protection, flags, fd, offset);
}

int
disk_fcntl64(int fd, int command, ...)
{
	va_list ap;
	void *p;

	va_start(ap, command);
	p = va_arg(ap, void *);
	va_end(ap);
	if (command == F_SETLK && ours(fd) != 0 &&
	    ((struct flock *)p)->l_type != F_UNLCK && trip(DISK_LOCK))
		return -1;
	return (int)syscall(SYS_fcntl, fd, command, p);
}

/* ---- after the power cut ------------------------------------------------- */

struct content {
	unsigned char *p;
	size_t n;
	bool named, synced_name;
};

static void
apply_write(struct content *c, uint64_t offset, const unsigned char *p,
    size_t n)
{
	size_t end = (size_t)offset + n;

	if (end > c->n) {
		c->p = realloc(c->p, end);
		if (!c->p)
			abort();
		memset(c->p + c->n, 0, end - c->n);
		c->n = end;
	}
	memcpy(c->p + offset, p, n);
}

static void
apply(struct content *c, const struct event *e, struct help_random *random)
{
	if (e->kind == EVENT_TRUNCATE) {
		if (!random || help_next(random, 2) == 0) {
			static const unsigned char zero[1];

			if (e->offset > c->n)
				apply_write(c, e->offset - 1, zero, 1);
			c->n = (size_t)e->offset;
		}
		return;
	}
	if (!random) {
		apply_write(c, e->offset, e->data, e->n);
		return;
	}
	switch (help_next(random, 3)) {
	case 0:				/* it did not come through */
		return;
	case 1:				/* all of it */
		apply_write(c, e->offset, e->data, e->n);
		return;
	default:			/* some sectors */
		for (size_t i = 0; i < e->n; i += SECTOR) {
			size_t n = e->n - i < SECTOR ? e->n - i : SECTOR;

			if (help_next(random, 2) == 0)
				apply_write(c, e->offset + i, e->data + i, n);
		}
		return;
	}
}

/* All of events [0, at) that touch the contents of `file`: those behind its
 * last sync by chance, or not at all. */
static void
restore_content(struct content *c, int file, size_t at, enum disk_cut cut,
    struct help_random *random)
{
	size_t synced = 0;

	for (size_t i = 0; i < at; i++)
		if (disk.events[i].kind == EVENT_SYNC &&
		    disk.events[i].file == file)
			synced = i;
	for (size_t i = 0; i < at; i++) {
		const struct event *e = &disk.events[i];

		if (e->file != file || (e->kind != EVENT_WRITE &&
		    e->kind != EVENT_TRUNCATE))
			continue;
		if (i < synced || cut == DISK_CUT_ALL)
			apply(c, e, NULL);
		else if (cut == DISK_CUT_SOME)
			apply(c, e, random);
	}
}

static void
restore_names(struct content *files, size_t at, enum disk_cut cut,
    struct help_random *random)
{
	size_t synced = 0;

	for (size_t i = 0; i < at; i++)
		if (disk.events[i].kind == EVENT_SYNC_DIRECTORY)
			synced = i;
	for (size_t i = 0; i < at; i++) {
		const struct event *e = &disk.events[i];

		if (e->kind != EVENT_CREATE && e->kind != EVENT_UNLINK)
			continue;
		if (i < synced || cut == DISK_CUT_ALL ||
		    (cut == DISK_CUT_SOME && help_next(random, 2) == 0))
			files[e->file].named = e->kind == EVENT_CREATE;
	}
}

static void
write_out(const char *dir, const char *name, const struct content *c)
{
	char path[PATH_MAX];
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= PATH_MAX)
		abort();
	/* of two files that had one name after the other, both unsynced, the
	 * later one is there */
	f = fopen(path, "wb");
	if (!f || (c->n > 0 && fwrite(c->p, 1, c->n, f) != c->n) ||
	    fclose(f) != 0)
		abort();
}

void
disk_restore(size_t at, enum disk_cut cut, uint64_t seed, const char *dir)
{
	struct content files[FILES] = { { 0 } };
	struct help_random random = { (seed + 1) * 0x9e3779b97f4a7c15u };
	static const char shm[] = "-shm";

	restore_names(files, at, cut, &random);
	for (int i = 0; i < disk.nfiles; i++) {
		const char *name = disk.names[i];
		size_t n = strlen(name);

		if (!files[i].named || (n > sizeof(shm) - 1 &&
		    strcmp(name + n - sizeof(shm) + 1, shm) == 0))
			continue;
		restore_content(&files[i], i, at, cut, &random);
		write_out(dir, name, &files[i]);
		free(files[i].p);
	}
}
