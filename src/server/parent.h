/* SPDX-License-Identifier: ISC
 *
 * parent: the process that starts, watches and ends the others.
 */
#ifndef RESTANTE_SERVER_PARENT_H
#define RESTANTE_SERVER_PARENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "server/link.h"
#include "server/role.h"

struct child {
	enum ipc_role role;
	unsigned slot;			/* fronts: 0.. */
	uint32_t serial;		/* of the process; new at each start */
	pid_t pid;			/* 0: not running */
	struct link *control;		/* NULL when it is gone */
	bool ready;
	uint64_t started_ms;
	unsigned failures;		/* in a row */
	struct loop_timer again;
};

struct parent {
	struct loop *loop;
	struct links links;
	struct conf *conf;
	char *text;			/* of the configuration file */
	size_t text_len;
	bool is_root;
	struct child *children;		/* store, auth, fronts */
	size_t nchildren;
	struct endpoint *endpoints;
	size_t nendpoints;
	struct meter *meter;
	uint32_t last_serial;
	bool up;			/* all were ready once */
	unsigned draining;		/* 1: fronts, 2: the others too */
	int status;			/* exit status */
	struct loop_io signals;
	struct loop_timer drain_timer;
	struct loop_io watcher;		/* inotify on certificates */
	struct loop_timer watch_timer;
	struct control *control;
};

/* `text` is what conf was read from; takes over both. Returns the exit
 * status of the program. */
int parent_run(struct conf *conf, char *text, size_t text_len);
/* parent.c: every process is ready */
void parent_up(struct parent *p);

/* parent_spawn.c */
bool child_spawn(struct parent *p, struct child *c);
struct child *child_of_pid(struct parent *p, pid_t pid);

/* parent_listen.c: 0, or -1 after saying what is wrong */
int parent_listen(struct parent *p, unsigned fronts);

/* parent_certs.c */
/* reads the certificates and sends them to a front; false: cannot be read
 * (said in the log) */
bool certs_send(struct parent *p, struct child *front);
/* a front that starts while the files are broken: it serves what needs no
 * certificate */
bool certs_send_none(struct child *front);
void certs_send_all(struct parent *p);
/* watches the files' directories for changes */
void certs_watch(struct parent *p);

/* control.c: the socket for restantectl */
struct control *control_new(struct parent *p);
void control_free(struct control *c);
/* a front's frame that answers a question */
bool control_answer(struct parent *p, struct child *front,
    struct ipc_frame *f);
/* a front has died: it will not answer */
void control_front_gone(struct parent *p, struct child *front);

/* for control.c: 0, or -1 with *error_r */
int parent_reload(struct parent *p, const char **error_r);

#endif
