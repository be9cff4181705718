/* SPDX-License-Identifier: ISC
 *
 * dump: settings as text, and a schema as a part of a manual page.  Private
 * to src/conf.
 */
#ifndef RESTANTE_CONF_DUMP_H
#define RESTANTE_CONF_DUMP_H

#include <stdio.h>

#include "conf/schema.h"

/* in the file's own format; reads back as the same, secrets excepted */
void dump_settings(const struct conf_schema *sc, const void *conf, FILE *out);
/* the SETTINGS section, mdoc */
void dump_man(const struct conf_schema *sc, FILE *out);

#endif
