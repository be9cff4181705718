/* SPDX-License-Identifier: ISC
 *
 * diagnose_local: this machine's side of an account: who may change its
 * configuration, its memory, its destination, room on the disk.  Makes and
 * changes nothing.
 */
#include "client/diagnose_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "client/dest.h"
#include "client/state.h"
#include "net/dial.h"

enum { DIAL_MS = 5000, MARGIN_OCTETS = 64 << 20 };

/* `path` itself, or what of it is there above; 0 or -1 */
static int
nearest(const char *path, char out[PATH_MAX])
{
	char *slash;

	if (text_format(out, PATH_MAX, "%s", path))
		return -1;
	while (access(out, F_OK) != 0) {
		slash = strrchr(out, '/');
		if (slash == NULL)
			return -1;
		slash[slash == out] = '\0';
		if (slash == out)
			break;
	}
	return 0;
}

void
diagnose_config(struct diagnose *d)
{
	const char *path = d->spec->conf->path;
	struct stat st;

	if (stat(path, &st) != 0)
		diagnose_say(d, DIAGNOSE_FAULT, NULL, "%s: %s", path,
		    strerror(errno));
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		diagnose_say(d, DIAGNOSE_FAULT, "It names commands that are "
		    "run as you: it must be yours.", "%s belongs to user %u",
		    path, (unsigned)st.st_uid);
	else if ((st.st_mode & 022) != 0)
		diagnose_say(d, DIAGNOSE_FAULT, "It names commands that are "
		    "run as you: chmod 600.", "%s can be written to by "
		    "others (mode %03o)", path, (unsigned)st.st_mode & 0777);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s, mode %03o", path,
		    (unsigned)st.st_mode & 0777);
}

/* ---- the memory ---- */

/* Not visited yet: can it be made? */
static void
say_no_state(struct diagnose *d, const char *dir)
{
	char place[PATH_MAX];

	if (nearest(dir, place) != 0 || access(place, W_OK | X_OK) != 0)
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_STATE)->
		    remedy, "%s cannot be made: %s", dir, strerror(errno));
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "nothing yet; it will be "
		    "in %s", dir);
}

static void
say_state(struct diagnose *d, struct state *s, const char *dir)
{
	struct state_counts counts = { 0 };
	int holder = state_holder(s);

	if (state_counts(s, &counts) != 0)
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_STATE)->
		    remedy, "%s", state_error(s));
	else if (access(dir, W_OK | X_OK) != 0)
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_STATE)->
		    remedy, "%s cannot be written to: %s", dir,
		    strerror(errno));
	else if (holder > 0)
		diagnose_say(d, DIAGNOSE_WARNING, advice_for(FAULT_BUSY)->
		    remedy, "process %d is at work on the account", holder);
	else if (counts.failed > 0)
		diagnose_say(d, DIAGNOSE_WARNING, "`restante status' says "
		    "which, and why.", "%" PRIu64 " messages known, %"
		    PRIu64 " of them could not be fetched yet",
		    counts.fetched + counts.failed, counts.failed);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "%" PRIu64
		    " messages known, in %s; nobody is at work on it",
		    counts.fetched, dir);
}

void
diagnose_state(struct diagnose *d)
{
	const char *dir = d->spec->conf->state_dir;
	struct state *s = NULL;
	char error[400];
	enum state_open r;

	errno = 0;
	r = state_open(dir, d->account.name, true, error, sizeof(error), &s);
	if (r == STATE_OK) {
		say_state(d, s, dir);
		state_close(s);
	} else if (r == STATE_SYSTEM && errno == ENOENT)
		say_no_state(d, dir);
	else if (r == STATE_BUSY)
		diagnose_say(d, DIAGNOSE_WARNING, advice_for(FAULT_BUSY)->
		    remedy, "%s", error);
	else
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_STATE)->
		    remedy, "%s", error);
}

/* ---- the destination ---- */

/* where it would be made; fetch makes nothing above it */
static int
parent_of(const char *path, char out[PATH_MAX])
{
	char *slash;

	if (text_format(out, PATH_MAX, "%s", path))
		return -1;
	slash = strrchr(out, '/');
	if (slash == NULL)
		return -1;
	slash[slash == out] = '\0';
	return 0;
}

static void
say_path(struct diagnose *d, const struct conf_dest *dest)
{
	const struct dest_world world = { .loop = d->loop,
		.account = &d->account, .ident = "0000000000000000",
		.spool = d->spec->conf->state_dir, .hostname = "localhost" };
	char place[PATH_MAX];
	struct dest_error error;
	struct dest *opened;

	if (access(dest->path, F_OK) != 0) {
		if (parent_of(dest->path, place) == 0 &&
		    access(place, W_OK | X_OK) == 0)
			diagnose_say(d, DIAGNOSE_OK, NULL, "%s is not there "
			    "yet; it can be made", dest->text);
		else
			diagnose_say(d, DIAGNOSE_FAULT, advice_for(
			    FAULT_DEST)->remedy, "%s is not there, and "
			    "cannot be made in %s", dest->text, place);
		return;
	}
	if (dest->kind == CONF_DEST_MAILDIR) {
		/* makes nothing: it is there */
		opened = dest_open(dest, &world, &error);
		if (opened == NULL) {
			diagnose_say(d, DIAGNOSE_FAULT, advice_for(
			    error.fault)->remedy, "%s", error.text);
			return;
		}
		dest_close(opened);
		(void)text_format(place, sizeof(place), "%s/tmp",
		    dest->path);
	} else
		(void)text_format(place, sizeof(place), "%s", dest->path);
	if (access(place, W_OK) == 0)
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s can be written to",
		    dest->text);
	else
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_DEST)->
		    remedy, "%s: %s", place, strerror(errno));
}

/* as execvp will look for it */
static bool
is_program(const char *name)
{
	const char *path = getenv("PATH");
	char full[PATH_MAX];

	if (strchr(name, '/') != NULL)
		return access(name, X_OK) == 0;
	for (size_t n; path != NULL && *path != '\0';
	    path += n + (path[n] == ':')) {
		n = strcspn(path, ":");
		if (!text_format(full, sizeof(full), "%.*s/%s", (int)n, path,
		    name) && access(full, X_OK) == 0)
			return true;
	}
	return false;
}

struct knock {
	struct diagnose *d;
	bool open;
	char text[300];
};

static void
on_dialled(void *arg, const struct dial_result *r)
{
	struct knock *k = arg;

	k->open = r->error == DIAL_OK;
	(void)text_format(k->text, sizeof(k->text), "%s%s%s", r->address,
	    r->address[0] != '\0' && r->text[0] != '\0' ? ": " : "",
	    k->open ? "" : r->text);
	if (r->fd >= 0)
		(void)close(r->fd);
	loop_stop(k->d->loop);
}

static void
say_mta(struct diagnose *d, const struct conf_dest *dest)
{
	struct knock k = { .d = d };
	unsigned port = dest->port != NULL ?
	    (unsigned)strtoul(dest->port, NULL, 10) : 0;
	struct dial *dial = dest->path != NULL ?
	    dial_start_local(d->loop, dest->path, on_dialled, &k) :
	    dial_start(d->loop, dest->host, port, DIAL_MS, on_dialled, &k);

	if (dial == NULL || loop_run(d->loop) != 0)
		(void)text_format(k.text, sizeof(k.text), "%s",
		    strerror(errno));
	if (k.open)
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s takes connections",
		    dest->text);
	else
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_DEST_TEMP)->
		    remedy, "%s: %s", dest->text, k.text);
}

void
diagnose_destination(struct diagnose *d)
{
	const struct conf_dest *dest = &d->account.destination;
	const char *program;

	switch (dest->kind) {
	case CONF_DEST_MAILDIR:
	case CONF_DEST_MBOX:
		say_path(d, dest);
		break;
	case CONF_DEST_PIPE:
		program = dest->command.argv[0];
		if (is_program(program))
			diagnose_say(d, DIAGNOSE_OK, NULL, "%s is there",
			    program);
		else
			diagnose_say(d, DIAGNOSE_FAULT, advice_for(
			    FAULT_DEST)->remedy, "there is no program %s",
			    program);
		break;
	case CONF_DEST_LMTP:
	case CONF_DEST_SMTP:
		say_mta(d, dest);
		break;
	case CONF_DEST_DISCARD:
		diagnose_say(d, DIAGNOSE_WARNING, "This is for tests alone: "
		    "give a Maildir or another place.", "mail is thrown "
		    "away");
		break;
	}
}

/* ---- room ---- */

void
diagnose_disk(struct diagnose *d)
{
	const struct conf_dest *dest = &d->account.destination;
	bool local = dest->path != NULL && (dest->kind ==
	    CONF_DEST_MAILDIR || dest->kind == CONF_DEST_MBOX);
	/* others have their drafts beside the state */
	const char *path = local ? dest->path : d->spec->conf->state_dir;
	char place[PATH_MAX], room[16], mail[16];
	struct statvfs fs;
	uint64_t octets;

	if (nearest(path, place) != 0 || statvfs(place, &fs) != 0) {
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "%s: %s", path,
		    strerror(errno));
		return;
	}
	octets = (uint64_t)fs.f_bavail * fs.f_frsize;
	format_octets(octets, room);
	format_octets(d->drop.sum, mail);
	if (octets < d->drop.sum + MARGIN_OCTETS)
		diagnose_say(d, DIAGNOSE_WARNING, "If most of it is new, make "
		    "room first; with max_octets a visit fetches a part.",
		    "%s free in %s, and there are %s on the server", room,
		    place, mail);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s free in %s, for %s on "
		    "the server", room, place, mail);
}
