/* SPDX-License-Identifier: ISC
 *
 * mask: a secret in what a server has said: some say again what they were
 * told, and what they say is shown, logged and kept.
 */
#ifndef RESTANTE_CLIENT_MASK_H
#define RESTANTE_CLIENT_MASK_H

#include "base/buf.h"

/* Puts *** wherever `secret` stands; one of fewer than four octets stands in
 * many words and is left.  0, or -1 without memory: then `text` is empty. */
int mask_octets(struct buf *text, struct pop_span secret);

/* The same in each form in which a login sends it: as it is, in base64 alone
 * (AUTH LOGIN) and behind the name (AUTH PLAIN). */
int mask_secret(struct buf *text, const char *user, struct pop_span secret);

/* What a server has said, without the secret; it lies in `out`, which is begun
 * here and is the caller's to wipe.  Empty without memory. */
struct pop_span mask_said(struct pop_span said, const char *user,
    struct pop_span secret, struct buf *out);

#endif
