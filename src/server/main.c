/* SPDX-License-Identifier: ISC
 *
 * main: restanted's command line.  Reads the options and the configuration
 * and hands over: nothing of the server's logic is here.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "log/log.h"
#include "server/check.h"
#include "server/parent.h"
#include "server/stdio_session.h"
#include "sys/slurp.h"

/* exit statuses: restanted(8) lists them */
enum { EXIT_USAGE = 2 };

enum { CONFIG_MAX = 1 << 20 };

#define DEFAULT_CONFIG "/etc/restante/restanted.conf"

static const char usage[] =
    "usage: restanted [--config FILE] [--foreground]\n"
    "       restanted [--config FILE] --check | --dump\n"
    "       restanted [--config FILE] --stdio USER\n"
    "       restanted --help | --version\n"
    "\n"
    "The Post Office Protocol server: holds mail, and hands it out.\n"
    "\n"
    "  -c, --config FILE  the configuration (" DEFAULT_CONFIG ")\n"
    "  -f, --foreground   stay in the foreground, which is what it always\n"
    "                     does: accepted for service managers' sake\n"
    "      --check        report every mistake in the configuration\n"
    "      --dump         print the settings in force\n"
    "      --stdio USER   one session for USER on standard input and output\n"
    "  -h, --help         this text\n"
    "      --version      the version\n"
    "\n"
    "Signals: SIGHUP loads the configuration and certificates anew, SIGTERM\n"
    "lets open sessions end, SIGUSR1 opens the log anew. See restanted(8).\n";

enum mode { MODE_SERVE, MODE_CHECK, MODE_DUMP, MODE_STDIO };

struct options {
	const char *config;
	const char *user;
	enum mode mode;
};

static const struct option longs[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "check", no_argument, NULL, 'C' },
	{ "dump", no_argument, NULL, 'D' },
	{ "stdio", required_argument, NULL, 'S' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

/* -1: go on; else the exit status */
static int
read_options(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt_long(argc, argv, "c:fh", longs, NULL)) != -1)
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'f':
			break;
		case 'C':
			o->mode = MODE_CHECK;
			break;
		case 'D':
			o->mode = MODE_DUMP;
			break;
		case 'S':
			o->mode = MODE_STDIO;
			o->user = optarg;
			break;
		case 'h':
			return fputs(usage, stdout) < 0;
		case 'V':
			return puts("restanted " RESTANTE_VERSION) < 0;
		default:
			(void)fputs("restanted: see restanted --help\n",
			    stderr);
			return EXIT_USAGE;
		}
	if (optind < argc) {
		(void)fprintf(stderr, "restanted: what is \"%s\" for? see "
		    "restanted --help\n", argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

static int
serve(struct conf *conf, struct buf *text)
{
	if (log_open(conf->log, "restanted") != 0) {
		(void)fprintf(stderr, "restanted: log %s: %s\n", conf->log,
		    strerror(errno));
		conf_free(conf);
		buf_release(text);
		return 1;
	}
	return parent_run(conf, (char *)text->p, text->n);
}

int
main(int argc, char **argv)
{
	struct options o = { .config = DEFAULT_CONFIG };
	struct conf *conf;
	struct buf text;
	int status = read_options(argc, argv, &o);

	if (status >= 0)
		return status;
	/* the text is kept: the children read it too after a reload */
	buf_init(&text, CONFIG_MAX);
	if (slurp(o.config, &text) != 0) {
		(void)fprintf(stderr, "restanted: %s: %s\n", o.config,
		    strerror(errno));
		buf_release(&text);
		return 1;
	}
	if (conf_read_text(o.config, (const char *)text.p, text.n, stderr,
	    &conf) != 0) {
		buf_release(&text);
		return 1;
	}
	if (o.mode == MODE_SERVE)
		return serve(conf, &text);
	buf_release(&text);
	if (o.mode == MODE_STDIO) {
		status = stdio_main(conf, o.user);
	} else if (o.mode == MODE_CHECK) {
		status = check_main(conf);
	} else {
		conf_dump(conf, stdout);
		status = fflush(stdout) != 0;
	}
	conf_free(conf);
	return status;
}
