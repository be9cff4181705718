/* SPDX-License-Identifier: ISC
 *
 * apop: RFC 1939 section 7: the digest of a greeting's timestamp and a
 * shared secret.
 */
#ifndef RESTANTE_AUTH_APOP_H
#define RESTANTE_AUTH_APOP_H

#include "auth/hash.h"

/* 32 hexadecimal digits, lower case, of MD5(stamp || secret), compared in
 * constant time. `stamp` includes "<" and ">". */
__attribute__((warn_unused_result))
enum hash_result apop_check(struct pop_span stamp, struct pop_span secret,
    struct pop_span digest);

/* how many were computed in this process, as hash_count */
unsigned long apop_count(void);

#endif
