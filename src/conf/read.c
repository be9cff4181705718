/* SPDX-License-Identifier: ISC
 *
 * read: a configuration file to a struct conf, with every mistake reported.
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

#include "conf/origin.h"
#include "conf/syntax.h"
#include "conf/value.h"

enum {
	LINE_MAX_OCTETS = 4000,
	INSTANCES_MAX = 1000,	/* of [listen NAME], of [tls NAME] */
	FILE_MAX_OCTETS = 4 << 20
};

struct reader {
	struct mistakes m;
	struct conf *c;
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
	unsigned section_lines[16];	/* where a nameless one began */
};

/* ---- sections ----------------------------------------------------------- */

/* the line of an earlier section of the same name, or 0 */
static unsigned
earlier(const struct reader *r, const struct conf_section *sec,
    const char *name)
{
	const struct conf *c = r->c;

	if (sec->where == CONF_IN_LISTEN) {
		for (size_t i = 0; i < c->nlistens; i++)
			if (strcmp(c->listens[i].name, name) == 0)
				return c->listens[i].line;
		return 0;
	}
	if (sec->where == CONF_IN_CERT) {
		for (size_t i = 0; i < c->ncerts; i++) {
			const char *other = c->certs[i].name;

			if (strcmp(other ? other : "", name) == 0)
				return c->certs[i].line;
		}
		return 0;
	}
	return r->section_lines[sec - conf_sections];
}

static void
report_section(struct reader *r, const char *word)
{
	const char *near = schema_near_section(word);

	mistake(&r->m, r->line, "there is no section [%s]; accepted: "
	    "[server], [mail], [auth], [limits], [tls], [tls NAME], "
	    "[listen NAME]%s%s%s", word, near ? "; did you mean [" : "",
	    near ? near : "", near ? "]?" : "");
}

/* `word` is the section's name, `name` what follows it or "" */
static void
begin_section(struct reader *r, const char *word, const char *name)
{
	const struct conf_section *sec = schema_section(word);
	unsigned before;

	if (!sec) {
		report_section(r, word);
		return;
	}
	if (sec->must_have_name && !name[0]) {
		mistake(&r->m, r->line, "[%s] needs a name, as in [%s inbox]",
		    word, word);
		return;
	}
	if (name[0] && (!sec->may_have_name || syntax_name(name))) {
		mistake(&r->m, r->line, "[%s %s]: %s", word, name,
		    sec->may_have_name ? syntax_name(name) :
		    "this section has no name of its own");
		return;
	}
	before = earlier(r, sec, name);
	if (before) {
		mistake(&r->m, r->line, "[%s%s%s] begins again; it began in "
		    "line %u", word, name[0] ? " " : "", name, before);
		return;
	}
	r->section = sec;
	r->index = 0;
	r->section_lines[sec - conf_sections] = r->line;
	if (sec->where == CONF_IN_CONF)
		return;
	if (r->c->nlistens + r->c->ncerts >= INSTANCES_MAX) {
		mistake(&r->m, r->line, "more than %d sections",
		    INSTANCES_MAX);
		r->section = NULL;
		return;
	}
	r->index = origin_add_instance(&r->m, r->c, sec, name, r->line);
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
		mistake(&r->m, r->line, "a section is [WORD] or [WORD NAME] "
		    "and nothing else in its line");
		return;
	}
	word = value_dup(p, (size_t)(close - p));
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
		mistake(&r->m, r->line, "neither [section] nor key = value");
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
	if (r->left == 0)
		return NULL;
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
		mistake(&r->m, r->line, "a line of more than %d octets",
		    LINE_MAX_OCTETS);
		n = 0;
	} else if (!is_printable(p, n)) {
		mistake(&r->m, r->line, "a control character in the line");
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
	const char *section = r->section->name;
	const char *near = schema_near_key(section, key);
	const char *other = schema_elsewhere(section, key);

	if (other) {
		mistake(&r->m, r->line, "[%s] has no %s; it belongs to [%s]",
		    section, key, other);
		return;
	}
	if (near) {
		mistake(&r->m, r->line, "[%s] has no %s; did you mean %s?",
		    section, key, near);
		return;
	}
	mistake(&r->m, r->line, "[%s] has no %s; restanted.conf(5) lists "
	    "what it has", section, key);
}

/* an indented line: more of the list before it */
static void
go_on(struct reader *r, const char *value)
{
	const struct conf_setting *s = r->last;

	if (!s)
		return;		/* the line before was reported */
	if (s->type != CONF_TYPE_WORDS && s->type != CONF_TYPE_ADDRESSES) {
		mistake(&r->m, r->line, "a line that is indented deeper goes "
		    "on with the one before, and %s is no list", s->key);
		return;
	}
	/* a mistake in it is reported; there is nothing else to undo */
	(void)!value_read(&r->m, r->line, s, value,
	    origin_base(r->c, r->section, r->index));
}

static void
set(struct reader *r, const char *key, const char *value)
{
	const struct conf_setting *s = schema_setting(r->section->name, key);
	unsigned before;
	bool good;

	r->last = NULL;
	if (!s) {
		report_key(r, key);
		return;
	}
	before = conf_line(r->c, s->section, r->index, s->key);
	if (before) {
		mistake(&r->m, r->line, "[%s] %s is set again; it was set in "
		    "line %u", s->section, key, before);
		return;
	}
	good = value_read(&r->m, r->line, s, value,
	    origin_base(r->c, r->section, r->index)) == 0;
	/* noted even when mistaken: it is not missing then */
	origin_add(r->c, s, r->index, r->line, good);
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
		mistake(&r->m, r->line, "a setting before the first "
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

int
conf_read_text(const char *path, const char *text, size_t len, FILE *errors,
    struct conf **conf_r)
{
	struct reader r = {
		.m = { errors, path, 0 },
		.c = calloc(1, sizeof(*r.c)),
		.text = text,
		.left = len
	};

	if (!r.c)
		abort();
	r.c->path = value_dup(path, strlen(path));
	for (size_t i = 0; i < conf_nsections; i++)
		if (conf_sections[i].where == CONF_IN_CONF)
			origin_set_defaults(&r.m, &conf_sections[i], r.c);
	set_inih();
	/* what it returns is about lines that were reported already */
	if (ini_parse_stream(read_line, &r, handle, &r) == -2)
		abort();
	expect_nothing(&r);
	check_all(&r.m, r.c, r.line ? r.line : 1);
	if (r.m.count > 0) {
		conf_free(r.c);
		return -1;
	}
	*conf_r = r.c;
	return 0;
}

/* The whole file; NULL with errno. */
static char *
slurp(const char *path, size_t *n_r)
{
	FILE *f = fopen(path, "re");
	char *text;
	size_t n;

	if (!f)
		return NULL;
	text = malloc(FILE_MAX_OCTETS + 1);
	if (!text)
		abort();
	n = fread(text, 1, FILE_MAX_OCTETS + 1, f);
	if (ferror(f) || n > FILE_MAX_OCTETS) {
		int error = ferror(f) ? errno : EFBIG;

		free(text);
		(void)fclose(f);
		errno = error;
		return NULL;
	}
	(void)fclose(f);
	*n_r = n;
	return text;
}

int
conf_read(const char *path, FILE *errors, struct conf **conf_r)
{
	struct mistakes m = { errors, path, 0 };
	size_t n;
	char *text = slurp(path, &n);
	int result;

	if (!text) {
		mistake(&m, 0, "cannot be read: %s", strerror(errno));
		return -1;
	}
	result = conf_read_text(path, text, n, errors, conf_r);
	free(text);
	return result;
}
