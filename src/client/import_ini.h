/* SPDX-License-Identifier: ISC
 *
 * import_ini: INI as Python and Mozilla write it, and Python's tuples of
 * words.
 */
#ifndef RESTANTE_CLIENT_IMPORT_INI_H
#define RESTANTE_CLIENT_IMPORT_INI_H

#include "client/import.h"

struct import_pair {
	char *section, *key, *value;
};

/* zeroed: empty */
struct import_ini {
	struct import_pair *pairs;
	size_t n;
};

enum { IMPORT_WORDS_MAX = 64 };

void import_ini_read(struct import_ini *ini, struct pop_span text);
void import_ini_done(struct import_ini *ini);	/* wipes */
/* the first of that name; NULL when there is none */
const char *import_ini_get(const struct import_ini *ini, const char *section,
    const char *key);
/* ("a", 'b',): the words, for the caller to free, and NULL behind them; their
 * count, or -1 */
int import_tuple(const char *p, char *words[IMPORT_WORDS_MAX]);

#endif
