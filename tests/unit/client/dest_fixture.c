/* SPDX-License-Identifier: ISC
 *
 * dest_fixture: places, messages and their check, for the tests of
 * destinations.
 */
#include "dest_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OLDER "From a@b Thu Jan  1 00:00:00 1970\nSubject: old\n\nolder"

enum { LARGE = 150000 };

static void
need(bool truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "fixture: %s\n", what);
	abort();
}

struct pop_span
fix_message(unsigned i, bool large)
{
	static const char *const texts[FIX_MESSAGES] = {
		("Return-Path: <wren@example.org>\r\nSubject: one\r\n\r\n"
		"first\r\n"),
		"Subject: two\r\n\r\n.dot\r\nFrom here\r\n>From there\r\n",
		"Subject: three\r\n\r\nthird\r\nlast line\r\n",
	};
	static char *big;

	if (i != 1 || !large)
		return span_str(texts[i]);
	if (big == NULL) {
		big = malloc(LARGE);
		need(big != NULL, "memory");
		for (size_t k = 0; k < LARGE; k++)
			big[k] = k % 79 == 77 ? '\r' : k % 79 == 78 ? '\n' :
			    (char)('a' + k % 23);
		memcpy(big, "Subject: two\r\n\r\n", 16);
		memcpy(big + LARGE - 2, "\r\n", 2);
	}
	return span_of(big, LARGE);
}

/* ---- places -------------------------------------------------------------- */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level == 0 ? 0 : remove(path);
}

void
fix_clear(struct fix *f)
{
	need(nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0,
	    "cannot empty the directory");
	need(mkdir(f->spool, 0700) == 0, "no spool");
}

static void
fix_init_in(struct fix *f, const char *dir)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->name, "work", 5);
	snprintf(f->root, sizeof(f->root), "%s/restante-dest-XXXXXX", dir);
	need(mkdtemp(f->root) != NULL, "no directory");
	snprintf(f->spool, sizeof(f->spool), "%s/spool", f->root);
	snprintf(f->maildir, sizeof(f->maildir), "%s/Maildir", f->root);
	snprintf(f->mbox, sizeof(f->mbox), "%s/box", f->root);
	f->account.name = f->name;
	f->world = (struct dest_world){ .account = &f->account,
		.ident = "0123456789abcdef", .spool = f->spool,
		.hostname = "host/x:y" };
	need(mkdir(f->spool, 0700) == 0, "no spool");
	fix_use(f, CONF_DEST_MAILDIR);
}

void
fix_init(struct fix *f)
{
	fix_init_in(f, "/tmp");
}

void
fix_init_in_memory(struct fix *f)
{
	fix_init_in(f, access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
}

void
fix_done(struct fix *f)
{
	need(nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 &&
	    rmdir(f->root) == 0, "cannot remove the directory");
}

void
fix_use(struct fix *f, enum conf_dest_kind kind)
{
	snprintf(f->text, sizeof(f->text), "%s",
	    kind == CONF_DEST_MAILDIR ? "maildir:Maildir" :
	    kind == CONF_DEST_MBOX ? "mbox:box" : "other");
	f->conf = (struct conf_dest){ .set = true, .kind = kind,
		.text = f->text,
		.path = kind == CONF_DEST_MAILDIR ? f->maildir :
		    kind == CONF_DEST_MBOX ? f->mbox : NULL };
}

struct dest *
fix_open(struct fix *f)
{
	struct dest_error error;
	struct dest *d = dest_open(&f->conf, &f->world, &error);

	if (d == NULL)
		fprintf(stderr, "%s\n", error.text);
	return d;
}

struct draft *
fix_stage(struct dest *d, struct pop_span message, size_t piece,
    struct dest_error *error_r)
{
	struct draft *dr = draft_begin(d, span_of(NULL, 0), error_r);

	while (dr != NULL && message.n > 0) {
		size_t n = message.n < piece ? message.n : piece;

		if (draft_write(dr, span_of(message.p, n), error_r) != 0) {
			draft_abort(dr);
			return NULL;
		}
		span_skip(&message, n);
	}
	if (dr == NULL || draft_end(dr, error_r) == 0)
		return dr;
	draft_abort(dr);
	return NULL;
}

/* ---- files --------------------------------------------------------------- */

char *
fix_read(const char *path, size_t *n_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *p;

	if (fd < 0)
		return NULL;
	need(fstat(fd, &st) == 0, "fstat");
	p = malloc((size_t)st.st_size + 1);
	need(p != NULL && read(fd, p, (size_t)st.st_size) == st.st_size,
	    "cannot read a file");
	close(fd);
	*n_r = (size_t)st.st_size;
	p[*n_r] = '\0';
	return p;
}

void
fix_write(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	need(fd >= 0 && write(fd, text, n) == (ssize_t)n, "cannot write");
	close(fd);
}

int
fix_count(const char *path)
{
	DIR *d = opendir(path);
	int n = -2;

	if (d == NULL)
		return -1;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

bool
fix_first(const char *path, char *out, size_t size)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	bool found = false;

	need(d != NULL, "no such directory");
	while (!found && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			snprintf(out, size, "%s", e->d_name);
			found = true;
		}
	closedir(d);
	return found;
}

/* ---- the check ----------------------------------------------------------- */

struct collect {
	struct draft_sink sink;
	char *p;
	size_t n, size;
};

static int
collect(struct draft_sink *sink, struct pop_span piece)
{
	struct collect *c = (struct collect *)sink;

	need(piece.n <= c->size - c->n, "more came back than was written");
	memcpy(c->p + c->n, piece.p, piece.n);
	c->n += piece.n;
	return 0;
}

/* a message as it is stored: which one is it? */
static int
which(const char *p, size_t n, enum draft_form form, bool large)
{
	struct collect c = { .sink = { collect }, .size = 3 * n + 16 };
	struct draft_text t;
	int found = -1;

	c.p = malloc(c.size);
	draft_text_init(&t, form, &c.sink);
	need(draft_text_read(&t, span_of(p, n)) == 0 &&
	    draft_text_read_end(&t) == 0, "reading back failed");
	for (unsigned i = 0; i < FIX_MESSAGES; i++)
		if (span_eq(span_of(c.p, c.n), fix_message(i, large)))
			found = (int)i;
	free(c.p);
	return found;
}

static const char *
seen_in_dir(const char *dir, bool large, unsigned *seen)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	const char *wrong = NULL;

	while (d != NULL && wrong == NULL && (e = readdir(d)) != NULL) {
		char path[600];
		size_t n;
		char *p;
		int i;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		p = fix_read(path, &n);
		i = which(p, n, DRAFT_LF, large);
		if (i >= 0)
			seen[i]++;
		else
			wrong = "a part of a message is visible";
		free(p);
	}
	if (d != NULL)
		closedir(d);
	return wrong;
}

/* from a From_ line on: up to the next, or the end */
static const char *
next_from(const char *p, const char *end)
{
	for (; end - p >= 7; p++)
		if (memcmp(p, "\n\nFrom ", 7) == 0)
			return p + 2;
	return end;
}

static const char *
seen_in_mbox(const char *path, bool large, unsigned *seen)
{
	const char *wrong = NULL, *at, *end;
	size_t n, old = sizeof(OLDER) - 1;
	char *p = fix_read(path, &n);

	if (p == NULL)
		return NULL;
	at = p;
	end = p + n;
	if (n >= old && memcmp(p, OLDER, old) == 0)
		at = next_from(p, end);
	if (at == end && n > old && strspn(p + old, "\n") == n - old)
		at = end;
	while (wrong == NULL && at < end) {
		const char *next = next_from(at, end);
		const char *lf = memchr(at, '\n', (size_t)(next - at));
		int i = -1;

		if (lf != NULL && strncmp(at, "From ", 5) == 0 &&
		    next - lf >= 2 && next[-1] == '\n')
			i = which(lf + 1, (size_t)(next - lf) - 2,
			    DRAFT_MBOX, large);
		if (i >= 0)
			seen[i]++;
		else
			wrong = "a part of a message is visible";
		at = next;
	}
	free(p);
	return wrong;
}

const char *
fix_seen(const struct fix *f, bool large, unsigned seen[FIX_MESSAGES])
{
	const char *wrong;
	char path[200];

	memset(seen, 0, FIX_MESSAGES * sizeof(*seen));
	if (f->conf.kind == CONF_DEST_MBOX)
		return seen_in_mbox(f->mbox, large, seen);
	snprintf(path, sizeof(path), "%s/new", f->maildir);
	wrong = seen_in_dir(path, large, seen);
	snprintf(path, sizeof(path), "%s/cur", f->maildir);
	return wrong != NULL ? wrong : seen_in_dir(path, large, seen);
}

void
fix_older(const struct fix *f)
{
	fix_write(f->mbox, OLDER, sizeof(OLDER) - 1);
}

int
fix_left(const struct fix *f)
{
	char path[200];
	int n = fix_count(f->spool), tmp;

	snprintf(path, sizeof(path), "%s/tmp", f->maildir);
	tmp = fix_count(path);
	/* besides spool, Maildir and mbox nothing may stand in the root */
	return n + (tmp > 0 ? tmp : 0) + fix_count(f->root) - 1 -
	    (access(f->maildir, F_OK) == 0) - (access(f->mbox, F_OK) == 0);
}
