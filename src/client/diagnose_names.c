/* SPDX-License-Identifier: ISC
 *
 * diagnose_names: the server's addresses, and what SRV records (RFC 6186, RFC
 * 8314 section 5.1) tell mail programs.  Asks name servers alone; SRV by
 * restante-discover, since their answers are a stranger's to parse.
 */
#include "client/diagnose_internal.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <jansson.h>

#include "client/run.h"
#include "client/setup.h"

enum { SRV_SECONDS = 15, SRV_TEXT = 400 };

/* ---- addresses ---- */

static void
add_place(struct diagnose *d, const struct addrinfo *a)
{
	struct place *p = &d->places[d->nplaces];

	if (d->nplaces == PLACES_MAX || a->ai_addrlen > sizeof(p->addr))
		return;
	memcpy(&p->addr, a->ai_addr, a->ai_addrlen);
	p->len = a->ai_addrlen;
	if (getnameinfo(a->ai_addr, a->ai_addrlen, p->text, sizeof(p->text),
	    NULL, 0, NI_NUMERICHOST) != 0)
		return;
	d->nplaces++;
}

/* All of one family: the count, and their texts. */
static size_t
look_up(struct diagnose *d, int family, char *text, size_t size,
    const char **why_r)
{
	struct addrinfo hints = { .ai_family = family,
		.ai_socktype = SOCK_STREAM }, *all = NULL;
	size_t first = d->nplaces, n = 0;
	int r = getaddrinfo(d->host, NULL, &hints, &all);

	text[0] = '\0';
	*why_r = r == 0 ? NULL : r == EAI_SYSTEM ? strerror(errno) :
	    gai_strerror(r);
	if (r != 0)
		return 0;
	for (const struct addrinfo *a = all; a != NULL; a = a->ai_next)
		if (d->nplaces - first < PLACES_MAX / 2)
			add_place(d, a);
	freeaddrinfo(all);
	for (size_t i = first; i < d->nplaces; i++) {
		(void)text_format(text + n, size - n, "%s%s",
		    i == first ? "" : ", ", d->places[i].text);
		n += strlen(text + n);
	}
	return d->nplaces - first;
}

void
diagnose_ipv4(struct diagnose *d)
{
	char text[PLACES_MAX * 66];
	const char *why;

	d->nv4 = look_up(d, AF_INET, text, sizeof(text), &why);
	if (d->nv4 > 0) {
		diagnose_have(d, HAVE_ADDRESS);
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s", text);
		return;
	}
	diagnose_say(d, DIAGNOSE_OK, NULL, "none (%s)", why);
}

void
diagnose_ipv6(struct diagnose *d)
{
	char text[PLACES_MAX * 66];
	const char *why;

	d->nv6 = look_up(d, AF_INET6, text, sizeof(text), &why);
	if (d->nv6 > 0) {
		diagnose_have(d, HAVE_ADDRESS);
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s", text);
	} else if (d->nv4 > 0) {
		diagnose_say(d, DIAGNOSE_OK, NULL, "none: it is reached by "
		    "IPv4 alone");
	} else {
		diagnose_lack_all(d, HAVE_ADDRESS, "the server has no "
		    "address");
		diagnose_say(d, DIAGNOSE_FAULT, advice_for(FAULT_RESOLVE)->
		    remedy, "no address was found for %s: %s", d->host, why);
	}
}

/* ---- SRV ---- */

struct srv_seen {
	struct diagnose *d;
	size_t secure, clear;	/* records of _pop3s, _pop3 */
	bool secure_none, clear_none;	/* "." */
	bool names_host;	/* one is the host that is looked at */
	bool elsewhere;		/* one is outside of the domain */
	char text[SRV_TEXT];
	char problem[SRV_TEXT];
};

static void
take_record(struct srv_seen *s, const json_t *o)
{
	const char *service = json_string_value(json_object_get(o,
	    "service"));
	const char *target = json_string_value(json_object_get(o, "target"));
	json_int_t port = json_integer_value(json_object_get(o, "port"));
	size_t n = strlen(s->text);
	bool secure, none;

	if (service == NULL || target == NULL)
		return;
	secure = strcmp(service, "_pop3s._tcp") == 0;
	none = strcmp(target, ".") == 0;
	if (!none && !discover_is_host(target))
		return;
	*(secure ? &s->secure : &s->clear) += 1;
	if (none) {
		*(secure ? &s->secure_none : &s->clear_none) = true;
		return;
	}
	s->names_host = s->names_host || strcasecmp(target,
	    s->d->host) == 0;
	s->elsewhere = s->elsewhere ||
	    !discover_in_domain(target, s->d->domain);
	(void)text_format(s->text + n, sizeof(s->text) - n, "%s%s: %s:%d",
	    n > 0 ? ", " : "", secure ? "_pop3s" : "_pop3", target,
	    (int)port);
}

static void
take_lines(struct srv_seen *s, struct pop_span text)
{
	while (text.n > 0) {
		const unsigned char *lf = memchr(text.p, '\n', text.n);
		size_t n = lf != NULL ? (size_t)(lf - text.p) : text.n;
		json_t *o = json_loadb((const char *)text.p, n, 0, NULL);

		take_record(s, o);
		json_decref(o);
		span_skip(&text, lf != NULL ? n + 1 : n);
	}
}

static void
on_looked_up(void *arg, const struct run_result *result)
{
	struct srv_seen *s = arg;

	if (result->output != NULL)
		take_lines(s, buf_span(result->output));
	if (!result->exited || result->status != 0)
		run_explain(result, s->problem, sizeof(s->problem));
	loop_stop(s->d->loop);
}

/* 0, or -1 after it was said why not */
static int
ask_for_srv(struct diagnose *d, struct srv_seen *s)
{
	char path[PATH_MAX];
	char *const argv[] = { path, (char *)(uintptr_t)"--srv", d->domain,
		NULL };
	const struct run_spec spec = { .argv = argv, .input = -1,
		.want_output = true, .timeout_s = SRV_SECONDS,
		.done = on_looked_up, .arg = s };

	if (setup_find_program(path, sizeof(path)) != 0) {
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "restante-discover is "
		    "not installed");
		return -1;
	}
	if (run_start(d->loop, &spec) == NULL || loop_run(d->loop) != 0)
		(void)text_format(s->problem, sizeof(s->problem), "%s",
		    strerror(errno));
	if (s->problem[0] == '\0')
		return 0;
	diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "restante-discover %s",
	    s->problem);
	return -1;
}

static void
judge(struct diagnose *d, const struct srv_seen *s)
{
	if (s->secure + s->clear == 0)
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s has none: mail "
		    "programs must be told, or guess", d->domain);
	else if (s->text[0] == '\0')
		diagnose_say(d, DIAGNOSE_FAULT, "The name servers tell mail "
		    "programs to use no POP3 (RFC 6186): the records are to "
		    "be removed, or this is not the server.", "%s says that "
		    "it has no POP3 server (\".\")", d->domain);
	else if (s->elsewhere)
		diagnose_say(d, DIAGNOSE_WARNING, "Unless DNSSEC protects "
		    "the records, a program has to ask whether that host may "
		    "get the password (RFC 8314 section 5.1): name one "
		    "within the domain.", "%s: not all within %s", s->text,
		    d->domain);
	else if (s->secure == 0 || s->secure_none)
		diagnose_say(d, DIAGNOSE_WARNING, "Add records for "
		    "_pop3s._tcp: programs are to leave out services without "
		    "TLS (RFC 8314 section 5.1).", "%s: nothing with TLS "
		    "from the start", s->text);
	else if (!s->names_host)
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s (%s is not among "
		    "them)", s->text, d->host);
	else
		diagnose_say(d, DIAGNOSE_OK, NULL, "%s", s->text);
}

void
diagnose_srv(struct diagnose *d)
{
	struct srv_seen s = { .d = d };

	if (ask_for_srv(d, &s) == 0)
		judge(d, &s);
}
