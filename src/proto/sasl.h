/* SPDX-License-Identifier: ISC
 *
 * sasl: names and lists of SASL mechanisms.  What a mechanism computes is no
 * business of this library.
 */
#ifndef RESTANTE_PROTO_SASL_H
#define RESTANTE_PROTO_SASL_H

#include "base/span.h"

/* Takes the next name off a list that is separated by single blanks; false
 * at its end. */
bool sasl_next(struct pop_span *list, struct pop_span *name_r);

/* Whether whoever reads the wire can log in with what this mechanism sends:
 * a password or a bearer token. */
bool sasl_is_clear(struct pop_span name);

/* RFC 4422 section 3.1: 1..20 letters, digits, "-" and "_" */
bool sasl_is_name(struct pop_span name);

#endif
