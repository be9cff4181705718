/* SPDX-License-Identifier: ISC
 *
 * import_list: the memory of an import: accounts, their settings, notes and
 * UIDLs.  It must not know any format, nor write anything.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "client/import.h"
#include "conf/client_conf.h"

static void *
grown(void *array, size_t n, size_t size)
{
	void *p = array;

	if ((n & (n - 1)) == 0)		/* full at every power of two */
		p = reallocarray(array, n ? n * 2 : 1, size);
	if (!p)
		abort();
	return p;
}

void
import_init(struct import *im, const char *home)
{
	*im = (struct import){ .home = home };
}

static void
free_setting(struct import_setting *s)
{
	free(s->key);
	if (s->value)
		buf_wipe_octets(s->value, strlen(s->value));
	free(s->value);
	for (char **w = s->argv; w && *w; w++)
		free(*w);
	free(s->argv);
}

static void
free_account(struct import_account *a)
{
	for (size_t i = 0; i < a->nsettings; i++)
		free_setting(&a->settings[i]);
	for (size_t i = 0; i < a->nnotes; i++)
		free(a->notes[i]);
	free(a->settings);
	free(a->notes);
	free(a->name);
	free(a->source);
	free(a->uidl_source);
	free(a->missing);
	free(a->label);
	free(a->file);
	free(a->uidls);
	buf_release(&a->text);
	free(a);
}

void
import_done(struct import *im)
{
	for (size_t i = 0; i < im->naccounts; i++)
		free_account(im->accounts[i]);
	for (size_t i = 0; i < im->nnotes; i++)
		free(im->notes[i]);
	free(im->accounts);
	free(im->notes);
	*im = (struct import){ NULL, NULL, 0, NULL, 0, false };
}

struct import_account *
import_add(struct import *im, const char *source)
{
	struct import_account *a;

	if (im->naccounts >= IMPORT_ACCOUNTS_MAX) {
		import_remark(im, "%s: more than %d accounts: the others are "
		    "left out", source, IMPORT_ACCOUNTS_MAX);
		return NULL;
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		abort();
	a->source = import_dup(source, strlen(source));
	buf_init(&a->text, IMPORT_FILE_MAX);
	im->accounts = grown(im->accounts, im->naccounts, sizeof(a));
	im->accounts[im->naccounts++] = a;
	return a;
}

/* ---- notes --------------------------------------------------------------- */

/* the text is ours now; the same one twice says nothing new */
static void
add_note(char ***notes, size_t *n, char *text)
{
	bool known = *n >= IMPORT_NOTES_MAX;

	for (size_t i = 0; i < *n && !known; i++)
		known = strcmp((*notes)[i], text) == 0;
	if (known) {
		free(text);
		return;
	}
	*notes = grown(*notes, *n, sizeof(**notes));
	(*notes)[(*n)++] = text;
}

__attribute__((format(printf, 1, 0)))
static char *
vformat(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	return text;
}

void
import_remark(struct import *im, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_note(&im->notes, &im->nnotes, vformat(fmt, ap));
	va_end(ap);
}

void
import_note(struct import_account *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_note(&a->notes, &a->nnotes, vformat(fmt, ap));
	va_end(ap);
}

void
import_stop(struct import_account *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_note(&a->notes, &a->nnotes, vformat(fmt, ap));
	va_end(ap);
	a->off = true;
}

/* ---- settings ------------------------------------------------------------ */

static struct import_setting *
find(const struct import_account *a, const char *key)
{
	for (size_t i = 0; i < a->nsettings; i++)
		if (strcmp(a->settings[i].key, key) == 0)
			return &a->settings[i];
	return NULL;
}

/* emptied when there is one, else new */
static struct import_setting *
setting(struct import_account *a, const char *key)
{
	struct import_setting *s = find(a, key);

	if (s) {
		free_setting(s);
	} else {
		a->settings = grown(a->settings, a->nsettings, sizeof(*s));
		s = &a->settings[a->nsettings++];
	}
	*s = (struct import_setting){ import_dup(key, strlen(key)), NULL,
		NULL };
	return s;
}

static void
unset(struct import_account *a, const char *key)
{
	struct import_setting *s = find(a, key);
	size_t i;

	if (!s)
		return;
	free_setting(s);
	i = (size_t)(s - a->settings);
	memmove(s, s + 1, (a->nsettings - i - 1) * sizeof(*s));
	a->nsettings--;
}

/* A control character would be a line of its own: refused. */
static bool
is_writable(struct import_account *a, const char *key, const char *value)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	bool good;

	if (!f)
		abort();
	good = client_conf_write_value(f, key, value) == 0;
	if (fclose(f) != 0)
		abort();
	buf_wipe_octets(text, n);
	free(text);
	if (!good)
		import_stop(a, "%s has control characters in it, or is too "
		    "long: left out", key[0] == '=' ? key + 1 : key);
	return good;
}

void
import_set(struct import_account *a, const char *key, const char *value)
{
	if (!value)
		unset(a, key);
	else if (is_writable(a, key, value))
		setting(a, key)->value = import_dup(value, strlen(value));
}

void
import_setf(struct import_account *a, const char *key, const char *fmt, ...)
{
	va_list ap;
	char *value;

	va_start(ap, fmt);
	value = vformat(fmt, ap);
	va_end(ap);
	import_set(a, key, value);
	free(value);
}

void
import_set_argv(struct import_account *a, const char *key,
    const char *const *argv)
{
	struct import_setting *s;
	size_t n = 0;

	for (; argv[n]; n++)
		if (!is_writable(a, key, argv[n]))
			return;
	s = setting(a, key);
	s->argv = calloc(n + 1, sizeof(*s->argv));
	if (!s->argv)
		abort();
	for (size_t i = 0; i < n; i++)
		s->argv[i] = import_dup(argv[i], strlen(argv[i]));
}

void
import_set_shell(struct import_account *a, const char *key, const char *line)
{
	import_set_argv(a, key, (const char *[]){ "sh", "-c", line, NULL });
}

const char *
import_get(const struct import_account *a, const char *key)
{
	const struct import_setting *s = find(a, key);

	return s ? s->value : NULL;
}

bool
import_has(const struct import_account *a, const char *key)
{
	return find(a, key) != NULL;
}

static int
rank(const struct import_setting *s)
{
	static const char *const keys[] = { "server", "port", "tls",
		"clear_login", "user", "auth", "password", "password_file",
		"password_command", "token_command", "keep", "destination" };
	const int n = sizeof(keys) / sizeof(keys[0]);

	for (int i = 0; i < n; i++)
		if (strcmp(s->key, keys[i]) == 0)
			return i;
	return n;
}

void
import_sort(struct import_account *a)
{
	for (size_t i = 1; i < a->nsettings; i++)	/* there are few */
		for (size_t k = i; k > 0 && rank(&a->settings[k]) <
		    rank(&a->settings[k - 1]); k--) {
			struct import_setting s = a->settings[k];

			a->settings[k] = a->settings[k - 1];
			a->settings[k - 1] = s;
		}
}

void
import_inherit(struct import_account *to, const struct import_account *from)
{
	for (size_t i = 0; i < from->nsettings; i++) {
		const struct import_setting *s = &from->settings[i];

		if (import_has(to, s->key))
			continue;
		if (s->argv)
			import_set_argv(to, s->key,
			    (const char *const *)s->argv);
		else
			import_set(to, s->key, s->value);
	}
	for (size_t i = 0; i < from->nnotes; i++)
		import_note(to, "%s", from->notes[i]);
	to->off = to->off || from->off;
}

/* What an account may be called: other characters become `_`. */
void
import_name(struct import_account *a, const char *user, const char *server)
{
	char *name = strchr(user, '@') || !*server ?
	    import_dup(user, strlen(user)) :
	    import_printf("%s@%s", user, server);

	if (strlen(name) > 60)
		name[60] = '\0';
	for (char *p = name; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
		    "WXYZ0123456789-_.@", *p) ||
		    (p == name && (*p == '-' || *p == '.')))
			*p = '_';
	free(a->name);
	a->name = *name ? name : import_dup("account", 7);
	if (!*name)
		free(name);
}

/* ---- UIDLs --------------------------------------------------------------- */

/* RFC 1939: printable, no blank; longer ones than it allows exist */
static bool
is_uidl(struct pop_span s)
{
	if (s.n == 0 || s.n > IMPORT_UIDL_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] == 0x7f)
			return false;
	return true;
}

void
import_uidl(struct import_account *a, struct pop_span uidl,
    int64_t first_seen)
{
	if (!is_uidl(uidl) || buf_append(&a->text, uidl.p, uidl.n) != 0) {
		a->odd_lines++;
		return;
	}
	a->uidls = grown(a->uidls, a->nuidls, sizeof(*a->uidls));
	a->uidls[a->nuidls++] = (struct import_uidl){ a->text.n - uidl.n,
		(unsigned)uidl.n, first_seen };
}

struct pop_span
import_uidl_of(const struct import_account *a, size_t i)
{
	return span_of(a->text.p + a->uidls[i].at, a->uidls[i].n);
}

static int
compare_spans(struct pop_span s, struct pop_span t)
{
	int r = memcmp(s.p, t.p, s.n < t.n ? s.n : t.n);

	return r != 0 ? r : (s.n > t.n) - (s.n < t.n);
}

static int
compare(const void *x, const void *y, void *arg)
{
	const struct import_account *a = arg;
	size_t i = *(const size_t *)x, j = *(const size_t *)y;
	int r = compare_spans(import_uidl_of(a, i), import_uidl_of(a, j));

	return r != 0 ? r : (i > j) - (i < j);
}

size_t *
import_order(struct import_account *a)
{
	size_t *order = reallocarray(NULL, a->nuidls + 1, sizeof(*order));

	if (!order)
		abort();
	for (size_t i = 0; i < a->nuidls; i++)
		order[i] = i;
	qsort_r(order, a->nuidls, sizeof(*order), compare, a);
	return order;
}

bool
import_find(const struct import_account *a, const size_t *order,
    struct pop_span uidl)
{
	size_t lo = 0, hi = a->nuidls;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int r = compare_spans(import_uidl_of(a, order[mid]), uidl);

		if (r == 0)
			return true;
		if (r < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* The order stays: it is that of the server, if their program kept it. */
void
import_settle(struct import_account *a)
{
	size_t *order, kept = 0;

	if (a->nuidls < 2)
		return;
	order = import_order(a);
	for (size_t i = 1, last = order[0]; i < a->nuidls; i++) {
		if (span_eq(import_uidl_of(a, last),
		    import_uidl_of(a, order[i])))
			a->uidls[order[i]].n = 0;	/* came before */
		else
			last = order[i];
	}
	free(order);
	for (size_t i = 0; i < a->nuidls; i++)
		if (a->uidls[i].n > 0)
			a->uidls[kept++] = a->uidls[i];
	a->nuidls = kept;
}
