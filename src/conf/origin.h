/* SPDX-License-Identifier: ISC
 *
 * origin: the memory of a configuration: its sections, and where each setting
 * was given.  Private to src/conf.  `conf` is the whole struct of a schema:
 * struct conf or struct client_conf.
 */
#ifndef RESTANTE_CONF_ORIGIN_H
#define RESTANTE_CONF_ORIGIN_H

#include "conf/mistake.h"
#include "conf/schema.h"

struct conf_origin {
	const struct conf_section *section;
	const struct conf_setting *setting;
	size_t index;		/* which of its instances, else 0 */
	unsigned line;
	bool good;		/* false: reported, its default is in force */
};

/* in the order of the file, so those of an instance stand together */
struct conf_origins {
	struct conf_origin *list;
	size_t n;
};

struct conf_origins *origin_list(const struct conf_schema *sc, void *conf);
int origin_add(const struct conf_schema *sc, void *conf,
    const struct conf_origin *origin);
/* NULL when the file does not set it */
const struct conf_origin *origin_find(const struct conf_schema *sc,
    const void *conf, const char *section, size_t index, const char *key);
/* its line, or 0 */
unsigned origin_line(const struct conf_schema *sc, const void *conf,
    const char *section, size_t index, const char *key);
/* the struct that holds the settings of a section; NULL past the end */
void *origin_base(const struct conf_section *sec, const void *conf,
    size_t index);
/* of an instance: its name (NULL for none) and the line of its section */
const char *origin_name(const struct conf_section *sec, const void *base);
unsigned origin_section_line(const struct conf_section *sec,
    const void *base);

/* the defaults of one section, into zeroed memory */
void origin_set_defaults(const struct conf_schema *sc, struct mistakes *m,
    const struct conf_section *sec, void *base);
/* One more instance of a section that has many ("" for no name) with its
 * defaults.  0, or -1: memory, which is reported. */
int origin_add_instance(const struct conf_schema *sc, struct mistakes *m,
    void *conf, const struct conf_section *sec, const char *name,
    unsigned line, size_t *index_r);
/* all settings, instances and origins; not `conf` itself */
void origin_release(const struct conf_schema *sc, void *conf);

#endif
