/* SPDX-License-Identifier: ISC
 *
 * diagnose: the table of checks, running it from top to bottom, and printing
 * what was found: a line each as it is found, for people or as JSON.
 *
 * Looks at nothing itself.  The whole takes TOTAL_MS at most and what one
 * answer takes: what has not been looked at by then is skipped.
 */
#include "client/diagnose_internal.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>
#include <sysexits.h>

#include "client/glob.h"
#include "net/loop.h"

enum { COLUMNS = 79, NAME_WIDTH = 22, STATUS_WIDTH = 9, TEXT_OCTETS = 1024 };

/* Later checks use what earlier ones found: the order is part of it. */
/* both ports are looked at before it is known what a password may go over */
#define PORT_GIVES (NEED(TLS) | NEED(CLEAR) | NEED(SESSION) | NEED(SAFE))

static const struct diagnose_check checks[] = {
	{ "names.ipv4", 0, NEED(ADDRESS), diagnose_ipv4 },
	{ "names.ipv6", 0, NEED(ADDRESS), diagnose_ipv6 },
	{ "names.srv", NEED(DOMAIN), 0, diagnose_srv },
	{ "connect.tls.ipv4", NEED(ADDRESS), NEED(TLS_PORT) |
	  NEED(CLEAR_PORT), diagnose_tls_ipv4 },
	{ "connect.tls.ipv6", NEED(ADDRESS), 0, diagnose_tls_ipv6 },
	{ "connect.clear.ipv4", NEED(ADDRESS), 0, diagnose_clear_ipv4 },
	{ "connect.clear.ipv6", NEED(ADDRESS), 0, diagnose_clear_ipv6 },
	{ "port.tls", NEED(TLS_PORT), PORT_GIVES, diagnose_tls_port },
	{ "port.clear", NEED(CLEAR_PORT), PORT_GIVES, diagnose_clear_port },
	{ "stls.offered", NEED(CLEAR), 0, diagnose_stls_offered },
	{ "stls.handshake", NEED(CLEAR), NEED(STLS), diagnose_stls_works },
	{ "stls.injection", NEED(STLS), 0, diagnose_stls_injection },
	{ "stls.capabilities", NEED(STLS), 0, diagnose_capa_change },
	{ "clear.login", NEED(CLEAR), 0, diagnose_clear_login },
	{ NULL, 0, PORT_GIVES, diagnose_choose_way },
	{ "tls.versions", NEED(TLS), 0, diagnose_versions },
	{ "tls.certificate", NEED(TLS), 0, diagnose_certificate },
	{ "tls.name", NEED(TLS), 0, diagnose_name },
	{ "tls.expiry", NEED(TLS), 0, diagnose_expiry },
	{ "tls.key", NEED(TLS), 0, diagnose_key },
	{ "tls.pin", NEED(TLS), 0, diagnose_pin },
	{ "tls.both-ports", NEED(TLS), 0, diagnose_both },
	{ "tls.resumption", NEED(TLS), 0, diagnose_resumption },
	{ "server.capabilities", NEED(SESSION), 0, diagnose_capabilities },
	{ "server.mechanisms", NEED(SESSION), 0, diagnose_mechanisms },
	{ "server.apop", NEED(SESSION), 0, diagnose_apop },
	{ "login.secret", NEED(SAFE), NEED(SECRET), diagnose_secret },
	{ "login.works", NEED(SECRET), NEED(LOGIN), diagnose_login },
	{ "login.capabilities", NEED(LOGIN), 0, diagnose_capa_inside },
	{ "server.implementation", NEED(SESSION), 0,
	  diagnose_implementation },
	{ "server.customs", 0, 0, diagnose_customs },
	{ "server.expire", NEED(SESSION), 0, diagnose_expire },
	{ "server.login-delay", NEED(SESSION), 0, diagnose_login_delay },
	{ "drop.round-trip", NEED(LOGIN), 0, diagnose_round_trip },
	{ "drop.sizes", NEED(LOGIN), NEED(LISTING) | NEED(MESSAGE),
	  diagnose_stat },
	{ "drop.uidl", NEED(LISTING), 0, diagnose_uidl },
	{ "drop.uidl-unique", NEED(LISTING), 0, diagnose_unique },
	{ "drop.uidl-stable", NEED(LISTING), NEED(SECOND),
	  diagnose_stable },
	{ "drop.two-sessions", NEED(SECOND), 0, diagnose_two_sessions },
	{ "mail.size", NEED(SECOND) | NEED(MESSAGE), NEED(READ),
	  diagnose_size },
	{ "mail.framing", NEED(READ), 0, diagnose_framing },
	{ "mail.top", NEED(SECOND) | NEED(MESSAGE), 0, diagnose_top },
	{ "server.pipelining", NEED(SECOND), 0, diagnose_pipelining },
	{ "local.config", NEED(ACCOUNT), 0, diagnose_config },
	{ "local.state", NEED(ACCOUNT), 0, diagnose_state },
	{ "local.destination", NEED(ACCOUNT), 0, diagnose_destination },
	{ "local.disk", NEED(ACCOUNT) | NEED(LISTING), 0, diagnose_disk },
};
enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

static const char *const words[DIAGNOSE_STATES] = {
	[DIAGNOSE_OK] = "ok", [DIAGNOSE_WARNING] = "warning",
	[DIAGNOSE_FAULT] = "fault", [DIAGNOSE_SKIPPED] = "skipped"
};

/* ---- printing ---- */

static void
print_json(struct diagnose *d, enum diagnose_status status, const char *text,
    const char *remedy)
{
	json_t *o = json_pack("{ss ss ss ss ss}", "event", "check",
	    "server", d->host, "name", d->check->name,
	    "status", words[status], "text", text);
	int r = o == NULL ? -1 : 0;

	if (r == 0 && d->spec->conf != NULL)
		r = json_object_set_new(o, "account",
		    json_string(d->account.name));
	if (r == 0 && remedy != NULL)
		r = json_object_set_new(o, "remedy", json_string(remedy));
	if (r == 0)
		r = json_dumpf(o, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	(void)fputc('\n', stdout);
	json_decref(o);
	d->lost = d->lost || r != 0;
}

/* Words up to the end of the line, then on the next one below; a word that
 * would not fit there (a pin) begins further left. */
static void
print_wrapped(const char *text, size_t indent)
{
	size_t at = indent, n;
	bool first = true;

	for (; *text != '\0'; text += n) {
		text += strspn(text, " ");
		n = strcspn(text, " ");
		if (n == 0)
			break;
		if (!first && at + 1 + n > COLUMNS) {
			at = indent + n <= COLUMNS ? indent : STATUS_WIDTH;
			(void)printf("\n%*s", (int)at, "");
			first = true;
		}
		(void)printf("%s%.*s", first ? "" : " ", (int)n, text);
		at += n + (first ? 0 : 1);
		first = false;
	}
	(void)fputc('\n', stdout);
}

static void
print_people(const struct diagnose *d, enum diagnose_status status,
    const char *text, const char *remedy)
{
	static const char *const colors[DIAGNOSE_STATES] = {
		[DIAGNOSE_OK] = "\033[32m", [DIAGNOSE_WARNING] = "\033[33m",
		[DIAGNOSE_FAULT] = "\033[31m", [DIAGNOSE_SKIPPED] = "\033[2m"
	};
	bool color = d->spec->args->color;

	if (d->spec->args->mode == REPORT_QUIET && (status == DIAGNOSE_OK ||
	    status == DIAGNOSE_SKIPPED))
		return;
	(void)printf("%s%-*s%s%-*s", color ? colors[status] : "",
	    STATUS_WIDTH, words[status], color ? "\033[0m" : "", NAME_WIDTH,
	    d->check->name);
	print_wrapped(text, STATUS_WIDTH + NAME_WIDTH);
	if (remedy == NULL)
		return;
	(void)printf("%*s", STATUS_WIDTH, "");
	print_wrapped(remedy, STATUS_WIDTH);
}

static bool
is_wanted(const struct client_args *a, const struct diagnose_check *c)
{
	return c->name != NULL && (a->check.only == NULL ||
	    glob_match(span_str(a->check.only), span_str(c->name)));
}

void
diagnose_say(struct diagnose *d, enum diagnose_status status,
    const char *remedy, const char *fmt, ...)
{
	char text[TEXT_OCTETS], shown[4 * TEXT_OCTETS];
	va_list ap;

	if (d->said)
		return;
	d->said = true;
	if (!is_wanted(d->spec->args, d->check))
		return;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	/* file names too may hold anything */
	escape_text(span_str(text), shown, sizeof(shown), TEXT_OCTETS);
	d->counts[status]++;
	if (d->spec->args->mode == REPORT_JSON)
		print_json(d, status, shown, remedy);
	else
		print_people(d, status, shown, remedy);
	/* as it is found; what cannot be written is told at the end */
	(void)fflush(stdout);
}

static int
print_summary(struct diagnose *d, int status)
{
	const size_t *n = d->counts;
	json_t *o;
	int r;

	if (d->spec->args->mode == REPORT_QUIET)
		return status;
	if (d->spec->args->mode != REPORT_JSON) {
		(void)printf("\n%s: %zu ok, %zu warning%s, %zu fault%s, "
		    "%zu skipped\n", d->host, n[DIAGNOSE_OK],
		    n[DIAGNOSE_WARNING], n[DIAGNOSE_WARNING] == 1 ? "" : "s",
		    n[DIAGNOSE_FAULT], n[DIAGNOSE_FAULT] == 1 ? "" : "s",
		    n[DIAGNOSE_SKIPPED]);
		return status;
	}
	o = json_pack("{ss ss sI sI sI sI sI si}", "event", "check-summary",
	    "server", d->host, "ok", (json_int_t)n[DIAGNOSE_OK],
	    "warnings", (json_int_t)n[DIAGNOSE_WARNING],
	    "faults", (json_int_t)n[DIAGNOSE_FAULT],
	    "skipped", (json_int_t)n[DIAGNOSE_SKIPPED], "milliseconds",
	    (json_int_t)(diagnose_now_us() / 1000 - d->begun_ms),
	    "exit_status", status);
	r = o == NULL ? -1 :
	    json_dumpf(o, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	(void)fputc('\n', stdout);
	json_decref(o);
	return r == 0 ? status : EX_OSERR;
}

/* ---- running ---- */

void
diagnose_have(struct diagnose *d, enum diagnose_need what)
{
	d->have |= 1u << what;
}

void
diagnose_lack(struct diagnose *d, enum diagnose_need what, const char *fmt,
    ...)
{
	va_list ap;

	if (d->lacks[what][0] != '\0')
		return;
	va_start(ap, fmt);
	if (vsnprintf(d->lacks[what], sizeof(d->lacks[what]), fmt, ap) < 0)
		d->lacks[what][0] = '\0';
	va_end(ap);
}

void
diagnose_lack_all(struct diagnose *d, enum diagnose_need what,
    const char *why)
{
	for (int i = (int)what; i <= HAVE_READ; i++)
		diagnose_lack(d, (enum diagnose_need)i, "%s", why);
}

static const char *
why_not(const struct diagnose *d, enum diagnose_need what)
{
	static const char *const usual[HAVES] = {
		[HAVE_DOMAIN] = "an address has no domain",
		[HAVE_ADDRESS] = "the server has no address",
		[HAVE_TLS_PORT] = "no connection to the port with TLS",
		[HAVE_CLEAR_PORT] = "no connection to the port for STLS",
		[HAVE_CLEAR] = "no POP3 server on the port for STLS",
		[HAVE_STLS] = "STLS did not work",
		[HAVE_TLS] = "no TLS on any port",
		[HAVE_SESSION] = "no encrypted session",
		[HAVE_SAFE] = "no connection that is safe for a password",
		[HAVE_SECRET] = "no password",
		[HAVE_LOGIN] = "no login",
		[HAVE_SECOND] = "no second session",
		[HAVE_LISTING] = "no listing",
		[HAVE_MESSAGE] = "there is no message to look at",
		[HAVE_READ] = "no message was read",
		[HAVE_ACCOUNT] = "only for an account of restante.conf",
	};

	return d->lacks[what][0] != '\0' ? d->lacks[what] : usual[what];
}

static void
run_check(struct diagnose *d, const struct diagnose_check *c)
{
	d->check = c;
	d->said = c->name == NULL;
	for (unsigned what = 0; what < HAVES; what++)
		if ((c->needs & ~d->have & 1u << what) != 0) {
			diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "%s",
			    why_not(d, (enum diagnose_need)what));
			return;
		}
	if (diagnose_now_us() / 1000 > d->end_ms) {
		diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "no time left: the "
		    "server is too slow");
		return;
	}
	c->run(d);
	diagnose_say(d, DIAGNOSE_SKIPPED, NULL, "nothing was seen");
}

/* ---- the beginning and the end ---- */

/* The domain whose SRV records might name this host: that of the mail
 * addresses, or what stands behind "pop." and the like. */
static void
find_domain(struct diagnose *d)
{
	static const char *const fronts[] = { "pop", "pop3", "pops", "pop3s",
		"mail", "mx", "in", "incoming", "imap", "inbound" };
	const char *at = strrchr(d->account.user, '@'), *name = d->host;
	unsigned char octets[16];
	size_t n = strcspn(name, ".");

	if (d->account.mail_domain != NULL)
		name = d->account.mail_domain;
	else if (d->spec->has_user && at != NULL)
		name = at + 1;
	else for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
		if (strlen(fronts[i]) == n && strncasecmp(name, fronts[i],
		    n) == 0 && strchr(name + n + 1, '.') != NULL) {
			name += n + 1;
			break;
		}
	if (inet_pton(AF_INET, name, octets) == 1 ||
	    inet_pton(AF_INET6, name, octets) == 1 ||
	    !discover_is_host(name))
		return;
	if (strchr(name, '.') == NULL) {
		diagnose_lack(d, HAVE_DOMAIN, "\"%.100s\" is not the name of "
		    "a mail domain", name);
		return;
	}
	if (!text_format(d->domain, sizeof(d->domain), "%s", name))
		diagnose_have(d, HAVE_DOMAIN);
}

static void
gate_done(struct gate *g)
{
	tls_client_unref(g->client);
	X509_free(g->tls.cert);
	buf_release(&g->greeting_line);
	buf_release(&g->clear.lines);
	buf_release(&g->encrypted.lines);
}

static void
gate_init(struct gate *g, unsigned port, bool implicit)
{
	g->port = port;
	g->implicit = implicit;
	buf_init(&g->greeting_line, LINE_OCTETS);
	buf_init(&g->clear.lines, CAPA_OCTETS);
	buf_init(&g->encrypted.lines, CAPA_OCTETS);
}

static void
drop_init(struct drop_seen *s)
{
	buf_init(&s->sizes, DROP_ROWS * sizeof(uint64_t));
	buf_init(&s->ids, DROP_ROWS * (POP_UIDL_MAX + 1));
}

static void
drop_done(struct drop_seen *s)
{
	buf_release(&s->sizes);
	buf_release(&s->ids);
}

/* Those that are wanted, and what they stand on.  False: none is wanted. */
static bool
choose_checks(const struct client_args *a, bool runs[CHECKS])
{
	unsigned needed = 0;
	bool any = false;

	for (size_t i = CHECKS; i-- > 0;) {
		bool wanted = is_wanted(a, &checks[i]);

		runs[i] = wanted || (checks[i].gives & needed) != 0;
		if (runs[i])
			needed |= checks[i].needs;
		any = any || wanted;
	}
	return any;
}

static int
look_at_all(struct diagnose *d)
{
	bool runs[CHECKS];

	if (!choose_checks(d->spec->args, runs)) {
		(void)fprintf(stderr, "restante: no check is called \"%s\": "
		    "restante check --list names them\n",
		    d->spec->args->check.only);
		return EX_USAGE;
	}
	for (size_t i = 0; i < CHECKS; i++)
		if (runs[i])
			run_check(d, &checks[i]);
	return print_summary(d, d->lost ? EX_OSERR :
	    d->counts[DIAGNOSE_FAULT] > 0 ? CLIENT_SOME : CLIENT_OK);
}

int
diagnose_run(const struct diagnose_spec *spec)
{
	struct diagnose d = { .spec = spec, .account = *spec->account,
		.host = spec->account->server, .loop = loop_new() };
	int status;

	if (d.loop == NULL)
		return EX_OSERR;
	d.begun_ms = diagnose_now_us() / 1000;
	d.end_ms = d.begun_ms + TOTAL_MS;
	gate_init(&d.tls, spec->tls_port, true);
	gate_init(&d.clear, spec->clear_port, false);
	buf_init(&d.inside.lines, CAPA_OCTETS);
	drop_init(&d.drop);
	drop_init(&d.again);
	buf_init(&d.mail.head, HEAD_OCTETS);
	if (spec->conf != NULL)
		diagnose_have(&d, HAVE_ACCOUNT);
	find_domain(&d);
	status = look_at_all(&d);
	gate_done(&d.tls);
	gate_done(&d.clear);
	buf_release(&d.inside.lines);
	drop_done(&d.drop);
	drop_done(&d.again);
	buf_wipe(&d.mail.head);
	/* what was read must not look as if it had been fetched */
	diagnose_leave(&d.first);
	diagnose_leave(&d.second);
	if (d.has_secret)
		secret_done(&d.secret);
	loop_free(d.loop);
	return status;
}

int
diagnose_list(const struct client_args *args)
{
	for (size_t i = 0; i < CHECKS; i++) {
		if (!is_wanted(args, &checks[i]))
			continue;
		if (args->mode == REPORT_JSON)
			(void)printf("{\"event\":\"check-name\",\"name\":"
			    "\"%s\"}\n", checks[i].name);
		else
			(void)puts(checks[i].name);
	}
	return EX_OK;
}
