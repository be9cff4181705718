/* SPDX-License-Identifier: ISC
 *
 * dump: a configuration as text (which reads back as the same), and the
 * schema as a part of a man page.  It must not know single settings.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/dump.h"
#include "conf/origin.h"
#include "conf/quote.h"
#include "conf/value.h"

/* All patterns of a rule in their order, of both kinds. */
static void
dump_matches(const struct conf_schema *sc, const struct conf_setting *s,
    const struct value_matches *v, FILE *out)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct rule_match *r = &v->list[i];
		enum conf_type type = r->regex ? CONF_TYPE_REGEX :
		    CONF_TYPE_GLOB;
		const char *key = s->key;

		for (size_t k = 0; k < sc->nsettings; k++)
			if (sc->settings[k].type == type)
				key = sc->settings[k].key;
		(void)fprintf(out, "%s = %s: %s\n", key, r->field,
		    r->pattern);
	}
}

static void
dump_quoted(const struct conf_setting *s, const void *base, FILE *out)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		abort();
	value_write(s, base, f);
	if (fclose(f) != 0)
		abort();
	quote_write(text, out);
	free(text);
}

static void
dump_setting(const struct conf_schema *sc, const struct conf_setting *s,
    const void *base, FILE *out)
{
	if (s->type == CONF_TYPE_GLOB)
		dump_matches(sc, s, value_at_const(s, base), out);
	if (s->type == CONF_TYPE_GLOB || s->type == CONF_TYPE_REGEX)
		return;
	(void)fprintf(out, "%s = ", s->key);
	if (s->flags & CONF_SECRET)
		(void)fputs("(hidden)", out);
	else if (sc->quotes && quote_applies(s))
		dump_quoted(s, base, out);
	else
		value_write(s, base, out);
	(void)fputc('\n', out);
}

static void
dump_section(const struct conf_schema *sc, const struct conf_section *sec,
    const void *base, FILE *out)
{
	const char *name = origin_name(sec, base);

	(void)fprintf(out, "[%s%s%s]\n", sec->name, name ? " " : "",
	    name ? name : "");
	for (size_t i = 0; i < sc->nsettings; i++) {
		const struct conf_setting *s = &sc->settings[i];

		if (schema_has(sec, s) && value_is_set(s, base) &&
		    !(sc->is_foreign && sc->is_foreign(s, base)))
			dump_setting(sc, s, base, out);
	}
	(void)fputc('\n', out);
}

void
dump_settings(const struct conf_schema *sc, const void *conf, FILE *out)
{
	for (size_t i = 0; i < sc->nsections; i++) {
		const struct conf_section *sec = &sc->sections[i];
		const void *base;

		if (sec->is_template)
			continue;
		for (size_t k = 0; (base = origin_base(sec, conf, k)); k++)
			dump_section(sc, sec, base, out);
	}
}

/* ---- mdoc ---------------------------------------------------------------- */

enum { MAN_COLUMNS = 76 };

/*
 * Text for mdoc: lines that are not too long, each sentence (two blanks
 * follow it) at the end of one, no line that looks like a macro.
 */
static void
man_text(const char *text, FILE *out)
{
	size_t column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (column > 0 && column + 1 + n > MAN_COLUMNS) {
			(void)fputc('\n', out);
			column = 0;
		} else if (column > 0) {
			(void)fputc(' ', out);
			column++;
		}
		if (column == 0 && (*text == '.' || *text == '\''))
			(void)fputs("\\&", out);
		for (size_t i = 0; i < n; i++)
			(void)fputs(text[i] == '\\' ? "\\e" :
			    (char[]){ text[i], '\0' }, out);
		column += n;
		text += n;
		if (text[0] == ' ' && text[1] == ' ') {
			(void)fputc('\n', out);
			column = 0;
		}
		text += strspn(text, " ");
	}
	(void)fputc('\n', out);
}

static void
man_accepted(const struct conf_setting *s, FILE *out)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		abort();
	(void)fputs("Accepted: ", f);
	value_write_accepted(s, f);
	(void)fputc('.', f);
	if (fclose(f) != 0)
		abort();
	man_text(text, out);
	free(text);
}

static void
man_setting(const struct conf_setting *s, FILE *out)
{
	(void)fprintf(out, ".It Ic %s\n", s->key);
	man_text(s->doc, out);
	man_accepted(s, out);
	if (s->flags & CONF_REQUIRED)
		(void)fputs("Required.\n", out);
	else if (!s->fallback)
		(void)fprintf(out, "Default: %s.\n", s->when_unset);
	else if (!*s->fallback)
		(void)fputs("Default: empty.\n", out);
	else
		(void)fprintf(out, "Default:\n.Ql %s .\n", s->fallback);
}

void
dump_man(const struct conf_schema *sc, FILE *out)
{
	(void)fputs(".Sh SETTINGS\n", out);
	for (size_t i = 0; i < sc->nsections; i++) {
		const struct conf_section *sec = &sc->sections[i];

		(void)fprintf(out, ".Ss \\&[%s", sec->name);
		if (sec->must_have_name)
			(void)fputs(" NAME", out);
		else if (sec->may_have_name)
			(void)fprintf(out, "] and [%s NAME", sec->name);
		(void)fputs("]\n", out);
		man_text(sec->doc, out);
		if (sec->rows)
			continue;	/* they are listed there */
		(void)fputs(".Bl -tag -width Ds\n", out);
		for (size_t n = 0; n < sc->nsettings; n++)
			if (schema_has(sec, &sc->settings[n]))
				man_setting(&sc->settings[n], out);
		(void)fputs(".El\n", out);
	}
}
