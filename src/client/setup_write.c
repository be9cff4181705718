/* SPDX-License-Identifier: ISC
 *
 * setup_write: the account as a section of restante.conf.
 *
 * Adds to a file and never changes what stands in it; a file that could not
 * be read afterwards is not written.
 */
#include "client/setup.h"

#include <errno.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/text.h"

enum { FILE_MAX = 1 << 20, NUMBERS_MAX = 1000 };

/* ---- the name ---- */

/* `text` with what a name cannot have left out */
static void
take_name(struct setup *s, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n < sizeof(s->account) - 8; text++) {
		char one[2] = { *text, '\0' };

		s->account[n] = *text;
		s->account[n + 1] = '\0';
		if (client_conf_check_name(s->account) == NULL ||
		    (n > 0 && strchr(".-", one[0]) != NULL))
			n++;
	}
	s->account[n] = '\0';
}

static bool
is_taken(const struct setup *s, const struct client_conf *conf)
{
	return client_conf_check_name(s->account) != NULL || (conf != NULL &&
	    client_conf_account(conf, s->account) != NULL);
}

/* The first label of the domain, the address, or one with a number. */
static int
find_name(struct setup *s, const struct client_conf *conf)
{
	char label[DISCOVER_NAME_MAX];
	size_t n;

	(void)text_format(label, sizeof(label), "%.*s",
	    (int)strcspn(s->domain, "."), s->domain);
	take_name(s, label);
	if (is_taken(s, conf))
		take_name(s, s->address);
	n = strlen(s->account);
	for (unsigned i = 2; is_taken(s, conf) && i < NUMBERS_MAX; i++)
		(void)text_format(s->account + n, sizeof(s->account) - n,
		    "-%u", i);
	return is_taken(s, conf) ? setup_fail(s, EX_USAGE, "no name for the "
	    "account is free: give --account NAME") : 0;
}

int
setup_name(struct setup *s, const struct client_conf *conf)
{
	const char *given = s->args->account, *wrong;

	if (given == NULL)
		return find_name(s, conf);
	wrong = client_conf_check_name(given);
	if (wrong != NULL)
		return setup_fail(s, EX_USAGE, "--account %s: it should be %s",
		    given, wrong);
	if (conf != NULL && client_conf_account(conf, given) != NULL)
		return setup_fail(s, EX_USAGE, "%s has an account %s already, "
		    "which is left as it is: give another name by --account",
		    s->path, given);
	return text_format(s->account, sizeof(s->account), "%s", given) ?
	    EX_USAGE : 0;
}

/* ---- the section ---- */

static int
put_secret(const struct setup *s, FILE *out)
{
	if (s->oauth) {
		(void)fputs("# This server takes tokens (OAuth 2.0) in place "
		    "of passwords: name the program\n# that prints one.\n"
		    "# token_command = oauth-token ", out);
		(void)fprintf(out, "%s\n", s->account);
		return 0;
	}
	switch (s->place) {
	case SETUP_FILE:
		return client_conf_write_value(out, "password_file",
		    s->password_file);
	case SETUP_KEYRING:
		return client_conf_write_value(out, "keyring", "yes");
	case SETUP_COMMAND:
		return client_conf_write_value(out, "password_command",
		    s->args->password_command);
	case SETUP_NOWHERE:
		break;
	}
	return 0;
}

static int
put_server(const struct setup *s, const struct discover_candidate *c,
    FILE *out)
{
	unsigned usual = c->tls == DISCOVER_IMPLICIT ? 995 : 110;
	char port[16];

	if (client_conf_write_value(out, "server", c->host) != 0)
		return -1;
	(void)text_format(port, sizeof(port), "%u", c->port);
	if (c->port != usual &&
	    client_conf_write_value(out, "port", port) != 0)
		return -1;
	if (client_conf_write_value(out, "tls", discover_tls_name(c->tls)))
		return -1;
	/* a certificate may be for the service of the domain (RFC 6186) */
	if (!s->given && c->source == DISCOVER_SRV && c->in_domain &&
	    client_conf_write_value(out, "mail_domain", s->domain) != 0)
		return -1;
	if (s->ca_file[0] != '\0')
		return client_conf_write_value(out, "ca_file", s->ca_file);
	return 0;
}

int
setup_section(const struct setup *s, const struct discover_candidate *c,
    const char *user, const char *destination, FILE *out)
{
	(void)fprintf(out, "[account %s]\n", s->account);
	if (put_server(s, c, out) != 0 ||
	    client_conf_write_value(out, "user", user) != 0 ||
	    put_secret(s, out) != 0 ||
	    client_conf_write_value(out, "destination", destination) != 0)
		return -1;
	if (s->keep[0] != '\0' &&
	    client_conf_write_value(out, "keep", s->keep) != 0)
		return -1;
	return ferror(out) ? -1 : 0;
}

/* ---- the file ---- */

/* Would the file be good with the section in it? */
static int
check_whole(const struct setup *s, struct pop_span old, const char *section,
    size_t n)
{
	struct client_conf *conf = NULL;
	char *mistakes = NULL, *whole = NULL;
	size_t m = 0, len = 0;
	FILE *f = open_memstream(&whole, &len);
	FILE *errors = open_memstream(&mistakes, &m);
	int r = -1;

	if (f != NULL && errors != NULL) {
		if (old.n > 0)
			(void)fwrite(old.p, 1, old.n, f);
		(void)fputc('\n', f);
		(void)fwrite(section, 1, n, f);
		if (fflush(f) == 0)
			r = client_conf_read_text(s->path, whole, len, errors,
			    &conf);
	}
	if (f != NULL)
		(void)fclose(f);
	if (errors != NULL)
		(void)fclose(errors);
	if (r != 0)
		r = setup_fail(s, EX_CONFIG, "with the new account %s would "
		    "not be right; nothing was written there. %s", s->path,
		    m > 0 ? mistakes : "");
	client_conf_free(conf);
	if (whole != NULL)
		buf_wipe_octets(whole, len);
	free(whole);
	free(mistakes);
	return r;
}

static int
append(const struct setup *s, struct pop_span old, const char *section,
    size_t n)
{
	int r = setup_file_append(s->path, old, section, n);

	if (r > 0)
		setup_say(s, "%s may not be on the disk yet: %s\n", s->path,
		    strerror(errno));
	if (r >= 0)
		return 0;
	if (errno == ESTALE)
		return setup_fail(s, EX_TEMPFAIL, "%s was changed meanwhile: "
		    "nothing was written; run this again", s->path);
	return setup_fail(s, EX_CANTCREAT, "%s: %s", s->path,
	    strerror(errno));
}

static int
put_file(const struct setup *s, const char *section, size_t n)
{
	struct buf old;
	int r;

	buf_init(&old, FILE_MAX);
	if (setup_file_read(s->path, &old) != 0)
		r = setup_fail(s, EX_NOINPUT, "%s: %s", s->path,
		    strerror(errno));
	else
		r = check_whole(s, buf_span(&old), section, n);
	if (r == 0)
		r = append(s, buf_span(&old), section, n);
	buf_wipe(&old);
	return r;
}

int
setup_write(struct setup *s)
{
	char *section = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&section, &n);
	int r = -1;

	if (f != NULL) {
		(void)fprintf(f, "# %s\n", s->address);
		r = setup_section(s, &s->server, s->user, s->destination, f);
		if (fclose(f) != 0)
			r = -1;
	}
	if (r != 0)
		r = setup_fail(s, EX_OSERR, "the settings could not be put "
		    "together");
	else if (s->args->dry_run)
		setup_say(s, "\nThis would be added to %s:\n\n%s", s->path,
		    section);
	else
		r = put_file(s, section, n);
	free(section);
	return r;
}
