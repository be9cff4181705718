/* SPDX-License-Identifier: ISC
 *
 * check: restanted --check, behind what reading the configuration finds.
 */
#ifndef RESTANTE_SERVER_CHECK_H
#define RESTANTE_SERVER_CHECK_H

struct conf;

/* Looks at certificates, users, identities and directories; every mistake is
 * a line on standard error. The exit status: 0 or 1. */
int check_main(const struct conf *conf);

#endif
