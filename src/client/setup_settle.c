/* SPDX-License-Identifier: ISC
 *
 * setup_settle: what only the person knows: where mail goes, what stays on
 * the server, where the password is kept.
 *
 * With --yes these are the options or their defaults.  A password is written
 * to a file of its own (0600) or handed to the keyring by a pipe; it is never
 * an argument.
 */
#include "client/setup.h"

#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text.h"
#include "client/run.h"
#include "sys/os.h"

enum { ROUNDS = 3, KEYRING_SECONDS = 120, FILES_MAX = 100 };

/* ---- where mail goes ---- */

static bool
settings_are_good(const struct setup *s)
{
	struct client_conf *conf = setup_settings(s, &s->server, s->user,
	    s->destination);

	client_conf_free(conf);
	return conf != NULL;
}

int
setup_settle(struct setup *s)
{
	const char *destination = s->args->destination != NULL ?
	    s->args->destination : "maildir:~/Mail";
	const char *keep = s->args->keep != NULL ? s->args->keep : "yes";

	for (int round = 0; round < ROUNDS; round++) {
		bool bad = text_format(s->destination, sizeof(s->destination),
		    "%s", destination) || text_format(s->keep,
		    sizeof(s->keep), "%s", keep);

		if (!bad && s->people && (
		    setup_ask(s, "Where shall mail go? maildir:PATH, "
		    "mbox:PATH", destination, s->destination,
		    sizeof(s->destination)) != 0 ||
		    setup_ask(s, "Leave it on the server, too? yes, no, 14d, "
		    "newest 500", keep, s->keep, sizeof(s->keep)) != 0))
			return EX_USAGE;
		if (!bad && settings_are_good(s))
			return 0;
		if (bad)
			return setup_fail(s, EX_USAGE, "--destination or "
			    "--keep is too long");
		if (!s->people)
			break;
	}
	return EX_USAGE;
}

/* ---- where the password is kept ---- */

/* The first name that is free: DIR/ACCOUNT.password, ACCOUNT-2.password... */
static int
make_file(struct setup *s)
{
	const char *slash = strrchr(s->path, '/');
	int dir = slash != NULL ? (int)(slash - s->path) : 0;
	int r = -1;

	for (unsigned i = 1; i <= FILES_MAX && r != 0; i++) {
		char suffix[16] = "";

		if (i > 1)
			(void)text_format(suffix, sizeof(suffix), "-%u", i);
		if (text_format(s->password_file, sizeof(s->password_file),
		    "%.*s/%s%s.password", dir, s->path, s->account, suffix))
			break;
		r = setup_file_make(s->password_file, s->secret.value.p,
		    s->secret.value.n);
		if (r != 0 && errno != EEXIST)
			break;
	}
	if (r != 0)
		return setup_fail(s, EX_CANTCREAT, "%s: %s",
		    s->password_file, strerror(errno));
	setup_say(s, "The password is in %s, which only you can read.\n",
	    s->password_file);
	return 0;
}

struct storing {
	struct setup *s;
	bool good;
	char why[200];
};

static void
on_stored(void *arg, const struct run_result *result)
{
	struct storing *st = arg;

	st->good = result->exited && result->status == 0 &&
	    result->exec_errno == 0;
	run_explain(result, st->why, sizeof(st->why));
	loop_stop(st->s->loop);
}

/* The password as a file without a name, for a child's standard input. */
static int
secret_input(const struct setup *s)
{
	int fd = memfd_create("password", MFD_CLOEXEC);

	if (fd >= 0 && (os_write_all(fd, s->secret.value.p,
	    s->secret.value.n) != 0 || lseek(fd, 0, SEEK_SET) != 0)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

#define WORD(x) ((char *)(uintptr_t)(x))

static bool
store(struct setup *s)
{
	char label[SETUP_ADDRESS_MAX + 32];
	char *const argv[] = { WORD("secret-tool"), WORD("store"), label,
		WORD("service"), WORD("pop3"), WORD("server"),
		s->server.host, WORD("user"), s->user, NULL };
	struct storing st = { .s = s };
	struct run_spec spec = { .argv = argv, .keep_terminal = true,
		.timeout_s = KEYRING_SECONDS, .done = on_stored, .arg = &st };

	spec.input = secret_input(s);
	if (spec.input < 0)
		return false;
	if (!text_format(label, sizeof(label), "--label=restante %s",
	    s->user) &&
	    run_start(s->loop, &spec) != NULL && loop_run(s->loop) == 0 &&
	    !st.good)
		setup_say(s, "secret-tool %s\n", st.why);
	(void)close(spec.input);
	return st.good;
}

/* Stored is what fetch finds again. */
static bool
store_in_keyring(struct setup *s)
{
	struct secret found;
	enum setup_place was = s->place;
	bool same = false;

	if (!store(s))
		return false;
	s->place = SETUP_KEYRING;
	if (setup_ask_secret(s, s->user, false, false, &found) == 0) {
		same = span_eq(buf_span(&found.value),
		    buf_span(&s->secret.value));
		secret_done(&found);
	}
	s->place = was;
	if (!same)
		setup_say(s, "The keyring does not give it back.\n");
	return same;
}

static enum setup_place
ask_place(struct setup *s)
{
	char answer[32];

	for (int round = 0; round < ROUNDS; round++) {
		if (setup_ask(s, "Where shall the password be kept? file (that "
		    "only you can read), keyring,\nnowhere (you are asked each "
		    "time)", "file", answer, sizeof(answer)) != 0)
			return SETUP_NOWHERE;
		if (strcmp(answer, "file") == 0)
			return SETUP_FILE;
		if (strcmp(answer, "nowhere") == 0)
			return SETUP_NOWHERE;
		if (strcmp(answer, "keyring") == 0 && store_in_keyring(s))
			return SETUP_KEYRING;
	}
	return SETUP_NOWHERE;
}

int
setup_keep_secret(struct setup *s)
{
	if (s->oauth || s->place == SETUP_COMMAND || s->args->dry_run)
		return 0;
	/* what netrc has need not be kept twice */
	if (s->people && !s->secret.typed) {
		setup_say(s, "The password is in ~/.netrc and stays there.\n");
		return 0;
	}
	s->place = s->people ? ask_place(s) : SETUP_FILE;
	return s->place == SETUP_FILE ? make_file(s) : 0;
}
