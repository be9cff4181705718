/* SPDX-License-Identifier: ISC
 *
 * permit: the table that says who may send which frame to whom.  A session's
 * own order of events (once, after what) is checked where the session lives:
 * server/authd.c, server/stored.c, server/front_ipc.c.
 */
#include "ipc/frame.h"

struct permit {
	enum ipc_role from, to;
	enum ipc_fd fd;
	bool all_children;	/* `from` or `to` stands for any child */
};

#define TO_CHILDREN(fd) { IPC_PARENT, IPC_FRONT, (fd), true }
#define FROM_CHILDREN(fd) { IPC_FRONT, IPC_PARENT, (fd), true }

static const struct permit kinds[IPC_KINDS] = {
	[IPC_CTL_PEER] = TO_CHILDREN(IPC_FD_ALWAYS),
	[IPC_CTL_CONF] = TO_CHILDREN(IPC_FD_NEVER),
	[IPC_CTL_DRAIN] = TO_CHILDREN(IPC_FD_NEVER),
	[IPC_CTL_LOG] = TO_CHILDREN(IPC_FD_ALWAYS),
	[IPC_CTL_READY] = FROM_CHILDREN(IPC_FD_NEVER),
	[IPC_CTL_COMPLAIN] = FROM_CHILDREN(IPC_FD_NEVER),

	[IPC_CTL_CERTS] = { IPC_PARENT, IPC_FRONT, IPC_FD_NEVER, false },
	[IPC_CTL_WHO] = { IPC_PARENT, IPC_FRONT, IPC_FD_NEVER, false },
	[IPC_CTL_KICK] = { IPC_PARENT, IPC_FRONT, IPC_FD_NEVER, false },
	[IPC_CTL_WHO_ROW] = { IPC_FRONT, IPC_PARENT, IPC_FD_NEVER, false },
	[IPC_CTL_WHO_END] = { IPC_FRONT, IPC_PARENT, IPC_FD_NEVER, false },
	[IPC_CTL_KICKED] = { IPC_FRONT, IPC_PARENT, IPC_FD_NEVER, false },

	[IPC_AUTH_PASS] = { IPC_FRONT, IPC_AUTH, IPC_FD_NEVER, false },
	[IPC_AUTH_APOP] = { IPC_FRONT, IPC_AUTH, IPC_FD_NEVER, false },
	[IPC_AUTH_SASL] = { IPC_FRONT, IPC_AUTH, IPC_FD_NEVER, false },
	[IPC_AUTH_STEP] = { IPC_FRONT, IPC_AUTH, IPC_FD_NEVER, false },
	[IPC_AUTH_CANCEL] = { IPC_FRONT, IPC_AUTH, IPC_FD_NEVER, false },
	[IPC_AUTH_RCPT] = { IPC_FRONT, IPC_AUTH, IPC_FD_NEVER, false },
	[IPC_AUTH_OFFER] = { IPC_AUTH, IPC_FRONT, IPC_FD_NEVER, false },
	[IPC_AUTH_DENIED] = { IPC_AUTH, IPC_FRONT, IPC_FD_NEVER, false },
	[IPC_AUTH_CHALLENGE] = { IPC_AUTH, IPC_FRONT, IPC_FD_NEVER, false },
	[IPC_AUTH_RCPT_R] = { IPC_AUTH, IPC_FRONT, IPC_FD_NEVER, false },

	[IPC_TICKET_OPEN] = { IPC_AUTH, IPC_STORE, IPC_FD_NEVER, false },
	[IPC_TICKET_RCPT] = { IPC_AUTH, IPC_STORE, IPC_FD_NEVER, false },

	[IPC_STORE_BODY] = { IPC_FRONT, IPC_STORE, IPC_FD_NEVER, false },
	[IPC_STORE_COMMIT] = { IPC_FRONT, IPC_STORE, IPC_FD_NEVER, false },
	[IPC_STORE_CLOSE] = { IPC_FRONT, IPC_STORE, IPC_FD_NEVER, false },
	[IPC_STORE_BEGIN] = { IPC_FRONT, IPC_STORE, IPC_FD_NEVER, false },
	[IPC_STORE_DELIVER] = { IPC_FRONT, IPC_STORE, IPC_FD_NEVER, false },
	[IPC_STORE_ABORT] = { IPC_FRONT, IPC_STORE, IPC_FD_NEVER, false },
	[IPC_STORE_OPENED] = { IPC_STORE, IPC_FRONT, IPC_FD_NEVER, false },
	[IPC_STORE_BODY_R] = { IPC_STORE, IPC_FRONT, IPC_FD_SEVERAL, false },
	[IPC_STORE_COMMIT_R] = { IPC_STORE, IPC_FRONT, IPC_FD_NEVER, false },
	[IPC_STORE_BEGIN_R] = { IPC_STORE, IPC_FRONT, IPC_FD_MAYBE, false },
	[IPC_STORE_EACH_R] = { IPC_STORE, IPC_FRONT, IPC_FD_NEVER, false },
};

static bool
count_permitted(enum ipc_fd fd, unsigned nfds)
{
	switch (fd) {
	case IPC_FD_NEVER:
		return nfds == 0;
	case IPC_FD_ALWAYS:
		return nfds == 1;
	case IPC_FD_MAYBE:
		return nfds <= 1;
	case IPC_FD_SEVERAL:
		return nfds <= IPC_FDS_MAX;
	}
	return false;
}

bool
ipc_permitted(enum ipc_kind kind, enum ipc_role from, enum ipc_role to,
    unsigned nfds)
{
	const struct permit *p;

	if (kind <= IPC_NONE || kind >= IPC_KINDS)
		return false;
	p = &kinds[kind];
	if (p->from == p->to)		/* a hole in the table */
		return false;
	if (!count_permitted(p->fd, nfds))
		return false;
	if (p->all_children)
		return (p->from == IPC_PARENT) == (from == IPC_PARENT) &&
		    (p->to == IPC_PARENT) == (to == IPC_PARENT);
	return p->from == from && p->to == to;
}
