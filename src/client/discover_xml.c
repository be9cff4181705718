/* SPDX-License-Identifier: ISC
 *
 * discover_xml: documents of Mozilla's autoconfig, version 1.1, to a list of
 * POP3 servers.
 *
 * Owns the parser while it reads.  Must not let a document cost more than its
 * length: types and entities cannot be declared, elements are not nested
 * deeper than DEPTH_MAX, a text has at most TEXT_MAX octets.  A document with
 * a mistake is not used at all.
 */
#include "client/discover.h"

#include <expat.h>
#include <stdlib.h>

#include "base/num.h"

enum { DEPTH_MAX = 16, TEXT_MAX = 255 };

/* where we are: clientConfig > emailProvider > incomingServer > child */
enum { AT_CONFIG = 1, AT_PROVIDER, AT_SERVER, AT_CHILD };

struct reader {
	XML_Parser parser;
	const char *domain;
	struct discover_document doc;
	struct discover_server server;	/* the one that is read */
	bool tls_known;
	unsigned depth;		/* of elements that are open */
	unsigned known;		/* of them on the path above */
	bool is_pop3;
	bool bad;		/* nothing of it is believed */
	bool text_cut;
	char text[TEXT_MAX + 1];
	size_t text_n;
};

static const struct {
	const char *name;
	enum discover_auth auth;
} auths[] = {
	{ "password-cleartext", DISCOVER_PASSWORD },
	{ "plain", DISCOVER_PASSWORD },		/* in old documents */
	{ "password-encrypted", DISCOVER_ENCRYPTED },
	{ "secure", DISCOVER_ENCRYPTED },
	{ "OAuth2", DISCOVER_OAUTH2 },
	{ "GSSAPI", DISCOVER_GSSAPI },
	{ "NTLM", DISCOVER_NTLM },
	{ "TLS-client-cert", DISCOVER_CERTIFICATE },
	{ "client-IP-address", DISCOVER_NO_LOGIN },
	{ "none", DISCOVER_NO_LOGIN },
};

static void
give_up(struct reader *r)
{
	r->bad = true;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static const char *
attribute(const char **attributes, const char *name)
{
	for (; attributes[0] != NULL; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return "";
}

static void
start_server(struct reader *r, const char **attributes)
{
	const char *type = attribute(attributes, "type");

	memset(&r->server, 0, sizeof(r->server));
	r->tls_known = false;
	r->is_pop3 = strcmp(type, "pop3") == 0;
	if (strcmp(type, "imap") == 0)
		r->doc.imap = true;
}

static void
on_start(void *arg, const char *name, const char **attributes)
{
	static const char *const path[] = { "clientConfig", "emailProvider",
		"incomingServer" };
	struct reader *r = arg;

	if (++r->depth > DEPTH_MAX) {
		give_up(r);
		return;
	}
	if (r->depth == 1 && strcmp(name, path[0]) != 0) {
		give_up(r);
		return;
	}
	/* mixed with other elements a text is none */
	if (r->known == AT_CHILD)
		r->text_cut = true;
	if (r->known + 1 != r->depth || r->known == AT_CHILD)
		return;
	if (r->known == AT_SERVER) {
		r->known = AT_CHILD;
		r->text_n = 0;
		r->text_cut = false;
	} else if (r->known < AT_SERVER && strcmp(name, path[r->known]) == 0) {
		r->known++;
		if (r->known == AT_SERVER)
			start_server(r, attributes);
	}
}

static void
on_text(void *arg, const char *p, int n)
{
	struct reader *r = arg;

	if (r->depth != AT_CHILD || r->known != AT_CHILD)
		return;
	for (int i = 0; i < n; i++) {
		if (r->text_n == TEXT_MAX) {
			r->text_cut = true;
			return;
		}
		r->text[r->text_n++] = p[i];
	}
}

/* The text without blanks around it; false when it cannot be used. */
static bool
finish_text(struct reader *r)
{
	size_t start = 0;

	while (r->text_n > 0 && (unsigned char)r->text[r->text_n - 1] <= ' ')
		r->text_n--;
	while (start < r->text_n && (unsigned char)r->text[start] <= ' ')
		start++;
	memmove(r->text, r->text + start, r->text_n - start);
	r->text_n -= start;
	r->text[r->text_n] = '\0';
	for (size_t i = 0; i < r->text_n; i++)
		if ((unsigned char)r->text[i] < ' ' || r->text[i] == 0x7f)
			return false;
	return r->text_n > 0 && !r->text_cut;
}

/* "pop.%EMAILDOMAIN%" */
static void
set_host(struct reader *r)
{
	static const char mark[] = "%EMAILDOMAIN%";
	const char *at = strstr(r->text, mark);
	size_t before, domain = strlen(r->domain), after;

	if (at == NULL) {
		at = r->text + r->text_n;
		domain = after = 0;
	} else
		after = strlen(at) - strlen(mark);
	before = (size_t)(at - r->text);
	if (before + domain + after >= sizeof(r->server.host))
		return;
	memcpy(r->server.host, r->text, before);
	memcpy(r->server.host + before, r->domain, domain);
	memcpy(r->server.host + before + domain,
	    r->text + r->text_n - after, after);
	r->server.host[before + domain + after] = '\0';
}

static void
set_tls(struct reader *r)
{
	static const char *const names[] = { "SSL", "STARTTLS", "plain" };

	for (unsigned i = 0; i < 3; i++)
		if (strcmp(r->text, names[i]) == 0) {
			r->server.tls = (enum discover_tls)i;
			r->tls_known = true;
		}
}

static void
end_child(struct reader *r, const char *name)
{
	uint64_t port;

	if (!finish_text(r))
		return;
	if (strcmp(name, "hostname") == 0)
		set_host(r);
	else if (strcmp(name, "port") == 0) {
		if (num_parse_u64(span_str(r->text), 65535, &port) == 0)
			r->server.port = (unsigned)port;
	} else if (strcmp(name, "socketType") == 0)
		set_tls(r);
	else if (strcmp(name, "username") == 0)
		memcpy(r->server.user, r->text, r->text_n + 1);
	else if (strcmp(name, "authentication") == 0)
		for (size_t i = 0; i < sizeof(auths) / sizeof(auths[0]); i++)
			if (strcmp(r->text, auths[i].name) == 0)
				r->server.auth |= auths[i].auth;
}

static void
end_server(struct reader *r)
{
	if (!r->is_pop3 || !r->tls_known || r->server.port == 0 ||
	    !discover_is_host(r->server.host) ||
	    r->doc.n == DISCOVER_SERVERS_MAX)
		return;
	r->doc.servers[r->doc.n++] = r->server;
}

static void
on_end(void *arg, const char *name)
{
	struct reader *r = arg;

	if (r->known == r->depth) {
		if (r->known == AT_CHILD)
			end_child(r, name);
		else if (r->known == AT_SERVER)
			end_server(r);
		r->known--;
	}
	r->depth--;
}

static void
on_doctype(void *arg, const char *name, const char *sysid, const char *pubid,
    int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	give_up(arg);
}

int
discover_xml_read(struct pop_span xml, const char *domain,
    struct discover_document *doc_r)
{
	struct reader *r = calloc(1, sizeof(*r));
	int ret = -1;

	if (r == NULL || xml.n > DISCOVER_DOCUMENT_MAX) {
		free(r);
		return -1;
	}
	r->domain = domain;
	r->parser = XML_ParserCreate(NULL);
	if (r->parser != NULL) {
		XML_SetUserData(r->parser, r);
		XML_SetElementHandler(r->parser, on_start, on_end);
		XML_SetCharacterDataHandler(r->parser, on_text);
		XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
		if (XML_Parse(r->parser, (const char *)xml.p, (int)xml.n,
		    XML_TRUE) == XML_STATUS_OK && !r->bad) {
			*doc_r = r->doc;
			ret = 0;
		}
		XML_ParserFree(r->parser);
	}
	free(r);
	return ret;
}
