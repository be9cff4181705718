/* SPDX-License-Identifier: ISC
 *
 * value: one setting's text to its C value and back.  Knows how the simple
 * types of the schema are written and where they are kept; the others are in
 * value_client.c.  It must not know sections or what two settings mean
 * together.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "conf/quote.h"
#include "conf/syntax.h"
#include "conf/value.h"

static_assert(sizeof(enum conf_protocol) == sizeof(unsigned) &&
    sizeof(enum conf_tls) == sizeof(unsigned) &&
    sizeof(enum conf_bare_newline) == sizeof(unsigned) &&
    sizeof(enum conf_without_root) == sizeof(unsigned) &&
    sizeof(enum account_tls) == sizeof(unsigned) &&
    sizeof(enum rule_action) == sizeof(unsigned),
    "choices are stored as unsigned");

static const char blanks[] = " \t,";

struct unit {
	const char *name;
	uint64_t factor;
};

/* largest first; the one of factor 1 may be left out when reading */
static const struct unit size_units[] = {
	{ "G", 1 << 30 }, { "M", 1 << 20 }, { "K", 1 << 10 }, { "", 1 },
	{ NULL, 0 }
};
static const struct unit second_units[] = {
	{ "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 }, { NULL, 0 }
};
static const struct unit milli_units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 },
	{ "ms", 1 }, { NULL, 0 }
};
static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

static const struct unit *
units_of(const struct conf_setting *s)
{
	if (s->type == CONF_TYPE_SIZE)
		return size_units;
	if (s->type == CONF_TYPE_SECONDS)
		return second_units;
	if (s->type == CONF_TYPE_MILLISECONDS)
		return milli_units;
	return no_units;
}

char *
value_dup(const char *text, size_t n)
{
	char *copy = malloc(n + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, n);
	copy[n] = '\0';
	return copy;
}

char *
value_dup_or_end(const char *text, size_t n)
{
	char *copy = value_dup(text, n);

	if (!copy)
		abort();
	return copy;
}

static void
write_number(const struct unit *units, uint64_t v, FILE *out)
{
	const struct unit *u = units;

	while (u[1].name && (v == 0 || v % u->factor != 0))
		u++;
	(void)fprintf(out, "%" PRIu64 "%s", v / u->factor, u->name);
}

void
value_write_seconds(unsigned seconds, FILE *out)
{
	write_number(second_units, seconds, out);
}

static void
write_choices(const struct conf_setting *s, FILE *out)
{
	for (size_t i = 0; s->choices[i]; i++) {
		const char *sep = s->choices[i + 1] ? ", " : " or ";

		(void)fprintf(out, "%s%s", i ? sep : "", s->choices[i]);
	}
}

void
value_write_accepted(const struct conf_setting *s, FILE *out)
{
	if (s->choices) {
		write_choices(s, out);
		return;
	}
	if (s->check) {		/* no check accepts a blank: it says what */
		(void)fputs(s->check(" "), out);
		return;
	}
	switch (s->type) {
	case CONF_TYPE_SIZE:
	case CONF_TYPE_SECONDS:
	case CONF_TYPE_MILLISECONDS:
	case CONF_TYPE_COUNT:
		write_number(units_of(s), s->min, out);
		(void)fputs(" to ", out);
		write_number(units_of(s), s->max, out);
		break;
	case CONF_TYPE_PATH:
		(void)fputs(s->flags & CONF_HOME ?
		    "a path that begins with / or ~/" :
		    "a path that begins with /", out);
		break;
	case CONF_TYPE_IDENTITY:
		(void)fputs("user or user:group, names or numbers", out);
		break;
	case CONF_TYPE_ARGV:
		(void)fputs("a program and its arguments", out);
		break;
	case CONF_TYPE_DEST:
		(void)fputs(value_dest_form, out);
		break;
	case CONF_TYPE_KEEP:
		(void)fputs(value_keep_form, out);
		break;
	case CONF_TYPE_GLOB:
	case CONF_TYPE_REGEX:
		(void)fputs(value_match_form(s), out);
		break;
	case CONF_TYPE_TEXT:
	case CONF_TYPE_WORDS:
	case CONF_TYPE_ADDRESSES:
	case CONF_TYPE_BOOL:
	case CONF_TYPE_CHOICE:
		break;		/* all of these have choices or a check */
	}
}

char *
value_accepted(const struct conf_setting *s)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return NULL;
	value_write_accepted(s, f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

void
value_report(struct mistakes *m, unsigned line, const struct conf_setting *s,
    const char *word, const char *accepted)
{
	const char *near = schema_near_choice(s, word);
	const char *shown = s->flags & CONF_SECRET ? "(hidden)" : word;
	char *text;

	if (accepted) {
		mistake(m, line, "[%s] %s: \"%s\" is not accepted; accepted: "
		    "%s", m->section, s->key, shown, accepted);
		return;
	}
	text = value_accepted(s);
	if (!text) {
		mistake_memory(m, line);
		return;
	}
	mistake(m, line, "[%s] %s: \"%s\" is not accepted; accepted: "
	    "%s%s%s%s", m->section, s->key, shown, text,
	    near ? "; did you mean \"" : "", near ? near : "",
	    near ? "\"?" : "");
	free(text);
}

static int
find_choice(const struct conf_setting *s, const char *text, unsigned *i_r)
{
	for (unsigned i = 0; s->choices[i]; i++)
		if (strcmp(s->choices[i], text) == 0) {
			*i_r = i;
			return 0;
		}
	return -1;
}

static bool
unit_is(const char *name, const char *text)
{
	return span_eq_nocase(span_str(name), span_str(text));
}

/* Digits and a unit.  A duration without one is in seconds. */
static int
parse_number(const struct conf_setting *s, const char *text, uint64_t *v_r)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	uint64_t v;

	if (unit[0] == '\0' && s->type == CONF_TYPE_MILLISECONDS)
		unit = "s";
	for (const struct unit *u = units_of(s); u->name; u++) {
		if (!unit_is(u->name, unit) &&
		    !(u->factor == 1 && unit[0] == '\0'))
			continue;
		if (num_parse_u64(span_of(text, digits),
		    UINT64_MAX / u->factor, &v) != 0)
			return -1;
		*v_r = v * u->factor;
		return 0;
	}
	return -1;
}

static int
read_number(struct mistakes *m, unsigned line, const struct conf_setting *s,
    const char *text, void *at)
{
	uint64_t v;
	uint64_t min = s->flags & CONF_MIN_IS_SAFETY ? 1 : s->min;

	/* the real minimum of those is checked when the whole file is read */
	if (parse_number(s, text, &v) != 0 || v < min || v > s->max) {
		value_report(m, line, s, text, NULL);
		return -1;
	}
	if (s->type == CONF_TYPE_SIZE)
		*(uint64_t *)at = v;
	else
		*(unsigned *)at = (unsigned)v;
	return 0;
}

static int
read_text(struct mistakes *m, unsigned line, const struct conf_setting *s,
    const char *text, void *at)
{
	const char *wanted = NULL;
	unsigned i;

	if (s->choices && find_choice(s, text, &i) != 0) {
		value_report(m, line, s, text, NULL);
		return -1;
	}
	if (s->check)
		wanted = s->check(text);
	else if (s->type == CONF_TYPE_PATH)
		wanted = s->flags & CONF_HOME ? syntax_home_path(text) :
		    syntax_path(text);
	if (wanted) {
		value_report(m, line, s, text, wanted);
		return -1;
	}
	return value_set_text(m, line, s, text, at);
}

static int
append_word(char **at, const char *word)
{
	size_t old = *at ? strlen(*at) : 0, n = strlen(word);
	char *joined = malloc(old + n + 2);

	if (!joined)
		return -1;
	memcpy(joined, *at ? *at : "", old);
	if (old > 0)
		joined[old++] = ' ';
	memcpy(joined + old, word, n + 1);
	free(*at);
	*at = joined;
	return 0;
}

static int
append_address(struct value_addresses *at, const char *word)
{
	char **list = realloc(at->list, (at->n + 1) * sizeof(*list));

	if (!list)
		return -1;
	at->list = list;
	list[at->n] = value_dup(word, strlen(word));
	if (!list[at->n])
		return -1;
	at->n++;
	return 0;
}

/* One word of a list, which has been cut out. */
static int
read_one_word(struct mistakes *m, unsigned line, const struct conf_setting *s,
    const char *word, void *at)
{
	const char *wanted = s->check ? s->check(word) : NULL;
	unsigned i;

	if (wanted || (s->choices && find_choice(s, word, &i) != 0)) {
		value_report(m, line, s, word, wanted);
		return -1;
	}
	if ((s->type == CONF_TYPE_WORDS ? append_word(at, word) :
	    append_address(at, word)) != 0)
		return mistake_memory(m, line);
	return 0;
}

static int
read_words(struct mistakes *m, unsigned line, const struct conf_setting *s,
    const char *text, void *at)
{
	int r = 0;

	if (s->type == CONF_TYPE_WORDS && *(char **)at == NULL)
		*(char **)at = value_dup("", 0);
	if (s->type == CONF_TYPE_WORDS && *(char **)at == NULL)
		return mistake_memory(m, line);
	text += strspn(text, blanks);
	if (*text == '\0' && !(s->flags & CONF_MAY_BE_EMPTY)) {
		value_report(m, line, s, "", NULL);
		return -1;
	}
	while (*text) {
		size_t n = strcspn(text, blanks);
		char *word = value_dup(text, n);

		if (!word)
			return mistake_memory(m, line);
		if (read_one_word(m, line, s, word, at) != 0)
			r = -1;
		free(word);
		text += n;
		text += strspn(text, blanks);
	}
	return r;
}

static int
read_identity(struct mistakes *m, unsigned line, const struct conf_setting *s,
    const char *text, struct conf_identity *at)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	char *user = value_dup(text, n), *group = NULL;
	const char *wanted;

	if (colon)
		group = value_dup(colon + 1, strlen(colon + 1));
	if (!user || (colon && !group)) {
		free(user);
		free(group);
		return mistake_memory(m, line);
	}
	wanted = syntax_account(user);
	if (!wanted && colon)
		wanted = syntax_account(colon + 1);
	if (!wanted && (strcmp(user, "root") == 0 ||
	    strspn(user, "0") == strlen(user)))
		wanted = "anybody but root";
	if (wanted) {
		value_report(m, line, s, text, wanted);
		free(user);
		free(group);
		return -1;
	}
	free(at->user);
	free(at->group);
	at->user = user;
	at->group = group;
	return 0;
}

int
value_read(struct mistakes *m, unsigned line, const struct conf_setting *s,
    const char *text, void *base)
{
	void *at = value_at(s, base);
	unsigned i;

	if (text[0] == '\0' && !(s->flags & CONF_MAY_BE_EMPTY)) {
		value_report(m, line, s, text, NULL);
		return -1;
	}
	switch (s->type) {
	case CONF_TYPE_TEXT:
	case CONF_TYPE_PATH:
		return read_text(m, line, s, text, at);
	case CONF_TYPE_WORDS:
	case CONF_TYPE_ADDRESSES:
		return read_words(m, line, s, text, at);
	case CONF_TYPE_SIZE:
	case CONF_TYPE_SECONDS:
	case CONF_TYPE_MILLISECONDS:
	case CONF_TYPE_COUNT:
		return read_number(m, line, s, text, at);
	case CONF_TYPE_IDENTITY:
		return read_identity(m, line, s, text, at);
	case CONF_TYPE_ARGV:
		return value_read_argv(m, line, s, text, at);
	case CONF_TYPE_DEST:
		return value_read_dest(m, line, s, text, at);
	case CONF_TYPE_KEEP:
		return value_read_keep(m, line, s, text, at);
	case CONF_TYPE_GLOB:
	case CONF_TYPE_REGEX:
		return value_read_match(m, line, s, text, at);
	case CONF_TYPE_BOOL:
	case CONF_TYPE_CHOICE:
		if (find_choice(s, text, &i) != 0) {
			value_report(m, line, s, text, NULL);
			return -1;
		}
		if (s->type == CONF_TYPE_BOOL)
			*(bool *)at = i == 1;
		else
			*(unsigned *)at = i;
		return 0;
	}
	return -1;
}

void
value_write(const struct conf_setting *s, const void *base, FILE *out)
{
	const void *at = value_at_const(s, base);
	const struct conf_identity *id = at;
	const struct value_addresses *a = at;

	switch (s->type) {
	case CONF_TYPE_TEXT:
	case CONF_TYPE_PATH:
	case CONF_TYPE_WORDS:
		(void)fputs(*(char *const *)at, out);
		break;
	case CONF_TYPE_ADDRESSES:
		for (size_t i = 0; i < a->n; i++)
			(void)fprintf(out, "%s%s", i ? " " : "", a->list[i]);
		break;
	case CONF_TYPE_SIZE:
		write_number(units_of(s), *(const uint64_t *)at, out);
		break;
	case CONF_TYPE_SECONDS:
	case CONF_TYPE_MILLISECONDS:
	case CONF_TYPE_COUNT:
		write_number(units_of(s), *(const unsigned *)at, out);
		break;
	case CONF_TYPE_BOOL:
		(void)fputs(s->choices[*(const bool *)at], out);
		break;
	case CONF_TYPE_CHOICE:
		(void)fputs(s->choices[*(const unsigned *)at], out);
		break;
	case CONF_TYPE_IDENTITY:
		(void)fprintf(out, "%s%s%s", id->user, id->group ? ":" : "",
		    id->group ? id->group : "");
		break;
	case CONF_TYPE_ARGV:
		quote_argv_write(at, out);
		break;
	case CONF_TYPE_DEST:
		(void)fputs(((const struct conf_dest *)at)->text, out);
		break;
	case CONF_TYPE_KEEP:
		value_write_keep(at, out);
		break;
	case CONF_TYPE_GLOB:
	case CONF_TYPE_REGEX:
		break;		/* several lines: see value_write_match */
	}
}
