/* SPDX-License-Identifier: ISC
 *
 * conform_report: what became of each case, for people or as JSON: one object
 * a line, in ASCII, as report_json has it.  restante(1) documents the members.
 */
#include <jansson.h>
#include <stdlib.h>

#include "client/conform_internal.h"

static const char *const verdicts[VERDICTS] = {
	[VERDICT_PASSED] = "passed", [VERDICT_FAILED] = "failed",
	[VERDICT_DIFFERS] = "differs", [VERDICT_NOT_HERE] = "not applicable"
};

/* ---- JSON ---- */

static void
put(json_t *o, const char *key, struct pop_span text)
{
	json_t *s = json_stringn((const char *)text.p, text.n);

	/* not UTF-8: octets as they can be shown */
	if (s == NULL) {
		char shown[4 * ESCAPE_MAX + 8];

		escape_text(text, shown, sizeof(shown), ESCAPE_MAX);
		s = json_string(shown);
	}
	(void)!json_object_set_new(o, key, s);
}

static void
put_words(json_t *o, const char *key, struct pop_span words, char between)
{
	json_t *list = json_array();

	while (words.n > 0) {
		const unsigned char *end = memchr(words.p, between, words.n);
		size_t n = end == NULL ? words.n : (size_t)(end - words.p);

		if (n > 0)
			(void)!json_array_append_new(list,
			    json_stringn((const char *)words.p, n));
		span_skip(&words, end == NULL ? n : n + 1);
	}
	(void)!json_object_set_new(o, key, list);
}

static json_t *
begin(const char *event)
{
	json_t *o = json_object();

	put(o, "event", span_str(event));
	return o;
}

static void
end(json_t *o)
{
	if (o != NULL && json_dumpf(o, stdout, JSON_COMPACT |
	    JSON_ENSURE_ASCII) == 0)
		(void)putchar('\n');
	(void)fflush(stdout);
	json_decref(o);
}

static void
tell_json(const struct conform *c, const struct conform_case *k,
    enum conform_verdict v, const char *why, const struct run_failure *f)
{
	json_t *o = begin("case");

	put(o, "case", span_str(k->name));
	put(o, "title", k->wire.title);
	put_words(o, "checks", k->wire.checks, ' ');
	put(o, "reference", k->wire.ref);
	put(o, "result", span_str(verdicts[v]));
	(void)!json_object_set_new(o, "milliseconds",
	    json_integer(conform_now_ms() - c->began_ms));
	if (why != NULL)
		put(o, "reason", span_str(why));
	if (f != NULL) {
		(void)!json_object_set_new(o, "line", json_integer(f->line));
		put(o, "expected", buf_span(&f->expected));
		put(o, "got", buf_span(&f->got));
		put(o, "dialogue", buf_span(&f->dialogue));
	}
	end(o);
}

/* ---- for people ---- */

/* a text of the server's or the transcript's, indented; it may have lines */
static void
print_text(const char *label, struct pop_span text)
{
	char shown[4 * 512 + 8];

	escape_text(text, shown, sizeof(shown), 512);
	(void)printf("        %-9s %s\n", label, shown);
}

static void
print_failure(const struct run_failure *f)
{
	struct pop_span rest = buf_span(&f->dialogue);

	print_text("expected:", buf_span(&f->expected));
	print_text("got:", buf_span(&f->got));
	(void)printf("        the dialogue, up to line %u:\n", f->line);
	while (rest.n > 0) {
		const unsigned char *lf = memchr(rest.p, '\n', rest.n);
		size_t n = lf == NULL ? rest.n : (size_t)(lf - rest.p);

		(void)printf("        %.*s\n", (int)n, (const char *)rest.p);
		span_skip(&rest, lf == NULL ? n : n + 1);
	}
}

static void
tell_text(const struct client_args *a, const struct conform_case *k,
    enum conform_verdict v, const char *why, const struct run_failure *f)
{
	static const char *const words[VERDICTS] = { "passed", "failed",
	    "differs", "n.a." };
	char shown[4 * 512 + 8];

	if (a->mode == REPORT_QUIET && v != VERDICT_FAILED)
		return;
	(void)printf("%-7s %-26s ", words[v], k->name);
	if (v == VERDICT_NOT_HERE) {
		escape_text(span_str(why), shown, sizeof(shown), 512);
		(void)printf("%s\n", shown);
	} else
		(void)printf("%.*s (%.*s)\n", (int)k->wire.title.n,
		    (const char *)k->wire.title.p, (int)k->wire.checks.n,
		    (const char *)k->wire.checks.p);
	if (v == VERDICT_DIFFERS && why != NULL)
		print_text("ours:", span_str(why));
	if (v == VERDICT_FAILED && why != NULL)
		print_text("reason:", span_str(why));
	if (f != NULL)
		print_failure(f);
	(void)fflush(stdout);
}

/* ---- what is told ---- */

static void
keep_checks(struct conform_count *n, struct pop_span checks)
{
	struct pop_span id, all, w;
	bool known;

	while ((id = case_word(&checks)).n > 0) {
		all = buf_span(&n->failed);
		known = false;
		while ((w = case_word(&all)).n > 0)
			known = known || span_eq(w, id);
		if (!known && (buf_append(&n->failed, id.p, id.n) != 0 ||
		    buf_append(&n->failed, " ", 1) != 0))
			return;
	}
}

void
conform_tell(struct conform *c, const struct conform_case *k,
    enum conform_verdict v, const char *why, const struct run_failure *f)
{
	c->count.n[v]++;
	if (v == VERDICT_FAILED)
		keep_checks(&c->count, k->wire.checks);
	if (c->args->mode == REPORT_JSON)
		tell_json(c, k, v, why, f);
	else
		tell_text(c->args, k, v, why, f);
}

void
conform_tell_delivery(struct conform *c, const char *fault)
{
	enum conform_verdict v = fault == NULL ? VERDICT_PASSED :
	    VERDICT_FAILED;
	struct conform_case k = { .name = "delivery", .wire = {
		.title = span_str("Mail that was delivered comes out as it "
		    "was sent"),
		.checks = span_str("B-15 B-16"),
		.ref = span_str("RFC 5321 section 4.4, RFC 1939 section 3") }
	};

	conform_tell(c, &k, v, fault, NULL);
}

void
conform_tell_server(const struct conform *c)
{
	struct pop_span have = buf_span(&c->have[WIRE_POP3]);
	json_t *o;

	if (c->args->mode == REPORT_JSON) {
		o = begin("conformance");
		put(o, "host", span_str(c->host));
		put(o, "greeting", span_str(c->server));
		put_words(o, "has", have, ',');
		end(o);
	} else if (c->args->mode != REPORT_QUIET) {
		(void)printf("%s: %s\n", c->host, c->server);
		(void)printf("It has: ");
		for (size_t i = 0; i < have.n; i++)
			(void)putchar(have.p[i] == ',' ? ' ' : have.p[i]);
		(void)printf("\n\n");
		(void)fflush(stdout);
	}
}

void
conform_tell_end(struct conform *c, int status)
{
	const struct conform_count *n = &c->count;
	json_t *o;

	if (c->args->mode == REPORT_JSON) {
		o = begin("case-summary");
		for (int i = 0; i < VERDICTS; i++) {
			char key[20];
			size_t k = strlen(verdicts[i]);

			memcpy(key, verdicts[i], k + 1);
			for (size_t j = 0; j < k; j++)
				if (key[j] == ' ')
					key[j] = '_';
			(void)!json_object_set_new(o, key,
			    json_integer(n->n[i]));
		}
		put_words(o, "failed_checks", buf_span(&n->failed), ' ');
		(void)!json_object_set_new(o, "exit_status",
		    json_integer(status));
		end(o);
		return;
	}
	if (c->args->mode == REPORT_QUIET && n->n[VERDICT_FAILED] == 0)
		return;
	(void)printf("\n%u passed, %u failed, %u differ%s, %u not "
	    "applicable\n", n->n[VERDICT_PASSED], n->n[VERDICT_FAILED],
	    n->n[VERDICT_DIFFERS], n->n[VERDICT_DIFFERS] == 1 ? "s" : "",
	    n->n[VERDICT_NOT_HERE]);
	if (n->failed.n > 0)
		(void)printf("failed checks: %.*s\n", (int)n->failed.n - 1,
		    (const char *)n->failed.p);
	(void)fflush(stdout);
}

int
conform_list(const struct client_args *a, const struct conform_cases *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct conform_case *k = &all->at[i];
		json_t *o;

		if (a->mode != REPORT_JSON) {
			(void)printf("%-26s %.*s (%.*s)\n", k->name,
			    (int)k->wire.title.n,
			    (const char *)k->wire.title.p,
			    (int)k->wire.checks.n,
			    (const char *)k->wire.checks.p);
			continue;
		}
		o = begin("case-name");
		put(o, "case", span_str(k->name));
		put(o, "title", k->wire.title);
		put_words(o, "checks", k->wire.checks, ' ');
		put(o, "reference", k->wire.ref);
		end(o);
	}
	return 0;
}
