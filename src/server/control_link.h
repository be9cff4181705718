/* SPDX-License-Identifier: ISC
 *
 * control_link: a child's end of its channel to the parent: what front, auth
 * and store do alike.
 */
#ifndef RESTANTE_SERVER_CONTROL_LINK_H
#define RESTANTE_SERVER_CONTROL_LINK_H

#include "server/link.h"
#include "server/role.h"

struct control_ops {
	/* a channel to another process; takes over fd; false: it cannot be
	 * used, and this process should end */
	bool (*peer)(void *owner, enum ipc_role role, uint32_t serial,
	    int fd);
	/* a new configuration, which the parent has checked; takes it over */
	bool (*conf)(void *owner, struct conf *conf);
	/* finish what is under way, then exit; also when the parent is gone */
	void (*drain)(void *owner);
	/* frames that only this role gets; NULL: there are none */
	bool (*other)(void *owner, struct ipc_frame *f);
};

struct control_link {
	struct link *link;		/* NULL: the parent is gone */
	const struct control_ops *ops;
	void *owner;
	char *path;			/* of the configuration, for messages */
};

/* Also hands the channels in `start` to ops->peer. */
__attribute__((warn_unused_result))
bool control_link_init(struct control_link *c, struct links *set,
    const struct role_start *start, const struct control_ops *ops,
    void *owner);
void control_link_done(struct control_link *c);
void control_link_ready(struct control_link *c);
/* the peer of `about` broke the rules: says so in the log and to the parent */
void control_link_complain(struct control_link *c, const struct link *about);

#endif
