/* SPDX-License-Identifier: ISC
 *
 * import_common: settings that several programs have, and what they become.
 * What was unsafe becomes safe where that does no harm, and is said; what
 * nobody can translate keeps the account from being visited.
 */
#include <stdlib.h>
#include <string.h>

#include "client/import.h"

static bool
is_this_machine(const char *server)
{
	return strcmp(server, "localhost") == 0 ||
	    strcmp(server, "::1") == 0 ||
	    (strncmp(server, "127.", 4) == 0 &&
	    server[strspn(server, "0123456789.")] == '\0');
}

void
import_plain(struct import_account *a, const char *server, const char *who)
{
	if (is_this_machine(server)) {
		import_set(a, "tls", "none");
		import_set(a, "clear_login", "yes");
		return;
	}
	import_set(a, "tls", "start");
	import_note(a, "%s sent the password without TLS; now the server is "
	    "asked for STLS first (if it has none: tls = implicit, or else "
	    "tls = none with clear_login = yes)", who);
}

void
import_fingerprint(struct import_account *a, const char *text)
{
	size_t digits = 0;

	for (const char *p = text; *p; p++) {
		if (strchr("0123456789abcdefABCDEF", *p))
			digits++;
		else if (*p != ':')
			digits = 1000;
	}
	if (digits == 64)
		import_setf(a, "pin", "cert-sha256:%s", text);
	else
		import_stop(a, "the fingerprint \"%s\" is not one of SHA-256: "
		    "give the server's as pin, or leave it to the "
		    "authorities", text);
}

char *
import_home_path(struct import_account *a, const char *what,
    const char *path)
{
	const char *rest = path;

	if (strncmp(path, "~/", 2) == 0)
		rest = path + 2;
	else if (strncmp(path, "$HOME/", 6) == 0)
		rest = path + 6;
	else if (strncmp(path, "${HOME}/", 8) == 0)
		rest = path + 8;
	if ((rest == path && path[0] != '/') || strchr(rest, '$')) {
		import_stop(a, "%s is \"%s\", which is no path that begins "
		    "with / or ~/", what, path);
		return NULL;
	}
	return rest == path ? import_printf("%s", path) :
	    import_printf("~/%s", rest);
}

void
import_destination(struct import_account *a, const char *kind,
    const char *path)
{
	char *home = import_home_path(a, "the destination", path);
	size_t n;

	if (!home)
		return;
	n = strlen(home);
	while (n > 1 && home[n - 1] == '/')
		home[--n] = '\0';
	import_setf(a, "destination", "%s:%s", kind, home);
	free(home);
}

void
import_quote(const char *word, FILE *out)
{
	(void)fputc('"', out);
	for (; *word; word++)
		(void)fprintf(out, "%s%c", *word == '"' || *word == '\\' ?
		    "\\" : "", *word);
	(void)fputc('"', out);
}

void
import_pipe_shell(struct import_account *a, const char *line)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		abort();
	(void)fputs("pipe:sh -c ", f);
	import_quote(line, f);
	if (fclose(f) != 0)
		abort();
	import_set(a, "destination", text);
	free(text);
}

void
import_password(struct import_account *a, const char *password)
{
	import_set(a, "password", password);
	if (import_has(a, "password"))
		import_note(a, "the password stands in the configuration now "
		    "too, which nobody else may read; password_command would "
		    "keep it elsewhere");
}
