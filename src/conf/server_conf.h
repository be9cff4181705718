/* SPDX-License-Identifier: ISC
 *
 * server_conf: restanted.conf as a whole.  Private to src/conf.
 */
#ifndef RESTANTE_CONF_SERVER_CONF_H
#define RESTANTE_CONF_SERVER_CONF_H

#include "conf/conf.h"
#include "conf/mistake.h"

/*
 * Computed defaults, required settings and what settings mean together; m
 * gets the mistakes.  `last` is the last line of the file: where something
 * that stands nowhere is reported.
 */
void server_check(struct mistakes *m, struct conf *c, unsigned last);

#endif
