/* SPDX-License-Identifier: ISC
 *
 * setup_ask: words to and from people.
 *
 * Owns the manner: questions go where texts go, answers are lines of standard
 * input.  Must not be used for passwords, which would be shown.
 */
#include "client/setup.h"

#include <stdarg.h>
#include <stdlib.h>

void
setup_say(const struct setup *s, const char *fmt, ...)
{
	va_list ap;

	if (s->out == NULL)
		return;
	va_start(ap, fmt);
	(void)vfprintf(s->out, fmt, ap);
	va_end(ap);
	(void)fflush(s->out);
}

int
setup_fail(const struct setup *s, int status, const char *fmt, ...)
{
	char text[1400], shown[4 * sizeof(text)];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		text[0] = '\0';
	if (s->args->mode == REPORT_JSON)
		report_json_error(stdout, status, text);
	escape_text(span_str(text), shown, sizeof(shown), sizeof(text));
	(void)fprintf(stderr, "restante: %s\n", shown);
	return status;
}

int
setup_ask(const struct setup *s, const char *question, const char *otherwise,
    char *answer, size_t size)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int r = -1;

	setup_say(s, "%s [%s] ", question, otherwise);
	n = getline(&line, &room, stdin);
	while (n > 0 && (unsigned char)line[n - 1] <= ' ')
		line[--n] = '\0';
	if (n >= 0) {
		const char *text = n > 0 ? line : otherwise;
		size_t len = strlen(text);

		if (len < size && (n == 0 || len == (size_t)n)) {
			memcpy(answer, text, len + 1);
			r = 0;
		}
	}
	free(line);
	return r;
}

bool
setup_confirm(const struct setup *s, const char *question, bool otherwise)
{
	char answer[16];

	for (int i = 0; i < 3; i++) {
		if (setup_ask(s, question, otherwise ? "yes" : "no", answer,
		    sizeof(answer)) != 0)
			return false;
		if (strcmp(answer, "yes") == 0 || strcmp(answer, "y") == 0)
			return true;
		if (strcmp(answer, "no") == 0 || strcmp(answer, "n") == 0)
			return false;
		setup_say(s, "Please say yes or no.\n");
	}
	return false;
}
