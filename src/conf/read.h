/* SPDX-License-Identifier: ISC
 *
 * read: a configuration file to the struct of its schema.  Private to
 * src/conf.
 */
#ifndef RESTANTE_CONF_READ_H
#define RESTANTE_CONF_READ_H

#include <sys/stat.h>

#include "base/buf.h"
#include "conf/origin.h"

enum { READ_LINE_MAX = 4000, READ_FILE_MAX = 4 << 20 };

/*
 * The settings of `text` into `conf`, which is zeroed memory; m gets the
 * mistakes.  Returns the last line of the file: where something that stands
 * nowhere is reported.
 */
unsigned read_settings(const struct conf_schema *sc, struct mistakes *m,
    const char *text, size_t len, void *conf);
/* The whole of m->path into `text`, which may take READ_FILE_MAX + 1 octets;
 * st_r (may be NULL) is of the opened file.  0, or -1 after a report. */
__attribute__((warn_unused_result))
int read_file(struct mistakes *m, struct buf *text, struct stat *st_r);

#endif
