/* SPDX-License-Identifier: ISC
 *
 * quote: values with blanks at their ends, and argument arrays, as lines of
 * restante.conf have them.  Private to src/conf.
 */
#ifndef RESTANTE_CONF_QUOTE_H
#define RESTANTE_CONF_QUOTE_H

#include <stdio.h>

#include "conf/client_conf.h"
#include "conf/schema.h"

/* whether a value of it may be quoted as a whole: all but argument arrays,
 * whose words have quotes of their own */
bool quote_applies(const struct conf_setting *s);
/* The value that `text` stands for: what is between a `"` that begins it and
 * one that ends it, with \" and \\ inside; else the text itself.  For the
 * caller to wipe and free; NULL: memory. */
char *quote_read(const char *text);
/* so that quote_read gives `value`; no line end */
void quote_write(const char *value, FILE *out);

/* what quote_argv_read says when memory is short */
extern const char quote_no_memory[];
/* NULL, or what is wrong with `text` (static). See struct conf_argv. */
__attribute__((warn_unused_result))
const char *quote_argv_read(const char *text, struct conf_argv *argv_r);
void quote_argv_write(const struct conf_argv *a, FILE *out);
void quote_argv_free(struct conf_argv *a);
/* without memory the program ends */
void quote_argv_copy(const struct conf_argv *from, struct conf_argv *to);

#endif
