/* SPDX-License-Identifier: ISC
 *
 * origin: the memory of a configuration: its sections, its defaults, and
 * where each setting was given.  It must not judge values.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/origin.h"
#include "conf/value.h"

static void **
array_of(const struct conf_section *sec, const void *conf)
{
	return (void **)((char *)(uintptr_t)conf + sec->list.array);
}

static size_t *
count_of(const struct conf_section *sec, const void *conf)
{
	return (size_t *)(void *)((char *)(uintptr_t)conf + sec->list.count);
}

void *
origin_base(const struct conf_section *sec, const void *conf, size_t index)
{
	if (sec->list.size == 0)
		return index == 0 ? (char *)(uintptr_t)conf + sec->base : NULL;
	if (index >= *count_of(sec, conf))
		return NULL;
	return (char *)*array_of(sec, conf) + index * sec->list.size;
}

const char *
origin_name(const struct conf_section *sec, const void *base)
{
	if (sec->list.size == 0)
		return NULL;
	return *(char *const *)(const void *)((const char *)base +
	    sec->list.name);
}

unsigned
origin_section_line(const struct conf_section *sec, const void *base)
{
	return *(const unsigned *)(const void *)((const char *)base +
	    sec->list.line);
}

struct conf_origins *
origin_list(const struct conf_schema *sc, void *conf)
{
	return (struct conf_origins *)(void *)((char *)conf + sc->origins);
}

int
origin_add(const struct conf_schema *sc, void *conf,
    const struct conf_origin *origin)
{
	struct conf_origins *o = origin_list(sc, conf);
	struct conf_origin *all;

	/* full at every power of two */
	if ((o->n & (o->n - 1)) == 0) {
		all = realloc(o->list, (o->n ? o->n * 2 : 1) * sizeof(*all));
		if (!all)
			return -1;
		o->list = all;
	}
	o->list[o->n++] = *origin;
	return 0;
}

/* the first that stands behind `line` */
static size_t
first_behind(const struct conf_origins *o, unsigned line)
{
	size_t low = 0, high = o->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (o->list[middle].line > line)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

const struct conf_origin *
origin_find(const struct conf_schema *sc, const void *conf,
    const char *section, size_t index, const char *key)
{
	const struct conf_section *sec = schema_section(sc, section);
	const struct conf_origins *o =
	    origin_list(sc, (void *)(uintptr_t)conf);
	const void *base = origin_base(sec, conf, index);
	bool many = sec->list.size != 0;
	size_t i;

	if (!base)
		return NULL;
	i = many ? first_behind(o, origin_section_line(sec, base)) : 0;
	for (; i < o->n; i++) {
		const struct conf_origin *at = &o->list[i];

		if (at->section == sec && at->index == index) {
			if (strcmp(at->setting->key, key) == 0)
				return at;
		} else if (many) {
			return NULL;
		}
	}
	return NULL;
}

unsigned
origin_line(const struct conf_schema *sc, const void *conf,
    const char *section, size_t index, const char *key)
{
	const struct conf_origin *o = origin_find(sc, conf, section, index,
	    key);

	return o ? o->line : 0;
}

void
origin_set_defaults(const struct conf_schema *sc, struct mistakes *m,
    const struct conf_section *sec, void *base)
{
	for (size_t i = 0; i < sc->nsettings; i++) {
		const struct conf_setting *s = &sc->settings[i];

		if (!s->fallback || !schema_has(sec, s))
			continue;
		/* a unit test reads them all: none is mistaken, and a memory
		 * that is short was reported */
		(void)!value_read(m, 0, s, s->fallback, base);
	}
}

static void
free_section(const struct conf_schema *sc, const struct conf_section *sec,
    void *conf)
{
	void *base;

	for (size_t k = 0; (base = origin_base(sec, conf, k)); k++) {
		for (size_t i = 0; i < sc->nsettings; i++)
			if (schema_has(sec, &sc->settings[i]))
				value_free(&sc->settings[i], base);
		free((void *)(uintptr_t)origin_name(sec, base));
	}
	if (sec->list.size != 0)
		free(*array_of(sec, conf));
}

void
origin_release(const struct conf_schema *sc, void *conf)
{
	for (size_t i = 0; i < sc->nsections; i++)
		free_section(sc, &sc->sections[i], conf);
	free(origin_list(sc, conf)->list);
}

int
origin_add_instance(const struct conf_schema *sc, struct mistakes *m,
    void *conf, const struct conf_section *sec, const char *name,
    unsigned line, size_t *index_r)
{
	void **array = array_of(sec, conf);
	size_t *count = count_of(sec, conf), size = sec->list.size;
	char *grown = *array, *base, *own = NULL;

	if ((*count & (*count - 1)) == 0)	/* a power of two, or 0 */
		grown = realloc(*array, (*count ? *count * 2 : 1) * size);
	if (!grown)
		return mistake_memory(m, line);
	*array = grown;
	if (name[0])
		own = value_dup(name, strlen(name));
	if (name[0] && !own)
		return mistake_memory(m, line);
	base = grown + *count * size;
	memset(base, 0, size);
	*(char **)(void *)(base + sec->list.name) = own;
	*(unsigned *)(void *)(base + sec->list.line) = line;
	*index_r = (*count)++;
	origin_set_defaults(sc, m, sec, base);
	return 0;
}
