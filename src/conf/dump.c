/* SPDX-License-Identifier: ISC
 *
 * dump: a configuration as text (which reads back as the same), and the
 * schema as a part of a man page.  It must not know single settings.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/origin.h"
#include "conf/value.h"

static const char *
instance_name(const struct conf *c, const struct conf_section *sec,
    size_t index)
{
	if (sec->where == CONF_IN_LISTEN)
		return c->listens[index].name;
	if (sec->where == CONF_IN_CERT)
		return c->certs[index].name;
	return NULL;
}

/* A setting of another protocol would not be read back. */
static bool
is_foreign(const struct conf_section *sec, const struct conf_setting *s,
    const void *base)
{
	const struct conf_listen *l = base;
	unsigned for_whom = s->flags & CONF_FOR_ANY;

	if (sec->where != CONF_IN_LISTEN || !for_whom)
		return false;
	switch (l->protocol) {
	case CONF_POP3:
		return !(for_whom & CONF_FOR_POP3);
	case CONF_LMTP:
		return !(for_whom & CONF_FOR_LMTP);
	case CONF_SMTP:
		return !(for_whom & CONF_FOR_SMTP);
	}
	return false;
}

static void
dump_section(const struct conf_section *sec, const char *name,
    const void *base, FILE *out)
{
	(void)fprintf(out, "[%s%s%s]\n", sec->name, name ? " " : "",
	    name ? name : "");
	for (size_t i = 0; i < conf_nsettings; i++) {
		const struct conf_setting *s = &conf_settings[i];

		if (strcmp(s->section, sec->name) != 0 ||
		    !value_is_set(s, base) || is_foreign(sec, s, base))
			continue;
		(void)fprintf(out, "%s = ", s->key);
		value_write(s, base, out);
		(void)fputc('\n', out);
	}
	(void)fputc('\n', out);
}

void
conf_dump(const struct conf *c, FILE *out)
{
	for (size_t i = 0; i < conf_nsections; i++) {
		const struct conf_section *sec = &conf_sections[i];
		const void *base;

		for (size_t k = 0; (base = origin_base_const(c, sec, k)); k++)
			dump_section(sec, instance_name(c, sec, k), base, out);
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
conf_man(FILE *out)
{
	(void)fputs(".Sh SETTINGS\n", out);
	for (size_t i = 0; i < conf_nsections; i++) {
		const struct conf_section *sec = &conf_sections[i];

		(void)fprintf(out, ".Ss \\&[%s%s]\n", sec->name,
		    sec->must_have_name ? " NAME" :
		    sec->may_have_name ? "] and [tls NAME" : "");
		man_text(sec->doc, out);
		(void)fputs(".Bl -tag -width Ds\n", out);
		for (size_t n = 0; n < conf_nsettings; n++)
			if (strcmp(conf_settings[n].section, sec->name) == 0)
				man_setting(&conf_settings[n], out);
		(void)fputs(".El\n", out);
	}
}
