/* SPDX-License-Identifier: ISC
 *
 * secret: see secret.h.  A password is never an argument of the program, where
 * everybody could see it, and its copies here are wiped.
 */
#include "admin/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/sasl.h"

enum { LINE_SIZE = SASL_PREPARED_MAX };

struct line {
	unsigned char p[LINE_SIZE];
	size_t n;
};

static volatile sig_atomic_t caught;

enum admin_exit
secret_check(const struct admin_args *args)
{
	bool plain = args->scheme != NULL && span_eq_nocase(span_str(
	    args->scheme), span_str("PLAIN"));

	if (args->apop && args->scheme != NULL && !plain) {
		admin_error("--apop needs the password in clear: leave "
		    "--scheme out, or give PLAIN");
		return ADMIN_USAGE;
	}
	if (plain && !args->apop) {
		admin_error("PLAIN keeps the password in clear, which only "
		    "APOP needs: give --apop, or another --scheme");
		return ADMIN_USAGE;
	}
	return ADMIN_OK;
}

/* Waits for something to read, with the signals of `mask` let through: one
 * that came just before is not slept over. */
static ssize_t
read_octet(int fd, unsigned char *c, const sigset_t *mask)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (ppoll(&p, 1, NULL, mask) < 0)
		return -1;
	return read(fd, c, 1);
}

/* Reads to LF or the end, octet by octet: what follows is not ours. */
static int
read_line(int fd, const sigset_t *mask, struct line *l)
{
	ssize_t got;

	l->n = 0;
	for (;;) {
		if (l->n == sizeof(l->p)) {
			admin_error("the password is too long; 511 octets "
			    "are the most");
			return -1;
		}
		got = read_octet(fd, l->p + l->n, mask);
		if (got < 0 && errno == EINTR && caught == 0)
			continue;
		if (got < 0) {
			if (caught == 0)
				admin_error("cannot read the password: %s",
				    strerror(errno));
			return -1;
		}
		if (got == 0 || l->p[l->n] == '\n')
			return 0;
		l->n++;
	}
}

static void
on_signal(int sig)
{
	caught = sig;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static int
ask_once(int tty, const sigset_t *mask, const char *prompt, const char *name,
    struct line *l)
{
	int r;

	if (dprintf(tty, "%s %s: ", prompt, name) < 0)
		return -1;
	r = read_line(tty, mask, l);
	if (dprintf(tty, "\n") < 0)
		return -1;
	return r;
}

/* 0; 1 when the two differ; -1 */
static int
ask_twice(int tty, const sigset_t *mask, const char *name, struct line *l)
{
	struct line again;
	int r;

	if (ask_once(tty, mask, "New password for", name, l) != 0 ||
	    ask_once(tty, mask, "The same again for", name, &again) != 0)
		return -1;
	r = span_eq(span_of(l->p, l->n), span_of(again.p, again.n)) ? 0 : 1;
	explicit_bzero(&again, sizeof(again));
	return r;
}

/* Whatever happens, the terminal echoes again afterwards; a signal that came
 * meanwhile ends the program then. */
static int
ask_quietly(int tty, const char *name, struct line *l)
{
	struct sigaction act = { .sa_handler = on_signal }, old[SIGNALS];
	struct termios was, quiet;
	sigset_t mask;
	int r;

	if (tcgetattr(tty, &was) != 0)
		return -1;
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	sigemptyset(&act.sa_mask);
	for (int i = 0; i < SIGNALS; i++) {
		(void)sigaddset(&act.sa_mask, signals[i]);
		(void)sigaction(signals[i], &act, &old[i]);
	}
	/* they come in while it waits, and at no other time */
	(void)sigprocmask(SIG_BLOCK, &act.sa_mask, &mask);
	r = tcsetattr(tty, TCSAFLUSH, &quiet);
	if (r == 0)
		r = ask_twice(tty, &mask, name, l);
	(void)tcsetattr(tty, TCSAFLUSH, &was);
	for (int i = 0; i < SIGNALS; i++)
		(void)sigaction(signals[i], &old[i], NULL);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	if (caught != 0)
		(void)raise(caught);
	/* said when the terminal is itself again */
	if (r > 0)
		admin_error("these were two different passwords; nothing was "
		    "changed");
	return r == 0 ? 0 : -1;
}

static int
ask(const char *name, struct line *l)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC), r;

	if (tty < 0) {
		admin_error("there is no terminal to ask for the password; "
		    "give --password-stdin");
		return -1;
	}
	r = ask_quietly(tty, name, l);
	(void)close(tty);
	return r;
}

int
secret_field(const struct admin_args *args, const char *name,
    char field[HASH_TEXT_MAX])
{
	unsigned char prepared[SASL_PREPARED_MAX];
	const char *error;
	struct line l;
	size_t n;
	int r;

	r = args->password_stdin ? read_line(STDIN_FILENO, NULL, &l) :
	    ask(name, &l);
	if (r == 0) {
		/* what PASS and AUTH will compare with */
		n = sasl_prepare(span_of(l.p, l.n), prepared);
		r = hash_make(args->apop ? "PLAIN" : args->scheme,
		    span_of(prepared, n), field, &error);
		if (r != 0)
			admin_error("%s", error);
	}
	explicit_bzero(&l, sizeof(l));
	explicit_bzero(prepared, sizeof(prepared));
	return r;
}
