/* SPDX-License-Identifier: ISC
 *
 * origin: where each setting of a configuration was given.  Private to
 * src/conf.
 */
#ifndef RESTANTE_CONF_ORIGIN_H
#define RESTANTE_CONF_ORIGIN_H

#include "conf/mistake.h"
#include "conf/schema.h"

struct conf_origin {
	const struct conf_setting *setting;
	size_t index;		/* which of listens or certs, else 0 */
	unsigned line;
	bool good;		/* false: reported, its default is in force */
};

void origin_add(struct conf *c, const struct conf_setting *s, size_t index,
    unsigned line, bool good);
/* NULL when the file does not set it */
const struct conf_origin *origin_find(const struct conf *c,
    const char *section, size_t index, const char *key);
/* the struct that holds the settings of a section; NULL past the end */
void *origin_base(struct conf *c, const struct conf_section *sec,
    size_t index);
const void *origin_base_const(const struct conf *c,
    const struct conf_section *sec, size_t index);

/* the defaults of one section, into zeroed memory */
void origin_set_defaults(struct mistakes *m, const struct conf_section *sec,
    void *base);
/* One more [listen NAME] or [tls NAME] ("" for none) with its defaults;
 * returns its index. */
size_t origin_add_instance(struct mistakes *m, struct conf *c,
    const struct conf_section *sec, const char *name, unsigned line);

/*
 * Computed defaults, required settings and what settings mean together; m
 * gets the mistakes.  `last` is the last line of the file: where something
 * that stands nowhere is reported.
 */
void check_all(struct mistakes *m, struct conf *c, unsigned last);

#endif
