/* SPDX-License-Identifier: ISC
 *
 * users_edit: see users_edit.h.  Knows lines and their names; what stands in
 * a line is the commands' business.
 */
#include "admin/users_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "auth/passwd_file.h"

/* The temporary file. Only who holds the lock makes one, so that one which
 * is there already was left by a program that was killed. */
#define NEW_SUFFIX ".restantectl"

enum { LOCK_TRIES = 1000 };

static void
cannot(const char *what, const char *path)
{
	int e = errno;

	admin_error("cannot %s %s: %s%s", what, path, strerror(e),
	    e == EACCES || e == EPERM ? "; run restantectl as root" : "");
}

static int
open_users(const char *path, bool create)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd >= 0 || errno != ENOENT || !create) {
		if (fd < 0)
			cannot("open", path);
		return fd;
	}
	/* EEXIST: somebody else was faster, and the caller tries again */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EEXIST)
		cannot("make", path);
	return fd;
}

/* A file that was just made, empty, is for the group that shall read it. Only
 * root can give it away. */
static int
give_to_group(int fd, const struct stat *st, const struct admin_place *place)
{
	if (st->st_size != 0 || (st->st_mode & 07777) != 0600 ||
	    place->group < 0 || geteuid() != 0)
		return 0;
	if (fchown(fd, (uid_t)-1, (gid_t)place->group) == 0 &&
	    fchmod(fd, 0640) == 0)
		return 0;
	cannot("give to its group", place->path);
	return -1;
}

static int
lock(int fd, const char *path)
{
	int r;

	do
		r = flock(fd, LOCK_EX);
	while (r != 0 && errno == EINTR);
	if (r != 0)
		cannot("lock", path);
	return r;
}

/* The file that the name means at this moment, locked.  A rename may come
 * between opening and locking: then it is another one by now. */
static int
open_locked(const char *path, const struct admin_place *place, bool create)
{
	struct stat have, is;
	int fd;

	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		fd = open_users(path, create);
		if (fd < 0 && errno == EEXIST)
			continue;
		if (fd < 0)
			return -1;
		if (lock(fd, path) != 0) {
			(void)close(fd);
			return -1;
		}
		if (fstat(fd, &have) == 0 && stat(path, &is) == 0 &&
		    have.st_dev == is.st_dev && have.st_ino == is.st_ino) {
			if (give_to_group(fd, &have, place) == 0)
				return fd;
			(void)close(fd);
			return -1;
		}
		(void)close(fd);
	}
	admin_error("%s changes all the time; try again", path);
	return -1;
}

static int
read_all(int fd, unsigned char *p, size_t n)
{
	size_t at = 0;
	ssize_t got;

	while (at < n) {
		got = pread(fd, p + at, n - at, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		at += (size_t)got;
	}
	return 0;
}

static int
read_text(struct users_edit *e)
{
	if (fstat(e->fd, &e->st) != 0 || !S_ISREG(e->st.st_mode)) {
		admin_error("%s is not a regular file", e->path);
		return -1;
	}
	if (e->st.st_size > PASSWD_FILE_MAX) {
		admin_error("%s is larger than 256 MiB", e->path);
		return -1;
	}
	e->n = (size_t)e->st.st_size;
	e->text = malloc(e->n + 1);
	if (e->text == NULL || read_all(e->fd, e->text, e->n) != 0) {
		cannot("read", e->path);
		return -1;
	}
	return 0;
}

static void
print_messages(const struct buf *messages)
{
	if (messages->n > 0)
		(void)!fwrite(messages->p, 1, messages->n, stderr);
}

static int
check_text(const struct users_edit *e)
{
	struct passwd_table *t;
	struct buf messages;

	buf_init(&messages, PASSWD_MESSAGES_MAX);
	t = passwd_table_new(e->path, span_of(e->text, e->n), &messages);
	if (t == NULL) {
		print_messages(&messages);
		admin_error("correct these lines first; nothing was changed");
	}
	buf_release(&messages);
	passwd_table_free(t);
	return t == NULL ? -1 : 0;
}

/* Where the file really is: a rename would replace a symbolic link. */
static char *
real_path(const char *path)
{
	char *real = realpath(path, NULL);

	/* a new file has no other name */
	return real != NULL || errno != ENOENT ? real : strdup(path);
}

int
users_edit_begin(struct users_edit *e, const struct admin_place *place,
    bool create)
{
	*e = (struct users_edit){ .fd = -1 };
	buf_init(&e->out, PASSWD_FILE_MAX);
	e->path = real_path(place->path);
	if (e->path == NULL) {
		cannot("find", place->path);
		return -1;
	}
	e->fd = open_locked(e->path, place, create);
	if (e->fd < 0 || read_text(e) != 0 || check_text(e) != 0) {
		users_edit_end(e);
		return -1;
	}
	return 0;
}

void
users_edit_end(struct users_edit *e)
{
	if (e->fd >= 0)
		(void)close(e->fd);	/* and unlock */
	e->fd = -1;
	if (e->text != NULL)
		explicit_bzero(e->text, e->n);
	free(e->text);
	e->text = NULL;
	free(e->path);
	e->path = NULL;
	buf_wipe(&e->out);
}

static int
write_all(int fd, const unsigned char *p, size_t n)
{
	ssize_t put;

	while (n > 0) {
		put = write(fd, p, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

/* Owner first: chown may take bits of the mode away. */
static int
fill(const struct users_edit *e, int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -1;
	if ((st.st_uid != e->st.st_uid || st.st_gid != e->st.st_gid) &&
	    fchown(fd, e->st.st_uid, e->st.st_gid) != 0)
		return -1;
	if (fchmod(fd, e->st.st_mode & 07777) != 0 ||
	    write_all(fd, e->out.p, e->out.n) != 0)
		return -1;
	return fsync(fd);
}

static int
sync_directory(const char *path)
{
	char *dir = strdup(path), *slash;
	int fd, r;

	if (dir == NULL)
		return -1;
	slash = strrchr(dir, '/');
	if (slash == dir)
		slash++;
	if (slash != NULL)
		*slash = '\0';
	fd = open(slash == NULL ? "." : dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return -1;
	r = fsync(fd);
	(void)close(fd);
	return r;
}

/* An editor does not take our lock. What it saved meanwhile is not lost. */
static int
check_unchanged(const struct users_edit *e)
{
	struct stat now;

	if (stat(e->path, &now) == 0 && now.st_ino == e->st.st_ino &&
	    now.st_dev == e->st.st_dev && now.st_size == e->st.st_size &&
	    now.st_mtim.tv_sec == e->st.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == e->st.st_mtim.tv_nsec)
		return 0;
	admin_error("%s was changed meanwhile by another program; try again",
	    e->path);
	return -1;
}

static int
replace(struct users_edit *e, const char *new)
{
	int fd, r;

	if (unlink(new) != 0 && errno != ENOENT) {
		cannot("remove", new);
		return -1;
	}
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		cannot("make", new);
		return -1;
	}
	r = fill(e, fd);
	if (r != 0)
		cannot("write", new);
	if (close(fd) != 0 && r == 0) {
		cannot("write", new);
		r = -1;
	}
	if (r == 0)
		r = check_unchanged(e);
	if (r == 0 && rename(new, e->path) != 0) {
		cannot("replace", e->path);
		r = -1;
	}
	if (r != 0)
		(void)unlink(new);
	return r;
}

int
users_edit_commit(struct users_edit *e)
{
	char *new;
	int r;

	if (asprintf(&new, "%s" NEW_SUFFIX, e->path) < 0) {
		admin_error("out of memory");
		return -1;
	}
	r = replace(e, new);
	free(new);
	if (r == 0 && sync_directory(e->path) != 0) {
		/* it is in force, but a power cut may undo it */
		cannot("make durable", e->path);
		r = -1;
	}
	return r;
}

static char *
find_in(const struct passwd_table *t, const char *name)
{
	struct passwd_user u;

	return t != NULL && passwd_find(t, span_str(name), &u) ?
	    strdup(u.name) : NULL;
}

char *
users_edit_find(const struct users_edit *e, const char *name)
{
	struct passwd_table *t;
	struct buf messages;
	char *found;

	buf_init(&messages, PASSWD_MESSAGES_MAX);
	t = passwd_table_new(e->path, span_of(e->text, e->n), &messages);
	found = find_in(t, name);
	passwd_table_free(t);
	buf_release(&messages);
	return found;
}

char *
users_find(const struct admin_place *place, const char *name)
{
	struct passwd_file *f;
	struct buf messages;
	char *found = NULL;

	buf_init(&messages, PASSWD_MESSAGES_MAX);
	f = passwd_file_new(place->path, &messages);
	if (f != NULL)
		found = find_in(passwd_file_last(f), name);
	passwd_file_free(f);
	buf_release(&messages);
	return found;
}

bool
users_edit_line(struct pop_span *rest, const char *name,
    struct pop_span *line_r)
{
	const unsigned char *end = memchr(rest->p, '\n', rest->n);
	struct pop_span line = *rest, bare;
	struct passwd_line l;
	const char *error;

	if (end != NULL)
		line.n = (size_t)(end - rest->p) + 1;
	span_skip(rest, line.n);
	*line_r = line;
	bare = line;
	if (end != NULL)
		bare.n--;
	return passwd_line_parse(bare, &l, &error) == 1 &&
	    span_eq(l.name, span_str(name));
}

int
users_edit_put(struct users_edit *e, struct pop_span text)
{
	int r = buf_append(&e->out, text.p, text.n);

	if (r == BUF_OK)
		return 0;
	admin_error(r == BUF_EFULL ? "the file of users would become larger "
	    "than 256 MiB" : "out of memory");
	return -1;
}

int
users_edit_put_str(struct users_edit *e, const char *text)
{
	return users_edit_put(e, span_str(text));
}
