/* SPDX-License-Identifier: ISC
 *
 * syntax: what single words of a configuration must look like.  Private to
 * src/conf.  Each check returns NULL for a good word, else what would be one.
 */
#ifndef RESTANTE_CONF_SYNTAX_H
#define RESTANTE_CONF_SYNTAX_H

#include <stdbool.h>

const char *syntax_hostname(const char *word);
/* a domain of mail addresses: a host name, maybe in UTF-8 */
const char *syntax_domain(const char *word);
const char *syntax_user(const char *word);
const char *syntax_delimiter(const char *word);
const char *syntax_path(const char *word);
/* a path that leaves room for a socket below it */
const char *syntax_short_path(const char *word);
const char *syntax_log(const char *word);
/* a maildrop template: %u %n %d */
const char *syntax_template(const char *word);
const char *syntax_address(const char *word);
/* NAME of [listen NAME], [tls NAME] */
const char *syntax_name(const char *word);
/* user or group: a name or a number */
const char *syntax_account(const char *word);

/* ---- words of restante.conf ---- */

const char *syntax_home_path(const char *word);
/* NAME of [account NAME], [rule NAME]: becomes a file name */
const char *syntax_client_name(const char *word);
/* the same, or `*` */
const char *syntax_client_names(const char *word);
const char *syntax_server(const char *word);
const char *syntax_login(const char *word);
const char *syntax_secret(const char *word);
const char *syntax_mail_domain(const char *word);
const char *syntax_mail_address(const char *word);
const char *syntax_pin(const char *word);
/* the name of a header field, or `*` */
const char *syntax_field(const char *word);

/* a whole IPv4 or IPv6 address, no brackets */
bool syntax_is_ip(const char *word);
/* The port of an address that syntax_address likes; -1 when it has none. */
int syntax_port(const char *address);

#endif
