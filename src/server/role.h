/* SPDX-License-Identifier: ISC
 *
 * role: how a child process of restanted begins: what it is given, and the
 * ritual by which it gives everything else away.
 */
#ifndef RESTANTE_SERVER_ROLE_H
#define RESTANTE_SERVER_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "ipc/frame.h"

struct meter;

/* a listening socket, and who may accept from it */
struct endpoint {
	int fd;
	unsigned listen;	/* index into conf->listens */
	int front;		/* slot of its front, -1: all of them */
};

struct role_peer {
	enum ipc_role role;
	uint32_t serial;
	int fd;
};

/* All of it is the child's to keep; the fds are its own. */
struct role_start {
	enum ipc_role role;
	struct conf *conf;
	int control;			/* fd of the channel to the parent */
	const struct role_peer *peers;	/* channels to those that run */
	size_t npeers;
	/* fronts only */
	unsigned slot;
	struct meter *meter;
	const struct endpoint *endpoints;
	size_t nendpoints;
	bool is_root;
};

/* "front", "auth", "store", "parent" */
const char *role_name(enum ipc_role role);

/*
 * The ritual, the same in every child: title, signals, identity, chroot,
 * no_new_privs, sandbox; exits with a message when any step fails.
 * role_drop gives up identity and file system; role_sandbox, called when
 * the process has opened what it needs, closes the rest.
 */
void role_drop(const struct role_start *start);
void role_sandbox(const struct role_start *start);

#endif
