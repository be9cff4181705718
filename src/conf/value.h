/* SPDX-License-Identifier: ISC
 *
 * value: one setting's text to its C value and back.  Private to src/conf.
 */
#ifndef RESTANTE_CONF_VALUE_H
#define RESTANTE_CONF_VALUE_H

#include "conf/mistake.h"
#include "conf/schema.h"

/*
 * Reads `text` into the setting of `base` (the struct of its section). WORDS
 * and ADDRESSES are appended to, others replaced. 0, or -1 after a report,
 * and the value is as before (lists: the good words are kept).
 */
__attribute__((warn_unused_result))
int value_read(struct mistakes *m, unsigned line, const struct conf_setting *s,
    const char *text, void *base);
/* Writes the value as a file has it; no line end. */
void value_write(const struct conf_setting *s, const void *base, FILE *out);
/* whether there is anything to write (a text or identity that is not NULL) */
bool value_is_set(const struct conf_setting *s, const void *base);
void value_free(const struct conf_setting *s, void *base);
/* "yes or no", "64K to 2047M": what the setting accepts, for people */
void value_write_accepted(const struct conf_setting *s, FILE *out);
/* the same as text, for the caller to free */
char *value_accepted(const struct conf_setting *s);

/* allocation failures in here end the program: there is nobody to serve */
char *value_dup(const char *text, size_t n);

#endif
