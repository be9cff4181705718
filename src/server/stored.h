/* SPDX-License-Identifier: ISC
 *
 * stored: the process that sees the mail.
 */
#ifndef RESTANTE_SERVER_STORED_H
#define RESTANTE_SERVER_STORED_H

#include "server/role.h"

struct store_config;

/* what the store module wants of the configuration */
void stored_config(const struct conf *c, struct store_config *out);
/* never returns */
_Noreturn void stored_main(const struct role_start *start);

#endif
