/* SPDX-License-Identifier: ISC
 *
 * parent_spawn: forking a child and connecting it to those that run.
 *
 * The key of a certificate is never in this process's memory when it forks:
 * fronts get it later, by a frame (parent_certs.c).
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log/log.h"
#include "server/authd.h"
#include "server/front.h"
#include "server/parent.h"
#include "server/stored.h"

enum { PEERS_MAX = 256 };

/* who talks to whom */
static bool
are_peers(enum ipc_role a, enum ipc_role b)
{
	return a != b && a != IPC_PARENT && b != IPC_PARENT;
}

/* one channel between the new child and one that runs: our ends are its and
 * the other's; false: the other is about to die anyway */
static bool
connect_peer(struct child *c, struct child *other, struct role_peer *peer)
{
	struct ipc_writer w;
	int fds[2];

	if (ipc_pair(fds) != 0)
		return false;
	ipc_writer_init(&w);
	ipc_put_u8(&w, c->role);
	ipc_put_u32(&w, c->serial);
	if (ipc_send(&other->control->chan, IPC_CTL_PEER, 0, &w, fds[1]) !=
	    IPC_OK) {
		(void)close(fds[0]);
		return false;
	}
	*peer = (struct role_peer){ other->role, other->serial, fds[0] };
	return true;
}

static size_t
connect_peers(struct parent *p, struct child *c, struct role_peer *peers)
{
	size_t n = 0;

	for (size_t i = 0; i < p->nchildren && n < PEERS_MAX; i++) {
		struct child *other = &p->children[i];

		if (other != c && other->pid != 0 && other->control != NULL &&
		    are_peers(c->role, other->role) &&
		    connect_peer(c, other, &peers[n]))
			n++;
	}
	return n;
}

/* ---- in the child -------------------------------------------------------- */

static int
compare_int(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* all descriptors but these, 0, 1 and 2 */
static void
close_others(int *keep, size_t n)
{
	unsigned from = 3;

	qsort(keep, n, sizeof(*keep), compare_int);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < 3)
			continue;
		if ((unsigned)keep[i] > from)
			(void)close_range(from, (unsigned)keep[i] - 1, 0);
		from = (unsigned)keep[i] + 1;
	}
	(void)close_range(from, ~0U, 0);
}

static size_t
own_endpoints(const struct parent *p, const struct child *c,
    struct endpoint *own)
{
	size_t n = 0;

	for (size_t i = 0; c->role == IPC_FRONT && i < p->nendpoints; i++)
		if (p->endpoints[i].front < 0 ||
		    (unsigned)p->endpoints[i].front == c->slot)
			own[n++] = p->endpoints[i];
	return n;
}

_Noreturn static void
child_main(struct parent *p, struct child *c, int control,
    const struct role_peer *peers, size_t npeers)
{
	struct endpoint *own = calloc(p->nendpoints + 1, sizeof(*own));
	int *keep = calloc(npeers + p->nendpoints + 2, sizeof(*keep));
	struct role_start start = { .role = c->role, .conf = p->conf,
		.control = control, .peers = peers, .npeers = npeers,
		.slot = c->slot, .meter = p->meter, .endpoints = own,
		.is_root = p->is_root };
	size_t n = 0;

	if (own == NULL || keep == NULL)
		_exit(1);
	start.nendpoints = own_endpoints(p, c, own);
	keep[n++] = control;
	keep[n++] = log_fd();
	for (size_t i = 0; i < npeers; i++)
		keep[n++] = peers[i].fd;
	for (size_t i = 0; i < start.nendpoints; i++)
		keep[n++] = own[i].fd;
	close_others(keep, n);
	free(keep);
	switch (c->role) {
	case IPC_FRONT:
		front_main(&start);
	case IPC_AUTH:
		authd_main(&start);
	case IPC_STORE:
		stored_main(&start);
	case IPC_PARENT:
		break;
	}
	_exit(1);
}

/* ---- in the parent ------------------------------------------------------- */

/* A front's word against the others counts for nothing. */
static void
complaint(struct parent *p, struct child *from, struct pop_span payload)
{
	struct ipc_reader r;
	unsigned role;
	uint32_t serial;

	ipc_reader_init(&r, payload);
	role = ipc_get_u8(&r);
	serial = ipc_get_u32(&r);
	if (!ipc_reader_end(&r) || from->role == IPC_FRONT)
		return;
	for (size_t i = 0; i < p->nchildren; i++) {
		struct child *c = &p->children[i];

		if (c->pid == 0 || c->role != role || c->serial != serial)
			continue;
		log_msg(LOG_LEVEL_ERROR, "killing the %s process (pid %d): "
		    "the %s process complained", role_name(c->role),
		    (int)c->pid, role_name(from->role));
		(void)kill(c->pid, SIGKILL);
	}
}

static void
child_ready(struct parent *p, struct child *c)
{
	c->ready = true;
	for (size_t i = 0; i < p->nchildren; i++)
		if (!p->children[i].ready)
			return;
	if (!p->up)
		parent_up(p);
}

static bool
control_frame(struct link *l, struct ipc_frame *f)
{
	struct parent *p = l->set->owner;
	struct child *c = l->owner;

	if (f->kind == IPC_CTL_READY)
		child_ready(p, c);
	else if (f->kind == IPC_CTL_COMPLAIN)
		complaint(p, c, f->payload);
	else
		return control_answer(p, c, f);
	return true;
}

/* its death comes as SIGCHLD; a child that broke the rules, or has ended the
 * channel and lives on, is made to die */
static void
control_gone(struct link *l, bool broke)
{
	struct parent *p = l->set->owner;
	struct child *c = l->owner;

	if (c->pid != 0 && (broke || !p->draining))
		(void)kill(c->pid, SIGKILL);
	if (c->control == l)
		c->control = NULL;
	link_unref(l);
}

static void
close_peers(const struct role_peer *peers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)close(peers[i].fd);
}

bool
child_spawn(struct parent *p, struct child *c)
{
	struct role_peer peers[PEERS_MAX];
	size_t npeers;
	int fds[2];
	pid_t pid;

	c->serial = ++p->last_serial;
	c->ready = false;
	c->started_ms = loop_now(p->loop);
	if (ipc_pair(fds) != 0)
		return false;
	npeers = connect_peers(p, c, peers);
	pid = fork();
	if (pid == 0)
		child_main(p, c, fds[1], peers, npeers);
	close_peers(peers, npeers);
	(void)close(fds[1]);
	if (pid < 0) {
		(void)close(fds[0]);
		return false;
	}
	c->pid = pid;
	c->control = link_new(&p->links, fds[0], IPC_PARENT, c->role,
	    c->serial, control_frame, control_gone, c);
	if (c->control == NULL) {
		(void)kill(pid, SIGKILL);
		return true;		/* its SIGCHLD brings another try */
	}
	return c->role != IPC_FRONT || certs_send(p, c) ||
	    (p->up && certs_send_none(c));
}

struct child *
child_of_pid(struct parent *p, pid_t pid)
{
	for (size_t i = 0; i < p->nchildren; i++)
		if (p->children[i].pid == pid)
			return &p->children[i];
	return NULL;
}
