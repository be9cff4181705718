/* SPDX-License-Identifier: ISC
 *
 * client_file: where restante.conf and the state are.  Private to src/conf.
 */
#ifndef RESTANTE_CONF_CLIENT_FILE_H
#define RESTANTE_CONF_CLIENT_FILE_H

/* "DIR/NAME", for the caller to free */
char *client_conf_join(const char *dir, const char *name);

#endif
