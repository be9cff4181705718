/* SPDX-License-Identifier: ISC
 *
 * run_world.c: what the server under test holds, as the transcripts see it:
 * the built-in variables and the messages.  Values come from struct
 * run_world or, where it has none, from the world that README.md describes.
 */
#include "wire/run.h"

#include "base/text.h"
#include "wire/fixture.h"
#include "wire/text.h"

static const struct run_world ours = {
	.user = "wren", .password = "correct horse battery",
	.other = "finch", .other_password = "hunter2", .nobody = "nobody",
	.recipient = "wren@example.net",
	.other_recipient = "finch@example.net",
	.stranger = "nobody@example.net", .abroad = "someone@example.org",
	.domain = "example.net",
};

static const struct run_world *
world(const struct run *r)
{
	return r->how->world != NULL ? r->how->world : &ours;
}

static size_t
messages(const struct run *r)
{
	return world(r)->messages > 0 ? world(r)->messages : r->c->mails;
}

int
run_world_message(struct run *r, uint64_t n, struct buf *out)
{
	const struct run_world *w = world(r);

	if (n == 0 || n > messages(r))
		return -1;
	if (w->messages > 0)
		return buf_append(out, w->message[n - 1].p,
		    w->message[n - 1].n);
	return fixture_wire(buf_span(&r->c->mail[n - 1]), out);
}

static int
add_text(struct run *r, const char *name, const char *value,
    const char *otherwise)
{
	return vars_add(r->vars, name,
	    span_str(value != NULL ? value : otherwise));
}

static int
add_texts(struct run *r)
{
	const struct run_world *w = world(r);
	const struct { const char *name, *value, *otherwise; } v[] = {
		{ "user", w->user, ours.user },
		{ "password", w->password, ours.password },
		{ "other", w->other, ours.other },
		{ "other_password", w->other_password, ours.other_password },
		{ "nobody", w->nobody, ours.nobody },
		{ "recipient", w->recipient, ours.recipient },
		{ "other_recipient", w->other_recipient,
		    ours.other_recipient },
		{ "stranger", w->stranger, ours.stranger },
		{ "abroad", w->abroad, ours.abroad },
		{ "domain", w->domain, ours.domain },
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof v / sizeof *v && rc == 0; i++)
		rc = add_text(r, v[i].name, v[i].value, v[i].otherwise);
	return rc;
}

/* `which`: the digits of the messages whose octets are added up */
static int
add_size(struct run *r, const char *which)
{
	char name[16], value[24];
	uint64_t sum = 0;
	struct buf b;
	int rc = 0;

	buf_init(&b, TEXT_MAX);
	for (const char *d = which; *d != '\0' && rc == 0; d++) {
		b.n = 0;
		rc = run_world_message(r, (uint64_t)(*d - '0'), &b);
		sum += b.n;
	}
	buf_release(&b);
	if (rc != 0 || text_format(name, sizeof name, "size%s", which) ||
	    text_format(value, sizeof value, "%llu",
	    (unsigned long long)sum))
		return -1;
	return vars_add(r->vars, name, span_str(value));
}

static int
add_sizes(struct run *r)
{
	static const char *const which[] = { "1", "2", "12", "3", "13", "23",
	    "123", "4", "5", "6", "7", "8", "9" };
	int rc = 0;

	for (size_t i = 0; i < sizeof which / sizeof *which && rc == 0; i++) {
		const char *last = which[i] + strlen(which[i]) - 1;

		if ((size_t)(*last - '0') <= messages(r))
			rc = add_size(r, which[i]);
	}
	return rc;
}

int
run_world_vars(struct run *r)
{
	if (add_texts(r) == 0 && add_sizes(r) == 0)
		return 0;
	return run_fail(r, "memory for the variables", span_str(""));
}
