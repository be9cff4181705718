/* SPDX-License-Identifier: ISC
 *
 * Each allocation of ours is refused, once and for ever, to the client's
 * parts that decide about mail: rules, plan, state (SQLite has a heap of its
 * own).  A refusal is told; what was recorded before stays, and nothing is
 * recorded that did not happen.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "client/plan.h"
#include "client/rules.h"
#include "client/state.h"
#include "oom.h"

#define TEXT(x) ((char *)(uintptr_t)(x))

enum { NOW = 2000000000, MESSAGES = 40 };

/* ---- rules --------------------------------------------------------------- */

static struct rule_match matches[] = {
	{ TEXT("Subject"), TEXT("*a*b"), false },
	{ TEXT("*"), TEXT("[a-z]+@(x|y)*z$"), true },
};
static struct rule_conf rules[] = {
	{ .matches = &matches[0], .nmatches = 1, .action = RULE_SKIP },
	{ .matches = &matches[1], .nmatches = 1, .action = RULE_DELETE },
	{ .larger = 1000, .action = RULE_SKIP },
};
static struct account_conf account = { .name = TEXT("a"),
	.keep = ACCOUNT_KEEP_NOT };
static const struct client_conf conf = { .rules = rules,
	.nrules = sizeof(rules) / sizeof(rules[0]) };

static const char *
run_rules(void)
{
	static const char header[] = "Subject: xayb\r\n\r\n";
	struct rules_message m = { span_str(header), true, 20, NOW };
	const struct rule_conf *rule = NULL;
	const char *wrong = NULL;
	char error[200] = "";
	struct rules *r;

	oom_begin();
	r = rules_new(&conf, &account, error, sizeof(error));
	if (r != NULL && (rules_apply(r, &m, &rule) != RULES_MATCH ||
	    rule != &rules[0]))
		wrong = "another rule holds";
	oom_disarm();
	if (r == NULL && !oom_refused())
		wrong = "rules that are good are refused";
	if (r == NULL && error[0] == '\0')
		wrong = "no rules and no reason";
	rules_free(r);
	return wrong;
}

/* ---- state and plan ------------------------------------------------------ */

static char dir[64];

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static struct state *
open_state(void)
{
	struct state *s = NULL;
	char error[256] = "";

	if (state_open(dir, "wren", false, error, sizeof(error), &s) ==
	    STATE_OK)
		return s;
	if (s != NULL || error[0] == '\0')
		abort();
	return NULL;
}

static void
uidl_of(char out[16], unsigned i)
{
	text_format(out, 16, "uidl-%u", i);
}

static int
put_rows(struct state *s, unsigned from, unsigned n)
{
	if (state_begin(s) != 0)
		return -1;
	for (unsigned i = from; i < from + n; i++) {
		char uidl[16];
		struct state_row row = { .kind = STATE_FETCHED, .nth = 1,
			.announced = 10, .octets = 10, .first_seen = NOW };

		uidl_of(uidl, i);
		row.uidl = span_str(uidl);
		if (state_put(s, &row) != 0) {
			state_rollback(s);
			return -1;
		}
	}
	return state_commit(s);
}

static int
plan_all(struct state *s, struct plan *p, unsigned n)
{
	if (plan_begin(p, &account, s, false, NOW) != 0 ||
	    state_listing_begin(s) != 0)
		return -1;
	for (unsigned i = 0; i < n; i++) {
		char uidl[16];

		uidl_of(uidl, i);
		if (plan_uidl(p, i + 1, span_str(uidl)) != 0)
			return -1;
	}
	for (unsigned i = 0; i < n; i++)
		if (plan_list(p, i + 1, 10, false) != 0)
			return -1;
	plan_listed(p);
	return 0;
}

/* Half of a listing is known: only the rest is to be fetched, or nothing is
 * said. */
static const char *
plan_wrong(struct state *s)
{
	struct plan p = { 0 };
	const char *wrong = NULL;
	int r = plan_all(s, &p, MESSAGES);

	if (r != 0 && !oom_refused())
		wrong = "no plan";
	for (unsigned i = 0; r == 0 && i < MESSAGES && wrong == NULL; i++) {
		struct plan_item *item = plan_find(&p, i + 1);
		bool fetch = item != NULL && item->what == PLAN_FETCH;

		if (fetch != (i >= MESSAGES / 2))
			wrong = fetch ? "a message would come twice" :
			    "a message would not come";
	}
	plan_done(&p);
	return wrong;
}

static const char *
run_state(void)
{
	const char *wrong = NULL;
	struct state_counts counts;
	struct state *s;
	int put = -1;

	text_format(dir, sizeof(dir), "%s/restante-memory-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(dir) == NULL)
		abort();
	s = open_state();
	if (s == NULL || put_rows(s, 0, MESSAGES / 2) != 0)
		abort();
	state_close(s);
	oom_begin();
	s = open_state();
	if (s != NULL) {
		wrong = plan_wrong(s);
		put = put_rows(s, MESSAGES / 2, 5);
		state_close(s);
	}
	oom_disarm();
	if ((s == NULL || put != 0) && !oom_refused())
		wrong = "the state fails of itself";
	/* what was recorded stays, and what was not is not there */
	s = open_state();
	if (wrong == NULL && (s == NULL || state_counts(s, &counts) != 0 ||
	    counts.fetched != MESSAGES / 2 + (put == 0 ? 5 : 0)))
		wrong = "the state holds something else";
	if (s != NULL)
		state_close(s);
	if (nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
		abort();
	return wrong;
}

int
main(void)
{
	oom_table();
	(void)!oom_sweep("rules", run_rules);
	(void)!oom_sweep("state and plan", run_state);
	return oom_result("memory for the client's parts");
}
