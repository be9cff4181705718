/* SPDX-License-Identifier: ISC
 *
 * value: one setting's text to its C value and back.  Private to src/conf.
 */
#ifndef RESTANTE_CONF_VALUE_H
#define RESTANTE_CONF_VALUE_H

#include "conf/client_conf.h"
#include "conf/mistake.h"
#include "conf/schema.h"

/* How the structs of sections keep what takes more than one field: in these
 * orders (the schemas assert it). */
struct value_addresses {
	char **list;
	size_t n;
};
struct value_keep {
	enum account_keep keep;
	unsigned seconds, newest;
};
struct value_matches {
	struct rule_match *list;
	size_t n;
};

static inline void *
value_at(const struct conf_setting *s, void *base)
{
	return (char *)base + s->offset;
}

static inline const void *
value_at_const(const struct conf_setting *s, const void *base)
{
	return (const char *)base + s->offset;
}

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
/* the same as text, for the caller to free; NULL: memory */
char *value_accepted(const struct conf_setting *s);

/* a copy of it in `to`, which holds memory of its own for it that is freed */
void value_copy(const struct conf_setting *s, const void *from, void *to);
/* "[mail] message_size: "12x" is not accepted; accepted: ..."; `accepted`
 * NULL: what the setting says */
void value_report(struct mistakes *m, unsigned line,
    const struct conf_setting *s, const char *word, const char *accepted);

/* The types of restante.conf; `at` is the field. Results as value_read. */
extern const char value_dest_form[], value_keep_form[];
const char *value_match_form(const struct conf_setting *s);
int value_read_argv(struct mistakes *m, unsigned line,
    const struct conf_setting *s, const char *text, struct conf_argv *at);
int value_read_dest(struct mistakes *m, unsigned line,
    const struct conf_setting *s, const char *text, struct conf_dest *at);
int value_read_keep(struct mistakes *m, unsigned line,
    const struct conf_setting *s, const char *text, struct value_keep *at);
int value_read_match(struct mistakes *m, unsigned line,
    const struct conf_setting *s, const char *text, struct value_matches *at);
/* Replaces *at by the text, `~/` expanded when the setting has CONF_HOME. */
int value_set_text(struct mistakes *m, unsigned line,
    const struct conf_setting *s, const char *text, char **at);
void value_write_keep(const struct value_keep *at, FILE *out);
/* "14d" */
void value_write_seconds(unsigned seconds, FILE *out);

/* The home directory of who runs this: $HOME, else the user database's; for
 * the caller to free, or NULL. */
char *value_home(void);
/* NULL: memory */
char *value_dup(const char *text, size_t n);
/* The same for programs that serve nobody: without memory they end. */
char *value_dup_or_end(const char *text, size_t n);

#endif
