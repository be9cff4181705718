/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: a line of restante-discover, which talks to strangers and may
 * be in their hands, and what a person writes behind --server.  A candidate
 * that is taken has a host that is one, a port, a known kind of TLS, and no
 * control character; whether it is in the domain is found out here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "client/setup.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
need(int truth)
{
	if (!truth)
		abort();
}

static void
check_printable(const char *s, size_t size)
{
	need(memchr(s, '\0', size) != NULL);
	for (; *s != '\0'; s++)
		need((unsigned char)*s >= ' ' && *s != 0x7f);
}

static void
check_candidate(const struct discover_candidate *c)
{
	size_t host = strlen(c->host), domain = strlen("example.org");

	check_printable(c->host, sizeof(c->host));
	check_printable(c->user, sizeof(c->user));
	need(discover_is_host(c->host));
	need(c->port >= 1 && c->port <= 65535);
	need(c->source <= DISCOVER_GUESS && c->tls <= DISCOVER_NONE);
	need(c->auth < DISCOVER_NO_LOGIN << 1);
	if (c->in_domain)
		need(host >= domain && strcasecmp(c->host + host - domain,
		    "example.org") == 0 && (host == domain ||
		    c->host[host - domain - 1] == '.'));
}

static void
check_line(const unsigned char *data, size_t n)
{
	static struct setup s;
	struct discover_candidate c;
	char name[SETUP_ADDRESS_MAX];

	memset(&s, 0, sizeof(s));
	memcpy(s.address, "wren@example.org", 17);
	memcpy(s.local, "wren", 5);
	memcpy(s.domain, "example.org", 12);
	if (setup_read_line(&s, span_of(data, n), &c) != 1)
		return;
	check_candidate(&c);
	memset(name, 0, sizeof(name));
	if (setup_expand(&s, c.user, name, sizeof(name)) == 0)
		check_printable(name, sizeof(name));
}

static void
check_server(const unsigned char *data, size_t n)
{
	char *text = malloc(n + 1), host[DISCOVER_NAME_MAX], again[600];
	char once_more[DISCOVER_NAME_MAX];
	unsigned port = 0, port2 = 0;

	need(text != NULL);
	memcpy(text, data, n);
	text[n] = '\0';
	if (setup_read_server(text, host, &port) == 0) {
		check_printable(host, sizeof(host));
		need(port <= 65535 && host[0] != '\0');
		need(!text_format(again, sizeof(again),
		    text[0] == '[' ? "[%s]:%u" : "%s:%u", host,
		    port ? port : 1));
		need(setup_read_server(again, once_more, &port2) == 0);
		need(strcmp(host, once_more) == 0);
		need(port2 == (port ? port : 1));
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	check_line(data, n);
	check_server(data, n);
	return 0;
}
