/* SPDX-License-Identifier: ISC
 *
 * secret_prompt: a person is asked, and the loop goes on meanwhile.  The
 * terminal gives whole lines, so that reading one does not block.
 */
#include <errno.h>

#include "client/secret_internal.h"
#include "sys/prompt.h"

/* static: there is one terminal.  The first one has it. */
static struct secret_prompt *queue;

static void
give_back(struct secret_prompt *p)
{
	if (p->io.fd < 0)
		return;
	loop_unwatch(p->loop, &p->io, false);
	prompt_newline();
	prompt_close();
	p->io.fd = -1;
}

static void
finish(struct secret_prompt *p, int error)
{
	secret_prompt_stop(p);
	p->done(p, error);
}

static void
on_answer(struct loop_io *io, unsigned events)
{
	struct secret_prompt *p = (struct secret_prompt *)(void *)((char *)io
	    - offsetof(struct secret_prompt, io));
	int e = 0;

	(void)events;
	if (prompt_line(io->fd, p->answer) != 0)
		e = errno;
	finish(p, e);
}

static void
on_turn(struct loop_task *t)
{
	struct secret_prompt *p = (struct secret_prompt *)(void *)((char *)t -
	    offsetof(struct secret_prompt, task));

	p->io.fd = prompt_open();
	if (p->io.fd >= 0 && prompt_say(p->question) == 0 &&
	    loop_watch(p->loop, &p->io, LOOP_READ) == 0)
		return;
	finish(p, errno);
}

void
secret_prompt_start(struct secret_prompt *p)
{
	struct secret_prompt **end = &queue;

	while (*end != NULL)
		end = &(*end)->next;
	*end = p;
	p->next = NULL;
	p->io = (struct loop_io){ .fd = -1, .fn = on_answer };
	p->task = (struct loop_task){ .fn = on_turn };
	if (queue == p)
		loop_later(p->loop, &p->task);
}

void
secret_prompt_stop(struct secret_prompt *p)
{
	struct secret_prompt **at = &queue;
	bool first = queue == p;

	while (*at != NULL && *at != p)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = p->next;
	loop_cancel(p->loop, &p->task);
	give_back(p);
	if (first && queue != NULL)
		loop_later(queue->loop, &queue->task);
}
