/* SPDX-License-Identifier: ISC
 *
 * client_check: what the settings of restante.conf mean together.  Private to
 * src/conf.
 */
#ifndef RESTANTE_CONF_CLIENT_CHECK_H
#define RESTANTE_CONF_CLIENT_CHECK_H

#include <sys/stat.h>

#include "conf/client_conf.h"
#include "conf/mistake.h"

/* [defaults] to the accounts, computed defaults, what is missing, what
 * settings mean together.  `last`: the last line of the file. */
void client_check(struct mistakes *m, struct client_conf *c, unsigned last);
/* Who may read and write the opened file, given what stands in it. Before
 * client_check: it asks where a password was written, not whom it reaches. */
void client_check_mode(struct mistakes *m, const struct client_conf *c,
    const struct stat *st);

#endif
