/* SPDX-License-Identifier: ISC
 *
 * fuzz_discover_xml: documents of autoconfig.  Whatever they are, only whole
 * servers with the names of hosts come out of them.
 */
#include <stdint.h>
#include <stdlib.h>

#include "client/discover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { \
	if (!(x)) \
		abort(); \
} while (0)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct discover_document doc = { 0 };

	if (discover_xml_read(span_of(data, size), "example.org", &doc) != 0) {
		MUST(doc.n == 0 && !doc.imap);
		return 0;
	}
	MUST(doc.n <= DISCOVER_SERVERS_MAX);
	for (size_t i = 0; i < doc.n; i++) {
		const struct discover_server *s = &doc.servers[i];

		MUST(discover_is_host(s->host));
		MUST(s->port > 0 && s->port < 65536);
		MUST(s->tls <= DISCOVER_NONE);
		for (const char *p = s->user; *p != '\0'; p++)
			MUST((unsigned char)*p >= ' ' && *p != 0x7f);
	}
	return 0;
}
