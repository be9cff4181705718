/* SPDX-License-Identifier: ISC
 *
 * rules: what is to become of a message, by its header, size and age.
 *
 * Only reads: no I/O, no clock.  Header fields are unfolded; a field that
 * occurs several times matches when any of them does; encoded words
 * (RFC 2047) in UTF-8, ISO-8859-1 and US-ASCII are decoded for matching.
 */
#ifndef RESTANTE_CLIENT_RULES_H
#define RESTANTE_CLIENT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "conf/client_conf.h"

struct rules;		/* those of one account, compiled */

/* what is known of the message so far */
struct rules_message {
	struct pop_span header;	/* wire octets up to and with the empty line,
				 * or what there is */
	bool has_header;
	uint64_t octets;	/* announced or received */
	int64_t now;		/* seconds since 1970 */
};

enum rules_verdict {
	RULES_DEFAULT,		/* no rule: the account's destination */
	RULES_MATCH,		/* *rule_r */
	RULES_NEED_HEADER	/* cannot be told without the header */
};

/* NULL: memory, or a regex that does not compile (`error`; the configuration
 * was checked, so this does not happen) */
struct rules *rules_new(const struct client_conf *conf,
    const struct account_conf *account, char *error, size_t error_size);
void rules_free(struct rules *r);
/* is there any rule that might keep a message from being fetched (skip,
 * delete) and looks at headers, or stands behind one that does? then they
 * are fetched first, by TOP */
bool rules_want_header_first(const struct rules *r);
/* the same for a message of that size: rules that cannot hold for it do not
 * count */
bool rules_want_header(const struct rules *r, uint64_t octets);
bool rules_any(const struct rules *r);
/* the first that holds */
enum rules_verdict rules_apply(const struct rules *r,
    const struct rules_message *m, const struct rule_conf **rule_r);

/* For others who look into headers. The unfolded body of the first field of
 * that name, in `out`, at most `size` octets; its length, or -1. */
ptrdiff_t header_field(struct pop_span header, const char *name,
    unsigned char *out, size_t size);
/* RFC 5322 date to seconds since 1970: 0 and *t_r, or -1 */
__attribute__((warn_unused_result))
int header_date(struct pop_span text, int64_t *t_r);

#endif
