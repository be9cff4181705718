/* SPDX-License-Identifier: ISC
 *
 * secret: a new password, from the terminal or from standard input, and the
 * password field that is made of it.
 */
#ifndef RESTANTE_ADMIN_SECRET_H
#define RESTANTE_ADMIN_SECRET_H

#include "admin/admin.h"
#include "auth/hash.h"

/* Are --scheme and --apop possible together? ADMIN_OK or ADMIN_USAGE after an
 * error message. */
enum admin_exit secret_check(const struct admin_args *args);

/* Asks for the password of `name` (twice, without echo) or reads one line of
 * standard input, and hashes it.  0, or -1 after an error message. */
__attribute__((warn_unused_result))
int secret_field(const struct admin_args *args, const char *name,
    char field[HASH_TEXT_MAX]);

#endif
