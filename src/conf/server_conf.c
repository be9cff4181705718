/* SPDX-License-Identifier: ISC
 *
 * server_conf: restanted.conf as a whole: what conf.h promises, by the reader
 * and the table.  It must not know single settings.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/dump.h"
#include "conf/read.h"
#include "conf/server_conf.h"
#include "conf/value.h"

static const struct conf_schema *const schema = &conf_server_schema;

int
conf_read_text(const char *path, const char *text, size_t len, FILE *errors,
    struct conf **conf_r)
{
	struct mistakes m = { errors, path, 0, NULL, false };
	struct conf *c = calloc(1, sizeof(*c));
	unsigned last;

	if (!c)
		return mistake_memory(&m, 0);
	c->path = value_dup(path, strlen(path));
	if (!c->path)
		mistake_memory(&m, 0);
	last = read_settings(schema, &m, text, len, c);
	/* what is half there cannot be judged */
	if (!m.no_memory)
		server_check(&m, c, last);
	if (m.count > 0) {
		conf_free(c);
		return -1;
	}
	*conf_r = c;
	return 0;
}

int
conf_read(const char *path, FILE *errors, struct conf **conf_r)
{
	struct mistakes m = { errors, path, 0, NULL, false };
	struct buf text;
	int result = -1;

	buf_init(&text, READ_FILE_MAX + 1);
	if (read_file(&m, &text, NULL) == 0)
		result = conf_read_text(path, (const char *)text.p, text.n,
		    errors, conf_r);
	buf_release(&text);
	return result;
}

void
conf_free(struct conf *c)
{
	if (!c)
		return;
	origin_release(schema, c);
	free(c->path);
	free(c);
}

unsigned
conf_line(const struct conf *c, const char *section, size_t index,
    const char *key)
{
	return origin_line(schema, c, section, index, key);
}

void
conf_dump(const struct conf *c, FILE *out)
{
	dump_settings(schema, c, out);
}

void
conf_man(FILE *out)
{
	dump_man(schema, out);
}
