/* SPDX-License-Identifier: ISC
 *
 * capa_read: a client's view of the CAPA reply (RFC 2449 section 5).
 */
#ifndef RESTANTE_PROTO_CAPA_READ_H
#define RESTANTE_PROTO_CAPA_READ_H

#include "base/span.h"

/* Notes one line. What it does not know, or what makes no sense, is
 * ignored: a capability that is not understood is one that is not used. */
void capa_read(struct pop_capa *capa, struct pop_span line);

#endif
