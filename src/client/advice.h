/* SPDX-License-Identifier: ISC
 *
 * advice: what to do about a fault of one account.  What holds for all
 * accounts is advice_for in report.h.
 */
#ifndef RESTANTE_CLIENT_ADVICE_H
#define RESTANTE_CLIENT_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "client/report.h"
#include "conf/client_conf.h"

enum { ADVICE_HINT_MAX = 256 };

/* Where the settings of the account tell more than the fault alone (TLS on
 * another port, a provider's customs): a better remedy in `out`, for the
 * `detail` of EVENT_FAULT.  False when advice_for says all there is. */
bool advice_hint(enum fault fault, const struct account_conf *account,
    char *out, size_t size);

#endif
