/* SPDX-License-Identifier: ISC
 *
 * import_ini: INI as Python and Mozilla write it, and Python's tuples of
 * words.  Knows no key.
 */
#include <stdlib.h>
#include <string.h>

#include "client/import_ini.h"

/* ---- INI ----------------------------------------------------------------- */

enum { PAIRS_MAX = 1000 };

void
import_ini_done(struct import_ini *ini)
{
	for (size_t i = 0; i < ini->n; i++) {
		free(ini->pairs[i].section);
		free(ini->pairs[i].key);
		buf_wipe_octets(ini->pairs[i].value,
		    strlen(ini->pairs[i].value));
		free(ini->pairs[i].value);
	}
	free(ini->pairs);
}

static void
go_on(struct import_ini *ini, struct pop_span more)
{
	struct import_pair *p = &ini->pairs[ini->n - 1];
	char *text = import_text(more);
	char *joined = import_printf("%s %s", p->value, text);

	free(p->value);
	free(text);
	p->value = joined;
}

static void
add(struct import_ini *ini, const char *section, struct pop_span line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] != '=' && line.p[n] != ':')
		n++;
	if (n == line.n || ini->n >= PAIRS_MAX)
		return;
	ini->pairs = reallocarray(ini->pairs, ini->n + 1,
	    sizeof(*ini->pairs));
	if (!ini->pairs)
		abort();
	ini->pairs[ini->n++] = (struct import_pair){
		import_dup(section, strlen(section)),
		import_text(import_trim(span_of(line.p, n))),
		import_text(import_trim(span_of(line.p + n + 1,
		    line.n - n - 1)))
	};
}

void
import_ini_read(struct import_ini *ini, struct pop_span text)
{
	struct pop_span line;
	char *section = import_dup("", 0);
	bool any = false;	/* a key in this section: it may go on */

	while (import_line(&text, &line)) {
		struct pop_span s = import_trim(line);
		bool indented = line.n > 0 &&
		    (line.p[0] == ' ' || line.p[0] == '\t');

		if (s.n == 0 || s.p[0] == '#' || s.p[0] == ';')
			continue;
		if (indented && any) {
			go_on(ini, s);
		} else if (s.p[0] == '[' && s.p[s.n - 1] == ']') {
			free(section);
			section = import_text(span_of(s.p + 1, s.n - 2));
			any = false;
		} else {
			size_t before = ini->n;

			add(ini, section, s);
			any = ini->n > before;
		}
	}
	free(section);
}

const char *
import_ini_get(const struct import_ini *ini, const char *section,
    const char *key)
{
	for (size_t i = 0; i < ini->n; i++)
		if (strcmp(ini->pairs[i].section, section) == 0 &&
		    import_is(span_str(ini->pairs[i].key), key))
			return ini->pairs[i].value;
	return NULL;
}

/* ---- tuples -------------------------------------------------------------- */

int
import_tuple(const char *p, char *words[IMPORT_WORDS_MAX])
{
	int n = 0;

	for (;;) {
		char quote, *out;
		size_t used = 0;

		p += strspn(p, " \t(),[]");
		if (!*p)
			return n;
		quote = *p++;
		if ((quote != '"' && quote != '\'') ||
		    n == IMPORT_WORDS_MAX - 1)
			break;
		out = import_dup(p, strlen(p));
		for (; *p && *p != quote; p++) {
			if (*p == '\\' && p[1])
				p++;
			out[used++] = *p;
		}
		out[used] = '\0';
		words[n++] = out;
		if (*p++ != quote)
			break;
	}
	while (n > 0)
		free(words[--n]);
	return -1;
}
