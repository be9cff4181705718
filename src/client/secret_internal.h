/* SPDX-License-Identifier: ISC
 *
 * secret_internal: what the files of secret share.
 *   secret.c         where it comes from, and the way back to who asked
 *   secret_file.c    a file of its own
 *   secret_netrc.c   .netrc
 *   secret_prompt.c  a person at the terminal
 */
#ifndef RESTANTE_CLIENT_SECRET_INTERNAL_H
#define RESTANTE_CLIENT_SECRET_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "net/loop.h"

enum { SECRET_ERROR = 1024 };

enum secret_found { SECRET_FOUND = 1, SECRET_NONE = 0, SECRET_BAD = -1 };

/* Cuts `b` behind its first line; a CR before the LF belongs to the end. */
void secret_first_line(struct buf *b);

/* A file that nobody but its owner should be able to read. */
struct secret_file {
	const char *path;
	bool exposed;		/* others can read it, or made it; `why` */
	char why[SECRET_ERROR];
};
/* FOUND and the whole file in `b`; NONE: there is no such file; BAD and `why`.
 * It is the caller who refuses what is `exposed`. */
enum secret_found secret_read_file(struct secret_file *f, struct buf *b);

/* Looks for server and user in the text of a netrc file: FOUND and the
 * password appended to `password`, NONE, or BAD and the line of a mistake. */
enum secret_found secret_netrc(struct pop_span text, const char *server,
    const char *user, struct buf *password, unsigned *line_r);

/* A person's answer; a member of who asks.  One at a time has the terminal,
 * others wait. */
struct secret_prompt {
	struct secret_prompt *next;	/* private */
	struct loop *loop;
	char question[512];
	struct buf *answer;		/* appended to */
	/* 0, or an errno; not from inside */
	void (*done)(struct secret_prompt *p, int error);
	struct loop_io io;		/* private */
	struct loop_task task;		/* private */
	int error;			/* private */
};
void secret_prompt_start(struct secret_prompt *p);
void secret_prompt_stop(struct secret_prompt *p);

#endif
