/* SPDX-License-Identifier: ISC
 *
 * measure: how many octets stored text has on the wire, piece by piece.
 * Each bare LF counts 2, CRLF counts 2, a last line without LF gets 2 more;
 * stuffing dots are not counted.  libpop's pop_measure is the same sum (the
 * store must not know libpop); a test holds them together.
 */
#ifndef RESTANTE_STORE_MEASURE_H
#define RESTANTE_STORE_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* start with a zeroed struct */
struct measure {
	uint64_t stored;	/* octets fed */
	uint64_t added;		/* CRs that bare LFs gain */
	unsigned char last;	/* last octet fed */
	bool dots;		/* some line begins with a dot */
};

void measure_feed(struct measure *m, const void *p, size_t n);
uint64_t measure_wire(const struct measure *m);
/* What stands in the file is what goes over the wire, but for stuffing. */
bool measure_crlf(const struct measure *m);
/* The rest of a file, from its position on. 0 or -1 with errno. */
__attribute__((warn_unused_result))
int measure_fd(struct measure *m, int fd);

#endif
