/* SPDX-License-Identifier: ISC
 *
 * control_link: see control_link.h.
 */
#include "server/control_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/log.h"

static bool
new_peer(struct control_link *c, struct ipc_frame *f)
{
	struct ipc_reader r;
	unsigned role;
	uint32_t serial;

	ipc_reader_init(&r, f->payload);
	role = ipc_get_u8(&r);
	serial = ipc_get_u32(&r);
	return ipc_reader_end(&r) && f->nfds > 0 &&
	    c->ops->peer(c->owner, role, serial, ipc_frame_take_fd(f));
}

static bool
new_conf(struct control_link *c, struct pop_span payload)
{
	struct ipc_reader r;
	struct pop_span text;
	struct conf *conf;

	ipc_reader_init(&r, payload);
	text = ipc_get_span(&r);
	if (!ipc_reader_end(&r) || conf_read_text(c->path,
	    (const char *)text.p, text.n, stderr, &conf) != 0)
		return false;
	return c->ops->conf(c->owner, conf);
}

static bool
frame(struct link *l, struct ipc_frame *f)
{
	struct control_link *c = l->owner;

	if (f->kind == IPC_CTL_PEER)
		return new_peer(c, f);
	if (f->kind == IPC_CTL_CONF)
		return new_conf(c, f->payload);
	if (f->kind == IPC_CTL_DRAIN)
		c->ops->drain(c->owner);
	else if (f->kind == IPC_CTL_LOG && !f->fd_lost)
		log_adopt(ipc_frame_take_fd(f));
	else if (f->kind != IPC_CTL_LOG && c->ops->other != NULL)
		return c->ops->other(c->owner, f);
	return true;
}

/* without a parent nobody would restart anything: finish and go */
static void
gone(struct link *l, bool broke)
{
	struct control_link *c = l->owner;

	(void)broke;
	c->link = NULL;
	link_unref(l);
	c->ops->drain(c->owner);
}

bool
control_link_init(struct control_link *c, struct links *set,
    const struct role_start *start, const struct control_ops *ops,
    void *owner)
{
	c->ops = ops;
	c->owner = owner;
	c->path = strdup(start->conf->path);
	c->link = c->path == NULL ? NULL : link_new(set, start->control,
	    start->role, IPC_PARENT, 0, frame, gone, c);
	if (c->link == NULL)
		return false;
	for (size_t i = 0; i < start->npeers; i++)
		if (!ops->peer(owner, start->peers[i].role,
		    start->peers[i].serial, start->peers[i].fd))
			return false;
	return true;
}

void
control_link_done(struct control_link *c)
{
	free(c->path);
	c->path = NULL;
}

void
control_link_ready(struct control_link *c)
{
	if (c->link != NULL)
		(void)ipc_send(&c->link->chan, IPC_CTL_READY, 0, NULL, -1);
}

void
control_link_complain(struct control_link *c, const struct link *about)
{
	struct ipc_writer w;

	log_msg(LOG_LEVEL_ERROR, "the %s process broke the rules",
	    role_name(about->chan.peer));
	if (c->link == NULL)
		return;
	ipc_writer_init(&w);
	ipc_put_u8(&w, about->chan.peer);
	ipc_put_u32(&w, about->chan.serial);
	(void)ipc_send(&c->link->chan, IPC_CTL_COMPLAIN, 0, &w, -1);
}
