/* SPDX-License-Identifier: ISC
 *
 * schema: what a configuration file may say.  Private to src/conf.
 */
#ifndef RESTANTE_CONF_SCHEMA_H
#define RESTANTE_CONF_SCHEMA_H

#include "conf/conf.h"

enum conf_type {
	CONF_TYPE_TEXT,		/* char *; `choices` may restrict it */
	CONF_TYPE_PATH,		/* char *, absolute */
	CONF_TYPE_WORDS,	/* char *, words with one blank between */
	CONF_TYPE_ADDRESSES,	/* char **, followed by its size_t count */
	CONF_TYPE_SIZE,		/* uint64_t octets; K, M, G */
	CONF_TYPE_SECONDS,	/* unsigned; s, m, h, d */
	CONF_TYPE_MILLISECONDS,	/* unsigned; the same and ms */
	CONF_TYPE_COUNT,	/* unsigned */
	CONF_TYPE_BOOL,		/* bool: choices[0] false, choices[1] true */
	CONF_TYPE_CHOICE,	/* an enum: index into choices */
	CONF_TYPE_IDENTITY	/* struct conf_identity */
};

enum conf_setting_flag {
	CONF_REQUIRED = 1 << 0,
	/* `min` does not hold with unsafe_limits: it is 1 then */
	CONF_MIN_IS_SAFETY = 1 << 1,
	CONF_MAY_BE_EMPTY = 1 << 2,
	/* this listener protocol knows the setting; none set: all do */
	CONF_FOR_POP3 = 1 << 3,
	CONF_FOR_LMTP = 1 << 4,
	CONF_FOR_SMTP = 1 << 5
};
#define CONF_FOR_ANY (CONF_FOR_POP3 | CONF_FOR_LMTP | CONF_FOR_SMTP)

struct conf_setting {
	const char *section;
	const char *key;
	enum conf_type type;
	unsigned flags;
	const char *fallback;	/* as in a file; NULL: none, or computed */
	uint64_t min, max;	/* SIZE, COUNT, SECONDS, MILLISECONDS */
	const char *const *choices;	/* ends with NULL */
	/* further syntax of a TEXT, PATH or one of WORDS and ADDRESSES:
	 * NULL when good, else what would be */
	const char *(*check)(const char *word);
	size_t offset;		/* in the struct of its section */
	const char *doc;	/* one sentence; mdoc macros are not used */
	const char *when_unset;	/* for the man page, when fallback is NULL */
};

enum conf_where { CONF_IN_CONF, CONF_IN_LISTEN, CONF_IN_CERT };

struct conf_section {
	const char *name;
	enum conf_where where;
	bool may_have_name, must_have_name;
	const char *doc;
};

extern const struct conf_section conf_sections[];
extern const size_t conf_nsections;
extern const struct conf_setting conf_settings[];
extern const size_t conf_nsettings;

/* NULL when there is none */
const struct conf_section *schema_section(const char *name);
const struct conf_setting *schema_setting(const char *section,
    const char *key);
/* the nearest name to a mistyped one, or NULL when none is near */
const char *schema_near_section(const char *name);
const char *schema_near_key(const char *section, const char *key);
const char *schema_near_choice(const struct conf_setting *s,
    const char *word);
/* the section that has this key, when some other one does; else NULL */
const char *schema_elsewhere(const char *section, const char *key);

#endif
