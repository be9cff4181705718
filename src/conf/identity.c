/* SPDX-License-Identifier: ISC
 *
 * identity: user and group of a configuration to numbers.
 */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "conf/conf.h"

static char error_text[160];

static int
fail(const char *what, const char *name, const char *hint,
    const char **error_r)
{
	int n = snprintf(error_text, sizeof(error_text), "%s \"%.64s\"%s",
	    what, name, hint);

	if (n < 0 || (size_t)n >= sizeof(error_text))
		*error_r = what;
	else
		*error_r = error_text;
	return -1;
}

static int
as_number(const char *text, unsigned *v_r)
{
	uint64_t v;

	if (num_parse_u64(span_str(text), 4294967294u, &v) != 0)
		return -1;
	*v_r = (unsigned)v;
	return 0;
}

static int
resolve_group(const char *name, unsigned *gid_r, const char **error_r)
{
	const struct group *gr;

	if (as_number(name, gid_r) == 0)
		return 0;
	gr = getgrnam(name);
	if (!gr)
		return fail("no such group:", name, "", error_r);
	*gid_r = gr->gr_gid;
	return 0;
}

int
conf_identity_resolve(const struct conf_identity *id, unsigned *uid_r,
    unsigned *gid_r, const char **error_r)
{
	const struct passwd *pw;
	unsigned uid, gid = 0;

	if (!id->user)
		return 1;
	if (as_number(id->user, &uid) == 0)
		pw = getpwuid(uid);
	else
		pw = getpwnam(id->user);
	if (pw) {
		uid = pw->pw_uid;
		gid = pw->pw_gid;
	} else if (as_number(id->user, &uid) != 0) {
		return fail("no such user:", id->user, "", error_r);
	} else if (!id->group) {
		return fail("no such user:", id->user,
		    "; a number needs a group too, as in 5000:5000", error_r);
	}
	if (id->group && resolve_group(id->group, &gid, error_r) != 0)
		return -1;
	if (uid == 0)
		return fail("not for root:", id->user, "", error_r);
	*uid_r = uid;
	*gid_r = gid;
	return 0;
}
