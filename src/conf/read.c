/* SPDX-License-Identifier: ISC
 *
 * read: a configuration file to the struct of its schema, with every mistake
 * reported.
 *
 * inih splits the lines; Debian's build tells a handler no line number, cuts
 * long section names and passes over empty sections, so the lines go through
 * read_line below, which counts them and takes care of the sections itself.
 * This file must not know what a setting means.
 */
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "conf/quote.h"
#include "conf/read.h"
#include "conf/value.h"

enum {
	LINE_MAX_OCTETS = READ_LINE_MAX,
};

struct reader {
	const struct conf_schema *schema;
	struct mistakes *m;
	void *conf;
	const char *text;	/* what is still to be read */
	size_t left;
	unsigned line;
	bool waiting;		/* the line must turn out to be key = value */
	size_t indent;		/* blanks before the line */
	size_t key_indent;	/* and before the last key */
	const struct conf_section *section;	/* NULL: unknown */
	bool in_section;	/* a header was seen */
	size_t index;
	const struct conf_setting *last;	/* NULL: none or unknown */
	bool any_key;		/* in this section */
	char *label;		/* of this section in reports */
	unsigned section_lines[16];	/* where a nameless one began */
};

/* ---- sections ----------------------------------------------------------- */

/* the line of an earlier section of the same name, or 0 */
static unsigned
earlier(const struct reader *r, const struct conf_section *sec,
    const char *name)
{
	const void *base;

	if (sec->list.size == 0)
		return r->section_lines[sec - r->schema->sections];
	for (size_t i = 0; (base = origin_base(sec, r->conf, i)); i++) {
		const char *other = origin_name(sec, base);

		if (strcmp(other ? other : "", name) == 0)
			return origin_section_line(sec, base);
	}
	return 0;
}

/* "[server], [tls], [tls NAME], [listen NAME]", for the caller to free; NULL:
 * memory */
static char *
all_sections(const struct conf_schema *sc)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	for (size_t i = 0; i < sc->nsections; i++) {
		const struct conf_section *s = &sc->sections[i];

		if (!s->must_have_name)
			(void)fprintf(f, "%s[%s]", i ? ", " : "", s->name);
		if (s->may_have_name)
			(void)fprintf(f, "%s[%s NAME]", i ? ", " : "",
			    s->name);
	}
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static void
report_section(struct reader *r, const char *word)
{
	const char *near = schema_near_section(r->schema, word);
	char *all = all_sections(r->schema);

	if (!all) {
		mistake_memory(r->m, r->line);
		return;
	}
	mistake(r->m, r->line, "there is no section [%s]; accepted: %s%s%s%s",
	    word, all, near ? "; did you mean [" : "", near ? near : "",
	    near ? "]?" : "");
	free(all);
}

static size_t
instances(const struct reader *r)
{
	size_t all = 0;

	for (size_t i = 0; i < r->schema->nsections; i++) {
		const struct conf_section *sec = &r->schema->sections[i];

		if (sec->list.size == 0)
			continue;
		for (size_t k = 0; origin_base(sec, r->conf, k); k++)
			all++;
	}
	return all;
}

static int
set_label(struct reader *r, const char *word, const char *name)
{
	bool named = r->schema->names_in_reports && name[0];
	size_t n = strlen(word);

	free(r->label);
	r->m->section = NULL;
	r->label = malloc(n + 2 + strlen(name));
	if (!r->label)
		return mistake_memory(r->m, r->line);
	memcpy(r->label, word, n + 1);
	if (named) {
		r->label[n] = ' ';
		memcpy(r->label + n + 1, name, strlen(name) + 1);
	}
	r->m->section = r->label;
	return 0;
}

/* `word` is the section's name, `name` what follows it or "" */
static void
begin_section(struct reader *r, const char *word, const char *name)
{
	const struct conf_section *sec = schema_section(r->schema, word);
	const char *wanted = NULL;
	unsigned before;

	if (!sec) {
		report_section(r, word);
		return;
	}
	if (sec->must_have_name && !name[0]) {
		mistake(r->m, r->line, "[%s] needs a name, as in [%s %s]",
		    word, word, sec->example);
		return;
	}
	if (name[0])
		wanted = sec->may_have_name ? sec->check_name(name) :
		    "this section has no name of its own";
	if (wanted) {
		mistake(r->m, r->line, "[%s %s]: %s", word, name, wanted);
		return;
	}
	before = earlier(r, sec, name);
	if (before) {
		mistake(r->m, r->line, "[%s%s%s] begins again; it began in "
		    "line %u", word, name[0] ? " " : "", name, before);
		return;
	}
	r->index = 0;
	r->section_lines[sec - r->schema->sections] = r->line;
	if (set_label(r, word, name) != 0)
		return;
	if (sec->list.size == 0) {
		r->section = sec;
		return;
	}
	if (instances(r) >= r->schema->max_instances) {
		mistake(r->m, r->line, "more than %zu sections",
		    r->schema->max_instances);
		return;
	}
	if (origin_add_instance(r->schema, r->m, r->conf, sec, name, r->line,
	    &r->index) == 0)
		r->section = sec;
}

/* `p` is behind "[" */
static void
read_section(struct reader *r, const char *p, const char *end)
{
	const char *close = memchr(p, ']', (size_t)(end - p));
	char *word, *name;
	size_t n;

	r->section = NULL;
	r->last = NULL;
	r->any_key = false;
	r->in_section = true;
	if (!close || close + 1 != end) {
		mistake(r->m, r->line, "a section is [WORD] or [WORD NAME] "
		    "and nothing else in its line");
		return;
	}
	word = value_dup(p, (size_t)(close - p));
	if (!word) {
		mistake_memory(r->m, r->line);
		return;
	}
	n = strcspn(word, " \t");
	name = word + n + strspn(word + n, " \t");
	word[n] = '\0';
	begin_section(r, word, name);
	free(word);
}

/* ---- lines -------------------------------------------------------------- */

static void
expect_nothing(struct reader *r)
{
	if (r->waiting)
		mistake(r->m, r->line, "neither [section] nor key = value");
	r->waiting = false;
}

/* Control characters would break the lines of our reports and logs. */
static bool
is_printable(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)p[i] < 0x20 && p[i] != '\t') ||
		    p[i] == 0x7f)
			return false;
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A line that is indented deeper than the key before it is more of its
 * value. */
static bool
goes_on(const struct reader *r)
{
	return r->any_key && r->indent > r->key_indent;
}

/* What the line is, and so what inih shall see of it. */
enum line_kind { LINE_NOTHING, LINE_SECTION, LINE_SETTING };

static enum line_kind
look_at(struct reader *r, const char *p, size_t n)
{
	const char *start = p, *end = p + n;

	while (end > p && is_blank(end[-1]))
		end--;
	while (p < end && is_blank(*p))
		p++;
	if (p == end || *p == '#' || *p == ';')
		return LINE_NOTHING;
	r->indent = (size_t)(p - start);
	if (*p == '[' && !goes_on(r)) {
		read_section(r, p + 1, end);
		return LINE_SECTION;
	}
	r->waiting = true;
	return LINE_SETTING;
}

/* For inih, like fgets: the next line, always a whole one. */
static char *
read_line(char *out, int size, void *stream)
{
	struct reader *r = stream;
	const char *p = r->text, *newline;
	size_t n, used;

	expect_nothing(r);
	if (r->left == 0) {
		/* inih frees it: no secret shall be left there */
		buf_wipe_octets(out, (size_t)size);
		return NULL;
	}
	r->line++;
	newline = memchr(p, '\n', r->left);
	n = newline ? (size_t)(newline - p) : r->left;
	used = newline ? n + 1 : n;
	r->text += used;
	r->left -= used;
	if (n > 0 && p[n - 1] == '\r')
		n--;
	if (r->line == 1 && n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;		/* an editor's byte order mark */
		n -= 3;
	}
	if (n > LINE_MAX_OCTETS || n + 3 > (size_t)size) {
		mistake(r->m, r->line, "a line of more than %d octets",
		    LINE_MAX_OCTETS);
		n = 0;
	} else if (!is_printable(p, n)) {
		mistake(r->m, r->line, "a control character in the line");
		n = 0;
	}
	switch (look_at(r, p, n)) {
	case LINE_NOTHING:
		n = 0;
		break;
	case LINE_SECTION:
		/* any will do: it makes inih forget the key before, which
		 * an indented line would go on with */
		p = "[x]";
		n = 3;
		break;
	case LINE_SETTING:
		/* to inih any indented line goes on with the key before */
		if (!goes_on(r)) {
			p += r->indent;
			n -= r->indent;
		}
		break;
	}
	memcpy(out, p, n);
	out[n] = '\n';
	out[n + 1] = '\0';
	return out;
}

/* ---- settings ----------------------------------------------------------- */

static void
report_key(struct reader *r, const char *key)
{
	const char *section = r->label;
	const char *near = schema_near_key(r->schema, r->section, key);
	const char *other = schema_elsewhere(r->schema, r->section, key);

	if (other) {
		mistake(r->m, r->line, "[%s] has no %s; it belongs to [%s]",
		    section, key, other);
		return;
	}
	if (near) {
		mistake(r->m, r->line, "[%s] has no %s; did you mean %s?",
		    section, key, near);
		return;
	}
	mistake(r->m, r->line, "[%s] has no %s; %s lists what it has",
	    section, key, r->schema->page);
}

static int
read_value(struct reader *r, const struct conf_setting *s, const char *value)
{
	void *base = origin_base(r->section, r->conf, r->index);
	char *plain;
	int result;

	if (!r->schema->quotes || !quote_applies(s))
		return value_read(r->m, r->line, s, value, base);
	plain = quote_read(value);
	if (!plain)
		return mistake_memory(r->m, r->line);
	result = value_read(r->m, r->line, s, plain, base);
	buf_wipe_octets(plain, strlen(plain));
	free(plain);
	return result;
}

/* an indented line: more of the list before it */
static void
go_on(struct reader *r, const char *value)
{
	const struct conf_setting *s = r->last;

	if (!s)
		return;		/* the line before was reported */
	if (s->type != CONF_TYPE_WORDS && s->type != CONF_TYPE_ADDRESSES) {
		mistake(r->m, r->line, "a line that is indented deeper goes "
		    "on with the one before, and %s is no list", s->key);
		return;
	}
	/* a mistake in it is reported; there is nothing else to undo */
	(void)!read_value(r, s, value);
}

static void
set(struct reader *r, const char *key, const char *value)
{
	const struct conf_setting *s = schema_setting(r->schema,
	    r->section->name, key);
	unsigned before;
	bool good;

	r->last = NULL;
	if (!s) {
		report_key(r, key);
		return;
	}
	before = origin_line(r->schema, r->conf, r->section->name, r->index,
	    s->key);
	if (before && !(s->flags & CONF_REPEATS)) {
		mistake(r->m, r->line, "[%s] %s is set again; it was set in "
		    "line %u", r->label, key, before);
		return;
	}
	if (s->type == CONF_TYPE_WORDS)		/* not behind its default */
		value_free(s, origin_base(r->section, r->conf, r->index));
	good = read_value(r, s, value) == 0;
	/* noted even when mistaken: it is not missing then */
	if (origin_add(r->schema, r->conf, &(struct conf_origin){ r->section,
	    s, r->index, r->line, good }) != 0)
		mistake_memory(r->m, r->line);
	r->last = s;
}

/* For inih. Its idea of the section is not used. */
static int
handle(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;

	(void)section;
	r->waiting = false;
	if (!r->in_section) {
		mistake(r->m, r->line, "a setting before the first "
		    "[section]");
		r->in_section = true;	/* once is enough */
	}
	if (!r->section)
		return 1;
	if (goes_on(r)) {
		go_on(r, value);
	} else {
		r->any_key = true;
		r->key_indent = r->indent;
		set(r, name, value);
	}
	return 1;
}

/* Its settings are variables of the library; no others are wanted here. */
static void
set_inih(void)
{
	ini_use_stack = false;
	ini_max_line = LINE_MAX_OCTETS + 8;
	ini_initial_alloc = LINE_MAX_OCTETS + 8;
	ini_allow_realloc = false;
	ini_allow_multiline = true;
	ini_allow_inline_comments = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = false;
}

unsigned
read_settings(const struct conf_schema *sc, struct mistakes *m,
    const char *text, size_t len, void *conf)
{
	struct reader r = {
		.schema = sc, .m = m, .conf = conf, .text = text, .left = len
	};

	for (size_t i = 0; i < sc->nsections; i++)
		if (sc->sections[i].list.size == 0)
			origin_set_defaults(sc, m, &sc->sections[i],
			    origin_base(&sc->sections[i], conf, 0));
	set_inih();
	/* what it returns is about lines that were reported already */
	if (ini_parse_stream(read_line, &r, handle, &r) == -2)
		mistake_memory(m, r.line);
	expect_nothing(&r);
	free(r.label);
	m->section = NULL;
	return r.line ? r.line : 1;
}
