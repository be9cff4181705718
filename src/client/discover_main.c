/* SPDX-License-Identifier: ISC
 *
 * restante-discover: prints where the POP3 server of a domain may be.
 *
 *	restante-discover [--address LOCAL-PART@DOMAIN] DOMAIN
 *	restante-discover --srv DOMAIN
 *
 * One JSON object a line, the best candidate first (see discover_print).  Name
 * servers and web servers are asked at the same time; those of the domain's
 * MX only when the first ones know nothing.  The address is told to the
 * domain's own web servers, and only with --address.  With --srv only the
 * name servers are asked, and the records are printed as they are.
 *
 * For tests: RESTANTE_DISCOVER_DNS=ADDRESS:PORT is asked instead of the
 * system's name servers, RESTANTE_DISCOVER_URL_BASE stands for "https://" in
 * every URL, RESTANTE_DISCOVER_CA is whom to believe.
 */
#include <sys/random.h>

#include <arpa/nameser.h>
#include <curl/curl.h>
#include <getopt.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"
#include "client/discover.h"

enum { PAGES_MAX = 8, EXIT_USAGE = 64, EXIT_SOFTWARE = 70 };

struct search {
	struct discover_list list;
	struct discover_question *pop3s, *pop3, *mx;
	struct discover_page pages[PAGES_MAX];
	size_t npages;
	bool found_page;	/* one that has a POP3 server */
	const char *address;	/* or NULL */
	const char *dns, *url_base, *ca_file;
};

/* ---- name servers ---- */

static struct discover_question *
ask(const struct search *s, const char *prefix, int type)
{
	char name[DISCOVER_NAME_MAX + 16];

	if (text_format(name, sizeof(name), "%s%s", prefix, s->list.domain))
		return NULL;
	return discover_ask(name, type, s->dns);
}

static uint32_t
chance(void *arg, uint32_t n)
{
	uint32_t v = 0;

	(void)arg;
	if (getrandom(&v, sizeof(v), 0) != sizeof(v))
		return 0;
	return n == UINT32_MAX ? v : v % (n + 1);
}

/* The answer about one service; "." alone means that there is none. */
static void
take_srv(struct search *s, struct discover_question *q, enum discover_tls tls,
    bool *none_r)
{
	struct discover_srv srv[DISCOVER_SRV_MAX];
	ptrdiff_t n = q == NULL ? -1 : discover_srv_read(discover_answer(q),
	    srv, DISCOVER_SRV_MAX);

	if (n <= 0)
		return;
	discover_srv_order(srv, (size_t)n, chance, NULL);
	*none_r = n == 1 && srv[0].target[0] == '\0';
	for (ptrdiff_t i = 0; i < n; i++) {
		struct discover_candidate c = { .source = DISCOVER_SRV,
			.port = srv[i].port, .tls = tls };

		memcpy(c.host, srv[i].target, sizeof(c.host));
		discover_add(&s->list, &c);
	}
}

/* ---- web servers ---- */

/* The address as it stands in a query (RFC 3986): 0 or -1. */
static int
put_escaped(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		    || (c >= '0' && c <= '9') ||
		    (c != '\0' && strchr("-._~", c) != NULL);

		if ((plain ? buf_append(b, &c, 1) :
		    buf_printf(b, "%%%02X", c)) != BUF_OK)
			return -1;
	}
	return 0;
}

/* Adds a page to get. `tell`: the address may be told. One that would not fit
 * is left out. */
static void
add_page(struct search *s, enum discover_source source, bool tell,
    const char *host_prefix, const char *host, const char *path)
{
	struct discover_page *page = &s->pages[s->npages];
	struct buf url;
	int r;

	if (s->npages == PAGES_MAX)
		return;
	buf_init(&url, sizeof(page->url) - 1);
	r = buf_printf(&url, "%s%s%s%s", s->url_base, host_prefix, host, path);
	if (r == BUF_OK && tell && s->address != NULL) {
		r = buf_append_str(&url, "?emailaddress=");
		if (r == BUF_OK)
			r = put_escaped(&url, s->address);
	}
	if (r == BUF_OK) {
		memset(page, 0, sizeof(*page));
		page->source = source;
		memcpy(page->url, url.p, url.n);
		s->npages++;
	}
	buf_release(&url);
}

static void
take_page(struct search *s, const struct discover_page *page)
{
	struct discover_document doc = { 0 };

	if (page->p == NULL || discover_xml_read(span_of(page->p, page->n),
	    s->list.domain, &doc) != 0)
		return;
	if (doc.n == 0 && doc.imap)
		s->list.imap_only = true;
	for (size_t i = 0; i < doc.n; i++) {
		const struct discover_server *server = &doc.servers[i];
		struct discover_candidate c = { .source = page->source,
			.port = server->port, .tls = server->tls,
			.auth = server->auth };

		memcpy(c.host, server->host, sizeof(c.host));
		memcpy(c.user, server->user, sizeof(c.user));
		discover_add(&s->list, &c);
		s->found_page = true;
	}
}

static int
get_pages(struct search *s)
{
	int r = s->npages == 0 ? 0 :
	    discover_fetch(s->pages, s->npages, s->ca_file);

	for (size_t i = 0; i < s->npages; i++) {
		if (r == 0)
			take_page(s, &s->pages[i]);
		free(s->pages[i].p);
	}
	s->npages = 0;
	return r;
}

#define CONFIG_PATH "/mail/config-v1.1.xml"
#define WELL_KNOWN "/.well-known/autoconfig" CONFIG_PATH
#define ISPDB "autoconfig.thunderbird.net/v1.1/"

static int
ask_the_domain(struct search *s)
{
	const char *domain = s->list.domain;

	add_page(s, DISCOVER_AUTOCONFIG, true, "autoconfig.", domain,
	    CONFIG_PATH);
	add_page(s, DISCOVER_WELL_KNOWN, true, "", domain, WELL_KNOWN);
	add_page(s, DISCOVER_ISPDB, false, ISPDB, domain, "");
	return get_pages(s);
}

/* ---- whoever takes the domain's mail ---- */

/* "co.uk", "com.br", "ne.jp": what stands below such a name belongs to
 * whoever registered it, and nobody there speaks for an MX.  Better too many
 * names than too few. */
static bool
may_be_registry(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot == NULL || (strchr(dot + 1, '.') == NULL &&
	    strlen(dot + 1) == 2 && dot - name <= 4);
}

static void
add_mx_pages(struct search *s, const char *name)
{
	if (name == NULL || strchr(name, '.') == NULL)
		return;
	if (!may_be_registry(name)) {
		add_page(s, DISCOVER_MX_AUTOCONFIG, false, "autoconfig.",
		    name, CONFIG_PATH);
		add_page(s, DISCOVER_MX_WELL_KNOWN, false, "", name,
		    WELL_KNOWN);
	}
	add_page(s, DISCOVER_MX_ISPDB, false, ISPDB, name, "");
}

/* the last two labels of a name, or NULL when it has no more than that */
static const char *
last_two(const char *name)
{
	const char *dot = strrchr(name, '.');

	while (dot != NULL && dot > name && dot[-1] != '.')
		dot--;
	return dot != NULL && dot > name ? dot : NULL;
}

static int
ask_its_mx(struct search *s)
{
	char host[DISCOVER_NAME_MAX];
	const char *below;

	if (s->found_page || s->mx == NULL ||
	    discover_mx_read(discover_answer(s->mx), host) != 1 ||
	    discover_in_domain(host, s->list.domain))
		return 0;
	below = strchr(host, '.');
	if (below == NULL)
		return 0;
	add_mx_pages(s, below + 1);
	add_mx_pages(s, last_two(below + 1));
	return get_pages(s);
}

/* ---- all together ---- */

static int
search(struct search *s)
{
	int r;

	s->pop3s = ask(s, "_pop3s._tcp.", ns_t_srv);
	s->pop3 = ask(s, "_pop3._tcp.", ns_t_srv);
	s->mx = ask(s, "", ns_t_mx);
	r = ask_the_domain(s);
	take_srv(s, s->pop3s, DISCOVER_IMPLICIT, &s->list.no_pop3s);
	take_srv(s, s->pop3, DISCOVER_START, &s->list.no_pop3);
	if (r == 0)
		r = ask_its_mx(s);
	discover_question_free(s->pop3s);
	discover_question_free(s->pop3);
	discover_question_free(s->mx);
	discover_add_guesses(&s->list);
	discover_sort(&s->list);
	if (discover_print(&s->list, stdout) != 0)
		return -1;
	return r;
}

/* ---- SRV records alone ---- */

static int
print_srv(const struct search *s, const char *service,
    struct discover_question *q)
{
	struct discover_srv srv[DISCOVER_SRV_MAX];
	ptrdiff_t n = q == NULL ? -1 : discover_srv_read(discover_answer(q),
	    srv, DISCOVER_SRV_MAX);

	for (ptrdiff_t i = 0; i < n; i++)
		if (discover_print_srv(service, &srv[i], s->list.domain,
		    stdout) != 0)
			return -1;
	return 0;
}

static int
look_up_srv(struct search *s)
{
	int r;

	s->pop3s = ask(s, "_pop3s._tcp.", ns_t_srv);
	s->pop3 = ask(s, "_pop3._tcp.", ns_t_srv);
	r = print_srv(s, "_pop3s._tcp", s->pop3s);
	if (r == 0)
		r = print_srv(s, "_pop3._tcp", s->pop3);
	discover_question_free(s->pop3s);
	discover_question_free(s->pop3);
	return fflush(stdout) == 0 ? r : -1;
}

static int
usage(void)
{
	(void)fputs("usage: restante-discover [--srv | --address "
	    "LOCAL-PART@DOMAIN] DOMAIN\n", stderr);
	return EXIT_USAGE;
}

static const char *
setting(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : otherwise;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "address", required_argument, NULL, 'a' },
		{ "srv", no_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 }
	};
	struct search s = { .address = NULL };
	bool srv_alone = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'a' && c != 's')
			return usage();
		if (c == 'a')
			s.address = optarg;
		else
			srv_alone = true;
	}
	if (argc - optind != 1)
		return usage();
	if (discover_list_init(&s.list, argv[optind]) != 0) {
		(void)fprintf(stderr, "restante-discover: that is not the name "
		    "of a mail domain\n");
		return EXIT_USAGE;
	}
	s.dns = setting("RESTANTE_DISCOVER_DNS", NULL);
	s.url_base = setting("RESTANTE_DISCOVER_URL_BASE", "https://");
	s.ca_file = setting("RESTANTE_DISCOVER_CA", NULL);
	if (discover_confine(s.ca_file) != 0 ||
	    curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		perror("restante-discover");
		return EXIT_SOFTWARE;
	}
	r = srv_alone ? look_up_srv(&s) : search(&s);
	curl_global_cleanup();
	return r == 0 ? 0 : EXIT_SOFTWARE;
}
