/* SPDX-License-Identifier: ISC
 *
 * conform: `restante check --conformance HOST`: plays the transcripts of
 * src/wire against somebody's POP3 server and says which it passes.
 *
 * Mail for the checks comes from one of three places:
 * --action SOCKET: whoever listens there makes the maildrops as each
 *     transcript says (tests/wire/README.md);
 * --lmtp or --smtp: the account is emptied and mail is delivered to it;
 * neither: the three messages that lie there are used, and left there.
 */
#ifndef RESTANTE_CLIENT_CONFORM_H
#define RESTANTE_CLIENT_CONFORM_H

#include "client/client.h"

/* 0 everything that could be played was passed; CLIENT_SOME something failed;
 * else as in sysexits.h, nothing or not all was played: EX_USAGE,
 * EX_NOINPUT no transcripts, EX_UNAVAILABLE no server, EX_NOPERM no login,
 * EX_TEMPFAIL the account could not be made ready */
int conform_run(const struct client_args *args);

#endif
