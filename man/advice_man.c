/* SPDX-License-Identifier: ISC
 *
 * advice_man: prints the section EXIT STATUS of restante(1) from the table in
 * src/client/advice.c.  A tool of the build; it is not installed.
 *
 *	advice_man			the section
 *	advice_man --check PAGE		does the page hold exactly this section?
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/report.h"

enum { STATUS_MAX = 128, PAGE_MAX = 1 << 20 };

/* what has no fault of its own */
static const struct { int status; const char *text; } others[] = {
	{ 0, "It worked.\nNothing new is success." },
	{ 1, "Of several accounts not all failed, or not for one reason;\n"
	  "what was said tells which." },
	{ 64, "The command line is wrong." },
	{ 65, "The server has no such message." },
	{ 66, "A file to read is not there." },
	{ 71, "The system refused something that is needed." },
	{ 78, "The configuration is missing or has a mistake." }
};

static const char *
other(int status)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].status == status)
			return others[i].text;
	return NULL;
}

static int
faults_of(FILE *out, int status)
{
	int n = 0;

	for (int i = FAULT_NONE + 1; i < FAULTS; i++) {
		const struct advice *a = advice_for((enum fault)i);

		if (a->exit_status != status)
			continue;
		if (out != NULL)
			(void)fprintf(out, ".It\n.Ql %s :\n%s.\n", a->name,
			    a->meaning);
		n++;
	}
	return n;
}

static void
write_section(FILE *out)
{
	(void)fputs(".Sh EXIT STATUS\n"
	    "Those of\n.In sysexits.h ,\nwhere they fit.\n"
	    "The words are the names of faults in JSON.\n"
	    ".Bl -tag -width Ds\n", out);
	for (int status = 0; status < STATUS_MAX; status++) {
		const char *text = other(status);

		if (text == NULL && faults_of(NULL, status) == 0)
			continue;
		(void)fprintf(out, ".It %d\n", status);
		if (text != NULL)
			(void)fprintf(out, "%s\n", text);
		if (faults_of(NULL, status) == 0)
			continue;
		(void)fputs(".Bl -item -compact\n", out);
		(void)faults_of(out, status);
		(void)fputs(".El\n", out);
	}
	(void)fputs(".El\n", out);
}

static char *
section(void)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (f == NULL)
		return NULL;
	write_section(f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static char *
read_page(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, PAGE_MAX);

	if (f != NULL && text != NULL)
		text[fread(text, 1, PAGE_MAX - 1, f)] = '\0';
	if (f != NULL)
		(void)fclose(f);
	return text;
}

/* Whole: what follows must be the next section. */
static int
check(const char *page, const char *wanted)
{
	char *text = read_page(page);
	const char *at = text != NULL ? strstr(text, wanted) : NULL;
	int r = at != NULL && strncmp(at + strlen(wanted), ".Sh ", 4) == 0 ?
	    0 : 1;

	if (r != 0)
		(void)fprintf(stderr, "%s: EXIT STATUS is not what "
		    "src/client/advice.c says: run tools/update-man\n", page);
	free(text);
	return r;
}

int
main(int argc, char **argv)
{
	char *wanted = section();
	int r = 2;

	if (wanted == NULL)
		return 2;
	if (argc == 1)
		r = fputs(wanted, stdout) == EOF ? 2 : 0;
	else if (argc == 3 && strcmp(argv[1], "--check") == 0)
		r = check(argv[2], wanted);
	else
		(void)fputs("usage: advice_man [--check PAGE]\n", stderr);
	free(wanted);
	return r;
}
