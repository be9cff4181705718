/* SPDX-License-Identifier: ISC
 *
 * resp_read: what a client reads out of status lines.
 */
#ifndef RESTANTE_PROTO_RESP_READ_H
#define RESTANTE_PROTO_RESP_READ_H

#include "base/span.h"

/* 1 for +OK, 0 for -ERR, -1 for neither. *text_r is what stands behind it,
 * without the blank between. */
__attribute__((warn_unused_result))
int resp_status(struct pop_span line, struct pop_span *text_r);

/* The response code at the front of *text; a known one is taken off. */
enum pop_code resp_code(struct pop_span *text);

/*
 * The APOP timestamp of a greeting, with its brackets, or an empty span.  Only
 * a strict msg-id counts (atoms, "@", atoms): whoever lets a server choose
 * other octets lets it find out the secret bit by bit with MD5 collisions.
 */
struct pop_span resp_stamp(struct pop_span greeting);

#endif
