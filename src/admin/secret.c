/* SPDX-License-Identifier: ISC
 *
 * secret: see secret.h.  A password is never an argument of the program, where
 * everybody could see it, and its copies here are wiped.
 */
#include "admin/secret.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "auth/sasl.h"
#include "base/buf.h"
#include "sys/prompt.h"

enum { PASSWORD_MAX = 511 };

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

static void
complain_of_line(int e)
{
	if (e == EFBIG)
		admin_error("the password is too long; %d octets are the "
		    "most", PASSWORD_MAX);
	else
		admin_error("cannot read the password: %s", strerror(e));
}

static int
ask_once(int tty, const char *question, const char *name, struct buf *l)
{
	int r = -1;

	if (prompt_say(question) == 0 && prompt_say(name) == 0 &&
	    prompt_say(": ") == 0)
		r = prompt_line(tty, l);
	prompt_newline();
	return r;
}

/* 0; 1 when the two differ; -1 with errno */
static int
ask_twice(int tty, const char *name, struct buf *l)
{
	struct buf again;
	int r = -1, e;

	buf_init(&again, PASSWORD_MAX);
	if (ask_once(tty, "New password for ", name, l) == 0 &&
	    ask_once(tty, "The same again for ", name, &again) == 0)
		r = span_eq(buf_span(l), buf_span(&again)) ? 0 : 1;
	e = errno;
	buf_wipe(&again);
	errno = e;
	return r;
}

static int
ask(const char *name, struct buf *l)
{
	int tty = prompt_open(), r, e;

	if (tty < 0) {
		admin_error("there is no terminal to ask for the password; "
		    "give --password-stdin");
		return -1;
	}
	r = ask_twice(tty, name, l);
	e = errno;
	prompt_close();
	/* said when the terminal is itself again */
	if (r > 0)
		admin_error("these were two different passwords; nothing was "
		    "changed");
	if (r < 0)
		complain_of_line(e);
	return r == 0 ? 0 : -1;
}

static int
read_input(struct buf *l)
{
	if (prompt_line(STDIN_FILENO, l) == 0)
		return 0;
	complain_of_line(errno);
	return -1;
}

int
secret_field(const struct admin_args *args, const char *name,
    char field[HASH_TEXT_MAX])
{
	unsigned char prepared[SASL_PREPARED_MAX];
	const char *error;
	struct buf l;
	size_t n;
	int r;

	buf_init(&l, PASSWORD_MAX);
	r = args->password_stdin ? read_input(&l) : ask(name, &l);
	if (r == 0) {
		/* what PASS and AUTH will compare with */
		n = sasl_prepare(buf_span(&l), prepared);
		r = hash_make(args->apop ? "PLAIN" : args->scheme,
		    span_of(prepared, n), field, &error);
		if (r != 0)
			admin_error("%s", error);
	}
	buf_wipe(&l);
	explicit_bzero(prepared, sizeof(prepared));
	return r;
}
