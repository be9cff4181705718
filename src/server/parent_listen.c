/* SPDX-License-Identifier: ISC
 *
 * parent_listen: the listening sockets, opened while there is the power to.
 *
 * TCP addresses get one socket for each front (SO_REUSEPORT), so that the
 * kernel spreads the connections; the parent keeps them all open, so that a
 * front that dies loses none that waits.  Unix sockets and those of systemd
 * are shared by all fronts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/log.h"
#include "net/listener.h"
#include "server/parent.h"

static bool
add(struct parent *p, int fd, unsigned listen, int front)
{
	struct endpoint *bigger = reallocarray(p->endpoints,
	    p->nendpoints + 1, sizeof(*bigger));

	if (bigger == NULL)
		return false;
	p->endpoints = bigger;
	p->endpoints[p->nendpoints++] = (struct endpoint){ fd, listen,
		front };
	return true;
}

static void
socket_name(int fd, char *out, size_t size)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);

	out[0] = '\0';
	memset(&sa, 0, sizeof(sa));
	if (getsockname(fd, (struct sockaddr *)&sa, &len) == 0)
		listener_name(&sa, len, out, size);
}

static void
say_open(int fd, const struct conf_listen *l)
{
	struct log_line line;
	char name[256];

	socket_name(fd, name, sizeof(name));
	log_begin(&line, LOG_LEVEL_INFO, "listening");
	log_str(&line, "name", l->name);
	log_str(&line, "address", name);
	log_end(&line);
}

static int
open_address(struct parent *p, unsigned listen, const char *address,
    unsigned fronts)
{
	const struct conf_listen *l = &p->conf->listens[listen];
	bool is_unix = strncmp(address, "unix:", 5) == 0;
	bool each = !is_unix && fronts > 1;
	int fds[LISTENER_MAX], more[LISTENER_MAX], n;
	const char *error;
	char name[256];

	n = listener_open(address, each, fds, &error);
	if (n < 0) {
		log_msg(LOG_LEVEL_ERROR, "[listen %s] %s", l->name, error);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		say_open(fds[i], l);
		if (!add(p, fds[i], listen, each ? 0 : -1))
			return -1;
		/* by the name it got: port 0 became a number */
		socket_name(fds[i], name, sizeof(name));
		for (unsigned f = 1; each && f < fronts; f++) {
			if (listener_open(name, true, more, &error) != 1) {
				log_msg(LOG_LEVEL_ERROR, "[listen %s] %s",
				    l->name, error);
				return -1;
			}
			if (!add(p, more[0], listen, (int)f))
				return -1;
		}
	}
	return 0;
}

struct inherited {
	struct parent *p;
	size_t *found;		/* by listener */
	bool failed;
};

/* "systemd:NAME" takes the sockets of that FileDescriptorName */
static void
take_inherited(void *arg, int fd, const char *name)
{
	struct inherited *in = arg;
	const struct conf *c = in->p->conf;

	for (size_t i = 0; i < c->nlistens; i++)
		for (size_t k = 0; k < c->listens[i].naddresses; k++) {
			const char *a = c->listens[i].addresses[k];

			if (strncmp(a, "systemd:", 8) != 0 ||
			    strcmp(a + 8, name) != 0)
				continue;
			say_open(fd, &c->listens[i]);
			if (!add(in->p, fd, (unsigned)i, -1))
				in->failed = true;
			in->found[i]++;
			return;
		}
	log_msg(LOG_LEVEL_WARN, "no [listen] section wants the inherited "
	    "socket \"%s\"", name);
}

static int
inherit(struct parent *p)
{
	struct inherited in = { .p = p };
	int r = 0;

	in.found = calloc(p->conf->nlistens + 1, sizeof(*in.found));
	if (in.found == NULL || listener_inherited(take_inherited, &in) < 0)
		in.failed = true;
	for (size_t i = 0; !in.failed && i < p->conf->nlistens; i++)
		for (size_t k = 0; k < p->conf->listens[i].naddresses; k++) {
			const char *a = p->conf->listens[i].addresses[k];

			if (strncmp(a, "systemd:", 8) != 0 || in.found[i] > 0)
				continue;
			log_msg(LOG_LEVEL_ERROR, "[listen %s] %s: no such "
			    "socket was handed over", p->conf->listens[i].name,
			    a);
			r = -1;
		}
	free(in.found);
	return in.failed ? -1 : r;
}

int
parent_listen(struct parent *p, unsigned fronts)
{
	for (size_t i = 0; i < p->conf->nlistens; i++) {
		const struct conf_listen *l = &p->conf->listens[i];

		for (size_t k = 0; k < l->naddresses; k++)
			if (strncmp(l->addresses[k], "systemd:", 8) != 0 &&
			    open_address(p, (unsigned)i, l->addresses[k],
			    fronts) != 0)
				return -1;
	}
	return inherit(p);
}
