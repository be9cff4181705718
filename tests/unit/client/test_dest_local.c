/* SPDX-License-Identifier: ISC
 *
 * Destinations in files: what is stored, who is refused (C21, D09, D10, S47),
 * recovery by ticket (P15), locks.  What happens when calls fail or the
 * process is stopped is test_dest_fault.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/mbox_private.h"
#include "dest_fixture.h"
#include "sys/os.h"

static int
setup(void **state)
{
	struct fix *f = malloc(sizeof(*f));

	fix_init(f);
	mbox_wait_ms = 0;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	os_hook_set(NULL);
	fix_done(*state);
	free(*state);
	return 0;
}

/* all three, through to the end */
static void
deliver(struct fix *f, bool large)
{
	enum dest_outcome outcomes[FIX_MESSAGES];
	struct draft *drafts[FIX_MESSAGES];
	struct dest_error error;
	struct dest *d = fix_open(f);

	assert_non_null(d);
	for (unsigned i = 0; i < FIX_MESSAGES; i++) {
		drafts[i] = fix_stage(d, fix_message(i, large), 1000, &error);
		assert_non_null(drafts[i]);
	}
	assert_int_equal(dest_sync(d, drafts, FIX_MESSAGES, &error), 0);
	assert_int_equal(dest_show(d, drafts, FIX_MESSAGES, outcomes, &error),
	    0);
	for (unsigned i = 0; i < FIX_MESSAGES; i++) {
		assert_int_equal(outcomes[i], DEST_DELIVERED);
		draft_done(drafts[i]);
	}
	dest_close(d);
}

static void
check_once(const struct fix *f, bool large)
{
	unsigned seen[FIX_MESSAGES];

	assert_null(fix_seen(f, large, seen));
	for (unsigned i = 0; i < FIX_MESSAGES; i++)
		assert_int_equal(seen[i], 1);
	assert_int_equal(fix_left(f), 0);
}

/* one message, staged, synced, shown; and its octets as they are stored */
static char *
stored(struct fix *f, struct pop_span message, size_t piece, size_t *n_r)
{
	char path[300], name[160] = "";
	enum dest_outcome r;
	struct dest_error error;
	struct dest *d = fix_open(f);
	struct draft *dr = fix_stage(d, message, piece, &error);
	char *text;

	assert_non_null(dr);
	assert_int_equal(dest_sync(d, &dr, 1, &error), 0);
	assert_int_equal(dest_show(d, &dr, 1, &r, &error), 0);
	draft_done(dr);
	dest_close(d);
	snprintf(path, sizeof(path), "%s/new", f->maildir);
	if (f->conf.kind == CONF_DEST_MAILDIR) {
		assert_true(fix_first(path, name, sizeof(name)));
		snprintf(path, sizeof(path), "%s/new/%s", f->maildir, name);
	} else {
		snprintf(path, sizeof(path), "%s", f->mbox);
	}
	text = fix_read(path, n_r);
	assert_non_null(text);
	assert_int_equal(unlink(path), 0);
	return text;
}

/* ---- Maildir ------------------------------------------------------------- */

static void
test_maildir(void **state)
{
	struct fix *f = *state;
	char dir[128], name[256], path[512];
	struct stat st;
	char *s;

	deliver(f, false);
	check_once(f, false);
	snprintf(dir, sizeof(dir), "%s/new", f->maildir);
	assert_int_equal(fix_count(dir), FIX_MESSAGES);
	/* TIME.R<ident>P<run>Q<n>.HOST,S=<octets> */
	assert_true(fix_first(dir, name, sizeof(name)));
	s = strstr(name, ".R0123456789abcdefP");
	assert_non_null(s);
	assert_int_equal(strspn(name, "0123456789"), s - name);
	assert_non_null(strstr(name, ".host\\057x\\072y,S="));
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(strtol(strstr(name, ",S=") + 3, NULL, 10),
	    st.st_size);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(f->maildir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* and again, into what is there; larger than the buffer */
	fix_clear(f);
	deliver(f, true);
	check_once(f, true);
}

/* item 6: octets, in LF and as they came, at every split */
static void
test_octets(void **state)
{
	static const char text[] = "A: b\r\n\r\n.a\r\n..\r\nFrom x\r\n>From y"
	    "\r\nn\0l\rc\nl\x80\xff\r\nend";
	static const char lf[] = "A: b\n\n.a\n..\nFrom x\n>From y"
	    "\nn\0l\rc\nl\x80\xff\nend";
	struct fix *f = *state;
	size_t n;
	char *p;

	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		f->account.line_ends = ACCOUNT_LINES_LF;
		p = stored(f, span_of(text, sizeof(text) - 1), piece, &n);
		assert_int_equal(n, sizeof(lf) - 1);
		assert_memory_equal(p, lf, n);
		free(p);
		f->account.line_ends = ACCOUNT_LINES_CRLF;
		p = stored(f, span_of(text, sizeof(text) - 1), piece, &n);
		assert_int_equal(n, sizeof(text) - 1);
		assert_memory_equal(p, text, n);
		free(p);
	}
}

/* sizes around the buffer that is written, and a field put on top */
static void
test_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131071,
		131072, 131073 };
	struct fix *f = *state;
	char *text = malloc(200000);

	memset(text, 'x', 200000);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n;
		char *p = stored(f, span_of(text, sizes[i]), 70001, &n);

		assert_int_equal(n, sizes[i]);
		assert_memory_equal(p, text, n);
		free(p);
	}
	free(text);
}

static void
test_received(void **state)
{
	struct fix *f = *state;
	char path[600], name[256];
	struct dest_error error;
	enum dest_outcome r;
	struct dest *d = fix_open(f);
	struct draft *dr = draft_begin(d, span_str("Received: x\r\n"),
	    &error);
	size_t n;
	char *p;

	assert_int_equal(draft_write(dr, span_str("A: b\r\n"), &error), 0);
	assert_int_equal(draft_end(dr, &error), 0);
	assert_int_equal(dest_sync(d, &dr, 1, &error), 0);
	assert_int_equal(dest_show(d, &dr, 1, &r, &error), 0);
	draft_done(dr);
	dest_close(d);
	snprintf(path, sizeof(path), "%s/new", f->maildir);
	assert_true(fix_first(path, name, sizeof(name)));
	snprintf(path, sizeof(path), "%s/new/%s", f->maildir, name);
	p = fix_read(path, &n);
	assert_string_equal(p, "Received: x\nA: b\n");
	free(p);
}

static void
refused(struct fix *f, const char *word)
{
	struct dest_error error = { .fault = FAULT_NONE };
	struct dest *d = dest_open(&f->conf, &f->world, &error);

	assert_null(d);
	assert_int_equal(error.fault, FAULT_DEST);
	if (strstr(error.text, word) == NULL ||
	    strstr(error.text, f->root) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error.text, word);
}

static void
test_maildir_refused(void **state)
{
	struct fix *f = *state;
	char path[300];

	assert_int_equal(symlink("/tmp", f->maildir), 0);
	refused(f, "symbolic link");
	assert_int_equal(unlink(f->maildir), 0);
	assert_int_equal(mkfifo(f->maildir, 0600), 0);
	refused(f, "not a directory");
	assert_int_equal(unlink(f->maildir), 0);
	fix_write(f->maildir, "x", 1);
	refused(f, "not a directory");
	assert_int_equal(unlink(f->maildir), 0);
	/* a directory that is something else */
	assert_int_equal(mkdir(f->maildir, 0700), 0);
	snprintf(path, sizeof(path), "%s/thesis.txt", f->maildir);
	fix_write(path, "x", 1);
	refused(f, "no Maildir");
	assert_int_equal(unlink(path), 0);
	/* one of its parts is a link to elsewhere */
	snprintf(path, sizeof(path), "%s/new", f->maildir);
	assert_int_equal(symlink("/tmp", path), 0);
	refused(f, "symbolic link");
	assert_int_equal(unlink(path), 0);
	/* a part that is missing is made */
	assert_int_equal(mkdir(path, 0700), 0);
	deliver(f, false);
	check_once(f, false);
	/* its parent must be there */
	snprintf(path, sizeof(path), "%s/none/Maildir", f->root);
	f->conf.path = path;
	refused(f, "none");
}

/* directories of another user, when we may be that user for a moment */
static void
test_other_owner(void **state)
{
	struct fix *f = *state;
	char path[300];

	if (geteuid() != 0) {
		skip();
		return;
	}
	assert_int_equal(mkdir(f->maildir, 0700), 0);
	assert_int_equal(chown(f->maildir, 65534, 65534), 0);
	refused(f, "another user");
	/* root does not deliver into a directory that is somebody's */
	snprintf(path, sizeof(path), "%s/inner", f->maildir);
	f->conf.path = path;
	{
		struct dest_error error;

		assert_null(dest_open(&f->conf, &f->world, &error));
		assert_non_null(strstr(error.text, "belongs to somebody"));
	}
	fix_use(f, CONF_DEST_MBOX);
	fix_write(f->mbox, "", 0);
	assert_int_equal(chown(f->mbox, 65534, 65534), 0);
	refused(f, "another user");
}

/* ---- recovery: Maildir --------------------------------------------------- */

struct ticket {
	unsigned char p[STATE_TICKET_MAX];
	size_t n;
};

/* staged and durable, an intent recorded; shown when that is wanted */
static struct ticket
interrupted(struct fix *f, unsigned message, bool show)
{
	struct dest_error error;
	struct dest *d = fix_open(f);
	struct draft *dr = fix_stage(d, fix_message(message, false), 100,
	    &error);
	struct ticket t;
	enum dest_outcome r;

	assert_int_equal(dest_sync(d, &dr, 1, &error), 0);
	t.n = draft_ticket(dr).n;
	assert_in_range(t.n, 1, STATE_TICKET_MAX);
	memcpy(t.p, draft_ticket(dr).p, t.n);
	if (show)
		assert_int_equal(dest_show(d, &dr, 1, &r, &error), 0);
	draft_leave(dr);
	dest_close(d);
	return t;
}

static enum dest_outcome
recover(struct fix *f, const struct ticket *t, int64_t age)
{
	struct dest_error error;

	return dest_recover(&f->world, span_of(t->p, t->n), dest_now() - age,
	    &error);
}

static unsigned
seen_of(struct fix *f, unsigned message)
{
	unsigned seen[FIX_MESSAGES];

	assert_null(fix_seen(f, false, seen));
	return seen[message];
}

static void
move_to_cur(const struct fix *f)
{
	char from[500], to[500], dir[200], name[256];

	snprintf(dir, sizeof(dir), "%s/new", f->maildir);
	assert_true(fix_first(dir, name, sizeof(name)));
	snprintf(from, sizeof(from), "%s/new/%s", f->maildir, name);
	snprintf(to, sizeof(to), "%s/cur/%s:2,S", f->maildir, name);
	assert_int_equal(rename(from, to), 0);
}

static void
test_recover_maildir(void **state)
{
	enum { HOUR = 3600 };
	struct fix *f = *state;
	struct ticket t = interrupted(f, 0, false);

	/* not shown: now it is; and asked again, it still is, once */
	assert_int_equal(seen_of(f, 0), 0);
	assert_int_equal(recover(f, &t, 0), DEST_DELIVERED);
	assert_int_equal(seen_of(f, 0), 1);
	assert_int_equal(recover(f, &t, 0), DEST_DELIVERED);
	assert_int_equal(recover(f, &t, 31 * HOUR), DEST_DELIVERED);
	/* a reader has it in cur/ */
	move_to_cur(f);
	assert_int_equal(recover(f, &t, 31 * HOUR), DEST_DELIVERED);
	assert_int_equal(seen_of(f, 0), 1);
	fix_clear(f);
	/* a draft that lies there for long is as good */
	t = interrupted(f, 1, false);
	assert_int_equal(recover(f, &t, 40 * HOUR), DEST_DELIVERED);
	assert_int_equal(seen_of(f, 1), 1);
	fix_clear(f);
	/* shown, and read and removed since: not fetched again... */
	t = interrupted(f, 2, true);
	move_to_cur(f);
	fix_clear(f);
	assert_int_equal(recover(f, &t, 31 * HOUR), DEST_REFUSED);
	dest_close(fix_open(f));
	assert_int_equal(recover(f, &t, 29 * HOUR), DEST_DELIVERED);
	/* ...unless a reader may have cleaned tmp/ of it unseen */
	assert_int_equal(recover(f, &t, 31 * HOUR), DEST_REFUSED);
	/* the whole Maildir is not there today */
	fix_clear(f);
	assert_int_equal(recover(f, &t, HOUR), DEST_TEMPORARY);
}

/* the name of another message must not pass for it: one is the beginning of
 * the other */
static void
test_recover_other_name(void **state)
{
	struct fix *f = *state;
	struct ticket t = interrupted(f, 0, true);
	char dir[200], name[256], from[500], to[500];

	snprintf(dir, sizeof(dir), "%s/new", f->maildir);
	assert_true(fix_first(dir, name, sizeof(name)));
	snprintf(from, sizeof(from), "%s/%s", dir, name);
	strstr(name, ",S=")[0] = '\0';
	snprintf(to, sizeof(to), "%s/%sx,S=1", dir, name);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(recover(f, &t, 31 * 3600), DEST_REFUSED);
}

static void
test_recover_nonsense(void **state)
{
	static const char *const bad[] = { "", "x", "maildir", "mbox",
		"maildir\0/tmp", "maildir\0/tmp\0a/b\0c\0",
		"maildir\0relative\0a\0b\0", "mbox\0/tmp/x\0n\0" "12x\0",
		"mbox\0relative\0n\0" "12\0" };
	static const size_t sizes[] = { 0, 1, 7, 4, 12, 20, 22, 19, 20 };
	struct fix *f = *state;
	struct dest_error error;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		enum dest_outcome r = dest_recover(&f->world,
		    span_of(bad[i], sizes[i]), 0, &error);

		if (r != DEST_REFUSED || error.text[0] == '\0')
			fail_msg("ticket %zu: %d", i, r);
	}
	assert_int_equal(dest_recover(&f->world, span_of("discard", 8), 0,
	    &error), DEST_DELIVERED);
	assert_int_equal(dest_recover(&f->world, span_of("pipe", 5), 0,
	    &error), DEST_UNKNOWN);
	assert_int_equal(dest_recover(&f->world, span_of("lmtp", 5), 0,
	    &error), DEST_UNKNOWN);
}

/* ---- sweep --------------------------------------------------------------- */

static void
test_sweep(void **state)
{
	static const enum conf_dest_kind kinds[] = { CONF_DEST_MAILDIR,
		CONF_DEST_MBOX };
	struct fix *f = *state;

	for (size_t i = 0; i < 2; i++) {
		struct dest_error error;
		struct dest *d;
		struct draft *dr;
		char other[200];

		fix_clear(f);
		fix_use(f, kinds[i]);
		(void)interrupted(f, 0, false);
		d = fix_open(f);
		/* those of this run are in use */
		dest_sweep(d);
		assert_int_equal(fix_left(f), 1);
		draft_name_new_run();
		dr = fix_stage(d, fix_message(0, false), 9, &error);
		/* somebody else's */
		snprintf(other, sizeof(other), "%s/1.Rfedcba9876543210P1Q0.h",
		    f->spool);
		fix_write(other, "x", 1);
		assert_int_equal(fix_left(f), 3);
		dest_sweep(d);
		assert_int_equal(fix_left(f), 2);
		assert_int_equal(access(other, F_OK), 0);
		draft_abort(dr);
		assert_int_equal(fix_left(f), 1);
		dest_close(d);
	}
}

static void
test_names(void **state)
{
	static const char *const no[] = { "", "x", "1.R0123456789abcdefP1",
		"1.R0123456789abcdefQ1.h", "1.M2.R0123456789abcdefP1Q1.h",
		".R0123456789abcdefP1Q1.h", "1.R0123456789abcdeP1Q1.h",
		"1.R0123456789abcdefPQ1.h", "1.R0123456789abcdefP1Q.h" };
	struct fix *f = *state;
	char a[DRAFT_NAME_MAX], b[DRAFT_NAME_MAX], host[400];
	bool mine;

	draft_name(a, &f->world);
	draft_name(b, &f->world);
	assert_string_not_equal(a, b);
	assert_true(draft_name_ours(a, f->world.ident, &mine) && mine);
	draft_name_new_run();
	assert_true(draft_name_ours(a, f->world.ident, &mine) && !mine);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (draft_name_ours(no[i], f->world.ident, &mine))
			fail_msg("%s", no[i]);
	/* a host name that would not fit, or leads elsewhere (D10) */
	memset(host, '/', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	f->world.hostname = host;
	draft_name(a, &f->world);
	assert_null(strchr(a, '/'));
	assert_true(strlen(a) < 200);
	f->world.hostname = NULL;
	draft_name(a, &f->world);
	assert_non_null(strstr(a, ".localhost"));
}

/* ---- mbox ---------------------------------------------------------------- */

static void
test_mbox(void **state)
{
	struct fix *f = *state;
	struct stat st;
	size_t n;
	char *p;

	fix_use(f, CONF_DEST_MBOX);
	deliver(f, false);
	check_once(f, false);
	assert_int_equal(stat(f->mbox, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	p = fix_read(f->mbox, &n);
	/* RFC 4155: the envelope sender of Return-Path, else MAILER-DAEMON */
	assert_memory_equal(p, "From wren@example.org ", 22);
	assert_non_null(strstr(p, "\n\nFrom MAILER-DAEMON "));
	assert_non_null(strstr(p, "\n>From here\n>>From there\n\n"));
	assert_memory_equal(p + n - 2, "\n\n", 2);
	/* asctime, UTC: "Sun Nov 22 01:02:03 2026" */
	{
		char day[4], month[4];
		int mday, hour, minute, second, year, used = 0;

		assert_int_equal(sscanf(p + 22, "%3s %3s %2d %2d:%2d:%2d %4d%n",
		    day, month, &mday, &hour, &minute, &second, &year,
		    &used), 7);
		assert_int_equal(used, 24);
		assert_int_equal(p[22 + 24], '\n');
		assert_true(year >= 2024);
	}
	free(p);
	/* and more behind it, larger than the buffers */
	fix_clear(f);
	fix_older(f);
	deliver(f, true);
	check_once(f, true);
	p = fix_read(f->mbox, &n);
	assert_non_null(strstr(p, "\n\nolder\n\nFrom wren@example.org "));
	free(p);
}

/* what is wanted between the older mail and ours: an empty line */
static void
test_mbox_ends(void **state)
{
	static const struct { const char *before, *between; } cases[] = {
		{ "", "" }, { "x", "\n\n" }, { "x\n", "\n" }, { "x\n\n", "" },
		{ "\n", "\n" }, { "x\n\n\n", "" },
	};
	struct fix *f = *state;

	fix_use(f, CONF_DEST_MBOX);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[64];
		size_t n, k;
		char *p;

		fix_write(f->mbox, cases[i].before, strlen(cases[i].before));
		p = stored(f, span_str("A: b\r\n\r\n"), 3, &n);
		k = (size_t)snprintf(want, sizeof(want), "%s%sFrom MAILER-",
		    cases[i].before, cases[i].between);
		assert_true(n > k);
		assert_memory_equal(p, want, k);
		free(p);
	}
}

static void
test_sender(void **state)
{
	static const struct { const char *header, *from; } cases[] = {
		{ "Return-Path: <a@b>\r\n\r\n", "a@b" },
		{ "return-path:<a@b> \r\n\r\n", "a@b" },
		{ "A: b\r\nReturn-Path:\r\n <a@b>\r\n\r\n", "a@b" },
		{ "Return-Path: <>\r\n\r\n", "MAILER-DAEMON" },
		{ "Return-Path: a@b\r\n\r\n", "MAILER-DAEMON" },
		{ "Return-Path: <a b@c>\r\n\r\n", "MAILER-DAEMON" },
		{ "Return-Path: <a@b\x80>\r\n\r\n", "MAILER-DAEMON" },
		{ "Return-Path: <a@b\x01>\r\n\r\n", "MAILER-DAEMON" },
		{ "Return-Path: <a<b@c>\r\n\r\n", "MAILER-DAEMON" },
		/* not of the header */
		{ "A: b\r\n\r\nReturn-Path: <a@b>\r\n", "MAILER-DAEMON" },
		{ "", "MAILER-DAEMON" },
	};
	struct fix *f = *state;

	fix_use(f, CONF_DEST_MBOX);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t piece = 1; piece < 40; piece += 3) {
			char want[64];
			size_t n, k;
			char *p = stored(f, span_str(cases[i].header), piece,
			    &n);

			k = (size_t)snprintf(want, sizeof(want), "From %s ",
			    cases[i].from);
			if (strncmp(p, want, k) != 0)
				fail_msg("case %zu: %s", i, p);
			free(p);
		}
}

static void
test_mbox_refused(void **state)
{
	struct fix *f = *state;
	char other[200];

	fix_use(f, CONF_DEST_MBOX);
	snprintf(other, sizeof(other), "%s/other", f->root);
	fix_write(other, "", 0);
	assert_int_equal(symlink(other, f->mbox), 0);
	refused(f, "symbolic link");
	assert_int_equal(unlink(f->mbox), 0);
	assert_int_equal(link(other, f->mbox), 0);
	refused(f, "hard link");
	assert_int_equal(unlink(f->mbox), 0);
	assert_int_equal(mkfifo(f->mbox, 0600), 0);
	refused(f, "regular file");
	assert_int_equal(unlink(f->mbox), 0);
	assert_int_equal(mkdir(f->mbox, 0700), 0);
	refused(f, "directory");
}

/* put there between dest_open and dest_show */
static void
test_mbox_exchanged(void **state)
{
	struct fix *f = *state;
	struct dest_error error;
	enum dest_outcome r;
	struct draft *dr;
	struct dest *d;
	char other[200];
	size_t n;

	fix_use(f, CONF_DEST_MBOX);
	snprintf(other, sizeof(other), "%s/other", f->root);
	fix_write(other, "", 0);
	d = fix_open(f);
	dr = fix_stage(d, fix_message(0, false), 99, &error);
	assert_int_equal(dest_sync(d, &dr, 1, &error), 0);
	assert_int_equal(symlink(other, f->mbox), 0);
	assert_int_equal(dest_show(d, &dr, 1, &r, &error), -1);
	assert_int_equal(r, DEST_TEMPORARY);
	assert_non_null(strstr(error.text, "symbolic link"));
	draft_abort(dr);
	dest_close(d);
	free(fix_read(other, &n));
	assert_int_equal(n, 0);
}

static int
show_one(struct fix *f, enum dest_outcome *r_r, struct dest_error *error)
{
	struct dest *d = fix_open(f);
	struct draft *dr = fix_stage(d, fix_message(0, false), 99, error);
	int r;

	assert_int_equal(dest_sync(d, &dr, 1, error), 0);
	r = dest_show(d, &dr, 1, r_r, error);
	if (r == 0)
		draft_done(dr);
	else
		draft_abort(dr);
	dest_close(d);
	return r;
}

/* D09: a lock of another program is waited for, and never forced */
static void
test_mbox_locks(void **state)
{
	struct fix *f = *state;
	struct dest_error error;
	enum dest_outcome r;
	char lock[200];
	size_t n;
	int fd;

	fix_use(f, CONF_DEST_MBOX);
	fix_older(f);
	snprintf(lock, sizeof(lock), "%s.lock", f->mbox);
	fix_write(lock, "1\n", 2);
	assert_int_equal(show_one(f, &r, &error), -1);
	assert_int_equal(r, DEST_TEMPORARY);
	assert_int_equal(error.fault, FAULT_DEST_TEMP);
	assert_non_null(strstr(error.text, "box.lock"));
	free(fix_read(lock, &n));
	assert_int_equal(n, 2);
	assert_int_equal(unlink(lock), 0);
	/* also one that points nowhere (S47) */
	assert_int_equal(symlink("/nonexistent", lock), 0);
	assert_int_equal(show_one(f, &r, &error), -1);
	assert_int_equal(unlink(lock), 0);
	/* an fcntl lock: and NAME.lock is given up while waiting for it */
	fd = open(f->mbox, O_RDWR | O_CLOEXEC);
	assert_int_equal(os_lock(fd), 0);
	assert_int_equal(show_one(f, &r, &error), -1);
	assert_int_equal(r, DEST_TEMPORARY);
	assert_int_equal(access(lock, F_OK), -1);
	close(fd);
	assert_int_equal(fix_left(f), 0);
	/* our own, of a run that is over */
	fix_write(lock, "1:host\n0123456789abcdef\n", 24);
	assert_int_equal(show_one(f, &r, &error), 0);
	assert_int_equal(access(lock, F_OK), -1);
	assert_int_equal(fix_left(f), 0);
}

/* a mail spool, where the user may make no file: the fcntl lock must do */
static int
no_making(void *arg, const struct os_call *call)
{
	const char *prefix = arg;

	return call->op == OS_OPENAT && (call->flags & O_CREAT) &&
	    strncmp(call->path, prefix, strlen(prefix)) == 0 ? EACCES : 0;
}

static int
no_links(void *arg, const struct os_call *call)
{
	(void)arg;
	return call->op == OS_LINKAT ? EPERM : 0;
}

static void
test_mbox_no_dotlock(void **state)
{
	char prefix[] = ".restante.";
	struct os_hook hook = { .before = no_making, .arg = prefix };
	struct fix *f = *state;

	fix_use(f, CONF_DEST_MBOX);
	fix_older(f);
	os_hook_set(&hook);
	deliver(f, false);
	os_hook_set(NULL);
	check_once(f, false);
	/* a file system without hard links */
	hook.before = no_links;
	fix_clear(f);
	os_hook_set(&hook);
	deliver(f, false);
	os_hook_set(NULL);
	check_once(f, false);
}

/* ---- recovery: mbox ------------------------------------------------------ */

/* An mbox in the state that a stop in the middle of appending leaves: the
 * journal unmarked, `keep` octets of what was appended. */
static struct ticket
cut_off(struct fix *f, unsigned message, size_t keep)
{
	struct ticket t;
	char name[256], path[400];
	size_t n, old = 0;
	char *p = fix_read(f->mbox, &old);
	struct stat st;
	int fd;

	free(p);
	t = interrupted(f, message, true);
	assert_int_equal(stat(f->mbox, &st), 0);
	n = (size_t)st.st_size - old;
	assert_int_equal(truncate(f->mbox, (off_t)(old +
	    (keep < n ? keep : n))), 0);
	/* the journal is the file that ends with ",place" */
	p = NULL;
	for (int i = 0; i < 2; i++) {
		assert_true(fix_first(f->spool, name, sizeof(name)));
		snprintf(path, sizeof(path), "%s/%s", f->spool, name);
		if (strstr(name, ",place") != NULL)
			break;
		/* the draft: aside for a moment */
		snprintf(path, sizeof(path), "%s/.aside", f->spool);
		char from[400];

		snprintf(from, sizeof(from), "%s/%s", f->spool, name);
		assert_int_equal(rename(from, path), 0);
		p = strdup(from);
	}
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && lseek(fd, -1, SEEK_END) > 0);
	assert_int_equal(write(fd, "-", 1), 1);
	close(fd);
	if (p != NULL) {
		snprintf(path, sizeof(path), "%s/.aside", f->spool);
		assert_int_equal(rename(path, p), 0);
	}
	free(p);
	return t;
}

static void
test_recover_mbox(void **state)
{
	struct fix *f = *state;
	struct ticket t;

	fix_use(f, CONF_DEST_MBOX);
	/* never appended; then asked again and again */
	t = interrupted(f, 0, false);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(recover(f, &t, 0), DEST_DELIVERED);
		assert_int_equal(seen_of(f, 0), 1);
	}
	/* cut off at every octet, behind an older message */
	for (size_t keep = 0; keep < 150; keep++) {
		fix_clear(f);
		fix_older(f);
		t = cut_off(f, 1, keep);
		assert_int_equal(recover(f, &t, 0), DEST_DELIVERED);
		assert_int_equal(seen_of(f, 1), 1);
		assert_int_equal(recover(f, &t, 0), DEST_DELIVERED);
		assert_int_equal(seen_of(f, 1), 1);
	}
	/* marked: whatever became of the mbox since */
	fix_clear(f);
	t = interrupted(f, 2, true);
	assert_int_equal(unlink(f->mbox), 0);
	assert_int_equal(recover(f, &t, 0), DEST_DELIVERED);
	assert_int_equal(access(f->mbox, F_OK), -1);
}

/* holes that a power cut leaves are ours; other octets are not */
static void
test_recover_mbox_holes(void **state)
{
	struct fix *f = *state;
	struct ticket t;
	int fd;

	fix_use(f, CONF_DEST_MBOX);
	fix_older(f);
	t = cut_off(f, 1, 60);
	fd = open(f->mbox, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\0\0\0\0\0\0\0\0\0\0", 10, 70), 10);
	close(fd);
	assert_int_equal(recover(f, &t, 0), DEST_DELIVERED);
	assert_int_equal(seen_of(f, 1), 1);
}

#define NEW "From c@d Thu Jan  1 00:00:00 1970\nSubject: new\n\nnewer\n\n"

/* Other programs were there since. */
static void
test_recover_mbox_changed(void **state)
{
	struct fix *f = *state;
	struct dest_error error;
	struct ticket t;
	char *p, *q;
	size_t n;
	int fd;

	fix_use(f, CONF_DEST_MBOX);
	/* whole at its place, and mail of others behind it */
	t = cut_off(f, 0, 10000);
	fd = open(f->mbox, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, NEW, sizeof(NEW) - 1), sizeof(NEW) - 1);
	close(fd);
	assert_int_equal(recover(f, &t, 0), DEST_DELIVERED);
	p = fix_read(f->mbox, &n);
	assert_null(strstr(strstr(p, "first") + 1, "first"));
	/* the mbox was rewritten: ours stands elsewhere now */
	q = malloc(2 * n);
	memcpy(q, NEW, sizeof(NEW) - 1);
	memcpy(q + sizeof(NEW) - 1, p, n);
	assert_int_equal(unlink(f->mbox), 0);
	fix_write(f->mbox, q, n + sizeof(NEW) - 1);
	assert_int_equal(dest_recover(&f->world, span_of(t.p, t.n),
	    dest_now(), &error), DEST_DELIVERED);
	assert_string_equal(error.text, "");
	free(p);
	free(q);
	p = fix_read(f->mbox, &n);
	assert_null(strstr(strstr(p, "first") + 1, "first"));
	free(p);
	/* and now it is gone: rather twice than never, and it is said */
	fix_write(f->mbox, NEW, sizeof(NEW) - 1);
	assert_int_equal(dest_recover(&f->world, span_of(t.p, t.n),
	    dest_now(), &error), DEST_DELIVERED);
	assert_non_null(strstr(error.text, "twice"));
	p = fix_read(f->mbox, &n);
	assert_non_null(strstr(p, "newer\n\nFrom wren@"));
	free(p);
}

/* found at a From_ line beyond the pieces that the mbox is read in */
static void
test_recover_mbox_find(void **state)
{
	static const size_t sizes[] = { 65520, 65530, 65531, 65532, 65533,
		65534, 65535, 65536, 65537, 140000 };
	struct fix *f = *state;

	fix_use(f, CONF_DEST_MBOX);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *p, *q = malloc(sizes[i] + 4000);
		struct dest_error error;
		struct ticket t;
		size_t n, m;

		fix_clear(f);
		t = cut_off(f, 0, 10000);
		p = fix_read(f->mbox, &n);
		memset(q, 'x', sizes[i]);
		memcpy(q, "From x\n", 7);
		q[sizes[i] - 1] = '\n';
		memcpy(q + sizes[i], p, n);
		assert_int_equal(unlink(f->mbox), 0);
		fix_write(f->mbox, q, sizes[i] + n);
		assert_int_equal(dest_recover(&f->world, span_of(t.p, t.n),
		    dest_now(), &error), DEST_DELIVERED);
		assert_string_equal(error.text, "");
		free(fix_read(f->mbox, &m));
		assert_int_equal(m, sizes[i] + n);
		free(p);
		free(q);
	}
}

static void
test_recover_mbox_no_draft(void **state)
{
	struct fix *f = *state;
	struct ticket t;

	fix_use(f, CONF_DEST_MBOX);
	t = interrupted(f, 0, false);
	fix_clear(f);
	assert_int_equal(recover(f, &t, 0), DEST_REFUSED);
	assert_int_equal(access(f->mbox, F_OK), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_maildir),
		TEST(test_octets),
		TEST(test_sizes),
		TEST(test_received),
		TEST(test_maildir_refused),
		TEST(test_other_owner),
		TEST(test_recover_maildir),
		TEST(test_recover_other_name),
		TEST(test_recover_nonsense),
		TEST(test_sweep),
		TEST(test_names),
		TEST(test_mbox),
		TEST(test_mbox_ends),
		TEST(test_sender),
		TEST(test_mbox_refused),
		TEST(test_mbox_exchanged),
		TEST(test_mbox_locks),
		TEST(test_mbox_no_dotlock),
		TEST(test_recover_mbox),
		TEST(test_recover_mbox_holes),
		TEST(test_recover_mbox_changed),
		TEST(test_recover_mbox_find),
		TEST(test_recover_mbox_no_draft),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
