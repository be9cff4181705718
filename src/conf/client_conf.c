/* SPDX-License-Identifier: ISC
 *
 * client_conf: restante.conf as a whole: what client_conf.h promises, by the
 * reader and the table; and writing lines of such files.  It must not judge
 * settings.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/client_check.h"
#include "conf/client_file.h"
#include "conf/dump.h"
#include "conf/quote.h"
#include "conf/read.h"
#include "conf/syntax.h"
#include "conf/value.h"

static const struct conf_schema *const schema = &conf_client_schema;

char *
client_conf_join(const char *dir, const char *name)
{
	size_t n = strlen(dir), m = strlen(name) + 1;
	char *path = malloc(n + 1 + m);

	if (!path)
		abort();
	while (n > 1 && dir[n - 1] == '/')
		n--;
	memcpy(path, dir, n);
	path[n] = '/';
	memcpy(path + n + 1, name, m);
	return path;
}

char *
client_conf_default_path(void)
{
	static const char name[] = "restante/restante.conf";
	const char *xdg = getenv("XDG_CONFIG_HOME");
	char *home, *config, *path;

	if (xdg && xdg[0] == '/')
		return client_conf_join(xdg, name);
	home = value_home();
	if (!home)
		return NULL;
	config = client_conf_join(home, ".config");
	path = client_conf_join(config, name);
	free(config);
	free(home);
	return path;
}

/* `st`: of the file, or NULL */
static int
read_text(const char *path, const char *text, size_t len,
    const struct stat *st, FILE *errors, struct client_conf **conf_r)
{
	struct mistakes m = { errors, path, 0, NULL, false };
	struct client_conf *c = calloc(1, sizeof(*c));
	unsigned last;

	if (!c)
		return mistake_memory(&m, 0);
	c->path = value_dup(path, strlen(path));
	if (!c->path)
		mistake_memory(&m, 0);
	last = read_settings(schema, &m, text, len, c);
	/* what is half there cannot be judged */
	if (!m.no_memory) {
		if (st)
			client_check_mode(&m, c, st);
		client_check(&m, c, last);
	}
	if (m.count > 0) {
		client_conf_free(c);
		return -1;
	}
	*conf_r = c;
	return 0;
}

int
client_conf_read_text(const char *path, const char *text, size_t len,
    FILE *errors, struct client_conf **conf_r)
{
	return read_text(path, text, len, NULL, errors, conf_r);
}

int
client_conf_read(const char *path, FILE *errors, struct client_conf **conf_r)
{
	struct mistakes m = { errors, path, 0, NULL, false };
	struct stat st;
	struct buf text;
	int result = -1;

	buf_init(&text, READ_FILE_MAX + 1);
	if (read_file(&m, &text, &st) == 0)
		result = read_text(path, (const char *)text.p, text.n, &st,
		    errors, conf_r);
	buf_wipe(&text);
	return result;
}

void
client_conf_free(struct client_conf *c)
{
	if (!c)
		return;
	origin_release(schema, c);
	free(c->path);
	free(c);
}

const struct account_conf *
client_conf_account(const struct client_conf *c, const char *name)
{
	for (size_t i = 0; i < c->naccounts; i++)
		if (strcmp(c->accounts[i].name, name) == 0)
			return &c->accounts[i];
	return NULL;
}

void
client_conf_dump(const struct client_conf *c, FILE *out)
{
	dump_settings(schema, c, out);
}

void
client_conf_man(FILE *out)
{
	dump_man(schema, out);
}

/* ---- writing ------------------------------------------------------------- */

const char *
client_conf_check_name(const char *name)
{
	return syntax_client_name(name);
}

static bool
is_printable(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\t') ||
		    *text == 0x7f)
			return false;
	return true;
}

/* quotes can double it; more than a line can have is not read back */
static bool
fits(const char *key, size_t n)
{
	return strlen(key) + 2 * n + 5 <= READ_LINE_MAX;
}

static const struct conf_setting *
any_setting(const char *key)
{
	for (size_t i = 0; i < schema->nsettings; i++)
		if (strcmp(schema->settings[i].key, key) == 0)
			return &schema->settings[i];
	return NULL;
}

int
client_conf_write_value(FILE *out, const char *key, const char *value)
{
	const struct conf_setting *s = any_setting(key);

	if (!is_printable(value) || !fits(key, strlen(value)))
		return -1;
	(void)fprintf(out, "%s = ", key);
	if (s && !quote_applies(s))
		(void)fputs(value, out);
	else
		quote_write(value, out);
	(void)fputc('\n', out);
	return 0;
}

int
client_conf_write_argv(FILE *out, const char *key, const char *const *argv)
{
	struct conf_argv a = { (char **)(uintptr_t)argv, 0 };
	size_t n = 0;

	for (; argv[a.argc]; a.argc++) {
		if (!is_printable(argv[a.argc]))
			return -1;
		n += strlen(argv[a.argc]) + 3;
	}
	if (!fits(key, n))
		return -1;
	(void)fprintf(out, "%s = ", key);
	quote_argv_write(&a, out);
	(void)fputc('\n', out);
	return 0;
}
