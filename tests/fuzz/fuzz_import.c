/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: the files that `restante import` reads.  The first octet says
 * which.  Whatever the others are, reading ends, and what would be written is
 * lines: nothing in it begins a section or a setting of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/import.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
check_lines(const char *text)
{
	size_t sections = 0;

	for (const char *p = text; *p; p = strchr(p, '\n') + 1) {
		size_t n = strcspn(p, "\n");

		if (p[n] != '\n')
			abort();
		for (size_t i = 0; i < n; i++)
			if (((unsigned char)p[i] < 0x20 && p[i] != '\t') ||
			    p[i] == 0x7f)
				abort();
		sections += p[0] == '[';
		if (p[0] != '[' && p[0] != '#' && !strstr(p, " = "))
			abort();
	}
	if (sections != 1)
		abort();
}

static void
check_account(struct import_account *a)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		abort();
	import_settle(a);
	import_section(a, f);
	if (fclose(f) != 0 || strlen(text) != n)
		abort();
	check_lines(text);
	free(text);
	for (size_t i = 0; i < a->nuidls; i++) {
		struct pop_span s = import_uidl_of(a, i);

		if (s.n == 0 || s.n > IMPORT_UIDL_MAX)
			abort();
	}
}

static void
read_state(struct import *im, unsigned char kind, struct pop_span text)
{
	struct import_account *a = import_add(im, "fuzz");

	import_set(a, "user", "u");
	import_set(a, "server", "h");
	import_name(a, "u", "h");
	a->label = import_dup("p", 1);
	if (kind == 'O')
		import_getmail_oldmail(a, text);
	else if (kind == 'I')
		import_fetchmail_ids(im, "fuzz", text);
	else if (kind == 'U')
		import_mpop_uidls(a, text);
	else
		import_thunderbird_popstate(a, text);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct import im;
	struct pop_span text;

	if (n == 0)
		return 0;
	text = span_of(data + 1, n - 1);
	import_init(&im, "/home/wren");
	if (data[0] == 'g')
		import_getmail_rc(&im, "fuzz", text);
	else if (data[0] == 'f')
		import_fetchmail_rc(&im, "fuzz", text);
	else if (data[0] == 'm')
		import_mpop_rc(&im, "fuzz", text);
	else if (data[0] == 't')
		import_thunderbird_prefs(&im, "fuzz", text);
	else
		read_state(&im, data[0], text);
	for (size_t i = 0; i < im.naccounts; i++)
		check_account(im.accounts[i]);
	import_done(&im);
	return 0;
}
