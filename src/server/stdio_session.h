/* SPDX-License-Identifier: ISC
 *
 * stdio_session: restanted --stdio USER: one POP3 session, already
 * authenticated, on standard input and output, for ssh and for foreign test
 * suites.
 */
#ifndef RESTANTE_SERVER_STDIO_SESSION_H
#define RESTANTE_SERVER_STDIO_SESSION_H

struct conf;

/* The exit status: 0 after QUIT, 1 for any other end. */
int stdio_main(const struct conf *conf, const char *user);

#endif
