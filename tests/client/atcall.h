/* SPDX-License-Identifier: ISC
 *
 * atcall: what its parts share: one traced thread, the call it is in, and how
 * to look into its memory.
 */
#ifndef RESTANTE_TESTS_ATCALL_H
#define RESTANTE_TESTS_ATCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { PATH_SIZE = 4096 };

/* a system call as atcall knows it */
struct call_name {
	long nr;
	const char *name;	/* "pwrite64" */
	const char *kind;	/* "write": calls that do the same */
	/* where its file is: argument of a descriptor, or of a path with the
	 * directory that it starts from; -1 none */
	int fd, dir, path;
	int dir2, path2;	/* rename, link: the new name */
};

struct tracee {
	pid_t tid;
	bool new;		/* its first SIGSTOP is ours */
	bool inside;		/* between entry and exit of a call */
	uint64_t index;		/* of that call; 0: not counted */
	long nr;
	uint64_t args[6];
	int fail;		/* errno that it is going to get; 0 */
	bool kill_after;
	/* for the recorder, from the entry */
	bool existed;
	char path[PATH_SIZE], path2[PATH_SIZE];
};

const struct call_name *call_find(long nr);
/* is there a call of that name, or kind? */
bool call_known(const char *name);
/* by name or kind */
bool call_is(const struct call_name *c, const char *name);
/* the files of a call that is being entered: "" when there is none */
void call_paths(const struct call_name *c, struct tracee *t);
/* of an open descriptor: its path, "socket:[17]", or "" */
void fd_path(pid_t tid, int fd, char out[PATH_SIZE]);
/* 0, or -1 when not all of it is there */
__attribute__((warn_unused_result))
int memory_read(pid_t tid, uint64_t from, void *to, size_t size);

/*
 * The recorder writes one line for each call that changed files below `root`,
 * or sent octets to a socket, in the order in which they came to their end.
 */
struct recorder {
	FILE *out;
	const char *root;
};
void record_enter(const struct recorder *r, struct tracee *t);
void record_exit(const struct recorder *r, const struct tracee *t,
    int64_t result);

#endif
