/* SPDX-License-Identifier: ISC
 *
 * session_pop3_ahead: messages that the store has opened before the client
 * asked for them.
 *
 * Nearly all clients fetch in order, and a round to the store costs more
 * than opening some more files on the way: most maildrops come whole in one
 * answer.  Owns those descriptors, and how many a session and a front may
 * have; when there are too many, sessions go on with fewer, down to one
 * message at a time.  Those that were asked for count already: on
 * their way here they use up descriptors of the store.  Nothing that happens
 * to a message meanwhile may be missed: whatever was renamed, removed or
 * written to since it was opened is dropped and asked for again, when its
 * turn comes.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/session_pop3.h"
#include "sys/os.h"

enum { GROWTH = 4 };

struct pop3_ahead {
	uint32_t i;			/* which message v[at] is */
	unsigned at, n;
	struct pop3_body v[];
};

void
pop3_body_set(struct pop3 *p, const struct pop3_body *b)
{
	p->fd = b->fd;
	p->offset = b->offset;
	p->end = b->offset + b->length;
	p->wire_end = p->offset;
	if (b->wire_form && b->length > POP3_LAST)
		p->wire_end = p->end - POP3_LAST;
}

static void
drop(struct session *s)
{
	struct pop3 *p = pop3_of(s);
	struct pop3_ahead *a = p->ahead;

	if (a == NULL)
		return;
	s->front->ahead -= a->n - a->at;
	for (; a->at < a->n; a->at++)
		(void)close(a->v[a->at].fd);
	free(a);
	p->ahead = NULL;
}

void
pop3_ahead_answered(struct session *s)
{
	struct pop3 *p = pop3_of(s);

	s->front->ahead -= p->asked;
	p->asked = 0;
}

void
pop3_ahead_keep(struct session *s, const struct pop3_body *v, unsigned n)
{
	struct pop3 *p = pop3_of(s);
	struct pop3_ahead *a = NULL;

	if (n > 0 && p->ahead == NULL)
		a = malloc(sizeof(*a) + n * sizeof(a->v[0]));
	if (a == NULL) {
		for (unsigned i = 0; i < n; i++)
			(void)close(v[i].fd);
		return;
	}
	*a = (struct pop3_ahead){ .i = p->next, .n = n };
	memcpy(a->v, v, n * sizeof(a->v[0]));
	p->ahead = a;
	s->front->ahead += n;
}

/* Is it in the maildrop, under the name that it was opened by? */
static bool
unchanged(const struct pop3_body *b)
{
	struct stat st;

	return fstat(b->fd, &st) == 0 && st.st_nlink > 0 &&
	    os_changed(&st) == b->changed;
}

bool
pop3_ahead_take(struct session *s, uint32_t i)
{
	struct pop3 *p = pop3_of(s);
	struct pop3_ahead *a = p->ahead;
	struct pop3_body b;

	if (a == NULL)
		return false;
	if (a->i != i || !unchanged(&a->v[a->at])) {
		drop(s);
		return false;
	}
	b = a->v[a->at++];
	s->front->ahead--;
	a->i++;
	if (a->at == a->n)
		drop(s);
	pop3_body_set(p, &b);
	p->next = i + 1;
	return true;
}

unsigned
pop3_ahead_window(struct session *s, uint32_t i)
{
	struct pop3 *p = pop3_of(s);
	uint32_t left = p->listing->view.count - i;
	unsigned room = s->front->ahead_max - s->front->ahead;
	unsigned n = p->window * GROWTH;

	/* one out of turn comes alone: a client that leaves mail here wants
	 * the newest; who begins with the first most often wants all */
	if (i != p->next)
		n = 1;
	else if (n == 0)
		n = IPC_FDS_MAX;
	if (n > IPC_FDS_MAX)
		n = IPC_FDS_MAX;
	if (n > left)
		n = left;
	if (n > 1 + room)
		n = 1 + room;
	p->window = n;
	p->asked = n - 1;
	s->front->ahead += p->asked;
	p->next = i + 1;
	return n;
}

void
pop3_ahead_done(struct session *s)
{
	pop3_ahead_answered(s);
	drop(s);
}
