/* SPDX-License-Identifier: ISC
 *
 * passwd_table: the lines of a passwd-file and the hash table made of them;
 * see passwd_file.h.  Memory per user: its name and password field, twelve
 * octets of entry and at most eight of slots.  Opens no file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "auth/passwd_file.h"

enum { FIRST_ENTRIES = 64 };

struct entry {
	uint32_t name;		/* offset in the arena, NUL-terminated */
	uint32_t password;	/* the same */
	uint16_t password_len;
	uint8_t kind;
	uint8_t apop;
};

struct passwd_table {
	char *arena;
	size_t arena_n, arena_size;
	struct entry *entries;
	uint32_t n, size;
	uint32_t *slots;	/* entry index + 1; 0 is free */
	uint32_t mask;
	uint32_t apop;
	uint32_t decoy;		/* entry index; == n: none */
};

/* where messages go, and whether one of them is fatal */
struct report {
	const char *path;
	struct buf *messages;
	unsigned long line;
	bool broken;
};

__attribute__((format(printf, 2, 3)))
static void
report(struct report *r, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text))
		text[sizeof(text) - 1] = '\0';
	/* when they are full, the first messages are the useful ones */
	(void)!buf_printf(r->messages, "%s:%lu: %s\n", r->path, r->line,
	    text);
}

bool
passwd_name_ok(struct pop_span name)
{
	if (name.n == 0 || name.n > PASSWD_NAME_MAX ||
	    memchr(".-#", name.p[0], 3) != NULL)
		return false;
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f ||
		    name.p[i] == '/' || name.p[i] == ':')
			return false;
	return true;
}

/* Takes the text up to `sep` (or all of it) off *rest. */
static struct pop_span
take_field(struct pop_span *rest, unsigned char sep)
{
	const unsigned char *end = rest->n == 0 ? NULL :
	    memchr(rest->p, sep, rest->n);
	struct pop_span field = *rest;

	if (end == NULL) {
		rest->n = 0;
		return field;
	}
	field.n = (size_t)(end - rest->p);
	span_skip(rest, field.n + 1);
	return field;
}

static int
parse_extra(struct pop_span extra, struct passwd_line *l, const char **error_r)
{
	static const char key[] = "restante_apop=";
	struct pop_span word, value;

	while (extra.n > 0) {
		word = take_field(&extra, ' ');
		if (word.n < sizeof(key) - 1 ||
		    memcmp(word.p, key, sizeof(key) - 1) != 0)
			continue;
		value = word;
		span_skip(&value, sizeof(key) - 1);
		l->apop = span_eq(value, span_str("yes"));
		if (!l->apop && !span_eq(value, span_str("no"))) {
			*error_r = "restante_apop is yes or no";
			return -1;
		}
	}
	return 0;
}

int
passwd_line_parse(struct pop_span line, struct passwd_line *l_r,
    const char **error_r)
{
	struct passwd_line l = { 0 };
	struct pop_span rest = line;

	if (rest.n > 0 && rest.p[rest.n - 1] == '\r')
		rest.n--;
	if (rest.n == 0 || rest.p[0] == '#')
		return 0;
	if (rest.n > PASSWD_LINE_MAX) {
		*error_r = "line longer than 8192 octets";
		return -1;
	}
	for (size_t i = 0; i < rest.n; i++)
		if ((rest.p[i] < ' ' && rest.p[i] != '\t') ||
		    rest.p[i] == 0x7f) {
			*error_r = "control octet in the line";
			return -1;
		}
	l.name = take_field(&rest, ':');
	l.password = take_field(&rest, ':');
	for (unsigned i = 0; i < 5; i++)	/* uid gid gecos home shell */
		(void)take_field(&rest, ':');
	if (!passwd_name_ok(l.name)) {
		*error_r = "not a user name: 1 to 255 printable ASCII octets "
		    "without '/', ':' and blank, not beginning with '.' or "
		    "'-'";
		return -1;
	}
	if (l.password.n > PASSWD_FIELD_MAX) {
		*error_r = "password field longer than 1023 octets";
		return -1;
	}
	if (parse_extra(rest, &l, error_r) != 0)
		return -1;
	*l_r = l;
	return 1;
}

static unsigned char
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

/* FNV-1a over the lower-cased name.  Only the administrator puts names into
 * the table, so nobody else can make it slow. */
static uint32_t
name_hash(struct pop_span name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ lower(name.p[i])) * 16777619u;
	return h;
}

static struct pop_span
entry_name(const struct passwd_table *t, const struct entry *e)
{
	/* the password stands behind the name and its NUL */
	return span_of(t->arena + e->name, e->password - e->name - 1);
}

static bool
all_lower(struct pop_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (lower(s.p[i]) != s.p[i])
			return false;
	return true;
}

/* Index of the entry, or t->n. */
static uint32_t
find_index(const struct passwd_table *t, struct pop_span name, bool nocase)
{
	uint32_t at = name_hash(name) & t->mask, best = t->n, i;
	struct pop_span have;

	for (; t->slots[at] != 0; at = (at + 1) & t->mask) {
		i = t->slots[at] - 1;
		have = entry_name(t, &t->entries[i]);
		if (span_eq(have, name))
			return i;
		if (!nocase || !span_eq_nocase(have, name))
			continue;
		/* entries of one chain come in the order of the file */
		if (best == t->n || all_lower(have))
			best = i;
	}
	return best;
}

static void
slot_add(struct passwd_table *t, uint32_t i)
{
	uint32_t at = name_hash(entry_name(t, &t->entries[i])) & t->mask;

	while (t->slots[at] != 0)
		at = (at + 1) & t->mask;
	t->slots[at] = i + 1;
}

/* Room for one entry more, slots at most half full. */
static int
grow(struct passwd_table *t)
{
	uint32_t size = t->size == 0 ? FIRST_ENTRIES : t->size * 2;
	struct entry *entries;
	uint32_t *slots;

	if (t->n < t->size)
		return 0;
	entries = reallocarray(t->entries, size, sizeof(*entries));
	if (entries == NULL)
		return -1;
	t->entries = entries;
	slots = calloc((size_t)size * 2, sizeof(*slots));
	if (slots == NULL)
		return -1;
	free(t->slots);
	t->slots = slots;
	t->mask = size * 2 - 1;
	t->size = size;
	for (uint32_t i = 0; i < t->n; i++)
		slot_add(t, i);
	return 0;
}

/* The arena was made large enough for the whole file. */
static uint32_t
arena_add(struct passwd_table *t, struct pop_span s)
{
	uint32_t at = (uint32_t)t->arena_n;

	if (s.n > 0)
		memcpy(t->arena + t->arena_n, s.p, s.n);
	t->arena[t->arena_n + s.n] = '\0';
	t->arena_n += s.n + 1;
	return at;
}

static int
add_user(struct passwd_table *t, const struct passwd_line *l,
    struct report *r)
{
	const char *why;
	enum hash_kind kind;
	struct entry e;

	if (grow(t) != 0) {
		report(r, "out of memory");
		return -1;
	}
	if (find_index(t, l->name, false) != t->n) {
		report(r, "'%.*s' is there twice; the first line counts",
		    (int)l->name.n, (const char *)l->name.p);
		return 0;
	}
	kind = hash_classify(l->password, &why);
	if (kind == HASH_UNKNOWN)
		report(r, "'%.*s' cannot log in: %s", (int)l->name.n,
		    (const char *)l->name.p, why);
	if (l->apop && kind != HASH_PLAIN)
		report(r, "'%.*s' cannot use APOP: it needs a {PLAIN} "
		    "secret", (int)l->name.n, (const char *)l->name.p);
	e.name = arena_add(t, l->name);
	e.password = arena_add(t, l->password);
	e.password_len = (uint16_t)l->password.n;
	e.kind = (uint8_t)kind;
	e.apop = l->apop && kind == HASH_PLAIN;
	t->apop += e.apop;
	t->entries[t->n] = e;
	slot_add(t, t->n++);
	return 0;
}

static void
parse_lines(struct passwd_table *t, struct pop_span text, struct report *r)
{
	struct passwd_line l;
	struct pop_span line;
	const char *error;
	int kind;

	while (text.n > 0) {
		r->line++;
		line = take_field(&text, '\n');
		kind = passwd_line_parse(line, &l, &error);
		if (kind < 0) {
			report(r, "%s", error);
			r->broken = true;
		} else if (kind > 0 && add_user(t, &l, r) != 0) {
			r->broken = true;
			return;
		}
	}
}

/* First entry of the kind that most users have, slow ones preferred. */
static void
choose_decoy(struct passwd_table *t)
{
	uint32_t count[HASH_KINDS] = { 0 };
	uint32_t first[HASH_KINDS] = { 0 };
	unsigned best = HASH_LOCKED;

	for (uint32_t i = t->n; i-- > 0;) {
		count[t->entries[i].kind]++;
		first[t->entries[i].kind] = i;
	}
	for (unsigned k = HASH_PLAIN; k < HASH_KINDS; k++) {
		if (count[k] == 0)
			continue;
		if (best == HASH_LOCKED || (hash_is_slow(k) &&
		    !hash_is_slow(best)) ||
		    (hash_is_slow(k) == hash_is_slow(best) &&
		    count[k] > count[best]))
			best = k;
	}
	t->decoy = best == HASH_LOCKED ? t->n : first[best];
}

/* What the file had between its fields is not needed any more. */
static void
shrink(struct passwd_table *t)
{
	char *arena = malloc(t->arena_n + 1);

	if (arena == NULL)
		return;
	if (t->arena_n > 0)
		memcpy(arena, t->arena, t->arena_n);
	explicit_bzero(t->arena, t->arena_n);
	free(t->arena);
	t->arena = arena;
	t->arena_size = t->arena_n + 1;
}

static size_t
count_lines(struct pop_span text)
{
	size_t n = 0;

	while (text.n > 0) {
		(void)take_field(&text, '\n');
		n++;
	}
	return n;
}

struct passwd_table *
passwd_table_new(const char *path, struct pop_span text, struct buf *messages)
{
	struct report r = { .path = path, .messages = messages };
	struct passwd_table *t = calloc(1, sizeof(*t));

	if (t == NULL || text.n > PASSWD_FILE_MAX) {
		report(&r, t == NULL ? "out of memory" :
		    "file larger than 256 MiB");
		free(t);
		return NULL;
	}
	/* a line gives at most its octets, LF included, and one NUL more */
	t->arena_size = text.n + count_lines(text) + 2;
	t->arena = malloc(t->arena_size);
	if (t->arena == NULL || grow(t) != 0) {
		report(&r, "out of memory");
		r.broken = true;
	} else {
		parse_lines(t, text, &r);
	}
	if (r.broken) {
		passwd_table_free(t);
		return NULL;
	}
	choose_decoy(t);
	shrink(t);
	return t;
}

void
passwd_table_free(struct passwd_table *t)
{
	if (t == NULL)
		return;
	if (t->arena != NULL)
		explicit_bzero(t->arena, t->arena_n);
	free(t->arena);
	free(t->entries);
	free(t->slots);
	free(t);
}

uint32_t
passwd_count(const struct passwd_table *t)
{
	return t->n;
}

uint32_t
passwd_count_apop(const struct passwd_table *t)
{
	return t->apop;
}

struct passwd_user
passwd_at(const struct passwd_table *t, uint32_t i)
{
	const struct entry *e = &t->entries[i];

	return (struct passwd_user){
		.name = t->arena + e->name,
		.password = span_of(t->arena + e->password, e->password_len),
		.kind = e->kind,
		.apop = e->apop
	};
}

bool
passwd_find(const struct passwd_table *t, struct pop_span name,
    struct passwd_user *u_r)
{
	uint32_t i = find_index(t, name, true);

	if (i == t->n)
		return false;
	*u_r = passwd_at(t, i);
	return true;
}

struct pop_span
passwd_decoy(const struct passwd_table *t)
{
	if (t->decoy == t->n)
		return span_of("", 0);
	return passwd_at(t, t->decoy).password;
}
