/* SPDX-License-Identifier: ISC
 *
 * value_client: the types of settings that only restante.conf has: argument
 * arrays, destinations, what is kept, header patterns; and `~/`.  It must not
 * know sections or what two settings mean together.
 */
#include <pwd.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "conf/quote.h"
#include "conf/syntax.h"
#include "conf/value.h"

const char value_dest_form[] = "maildir:PATH, mbox:PATH, pipe:PROGRAM "
    "ARGUMENTS, lmtp:HOST:PORT, lmtp:unix:PATH, smtp:HOST:PORT or discard";
const char value_keep_form[] = "yes, no, a time such as 14d, or newest and "
    "a number, such as newest 500";

/* ---- the home directory -------------------------------------------------- */

char *
value_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (home && home[0] == '/')
		return value_dup_or_end(home, strlen(home));
	pw = getpwuid(getuid());
	if (!pw || !pw->pw_dir || pw->pw_dir[0] != '/')
		return NULL;
	return value_dup_or_end(pw->pw_dir, strlen(pw->pw_dir));
}

/* NULL when it begins with `~/` and there is no home */
static char *
expand(const char *path)
{
	char *home, *out;
	size_t n, rest;

	if (strncmp(path, "~/", 2) != 0)
		return value_dup_or_end(path, strlen(path));
	home = value_home();
	if (!home)
		return NULL;
	n = strlen(home);
	while (n > 1 && home[n - 1] == '/')
		n--;
	rest = strlen(path + 1) + 1;
	out = realloc(home, n + rest);
	if (!out)
		abort();
	memcpy(out + n, path + 1, rest);
	return out;
}

static const char no_home[] = "a path that begins with /: ~/ is not known, "
    "HOME is not set";

int
value_set_text(struct mistakes *m, unsigned line, const struct conf_setting *s,
    const char *text, char **at)
{
	char *value = s->flags & CONF_HOME ? expand(text) :
	    value_dup(text, strlen(text));

	if (!value && !(s->flags & CONF_HOME))
		return mistake_memory(m, line);
	if (!value) {
		value_report(m, line, s, text, no_home);
		return -1;
	}
	free(*at);
	*at = value;
	return 0;
}

/* ---- argument arrays ----------------------------------------------------- */

int
value_read_argv(struct mistakes *m, unsigned line,
    const struct conf_setting *s, const char *text, struct conf_argv *at)
{
	struct conf_argv a;
	const char *wrong = quote_argv_read(text, &a);

	if (wrong) {
		value_report(m, line, s, text, wrong);
		return -1;
	}
	quote_argv_free(at);
	*at = a;
	return 0;
}

/* ---- destinations -------------------------------------------------------- */

static const struct {
	const char *prefix;
	enum conf_dest_kind kind;
} dest_kinds[] = {
	{ "maildir:", CONF_DEST_MAILDIR },
	{ "mbox:", CONF_DEST_MBOX },
	{ "pipe:", CONF_DEST_PIPE },
	{ "lmtp:", CONF_DEST_LMTP },
	{ "smtp:", CONF_DEST_SMTP },
};

static const char *
read_dest_path(const char *path, struct conf_dest *d)
{
	const char *wrong = syntax_home_path(path);

	if (wrong)
		return wrong;
	d->path = expand(path);
	return d->path ? NULL : no_home;
}

/* HOST:PORT, [IPv6]:PORT */
static const char *
read_dest_peer(const char *text, struct conf_dest *d)
{
	static const char form[] = "HOST:PORT or [IPv6]:PORT behind lmtp: or "
	    "smtp:, with a port of 1 to 65535";
	const char *colon = strrchr(text, ':');
	size_t n;

	if (!colon || text[0] == '*' || strncmp(text, "unix:", 5) == 0 ||
	    strncmp(text, "systemd:", 8) == 0 || syntax_address(text) ||
	    syntax_port(text) < 1)
		return form;
	n = (size_t)(colon - text);
	if (text[0] == '[')
		d->host = value_dup_or_end(text + 1, n - 2);
	else
		d->host = value_dup_or_end(text, n);
	d->port = value_dup_or_end(colon + 1, strlen(colon + 1));
	return NULL;
}

static const char *
read_dest_rest(const char *rest, struct conf_dest *d)
{
	switch (d->kind) {
	case CONF_DEST_MAILDIR:
	case CONF_DEST_MBOX:
		return read_dest_path(rest, d);
	case CONF_DEST_PIPE:
		return quote_argv_read(rest, &d->command);
	case CONF_DEST_LMTP:
		if (strncmp(rest, "unix:", 5) == 0)
			return read_dest_path(rest + 5, d);
		return read_dest_peer(rest, d);
	case CONF_DEST_SMTP:
		return read_dest_peer(rest, d);
	case CONF_DEST_DISCARD:
		break;
	}
	return NULL;
}

static const char *
read_dest(const char *text, struct conf_dest *d)
{
	if (strcmp(text, "discard") == 0) {
		d->kind = CONF_DEST_DISCARD;
		return NULL;
	}
	for (size_t i = 0; i < sizeof(dest_kinds) / sizeof(dest_kinds[0]);
	    i++) {
		size_t n = strlen(dest_kinds[i].prefix);

		if (strncmp(text, dest_kinds[i].prefix, n) != 0)
			continue;
		d->kind = dest_kinds[i].kind;
		return read_dest_rest(text + n, d);
	}
	return value_dest_form;
}

int
value_read_dest(struct mistakes *m, unsigned line,
    const struct conf_setting *s, const char *text, struct conf_dest *at)
{
	struct conf_dest d = { .set = true };
	const char *wrong = read_dest(text, &d);

	if (wrong) {
		value_report(m, line, s, text, wrong);
		return -1;
	}
	d.text = value_dup_or_end(text, strlen(text));
	*at = d;		/* set once: there is nothing to free */
	return 0;
}

/* ---- what is kept -------------------------------------------------------- */

static int
read_days(const char *text, unsigned *seconds_r)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t v, unit;

	if (text[digits] == 'd')
		unit = 86400;
	else if (text[digits] == 'h')
		unit = 3600;
	else
		return -1;
	if (text[digits + 1] != '\0' ||
	    num_parse_u64(span_of(text, digits), 36500, &v) != 0 || v == 0)
		return -1;
	*seconds_r = (unsigned)(v * unit);
	return 0;
}

static int
read_keep(const char *text, struct value_keep *k)
{
	uint64_t v;

	if (strcmp(text, "yes") == 0) {
		k->keep = ACCOUNT_KEEP;
		return 0;
	}
	if (strcmp(text, "no") == 0) {
		k->keep = ACCOUNT_KEEP_NOT;
		return 0;
	}
	if (read_days(text, &k->seconds) == 0) {
		k->keep = ACCOUNT_KEEP_DAYS;
		return 0;
	}
	if (strncmp(text, "newest ", 7) != 0)
		return -1;
	text += 7;
	text += strspn(text, " \t");
	if (num_parse_u64(span_str(text), 1000000000, &v) != 0 || v == 0)
		return -1;
	k->keep = ACCOUNT_KEEP_NEWEST;
	k->newest = (unsigned)v;
	return 0;
}

int
value_read_keep(struct mistakes *m, unsigned line,
    const struct conf_setting *s, const char *text, struct value_keep *at)
{
	struct value_keep k = { ACCOUNT_KEEP, 0, 0 };

	if (read_keep(text, &k) != 0) {
		value_report(m, line, s, text, NULL);
		return -1;
	}
	*at = k;
	return 0;
}

void
value_write_keep(const struct value_keep *at, FILE *out)
{
	switch (at->keep) {
	case ACCOUNT_KEEP:
		(void)fputs("yes", out);
		break;
	case ACCOUNT_KEEP_NOT:
		(void)fputs("no", out);
		break;
	case ACCOUNT_KEEP_DAYS:
		if (at->seconds % 86400 == 0)
			(void)fprintf(out, "%ud", at->seconds / 86400);
		else
			(void)fprintf(out, "%uh", at->seconds / 3600);
		break;
	case ACCOUNT_KEEP_NEWEST:
		(void)fprintf(out, "newest %u", at->newest);
		break;
	}
}

/* ---- header patterns ----------------------------------------------------- */

const char *
value_match_form(const struct conf_setting *s)
{
	return s->type == CONF_TYPE_GLOB ?
	    "NAME: PATTERN, such as Subject: *invoice*, where * as a NAME "
	    "stands for every field" :
	    "NAME: EXPRESSION, such as Subject: ^(re|aw):";
}

/* A compiler that unfolds `(a{255}){255}` would take all memory. */
static bool
repeats_too_much(const char *regex)
{
	uint64_t product = 1;

	for (const char *p = regex; *p; p++) {
		uint64_t n, most = 1;

		if (*p == '\\' && p[1])
			p++;
		if (*p != '{')
			continue;
		for (p++; *p && *p != '}'; p++) {
			size_t digits = strspn(p, "0123456789");

			if (digits == 0)
				continue;
			if (num_parse_u64(span_of(p, digits), 1000, &n) != 0)
				return true;
			most = n > most ? n : most;
			p += digits - 1;
		}
		product *= most;
		if (product > 1000)
			return true;
		if (!*p)
			break;
	}
	return false;
}

static const char *
check_regex(const char *text, char *error, size_t size)
{
	regex_t re;
	int wrong;

	if (strlen(text) > 1000 || repeats_too_much(text))
		return "an expression of at most 1000 octets, whose counts "
		    "in braces multiply to at most 1000";
	wrong = regcomp(&re, text, REG_EXTENDED | REG_ICASE | REG_NOSUB);
	if (wrong == 0) {
		regfree(&re);
		return NULL;
	}
	(void)regerror(wrong, &re, error, size);
	return error;
}

int
value_read_match(struct mistakes *m, unsigned line,
    const struct conf_setting *s, const char *text, struct value_matches *at)
{
	size_t n = strcspn(text, ":");
	const char *pattern = text + n + (text[n] == ':');
	char *field = value_dup_or_end(text, n), error[200];
	const char *wrong = NULL;
	struct rule_match *list;

	pattern += strspn(pattern, " \t");
	if (text[n] != ':' || syntax_field(field) || !*pattern)
		wrong = value_match_form(s);
	else if (s->type == CONF_TYPE_REGEX)
		wrong = check_regex(pattern, error, sizeof(error));
	if (wrong) {
		if (wrong == error)
			mistake(m, line, "[%s] %s: \"%s\" is no regular "
			    "expression (POSIX extended): %s", m->section,
			    s->key, pattern, error);
		else
			value_report(m, line, s, text, wrong);
		free(field);
		return -1;
	}
	list = realloc(at->list, (at->n + 1) * sizeof(*list));
	if (!list)
		abort();
	at->list = list;
	list[at->n++] = (struct rule_match){ field,
	    value_dup_or_end(pattern, strlen(pattern)),
	    s->type == CONF_TYPE_REGEX };
	return 0;
}
