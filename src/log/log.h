/* SPDX-License-Identifier: ISC
 *
 * log: one line an event, key=value, to standard error or a file.
 *
 * Only server, client and admin log.  Values are escaped (one that is empty or
 * holds anything but printable ASCII, a blank, a quote, "=" or "\" is quoted,
 * and inside the quotes all of those but the blank become \xHH), so that no
 * peer can forge a line or a key; secrets never come here.  A line is built in
 * one buffer and written by one write call, so lines of many processes do not
 * mix.  What is too long marks itself: key="begin"... for a value above 256
 * octets, truncated=1 for pairs left out at the end.
 *
 *   2026-11-21T21:58:55.123Z front[71]: level=info event=session user=bob
 *   <6>front[71]: level=info event=session user=bob     (to the journal)
 */
#ifndef RESTANTE_LOG_LOG_H
#define RESTANTE_LOG_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG };

/* `path`: NULL or "stderr" for standard error; `program` names the process
 * in each line.  0 or -1 with errno. */
__attribute__((warn_unused_result))
int log_open(const char *path, const char *program);
/* opens the file anew (after rotation); keeps the old one on failure */
void log_reopen(void);
/* For a process that cannot open files: takes over an open one that somebody
 * who can sent it.  And the one in use. */
void log_adopt(int fd);
int log_fd(void);
/* another name in each line: a process that has become somebody else */
void log_program(const char *program);
void log_set_level(enum log_level level);

struct log_line { char text[2048]; size_t n; enum log_level level; bool cut; };

/* log_begin(&l, LEVEL, "session"); log_str(&l, "user", ...); log_end(&l); */
void log_begin(struct log_line *l, enum log_level level, const char *event);
void log_str(struct log_line *l, const char *key, const char *value);
void log_span(struct log_line *l, const char *key, struct pop_span value);
void log_u64(struct log_line *l, const char *key, uint64_t value);
void log_end(struct log_line *l);

/* for the simple ones: event=... msg="..." */
__attribute__((format(printf, 2, 3)))
void log_msg(enum log_level level, const char *fmt, ...);

#endif
