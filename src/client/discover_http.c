/* SPDX-License-Identifier: ISC
 *
 * discover_http: pages from web servers, all at once (libcurl).
 *
 * HTTPS alone, with the certificate verified, also where a page redirects to;
 * no cookies, no files, no passwords, DISCOVER_DOCUMENT_MAX octets and
 * SECONDS for each.  Whatever fails is a page that is not there.
 */
#include "client/discover.h"

#include <curl/curl.h>
#include <stdlib.h>

enum { SECONDS = 10, REDIRECTIONS = 3, WAIT_MS = 1000 };

static size_t
on_octets(char *p, size_t size, size_t count, void *arg)
{
	struct discover_page *page = arg;
	size_t n = size * count;
	unsigned char *grown;

	if (n > DISCOVER_DOCUMENT_MAX - page->n) {
		page->too_long = true;
		return 0;
	}
	grown = realloc(page->p, page->n + n + 1);
	if (grown == NULL)
		return 0;
	page->p = grown;
	memcpy(page->p + page->n, p, n);
	page->n += n;
	return n;
}

static bool
set_options(CURL *c, struct discover_page *page, const char *ca_file)
{
	CURLcode r = CURLE_OK;

#define SET(option, value) \
	(r = r != CURLE_OK ? r : curl_easy_setopt(c, option, value))
	SET(CURLOPT_URL, page->url);
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
	SET(CURLOPT_FOLLOWLOCATION, 1L);
	SET(CURLOPT_MAXREDIRS, (long)REDIRECTIONS);
	SET(CURLOPT_FAILONERROR, 1L);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_TIMEOUT, (long)SECONDS);
	SET(CURLOPT_CONNECTTIMEOUT, (long)SECONDS / 2);
	SET(CURLOPT_MAXFILESIZE, (long)DISCOVER_DOCUMENT_MAX);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_USERAGENT, "restante/" RESTANTE_VERSION);
	SET(CURLOPT_WRITEFUNCTION, on_octets);
	SET(CURLOPT_WRITEDATA, page);
	SET(CURLOPT_PRIVATE, page);
	if (ca_file != NULL)
		SET(CURLOPT_CAINFO, ca_file);
#undef SET
	return r == CURLE_OK;
}

static void
page_failed(struct discover_page *page)
{
	free(page->p);
	page->p = NULL;
	page->n = 0;
}

/* The pages that are done; one that failed is empty. */
static void
take_done(CURLM *multi)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(multi, &left)) != NULL) {
		struct discover_page *page = NULL;

		if (m->msg != CURLMSG_DONE || curl_easy_getinfo(
		    m->easy_handle, CURLINFO_PRIVATE, &page) != CURLE_OK)
			continue;
		if (m->data.result != CURLE_OK)
			page_failed(page);
	}
}

static int
perform(CURLM *multi)
{
	int running = 1;

	while (running > 0) {
		if (curl_multi_perform(multi, &running) != CURLM_OK)
			return -1;
		take_done(multi);
		if (running > 0 && curl_multi_poll(multi, NULL, 0, WAIT_MS,
		    NULL) != CURLM_OK)
			return -1;
	}
	return 0;
}

static int
add(CURLM *multi, CURL **c, struct discover_page *page, const char *ca_file)
{
	*c = curl_easy_init();
	if (*c == NULL || !set_options(*c, page, ca_file) ||
	    curl_multi_add_handle(multi, *c) != CURLM_OK)
		return -1;
	return 0;
}

int
discover_fetch(struct discover_page *pages, size_t n, const char *ca_file)
{
	CURLM *multi = curl_multi_init();
	CURL **c = calloc(n + 1, sizeof(*c));
	int ret = multi != NULL && c != NULL ? 0 : -1;

	for (size_t i = 0; i < n && ret == 0; i++)
		ret = add(multi, &c[i], &pages[i], ca_file);
	if (ret == 0)
		ret = perform(multi);
	for (size_t i = 0; i < n && c != NULL; i++) {
		if (c[i] != NULL && multi != NULL)
			(void)curl_multi_remove_handle(multi, c[i]);
		curl_easy_cleanup(c[i]);
		if (ret != 0)
			page_failed(&pages[i]);
	}
	free(c);
	(void)curl_multi_cleanup(multi);
	return ret;
}
