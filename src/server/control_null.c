/* SPDX-License-Identifier: ISC
 *
 * control_null: a build without JSON has no socket for restantectl; user
 * administration, which works on files, is not touched by that.
 */
#include "server/parent.h"

struct control *
control_new(struct parent *p)
{
	(void)p;
	return NULL;
}

void
control_free(struct control *c)
{
	(void)c;
}

bool
control_answer(struct parent *p, struct child *front, struct ipc_frame *f)
{
	(void)p;
	(void)front;
	(void)f;
	return true;
}

void
control_front_gone(struct parent *p, struct child *front)
{
	(void)p;
	(void)front;
}
