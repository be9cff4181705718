/* SPDX-License-Identifier: ISC
 *
 * prompt: a secret typed by a person at the controlling terminal.
 *
 * A process has one terminal, so there is one prompt at a time.  While it is
 * open the terminal does not echo; whatever ends it (also SIGINT, SIGTERM,
 * SIGHUP, SIGQUIT) makes it echo again.
 */
#ifndef RESTANTE_SYS_PROMPT_H
#define RESTANTE_SYS_PROMPT_H

#include "base/buf.h"

/* Opens the terminal and stops its echo: a descriptor, or -1 with errno: ENXIO
 * when there is no terminal, EBUSY when a prompt is open. */
__attribute__((warn_unused_result))
int prompt_open(void);
/* Writes a question. 0 or -1 with errno. */
__attribute__((warn_unused_result))
int prompt_say(const char *question);
/* Ends the line that the person could not see ending. */
void prompt_newline(void);
/* Echo again. */
void prompt_close(void);

/* Appends a line, without its LF, to `line`: reads octet by octet, for what
 * follows belongs to somebody else.  The end of input ends a line too.  0, or
 * -1 with errno: EFBIG when it is longer than the buffer's maximum.  On error
 * `line` may hold a part: wipe it in any case. */
__attribute__((warn_unused_result))
int prompt_line(int fd, struct buf *line);

#endif
