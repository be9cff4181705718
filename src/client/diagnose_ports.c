/* SPDX-License-Identifier: ISC
 *
 * diagnose_ports: does each address take connections on each of the two
 * ports?  All are tried at the same time; nothing is said on them.
 */
#include "client/diagnose_internal.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

struct probe {
	struct gate *gate;
	size_t at;		/* place */
	int fd;			/* -1: done */
};

static void
note(struct probe *p, int error, uint64_t begun)
{
	struct gate *g = p->gate;

	g->error[p->at] = error;
	g->ms[p->at] = (unsigned)((diagnose_now_us() - begun + 500) / 1000);
	g->touch[p->at] = error == 0 ? TOUCH_OPEN :
	    error == ETIMEDOUT ? TOUCH_SILENT :
	    error == ENETUNREACH || error == EADDRNOTAVAIL ||
	    error == EAFNOSUPPORT ? TOUCH_NO_ROUTE : TOUCH_REFUSED;
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
}

static void
begin(const struct diagnose *d, struct probe *p, uint64_t begun)
{
	struct sockaddr_storage addr = d->places[p->at].addr;
	in_port_t port = htons((uint16_t)p->gate->port);

	if (addr.ss_family == AF_INET)
		((struct sockaddr_in *)(void *)&addr)->sin_port = port;
	else
		((struct sockaddr_in6 *)(void *)&addr)->sin6_port = port;
	p->fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		note(p, errno, begun);
	else if (connect(p->fd, (const struct sockaddr *)&addr,
	    d->places[p->at].len) == 0)
		note(p, 0, begun);
	else if (errno != EINPROGRESS)
		note(p, errno, begun);
}

/* One round of waiting; false when all are done. */
static bool
wait_for_some(struct probe *probes, size_t n, uint64_t begun, uint64_t ms)
{
	struct pollfd fds[2 * PLACES_MAX];
	uint64_t spent = (diagnose_now_us() - begun) / 1000;
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		fds[i] = (struct pollfd){ .fd = probes[i].fd,
			.events = POLLOUT };
		any = any || probes[i].fd >= 0;
	}
	if (!any)
		return false;
	if (spent < ms && poll(fds, n, (int)(ms - spent)) < 0
	    && errno != EINTR)
		spent = ms;
	for (size_t i = 0; i < n; i++) {
		int error = 0;
		socklen_t len = sizeof(error);

		if (probes[i].fd < 0)
			continue;
		if (spent >= ms)
			note(&probes[i], ETIMEDOUT, begun);
		else if (fds[i].revents == 0)
			continue;
		else if (getsockopt(probes[i].fd, SOL_SOCKET, SO_ERROR,
		    &error, &len) != 0)
			note(&probes[i], errno, begun);
		else
			note(&probes[i], error, begun);
	}
	return true;
}

/* The first address in the system's order that is open is the one used. */
static void
choose(const struct diagnose *d, struct gate *g)
{
	g->place = NULL;
	for (size_t i = 0; i < d->nplaces && g->place == NULL; i++)
		if (g->touch[i] == TOUCH_OPEN)
			g->place = &d->places[i];
}

static void
tell_lack(struct diagnose *d, const struct gate *g, enum diagnose_need what)
{
	if (g->port == 0)
		diagnose_lack(d, what, "%s is not looked at",
		    g->implicit ? "a port with TLS from the start" :
		    "a port that begins in clear");
	else if (g->place == NULL)
		diagnose_lack(d, what, "port %u takes no connections",
		    g->port);
	else
		diagnose_have(d, what);
}

void
diagnose_touch(struct diagnose *d)
{
	struct probe probes[2 * PLACES_MAX];
	struct gate *gates[] = { &d->tls, &d->clear };
	uint64_t begun = diagnose_now_us();
	size_t n = 0;

	if (d->touched)
		return;
	d->touched = true;
	for (size_t g = 0; g < 2; g++)
		for (size_t i = 0; gates[g]->port != 0 && i < d->nplaces;
		    i++) {
			probes[n] = (struct probe){ gates[g], i, -1 };
			begin(d, &probes[n], begun);
			n++;
		}
	while (wait_for_some(probes, n, begun,
	    diagnose_patience(d, CONNECT_MS)))
		;
	choose(d, &d->tls);
	choose(d, &d->clear);
	tell_lack(d, &d->tls, HAVE_TLS_PORT);
	tell_lack(d, &d->clear, HAVE_CLEAR_PORT);
}

/* ---- the lines ---- */

#define SILENT "Nothing at all comes back: a firewall on the way, or the " \
	"network of a hotel or provider that blocks the port. Try from " \
	"another network."

/* What the worst of these addresses does, and how many are open. */
static void
say_touched(struct diagnose *d, const struct gate *g, size_t first,
    size_t end)
{
	size_t open = 0, bad = end, silent = 0, unroutable = 0;
	unsigned ms = 0;
	const char *remedy;
	bool other = g->place != NULL;

	for (size_t i = first; i < end; i++) {
		open += g->touch[i] == TOUCH_OPEN;
		silent += g->touch[i] == TOUCH_SILENT;
		unroutable += g->touch[i] == TOUCH_NO_ROUTE;
		if (g->touch[i] == TOUCH_OPEN)
			ms = g->ms[i];
		else if (bad == end || g->touch[i] == TOUCH_SILENT)
			bad = i;
	}
	if (open == end - first) {
		diagnose_say(d, DIAGNOSE_OK, NULL, "port %u: connected in "
		    "%u ms", g->port, ms);
		return;
	}
	if (unroutable == end - first) {
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "port %u: this "
		    "machine has no way there (%s)", g->port,
		    strerror(g->error[bad]));
		return;
	}
	remedy = silent > 0 ? SILENT : "The machine is there and nobody "
	    "listens on that port: look whether the server runs, and whether "
	    "the port is right.";
	/* nothing in clear at all, and TLS works: as it should be */
	if (!g->implicit && open == 0 && silent == 0 && !other &&
	    d->tls.place != NULL)
		diagnose_say(d, DIAGNOSE_OK, NULL, "port %u: %s; the port "
		    "with TLS is the better one (RFC 8314)", g->port,
		    strerror(g->error[bad]));
	else
		diagnose_say(d, other || (!g->implicit &&
		    d->tls.place != NULL) || (g->implicit &&
		    d->clear.place != NULL) ? DIAGNOSE_WARNING :
		    DIAGNOSE_FAULT, remedy, "port %u of %s: %s", g->port,
		    d->places[bad].text, strerror(g->error[bad]));
}

static void
say_family(struct diagnose *d, const struct gate *g, bool v6)
{
	size_t first = v6 ? d->nv4 : 0, n = v6 ? d->nv6 : d->nv4;

	diagnose_touch(d);
	if (g->port == 0)
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "%s",
		    d->lacks[g->implicit ? HAVE_TLS_PORT : HAVE_CLEAR_PORT]);
	else if (n == 0)
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "the server has no "
		    "address of that kind");
	else
		say_touched(d, g, first, first + n);
}

void
diagnose_tls_ipv4(struct diagnose *d)
{
	say_family(d, &d->tls, false);
}

void
diagnose_tls_ipv6(struct diagnose *d)
{
	say_family(d, &d->tls, true);
}

void
diagnose_clear_ipv4(struct diagnose *d)
{
	say_family(d, &d->clear, false);
}

void
diagnose_clear_ipv6(struct diagnose *d)
{
	say_family(d, &d->clear, true);
}
