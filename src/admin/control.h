/* SPDX-License-Identifier: ISC
 *
 * control: asks the running restanted, over its control socket.
 *
 * One line of JSON goes there; lines of JSON come back, each an object.  The
 * last one has "ok": true, or "ok": false and an "error" for people.
 */
#ifndef RESTANTE_ADMIN_CONTROL_H
#define RESTANTE_ADMIN_CONTROL_H

#include <jansson.h>

#include "admin/admin.h"

/* Sends `request` (takes the reference; NULL is "out of memory") and collects
 * what comes before the last line in the array *rows_r, the last line in
 * *last_r.  0 when that said ok; -1 after an error message. */
__attribute__((warn_unused_result))
int control_ask(const struct admin_args *args, json_t *request,
    json_t **rows_r, json_t **last_r);

/* A string of a peer, for people: anything but printable ASCII as "\xHH".
 * "-" for a missing or empty one. Free it; NULL: no memory. */
char *control_text(const json_t *row, const char *key);

#endif
