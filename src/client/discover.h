/* SPDX-License-Identifier: ISC
 *
 * discover: where the POP3 server of a mail domain may be; the parts of
 * restante-discover.
 *
 * The program is a process of its own: it parses what name servers and web
 * servers of strangers answer, and holds no secret.  It knows the domain, and
 * the address only when the person agreed.
 */
#ifndef RESTANTE_CLIENT_DISCOVER_H
#define RESTANTE_CLIENT_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/span.h"

enum {
	DISCOVER_NAME_MAX = 254,	/* a host name and its NUL */
	DISCOVER_USER_MAX = 256,	/* a pattern of user names and NUL */
	DISCOVER_MAX = 48,		/* candidates */
	DISCOVER_SERVERS_MAX = 8,	/* of one document */
	DISCOVER_SRV_MAX = 16		/* records of one answer */
};

/* ---- candidates: discover_list.c, discover_names.c ---- */

enum discover_source {
	DISCOVER_SRV,		/* RFC 6186 */
	DISCOVER_AUTOCONFIG,	/* https://autoconfig.DOMAIN/... */
	DISCOVER_WELL_KNOWN,	/* https://DOMAIN/.well-known/... */
	DISCOVER_ISPDB,
	DISCOVER_MX_AUTOCONFIG,	/* the same for who takes its mail */
	DISCOVER_MX_WELL_KNOWN,
	DISCOVER_MX_ISPDB,
	DISCOVER_GUESS
};

enum discover_tls { DISCOVER_IMPLICIT, DISCOVER_START, DISCOVER_NONE };

/* how one may log in; bits */
enum discover_auth {
	DISCOVER_PASSWORD = 1 << 0,
	DISCOVER_ENCRYPTED = 1 << 1,	/* CRAM-MD5 and such */
	DISCOVER_OAUTH2 = 1 << 2,
	DISCOVER_GSSAPI = 1 << 3,
	DISCOVER_NTLM = 1 << 4,
	DISCOVER_CERTIFICATE = 1 << 5,
	DISCOVER_NO_LOGIN = 1 << 6	/* by the client's address */
};

struct discover_candidate {
	enum discover_source source;
	char host[DISCOVER_NAME_MAX];
	unsigned port;
	enum discover_tls tls;
	char user[DISCOVER_USER_MAX];	/* "%EMAILADDRESS%"; "": not said */
	unsigned auth;			/* enum discover_auth; 0: not said */
	bool in_domain;		/* the host is the domain or below it */
	bool vouched;		/* the domain itself or the ISPDB says so, over
				 * a verified connection */
};

struct discover_list {
	char domain[DISCOVER_NAME_MAX];		/* lower case */
	struct discover_candidate all[DISCOVER_MAX];
	size_t n;
	bool no_pop3s, no_pop3;		/* SRV says ".": not offered */
	bool imap_only;			/* a document has IMAP and no POP3 */
};

/* "srv", "autoconfig"... */
const char *discover_source_name(enum discover_source source);
/* "implicit", "start", "none" */
const char *discover_tls_name(enum discover_tls tls);
/* "password", of one bit of enum discover_auth */
const char *discover_auth_name(unsigned bit);
/* The same backwards: 0 or -1; for auth 0 when there is none of that name. */
__attribute__((warn_unused_result))
int discover_source_find(const char *name, enum discover_source *source_r);
__attribute__((warn_unused_result))
int discover_tls_find(const char *name, enum discover_tls *tls_r);
unsigned discover_auth_find(const char *name);
/* A host name: letters, digits, hyphens, dots, in order. */
bool discover_is_host(const char *name);
/* is `host` `domain` or below it? */
bool discover_in_domain(const char *host, const char *domain);
/* 0, or -1: no name of a mail domain (two labels at least) */
__attribute__((warn_unused_result))
int discover_list_init(struct discover_list *l, const char *domain);
/* Adds a candidate, or joins it to one of the same host, port and TLS. What
 * is no host name, or too much, is left out. */
void discover_add(struct discover_list *l,
    const struct discover_candidate *c);
/* names that many domains have, on 995 and 110 */
void discover_add_guesses(struct discover_list *l);
/* the best first */
void discover_sort(struct discover_list *l);
/* one JSON object a line; 0 or -1 */
__attribute__((warn_unused_result))
int discover_print(const struct discover_list *l, FILE *out);

/* ---- answers of name servers: discover_dns.c ---- */

struct discover_srv {
	unsigned priority, weight, port;
	char target[DISCOVER_NAME_MAX];		/* "": not offered (".") */
};

/* Reads the SRV records of an answer: their count (at most `max`, others and
 * those with impossible targets are left out), or -1 for no answer. */
__attribute__((warn_unused_result))
ptrdiff_t discover_srv_read(struct pop_span packet, struct discover_srv *srv,
    size_t max);
/* The host that takes a domain's mail first: 1 and `host`, 0 when there is
 * none, -1. */
__attribute__((warn_unused_result))
int discover_mx_read(struct pop_span packet, char host[DISCOVER_NAME_MAX]);
/* One record as a JSON object in a line; 0 or -1 */
__attribute__((warn_unused_result))
int discover_print_srv(const char *service, const struct discover_srv *srv,
    const char *domain, FILE *out);
/* RFC 2782: by priority, and by chance within one. random(arg, n): 0 to n. */
void discover_srv_order(struct discover_srv *srv, size_t n,
    uint32_t (*random)(void *arg, uint32_t n), void *arg);

/* ---- asking name servers: discover_ask.c ---- */

struct discover_question;

/* Asks in a thread of its own. `server`: "127.0.0.1:53", NULL for the
 * system's. NULL: memory. */
struct discover_question *discover_ask(const char *name, int type,
    const char *server);
/* Waits for the answer, which is valid until _free; empty: there is none */
struct pop_span discover_answer(struct discover_question *q);
void discover_question_free(struct discover_question *q);

/* ---- documents: discover_xml.c ---- */

struct discover_server {
	char host[DISCOVER_NAME_MAX];
	unsigned port;
	enum discover_tls tls;
	char user[DISCOVER_USER_MAX];
	unsigned auth;
};

struct discover_document {
	struct discover_server servers[DISCOVER_SERVERS_MAX];
	size_t n;		/* POP3 servers, in its order */
	bool imap;		/* it has an IMAP server */
};

/* Reads a document of Mozilla's autoconfig, version 1.1. 0, or -1: it is none,
 * or declares entities or types, or is nested too deeply. `domain` is put for
 * %EMAILDOMAIN% in host names. */
__attribute__((warn_unused_result))
int discover_xml_read(struct pop_span xml, const char *domain,
    struct discover_document *doc_r);

/* ---- web servers: discover_http.c ---- */

enum { DISCOVER_DOCUMENT_MAX = 256 << 10, DISCOVER_URL_MAX = 1024 };

struct discover_page {
	enum discover_source source;
	char url[DISCOVER_URL_MAX];
	unsigned char *p;	/* after discover_fetch: NULL, or to be freed */
	size_t n;
	bool too_long;
};

/* Gets all pages at once; HTTPS alone, also behind a redirection. `ca_file`:
 * NULL for the system's. 0, or -1 (memory). */
__attribute__((warn_unused_result))
int discover_fetch(struct discover_page *pages, size_t n,
    const char *ca_file);

/* ---- the process: discover_confine.c ---- */

/* Limits on processor time, memory and files, and (where the kernel has
 * Landlock) no writing, no other program, and no reading of anything but the
 * system's files and `ca_file`. Best effort: 0, or -1 when something that
 * every kernel has was refused. */
__attribute__((warn_unused_result))
int discover_confine(const char *ca_file);

#endif
