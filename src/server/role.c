/* SPDX-License-Identifier: ISC
 *
 * role: the ritual of a child process, in one place and one order.  Runs as
 * root until role_drop returns, when restanted was started as root.
 */
#include "server/role.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/text.h"
#include "log/log.h"
#include "sys/drop.h"
#include "sys/sandbox.h"

const char *
role_name(enum ipc_role role)
{
	switch (role) {
	case IPC_PARENT:
		return "parent";
	case IPC_FRONT:
		return "front";
	case IPC_AUTH:
		return "auth";
	case IPC_STORE:
		return "store";
	}
	return "unknown";
}

_Noreturn static void
die(const char *what, const char *why)
{
	log_msg(LOG_LEVEL_ERROR, "cannot give up power: %s: %s", what, why);
	exit(1);
}

/* The parent says when to end; what a terminal or a service manager sends
 * to the whole group must not. */
static void
signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1,
		SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static const struct conf_identity *
identity_of(const struct role_start *start)
{
	if (start->role == IPC_FRONT)
		return &start->conf->front_user;
	return start->role == IPC_AUTH ? &start->conf->auth_user :
	    &start->conf->store_user;
}

static void
become(const struct role_start *start)
{
	const char *error = "no user is configured for it";
	char empty[1024];
	unsigned uid, gid;

	/* names are looked up before the chroot hides them */
	if (conf_identity_resolve(identity_of(start), &uid, &gid, &error) != 0)
		die(role_name(start->role), error);
	if (start->role == IPC_FRONT) {
		int n = snprintf(empty, sizeof(empty), "%s/empty",
		    start->conf->run_dir);

		if (n < 0 || (size_t)n >= sizeof(empty) ||
		    drop_chroot(empty) != 0)
			die(empty, strerror(errno));
	}
	if (drop_identity(uid, gid) != 0)
		die("setuid", strerror(errno));
}

void
role_drop(const struct role_start *start)
{
	char title[32];

	(void)text_format(title, sizeof(title), "restanted-%s",
	    role_name(start->role));
	(void)prctl(PR_SET_NAME, title);
	log_program(title);
	signals();
	if (start->is_root)
		become(start);
	if (drop_common() != 0)
		die("no_new_privs", strerror(errno));
}

/* the directory part of a path, in static memory */
static const char *
directory_of(const char *path)
{
	static char dir[4096];
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL || slash == path ? 1 :
	    (size_t)(slash - path);

	if (n >= sizeof(dir))
		die(path, "path too long");
	memcpy(dir, slash == NULL ? "." : path, n);
	dir[n] = '\0';
	return dir;
}

void
role_sandbox(const struct role_start *start)
{
	int r;

	if (start->role == IPC_FRONT)
		r = sandbox_enter(SANDBOX_FRONT, NULL);
	else if (start->role == IPC_AUTH)
		r = sandbox_enter(SANDBOX_AUTH,
		    directory_of(start->conf->users));
	else
		r = sandbox_enter(SANDBOX_STORE, start->conf->root);
	if (r < 0)
		die("sandbox", strerror(errno));
	if (r > 0)
		log_msg(LOG_LEVEL_DEBUG, "the sandbox is not complete: this "
		    "kernel or build lacks a mechanism");
}
