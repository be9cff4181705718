/* SPDX-License-Identifier: ISC
 *
 * draft_name: names of drafts, which become names of Maildir files.  Owns the
 * number of this run; knows no files.
 *
 * TIME.R<ident>P<run>Q<n>.HOST: the ident is the state's (random, of one
 * account, held by one process at a time), the run is random, n counts.
 * So a name is never made twice, whatever the clock says, and what an
 * earlier run left is known by it.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/text.h"
#include "client/dest_private.h"
#include "store/maildir_name.h"

static atomic_uint_fast64_t count;
static atomic_uint_fast32_t run_number;

static uint32_t
run_now(void)
{
	uint32_t run = (uint32_t)atomic_load(&run_number), chance;
	uint_fast32_t none = 0;

	if (run != 0)
		return run;
	if (getrandom(&chance, sizeof(chance), 0) != sizeof(chance))
		chance = (uint32_t)getpid();
	chance += chance == 0;
	if (atomic_compare_exchange_strong(&run_number, &none, chance))
		return chance;
	return (uint32_t)none;
}

void
draft_name_new_run(void)
{
	atomic_store(&run_number, 0);
}

void
draft_name(char out[DRAFT_NAME_MAX], const struct dest_world *world)
{
	char host[MAILDIR_HOST_MAX + 1];

	maildir_host_escape(host, world->hostname);
	/* 20 + 2 + 16 + 1 + 10 + 1 + 20 + 1 + 100 octets: it fits, and so
	 * does ",S=" behind it */
	if (text_format(out, DRAFT_NAME_MAX, "%" PRId64 ".R%.16sP%" PRIu32
	    "Q%" PRIu64 ".%s", dest_now(), world->ident, run_now(),
	    (uint64_t)atomic_fetch_add(&count, 1), host))
		out[DRAFT_NAME_MAX - 1] = '\0';
}

static const char *
skip_digits(const char *p)
{
	while (isdigit((unsigned char)*p))
		p++;
	return p;
}

bool
draft_name_ours(const char *name, const char *ident, bool *this_run_r)
{
	size_t n = strlen(ident);
	const char *p = skip_digits(name), *run;
	char mine[16];

	if (n == 0 || p == name || strncmp(p, ".R", 2) != 0 ||
	    strncmp(p + 2, ident, n) != 0 || p[2 + n] != 'P')
		return false;
	run = p + 2 + n + 1;
	p = skip_digits(run);
	if (p == run || p[0] != 'Q' || skip_digits(p + 1) == p + 1)
		return false;
	(void)text_format(mine, sizeof(mine), "%" PRIu32, run_now());
	*this_run_r = strlen(mine) == (size_t)(p - run) &&
	    strncmp(mine, run, (size_t)(p - run)) == 0;
	return true;
}
