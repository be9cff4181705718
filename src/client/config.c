/* SPDX-License-Identifier: ISC
 *
 * config: `restante config`: the settings in force.  What it prints reads
 * back, but for passwords, which are never shown.  A file with a mistake does
 * not come this far.
 */
#include <stdio.h>

#include "client/client.h"

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

int
client_config(const struct client_args *args, const struct client_conf *conf)
{
	(void)printf("# %s: read without a mistake; %zu account%s, %zu "
	    "rule%s\n\n", conf->path, conf->naccounts,
	    plural(conf->naccounts), conf->nrules, plural(conf->nrules));
	client_conf_dump(conf, stdout);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fprintf(stderr, "%s: the settings could not be "
		    "written\n", args->program);
		return 74;	/* EX_IOERR */
	}
	return CLIENT_OK;
}
