/* SPDX-License-Identifier: ISC
 *
 * run_spawn: the start of a child process, and nothing of its later life.
 */
#ifndef RESTANTE_CLIENT_RUN_SPAWN_H
#define RESTANTE_CLIENT_RUN_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
	char *const *argv;
	char *const *environment;	/* additions, or NULL */
	int input, output, errors;	/* what becomes 0, 1 and 2; input -1:
					 * /dev/null; none of 0, 1, 2 but
					 * input */
	bool own_group;
};

/* 0 and *pid_r when the program runs (execve worked), else an errno.  The
 * caller's memory is not copied, however large it is. */
__attribute__((warn_unused_result))
int spawn_child(const struct spawn *s, pid_t *pid_r);

#endif
