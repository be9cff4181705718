/* SPDX-License-Identifier: ISC
 *
 * import_tell: what an import does, for people and for programs.  Passwords
 * are never shown.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "client/import.h"

void
import_say(const struct client_args *args, const char *fmt, ...)
{
	char text[6000], shown[12000];
	va_list ap;
	int n;

	if (args->mode == REPORT_JSON || args->mode == REPORT_QUIET)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	escape_text(span_str(text), shown, sizeof(shown), sizeof(text));
	(void)puts(shown);
}

static void
say_settings(const struct client_args *args, const struct import_account *a)
{
	if (a->off)
		import_say(args, "    enabled = no");
	for (size_t i = 0; i < a->nsettings; i++) {
		const struct import_setting *s = &a->settings[i];
		char *text = NULL;
		size_t n;
		FILE *f;

		if (strcmp(s->key, "password") == 0) {
			import_say(args, "    password = (hidden)");
			continue;
		}
		f = open_memstream(&text, &n);
		if (!f)
			abort();
		if (s->argv)
			(void)!client_conf_write_argv(f, s->key,
			    (const char *const *)s->argv);
		else
			(void)!client_conf_write_value(f, s->key, s->value);
		if (fclose(f) != 0)
			abort();
		if (n > 0)
			import_say(args, "    %.*s", (int)(n - 1), text);
		free(text);
	}
}

static void
say_account(const struct client_args *args, const struct import_account *a)
{
	bool dry = args->dry_run;

	import_say(args, "account %s (%s)%s", a->name, a->source, a->broken ?
	    ": left out" : a->exists ? ": is there already, and stays as it "
	    "is" : "");
	if (!a->exists)
		say_settings(args, a);
	if (a->uidl_source && !a->broken)
		import_say(args, "  %zu messages are known from %s, %zu of "
		    "them %s new to restante", a->nuidls, a->uidl_source,
		    a->nuidls - a->known, dry ? "are" : "were");
	if (a->odd_lines > 0)
		import_say(args, "  ! %zu lines there are no UIDL: left out",
		    a->odd_lines);
	if (a->missing)
		import_say(args, "  ! nothing of it is in %s: every message "
		    "on the server counts as new", a->missing);
	/* about settings that are not taken over then */
	for (size_t i = 0; i < a->nnotes && (!a->exists || a->broken); i++)
		import_say(args, "  ! %s", a->notes[i]);
	if (a->off && !a->exists && !a->broken)
		import_say(args, "  ! it is not visited (enabled = no) before "
		    "you have looked at that");
	import_say(args, "%s", "");
}

/* what is not UTF-8, as somebody would see it; NULL of NULL */
static json_t *
string(const char *text)
{
	json_t *s = json_string(text);
	char shown[2000];

	if (s || !text)
		return s;
	escape_text(span_str(text), shown, sizeof(shown), sizeof(shown) / 4);
	return json_string(shown);
}

static json_t *
strings(char *const *list, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; a && i < n; i++)
		if (json_array_append_new(a, string(list[i])) != 0)
			break;
	return a;
}

static void
print_json(json_t *o)
{
	/* main looks at the end whether standard output took it all */
	if (o && json_dumpf(o, stdout, JSON_COMPACT | JSON_ENSURE_ASCII) == 0)
		(void)putchar('\n');
	json_decref(o);
}

void
import_tell(const struct client_args *args, const struct import_account *a)
{
	if (args->mode != REPORT_JSON) {
		say_account(args, a);
		return;
	}
	print_json(json_pack("{ss ss so so* so* sb sb sb sI sI sI"
	    " so* so sb}",
	    "event", "import", "account", a->name,
	    "source", string(a->source),
	    "server", string(import_get(a, "server")),
	    "user", string(import_get(a, "user")), "exists", (int)a->exists,
	    "left_out", (int)a->broken, "enabled", (int)!a->off,
	    "messages", (json_int_t)a->nuidls,
	    "new", (json_int_t)(a->nuidls - a->known),
	    "odd_lines", (json_int_t)a->odd_lines,
	    "missing", string(a->missing),
	    "notes", strings(a->notes, a->nnotes),
	    "dry_run", (int)args->dry_run));
}

void
import_tell_remarks(const struct client_args *args, const struct import *im)
{
	for (size_t i = 0; i < im->nnotes; i++)
		if (args->mode == REPORT_JSON)
			print_json(json_pack("{ss so}", "event", "note",
			    "text", string(im->notes[i])));
		else
			import_say(args, "! %s", im->notes[i]);
}
