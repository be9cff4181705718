/* SPDX-License-Identifier: ISC
 *
 * fuzz_discover_dns: answers of name servers, as SRV and as MX records.  Only
 * the names of hosts come out of them, and ordering loses none.
 */
#include <stdint.h>
#include <stdlib.h>

#include "client/discover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x) do { \
	if (!(x)) \
		abort(); \
} while (0)

static uint32_t
most(void *arg, uint32_t n)
{
	(void)arg;
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct discover_srv srv[4];
	char host[DISCOVER_NAME_MAX];
	struct pop_span packet = span_of(data, size);
	ptrdiff_t n = discover_srv_read(packet, srv, 4);
	unsigned ports = 0;
	size_t count = n > 0 ? (size_t)n : 0;

	MUST(n >= -1 && n <= 4);
	for (size_t i = 0; i < count; i++) {
		MUST(srv[i].target[0] == '\0' ||
		    (discover_is_host(srv[i].target) && srv[i].port > 0));
		ports += srv[i].port;
	}
	discover_srv_order(srv, count, most, NULL);
	for (size_t i = 0; i < count; i++) {
		MUST(i == 0 || srv[i - 1].priority <= srv[i].priority);
		ports -= srv[i].port;
	}
	MUST(ports == 0);
	if (discover_mx_read(packet, host) == 1)
		MUST(discover_is_host(host));
	return 0;
}
