/* SPDX-License-Identifier: ISC
 *
 * mistake: reports of what is wrong with a configuration.  Private to
 * src/conf.
 */
#ifndef RESTANTE_CONF_MISTAKE_H
#define RESTANTE_CONF_MISTAKE_H

#include <stdbool.h>
#include <stdio.h>

struct mistakes {
	FILE *out;
	const char *path;
	unsigned count;
	const char *section;	/* what is being read, as reports name it */
	bool no_memory;		/* was reported */
};

/* "PATH:LINE: what", one line; counts */
__attribute__((format(printf, 3, 4)))
void mistake(struct mistakes *m, unsigned line, const char *fmt, ...);
/* Memory is short: that is reported once, and nothing of what was read may be
 * relied on.  Gives -1. */
int mistake_memory(struct mistakes *m, unsigned line);

#endif
