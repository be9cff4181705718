/* SPDX-License-Identifier: ISC
 *
 * maildir_name: what the name of a file in new/ or cur/ says, and names for
 * new files.  Names come from other programs too: nothing in them is
 * trusted to be well formed.
 */
#ifndef RESTANTE_STORE_MAILDIR_NAME_H
#define RESTANTE_STORE_MAILDIR_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/snapshot.h"

/* <base>[<info>]; the base identifies the message, the info, which begins with
 * the first ":1," or ":2," behind it, may change */
struct maildir_name {
	uint64_t secs;		/* leading number; 0 without one */
	uint32_t usec;		/* "M" part; 0 without one */
	uint32_t base_n;	/* octets of the base */
	uint64_t disk;		/* ",S="; valid if has_disk */
	uint64_t wire;		/* ",W="; valid if has_wire */
	bool has_disk;
	bool has_wire;		/* and possible for that `disk` */
	bool no_dots;		/* ",D=0": no line begins with a dot */
};

/* n <= 255 octets, without NUL */
void maildir_name_parse(struct maildir_name *out, const char *p, size_t n);

/* Could a file of `disk` octets have `wire` octets on the wire? */
bool maildir_wire_possible(uint64_t disk, uint64_t wire);

/*
 * The base without its well-formed ",S=" and ",W=" fields, and without ",D=0".
 * Writes at most n octets (no terminator), returns how many.
 */
size_t maildir_name_strip(char *out, const char *base, size_t n);

/* Listing order: seconds, microseconds, octets of the base. < 0, 0, > 0 */
int maildir_name_compare(const struct maildir_name *a, const char *ap,
    const struct maildir_name *b, const char *bp);

enum {
	MAILDIR_HOST_MAX = 100,	/* octets of the escaped host name */
	MAILDIR_UNIQUE_MAX = 200, /* of a name without sizes, with NUL */
	MAILDIR_NAME_MAX = 256	/* of any name, with NUL */
};

/* Escapes what must not stand in a name ('/', ':', ',', blanks, controls) as
 * \ooo, cuts at MAILDIR_HOST_MAX; "localhost" for an empty one. */
void maildir_host_escape(char out[MAILDIR_HOST_MAX + 1], const char *host);

/* A name that no other file has or had: time, process, count and chance. 0,
 * or -1 with errno when there is no clock. */
__attribute__((warn_unused_result))
int maildir_unique(char out[MAILDIR_UNIQUE_MAX], const char *host);

/* unique,S=disk,W=wire (W only if possible), and ",D=0" when the file can be
 * sent as it is: its octets are wire octets, and `no_dots`. 0, or -1 with
 * errno, which cannot be for a name from maildir_unique. */
__attribute__((warn_unused_result))
int maildir_final_name(char out[MAILDIR_NAME_MAX], const char *unique,
    uint64_t disk, uint64_t wire, bool no_dots);

#endif
