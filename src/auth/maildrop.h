/* SPDX-License-Identifier: ISC
 *
 * maildrop: from a user's name to the relative path of the maildrop.
 */
#ifndef RESTANTE_AUTH_MAILDROP_H
#define RESTANTE_AUTH_MAILDROP_H

#include <stddef.h>

enum { MAILDROP_MAX = 1024 };	/* a path, with its NUL */

/*
 * Expands `template`: %u the whole name, %n what stands before its last "@"
 * (all of it without one), %d what stands behind it, lower-cased, %% a
 * percent sign.  The result is relative; none of its components is empty,
 * "." or "..", and it has printable ASCII octets alone.  0, or -1 with
 * *error_r (static text).
 */
__attribute__((warn_unused_result))
int maildrop_expand(const char *template, const char *user,
    char out[MAILDROP_MAX], const char **error_r);

/* Is the template itself right, whoever the user is? 0 or -1 the same way. */
__attribute__((warn_unused_result))
int maildrop_check(const char *template, const char **error_r);

#endif
