/* SPDX-License-Identifier: ISC
 *
 * The power goes between any two system calls of each scenario.  The calls
 * are recorded; then, for every beginning of the record, directories are made
 * as a disk might hold them: what a file held at its last fsync is there, of
 * what was written since all, half or nothing; of the entries made or removed
 * in a directory since its last fsync any choice is there.  (That is stricter
 * than any journalling file system.)  What was acknowledged by then must be
 * there, whole; nothing half may be visible.
 *
 * The test proves that it can fail: with fsyncs of directories, and then with
 * those of files, taken for nothing, it must find losses.
 */
#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "office.h"
#include "sync.h"
#include "sys/os.h"

enum { NODES = 128, EVENTS = 512, NAME = 160, DATA = 256, CHOICES = 24 };

enum kind {
	ENTRY,		/* name in dir is node from now on; -1: nothing */
	WRITTEN,	/* data at the end of node */
	SYNCED,		/* node, file or directory */
	FATE		/* told to somebody */
};

static struct event {
	enum kind kind;
	int dir, node;
	char name[NAME];
	char data[DATA];
	size_t n;
	unsigned item;
	enum fate fate;
} events[EVENTS];
static unsigned events_n, armed_at;

static struct node {
	ino_t ino;
	bool is_dir;
} nodes[NODES];
static int nodes_n;

/* which fsyncs count */
static bool trust_dirs = true, trust_files = true;

static struct event *
add_event(enum kind kind, int node)
{
	struct event *e;

	if (events_n == EVENTS)
		abort();
	e = &events[events_n++];
	*e = (struct event){ .kind = kind, .node = node, .dir = -1 };
	return e;
}

static int
add_node(ino_t ino, bool is_dir)
{
	if (nodes_n == NODES)
		abort();
	nodes[nodes_n] = (struct node){ ino, is_dir };
	return nodes_n++;
}

/* The youngest, as inode numbers are used again. */
static int
node_of(const struct stat *st)
{
	for (int i = nodes_n; i-- > 0;)
		if (nodes[i].ino == st->st_ino)
			return i;
	abort();
}

static int
node_of_fd(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		abort();
	return node_of(&st);
}

static void
set_name(char out[NAME], const char *name)
{
	size_t n = strlen(name);

	if (n >= NAME)
		abort();
	memcpy(out, name, n + 1);
}

/* ---- recording ----------------------------------------------------------- */

/* The directory of dir/path, and the last component. */
static int
parent(int dir, const char *path, char name[NAME])
{
	char a[1024], b[1024];
	struct stat st;

	if (strlen(path) >= sizeof(a))
		abort();
	memcpy(a, path, strlen(path) + 1);
	memcpy(b, path, strlen(path) + 1);
	set_name(name, basename(b));
	if (fstatat(dir, dirname(a), &st, 0) != 0)
		abort();
	return node_of(&st);
}

static void
add_entry(int dir, const char *path, int node)
{
	struct event *e = add_event(ENTRY, node);

	e->dir = parent(dir, path, e->name);
}

static void
made(int dir, const char *path)
{
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		abort();
	add_entry(dir, path, add_node(st.st_ino, S_ISDIR(st.st_mode)));
}

static void
written(int fd, const void *data, size_t n)
{
	struct event *e = add_event(WRITTEN, node_of_fd(fd));

	if (n > DATA)
		abort();
	memcpy(e->data, data, n);
	e->n = n;
}

static void
renamed(const struct os_call *c)
{
	struct stat st;

	if (fstatat(c->fd2, c->path2, &st, AT_SYMLINK_NOFOLLOW) != 0)
		abort();
	add_entry(c->fd2, c->path2, node_of(&st));
	add_entry(c->fd, c->path, -1);
}

static void
copied(const struct os_call *c, size_t n)
{
	char data[DATA];

	if (n > DATA || pread(c->fd, data, n, (off_t)c->offset) != (ssize_t)n)
		abort();
	written(c->fd2, data, n);
}

static int
nothing(void *arg, const struct os_call *call)
{
	(void)arg;
	(void)call;
	return 0;
}

static void
record(void *arg, const struct os_call *c, long result, int err)
{
	(void)arg;
	(void)err;
	if (result < 0)
		return;
	switch ((int)c->op) {
	case OS_OPENAT:
	case OS_OPENAT2:
		if (c->flags & O_CREAT)
			made(c->fd, c->path);
		break;
	case OS_MKDIRAT:
		made(c->fd, c->path);
		break;
	case OS_WRITE:
		written(c->fd, c->data, (size_t)result);
		break;
	case OS_COPY_FILE_RANGE:
		copied(c, (size_t)result);
		break;
	case OS_FSYNC:
		add_event(SYNCED, node_of_fd(c->fd));
		break;
	case OS_RENAMEAT2:
		renamed(c);
		break;
	case OS_UNLINKAT:
		add_entry(c->fd, c->path, -1);
		break;
	case OS_LINKAT:
		abort();
	}
}

static const char *recorded_root;

/* Everything there is when the record begins, as if it had been synced. */
static void
take_in(const char *path, int dir)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (d == NULL)
		abort();
	while ((e = readdir(d)) != NULL) {
		char full[600];
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		snprintf(full, sizeof(full), "%s/%s", path, e->d_name);
		if (stat(full, &st) != 0)
			abort();
		struct event *ev = add_event(ENTRY,
		    add_node(st.st_ino, S_ISDIR(st.st_mode)));
		int node = ev->node;

		ev->dir = dir;
		set_name(ev->name, e->d_name);
		if (S_ISDIR(st.st_mode)) {
			take_in(full, node);
		} else {
			char data[DATA];
			int fd = open(full, O_RDONLY);
			ssize_t n = read(fd, data, sizeof(data));

			close(fd);
			ev = add_event(WRITTEN, node);
			memcpy(ev->data, data, (size_t)n);
			ev->n = (size_t)n;
		}
		add_event(SYNCED, node);
	}
	closedir(d);
	add_event(SYNCED, dir);
}

static void
arm(void)
{
	static const struct os_hook hook = { nothing, record, NULL };
	struct stat st;

	if (stat(recorded_root, &st) != 0)
		abort();
	take_in(recorded_root, add_node(st.st_ino, true));
	armed_at = events_n;
	os_hook_set(&hook);
}

static void
disarm(void)
{
	os_hook_set(NULL);
}

static void
tell(void *arg, unsigned item, enum fate fate)
{
	struct event *e = add_event(FATE, -1);

	(void)arg;
	e->item = item;
	e->fate = fate;
}

/* ---- what the disk may hold ---------------------------------------------- */

struct disk {
	/* of each event that is an entry: certainly on the disk */
	bool kept[EVENTS];
	unsigned loose[EVENTS];		/* the others */
	unsigned loose_n;
	size_t length[NODES], safe[NODES];	/* of files */
	char data[NODES][DATA];
	enum fate fate[OFFICE_ITEMS];
};

static void
sync_node(struct disk *d, int node, unsigned end)
{
	if (!nodes[node].is_dir) {
		if (trust_files || end <= armed_at)
			d->safe[node] = d->length[node];
		return;
	}
	if (!trust_dirs && end > armed_at)
		return;
	for (unsigned i = 0; i < end; i++)
		if (events[i].kind == ENTRY && events[i].dir == node)
			d->kept[i] = true;
}

/* The power goes after `end` events. */
static void
play(struct disk *d, unsigned end)
{
	for (unsigned i = 0; i < end; i++) {
		const struct event *e = &events[i];

		switch (e->kind) {
		case ENTRY:
			break;
		case WRITTEN:
			if (d->length[e->node] + e->n > DATA)
				abort();
			memcpy(d->data[e->node] + d->length[e->node],
			    e->data, e->n);
			d->length[e->node] += e->n;
			break;
		case SYNCED:
			sync_node(d, e->node, i + 1);
			break;
		case FATE:
			d->fate[e->item] = e->fate;
			break;
		}
	}
	for (unsigned i = 0; i < end; i++)
		if (events[i].kind == ENTRY && !d->kept[i])
			d->loose[d->loose_n++] = i;
}

/* Choice c of the loose entries: none, all, each alone, all but one, and
 * some others that look like chance but are always the same. */
static bool
chosen(unsigned c, unsigned k, unsigned n)
{
	if (c == 0)
		return false;
	if (c == 1)
		return true;
	if (c < 2 + n)
		return k == c - 2;
	if (c < 2 + 2 * n)
		return k != c - 2 - n;
	return (c * 2654435761U >> (k % 24)) & 4;
}

/* 0: nothing that was not synced, 1: half of it, 2: all */
static size_t
length_kept(const struct disk *d, int node, int how)
{
	return d->safe[node] +
	    (d->length[node] - d->safe[node]) * (size_t)how / 2;
}

static void
put_file(const struct disk *d, const char *path, int node, int how)
{
	size_t n = length_kept(d, node, how);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || write(fd, d->data[node], n) != (ssize_t)n)
		abort();
	close(fd);
}

static bool
on_disk(const struct disk *d, unsigned i, unsigned choice)
{
	unsigned k = 0;

	if (events[i].kind != ENTRY || d->kept[i])
		return events[i].kind == ENTRY;
	while (d->loose[k] != i)
		k++;
	return chosen(choice, k, d->loose_n);
}

/* What a later event on the disk did to the same name. */
static bool
overtaken(const struct disk *d, unsigned i, unsigned end, unsigned choice)
{
	for (unsigned k = i + 1; k < end; k++)
		if (on_disk(d, k, choice) && events[k].dir == events[i].dir &&
		    strcmp(events[k].name, events[i].name) == 0)
			return true;
	return false;
}

static void
put_dir(const struct disk *d, const char *path, int dir, unsigned end,
    unsigned choice, int how)
{
	for (unsigned i = 0; i < end; i++) {
		const struct event *e = &events[i];
		char full[700];

		if (e->kind != ENTRY || e->dir != dir || e->node < 0 ||
		    !on_disk(d, i, choice) || overtaken(d, i, end, choice))
			continue;
		snprintf(full, sizeof(full), "%s/%s", path, e->name);
		if (!nodes[e->node].is_dir) {
			put_file(d, full, e->node, how);
			continue;
		}
		if (mkdir(full, 0700) != 0)
			abort();
		put_dir(d, full, e->node, end, choice, how);
	}
}

static const char *
try_disk(const struct disk *d, unsigned end, unsigned choice, int how)
{
	struct office_run run = { .root = sync_tmpdir() };
	const char *wrong;

	memcpy(run.fate, d->fate, sizeof(run.fate));
	/* node 0 is the root */
	put_dir(d, run.root, 0, end, choice, how);
	wrong = office_check(&run);
	sync_rmdir((char *)(uintptr_t)run.root);
	return wrong;
}

static unsigned
all_disks_at(const struct office_scenario *sc, unsigned end,
    const enum fate *first, unsigned *disks, bool quiet)
{
	struct disk *d = calloc(1, sizeof(*d));
	unsigned choices, failed = 0;

	if (d == NULL)
		abort();
	memcpy(d->fate, first, sizeof(d->fate));
	play(d, end);
	choices = d->loose_n == 0 ? 1 : 2 + 2 * d->loose_n + 8;
	if (choices > CHOICES)
		choices = CHOICES;
	for (unsigned c = 0; c < choices; c++) {
		for (int how = 0; how < 3; how++) {
			const char *wrong = try_disk(d, end, c, how);

			++*disks;
			if (wrong == NULL)
				continue;
			failed++;
			if (!quiet)
				printf("%s: after event %u of %u, choice %u "
				    "of %u, %d: %s\n", sc->name,
				    end - armed_at, events_n - armed_at, c,
				    choices, how, wrong);
		}
	}
	free(d);
	return failed;
}

static unsigned
scenario(const struct office_scenario *sc, unsigned *disks, bool quiet)
{
	struct office_run run = { .root = sync_tmpdir(), .tell = tell };
	enum fate first[OFFICE_ITEMS];
	unsigned failed = 0, before = *disks;

	events_n = armed_at = 0;
	nodes_n = 0;
	recorded_root = run.root;
	office_prepare(&run);
	memcpy(first, run.fate, sizeof(first));
	run.st = sync_store("maildir", run.root);
	sc->act(&run, arm, disarm);
	store_free(run.st);
	sync_rmdir((char *)(uintptr_t)run.root);
	if (run.r != STORE_OK) {
		printf("%s: it fails\n", sc->name);
		return 1;
	}
	for (unsigned end = armed_at; end <= events_n; end++)
		failed += all_disks_at(sc, end, first, disks, quiet);
	if (!quiet)
		printf("%-42s %3u events, %4u disks, %u wrong\n", sc->name,
		    events_n - armed_at, *disks - before, failed);
	return failed;
}

/* Without those fsyncs mail must be seen to be lost. */
static unsigned
must_fail(const char *what)
{
	unsigned disks = 0, failed;

	/* the first scenario: deliver to 1 */
	failed = scenario(&office_scenarios[0], &disks, true);
	printf("without fsync of %s: %u of %u disks wrong%s\n", what, failed,
	    disks, failed > 0 ? ", as must be" : ": the test is blind");
	return failed == 0;
}

int
main(void)
{
	unsigned disks = 0, failed = 0;

	for (unsigned i = 0; i < office_scenarios_n; i++)
		failed += scenario(&office_scenarios[i], &disks, false);
	printf("%u disks in all, %u wrong\n", disks, failed);
	trust_dirs = false;
	failed += must_fail("directories");
	trust_dirs = true;
	trust_files = false;
	failed += must_fail("files");
	return failed == 0 ? 0 : 1;
}
