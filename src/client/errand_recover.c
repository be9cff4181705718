/* SPDX-License-Identifier: ISC
 *
 * errand_recover: before a visit: the state is opened, what an interrupted
 * visit left is sorted out, and what is remembered about the server is read.
 * In a worker, which has the state to itself.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/text.h"
#include "client/errand_record.h"
#include "client/state_facts.h"

enum { PIPELINING_MEMORY_S = 30 * 24 * 3600 };

#define ERRAND_OF(ptr, member) ((struct errand *)(void *) \
	((char *)(ptr) - offsetof(struct errand, member)))

__attribute__((format(printf, 3, 4)))
static int
fail(struct errand *e, enum fault fault, const char *fmt, ...)
{
	va_list ap;

	if (e->job_fault != FAULT_NONE)
		return -1;
	e->job_fault = fault;
	va_start(ap, fmt);
	if (vsnprintf(e->job_text, sizeof(e->job_text), fmt, ap) < 0)
		e->job_text[0] = '\0';
	va_end(ap);
	return -1;
}

static int
fail_state(struct errand *e)
{
	return fail(e, FAULT_STATE, "%s", state_error(e->state));
}

/* ---- opening ------------------------------------------------------------- */

/* STATE_DIR/ACCOUNT + ending, for the caller to free */
char *
record_path(const struct errand *e, const char *ending)
{
	char *path;

	if (asprintf(&path, "%s/%s%s", e->spec.conf->state_dir,
	    e->spec.account->name, ending) < 0)
		return NULL;
	return path;
}

/* A dry run must find out what would be fetched without making anything: where
 * there is no state yet, it has one of its own for a moment. */
static int
open_nothing(struct errand *e, char *error, size_t size)
{
	const char *tmp = getenv("TMPDIR");

	if (asprintf(&e->temporary, "%s/restante.XXXXXX",
	    tmp ? tmp : "/tmp") < 0)
		e->temporary = NULL;
	if (!e->temporary || !mkdtemp(e->temporary)) {
		text_format(error, size, "%s: %s", e->temporary ?
		    e->temporary : "a temporary directory", strerror(errno));
		free(e->temporary);
		e->temporary = NULL;
		return STATE_SYSTEM;
	}
	return state_open(e->temporary, e->spec.account->name, false, error,
	    size, &e->state);
}

static int
open_state(struct errand *e)
{
	char error[512] = "";
	int r = state_open(e->spec.conf->state_dir, e->spec.account->name,
	    e->spec.dry_run, error, sizeof(error), &e->state);

	if (r == STATE_SYSTEM && e->spec.dry_run && errno == ENOENT)
		r = open_nothing(e, error, sizeof(error));
	if (r == STATE_OK)
		return 0;
	return fail(e, r == STATE_BUSY ? FAULT_BUSY : FAULT_STATE, "%s",
	    error);
}

/* A new spool must not be forgotten by the disk: a journal or a draft in it is
 * durable only when it is. */
static int
keep_spool(const struct errand *e)
{
	int fd = open(e->spec.conf->state_dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	int r = fd < 0 ? -1 : fsync(fd), err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return r;
}

static int
open_spool(struct errand *e)
{
	struct stat st;
	int r;

	e->spool = record_path(e, ".spool");
	if (!e->spool)
		return fail(e, FAULT_MEMORY, "out of memory");
	r = mkdir(e->spool, 0700);
	if (r == 0)
		r = keep_spool(e);
	else if (errno == EEXIST)
		r = 0;
	if (r != 0)
		return fail(e, FAULT_STATE, "%s: %s", e->spool,
		    strerror(errno));
	if (lstat(e->spool, &st) != 0 || !S_ISDIR(st.st_mode) ||
	    st.st_uid != geteuid())
		return fail(e, FAULT_STATE, "%s: is not a directory of ours",
		    e->spool);
	return 0;
}

static void
name_host(struct errand *e)
{
	if (gethostname(e->hostname, sizeof(e->hostname) - 1) != 0 ||
	    e->hostname[0] == '\0')
		text_format(e->hostname, sizeof(e->hostname), "localhost");
}

/* ---- what an interrupted visit left -------------------------------------- */

struct left {
	struct left *next;
	int64_t intent, made;
	enum dest_outcome outcome;
	size_t n;
	unsigned char ticket[];
};

struct left_list {
	struct left *first, **last;
};

static int
note_intent(void *arg, const struct state_intent *intent)
{
	struct left_list *list = arg;
	struct left *l = calloc(1, sizeof(*l) + intent->ticket.n);

	if (!l)
		return -1;
	l->intent = intent->id;
	l->made = intent->made;
	l->n = intent->ticket.n;
	if (l->n > 0)
		memcpy(l->ticket, intent->ticket.p, l->n);
	*list->last = l;
	list->last = &l->next;
	return 0;
}

static int
look_for_all(struct errand *e, const struct left_list *list)
{
	for (struct left *l = list->first; l; l = l->next) {
		struct dest_error error = { 0 };

		l->outcome = dest_recover(&e->world, span_of(l->ticket, l->n),
		    l->made, &error);
		if (l->outcome == DEST_DELIVERED && error.text[0])
			text_format(e->job_text, sizeof(e->job_text), "%s",
			    error.text);
		if (l->outcome == DEST_TEMPORARY)
			return fail(e, error.fault, "a message of an "
			    "interrupted visit cannot be recovered now: %s",
			    error.text);
	}
	return 0;
}

static int
settle_all(struct errand *e, const struct left_list *list)
{
	if (!list->first)
		return 0;
	if (state_begin(e->state) != 0)
		return fail_state(e);
	for (const struct left *l = list->first; l; l = l->next) {
		int64_t row;
		int r = l->outcome == DEST_DELIVERED ?
		    state_put_delivered(e->state, l->intent, &row) :
		    state_drop_intent(e->state, l->intent);

		if (r != 0)
			return fail_state(e);
		e->recovered += l->outcome == DEST_DELIVERED;
		e->in_doubt += l->outcome == DEST_UNKNOWN;
	}
	return state_commit(e->state) == 0 ? 0 : fail_state(e);
}

static int
recover(struct errand *e)
{
	struct left_list list = { NULL, &list.first };
	int r = state_intents(e->state, note_intent, &list);

	if (r != 0)
		(void)fail_state(e);
	else if (look_for_all(e, &list) == 0)
		(void)settle_all(e, &list);
	for (struct left *next, *l = list.first; l; l = next) {
		next = l->next;
		free(l);
	}
	return e->job_fault == FAULT_NONE ? 0 : -1;
}

/* ---- drafts that nobody needs -------------------------------------------- */

/* A file in the spool says that drafts were begun: where it is found again,
 * the visit that made it did not end. */
void
record_drafts_begin(struct errand *e)
{
	char *path;
	int fd;

	if (e->dirty || asprintf(&path, "%s/unfinished", e->spool) < 0)
		return;
	e->dirty = true;
	/* without it nothing is lost: drafts are only swept later */
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		close(fd);
	free(path);
}

static bool
was_unfinished(const struct errand *e)
{
	char *path;
	bool is;

	if (asprintf(&path, "%s/unfinished", e->spool) < 0)
		return true;
	is = access(path, F_OK) == 0;
	free(path);
	return is;
}

void
record_drafts_end(const struct errand *e)
{
	char *path;

	if (asprintf(&path, "%s/unfinished", e->spool) < 0)
		return;
	(void)unlink(path);	/* found again: swept once more */
	free(path);
}

static void
sweep_one(struct errand *e, const struct conf_dest *conf)
{
	struct dest *d = conf->set ? errand_dest(e, conf) : NULL;

	if (d)
		dest_sweep(d);
}

static void
sweep(struct errand *e)
{
	const struct client_conf *conf = e->spec.conf;

	sweep_one(e, &e->spec.account->destination);
	sweep_one(e, &e->spec.account->quarantine);
	for (size_t i = 0; i < conf->nrules; i++)
		if (conf->rules[i].action == RULE_DELIVER)
			sweep_one(e, &conf->rules[i].destination);
	/* a rule's directory that is missing is no reason to stop here */
	e->stop_fault = FAULT_NONE;
	e->no_more = false;
	record_drafts_end(e);
}

/* ---- what is remembered -------------------------------------------------- */

static bool
remembers_no_pipelining(struct errand *e)
{
	struct pop_span value;
	uint64_t when;

	return state_fact(e->state, FACT_PIPELINING_OFF, &value) == 1 &&
	    num_parse_u64(value, INT64_MAX, &when) == 0 &&
	    e->now - (int64_t)when < PIPELINING_MEMORY_S;
}

static void
digest_text(struct digest *md, const char *text)
{
	if (text)
		digest_add(md, text, strlen(text) + 1);
}

static void
digest_rule(struct digest *md, const struct rule_conf *r)
{
	char numbers[128];

	digest_text(md, r->accounts);
	for (size_t i = 0; i < r->nmatches; i++) {
		digest_text(md, r->matches[i].field);
		digest_text(md, r->matches[i].pattern);
		digest_text(md, r->matches[i].regex ? "regex" : "glob");
	}
	text_format(numbers, sizeof(numbers), "%llu %llu %u %u %d",
	    (unsigned long long)r->larger, (unsigned long long)r->smaller,
	    r->older, r->newer, (int)r->action);
	digest_text(md, numbers);
}

/* What was skipped is looked at again when the reasons for skipping change. */
static void
digest_rules(struct errand *e)
{
	const struct client_conf *conf = e->spec.conf;
	unsigned char out[DIGEST_OCTETS];
	struct digest md;
	char limit[32];

	text_format(limit, sizeof(limit), "%llu",
	    (unsigned long long)e->spec.account->skip_larger);
	digest_init(&md);
	digest_text(&md, limit);
	for (size_t i = 0; i < conf->nrules; i++)
		digest_rule(&md, &conf->rules[i]);
	digest_end(&md, out);
	memcpy(e->rules_digest, out, sizeof(e->rules_digest));
}

/* A rule that looks at the age of a message may say something else today. */
static bool
time_matters(const struct client_conf *conf)
{
	for (size_t i = 0; i < conf->nrules; i++)
		if (conf->rules[i].older != 0 || conf->rules[i].newer != 0)
			return true;
	return false;
}

static int
remember(struct errand *e)
{
	struct pop_span value;
	int r;

	e->utf8_expected = state_fact(e->state, FACT_UTF8, &value) == 1;
	r = state_fact(e->state, FACT_RULES, &value);

	if (r < 0)
		return fail_state(e);
	digest_rules(e);
	e->reconsider = r == 0 || time_matters(e->spec.conf) ||
	    !span_eq(value, span_of(e->rules_digest,
	    sizeof(e->rules_digest)));
	e->pipelining = e->spec.account->pipelining !=
	    ACCOUNT_PIPELINING_OFF && !(e->spec.account->pipelining ==
	    ACCOUNT_PIPELINING_AUTO && remembers_no_pipelining(e));
	return 0;
}

static int
make_rules(struct errand *e)
{
	char error[256] = "out of memory";

	e->rules = rules_new(e->spec.conf, e->spec.account, error,
	    sizeof(error));
	return e->rules ? 0 : fail(e, FAULT_MEMORY, "%s", error);
}

void
recover_run(struct work_job *job)
{
	struct errand *e = ERRAND_OF(job, job);

	name_host(e);
	if (open_state(e) != 0 || make_rules(e) != 0 || remember(e) != 0)
		return;
	e->waiting.state = e->state;
	e->world = (struct dest_world){ e->spec.loop, e->spec.account,
		state_ident(e->state), NULL, e->hostname };
	if (e->spec.dry_run)
		return;
	if (open_spool(e) != 0)
		return;
	e->world.spool = e->spool;
	if (recover(e) != 0)
		return;
	if (was_unfinished(e))
		sweep(e);
	/* a destination that cannot take anything is found out now */
	if (!errand_dest(e, &e->spec.account->destination))
		(void)fail(e, e->stop_fault, "%s", e->stop_text);
}
