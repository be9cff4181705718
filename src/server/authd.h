/* SPDX-License-Identifier: ISC
 *
 * authd: the process that knows users and passwords.
 */
#ifndef RESTANTE_SERVER_AUTHD_H
#define RESTANTE_SERVER_AUTHD_H

#include "server/role.h"

struct auth_config;

/* what the auth module wants of the configuration */
void authd_config(const struct conf *c, struct auth_config *out);
/* never returns */
_Noreturn void authd_main(const struct role_start *start);

#endif
