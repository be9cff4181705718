/* SPDX-License-Identifier: ISC
 *
 * disk: see disk.h.  The first half writes the tape, the second reads it.
 */
#include "disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/os.h"

enum { SAMPLES = 256, SEEN = 1 << 18, COMBINED = 2 };

enum kind {
	ENTRY,		/* the slot holds node from now on; -1: nothing */
	WRITTEN,	/* data at the end of node */
	SYNCED,		/* node, file or directory */
	FATE		/* told to somebody */
};

struct event {
	enum kind kind;
	int slot, node;
	unsigned op;		/* of entries: a rename makes two in one */
	char data[DISK_DATA];
	size_t n;
	unsigned item;
	enum fate fate;
};

struct node {
	ino_t ino;
	bool is_dir;
	bool plain;		/* a directory not called new or cur */
};

/* A name in a directory. */
struct slot {
	int dir;
	char name[DISK_NAME];
	int now;		/* node, while recording */
};

struct file {
	size_t length, safe;
	char data[DISK_DATA];
};

struct disk_tape {
	struct event events[DISK_EVENTS];
	unsigned n, armed_at, ops;
	struct node nodes[DISK_NODES];
	int nodes_n;
	struct slot slots[DISK_SLOTS];
	int slots_n;
	enum disk_trust trust;
	enum fate first[OFFICE_ITEMS];

	/* the disk that is being made */
	unsigned end;
	bool certain[DISK_EVENTS], on[DISK_EVENTS];
	unsigned loose[DISK_EVENTS], loose_n;
	struct file files[DISK_NODES];
	int unsure[DISK_NODES];		/* files */
	unsigned unsure_n;
	enum disk_how how[DISK_NODES];
	int holds[DISK_SLOTS];
	enum fate fate[OFFICE_ITEMS];
	uint64_t seen[SEEN];		/* hashes of disks; 0: free */
};

struct disk_tape *
disk_tape_new(void)
{
	struct disk_tape *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	return t;
}

void
disk_tape_free(struct disk_tape *t)
{
	free(t);
}

unsigned
disk_tape_length(const struct disk_tape *t)
{
	return t->n - t->armed_at;
}

/* ---- recording ----------------------------------------------------------- */

static struct event *
add_event(struct disk_tape *t, enum kind kind, int node)
{
	struct event *e;

	if (t->n == DISK_EVENTS)
		abort();
	e = &t->events[t->n++];
	*e = (struct event){ .kind = kind, .node = node, .slot = -1 };
	return e;
}

static int
add_node(struct disk_tape *t, const struct stat *st, const char *name)
{
	if (t->nodes_n == DISK_NODES)
		abort();
	t->nodes[t->nodes_n] = (struct node){ st->st_ino,
		S_ISDIR(st->st_mode), strcmp(name, "new") != 0 &&
		    strcmp(name, "cur") != 0 };
	return t->nodes_n++;
}

/* The youngest, as inode numbers are used again; -1: none. */
static int
node_find(const struct disk_tape *t, const struct stat *st)
{
	for (int i = t->nodes_n; i-- > 0;)
		if (t->nodes[i].ino == st->st_ino)
			return i;
	return -1;
}

static int
node_of_fd(const struct disk_tape *t, int fd)
{
	struct stat st;
	int node;

	if (fstat(fd, &st) != 0 || (node = node_find(t, &st)) < 0)
		abort();
	return node;
}

static int
slot_of(struct disk_tape *t, int dir, const char *name)
{
	struct slot *s;

	for (int i = 0; i < t->slots_n; i++)
		if (t->slots[i].dir == dir &&
		    strcmp(t->slots[i].name, name) == 0)
			return i;
	if (t->slots_n == DISK_SLOTS || strlen(name) >= DISK_NAME)
		abort();
	s = &t->slots[t->slots_n];
	*s = (struct slot){ .dir = dir, .now = -1 };
	memcpy(s->name, name, strlen(name) + 1);
	return t->slots_n++;
}

/* The slot of dir/path. */
static int
slot_at(struct disk_tape *t, int dir, const char *path)
{
	char a[1024], b[1024];
	struct stat st;
	int node;

	if (text_format(a, sizeof(a), "%s", path) ||
	    text_format(b, sizeof(b), "%s", path) ||
	    fstatat(dir, dirname(a), &st, 0) != 0 ||
	    (node = node_find(t, &st)) < 0)
		abort();
	return slot_of(t, node, basename(b));
}

static void
entry(struct disk_tape *t, int slot, int node, unsigned op)
{
	struct event *e = add_event(t, ENTRY, node);

	e->slot = slot;
	e->op = op;
	t->slots[slot].now = node;
}

static void
made(struct disk_tape *t, int dir, const char *path)
{
	int slot = slot_at(t, dir, path), now = t->slots[slot].now;
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
		abort();
	/* opened with O_CREAT, and it was there */
	if (now >= 0 && t->nodes[now].ino == st.st_ino)
		return;
	entry(t, slot, add_node(t, &st, t->slots[slot].name), t->ops++);
}

static void
written(struct disk_tape *t, int fd, const void *data, size_t n)
{
	struct event *e = add_event(t, WRITTEN, node_of_fd(t, fd));

	if (n > DISK_DATA)
		abort();
	memcpy(e->data, data, n);
	e->n = n;
}

static void
linked(struct disk_tape *t, const struct os_call *c, bool away)
{
	struct stat st;

	if (fstatat(c->fd2, c->path2, &st, AT_SYMLINK_NOFOLLOW) != 0)
		abort();
	entry(t, slot_at(t, c->fd2, c->path2), node_find(t, &st), t->ops);
	if (away)
		entry(t, slot_at(t, c->fd, c->path), -1, t->ops);
	t->ops++;
}

static void
copied(struct disk_tape *t, const struct os_call *c, size_t n)
{
	char data[DISK_DATA];

	if (n > DISK_DATA ||
	    pread(c->fd, data, n, (off_t)c->offset) != (ssize_t)n)
		abort();
	written(t, c->fd2, data, n);
}

static int
on_before(void *arg, const struct os_call *call)
{
	(void)arg;
	return kernel_before(call);
}

static void
on_after(void *arg, const struct os_call *c, long result, int err)
{
	struct disk_tape *t = arg;

	(void)err;
	kernel_after(c, result);
	if (result < 0)
		return;
	switch ((int)c->op) {
	case OS_OPENAT:
	case OS_OPENAT2:
		if (c->flags & O_CREAT)
			made(t, c->fd, c->path);
		break;
	case OS_MKDIRAT:
		made(t, c->fd, c->path);
		break;
	case OS_WRITE:
		written(t, c->fd, c->data, (size_t)result);
		break;
	case OS_COPY_FILE_RANGE:
		copied(t, c, (size_t)result);
		break;
	case OS_FSYNC:
		add_event(t, SYNCED, node_of_fd(t, c->fd));
		break;
	case OS_RENAMEAT2:
		linked(t, c, true);
		break;
	case OS_LINKAT:
		linked(t, c, false);
		break;
	case OS_UNLINKAT:
		entry(t, slot_at(t, c->fd, c->path), -1, t->ops++);
		break;
	case OS_PWRITE:
	case OS_FTRUNCATE:
	case OS_FDATASYNC:
		/* the store does without; this model, too */
		abort();
	}
}

static void
take_in_file(struct disk_tape *t, const char *path, int node)
{
	struct event *e = add_event(t, WRITTEN, node);
	/* the sweep asks when a file was last read */
	int fd = open(path, O_RDONLY | O_NOATIME);
	ssize_t n = read(fd, e->data, sizeof(e->data));

	if (n < 0 || n == DISK_DATA)
		abort();
	e->n = (size_t)n;
	close(fd);
	add_event(t, SYNCED, node);
}

static void
take_in(struct disk_tape *t, const char *path, int dir)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (d == NULL)
		abort();
	while ((e = readdir(d)) != NULL) {
		char full[600];
		struct stat st;
		int node;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (text_format(full, sizeof(full), "%s/%s", path,
		    e->d_name) || stat(full, &st) != 0)
			abort();
		node = node_find(t, &st);
		if (node >= 0) {
			/* a second name */
			entry(t, slot_of(t, dir, e->d_name), node, t->ops++);
			continue;
		}
		node = add_node(t, &st, e->d_name);
		entry(t, slot_of(t, dir, e->d_name), node, t->ops++);
		if (S_ISDIR(st.st_mode))
			take_in(t, full, node);
		else
			take_in_file(t, full, node);
	}
	closedir(d);
	add_event(t, SYNCED, dir);
}

void
disk_record(struct disk_tape *t, const struct office_run *run)
{
	static struct os_hook hook = { on_before, on_after, NULL };
	struct stat st;

	if (stat(run->root, &st) != 0)
		abort();
	take_in(t, run->root, add_node(t, &st, ""));
	memcpy(t->first, run->fate, sizeof(t->first));
	t->armed_at = t->n;
	hook.arg = t;
	os_hook_set(&hook);
}

void
disk_record_end(struct disk_tape *t)
{
	(void)t;
	os_hook_set(NULL);
}

void
disk_tell(void *tape, unsigned item, enum fate fate)
{
	struct disk_tape *t = tape;
	struct event *e;

	/* before the record: office_run has it */
	if (t->armed_at == 0)
		return;
	e = add_event(t, FATE, -1);
	e->item = item;
	e->fate = fate;
}

/* The fsync at i goes behind the entry that shows its file. */
static void
sync_later(struct disk_tape *t, unsigned i)
{
	for (unsigned k = i; k + 1 < t->n; k++) {
		struct event e = t->events[k];
		bool shown = t->events[k + 1].kind == ENTRY &&
		    t->events[k + 1].node == e.node;

		t->events[k] = t->events[k + 1];
		t->events[k + 1] = e;
		if (shown)
			return;
	}
}

void
disk_distrust(struct disk_tape *t, enum disk_trust trust)
{
	t->trust = trust;
	if (trust != DISK_LATE_FILE_SYNC)
		return;
	for (unsigned i = t->n; i-- > t->armed_at;)
		if (t->events[i].kind == SYNCED &&
		    !t->nodes[t->events[i].node].is_dir)
			sync_later(t, i);
}

/* ---- what is sure -------------------------------------------------------- */

static bool
counts(const struct disk_tape *t, unsigned i)
{
	const struct node *node = &t->nodes[t->events[i].node];

	if (i < t->armed_at)
		return true;
	switch (t->trust) {
	case DISK_TRUST_ALL:
	case DISK_LATE_FILE_SYNC:
		return true;
	case DISK_NO_FILE_SYNC:
		return node->is_dir;
	case DISK_NO_DIR_SYNC:
		return !node->is_dir;
	case DISK_NO_PARENT_SYNC:
		return !node->is_dir || !node->plain;
	}
	return true;
}

static void
play_sync(struct disk_tape *t, unsigned i)
{
	int node = t->events[i].node;

	if (!counts(t, i))
		return;
	if (!t->nodes[node].is_dir) {
		t->files[node].safe = t->files[node].length;
		return;
	}
	for (unsigned k = 0; k < i; k++)
		if (t->events[k].kind == ENTRY &&
		    t->slots[t->events[k].slot].dir == node)
			t->certain[k] = true;
}

static void
play_write(struct disk_tape *t, const struct event *e)
{
	struct file *f = &t->files[e->node];

	if (f->length + e->n > DISK_DATA)
		abort();
	memcpy(f->data + f->length, e->data, e->n);
	f->length += e->n;
}

/* The power goes after `end` events. */
static void
play(struct disk_tape *t, unsigned end)
{
	t->end = end;
	t->loose_n = t->unsure_n = 0;
	memset(t->certain, 0, sizeof(t->certain));
	memset(t->files, 0, sizeof(t->files));
	memcpy(t->fate, t->first, sizeof(t->fate));
	for (unsigned i = 0; i < end; i++) {
		const struct event *e = &t->events[i];

		switch (e->kind) {
		case ENTRY:
			break;
		case WRITTEN:
			play_write(t, e);
			break;
		case SYNCED:
			play_sync(t, i);
			break;
		case FATE:
			t->fate[e->item] = e->fate;
			break;
		}
	}
	for (unsigned i = 0; i < end; i++)
		if (t->events[i].kind == ENTRY && !t->certain[i])
			t->loose[t->loose_n++] = i;
	for (int i = 0; i < t->nodes_n; i++)
		if (t->files[i].safe < t->files[i].length)
			t->unsure[t->unsure_n++] = i;
}

/* ---- one disk ------------------------------------------------------------ */

/* What of file f is there, and its size. */
static size_t
file_as(const struct file *f, enum disk_how how, char out[DISK_DATA])
{
	size_t loose = f->length - f->safe;
	size_t mid = f->safe + loose / 2;
	size_t sector = mid / DISK_SECTOR * DISK_SECTOR;

	if (sector < f->safe)
		sector = f->safe;
	memcpy(out, f->data, f->length);
	switch (how) {
	case DISK_DROPPED:
		return f->safe;
	case DISK_KEPT:
	case DISK_HOWS:
		return f->length;
	case DISK_CUT:
		return mid;
	case DISK_CUT_SECTOR:
		return sector;
	case DISK_ZEROS:
		memset(out + f->safe, 0, loose);
		return f->length;
	case DISK_TAIL_ZEROS:
		memset(out + sector, 0, f->length - sector);
		return f->length;
	case DISK_HOLES:
		for (size_t i = f->safe; i < f->length; i++)
			if (i / DISK_SECTOR % 2 == 0)
				out[i] = '\0';
		return f->length;
	case DISK_GARBAGE:
		memset(out + f->safe, 0xA5, loose);
		return f->length;
	}
	return f->length;
}

static enum disk_how
how_of(const struct disk_tape *t, int node)
{
	return t->files[node].safe < t->files[node].length ? t->how[node] :
	    DISK_KEPT;
}

static uint64_t
mix(uint64_t h, const void *p, size_t n)
{
	const unsigned char *at = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ at[i]) * 0x100000001b3U;
	return h;
}

/* What t->on comes to; its hash. */
static uint64_t
settle(struct disk_tape *t)
{
	uint64_t h = 0xcbf29ce484222325U;

	for (int i = 0; i < t->slots_n; i++)
		t->holds[i] = -1;
	for (unsigned i = 0; i < t->end; i++)
		if (t->events[i].kind == ENTRY &&
		    (t->certain[i] || t->on[i]))
			t->holds[t->events[i].slot] = t->events[i].node;
	for (int i = 0; i < t->slots_n; i++) {
		int node = t->holds[i];

		h = mix(h, &node, sizeof(node));
		if (node >= 0 && !t->nodes[node].is_dir) {
			char data[DISK_DATA];
			size_t n = file_as(&t->files[node], how_of(t, node),
			    data);

			h = mix(h, &n, sizeof(n));
			h = mix(h, data, n);
		}
	}
	h = mix(h, t->fate, sizeof(t->fate));
	return h != 0 ? h : 1;
}

/* true: it was not there yet */
static bool
remember(struct disk_tape *t, uint64_t h)
{
	size_t i = h % SEEN;

	while (t->seen[i] != 0 && t->seen[i] != h)
		i = (i + 1) % SEEN;
	if (t->seen[i] == h)
		return false;
	t->seen[i] = h;
	return true;
}

static void
put_file(const struct disk_tape *t, const char *path, int node)
{
	char data[DISK_DATA];
	size_t n = file_as(&t->files[node], how_of(t, node), data);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	close(fd);
}

static void
put_dir(const struct disk_tape *t, const char *path, int dir)
{
	for (int i = 0; i < t->slots_n; i++) {
		int node = t->holds[i];
		char full[600];

		if (t->slots[i].dir != dir || node < 0)
			continue;
		if (text_format(full, sizeof(full), "%s/%s", path,
		    t->slots[i].name))
			abort();
		if (!t->nodes[node].is_dir) {
			put_file(t, full, node);
			continue;
		}
		if (mkdir(full, 0700) != 0)
			abort();
		put_dir(t, full, node);
	}
}

void
disk_put(const struct disk_tape *t, const char *root)
{
	/* node 0 is the root. A file with two names becomes two files, which
	 * is the same to those who read it. */
	put_dir(t, root, 0);
}

/* ---- all disks ----------------------------------------------------------- */

/* false: enough */
static bool
give(struct disk_tape *t, struct disk_search *s)
{
	s->states++;
	if (!remember(t, settle(t)))
		return true;
	if (s->different++ % s->sample != 0)
		return true;
	s->given++;
	s->fate = t->fate;
	s->cut = t->end - t->armed_at;
	return s->found(s->arg, t, s);
}

/* The entries are chosen; now the files. */
static bool
all_hows(struct disk_tape *t, struct disk_search *s)
{
	static const enum disk_how every[DISK_HOWS] = { DISK_DROPPED,
		DISK_KEPT, DISK_CUT, DISK_CUT_SECTOR, DISK_ZEROS,
		DISK_TAIL_ZEROS, DISK_HOLES, DISK_GARBAGE };
	const enum disk_how *hows = s->hows != NULL ? s->hows : every;
	unsigned n = s->hows != NULL ? s->hows_n : DISK_HOWS;
	bool apart = t->unsure_n <= COMBINED;
	unsigned total = 1;

	for (unsigned i = 0; i < (apart ? t->unsure_n : 1); i++)
		total *= n;
	for (unsigned c = 0; c < total; c++) {
		unsigned rest = c;

		for (unsigned i = 0; i < t->unsure_n; i++) {
			t->how[t->unsure[i]] = hows[rest % n];
			if (apart)
				rest /= n;
		}
		if (!give(t, s))
			return false;
	}
	return true;
}

static bool
all_ordered(struct disk_tape *t, struct disk_search *s)
{
	unsigned first = 0, last = 0;

	for (unsigned i = 0; i < t->end; i++) {
		if (t->events[i].kind != ENTRY)
			continue;
		last = t->events[i].op + 1;
		if (t->certain[i])
			first = last;
	}
	for (unsigned upto = first; upto <= last; upto++) {
		for (unsigned k = 0; k < t->loose_n; k++)
			t->on[t->loose[k]] =
			    t->events[t->loose[k]].op < upto;
		if (!all_hows(t, s))
			return false;
	}
	return true;
}

/* Subset c of n entries, when there are too many for all of them. */
static bool
sampled(unsigned c, unsigned k, unsigned n)
{
	uint32_t x;

	if (c < 2)
		return c == 1;
	c -= 2;
	if (c < 2 * n)
		return (k == c % n) == (c < n);
	c -= 2 * n;
	if (c < n * n)
		return k == c / n || k == c % n;
	x = (c - n * n + 1) * 2654435761U ^ (k + 1) * 2246822519U;
	x ^= x >> 15;
	x *= 2654435761U;
	return x >> 31;
}

static bool
all_strict(struct disk_tape *t, struct disk_search *s)
{
	bool all = t->loose_n <= s->exhaustive;
	unsigned n = t->loose_n;
	unsigned total = all ? 1U << n : 2 + 2 * n + n * n + SAMPLES;

	if (n > s->widest)
		s->widest = n;
	for (unsigned c = 0; c < total; c++) {
		for (unsigned k = 0; k < n; k++)
			t->on[t->loose[k]] = all ? c >> k & 1 :
			    sampled(c, k, n);
		if (!all_hows(t, s))
			return false;
	}
	return true;
}

void
disk_search(struct disk_tape *t, struct disk_search *s)
{
	memset(t->seen, 0, sizeof(t->seen));
	for (unsigned end = t->armed_at; end <= t->n; end++) {
		play(t, end);
		memset(t->on, 0, sizeof(t->on));
		if (!(s->mode == DISK_ORDERED ? all_ordered(t, s) :
		    all_strict(t, s)))
			return;
	}
}
