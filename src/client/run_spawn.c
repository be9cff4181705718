/* SPDX-License-Identifier: ISC
 *
 * run_spawn: posix_spawn, told to leave nothing of ours in the child but what
 * it is meant to have: three descriptors, default signals, no blocked ones.
 *
 * glibc makes the child by CLONE_VM | CLONE_VFORK: no page table is copied,
 * and a failed execve is reported to us, not to a reader of exit statuses.
 * Must not wait for anything or touch the caller's descriptors.
 */
#include "client/run_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "NAME=" of both is the same */
static bool
same_name(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return strncmp(a, b, n) == 0 && b[n] == '=' && a[n] == '=';
}

static bool
is_replaced(const char *variable, char *const *additions)
{
	for (; *additions != NULL; additions++)
		if (same_name(*additions, variable))
			return true;
	return false;
}

static size_t
count(char *const *list)
{
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	return n;
}

/* ours and the additions, which win; NULL: memory */
static char **
make_environment(char *const *additions)
{
	size_t max = count(environ) + count(additions) + 1, n = 0;
	char **e = calloc(max, sizeof(*e));

	if (e == NULL)
		return NULL;
	for (char **v = environ; *v != NULL; v++)
		if (!is_replaced(*v, additions))
			e[n++] = *v;
	for (; *additions != NULL; additions++)
		e[n++] = *additions;
	return e;
}

/* glibc: each call returns an errno and makes none of the others needed */
static int
set_files(posix_spawn_file_actions_t *a, const struct spawn *s)
{
	int e;

	if (s->input >= 0)
		e = posix_spawn_file_actions_adddup2(a, s->input, 0);
	else
		e = posix_spawn_file_actions_addopen(a, 0, "/dev/null",
		    O_RDONLY, 0);
	if (e == 0)
		e = posix_spawn_file_actions_adddup2(a, s->output, 1);
	if (e == 0)
		e = posix_spawn_file_actions_adddup2(a, s->errors, 2);
	/* whatever a library opened without O_CLOEXEC */
	if (e == 0)
		e = posix_spawn_file_actions_addclosefrom_np(a, 3);
	return e;
}

static int
set_attributes(posix_spawnattr_t *a, const struct spawn *s)
{
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	sigset_t none, all;
	int e;

	sigemptyset(&none);
	sigfillset(&all);
	e = posix_spawnattr_setsigmask(a, &none);
	/* SIGPIPE, which we ignore, above all */
	if (e == 0)
		e = posix_spawnattr_setsigdefault(a, &all);
	if (e == 0 && s->own_group) {
		flags |= POSIX_SPAWN_SETPGROUP;
		e = posix_spawnattr_setpgroup(a, 0);
	}
	if (e == 0)
		e = posix_spawnattr_setflags(a, flags);
	return e;
}

static int
spawn_with(const struct spawn *s, char *const *env, pid_t *pid_r)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	pid_t pid;
	int e;

	e = posix_spawn_file_actions_init(&files);
	if (e != 0)
		return e;
	e = posix_spawnattr_init(&attributes);
	if (e == 0) {
		e = set_files(&files, s);
		if (e == 0)
			e = set_attributes(&attributes, s);
		if (e == 0)
			e = posix_spawnp(&pid, s->argv[0], &files,
			    &attributes, s->argv, env);
		(void)posix_spawnattr_destroy(&attributes);
	}
	(void)posix_spawn_file_actions_destroy(&files);
	if (e == 0)
		*pid_r = pid;
	return e;
}

int
spawn_child(const struct spawn *s, pid_t *pid_r)
{
	char **env;
	int e;

	if (s->argv[0] == NULL || s->argv[0][0] == '\0')
		return ENOENT;
	if (s->environment == NULL)
		return spawn_with(s, environ, pid_r);
	env = make_environment(s->environment);
	if (env == NULL)
		return ENOMEM;
	e = spawn_with(s, env, pid_r);
	free(env);
	return e;
}
