/* SPDX-License-Identifier: ISC
 *
 * import_write: an account of another program as a section of restante.conf,
 * and its UIDLs as rows of the state.
 *
 * A row that is there stays as it is: it may know more.  So an import that is
 * done again, or was cut off, changes nothing that is right.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "client/import.h"
#include "client/report.h"
#include "client/state_facts.h"
#include "conf/client_conf.h"

/* ---- the section --------------------------------------------------------- */

static void
put_comment(const char *text, FILE *out)
{
	char line[1200];

	escape_text(span_str(text), line, sizeof(line), 1000);
	(void)fprintf(out, "# %s\n", line);
}

void
import_section(struct import_account *a, FILE *out)
{
	char *source = import_printf("from %s", a->source);

	put_comment(source, out);
	free(source);
	(void)fprintf(out, "[account %s]\n", a->name);
	if (a->off) {
		(void)fputs("# not visited before you have seen to this:\n",
		    out);
		for (size_t i = 0; i < a->nnotes; i++)
			put_comment(a->notes[i], out);
		(void)fputs("enabled = no\n", out);
	}
	import_sort(a);
	for (size_t i = 0; i < a->nsettings; i++) {
		const struct import_setting *s = &a->settings[i];

		/* import_set has refused what cannot be written; an array
		 * that is too long is missed when the section is read */
		if (s->argv)
			(void)!client_conf_write_argv(out, s->key,
			    (const char *const *)s->argv);
		else
			(void)!client_conf_write_value(out, s->key, s->value);
	}
}

/* ---- the state ----------------------------------------------------------- */

static int
collect(void *arg, const struct state_row *row)
{
	import_uidl(arg, row->uidl, 0);
	return 0;
}

static int
put_rows(struct state *s, const struct import_account *a,
    const struct import_account *old, const size_t *order, int64_t now)
{
	if (state_begin(s) != 0)
		return -1;
	for (size_t i = 0; i < a->nuidls; i++) {
		int64_t seen = a->uidls[i].first_seen;
		struct state_row row = {
			.kind = STATE_FETCHED,
			.uidl = import_uidl_of(a, i),
			.nth = 1,
			.first_seen = seen > 0 && seen <= now ? seen : now
		};

		if (!import_find(old, order, row.uidl) &&
		    state_put(s, &row) != 0)
			return -1;
	}
	if (a->dashed &&
	    state_set_fact(s, FACT_DASHED, span_str("1")) != 0)
		return -1;
	return state_commit(s);
}

static int
put_all(struct state *s, const struct import_account *a, bool dry,
    int64_t now, size_t *known_r)
{
	struct import one;
	struct import_account *old;
	size_t *order, known = 0;
	int r;

	import_init(&one, NULL);
	old = import_add(&one, "");
	r = state_rows(s, 0, collect, old);
	order = import_order(old);
	for (size_t i = 0; i < a->nuidls; i++)
		known += import_find(old, order, import_uidl_of(a, i));
	if (r == 0 && !dry)
		r = put_rows(s, a, old, order, now);
	*known_r = known;
	free(order);
	import_done(&one);
	return r == 0 ? 0 : -1;
}

int
import_state(const struct import_account *a, const char *dir, bool dry,
    int64_t now, size_t *known_r, bool *busy_r, char *error,
    size_t error_size)
{
	struct state *s;
	enum state_open opened;
	int r;

	*known_r = 0;
	*busy_r = false;
	if (a->nuidls == 0)
		return 0;
	opened = state_open(dir, a->name, dry, error, error_size, &s);
	if (opened == STATE_SYSTEM && dry && errno == ENOENT)
		return 0;
	*busy_r = opened == STATE_BUSY;
	if (opened != STATE_OK)
		return -1;
	r = put_all(s, a, dry, now, known_r);
	if (r != 0)
		(void)text_format(error, error_size, "%s", state_error(s));
	state_close(s);
	return r;
}
