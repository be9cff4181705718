/* SPDX-License-Identifier: ISC
 *
 * origin: the memory of a configuration: its sections, its defaults, and
 * where each setting was given.  It must not judge values.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/origin.h"
#include "conf/value.h"

void *
origin_base(struct conf *c, const struct conf_section *sec, size_t index)
{
	if (sec->where == CONF_IN_LISTEN)
		return index < c->nlistens ? &c->listens[index] : NULL;
	if (sec->where == CONF_IN_CERT)
		return index < c->ncerts ? &c->certs[index] : NULL;
	return index == 0 ? c : NULL;
}

const void *
origin_base_const(const struct conf *c, const struct conf_section *sec,
    size_t index)
{
	if (sec->where == CONF_IN_LISTEN)
		return index < c->nlistens ? &c->listens[index] : NULL;
	if (sec->where == CONF_IN_CERT)
		return index < c->ncerts ? &c->certs[index] : NULL;
	return index == 0 ? c : NULL;
}

void
origin_add(struct conf *c, const struct conf_setting *s, size_t index,
    unsigned line, bool good)
{
	struct conf_origin *all = realloc(c->origins,
	    (c->norigins + 1) * sizeof(*all));

	if (!all)
		abort();
	c->origins = all;
	all[c->norigins++] = (struct conf_origin){ s, index, line, good };
}

const struct conf_origin *
origin_find(const struct conf *c, const char *section, size_t index,
    const char *key)
{
	const struct conf_setting *s = schema_setting(section, key);

	for (size_t i = 0; s && i < c->norigins; i++)
		if (c->origins[i].setting == s &&
		    c->origins[i].index == index)
			return &c->origins[i];
	return NULL;
}

unsigned
conf_line(const struct conf *c, const char *section, size_t index,
    const char *key)
{
	const struct conf_origin *o = origin_find(c, section, index, key);

	return o ? o->line : 0;
}

void
origin_set_defaults(struct mistakes *m, const struct conf_section *sec,
    void *base)
{
	for (size_t i = 0; i < conf_nsettings; i++) {
		const struct conf_setting *s = &conf_settings[i];

		if (!s->fallback || strcmp(s->section, sec->name) != 0)
			continue;
		/* a unit test reads them all: none is mistaken */
		if (value_read(m, 0, s, s->fallback, base) != 0)
			abort();
	}
}

static void
free_section(const struct conf_section *sec, void *base)
{
	for (size_t i = 0; i < conf_nsettings; i++)
		if (strcmp(conf_settings[i].section, sec->name) == 0)
			value_free(&conf_settings[i], base);
}

void
conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < conf_nsections; i++) {
		void *base;

		for (size_t k = 0;
		    (base = origin_base(c, &conf_sections[i], k)); k++)
			free_section(&conf_sections[i], base);
	}
	for (size_t k = 0; k < c->nlistens; k++)
		free(c->listens[k].name);
	for (size_t k = 0; k < c->ncerts; k++)
		free(c->certs[k].name);
	free(c->listens);
	free(c->certs);
	free(c->origins);
	free(c->path);
	free(c);
}

/* array + one zeroed element of `size` octets */
static void *
grow(void *array, size_t n, size_t size)
{
	char *grown = realloc(array, (n + 1) * size);

	if (!grown)
		abort();
	memset(grown + n * size, 0, size);
	return grown;
}

size_t
origin_add_instance(struct mistakes *m, struct conf *c,
    const struct conf_section *sec, const char *name, unsigned line)
{
	char *copy = name[0] ? value_dup(name, strlen(name)) : NULL;
	size_t i;

	if (sec->where == CONF_IN_LISTEN) {
		c->listens = grow(c->listens, c->nlistens,
		    sizeof(*c->listens));
		i = c->nlistens++;
		c->listens[i].name = copy;
		c->listens[i].line = line;
		origin_set_defaults(m, sec, &c->listens[i]);
		return i;
	}
	c->certs = grow(c->certs, c->ncerts, sizeof(*c->certs));
	i = c->ncerts++;
	c->certs[i].name = copy;
	c->certs[i].line = line;
	origin_set_defaults(m, sec, &c->certs[i]);
	return i;
}
