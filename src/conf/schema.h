/* SPDX-License-Identifier: ISC
 *
 * schema: what a configuration file may say.  Private to src/conf.  There are
 * two: restanted.conf (schema.c) and restante.conf (client_schema.c).
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
	CONF_TYPE_IDENTITY,	/* struct conf_identity */
	CONF_TYPE_ARGV,		/* struct conf_argv */
	CONF_TYPE_DEST,		/* struct conf_dest */
	CONF_TYPE_KEEP,		/* struct value_keep */
	CONF_TYPE_GLOB,		/* struct value_matches, appended to */
	CONF_TYPE_REGEX		/* the same list */
};

enum conf_setting_flag {
	CONF_REQUIRED = 1 << 0,
	/* `min` does not hold with unsafe_limits: it is 1 then */
	CONF_MIN_IS_SAFETY = 1 << 1,
	CONF_MAY_BE_EMPTY = 1 << 2,
	/* this listener protocol knows the setting; none set: all do */
	CONF_FOR_POP3 = 1 << 3,
	CONF_FOR_LMTP = 1 << 4,
	CONF_FOR_SMTP = 1 << 5,
	CONF_SECRET = 1 << 6,	/* never shown, wiped */
	CONF_REPEATS = 1 << 7,	/* may stand several times */
	CONF_HOME = 1 << 8,	/* `~/` is the home directory */
	CONF_ZERO_IS_UNSET = 1 << 9,
	CONF_ONE_SOURCE = 1 << 10	/* at most one of these is set */
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

/* where the elements of a section with many instances are kept; `size` 0: it
 * has one, in the whole struct itself */
struct conf_list {
	size_t array, count;	/* in the whole: T *, size_t */
	size_t size;		/* of T */
	size_t name, line;	/* in T: char *, unsigned */
};

struct conf_section {
	const char *name;
	bool may_have_name, must_have_name;
	bool is_template;	/* its settings go to others: not dumped */
	const char *rows;	/* the section whose settings it has */
	const char *example;	/* a NAME, for messages */
	const char *(*check_name)(const char *name);
	size_t base;		/* in the whole, when list.size is 0 */
	struct conf_list list;
	const char *doc;
};

struct conf_schema {
	const char *page;	/* "restanted.conf(5)" */
	const struct conf_section *sections;
	size_t nsections;
	const struct conf_setting *settings;
	size_t nsettings;
	size_t max_instances;
	size_t origins;		/* in the whole: struct conf_origins */
	bool names_in_reports;	/* "[account work] port" and not
				 * "[account] port" */
	bool quotes;		/* a value may be written "like this" */
	/* a setting that is nothing for this instance is not dumped; or NULL */
	bool (*is_foreign)(const struct conf_setting *s, const void *base);
};

extern const struct conf_schema conf_server_schema;
extern const struct conf_schema conf_client_schema;

/* NULL when there is none */
const struct conf_section *schema_section(const struct conf_schema *sc,
    const char *name);
const struct conf_setting *schema_setting(const struct conf_schema *sc,
    const char *section, const char *key);
bool schema_has(const struct conf_section *sec, const struct conf_setting *s);
/* the nearest name to a mistyped one, or NULL when none is near */
const char *schema_near_section(const struct conf_schema *sc,
    const char *name);
const char *schema_near_key(const struct conf_schema *sc,
    const struct conf_section *sec, const char *key);
const char *schema_near_choice(const struct conf_setting *s,
    const char *word);
/* the section that has this key, when some other one does; else NULL */
const char *schema_elsewhere(const struct conf_schema *sc,
    const struct conf_section *sec, const char *key);

#endif
