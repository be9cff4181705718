/* SPDX-License-Identifier: ISC
 *
 * play.c: the player's command line: which cases, against which server, in
 * which modes, and the count at the end.  README.md says how to use it.
 */
#include <dirent.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/num.h"
#include "engine.h"
#include "wire/run.h"

enum { EXIT_BAD_CASE = 2, EXIT_ALL_SKIPPED = 77, REPORT_MAX = 1 << 20 };

enum { OPT_ENGINE = 256, OPT_CONNECT, OPT_SMTP, OPT_LMTP, OPT_TLS_PORT,
	OPT_HAVE, OPT_ACTION, OPT_FROM, OPT_MODE, OPT_ROUNDS, OPT_SEED,
	OPT_TIMEOUT, OPT_TAP, OPT_CHECK, OPT_DUMP };

struct options {
	bool engine, tap, check;
	bool modes[3];
	struct sock_target target;
	char address[256];
	const char *have, *dump;
	unsigned rounds;
	uint64_t seed;
	int timeout_ms;
};

struct count {
	unsigned cases, passed, failed, skipped, plays;
};

static int
usage(void)
{
	(void)fputs("usage: play --engine | --connect HOST:PORT "
	    "[--smtp PORT] [--lmtp PORT]\n"
	    "            [--tls-port PORT] [--have WORD,...] "
	    "[--action SOCKET] [--from ADDRESS]\n"
	    "       [--mode whole|bytes|random|all] [--rounds N] "
	    "[--seed N] [--timeout SECONDS]\n"
	    "       [--tap] FILE.t|DIRECTORY...\n"
	    "       play --check FILE.t...\n"
	    "       play --dump DIRECTORY FILE.t\n", stderr);
	return EXIT_BAD_CASE;
}

/* ---- which cases --------------------------------------------------------- */

struct paths {
	char **path;
	int n, room;
};

static int
paths_add(struct paths *all, const char *directory, const char *name)
{
	char path[4096];

	if (snprintf(path, sizeof path, "%s%s%s", directory,
	    directory[0] == '\0' ? "" : "/", name) >= (int)sizeof path)
		return -1;
	if (all->n == all->room) {
		int room = all->room == 0 ? 64 : 2 * all->room;
		char **more = realloc(all->path,
		    (size_t)room * sizeof *more);

		if (more == NULL)
			return -1;
		all->path = more;
		all->room = room;
	}
	all->path[all->n] = strdup(path);
	return all->path[all->n] == NULL ? -1 : (all->n++, 0);
}

static int
is_case(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 2 && strcmp(d->d_name + n - 2, ".t") == 0;
}

/* every *.t of a directory, in order; an empty one is a mistake */
static int
paths_add_all(struct paths *all, const char *directory)
{
	struct dirent **d;
	int n = scandir(directory, &d, is_case, alphasort), rc = 0;

	if (n <= 0)
		return -1;
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = paths_add(all, directory, d[i]->d_name);
		free(d[i]);
	}
	free(d);
	return rc;
}

static int
paths_collect(struct paths *all, char **args, int n)
{
	struct stat st;
	int rc = 0;

	for (int i = 0; i < n && rc == 0; i++) {
		if (stat(args[i], &st) == 0 && S_ISDIR(st.st_mode))
			rc = paths_add_all(all, args[i]);
		else
			rc = paths_add(all, "", args[i]);
		if (rc != 0)
			(void)fprintf(stderr, "%s: no cases\n", args[i]);
	}
	return rc;
}

static void
paths_free(struct paths *all)
{
	for (int i = 0; i < all->n; i++)
		free(all->path[i]);
	free(all->path);
}

/* ---- playing ------------------------------------------------------------- */

/* `# ` in front of each line, or indented when there is no TAP */
static void
print_report(const struct options *o, const struct buf *report)
{
	bool start = true;

	for (size_t i = 0; i < report->n; i++) {
		if (start && o->tap)
			(void)fputs("# ", stdout);
		(void)putchar(report->p[i]);
		start = report->p[i] == '\n';
	}
	if (!start)
		(void)putchar('\n');
}

static int
play_once(const struct options *o, const struct wire_case *c, struct peer *p,
    enum run_mode mode, uint64_t seed, struct buf *report)
{
	struct run_how how = { .mode = mode, .seed = seed,
	    .timeout_ms = o->timeout_ms };

	return run_case(c, p, &how, report);
}

/* all modes that were asked for; stops at the first failure */
static int
play_case(const struct options *o, const struct wire_case *c, struct peer *p,
    struct count *n, struct buf *report)
{
	int rc = 0;

	for (int mode = RUN_WHOLE; mode <= RUN_BYTES && rc == 0; mode++) {
		if (!o->modes[mode])
			continue;
		n->plays++;
		rc = play_once(o, c, p, (enum run_mode)mode, 1, report);
	}
	for (unsigned i = 0; i < o->rounds && rc == 0 &&
	    o->modes[RUN_RANDOM]; i++) {
		n->plays++;
		rc = play_once(o, c, p, RUN_RANDOM, o->seed + i, report);
	}
	return rc;
}

/* appends why the case cannot be played here; 1 when so */
static int
skip_reason(const struct options *o, const struct wire_case *c,
    struct buf *why)
{
	if (o->engine && c->only == WIRE_SOCKET)
		return buf_append(why, c->reason.p, c->reason.n) == 0 ? 1 :
		    -1;
	if (!o->engine && c->only == WIRE_ENGINE)
		return buf_append(why, c->reason.p, c->reason.n) == 0 ? 1 :
		    -1;
	if (!o->engine && o->target.port[c->proto] == NULL)
		return buf_append_str(why, "no port for it") == 0 ? 1 : -1;
	return o->engine ? 0 :
	    case_missing(c, o->have, o->target.action != NULL, why);
}

static void
say(const struct options *o, const struct wire_case *c, unsigned number,
    const char *verdict, const struct buf *reason)
{
	if (o->tap)
		(void)printf("%s %u - %s", verdict, number, c->path);
	else
		(void)printf("%-6s %s", verdict, c->path);
	if (reason != NULL)
		(void)printf(" # SKIP %.*s", (int)reason->n,
		    (const char *)reason->p);
	(void)putchar('\n');
	(void)fflush(stdout);
}

static int
play_file(const struct options *o, const char *path, struct peer *p,
    struct count *n)
{
	struct wire_case c;
	struct buf report;
	int skip, rc = 0;

	n->cases++;
	if (case_load(&c, path) != 0)
		return EXIT_BAD_CASE;
	buf_init(&report, REPORT_MAX);
	skip = skip_reason(o, &c, &report);
	if (skip != 0) {
		n->skipped++;
		say(o, &c, n->cases, "ok", &report);
	} else if (play_case(o, &c, p, n, &report) == 0) {
		n->passed++;
		say(o, &c, n->cases, "ok", NULL);
	} else {
		n->failed++;
		say(o, &c, n->cases, "not ok", NULL);
		print_report(o, &report);
		rc = 1;
	}
	buf_release(&report);
	case_done(&c);
	return rc;
}

static int
play_all(const struct options *o, char **paths, int n_paths)
{
	struct peer *p = o->engine ? engine_new() : sock_new(&o->target);
	struct count n = { 0 };
	int worst = 0;

	if (p == NULL) {
		(void)fputs("play: no peer\n", stderr);
		return EXIT_BAD_CASE;
	}
	if (o->tap)
		(void)printf("1..%d\n", n_paths);
	(void)printf("# --seed %llu\n", (unsigned long long)o->seed);
	for (int i = 0; i < n_paths; i++) {
		int rc = play_file(o, paths[i], p, &n);

		if (rc > worst)
			worst = rc;
		if (rc == EXIT_BAD_CASE)
			break;
	}
	(void)printf("# %u cases: %u passed, %u failed, %u skipped; "
	    "%u plays\n", n.cases, n.passed, n.failed, n.skipped, n.plays);
	if (o->engine)
		engine_free(p);
	else
		sock_free(p);
	if (worst == 0 && n.skipped == n.cases && !o->tap)
		return EXIT_ALL_SKIPPED;
	return worst;
}

/* ---- other uses ---------------------------------------------------------- */

/* one line a case, for the programs that set up a server for it */
static int
check_all(char **paths, int n_paths)
{
	static const char *const protos[] = { "pop3", "smtp", "lmtp" };
	static const char *const onlys[] = { "any", "engine", "socket" };
	struct wire_case c;

	for (int i = 0; i < n_paths; i++) {
		if (case_load(&c, paths[i]) != 0)
			return EXIT_BAD_CASE;
		(void)printf("%s\t%s\t%s\t%s%s%s%s\t%.*s\t%.*s\t%.*s\t%.*s\n",
		    c.path, protos[c.proto], onlys[c.only],
		    c.uses_store ? "store " : "", c.uses_tls ? "tls " : "",
		    c.uses_pop3s ? "pop3s " : "",
		    c.users > 0 ? "users " : "",
		    (int)c.needs.n, (const char *)c.needs.p,
		    (int)c.checks.n, (const char *)c.checks.p,
		    (int)c.reason.n, (const char *)c.reason.p,
		    (int)c.choice.n, (const char *)c.choice.p);
		case_done(&c);
	}
	return 0;
}

static int
write_file(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "wb");
	int rc;

	if (f == NULL) {
		perror(path);
		return EXIT_BAD_CASE;
	}
	rc = fwrite(b->p, 1, b->n, f) == b->n || b->n == 0 ? 0 :
	    EXIT_BAD_CASE;
	return fclose(f) == 0 ? rc : EXIT_BAD_CASE;
}

static void
print_hex(struct pop_span s)
{
	for (size_t i = 0; i < s.n; i++)
		(void)printf("%02x", s.p[i]);
}

/* what the case puts into wren's maildrop, as files 1, 2..., and a line of
 * hex for each further user: name, tab, password */
static int
dump(const char *directory, const char *path)
{
	struct wire_case c;
	char name[4096];
	int rc = 0;

	if (case_load(&c, path) != 0)
		return EXIT_BAD_CASE;
	for (size_t i = 0; i < c.mails && rc == 0; i++) {
		if (snprintf(name, sizeof name, "%s/%zu", directory,
		    i + 1) >= (int)sizeof name)
			rc = EXIT_BAD_CASE;
		else
			rc = write_file(name, &c.mail[i]);
	}
	for (size_t i = 0; i < c.users && rc == 0; i++) {
		print_hex(buf_span(&c.user[i].name));
		(void)putchar('\t');
		print_hex(buf_span(&c.user[i].password));
		(void)putchar('\n');
	}
	case_done(&c);
	return rc;
}

/* ---- options ------------------------------------------------------------- */

static int
take_address(struct options *o, const char *arg)
{
	char *colon;
	size_t n = strlen(arg);

	if (n >= sizeof o->address)
		return -1;
	memcpy(o->address, arg, n + 1);
	colon = strrchr(o->address, ':');
	o->target.host = o->address;
	if (colon != NULL) {
		*colon = '\0';
		o->target.port[WIRE_POP3] = colon + 1;
	}
	return 0;
}

static int
take_mode(struct options *o, const char *arg)
{
	static const char *const names[] = { "whole", "bytes", "random" };

	for (size_t i = 0; i < 3; i++) {
		o->modes[i] = strcmp(arg, "all") == 0 ||
		    strcmp(arg, names[i]) == 0;
	}
	return o->modes[0] || o->modes[1] || o->modes[2] ? 0 : -1;
}

static int
take_number(const char *arg, uint64_t *n_r)
{
	return num_parse_u64(span_str(arg), UINT64_MAX, n_r);
}

static int
take_option(struct options *o, int option, const char *arg)
{
	uint64_t n = 0;

	switch (option) {
	case OPT_ENGINE:	o->engine = true;		return 0;
	case OPT_TAP:		o->tap = true;			return 0;
	case OPT_CHECK:		o->check = true;		return 0;
	case OPT_CONNECT:	return take_address(o, arg);
	case OPT_SMTP:		o->target.port[WIRE_SMTP] = arg; return 0;
	case OPT_LMTP:		o->target.port[WIRE_LMTP] = arg; return 0;
	case OPT_TLS_PORT:	o->target.tls_port = arg;	return 0;
	case OPT_HAVE:		o->have = arg;			return 0;
	case OPT_ACTION:	o->target.action = arg;		return 0;
	case OPT_FROM:		o->target.from = arg;		return 0;
	case OPT_DUMP:		o->dump = arg;			return 0;
	case OPT_MODE:		return take_mode(o, arg);
	case OPT_SEED:		return take_number(arg, &o->seed);
	case OPT_ROUNDS:
		if (take_number(arg, &n) != 0 || n > 1000000)
			return -1;
		o->rounds = (unsigned)n;
		return 0;
	case OPT_TIMEOUT:
		if (take_number(arg, &n) != 0 || n > 3600)
			return -1;
		o->timeout_ms = (int)n * 1000;
		return 0;
	default:
		return -1;
	}
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "engine", no_argument, NULL, OPT_ENGINE },
		{ "connect", required_argument, NULL, OPT_CONNECT },
		{ "smtp", required_argument, NULL, OPT_SMTP },
		{ "lmtp", required_argument, NULL, OPT_LMTP },
		{ "tls-port", required_argument, NULL, OPT_TLS_PORT },
		{ "have", required_argument, NULL, OPT_HAVE },
		{ "action", required_argument, NULL, OPT_ACTION },
		{ "from", required_argument, NULL, OPT_FROM },
		{ "mode", required_argument, NULL, OPT_MODE },
		{ "rounds", required_argument, NULL, OPT_ROUNDS },
		{ "seed", required_argument, NULL, OPT_SEED },
		{ "timeout", required_argument, NULL, OPT_TIMEOUT },
		{ "tap", no_argument, NULL, OPT_TAP },
		{ "check", no_argument, NULL, OPT_CHECK },
		{ "dump", required_argument, NULL, OPT_DUMP },
		{ NULL, 0, NULL, 0 }
	};
	struct options o = { .modes = { true, true, true }, .have = "",
	    .rounds = 5, .seed = (uint64_t)time(NULL), .timeout_ms = 10000 };
	struct paths all = { NULL, 0, 0 };
	int option, rc;

	(void)signal(SIGPIPE, SIG_IGN);
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (take_option(&o, option, optarg) != 0)
			return usage();
	}
	if (optind == argc ||
	    (o.engine == (o.target.host != NULL) && !o.check &&
	    o.dump == NULL))
		return usage();
	if (paths_collect(&all, argv + optind, argc - optind) != 0)
		rc = EXIT_BAD_CASE;
	else if (o.check)
		rc = check_all(all.path, all.n);
	else if (o.dump != NULL)
		rc = dump(o.dump, all.path[0]);
	else
		rc = play_all(&o, all.path, all.n);
	paths_free(&all);
	return rc;
}
