/* SPDX-License-Identifier: ISC
 *
 * who: the sessions that are open at this moment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/control.h"

enum { COLUMNS = 6, SECONDS = 5, WIDEST = 48 };

static const struct column {
	const char *title, *key;
} columns[COLUMNS] = {
	{ "SESSION", "session" },
	{ "SERVICE", "service" },
	{ "USER", "user" },
	{ "PEER", "peer" },
	{ "TLS", "tls" },
	{ "TIME", "seconds" }
};

/* "12s", "3m20s", "2h05m": what fits a glance */
static char *
time_text(json_int_t s)
{
	char *out;
	int n;

	if (s < 60)
		n = asprintf(&out, "%llds", (long long)s);
	else if (s < 3600)
		n = asprintf(&out, "%lldm%02llds", (long long)(s / 60),
		    (long long)(s % 60));
	else
		n = asprintf(&out, "%lldh%02lldm", (long long)(s / 3600),
		    (long long)(s / 60 % 60));
	return n < 0 ? NULL : out;
}

static char *
cell(const json_t *row, int c)
{
	const char *key = columns[c].key;

	if (c == SECONDS)
		return time_text(json_integer_value(json_object_get(row,
		    key)));
	return control_text(row, key);
}

static void
measure(const json_t *rows, int widths[COLUMNS])
{
	size_t i;
	json_t *row;

	for (int c = 0; c < COLUMNS; c++)
		widths[c] = (int)strlen(columns[c].title);
	json_array_foreach(rows, i, row) {
		for (int c = 0; c < COLUMNS; c++) {
			char *text = cell(row, c);
			int n = text == NULL ? 0 : (int)strlen(text);

			if (n > widths[c] && n <= WIDEST)
				widths[c] = n;
			free(text);
		}
	}
}

static int
print_row(const json_t *row, const int widths[COLUMNS])
{
	char *text;
	int r = 0;

	for (int c = 0; c < COLUMNS; c++) {
		text = row == NULL ? strdup(columns[c].title) : cell(row, c);
		if (text == NULL || printf(c + 1 < COLUMNS ? "%-*s  " :
		    "%*s\n", widths[c], text) < 0)
			r = -1;
		free(text);
	}
	return r;
}

static int
print_text(const json_t *rows)
{
	int widths[COLUMNS];
	size_t i;
	json_t *row;

	if (json_array_size(rows) == 0)
		return puts("nobody is here") < 0 ? -1 : 0;
	measure(rows, widths);
	if (print_row(NULL, widths) != 0)
		return -1;
	json_array_foreach(rows, i, row)
		if (print_row(row, widths) != 0)
			return -1;
	return 0;
}

static int
print_json(const json_t *rows)
{
	if (json_dumpf(rows, stdout, JSON_INDENT(2)) != 0)
		return -1;
	return putchar('\n') == EOF ? -1 : 0;
}

enum admin_exit
admin_who(const struct admin_args *args)
{
	json_t *rows, *last;
	int r;

	if (control_ask(args, json_pack("{s:s}", "command", "who"), &rows,
	    &last) != 0)
		return ADMIN_FAILED;
	r = args->json ? print_json(rows) : print_text(rows);
	json_decref(rows);
	json_decref(last);
	if (r != 0)
		admin_error("cannot write the list");
	return r == 0 ? ADMIN_OK : ADMIN_FAILED;
}
