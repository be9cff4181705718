/* SPDX-License-Identifier: ISC
 *
 * dest: the table of the kinds of destination, and what is the same for all
 * of them.  Touches no file: each kind does.
 */
#include "client/dest.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "client/dest_private.h"
#include "sys/os.h"

static const struct dest_kind *const kinds[] = {
	[CONF_DEST_MAILDIR] = &dest_maildir,
	[CONF_DEST_MBOX] = &dest_mbox,
	[CONF_DEST_PIPE] = &dest_pipe,
	[CONF_DEST_LMTP] = &dest_lmtp,
	[CONF_DEST_SMTP] = &dest_smtp,
	[CONF_DEST_DISCARD] = &dest_discard,
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* ---- errors -------------------------------------------------------------- */

int
dest_fail(struct dest_error *error_r, enum fault fault, const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(error_r->text, sizeof(error_r->text), fmt, ap) < 0)
		error_r->text[0] = '\0';
	va_end(ap);
	error_r->fault = fault;
	errno = err;
	return -1;
}

static enum fault
fault_of(int err)
{
	switch (err) {
	case ENOMEM:
		return FAULT_MEMORY;
	case EACCES:
	case EPERM:
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case EISDIR:
	case ENXIO:
		return FAULT_DEST;
	case EAGAIN:
	case EMFILE:
	case ENFILE:
		return FAULT_DEST_TEMP;
	default:
		return FAULT_DISK;
	}
}

int
dest_fail_errno(struct dest_error *error_r, int err, const char *fmt, ...)
{
	char text[sizeof(error_r->text) - 100];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	(void)dest_fail(error_r, fault_of(err), "%s: %s", text,
	    strerror(err));
	errno = err;
	return -1;
}

void
dest_quote(char *out, size_t size, struct pop_span said)
{
	size_t n = 0;

	while (said.n > 0 && (said.p[said.n - 1] == '\n' ||
	    said.p[said.n - 1] == '\r' || said.p[said.n - 1] == ' '))
		said.n--;
	for (size_t i = said.n; i > 0; i--)
		if (said.p[i - 1] == '\n') {
			span_skip(&said, i);
			break;
		}
	for (; n + 1 < size && n < said.n; n++)
		out[n] = (char)(said.p[n] >= 0x20 && said.p[n] < 0x7F ?
		    said.p[n] : '?');
	out[n] = '\0';
}

int64_t
dest_now(void)
{
	struct timespec now;

	/* it cannot fail for this clock */
	return clock_gettime(CLOCK_REALTIME, &now) == 0 ? now.tv_sec : 0;
}

/* ---- tickets ------------------------------------------------------------- */

const char *
dest_field(struct pop_span *ticket)
{
	const unsigned char *end = ticket->n == 0 ? NULL :
	    memchr(ticket->p, '\0', ticket->n);
	const char *field = (const char *)ticket->p;

	if (end == NULL)
		return NULL;
	span_skip(ticket, (size_t)(end - ticket->p) + 1);
	return field;
}

int
dest_put_field(struct buf *out, const char *s)
{
	return buf_append(out, s, strlen(s) + 1);
}

enum dest_outcome
dest_recover(const struct dest_world *world, struct pop_span ticket,
    int64_t made, struct dest_error *error_r)
{
	const char *name = dest_field(&ticket);

	*error_r = (struct dest_error){ .fault = FAULT_NONE };
	for (size_t i = 0; name != NULL && i < KINDS; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i]->recover(world, ticket, made, error_r);
	/* written by a newer restante, or damaged: fetching the message again
	 * loses nothing */
	(void)dest_fail(error_r, FAULT_DEST, "a delivery that was "
	    "interrupted cannot be understood; the message is fetched again");
	return DEST_REFUSED;
}

/* ---- open, close --------------------------------------------------------- */

/* an absolute path without "/" at its end; NULL with errno */
static char *
absolute(const char *path)
{
	char cwd[PATH_MAX] = "";
	struct buf b;
	char *out = NULL;

	buf_init(&b, DEST_PATH_MAX);
	if (path[0] != '/' && getcwd(cwd, sizeof(cwd)) == NULL)
		return NULL;
	if (buf_printf(&b, "%s%s%s", cwd, path[0] != '/' ? "/" : "",
	    path) == 0) {
		while (b.n > 1 && b.p[b.n - 1] == '/')
			b.n--;
		out = strndup((const char *)b.p, b.n);
	} else {
		errno = ENAMETOOLONG;
	}
	buf_release(&b);
	return out;
}

struct dest *
dest_open(const struct conf_dest *conf, const struct dest_world *world,
    struct dest_error *error_r)
{
	struct dest *d = calloc(1, sizeof(*d));

	*error_r = (struct dest_error){ .fault = FAULT_NONE };
	if (d == NULL) {
		(void)dest_fail_errno(error_r, ENOMEM, "%s", conf->text);
		return NULL;
	}
	d->kind = kinds[conf->kind];
	d->world = world;
	d->drafts = -1;
	d->keeps_file = true;
	d->text = strdup(conf->text);
	if (d->text == NULL) {
		(void)dest_fail_errno(error_r, ENOMEM, "%s", conf->text);
	} else if (conf->path != NULL &&
	    (d->path = absolute(conf->path)) == NULL) {
		(void)dest_fail_errno(error_r, errno, "%.300s", conf->path);
	} else if (d->kind->open(d, conf, error_r) == 0) {
		return d;
	}
	dest_close(d);
	return NULL;
}

void
dest_close(struct dest *d)
{
	if (d == NULL)
		return;
	dest_cancel(d);
	if (d->kind->close != NULL)
		d->kind->close(d);
	if (d->drafts >= 0)
		(void)os_close(d->drafts);
	free(d->text);
	free(d->path);
	free(d);
}

const char *
dest_text(const struct dest *d)
{
	return d->text;
}

bool
dest_is_local(const struct dest *d)
{
	return d->kind->local;
}

/* ---- a batch ------------------------------------------------------------- */

int
dest_show(struct dest *d, struct draft **drafts, size_t n,
    enum dest_outcome *outcomes, struct dest_error *error_r)
{
	for (size_t i = 0; i < n; i++) {
		if (drafts[i]->dest == d && drafts[i]->state == DRAFT_SYNCED)
			continue;
		for (size_t k = 0; k < n; k++)
			outcomes[k] = DEST_TEMPORARY;
		return dest_fail(error_r, FAULT_DISK, "%s: a message was not "
		    "stored before it should be shown", d->text);
	}
	return n == 0 ? 0 : d->kind->show(d, drafts, n, outcomes, error_r);
}

/* names to remove are collected first: a directory is not changed while it
 * is read */
struct sweep {
	const char *ident;
	struct buf names;
};

static int
sweep_name(void *arg, const char *name)
{
	struct sweep *s = arg;
	bool this_run;

	/* drafts of this run are in use; journals are not, without intents,
	 * and those of recovery are of this run */
	if (!draft_name_ours(name, s->ident, &this_run) ||
	    (this_run && !mbox_place_is(name)))
		return 0;
	/* what does not fit is for another time */
	return dest_put_field(&s->names, name);
}

void
dest_sweep(struct dest *d)
{
	struct sweep s = { .ident = d->world->ident };
	struct pop_span names;
	const char *name;

	if (d->kind->sweep != NULL)
		d->kind->sweep(d);
	if (d->drafts < 0)
		return;
	buf_init(&s.names, 1 << 20);
	/* a directory that cannot be read is for another time too */
	if (dest_each_name(d->drafts, sweep_name, &s) == 0) {
		names = buf_span(&s.names);
		while ((name = dest_field(&names)) != NULL)
			dest_remove(d->drafts, name);
	}
	buf_release(&s.names);
}

/* ---- talkers ------------------------------------------------------------- */

void
draft_hand_over(struct draft *dr, void (*done)(void *arg,
    enum dest_outcome outcome, const struct dest_error *why), void *arg)
{
	struct dest *d = dr->dest;

	d->talking = dr;
	d->done = done;
	d->arg = arg;
	d->kind->hand_over(dr);
}

void
dest_tell(struct dest *d, enum dest_outcome outcome,
    const struct dest_error *why)
{
	d->talking = NULL;
	d->done(d->arg, outcome, outcome == DEST_DELIVERED ? NULL : why);
}

void
dest_cancel(struct dest *d)
{
	if (d->talking == NULL)
		return;
	d->talking = NULL;
	if (d->kind->cancel != NULL)
		d->kind->cancel(d);
}
