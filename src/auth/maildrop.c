/* SPDX-License-Identifier: ISC
 *
 * maildrop: see maildrop.h.  Must never give a path that leaves the mail
 * root: every value is checked as it goes in, and the result as a whole.
 */
#include "auth/maildrop.h"

#include <stdbool.h>
#include <string.h>

enum { COMPONENT_MAX = 255 };

struct path {
	char *out;
	size_t n;
};

static int
put(struct path *p, char c, const char **error_r)
{
	if (p->n >= MAILDROP_MAX - 1) {
		*error_r = "maildrop path too long";
		return -1;
	}
	p->out[p->n++] = c;
	return 0;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* A value may be part of a component, never more than one. */
static int
put_value(struct path *p, const char *v, size_t n, bool fold,
    const char **error_r)
{
	if (n == 0) {
		*error_r = "the user name lacks a part that the maildrop "
		    "template wants";
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		if (v[i] == '/') {
			*error_r = "'/' in a user name";
			return -1;
		}
		if (put(p, fold ? lower(v[i]) : v[i], error_r) != 0)
			return -1;
	}
	return 0;
}

static int
put_variable(struct path *p, char c, const char *user, const char **error_r)
{
	const char *at = strrchr(user, '@');
	size_t whole = strlen(user);
	size_t local = at == NULL ? whole : (size_t)(at - user);

	switch (c) {
	case 'u':
		return put_value(p, user, whole, false, error_r);
	case 'n':
		return put_value(p, user, local, false, error_r);
	case 'd':
		return put_value(p, at == NULL ? "" : at + 1,
		    at == NULL ? 0 : whole - local - 1, true, error_r);
	case '%':
		return put(p, '%', error_r);
	default:
		*error_r = "unknown variable in the maildrop template; "
		    "%u, %n, %d and %% are known";
		return -1;
	}
}

static bool
component_ok(const char *p, size_t n)
{
	if (n == 0 || n > COMPONENT_MAX || (n == 1 && p[0] == '.') ||
	    (n == 2 && p[0] == '.' && p[1] == '.'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] >= 0x7f)
			return false;
	return true;
}

static bool
path_ok(const char *path)
{
	const char *end;

	for (;; path = end + 1) {
		end = strchrnul(path, '/');
		if (!component_ok(path, (size_t)(end - path)))
			return false;
		if (*end == '\0')
			return true;
	}
}

int
maildrop_expand(const char *template, const char *user,
    char out[MAILDROP_MAX], const char **error_r)
{
	char text[MAILDROP_MAX];
	struct path p = { .out = text };
	int r;

	for (const char *t = template; *t != '\0'; t++) {
		if (*t == '%')
			r = put_variable(&p, *++t, user, error_r);
		else
			r = put(&p, *t, error_r);
		if (r != 0)
			return -1;
	}
	text[p.n] = '\0';
	if (!path_ok(text)) {
		*error_r = "the maildrop must be a relative path of printable "
		    "ASCII without '.', '..' or empty components";
		return -1;
	}
	memcpy(out, text, p.n + 1);
	return 0;
}

int
maildrop_check(const char *template, const char **error_r)
{
	char out[MAILDROP_MAX];

	return maildrop_expand(template, "user@domain", out, error_r);
}
