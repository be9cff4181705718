/* SPDX-License-Identifier: ISC
 *
 * read_file: a configuration file into memory, whole.  Knows nothing of what
 * stands in it but that it may be a secret.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conf/read.h"

enum { FILE_MAX_OCTETS = READ_FILE_MAX };

/* Memory for the file, whose size is only a hint.  Not more than that: it is
 * wiped, and so touched, to its end. */
static int
make_room(struct buf *text, const struct stat *st)
{
	enum { MORE = 64 << 10 };
	size_t room = FILE_MAX_OCTETS + 1;

	if (S_ISREG(st->st_mode) && st->st_size < FILE_MAX_OCTETS - MORE)
		room = (size_t)st->st_size + MORE;
	return buf_reserve(text, room) == 0 ? (int)room : -1;
}

int
read_file(struct mistakes *m, struct buf *text, struct stat *st_r)
{
	struct stat st;
	FILE *f = fopen(m->path, "re");
	int error = 0, room;
	size_t n;

	if (f)		/* no buffer that would keep a secret */
		(void)setvbuf(f, NULL, _IONBF, 0);
	if (f && fstat(fileno(f), &st) == 0 &&
	    (room = make_room(text, &st)) > 0) {
		n = fread(text->p, 1, (size_t)room, f);
		text->n = n;
		if (ferror(f))
			error = errno;
		/* too large, or it grows while it is read */
		else if (n > FILE_MAX_OCTETS || n == (size_t)room)
			error = EFBIG;
	} else {
		error = errno ? errno : ENOMEM;
	}
	if (f)
		(void)fclose(f);
	if (error) {
		mistake(m, 0, "cannot be read: %s", strerror(error));
		return -1;
	}
	if (st_r)
		*st_r = st;
	return 0;
}
