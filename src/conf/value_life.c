/* SPDX-License-Identifier: ISC
 *
 * value_life: the memory of values: whether there is one, copying it, freeing
 * it.  It must not read or write texts.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "conf/quote.h"
#include "conf/value.h"

static bool
is_text(const struct conf_setting *s)
{
	return s->type == CONF_TYPE_TEXT || s->type == CONF_TYPE_PATH ||
	    s->type == CONF_TYPE_WORDS;
}

static bool
is_number(const struct conf_setting *s)
{
	return s->type == CONF_TYPE_COUNT || s->type == CONF_TYPE_SECONDS ||
	    s->type == CONF_TYPE_MILLISECONDS;
}

static bool
is_match(const struct conf_setting *s)
{
	return s->type == CONF_TYPE_GLOB || s->type == CONF_TYPE_REGEX;
}

bool
value_is_set(const struct conf_setting *s, const void *base)
{
	const void *at = value_at_const(s, base);

	if (is_text(s))
		return *(char *const *)at != NULL;
	if (s->type == CONF_TYPE_IDENTITY)
		return ((const struct conf_identity *)at)->user != NULL;
	if (s->type == CONF_TYPE_ARGV)
		return ((const struct conf_argv *)at)->argc > 0;
	if (s->type == CONF_TYPE_DEST)
		return ((const struct conf_dest *)at)->set;
	if (is_match(s))
		return ((const struct value_matches *)at)->n > 0;
	if (s->flags & CONF_ZERO_IS_UNSET)
		return is_number(s) ? *(const unsigned *)at != 0 :
		    *(const uint64_t *)at != 0;
	return true;
}

static void
free_text(char *text, bool secret)
{
	if (text && secret)
		buf_wipe_octets(text, strlen(text));
	free(text);
}

static void
free_dest(struct conf_dest *d)
{
	free(d->text);
	free(d->path);
	free(d->host);
	free(d->port);
	quote_argv_free(&d->command);
}

static void
free_matches(struct value_matches *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free(v->list[i].field);
		free(v->list[i].pattern);
	}
	free(v->list);
	/* two settings share it, and both are freed */
	*v = (struct value_matches){ NULL, 0 };
}

void
value_free(const struct conf_setting *s, void *base)
{
	void *at = value_at(s, base);
	struct conf_identity *id = at;
	struct value_addresses *a = at;

	if (is_text(s)) {
		free_text(*(char **)at, s->flags & CONF_SECRET);
		*(char **)at = NULL;
	} else if (s->type == CONF_TYPE_IDENTITY) {
		free(id->user);
		free(id->group);
	} else if (s->type == CONF_TYPE_ADDRESSES) {
		for (size_t i = 0; i < a->n; i++)
			free(a->list[i]);
		free(a->list);
	} else if (s->type == CONF_TYPE_ARGV) {
		quote_argv_free(at);
	} else if (s->type == CONF_TYPE_DEST) {
		free_dest(at);
	} else if (is_match(s)) {
		free_matches(at);
	}
}

static char *
copy_text(const char *text)
{
	return text ? value_dup_or_end(text, strlen(text)) : NULL;
}

static void
copy_dest(const struct conf_dest *from, struct conf_dest *to)
{
	*to = *from;
	to->text = copy_text(from->text);
	to->path = copy_text(from->path);
	to->host = copy_text(from->host);
	to->port = copy_text(from->port);
	quote_argv_copy(&from->command, &to->command);
}

void
value_copy(const struct conf_setting *s, const void *from, void *to)
{
	const void *src = value_at_const(s, from);
	void *at = value_at(s, to);

	value_free(s, to);
	switch (s->type) {
	case CONF_TYPE_TEXT:
	case CONF_TYPE_PATH:
	case CONF_TYPE_WORDS:
		*(char **)at = copy_text(*(char *const *)src);
		break;
	case CONF_TYPE_ARGV:
		quote_argv_copy(src, at);
		break;
	case CONF_TYPE_DEST:
		copy_dest(src, at);
		break;
	case CONF_TYPE_KEEP:
		*(struct value_keep *)at = *(const struct value_keep *)src;
		break;
	case CONF_TYPE_SIZE:
		*(uint64_t *)at = *(const uint64_t *)src;
		break;
	case CONF_TYPE_BOOL:
		*(bool *)at = *(const bool *)src;
		break;
	case CONF_TYPE_SECONDS:
	case CONF_TYPE_MILLISECONDS:
	case CONF_TYPE_COUNT:
	case CONF_TYPE_CHOICE:
		*(unsigned *)at = *(const unsigned *)src;
		break;
	case CONF_TYPE_ADDRESSES:
	case CONF_TYPE_IDENTITY:
	case CONF_TYPE_GLOB:
	case CONF_TYPE_REGEX:
		abort();	/* no section hands these on */
	}
}
