/* SPDX-License-Identifier: ISC
 *
 * schema_find: looking into a schema: by name, and by a name that is nearly
 * right.  It must not know any section or setting.
 */
#include <string.h>

#include "conf/schema.h"

const struct conf_section *
schema_section(const struct conf_schema *sc, const char *name)
{
	for (size_t i = 0; i < sc->nsections; i++)
		if (strcmp(sc->sections[i].name, name) == 0)
			return &sc->sections[i];
	return NULL;
}

bool
schema_has(const struct conf_section *sec, const struct conf_setting *s)
{
	return strcmp(s->section, sec->rows ? sec->rows : sec->name) == 0;
}

const struct conf_setting *
schema_setting(const struct conf_schema *sc, const char *section,
    const char *key)
{
	const struct conf_section *sec = schema_section(sc, section);

	for (size_t i = 0; sec && i < sc->nsettings; i++)
		if (schema_has(sec, &sc->settings[i]) &&
		    strcmp(sc->settings[i].key, key) == 0)
			return &sc->settings[i];
	return NULL;
}

/*
 * The edit distance of two words (insert, remove, replace, swap two
 * neighbours), with '-' equal to '_' and case ignored; at most `cap`.
 */
enum { WORD_MAX = 40 };

static int
fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 'a';
	return c == '-' ? '_' : c;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned
distance(const char *a, const char *b)
{
	unsigned row[3][WORD_MAX + 1] = { { 0 } };
	size_t an = strlen(a), bn = strlen(b);

	if (an > WORD_MAX || bn > WORD_MAX)
		return WORD_MAX;
	for (unsigned j = 0; j <= bn; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= an; i++) {
		unsigned *cur = row[i % 3], *prev = row[(i + 2) % 3];

		cur[0] = i;
		for (unsigned j = 1; j <= bn; j++) {
			bool same = fold(a[i - 1]) == fold(b[j - 1]);

			cur[j] = least(least(prev[j], cur[j - 1]) + 1,
			    prev[j - 1] + (same ? 0 : 1));
			if (i > 1 && j > 1 &&
			    fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]))
				cur[j] = least(cur[j],
				    row[(i + 1) % 3][j - 2] + 1);
		}
	}
	return row[an % 3][bn];
}

/* keeps in *best_r the candidate that is nearer than all before */
static void
consider(const char *word, const char *candidate, unsigned *d_r,
    const char **best_r)
{
	unsigned d = distance(word, candidate);
	size_t n = strlen(candidate);

	/* a third of the word may be wrong, and three letters at most */
	if (d > 3 || d > (n + 2) / 3 || d >= *d_r)
		return;
	*d_r = d;
	*best_r = candidate;
}

const char *
schema_near_section(const struct conf_schema *sc, const char *name)
{
	const char *best = NULL;
	unsigned d = WORD_MAX;

	for (size_t i = 0; i < sc->nsections; i++)
		consider(name, sc->sections[i].name, &d, &best);
	return best;
}

const char *
schema_near_key(const struct conf_schema *sc, const struct conf_section *sec,
    const char *key)
{
	const char *best = NULL;
	unsigned d = WORD_MAX;

	for (size_t i = 0; i < sc->nsettings; i++)
		if (schema_has(sec, &sc->settings[i]))
			consider(key, sc->settings[i].key, &d, &best);
	return best;
}

const char *
schema_near_choice(const struct conf_setting *s, const char *word)
{
	const char *best = NULL;
	unsigned d = WORD_MAX;

	for (const char *const *c = s->choices; c && *c; c++)
		consider(word, *c, &d, &best);
	return best;
}

const char *
schema_elsewhere(const struct conf_schema *sc, const struct conf_section *sec,
    const char *key)
{
	for (size_t i = 0; i < sc->nsettings; i++)
		if (!schema_has(sec, &sc->settings[i]) &&
		    strcmp(sc->settings[i].key, key) == 0)
			return sc->settings[i].section;
	return NULL;
}
