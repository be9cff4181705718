/* SPDX-License-Identifier: ISC
 *
 * prompt: see prompt.h.  Owns the terminal's echo while a prompt is open, and
 * the handlers that give it back before a signal does what it does.
 */
#include "sys/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

/* static, because a signal handler must find it */
static struct {
	volatile sig_atomic_t open;
	int fd;				/* 0: none */
	struct termios was;
	struct sigaction old[SIGNALS];
} prompt;

static ssize_t
write_all(const char *p, size_t n)
{
	ssize_t put = 0;

	while (n > 0) {
		put = write(prompt.fd, p, n);
		if (put < 0 && errno != EINTR)
			return -1;
		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
	}
	return 0;
}

/* Also called by the handler: nothing but what POSIX allows there.  The signals
 * are blocked: a handler that found the prompt closed and itself installed
 * would raise the signal for ever. */
static void
restore(void)
{
	prompt.open = 0;
	(void)tcsetattr(prompt.fd, TCSAFLUSH, &prompt.was);
	for (int i = 0; i < SIGNALS; i++)
		(void)sigaction(signals[i], &prompt.old[i], NULL);
}

static void
on_signal(int sig)
{
	int e = errno;

	if (prompt.open != 0) {
		(void)write_all("\n", 1);
		restore();
	}
	/* now it does what it did before; held back until this returns */
	(void)raise(sig);
	errno = e;
}

static void
signal_set(sigset_t *set)
{
	sigemptyset(set);
	for (int i = 0; i < SIGNALS; i++)
		(void)sigaddset(set, signals[i]);
}

static void
catch_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal };

	signal_set(&act.sa_mask);
	for (int i = 0; i < SIGNALS; i++) {
		(void)sigaction(signals[i], NULL, &prompt.old[i]);
		/* nohup: what was ignored stays so */
		if (prompt.old[i].sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &act, NULL);
	}
}

int
prompt_open(void)
{
	struct termios quiet;
	sigset_t set, mask;
	int e;

	if (prompt.open != 0) {
		errno = EBUSY;
		return -1;
	}
	prompt.fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (prompt.fd < 0) {
		prompt.fd = 0;
		return -1;
	}
	if (tcgetattr(prompt.fd, &prompt.was) == 0) {
		quiet = prompt.was;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
		signal_set(&set);
		(void)pthread_sigmask(SIG_BLOCK, &set, &mask);
		catch_signals();
		prompt.open = 1;
		(void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
		if (tcsetattr(prompt.fd, TCSAFLUSH, &quiet) == 0)
			return prompt.fd;
		e = errno;
		prompt_close();
		errno = e;
		return -1;
	}
	e = errno;
	prompt_close();
	errno = e;
	return -1;
}

int
prompt_say(const char *question)
{
	return write_all(question, strlen(question)) == 0 ? 0 : -1;
}

void
prompt_newline(void)
{
	/* a terminal that is gone needs none */
	(void)write_all("\n", 1);
}

void
prompt_close(void)
{
	sigset_t set, mask;

	signal_set(&set);
	(void)pthread_sigmask(SIG_BLOCK, &set, &mask);
	if (prompt.open != 0)
		restore();
	(void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
	if (prompt.fd > 0)
		(void)close(prompt.fd);
	prompt.fd = 0;
}

/* Waits for an answer, or for a signal that is survived: then it echoes again,
 * and nothing may be read any more.  The signals are let in while it sleeps and
 * at no other time: one that came just before is not slept over. */
static int
await(void)
{
	struct pollfd p = { .fd = prompt.fd, .events = POLLIN };
	sigset_t set, mask;
	int r = 0, e;

	signal_set(&set);
	(void)pthread_sigmask(SIG_BLOCK, &set, &mask);
	while (prompt.open != 0 && r == 0) {
		r = ppoll(&p, 1, NULL, &mask);
		if (r < 0 && errno == EINTR)
			r = 0;
	}
	e = r < 0 ? errno : EINTR;
	(void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
	errno = e;
	return r > 0 ? 0 : -1;
}

int
prompt_line(int fd, struct buf *line)
{
	unsigned char c;
	ssize_t got;
	int e;

	for (;;) {
		if (fd == prompt.fd && fd > 0 && await() != 0)
			return -1;
		got = read(fd, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0 || c == '\n')
			return 0;
		e = buf_append(line, &c, 1);
		buf_wipe_octets(&c, 1);
		if (e != BUF_OK) {
			errno = e == BUF_EFULL ? EFBIG : ENOMEM;
			return -1;
		}
	}
}
