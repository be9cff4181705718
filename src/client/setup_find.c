/* SPDX-License-Identifier: ISC
 *
 * setup_find: candidates for a domain, by restante-discover or by --server.
 *
 * Runs the program and reads its lines.  Believes nothing in them that it can
 * find out itself: names, numbers, and whether a host is in the domain are
 * looked at once more, since that program talks to strangers.
 */
#include "client/setup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <sysexits.h>
#include <unistd.h>

#include <jansson.h>

#include "base/num.h"
#include "base/text.h"
#include "client/run.h"

enum { SECONDS = 45 };
#define PROGRAM "restante-discover"

/* ---- --server ---- */

static bool
is_address(const char *text)
{
	struct in6_addr address;

	return inet_pton(AF_INET6, text, &address) == 1 ||
	    inet_pton(AF_INET, text, &address) == 1;
}

int
setup_read_server(const char *text, char host[DISCOVER_NAME_MAX],
    unsigned *port_r)
{
	const char *end, *colon;
	bool bracket = text[0] == '[';
	uint64_t port = 0;

	if (bracket) {
		end = strchr(++text, ']');
		if (end == NULL || (end[1] != '\0' && end[1] != ':'))
			return -1;
		colon = end[1] == ':' ? end + 1 : NULL;
	} else {
		colon = strchr(text, ':');
		end = colon != NULL ? colon : text + strlen(text);
	}
	if (colon != NULL && (num_parse_u64(span_str(colon + 1), 65535,
	    &port) != 0 || port == 0))
		return -1;
	if (end == text || text_format(host, DISCOVER_NAME_MAX, "%.*s",
	    (int)(end - text), text))
		return -1;
	if (bracket ? !is_address(host) : !discover_is_host(host))
		return -1;
	*port_r = (unsigned)port;
	return 0;
}

static int
take_given(struct setup *s)
{
	struct discover_candidate *c = &s->list[0];
	const char *tls = s->args->tls != NULL ? s->args->tls : "implicit";

	if (setup_read_server(s->args->server, c->host, &c->port) != 0)
		return setup_fail(s, EX_USAGE, "--server %s: that is neither "
		    "HOST nor HOST:PORT", s->args->server);
	if (discover_tls_find(tls, &c->tls) != 0)
		return setup_fail(s, EX_USAGE, "--tls %s: it is implicit (TLS "
		    "from the start, port 995) or start (STLS, port 110)",
		    tls);
	if (c->tls == DISCOVER_NONE)
		return setup_fail(s, EX_USAGE, "--tls none: setup sends no "
		    "password in clear. For a server without TLS write the "
		    "account yourself, with tls = none and clear_login = yes: "
		    "see restante.conf(5)");
	if (c->port == 0)
		c->port = c->tls == DISCOVER_IMPLICIT ? 995 : 110;
	c->in_domain = discover_in_domain(c->host, s->domain);
	s->given = true;
	s->n = 1;
	return 0;
}

/* ---- what restante-discover prints ---- */

static bool
copy_text(const json_t *line, const char *key, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(line, key));
	size_t n = text != NULL ? strlen(text) : 0;

	if (text == NULL || n >= size)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	memcpy(out, text, n + 1);
	return true;
}

static void
read_auths(const json_t *line, struct discover_candidate *c)
{
	const json_t *list = json_object_get(line, "auth");
	const json_t *word;
	size_t i;

	json_array_foreach(list, i, word)
		if (json_is_string(word))
			c->auth |= discover_auth_find(
			    json_string_value(word));
}

static bool
read_candidate(const struct setup *s, const json_t *line,
    struct discover_candidate *c)
{
	char source[32], tls[32];
	json_int_t port = json_integer_value(json_object_get(line, "port"));

	memset(c, 0, sizeof(*c));
	if (!copy_text(line, "source", source, sizeof(source)) ||
	    !copy_text(line, "tls", tls, sizeof(tls)) ||
	    !copy_text(line, "host", c->host, sizeof(c->host)) ||
	    !copy_text(line, "user", c->user, sizeof(c->user)) ||
	    discover_source_find(source, &c->source) != 0 ||
	    discover_tls_find(tls, &c->tls) != 0 ||
	    !discover_is_host(c->host) || port < 1 || port > 65535)
		return false;
	c->port = (unsigned)port;
	c->vouched = json_is_true(json_object_get(line, "vouched"));
	c->in_domain = discover_in_domain(c->host, s->domain);
	read_auths(line, c);
	return true;
}

static void
read_note(struct setup *s, const json_t *line)
{
	const char *note = json_string_value(json_object_get(line, "note"));

	if (note == NULL)
		return;
	if (strcmp(note, "no-pop3s") == 0)
		s->no_pop3 = true;
	else if (strcmp(note, "imap-only") == 0)
		s->imap_only = true;
}

int
setup_read_line(struct setup *s, struct pop_span line,
    struct discover_candidate *c_r)
{
	json_t *object = json_loadb((const char *)line.p, line.n, 0, NULL);
	const char *kind = json_string_value(json_object_get(object, "kind"));
	int r = 0;

	if (kind != NULL && strcmp(kind, "candidate") == 0)
		r = read_candidate(s, object, c_r) ? 1 : 0;
	else if (kind != NULL && strcmp(kind, "note") == 0)
		read_note(s, object);
	json_decref(object);
	return r;
}

/* ---- running it ---- */

struct discovery {
	struct setup *s;
	int status;
};

int
setup_find_program(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL && !text_format(slash + 1,
	    size - (size_t)(slash + 1 - path), "%s", PROGRAM) &&
	    access(path, X_OK) == 0)
		return 0;
	if (text_format(path, size, "%s", RESTANTE_LIBEXEC "/" PROGRAM))
		return -1;
	return access(path, X_OK);
}

static void
take_lines(struct setup *s, struct pop_span text)
{
	while (text.n > 0 && s->n < DISCOVER_MAX) {
		const unsigned char *lf = memchr(text.p, '\n', text.n);
		size_t n = lf != NULL ? (size_t)(lf - text.p) : text.n;

		if (setup_read_line(s, span_of(text.p, n),
		    &s->list[s->n]) == 1)
			s->n++;
		span_skip(&text, lf != NULL ? n + 1 : n);
	}
}

static void
on_discovered(void *arg, const struct run_result *result)
{
	struct discovery *d = arg;
	char why[200], errors[400];

	if (result->output != NULL)
		take_lines(d->s, buf_span(result->output));
	if (!result->exited || result->status != 0) {
		run_explain(result, why, sizeof(why));
		escape_text(result->errors, errors, sizeof(errors),
		    ESCAPE_MAX);
		/* what it found before is good */
		if (d->s->n == 0)
			d->status = setup_fail(d->s, EX_UNAVAILABLE,
			    PROGRAM " %s%s%s; give --server HOST", why,
			    errors[0] != '\0' ? ": " : "", errors);
	}
	loop_stop(d->s->loop);
}

static int
discover(struct setup *s)
{
	char path[PATH_MAX];
	char *const with[] = { path, (char *)(uintptr_t)"--address",
		s->address, s->domain, NULL };
	char *const without[] = { path, s->domain, NULL };
	struct discovery d = { s, 0 };
	struct run_spec spec = { .argv = s->args->tell_address ? with :
		without, .input = -1, .want_output = true,
		.timeout_s = SECONDS, .done = on_discovered, .arg = &d };

	if (setup_find_program(path, sizeof(path)) != 0)
		return setup_fail(s, EX_UNAVAILABLE, PROGRAM " is not "
		    "installed: give --server HOST, which your provider's "
		    "help pages name");
	setup_say(s, "Looking for the POP3 server of %s. Its name servers and "
	    "its web server\nare asked, and autoconfig.thunderbird.net; they "
	    "learn %s.\n", s->domain, s->args->tell_address ?
	    "the address" : "the domain, not the address");
	if (run_start(s->loop, &spec) == NULL || loop_run(s->loop) != 0)
		return setup_fail(s, EX_OSERR, "%s: %s", path,
		    strerror(errno));
	return d.status;
}

int
setup_find(struct setup *s)
{
	int r = s->args->server != NULL ? take_given(s) : discover(s);

	if (r != 0 || s->n > 0)
		return r;
	return setup_fail(s, EX_UNAVAILABLE, "%s%s%s; give --server HOST if "
	    "you know better", s->domain, s->no_pop3 ?
	    " says that it has no POP3 server" : ": no POP3 server was found",
	    s->imap_only ? " (it has IMAP alone)" : "");
}

void
setup_source_text(const struct setup *s, const struct discover_candidate *c,
    char *out, size_t size)
{
	switch (c->source) {
	case DISCOVER_SRV:
		(void)text_format(out, size, "the name servers of %s",
		    s->domain);
		break;
	case DISCOVER_AUTOCONFIG:
	case DISCOVER_WELL_KNOWN:
		(void)text_format(out, size, "the web server of %s",
		    s->domain);
		break;
	case DISCOVER_ISPDB:
		(void)text_format(out, size, "Mozilla's list of providers");
		break;
	case DISCOVER_MX_AUTOCONFIG:
	case DISCOVER_MX_WELL_KNOWN:
	case DISCOVER_MX_ISPDB:
		(void)text_format(out, size, "what is known of the host that "
		    "takes its mail");
		break;
	case DISCOVER_GUESS:
		(void)text_format(out, size, "a guess");
		break;
	}
}

int
setup_expand(const struct setup *s, const char *pattern, char *out,
    size_t size)
{
	const struct {
		const char *mark, *value;
	} marks[] = {
		{ "%EMAILADDRESS%", s->address },
		{ "%EMAILLOCALPART%", s->local },
		{ "%EMAILDOMAIN%", s->domain },
	};
	size_t n = 0;

	while (*pattern != '\0') {
		const char *value = NULL;
		size_t len = 1;

		for (size_t i = 0; i < 3 && value == NULL; i++) {
			size_t m = strlen(marks[i].mark);

			if (strncmp(pattern, marks[i].mark, m) == 0) {
				value = marks[i].value;
				pattern += m;
				len = strlen(value);
			}
		}
		if (value == NULL)
			value = pattern++;
		if (len >= size - n)
			return -1;
		memcpy(out + n, value, len);
		n += len;
	}
	out[n] = '\0';
	return 0;
}
