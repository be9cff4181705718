/* SPDX-License-Identifier: ISC
 *
 * conf_man: prints the SETTINGS section of restanted.conf(5) or
 * restante.conf(5) from the schema.  A tool of the build; it is not installed.
 *
 *	conf_man PAGE			the section for the page of that name
 *	conf_man --check PAGE		does the page hold exactly this section?
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/client_conf.h"
#include "conf/conf.h"

static char *
section(const char *page)
{
	const char *slash = strrchr(page, '/');
	const char *name = slash ? slash + 1 : page;
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	if (strcmp(name, "restante.conf.5") == 0)
		client_conf_man(f);
	else
		conf_man(f);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

static char *
page(const char *path)
{
	enum { MAX = 1 << 20 };
	FILE *f = fopen(path, "re");
	char *text = malloc(MAX);
	size_t n;

	if (!f || !text) {
		free(text);
		if (f)
			(void)fclose(f);
		return NULL;
	}
	n = fread(text, 1, MAX - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

/* Whole: what follows must be the next section. */
static int
check(const char *text, const char *wanted)
{
	const char *at = strstr(text, wanted);

	return at && strncmp(at + strlen(wanted), ".Sh ", 4) == 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	bool checks = argc == 3 && strcmp(argv[1], "--check") == 0;
	char *wanted, *text;
	int r;

	if (argc != 2 && !checks) {
		(void)fprintf(stderr, "usage: conf_man [--check] PAGE\n");
		return 2;
	}
	wanted = section(argv[argc - 1]);
	if (!wanted)
		return 2;
	if (!checks) {
		r = fputs(wanted, stdout) == EOF ? 2 : 0;
		free(wanted);
		return r;
	}
	text = page(argv[2]);
	r = text ? check(text, wanted) : -1;
	if (r != 0)
		(void)fprintf(stderr, "%s: SETTINGS is not what the schema "
		    "says: run tools/update-man\n", argv[2]);
	free(text);
	free(wanted);
	return r == 0 ? 0 : 1;
}
