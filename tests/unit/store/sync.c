/* SPDX-License-Identifier: ISC
 *
 * sync: blocking calls for tests.  Waits on a semaphore that `done` posts, so
 * nothing here depends on time.
 */
#include "sync.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/os.h"

#define DIE(what) do { \
	perror(what); \
	abort(); \
} while (0)

struct wait {
	sem_t ready;
	enum store_result r;
	struct sync_open open;
	struct store_body body, bodies[STORE_BODIES_MAX];
	unsigned n;
	struct sync_begin begin;
	struct sync_outcome outcome;
};

static void
wait_init(struct wait *w)
{
	memset(w, 0, sizeof(*w));
	if (sem_init(&w->ready, 0, 0) != 0)
		DIE("sem_init");
}

static void
wait_done(struct wait *w)
{
	while (sem_wait(&w->ready) != 0)
		;
	sem_destroy(&w->ready);
}

struct store *
sync_store(const char *engine, const char *root)
{
	const char *error = NULL;
	struct store *st = store_new(&(struct store_config){
	    .engine = engine, .root = root, .hostname = "test.example" },
	    &error);

	if (st == NULL) {
		fprintf(stderr, "store_new: %s\n", error);
		abort();
	}
	return st;
}

static void
on_open(void *arg, enum store_result r, struct store_session *s,
    struct store_snapshot *snap)
{
	struct wait *w = arg;

	w->open = (struct sync_open){ r, s, snap };
	sem_post(&w->ready);
}

struct sync_open
sync_open(struct store *st, const char *path)
{
	struct wait w;

	wait_init(&w);
	store_open(st, path, STORE_LOCK_EXCLUSIVE, on_open, &w);
	wait_done(&w);
	return w.open;
}

static void
on_body(void *arg, enum store_result r, const struct store_body *body)
{
	struct wait *w = arg;

	w->r = r;
	w->body = *body;
	sem_post(&w->ready);
}

enum store_result
sync_body(struct store_session *s, uint32_t i, struct store_body *body_r)
{
	struct wait w;

	wait_init(&w);
	store_body(s, i, on_body, &w);
	wait_done(&w);
	*body_r = w.body;
	return w.r;
}

static void
on_bodies(void *arg, enum store_result r, const struct store_body *bodies,
    unsigned n)
{
	struct wait *w = arg;

	w->r = r;
	w->n = n;
	if (n > 0)
		memcpy(w->bodies, bodies, n * sizeof(bodies[0]));
	sem_post(&w->ready);
}

enum store_result
sync_bodies(struct store_session *s, uint32_t i, unsigned max,
    struct store_body *bodies_r, unsigned *n_r)
{
	struct wait w;

	wait_init(&w);
	store_bodies(s, i, max, on_bodies, &w);
	wait_done(&w);
	memcpy(bodies_r, w.bodies, w.n * sizeof(bodies_r[0]));
	*n_r = w.n;
	return w.r;
}

static void
on_done(void *arg, enum store_result r)
{
	struct wait *w = arg;

	w->r = r;
	sem_post(&w->ready);
}

enum store_result
sync_commit(struct store_session *s, const unsigned char *marks)
{
	struct wait w;

	wait_init(&w);
	store_commit(s, marks, on_done, &w);
	wait_done(&w);
	return w.r;
}

enum store_result
sync_commit_one(struct store_session *s, uint32_t count, uint32_t i)
{
	unsigned char *marks = calloc(1, count / 8 + 1);
	enum store_result r;

	if (marks == NULL)
		DIE("calloc");
	marks[i / 8] = (unsigned char)(1 << (i % 8));
	r = sync_commit(s, marks);
	free(marks);
	return r;
}

void
sync_close(struct sync_open *o)
{
	struct wait w;

	if (o->s != NULL) {
		wait_init(&w);
		store_close(o->s, on_done, &w);
		wait_done(&w);
	}
	store_snapshot_free(o->snap);
	*o = (struct sync_open){ 0 };
}

static void
on_begin(void *arg, enum store_result r, struct store_delivery *d, int fd,
    unsigned carrier)
{
	struct wait *w = arg;

	w->begin = (struct sync_begin){ r, d, fd, carrier };
	sem_post(&w->ready);
}

struct sync_begin
sync_begin(struct store *st, const char *const *paths, unsigned n)
{
	struct wait w;

	wait_init(&w);
	store_deliver_begin(st, paths, n, on_begin, &w);
	wait_done(&w);
	return w.begin;
}

void (*sync_told)(unsigned i, enum store_result r);
bool sync_together, sync_wire_form;
/* of the delivery that this thread makes just now */
static _Thread_local bool text_no_dots;

static void
on_each(void *arg, unsigned i, enum store_result r)
{
	struct wait *w = arg;

	if (sync_told != NULL)
		sync_told(i, r);
	if (i == w->outcome.told)
		w->outcome.in_order++;
	if (i < SYNC_COPIES_MAX)
		w->outcome.each[i] = r;
	w->outcome.told++;
}

struct sync_outcome
sync_deliver_commit(struct store_delivery *d, const struct store_copy *copies,
    uint64_t length, uint64_t wire)
{
	struct wait w;

	wait_init(&w);
	store_deliver_flags(d, (sync_together ? STORE_TOGETHER : 0) |
	    (sync_wire_form && text_no_dots ? STORE_NO_DOTS : 0));
	store_deliver_commit(d, copies, length, wire, on_each, on_done, &w);
	wait_done(&w);
	w.outcome.all = w.r;
	return w.outcome;
}

void
sync_abort(struct store_delivery *d)
{
	struct wait w;

	wait_init(&w);
	store_deliver_abort(d, on_done, &w);
	wait_done(&w);
}

static int
write_fd(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t r = write(fd, p, n);

		if (r <= 0)
			return -1;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

struct sync_outcome
sync_deliver(struct store *st, const char *const *paths, unsigned n,
    const char *text, size_t text_n)
{
	struct sync_outcome failed = { .all = STORE_TEMP };
	struct store_copy copies[SYNC_COPIES_MAX];
	char headers[SYNC_COPIES_MAX][16];
	struct sync_begin b = sync_begin(st, paths, n);
	size_t wire_n, header_n;

	if (b.r != STORE_OK) {
		failed.all = b.r;
		return failed;
	}
	for (unsigned i = 0; i < n; i++) {
		snprintf(headers[i], sizeof(headers[i]), "X: %u%s\n", i,
		    sync_wire_form ? "\r" : "");
		header_n = strlen(headers[i]);
		copies[i] = (struct store_copy){ headers[i], header_n,
			header_n + !sync_wire_form };
	}
	header_n = copies[b.carrier].header_len;
	if (os_write_all(b.fd, headers[b.carrier], header_n) != 0 ||
	    os_write_all(b.fd, text, text_n) != 0) {
		close(b.fd);
		sync_abort(b.d);
		return failed;
	}
	close(b.fd);
	free(sync_wire(text, text_n, &wire_n));
	text_no_dots = (text_n == 0 || text[0] != '.') &&
	    memmem(text, text_n, "\n.", 2) == NULL;
	return sync_deliver_commit(b.d, copies, header_n + text_n, wire_n);
}

char *
sync_wire(const char *text, size_t n, size_t *wire_n_r)
{
	char *out = malloc(2 * n + 3);
	size_t w = 0;

	if (out == NULL)
		DIE("malloc");
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
			out[w++] = '\r';
		out[w++] = text[i];
	}
	if (n > 0 && text[n - 1] != '\n') {
		out[w++] = '\r';
		out[w++] = '\n';
	}
	*wire_n_r = w;
	return out;
}

char *
sync_read(const struct store_body *body, size_t *n_r)
{
	char *p = malloc(body->length + 1);
	size_t n = 0;
	ssize_t r;

	if (p == NULL)
		DIE("malloc");
	while (n < body->length && (r = pread(body->fd, p + n,
	    body->length - n, (off_t)(body->offset + n))) > 0)
		n += (size_t)r;
	close(body->fd);
	*n_r = n;
	return p;
}

char *
sync_tmpdir(void)
{
	const char *where = getenv("TMPDIR");
	char dir[256];

	/* in memory where possible: some tests make thousands of maildrops */
	if (where == NULL || strlen(where) > 200)
		where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(dir, sizeof(dir), "%s/restante-test-XXXXXX", where);
	if (mkdtemp(dir) == NULL)
		DIE("mkdtemp");
	return strdup(dir);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
sync_rmdir(char *dir)
{
	if (nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		DIE("nftw");
	free(dir);
}

void
sync_maildir(const char *root, const char *drop)
{
	static const char *const subs[] = { "", "/new", "/cur", "/tmp" };
	char path[512];

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s%s", root, drop, subs[i]);
		if (mkdir(path, 0700) != 0)
			DIE(path);
	}
}

void
sync_file(const char *root, const char *drop, const char *name,
    const char *text, size_t n)
{
	char path[768];
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", root, drop, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write_fd(fd, text, n) != 0 || close(fd) != 0)
		DIE(path);
}

int
sync_count(const char *root, const char *drop, const char *dir)
{
	char path[512];
	struct dirent *e;
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s/%s", root, drop, dir);
	d = opendir(path);
	if (d == NULL)
		return -1;
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}
