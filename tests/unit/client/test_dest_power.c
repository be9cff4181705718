/* SPDX-License-Identifier: ISC
 *
 * The power goes between any two system calls of a batch into Maildir and
 * mbox.  The calls are recorded; for every beginning of the record the
 * directories are made as a disk might hold them: of a file, what it held at
 * its last fsync is there, and of what was written since nothing, half, all,
 * or its length without its octets; of the names made or removed in a
 * directory since its last fsync, any choice.  A rename is done or not done,
 * as all file systems with a journal promise.  Then the client runs again:
 * each message is there once and whole, and what was recorded as delivered was
 * not lost.
 *
 * The test proves that it can fail: with the fsyncs of directories, and then
 * those of files, taken for nothing, it must find losses.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/mbox_private.h"
#include "dest_run.h"
#include "sys/os.h"

enum { NODES = 64, EVENTS = 400, NAME = 200, DATA = 1024, FILE_MAX = 4096,
	FACTS = 8, HOWS = 4, ROOT = 0 };

enum kind { ENTRY, MOVED, WRITTEN, CUT, SYNCED, FACT };

static struct happening {
	enum kind kind;
	int node, dir, dir2;
	char name[NAME], name2[NAME];
	char data[DATA];
	size_t n, at;			/* WRITTEN; CUT: at */
	unsigned fact;
} events[EVENTS];
static unsigned events_n, armed_at;

static struct node {
	ino_t ino;		/* as it was recorded */
	ino_t now;		/* as it was made from the record */
	bool is_dir;
	size_t length;		/* while recording */
} nodes[NODES];
static int nodes_n;

static struct run_memory facts[FACTS];
static unsigned facts_n;
static bool trust_dirs = true, trust_files = true;

static struct happening *
add_event(enum kind kind, int node)
{
	struct happening *e = &events[events_n++];

	if (events_n > EVENTS)
		abort();
	*e = (struct happening){ .kind = kind, .node = node, .dir = -1,
		.dir2 = -1 };
	return e;
}

static int
node_of(const struct stat *st)
{
	for (int i = nodes_n; i-- > 0;)
		if (nodes[i].ino == st->st_ino)
			return i;
	abort();
}

static int
add_node(const struct stat *st)
{
	if (nodes_n == NODES)
		abort();
	nodes[nodes_n] = (struct node){ .ino = st->st_ino,
		.is_dir = S_ISDIR(st->st_mode) };
	return nodes_n++;
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

	if (n >= NAME || strchr(name, '/') != NULL)
		abort();
	memcpy(out, name, n + 1);
}

static void
add_data(int node, const char *p, size_t n, size_t at)
{
	while (n > 0) {
		struct happening *e = add_event(WRITTEN, node);
		size_t k = n < DATA ? n : DATA;

		memcpy(e->data, p, k);
		e->n = k;
		e->at = at;
		at += k;
		p += k;
		n -= k;
	}
	if (at > nodes[node].length)
		nodes[node].length = at;
}

/* ---- recording ----------------------------------------------------------- */

static int
stat_in(int dir, const char *name, struct stat *st)
{
	return fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW);
}

static void
named(int dir, const char *name, bool new)
{
	struct happening *e;
	struct stat st;

	if (stat_in(dir, name, &st) != 0)
		abort();
	e = add_event(ENTRY, new ? add_node(&st) : node_of(&st));
	e->dir = node_of_fd(dir);
	set_name(e->name, name);
}

static void
renamed(const struct os_call *c)
{
	struct happening *e;
	struct stat st;

	if (stat_in(c->fd2, c->path2, &st) != 0)
		abort();
	e = add_event(MOVED, node_of(&st));
	e->dir = node_of_fd(c->fd);
	e->dir2 = node_of_fd(c->fd2);
	set_name(e->name, c->path);
	set_name(e->name2, c->path2);
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
	int node;

	(void)arg;
	(void)err;
	if (result < 0)
		return;
	switch ((int)c->op) {
	case OS_OPENAT:
		/* always with O_EXCL here */
		if (c->flags & O_CREAT)
			named(c->fd, c->path, true);
		break;
	case OS_MKDIRAT:
		named(c->fd, c->path, true);
		break;
	case OS_LINKAT:
		named(c->fd2, c->path2, false);
		break;
	case OS_UNLINKAT: {
		struct happening *e = add_event(ENTRY, -1);

		e->dir = node_of_fd(c->fd);
		set_name(e->name, c->path);
		break;
	}
	case OS_RENAMEAT2:
		renamed(c);
		break;
	case OS_WRITE:
		/* new files, or at the end */
		node = node_of_fd(c->fd);
		add_data(node, c->data, (size_t)result, nodes[node].length);
		break;
	case OS_PWRITE:
		add_data(node_of_fd(c->fd), c->data, (size_t)result,
		    c->offset);
		break;
	case OS_FTRUNCATE:
		node = node_of_fd(c->fd);
		add_event(CUT, node)->at = c->offset;
		nodes[node].length = c->offset;
		break;
	case OS_FSYNC:
		(void)add_event(SYNCED, node_of_fd(c->fd));
		break;
	case OS_FDATASYNC:
	case OS_COPY_FILE_RANGE:
	case OS_OPENAT2:
		abort();
	}
}

static void
take_in(const char *path, int dir)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	if (d == NULL)
		abort();
	while ((entry = readdir(d)) != NULL) {
		char full[600];
		struct happening *e;
		struct stat st;
		int node;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(full, sizeof(full), "%s/%s", path, entry->d_name);
		if (lstat(full, &st) != 0)
			abort();
		node = add_node(&st);
		e = add_event(ENTRY, node);
		e->dir = dir;
		set_name(e->name, entry->d_name);
		if (S_ISDIR(st.st_mode)) {
			take_in(full, node);
		} else {
			size_t n;
			char *p = fix_read(full, &n);

			add_data(node, p, n, 0);
			free(p);
		}
		(void)add_event(SYNCED, node);
	}
	closedir(d);
	(void)add_event(SYNCED, dir);
}

static void
on_fact(void)
{
	if (facts_n == FACTS)
		abort();
	add_event(FACT, -1)->fact = facts_n;
	facts[facts_n++] = *run_memory;
}

static void
make_record(enum conf_dest_kind kind)
{
	static const struct os_hook hook = { nothing, record, NULL };
	struct stat st;

	events_n = 0;
	nodes_n = 0;
	facts_n = 0;
	run_prepare(kind);
	draft_name_new_run();
	if (stat(run_fix.root, &st) != 0)
		abort();
	(void)add_node(&st);
	take_in(run_fix.root, ROOT);
	on_fact();
	armed_at = events_n;
	run_tell = on_fact;
	os_hook_set(&hook);
	run_batch();
	os_hook_set(NULL);
	run_tell = NULL;
}

/* ---- what the disk may hold ---------------------------------------------- */

static bool
counts(const struct happening *e, unsigned i)
{
	return i < armed_at || (nodes[e->node].is_dir ? trust_dirs :
	    trust_files);
}

/* was the directory of this event fsynced behind it? */
static bool
certain(unsigned i, unsigned end)
{
	const struct happening *e = &events[i];

	for (unsigned k = i + 1; k < end; k++)
		if (events[k].kind == SYNCED && counts(&events[k], k) &&
		    (events[k].node == e->dir || events[k].node == e->dir2))
			return true;
	return false;
}

/* Choice c of n loose ones: none, all, each alone, all but one, and some that
 * look like chance. */
static bool
chosen(unsigned c, unsigned k, unsigned n)
{
	if (c < 2)
		return c == 1;
	if (c < 2 + n)
		return k == c - 2;
	if (c < 2 + 2 * n)
		return k != c - 2 - n;
	return (c * 2654435761U >> (k % 24)) & 4;
}

struct names {
	struct { int dir, node; char name[NAME]; } list[NODES];
	int n;
};

static void
set_entry(struct names *t, int dir, const char *name, int node)
{
	for (int i = 0; i < t->n; i++)
		if (t->list[i].dir == dir &&
		    strcmp(t->list[i].name, name) == 0) {
			t->list[i].node = node;
			return;
		}
	if (t->n == NODES)
		abort();
	t->list[t->n].dir = dir;
	t->list[t->n].node = node;
	set_name(t->list[t->n++].name, name);
}

static unsigned
loose_count(unsigned end)
{
	unsigned n = 0;

	for (unsigned i = 0; i < end; i++)
		if ((events[i].kind == ENTRY || events[i].kind == MOVED) &&
		    !certain(i, end))
			n++;
	return n;
}

static void
names_at(struct names *t, unsigned end, unsigned choice)
{
	unsigned n = loose_count(end), k = 0;

	t->n = 0;
	for (unsigned i = 0; i < end; i++) {
		const struct happening *e = &events[i];

		if (e->kind != ENTRY && e->kind != MOVED)
			continue;
		if (!certain(i, end) && !chosen(choice, k++, n))
			continue;
		if (e->kind == MOVED)
			set_entry(t, e->dir2, e->name2, e->node);
		set_entry(t, e->dir, e->name,
		    e->kind == MOVED ? -1 : e->node);
	}
}

/* octets of a file; how: 0 nothing that was not synced, 1 all, 2 half of it,
 * 3 its length alone */
static size_t
contents(int node, unsigned end, int how, char out[FILE_MAX])
{
	unsigned synced = 0, later = 0, done = 0;
	size_t n = 0;

	for (unsigned i = 0; i < end; i++)
		if (events[i].node == node && events[i].kind == SYNCED &&
		    counts(&events[i], i))
			synced = i;
	for (unsigned i = synced; i < end; i++)
		later += events[i].node == node && (events[i].kind == CUT ||
		    events[i].kind == WRITTEN);
	memset(out, 0, FILE_MAX);
	for (unsigned i = 0; i < end; i++) {
		const struct happening *e = &events[i];
		size_t k = e->n;

		if (e->node != node || (e->kind != CUT && e->kind != WRITTEN))
			continue;
		if (i > synced && how == 0)
			break;
		if (i > synced && how == 2 && done++ >= later / 2)
			k /= 2;
		if (e->kind == CUT) {
			n = e->at;
			continue;
		}
		if (e->at + k > FILE_MAX)
			abort();
		if (i <= synced || how != 3)
			memcpy(out + e->at, e->data, k);
		if (e->at + k > n)
			n = e->at + k;
		if (k < e->n)
			break;
	}
	return n;
}

static void
put_file(const char *path, int node, unsigned end, int how)
{
	char data[FILE_MAX];
	size_t n = contents(node, end, how, data);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0 || write(fd, data, n) != (ssize_t)n || fstat(fd, &st) != 0)
		abort();
	close(fd);
	nodes[node].now = st.st_ino;
}

static void
put_dir(const struct names *t, int dir, const char *path, unsigned end,
    int how, char made[NODES][400])
{
	for (int i = 0; i < t->n; i++) {
		char full[400];
		int node = t->list[i].node;

		if (t->list[i].dir != dir || node < 0)
			continue;
		snprintf(full, sizeof(full), "%s/%s", path, t->list[i].name);
		if (nodes[node].is_dir) {
			if (mkdir(full, 0700) != 0)
				abort();
			put_dir(t, node, full, end, how, made);
		} else if (made[node][0] != '\0') {
			if (link(made[node], full) != 0)
				abort();
		} else {
			put_file(full, node, end, how);
			memcpy(made[node], full, sizeof(full));
		}
	}
}

/* inode numbers are what they were */
static void
same_inodes(void *arg, const struct os_call *c, long result, int err)
{
	struct stat *st = c->data;

	(void)arg;
	(void)err;
	if (result != 0 || (c->op != OS_FSTAT && c->op != OS_FSTATAT))
		return;
	for (int i = 0; i < nodes_n; i++)
		if (nodes[i].now != 0 && nodes[i].now == st->st_ino) {
			st->st_ino = nodes[i].ino;
			return;
		}
}

static const char *
try_disk(unsigned end, unsigned choice, int how)
{
	static const struct os_hook hook = { nothing, same_inodes, NULL };
	static char made[NODES][400];
	static struct names names;
	const char *wrong;
	char spool[128];

	memset(made, 0, sizeof(made));
	for (int i = 0; i < nodes_n; i++)
		nodes[i].now = 0;
	names_at(&names, end, choice);
	fix_clear(&run_fix);
	snprintf(spool, sizeof(spool), "%s", run_fix.spool);
	if (rmdir(spool) != 0)
		abort();
	put_dir(&names, ROOT, run_fix.root, end, how, made);
	for (unsigned i = 0; i < end; i++)
		if (events[i].kind == FACT)
			*run_memory = facts[events[i].fact];
	os_hook_set(&hook);
	wrong = run_check_next();
	os_hook_set(NULL);
	return wrong;
}

static unsigned
all_disks(const char *name, unsigned *disks, bool quiet)
{
	unsigned failed = 0;

	for (unsigned end = armed_at; end <= events_n; end++) {
		unsigned n = loose_count(end);
		unsigned choices = n == 0 ? 1 : 2 + 2 * n + 4;

		for (unsigned c = 0; c < choices && c < 24; c++)
			for (int how = 0; how < HOWS; how++) {
				const char *wrong = try_disk(end, c, how);

				++*disks;
				if (wrong == NULL)
					continue;
				failed++;
				if (!quiet)
					printf("%s: after event %u of %u, "
					    "choice %u of %u, %d: %s\n", name,
					    end - armed_at,
					    events_n - armed_at, c, choices,
					    how, wrong);
			}
	}
	return failed;
}

static unsigned
power(enum conf_dest_kind kind, const char *name)
{
	unsigned disks = 0, failed;

	make_record(kind);
	failed = all_disks(name, &disks, false);
	printf("%s: %u events, %u disks, %u wrong\n", name,
	    events_n - armed_at, disks, failed);
	return failed + (disks == 0);
}

static unsigned
must_fail(enum conf_dest_kind kind, const char *what)
{
	unsigned disks = 0, failed;

	make_record(kind);
	failed = all_disks("", &disks, true);
	printf("without fsync of %s: %u of %u disks wrong%s\n", what, failed,
	    disks, failed > 0 ? ", as must be" : ": the test is blind");
	return failed == 0;
}

int
main(void)
{
	static struct run_memory memory;
	unsigned wrong = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	run_memory = &memory;
	mbox_wait_ms = 0;
	fix_init_in_memory(&run_fix);
	wrong += power(CONF_DEST_MAILDIR, "Maildir");
	wrong += power(CONF_DEST_MBOX, "mbox");
	trust_dirs = false;
	wrong += must_fail(CONF_DEST_MAILDIR, "directories");
	trust_dirs = true;
	trust_files = false;
	wrong += must_fail(CONF_DEST_MAILDIR, "files");
	wrong += must_fail(CONF_DEST_MBOX, "files");
	fix_done(&run_fix);
	return wrong == 0 ? 0 : 1;
}
