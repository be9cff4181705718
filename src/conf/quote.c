/* SPDX-License-Identifier: ISC
 *
 * quote: values with blanks at their ends, and argument arrays.  It must not
 * know what a value means.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "conf/quote.h"
#include "conf/value.h"

bool
quote_applies(const struct conf_setting *s)
{
	return s->type != CONF_TYPE_ARGV;
}

static bool
is_quoted(const char *text, size_t n)
{
	return n >= 2 && text[0] == '"' && text[n - 1] == '"';
}

char *
quote_read(const char *text)
{
	size_t n = strlen(text), used = 0;
	char *out = value_dup(text, n);

	if (!out || !is_quoted(text, n))
		return out;
	for (size_t i = 1; i + 1 < n; i++) {
		/* a backslash before anything else is one */
		if (text[i] == '\\' && i + 2 < n &&
		    (text[i + 1] == '"' || text[i + 1] == '\\'))
			i++;
		out[used++] = text[i];
	}
	buf_wipe_octets(out + used, n - used);
	return out;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
write_escaped(const char *text, FILE *out)
{
	(void)fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			(void)fputc('\\', out);
		(void)fputc(*text, out);
	}
	(void)fputc('"', out);
}

void
quote_write(const char *value, FILE *out)
{
	size_t n = strlen(value);

	if (n > 0 && !is_blank(value[0]) && !is_blank(value[n - 1]) &&
	    !is_quoted(value, n))
		(void)fputs(value, out);
	else
		write_escaped(value, out);
}

/* ---- argument arrays ----------------------------------------------------- */

void
quote_argv_free(struct conf_argv *a)
{
	for (size_t i = 0; i < a->argc; i++) {
		buf_wipe_octets(a->argv[i], strlen(a->argv[i]));
		free(a->argv[i]);
	}
	free(a->argv);
	*a = (struct conf_argv){ NULL, 0 };
}

const char quote_no_memory[] = "there is not enough memory";

static int
append(struct conf_argv *a, const char *word, size_t n)
{
	char **grown = realloc(a->argv, (a->argc + 2) * sizeof(*grown));

	if (!grown)
		return -1;
	a->argv = grown;
	grown[a->argc] = value_dup(word, n);
	if (!grown[a->argc])
		return -1;
	a->argv[++a->argc] = NULL;
	return 0;
}

/* One word to `out`, which has room; moves *p behind it. */
static const char *
read_word(const char **p, char *out, size_t *n_r)
{
	const char *at = *p;
	char quote = '\0';
	size_t n = 0;

	for (; *at && (quote || !is_blank(*at)); at++) {
		if (quote && *at == quote) {
			quote = '\0';
		} else if (!quote && (*at == '"' || *at == '\'')) {
			quote = *at;
		} else if (*at == '\\' && quote != '\'') {
			if (!*++at)
				return "a backslash needs something behind "
				    "it";
			out[n++] = *at;
		} else {
			out[n++] = *at;
		}
	}
	if (quote)
		return "a quote that is opened must be closed";
	*p = at;
	*n_r = n;
	return NULL;
}

const char *
quote_argv_read(const char *text, struct conf_argv *argv_r)
{
	struct conf_argv a = { NULL, 0 };
	size_t room = strlen(text);
	char *word = value_dup(text, room);
	const char *wrong = NULL;

	if (!word)
		return quote_no_memory;
	for (;;) {
		size_t n;

		text += strspn(text, " \t");
		if (!*text)
			break;
		wrong = read_word(&text, word, &n);
		if (!wrong && append(&a, word, n) != 0)
			wrong = quote_no_memory;
		if (wrong)
			break;
	}
	if (!wrong && (a.argc == 0 || !a.argv[0][0]))
		wrong = "a program and its arguments";
	buf_wipe_octets(word, room);
	free(word);
	if (wrong)
		quote_argv_free(&a);
	else
		*argv_r = a;
	return wrong;
}

void
quote_argv_write(const struct conf_argv *a, FILE *out)
{
	for (size_t i = 0; i < a->argc; i++) {
		const char *word = a->argv[i];

		if (i > 0)
			(void)fputc(' ', out);
		if (word[0] && !strpbrk(word, " \t\"'\\"))
			(void)fputs(word, out);
		else
			write_escaped(word, out);
	}
}

void
quote_argv_copy(const struct conf_argv *from, struct conf_argv *to)
{
	*to = (struct conf_argv){ NULL, 0 };
	for (size_t i = 0; i < from->argc; i++)
		if (append(to, from->argv[i], strlen(from->argv[i])) != 0)
			abort();
}
