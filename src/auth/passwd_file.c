/* SPDX-License-Identifier: ISC
 *
 * passwd_file: keeps the table of one path fresh; see passwd_file.h.  Owns
 * the question "has it changed?" and the reading; lines and lookups are
 * passwd_table.c's.
 */
#include "auth/passwd_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Two changes within one tick of the file system's clock have the same
 * stamp. A table that was read so soon after a change is read once more. */
enum { TICK_MS = 20 };

struct stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

struct passwd_file {
	char *path;
	struct passwd_table *table;
	struct stamp stamp;
	bool fresh;		/* read within a tick of its last change */
	int failed;		/* errno that was reported last */
	unsigned long loads;
};

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool
same_stamp(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    same_time(a->mtime, b->mtime) && same_time(a->ctime, b->ctime);
}

static struct stamp
stamp_of(const struct stat *st)
{
	return (struct stamp){
		.dev = st->st_dev, .ino = st->st_ino, .size = st->st_size,
		.mtime = st->st_mtim, .ctime = st->st_ctim
	};
}

/* Was it changed less than a tick ago? A time in the future is not trusted
 * for ever. */
static bool
is_fresh(const struct stamp *s)
{
	struct timespec now;
	int64_t ms;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return false;
	ms = (int64_t)(now.tv_sec - s->mtime.tv_sec) * 1000 +
	    (now.tv_nsec - s->mtime.tv_nsec) / 1000000;
	return ms > -TICK_MS && ms < TICK_MS;
}

__attribute__((format(printf, 2, 3)))
static void
message(struct buf *messages, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text) - 1, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	(void)!buf_printf(messages, "%s\n", text);
}

/* Reads fd, of the size that *st says. NULL with errno. */
static unsigned char *
read_whole(int fd, size_t size)
{
	unsigned char *p = malloc(size + 1);
	size_t n = 0;
	ssize_t got;

	while (p != NULL && n < size) {
		got = read(fd, p + n, size - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got > 0) {
			n += (size_t)got;
			continue;
		}
		/* shorter than it was a moment ago: somebody writes it */
		if (got == 0)
			errno = EAGAIN;
		explicit_bzero(p, n);
		free(p);
		return NULL;
	}
	return p;
}

/* The text of an open file and its stamp. 0, or an errno. */
static int
read_fd(int fd, struct stamp *stamp_r, unsigned char **text_r)
{
	struct stat st;
	unsigned char *p;

	if (fstat(fd, &st) != 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	if (st.st_size > PASSWD_FILE_MAX)
		return EFBIG;
	p = read_whole(fd, (size_t)st.st_size);
	if (p == NULL)
		return errno;
	*stamp_r = stamp_of(&st);
	*text_r = p;
	return 0;
}

static void
wipe_text(unsigned char *text, size_t n)
{
	/* without a text there was an errno */
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
	explicit_bzero(text, n);
	free(text);
}

/* Reads and parses. 0, or -1 with messages; the stamp is remembered in any
 * case, so that a broken file is parsed only once. */
static int
load(struct passwd_file *f, struct buf *messages)
{
	struct passwd_table *t;
	struct stamp stamp = { 0 };
	unsigned char *text = NULL;
	int fd, e;

	fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	e = fd < 0 ? errno : read_fd(fd, &stamp, &text);
	if (fd >= 0)
		(void)close(fd);
	if (e != 0) {
		if (e != f->failed)
			message(messages, "%s: cannot read the users: %s",
			    f->path, e == EINVAL ? "not a regular file" :
			    strerror(e));
		f->failed = e;
		return -1;
	}
	f->failed = 0;
	f->stamp = stamp;
	f->fresh = is_fresh(&stamp);
	f->loads++;
	t = passwd_table_new(f->path, span_of(text, (size_t)stamp.size),
	    messages);
	wipe_text(text, (size_t)stamp.size);
	if (t == NULL)
		return -1;
	passwd_table_free(f->table);
	f->table = t;
	return 0;
}

struct passwd_file *
passwd_file_new(const char *path, struct buf *messages)
{
	struct passwd_file *f = calloc(1, sizeof(*f));

	if (f != NULL)
		f->path = strdup(path);
	if (f == NULL || f->path == NULL) {
		message(messages, "%s: out of memory", path);
		free(f);
		return NULL;
	}
	if (load(f, messages) != 0) {
		passwd_file_free(f);
		return NULL;
	}
	return f;
}

void
passwd_file_free(struct passwd_file *f)
{
	if (f == NULL)
		return;
	passwd_table_free(f->table);
	free(f->path);
	free(f);
}

const struct passwd_table *
passwd_file_table(struct passwd_file *f, struct buf *messages)
{
	struct stamp now;
	struct stat st;

	if (stat(f->path, &st) != 0) {
		if (errno != f->failed)
			message(messages, "%s: cannot read the users, the old "
			    "ones stay in force: %s", f->path,
			    strerror(errno));
		f->failed = errno;
		return f->table;
	}
	now = stamp_of(&st);
	if (same_stamp(&now, &f->stamp) && f->failed == 0 &&
	    !(f->fresh && !is_fresh(&f->stamp)))
		return f->table;
	if (load(f, messages) != 0 && f->failed == 0)
		message(messages, "%s: the old users stay in force until "
		    "this is corrected", f->path);
	return f->table;
}

const struct passwd_table *
passwd_file_last(const struct passwd_file *f)
{
	return f->table;
}

unsigned long
passwd_file_loads(const struct passwd_file *f)
{
	return f->loads;
}
