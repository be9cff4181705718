/* SPDX-License-Identifier: ISC
 *
 * mistake: reports of what is wrong with a configuration.  Private to
 * src/conf.
 */
#ifndef RESTANTE_CONF_MISTAKE_H
#define RESTANTE_CONF_MISTAKE_H

#include <stdio.h>

struct mistakes {
	FILE *out;
	const char *path;
	unsigned count;
	const char *section;	/* what is being read, as reports name it */
};

/* "PATH:LINE: what", one line; counts */
__attribute__((format(printf, 3, 4)))
void mistake(struct mistakes *m, unsigned line, const char *fmt, ...);

#endif
