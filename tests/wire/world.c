/* SPDX-License-Identifier: ISC
 *
 * world.c: keeps mailboxes and their messages in arrays.  It knows nothing
 * of protocols.
 */
#include "world.h"

#include <stdlib.h>

#include "base/num.h"
#include "wire/peer.h"
#include "wire/text.h"

static struct world_user *
add_user(struct world *w, struct pop_span name, struct pop_span password)
{
	struct world_user *u = &w->user[w->users];

	memset(u, 0, sizeof *u);
	buf_init(&u->name, TEXT_MAX);
	buf_init(&u->password, TEXT_MAX);
	w->users++;
	if (buf_append(&u->name, name.p, name.n) != 0 ||
	    buf_append(&u->password, password.p, password.n) != 0)
		return NULL;
	return u;
}

int
world_init(struct world *w, const struct wire_case *c)
{
	struct world_user *wren;

	memset(w, 0, sizeof *w);
	w->next_id = 1;
	wren = add_user(w, span_str("wren"),
	    span_str("correct horse battery"));
	if (wren == NULL || add_user(w, span_str("finch"),
	    span_str("hunter2")) == NULL)
		return -1;
	for (size_t i = 0; i < c->users; i++) {
		if (add_user(w, buf_span(&c->user[i].name),
		    buf_span(&c->user[i].password)) == NULL)
			return -1;
	}
	for (size_t i = 0; i < c->mails; i++) {
		if (world_add(w, wren, buf_span(&c->mail[i])) != 0)
			return -1;
	}
	return 0;
}

void
world_done(struct world *w)
{
	for (size_t i = 0; i < w->users; i++) {
		struct world_user *u = &w->user[i];

		for (size_t k = 0; k < u->mails; k++)
			buf_release(&u->mail[k].text);
		free(u->mail);
		buf_release(&u->name);
		buf_release(&u->password);
	}
	w->users = 0;
}

struct world_user *
world_find(struct world *w, struct pop_span name)
{
	for (size_t i = 0; i < w->users; i++) {
		if (span_eq(buf_span(&w->user[i].name), name))
			return &w->user[i];
	}
	return NULL;
}

int
world_add(struct world *w, struct world_user *u, struct pop_span text)
{
	struct world_mail *m;

	if (u->mails == u->room) {
		size_t room = u->room == 0 ? 8 : 2 * u->room;

		m = realloc(u->mail, room * sizeof *m);
		if (m == NULL)
			return -1;
		u->mail = m;
		u->room = room;
	}
	m = &u->mail[u->mails];
	buf_init(&m->text, TEXT_MAX);
	if (buf_append(&m->text, text.p, text.n) != 0)
		return -1;
	m->id = w->next_id++;
	u->mails++;
	return 0;
}

const struct world_mail *
world_mail(const struct world_user *u, uint64_t id)
{
	for (size_t i = 0; i < u->mails; i++) {
		if (u->mail[i].id == id)
			return &u->mail[i];
	}
	return NULL;
}

void
world_remove(struct world_user *u, uint64_t id)
{
	for (size_t i = 0; i < u->mails; i++) {
		if (u->mail[i].id != id)
			continue;
		buf_release(&u->mail[i].text);
		u->mails--;
		memmove(&u->mail[i], &u->mail[i + 1],
		    (u->mails - i) * sizeof *u->mail);
		return;
	}
}

static int
fail(struct buf *why, const char *what)
{
	return peer_why(why, what);
}

int
world_store(struct world *w, const struct pop_span *words, size_t n,
    struct buf *why)
{
	struct world_user *u = world_find(w, words[1]);
	uint64_t number;

	if (u == NULL)
		return fail(why, "no such user");
	if (span_eq(words[0], span_str("deliver")))
		return world_add(w, u, words[2]);
	if (span_eq(words[0], span_str("readonly")))
		u->readonly = true;
	else if (span_eq(words[0], span_str("writable")))
		u->readonly = false;
	else if (span_eq(words[0], span_str("corrupt")))
		u->corrupt = true;
	else if (span_eq(words[0], span_str("down")))
		u->down = true;
	else if (span_eq(words[0], span_str("full")))
		u->full = true;
	else if (span_eq(words[0], span_str("names")))
		return 0;	/* there are none in memory */
	else if (n < 3 || num_parse_u64(words[2], u->mails, &number) != 0 ||
	    number == 0)
		return fail(why, "no such message");
	else if (span_eq(words[0], span_str("remove")))
		world_remove(u, u->mail[number - 1].id);
	/* flags have no meaning in memory */
	return 0;
}
