/* SPDX-License-Identifier: ISC
 *
 * resp: status lines and their response codes (RFC 2449 section 8, RFC 3206).
 */
#ifndef RESTANTE_PROTO_RESP_H
#define RESTANTE_PROTO_RESP_H

#include "base/span.h"

/*
 * Appends "+OK text" or "-ERR [CODE] text" with CRLF, POP_REPLY_MAX octets at
 * most: a longer text is cut (RFC 1939 section 3).  Octets that may not stand
 * there become "?", and a text cannot begin with "[", where it would be taken
 * for a code.  0, or -1 and nothing appended when there is too little room.
 */
__attribute__((warn_unused_result))
int resp_ok(struct pop_out *out, struct pop_span text);
__attribute__((warn_unused_result))
int resp_err(struct pop_out *out, enum pop_failure code,
    struct pop_span text);

#endif
