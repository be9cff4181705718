/* SPDX-License-Identifier: ISC
 *
 * options: command lines of `restante`, right ones and wrong ones, what is
 * said about the wrong, and that --help knows every command.
 */
#include "stage.h"

#include "client/near.h"
#include "client/options.h"

enum { WORDS = 8 };

/* argv is ours to reorder, and its words must live as long as the options */
static int
parse(const char *const words[WORDS], struct options *o)
{
	static char *argv[WORDS + 2];
	int argc = 1;

	argv[0] = (char *)(uintptr_t)"restante";
	for (int i = 0; i < WORDS && words[i] != NULL; i++)
		argv[argc++] = (char *)(uintptr_t)words[i];
	argv[argc] = NULL;
	return options_parse(argc, argv, o);
}

static const struct {
	const char *words[WORDS];
	enum command_id id;
	enum report_mode mode;
	bool dry_run, all, once, debug, yes;
	const char *config, *from, *output;
	const char *names[3];
} good[] = {
	{ { "fetch" }, COMMAND_FETCH, REPORT_PEOPLE,
	  false, false, false, false, false, NULL, NULL, NULL, { NULL } },
	{ { "-q", "fetch", "work", "home" }, COMMAND_FETCH, REPORT_QUIET,
	  false, false, false, false, false, NULL, NULL, NULL,
	  { "work", "home" } },
	{ { "fetch", "work", "-v", "--dry-run", "--all", "--debug" },
	  COMMAND_FETCH, REPORT_VERBOSE,
	  true, true, false, true, false, NULL, NULL, NULL, { "work" } },
	{ { "--config", "/a b", "--json", "daemon", "--once" },
	  COMMAND_DAEMON, REPORT_JSON,
	  false, false, true, false, false, "/a b", NULL, NULL, { NULL } },
	{ { "--config=x", "config" }, COMMAND_CONFIG, REPORT_PEOPLE,
	  false, false, false, false, false, "x", NULL, NULL, { NULL } },
	{ { "show", "work", "12" }, COMMAND_SHOW, REPORT_PEOPLE,
	  false, false, false, false, false, NULL, NULL, NULL,
	  { "work", "12" } },
	{ { "fetch", "--", "-odd" }, COMMAND_FETCH, REPORT_PEOPLE,
	  false, false, false, false, false, NULL, NULL, NULL,
	  { "-odd" } },
	{ { "import", "--from", "getmail", "--dry-run" }, COMMAND_IMPORT,
	  REPORT_PEOPLE, true, false, false, false, false, NULL, "getmail",
	  NULL, { NULL } },
	{ { "setup", "you@example.org", "--yes", "--output", "x" },
	  COMMAND_SETUP, REPORT_PEOPLE, false, false, false, false, true,
	  NULL, NULL, "x", { "you@example.org" } },
	{ { "check", "pop.example.org", "--port", "1110" }, COMMAND_CHECK,
	  REPORT_PEOPLE, false, false, false, false, false, NULL, NULL, NULL,
	  { "pop.example.org" } },
	{ { "check", "--list" }, COMMAND_CHECK, REPORT_PEOPLE,
	  false, false, false, false, false, NULL, NULL, NULL, { NULL } },
	{ { "check", "h.example", "--conformance", "--yes" }, COMMAND_CHECK,
	  REPORT_PEOPLE, false, false, false, false, true, NULL, NULL, NULL,
	  { "h.example" } },
	{ { "--json", "--json", "list", "work" }, COMMAND_LIST, REPORT_JSON,
	  false, false, false, false, false, NULL, NULL, NULL,
	  { "work" } },
	{ { "help" }, COMMAND_HELP, REPORT_PEOPLE,
	  false, false, false, false, false, NULL, NULL, NULL, { NULL } },
	{ { "help", "fetch" }, COMMAND_HELP, REPORT_PEOPLE,
	  false, false, false, false, false, NULL, NULL, NULL,
	  { "fetch" } },
};

static void
assert_text(const char *is, const char *wanted)
{
	if (wanted == NULL)
		assert_null(is);
	else
		assert_string_equal(is, wanted);
}

static void
test_good(void **state)
{
	struct options o;
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		if (parse(good[i].words, &o) != 0)
			fail_msg("case %zu: %s", i, o.error);
		assert_int_equal(o.id, good[i].id);
		assert_non_null(o.command);
		assert_int_equal(o.args.mode, good[i].mode);
		assert_int_equal(o.args.dry_run, good[i].dry_run);
		assert_int_equal(o.args.all, good[i].all);
		assert_int_equal(o.args.once, good[i].once);
		assert_int_equal(o.args.debug, good[i].debug);
		assert_int_equal(o.args.yes, good[i].yes);
		assert_text(o.args.config, good[i].config);
		assert_text(o.args.from, good[i].from);
		assert_text(o.args.output, good[i].output);
		for (n = 0; good[i].names[n] != NULL; n++)
			assert_string_equal(o.args.names[n],
			    good[i].names[n]);
		assert_int_equal(o.args.nnames, n);
	}
}

static const struct {
	const char *words[WORDS];
	const char *error;	/* part of it */
	enum report_mode mode;
} bad[] = {
	{ { "fecth" }, "did you mean `fetch'?", REPORT_PEOPLE },
	{ { "chekc", "h" }, "did you mean `check'?", REPORT_PEOPLE },
	{ { "check" }, "usage: restante check HOST|ACCOUNT", REPORT_PEOPLE },
	{ { "check", "a.example", "b.example" },
	  "usage: restante check HOST|ACCOUNT", REPORT_PEOPLE },
	{ { "check", "a.example", "--lmtp", "h:24" },
	  "go with --conformance", REPORT_PEOPLE },
	{ { "fetch", "--only", "tls.*" }, "`fetch' does not take --only",
	  REPORT_PEOPLE },
	{ { "Fetch" }, "did you mean `fetch'?", REPORT_PEOPLE },
	{ { "stat" }, "did you mean `status'?", REPORT_PEOPLE },
	{ { "frobnicate" }, "there is no command \"frobnicate\"",
	  REPORT_PEOPLE },
	{ { "" }, "there is no command \"\"", REPORT_PEOPLE },
	{ { "fetch", "--dryrun" }, "did you mean --dry-run?",
	  REPORT_PEOPLE },
	{ { "fetch", "--dry-rum=3" }, "did you mean --dry-run?",
	  REPORT_PEOPLE },
	{ { "fetch", "--xyzzy" }, "there is no option --xyzzy",
	  REPORT_PEOPLE },
	{ { "fetch", "-x" }, "there is no option -x", REPORT_PEOPLE },
	{ { "-qx", "fetch" }, "there is no option -x", REPORT_QUIET },
	{ { "fetch", "--config" }, "--config wants a value: --config FILE",
	  REPORT_PEOPLE },
	{ { "fetch", "--dry-run=yes" }, "--dry-run takes no value",
	  REPORT_PEOPLE },
	{ { "fetch", "--once" }, "`fetch' does not take --once",
	  REPORT_PEOPLE },
	{ { "list", "--from", "x", "work" }, "`list' does not take --from",
	  REPORT_PEOPLE },
	{ { "-q", "-v", "fetch" }, "only one of them", REPORT_VERBOSE },
	/* a program that asked for JSON gets it, whatever else is wrong */
	{ { "--json", "-q", "fetch" }, "only one of them", REPORT_JSON },
	{ { "-v", "fetch", "--json" }, "only one of them", REPORT_JSON },
	{ { "--json", "fecth" }, "did you mean", REPORT_JSON },
	{ { "list" }, "usage: restante list ACCOUNT", REPORT_PEOPLE },
	{ { "list", "a", "b" }, "usage: restante list ACCOUNT",
	  REPORT_PEOPLE },
	{ { "show", "work" }, "usage: restante show ACCOUNT N",
	  REPORT_PEOPLE },
	{ { "config", "x" }, "usage: restante config", REPORT_PEOPLE },
	{ { "setup" }, "usage: restante setup ADDRESS", REPORT_PEOPLE },
	{ { "import" }, "from what?", REPORT_PEOPLE },
	{ { "import", "--from", "mpop", "a", "b" }, "usage: restante import",
	  REPORT_PEOPLE },
};

static void
test_bad(void **state)
{
	struct options o;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(parse(bad[i].words, &o), -1);
		if (strstr(o.error, bad[i].error) == NULL)
			fail_msg("case %zu: %s", i, o.error);
		assert_int_equal(o.args.mode, bad[i].mode);
	}
}

/* Each value arrives where it belongs. */
static void
test_setup(void **state)
{
	static char words[][40] = { "restante", "setup", "w@example.org",
		"--server=a:1", "--tls=b", "--user=c", "--account=d",
		"--destination=e", "--keep=f", "--password-command=g",
		"--ca-file=h", "--tell-address" };
	char *argv[COUNT(words) + 1];
	struct options o;

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++)
		argv[i] = words[i];
	argv[COUNT(words)] = NULL;
	assert_int_equal(options_parse(COUNT(words), argv, &o), 0);
	assert_string_equal(o.args.server, "a:1");
	assert_string_equal(o.args.tls, "b");
	assert_string_equal(o.args.user, "c");
	assert_string_equal(o.args.account, "d");
	assert_string_equal(o.args.destination, "e");
	assert_string_equal(o.args.keep, "f");
	assert_string_equal(o.args.password_command, "g");
	assert_string_equal(o.args.ca_file, "h");
	assert_true(o.args.tell_address);
	assert_string_equal(o.args.names[0], "w@example.org");
	assert_int_equal(o.args.nnames, 1);
}

/* --help and --version want no command that is whole. */
static void
test_help(void **state)
{
	static const char *const bare[WORDS] = { "--help" };
	static const char *const list[WORDS] = { "list", "-h" };
	static const char *const version[WORDS] = { "show", "--version" };
	static const char *const none[WORDS] = { NULL };
	struct options o;

	(void)state;
	assert_int_equal(parse(bare, &o), 0);
	assert_true(o.help);
	assert_null(o.command);
	assert_int_equal(parse(list, &o), 0);
	assert_true(o.help);
	assert_int_equal(o.id, COMMAND_LIST);
	assert_int_equal(parse(version, &o), 0);
	assert_true(o.version);
	assert_int_equal(parse(none, &o), 0);
	assert_null(o.command);
	assert_int_equal(o.args.nnames, 0);
}

static char *
help_text(enum command_id id)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	options_help(f, id);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* Every line fits a terminal; each command's own help has its usage and the
 * options that it takes. */
static void
test_help_text(void **state)
{
	char *all = help_text(COMMANDS), *text;
	const char *line;

	(void)state;
	for (enum command_id id = 0; id < COMMANDS; id++) {
		text = help_text(id);
		assert_non_null(strstr(text, "usage: restante [options] "));
		for (line = text; *line != '\0';
		    line += strcspn(line, "\n") + 1)
			assert_true(strcspn(line, "\n") < 80);
		assert_int_equal(strstr(text, "--dry-run") != NULL,
		    id == COMMAND_FETCH || id == COMMAND_IMPORT ||
		    id == COMMAND_SETUP);
		assert_int_equal(strstr(text, "--once") != NULL,
		    id == COMMAND_DAEMON);
		assert_non_null(strstr(text, "--config FILE"));
		free(text);
	}
	for (line = all; *line != '\0'; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") < 80);
	assert_non_null(strstr(all, "fetch [ACCOUNT...]"));
	assert_non_null(strstr(all, "restante setup you@example.org"));
	free(all);
}

/* restante(1) has every command and every option, and no option that is
 * none. */
static void
test_manual(void **state)
{
	char *manual = read_manual();
	const char *name;

	(void)state;
	for (enum command_id id = 0; id < COMMANDS; id++)
		if (!manual_has(manual, ".It Cm",
		    options_command(id)->name))
			fail_msg("%s is missing", options_command(id)->name);
	for (size_t i = 0; (name = options_name(i)) != NULL; i++)
		if (!manual_has(manual, ".It Fl", name))
			fail_msg("--%s is missing", name);
	for (const char *p = strstr(manual, "Fl -"); p != NULL;
	    p = strstr(p + 1, "Fl -")) {
		char word[40];
		size_t n = strcspn(p + 4, " \n,"), i;

		assert_true(n < sizeof(word));
		memcpy(word, p + 4, n);
		word[n] = '\0';
		for (i = 0; (name = options_name(i)) != NULL; i++)
			if (strcmp(name, word) == 0)
				break;
		if (name == NULL)
			fail_msg("there is no --%s", word);
	}
	free(manual);
}

static const struct {
	const char *word;
	const char *candidates[4];
	const char *best;
} nears[] = {
	{ "wrok", { "work", "home" }, "work" },
	{ "hmoe", { "work", "home" }, "home" },
	{ "wo", { "home", "work" }, "work" },	/* its beginning */
	{ "w", { "home", "work" }, NULL },
	{ "", { "a", "work" }, NULL },
	{ "office", { "work", "home" }, NULL },
	{ "worj", { "worm", "work" }, "worm" },	/* the first of equals */
	{ "workk", { "worm", "work" }, "work" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", { "a" }, NULL },
};

static void
test_near(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(nears); i++) {
		struct near n = { nears[i].word, NULL, 0 };

		for (size_t j = 0; nears[i].candidates[j] != NULL; j++)
			near_try(&n, nears[i].candidates[j]);
		assert_text(n.best, nears[i].best);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_setup),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_help_text),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
