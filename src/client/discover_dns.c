/* SPDX-License-Identifier: ISC
 *
 * discover_dns: SRV and MX records out of an answer, and the order of SRV
 * (RFC 2782).
 *
 * Owns nothing and asks nobody.  The packet is a stranger's: libresolv takes
 * it apart, every record is checked against its own length, and names that
 * are no host names are left out.
 */
#include "client/discover.h"

#include <netinet/in.h>

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdlib.h>

static unsigned
number_at(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* The name at octet `at` of a record's data: 1, 0 when it is the root, or -1
 * for what is no host name. */
static int
name_at(ns_msg *msg, const ns_rr *rr, size_t at, char out[DISCOVER_NAME_MAX])
{
	const unsigned char *name = ns_rr_rdata(*rr) + at;
	const unsigned char *end = ns_rr_rdata(*rr) + ns_rr_rdlen(*rr);
	char text[NS_MAXDNAME];
	int used = ns_name_uncompress(ns_msg_base(*msg), ns_msg_end(*msg),
	    name, text, sizeof(text));

	if (used < 0 || used != end - name)
		return -1;
	if (text[0] == '\0' || strcmp(text, ".") == 0) {
		out[0] = '\0';
		return 0;
	}
	if (!discover_is_host(text))
		return -1;
	memcpy(out, text, strlen(text) + 1);
	return 1;
}

/* Begins a packet: the count of its answers, or -1. */
static int
answers(struct pop_span packet, ns_msg *msg)
{
	if (packet.n > 65535 || ns_initparse(packet.p, (int)packet.n, msg) ||
	    ns_msg_getflag(*msg, ns_f_qr) == 0 ||
	    ns_msg_getflag(*msg, ns_f_rcode) != ns_r_noerror)
		return -1;
	return ns_msg_count(*msg, ns_s_an);
}

static bool
srv_of(ns_msg *msg, const ns_rr *rr, struct discover_srv *srv)
{
	const unsigned char *p = ns_rr_rdata(*rr);

	if (ns_rr_type(*rr) != ns_t_srv || ns_rr_class(*rr) != ns_c_in ||
	    ns_rr_rdlen(*rr) < 7)
		return false;
	srv->priority = number_at(p);
	srv->weight = number_at(p + 2);
	srv->port = number_at(p + 4);
	if (name_at(msg, rr, 6, srv->target) < 0)
		return false;
	return srv->port != 0 || srv->target[0] == '\0';
}

ptrdiff_t
discover_srv_read(struct pop_span packet, struct discover_srv *srv,
    size_t max)
{
	ns_msg msg;
	ns_rr rr;
	size_t n = 0;
	int count = answers(packet, &msg);

	for (int i = 0; i < count && n < max; i++) {
		/* a cut answer: what came before the cut is good */
		if (ns_parserr(&msg, ns_s_an, i, &rr) != 0)
			break;
		if (srv_of(&msg, &rr, &srv[n]))
			n++;
	}
	return count < 0 ? -1 : (ptrdiff_t)n;
}

int
discover_mx_read(struct pop_span packet, char host[DISCOVER_NAME_MAX])
{
	char name[DISCOVER_NAME_MAX];
	ns_msg msg;
	ns_rr rr;
	unsigned best = 65536, preference;
	int count = answers(packet, &msg);

	for (int i = 0; i < count; i++) {
		if (ns_parserr(&msg, ns_s_an, i, &rr) != 0)
			break;
		if (ns_rr_type(rr) != ns_t_mx || ns_rr_rdlen(rr) < 3)
			continue;
		preference = number_at(ns_rr_rdata(rr));
		/* ".": takes no mail at all (RFC 7505) */
		if (preference < best && name_at(&msg, &rr, 2, name) == 1) {
			best = preference;
			memcpy(host, name, sizeof(name));
		}
	}
	if (count < 0)
		return -1;
	return best < 65536 ? 1 : 0;
}

/* ---- order ---- */

static int
by_priority(const void *a, const void *b)
{
	const struct discover_srv *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	/* those without a weight first: RFC 2782 */
	return (x->weight > 0) - (y->weight > 0);
}

static void
swap_to_front(struct discover_srv *srv, size_t from)
{
	struct discover_srv chosen = srv[from];

	memmove(srv + 1, srv, from * sizeof(*srv));
	srv[0] = chosen;
}

/* Brings the records of one priority into order. */
static void
order_by_weight(struct discover_srv *srv, size_t n,
    uint32_t (*random)(void *arg, uint32_t n), void *arg)
{
	for (; n > 1; srv++, n--) {
		uint32_t sum = 0, wanted, running = 0;
		size_t i;

		for (i = 0; i < n; i++)
			sum += srv[i].weight;
		wanted = random(arg, sum);
		for (i = 0; i < n - 1; i++) {
			running += srv[i].weight;
			if (running >= wanted)
				break;
		}
		swap_to_front(srv, i);
	}
}

void
discover_srv_order(struct discover_srv *srv, size_t n,
    uint32_t (*random)(void *arg, uint32_t n), void *arg)
{
	size_t start = 0, end;

	qsort(srv, n, sizeof(*srv), by_priority);
	for (; start < n; start = end) {
		for (end = start + 1; end < n &&
		    srv[end].priority == srv[start].priority; end++)
			;
		order_by_weight(srv + start, end - start, random, arg);
	}
}
